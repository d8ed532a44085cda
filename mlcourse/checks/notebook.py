"""The `check` object of the exercise notebooks: `check.e_step(e_step)` and `check.progress()`."""

import copy
import difflib
import os
from collections.abc import Callable
from functools import cache, cached_property
from itertools import takewhile
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

from mlcourse.checks.card import Card, Link
from mlcourse.checks.catalogue import Catalogue, read_folder
from mlcourse.checks.examine import Verdict, examine, with_slip
from mlcourse.checks.folders import current_notebook, ipython_shell, lesson_of, notebook_name, title_of
from mlcourse.checks.lending import with_right_helpers
from mlcourse.checks.outcome import Answer, answer_of
from mlcourse.checks.progress import Book, Progress, kernel_versions
from mlcourse.checks.task import Task
from mlcourse.checks.uses import Reader


class CheckFailed(AssertionError):
    """The answer is wrong. A notebook shows one line instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {str(self).splitlines()[0]} (see above)"]


class Checker:
    """One method per task: `check.NAME(answer)` shows at once whether the answer is right.

    A wrong answer raises `CheckFailed`, and `check.last_input` is the input it failed on. An unchanged stub
    shows "not attempted yet" and raises nothing, unless the environment variable MLCOURSE_STRICT is 1.

    Parameters
    ----------
    catalogue : Catalogue
        The tasks of the course.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._last: Verdict | None = None
        self._is_watching = False

    @cached_property
    def _book(self) -> Book:
        return Book(self._catalogue, notebook=current_notebook())

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        tasks = self.__dict__["_catalogue"].tasks if "_catalogue" in self.__dict__ else {}
        if name in tasks:
            self._watch()
            return lambda answer: self._run(tasks[name], answer)
        near = difflib.get_close_matches(name, tasks, n=1)
        advice = (
            f"Did you mean check.{near[0]}?"
            if near
            else "Each exercise has a check cell with the right call; run that cell."
        )
        raise AttributeError(f"there is no check called {name!r}. {advice}")

    def _watch(self) -> None:
        """Explain, from now on, why a check finds no answer."""
        shell = ipython_shell()
        if shell and not self._is_watching:
            shell.set_custom_exc((NameError,), self._explain)
            self._is_watching = True

    def _explain(
        self, shell: Any, kind: type, error: NameError, traceback: TracebackType, tb_offset: int | None = None
    ) -> None:
        """Show a NameError. Where a check cell has run too early, say instead which one to run first."""
        *_, (frame, _) = walk_tb(traceback)
        in_the_cell_itself = frame.f_locals is frame.f_globals
        if error.name in self._catalogue.tasks and in_the_cell_itself:
            task = self._catalogue.heading(error.name).rpartition(" · ")[0]
            advice = f"{error.name} does not exist yet: run the cell with your answer to it first ({task})."
            error._render_traceback_ = lambda: [advice]  # type: ignore[attr-defined]  # IPython calls it
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._catalogue.tasks]

    def _run(self, task: Task, answer: Any) -> None:
        given = answer_of(answer)
        given = given._replace(uses=certain_uses(task, given, answer))
        verdict = self._last = with_slip(examine(task, given), task, given)
        done, remarks = self._note(task, verdict, answer)
        if verdict.status == "wrong":
            carried = with_right_helpers(task, given, answer, verdict, self._earlier_not_right(task))
            remarks = [*carried, *remarks]
        display(Card(task, verdict, done, remarks, self._following(task)))
        strict = os.environ.get("MLCOURSE_STRICT") == "1"
        if verdict.status == "wrong" or (strict and verdict.status == "not attempted"):
            raise CheckFailed(
                f"{task.name} {'is not right' if verdict.status == 'wrong' else 'has not been attempted'} yet"
            )

    def _note(self, task: Task, verdict: Verdict, answer: Any) -> tuple[str, list[str]]:
        """Save a verdict; return how much of the lesson is done, and remarks about saving."""
        book, known = self._book, len(self._book.record.remarks)
        kernel = kernel_versions()
        entry = book.add(task, verdict.status, answer, kernel)
        states = [state for _, state in book.view(kernel).tasks(task.lesson)]
        done = f"{states.count('right')} of {len(states)} done" if book.counts else ""
        remarks = book.record.remarks[known:]
        if book.is_exercise and verdict.status == "right" and not entry.version:
            remarks.append(
                f"It does not count yet, because no cell defines {entry.name}: define it in a cell."
            )
        return done, remarks

    def _earlier_not_right(self, task: Task) -> list[Task]:
        """Return the tasks before this one in its lesson whose answers are not known to be right."""
        states = self._book.view(kernel_versions()).tasks(task.lesson)
        earlier = takewhile(lambda pair: pair[0] is not task, states)
        return [one for one, state in earlier if state != "right"]

    def _following(self, task: Task) -> Link | None:
        """Return where an exercise goes on: its next task or, after the last, the next lesson."""
        if not self._book.is_exercise:
            return None
        if after := self._catalogue.after(task.name):
            heading = self._catalogue.heading(after)
            return Link(heading.rpartition(" · ")[0], f"#{heading.replace(' ', '-')}")
        lessons = sorted(name for name in self._catalogue.lessons if name > task.lesson)
        lecture = self._book.root / "notebooks" / notebook_name("notebooks", lessons[0]) if lessons else None
        return (
            Link(title_of(lecture), f"../notebooks/{lecture.name}") if lecture and lecture.is_file() else None
        )

    @property
    def last_input(self) -> tuple[Any, ...]:
        """The arguments on which the last checked function failed, or an empty tuple if it passed."""
        return copy.deepcopy(self._last.case.args) if self._last and self._last.case else ()

    def progress(self, lesson: str | None = None) -> Progress:
        """Return the progress in a lesson and in the whole course as tables.

        Parameters
        ----------
        lesson : str, optional
            Name of the lesson, such as "04_em". By default, the lesson of this notebook or, if that is not known, of
            the last check. If there is none, only the lessons are listed.
        """
        known = [name for name, one in self._catalogue.lessons.items() if one.tasks]
        if lesson is None:
            lesson = self._default_lesson(known)
        elif lesson not in known:
            raise ValueError(f"lesson={lesson!r} has no checks; choose one of {', '.join(sorted(known))}.")
        return Progress(self._book.view(), lesson)

    def _default_lesson(self, known: list[str]) -> str | None:
        book = self._book
        if book.notebook:
            return lesson_of(book.notebook) if lesson_of(book.notebook) in known else None
        return self._catalogue.tasks[book.last].lesson if book.last else None


def certain_uses(task: Task, given: Answer, answer: Any) -> frozenset[str]:
    """Return what an answer in this notebook is sure to use, if the task forbids something."""
    shell = ipython_shell() if task.forbids else None
    if not shell:
        return frozenset()
    names = shell.user_ns
    name = task.name if names.get(task.name) is answer else given.name  # a lambda does not know its name
    return Reader(map(str, names.get("In", ()))).uses(name).certain


def display(card: Card) -> None:
    """Display a card in IPython, which knows whether it can show HTML; print it elsewhere."""
    if not ipython_shell():
        print(card)
        return
    from IPython import display as ipython  # which other processes do without

    ipython.display(card)  # type: ignore[no-untyped-call]


def open_course(folder: str | Path) -> Checker:
    """Return the `check` object for the tasks in a folder: the same one for the same folder.

    Raises CatalogueError if the tasks cannot be used.
    """
    return _opened(Path(folder).resolve())


@cache
def _opened(tasks: Path) -> Checker:
    return Checker(Catalogue(read_folder(tasks)))
