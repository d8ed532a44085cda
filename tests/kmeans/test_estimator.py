"""KMeans as an estimator: with the same seed, it gives scikit-learn's answer."""

from itertools import islice

import numpy as np
import pytest
import sklearn.cluster
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist
from sklearn.exceptions import ConvergenceWarning

import mlcourse.kmeans.estimator
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


# ── Labels, weights and distances ─────────────────────────────────────────────────────────────────


def test_labels_are_those_of_the_final_centres():
    """A cluster loses its rows, and gets a far one: the labels must follow."""
    X = np.array([[1.0], [4], [1], [1], [5]])
    model = KMeans(3, init=[[11.0], [5], [2]], n_init=1).fit(X)
    assert_array_equal(model.labels_, model.predict(X))
    assert_allclose(model.inertia_, 0, atol=1e-12)
    assert_allclose(model.score(X), 0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_whole_weights_are_repeated_rows(seed):
    X, w = random_points(seed, n=200), np.random.default_rng(seed).integers(0, 4, size=200)
    start = X[w > 0][:4]
    one = KMeans(4, init=start, n_init=1, tol=0).fit(X, sample_weight=w)
    other = KMeans(4, init=start, n_init=1, tol=0).fit(np.repeat(X, w, axis=0))
    assert_allclose(one.cluster_centers_, other.cluster_centers_, rtol=1e-10, atol=1e-10)
    assert_allclose(one.inertia_, other.inertia_, rtol=1e-10)
    assert_array_equal(one.labels_, other.predict(X))


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_starts_never_take_a_row_without_weight(init):
    X = np.concatenate([random_points(6, n=50), random_points(7, n=50) + 1e6])
    w = np.repeat([1.0, 0.0], 50)
    for seed in range(5):
        model = KMeans(4, init=init, n_init=1, random_state=seed).fit(X, sample_weight=w)
        assert np.abs(model.cluster_centers_).max() < 1e3


@pytest.mark.parametrize("weight", [-1.0, 0.0, np.nan])
def test_impossible_weights_are_named(weight):
    with pytest.raises(ValueError, match=r"[Ss]ample.weight"):
        KMeans(2).fit(random_points(8), sample_weight=np.full(400, weight))


@pytest.mark.parametrize("shift", [0, 1e8])
def test_a_centre_is_at_distance_zero_from_itself(shift):
    X = random_points(9) + shift
    model = KMeans(5, random_state=0).fit(X)
    D = model.transform(model.cluster_centers_)
    assert_array_equal(np.diag(D), 0)
    assert_allclose(model.transform(X), cdist(X, model.cluster_centers_), rtol=1e-9)


@pytest.mark.parametrize(("dtype", "unit"), [(np.float64, 1e155), (np.float64, 1e300), (np.float32, 1e20)])
def test_squares_that_overflow_are_named(dtype, unit):
    X = random_points(10, n=60).astype(dtype) * dtype(unit)
    with pytest.raises(ValueError, match=f"overflow {np.dtype(dtype)}"):
        KMeans(2).fit(X)


def test_many_clusters_equal_brute_force():
    X = np.random.default_rng(0).normal(size=(3000, 2))
    model = KMeans(300, n_init=1, max_iter=3, random_state=0).fit(X)
    assert_array_equal(model.labels_, cdist(X, model.cluster_centers_).argmin(axis=1))


@pytest.mark.parametrize("n_init", [1, 3])
def test_ctrl_c_keeps_the_best_clustering_and_goes_on_up(n_init, monkeypatch):
    X, steps = random_points(11), mlcourse.kmeans.estimator.lloyd

    def interrupted(*arguments):
        yield from islice(steps(*arguments), 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(mlcourse.kmeans.estimator, "lloyd", interrupted)
    model = KMeans(6, n_init=n_init, init="random", tol=0, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert_array_equal(model.labels_, model.predict(X))
    assert_allclose(model.inertia_, -model.score(X))
