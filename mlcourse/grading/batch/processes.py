"""Places on this machine: processes, none of which outlives its parent; or this process itself."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Self, TypeVar

from mlcourse.grading.batch.dispatch import Place
from mlcourse.grading.inside.limits import BASELINE, DEFAULT_LIMITS

if sys.platform != "win32":
    import resource

Item = TypeVar("Item")
Result = TypeVar("Result")

# Bytes of address space, for a process that needs a tenth of it.
MOST_MEMORY = DEFAULT_LIMITS.memory + BASELINE


class Processes:
    """A crew of processes: see `dispatch.Crew`.

    Each is a pool of its own, so that one that is killed takes no other with it.

    Parameters
    ----------
    jobs : int
        How many.
    prepare : callable()
        A function of a module, called first in each process.
    preload : sequence of str
        Modules to import only once for all of them.
    """

    def __init__(self, jobs: int, prepare: Callable[[], object], preload: Sequence[str] = ()):
        self.jobs, self.prepare = jobs, prepare
        self.others = multiprocessing.active_children()
        self.context = _context(preload)
        self._places: list[_Process] = []

    def start(self) -> None:
        """Start processes until there are as many as wanted."""
        while len(self._places) < self.jobs:
            self._places.append(_Process(self.context, self.prepare))

    def places(self) -> Sequence[Place]:
        """Return all processes, with new ones in place of those that broke."""
        self.start()
        return self._places

    def drop(self, place: Place) -> None:
        """Forget a process that was killed."""
        for one in self._places:
            if one is place:
                self._places.remove(one)
                one.pool.shutdown(wait=False)
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:  # do not wait for what they are working on
            for process in multiprocessing.active_children():
                if process not in self.others:
                    process.terminate()
        for place in self._places:
            place.pool.shutdown(cancel_futures=True)


class _Process:
    """One process."""

    room = 2  # one being worked on, one that waits

    def __init__(self, context: multiprocessing.context.BaseContext, prepare: Callable[[], object]):
        self.pool = ProcessPoolExecutor(1, context, _start)
        self.pool.submit(prepare)  # starts the process

    def submit(self, function: Callable[[Item], Result], item: Item, /) -> Future[Result]:
        return self.pool.submit(function, item)


def _context(preload: Sequence[str]) -> multiprocessing.context.BaseContext:
    # BLAS reads this only once, when a process loads it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # An interrupted run ends its processes at once. What they leave behind is cleaned up, so warnings would be noise.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    # Not "fork": this process may have threads (BLAS, the progress bar), and a fork copies their locks without them.
    # A fork server is a clean process that has everything imported and copies itself in a few milliseconds.
    server = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if server else "spawn")
    if server:
        context.set_forkserver_preload(list(preload))
    return context


def _start() -> None:
    """Set up a process."""
    if sys.platform == "linux":  # elsewhere the limit cannot be below what a process has already reserved
        # What a student has written may become large here too. Then this process fails, and not the machine.
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, hard))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C, and ends this process
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    # If the parent is killed with SIGKILL, this process would wait for work forever. The sentinel becomes ready when
    # the parent has ended for any reason.
    parent = multiprocessing.parent_process()
    assert parent is not None  # only child processes call this
    wait([parent.sentinel])
    os._exit(1)


class Here:
    """A crew of one: this process does everything itself.

    Parameters
    ----------
    finish : callable()
        Called at the end.
    """

    room = 1

    def __init__(self, finish: Callable[[], object]):
        self.finish = finish

    def start(self) -> None:
        """Do nothing: it is running."""

    def places(self) -> Sequence[Place]:
        return [self]

    def drop(self, place: Place) -> None:
        """Do nothing: nobody is left if this process breaks."""

    def submit(self, function: Callable[[Item], Result], item: Item, /) -> Future[Result]:
        future: Future[Result] = Future()
        try:
            future.set_result(function(item))
        except Exception as error:
            future.set_exception(error)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()
