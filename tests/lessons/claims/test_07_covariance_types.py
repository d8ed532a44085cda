"""Claims of lesson 07 that rest on draws, on other samples and seeds than the lesson shows."""

from itertools import islice

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.datasets import elongated_blobs, load_digits, load_penguins, stretched_blobs
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import e_step, em, expectation_over, mixture_from_responsibilities

TYPES = ("full", "tied", "diag", "spherical")


def fits(X, K, **settings):
    return {
        name: GaussianMixture(K, covariance_type=name, random_state=0, **settings).fit(X) for name in TYPES
    }


def three_in_twelve(rng):
    """A function that draws n points of the lesson's three groups in twelve dimensions."""
    common = rng.normal(size=(12, 12))
    own = np.array([common @ (np.eye(12) + 0.1 * rng.normal(size=(12, 12))) for _ in range(3)])
    centres = rng.normal(scale=4, size=(3, 12))

    def draw(n):
        z = rng.integers(3, size=n)
        return centres[z] + np.einsum("nij,nj->ni", own[z], rng.normal(size=(n, 12)))

    return draw


@pytest.fixture(scope="module")
def draws():
    return [three_in_twelve(np.random.default_rng(seed)) for seed in range(10)]


@pytest.mark.parametrize("seed", [4, 6, 8, 13])
def test_from_a_start_near_the_groups_full_and_tied_keep_them_and_diag_and_spherical_leave_them(seed):
    X, y = elongated_blobs()
    groups = np.eye(3)[KMeans(3, random_state=seed).fit_predict(X)]
    for name in TYPES:
        start = mixture_from_responsibilities(X, groups, CovarianceType.named(name))
        end = next(islice(em(expectation_over(X), start), 30, None))
        ari = adjusted_rand_score(y, e_step(X, end.mixture)[1].argmax(axis=1))
        assert ari > 0.9 if name in ("full", "tied") else ari < 0.5


def test_in_six_samples_full_finds_the_groups_in_five_tied_in_three_and_the_others_in_none():
    found = dict.fromkeys(TYPES, 0)
    for seed in range(6):
        X, y = elongated_blobs(random_state=seed)
        for name in TYPES:
            model = GaussianMixture(3, covariance_type=name, n_init=5, random_state=42)
            found[name] += adjusted_rand_score(y, model.fit_predict(X)) > 0.9
    assert found == {"full": 5, "tied": 3, "diag": 0, "spherical": 0}


@pytest.mark.parametrize("seed", range(20))
def test_bic_prefers_tied_for_stretched_blobs(seed):
    X, _ = stretched_blobs(random_state=seed)
    models = fits(X, 4, n_init=2)
    assert min(TYPES, key=lambda name: models[name].bic(X)) == "tied"


def test_for_penguins_tied_has_the_lowest_bic_and_spherical_needs_standardised_features():
    X, species = load_penguins()
    models = fits(X, 3, n_init=5)
    assert min(TYPES, key=lambda name: models[name].bic(X)) == "tied"
    scaled = fits((X - X.mean(axis=0)) / X.std(axis=0), 3, n_init=5)["spherical"]
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    raw, standardised = models["spherical"].predict(X), scaled.predict(Z)
    assert adjusted_rand_score(species, standardised) > adjusted_rand_score(species, raw) + 0.4


def test_the_true_model_loses_up_to_160_points(draws):
    for draw in draws:
        unseen = draw(1000)
        for n, winner in ((160, "tied"), (640, "full")):  # 40 points: see below
            samples = [draw(n) for _ in range(3)]
            scores = {
                name: np.median(
                    [
                        GaussianMixture(3, covariance_type=name, random_state=0).fit(X).score(unseen)
                        for X in samples
                    ]
                )
                for name in ("full", "tied")
            }
            assert max(scores, key=scores.__getitem__) == winner


def test_with_40_points_bic_puts_full_first_in_most_draws_and_it_is_the_worst_in_all(draws):
    first = 0
    for draw in draws:
        few, unseen = draw(40), draw(1000)
        models = fits(few, 3)
        first += min(TYPES, key=lambda name: models[name].bic(few)) == "full"
        assert min(TYPES, key=lambda name: models[name].score(unseen)) == "full"
    assert first >= 7


@pytest.mark.parametrize("seed", range(4))
def test_sixty_digits_favour_diag_or_spherical_and_500_full(seed):
    rng = np.random.default_rng(seed)
    digits = rng.permutation(load_digits()[0])
    features = PCA(15).fit(digits[:1200]).transform(digits)
    train, unseen = features[:1200], features[1200:]
    best = []
    for n in (60, 500):
        models = fits(rng.choice(train, n, replace=False), 5)
        best.append(max(TYPES, key=lambda name: models[name].score(unseen)))
    assert best[0] in ("diag", "spherical")
    assert best[1] == "full"
