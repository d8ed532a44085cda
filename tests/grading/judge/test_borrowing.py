"""What an answer borrows is noted, and what it may use is not."""

import json

import pytest

from mlcourse.grading.judge.borrowing import Borrowing
from mlcourse.grading.records.grade import Attachment, Cell, Submission
from tests.helpers.courses import CATALOGUE, OUR_COURSE

LESSONS = sorted(CATALOGUE.lessons)


def notebook(*sources, lesson="04_em", files=()):
    cells = tuple(Cell("code", source) for source in sources)
    return Submission("ada", "x", (Cell("markdown", "import nothing"), *cells), lesson, files=files)


def notes_on(task, *sources, seen=(), **options):
    borrowing = Borrowing(notebook(*sources, **options), OUR_COURSE, {task: set(seen)})
    return borrowing.notes_on(CATALOGUE.tasks[task])


def notes(*sources, **options):
    return Borrowing(notebook(*sources, **options), OUR_COURSE, {}).notes()


def test_a_function_of_the_course_is_noted():
    cell = "from mlcourse import mixture\ndef e_step(X, pi, mu, Sigma): return mixture.steps.e_step(X, pi)"
    assert notes_on("e_step", cell) == ("It uses mlcourse.mixture.steps.e_step.",)


def test_a_forbidden_function_is_noted_with_what_the_text_says():
    cell = "from scipy.special import logsumexp\ndef log_sum_exp(A): return logsumexp(A, axis=1)"
    (note,) = notes_on("log_sum_exp", cell)
    assert note == "It uses scipy.special.logsumexp, although the task asks to do without."
    assert notes_on("e_step", cell.replace("log_sum_exp", "e_step")) == ()  # there it may be used


def test_what_was_seen_is_noted_if_it_was_not_read():
    seen = {"mlcourse.mixture.steps.e_step", "scipy.stats._multivariate.multivariate_normal_gen.__call__"}
    hidden = "def e_step(X): return eval('mixture.e_' + 'step')(X)"
    assert notes_on("e_step", hidden, seen=seen) == (
        "While it ran, mlcourse.mixture.steps.e_step was called.",
    )
    read = "from mlcourse.mixture import e_step as f\ndef e_step(X): return f(X)"
    assert notes_on("e_step", read, seen=seen) == ("It uses mlcourse.mixture.e_step.",)


def test_a_package_that_the_exercise_does_not_import_is_noted():
    assert notes_on("e_step", "import torch\ndef e_step(X): return torch.softmax(X)") == (
        "It uses torch.softmax.",
    )


def test_borrowing_in_a_module_handed_in_is_noted():
    module = Attachment("mine.py", b"from mlcourse.mixture import e_step as right\ndef f(X): return right(X)")
    found = notes_on("e_step", "import mine\ndef e_step(X): return mine.f(X)", files=(module,))
    assert found == ("It uses mlcourse.mixture.e_step.",)


def test_names_are_shown_as_text_of_a_limited_length():
    cell = f"import {'x' * 5000} as y\ndef e_step(X): return y.f(X)"
    (note,) = notes_on("e_step", cell)
    assert len(note) < 120


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solutions_have_no_notes(lesson):
    cells = json.loads(OUR_COURSE.notebook("solutions", lesson).read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for task in CATALOGUE.of_lesson(lesson).tasks:
        assert notes_on(task.name, *sources, lesson=lesson) == ()


@pytest.mark.parametrize("lesson", LESSONS)
def test_nothing_that_was_handed_out_is_noted(lesson):
    cells = OUR_COURSE.exercise(lesson)
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert notes(*sources, lesson=lesson) == []


def test_imports_are_noted():
    source = """from sklearn.mixture import GaussianMixture
import mlcourse.mixture, torch
from mlcourse import check, mixture
from mlcourse.datasets import load_points
import math; import google.colab.drive
import numpy.linalg as la
if True: import scipy.cluster.vq
"""
    assert notes(source) == [
        f"Cell 2 imports {name}, which the exercise does not."
        for name in (
            "mlcourse.mixture",
            "scipy.cluster.vq",
            "sklearn.mixture.GaussianMixture",
            "torch",
        )
    ]


@pytest.mark.parametrize("source", ["import importlib", "m = sys.modules"])
def test_what_can_hide_an_import_is_noted(source):
    assert any("which can hide an import" in note for note in notes(source))


@pytest.mark.parametrize("source", ["x = 1\n" * 30_000, "(" * 10_000])
def test_a_cell_that_cannot_be_read_is_noted(source):
    assert notes(source) == ["Cell 2 cannot be read, or is too long to be read: see what its code uses."]
