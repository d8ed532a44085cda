"""What happened when an answer was called: data, wherever the call was made."""

import copy
import inspect
import linecache
import traceback
import warnings
from collections.abc import Callable
from types import CodeType
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
    function: str = ""  # the learner's function that raised it, if it is not the answer itself
    missing: str = ""  # the name that has no value, in a NameError
    code_below: bool = False  # whether more statements follow the line that raised it, in the same block


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
        return Outcome(error=raised(error, function))
    return Outcome(output, changed=changed_arguments(args, case.args))


def changed_arguments(now: tuple[Any, ...], before: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the positions of the arguments that differ from what they were."""
    pairs = enumerate(zip(now, before))
    return tuple(position for position, (new, old) in pairs if difference(plain(new), plain(old), 0, 0))


def raised(error: Exception, function: Callable[..., Any]) -> Raised:
    """Describe an exception of a learner's function, and find the innermost line of the learner that it has left."""
    missing = str(error.name) if type(error) is NameError else ""
    described = Raised(type(error).__name__, str(error), missing=missing)
    names = getattr(inspect.unwrap(function), "__globals__", None)
    places = [place for place in traceback.walk_tb(error.__traceback__) if place[0].f_globals is names]
    if not places:
        return described
    (outer, _), (inner, number) = places[0], places[-1]
    own = {top_name(outer.f_code), getattr(function, "__name__", "")}
    name, file = top_name(inner.f_code), inner.f_code.co_filename
    helper = name if name.isidentifier() and name not in own else ""
    other_cell = f"the cell with {helper}" if helper else "another cell"
    where = "your cell" if file == outer.f_code.co_filename else other_cell
    line = f"line {number} of {where}: {linecache.getline(file, number).strip()}"
    below = has_code_below(linecache.getlines(file), number)
    return described._replace(line=line, function=helper, code_below=below)


def has_code_below(lines: list[str], number: int) -> bool:
    """Whether the next statement after a line, counted from 1, is indented as that line is."""
    following = (line for line in lines[number:] if line.strip() and not line.lstrip().startswith("#"))
    return _indent(next(following, "")) == _indent(lines[number - 1]) > 0 if number <= len(lines) else False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def top_name(code: CodeType) -> str:
    """Return the name of the function or class at the top level that some code is in."""
    return code.co_qualname.partition(".")[0]
