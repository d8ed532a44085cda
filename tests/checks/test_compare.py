"""Comparing values."""

from fractions import Fraction

import numpy as np
import pytest

from mlcourse.checks.compare import NotPlain, difference, plain


@pytest.mark.parametrize(
    ("yours", "expected", "told"),
    [
        ((1.0,), (1.0, 2.0), "1 values, expected 2"),
        (1.0, (1.0, 2.0), "one value, expected 2"),
        (np.eye(2), (np.ones(2), np.eye(2)), "one array of shape (2, 2), expected 2"),
        ({"a": 1}, {"b": 1}, "keys"),
        (3, {"b": 1}, "not a dict"),
        ("x", np.zeros(2), "a str"),
        (None, np.zeros(2), "nothing"),
        (np.zeros(3), np.zeros(2), r"(3,)"),
        (np.array([np.nan, 0]), np.zeros(2), "NaN"),
        (np.array([np.inf, 0]), np.zeros(2), "infinity"),
        (np.array([0, 7.0]), np.zeros(2), "1 of 2 entries, first at [1]: yours 7"),
        (np.eye(2), np.zeros((2, 2)), "2 of 4 entries, first at [0, 0]"),
        (1, True, "not right"),
    ],
)
def test_difference_says_what_and_where(yours, expected, told):
    assert told in difference(yours, expected, 1e-6, 1e-6)
    assert difference(expected, expected, 0, 0) is None


def test_plain_makes_arrays_and_refuses_objects():
    assert plain([1, 2]).tolist() == [1, 2]
    assert [part.tolist() for part in plain([[1], [2, 3]])] == [[1], [2, 3]]
    assert plain({1: np.float32(2)}) == {"1": 2.0}
    assert plain(["a", "b"]) == plain(np.array(["a", "b"])) == ("a", "b")
    assert np.isnan(plain([1.0, None])[1])
    assert plain(np.array([1, 2], dtype=object)).dtype == float
    assert plain(Fraction(1, 4)) == 0.25
    with pytest.raises(NotPlain, match="set"):
        plain({1, 2})


def test_other_spellings_of_the_same_value_are_the_same():
    assert difference(np.array([[2.0]]), 2.0, 0, 0) is None
    assert difference((1.0, 2.0), np.array([1.0, 2.0]), 0, 0) is None
    assert difference(plain([[1, 2], [3, 4]]), (np.array([1, 2]), np.array([3, 4])), 0, 0) is None
