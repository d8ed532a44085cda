"""What a worker is asked about answers: what a call returns or raises, as plain values."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from mlcourse.grading.inside.lines import places_of
from mlcourse.grading.inside.pipe import pack
from mlcourse.plain import NotPlain, plain
from mlcourse.typing import Array


def evaluate(compute: Callable[[], object]) -> tuple[dict[str, Any], list[Array]]:
    """Call `compute`, and return its value, or the exception that it raised, as JSON and arrays."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):  # as in the notebook's check
            warnings.simplefilter("ignore")
            output = compute()
        arrays: list[Array] = []
        return {"value": pack(output if output is Ellipsis else plain(output), arrays)}, arrays
    except NotPlain as error:
        return {"not plain": str(error)[:200]}, []
    except BaseException as error:
        return {"error": describe_exception(error)}, []


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return an exception's name, the start of its message, and where in the notebook it was raised.

    That is a place, and the function there if it is not the one that was called. `missing` is a name without a value.
    """
    try:
        text = str(error)[:500]
    except Exception:  # computing the message may fail
        text = ""
    places = places_of(error)
    called, raising = (places[0].function, places[-1].function) if places else ("", "")
    return {
        "name": type(error).__name__[:100],
        "text": text,
        "place": places[-1][:2] if places else None,
        "function": raising[:100] if raising != called else "",
        "missing": str(error.name)[:100] if type(error) is NameError else "",
    }
