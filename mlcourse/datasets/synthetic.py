"""Synthetic points for the lessons: seeded, and the same on every machine.

Each function returns `(X, y)`: the points, one per row, and the number of the group that each was drawn from. The
default arguments give the points that the lessons use; another `random_state` gives new points from the same
distribution.
"""

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.utils import check_random_state

from mlcourse.typing import Floats, Ints, RandomState

# An arbitrary matrix that stretches round blobs along a slanted axis: RandomState(13).randn(2, 2), as in VanderPlas,
# *Python Data Science Handbook*, so that you can compare the pictures.
STRETCH = np.array([[-0.71239066, 0.75376638], [-0.04450308, 0.45181234]])

ELONGATION = np.array([[0.374, 0.95], [0.732, 0.598]])
LONE_CENTRE = np.array([3.49080238, 1.01428613])


def five_blobs(n_samples: int = 2000, *, random_state: RandomState = 7) -> tuple[Floats, Ints]:
    """Draw five round groups, three of them small and close together: how many clusters are there?

    Parameters
    ----------
    n_samples : int, default=2000
        Total number of points, divided equally between the groups.
    random_state : int, RandomState or None, default=7
        As in scikit-learn.

    Returns
    -------
    X : array of shape (n_samples, 2)
    y : array of shape (n_samples,), the group 0 … 4
    """
    centers = [[0.2, 2.3], [-1.5, 2.3], [-2.8, 1.8], [-2.8, 2.8], [-2.8, 1.3]]
    return make_blobs(
        n_samples, centers=centers, cluster_std=[0.4, 0.3, 0.1, 0.1, 0.1], random_state=random_state
    )


def four_blobs(n_samples: int = 400, *, random_state: RandomState = 0) -> tuple[Floats, Ints]:
    """Draw four round groups of equal size: the case that suits k-means.

    The centres are random too, so another seed moves the groups.

    Parameters
    ----------
    n_samples : int, default=400
        Total number of points, divided equally between the groups.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    X : array of shape (n_samples, 2)
    y : array of shape (n_samples,), the group 0 … 3
    """
    X, y = make_blobs(n_samples, centers=4, cluster_std=0.6, random_state=random_state)
    return np.ascontiguousarray(X[:, ::-1]), y  # axes swapped, which makes the default points wider than high


def stretched_blobs(n_samples: int = 400, *, random_state: RandomState = 0) -> tuple[Floats, Ints]:
    """Draw `four_blobs` and stretch them linearly: four long parallel groups, which k-means cuts across.

    Parameters
    ----------
    n_samples : int, default=400
        Total number of points, divided equally between the groups.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    X : array of shape (n_samples, 2)
    y : array of shape (n_samples,), the group 0 … 3
    """
    X, y = four_blobs(n_samples, random_state=random_state)
    return X @ STRETCH, y


def elongated_blobs(*, random_state: RandomState = 42) -> tuple[Floats, Ints]:
    """Draw two long groups of 500 points and a round one of 250: unequal in size, shape and density.

    Parameters
    ----------
    random_state : int, RandomState or None, default=42

    Returns
    -------
    X : array of shape (1250, 2)
    y : array of shape (1250,), 0 and 1 for the long groups, 2 for the round one
    """
    X_long, y_long = make_blobs(1000, centers=[[4, -4], [0, 0]], random_state=random_state)
    X_lone, y_lone, drawn = make_blobs(250, centers=1, random_state=random_state, return_centers=True)
    # make_blobs puts a single blob anywhere; move it to the same place, next to the others, for every seed.
    X = np.concatenate([X_long @ ELONGATION, X_lone - drawn + LONE_CENTRE])
    return X, np.concatenate([y_long, y_lone + 2])  # both draws number their groups from 0


def three_gaussians_1d(*, random_state: RandomState = 0) -> tuple[Floats, Ints]:
    """Draw a hundred numbers from each of three Gaussians: means −5, 5, 0 and variances 1.2, 1.8, 1.6.

    Parameters
    ----------
    random_state : int, RandomState or None, default=0

    Returns
    -------
    X : array of shape (300, 1)
    y : array of shape (300,), the Gaussian 0 … 2, in the order above
    """
    deviations = np.sqrt([1.2, 1.8, 1.6])
    return make_blobs([100] * 3, centers=[[-5], [5], [0]], cluster_std=deviations, random_state=random_state)


def two_moons(
    n_samples: int = 200, *, noise: float = 0.05, random_state: RandomState = 0
) -> tuple[Floats, Ints]:
    """Draw two interleaved crescents with a little noise: clusters that are not Gaussian.

    The angles are random, so that the points of a moon are independent draws. Those of scikit-learn's `make_moons`
    are evenly spaced: they leave less noise for a fit to follow, and theory does not hold for them.

    Parameters
    ----------
    n_samples : int, default=200
        Total number of points, divided equally between the moons.
    noise : float, default=0.05
        Standard deviation of the Gaussian noise in each coordinate.
    random_state : int, RandomState or None, default=0

    Returns
    -------
    X : array of shape (n_samples, 2)
    y : array of shape (n_samples,), the moon 0 or 1
    """
    random = check_random_state(random_state)
    y = random.permutation(n_samples) % 2
    angles = random.uniform(0, np.pi, size=n_samples)
    upper = np.column_stack([np.cos(angles), np.sin(angles)])
    arcs = np.where(y[:, np.newaxis] == 0, upper, [1, 0.5] - upper)
    return arcs + noise * random.normal(size=arcs.shape), y
