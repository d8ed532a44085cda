"""The checks that every estimator makes on new data, with scikit-learn's own tools."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, has_fit_parameter, validate_data

from mlcourse.typing import Array, Floats

FLOATS = (np.float64, np.float32)


def new_rows(estimator: BaseEstimator, X: Array) -> Floats:
    """Check the rows X for a fitted estimator, and return them as an array of floats.

    Raises NotFittedError, or ValueError or TypeError for data that scikit-learn would reject, such as rows whose
    number or names of features differ from those in `fit`.
    """
    check_is_fitted(estimator)
    return validate_data(estimator, X, reset=False, dtype=FLOATS)


def check_squares(X: Floats) -> None:
    """Raise ValueError if squared distances between the rows of X, or their sum, overflow. NaN are ignored."""
    largest = np.finfo(X.dtype).max
    low, high = (float(extreme.reduce(X, axis=None)) for extreme in (np.fmin, np.fmax))
    if high - low > (largest / X.size) ** 0.5:
        raise overflowing_squares(X.dtype)


def overflowing_squares(dtype: np.dtype[Any]) -> ValueError:
    """Return the error for rows so far apart that their squared distances overflow."""
    return ValueError(
        f"X has finite values, but they are so far apart that their squared distances overflow {dtype} (largest"
        f" number: {np.finfo(dtype).max:.1e}). Divide X by a constant first, or standardise its features."
    )


def check_sample_weight(sample_weight: Array | None, X: Floats) -> Floats | None:
    """Return the weights as floats, or None if there are none.

    Raises ValueError if they are not one number for each row of X, all finite, none negative, some positive.
    """
    if sample_weight is None:
        return None
    if not np.asarray(sample_weight).any():
        raise ValueError(
            "Sample weights must contain at least one non-zero number, but all of sample_weight is 0."
        )
    w = _check_sample_weight(sample_weight, X, dtype=X.dtype)
    if (w < 0).any():
        raise ValueError(
            f"Negative values in data passed to `sample_weight`: the lowest is {w.min():.6g}. A weight says how many"
            " rows a row counts as; give 0 to leave it out."
        )
    return w


def check_n_samples(n_samples: object) -> int:
    """Return a number of rows to draw. Raises TypeError or ValueError if it is not a positive integer."""
    if not isinstance(n_samples, Integral) or isinstance(n_samples, bool):
        raise TypeError(f"n_samples={n_samples!r} must be an integer, the number of rows to draw.")
    if n_samples < 1:
        raise ValueError(
            f"Invalid value for 'n_samples': {n_samples}. The sampling requires at least one sample."
        )
    return int(n_samples)


def fit_weighted(estimator: BaseEstimator, X: Array, sample_weight: Array | None) -> BaseEstimator:
    """Fit an estimator, with weights if there are any. Raises TypeError if it cannot use them."""
    if sample_weight is None:
        return estimator.fit(X)
    if not has_fit_parameter(estimator, "sample_weight"):
        raise TypeError(
            f"{type(estimator).__name__} takes no sample_weight, so it cannot be fitted to weighted rows: leave the"
            " weights out, or use another density, such as GaussianMixture."
        )
    return estimator.fit(X, sample_weight=sample_weight)
