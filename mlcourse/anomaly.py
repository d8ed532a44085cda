"""Anomaly detection: a row is an anomaly if its density is below a quantile of the training rows' densities."""

from numbers import Real
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin, _fit_context, clone
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from mlcourse.mixture import GaussianMixture
from mlcourse.typing import Array, Floats, Ints
from mlcourse.validation import check_sample_weight, fit_weighted


class DensityDetector(OutlierMixin, BaseEstimator):
    """Flags rows whose density is below a threshold, with scikit-learn's interface for outliers.

    Fit it to rows that include anomalies and predict the same rows (outlier detection), or fit it to normal rows only
    and predict new ones (novelty detection). In the second case `contamination` is the share of normal rows that you
    accept as false alarms; a density that overfits its training rows raises more of them.

    Parameters
    ----------
    density : estimator with `fit` and `score_samples`, default=None
        Anything with a log density: a mixture, `sklearn.neighbors.KernelDensity`, `mlcourse.PCA`, or a pipeline that
        ends in one of these. It is cloned, never changed. None means `GaussianMixture()`, a single Gaussian.
    contamination : float in (0, 0.5], default=0.04
        Share of the training rows that fall below the threshold.

    Attributes
    ----------
    density_ : estimator
        `density`, fitted to the training rows.
    offset_ : float
        The threshold, in nats: the `contamination` quantile of the training rows' log densities, interpolated
        linearly between two of them.
    n_features_in_, feature_names_in_ : those of `density_`
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "density": [HasMethods(["fit", "score_samples"]), None],
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
    }

    def __init__(self, density: BaseEstimator | None = None, contamination: float = 0.04) -> None:
        self.density = density
        self.contamination = contamination

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Array, y: object = None, sample_weight: Array | None = None) -> Self:
        """Fit the density to the rows of X, and set the threshold from their log densities.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Anything the density accepts: the density checks the rows, here and in every other method.
        y : ignored
        sample_weight : array-like of shape (n,), default all ones
            Passed on to the density, and used for the threshold: `contamination` is then a share of the weights.
        """
        density = clone(GaussianMixture() if self.density is None else self.density)
        self.density_ = fit_weighted(density, X, sample_weight)
        scores = self.density_.score_samples(X)
        self.offset_ = weighted_quantile(
            scores, self.contamination, check_sample_weight(sample_weight, scores)
        )
        return self

    def score_samples(self, X: Array) -> Floats:
        """Compute the log density of every row: (n,), in nats. Lower is less normal."""
        check_is_fitted(self)
        return self.density_.score_samples(X)

    def decision_function(self, X: Array) -> Floats:
        """Compute how far every row is above the threshold: (n,), in nats. Negative for anomalies."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Array) -> Ints:
        """Return −1 for every anomaly and 1 for every other row: (n,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    @property
    def n_features_in_(self) -> int:
        return self.density_.n_features_in_

    @property
    def feature_names_in_(self) -> Array:
        return self.density_.feature_names_in_


def weighted_quantile(values: Floats, share: float, w: Floats | None) -> float:
    """Compute the quantile of `values` below which `share` of the rows lie, interpolated linearly between two values.

    A value of weight 2 counts as two equal values, and for whole weights the result is that of `numpy.quantile`.
    """
    if w is None:
        return float(np.quantile(values, share))
    order = np.argsort(values)
    values, w = values[order], w[order].astype(np.float64)
    after = np.cumsum(w)  # with whole weights, value i has the places from after − w to after − 1
    place = share * max(after[-1] - 1, 0)
    first, last = after - w, np.maximum(after - 1, after - w)
    return float(np.interp(place, np.stack([first, last], axis=1).ravel(), np.repeat(values, 2)))
