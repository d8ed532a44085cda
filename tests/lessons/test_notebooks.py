"""The notebooks of the course: identical to a fresh build, and of the form that every lesson has."""

import re
import statistics
from urllib.parse import unquote

import nbformat
import pytest
from nbconvert import HTMLExporter

from mlcourse.builder.build import build_all, differences
from mlcourse.builder.lessons import read_course
from mlcourse.checks.card import hint_id
from mlcourse.checks.folders import FOLDERS, lesson_of
from mlcourse.cli import ROOT
from mlcourse.course_folder import Course
from mlcourse.tasks import CATALOGUE
from tools.site.wording import RUN_THEM

COURSE = read_course(ROOT)
PAGES = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def pages(folder):
    """One test case per notebook of a folder."""
    return [pytest.param(path, id=relative(path)) for path in PAGES if path.parent.name == folder]


def relative(path):
    return path.relative_to(ROOT).as_posix()


def read(path):
    return nbformat.read(path, as_version=4)


def sources(path, kind):
    return [cell.source for cell in read(path).cells if cell.cell_type == kind]


def task_cells(path, *roles):
    """The cells with one of the roles, by task."""
    cells = (cell for cell in read(path).cells if cell.metadata.get("mlcourse", {}).get("role") in roles)
    return {cell.metadata.mlcourse.task: cell for cell in cells}


def stripped_lines(text):
    """The non-blank lines without indentation, each between newlines, so that `in` compares whole lines."""
    return "\n" + "".join(f"{line.strip()}\n" for line in text.splitlines() if line.strip())


@pytest.mark.parametrize("name", COURSE.lessons)
def test_every_lesson_exists(name):
    has_exercises = COURSE.lessons[name].do > 0
    wanted = {"notebooks": True, "exercises": has_exercises, "solutions": has_exercises}
    assert {folder: Course().notebook(folder, name).exists() for folder in FOLDERS} == wanted


def test_notebooks_are_up_to_date():
    built = build_all()
    changes = differences(ROOT, built)
    assert not changes, f"run `python course.py build`; out of date: {', '.join(map(relative, changes))}"
    assert set(PAGES) <= set(built)


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_notebook_is_valid_and_has_no_output(path):
    notebook = read(path)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert [cell.source for cell in notebook.cells if cell.source != cell.source.strip("\n")] == []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_an_exported_page_has_the_title_of_its_lesson():
    notebook = read(ROOT / "notebooks" / "04_em.ipynb")
    notebook.cells = notebook.cells[:1]
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert f"<title>{COURSE.lessons['04_em'].heading}</title>" in page


@pytest.mark.parametrize("path", pages("notebooks"))
def test_code_cells_of_a_lecture_are_short(path):
    lengths = [len(source.splitlines()) for source in sources(path, "code")]
    assert statistics.median(lengths) <= 8, f"lines of each code cell: {lengths}"


@pytest.mark.parametrize("path", pages("notebooks")[1:])
def test_a_lecture_says_to_run_its_folded_imports(path):
    cells = read(path).cells
    imports = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    assert re.match(RUN_THEM, cells[imports - 1].source)


@pytest.mark.parametrize("path", pages("exercises"))
def test_exercise_contains_no_answer(path):
    exercise = read(path)
    text = stripped_lines("\n".join(cell.source for cell in exercise.cells))
    assert "END SOLUTION" not in text
    for solution in sources(Course().notebook("solutions", lesson_of(path)), "code"):
        for answer in re.findall(r"### BEGIN SOLUTION\n(.*?)\n\s*### END SOLUTION", solution, re.DOTALL):
            assert stripped_lines(answer) not in text


@pytest.mark.parametrize("path", pages("exercises"))
def test_exercise_has_tasks_checks_and_hints(path):
    answers, checks, questions = (task_cells(path, role) for role in ("answer", "check", "open"))
    assert 5 <= len(answers) + len(questions) <= 8
    assert set(answers) == set(checks)
    hints = sum(source.count("<summary>Hint") for source in sources(path, "markdown"))
    assert 2 * len(answers) <= hints <= 3 * (len(answers) + len(questions))


def test_the_first_hint_of_the_welcome_page_belongs_to_its_check():
    path = ROOT / "notebooks" / "00_welcome.ipynb"
    called = re.findall(r"^check\.(?!progress)(\w+)\(\w", "\n".join(sources(path, "code")), re.MULTILINE)
    hints = re.findall(r'<details id="(hint-[^"]*)"', "\n".join(sources(path, "markdown")))
    assert hints == [hint_id(name, 1) for name in called]


@pytest.mark.parametrize("path", pages("exercises"))
def test_every_hint_that_a_verdict_names_is_there(path):
    text = "\n".join(sources(path, "markdown"))
    ids = re.findall(r'<details id="(hint-[^"]+)"', text)
    assert len(set(ids)) == len(ids) == text.count("<summary>Hint")
    tasks = CATALOGUE.of_lesson(lesson_of(path)).tasks
    named = {hint_id(task.name, one.hint) for task in tasks for one in task.mistakes if one.hint}
    assert named <= set(ids)


@pytest.mark.parametrize(
    ("role", "tasks"), [("check", CATALOGUE.tasks), ("open", CATALOGUE.open_questions)], ids=["check", "open"]
)
def test_exercises_have_the_tasks_of_the_catalogue(role, tasks):
    exercises = (path for path in PAGES if path.parent.name == "exercises")
    found = {(lesson_of(path), task) for path in exercises for task in task_cells(path, role)}
    assert found == {(task.lesson, name) for name, task in tasks.items()}


@pytest.mark.parametrize("path", pages("exercises"))
def test_every_task_has_its_heading_in_order(path):
    headings = re.findall(r"^## (Task .*)$", "\n".join(sources(path, "markdown")), re.MULTILINE)
    assert headings == [CATALOGUE.heading(task.name) for task in CATALOGUE.lessons[lesson_of(path)].roster]


@pytest.mark.parametrize("path", [*PAGES, *DOCUMENTS], ids=relative)
def test_relative_links_are_not_broken(path):
    broken = [link for link in relative_links(path) if not resolves(path, link)]
    assert not broken, f"{relative(path)} has broken links: {', '.join(broken)}"


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_no_line_starts_with_a_number_by_accident(path):
    """A line that starts with "3. " is an item of a list in some readers, also in the middle of a sentence."""
    for source in sources(path, "markdown"):
        for block in re.split(r"\n\s*\n", source):
            numbers = [int(number) for number in re.findall(r"^\s*(\d+)[.)] ", block, re.MULTILINE)]
            starts = re.match(r"\s*\d+[.)] ", block)
            assert not numbers or (starts and numbers == list(range(1, len(numbers) + 1))), block


def relative_links(path):
    """Addresses of links and images in the Markdown of a notebook or document, except in code."""
    texts = sources(path, "markdown") if path.suffix == ".ipynb" else [path.read_text(encoding="utf-8")]
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", "\n\n".join(texts), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)[^)]*\)|(?:href|src)=[\"']([^\"']+)", prose)
    return [link for pair in found for link in pair if link and not re.match(r"[a-z]+:", link)]


def resolves(path, link):
    """Whether the file exists and, in a Markdown file, also the anchor."""
    address, _, anchor = unquote(link).partition("#")
    target = (path.parent / address).resolve() if address else path
    if not target.exists():
        return False
    return not anchor or anchor in (anchors(target) if target.suffix == ".md" else headings(target))


def headings(path):
    """The anchors of a notebook's headings, as JupyterLab and nbconvert write them."""
    return {
        heading.replace(" ", "-")
        for source in sources(path, "markdown")
        for heading in re.findall(r"^#+ (.*)$", source, re.MULTILINE)
    }


def anchors(path):
    """The anchors of a Markdown file: its headings, written as GitHub does, and its ids."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+\s+(.*?)\s*$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r"""\bid=["']([^"']+)""", text))
