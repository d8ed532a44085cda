"""Reading submissions: lessons, check cells and students are recognised."""

import sys

import pytest

from mlcourse.grading.intake.files import owner
from mlcourse.grading.intake.find import Found
from mlcourse.grading.intake.notebooks import lessons_of
from mlcourse.grading.intake.read import read_one
from mlcourse.grading.judge.notebook_runner import runs
from mlcourse.grading.records.grade import Cell
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
        (("ada_11_22_work", "04_em.ipynb"), "ada_11_22_work"),
        (("ada.ipynb",), "ada"),
        (("ada.zip", "04_em.ipynb"), "ada"),
        (("\n", "x.ipynb"), "?"),
    ],
)
def test_the_student_is_found_in_the_path(parts: tuple[str, ...], student: str) -> None:
    assert owner(parts) == student
