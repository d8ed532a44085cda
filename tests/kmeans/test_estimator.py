"""KMeans as an estimator: with the same seed, it gives scikit-learn's answer."""

from itertools import islice

import numpy as np
import pytest
import sklearn.cluster
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from mlcourse import KMeans
from mlcourse.kmeans import lloyd
from tests.helpers.mixtures import random_points


@pytest.mark.parametrize("init", ["k-means++", "random"])
@pytest.mark.parametrize("n_clusters", [1, 2, 5, 12])
def test_the_same_seed_gives_the_same_answer_as_scikit_learn(init, n_clusters):
    X = random_points(1)
    w = np.random.default_rng(0).uniform(0.5, 2, size=len(X))
    for weights in (None, w):
        ours = KMeans(n_clusters, init=init, random_state=0).fit(X, sample_weight=weights)
        theirs = sklearn.cluster.KMeans(n_clusters, init=init, random_state=0).fit(X, sample_weight=weights)
        assert_array_equal(ours.labels_, theirs.labels_)
        assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10, atol=1e-10)
        assert_allclose(ours.inertia_, theirs.inertia_)
        assert ours.n_iter_ == theirs.n_iter_
        assert_allclose(ours.transform(X), theirs.transform(X), atol=1e-6)
        assert_allclose(ours.score(X), theirs.score(X))


@pytest.mark.parametrize("max_iter", [1, 2, 3, 7])
def test_every_iteration_equals_scikit_learn(max_iter):
    X = random_points(2, n_groups=5)
    start = X[:5]
    theirs = sklearn.cluster.KMeans(5, init=start, n_init=1, max_iter=max_iter, tol=0).fit(X)
    step = list(islice(lloyd(X, start), max_iter))[-1]
    assert_allclose(step.next_centers, theirs.cluster_centers_, rtol=1e-10, atol=1e-10)


def test_translation_by_1e8_changes_nothing():
    X = random_points(5)
    here, there = KMeans(4, random_state=0).fit(X), KMeans(4, random_state=0).fit(X + 1e8)
    assert_allclose(there.cluster_centers_ - 1e8, here.cluster_centers_, atol=1e-6)
    assert_allclose(there.inertia_, here.inertia_, rtol=1e-6)
    assert_allclose(there.transform(X + 1e8), here.transform(X), rtol=1e-6, atol=1e-6)


def test_rows_without_weight_do_not_fill_empty_clusters():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(40, 2))
    w = (np.arange(40) < 20).astype(float)
    start = np.concatenate([X[:2], np.full((2, 2), 50.0) + np.arange(2)[:, None]])
    model = KMeans(4, init=start).fit(X, sample_weight=w)
    assert len(np.unique(model.labels_[w > 0])) == 4


def test_an_array_start_with_several_runs_warns():
    X = random_points(7)
    with pytest.warns(RuntimeWarning, match="only one init"):
        KMeans(3, init=X[:3], n_init=5).fit(X)


def test_fewer_distinct_points_than_clusters_warns():
    with pytest.warns(ConvergenceWarning, match="distinct clusters"):
        KMeans(3, random_state=0).fit(np.repeat(np.eye(2), 5, axis=0))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_data_are_kept_in_any_memory_order(order, dtype):
    X = np.array(random_points(9), dtype=dtype, order=order)
    before = X.copy()
    X.flags.writeable = False
    model = KMeans(3, random_state=0, copy_x=False).fit(X)
    assert model.cluster_centers_.dtype == model.transform(X).dtype == dtype
    assert_array_equal(X, before)


def test_inertia_is_the_sum_of_squared_distances():
    X = random_points(10)
    model = KMeans(3, random_state=0).fit(X)
    by_hand = sum(np.sum((X[model.labels_ == k] - c) ** 2) for k, c in enumerate(model.cluster_centers_))
    assert_allclose(model.inertia_, by_hand)
    assert_allclose(model.score(X), -by_hand)
    assert_allclose(model.inertia_, np.sum(model.transform(X).min(axis=1) ** 2))


def test_verbose_prints_the_iterations(capsys):
    KMeans(2, verbose=1, random_state=0).fit(random_points(11))
    assert "Iteration 1, inertia" in capsys.readouterr().out
