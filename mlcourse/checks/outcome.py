"""What happened when an answer was called: data, wherever the call was made."""

import copy
import linecache
import traceback
import warnings
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from mlcourse.checks.compare import difference
from mlcourse.checks.task import Case, Task
from mlcourse.plain import NotPlain, plain

Kind = Literal["function", "value", "none"]


class Raised(NamedTuple):
    """An exception."""

    name: str
    text: str = ""
    line: str = ""  # the learner's own line, as in "line 3 of your cell: return 1 / 0"; empty if unknown


class Outcome(NamedTuple):
    """The result of one call."""

    output: Any = None  # plain; None if there is none
    problem: str | None = None  # why the output is not plain: "a value of type object; …"
    error: Raised | None = None
    changed: tuple[int, ...] = ()  # positions of the arguments that the call has changed


class Answer(NamedTuple):
    """What a learner hands in: what kind of thing it is, its name, and how to ask it about a case."""

    kind: Kind
    name: str
    ask: Callable[[Case], Outcome]
    uses: frozenset[str] = (
        frozenset()
    )  # what it is sure to use, by full names, for tasks that forbid something


def answer_of(thing: Any) -> Answer:
    """Return an object of this process as an answer: a function is called, anything else is the output itself."""
    if callable(thing):
        name = getattr(thing, "__name__", type(thing).__name__)
        return Answer("function", name, lambda case: call(thing, case))
    kind: Kind = "none" if thing is None else "value"
    return Answer(kind, type(thing).__name__, lambda case: call(lambda: thing, case))


def given(task: Task, function: Callable[..., Any]) -> Answer:
    """Return a function's results as an answer; in a task for a value, the answer is what it returns."""
    return Answer(task.kind, task.name, lambda case: call(function, case))


def right_answer(task: Task) -> Answer:
    """Return the task's own reference as an answer."""
    return given(task, task.answer)


def call(function: Callable[..., Any], case: Case) -> Outcome:
    """Call a function on copies of the case's arguments."""
    args = copy.deepcopy(case.args)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            output = function(*args)
        output = output if output is Ellipsis else plain(output)
    except NotPlain as error:
        return Outcome(problem=str(error))
    except Exception as error:
        return Outcome(error=Raised(type(error).__name__, str(error), line_of(error, function)))
    return Outcome(output, changed=changed_arguments(args, case.args))


def changed_arguments(now: tuple[Any, ...], before: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the positions of the arguments that differ from what they were."""
    pairs = enumerate(zip(now, before))
    return tuple(position for position, (new, old) in pairs if difference(plain(new), plain(old), 0, 0))


def line_of(error: Exception, function: Callable[..., Any]) -> str:
    """Quote the line in the function's own file that led to the error; empty if there is none."""
    home: str = getattr(getattr(function, "__code__", None), "co_filename", "")
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == home]
    if not lines:
        return ""
    number = lines[-1].lineno or 0
    return f"line {number} of your cell: {linecache.getline(home, number).strip()}"
