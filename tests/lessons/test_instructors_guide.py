"""The instructor's guide stays true: its lessons, tasks, figures, sections and rubrics are the course's own."""

import re

import nbformat
import pytest

from mlcourse.builder.lessons import read_course
from mlcourse.checks import CHECKS
from mlcourse.cli import ROOT

GUIDE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
COURSE = read_course(ROOT)
PRACTISED = COURSE.names("exercises")
VALUES = {"½": 0.5, "1½": 1.5}


def part(text, heading):
    """What stands below a heading, down to the next one of its rank or above."""
    rank = re.match("#+", heading)[0]
    found = re.search(
        rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(rank)}}} |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"the guide has no heading {heading!r}"
    return found[1]


def section(name):
    """The guide's section of one lesson."""
    return part(GUIDE, f"### {COURSE.lessons[name].heading}")


def prose(folder, name):
    """The Markdown cells of a built notebook."""
    notebook = nbformat.read(ROOT / folder / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def headings(folder, name):
    text = "\n".join(cell.source for cell in prose(folder, name))
    return re.findall(r"^##+ (.*?)\s*$", text, re.MULTILINE)


def figures(name):
    """Numbers of the figures that a lecture shows."""
    return set(
        map(int, re.findall(r"Figure (\d+)\.", (ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8")))
    )


def numbers_after(word, text):
    """The numbers in "task 3", "tasks 1, 2 and 5", "figures 3, 4 and 5"."""
    lists = re.findall(rf"\b{word}s? (\d+(?:(?:, | and |, and )\d+)*)", text, re.IGNORECASE)
    return {int(number) for numbers in lists for number in re.findall(r"\d+", numbers)}


def in_italics(text):
    """Titles of sections: whatever stands between single stars, also across the end of a line."""
    return [" ".join(words.split()) for words in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)]


def rows(text):
    """The cells of every row of the tables in a text, heads and rules left out."""
    table = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in table]


def open_questions():
    for name in PRACTISED:
        for cell in prose("exercises", name):
            if cell.metadata.get("mlcourse", {}).get("role") == "open":
                yield pytest.param(name, cell.metadata.mlcourse.task, cell.metadata.nbgrader.points, id=name)


@pytest.mark.parametrize("name", COURSE.lessons)
def test_every_lesson_has_its_section(name):
    assert "**Emphasise**" in section(name)
    assert "**Show live**" in section(name)


def test_lessons_stand_in_their_order():
    told = re.findall(r"^### (\d\d ·.*)$", GUIDE, re.MULTILINE)
    assert told == [lesson.heading for lesson in COURSE.lessons.values()]


def test_the_lesson_map_is_generated():
    assert "<!-- lesson-map -->\n\n| Lesson |" in GUIDE


@pytest.mark.parametrize("name", PRACTISED)
def test_mistakes_are_those_of_the_lessons_tasks(name):
    told = [row[0].strip("`") for row in rows(section(name))[1:]]
    assert len(told) >= 5
    assert {CHECKS[task].lesson for task in told} == {name}


@pytest.mark.parametrize("name", COURSE.lessons)
def test_tasks_figures_and_sections_are_there(name):
    assert numbers_after("figure", section(name)) <= figures(name)
    assert set(in_italics(section(name))) <= set(headings("notebooks", name))
    if tasks := numbers_after("task", section(name)):
        assert tasks <= tasks_of(name)


def tasks_of(name):
    return numbers_after("task", "\n".join(headings("exercises", name)))


def timetable():
    """Rows of both timetables that are about a lesson: its name (the last that is told), and the row."""
    for row in rows(part(GUIDE, "## Timetables")):
        if numbers := re.findall(r"\b\d\d\b", row[1]):
            (name,) = [name for name in COURSE.lessons if name.startswith(numbers[-1])]
            yield pytest.param(name, row, id="-".join(row[:2]))


@pytest.mark.parametrize(("name", "row"), list(timetable()))
def test_a_row_of_the_timetables_names_what_is_there(name, row):
    assert set(in_italics(" | ".join(row))) <= set(headings("notebooks", name))
    tasks = numbers_after("task", " | ".join(row))
    assert not tasks or tasks <= tasks_of(name)


@pytest.mark.parametrize(("name", "task", "points"), list(open_questions()))
def test_every_open_question_has_its_rubric(name, task, points):
    parts = re.split(r"^### ", part(GUIDE, "## Open questions and how to mark them"), flags=re.MULTILINE)
    (told,) = [text for text in parts if f"`{task}`" in text]
    assert re.match(rf"Lesson {name[:2]}, task \d · .* · {points} points\n", told)
    title = told.split(" · ")[1]
    number = told.split(",")[1].split()[1]
    assert any(heading.startswith(f"Task {number} · {title}") for heading in headings("exercises", name))
    assert sum(VALUES.get(row[0]) or int(row[0]) for row in rows(told)[1:]) == points
