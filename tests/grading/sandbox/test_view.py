"""Which parts of the file system a sandbox shows."""

import os
import sys
from pathlib import Path

import pytest

from mlcourse import checks, tasks
from mlcourse.grading import sandbox
from mlcourse.grading.sandbox import view
from mlcourse.grading.sandbox.view import View, course_view
from tests.helpers.courses import CATALOGUE, OUR_COURSE

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


def test_a_view_shows_everything_except_what_is_masked(tmp_path):
    for name in ("a/x", "a/secret/y", "a/secret/shown", "b/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    here = str(tmp_path)
    view = View((f"{here}/a", f"{here}/b", f"{here}/a/secret/shown"), (f"{here}/a/secret",))
    assert sorted(view.readable()) == [f"{here}/a/secret/shown", f"{here}/a/x", f"{here}/b"]
    assert [shown for _, shown in view.steps()] == [True, True, False, True]


def test_the_view_contains_no_secrets():
    readable = course_view().readable()
    secret = [
        sandbox.__path__[0] + "/../marking.py",
        OUR_COURSE.root / "exercises",
        OUR_COURSE.root / "solutions",
        CATALOGUE.tasks["e_step"].answer.__code__.co_filename,
        *Path(tasks.__file__).parent.rglob("*"),
        *(path for path in Path(checks.__file__).parent.glob("*.py") if path.name != "compare.py"),
        os.path.expanduser("~"),
        "/etc/passwd",
    ]
    for path in map(os.path.realpath, secret):
        assert not [shown for shown in readable if path == shown or path.startswith(f"{shown}/")]


def test_another_copy_of_the_course_is_hidden_too(tmp_path, monkeypatch):
    (tmp_path / "mlcourse" / "checks").mkdir(parents=True)
    monkeypatch.setattr(view, "search_path", lambda: [str(view.PACKAGE.parent), str(tmp_path)])
    seen = view.course_view()
    assert str(tmp_path / "mlcourse") in seen.masked
    assert str(view.PACKAGE) not in seen.masked
