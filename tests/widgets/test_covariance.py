"""The covariance explorer."""

import numpy as np
import pytest

from mlcourse import widgets
from tests.helpers.widget_data import noise, offsets


@pytest.mark.parametrize("angle", [-90, -35, 0, 30, 90])
def test_covariance_has_the_chosen_axes(angle):
    Sigma = widgets.covariance_from_axes(2, 0.5, angle)
    axis = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    np.testing.assert_allclose(Sigma @ axis, 4 * axis, atol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(Sigma), [0.25, 4])


def test_the_picture_has_ellipses_arrows_and_a_sample():
    figure, caption, _ = widgets.draw_covariance(noise, 2, 1, 30)
    (ax,) = figure.axes
    Sigma = widgets.covariance_from_axes(2, 1, 30)
    assert sorted(ellipse.width / 2 for ellipse in ax.patches) == pytest.approx([2, 4, 6])
    assert sorted(ellipse.height / 2 for ellipse in ax.patches) == pytest.approx([1, 2, 3])
    np.testing.assert_allclose(np.cov(offsets(ax).T), Sigma, atol=0.3)
    arrows = np.column_stack([ax.collections[-1].U, ax.collections[-1].V])
    np.testing.assert_allclose(arrows.T @ arrows, Sigma)
    assert f"[[{Sigma[0, 0]:.2f}, {Sigma[0, 1]:.2f}]" in caption


def test_a_still_picture_may_be_closer():
    ax = widgets.draw_covariance(noise, 2, 1, 30, reach=6.5).figure.axes[0]
    assert ax.get_xlim() == ax.get_ylim() == (-6.5, 6.5)
    assert np.abs(ax.patches[-1].get_extents().transformed(ax.transData.inverted()).extents).max() < 6.5
