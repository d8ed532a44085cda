"""Checks of your own: every .py file of a folder, each with a tuple `CHECKS`, like the modules of `checks/bank/`.

They are run by you, in the trusted process: only ever name a folder that you wrote yourself.
"""

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
        When there are none, or one has the name of another task.
    """
    found = [check for path in sorted(Path(folder).glob("*.py")) for check in _checks_of(path)]
    if not found:
        raise ExtraCheckError(f"--extra-checks: {folder} holds no .py file with a tuple CHECKS in it.")
    for check in found:
        if check.name in CHECKS:
            raise ExtraCheckError(
                f"--extra-checks: there is a task called {check.name!r} already; choose another name."
            )
        CHECKS[check.name] = check
    return found


def _checks_of(path: Path) -> tuple[Check, ...]:
    # Not imported: Python would take a compiled copy from beside the file, which may be older by less than a second.
    names = {"__name__": f"{EXTRA}.{path.stem}", "__file__": str(path)}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), names)
    checks = names.get("CHECKS", ())
    if not all(isinstance(check, Check) for check in checks):
        raise ExtraCheckError(
            f"--extra-checks: CHECKS in {path} must hold `Check`s, as in mlcourse/checks/bank/."
        )
    return tuple(checks)
