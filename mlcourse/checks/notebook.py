"""The `check` object of the exercise notebooks: `check.e_step(e_step)` and `check.progress()`."""

import copy
import difflib
import inspect
import os
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from mlcourse.checks.catalogue import Catalogue, read_folder
from mlcourse.checks.examine import Status, Verdict, examine, with_slip
from mlcourse.checks.outcome import answer_of
from mlcourse.checks.task import Task

MARKS: dict[Status, str] = {"right": "✓", "wrong": "✗", "not attempted": "·"}
WORDS: dict[Status, str] = {"right": "right", "wrong": "not right yet", "not attempted": "not attempted yet"}
COLOURS: dict[Status, str] = {"right": "#0a7d4f", "wrong": "#b3261e", "not attempted": "#6b6b6b"}


class CheckFailed(AssertionError):
    """The answer is wrong. A notebook shows one line instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {str(self).splitlines()[0]} (see above)"]


class Box:
    """A verdict as a learner sees it: a box in a notebook, plain lines elsewhere."""

    def __init__(self, task: Task, verdict: Verdict) -> None:
        self.task, self.verdict = task, verdict
        self.lines = [*verdict.explanation.splitlines(), *how_to_look(task, verdict)]

    def __str__(self) -> str:
        first, *rest = self.lines or ["right."]
        if self.verdict.hint:
            rest.append(f"→ Hint {self.verdict.hint}, below, may help.")
        headline = f"{MARKS[self.verdict.status]} {self.task.name}: {first}"
        return "\n".join([headline, *(f"  {line}" for line in rest)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        status, colour = self.verdict.status, COLOURS[self.verdict.status]
        pill = f"background:{colour}; color:white; padding:0.1em 0.5em; border-radius:0.3em"
        lines = "".join(f"<div style='white-space:pre-wrap'>{escape(line)}</div>" for line in self.lines)
        if hint := self.verdict.hint:
            lines += f"<div>→ <a href='#{hint_id(self.task.name, hint)}'>Hint {hint}</a> may help.</div>"
        return (
            f"<div style='border-left:0.4em solid {colour}; padding:0.3em 0.8em; line-height:1.6'>"
            f"<strong style='{pill}'>{MARKS[status]} {WORDS[status]}</strong>"
            f" <code>{escape(self.task.name)}</code>{lines}</div>"
        )


def hint_id(task: str, number: int | str) -> str:
    """Return the id of a hint in an exercise, which verdicts link to."""
    return f"hint-{task}-{number}"


def how_to_look(task: Task, verdict: Verdict) -> list[str]:
    """Say how to get the input on which the answer failed, where no mistake was recognised."""
    if verdict.mistake or not (verdict.case and verdict.case.args):
        return []
    names = list(inspect.signature(task.answer).parameters)
    if len(names) != len(verdict.case.args) or names[0].startswith("_"):
        names = ["args"]
    left = f"({names[0]},)" if len(names) == 1 and names != ["args"] else ", ".join(names)
    return [f"To look at this input: {left} = check.last_input"]


class Progress:
    """The progress in one lesson as a table: HTML in a notebook, text elsewhere."""

    def __init__(self, rows: list[tuple[str, str, int, int]]) -> None:
        self.rows = rows  # (mark, name, points, maximum)

    def __str__(self) -> str:
        lines = [f"{mark} {name:<28} {points} / {total}" for mark, name, points, total in self.rows]
        return "\n".join([*lines, self._summary()])

    __repr__ = __str__

    def _summary(self) -> str:
        points, total = sum(row[2] for row in self.rows), sum(row[3] for row in self.rows)
        done = sum(row[0] == MARKS["right"] for row in self.rows)
        return f"{done} of {len(self.rows)} tasks done, {points} of {total} points"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{mark}</td><td style='text-align:left'><code>{escape(name)}</code></td>"
            f"<td>{points} / {total}</td></tr>"
            for mark, name, points, total in self.rows
        )
        head = "<tr><th></th><th style='text-align:left'>task</th><th>points</th></tr>"
        return (
            f"<table><caption>{self._summary()}</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
        )


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
        self._verdicts: dict[str, Verdict] = {}

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        tasks = self.__dict__["_catalogue"].tasks if "_catalogue" in self.__dict__ else {}
        if name in tasks:
            return lambda answer: self._run(tasks[name], answer)
        near = difflib.get_close_matches(name, tasks, n=1)
        advice = (
            f"Did you mean check.{near[0]}?"
            if near
            else "Each exercise has a check cell with the right call; run that cell."
        )
        raise AttributeError(f"there is no check called {name!r}. {advice}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._catalogue.tasks]

    def _run(self, task: Task, answer: Any) -> None:
        given = answer_of(answer)
        verdict = with_slip(examine(task, given), task, given)
        self._verdicts.pop(task.name, None)  # keep the order in which checks ran last
        self._verdicts[task.name] = verdict
        display(Box(task, verdict))
        strict = os.environ.get("MLCOURSE_STRICT") == "1"
        if verdict.status == "wrong" or (strict and verdict.status == "not attempted"):
            raise CheckFailed(
                f"{task.name} {'is not right' if verdict.status == 'wrong' else 'has not been attempted'} yet"
            )

    @property
    def last_input(self) -> tuple[Any, ...]:
        """The arguments on which the last checked function failed, or an empty tuple if it passed."""
        verdict = next(reversed(self._verdicts.values()), None)
        return copy.deepcopy(verdict.case.args) if verdict and verdict.case else ()

    def progress(self, lesson: str | None = None) -> Progress:
        """Return the progress in a lesson as a table.

        Parameters
        ----------
        lesson : str, optional
            Name of the lesson, such as "04_em". By default, the lesson of the last check that ran.
        """
        if lesson is None:
            if not self._verdicts:
                print(
                    "No check has run yet. Run a check cell first, or name a lesson: check.progress('01_kmeans')."
                )
                return Progress([])
            lesson = self._catalogue.tasks[next(reversed(self._verdicts))].lesson
        known = [name for name, one in self._catalogue.lessons.items() if one.tasks]
        if lesson not in known:
            raise ValueError(f"lesson={lesson!r} has no checks; choose one of {', '.join(sorted(known))}.")
        return Progress([self._row(task) for task in self._catalogue.lessons[lesson].tasks])

    def _row(self, task: Task) -> tuple[str, str, int, int]:
        status = self._verdicts[task.name].status if task.name in self._verdicts else "not attempted"
        return MARKS[status], task.name, task.points * (status == "right"), task.points


def display(box: Box) -> None:
    """Display a box in IPython, which knows whether it can show HTML; print it elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython and ipython.get_ipython():
        ipython.display.display(box)
    else:
        print(box)


def open_course(folder: str | Path) -> Checker:
    """Return the `check` object for the tasks in a folder. Raises CatalogueError if they cannot be used."""
    return Checker(Catalogue(read_folder(Path(folder))))
