"""Fixtures for the tests of grading."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlcourse import cli
from mlcourse.grading import commands
from mlcourse.grading.batch import grade_folder as run
from mlcourse.grading.batch.submission import Settings
from tests.helpers.fake_grading import (
    fake_grade,
    no_sandbox,
    read_fake,
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A class of five students, read by the fake grader."""
    monkeypatch.setattr(run, "read_submissions", read_fake)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "marked.txt"))
    path = tmp_path / "class.json"
    path.write_text(json.dumps({name: {"e_step": 4, "m_step": "boo"} for name in "abcde"}))
    return path


@pytest.fixture
def command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run `mlcourse WORDS` with the fake grader; returns the exit code."""
    fakes: dict[str, Any] = {"grade": fake_grade, "choose": no_sandbox}
    monkeypatch.setattr(commands, "Settings", lambda **options: Settings(**options, **fakes))
    return lambda *words: cli.main([str(word) for word in words])
