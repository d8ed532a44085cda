"""Reconstruction of digits, and the path from one component to another."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA as OraclePCA

from mlcourse import PCA, GaussianMixture, widgets
from mlcourse.widgets.digits import median_log_density, reconstruct
from tests.helpers.slider_data import DIGITS, MODEL, PLAIN, WHITE


@pytest.mark.parametrize("pca", [WHITE, PLAIN], ids=["whitened", "plain"])
@pytest.mark.parametrize("q", [1, 7, 20])
def test_the_first_q_components_rebuild_like_a_pca_of_size_q(pca, q):
    oracle = OraclePCA(q, svd_solver="full").fit(DIGITS)
    expected = oracle.inverse_transform(oracle.transform(DIGITS))
    np.testing.assert_allclose(reconstruct(DIGITS, pca, q), expected, atol=1e-8)


def test_a_further_axis_never_makes_a_digit_worse():
    errors = [np.sum((reconstruct(DIGITS, PLAIN, q) - DIGITS) ** 2, axis=1) for q in range(1, 21)]
    assert np.all(np.diff(errors, axis=0) <= 1e-9)


def test_digit_reconstruction_and_difference_share_one_scale():
    figure, caption, alt = widgets.draw_reconstruction(DIGITS, PLAIN, row=9, q=5)
    digit, rebuilt, difference = (ax.images[0] for ax in figure.axes[:3])
    expected = reconstruct(DIGITS[[9]], PLAIN, 5).reshape(8, 8)
    np.testing.assert_allclose(digit.get_array(), DIGITS[9].reshape(8, 8))
    np.testing.assert_allclose(rebuilt.get_array(), expected)
    np.testing.assert_allclose(difference.get_array(), expected - DIGITS[9].reshape(8, 8))
    assert digit.get_clim() == rebuilt.get_clim() == (0, 16)
    assert difference.get_clim() == (-16, 16)
    error = np.sqrt(np.mean((expected.ravel() - DIGITS[9]) ** 2))
    share = OraclePCA(5).fit(DIGITS).explained_variance_ratio_.sum()
    assert f"Error of this digit: {error:.2f}" in caption
    assert f"The 5 axes explain {share:.1%}" in caption
    assert caption in alt


@pytest.mark.parametrize("q", [0, 21])
def test_axes_that_the_pca_did_not_keep_are_refused(q):
    with pytest.raises(ValueError, match=rf"q={q}.*kept 20"):
        widgets.draw_reconstruction(DIGITS, PLAIN, 0, q)


def oracle_log_density(Z):
    """The log density by SciPy, component by component."""
    joint = [
        np.log(weight) + multivariate_normal(mean, covariance).logpdf(Z)
        for weight, mean, covariance in zip(MODEL.weights_, MODEL.means_, MODEL.covariances_)
    ]
    return logsumexp(joint, axis=0)


@pytest.mark.parametrize("t", [0, 0.3, 1])
def test_the_path_is_a_straight_line_from_mean_to_mean(t):
    figure, caption, _ = widgets.draw_morph(MODEL, WHITE, 1, 3, t)
    now, strip, height = figure.axes
    ends, here = MODEL.means_[[1, 3]], (1 - t) * MODEL.means_[1] + t * MODEL.means_[3]
    np.testing.assert_allclose(
        now.images[0].get_array().ravel(), WHITE.inverse_transform(here[np.newaxis])[0].clip(0), atol=1e-9
    )
    canvas = strip.images[0].get_array()
    for mean, shown in zip(WHITE.inverse_transform(ends).clip(0), (canvas[:, :8], canvas[:, -8:])):
        np.testing.assert_allclose(shown.ravel(), mean, atol=1e-9)
    curve = height.lines[0].get_ydata()
    np.testing.assert_allclose(curve[[0, -1]], oracle_log_density(ends))
    first, last = oracle_log_density(ends)
    assert f"Log density: {oracle_log_density(here):.1f} nats here, {first:.1f} at the" in caption
    assert f"{last:.1f} at the second" in caption
    assert f"falls to {curve.min():.1f}" in caption


def test_the_frame_is_around_the_digit_of_this_t():
    for i in range(11):
        figure = widgets.draw_morph(MODEL, WHITE, 0, 2, i / 10).figure
        _paper, frame = figure.axes[1].patches
        left, right = frame.get_x(), frame.get_x() + frame.get_width()
        assert left < 9 * i + 3.5 < right
        assert right - left == 9
        plt.close(figure)


def test_t_is_aligned_with_the_strip_above_it():
    figure = widgets.draw_morph(MODEL, WHITE, 0, 2, 0.4).figure
    figure.draw_without_rendering()
    _, strip, height = figure.axes
    middles = strip.transData.transform([(9 * i + 3.5, 4) for i in range(11)])[:, 0]
    ticks = height.transData.transform([(i / 10, 0) for i in range(11)])[:, 0]
    np.testing.assert_allclose(middles, ticks, atol=2)


def test_the_path_back_is_the_same_path():
    there, back = (widgets.draw_morph(MODEL, WHITE, i, j, t) for i, j, t in ((0, 2, 0.25), (2, 0, 0.75)))
    np.testing.assert_allclose(
        there.figure.axes[2].lines[0].get_ydata(), back.figure.axes[2].lines[0].get_ydata()[::-1]
    )


def test_half_of_the_samples_are_above_the_line():
    other = GaussianMixture(4, random_state=0).fit(WHITE.transform(DIGITS)).set_params(random_state=None)
    level = median_log_density(MODEL)
    assert median_log_density(other) == level
    assert other.random_state is None
    drawn = np.random.default_rng(5).choice(4, size=4000, p=MODEL.weights_)
    Z = np.concatenate(
        [
            np.random.default_rng(k).multivariate_normal(
                MODEL.means_[k], MODEL.covariances_[k], size=np.sum(drawn == k)
            )
            for k in range(4)
        ]
    )
    assert np.mean(oracle_log_density(Z) > level) == pytest.approx(0.5, abs=0.05)


def test_a_mixture_of_another_space_is_refused_with_advice():
    with pytest.raises(ValueError, match=r"20 features, but pca has 5 components.*pca\.transform"):
        widgets.morphing_explorer(MODEL, PCA(5).fit(DIGITS))
