"""Honest notebooks whose answers are right at one place and not at another: no marks are lost."""

import pytest

from tests.helpers import honest

E_STEP = honest.ANSWERS["e_step"]
WRONG_E_STEP = "def e_step(X, pi, mu, Sigma):\n    return np.zeros(len(X)), np.ones((len(X), len(pi)))"
WRONG_M_STEP = "def m_step(X, R):\n    return R.mean(axis=0), X[:R.shape[1]], np.eye(X.shape[1])"
FULL = sum(honest.POINTS.values())

# What a cell after the others does, and the tasks that it would have cost.
LATER = {
    "the name again": (f"# what if …?\n{WRONG_E_STEP}", {"e_step", "fit_em"}),
    "the name as a value": ("e_step, m_step = 1, 2", {"e_step", "m_step", "fit_em"}),
    "a global that it uses": ("logsumexp = None", {"e_step", "fit_em"}),
    "a name deleted": ("del e_step, largest_weight", {"e_step", "fit_em", "largest_weight"}),
    "a value changed": ("falling_likelihood = 'B'", {"falling_likelihood"}),
    "the end of the process": ("import os\nos._exit(1)", set()),
    "NumPy broken": ("np.exp = np.log = None", set()),
}  # fmt: skip


@pytest.mark.parametrize("later", LATER)
def test_what_a_later_cell_does_costs_nothing(world, later):
    source, _ = LATER[later]
    grade = world.mark(honest.notebook(after=source))
    assert grade.points == FULL


def test_the_page_says_where_it_was_judged(world):
    source, tasks = LATER["the name again"]
    grade = world.mark(honest.notebook(after=source))
    noted = {mark.task: mark.notes for mark in grade.marks if mark.notes}
    assert noted.keys() == tasks
    assert all("a later cell (19) defines `e_step` again." in note for (note,) in noted.values())


def test_an_answer_that_is_right_in_the_end_is_right(world):
    grade = world.mark(honest.notebook(e_step=WRONG_E_STEP, after=E_STEP))
    notes = {mark.task: mark.notes for mark in grade.marks}
    assert grade.points == FULL
    assert notes["e_step"] == ("Wrong at its check (cell 8), right at the end of the notebook.",)


def test_a_crash_at_one_place_costs_nothing_at_another(world):
    crash = "def e_step(*args):\n    import os\n    os._exit(1)"
    grade = world.mark(honest.notebook(e_step=crash, after=E_STEP))
    assert grade.points == FULL


HELPERS = {
    "wrong": WRONG_E_STEP,
    "missing": "pass",
    "a stub": "def e_step(X, pi, mu, Sigma):\n    raise NotImplementedError",
    "raising": "def e_step(X, pi, mu, Sigma):\n    return 1 / 0",
    "crashing": "def e_step(X, pi, mu, Sigma):\n    import os\n    os._exit(1)",
    "of another type": "e_step = 3",
    "with other parameters": "def e_step(data, weights, means, covs, eps=1e-9):\n    return data, weights",
    "a class": "class e_step:\n    def __init__(self, *args): pass",
}


@pytest.mark.parametrize("helper", HELPERS)
def test_a_wrong_helper_costs_only_its_own_points(world, helper):
    grade = world.mark(honest.notebook(e_step=HELPERS[helper]))
    points = {mark.task: mark.points for mark in grade.marks}
    assert points == {**honest.POINTS, "e_step": 0}


# What stands where the solution's loop has `e_step(X, pi, mu, Sigma)`.
CALLS = {
    "by keywords": "e_step(X, pi=pi, mu=mu, Sigma=Sigma)",
    "through a helper": "my_e_step(X, pi, mu, Sigma)",
    "with lists": "e_step(X.tolist(), list(pi), mu, Sigma)",
    "from inside": "(lambda *args: e_step(*args))(X, pi, mu, Sigma)",
}
HELPER = "\n\ndef my_e_step(*args):\n    return e_step(*args)\n"


@pytest.mark.parametrize("form", CALLS)
def test_however_it_calls_its_wrong_helpers(world, form):
    fit_em = honest.ANSWERS["fit_em"].replace("e_step(X, pi, mu, Sigma)", CALLS[form]) + HELPER
    grade = world.mark(honest.notebook(e_step=WRONG_E_STEP, m_step=WRONG_M_STEP, fit_em=fit_em))
    mark = next(mark for mark in grade.marks if mark.task == "fit_em")
    assert (mark.points, mark.status) == (3, "right")
    assert mark.notes == ("With a right `e_step` and a right `m_step`, it is right.",)


HALF_RIGHT = {
    "log_sum_exp": ("def log_sum_exp(A):\n    return np.log(np.exp(A).sum(axis=1))", 1),
    "e_step": (
        "def e_step(X, pi, mu, Sigma):\n"
        "    joint = np.array([p * multivariate_normal(m, S).pdf(X) for p, m, S in zip(pi, mu, Sigma)]).T\n"
        "    return np.log(joint.sum(axis=1)), joint / joint.sum(axis=1, keepdims=True)",
        3,
    ),
}


@pytest.mark.parametrize("task", HALF_RIGHT)
def test_a_half_right_answer_earns_its_part(world, task):
    source, part = HALF_RIGHT[task]
    grade = world.mark(honest.notebook(**{task: source}))
    points = {mark.task: mark.points for mark in grade.marks}
    assert points == {**honest.POINTS, task: part}
