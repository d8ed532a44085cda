"""What can be marked by hand: every open answer, and every mark of a check."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mlcourse.course_folder import Course
from mlcourse.grading.gradebook.book import UNGRADED
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.records.manifest import read_manifest
from mlcourse.grading.records.results import Result, load
from mlcourse.grading.report.byhand import Key, mark_key
from mlcourse.grading.report.exports import NO_ANSWER
from mlcourse.grading.report.publish import keeper_of, notebook_of, results_of
from mlcourse.grading.report.regrade import Notebook


class Item(NamedTuple):
    """One mark of one student."""

    id: str  # says nothing about the student
    name: str  # of the result
    student: str
    source: str
    group: str
    lesson: str
    mark: Mark  # before anything was entered by hand
    key: Key  # of its row in the table
    is_open: bool  # whether a person has to mark it


class Passage(NamedTuple):
    """Something that a student wrote."""

    heading: str
    text: str


def read_items(out: Path) -> tuple[list[Item], list[Notebook]]:
    """Return all marks of the last run, lesson by lesson and task by task, and the notebooks that they belong to.

    Answers are not kept in memory: `passages` reads them when they are shown. Raises NothingToPublish.
    """
    items: list[Item] = []
    notebooks: list[Notebook] = []
    manifest = read_manifest(out)
    keeper = keeper_of(out, manifest)
    for listed, result in results_of(out, manifest.submissions):
        notebooks.append(notebook_of(listed, result.grade, keeper.class_list))
        items += _items(listed.name, keeper.student(listed).group, result.grade)
    places = _places(items)
    items.sort(key=lambda item: (places[item.lesson, item.mark.task], item.student.casefold(), item.source))
    return items, notebooks


def _items(name: str, group: str, grade: Grade) -> Iterable[Item]:
    for mark in grade.marks:
        is_open = mark.task in grade.open_answers
        if is_open and grade.status in UNGRADED and not grade.open_answers[mark.task]:
            continue  # nothing was found in this notebook; `by_hand.csv` has no row for it either
        digest = hashlib.sha256(f"{name}\0{mark.task}".encode()).hexdigest()[:16]
        who = (grade.student, grade.source, group, grade.lesson or "")
        yield Item(digest, name, *who, mark, mark_key(grade, mark), is_open)


def _places(items: Iterable[Item]) -> dict[tuple[str, str], tuple[str, int]]:
    """Number the tasks of each lesson, in the order of the exercise."""
    tasks = dict.fromkeys((item.lesson, item.mark.task) for item in items)
    return {(lesson, task): (lesson, number) for number, (lesson, task) in enumerate(tasks)}


def title_of(item: Item, course: Course) -> str:
    """Return the title of the item's task; its name if the course does not know it."""
    try:
        return course.catalogue.entry(item.mark.task).title or item.mark.task
    except KeyError:
        return item.mark.task


def passages(out: Path, item: Item) -> list[Passage]:
    """Return what the student wrote for the task: the open answer, or the cells that define the function or value."""
    result = load(out / "results" / f"{item.name}.json")
    if result is None:
        return []
    if item.is_open:
        return [Passage("Answer", result.grade.open_answers.get(item.mark.task, "").strip() or NO_ANSWER)]
    return [Passage(f"Cell {number}", source) for number, source in _defining_cells(result, item.mark.task)]


def _defining_cells(result: Result, task: str) -> list[tuple[int, str]]:
    name = re.escape(task)
    defines = re.compile(
        rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{name}\b|^[ \t]*{name}\b[^=\n]{{0,200}}=", re.MULTILINE
    )
    return [(number, source) for number, source in result.code if defines.search(source)]
