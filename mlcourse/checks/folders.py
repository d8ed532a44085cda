"""Where the notebooks of a course are, which one this is, and what is in it. One rule gives their names."""

import json
import os
import re
import sys
from pathlib import Path, PurePath
from typing import Any

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


def code_cells(notebook: Path) -> list[str] | None:
    """Return the sources of a notebook's code cells; None if it cannot be read."""
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, TypeError, KeyError):
        return None


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
