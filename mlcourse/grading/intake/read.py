"""Read submissions as data. Nothing here runs, imports, renders or unpickles anything that a student wrote.

A file that cannot be read is a submission too, and its `problem` says why: no student disappears.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlcourse.checks import Catalogue
from mlcourse.grading.intake.files import owner, read_attachments
from mlcourse.grading.intake.find import Found, find
from mlcourse.grading.intake.notebooks import NotReadable, lesson_of, read_notebook
from mlcourse.grading.intake.platforms import is_late
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.records.text import tidy


def read_submissions(
    path: str | os.PathLike[str], catalogue: Catalogue, lesson: str | None = None
) -> Iterator[Submission]:
    """Read all submissions in a folder or a zip, sorted by name.

    Parameters
    ----------
    path : path-like
    catalogue : Catalogue
        The tasks by which a lesson is recognised.
    lesson : str, optional
        The lesson of all notebooks, such as "04_em". By default it is recognised for each notebook.

    Yields
    ------
    Submission
        Several notebooks by one student for one lesson are numbered: "ada", "ada (2)".

    Raises
    ------
    FileNotFoundError
        If the path does not exist.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"cannot read submissions: {path} does not exist.")
    taken: dict[str, list[Submission]] = defaultdict(list)
    for found in find(path):
        submission = with_number(read_one(found, catalogue, lesson), taken)
        taken[submission.student].append(replace(submission, cells=(), files=()))
        yield submission


def with_number(submission: Submission, taken: dict[str, list[Submission]]) -> Submission:
    """Add a number to the student's name if it is already taken."""
    student, number = submission.student, 1
    while any(indistinguishable(submission, other) for other in taken[submission.student]):
        number += 1
        submission = replace(submission, student=f"{student} ({number})", owner=student)
    return submission


def indistinguishable(one: Submission, other: Submission) -> bool:
    """Whether two submissions by one student cannot be told apart. An unknown lesson may be any lesson."""
    return one.lesson == other.lesson or None in (one.lesson, other.lesson) or one.source == other.source


def read_one(found: Found, catalogue: Catalogue, lesson: str | None = None) -> Submission:
    """Turn a submitted file into a submission."""
    student, source = owner(found.parts), tidy("/".join(found.parts))
    problem = found.problem
    cells: tuple[Cell, ...] = ()
    if found.data is not None and not problem:
        try:
            cells = read_notebook(found.data)
        except NotReadable as error:
            problem = str(error)
    recognised = lesson_of(cells, catalogue)
    lesson = lesson or recognised
    if not problem and lesson is None:
        problem = "The lesson cannot be recognised from the tasks in this notebook. Name it with --lesson."
    if problem or lesson is None:
        return Submission(student, source, cells, lesson, problem)
    files, notes = read_attachments(found.attachments)
    return Submission(
        student, source, cells, lesson, None, files, (*remarks(source, lesson, recognised), *notes)
    )


def remarks(source: str, lesson: str, recognised: str | None) -> Iterator[str]:
    """Yield what the instructor should know about a notebook before it runs."""
    if is_late(source):
        yield "Canvas marks it as late."
    if recognised not in (None, lesson):
        yield f"Its tasks belong to lesson {recognised}."
