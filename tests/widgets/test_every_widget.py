"""Tests that every widget must pass."""

import re
from functools import partial

import ipywidgets
import matplotlib.pyplot as plt
import pytest

from mlcourse import widgets
from mlcourse.plotting import show
from tests.helpers.widget_data import find, noise, origin, two_groups

WIDGETS = {
    "overlap": partial(widgets.overlap_explorer, two_groups, origin),
    "covariance": widgets.covariance_explorer,
}


@pytest.mark.parametrize("name", WIDGETS)
def test_every_slider_redraws_and_leaves_no_figure(name):
    widget = WIDGETS[name]()
    (picture,) = find(widget, ipywidgets.HTML)
    for slider in find(widget, (ipywidgets.IntSlider, ipywidgets.FloatSlider)):
        assert not slider.continuous_update
        before = picture.value
        slider.value = slider.max if slider.value != slider.max else slider.min
        picture_of, alt_of = (re.compile(f'{name}="([^"]+)"') for name in ("src", "alt"))
        for part in (picture_of, alt_of):
            assert part.search(picture.value)[1] != part.search(before)[1]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", WIDGETS)
def test_the_same_random_state_gives_the_same_widget(name):
    first, second = (find(WIDGETS[name](), ipywidgets.HTML)[0].value for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", WIDGETS)
def test_two_widgets_do_not_share_state(name):
    first, second = WIDGETS[name](), WIDGETS[name]()
    untouched = find(second, ipywidgets.HTML)[0].value
    find(first, ipywidgets.FloatSlider)[0].value = 3
    assert find(second, ipywidgets.HTML)[0].value == untouched


def test_show_takes_a_drawing(capsys, monkeypatch):
    monkeypatch.setattr("mlcourse.plotting.captions.get_ipython", lambda: None)
    drawing = widgets.draw_covariance(noise, 2, 1, 30)
    show(*drawing)
    assert capsys.readouterr().out.strip() == drawing.caption
