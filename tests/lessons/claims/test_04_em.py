"""What lesson 04 says about more than one draw."""

from functools import cache

import numpy as np
import pytest

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs, load_old_faithful, three_gaussians_1d
from mlcourse.gaussians import CovarianceType
from mlcourse.kmeans import KMeans
from mlcourse.mixture import Mixture, em, expectation_over

TRUE_VALUES = np.full(3, 1 / 3), np.array([-5.0, 0.0, 5.0]), np.array([1.2, 1.6, 1.8])
AT_TWO_AND_A_HALF = np.array([2.5])


def joint(x, pi, mu, var):
    return pi / np.sqrt(2 * np.pi * var) * np.exp(-((x[:, np.newaxis] - mu) ** 2) / (2 * var))


def responsibilities(x, *theta):
    return joint(x, *theta) / joint(x, *theta).sum(axis=1, keepdims=True)


def mean_log_likelihood(x, *theta):
    return np.log(joint(x, *theta).sum(axis=1)).mean()


def maximise(x, R, about=None):
    N = R.sum(axis=0)
    mu = R.T @ x / N
    about = mu if about is None else about
    return N / len(x), mu, (R * (x[:, np.newaxis] - about) ** 2).sum(axis=0) / N


def em_round(x, *theta):
    return maximise(x, responsibilities(x, *theta))


def looped_round(x, pi, mu, var):
    pi, R = pi.copy(), np.empty((len(x), len(pi)))
    for k in range(len(pi)):
        R[:, k] = responsibilities(x, pi, mu, var)[:, k]
        pi[k] = R[:, k].mean()
    return pi, *maximise(x, R)[1:]


def looped_round_with_normalised_weights(x, *theta):
    pi, mu, var = looped_round(x, *theta)
    return pi / pi.sum(), mu, var


def forgetful_round(x, pi, mu, var):
    return pi, *em_round(x, pi, mu, var)[1:]


def round_about_the_old_means(x, pi, mu, var):
    return maximise(x, responsibilities(x, pi, mu, var), about=mu)


def runs(one_round, sample, n_starts=10, n_rounds=60):
    """The likelihoods (n_starts, n_rounds) and the last parameters of runs from random starts."""
    x, _ = grains(sample)
    bounds, ends = [], []
    for seed in range(n_starts):
        start = np.random.default_rng(seed).choice(x, size=3, replace=False)
        theta, path = (np.full(3, 1 / 3), start, np.full(3, x.var())), []
        for _ in range(n_rounds):
            path.append(mean_log_likelihood(x, *theta))
            theta = one_round(x, *theta)
        bounds.append(path)
        ends.append(theta)
    return np.array(bounds), ends


@cache
def grains(sample):
    X, machine = three_gaussians_1d(random_state=sample)
    return X[:, 0], np.array([0, 2, 1])[machine]


@cache
def fits_from_the_bad_start():
    """After 1 and 40 rounds, for 20 samples."""
    fits = []
    for sample in range(20):
        x, theta = grains(sample)[0], (np.full(3, 1 / 3), np.array([-1.0, 0.0, 1.0]), np.ones(3))
        path = [theta := em_round(x, *theta) for _ in range(40)]
        fits.append((path[0], path[-1]))
    return fits


@cache
def kmeans_starts(sample, tol=1e-6):
    """Inertia of k-means, rounds of EM and the likelihood at its end, one row per seed."""
    X, _ = elongated_blobs(random_state=sample)
    fits, rows = {}, []
    for seed, inertia in enumerate(inertias(sample)):
        if inertia not in fits:  # the same clusters are the same start
            fits[inertia] = GaussianMixture(3, random_state=seed, tol=tol, max_iter=500).fit(X)
        rows.append((inertia, fits[inertia].n_iter_, fits[inertia].lower_bound_))
    return np.array(rows)


@cache
def inertias(sample):
    X, _ = elongated_blobs(random_state=sample)
    found = [KMeans(3, n_init=1, random_state=seed).fit(X).inertia_ for seed in range(12)]
    return np.round(found, 6)


def low(sample):
    """Which of the twelve seeds have about the lowest inertia."""
    return inertias(sample) < 1.015 * inertias(sample).min()


def test_one_round_moves_the_outer_means_a_lot():
    assert all(first[1][0] < -3.5 and first[1][2] > 3.5 for first, _ in fits_from_the_bad_start())


def test_a_responsibility_is_only_as_good_as_the_parameters():
    right = [responsibilities(AT_TWO_AND_A_HALF, *last)[0, 2] for _, last in fits_from_the_bad_start()]
    assert (round(min(right), 2), round(max(right), 2)) == (0.12, 0.89)
    assert 0.5 < responsibilities(AT_TWO_AND_A_HALF, *TRUE_VALUES)[0, 2] < 0.55


def test_the_looped_round_falls_in_other_samples_too():
    for sample in range(1, 5):
        assert (np.diff(runs(looped_round, sample)[0]) < -1e-12).any(axis=1).sum() >= 3


@pytest.mark.parametrize(
    "one_round",
    [em_round, forgetful_round, round_about_the_old_means, looped_round_with_normalised_weights],
)
def test_the_likelihood_does_not_see_these(one_round):
    assert all((np.diff(runs(one_round, sample)[0]) > -1e-12).all() for sample in range(2))


def test_only_the_law_sees_forgotten_weights():
    _, ends = runs(forgetful_round, 0)
    x, _ = grains(0)
    assert all(np.abs(pi - responsibilities(x, pi, *rest).mean(axis=0)).max() > 0.005 for pi, *rest in ends)


def test_of_twenty_draws_fifteen_arrive_within_sixty_rounds_and_all_later():
    X, _ = elongated_blobs()
    unit, full, rounds = np.array([np.eye(2)] * 3), CovarianceType.named("full"), []
    for seed in range(20):
        means = X[np.random.default_rng(seed).choice(len(X), size=3, replace=False)]
        steps = em(expectation_over(X), Mixture(np.full(3, 1 / 3), means, unit, unit, full))
        rounds.append(next(n for n, step in enumerate(steps) if step.lower_bound > -3.2275))
    assert sum(n <= 60 for n in rounds) == 15


def test_old_faithful_ends_in_the_same_place_from_twenty_starts():
    X = load_old_faithful()
    options = {"init_params": "random_from_data", "tol": 1e-8, "max_iter": 1000}
    ends = [GaussianMixture(2, random_state=seed, **options).fit(X).lower_bound_ for seed in range(20)]
    np.testing.assert_allclose(ends, ends[0], atol=1e-5)


def test_the_better_k_means_is_the_worse_start():
    rounds = kmeans_starts(42)[:, 1]
    assert sorted(rounds[low(42)]) == [90, 90, 90, 95, 95]
    assert sorted(rounds[~low(42)]) == [14, 14, 15, 16, 18, 18, 18]


def test_in_all_nine_samples_with_two_clusterings_the_lower_inertia_is_the_worse_start():
    split = [sample for sample in range(20) if not low(sample).all()]
    lower_hills = 0
    for sample in split:
        _, rounds, ends = kmeans_starts(sample).T
        assert rounds[low(sample)].min() > rounds[~low(sample)].max()
        lower_hills += ends[low(sample)].max() < ends[~low(sample)].min() - 0.1
    assert (len(split), lower_hills) == (9, 3)


def test_the_default_tolerance_stops_these_starts_on_the_plateau():
    patient, quick = kmeans_starts(42)[:, 2], kmeans_starts(42, tol=1e-3)[:, 2]
    assert (patient > -3.2275).all()
    np.testing.assert_array_equal(quick < -3.5, low(42))
