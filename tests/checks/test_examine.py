"""Judgement of answers."""

import numpy as np
import pytest

from mlcourse.checks import Case, Check, Mistake, choice, examine
from mlcourse.checks.compare import plain
from tests.helpers.answers import FUNCTIONS, divides_by_zero, returns_nothing, stub


def returns_an_object(*args):
    return object()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nonsense_gets_a_helpful_message(name):
    check = FUNCTIONS[name]

    def message(answer):
        verdict = examine(check, answer)
        assert verdict.status == "wrong"
        return verdict.message

    assert examine(check, stub).status == "not attempted"
    assert "None" in message(returns_nothing)
    assert "return 1 / 0" in message(divides_by_zero)
    assert "ZeroDivisionError" in message(divides_by_zero)
    assert "object" in message(returns_an_object)
    assert "expected" in message(lambda *args: "a string")
    assert "expected" in message(lambda *args: np.zeros((1, 2, 3, 4)))
    assert "TypeError" in message(lambda: 0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_is_reported(name):
    check = FUNCTIONS[name]

    def with_nan(value):
        if isinstance(value, tuple):
            return (with_nan(value[0]), *value[1:])
        return np.full(np.shape(value), np.nan)

    verdict = examine(check, lambda *args: with_nan(plain(check.reference(*args))))
    assert verdict.status == "wrong"
    assert "NaN" in verdict.message


@pytest.mark.parametrize("name", FUNCTIONS)
def test_changing_an_argument_is_caught(name):
    check = FUNCTIONS[name]

    def changes(*args):
        result = check.reference(*args)
        next(arg for arg in args if isinstance(arg, np.ndarray))[...] = 0
        return result

    assert "changes argument " in examine(check, changes).message


def test_choice_ignores_case_and_says_why_a_letter_is_wrong():
    check = choice("letter", "00", 1, right="B", wrong={"A": "no, because."})
    assert examine(check, lambda: " b").status == "right"
    assert "no, because." in examine(check, lambda: "a").message
    assert examine(check, lambda: "Z").mistake is None


def test_a_task_with_several_right_values():
    check = Check("k", "00", 1, kind="value", reference=lambda: 4, accepts=lambda k: k in (4, 5))
    assert [examine(check, lambda k=k: k).status for k in (4, 5, 6)] == ["right", "right", "wrong"]


def test_a_mistake_that_raises_is_recognised():
    check = Check(
        "f", "00", 1, lambda x: x + 1, cases=lambda rng: [Case("a number", (1,))],
        mistakes=(Mistake("index", lambda x: [][x], "there is nothing to index."),),
    )  # fmt: skip
    assert examine(check, lambda x: ()[x]).mistake == "index"
