"""Find all submissions in a folder or an archive.

The path may contain:

    student/notebook.ipynb                       one folder per student
    submitted/student/assignment/notebook.ipynb  nbgrader's tree, or a course folder that contains it
    name_1234_5678_notebook.ipynb                a flat folder, with the file names of a learning platform
    Name_1234_assignsubmission_file/…            one folder per student, named by a learning platform
    all.zip, all.tar.gz                          an archive of any of these; a student's own submission may be one too

A file that cannot be read is listed as well, with a sentence that says why. So is a student who handed in something
else than a notebook.
"""

import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.intake import nbgrader
from mlcourse.grading.intake.archives import RefusedArchive, files_in
from mlcourse.grading.intake.files import (
    File,
    Reading,
    Time,
    attachments_of,
    original_name,
    owner,
    read_stream,
    time_of,
)
from mlcourse.grading.intake.kinds import is_archive, is_notebook, is_submission, maybe_notebook, what_else
from mlcourse.grading.intake.notebooks import is_a_notebook
from mlcourse.grading.intake.outputs import Allowance
from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.text import name_key, tidy

MAX_NOTEBOOKS = 20  # per student
MAX_DEPTH = 8  # of nested folders
SHOWN_NAMES = 3  # of files that are there in place of a notebook
MAX_TRIED = 5  # files of a student without a notebook whose content may show that they are one
# Do not follow links, and do not wait for the other end of a pipe.
SAFE_OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
IGNORED = {".ipynb_checkpoints", "__MACOSX"}


class NoSubmissions(ValueError):
    """A file that is not what submissions come in; the message says what is wanted."""


class Found(NamedTuple):
    """A submitted file."""

    parts: tuple[str, ...]  # of its path
    data: bytes | None
    problem: str | None = None  # why there are no bytes
    attachments: tuple[File, ...] = ()  # the files that accompany it
    handed_in: Time = Time()


def find(path: Path) -> Iterator[Found]:
    """Yield every submitted file, reading one at a time. Raises NoSubmissions if this is a file of another kind."""
    if path.is_dir():
        top = path / nbgrader.FOLDER if (path / nbgrader.FOLDER).is_dir() else path
        files = list(_walk(top, ()))
        if top.resolve().name == nbgrader.FOLDER:
            files = nbgrader.with_timestamps(files)
        yield from _notebooks_among(_with_everybody(files, _folders(top)))
    elif is_archive(path.name):
        yield from _in_archive(path)
    else:
        reading = _read(path, as_notebook=True)
        if not (is_notebook(path.name) or (maybe_notebook(path.name) and is_a_notebook(reading[0]))):
            raise NoSubmissions(
                f"{path} is neither a notebook nor an archive. Wanted: a folder of submissions, the zip that a"
                " learning platform gives you, or a notebook (.ipynb)."
            )
        yield Found((path.name,), *reading, (), _changed(path))


def _notebooks_among(files: Iterable[File]) -> Iterator[Found]:
    """Yield each notebook among the files, with the files that its owner submitted with it."""
    files, read = sorted(files, key=lambda file: file.parts), Counter[str]()
    by_owner: dict[str, list[File]] = defaultdict(list)
    allowances: dict[str, Allowance] = defaultdict(Allowance)
    for file in files:
        by_owner[_owner_key(file)].append(file)
    for file in files:
        student = _owner_key(file)
        if not file.submitted or read[student] > MAX_NOTEBOOKS:
            continue
        allowance = allowances[student]
        data = file.read(allowance=allowance)
        whole = Found(file.parts, *data, attachments_of(file, by_owner[student]), file.written)
        for found in _expand(whole, allowance):
            read[student] += 1
            if read[student] > MAX_NOTEBOOKS:
                problem = f"Only the first {MAX_NOTEBOOKS} notebooks of a student are read."
                yield Found(file.parts, None, problem)
                break
            yield found


def _owner_key(file: File) -> str:
    return name_key(owner(file.parts))


def _with_everybody(files: list[File], folders: Iterable[str] = ()) -> list[File]:
    """Add a submission for everybody who handed in something, but no file that is called a notebook.

    It is the file that is a notebook under another name or, if there is none, a problem. A file outside all folders
    counts if a platform has named it, or if it is of a kind that is handed in by mistake, among notebooks.
    """
    with_one = {_owner_key(file) for file in files if file.submitted}
    flat = any(len(file.parts) == 1 and file.submitted for file in files)
    places = {name_key(owner((name, ""))): (name, "") for name in folders if not name.startswith(".")}
    others: dict[str, list[File]] = {key: [] for key in places}
    for file in files:
        first, *rest = file.parts
        listed = rest or moodle(first) or canvas(first) or (flat and _is_odd(file))
        if listed and not first.startswith("."):
            others.setdefault(_owner_key(file), []).append(file)
    missing = [
        _disguised(theirs) or _problem_with(theirs, places.get(key))
        for key, theirs in others.items()
        if key not in with_one
    ]
    kept = {file.parts for file in missing}
    return [*(file for file in files if file.parts not in kept), *missing]


def _is_odd(file: File) -> bool:
    """Whether a file is handed in by mistake rather than with a notebook."""
    return what_else(file.parts[-1]) is not None or _disguised([file]) is not None


def _disguised(files: Iterable[File]) -> File | None:
    """Return the first file that is a notebook without being called so."""
    candidates = [file for file in files if maybe_notebook(file.parts[-1])][:MAX_TRIED]
    found = next((file for file in candidates if is_a_notebook(file.read(as_notebook=True)[0])), None)
    return found._replace(read=partial(found.read, as_notebook=True), submitted=True) if found else None


def _problem_with(files: list[File], place: tuple[str, ...] | None) -> File:
    """Return a submission that only says what there is in place of a notebook."""
    first = files[0].parts if files else ()
    place = place or ((first[0], "") if len(first) > 1 else first)
    problem = _no_notebook(files, "here")
    written = max((file.written for file in files), key=lambda time: time.seconds or -1, default=Time())
    return File(
        place, lambda as_notebook=False, allowance=None: (None, problem), submitted=True, written=written
    )


def _no_notebook(files: Iterable[File], where: str) -> str:
    """Say that there is no notebook, and what there is instead."""
    names = sorted(tidy(original_name(file)) for file in files)
    if not names:
        return f"There is no notebook {where}, and no other file."
    known = next((f"{name} is {kind}" for name in names if (kind := what_else(name))), None)
    others = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    there = known or f"there is only {', '.join(names[:SHOWN_NAMES])}{others}"
    return f"There is no notebook {where}: {there}. Hand in the file that ends in .ipynb."


def _folders(top: Path) -> list[str]:
    """List the folders at the top level, including empty ones."""
    entries = [entry for entry in os.scandir(top) if entry.is_dir(follow_symlinks=False)]
    return [entry.name for entry in entries if entry.name not in IGNORED]


def _in_archive(path: Path) -> Iterator[Found]:
    """Yield every notebook in a platform's bulk archive."""
    try:
        files = files_in(path)
    except RefusedArchive as error:
        yield Found((path.name,), None, str(error), (), _changed(path))
        return
    yield from _notebooks_among(_with_everybody(_unwrapped(files)))


def _walk(top: Path, parts: tuple[str, ...]) -> Iterator[File]:
    """Yield the files below a folder. Links are never followed: they are listed as submissions, and then refused."""
    try:
        entries = list(os.scandir(top.joinpath(*parts)))
    except OSError as error:
        problem = f"This folder cannot be listed: {error.strerror}."
        yield File((*parts, ""), lambda as_notebook=False, allowance=None: (None, problem), submitted=True)
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
            path = top.joinpath(*here)
            yield File(here, partial(_read, path), link_or_notebook, _changed(path))


def _changed(path: Path) -> Time:
    """Return when a file or link was written."""
    try:
        return time_of(path.lstat().st_mtime)
    except OSError:
        return Time()


def _read(path: Path, as_notebook: bool = False, allowance: Allowance | None = None) -> Reading:
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
        return read_stream(opened, path.name, as_notebook, allowance)


def _expand(found: Found, allowance: Allowance) -> Iterator[Found]:
    """Yield the notebooks in a student's own archive; yield any other file unchanged."""
    if found.problem or found.data is None or not is_archive(found.parts[-1]):
        yield found
        return
    try:
        files = files_in(found.data)
    except RefusedArchive as error:
        yield found._replace(data=None, problem=str(error))
        return
    notebooks = [file for file in files if is_notebook(file.parts[-1])]
    if not notebooks and (disguised := _disguised(files)):
        notebooks = [disguised]
    if not notebooks:
        yield found._replace(data=None, problem=_no_notebook(files, "in this archive"))
    for file in notebooks[: MAX_NOTEBOOKS + 1]:
        # The archive's own path comes first: it says whose notebook this is. So does its time.
        parts, attachments = (*found.parts, *file.parts), attachments_of(file, files)
        yield Found(parts, *file.read(allowance=allowance), attachments, found.handed_in)


def _unwrapped(files: list[File]) -> list[File]:
    """Return the files in a zip, without the outer folders that nbgrader, or the program that zipped them, has added.

    nbgrader's folder is found at the top, or in a single folder at the top, but never inside a student's folder. A
    single folder around everything is a wrapper, not a student, if it contains several folders.
    """
    tops = {file.parts[0] for file in files if len(file.parts) > 1}
    wrappers = [(top,) for top in tops if len(tops) == 1 and not moodle(f"{top}/")]
    paths = [file.parts for file in files if file.submitted]
    for wrapper in ((), *wrappers):
        prefix = (*wrapper, nbgrader.FOLDER)
        if any(_is_below(prefix, parts) for parts in paths):
            return nbgrader.with_timestamps(_below(prefix, files))
    inner = {parts[1] for parts in paths if len(parts) > 2}
    if wrappers and all(len(parts) > 2 for parts in paths) and len(inner) > 1:
        return _below(wrappers[0], files)
    return files


def _is_below(folder: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return len(parts) > len(folder) and parts[: len(folder)] == folder


def _below(folder: tuple[str, ...], files: list[File]) -> list[File]:
    """Return the files in a folder, with paths relative to it."""
    return [file._replace(parts=file.parts[len(folder) :]) for file in files if _is_below(folder, file.parts)]
