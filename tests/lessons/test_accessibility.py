"""Accessibility: every image has a description, and colour-blind readers can read every colour map."""

import ast
import re
from functools import cache

import pytest

from mlcourse.cli import ROOT

CODE = sorted(path for folder in ("sources", "mlcourse") for path in (ROOT / folder).rglob("*.py"))
LESSONS = [path for path in CODE if path.is_relative_to(ROOT / "sources")]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "GLOSSARY.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)

# The first five change steadily in lightness, which colour-blind readers see like everybody else (Nuñez, Anderton &
# Renslow 2018). Purple and orange differ in all common types of colour blindness (ColorBrewer).
COLOR_MAPS = {"viridis", "cividis", "gray", "gray_r", "binary", "PuOr"}
SHORTEST_ALT = 20


@cache
def interesting(source):
    """The syntax nodes of a file that some test looks at, found once for all tests."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Call, ast.Subscript))]


def calls(path, *names):
    """The calls of a function or method with one of the names, or all calls."""
    for node in interesting(path.read_text("utf-8")):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if not names or name in names:
                yield node


def color_maps(path):
    """The syntax nodes that name the colour maps of a file."""
    for call in calls(path):
        yield from (keyword.value for keyword in call.keywords if keyword.arg in ("cmap", "colormap"))
    for call in calls(path, "get_cmap", "set_cmap"):
        yield from call.args[:1]
    for node in interesting(path.read_text("utf-8")):
        if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "colormaps":
            yield node.slice


def outside(path):
    """Colour maps of a file that are not allowed. A variable passes: the place that defines it is checked."""
    return [
        node.value
        for node in color_maps(path)
        if isinstance(node, ast.Constant) and node.value not in COLOR_MAPS
    ]


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_colour_maps_are_allowed(path):
    assert outside(path) == []


@pytest.mark.parametrize(
    "code", ['ax.imshow(X, cmap="jet")', 'plt.get_cmap("rainbow")', 'plt.colormaps["hsv"]']
)
def test_a_forbidden_colour_map_is_found(tmp_path, code):
    path = tmp_path / "lesson.py"
    path.write_text(code)
    assert len(outside(path)) == 1


def without_alt_text(path):
    """Lines of a file that show a figure without an alt text, or with one that is too short."""
    for call in calls(path, "show", "Drawing"):
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        if starred or getattr(getattr(call.func, "value", None), "id", "") == "self":
            continue
        alt = call.args[2] if len(call.args) == 3 else None
        short = isinstance(alt, ast.Constant) and len(str(alt.value)) < SHORTEST_ALT
        if alt is None or short:
            yield call.lineno


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_figure_has_an_alt_text(path):
    assert list(without_alt_text(path)) == []


@pytest.mark.parametrize("code", ["plt.show()", 'show(ax, "A caption")', 'show(ax, "A caption", "short")'])
def test_a_figure_without_alt_text_is_found(tmp_path, code):
    path = tmp_path / "lesson.py"
    path.write_text(code)
    assert list(without_alt_text(path)) == [1]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_image_of_a_page_has_an_alt_text(path):
    text = path.read_text("utf-8")
    assert all(len(alt) >= SHORTEST_ALT for alt in re.findall(r"!\[([^\]]*)\]\(", text))
    assert re.findall(r"<img(?![^>]*\balt=\"[^\"]{20})", text) == []
