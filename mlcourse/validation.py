"""The checks that every estimator makes on new data, with scikit-learn's own tools."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcourse.typing import Array, Floats

FLOATS = (np.float64, np.float32)


def new_rows(estimator: BaseEstimator, X: Array) -> Floats:
    """Check the rows X for a fitted estimator, and return them as an array of floats.

    Raises NotFittedError, or ValueError or TypeError for data that scikit-learn would reject, such as rows whose
    number or names of features differ from those in `fit`.
    """
    check_is_fitted(estimator)
    return validate_data(estimator, X, reset=False, dtype=FLOATS)
