"""Distances against differences in extended precision."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse import KMeans
from mlcourse.kmeans.distances import euclidean_distances


def exact(X, Y):
    D = X[:, np.newaxis].astype(np.longdouble) - Y
    return np.sqrt((D**2).sum(axis=2)).astype(float)


@pytest.mark.parametrize("d", [1, 3, 5, 40])
@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-8])
def test_distances_are_exact_for_near_and_far_points(d, spread):
    rng = np.random.default_rng(d)
    X = np.concatenate([rng.normal(size=(60, d)), 5 + spread * rng.normal(size=(3, d))])
    assert_allclose(euclidean_distances(X, X), exact(X, X), rtol=1e-9)
    assert_array_equal(np.diag(euclidean_distances(X, X)), 0)


def test_tight_groups_far_apart_keep_their_distances():
    rng = np.random.default_rng(0)
    X = np.repeat([[-1e4] * 8, [1e4] * 8], 30, axis=0) + rng.normal(size=(60, 8))
    assert_allclose(euclidean_distances(X, X), exact(X, X), rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d", [2, 30])
def test_a_centre_is_at_distance_zero_from_itself(d, dtype):
    X = np.random.default_rng(d).normal(size=(200, d)).astype(dtype) * 100
    model = KMeans(6, random_state=0).fit(X)
    assert_array_equal(np.diag(model.transform(model.cluster_centers_)), 0)
    assert model.transform(X).dtype == dtype
