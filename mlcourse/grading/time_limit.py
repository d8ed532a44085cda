"""A time limit for whatever a thread does: the last resort, for code that has no limits of its own."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TimeUp(BaseException):
    """What the thread was doing took too long.

    Not an Exception, so that no handler on the way takes it for another error.
    """


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUp in this thread if it is still in here after so many seconds.

    Works in every thread, between two instructions of Python: a single call of a function in C is not interrupted.
    """
    thread, over, deciding = threading.get_ident(), threading.Event(), threading.Lock()

    def watch() -> None:
        if not over.wait(seconds):
            with deciding:
                if not over.is_set():
                    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
                    set_exception(ctypes.c_ulong(thread), ctypes.py_object(TimeUp))

    threading.Thread(target=watch, name="time limit", daemon=True).start()
    try:
        yield
    finally:
        with deciding:
            over.set()
