"""Read submissions as data. Nothing here runs, imports, renders or unpickles anything that a student wrote.

A file that cannot be read is a submission too, and its `problem` says why: no student disappears.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from mlcourse.checks import Catalogue
from mlcourse.grading.intake.files import owner, read_attachments
from mlcourse.grading.intake.find import Found, find
from mlcourse.grading.intake.notebooks import lessons_of, lessons_to_mark, read_notebook, tasks_of_lessons
from mlcourse.grading.intake.open_answers import Section, sections_of, tag_open_answers
from mlcourse.grading.intake.outputs import NotReadable
from mlcourse.grading.intake.platforms import is_late
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.records.text import name_key, tidy
from mlcourse.grading.time_limit import TimeUp, time_limit

# The line below the title of a lecture; that of an exercise names it as one.
LECTURE = re.compile(
    r"^\*\*Lesson \d\d\*\* \|.*\]\(\.\./exercises/(?P<lesson>\w+)_exercises\.ipynb\)", re.MULTILINE
)
TOO_LONG = 60.0  # seconds, for what takes milliseconds
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
    NoSubmissions
        If it is a file that is neither a notebook nor an archive.
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
        parts = []
        for one in read_in_time(found, catalogue, lesson, sections):
            one = replace(one, student=spellings.setdefault(name_key(one.student), one.student))
            parts.append(with_number(one, taken))
        for submission in parts:
            taken[submission.student].append(replace(submission, cells=(), files=()))
            yield submission


def read_in_time(
    found: Found, catalogue: Catalogue, lesson: str | None, sections: Sections
) -> list[Submission]:
    """Return the submissions in a file; if that takes too long, one that says so."""
    try:
        with time_limit(TOO_LONG):
            return list(read_each(found, catalogue, lesson, sections))
    except TimeUp:
        problem = f"It could not be read within {TOO_LONG:.0f} s."
        return [read_one(found._replace(data=None, problem=problem), catalogue, lesson)]


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


def read_each(
    found: Found, catalogue: Catalogue, lesson: str | None = None, sections: Sections = lambda lesson: []
) -> Iterator[Submission]:
    """Yield a submission for each lesson that a submitted file has the tasks of."""
    first = read_one(found, catalogue, lesson, sections)
    lessons = lessons_to_mark(first.cells, catalogue) if lesson is None and not first.problem else []
    if len(lessons) < 2:
        yield first
        return
    note = f"It has the tasks of lessons {in_words(lessons)}, and is marked for each."
    for each in lessons:
        one = read_one(found, catalogue, each, sections)
        yield replace(one, notes=(note, *one.notes))


def read_one(
    found: Found, catalogue: Catalogue, lesson: str | None = None, sections: Sections = lambda lesson: []
) -> Submission:
    """Turn a submitted file into a submission for one lesson."""
    student, source = owner(found.parts), tidy("/".join(found.parts))
    problem = found.problem
    cells: tuple[Cell, ...] = ()
    if found.data is not None and not problem:
        try:
            cells = read_notebook(found.data)
        except NotReadable as error:
            problem = str(error)
    recognised = lessons_of(cells, catalogue)
    to_mark = lessons_to_mark(cells, catalogue)
    left_over = "" if lesson else also_has(cells, catalogue, to_mark)
    if lesson is None and to_mark:
        lesson, *_ = to_mark
    if not problem and (name := lecture_in(cells, catalogue)):
        lesson, problem = name, f"This is the lecture's notebook; hand in exercises/{name}_exercises.ipynb."
    elif not problem and lesson is None:
        problem = unrecognised(recognised)
    seconds, unknown = found.handed_in
    submission = Submission(
        student, source, cells, lesson, problem, notes=(unknown,) if unknown else (), handed_in=seconds
    )
    if problem or lesson is None:
        return submission
    files, notes = read_attachments(found.attachments)
    return replace(
        submission,
        cells=tag_open_answers(cells, sections(lesson)),
        files=files,
        notes=(
            *submission.notes,
            *remarks(source, lesson, {*recognised, *to_mark}),
            *filter(None, [left_over]),
            *notes,
        ),
    )


def lecture_in(cells: tuple[Cell, ...], catalogue: Catalogue) -> str:
    """Return the lesson of a lecture's notebook, which leads to its exercise; empty if it is another notebook.

    A lecture may define what its exercise asks for, but it has none of the tasks.
    """
    first = next((cell.source for cell in cells if cell.kind == "markdown"), "")
    found = LECTURE.search(first)
    if not found or found["lesson"] not in catalogue.lessons or tasks_of_lessons(cells, catalogue):
        return ""
    return found["lesson"]


def unrecognised(lessons: list[str]) -> str:
    """Say why the lesson of a notebook is not known."""
    if not lessons:
        return "The lesson cannot be recognised from the tasks in this notebook."
    return f"Its tasks belong to lessons {in_words(lessons)} in equal number."


def in_words(lessons: list[str]) -> str:
    """Name several lessons: "03_gaussians and 04_em"."""
    return f"{', '.join(lessons[:-1])} and {lessons[-1]}"


def also_has(cells: tuple[Cell, ...], catalogue: Catalogue, lessons: list[str]) -> str:
    """Say of which other lessons a notebook has some tasks, which are not marked; empty if of none."""
    others = {one: count for one, count in tasks_of_lessons(cells, catalogue).items() if one not in lessons}
    counted = [
        f"{count} of the {len(catalogue.of_lesson(one).tasks)} tasks of lesson {one}"
        for one, count in sorted(others.items())
    ]
    if not counted:
        return ""
    return f"It also has {', '.join(counted)}, not marked here: to mark those, grade it with --lesson."


def remarks(source: str, lesson: str, recognised: Collection[str]) -> Iterator[str]:
    """Yield what the instructor should know about a notebook before it runs."""
    if is_late(source):
        yield "Canvas marks it as late."
    if recognised and lesson not in recognised:
        yield f"Its tasks belong to lesson {' and '.join(sorted(recognised))}."
