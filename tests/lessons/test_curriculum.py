"""The numbers that the lessons teach."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, confusion_matrix, silhouette_score
from sklearn.mixture import GaussianMixture

from mlcourse import datasets
from tests.helpers.mixtures import group_means


def test_iris_matched_to_its_species():
    X, y = datasets.load_iris()
    for model, hits in [
        (GaussianMixture(3, random_state=0), 145),
        (KMeans(3, random_state=0, n_init=10), 134),
    ]:
        table = confusion_matrix(y, model.fit_predict(X))
        assert table[linear_sum_assignment(table, maximize=True)].sum() == hits


def test_five_blobs_inertia_and_silhouette():
    X, _ = datasets.five_blobs()
    best = {k: KMeans(k, n_init=10, random_state=0).fit(X) for k in (3, 5, 8)}
    assert best[3].inertia_ == pytest.approx(653.22, abs=0.005)
    assert best[5].inertia_ == pytest.approx(211.60, abs=0.005)
    assert best[8].inertia_ == pytest.approx(118.4, abs=0.05)
    assert silhouette_score(X, best[5].labels_) == pytest.approx(0.6555, abs=5e-5)


@pytest.mark.parametrize("seed", [2, 5, 10])
def test_five_blobs_seeds_that_get_stuck(seed):
    X, _ = datasets.five_blobs()
    stuck = KMeans(5, init="random", n_init=1, random_state=seed).fit(X).inertia_
    assert stuck > 1.03 * KMeans(5, n_init=10, random_state=0).fit(X).inertia_


def test_kmeans_finds_round_blobs_but_not_stretched_ones():
    X, y = datasets.four_blobs()
    kmeans = KMeans(4, n_init=10, random_state=0)
    assert adjusted_rand_score(y, kmeans.fit_predict(X)) == 1
    X, y = datasets.stretched_blobs()
    mixture = GaussianMixture(4, n_init=10, random_state=42)
    assert (
        adjusted_rand_score(y, kmeans.fit_predict(X)) < 0.9 < adjusted_rand_score(y, mixture.fit_predict(X))
    )


def test_elongated_start_at_the_truth_has_the_higher_inertia():
    X, y = datasets.elongated_blobs()
    assert KMeans(3, init=group_means(X, y)).fit(X).inertia_ == pytest.approx(2242.6, abs=0.05)
    assert KMeans(3, n_init=10, random_state=42).fit(X).inertia_ == pytest.approx(2179.6, abs=0.05)


def test_elongated_mixture():
    X, _ = datasets.elongated_blobs()
    mixture = GaussianMixture(3, n_init=10, random_state=42).fit(X)
    assert mixture.converged_
    assert mixture.n_iter_ == 4
    order = np.argsort(mixture.means_[:, 0])
    np.testing.assert_allclose(mixture.weights_[order], [0.4001, 0.3903, 0.2096], atol=3e-4)
    np.testing.assert_allclose(mixture.means_[order], [[-1.41, 1.43], [0.05, 0.08], [3.40, 1.06]], atol=0.006)
    assert mixture.bic(X) == pytest.approx(8189.7, abs=0.05)
    threshold = np.percentile(mixture.score_samples(X), 4)
    assert threshold == pytest.approx(-5.487, abs=5e-4)
    assert (mixture.score_samples(X) < threshold).sum() == 50


def test_elongated_mixture_run_to_convergence():
    X, y = datasets.elongated_blobs()
    mixture = GaussianMixture(3, n_init=10, random_state=42, tol=1e-10, max_iter=1000).fit(X)
    np.testing.assert_allclose(np.sort(mixture.weights_), [0.203347, 0.396282, 0.400371], atol=1e-6)
    labels = mixture.predict(X)
    assert adjusted_rand_score(y, labels) == pytest.approx(0.965, abs=5e-4)
    two_classes = np.where(y == 2, 0, y)  # as if the + 2 had been forgotten
    assert adjusted_rand_score(two_classes, labels) == pytest.approx(0.651, abs=5e-4)


@pytest.mark.parametrize(
    ("covariance_type", "bic"), [("tied", 8588.7), ("spherical", 8977.2), ("diag", 8991.8)]
)
def test_elongated_bic(covariance_type, bic):
    X, _ = datasets.elongated_blobs()
    mixture = GaussianMixture(3, covariance_type=covariance_type, n_init=10, random_state=42).fit(X)
    assert mixture.bic(X) == pytest.approx(bic, abs=0.05)


def test_two_moons_components_by_bic_and_aic():
    X, _ = datasets.two_moons()
    mixtures = [GaussianMixture(k, random_state=0).fit(X) for k in range(1, 26)]
    assert 1 + np.argmin([mixture.bic(X) for mixture in mixtures]) == 8
    assert 1 + np.argmin([mixture.aic(X) for mixture in mixtures]) == 16


def test_digits():
    X, y = datasets.load_digits()
    assert (X.shape, X.min(), X.max()) == ((1797, 64), 0, 16)
    np.testing.assert_array_equal(np.unique(y), np.arange(10))
    assert PCA(0.99, whiten=True).fit(X).n_components_ == 41
