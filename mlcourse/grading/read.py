"""Submissions, read as data. Nothing here runs, imports, renders or unpickles anything of theirs.

A file that cannot be read is a submission too, with `problem` as its sentence: nobody disappears.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlcourse.grading.files import owner, read_beside
from mlcourse.grading.find import Found, find
from mlcourse.grading.notebooks import NotReadable, lesson_of, read_notebook, tidy
from mlcourse.grading.platforms import late
from mlcourse.grading.records import Submission


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
    taken: dict[str, list[Submission]] = defaultdict(list)
    for found in find(path):
        submission = named(read_one(found, lesson), taken)
        taken[submission.student].append(replace(submission, cells=(), files=()))
        yield submission


def named(submission: Submission, taken: dict[str, list[Submission]]) -> Submission:
    """The submission, with a number after the student's name when there is one like it already."""
    student, number = submission.student, 1
    while any(clash(submission, other) for other in taken[submission.student]):
        number += 1
        submission = replace(submission, student=f"{student} ({number})", owner=student)
    return submission


def clash(one: Submission, other: Submission) -> bool:
    """Whether two of one name cannot be told apart. A lesson that is not known may be any."""
    return one.lesson == other.lesson or None in (one.lesson, other.lesson) or one.source == other.source


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
