"""Arguments of a call, for a right answer that stands in for a learner's own."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any


def bound_arguments(
    own: object, parameters: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Return the arguments of a call in the order of a task's parameters.

    Parameters
    ----------
    own : object
        The learner's function, whose signature the call may follow, if there is one.
    parameters : sequence of str
        The task's own, which the call may follow as well.
    args, kwargs
        Of the call.

    Raises
    ------
    TypeError
        If the call follows neither.
    """
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    asked = inspect.Signature([inspect.Parameter(name, kind) for name in parameters])
    try:
        bound = inspect.signature(own).bind(*args, **kwargs)  # type: ignore[arg-type]  # raises TypeError
    except (TypeError, ValueError):
        return asked.bind(*args, **kwargs).args
    if set(parameters) <= bound.arguments.keys():
        return tuple(bound.arguments[name] for name in parameters)
    return bound.args[: len(parameters)]  # what follows, such as `verbose`, is the learner's own addition
