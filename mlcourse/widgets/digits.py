"""Lesson 11: digits rebuilt from fewer numbers, and the path between two components of a mixture of digits."""

import math
from collections.abc import Sequence
from copy import copy
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike
from sklearn.utils import check_array

from mlcourse.mixture import GaussianMixture
from mlcourse.pca import PCA
from mlcourse.plotting import color, plot_digits
from mlcourse.plotting.style import INK, PALE_INK, label_axes
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing, interactive

# The values of t at which the strip between two components shows a digit.
STRIP_POSITIONS = np.linspace(0, 1, 11)

# A narrow dropdown leaves enough room for the slider beside it.
NARROW = {"layout": {"width": "12em"}, "style": {"description_width": "3em"}}

# ── One digit from its first axes ────────────────────────────────────────────────────────────────


def reconstruction_explorer(X: Array, pca: PCA) -> ipywidgets.VBox:
    """Choose a digit and how many axes to keep; see the reconstruction, and its difference from the digit.

    Parameters
    ----------
    X : array of shape (n, h * h), the digits to choose from
    pca : a fitted PCA of such digits
    """
    X = check_array(X, input_name="X")
    q, last = pca.n_components_, len(X) - 1
    controls = {
        "q": ipywidgets.IntSlider(min(10, q), min=1, max=q, description="axes", continuous_update=False),
        "row": ipywidgets.IntSlider(0, min=0, max=last, description="digit", continuous_update=False),
    }
    return interactive(lambda **state: draw_reconstruction(X, pca, **state), controls)


def reconstruct(X: Array, pca: PCA, q: int) -> Array:
    """Rebuild digits (n, d) from the first q axes of a fitted PCA; the others stay at their mean."""
    if not 1 <= q <= pca.n_components_:
        raise ValueError(
            f"q={q}, but this PCA has kept {pca.n_components_} axes: choose q from 1 to {pca.n_components_}."
        )
    Z = pca.transform(X)
    Z[:, q:] = 0
    return pca.inverse_transform(Z)


def draw_reconstruction(X: Array, pca: PCA, row: int, q: int) -> Drawing:
    """Draw a digit, its reconstruction, and the reconstruction minus the digit.

    Parameters
    ----------
    X : array of shape (n, h * h)
    pca : a fitted PCA
    row : index of the digit
    q : how many axes to keep. Raises ValueError unless from 1 to `pca.n_components_`.
    """
    X = check_array(X, input_name="X")
    digit, rebuilt, black = X[row], reconstruct(X[[row]], pca, q)[0], X.max()
    difference = rebuilt - digit
    figure, panels = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained")
    for ax, picture, title in zip(panels, (digit, rebuilt), ("the digit", f"from {q} axes")):
        plot_digits(picture[np.newaxis], ax=ax).set_title(title)
        ax.images[0].set_clim(0, black)  # only the difference shows values beyond black or below white
    _plot_difference(difference, black, panels)
    share = pca.explained_variance_ratio_[:q].sum()
    error = np.sqrt(np.mean(difference**2))
    caption = (
        f"Row {row}: {q} numbers instead of {len(digit)}. The {q} axes explain {share:.1%} of the variance of"
        f" all digits. Error of this digit: {error:.2f} per pixel (root mean square); black is {black:g}."
    )
    alt = (
        "A digit, its reconstruction, and a map of the difference: violet where there is too much ink, orange where"
        f" there is too little, at most {np.abs(difference).max():.1f}. {caption}"
    )
    return Drawing(figure, caption, alt)


def _plot_difference(difference: Array, black: float, panels: Sequence[Axes]) -> None:
    """Map the difference on the last panel: white is 0, full colour is the whole range from paper to ink.

    The scale is fixed. Stretched to the largest difference, the picture would look equally wrong for every q.
    """
    ax = plot_digits(difference[np.newaxis], ax=panels[-1])
    ax.set_title("reconstruction minus digit")
    ax.images[0].set(cmap="PuOr", clim=(-black, black))
    bar = ax.figure.colorbar(ax.images[0], ax=panels, ticks=[-black, 0, black])
    bar.ax.set_yticklabels([f"−{black:g}: ink is missing", "0", f"+{black:g}: too much ink"])


# ── From one component to another ─────────────────────────────────────────────────────────────────


def morphing_explorer(model: GaussianMixture, pca: PCA) -> ipywidgets.VBox:
    """Walk in a straight line from the mean of one component to that of another, and see each digit on the way.

    Parameters
    ----------
    model : a mixture fitted to `pca.transform(X)`
    pca : the fitted PCA, which turns the points back into pictures
    """
    _check_space(model, pca)
    components = [(f"component {k}", k) for k in range(len(model.means_))]
    controls = {
        "t": ipywidgets.FloatSlider(
            0.5, min=0, max=1, step=0.1, description="t", continuous_update=False, readout_format=".1f"
        ),
        "i": ipywidgets.Dropdown(options=components, value=0, description="from", **NARROW),
        "j": ipywidgets.Dropdown(options=components, value=len(components) - 1, description="to", **NARROW),
    }
    return interactive(lambda **state: draw_morph(model, pca, **state), controls)


def draw_morph(model: GaussianMixture, pca: PCA, i: int, j: int, t: float) -> Drawing:
    """Draw the picture at (1 − t) μᵢ + t μⱼ, a strip of pictures from mean i to mean j, and the log density along it.

    Parameters
    ----------
    model : a fitted mixture
    pca : the PCA whose coordinates the mixture was fitted to. Raises ValueError if it has another number of them.
    i, j : indices of two components
    t : from 0, at mean i, to 1, at mean j
    """
    _check_space(model, pca)
    path = np.linspace(0, 1, 101)
    heights = model.score_samples(_between(model, i, j, path))
    (here,) = model.score_samples(_between(model, i, j, [t]))
    median = median_log_density(model)
    pictures = pca.inverse_transform(_between(model, i, j, [t, *STRIP_POSITIONS])).clip(0)
    figure, axes = plt.subplot_mosaic(
        [["now", "strip"], ["now", "height"]],
        figsize=(9.6, 3.8),
        width_ratios=(1, 3),
        height_ratios=(1, 3),
        layout="constrained",
    )
    _plot_strip(pictures, int(np.abs(STRIP_POSITIONS - t).argmin()), axes["now"], axes["strip"])
    axes["now"].set_title(f"t = {t:.1f}")
    _plot_heights(path, heights, median, axes["height"])
    _mark_place(t, here, _cell(pictures), axes["height"])
    lowest = heights.argmin()
    caption = (
        f"From component {i} to component {j}, t = {t:.1f}. Log density: {here:.1f} nats here, {heights[0]:.1f} at"
        f" the first mean, {heights[-1]:.1f} at the second; in between it falls to {heights[lowest]:.1f} at"
        f" t = {path[lowest]:.2f}. Half of the samples from the mixture are above {median:.1f}."
    )
    alt = (
        "A picture, a strip of eleven pictures in which one digit turns into another, and the log density along the"
        f" way. {caption}"
    )
    return Drawing(figure, caption, alt)


def median_log_density(model: GaussianMixture) -> float:
    """Return the median log density of samples from the mixture: in many dimensions far below that of any mean."""
    drawn, _ = copy(model).set_params(random_state=0).sample(1000)
    return float(np.median(model.score_samples(drawn)))


def _between(model: GaussianMixture, i: int, j: int, t: ArrayLike) -> Array:
    """The points (len(t), d) at fractions t of the way from mean i to mean j."""
    t = np.asarray(t)[:, np.newaxis]
    return (1 - t) * model.means_[i] + t * model.means_[j]


def _plot_strip(pictures: Array, now: int, large: Axes, strip: Axes) -> None:
    """Draw the first picture large, the others in a strip with a frame around number `now`; all on one grey scale."""
    plot_digits(pictures[:1], ax=large)
    plot_digits(pictures[1:], n_cols=len(STRIP_POSITIONS), ax=strip)
    for ax in (large, strip):
        ax.images[0].set_clim(0, pictures.max())
    cell = _cell(pictures)
    frame: dict[str, Any] = {"fill": False, "edgecolor": INK, "linewidth": 1.6, "clip_on": False}
    strip.add_patch(Rectangle((cell * now - 1, -1), cell, cell, **frame))


def _plot_heights(path: Array, heights: Array, median: float, ax: Axes) -> None:
    """Draw the log density along the path, and the median over samples from the mixture."""
    ax.plot(path, heights, color=color(0), linewidth=2)
    ax.axhline(median, color=PALE_INK, linestyle="--", linewidth=1.5, label="half of its samples are above")
    ax.legend(loc="upper center", fontsize="small")
    label_axes(ax, "t: fraction of the way", "log density (nats)")


def _mark_place(t: float, here: float, cell: int, ax: Axes) -> None:
    """Ring the current point, and align t with the strip above, which has `cell` pixels per digit."""
    ax.axvline(t, color=INK, linestyle=":", linewidth=1)
    ax.plot(t, here, "o", markersize=12, fillstyle="none", color=INK)
    margin = (1 - 1 / cell) / 2 / (len(STRIP_POSITIONS) - 1)
    ax.set_xlim(-margin, 1 + margin)


def _cell(pictures: Array) -> int:
    """Pixels from one digit of a strip to the next: its side, and one that `plot_digits` leaves blank."""
    return math.isqrt(pictures.shape[1]) + 1


def _check_space(model: GaussianMixture, pca: PCA) -> None:
    """Raise ValueError unless the mixture has as many features as the PCA has components."""
    d, q = model.means_.shape[1], pca.n_components_
    if d != q:
        raise ValueError(
            f"model has {d} features, but pca has {q} components: fit the mixture to pca.transform(X), with this pca."
        )
