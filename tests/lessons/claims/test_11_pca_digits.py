"""What lesson 11 says about small digits holds for other seeds and splits, too."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import train_test_split

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.datasets import load_digits
from mlcourse.evaluation import memorised_share

SPLITS = range(5)


@pytest.fixture(scope="module")
def whitened():
    X, y = load_digits()
    pca = PCA(0.99, whiten=True).fit(X)
    return pca.transform(X), np.sqrt(pca.explained_variance_), y


@pytest.fixture(scope="module")
def fits(whitened):
    """For every split the two parts, and the mixtures fitted to the first, by K."""
    parts = [train_test_split(whitened[0], test_size=0.25, random_state=split) for split in SPLITS]
    Ks = (2, 5, 10, 20, 140)
    return [
        (fit, held, {K: GaussianMixture(K, tol=0.1, random_state=0).fit(fit) for K in Ks})
        for fit, held in parts
    ]


def test_whitening_hurts_k_means_in_most_seeds(whitened):
    Z, scale, y = whitened

    def agreement(data, seed):
        return adjusted_rand_score(y, KMeans(10, n_init=5, random_state=seed).fit(data).labels_)

    assert sum(agreement(Z * scale, seed) > agreement(Z, seed) for seed in range(6)) >= 5


def test_five_or_ten_components_are_best_for_held_out_digits_and_140_are_a_catastrophe(fits):
    for _, held, mixtures in fits:
        scores = {K: mixture.score(held) for K, mixture in mixtures.items()}
        assert max(scores, key=scores.get) in (5, 10)
        assert scores[140] < -1e6


def test_new_digits_are_off_by_about_half_a_unit_in_at_least_33_flat_directions(fits):
    for fit, held, mixtures in fits:
        mixture = mixtures[140]
        assert np.median(np.bincount(mixture.predict(fit), minlength=140)) in (8, 9, 10)
        variances, axes = np.linalg.eigh(mixture.covariances_)
        flat = variances < 2e-6
        assert np.median(flat.sum(axis=1)) >= 33
        own = mixture.predict(held)
        off = np.einsum("nd,ndj->nj", held - mixture.means_[own], axes[own])[flat[own]]
        assert 0.45 < np.sqrt(np.mean(off**2)) < 0.65


def test_140_components_copy_and_10_do_not(fits):
    for fit, held, mixtures in fits:
        many, few = (memorised_share(mixtures[K].sample(500)[0], fit, held) for K in (140, 10))
        assert many > 0.04 > 0.02 > few


def test_the_tied_covariance_is_the_better_target_and_bears_more_weight(whitened):
    Z, scale, _ = whitened
    for split in SPLITS:
        fit, held = train_test_split(Z * scale, test_size=0.25, random_state=split)
        tied = GaussianMixture(20, covariance_type="tied", tol=0.05, random_state=0).fit(fit).covariances_

        def score(target, m, fit=fit, held=held):
            prior = {"covariance_prior": target, "prior_strength": m}
            return GaussianMixture(20, tol=0.05, random_state=0, **prior).fit(fit).score(held)

        weak, strong = score("data", 10), score("data", 20)
        assert score(tied, 20) > 0.5 + weak > 0.5 + strong
