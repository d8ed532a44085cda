"""Pictures made of pixels: a grid of digits, a photograph."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike
from sklearn.utils import check_array

from mlcourse.plotting.style import PAPER, axes_or_new
from mlcourse.typing import Array


def plot_digits(images: ArrayLike, n_cols: int = 10, ax: Axes | None = None) -> Axes:
    """Arrange digits on one canvas, row by row, black ink on white paper.

    Values of 0 or less are white, the largest value is black, also on a dark page: like the colours of a photograph,
    the grey levels are data, and in an ink that suits both pages half of them would vanish.

    Parameters
    ----------
    images : array of shape (n, h, w), or (n, h * h) for flattened squares
    n_cols : digits per row
    """
    images = _as_images(images)
    ax = axes_or_new(ax)
    canvas = _canvas(images, n_cols)
    ax.imshow(canvas, cmap="gray_r", vmin=0, vmax=max(images.max(), np.finfo(float).tiny))
    ax.set_axis_off()
    # On a dark page, the edge of the paper would cut the digits: it gets a margin, thin enough to keep off a title.
    height, width = canvas.shape
    margin = min(1, width / 50)
    corner, size = (-0.5 - margin, -0.5 - margin), (width + 2 * margin, height + 2 * margin)
    ax.add_patch(Rectangle(corner, *size, color=PAPER, clip_on=False, zorder=-1))
    return ax


def plot_photo(image: ArrayLike, ax: Axes | None = None) -> Axes:
    """Show a photograph without axes.

    Parameters
    ----------
    image : array of shape (h, w, 3), whole numbers from 0 to 255 or fractions from 0 to 1
    """
    ax = axes_or_new(ax)
    # Cluster centres may leave [0, 1] by a rounding error, and Matplotlib would warn.
    image = np.asarray(image)
    ax.imshow(image.clip(0, 1) if image.dtype.kind == "f" else image)
    ax.set_axis_off()
    return ax


def _as_images(images: ArrayLike) -> Array:
    """Return images as (n, h, w). Raises ValueError for rows that are not flattened squares."""
    given: Array = check_array(images, allow_nd=True, input_name="images")
    if given.ndim == 3:
        return given
    side = math.isqrt(given.shape[1])
    if side * side != given.shape[1]:
        raise ValueError(
            f"images has {given.shape[1]} pixels per row, which is not a square number: pass an array of"
            " shape (n, h, w) instead."
        )
    return given.reshape(-1, side, side)


def _canvas(images: Array, n_cols: int) -> Array:
    """One picture of all images, with a blank pixel between neighbours."""
    n, h, w = images.shape
    n_cols = min(n_cols, n)
    n_rows = -(-n // n_cols)
    cells = np.zeros((n_rows * n_cols, h + 1, w + 1))
    cells[:n, :h, :w] = images
    rows = cells.reshape(n_rows, n_cols, h + 1, w + 1).swapaxes(1, 2)
    return rows.reshape(n_rows * (h + 1), n_cols * (w + 1))[:-1, :-1]
