"""Processes that mark submissions in parallel, none of which outlives its parent.

`concurrent.futures` does the work, and this module adds three things. Only a few submissions are in flight, so that a
thousand of them are never in memory at once. If a process dies (when memory runs out, the kernel kills the largest
one), the others continue, and the submission to blame is identified. And a process ends if its parent is killed.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

IN_FLIGHT = 2  # submissions per process: one being marked, one waiting
PRELOADED = ["mlcourse.grading.batch.submission"]


def run_in_pool(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    prepare: Callable[..., None],
    arguments: tuple[Any, ...],
    lost_result: Callable[[Item], Result],
) -> Iterator[Result]:
    """Yield `work(item)` for every item as it is finished, in no particular order.

    Parameters
    ----------
    work : callable(item)
        A function of a module; runs in another process.
    items : iterable
        Taken a few at a time.
    jobs : int
        Number of processes; 0 runs everything in this one.
    prepare : callable(*arguments)
        Called once in each process, before its first item.
    lost_result : callable(item)
        Returns what to yield for an item that ended the process working on it.
    """
    if jobs == 0:
        prepare(*arguments)
        yield from map(work, items)
        return
    items, others = iter(items), multiprocessing.active_children()
    more = True
    while more:
        suspects: list[Item] = []
        try:
            with _processes(jobs, prepare, arguments) as pool, _terminate_on_interrupt(others):
                yield from _results(pool, work, items, IN_FLIGHT * jobs, suspects)
            more = False
        except BrokenProcessPool:
            # The exception does not say which item was to blame: retry each one in flight in its own process.
            for item in suspects:
                yield _alone(work, item, prepare, arguments, lost_result)


def _processes(jobs: int, prepare: Callable[..., None], arguments: tuple[Any, ...]) -> ProcessPoolExecutor:
    # Not "fork": this process may have threads (BLAS, the progress bar), and a fork copies their locks without them.
    # A fork server is a clean process that has everything imported and copies itself in a few milliseconds.
    server = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if server else "spawn")
    if server:
        context.set_forkserver_preload(PRELOADED)
    return ProcessPoolExecutor(jobs, context, _start, (prepare, arguments))


def _start(prepare: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Set up a process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C, and ends this process
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    prepare(*arguments)


@contextmanager
def _terminate_on_interrupt(others: list[BaseProcess]) -> Iterator[None]:
    """End the pool's processes when the run is interrupted, instead of waiting for the items in flight."""
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit):
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()  # its results so far are on disk
        raise


def _exit_with_parent() -> None:
    # If the parent is killed with SIGKILL, this process would wait for work forever. The sentinel becomes ready when
    # the parent has ended for any reason.
    parent = multiprocessing.parent_process()
    assert parent is not None  # only child processes call this
    wait_for([parent.sentinel])
    os._exit(1)


def _results(
    pool: ProcessPoolExecutor,
    work: Callable[[Item], Result],
    items: Iterator[Item],
    most: int,
    suspects: list[Item],
) -> Iterator[Result]:
    """Yield results, with up to `most` items in flight. If the pool breaks, `suspects` gets the items without one."""
    pending: dict[Future[Result], Item] = {}
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


def _finished(pending: dict[Future[Result], Item]) -> Iterator[Result]:
    """Wait for results, and remove the finished items from `pending`."""
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    broken = {future: error for future in done if isinstance(error := future.exception(), BrokenProcessPool)}
    for future in done.difference(broken):
        del pending[future]
        yield future.result()
    if broken:
        raise next(iter(broken.values()))


def _alone(
    work: Callable[[Item], Result],
    item: Item,
    prepare: Callable[..., None],
    arguments: tuple[Any, ...],
    lost_result: Callable[[Item], Result],
) -> Result:
    try:
        with _processes(1, prepare, arguments) as pool:
            return pool.submit(work, item).result()
    except BrokenProcessPool:
        return lost_result(item)
