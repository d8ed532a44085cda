"""Errors carried forward: which answers are lent, and that a wrong answer costs only its own points."""

import sys

import pytest

from mlcourse.grading.intake.read import Found, read_one
from mlcourse.grading.judge import marking
from mlcourse.grading.judge.carrying import joined, to_lend
from mlcourse.grading.judge.reading import Reading
from mlcourse.grading.records.grade import Cell, Mark, Submission
from tests.helpers import honest
from tests.helpers.courses import CATALOGUE, OUR_COURSE

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)

TASKS = CATALOGUE.of_lesson("04_em").tasks
FIT_EM = CATALOGUE.tasks["fit_em"]
EARLIER = TASKS[: TASKS.index(FIT_EM)]
WRONG_E_STEP = "def e_step(X, pi, mu, Sigma):\n    return np.zeros(len(X)), np.ones((len(X), len(pi)))"


def lent_to(task, *sources, **statuses):
    """The names of what is lent to a task, if these are the statuses of the marks that are not right."""
    marks = {one.name: Mark(one.name, 0, 1, statuses.get(one.name, "right")) for one in TASKS}
    reading = Reading(Submission("ada", "x", tuple(Cell("code", source) for source in sources)))
    return [one.name for one in to_lend(task, EARLIER, marks, reading)]


def test_only_what_is_called_and_not_right_is_lent():
    calls_both = "def fit_em(X): return e_step(X), m_step(X)"
    wrong = {"fit_em": "wrong", "e_step": "wrong"}
    assert lent_to(FIT_EM, calls_both, **wrong) == ["e_step"]
    assert lent_to(FIT_EM, calls_both, **wrong, m_step="missing") == ["e_step", "m_step"]
    assert lent_to(FIT_EM, "def fit_em(X): return X", **wrong) == []
    assert lent_to(FIT_EM, calls_both, fit_em="wrong") == []


def test_calls_are_followed_through_helpers():
    helper = "def one_round(X): return e_step(X)"
    wrong = {"fit_em": "not attempted", "e_step": "not attempted"}
    assert lent_to(FIT_EM, helper, "def fit_em(X): return one_round(X)", **wrong) == ["e_step"]


def test_what_cannot_be_read_may_call_anything():
    wrong = {"fit_em": "wrong", "e_step": "wrong", "m_step": "right"}
    assert lent_to(FIT_EM, "exec(text)", **wrong) == ["e_step"]


def test_nothing_is_lent_to_what_is_missing_or_opted_out(monkeypatch):
    wrong = {"fit_em": "wrong", "responsibilities_1d": "wrong", "fix_em": "wrong", "e_step": "wrong"}
    call = "def fit_em(X): return e_step(X)"
    assert lent_to(FIT_EM, call, **{**wrong, "fit_em": "missing"}) == []
    monkeypatch.setattr(FIT_EM, "carries", False)
    assert lent_to(FIT_EM, call, **wrong) == []


def test_only_what_the_text_of_a_bug_hunt_names_is_lent():
    fix_em = CATALOGUE.tasks["fix_em"]
    cell = "def fix_em(x, pi, mu, var): return m_step(x, responsibilities_1d(x, pi, mu, var))"
    wrong = {"fix_em": "wrong", "m_step": "not attempted", "responsibilities_1d": "wrong"}
    assert lent_to(fix_em, cell, **wrong) == ["responsibilities_1d"]
    for name, earlier in {
        "fix_elbo": "kl_gap",
        "fix_tied": "constrain_scatter",
        "fix_report": "held_out_scores",
        "fix_evaluation": "alarm_rates",
    }.items():
        assert not CATALOGUE.tasks[name].carries_from(earlier)


def test_no_answer_is_only_a_call_of_an_earlier_one():
    """Or it would be right for nothing. The solutions say which answers call others; these do more."""
    more_than_a_call = {"fix_em", "fit_em", "fill_row", "missing_m_step"}
    for name, lesson in CATALOGUE.lessons.items():
        path = OUR_COURSE.notebook("solutions", name)
        reading = Reading(read_one(Found(("ada", path.name), path.read_bytes()), CATALOGUE))
        for place, task in enumerate(lesson.tasks):
            earlier = {one.name for one in lesson.tasks[:place] if one.kind == "function"}
            needed = reading.needs(task.name)
            assert needed is not None, task.name
            assert not needed & earlier or task.name in more_than_a_call


def graded(some_sandbox, content, **rules):
    submission = read_one(Found(("ada", "04_em.ipynb"), honest.as_bytes(content)), CATALOGUE)
    return marking.grade(submission, OUR_COURSE, some_sandbox, b"seed", **rules)


def marks_of(grade):
    return {mark.task: mark for mark in grade.marks}


def test_a_right_answer_that_calls_a_wrong_one_is_right(some_sandbox):
    grade = graded(some_sandbox, honest.notebook(e_step=WRONG_E_STEP))
    mark = marks_of(grade)["fit_em"]
    assert (mark.points, mark.status, mark.message) == (3, "right", "")
    assert mark.notes == ("With a right `e_step`, it is right.",)
    assert grade.points == sum(honest.POINTS.values()) - honest.POINTS["e_step"]


def test_it_is_wrong_if_the_course_says_so(some_sandbox):
    mark = marks_of(graded(some_sandbox, honest.notebook(e_step=WRONG_E_STEP), carry_forward=False))["fit_em"]
    assert (mark.points, mark.status, mark.notes) == (0, "wrong", ())


def test_a_part_of_the_points_is_given_or_not(some_sandbox):
    naive = "def log_sum_exp(A):\n    return np.log(np.exp(A).sum(axis=1))"
    grade = graded(some_sandbox, honest.notebook(log_sum_exp=naive))
    mark = marks_of(grade)["log_sum_exp"]
    assert (mark.points, mark.out_of, mark.status, mark.mistake) == (1, 2, "wrong", "naive")
    assert mark.families == (("ordinary numbers", 1, 1), ("extreme numbers", 0, 1))
    assert mark.message.endswith("1 of 2 points: right for ordinary numbers, not for extreme numbers.")
    mark = marks_of(graded(some_sandbox, honest.notebook(log_sum_exp=naive), partial=False))["log_sum_exp"]
    assert (mark.points, mark.families) == (0, ())
    assert "Right so far: ordinary numbers. Not yet: extreme numbers." in mark.message


def test_a_resumed_run_gives_the_same_marks(some_sandbox):
    content = honest.notebook(e_step=WRONG_E_STEP, after="def m_step(X, R):\n    return 1")
    whole = graded(some_sandbox, content)
    for kept in range(3):
        done = {mark.task: mark for place, mark in enumerate(whole.marks) if place % 3 == kept}
        assert graded(some_sandbox, content, done=done).marks == whole.marks


def test_what_the_cells_print_is_kept_but_not_what_was_lent(some_sandbox):
    spy = "_e = e_step\ndef fit_em(X, pi, mu, Sigma, n):\n    print(e_step(X, pi, mu, Sigma))\n    raise ValueError"
    content = honest.notebook(e_step=WRONG_E_STEP, fit_em=spy, after="print('the end')")
    grade = graded(some_sandbox, content)
    assert grade.output == "the end\n"
    assert marks_of(grade)["fit_em"].notes == ()


STUB = "def e_step(X, pi, mu, Sigma):\n    raise NotImplementedError"
WRONG_FIT_EM = honest.ANSWERS["fit_em"].replace("return ", "return 1 + ")


@pytest.mark.parametrize(
    ("helper", "what"),
    [
        (
            STUB,
            "`e_step`, which it calls, is still to be written.\n  in line 2 of cell ",
        ),
        ("def e_step(*args):\n    return 1 / 0", "`e_step`, which it calls, raised ZeroDivisionError"),
        ("", "it raised NameError: name 'e_step' is not defined"),
        ("def e_step(*args): ...", "its `return` is missing"),
    ],
)
def test_a_wrong_helper_is_named(some_sandbox, helper, what):
    content = honest.notebook(e_step=helper)
    right = marks_of(graded(some_sandbox, content))["fit_em"]
    assert (right.status, right.notes) == ("right", ("With a right `e_step`, it is right.",))
    mark = marks_of(graded(some_sandbox, content, carry_forward=False))["fit_em"]
    assert mark.status == "wrong"
    assert what in mark.message


def test_what_is_still_wrong_with_a_right_helper_is_said(some_sandbox):
    mark = marks_of(graded(some_sandbox, honest.notebook(e_step=STUB, fit_em=WRONG_FIT_EM)))["fit_em"]
    first, then = mark.message.split("\nWith a right `e_step`, it is still not right: ")
    assert "`e_step`, which it calls, is still to be written." in first
    assert "the weights are off" in then
    assert (mark.points, mark.status, mark.notes) == (0, "wrong", ())


def test_an_own_stub_behind_a_helper_is_not_attempted(some_sandbox):
    answer = (
        "def fit_em(X, pi, mu, Sigma, n_iter):\n    e_step(X, pi, mu, Sigma)\n    raise NotImplementedError"
    )
    mark = marks_of(graded(some_sandbox, honest.notebook(e_step=STUB, fit_em=answer)))["fit_em"]
    assert mark.status == "not attempted"
    assert mark.message == "replace the line `raise NotImplementedError(…)` with your answer."


PARTLY = Mark("fit_em", 2, 3, "wrong", "the second message", mistake="a mistake", advice="avoid it")


def test_the_second_judging_adds_to_the_first():
    mark = Mark("fit_em", 1, 3, "wrong", "the first message", notes=("a note",))
    condition = "With a right `e_step`, it is"
    better = joined(mark, PARTLY, condition)
    assert (better.points, better.mistake) == (2, "a mistake")
    assert better.message == "With a right `e_step`, it is still not right: the second message"
    assert better.notes == ("a note",)
    worse = joined(mark, PARTLY._replace(points=0), condition)
    assert (worse.points, worse.mistake) == (1, "a mistake")
    assert worse.message == f"the first message\n{better.message}"
    same = joined(mark, mark, condition)
    assert (
        same.message
        == "the first message\nWith a right `e_step`, it is still not right, for the same reason."
    )
    assert joined(mark, mark._replace(status="missing"), condition) == mark


def test_what_is_wrong_is_said_once():
    first, again = Mark("fit_em", 0, 3, "wrong", "It is off."), "It is off.\nLikely mistake: a sign."
    found = joined(first, first._replace(message=again), "With a right `e_step`, it is")
    assert found.message == f"{again}\nWith a right `e_step`, it is still not right, for the same reason."
