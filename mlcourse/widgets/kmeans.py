"""Lesson 01: Lloyd's algorithm, half a step at a time."""

from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

import ipywidgets
import numpy as np
from sklearn.metrics.pairwise import pairwise_distances_argmin
from sklearn.utils import check_array

from mlcourse.plotting import plot_centers, plot_decision_regions, plot_points
from mlcourse.widgets.controls import Drawing, stepper
from mlcourse.widgets.panels import listed, plot_history, plot_trails, two_panels


def kmeans_stepper(X, history) -> ipywidgets.VBox:
    """Step through Lloyd's algorithm: points choose the nearest centre, then centres move to their points.

    Parameters
    ----------
    X : array of shape (n, 2)
    history : list of (centers, labels), one an iteration
        The labels are those of the nearest of these centres; the next item has the centres moved.
    """
    frames = kmeans_frames(X, history)
    return stepper(lambda frame: draw_kmeans(X, frames, frame), len(frames))


class KMeansFrame(NamedTuple):
    """Half an iteration of Lloyd's algorithm."""

    centers: np.ndarray  # (K, 2)
    labels: np.ndarray  # (n,)
    inertia: float


def kmeans_frames(X, history) -> list[KMeansFrame]:
    """Every half step of `history`: choose, move, choose, move, …, choose. The inertia never rises."""
    X = check_array(X, input_name="X")
    if not history:
        raise ValueError("history is empty: record one (centers, labels) an iteration, the start first.")
    halves = [history[0]]
    for (_, labels), (centers, new_labels) in pairwise(history):
        halves += [(centers, labels), (centers, new_labels)]
    return [KMeansFrame(c, labels, float(((X - c[labels]) ** 2).sum())) for c, labels in halves]


def draw_kmeans(X, frames: list[KMeansFrame], frame: int) -> Drawing:
    """Half step `frame`: points, centres and their cells on the left, the inertia so far on the right."""
    now = frames[frame]
    figure, (left, right) = two_panels()
    nearest = SimpleNamespace(predict=lambda points: pairwise_distances_argmin(points, now.centers))
    plot_decision_regions(nearest, X, ax=left)
    plot_points(X, now.labels, ax=left)
    plot_trails(np.array([past.centers for past in frames[: frame + 1]]), left)
    plot_centers(now.centers, ax=left)
    plot_history([past.inertia for past in frames], frame, "half step", "inertia", right)
    step = frame // 2 + 1
    what = (
        f"Move {step}: every centre goes to the mean of its points"
        if frame % 2
        else f"Choose {step}: every point takes the colour of its nearest centre"
    )
    caption = f"{what}. Inertia {now.inertia:.1f}."
    return Drawing(figure, caption, f"{caption} Centres at {listed(now.centers)}.")
