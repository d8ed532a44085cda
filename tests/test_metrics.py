"""Silhouettes against scikit-learn, matching against all permutations."""

from itertools import permutations

import numpy as np
import pytest
import sklearn.metrics
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import mlcourse.blocks
from mlcourse import GaussianMixture, KMeans, silhouette_samples, silhouette_score
from mlcourse.metrics import align_components, inertia, match_labels
from tests.helpers.mixtures import random_points


@pytest.fixture
def points():
    X = random_points(1, n=120)
    return X, KMeans(4, random_state=0).fit_predict(X)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
def test_silhouettes_equal_scikit_learns(points, metric):
    X, labels = points
    labels[0] = 99  # a cluster of one
    assert_allclose(
        silhouette_samples(X, labels, metric=metric),
        sklearn.metrics.silhouette_samples(X, labels, metric=metric),
        atol=1e-10,
    )
    for options in ({}, {"sample_size": 50, "random_state": 0}):
        assert_allclose(
            silhouette_score(X, labels, metric=metric, **options),
            sklearn.metrics.silhouette_score(X, labels, metric=metric, **options),
        )


def test_several_labelings_share_a_pass(points):
    X, labels = points
    labelings = np.array([labels, labels % 2, (labels + 1) % 3])
    expected = [sklearn.metrics.silhouette_samples(X, one) for one in labelings]
    assert_allclose(silhouette_samples(X, labelings), expected, atol=1e-10)
    assert_allclose(silhouette_score(X, labelings), np.mean(expected, axis=1))


def test_the_block_size_does_not_matter(points, monkeypatch):
    expected = silhouette_samples(*points)
    monkeypatch.setattr(mlcourse.blocks, "BLOCK_BYTES", 1000)
    assert_allclose(silhouette_samples(*points), expected, atol=1e-12)


def test_silhouettes_of_precomputed_distances(points):
    X, labels = points
    D = sklearn.metrics.pairwise_distances(X)
    expected = sklearn.metrics.silhouette_samples(D, labels, metric="precomputed")
    assert_allclose(silhouette_samples(D, labels, metric="precomputed"), expected, atol=1e-12)
    with pytest.raises(ValueError, match="diagonal"):
        silhouette_samples(D + 1, labels, metric="precomputed")


def test_silhouettes_survive_a_large_offset(points):
    X, labels = points
    assert_allclose(silhouette_samples(X + 1e8, labels), silhouette_samples(X, labels), atol=1e-6)


def test_labels_may_be_strings(points):
    X, labels = points
    assert_allclose(silhouette_samples(X, labels.astype(str)), silhouette_samples(X, labels))


@pytest.mark.parametrize("metric", ["seuclidean", "mahalanobis"])
@pytest.mark.parametrize("n_clusters", [3, 70])
def test_what_a_metric_needs_of_all_rows_is_computed_once(metric, n_clusters, monkeypatch):
    monkeypatch.setattr(mlcourse.blocks, "BLOCK_BYTES", 1000)
    X = random_points(2, n=150, d=4) * [1, 10, 100, 1000]
    labels = np.random.default_rng(0).integers(n_clusters, size=len(X))
    ours = silhouette_samples(X, labels, metric=metric)
    assert_allclose(ours, sklearn.metrics.silhouette_samples(X, labels, metric=metric), atol=1e-9)
    given = {"V": X.var(axis=0)} if metric == "seuclidean" else {"VI": np.eye(4)}
    assert_allclose(
        silhouette_samples(X, labels, metric=metric, **given),
        sklearn.metrics.silhouette_samples(X, labels, metric=metric, **given),
        atol=1e-9,
    )


def test_mahalanobis_of_dependent_features_is_refused_by_name():
    X = np.repeat(random_points(3, n=20, d=1), 2, axis=1)
    with pytest.raises(ValueError, match=r"mahalanobis.*linearly dependent"):
        silhouette_samples(X, np.arange(20) % 2, metric="mahalanobis")


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "correlation", lambda a, b: 1.0])
@pytest.mark.parametrize("many", [0, 10**9])
def test_the_distance_to_oneself_is_zero(metric, many, monkeypatch):
    monkeypatch.setattr("mlcourse.metrics.MANY_CLUSTERS", many)
    X = np.array([[0, 0, 1], [1, 0, 0], [1, 0.2, 0], [0, 1, 0], [0.1, 1, 0], [0, 0, 2.0]])
    if metric == "cosine":
        X[[0, 5]] = 0
    D = sklearn.metrics.pairwise_distances(X, metric=metric)
    np.fill_diagonal(D, 0)
    labels = np.array([0, 0, 0, 1, 1, 1])
    expected = sklearn.metrics.silhouette_samples(D, labels, metric="precomputed")
    assert_allclose(silhouette_samples(X, labels, metric=metric), expected, atol=1e-12)


@pytest.mark.parametrize("d", [2, 30])
def test_silhouettes_of_near_duplicates_are_exact(d):
    rng = np.random.default_rng(d)
    X = np.repeat(rng.normal(size=(10, d)) * 100, 6, axis=0)
    X[::2] += rng.normal(size=(30, d)) * 1e-7
    labels = np.repeat(np.arange(30), 2)
    D = np.sqrt((((X[:, np.newaxis] - X).astype(np.longdouble)) ** 2).sum(axis=2)).astype(float)
    expected = sklearn.metrics.silhouette_samples(D, labels, metric="precomputed")
    assert_allclose(silhouette_samples(X, labels), expected, atol=1e-9)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "precomputed"])
@pytest.mark.parametrize("n_clusters", [2, 40, 140])
def test_silhouettes_of_few_and_of_many_clusters(metric, n_clusters, monkeypatch):
    monkeypatch.setattr(mlcourse.blocks, "BLOCK_BYTES", 2**15)
    X = random_points(4, n=300)
    labels = np.random.default_rng(0).integers(n_clusters, size=(2, len(X)))
    if metric == "precomputed":
        X = np.abs(np.random.default_rng(1).normal(size=(300, 300)))  # not symmetric
        np.fill_diagonal(X, 0)
    expected = [sklearn.metrics.silhouette_samples(X, one, metric=metric) for one in labels]
    assert_allclose(silhouette_samples(X, labels, metric=metric), expected, atol=1e-10)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix])
@pytest.mark.parametrize("n_clusters", [3, 100])
def test_silhouettes_of_sparse_precomputed_distances(make, n_clusters):
    X = random_points(5, n=250)
    labels = np.random.default_rng(0).integers(n_clusters, size=len(X))
    D = sklearn.metrics.pairwise_distances(X)
    D[np.median(D) < D] = 0
    theirs = sparse.csr_array(D)
    expected = sklearn.metrics.silhouette_samples(theirs, labels, metric="precomputed")
    assert_allclose(silhouette_samples(make(D), labels, metric="precomputed"), expected, atol=1e-12)
    options = {"metric": "precomputed", "sample_size": 60, "random_state": 0}
    assert_allclose(
        silhouette_score(make(D), labels, **options),
        sklearn.metrics.silhouette_score(theirs, labels, **options),
    )


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_what_cannot_be_distances_is_refused_by_name(make, points):
    X, labels = points
    D = sklearn.metrics.pairwise_distances(X)
    for wrong, words in ((-D, "negative"), (D[:, :50], "square"), (D + 1, "diagonal")):
        with pytest.raises(ValueError, match=words):
            silhouette_samples(make(wrong), labels, metric="precomputed")


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_silhouettes_of_sparse_rows(metric, points):
    X, labels = points
    X = np.where(np.abs(X) > 2, X, 0)
    expected = silhouette_samples(X, labels, metric=metric)
    assert_allclose(silhouette_samples(sparse.csc_array(X), labels, metric=metric), expected, atol=1e-7)


@pytest.mark.parametrize("kind", [float, object])
def test_nan_is_not_a_label(points, kind):
    X, labels = points
    labels = labels.astype(kind)
    labels[7] = np.nan
    for score in (silhouette_samples, silhouette_score):
        with pytest.raises(ValueError, match="labels contain NaN"):
            score(X, labels)


@pytest.mark.parametrize("d", [2, 9])
def test_silhouettes_whose_squares_overflow_say_so(d):
    X = np.random.default_rng(0).normal(size=(20, d)) * 1e155
    with pytest.raises(ValueError, match=r"overflow.*Divide X"):
        silhouette_samples(X, np.arange(20) % 2)


@pytest.mark.parametrize("labels", [np.zeros(10), np.arange(10)])
def test_silhouettes_need_two_to_n_minus_one_clusters(labels):
    with pytest.raises(ValueError, match="Number of labels"):
        silhouette_score(np.random.default_rng(0).normal(size=(10, 2)), labels)


def test_identical_points_have_silhouette_zero():
    assert_array_equal(silhouette_samples(np.zeros((6, 2)), [0, 0, 0, 1, 1, 1]), 0)


def test_inertia_equals_that_of_k_means(points):
    X, _ = points
    model = KMeans(4, random_state=0).fit(X)
    assert_allclose(inertia(X, model.cluster_centers_, model.labels_), model.inertia_)


@pytest.mark.parametrize("seed", range(5))
def test_match_labels_finds_the_best_of_all_permutations(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=60)
    labels = np.where(rng.uniform(size=60) < 0.6, (truth + 1) % 4, rng.integers(4, size=60))
    best = max(np.mean(np.array(p)[labels] == truth) for p in permutations(range(4)))
    assert_allclose(np.mean(match_labels(truth, labels) == truth), best)


def test_match_labels_gives_extra_groups_new_numbers():
    renamed = match_labels([0, 0, 0, 1, 1, 1], [7, 7, 5, 9, 9, 9])
    assert_array_equal(renamed[[0, 1, 3, 4, 5]], [0, 0, 1, 1, 1])
    assert renamed[2] == 2


def test_match_labels_accepts_names():
    assert_array_equal(match_labels(["a", "b", "b"], ["x", "y", "y"]), ["a", "b", "b"])


@pytest.mark.parametrize("bad", [{"sample_size": 0}, {"sample_size": 0.5}, {"random_state": "a"}])
def test_silhouette_score_rejects_what_scikit_learn_rejects(points, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        silhouette_score(*points, **bad)


def test_match_labels_rejects_different_lengths():
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        match_labels([0, 1, 2], [0, 1])


def test_align_components_undoes_a_permutation():
    model = GaussianMixture(4, random_state=0).fit(random_points(2, n_groups=4))
    shuffled = np.array([2, 0, 3, 1])
    order = align_components(model, model.means_[shuffled] + 1e-3)
    assert_array_equal(shuffled[order], np.arange(4))
    with pytest.raises(ValueError, match="same number"):
        align_components(model, model.means_[:2])
