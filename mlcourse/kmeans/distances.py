"""Euclidean distances that are as accurate as the data.

Symbols
-------
X, Y       (n, d), (m, d)   two sets of rows
o          (d,)             an origin in the middle of them

‖x − y‖² = ‖x − o‖² − 2 (x − o)·(y − o) + ‖y − o‖² turns distances into a matrix multiplication. It loses digits where
x and y are close together but far from o: the distance from a point to itself may come out as 10⁻⁸. Such pairs,
usually few, are computed again from x − y.
"""

import numpy as np
from scipy.spatial.distance import cdist

from mlcourse.blocks import rows_of_blocks
from mlcourse.typing import Floats

CLOSE = 1e-5  # of the squared distance to the origin; beyond it, at least ten of float64's sixteen digits are right
MANY = 0.02  # the share of close pairs above which it is faster to subtract all pairs
NARROW = 4  # up to this number of features, it always is


def euclidean_distances(X: Floats, Y: Floats) -> Floats:
    """Compute the distance from every row of X to every row of Y: (n, m), in X's dtype."""
    origin = Y.mean(axis=0, dtype=np.float64)

    def distances(rows: slice) -> Floats:
        return block_of_distances(X[rows], Y, origin).astype(X.dtype, copy=False)

    return rows_of_blocks(distances, X, row_width=sum(Y.shape))


def block_of_distances(X: Floats, Y: Floats, origin: Floats) -> Floats:
    """Compute the distances between a few rows X and the rows Y in float64: (n, m)."""
    if X.shape[1] <= NARROW:
        return cdist(X, Y)
    A, B = X - origin, Y - origin
    a, b = np.einsum("ij,ij->i", A, A), np.einsum("ij,ij->i", B, B)
    D = (-2 * A) @ B.T  # at first, squared distances
    D += a[:, np.newaxis]
    D += b
    close = np.flatnonzero(np.less(D, (CLOSE * (a + b.max()))[:, np.newaxis]))
    if len(close) > MANY * D.size:
        return cdist(X, Y)
    np.sqrt(np.maximum(D, 0, out=D), out=D)
    rows, columns = np.divmod(close, len(Y))
    D.flat[close] = np.linalg.norm(np.subtract(X[rows], Y[columns], dtype=np.float64), axis=1)
    return D
