"""What a check is: data, not a script.

A `Check` says how to make inputs, what a slow and obvious reference answers to them, which laws every answer obeys,
and which wrong answers learners are known to give. Inputs and outputs are plain: arrays, numbers, strings, and
tuples and dicts of them. So the same specification serves a notebook, where the answer is a function in the same
process, and a grader that calls the answer in another one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np


class Case(NamedTuple):
    """One input: what is special about it, in words a learner understands, and the arguments."""

    description: str
    args: tuple = ()


class Law(NamedTuple):
    """Something that every right answer obeys: `holds(output, *args)`. The message says it as a sentence."""

    message: str
    holds: Callable[..., bool]


class Mistake(NamedTuple):
    """A known wrong answer: a tiny implementation (or a plain value), and the sentence that names it.

    An answer that gives the same outputs on the same inputs *is* this mistake. The sentence points to the thought
    that went wrong, never to the right answer; `hint` is the number of the hint to open, if there is one. A `planted`
    mistake is the one that stands in a find-the-bug task: to hand it in means not to have started yet.
    """

    name: str
    answer: Any
    message: str
    hint: int | None = 1
    planted: bool = False


def _one_case(rng: np.random.Generator) -> Iterable[Case]:
    return [Case("your answer")]


@dataclass(frozen=True)
class Check:
    """The specification of one task.

    Parameters
    ----------
    name : str
        The task's name, the answer's name in the notebook, and the method of `check`.
    lesson : str
        Such as "04_em".
    points : int
    reference : callable
        The right answer: for a function, slow and obvious; for a value, a function without arguments.
    kind : {"function", "value"}
    cases : callable(rng) -> iterable of Case
        Random inputs, from a `numpy.random.Generator` alone. A value has one case without arguments.
    mistakes : tuple of Mistake
    laws : tuple of Law
    accepts : callable(output, *args) -> bool, optional
        For tasks with several right answers: replaces the comparison with the reference.
    canonical : callable, optional
        Applied to outputs before they are compared, where several spellings are the same answer. It must take any
        plain value.
    expected : str
        What a right answer looks like, for the line "expected" of a report: shapes and names, no numbers.
    rtol, atol : float
        As in `numpy.isclose`.
    """

    name: str
    lesson: str
    points: int
    reference: Callable
    kind: Literal["function", "value"] = "function"
    cases: Callable[[np.random.Generator], Iterable[Case]] = _one_case
    mistakes: tuple[Mistake, ...] = ()
    laws: tuple[Law, ...] = ()
    accepts: Callable[..., bool] | None = None
    canonical: Callable = lambda output: output
    expected: str = ""
    rtol: float = 1e-6
    atol: float = 1e-9


def choice(name: str, lesson: str, points: int, *, right: str, wrong: dict) -> Check:
    """A multiple-choice task: the right letter, and for every wrong one the reason why it is wrong.

    `wrong` gives a sentence for each letter, or a pair of a sentence and the number of the hint to open.
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
