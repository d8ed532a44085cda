"""Parse a notebook's bytes into cells: plain text, nothing else."""

import io
import json
import re
from collections import Counter
from itertools import chain
from typing import Any

from mlcourse.checks import Catalogue
from mlcourse.checks.cell_code import MAX_CHARACTERS
from mlcourse.grading.intake.outputs import NotReadable, without_outputs
from mlcourse.grading.records.grade import Cell

# Limits on what the grader itself reads, while nothing runs: all lessons stay below a tenth of them.
MAX_CELLS = 5000  # that are not empty
MAX_CODE = 500_000  # characters of all code cells that are short enough to be read at all

# How files of other kinds begin.
STARTS = {
    b"PK": "It is a zip with another name.",
    b"\x1f\x8b": "It is compressed by gzip, under another name.",
    b"%PDF": "It is a PDF with another name.",
    b"<": "It is a web page with another name.",
}


def read_notebook(data: bytes) -> tuple[Cell, ...]:
    """Return the code and Markdown cells of a notebook in format 3 or 4. Raises NotReadable."""
    notebook = _json(data)
    if not isinstance(notebook, dict):
        raise NotReadable("It is JSON, but not a notebook.")
    cells = tuple(cell for raw in _raw_cells(notebook) if (cell := _cell(raw)) is not None)
    written = sum(not cell.source.isspace() and cell.source != "" for cell in cells)
    if written > MAX_CELLS:
        raise NotReadable(f"It has {written} cells; at most {MAX_CELLS} are read. Hand in a shorter one.")
    code = sum(
        len(cell.source) for cell in cells if cell.kind == "code" and len(cell.source) <= MAX_CHARACTERS
    )
    if code > MAX_CODE:
        raise NotReadable(
            f"Its code has {code} characters; at most {MAX_CODE} are read. Keep data in files, not in code."
        )
    return cells


def is_a_notebook(data: bytes | None) -> bool:
    """Whether the bytes are those of a notebook."""
    try:
        return data is not None and read_notebook(data) is not None
    except NotReadable:
        return False


def _json(data: bytes) -> object:
    if not data.strip():
        raise NotReadable("The file is empty.")
    for start, sentence in STARTS.items():
        if data.lstrip().startswith(start):
            raise NotReadable(f"{sentence} Hand in the file that ends in .ipynb.")
    try:
        # A file that was found has lost its outputs already; here it may come from elsewhere.
        parsed: object = json.loads(without_outputs(io.BytesIO(data)).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotReadable(
            f"It is not UTF-8: the byte at position {error.start} is invalid. Save it again from Jupyter."
        ) from error
    except NotReadable:
        raise
    except RecursionError as error:
        raise NotReadable("It is nested too deeply to be a notebook.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotReadable(f"It is damaged, or no notebook ({place}). Save it again from Jupyter.") from error
    except ValueError as error:
        raise NotReadable("It contains a number with thousands of digits: it is no notebook.") from error
    return parsed


def _raw_cells(notebook: dict[str, Any]) -> list[Any]:
    """Return the list of cells, wherever this version of the format keeps it."""
    version = notebook.get("nbformat", 4 if "cells" in notebook else 3)
    if version == 4:
        cells = notebook.get("cells")
    elif version == 3:
        sheets = notebook.get("worksheets")
        if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
            raise NotReadable("It claims to be a notebook in format 3, but has no worksheets.")
        inner = [sheet.get("cells") for sheet in sheets]
        cells = [*chain(*inner)] if all(isinstance(one, list) for one in inner) else None
    else:
        raise NotReadable(
            f"It is a notebook in format {str(version)[:20]}; only formats 3 and 4 are supported."
        )
    if not isinstance(cells, list):
        raise NotReadable("It has no list of cells.")
    return cells


def _cell(raw: object) -> Cell | None:
    """Return a cell as text, or None for kinds that contain neither code nor an answer."""
    if not isinstance(raw, dict):
        raise NotReadable("One of its cells is not a JSON object.")
    kind = raw.get("cell_type")
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotReadable("The source of one of its cells is not text.")
    if kind not in ("code", "markdown", "heading"):
        return None
    task, role = _task_and_role(raw.get("metadata"))
    source = source.encode("utf-8", "replace").decode("utf-8")
    return Cell("code" if kind == "code" else "markdown", source, task, role)


def _task_and_role(metadata: object) -> tuple[str | None, str | None]:
    """Return a cell's task and role from our metadata or nbgrader's. Both may be forged: no points depend on them."""
    if not isinstance(metadata, dict):
        return None, None
    ours, theirs = metadata.get("mlcourse"), metadata.get("nbgrader")
    if isinstance(ours, dict) and isinstance(ours.get("task"), str):
        role = ours.get("role")
        return ours["task"], role if role in ("answer", "check", "open") else None
    if isinstance(theirs, dict) and isinstance(theirs.get("grade_id"), str):
        grade, solution = theirs.get("grade") is True, theirs.get("solution") is True
        role = {(True, True): "open", (True, False): "check", (False, True): "answer"}.get((grade, solution))
        return theirs["grade_id"].removeprefix("check_"), role
    return None, None


DEFINITION = re.compile(r"^(?:async )?(?:def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]*)?=(?!=)", re.MULTILINE)


CHECK = re.compile(r"\bcheck\.([^\W\d]\w{0,99})\(")


def lessons_of(cells: tuple[Cell, ...], catalogue: Catalogue) -> list[str]:
    """Recognise the lesson by the tasks that a notebook says it has or, without any, by the names that it defines.

    Several lessons are returned if the notebook has equally many tasks of each, and none if it has no task at all.
    """
    tasks = catalogue.tasks
    counts = tasks_of_lessons(cells, catalogue)
    if not counts:
        names = {
            name
            for cell in cells
            if cell.kind == "code"
            for found in DEFINITION.finditer(cell.source)
            for name in found.groups()
            if name in tasks
        }
        counts = Counter(tasks[name].lesson for name in names)
    most = max(counts.values(), default=0)
    return sorted(lesson for lesson, count in counts.items() if count == most)


def lessons_to_mark(cells: tuple[Cell, ...], catalogue: Catalogue) -> list[str]:
    """Return the lesson of a notebook, and other lessons of which it has at least half the tasks.

    Nothing is returned if that is unclear.
    """
    counts = tasks_of_lessons(cells, catalogue)
    most = lessons_of(cells, catalogue)
    first = most if len(most) == 1 else []
    whole = [one for one, count in counts.items() if 2 * count >= len(catalogue.of_lesson(one).tasks)]
    return list(dict.fromkeys([*first, *sorted(whole)]))


def tasks_of_lessons(cells: tuple[Cell, ...], catalogue: Catalogue) -> Counter[str]:
    """Count the tasks of each lesson that a notebook has, by its metadata and the checks that it calls."""
    tagged = {cell.task for cell in cells}
    checked = {name for cell in cells if cell.kind == "code" for name in CHECK.findall(cell.source)}
    return Counter(task.lesson for name, task in catalogue.tasks.items() if name in tagged | checked)
