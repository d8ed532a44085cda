"""k-means++: initial centres for k-means.

Source: Arthur & Vassilvitskii (2007), "k-means++: the advantages of careful seeding", SODA. With the same
`random_state`, it draws the same rows as scikit-learn. Symbols as in `mlcourse.kmeans.steps`.
"""

import numpy as np
from sklearn.utils import check_random_state

from mlcourse.kmeans.steps import squared_distance_to_own
from mlcourse.typing import Floats, Ints, RandomState


def kmeans_plusplus(
    X: Floats,
    n_clusters: int,
    *,
    sample_weight: Floats | None = None,
    random_state: RandomState = None,
) -> tuple[Floats, Ints]:
    """Choose centres by greedy k-means++: each is the best of a few rows drawn with probability ∝ squared distance.

    Parameters
    ----------
    X : array of shape (n, d), float32 or float64
    n_clusters : int
    sample_weight : array of shape (n,), default all ones
    random_state : int, RandomState or None

    Returns
    -------
    centers : array of shape (n_clusters, d)
    indices : array of shape (n_clusters,)
        Indices of the chosen rows.

    Raises
    ------
    ValueError
        If there are fewer rows than clusters.
    """
    if n_clusters > len(X):
        raise ValueError(
            f"n_samples={len(X)} should be >= n_clusters={n_clusters}: use fewer clusters, or pass more rows."
        )
    rng = check_random_state(random_state)
    w = np.ones(len(X), dtype=X.dtype) if sample_weight is None else sample_weight
    n_candidates = 2 + int(np.log(n_clusters))
    origin = X.mean(axis=0, keepdims=True)
    norms = squared_distance_to_own(X, origin, np.zeros(len(X), dtype=int))
    indices = [rng.choice(len(X), p=w / w.sum())]
    nearest = squared_distances_to(X, X[indices] - origin, norms, origin)[0]
    potential = nearest @ w
    while len(indices) < n_clusters:
        drawn = rng.uniform(size=n_candidates) * potential
        candidates = np.searchsorted(np.cumsum(w * nearest), drawn).clip(max=len(X) - 1)
        distances = squared_distances_to(X, X[candidates] - origin, norms, origin)
        trials = np.minimum(nearest, distances)
        potentials = trials @ w
        best = np.argmin(potentials)
        nearest, potential = trials[best], potentials[best]
        indices.append(candidates[best])
    return X[indices], np.array(indices)


def squared_distances_to(X: Floats, Y: Floats, norms: Floats, origin: Floats) -> Floats:
    """Compute ‖x − o − y‖² for centred points Y : (m, d), given the norms ‖x − o‖²: (m, n).

    Expanded, it is ‖x − o‖² − 2 (x − o)·y + ‖y‖².
    """
    products = Y @ X.T - Y @ origin.T
    return (norms - 2 * products + np.einsum("ij,ij->i", Y, Y)[:, np.newaxis]).clip(min=0)
