"""Log densities without the work that cannot change the answer.

Symbols
-------
n, d, K    number of rows, features, components
X          (n, d)      data
mu, P      (K, d), (K, d, d)   means and precision Cholesky factors, as in `mlcourse.gaussians`
y          whitened coordinates of a row for component k, (x − μₖ) Pₖ
A          (n, K)      aᵢₖ = log πₖ + log N(xᵢ | μₖ, Σₖ)
t          how far below the row maximum an aᵢₖ is negligible

Most rows are explained by one or two components, and the exact densities of the others do not matter. Two facts make
it safe to skip them.

- Pₖ is upper triangular: the first m whitened coordinates need only the first m features. The sum of their squares
  can only grow as more are added, so aᵢₖ ≤ log πₖ + log |Pₖ| − ½ (d log 2π + y₁² + … + yₘ²) for every m.
- If aᵢₖ is t below the row maximum, the responsibility rᵢₖ is below e⁻ᵗ. With t = log(n K / ε), all that is left out,
  in all rows and components together, adds up to less than ε, the spacing of floating-point numbers at 1.

So every component computes its first coordinates, the most likely one of each row computes all, and the others go on
only while their bound stays within t of it. Where components overlap, nothing is left out, and only the comparisons
are added.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from mlcourse.typing import Floats, Ints

STEP = 64  # how many coordinates to add before comparing again; tuned on data with 261 features


def negligible(n: int, K: int, dtype: DTypeLike) -> float:
    """Compute t = log(n K / ε), in nats."""
    return float(np.log(n * K) - np.log(np.finfo(dtype).eps))


def screened(X: Floats, mu: Floats, P: Floats, constants: Floats, t: float) -> Floats:
    """Compute A, with −∞ for every entry that is more than t below its row maximum.

    Parameters
    ----------
    X : array of shape (n, d)
    mu : array of shape (K, d)
    P : array of shape (K, d, d), upper triangular
    constants : array of shape (K,)
        log πₖ + log |Pₖ| − ½ d log 2π.
    t : float

    Returns
    -------
    array of shape (n, K)
    """
    n, d = X.shape
    n_steps = max(1, round(d / STEP))
    edges = [d * step // n_steps for step in range(n_steps + 1)]
    A = np.tile(constants, (n, 1)).astype(np.result_type(X, mu, P), copy=False)
    for k in range(len(mu)):
        subtract_coordinates(A, slice(None), k, X, mu, P, edges[:2])
    if n_steps > 1:
        complete_likely_entries(A, X, mu, P, edges[1:], t)
    floor = A.max(axis=1, keepdims=True) - t
    A[floor > A] = -np.inf
    return A


def complete_likely_entries(
    A: Floats, X: Floats, mu: Floats, P: Floats, edges: Sequence[int], t: float
) -> None:
    """Complete every entry of A that may be within t of its row maximum, from edges[0] coordinates to all."""
    likeliest = A.argmax(axis=1)
    for k in range(len(mu)):
        subtract_coordinates(A, np.flatnonzero(likeliest == k), k, X, mu, P, edges)
    best = A[np.arange(len(A)), likeliest]
    for k in range(len(mu)):
        rows = np.flatnonzero((A[:, k] >= best - t) & (likeliest != k))
        for step in pairwise(edges):
            subtract_coordinates(A, rows, k, X, mu, P, step)
            rows = rows[A[rows, k] >= best[rows] - t]
        best[rows] = np.maximum(best[rows], A[rows, k])


def subtract_coordinates(
    A: Floats, rows: Ints | slice, k: int, X: Floats, mu: Floats, P: Floats, edges: Sequence[int]
) -> None:
    """Subtract ½ (y²_first+1 + … + y²_last) from the entries of component k in the given rows.

    `edges` go from first to last; the work is done piece by piece between them, which skips the zeros below P's
    diagonal.
    """
    D = X[rows, : edges[-1]] - mu[k, : edges[-1]]
    for start, stop in pairwise(edges):
        Y = D[:, :stop] @ P[k, :stop, start:stop]
        A[rows, k] -= 0.5 * np.einsum("ij,ij->i", Y, Y)
