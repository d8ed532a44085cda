"""Abuse of right answers that are lent to a wrong one's callers: nobody earns more than their own code is worth."""

import pytest

from tests.helpers import honest

WRONG = {
    "e_step": "def e_step(X, pi, mu, Sigma):\n    return np.zeros(len(X)), np.ones((len(X), len(pi)))",
    "m_step": "def m_step(X, R):\n    return np.ones(R.shape[1]), X[: R.shape[1]], np.ones((R.shape[1], 2, 2))",
    "fit_em": "def fit_em(X, pi, mu, Sigma, n_iter):\n    return pi, mu, Sigma, np.zeros(n_iter)",
}
SIGNATURE = "def fit_em(X, pi, mu, Sigma, n_iter):\n"


def fit_em(body: str) -> str:
    return SIGNATURE + "".join(f"    {line}\n" for line in body.strip().splitlines())


# Each changes answers so that e_step, m_step and fit_em, or some of them, must be worth nothing.
NOTHING_FOR = {
    "a circle of three": {
        "e_step": "def e_step(X, pi, mu, Sigma):\n    return fit_em(X, pi, mu, Sigma, 1)[3], m_step(X, None)[0]",
        "m_step": "def m_step(X, R):\n    return fit_em(X, *e_step(X, None, None, None), None, 1)[:3]",
        "fit_em": fit_em("e_step(X, pi, mu, Sigma)\nreturn (*m_step(X, None), fit_em(X, pi, mu, Sigma, n_iter)[3])"),
    },
    "asking for itself": {
        "e_step": WRONG["e_step"],
        "fit_em": fit_em("return fit_em(X, pi, mu, Sigma, n_iter) if n_iter else e_step(X, pi, mu, Sigma)"),
    },
    "a table of what was lent": {
        "e_step": """
import builtins
builtins.table = {}
def e_step(X, pi, mu, Sigma):
    try:
        known = open("table").read()
    except OSError:
        known = ""
    return builtins.table.get(X.tobytes(), (np.zeros(len(X)), np.ones((len(X), len(pi)))))
""",
        "fit_em": fit_em("""
builtins.table[X.tobytes()] = e_step(X, pi, mu, Sigma)
open("table", "w").write(repr(builtins.table))
e_step(X[:3], pi, mu, Sigma)
return pi, mu, Sigma, np.zeros(n_iter)
"""),
    },
    "a right answer kept in a global": {
        "e_step": "kept = []\ndef e_step(X, pi, mu, Sigma):\n    return kept[0](X, pi, mu, Sigma) if kept else None",
        "m_step": "def m_step(X, R):\n    return kept[-1](X, R) if kept else None",
        "fit_em": fit_em("kept.append(e_step)\nkept.append(m_step)\nreturn e_step(X, pi, mu, Sigma)"),
    },
    "a question for another task": {
        "e_step": WRONG["e_step"],
        "fit_em": fit_em("""
from mlcourse.grading.inside import pipe
held = dict(zip(e_step.__code__.co_freevars, (cell.cell_contents for cell in e_step.__closure__)))
arrays = []
args = pipe.pack((X, pi, mu, Sigma, n_iter), arrays)
pipe.send(held["channel"], {"number": held["number"], "question": "fit_em", "args": args}, arrays)
reply, arrays = pipe.receive(held["channel"])
return pipe.unpack(reply["value"], arrays)
"""),
    },
    "malformed questions": {
        "e_step": WRONG["e_step"],
        "fit_em": fit_em("""
from mlcourse.grading.inside import pipe
held = dict(zip(e_step.__code__.co_freevars, (cell.cell_contents for cell in e_step.__closure__)))
for question in ("\\ud800", None, ["e_step"], {"e_step": 1}, "e_step", "\\0" * 10_000):
    pipe.send(held["channel"], {"number": held["number"], "question": question, "args": {"array": -1}})
    pipe.receive(held["channel"])
return e_step(X, pi, mu, Sigma)
"""),
    },
    "a question where nothing is lent": {
        "fit_em": fit_em("""
import gc, socket
from mlcourse.grading.inside import pipe
channel = next(one for one in gc.get_objects() if isinstance(one, socket.socket))
pipe.send(channel, {"number": "1", "question": "fit_em", "args": {"tuple": []}})
"""),
    },
    "huge arguments": {
        "e_step": WRONG["e_step"],
        "fit_em": fit_em("""
for n, d in ((10**6, 2), (5000, 100), (5000, 101), (10**5, 10**1)):
    try:
        e_step(np.ones((n, d)), pi, np.ones((3, d)), np.ones((3, d, d)))
    except Exception:
        pass
return e_step(np.empty((0, 10**9)), pi, mu, Sigma)
"""),
    },
    "a number that breaks the other side": {
        "e_step": WRONG["e_step"],
        "fit_em": fit_em("e_step(X * np.nan, pi, mu, Sigma)\nreturn e_step(X, pi * np.inf, mu, Sigma * 0)"),
    },
}  # fmt: skip


@pytest.mark.parametrize("abuse", NOTHING_FOR)
def test_what_is_lent_earns_nothing_else(world, abuse):
    answers = NOTHING_FOR[abuse]
    grade = world.mark(honest.notebook(**answers))
    points = {mark.task: mark.points for mark in grade.marks}
    assert points == {**honest.POINTS, **dict.fromkeys(answers, 0)}
    assert all("right answer" not in mark.message for mark in grade.marks)


def test_a_flood_of_questions_ends(world):
    flood = fit_em("while True:\n    e_step(X, pi, mu, Sigma)")
    grade = world.mark(honest.notebook(e_step=WRONG["e_step"], fit_em=flood), endless="fit_em")
    points = {mark.task: mark.points for mark in grade.marks}
    assert points == {**honest.POINTS, "e_step": 0, "fit_em": 0}


def test_what_was_lent_is_shown_nowhere(world):
    """Or a second notebook could hold a table of right answers: the cases are the same in every run."""
    tell = fit_em("print(found := e_step(X, pi, mu, Sigma)[0][0])\nraise ValueError(f'first: {found}')")
    grade = world.mark(honest.notebook(e_step=WRONG["e_step"], fit_em=tell))
    mark = next(mark for mark in grade.marks if mark.task == "fit_em")
    assert "first: 0.0" in mark.message  # what the student's own e_step returns
    assert grade.output == ""
