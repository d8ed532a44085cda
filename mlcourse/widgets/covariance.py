"""Lesson 03: a covariance matrix as a shape."""

from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from sklearn.utils import check_random_state

from mlcourse.gaussians import axes_as_columns, covariance_from_axes
from mlcourse.plotting import color, plot_ellipses, plot_points
from mlcourse.typing import Array, RandomState
from mlcourse.widgets.controls import Drawing, interactive

WIDEST = 9.5  # a little more than three of the largest standard deviations


def covariance_explorer(random_state: RandomState = 0) -> ipywidgets.VBox:
    """Choose two standard deviations and an angle; see the covariance matrix, its ellipses and a sample.

    Parameters
    ----------
    random_state : int, RandomState or None
    """
    noise = check_random_state(random_state).standard_normal((400, 2))
    std = {"min": 0.2, "max": 3, "step": 0.1, "continuous_update": False, "readout_format": ".1f"}
    controls = {
        "std_1": ipywidgets.FloatSlider(2, description="σ₁", **std),
        "std_2": ipywidgets.FloatSlider(1, description="σ₂", **std),
        "angle": ipywidgets.IntSlider(
            30, min=-90, max=90, step=5, description="angle (°)", continuous_update=False
        ),
    }
    return interactive(lambda **state: draw_covariance(noise, **state), controls)


def draw_covariance(noise: Array, std_1: float, std_2: float, angle: float, reach: float = WIDEST) -> Drawing:
    """Draw a sample, its ellipses of 1, 2 and 3 σ, and the two semi-axes as arrows.

    Parameters
    ----------
    noise : array of shape (n, 2), standard normal
    std_1, std_2 : standard deviations along the two axes
    angle : angle of the first axis, in degrees
    reach : the picture goes from −reach to reach; by default it has room for every setting of the sliders
    """
    axes = axes_as_columns(std_1, std_2, angle)
    Sigma = covariance_from_axes(std_1, std_2, angle)
    figure, ax = plt.subplots(figsize=(5.6, 5.2), layout="constrained")
    plot_points(noise @ axes.T, sizes=14, ax=ax)
    plot_ellipses(np.zeros((1, 2)), Sigma[np.newaxis], ax=ax)
    style: dict[str, Any] = {
        "angles": "xy",
        "scale_units": "xy",
        "scale": 1,
        "width": 0.012,
        "edgecolor": "white",
        "linewidth": 1,
    }
    ax.quiver([0, 0], [0, 0], *axes, color=color(5), zorder=3, **style)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    (a, b), (_, c) = Sigma
    radius = np.linalg.norm(noise, axis=1)
    inside = " / ".join(f"{(radius < n).mean():.0%}" for n in (1, 2, 3))
    caption = (
        f"Σ = [[{a:.2f}, {b:.2f}], [{b:.2f}, {c:.2f}]], correlation {b / np.sqrt(a * c):.2f}."
        f" The three ellipses contain {inside} of the points."
    )
    shape = f"The first has semi-axes {std_1:g} and {std_2:g}, rotated by {angle:g} degrees."
    return Drawing(figure, caption, f"Points and three ellipses. {shape} {caption}")
