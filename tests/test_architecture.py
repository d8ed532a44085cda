"""ARCHITECTURE.md names what exists."""

import re

import pytest

from mlcourse.cli import ROOT

TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
NAMED = re.findall(r"`([^`\s]+)`", TEXT)
PATHS = sorted(
    {name for name in NAMED if "/" in name or name.endswith((".md", ".txt", ".toml"))} | {"course.py"}
)
PLACES = re.findall(r"`(mlcourse/[^`\s]+\.py)` `([\w.]+)`", TEXT) + [
    (path, name) for name, path in re.findall(r"`([\w.]+)` in `(mlcourse/[^`\s]+\.py)`", TEXT)
]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_every_name_is_in_its_file(path, name):
    source = (ROOT / path).read_text("utf-8")
    for part in name.split("."):
        assert re.search(rf"^\s*(def|class) {part}\b|^{part}\b.*=", source, re.MULTILINE), part


def test_every_other_name_is_somewhere_in_the_package():
    package = "\n".join(path.read_text("utf-8") for path in (ROOT / "mlcourse").rglob("*.py"))
    words = {name for name in NAMED if re.fullmatch(r"[A-Za-z_]+", name)}
    assert [name for name in sorted(words) if not re.search(rf"\b{name}\b", package)] == []


def test_there_are_four_paths_and_enough_places():
    assert len(re.findall(r"^1\. ", TEXT, re.MULTILINE)) == 4
    assert len(TEXT.split("## Where do I find")[1].split("\n| ")) >= 15 + 2
    assert len(PLACES) >= 15


def test_every_part_of_the_package_is_in_the_table():
    layers = TEXT.split("## Layers")[1].split("## Four paths")[0]
    for path in sorted((ROOT / "mlcourse").iterdir()):
        if path.name.startswith("__") or path.name == "data" or path.suffix not in ("", ".py"):
            continue
        assert f"mlcourse/{path.name}" in layers, path.name
