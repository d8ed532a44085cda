"""Submitted files, in a folder or a zip: who owns them, and which of them accompany a notebook.

A student's own data files are available where the cells run, under the same names as on the student's machine. Here
they are only bytes: nothing but the student's own cells reads them.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.grade import Attachment
from mlcourse.grading.records.text import tidy

MAX_ATTACHMENTS = 20  # files per notebook
MAX_ATTACHMENT_BYTES = 10_000_000  # per notebook, all files together

Reading = tuple[bytes | None, str | None]  # a file's bytes, or a sentence that says why there are none


class File(NamedTuple):
    """A file, not yet read."""

    parts: tuple[str, ...]  # of its path, relative to the folder or zip
    read: Callable[[], Reading]
    submitted: bool  # whether it gets a grade or a reported problem: a notebook, a zip, or a link


def is_submission(name: str) -> bool:
    """Whether a file with this name is a notebook, or a zip that may contain one."""
    return name.lower().endswith((".ipynb", ".zip"))


def owner(parts: tuple[str, ...]) -> str:
    """Return a file's owner: the name of its folder, or of the file itself if there is no folder.

    A platform's number stays part of the name, because two students may share a name: `smithjane_1234`.
    """
    first = parts[0]
    in_folder = len(parts) > 1 and not first.lower().endswith(".zip")
    found = moodle(first) or (None if in_folder else canvas(first))
    name = f"{found['name']}_{found['user']}" if found else first if in_folder else PurePosixPath(first).stem
    return tidy(name) or "(no name)"


def attachments_of(notebook: File, files: Iterable[File]) -> tuple[File, ...]:
    """Select a student's files in the notebook's folder or below it; make `parts` relative to that folder."""
    folder = notebook.parts[:-1]
    inside = (file for file in files if not file.submitted and file.parts[: len(folder)] == folder)
    return tuple(file._replace(parts=_relative(folder, file.parts)) for file in inside)


def _relative(folder: tuple[str, ...], parts: tuple[str, ...]) -> tuple[str, ...]:
    named = moodle(parts[0]) or canvas(parts[0]) if len(parts) == 1 else None
    return (named["file"],) if named else parts[len(folder) :]


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
