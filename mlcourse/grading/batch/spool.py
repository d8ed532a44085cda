"""Submissions that wait to be marked, on disk: thousands of them need no memory."""

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from mlcourse.grading.batch.assess import Waiting


class Spool:
    """A queue on disk that returns submissions lesson by lesson: a sandbox is prepared for one lesson at a time.

    The files have no names, so that nothing is left of them however this process ends, and nobody else can write to
    them. Use as a context manager.

    Parameters
    ----------
    folder : Path
        On the disk that has room for them.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.files: dict[str, IO[bytes]] = {}  # by lesson
        self.count = 0

    def add(self, waiting: Waiting) -> None:
        """Append a submission. Raises OSError."""
        lesson = waiting.submission.lesson or ""
        if lesson not in self.files:
            self.files[lesson] = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115  (see __exit__)
        pickle.dump(waiting, self.files[lesson], pickle.HIGHEST_PROTOCOL)
        self.count += 1

    @property
    def lessons(self) -> set[str]:
        """The lessons of the submissions."""
        return set(self.files)

    def __iter__(self) -> Iterator[Waiting]:
        """Yield all submissions, one in memory at a time."""
        for lesson in sorted(self.files):
            file = self.files[lesson]
            end = file.tell()
            file.seek(0)
            while file.tell() < end:
                yield pickle.load(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files.values():
            file.close()
