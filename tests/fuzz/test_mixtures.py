"""Mixtures on odd data: the laws of scale, layout, weights and likelihood, and scikit-learn as the oracle."""

import warnings

import numpy as np
import pytest
import sklearn.mixture
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from mlcourse import DensityDetector, GaussianMixture, GaussianMixtureClassifier, SemiSupervisedMixture
from mlcourse.mixture import IncompleteDataMixture, ppca
from tests.helpers.mixtures import TYPES
from tests.helpers.rows import fuzz, other_layouts, powers_of_two, rows, seeds

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
REG = 1e-3  # of the squared unit of the data
types = st.sampled_from([*TYPES, ppca(1)])
numbers = st.integers(1, 4)
inits = st.sampled_from(["kmeans", "k-means++", "random", "random_from_data"])


def fitted(X, K, unit=1.0, model=GaussianMixture, **options):
    options = {"max_iter": 8, "tol": 0, "random_state": 0} | options
    return model(K, reg_covar=REG * unit**2, **options).fit(X)


def given_start(means, type_):
    """Options of a fit from these means, with equal weights and variances of 1."""
    K, d = means.shape
    one = {"tied": np.eye(d), "diag": np.ones((K, d)), "spherical": np.ones(K)}
    precisions = one.get(type_, np.tile(np.eye(d), (K, 1, 1)))
    return dict(
        covariance_type=type_, means_init=means, weights_init=np.full(K, 1 / K), precisions_init=precisions
    )


@fuzz
@given(rows(), numbers, types, inits, seeds)
def test_the_likelihood_never_falls_and_all_is_finite(X, K, type_, init_params, seed):
    assume(len(X) >= K)
    before = X.copy()
    model = fitted(X, K, covariance_type=type_, init_params=init_params, random_state=seed)
    assert_array_equal(X, before)
    for name in ("weights_", "means_", "covariances_", "precisions_", "lower_bounds_"):
        assert np.isfinite(getattr(model, name)).all()
    assert_allclose(model.weights_.sum(), 1)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert (X.min(axis=0) - 1e-9 <= model.means_).all()
    assert (model.means_ <= X.max(axis=0) + 1e-9).all()


@fuzz
@given(rows(min_rows=6), numbers, st.sampled_from(TYPES), seeds)
def test_the_fit_equals_scikit_learns_from_the_same_start(X, K, name, seed):
    rng = np.random.default_rng(seed)
    K = min(K, len(X))
    options = dict(max_iter=5, tol=0, reg_covar=REG) | given_start(
        X[rng.choice(len(X), K, replace=False)], name
    )
    ours = GaussianMixture(K, random_state=0, **options).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sklearn.mixture.GaussianMixture(K, random_state=0, **options).fit(X)
    assume((theirs.weights_ * len(X) > 1e-6).all())  # an empty component drifts to the origin there
    assert_allclose(ours.lower_bound_, theirs.lower_bound_, rtol=1e-6, atol=1e-6)
    assert_allclose(ours.weights_, theirs.weights_, rtol=1e-5, atol=1e-8)
    assert_allclose(ours.means_, theirs.means_, rtol=1e-5, atol=1e-5)
    assert_allclose(ours.covariances_, theirs.covariances_, rtol=1e-4, atol=1e-6)


@fuzz
@given(rows(), numbers, types, inits, powers_of_two)
def test_the_unit_of_the_data_does_not_matter(X, K, type_, init_params, unit):
    """Multiplying by a power of two is exact, so that nothing but an absolute tolerance can make a difference."""
    assume(len(X) >= K)
    options = dict(covariance_type=type_, init_params=init_params)
    one, other = fitted(X, K, **options), fitted(X * unit, K, unit, **options)
    assert_allclose(other.means_ / unit, one.means_, rtol=1e-6, atol=1e-6)
    assert_allclose(other.covariances_ / unit**2, one.covariances_, rtol=1e-5, atol=1e-8)
    assert_allclose(other.lower_bound_ + X.shape[1] * np.log(unit), one.lower_bound_, rtol=1e-6, atol=1e-6)
    assert_allclose(other.predict_proba(X * unit), one.predict_proba(X), rtol=1e-4, atol=1e-4)


@fuzz
@given(rows(), numbers, types)
def test_memory_order_does_not_matter(X, K, type_):
    """From a given start: in k-means++ a rounding error may decide between rows that are equally good."""
    assume(len(X) >= K)
    start = given_start(X[:K], type_)
    model = fitted(X, K, **start)
    for same in other_layouts(X):
        other = fitted(same, K, **start)
        assert_allclose(other.means_, model.means_, rtol=1e-7, atol=1e-7)
        assert_allclose(other.lower_bounds_, model.lower_bounds_, rtol=1e-8, atol=1e-8)


@fuzz
@given(rows(min_rows=6), numbers, types, st.floats(-1e9, 1e9))
def test_a_shift_of_the_data_shifts_the_means(X, K, type_, shift):
    shift = np.float64(np.float32(shift))
    shifted = X + shift
    X = shifted - shift  # what is left of X after rounding
    # Where components are equal, EM is on a saddle, and a rounding error decides which way it leaves.
    assume(len(np.unique(X[:K], axis=0)) == len(X[:K]))
    start = dict(weights_init=np.full(K, 1 / K), precisions_init=None, init_params="kmeans")
    one = fitted(X, K, covariance_type=type_, means_init=X[:K], **start)
    other = fitted(shifted, K, covariance_type=type_, means_init=shifted[:K], **start)
    assume(
        np.allclose(one.lower_bounds_[0], other.lower_bounds_[0])
    )  # k-means may break a tie in another way
    assert_allclose(other.means_ - shift, one.means_, atol=1e-4)
    assert_allclose(other.covariances_, one.covariances_, rtol=1e-3, atol=1e-4)


@fuzz
@given(rows(min_rows=4), numbers, types, seeds)
def test_whole_weights_are_repeated_rows(X, K, type_, seed):
    rng = np.random.default_rng(seed)
    w = rng.integers(0, 4, size=len(X))
    K = min(K, np.count_nonzero(w))
    assume(w.sum() >= 2 and np.count_nonzero(w) >= 2)
    start = given_start(X[w > 0][:K], type_)
    one = GaussianMixture(K, max_iter=5, tol=0, reg_covar=REG, **start).fit(X, sample_weight=w)
    other = GaussianMixture(K, max_iter=5, tol=0, reg_covar=REG, **start).fit(np.repeat(X, w, axis=0))
    assert_allclose(one.means_, other.means_, rtol=1e-8, atol=1e-8)
    assert_allclose(one.covariances_, other.covariances_, rtol=1e-7, atol=1e-8)
    assert_allclose(one.lower_bounds_, other.lower_bounds_, rtol=1e-9, atol=1e-9)


@fuzz
@given(rows(min_rows=6), numbers, st.floats(0, 0.6), seeds, powers_of_two)
def test_gaps_in_any_unit(X, K, share, seed, unit):
    holes = np.where(np.random.default_rng(seed).random(X.shape) < share, np.nan, X)
    assume(np.isfinite(holes).any(axis=0).all())
    one = fitted(holes, K, model=IncompleteDataMixture)
    other = fitted(holes * unit, K, unit, model=IncompleteDataMixture)
    assert np.isfinite(one.covariances_).all()
    assert_allclose(other.means_ / unit, one.means_, rtol=1e-5, atol=1e-5)
    assert_allclose(other.score_samples(holes * unit).shape, (len(X),))


@fuzz
@given(rows(min_rows=8), st.integers(1, 3), types, seeds, powers_of_two)
def test_labels_in_any_unit(X, n_classes, type_, seed, unit):
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(len(X)) < 0.5, -1, rng.integers(n_classes, size=len(X)))
    assume((y >= 0).any())
    models = [
        SemiSupervisedMixture(covariance_type=type_, reg_covar=REG * u**2, max_iter=5, tol=0).fit(X * u, y)
        for u in (1.0, unit)
    ]
    assert_allclose(models[1].means_ / unit, models[0].means_, rtol=1e-6, atol=1e-6)
    assert_allclose(models[1].predict_proba(X * unit), models[0].predict_proba(X), rtol=1e-4, atol=1e-4)


@fuzz
@given(rows(min_rows=8), st.integers(1, 3), seeds, powers_of_two)
def test_classifiers_and_detectors_in_any_unit(X, n_classes, seed, unit):
    y = np.random.default_rng(seed).integers(n_classes, size=len(X))
    assume(min(np.bincount(y)[np.unique(y)]) >= 2)
    found, thresholds = [], []
    for u in (1.0, unit):
        classifier = GaussianMixtureClassifier(reg_covar=REG * u**2, random_state=0).fit(X * u, y)
        found.append(classifier.predict_proba(X * u))
        detector = DensityDetector(GaussianMixture(reg_covar=REG * u**2), contamination=0.2).fit(X * u)
        thresholds.append(detector.offset_ + X.shape[1] * np.log(u))
    assert_allclose(found[1], found[0], rtol=1e-5, atol=1e-5)
    assert_allclose(thresholds[1], thresholds[0], rtol=1e-6, atol=1e-6)
