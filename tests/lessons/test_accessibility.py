"""Nobody is left out: every picture has words, and no colour map fails colour-blind readers."""

import ast
import re

import pytest

from mlcourse.cli import ROOT

CODE = sorted(path for folder in ("sources", "mlcourse") for path in (ROOT / folder).rglob("*.py"))
LESSONS = [path for path in CODE if path.is_relative_to(ROOT / "sources")]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "GLOSSARY.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)

# Lightness rises or falls steadily in the first five, which colour-blind readers see as we do (Nuñez, Anderton &
# Renslow 2018); purple and orange differ for all common kinds of colour blindness (ColorBrewer).
COLOR_MAPS = {"viridis", "cividis", "gray", "gray_r", "binary", "PuOr"}
SHORTEST_ALT = 20


def calls(path, *names):
    """Every call of a function or method with one of the names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if not names or name in names:
                yield node


def color_maps(path):
    """The names of colour maps that a file asks for."""
    for call in calls(path):
        yield from (keyword.value for keyword in call.keywords if keyword.arg in ("cmap", "colormap"))
    for call in calls(path, "get_cmap", "set_cmap"):
        yield from call.args[:1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "colormaps":
            yield node.slice


def outside(path):
    """Colour maps of a file that are not in the allowed set; names of our own are defined by an allowed one."""
    return [
        node.value
        for node in color_maps(path)
        if isinstance(node, ast.Constant) and node.value not in COLOR_MAPS
    ]


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_colour_maps_are_of_the_allowed_set(path):
    assert outside(path) == []


@pytest.mark.parametrize(
    "code", ['ax.imshow(X, cmap="jet")', 'plt.get_cmap("rainbow")', 'plt.colormaps["hsv"]']
)
def test_another_colour_map_is_found(tmp_path, code):
    path = tmp_path / "lesson.py"
    path.write_text(code)
    assert len(outside(path)) == 1


def wordless(path):
    """Lines of a file on which a figure is shown without a description worth the name."""
    for call in calls(path, "show", "Drawing"):
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        if starred or getattr(getattr(call.func, "value", None), "id", "") == "self":
            continue
        alt = call.args[2] if len(call.args) == 3 else None
        short = isinstance(alt, ast.Constant) and len(str(alt.value)) < SHORTEST_ALT
        if alt is None or short:
            yield call.lineno


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_figure_that_is_shown_has_an_alt_text(path):
    assert list(wordless(path)) == []


@pytest.mark.parametrize("code", ["plt.show()", 'show(ax, "A caption")', 'show(ax, "A caption", "short")'])
def test_a_figure_without_words_is_found(tmp_path, code):
    path = tmp_path / "lesson.py"
    path.write_text(code)
    assert list(wordless(path)) == [1]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_image_of_a_page_has_an_alt_text(path):
    text = path.read_text("utf-8")
    assert all(len(alt) >= SHORTEST_ALT for alt in re.findall(r"!\[([^\]]*)\]\(", text))
    assert re.findall(r"<img(?![^>]*\balt=\"[^\"]{20})", text) == []
