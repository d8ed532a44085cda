"""The classifier against scikit-learn's discriminant analysis and naive Bayes, and the laws of probabilities."""

import numpy as np
import pandas as pd
import pytest
import sklearn.mixture
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlcourse import GaussianMixture, GaussianMixtureClassifier
from mlcourse.datasets import two_moons
from tests.helpers.mixtures import TYPES, random_points

NAMES = np.array(["ant", "bee", "cat"])
COUNTS = np.array([60, 90, 150])


def known_differences(estimator):
    reason = "k-means++ draws different rows if rows are repeated, so starts and local optima differ"
    return {"check_sample_weight_equivalence_on_dense_data": reason} if estimator.n_components > 1 else {}


@parametrize_with_checks(
    [GaussianMixtureClassifier(), GaussianMixtureClassifier(2, covariance_type="diag")],
    expected_failed_checks=known_differences,
)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


@pytest.fixture
def data():
    """Three overlapping correlated classes of different sizes."""
    return random_points(4, n=300, n_groups=1) + np.repeat(np.eye(3), COUNTS, axis=0), NAMES.repeat(COUNTS)


# ── Against independent classifiers ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("priors", [None, [0.2, 0.5, 0.3]])
@pytest.mark.parametrize("covariance_type", ["full", "tied"])  # a single component shares with nobody
def test_one_full_component_is_quadratic_discriminant_analysis(data, priors, covariance_type):
    X, y = data
    ours = GaussianMixtureClassifier(covariance_type=covariance_type, reg_covar=0, priors=priors).fit(X, y)
    theirs = QuadraticDiscriminantAnalysis(priors=priors).fit(X, y)
    # Some releases of scikit-learn divide by n − 1 here; maximum likelihood divides by n.
    total_variances = [X[y == name].var(axis=0).sum() for name in NAMES]
    theirs.scalings_ = [
        scaling * total / scaling.sum() for scaling, total in zip(theirs.scalings_, total_variances)
    ]
    assert_allclose(ours.priors_, theirs.priors_)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6)
    assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("priors", [None, [0.2, 0.5, 0.3]])
def test_one_diagonal_component_is_gaussian_naive_bayes(data, priors):
    X, y = data
    ours = GaussianMixtureClassifier(covariance_type="diag", reg_covar=0, priors=priors).fit(X, y)
    theirs = GaussianNB(priors=priors, var_smoothing=0).fit(X, y)
    assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-6, atol=1e-9)
    assert ours.score(X, y) == theirs.score(X, y)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_bayes_rule_over_mixtures_fitted_one_by_one(data, covariance_type):
    X, y = data
    ours = GaussianMixtureClassifier(3, covariance_type=covariance_type, random_state=0).fit(X, y)
    joint = np.empty((len(X), 3))
    for c, name in enumerate(NAMES):
        mixture = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X[y == name])
        joint[:, c] = np.log(np.mean(y == name)) + mixture.score_samples(X)
    assert_allclose(ours.predict_log_proba(X), joint - logsumexp(joint, axis=1, keepdims=True), atol=1e-9)
    assert_array_equal(ours.predict(X), NAMES[joint.argmax(axis=1)])


def test_several_components_fit_a_class_that_one_cannot():
    X, y = two_moons()
    one, many = (GaussianMixtureClassifier(K, n_init=3, random_state=0).fit(X, y) for K in (1, 5))
    assert many.score(X, y) > one.score(X, y) + 0.05


@pytest.mark.parametrize(
    "mixture",
    [
        GaussianMixture(2, covariance_type="tied", tol=1e-5, random_state=0),
        sklearn.mixture.BayesianGaussianMixture(n_components=2, random_state=0),
        KernelDensity(bandwidth=0.7),
    ],
    ids=lambda mixture: type(mixture).__name__,
)
def test_any_density_can_model_a_class(data, mixture):
    X, y = data
    ours = GaussianMixtureClassifier(mixture=mixture).fit(X, y)
    for name, fitted in zip(NAMES, ours.mixtures_):
        alone = clone(mixture).fit(X[y == name])
        assert_allclose(fitted.score_samples(X), alone.score_samples(X))
    assert_allclose(ours.predict_proba(X).sum(axis=1), 1)


def test_missing_entries_are_left_to_the_mixtures(data):
    X, y = data
    X[::5, 1] = np.nan
    imputing = make_pipeline(SimpleImputer(), GaussianMixture())
    proba = GaussianMixtureClassifier(mixture=imputing).fit(X, y).predict_proba(X)
    assert_allclose(proba.sum(axis=1), 1)
    with pytest.raises(ValueError, match="NaN"):
        GaussianMixtureClassifier().fit(X, y)


# ── Laws of probabilities ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("distance", [0, 1e3, 1e9, 1e100, 1e200])
def test_probabilities_sum_to_one_however_far_away_the_row(data, distance):
    classifier = GaussianMixtureClassifier(2, random_state=0).fit(*data)
    far = distance * np.random.default_rng(0).normal(size=(20, 3))
    probabilities = classifier.predict_proba(far)
    assert_allclose(probabilities.sum(axis=1), 1)
    assert probabilities.min() >= 0
    assert np.isfinite(classifier.predict_log_proba(far)).all()


def test_a_class_with_prior_zero_gets_no_rows(data):
    X, y = data
    classifier = GaussianMixtureClassifier(priors=[0, 0.5, 0.5]).fit(X, y)
    assert_array_equal(classifier.predict_proba(X)[:, 0], 0)
    assert "ant" not in classifier.predict(X)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_any_label_type_and_precision_will_do(data, dtype):
    X, y = data
    numbers = 10 * np.searchsorted(NAMES, y)
    by_name = GaussianMixtureClassifier().fit(X.astype(dtype), y)
    by_number = GaussianMixtureClassifier().fit(X.astype(dtype), numbers)
    assert_array_equal(NAMES[by_number.predict(X) // 10], by_name.predict(X))
    assert_allclose(
        by_name.predict_proba(X), GaussianMixtureClassifier().fit(X, y).predict_proba(X), atol=1e-3
    )


def test_feature_names_are_remembered_and_checked(data):
    X, y = data
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    classifier = GaussianMixtureClassifier().fit(frame, y)
    assert list(classifier.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(frame[["c", "b", "a"]])


# ── Sampling ──────────────────────────────────────────────────────────────────────────────────────────────


def test_samples_have_the_priors_and_moments_of_the_classes(data):
    X, y = data
    priors, n = np.array([0.1, 0.3, 0.6]), 30_000
    classifier = GaussianMixtureClassifier(priors=priors, random_state=0).fit(X, y)
    drawn, classes = classifier.sample(n)
    assert drawn.shape == (n, 3)
    for name, prior in zip(NAMES, priors):
        own, original = drawn[classes == name], X[y == name]
        assert abs(len(own) / n - prior) < 5 * np.sqrt(prior * (1 - prior) / n)
        error = original.std(axis=0) / np.sqrt(len(own))
        assert np.all(np.abs(own.mean(axis=0) - original.mean(axis=0)) < 5 * error)
        assert_allclose(np.cov(own.T), np.cov(original.T), rtol=0.2, atol=0.2)


def test_classes_are_drawn_independently_of_one_another():
    twins = np.concatenate([random_points(5)] * 2), np.repeat([0, 1], 400)
    X, y = GaussianMixtureClassifier(2, random_state=0).fit(*twins).sample(500)
    assert not set(X[y == 0, 0]) & set(X[y == 1, 0])


def test_a_seed_repeats_its_samples_and_a_stream_does_not(data):
    seeded = GaussianMixtureClassifier(random_state=3).fit(*data)
    stream = GaussianMixtureClassifier(random_state=np.random.RandomState(3)).fit(*data)
    assert_array_equal(seeded.sample(20)[0], seeded.sample(20)[0])
    assert not np.array_equal(stream.sample(20)[0], stream.sample(20)[0])


def test_sampling_leaves_the_mixtures_unchanged(data):
    classifier = GaussianMixtureClassifier(random_state=3).fit(*data)
    before = [mixture.get_params() for mixture in classifier.mixtures_]
    classifier.sample(20)
    assert [mixture.get_params() for mixture in classifier.mixtures_] == before


@pytest.mark.parametrize("mixture", [None, GaussianMixture(2), sklearn.mixture.GaussianMixture(2)])
def test_sampling_one_row_and_none(data, mixture):
    classifier = GaussianMixtureClassifier(mixture=mixture, random_state=0).fit(*data)
    X, y = classifier.sample()
    assert X.shape == (1, 3)
    assert y[0] in NAMES
    with pytest.raises(ValueError, match="n_samples"):
        classifier.sample(0)


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("n_components", "rows"), [(1, 1), (5, 4)])
def test_a_class_with_too_few_rows_is_named(data, n_components, rows):
    X, y = (part[60 - rows :] for part in data)  # that many ants are left
    with pytest.raises(ValueError, match=rf"{rows} row.* of class ant: .*use fewer components"):
        GaussianMixtureClassifier(n_components).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"priors": [0.5, 0.5]}, r"priors=.* 3 probabilities.*'ant', 'bee', 'cat'"),
        ({"priors": [0.5, 0.5, 0.5]}, "priors=.*sum to 1"),
        ({"priors": [-0.5, 0.5, 1]}, "priors="),
        ({"priors": 1.0}, "priors"),
        ({"mixture": StandardScaler()}, "'mixture'.*'score_samples'"),
        ({"n_components": 0}, "'n_components'"),
        ({"covariance_type": "round"}, "'covariance_type'"),
    ],
)
def test_bad_parameters_are_named(data, parameters, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixtureClassifier(**parameters).fit(*data)


@pytest.mark.parametrize("use", ["predict", "predict_proba", "predict_log_proba"])
def test_unfitted_and_wrong_width(data, use):
    with pytest.raises(NotFittedError):
        getattr(GaussianMixtureClassifier(), use)(data[0])
    with pytest.raises(ValueError, match="expecting 3 features"):
        getattr(GaussianMixtureClassifier().fit(*data), use)(data[0][:, :2])


def test_sampling_before_a_fit_raises():
    with pytest.raises(NotFittedError):
        GaussianMixtureClassifier().sample()


def test_score_samples_is_the_density_of_the_mixture_of_classes(data):
    X, y = data
    model = GaussianMixtureClassifier(reg_covar=0).fit(X, y)
    whole = sklearn.mixture.GaussianMixture(3, max_iter=1, reg_covar=0)
    whole.weights_ = model.priors_
    whole.means_ = np.concatenate([mixture.means_ for mixture in model.mixtures_])
    whole.precisions_cholesky_ = np.concatenate([mixture.precisions_cholesky_ for mixture in model.mixtures_])
    assert_allclose(model.score_samples(X), whole.score_samples(X))
