"""Which functions of some packages an answer calls itself, seen by a profile function while it runs.

The profile function is in the same process as the answer, which can switch it off. It shows what was called, and no
more: what it does not show may have been called all the same.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

MAX_EVENTS = 20_000  # then it stops, so that an answer with many calls does not become slow
MAX_SEEN = 50


PACKAGES = ("mlcourse.", "scipy.", "sklearn.")  # in which answers could be borrowed
OURS = ("mlcourse.grading.", "mlcourse.plain.")  # what calls the answers


@contextmanager
def observed(wanted: bool) -> Iterator[set[str]]:
    """Collect the full names of functions of PACKAGES that other code calls in this thread, if that is wanted."""
    seen: set[str] = set()
    left = MAX_EVENTS

    def observe(frame: FrameType, event: str, function: Any) -> None:
        nonlocal left
        left -= 1
        if not left or len(seen) >= MAX_SEEN:
            sys.setprofile(None)
        if event == "call" and frame.f_back:
            caller, name = _module_of(frame.f_back), f"{_module_of(frame)}{frame.f_code.co_qualname}"
        elif event == "c_call":
            module, own_name = (getattr(function, key, "") for key in ("__module__", "__qualname__"))
            caller, name = _module_of(frame), f"{module}.{own_name}"
        else:
            return
        if _is_in_package(name) and not _is_in_package(caller) and not _is_from_python(caller):
            seen.add(name)

    if wanted:
        sys.setprofile(observe)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def _module_of(frame: FrameType) -> str:
    """Return the name of the module whose code runs, with a dot at its end."""
    return f"{frame.f_globals.get('__name__', '')}."


def _is_from_python(module: str) -> bool:
    """Whether a module is Python's own, such as the one that calls a context manager."""
    return module.partition(".")[0] in sys.stdlib_module_names - {"__main__"}


def _is_in_package(name: str) -> bool:
    return name.startswith(PACKAGES) and not name.startswith(OURS) and "<locals>" not in name
