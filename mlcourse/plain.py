"""Plain values: arrays, numbers, strings, and tuples and dicts of these. Everything that is judged is plain."""

import numbers
from typing import Any, TypeAlias

import numpy as np

from mlcourse.typing import Array

Plain: TypeAlias = "str | bool | int | float | complex | Array | tuple[Plain, ...] | dict[str, Plain] | None"


class NotPlain(TypeError):
    """The value contains something other than arrays, numbers, strings, tuples and dicts."""


def plain(value: Any) -> Plain:
    """Convert `value` to arrays, numbers, strings, tuples and dicts; raise NotPlain if that is impossible.

    Lists of numbers, data frames and tensors become arrays. Lists of anything else become tuples.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and abs(value) >= 2**63:  # NumPy has no integers of this size
        return _plain_float(value)
    if value is None or isinstance(value, (str, bool, int, float, complex)):
        return value
    if isinstance(value, numbers.Number):  # a Fraction, a Decimal
        return float(value)  # type: ignore[arg-type]  # both have __float__, which Number does not promise
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    if isinstance(value, (list, np.ndarray)) or hasattr(value, "__array__"):
        return _plain_array(value)
    raise NotPlain(f"a value of type {type(value).__name__}; expected an array, a number or a tuple of these")


def _plain_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise NotPlain("a whole number above 1e308, which no float can hold") from None


def _plain_array(value: Any) -> Plain:
    """A list or array-like as an array if it contains only numbers, otherwise as a tuple of its parts."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return array
        return (
            array.astype(float) if array.dtype.kind == "O" else tuple(plain(part) for part in array.tolist())
        )
    except (ValueError, TypeError):  # ragged, or some entries are not numbers
        return tuple(plain(part) for part in value)
