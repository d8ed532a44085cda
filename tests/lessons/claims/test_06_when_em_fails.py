"""Claims of lesson 06 that rest on draws, on other samples and seeds than the lesson shows."""

import numpy as np
import pytest

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs
from mlcourse.metrics import align_components

SEEDS = range(20)
STRENGTHS = (0.1, 1, 3)


@pytest.fixture(scope="module")
def blobs():
    return elongated_blobs()[0]


@pytest.fixture(scope="module")
def restarts(blobs):
    settings = {"init_params": "random", "tol": 1e-8, "max_iter": 1000}
    return [GaussianMixture(3, random_state=seed, **settings).fit(blobs) for seed in SEEDS]


def grains(seed):
    """Fifty grains around 0 and one at 8: (51, 1)."""
    return np.append(np.random.default_rng(seed).standard_normal(50), 8.0)[:, np.newaxis]


def likelihoods(X, fresh, **settings):
    """Mean log-likelihoods of fitted and fresh points for a large and a small `reg_covar`: (2, 2)."""
    models = [GaussianMixture(reg_covar=value, random_state=0, **settings).fit(X) for value in (1e-2, 1e-9)]
    return np.array([(model.score(X), model.score(fresh)) for model in models])


def test_all_random_starts_end_in_one_fit_most_in_another_order(restarts):
    first = restarts[0].means_
    orders = [align_components(first, model) for model in restarts]
    assert all(np.allclose(model.means_[o], first, atol=1e-3) for model, o in zip(restarts, orders))
    assert sum(not np.array_equal(order, [0, 1, 2]) for order in orders) == 15


@pytest.mark.parametrize("distance", [4, 3, 2])
def test_every_rise_near_the_maximum_is_a_fixed_part_of_the_one_before(distance):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.choice([-distance / 2, distance / 2], 1000) + rng.standard_normal(1000)
        model = GaussianMixture(2, random_state=0, tol=1e-9, max_iter=2000).fit(x[:, np.newaxis])
        rises = np.diff(model.lower_bounds_)[-5:]
        assert np.ptp(rises[1:] / rises[:-1]) < 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_at_a_distance_of_2_a_small_tolerance_takes_many_more_rounds_and_moves_the_means(seed):
    rng = np.random.default_rng(seed)
    x = (rng.choice([-1, 1], 1000) + rng.standard_normal(1000))[:, np.newaxis]
    early, late = (GaussianMixture(2, random_state=0, tol=tol, max_iter=2000).fit(x) for tol in (1e-3, 1e-9))
    assert early.n_iter_ < 10 < 100 < late.n_iter_
    assert np.abs(np.sort(late.means_[:, 0]) - np.sort(early.means_[:, 0])).max() > 0.02


def test_in_18_of_20_samples_a_spike_lifts_its_own_grains_only():
    fresh = np.random.default_rng(99).standard_normal((1000, 1))
    pairs = np.array([likelihoods(grains(seed), fresh, n_components=2) for seed in SEEDS])
    rises, news = np.moveaxis(np.diff(pairs, axis=1)[:, 0], -1, 0)
    assert (rises > 0.1).sum() == 18
    assert (np.abs(rises) < 0.001).sum() == 2
    assert np.all(np.abs(news) < 5e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_tied_is_immune(seed):
    X = grains(seed)
    before, after = likelihoods(X, X, n_components=2, covariance_type="tied")[:, 0]
    assert len(X) * abs(after - before) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_narrow_components_hurt_fresh_points_and_tied_much_less(seed, blobs):
    rows = np.random.default_rng(seed).permutation(blobs)
    own = likelihoods(rows[:30], rows[30:], n_components=10)[:, 1]
    tied = likelihoods(rows[:30], rows[30:], n_components=10, covariance_type="tied")[:, 1]
    assert own[0] - own[1] > 1
    assert own[0] - own[1] > 2 * (tied[0] - tied[1])


def test_a_prior_beats_none_and_its_best_strength_varies(blobs):
    best = set()
    for seed in range(1, 11):
        rows = np.random.default_rng(seed).permutation(blobs)
        train, validation, test = rows[:60], rows[60:120], rows[120:]
        prior = [
            GaussianMixture(6, random_state=0, max_iter=500, covariance_prior="data", prior_strength=m)
            for m in STRENGTHS
        ]
        none = GaussianMixture(6, random_state=0, max_iter=500).fit(train)
        scores = [model.fit(train).score(validation) for model in prior]
        assert prior[STRENGTHS.index(1)].score(test) > none.score(test)
        best.add(STRENGTHS[np.argmax(scores)])
    assert len(best) > 1
