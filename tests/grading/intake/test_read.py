"""Reading submissions: lessons, check cells and students are recognised."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlcourse.grading.intake import read
from mlcourse.grading.intake.files import owner
from mlcourse.grading.intake.find import Found
from mlcourse.grading.intake.notebooks import lessons_of
from mlcourse.grading.intake.read import read_each, read_one, read_submissions
from mlcourse.grading.judge.notebook_runner import runs
from mlcourse.grading.records.grade import Cell, Submission
from tests.helpers.courses import CATALOGUE, OUR_COURSE

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


LESSONS = sorted(CATALOGUE.lessons)


@pytest.mark.parametrize("lesson", LESSONS)
def test_exercises_are_recognised_with_or_without_metadata(lesson: str) -> None:
    data = OUR_COURSE.notebook("exercises", lesson).read_bytes()
    submission = read_one(Found(("ada", "x.ipynb"), data), CATALOGUE)
    assert (submission.lesson, submission.problem) == (lesson, None)
    bare = tuple(cell._replace(task=None, role=None) for cell in submission.cells)
    assert lessons_of(bare, CATALOGUE) == [lesson]


@pytest.mark.parametrize("lesson", LESSONS)
def test_only_check_cells_are_left_out(lesson: str) -> None:
    data = OUR_COURSE.notebook("exercises", lesson).read_bytes()
    cells = read_one(Found(("ada", "x.ipynb"), data), CATALOGUE).cells
    assert all(runs(cell) for cell in cells if cell.role == "answer")
    left_out = [
        cell.source for cell in cells if cell.kind == "code" and cell.source.strip() and not runs(cell)
    ]
    assert all(source.startswith("check.") for source in left_out)
    assert not runs(Cell("code", "check.e_step(e_step)"))
    assert runs(Cell("code", "check.e_step(e_step)\nx = 1"))


@pytest.mark.parametrize(
    ("parts", "student"),
    [
        (("ada", "04_em.ipynb"), "ada"),
        (("ada", "04_em_exercises.ipynb"), "ada"),
        (("lovelaceada_11_22_04_em_exercises.ipynb",), "lovelaceada_11"),
        (("Ada Lovelace_77_assignsubmission_file_04_em_exercises.ipynb",), "Ada Lovelace_77"),
        (("ada", "04_em", "04_em.ipynb"), "ada"),
        (("lovelaceada_11_22_04_em.ipynb",), "lovelaceada_11"),
        (("lovelaceada_LATE_11_22_04_em.ipynb",), "lovelaceada_11"),
        (("Ada Lovelace_77_assignsubmission_file_", "04_em.ipynb"), "Ada Lovelace_77"),
        (("Ada Lovelace_77_assignsubmission_file_04_em.ipynb",), "Ada Lovelace_77"),
        (("Ada Lovelace_77_assignsubmission_file_", "work.zip", "04_em.ipynb"), "Ada Lovelace_77"),
        (("Ada_12_assignsubmission_file_x_99_assignsubmission_file_.ipynb",), "Ada_12"),
        (("Ada_12_assignsubmission_file_a\nb.ipynb",), "Ada_12"),
        (("ada_11_22_work.zip", "04_em.ipynb"), "ada_11"),
        (("ada_11_22_assignsubmission_file_04_em.ipynb",), "ada_11"),
        (("ada_LATE_11_22_assignsubmission_file_04_em.ipynb",), "ada_11"),
        (("ada_11_22_33_assignsubmission_file_.zip", "04_em.ipynb"), "ada_11"),
        (("ada_11_22_assignsubmission_file_", "04_em.ipynb"), "ada_11_22"),
        (("Ada_11_assignsubmission_file_a_22_33_b.ipynb",), "Ada_11"),
        (("ada_11_22_work", "04_em.ipynb"), "ada_11_22_work"),
        (("ada.ipynb",), "ada"),
        (("ada.zip", "04_em.ipynb"), "ada"),
        (("\n", "x.ipynb"), "?"),
        (("ada.ipynb.txt",), "ada"),
        (("ada.IPYNB",), "ada"),
        (("ada.ipynb.gz",), "ada"),
        (("ada.tar.gz", "04_em.ipynb"), "ada"),
        (("ada_11_22_work.TGZ", "04_em.ipynb"), "ada_11"),
        ((".ipynb",), ".ipynb"),
    ],
)
def test_the_student_is_found_in_the_path(parts: tuple[str, ...], student: str) -> None:
    assert owner(parts) == student


def named_task(name: str) -> str:
    return f"def {name}(x):\n    return x\n"


def lesson_and_problem(*tasks: str, lesson: str | None = None) -> tuple[str | None, str | None]:
    cells = [{"cell_type": "code", "source": named_task(task)} for task in tasks]
    data = json.dumps({"cells": cells, "nbformat": 4}).encode()
    found = read_one(Found(("ada.ipynb",), data), CATALOGUE, lesson)
    return found.lesson, found.problem


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("named", [True, False])
def test_a_lecture_is_told_from_its_exercise(lesson: str, named: bool) -> None:
    data = OUR_COURSE.notebook("notebooks", lesson).read_bytes()
    lecture = read_one(Found(("ada.ipynb",), data), CATALOGUE, lesson if named else None)
    assert lecture.lesson == lesson
    assert f"exercises/{lesson}_exercises.ipynb" in str(lecture.problem)
    exercise = OUR_COURSE.notebook("exercises", lesson).read_bytes()
    assert read_one(Found(("ada.ipynb",), exercise), CATALOGUE).problem is None


def test_a_tie_between_lessons_is_said_as_such() -> None:
    first, second = (CATALOGUE.lessons[name].tasks[0].name for name in LESSONS[:2])
    lesson, problem = lesson_and_problem(first, second)
    assert lesson is None
    assert problem == (f"Its tasks belong to lessons {LESSONS[0]} and {LESSONS[1]} in equal number.")
    assert lesson_and_problem(first, second, lesson=LESSONS[1]) == (LESSONS[1], None)


def with_checks(*lessons: str, leave: int = 0) -> Found:
    tasks = [task.name for lesson in lessons for task in CATALOGUE.lessons[lesson].tasks]
    cells = [{"cell_type": "code", "source": f"check.{name}({name})"} for name in tasks[: len(tasks) - leave]]
    return Found(("ada", "x.ipynb"), json.dumps({"cells": cells, "nbformat": 4}).encode())


def test_a_file_that_takes_too_long_to_read_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bob", "eve"):
        (tmp_path / f"{name}.ipynb").write_bytes(with_checks(LESSONS[0]).data or b"")

    def read_or_loop(found: Found, *rest: Any) -> Iterator[Submission]:
        while found.parts == ("bob.ipynb",):
            pass
        yield from read_each(found, *rest)

    monkeypatch.setattr(read, "TOO_LONG", 1)
    monkeypatch.setattr(read, "read_each", read_or_loop)
    found = {one.student: one.problem for one in read_submissions(tmp_path, CATALOGUE)}
    assert found == {"ada": None, "bob": "It could not be read within 1 s.", "eve": None}


def test_a_notebook_with_two_lessons_is_marked_for_both(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "x.ipynb").write_bytes(with_checks(*LESSONS[:2]).data or b"")
    found = list(read_submissions(tmp_path, CATALOGUE))
    assert {(one.lesson, one.student, one.problem) for one in found} == {
        (LESSONS[0], "ada", None),
        (LESSONS[1], "ada", None),
    }
    assert all("is marked for each" in one.notes[0] for one in found)
    (named,) = read_submissions(tmp_path, CATALOGUE, LESSONS[1])
    assert (named.lesson, named.notes) == (LESSONS[1], ())


def test_a_few_tasks_of_another_lesson_are_named() -> None:
    count = len(CATALOGUE.lessons[LESSONS[1]].tasks)
    (one,) = read_each(with_checks(*LESSONS[:2], leave=count - 1), CATALOGUE)
    assert one.lesson == LESSONS[0]
    assert one.notes[0].startswith(f"It also has 1 of the {count} tasks of lesson {LESSONS[1]}")


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        (["x = 1"] * 5000, None),
        (["x = 1"] * 5001, "It has 5001 cells; at most 5000 are read. Hand in a shorter one."),
        (["x = 1\n" * 1000] * 90, "Its code has 540000 characters; at most 500000 are read."),
        (["data = '" + 600_000 * "x" + "'"], None),  # a single cell of data is not read by the grader
    ],
)
def test_what_the_grader_itself_reads_is_limited(sources: list[str], problem: str | None) -> None:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    data = json.dumps({"cells": cells, "nbformat": 4}).encode()
    found = read_one(Found(("ada.ipynb",), data), CATALOGUE, LESSONS[0]).problem
    assert found == problem or (found and problem and found.startswith(problem))


def test_a_notebook_without_any_task_is_no_tie() -> None:
    lesson, problem = lesson_and_problem("something_else")
    assert lesson is None
    assert problem is not None
    assert problem.startswith("The lesson cannot be recognised")
