"""Exercises and solutions are valid for nbgrader."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlcourse.cli import ROOT
from tests.helpers.fake_grading import (
    TASKS,
)


def nbgrader(folder: Path, *words: str) -> str:
    """Run one of nbgrader's commands and return its output."""
    pytest.importorskip("nbgrader")
    # It starts programs in its environment by name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_exercise_is_a_valid_nbgrader_assignment(tmp_path: Path) -> None:
    source = tmp_path / "source" / "em" / "04_em.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes((ROOT / "solutions" / "04_em_solutions.ipynb").read_bytes())
    nbgrader(tmp_path, "generate_assignment", "em", "--create", "--force")
    cells = json.loads((tmp_path / "release" / "em" / "04_em.ipynb").read_text("utf-8"))["cells"]
    graded = {cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if cell["metadata"].get("nbgrader")}
    assert {f"check_{task.name}" for task in TASKS} <= graded
    assert "BEGIN SOLUTION" not in json.dumps(cells)


def test_a_solution_is_valid_for_nbgrader(tmp_path: Path) -> None:
    assert "Success" in nbgrader(tmp_path, "validate", str(ROOT / "solutions" / "04_em_solutions.ipynb"))
