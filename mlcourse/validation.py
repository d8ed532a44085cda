"""What every estimator asks of its data, by scikit-learn's own means."""

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

FLOATS = (np.float64, np.float32)


def new_rows(estimator, X) -> np.ndarray:
    """The rows X for a fitted estimator: an array of floats with the width and the feature names of its fit.

    Raises NotFittedError, or ValueError or TypeError for data that scikit-learn would refuse.
    """
    check_is_fitted(estimator)
    return validate_data(estimator, X, reset=False, dtype=FLOATS)
