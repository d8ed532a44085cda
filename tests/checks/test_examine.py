"""Judgement of answers."""

import numpy as np
import pytest

from mlcourse.checks import Case, Lesson, Outcome, Raised, answer_of, examine
from mlcourse.checks.card import Card
from mlcourse.checks.compare import describe
from mlcourse.checks.outcome import Answer, has_code_below
from mlcourse.plain import plain
from tests.helpers.answers import FUNCTIONS, divides_by_zero, returns_nothing, stub


def returns_an_object(*args):
    return object()


def verdict_on(task, thing):
    return examine(task, answer_of(thing))


@pytest.fixture
def doubling():
    """A task on another subject: double a number, or an array."""
    task = Lesson("01_doubling").task(
        "double", title="Double it", points=1, expected="a number", parts=("the twice",)
    )

    @task.reference
    def double(x):
        return 2 * x

    @task.cases
    def cases(rng):
        yield Case("a number", (rng.normal(),))
        yield Case("three numbers", (rng.normal(size=3),))

    return task


@pytest.fixture
def doubling_in_families():
    """The same task with points for kinds of numbers."""
    task = Lesson("01_doubling").task(
        "double",
        title="Double it",
        points=4,
        expected="a number",
        families={"small": 2, "large": 1, "odd": 1},
    )

    @task.reference
    def double(x):
        return 2 * x

    @task.cases
    def cases(rng):
        yield Case("a number", (rng.uniform(1, 9),))
        yield Case("a large number", (1000 + rng.uniform(1, 9),), "large")
        yield Case("infinity", (np.inf,), "odd")
        yield Case("another large number", (-1000 - rng.uniform(1, 9),), "large")

    return task


@pytest.mark.parametrize(
    ("answer", "right", "message"),
    [
        (lambda x: 2 * x if x < 1e6 else 0, ["small", "large"], "Right so far: small, large. Not yet: odd."),
        (lambda x: 2 * x if x > -1000 else 0, ["small", "odd"], "Right so far: small, odd. Not yet: large."),
        (lambda x: 2 * x if x > 10 or x < 0 else 0, [], ""),  # without the first, the others do not count
        (lambda x: x, [], ""),
        (lambda x: 1 / 0, [], ""),
    ],
)
def test_families_of_cases_are_judged_one_by_one(doubling_in_families, answer, right, message):
    verdict = verdict_on(doubling_in_families, answer)
    assert verdict.status == "wrong"
    assert [name for name, is_right in verdict.families if is_right] == right
    assert verdict.kinds == message
    assert message in verdict.message
    assert message in str(Card(doubling_in_families, verdict))
    assert message in Card(doubling_in_families, verdict)._repr_html_()


def test_values_of_an_answer_are_judged_one_by_one():
    task = Lesson("01_moments").task(
        "moments", points=3, parts=("the mean", "the spread"), families={"the mean": 1, "the spread": 2}
    )
    task.cases(lambda rng: [Case("few", (rng.normal(size=5),)), Case("many", (rng.normal(size=50),))])
    task.reference(lambda x: (x.mean(), x.std()))

    def right(answer):
        return [name for name, is_right in verdict_on(task, answer).families if is_right]

    assert right(lambda x: (x.mean(), x.std(ddof=1))) == ["the mean"]
    assert right(lambda x: (x.mean() if len(x) > 5 else 0, x.std())) == ["the spread"]  # in all cases
    assert right(lambda x: x.mean()) == right(lambda x: (x.mean(),)) == right(lambda x: 1 / 0) == []
    kinds = verdict_on(task, lambda x: (x.mean(), x.var())).kinds
    assert kinds == "Right so far: the mean. Not yet: the spread."


def test_a_right_answer_and_a_stub_say_nothing_of_families(doubling_in_families):
    assert verdict_on(doubling_in_families, lambda x: x + x).kinds == ""
    assert verdict_on(doubling_in_families, stub).families == ()


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_nonsense_gets_a_helpful_message(task):
    def message(answer):
        verdict = verdict_on(task, answer)
        assert verdict.status == "wrong"
        return verdict.message

    assert verdict_on(task, stub).status == "not attempted"
    assert "None" in message(returns_nothing)
    assert "return 1 / 0" in message(divides_by_zero)
    assert "ZeroDivisionError" in message(divides_by_zero)
    assert "object" in message(returns_an_object)
    assert "expected" in message(lambda *args: "a string")
    assert "expected" in message(lambda *args: np.zeros((1, 2, 3, 4)))
    assert "TypeError" in message(lambda: 0)


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_nan_is_reported(task):
    def with_nan(value):
        if isinstance(value, tuple):
            place = next(i for i, part in enumerate(value) if not isinstance(part, str))
            return (*value[:place], with_nan(value[place]), *value[place + 1 :])
        return np.full(np.shape(value), np.nan)

    verdict = verdict_on(task, lambda *args: with_nan(plain(task.answer(*args))))
    assert verdict.status == "wrong"
    assert "NaN" in verdict.message


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_changing_an_argument_is_caught(task):
    def changes(*args):
        result = task.answer(*args)
        next(arg for arg in args if isinstance(arg, np.ndarray))[...] = 0
        return result

    assert "it changes its argument `" in verdict_on(task, changes).message


def test_a_choice_can_be_written_in_any_way():
    task = Lesson("00").choice("letter", right="B", wrong={"A": "no, because."}, title="Choose", points=1)
    for right in ("B", " b", "B.", "(B)", "b)", "[B]", np.str_("b"), ["B"], "B. Both are alike", "b) all"):
        assert verdict_on(task, right).status == "right", right
    assert "no, because." in verdict_on(task, "(a)").message
    assert "no, because." in verdict_on(task, "A. They differ").message
    for other in ("Z", "B or A", "Both", "AB", ""):
        assert verdict_on(task, other).status == "wrong", other
        assert verdict_on(task, other).mistake is None


def test_a_task_with_several_right_values():
    task = Lesson("00").value("k", points=1)
    task.reference(lambda: 4)
    task.accepts(lambda k: k in (4, 5))
    assert [verdict_on(task, k).status for k in (4, 5, 6)] == ["right", "right", "wrong"]


def test_a_mistake_that_raises_is_recognised(doubling):
    @doubling.mistake("there is nothing to index.")
    def index(x):
        return [][x]

    assert (
        verdict_on(doubling, lambda x: ()[0 * int(np.sum(x))]).mistake is None
    )  # an IndexError, not a TypeError
    assert verdict_on(doubling, lambda x: ()[x]).mistake.name == "index"


def test_an_answer_is_asked_and_need_not_be_a_function(doubling):
    """The grader asks another process. An outcome says all that `examine` needs to know."""

    def verdict(outcome):
        return examine(doubling, Answer("function", "double", lambda case: outcome))

    raised = verdict(Outcome(error=Raised("KeyError", "'x'", "line 3 of your cell: y[x]")))
    assert raised.message.startswith("a number: it raised KeyError: 'x'\n  in line 3 of your cell: y[x]")
    assert raised.raised
    assert "it returned a value of type Cat" in verdict(Outcome(problem="a value of type Cat")).message
    assert "its argument `x`" in verdict(Outcome(1.0, changed=(0,))).message
    assert verdict(Outcome(error=Raised("NotImplementedError"))).status == "not attempted"
    assert verdict(Outcome(...)).status == "not attempted"


@pytest.mark.parametrize(
    "dress", [list, tuple, np.asfortranarray, np.float64, lambda y: y.astype(np.float32)]
)
def test_a_right_answer_passes_in_every_dress(doubling, dress):
    doubling.draw_cases = lambda rng: [Case("three numbers", (rng.normal(size=3),))]
    doubling.rtol = 1e-6
    assert verdict_on(doubling, lambda x: dress(2 * x)).status == "right"
    doubling.draw_cases = lambda rng: [Case("a number", (rng.normal(),))]
    assert verdict_on(doubling, lambda x: np.array(2 * x)).status == "right"
    assert verdict_on(doubling, lambda x: np.float64(2 * x)).status == "right"


def test_a_mask_must_be_boolean():
    """X[mask] with integers means something else."""
    task = Lesson("00").task("mask", title="Mask", points=1, expected="array (n,) of booleans")
    task.reference(lambda x: x > 0)
    task.cases(lambda rng: [Case("numbers", (rng.normal(size=9),))])
    assert verdict_on(task, lambda x: list(x > 0)).status == "right"
    verdict = verdict_on(task, lambda x: (x > 0).astype(int))
    assert verdict.status == "wrong"
    assert "booleans" in verdict.message


def test_the_first_wrong_entry_is_shown_beside_the_right_one(doubling):
    verdict = verdict_on(doubling, lambda x: 2 * x + np.array([0, 1, 0]) if np.ndim(x) else 2 * x)
    x = verdict.case.args[0][1]
    yours, right = (f"{number:.6g}".replace("-", "−") for number in (2 * x + 1, 2 * x))
    assert f"first at [1]: yours is {yours}, but it should be {right}." in verdict.message


def test_the_answer_to_a_value_is_never_shown():
    task = Lesson("00").value("k", points=1, expected="a number")
    task.reference(lambda: 4321.5)
    assert "4321" not in verdict_on(task, 4000.0).message


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ((0, 40037), "expected one number. If you mean 0.40037, use a decimal point."),
        ((-1, 5), "If you mean -1.5, use a decimal point."),
        ((0.40037,), "Is there a comma behind the number?"),
        ("0.40037", "expected one number. Remove the quotes."),
        ("0,40037", "Remove the quotes, and use a decimal point."),
        ("40.037 %", "Remove the quotes, and write a percentage as a fraction."),
        (40.037, "Write a percentage as a fraction, such as 0.05 for 5 %."),
    ],
)
def test_a_number_in_another_form_gets_advice(answer, advice):
    task = Lesson("00").value("share", points=1, expected="a number")
    task.reference(lambda: 0.40037)
    verdict = verdict_on(task, answer)
    assert verdict.status == "wrong"
    assert advice in verdict.message
    assert advice in str(Card(task, verdict))


@pytest.mark.parametrize("answer", [(0, -1), (1, 2, 3), (True, 2), "about 3", 0.5, 41, [1, 2], ()])
def test_other_values_get_no_advice_about_numbers(answer):
    task = Lesson("00").value("share", points=1, expected="a number")
    task.reference(lambda: 0.40037)
    verdict = verdict_on(task, answer)
    assert verdict.status == "wrong"
    assert not any(word in verdict.message for word in ("point", "quotes", "comma", "percentage"))


@pytest.mark.parametrize("dress", [lambda x: [x], lambda x: np.array([x]), np.float32, str])
def test_one_number_in_an_array_is_that_number(dress):
    task = Lesson("00").value("share", points=1, expected="a number")
    task.reference(lambda: 0.5)
    assert verdict_on(task, dress(0.5)).status == ("wrong" if dress is str else "right")


def test_parts_are_called_by_their_names(doubling):
    doubling.answer = lambda x: (x, 2 * x)
    doubling.parts = ("the numbers", "the doubles")
    assert "the doubles are" in verdict_on(doubling, lambda x: (x, 3 * x)).message


def test_a_law_is_stated_as_what_must_hold(doubling):
    doubling.law("twice a number has its sign.")(lambda y, x: np.all(np.sign(y) == np.sign(x)))
    verdict = verdict_on(doubling, lambda x: -2 * x)
    assert "this must hold, and does not: twice a number has its sign." in verdict.message


def test_odd_numbers_cause_no_warnings_of_ours(doubling, recwarn):
    verdict = verdict_on(doubling, lambda x: np.full(np.shape(x), np.float64(1e308)) * 10)
    assert verdict.status == "wrong"
    assert not recwarn.list


def test_booleans_are_shown_as_booleans():
    assert describe(np.array([True, False])) == "array of shape (2,): True, False"
    assert describe(np.array([1.0, 0.0])) == "array of shape (2,): 1, 0"


@pytest.mark.parametrize(
    ("source", "number", "expected"),
    [
        ("def f(x):\n    raise NotImplementedError\n\n    # here\n    return x", 2, True),
        ("def f(x):\n    raise NotImplementedError\n    # here\n\ny = 1", 2, False),
        ("def f(x):\n    raise NotImplementedError", 2, False),
        ("raise NotImplementedError\nx = 1", 1, False),
        ("x = 1", 5, False),
    ],
)
def test_code_below_a_line_is_seen(source, number, expected):
    assert has_code_below(source.splitlines(), number) is expected
