"""`partial_fit`: stepwise EM against batch EM, on rows read once."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse import GaussianMixture, IncompleteDataMixture, KMeans
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Statistics, accumulate, m_step, mixture_from_responsibilities, ppca
from tests.helpers.mixtures import TYPES, K, given, random_points, random_start

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
EVERY_TYPE = [*TYPES, ppca(1)]


def read_once(model, X, size=100):
    for start in range(0, len(X), size):
        model.partial_fit(X[start : start + size])
    return model


@pytest.mark.parametrize("type_", EVERY_TYPE, ids=str)
@pytest.mark.parametrize("seed", [0, 2, 3, 4, 5])
def test_one_reading_ends_near_the_batch_fit(type_, seed):
    """From the same start, where EM itself needs no more than two dozen rounds."""
    X = random_points(seed, n=10_000, spread=8)
    guess = np.eye(K)[KMeans(K, random_state=0).fit(X[:100]).labels_]
    start = given(mixture_from_responsibilities(X[:100], guess, CovarianceType.named(type_)))
    batch = GaussianMixture(K, covariance_type=type_, **start).fit(X)
    stream = read_once(GaussianMixture(K, covariance_type=type_, **start), X)
    assert stream.score(X) > batch.score(X) - 0.02


@pytest.mark.parametrize("type_", EVERY_TYPE, ids=str)
def test_the_first_batch_is_one_step_of_em(type_):
    X = random_points(3)
    options = dict(n_components=K, covariance_type=type_, random_state=0)
    stream = GaussianMixture(**options).partial_fit(X)
    one = GaussianMixture(**options, max_iter=1, tol=0).fit(X)
    assert_allclose(stream.means_, one.means_, rtol=1e-10)
    assert_allclose(stream.covariances_, one.covariances_, rtol=1e-9, atol=1e-9)
    assert_allclose(stream.lower_bound_, one.lower_bound_)


@pytest.mark.parametrize("type_", EVERY_TYPE, ids=str)
def test_statistics_know_the_mixture_they_imply(type_):
    theta = GaussianMixture(K, covariance_type=type_, random_state=0).fit(random_points(4))._mixture()
    same = m_step(Statistics.implied_by(theta, 0.0), reg_covar=0)
    for part, expected in zip(same[:4], theta[:4]):
        assert_allclose(part, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("type_", EVERY_TYPE, ids=str)
def test_statistics_about_other_points_are_those_of_the_rows(type_):
    X = random_points(5)
    theta = random_start(X, type_)
    R = np.random.default_rng(0).dirichlet(np.ones(K), size=len(X))
    here, there = theta.means, theta.means + np.random.default_rng(1).normal(size=theta.means.shape)
    moved, direct = (accumulate(X, R, c, theta.covariance_type) for c in (here, there))
    assert_allclose(moved.about(there).scatter, direct.scatter, rtol=1e-9, atol=1e-8)
    assert_allclose(moved.about(there).first, direct.first, rtol=1e-9, atol=1e-8)


def test_after_a_fit_a_batch_moves_the_model_only_a_little():
    X = random_points(6, n=10_000)
    model = GaussianMixture(K, random_state=0).fit(X)
    before = model.means_.copy()
    model.partial_fit(random_points(6, n=50))
    assert 0 < np.abs(model.means_ - before).max() < 1


def test_a_stream_far_from_zero_that_drifts_is_followed():
    rng = np.random.default_rng(7)
    model = GaussianMixture(2, random_state=0)
    for t in range(300):
        group = rng.integers(2, size=100)
        model.partial_fit(1e8 + 0.01 * t + 10 * group[:, np.newaxis] + rng.normal(size=(100, 2)))
    assert_allclose(np.sort(model.means_[:, 0]) - 1e8, [3, 13], atol=0.6)
    assert_allclose(model.covariances_[:, 0, 0], 1, atol=0.3)


def test_a_stream_can_be_saved_and_continued():
    X = random_points(8, n=1000)
    whole = read_once(GaussianMixture(K, random_state=0), X)
    half = read_once(GaussianMixture(K, random_state=0), X[:500])
    rest = read_once(pickle.loads(pickle.dumps(half)), X[500:])
    assert_array_equal(rest.means_, whole.means_)
    assert_array_equal(rest.covariances_, whole.covariances_)


def test_batches_may_have_gaps_and_weights():
    X = random_points(9, n=5000, spread=8)
    w = np.random.default_rng(9).integers(1, 4, size=len(X))
    holes = np.where(np.random.default_rng(10).random(X.shape) < 0.1, np.nan, X)
    model = IncompleteDataMixture(K, random_state=0)
    for start in range(0, len(X), 200):
        rows = slice(start, start + 200)
        model.partial_fit(holes[rows], sample_weight=w[rows])
    batch = IncompleteDataMixture(K, random_state=0).fit(holes, sample_weight=w)
    assert model.score(holes, sample_weight=w) > batch.score(holes, sample_weight=w) - 0.02


def test_the_first_batch_needs_a_row_per_component():
    with pytest.raises(ValueError, match="n_components"):
        GaussianMixture(5).partial_fit(random_points(11, n=3))
    model = GaussianMixture(5, random_state=0).partial_fit(random_points(11, n=50))
    assert np.isfinite(model.partial_fit(random_points(12, n=1)).means_).all()
