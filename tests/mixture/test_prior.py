"""The covariance prior against SciPy's inverse-Wishart, against equivalent rows, and its laws."""

from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import invwishart

from mlcourse import GaussianMixture
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    CovariancePrior,
    e_step,
    em,
    expectation,
    expectation_over,
    m_step,
    mixture_from_responsibilities,
    weighted_log_density,
)
from mlcourse.mixture.prior import log_prior
from tests.helpers.mixtures import TYPES, as_full, random_covariances, random_points

K, D = 4, 3
M = 17.5
every_type = pytest.mark.parametrize("name", TYPES)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def random_target(name, seed=0):
    """A covariance in one component's shape."""
    covariances = random_covariances(np.random.default_rng(seed), name, K, D)
    return covariances if name == "tied" else covariances[0]


def one_as_full(T):
    """A covariance in one component's shape as a (D, D) matrix."""
    T = np.asarray(T)
    return T if T.ndim == 2 else np.diag(np.broadcast_to(T, D))


def distinct_as_full(theta):
    """The covariances of a mixture as matrices, a shared one once."""
    return theta.covariances[np.newaxis] if theta.covariance_type.shared else as_full(theta.covariances, K, D)


def random_start(X, name, seed=0, **options):
    R = np.random.default_rng(seed).dirichlet(np.ones(K), size=len(X))
    return mixture_from_responsibilities(X, R, CovarianceType.named(name), **options)


def near(theta, direction, step):
    """θ with its covariances moved by `step` in a direction."""
    covariances = theta.covariances + step * direction
    return theta._replace(
        covariances=covariances, precisions_cholesky=theta.covariance_type.kernel.factor(covariances)
    )


def directions(rng, theta, n):
    """Changes of the covariances that keep their type, as large as the covariances themselves."""
    for _ in range(n):
        change = rng.normal(size=theta.covariances.shape)
        if theta.covariance_type.name in ("full", "tied"):
            change = change + np.swapaxes(change, -1, -2)
        yield change * np.abs(theta.covariances).max() / np.abs(change).max()


# ── The density ───────────────────────────────────────────────────────────────────────────────────


@every_type
def test_log_prior_is_scipys_inverse_wishart_up_to_a_constant(name):
    X, T = random_points(0), random_target(name)
    prior, psi = CovariancePrior(T, M), M * one_as_full(T)

    def scipys(theta):
        return sum(invwishart(df=M - D - 1, scale=psi).logpdf(Sigma) for Sigma in distinct_as_full(theta))

    one, other = random_start(X, name, 0), random_start(X[:100], name, 1)
    difference = log_prior(one, prior) - log_prior(other, prior)
    assert abs(difference) > 1e-3
    assert_allclose(difference, scipys(one) - scipys(other), rtol=1e-9)


@every_type
def test_the_prior_is_greatest_at_its_covariance(name):
    T, rng = random_target(name), np.random.default_rng(1)
    theta = random_start(random_points(0), name)
    at_target = near(theta, np.broadcast_to(T, theta.covariances.shape) - theta.covariances, 1.0)
    prior = CovariancePrior(T, M)
    for direction in directions(rng, at_target, 10):
        assert log_prior(near(at_target, direction, 1e-2), prior) < log_prior(at_target, prior)


# ── The M-step ────────────────────────────────────────────────────────────────────────────────────


@every_type
def test_m_step_is_the_formula(name):
    X, T = random_points(1), random_target(name)
    start = random_start(X, name)
    R = e_step(X, start)[1]
    theta = m_step(expectation(X, start), reg_covar=0, prior=CovariancePrior(T, M))
    N = R.sum(axis=0)
    means = (R.T @ X) / N[:, np.newaxis]
    S = np.array([((X - mean).T * r) @ (X - mean) for mean, r in zip(means, R.T)])
    if name == "tied":
        expected = (S.sum(axis=0) + M * T) / (len(X) + M)
    else:
        part = {"full": S, "diag": S.diagonal(0, 1, 2), "spherical": S.trace(0, 1, 2) / D}[name]
        expected = np.array([(S_k + M * T) / (N_k + M) for S_k, N_k in zip(part, N)])
    assert_allclose(theta.covariances, expected, rtol=1e-9, atol=1e-12)
    assert_allclose(theta.means, means, rtol=1e-9)
    assert_allclose(theta.weights, N / len(X), rtol=1e-9)  # the prior does not affect these


@every_type
def test_the_prior_is_worth_as_many_rows(name):
    """2 d rows of covariance T about the mean, added to the data, or a prior of strength 2 d: the same Gaussian."""
    X, T, type_ = random_points(2), random_target(name), CovarianceType.named(name)
    spread = np.sqrt(D) * np.linalg.cholesky(one_as_full(T)).T
    more = np.concatenate([X, X.mean(axis=0) + spread, X.mean(axis=0) - spread])
    by_rows = mixture_from_responsibilities(more, np.ones((len(more), 1)), type_, reg_covar=0)
    by_prior = mixture_from_responsibilities(
        X, np.ones((len(X), 1)), type_, reg_covar=0, prior=CovariancePrior(T, 2 * D)
    )
    assert_allclose(by_prior.covariances, by_rows.covariances, rtol=1e-9, atol=1e-12)


@every_type
def test_the_slope_is_zero_at_the_m_step(name):
    X, T = random_points(3), random_target(name)
    start, prior = random_start(X, name), CovariancePrior(T, M)
    R = e_step(X, start)[1]
    best = m_step(expectation(X, start), reg_covar=0, prior=prior)

    def climbed(theta):
        return np.sum(R * weighted_log_density(X, theta)) + log_prior(theta, prior)

    for direction in directions(np.random.default_rng(2), best, 10):
        before, here, after = (climbed(near(best, direction, step)) for step in (-1e-4, 0, 1e-4))
        bend = 2 * here - before - after
        assert bend > 0
        assert abs(after - before) < 0.01 * bend  # else the top of the parabola would be elsewhere


@every_type
def test_a_component_without_points_gets_the_priors_covariance(name):
    X, T = random_points(4), random_target(name)
    R = np.eye(2)[np.zeros(len(X), dtype=int)]
    theta = mixture_from_responsibilities(X, R, CovarianceType.named(name), 0, CovariancePrior(T, M))
    if name == "tied":
        assert np.all(np.isfinite(theta.covariances))
    else:
        assert_allclose(theta.covariances[1], T, rtol=1e-9)


@every_type
def test_a_component_on_one_row_is_finite(name):
    """Without the prior, its covariance is just `reg_covar`; with it, the lone row and m others share m T."""
    X, T = random_points(5), random_target(name)
    R, type_ = np.zeros((len(X), K)), CovarianceType.named(name)
    R[range(K), range(K)] = 1
    alone = mixture_from_responsibilities(X, R, type_, reg_covar=1e-9)
    assert np.abs(alone.covariances).max() < 2e-9
    theta = mixture_from_responsibilities(X, R, type_, 0, CovariancePrior(T, M))
    lone_rows = K if name == "tied" else 1
    expected = np.broadcast_to(T * (M / (M + lone_rows)), theta.covariances.shape)
    assert_allclose(theta.covariances, expected, rtol=1e-9, atol=1e-12)


# ── EM ────────────────────────────────────────────────────────────────────────────────────────────


@every_type
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strength", [0.5, 40.0, 3000.0])
def test_the_lower_bound_never_falls(name, seed, strength):
    X, prior = random_points(seed, n=150), CovariancePrior(random_target(name, seed), strength)
    steps = islice(em(expectation_over(X), random_start(X, name, seed), 0, prior), 40)
    bounds = [step.lower_bound for step in steps]
    assert np.all(np.diff(bounds) > -1e-12 * np.abs(bounds[0]))
    assert bounds[-1] > bounds[0]


@every_type
def test_the_bound_is_log_likelihood_plus_log_prior_per_row(name):
    X, prior = random_points(6), CovariancePrior(random_target(name), M)
    for step in islice(em(expectation_over(X), random_start(X, name), 0, prior), 3):
        expected = e_step(X, step.mixture)[0].mean() + log_prior(step.mixture, prior) / len(X)
        assert_allclose(step.lower_bound, expected, rtol=1e-12)


@every_type
def test_zero_strength_equals_no_prior_bit_for_bit(name):
    X = random_points(7)
    start, T = random_start(X, name), random_target(name)
    plain, weak = (
        list(islice(em(expectation_over(X), start, 1e-6, prior), 5))
        for prior in (None, CovariancePrior(T, 0.0))
    )
    for a, b in zip(plain, weak):
        assert a.lower_bound == b.lower_bound
        assert_array_equal(a.mixture.covariances, b.mixture.covariances)
        assert_array_equal(a.mixture.weights, b.mixture.weights)


def test_a_prior_of_the_wrong_shape_is_rejected():
    X = random_points(8)
    statistics = expectation(X, random_start(X, "full"))
    with pytest.raises(ValueError, match=r"prior.*\(3,\).*\(3, 3\).*full"):
        m_step(statistics, prior=CovariancePrior(np.ones(3), 1.0))


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


@every_type
@pytest.mark.parametrize("options", [{"prior_strength": 5.0}, {"covariance_prior": "data"}])
def test_an_estimator_with_half_a_prior_has_none(name, options):
    X = random_points(9)
    plain = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    half = GaussianMixture(K, covariance_type=name, random_state=0, **options).fit(X)
    assert_array_equal(half.covariances_, plain.covariances_)
    assert half.lower_bounds_ == plain.lower_bounds_


@every_type
def test_data_means_the_covariance_of_all_rows(name):
    X = random_points(10)
    S = np.cov(X.T, ddof=0)
    T = {"full": S, "tied": S, "diag": S.diagonal(), "spherical": S.trace() / D}[name]
    options = dict(n_components=K, covariance_type=name, random_state=0, prior_strength=M)
    by_name = GaussianMixture(**options, covariance_prior="data").fit(X)
    given = GaussianMixture(**options, covariance_prior=T).fit(X)
    assert_allclose(by_name.covariances_, given.covariances_, rtol=1e-8)
    plain = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    assert not np.allclose(by_name.covariances_, plain.covariances_, rtol=1e-2)


@every_type
def test_an_infinite_prior_gives_its_own_covariance(name):
    X, T = random_points(11), random_target(name)
    model = GaussianMixture(
        K, covariance_type=name, reg_covar=0, covariance_prior=T, prior_strength=1e12, random_state=0
    ).fit(X)
    assert_allclose(model.covariances_, np.broadcast_to(T, model.covariances_.shape), rtol=1e-6)


@every_type
@pytest.mark.parametrize("init_params", ["kmeans", "random_from_data"])
def test_a_fit_without_reg_covar_survives_a_lone_row(name, init_params):
    X = np.concatenate([random_points(12), [[1e3, 1e3, 1e3]]])
    means = np.concatenate([X[: K - 1], X[-1:]])
    model = GaussianMixture(
        K,
        covariance_type=name,
        reg_covar=0,
        init_params=init_params,
        means_init=means if init_params == "kmeans" else None,
        covariance_prior="data",
        prior_strength=2.0,
        random_state=0,
    ).fit(X)
    assert np.all(np.isfinite(model.covariances_))
    assert np.isfinite(model.lower_bound_)


@every_type
def test_lower_bounds_of_a_fit_never_fall_and_include_the_prior(name):
    X, T = random_points(13), random_target(name)
    options = dict(
        covariance_type=name, reg_covar=0, tol=0, max_iter=20, init_params="random", random_state=0
    )
    model = GaussianMixture(K, covariance_prior=T, prior_strength=M, **options).fit(X)
    assert np.all(np.diff(model.lower_bounds_) > -1e-12)
    log_prior_per_row = log_prior(model._mixture(), CovariancePrior(T, M)) / len(X)
    climbed = model.score(X) + log_prior_per_row
    assert model.lower_bound_ <= climbed <= model.lower_bound_ + 0.01


def test_constant_features_work_with_the_prior_of_the_data():
    X = np.concatenate([random_points(14), np.zeros((400, 1))], axis=1)
    model = GaussianMixture(2, covariance_prior="data", prior_strength=5, random_state=0).fit(X)
    assert np.all(np.isfinite(model.score_samples(X)))


@every_type
def test_float32_is_kept_and_the_prior_is_unchanged(name):
    X, T = random_points(15, dtype=np.float32), np.array(random_target(name))
    before = T.copy()
    T.flags.writeable = False
    given = T if T.ndim else float(T)
    model = GaussianMixture(
        K, covariance_type=name, covariance_prior=given, prior_strength=M, random_state=0
    ).fit(X)
    assert model.covariances_.dtype == model.weights_.dtype == np.float32
    assert_array_equal(T, before)


BAD_PRIORS = [
    ("full", np.eye(2), r"covariance_prior.*\(3, 3\).*\(2, 2\)"),
    ("full", np.stack([np.eye(3)] * 2), r"covariance_prior.*\(3, 3\).*\(2, 3, 3\)"),
    ("full", 1.0, r"covariance_prior.*\(3, 3\).*\(\)"),
    ("full", -np.eye(3), r"covariance_prior.*positive-definite"),
    ("full", np.diag([1.0, 1.0, 0.0]), r"covariance_prior.*positive-definite"),
    ("full", [[1.0, 0.5, 0], [0, 1, 0], [0, 0, 1]], r"covariance_prior.*symmetric"),
    ("full", np.diag([1.0, 1.0, np.nan]), r"covariance_prior.*NaN"),
    ("tied", np.ones(3), r"covariance_prior.*\(3, 3\).*\(3,\)"),
    ("diag", np.eye(3), r"covariance_prior.*\(3,\).*\(3, 3\)"),
    ("diag", [1.0, -1.0, 1.0], r"covariance_prior.*positive-definite"),
    ("spherical", [1.0, 1.0, 1.0], r"covariance_prior.*\(\).*\(3,\)"),
    ("spherical", -1.0, r"covariance_prior.*-1"),
    ("full", "wide", r"covariance_prior.*data.*wide"),
]


@pytest.mark.parametrize(("name", "covariance_prior", "message"), BAD_PRIORS, ids=lambda p: str(p)[:30])
def test_a_bad_covariance_is_rejected_by_name(name, covariance_prior, message):
    model = GaussianMixture(2, covariance_type=name, covariance_prior=covariance_prior, prior_strength=1)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        model.fit(random_points(16))


@pytest.mark.parametrize("strength", [-1, np.inf, np.nan, "much", None])
def test_a_bad_strength_is_rejected_by_name(strength):
    with pytest.raises(ValueError, match="prior_strength"):
        GaussianMixture(covariance_prior="data", prior_strength=strength).fit(random_points(17))
