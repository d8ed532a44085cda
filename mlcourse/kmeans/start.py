"""k-means++: initial centres for k-means.

Source: Arthur & Vassilvitskii (2007), "k-means++: the advantages of careful seeding", SODA. With the same
`random_state`, it draws the same rows as scikit-learn. Symbols as in `mlcourse.kmeans.steps`.

Every step compares a few candidates with all rows. Late in the draw, though, a new centre is the nearest one only to
rows close by. With few features, `Tiles` finds these: it cuts space into boxes of a few rows each, and passes over
every box that is farther from the candidate than any of its rows is from its nearest centre.
"""

from typing import Protocol

import numpy as np
from scipy.spatial import cKDTree
from sklearn.utils import check_random_state

from mlcourse.blocks import one_blas_thread, rows_of_blocks
from mlcourse.kmeans.steps import squared_distance_to_own
from mlcourse.typing import Floats, Ints, RandomState

TILE_ROWS = 64
WORTH_TILES = 32  # the number of clusters from which on tiles are worth building
NARROW = 8  # the number of features up to which boxes exclude much


@one_blas_thread()  # also so that the last digits do not depend on the number of threads
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
    indices = [rng.choice(len(X), p=w / w.sum())]
    tiled = n_clusters >= WORTH_TILES and X.shape[1] <= NARROW
    rows: Field = Tiles(X, w, indices[0]) if tiled else Whole(X, w, indices[0])
    while len(indices) < n_clusters:
        drawn = rng.uniform(size=n_candidates) * rows.potential
        candidates = np.searchsorted(np.cumsum(rows.mass), drawn).clip(max=len(X) - 1)
        indices.append(candidates[rows.add_best(candidates)])
    return X[indices], np.array(indices)


class Field(Protocol):
    """The rows and their squared distances to the nearest centre so far."""

    @property
    def mass(self) -> Floats:
        """Weight times squared distance of every row: (n,)."""

    @property
    def potential(self) -> float:
        """The sum of `mass`."""

    def add_best(self, candidates: Ints) -> int:
        """Add the candidate that leaves the lowest potential, and return its place among the candidates."""


class Whole:
    """A field that compares the candidates with all rows."""

    def __init__(self, X: Floats, w: Floats, first: int) -> None:
        self.X, self.w, self.origin = X, w, X.mean(axis=0, keepdims=True)
        self.norms = squared_distance_to_own(X, self.origin, np.zeros(len(X), dtype=int))
        self.nearest = np.full(len(X), np.inf, dtype=X.dtype)
        self.add_best(np.array([first]))

    def add_best(self, candidates: Ints) -> int:
        """Add the candidate that leaves the lowest potential, and return its place among the candidates."""
        trials = self._trials(candidates)
        potentials = self.w @ trials
        best = int(np.argmin(potentials))
        self.nearest, self.potential = trials[:, best].copy(), potentials[best]
        self.mass = self.w * self.nearest
        return best

    def _trials(self, candidates: Ints) -> Floats:
        """Compute what `nearest` would be with each of the candidates: (n, m).

        Distances are expanded: ‖x − y‖² = ‖x − o‖² − 2 (x − o)·(y − o) + ‖y − o‖² for a row x and a candidate y.
        """
        Y = self.X[candidates] - self.origin
        constant = np.einsum("ij,ij->i", Y, Y) + 2 * (self.origin @ Y.T)

        def trials(rows: slice) -> Floats:
            D = self.X[rows] @ (-2 * Y.T)
            D += self.norms[rows, np.newaxis]
            D += constant
            return np.clip(D, 0, self.nearest[rows, np.newaxis], out=D)

        return rows_of_blocks(trials, self.X, row_width=self.X.shape[1] + len(Y))


class Tiles:
    """A field that compares a candidate only with rows in boxes that it can be nearer to than every centre so far."""

    def __init__(self, X: Floats, w: Floats, first: int) -> None:
        n, n_tiles = len(X), -(-len(X) // TILE_ROWS)
        rows = np.full(n_tiles * TILE_ROWS, n)  # the last tile is filled up with a row without weight
        rows[:n] = cKDTree(X, leafsize=TILE_ROWS // 2).indices
        self.rows = rows.reshape(n_tiles, TILE_ROWS)
        inside = np.where(self.rows < n, self.rows, rows[n - 1])
        self.X, self.features = X, X.T[:, inside].astype(np.float64)  # (d, tiles, rows of a tile)
        self.low, self.high = self.features.min(axis=2), self.features.max(axis=2)
        self.w = np.append(w, 0)[self.rows]
        self.nearest = self._distances(np.arange(n_tiles), np.full(n_tiles, first))
        self.reach = self.nearest.max(axis=1)
        self._mass = np.zeros(n + 1)
        self._update_mass(slice(None))

    def _update_mass(self, tiles: Ints | slice) -> None:
        self._mass[self.rows[tiles]] = self.w[tiles] * self.nearest[tiles]
        self.mass = self._mass[:-1]
        self.potential = float(self.mass.sum())

    def _distances(self, tiles: Ints, candidates: Ints) -> Floats:
        """Compute the squared distances from the rows of each tile to the candidate beside it."""
        Y = self.X[candidates].T[:, :, np.newaxis]
        return sum((feature[tiles] - y) ** 2 for feature, y in zip(self.features, Y))

    def add_best(self, candidates: Ints) -> int:
        """Add the candidate that leaves the lowest potential, and return its place among the candidates."""
        Y = self.X[candidates].T[:, :, np.newaxis]
        gaps = (np.maximum(low - y, y - high).clip(min=0) for low, high, y in zip(self.low, self.high, Y))
        places, tiles = np.nonzero(sum(gap**2 for gap in gaps) < self.reach)
        nearer = np.minimum(self.nearest[tiles], self._distances(tiles, candidates[places]))
        gains = np.einsum("ij,ij->i", self.nearest[tiles] - nearer, self.w[tiles])
        best = int(np.argmax(np.bincount(places, gains, minlength=len(candidates))))
        ours = places == best
        changed = tiles[ours]
        self.nearest[changed] = nearer[ours]
        self.reach[changed] = nearer[ours].max(axis=1)
        self._update_mass(changed)
        return best
