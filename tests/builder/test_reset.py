"""`reset`: one notebook as it was handed out, the student's version kept with working links and put back again."""

import json
import re
import shutil

import pytest

from mlcourse.builder import build, reset
from mlcourse.cli import ROOT

EXERCISE = "exercises/01_binomials_exercises.ipynb"
COPY = "kept/01_binomials_exercises-1.ipynb"
ANSWER = "def choose(n, k):\n    return 'mine'"


@pytest.fixture
def course(tmp_path, monkeypatch, capsys):
    """A small built course, which is the current folder."""
    root = tmp_path / "course"
    shutil.copytree(ROOT / "tests" / "courses" / "binomials", root)
    assert build.main(["--course", str(root)]) == 0
    monkeypatch.chdir(root)
    capsys.readouterr()
    return root


def run(course, *words):
    return reset.main([*words, "--course", str(course)])


def write_answer(path, answer=ANSWER):
    """Answer the first task as a student would, with a note that links to the lesson."""
    notebook = json.loads(path.read_text("utf-8"))
    (cell,) = [
        cell for cell in notebook["cells"] if cell["metadata"].get("mlcourse", {}).get("role") == "answer"
    ][:1]
    cell["source"] = answer
    path.write_text(json.dumps(notebook), "utf-8")


def links(path):
    """The files that a notebook's links lead to."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = re.findall(r"\]\(([^)#:]+)|href=\"([^\"#:]+)", text)
    return [(path.parent / (one or other)).resolve() for one, other in found]


def test_one_notebook_is_reset_and_the_version_kept(course, capsys):
    path = course / EXERCISE
    handed_out = path.read_bytes()
    write_answer(path)
    write_answer(course / "solutions/01_binomials_solutions.ipynb")
    assert run(course, EXERCISE) == 0
    assert path.read_bytes() == handed_out
    assert "'mine'" in (course / COPY).read_text("utf-8")
    assert "'mine'" in (course / "solutions/01_binomials_solutions.ipynb").read_text("utf-8")
    said = capsys.readouterr().out
    assert f"Your version is in {COPY}" in said
    assert f"python course.py reset {EXERCISE} --restore" in said
    assert "Reload Notebook from Disk" in said
    assert "To keep them too, choose File > Save Notebook" in said


def test_the_copy_has_working_links(course):
    write_answer(course / EXERCISE)
    run(course, EXERCISE)
    assert links(course / COPY) == links(course / EXERCISE) != []
    assert all(target.exists() for target in links(course / COPY))


def test_a_version_comes_back_as_it_was(course):
    path = course / EXERCISE
    write_answer(path)
    before = json.loads(path.read_text("utf-8"))
    run(course, EXERCISE)
    write_answer(path, "later")
    assert run(course, EXERCISE, "--restore") == 0
    assert json.loads(path.read_text("utf-8")) == before
    assert "later" in (course / "kept/01_binomials_exercises-2.ipynb").read_text("utf-8")
    assert run(course, "kept/01_binomials_exercises-2.ipynb", "--restore") == 0
    assert "later" in path.read_text("utf-8")


def test_an_untouched_notebook_is_left_alone(course, capsys):
    assert run(course, EXERCISE) == 0
    assert capsys.readouterr().out == f"{EXERCISE} is as it was handed out: there is nothing to do.\n"


@pytest.mark.parametrize("word", ["1", "01", "01_binomials"])
def test_a_lesson_names_its_only_kept_notebook(course, word):
    write_answer(course / EXERCISE)
    assert run(course, EXERCISE) == 0
    assert run(course, word, "--restore") == 0
    assert "'mine'" in (course / EXERCISE).read_text("utf-8")


def test_nothing_is_kept_twice(course, capsys):
    path = course / EXERCISE
    write_answer(path)
    run(course, EXERCISE)
    write_answer(path, "later")
    run(course, EXERCISE)
    for _ in range(2):
        assert run(course, COPY, "--restore") == 0
    assert f"{EXERCISE} already is your version from {COPY}." in capsys.readouterr().out
    run(course, EXERCISE)
    assert f"Your version is in {COPY}" in capsys.readouterr().out
    assert len(list((course / "kept").iterdir())) == 2
    run(course, EXERCISE, "--restore")
    assert "'mine'" in path.read_text("utf-8")


def test_an_old_copy_in_the_way_of_a_build_comes_back(course, capsys):
    """A student's notebook under its old name, with links to the old names of the others."""
    path, old = course / EXERCISE, course / "exercises/01_binomials.ipynb"
    text = path.read_text("utf-8").replace("01_binomials_solutions.ipynb", "01_binomials.ipynb")
    old.write_text(text, "utf-8")
    write_answer(old)
    build.main(["--course", str(course)])
    assert not old.exists()
    assert f"a copy is in {COPY}" in capsys.readouterr().out
    assert all(target.exists() for target in links(course / COPY))
    assert run(course, "exercises/01_binomials.ipynb", "--restore") == 0
    assert "'mine'" in path.read_text("utf-8")


def test_the_kept_versions_are_listed(course, capsys):
    run(course, "--list")
    assert "Nothing has been kept" in capsys.readouterr().out
    write_answer(course / EXERCISE)
    run(course, EXERCISE)
    capsys.readouterr()
    (course / "kept/exercises").mkdir()  # where copies were kept at first
    shutil.copy(course / COPY, course / "kept/exercises/01_binomials-1.ipynb")
    run(course, "--list")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.endswith(f"is a copy of {EXERCISE}") for line in lines)


@pytest.mark.parametrize(
    "word", ["01_binomials_exercises", "01_binomials_exercises.ipynb", "exercises/01_binomials"]
)
def test_a_notebook_has_several_names(course, word):
    write_answer(course / EXERCISE)
    assert run(course, word) == 0
    assert (course / COPY).exists()


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["exercises/01"], f"Did you mean {EXERCISE}?"),
        (["exercises/01_binomial_exercices.ipynb"], f"Did you mean {EXERCISE}?"),
        (
            ["01_binomials"],
            "a lesson has several notebooks. Did you mean exercises/01_binomials_exercises.ipynb, "
            "notebooks/01_binomials.ipynb or solutions/01_binomials_solutions.ipynb?",
        ),
        (["xyz"], "'xyz' is not a notebook of this course. Look in notebooks, exercises, solutions."),
        ([EXERCISE, "--restore"], "has been kept. Nothing is there yet."),
    ],
)
def test_what_is_wrong_is_named(course, capsys, words, advice):
    assert run(course, *words) == 2
    assert advice in capsys.readouterr().err
    assert not (course / "kept").exists()


def test_without_sources_the_command_says_what_it_needs(course, capsys):
    shutil.rmtree(course / "sources")
    write_answer(course / EXERCISE)
    assert run(course, EXERCISE) == 1
    assert "needs the whole course folder" in capsys.readouterr().err
    assert "'mine'" in (course / EXERCISE).read_text("utf-8")
