"""The specifications of all tasks, lesson by lesson, in the order of the notebooks."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from mlcourse.checks.specification import Check


def _lessons() -> list[ModuleType]:
    """Import the modules of this folder, lesson_01, lesson_02, …, in order."""
    names = sorted(module.name for module in iter_modules(__path__))
    return [import_module(f"{__name__}.{name}") for name in names]


def _collect(lessons: list[ModuleType]) -> dict[str, Check]:
    """Collect all checks by name. Raises ValueError if two checks share a name."""
    checks: dict[str, Check] = {}
    for check in (check for lesson in lessons for check in lesson.CHECKS):
        if check.name in checks:
            raise ValueError(
                f"two checks are called {check.name!r}; rename one: names are unique in the whole course."
            )
        checks[check.name] = check
    return checks


CHECKS = _collect(_lessons())
