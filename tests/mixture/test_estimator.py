"""GaussianMixture as an estimator: starts, restarts, interruption, samples."""

import tracemalloc
from itertools import islice

import numpy as np
import pytest
import sklearn.mixture
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

import mlcourse.blocks
import mlcourse.mixture.base
from mlcourse import GaussianMixture, IncompleteDataMixture, SemiSupervisedMixture
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import em, ppca
from mlcourse.mixture.start import INIT_PARAMS
from tests.helpers.mixtures import (
    K,
    as_full,
    every_type,
    given,
    random_covariances,
    random_points,
    random_start,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


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
    """Not for "tied": scikit-learn divides the scatter of all rows by K there; we take that of the chosen rows."""
    X = random_points(5)
    options = dict(n_components=K, covariance_type=name, init_params=init_params, random_state=1)
    ours, theirs = GaussianMixture(**options).fit(X), sklearn.mixture.GaussianMixture(**options).fit(X)
    assert_allclose(ours.means_, theirs.means_, rtol=1e-8, atol=1e-8)


@every_type
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_data_are_kept_in_any_memory_order(name, order, dtype):
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
    assert model.covariances_.shape == CovarianceType.named(name).shape(K, 3)


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


def test_a_warm_start_continues_where_the_last_fit_stopped():
    X = random_points(19)
    options = dict(n_components=K, tol=0, random_state=0, init_params="random")
    warm = GaussianMixture(**options, warm_start=True, max_iter=5)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        warm.fit(X).fit(X)
    straight = GaussianMixture(**options, max_iter=10).fit(X)
    assert_allclose(warm.means_, straight.means_, rtol=1e-10)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda model, X: (model.set_params(n_components=K + 1), X), "n_components was 3 there and is 4"),
        (lambda model, X: (model.set_params(covariance_type="tied"), X), "covariance_type"),
        (lambda model, X: (model.set_params(covariance_type=ppca(1)), X), "covariance_type"),
        (lambda model, X: (model, X[:, :2]), "number of features was 3 there and is 2"),
    ],
)
def test_a_warm_start_of_another_shape_is_refused(change, named):
    X = random_points(31)
    model, X = change(GaussianMixture(K, warm_start=True, random_state=0).fit(X), X)
    with pytest.raises(ValueError, match=named):
        model.fit(X)


def test_a_warm_start_on_other_rows_is_a_new_comparison():
    """With a large tol, the first change ends the fit: compared with the last fit's, but only on its own rows."""
    X = random_points(32)
    model = GaussianMixture(K, warm_start=True, random_state=0).fit(X).set_params(tol=1e6)
    assert model.fit(X).n_iter_ == 1
    assert model.fit(X + 1e-9).n_iter_ == 2


@pytest.mark.parametrize("make", [GaussianMixture, IncompleteDataMixture, SemiSupervisedMixture])
@pytest.mark.parametrize(("dtype", "unit"), [(np.float64, 1e155), (np.float64, 1e300), (np.float32, 1e20)])
def test_squares_that_overflow_are_named(make, dtype, unit):
    X = random_points(35, n=60).astype(dtype) * dtype(unit)
    with pytest.raises(ValueError, match=f"squared distances overflow {np.dtype(dtype)}"):
        make().fit(X, np.arange(60) % 2)
    make(reg_covar=0).fit(X / dtype(unit) * dtype(unit**0.4), np.arange(60) % 2)


def test_a_fitted_model_keeps_its_type_when_parameters_change():
    X = random_points(33)
    model = GaussianMixture(K, covariance_type="tied", random_state=0).fit(X)
    before = model.score_samples(X)
    assert_array_equal(model.set_params(covariance_type="diag").score_samples(X), before)


INTERRUPTIBLE = {
    "GaussianMixture": lambda **options: GaussianMixture(K, init_params="random", **options),
    "IncompleteDataMixture": lambda **options: IncompleteDataMixture(K, init_params="random", **options),
    "SemiSupervisedMixture": lambda **options: SemiSupervisedMixture(**options),
}


@pytest.mark.parametrize("make", INTERRUPTIBLE.values(), ids=INTERRUPTIBLE)
@pytest.mark.parametrize("n_init", [1, 4])
def test_ctrl_c_keeps_the_best_model_and_goes_on_up(make, n_init, monkeypatch):
    X, y = random_points(31), np.arange(90) % K

    def interrupted(*arguments):
        yield from islice(em(*arguments), 3)
        raise KeyboardInterrupt

    straight = make(tol=0, random_state=0, max_iter=3).fit(X[:90], y)
    monkeypatch.setattr(mlcourse.mixture.base, "em", interrupted)
    model = make(tol=0, random_state=0, n_init=n_init)
    with pytest.raises(KeyboardInterrupt) as raised:
        model.fit(X[:90], y)
    assert "can be used" in raised.value.__notes__[0]
    assert_allclose(model.means_, straight.means_)
    assert model.n_iter_ == 3
    assert len(model.predict(X)) == len(X)


def test_ctrl_c_stops_a_grid_search(monkeypatch):
    fits = []

    def interrupted(*arguments):
        fits.append(arguments)
        yield from islice(em(*arguments), 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(mlcourse.mixture.base, "em", interrupted)
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(GaussianMixture(tol=0), {"n_components": [1, 2, 3]}).fit(random_points(34))
    assert len(fits) == 1


def test_more_starts_are_never_worse():
    X = random_points(20, n_groups=6)
    one, ten = (GaussianMixture(6, init_params="random", n_init=n, random_state=3).fit(X) for n in (1, 10))
    assert ten.lower_bound_ >= one.lower_bound_


def test_verbose_shows_every_start_and_its_progress(capsys):
    GaussianMixture(K, n_init=2, tol=1e-2, verbose=1, verbose_interval=1, random_state=0).fit(
        random_points(21)
    )
    shown = capsys.readouterr().err
    for part in ("Start 1 of 2", "Start 2 of 2, converged", "log-likelihood", "change"):
        assert part in shown


def test_without_verbose_a_fit_prints_nothing(capsys):
    GaussianMixture(K, random_state=0).fit(random_points(21))
    assert capsys.readouterr() == ("", "")


@every_type
def test_samples_have_the_moments_of_the_mixture(name):
    rng = np.random.default_rng(0)
    covariances = random_covariances(rng, name, K, 2)
    kernel = CovarianceType.named(name).kernel
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


def test_sample_is_repeatable_and_rejects_less_than_one():
    model = GaussianMixture(K, random_state=0).fit(random_points(22))
    assert_array_equal(model.sample(10)[0], model.sample(10)[0])
    with pytest.raises(ValueError, match="n_samples"):
        model.sample(0)


def test_icl_is_bic_plus_twice_the_entropy():
    apart, together = (random_points(23, spread=s, n_groups=2) for s in (200, 1))
    sure, unsure = (GaussianMixture(2, random_state=0).fit(X) for X in (apart, together))
    assert_allclose(sure.icl(apart), sure.bic(apart))
    R = unsure.predict_proba(together)
    entropy = -np.sum(R * np.log(R, out=np.zeros_like(R), where=R > 0))
    assert_allclose(unsure.icl(together) - unsure.bic(together), 2 * entropy)


def test_the_error_for_a_collapsed_component_says_what_to_do():
    X = np.repeat(np.eye(3), 5, axis=0)
    with pytest.raises(ValueError, match="reg_covar"):
        GaussianMixture(3, reg_covar=0, random_state=0).fit(X)


@every_type
@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(name, monkeypatch):
    """Four times the rows may cost a copy in float32, which k-means needs, and some numbers per row, but no more."""
    monkeypatch.setattr(mlcourse.blocks, "BLOCK_BYTES", 2**18)  # small compared with the data

    def extra(X):
        tracemalloc.start()
        GaussianMixture(2, covariance_type=name, max_iter=2, random_state=0).fit(X)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    X = np.tile(random_points(24, n=5000, d=40), (4, 1))
    assert extra(np.tile(X, (4, 1))) - extra(X) < 0.85 * 3 * X.nbytes
