"""Writing a notebook: the same cells give the same bytes, always."""

import hashlib
import json
from collections import Counter

from .lessons import BuildError

METADATA = {
    # As JupyterLab itself would write it, so that opening a notebook does not count as changing it.
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


def notebook_bytes(cells, lesson, points_of):
    """The .ipynb file (format 4.5, no outputs) of a list of cells.

    Parameters
    ----------
    cells : list of Cell
    lesson : str
        Name of the lesson, for the metadata of its tasks.
    points_of : callable
        Points of a checked task, by its name; raises KeyError for a task that has no check.
    """
    contents = []
    for cell, cell_id in zip(cells, cell_ids(cells)):
        content = {"cell_type": cell.kind, "id": cell_id, "metadata": cell_metadata(cell, lesson, points_of)}
        content["source"] = cell.source.splitlines(keepends=True)
        if cell.kind == "code":
            content |= {"execution_count": None, "outputs": []}
        contents.append(content)
    metadata = METADATA | {"mlcourse": {"built": fingerprint(contents)}}
    notebook = {"cells": contents, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode()


def fingerprint(contents):
    """A digest of what the cells say, outputs and metadata aside; `contents` is the "cells" of a notebook's JSON."""
    said = [[cell["cell_type"], "".join(cell["source"])] for cell in contents]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def was_edited(path):
    """Whether somebody has written in a notebook since it was built, or made it without the builder."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return notebook["metadata"]["mlcourse"]["built"] != fingerprint(notebook["cells"])
    except (ValueError, KeyError, TypeError):
        return True


def cell_ids(cells):
    """One id a cell, from its content and never its place, so that a cell put in leaves the other ids alone.

    Cells that are alike to the letter are told apart by a count: "…", "…-2", "…-3".
    """
    counts, ids = Counter(), []
    for cell in cells:
        content = f"{cell.kind} {cell.role}\n{cell.source}"
        digest = hashlib.sha256(content.encode()).hexdigest()[:12]
        counts[digest] += 1
        ids.append(digest if counts[digest] == 1 else f"{digest}-{counts[digest]}")
    return ids


def cell_metadata(cell, lesson, points_of):
    """Tags, and for a task's cells our own record beside nbgrader's (its schema 3)."""
    metadata = {"tags": cell.tags} if cell.tags else {}
    if cell.role:
        metadata["mlcourse"] = {"lesson": lesson, "role": cell.role, "task": cell.task}
        metadata["nbgrader"] = nbgrader_metadata(cell, points_of)
    return metadata


def nbgrader_metadata(cell, points_of):
    """An answer is written; a check is locked and graded by running; an open one is graded by hand."""
    graded = cell.role in ("check", "open")
    metadata = {
        "grade": graded,
        "grade_id": f"check_{cell.task}" if cell.role == "check" else cell.task,
        "locked": cell.role == "check",
        "schema_version": 3,
        "solution": cell.role != "check",
        "task": False,
    }
    if graded:
        metadata["points"] = cell.points if cell.role == "open" else check_points(cell, points_of)
    return metadata


def check_points(cell, points_of):
    """The points of a check cell; a BuildError when nothing is known of its task."""
    try:
        return points_of(cell.task)
    except KeyError:
        raise BuildError(
            f"{cell.where}: mlcourse.checks has no specification of {cell.task!r}; write one, or mend the name."
        ) from None
