"""The tests are easy to find: they have the package's layout, short names, and modules of one sitting."""

import re

import pytest

from mlcourse.cli import ROOT

MODULES = sorted((ROOT / "tests").rglob("*.py"))
# Folders of tests about more than one part of the package, and what they share.
OTHERS = {"browser", "courses", "fuzz", "helpers", "hostile", "lessons", "site", "tools"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_names_and_modules_are_short(path):
    source = path.read_text("utf-8")
    functions = re.findall(r"^ *def (\w+)", source, re.MULTILINE)
    longest = 100 if path.parent.name == "claims" else 60  # a claim's test has the claim as its name
    assert [name for name in functions if len(name) > longest] == []
    assert len(source.splitlines()) <= 500


def test_folders_of_tests_are_folders_of_the_package():
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"}
    rooms = {path.name for path in (ROOT / "mlcourse").iterdir() if path.is_dir()}
    assert folders - OTHERS <= rooms
