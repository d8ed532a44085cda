"""PCA against scikit-learn, and the identities of the singular value decomposition."""

import numpy as np
import pytest
import sklearn.decomposition
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits

from mlcourse import PCA
from mlcourse.pca import SOLVERS
from tests.helpers.mixtures import random_points

LEARNED = (
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "mean_",
    "noise_variance_",
)


@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("shape", [(300, 8), (12, 20)])
def test_equals_scikit_learn(svd_solver, whiten, shape):
    X = random_points(1, *shape)
    options = dict(n_components=3, svd_solver=svd_solver, whiten=whiten, random_state=0)
    ours, theirs = PCA(**options).fit(X), sklearn.decomposition.PCA(**options).fit(X)
    for attribute in LEARNED:
        assert_allclose(getattr(ours, attribute), getattr(theirs, attribute), rtol=1e-6, atol=1e-8)
    Y = theirs.transform(X)
    assert_allclose(ours.transform(X), Y, rtol=1e-6, atol=1e-7)
    assert_allclose(ours.inverse_transform(Y), theirs.inverse_transform(Y), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("offset", [0.0, 7.5, 1 / 3])
def test_constant_features_have_no_part_in_any_axis(offset):
    X = random_points(2, 200, 6)
    padded = np.full((200, 9), offset)
    padded[:, [1, 2, 4, 5, 6, 8]] = X
    ours = PCA(6, svd_solver="covariance_eigh").fit(padded)
    theirs = sklearn.decomposition.PCA(6, svd_solver="full").fit(padded)
    for attribute in LEARNED:
        assert_allclose(getattr(ours, attribute), getattr(theirs, attribute), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_rejected(svd_solver, bad):
    X = random_points(2, 200, 6)
    X[17, 3] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        PCA(2, svd_solver=svd_solver).fit(X)


@pytest.mark.parametrize("svd_solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("whiten", [False, True])
def test_the_density_equals_scikit_learns_even_if_whitened(svd_solver, whiten):
    """The oracle is the unwhitened PCA: scikit-learn's covariance of a whitened one counts the scale twice."""
    X = random_points(1, 300, 8)
    theirs = sklearn.decomposition.PCA(3, svd_solver=svd_solver, random_state=0).fit(X)
    ours = PCA(3, svd_solver=svd_solver, whiten=whiten, random_state=0).fit(X)
    for method in ("get_covariance", "get_precision"):
        assert_allclose(getattr(ours, method)(), getattr(theirs, method)(), rtol=1e-5, atol=1e-8)
    assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-6)
    assert_allclose(ours.score(X), theirs.score(X), rtol=1e-6)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("svd_solver", ["auto", "full", "covariance_eigh"])
def test_a_variance_share_keeps_as_many_axes_as_scikit_learn(share, svd_solver):
    X = load_digits().data
    ours = PCA(share, svd_solver=svd_solver).fit(X)
    theirs = sklearn.decomposition.PCA(share, svd_solver=svd_solver).fit(X)
    assert ours.n_components_ == theirs.n_components_
    kept = np.cumsum(PCA().fit(X).explained_variance_ratio_)
    assert kept[ours.n_components_ - 1] >= share > kept[ours.n_components_ - 2]


def test_99_percent_of_the_digits_whitened_need_41_axes():
    assert PCA(0.99, whiten=True).fit_transform(load_digits().data).shape == (1797, 41)


@pytest.mark.parametrize("svd_solver", ["full", "covariance_eigh"])
def test_identities(svd_solver):
    X = random_points(2, n=200, d=6)
    pca = PCA(svd_solver=svd_solver, whiten=True).fit(X)
    assert_allclose(pca.components_ @ pca.components_.T, np.eye(6), atol=1e-12)
    assert_allclose(np.cov(pca.transform(X).T), np.eye(6), atol=1e-10)
    assert_allclose(pca.inverse_transform(pca.transform(X)), X, atol=1e-10)
    assert_allclose(pca.get_covariance(), np.cov(X.T), atol=1e-10)
    assert_allclose(pca.explained_variance_ratio_.sum(), 1)


@pytest.mark.parametrize("svd_solver", list(SOLVERS))
def test_the_default_keeps_as_many_axes_as_scikit_learn(svd_solver):
    X = random_points(6, n=50, d=5)
    ours = PCA(svd_solver=svd_solver, random_state=0).fit(X)
    theirs = sklearn.decomposition.PCA(svd_solver=svd_solver, random_state=0).fit(X)
    assert ours.n_components_ == theirs.n_components_


def test_the_noise_survives_one_loud_axis():
    X = np.random.default_rng(0).normal(size=(60, 3)) * [1e9, 1, 1]
    ours = PCA(1, svd_solver="full").fit(X)
    theirs = sklearn.decomposition.PCA(1, svd_solver="full").fit(X)
    assert_allclose(ours.noise_variance_, theirs.noise_variance_)
    assert np.isfinite(ours.score(X))


def test_a_singular_covariance_says_what_to_do():
    with pytest.raises(ValueError, match="fewer components"):
        PCA().fit(np.ones((5, 2)) * np.arange(5)[:, None]).score(np.ones((1, 2)))


def test_inverse_transform_checks_its_input():
    pca = PCA(2).fit(random_points(7))
    with pytest.raises(ValueError, match="2D"):
        pca.inverse_transform(np.zeros(2))


def test_signs_are_deterministic():
    X = random_points(3, d=5)
    axes = PCA().fit(X).components_
    assert np.all(axes[np.arange(5), np.abs(axes).argmax(axis=1)] > 0)
    assert_allclose(PCA().fit(X[::-1]).components_, axes, atol=1e-10)


@pytest.mark.parametrize("svd_solver", ["full", "covariance_eigh"])
def test_translation_by_1e8_keeps_the_variances(svd_solver):
    X = random_points(4, d=5)
    here, there = PCA(svd_solver=svd_solver).fit(X), PCA(svd_solver=svd_solver).fit(X + 1e8)
    assert_allclose(there.explained_variance_, here.explained_variance_, rtol=1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("svd_solver", list(SOLVERS))
def test_float32_is_kept_and_the_data_are_unchanged(order, svd_solver):
    X = np.array(random_points(5, dtype=np.float32), order=order)
    before = X.copy()
    X.flags.writeable = False
    pca = PCA(2, svd_solver=svd_solver, copy=False, random_state=0).fit(X)
    assert pca.components_.dtype == pca.transform(X).dtype == np.float32
    assert_array_equal(X, before)
