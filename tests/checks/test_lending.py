"""Right answers in the place of a learner's own, in a notebook."""

import numpy as np
import pytest

from mlcourse.binding import bound_arguments
from mlcourse.checks import Lesson, answer_of, examine
from mlcourse.checks.catalogue import Catalogue
from mlcourse.checks.lending import names_called
from mlcourse.checks.notebook import Checker, CheckFailed
from mlcourse.checks.task import Case

STUB = "def double(x):\n    raise NotImplementedError"
QUADRUPLE = "def quadruple(x):\n    return double(double(x))"
WRONG_TOO = "def quadruple(x):\n    return double(x)"


@pytest.fixture
def lesson():
    """Two tasks, of which the second calls the first."""
    lesson = Lesson("01_doubling")
    double = lesson.task("double", title="Double it", points=1, expected="a number")
    double.reference(lambda x: 2 * x)
    quadruple = lesson.task("quadruple", title="Four times", points=1, expected="a number")
    quadruple.reference(lambda x: 4 * x)
    for task in (double, quadruple):
        task.cases(lambda rng: [Case("a number", (rng.normal(),))])
    return lesson


@pytest.fixture
def tell(lesson, capsys):
    """Run some code, and return what the check of `quadruple` says."""
    checker = Checker(Catalogue([lesson]))

    def run(*sources):
        names = {"np": np}
        for source in sources:
            exec(source, names)
        before = dict(names)
        with pytest.raises(CheckFailed):
            checker.quadruple(names["quadruple"])
        assert names == before
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("helper", "what"),
    [
        (STUB, "`double`, which it calls, is still to be written."),
        (
            "def double(x):\n    return 1 / 0",
            "`double`, which it calls, raised ZeroDivisionError: division by zero",
        ),
        ("def double(x):\n    assert x is None", "`double`, which it calls, raised AssertionError."),
        ("", "it raised NameError: name 'double' is not defined"),
        ("def double(x):\n    x + x", "its `return` is missing"),
        ("def double(y):\n    return 3 * y", "the result is not right"),
    ],
)
def test_it_says_what_is_wrong_with_a_helper_and_what_is_right(tell, helper, what):
    said = tell(helper, QUADRUPLE)
    assert what in said
    assert "not attempted" not in said
    assert "With a right `double`, it is right." in said


def test_it_says_what_is_still_wrong_with_a_right_helper(tell):
    said = tell(STUB, WRONG_TOO)
    assert "`double`, which it calls, is still to be written." in said
    assert "With a right `double`, it is still not right: a number: the result is not right" in said


def test_it_says_nothing_of_helpers_that_have_no_part_in_it(tell):
    said = tell("def double(y):\n    return 3 * y", "def quadruple(x):\n    return x")
    assert "With a right" not in said
    assert "With a right" not in tell("def double(y):\n    return 2 * y", WRONG_TOO)


def test_calls_are_followed_through_other_functions():
    names = {}
    exec("def f(x): return [g(one) for one in x]\ndef g(x): return double(x)", names)
    assert {"g", "double"} <= names_called(names["f"])


@pytest.mark.parametrize(
    "call", ["double(x) + 1", "1 + double(x)", "double(x)[0]", "double(x).sum()", "sum(double(x))"]
)
@pytest.mark.parametrize(
    ("helper", "advice"),
    [
        ("pass", "If one of your functions returns it, its `return` is missing."),
        ("return ...", "is still `...`"),
    ],
)
def test_a_value_that_is_none_has_a_likely_cause(lesson, helper, advice, call):
    names = {}
    exec(f"def double(x):\n    {helper}\ndef quadruple(x):\n    return {call}", names)
    _, task = lesson.tasks
    assert advice in examine(task, answer_of(names["quadruple"])).message


def test_a_stub_is_one_whatever_is_wrapped_around_it(lesson):
    _, task = lesson.tasks
    names = {}
    exec(
        "import functools\ndef timed(f):\n    @functools.wraps(f)\n    def wrapper(*args): return f(*args)\n"
        "    return wrapper\n@timed\ndef quadruple(x):\n    return [one() for one in [_later]]\n"
        "def _later(): raise NotImplementedError",
        names,
    )
    assert "`_later`, which it calls" in examine(task, answer_of(names["quadruple"])).message
    exec("@timed\n@functools.lru_cache\ndef quadruple(x):\n    raise NotImplementedError", names)
    assert examine(task, answer_of(names["quadruple"])).status == "not attempted"


def m_step(X, R, verbose):
    """Take one argument more than the task says."""


OWN = {
    "the task's": ((1, 2), {}),
    "the task's, by name": ((), {"R": 2, "X": 1}),
    "one's own": ((1, 2, True), {}),
    "one's own, by name": ((1,), {"verbose": 0, "R": 2}),
}


@pytest.mark.parametrize("call", OWN)
def test_a_call_may_follow_the_task_or_ones_own_function(call):
    args, kwargs = OWN[call]
    assert bound_arguments(m_step, ["X", "R"], args, kwargs) == (1, 2)


@pytest.mark.parametrize(
    ("own", "args"),
    [(None, (1, 2)), (lambda R, X: 0, (2, 1)), (lambda a, b, c=3: 0, (1, 2, 3)), (lambda *all: 0, (1, 2))],
)
def test_arguments_are_in_the_order_of_the_task(own, args):
    assert bound_arguments(own, ["X", "R"], args, {}) == (1, 2)


def test_a_call_that_follows_neither_is_an_error():
    with pytest.raises(TypeError):
        bound_arguments(m_step, ["X", "R"], (1,), {})


def test_a_helper_with_one_argument_more_costs_nothing_else(tell):
    assert "With a right `double`, it is right." in tell("def double(x, loud):\n    return x", QUADRUPLE)
