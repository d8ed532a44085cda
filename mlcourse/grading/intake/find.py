"""Find all submissions in a folder or a zip.

The path may contain:

    student/notebook.ipynb                       one folder per student
    submitted/student/assignment/notebook.ipynb  nbgrader's tree, or a course folder that contains it
    name_1234_5678_notebook.ipynb                a flat folder, with the file names of a learning platform
    Name_1234_assignsubmission_file/…            one folder per student, named by a learning platform
    all.zip                                      a zip of any of these; a student's own submission may be a zip too

A file that cannot be read is listed as well, with a sentence that says why.
"""

import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.intake.archives import MAX_ZIP, RefusedArchive, files_in
from mlcourse.grading.intake.files import File, Reading, attachments_of, is_submission, owner
from mlcourse.grading.intake.notebooks import MAX_BYTES
from mlcourse.grading.intake.platforms import canvas, moodle

MAX_NOTEBOOKS = 20  # per student
MAX_DEPTH = 8  # of nested folders
# Do not follow links, and do not wait for the other end of a pipe.
SAFE_OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
IGNORED = {".ipynb_checkpoints", "__MACOSX"}


class Found(NamedTuple):
    """A submitted file: the parts of its path, its bytes or why there are none, and the files that accompany it."""

    parts: tuple[str, ...]
    data: bytes | None
    problem: str | None = None
    attachments: tuple[File, ...] = ()


def find(path: Path) -> Iterator[Found]:
    """Yield every submitted file, reading one at a time."""
    if path.is_dir():
        top = path / "submitted" if (path / "submitted").is_dir() else path
        files = list(_walk(top, ()))
        yield from _notebooks_among([*files, *_without_notebook(files, _folders(top))])
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path)
    else:
        yield Found((path.name,), *_read(path))


def _notebooks_among(files: Iterable[File]) -> Iterator[Found]:
    """Yield each notebook among the files, with the files that its owner submitted with it."""
    files, read = sorted(files, key=lambda file: file.parts), Counter[str]()
    by_owner: dict[str, list[File]] = defaultdict(list)
    for file in files:
        by_owner[owner(file.parts)].append(file)
    for file in files:
        student = owner(file.parts)
        if not file.submitted or read[student] > MAX_NOTEBOOKS:
            continue
        for found in _expand(Found(file.parts, *file.read(), attachments_of(file, by_owner[student]))):
            read[student] += 1
            if read[student] > MAX_NOTEBOOKS:
                problem = f"Only the first {MAX_NOTEBOOKS} notebooks of a student are read."
                yield Found(file.parts, None, problem)
                break
            yield found


def _without_notebook(files: list[File], folders: Iterable[str] = ()) -> Iterator[File]:
    """Yield an unreadable file for every student who has a folder, or a file from a platform, but no notebook."""
    places: set[tuple[str, ...]] = {(name, "") for name in folders}
    for first, *rest in (file.parts for file in files):
        if rest or moodle(first) or canvas(first):
            places.add((first, "") if rest else (first,))
    with_one = {owner(file.parts) for file in files if file.submitted}
    for place in sorted(places):
        if owner(place) not in with_one and not place[0].startswith("."):
            with_one.add(owner(place))
            yield File(place, lambda: (None, "There is no notebook here."), submitted=True)


def _folders(top: Path) -> list[str]:
    """List the folders at the top level, including empty ones."""
    entries = [entry for entry in os.scandir(top) if entry.is_dir(follow_symlinks=False)]
    return [entry.name for entry in entries if entry.name not in IGNORED]


def _in_zip(path: Path) -> Iterator[Found]:
    """Yield every notebook in a platform's bulk zip."""
    try:
        files = files_in(path)
    except RefusedArchive as error:
        yield Found((path.name,), None, str(error))
        return
    files = _unwrapped(files)
    yield from _notebooks_among([*files, *_without_notebook(files)])


def _walk(top: Path, parts: tuple[str, ...]) -> Iterator[File]:
    """Yield the files below a folder. Links are never followed: they are listed as submissions, and then refused."""
    try:
        entries = list(os.scandir(top.joinpath(*parts)))
    except OSError as error:
        problem = f"This folder cannot be listed: {error.strerror}."
        yield File((*parts, ""), lambda: (None, problem), submitted=True)
        return
    for entry in entries:
        here = (*parts, entry.name)
        if entry.name in IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            if len(here) < MAX_DEPTH:
                yield from _walk(top, here)
        elif entry.is_symlink() or not entry.name.startswith("."):
            link_or_notebook = entry.is_symlink() or is_submission(entry.name)
            yield File(here, partial(_read, top.joinpath(*here)), link_or_notebook)


def _read(path: Path) -> Reading:
    """Return a file's bytes, or why they were not read."""
    try:
        file = os.open(path, os.O_RDONLY | SAFE_OPEN_FLAGS)
    except OSError as error:
        if path.is_symlink():
            return None, "It is a link, and links are not followed."
        return None, f"It cannot be opened: {error.strerror}."
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            return None, "It is not a regular file."
        if found.st_size > MAX_BYTES and path.suffix.lower() != ".zip":
            size, most = (f"{number / 1e6:.3g} MB" for number in (found.st_size, MAX_BYTES))
            return None, f"Its size is {size}; the limit is {most}."
        return opened.read(MAX_ZIP + 1), None


def _expand(found: Found) -> Iterator[Found]:
    """Yield the notebooks in a student's own zip; yield any other file unchanged."""
    if found.problem or found.data is None or not found.parts[-1].lower().endswith(".zip"):
        yield found
        return
    if len(found.data) > MAX_ZIP:
        yield Found(found.parts, None, f"It is larger than {MAX_ZIP / 1e6:.0f} MB.")
        return
    try:
        files = files_in(found.data)
    except RefusedArchive as error:
        yield Found(found.parts, None, str(error))
        return
    notebooks = [file for file in files if file.parts[-1].lower().endswith(".ipynb")]
    if not notebooks:
        yield Found(found.parts, None, "There is no notebook in this zip.")
    for file in notebooks[: MAX_NOTEBOOKS + 1]:
        # The zip's own path comes first: it says whose notebook this is.
        yield Found((*found.parts, *file.parts), *file.read(), attachments_of(file, files))


def _unwrapped(files: list[File]) -> list[File]:
    """Return the files in a zip, without the outer folders that nbgrader, or the program that zipped them, has added.

    nbgrader's folder is found at the top, or in a single folder at the top, but never inside a student's folder. A
    single folder around everything is a wrapper, not a student, if it contains several folders.
    """
    tops = {file.parts[0] for file in files if len(file.parts) > 1}
    wrappers = [(top,) for top in tops if len(tops) == 1 and not moodle(top)]
    paths = [file.parts for file in files if file.submitted]
    for wrapper in ((), *wrappers):
        prefix = (*wrapper, "submitted")
        if any(_is_below(prefix, parts) for parts in paths):
            return _below(prefix, files)
    inner = {parts[1] for parts in paths if len(parts) > 2}
    if wrappers and all(len(parts) > 2 for parts in paths) and len(inner) > 1:
        return _below(wrappers[0], files)
    return files


def _is_below(folder: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return len(parts) > len(folder) and parts[: len(folder)] == folder


def _below(folder: tuple[str, ...], files: list[File]) -> list[File]:
    """Return the files in a folder, with paths relative to it."""
    return [file._replace(parts=file.parts[len(folder) :]) for file in files if _is_below(folder, file.parts)]
