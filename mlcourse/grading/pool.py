"""Several processes that mark, and none that outlives the one that started them.

`concurrent.futures` does the work. Three things are added. Only a few submissions are in flight, so that a thousand
of them are never in memory at once. When a process dies (the kernel kills the largest one when memory runs out), the
others go on, and the submission that killed it is known by name. And a process whose parent has been killed ends.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for

IN_FLIGHT = 2  # submissions for each process: one that is marked, one that waits
PRELOADED = ["mlcourse.grading.work"]


def spread(
    work: Callable, items: Iterable, jobs: int, prepare: Callable, arguments: tuple, lost: Callable
) -> Iterator:
    """Yield `work(item)` for every item, as soon as it is there, in no particular order.

    Parameters
    ----------
    work : callable(item)
        A module's function; runs in another process.
    items : iterable
        Taken a few at a time.
    jobs : int
        How many processes; with 0, everything runs in this one.
    prepare : callable(*arguments)
        Called once in each process, before its first work.
    lost : callable(item)
        What to yield for an item that ended the process which worked on it.
    """
    if jobs == 0:
        prepare(*arguments)
        yield from map(work, items)
        return
    items, already = iter(items), multiprocessing.active_children()
    more = True
    while more:
        suspects: list = []
        try:
            with _processes(jobs, prepare, arguments) as pool, _stopping_at_once(already):
                yield from _flow(pool, work, items, IN_FLIGHT * jobs, suspects)
            more = False
        except BrokenProcessPool:
            # It is not told which process died: each item that was in flight is tried in a process of its own.
            for item in suspects:
                yield _alone(work, item, prepare, arguments, lost)


def _processes(jobs: int, prepare: Callable, arguments: tuple) -> ProcessPoolExecutor:
    # Not "fork": this process may have threads (BLAS, the progress bar), and a fork copies their locks, not them.
    # A fork server is a clean process that has imported everything and copies itself in a few milliseconds.
    server = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if server else "spawn")
    if server:
        context.set_forkserver_preload(PRELOADED)
    return ProcessPoolExecutor(jobs, context, _start, (prepare, arguments))


def _start(prepare: Callable, arguments: tuple):
    """The first thing that a process of the pool does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends this one
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    prepare(*arguments)


@contextmanager
def _stopping_at_once(others: list) -> Iterator[None]:
    """End the processes of the pool when the run is stopped: without this, it would wait for what is in flight."""
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit):
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()  # what it had found is on the disk
        raise


def _end_with_the_parent():
    # A process whose parent was killed with SIGKILL would wait for work for ever. The sentinel becomes ready when
    # the parent is gone, however it went.
    wait_for([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _flow(pool, work: Callable, items: Iterator, most: int, suspects: list) -> Iterator:
    """Keep up to `most` items in flight. When the pool breaks, `suspects` holds those without a result."""
    pending: dict = {}
    try:
        for item in items:
            suspects.append(item)  # until it is safely in the pool
            pending[pool.submit(work, item)] = item
            suspects.pop()
            if len(pending) == most:
                yield from _finished(pending)
        while pending:
            yield from _finished(pending)
    except BrokenProcessPool:
        suspects.extend(pending.values())
        raise


def _finished(pending: dict) -> Iterator:
    """Wait for results, and take what is there out of `pending`."""
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    broken = [future for future in done if isinstance(future.exception(), BrokenProcessPool)]
    for future in done.difference(broken):
        del pending[future]
        yield future.result()
    if broken:
        raise broken[0].exception()


def _alone(work: Callable, item, prepare: Callable, arguments: tuple, lost: Callable):
    try:
        with _processes(1, prepare, arguments) as pool:
            return pool.submit(work, item).result()
    except BrokenProcessPool:
        return lost(item)
