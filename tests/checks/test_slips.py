"""Slips that are recognised by machine."""

import numpy as np
import pytest

from mlcourse.checks import Case, Lesson, answer_of, examine, with_slip
from mlcourse.checks.slips import fingerprint, slip_of


@pytest.fixture
def spread():
    """The root mean squared distance of weighted points from a centre."""
    task = Lesson("00").task("spread", title="Spread", points=1, expected="a number")

    @task.cases
    def cases(rng):
        for n in (8, 13):
            yield Case(f"{n} points", (rng.normal(size=n), rng.uniform(1, 2, size=n), rng.normal()))

    @task.reference
    def by_a_loop(x, w, centre):
        total = 0.0
        for x_i, w_i in zip(x, w):
            total += w_i * (x_i - centre) ** 2
        return np.sqrt(total / w.sum())

    @task.right
    def by_arrays(x, w, centre):
        return np.sqrt(np.sum(w * (x - centre) ** 2) / np.sum(w))

    return task


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda x, w, centre: np.average((x - centre) ** 2, weights=w), "root missing"),
        (lambda x, w, centre: np.sqrt(np.average((x + centre) ** 2, weights=w)), "sign"),
        (lambda x, w, centre: np.sqrt(w @ (x - centre) ** 2), "divisor missing"),
        (lambda x, w, centre: np.sqrt(w @ (x - centre) ** 2 / w.mean()), "other aggregate"),
    ],
)
def test_a_slip_in_other_code_is_recognised(spread, answer, kind):
    for seed in range(3):
        verdict = explained(spread, answer, seed)
        assert verdict.slip == kind
        assert "A guess: " in verdict.message


def explained(task, function, seed=0):
    answer = answer_of(function)
    return with_slip(examine(task, answer, seed), task, answer, patience=60)


def test_no_guess_where_the_cause_is_named(spread):
    def in_place(x, w, centre):
        x -= centre
        return np.average(x**2, weights=w)  # the root is missing too

    verdict = explained(spread, in_place)
    assert "its argument `x` in place" in verdict.message
    assert verdict.slip is None


def test_a_right_answer_and_an_unknown_one_have_no_slip(spread):
    assert explained(spread, spread.variants[0]).slip is None
    assert explained(spread, lambda x, w, centre: 17.25 * x[0]).slip is None


def test_without_patience_and_kept_slips_nothing_is_said(spread):
    answer = answer_of(lambda x, w, centre: np.average((x - centre) ** 2, weights=w))
    assert with_slip(examine(spread, answer), spread, answer, patience=0).slip is None


def test_known_mistakes_go_first(spread):
    spread.mistake("take the root.")(lambda x, w, centre: np.average((x - centre) ** 2, weights=w))
    verdict = explained(spread, lambda x, w, centre: np.average((x - centre) ** 2, weights=w))
    assert (verdict.mistake.message, verdict.slip) == ("take the root.", None)


def test_an_exception_in_another_case_belongs_to_the_slip():
    task = Lesson("00").task("mean", title="Mean", points=1, expected="a number")
    task.cases(lambda rng: [Case("three numbers", (rng.normal(size=3),)), Case("one", (rng.normal(size=1),))])

    @task.reference
    def mean(x):
        return float(sum(x)) / len(x)

    verdict = explained(task, lambda x: float(x.sum()) / (x.size - 1))
    assert not verdict.raised
    assert verdict.slip == "one off"


def test_nothing_is_said_if_several_kinds_fit():
    one, other = (fingerprint(np.arange(3.0)),), (fingerprint(np.ones(3)),)
    assert slip_of(one, [("sign", one), ("axis", other)]) == "sign"
    assert slip_of(one, [("sign", one), ("axis", one)]) is None
    assert slip_of(one, []) is None
    assert slip_of(one, [("factor missing", one), ("wrong constant", one)]) == "factor missing"


def test_a_mutant_that_never_ends_is_given_up():
    task = Lesson("00").task("count", title="Count", points=1, expected="a number")
    task.cases(lambda rng: [Case("a number", (int(rng.integers(5, 9)),))])

    @task.reference
    def count(n):
        total = 0
        while total < n:
            total += 1
        return total

    assert explained(task, lambda n: n - 1).status == "wrong"


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a[::-1],
        lambda a: a + 1e-3,
        lambda a: a[:-1],
        lambda a: a.reshape(2, 3),
        lambda a: (a, a),
        lambda a: np.where(a == a[0], np.nan, a),
    ],
)
def test_fingerprints_tell_outputs_apart(change):
    values = np.random.default_rng(0).normal(size=6)
    assert not fingerprint(values).matches(fingerprint(change(values)))
    assert fingerprint(values).matches(fingerprint(values * (1 + 1e-12)))
