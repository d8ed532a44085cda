"""Answers to open questions are found by what is around them, and never another question's text."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlcourse.grading.intake import open_answers
from mlcourse.grading.intake.notebooks import read_notebook
from mlcourse.grading.intake.read import read_submissions
from mlcourse.grading.records.grade import Cell
from tests.helpers.courses import CATALOGUE, OUR_COURSE

LESSON = "14_capstone"
QUESTIONS = [question.name for question in CATALOGUE.of_lesson(LESSON).open_questions]
HINT = "<details"
Cells = list[dict[str, Any]]


def cell(kind: str, source: str) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source}


def answer_cells(cells: Cells) -> Iterator[tuple[int, str]]:
    """Yield the place and the question of every cell for an open answer."""
    for place, one in enumerate(cells):
        ours = one["metadata"].get("mlcourse", {})
        if ours.get("role") == "open":
            yield place, ours["task"]


def exercise(lesson: str = LESSON) -> Cells:
    return copy.deepcopy([*OUR_COURSE.exercise(lesson)])


def answered(place: Callable[[Cells, int, str], None], stripped: bool) -> Cells:
    """The exercise with an answer to each question, put there by `place`."""
    cells = exercise()
    for where, question in reversed([*answer_cells(cells)]):
        place(cells, where, f"My answer to {question}.")
    for one in cells:
        one["metadata"] = {} if stripped else one["metadata"]
    return cells


def in_its_cell(cells: Cells, where: int, text: str) -> None:
    cells[where]["source"] = text


def below_it(cells: Cells, where: int, text: str) -> None:
    cells.insert(where + 1, cell("markdown", text))


def below_the_hints(cells: Cells, where: int, text: str) -> None:
    assert "".join(cells[where + 1]["source"]).startswith(HINT)
    cells.insert(where + 2, cell("markdown", text))


def in_place_of_it(cells: Cells, where: int, text: str) -> None:
    cells[where] = cell("markdown", text)


def as_code(cells: Cells, where: int, text: str) -> None:
    cells[where] = cell("code", f"# {text}")


def below_the_question(cells: Cells, where: int, text: str) -> None:
    cells[where - 1]["source"] = "".join(cells[where - 1]["source"]) + f"\n\n{text}"
    del cells[where]


def with_another_heading(cells: Cells, where: int, text: str) -> None:
    question = "".join(cells[where - 1]["source"])
    cells[where - 1]["source"] = "**Question**\n" + question.partition("\n")[2].replace("your", "my")
    cells[where]["source"] = text


def with_the_heading_alone(cells: Cells, where: int, text: str) -> None:
    cells[where - 1]["source"] = "".join(cells[where - 1]["source"]).partition("\n")[0]
    cells[where]["source"] = text


def without_hints(cells: Cells, where: int, text: str) -> None:
    cells[where]["source"] = text
    del cells[where + 1]


WAYS = [
    in_its_cell,
    below_it,
    below_the_hints,
    in_place_of_it,
    as_code,
    below_the_question,
    with_another_heading,
    with_the_heading_alone,
    without_hints,
]


def texts_of(folder: Path, cells: Cells) -> dict[str, str]:
    """What is found for each question of the lesson, as the grader joins it."""
    (folder / "ada.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}), "utf-8")
    (found,) = read_submissions(folder, CATALOGUE, LESSON, OUR_COURSE.exercise)
    assert found.problem is None
    return {
        name: "\n\n".join(one.source for one in found.cells if one.task == name and one.source)
        for name in QUESTIONS
    }


@pytest.mark.parametrize("stripped", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_an_answer_is_found_where_it_is(
    tmp_path: Path, way: Callable[[Cells, int, str], None], stripped: bool
) -> None:
    found = texts_of(tmp_path, answered(way, stripped))
    assert {name: text.removeprefix("# ") for name, text in found.items()} == {
        name: f"My answer to {name}." for name in QUESTIONS
    }


@pytest.mark.parametrize("stripped", [True, False])
def test_an_untouched_exercise_answers_nothing(tmp_path: Path, stripped: bool) -> None:
    assert texts_of(tmp_path, answered(lambda *_: None, stripped)) == dict.fromkeys(QUESTIONS, "")


def test_a_question_that_was_deleted_gets_no_other_text(tmp_path: Path) -> None:
    cells = answered(in_its_cell, stripped=False)
    places = {name: place for place, name in answer_cells(cells)}
    for one in cells:
        one["metadata"] = {}
    gone = places["read_anomalies_and_samples"]
    del cells[gone - 1 : gone + 1]
    found = texts_of(tmp_path, cells)
    assert found["read_anomalies_and_samples"] == ""
    assert found["one_page"] == "My answer to one_page."
    assert found["defend_my_choice"] == "My answer to defend_my_choice."


def test_what_stands_elsewhere_is_no_answer(tmp_path: Path) -> None:
    cells = answered(in_its_cell, stripped=True)
    cells[0:0] = [cell("markdown", "My name is Ada."), cell("code", "x = 1")]
    place = next(
        place for place, one in enumerate(cells) if one["source"] == "My answer to defend_my_choice."
    )
    following = next(
        place for place, one in enumerate(cells[place:], place) if "".join(one["source"]).startswith("## ")
    )
    cells.insert(following + 1, cell("markdown", "Something about the next task."))
    assert texts_of(tmp_path, cells)["defend_my_choice"] == "My answer to defend_my_choice."


@pytest.mark.parametrize("lesson", sorted({one.lesson for one in CATALOGUE.open_questions.values()}))
def test_every_open_question_has_a_section(tmp_path: Path, lesson: str) -> None:
    cells = exercise(lesson)
    names = [name for _, name in answer_cells(cells)]
    for place, name in answer_cells(cells):
        cells[place]["source"] = f"About {name}."
    for one in cells:
        one["metadata"] = {}
    (tmp_path / "ada.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}), "utf-8")
    (found,) = read_submissions(tmp_path, CATALOGUE, lesson, OUR_COURSE.exercise)
    tagged = {one.task: one.source for one in found.cells if one.role == "open"}
    assert names
    assert tagged == {name: f"About {name}." for name in names}


def test_texts_are_compared_within_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = "say in your own words what the two plots have in common and what not"
    assert open_answers.Comparison().alike(prompt.replace("your", "my"), prompt)
    monkeypatch.setattr(open_answers, "MAX_COMPARED", 50 * len(prompt))
    compare = open_answers.Comparison()
    found = [compare.alike(f"{prompt} {number}", prompt) for number in range(100)]
    assert 10 < sum(found) < 40
    assert found == sorted(found, reverse=True)
    assert compare.alike(prompt, prompt)
    assert compare.alike(f"{prompt} 0", prompt)  # which is remembered


@pytest.mark.parametrize("lesson", sorted({one.lesson for one in CATALOGUE.open_questions.values()}))
@pytest.mark.parametrize("stripped", [True, False])
def test_solutions_need_a_tenth_of_the_budget(
    lesson: str, stripped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_answers, "MAX_COMPARED", open_answers.MAX_COMPARED // 10)
    used: list[open_answers.Comparison] = []

    class Kept(open_answers.Comparison):
        def __init__(self) -> None:
            super().__init__()
            used.append(self)

    monkeypatch.setattr(open_answers, "Comparison", Kept)
    solved = json.loads(OUR_COURSE.notebook("solutions", lesson).read_text("utf-8"))
    for one in solved["cells"]:
        one["metadata"] = {} if stripped else one["metadata"]
    exercise_cells = [Cell(one["cell_type"], "".join(one["source"])) for one in exercise(lesson)]
    cells = read_notebook(json.dumps(solved).encode())
    open_answers.tag_open_answers(cells, open_answers.sections_of(exercise_cells, CATALOGUE, lesson))
    assert [one.left > 0 for one in used] == [True]
