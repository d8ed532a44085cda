"""The only folder that a worker may write to, and how to empty it whatever the worker did to it."""

import contextlib
import os
import secrets
import stat
import sys
from pathlib import Path


class ScratchFolder:
    """A folder that is emptied for every submission.

    Parameters
    ----------
    folder : str
        Holds a worker's working folder, and nothing else that matters.
    """

    def __init__(self, folder: str):
        self.folder = Path(folder)

    def fresh(self) -> str:
        """Empty everything, and return the path of a new working folder."""
        self.wipe()
        work = self.folder / "work"
        work.mkdir()
        return str(work)

    def wipe(self) -> None:
        """Remove everything in the folder.

        A hostile tree may be nested more deeply than the longest path, and more deeply than Python can recurse.
        So this never descends: it moves subfolders up to the top, one level at a time, until all of them are empty.
        """
        while entries := list(os.scandir(self.folder)):
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                os.chmod(entry.path, stat.S_IRWXU)  # the mode of a folder can lock out even its owner
                for inner in list(os.scandir(entry.path)):
                    if inner.is_dir(follow_symlinks=False):
                        os.chmod(inner.path, stat.S_IRWXU)  # moving a folder needs permission to write to it
                        # A random name, so that no attacker can have taken it.
                        os.rename(inner.path, self.folder / secrets.token_hex(16))
                    else:
                        os.unlink(inner.path)
                os.rmdir(entry.path)

    def remove(self) -> None:
        """Remove the folder itself; one that the sandbox has mounted disappears with the sandbox."""
        self.wipe()
        if not os.path.ismount(self.folder):
            os.rmdir(self.folder)


# The kernel follows no path longer than 4096 characters, so files could hide in folders nested more deeply.
LONGEST_PATH = 2000
TRIES = 50  # at counting folders that disappear meanwhile


def usage(folder: str, max_files: int) -> tuple[int, int]:
    """Count the bytes and files in a folder, stopping after `max_files`; files removed meanwhile are left out.

    A folder that cannot be counted may hold anything, so it counts as more than `max_files`.
    """
    if not os.path.isdir(folder):  # the sandbox has ended
        return 0, 0
    for _ in range(TRIES):
        try:
            return _count(folder, max_files)
        except FileNotFoundError:  # a folder was removed or renamed meanwhile: try again
            continue
        except OSError:
            break
    return 0, max_files + 1


def _count(folder: str, max_files: int) -> tuple[int, int]:
    """Count as `usage` does. Raises OSError if a folder cannot be listed."""
    size = files = 0
    waiting = [folder]
    while waiting and files <= max_files:
        inner = waiting.pop()
        if len(inner) > LONGEST_PATH:
            return size, max_files + 1
        for entry in _entries(inner):
            files += 1
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
                continue
            with contextlib.suppress(OSError):
                size += entry.stat(follow_symlinks=False).st_blocks * 512
    return size, files


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """List a folder, even one whose mode locks out its owner. Raises OSError."""
    try:
        return list(os.scandir(folder))
    except PermissionError:
        _unlock(folder)
        return list(os.scandir(folder))


def _unlock(folder: str) -> None:
    """Give a folder's owner all rights, but never what a link leads to. Raises OSError."""
    if sys.platform != "linux":
        raise PermissionError(f"{folder} cannot be listed")
    descriptor = os.open(folder, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", stat.S_IRWXU)
    finally:
        os.close(descriptor)
