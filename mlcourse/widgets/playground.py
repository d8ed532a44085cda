"""Lessons 04 and 07: put points down, move them, and watch EM follow, all in the page."""

import matplotlib.pyplot as plt
import numpy as np

from mlcourse.gaussians import covariance_type as covariance_row
from mlcourse.plotting import plot_points
from mlcourse.plotting.style import on_the_plane
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import fix_limits
from mlcourse.widgets.player import Player


def playground(
    X, n_components: int = 3, covariance_type: str = "full", reg_covar: float = 1e-6, seed: int = 0
) -> Player:
    """A plane of points to add to, to move about and to remove, and EM on them from a random start.

    Nothing comes back to Python: the page itself runs EM. It gives what `mlcourse.mixture.em` gives.

    Parameters
    ----------
    X : array of shape (n, 2)
        The points to begin with.
    n_components : int, 1 to 6
    covariance_type : "full", "tied", "diag" or "spherical"
    reg_covar : float, added to every variance, in squared units of X
    seed : int
        Of the first random start.
    """
    X = on_the_plane(X)
    if n_components not in range(1, 7):
        raise ValueError(f"n_components={n_components!r}, and the playground has room for 1 to 6.")
    covariance_row(covariance_type)  # raises for a name that is none
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.2 * (high - low)
    scene = {
        "kind": "playground",
        "label": "Playground: EM on points that you put down",
        "note": "Click: a new point. Drag: move it. With the keyboard: up and down arrow choose a point; W, A, S, D"
        " move it, Delete removes it, Enter puts a new one in the middle.",
        "points": X,
        "K": n_components,
        "type": covariance_type,
        "regCovar": reg_covar,
        "seed": seed,
        "limits": np.column_stack([low - margin, high + margin]).ravel(),
    }
    return Player(scene, draw_playground(X))


def draw_playground(X) -> Drawing:
    """The points to begin with."""
    figure, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    plot_points(X, ax=ax)
    fix_limits(X, ax)
    return Drawing(
        figure, "The points of the playground.", f"{len(X)} grey points that wait for EM to colour them."
    )
