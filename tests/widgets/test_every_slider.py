"""Tests that every slider must pass."""

import re

import ipywidgets
import matplotlib.pyplot as plt
import pytest

from mlcourse import widgets
from mlcourse.plotting import figure_html
from tests.helpers.slider_data import (
    BLOBS,
    DIGITS,
    FITS,
    FRESH,
    GRAINS,
    MODEL,
    PHOTO,
    PLAIN,
    UNSEEN,
    WHITE,
    parts,
)

EXPLORERS = {
    "reconstruction": lambda: widgets.reconstruction_explorer(DIGITS, PLAIN),
    "morphing": lambda: widgets.morphing_explorer(MODEL, WHITE),
    "reg_covar": lambda: widgets.reg_covar_explorer(GRAINS, FRESH),
    "photo": lambda: widgets.photo_explorer(PHOTO),
    "criteria": lambda: widgets.criteria_explorer(BLOBS[::3], UNSEEN[::3]),
}


SLIDERS = (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.SelectionSlider)


def moved(control):
    """Another value that the control can have."""
    if isinstance(control, ipywidgets.IntSlider | ipywidgets.FloatSlider):
        return control.max if control.value != control.max else control.min
    values = [option[1] if isinstance(option, tuple) else option for option in control.options]
    return next(value for value in reversed(values) if value != control.value)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPLORERS)
def test_the_picture_is_that_of_the_widgets_own_controls(name):
    """Every control redraws it, changes no other widget's, brings it back, and leaves no figure."""
    (controls, picture), (_, other) = (parts(EXPLORERS[name]()) for _ in range(2))
    assert isinstance(controls[0], SLIDERS)  # comes first for the keyboard
    start = picture.value
    assert other.value == start
    for control in controls:
        assert not getattr(control, "continuous_update", False)
        place, control.value = control.value, moved(control)
        for attribute in ("src", "alt"):
            then, now = (re.search(f'{attribute}="([^"]+)"', text)[1] for text in (start, picture.value))
            assert then != now, f"{control.description} changed no {attribute}"
        assert other.value == start
        control.value = place
        assert picture.value == start
    assert plt.get_fignums() == []


@pytest.mark.slow
def test_a_page_without_a_kernel_shows_every_drawing():
    stills = [
        widgets.draw_reconstruction(DIGITS, PLAIN, 0, 5),
        widgets.draw_morph(MODEL, WHITE, 0, 1, 0.5),
        widgets.draw_reg_covar(GRAINS, FRESH, FITS, 3),
        widgets.draw_photo(PHOTO, widgets.photo_palette(PHOTO, 4)),
        widgets.draw_criteria(BLOBS, UNSEEN, 50, "full"),
    ]
    for still in stills:
        page = figure_html(*still)
        assert still.caption.split(".")[0] in page
    assert plt.get_fignums() == []
