"""Euclidean distances that are as accurate as the data.

Symbols
-------
X, Y       (n, d), (m, d)   two sets of rows
o          (d,)             an origin in the middle of them

‖x − y‖² = ‖x − o‖² − 2 (x − o)·(y − o) + ‖y − o‖² turns distances into a matrix multiplication. It loses digits where
x and y are close together but far from o: the distance from a point to itself may come out as 10⁻⁸. Such pairs,
usually few, are computed again from x − y.
"""

from typing import NamedTuple, Self

import numpy as np
from scipy.spatial.distance import cdist

from mlcourse.blocks import rows_of_blocks
from mlcourse.typing import Floats
from mlcourse.validation import overflowing_squares

CLOSE = 1e-5  # of the squared distance to the origin; beyond it, at least ten of float64's sixteen digits are right
MANY = 0.02  # the share of close pairs above which it is faster to subtract all pairs
NARROW = 4  # up to this number of features, it always is


def euclidean_distances(X: Floats, Y: Floats) -> Floats:
    """Compute the distance from every row of X to every row of Y: (n, m), in X's dtype."""
    origin = Y.mean(axis=0, dtype=np.float64)
    targets = Points.of(Y, origin)

    def distances(rows: slice) -> Floats:
        return distances_between(Points.of(X[rows], origin), targets).astype(X.dtype, copy=False)

    return rows_of_blocks(distances, X, row_width=sum(Y.shape))


class Points(NamedTuple):
    """Rows, and what their distances need."""

    X: Floats  # (n, d)
    centred: Floats  # (n, d) x − o in float64
    norms: Floats  # (n,) ‖x − o‖²

    @classmethod
    def of(cls, X: Floats, origin: Floats) -> Self:
        """Prepare the rows X. Raises ValueError if their squared distances overflow."""
        centred = X - origin
        norms = np.einsum("ij,ij->i", centred, centred)
        check_spread(norms)
        return cls(X, centred, norms)

    def rows(self, chosen: slice) -> Self:
        """Take a slice of the rows."""
        return type(self)(self.X[chosen], self.centred[chosen], self.norms[chosen])


def distances_between(x: Points, y: Points) -> Floats:
    """Compute the distances between two sets of rows with the same origin: (n, m), in float64."""
    if x.X.shape[1] <= NARROW:
        return cdist(x.X, y.X)
    D = (-2 * x.centred) @ y.centred.T  # at first, squared distances
    D += x.norms[:, np.newaxis]
    D += y.norms
    tolerated = CLOSE * (x.norms + y.norms.max())
    close = np.flatnonzero(np.less(D, tolerated[:, np.newaxis]))
    if len(close) > MANY * D.size:
        return cdist(x.X, y.X)
    with np.errstate(invalid="ignore"):  # what rounding made negative is among the close pairs
        np.sqrt(D, out=D)
    rows, columns = np.divmod(close, len(y.X))
    D.flat[close] = np.linalg.norm(np.subtract(x.X[rows], y.X[columns], dtype=np.float64), axis=1)
    return D


def check_spread(norms: Floats, n_terms: int = 1, dtype: type[np.floating] | np.dtype = np.float64) -> None:
    """Raise ValueError if sums of `n_terms` squared distances between rows overflow, given their squared lengths."""
    largest = np.finfo(dtype).max
    if not norms.max() < largest / (4 * n_terms):  # a distance is at most twice the largest length
        raise overflowing_squares(np.dtype(dtype))
