"""The parameter calculator of lesson 07: its counts, its picture and its controls, without a browser."""

import re

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as Oracle

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.widgets import draw_parameters, parameter_calculator, parameter_counts


@pytest.mark.parametrize("name", COVARIANCE_TYPES)
@pytest.mark.parametrize(("K", "d"), [(1, 1), (3, 2), (7, 12), (140, 41)])
def test_counts_add_up_to_those_of_scikit_learn(name, K, d):
    oracle = Oracle(K, covariance_type=name)
    oracle.means_ = np.zeros((K, d))
    assert sum(parameter_counts(K, d)[name]) == oracle._n_parameters()


def test_a_covariance_counts_the_entries_of_a_symmetric_matrix():
    K, d = 5, 4
    own_choices = len(np.tril_indices(d)[0])
    assert parameter_counts(K, d)["full"] == (K - 1, K * d, K * own_choices)
    assert parameter_counts(K, d)["tied"] == (K - 1, K * d, own_choices)


@pytest.mark.parametrize(("K", "d", "n"), [(3, 2, 1250), (140, 41, 1797), (1, 1, 1)])
def test_the_picture_marks_every_total_and_the_size_of_the_data(K, d, n):
    figure, caption, alt = draw_parameters(K, d, n)
    (ax,) = figure.axes
    *marks, data = ax.lines
    totals = [sum(parts) for parts in parameter_counts(K, d).values()]
    assert [mark.get_xdata()[0] for mark in marks] == totals
    assert set(data.get_xdata()) == {n * d}
    low, high = ax.get_xlim()
    assert all(low < number < high for number in (*totals, n * d))
    assert caption in alt
    shown = caption.replace("\N{NO-BREAK SPACE}", ",")
    assert all(f"{number:,}" in shown for number in (*totals, n * d))


@pytest.mark.slow
def test_every_control_redraws_the_picture_and_leaves_no_figure():
    widget = parameter_calculator()
    controls, picture = widget.children
    pictures = {re.search('src="([^"]+)"', picture.value)[1]}
    for slider in controls.children:
        assert not slider.continuous_update
        if isinstance(slider, ipywidgets.SelectionSlider):
            slider.value = slider.options[-1]
        else:
            slider.value = slider.max
        pictures.add(re.search('src="([^"]+)"', picture.value)[1])
    assert len(pictures) == 1 + len(controls.children)
    assert "K = 200 components of d = 300 features" in picture.value
    assert plt.get_fignums() == []
