"""Lesson 01: place the centres of k-means by hand, and try to reach an inertia as low as k-means++ does."""

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike

from mlcourse.plotting import plot_centers, plot_points
from mlcourse.plotting.style import on_the_plane
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import fix_limits
from mlcourse.widgets.player import LiveScene, Player

MOUSE = (
    "Click to place a centre, drag to move one. Every point takes the nearest centre. Inertia: the sum of the squared"
    " lengths of the lines. Each round of k-means has two steps: the points choose their centres, then the centres"
    " move."
)
KEYS = (
    ("N", "place a centre"),
    ("Up and down arrows", "choose a centre"),
    ("W, A, S, D", "move it"),
    ("Escape", "release it"),
    ("Ctrl + Z", "undo"),
    ("Left and right arrows", "step"),
    ("Space", "play or pause"),
    ("Tab", "leave"),
)


class KMeansGameScene(LiveScene):
    """What the game starts from."""

    K: int
    centers: Array  # (K, 2), or (0, 2) if the reader places them


def kmeans_game(X: ArrayLike, n_clusters: int, centers: ArrayLike | None = None) -> Player:
    """Let the reader place and drag the centres, see the inertia change, and compare it with that of k-means++.

    The page runs Lloyd's algorithm from where the centres are, and from twenty starts of k-means++.

    Parameters
    ----------
    X : array of shape (n, 2)
    n_clusters : int, 1 to n
    centers : array of shape (n_clusters, 2), default=None
        Where the centres are at first. By default there are none: the reader places them.
    """
    points = on_the_plane(X)
    if n_clusters not in range(1, len(points) + 1):
        raise ValueError(
            f"n_clusters={n_clusters!r} must be a whole number from 1 to {len(points)}, the number of points in X."
        )
    placed = np.empty((0, 2)) if centers is None else on_the_plane(centers, "centers")
    if len(placed) not in (0, n_clusters):
        raise ValueError(
            f"centers has {len(placed)} row(s), but n_clusters={n_clusters}: pass one row per cluster, or leave"
            " centers out and place them in the picture."
        )
    scene: KMeansGameScene = {
        "kind": "KMeansGame",
        "label": f"A game: place {n_clusters} centres among {len(points)} points so that the inertia is low",
        "note": MOUSE,
        "keys": KEYS,
        "hint": "Hover over a point, or tap it, to read its values.",
        "invite": "Drag a centre" if len(placed) else f"Click to place {n_clusters} centres",
        "points": points,
        "K": n_clusters,
        "centers": placed,
    }
    return Player(scene, draw_kmeans_game(points, placed))


def draw_kmeans_game(X: Array, centers: Array) -> Drawing:
    """Draw the points, and the centres that are given."""
    figure, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    plot_points(X, ax=ax)
    if len(centers):
        plot_centers(centers, ax=ax)
    fix_limits(X, ax)
    alt = f"{len(X)} grey points and {len(centers)} numbered centres."
    return Drawing(figure, "The points of the game.", alt)
