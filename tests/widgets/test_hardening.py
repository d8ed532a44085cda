"""The player of lesson 05: where EM settles at each width, and what is drawn there, without a browser."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

from mlcourse import widgets
from mlcourse.widgets.hardening import settle

X, _ = make_blobs(150, centers=[(0, 0), (3, 1), (0, 3)], random_state=5)
ORACLE = KMeans(3, n_init=10, random_state=0, tol=0).fit(X)
CENTERS = ORACLE.cluster_centers_
CRITICAL = np.sqrt(np.linalg.eigvalsh(np.cov(X.T, ddof=0))[-1])


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0])
def test_a_settled_fit_is_a_fixed_point_of_both_steps(sigma):
    means, R = settle(X, CENTERS, sigma, max_iter=5000)
    expected = softmax(-cdist(X, means, "sqeuclidean") / (2 * sigma**2), axis=1)
    np.testing.assert_allclose(R, expected, atol=1e-4)
    np.testing.assert_allclose(R.T @ X / R.sum(axis=0)[:, np.newaxis], means, atol=1e-4)


def test_narrow_components_are_k_means():
    means, R = settle(X, CENTERS, 1e-3)
    np.testing.assert_array_equal(R.argmax(axis=1), ORACLE.labels_)
    np.testing.assert_allclose(means, CENTERS)


@pytest.mark.parametrize(("share", "together"), [(1.2, True), (0.8, False)])
def test_means_split_where_sigma_squared_is_the_largest_variance(share, together):
    means, _ = settle(X, CENTERS, share * CRITICAL, max_iter=5000)
    assert (np.ptp(means, axis=0).max() < 1e-3) == together


def test_a_component_without_points_stays_where_it_is():
    far = np.vstack([CENTERS, [1e4, 1e4]])
    means, R = settle(X, far, 0.1)
    np.testing.assert_array_equal(means[3], far[3])
    assert np.isfinite(R).all()


def test_the_picture_shows_every_point_and_its_certainty():
    figure, caption, alt = widgets.draw_hardening(X, CENTERS, 0.01)
    left, right = figure.axes
    shown = np.vstack([s.get_offsets() for s in left.collections if len(s.get_offsets()) > 3])
    assert {tuple(point) for point in shown} == {tuple(point) for point in X}
    assert sum(bar.get_height() for bar in right.patches) == len(X)
    assert f" 0 of {len(X)} labels differ" in caption
    assert caption.endswith("; the means are at the k-means centres.")
    assert alt.startswith("Points in mixed colours")


def test_the_caption_compares_no_labels_where_means_coincide():
    _, caption, _ = widgets.draw_hardening(X, CENTERS, 1.5 * CRITICAL)
    assert "all means coincide" in caption
    assert "labels differ" not in caption


@pytest.mark.parametrize("sigma", [0, -1, np.nan])
def test_a_width_that_is_not_positive_is_refused(sigma):
    with pytest.raises(ValueError, match="positive"):
        widgets.draw_hardening(X, CENTERS, sigma)
