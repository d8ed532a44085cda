"""How many threads BLAS may use: a limit of the whole process, which many threads want to change.

Code that works with small matrices, or gives each core a block of rows, wants BLAS to use one thread. The first to
begin saves the limit, and the last to end restores it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock, get_ident, local
from typing import Any

import scipy.linalg  # noqa: F401  (loads SciPy's BLAS, so that `_limits` finds it)
from threadpoolctl import ThreadpoolController

_lock = RLock()  # guards the limits


def blas_threads() -> int:
    """Return how many threads BLAS may currently use."""
    with _lock:
        return max((limit.get() for limit in _limits()), default=1)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread: with small matrices, more threads only slow it down.

    Contexts may overlap, in any number of threads and in any order: the first to begin saves the limit, the last to
    end restores it. If someone else has changed the limit in the meantime, theirs stays. However, a
    `threadpool_limits` that begins in here, in another thread, and ends later restores what it found: one thread.
    """
    holder = object()
    try:
        with _lock:
            for limit in _limits():
                limit.hold(holder)
        yield
    finally:
        try:
            _release(holder)
        except BaseException:  # Ctrl-C
            _release(holder)
            raise


def _release(holder: object) -> None:
    with _lock:
        for limit in _limits():
            limit.release(holder)


def threads_allowed() -> int:
    """Return how many threads BLAS may use outside `one_blas_thread`."""
    with _lock:
        return max((limit.outside() for limit in _limits()), default=1)


class _Limit:
    """The thread limit of one BLAS library, held at 1 while there are holders."""

    def __init__(self, library: Any) -> None:
        self.get = library.get_num_threads
        # Since threadpoolctl 3.7 `set_num_threads` does nothing if another thread has used it, but the last to end
        # need not be the first to begin.
        self.set = getattr(library, "_real_set_num_threads", library.set_num_threads)
        self.holders: dict[object, int] = {}  # and their threads
        self.saved = 1

    def hold(self, holder: object) -> None:
        current = self.get()
        if current > 1 or not self.holders:
            self.saved = current
        self.holders[holder] = get_ident()
        if current > 1:
            self.set(1)

    def release(self, holder: object) -> None:
        """Forget this holder; the last one restores the limit. Twice does no harm."""
        if holder in self.holders:
            if len(self.holders) == 1 and self.get() == 1 < self.saved:
                self.set(self.saved)
            self.holders.pop(holder, None)

    def outside(self) -> int:
        current: int = self.get()
        return self.saved if self.holders and current == 1 else current


class _LimitPerThread(local, _Limit):
    """The same where each thread has a limit of its own, as it has with OpenMP."""


@cache
def _limits() -> list[_Limit]:
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    return [
        (_LimitPerThread if vars(library).get("threading_layer") == "openmp" else _Limit)(library)
        for library in libraries
    ]


def _forget_other_threads() -> None:
    """In the child of a fork only the thread that forked exists: free what others held."""
    me = get_ident()
    for limit in _limits() if _limits.cache_info().currsize else ():
        for holder, thread in list(limit.holders.items()):
            if thread != me:
                limit.release(holder)
    _lock.release()


if hasattr(os, "register_at_fork"):  # holding the lock, so that the child sees nothing half-done
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget_other_threads
    )
