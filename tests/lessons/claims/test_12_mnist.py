"""What lesson 12 says about the small digits holds for other seeds, too."""

import re

import numpy as np
import pytest

from mlcourse import PCA, GaussianMixture, GaussianMixtureClassifier, KMeans
from mlcourse.cli import ROOT
from mlcourse.datasets import load_digits
from mlcourse.evaluation import memorised_share
from mlcourse.metrics import silhouette_score
from mlcourse.mixture import ppca

SEEDS = range(5)
FEW, DIRECTIONS = 30, 5


@pytest.fixture(scope="module")
def digits():
    """Training and validation digits on the axes of the training digits, labels, and the PCA."""
    X, y = load_digits()
    first, second = len(X) * 5 // 7, len(X) * 6 // 7
    X = X / 16
    pca = PCA(0.98).fit(X[:first])
    return pca.transform(X[:first]), pca.transform(X[first:second]), y[:first], y[first:second], pca


@pytest.fixture(scope="module")
def generators(digits):
    Z, _, y, _, _ = digits
    mixtures = (GaussianMixture(3, covariance_type=ppca(DIRECTIONS), random_state=s, tol=1e-2) for s in SEEDS)
    return [
        GaussianMixtureClassifier(mixture=mixture, random_state=0).fit(Z[:, :FEW], y) for mixture in mixtures
    ]


def without_noise(classifier, Z, y):
    """Each row of Z on the directions of its most probable component in the mixture of its class."""
    shapes = []
    bases = [np.linalg.svd(mixture.covariances_)[0][:, :, :DIRECTIONS] for mixture in classifier.mixtures_]
    for row, label in zip(Z, y):
        mixture = classifier.mixtures_[label]
        k = mixture.predict(row[np.newaxis])[0]
        axes = bases[label][k]
        shapes.append(mixture.means_[k] + axes @ (axes.T @ (row - mixture.means_[k])))
    return np.array(shapes)


def test_class_means_give_purer_clusters_and_mostly_a_higher_inertia(digits):
    Z, _, y, _, _ = digits

    def purity(run):
        return sum(np.bincount(y[run.labels_ == k]).max() for k in range(10)) / len(y)

    from_means = KMeans(10, init=np.array([Z[y == c].mean(axis=0) for c in range(10)]), n_init=1).fit(Z)
    runs = [KMeans(10, n_init=3, random_state=seed).fit(Z) for seed in range(20)]
    assert all(purity(run) < purity(from_means) for run in runs)
    assert sum(run.inertia_ < from_means.inertia_ for run in runs) >= 19


def test_the_seed_decides_whether_14_or_18_clusters_name_more_digits_right(digits):
    Z, Z_val, y, y_val, _ = digits

    def right_names(k, seed):
        run = KMeans(k, n_init=3, random_state=seed).fit(Z)
        names = np.array([np.bincount(y[run.labels_ == cluster]).argmax() for cluster in range(k)])
        return np.mean(names[run.predict(Z_val)] == y_val)

    assert len({right_names(14, seed) < right_names(18, seed) for seed in range(6)}) == 2


def test_the_start_that_leads_on_a_part_of_the_rows_need_not_win_on_all(digits):
    Z = digits[0]
    leads = set()
    for first_seed in (0, 20):
        starts = [GaussianMixture(10, random_state=first_seed + i).fit(Z[::2]) for i in range(10)]
        starts.sort(key=lambda start: start.lower_bound_, reverse=True)
        for start in starts[:3]:
            start.set_params(warm_start=True, tol=1e-2, max_iter=200).fit(Z)
        leads.add(starts[0] is max(starts[:3], key=lambda start: start.lower_bound_))
    assert leads == {True, False}


def test_no_silhouette_reaches_a_quarter(digits):
    Z = digits[0]
    labelings = [
        KMeans(k, n_init=1, random_state=s).fit(Z).labels_ for s in SEEDS for k in (2, 6, 10, 14, 18)
    ]
    assert max(silhouette_score(Z, np.array(labelings))) < 0.25


def test_more_rows_can_support_more_full_covariances(digits):
    Z, Z_val = digits[:2]
    for seed in SEEDS:
        gain = [
            GaussianMixture(20, random_state=seed, tol=1e-2).fit(part).score(Z_val)
            - GaussianMixture(10, random_state=seed, tol=1e-2).fit(part).score(Z_val)
            for part in (Z[::2], Z)
        ]
        assert gain[0] < gain[1]


def test_smoothed_real_digits_look_like_copies_as_much_as_draws_do(digits, generators):
    Z, Z_val, _, y_val, pca = digits
    train, held_out = pca.inverse_transform(Z), pca.inverse_transform(Z_val)

    def share(rows):
        return memorised_share(rows @ pca.components_[:FEW] + pca.mean_, train, held_out)

    for generator in generators:
        drawn, labels = generator.sample(300)
        smooth_draws = share(without_noise(generator, drawn, labels))
        smooth_real = share(without_noise(generator, Z_val[:, :FEW], y_val))
        assert share(drawn) < smooth_draws < 2 * smooth_real


def test_the_pictures_of_mnist_are_those_that_the_lesson_shows_and_small():
    source = (ROOT / "sources" / "notebooks" / "12_mnist.py").read_text("utf-8")
    sizes = {path.stem: path.stat().st_size for path in (ROOT / "docs" / "mnist").glob("*.png")}
    assert set(re.findall(r'at_full_size\(\s*"(\w+)"', source)) == set(sizes)
    assert max(sizes.values()) < 100_000
    assert sum(sizes.values()) < 400_000
