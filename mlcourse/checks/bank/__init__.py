"""The specifications of all tasks, lesson by lesson, in the order of the notebooks."""

from mlcourse.checks.bank import lesson_01, lesson_02, lesson_03, lesson_04
from mlcourse.checks.specification import Check


def _collect(*lessons) -> dict[str, Check]:
    """All checks by name. Raises ValueError when two have the same."""
    checks: dict[str, Check] = {}
    for check in (check for lesson in lessons for check in lesson.CHECKS):
        if check.name in checks:
            raise ValueError(f"two checks are called {check.name!r}; a name is a task's in the whole course.")
        checks[check.name] = check
    return checks


CHECKS = _collect(lesson_01, lesson_02, lesson_03, lesson_04)
