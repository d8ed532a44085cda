"""k-means and silhouettes on odd data: labels, inertia and distances against brute force."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import pairwise_distances

from mlcourse import KMeans, silhouette_samples
from tests.helpers.rows import fuzz, other_layouts, powers_of_two, rows, seeds

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
inits = st.sampled_from(["k-means++", "random"])


def squared_distances(X, c):
    return ((X[:, np.newaxis] - c) ** 2).sum(axis=2)


@fuzz
@given(rows(), st.integers(1, 8), inits, seeds, st.booleans())
def test_labels_and_inertia_are_those_of_the_centres(X, K, init, seed, weighted):
    assume(len(X) >= K)
    w = np.random.default_rng(seed).uniform(0, 2, size=len(X)) if weighted else None
    before = X.copy()
    model = KMeans(K, init=init, n_init=1, random_state=seed).fit(X, sample_weight=w)
    assert_array_equal(X, before)
    D = squared_distances(X, model.cluster_centers_)
    own = D[np.arange(len(X)), model.labels_]
    assert_allclose(own, D.min(axis=1), rtol=1e-9, atol=1e-9)
    assert_allclose(
        model.inertia_, np.average(own, weights=w) * (len(X) if w is None else w.sum()), atol=1e-9
    )
    assert_array_equal(model.labels_, model.predict(X))
    assert_allclose(model.inertia_, -model.score(X, sample_weight=w), rtol=1e-9, atol=1e-12)


@fuzz
@given(rows(), st.integers(1, 8), inits, seeds, powers_of_two)
def test_the_unit_of_the_data_does_not_matter(X, K, init, seed, unit):
    assume(len(X) >= K)
    one, other = (KMeans(K, init=init, n_init=2, random_state=seed).fit(X * u) for u in (1.0, unit))
    assert_array_equal(one.labels_, other.labels_)
    assert_allclose(other.cluster_centers_ / unit, one.cluster_centers_, rtol=1e-9, atol=1e-12)


@fuzz
@given(rows(), st.integers(1, 6), seeds)
def test_memory_order_does_not_matter(X, K, seed):
    assume(len(X) >= K)
    model = KMeans(K, random_state=seed).fit(X)
    for same in other_layouts(X):
        assert_allclose(
            KMeans(K, random_state=seed).fit(same).inertia_, model.inertia_, rtol=1e-9, atol=1e-12
        )


@fuzz
@given(rows(), st.integers(1, 6), seeds, st.floats(-1e8, 1e8))
def test_distances_equal_brute_force_wherever_the_data_are(X, K, seed, shift):
    assume(len(X) >= K)
    X = X + shift
    model = KMeans(K, random_state=seed).fit(X)
    exact = np.sqrt(squared_distances(X, model.cluster_centers_))
    assert_allclose(model.transform(X), exact, rtol=1e-6, atol=1e-6 * (1 + exact.max()))
    assert_array_equal(np.diag(model.transform(model.cluster_centers_)), 0)


@fuzz
@given(rows(min_rows=4), seeds, st.sampled_from(["euclidean", "manhattan", "cosine", "precomputed"]))
def test_silhouettes_equal_scikit_learns(X, seed, metric):
    labels = np.random.default_rng(seed).integers(0, max(2, len(X) // 2), size=len(X))
    assume(2 <= len(np.unique(labels)) <= len(X) - 1)
    D = pairwise_distances(X, metric="euclidean" if metric == "precomputed" else metric)
    np.fill_diagonal(D, 0)
    theirs = sklearn.metrics.silhouette_samples(D, labels, metric="precomputed")
    ours = silhouette_samples(D if metric == "precomputed" else X, labels, metric=metric)
    clear = larger_mean_distance(D, labels) > 1e-6  # elsewhere, numerator and denominator are rounding errors
    assert_allclose(ours[clear], theirs[clear], rtol=1e-5, atol=1e-5)
    assert (np.abs(ours) <= 1 + 1e-12).all()


def larger_mean_distance(D, labels):
    """The denominator max(a, b) of every row's silhouette: (n,)."""
    means = np.stack([D[:, labels == k].mean(axis=1) for k in np.unique(labels)], axis=1)
    own = labels[:, np.newaxis] == np.unique(labels)
    size = own.sum(axis=0)[own.argmax(axis=1)]
    a = means[own] * size / np.maximum(size - 1, 1)
    return np.maximum(a, np.where(own, np.inf, means).min(axis=1))
