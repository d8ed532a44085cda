"""The explorer of reg_covar."""

import re

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.mixture import GaussianMixture as Oracle

from mlcourse import widgets
from mlcourse.widgets.reg_covar import REG_COVARS
from tests.helpers.slider_data import BLOBS, FITS, FRESH, GRAINS


def test_fits_match_scikit_learn_with_variances_above_reg_covar():
    for reg_covar, fit in zip(REG_COVARS, FITS):
        oracle = Oracle(2, reg_covar=reg_covar, random_state=0).fit(GRAINS)
        assert fit.score(FRESH) == pytest.approx(oracle.score(FRESH), rel=1e-4)
        assert fit.covariances_.min() >= reg_covar * (1 - 1e-12)


@pytest.mark.parametrize("now", [0, 6, 18])
def test_the_density_has_its_spike_and_area_one(now):
    figure, caption, _ = widgets.draw_reg_covar(GRAINS, FRESH, FITS, now)
    left, _ = figure.axes
    grid, density = left.lines[0].get_data()
    model = FITS[now]
    parts = model.weights_ * norm.pdf(
        grid[:, np.newaxis], model.means_[:, 0], np.sqrt(model.covariances_[:, 0, 0])
    )
    np.testing.assert_allclose(density, parts.sum(axis=1), atol=1e-12)
    # The axes end two standard deviations beyond the data; the widest density is cut off a little.
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=0.02)
    assert f"variance of {model.covariances_.min():.3g}" in caption
    peak = float(re.search(r"peak is ([\d.e+-]+)\.", caption)[1])
    assert peak == pytest.approx(density.max(), rel=0.01)


@pytest.mark.parametrize("now", [0, 6, 18])
def test_the_curves_are_the_scores_with_a_ring_at_this_fit(now):
    figure, caption, alt = widgets.draw_reg_covar(GRAINS, FRESH, FITS, now)
    fitted, ring, fresh, other_ring, line = figure.axes[1].lines
    for curve, mark, data in ((fitted, ring, GRAINS), (fresh, other_ring, FRESH)):
        np.testing.assert_allclose(curve.get_xdata(), REG_COVARS)
        np.testing.assert_allclose(curve.get_ydata(), [fit.score(data) for fit in FITS])
        assert mark.get_xdata() == REG_COVARS[now]
        assert mark.get_ydata() == curve.get_ydata()[now]
        assert f"{curve.get_ydata()[now]:.3f}" in caption
    assert set(line.get_xdata()) == {REG_COVARS[now]}
    assert caption in alt


def test_the_axes_stay_fixed_while_the_spike_grows():
    frames = set()
    for now in (0, 9, 18):
        left, right = widgets.draw_reg_covar(GRAINS, FRESH, FITS, now).figure.axes
        assert max(left.lines[0].get_ydata()) < left.get_ylim()[1]
        frames.add((left.get_xlim(), left.get_ylim(), right.get_xlim(), right.get_ylim()))
    assert len(frames) == 1


def test_points_with_two_features_are_refused():
    with pytest.raises(ValueError, match="fresh has 2 features"):
        widgets.draw_reg_covar(GRAINS, BLOBS, FITS, 0)
