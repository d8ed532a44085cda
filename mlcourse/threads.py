"""Threads that share the blocks of one walk over the data, never more than there are cores.

Who works on the blocks: the thread that asks for the results, and helpers, threads that it starts and ends. Both
take the next block that nobody has begun. Without helpers the caller does all the blocks, with the same results; so
it is at interpreter shutdown, inside another block, or when other walks use the cores already.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import copy_context
from itertools import islice
from queue import Empty, SimpleQueue
from threading import RLock, Thread, current_thread, get_ident
from typing import Generic, TypeVar

from mlcourse.blas import one_blas_thread, threads_allowed

T = TypeVar("T")


class Walk(Generic[T]):
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
        n_blocks, n_threads = len(self.blocks), threads_allowed()
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

_lock = RLock()  # guards the two below
_busy: set[int] = set()  # the threads that run a block
_helpers: list[Thread] = []


def inside_a_block() -> bool:
    """Check whether this thread is computing a block."""
    return get_ident() in _busy


@contextmanager
def on_this_thread_alone() -> Iterator[None]:
    """Walk over blocks without helpers in here, as inside a block: for a thread that is one of many workers."""
    me, outermost = get_ident(), not inside_a_block()
    _busy.add(me)
    try:
        yield
    finally:
        if outermost:
            _busy.discard(me)


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
    return max(usable, threads_allowed())


def _forget_other_threads() -> None:
    """In the child of a fork only the thread that forked exists."""
    _busy.intersection_update({get_ident()})
    _lock.release()


if hasattr(os, "register_at_fork"):  # holding the lock, so that the child sees nothing half-done
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget_other_threads
    )
