"""Laws of judging generated rows: equal samples look equal, copies are found, shares sum to one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist
from scipy.stats import binom
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlcourse import GaussianMixtureClassifier
from mlcourse.evaluation import class_coverage, memorised_share, nearest_rows, two_sample_test
from tests.helpers.mixtures import random_points

JUDGES = {
    "default": None,
    "logistic": LogisticRegression(),
    "forest": RandomForestClassifier(10, random_state=0),
}


# ── Two-sample test ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("classifier", JUDGES.values(), ids=JUDGES.keys())
def test_p_values_of_equal_samples_are_uniform_or_larger(classifier):
    X = random_points(0, n=200)

    def p_value(seed):
        one, other = np.split(np.random.default_rng(seed).permutation(X), 2)
        return two_sample_test(one, other, classifier, random_state=seed).p_value

    p_values = np.array([p_value(seed) for seed in range(60)])
    for level in (0.05, 0.2, 0.5):
        assert np.sum(p_values <= level) <= binom.ppf(0.999, len(p_values), level)
    assert p_values.min() < 0.5 < p_values.max()


@pytest.mark.parametrize("classifier", JUDGES.values(), ids=JUDGES.keys())
def test_shifted_samples_are_distinguished(classifier):
    X = np.random.default_rng(0).normal(size=(600, 2))
    test = two_sample_test(X[:300], X[300:] + 1.5, classifier, random_state=0)
    assert test.accuracy > 0.7
    assert test.p_value < 1e-6


def test_far_apart_samples_are_distinguished_perfectly():
    X = random_points(0, n=100)
    accuracy, p_value, n_test = two_sample_test(X, X + 1e3, random_state=0)
    assert (accuracy, n_test) == (1, 100)
    assert_allclose(p_value, 0.5**100)


def test_p_value_is_a_binomial_tail():
    X = np.random.default_rng(0).normal(size=(300, 2))
    accuracy, p_value, n_test = two_sample_test(X[:150], X[150:] + 0.5, random_state=0)
    assert_allclose(p_value, binom.sf(round(accuracy * n_test) - 1, n_test, 0.5))


@pytest.mark.parametrize("sizes", [(40, 400), (400, 40)])
def test_the_larger_sample_is_cut_to_the_smaller_one(sizes):
    real, generated = (random_points(seed, n=n) for seed, n in enumerate(sizes))
    always_the_same = DummyClassifier(strategy="most_frequent")
    test = two_sample_test(real, generated, always_the_same, random_state=0)
    assert test.accuracy == 0.5
    assert test.n_test == 40


def test_the_seed_matters_and_the_judge_stays_unfitted():
    real, generated = random_points(0, n=80), random_points(0, n=120)
    judge = LogisticRegression()
    tests = {two_sample_test(real, generated, judge, random_state=seed) for seed in (0, 0, 1, 2, 3)}
    assert 1 < len(tests) < 5
    assert not hasattr(judge, "coef_")


# ── Nearest rows and copies ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("d", [2, 40])  # scikit-learn searches a tree for 2, and compares all rows for 40
@pytest.mark.parametrize("shift", [0, 1e8])
def test_nearest_rows_agree_with_all_distances(d, shift):
    X, reference = (random_points(seed, n=50, d=d) + shift for seed in (0, 1))
    distances, indices = nearest_rows(X, reference)
    table = cdist(X, reference)
    assert_array_equal(indices, table.argmin(axis=1))
    assert_allclose(distances, table.min(axis=1))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_copy_is_at_distance_zero_from_its_original(dtype):
    reference = random_points(0, n=100, d=20, dtype=dtype)
    before, order = reference.copy(), np.random.default_rng(0).permutation(100)
    distances, indices = nearest_rows(reference[order], reference)
    assert_array_equal(distances, 0)
    assert_array_equal(indices, order)
    assert_array_equal(reference, before)


@pytest.mark.parametrize("quantile", [0.01, 0.1, 0.5])
def test_new_rows_look_memorised_as_often_as_held_out_ones(quantile):
    train, held_out, fresh = np.split(random_points(0, n=9000, d=4), 3)
    share = memorised_share(fresh, train, held_out, quantile)
    error = np.sqrt(2 * quantile * (1 - quantile) / 3000)  # both samples vary
    assert abs(share - quantile) < 5 * error


def test_all_copies_are_found_also_in_a_mixed_sample():
    train, held_out = np.split(random_points(1, n=1000, d=8), 2)
    jitter = 1e-6 * np.random.default_rng(0).normal(size=train.shape)
    assert memorised_share(train, train, held_out) == 1
    assert memorised_share(train + jitter, train, held_out) == 1
    assert memorised_share(train + 1e3, train, held_out) == 0
    half = np.concatenate([train, train + 1e3])
    assert memorised_share(half, train, held_out) == 0.5


def test_copies_are_found_if_held_out_rows_are_copies_too():
    train = random_points(1, n=100)
    assert memorised_share(train, train, held_out=train) == 1


# ── Coverage ──────────────────────────────────────────────────────────────────────────────────────────────


def test_coverage_is_the_share_of_each_class_even_if_it_is_zero():
    X = np.random.default_rng(0).normal(size=(300, 2)) + np.repeat([[0, 0], [50, 0], [0, 50]], 100, axis=0)
    y = np.repeat(["a", "b", "c"], 100)
    classifier = GaussianMixtureClassifier().fit(X, y)
    coverage = class_coverage(X[:150], classifier)
    assert_allclose(coverage, [2 / 3, 1 / 3, 0])
    counts = [np.sum(classifier.predict(X) == name) for name in classifier.classes_]
    assert_allclose(class_coverage(X, classifier), np.array(counts) / 300)


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_sample_test(np.ones((20, 2)), np.ones((20, 3))), r"real \(20, 2\), generated \(20, 3\)"),
        (lambda: two_sample_test(np.ones((20, 2)), np.ones((9, 2))), "generated 9.*at least 10.*more rows"),
        (lambda: two_sample_test(np.ones((20, 2)), np.full((20, 2), np.nan)), "generated contains NaN"),
        (lambda: nearest_rows(np.ones((2, 2)), np.ones((2, 3))), r"reference \(2, 3\).*same space"),
        (lambda: memorised_share(np.eye(2), np.eye(2), np.eye(3)), r"held_out \(3, 3\)"),
        (lambda: memorised_share(np.eye(2), np.eye(2), np.eye(2), quantile=5), "[Qq]uantile"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
