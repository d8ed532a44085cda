"""The E-step that leaves out what cannot matter, against the one that computes everything."""

from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, accumulate, e_step, em, expectation, expectation_over, m_step, screening
from mlcourse.mixture import mixture_from_responsibilities as mixture_from
from tests.helpers.mixtures import random_points

FULL = CovarianceType.named("full")


def random_mixture(rng, K, d, spread, flatness, dtype):
    """K components `spread` apart, whose standard deviations range from 1 down to `flatness`."""
    axes = np.linalg.qr(rng.normal(size=(K, d, d)))[0]
    stds = np.exp(rng.uniform(np.log(flatness), 0, size=(K, 1, d)))
    covariances = ((axes * stds**2) @ np.swapaxes(axes, 1, 2)).astype(dtype)
    covariances = (covariances + np.swapaxes(covariances, 1, 2)) / 2
    means = (spread * rng.normal(size=(K, d))).astype(dtype)
    weights = rng.dirichlet(np.ones(K)).astype(dtype)
    return Mixture(weights, means, covariances, FULL.kernel.factor(covariances), FULL)


def points_of(rng, theta, n):
    K, d = theta.means.shape
    k = rng.choice(K, size=n, p=theta.weights / theta.weights.sum())
    noise = rng.normal(size=(n, d)).astype(theta.means.dtype)
    return np.array(
        [
            m + FULL.kernel.colour(z[None], P)[0]
            for m, P, z in zip(theta.means[k], theta.precisions_cholesky[k], noise)
        ]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [0.0, 1.0, 30.0])
@pytest.mark.parametrize(("K", "d"), [(1, 1), (50, 2), (3, 64), (4, 65), (7, 129), (50, 130), (10, 300)])
def test_screened_equals_dense(K, d, spread, dtype):
    rng = np.random.default_rng([K, d, int(spread)])
    theta = random_mixture(rng, K, d, spread, 1e-1 if dtype == np.float32 else 1e-3, dtype)
    X = points_of(rng, theta, 300)
    t = screening.negligible(len(X), K, dtype)
    dense, R = e_step(X, theta)
    screened, S = e_step(X, theta, t)
    eps = np.finfo(dtype).eps
    assert_allclose(screened, dense, rtol=100 * eps, atol=1000 * d * eps)
    assert_allclose(S.sum(axis=1), 1, rtol=100 * eps)
    assert_allclose(S, R, atol=3000 * d * eps)
    assert_array_equal(S.argmax(axis=1), R.argmax(axis=1))


def test_all_that_is_left_out_adds_up_to_a_negligible_amount():
    rng = np.random.default_rng(0)
    theta = random_mixture(rng, 10, 130, 0.3, 1e-1, np.float64)
    X = points_of(rng, theta, 500)
    _, R = e_step(X, theta)
    _, S = e_step(X, theta, screening.negligible(len(X), 10, np.float64))
    assert np.any((S == 0) & (R > 0))
    assert R[S == 0].sum() < np.finfo(float).eps


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_fit_equals_the_dense_fit(seed):
    """Twenty iterations with screening against twenty without: likelihood to 1e-10, the same labels."""
    X = random_points(seed, n=600, d=140, n_groups=5, spread=1.0)
    guess = np.eye(5)[np.random.default_rng(seed).integers(5, size=len(X))]
    theta = mixture_from(X, guess, FULL, reg_covar=1e-3)
    step = list(islice(em(expectation_over(X), theta, reg_covar=1e-3), 20))[-1]
    for _ in range(19):
        log_likelihood, R = e_step(X, theta)
        theta = m_step(accumulate(X, R, theta.means, FULL), reg_covar=1e-3)
    log_likelihood, R = e_step(X, theta)
    assert_allclose(step.lower_bound, log_likelihood.mean(), rtol=1e-10)
    assert_array_equal(e_step(X, step.mixture)[1].argmax(axis=1), R.argmax(axis=1))


def test_far_components_are_not_computed_completely(monkeypatch):
    """If the components are well apart, each row computes all coordinates for only one of them."""
    rng = np.random.default_rng(1)
    theta = random_mixture(rng, 8, 200, 30.0, 0.5, np.float64)
    X = points_of(rng, theta, 400)
    finished = []

    def counting(A, rows, k, X, mu, P, edges, original=screening.subtract_coordinates):
        if edges[-1] == X.shape[1]:
            finished.append(len(rows))
        original(A, rows, k, X, mu, P, edges)

    monkeypatch.setattr(screening, "subtract_coordinates", counting)
    expectation(X, theta)
    assert sum(finished) == len(X)
