"""Submitted files, in a folder or an archive: who owns them, and which of them accompany a notebook.

A student's own data files are available where the cells run, under the same names as on the student's machine. Here
they are only bytes: nothing but the student's own cells reads them.
"""

import gzip
import zlib
from collections.abc import Iterable
from typing import IO, NamedTuple, Protocol, cast

from mlcourse.grading.intake.kinds import is_archive, is_notebook, is_zipped_notebook, stem
from mlcourse.grading.intake.outputs import Allowance, NotReadable, without_outputs
from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.grade import Attachment
from mlcourse.grading.records.text import tidy
from mlcourse.grading.records.times import is_possible

MAX_ARCHIVE = 20_000_000  # bytes, of a student's own archive
MAX_OTHER = 5_000_000  # bytes, of any other file
MAX_ATTACHMENTS = 20  # files per notebook
MAX_ATTACHMENT_BYTES = 10_000_000  # per notebook, all files together

Reading = tuple[bytes | None, str | None]  # a file's bytes, or a sentence that says why there are none


class Reader(Protocol):
    """Reads a file: a notebook without its outputs, as everything that is called so, and everything else as it is."""

    def __call__(self, as_notebook: bool = False, allowance: Allowance | None = None) -> Reading: ...


class Time(NamedTuple):
    """When a file was handed in, as the platform or the file system says."""

    seconds: float | None = None  # since 1970
    problem: str = ""  # why they are not known, if the instructor should know


def time_of(seconds: float | None) -> Time:
    """Return a time as a file system or an archive says it; one that is not possible is unknown."""
    if seconds is None or is_possible(seconds):
        return Time(seconds)
    return Time(
        None,
        f"Nobody knows when it was handed in: its time is {seconds:.0f} seconds after the start of 1970.",
    )


class File(NamedTuple):
    """A file, not yet read."""

    parts: tuple[str, ...]  # of its path, relative to the folder or archive
    read: Reader
    submitted: bool  # whether it gets a grade or a reported problem: a notebook, an archive, or a link
    written: Time = Time()


def read_stream(
    file: IO[bytes], name: str, as_notebook: bool = False, allowance: Allowance | None = None
) -> Reading:
    """Return the bytes of an opened file, or why it is not read."""
    if as_notebook or is_notebook(name):
        try:
            return without_outputs(_unzipped(file) if is_zipped_notebook(name) else file, allowance), None
        except NotReadable as error:
            return None, str(error)
        except (OSError, EOFError, zlib.error) as error:
            return None, f"It cannot be unpacked: {type(error).__name__}: {error}"[:200].rstrip(".") + "."
    limit = MAX_ARCHIVE if is_archive(name) else MAX_OTHER
    data = file.read(limit + 1)
    return (None, f"It is larger than {limit / 1e6:.0f} MB.") if len(data) > limit else (data, None)


def _unzipped(file: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(fileobj=file))


def owner(parts: tuple[str, ...]) -> str:
    """Return a file's owner: the name of its folder, or of the file itself if there is no folder.

    A platform's number stays part of the name, because two students may share a name: `smithjane_1234`.
    """
    first, place = parts[0], "/".join(parts)
    in_folder = len(parts) > 1 and not is_archive(first)
    found = moodle(place) or (None if in_folder else canvas(place))
    name = f"{found['name']}_{found['user']}" if found else first if in_folder else stem(first)
    return tidy(name) or "(no name)"


def attachments_of(notebook: File, files: Iterable[File]) -> tuple[File, ...]:
    """Select a student's files in the notebook's folder or below it; make `parts` relative to that folder."""
    folder = notebook.parts[:-1]
    inside = (file for file in files if not file.submitted and file.parts[: len(folder)] == folder)
    return tuple(file._replace(parts=_relative(folder, file)) for file in inside)


def _relative(folder: tuple[str, ...], file: File) -> tuple[str, ...]:
    return (original_name(file),) if len(file.parts) == 1 else file.parts[len(folder) :]


def original_name(file: File) -> str:
    """Return the name of a file on its owner's machine."""
    named = moodle(file.parts[0]) or canvas(file.parts[0]) if len(file.parts) == 1 else None
    return str(named["file"]) if named else file.parts[-1]


def read_attachments(files: tuple[File, ...]) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """Read the files that accompany a notebook; return them, and a note about each that was left out."""
    attachments, notes, room = [], [], MAX_ATTACHMENT_BYTES
    for file in files[:MAX_ATTACHMENTS]:
        name = "/".join(file.parts)
        data, problem = (
            file.read() if name == tidy(name) else (None, "This name is not valid on every system.")
        )
        if data is not None and len(data) > room:
            problem = f"The files together would exceed {MAX_ATTACHMENT_BYTES / 1e6:.0f} MB."
        if problem or data is None:
            notes.append(
                f"{tidy(name)} was submitted with the notebook, but its cells cannot see it: {problem}"
            )
            continue
        attachments.append(Attachment(name, data))
        room -= len(data)
    if len(files) > MAX_ATTACHMENTS:
        notes.append(
            f"{len(files)} files were submitted with the notebook; its cells see only the first {MAX_ATTACHMENTS}."
        )
    return tuple(attachments), tuple(notes)
