"""A course as a folder: an instructor's own tasks, and the exercises as they were handed out."""

import json
import pickle
import sys
from pathlib import Path

import pytest

from mlcourse.checks import CatalogueError
from mlcourse.course_folder import Course
from tests.helpers.courses import CATALOGUE, OUR_COURSE

BINOMIALS = Path(__file__).parent / "courses" / "binomials"
OWN = """from mlcourse.checks import Lesson
LESSON = Lesson("4")
MINE = LESSON.value("my_own", points=2)
MINE.reference(lambda: 1.0)
"""
OWN_QUESTION = """from mlcourse.checks import Lesson
LESSON = Lesson("4")
LESSON.open_question("my_own", title="Why?", points=2)
"""


def course_with_own(folder: Path, *sources: str) -> Course:
    for number, source in enumerate(sources):
        (folder / f"mine_{number}.py").write_text(source)
    return Course(extra=folder)


@pytest.mark.parametrize("lesson", ["4", "04", "04_em"])
def test_extra_tasks_join_a_lesson_by_name_or_number(tmp_path: Path, lesson: str) -> None:
    catalogue = course_with_own(tmp_path, OWN.replace('"4"', f'"{lesson}"')).catalogue
    assert catalogue.tasks["my_own"].lesson == "04_em"
    assert [task.name for task in catalogue.of_lesson("04_em").tasks] == [
        *(task.name for task in CATALOGUE.of_lesson("04_em").tasks),
        "my_own",
    ]
    assert list(catalogue.lessons) == list(CATALOGUE.lessons)


def test_extra_tasks_do_not_change_the_course_itself(tmp_path: Path) -> None:
    before = [one.name for one in CATALOGUE.of_lesson("04_em").roster]
    assert "my_own" in course_with_own(tmp_path, OWN).catalogue.tasks
    assert [one.name for one in CATALOGUE.of_lesson("04_em").roster] == before
    assert "my_own" not in Course().catalogue.tasks


def test_an_extra_open_question_is_part_of_the_lesson(tmp_path: Path) -> None:
    catalogue = course_with_own(tmp_path, OWN_QUESTION).catalogue
    assert catalogue.of_lesson("04_em").open_questions[-1].points == 2
    assert catalogue.entry("my_own").lesson == "04_em"


@pytest.mark.parametrize("name", ["e_step", "defend_my_choice"], ids=["a task", "an open question"])
@pytest.mark.parametrize("source", [OWN, OWN_QUESTION], ids=["own task", "own open question"])
def test_the_name_of_an_extra_task_must_be_new(tmp_path: Path, source: str, name: str) -> None:
    course = course_with_own(tmp_path, source.replace("my_own", name))
    with pytest.raises(CatalogueError, match=f"^--extra-checks: two tasks are called '{name}'; rename one"):
        _ = course.catalogue


@pytest.mark.parametrize("other", [OWN, OWN_QUESTION], ids=["own task", "own open question"])
def test_two_extra_tasks_cannot_share_a_name(tmp_path: Path, other: str) -> None:
    course = course_with_own(tmp_path, OWN, other.replace('"4"', '"12"'))
    with pytest.raises(CatalogueError, match=r"^--extra-checks: two tasks are called 'my_own'"):
        _ = course.catalogue


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (OWN.replace('"4"', '"99"'), "there is no lesson '99'; choose one of 01_kmeans"),
        (OWN.replace('"4"', "None"), "there is no lesson None"),
        (OWN.replace("my_own", "a b"), "a b needs a name that is a valid Python identifier"),
        (OWN.replace("points=2", "points='2'"), "my_own has points='2'; it must be a positive number"),
        (OWN.replace("points=2", "points=0"), "my_own has points=0; it must be a positive number"),
        (OWN.replace("points=2", "points=float('nan')"), "my_own has points=nan"),
        (OWN.replace("points=2", ""), "line 3: TypeError"),
        (OWN.replace("MINE.reference", ""), "my_own has no reference; decorate a function with @TASK"),
        (
            f"{OWN}@MINE.mistake\ndef wrong(): ...",
            "line 5: TypeError: the decorator needs a message: @TASK.mistake",
        ),
        (
            f"{OWN}@MINE.law\ndef holds(output): ...",
            "line 5: TypeError: the decorator needs a message: @TASK.law",
        ),
        ("raise SystemExit(2)", "mine_0.py, line 1: SystemExit"),
        ("x = 1", "no .py file in"),
        ("LESSON = ()", r"mine_0.py: LESSON is \(\); write LESSON = Lesson"),
        ("LESSON = 1", "mine_0.py: LESSON is 1; write LESSON = Lesson"),
        ("x = 1\ny = x.nothing", "mine_0.py, line 2: AttributeError"),
        ("x = 1\ny = (", "mine_0.py, line 2: SyntaxError"),
    ],
)
def test_invalid_extra_tasks_are_refused(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=f"^--extra-checks: .*{message}"):
        _ = course_with_own(tmp_path, source).catalogue


def test_a_missing_folder_of_extra_tasks_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"^--extra-checks: .*nowhere is not a folder\."):
        _ = Course(extra=tmp_path / "nowhere").catalogue


def test_a_pickled_course_carries_only_its_folders(tmp_path: Path) -> None:
    """Another process reads the tasks itself, so that functions need not be pickled."""
    course = course_with_own(tmp_path, OWN)
    assert "my_own" in course.catalogue.tasks
    assert course.exercise("04_em")
    copy = pickle.loads(pickle.dumps(course))
    assert vars(copy) == {"root": course.root, "extra": tmp_path}
    assert copy == course
    assert "my_own" in copy.catalogue.tasks


def test_another_course_has_its_own_tasks_and_lessons() -> None:
    catalogue = Course(BINOMIALS).catalogue
    assert list(catalogue.lessons) == ["01_binomials"]
    assert not set(catalogue.tasks) & set(CATALOGUE.tasks)


def test_another_course_can_have_extra_tasks_too(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN.replace('"4"', '"1"'))
    assert Course(BINOMIALS, tmp_path).catalogue.tasks["my_own"].lesson == "01_binomials"
    (tmp_path / "mine.py").write_text(OWN)
    with pytest.raises(CatalogueError, match="there is no lesson '4'; choose one of 01_binomials"):
        _ = Course(BINOMIALS, tmp_path).catalogue


def test_a_course_without_tasks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="tasks is not a folder"):
        _ = Course(tmp_path).catalogue


def test_only_lessons_of_the_course_have_an_exercise() -> None:
    assert OUR_COURSE.exercise("04_em")
    assert OUR_COURSE.exercise(None) == OUR_COURSE.exercise("99_nothing") == ()


def test_the_exercise_says_what_is_passed_to_a_check(tmp_path: Path) -> None:
    expression = OUR_COURSE.checked_expression
    assert expression(CATALOGUE.tasks["e_step"]) == "e_step"
    assert expression(CATALOGUE.tasks["my_choice"]) == "with_evidence(my_choice)"
    own = course_with_own(tmp_path, OWN)  # the exercise does not contain this task
    assert own.checked_expression(own.catalogue.tasks["my_own"]) == "my_own"


@pytest.mark.skipif(sys.platform == "win32", reason="grading requires Linux or macOS")
@pytest.mark.parametrize("jobs", [0, 1])
def test_extra_tasks_are_marked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    from mlcourse.grading.batch import grade_folder as run
    from tests.helpers.fake_grading import go, read_fake

    monkeypatch.setattr(run, "read_submissions", read_fake)
    submissions, extra = tmp_path / "class.json", tmp_path / "extra"
    submissions.write_text(json.dumps({"a": {"my_own": 2}}))
    extra.mkdir()
    (grade,) = go(submissions, jobs=jobs, course=course_with_own(extra, OWN)).grades
    assert {mark.task: mark.points for mark in grade.marks}["my_own"] == 2
