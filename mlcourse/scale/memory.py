"""Memory that is freed stays with a worker of Dask while it works on a task.

Dask starts its workers with `MALLOC_TRIM_THRESHOLD_`, so that what they free goes back to the system at once. An
E-step allocates and frees the same few megabytes for every block of rows, and each time the system would have to map
and clear them again: that takes almost as long as the arithmetic.
"""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

VARIABLE = "MALLOC_TRIM_THRESHOLD_"
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as in malloc.h
KEPT = 2**28  # bytes that a process may keep
LARGEST = 2**25  # bytes of one array that may be kept; the largest that glibc allows
DEFAULT_LARGEST = 2**17  # of glibc

_lock = Lock()
_tasks = 0  # that are in `memory_kept`


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library of this process, if it is glibc."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows
        return None
    return library if hasattr(library, "gnu_get_libc_version") else None


@contextmanager
def memory_kept() -> Iterator[None]:
    """Keep freed memory in here, in a process that would give it back at once; then give it back, and do so again."""
    glibc = _glibc() if VARIABLE in os.environ else None
    if glibc is None:
        yield
        return
    _count(+1, lambda: _set_limits(glibc, KEPT, LARGEST))
    try:
        yield
    finally:
        _count(-1, lambda: _restore(glibc))


def _count(change: int, act: Callable[[], object]) -> None:
    """Count tasks, and act for the first one that begins and the last one that ends."""
    global _tasks
    with _lock:
        before, _tasks = _tasks, _tasks + change
        if 0 in (before, _tasks):
            act()


def _set_limits(glibc: ctypes.CDLL, kept: int, largest: int) -> None:
    glibc.mallopt(M_MMAP_THRESHOLD, largest)
    glibc.mallopt(M_TRIM_THRESHOLD, kept)


def _restore(glibc: ctypes.CDLL) -> None:
    _set_limits(glibc, int(os.environ[VARIABLE]), DEFAULT_LARGEST)
    glibc.malloc_trim(0)
