"""The instructor's guide matches the course: lessons, tasks, figures, sections and rubrics."""

import re
import textwrap

import nbformat
import numpy as np
import pytest

from mlcourse.builder.lessons import read_course
from mlcourse.checks import Case, Lesson, answer_of, examine, right_answer
from mlcourse.cli import ROOT
from mlcourse.course_folder import Course
from mlcourse.tasks import CATALOGUE

GUIDE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
RUBRICS = (ROOT / "docs" / "open_questions.md").read_text(encoding="utf-8")
COURSE = read_course(ROOT)
WITH_EXERCISES = COURSE.names("exercises")
VALUES = {"½": 0.5, "1½": 1.5, "2½": 2.5}


def part(text, heading):
    """The text below a heading, up to the next heading of the same or a higher level."""
    level = re.match("#+", heading)[0]
    found = re.search(
        rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"the guide has no heading {heading!r}"
    return found[1]


def section(name):
    """The section of the guide about one lesson."""
    return part(GUIDE, f"### {COURSE.lessons[name].heading}")


def prose(folder, name):
    """The Markdown cells of a built notebook."""
    notebook = nbformat.read(Course().notebook(folder, name), as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def headings(folder, name):
    text = "\n".join(cell.source for cell in prose(folder, name))
    return re.findall(r"^##+ (.*?)\s*$", text, re.MULTILINE)


def figures(name):
    """The numbers of the figures in a lecture."""
    return set(
        map(int, re.findall(r"Figure (\d+)\.", (ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8")))
    )


def numbers_after(word, text):
    """The numbers in "task 3", "tasks 1, 2 and 5", "figures 3, 4 and 5"."""
    lists = re.findall(rf"\b{word}s? (\d+(?:(?:, | and |, and )\d+)*)", text, re.IGNORECASE)
    return {int(number) for numbers in lists for number in re.findall(r"\d+", numbers)}


def in_italics(text):
    """The section titles in a text: everything between single asterisks, also across lines."""
    return [" ".join(words.split()) for words in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)]


def rows(text):
    """The cells of each row of the tables in a text, including header rows."""
    table = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in table]


def open_questions():
    for name in WITH_EXERCISES:
        for cell in prose("exercises", name):
            if cell.metadata.get("mlcourse", {}).get("role") == "open":
                yield pytest.param(name, cell.metadata.mlcourse.task, cell.metadata.nbgrader.points, id=name)


@pytest.mark.parametrize("name", COURSE.lessons)
def test_every_lesson_has_a_section(name):
    assert "**Emphasise**" in section(name)
    assert "**Show live**" in section(name)


def test_lessons_are_in_order():
    found = re.findall(r"^### (\d\d ·.*)$", GUIDE, re.MULTILINE)
    assert found == [lesson.heading for lesson in COURSE.lessons.values()]


def test_the_lesson_map_is_generated():
    assert "<!-- lesson-map -->\n\n| Lesson |" in GUIDE


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_mistakes_belong_to_tasks_of_the_lesson(name):
    tasks = [row[0].strip("`") for row in rows(section(name))[1:]]
    assert len(tasks) >= 5
    assert {CATALOGUE.tasks[task].lesson for task in tasks} == {name}


@pytest.mark.parametrize("name", COURSE.lessons)
def test_tasks_figures_and_sections_exist(name):
    assert numbers_after("figure", section(name)) <= figures(name)
    assert set(in_italics(section(name))) <= set(headings("notebooks", name))
    if tasks := numbers_after("task", section(name)):
        assert tasks <= tasks_of(name)


def tasks_of(name):
    return numbers_after("task", "\n".join(headings("exercises", name)))


def timetable():
    """The rows of the timetables that name a lesson: the last lesson named, and the row."""
    for row in rows(part(GUIDE, "## Timetables")):
        if numbers := re.findall(r"\b\d\d\b", row[1]):
            (name,) = [name for name in COURSE.lessons if name.startswith(numbers[-1])]
            yield pytest.param(name, row, id="-".join(row[:2]))


@pytest.mark.parametrize(("name", "row"), list(timetable()))
def test_tasks_and_sections_in_the_timetables_exist(name, row):
    assert set(in_italics(" | ".join(row))) <= set(headings("notebooks", name))
    tasks = numbers_after("task", " | ".join(row))
    assert not tasks or tasks <= tasks_of(name)


def value(points):
    """A number of points as it is written: 1, ½, 1½."""
    return VALUES.get(points) or int(points)


def rubric_of(task):
    (rubric,) = [text for text in re.split(r"^### ", RUBRICS, flags=re.MULTILINE) if f"`{task}`" in text]
    return rubric


@pytest.mark.parametrize(("name", "task", "points"), list(open_questions()))
def test_every_open_question_has_a_rubric(name, task, points):
    rubric = rubric_of(task)
    assert re.match(rf"Lesson {name[:2]}, task \d · .* · {points} points\n", rubric)
    title = rubric.split(" · ")[1]
    number = rubric.split(",")[1].split()[1]
    assert any(heading.startswith(f"Task {number} · {title}") for heading in headings("exercises", name))
    assert sum(value(row[0]) for row in rows(rubric)[1:]) == points


@pytest.mark.parametrize(("name", "task", "points"), list(open_questions()))
def test_reasons_add_up_to_the_marks_of_sample_answers(name, task, points):
    pattern = r"^\*\*(Full|Middle|Low)[^(\n]*\(([\d½]+)\).*?^\*Why:\*(.*?)(?:\n\n|\Z)"
    samples = re.findall(pattern, rubric_of(task), re.MULTILINE | re.DOTALL)
    assert [level for level, _, _ in samples] == ["Full", "Middle", "Low"]
    marks = [value(total) for _, total, _ in samples]
    assert [sum(map(value, re.findall(r"\[([\d½]+)\]", why))) for _, _, why in samples] == marks
    assert points == marks[0] > marks[1] > marks[2]


def test_the_example_of_a_task_works():
    (example,) = re.findall(r"```python\n(.*?)```", part(GUIDE, "## Adapt a lesson"), re.DOTALL)
    names = {"np": np, "Case": Case, "LESSON": Lesson("04_em")}
    exec(textwrap.dedent(example), names)
    (task,) = names["LESSON"].tasks
    answers = [right_answer(task), *map(answer_of, task.variants)]
    assert [examine(task, answer).status for answer in answers] == ["right"] * 3
    (mistake,) = task.mistakes
    assert examine(task, answer_of(mistake.answer)).mistake == mistake
