"""The only folder that a worker may write to, and how to empty it whatever the worker did to it."""

import os
import secrets
import stat
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


def usage(folder: str, max_files: int) -> tuple[int, int]:
    """Count the bytes and files in a folder, stopping after `max_files`; files removed meanwhile are left out."""
    size = files = 0
    waiting = [folder]
    while waiting and files <= max_files:
        inner = waiting.pop()
        if len(inner) > LONGEST_PATH:
            return size, max_files + 1
        try:
            entries = list(os.scandir(inner))
        except OSError:  # removed meanwhile
            continue
        for entry in entries:
            files += 1
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
            except OSError:
                continue
    return size, files
