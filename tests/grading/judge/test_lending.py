"""Right answers on loan: computed elsewhere, for arguments like those of the task's own cases only."""

import sys
import time

import numpy as np
import pytest

from mlcourse.checks import Case, Lesson
from mlcourse.grading.inside.pipe import pack, unpack
from mlcourse.grading.judge import lending
from mlcourse.grading.judge.lending import Lender, Refused, accepted
from tests.helpers.courses import CATALOGUE
from tests.helpers.processes import is_running

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)

E_STEP = CATALOGUE.tasks["e_step"]
ARGS = next(iter(E_STEP.draw_cases(np.random.default_rng(5)))).args

LESSON = Lesson("01")
ODD = LESSON.task("odd", title="Odd", points=1, expected="")


@ODD.cases
def odd_cases(rng):
    yield Case("a number", (1.5,))


@ODD.reference
def odd(x):
    """Do what a reference may do with an odd argument."""
    if x == 1:
        time.sleep(60)
    if x == 2:
        return np.ones(10_000_000_000)
    if x == 3:
        raise LookupError
    return 2 * x


@pytest.fixture(scope="module")
def lender():
    with Lender([E_STEP]) as one:
        yield one


def ask(lender, name, args):
    """Ask as a worker does; return the answer, or why there is none."""
    arrays = []
    packed = pack(tuple(args), arrays)
    reply, results = lender.answer({"number": "1", "question": name, "args": packed}, arrays)
    return reply["refused"] if "refused" in reply else unpack(reply["value"], results)


def test_it_answers_as_the_reference(lender):
    for value, expected in zip(ask(lender, "e_step", ARGS), E_STEP.answer(*ARGS), strict=True):
        np.testing.assert_allclose(value, expected)
    assert lender.parameters == {"e_step": ["X", "pi", "mu", "Sigma"]}


@pytest.mark.parametrize("name", ["m_step", "", None, 3, "__class__"])
def test_other_questions_are_refused(lender, name):
    assert isinstance(ask(lender, name, ARGS), str)
    assert not isinstance(ask(lender, "e_step", ARGS), str)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"question": "e_step"},
        {"question": "e_step", "args": 1},
        {"question": "e_step", "args": {"x": []}},
    ],
)
def test_a_malformed_question_is_refused(lender, question):
    assert "refused" in lender.answer(question, [])[0]
    assert not isinstance(ask(lender, "e_step", ARGS), str)


@pytest.mark.parametrize("x", [1.0, 2.0, 3.0])
def test_a_reference_that_fails_is_no_danger(monkeypatch, x):
    monkeypatch.setattr(lending, "SECONDS", 0.5)
    with Lender([ODD]) as one:
        assert ask(one, "odd", [4.0]) == 8
        assert isinstance(ask(one, "odd", [x]), str)
        ask(one, "odd", [5.0])  # answered, or refused if the process had to be ended


def test_a_question_that_cannot_be_sent_is_refused():
    with Lender([ODD]) as one:
        assert "refused" in one.answer({"question": "\ud800"}, [])[0]


def test_there_is_a_limit_to_questions(monkeypatch):
    monkeypatch.setattr(lending, "MAX_QUESTIONS", 3)
    with Lender([ODD]) as one:
        answers = [ask(one, "odd", [4.0]) for _ in range(5)]
    assert answers[:3] == [8, 8, 8]
    assert all("3 times" in answer for answer in answers[3:])


def test_nothing_is_left_afterwards():
    with Lender([ODD]) as one:
        process = one.process
        assert is_running(process)
    assert not is_running(process)
    one.close()


X, PI, MU, SIGMA = ARGS


@pytest.mark.parametrize(
    "args",
    [
        (X.astype(np.float32), PI, MU, SIGMA),
        (np.round(X).astype(int), PI, MU, SIGMA),
        (np.vstack([X] * 50), PI, MU, SIGMA),
        (X[:0], PI, MU, SIGMA),
    ],
)
def test_arguments_of_the_right_form_are_accepted(args):
    assert [arg.dtype.kind for arg in accepted(E_STEP, args)] == ["f"] * 4


@pytest.mark.parametrize(
    "args",
    [
        (),
        ARGS[:3],
        (*ARGS, 1),
        (X[0], PI, MU, SIGMA),
        (X, PI, MU, 1.0),
        (X, PI, MU, None),
        (X, PI, MU, "full"),
        (X, PI, MU, (SIGMA, SIGMA)),
        (X, PI, MU, {"a": 1}),
        (X.astype(complex), PI, MU, SIGMA),
        (np.zeros((5_001, 2)), PI, MU, SIGMA),
        (np.zeros((5_000, 101)), PI, MU, SIGMA),
        (np.zeros((0, 5_001)), PI, MU, SIGMA),
        [X, PI, MU, SIGMA],
        None,
    ],
)
def test_arguments_of_another_form_are_refused(args):
    with pytest.raises(Refused):
        accepted(E_STEP, args)


@pytest.mark.parametrize("n_iter", [10**9, -(10**9), 2**62, 1.5, np.inf, np.nan, True + 0.5, "6", None])
def test_immodest_whole_numbers_are_refused(n_iter):
    task = CATALOGUE.tasks["fit_em"]
    *theta, _ = next(iter(task.draw_cases(np.random.default_rng(0)))).args
    assert accepted(task, (*theta, 7))[-1] == 7
    assert accepted(task, (*theta, np.array(7.0)))[-1] == 7
    with pytest.raises(Refused):
        accepted(task, (*theta, n_iter))


@pytest.mark.parametrize("label", [10**10, -(2**63), 0.5])
def test_immodest_labels_are_refused(label):
    task = CATALOGUE.tasks["inertia_of_labels"]
    X, labels = next(iter(task.draw_cases(np.random.default_rng(0)))).args
    assert accepted(task, (X, labels.astype(float)))[1].dtype.kind == "i"
    with pytest.raises(Refused):
        accepted(task, (X, np.where(labels == 0, label, labels)))


FUNCTIONS = {name: task for name, task in CATALOGUE.tasks.items() if task.kind == "function"}


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_cases_of_every_seed_are_accepted(task):
    for case in task.draw_cases(np.random.default_rng(99)):
        args = accepted(task, case.args)
        assert [type(arg) for arg in args] == [type(arg) for arg in case.args]
