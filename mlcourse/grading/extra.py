"""Checks of your own: every .py file of a folder, each with a tuple `CHECKS`, like the modules of `checks/bank/`.

They are run by you, in the trusted process: only ever name a folder that you wrote yourself.
"""

import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mlcourse.checks import CHECKS, Check

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
    return [_of_known_lesson(check, lessons, path) for check in checks]


def _run(path: Path) -> dict:
    """The names that a file defines.

    It is not imported: Python would take a compiled copy from beside it, which may be older by less than a second.
    """
    names = {"__name__": f"{EXTRA}.{path.stem}", "__file__": str(path)}
    try:
        exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
    except Exception as error:  # whatever it is, its author mends it
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
        ]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else 1
        raise ExtraCheckError(
            f"--extra-checks: {path}, line {line}: {type(error).__name__}: {error}"
        ) from error
    return names


def _of_known_lesson(check: Check, lessons: list[str], path: Path) -> Check:
    lesson = lesson_called(check.lesson, lessons)
    if lesson is None:
        raise ExtraCheckError(
            f"--extra-checks: {path}: {check.name} belongs to {check.lesson!r}; choose one of {', '.join(lessons)}."
        )
    return replace(check, lesson=lesson)
