"""Which functions of some packages an answer calls itself, seen by a profile function while it runs.

The profile function is in the same process as the answer, which can switch it off. It shows what was called, and no
more: what it does not show may have been called all the same, such as NumPy's universal functions (`rel_entr`).
"""

import _thread
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import BuiltinFunctionType, FrameType
from typing import Any

import numpy as np

import mlcourse

MAX_SEEN = 50

# What would let code run unseen, and the global names of modules that may call it: `threading`'s threads are watched.
SWITCHES = {
    sys.setprofile,
    sys.getprofile,
    *(
        vars(_thread)[name]
        for name in ("start_new_thread", "start_joinable_thread")
        if hasattr(_thread, name)
    ),
}
SWITCHES_IN_PYTHON = {threading.setprofile.__code__}
TRUSTED = (globals(), vars(threading))

PACKAGES = ("mlcourse.", "scipy.", "sklearn.")  # in which answers could be borrowed
# Where code is that is not the answer's own. A module's name would not do: code can call itself anything.
LIBRARIES = (
    "<frozen ",
    *(
        f"{os.path.dirname(path)}{os.sep}"
        for path in (os.__file__, os.path.dirname(np.__file__), mlcourse.__file__)
    ),
)
OURS = ("mlcourse.binding.", "mlcourse.grading.", "mlcourse.plain.")  # what calls the answers
HELPERS = ("sklearn.utils.parallel.",)  # what packages call in threads of their own


class Watch:
    """The functions of PACKAGES that an answer calls, in whatever thread, directly or through Python or NumPy.

    Parameters
    ----------
    events : int
        After so many calls and returns it stops, so that an answer with many calls does not become slow.
    closely : sequence of str
        Names of functions that count even if a decorator of their package calls them.

    Attributes
    ----------
    seen : set of str
        Their full names.
    is_switched_off : bool
        Whether the answer was about to do what would let it run unseen. From then on nothing is watched.
    """

    def __init__(self, events: int, closely: Sequence[str] = ()):
        self.left, self.closely = events, frozenset(closely)
        self.seen: set[str] = set()
        self.is_switched_off = False

    @property
    def is_complete(self) -> bool:
        """Whether it still watches this thread."""
        return sys.getprofile() == self.observe and self.left > 0 and not self.is_switched_off

    def observe(self, frame: FrameType, event: str, function: Any) -> None:
        """Look at one event, as a profile function."""
        self.left -= 1
        if self.left <= 0 or len(self.seen) >= MAX_SEEN:
            sys.setprofile(None)
        # Nearly all events end here, so this is quick: the module first.
        if event == "call":
            module = frame.f_globals.get("__name__", "")
            if f"{module}.".startswith(PACKAGES):
                self._call(f"{module}.{frame.f_code.co_qualname}", frame.f_back)
            elif frame.f_code in SWITCHES_IN_PYTHON:
                self._switch_off()
        elif event == "c_call":
            if isinstance(function, BuiltinFunctionType) and function in SWITCHES:
                if not any(frame.f_globals is names for names in TRUSTED):
                    self._switch_off()
                return
            module = getattr(function, "__module__", None)
            if module and f"{module}.".startswith(PACKAGES):
                self._call(f"{module}.{getattr(function, '__qualname__', '')}", frame)

    def _switch_off(self) -> None:
        """End watching before the answer can, so that it cannot get at what was seen."""
        self.is_switched_off = True
        sys.setprofile(None)

    def _call(self, name: str, caller: FrameType | None) -> None:
        """Keep the name of a function that is called, if it is the answer that calls it."""
        is_close = name.rpartition(".")[2] in self.closely
        if name not in self.seen and _is_in_package(name) and _is_called_by_answer(caller, is_close):
            self.seen.add(name)


_in_threads: Watch | None = None


def _observe_thread(frame: FrameType, event: str, function: Any) -> None:
    if _in_threads and _in_threads.left > 0:
        _in_threads.observe(frame, event, function)


def watch_threads() -> None:
    """Let every thread that starts from now on be watched while an answer is."""
    threading.setprofile(_observe_thread)


@contextmanager
def observed(events: int, closely: Sequence[str] = ()) -> Iterator[Watch]:
    """Watch what runs inside the block, as `Watch` does."""
    global _in_threads
    watch = _in_threads = Watch(events, closely)
    watch_threads()  # again: a cell may have ended that
    sys.setprofile(watch.observe)
    try:
        yield watch
    finally:
        sys.setprofile(None)
        _in_threads = None


def _module_of(frame: FrameType) -> str:
    """Return the name of the module whose code runs, with a dot at its end."""
    return f"{frame.f_globals.get('__name__', '')}."


def _is_called_by_answer(caller: FrameType | None, through_decorators: bool) -> bool:
    """Whether the answer has made a call, maybe through Python's or NumPy's code, and none of PACKAGES has."""
    while caller:
        if not caller.f_code.co_filename.startswith(LIBRARIES):
            return True
        module = _module_of(caller)
        is_decorator = through_decorators and "<locals>" in caller.f_code.co_qualname
        if module.startswith(PACKAGES) and not is_decorator:
            return module.startswith(OURS)
        caller = caller.f_back
    return True  # a thread of its own


def _is_in_package(name: str) -> bool:
    return name.startswith(PACKAGES) and not name.startswith((*OURS, *HELPERS)) and "<locals>" not in name
