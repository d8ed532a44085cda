"""Judge an answer to a task, and find out what went wrong.

`examine` knows neither notebooks nor sandboxes. It asks the answer about one case after another, and gets outcomes,
which are data: a notebook calls the learner's function, the grader sends the case to another process.
"""

import copy
import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

from mlcourse.checks.compare import ANY_NUMBERS, advice_on_number, describe, difference
from mlcourse.checks.outcome import Answer, Kind, Outcome, Raised, call
from mlcourse.checks.slips import SENTENCES, Slips, prints_of, slip_of, slips_of
from mlcourse.checks.task import Case, Law, Mistake, Task
from mlcourse.checks.uses import forbidden_use
from mlcourse.plain import Plain, plain

NOTEBOOK_SEED = 0  # all notebooks ask about the same cases, so that students can compare what they see

STUB = "NotImplementedError"  # what a function of an exercise raises until it is written

Status = Literal["right", "wrong", "not attempted"]

# What Python says of a value that is none, and what usually causes it.
EMPTY = {
    "NoneType": "something in this line is None. If one of your functions returns it, its `return` is missing.",
    "ellipsis": "something in this line is still `...`: replace it with your answer.",
}
PERCENTAGE = "Write a percentage as a fraction, such as 0.05 for 5 %."
# What NumPy says of shapes that do not fit, and what usually causes it.
MISFITS = {
    "broadcast": "the shapes in this operation do not fit. One of the arrays probably needs a new axis, "
    "`[:, np.newaxis]`, or the sum that it comes from needs `keepdims=True`.",
    "matmul": "the inner sizes of this matrix product do not fit. One of the matrices probably needs a transpose, "
    "or the two belong in the other order.",
    "incompatible": "the matrix and the right-hand sides do not fit: a solver takes one right-hand side per column. "
    "One of the arrays probably needs a transpose.",
    "not aligned": "the inner sizes of this product do not fit. One of the arrays probably needs a transpose, "
    "or the two belong in the other order.",
}


class Verdict(NamedTuple):
    """The result of an examination. All text is for the learner."""

    status: Status
    what: str = ""  # what is wrong, and with which input; empty if the answer is right
    line: str = ""  # the learner's line that raised an exception
    yours: str = ""  # the wrong output
    expected: str = ""  # the form of a right answer
    mistake: Mistake | None = None  # the known mistake with the same outputs
    slip: str | None = None  # the kind of slip that gives these outputs, if no mistake does
    cause: "Cause | None" = None  # what probably causes the exception, if no mistake explains it
    raised: bool = False  # whether the answer raised an exception
    is_clear: bool = (
        False  # whether `what` names the cause already: an exception, a changed argument, no result
    )
    case: Case | None = None  # the input with the wrong output
    helper: str = ""  # another function of the learner's, which raised the exception or is missing
    families: tuple[tuple[str, bool], ...] = ()  # of a wrong answer: for each family, whether it is right

    @property
    def hint(self) -> int | None:
        """The number of the hint that may help, if any."""
        if self.mistake:
            return None if self.mistake.planted else self.mistake.hint
        return self.cause.hint if self.cause else None

    @property
    def message(self) -> str:
        """All of it as one or more lines; empty if the answer is right."""
        return self.explanation + (f"\n→ Hint {self.hint} may help." if self.hint else "")

    @property
    def kinds(self) -> str:
        """For which kinds of input a wrong answer is right; empty if for none, or if the task has no families."""
        right, wrong = (
            ", ".join(name for name, is_right in self.families if is_right == which)
            for which in (True, False)
        )
        return f"Right so far: {right}. Not yet: {wrong}." if right else ""

    @property
    def explanation(self) -> str:
        """The message without the hint."""
        lines = [self.what]
        if self.line:
            lines.append(f"  in {self.line}")
        if self.yours:
            first, *others = self.yours.splitlines()
            lines += [f"  yours  {first}", *(f"         {other}" for other in others)]
        if self.expected:
            lines.append(f"  wanted {self.expected}")
        if self.mistake and not self.mistake.planted:
            lines.append(f"Likely mistake: {self.mistake.message}")
        elif self.slip:
            lines.append(f"A guess: {SENTENCES[self.slip]}")
        elif self.cause:
            lines.append(f"Likely cause: {self.cause.message}")
        if self.kinds:
            lines.append(self.kinds)
        return "\n".join(lines)


class Cause(NamedTuple):
    """What probably causes an exception, and the hint that may help, if there is one."""

    message: str
    hint: int | None = None


class Fault(NamedTuple):
    """The reason why an outcome is wrong."""

    case: Case
    outcome: Outcome
    what: str


def examine(task: Task, answer: Answer, seed: int = NOTEBOOK_SEED) -> Verdict:
    """Ask an answer about the cases of a task, and judge the outcomes.

    Parameters
    ----------
    task : Task
    answer : Answer
        Its `ask(case)` returns an `Outcome`.
    seed : int
        Seed of the random cases.
    """
    if answer.kind != task.kind:
        return Verdict("wrong", wrong_kind(task, answer.kind, answer.name))
    with silence():
        return _verdict(task, answer, seed)


@contextmanager
def silence() -> Iterator[None]:
    """Keep warnings about odd numbers to ourselves: they would be about our code, not the learner's."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _verdict(task: Task, answer: Answer, seed: int) -> Verdict:
    key = answer_key(task, seed)
    outcomes = []
    for case in key.cases:
        outcomes.append(answer.ask(case))
        if stub := left_as_stub(outcomes[-1]):
            return Verdict("not attempted", stub)
    pairs = list(zip(key.cases, key.expected, outcomes))
    fault = next(filter(None, (fault_of(task, *pair) for pair in pairs)), None)
    use = forbidden_use(task.forbids, answer.uses)
    if not fault:
        return verdict_on_means(use)
    error = fault.outcome.error
    mistake = recognise(task, key, outcomes)
    if mistake and mistake.planted:
        return Verdict("not attempted", mistake.message, mistake=mistake)
    return Verdict(
        "wrong",
        fault.what if task.kind == "value" else f"{fault.case.description}: {fault.what}",
        line=error.line if error else "",
        yours="" if fault.outcome.output is None else described(task, fault.outcome.output),
        expected=task.expected,
        mistake=mistake,
        cause=cause_of(task, error) if error and not mistake else None,
        raised=error is not None,
        is_clear=bool(trouble_with(task, fault.outcome)),
        case=fault.case,
        helper=(error.function or error.missing) if error else "",
        families=() if use else families_of(task, pairs),
    )


def verdict_on_means(use: str | None) -> Verdict:
    """Judge right outputs by how they were computed: `use` is something that the text asks to do without, if any."""
    if not use:
        return Verdict("right")
    what = f"the results are right, but it uses {use}, and this task asks you to do without."
    return Verdict("wrong", what, is_clear=True)


def families_of(task: Task, pairs: list[tuple[Case, Any, Outcome]]) -> tuple[tuple[str, bool], ...]:
    """Return, for each family of cases, whether all outcomes are right: its own, and those of the first family.

    Without the first, a family counts for nothing: far from all components, even a wrong rule often gives 0 or 1. In
    some tasks, the values of an answer take the place of families: then, whether each is right in all cases.
    """
    if not task.families:
        return ()
    if task.values_earn:
        right = [values_right(task, expected, outcome) for _, expected, outcome in pairs]
        return tuple(zip(task.parts, map(all, zip(*right))))
    first, *_ = task.families
    wrong = {
        task.family(case) for case, expected, outcome in pairs if fault_of(task, case, expected, outcome)
    }
    return tuple((name, not wrong & {first, name}) for name in task.families)


def values_right(task: Task, expected: tuple[Plain, ...], outcome: Outcome) -> list[bool]:
    """Return, for each value of an answer, whether it is the expected one; none is if there is no answer to judge."""
    output = None if trouble_with(task, outcome) else task.normalise(outcome.output)
    if not isinstance(output, tuple) or len(output) != len(expected):
        return [False] * len(expected)
    return [difference(one, other, task.rtol, task.atol) is None for one, other in zip(output, expected)]


def described(task: Task, output: Plain) -> str:
    """Summarise an output; a tuple has one line for each of its values, with the task's name for it."""
    if not isinstance(output, tuple):
        return describe(output)
    names = [f"{part}: " for part in task.parts] if len(task.parts) == len(output) else [""] * len(output)
    return "\n".join(name + describe(part) for name, part in zip(names, output))


def cause_of(task: Task, error: Raised) -> Cause | None:
    """Return what probably causes an exception; None if that is not known."""
    if error.name in ("TypeError", "AttributeError"):
        return next((Cause(cause) for words, cause in EMPTY.items() if words in error.text), None)
    text = error.text if error.name == "ValueError" else ""
    message = next((cause for words, cause in MISFITS.items() if words in text), None)
    hints = [mistake.hint for mistake in task.mistakes if mistake.hint]
    return Cause(message, min(hints, default=None)) if message else None


def with_slip(verdict: Verdict, task: Task, answer: Answer, patience: float = 0.5) -> Verdict:
    """Add the kind of slip to the verdict on a wrong answer that no known mistake explains, if it can be recognised.

    The answer is asked about the cases of the notebooks, whatever the cases that it failed on: for these it is known
    what slips look like.

    Parameters
    ----------
    verdict, task, answer
    patience : float
        Seconds that may be spent on finding that out for a task where it is not kept.
    """
    unexplained = verdict.status == "wrong" and not verdict.mistake and not verdict.is_clear
    if not unexplained or task.kind == "value" or answer.kind != task.kind:
        return verdict
    with silence():
        key = answer_key(task, NOTEBOOK_SEED)
        prints = prints_of(task, [answer.ask(case) for case in key.cases])
        return verdict._replace(slip=slip_of(prints, key.slips(patience))) if prints else verdict


def wrong_kind(task: Task, kind: Kind, name: str) -> str:
    """Say what was handed in instead of a function, or instead of a value."""
    if task.kind == "function":
        return (
            f"this task asks for the function itself, not its result: write `check.{task.name}({task.name})`."
        )
    if kind == "none":
        return "it is None; replace it with a value."
    return f"this task asks for a value, but you passed the function {name}. Is a call missing?"


def left_as_stub(outcome: Outcome) -> str:
    """Say that the answer is still the stub of the exercise; empty if it is not, even if it calls one."""
    if outcome.error and outcome.error.name == STUB and not outcome.error.function:
        if outcome.error.code_below:
            return "the line `raise NotImplementedError(…)` still stands above your code: delete it."
        return "replace the line `raise NotImplementedError(…)` with your answer."
    if outcome.output is Ellipsis:
        return "replace `...` with your answer."
    return ""


class AnswerKey:
    """The cases of a task for one seed, and the outcomes of its reference and of its known mistakes.

    References are slow and every wrong answer is compared with every mistake, so each outcome is computed once, when
    it is first needed, and kept.

    Parameters
    ----------
    task : Task
    seed : int
    """

    def __init__(self, task: Task, seed: int):
        self.task, self.seed = task, seed
        self.cases = list(task.draw_cases(np.random.default_rng(seed)))
        self._mistaken: dict[tuple[int, int], Outcome] = {}
        self._slips: Slips | None = None

    @cached_property
    def expected(self) -> list[Any]:
        """The reference's output for every case, in canonical form."""
        task = self.task
        return [task.normalise(plain(task.answer(*copy.deepcopy(case.args)))) for case in self.cases]

    @cached_property
    def smallest_first(self) -> list[int]:
        """The positions of the cases, in an order in which it soon shows that a mistake is not the one."""
        sizes = [sum(arg.size for arg in case.args if isinstance(arg, np.ndarray)) for case in self.cases]
        return sorted(range(len(sizes)), key=sizes.__getitem__)

    def slips(self, patience: float) -> Slips:
        """Return the kinds of slip in right answers, with their outputs; nothing if that takes too long."""
        if self._slips is None and self.task.store:
            self._slips = self.task.store.slips(self.task.name, self.seed)
        if self._slips is None:
            self._slips = slips_of(self.task, self.cases, patience)
        return self._slips or []

    def mistaken(self, mistake: int, case: int) -> Outcome:
        """The outcome of one of the task's mistakes for one of the cases, both given by position."""
        if (mistake, case) not in self._mistaken:
            self._mistaken[mistake, case] = call(self.task.mistakes[mistake].answer, self.cases[case])
        return self._mistaken[mistake, case]


@lru_cache(maxsize=64)  # some hold large arrays, and each submission has keys of its own
def answer_key(task: Task, seed: int) -> AnswerKey:
    """Return the key of a task for one seed: the same object for every answer that is judged with that seed."""
    return AnswerKey(task, seed)


def fault_of(task: Task, case: Case, expected: Any, outcome: Outcome) -> Fault | None:
    """Return why the outcome is wrong, or None if it is right."""
    what = trouble_with(task, outcome) or _fault_in_output(
        task, case, expected, task.normalise(outcome.output)
    )
    return Fault(case, outcome, what) if what else None


def trouble_with(task: Task, outcome: Outcome) -> str:
    """Say why there is no output to judge, or that the call has changed its input; empty if neither is so."""
    if outcome.error:
        return exception_in_words(outcome.error)
    if outcome.problem:
        return f"it returned {outcome.problem}."
    if outcome.output is None:
        return "it returned None. Is a `return` missing?"
    if outcome.changed:
        return f"it changes {_argument(task, outcome.changed[0])} in place. Work on a copy, or create a new array."
    return ""


def exception_in_words(error: Raised) -> str:
    """Say what was raised, and by which of the learner's functions."""
    who = f"`{error.function}`, which it calls," if error.function else "it"
    if error.name == STUB and error.function:
        return f"{who} is still to be written."
    first_line, *_ = error.text.splitlines() or [""]
    return f"{who} raised {error.name}: {first_line}" if first_line else f"{who} raised {error.name}."


def _argument(task: Task, position: int) -> str:
    """What the task calls an argument: "its argument `X`"."""
    names = list(inspect.signature(task.answer).parameters)
    return f"its argument `{names[position]}`" if position < len(names) else f"argument {position + 1}"


def _fault_in_output(task: Task, case: Case, expected: Any, output: Any) -> str:
    """Say what is wrong with an output in canonical form, and how to write it if that is clear; empty if right."""
    fault = _difference_of(task, case, expected, output)
    is_number = task.kind == "value" and isinstance(expected, (int, float)) and not isinstance(expected, bool)
    if not fault or not is_number:
        return fault
    if _is_percentage(output) and not _difference_of(task, case, expected, output / 100):
        return f"{fault} {PERCENTAGE}"
    return f"{fault} {advice_on_number(output)}".rstrip()


def _is_percentage(output: Any) -> bool:
    return isinstance(output, (int, float)) and not isinstance(output, bool) and abs(output) <= 100


def _difference_of(task: Task, case: Case, expected: Any, output: Any) -> str:
    form = difference(output, expected, 0, ANY_NUMBERS, parts=task.parts)
    if form and not (task.is_right and isinstance(expected, (str, bool))):
        return form.sentence(reveal=False)
    broken = next((law for law in task.laws if not holds(law, output, case)), None)
    rule = f"this must hold, and does not: {broken.message}" if broken else ""
    if task.is_right:
        right = not broken and task.is_right(output, *copy.deepcopy(case.args))
        return "" if right else rule or "the result is not right."
    found = difference(output, expected, task.rtol, task.atol, parts=task.parts)
    reveal = task.kind == "function"  # the number that a value should be is the answer itself
    where = found.sentence(reveal) if found else ""
    return f"{rule}\n  {where}" if rule and where else rule or where


def holds(law: Law, output: Any, case: Case) -> bool:
    """Whether an output obeys a law. If the law raises an exception, it counts as obeyed; the comparison decides."""
    try:
        return bool(law.holds(output, *copy.deepcopy(case.args)))
    except Exception:
        return True


def recognise(task: Task, key: AnswerKey, outcomes: list[Outcome]) -> Mistake | None:
    """Return the known mistake that has the same outcomes, or None."""
    for number, mistake in enumerate(task.mistakes):
        if all(same_outcome(task, key.mistaken(number, i), outcomes[i]) for i in key.smallest_first):
            return mistake
    return None


def same_outcome(task: Task, one: Outcome, other: Outcome) -> bool:
    """Whether two calls returned the same value or failed in the same way."""
    if _failures(one) != _failures(other):
        return False
    if one.output is None or other.output is None:
        return one.output is other.output
    return difference(task.normalise(one.output), task.normalise(other.output), 1e-7, 1e-10) is None


def _failures(outcome: Outcome) -> tuple[str, bool, bool]:
    return (outcome.error.name if outcome.error else "", bool(outcome.problem), bool(outcome.changed))
