"""What can be marked by hand: every open answer, and every mark of a check."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.desk.several import Group, groups_of
from mlcourse.grading.gradebook.book import UNGRADED, label_of
from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.records.manifest import Listed, Manifest
from mlcourse.grading.records.results import defining_cells, lean, load_result
from mlcourse.grading.records.text import in_letters
from mlcourse.grading.report.byhand import WHOLE, Key, mark_key, notebook_key
from mlcourse.grading.report.exports import NO_ANSWER
from mlcourse.grading.report.publish import keeper_of, notebook_of, read_register, results_of
from mlcourse.grading.report.regrade import Notebook
from mlcourse.grading.report.words import ungraded_reason


class Item(NamedTuple):
    """One mark of one student."""

    id: str  # says nothing about the student
    listed: Listed  # whose it is
    student: str  # as on the class list
    owner: str  # the student as the folder or the platform has it
    source: str
    group: str
    lesson: str
    mark: Mark  # before anything was entered by hand
    key: Key  # of its row in the table
    is_open: bool  # whether a person has to mark it
    answered: bool = True  # False for an open question under which nothing was written

    @property
    def name(self) -> str:
        """The name of the result."""
        return self.listed.name

    @property
    def is_whole(self) -> bool:
        """Whether it stands for a notebook that could not be graded."""
        return self.mark.task == WHOLE


class Passage(NamedTuple):
    """Something that a student wrote."""

    heading: str
    text: str


class Contents(NamedTuple):
    """What there is to mark."""

    items: list[Item]  # lesson by lesson and task by task
    notebooks: list[Notebook]  # that they belong to
    groups: list[Group]  # of notebooks of which one has to be chosen


def read_items(out: Path, manifest: Manifest) -> Contents:
    """Return all marks of the runs so far, and the notebooks they belong to.

    Answers are not kept in memory: `passages` reads them when they are shown.
    """
    items: list[Item] = []
    notebooks: list[Notebook] = []
    keeper = keeper_of(out, manifest, read_register(out, manifest))
    grades: dict[str, Grade] = {}  # of notebooks of which one has to be chosen
    several = {each.name for those in keeper.several.values() for each in those}
    for listed, result in results_of(out, keeper.submissions):
        notebooks.append(notebook_of(listed, result.grade, keeper.class_list))
        student = keeper.student(listed)
        if listed.name in several:
            grades[listed.name] = lean(result.grade)
        items += _items(listed, student, result.grade)
        if result.finished and result.grade.status in UNGRADED:
            items.append(_whole(listed, student, result.grade))
    places = _places(items)
    items.sort(key=lambda item: (places[item.lesson, item.mark.task], item.student.casefold(), item.source))
    return Contents(items, notebooks, groups_of(keeper, grades))


def _items(listed: Listed, student: Student, grade: Grade) -> Iterable[Item]:
    for mark in grade.marks:
        is_open = mark.task in grade.open_answers
        if is_open and grade.status in UNGRADED and not grade.open_answers[mark.task]:
            continue  # nothing was found in this notebook; `by_hand.csv` has no row for it either
        who = (label_of(listed, student), listed.owner, grade.source, student.group, grade.lesson or "")
        answered = not is_open or bool(grade.open_answers[mark.task].strip())
        id_ = in_letters(f"{listed.name}\0{mark.task}")
        yield Item(id_, listed, *who, mark, mark_key(grade, mark), is_open, answered)


def _whole(listed: Listed, student: Student, grade: Grade) -> Item:
    """Return the item of a notebook that could not be graded, with which somebody has to deal."""
    who = (label_of(listed, student), listed.owner, grade.source, student.group, "")
    whole = Mark(WHOLE, 0, 0, "by hand")
    return Item(in_letters(f"{listed.name}\0{WHOLE}"), listed, *who, whole, notebook_key(grade), True)


def _places(items: Iterable[Item]) -> dict[tuple[str, str], tuple[str, int]]:
    """Number the tasks of each lesson, in the order of the exercise."""
    tasks = dict.fromkeys((item.lesson, item.mark.task) for item in items)
    return {(lesson, task): (lesson, number) for number, (lesson, task) in enumerate(tasks)}


def passages(out: Path, item: Item) -> list[Passage]:
    """Return what the student wrote for the task: the open answer, or the cells that define the function or value."""
    result = load_result(out, item.name, item.listed)
    if result is None:
        return []
    if item.is_whole:
        return [Passage("Why it could not be graded", ungraded_reason(result.grade))]
    if item.is_open:
        return [Passage("Answer", result.grade.open_answers.get(item.mark.task, "").strip() or NO_ANSWER)]
    return [Passage(f"Cell {number}", source) for number, source in defining_cells(result, item.mark.task)]
