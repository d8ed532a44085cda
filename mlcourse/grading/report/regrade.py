"""Requests to look at a mark again: `regrade_requests.csv`, a table that the instructor keeps.

Each row names a student, a lesson or a file, a task, and the reason. `grade` marks these tasks again, even with
`--resume`; the desk (`mlcourse.grading.desk`) shows the reason beside the answer; the index lists what came of it.

What a mark was when its request was first read is kept in `regrade.json`, so that one can tell whether something new
was said since.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypedDict

from mlcourse.checks.atomic import write_atomically
from mlcourse.course_folder import did_you_mean, one_of
from mlcourse.grading.gradebook.book import is_pending
from mlcourse.grading.records.grade import Mark
from mlcourse.grading.records.sheet import SheetError, read_sheet
from mlcourse.grading.records.text import format_points, printable
from mlcourse.grading.report.exports import BYTE_ORDER_MARK, file_cell, ordinary, table

REQUESTS = "regrade_requests.csv"
COLUMNS = ("student", "lesson or file", "task", "reason")
MAX_REASON = 2000  # characters

MarksByTask: TypeAlias = dict[tuple[str, str], Mark]  # names of a result and a task → the mark


class Row(NamedTuple):
    """A request as it was written."""

    place: str  # the table and the row in it, as a spreadsheet counts: the header is row 1
    student: str
    where: str  # the lesson or the file; may be blank if the student has one notebook with this task
    task: str
    reason: str


class Notebook(NamedTuple):
    """A submission that a request can be about."""

    name: str  # of its result
    student: str
    owner: str  # the student's name without the number of a second notebook
    source: str
    lesson: str | None
    tasks: tuple[str, ...]
    also_called: tuple[str, ...] = ()  # what the class list says of the student: name, id, e-mail, login

    @property
    def label(self) -> str:
        """The student's name on the class list, if there is one, with the number of a second notebook."""
        name = self.also_called[0] if self.also_called else self.owner
        return name + (self.student.removeprefix(self.owner) if self.student.startswith(self.owner) else "")


class Request(NamedTuple):
    """A request, and the mark it is about."""

    name: str  # of the result
    student: str  # as on the class list
    task: str
    reason: str


class State(TypedDict):
    """What a person can change about a mark."""

    points: float | None  # None if it still had to be given
    comment: str


class Requested(NamedTuple):
    """A request, and what came of it so far."""

    request: Request
    before: State
    now: State

    @property
    def answered(self) -> bool:
        """Whether there are other points, or another comment, than when the request was read."""
        return self.before["points"] != self.now["points"] or (
            bool(self.now["comment"]) and self.before["comment"] != self.now["comment"]
        )

    def sentence(self, titles: Mapping[str, str]) -> str:
        """Say who asked about which task, and what came of it."""
        before, now = (_points(state["points"]) for state in (self.before, self.now))
        outcome = f"{before} → {now}" if before != now else f"still {now}"
        comment = f" “{self.now['comment']}”" if self.answered and self.now["comment"] else ""
        answer = f"{outcome}.{comment}" if self.answered else "not answered yet."
        who = printable(f"{self.request.student} on {titles.get(self.request.task, self.request.task)}")
        return f"{who}: “{printable(self.request.reason, 300)}” – {answer}"


def _points(points: float | None) -> str:
    return "no points" if points is None else f"{format_points(points)} points"


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────


def read_requests(path: Path) -> list[Row]:
    """Read the table of requests; rows without a student and a task are skipped. Raises SheetError."""
    rows = []
    for number, cells in enumerate(read_sheet(path, COLUMNS, COLUMNS), 2):
        student, where, task, reason = (ordinary(cells[column]).strip() for column in COLUMNS)
        if student or task:
            reason = printable(" ".join(reason.split()), MAX_REASON)
            rows.append(Row(f"{path.name}, row {number}", student, where, task, reason))
    return rows


def find_requested(rows: Iterable[Row], notebooks: Iterable[Notebook]) -> tuple[list[Request], list[str]]:
    """Find the mark that each request is about; for each row without exactly one, return a sentence that says why."""
    by_student: dict[str, list[Notebook]] = {}
    for notebook in notebooks:
        for name in {*map(_canonical, (notebook.student, notebook.owner, *notebook.also_called))}:
            by_student.setdefault(name, []).append(notebook)
    requests, problems = [], []
    for row in rows:
        found = _find(row, by_student)
        if isinstance(found, str):
            problems.append(f"{row.place}: {found}")
        else:
            requests.append(Request(found.name, found.label, row.task, row.reason))
    return requests, problems


def _find(row: Row, by_student: Mapping[str, list[Notebook]]) -> Notebook | str:
    """Return the notebook that a request is about, or what is wrong with the request."""
    student, where, task = (printable(text, 60) for text in (row.student, row.where, row.task))
    of_student = by_student.get(_canonical(row.student), [])
    if not of_student:
        names = {notebook.student for notebooks in by_student.values() for notebook in notebooks}
        guess = did_you_mean(row.student, sorted(names)) or "Write the name as in grades.csv."
        return f"there is no student {student!r}. {printable(guess, 500)}"
    here = [notebook for notebook in of_student if not row.where or _is_called(notebook, row.where)]
    if not here:
        return f"{student} has handed in nothing for {where!r}; write {_files(of_student)}."
    found = [notebook for notebook in here if row.task in notebook.tasks]
    if not found:
        tasks = [name for notebook in here for name in notebook.tasks]
        return f"there is no task {task!r} in {_files(here)}. {did_you_mean(row.task, tasks)}".strip()
    if len(found) > 1:
        return f"{student} has several notebooks with {task}: name the file, {_files(found)}."
    return found[0]


def _files(notebooks: Iterable[Notebook]) -> str:
    return one_of([printable(notebook.source) for notebook in notebooks])


def _canonical(name: str) -> str:
    """Return a name such that spellings a person would call the same are equal."""
    return unicodedata.normalize("NFC", name).casefold().strip().lstrip("'")


def _is_called(notebook: Notebook, where: str) -> bool:
    """Whether a person may call the notebook this: its path, its file's name, its lesson, or the lesson's number."""
    lesson = notebook.lesson or ""
    source = notebook.source
    names = {source, file_cell(source), source.rpartition("/")[2], lesson, lesson.partition("_")[0]}
    return {_canonical(where), _canonical(where).zfill(2)} & set(map(_canonical, names)) != set()


# ── What came of them ────────────────────────────────────────────────────────────────────────────────


def follow_up(out: Path, requests: Iterable[Request], marks: MarksByTask) -> list[Requested]:
    """Compare each mark with what it was when its request was first read, which is noted if it is read now.

    A request whose mark is not among `marks`, which are the marks as they are now, is left out.
    """
    path = out / "regrade.json"
    known: dict[str, State] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    noted = dict(known)
    found = []
    for request in requests:
        if (request.name, request.task) in marks:
            now = state_of(marks[request.name, request.task])
            before = noted.setdefault("\n".join((request.name, request.task, request.reason)), now)
            found.append(Requested(request, before, now))
    if noted != known:
        write_atomically(path, json.dumps(noted, indent=1) + "\n")
    return found


def state_of(mark: Mark) -> State:
    """Return what a request's answer is compared with."""
    return {"points": None if is_pending(mark) else mark.points, "comment": mark.comment}


# ── Adding requests ──────────────────────────────────────────────────────────────────────────────────


def all_requests(path: Path | None, out: Path) -> list[Row]:
    """Return the requests in `out`, and those in another table that are not among them yet.

    Raises SheetError. If there is no such table, an empty one is written for the user to fill in.
    """
    if path and not path.exists():
        write_atomically(path, BYTE_ORDER_MARK + table([COLUMNS]))
        raise SheetError(f"{path} did not exist. It is there now, as an empty table: write requests into it.")
    tables = (out / REQUESTS, path) if path else (out / REQUESTS,)
    rows: dict[tuple[str, ...], Row] = {}
    for row in (row for one in tables for row in read_requests(one)):
        rows.setdefault(row[1:], row)
    return list(rows.values())


def write_requests(out: Path, rows: Iterable[Row]) -> None:
    """Write the table of requests; called once they have all been found to be about something."""
    content = BYTE_ORDER_MARK + table([COLUMNS, *(row[1:] for row in rows)], limit=MAX_REASON)
    write_atomically(out / REQUESTS, content)
