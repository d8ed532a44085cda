"""Where the notebooks of a course are, which one this is, and what is in it. One rule gives their names."""

import hashlib
import json
import os
import re
import sys
from pathlib import Path, PurePath
from typing import Any, NamedTuple

FOLDERS = ("notebooks", "exercises", "solutions")


def notebook_name(folder: str, lesson: str) -> str:
    """Return the name of a notebook: 04_em.ipynb is the lecture, 04_em_exercises.ipynb has its exercises.

    Two tabs in JupyterLab show nothing but these names.
    """
    return f"{lesson}.ipynb" if folder == "notebooks" else f"{lesson}_{folder}.ipynb"


def lesson_of(notebook: PurePath) -> str:
    """Return the lesson of a notebook in one of the FOLDERS, also under its old name, exercises/04_em.ipynb."""
    return notebook.stem.removesuffix(f"_{notebook.parent.name}")


def ipython_shell() -> Any:
    """Return the IPython shell that this process runs in; None outside IPython, which is not imported for this."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def current_notebook() -> Path | None:
    """Return the notebook that this kernel runs, where the front end says which: Jupyter and VS Code do."""
    shell = ipython_shell()
    if shell is None:
        return None
    named = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or ""
    return Path(named) if str(named).endswith(".ipynb") else None


class CodeCell(NamedTuple):
    """A code cell of a notebook on disk."""

    source: str
    as_handed_out: bool  # nobody has edited it


def code_cells(notebook: Path) -> list[CodeCell] | None:
    """Return a notebook's code cells; None if it cannot be read."""
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        return [code_cell(cell) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def code_cell(cell: dict[str, Any]) -> CodeCell:
    """Return a code cell of the notebook JSON."""
    source = "".join(cell["source"])
    role = cell.get("metadata", {}).get("mlcourse", {}).get("role")
    built_as = str(cell.get("id")).partition("-")[0]  # identical cells are numbered: "…-2"
    return CodeCell(source, built_as == cell_id("code", role, source))


def cell_id(kind: str, role: str | None, source: str) -> str:
    """Return the id that a cell is built with, from its content: a cell with another content was edited."""
    return hashlib.sha256(f"{kind} {role}\n{source}".encode()).hexdigest()[:12]


def title_of(notebook: Path) -> str:
    """Return the title of a notebook, its first heading; its name if it has none.

    Only the beginning is read: the pictures in a notebook that has run take megabytes.
    """
    try:
        with open(notebook, encoding="utf-8", errors="replace") as file:
            found = re.search(r'"# ((?:[^"\\]|\\.)*?)(?:\\n)?"', file.read(20_000))
        return str(json.loads(f'"{found[1]}"')) if found else notebook.stem
    except (OSError, ValueError):
        return notebook.stem
