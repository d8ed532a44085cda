"""Read submissions as data. Nothing here runs, imports, renders or unpickles anything that a student wrote.

A file that cannot be read is a submission too, and its `problem` says why: no student disappears.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from mlcourse.checks import Catalogue
from mlcourse.grading.intake.files import owner, read_attachments
from mlcourse.grading.intake.find import Found, find
from mlcourse.grading.intake.notebooks import lessons_of, read_notebook
from mlcourse.grading.intake.open_answers import Section, sections_of, tag_open_answers
from mlcourse.grading.intake.outputs import NotReadable
from mlcourse.grading.intake.platforms import is_late
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.records.text import name_key, tidy

# The line below the title of a lecture; that of an exercise names it as one.
LECTURE = re.compile(
    r"^\*\*Lesson \d\d\*\* \|.*\]\(\.\./exercises/(?P<lesson>\w+)_exercises\.ipynb\)", re.MULTILINE
)
Sections = Callable[[str], list[Section]]  # of a lesson


def read_submissions(
    path: str | os.PathLike[str],
    catalogue: Catalogue,
    lesson: str | None = None,
    exercise: Callable[[str], Iterable[dict[str, Any]]] = lambda lesson: (),
) -> Iterator[Submission]:
    """Read all submissions in a folder or an archive, sorted by name.

    Parameters
    ----------
    path : path-like
    catalogue : Catalogue
        The tasks by which a lesson is recognised.
    lesson : str, optional
        The lesson of all notebooks, such as "04_em". By default it is recognised for each notebook.
    exercise : callable(str) → iterable of dict, optional
        `Course.exercise`: the cells of an exercise show where its open questions are answered.

    Yields
    ------
    Submission
        Several notebooks by one student for one lesson are numbered: "ada", "ada (2)". Names that differ in
        Unicode's form, in case or in spaces are one student, whose first spelling is used.

    Raises
    ------
    FileNotFoundError
        If the path does not exist.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"cannot read submissions: {path} does not exist.")
    taken: dict[str, list[Submission]] = defaultdict(list)
    spellings: dict[str, str] = {}

    @cache
    def sections(name: str) -> list[Section]:
        cells = [Cell(cell["cell_type"], "".join(cell["source"])) for cell in exercise(name)]
        return sections_of(cells, catalogue, name)

    for found in find(path):
        one = read_one(found, catalogue, lesson, sections)
        one = replace(one, student=spellings.setdefault(name_key(one.student), one.student))
        submission = with_number(one, taken)
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


def read_one(
    found: Found, catalogue: Catalogue, lesson: str | None = None, sections: Sections = lambda lesson: []
) -> Submission:
    """Turn a submitted file into a submission."""
    student, source = owner(found.parts), tidy("/".join(found.parts))
    problem = found.problem
    cells: tuple[Cell, ...] = ()
    if found.data is not None and not problem:
        try:
            cells = read_notebook(found.data)
        except NotReadable as error:
            problem = str(error)
    recognised = lessons_of(cells, catalogue)
    if lesson is None and len(recognised) == 1:
        (lesson,) = recognised
    if not problem and not recognised and (name := lecture_in(cells)) in catalogue.lessons:
        lesson, problem = name, f"This is the lecture's notebook; hand in exercises/{name}_exercises.ipynb."
    elif not problem and lesson is None:
        problem = unrecognised(recognised)
    submission = Submission(student, source, cells, lesson, problem, handed_in=found.handed_in)
    if problem or lesson is None:
        return submission
    files, notes = read_attachments(found.attachments)
    return replace(
        submission,
        cells=tag_open_answers(cells, sections(lesson)),
        files=files,
        notes=(*remarks(source, lesson, recognised), *notes),
    )


def lecture_in(cells: Iterable[Cell]) -> str:
    """Return the lesson of a lecture's notebook, which leads to its exercise; empty if it is another notebook."""
    first = next((cell.source for cell in cells if cell.kind == "markdown"), "")
    found = LECTURE.search(first)
    return found["lesson"] if found else ""


def unrecognised(lessons: list[str]) -> str:
    """Say why the lesson of a notebook is not known."""
    if not lessons:
        return "The lesson cannot be recognised from the tasks in this notebook."
    names = f"{', '.join(lessons[:-1])} and {lessons[-1]}"
    return f"Its tasks belong to lessons {names} in equal number."


def remarks(source: str, lesson: str, recognised: list[str]) -> Iterator[str]:
    """Yield what the instructor should know about a notebook before it runs."""
    if is_late(source):
        yield "Canvas marks it as late."
    if recognised and lesson not in recognised:
        yield f"Its tasks belong to lesson {' and '.join(recognised)}."
