"""Errors carried forward in a notebook: an answer is asked again with right ones in place of those that it calls."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

from mlcourse.binding import bound_arguments
from mlcourse.checks.examine import Verdict, examine, silence
from mlcourse.checks.outcome import Answer
from mlcourse.checks.task import Task
from mlcourse.plain import plain


def with_right_helpers(
    task: Task, given: Answer, function: Any, verdict: Verdict, not_right: Iterable[Task]
) -> Iterator[str]:
    """Yield a sentence on what a wrong answer is with right answers to other tasks, if that says something new.

    Parameters
    ----------
    task, given, verdict
        The task, the answer to it, and the verdict that this is wrong.
    function : object
        The learner's function that was given as the answer.
    not_right : iterable of Task
        Earlier tasks of its lesson whose answers are not known to be right.
    """
    if not isinstance(function, FunctionType):
        return
    called = names_called(function)
    helpers = [
        one
        for one in not_right
        if one.kind == "function" and one.name in called and task.carries_from(one.name)
    ]
    if not helpers:
        return
    with lent(function.__globals__, helpers):
        again = examine(task, given)
    condition = f"With {in_words(helpers)}, it is"
    if again.status == "right":
        yield f"{condition} right."
    elif verdict.helper in {one.name for one in helpers} and again.status == "wrong":
        yield f"{condition} still not right: {again.what}"


def in_words(helpers: Iterable[Task]) -> str:
    """Name right answers: "a right `e_step` and a right `m_step`"."""
    return " and ".join(f"a right `{one.name}`" for one in helpers)


def names_called(function: FunctionType) -> set[str]:
    """Return the global names that a function uses, itself or in other functions that it may call."""
    found: set[str] = set()
    waiting = [function.__code__]
    while waiting:
        code = waiting.pop()
        new = set(code.co_names) - found
        found |= new
        waiting += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        globals_ = (function.__globals__.get(name) for name in new)
        waiting += [one.__code__ for one in globals_ if isinstance(one, FunctionType)]
    return found


@contextmanager
def lent(names: dict[str, Any], helpers: Iterable[Task]) -> Iterator[None]:
    """Put right answers in the place of a notebook's own."""
    own = {one.name: names[one.name] for one in helpers if one.name in names}
    names.update({one.name: stand_in(one, own.get(one.name)) for one in helpers})
    try:
        yield
    finally:
        for one in helpers:
            names.pop(one.name, None)
        names.update(own)


def stand_in(task: Task, own: object) -> Callable[..., Any]:
    """Return a right answer that takes its arguments as the learner's own function does, or as the task says."""
    parameters = list(inspect.signature(task.answer).parameters)

    def answer(*args: Any, **kwargs: Any) -> Any:
        with silence():
            return plain(task.answer(*bound_arguments(own, parameters, args, kwargs)))

    return answer
