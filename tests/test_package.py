"""`import mlcourse` loads nothing that is not used, and still has everything."""

import subprocess
import sys

import pytest

import mlcourse
from mlcourse.cli import ROOT

HEAVY = {
    "IPython",
    "ipywidgets",
    "matplotlib",
    "mlcourse.tasks",
    "mlcourse.checks",
    "mlcourse.widgets",
    "seaborn",
}
SCIENCE = {"numpy", "pandas", "scipy", "sklearn"}


def loaded_by(statement):
    """The modules that a fresh Python has after a statement."""
    command = [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    ("statement", "unused"),
    [
        ("import mlcourse", HEAVY | SCIENCE | {"mlcourse.blocks"}),
        ("import mlcourse; mlcourse.GaussianMixture", HEAVY | {"mlcourse.pca", "mlcourse.metrics"}),
    ],
)
def test_an_import_loads_only_what_is_used(statement, unused):
    assert loaded_by(statement) & unused == set()


def test_every_public_name_is_there():
    assert sorted(name for names in mlcourse._HOMES.values() for name in names) == sorted(mlcourse.__all__)
    for name in mlcourse.__all__:
        assert getattr(mlcourse, name).__class__ is not type(sys)
        assert name in dir(mlcourse)


def test_type_checkers_see_every_public_name():
    """Each name is imported where only they look, from the module that it is loaded from."""
    source = (ROOT / "mlcourse" / "__init__.py").read_text("utf-8")
    for module, names in mlcourse._HOMES.items():
        assert f"    from mlcourse.{module} import {', '.join(names)}\n" in source


def test_modules_are_attributes_and_unknown_names_are_not():
    assert mlcourse.evaluation.__name__ == "mlcourse.evaluation"
    for name in ("gausian", "__wrapped__"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(mlcourse, name)
