"""One look for the whole course: colours, markers, and helpers that all plots share.

Figures have no background: one picture serves JupyterLab's light and dark themes, also when the theme changes after
the cell has run, in an exported page, and in a figure that a student draws without `show`. So text and axes are in a
grey that reads on both (INK), data are in colours that do, and white or black is used only together with the other.
The alternative, a light and a dark picture and a style sheet that shows one of them, gives text more contrast on
either page; but it draws every figure twice, doubles the size of a notebook, and fails where style sheets are
dropped, such as in a notebook that is not trusted, and for figures that Matplotlib shows by itself.
"""

import matplotlib.pyplot as plt
import numpy as np
import seaborn
from IPython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.typing import ColorType
from matplotlib_inline.config import InlineBackend
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_consistent_length

from mlcourse.typing import Array

# Okabe and Ito's colours (2008), which colour-blind readers can tell apart, ordered so that neighbours also
# differ in lightness: the first three stay distinct in a black-and-white print.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#666666")

# Seven markers beside eight colours: the pair repeats only after 56 clusters.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

# Text, axes and lines: a contrast of 4.5 on white and of 4.2 on #111111, JupyterLab's dark page.
INK = "#767676"
# Points without a label, and whatever stays in the background.
PALE_INK = "#8A8A8A"
# A light label and the print on it, which are readable together on any page.
PAPER, PRINT = "#FFFFFF", "#222222"


def color(k: int) -> str:
    """Return the colour of label `k`, the same in every figure."""
    return PALETTE[k % len(PALETTE)]


def marker(k: int) -> str:
    """Return the marker of label `k`, so that no figure relies on colour alone."""
    return MARKERS[k % len(MARKERS)]


def blend(one: ColorType, other: ColorType, share: float) -> tuple[float, ...]:
    """Mix two colours: `share` of `other`, the rest of `one`."""
    return tuple((1 - share) * np.array(to_rgb(one)) + share * np.array(to_rgb(other)))


def use_course_style() -> None:
    """Set Matplotlib's defaults for this notebook: call it once, at the top."""
    seaborn.set_theme(context="notebook", style="ticks", palette=PALETTE)
    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 4.2),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "none",
            "axes.facecolor": "none",
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "grid.color": INK,
            "hatch.color": PRINT,
            "patch.force_edgecolor": False,  # seaborn draws white edges
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "legend.frameon": False,
        }
    )
    if (shell := get_ipython()) is not None:
        _use_inline_style(shell)


def _use_inline_style(shell: InteractiveShell) -> None:
    """Make figures that Matplotlib shows by itself, at the end of a cell, sharp and without a background.

    The figure's own face colour stays white: if it were transparent, the inline backend would ask JupyterLab to put a
    white box behind it.
    """
    inline = InlineBackend.instance(parent=shell)
    inline.print_figure_kwargs = inline.print_figure_kwargs | {"facecolor": "none"}
    inline.figure_formats = {"retina"}


def axes_or_new(ax: Axes | None) -> Axes:
    """Return `ax` itself, or the Axes of a new figure."""
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    return ax


def label_axes(ax: Axes, x: str = "feature 1", y: str = "feature 2") -> None:
    """Label the axes that have no label yet, so that a label set before or after wins."""
    ax.set(xlabel=ax.get_xlabel() or x, ylabel=ax.get_ylabel() or y)


def on_the_plane(X: ArrayLike, name: str = "X") -> Array:
    """Return `X` as an array (n, 2), for a plot in the plane. Raises ValueError for other shapes."""
    points: Array = check_array(X, input_name=name)
    if points.shape[1] != 2:
        raise ValueError(
            f"{name} has {points.shape[1]} feature(s), but the plot shows 2: choose two columns, such as"
            f" {name}[:, [0, 1]], or project onto two with PCA first."
        )
    return points


def on_a_line_or_plane(X: ArrayLike, name: str = "X") -> Array:
    """Return `X` as (n, 2): points with one feature are placed at height 0."""
    points: Array = check_array(X, input_name=name)
    if points.shape[1] == 1:
        return np.column_stack([points, np.zeros_like(points)])
    return on_the_plane(points, name)


def check_labels(labels: ArrayLike, X: ArrayLike, name: str = "labels") -> Array:
    """Return `labels` as an array of one non-negative integer per row of `X`. Raises ValueError otherwise."""
    labels = np.asarray(labels)
    check_consistent_length(X, labels)
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(
            f"{name} must hold non-negative integers, one per point; got {np.unique(labels)[:5]}. Convert"
            " other labels with `_, numbers = np.unique(labels, return_inverse=True)`."
        )
    return labels


def grid_over(X: Array, n_steps: int) -> tuple[Array, Array, Array]:
    """Build a square grid over the points, with a margin of 8 % around them.

    Returns
    -------
    xs, ys : arrays of shape (n_steps,)
    grid : array of shape (n_steps * n_steps, 2), in X's dtype, row by row
    """
    low, high = X.min(axis=0), X.max(axis=0)
    # Where all points share a coordinate, a span of 1 gives the picture some width.
    margin = 0.08 * np.where(high > low, high - low, 1)
    xs, ys = np.linspace(low - margin, high + margin, n_steps).T
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    return xs, ys, grid.astype(X.dtype, copy=False)
