"""Find submissions and read them as data. Nothing here runs, imports, renders or unpickles anything of theirs.

What can stand at the path:

    student/notebook.ipynb                       a folder a student
    submitted/student/assignment/notebook.ipynb  nbgrader's tree, or a course folder that has it
    name_1234_5678_notebook.ipynb                a flat folder, as learning platforms name files
    Name_1234_assignsubmission_file/…            the same platforms' folders
    all.zip                                      a zip of any of these; so may be what one student handed in

A file that cannot be read is a submission too, with `problem` as its sentence: nobody disappears.
"""

import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.archives import RefusedArchive, files_in
from mlcourse.grading.files import File, Reading, beside, is_submission, owner, read_beside
from mlcourse.grading.notebooks import MAX_BYTES, NotReadable, lesson_of, read_notebook, tidy
from mlcourse.grading.platforms import late
from mlcourse.grading.records import Submission

IGNORED = {".ipynb_checkpoints", "__MACOSX"}


class Found(NamedTuple):
    """One file that was handed in: where it lies, in parts, its bytes or why there are none, what lies beside it."""

    parts: tuple[str, ...]
    data: bytes | None
    problem: str | None = None
    beside: tuple[File, ...] = ()


def read_submissions(path: str | os.PathLike, lesson: str | None = None) -> Iterator[Submission]:
    """Read all submissions of a folder or a zip, in the order of their names.

    Parameters
    ----------
    path : path-like
    lesson : str, optional
        Such as "04_em", for all of them; else each notebook tells.

    Yields
    ------
    Submission
        A student who appears more than once with one lesson is numbered: "ada", "ada (2)".

    Raises
    ------
    FileNotFoundError
        When there is nothing at the path.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there are no submissions at {path}: no such file or folder.")
    lessons: dict[str, list] = {}
    for found in find(path):
        submission = read_one(found, lesson)
        earlier = lessons.setdefault(submission.student, [])
        # A lesson that cannot be told may be any of them.
        same = sum(lesson == submission.lesson or None in (lesson, submission.lesson) for lesson in earlier)
        earlier.append(submission.lesson)
        if same:
            owner = submission.student
            submission = replace(submission, student=f"{owner} ({same + 1})", owner=owner)
        yield submission


def read_one(found: Found, lesson: str | None = None) -> Submission:
    """A file as a submission."""
    student, source = owner(found.parts), tidy("/".join(found.parts))
    problem, cells = found.problem, ()
    if not problem:
        try:
            cells = read_notebook(found.data)
        except NotReadable as error:
            problem = str(error)
    told = lesson_of(cells)
    lesson = lesson or told
    if not problem and lesson is None:
        problem = (
            "It cannot be told which exercise this is: no task of the course is in it. Name it with --lesson."
        )
    if problem:
        return Submission(student, source, cells, lesson, problem)
    files, notes = read_beside(found.beside)
    return Submission(student, source, cells, lesson, None, files, (*remarks(source, lesson, told), *notes))


def remarks(source: str, lesson: str, told: str | None) -> Iterator[str]:
    """What is odd about a notebook before it runs."""
    if late(source):
        yield "Canvas marks it as late."
    if told not in (None, lesson):
        yield f"By its tasks it is lesson {told}."


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────


def find(path: Path) -> Iterator[Found]:
    """Every file that somebody handed in, read one at a time."""
    if path.is_dir():
        top = path / "submitted" if (path / "submitted").is_dir() else path
        files = list(_walk(top, ()))
        yield from _submitted([*files, *_folders_without(files, top)])
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path)
    else:
        yield Found((path.name,), *_read(path))


def _submitted(files: Iterable[File]) -> Iterator[Found]:
    """Each notebook among the files, and what its owner put beside it."""
    files, of_owner = sorted(files, key=lambda file: file.parts), defaultdict(list)
    for file in files:
        of_owner[owner(file.parts)].append(file)
    for file in files:
        if file.submitted:
            company = beside(file, of_owner[owner(file.parts)])
            yield from _expand(Found(file.parts, *file.read(), company))


def _folders_without(files: list[File], top: Path) -> Iterator[File]:
    """The students' folders in which there is no notebook, each as a file that cannot be read."""
    with_one = {file.parts[0] for file in files if file.submitted}
    for entry in os.scandir(top):
        hidden = entry.name in IGNORED or entry.name.startswith(".")
        if entry.is_dir(follow_symlinks=False) and not hidden and entry.name not in with_one:
            yield File(
                (entry.name, ""), lambda: (None, "There is no notebook in this folder."), submitted=True
            )


def _in_zip(path: Path) -> Iterator[Found]:
    """Every notebook in a platform's bulk zip."""
    try:
        files = files_in(path)
    except RefusedArchive as error:
        yield Found((path.name,), None, str(error))
        return
    yield from _submitted(_unwrapped(files))


def _walk(top: Path, parts: tuple[str, ...], depth: int = 4) -> Iterator[File]:
    """The files below a folder. A link is never followed: it is listed as a submission, and then refused."""
    for entry in os.scandir(top.joinpath(*parts)):
        here = (*parts, entry.name)
        if entry.name in IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth:
                yield from _walk(top, here, depth - 1)
        elif entry.is_symlink() or not entry.name.startswith("."):
            link_or_notebook = entry.is_symlink() or is_submission(entry.name)
            yield File(here, partial(_read, top.joinpath(*here)), link_or_notebook)


def _read(path: Path) -> Reading:
    """A file's bytes, or why they were not read."""
    try:
        # Not through a link, and without waiting for the other end of a pipe.
        file = os.open(path, os.O_RDONLY | NO_LINKS_NO_WAITING)
    except OSError as error:
        link = path.is_symlink()
        return (
            None,
            "It is a link, and links are not followed."
            if link
            else f"It cannot be opened: {error.strerror}.",
        )
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            return None, "It is not an ordinary file."
        if found.st_size > MAX_BYTES and path.suffix.lower() != ".zip":
            return (
                None,
                f"It has {found.st_size / 1e6:.1f} MB; more than {MAX_BYTES / 1e6:.0f} MB are not read.",
            )
        return opened.read(MAX_UPLOAD + 1), None


MAX_UPLOAD = 20_000_000  # bytes of a student's zip
NO_LINKS_NO_WAITING = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _expand(found: Found) -> Iterator[Found]:
    """A student's own zip as the notebooks in it; anything else as it is."""
    if found.problem or not found.parts[-1].lower().endswith(".zip"):
        yield found
        return
    if len(found.data) > MAX_UPLOAD:
        yield Found(found.parts, None, f"It has more than {MAX_UPLOAD / 1e6:.0f} MB.")
        return
    try:
        files = files_in(found.data)
    except RefusedArchive as error:
        yield Found(found.parts, None, str(error))
        return
    notebooks = [file for file in files if file.parts[-1].lower().endswith(".ipynb")]
    if not notebooks:
        yield Found(found.parts, None, "There is no notebook in this zip.")
    for file in notebooks:  # whose it is, the zip's own place says
        yield Found((*found.parts, *file.parts), *file.read(), beside(file, files))


def _unwrapped(files: list[File]) -> list[File]:
    """Files in a zip, without what nbgrader, or the program that zipped them, has put around the students.

    A single folder around everything is a wrapper, and no student, when there are several folders in it.
    """
    files = [file._replace(parts=_below_submitted(file.parts)) for file in files]
    paths = [file.parts for file in files if file.submitted]
    tops = {parts[0] for parts in paths}
    students = {parts[1] for parts in paths if len(parts) > 2}
    wrapped = len(tops) == 1 and all(len(parts) > 2 for parts in paths) and len(students) > 1
    if not wrapped:
        return files
    return [file._replace(parts=file.parts[1:]) for file in files if file.parts[0] in tops and file.parts[1:]]


def _below_submitted(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[parts.index("submitted") + 1 :] if "submitted" in parts[:-1] else parts
