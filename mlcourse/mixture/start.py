"""Where EM starts: initial responsibilities, and the mixture that follows from them.

Symbols as in `mlcourse.mixture.steps`; w is None where all rows count the same.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from mlcourse.blocks import sum_over_blocks
from mlcourse.gaussians import CovarianceType
from mlcourse.kmeans import KMeans, kmeans_plusplus
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.steps import Mixture, Statistics, accumulate, m_step
from mlcourse.typing import Floats, Ints

Weights: TypeAlias = Floats | None


def one_hot(labels: Ints, n_components: int, dtype: DTypeLike) -> Floats:
    """Return responsibilities that assign every row entirely to its label: (n, K)."""
    R = np.zeros((len(labels), n_components), dtype=dtype)
    R[np.arange(len(labels)), labels] = 1
    return R


def from_kmeans(X: Floats, w: Weights, n_components: int, random_state: np.random.RandomState) -> Floats:
    """Assign each row to its cluster in one k-means run."""
    labels = KMeans(n_components, n_init=1, random_state=random_state).fit(X, sample_weight=w).labels_
    return weighted(one_hot(labels, n_components, X.dtype), w)


def from_kmeans_plusplus(
    X: Floats, w: Weights, n_components: int, random_state: np.random.RandomState
) -> Floats:
    """Give each component one row, chosen by k-means++; all other rows have no weight."""
    _, indices = kmeans_plusplus(X, n_components, sample_weight=w, random_state=random_state)
    return one_hot(indices, len(X), X.dtype).T


def from_data(X: Floats, w: Weights, n_components: int, random_state: np.random.RandomState) -> Floats:
    """Give each component one row, chosen at random; all other rows have no weight."""
    p = None if w is None else w / w.sum()
    indices = random_state.choice(len(X), size=n_components, replace=False, p=p)
    return one_hot(indices, len(X), X.dtype).T


def at_random(X: Floats, w: Weights, n_components: int, random_state: np.random.RandomState) -> Floats:
    """Draw random responsibilities, every row summing to 1, or to its weight."""
    R = random_state.uniform(size=(len(X), n_components)).astype(X.dtype, copy=False)
    return weighted(R / R.sum(axis=1, keepdims=True), w)


def weighted(R: Floats, w: Weights) -> Floats:
    """Multiply every row of R by its weight."""
    return R if w is None else R * w[:, np.newaxis]


INIT_PARAMS = {
    "kmeans": from_kmeans,
    "k-means++": from_kmeans_plusplus,
    "random": at_random,
    "random_from_data": from_data,
}


def mixture_from_responsibilities(
    X: Floats,
    R: Floats,
    covariance_type: CovarianceType,
    reg_covar: float = 1e-6,
    prior: CovariancePrior | None = None,
) -> Mixture:
    """Run an M-step on the given responsibilities."""
    return m_step(statistics_about_means(X, R, covariance_type), reg_covar, prior)


def covariance_of_all(X: Floats, w: Weights, covariance_type: CovarianceType) -> Floats:
    """Compute the covariance of all rows of X, in the type's shape for one component; it may be singular."""
    R = weighted(np.ones((len(X), 1), dtype=X.dtype), w)
    statistics = statistics_about_means(X, R, covariance_type)
    covariance = covariance_type.constrain(statistics.scatter, statistics.N)
    return covariance.reshape(covariance_type.shape_of_one(X.shape[1]))


def statistics_about_means(X: Floats, R: Floats, covariance_type: CovarianceType) -> Statistics:
    """Compute the `Statistics` of the rows weighted by R, about their weighted means.

    Two passes over the rows: the first finds the means, the second the scatter about them.
    """
    reference = np.repeat(X.mean(axis=0, keepdims=True), R.shape[1], axis=0)
    N = R.sum(axis=0) + np.finfo(X.dtype).tiny
    width = X.shape[1] + R.shape[1]
    first = sum_over_blocks(lambda rows: R[rows].T @ (X[rows] - reference[0]), X, width)
    means = reference + first / N[:, np.newaxis]

    def of_block(rows: slice) -> Statistics:
        return accumulate(X[rows], R[rows], means, covariance_type, n_rows=float(R[rows].sum()))

    return sum_over_blocks(of_block, X, width)
