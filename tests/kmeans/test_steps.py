"""The two steps of k-means and their laws."""

from itertools import islice

import numpy as np
import pytest
import sklearn.cluster
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse import KMeans
from mlcourse.kmeans import assign, assignment_over, lloyd
from mlcourse.metrics import inertia
from tests.helpers.mixtures import random_points


def test_inertia_never_rises():
    X = random_points(3, n_groups=6)
    inertias = [
        inertia(X, step.centers, step.labels) for step in islice(lloyd(assignment_over(X), X[:6]), 30)
    ]
    assert np.all(np.diff(inertias) <= 1e-9)
    assert inertias[-1] < inertias[0]


def test_assign_is_the_nearest_centre_even_far_from_zero():
    X = random_points(4)
    centers = X[:7]
    nearest = np.linalg.norm(X[:, None] - centers, axis=2).argmin(axis=1)
    assert_array_equal(assign(X, centers), nearest)
    far = assign(X + 1e8, centers + 1e8)
    assert np.mean(far == nearest) > 0.999  # a tie may go either way: adding 1e8 rounds the points themselves


def test_one_far_centre_does_not_blur_the_others():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(500, 2)) * 0.1 + shift for shift in (0, 1)] + [[[1e9, 1e9]]])
    ours = KMeans(3, init=X[[0, 600, 1000]]).fit(X)
    theirs = sklearn.cluster.KMeans(3, init=X[[0, 600, 1000]], n_init=1).fit(X)
    assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-6)
    assert_allclose(ours.transform(X[:1000]).min(axis=1) ** 2, np.min(
        [((X[:1000] - c) ** 2).sum(axis=1) for c in ours.cluster_centers_], axis=0
    ), atol=1e-6)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_empty_clusters_are_relocated_as_in_scikit_learn(seed):
    X = random_points(seed, n=60)
    start = np.concatenate([X[:2], np.full((3, 3), 1e4) + np.arange(3)[:, None]])
    ours = KMeans(5, init=start).fit(X)
    theirs = sklearn.cluster.KMeans(5, init=start, n_init=1).fit(X)
    assert len(np.unique(ours.labels_)) == 5
    assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-8)
