"""The `check` object of the exercise notebooks: `check.e_step(e_step)` and `check.progress()`."""

import copy
import difflib
import os
from collections.abc import Callable
from html import escape
from typing import Any

from mlcourse.checks.bank import CHECKS
from mlcourse.checks.examine import Verdict, examine
from mlcourse.checks.specification import Check

MARKS = {"right": "✓", "wrong": "✗", "not attempted": "·"}


class CheckFailed(AssertionError):
    """The answer is wrong. A notebook shows one line instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {str(self).splitlines()[0]} (see above)"]


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
    """One method per task: `check.NAME(answer)` prints at once whether the answer is right.

    A wrong answer raises `CheckFailed`, and `check.last_input` is the input it failed on. An unchanged stub
    prints "not attempted yet" and raises nothing, unless the environment variable MLCOURSE_STRICT is 1.
    """

    def __init__(self) -> None:
        self._verdicts: dict[str, Verdict] = {}

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        if name in CHECKS:
            return lambda answer: self._run(CHECKS[name], answer)
        near = difflib.get_close_matches(name, CHECKS, n=1)
        advice = (
            f"Did you mean check.{near[0]}?"
            if near
            else "Each exercise has a check cell with the right call; run that cell."
        )
        raise AttributeError(f"there is no check called {name!r}. {advice}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *CHECKS]

    def _run(self, check: Check, answer: Any) -> None:
        verdict = verdict_on(check, answer)
        self._verdicts.pop(check.name, None)  # keep the order in which checks ran last
        self._verdicts[check.name] = verdict
        headline, *details = (
            f"{MARKS[verdict.status]} {check.name}: {verdict.message or 'right.'}".splitlines()
        )
        print("\n".join([headline, *("  " + line for line in details)]))
        strict = os.environ.get("MLCOURSE_STRICT") == "1"
        if verdict.status == "wrong" or (strict and verdict.status == "not attempted"):
            raise CheckFailed(
                f"{check.name} {'is not right' if verdict.status == 'wrong' else 'has not been attempted'} yet"
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
            lesson = CHECKS[next(reversed(self._verdicts))].lesson
        known = {check.lesson for check in CHECKS.values()}
        if lesson not in known:
            raise ValueError(f"lesson={lesson!r} has no checks; choose one of {', '.join(sorted(known))}.")
        return Progress([self._row(check) for check in CHECKS.values() if check.lesson == lesson])

    def _row(self, check: Check) -> tuple[str, str, int, int]:
        status = self._verdicts[check.name].status if check.name in self._verdicts else "not attempted"
        return MARKS[status], check.name, check.points * (status == "right"), check.points


def verdict_on(check: Check, answer: Any) -> Verdict:
    """Judge what a notebook passes to a check, even a function in place of a value, or the reverse."""
    if check.kind == "value":
        if answer is None:
            return Verdict("wrong", "it is None; replace it with a value.")
        if callable(answer):
            return Verdict(
                "wrong",
                f"this task asks for a value, but you passed the function {_name(answer)}. Is a call missing?",
            )
        return examine(check, lambda: answer)
    if not callable(answer):
        return Verdict(
            "wrong",
            f"this task asks for the function itself, not its result: write `check.{check.name}({check.name})`.",
        )
    return examine(check, answer)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


check = Checker()
