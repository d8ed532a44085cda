"""Plots of Gaussians and densities."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm
from sklearn.mixture import GaussianMixture

from mlcourse import plotting
from tests.helpers.blobs import X

TYPES = ["full", "tied", "diag", "spherical"]


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("n_std", [(1, 2, 3), 2])
def test_every_ellipse_is_at_mahalanobis_distance_n(covariance_type, n_std):
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X @ [[1, 0.4], [0, 2]])
    ax = plotting.plot_ellipses(model.means_, model.covariances_, covariance_type, n_std)
    # scikit-learn's precisions, expanded to matrices, against the points of the drawn outlines
    precisions = {
        "full": lambda p: p,
        "tied": lambda p: np.stack([p] * 3),
        "diag": lambda p: np.stack([np.diag(row) for row in p]),
        "spherical": lambda p: np.stack([value * np.eye(2) for value in p]),
    }[covariance_type](model.precisions_)
    patches = iter(ax.patches)
    for mean, precision in zip(model.means_, precisions, strict=True):
        for n in np.atleast_1d(n_std):
            away = next(patches).get_verts()
            away = ax.transData.inverted().transform(away) - mean
            distance = np.sqrt(np.einsum("ij,jk,ik->i", away, precision, away))
            np.testing.assert_allclose(distance, n, rtol=1e-2)
    assert next(patches, None) is None


def test_half_lengths_are_roots_of_the_eigenvalues():
    Sigma = np.array([[3.0, 1.2], [1.2, 1.0]])
    ax = plotting.plot_ellipses([[1, 2]], [Sigma], n_std=(1, 2))
    for n, ellipse in zip((1, 2), ax.patches, strict=True):
        half = np.sort([ellipse.width, ellipse.height]) / 2
        np.testing.assert_allclose(half, n * np.sqrt(np.linalg.eigvalsh(Sigma)))
        np.testing.assert_allclose(ellipse.center, (1, 2))


def test_ellipses_fit_in_the_picture_and_circles_look_round():
    ax = plotting.plot_ellipses([[0, 0], [50, 0]], [4.0, 9.0], "spherical")
    assert ax.get_xlim()[0] <= -6
    assert ax.get_xlim()[1] >= 59
    assert ax.get_aspect() == 1


def test_contours_of_one_gaussian_are_its_ellipses():
    model = GaussianMixture(1, random_state=0).fit(X)
    ax = plotting.plot_density(model, X)
    (contours,) = ax.collections
    density = multivariate_normal(model.means_[0], model.covariances_[0])
    peak = density.logpdf(model.means_[0])
    drawn = [(drop, path.vertices) for drop, path in zip(contours.levels, contours.get_paths(), strict=True)]
    assert len(drawn) >= 3
    np.testing.assert_allclose(contours.levels[1:] / contours.levels[:-1], 2)
    for drop, vertices in drawn:
        np.testing.assert_allclose(peak - density.logpdf(vertices), drop, atol=0.02)


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 1), (3,)])
def test_curves_are_weighted_densities_and_their_sum(shape):
    weights, means, variances = np.array([0.5, 0.3, 0.2]), np.array([-5, 5, 0]), np.array([1.2, 1.8, 1.6])
    ax = plotting.plot_mixture_1d(weights, means[:, np.newaxis], variances.reshape(shape))
    mixture, *components = ax.lines
    x = mixture.get_xdata()
    expected = [w * norm(m, v**0.5).pdf(x) for w, m, v in zip(weights, means, variances, strict=True)]
    for line, curve in zip(components, expected, strict=True):
        np.testing.assert_allclose(line.get_ydata(), curve)
    np.testing.assert_allclose(mixture.get_ydata(), sum(expected))
    assert np.trapezoid(mixture.get_ydata(), x) == pytest.approx(1, abs=1e-3)
    assert len({line.get_linestyle() for line in components}) == 3


def test_a_tied_variance_is_shared_by_all_components():
    ax = plotting.plot_mixture_1d([0.5, 0.5], [[0], [3]], [[4.0]], X[:, 0])
    assert all(
        line.get_ydata().max() == pytest.approx(0.5 * norm.pdf(0, scale=2), rel=1e-3) for line in ax.lines[1:]
    )
    places, heights = np.transpose([(bar.get_x(), bar.get_height()) for bar in ax.patches])
    assert np.diff(places).mean() * heights.sum() == pytest.approx(1)
