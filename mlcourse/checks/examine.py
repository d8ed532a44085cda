"""Judge an answer against a specification, and find out what went wrong.

`examine` does not depend on notebooks. The answer is any callable that takes plain arguments and returns a plain
value: a learner's function, or a stand-in that calls a function in another process.
"""

import copy
import linecache
import traceback
import warnings
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

from mlcourse.checks.compare import ANY_NUMBERS, NotPlain, describe, difference, plain
from mlcourse.checks.specification import Case, Check, Law, Mistake


class Verdict(NamedTuple):
    """The result of an examination."""

    status: Literal["right", "wrong", "not attempted"]
    message: str  # one or more lines for the learner; empty if the answer is right
    mistake: str | None = None  # the name of the recognised mistake
    case: Case | None = None  # the input with the wrong output


class Outcome(NamedTuple):
    """The result of one call: a plain output, or a problem, or both."""

    output: Any = None
    problem: str | None = None  # a sentence for the learner
    error: str | None = None  # the name of the exception, if one was raised


class Fault(NamedTuple):
    """The reason why an outcome is wrong."""

    case: Case
    outcome: Outcome
    what: str


def examine(check: Check, answer: Callable[..., Any], seed: int = 0) -> Verdict:
    """Call `answer` on the cases of a check and judge the outputs.

    Parameters
    ----------
    check : Check
    answer : callable
        The learner's function. For a value, a function without arguments that returns it.
    seed : int
        Seed of the random cases.
    """
    key = answer_key(check, seed)
    outcomes = []
    for case in key.cases:
        outcomes.append(call(answer, case))
        if outcomes[-1].error == "NotImplementedError" or outcomes[-1].output is Ellipsis:
            return Verdict("not attempted", not_attempted_message(outcomes[-1]))
    faults = [
        fault
        for case, expected, outcome in zip(key.cases, key.expected, outcomes)
        if (fault := fault_of(check, case, expected, outcome))
    ]
    if not faults:
        return Verdict("right", "")
    mistake = recognise(check, key, outcomes)
    if mistake and mistake.planted:
        return Verdict("not attempted", f"not attempted yet: {mistake.message}", mistake.name)
    return Verdict("wrong", report(check, faults[0], mistake), mistake and mistake.name, faults[0].case)


class AnswerKey:
    """The cases of a check for one seed, and the outcomes of its reference and of its known mistakes.

    References are slow and every wrong answer is compared with every mistake, so each outcome is computed once, when
    it is first needed, and kept.

    Parameters
    ----------
    check : Check
    seed : int
    """

    def __init__(self, check: Check, seed: int):
        self.check = check
        self.cases = list(check.cases(np.random.default_rng(seed)))
        self._mistaken: dict[tuple[int, int], Outcome] = {}

    @cached_property
    def expected(self) -> list[Any]:
        """The reference's output for every case, in canonical form."""
        check = self.check
        return [check.canonical(plain(check.reference(*copy.deepcopy(case.args)))) for case in self.cases]

    def mistaken(self, mistake: int, case: int) -> Outcome:
        """The outcome of one of the check's mistakes for one of the cases, both given by position."""
        if (mistake, case) not in self._mistaken:
            wrong = self.check.mistakes[mistake].answer
            answer = wrong if callable(wrong) else lambda: wrong
            self._mistaken[mistake, case] = call(answer, self.cases[case])
        return self._mistaken[mistake, case]


@lru_cache(maxsize=512)
def answer_key(check: Check, seed: int) -> AnswerKey:
    """Return the key of a check for one seed: the same object for every answer that is judged with that seed."""
    return AnswerKey(check, seed)


def not_attempted_message(outcome: Outcome) -> str:
    """Return the message for an answer that is still a stub."""
    if outcome.error:
        return "not attempted yet: replace the line `raise NotImplementedError(…)` with your answer."
    return "not attempted yet: replace `...` with your answer."


def call(answer: Callable[..., Any], case: Case) -> Outcome:
    """Call `answer` on copies of the case's arguments, and convert the output with `plain`."""
    args = copy.deepcopy(case.args)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            output = answer(*args)
        if output is Ellipsis:
            return Outcome(output)
        output = plain(output)
    except Exception as error:
        return Outcome(problem=_problem(error, answer), error=type(error).__name__)
    if output is None:
        return Outcome(problem="it returned None. Is a `return` missing?")
    return Outcome(output, problem=_changed(args, case))


def _changed(args: tuple[Any, ...], case: Case) -> str | None:
    """A sentence if the call changed one of its arguments, else None."""
    changed = [
        place
        for place, (now, before) in enumerate(zip(args, case.args), start=1)
        if difference(plain(now), plain(before), 0, 0)
    ]
    if not changed:
        return None
    return f"it changes argument {changed[0]} in place. Work on a copy, `X.copy()`, or create a new array."


def _problem(error: Exception, answer: Callable[..., Any]) -> str:
    """The exception as a sentence, with the line of the learner's code that raised it, if there is one."""
    if isinstance(error, NotPlain):
        return f"it returned {error}."
    message = (
        f"it raised {type(error).__name__}: {str(error).splitlines()[0] if str(error) else '(no message)'}"
    )
    home: str = getattr(getattr(answer, "__code__", None), "co_filename", "")
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == home]
    if not lines:
        return message
    number = lines[-1].lineno or 0
    return f"{message}\n  in line {number} of your cell: {linecache.getline(home, number).strip()}"


def fault_of(check: Check, case: Case, expected: Any, outcome: Outcome) -> Fault | None:
    """Return why the outcome is wrong, or None if it is right."""
    if outcome.problem:
        return Fault(case, outcome, outcome.problem)
    output = check.canonical(outcome.output)
    shape = difference(output, expected, 0, ANY_NUMBERS)
    if shape and not (check.accepts and isinstance(expected, (str, bool))):
        return Fault(case, outcome, shape + ".")
    broken = next((law for law in check.laws if not holds(law, output, case)), None)
    if broken:
        return Fault(case, outcome, f"it breaks this rule: {broken.message}")
    if check.accepts:
        right = check.accepts(output, *copy.deepcopy(case.args))
        return None if right else Fault(case, outcome, "the result is not right.")
    found = difference(output, expected, check.rtol, check.atol)
    return Fault(case, outcome, found + ".") if found else None


def holds(law: Law, output: Any, case: Case) -> bool:
    """Whether an output obeys a law. If the law raises an exception, it counts as obeyed; the comparison decides."""
    try:
        return bool(law.holds(output, *copy.deepcopy(case.args)))
    except Exception:
        return True


def recognise(check: Check, key: AnswerKey, outcomes: list[Outcome]) -> Mistake | None:
    """Return the known mistake that has the same outcomes, or None."""
    for number, mistake in enumerate(check.mistakes):
        if all(same_outcome(check, key.mistaken(number, i), outcome) for i, outcome in enumerate(outcomes)):
            return mistake
    return None


def same_outcome(check: Check, one: Outcome, other: Outcome) -> bool:
    """Whether two calls returned the same value or failed in the same way."""
    if (one.error, bool(one.problem)) != (other.error, bool(other.problem)):
        return False
    if one.output is None or other.output is None:
        return one.output is other.output
    return difference(check.canonical(one.output), check.canonical(other.output), 1e-7, 1e-10) is None


def report(check: Check, fault: Fault, mistake: Mistake | None) -> str:
    """Write the lines for the learner: where it failed, their output and the expected form, the likely mistake."""
    lines = [fault.what] if check.kind == "value" else [f"{fault.case.description}: {fault.what}"]
    if fault.outcome.output is not None:
        lines.append(f"  yours     {describe(fault.outcome.output)}")
    if check.expected:
        lines.append(f"  expected  {check.expected}")
    if mistake:
        lines.append(f"Likely mistake: {mistake.message}")
        if mistake.hint:
            lines.append(f"→ Hint {mistake.hint} may help.")
    return "\n".join(lines)
