"""Watch what a worker uses, and end it when that is too much.

The kernel's limits (`limits.py`) hold for one process each, and not for the sum of its files. The watchdog looks at
everything below the launcher, several times a second.
"""

import mmap
import os
import stat
import threading
from pathlib import Path

from mlcourse.grading.sandbox.desk import used
from mlcourse.grading.sandbox.limits import Limits

EVERY = 0.05  # seconds
PAGE = mmap.PAGESIZE


def children(pid: int) -> list[int]:
    """The processes that a process has started; none where the system does not tell."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has ended, or there is no /proc here
        return []


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on."""
    found, waiting = [], [pid]
    while waiting:
        young = children(waiting.pop())
        found += young
        waiting += young
    return found


def memory_and_threads(pid: int) -> tuple[int, int]:
    """Bytes of memory in use by a process, and its threads; none when it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * PAGE, len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0, 0


def deleted_but_open(pid: int) -> int:
    """Bytes of files that a process holds open after removing them: they fill the disk, and no folder shows them."""
    size = 0
    for number in _numbers(f"/proc/{pid}/fd"):
        try:
            found = os.stat(f"/proc/{pid}/fd/{number}")
        except OSError:  # closed meanwhile
            continue
        if stat.S_ISREG(found.st_mode) and not found.st_nlink:
            size += found.st_blocks * 512
    return size


def _numbers(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # the process has ended
        return []


class Watchdog(threading.Thread):
    """Calls `end(why)` once when the processes below the launcher use more than the limits allow.

    Parameters
    ----------
    launcher : int
        Process id, as this process sees it.
    folder : str or None
        Where the worker writes, when that can be seen from here.
    limits : Limits
    end : callable
        Ends the worker; gets a word for what was too much.
    """

    def __init__(self, launcher: int, folder: str | None, limits: Limits, end):
        super().__init__(daemon=True, name="watchdog")
        self.launcher, self.folder, self.limits, self.end = launcher, folder, limits, end
        self._over = threading.Event()

    def run(self):
        while not self._over.wait(EVERY):
            why = self.excess()
            if why:
                self.end(why)
                return

    def stop(self):
        """Watch no more. Afterwards it ends nothing: by then a worker of somebody else may run."""
        self._over.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join()

    def excess(self) -> str | None:
        """What there is too much of."""
        processes = descendants(self.launcher)
        used_by_each = [memory_and_threads(pid) for pid in processes]
        if sum(memory for memory, _ in used_by_each) > self.limits.memory:
            return "memory"
        if sum(threads for _, threads in used_by_each) > self.limits.threads:
            return "threads"
        if self.folder:
            size, files = used(self.folder, self.limits.files)
            if size + sum(deleted_but_open(pid) for pid in processes) > self.limits.disk:
                return "disk space"
            if files > self.limits.files:
                return "files"
        return None
