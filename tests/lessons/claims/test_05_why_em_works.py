"""Claims of lesson 05 that rest on draws, on other samples and seeds than the lesson shows."""

from itertools import islice

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax, xlogy
from scipy.stats import norm

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import em, expectation_over, mixture_from_responsibilities

SEEDS = range(20)


def sand(seed):
    """Eighty grains around −1.5 and 1.5."""
    rng = np.random.default_rng(seed)
    return rng.choice([-1.5, 1.5], size=80) + rng.standard_normal(80)


def log_joint(x, mu):
    return np.log(0.5) + norm.logpdf(x[:, np.newaxis], [-mu, mu])


def bound(A, Q):
    return ((Q * A).sum(axis=1) - xlogy(Q, Q).sum(axis=1)).mean()


def m_step(x, mu):
    return (x * np.tanh(mu * x)).mean()


@pytest.fixture(scope="module")
def blobs():
    return elongated_blobs()[0]


@pytest.fixture(scope="module")
def one_gaussian(blobs):
    return GaussianMixture(1).fit(blobs).lower_bound_


def path_from(X, R, n_rounds):
    start = mixture_from_responsibilities(X, R, CovarianceType.named("full"))
    return np.array([step.lower_bound for step in islice(em(expectation_over(X), start), n_rounds)])


@pytest.mark.parametrize("seed", SEEDS)
def test_one_half_each_beats_the_hard_decisions(seed):
    x = sand(seed)
    A = log_joint(x, 0.3)
    halves, hard = np.full((80, 2), 0.5), np.eye(2)[(x > 0).astype(int)]
    assert bound(A, hard) < bound(A, halves) < logsumexp(A, axis=1).mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_m_step_is_short_where_components_overlap(seed):
    x = sand(seed)
    end = 0.3
    for _ in range(300):
        end = m_step(x, end)
    assert abs(m_step(x, 2.5) - end) < 0.1  # nearly all the way
    assert m_step(x, 0.1) < 0.3 * end


@pytest.mark.parametrize("seed", SEEDS)
def test_a_disturbance_of_a_billionth_is_enough(seed, blobs, one_gaussian):
    R = 1 / 3 + 1e-9 * np.random.default_rng(seed).uniform(-1, 1, size=(len(blobs), 3))
    path = path_from(blobs, R / R.sum(axis=1, keepdims=True), 50)
    assert 40 <= np.argmax(path > one_gaussian + 0.01) <= 50


@pytest.mark.parametrize("seed", range(5))
def test_random_responsibilities_start_beside_the_saddle(seed, blobs, one_gaussian):
    R = np.random.default_rng(seed).dirichlet(np.ones(3), size=len(blobs))
    assert path_from(blobs, R, 1)[0] == pytest.approx(one_gaussian, abs=2e-3)


@pytest.mark.parametrize(("factor", "together"), [(1.05, True), (0.95, False)])
def test_means_of_one_width_separate_below_the_widest_standard_deviation(factor, together, blobs):
    sigma = factor * np.sqrt(np.linalg.eigvalsh(np.cov(blobs.T, ddof=0))[-1])
    means = blobs[:3]
    for _ in range(600):
        R = softmax(-cdist(blobs, means, "sqeuclidean") / (2 * sigma**2), axis=1)
        means = R.T @ blobs / R.sum(axis=0)[:, np.newaxis]
    assert (np.ptp(means, axis=0).max() < 0.01) == together
