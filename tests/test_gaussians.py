"""Densities against SciPy, kernels against linear algebra, scatters against the double loop."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType, log_density
from tests.helpers.mixtures import TYPES, as_full, random_covariances

K, D = 4, 3
every_type = pytest.mark.parametrize("name", TYPES)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@every_type
def test_log_density_equals_scipys(name, rng):
    type_, Sigma = CovarianceType.named(name), random_covariances(rng, name, K, D)
    X, mu = rng.normal(size=(50, D)), rng.normal(size=(K, D))
    expected = [multivariate_normal(m, S).logpdf(X) for m, S in zip(mu, as_full(Sigma, K, D))]
    assert_allclose(log_density(X, mu, type_.kernel.factor(Sigma), type_), np.transpose(expected), rtol=1e-12)


@every_type
def test_log_density_is_finite_where_the_density_underflows(name, rng):
    type_ = CovarianceType.named(name)
    P = type_.kernel.factor(random_covariances(rng, name, K, D))
    far = log_density(np.full((1, D), 1e6), np.zeros((K, D)), P, type_)
    assert np.all(np.isfinite(far))
    assert np.all(np.exp(far) == 0)


@every_type
def test_kernel_identities(name, rng):
    type_ = CovarianceType.named(name)
    kernel, Sigma = type_.kernel, random_covariances(rng, name, K, D)
    P = kernel.factor(Sigma)
    precision = kernel.precision(P)
    full = as_full(Sigma, K, D)
    assert_allclose(full @ as_full(precision, K, D), np.broadcast_to(np.eye(D), full.shape), atol=1e-10)
    assert_allclose(kernel.covariance(P), Sigma, rtol=1e-10)
    again = kernel.factor_of_precision(precision)
    assert_allclose(kernel.precision(again), precision, rtol=1e-10)
    assert_allclose(
        type_.kernel.log_det(type_.expand(P, K, D)), -0.5 * np.linalg.slogdet(full)[1], rtol=1e-10
    )
    for P_k in type_.expand(P, K, D):
        Y = rng.normal(size=(5, D))
        assert_allclose(kernel.whiten(kernel.colour(Y, P_k), P_k), Y, rtol=1e-10)


@every_type
def test_whitened_points_have_identity_covariance(name, rng):
    type_ = CovarianceType.named(name)
    P = type_.kernel.factor(random_covariances(rng, name, K, D))
    X = type_.kernel.colour(rng.normal(size=(200_000, D)), type_.expand(P, K, D)[0])
    expected = as_full(type_.kernel.covariance(P), K, D)[0]
    assert_allclose(np.cov(X.T), expected, atol=0.05 * np.abs(expected).max())


def loop_scatter(X, R, c):
    """The definition, row by row and component by component: (K, d, d)."""
    return np.array(
        [sum(r * np.outer(x - c_k, x - c_k) for x, r in zip(X, R[:, k])) for k, c_k in enumerate(c)]
    )


@every_type
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_each_type_is_a_constraint_on_the_same_scatter(name, offset, rng):
    type_ = CovarianceType.named(name)
    X, c = rng.normal(size=(40, D)) + offset, rng.normal(size=(K, D)) + offset
    R = rng.dirichlet(np.ones(K), size=40) * rng.uniform(size=(40, 1))
    R[:3] = 0  # rows without weight must do no harm
    N = R.sum(axis=0)
    S = loop_scatter(X - offset, R, c - offset)
    expected = {
        "full": S / N[:, None, None],
        "tied": S.sum(axis=0) / N.sum(),
        "diag": np.diagonal(S, axis1=1, axis2=2) / N[:, None],
        "spherical": np.trace(S, axis1=1, axis2=2) / D / N,
    }[name]
    assert_allclose(type_.constrain(type_.scatter(X, R, c), N), expected, rtol=1e-6, atol=1e-6 * S.max())
    assert expected.shape == type_.shape(K, D)


@every_type
def test_parameter_count_is_the_rank_of_the_covariances(name, rng):
    """Free parameters = dimension of the space that the type's covariances span."""
    type_ = CovarianceType.named(name)
    many = [as_full(random_covariances(rng, name, K, D), K, D).ravel() for _ in range(100)]
    assert np.linalg.matrix_rank(np.array(many)) == type_.n_parameters(K, D)


@every_type
def test_a_singular_covariance_has_no_factor(name):
    type_ = CovarianceType.named(name)
    with pytest.raises(np.linalg.LinAlgError):
        type_.kernel.factor(np.zeros(type_.shape(2, D)))


def test_the_pooled_scatter_needs_little_memory():
    """K components in d dimensions: no table of all K² gaps."""
    K, d = 400, 30
    X, c = np.zeros((5, d)), np.random.default_rng(0).normal(size=(K, d))
    tracemalloc.start()
    COVARIANCE_TYPES["tied"].scatter(X, np.full((5, K), 1 / K), c)
    assert tracemalloc.get_traced_memory()[1] < 20 * 8 * (K * d + K * K)
    tracemalloc.stop()


def test_an_unknown_type_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"round.*full, tied, diag, spherical"):
        CovarianceType.named("round")


@every_type
def test_float32_stays_float32(name, rng):
    type_ = CovarianceType.named(name)
    Sigma = random_covariances(rng, name, K, D).astype(np.float32)
    X = rng.normal(size=(7, D)).astype(np.float32)
    assert log_density(X, X[:K], type_.kernel.factor(Sigma), type_).dtype == np.float32
    assert type_.scatter(X, X[:, :K][:, [0] * K] ** 2, X[:K]).dtype == np.float32


def test_the_table_is_complete():
    assert tuple(COVARIANCE_TYPES) == TYPES
