"""Checks that an instructor adds."""

import json
from pathlib import Path

import pytest
from mlcourse.grading.extra import ExtraCheckError, add_extra_checks

from mlcourse.checks import CHECKS
from tests.helpers.fake_grading import go

EXTRA = "from mlcourse.checks import Check\nCHECKS = (Check('{name}', '4', 2, lambda: 1.0),)"


@pytest.mark.parametrize("jobs", [0, 1])
def test_extra_checks_are_marked_too(folder: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    monkeypatch.setattr("mlcourse.checks.bank.CHECKS", CHECKS)
    extra = folder.parent / "extra"
    extra.mkdir()
    (extra / "mine.py").write_text(EXTRA.format(name="my_own"))
    folder.write_text(json.dumps({"a": {"my_own": 2}}))
    try:
        (grade,) = go(folder, jobs=jobs, extra_checks=extra).grades
    finally:
        CHECKS.pop("my_own", None)
    assert {mark.task: mark.points for mark in grade.marks}["my_own"] == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (EXTRA.format(name="e_step"), "already"),
        (EXTRA.format(name="my_own").replace("'4'", "'99'"), "has the lesson '99'; choose one of 01_kmeans"),
        (EXTRA.format(name="a b"), "needs a name that is a valid Python identifier"),
        (EXTRA.format(name="my_own").replace("2,", "'2',"), "positive number"),
        (EXTRA.format(name="my_own").replace("1.0", "1.0, mistakes=1"), "needs tuples"),
        (EXTRA.format(name="my_own").replace("1.0", "1.0, mistakes=('a', 2, 'b')"), "not a `Mistake`"),
        (EXTRA.format(name="defend_my_choice").replace("'4'", "'12'"), "open question"),
        (EXTRA.format(name="my_own").replace("'4'", "None"), "has the lesson None"),
        ("raise SystemExit(2)", "mine.py, line 1: SystemExit"),
        ("CHECKS = ()", "no .py file in"),
        ("CHECKS = (1,)", "must be a tuple of `Check` objects"),
        ("CHECKS = 1", "must be a tuple of `Check` objects"),
        ("x = 1\ny = x.nothing", "mine.py, line 2: AttributeError"),
        ("x = 1\ny = (", "mine.py, line 2: SyntaxError"),
    ],
)
def test_invalid_extra_checks_are_refused(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(ExtraCheckError, match=message):
        add_extra_checks(tmp_path)
