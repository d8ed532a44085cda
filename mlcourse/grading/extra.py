"""Load your own checks: every .py file in a folder, each with a tuple `CHECKS`, like the modules of `checks/bank/`.

They run in the trusted process, with your permissions: only name a folder that you wrote yourself.
"""

import math
import sys
import traceback
import types
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlcourse.checks import CHECKS, Check, Mistake
from mlcourse.grading.marking import open_questions

EXTRA = "mlcourse_extra_checks"  # prefix of the modules' names


class ExtraCheckError(ValueError):
    """A folder of checks that cannot be used; the message says which file and why."""


def add_extra_checks(folder: Path) -> list[Check]:
    """Add the checks in a folder to those of the course, and return them.

    Raises
    ------
    ExtraCheckError
        If there are none, if one is invalid, or if its name is already taken.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ExtraCheckError(f"--extra-checks: {folder} is not a folder.")
    lessons = sorted({check.lesson for check in CHECKS.values()})
    found = [check for path in sorted(folder.glob("*.py")) for check in _checks_of(path, lessons)]
    if not found:
        raise ExtraCheckError(
            f"--extra-checks: no .py file in {folder} defines a tuple CHECKS with checks in it."
        )
    for check in found:
        if check.name in CHECKS:
            raise ExtraCheckError(
                f"--extra-checks: a task called {check.name!r} already exists; choose another name."
            )
        CHECKS[check.name] = check
    return found


def lesson_called(name: str, lessons: Iterable[str]) -> str | None:
    """Find the lesson with this name or number; None if there is none."""
    return next((one for one in lessons if name == one or name.zfill(2) == one.split("_")[0]), None)


def _checks_of(path: Path, lessons: list[str]) -> list[Check]:
    checks = _run(path).get("CHECKS", ())
    if not isinstance(checks, (tuple, list)) or not all(isinstance(check, Check) for check in checks):
        raise ExtraCheckError(
            f"--extra-checks: CHECKS in {path} must be a tuple of `Check` objects, as in mlcourse/checks/bank/."
        )
    return [_usable(check, lessons, path) for check in checks]


def _run(path: Path) -> dict[str, Any]:
    """Run a file and return the names that it defines.

    It is not imported: Python could use a cached copy that is out of date if the file was edited within a second.
    """
    module = types.ModuleType(f"{EXTRA}.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look their module up
    names = vars(module)
    try:
        exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
    except (Exception, SystemExit) as error:  # report any of them to the author of the file
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else 1
        raise ExtraCheckError(
            f"--extra-checks: {path}, line {line}: {type(error).__name__}: {error}"
        ) from error
    return names


def _usable(check: Check, lessons: list[str], path: Path) -> Check:
    """Return the check, with the full name of its lesson. Raises ExtraCheckError if a field is invalid."""
    lesson, points = lesson_called(str(check.lesson), lessons), check.points
    problem = None
    if lesson is None:
        problem = f"has the lesson {check.lesson!r}; choose one of {', '.join(lessons)}"
    elif not str(check.name).isidentifier():
        problem = "needs a name that is a valid Python identifier"
    elif check.name in open_questions(lesson):
        problem = "has the name of an open question of the lesson; choose another name"
    elif not (isinstance(points, (int, float)) and 0 < points < math.inf):
        problem = f"has points={points!r}; it must be a positive number"
    elif not (isinstance(check.mistakes, tuple) and isinstance(check.laws, tuple)):
        problem = "needs tuples for mistakes and laws; a tuple with one item is written (item,)"
    elif not all(isinstance(mistake, Mistake) for mistake in check.mistakes):
        problem = "has a mistake that is not a `Mistake`; a tuple with one item is written (item,)"
    if problem or lesson is None:
        raise ExtraCheckError(f"--extra-checks: {path}: {check.name} {problem}.")
    return replace(check, lesson=lesson)
