"""The covers of the lectures: readable on a light and on a dark page, and light to load."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Ellipse
from PIL import Image

from mlcourse.plotting import INK, PALETTE, plot_ellipses
from tools import covers

TITLES = 0.12  # of a cover's height: only the titles of its panels are there


def contrast(color, page):
    """Contrast ratio, WCAG 2.2."""
    dark, light = sorted((covers.luminance(color), covers.luminance(page)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", covers.PAGES)
@pytest.mark.parametrize("color", [*PALETTE, INK, "#000000", "#FFFFFF"])
def test_a_line_can_be_seen_on_both_pages(page, color):
    assert contrast(covers.on_both(color), page) > 2.99


def test_a_colour_that_can_be_seen_stays_as_it_is():
    seen = [covers.on_both(color) for color in PALETTE]
    assert np.allclose([covers.on_both(color) for color in seen], seen, atol=1e-6)


def test_the_ink_of_titles_has_the_same_contrast_on_both_pages():
    on_light, on_dark = (contrast(covers.TITLE_INK, page) for page in covers.PAGES)
    assert on_light == pytest.approx(on_dark, rel=0.01)


def test_ellipses_of_a_cover_have_no_pale_edge():
    ax = plot_ellipses([[0, 0]], [np.eye(2)])
    assert any(ellipse.get_path_effects() for ellipse in ax.findobj(Ellipse))
    covers.suit_both_pages(ax.figure)
    assert not any(ellipse.get_path_effects() for ellipse in ax.findobj(Ellipse))
    plt.close(ax.figure)


def test_a_title_that_is_wider_than_its_panel_is_refused():
    with pytest.raises(ValueError, match="is wider than its panel"):
        covers.panels("short", "long " * 20)
    plt.close()


@pytest.mark.parametrize("number", covers.COVERS)
def test_a_cover_is_light_and_its_titles_are_readable(number):
    path = covers.PICTURES / f"{number}.png"
    assert path.stat().st_size <= covers.LARGEST
    pixels = np.asarray(Image.open(path).convert("RGBA"))
    rows = pixels[: int(TITLES * len(pixels))].reshape(-1, 4)
    words = np.unique(rows[rows[:, 3] == 255, :3], axis=0) / 255
    assert len(words)
    assert min(contrast(color, page) for color in words for page in covers.PAGES) > 4.2
