"""Mixtures of probabilistic PCA against the neighbouring types, scikit-learn's PCA, and the laws of EM."""

from itertools import islice

import numpy as np
import pytest
import sklearn.decomposition
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal
from sklearn.base import clone

from mlcourse import GaussianMixture
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    CovariancePrior,
    e_step,
    em,
    expectation,
    expectation_over,
    m_step,
    mixture_from_responsibilities,
    ppca,
    weighted_log_density,
)
from mlcourse.mixture.prior import log_prior
from tests.helpers.mixtures import random_points

K, D = 3, 5
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def random_start(X, type_, seed=0, **options):
    R = np.random.default_rng(seed).dirichlet(np.ones(K), size=len(X)).astype(X.dtype)
    return mixture_from_responsibilities(X, R, type_, **options)


def parts(Sigma, q):
    """W (d, q) and σ² of one such covariance, from its eigenvalues."""
    variances, axes = np.linalg.eigh(Sigma)
    return axes[:, -q:] * np.sqrt(variances[-q:] - variances[0]), variances[0]


# ── The constraint ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("q", range(D + 1))
def test_every_covariance_is_q_directions_and_one_noise_variance(q):
    X = random_points(0, d=D)
    theta = random_start(X, ppca(q), reg_covar=0)
    free = random_start(X, CovarianceType.named("full"), reg_covar=0)
    variances, of_the_free = np.linalg.eigvalsh(theta.covariances), np.linalg.eigvalsh(free.covariances)
    kept = min(q, D - 1)
    assert_allclose(variances[:, D - kept :], of_the_free[:, D - kept :])
    rest = of_the_free[:, : D - kept].mean(axis=1, keepdims=True)
    assert_allclose(variances[:, : D - kept], np.repeat(rest, D - kept, axis=1))
    assert_array_equal(theta.covariances, np.swapaxes(theta.covariances, 1, 2))


@pytest.mark.parametrize("q", [D - 1, D])
def test_all_directions_are_the_full_type_at_every_iteration(q):
    X = random_points(1, d=D)
    ours, full = (
        em(expectation_over(X), random_start(X, type_)) for type_ in (ppca(q), CovarianceType.named("full"))
    )
    for a, b in islice(zip(ours, full), 15):
        assert_allclose(a.mixture.covariances, b.mixture.covariances, rtol=1e-8, atol=1e-8)
        assert_allclose(a.lower_bound, b.lower_bound, rtol=1e-10)


def test_no_direction_is_the_spherical_type_at_every_iteration():
    X = random_points(2, d=D)
    ours, spherical = (
        em(expectation_over(X), random_start(X, type_))
        for type_ in (ppca(0), CovarianceType.named("spherical"))
    )
    for a, b in islice(zip(ours, spherical), 15):
        expected = b.mixture.covariances[:, np.newaxis, np.newaxis] * np.eye(D)
        assert_allclose(a.mixture.covariances, expected, rtol=1e-8, atol=1e-8)
        assert_allclose(a.lower_bound, b.lower_bound, rtol=1e-10)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_one_component_is_scikit_learns_probabilistic_pca(q):
    X = random_points(3, d=D)
    ours = GaussianMixture(1, covariance_type=ppca(q), reg_covar=0).fit(X)
    theirs = sklearn.decomposition.PCA(q).fit(X).get_covariance()
    assert_allclose(ours.covariances_[0], theirs * (len(X) - 1) / len(X), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("q", range(D + 1))
def test_parameter_count_is_the_rank_of_the_perturbations(q):
    """Free parameters = the number of directions in which W Wᵀ + σ² I can move."""
    rng = np.random.default_rng(4)
    W = rng.normal(size=(D, q))
    moves = [np.eye(D).ravel()]
    for i, j in np.ndindex(W.shape):
        change = np.zeros_like(W)
        change[i, j] = 1
        moves.append((change @ W.T + W @ change.T).ravel())
    assert K * np.linalg.matrix_rank(moves) == ppca(q).n_parameters(K, D)


def test_the_count_lies_between_its_neighbours():
    count = [ppca(q).n_parameters(K, D) for q in range(D)]
    assert count == sorted(set(count))
    assert count[0] == CovarianceType.named("spherical").n_parameters(K, D)
    assert count[-1] == ppca(D).n_parameters(K, D) == CovarianceType.named("full").n_parameters(K, D)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("q", [0, 1, 4, 7])
def test_equal_variances_do_no_harm(q, dtype):
    """The computed mean of several 0.1 is above 0.1, in float64; that of 0.9, in float32."""
    S = np.stack([0.1 * np.eye(7, dtype=dtype), 0.9 * np.eye(7, dtype=dtype)])
    covariances = ppca(q).constrain(S, np.ones(2, dtype=dtype))
    assert covariances.dtype == dtype
    assert_allclose(covariances, S, rtol=1e-6)


# ── EM ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("prior", [None, CovariancePrior(np.diag([1.0, 2, 3, 4, 5]), 30.0)])
@pytest.mark.parametrize("q", [0, 1, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_the_lower_bound_never_falls(q, seed, prior):
    X = random_points(seed, n=150, d=D)
    steps = islice(em(expectation_over(X), random_start(X, ppca(q), seed), 0, prior), 40)
    bounds = [step.lower_bound for step in steps]
    assert np.all(np.diff(bounds) > -1e-12)
    assert bounds[-1] > bounds[0]


@pytest.mark.parametrize("prior", [None, CovariancePrior(np.diag([1.0, 2, 3, 4, 5]), 30.0)])
def test_m_step_is_a_maximum(prior):
    """No directions and noise near the M-step's have a greater expected log-likelihood plus log prior."""
    q, X, rng = 2, random_points(5, n=200, d=D), np.random.default_rng(5)
    start = random_start(X, ppca(q))
    R = e_step(X, start)[1]
    best = m_step(expectation(X, start), reg_covar=0, prior=prior)

    def climbed(theta):
        return np.sum(R * weighted_log_density(X, theta)) + log_prior(theta, prior)

    def moved(Sigma, size):
        W, noise = parts(Sigma, q)
        W = W + size * rng.normal(size=W.shape)
        return W @ W.T + noise * (1 + size * rng.uniform(-1, 1)) * np.eye(D)

    assert_allclose([moved(Sigma, 0) for Sigma in best.covariances], best.covariances, atol=1e-10)
    for size in np.repeat([1e-3, 1e-2, 1e-1, 1.0], 10):
        covariances = np.array([moved(Sigma, size / 2) for Sigma in best.covariances])
        near = best._replace(
            covariances=covariances, precisions_cholesky=best.covariance_type.kernel.factor(covariances)
        )
        assert climbed(near) < climbed(best)


def test_statistics_add_up_if_the_type_is_made_twice():
    X = random_points(6, d=D)
    start = random_start(X, ppca(2))
    again = start._replace(covariance_type=ppca(2))
    parts_together = expectation(X[:100], start) + expectation(X[100:], again)
    assert_allclose(parts_together.scatter, expectation(X, start).scatter, rtol=1e-9, atol=1e-9)


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def X():
    return random_points(7, d=D)


@pytest.fixture(scope="module")
def model(X):
    return GaussianMixture(K, covariance_type=ppca(2), random_state=0).fit(X)


def test_scores_equal_scipys(model, X):
    densities = [
        w * multivariate_normal(m, S).pdf(X)
        for w, m, S in zip(model.weights_, model.means_, model.covariances_)
    ]
    assert_allclose(model.score_samples(X), np.log(np.sum(densities, axis=0)), rtol=1e-9)
    assert_allclose(model.score(X), model.score_samples(X).mean())
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_criteria_count_the_parameters(model, X):
    n_parameters = (K - 1) + K * D + K * (2 * D - 1 + 1)
    deviance = -2 * model.score_samples(X).sum()
    assert_allclose(model.bic(X), deviance + n_parameters * np.log(len(X)))
    assert_allclose(model.aic(X), deviance + 2 * n_parameters)
    assert model.icl(X) >= model.bic(X)


def test_samples_have_the_moments_of_the_model(model):
    drawn, y = model.sample(100_000)
    for k in range(K):
        Sigma = model.covariances_[k]
        assert_allclose(np.cov(drawn[y == k].T), Sigma, atol=0.05 * np.abs(Sigma).max())


def test_all_directions_fit_as_gaussian_mixture_does(X):
    ours, full = (
        model.fit(X)
        for model in (
            GaussianMixture(K, covariance_type=ppca(D), random_state=0),
            GaussianMixture(K, random_state=0),
        )
    )
    assert_allclose(ours.covariances_, full.covariances_, rtol=1e-6, atol=1e-6)
    assert_array_equal(ours.predict(X), full.predict(X))


def test_more_directions_fit_the_training_rows_better(X):
    start = GaussianMixture(K, random_state=0).fit(X)
    options = dict(means_init=start.means_, weights_init=start.weights_, precisions_init=start.precisions_)
    scores = [
        GaussianMixture(K, covariance_type=ppca(q), tol=1e-8, max_iter=500, **options).fit(X).score(X)
        for q in range(D)
    ]
    assert np.all(np.diff(scores) > 0)


def test_the_type_is_a_parameter_like_any_other():
    model = GaussianMixture(3, covariance_type=ppca(4), tol=0.5)
    assert clone(model).get_params() == model.get_params()
    assert "covariance_type=ppca(4)" in repr(model)
    assert model.set_params(covariance_type=ppca(1)).covariance_type is ppca(1)


def test_an_infinite_prior_gives_the_covariance_of_all_rows(X):
    model = GaussianMixture(
        K, covariance_type=ppca(2), reg_covar=0, covariance_prior="data", prior_strength=1e12, random_state=0
    ).fit(X)
    alone = GaussianMixture(1, covariance_type=ppca(2), reg_covar=0).fit(X)
    assert_allclose(model.covariances_, np.repeat(alone.covariances_, K, axis=0), rtol=1e-6, atol=1e-6)


def test_a_prior_keeps_a_component_on_one_row_from_collapsing(X):
    lonely = np.concatenate([X, np.full((1, D), 1e3)])
    options = dict(reg_covar=0, means_init=lonely[-K:], random_state=0)
    model = GaussianMixture(
        K, covariance_type=ppca(2), covariance_prior="data", prior_strength=3.0, **options
    ).fit(lonely)
    lone = model.predict(lonely)[-1]
    assert_allclose(model.weights_[lone], 1 / len(lonely), rtol=1e-6)  # it really is alone
    T = GaussianMixture(1, covariance_type=ppca(2), reg_covar=0).fit(lonely).covariances_[0]
    assert_allclose(model.covariances_[lone], T * 3 / 4, rtol=1e-6)


def test_float32_stays_float32(X):
    model = GaussianMixture(K, covariance_type=ppca(2), random_state=0).fit(X.astype(np.float32))
    assert model.covariances_.dtype == model.means_.dtype == np.float32


@pytest.mark.parametrize("n_directions", [-1, D + 1, 1.5, "all", None])
def test_directions_out_of_range_are_rejected_by_name(n_directions, X):
    with pytest.raises((ValueError, TypeError), match="n_directions"):
        GaussianMixture(K, covariance_type=ppca(n_directions)).fit(X)


def test_ppca_rejects_bad_numbers_of_directions_by_name():
    with pytest.raises(ValueError, match="n_directions=-1"):
        ppca(-1)
    with pytest.raises(TypeError, match="integer"):
        ppca(2.5)
