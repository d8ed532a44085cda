"""KMeans as an estimator: with the same seed, it gives scikit-learn's answer."""

from itertools import islice

import numpy as np
import pytest
import sklearn.cluster
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from mlcourse import KMeans
from mlcourse.kmeans import assignment_over, lloyd, nearest
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
    step = list(islice(lloyd(assignment_over(X), start), max_iter))[-1]
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


@pytest.mark.parametrize(
    ("X", "start"),
    [
        ([[1.0], [4], [1], [1], [5]], [[11.0], [5], [2]]),
        ([[0.0], [0], [1], [9], [9]], [[50.0], [60], [0]]),
        (np.random.default_rng(0).integers(0, 5, size=(40, 2)), np.arange(12).reshape(6, 2) + 40),
    ],
)
@pytest.mark.parametrize("max_iter", [1, 2, 3, 300])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_labels_fit_the_centres_after_a_cluster_was_moved(X, start, max_iter):
    X = np.asarray(X, dtype=float)
    model = KMeans(len(start), init=np.asarray(start, dtype=float), max_iter=max_iter).fit(X)
    assert_array_equal(model.labels_, model.predict(X))
    assert model.inertia_ == -model.score(X)


def test_a_run_goes_on_after_a_cluster_was_moved():
    """Moving a centre to a far row is not convergence, even if no label changed."""
    X = np.array([[1.0], [4], [1], [1], [5]])
    assert_allclose(KMeans(3, init=[[11.0], [5], [2]]).fit(X).inertia_, 0, atol=1e-25)


@pytest.mark.parametrize("method", ["fit", "score", "fit_predict", "fit_transform"])
@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_weights_are_refused_by_name(method, bad):
    X = random_points(12, n=20)
    w = np.ones(20)
    w[3] = bad
    model = KMeans(2, random_state=0).fit(X)
    with pytest.raises(ValueError, match="sample_weight"):
        getattr(model, method)(X, sample_weight=w)
    with pytest.raises(ValueError, match="sample_weight"):
        getattr(model, method)(X, sample_weight=np.zeros(20))


@pytest.mark.parametrize("n_clusters", [3, 5])
def test_a_weight_of_two_equals_the_row_given_twice(n_clusters):
    X = random_points(13, n=150, n_groups=5)
    w = np.random.default_rng(0).integers(0, 4, size=len(X))
    start = X[w > 0][:n_clusters]
    weighted = KMeans(n_clusters, init=start).fit(X, sample_weight=w)
    repeated = KMeans(n_clusters, init=start).fit(np.repeat(X, w, axis=0))
    assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-10, atol=1e-10)
    assert_allclose(weighted.inertia_, repeated.inertia_, rtol=1e-10)
    assert_array_equal(np.repeat(weighted.labels_, w), repeated.labels_)
    assert weighted.n_iter_ == repeated.n_iter_


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_rows_without_weight_are_never_a_start(init):
    X = random_points(14, n=60)
    w = (np.arange(60) % 3 == 0).astype(float)
    model = KMeans(8, init=init, random_state=0, max_iter=1).fit(X, sample_weight=w)
    theirs = sklearn.cluster.KMeans(8, init=init, random_state=0, max_iter=1, n_init=model._n_starts()).fit(
        X, sample_weight=w
    )
    assert_allclose(model.cluster_centers_, theirs.cluster_centers_, rtol=1e-10, atol=1e-10)


def stop_after(monkeypatch, n_steps):
    """Let Ctrl-C come in the middle of the step after `n_steps`, counted over all runs."""
    steps = iter(range(n_steps))
    whole = nearest.Search.update

    def update(search, c):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return whole(search, c)

    monkeypatch.setattr(nearest.Search, "update", update)


@pytest.mark.parametrize("n_steps", [0, 1, 4, 30])
def test_ctrl_c_leaves_the_best_clustering_and_is_raised(n_steps, monkeypatch):
    X = np.random.default_rng(0).normal(size=(300, 2))
    model = KMeans(6, n_init=50, random_state=0)
    stop_after(monkeypatch, n_steps)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert_array_equal(model.labels_, model.predict(X))
    assert_allclose(model.inertia_, -model.score(X))
    assert model.n_iter_ <= n_steps


def test_one_ctrl_c_stops_a_grid_search(monkeypatch):
    stop_after(monkeypatch, 5)
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(KMeans(n_init=3), {"n_clusters": [2, 3, 4]}).fit(random_points(15))


@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1e155), (np.float64, 1e307), (np.float32, 1e19)])
def test_squares_that_overflow_are_named_with_a_remedy(dtype, scale):
    X = (np.random.default_rng(0).uniform(-1, 1, size=(30, 2)) * scale).astype(dtype)
    with pytest.raises(ValueError, match=r"squared distances overflow float.*Divide X"):
        KMeans(3, random_state=0).fit(X)


@pytest.mark.parametrize("method", ["predict", "transform", "score"])
def test_rows_of_the_wrong_width_are_refused(method):
    X = random_points(16, d=3)
    with pytest.raises(ValueError, match="expecting 3 features"):
        getattr(KMeans(2).fit(X), method)(X[:, :2])


def test_a_start_on_every_distinct_row_stops_at_once():
    X = np.array([[0.0, 0], [1, 0], [0, 0], [1, 0], [0, 2]])
    start = X[[0, 1, 4, 0, 0]]
    with pytest.warns(ConvergenceWarning, match="distinct clusters"):
        model = KMeans(5, init=start).fit(X)
    assert model.n_iter_ == 1
    assert_array_equal(model.cluster_centers_, start)


@pytest.mark.parametrize("method", ["predict", "transform", "score"])
@pytest.mark.parametrize("n", [5, 3000])
def test_new_rows_too_far_away_are_named_with_a_remedy(method, n):
    X = random_points(17, n=3000)
    with pytest.raises(ValueError, match=r"overflow.*Divide X"):
        getattr(KMeans(3, random_state=0).fit(X), method)(X[:n] * 1e155)


@pytest.mark.parametrize("shift", [0, 1e8])
def test_a_centre_is_at_distance_zero_from_itself(shift):
    X = random_points(9) + shift
    model = KMeans(5, random_state=0).fit(X)
    D = model.transform(model.cluster_centers_)
    assert_array_equal(np.diag(D), 0)
    assert_allclose(model.transform(X), cdist(X, model.cluster_centers_), rtol=1e-9)


def test_many_clusters_equal_brute_force():
    X = np.random.default_rng(0).normal(size=(3000, 2))
    model = KMeans(300, n_init=1, max_iter=3, random_state=0).fit(X)
    assert_array_equal(model.labels_, cdist(X, model.cluster_centers_).argmin(axis=1))
