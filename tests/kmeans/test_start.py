"""Initial centres."""

import numpy as np
import sklearn.cluster
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse import KMeans
from mlcourse.kmeans import kmeans_plusplus
from tests.helpers.mixtures import random_points


def test_a_callable_init_gets_data_n_clusters_and_random_state():
    def first_rows(X, n_clusters, random_state):
        assert isinstance(random_state, np.random.RandomState)
        return X[:n_clusters]

    X = random_points(6)
    assert_allclose(KMeans(3, init=first_rows).fit(X).inertia_, KMeans(3, init=X[:3]).fit(X).inertia_)


def test_kmeans_plusplus_draws_the_same_rows_as_scikit_learn():
    X = random_points(8)
    for seed in range(10):
        centers, indices = kmeans_plusplus(X, 5, random_state=seed)
        assert_array_equal(indices, sklearn.cluster.kmeans_plusplus(X, 5, random_state=seed)[1])
        assert_array_equal(centers, X[indices])
