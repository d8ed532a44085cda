"""Find answers that look alike in a folder of submissions, and make a page that shows them side by side."""

import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mlcourse.course_folder import Course
from mlcourse.grading.intake.read import read_submissions
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.report.markup import render
from mlcourse.grading.report.similarity import Pair, similar_pairs


class Hit(NamedTuple):
    """A pair, with its two submissions."""

    one: Submission
    other: Submission
    pair: Pair


def compare_folder(submissions: Path, course: Course, lesson: str | None = None) -> list[Hit]:
    """List the pairs of similar submissions, lesson by lesson, the most similar first.

    The published solution is included as if a student had submitted it, to find answers that were copied from it.
    """
    readable = [
        replace(found, files=())  # all are in memory at once, and only the notebooks are compared
        for found in read_submissions(submissions, course.catalogue, lesson)
        if not found.problem and found.lesson
    ]
    hits = []
    for name in sorted({submission.lesson for submission in readable if submission.lesson}):
        group = [submission for submission in readable if submission.lesson == name]
        published = course_notebook(course, "solutions", name, "(the published solution)")
        handed_out = [cell for ours in course_notebook(course, "exercises", name, "") for cell in ours.cells]
        pairs = similar_pairs(group + published, handed_out, published=len(published))
        hits += [Hit((group + published)[pair.one], (group + published)[pair.other], pair) for pair in pairs]
    return hits


def course_notebook(course: Course, folder: str, lesson: str, name: str) -> list[Submission]:
    """Return one of the course's own notebooks in a list, which is empty if this copy of the course lacks it."""
    path = course.notebook(folder, lesson)
    if not path.exists():
        return []
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = tuple(Cell(cell["cell_type"], "".join(cell["source"])) for cell in cells)
    return [Submission(name, path.name, texts, lesson)]


def similarity_page(hits: list[Hit]) -> str:
    """Make a page with the pairs, each with its most similar passages."""
    return render("similarity.html", title="Answers that look alike", hits=hits)
