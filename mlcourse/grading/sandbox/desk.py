"""The one folder that a worker may write to, and how to empty it whatever was done to it."""

import os
import secrets
import stat
from pathlib import Path


class Desk:
    """A folder that is new for every submission.

    Parameters
    ----------
    folder : str
        Holds the desk, and nothing else that matters.
    """

    def __init__(self, folder: str):
        self.folder = Path(folder)

    def fresh(self) -> str:
        """An empty desk."""
        self.wipe()
        desk = self.folder / "desk"
        desk.mkdir()
        return str(desk)

    def wipe(self) -> None:
        """Remove all that is in the folder.

        A hostile tree may be nested deeper than a path may be long, and deeper than functions may call themselves.
        So no folder is entered: its folders are moved up to the top, one level at a time, until all lie there empty.
        """
        while entries := list(os.scandir(self.folder)):
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)
                    continue
                os.chmod(entry.path, stat.S_IRWXU)  # a folder may have been made that its owner may not open
                for inner in list(os.scandir(entry.path)):
                    if inner.is_dir(follow_symlinks=False):
                        os.chmod(inner.path, stat.S_IRWXU)  # to move a folder one must be able to write to it
                        os.rename(
                            inner.path, self.folder / secrets.token_hex(16)
                        )  # nobody can have taken that name
                    else:
                        os.unlink(inner.path)
                os.rmdir(entry.path)

    def remove(self) -> None:
        """Remove the folder itself; one that is a file system of the sandbox's own vanishes with the sandbox."""
        self.wipe()
        if not os.path.ismount(self.folder):
            os.rmdir(self.folder)


# Folders nested deeper would hide what is in them: beyond 4096 letters the kernel follows no path.
LONGEST_PATH = 2000


def used(folder: str, most_files: int) -> tuple[int, int]:
    """Bytes and files in a folder, counted no further than `most_files`; what vanishes meanwhile is left out."""
    size = files = 0
    waiting = [folder]
    while waiting and files <= most_files:
        inner = waiting.pop()
        if len(inner) > LONGEST_PATH:
            return size, most_files + 1
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
