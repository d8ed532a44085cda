"""Tasks that ask to do without something: using it loses the marks, in a notebook as in the grader."""

import inspect
from types import SimpleNamespace

import pytest
from scipy.special import logsumexp

from mlcourse.checks import answer_of, examine, notebook
from mlcourse.checks.notebook import Checker, CheckFailed
from mlcourse.checks.uses import Reader, forbidden_use
from tests.helpers.courses import CATALOGUE, OUR_COURSE

FORBIDDING = [task for task in CATALOGUE.tasks.values() if task.forbids]
SETUP = "import numpy as np\nfrom scipy.special import logsumexp"
OWN = """
def log_sum_exp(A):
    m = A.max(axis=1, keepdims=True)
    return m[:, 0] + np.log(np.exp(A - m).sum(axis=1))"""
BORROWED = {
    "directly": "def log_sum_exp(A):\n    return logsumexp(A, axis=1)",
    "by another name": "import scipy.special as s\nf = s.logsumexp\ndef log_sum_exp(A): return f(A, axis=1)",
    "through a helper": "def h(A): return logsumexp(A, axis=1)\ndef log_sum_exp(A): return h(A)",
    "as a lambda": "log_sum_exp = lambda A: logsumexp(A, axis=1)",
}
ALLOWED = {
    "imported only": OWN,
    "used in another function": f"def compare(A): return logsumexp(A, axis=1)\n{OWN}",
    "one's own function of that name": (
        "def logsumexp(a, axis): m = a.max(axis, keepdims=True); return (m + np.log(np.exp(a - m).sum(axis, "
        "keepdims=True)))[:, 0]\ndef log_sum_exp(A): return logsumexp(A, axis=1)"
    ),
    "used to compare afterwards": f"{OWN}\nprint(log_sum_exp(np.eye(2)) - logsumexp(np.eye(2), axis=1))",
}


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Check what a notebook's cells define, as a notebook does."""
    monkeypatch.chdir(tmp_path)

    def run(*cells):
        names = {"In": ["", *cells]}
        for cell in cells:
            exec(cell, names)
        shell = SimpleNamespace(user_ns=names, set_custom_exc=lambda *args: None)
        monkeypatch.setattr(notebook, "ipython_shell", lambda: shell)
        monkeypatch.setattr(notebook, "display", print)
        Checker(CATALOGUE).log_sum_exp(names["log_sum_exp"])

    return run


@pytest.mark.parametrize("form", BORROWED)
def test_a_forbidden_function_fails_the_check(check, capsys, form):
    with pytest.raises(CheckFailed):
        check(SETUP, BORROWED[form])
    assert "it uses scipy.special.logsumexp, and this task asks you to do without" in capsys.readouterr().out


@pytest.mark.parametrize("form", ALLOWED)
def test_an_import_or_a_use_elsewhere_does_not(check, form):
    check(SETUP, ALLOWED[form])


def test_wrong_numbers_are_reported_first():
    task = CATALOGUE.tasks["log_sum_exp"]
    wrong = answer_of(lambda A: A.max(axis=1))._replace(uses=frozenset(task.forbids))
    verdict = examine(task, wrong)
    assert verdict.status == "wrong"
    assert "do without" not in verdict.what
    assert verdict.families == ()


def test_tasks_forbid_what_their_text_asks_to_do_without():
    assert {task.name: task.forbids for task in FORBIDDING} == {
        "log_sum_exp": ("scipy.special.logsumexp",),
        "kl_gap": ("scipy.special.rel_entr", "scipy.special.kl_div", "scipy.stats.entropy"),
    }


@pytest.mark.parametrize("task", FORBIDDING, ids=lambda task: task.name)
def test_the_text_says_so(task):
    text = " ".join("".join(cell["source"]) for cell in OUR_COURSE.exercise(task.lesson)).replace("\n", " ")
    for name in task.forbids:
        around = text[text.index(f"`{name.rpartition('.')[2]}`") :][:60]
        assert "o it without" in around


@pytest.mark.parametrize("task", FORBIDDING, ids=lambda task: task.name)
def test_other_right_answers_do_without_too(task):
    for variant in task.variants:
        module = inspect.getmodule(variant)
        reader = Reader([inspect.getsource(module)])
        assert forbidden_use(task.forbids, reader.uses(variant.__name__).possible) is None, variant.__name__


def test_outside_a_notebook_nothing_is_read():
    Checker(CATALOGUE).log_sum_exp(lambda A: logsumexp(A, axis=1))
