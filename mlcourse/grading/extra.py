"""Checks of your own: every .py file of a folder, each with a tuple `CHECKS`, like the modules of `checks/bank/`.

They are run by you, in the trusted process: only ever name a folder that you wrote yourself.
"""

import math
import sys
import traceback
import types
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mlcourse.checks import CHECKS, Check, Mistake
from mlcourse.grading.marking import open_questions

EXTRA = "mlcourse_extra_checks"  # modules get names that begin with this


class ExtraCheckError(ValueError):
    """A folder of checks that cannot be used; the message says which file and why."""


def add_extra_checks(folder: Path) -> list[Check]:
    """Add the checks of a folder to those of the course, and return them.

    Raises
    ------
    ExtraCheckError
        When there are none, one cannot be used, or one has the name of another task.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ExtraCheckError(f"--extra-checks: there is no folder {folder}.")
    lessons = sorted({check.lesson for check in CHECKS.values()})
    found = [check for path in sorted(folder.glob("*.py")) for check in _checks_of(path, lessons)]
    if not found:
        raise ExtraCheckError(f"--extra-checks: {folder} holds no .py file with a tuple CHECKS in it.")
    for check in found:
        if check.name in CHECKS:
            raise ExtraCheckError(
                f"--extra-checks: there is a task called {check.name!r} already; choose another name."
            )
        CHECKS[check.name] = check
    return found


def lesson_called(name: str, lessons: Iterable[str]) -> str | None:
    """The lesson of that name or number."""
    return next((one for one in lessons if name == one or name.zfill(2) == one.split("_")[0]), None)


def _checks_of(path: Path, lessons: list[str]) -> list[Check]:
    checks = _run(path).get("CHECKS", ())
    if not isinstance(checks, (tuple, list)) or not all(isinstance(check, Check) for check in checks):
        raise ExtraCheckError(
            f"--extra-checks: CHECKS in {path} must hold `Check`s, in a tuple, as in mlcourse/checks/bank/."
        )
    return [_usable(check, lessons, path) for check in checks]


def _run(path: Path) -> dict:
    """The names that a file defines.

    It is not imported: Python would take a compiled copy from beside it, which may be older by less than a second.
    """
    module = types.ModuleType(f"{EXTRA}.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look for it
    names = vars(module)
    try:
        exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
    except (Exception, SystemExit) as error:  # whatever it is, its author mends it
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else 1
        raise ExtraCheckError(
            f"--extra-checks: {path}, line {line}: {type(error).__name__}: {error}"
        ) from error
    return names


def _usable(check: Check, lessons: list[str], path: Path) -> Check:
    """The check, with the whole name of its lesson. Raises ExtraCheckError when a field cannot be what it is."""
    lesson, points = lesson_called(str(check.lesson), lessons), check.points
    problem = None
    if lesson is None:
        problem = f"belongs to {check.lesson!r}; choose one of {', '.join(lessons)}"
    elif not str(check.name).isidentifier():
        problem = "must be called like a function"
    elif check.name in open_questions(lesson):
        problem = "is called like an open question of the lesson"
    elif not (isinstance(points, (int, float)) and 0 < points < math.inf):
        problem = f"has {points!r} points; a number above 0 is wanted"
    elif not (isinstance(check.mistakes, tuple) and isinstance(check.laws, tuple)):
        problem = "needs tuples for mistakes and laws, such as (one,)"
    elif not all(isinstance(mistake, Mistake) for mistake in check.mistakes):
        problem = "has a mistake that is no `Mistake`; a tuple of one is written (one,)"
    if problem:
        raise ExtraCheckError(f"--extra-checks: {path}: {check.name} {problem}.")
    return replace(check, lesson=lesson)
