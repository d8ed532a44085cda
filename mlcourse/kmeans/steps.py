"""Lloyd's algorithm for k-means: assign, update, repeat.

Symbols
-------
n, d, K    number of rows, features, clusters
X          (n, d)   data
w          (n,)     sample weights
c          (K, d)   centres
labels     (n,)     the nearest centre of every row

Lloyd's algorithm repeats two steps, and neither can raise the inertia Σᵢ wᵢ ‖xᵢ − c_label(i)‖²:

    assign    label(i) = argminₖ ‖xᵢ − cₖ‖²                 `assign`, and `mlcourse.kmeans.nearest`
    update    cₖ = mean of the rows with label k            `lloyd`

Source: Lloyd (1982), "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse

from mlcourse.blocks import map_blocks, rows_of_blocks
from mlcourse.kmeans.nearest import Rows, Search, nearest_centers, picked
from mlcourse.typing import Floats, Ints

SMALL_TABLE = 2**12  # up to this size, a sparse table costs more to make than it saves

# ── The two steps ─────────────────────────────────────────────────────────────────────────────────


def assign(X: Floats, c: Floats) -> Ints:
    """Find the index of the nearest centre for every row: (n,) int32. Of equally near centres, it is the first."""
    return nearest_centers(X, c)


class Sums(NamedTuple):
    """The sums over the rows of each cluster that the update needs, relative to an origin."""

    weight: Floats  # (K,)   Σ w
    offset: Floats  # (K, d) Σ w (x − origin)


def sums_after_moves(sums: Sums, X: Floats, before: Ints, now: Ints, w: Floats, origin: Floats) -> Sums:
    """Update the sums from the labels `before` to the labels `now`; −1 in `before` means no label yet.

    Only rows with a new label are processed; these are few when the algorithm has almost converged.
    """
    moved, K = (before != now).nonzero()[0], len(sums.weight)
    if not len(moved):
        return sums

    def change_of_block(block: slice) -> Floats:
        rows = moved[block]
        joined, left = (weight_at_label(labels[rows], w[rows], K) for labels in (now, before))
        D = picked(X, rows).astype(np.float64, copy=False)
        D -= origin  # in place: to allocate a second array takes longer than to subtract
        return (joined - left) @ D

    offset = sums.offset.copy()
    for change in map_blocks(change_of_block, moved, row_width=4 * X.shape[1]):
        offset += change
    return Sums(np.bincount(now, w, K).astype(np.float64), offset)


def weight_at_label(labels: Ints, w: Floats, K: int) -> Floats | sparse.csc_array:
    """Tabulate the weight of every row at its label, and 0 elsewhere: (K, n). Rows with label −1 have no weight.

    A large table is sparse, so that the work does not grow with K.
    """
    if K * len(labels) <= SMALL_TABLE:
        return np.where(np.arange(K)[:, np.newaxis] == labels, w, 0)
    labelled = labels >= 0
    ends = np.concatenate([[0], np.cumsum(labelled)])
    return sparse.csc_array((w[labelled], labels[labelled], ends), shape=(K, len(labels)))


def squared_distance_to_own(X: Floats, c: Floats, labels: Ints) -> Floats:
    """Compute ‖xᵢ − c_label(i)‖² for every row: (n,)."""

    def distances(rows: slice) -> Floats:
        D = c[labels[rows]]
        np.subtract(X[rows], D, out=D)
        return np.einsum("ij,ij->i", D, D)

    return rows_of_blocks(distances, X, row_width=2 * X.shape[1])


def inertia_of(X: Floats, c: Floats, labels: Ints, w: Floats) -> float:
    """Compute Σᵢ wᵢ ‖xᵢ − c_label(i)‖²."""
    return float((w * squared_distance_to_own(X, c, labels)).sum())


def relocate_empty(X: Floats, c: Floats, labels: Ints, w: Floats, origin: Floats, sums: Sums) -> Sums:
    """Give every empty cluster one of the rows that are farthest from their centres, taken from its old cluster."""
    empty = (sums.weight == 0).nonzero()[0]
    if not len(empty):
        return sums
    weight, offset = sums.weight.copy(), sums.offset.copy()
    # A row without weight would leave the cluster empty.
    distances = squared_distance_to_own(X, c, labels) * (w > 0)
    if distances.max() == 0:  # there are fewer distinct rows than clusters
        return sums
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


def lloyd(X: Floats | Rows, c: Floats, w: Floats | None = None) -> Iterator[LloydStep]:
    """Run Lloyd's algorithm from the centres c for as long as the caller asks for steps.

    Parameters
    ----------
    X : array of shape (n, d), or its `Rows` if several runs share them
    c : array of shape (K, d)
    w : array of shape (n,), default all ones

    Yields
    ------
    LloydStep
        The inertia never rises from one step to the next.
    """
    data = X.X if isinstance(X, Rows) else X
    if w is None:
        w = np.ones(len(data), dtype=data.dtype)
    rows = X if isinstance(X, Rows) else Rows.of(X, w)
    origin = rows.origin
    search = Search(rows, len(c))
    sums = Sums(np.zeros(len(c)), np.zeros(c.shape))
    while True:
        before = search.labels
        labels = search.update(c)
        sums = sums_after_moves(sums, data, before, labels, w, origin)
        weight, offset = relocate_empty(data, c, labels, w, origin, sums)
        occupied = weight > 0
        new = c.copy()
        new[occupied] = origin + offset[occupied] / weight[occupied, np.newaxis]
        yield LloydStep(c, labels, new)
        c = new
