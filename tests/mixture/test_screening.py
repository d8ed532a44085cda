"""The E-step that leaves out what cannot matter, against the one that computes everything."""

from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from threadpoolctl import threadpool_limits

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


def a_sequence_of_mixtures(rng, K, d, dtype):
    """Mixtures that change little, then a lot, then not at all, as an EM run may."""
    theta = random_mixture(rng, K, d, 2.0, 0.1, dtype)
    nearby = random_mixture(rng, K, d, 2.0, 0.1, dtype)
    for step in (0.0, 0.01, 0.02, 0.05, 1.0, 0.9, 0.9):
        covariances = (1 - step) * theta.covariances + step * nearby.covariances
        yield Mixture(
            theta.weights,
            (1 - step) * theta.means + step * nearby.means,
            covariances,
            FULL.kernel.factor(covariances),
            FULL,
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("K", "d"), [(2, 96), (7, 130)])
def test_bounds_of_the_last_round_change_nothing(K, d, dtype):
    """Rounds with a screen equal rounds without, whatever θ does; and no bound exceeds the true length."""
    rng = np.random.default_rng([K, d])
    mixtures = list(a_sequence_of_mixtures(rng, K, d, dtype))
    X = points_of(rng, mixtures[0], 200)
    screen = screening.Screen(len(X))
    tolerance = 1000 * d * np.finfo(dtype).eps
    for theta in mixtures:
        found, expected = expectation(X, theta, screen=screen), expectation(X, theta)
        assert_allclose(found.log_likelihood, expected.log_likelihood, rtol=tolerance)
        assert_allclose(found.N, expected.N, rtol=tolerance, atol=tolerance)
        assert_allclose(
            found.scatter, expected.scatter, rtol=tolerance, atol=tolerance * expected.scatter.max()
        )
        lengths = [
            np.linalg.norm((X - mu).astype(float) @ P, axis=1)
            for mu, P in zip(theta.means, theta.precisions_cholesky.astype(float))
        ]
        assert np.all(np.transpose(lengths) * (1 + tolerance) >= screen.bounds.B)


@pytest.mark.parametrize("seed", range(3))
def test_shrinkage_bounds_every_vector(seed):
    """‖z P_new‖ ≥ s ‖z P_old‖ also for the z where the ratio is smallest, and s is not much smaller than that."""
    rng = np.random.default_rng(seed)
    old, near, far = (random_mixture(rng, 1, 20, 0.0, 0.5, np.float64) for _ in range(3))
    for step, other in ((0.0, near), (0.1, near), (0.5, far)):
        new = (1 - step) * old.covariances[0] + step * other.covariances[0]
        P_new = FULL.kernel.factor(new)
        s = screening.shrinkage(old.covariances[0], new, P_new)
        smallest = np.linalg.svd(np.linalg.solve(old.precisions_cholesky[0], P_new), compute_uv=False)[-1]
        assert 0.7 * smallest < s <= smallest


def test_a_round_that_fails_leaves_no_bounds():
    rng = np.random.default_rng(0)
    theta = random_mixture(rng, 3, 100, 1.0, 0.5, np.float64)
    X = points_of(rng, theta, 50)
    screen = screening.Screen(len(X))
    expectation(X, theta, screen=screen)
    with pytest.raises(KeyboardInterrupt), screen.round(theta):
        raise KeyboardInterrupt
    with screen.round(theta) as bounds:
        assert bounds.movement is None


def test_the_number_of_threads_changes_nothing():
    rng = np.random.default_rng(5)
    start = random_mixture(rng, 4, 100, 0.3, 0.2, np.float64)
    X = rng.normal(size=(6000, 100)) + start.means[rng.integers(4, size=6000)]
    runs = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            runs.append(list(islice(em(expectation_over(X), start), 4)))
    for one, two in zip(*runs):
        assert one.lower_bound == two.lower_bound
        assert_array_equal(one.statistics.scatter, two.statistics.scatter)


def count_lengths(monkeypatch):
    """Record (rows, first coordinate, last coordinate) of everything that is computed."""
    computed = []

    def counting(D, P, edges, original=screening.squared_lengths):
        computed.append((len(D), edges[0], edges[-1]))
        return original(D, P, edges)

    monkeypatch.setattr(screening, "squared_lengths", counting)
    return computed


def test_far_components_are_not_computed_completely(monkeypatch):
    """If the components are well apart, each row computes all coordinates for only one of them."""
    rng = np.random.default_rng(1)
    theta = random_mixture(rng, 8, 200, 30.0, 0.5, np.float64)
    X = points_of(rng, theta, 400)
    computed = count_lengths(monkeypatch)
    expectation(X, theta)
    assert sum(n for n, _, last in computed if last == X.shape[1]) == len(X)


def test_settled_rows_are_computed_only_for_their_home(monkeypatch):
    rng = np.random.default_rng(1)
    theta = random_mixture(rng, 8, 200, 30.0, 0.5, np.float64)
    X = points_of(rng, theta, 400)
    screen = screening.Screen(len(X))
    expectation(X, theta, screen=screen)
    computed = count_lengths(monkeypatch)
    expectation(X, theta, screen=screen)
    assert sum(n for n, *_ in computed) == len(X)
