"""Lesson 01: a photograph in a few colours."""

from functools import cache

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from mlcourse.kmeans import KMeans, assign
from mlcourse.plotting import plot_photo
from mlcourse.plotting.style import INK, PAPER, PRINT
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing, interactive

# In pixels. A larger picture would take longer to draw than to look at.
LONGEST_SIDE = 640


def photo_explorer(photo: Array) -> ipywidgets.VBox:
    """Choose a number of colours; see the photograph in these colours, and the share of each.

    Parameters
    ----------
    photo : array of shape (h, w, 3), fractions from 0 to 1, such as `load_photo("flower.jpg")`
    """
    photo = _downsampled(_checked(photo))
    palette = cache(lambda K: photo_palette(photo, K))
    slider = ipywidgets.IntSlider(6, min=2, max=16, description="colours", continuous_update=False)
    return interactive(lambda K: draw_photo(photo, palette(K)), {"K": slider})


def photo_palette(photo: Array, K: int, n_pixels: int = 5000) -> Array:
    """Cluster `n_pixels` random pixels by k-means, and return the K centres: (K, 3)."""
    pixels = _checked(photo).reshape(-1, 3)
    n_pixels = min(n_pixels, len(pixels))
    seen = np.random.default_rng(0).choice(pixels, size=n_pixels, replace=False)
    return KMeans(K, n_init=3, random_state=0).fit(seen).cluster_centers_


def draw_photo(photo: Array, palette: Array) -> Drawing:
    """Draw the photograph in the nearest colours of a palette, above a bar of the share of each colour.

    Parameters
    ----------
    photo : array of shape (h, w, 3), fractions from 0 to 1
    palette : array of shape (K, 3), such as `photo_palette(photo, K)`
    """
    photo, palette = _checked(photo), np.asarray(palette)
    pixels = photo.reshape(-1, 3)
    nearest = assign(pixels, palette)
    painted = palette[nearest]
    shares = np.bincount(nearest, minlength=len(palette)) / len(pixels)
    order = np.argsort(-shares)
    height = min(7 * photo.shape[0] / photo.shape[1], 6)
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(7, height + 0.7), height_ratios=(height, 0.6), layout="constrained"
    )
    plot_photo(painted.reshape(photo.shape), ax=top)
    _plot_shares(palette[order], shares[order], bottom)
    error = np.sqrt(np.mean(np.sum((painted - pixels) ** 2, axis=1)))
    bits = int(np.ceil(np.log2(len(palette))))
    caption = (
        f"{len(palette)} colours, {bits} bit{'s' * (bits > 1)} per pixel. The most common one covers"
        f" {shares.max():.1%} of the picture, the rarest {shares.min():.1%}. A pixel is {error:.3f} away from its"
        " colour (root mean square; black is 1.732 away from white)."
    )
    listed = ", ".join(f"{to_hex(palette[k].clip(0, 1))} {shares[k]:.1%}" for k in order)
    return Drawing(
        figure, caption, f"A photograph in a few colours above a bar of their shares: {listed}. {caption}"
    )


def _plot_shares(palette: Array, shares: Array, ax: Axes) -> None:
    """Draw one bar, divided among the colours (K, 3) by their shares (K,), with numbers where they fit."""
    starts = np.cumsum(shares) - shares
    ax.barh(0, shares, left=starts, color=palette.clip(0, 1), edgecolor=INK, linewidth=0.5)
    for paint, start, share in zip(palette, starts, shares):
        if share >= 0.06:
            light = paint @ [0.299, 0.587, 0.114]  # perceived lightness: ITU-R BT.601
            ink = PRINT if light > 0.5 else PAPER
            ax.text(start + share / 2, 0, f"{share:.0%}", ha="center", va="center", color=ink, size="small")
    ax.set(xlim=(0, 1), ylim=(-0.4, 0.4))
    ax.set_axis_off()


def _downsampled(photo: Array) -> Array:
    """Keep every m-th pixel of every m-th row, so that no side is longer than `LONGEST_SIDE`."""
    step = -(-max(photo.shape) // LONGEST_SIDE)
    return np.ascontiguousarray(photo[::step, ::step])


def _checked(photo: Array) -> Array:
    """Return the photo as an array. Raises ValueError unless it is (h, w, 3) with fractions from 0 to 1."""
    photo = np.asarray(photo)
    if (
        photo.ndim != 3
        or photo.shape[2] != 3
        or photo.dtype.kind != "f"
        or not (0 <= photo.min() <= photo.max() <= 1)
    ):
        raise ValueError(
            f"photo must have shape (h, w, 3) and hold fractions from 0 to 1; got {photo.shape} of {photo.dtype}."
            " Use load_photo, or divide numbers from 0 to 255 by 255."
        )
    return photo
