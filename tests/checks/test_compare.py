"""Comparison of plain values."""

from fractions import Fraction

import numpy as np
import pytest

from mlcourse.checks.compare import difference
from mlcourse.plain import NotPlain, plain


@pytest.mark.parametrize(
    ("yours", "expected", "message"),
    [
        ((1.0,), (1.0, 2.0), "a tuple of length 1; expected a tuple of 2 values"),
        (1.0, (1.0, 2.0), "one value; expected a tuple of 2"),
        (np.eye(2), (np.ones(2), np.eye(2)), "one array of shape (2, 2); expected a tuple of 2"),
        ({"a": 1}, {"b": 1}, "keys"),
        (3, {"b": 1}, "not a dict"),
        ("x", np.zeros(2), "a str"),
        (None, np.zeros(2), "None"),
        (np.zeros(3), np.zeros(2), "shape (3,)"),
        (3.0, np.zeros(2), "is one number; expected an array of shape (2,)"),
        (np.array([np.nan, 0]), np.zeros(2), "NaN"),
        (np.array([np.inf, 0]), np.zeros(2), "infinity"),
        (np.array([0, 7.0]), np.zeros(2), "1 of 2 entries, first at [1]: yours is 7"),
        (np.eye(2), np.zeros((2, 2)), "2 of 4 entries, first at [0, 0]"),
        (1, True, "not right"),
    ],
)
def test_difference_says_what_and_where(yours, expected, message):
    assert message in difference(yours, expected, 1e-6, 1e-6).sentence(reveal=True)
    assert difference(expected, expected, 0, 0) is None


def test_plain_converts_to_arrays_and_rejects_objects():
    assert plain([1, 2]).tolist() == [1, 2]
    assert [part.tolist() for part in plain([[1], [2, 3]])] == [[1], [2, 3]]
    assert plain({1: np.float32(2)}) == {"1": 2.0}
    assert plain(["a", "b"]) == plain(np.array(["a", "b"])) == ("a", "b")
    assert np.isnan(plain([1.0, None])[1])
    assert plain(np.array([1, 2], dtype=object)).dtype == float
    assert plain(Fraction(1, 4)) == 0.25
    with pytest.raises(NotPlain, match="set"):
        plain({1, 2})


def test_a_value_written_in_another_form_is_the_same():
    assert difference(np.array([[2.0]]), 2.0, 0, 0) is None
    assert difference((1.0, 2.0), np.array([1.0, 2.0]), 0, 0) is None
    assert difference(plain([[1, 2], [3, 4]]), (np.array([1, 2]), np.array([3, 4])), 0, 0) is None


def test_ragged_tuples_are_compared_part_by_part():
    """An answer that is one array, beside parts of different shapes."""
    ragged = (0.0, (1.0, np.zeros(2)))
    assert difference(np.zeros(2), ragged, 0, 0)
    assert difference(ragged, (0.0, np.zeros(2)), 0, 0)
    assert difference(ragged, ragged, 0, 0) is None
