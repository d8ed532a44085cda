"""How good is a clustering, and do two clusterings agree?

Symbols
-------
n, K       number of rows, clusters
a, b       (n,)   mean distance of a row to its own cluster, and to the nearest other one
"""

from collections.abc import Callable
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import pairwise_distances
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from mlcourse.blocks import map_blocks
from mlcourse.kmeans import squared_distance_to_own
from mlcourse.typing import Array, Floats, Ints, RandomState
from mlcourse.validation import FLOATS

Metric: TypeAlias = str | Callable[[Floats, Floats], float]


def silhouette_samples(X: Array, labels: Array, *, metric: Metric = "euclidean", **kwds: Any) -> Floats:
    """Compute the silhouette of every row, (b − a) / max(a, b): from −1 (wrong cluster) to 1 (well inside its own).

    A row that is alone in its cluster has silhouette 0. Source: Rousseeuw (1987), J. Comput. Appl. Math. 20.

    Parameters
    ----------
    X : array of shape (n, d), or of distances (n, n) with `metric="precomputed"`
    labels : array of shape (n,), or (m, n) for m labelings of the same rows
        Several labelings share one pass over the distances, which is nearly all of the work.
    metric : str or callable
        As in `sklearn.metrics.pairwise_distances`, which also gets `kwds`. It must be symmetric.

    Returns
    -------
    array of the shape of `labels`

    Raises
    ------
    ValueError
        If a labeling has fewer than 2 or more than n − 1 different labels.
    """
    X, labelings = check_array(X, dtype=FLOATS), np.asarray(labels)
    check_consistent_length(X, labelings.T)
    members = [_membership(labeling, X.dtype) for labeling in np.atleast_2d(labelings)]
    if metric == "euclidean":
        X = X - X.mean(axis=0)  # so that distances stay accurate for data far from zero
    if metric == "precomputed":
        _check_diagonal(X)
        sums = X @ np.hstack(members)
    else:
        sums = _summed_distances(X, np.hstack(members), metric, kwds)
    widths = np.cumsum([member.shape[1] for member in members])[:-1]
    silhouettes = [_silhouettes(part, m) for part, m in zip(np.split(sums, widths, axis=1), members)]
    return np.reshape(silhouettes, labelings.shape)


def _membership(labels: Array, dtype: np.dtype[Any]) -> Floats:
    """Which row is in which cluster: (n, K) of 0 and 1."""
    names, labels = np.unique(labels, return_inverse=True)
    if not 1 < len(names) < len(labels):
        raise ValueError(
            f"Number of labels is {len(names)}. Valid values are 2 to n_samples - 1 = {len(labels) - 1}"
            " (inclusive), because a silhouette compares a row's own cluster with another one."
        )
    return np.eye(len(names), dtype=dtype)[labels]


def _check_diagonal(D: Floats) -> None:
    if np.any(np.abs(np.diagonal(D)) > 100 * np.finfo(D.dtype).eps):
        raise ValueError(
            "The precomputed distance matrix contains non-zero elements on the diagonal; a row has distance 0 to"
            " itself. Use np.fill_diagonal(X, 0)."
        )


def _summed_distances(X: Floats, member: Floats, metric: Metric, kwds: dict[str, Any]) -> Floats:
    """Sum of the distances from every row to the members of every cluster, D @ member : (n, K).

    D is never held in memory as a whole, and each of its entries is computed only once: the distances from a block
    of rows to all later rows count for the block and, transposed, for the later rows.
    """
    sums = np.zeros(member.shape, dtype=X.dtype)

    def sums_of_block(rows: slice) -> tuple[slice, Floats, Floats]:
        D = pairwise_distances(X[rows], X[rows.start :], metric=metric, **kwds)
        return rows, D @ member[rows.start :], D[:, rows.stop - rows.start :].T @ member[rows]

    for rows, own, later in map_blocks(sums_of_block, X, row_width=1 + len(X) // 8):
        sums[rows] += own
        sums[rows.stop :] += later
    return sums


def _silhouettes(sums: Floats, member: Floats) -> Floats:
    """Silhouettes (n,) from summed distances and membership, both (n, K).

    Here a is the mean distance to the other members of the cluster, b that to the nearest other cluster.
    """
    own, sizes = member.astype(bool), member.sum(axis=0)
    own_size = member @ sizes
    a = sums[own] / np.maximum(own_size - 1, 1)  # a row does not count as its own neighbour
    b = np.where(own, np.inf, sums / sizes).min(axis=1)
    widest = np.maximum(a, b)
    alone = (own_size == 1) | (widest == 0)
    return np.where(alone, 0, (b - a) / np.where(alone, 1, widest))


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
        X, labels = check_array(X), np.asarray(labels)
        check_consistent_length(X, labels.T)
        drawn = check_random_state(random_state).permutation(len(X))[:sample_size]
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
