"""The types that specify a task: a check is data, not a script.

A `Check` contains random inputs, a slow and obvious reference, laws that every right answer obeys, and wrong answers
that learners often give. Inputs and outputs are plain: arrays, numbers, strings, and tuples and dicts of these. The
same specification therefore works in a notebook, where the answer is a function in the same process, and in the
grader, which calls the answer in another process.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np


class Case(NamedTuple):
    """One input: the arguments, and what is special about them in words that a learner understands."""

    description: str
    args: tuple[Any, ...] = ()


class Law(NamedTuple):
    """A property of every right answer, `holds(output, *args)`, and a sentence that states it."""

    message: str
    holds: Callable[..., object]  # only its truth value is used, because NumPy has its own bool


class Mistake(NamedTuple):
    """A known wrong answer: a tiny implementation (or a plain value), and a sentence that explains it.

    An answer with the same outputs on the same inputs *is* this mistake. The sentence points to the error in
    reasoning, never to the right answer. `hint` is the number of the hint to open, if there is one. A `planted`
    mistake is the bug in the stub of a find-the-bug task: submitting it counts as not attempted.
    """

    name: str
    answer: Any
    message: str
    hint: int | None = 1
    planted: bool = False


def _one_case(rng: np.random.Generator) -> Iterable[Case]:
    return [Case("your answer")]


@dataclass(frozen=True, eq=False)  # hashed by identity: a mistake may be a value that has no hash
class Check:
    """The specification of one task.

    Parameters
    ----------
    name : str
        Name of the task, of the answer in the notebook, and of the method of `check`.
    lesson : str
        Name of the lesson, such as "04_em".
    points : int
    reference : callable
        The right answer, slow and obvious. For a value, a function without arguments that returns it.
    kind : {"function", "value"}
    cases : callable(rng) -> iterable of Case
        Random inputs that depend only on a `numpy.random.Generator`. A value has one case without arguments.
    mistakes : tuple of Mistake
    laws : tuple of Law
    accepts : callable(output, *args) -> truth value, optional
        Replaces the comparison with the reference in tasks with several right answers.
    canonical : callable, optional
        Applied to outputs before they are compared, if an answer can be written in several ways. It must accept any
        plain value.
    expected : str
        The form of a right answer, for the line "expected" of a report: shapes and names, no numbers.
    rtol, atol : float
        Tolerances of the comparison, as in `numpy.isclose`.
    """

    name: str
    lesson: str
    points: int
    reference: Callable[..., Any]
    kind: Literal["function", "value"] = "function"
    cases: Callable[[np.random.Generator], Iterable[Case]] = _one_case
    mistakes: tuple[Mistake, ...] = ()
    laws: tuple[Law, ...] = ()
    accepts: Callable[..., object] | None = None
    canonical: Callable[[Any], Any] = lambda output: output
    expected: str = ""
    rtol: float = 1e-6
    atol: float = 1e-9


def choice(
    name: str, lesson: str, points: int, *, right: str, wrong: Mapping[str, str | tuple[str, int]]
) -> Check:
    """Specify a multiple-choice task: the right letter, and why each of the others is wrong.

    `wrong` maps each letter to a sentence, or to a pair of a sentence and the number of the hint to open.
    """
    reasons = {letter: reason if isinstance(reason, tuple) else (reason,) for letter, reason in wrong.items()}
    return Check(
        name=name,
        lesson=lesson,
        points=points,
        kind="value",
        reference=lambda: right,
        mistakes=tuple(Mistake(f"chose {letter}", letter, *reason) for letter, reason in reasons.items()),
        canonical=lambda letter: letter.strip().upper() if isinstance(letter, str) else letter,
        expected="one letter in quotes: " + ", ".join(sorted([right, *wrong])),
    )
