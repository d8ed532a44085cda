"""Points and what a model says about them: labels, centres, regions, responsibilities, anomalies."""

from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba_array
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter
from scipy.special import xlogy
from sklearn.utils import check_array, check_consistent_length

from mlcourse.plotting.style import (
    INK,
    PALE_INK,
    PALETTE,
    PAPER,
    PRINT,
    axes_or_new,
    check_labels,
    color,
    grid_over,
    label_axes,
    marker,
    on_a_line_or_plane,
    on_the_plane,
)
from mlcourse.typing import Array

FINE = 5  # a cell of the grid on a border is divided into FINE × FINE
UNSURE = 0.85  # of the maximal entropy: from there on, points turn grey
TINT = 0.28  # opacity of a decision region, which lets the page shine through


class Predictor(Protocol):
    """A fitted model that gives each row a label."""

    def predict(self, X: Array, /) -> Array:
        """Return the label of each row."""
        ...


def plot_points(
    X: ArrayLike,
    labels: ArrayLike | None = None,
    sizes: ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Scatter the points, with one colour and one marker per label.

    Each label is its own artist, named "cluster k", so that `ax.legend()` lists them.

    Parameters
    ----------
    X : array of shape (n, 2), or (n, 1) for points along a line
    labels : array of n non-negative integers, or None for grey points
    sizes : array of n areas in points², one area for all, or None to suit the number of points
    """
    X = on_a_line_or_plane(X)
    sizes = _sizes(sizes, len(X))
    labels = None if labels is None else check_labels(labels, X)
    ax = axes_or_new(ax)
    label_axes(ax)
    if labels is None:
        ax.scatter(X[:, 0], X[:, 1], s=sizes, c=PALE_INK, linewidths=0, alpha=0.8)
        return ax
    for k in np.unique(labels):
        rows = labels == k
        style = _marker_style(k, np.array([to_rgb(color(k))]))
        ax.scatter(X[rows, 0], X[rows, 1], s=sizes[rows], label=f"cluster {k}", **style)
    return ax


def plot_centers(centers: ArrayLike, ax: Axes | None = None) -> Axes:
    """Mark each centre with a white disc and its number.

    Parameters
    ----------
    centers : array of shape (K, 2), or (K, 1) for centres along a line
    """
    centers = on_a_line_or_plane(centers, "centers")
    ax = axes_or_new(ax)
    ax.scatter(centers[:, 0], centers[:, 1], s=170, c=PAPER, edgecolors=INK, linewidths=1.6, zorder=4)
    for k, center in enumerate(centers):
        style: dict[str, Any] = {
            "size": 9,
            "weight": "bold",
            "ha": "center",
            "va": "center_baseline",
            "zorder": 5,
        }
        ax.text(center[0], center[1], str(k), color=PRINT, **style)
    label_axes(ax)
    return ax


def plot_decision_regions(model: Predictor, X: ArrayLike, ax: Axes | None = None) -> Axes:
    """Tint the plane by `model.predict`, with a line wherever the prediction changes.

    For k-means these are the Voronoi cells of the centres. Draw points and centres on top.

    Parameters
    ----------
    model : a fitted model of two features, whose `predict` returns non-negative integers
    X : array of shape (n, 2)
        The points that the picture must cover.
    """
    X = on_the_plane(X)
    xs, ys, grid = grid_over(X, n_steps=600)
    labels = check_labels(model.predict(grid), grid, "model.predict").reshape(len(ys), len(xs))
    ax = axes_or_new(ax)
    found = np.unique(labels)
    tints = to_rgba_array([color(k) for k in range(found[-1] + 1)], alpha=TINT)
    extent = (*xs[[0, -1]], *ys[[0, -1]])
    ax.imshow(tints[labels], extent=extent, origin="lower", aspect="auto", interpolation="nearest")
    border = maximum_filter(labels, size=3) != minimum_filter(labels, size=3)
    parts = _parts_of_cells(grid.reshape(*labels.shape, 2)[border], xs[1] - xs[0], ys[1] - ys[0])
    parts_labels = model.predict(parts).reshape(-1, FINE**2) if border.any() else None
    for k in found[1:]:
        inside = (labels == k).astype(float)
        inside[border] = (parts_labels == k).mean(axis=1)
        inside = gaussian_filter(inside, sigma=1.5)  # hides the steps of the grid
        if inside.min() < 0.5 < inside.max():  # a region that is too small has no outline left
            ax.contour(xs, ys, inside, levels=[0.5], colors=INK, linewidths=0.9)
    ax.set(xlim=xs[[0, -1]], ylim=ys[[0, -1]])
    label_axes(ax)
    return ax


def _parts_of_cells(centers: Array, width: float, height: float) -> Array:
    """Divide cells (m, 2) of a grid into FINE × FINE parts each, and find the middle of each: (m · FINE², 2)."""
    steps = (np.arange(FINE) + 0.5) / FINE - 0.5
    shifts = np.stack(np.meshgrid(width * steps, height * steps), axis=-1).reshape(-1, 2)
    return (centers[:, np.newaxis] + shifts).reshape(-1, 2).astype(centers.dtype, copy=False)


def plot_responsibilities(
    X: ArrayLike, resp: ArrayLike, sizes: ArrayLike | None = None, ax: Axes | None = None
) -> Axes:
    """Colour each point by its responsibilities: pure where one component owns it, grey where several share it.

    The colours are mixed by the sixth powers of the responsibilities: a slight lead can be seen.

    The marker is that of the most likely component. To show certainty by size too, pass
    `sizes=40 * resp.max(axis=1) ** 2`.

    Parameters
    ----------
    X : array of shape (n, 2), or (n, 1) for points along a line
    resp : array of shape (n, K), rows summing to 1
    sizes : array of n areas in points², one area for all, or None to suit the number of points
    """
    X = on_a_line_or_plane(X)
    R: Array = check_array(resp, input_name="resp")
    check_consistent_length(X, R)
    sizes = _sizes(sizes, len(X))
    ax = axes_or_new(ax)
    mixed = _mixed_colors(R)
    most_likely = R.argmax(axis=1)
    for k in np.unique(most_likely):
        rows = most_likely == k
        style = _marker_style(k, mixed[rows])
        ax.scatter(X[rows, 0], X[rows, 1], s=sizes[rows], label=f"component {k}", **style)
    label_axes(ax)
    return ax


def _mixed_colors(R: Array) -> Array:
    """Mix the colours of the components by the sixth powers of R, so that a slight lead can be seen.

    From UNSURE of the maximal entropy log K on, grey takes the place of what all components have in common: without
    it, equal shares would have a colour. The players do the same: see look.js.
    """
    K = R.shape[1]
    pure = np.array([to_rgb(color(k)) for k in range(K)])
    sharp = R**6 / (R**6).sum(axis=1, keepdims=True)
    entropy = -xlogy(sharp, sharp).sum(axis=1, keepdims=True) / np.log(max(K, 2))
    grey = ((entropy - UNSURE) / (1 - UNSURE)).clip(0, 1)
    return np.clip((sharp - grey / K) @ pure + grey * np.array(to_rgb(PALE_INK)), 0, 1)


def plot_anomalies(X: ArrayLike, is_outlier: ArrayLike, ax: Axes | None = None) -> Axes:
    """Scatter the points, with anomalies as stars, and a legend.

    Parameters
    ----------
    X : array of shape (n, 2), or (n, 1) for points along a line
    is_outlier : array of n booleans
        Such as `detector.predict(X) == -1`.
    """
    X, is_outlier = on_a_line_or_plane(X), np.asarray(is_outlier)
    check_consistent_length(X, is_outlier)
    if is_outlier.dtype != bool:
        raise ValueError(
            f"is_outlier must hold one True or False per point; got {np.unique(is_outlier)[:5]}. For the output of a"
            " detector, pass `detector.predict(X) == -1`."
        )
    ax = axes_or_new(ax)
    normal, outliers = X[~is_outlier], X[is_outlier]
    size = _sizes(None, len(X))[0]
    ax.scatter(normal[:, 0], normal[:, 1], s=size, c=PALE_INK, linewidths=0, alpha=0.8, label="normal")
    star: dict[str, Any] = {"marker": "*", "s": 110, "c": PALETTE[5], "edgecolors": INK, "linewidths": 0.6}
    ax.scatter(outliers[:, 0], outliers[:, 1], label="anomaly", **star)
    ax.legend()
    label_axes(ax)
    return ax


def _sizes(sizes: ArrayLike | None, n: int) -> Array:
    """One area per point; by default, the more points, the smaller."""
    if sizes is None:
        sizes = np.clip(24_000 / n, 12, 36)
    return np.broadcast_to(sizes, n)


def _marker_style(k: int, colors: Array) -> dict[str, Any]:
    """Marker k filled with `colors`, (1, 3) or one row per point, and outlined in a darker shade."""
    return {"marker": marker(k), "c": colors, "edgecolors": 0.65 * colors, "linewidths": 0.4, "alpha": 0.85}
