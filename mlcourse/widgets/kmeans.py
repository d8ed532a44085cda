"""Lesson 01: Lloyd's algorithm, one half step at a time."""

from collections.abc import Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from sklearn.metrics.pairwise import pairwise_distances_argmin
from sklearn.utils import check_array

from mlcourse.plotting import plot_centers, plot_decision_regions, plot_points
from mlcourse.plotting.style import label_axes
from mlcourse.typing import Array, Ints
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import plot_history, plot_trails, points_as_text, two_panels
from mlcourse.widgets.player import Player, Scene, half_steps, plane

# Centres and labels, one pair per iteration.
History = Sequence[tuple[Array, Ints]]

FEATURES = "feature 1", "feature 2"


def kmeans_player(X: Array, history: History, *, features: tuple[str, str] = FEATURES) -> Player:
    """Step through Lloyd's algorithm: points choose the nearest centre, then centres move to their points.

    Parameters
    ----------
    X : array of shape (n, 2)
    history : list of (centers, labels), one per iteration
        The labels name the nearest of these centres; the next item has the centres moved.
    features : pair of str
        Names of the axes.
    """
    X = check_array(X, input_name="X")
    halves = kmeans_frames(X, history)
    centers = [centers for centers, _ in history]
    frames = half_steps(len(history))[1:]  # start after the first choice: there is nothing to see before it
    scene: Scene = {
        "label": f"k-means on {len(X)} points, one step at a time",
        "note": "Each round has two steps. Choose: every point takes the colour of its nearest centre. Move:"
        " every centre goes to the mean of its points. The inertia is the sum of the squared distances from the"
        " points to their centres.",
        "points": X,
        "planes": [plane(centers, cells=True, trails=True, xlabel=features[0], ylabel=features[1])],
        "frames": frames,
        "narrator": "kmeans",
        "curve": {
            "x": list(range(1, len(frames) + 1)),
            "xlabel": "step",
            "ylabel": "inertia",
            "grow": True,
            "lines": [{"name": "", "values": [half.inertia for half in halves]}],
        },
    }
    return Player(scene, draw_kmeans(X, halves, len(halves) - 1, features))


class KMeansFrame(NamedTuple):
    """Half an iteration of Lloyd's algorithm."""

    centers: Array  # (K, 2)
    labels: Ints  # (n,)
    inertia: float


def kmeans_frames(X: Array, history: History) -> list[KMeansFrame]:
    """List every half step of `history`: choose, move, choose, move, …, choose. The inertia never rises."""
    X = check_array(X, input_name="X")
    if not history:
        raise ValueError("history is empty: record one (centers, labels) per iteration, the start first.")
    halves = [history[0]]
    for (_, labels), (centers, new_labels) in pairwise(history):
        halves += [(centers, labels), (centers, new_labels)]
    return [KMeansFrame(c, labels, float(((X - c[labels]) ** 2).sum())) for c, labels in halves]


def draw_kmeans(
    X: Array, frames: list[KMeansFrame], frame: int, features: tuple[str, str] = FEATURES
) -> Drawing:
    """Draw half step `frame`: points, centres and their cells on the left, the inertia so far on the right."""
    now = frames[frame]
    figure, (left, right) = two_panels()
    nearest = SimpleNamespace(predict=lambda points: pairwise_distances_argmin(points, now.centers))
    label_axes(left, *features)
    plot_decision_regions(nearest, X, ax=left)
    plot_points(X, now.labels, ax=left)
    plot_trails(np.array([past.centers for past in frames[: frame + 1]]), left)
    plot_centers(now.centers, ax=left)
    plot_history([past.inertia for past in frames], frame, "step", "inertia", right)
    caption = kmeans_caption(frames, frame)
    alt = f"Points in the colours of their centres. Centres at {points_as_text(now.centers)}."
    return Drawing(figure, caption, alt)


def kmeans_caption(frames: list[KMeansFrame], frame: int) -> str:
    step, inertia = frame // 2 + 1, frames[frame].inertia
    if frame % 2:
        return f"Move {step}: every centre goes to the mean of its points. Inertia {inertia:.1f}."
    return f"Choose {step}: every point takes the colour of its nearest centre. Inertia {inertia:.1f}."
