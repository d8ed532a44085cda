"""Claims of lesson 08 that rest on draws, on other samples than the lesson shows."""

from itertools import combinations

import numpy as np
import pytest
from scipy.special import entr
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold

from mlcourse import GaussianMixture, GaussianMixtureClassifier
from mlcourse.datasets import two_moons

SAMPLES = range(8)


def fitted(X, K, seed=0):
    return GaussianMixture(K, random_state=seed).fit(X)


def held_out(X, K):
    scores = np.empty(len(X))
    for rest, fold in KFold(5, shuffle=True, random_state=0).split(X):
        scores[fold] = fitted(X[rest], K).score_samples(X[fold])
    return scores


def gaps(draw, K, n, samples):
    """Training minus new points' mean log-likelihood: (samples,)."""
    unseen = two_moons(4000, random_state=999)[0]
    models = [(X := draw(n, seed), fitted(X, K)) for seed in range(samples)]
    return np.array([model.score(X) - model.score(unseen) for X, model in models])


def moons(n, seed):
    return two_moons(n, random_state=1000 + seed)[0]


def evenly_spaced(n, seed):
    return make_moons(n, noise=0.05, random_state=1000 + seed)[0]


def joined_in_two(R):
    """Groups (n,) after joining the components whose union lowers the entropy most, until two are left."""
    while R.shape[1] > 2:
        R = min(
            (
                np.column_stack([np.delete(R, pair, axis=1), R[:, pair].sum(axis=1)])
                for pair in map(list, combinations(range(R.shape[1]), 2))
            ),
            key=lambda R: entr(R).sum(),
        )
    return R.argmax(axis=1)


@pytest.mark.parametrize("seed", SAMPLES)
def test_two_components_do_not_find_the_moons(seed):
    X, moon = two_moons(random_state=seed)
    assert adjusted_rand_score(moon, fitted(X, 2).predict(X)) < 0.6


def test_the_best_held_out_number_is_a_range():
    tried, best = (6, 7, 8, 9, 10, 11, 13, 16), set()
    for seed in range(5):
        X, _ = two_moons(random_state=seed)
        scores = np.array([held_out(X, K) for K in tried])
        at = scores.mean(axis=1).argmax()
        gap = scores[at] - scores
        close = gap.mean(axis=1) <= 2 * gap.std(axis=1) / np.sqrt(len(X))
        assert close.sum() >= 4
        best.add(tried[at])
    assert len(best) > 2
    assert best.isdisjoint({6, 16})


@pytest.mark.parametrize("seed", SAMPLES)
def test_two_components_are_a_nat_behind_and_a_hundred_tens_of_nats(seed):
    X, _ = two_moons(random_state=seed)
    test, _ = two_moons(2000, random_state=1000 + seed)
    two, nine, sixteen, hundred = (fitted(X, K).score(test) for K in (2, 9, 16, 100))
    assert 0.8 < nine - two < 1.3
    assert hundred < nine - 20
    assert two < sixteen


@pytest.mark.parametrize("K", [4, 7])
def test_the_theory_holds_for_2000_points(K):
    gap = gaps(moons, K, 2000, 8)
    assert abs(gap.mean() - (6 * K - 1) / 2000) < 2 * gap.std(ddof=1) / np.sqrt(len(gap))


def test_the_gap_is_larger_than_the_theory_for_200_points_and_twelve_components():
    assert gaps(moons, 12, 200, 12).mean() > 1.3 * 71 / 200


def test_evenly_spaced_points_have_a_smaller_gap():
    gap = gaps(evenly_spaced, 7, 200, 12)
    assert gap.mean() + 2 * gap.std(ddof=1) / np.sqrt(len(gap)) < 41 / 200


def test_joining_finds_the_moons_more_often_from_ten_components_than_from_four():
    found = {}
    for K in (4, 10):
        data = [two_moons(random_state=seed) for seed in range(100, 120)]
        groups = [joined_in_two(fitted(X, K).predict_proba(X)) for X, _ in data]
        found[K] = sum(adjusted_rand_score(y, g) > 0.95 for (_, y), g in zip(data, groups, strict=True))
    assert found[4] < 5 < 15 < found[10]


def test_the_winners_validation_accuracy_is_too_high_on_average():
    luck = []
    for seed in range(15):
        train, validation, test = (
            two_moons(n, noise=0.3, random_state=1000 + 3 * seed + i) for i, n in enumerate((100, 100, 2000))
        )
        tried = [GaussianMixtureClassifier(K, random_state=0).fit(*train) for K in (1, 3, 5, 9)]
        winner = max(tried, key=lambda model: model.score(*validation))
        luck.append(winner.score(*validation) - winner.score(*test))
    assert np.mean(luck) > 0
