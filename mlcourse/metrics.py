"""How good is a clustering, and do two clusterings agree?

Symbols
-------
n, K       number of rows, clusters
a, b       (n,)   mean distance of a row to its own cluster, and to the nearest other one
"""

from collections.abc import Callable
from numbers import Integral
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import pairwise_distances
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from mlcourse.blocks import map_blocks, rows_of_blocks
from mlcourse.gaussians import Dense
from mlcourse.kmeans import squared_distance_to_own
from mlcourse.kmeans.distances import Points, distances_between
from mlcourse.typing import Array, Floats, Ints, RandomState
from mlcourse.validation import FLOATS

Metric: TypeAlias = str | Callable[[Floats, Floats], float]
Distances: TypeAlias = Callable[[slice, slice], Array]  # between the rows in two slices

MANY_CLUSTERS = 64  # beyond, sums over all clusters for all rows would be most of the work and of the memory


def silhouette_samples(X: Array, labels: Array, *, metric: Metric = "euclidean", **kwds: Any) -> Floats:
    """Compute the silhouette of every row, (b − a) / max(a, b): from −1 (wrong cluster) to 1 (well inside its own).

    A row that is alone in its cluster has silhouette 0. Source: Rousseeuw (1987), J. Comput. Appl. Math. 20.

    Parameters
    ----------
    X : array of shape (n, d), or of distances (n, n) with `metric="precomputed"`
        It may be sparse, as in scikit-learn. Distances that are not stored count as 0.
    labels : array of shape (n,), or (m, n) for m labelings of the same rows
        Several labelings share one pass over the distances, which is nearly all of the work.
    metric : str or callable
        As in `sklearn.metrics.pairwise_distances`, which also gets `kwds`. It must be symmetric. What "seuclidean"
        and "mahalanobis" need to know about all rows is computed from X, if `kwds` does not give it.

    Returns
    -------
    array of the shape of `labels`

    Raises
    ------
    ValueError
        If a labeling has fewer than 2 or more than n − 1 different labels, or NaN, or if X cannot be distances.
    """
    precomputed = isinstance(metric, str) and metric == "precomputed"
    X = check_array(X, dtype=FLOATS, accept_sparse="csr")
    labelings = np.asarray(labels)
    if labelings.shape[-1:] != X.shape[:1]:
        check_consistent_length(X, labelings.T)
    clusterings = [Clustering.of(labeling) for labeling in np.atleast_2d(labelings)]
    if precomputed:
        _check_distances(X)
        distances = _rows_of(X)
    else:
        distances = _distance_function(X, metric, kwds)
    if sparse.issparse(X) or sum(len(one.sizes) for one in clusterings) > MANY_CLUSTERS:
        silhouettes = _silhouettes_by_rows(X, distances, clusterings)
    else:
        silhouettes = _silhouettes_by_sums(X, distances, clusterings, symmetric=not precomputed)
    return np.reshape(silhouettes, labelings.shape).astype(X.dtype, copy=False)


# ── Distances ─────────────────────────────────────────────────────────────────────────────────────


def _check_distances(D: Array) -> None:
    """Raise ValueError if D cannot be a matrix of distances."""
    if D.shape[0] != D.shape[1]:
        raise ValueError(
            f"With metric='precomputed', X must be a square matrix of distances between all rows, but it has shape"
            f" {D.shape}. Use pairwise_distances(X), or another metric."
        )
    if D.min() < 0:
        raise ValueError(
            f"The precomputed distance matrix contains negative values (the smallest is {D.min():g}); distances are"
            " at least 0. If X has similarities, convert them first."
        )
    if np.any(D.diagonal() > 100 * np.finfo(D.dtype).eps):
        raise ValueError(
            "The precomputed distance matrix contains non-zero elements on the diagonal; a row has distance 0 to"
            " itself. Use np.fill_diagonal(X, 0)."
        )


def _rows_of(D: Array) -> Distances:
    def distances(rows: slice, others: slice) -> Array:
        return D[rows, others]

    return distances


def _distance_function(X: Floats, metric: Metric, kwds: dict[str, Any]) -> Distances:
    """Return a function that computes the distances between two slices of the rows of X.

    What depends on all rows is computed once, here: the standard deviations for "seuclidean", the Cholesky factor of
    the covariance for "mahalanobis". In units of these, both metrics are Euclidean.
    """
    if sparse.issparse(X):
        return _any_distances(X, metric, kwds)
    if metric == "seuclidean" and "V" not in kwds:
        deviations = X.std(axis=0, ddof=1, dtype=np.float64)
        return _distance_function(X / np.where(deviations > 0, deviations, 1), "euclidean", kwds)
    if metric == "mahalanobis" and not kwds.keys() & {"V", "VI"}:
        return _distance_function(_whitened(X), "euclidean", kwds)
    if metric in ("euclidean", "l2") and not kwds:
        points = Points.of(X, X.mean(axis=0, dtype=np.float64))
        return lambda rows, others: distances_between(points.rows(rows), points.rows(others))
    return _any_distances(X, metric, kwds)


def _any_distances(X: Array, metric: Metric, kwds: dict[str, Any]) -> Distances:
    """Return a function that asks scikit-learn for the distances, except from a row to itself: that is 0.

    Rounding, or the cosine of a row of zeros, may say otherwise. `others` contains `rows`.
    """

    def distances(rows: slice, others: slice) -> Floats:
        D = pairwise_distances(X[rows], X[others], metric=metric, **kwds)
        own = np.arange(len(D))
        D[own, own + rows.start - (others.start or 0)] = 0
        return D

    return distances


def _whitened(X: Floats) -> Floats:
    """Transform X linearly so that its covariance is the identity."""
    D = X - X.mean(axis=0, dtype=np.float64)
    try:
        P = Dense.factor(np.atleast_2d(np.cov(D, rowvar=False)))
    except np.linalg.LinAlgError:
        raise ValueError(
            'metric="mahalanobis" needs a covariance of X of full rank, but the features of X are linearly dependent,'
            " or there are too few rows. Pass VI=..., or leave out features."
        ) from None
    return Dense.whiten(D, P)


# ── From distances to silhouettes ─────────────────────────────────────────────────────────────────


class Clustering(NamedTuple):
    """One labeling of the rows, with clusters numbered from 0."""

    labels: Ints  # (n,)
    sizes: Floats  # (K,)

    @classmethod
    def of(cls, labels: Array) -> Self:
        """Number the labels. Raises ValueError if they are too few, too many or NaN."""
        if np.any(labels != labels):  # only NaN differs from itself
            raise ValueError("labels contain NaN: leave these rows out, or give them a label of their own.")
        names, numbers = np.unique(labels, return_inverse=True)
        if not 1 < len(names) < len(labels):
            raise ValueError(
                f"Number of labels is {len(names)}. Valid values are 2 to n_samples - 1 = {len(labels) - 1}"
                " (inclusive), because a silhouette compares a row's own cluster with another one."
            )
        return cls(numbers, np.bincount(numbers).astype(np.float64))

    def member(self) -> sparse.csr_array:
        """Which row is in which cluster: (n, K) of 0 and 1."""
        n = len(self.labels)
        return sparse.csr_array((np.ones(n), self.labels, np.arange(n + 1)), shape=(n, len(self.sizes)))


def _silhouettes_by_rows(X: Array, distances: Distances, clusterings: list[Clustering]) -> list[Floats]:
    """Compute silhouettes for a block of rows at a time, from their distances to all rows.

    The sums over clusters are sparse multiplications, so that neither work nor memory is multiplied by K.
    """
    tables = [one.member().T.tocsr() for one in clusterings]

    def silhouettes(rows: slice) -> Floats:
        D = distances(rows, slice(None)).T
        D = D if sparse.issparse(D) else np.ascontiguousarray(D)
        sums = ((table @ D) for table in tables)
        return np.stack(
            [
                _silhouettes(S.toarray() if sparse.issparse(S) else S, one.labels[rows], one.sizes)
                for S, one in zip(sums, clusterings)
            ],
            axis=1,
        )

    rows = np.empty((X.shape[0], 0))
    return list(rows_of_blocks(silhouettes, rows, row_width=2 * X.shape[0]).T)


def _silhouettes_by_sums(
    X: Floats, distances: Distances, clusterings: list[Clustering], *, symmetric: bool
) -> list[Floats]:
    """Compute silhouettes from the sums of all distances to all clusters, held in memory: (K, n).

    D is never held as a whole. If it is symmetric, each of its entries is computed only once: the distances from a
    block of rows to all later rows count for the block and, transposed, for the later rows.
    """
    member = np.hstack([one.member().toarray() for one in clusterings])
    sums = np.zeros(member.shape)

    def sums_of_block(rows: slice) -> tuple[slice, Floats, Floats | None]:
        if not symmetric:
            return rows, distances(rows, slice(None)) @ member, None
        D = distances(rows, slice(rows.start, None))
        return rows, D @ member[rows.start :], D[:, rows.stop - rows.start :].T @ member[rows]

    for rows, own, later in map_blocks(sums_of_block, X, row_width=1 + len(X) // 4):
        sums[rows] += own
        if later is not None:
            sums[rows.stop :] += later
    widths = np.cumsum([len(one.sizes) for one in clusterings])[:-1]
    parts = np.split(sums.T, widths)
    return [_silhouettes(part, one.labels, one.sizes) for part, one in zip(parts, clusterings)]


def _silhouettes(sums: Floats, labels: Ints, sizes: Floats) -> Floats:
    """Compute the silhouettes (n,) of rows from their summed distances to the clusters: (K, n), overwritten.

    Here a is the mean distance to the other members of the cluster, b that to the nearest other cluster.
    """
    every, own_size = np.arange(len(labels)), sizes[labels]
    a = sums[labels, every] / np.maximum(own_size - 1, 1)  # a row does not count as its own neighbour
    sums[labels, every] = np.inf
    sums /= sizes[:, np.newaxis]
    b = sums.min(axis=0)
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
        X, labels = check_array(X, accept_sparse="csr"), np.asarray(labels)
        check_consistent_length(X, labels.T)
        drawn = check_random_state(random_state).permutation(X.shape[0])[:sample_size]
        X, labels = (X[drawn][:, drawn] if metric == "precomputed" else X[drawn]), labels[..., drawn]
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
