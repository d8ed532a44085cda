"""Data for the tests of widgets, and functions to look into a widget."""

from itertools import islice

import numpy as np
from sklearn.datasets import make_blobs

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import Mixture, em, expectation_over

X, _ = make_blobs(120, centers=[(0, 0), (3, 1), (0, 4)], random_state=3)


noise = np.random.default_rng(0).standard_normal((900, 2))

# Points of the overlap explorer: 300 at (0, 0), then 600 at (10, 10).
origin = np.repeat([0, 1], [300, 600])
two_groups = np.array([0, 10])[origin, np.newaxis] + np.array([1.2, 1.8])[origin, np.newaxis] * noise


WORST_START = X[np.argsort(X[:, 0])[:3]]


def em_steps(covariance_type="full", n_steps=5):
    row = COVARIANCE_TYPES[covariance_type]
    covariances = np.ones(row.shape(3, 2))
    if row.name in ("full", "tied"):
        covariances = covariances * np.eye(2)
    start = Mixture(np.full(3, 1 / 3), WORST_START, covariances, row.kernel.factor(covariances), row)
    return list(islice(em(expectation_over(X), start), n_steps))


def find(widget, kind):
    """Every widget of a kind in a tree of boxes."""
    inside = [found for child in getattr(widget, "children", ()) for found in find(child, kind)]
    return [widget, *inside] if isinstance(widget, kind) else inside


def offsets(ax):
    """All scattered points, without the discs of the centres."""
    return np.vstack([scatter.get_offsets() for scatter in ax.collections if len(scatter.get_offsets()) > 3])
