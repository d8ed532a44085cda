"""The E-step in the natural form, against the one that goes through the components."""

from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    Mixture,
    em,
    expectation,
    expectation_over,
    mixture_from_responsibilities,
    ppca,
    steps,
)
from mlcourse.mixture.natural import largest_term, natural_form
from tests.helpers.mixtures import TYPES, random_covariances, random_points

EPS = np.finfo(float).eps
every_type = pytest.mark.parametrize("type_", [*map(CovarianceType.named, TYPES), ppca(1)], ids=repr)


def random_mixture(rng, type_, K=3, d=4, offset=0.0):
    covariances = random_covariances(rng, "full" if type_.name == "ppca" else type_.name, K, d)
    means = rng.normal(size=(K, d)) + offset
    return Mixture(rng.dirichlet(np.ones(K)), means, covariances, type_.kernel.factor(covariances), type_)


@every_type
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_log_densities_equal_those_of_the_components(type_, offset):
    rng = np.random.default_rng(0)
    theta = random_mixture(rng, type_, offset=offset)
    X = rng.normal(size=(50, 4)) + offset
    natural = natural_form(theta, X.min(axis=0), X.max(axis=0))
    found = natural.weighted_log_density(natural.features(X))
    assert_allclose(found, steps.weighted_log_density(X, theta), rtol=1e-11, atol=1e-11)


@every_type
@pytest.mark.parametrize("weighted", [False, True])
def test_statistics_equal_those_of_the_components(type_, weighted):
    rng = np.random.default_rng(1)
    theta = random_mixture(rng, type_)
    X, w = rng.normal(size=(60, 4)), rng.uniform(size=60) if weighted else None
    found, expected = (
        expectation_over(X, w)(theta),
        expectation(X, theta, theta.means.clip(X.min(0), X.max(0)), w),
    )
    for name in ("n_rows", "log_likelihood", "N", "first", "scatter", "c"):
        assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-11, atol=1e-11, err_msg=name)


@every_type
def test_a_whole_run_equals_that_of_the_components(type_, monkeypatch):
    X = random_points(3, n=300, d=3, n_groups=3, spread=2.0)
    R = np.random.default_rng(0).dirichlet(np.ones(3), size=len(X))
    start = mixture_from_responsibilities(X, R, type_)

    def run():
        return [step.lower_bound for step in islice(em(expectation_over(X), start), 20)]

    found = run()
    monkeypatch.setattr(steps, "natural_form", lambda *arguments: None)
    assert_allclose(found, run(), rtol=1e-11)


@every_type
def test_any_memory_order_and_one_row_at_a_time_give_the_same(type_):
    rng = np.random.default_rng(2)
    theta, X = random_mixture(rng, type_), rng.normal(size=(20, 4))
    natural = natural_form(theta, X.min(axis=0), X.max(axis=0))
    F = natural.features(X)
    assert_array_equal(natural.features(np.asfortranarray(X)), F)
    assert_array_equal(np.hstack([natural.features(x[np.newaxis]) for x in X]), F)


@every_type
@pytest.mark.parametrize("seed", range(3))
def test_the_error_is_within_its_bound(type_, seed):
    """Against long doubles, at the corners of the box, where the terms are largest."""
    rng = np.random.default_rng(seed)
    low, high = -rng.uniform(1, 30, size=4), rng.uniform(1, 30, size=4)
    theta = random_mixture(rng, type_)
    natural = natural_form(theta, low, high)
    X = np.where(rng.integers(2, size=(30, 4)), low, high)
    P = type_.expand(theta.precisions_cholesky, 3, 4)
    D = X.astype(np.longdouble)[:, np.newaxis] - theta.means
    Y = np.einsum("nki,kij->nkj", D, P) if P.ndim == 3 else D * P
    constant = np.log(theta.weights) + type_.kernel.log_det(P) - 2 * np.log(2 * np.pi)
    exact = constant - (Y**2).sum(axis=2) / 2
    middle, radius = (low + high) / 2, (high - low) / 2
    bound = EPS * largest_term(np.abs(theta.means - middle) + radius, P)
    assert np.abs(natural.weighted_log_density(natural.features(X)) - exact).max() < 4 * bound + 100 * EPS


@every_type
def test_what_would_not_be_exact_has_no_natural_form(type_, recwarn):
    rng = np.random.default_rng(4)
    theta = random_mixture(rng, type_)
    low, high = np.full(4, -1.0), np.full(4, 1.0)
    assert natural_form(theta, low, high) is not None
    narrow = theta._replace(precisions_cholesky=theta.precisions_cholesky * 1e4)
    far = theta._replace(means=theta.means + 1e4)
    without_weight = theta._replace(weights=np.array([0.5, 0.5, 0.0]))
    for refused in (narrow, far, without_weight):
        assert natural_form(refused, low, high) is None
    for size in (1e4, 1e155, np.finfo(float).max):
        assert natural_form(theta, size * low, size * high) is None
    assert natural_form(theta, low.astype(np.float32), high.astype(np.float32)) is not None
    assert not recwarn.list


def test_float32_has_no_natural_form():
    X = random_points(0, n=30, d=2).astype(np.float32)
    theta = mixture_from_responsibilities(X, np.ones((30, 1), dtype=np.float32), CovarianceType.named("full"))
    assert natural_form(theta, X.min(axis=0), X.max(axis=0)) is None
