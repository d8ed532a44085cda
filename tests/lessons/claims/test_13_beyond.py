"""Claims of lesson 13 that rest on draws, on other samples and seeds than the lesson shows."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.datasets import load_digits, load_iris
from mlcourse.mixture import (
    IncompleteDataMixture,
    SemiSupervisedMixture,
    condition,
    conditional_mean,
    draw_missing,
    ppca,
)


@pytest.fixture(scope="module")
def digits():
    """Digits on twenty axes, as in the lesson: A, B, y_fit, y_new."""
    X, y = load_digits()
    X_fit, X_new, y_fit, y_new = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    pca = PCA(20).fit(X_fit)
    return pca.transform(X_fit), pca.transform(X_new), y_fit, y_new


def only(rows, y):
    labels = np.full(len(y), -1)
    labels[rows] = y[rows]
    return labels


def few_labels(n_each, seed, y):
    order = np.random.default_rng(seed).permutation(len(y))
    return only(np.concatenate([order[y[order] == c][:n_each] for c in range(10)]), y)


def accuracy(digits, labels, kind="full", rows=slice(None)):
    A, B, _, y_new = digits
    model = SemiSupervisedMixture(covariance_type=kind, reg_covar=1.0)
    return model.fit(A[rows], labels[rows]).score(B, y_new)


def gains(digits, kind, n_each, seeds=range(6)):
    """By how much the unlabelled rows raise the accuracy, for each choice of labels."""
    choices = [few_labels(n_each, seed, digits[2]) for seed in seeds]
    return np.array(
        [accuracy(digits, y, kind) - accuracy(digits, y, kind, np.flatnonzero(y >= 0)) for y in choices]
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_ball_has_two_answers_and_the_mean_is_neither(seed):
    rng = np.random.default_rng(seed)
    time = rng.uniform(0, 2, size=2000)
    height = 10 * time - 5 * time**2 + rng.normal(scale=0.15, size=2000)
    model = GaussianMixture(10, random_state=0).fit(np.column_stack([height, time]))
    at_three = condition(model, known=[0], values=[3.0])
    up = at_three.weights[np.abs(at_three.means[:, 0] - 0.37) < 0.1].sum()
    down = at_three.weights[np.abs(at_three.means[:, 0] - 1.63) < 0.1].sum()
    assert up + down > 0.95
    assert abs(up - down) < 0.2
    t = conditional_mean(model, [[3.0, np.nan]])[0, 1]
    assert 10 * t - 5 * t**2 > 4.5


def test_em_with_holes_beats_both_habits_when_many_entries_are_gone():
    flowers, _ = load_iris()
    options = {"reg_covar": 0.01, "max_iter": 200, "random_state": 0}
    for seed in range(5, 10):
        train, test = train_test_split(flowers, test_size=0.3, random_state=seed)
        gaps = np.where(np.random.default_rng(seed).uniform(size=train.shape) < 0.3, np.nan, train)
        holes = np.isnan(gaps)
        whole, imputed = gaps[~holes.any(axis=1)], np.where(holes, np.nanmean(gaps, axis=0), gaps)
        habits = [GaussianMixture(3, **options).fit(rows).score(test) for rows in (whole, imputed)]
        assert IncompleteDataMixture(3, **options).fit(gaps).score(test) > max(habits)


@pytest.mark.parametrize("seed", range(5))
def test_conditional_means_shrink_the_variance_and_draws_do_not(seed):
    rng = np.random.default_rng(seed)
    pairs = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=2000)
    holes = pairs.copy()
    holes[rng.uniform(size=2000) < 0.5, 1] = np.nan
    fit = IncompleteDataMixture(tol=1e-8, max_iter=1000).fit(holes)
    shrunk, drawn = conditional_mean(fit, holes)[:, 1].var(), draw_missing(fit, holes, 0)[:, 1].var()
    assert shrunk < 0.9 * min(drawn, fit.covariances_[0, 1, 1])


@pytest.mark.parametrize("seed", range(5))
def test_em_is_right_when_missing_at_random_and_wrong_when_not(seed):
    pairs = np.random.default_rng(seed).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=2000)
    means = []
    for lost in (pairs[:, 0] > 0, pairs[:, 1] > 0):
        holes = pairs.copy()
        holes[lost, 1] = np.nan
        means.append(IncompleteDataMixture(tol=1e-8, max_iter=5000).fit(holes).means_[0, 1])
        assert np.nanmean(holes[:, 1]) < -0.5
    assert abs(means[0]) < 0.12
    assert means[1] < -0.4


@pytest.mark.parametrize("seed", [1, 3])
def test_a_few_directions_per_component_beat_diag_and_full(seed):
    X, y = load_digits()
    X_fit, X_rest = train_test_split(X, train_size=900, random_state=seed, stratify=y)
    pca = PCA(0.99).fit(X_fit)
    fit, rest = pca.transform(X_fit), pca.transform(X_rest)
    few, diag, full = (
        GaussianMixture(10, covariance_type=kind, random_state=0).fit(fit)
        for kind in (ppca(12), "diag", "full")
    )
    assert few.score(rest) > max(diag.score(rest), full.score(rest)) + 2
    assert full.score(fit) > few.score(fit)


def test_unlabelled_rows_help_where_the_model_fits(digits):
    assert np.sum(gains(digits, "full", 5) > 0) >= 5


def test_unlabelled_rows_help_a_wrong_model_with_few_labels_and_hurt_it_with_many(digits):
    assert np.sum(gains(digits, "diag", 5) > 0) >= 5
    assert np.sum(gains(digits, "diag", 20) < 0) >= 5


def test_representatives_are_worth_more_than_random_labels(digits):
    A, _, y, _ = digits
    at_random = [accuracy(digits, few_labels(5, seed, y)) for seed in range(20, 25)]
    chosen = []
    for seed in range(20, 25):
        centers = KMeans(50, n_init=1, random_state=seed).fit(A).cluster_centers_
        nearest = [np.argmin(np.sum((A - center) ** 2, axis=1)) for center in centers]
        chosen.append(accuracy(digits, only(nearest, y)))
    assert np.mean(chosen) > np.mean(at_random) + 0.01
    assert np.std(chosen) < np.std(at_random)
