"""Find submissions and read them as data. Nothing here runs, imports, renders or unpickles anything of theirs.

What can stand at the path:

    student/notebook.ipynb                       a folder a student
    submitted/student/assignment/notebook.ipynb  nbgrader's tree, or a course folder that has it
    name_1234_5678_notebook.ipynb                a flat folder, as learning platforms name files
    Name_1234_assignsubmission_file_/…           the same platforms' folders
    all.zip                                      a zip of any of these; so may be what one student handed in

A file that cannot be read is a submission too, with `problem` as its sentence: nobody disappears.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mlcourse.grading.archives import RefusedArchive, notebooks_in
from mlcourse.grading.notebooks import MAX_BYTES, NotReadable, lesson_of, read_notebook, tidy
from mlcourse.grading.records import Submission

IGNORED = {".ipynb_checkpoints", "__MACOSX"}
CANVAS = re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<user>\d+)_(?P<upload>\d+)_(?P<file>.+)")
MOODLE = re.compile(r"(?P<name>.+)_(?P<user>\d+)_assignsubmission_\w*")


class Found(NamedTuple):
    """One file: where it lies, in parts, and its bytes or why there are none."""

    parts: tuple[str, ...]
    data: bytes | None
    problem: str | None = None


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
            submission = replace(submission, student=f"{submission.student} ({same + 1})")
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
    lesson = lesson or lesson_of(cells)
    if not problem and lesson is None:
        problem = (
            "It cannot be told which exercise this is: no task of the course is in it. Name it with --lesson."
        )
    return Submission(student, source, cells, lesson, problem)


def owner(parts: tuple[str, ...]) -> str:
    """Whose file it is, by the folder's name, or by the file's where there is no folder.

    A platform's own numbers stay in the name, for two people may be called the same: `smithjane_1234`.
    """
    name = parts[0] if len(parts) > 1 else PurePosixPath(parts[0]).stem
    found = (CANVAS if len(parts) == 1 else MOODLE).fullmatch(parts[0])
    return tidy(f"{found['name']}_{found['user']}" if found else name) or "(no name)"


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────


def find(path: Path) -> Iterator[Found]:
    """Every file that somebody handed in, read one at a time."""
    if path.is_dir():
        top = path / "submitted" if (path / "submitted").is_dir() else path
        for parts in sorted(_walk(top, ())):
            yield from _expand(Found(parts, *_read(top.joinpath(*parts))))
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path)
    else:
        yield Found((path.name,), *_read(path))


def _in_zip(path: Path) -> Iterator[Found]:
    """Every file in a platform's bulk zip."""
    try:
        members = notebooks_in(path)
    except RefusedArchive as error:
        yield Found((path.name,), None, str(error))
        return
    places = _places([member.parts for member in members])
    for place, member in sorted(zip(places, members), key=lambda pair: pair[0]):
        yield from _expand(Found(place, *member.read()))


def _walk(top: Path, parts: tuple[str, ...], depth: int = 4) -> Iterator[tuple[str, ...]]:
    """Notebooks, zips and links below a folder. A link is never followed: it is listed, and then refused."""
    for entry in os.scandir(top.joinpath(*parts)):
        here = (*parts, entry.name)
        if entry.name in IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth:
                yield from _walk(top, here, depth - 1)
        elif entry.is_symlink() or _wanted(entry.name):
            yield here


def _wanted(name: str) -> bool:
    return name.lower().endswith((".ipynb", ".zip")) and not name.startswith("._")


def _read(path: Path) -> tuple[bytes | None, str | None]:
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
        inner = [member for member in notebooks_in(found.data) if member.parts[-1].lower().endswith(".ipynb")]
    except RefusedArchive as error:
        yield Found(found.parts, None, str(error))
        return
    if not inner:
        yield Found(found.parts, None, "There is no notebook in this zip.")
    for member in inner:  # whose it is, the zip's own place says
        yield Found((owner(found.parts), *found.parts[1:], *member.parts), *member.read())


def _places(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Where files in a zip lie, without what nbgrader, or the program that zipped them, has put around the students.

    A single folder around everything is a wrapper, and no student, when there are several folders in it.
    """
    paths = [parts[parts.index("submitted") + 1 :] if "submitted" in parts[:-1] else parts for parts in paths]
    tops = {parts[0] for parts in paths}
    students = {parts[1] for parts in paths if len(parts) > 2}
    wrapped = len(tops) == 1 and all(len(parts) > 2 for parts in paths) and len(students) > 1
    return [parts[1:] for parts in paths] if wrapped else paths
