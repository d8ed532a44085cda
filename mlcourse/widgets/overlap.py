"""Lesson 02: two round Gaussians that overlap more and more."""

from types import SimpleNamespace

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from sklearn.utils import check_random_state

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import plot_decision_regions, plot_points
from mlcourse.typing import Array, RandomState
from mlcourse.widgets.controls import Drawing, interactive


def overlap_explorer(random_state: RandomState = 0) -> ipywidgets.VBox:
    """Push two round Gaussians of 300 and 600 points together, and see more and more points misclassified.

    Parameters
    ----------
    random_state : int, RandomState or None
    """
    noise = check_random_state(random_state).standard_normal((900, 2))
    place = ipywidgets.FloatSlider(
        10, min=0, max=10, step=0.5, description="position", continuous_update=False, readout_format=".1f"
    )
    return interactive(lambda place: draw_overlap(noise, place), {"place": place})


def two_round_gaussians(place: float) -> Mixture:
    """Return a mixture: 1/3 at (0, 0), standard deviation 1.2, and 2/3 at (place, place), standard deviation 1.8."""
    std = np.array([1.2, 1.8])
    means = np.array([[0.0, 0.0], [place, place]])
    return Mixture(np.array([1, 2]) / 3, means, std**2, 1 / std, COVARIANCE_TYPES["spherical"])


def draw_overlap(noise: Array, place: float) -> Drawing:
    """Draw the two Gaussians, and the line on which both are equally probable.

    Parameters
    ----------
    noise : array of shape (n, 2), standard normal: the first third belongs to component 0
    place : puts the second centre at (place, place)
    """
    theta = two_round_gaussians(place)
    origin = (np.arange(len(noise)) >= len(noise) // 3).astype(int)
    X = theta.means[origin] + np.sqrt(theta.covariances)[origin, np.newaxis] * noise
    model = SimpleNamespace(predict=lambda points: e_step(points, theta)[1].argmax(axis=1))
    figure, ax = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
    # The frame covers the slider's whole range, so that only the points move.
    plot_decision_regions(model, np.array([[-5, -5], [15, 15]], dtype=float), ax=ax)
    plot_points(X, origin, sizes=12, ax=ax)
    ax.set_aspect("equal")
    wrong = int((model.predict(X) != origin).sum())
    caption = (
        f"Second centre at ({place:g}, {place:g}). On the line both components are equally probable;"
        f" {wrong} of {len(X)} points ({wrong / len(X):.1%}) are on the wrong side of it."
    )
    return Drawing(
        figure, caption, f"Two clouds of points, circles and squares, and the line between them. {caption}"
    )
