"""Log densities without the work that cannot change the answer.

Symbols
-------
n, d, K    number of rows, features, components
X          (n, d)      data
mu, P      (K, d), (K, d, d)   means and precision Cholesky factors, as in `mlcourse.gaussians`
y          whitened coordinates of a row for component k, (x − μₖ) Pₖ
A          (n, K)      aᵢₖ = log πₖ + log N(xᵢ | μₖ, Σₖ)
t          how far below the row maximum an aᵢₖ is negligible
B          (n, K)      lower bounds on the lengths ‖y‖

Most rows are explained by one or two components, and the exact densities of the others do not matter. Three facts
make it safe to skip them.

- If aᵢₖ is t below the row maximum, the responsibility rᵢₖ is below e⁻ᵗ. With t = log(n K / ε), all that is left out,
  in all rows and components together, adds up to less than ε, the spacing of floating-point numbers at 1.
- Pₖ is upper triangular: the first m whitened coordinates need only the first m features. The sum of their squares
  can only grow as more are added, so aᵢₖ ≤ log πₖ + log |Pₖ| − ½ (d log 2π + y₁² + … + yₘ²) for every m.
- From one round of EM to the next, θ changes little. If Σ_old − s² Σ_new is positive definite, every vector is at
  least s times as long when the new P whitens it as it was with the old one. With δ = μ_new − μ_old, by the triangle
  inequality, ‖y_new‖ ≥ s ‖y_old‖ − ‖δ P_new‖: one multiplication and one subtraction turn the last round's bound into
  this round's, without a look at the row.

So each row computes all coordinates for its home, the component that was likeliest in the last round. Most others are
negligible by their bounds; the rest compute more and more coordinates while they stay within t of the best. In the
first round there are no bounds yet, and every component computes its first coordinates. Where components overlap,
nothing is left out, and only the comparisons are added.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike

from mlcourse.blocks import BLOCK_BYTES, one_blas_thread, rows_of_blocks
from mlcourse.gaussians import centred
from mlcourse.typing import Floats, Ints

if TYPE_CHECKING:  # `steps` itself imports this module
    from mlcourse.mixture.steps import Mixture

STEP = 64  # how many coordinates to add before comparing again; tuned on data with 261 features
ROWS_OF_A_HOME = 512
BOUNDS_PER_FEATURE = 4  # bounds are kept if they take no more memory than a fraction of the data: 4 K ≤ d
SHRINKAGES = 1 - np.geomspace(0.02, 0.8, 7)  # the values tried for s, from the largest


def negligible(n: int, K: int, dtype: DTypeLike) -> float:
    """Compute t = log(n K / ε), in nats."""
    return float(np.log(n * K) - np.log(np.finfo(dtype).eps))


def worth_screening(theta: "Mixture") -> bool:
    """Tell whether there are components and coordinates to leave out."""
    K, d = theta.means.shape
    return theta.covariance_type.own_factors and K > 1 and d >= 1.5 * STEP


def row_width(theta: "Mixture", dtype: DTypeLike) -> int:
    """Choose `row_width` for `mlcourse.blocks`: how many numbers one E-step needs per row.

    If rows are screened, most of the work is on groups of rows with the same home. Blocks are then so large that a
    group has about `ROWS_OF_A_HOME` rows, enough for fast multiplications.
    """
    K, d = theta.means.shape
    if not worth_screening(theta):
        return K + d
    return min(K + d, max(3 * K, BLOCK_BYTES // (ROWS_OF_A_HOME * K * np.dtype(dtype).itemsize)))


# ── One round ─────────────────────────────────────────────────────────────────────────────────────────


def screened(
    X: Floats, mu: Floats, P: Floats, constants: Floats, t: float, bounds: "Bounds | None" = None
) -> Floats:
    """Compute A, with −∞ for every entry that is more than t below its row maximum.

    Parameters
    ----------
    X : array of shape (n, d)
    mu : array of shape (K, d)
    P : array of shape (K, d, d), upper triangular
    constants : array of shape (K,)
        log πₖ + log |Pₖ| − ½ d log 2π.
    t : float
    bounds : Bounds, optional
        What is known about these rows; it is used and updated.

    Returns
    -------
    array of shape (n, K)
    """
    n, d = X.shape
    n_steps = max(1, round(d / STEP))
    edges = [d * step // n_steps for step in range(n_steps + 1)]
    Q = np.empty((len(mu), n), dtype=np.result_type(X, mu, P)).T  # squares of lengths, or less
    constants = constants.astype(Q.dtype)
    with np.errstate(invalid="ignore", over="ignore"):  # components of weight 0, rows too far away for floats
        if bounds is None or bounds.movement is None:
            for k in range(len(mu)):
                Q[:, k] = squared_lengths(X[:, : edges[1]] - mu[k, : edges[1]], P[k], edges[:2])
            homes = (constants - 0.5 * Q).argmax(axis=1)
        else:
            np.square(bounds.moved(), out=Q)
            homes = bounds.homes
        complete_likely_entries(Q, homes, X, mu, P, constants, t, edges)
        A = constants - 0.5 * Q
        if bounds is not None:
            bounds.update(A.argmax(axis=1), np.sqrt(Q))
        floor = A.max(axis=1, keepdims=True) - t
        A[floor > A] = -np.inf
    return A


def complete_likely_entries(
    Q: Floats,
    homes: Ints,
    X: Floats,
    mu: Floats,
    P: Floats,
    constants: Floats,
    t: float,
    edges: Sequence[int],
) -> None:
    """Complete the squares of each row's home, and all others that may be within t of the row maximum."""
    best = np.empty(len(X), dtype=Q.dtype)
    for k in range(len(mu)):
        rows = np.flatnonzero(homes == k)
        q = squared_lengths(centred(X, rows, mu[k]), P[k], edges)
        Q[rows, k], best[rows] = q, constants[k] - 0.5 * q
    for k in range(len(mu)):
        highest = 2 * (constants[k] - best + t)  # with longer squares, the component is negligible
        rows = np.flatnonzero((Q[:, k] <= highest) & (homes != k))
        q = np.zeros(len(rows), dtype=Q.dtype)
        for start, stop in pairwise(edges):
            q += squared_lengths(centred(X, rows, mu[k, :stop]), P[k], (start, stop))
            Q[rows, k] = q
            likely = q <= highest[rows]
            rows, q = rows[likely], q[likely]
        best[rows] = np.maximum(best[rows], constants[k] - 0.5 * q)


def squared_lengths(D: Floats, P: Floats, edges: Sequence[int]) -> Floats:
    """Compute y²_first+1 + … + y²_last for the centred rows D = x − μ of one component.

    `edges` go from first to last; the work is done piece by piece between them, which skips the zeros below P's
    diagonal.
    """
    q = np.zeros(len(D), dtype=np.result_type(D, P))
    for start, stop in pairwise(edges):
        Y = D[:, :stop] @ P[:stop, start:stop]
        q += np.einsum("ij,ij->i", Y, Y)
    return q


# ── From one round to the next ────────────────────────────────────────────────────────────────────────


@dataclass
class Bounds:
    """What is known about some rows: their homes, and the bounds B for the θ of the last round."""

    homes: Ints  # (n,)
    B: Floats  # (n, K), in float32 to save memory
    movement: tuple[Floats, Floats] | None = None  # s and ‖δ P_new‖, each (K,); None if nothing is known yet

    def __getitem__(self, rows: slice) -> "Bounds":
        """Return the part for some rows, as a view."""
        return replace(self, homes=self.homes[rows], B=self.B[rows])

    def moved(self) -> Floats:
        """Compute the bounds for the θ of this round: s B − ‖δ P_new‖, but at least 0."""
        assert self.movement is not None
        s, shift = self.movement
        return np.fmax(s * self.B - shift, 0)  # ∞ · 0 is NaN, and counts as 0

    def update(self, homes: Ints, lengths: Floats) -> None:
        """Replace homes and bounds by those of this round."""
        self.homes[:] = homes
        largest, eps = np.finfo(np.float32).max, np.finfo(np.float32).eps
        # Rounding to float32 must not make any bound longer.
        self.B[:] = np.minimum(lengths, largest) * (1 - 2 * eps)


class Screen:
    """The bounds for n rows, handed on from each round of EM to the next."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.bounds: Bounds | None = None
        self.last: tuple[Floats, Floats] | None = None  # means and covariances for which the bounds hold

    @contextmanager
    def round(self, theta: "Mixture") -> Iterator[Bounds | None]:
        """Begin a round with θ, in which every row is screened once. None means that bounds are not worth keeping."""
        last, self.last = self.last, None  # until all rows have been screened, nothing holds
        K, d = theta.means.shape
        if not worth_screening(theta) or d < BOUNDS_PER_FEATURE * K:
            yield None
            return
        if last is None or self.bounds is None or last[0].shape != (K, d):
            B = np.empty((K, self.n), dtype=np.float32).T  # by columns, as it is used
            self.bounds = Bounds(np.empty(self.n, dtype=np.intp), B)
        else:
            # More threads would round differently, and which rows share a multiplication depends on the bounds.
            with one_blas_thread():
                self.bounds.movement = movement(*last, theta)
        yield self.bounds
        self.last = theta.means, theta.covariances


def movement(mu: Floats, Sigma: Floats, new: "Mixture") -> tuple[Floats, Floats]:
    """Find s and ‖δ P_new‖ for every component, from the old means and covariances to θ_new: (K,), (K,)."""
    delta, P = new.means - mu, new.precisions_cholesky
    shift = np.linalg.norm(delta[:, np.newaxis] @ P, axis=(1, 2))
    d = delta.shape[1]

    def shrinkage_of_some(ks: slice) -> Floats:
        return np.array([*map(shrinkage, Sigma[ks], new.covariances[ks], P[ks])])

    return rows_of_blocks(shrinkage_of_some, P, row_width=d * d), shift


def shrinkage(Sigma_old: Floats, Sigma_new: Floats, P_new: Floats) -> float:
    """Find s, so that ‖z P_new‖ ≥ s ‖z P_old‖ for every z: the largest of `SHRINKAGES` that is proved, or 0."""
    tried = bisect_left(SHRINKAGES, True, key=lambda s: is_positive_definite(Sigma_old - s**2 * Sigma_new))
    if tried == len(SHRINKAGES):
        return 0.0
    # Rounding changes Σ relative to the variances on its diagonal: by up to about d ε in each entry.
    variances, precisions = Sigma_new.diagonal(), np.einsum("ij,ij->i", P_new, P_new)
    error = 4 * len(P_new) * np.finfo(P_new.dtype).eps * (variances @ precisions)
    return float(np.sqrt(max(SHRINKAGES[tried] ** 2 - error, 0)))


def is_positive_definite(A: Floats) -> bool:
    """Tell whether A has a Cholesky factor."""
    try:
        np.linalg.cholesky(A)
    except np.linalg.LinAlgError:
        return False
    return True
