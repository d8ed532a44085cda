"""Find answers that look alike in a folder of submissions, and make a page that shows them side by side."""

import json
from collections.abc import Iterable, Sequence
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
    published: bool = False  # whether the other one is the published solution


class Group(NamedTuple):
    """Students of whom each has an answer like that of another one in the group."""

    lesson: str
    students: list[str]
    lowest: float  # similarity of two of them that look alike
    highest: float


class Near(NamedTuple):
    """The students whose answers are like the published solution, each with the similarity."""

    lesson: str
    students: list[tuple[str, float]]


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
        everybody = group + published
        hits += [
            Hit(everybody[pair.one], everybody[pair.other], pair, pair.other >= len(group)) for pair in pairs
        ]
    return hits


def near_published(hits: Iterable[Hit]) -> list[Near]:
    """List those who are near the published solution, lesson by lesson, the most similar first."""
    found: dict[str, list[tuple[str, float]]] = {}
    for hit in hits:
        if hit.published:
            found.setdefault(hit.one.lesson or "", []).append((hit.one.student, hit.pair.similarity))
    return [Near(lesson, students) for lesson, students in found.items()]


def groups_of(hits: Sequence[Hit]) -> list[Group]:
    """Join the pairs that share a student into groups, lesson by lesson.

    Two who are both near the published solution are alike for that reason: alone, they make no group.
    """
    near = {(each.lesson, student) for each in near_published(hits) for student, _ in each.students}
    groups: list[Group] = []
    for hit in hits:
        lesson, pair = hit.one.lesson or "", [hit.one.student, hit.other.student]
        if hit.published or near.issuperset((lesson, student) for student in pair):
            continue
        joined = [
            each for each in groups if each.lesson == lesson and not set(pair).isdisjoint(each.students)
        ]
        students = dict.fromkeys(student for each in joined for student in each.students)
        shares = [hit.pair.similarity, *(share for each in joined for share in (each.lowest, each.highest))]
        groups = [each for each in groups if each not in joined]
        groups.append(Group(lesson, list(students | dict.fromkeys(pair)), min(shares), max(shares)))
    return sorted(groups, key=lambda each: (each.lesson, -each.highest, -len(each.students)))


def course_notebook(course: Course, folder: str, lesson: str, name: str) -> list[Submission]:
    """Return one of the course's own notebooks in a list, which is empty if this copy of the course lacks it."""
    path = course.notebook(folder, lesson)
    if not path.exists():
        return []
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = tuple(Cell(cell["cell_type"], "".join(cell["source"])) for cell in cells)
    return [Submission(name, path.name, texts, lesson)]


def similarity_page(hits: list[Hit]) -> str:
    """Make a page with the groups, and with the pairs, each with its most similar passages."""
    return render(
        "similarity.html",
        title="Answers that look alike",
        groups=groups_of(hits),
        near=near_published(hits),
        hits=hits,
    )
