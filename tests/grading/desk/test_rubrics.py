"""Rubrics are found by the names of their tasks."""

from pathlib import Path

from mlcourse.grading.desk.rubrics import RUBRICS, read_rubrics
from tests.helpers.courses import CATALOGUE, OUR_COURSE


def test_every_open_question_has_a_rubric() -> None:
    rubrics = read_rubrics(OUR_COURSE.root)
    assert rubrics.keys() >= CATALOGUE.open_questions.keys()
    assert all("Full marks" in rubrics[task] for task in CATALOGUE.open_questions)
    assert "Lesson 14, task 5" not in rubrics["referee"]


def test_a_course_without_such_a_page_has_no_rubrics(tmp_path: Path) -> None:
    assert read_rubrics(tmp_path) == {}


def test_markup_in_a_rubric_is_text(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    section = "### One\n`why`. <script>alert(1)</script> [x](javascript:alert(1))\n"
    (tmp_path / RUBRICS).write_text(f"## Q\n{section}## End\nlater\n### Two\nno task\n")
    rubrics = read_rubrics(tmp_path)
    assert list(rubrics) == ["why"]
    assert "<script" not in rubrics["why"]
    assert "javascript:" not in rubrics["why"]
    assert "later" not in rubrics["why"]
