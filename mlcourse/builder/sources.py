"""Reading a lesson source: percent format to checked cells."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
from nbformat import ValidationError

from .lessons import BuildError

ROLES = ("answer", "check", "open")
HEADER_KEYS = ("task", "role", "points", "tags")


@dataclass(frozen=True)
class Cell:
    """One cell; `where` names file and cell for error messages, `task` and `role` are None outside tasks."""

    kind: str
    source: str
    where: str = ""
    task: str | None = None
    role: str | None = None
    points: int | None = None
    tags: list[str] = field(default_factory=list)


def read_cells(path: Path, root: Path):
    """Read the cells of one source file, each of them valid on its own.

    Raises
    ------
    BuildError
        Naming the file and the number of the cell (counted from 1, as written in the source).
    """
    # jupytext's own magics are off: it would turn a comment such as `# cat x` into a shell command.
    percent = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    name = path.relative_to(root).as_posix()
    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8").lstrip(), fmt=percent)
    except ValidationError as error:
        raise BuildError(f'{name}: {error.message} in a cell header; tags are written tags=["…"].') from error
    return [read_cell(raw, f"{name}, cell {i}") for i, raw in enumerate(notebook.cells, start=1)]


def read_cell(raw, where):
    """Turn one jupytext cell into a Cell, or raise a BuildError."""
    header = {key: value for key, value in raw.metadata.items() if key != "lines_to_next_cell"}
    if unknown := sorted(set(header) - set(HEADER_KEYS)):
        raise BuildError(
            f"{where}: the cell header holds {', '.join(unknown)}; it may hold only "
            'task="…" role="…" points=3 tags=["…"], with strings in double quotes.'
        )
    # An answer keeps its comments: those below STUB are a stub yet to be uncommented.
    magics = raw.cell_type == "code" and header.get("role") != "answer"
    cell = Cell(raw.cell_type, uncomment_magics(raw.source) if magics else raw.source, where, **header)
    for rule in (check_kind, check_header, check_magic, check_images):
        rule(cell)
    return cell


def uncomment_magics(source):
    """Magics stand commented out in the sources, which so stay plain Python: `# %matplotlib inline`."""
    return re.sub(r"^# (?=%{1,2}[a-z])", "", source, flags=re.MULTILINE)


def check_kind(cell):
    """Only code and Markdown cells, and none of them empty."""
    if cell.kind not in ("code", "markdown"):
        raise BuildError(f"{cell.where}: is a {cell.kind} cell; write code or [markdown].")
    if not cell.source.strip():
        raise BuildError(f"{cell.where}: is empty; write something in it or remove its `# %%` line.")


def check_header(cell):
    """Task, role and points come together as their role asks."""
    if (cell.task is None) != (cell.role is None):
        raise BuildError(f"{cell.where}: task={cell.task!r} with role={cell.role!r}; write both or neither.")
    if cell.role is not None and cell.role not in ROLES:
        raise BuildError(f"{cell.where}: role={cell.role!r}; wanted one of {', '.join(ROLES)}.")
    if cell.task is not None and not (isinstance(cell.task, str) and cell.task.isidentifier()):
        raise BuildError(
            f"{cell.where}: task={cell.task!r}; wanted a Python identifier, the name of its check."
        )
    if (cell.role == "open") != isinstance(cell.points, int):
        raise BuildError(
            f"{cell.where}: role={cell.role!r} with points={cell.points!r}; an open question needs its points "
            "in the header, such as points=3; any other cell takes none (a check's specification has them)."
        )
    if cell.role in ("answer", "check") and cell.kind != "code":
        raise BuildError(f"{cell.where}: role={cell.role!r} in a Markdown cell; remove [markdown].")


def check_magic(cell):
    """A `%matplotlib inline` beside imports hides them from JupyterLite's package loader."""
    magic = re.search(r"^%matplotlib\b", cell.source, re.MULTILINE)
    if cell.kind == "code" and magic and re.search(r"^\s*(import|from)\s", cell.source, re.MULTILINE):
        raise BuildError(
            f"{cell.where}: %matplotlib shares a cell with an import; give the magic its own cell."
        )


def check_images(cell):
    """Every image in Markdown says in words what it shows."""
    if cell.kind != "markdown":
        return
    silent = re.search(r"!\[\s*\]\([^)]*\)", cell.source)
    tags = re.findall(r"<img\b[^>]*>", cell.source)
    silent_tag = next((tag for tag in tags if not re.search(r"""\balt=["']\s*[^"'\s]""", tag)), None)
    if silent or silent_tag:
        raise BuildError(
            f"{cell.where}: {silent.group() if silent else silent_tag} has no alt text; "
            "say in a few words what the picture shows."
        )


def check_tasks(cells):
    """Tasks of one exercise source: an answer first, then the check that calls it."""
    answered, checked = set(), set()
    for cell in cells:
        if cell.role == "answer":
            answered.add(cell.task)
        if cell.role == "check":
            checked.add(cell.task)
            if cell.task not in answered:
                raise BuildError(f"{cell.where}: checks {cell.task!r}, which no answer cell above it has.")
            if f"check.{cell.task}(" not in cell.source:
                raise BuildError(
                    f"{cell.where}: is the check of {cell.task!r}; call check.{cell.task}(…) in it."
                )
    for cell in cells:
        if cell.role == "answer" and cell.task not in checked:
            raise BuildError(
                f"{cell.where}: answers {cell.task!r}, which no cell below it checks; add its check."
            )


def check_unique(cells):
    """No two tasks of the course share a name: checks, grades and progress are kept by it."""
    first = {}
    for cell in cells:
        if cell.role:
            key = (cell.task, "check" if cell.role == "check" else "task")
            if key in first:
                raise BuildError(
                    f"{cell.where}: {cell.task!r} is taken by {first[key]}; choose another name."
                )
            first[key] = cell.where


def check_lecture(cells):
    """A lecture asks its questions in prose: tasks belong to the exercises."""
    for cell in cells:
        if cell.role or "solution-only" in cell.tags or "BEGIN SOLUTION" in cell.source:
            raise BuildError(f"{cell.where}: a lecture has no tasks; move this cell to sources/solutions.")
