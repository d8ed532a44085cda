"""How good is a clustering, and do two clusterings agree?

Symbols
-------
n, K       number of rows, clusters
a, b       (n,)   mean distance of a row to its own cluster, and to the nearest other one
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array, issparse
from sklearn.metrics import pairwise_distances
from sklearn.utils import assert_all_finite, check_array, check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from mlcourse.blocks import map_blocks, rows_of_blocks
from mlcourse.gaussians import Dense
from mlcourse.kmeans import squared_distance_to_own
from mlcourse.typing import Array, Floats, Ints, RandomState
from mlcourse.validation import FLOATS

Metric: TypeAlias = str | Callable[[Floats, Floats], float]
FEW = 64  # up to this many clusters, one product with their members is the fastest way to sum distances


@dataclass
class Labeling:
    """One labeling of the rows, by the numbers 0 to K − 1."""

    labels: Ints  # (n,)
    sizes: Ints  # (K,)

    @cached_property
    def members(self) -> Floats:
        """Which row is in which cluster: (n, K) of 0 and 1."""
        return np.eye(len(self.sizes))[self.labels]

    @cached_property
    def sparse_members(self) -> Any:
        """The same as a sparse matrix (K, n)."""
        n = len(self.labels)
        return csr_array((np.ones(n), (self.labels, np.arange(n))), shape=(len(self.sizes), n))

    def sums(self, D: Floats) -> Floats:
        """Sum the distances D (n, m) over the members of each cluster: (m, K)."""
        return D.T @ self.members if len(self.sizes) <= FEW else (self.sparse_members @ D).T

    def silhouettes(self, sums: Floats, rows: slice) -> Floats:
        """Compute the silhouettes (m,) of these rows from their summed distances (m, K), which are overwritten.

        Here a is the mean distance to the other members of the cluster, b that to the nearest other cluster.
        """
        own = self.labels[rows]
        here = np.arange(len(own)), own
        a = sums[here] / np.maximum(self.sizes[own] - 1, 1)  # a row does not count as its own neighbour
        sums /= self.sizes
        sums[here] = np.inf
        b = sums.min(axis=1)
        widest = np.maximum(a, b)
        alone = (self.sizes[own] == 1) | (widest == 0)
        return np.where(alone, 0, (b - a) / np.where(alone, 1, widest))


def silhouette_samples(X: Array, labels: Array, *, metric: Metric = "euclidean", **kwds: Any) -> Floats:
    """Compute the silhouette of every row, (b − a) / max(a, b): from −1 (wrong cluster) to 1 (well inside its own).

    A row that is alone in its cluster has silhouette 0. Source: Rousseeuw (1987), J. Comput. Appl. Math. 20.

    Parameters
    ----------
    X : array of shape (n, d); with `metric="precomputed"`, array or sparse matrix of distances (n, n)
    labels : array of shape (n,), or (m, n) for m labelings of the same rows
        Several labelings share one pass over the distances, which is nearly all of the work.
    metric : str or callable
        As in `sklearn.metrics.pairwise_distances`, which also gets `kwds`. It must be symmetric, and the distance of
        a row to itself is 0. "seuclidean" and "mahalanobis" take their variances from all rows.

    Returns
    -------
    array of the shape of `labels`

    Raises
    ------
    ValueError
        If a labeling has fewer than 2 or more than n − 1 different labels, or NaN; if precomputed distances are not
        square, negative, or not 0 on the diagonal.
    """
    precomputed = metric == "precomputed"
    dtype, accept_sparse = (FLOATS, "csc") if precomputed else (np.float64, False)
    X = check_array(X, dtype=dtype, accept_sparse=accept_sparse)
    labelings = np.asarray(labels)
    check_consistent_length(X, labelings.T)
    if precomputed:
        _check_distances(X)
    else:
        X, metric = _as_euclidean(X, metric, kwds)
    if metric == "euclidean":
        left, right = _factors_of_squares(X)
    numbered = [_numbered(labeling) for labeling in np.atleast_2d(labelings)]

    def distances(first: int, rows: slice) -> Floats:
        """From all rows, beginning with the first one, to these."""
        if precomputed:
            return _dense(X[:, rows])
        if metric == "euclidean":
            D = left[first:] @ right[rows].T
            np.sqrt(np.maximum(D, 0, out=D), out=D)
        else:
            D = pairwise_distances(X[first:], X[rows], metric=metric, **kwds)
        D[np.arange(rows.start - first, rows.stop - first), np.arange(D.shape[1])] = 0
        return D

    def silhouettes(rows: slice) -> Floats:
        D = distances(0, rows)
        return np.column_stack([one.silhouettes(one.sums(D), rows) for one in numbered])

    n, n_clusters = X.shape[0], sum(len(one.sizes) for one in numbered)
    if precomputed or n_clusters > FEW:
        found = rows_of_blocks(silhouettes, np.empty(n), row_width=n + n_clusters).T
    else:
        members = [one.members for one in numbered]
        sums = _summed_distances(distances, np.hstack(members))
        widths = np.cumsum([member.shape[1] for member in members])[:-1]
        parts = zip(numbered, np.split(sums, widths, axis=1))
        found = np.array([one.silhouettes(part, slice(None)) for one, part in parts])
    return np.reshape(found, labelings.shape)


def _dense(D: Any) -> Floats:
    return D.toarray() if issparse(D) else D


def _factors_of_squares(X: Floats) -> tuple[Floats, Floats]:
    """Return matrices (n, d + 2) with ‖x − y‖² = (−2 x, ‖x‖², 1)ᵀ (y, 1, ‖y‖²), all distances in a single product."""
    squares, ones = np.einsum("ij,ij->i", X, X), np.ones(len(X))
    return np.column_stack([-2 * X, squares, ones]), np.column_stack([X, ones, squares])


def _numbered(labels: Array) -> Labeling:
    """The labels as numbers, checked."""
    assert_all_finite(labels, input_name="labels")
    names, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if not 1 < len(names) < len(labels):
        raise ValueError(
            f"Number of labels is {len(names)}. Valid values are 2 to n_samples - 1 = {len(labels) - 1}"
            " (inclusive), because a silhouette compares a row's own cluster with another one."
        )
    return Labeling(labels, sizes)


def _check_distances(D: Any) -> None:
    if D.shape[0] != D.shape[1]:
        raise ValueError(
            f"Precomputed distances must be a square matrix, one row and one column per point, not {D.shape}."
        )
    if np.any(np.abs(D.diagonal()) > 100 * np.finfo(D.dtype).eps):
        raise ValueError(
            "The precomputed distance matrix contains non-zero elements on the diagonal; a row has distance 0 to"
            " itself. Use np.fill_diagonal(X, 0)."
        )
    if (lowest := D.min()) < 0:
        raise ValueError(f"Precomputed distances must not be negative, but the lowest is {lowest:.6g}.")


def _as_euclidean(X: Floats, metric: Metric, kwds: dict[str, Any]) -> tuple[Floats, Metric]:
    """Transform the rows so that a metric with parameters from all rows becomes the Euclidean one."""
    if metric == "seuclidean" and "V" not in kwds:
        deviation = X.std(axis=0, ddof=1)
        return (X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1), "euclidean"
    if metric == "mahalanobis" and "VI" not in kwds:
        try:
            P = Dense.factor(np.atleast_2d(np.cov(X.T)))
        except np.linalg.LinAlgError:
            raise ValueError(
                "The covariance of X is singular, so metric='mahalanobis' has no distances: leave out features that"
                " never vary or are determined by others, or pass VI."
            ) from None
        return Dense.whiten(X - X.mean(axis=0), P.astype(X.dtype)), "euclidean"
    if metric == "euclidean":
        return X - X.mean(axis=0), metric  # so that distances stay accurate for data far from zero
    return X, metric


def _summed_distances(distances: Callable[[int, slice], Floats], members: Floats) -> Floats:
    """Sum of the distances from every row to the members of every cluster, D @ members : (n, K).

    D is never held in memory as a whole, and each of its entries is computed only once: the distances from a block
    of rows to all later rows count for the block and, transposed, for the later rows.
    """
    sums = np.zeros(members.shape, dtype=members.dtype)

    def sums_of_block(rows: slice) -> tuple[slice, Floats, Floats]:
        D = distances(rows.start, rows)
        return rows, D.T @ members[rows.start :], D[rows.stop - rows.start :] @ members[rows]

    for rows, own, later in map_blocks(sums_of_block, members, row_width=1 + len(members) // 8):
        sums[rows] += own
        sums[rows.stop :] += later
    return sums


@validate_params(
    {"sample_size": [Interval(Integral, 1, None, closed="left"), None], "random_state": ["random_state"]},
    prefer_skip_nested_validation=True,
)
def silhouette_score(
    X: Array,
    labels: Array,
    *,
    metric: Metric = "euclidean",
    sample_size: int | None = None,
    random_state: RandomState = None,
    **kwds: Any,
) -> float | Floats:
    """Compute the mean silhouette of all rows, or of `sample_size` rows drawn without replacement.

    Parameters and errors as in `silhouette_samples`.

    Returns
    -------
    float, or array of shape (m,) for m labelings
    """
    if sample_size is not None:
        X, labels = check_array(X, accept_sparse="csr"), np.asarray(labels)
        check_consistent_length(X, labels.T)
        drawn = check_random_state(random_state).permutation(X.shape[0])[:sample_size]
        X, labels = (X[np.ix_(drawn, drawn)] if metric == "precomputed" else X[drawn]), labels[..., drawn]
    score = np.mean(silhouette_samples(X, labels, metric=metric, **kwds), axis=-1)
    return float(score) if score.ndim == 0 else score


def inertia(X: Array, centers: Array, labels: Array) -> float:
    """Sum the squared distances from the rows to the centres of their labels, in squared units of X."""
    X = check_array(X, dtype=FLOATS)
    return float(squared_distance_to_own(X, np.asarray(centers, dtype=X.dtype), np.asarray(labels)).sum())


def match_labels(reference: Array, labels: Array) -> Array:
    """Rename `labels` so that they agree with `reference` in as many rows as possible.

    Cluster numbers are arbitrary: two equal clusterings may call the same group 0 and 2. The best renaming is an
    assignment problem, solved by the Hungarian algorithm (Kuhn, 1955) in SciPy.

    Parameters
    ----------
    reference, labels : arrays of shape (n,)

    Returns
    -------
    array of shape (n,)
        If `reference` has fewer groups (labelled by integers), groups of `labels` without a partner get new integers,
        above all labels in `reference`.

    Raises
    ------
    ValueError
        If the two differ in length.
    """
    reference, labels = np.asarray(reference), np.asarray(labels)
    if reference.shape != labels.shape:
        raise ValueError(
            f"reference has shape {reference.shape}, labels has {labels.shape}: pass one label per row in both."
        )
    names, row = np.unique(reference, return_inverse=True)
    groups, column = np.unique(labels, return_inverse=True)
    overlap = np.zeros((len(names), len(groups)), dtype=int)
    np.add.at(overlap, (row, column), 1)
    matched, partners = linear_sum_assignment(overlap, maximize=True)
    renamed = dict(zip(partners, names[matched]))
    left_over = sorted(set(range(len(groups))) - set(renamed))
    renamed.update({group: names.max() + place for place, group in enumerate(left_over, start=1)})
    return np.array([renamed[group] for group in range(len(groups))], dtype=names.dtype)[column]


def align_components(reference: object, means: object) -> Ints:
    """Find the order in which `means` are closest to `reference`: `means[order]` lines up with it.

    Parameters
    ----------
    reference, means : arrays of shape (K, d), or anything with `means_` or `means`
        Two fits of the same mixture, whose components may come in any of K! orders.

    Returns
    -------
    array of shape (K,), the permutation with the smallest sum of squared distances between matched means.

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    reference, means = _means_of(reference), _means_of(means)
    if reference.shape != means.shape:
        raise ValueError(
            f"reference has means of shape {reference.shape}, but means has {means.shape}: compare mixtures with"
            " the same number of components and features."
        )
    gaps = reference[:, np.newaxis] - means
    return linear_sum_assignment(np.einsum("rkj,rkj->rk", gaps, gaps))[1]


def _means_of(mixture: object) -> Floats:
    for name in ("means_", "means"):
        mixture = getattr(mixture, name, mixture)
    return np.asarray(mixture)
