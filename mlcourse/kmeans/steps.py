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

`lloyd` itself sees no data. It is given the first step as a function from centres to labels and sums, so the same
loop serves rows in memory (`assignment_over`) and rows in files or on many machines (`mlcourse.scale`).

Source: Lloyd (1982), "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

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


@dataclass(frozen=True)
class Sums:
    """The sums over the rows of each cluster that the update needs, relative to an origin."""

    weight: Floats  # (K,)   Σ w
    offset: Floats  # (K, d) Σ w (x − origin)
    origin: Floats  # (d,)

    @classmethod
    def none(cls, n_clusters: int, origin: Floats) -> Self:
        """Return the sums over no rows."""
        return cls(np.zeros(n_clusters), np.zeros((n_clusters, len(origin))), origin)

    def __iadd__(self, other: "Sums") -> "Sums":
        """Add in place the sums over other rows, relative to the same origin."""
        for total, part in ((self.weight, other.weight), (self.offset, other.offset)):
            np.add(total, part, out=total)
        return self


def sums_after_moves(sums: Sums, X: Floats, before: Ints, now: Ints, w: Floats) -> Sums:
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
        D -= sums.origin  # in place: to allocate a second array takes longer than to subtract
        return (joined - left) @ D

    offset = sums.offset.copy()
    for change in map_blocks(change_of_block, moved, row_width=4 * X.shape[1]):
        offset += change
    return Sums(np.bincount(now, w, K).astype(np.float64), offset, sums.origin)


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


@dataclass(frozen=True)
class TopRows:
    """The m rows with the largest scores, the largest first. Those of parts add up to those of the whole."""

    m: int
    scores: Floats  # (m,), or fewer if there are not so many rows; the same holds for the others
    X: Floats  # (m, d)
    w: Floats  # (m,)
    labels: Ints  # (m,)

    @classmethod
    def of(cls, m: int, scores: Floats, X: Floats, w: Floats, labels: Ints) -> Self:
        """Find them among the rows X; of equal scores, those of the first rows."""
        rows = np.arange(len(scores))
        if m < len(scores):
            rows = np.flatnonzero(scores >= np.partition(scores, -m)[-m])
        rows = rows[np.argsort(-scores[rows], kind="stable")[:m]]
        return cls(m, scores[rows], X[rows], w[rows], labels[rows])

    def __iadd__(self, other: "TopRows") -> "TopRows":
        scores, labels = np.append(self.scores, other.scores), np.append(self.labels, other.labels)
        X, w = np.concatenate([self.X, other.X]), np.append(self.w, other.w)
        return TopRows.of(self.m, scores, X, w, labels)


def farthest(X: Floats, c: Floats, labels: Ints, w: Floats, m: int) -> TopRows:
    """Find the m rows with the largest ‖xᵢ − c_label(i)‖² that have any weight."""
    # A row without weight would leave the cluster empty.
    return TopRows.of(m, squared_distance_to_own(X, c, labels) * (w > 0), X, w, labels)


def relocate(sums: Sums, far: TopRows) -> Sums:
    """Give every empty cluster one of the rows that are far from their centres, taken from its old cluster."""
    if not far.scores.any():  # there are fewer distinct rows than clusters
        return sums
    weight, offset, origin = sums.weight.copy(), sums.offset.copy(), sums.origin
    for new, x, w, old in zip(np.flatnonzero(sums.weight == 0), far.X, far.w, far.labels):
        moved = w * (x - origin)
        offset[old] -= moved
        weight[old] -= w
        offset[new] = moved
        weight[new] = w
    return Sums(weight, offset, origin)


# ── The loop ──────────────────────────────────────────────────────────────────────────────────────


Assignment = Callable[[Floats], tuple[Ints, Sums]]


def assignment_over(X: Floats | Rows, w: Floats | None = None) -> Assignment:
    """Return the first step on these rows as a function of the centres, for `lloyd`.

    Where a cluster is empty, its sums are those of a row that is far from its centre.

    Parameters
    ----------
    X : array of shape (n, d), or its `Rows` if several runs share them
    w : array of shape (n,), default all ones
    """
    data = X.X if isinstance(X, Rows) else X
    weights = np.ones(len(data), dtype=data.dtype) if w is None else w
    rows = X if isinstance(X, Rows) else Rows.of(X, weights)
    search: Search | None = None
    sums: Sums | None = None

    def assign_rows(c: Floats) -> tuple[Ints, Sums]:
        nonlocal search, sums
        if search is None or sums is None:
            search, sums = Search(rows, len(c)), Sums.none(len(c), rows.origin)
        before = search.labels
        labels = search.update(c)
        sums = sums_after_moves(sums, data, before, labels, weights)
        n_empty = int(np.count_nonzero(sums.weight == 0))
        if n_empty:
            return labels, relocate(sums, farthest(data, c, labels, weights, n_empty))
        return labels, sums

    return assign_rows


class LloydStep(NamedTuple):
    """One iteration: the centres at its start, the labels that they give, and the new centres."""

    centers: Floats  # (K, d)
    labels: Ints  # (n,), or none if the rows are too many to keep them
    next_centers: Floats  # (K, d)


def lloyd(assign_rows: Assignment, c: Floats) -> Iterator[LloydStep]:
    """Run Lloyd's algorithm from the centres c for as long as the caller asks for steps.

    Parameters
    ----------
    assign_rows : callable
        The first step on the data, centres -> (labels, `Sums`): `assignment_over(X)` for rows in memory.
    c : array of shape (K, d)

    Yields
    ------
    LloydStep
        The inertia never rises from one step to the next.
    """
    while True:
        labels, sums = assign_rows(c)
        occupied = sums.weight > 0
        new = c.copy()
        new[occupied] = sums.origin + sums.offset[occupied] / sums.weight[occupied, np.newaxis]
        yield LloydStep(c, labels, new)
        c = new
