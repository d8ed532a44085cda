"""Files of strangers, in a folder or a zip: whose they are, and what lies beside a notebook.

A student who brings data finds them where the cells run, under the same name as at home. They are bytes here, and
nobody but the student's own cells reads them.
"""

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from mlcourse.grading.notebooks import tidy
from mlcourse.grading.platforms import canvas, moodle
from mlcourse.grading.records import Attachment

MAX_BESIDE = 20  # files that go with a notebook
MAX_BESIDE_BYTES = 10_000_000  # all of them together

Reading = tuple[bytes | None, str | None]  # a file's bytes, or why there are none: a sentence


class File(NamedTuple):
    """A file, not yet read."""

    parts: tuple[str, ...]  # where it lies, below the folder or zip
    read: Callable[[], Reading]
    submitted: bool  # whether somebody has to be told about it: a notebook, a zip, or a link in their place


def is_submission(name: str) -> bool:
    """Whether a file of that name is a notebook, or a zip that may hold some."""
    return name.lower().endswith((".ipynb", ".zip"))


def owner(parts: tuple[str, ...]) -> str:
    """Whose file it is, by the folder's name, or by the file's where there is no folder.

    A platform's own numbers stay in the name, for two people may be called the same: `smithjane_1234`.
    """
    first = parts[0]
    in_folder = len(parts) > 1 and not first.lower().endswith(".zip")
    found = moodle(first) or (None if in_folder else canvas(first))
    name = f"{found['name']}_{found['user']}" if found else first if in_folder else PurePosixPath(first).stem
    return tidy(name) or "(no name)"


def beside(notebook: File, files: Iterable[File]) -> tuple[File, ...]:
    """Those of a student's files that lie where a notebook lies, or below; `parts` are as seen from its cells."""
    folder = notebook.parts[:-1]
    company = (file for file in files if not file.submitted and file.parts[: len(folder)] == folder)
    return tuple(file._replace(parts=_from(folder, file.parts)) for file in company)


def _from(folder: tuple[str, ...], parts: tuple[str, ...]) -> tuple[str, ...]:
    named = moodle(parts[0]) or canvas(parts[0]) if len(parts) == 1 else None
    return (named["file"],) if named else parts[len(folder) :]


def read_beside(company: tuple[File, ...]) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """The files that go with a notebook, and a note on each that is left behind."""
    files, notes, room = [], [], MAX_BESIDE_BYTES
    for file in company[:MAX_BESIDE]:
        name = "/".join(file.parts)
        data, problem = file.read() if name == tidy(name) else (None, "No file can be called so everywhere.")
        if data is not None and len(data) > room:
            problem = f"With it, they would have more than {MAX_BESIDE_BYTES / 1e6:.0f} MB."
        if problem:
            notes.append(f"{tidy(name)} lies beside the notebook, and its cells do not see it: {problem}")
            continue
        files.append(Attachment(name, data))
        room -= len(data)
    if len(company) > MAX_BESIDE:
        notes.append(f"{len(company)} files lie beside the notebook; its cells see the first {MAX_BESIDE}.")
    return tuple(files), tuple(notes)
