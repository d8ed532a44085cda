"""Which parts of the file system a sandbox shows."""

import os
import sys
from pathlib import Path

import pytest
import sklearn

from mlcourse import checks, tasks
from mlcourse.grading import sandbox
from mlcourse.grading.sandbox import needs, view
from mlcourse.grading.sandbox.paths import PACKAGE
from mlcourse.grading.sandbox.view import View, course_view
from tests.helpers.courses import CATALOGUE, OUR_COURSE

SKLEARN = Path(sklearn.__file__).parent

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


def is_readable(path, readable):
    return any(str(path) == shown or str(path).startswith(f"{shown}/") for shown in readable)


@pytest.fixture(scope="module")
def drawing():
    """The view of a lesson that draws ellipses, and needs no model."""
    return course_view(needs.of_exercise(OUR_COURSE.exercise("03_gaussians")).modules)


def test_a_lesson_sees_what_its_exercise_imports(drawing):
    readable = drawing.readable()
    assert is_readable(PACKAGE / "plotting" / "density.py", readable)
    assert is_readable(PACKAGE / "data" / "penguins.csv", readable)
    assert is_readable(PACKAGE / "grading" / "inside" / "worker.py", readable)
    assert is_readable(SKLEARN / "utils" / "validation.py", readable)


@pytest.mark.parametrize(
    "part",
    ["gaussians.py", "mixture/steps.py", "kmeans/estimator.py", "pca.py", "builder/build.py", "cli.py"],
)
def test_and_nothing_else_of_the_course(drawing, part):
    path, readable = PACKAGE / part, drawing.readable()
    cached = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
    assert path.exists()
    assert not is_readable(path, readable)
    assert not is_readable(cached, readable)


@pytest.mark.parametrize("part", ["mixture", "cluster", "naive_bayes.py", "decomposition/_pca.py"])
def test_and_nothing_else_of_scikit_learn(drawing, part):
    assert (SKLEARN / part).exists()
    assert not is_readable(SKLEARN / part, drawing.readable())


def test_the_packages_of_other_pythons_are_hidden(tmp_path):
    for place in ("python3/dist-packages/sklearn", "sdk/bundled/lib/python2/site-packages/mlcourse"):
        (tmp_path / place).mkdir(parents=True)
    found = set(view.copies([str(tmp_path)], set()))
    assert {f"{tmp_path}/python3/dist-packages", f"{tmp_path}/sdk/bundled/lib/python2/site-packages"} <= found


def test_a_lesson_without_an_exercise_sees_all_but_the_checks():
    readable = course_view(needs.of_exercise([]).modules).readable()
    assert is_readable(PACKAGE / "mixture" / "steps.py", readable)
    assert not is_readable(PACKAGE / "checks" / "task.py", readable)


def test_what_is_missing_can_be_imported_but_not_used(drawing):
    assert {"sklearn.mixture", "mlcourse.mixture", "scipy.cluster"} <= set(drawing.hidden)
    assert not {"sklearn.utils", "mlcourse.plotting", "mlcourse.checks"} & set(drawing.hidden)


def test_another_copy_of_the_course_is_hidden_too(tmp_path, monkeypatch):
    (tmp_path / "mlcourse" / "checks").mkdir(parents=True)
    (tmp_path / "old.egg").touch()
    (tmp_path / "~klearn").mkdir()
    monkeypatch.setattr(view, "search_path", lambda: [str(PACKAGE.parent), str(tmp_path)])
    readable = course_view().readable()
    for name in ("mlcourse", "old.egg", "~klearn"):
        assert not is_readable(tmp_path / name, readable)
    assert is_readable(PACKAGE / "mixture" / "steps.py", readable)
