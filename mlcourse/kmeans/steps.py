"""Lloyd's algorithm for k-means: assign, update, repeat.

Symbols
-------
n, d, K    number of rows, features, clusters
X          (n, d)   data
w          (n,)     sample weights
c          (K, d)   centres
labels     (n,)     the nearest centre of every row

Lloyd's algorithm repeats two steps, and neither can raise the inertia Σᵢ wᵢ ‖xᵢ − c_label(i)‖²:

    assign    label(i) = argminₖ ‖xᵢ − cₖ‖²                 `assign`
    update    cₖ = mean of the rows with label k            `lloyd`

Source: Lloyd (1982), "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mlcourse.blocks import map_blocks, rows_of_blocks
from mlcourse.typing import Floats, Ints

# ── The two steps ─────────────────────────────────────────────────────────────────────────────────


def assign(X: Floats, c: Floats) -> Ints:
    """Find the index of the nearest centre for every row: (n,) int32."""
    origin = X.mean(axis=0)

    def nearest(rows: slice) -> Ints:
        return np.argmin(scores(X[rows], c, origin), axis=1).astype(np.int32)

    return rows_of_blocks(nearest, X, row_width=sum(c.shape))


def scores(X: Floats, c: Floats, origin: Floats) -> Floats:
    """Compute ‖x − c‖² − ‖x − origin‖² for every row and centre: (n, K).

    This is −2 x·(c − origin) plus terms in c alone. An origin in the middle of the rows keeps it accurate if the data
    are far from zero.
    """
    return X @ (-2 * (c - origin).T) + np.einsum("kj,kj->k", c - origin, c + origin)


class Search:
    """Finds the nearest centre of every row while the centres move, and skips rows whose label cannot have changed.

    For every row we know the gap between the distances to its nearest and its second nearest centre. As long as no
    centre has since moved more than half of that gap, the nearest one is still the nearest (Hamerly, 2010, "Making
    k-means even faster", SDM). So one number per row, plus one for how far the centres have drifted, is enough to
    decide which rows to check.
    """

    def __init__(self, X: Floats) -> None:
        self.X, self.origin = X, X.mean(axis=0)
        self.norms = squared_distance_to_own(X, self.origin[np.newaxis], np.zeros(len(X), dtype=int))
        self.labels = np.full(len(X), -1, dtype=np.int32)
        self.drift = 0.0
        self.safe = np.full(len(X), -np.inf)  # the drift up to which a row's label is certainly right
        self.c: Floats | None = None

    def update(self, c: Floats) -> None:
        """Find the labels for the centres c."""
        if self.c is not None:
            self.drift += float(np.sqrt(np.max(np.sum((c - self.c) ** 2, axis=1))))
        self.c = c
        stale = np.flatnonzero(self.safe <= self.drift)
        labels = self.labels.copy()

        def search(block: slice) -> tuple[Ints, Ints, Floats]:
            rows = stale[block]
            return rows, *nearest_and_gap(self.X[rows], c, self.origin, self.norms[rows])

        for rows, nearest, gap in map_blocks(search, stale, row_width=sum(c.shape)):
            labels[rows], self.safe[rows] = nearest, self.drift + gap / 2
        self.labels = labels


def nearest_and_gap(X: Floats, c: Floats, origin: Floats, norms: Floats) -> tuple[Ints, Floats]:
    """Find every row's nearest centre, and a lower bound on how much farther the second nearest is: both (n,).

    `norms` are the rows' squared distances from the origin. The bound allows for rounding errors.
    """
    S = scores(X, c, origin)
    labels, every = np.argmin(S, axis=1), np.arange(len(X))
    best = S[every, labels]
    S[every, labels] = np.inf
    rounding = 8 * X.shape[1] * np.finfo(X.dtype).eps * (norms + np.max((c - origin) ** 2) * X.shape[1])
    far = np.sqrt((norms + S.min(axis=1) - rounding).clip(min=0))
    return labels, far - np.sqrt((norms + best + rounding).clip(min=0))


class Sums(NamedTuple):
    """The sums over the rows of each cluster that the update needs, relative to an origin."""

    weight: Floats  # (K,)   Σ w
    offset: Floats  # (K, d) Σ w (x − origin)


def sums_after_moves(sums: Sums, X: Floats, before: Ints, now: Ints, w: Floats, origin: Floats) -> Sums:
    """Update the sums from the labels `before` to the labels `now`; −1 in `before` means no label yet.

    Only rows with a new label are processed; these are few when the algorithm has almost converged. For each block, a
    table with +1 where a row joins a cluster and −1 where it leaves, times the rows, gives all K changes at once.
    """
    moved, clusters = np.flatnonzero(before != now), np.arange(len(sums.weight))

    def change_of_block(block: slice) -> Floats:
        rows = moved[block]
        joined, left = (labels[rows, np.newaxis] == clusters for labels in (now, before))
        change = np.subtract(joined, left, dtype=X.dtype) * w[rows, np.newaxis]
        return change.T @ X[rows] - change.sum(axis=0)[:, np.newaxis] * origin

    offset = sums.offset.copy()
    for change in map_blocks(change_of_block, moved, row_width=sum(offset.shape)):
        offset += change
    return Sums(np.bincount(now, weights=w, minlength=len(clusters)).astype(X.dtype), offset)


def squared_distance_to_own(X: Floats, c: Floats, labels: Ints) -> Floats:
    """Compute ‖xᵢ − c_label(i)‖² for every row: (n,)."""

    def distances(rows: slice) -> Floats:
        D = X[rows] - c[labels[rows]]
        return np.einsum("ij,ij->i", D, D)

    return rows_of_blocks(distances, X, row_width=2 * X.shape[1])


def inertia_of(X: Floats, c: Floats, labels: Ints, w: Floats) -> float:
    """Compute Σᵢ wᵢ ‖xᵢ − c_label(i)‖²."""
    return float(np.dot(w, squared_distance_to_own(X, c, labels)))


def relocate_empty(X: Floats, c: Floats, labels: Ints, w: Floats, origin: Floats, sums: Sums) -> Sums:
    """Give every empty cluster one of the rows that are farthest from their centres, taken from its old cluster."""
    empty = np.flatnonzero(sums.weight == 0)
    if not len(empty):
        return sums
    weight, offset = sums.weight.copy(), sums.offset.copy()
    # A row without weight would leave the cluster empty.
    distances = squared_distance_to_own(X, c, labels) * (w > 0)
    farthest = np.argpartition(distances, -len(empty))[: -len(empty) - 1 : -1]
    for new, row in zip(empty, farthest):
        old, moved = labels[row], w[row] * (X[row] - origin)
        offset[old] -= moved
        weight[old] -= w[row]
        offset[new] = moved
        weight[new] = w[row]
    return Sums(weight, offset)


class LloydStep(NamedTuple):
    """One iteration: the centres at its start, the labels that they give, and the new centres."""

    centers: Floats  # (K, d)
    labels: Ints  # (n,)
    next_centers: Floats  # (K, d)


def lloyd(X: Floats, c: Floats, w: Floats | None = None) -> Iterator[LloydStep]:
    """Run Lloyd's algorithm from the centres c for as long as the caller asks for steps.

    Parameters
    ----------
    X : array of shape (n, d)
    c : array of shape (K, d)
    w : array of shape (n,), default all ones

    Yields
    ------
    LloydStep
        The inertia never rises from one step to the next.
    """
    w = np.ones(len(X), dtype=X.dtype) if w is None else w
    search = Search(X)
    sums = Sums(np.zeros(len(c)), np.zeros_like(c))
    while True:
        before = search.labels
        search.update(c)
        labels, origin = search.labels, search.origin
        sums = sums_after_moves(sums, X, before, labels, w, origin)
        weight, offset = relocate_empty(X, c, labels, w, origin, sums)
        occupied = weight > 0
        new = c.copy()
        new[occupied] = origin + offset[occupied] / weight[occupied, np.newaxis]
        yield LloydStep(c, labels, new)
        c = new
