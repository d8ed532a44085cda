"""The overlap explorer."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mlcourse import widgets
from tests.helpers.widget_data import noise, offsets, origin, two_groups


@pytest.mark.parametrize("place", [10, 3, 0])
def test_overlap_counts_the_points_that_bayes_rule_gets_wrong(place):
    figure, caption, _ = widgets.draw_overlap(two_groups, origin, place)
    drawn = offsets(figure.axes[0])
    np.testing.assert_allclose(drawn[:300], 1.2 * noise[:300])
    np.testing.assert_allclose(drawn[300:], place + 1.8 * noise[300:])
    first = multivariate_normal([0, 0], 1.2**2).pdf(drawn) / 3
    second = multivariate_normal([place, place], 1.8**2).pdf(drawn) * 2 / 3
    wrong = ((second > first) != (np.arange(900) >= 300)).sum()
    assert f" {wrong} of 900 points" in caption


def test_a_still_picture_is_filled_by_its_points():
    ax = widgets.draw_overlap(two_groups, origin, 3).figure.axes[0]
    left, right = ax.get_xlim()
    assert np.ptp(offsets(ax)[:, 0]) > 0.8 * (right - left)
