"""Points given by hand: for open questions, or to overrule a check.

They are kept in a table, `by_hand.csv`, which every run reads and rewrites without losing an entry. Each open answer
has a row. Its `version` is derived from the answer's text: points entered for a different text do not count, but stay
in the table. A row without a version, added by the instructor, overrules a check.
"""

import csv
import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.gradebook.book import UNGRADED
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.report.exports import BYTE_ORDER_MARK, NO_ANSWER, inert, table

COLUMNS = ("student", "file", "task", "version", "out of", "points", "answer")
MAX_ANSWER = 5000  # characters of an answer in the table; the student's page has the whole answer
LETTERS = "bcdfghjklmnpqrst"  # no vowels, so no words; and nothing that a spreadsheet mistakes for a number


class ByHandTableError(ValueError):
    """A table that cannot be read; the message says where and why. Such a table is never overwritten."""


class Key(NamedTuple):
    """What a row's points are for: its first columns."""

    student: str
    file: str
    task: str
    version: str = ""


OtherColumns: TypeAlias = tuple[int | None, str | None]  # "out of", "answer"


def table_key(student: str | None, file: str | None, task: str | None, version: str | None = "") -> Key:
    """Return the key of a row, such that a row still matches after a spreadsheet has saved it."""
    # A spreadsheet may treat the apostrophe that makes a cell inert as its own syntax and drop it, and rewriting a
    # row adds another. So keys ignore leading and doubled apostrophes. They also ignore the number after a student's
    # name, which distinguishes a second notebook and disappears when the first is removed: the file's name is enough.
    owner = re.sub(r" \(\d+\)$", "", (student or "").strip())
    words = (re.sub("'+", "'", (word or "").strip()) for word in (owner, file, task, version))
    return Key(*(word.lstrip("'") for word in words))


def mark_key(grade: Grade, mark: Mark) -> Key:
    """Return the key of a mark from this run."""
    version = version_of(grade.open_answers[mark.task]) if mark.task in grade.open_answers else ""
    return table_key(inert(grade.student), inert(grade.source), mark.task, version)


def version_of(text: str) -> str:
    """Derive six letters from an answer, so that a different answer gets different letters."""
    digest = hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).digest()
    return "".join(LETTERS[byte % 16] for byte in digest[:6])


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────


def read_points(path: Path) -> dict[Key, str]:
    """Read the points that were entered by hand, as text. Raises ByHandTableError."""
    if not path.exists():
        return {}
    content = _decode(path)
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # which one a spreadsheet writes depends on its locale
    try:
        reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=separator)
        rows = list(reader)
    except csv.Error:
        rows, reader = [], None
    columns = reader.fieldnames if reader else None
    if content.strip() and not {*Key._fields, "points"} <= set(columns or ()):
        raise ByHandTableError(
            f"{path.name} has lost its header: restore the first row, {', '.join(COLUMNS)}."
        )
    entered: dict[Key, str] = {}
    for row in rows:
        key, points = table_key(*map(row.get, Key._fields)), (row["points"] or "").strip()
        if points and entered.get(key, points) != points:
            raise ByHandTableError(
                f"{path.name} has both {entered[key]} and {points} for {key.student}, {key.task}: delete one."
            )
        if points:
            entered[key] = points
    return entered


def _decode(path: Path) -> str:
    """Decode a table; the “CSV” of older versions of Excel is in Windows-1252."""
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ByHandTableError(f"{path.name} is no longer UTF-8: save it as “CSV UTF-8”.")


def apply_points(grade: Grade, entered: dict[Key, str], used: set[Key]) -> Grade:
    """Return the grade with the points that were entered by hand, and add their keys to `used`.

    Raises ByHandTableError if an entry is not a valid number of points.
    """
    marks = [_apply_to_mark(grade, mark, entered, used) for mark in grade.marks]
    # Once it has points given by hand, a notebook in which the checks found no answers counts after all.
    status = "ok" if grade.status == "missing" and marks != grade.marks else grade.status
    return replace(grade, marks=marks, status=status)


def _apply_to_mark(grade: Grade, mark: Mark, entered: dict[Key, str], used: set[Key]) -> Mark:
    exact = mark_key(grade, mark)
    for key in (exact, exact._replace(version="")):
        if key in entered:
            used.add(key)
            points = _parse_points(entered[key], key, mark.out_of)
            return mark._replace(points=points, status="by hand", message=_message(mark), entered=True)
    return mark


def _parse_points(word: str, key: Key, out_of: int) -> float:
    try:
        points = float(word.replace(",", "."))
    except ValueError:
        points = -1
    if 0 <= points <= out_of:
        return points
    raise ByHandTableError(
        f"by_hand.csv, {key.student}, {key.task}: {word!r} is not a number from 0 to {out_of}."
    )


def _message(mark: Mark) -> str:
    """State that the points were given by hand, and what the check said before."""
    if mark.status == "by hand":
        return "marked by hand"
    return f"marked by hand; the check said {mark.status}.\n{mark.message}".strip()


def unused(entered: dict[Key, str], used: set[Key]) -> list[str]:
    """Return a list with one sentence about the points that match nothing in this run; empty if there are none."""
    names = [f"{key.student}, {key.task}: {points}" for key, points in entered.items() if key not in used]
    if not names:
        return []
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [
        "by_hand.csv has points that do not count, because the answer has changed or because no student, file or task"
        f" matches the row ({'; '.join(names[:5])}{more})."
    ]


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────


def open_answer_rows(grade: Grade) -> dict[Key, OtherColumns]:
    """Return the other columns for each open answer of one submission: the points available, and the text."""
    return {
        mark_key(grade, mark): (mark.out_of, _one_line(grade.open_answers[mark.task]))
        for mark in grade.marks
        if mark.task in grade.open_answers and (grade.status not in UNGRADED or grade.open_answers[mark.task])
    }


def _one_line(text: str) -> str:
    """Return the start of an answer, on one line; the student's page has the whole text."""
    return inert(text.strip().replace("\n", " ⏎ "), MAX_ANSWER) or NO_ANSWER


def write_table(path: Path, rows: dict[Key, OtherColumns], entered: dict[Key, str]) -> None:
    """Write the table, unless it would be empty. Points that were entered are never dropped."""
    kept: dict[Key, OtherColumns] = {key: (None, None) for key in entered if key not in rows}
    lines = [(*key, out_of, entered.get(key), answer) for key, (out_of, answer) in {**rows, **kept}.items()]
    if lines:
        write_atomically(path, BYTE_ORDER_MARK + table([COLUMNS, *lines], limit=2 * MAX_ANSWER))
    else:
        path.unlink(missing_ok=True)
