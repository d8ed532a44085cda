"""Read lesson sources in percent format, and validate their cells."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import jupytext
from nbformat import ValidationError

from mlcourse.checks import Lesson

from .lessons import BuildError

ROLES = ("answer", "check", "open")
HEADER_KEYS = ("task", "role", "tags")
FOLDED = "hide-input"  # Jupyter Book's name for it: there, too, the tag folds the cell


@dataclass(frozen=True)
class Cell:
    """One cell; `where` is file and cell number for error messages, `task` and `role` are None outside tasks."""

    kind: str
    source: str
    where: str = ""
    task: str | None = None
    role: str | None = None
    tags: list[str] = field(default_factory=list)


def read_cells(path: Path, root: Path) -> list[Cell]:
    """Read the cells of one source file, and validate each cell on its own.

    Raises
    ------
    BuildError
        If a cell is not valid. The message names the file and the number of the cell, counted from 1.
    """
    # Do not let jupytext handle magics: it would turn a comment such as `# cat x` into a shell command.
    percent = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    name = path.relative_to(root).as_posix()
    try:
        notebook = jupytext.reads(path.read_text(encoding="utf-8").lstrip(), fmt=percent)
    except ValidationError as error:
        raise BuildError(f'{name}: {error.message} in a cell header; write tags as tags=["…"].') from error
    return [read_cell(raw, f"{name}, cell {i}") for i, raw in enumerate(notebook.cells, start=1)]


def read_cell(raw: Any, where: str) -> Cell:
    """Convert one jupytext cell to a Cell; raise BuildError if it is not valid."""
    header = {key: value for key, value in raw.metadata.items() if key != "lines_to_next_cell"}
    if unknown := sorted(set(header) - set(HEADER_KEYS)):
        raise BuildError(
            f"{where}: the cell header contains {', '.join(unknown)}; it may contain only "
            'task="…" role="…" tags=["…"], with strings in double quotes.'
        )
    # Do not change answers: the comments below STUB are uncommented later.
    magics = raw.cell_type == "code" and header.get("role") != "answer"
    cell = Cell(raw.cell_type, uncomment_magics(raw.source) if magics else raw.source, where, **header)
    for rule in (check_kind, check_header, check_folded, check_magic, check_images):
        rule(cell)
    return cell


def uncomment_magics(source: str) -> str:
    """Uncomment magics such as `# %matplotlib inline`: the sources are plain Python, where they are comments."""
    return re.sub(r"^# (?=%{1,2}[a-z])", "", source, flags=re.MULTILINE)


def check_kind(cell: Cell) -> None:
    """Raise BuildError unless the cell is code or Markdown and not empty."""
    if cell.kind not in ("code", "markdown"):
        raise BuildError(f"{cell.where}: is a {cell.kind} cell; make it a code or [markdown] cell.")
    if not cell.source.strip():
        raise BuildError(f"{cell.where}: is empty; fill it, or remove its `# %%` line.")


def check_header(cell: Cell) -> None:
    """Raise BuildError unless task and role fit together."""
    if (cell.task is None) != (cell.role is None):
        raise BuildError(f"{cell.where}: task={cell.task!r} with role={cell.role!r}; write both or neither.")
    if cell.role is not None and cell.role not in ROLES:
        raise BuildError(f"{cell.where}: role={cell.role!r}; expected one of {', '.join(ROLES)}.")
    if cell.task is not None and not (isinstance(cell.task, str) and cell.task.isidentifier()):
        raise BuildError(
            f"{cell.where}: task={cell.task!r}; expected a Python identifier, the name of its check."
        )
    if cell.role in ("answer", "check") and cell.kind != "code":
        raise BuildError(f"{cell.where}: role={cell.role!r} needs a code cell; remove [markdown].")


def check_folded(cell: Cell) -> None:
    """Raise BuildError unless a folded cell is code that starts with a comment, the only line that is shown."""
    if FOLDED in cell.tags and not (cell.kind == "code" and re.match(r"# \w", cell.source)):
        raise BuildError(
            f"{cell.where}: the tag {FOLDED!r} folds the code and leaves its first line in view; tag a code cell, "
            "and start it with a comment that says what it holds."
        )


def check_magic(cell: Cell) -> None:
    """Raise BuildError if %matplotlib shares a cell with an import: JupyterLite's loader would miss the import."""
    magic = re.search(r"^%matplotlib\b", cell.source, re.MULTILINE)
    if cell.kind == "code" and magic and re.search(r"^\s*(import|from)\s", cell.source, re.MULTILINE):
        raise BuildError(
            f"{cell.where}: %matplotlib is in the same cell as an import; give the magic its own cell."
        )


def check_images(cell: Cell) -> None:
    """Raise BuildError if an image in Markdown has no alt text."""
    if cell.kind != "markdown":
        return
    without_alt = re.search(r"!\[\s*\]\([^)]*\)", cell.source)
    tags = re.findall(r"<img\b[^>]*>", cell.source)
    tag_without_alt = next((tag for tag in tags if not re.search(r"""\balt=["']\s*[^"'\s]""", tag)), None)
    if without_alt or tag_without_alt:
        raise BuildError(
            f"{cell.where}: {without_alt.group() if without_alt else tag_without_alt} has no alt text; "
            "describe in a few words what the image shows."
        )


def check_tasks(cells: list[Cell]) -> None:
    """Raise BuildError unless each answer in a source is followed by a check that calls it."""
    answered, checked = set(), set()
    for cell in cells:
        if cell.role == "answer":
            answered.add(cell.task)
        if cell.role == "check":
            checked.add(cell.task)
            if cell.task not in answered:
                raise BuildError(
                    f"{cell.where}: checks {cell.task!r}, but there is no answer cell above it; add one."
                )
            if f"check.{cell.task}(" not in cell.source:
                raise BuildError(
                    f"{cell.where}: does not call check.{cell.task}(…), the check of {cell.task!r}; add the call."
                )
    for cell in cells:
        if cell.role == "answer" and cell.task not in checked:
            raise BuildError(
                f"{cell.where}: answers {cell.task!r}, but there is no check cell below it; add one."
            )


def check_roster(cells: list[Cell], lesson: Lesson) -> None:
    """Raise BuildError unless a source has exactly the tasks of its lesson, in their order."""
    written = list(dict.fromkeys(cell.task for cell in cells if cell.task))
    wanted = [one.name for one in lesson.roster]
    for name, other in zip_longest(written, wanted):
        if name != other:
            last = cells[-1].where if cells else f"lesson {lesson.name}"
            where = next((cell.where for cell in cells if name and cell.task == name), last)
            found = f"task {name!r}" if name else "the end of the source"
            expected = f"task {other!r}" if other else "no further task"
            raise BuildError(
                f"{where}: found {found}; expected {expected}: the source and the lesson's tasks must have "
                "the same names in the same order."
            )


def check_unique(cells: Iterable[Cell]) -> None:
    """Raise BuildError if two tasks share a name: checks, grades and progress identify a task by its name."""
    first: dict[tuple[str | None, str], str] = {}
    for cell in cells:
        if cell.role:
            key = (cell.task, "check" if cell.role == "check" else "task")
            if key in first:
                raise BuildError(
                    f"{cell.where}: the name {cell.task!r} is already used in {first[key]}; choose another name."
                )
            first[key] = cell.where


def check_lecture(cells: list[Cell]) -> None:
    """Raise BuildError if a lecture contains a task: questions in lectures are plain text."""
    for cell in cells:
        if cell.role or "solution-only" in cell.tags or "BEGIN SOLUTION" in cell.source:
            raise BuildError(
                f"{cell.where}: a lecture must not contain tasks; move this cell to sources/solutions."
            )
