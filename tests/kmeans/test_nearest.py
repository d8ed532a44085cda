"""The sieves against exact distances: whatever they skip, the labels are those of brute force."""

from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_limits

from mlcourse import blocks
from mlcourse.kmeans import assign, assignment_over, lloyd, nearest
from tests.helpers.mixtures import random_points


def brute_force(X, c):
    D = X[:, np.newaxis].astype(float) - c
    return np.einsum("ikj,ikj->ik", D, D).argmin(axis=1)


def integers(n, d, seed):
    """Points on a small grid, so that many are equally far from two centres."""
    return np.random.default_rng(seed).integers(0, 4, size=(n, d)).astype(float)


DATA = {
    "groups": random_points(0, n=400, n_groups=6),
    "ties": integers(300, 2, 0),
    "wide": np.random.default_rng(1).normal(size=(200, 60)),
    "float32": np.random.default_rng(2).normal(size=(300, 3)).astype(np.float32),
    "an outlier": np.append(np.random.default_rng(3).normal(size=(200, 3)), [[1e12, 0, 0]], axis=0),
    "beyond float32": np.random.default_rng(4).normal(size=(100, 3)) * 1e60,
    "below float32": np.random.default_rng(5).normal(size=(100, 3)) * 1e-60,
    "far from zero": np.random.default_rng(6).normal(size=(200, 3)) + 1e8,
    "fewer points than centres": np.repeat(np.arange(4.0)[:, np.newaxis], 20, axis=0),
}


@pytest.mark.parametrize(("n_clusters", "tree"), [(2, False), (7, False), (50, False), (7, True), (50, True)])
@pytest.mark.parametrize("name", DATA)
def test_labels_are_those_of_brute_force_in_every_round(name, n_clusters, tree, monkeypatch):
    monkeypatch.setattr(nearest, "FEW_NUMBERS", 0)
    if tree:
        monkeypatch.setattr(nearest, "MANY_CENTERS", 2)
    X = DATA[name]
    start = X[np.random.default_rng(0).choice(len(X), size=n_clusters, replace=False)]
    for step in islice(lloyd(assignment_over(X), start), 12):
        expected = brute_force(X, step.centers)
        assert_array_equal(step.labels, expected)
        assert_array_equal(assign(X, step.centers), expected)


@pytest.mark.parametrize("n_clusters", [3, 60])
def test_steps_do_not_depend_on_the_number_of_cores(n_clusters, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2**12)
    X = random_points(1, n=600, d=5)
    runs = []
    for n_threads in (1, 3):
        with threadpool_limits(n_threads):
            runs.append([step.next_centers for step in islice(lloyd(assignment_over(X), X[:n_clusters]), 6)])
    assert_array_equal(*runs)
