"""Claims of lesson 08 that rest on draws, on other samples than the lesson shows."""

from itertools import combinations

import numpy as np
import pytest
from scipy.special import entr
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold

from mlcourse import GaussianMixture, GaussianMixtureClassifier
from mlcourse.datasets import two_moons

SAMPLES = range(8)
TO_THE_END = {"tol": 1e-6, "max_iter": 1000}


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
    model = GaussianMixture(K, random_state=0, **TO_THE_END)
    models = [(X := draw(n, seed), clone(model).fit(X)) for seed in range(samples)]
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


def slopes(theta, X, h=1e-4):
    """Derivatives of log p(x | θ) by the parameters of two ellipses: (11, n)."""

    def log_density(theta):
        pi = 1 - theta[0], theta[0]
        A = [
            np.log(weight) + multivariate_normal([x, y], [[a, b], [b, c]]).logpdf(X)
            for weight, (x, y, a, b, c) in zip(pi, theta[1:].reshape(2, 5), strict=True)
        ]
        return np.logaddexp(*A)

    return np.array([(log_density(theta + e) - log_density(theta - e)) / (2 * h) for e in h * np.eye(11)])


def test_the_gap_of_two_ellipses_is_about_a_third_more_than_the_theory():
    """Takeuchi: for a wrong model, p becomes tr(J⁻¹ I), with J the curvature and I the variance of the slopes."""
    n, h = 20_000, 1e-4  # many points: in one direction, the curvature is small
    X = moons(n, 0)
    model = GaussianMixture(2, random_state=0, **TO_THE_END).fit(X)
    shapes = model.covariances_[:, *np.triu_indices(2)]
    theta = np.append(model.weights_[1], np.column_stack([model.means_, shapes]))
    G = slopes(theta, X)
    J = [(slopes(theta - e, X) - slopes(theta + e, X)).mean(axis=1) / (2 * h) for e in h * np.eye(11)]
    assert 1.2 * 11 < np.trace(np.linalg.solve(J, G @ G.T / n)) < 1.5 * 11


def test_a_fit_that_stops_early_has_a_smaller_gap():
    data = [moons(200, seed) for seed in range(40)]
    unseen = two_moons(4000, random_state=999)[0]
    models = [(fitted(X, 2), GaussianMixture(2, random_state=0, **TO_THE_END).fit(X), X) for X in data]
    more = [
        late.score(X) - late.score(unseen) - early.score(X) + early.score(unseen) for early, late, X in models
    ]
    assert np.mean(more) > 2 * np.std(more) / np.sqrt(len(more))


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
