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
from scipy.sparse import csr_array

from mlcourse.blocks import row_blocks

# ── The two steps ─────────────────────────────────────────────────────────────────────────────────


def assign(X, c) -> np.ndarray:
    """The index of the nearest centre for every row: (n,) int32.

    ‖x − c‖² = ‖x − o‖² − 2 x·(c − o) + terms of c alone, for any origin o; the first term is the same for all
    centres and is left out. With o in the midst of the centres nothing cancels when the data lie far from zero.
    """
    o = c.mean(axis=0)
    slopes = -2 * (c - o).T
    offsets = np.einsum("kj,kj->k", c - o, c + o)
    labels = np.empty(len(X), dtype=np.int32)
    for rows in row_blocks(X, row_width=sum(c.shape)):
        labels[rows] = np.argmin(X[rows] @ slopes + offsets, axis=1)
    return labels


class Sums(NamedTuple):
    """What the update needs to know of the rows: sums about the centres `c` they are assigned to."""

    weight: np.ndarray  # (K,)   Σ w over a cluster's rows
    offset: np.ndarray  # (K, d) Σ w (x − c)
    inertia: float  # Σ w ‖x − c‖²


def sums_about(X, c, labels, w) -> Sums:
    """Weight, weighted offset from the centre, and inertia of every cluster's rows."""
    weight = np.bincount(labels, weights=w, minlength=len(c)).astype(X.dtype)
    offset, inertia = np.zeros_like(c), 0.0
    for rows in row_blocks(X, row_width=2 * X.shape[1]):
        D = X[rows] - c[labels[rows]]
        members = csr_array((w[rows], (labels[rows], np.arange(len(D)))), shape=(len(c), len(D)))
        offset += members @ D
        inertia += float(w[rows] @ np.einsum("ij,ij->i", D, D))
    return Sums(weight, offset, inertia)


def squared_distance_to_own(X, c, labels) -> np.ndarray:
    """‖xᵢ − c_label(i)‖² for every row: (n,)."""
    distances = np.empty(len(X), dtype=X.dtype)
    for rows in row_blocks(X, row_width=2 * X.shape[1]):
        D = X[rows] - c[labels[rows]]
        np.einsum("ij,ij->i", D, D, out=distances[rows])
    return distances


def relocate_empty(X, c, labels, w, sums: Sums) -> Sums:
    """Give every empty cluster the row that lies farthest from its own centre, and take it from its old one."""
    empty = np.flatnonzero(sums.weight == 0)
    if not len(empty):
        return sums
    weight, offset = sums.weight.copy(), sums.offset.copy()
    distances = squared_distance_to_own(X, c, labels)
    farthest = np.argpartition(distances, -len(empty))[: -len(empty) - 1 : -1]
    for new, row in zip(empty, farthest):
        old = labels[row]
        offset[old] -= w[row] * (X[row] - c[old])
        weight[old] -= w[row]
        offset[new] = w[row] * (X[row] - c[new])
        weight[new] = w[row]
    return Sums(weight, offset, sums.inertia)


class LloydStep(NamedTuple):
    """One iteration: the centres it began with, the labels they give, and the centres that follow."""

    centers: np.ndarray  # (K, d)
    labels: np.ndarray  # (n,)
    inertia: float  # of `labels` about `centers`
    next_centers: np.ndarray  # (K, d)


def lloyd(X, c, w=None) -> Iterator[LloydStep]:
    """Run Lloyd's algorithm from the centres c for as long as the caller asks for steps.

    Parameters
    ----------
    X : array of shape (n, d)
    c : array of shape (K, d)
    w : array of shape (n,), default all ones

    Yields
    ------
    LloydStep
        The inertia never rises from one to the next, unless an empty cluster was relocated.
    """
    w = np.ones(len(X), dtype=X.dtype) if w is None else w
    while True:
        labels = assign(X, c)
        sums = sums_about(X, c, labels, w)
        inertia = sums.inertia
        weight, offset, _ = relocate_empty(X, c, labels, w, sums)
        alive = weight > 0
        new = c.copy()
        new[alive] += offset[alive] / weight[alive, np.newaxis]
        yield LloydStep(c, labels, inertia, new)
        c = new
