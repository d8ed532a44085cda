"""Compare two plain values, and say where they differ."""

import re
from typing import Any, NamedTuple

import numpy as np

from mlcourse.plain import Plain
from mlcourse.typing import Array


def describe(value: Plain) -> str:
    """Summarise a plain value: the shape and first numbers of an array, or the value itself."""
    if isinstance(value, np.ndarray):
        start = ", ".join(str(one) if value.dtype == bool else f"{one:.4g}" for one in value.ravel()[:4])
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


MAX_NUMBER = 40  # characters of a number that is written as text, or digits of a whole number
NUMBER = re.compile(r"\s?[+\-−]?\d*[.,]?\d+(?:[eE][+-]?\d+)?\s?%?\s?")
ANY_NUMBERS = np.finfo(float).max  # pass as `atol` to accept any numbers and compare only the form


class Difference(NamedTuple):
    """The first difference: a sentence without the full stop; if numbers differ, the first one and the right one."""

    what: str
    yours: str = ""
    expected: str = ""

    def sentence(self, reveal: bool) -> str:
        """All of it, with the number that was expected only if that may be revealed."""
        yours = f": yours is {_in_prose(self.yours)}" if self.yours else ""
        expected = f", but it should be {_in_prose(self.expected)}" if self.yours and reveal else ""
        return f"{self.what}{yours}{expected}."


def difference(
    yours: Plain,
    expected: Plain,
    rtol: float,
    atol: float,
    where: str = "the result",
    parts: tuple[str, ...] = (),
) -> Difference | None:
    """Describe the first difference, or return None if there is none.

    Parameters
    ----------
    yours, expected : plain values
    rtol, atol : as in `numpy.isclose`
    where : name of the value in the sentence
    parts : names of the values of a tuple, instead of "value 1 of the result"
    """
    if isinstance(expected, tuple):
        return _tuple_difference(yours, expected, rtol, atol, where, parts)
    if isinstance(expected, dict):
        return _dict_difference(yours, expected, rtol, atol, where)
    if expected is None:  # in a wrong answer that another one is compared with
        return None if yours is None else Difference(f"{where} {_is(where)} not None")
    if isinstance(expected, (str, bool)):
        same = type(yours) is type(expected) and yours == expected
        return None if same else Difference(f"{where} {_is(where)} not right")
    return _array_difference(yours, expected, rtol, atol, where)


def _is(where: str) -> str:
    """The verb: "the means are", "the number of components is", "value 2 of the result is"."""
    head = where.split(" of ")[0]
    plural = head.startswith("the ") and head.endswith("s") and not head.endswith(("ss", "us", "is"))
    return "are" if plural else "is"


def _has(where: str) -> str:
    return "have" if _is(where) == "are" else "has"


def _has_shape_of(mine: Array, right: Plain) -> bool:
    """Whether a part of an array may be compared with a part of a tuple: with a number or an array of its shape."""
    return not isinstance(right, (tuple, dict, str)) and np.shape(mine) == np.shape(np.asarray(right))


def _tuple_difference(
    yours: Plain, expected: tuple[Plain, ...], rtol: float, atol: float, where: str, parts: tuple[str, ...]
) -> Difference | None:
    wanted = f"expected a tuple of {len(expected)} values"
    if isinstance(yours, np.ndarray) and yours.ndim:
        fits = len(yours) == len(expected) and all(map(_has_shape_of, yours, expected))
        if not fits:
            return Difference(f"{where} {_is(where)} one array of shape {yours.shape}; {wanted}")
        yours = tuple(yours)  # `plain` turned a list of parts of equal shape into one array
    if not isinstance(yours, tuple):
        kind = "a dict" if isinstance(yours, dict) else "one value"
        return Difference(f"{where} {_is(where)} {kind}; {wanted}")
    if len(yours) != len(expected):
        return Difference(f"{where} {_is(where)} a tuple of length {len(yours)}; {wanted}")
    names = (
        parts if len(parts) == len(expected) else [f"value {i} of {where}" for i in range(1, len(yours) + 1)]
    )
    for name, mine, right in zip(names, yours, expected):
        found = difference(mine, right, rtol, atol, name)
        if found:
            return found
    return None


def _dict_difference(
    yours: Plain, expected: dict[str, Plain], rtol: float, atol: float, where: str
) -> Difference | None:
    if not isinstance(yours, dict):
        keys = ", ".join(expected)
        return Difference(f"{where} {_is(where)} not a dict; expected a dict with the keys {keys}")
    if set(yours) != set(expected):
        mine, right = (", ".join(_key(key) for key in sorted(keys)) for keys in (yours, expected))
        return Difference(f"{where} {_has(where)} the keys {mine}; expected the keys {right}")
    for key, wanted in expected.items():
        found = difference(yours[key], wanted, rtol, atol, f"`{key}` of {where}")
        if found:
            return found
    return None


def _array_difference(
    yours: Plain, expected: Plain, rtol: float, atol: float, where: str
) -> Difference | None:
    expected = np.asarray(expected)
    wanted = f"an array of shape {expected.shape}" if expected.ndim else "one number"
    if isinstance(yours, tuple) and expected.ndim and all(isinstance(part, (int, float)) for part in yours):
        yours = np.array(yours)
    if isinstance(yours, (tuple, dict, str)) or yours is None:
        kind = "None" if yours is None else f"a {type(yours).__name__}"
        return Difference(f"{where} {_is(where)} {kind}; expected {wanted}")
    yours = np.asarray(yours)
    if not expected.ndim and yours.size == 1:
        yours = yours.reshape(())
    if yours.shape != expected.shape:
        mine = f"{_has(where)} shape {yours.shape}" if yours.ndim else f"{_is(where)} one number"
        return Difference(f"{where} {mine}; expected {wanted}")
    contains = "contain" if _is(where) == "are" else "contains"
    for name, odd in (("NaN (not a number)", np.isnan), ("infinity", np.isinf)):
        if odd(yours).any() and not odd(expected).any():
            return Difference(f"{where} {contains} {name} in {odd(yours).sum()} of {yours.size} entries")
    if expected.dtype.kind == "b" and yours.dtype.kind != "b":
        return Difference(f"{where} {_has(where)} the type {yours.dtype}; expected booleans, True or False")
    off = ~np.isclose(yours, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not off.any():
        return None
    if not expected.ndim:
        yours_here, expected_here, what = yours[()], expected[()], f"{where} {_is(where)} not right"
    else:
        first = tuple(np.argwhere(off)[0])
        yours_here, expected_here = yours[first], expected[first]
        place = ", ".join(str(index) for index in first)
        what = f"{where} {_is(where)} off in {off.sum()} of {off.size} entries, first at [{place}]"
    return Difference(what, _number(yours_here, expected_here), _number(expected_here, yours_here))


def advice_on_number(yours: Plain) -> str:
    """Say how to write what is probably meant as one number; empty if that is not clear."""
    match yours:
        case (int(whole), int(places)) if (
            0 <= places < 10**MAX_NUMBER and abs(whole) < 10**MAX_NUMBER and not isinstance(whole, bool)
        ):
            return f"If you mean {whole}.{places}, use a decimal point."
        case (int() | float(),):
            return "Is there a comma behind the number? It makes it a tuple."
        case str() if len(yours) <= MAX_NUMBER and NUMBER.fullmatch(yours):
            needed = ["remove the quotes"]
            needed += ["use a decimal point"] if "," in yours else []
            needed += ["write a percentage as a fraction"] if "%" in yours else []
            return f"{', and '.join(needed)}.".capitalize()
    return ""


def _in_prose(number: str) -> str:
    """Write a number's sign as a true minus."""
    return f"−{number[1:]}" if number.startswith("-") else number


def _number(value: Any, beside: Any) -> str:
    """A number with six digits, or with all of them if six do not tell it from the number `beside` it."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    return (
        f"{value:.6g}"
        if f"{value:.6g}" != f"{beside:.6g}"
        else repr(value.item() if hasattr(value, "item") else value)
    )
