"""Watch what a worker uses, and end it if that is too much.

The kernel's limits (`limits.py`) apply to single processes and single files, not to their sums. The watchdog adds up
everything below the launcher, several times per second.
"""

import mmap
import os
import stat
import threading
from collections.abc import Callable
from typing import NamedTuple

from mlcourse.grading.inside.kernel import children
from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.inside.scratch import usage

INTERVAL = 0.05  # seconds
PAGE = mmap.PAGESIZE
MAX_MAPPINGS = 20_000  # of a process; with all of this course's libraries it has about 2000
MAX_LISTED = 10_000_000  # bytes of the list of them


def descendants(pid: int) -> list[int]:
    """List a process's children, their children, and so on."""
    found, waiting = [], [pid]
    while waiting:
        next_level = children(waiting.pop())
        found += next_level
        waiting += next_level
    return found


class Process(NamedTuple):
    """A process that is watched."""

    proc: str  # its folder in /proc, or that of one of its threads
    pages: int  # of memory in use
    threads: int


def look_at(pid: int) -> Process:
    """Look a process up. It may outlive its first thread, in whose name /proc then tells nothing any more."""
    own = f"/proc/{pid}"
    threads = _list(f"{own}/task")
    for proc in (own, *(f"{own}/task/{thread}" for thread in threads)):
        try:
            with open(f"{proc}/statm", "rb") as listed:
                size, pages, *_ = listed.read().split()
        except OSError:  # it has ended
            continue
        if int(size):
            return Process(proc, int(pages), len(threads))
    return Process(own, 0, len(threads))


def file_identity(descriptor: int | None) -> tuple[int, int] | None:
    """Return what tells an open file from every other; None without one."""
    if descriptor is None:
        return None
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def deleted_but_open(proc: str, lent: tuple[int, int] | None = None) -> int:
    """Count the bytes of deleted files that a process keeps open: they fill the disk, but no folder lists them.

    The one that the parent has lent to the process is left out.
    """
    size = 0
    for number in _list(f"{proc}/fd"):
        try:
            found = os.stat(f"{proc}/fd/{number}")
        except OSError:  # closed meanwhile
            continue
        is_lent = (found.st_dev, found.st_ino) == lent
        if stat.S_ISREG(found.st_mode) and not found.st_nlink and not is_lent:
            size += found.st_blocks * 512
    return size


def deleted_but_mapped(proc: str, largest: int) -> int:
    """Count the bytes of deleted files that a process has mapped, and may have closed.

    Nothing says how long such a file is: each counts as `largest`, the most that one can have. With more mappings
    than MAX_MAPPINGS, which take long to list, each counts as such a file.
    """
    try:
        with open(f"{proc}/maps", "rb") as listed:
            lines = listed.read(MAX_LISTED).split(b"\n")
    except OSError:  # the process has ended
        return 0
    if len(lines) > MAX_MAPPINGS:
        return largest * len(lines)
    # Address, permissions, offset, device, inode, path: the student chooses the path's last part.
    fields = [line.split(None, 5) for line in lines if line.endswith(b" (deleted)")]
    return largest * len({(*field[3:5],) for field in fields if not field[5].startswith(b"/memfd:")})


def _list(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # the process has ended
        return []


class Watchdog(threading.Thread):
    """Call `end(resource)` once, if the processes below the launcher use more than the limits allow.

    Parameters
    ----------
    launcher : int
        Process id, as seen from this process.
    folder : str or None
        Where the worker writes, if that is visible from here.
    limits : Limits
    end : callable
        Ends the worker; takes the name of the resource that it used too much of.
    """

    def __init__(self, launcher: int, folder: str | None, limits: Limits, end: Callable[[str], None]):
        super().__init__(daemon=True, name="watchdog")
        self.launcher, self.folder, self.limits, self.end = launcher, folder, limits, end
        self.lent: tuple[int, int] | None = None  # a file of the parent's that the worker may keep open
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(INTERVAL):
            try:
                resource = self.excess(mapped=True)
            except Exception:  # what cannot be watched does not run
                self.end("of something that cannot be measured")
                raise
            if resource:
                self.end(resource)
                return

    def stop(self) -> None:
        """Stop watching, for good: by now the worker of another submission may be running."""
        self._done.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()

    def excess(self, *, mapped: bool) -> str | None:
        """Name the resource that exceeds its limit, if any; deleted files that are `mapped` take long to find."""
        processes = [look_at(pid) for pid in descendants(self.launcher)]
        if sum(process.pages for process in processes) * PAGE > self.limits.memory:
            return "memory"
        if sum(process.threads for process in processes) > self.limits.threads:
            return "threads"
        if self.folder:
            size, files = self._written(self.folder, processes, mapped)
            if size > self.limits.disk:
                return "disk space"
            if files > self.limits.files:
                return "files"
        return None

    def _written(self, folder: str, processes: list[Process], mapped: bool) -> tuple[int, int]:
        """Count the bytes and files that the worker has written."""
        try:
            if os.path.ismount(folder):  # a file system of its own counts removed files, too
                found = os.statvfs(folder)
                return (found.f_blocks - found.f_bfree) * found.f_frsize, found.f_files - found.f_ffree
        except OSError:  # the sandbox has ended
            return 0, 0
        size, files = usage(folder, self.limits.files)
        for process in processes:
            size += deleted_but_open(process.proc, self.lent)
            size += deleted_but_mapped(process.proc, self.limits.disk // 2) if mapped else 0
        return size, files
