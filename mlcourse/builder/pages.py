"""Add the generated parts of a notebook: header, links, headings of tasks, the Colab cell, the lesson map."""

import re
from dataclasses import replace
from html import escape

from mlcourse.checks import Catalogue
from mlcourse.checks.card import hint_id
from mlcourse.checks.folders import notebook_name
from mlcourse.course_folder import OURS

from .lessons import BuildError, Lesson, Outline
from .sources import Cell

MAP_PLACEHOLDER = re.compile(r"\{\{\s*lesson_map\s*\}\}")
MAP_REGION = re.compile(r"(<!-- lesson-map -->\n).*?(<!-- /lesson-map -->)", re.DOTALL)
TASK_HEADING = re.compile(r"^## \{\{(\w+)\}\}$", re.MULTILINE)
FOLDED = "<details>"
FOLDED_WITH_ROOM = '<details style="margin-bottom:1em">'  # themes leave no room before the next paragraph
HINT = re.compile(r"<details( [^>]*)>(<summary>Hint (\d+)</summary>)")
HINT_WITH_ID = r'<details id="{id}"\1>\2'
CHECK = re.compile(r"^check\.(\w+)\(", re.MULTILINE)
COVER_WIDTH = 900  # pixels; the files have twice as many, for screens of high density
LABELS = {"notebooks": "Lesson", "exercises": "Exercises", "solutions": "Solutions"}
BUTTON = (  # white on blue, 7 to 1, in every theme; where styles are removed, as on GitHub, it is a plain link
    "display:inline-block; padding:0.6em 1.2em; border-radius:0.4em; "
    "background-color:#005a8d; color:#ffffff; font-weight:600; text-decoration:none"
)

ABOUT = {
    "exercises": (
        "Replace each stub with your answer, then run the check cell below it, as often as you like. It tells you "
        "whether your answer is right and, if not, how it differs. If you are stuck, open the hints one at a time: "
        "each gives away a little more than the one before.\n\n"
        "Coming back after a break? The checks need your answers again: select the cell where you want to go on, and "
        "choose *Run → Run All Above Selected Cell*.\n\nDo ≈ {0.do} min"
    ),
    "solutions": (
        "These are worked answers to the exercises. There are other right answers: yours is right if its check "
        "passes. Read them after you have tried, and compare the approach as well as the result. What is between "
        "`### BEGIN SOLUTION` and `### END SOLUTION` was yours to write."
    ),
}

GOALS = f"""\
{FOLDED_WITH_ROOM}<summary>After this lesson you can …</summary>
{{}}

</details>"""  # folded, so that what moves is on the first screen

PROGRESS = """\
## How far have you come?

Run the next cell whenever you like: what you have checked is remembered, on other days too."""
OUR_CHECK = "from mlcourse import check"
OWN_CHECK = 'from mlcourse.checks import open_course\n\ncheck = open_course("../tasks")'

COLAB_SETUP = """\
# Installs the course on Colab; does nothing anywhere else.
import sys

if "google.colab" in sys.modules:
    %pip install --quiet git+{repository}"""


def framed(cells: list[Cell], course: Outline, folder: str, name: str) -> list[Cell]:
    """Return the cells of a notebook: header, the Colab cell if needed, the lesson, links."""
    own = [fill_map(cell, course, folder) for cell in cells]
    first, last = header(course, folder, name), footer(course, folder, name)
    return [first, *colab_setup(course), *own, *progress_cells(course, folder, name), last]


def with_headings(cells: list[Cell], catalogue: Catalogue) -> list[Cell]:
    """Write the headings of tasks: "## {{e_step}}" becomes "## Task 3 · The E-step · 4 points".

    Raises
    ------
    BuildError
        If a heading names no task.
    """
    return [with_heading(cell, catalogue) if cell.kind == "markdown" else cell for cell in cells]


def with_heading(cell: Cell, catalogue: Catalogue) -> Cell:
    """Write the heading of a task, if the cell has one."""
    try:
        written = TASK_HEADING.sub(lambda found: f"## {catalogue.heading(found[1])}", cell.source)
    except KeyError as error:
        raise BuildError(
            f"{cell.where}: the heading names {error}, which is not a task of this course; correct the name."
        ) from None
    return replace(cell, source=written)


def with_folds(cells: list[Cell]) -> list[Cell]:
    """Leave room below what is folded, and give every hint the id that verdicts link to.

    Hints follow the check of their task. A lecture's cells name no task, but they may call a check.
    """
    marked, task = [], ""
    for cell in cells:
        called = CHECK.search(cell.source) if cell.kind == "code" else None
        task = cell.task or (called[1] if called else task)
        if cell.kind == "markdown":
            roomy = cell.source.replace(FOLDED, FOLDED_WITH_ROOM)
            cell = replace(cell, source=HINT.sub(HINT_WITH_ID.format(id=hint_id(task, r"\3")), roomy))
        marked.append(cell)
    return marked


def title(course: Outline, folder: str, name: str) -> str:
    """Return the title of a notebook: "04 · Expectation–maximisation", and the folder unless it is a lecture."""
    heading = course.lessons[name].heading
    return heading if folder == "notebooks" else f"{heading} · {folder}"


def header(course: Outline, folder: str, name: str) -> Cell:
    """Return the first cell: title, links, and either cover, promise, minutes and objectives, or how to use it."""
    lesson = course.lessons[name]
    if folder == "notebooks":
        paragraphs = [
            *cover(course, lesson),
            lesson.promise,
            effort(course, lesson),
            GOALS.format("".join(f"\n- {objective}" for objective in lesson.objectives)),
        ]
    else:
        paragraphs = [ABOUT[folder].format(lesson)]
    return Cell(
        "markdown",
        "\n\n".join([f"# {title(course, folder, name)}", place(course, folder, name), *paragraphs]),
    )


def cover(course: Outline, lesson: Lesson) -> list[str]:
    """Return the picture at the top of a lecture, if lessons.toml describes one.

    Raises
    ------
    BuildError
        If it is described, but is not there.
    """
    if not lesson.cover:
        return []
    path = f"pictures/{lesson.number}.png"
    if not (course.root / "notebooks" / path).is_file():
        raise BuildError(
            f"lessons.toml, lesson {lesson.name}: cover describes notebooks/{path}, which is missing; "
            "put the picture there, or remove the line."
        )
    return [f'<img src="{path}" width="{COVER_WIDTH}" alt="{escape(lesson.cover)}">']


def progress_cells(course: Outline, folder: str, name: str) -> list[Cell]:
    """Return the cells that show the progress, at the end of an exercise: they need no other cell."""
    if folder != "exercises":
        return []
    source = OUR_CHECK if course.root == OURS else OWN_CHECK
    return [Cell("markdown", PROGRESS), Cell("code", f'{source}\n\ncheck.progress("{name}")')]


def footer(course: Outline, folder: str, name: str) -> Cell:
    """Return the last cell: a button that leads to the next step, and where the reader is."""
    here = place(course, folder, name)
    step = next_step(course, folder, name)
    button = [f'<a href="{step[1]}" style="{BUTTON}">{step[0]}</a>'] if step else []
    return Cell("markdown", "\n\n".join(["---", *button, here]))


def next_step(course: Outline, folder: str, name: str) -> tuple[str, str] | None:
    """Return what to open next, as a label and a link: a lesson's exercises, then the next lesson."""
    lesson = course.lessons[name]
    if folder == "notebooks" and course.has("exercises", name):
        return f"Next: the exercises of lesson {lesson.number} →", address(folder, "exercises", name)
    lectures = course.names("notebooks")
    if after := [other for other in lectures if other > name]:
        return f"Next: lesson {course.lessons[after[0]].heading} →", address(folder, "notebooks", after[0])
    if lectures and lectures[0] != name:
        return "You have reached the end. Back to the first page →", address(folder, "notebooks", lectures[0])
    return None


def effort(course: Outline, lesson: Lesson) -> str:
    """Return the time needed and the prerequisites: "Read ≈ 35 min · do ≈ 60 min · builds on lesson 03"."""
    parts = [f"Read ≈ {lesson.read} min"]
    if lesson.do:
        parts.append(f"do ≈ {lesson.do} min")
    if lesson.builds_on:
        parts.append(f"builds on {lesson_links(course, lesson.builds_on)}")
    return " · ".join(parts)


def lesson_links(course: Outline, names: list[str]) -> str:
    """Return "lesson [03](03_gaussians.ipynb)" or "lessons …, …"; lessons without a notebook have no link."""
    links = [
        f"[{name[:2]}]({address('notebooks', 'notebooks', name)})"
        if course.has("notebooks", name)
        else name[:2]
        for name in names
    ]
    return ("lesson " if len(links) == 1 else "lessons ") + ", ".join(links)


def place(course: Outline, folder: str, name: str) -> str:
    """Return the line that says where the reader is, between links to the notebooks around it."""
    names = course.names(folder)
    here = names.index(name)
    kind = "" if folder == "notebooks" else f" · {LABELS[folder]}"
    parts = [f"**Lesson {course.lessons[name].number}{kind}**"]
    lectures = course.names("notebooks")
    if lectures and (folder, name) != ("notebooks", lectures[0]):
        parts.append(f"[All lessons]({address(folder, 'notebooks', lectures[0])})")
    if here > 0:
        parts.append(f"← {link(course, folder, names[here - 1])}")
    for other, label in LABELS.items():
        # No link from a lecture to its solutions: try the exercises first.
        if other != folder and course.has(other, name) and (folder, other) != ("notebooks", "solutions"):
            parts.append(f"[{label}]({address(folder, other, name)})")
    if course.public_address:
        parts.append(f"[Open in Colab]({colab_address(course, folder, name)})")
    if here + 1 < len(names):
        parts.append(f"{link(course, folder, names[here + 1])} →")
    return " | ".join(parts)


def link(course: Outline, folder: str, name: str) -> str:
    """Return the link to another notebook of the same folder; its words say which folder that is.

    Titles of lectures are shown under the pointer: the line would become too long for a narrow window.
    """
    lesson = course.lessons[name]
    if folder == "notebooks":
        return f'[Lesson {lesson.number}]({address(folder, folder, name)} "{lesson.heading}")'
    return f"[{lesson.number} · {LABELS[folder].lower()}]({address(folder, folder, name)})"


def address(here: str, folder: str, name: str) -> str:
    """Return the relative link from a notebook in the folder `here` to a lesson's notebook in `folder`."""
    own = notebook_name(folder, name)
    return own if folder == here else f"../{folder}/{own}"


def colab_address(course: Outline, folder: str, name: str) -> str:
    """Return the address that opens a notebook in Colab: the path is the same as on GitHub."""
    path = course.public_address.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{path}/{folder}/{notebook_name(folder, name)}"


def colab_setup(course: Outline) -> list[Cell]:
    """Return the cell that installs the course on Colab, or no cell if the course has no public address."""
    if not course.public_address:
        return []
    repository = course.public_address.partition("/blob/")[0]
    return [Cell("code", COLAB_SETUP.format(repository=repository))]


def fill_map(cell: Cell, course: Outline, folder: str) -> Cell:
    """Replace the placeholder in a Markdown cell with the lesson map."""
    if cell.kind != "markdown":
        return cell
    table = lesson_map(course, {other: "" if other == folder else f"../{other}/" for other in LABELS})
    return replace(cell, source=MAP_PLACEHOLDER.sub(lambda _: table, cell.source))


def lesson_map(course: Outline, addresses: dict[str, str]) -> str:
    """Return the table of all lectures; `addresses` maps each folder to its path relative to the page."""
    rows = ["| Lesson | Read | Do | Builds on | Practise |", "|---|---|---|---|---|"]
    for name in course.names("notebooks"):
        lesson = course.lessons[name]
        practise = [
            f"[{label.lower()}]({addresses[folder]}{notebook_name(folder, name)})"
            for folder, label in LABELS.items()
            if folder != "notebooks" and course.has(folder, name)
        ]
        columns = [
            f"[{lesson.heading}]({addresses['notebooks']}{notebook_name('notebooks', name)})",
            f"{lesson.read} min",
            f"{lesson.do} min" if lesson.do else "–",
            ", ".join(other[:2] for other in lesson.builds_on) or "–",
            " · ".join(practise) or "–",
        ]
        rows.append(f"| {' | '.join(columns)} |")
    return "\n".join(rows)


def page_with_map(text: str, course: Outline, path: str) -> str:
    """Write the lesson map between the two markers of a Markdown page; return the page unchanged if it has none.

    `path` is the path of the page in the course folder, such as "docs/instructors.md".
    """
    if ("<!-- lesson-map -->" in text or "<!-- /lesson-map -->" in text) and not MAP_REGION.search(text):
        raise BuildError(
            f"{path}: the lesson map goes between a line <!-- lesson-map --> and a line "
            "<!-- /lesson-map -->; one is missing, or they are in the wrong order."
        )
    up = "../" * path.count("/")
    table = lesson_map(course, {folder: f"{up}{folder}/" for folder in LABELS})
    return MAP_REGION.sub(lambda region: f"{region[1]}\n{table}\n\n{region[2]}", text)
