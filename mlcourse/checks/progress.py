"""What has been done: in this kernel, and in every exercise of the course on other days."""

import time
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple

from mlcourse.checks.card import WHOLE
from mlcourse.checks.catalogue import Catalogue
from mlcourse.checks.examine import Status
from mlcourse.checks.folders import FOLDERS, CodeCell, code_cells, ipython_shell, notebook_name, title_of
from mlcourse.checks.record import Entry, Record
from mlcourse.checks.task import Task
from mlcourse.checks.versions import Versions

State = Literal["right", "wrong", "not attempted", "changed", "not saved"]
SAVE = "not saved yet: save the notebook (Ctrl + S)"
SIGNS: dict[State, str] = {"right": "✓", "wrong": "✗", "not attempted": "·", "changed": "≠", "not saved": "≠"}
WORDS: dict[State, str] = {
    "right": "right",
    "wrong": "not right yet",
    "not attempted": "to do",
    "changed": "changed since its check: check it again",
    "not saved": f"right, {SAVE}",
}


class File(NamedTuple):
    """A notebook on disk: its answers, and when it was saved."""

    versions: Versions
    handed_out: Versions  # of the cells that nobody has edited
    saved: float

    def has_stub(self, name: str) -> bool:
        """Whether an answer is as it was handed out."""
        return self.versions.source(name) == self.handed_out.source(name) is not None


class Book:
    """The verdicts of a course: those of this kernel, and those that were saved.

    A verdict is about the answer that was judged. If the answer has changed since, in the kernel or in the notebook's
    file, the task counts as changed, and not as right. After a reset, it is to do.

    Parameters
    ----------
    catalogue : Catalogue
    notebook : Path, optional
        This kernel's notebook, if it is known. Verdicts in exercises/ are saved in the folder above.
    root : Path, optional
        The folder of the course, for a reader who has no notebook open. With neither, nothing is known of other days.
    """

    def __init__(self, catalogue: Catalogue, notebook: Path | None = None, root: Path | None = None):
        self.catalogue = catalogue
        self.notebook = notebook if notebook and notebook.parent.name in FOLDERS else None
        self.remembers = bool(self.notebook or root)
        self.root = self.notebook.parent.parent if self.notebook else root or Path("..")
        self.record = Record(self.root)
        self.is_exercise = self.notebook is not None and self.notebook.parent.name == "exercises"
        self.counts = (
            self.is_exercise or not self.notebook
        )  # a verdict in a solution is not about the reader's own
        self.here: dict[str, Entry] = {}  # the verdicts of this kernel

    def add(self, task: Task, status: Status, answer: object, kernel: Versions) -> Entry:
        """Note a verdict about an answer in this kernel, save it if this is an exercise, and return it."""
        name = getattr(answer, "__name__", None) if task.kind == "function" else None
        name = name if isinstance(name, str) else task.name
        file = self.notebook.name if self.notebook else ""
        entry = Entry(status, name, kernel.digest(name), time.time(), file)
        self.here.pop(task.name, None)  # keep the order in which checks ran last
        self.here[task.name] = entry
        if self.is_exercise:
            self.record.add(task.name, entry)
        return entry

    @property
    def last(self) -> str | None:
        """The task whose check ran last in this kernel."""
        return next(reversed(self.here), None)

    def view(self, kernel: Versions | None = None) -> "View":
        """Compare all verdicts with the answers as they are now, in this kernel and in the notebooks' files."""
        return View(self, kernel or kernel_versions())


def file_of(cells: list[CodeCell], saved: float) -> File:
    """Return a notebook's answers."""
    handed_out = Versions(cell.source for cell in cells if cell.as_handed_out)
    return File(Versions(cell.source for cell in cells), handed_out, saved)


class View:
    """The state of all tasks at one moment."""

    def __init__(self, book: Book, kernel: Versions):
        self.book, self.kernel = book, kernel
        saved = book.record.entries() if book.remembers else {}
        self.entries = saved | (book.here if book.counts else {})
        self._files: dict[Path, File | None] = {}

    def of_task(self, task: Task) -> State:
        """Return the state of a task."""
        found = self.entries.get(task.name)
        if found is None:
            return "not attempted"
        is_here = found.notebook == (self.book.notebook.name if self.book.notebook else "")
        now = self.kernel.digest(found.name) if is_here else None
        if now not in (None, found.version):
            return "changed"
        if is_here and not self.book.notebook:
            return found.status
        return self._on_disk(task, found, known=now is not None)

    def _on_disk(self, task: Task, found: Entry, known: bool) -> State:
        """Compare a verdict with the notebook's file. `known`: this kernel still has the answer that was judged."""
        file = self._file(task, found)
        if file and found.version and file.versions.digest(found.name) == found.version:
            return found.status
        older = file is None or file.saved < found.checked
        if known and older:
            return found.status  # the next save will write it
        if file and older:
            return "not saved" if found.status == "right" else found.status
        return "not attempted" if file and file.has_stub(found.name) else "changed"

    def _file(self, task: Task, found: Entry) -> File | None:
        """Return the notebook of a verdict or, if it is gone, the exercise that now has the task."""
        folder = self.book.root / "exercises"
        path = folder / found.notebook
        if not path.is_file():
            path = folder / notebook_name("exercises", task.lesson)
        if path not in self._files:
            cells = code_cells(path)
            self._files[path] = None if cells is None else file_of(cells, path.stat().st_mtime)
        return self._files[path]

    def tasks(self, lesson: str) -> list[tuple[Task, State]]:
        """Return the tasks of a lesson that have a check, with their states."""
        return [(task, self.of_task(task)) for task in self.book.catalogue.of_lesson(lesson).tasks]

    @cached_property
    def lessons(self) -> list["Row"]:
        """All lessons with checks, in their order."""
        rows = [self._row(name) for name, one in sorted(self.book.catalogue.lessons.items()) if one.tasks]
        following = self._next(rows)
        return [row._replace(is_next=row.lesson == following) for row in rows]

    def _row(self, lesson: str) -> "Row":
        tasks = self.tasks(lesson)
        first = next((task.name for task, state in tasks if state != "right"), None)
        open_task = self.book.catalogue.heading(first).partition(" · ")[0] if first else ""
        lecture = self.book.root / "notebooks" / notebook_name("notebooks", lesson)
        return Row(lesson, title_of(lecture), [state for _, state in tasks], open_task)

    def _next(self, rows: list["Row"]) -> str | None:
        """Return the lesson to go on with: that of the last check or, if it is done, the next that is not."""
        names = [row.lesson for row in rows]
        tasks = self.book.catalogue.tasks
        checked = [name for name, _ in sorted(self.entries.items(), key=lambda item: item[1].checked)]
        last = next((tasks[name].lesson for name in reversed(checked) if name in tasks), None)
        start = names.index(last) if last in names else 0
        return next((row.lesson for row in [*rows[start:], *rows[:start]] if not row.is_done), None)


class Row(NamedTuple):
    """The progress in one lesson."""

    lesson: str
    title: str
    states: list[State]
    open_task: str = ""  # the first one that is not right, such as "Task 2"
    is_next: bool = False

    @property
    def done(self) -> int:
        return self.states.count("right")

    @property
    def is_done(self) -> bool:
        return self.done == len(self.states)

    @property
    def sign(self) -> str:
        """One sign: done, next, begun or nothing."""
        return "✓" if self.is_done else "→" if self.is_next else "…" if self._is_begun else " "

    @property
    def words(self) -> str:
        """The same in words, and what else should be known."""
        changed, unsaved = self.states.count("changed"), self.states.count("not saved")
        parts = {
            "done": self.is_done,
            "begun": self._is_begun and not self.is_done,
            f"{changed} changed, to be checked again": changed,
            f"{unsaved} right, {SAVE}": unsaved,
            f"next: {self.open_task}" if self._is_begun else "next": self.is_next,
        }
        return ", ".join(part for part, holds in parts.items() if holds)

    @property
    def _is_begun(self) -> bool:
        return any(state != "not attempted" for state in self.states)


def kernel_versions() -> Versions:
    """Return the versions of the answers in the cells that have run in this kernel; none outside IPython."""
    shell = ipython_shell()
    return Versions(shell.history_manager.input_hist_raw if shell and shell.history_manager else [])


class Progress:
    """Progress as tables: HTML in a notebook, text elsewhere.

    Parameters
    ----------
    view : View
    lesson : str, optional
        A lesson whose tasks are listed before the lessons.
    """

    def __init__(self, view: View, lesson: str | None = None):
        self.root, self.lessons, self.remarks = view.book.root, view.lessons, view.book.record.remarks
        self.tasks = view.tasks(lesson) if lesson else []
        self.heading = (
            title_of(self.root / "notebooks" / notebook_name("notebooks", lesson)) if lesson else ""
        )
        self.has_questions = bool(lesson and view.book.catalogue.of_lesson(lesson).open_questions)

    def __str__(self) -> str:
        lines = []
        if self.tasks:
            lines = [self.heading, *map(self._task_line, self.tasks), self.summary, ""]
        width = max((len(row.title) for row in self.lessons), default=0)
        lines += [
            f"{row.sign} {row.title:<{width}}  {row.done} of {len(row.states)}  {row.words}".rstrip()
            for row in self.lessons
        ]
        return "\n".join([*lines, *self.remarks])

    __repr__ = __str__

    def _task_line(self, one: tuple[Task, State]) -> str:
        task, state = one
        points = task.points * (state == "right")
        return f"{SIGNS[state]} {task.name:<28} {points} / {task.points}  {WORDS[state]}"

    @property
    def summary(self) -> str:
        """One sentence about the tasks."""
        right = [task for task, state in self.tasks if state == "right"]
        points, total = (
            sum(task.points for task in some) for some in (right, [task for task, _ in self.tasks])
        )
        questions = " Open questions are not counted: a person reads them." if self.has_questions else ""
        return f"{len(right)} of {len(self.tasks)} tasks done, {points} of {total} points.{questions}"

    def _repr_html_(self) -> str:
        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self.remarks)
        return f"{self._tasks_html() if self.tasks else ''}{self._lessons_html()}{remarks}"

    def _tasks_html(self) -> str:
        rows = [
            [
                f"{SIGNS[state]}&nbsp;{WORDS[state]}",
                f"<code>{escape(task.name)}</code> {escape(task.title)}",
                WHOLE.format(f"{task.points * (state == 'right')} / {task.points}"),
            ]
            for task, state in self.tasks
        ]
        return table(f"{self.heading}: {self.summary}", ["Check", "Task", "Points"], rows)

    def _lessons_html(self) -> str:
        rows = [
            [
                f"{row.sign}&nbsp;{self._link(row, 'notebooks')}",
                WHOLE.format(self._link(row, "exercises")),
                f"<strong>{row.words}</strong>" if row.is_next else row.words,
            ]
            for row in self.lessons
        ]
        done, total = sum(row.done for row in self.lessons), sum(len(row.states) for row in self.lessons)
        following = "".join(f", next: {self._link(row, 'notebooks')}" for row in self.lessons if row.is_next)
        summary = f"<summary>All lessons: {done} of {total} tasks done{following}</summary>"
        return f"<details>{summary}{table('', ['Lesson', 'Tasks done', 'Progress'], rows)}</details>"

    def _link(self, row: Row, folder: str) -> str:
        """A link to a notebook of a lesson, if it exists; links are relative to a folder beside it."""
        text = escape(row.title) if folder == "notebooks" else f"{row.done} of {len(row.states)}"
        name = notebook_name(folder, row.lesson)
        exists = (self.root / folder / name).is_file()
        return f"<a href='../{folder}/{escape(name)}'>{text}</a>" if exists else text


def table(caption: str, head: list[str], rows: list[list[str]]) -> str:
    """Return an HTML table; the cells are HTML, the rest is text. An empty caption is left out."""
    left = "style='text-align:left'"
    names = "".join(f"<th scope='col' {left}>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td {left}>{cell}</td>' for cell in row)}</tr>" for row in rows)
    title = (
        f"<caption style='text-align:left; caption-side:top'>{escape(caption)}</caption>" if caption else ""
    )
    return f"<table>{title}<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
