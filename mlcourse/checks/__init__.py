"""The checks of the exercises: specifications (`specification`, `bank`), judging (`examine`), the `check` object."""

from mlcourse.checks.bank import CHECKS
from mlcourse.checks.examine import Verdict, examine
from mlcourse.checks.notebook import Checker, CheckFailed, check, verdict_on
from mlcourse.checks.specification import Case, Check, Law, Mistake, choice


def specification(name: str) -> Check:
    """Return the specification of the task `name`; raise KeyError if there is none."""
    return CHECKS[name]


__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "CheckFailed",
    "Checker",
    "Law",
    "Mistake",
    "Verdict",
    "check",
    "choice",
    "examine",
    "specification",
    "verdict_on",
]
