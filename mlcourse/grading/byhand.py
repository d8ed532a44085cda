"""What a person says of marks: points for open questions, and points in place of a check's.

It stands in one table, `by_hand.csv`. Every later run reads it and writes it anew, with what was entered. Each open
answer has a row. Its `version` is a word made from the answer's text: points that were given to another text are not
taken over, but stay in the table. A row without a version, added by hand, overrules what a check has said.
"""

import csv
import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.exports import BYTE_ORDER_MARK, GIVEN, NOTHING, UNREAD, inert, table
from mlcourse.grading.outgoing import write_whole
from mlcourse.grading.records import Grade, Mark

HEAD = ("student", "file", "task", "version", "out of", "points", "answer")
LONGEST = 5000  # characters of an answer in the table; the student's page has all of it
LETTERS = "bcdfghjklmnpqrst"  # without vowels there are no words, and no spreadsheet takes them for a number


class HandTableError(ValueError):
    """A table that cannot be read; the message says where and why. It is never overwritten then."""


class Key(NamedTuple):
    """What points are for, as it stands in the table."""

    student: str
    file: str
    task: str
    version: str = ""


def key_of(student, file, task, version="") -> Key:
    # A spreadsheet may take an apostrophe that makes a cell inert for its own, and not write it again; and a row that
    # is kept gets a second one. So neither the first nor doubled ones tell two keys apart. Nor does the number of a
    # student's second notebook, which goes when the first is removed: the file tells them apart.
    owner = re.sub(r" \(\d+\)$", "", (student or "").strip())
    words = (re.sub("'+", "'", (word or "").strip()) for word in (owner, file, task, version))
    return Key(*(word.lstrip("'") for word in words))


def key_for(grade: Grade, mark: Mark) -> Key:
    """The key of a mark of this run."""
    version = version_of(grade.open_answers[mark.task]) if mark.task in grade.open_answers else ""
    return key_of(inert(grade.student), inert(grade.source), mark.task, version)


def version_of(text: str) -> str:
    """Six letters that are others for another text."""
    digest = hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).digest()
    return "".join(LETTERS[byte % 16] for byte in digest[:6])


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────


def read_points(path: Path) -> dict[Key, str]:
    """What a person has entered, as text. Raises HandTableError."""
    if not path.exists():
        return {}
    content = _decoded(path)
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # a spreadsheet writes the one of its country
    try:
        reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=separator)
        rows = list(reader)
    except csv.Error:
        rows, reader = [], None
    if content.strip() and not {*Key._fields, "points"} <= set(reader.fieldnames if reader else ()):
        raise HandTableError(f"{path.name} is no table with the columns {', '.join(HEAD)} any more.")
    entered: dict[Key, str] = {}
    for row in rows:
        key, points = key_of(*map(row.get, Key._fields)), (row["points"] or "").strip()
        if points and entered.get(key, points) != points:
            raise HandTableError(
                f"{path.name} has both {entered[key]} and {points} for {key.student}, {key.task}: which is it?"
            )
        if points:
            entered[key] = points
    return entered


def _decoded(path: Path) -> str:
    """The text of a table; an older Excel's “CSV” has the letters of Western Europe in one byte each."""
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise HandTableError(f"{path.name} is not UTF-8 any more: save it as “CSV UTF-8”.")


def with_points(grade: Grade, entered: dict[Key, str], used: set[Key]) -> Grade:
    """The grade with the points that a person has given; their keys go into `used`.

    Raises HandTableError for what is no number of points.
    """
    marks = [_marked(grade, mark, entered, used) for mark in grade.marks]
    # With points from a person, a notebook of which no check could say anything counts after all.
    status = "ok" if grade.status == "missing" and marks != grade.marks else grade.status
    return replace(grade, marks=marks, status=status)


def _marked(grade: Grade, mark: Mark, entered: dict[Key, str], used: set[Key]) -> Mark:
    exact = key_for(grade, mark)
    for key in (exact, exact._replace(version="")):
        if key in entered:
            used.add(key)
            return mark._replace(
                points=_points(entered[key], key, mark.out_of), status="by hand", message=_given(mark)
            )
    return mark


def _points(word: str, key: Key, out_of: int) -> float:
    try:
        points = float(word.replace(",", "."))
    except ValueError:
        points = -1
    if 0 <= points <= out_of:
        return points
    raise HandTableError(
        f"by_hand.csv, {key.student}, {key.task}: {word!r} is not a number from 0 to {out_of}."
    )


def _given(mark: Mark) -> str:
    """That a person has given the points, and what the check said before."""
    if mark.status == "by hand":
        return GIVEN
    return f"{GIVEN}; the check said {mark.status}.\n{mark.message}".strip()


def unused(entered: dict[Key, str], used: set[Key]) -> list[str]:
    """A sentence for all points that belong to nothing in this run; none when there are none."""
    names = [f"{key.student}, {key.task}: {points}" for key, points in entered.items() if key not in used]
    if not names:
        return []
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [
        "by_hand.csv has points that are not counted, since the answer has changed or nothing here is called so"
        f" ({'; '.join(names[:5])}{more})."
    ]


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────


def hand_rows(grade: Grade) -> dict[Key, list]:
    """What stands in the table beside the points, for each open answer of one submission."""
    return {
        key_for(grade, mark): [mark.out_of, _one_line(grade.open_answers[mark.task])]
        for mark in grade.marks
        if mark.task in grade.open_answers and (grade.status not in UNREAD or grade.open_answers[mark.task])
    }


def _one_line(text: str) -> str:
    """The beginning of an answer: the whole of it is on the student's page, and a class may write a lot."""
    return inert(text.strip().replace("\n", " ⏎ "), LONGEST) or NOTHING


def write_table(path: Path, rows: dict[Key, list], entered: dict[Key, str]):
    """Write the table; with nothing to write, there is none. What a person has entered is never dropped."""
    kept = {key: [None, None] for key in entered if key not in rows}
    rows = [[*key, out_of, entered.get(key), answer] for key, (out_of, answer) in {**rows, **kept}.items()]
    if rows:
        write_whole(path, BYTE_ORDER_MARK + table([HEAD, *rows], limit=2 * LONGEST))
    else:
        path.unlink(missing_ok=True)
