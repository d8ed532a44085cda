"""The detector against direct percentiles, the published figure, and scikit-learn's conventions."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlcourse import PCA, DensityDetector, GaussianMixture
from mlcourse.datasets import elongated_blobs
from tests.helpers.mixtures import random_points

DENSITIES = {
    "default": None,
    "mixture": GaussianMixture(3, random_state=0),
    "kernels": KernelDensity(bandwidth=0.5),
    "PCA": PCA(2),
    "pipeline": make_pipeline(StandardScaler(), GaussianMixture(2, covariance_type="tied", random_state=0)),
}
every_density = pytest.mark.parametrize("density", DENSITIES.values(), ids=DENSITIES.keys())


def known_differences(estimator):
    """A detector takes weights if its density does, and PCA does not."""
    names = ["all_zero_sample_weights_error", "sample_weight_equivalence_on_dense_data"]
    names += [
        f"sample_weights_{what}"
        for what in ("pandas_series", "not_an_array", "list", "shape", "not_overwritten")
    ]
    return {f"check_{name}": "PCA takes no weights" for name in names} if estimator.density else {}


@parametrize_with_checks(
    [DensityDetector(), DensityDetector(PCA(1), contamination=0.2)], expected_failed_checks=known_differences
)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def test_the_published_threshold_on_the_elongated_groups():
    X, _ = elongated_blobs()
    detector = DensityDetector(GaussianMixture(3, n_init=10, random_state=42), contamination=0.04).fit(X)
    assert round(detector.offset_, 3) == -5.487
    assert np.sum(detector.predict(X) == -1) == 50


@every_density
@pytest.mark.parametrize("contamination", [0.02, 0.04, 0.5])
def test_anomalies_are_rows_below_a_percentile_of_the_density(density, contamination):
    X, new = random_points(0), random_points(1)
    fitted = clone(density or GaussianMixture()).fit(X)
    threshold = np.percentile(fitted.score_samples(X), 100 * contamination)
    detector = DensityDetector(density, contamination=contamination).fit(X)
    assert_allclose(detector.offset_, threshold)
    assert_array_equal(detector.predict(new), np.where(fitted.score_samples(new) < threshold, -1, 1))
    assert_allclose(detector.decision_function(new), fitted.score_samples(new) - threshold)
    assert_array_equal(detector.fit_predict(X), detector.predict(X))


@every_density
def test_at_most_the_contamination_share_is_flagged(density):
    X = random_points(2)
    for contamination in (0.01, 0.04, 0.1):
        flagged = np.sum(DensityDetector(density, contamination=contamination).fit_predict(X) == -1)
        assert contamination * len(X) - 1 <= flagged <= contamination * len(X)


def test_the_false_alarm_rate_on_new_rows_is_the_contamination():
    train, new = np.split(np.random.default_rng(0).normal(size=(40_000, 2)), 2)
    alarms = np.mean(DensityDetector(contamination=0.04).fit(train).predict(new) == -1)
    assert abs(alarms - 0.04) < 0.01  # five standard errors


def test_a_higher_contamination_only_adds_anomalies():
    X = random_points(3)
    few, many = (DensityDetector(contamination=share).fit_predict(X) == -1 for share in (0.02, 0.1))
    assert np.all(many[few])
    assert many.sum() > few.sum() > 0


def test_the_given_density_stays_unfitted():
    density = GaussianMixture(2, random_state=0)
    detector = DensityDetector(density).fit(random_points(0))
    assert not hasattr(density, "means_")
    assert detector.density_.get_params() == density.get_params()


def test_feature_names_are_those_of_the_last_fit():
    frame = pd.DataFrame(random_points(0), columns=["a", "b", "c"])
    detector = DensityDetector().fit(frame)
    assert list(detector.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        detector.predict(frame[["c", "b", "a"]])
    assert not hasattr(detector.fit(frame.to_numpy()), "feature_names_in_")


@pytest.mark.parametrize("method", ["predict", "decision_function", "score_samples"])
def test_an_unfitted_detector_raises(method):
    with pytest.raises(NotFittedError):
        getattr(DensityDetector(), method)(np.eye(3))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"contamination": 0.0}, "'contamination'"),
        ({"contamination": 4}, "'contamination'"),
        ({"density": StandardScaler()}, "'density'.*'score_samples'"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        DensityDetector(**parameters).fit(random_points(0))
