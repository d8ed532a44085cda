"""Sample weights: a whole weight counts as repeated rows, and weight 0 as no row."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlcourse import (
    DensityDetector,
    GaussianMixture,
    GaussianMixtureClassifier,
    IncompleteDataMixture,
    SemiSupervisedMixture,
)
from mlcourse.mixture import ppca
from tests.helpers.mixtures import TYPES, K, given, random_points, random_start

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
EVERY_TYPE = [*TYPES, ppca(1)]


def counted(seed, n=300):
    """Rows, how often each of them counts (from 0 to 3 times), and the same rows repeated."""
    X, w = random_points(seed, n=n), np.random.default_rng(seed).integers(0, 4, size=n)
    return X, w, np.repeat(X, w, axis=0)


def assert_same_mixture(one, other):
    for name in ("weights_", "means_", "covariances_"):
        assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-10, atol=1e-10)
    assert_allclose(one.lower_bounds_, other.lower_bounds_, rtol=1e-10)


@pytest.mark.parametrize("type_", EVERY_TYPE, ids=str)
@pytest.mark.parametrize("prior", [{}, {"covariance_prior": "data", "prior_strength": 20}], ids=["", "prior"])
def test_a_whole_weight_is_a_row_repeated(type_, prior):
    X, w, repeated = counted(0)
    means = random_start(X, "full").means
    start = dict(means_init=means, weights_init=np.full(K, 1 / K), random_state=0, **prior)
    start["precisions_init"] = given(random_start(X, "full" if type_ == ppca(1) else type_))[
        "precisions_init"
    ]
    one, other = (GaussianMixture(K, covariance_type=type_, tol=0, max_iter=15, **start) for _ in range(2))
    assert_same_mixture(one.fit(X, sample_weight=w), other.fit(repeated))
    for criterion in ("aic", "bic", "icl"):
        assert_allclose(getattr(one, criterion)(X, w), getattr(other, criterion)(repeated), rtol=1e-10)
    assert_allclose(one.score(X, sample_weight=w), other.score(repeated), rtol=1e-10)


def test_gaps_and_weights_together():
    X, w, _ = counted(1)
    X[np.random.default_rng(2).random(X.shape) < 0.3] = np.nan
    X[:3] = random_points(3, n=3)
    options = dict(means_init=X[:3], tol=0, max_iter=10, random_state=0, init_params="kmeans")
    options |= {"weights_init": np.full(3, 1 / 3), "precisions_init": np.tile(np.eye(3), (3, 1, 1))}
    one = IncompleteDataMixture(3, **options).fit(X, sample_weight=w)
    other = IncompleteDataMixture(3, **options).fit(np.repeat(X, w, axis=0))
    assert_same_mixture(one, other)


@pytest.mark.parametrize("name", TYPES)
def test_labels_and_weights_together(name):
    X, y = load_iris(return_X_y=True)
    rng = np.random.default_rng(3)
    y, w = np.where(rng.random(len(y)) < 0.5, -1, y), rng.integers(0, 4, size=len(y))
    one, other = (SemiSupervisedMixture(covariance_type=name, tol=0, max_iter=10) for _ in range(2))
    assert_same_mixture(one.fit(X, y, sample_weight=w), other.fit(np.repeat(X, w, axis=0), np.repeat(y, w)))


@pytest.mark.parametrize("contamination", [0.03, 0.1, 0.5])
def test_a_detector_counts_rows_for_its_threshold(contamination):
    X, w, repeated = counted(4)
    one = DensityDetector(contamination=contamination).fit(X, sample_weight=w)
    other = DensityDetector(contamination=contamination).fit(repeated)
    assert_allclose(one.offset_, other.offset_, rtol=1e-10)
    assert_allclose(one.score_samples(X), other.score_samples(X), rtol=1e-10)


def test_a_classifier_counts_rows_for_its_priors():
    X, w, repeated = counted(5)
    y = np.random.default_rng(6).integers(0, 3, size=len(X))
    one = GaussianMixtureClassifier().fit(X, y, sample_weight=w)
    other = GaussianMixtureClassifier().fit(repeated, np.repeat(y, w))
    assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("init_params", ["kmeans", "k-means++", "random", "random_from_data"])
def test_starts_honour_weights(init_params):
    """Rows of negligible weight do not take part, wherever they are."""
    X = np.concatenate([random_points(7, n=200), random_points(8, n=100) + 1e4])
    w = np.where(np.arange(300) < 200, 1.0, 1e-12)
    model = GaussianMixture(K, init_params=init_params, random_state=0, reg_covar=1e-3).fit(
        X, sample_weight=w
    )
    assert np.abs(model.means_[model.weights_ > 1e-6]).max() < 100


def test_a_common_factor_of_weights_changes_nothing():
    X, w, _ = counted(9)
    one, tiny = (
        GaussianMixture(K, random_state=0).fit(X, sample_weight=w * factor) for factor in (1, 1e-200)
    )
    assert_same_mixture(one, tiny)


@pytest.mark.parametrize(
    ("weights", "named"),
    [
        (-1.0, "Negative values.*sample_weight"),
        (0.0, "Sample weights|sample_weight"),
        (np.nan, "NaN"),
        ("short", "shape"),
    ],
)
def test_impossible_weights_are_named(weights, named):
    X = random_points(10)
    w = np.ones(7) if weights == "short" else np.full(len(X), weights)
    with pytest.raises(ValueError, match=named):
        GaussianMixture(K).fit(X, sample_weight=w)
    with pytest.raises(ValueError, match=named):
        GaussianMixture(K).fit(X).score(X, sample_weight=w)


def test_a_density_without_weights_is_named():
    with pytest.raises(TypeError, match=r"StandardScaler|Pipeline|KernelDensity|takes no sample_weight"):
        DensityDetector(make_pipeline(StandardScaler(), GaussianMixture())).fit(
            random_points(11), sample_weight=np.ones(400)
        )


def test_metadata_routing_reaches_fit_and_score():
    X, w, _ = counted(12)
    with sklearn.config_context(enable_metadata_routing=True):
        mixture = GaussianMixture(K, random_state=0).set_fit_request(sample_weight=True)
        mixture = mixture.set_score_request(sample_weight=True)
        routed = make_pipeline(mixture).fit(X, sample_weight=w)
        found = cross_validate(mixture, X, params={"sample_weight": w}, cv=3)
    direct = GaussianMixture(K, random_state=0).fit(X, sample_weight=w)
    assert_same_mixture(routed[-1], direct)
    rest, held_out = np.arange(100, 300), np.arange(100)
    by_hand = GaussianMixture(K, random_state=0).fit(X[rest], sample_weight=w[rest])
    assert_allclose(found["test_score"][0], by_hand.score(X[held_out], sample_weight=w[held_out]))
