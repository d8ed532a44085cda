"""Row blocks: how every model here walks through its data.

A sum over rows is a sum over blocks of rows. Working block by block keeps the temporary arrays in the processor's
cache, makes the memory of a fit independent of the number of rows, and gives every core something to do. And whatever
adds up over blocks also adds up over files or machines.

Who works on the blocks: the thread that asks for the results, and helpers, threads that it starts and ends. Both
take the next block that nobody has begun. Without helpers the caller does all the blocks, with the same results; so
it is at interpreter shutdown, inside another block, or when other walks use the cores already. How many blocks are at
work, and whether BLAS is limited to one thread, concerns the whole process; both are under one lock.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import cache, reduce
from itertools import islice, pairwise
from operator import iadd
from queue import Empty, SimpleQueue
from threading import RLock, Thread, current_thread, get_ident, local
from typing import Any, Generic, TypeVar

import numpy as np
import scipy.linalg  # noqa: F401  (loads SciPy's BLAS, so that `_libraries` finds it)
from threadpoolctl import ThreadpoolController

from mlcourse.typing import Array

T = TypeVar("T")

BLOCK_BYTES = 2**22
SHARES = 4  # the number of blocks is a multiple of this, so that two or four cores share the work equally


def row_blocks(X: Array, row_width: int) -> list[slice]:
    """Cut the rows of `X` into equal slices, each with at most about `BLOCK_BYTES` of temporaries.

    Parameters
    ----------
    X : array of shape (n, ...)
        The rows to walk through.
    row_width : int
        How many numbers of X's dtype the work needs per row.
    """
    n = len(X)
    n_blocks = -(-n * row_width * X.itemsize // BLOCK_BYTES)
    if n_blocks > 1:
        n_blocks = min(n, -(-n_blocks // SHARES) * SHARES)
    edges = [n * block // max(n_blocks, 1) for block in range(n_blocks + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def map_blocks(work: Callable[[slice], T], X: Array, row_width: int) -> Iterator[T]:
    """Yield work(rows) for every block of `row_blocks`, in order, computed on all cores.

    By default, BLAS uses all cores for a multiplication and leaves all but one idle between multiplications, where
    half of the time is spent. Here every core works on its own block, and BLAS gets one thread. The number of cores
    used is the number that BLAS may use, so OMP_NUM_THREADS and threadpoolctl limit it too. If several threads of
    the process walk over blocks at the same time, they share the cores. The results do not depend on any of this.

    Parameters
    ----------
    work : callable
        Called with a slice of rows. NumPy lets other threads run while it computes, so `work` may write only to
        these rows of any array that it shares with other blocks.
    X, row_width : as in `row_blocks`
    """
    blocks = row_blocks(X, row_width)
    if len(blocks) <= 1 or get_ident() in _busy:  # nothing to share, or this thread is inside a block already
        yield from map(work, blocks)
        return
    with one_blas_thread():
        yield from _Walk(work, blocks).results()


def sum_over_blocks(work: Callable[[slice], T], X: Array, row_width: int) -> T:
    """Sum work(rows) over all blocks, in place and in order. See `map_blocks`."""
    return reduce(iadd, map_blocks(work, X, row_width))


def rows_of_blocks(work: Callable[[slice], Array], X: Array, row_width: int) -> Array:
    """Join the arrays work(rows), which have one row for each row of X. See `map_blocks`."""
    whole: Array | None = None
    for rows, part in zip(row_blocks(X, row_width), map_blocks(work, X, row_width)):
        if whole is None:
            whole = np.empty((len(X), *part.shape[1:]), dtype=part.dtype)
        whole[rows] = part
    assert whole is not None, "X has no rows"
    return whole


# ── One walk ──────────────────────────────────────────────────────────────────────────────────────


class _Walk(Generic[T]):
    """One walk over blocks, by the thread that asks for `results` and its helpers.

    One queue has the blocks that may begin, the other one those that are computed. Unlike a condition variable, a
    `SimpleQueue` does not stay locked if Ctrl-C comes at the wrong moment.
    """

    def __init__(self, work: Callable[[slice], T], blocks: list[slice]) -> None:
        self.work, self.blocks = work, blocks
        self.free: SimpleQueue[int | None] = SimpleQueue()  # None tells a helper to end
        self.computed: SimpleQueue[tuple[int, Future[T]]] = SimpleQueue()

    def results(self) -> Iterator[T]:
        """Yield the results in order. Helpers end with it, whether it is exhausted, closed or fails."""
        n_blocks, n_threads = len(self.blocks), _threads_allowed()
        later = iter(range(n_blocks))
        for number in islice(later, 2 * n_threads - 1):  # if all could begin at once, results would pile up
            self.free.put(number)
        waiting: dict[int, Future[T]] = {}  # computed before their turn
        helpers: list[Thread] = []
        try:
            _start_helpers(self.help, min(n_threads, n_blocks) - 1, helpers)
            for number in range(n_blocks):
                while number not in waiting:
                    free = self.take() if self.computed.empty() else None
                    if free is None:
                        waiting.update([self.computed.get()])
                    else:
                        self.run(free)
                yield waiting.pop(number).result()
                for following in islice(later, 1):
                    self.free.put(following)
        finally:
            try:
                self.end(helpers)
            except BaseException:  # Ctrl-C
                self.end(helpers)
                raise

    def end(self, helpers: list[Thread]) -> None:
        """Let no more blocks begin, and wait for the helpers. Twice does no harm."""
        while self.take() is not None:
            pass
        for _ in helpers:
            self.free.put(None)
        for helper in helpers:
            _wait_for_end(helper)

    def take(self) -> int | None:
        """Return the number of a block that may begin; None if there is none."""
        try:
            return self.free.get_nowait()
        except Empty:
            return None

    def help(self) -> None:
        """Run blocks until there are no more: what a helper does."""
        with one_blas_thread():  # where each thread has a limit of its own, this is the helper's
            while (free := self.free.get()) is not None:
                self.run(free)

    def run(self, number: int) -> None:
        """Run one block; keep its result, or its error, for the caller."""
        outcome: Future[T] = Future()
        try:
            result = _on_a_core(self.work, self.blocks[number])
        except BaseException as error:
            outcome.set_exception(error)
            if not isinstance(error, Exception):  # Ctrl-C does not wait for its turn
                raise
        else:
            outcome.set_result(result)
        finally:
            self.computed.put((number, outcome))


# ── The cores, shared by all walks ────────────────────────────────────────────────────────────────

_lock = RLock()  # guards everything below
_busy: set[int] = set()  # the threads that run a block
_helpers: list[Thread] = []


def _on_a_core(work: Callable[[slice], T], rows: slice) -> T:
    """Return work(rows), computed when fewer blocks run in this process than there are cores."""
    me = get_ident()
    try:
        while not _occupied_a_core(me):
            time.sleep(0.001)
        return work(rows)
    finally:
        _busy.discard(me)


def _occupied_a_core(me: int) -> bool:
    with _lock:
        if len(_busy) < _n_cores():
            _busy.add(me)
        return me in _busy


def _start_helpers(task: Callable[[], None], n: int, started: list[Thread]) -> None:
    """Start up to n threads, and append them to `started`: fewer or none if other walks have helpers."""
    if n < 1 or sys.is_finalizing():
        return
    with _lock:
        _helpers[:] = [helper for helper in _helpers if helper.is_alive()]
        for _ in range(min(n, _n_cores() - 1 - len(_helpers))):
            # In a copy of the caller's context, np.errstate is the same. Daemons cannot keep Python from exiting.
            helper = Thread(target=copy_context().run, args=(task,), name="mlcourse block", daemon=True)
            started.append(helper)  # before it starts, because Ctrl-C may come then
            try:
                helper.start()
            except RuntimeError:  # at interpreter shutdown, or at the system's limit: the caller works alone
                started.remove(helper)
                return
            _helpers.append(helper)


def _wait_for_end(helper: Thread) -> None:
    if helper is current_thread():  # which ends this walk as garbage
        return
    for _ in range(100):
        with suppress(RuntimeError):  # Ctrl-C interrupted its start: it is about to begin
            helper.join()
            return
        time.sleep(0.001)


def _n_cores() -> int:
    """Return how many blocks may run at the same time in this process."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(usable, _threads_allowed())


# ── BLAS's thread limit ───────────────────────────────────────────────────────────────────────────


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


def _threads_allowed() -> int:
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


# ── Forks ─────────────────────────────────────────────────────────────────────────────────────────


def _forget_other_threads() -> None:
    """In the child of a fork only the thread that forked exists, and what others held is free."""
    me = get_ident()
    _busy.intersection_update({me})
    for limit in _limits() if _limits.cache_info().currsize else ():
        for holder, thread in list(limit.holders.items()):
            if thread != me:
                limit.release(holder)
    _lock.release()


if hasattr(os, "register_at_fork"):  # holding the lock, so that the child sees nothing half-done
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget_other_threads
    )
