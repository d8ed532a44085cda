"""k-means++: where k-means starts.

Source: Arthur & Vassilvitskii (2007), "k-means++: the advantages of careful seeding", SODA. With the same
`random_state` the same rows are drawn as in scikit-learn. Symbols as in `mlcourse.kmeans.lloyd`.
"""

import numpy as np
from sklearn.utils import check_random_state

from mlcourse.blocks import row_blocks


def kmeans_plusplus(X, n_clusters: int, *, sample_weight=None, random_state=None):
    """Greedy k-means++: each new centre is the best of a few rows drawn with probability ∝ squared distance.

    Parameters
    ----------
    X : array of shape (n, d)
    n_clusters : int
    sample_weight : array of shape (n,), default all ones
    random_state : int, RandomState or None

    Returns
    -------
    centers : array of shape (n_clusters, d)
    indices : array of shape (n_clusters,)
        The rows that were chosen.
    """
    random_state = check_random_state(random_state)
    w = np.ones(len(X), dtype=X.dtype) if sample_weight is None else sample_weight
    n_candidates = 2 + int(np.log(n_clusters))
    indices = [random_state.choice(len(X), p=w / w.sum())]
    nearest = squared_distances_to(X, indices)[0]
    potential = nearest @ w
    while len(indices) < n_clusters:
        drawn = random_state.uniform(size=n_candidates) * potential
        candidates = np.searchsorted(np.cumsum(w * nearest), drawn).clip(max=len(X) - 1)
        trials = np.minimum(nearest, squared_distances_to(X, candidates))
        potentials = trials @ w
        best = np.argmin(potentials)
        nearest, potential = trials[best], potentials[best]
        indices.append(candidates[best])
    return X[indices], np.array(indices)


def squared_distances_to(X, chosen) -> np.ndarray:
    """‖xᵢ − x_chosen‖² for every chosen row: (len(chosen), n)."""
    distances = np.empty((len(chosen), len(X)), dtype=X.dtype)
    for rows in row_blocks(X, row_width=X.shape[1]):
        for distance, row in zip(distances, chosen):
            D = X[rows] - X[row]
            np.einsum("ij,ij->i", D, D, out=distance[rows])
    return distances
