"""What lesson 02 says holds for other seeds and other samples too."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from mlcourse import GaussianMixture, datasets
from mlcourse.metrics import inertia, match_labels
from tests.helpers.mixtures import group_means

SEEDS = range(20)


def true_inertia(X, y):
    return inertia(X, group_means(X, y), y)


def best_of_ten(k, X, seed=0):
    return KMeans(k, n_init=10, random_state=seed).fit(X)


def test_kmeans_finds_the_four_round_groups_with_every_seed():
    X, y = datasets.four_blobs()
    assert all(adjusted_rand_score(y, best_of_ten(4, X, seed).labels_) == 1 for seed in SEEDS)


def test_a_hundred_starts_find_no_better_cut_of_the_stretched_groups():
    X, y = datasets.stretched_blobs()
    best = KMeans(4, n_init=100, random_state=1).fit(X)
    assert best.inertia_ < true_inertia(X, y)
    for seed in SEEDS:
        found = best_of_ten(4, X, seed)
        assert best.inertia_ > 0.999 * found.inertia_
        assert adjusted_rand_score(y, found.labels_) < 0.85


def test_more_points_do_not_help_with_stretched_groups():
    X, y = datasets.stretched_blobs(40_000)
    for seed in range(2):
        labels = KMeans(4, n_init=1, random_state=seed).fit_predict(X)
        assert adjusted_rand_score(y, labels) < 0.85


def test_that_four_hundred_stretched_points_score_more_is_chance():
    many, group = datasets.stretched_blobs(40_000)
    scores = []
    for seed in range(30):
        taken = np.random.default_rng(seed).choice(len(many), size=400, replace=False)
        scores.append(adjusted_rand_score(group[taken], best_of_ten(4, many[taken]).labels_))
    assert np.round([min(scores), max(scores), np.mean(scores)], 2).tolist() == [0.67, 0.89, 0.79]


def test_a_large_group_is_cut_in_two_rather_than_a_small_one_found():
    for seed in SEEDS:
        X, y = make_blobs([1000, 20], centers=[[0, 0], [5, 0]], cluster_std=1, random_state=seed)
        found = best_of_ten(2, X)
        assert (match_labels(y, found.labels_) != y).sum() > 300
        assert found.inertia_ < true_inertia(X, y)


def test_the_objective_prefers_to_cut_the_long_groups_in_every_sample():
    reached_the_bad_answer = 0
    for seed in SEEDS:
        X, y = datasets.elongated_blobs(random_state=42 + seed)
        from_truth = KMeans(3, init=group_means(X, y)).fit(X)
        found = best_of_ten(3, X)
        assert true_inertia(X, y) > from_truth.inertia_ > 0.9999 * found.inertia_
        assert adjusted_rand_score(y, found.labels_) < 0.5
        reached_the_bad_answer += adjusted_rand_score(y, from_truth.labels_) < 0.5
    assert 7 <= reached_the_bad_answer <= 13


def test_kmeans_leaves_the_species_of_penguins_for_its_own_answer():
    penguins, species = datasets.load_penguins()
    bills = penguins[:, :2]
    from_species = KMeans(3, init=group_means(bills, species)).fit(bills)
    assert true_inertia(bills, species) > 1.4 * from_species.inertia_
    for seed in SEEDS:
        found = best_of_ten(3, bills, seed)
        assert adjusted_rand_score(from_species.labels_, found.labels_) > 0.98
        scaled = best_of_ten(3, bills / bills.std(axis=0), seed)
        assert adjusted_rand_score(species, scaled.labels_) == pytest.approx(0.83, abs=0.005)


def draw_pair(n, seed):
    """Points of the two overlapping Gaussians, the component of each, and its responsibilities."""
    rng = np.random.default_rng(seed)
    pi, mu, sigma = np.array([1, 2]) / 3, np.array([[0, 0], [3, 3]]), np.array([1.2, 1.8])
    k = rng.choice(2, size=n, p=pi)
    X = mu[k] + sigma[k, np.newaxis] * rng.standard_normal((n, 2))
    p = pi * norm.pdf(X[:, np.newaxis], mu, sigma[:, np.newaxis]).prod(axis=2)
    return X, k, p / p.sum(axis=1, keepdims=True)


def test_where_groups_overlap_the_more_probable_component_errs_less_and_says_how_often():
    for seed in SEEDS:
        X, k, r = draw_pair(900, seed)
        wrong = (r.argmax(axis=1) != k).sum()
        assert (match_labels(k, best_of_ten(2, X).labels_) != k).sum() > wrong
        assert abs((1 - r.max(axis=1)).sum() - wrong) < 20
        assert (r.max(axis=1) < 0.9).mean() > 0.2


def share_near_one_half(k, r0):
    """Of the points with a responsibility near one half, the share that came from component 0."""
    return (k[np.abs(r0 - 0.5) < 0.05] == 0).mean()


def test_responsibilities_keep_their_promise():
    for seed in range(5):
        _, k, r = draw_pair(100_000, seed)
        assert share_near_one_half(k, r[:, 0]) == pytest.approx(0.5, abs=0.03)


def test_with_knobs_fitted_to_a_few_points_they_promise_too_much_or_too_little():
    many, k, _ = draw_pair(20_000, 99)
    shares = []
    for seed in range(10):
        few, _, _ = draw_pair(60, seed)
        fitted = GaussianMixture(2, covariance_type="spherical", n_init=5, random_state=0).fit(few)
        left = fitted.means_[:, 0].argmin()
        shares.append(share_near_one_half(k, fitted.predict_proba(many)[:, left]))
    assert min(shares) < 0.35
    assert max(shares) > 0.65
