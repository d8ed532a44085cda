"""A kernel without Jupyter: cells run in a namespace, and the check object finds them in IPython's history."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlcourse.checks import Catalogue, Checker, CheckFailed


class Kernel:
    """A kernel of a notebook, or of none. Starting another one ends this one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue, notebook: Path | None):
        self.shown: list[Any] = []
        self.names: dict[str, Any] = {}
        self.history = [""]
        self.explain: Any = None  # what IPython calls after a NameError
        self.errors: list[NameError] = []  # what it has shown
        shell = SimpleNamespace(
            user_ns=self.names,
            history_manager=SimpleNamespace(input_hist_raw=self.history),
            set_custom_exc=lambda _, call: setattr(self, "explain", call),
            showtraceback=lambda raised, tb_offset: self.errors.append(raised[1]),
        )
        self.shell = shell
        display = SimpleNamespace(display=self.shown.append)
        fake = SimpleNamespace(get_ipython=lambda: shell, display=display)
        monkeypatch.setitem(sys.modules, "IPython", fake)
        monkeypatch.setenv("JPY_SESSION_NAME", str(notebook or ""))
        self.check = self.names["check"] = Checker(catalogue)

    def run(self, *cells: str) -> None:
        """Run cells as the notebook would: a check that fails does not end the kernel."""
        for source in cells:
            self.history.append(source)
            try:
                exec(source, self.names)
            except CheckFailed:
                pass
            except NameError:
                self.explain(self.shell, *sys.exc_info())


def write_notebook(path: Path, *cells: str, title: str = "") -> None:
    """Write a notebook: a title, if there is one, and code cells."""
    heading = [
        {"cell_type": "markdown", "id": "0", "metadata": {}, "source": [f"# {title}\n", "\n", "Words."]}
    ]
    code = [{"cell_type": "code", "id": "1", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [*(heading if title else []), *code]}), "utf-8")
