"""E-step, M-step and their loop: equal to scikit-learn's, and the laws of EM."""

import pickle
from itertools import islice

import numpy as np
import pytest
import sklearn.mixture
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal

import mlcourse.blocks
import mlcourse.mixture.estimator
from mlcourse import GaussianMixture
from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType
from mlcourse.mixture import (
    accumulate,
    e_step,
    em,
    expectation,
    expectation_over,
    m_step,
    ppca,
    weighted_log_density,
)
from tests.helpers.mixtures import (
    K,
    as_full,
    every_type,
    given,
    random_points,
    random_start,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@every_type
def test_every_iteration_equals_scikit_learn(name):
    X = random_points(2)
    start = random_start(X, name)
    for n_iter, step in enumerate(islice(em(expectation_over(X), start), 1, 25), start=1):
        theirs = sklearn.mixture.GaussianMixture(
            K, covariance_type=name, max_iter=n_iter, tol=0, **given(start)
        ).fit(X)
        for ours, attribute in zip(
            step.mixture, ("weights_", "means_", "covariances_", "precisions_cholesky_")
        ):
            assert_allclose(ours, getattr(theirs, attribute), rtol=1e-8, atol=1e-8)
        assert_allclose(step.lower_bound, theirs.score(X), rtol=1e-10)


@every_type
@pytest.mark.parametrize("seed", range(5))
def test_the_likelihood_never_falls(name, seed):
    X = random_points(seed, n=150)
    bounds = [
        step.lower_bound
        for step in islice(em(expectation_over(X), random_start(X, name, seed), reg_covar=0), 40)
    ]
    assert np.all(np.diff(bounds) > -1e-12)
    assert bounds[-1] > bounds[0]


@every_type
def test_learned_weights_are_mean_responsibilities(name):
    X = random_points(6)
    theta = random_start(X, name)
    _, R = e_step(X, theta)
    assert_allclose(R.sum(axis=1), 1, rtol=1e-12)
    assert_allclose(m_step(expectation(X, theta)).weights, R.mean(axis=0), rtol=1e-10)


@every_type
def test_e_step_is_bayes_rule_with_scipys_densities(name):
    X = random_points(7, n=40)
    theta = random_start(X, name)
    full = as_full(theta.covariances, K, X.shape[1]) if name != "tied" else [theta.covariances] * K
    joint = theta.weights * np.transpose(
        [multivariate_normal(m, S).pdf(X) for m, S in zip(theta.means, full)]
    )
    log_likelihood, R = e_step(X, theta)
    assert_allclose(log_likelihood, np.log(joint.sum(axis=1)), rtol=1e-10)
    assert_allclose(R, joint / joint.sum(axis=1, keepdims=True), rtol=1e-9, atol=1e-14)


@every_type
def test_m_step_is_a_maximum(name):
    """No parameters near the M-step's have a greater expected complete log-likelihood."""
    X = random_points(8, n=120)
    start = random_start(X, name)
    _, R = e_step(X, start)
    best = m_step(expectation(X, start), reg_covar=0)

    def expected(theta):
        return np.sum(R * weighted_log_density(X, theta))

    rng = np.random.default_rng(0)
    for _ in range(20):
        covariances = best.covariances * (1 + 0.05 * rng.uniform(-1, 1))
        weights = best.weights * (1 + 0.05 * rng.uniform(-1, 1, K))
        near = best._replace(
            weights=weights / weights.sum(),
            means=best.means + 0.05 * rng.normal(size=best.means.shape),
            covariances=covariances,
            precisions_cholesky=best.covariance_type.kernel.factor(covariances),
        )
        assert expected(near) < expected(best)


@every_type
def test_translation_by_1e8_keeps_the_covariances(name):
    X = random_points(9)
    options = dict(n_components=K, covariance_type=name, reg_covar=0, random_state=0)
    here, there = GaussianMixture(**options).fit(X), GaussianMixture(**options).fit(X + 1e8)
    assert_allclose(
        there.covariances_, here.covariances_, rtol=1e-6, atol=1e-6 * np.abs(here.covariances_).max()
    )
    assert_allclose(there.means_ - 1e8, here.means_, atol=1e-6)
    assert_array_equal(there.predict(X + 1e8), here.predict(X))


@every_type
@pytest.mark.parametrize("far", [1e5, 1e8])
def test_a_start_far_from_the_data_costs_no_digits(name, far):
    X = random_points(25)
    one = CovarianceType.named(name).kernel.precision(np.ones(CovarianceType.named(name).shape(1, 3)))
    precision = one if name in ("diag", "spherical") else np.broadcast_to(np.eye(3), one.shape)
    options = dict(weights_init=[1.0], means_init=np.full((1, 3), far), precisions_init=precision)
    model = GaussianMixture(1, covariance_type=name, reg_covar=0, max_iter=1, **options).fit(X)
    near = GaussianMixture(1, covariance_type=name, reg_covar=0).fit(X)
    assert_allclose(model.covariances_, near.covariances_, rtol=1e-8)


def test_a_far_component_costs_a_near_one_no_digits():
    X = np.concatenate([random_points(26, n_groups=1), random_points(27, n_groups=1) + 1e12])
    model = GaussianMixture(2, random_state=0).fit(X)
    near = X[:400].mean(axis=0)
    assert_allclose(model.means_[np.abs(model.means_).max(axis=1).argmin()], near, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@every_type
def test_fitted_precisions_can_be_used_as_a_start(name, scale):
    X = (scale * random_points(28, d=8)).astype(np.float32)
    model = GaussianMixture(2, covariance_type=name, reg_covar=0, random_state=0).fit(X)
    again = GaussianMixture(2, covariance_type=name, precisions_init=model.precisions_, max_iter=0).fit(X)
    assert_allclose(
        again.precisions_, model.precisions_, rtol=1e-2, atol=1e-3 * np.abs(model.precisions_).max()
    )


def test_a_point_too_far_for_floats_has_log_likelihood_minus_inf():
    model = GaussianMixture(2, random_state=0).fit(random_points(29))
    with np.errstate(over="ignore"):
        assert model.score_samples(np.full((1, 3), 1e200))[0] == -np.inf


def test_warm_start_still_checks_given_starts():
    X = random_points(30)
    model = GaussianMixture(K, warm_start=True, random_state=0).fit(X)
    with pytest.raises(ValueError, match="weights_init"):
        model.set_params(weights_init=[0.5, 0.5]).fit(X)


@every_type
def test_far_points_have_finite_scores_and_responsibilities(name):
    model = GaussianMixture(K, covariance_type=name, random_state=0).fit(random_points(10))
    far = np.full((2, 3), [[1e7], [-1e100]])
    assert np.all(np.isfinite(model.score_samples(far)))
    assert_allclose(model.predict_proba(far).sum(axis=1), 1)


@every_type
def test_scaling_the_data_scales_the_covariances(name):
    X = random_points(11)
    a = GaussianMixture(K, covariance_type=name, reg_covar=0, tol=1e-8, max_iter=500, random_state=0).fit(X)
    b = GaussianMixture(K, covariance_type=name, reg_covar=0, tol=1e-8, max_iter=500, random_state=0).fit(
        1000 * X
    )
    assert_allclose(b.covariances_, 1e6 * a.covariances_, rtol=1e-4, atol=1e-2)


@every_type
def test_statistics_of_parts_add_up_to_those_of_the_whole(name):
    X = random_points(12)
    theta = random_start(X, name)
    whole, first = expectation(X, theta), expectation(X[:123], theta)
    before = first.scatter.copy()
    parts = first + expectation(X[123:], theta)
    assert_array_equal(first.scatter, before)  # a sum leaves its parts alone
    for field in ("n_rows", "log_likelihood", "N", "first", "scatter"):
        assert_allclose(getattr(parts, field), getattr(whole, field), rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("type_", [*COVARIANCE_TYPES.values(), ppca(2)], ids=lambda type_: type_.name)
def test_statistics_from_another_process_add_up(type_):
    X = random_points(12)
    R = np.random.default_rng(0).dirichlet(np.ones(K), size=len(X))
    here = accumulate(X, R, X[:K], type_)
    sent = pickle.loads(pickle.dumps(here))
    assert_array_equal((here + sent).scatter, 2 * here.scatter)


@every_type
def test_the_block_size_does_not_matter(name, monkeypatch):
    X = random_points(13)
    whole = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    monkeypatch.setattr(mlcourse.blocks, "BLOCK_BYTES", 1000)
    blocks = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    assert_allclose(blocks.covariances_, whole.covariances_, rtol=1e-9, atol=1e-12)
    assert_array_equal(blocks.predict(X), whole.predict(X))


def test_statistics_about_different_points_do_not_add_up():
    X, type_ = random_points(14), CovarianceType.named("full")
    R = np.ones((len(X), 1))
    with pytest.raises(ValueError, match="reference"):
        accumulate(X, R, np.zeros((1, 3)), type_) + accumulate(X, R, np.ones((1, 3)), type_)
