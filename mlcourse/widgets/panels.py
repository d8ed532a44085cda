"""Shared by the step-by-step pictures: points on the left, the history of one number on the right."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlcourse.plotting import color, plot_curve
from mlcourse.plotting.density import CASING
from mlcourse.typing import Array


def two_panels() -> tuple[Figure, Array]:
    return plt.subplots(1, 2, figsize=(9.6, 4.4), width_ratios=(5, 3), layout="constrained")


def plot_history(values: list[float], now: int, xlabel: str, ylabel: str, ax: Axes) -> None:
    """Plot the values up to `now` on axes with room for all of them; plot none if `now` is negative."""
    margin = 0.06 * (max(values) - min(values)) or 1
    ax.set(xlim=(0.5, len(values) + 0.5), ylim=(min(values) - margin, max(values) + margin))
    shown = np.arange(1, now + 2)
    plot_curve(shown, values[: now + 1], xlabel, ylabel, chosen=now + 1 if now >= 0 else None, ax=ax)


def plot_trails(centers: Array, ax: Axes) -> None:
    """Plot the path of each centre; centers is (n_steps, K, 2)."""
    for k, trail in enumerate(np.swapaxes(centers, 0, 1)):
        ax.plot(*trail.T, color=color(k), linewidth=1.5, marker=".", markersize=5, path_effects=[CASING])


def fix_limits(X: Array, ax: Axes) -> None:
    """Fit the axes to the points with a margin, whatever else is drawn, so that nothing jumps between steps."""
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.12 * (high - low)
    ax.set(xlim=(low[0] - margin[0], high[0] + margin[0]), ylim=(low[1] - margin[1], high[1] + margin[1]))


def points_as_text(points: Array) -> str:
    """Write points as text, for alt texts."""
    return " ".join(f"({', '.join(number(value, '.2f') for value in point)})" for point in points)


def number(value: float, form: str) -> str:
    """Format a number with a true minus sign, as axes have it."""
    return format(value, form).replace("-", "−")
