"""What is imported before any student's code: the import statements of the exercise, and no more of some packages.

The parts that an exercise does not need are no files in the sandbox, see `sandbox/view.py`. If a student imports one
of them, for a comparison say, only what uses it fails, see `absent.py`.

This file is also run as a script, outside the sandbox: `python preload.py SETTING` prints the modules that were
loaded. It imports the course by name, because `mlcourse` can only be imported after its checks are hidden.
"""

import contextlib
import importlib
import json
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import MetaPathFinder
from typing import Any

WORKER = ("mlcourse.grading.inside.scratch", "mlcourse.grading.inside.worker")
# What the methods `fit` and `score` of scikit-learn import when they are called.
CALLED_LATER = ("sklearn.callback", "sklearn.metrics")


def preload(setting: dict[str, Any]) -> None:
    """Import what a lesson needs; the parts in `setting["hidden"]` do not exist.

    The statements in `setting["imports"]` are those of the exercise, as it was handed out.
    """
    hide_the_checks()
    sys.meta_path.insert(0, Absent(setting["hidden"]))
    for name in WORKER:
        importlib.import_module(name)
    for statement in setting["imports"]:
        with contextlib.suppress(ImportError):  # the student's cell reports it
            exec(statement, {})
    for name in CALLED_LATER:
        if "sklearn.base" in sys.modules:
            with contextlib.suppress(ImportError):  # another version of scikit-learn
                importlib.import_module(name)
    disable_proc_lookup()


def hide_the_checks() -> None:
    """Replace checks and tasks, with their references and mistakes, by a `check` that does nothing."""
    checks, tasks = types.ModuleType("mlcourse.checks"), types.ModuleType("mlcourse.tasks")
    vars(checks)["open_course"] = lambda *args, **kwargs: CheckStub()
    vars(tasks)["check"] = CheckStub()
    sys.modules |= {"mlcourse.checks": checks, "mlcourse.tasks": tasks}


class CheckStub:
    """A stub for `mlcourse.check`: every check passes silently, because the parent does the real checking."""

    last_input = ()  # as after a check that has passed

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


def disable_proc_lookup() -> None:
    """Stop threadpoolctl from using /proc, which it found when imported but workers cannot see."""
    if threadpoolctl := sys.modules.get("threadpoolctl"):
        vars(threadpoolctl)["_HAS_PROCFS"] = False  # older versions ignore this


class Absent(MetaPathFinder):
    """Makes the import of hidden modules fail, before Python finds files that it may not read.

    Parameters
    ----------
    hidden : iterable of str
    """

    def __init__(self, hidden: Iterable[str]):
        self.hidden = frozenset(hidden)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> None:
        """Raise ModuleNotFoundError for a hidden module, and for everything in it."""
        parts = fullname.split(".")
        if any(".".join(parts[:length]) in self.hidden for length in range(1, len(parts) + 1)):
            raise ModuleNotFoundError(
                f"{fullname} is not available to answers in this lesson.", name=fullname
            )


def loaded() -> list[str]:
    """List the modules that have been loaded from files."""
    return sorted(name for name, module in sys.modules.items() if getattr(module, "__file__", None))


if __name__ == "__main__":
    SETTING = json.loads(sys.argv[1])
    sys.path += SETTING["path"]
    preload(SETTING)
    print(json.dumps(loaded()))
