"""EM against scikit-learn, step by step, and against the laws it must obey."""

import pickle
import tracemalloc
from itertools import islice

import numpy as np
import pytest
import sklearn.mixture
from mixtures import TYPES, as_full, random_covariances, random_points
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning

import mlcourse.blocks
import mlcourse.mixture.estimator
from mlcourse import GaussianMixture
from mlcourse.gaussians import COVARIANCE_TYPES, covariance_type
from mlcourse.mixture import (
    accumulate,
    e_step,
    em,
    expectation,
    m_step,
    mixture_from_responsibilities,
    ppca,
    weighted_log_density,
)
from mlcourse.mixture.start import INIT_PARAMS

K = 3
every_type = pytest.mark.parametrize("name", TYPES)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def random_start(X, name, seed=0):
    R = np.random.default_rng(seed).dirichlet(np.ones(K), size=len(X)).astype(X.dtype)
    return mixture_from_responsibilities(X, R, covariance_type(name))


def given(start):
    """A start as the arguments that scikit-learn and we take."""
    kernel = start.covariance_type.kernel
    return {
        "weights_init": start.weights,
        "means_init": start.means,
        "precisions_init": kernel.precision(start.precisions_cholesky),
    }


# ── Equal to scikit-learn ─────────────────────────────────────────────────────────────────────────


@every_type
def test_every_iteration_equals_scikit_learn(name):
    X = random_points(2)
    start = random_start(X, name)
    for n_iter, step in enumerate(islice(em(X, start), 1, 25), start=1):
        theirs = sklearn.mixture.GaussianMixture(
            K, covariance_type=name, max_iter=n_iter, tol=0, **given(start)
        ).fit(X)
        for ours, attribute in zip(
            step.mixture, ("weights_", "means_", "covariances_", "precisions_cholesky_")
        ):
            assert_allclose(ours, getattr(theirs, attribute), rtol=1e-8, atol=1e-8)
        assert_allclose(step.lower_bound, theirs.score(X), rtol=1e-10)


@every_type
@pytest.mark.parametrize("init_params", ["kmeans", "random"])
def test_a_whole_fit_equals_scikit_learn(name, init_params):
    X, new = random_points(3), random_points(4, n=50)
    options = dict(n_components=K, covariance_type=name, init_params=init_params, n_init=2, random_state=0)
    ours = GaussianMixture(**options).fit(X)
    theirs = sklearn.mixture.GaussianMixture(**options).fit(X)
    for attribute in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert_allclose(getattr(ours, attribute), getattr(theirs, attribute), rtol=1e-8, atol=1e-8)
    assert ours.n_iter_ == theirs.n_iter_
    assert_allclose(ours.lower_bound_, theirs.lower_bound_, rtol=1e-10)
    assert_allclose(ours.lower_bounds_[-1], theirs.lower_bound_, rtol=1e-10)
    if hasattr(theirs, "lower_bounds_"):  # from scikit-learn 1.7 on
        assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, rtol=1e-10)
    for method in ("predict", "predict_proba", "score_samples", "score", "aic", "bic"):
        assert_allclose(getattr(ours, method)(new), getattr(theirs, method)(new), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("init_params", ["k-means++", "random_from_data"])
@pytest.mark.parametrize("name", ["full", "diag", "spherical"])
def test_one_row_starts_equal_scikit_learn(name, init_params):
    """Not for "tied": scikit-learn divides the scatter of all rows by K there, we take the chosen rows' own."""
    X = random_points(5)
    options = dict(n_components=K, covariance_type=name, init_params=init_params, random_state=1)
    ours, theirs = GaussianMixture(**options).fit(X), sklearn.mixture.GaussianMixture(**options).fit(X)
    assert_allclose(ours.means_, theirs.means_, rtol=1e-8, atol=1e-8)


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────────


@every_type
@pytest.mark.parametrize("seed", range(5))
def test_the_likelihood_never_falls(name, seed):
    X = random_points(seed, n=150)
    bounds = [step.lower_bound for step in islice(em(X, random_start(X, name, seed), reg_covar=0), 40)]
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
def test_translation_by_1e8_leaves_covariances(name):
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
    one = covariance_type(name).kernel.precision(np.ones(covariance_type(name).shape(1, 3)))
    precision = one if name in ("diag", "spherical") else np.broadcast_to(np.eye(3), one.shape)
    options = dict(weights_init=[1.0], means_init=np.full((1, 3), far), precisions_init=precision)
    model = GaussianMixture(1, covariance_type=name, reg_covar=0, max_iter=1, **options).fit(X)
    near = GaussianMixture(1, covariance_type=name, reg_covar=0).fit(X)
    assert_allclose(model.covariances_, near.covariances_, rtol=1e-8)


def test_a_far_component_takes_no_digits_from_a_near_one():
    X = np.concatenate([random_points(26, n_groups=1), random_points(27, n_groups=1) + 1e12])
    model = GaussianMixture(2, random_state=0).fit(X)
    near = X[:400].mean(axis=0)
    assert_allclose(model.means_[np.abs(model.means_).max(axis=1).argmin()], near, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@every_type
def test_fitted_precisions_can_be_given_back(name, scale):
    X = (scale * random_points(28, d=8)).astype(np.float32)
    model = GaussianMixture(2, covariance_type=name, reg_covar=0, random_state=0).fit(X)
    again = GaussianMixture(2, covariance_type=name, precisions_init=model.precisions_, max_iter=0).fit(X)
    assert_allclose(
        again.precisions_, model.precisions_, rtol=1e-2, atol=1e-3 * np.abs(model.precisions_).max()
    )


def test_a_point_beyond_all_numbers_has_log_likelihood_minus_infinity():
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
def test_scaling_one_unit_scales_the_answer(name):
    X = random_points(11)
    a = GaussianMixture(K, covariance_type=name, reg_covar=0, tol=1e-8, max_iter=500, random_state=0).fit(X)
    b = GaussianMixture(K, covariance_type=name, reg_covar=0, tol=1e-8, max_iter=500, random_state=0).fit(
        1000 * X
    )
    assert_allclose(b.covariances_, 1e6 * a.covariances_, rtol=1e-4, atol=1e-2)


# ── Statistics ────────────────────────────────────────────────────────────────────────────────────


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
def test_statistics_from_another_process_add(type_):
    X = random_points(12)
    R = np.random.default_rng(0).dirichlet(np.ones(K), size=len(X))
    here = accumulate(X, R, X[:K], type_)
    sent = pickle.loads(pickle.dumps(here))
    assert_array_equal((here + sent).scatter, 2 * here.scatter)


@every_type
def test_the_size_of_a_block_does_not_matter(name, monkeypatch):
    X = random_points(13)
    whole = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    monkeypatch.setattr(mlcourse.blocks, "BLOCK_BYTES", 1000)
    blocks = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    assert_allclose(blocks.covariances_, whole.covariances_, rtol=1e-9, atol=1e-12)
    assert_array_equal(blocks.predict(X), whole.predict(X))


def test_statistics_about_different_points_do_not_add():
    X, type_ = random_points(14), covariance_type("full")
    R = np.ones((len(X), 1))
    with pytest.raises(ValueError, match="reference"):
        accumulate(X, R, np.zeros((1, 3)), type_) + accumulate(X, R, np.ones((1, 3)), type_)


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


@every_type
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_kept_data_untouched_any_memory_order(name, order, dtype):
    X = np.array(random_points(15), dtype=dtype, order=order)
    before = X.copy()
    X.flags.writeable = False
    model = GaussianMixture(K, covariance_type=name, random_state=0).fit(X)
    assert {model.means_.dtype, model.covariances_.dtype, model.weights_.dtype} == {np.dtype(dtype)}
    assert model.predict_proba(X).dtype == model.score_samples(X).dtype == dtype
    assert_array_equal(X, before)
    reference = GaussianMixture(K, covariance_type=name, random_state=0).fit(before.astype(np.float64))
    assert_allclose(model.means_, reference.means_, rtol=1e-3, atol=1e-3)


@every_type
@pytest.mark.parametrize("init_params", list(INIT_PARAMS))
def test_every_start_leads_to_a_mixture(name, init_params):
    model = GaussianMixture(K, covariance_type=name, init_params=init_params, random_state=0).fit(
        random_points(16)
    )
    assert_allclose(model.weights_.sum(), 1)
    assert model.covariances_.shape == covariance_type(name).shape(K, 3)


@every_type
def test_partly_given_starts(name):
    X = random_points(17)
    means = X[[0, 1, 2]]
    ours = GaussianMixture(K, covariance_type=name, means_init=means, random_state=0).fit(X)
    theirs = sklearn.mixture.GaussianMixture(K, covariance_type=name, means_init=means, random_state=0).fit(X)
    assert_allclose(ours.means_, theirs.means_, rtol=1e-8, atol=1e-8)


@every_type
def test_max_iter_zero_returns_the_start(name):
    X = random_points(18)
    start = random_start(X, name)
    model = GaussianMixture(K, covariance_type=name, max_iter=0, **given(start)).fit(X)
    assert_allclose(model.means_, start.means)
    assert_allclose(model.covariances_, start.covariances, rtol=1e-8)
    assert (model.n_iter_, model.lower_bounds_, model.lower_bound_) == (0, [], -np.inf)


def test_warm_start_goes_on_where_it_stopped():
    X = random_points(19)
    options = dict(n_components=K, tol=0, random_state=0, init_params="random")
    warm = GaussianMixture(**options, warm_start=True, max_iter=5)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        warm.fit(X).fit(X)
    straight = GaussianMixture(**options, max_iter=10).fit(X)
    assert_allclose(warm.means_, straight.means_, rtol=1e-10)


@pytest.mark.parametrize("n_init", [1, 4])
def test_an_interrupted_fit_leaves_a_usable_model(n_init, monkeypatch):
    X = random_points(31)

    def interrupted(*arguments):
        yield from islice(em(*arguments), 3)
        raise KeyboardInterrupt

    options = dict(n_components=K, tol=0, random_state=0, init_params="random")
    straight = GaussianMixture(**options, max_iter=3).fit(X)
    monkeypatch.setattr(mlcourse.mixture.estimator, "em", interrupted)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model = GaussianMixture(**options, n_init=n_init).fit(X)
    assert_allclose(model.means_, straight.means_)
    assert model.n_iter_ == 3
    assert len(model.predict(X)) == len(X)


def test_more_starts_are_never_worse():
    X = random_points(20, n_groups=6)
    one, ten = (GaussianMixture(6, init_params="random", n_init=n, random_state=3).fit(X) for n in (1, 10))
    assert ten.lower_bound_ >= one.lower_bound_


def test_verbose_shows_every_start_and_how_far_it_came(capsys):
    GaussianMixture(K, n_init=2, tol=1e-2, verbose=1, verbose_interval=1, random_state=0).fit(
        random_points(21)
    )
    told = capsys.readouterr().err
    for part in ("Start 1 of 2", "Start 2 of 2, converged", "log-likelihood", "change"):
        assert part in told


def test_without_verbose_a_fit_says_nothing(capsys):
    GaussianMixture(K, random_state=0).fit(random_points(21))
    assert capsys.readouterr() == ("", "")


@every_type
def test_samples_have_the_moments_of_the_mixture(name):
    rng = np.random.default_rng(0)
    covariances = random_covariances(rng, name, K, 2)
    kernel = covariance_type(name).kernel
    model = GaussianMixture(
        K,
        covariance_type=name,
        weights_init=[0.2, 0.3, 0.5],
        means_init=[[0, 0], [10, 0], [0, 10]],
        precisions_init=kernel.precision(kernel.factor(covariances)),
        max_iter=0,
        random_state=0,
    ).fit(rng.normal(size=(10, 2)))
    X, y = model.sample(100_000)
    assert_allclose(np.bincount(y) / len(y), model.weights_, atol=0.01)
    full = [covariances] * K if name == "tied" else as_full(covariances, K, 2)
    for k in range(K):
        assert_allclose(X[y == k].mean(axis=0), model.means_[k], atol=0.05)
        assert_allclose(np.cov(X[y == k].T), full[k], atol=0.05 * np.abs(full[k]).max() + 0.02)


def test_sample_is_repeatable_and_refuses_less_than_one():
    model = GaussianMixture(K, random_state=0).fit(random_points(22))
    assert_array_equal(model.sample(10)[0], model.sample(10)[0])
    with pytest.raises(ValueError, match="n_samples"):
        model.sample(0)


def test_icl_is_bic_for_certain_points_and_more_for_doubtful_ones():
    apart, together = (random_points(23, spread=s, n_groups=2) for s in (200, 1))
    sure, unsure = (GaussianMixture(2, random_state=0).fit(X) for X in (apart, together))
    assert_allclose(sure.icl(apart), sure.bic(apart))
    R = unsure.predict_proba(together)
    entropy = -np.sum(R * np.log(R, out=np.zeros_like(R), where=R > 0))
    assert_allclose(unsure.icl(together) - unsure.bic(together), 2 * entropy)


def test_a_collapsing_component_says_what_to_do():
    X = np.repeat(np.eye(3), 5, axis=0)
    with pytest.raises(ValueError, match="reg_covar"):
        GaussianMixture(3, reg_covar=0, random_state=0).fit(X)


@every_type
def test_memory_does_not_grow_with_the_rows(name, monkeypatch):
    """Four times the rows may cost the responsibilities of the start, (n, K), and not a copy of the data."""
    monkeypatch.setattr(mlcourse.blocks, "BLOCK_BYTES", 2**18)  # small beside the data

    def extra(X):
        tracemalloc.start()
        GaussianMixture(2, covariance_type=name, max_iter=2, random_state=0).fit(X)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    X = np.tile(random_points(24, n=5000, d=40), (4, 1))
    assert extra(np.tile(X, (4, 1))) - extra(X) < 0.25 * 3 * X.nbytes
