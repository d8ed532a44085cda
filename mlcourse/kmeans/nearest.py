"""The nearest centre of every row, proven, with as little arithmetic as possible.

Symbols
-------
n, d, K    number of rows, features, clusters
X          (n, d)   rows
c          (K, d)   centres
o          (d,)     an origin in the middle of the rows
S          (n, K)   scores: ‖x − c‖² − ‖x − o‖² = ‖c − o‖² − 2 (x − o)·(c − o)
γ          relative rounding error of a score; see `rounding`

Distances to all centres cost one matrix multiplication, which loses digits where ‖x − o‖ is large beside ‖x − c‖, and
which is twice as fast in float32. Both are harmless as long as we know the error: a row whose two best scores differ
by more than the error has its label for certain. So the rows pass through three sieves, each of which keeps
only what it cannot decide: scores in float32, scores in float64, and differences x − c (`Search._finder`). The
labels are those of exact distances, to the last rounding of x − c, on any path. If there are many centres and few
features, a k-d tree of the centres takes the place of the scores.

While the centres move, most rows need not even be scored. Say that at its last check a row was at most `near` from
its own centre and at least `far` from every other one. After that check, its own centre moved by at most `drift` in
all, and any other one by at most `most`. As long as near + drift < far − most, its label stands. It also stands while
near + drift is less than half the distance from its centre to the nearest other centre.

Source: Hamerly (2010), "Making k-means even faster", SDM. The sieves are ours.
"""

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np
from scipy.spatial import cKDTree

from mlcourse.blocks import map_blocks, one_blas_thread, rows_of_blocks
from mlcourse.kmeans.distances import check_spread
from mlcourse.typing import Array, Bools, Floats, Ints

MANY = 0.6  # the share of a block's rows above which it is faster to take the block whole than to pick rows
FEW_CENTERS = 32  # up to this number, it is faster to compare whole columns of scores than to search each row
LANES = 16  # BLAS multiplies fastest if the number of columns is a multiple of this
MANY_CENTERS, NARROW = 500, 3  # from so many centres on, with up to so many features, a k-d tree is faster
FEW_NUMBERS = 2**13  # up to so many numbers in x − c, the last sieve alone is fastest
TINY, HUGE = 1e-37, 1e37  # near the ends of float32's range, no error bound holds


class Rows(NamedTuple):
    """Rows, and what every search among the same rows needs."""

    X: Floats  # (n, d)
    origin: Floats  # (d,) the weighted mean
    norms: Floats  # (n,) ‖x − o‖²
    lengths: Floats  # (n,) ‖x − o‖
    small: Floats  # (n, d) x − o in float32

    @classmethod
    def of(cls, X: Floats, w: Floats) -> Self:
        """Prepare the rows X: (n, d), with weights w: (n,)."""
        with one_blas_thread():  # so that the last digits do not depend on the number of threads
            origin = np.asarray(w @ X / w.sum(), dtype=np.float64)
        small, norms = np.empty(X.shape, dtype=np.float32), np.empty(len(X))

        def centre(rows: slice) -> None:
            D = X[rows] - origin
            np.einsum("ij,ij->i", D, D, out=norms[rows])
            with np.errstate(over="ignore"):  # infinite scores decide nothing: the next sieve takes the row
                small[rows] = D

        for _ in map_blocks(centre, X, row_width=2 * X.shape[1]):
            pass
        return cls(X, origin, norms, np.sqrt(norms), small)


class Nearest(NamedTuple):
    """For each of some rows, the nearest centre, and bounds on distances (not squared)."""

    labels: Ints  # (n,)
    near: Floats  # (n,) at least the distance to the nearest centre
    far: Floats  # (n,) at most the distance to any other centre


# ── The three sieves ──────────────────────────────────────────────────────────────────────────────


def nearest_centers(X: Floats, c: Floats) -> Ints:
    """Find the index of the nearest centre for every row: (n,) int32. Of equally near centres, it is the first."""
    if X.size * len(c) <= FEW_NUMBERS:
        D2 = squared_differences(X, c)
        check_spread(D2)
        return D2.argmin(axis=1).astype(np.int32)
    origin = X.mean(axis=0, dtype=np.float64)
    factor = Factor.of(c - origin, np.float64)

    def labels_of_block(rows: slice) -> Ints:
        D = X[rows] - origin
        norms = np.einsum("ij,ij->i", D, D)
        check_spread(norms)
        found, unsure = by_scores(D, norms, np.sqrt(norms), factor)
        left = np.flatnonzero(unsure)
        if len(left):
            found.labels[left] = by_differences(X[rows][left], c).labels
        return found.labels

    return rows_of_blocks(labels_of_block, X, row_width=sum(c.shape))


class Factor(NamedTuple):
    """The centres as the second factor of a multiplication by rows."""

    matrix: Floats  # (d, K or more) −2 (c − o), in the precision of the multiplication, and columns of zeros
    squares: Floats  # (K,) ‖c − o‖², in the same precision
    longest: float  # the largest ‖c − o‖
    error: float  # γ

    @classmethod
    def of(cls, offsets: Floats, precision: type[np.floating]) -> Self:
        """Prepare the centres minus the origin: (K, d), float64."""
        K, d = offsets.shape
        squares = np.einsum("kj,kj->k", offsets, offsets)
        matrix = np.zeros((d, K if K > FEW_CENTERS else -(-K // LANES) * LANES), dtype=precision)
        with np.errstate(over="ignore"):
            matrix[:, :K] = -2 * offsets.T
            longest = float(np.sqrt(squares.max()))
            return cls(matrix, squares.astype(precision), longest, rounding(d, precision))


def rounding(d: int, precision: type[np.floating]) -> float:
    """Bound the error of a score, relative to (‖x − o‖ + ‖c − o‖)².

    A sum of d products is wrong by at most d·ε/2 times the sum of their absolute values, in any order of summation.
    That sum is at most ‖x − o‖·‖c − o‖ (Cauchy–Schwarz), and so at most (‖x − o‖ + ‖c − o‖)² / 4. It counts twice.
    Rounding x − o, c − o and the final sums adds a few more ε.
    """
    return (d / 4 + 8) * float(np.finfo(precision).eps)


def by_scores(D: Floats, norms: Floats, lengths: Floats, factor: Factor) -> tuple[Nearest, Bools]:
    """Find the nearest centres of rows by scores, and the rows for which this is not certain.

    Parameters
    ----------
    D : array of shape (n, d)
        The rows minus the origin, in the precision of the factor.
    norms, lengths : arrays of shape (n,)
        Their squared lengths and lengths, in float64.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is not certain
        S = (D @ factor.matrix)[:, : len(factor.squares)]
        S += factor.squares
        labels, best, second = lowest_two(S)
        error = factor.error * (lengths + factor.longest) ** 2
        error += TINY
        near, far = np.sqrt(norms + best + error), np.sqrt(np.maximum(norms + second - error, 0))
        unsure = ~(second - best > 2 * error) | (error > HUGE)
    return Nearest(labels, near, far), unsure


def lowest_two(S: Floats) -> tuple[Ints, Floats, Floats]:
    """Find which column of S (n, K) is lowest in every row, and the lowest and second lowest values: three of (n,).

    If several columns are equally low, the label means nothing.
    """
    n, K = S.shape
    if K > FEW_CENTERS:
        labels, every = S.argmin(axis=1), np.arange(n)
        best = S[every, labels]
        S[every, labels] = np.inf
        return labels.astype(np.int32), best.astype(np.float64), S.min(axis=1).astype(np.float64)
    # From here on, a few operations on long columns instead of many on short rows.
    S = np.ascontiguousarray(S.T)
    best = S.min(axis=0)
    lowest = best == S
    labels, ties = np.array([np.arange(K), np.ones(K)], dtype=np.float32) @ lowest.astype(np.float32)
    np.copyto(S, np.inf, where=lowest)
    second = np.where(ties == 1, S.min(axis=0), best)
    return labels.astype(np.int32), best.astype(np.float64), second.astype(np.float64)


def by_tree(X: Floats, tree: cKDTree) -> tuple[Nearest, Bools]:
    """Find the nearest centres of the rows X in a k-d tree of the centres, and the rows for which it is a tie."""
    distances, labels = tree.query(X, k=2)
    slack = 1 + 16 * np.finfo(np.float64).eps
    near, far = distances[:, 0] * slack, distances[:, 1] / slack
    return Nearest(labels[:, 0].astype(np.int32), near, far), near >= far


def by_differences(X: Floats, c: Floats) -> Nearest:
    """Find the nearest centres from x − c itself, as exactly as the rows are given."""

    def nearest(rows: slice) -> Array:
        D2 = squared_differences(X[rows], c)
        labels, every = D2.argmin(axis=1), np.arange(len(D2))
        best = D2[every, labels]
        D2[every, labels] = np.inf
        return np.stack([labels, best, D2.min(axis=1)], axis=1)

    labels, best, second = rows_of_blocks(nearest, X, row_width=2 * c.size).T
    slack = 1 + (X.shape[1] + 8) * np.finfo(np.float64).eps
    return Nearest(labels.astype(np.int32), np.sqrt(best) * slack, np.sqrt(second) / slack)


def squared_differences(X: Floats, c: Floats) -> Floats:
    """Compute ‖x − c‖² from x − c for every row and centre: (n, K), in float64."""
    D = np.subtract(X[:, np.newaxis], c, dtype=np.float64)
    return np.einsum("ikj,ikj->ik", D, D)


# ── While the centres move ────────────────────────────────────────────────────────────────────────


class Search:
    """Keeps the nearest centre of every row up to date while the centres move. See the top of the module.

    `near` is kept minus the drift of the row's own centre at its last check, and `far` plus the largest drift, so
    that no row has to be touched when centres move.
    """

    def __init__(self, rows: Rows, n_clusters: int) -> None:
        self.rows = rows
        self.c: Floats | None = None
        self.drift, self.most = np.zeros(n_clusters), 0.0
        self.labels: Ints = np.full(len(rows.X), -1, dtype=np.int32)
        self.near = np.full(len(rows.X), np.inf)
        self.far = np.full(len(rows.X), -np.inf)

    def update(self, c: Floats) -> Ints:
        """Find the labels for the centres c: (n,) int32."""
        if self.rows.X.size * len(c) <= FEW_NUMBERS:
            self.labels = nearest_centers(self.rows.X, c)
            return self.labels
        if self.c is not None:
            shift = np.sqrt(((c.astype(np.float64) - self.c) ** 2).sum(axis=1))
            shift *= 1 + 1e-12  # so that rounding the sums of many shifts breaks no bound
            self.drift += shift
            self.most += float(shift.max())
        self.c, labels = c, self.labels.copy()
        find = self._finder(c)
        alone = half_distance_to_next(c) if len(c) > FEW_CENTERS else None

        def search(block: slice) -> None:
            own = labels[block]
            limit = self.far[block] - self.most
            if alone is not None:
                limit = np.maximum(limit, alone[own])
            indices = (~(self.near[block] + self.drift[own] < limit)).nonzero()[0]
            if not len(indices):
                return
            chosen = block if len(indices) > MANY * len(own) else indices + block.start
            labels[chosen], near, far = find(chosen)
            self.near[chosen], self.far[chosen] = near - self.drift[labels[chosen]], far + self.most

        # Large blocks, because between its many short operations Python lets only one thread run.
        for _ in map_blocks(search, self.rows.small, row_width=sum(c.shape) // 2):
            pass
        self.labels = labels
        return labels

    def _finder(self, c: Floats) -> Callable[[slice | Ints], Nearest]:
        """Return a function that finds the nearest centres of chosen rows, by the coarsest sieve that is certain."""
        X, origin, norms, lengths, small = self.rows
        if len(c) >= MANY_CENTERS and len(origin) <= NARROW:
            tree = cKDTree(c)

            def find_in_tree(chosen: slice | Ints) -> Nearest:
                found, unsure = by_tree(picked(X, chosen), tree)
                left = np.flatnonzero(unsure)
                if len(left):
                    put(found, left, by_differences(X[chosen][left], c))
                return found

            return find_in_tree
        offsets = c - origin
        single = Factor.of(offsets, np.float32)

        def find_by_scores(chosen: slice | Ints) -> Nearest:
            found, unsure = by_scores(
                picked(small, chosen), picked(norms, chosen), picked(lengths, chosen), single
            )
            left = np.flatnonzero(unsure)
            if not len(left):
                return found
            indices = left + chosen.start if isinstance(chosen, slice) else chosen[left]
            double = Factor.of(offsets, np.float64)
            again, unsure = by_scores(X[indices] - origin, norms[indices], lengths[indices], double)
            put(found, left, again)
            if unsure.any():
                put(found, left[unsure], by_differences(X[indices[unsure]], c))
            return found

        return find_by_scores


def picked(A: Floats, chosen: slice | Ints) -> Floats:
    """Take the chosen rows; without `mode`, NumPy would copy them through a buffer."""
    return A[chosen] if isinstance(chosen, slice) else np.take(A, chosen, axis=0, mode="clip")


def put(found: Nearest, places: Ints, better: Nearest) -> None:
    """Replace what was found at these places."""
    for old, new in zip(found, better):
        old[places] = new


def half_distance_to_next(c: Floats) -> Floats:
    """Bound from below half of the distance from every centre to the nearest other one: (K,)."""
    offsets = c - c.mean(axis=0, dtype=np.float64)
    norms = np.einsum("kj,kj->k", offsets, offsets)
    with np.errstate(over="ignore"):
        factor, small = Factor.of(offsets, np.float32), offsets.astype(np.float32)

    def distances(block: slice) -> Floats:  # the nearest centre is the centre itself
        found, _ = by_scores(small[block], norms[block], np.sqrt(norms[block]), factor)
        return found.far

    return rows_of_blocks(distances, small, row_width=sum(c.shape)) / 2
