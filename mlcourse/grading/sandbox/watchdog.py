"""Watch what a worker uses, and end it if that is too much.

The kernel's limits (`limits.py`) apply to single processes and single files, not to their sums. The watchdog adds up
everything below the launcher, several times per second.
"""

import mmap
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

from mlcourse.grading.inside.kernel import children
from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.inside.scratch import usage

INTERVAL = 0.05  # seconds
PAGE = mmap.PAGESIZE


def descendants(pid: int) -> list[int]:
    """List a process's children, their children, and so on."""
    found, waiting = [], [pid]
    while waiting:
        next_level = children(waiting.pop())
        found += next_level
        waiting += next_level
    return found


def memory_and_threads(pid: int) -> tuple[int, int]:
    """Count the bytes of memory in use by a process, and its threads; both 0 if it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * PAGE, len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0, 0


def file_identity(descriptor: int | None) -> tuple[int, int] | None:
    """Return what tells an open file from every other; None without one."""
    if descriptor is None:
        return None
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def deleted_but_open(pid: int, lent: tuple[int, int] | None = None) -> int:
    """Count the bytes of deleted files that a process keeps open: they fill the disk, but no folder lists them.

    The one that the parent has lent to the process is left out.
    """
    size = 0
    for number in _list(f"/proc/{pid}/fd"):
        try:
            found = os.stat(f"/proc/{pid}/fd/{number}")
        except OSError:  # closed meanwhile
            continue
        is_lent = (found.st_dev, found.st_ino) == lent
        if stat.S_ISREG(found.st_mode) and not found.st_nlink and not is_lent:
            size += found.st_blocks * 512
    return size


def deleted_but_mapped(pid: int, largest: int) -> int:
    """Count the bytes of deleted files that a process has mapped, and may have closed.

    Nothing says how long such a file is: each counts as `largest`, the most that one can have.
    """
    try:
        lines = Path(f"/proc/{pid}/maps").read_text("utf-8", "replace").splitlines()
    except OSError:  # the process has ended
        return 0
    deleted = {line.split()[4] for line in lines if line.endswith("(deleted)") and "/memfd:" not in line}
    return largest * len(deleted)


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
            resource = self.excess()
            if resource:
                self.end(resource)
                return

    def stop(self) -> None:
        """Stop watching, for good: by now the worker of another submission may be running."""
        self._done.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()

    def excess(self) -> str | None:
        """Name the resource that exceeds its limit, if any."""
        processes = descendants(self.launcher)
        each = [memory_and_threads(pid) for pid in processes]
        if sum(memory for memory, _ in each) > self.limits.memory:
            return "memory"
        if sum(threads for _, threads in each) > self.limits.threads:
            return "threads"
        if self.folder:
            size, files = usage(self.folder, self.limits.files)
            largest = self.limits.disk // 2
            size += sum(
                deleted_but_open(pid, self.lent) + deleted_but_mapped(pid, largest) for pid in processes
            )
            if size > self.limits.disk:
                return "disk space"
            if files > self.limits.files:
                return "files"
        return None
