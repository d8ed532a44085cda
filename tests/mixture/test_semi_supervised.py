"""Semi-supervised EM against maximum likelihood class by class, scikit-learn, and EM itself."""

from itertools import islice

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import (
    SemiSupervisedMixture,
    em,
    expectation_over,
    expectation_over_labelled,
    weighted_log_density,
)
from mlcourse.mixture.semi_supervised import start_from_labelled
from tests.helpers.mixtures import TYPES, random_points

every_type = pytest.mark.parametrize("name", TYPES)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def known_differences(estimator):
    """scikit-learn's own LabelSpreading is exempt from the same check."""
    return {"check_classifiers_classes": "it has a class called -1, which here means an unknown label"}


@parametrize_with_checks([SemiSupervisedMixture()], expected_failed_checks=known_differences)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def em_with_labels(X_labelled, labels, X_rest, theta, reg_covar=1e-6):
    all_labels = np.concatenate([labels, np.full(len(X_rest), -1)])
    return em(expectation_over_labelled(np.concatenate([X_labelled, X_rest]), all_labels), theta, reg_covar)


def iris(known_share, seed=0):
    """Features, all labels, and labels of which most are hidden as −1."""
    X, y = load_iris(return_X_y=True)
    hidden = np.random.default_rng(seed).random(len(y)) >= known_share
    return X, y, np.where(hidden, -1, y)


def iris_start(name, known_share=0.3, reg_covar=0.0):
    X, _, y = iris(known_share)
    labelled = y >= 0
    start = start_from_labelled(X[labelled], y[labelled], 3, CovarianceType.named(name), reg_covar)
    return X[labelled], y[labelled], X[~labelled], start


# ── The algorithm ─────────────────────────────────────────────────────────────────────────────────


@every_type
def test_the_likelihood_includes_labels_and_never_falls(name):
    X_labelled, labels, X_rest, start = iris_start(name)
    bounds = []
    for step in islice(em_with_labels(X_labelled, labels, X_rest, start, reg_covar=0), 30):
        joint = weighted_log_density(X_labelled, step.mixture)[np.arange(len(labels)), labels].sum()
        marginal = logsumexp(weighted_log_density(X_rest, step.mixture), axis=1).sum()
        assert_allclose(step.lower_bound, (joint + marginal) / 150, rtol=1e-10)
        bounds.append(step.lower_bound)
    assert np.all(np.diff(bounds) > -1e-12)
    assert bounds[-1] > bounds[0]


@every_type
def test_labelled_rows_far_away_still_belong_to_their_class(name):
    """One M-step: a labelled row has full weight in the mean of its class, wherever it is."""
    X_labelled, labels, X_rest, start = iris_start(name)
    X_labelled = X_labelled.copy()
    X_labelled[labels == 0] = start.means[2]  # where class 2 is, and class 0 by their labels
    steps = em_with_labels(X_labelled, labels, X_rest, start)
    statistics = next(steps).statistics
    R = np.exp(weighted_log_density(X_rest, start))
    R /= R.sum(axis=1, keepdims=True)
    assert_allclose(statistics.N, R.sum(axis=0) + np.bincount(labels), rtol=1e-9)
    mean = (X_labelled[labels == 0].sum(axis=0) + R[:, 0] @ X_rest) / statistics.N[0]
    assert_allclose(next(steps).mixture.means[0], mean, rtol=1e-9)


@every_type
def test_one_class_equals_em_with_one_component(name):
    """With a single class, labels add no information."""
    X = random_points(0)
    start = start_from_labelled(X[:50], np.zeros(50, int), 1, CovarianceType.named(name), 0.0)
    ours = em_with_labels(X[:50], np.zeros(50, int), X[50:], start)
    for step, same in islice(zip(ours, em(expectation_over(X), start)), 4):
        assert_allclose(step.lower_bound, same.lower_bound, rtol=1e-10)
        assert_allclose(step.mixture.means, same.mixture.means, rtol=1e-9)


@every_type
def test_the_start_is_linear_discriminant_analysis(name):
    X_labelled, labels, _, start = iris_start(name)
    lda = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True).fit(X_labelled, labels)
    assert_allclose(start.weights, lda.priors_, rtol=1e-9)
    assert_allclose(start.means, lda.means_, rtol=1e-9)
    within = lda.covariance_
    of_type = {"full": within, "tied": within, "diag": np.diag(within), "spherical": np.diag(within).mean()}
    shape = CovarianceType.named(name).shape(3, 4)
    assert_allclose(start.covariances, np.broadcast_to(of_type[name], shape), rtol=1e-9)


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


@every_type
def test_all_labelled_is_maximum_likelihood_class_by_class(name):
    X, y, _ = iris(1)
    model = SemiSupervisedMixture(covariance_type=name, reg_covar=0).fit(X, y)
    groups = [X[y == label] for label in range(3)]
    full = np.array([np.cov(rows.T, bias=True) for rows in groups])
    expected = {
        "full": full,
        "tied": np.mean(full, axis=0),
        "diag": np.array([rows.var(axis=0) for rows in groups]),
        "spherical": np.array([rows.var(axis=0).mean() for rows in groups]),
    }[name]
    assert_allclose(model.weights_, 1 / 3)
    assert_allclose(model.means_, [rows.mean(axis=0) for rows in groups])
    assert_allclose(model.covariances_, expected, rtol=1e-8)


def test_all_labelled_predicts_as_naive_bayes():
    X, y, _ = iris(1)
    ours = SemiSupervisedMixture(covariance_type="diag", reg_covar=0).fit(X, y)
    theirs = GaussianNB(var_smoothing=0).fit(X, y)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6, atol=1e-12)
    assert ours.score(X, y) == theirs.score(X, y)


@every_type
def test_the_fit_follows_the_steps(name):
    X, _, y = iris(0.3)
    model = SemiSupervisedMixture(covariance_type=name, tol=0, max_iter=7).fit(X, y)
    steps = em_with_labels(*iris_start(name, 0.3, reg_covar=1e-6))
    assert_allclose(model.lower_bounds_, [step.lower_bound for step in islice(steps, 7)], rtol=1e-10)
    assert_allclose(model.means_, next(steps).mixture.means, rtol=1e-9)
    assert not model.converged_
    assert model.n_iter_ == 7


def test_classes_can_have_any_name():
    X, _, y = iris(0.2)
    numbers = SemiSupervisedMixture().fit(X, y)
    names = np.array(["setosa", "versicolor", "virginica", "-1"])[y]  # −1 picks the last
    nones = np.array([None if name == "-1" else name for name in names], dtype=object)
    mixed = np.array([-1 if name == "-1" else name for name in names], dtype=object)
    for labels in (names, nones, mixed):
        model = SemiSupervisedMixture().fit(X, labels)
        assert_array_equal(model.classes_, ["setosa", "versicolor", "virginica"])
        assert_array_equal(model.predict(X), model.classes_[numbers.predict(X)])
        assert_allclose(model.predict_proba(X), numbers.predict_proba(X))


@pytest.mark.parametrize(
    "dressed",
    [
        lambda y: np.where(y == -1, np.nan, y),
        lambda y: pd.array(np.where(y == -1, None, y), dtype="Int64"),
        lambda y: pd.Series(np.array(["a", "b", "c", None], dtype=object)[y], dtype="category"),
        lambda y: pd.Series(np.array(["a", "b", "c", pd.NA], dtype=object)[y], dtype="string"),
        lambda y: list(np.array([0, 1, 2, None], dtype=object)[y]),
    ],
)
def test_missing_labels_of_pandas_are_unknown(dressed):
    X, _, y = iris(0.3)
    plain, model = SemiSupervisedMixture().fit(X, y), SemiSupervisedMixture().fit(X, dressed(y))
    assert len(model.classes_) == 3
    assert_allclose(model.predict_proba(X), plain.predict_proba(X))


def test_more_starts_are_never_worse_and_repeat():
    X, _, y = iris(0.1)
    one, five, again = (SemiSupervisedMixture(n_init=n, random_state=0).fit(X, y) for n in (1, 5, 5))
    assert five.lower_bound_ >= one.lower_bound_
    assert_array_equal(five.means_, again.means_)


def test_probabilities_are_in_the_order_of_classes():
    X, _, known = iris(0.4)
    relabelled = np.where(known == -1, -1, np.array([30, 10, 20])[known])
    plain, model = SemiSupervisedMixture().fit(X, known), SemiSupervisedMixture().fit(X, relabelled)
    assert_array_equal(model.classes_, [10, 20, 30])
    assert_allclose(model.predict_proba(X), plain.predict_proba(X)[:, [1, 2, 0]], atol=1e-9)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert_allclose(model.score_samples(X), plain.score_samples(X))


def test_unlabelled_rows_improve_the_likelihood():
    X, _, y = iris(0.2)
    with_all, labelled = SemiSupervisedMixture().fit(X, y), y >= 0
    alone = SemiSupervisedMixture().fit(X[labelled], y[labelled])
    assert with_all.score_samples(X).mean() > alone.score_samples(X).mean()


def test_no_labels_and_too_few_labels_are_rejected():
    X, _, _ = iris(0.3)
    with pytest.raises(ValueError, match=r"no label.*GaussianMixture"):
        SemiSupervisedMixture().fit(X, np.full(150, -1))
    one_each = np.full(150, -1)
    one_each[[0, 50, 100]] = 0, 1, 2
    with pytest.raises(ValueError, match=r"3 labelled rows.*reg_covar"):
        SemiSupervisedMixture(reg_covar=0).fit(X, one_each)
    with pytest.raises(ValueError, match="label type"):
        SemiSupervisedMixture().fit(X, X[:, 0] + 0.01)


def test_one_label_per_class_is_enough_to_start():
    X, _, _ = iris(1)
    one_each = np.full(150, -1)
    one_each[[0, 50, 100]] = 0, 1, 2
    model = SemiSupervisedMixture().fit(X, one_each)
    assert_array_equal(model.predict(X[[0, 50, 100]]), [0, 1, 2])
    assert np.isfinite(model.lower_bounds_).all()


def test_float32_clone_and_feature_names():
    X, _, y = iris(0.3)
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcd"))
    model = clone(SemiSupervisedMixture(covariance_type="tied")).fit(frame, y)
    assert model.means_.dtype == model.predict_proba(frame).dtype == np.float32
    assert list(model.feature_names_in_) == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])
    with pytest.raises(ValueError, match="covariance_type"):
        SemiSupervisedMixture(covariance_type="round").fit(X, y)
