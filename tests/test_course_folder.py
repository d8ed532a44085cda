"""A course as a folder: where its tasks and exercises come from."""

import json
import pickle
import shutil

import pytest

from mlcourse.checks import CatalogueError
from mlcourse.cli import ROOT
from mlcourse.course_folder import Course
from mlcourse.tasks import CATALOGUE

BINOMIALS = ROOT / "tests" / "courses" / "binomials"
LESSON = "01_binomials"
CELLS = [{"source": ["check.choose(with_evidence(\n", "    choose))\n"]}, {"source": "choose(4, 2)"}]


@pytest.fixture
def root(tmp_path):
    """A course with tasks and one exercise."""
    shutil.copytree(BINOMIALS / "tasks", tmp_path / "tasks")
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / f"{LESSON}.ipynb").write_text(json.dumps({"cells": CELLS}))
    return tmp_path


def test_tasks_of_our_own_course_are_those_of_the_package():
    assert Course().catalogue is CATALOGUE


def test_tasks_of_another_course_are_in_its_folder(root):
    assert list(Course(root).catalogue.lessons) == [LESSON]
    assert list(Course(root).catalogue.tasks) == ["choose", "no_choice"]


def test_a_folder_without_tasks_is_named(tmp_path):
    with pytest.raises(CatalogueError, match="tasks is not a folder"):
        _ = Course(tmp_path).catalogue


def test_extra_tasks_join_their_lesson(root, tmp_path):
    extra = tmp_path / "extra"
    extra.mkdir()
    source = 'from mlcourse.checks import Lesson\nLESSON = Lesson("1")\nLESSON.task("permute", points=2)\n'
    (extra / "mine.py").write_text(source)
    task = Course(root, extra).catalogue.tasks["permute"]
    assert task.lesson == LESSON
    (extra / "mine.py").write_text(source.replace('"1"', '"7"'))
    with pytest.raises(
        CatalogueError, match="--extra-checks: there is no lesson '7'; choose one of 01_binomials"
    ):
        _ = Course(root, extra).catalogue


def test_exercises_are_read_from_the_folder(root):
    course = Course(root)
    assert list(course.exercise(LESSON)) == CELLS
    assert course.exercise("02_missing") == course.exercise(None) == ()


def test_a_check_may_get_more_than_the_answers_name(root):
    course = Course(root)
    choose, no_choice = course.catalogue.tasks.values()
    assert course.checked_expression(choose) == "with_evidence(\n    choose)"
    assert course.checked_expression(no_choice) == "no_choice"


def test_another_process_reads_the_tasks_itself(root):
    course = Course(root)
    assert course.catalogue.tasks  # functions, which cannot be pickled
    copy = pickle.loads(pickle.dumps(course))
    assert copy == course
    assert list(copy.catalogue.tasks) == list(course.catalogue.tasks)
