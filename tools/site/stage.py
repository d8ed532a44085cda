"""The pages' sources: notebooks with their outputs, the glossary, documents and the reference, at their own paths.

The folder mirrors the course's, so that relative links between notebooks and documents stay true. Only links
that would leave it are changed: to a source file, they lead to its page; of others, the words stay.
"""

import json
import posixpath
import re
import shutil
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from mlcourse.builder.lessons import Outline
from mlcourse.checks.folders import notebook_name
from mlcourse.checks.task import OpenQuestion
from mlcourse.cli import WELCOME
from mlcourse.tasks import CATALOGUE
from tools.site.address import binder_address, download_address, repository_address
from tools.site.folds import with_folds
from tools.site.given import independent_of_answers
from tools.site.outputs import Files, for_page, picture
from tools.site.reference import (
    MODULES,
    code_page,
    places,
    reference_page,
    shown_modules,
    summary,
    to_top,
)
from tools.site.wording import EXERCISE_NOTE, NOTE, for_readers
from tools.testing import CORES

HERE = Path(__file__).parent
DOCUMENTS = {  # for whom, and what each is about
    "For instructors": {
        "docs/instructors.md": "what to hand out, show and say, lesson by lesson, and timetables",
        "docs/grading.md": "from a folder of notebooks to marks and feedback",
        "docs/open_questions.md": "rubrics and sample answers for what a person marks",
        "docs/exam.md": "with answers",
        "docs/first_edition.md": "for those who have taught it",
    },
    "For engineers": {
        "docs/engineers.md": "what the package offers, what to read first, what differs from scikit-learn",
        "docs/scale.md": "EM, k-means and PCA on files and clusters",
        "benchmarks/README.md": "beside scikit-learn, Intel's extension, faiss, mlpack and SciPy",
    },
    "About the project": {
        "ARCHITECTURE.md": "where everything is, and why",
        "CONTRIBUTING.md": "the rules, and how to test",
        "SECURITY.md": "what the grader's sandbox promises",
        "CHANGELOG.md": "what is new",
    },
}
PLACES = [place for documents in DOCUMENTS.values() for place in documents]
ANCHOR = re.compile(r'<a id="([^"]*)"></a>\n*')
MARKDOWN_LINK = re.compile(r"(?<!!)\[(?P<words>[^\]]*)\]\((?P<target>[^)\s]+)\)")
HTML_LINK = re.compile(r'(<a [^>]*href=")(?P<target>[^"]+)(")')
HEADING_LINK = re.compile(r"\]\(#(?P<words>[^)]+)\)")
GLOSSARY_LINK = re.compile(r"GLOSSARY\.md#(?P<anchor>[\w-]+)")
CODE = re.compile(r"`([^`]+)`")
NAME = re.compile(r"(?<![\[`])(?<!scikit-learn's )`([A-Za-z][\w.]*)`(?![`\]])")
CODE_FILE = re.compile(r"`(?P<path>mlcourse/[\w/]+\.py)`")
FENCED_OR_PERCENT = re.compile(
    r"^(?P<fence>```+|~~~+).*?^(?P=fence)|^(?P<indent> {0,3})%", re.DOTALL | re.MULTILINE
)
HINT = '<details id="hint-'
COVER = re.compile(r'<img src="(?P<path>pictures/[^"]+)" width="\d+"')
SOLUTION_WARNING = """\
```{admonition} These are solutions
:class: warning

Try the [exercises](../exercises/%s) first: you learn from the attempt, even from one that fails.
```
"""


def stage(course: Outline, executed: dict[str, Path], out: Path) -> None:
    """Write the sources of all pages.

    Parameters
    ----------
    course : Outline
    executed : dict of str → Path
        The executed copy of each notebook, by its path in the course, such as "notebooks/04_em.ipynb".
    out : Path
        An empty folder, or one of an earlier call: files whose content stays the same are not touched.
    """
    written = Writer(out)
    copies = {place: nbformat.read(path, as_version=4) for place, path in executed.items()}
    used_by = terms_used(course)
    files = Files(out / "_static" / "shown", "../_static/shown")
    with ThreadPoolExecutor(CORES) as pool:  # most of the time goes into pictures, outside of Python's lock
        made = pool.map(lambda place: lesson_page(course, place, copies[place], files), copies)
        pages = dict(zip(copies, made))
    for name in course.names("exercises"):
        place = f"exercises/{notebook_name('exercises', name)}"
        solution = pages[f"solutions/{notebook_name('solutions', name)}"]
        pages[place] = exercise_page(course, place, solution)
    for place, page in pages.items():
        written.text(place, nbformat.writes(page))
    written.text("GLOSSARY.md", glossary(course, used_by))
    for document in PLACES:
        written.text(document, with_links((course.root / document).read_text("utf-8"), document))
    for image in (course.root / "docs").rglob("*"):
        if image.suffix in (".png", ".gif"):
            written.copy(image.relative_to(course.root).as_posix(), image)
    for name in MODULES:
        written.text(f"reference/{name}.md", reference_page(name, course.root))
    templates = Environment(
        loader=FileSystemLoader(HERE / "theme" / "sources"), undefined=StrictUndefined, autoescape=False
    )
    for template in templates.list_templates():
        text = templates.get_template(template).render(
            course=course,
            notebook_name=notebook_name,
            cards=cards(course, files),
            exercises=exercises(course),
            download=download_address(course),
            repository=repository_address(course),
            player=first_player(pages["notebooks/04_em.ipynb"]),
            documents=DOCUMENTS,
            reference={name: summary(name) for name in MODULES},
        )
        written.text(template, text)
    files.remove_others()
    written.remove_others()


class Writer:
    """Write files into a folder, leaving those alone whose content is the same: Sphinx reads what is newer."""

    def __init__(self, folder: Path):
        self.folder, self.places = folder, set[Path]()

    def text(self, place: str, content: str) -> None:
        self._bytes(place, content.encode())

    def copy(self, place: str, path: Path) -> None:
        self._bytes(place, path.read_bytes())

    def _bytes(self, place: str, content: bytes) -> None:
        path = self.folder / place
        self.places.add(path)
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def remove_others(self) -> None:
        """Remove what an earlier call has written, and this one has not."""
        static = self.folder / "_static"
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in self.places and static not in path.parents:
                path.unlink()


# ── Notebooks ────────────────────────────────────────────────────────────────────────────────────────


def lesson_page(course: Outline, place: str, notebook: NotebookNode, files: Files) -> NotebookNode:
    """Return an executed notebook as a page: outputs in files, answers to predictions folded."""
    widgets = (
        notebook.metadata.get("widgets", {})
        .get("application/vnd.jupyter.widget-state+json", {})
        .get("state", {})
    )
    cells = [cell for cell in notebook.cells if cell.cell_type != "raw"]
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs = for_page(cell, widgets, files)
        else:
            cell.source = with_cover(cell.source, course.root / place, files)
    if place.startswith("notebooks/"):
        cells = with_folds(cells)
        seen = set[str]()
        for cell in cells:
            if cell.cell_type == "markdown":
                cell.source = to_reference(for_readers(cell.source), seen)
    if place == WELCOME:
        cells.insert(1, new_markdown_cell(NOTE))
    if place.startswith("solutions/"):
        # Nobody needs a hint below the answer.
        cells = [cell for cell in cells if not cell.source.startswith(HINT)]
        exercise = place.removeprefix("solutions/").replace("_solutions", "_exercises")
        cells.insert(1, new_markdown_cell(SOLUTION_WARNING % exercise))
    return page_of(course, cells, place)


def to_reference(text: str, seen: set[str]) -> str:
    """Let the first mention of a part of the package lead to the reference; `seen` has what was mentioned before."""

    def link(name: re.Match[str]) -> str:
        place = places().get(name[1])
        if place is None or name[1] in seen:
            return name[0]
        seen.add(name[1])
        return f'<a href="../{place}"><code>{name[1]}</code></a>'

    return NAME.sub(link, text)


def with_cover(text: str, notebook: Path, files: Files) -> str:
    """Let the picture at the top of a lecture be a file of the site. It is what a reader sees first."""

    def cover(found: re.Match[str]) -> str:
        tag = picture((notebook.parent / found["path"]).read_bytes(), files)
        return tag.replace('loading="lazy" decoding="async"', 'class="cover" fetchpriority="high"')

    return COVER.sub(cover, text)


def exercise_page(course: Outline, place: str, solution: NotebookNode) -> NotebookNode:
    """Return an exercise as a page: as it was handed out, with its hints folded, and the figures that it asks about.

    These are in the page of its solution, which has run the same cells; figures of its answers stay there.
    """
    cells = nbformat.read(course.root / place, as_version=4).cells
    shown = {cell.source: cell.outputs for cell in solution.cells if cell.cell_type == "code"}
    codes = [cell for cell in cells if cell.cell_type == "code"]
    given = independent_of_answers([cell.source for cell in codes], shown)
    for cell in codes:
        cell.outputs = (
            [output for output in shown[cell.source] if shows_figure(output)] if cell.source in given else []
        )
    title, _, rest = cells[0].source.partition("\n")
    cells[0].source = f"{title}\n\n{EXERCISE_NOTE}\n{rest}"
    return page_of(course, cells, place)


def shows_figure(output: NotebookNode) -> bool:
    return "<figure" in "".join(output.get("data", {}).get("text/html", ""))


def page_of(course: Outline, cells: list[NotebookNode], place: str) -> NotebookNode:
    """Return a notebook with a line of tools below its title, and links that lead to pages."""
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = to_pages(cell.source)
    first, *others = cells
    title, _, rest = first.source.partition("\n")
    tools = f'<p class="page-tools"><a href="../_static/{place}" download>Download this notebook</a>'
    if course.public_address:
        tools += f'<a href="{binder_address(course, place)}">Open in Binder</a>'
    tools += "</p>"
    first = new_markdown_cell(f"{title}\n\n{tools}\n{rest}", metadata=first.metadata)
    return nbformat.v4.new_notebook(cells=numbered([first, *others]), metadata={"kernelspec": KERNEL})


KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def numbered(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Give cells ids by their number: those of new cells would be random, and every page would change."""
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code" and cell.source.startswith("# "):
            title = cell.source.partition("\n")[0].removeprefix("# ").strip()
            cell.metadata["mystnb"] = {
                "code_prompt_show": f"Code · {title}",
                "code_prompt_hide": f"Code · {title}",
            }
    return cells


def to_pages(text: str) -> str:
    """Let links written in HTML lead to pages, as Sphinx does for those in Markdown, and links to headings arrive.

    JupyterLab's anchor of "Without a mouse" is Without-a-mouse; a page's is without-a-mouse.
    """
    text = HEADING_LINK.sub(lambda found: f"](#{anchor_of(found['words'])})", with_percent_signs(text))
    return HTML_LINK.sub(
        lambda found: found[1] + re.sub(r"\.(ipynb|md)\b", ".html", found["target"]) + found[3], text
    )


def with_percent_signs(text: str) -> str:
    """Keep the lines that begin with a percent sign, outside code: MyST takes them for comments."""
    return FENCED_OR_PERCENT.sub(lambda found: found[0] if found["fence"] else f"{found['indent']}\\%", text)


def anchor_of(words: str) -> str:
    """Return a page's anchor for a heading, given JupyterLab's."""
    return re.sub(r"[^\w-]", "", words).lower()


# ── Lists of lessons and exercises ───────────────────────────────────────────────────────────────────


def cards(course: Outline, files: Files) -> list[dict[str, Any]]:
    """Return what the card of each lesson says, and its picture."""
    return [
        {
            "lesson": course.lessons[name],
            "page": f"notebooks/{notebook_name('notebooks', name)}".replace(".ipynb", ".html"),
            "picture": small_cover(course.root / f"notebooks/pictures/{name[:2]}.png", files),
        }
        for name in course.names("notebooks")
    ]


def exercises(course: Outline) -> list[dict[str, Any]]:
    """Return what the list of exercises says of each."""
    rosters = {name: CATALOGUE.of_lesson(name).roster for name in course.names("exercises")}
    return [
        {
            "lesson": course.lessons[name],
            "notebook": notebook_name("exercises", name),
            "solution": notebook_name("solutions", name),
            "roster": roster,
            "points": sum(one.points for one in roster),
            "open": sum(one.points for one in roster if isinstance(one, OpenQuestion)),
        }
        for name, roster in rosters.items()
    ]


def small_cover(path: Path, files: Files) -> str:
    """Return the tag of a lesson's cover, which the words of the card describe well enough."""
    return f'{picture(path.read_bytes(), files).replace("../_static/", "_static/")} alt="">'


def first_player(notebook: NotebookNode) -> str:
    """Return the HTML of a lesson's first player, for a page at the top of the site."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            if "data-mlcourse-player" in html:
                return html.replace("../_static/", "_static/")
    raise ValueError("the lesson has no player")


# ── Glossary, documents, reference ───────────────────────────────────────────────────────────────────


def terms_used(course: Outline) -> dict[str, list[str]]:
    """Return, for each anchor of the glossary, the names of the lessons that link to it."""
    used: dict[str, list[str]] = defaultdict(list)
    for name in course.names("notebooks"):
        notebook = json.loads(course_file(course, "notebooks", name).read_text("utf-8"))
        text = "".join(
            "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
        )
        for anchor in dict.fromkeys(GLOSSARY_LINK.findall(text)):
            used[anchor].append(name)
    return used


def course_file(course: Outline, folder: str, name: str) -> Path:
    return course.root / folder / notebook_name(folder, name)


def glossary(course: Outline, used_by: dict[str, list[str]]) -> str:
    """Return the glossary, with links to the lessons that use each term."""
    text = with_percent_signs((course.root / "GLOSSARY.md").read_text("utf-8"))
    head, *parts = ANCHOR.split(text)  # then anchor, term, anchor, term, …
    terms = zip(parts[::2], parts[1::2])
    return head + "".join(
        f"{label(anchor, term)}{term.rstrip()}\n\n{backlinks(course, used_by[anchor])}"
        for anchor, term in terms
    )


def label(anchor: str, term: str) -> str:
    """Return the line that gives a term its anchor, unless its heading does: the page would number one of the two."""
    heading = term.partition("\n")[0].lstrip("# ")
    return "" if anchor == anchor_of(heading.replace(" ", "-")) else f"({anchor})=\n"


def backlinks(course: Outline, names: list[str]) -> str:
    """Return the line below a term; empty if no lesson links to it."""
    links = [f"[{name[:2]}](notebooks/{notebook_name('notebooks', name)})" for name in names]
    return f"*In {'lesson' if len(links) == 1 else 'lessons'} {', '.join(links)}.*\n\n" if links else ""


def with_links(text: str, place: str) -> str:
    """Return a document whose links stay within the site, and in which names of files lead to their code."""
    text = MARKDOWN_LINK.sub(lambda found: inside(found, place), with_percent_signs(text))
    return CODE_FILE.sub(lambda found: to_code(found["path"], place, found[0]), text)


def inside(found: re.Match[str], place: str) -> str:
    """Return a link as it is if the site has its target; to code, a link to the code's page; or its words alone."""
    target = found["target"].partition("#")[0]
    if not target or ":" in target:
        return found[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(place), target))
    if path == "README.md":
        return f"[{found['words']}]({to_top(place)}index.md)"
    if path in (*PLACES, "GLOSSARY.md") or path.split("/")[0] in ("notebooks", "exercises", "solutions"):
        return found[0]
    return to_code(path, place, found["words"])


def to_code(path: str, place: str, words: str) -> str:
    """Return a link to the code in a file if that has a page; the words alone if not."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if not path.endswith(".py") or module not in shown_modules():
        return words
    shown = CODE.sub(r"<code>\1</code>", words)
    return f'<a href="{to_top(place)}{code_page(module)}.html">{shown}</a>'


def copy_notebooks(root: Path, out: Path) -> None:
    """Copy the notebooks as they are handed out, for people who download them."""
    for folder in ("notebooks", "exercises", "solutions"):
        target = out / "_static" / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in (root / folder).glob("*.ipynb"):
            shutil.copyfile(path, target / path.name)
