"""Lesson 02: two round Gaussians that overlap more and more."""

from types import SimpleNamespace

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import INK, plot_decision_regions, plot_points
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing, interactive

FARTHEST = 10.0  # where the slider starts, and where the points come from
FRAME = np.array([[-5.0, -5.0], [15.0, 15.0]])  # the slider's whole range, so that only the points move


def overlap_explorer(X: Array, origin: Array) -> ipywidgets.VBox:
    """Push the points of two round Gaussians together, and see more and more of them misclassified.

    Parameters
    ----------
    X : array of shape (n, 2), points of `two_round_gaussians(10)`
    origin : array of shape (n,), the component 0 or 1 of each point
    """
    place = ipywidgets.FloatSlider(
        FARTHEST,
        min=0,
        max=FARTHEST,
        step=0.5,
        description="position",
        continuous_update=False,
        readout_format=".1f",
    )
    return interactive(lambda place: draw_overlap(X, origin, place, FRAME), {"place": place})


def two_round_gaussians(place: float) -> Mixture:
    """Return a mixture: 1/3 at (0, 0), standard deviation 1.2, and 2/3 at (place, place), standard deviation 1.8."""
    std = np.array([1.2, 1.8])
    means = np.array([[0.0, 0.0], [place, place]])
    return Mixture(np.array([1, 2]) / 3, means, std**2, 1 / std, COVARIANCE_TYPES["spherical"])


def draw_overlap(X: Array, origin: Array, place: float, frame: Array | None = None) -> Drawing:
    """Draw the two Gaussians, the line on which both are equally probable, and the line halfway between the means.

    Parameters
    ----------
    X : array of shape (n, 2), points of `two_round_gaussians(10)`
    origin : array of shape (n,), the component 0 or 1 of each point
    place : moves the second mean, and its points, to (place, place)
    frame : array of shape (m, 2), or None
        Points that the picture must cover; by default the points that it shows.
    """
    theta = two_round_gaussians(place)
    moved = X + (place - FARTHEST) * (origin == 1)[:, np.newaxis]
    model = SimpleNamespace(predict=lambda points: e_step(points, theta)[1].argmax(axis=1))
    figure, ax = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
    plot_decision_regions(model, moved if frame is None else frame, ax=ax)
    plot_points(moved, origin, sizes=12, ax=ax)
    ax.set_aspect("equal")
    wrong = int((model.predict(moved) != origin).sum())
    caption = (
        f"Second mean at ({place:g}, {place:g}). On the solid line both components are equally probable;"
        f" {wrong} of {len(X)} points ({wrong / len(X):.1%}) are on the wrong side of it."
    )
    if place:
        ax.axline((place / 2, place / 2), slope=-1, color=INK, linestyle=":", linewidth=2)
        caption += " Dotted: halfway between the means."
    return Drawing(
        figure, caption, f"Two clouds of points, circles and squares, and the lines between them. {caption}"
    )
