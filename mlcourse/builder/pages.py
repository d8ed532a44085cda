"""What frames a lesson: header, links to its neighbours, the Colab cells, the lesson map."""

import re
from dataclasses import replace

from .ipynb import check_points
from .lessons import BuildError
from .sources import Cell

MAP_PLACEHOLDER = re.compile(r"\{\{\s*lesson_map\s*\}\}")
MAP_REGION = re.compile(r"(<!-- lesson-map -->\n).*?(<!-- /lesson-map -->)", re.DOTALL)
TASK_HEADING = re.compile(r"^(## Task \d.*)$", re.MULTILINE)
LABELS = {"notebooks": "Lesson", "exercises": "Exercises", "solutions": "Solutions"}

ABOUT = {
    "exercises": (
        "Write each answer where its stub stands, then run the check cell below it, as often as you like: it says "
        "what is right already and, where something is not, how your answer differs. When you are stuck, unfold the "
        "hints one at a time; each gives away a little more than the one before.\n\nDo ≈ {0.do} min"
    ),
    "solutions": (
        "These are worked answers to the exercises, each one way among several: yours is right when its check says "
        "so. Read them after you have tried, and compare the route as well as the result."
    ),
}

COLAB_SETUP = """\
# On Colab this installs the course; anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install --quiet git+{repository}"""


def framed(cells, course, folder, name):
    """The cells of a notebook: header, Colab's set-up if wanted, the lesson's own, links."""
    own = [fill_map(cell, course, folder) for cell in cells]
    links = neighbour_links(course, folder, name)
    last = [Cell("markdown", f"---\n\n{links}")] if links else []
    return [header(course, folder, name), *colab_setup(course), *own, *last]


def with_points(cells, points_of):
    """The cells, each task's heading followed by its points: "## Task 3 · The E-step · 4 points"."""
    return [
        replace(cell, source=TASK_HEADING.sub(lambda found: f"{found[1]} · {points}", cell.source))
        if (points := heading_points(cells, i, points_of))
        else cell
        for i, cell in enumerate(cells)
    ]


def heading_points(cells, i, points_of):
    """Return "4 points" when cell i is headed as a task, of the answer or open question below it; else None."""
    task = next((cell for cell in cells[i:] if cell.role in ("answer", "open")), None)
    if cells[i].kind != "markdown" or not TASK_HEADING.search(cells[i].source) or task is None:
        return None
    points = task.points if task.role == "open" else check_points(task, points_of)
    return f"{points} point{'s' if points != 1 else ''}"


def header(course, folder, name):
    """The first cell: title, promise, minutes, objectives and links, or what an exercise or solution is for."""
    lesson = course.lessons[name]
    if folder == "notebooks":
        objectives = "".join(f"\n- {objective}" for objective in lesson.objectives)
        paragraphs = [
            f"# {lesson.heading}",
            lesson.promise,
            effort(course, lesson),
            f"After this lesson you can\n{objectives}",
        ]
    else:
        paragraphs = [f"# {lesson.heading} · {folder}", ABOUT[folder].format(lesson)]
    paragraphs.append(neighbour_links(course, folder, name))
    return Cell("markdown", "\n\n".join(paragraphs).rstrip())


def effort(course, lesson):
    """The minutes and what the lesson builds on: "Read ≈ 35 min · do ≈ 60 min · builds on lesson 03"."""
    parts = [f"Read ≈ {lesson.read} min"]
    if lesson.do:
        parts.append(f"do ≈ {lesson.do} min")
    if lesson.builds_on:
        parts.append(f"builds on {lesson_links(course, lesson.builds_on)}")
    return " · ".join(parts)


def lesson_links(course, names):
    """Say "lesson [03](03_gaussians.ipynb)", "lessons …, …"; one without a notebook yet is not linked."""
    links = [f"[{name[:2]}]({name}.ipynb)" if course.has("notebooks", name) else name[:2] for name in names]
    return ("lesson " if len(links) == 1 else "lessons ") + ", ".join(links)


def neighbour_links(course, folder, name):
    """One line: the previous notebook of this folder, this lesson's other notebooks, Colab, the next one."""
    names = course.names(folder)
    place = names.index(name)
    links = []
    if place > 0:
        links.append(f"← [{course.lessons[names[place - 1]].heading}]({names[place - 1]}.ipynb)")
    for other, label in LABELS.items():
        # A lecture leads to its exercises, and they to the solutions: trying comes in between.
        if other != folder and course.has(other, name) and (folder, other) != ("notebooks", "solutions"):
            links.append(f"[{label}](../{other}/{name}.ipynb)")
    if course.public_address:
        links.append(f"[Open in Colab]({colab_address(course, folder, name)})")
    if place + 1 < len(names):
        links.append(f"[{course.lessons[names[place + 1]].heading}]({names[place + 1]}.ipynb) →")
    return " | ".join(links)


def colab_address(course, folder, name):
    """Colab opens what GitHub holds, under the same path."""
    path = course.public_address.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{path}/{folder}/{name}.ipynb"


def colab_setup(course):
    """The cell that installs the course on Colab; no cell at all while the course has no public address."""
    if not course.public_address:
        return []
    repository = course.public_address.partition("/blob/")[0]
    return [Cell("code", COLAB_SETUP.format(repository=repository))]


def fill_map(cell, course, folder):
    """Put the lesson map where a Markdown cell has its placeholder."""
    if cell.kind != "markdown":
        return cell
    addresses = {other: "" if other == folder else f"../{other}/" for other in LABELS}
    table = lesson_map(course, addresses)
    return replace(cell, source=MAP_PLACEHOLDER.sub(lambda _: table, cell.source))


def lesson_map(course, addresses):
    """The table of the lessons that exist; `addresses` gives each folder's path as seen from the page."""
    rows = ["| Lesson | Read | Do | Builds on | Practise |", "|---|---|---|---|---|"]
    for name in course.names("notebooks"):
        lesson = course.lessons[name]
        practise = [
            f"[{label.lower()}]({addresses[folder]}{name}.ipynb)"
            for folder, label in LABELS.items()
            if folder != "notebooks" and course.has(folder, name)
        ]
        columns = [
            f"[{lesson.heading}]({addresses['notebooks']}{name}.ipynb)",
            f"{lesson.read} min",
            f"{lesson.do} min" if lesson.do else "–",
            ", ".join(other[:2] for other in lesson.builds_on) or "–",
            " · ".join(practise) or "–",
        ]
        rows.append(f"| {' | '.join(columns)} |")
    return "\n".join(rows)


def page_with_map(text, course, path):
    """A Markdown page with the lesson map between its two markers; unchanged when it has none.

    `path` is where the page stands below the course's folder: "docs/instructors.md".
    """
    if ("<!-- lesson-map -->" in text or "<!-- /lesson-map -->" in text) and not MAP_REGION.search(text):
        raise BuildError(
            f"{path}: the lesson map goes between a line <!-- lesson-map --> and a line "
            "<!-- /lesson-map -->; only one is there, or they stand the wrong way round."
        )
    up = "../" * path.count("/")
    table = lesson_map(course, {folder: f"{up}{folder}/" for folder in LABELS})
    return MAP_REGION.sub(lambda region: f"{region[1]}\n{table}\n\n{region[2]}", text)
