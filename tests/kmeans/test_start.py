"""Initial centres."""

import numpy as np
import pytest
import sklearn.cluster
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse import KMeans
from mlcourse.kmeans import kmeans_plusplus, start
from tests.helpers.mixtures import random_points


def test_a_callable_init_gets_data_n_clusters_and_random_state():
    def first_rows(X, n_clusters, random_state):
        assert isinstance(random_state, np.random.RandomState)
        return X[:n_clusters]

    X = random_points(6)
    assert_allclose(KMeans(3, init=first_rows).fit(X).inertia_, KMeans(3, init=X[:3]).fit(X).inertia_)


@pytest.mark.parametrize("n_clusters", [1, 2, 5, 40, 80])
@pytest.mark.parametrize("d", [1, 2, 3, 12])
@pytest.mark.parametrize("weighted", [False, True])
def test_kmeans_plusplus_draws_the_same_rows_as_scikit_learn(n_clusters, d, weighted):
    X = random_points(8, n=400, d=d)
    w = np.random.default_rng(0).integers(0, 3, size=len(X)).astype(float) if weighted else None
    for seed in range(3):
        options = {"sample_weight": w, "random_state": seed}
        centers, indices = kmeans_plusplus(X, n_clusters, **options)
        assert_array_equal(indices, sklearn.cluster.kmeans_plusplus(X, n_clusters, **options)[1])
        assert_array_equal(centers, X[indices])


@pytest.mark.parametrize("field", [start.Whole, start.Tiles])
def test_both_fields_add_the_candidate_that_leaves_least(field):
    rng = np.random.default_rng(1)
    X, w = rng.normal(size=(300, 2)), rng.uniform(0, 2, size=300)
    rows, chosen = field(X, w, 7), [7]
    for _ in range(20):
        candidates = rng.integers(300, size=5)
        trials = [((X[:, np.newaxis] - X[[*chosen, y]]) ** 2).sum(axis=2).min(axis=1) * w for y in candidates]
        best = rows.add_best(candidates)
        assert best == np.argmin([trial.sum() for trial in trials])
        chosen.append(candidates[best])
        assert_allclose(rows.mass, trials[best], atol=1e-12)
        assert_allclose(rows.potential, trials[best].sum())


def test_more_clusters_than_distinct_rows():
    X = np.repeat(np.arange(3.0)[:, np.newaxis], 40, axis=0)
    centers, _ = kmeans_plusplus(X, 50, random_state=0)
    assert_array_equal(np.unique(centers), [0, 1, 2])
