"""Compare two plain values, and describe where they differ.

The messages show what was received and which shape was expected, never the expected numbers.
"""

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


def describe(value: Plain) -> str:
    """Summarise a plain value: the shape and first numbers of an array, or the value itself."""
    if isinstance(value, np.ndarray):
        start = ", ".join(f"{number:.4g}" for number in value.ravel()[:4])
        more = ", …" if value.size > 4 else ""
        return f"{start}{more}" if value.ndim == 0 else f"array of shape {value.shape}: {start}{more}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return "(" + "; ".join(describe(part) for part in value) + ")"
    if isinstance(value, dict):
        return "{" + "; ".join(f"{_key(key)}: {describe(part)}" for key, part in value.items()) + "}"
    return repr(value)


def _key(text: str) -> str:
    """A dict key as a bare word, or in quotes if it could be mistaken for something else."""
    return text if text.isidentifier() else repr(text)


ANY_NUMBERS = np.finfo(float).max  # pass as `atol` to accept any numbers and compare only the form


def difference(
    yours: Plain, expected: Plain, rtol: float, atol: float, where: str = "the result"
) -> str | None:
    """Describe the first difference in one sentence, or return None if there is none.

    Parameters
    ----------
    yours, expected : plain values
    rtol, atol : as in `numpy.isclose`
    where : name of the value in the sentence
    """
    if isinstance(expected, tuple):
        return _tuple_difference(yours, expected, rtol, atol, where)
    if isinstance(expected, dict):
        return _dict_difference(yours, expected, rtol, atol, where)
    if isinstance(expected, (str, bool)):
        return None if type(yours) is type(expected) and yours == expected else f"{where} is not right"
    return _array_difference(yours, expected, rtol, atol, where)


def _tuple_difference(
    yours: Plain, expected: tuple[Plain, ...], rtol: float, atol: float, where: str
) -> str | None:
    wanted = f"expected a tuple of {len(expected)} values"
    if isinstance(yours, np.ndarray) and yours.ndim:
        if len(yours) != len(expected) or any(
            np.shape(mine) != np.asarray(right).shape for mine, right in zip(yours, expected)
        ):
            return f"{where} is one array of shape {yours.shape}; {wanted}"
        yours = tuple(yours)  # `plain` turned a list of parts of equal shape into one array
    if not isinstance(yours, tuple):
        return f"{where} is one value; {wanted}"
    if len(yours) != len(expected):
        return f"{where} is a tuple of length {len(yours)}; {wanted}"
    for number, (mine, right) in enumerate(zip(yours, expected), start=1):
        found = difference(mine, right, rtol, atol, f"value {number} of {where}")
        if found:
            return found
    return None


def _dict_difference(
    yours: Plain, expected: dict[str, Plain], rtol: float, atol: float, where: str
) -> str | None:
    if not isinstance(yours, dict):
        return f"{where} is not a dict; expected a dict with the keys {', '.join(expected)}"
    if set(yours) != set(expected):
        mine, right = (", ".join(_key(key) for key in sorted(keys)) for keys in (yours, expected))
        return f"{where} has the keys {mine}; expected the keys {right}"
    for key, wanted in expected.items():
        found = difference(yours[key], wanted, rtol, atol, f"`{key}` of {where}")
        if found:
            return found
    return None


def _array_difference(yours: Plain, expected: Plain, rtol: float, atol: float, where: str) -> str | None:
    expected = np.asarray(expected)
    wanted = f"an array of shape {expected.shape}" if expected.ndim else "one number"
    if isinstance(yours, tuple) and expected.ndim and all(isinstance(part, (int, float)) for part in yours):
        yours = np.array(yours)
    if isinstance(yours, (tuple, dict, str)) or yours is None:
        return f"{where} is {'None' if yours is None else 'a ' + type(yours).__name__}; expected {wanted}"
    yours = np.asarray(yours)
    if not expected.ndim and yours.size == 1:
        yours = yours.reshape(())
    if yours.shape != expected.shape:
        mine = f"has shape {yours.shape}" if yours.ndim else "is one number"
        return f"{where} {mine}; expected {wanted}"
    if np.isnan(yours).any() and not np.isnan(expected).any():
        return f"{where} contains NaN (not a number) in {np.isnan(yours).sum()} of {yours.size} entries"
    if np.isinf(yours).any() and not np.isinf(expected).any():
        return f"{where} contains infinity in {np.isinf(yours).sum()} of {yours.size} entries"
    off = ~np.isclose(yours, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not off.any():
        return None
    if not expected.ndim:
        return f"{where} is not right"
    first = tuple(np.argwhere(off)[0])
    place = ", ".join(str(index) for index in first)
    return f"{where} is off in {off.sum()} of {off.size} entries, first at [{place}]: yours is {yours[first]:.6g}"
