"""Points and comments given by hand: for open questions, or to overrule a check.

They are kept in a table, `by_hand.csv`, which every run reads and rewrites without losing an entry. It has a row
for each open answer, and for each notebook that could not be graded. The `version` is derived from the text of the
answer: what was entered for a different text does not count, but stays in the table. A row without a version
overrules a check.

People edit the table in a spreadsheet, and `mlcourse mark` (see `mlcourse.grading.desk`) edits it too.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.gradebook.book import UNGRADED
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.records.sheet import SheetError, read_sheet
from mlcourse.grading.records.text import in_letters, printable
from mlcourse.grading.report.exports import (
    BYTE_ORDER_MARK,
    NO_ANSWER,
    as_kept,
    file_cell,
    inert,
    ordinary,
    table,
)
from mlcourse.grading.report.words import ungraded_reason

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # on Windows, where nothing is graded

COLUMNS = ("student", "file", "task", "version", "out of", "points", "comment", "answer")
WHOLE = (
    "whole notebook"  # in the place of a task: a notebook that could not be graded; no task has such a name
)
EVERYBODY = "*"  # in the place of a student: all who made the mistake that stands in the place of the file
MAX_ANSWER = 5000  # characters of an answer in the table; the student's page has the whole answer
MAX_COMMENT = 5000  # characters
LINE_BREAK = " ⏎ "  # in a cell: not every spreadsheet copes with cells of several lines
OLD_VERSION = 6  # letters of a version in tables that older versions of the course have written


class Key(NamedTuple):
    """What a row's points are for: its first columns."""

    student: str
    file: str
    task: str
    version: str = ""


class Entry(NamedTuple):
    """What a person has entered in a row."""

    points: str = ""  # as typed
    comment: str = ""


class Row(NamedTuple):
    """The other columns of a row."""

    out_of: int | None = None
    entry: Entry = Entry()
    answer: str | None = None


def table_key(student: str | None, file: str | None, task: str | None, version: str | None = "") -> Key:
    """Return the key of a row, such that a row still matches after a spreadsheet has saved it."""
    # Keys ignore the number after a student's name, which distinguishes a second notebook and disappears when the
    # first is removed. What tells submissions apart is the file: see `file_cell`.
    owner = re.sub(r"(?:\s+\(\d+\))+$", "", as_kept(student or ""))
    return Key(as_kept(owner), *(as_kept(word or "") for word in (file, task, version)))


def mark_key(grade: Grade, mark: Mark) -> Key:
    """Return the key of a mark from this run."""
    version = version_of(grade.open_answers[mark.task]) if mark.task in grade.open_answers else ""
    return table_key(inert(grade.student), file_cell(grade.source), mark.task, version)


def notebook_key(grade: Grade) -> Key:
    """Return the key of a notebook that could not be graded; if it fails for another reason, it is another one."""
    version = version_of(ungraded_reason(grade))
    return table_key(inert(grade.student), file_cell(grade.source), WHOLE, version)


def version_of(text: str) -> str:
    """Derive 32 letters from an answer, so that a different answer gets different letters.

    They have 128 bits: a student can find two texts that share a shorter version by trying, and would keep the points
    for one of them with the other. The first six letters are those of older tables.
    """
    return in_letters(" ".join(text.split()))


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────


def read_entries(path: Path) -> dict[Key, Entry]:
    """Read what was entered by hand; rows without an entry are left out. Raises SheetError."""
    return {key: row.entry for key, row in read_rows(path).items() if row.entry != Entry()}


def read_rows(path: Path) -> dict[Key, Row]:
    """Read the whole table. Raises SheetError."""
    rows: dict[Key, Row] = {}
    for cells in read_sheet(path, COLUMNS, (*Key._fields, "points")):
        row = _row(cells)
        key = _in_full(table_key(*map(cells.get, Key._fields)), row.answer)
        if len(row.entry.comment) > MAX_COMMENT:
            raise SheetError(
                f"{path.name}: the comment for {key.student}, {key.task} has {len(row.entry.comment)} characters:"
                f" shorten it to {MAX_COMMENT}."
            )
        rows[key] = _merged(path, key, rows[key], row) if key in rows else row
    return rows


def _row(cells: Mapping[str, str]) -> Row:
    out_of = cells.get("out of", "").strip()
    comment = ordinary(cells.get("comment", "")).replace(LINE_BREAK, "\n")  # older tables have no comments
    entry = Entry(cells["points"].strip(), tidy_comment(comment))
    return Row(int(out_of) if out_of.isdecimal() else None, entry, ordinary(cells.get("answer", "")))


def _in_full(key: Key, answer: str | None) -> Key:
    """Return the key of a row with its whole version, if an older table has only six letters of it.

    The version follows from the answer in the row. If that is incomplete, the key stays as it is: see `row_key`.
    """
    if len(key.version) != OLD_VERSION or not answer:
        return key
    version = version_of("" if answer == NO_ANSWER else answer.replace(LINE_BREAK, "\n"))
    return key._replace(version=version) if version.startswith(key.version) else key


def tidy_comment(text: str) -> str:
    """Return a comment as it is kept: the table gives it back unchanged, and it is safe to show anywhere."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    return printable(text, len(text), lines=True)


def _merged(path: Path, key: Key, one: Row, other: Row) -> Row:
    """Return the row for two with the same key. Raises SheetError if their entries differ."""
    for mine, theirs in zip(one.entry, other.entry):
        if mine and theirs and mine != theirs:
            raise SheetError(
                f"{path.name} has both {_short(mine)} and {_short(theirs)} for {key.student}, {key.task}: delete one."
            )
    entry = Entry(one.entry.points or other.entry.points, one.entry.comment or other.entry.comment)
    return one._replace(entry=entry)


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:30]}…"


def apply_entries(grade: Grade, entered: Mapping[Key, Entry], used: set[Key]) -> Grade:
    """Return the grade with the points and comments that were entered by hand, and add their keys to `used`.

    Raises SheetError if an entry is not a valid number of points.
    """
    marks = [_apply_to_mark(grade, mark, entered, used) for mark in grade.marks]
    # Once it has points given by hand, a notebook in which the checks found no answers counts after all.
    counts = grade.status == "missing" and any(mark.entered for mark in marks)
    return replace(grade, marks=marks, status="ok" if counts else grade.status)


def _apply_to_mark(grade: Grade, mark: Mark, entered: Mapping[Key, Entry], used: set[Key]) -> Mark:
    key = effective_key(mark_key(grade, mark), entered)
    if key not in entered and mark.mistake:
        key = table_key(EVERYBODY, inert(mark.mistake), mark.task)
    if key not in entered:
        return mark
    used.add(key)
    mark = mark._replace(comment=entered[key].comment)
    word = entered[key].points
    if not word:
        return mark
    points = parse_points(word, mark.out_of)
    if points is None:
        raise SheetError(
            f"by_hand.csv, {key.student}, {key.task}: {word!r} is not a number from 0 to {mark.out_of}."
        )
    # The points by kinds of input are those of the check, and would not add up.
    return mark._replace(points=points, status="by hand", message=_message(mark), entered=True, families=())


def entry_for_notebook(grade: Grade, entered: Mapping[Key, Entry], used: set[Key]) -> Entry:
    """Return what was entered about a notebook that could not be graded, and add its key to `used`.

    Points of 0 say that it is dealt with. Raises SheetError for any others.
    """
    key = effective_key(notebook_key(grade), entered)
    entry = entered.get(key, Entry())
    if entry.points and parse_points(entry.points, 0) is None:
        raise SheetError(
            f"by_hand.csv, {key.student}, {WHOLE}: {entry.points!r} is not 0. Write 0 once you have dealt with it."
        )
    used.add(key)
    return entry


def effective_key(exact: Key, entered: Mapping[Key, Entry]) -> Key:
    """Return the key of the row that counts for a mark: the one for this version of the answer, or for any."""
    key, for_any = row_key(exact, entered), exact._replace(version="")
    return for_any if key not in entered and for_any in entered else key


def row_key(exact: Key, entered: Mapping[Key, Entry]) -> Key:
    """Return the key of the row for this version of the answer, which may have been written by an older version."""
    old = exact._replace(version=exact.version[:OLD_VERSION])
    return old if exact not in entered and exact.version and old in entered else exact


def parse_points(word: str, out_of: int) -> float | None:
    """Return the points that a person means; None if it is not a number from 0 to `out_of`."""
    try:
        points = float(word.replace(",", "."))
    except ValueError:
        return None
    return points if 0 <= points <= out_of else None


def _message(mark: Mark) -> str:
    """State that the points were given by hand, and what the check said before."""
    if mark.status == "by hand":
        return "marked by hand"
    return f"marked by hand; the check said {mark.status}.\n{mark.message}".strip()


def unused(entered: Mapping[Key, Entry], used: set[Key]) -> list[str]:
    """Return a list with one sentence about the entries that match nothing in this run; empty if there are none."""
    names = [
        f"{key.student}, {key.task}: {entry.points or _short(entry.comment)}"
        for key, entry in entered.items()
        if key not in used and key.task != WHOLE  # a later notebook has been graded
    ]
    if not names:
        return []
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [
        "by_hand.csv has points that do not count, because the answer has changed or because no student, file or task"
        f" matches the row ({'; '.join(names[:5])}{more})."
    ]


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────


def open_answer_rows(grade: Grade) -> dict[Key, Row]:
    """Return a blank row for each open answer of one submission."""
    return {
        mark_key(grade, mark): Row(mark.out_of, answer=_one_line(grade.open_answers[mark.task]) or NO_ANSWER)
        for mark in grade.marks
        if mark.task in grade.open_answers and (grade.status not in UNGRADED or grade.open_answers[mark.task])
    }


def notebook_row(grade: Grade) -> dict[Key, Row]:
    """Return a blank row for a notebook that could not be graded, with the reason in place of an answer."""
    return {notebook_key(grade): Row(0, answer=_one_line(ungraded_reason(grade)))}


def _one_line(text: str) -> str:
    """Return the start of a text, on one line; the student's page has the whole text."""
    return printable(text.strip().replace("\n", LINE_BREAK), MAX_ANSWER)


def update_table(path: Path, blank: Mapping[Key, Row]) -> None:
    """Write the rows of this run, with what the table has for them by now, and then its other entries.

    An entry is never dropped. A table without rows is removed. Raises SheetError.
    """
    with locked(path):
        entered = read_entries(path)
        places = {key: row_key(key, entered) for key in blank}
        rows = {key: row._replace(entry=entered.get(places[key], Entry())) for key, row in blank.items()}
        kept = {*rows, *places.values()}
        others = {key: Row(entry=entry) for key, entry in entered.items() if key not in kept}
        write_rows(path, {**rows, **others})


def write_rows(path: Path, rows: Mapping[Key, Row]) -> None:
    """Write the whole table; without rows, remove it."""
    if rows:
        lines = (_line(key, row) for key, row in rows.items())
        write_atomically(path, BYTE_ORDER_MARK + table([COLUMNS]) + "".join(lines))
    else:
        path.unlink(missing_ok=True)


@lru_cache(maxsize=10_000)  # after an entry, all other lines are the same as before
def _line(key: Key, row: Row) -> str:
    comment = row.entry.comment.replace("\n", LINE_BREAK)
    cells = (*key, row.out_of, row.entry.points or None, comment or None, row.answer)
    return table([cells], limit=3 * max(MAX_ANSWER, MAX_COMMENT))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes of ours from writing the table between our reading and writing it."""
    with path.with_name(".by_hand.lock").open("w") as lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
