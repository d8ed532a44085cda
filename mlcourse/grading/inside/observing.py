"""Which functions of some packages an answer calls itself, seen by a profile function while it runs.

The profile function is in the same process as the answer, which can switch it off. It shows what was called, and no
more: what it does not show may have been called all the same.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

import mlcourse

MAX_EVENTS = 20_000  # then it stops, so that an answer with many calls does not become slow
MAX_SEEN = 50


PACKAGES = ("mlcourse.", "scipy.", "sklearn.")  # in which answers could be borrowed
# Where code is that is not the answer's own. A module's name would not do: code can call itself anything.
LIBRARIES = (
    "<frozen ",
    *(
        f"{os.path.dirname(path)}{os.sep}"
        for path in (os.__file__, os.path.dirname(np.__file__), mlcourse.__file__)
    ),
)
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
            caller, name = frame.f_back, f"{_module_of(frame)}{frame.f_code.co_qualname}"
        elif event == "c_call":
            module, own_name = (getattr(function, key, "") for key in ("__module__", "__qualname__"))
            caller, name = frame, f"{module}.{own_name}"
        else:
            return
        if _is_in_package(name) and not _is_library_code(caller):
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


def _is_library_code(frame: FrameType) -> bool:
    """Whether code is not the answer's own: it is in a file of Python's, of a package, or of the course."""
    return frame.f_code.co_filename.startswith(LIBRARIES)


def _is_in_package(name: str) -> bool:
    return name.startswith(PACKAGES) and not name.startswith(OURS) and "<locals>" not in name
