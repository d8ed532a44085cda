"""Are two plain values the same, and if not, where do they differ?

The sentences made here show what came and what shape was wanted, never the wanted numbers.
"""

import numbers

import numpy as np


class NotPlain(TypeError):
    """A value that is not made of arrays, numbers, strings, tuples and dicts."""


def plain(value):
    """`value` made of arrays, numbers, strings, tuples and dicts alone. Raises NotPlain for anything else.

    Lists of numbers, data frames and tensors become arrays; lists of other things become tuples.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int, float, complex)):
        return value
    if isinstance(value, numbers.Number):  # a Fraction, a Decimal
        return float(value)
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    if isinstance(value, (list, np.ndarray)) or hasattr(value, "__array__"):
        return _plain_array(value)
    raise NotPlain(f"a {type(value).__name__}, which is not an array, a number or a tuple of them")


def _plain_array(value):
    """A list or anything array-like as an array of numbers; with other things in it, as a tuple of its parts."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return array
        return (
            array.astype(float) if array.dtype.kind == "O" else tuple(plain(part) for part in array.tolist())
        )
    except (ValueError, TypeError):  # ragged, or entries that are no numbers
        return tuple(plain(part) for part in value)


def describe(value) -> str:
    """A short picture of a plain value: an array's shape and first numbers, or the value itself."""
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
    """A dict's key as a word, or quoted when it might be taken for something else than a key."""
    return text if text.isidentifier() else repr(text)


ANY_NUMBERS = np.finfo(float).max  # as `atol`: numbers may differ at will, only the form is compared


def difference(yours, expected, rtol: float, atol: float, where: str = "the result") -> str | None:
    """None when the two are the same; else one sentence on the first thing that differs.

    Parameters
    ----------
    yours, expected : plain values
    rtol, atol : as in `numpy.isclose`
    where : what the sentence calls the value
    """
    if isinstance(expected, tuple):
        return _tuple_difference(yours, expected, rtol, atol, where)
    if isinstance(expected, dict):
        return _dict_difference(yours, expected, rtol, atol, where)
    if isinstance(expected, (str, bool)):
        return None if type(yours) is type(expected) and yours == expected else f"{where} is not right"
    return _array_difference(yours, expected, rtol, atol, where)


def _tuple_difference(yours, expected, rtol, atol, where):
    wanted = f"expected {len(expected)} values, as in (a, b)"
    if isinstance(yours, np.ndarray) and yours.ndim:
        if len(yours) != len(expected) or any(
            np.shape(mine) != np.shape(right) for mine, right in zip(yours, expected)
        ):
            return f"{where} is one array of shape {yours.shape}, {wanted}"
        yours = tuple(yours)  # a list of parts that are alike has become an array
    if not isinstance(yours, tuple):
        return f"{where} is one value, {wanted}"
    if len(yours) != len(expected):
        return f"{where} has {len(yours)} values, expected {len(expected)}"
    for number, (mine, right) in enumerate(zip(yours, expected), start=1):
        found = difference(mine, right, rtol, atol, f"value {number} of {where}")
        if found:
            return found
    return None


def _dict_difference(yours, expected, rtol, atol, where):
    if not isinstance(yours, dict):
        return f"{where} is not a dict, expected one with the keys {', '.join(expected)}"
    if set(yours) != set(expected):
        mine, right = (", ".join(_key(key) for key in sorted(keys)) for keys in (yours, expected))
        return f"{where} has the keys {mine}, expected {right}"
    for key, wanted in expected.items():
        found = difference(yours[key], wanted, rtol, atol, f"`{key}` of {where}")
        if found:
            return found
    return None


def _array_difference(yours, expected, rtol, atol, where):
    expected = np.asarray(expected)
    wanted = f"an array of shape {expected.shape}" if expected.ndim else "one number"
    if isinstance(yours, tuple) and expected.ndim and all(isinstance(part, (int, float)) for part in yours):
        yours = np.array(yours)
    if isinstance(yours, (tuple, dict, str)) or yours is None:
        return f"{where} is {'nothing' if yours is None else 'a ' + type(yours).__name__}, expected {wanted}"
    yours = np.asarray(yours)
    if not expected.ndim and yours.size == 1:
        yours = yours.reshape(())
    if yours.shape != expected.shape:
        return f"{where} has shape {yours.shape}, expected {wanted}"
    if np.isnan(yours).any() and not np.isnan(expected).any():
        return f"{where} holds NaN (not a number): {np.isnan(yours).sum()} of {yours.size} entries"
    if np.isinf(yours).any() and not np.isinf(expected).any():
        return f"{where} holds infinity: {np.isinf(yours).sum()} of {yours.size} entries"
    off = ~np.isclose(yours, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not off.any():
        return None
    if not expected.ndim:
        return f"{where} is not right"
    first = tuple(np.argwhere(off)[0])
    place = ", ".join(str(index) for index in first)
    return (
        f"{where} is off in {off.sum()} of {off.size} entries, first at [{place}]: yours {yours[first]:.6g}"
    )
