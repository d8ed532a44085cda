"""Adding a task means editing two files: the lesson's text and its tasks. This walks through it, in a copy."""

import json
import shutil
from contextlib import chdir

import pytest

from mlcourse.builder.build import build_all, differences, write
from mlcourse.builder.lessons import BuildError
from mlcourse.checks import examine, open_course, right_answer
from mlcourse.checks.outcome import answer_of
from mlcourse.cli import ROOT
from mlcourse.course_folder import Course

NEW_TASK = """

# ── 9  A scatter matrix ──────────────────────────────────────────────────────────────────────────────

SCATTER = LESSON.task("scatter", title="A scatter matrix", points=2, expected="array (d, d)")


@SCATTER.cases
def far_cloud(rng):
    yield Case("a cloud far from the origin", (rng.normal(5, 1, size=(30, 2)),))


@SCATTER.reference
def scatter(X):
    return sum(np.outer(x, x) for x in X - X.mean(axis=0)) / len(X)


@SCATTER.mistake("x xᵀ was averaged before the mean was subtracted.")
def not_centred_scatter(X):
    return X.T @ X / len(X)
"""

NEW_TEXT = """

# %% [markdown]
# ## {{scatter}}
#
# - in: `X` of shape (n, d)
# - out: the covariance of its rows, of shape (d, d), divided by n
#
# <details><summary>Hint 1</summary>What has to be subtracted first?</details>


# %% task="scatter" role="answer"
def scatter(X):
    ### BEGIN SOLUTION
    return np.cov(X.T, ddof=0)
    ### END SOLUTION


# %% task="scatter" role="check"
check.scatter(scatter)
"""


@pytest.fixture
def course(tmp_path):
    """A copy of lesson 04 as a course of its own."""
    for folder in ("sources/notebooks", "sources/solutions", "tasks", "notebooks/pictures"):
        (tmp_path / folder).mkdir(parents=True)
    for path, folder in (
        ("sources/lessons.toml", "sources"),
        ("sources/notebooks/04_em.py", "sources/notebooks"),
        ("sources/solutions/04_em.py", "sources/solutions"),
        ("mlcourse/tasks/lesson_04.py", "tasks"),
        ("notebooks/pictures/04.png", "notebooks/pictures"),
    ):
        shutil.copy(ROOT / path, tmp_path / folder)
    write(differences(tmp_path, build_all(Course(tmp_path))), tmp_path)
    return tmp_path


def test_a_new_task_takes_two_files(course):
    for path, text in (("tasks/lesson_04.py", NEW_TASK), ("sources/solutions/04_em.py", NEW_TEXT)):
        with (course / path).open("a", encoding="utf-8") as file:
            file.write(text)
    changes = differences(course, build_all(Course(course)))
    assert {path.relative_to(course).as_posix() for path in changes} == {
        "exercises/04_em_exercises.ipynb",
        "solutions/04_em_solutions.ipynb",
    }
    write(changes, course)
    exercise = (course / "exercises" / "04_em_exercises.ipynb").read_text("utf-8")
    number = len(Course(course).catalogue.lessons["04_em"].roster)
    assert f"## Task {number} · A scatter matrix · 2 points" in exercise
    assert "np.cov(X.T, ddof=0)" not in exercise

    task = Course(course).catalogue.tasks["scatter"]
    assert examine(task, right_answer(task)).status == "right"
    assert examine(task, answer_of(lambda X: X.T @ X / len(X))).mistake == task.mistakes[0]

    cells = json.loads((course / "solutions" / "04_em_solutions.ipynb").read_text("utf-8"))["cells"]
    (answer,) = ["".join(cell["source"]) for cell in cells if "def scatter" in "".join(cell["source"])]
    with chdir(course / "solutions"):
        names = {"check": open_course("../tasks")}
        exec(f"import numpy as np\n{answer}\ncheck.scatter(scatter)", names)
    assert "1 of" in str(names["check"].progress())


def test_a_task_that_is_missing_in_one_of_them_is_named(course):
    with (course / "sources/solutions/04_em.py").open("a", encoding="utf-8") as file:
        file.write(NEW_TEXT)
    with pytest.raises(BuildError, match="scatter"):
        build_all(Course(course))
