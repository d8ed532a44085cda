"""Which of several notebooks counts: `several.csv`, where the instructor chooses one for each student and lesson.

Every run adds a row for each of a student's notebooks for one lesson, if there are several. One with `yes` in the
column `counts` is the one. It stays so until the student hands in another file, which is not in the table yet: then
the question is open again, and `before` is in the place of `yes`.

People choose at the desk (see `mlcourse.grading.desk`), or edit the table in a spreadsheet.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.gradebook.book import Bookkeeper
from mlcourse.grading.records.manifest import Listed
from mlcourse.grading.records.sheet import SheetError, read_sheet
from mlcourse.grading.records.text import printable
from mlcourse.grading.report.byhand import locked, table_key
from mlcourse.grading.report.exports import BYTE_ORDER_MARK, file_cell, table

NAME = "several.csv"
COLUMNS = ("student", "lesson", "file", "counts")
YES, NO, BEFORE = "yes", "no", "before"
WORDS = {"": False, NO: False, BEFORE: False, YES: True}


class Place(NamedTuple):
    """What a row is about: no two submissions of a lesson have the same file."""

    lesson: str
    file: str


class Row(NamedTuple):
    """The other columns of a row."""

    student: str
    counts: str


Rows = dict[Place, Row]


def place_of(listed: Listed, lesson: str) -> Place:
    return _place(lesson, file_cell(listed.source))


def _place(lesson: str, file: str) -> Place:
    return Place(lesson.strip(), table_key("", file, "").file)


def read_several(path: Path) -> Rows:
    """Read the table. Raises SheetError."""
    rows: Rows = {}
    for number, cells in enumerate(read_sheet(path, COLUMNS, COLUMNS), 2):
        student, lesson, file, word = (cells[column].strip() for column in COLUMNS)
        if word.casefold() not in WORDS:
            shown = printable(word, 60)
            raise SheetError(f"{path.name}, row {number}: counts is {shown!r}; wanted: yes, no, or nothing.")
        rows[_place(lesson, file)] = Row(student, word.casefold())
    return rows


def choices_in(rows: Rows, submissions: Sequence[Listed]) -> dict[tuple[str, str], bool]:
    """Return which notebooks count, by the names of submission and lesson; those without a row are left out."""
    places = {(each.name, lesson): place_of(each, lesson) for each in submissions for lesson in each.lessons}
    return {who: WORDS[rows[place].counts] for who, place in places.items() if place in rows}


def update_several(path: Path, keeper: Bookkeeper) -> None:
    """Write the rows of this run, then those of files that are gone and were chosen. Raises SheetError."""
    with locked(path):
        before = read_several(path)
        rows: Rows = {}
        for (student, lesson), those in keeper.several.items():
            if not lesson:
                continue  # it is not known what these are notebooks for
            chosen = keeper.chosen_of(lesson, those)
            for each in those:
                place = place_of(each, lesson)
                word = before[place].counts if place in before else ""
                rows[place] = Row(student.name, _word(word, each, chosen))
        gone = {place: row for place, row in before.items() if place not in rows and row.counts}
        _write(path, {**rows, **gone})


def _word(word: str, one: Listed, chosen: Listed | None) -> str:
    if chosen:
        return YES if one is chosen else NO
    return BEFORE if word in (YES, BEFORE) else ""


def choose(path: Path, counts: Rows) -> None:
    """Enter which of a student's notebooks for a lesson counts. Raises SheetError."""
    with locked(path):
        _write(path, read_several(path) | counts)


def _write(path: Path, rows: Rows) -> None:
    if not rows:
        path.unlink(missing_ok=True)
        return
    lines = [(row.student, place.lesson, place.file, row.counts or None) for place, row in rows.items()]
    write_atomically(path, BYTE_ORDER_MARK + table([COLUMNS, *lines]))
