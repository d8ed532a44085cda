"""Open questions: a table with a blank column for a person's points, which every later run reads and keeps."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mlcourse.grading.exports import GIVEN, inert, table
from mlcourse.grading.outgoing import write_whole
from mlcourse.grading.records import Grade, Mark

HEAD = ("student", "file", "task", "out of", "points", "answer")
LONGEST = 5000  # characters of an answer in the table; the student's page has all of it

Key = tuple[str, str, str]  # student, file, task, as they stand in the table


class HandTableError(ValueError):
    """A table that cannot be read; the message says where and why. It is never overwritten then."""


def read_points(path: Path) -> dict[Key, str]:
    """What a person has entered, as text, for each question. Raises HandTableError."""
    if not path.exists():
        return {}
    try:
        content = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise HandTableError(f"{path.name} is not UTF-8 any more: save it as “CSV UTF-8”.") from None
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # a spreadsheet writes the one of its country
    try:
        rows = list(csv.DictReader(io.StringIO(content, newline=""), delimiter=separator))
        return {_key(row["student"], row["file"], row["task"]): (row["points"] or "").strip() for row in rows}
    except (csv.Error, KeyError):
        raise HandTableError(
            f"{path.name} is no table with the columns {', '.join(HEAD)} any more."
        ) from None


def _key(student, source, task) -> Key:
    # A spreadsheet may take the apostrophe that makes a cell inert for its own, and not write it again.
    return tuple((word or "").lstrip("'") for word in (student, source, task))


def with_points(grade: Grade, entered: dict[Key, str]) -> Grade:
    """The grade with the points that a person has given. Raises HandTableError for what is no number of points."""
    return replace(grade, marks=[_marked(grade, mark, entered) for mark in grade.marks])


def _marked(grade: Grade, mark: Mark, entered: dict[Key, str]) -> Mark:
    word = entered.get(_key(inert(grade.student), inert(grade.source), mark.task), "")
    if mark.status != "by hand" or not word:
        return mark
    try:
        points = float(word.replace(",", "."))
    except ValueError:
        points = -1
    if not 0 <= points <= mark.out_of:
        raise HandTableError(
            f"by_hand.csv, {inert(grade.student)}, {mark.task}: {word!r} is not a number from 0 to {mark.out_of}."
        )
    return mark._replace(points=points, message=GIVEN)


def hand_rows(grade: Grade, entered: dict[Key, str]) -> list[list]:
    """The rows of one submission's open questions."""
    rows = []
    for mark in grade.marks:
        if mark.status == "by hand":
            text = grade.open_answers.get(mark.task, "")
            given = entered.get(_key(inert(grade.student), inert(grade.source), mark.task), "")
            rows.append(
                [grade.student, grade.source, mark.task, mark.out_of, given, text.replace("\n", " ⏎ ")]
            )
    return rows


def write_table(path: Path, rows: Iterable[list], entered: dict[Key, str]):
    """Write the table, unless there is nothing in it. What a person has entered is never dropped."""
    rows = list(rows)
    here = {_key(*map(inert, row[:3])) for row in rows}
    rows += [[*key, None, points, None] for key, points in entered.items() if points and key not in here]
    if rows:  # the mark at the beginning tells Excel that this is UTF-8
        write_whole(path, "\ufeff" + table([HEAD, *rows], limit=LONGEST))
