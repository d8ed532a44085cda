"""Silhouettes against scikit-learn, matching against all permutations."""

from itertools import permutations

import numpy as np
import pytest
import sklearn.metrics
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_array, csr_array, csr_matrix

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


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "seuclidean", "mahalanobis"])
@pytest.mark.parametrize("n_clusters", [3, 80])
def test_silhouettes_equal_those_of_the_whole_matrix(metric, n_clusters):
    """Few clusters or many, with parameters that come from all rows, and distances to oneself that are 0."""
    X = random_points(3, n=200)
    X[:3] = 0
    labels = np.random.default_rng(0).integers(n_clusters, size=200)
    options = {"V": X.var(axis=0, ddof=1)} if metric == "seuclidean" else {}
    D = sklearn.metrics.pairwise_distances(X, metric=metric, **options)
    np.fill_diagonal(D, 0)
    expected = sklearn.metrics.silhouette_samples(D, labels, metric="precomputed")
    assert_allclose(silhouette_samples(X, labels, metric=metric), expected, atol=1e-7)
    assert_allclose(silhouette_samples(D, labels, metric="precomputed"), expected, atol=1e-12)


@pytest.mark.parametrize("n_clusters", [3, 80])
@pytest.mark.parametrize("layout", [csr_matrix, csr_array, csc_array])
def test_silhouettes_of_sparse_distances(points, n_clusters, layout):
    X, _ = points
    labels = np.random.default_rng(0).integers(n_clusters, size=len(X))
    D = sklearn.metrics.pairwise_distances(X)
    D[np.median(D) > D] = 0
    expected = sklearn.metrics.silhouette_samples(D, labels, metric="precomputed")
    assert_allclose(silhouette_samples(layout(D), labels, metric="precomputed"), expected, atol=1e-12)
    score = silhouette_score(layout(D), labels, metric="precomputed", sample_size=100, random_state=0)
    drawn = np.random.RandomState(0).permutation(len(X))[:100]
    assert_allclose(score, silhouette_score(D[np.ix_(drawn, drawn)], labels[drawn], metric="precomputed"))


def test_a_zero_row_is_at_distance_zero_from_itself():
    X = np.array([[0, 0], [1, 0], [1, 0.2], [0, 1], [0.1, 1], [0, 0]])
    assert silhouette_samples(X, [0, 0, 0, 1, 1, 1], metric="cosine")[0] == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda D, labels: (D[:, :-1], labels), "square"),
        (lambda D, labels: (D - 5 * (D > 3), labels), "negative"),
        (lambda D, labels: (D, np.where(labels == 0, np.nan, labels)), "NaN"),
        (lambda D, labels: (csr_matrix(-D), labels), "negative"),
    ],
)
def test_impossible_distances_and_labels_are_named(points, change, named):
    X, labels = points
    D, labels = change(sklearn.metrics.pairwise_distances(X), labels.astype(float))
    with pytest.raises(ValueError, match=named):
        silhouette_samples(D, labels, metric="precomputed")


def test_silhouettes_survive_a_large_offset(points):
    X, labels = points
    assert_allclose(silhouette_samples(X + 1e8, labels), silhouette_samples(X, labels), atol=1e-6)


def test_labels_may_be_strings(points):
    X, labels = points
    assert_allclose(silhouette_samples(X, labels.astype(str)), silhouette_samples(X, labels))


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
