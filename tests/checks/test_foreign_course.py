"""A course on another subject, made only of content files, is built, checked and graded by the same engine."""

import json
import shutil
import sys
from contextlib import chdir

import pytest

from mlcourse.builder.build import main
from mlcourse.checks import examine, open_course, right_answer
from mlcourse.cli import ROOT
from mlcourse.course_folder import Course
from mlcourse.grading import sandbox
from mlcourse.grading.commands import run as run_command
from mlcourse.grading.records.grade import Mark

BINOMIALS = ROOT / "tests" / "courses" / "binomials"
SUBJECT = ("mixture", "sklearn", "gaussian", "kmeans", "datasets", "pca")


@pytest.fixture
def course(tmp_path):
    """A built copy of the course, and the path of its root."""
    root = tmp_path / "binomials"
    shutil.copytree(BINOMIALS, root)
    assert main(["--course", str(root)]) == 0
    return root


def test_the_engine_knows_no_subject():
    """No module of the checks imports anything of mixtures, or scikit-learn."""
    for path in (ROOT / "mlcourse" / "checks").glob("*.py"):
        imports = [line for line in path.read_text("utf-8").splitlines() if "import " in line]
        assert not [line for line in imports if any(word in line for word in SUBJECT)], path.name


def test_it_builds(course):
    assert {path.relative_to(course).as_posix() for path in course.rglob("*.ipynb")} == {
        "notebooks/01_binomials.ipynb",
        "exercises/01_binomials_exercises.ipynb",
        "solutions/01_binomials_solutions.ipynb",
    }
    exercise = (course / "exercises" / "01_binomials_exercises.ipynb").read_text("utf-8")
    assert "## Task 1 · Choose k of n · 3 points" in exercise
    assert "## Task 2 · Why is it symmetric? · 2 points" in exercise
    assert "by_pascal" not in exercise


def test_its_solution_passes_in_a_notebook(course):
    """The code cells of the solution run one after another, as a kernel would run them."""
    notebook = json.loads((course / "solutions" / "01_binomials_solutions.ipynb").read_text("utf-8"))
    names = {}
    with chdir(course / "solutions"):
        run_cells(notebook, names)
    progress = names["check"].progress()
    assert "2 of 2 tasks done, 4 of 4 points" in str(progress)


def run_cells(notebook, names):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)


def test_the_last_cell_of_an_exercise_runs_alone(course):
    notebook = json.loads((course / "exercises" / "01_binomials_exercises.ipynb").read_text("utf-8"))
    *_, last, _ = notebook["cells"]
    names = {}
    with chdir(course / "exercises"):
        run_cells({"cells": [last]}, names)
    assert "0 of 2 tasks done" in str(names["check"].progress("01_binomials"))


def test_its_mistakes_are_recognised(course):
    checker = open_course(course / "tasks")
    task = Course(course).catalogue.tasks["choose"]
    assert examine(task, right_answer(task)).status == "right"
    with pytest.raises(AssertionError):
        checker.choose(lambda n, k: task.mistakes[0].answer(n, k))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="grading requires Linux or macOS")
def test_it_is_graded_in_the_sandbox(course, tmp_path, capsys):
    solution = (course / "solutions" / "01_binomials_solutions.ipynb").read_text("utf-8")
    for student, text in (("ada", solution), ("bob", solution.replace("// (i + 1)", ""))):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "work.ipynb").write_text(text, "utf-8")
    words = [str(tmp_path / "class"), "-o", str(tmp_path / "out"), "-j", "0", "--course", str(course)]
    try:
        sandbox.choose().close()
    except sandbox.NoSandbox:
        pytest.skip("no sandbox works here")
    assert run_command("grade", words) == 0
    marks = {}
    for path in (tmp_path / "out" / "results").glob("*.json"):
        grade = json.loads(path.read_text("utf-8"))["grade"]
        found = [Mark(*mark) for mark in grade["marks"]]
        marks[grade["student"]] = {mark.task: (mark.points, mark.mistake) for mark in found}
    assert marks["ada"] == {"choose": (3, None), "no_choice": (1, None), "why_symmetric": (0, None)}
    assert marks["bob"]["choose"] == (0, "order counted")
