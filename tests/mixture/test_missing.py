"""EM with missing entries against EM without, closed forms, SciPy's densities and finite differences."""

from itertools import islice

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlcourse import GaussianMixture
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    IncompleteDataMixture,
    em,
    expectation_over,
    expectation_over_incomplete,
    mixture_from_responsibilities,
)
from tests.helpers.mixtures import TYPES, random_points

K = 3
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@parametrize_with_checks([IncompleteDataMixture()])
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def points_with_gaps(seed, share=0.3, n=200, **options):
    X = random_points(seed, n=n, **options)
    X[np.random.default_rng(seed).random(X.shape) < share] = np.nan
    return X


def random_start(X, seed=0):
    filled = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
    R = np.random.default_rng(seed).dirichlet(np.ones(K), size=len(X)).astype(X.dtype)
    return mixture_from_responsibilities(filled, R, CovarianceType.named("full"))


def observed_log_likelihoods(X, weights, means, covariances):
    """log p of the known entries of every row, by SciPy, row by row."""
    result = []
    for x in X:
        o = np.flatnonzero(~np.isnan(x))
        logs = [multivariate_normal(m[o], S[np.ix_(o, o)]).logpdf(x[o]) if len(o) else 0.0
                for m, S in zip(means, covariances)]  # fmt: skip
        result.append(logsumexp(np.log(weights) + logs))
    return np.array(result)


# ── The algorithm ─────────────────────────────────────────────────────────────────────────────────


def test_without_gaps_every_step_equals_that_of_em():
    X = random_points(0)
    start = random_start(X)
    for ours, ems in islice(
        zip(em(expectation_over_incomplete(X), start), em(expectation_over(X), start)), 10
    ):
        assert_allclose(ours.lower_bound, ems.lower_bound, rtol=1e-10)
        for part, same in zip(ours.mixture[:4], ems.mixture[:4]):
            assert_allclose(part, same, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_likelihood_of_known_entries_never_falls(seed, share):
    X = points_with_gaps(seed, share)
    bounds = [
        step.lower_bound
        for step in islice(em(expectation_over_incomplete(X), random_start(X, seed), reg_covar=0), 40)
    ]
    assert np.all(np.diff(bounds) > -1e-12)
    assert bounds[-1] > bounds[0]


def test_the_likelihood_equals_scipys():
    X = points_with_gaps(1, 0.5)
    theta = random_start(X)
    step = next(em(expectation_over_incomplete(X), theta))
    assert_allclose(step.lower_bound, observed_log_likelihoods(X, *theta[:3]).mean(), rtol=1e-10)


def test_the_expected_scatter_is_that_of_completed_rows():
    """The oracle needs only Bayes' rule and weighted draws of the missing entries."""
    X = points_with_gaps(2, 0.4, n=6)
    theta, rng = random_start(points_with_gaps(3)), np.random.default_rng(0)
    R = responsibilities(X, theta)
    for k, scatter in enumerate(next(em(expectation_over_incomplete(X), theta)).statistics.scatter):
        moments = [second_moment(x, theta.means[k], theta.covariances[k], rng) for x in X]
        total = np.tensordot(R[:, k], moments, axes=1)
        assert_allclose(scatter, total, rtol=0.05, atol=0.02 * np.abs(total).max() + 1e-9)


def responsibilities(X, theta):
    """By Bayes' rule with SciPy's marginal densities."""
    logs = np.transpose([
        observed_log_likelihoods(X, [1.0], [m], [S]) for m, S in zip(theta.means, theta.covariances)
    ])  # fmt: skip
    logs = logs + np.log(theta.weights)
    return np.exp(logs - logsumexp(logs, axis=1, keepdims=True))


def second_moment(x, mean, covariance, rng, n=20_000):
    """E[(x − μ)(x − μ)ᵀ | known entries] by brute force: draw the other entries, weighted by their density."""
    u = np.isnan(x)
    Z = np.tile(x - mean, (n, 1))
    Z[:, u] = rng.uniform(-6, 6, size=(n, u.sum())) * np.sqrt(np.diag(covariance)[u])
    density = multivariate_normal(np.zeros(len(x)), covariance).pdf(Z)
    return (Z.T * density) @ Z / density.sum()


def test_monotone_gaps_have_a_closed_form():
    """One Gaussian, x₀ always known: regress x₁ on x₀ where both are known. Anderson (1957), JASA 52."""
    X = random_points(4, n=120, d=2, n_groups=1)
    X[50:, 1] = np.nan
    both, x0 = X[:50], X[:, 0]
    slope = np.cov(both.T, bias=True)[0, 1] / both[:, 0].var()
    residual = (both[:, 1] - both[:, 1].mean() - slope * (both[:, 0] - both[:, 0].mean())).var()
    mean = [x0.mean(), both[:, 1].mean() + slope * (x0.mean() - both[:, 0].mean())]
    variance = x0.var()
    covariance = [[variance, slope * variance], [slope * variance, residual + slope**2 * variance]]
    model = IncompleteDataMixture(reg_covar=0, tol=0, max_iter=300).fit(X)
    assert_allclose(model.means_[0], mean, rtol=1e-8)
    assert_allclose(model.covariances_[0], covariance, rtol=1e-8)


@pytest.mark.slow
def test_em_ends_where_the_likelihood_is_flat():
    """Finite differences of SciPy's likelihood in the means, covariances and weights."""
    X = points_with_gaps(5, 0.25, n=150)
    model = IncompleteDataMixture(2, reg_covar=0, tol=0, max_iter=600, random_state=0).fit(X)
    theta, L = [model.weights_, model.means_, model.covariances_], np.linalg.cholesky(model.covariances_)

    def slope(which, direction, h=1e-4):
        scores = []
        for sign in (1, -1):
            moved = list(theta)
            moved[which] = theta[which] + sign * h * direction
            scores.append(observed_log_likelihoods(X, *moved).mean())
        return abs(scores[0] - scores[1]) / (2 * h)

    rng = np.random.default_rng(0)
    for _ in range(4):
        A = (
            L @ rng.normal(size=(2, 3, 3)) @ np.swapaxes(L, 1, 2)
        )  # as large as the covariance, in its own shape
        assert slope(0, np.array([0.1, -0.1])) < 1e-5
        assert slope(1, (L @ rng.normal(size=(2, 3, 1)))[:, :, 0]) < 1e-5
        assert slope(2, A + np.swapaxes(A, 1, 2)) < 1e-5


def test_the_order_of_rows_and_features_does_not_matter():
    X, rng = points_with_gaps(6), np.random.default_rng(0)
    rows, features = rng.permutation(len(X)), rng.permutation(X.shape[1])
    start = {"means_init": np.nanmean(X, axis=0) + rng.normal(size=(K, 3)), "weights_init": np.full(K, 1 / K)}
    model = IncompleteDataMixture(K, precisions_init=np.stack([np.eye(3)] * K), max_iter=10, **start).fit(X)
    start["means_init"] = start["means_init"][:, features]
    same = IncompleteDataMixture(K, precisions_init=np.stack([np.eye(3)] * K), max_iter=10, **start)
    same.fit(X[rows][:, features])
    assert_allclose(same.means_, model.means_[:, features], rtol=1e-8)
    assert_allclose(same.covariances_, model.covariances_[:, features][:, :, features], rtol=1e-7, atol=1e-9)
    assert_allclose(
        same.score_samples(X[rows][:, features]), model.score_samples(X)[rows], rtol=1e-8, atol=1e-12
    )


def test_a_shift_of_the_data_shifts_the_model():
    X = points_with_gaps(7)
    options = dict(n_components=K, reg_covar=0, max_iter=15, random_state=0)
    here, there = IncompleteDataMixture(**options).fit(X), IncompleteDataMixture(**options).fit(X + 1e6)
    assert_allclose(there.means_ - 1e6, here.means_, atol=1e-5)
    assert_allclose(there.covariances_, here.covariances_, rtol=1e-5, atol=1e-6)


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


def test_without_gaps_a_fit_equals_gaussian_mixture():
    X, new = random_points(8), random_points(9, n=40)
    options = dict(n_components=K, n_init=2, random_state=0)
    ours, theirs = IncompleteDataMixture(**options).fit(X), GaussianMixture(**options).fit(X)
    assert ours.n_iter_ == theirs.n_iter_
    for attribute in ("weights_", "means_", "covariances_", "precisions_", "lower_bounds_"):
        assert_allclose(getattr(ours, attribute), getattr(theirs, attribute), rtol=1e-7, atol=1e-9)
    for method in ("predict", "predict_proba", "score_samples", "score", "bic", "icl"):
        assert_allclose(getattr(ours, method)(new), getattr(theirs, method)(new), rtol=1e-7, atol=1e-9)


def test_rows_are_scored_by_their_known_entries():
    X = points_with_gaps(10)
    model = IncompleteDataMixture(K, random_state=0).fit(X)
    expected = observed_log_likelihoods(X, model.weights_, model.means_, model.covariances_)
    assert_allclose(model.score_samples(X), expected, rtol=1e-9)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))


def test_a_row_of_gaps_is_allowed_and_has_no_effect():
    X = points_with_gaps(11)
    X[3] = np.nan
    model = IncompleteDataMixture(K, random_state=0, tol=1e-9, max_iter=1000).fit(X)
    assert_allclose(model.score_samples(X[[3]]), 0, atol=1e-12)
    assert_allclose(model.predict_proba(X[[3]])[0], model.weights_)
    fitted = dict(weights_init=model.weights_, means_init=model.means_, precisions_init=model.precisions_)
    without = IncompleteDataMixture(K, tol=1e-9, max_iter=1000, **fitted).fit(np.delete(X, 3, axis=0))
    assert_allclose(without.means_, model.means_, rtol=1e-3, atol=1e-3)


def test_a_feature_without_any_value_is_named():
    frame = pd.DataFrame(points_with_gaps(12), columns=["length", "width", "height"])
    frame["width"] = np.nan
    with pytest.raises(ValueError, match=r"feature width.*Leave the column out"):
        IncompleteDataMixture(2).fit(frame)
    with pytest.raises(ValueError, match="feature 1:"):
        IncompleteDataMixture(2).fit(frame.to_numpy())


def test_infinity_and_too_few_rows_are_rejected():
    X = points_with_gaps(13)
    with pytest.raises(ValueError, match="n_samples"):
        IncompleteDataMixture(5).fit(X[:3])
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        IncompleteDataMixture(2).fit(X)


def test_float32_is_kept_and_the_data_are_unchanged():
    X = points_with_gaps(14, dtype=np.float32)
    before = X.copy()
    model = IncompleteDataMixture(K, random_state=0).fit(X)
    assert_array_equal(X, before)
    assert model.means_.dtype == model.covariances_.dtype == model.score_samples(X).dtype == np.float32
    in_double = IncompleteDataMixture(K, random_state=0).fit(X.astype(np.float64))
    assert_allclose(model.lower_bound_, in_double.lower_bound_, rtol=1e-3)


def test_clone_and_warm_start():
    X = points_with_gaps(15)
    model = clone(IncompleteDataMixture(K, max_iter=3, warm_start=True, random_state=0)).fit(X)
    first = model.lower_bound_
    assert model.fit(X).lower_bounds_[0] >= first - 1e-6


@pytest.mark.parametrize("name", TYPES)
def test_every_covariance_type_can_have_gaps(name):
    X = random_points(16)
    options = dict(n_components=K, covariance_type=name, random_state=0, tol=1e-6)
    complete = IncompleteDataMixture(**options).fit(X)
    assert_allclose(complete.covariances_, GaussianMixture(**options).fit(X).covariances_, rtol=1e-6)
    bounds = IncompleteDataMixture(**options, reg_covar=0).fit(points_with_gaps(16)).lower_bounds_
    assert np.all(np.diff(bounds) > -1e-12)


def test_a_prior_counts_as_rows_of_its_covariance():
    X = points_with_gaps(17)
    strong = IncompleteDataMixture(K, covariance_prior=np.eye(3) * 7, prior_strength=1e9, random_state=0).fit(
        X
    )
    assert_allclose(strong.covariances_, np.broadcast_to(np.eye(3) * 7, (K, 3, 3)), rtol=1e-4, atol=1e-4)
