"""Lesson 07: how the choice of K depends on how much data there is, and on the covariance type."""

from collections.abc import Callable, Iterable

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from sklearn.utils import check_array

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import GaussianMixture
from mlcourse.plotting import color, marker
from mlcourse.plotting.style import label_axes
from mlcourse.widgets.controls import Drawing, interactive, progress

MOST_COMPONENTS = 12
# Of three random starts the best, and a small tol: a curve of unlucky or unfinished fits would have dents.
FIT = {"n_init": 3, "init_params": "k-means++", "tol": 1e-4, "max_iter": 500, "random_state": 0}

STATIONS = (50, 100, 200, 500, 1000, 2000, 5000)

Watch = Callable[[Iterable], Iterable]


def criteria_explorer(sample, held_out) -> ipywidgets.VBox:
    """Give the mixture more data, or another covariance type, and see which K each criterion chooses.

    Every move fits anew; a bar shows how far it is.

    Parameters
    ----------
    sample : array of shape (n, d), the rows in random order, so that the first few stand for all
    held_out : array of shape (m, d), rows of the same source that no fit sees
    """
    sample = check_array(sample, input_name="sample")
    bar = ipywidgets.IntProgress(description="fitting", layout={"visibility": "hidden"})
    sizes = [n for n in STATIONS if n < len(sample)] + [len(sample)]
    controls = {
        "n": ipywidgets.SelectionSlider(
            options=sizes, value=sizes[0], description="n", continuous_update=False
        ),
        "covariance_type": ipywidgets.Dropdown(
            options=list(COVARIANCE_TYPES), value="full", description="type"
        ),
    }

    def draw(n, covariance_type):
        return draw_criteria(sample, held_out, n, covariance_type, watch=lambda Ks: progress(bar, Ks))

    return interactive(draw, controls, bar)


def criteria_curves(X, held_out, covariance_type: str = "full", watch: Watch = iter) -> dict[str, np.ndarray]:
    """AIC, BIC and −2 log-likelihood of held-out rows, all divided by their number of rows, for K = 1, 2, … 12.

    Parameters
    ----------
    X : array of shape (n, d), the rows to fit
    held_out : array of shape (m, d)
    covariance_type : one of `COVARIANCE_TYPES`
    watch : called with the numbers of components; what it yields is fitted, so that it may show how far the fits are
    """
    values = []
    for K in watch(range(1, MOST_COMPONENTS + 1)):
        model = GaussianMixture(K, covariance_type=covariance_type, **FIT).fit(X)
        values.append((model.aic(X) / len(X), model.bic(X) / len(X), -2 * model.score(held_out)))
    return dict(zip(("AIC", "BIC", "held out"), np.transpose(values)))


def draw_criteria(sample, held_out, n: int, covariance_type: str, watch: Watch = iter) -> Drawing:
    """The criteria over K for the first n rows of the sample, and their minima.

    Parameters
    ----------
    sample, held_out : as in `criteria_explorer`
    n : how many rows to fit. Raises ValueError when the sample has fewer, or there are fewer than components.
    covariance_type : one of `COVARIANCE_TYPES`
    watch : as in `criteria_curves`
    """
    if not MOST_COMPONENTS <= n <= len(sample):
        raise ValueError(
            f"n={n}: choose from {MOST_COMPONENTS}, the most components, to {len(sample)}, all rows."
        )
    curves = criteria_curves(sample[:n], held_out, covariance_type, watch)
    figure, ax = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    _plot_criteria(curves, ax)
    chosen = {name: int(np.argmin(curve)) for name, curve in curves.items()}
    judged = curves["held out"]
    said = ", ".join(f"{name} at K = {at + 1} ({judged[at]:.3f})" for name, at in chosen.items())
    caption = f"n = {n}, {covariance_type} covariances. Lowest: {said}; in brackets what held-out rows say of that K."
    if MOST_COMPONENTS - 1 in chosen.values():
        caption += f" K = {MOST_COMPONENTS} is the most that was tried, so it is no minimum yet."
    if max(map(max, curves.values())) > ax.get_ylim()[1]:
        caption += " Where a curve is not seen, it is worse than one component."
    alt = f"Three curves over K = 1 to {MOST_COMPONENTS}, with a ring at the lowest point of each. {caption}"
    return Drawing(figure, caption, alt)


def _plot_criteria(curves, ax: Axes) -> None:
    """One line a criterion, with a ring at its minimum. What is worse than one component is cut off."""
    Ks = np.arange(1, MOST_COMPONENTS + 1)
    for place, (name, curve) in enumerate(curves.items()):
        at = np.argmin(curve)
        ax.plot(Ks, curve, color=color(place), marker=marker(place), markersize=5, label=name)
        ax.plot(Ks[at], curve[at], "o", markersize=13, fillstyle="none", color=color(place))
    low, high = min(map(min, curves.values())), max(curve[0] for curve in curves.values())
    margin = 0.08 * (high - low)
    ax.set(ylim=(low - margin, high + margin), xticks=Ks)
    ax.legend()
    label_axes(ax, "components K", "criterion a point (lower is better)")
