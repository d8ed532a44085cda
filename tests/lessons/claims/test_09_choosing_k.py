"""Claims of lesson 09 that rest on draws, on other samples and seeds than the lesson shows."""

import numpy as np
import pytest
import sklearn.mixture

from mlcourse import GaussianMixture
from mlcourse.datasets import elongated_blobs, load_old_faithful, load_penguins, two_moons
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, e_step
from mlcourse.widgets.criteria import FIT

KS = (6, 7, 8, 9, 10, 11, 12, 14, 17, 20)


def fitted(X, K, kind="full", n_init=1, seed=0, **options):
    return GaussianMixture(K, covariance_type=kind, n_init=n_init, random_state=seed, **options).fit(X)


def standardised(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def chosen(criterion, X, models):
    return min(models, key=lambda model: getattr(model, criterion)(X))


@pytest.fixture(scope="module")
def new():
    return two_moons(4000, random_state=999)[0]


@pytest.fixture(scope="module")
def samples():
    """Eight sets of moons, each with its mixtures of 6 to 20 components."""
    data = [two_moons(random_state=seed)[0] for seed in range(8)]
    return [(X, [fitted(X, K) for K in KS]) for X in data]


def test_aic_takes_more_than_new_points_would_and_bic_no_more(samples, new):
    for X, models in samples:
        best = max(models, key=lambda model: model.score(new)).n_components
        assert chosen("bic", X, models).n_components <= best < chosen("aic", X, models).n_components


def test_bic_is_ahead_of_aic_on_new_points_on_average(samples, new):
    lead = [chosen("bic", X, m).score(new) - chosen("aic", X, m).score(new) for X, m in samples]
    assert np.mean(lead) > 0.05


def test_both_forms_of_icl_have_one_minimum(samples):
    for X, models in samples:
        hard = [m.bic(X) - 2 * np.log(m.predict_proba(X).max(axis=1)).sum() for m in models]
        assert KS[np.argmin(hard)] == chosen("icl", X, models).n_components


def test_aic_is_lowest_at_a_hundred_components_and_bic_is_not(samples):
    for X, models in samples:
        many = [fitted(X, K) for K in (50, 100)]
        assert many[-1].aic(X) < min(model.aic(X) for model in models + many[:-1])
        assert np.all(np.diff([model.bic(X) for model in [chosen("bic", X, models), *many]]) > 0)


def test_resamples_ask_for_more_components_than_fresh_data(samples):
    fresh = np.mean([chosen("bic", X, models).n_components for X, models in samples])
    picks = []
    for seed, (X, _) in enumerate(samples):
        rng = np.random.default_rng(seed)
        resamples = [X[rng.integers(len(X), size=len(X))] for _ in range(3)]
        picks += [chosen("bic", Z, [fitted(Z, K) for K in (6, 8, 10, 12)]).n_components for Z in resamples]
    assert np.mean(picks) > fresh


@pytest.mark.parametrize("seed", [10, 20, 30, 40, 50])
def test_bic_finds_three_slanted_groups_and_tiles_them_with_upright_ellipses(seed):
    blobs = np.concatenate([elongated_blobs(random_state=seed + i)[0] for i in range(4)])
    X = np.random.default_rng(seed).permutation(blobs)
    few, many = X[:100], X[:2000]
    models = {
        kind: [GaussianMixture(K, covariance_type=kind, **FIT) for K in tried]
        for kind, tried in (("full", (2, 3, 4)), ("diag", (1, 2, 3, 9)))
    }
    choices = {
        kind: [chosen("bic", Z, [model.fit(Z) for model in tried]).n_components for Z in (few, many)]
        for kind, tried in models.items()
    }
    assert choices == {"full": [3, 3], "diag": [2, 9]}


@pytest.mark.parametrize(("seed", "tol"), [(1, 1e-3), (2, 1e-3), (3, 1e-3), (0, 1e-6)])
@pytest.mark.parametrize(("load", "K"), [(load_old_faithful, 3), (load_penguins, 4)])
def test_the_choice_of_k_and_type_survives_another_start_and_tolerance(seed, tol, load, K):
    data = load()
    X = standardised(data[0] if isinstance(data, tuple) else data)
    tried = [
        fitted(X, k, kind, 5, seed, tol=tol, max_iter=1000) for kind in ("tied", "full") for k in (2, 3, 4)
    ]
    best = chosen("bic", X, tried)
    assert (best.covariance_type, best.n_components) == ("tied", K)


def likelihood_ratio(X, K, *args):
    return 2 * len(X) * (fitted(X, K + 1, *args).score(X) - fitted(X, K, *args).score(X))


TIED = {"covariance_type": "tied", "tol": 1e-6, "max_iter": 1000}


def continued(X, start, means, weights):
    init = {"means_init": means, "weights_init": weights, "precisions_init": start.precisions_}
    return GaussianMixture(len(means), **init, **TIED).fit(X)


def one_more(X, model):
    """The best fit with one component more: from `model`, with each component split in turn."""
    variances, axes = np.linalg.eigh(model.covariances_)
    step, fits = np.sqrt(variances[-1]) * axes[:, -1], []
    for k in range(model.n_components):
        kept = np.append(np.arange(model.n_components), k)
        means, weights = model.means_[kept], model.weights_[kept] / (1 + (kept == k))
        means[k] += step
        means[-1] -= step
        fits.append(continued(X, model, means, weights))
    return max(fits, key=lambda fit: fit.lower_bound_)


@pytest.fixture(scope="module", params=[2, 3])
def bootstrap(request):
    """The observed ratio of K and K + 1 components, and fits of simulated samples."""
    geyser = standardised(load_old_faithful())
    null = GaussianMixture(request.param, n_init=5, random_state=5, **TIED).fit(geyser)
    observed = 2 * 272 * (one_more(geyser, null).score(geyser) - null.score(geyser))
    null.random_state = np.random.RandomState(5)
    samples = [null.sample(272)[0] for _ in range(15)]
    smaller = [continued(X, null, null.means_, null.weights_) for X in samples]
    return observed, [(X, model, one_more(X, model)) for X, model in zip(samples, smaller, strict=True)]


def test_two_components_are_rejected_and_three_are_on_the_border(bootstrap):
    observed, fits = bootstrap
    ratios = np.array([2 * 272 * (larger.score(X) - smaller.score(X)) for X, smaller, larger in fits])
    assert ratios.min() > -0.1
    if fits[0][1].n_components == 2:
        assert observed > 1.5 * ratios.max()
    else:
        assert np.quantile(ratios, 0.75) < observed < 1.5 * ratios.max()


def test_random_starts_find_no_better_fit(bootstrap):
    for X, *models in bootstrap[1][:3]:
        for model in models:
            start = GaussianMixture(
                model.n_components, n_init=3, init_params="random", random_state=0, **TIED
            )
            assert start.fit(X).score(X) < model.score(X) + 1e-3


def test_one_start_misses_the_better_fit_of_three_components():
    geyser = load_old_faithful()
    ratios = np.array([[likelihood_ratio(geyser, 2, "full", n, s) for n in (1, 5)] for s in range(4)])
    assert (ratios[:, 0] < 7).sum() == 3
    assert np.all(ratios[:, 1] > 20)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_prior_of_the_covariances_decides(seed, new):
    X, _ = two_moons(random_state=seed)
    scores, used = [], []
    for options in ({}, {"covariance_prior": 0.03 * np.eye(2), "mean_precision_prior": 0.01}):
        model = sklearn.mixture.BayesianGaussianMixture(
            n_components=20,
            weight_concentration_prior_type="dirichlet_distribution",
            weight_concentration_prior=1,
            max_iter=500,
            random_state=0,
            **options,
        ).fit(X)
        theta = Mixture(
            model.weights_,
            model.means_,
            model.covariances_,
            model.precisions_cholesky_,
            CovarianceType.named("full"),
        )
        scores.append(e_step(new, theta)[0].mean())
        used.append((model.predict_proba(X).sum(axis=0) > 1).sum())
    assert used[0] < 8 < 12 < used[1]
    assert scores[1] > scores[0] + 0.7
