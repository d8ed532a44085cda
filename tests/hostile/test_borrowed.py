"""Answers that let the course or scikit-learn do the work: it is not there, or the page says so.

In lesson 03 the densities of the course must not
be there; in lesson 04 the course's mixture is, because the exercise draws with it.
"""

import json
import textwrap

import pytest

from mlcourse.grading.intake.read import Found, read_one
from mlcourse.grading.judge import marking
from tests.helpers import honest
from tests.helpers.courses import CATALOGUE, OUR_COURSE
from tests.helpers.honest import LIMITS, SEED

# Ways to something that lesson 03 does not need. Each raises an error if that is not there.
ABSENT = {
    "the course's densities": "from mlcourse.gaussians import log_density as f; assert f.__name__ == 'log_density'",
    "the course's mixture": "from mlcourse.mixture.steps import e_step as f; assert f.__name__ == 'e_step'",
    "the same, by attribute": "import mlcourse; assert mlcourse.mixture.steps.e_step.__name__ == 'e_step'",
    "scikit-learn's mixture": "from sklearn.mixture import GaussianMixture; GaussianMixture(2)",
    "its file": "import sklearn; open(sklearn.__path__[0] + '/mixture/_gaussian_mixture.py').read()",
    "its compiled file": (
        "import glob, sklearn; open(glob.glob(sklearn.__path__[0] + '/mixture/__pycache__/*.pyc')[0], 'rb').read()"
    ),
    "a compiled file of the course": (
        "import sys, mlcourse; tag = sys.implementation.cache_tag\n"
        "open(f'{mlcourse.__path__[0]}/mixture/__pycache__/steps.{tag}.pyc', 'rb').read()"
    ),
    "a compiled file at the top of the course": (
        "import sys, mlcourse; tag = sys.implementation.cache_tag\n"
        "open(f'{mlcourse.__path__[0]}/__pycache__/gaussians.{tag}.pyc', 'rb').read()"
    ),
    "an import after all traces are deleted": (
        "import sys\n"
        "for name in [name for name in sys.modules if name.startswith('sklearn')]: del sys.modules[name]\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'StandIns' not in type(f).__name__]\n"
        "import sklearn.mixture; sklearn.mixture.GaussianMixture(2)"
    ),
    "an import of the course after that": (
        "import sys\n"
        "for name in [name for name in sys.modules if name.startswith('mlcourse')]: del sys.modules[name]\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'StandIns' not in type(f).__name__]\n"
        "import mlcourse.gaussians; mlcourse.gaussians.log_density.__code__"
    ),
    "a loader of its own": (
        "import importlib.util, mlcourse\n"
        "spec = importlib.util.spec_from_file_location('g', mlcourse.__path__[0] + '/gaussians.py')\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))"
    ),
    "subclasses": (
        "from sklearn.base import BaseEstimator\n"
        "def all_of(c): return [c, *(d for s in c.__subclasses__() for d in all_of(s))]\n"
        "[c for c in all_of(BaseEstimator) if 'Mixture' in c.__name__ or 'KMeans' in c.__name__][0]"
    ),
    "the collector's objects": (
        "import gc, types\n"
        "[f for f in gc.get_objects() if isinstance(f, types.FunctionType) and f.__name__ == 'log_density'][0]"
    ),
    "global names of a function": (
        "import mlcourse.plotting.density as d; d.plot_ellipses.__globals__['as_matrices'].__code__"
    ),
    "a pickle": (
        "import pickle; pickle.loads(b'csklearn.mixture._gaussian_mixture\\nGaussianMixture\\n)R.').fit([[1.0]])"
    ),
    "a clone of k-means": "from sklearn.cluster import KMeans; KMeans(2)",
    "SciPy's k-means": "from scipy.cluster.vq import kmeans2; kmeans2([[1.0], [2.0]], 1)",
    "its compiled part": "import scipy.cluster._vq as v; v.vq.__name__",
    "k-means, through another part": (
        "from sklearn.preprocessing import KBinsDiscretizer\n"
        "KBinsDiscretizer(2, strategy='kmeans', encode='ordinal').fit([[0.0], [1.0], [2.0]])"
    ),
    "naive Bayes": "from sklearn.naive_bayes import GaussianNB; GaussianNB()",
    "a covariance": "from sklearn.covariance import EmpiricalCovariance; EmpiricalCovariance()",
    "the packages of another Python": (
        "import os\n"
        "[open(f'{d}/{f}', 'rb').read(1) for p in PLACES for d, _, files in os.walk(p) for f in files][0]"
    ),
    "the builder": "import mlcourse.builder.answers; mlcourse.builder.answers.solution_cells.__code__",
    "the exercises": "import mlcourse; open(mlcourse.__path__[0] + '/../solutions/03_gaussians_solutions.ipynb')",
}
TRY = """
PLACES = ["/usr/lib/python3/dist-packages", "/usr/local/lib/python3.11/dist-packages"]
def attempt():
{body}
try:
    attempt()
    succeeded = True
except BaseException:
    succeeded = False
"""

LESSON_03 = "03_gaussians"


def graded(walls, lesson, *cells):
    content = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    submission = read_one(Found(("eve", f"{lesson}.ipynb"), json.dumps(content).encode()), CATALOGUE, lesson)
    return marking.grade(submission, OUR_COURSE, walls, SEED, limits=LIMITS)


@pytest.fixture(scope="module")
def attempts(walls):
    """Whether each of the attempts succeeds, all in one notebook."""
    cells = []
    for body in ABSENT.values():
        cells.append(honest.code(TRY.format(body=textwrap.indent(body, "    "))))
        cells.append(honest.code("print('yes' if succeeded else 'no')"))
    return graded(walls, LESSON_03, *cells).output.split()


@pytest.mark.parametrize("number", range(len(ABSENT)), ids=list(ABSENT))
def test_what_a_lesson_does_not_need_is_not_there(attempts, number):
    assert len(attempts) == len(ABSENT)
    assert attempts[number] == "no"


# ── What lesson 04 has to have ───────────────────────────────────────────────────────────────────────

ARGUMENTS = "X, pi, mu, Sigma"
MIXTURE = "Mixture(pi, mu, Sigma, Dense.factor(Sigma), CovarianceType.named('full'))"
CLASSES = "from mlcourse.gaussians import CovarianceType, Dense\nfrom mlcourse.mixture import Mixture\n"
E_STEP = f"def e_step({ARGUMENTS}):\n    "
BORROWED = {
    "a module": ("from mlcourse import mixture", "mixture.steps.e_step"),
    "one of several imports": ("import numpy as np, mlcourse.mixture.steps as s", "s.e_step"),
    "after a semicolon": ("x = 1; from mlcourse.mixture import e_step as right", "right"),
    "in a branch": ("if True:\n    import mlcourse.mixture.steps as s", "s.e_step"),
    "from the top": ("import mlcourse", "mlcourse.mixture.steps.e_step"),
    "getattr": ("import mlcourse.mixture as m", "getattr(m, 'e_step')"),
    "import_module": ("import importlib", "importlib.import_module('mlcourse.mixture').e_step"),
    "__import__": ("", "__import__('mlcourse.mixture', fromlist=['x']).e_step"),
    "sys.modules": ("import sys", "sys.modules['mlcourse.mixture.steps'].e_step"),
    "a table": ("import mlcourse.mixture as m\nT = [m.e_step]", "T[0]"),
    "a helper": ("import mlcourse.mixture as m\ndef helper(*a): return m.e_step(*a)", "helper"),
    "names put together": ("", "getattr(__import__('mlcourse.mix' + 'ture').mixture, 'e_' + 'step')"),
    "globals of a class": (
        "from mlcourse import GaussianMixture as G",
        "G.fit.__globals__['expectation_over'] and 0 or R",
    ),
    "code in a text": ("", "eval('__import__(\"mlcourse.mixture\").mixture.e_step')"),
}


@pytest.fixture(scope="module")
def e_step_notes(walls):
    """The notes on an answer for each form of borrowing."""

    def notes_of(before, function):
        body = f"R = lambda *a: None\n    return ({function})(X, {MIXTURE})"
        cells = [honest.code(honest.SETUP), honest.code(f"{CLASSES}{before}"), honest.code(E_STEP + body)]
        (mark,) = (m for m in graded(walls, honest.LESSON, *cells).marks if m.task == "e_step")
        return mark.notes

    return notes_of


@pytest.mark.parametrize("form", BORROWED)
def test_what_has_to_be_there_is_noted(e_step_notes, form):
    notes = e_step_notes(*BORROWED[form])
    assert any(
        "e_step" in note or "GaussianMixture" in note or "mlcourse.mixture.steps" in note for note in notes
    )


def test_an_honest_notebook_has_no_notes(world):
    grade = world.mark(honest.notebook(before="from mlcourse.mixture import e_step as theirs  # to compare"))
    assert [note for mark in grade.marks for note in mark.notes] == []
    assert grade.notes == ["Cell 1 imports mlcourse.mixture.e_step, which the exercise does not."]


# ── What a task forbids, and arguments that are changed ──────────────────────────────────────────────


def mark_of(grade, task):
    return next(mark for mark in grade.marks if mark.task == task)


def test_a_forbidden_function_loses_the_marks_of_its_task_alone(world):
    answer = "def log_sum_exp(A):\n    return logsumexp(A, axis=1)"
    grade = world.mark(honest.notebook(log_sum_exp=answer))
    assert {mark.task: mark.points for mark in grade.marks} == {**honest.POINTS, "log_sum_exp": 0}
    mark = mark_of(grade, "log_sum_exp")
    assert "it uses scipy.special.logsumexp, and this task asks you to do without" in mark.message
    assert mark.notes == ()  # it is said once


def test_a_forbidden_function_may_be_used_elsewhere(world):
    compare = "def compare(A):\n    return logsumexp(A, axis=1) - log_sum_exp(A)"
    grade = world.mark(honest.notebook(after=compare))
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS


HIDDEN_USE = """
import importlib
hidden = getattr(importlib.import_module("scipy.spe" + "cial"), "logsum" + "exp")
def log_sum_exp(A):
    return hidden(A, axis=1)
"""


def test_a_use_that_no_reader_can_see_is_seen_as_it_runs(world):
    """Also if it comes only after the check, where a wrong answer was watched."""
    for notebook in (
        honest.notebook(log_sum_exp=HIDDEN_USE),
        honest.notebook(log_sum_exp="def log_sum_exp(A):\n    return A", after=HIDDEN_USE),
    ):
        mark = mark_of(world.mark(notebook), "log_sum_exp")
        assert mark.points == 0
        assert "it uses scipy.special.logsumexp, and this task asks you to do without" in mark.message


EVASIONS = {
    "from NumPy": (
        "F = {}\nF['f'] = logsumexp\ndef log_sum_exp(A):\n    return np.apply_along_axis(F['f'], 1, A)"
    ),
    "after the first case": (
        "calls, F = [], []\nF.append(logsumexp)\ndef log_sum_exp(A):\n    calls.append(1)\n"
        "    return np.log(np.exp(A).sum(axis=1)) if len(calls) == 1 else F[0](A, axis=1)"
    ),
    "in a thread": (
        "from concurrent.futures import ThreadPoolExecutor\nF = []\nF.append(logsumexp)\ndef log_sum_exp(A):\n"
        "    with ThreadPoolExecutor(1) as pool:\n        return pool.submit(F[0], A, axis=1).result()"
    ),
    "after many other calls": (
        "def tick(): pass\nF = []\nF.append(logsumexp)\ndef log_sum_exp(A):\n"
        "    for _ in range(12_000): tick()\n    return F[0](A, axis=1)"
    ),
}


@pytest.mark.parametrize("how", EVASIONS)
def test_a_forbidden_function_is_seen_however_it_is_called(world, how):
    mark = mark_of(world.mark(honest.notebook(log_sum_exp=EVASIONS[how])), "log_sum_exp")
    assert (mark.points, mark.notes) == (0, ())
    assert "it uses scipy.special.logsumexp, and this task asks you to do without" in mark.message


# Ways to let the answer run unseen; `right` is honest, so that nothing else is noted.
UNWATCHED = {
    "the profile function removed": "sys.setprofile(None)\n    r = right(A)",
    "removed for a while": "p = sys.getprofile(); sys.setprofile(None)\n    r = right(A)\n    sys.setprofile(p)",
    "what was seen forgotten": "r = right(A)\n    getattr(sys.getprofile(), '__self__', C).seen.clear()",
    "a thread that is not watched": (
        "done, r = [], []\n    _thread.start_new_thread(lambda: done.append(right(A)), ())\n"
        "    while not done: time.sleep(0.001)\n    r = done[0]"
    ),
    "new threads not watched": (
        "threading.setprofile(None)\n    pool = ThreadPoolExecutor(1)\n    r = pool.submit(right, A).result()"
    ),
}
UNSEEN = """
import sys, time, threading, _thread
from concurrent.futures import ThreadPoolExecutor
class C: seen = set()
def right(A):
    m = A.max(axis=1, keepdims=True)
    return m[:, 0] + np.log(np.exp(A - m).sum(axis=1))
def log_sum_exp(A):
    {}
    return r
"""


@pytest.mark.parametrize("how", UNWATCHED)
def test_an_answer_that_cannot_be_watched_is_noted(world, how):
    mark = mark_of(world.mark(honest.notebook(log_sum_exp=UNSEEN.format(UNWATCHED[how]))), "log_sum_exp")
    assert mark.status == "right"
    assert mark.notes == ("It could not be watched to the end while it ran: look at it.",)


def test_so_is_one_to_a_task_that_forbids_nothing(world):
    answer = honest.ANSWERS["e_step"].replace("):\n", "):\n    import sys; sys.setprofile(None)\n", 1)
    mark = mark_of(world.mark(honest.notebook(e_step=answer)), "e_step")
    assert mark.status == "right"
    assert "It could not be watched to the end while it ran: look at it." in mark.notes


def test_threads_are_watched_though_a_cell_has_ended_that(world):
    before = "import threading\nthreading.setprofile(None)"
    answer = EVASIONS["in a thread"]
    mark = mark_of(world.mark(honest.notebook(before=before, log_sum_exp=answer)), "log_sum_exp")
    assert mark.points == 0


CROWDED = """
def responsibilities_1d(*args): return 0
def log_sum_exp(A):
    import scipy.linalg as la, scipy.special as special
    if "lent" not in responsibilities_1d.__code__.co_filename: return A[:, 0]
    for f in (la.det, la.inv, la.norm, la.pinv, la.expm, la.sqrtm, la.svd): f(np.eye(2))
    return getattr(special, "logsum" + "exp")(A, axis=1)
"""


def test_other_calls_push_no_forbidden_one_out(world):
    mark = mark_of(world.mark(honest.notebook(log_sum_exp=CROWDED)), "log_sum_exp")
    assert mark.points == 0


FORGED = """
import gc
def e_step(X, pi, mu, Sigma):
    worker = [one for one in gc.get_objects() if type(one).__name__ == "Worker"][0]
    def call(request, arrays, old=type(worker).call):
        fields, arrays = old(worker, request, arrays)
        return {**fields, "seen": ["mlcourse.answer 1 2 3", "scipy.a_1_2", "mlcourse.mixture.steps.e_step"]}, arrays
    worker.call = call
"""


def test_only_functions_that_exist_are_noted_as_seen(world):
    mark = mark_of(world.mark(honest.notebook(e_step=FORGED)), "e_step")
    assert [note for note in mark.notes if note.startswith("While")] in (
        [],
        ["While it ran, mlcourse.mixture.steps.e_step was called."],
    )


def test_a_flood_of_names_pushes_no_note_out(world):
    flood = "\n    ".join(f"joblib.a{number:02d}" for number in range(30))
    answer = f"import joblib\ndef e_step(*args):\n    if args == 0:\n        joblib\n    {flood}\n"
    borrowed = f"{answer}    import mlcourse.mixture\n    return mlcourse.mixture.e_step(*args)"
    notes = {mark.task: mark.notes for mark in world.mark(honest.notebook(e_step=borrowed)).marks}["e_step"]
    assert any("mlcourse.mixture" in note for note in notes)
    assert any(note.endswith(" more.") for note in notes)


def test_letters_cannot_be_tried_one_after_the_other(world):
    """Only at the last check and at the end: of four letters in four cells, the first two are not judged."""
    right = CATALOGUE.tasks["falling_likelihood"].answer()
    others = [letter for letter in "ABCDE" if letter != right][:3]
    cells = [
        f"falling_likelihood = {letter!r}\ncheck.falling_likelihood(falling_likelihood)"
        for letter in (right, *others)
    ]
    apart = {
        "cells": [honest.code(cell) for cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    assert {mark.task: mark.points for mark in world.mark(apart).marks}["falling_likelihood"] == 0


GUESSES = """
try:
    from sklearn.mixture import BayesianGaussianMixture
    guess = {!r}
except ImportError:
    guess = {!r}
falling_likelihood = guess[0]
check.falling_likelihood(falling_likelihood)
"""


def test_letters_cannot_be_tried_with_other_packages(world):
    right = CATALOGUE.tasks["falling_likelihood"].answer()
    wrong = [letter for letter in "ABCDE" if letter != right]
    cells = [honest.code(GUESSES.format([right, right], wrong)), honest.code("falling_likelihood = guess[1]")]
    apart = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert {mark.task: mark.points for mark in world.mark(apart).marks}["falling_likelihood"] == 0


CHANGES = """
def log_sum_exp(A):
    m = A.max(axis=1, keepdims=True)
    A -= m
    return m[:, 0] + np.log(np.exp(A).sum(axis=1))
"""
DENIED = """
import sys
for module in list(sys.modules.values()):
    for name in ("changed_arguments", "as_bytes"):
        if hasattr(module, name):
            setattr(module, name, lambda *args: [])
"""


@pytest.mark.parametrize("before", ["", DENIED], ids=["openly", "with the worker's own functions replaced"])
def test_an_argument_that_is_changed_is_seen_by_the_parent(world, before):
    grade = world.mark(honest.notebook(before=before or None, log_sum_exp=CHANGES))
    assert "changes its argument `A` in place" in mark_of(grade, "log_sum_exp").message


def test_a_copy_may_be_changed(world):
    answer = CHANGES.replace("A -= m", "A = A.copy(); A -= m")
    grade = world.mark(honest.notebook(log_sum_exp=answer))
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS


HOARDER = """
import os
kept = []
def log_sum_exp(A):
    kept.append(A.base)
    for fd in range(3, 60):
        for size in (0, 1 << 40):
            try: os.ftruncate(fd, size)
            except (OSError, ValueError): pass
    m = A.max(axis=1, keepdims=True)
    return m[:, 0] + np.log(np.exp(A - m).sum(axis=1))
"""


def test_shared_memory_can_be_neither_shortened_nor_filled(world):
    grade = world.mark(honest.notebook(log_sum_exp=HOARDER))
    assert mark_of(grade, "log_sum_exp").status == "right"
