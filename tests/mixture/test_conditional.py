"""Conditioning against integrals on a grid, SciPy's densities, linear regression, and the moments of draws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression

from mlcourse import GaussianMixture
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    Mixture,
    condition,
    conditional_mean,
    draw_missing,
    ppca,
    weighted_log_density,
)
from tests.helpers.mixtures import TYPES, as_full, random_covariances, random_points

K, D = 3, 4
every_type = pytest.mark.parametrize("name", TYPES)


def random_mixture(seed, name="full", d=D):
    rng = np.random.default_rng(seed)
    type_ = CovarianceType.named(name)
    covariances = random_covariances(rng, name, K, d)
    weights = rng.dirichlet(np.full(K, 5.0))
    return Mixture(weights, rng.normal(size=(K, d)), covariances, type_.kernel.factor(covariances), type_)


def full_covariances(theta):
    K, d = theta.means.shape
    if theta.covariance_type.name == "tied":
        return np.stack([theta.covariances] * K)
    return as_full(theta.covariances, K, d)


def scipys_log_density(theta, X, features):
    """log p of some features alone, component by component: a marginal is a part of μ and Σ."""
    logs = [
        np.log(weight) + multivariate_normal(mean[features], cov[np.ix_(features, features)]).logpdf(X)
        for weight, mean, cov in zip(theta.weights, theta.means, full_covariances(theta))
    ]
    return logsumexp(np.reshape(logs, (len(logs), -1)), axis=0)


def with_gaps(X, seed, share=0.4):
    X = X.copy()
    X[np.random.default_rng(seed).random(X.shape) < share] = np.nan
    return X


# ── The conditional density ───────────────────────────────────────────────────────────────────────


@every_type
@pytest.mark.parametrize("known", [[2], [3, 0], [1, 0, 3], []])
def test_conditional_density_is_joint_over_marginal(name, known):
    theta, rng = random_mixture(0, name), np.random.default_rng(1)
    rest = [j for j in range(D) if j not in known]
    x = rng.normal(size=D)
    given = condition(theta, known, x[known])
    X = np.tile(x, (20, 1))
    X[:, rest] = rng.normal(size=(20, len(rest)))
    joint = scipys_log_density(theta, X, list(range(D)))
    marginal = scipys_log_density(theta, x[known], known)[0] if known else 0.0
    assert_allclose(logsumexp(weighted_log_density(X[:, rest], given), axis=1), joint - marginal, rtol=1e-9)
    assert_allclose(given.weights.sum(), 1, rtol=1e-12)


@every_type
def test_conditional_mean_is_an_integral(name):
    """E[x₁ | x₀] by brute force: a fine grid along x₁."""
    theta = random_mixture(2, name, d=2)
    grid = np.linspace(-20, 20, 20_001)
    for x0 in (-2.0, 0.3, 1.5):
        p = np.exp(scipys_log_density(theta, np.column_stack([np.full_like(grid, x0), grid]), [0, 1]))
        filled = conditional_mean(theta, [[x0, np.nan]])
        assert_allclose(filled, [[x0, (p * grid).sum() / p.sum()]], rtol=1e-9)


def test_one_component_is_linear_regression():
    X = random_points(3)
    model = GaussianMixture(reg_covar=0).fit(X)
    gaps = X.copy()
    gaps[:, [0, 2]] = np.nan
    expected = LinearRegression().fit(X[:, [1]], X[:, [0, 2]]).predict(X[:, [1]])
    assert_allclose(conditional_mean(model, gaps)[:, [0, 2]], expected, rtol=1e-9, atol=1e-9)


@every_type
def test_conditioning_twice_is_conditioning_once(name):
    theta = random_mixture(4, name)
    once = condition(theta, [3, 1], [0.5, -1.0])
    twice = condition(condition(theta, [1], [-1.0]), [2], [0.5])  # feature 3 is the third of those left
    for part, same in zip(once[:4], twice[:4]):
        assert_allclose(part, same, rtol=1e-8, atol=1e-10)


@every_type
def test_condition_and_conditional_mean_agree(name):
    theta, x = random_mixture(5, name), np.array([0.4, np.nan, np.nan, -0.7])
    given = condition(theta, [0, 3], x[[0, 3]])
    assert_allclose(conditional_mean(theta, x[np.newaxis])[0, [1, 2]], given.weights @ given.means)


def test_features_of_a_diagonal_gaussian_are_independent():
    model = GaussianMixture(covariance_type="diag").fit(random_points(6))
    filled = conditional_mean(model, [[100.0, np.nan, np.nan]])
    assert_allclose(filled[0, 1:], model.means_[0, 1:])


# ── Filling in ────────────────────────────────────────────────────────────────────────────────────


@every_type
@pytest.mark.parametrize("fill", [conditional_mean, draw_missing])
def test_only_gaps_change_and_none_is_left(name, fill):
    X = random_points(7, n=80)
    model = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    gaps = with_gaps(X, 8)
    gaps[0], gaps[1] = np.nan, X[1]
    before = gaps.copy()
    filled = fill(model, gaps)
    assert_array_equal(gaps, before)
    assert_array_equal(filled[~np.isnan(gaps)], gaps[~np.isnan(gaps)])
    assert np.isfinite(filled).all()
    assert_array_equal(fill(model, X), X)


def test_every_row_is_filled_independently():
    theta, X = random_mixture(9), with_gaps(np.random.default_rng(9).normal(size=(60, D)), 10)
    by_row = np.concatenate([conditional_mean(theta, row[np.newaxis]) for row in X])
    assert_allclose(conditional_mean(theta, X), by_row, rtol=1e-9, atol=1e-12)


def test_patterns_of_more_features_than_bits_in_a_byte():
    theta = random_mixture(11, "diag", d=19)
    gaps = np.where(np.eye(19, dtype=bool), np.nan, theta.means[0])
    assert np.isfinite(conditional_mean(theta, gaps)).all()


def test_a_row_of_gaps_becomes_the_mean_or_a_sample():
    theta, n = random_mixture(12), 40_000
    gaps = np.full((n, D), np.nan)
    mean = theta.weights @ theta.means
    assert_allclose(conditional_mean(theta, gaps[:1])[0], mean)
    draws = draw_missing(theta, gaps, random_state=0)
    assert_allclose(draws.mean(axis=0), mean, atol=6 * draws.std(axis=0).max() / np.sqrt(n))


@every_type
def test_draws_have_the_moments_of_the_conditional(name):
    theta, n, known, values = random_mixture(13, name), 40_000, [1, 3], [0.8, -0.2]
    gaps = np.full((n, D), np.nan)
    gaps[:, known] = values
    draws = draw_missing(theta, gaps, random_state=1)[:, [0, 2]]
    given = condition(theta, known, values)
    mean = given.weights @ given.means
    off = given.means - mean
    covariance = np.einsum("k,kij->ij", given.weights, given.covariances + off[:, :, None] * off[:, None])
    error = np.sqrt(np.diag(covariance) / n)
    assert np.all(np.abs(draws.mean(axis=0) - mean) < 5 * error)
    assert_allclose(np.cov(draws.T), covariance, atol=0.05 * np.abs(covariance).max())


def test_draws_repeat_with_their_seed():
    theta, gaps = random_mixture(14), np.full((5, D), np.nan)
    assert_array_equal(draw_missing(theta, gaps, random_state=3), draw_missing(theta, gaps, random_state=3))
    assert not np.array_equal(draw_missing(theta, gaps, random_state=3), draw_missing(theta, gaps, 4))


def test_float32_rows_stay_float32():
    X = random_points(15, dtype=np.float32)
    model = GaussianMixture(K, random_state=0).fit(X)
    gaps = with_gaps(X, 16)
    for fill in (conditional_mean, draw_missing):
        assert fill(model, gaps).dtype == np.float32
    in_double = conditional_mean(model, gaps.astype(np.float64))
    assert_allclose(conditional_mean(model, gaps), in_double, rtol=1e-5, atol=1e-5)


def test_any_fitted_mixture_will_do():
    X = random_points(17)
    full = GaussianMixture(K, random_state=0).fit(X)
    by_ppca = GaussianMixture(K, covariance_type=ppca(X.shape[1]), random_state=0).fit(X)
    assert_allclose(
        conditional_mean(by_ppca, with_gaps(X, 18)), conditional_mean(full, with_gaps(X, 18)), rtol=1e-5
    )


# ── What is rejected ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("known", "values", "message"),
    [
        ([0, 0], [1, 1], "distinct"),
        ([4], [1], "from 0 to 3"),
        ([-1], [1], "from 0 to 3"),
        ([0.5], [1], "from 0 to 3"),
        ([0, 1, 2, 3], [1, 1, 1, 1], "nothing is left"),
        ([0, 1], [1], "one for each"),
        ([0], [np.nan], "finite"),
    ],
)
def test_bad_known_features_and_values_are_rejected(known, values, message):
    with pytest.raises(ValueError, match=message):
        condition(random_mixture(19), known, values)


def test_wrong_models_and_rows_are_rejected():
    theta = random_mixture(20)
    with pytest.raises(ValueError, match=r"3 features.*has 4"):
        conditional_mean(theta, np.zeros((2, 3)))
    with pytest.raises(ValueError, match="infinity"):
        conditional_mean(theta, [[np.inf, np.nan, 0, 0]])
    with pytest.raises(TypeError, match="LinearRegression"):
        conditional_mean(LinearRegression(), np.zeros((2, 4)))
    with pytest.raises(NotFittedError):
        draw_missing(GaussianMixture(), np.zeros((2, 4)))
    flat = theta._replace(covariances=np.ones((K, D, D)))
    with pytest.raises(ValueError, match="reg_covar"):
        conditional_mean(flat, [[0.0, np.nan, 0, 0]])
