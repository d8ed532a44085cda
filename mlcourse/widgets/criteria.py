"""Lesson 09: how the choice of K depends on the amount of data and on the covariance type."""

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from sklearn.utils import check_array

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import GaussianMixture
from mlcourse.plotting import color, marker
from mlcourse.plotting.style import label_axes
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing, interactive, progress

MAX_COMPONENTS = 12
# The best of three random starts, and a small tol: unlucky or unfinished fits would make the curves uneven.
FIT: dict[str, Any] = {
    "n_init": 3,
    "init_params": "k-means++",
    "tol": 1e-4,
    "max_iter": 500,
    "random_state": 0,
}

SAMPLE_SIZES = (50, 100, 200, 500, 1000, 2000, 5000)

Watch = Callable[[Iterable[int]], Iterable[int]]


def criteria_explorer(sample: Array, held_out: Array) -> ipywidgets.VBox:
    """Choose the amount of data and the covariance type, and see which K each criterion prefers.

    Every change refits all mixtures; a bar shows the progress.

    Parameters
    ----------
    sample : array of shape (n, d), the rows in random order, so that the first few are typical
    held_out : array of shape (m, d), rows from the same source that no fit sees
    """
    sample = check_array(sample, input_name="sample")
    bar = ipywidgets.IntProgress(description="fitting", layout={"visibility": "hidden"})
    sizes = [n for n in SAMPLE_SIZES if n < len(sample)] + [len(sample)]
    controls = {
        "n": ipywidgets.SelectionSlider(
            options=sizes, value=sizes[0], description="n", continuous_update=False
        ),
        "covariance_type": ipywidgets.Dropdown(
            options=list(COVARIANCE_TYPES), value="full", description="type"
        ),
    }

    def draw(n: int, covariance_type: str) -> Drawing:
        return draw_criteria(sample, held_out, n, covariance_type, watch=lambda Ks: progress(bar, Ks))

    return interactive(draw, controls, bar)


def criteria_curves(
    X: Array, held_out: Array, covariance_type: str = "full", watch: Watch = iter
) -> dict[str, Array]:
    """Compute AIC, BIC and −2 log-likelihood of held-out rows for K = 1, 2, …, 12, each per row.

    Parameters
    ----------
    X : array of shape (n, d), the rows to fit
    held_out : array of shape (m, d)
    covariance_type : one of `COVARIANCE_TYPES`
    watch : called with the range of K; yields the values to fit, so it can show the progress
    """
    values = []
    for K in watch(range(1, MAX_COMPONENTS + 1)):
        model = GaussianMixture(K, covariance_type=covariance_type, **FIT).fit(X)
        values.append((model.aic(X) / len(X), model.bic(X) / len(X), -2 * model.score(held_out)))
    return dict(zip(("AIC", "BIC", "held out"), np.transpose(values)))


def draw_criteria(
    sample: Array, held_out: Array, n: int, covariance_type: str, watch: Watch = iter
) -> Drawing:
    """Draw the criteria over K for the first n rows of the sample, and mark their minima.

    Parameters
    ----------
    sample, held_out : as in `criteria_explorer`
    n : how many rows to fit. Raises ValueError for more than the sample has, or fewer than the largest K.
    covariance_type : one of `COVARIANCE_TYPES`
    watch : as in `criteria_curves`
    """
    if not MAX_COMPONENTS <= n <= len(sample):
        raise ValueError(
            f"n={n} must be from {MAX_COMPONENTS} (the largest K) to {len(sample)} (all rows of the sample)."
        )
    curves = criteria_curves(sample[:n], held_out, covariance_type, watch)
    figure, ax = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    _plot_criteria(curves, ax)
    chosen = {name: int(np.argmin(curve)) for name, curve in curves.items()}
    judged = curves["held out"]
    lowest = ", ".join(f"{name} at K = {at + 1} ({judged[at]:.3f})" for name, at in chosen.items())
    caption = f"n = {n}, {covariance_type} covariances. Lowest: {lowest}. In brackets: the held-out curve at that K."
    if MAX_COMPONENTS - 1 in chosen.values():
        caption += (
            f" K = {MAX_COMPONENTS} is the largest K tried: a curve that is lowest there may fall further."
        )
    if max(map(max, curves.values())) > ax.get_ylim()[1]:
        caption += " Where a curve leaves the plot, it is worse than one component."
    alt = f"Three curves over K = 1 to {MAX_COMPONENTS}, with a ring at the lowest point of each. {caption}"
    return Drawing(figure, caption, alt)


def _plot_criteria(curves: dict[str, Array], ax: Axes) -> None:
    """One line per criterion, with a ring at its minimum. Values worse than one component are cut off."""
    Ks = np.arange(1, MAX_COMPONENTS + 1)
    for place, (name, curve) in enumerate(curves.items()):
        at = np.argmin(curve)
        ax.plot(Ks, curve, color=color(place), marker=marker(place), markersize=5, label=name)
        ax.plot(Ks[at], curve[at], "o", markersize=13, fillstyle="none", color=color(place))
    low, high = min(map(min, curves.values())), max(curve[0] for curve in curves.values())
    margin = 0.08 * (high - low)
    ax.set(ylim=(low - margin, high + margin), xticks=Ks)
    ax.legend()
    label_axes(ax, "components K", "criterion per point (lower is better)")
