"""Write notebooks: the same cells always give the same bytes."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from mlcourse.checks import Catalogue, OpenQuestion, Task
from mlcourse.checks.folders import cell_id

from .lessons import BuildError
from .sources import FOLDED, Cell

METADATA: dict[str, Any] = {
    # The same as JupyterLab writes, so that opening a notebook does not change it.
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def notebook_bytes(cells: list[Cell], lesson: str, catalogue: Catalogue, title: str) -> bytes:
    """Return the .ipynb file (format 4.5, no outputs) of a list of cells.

    Parameters
    ----------
    cells : list of Cell
    lesson : str
        Name of the lesson for the metadata of its tasks.
    catalogue : Catalogue
        Has the points of every task.
    title : str
        Title of the page that nbconvert makes of the notebook.
    """
    contents = []
    for cell, one_id in zip(cells, cell_ids(cells)):
        content: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": one_id,
            "metadata": cell_metadata(cell, lesson, catalogue),
            "source": cell.source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            content |= {"execution_count": None, "outputs": []}
        contents.append(content)
    metadata = METADATA | {"mlcourse": {"built": fingerprint(contents)}, "title": title}
    notebook = {"cells": contents, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode()


def fingerprint(contents: list[dict[str, Any]]) -> str:
    """Digest types and sources of cells, without outputs and metadata; `contents` is "cells" of the notebook JSON."""
    sources = [[cell["cell_type"], "".join(cell["source"])] for cell in contents]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()[:16]


def was_edited(path: Path) -> bool:
    """Whether a notebook was edited after it was built, or was not built by this builder."""
    try:
        return built_as(path) != fingerprint(json.loads(path.read_text(encoding="utf-8"))["cells"])
    except (ValueError, KeyError, TypeError):
        return True


def is_ours(path: Path) -> bool:
    """Whether a notebook was built by this builder, edited or not."""
    try:
        return bool(built_as(path))
    except (ValueError, KeyError, TypeError):
        return False


def built_as(path: Path) -> str:
    """Return the fingerprint that a notebook had when it was built. Raises ValueError, KeyError or TypeError."""
    built: str = json.loads(path.read_text(encoding="utf-8"))["metadata"]["mlcourse"]["built"]
    return built


def cell_ids(cells: list[Cell]) -> list[str]:
    """Return one id per cell, from its content and not its position: a new cell does not change the other ids.

    Identical cells are numbered: "…", "…-2", "…-3".
    """
    counts: Counter[str] = Counter()
    ids = []
    for cell in cells:
        digest = cell_id(cell.kind, cell.role, cell.source)
        counts[digest] += 1
        ids.append(digest if counts[digest] == 1 else f"{digest}-{counts[digest]}")
    return ids


def cell_metadata(cell: Cell, lesson: str, catalogue: Catalogue) -> dict[str, Any]:
    """Return the tags of a cell, whether it is folded, and in a task our own metadata and nbgrader's (schema 3)."""
    metadata: dict[str, Any] = {"tags": cell.tags} if cell.tags else {}
    if FOLDED in cell.tags:
        metadata["jupyter"] = {"source_hidden": True}
    if cell.role:
        metadata["mlcourse"] = {"lesson": lesson, "role": cell.role, "task": cell.task}
        metadata["nbgrader"] = nbgrader_metadata(cell, catalogue)
    return metadata


def nbgrader_metadata(cell: Cell, catalogue: Catalogue) -> dict[str, Any]:
    """Return nbgrader's metadata: a check is locked and graded automatically, an open question is graded by hand."""
    graded = cell.role in ("check", "open")
    metadata: dict[str, Any] = {
        "grade": graded,
        "grade_id": f"check_{cell.task}" if cell.role == "check" else cell.task,
        "locked": cell.role == "check",
        "schema_version": 3,
        "solution": cell.role != "check",
        "task": False,
    }
    if graded:
        metadata["points"] = entry_of(cell, catalogue).points
    return metadata


def entry_of(cell: Cell, catalogue: Catalogue) -> Task | OpenQuestion:
    """Return what the catalogue knows about the task of a cell; raise BuildError if it knows none of that kind."""
    kind = OpenQuestion if cell.role == "open" else Task
    try:
        entry = catalogue.entry(cell.task or "")
        if isinstance(entry, kind):
            return entry
    except KeyError:
        pass
    wanted = "an open question" if cell.role == "open" else "a task with a check"
    raise BuildError(
        f"{cell.where}: {cell.task!r} is not {wanted} of this course; add it to the lesson's tasks,"
        " or correct the name."
    )
