"""Curves that help to choose: a score against k, silhouettes, the lower bound of EM."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length

from mlcourse.plotting.style import INK, PALETTE, axes_or_new, check_labels, color, label_axes
from mlcourse.typing import Array


def plot_curve(
    x: ArrayLike,
    y: ArrayLike,
    xlabel: str,
    ylabel: str,
    chosen: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a score against the setting it was computed for, such as inertia against k.

    Parameters
    ----------
    x, y : arrays of n numbers
    chosen : one of the values in `x`, marked with a ring and a dotted line; None marks nothing
    """
    x, y = np.asarray(x), np.asarray(y)
    check_consistent_length(x, y)
    if chosen is not None and chosen not in x:
        raise ValueError(f"chosen={chosen} is not among x: choose one of {x}.")
    ax = axes_or_new(ax)
    ax.plot(x, y, marker="o", color=PALETTE[0], markersize=5)
    if chosen is not None:
        ax.axvline(chosen, color=INK, linestyle=":", linewidth=1)
        ax.plot(chosen, y[x == chosen], "o", markersize=12, fillstyle="none", color=INK)
    if x.dtype.kind in "iu":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    label_axes(ax, xlabel, ylabel)
    return ax


def plot_lower_bound(values: Sequence[float] | Array, ax: Axes | None = None) -> Axes:
    """Draw the log-likelihood (or its lower bound) of EM against the round, counted from 1.

    Parameters
    ----------
    values : array of one value per round, such as `lower_bounds_`
    """
    rounds = np.arange(1, len(values) + 1)
    return plot_curve(rounds, values, "rounds of EM", "mean log-likelihood", ax=ax)


def plot_silhouettes(values: ArrayLike, labels: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw the silhouette diagram: one knife-shaped area per cluster, and the mean as a dashed line.

    Each knife is sorted, and as thick as its cluster is large. Doubt a cluster whose knife ends before the mean line
    or reaches below zero. P. J. Rousseeuw (1987), J. Comput. Appl. Math. 20, 53–65.

    Parameters
    ----------
    values : array of n silhouette coefficients, from −1 to 1
    labels : array of n non-negative integers
    """
    values = np.asarray(values)
    labels = check_labels(labels, values)
    ax = axes_or_new(ax)
    gap = max(1, len(values) // 40)
    start, middles = gap, {}
    for k in np.unique(labels):
        knife = np.sort(values[labels == k])
        rows = np.arange(start, start + len(knife))
        style: dict[str, Any] = {"facecolor": (color(k), 0.75), "edgecolor": color(k), "step": "mid"}
        ax.fill_betweenx(rows, 0, knife, label=f"cluster {k}", **style)
        middles[k] = rows.mean()
        start += len(knife) + gap
    mean = values.mean()
    ax.axvline(mean, color=INK, linestyle="--", linewidth=1.2)
    top = 1.07 * start
    ax.text(mean, top, f" mean {mean:.3f}", color=INK, size="small", va="top")
    ax.set_yticks(list(middles.values()), [str(k) for k in middles])
    ax.set_ylim(0, top)
    ax.tick_params(axis="y", length=0)
    label_axes(ax, "silhouette coefficient", "cluster")
    return ax
