"""Lesson 09: how many components? The fit beside the criteria."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from sklearn.utils import check_array

from mlcourse.mixture import GaussianMixture, Mixture
from mlcourse.plotting import plot_ellipses, plot_responsibilities
from mlcourse.plotting.style import INK, MARKERS, label_axes
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import fix_limits, number, two_panels
from mlcourse.widgets.player import Player, Scene, plane

# Criteria over the number of components: name → one number per model.
Curves = Mapping[str, Sequence[float] | Array]


def components_player(X: Array, models: Sequence[GaussianMixture], curves: Curves) -> Player:
    """Step through K, and see each fit beside the criteria for choosing K.

    Parameters
    ----------
    X : array of shape (n, 2)
    models : list of fitted mixtures with 1, 2, 3, … components
    curves : dict of criteria for which lower is better: name → one number per model
    """
    _check_curves(models, curves)
    numbers = list(range(1, len(models) + 1))
    scene: Scene = {
        "label": f"Mixtures of 1 to {len(models)} components on {len(X)} points, and criteria for choosing",
        "note": "Ellipses: two standard deviations. Rings: the minimum of each criterion.",
        "sliderName": "components K",
        "points": check_array(X, input_name="X"),
        "planes": [plane([Mixture.of(model) for model in models], ellipses=[2], numbers=False)],
        "frames": [(K - 1, K - 1) for K in numbers],
        "captions": [_caption(curves, K) for K in numbers],
        "curve": {
            "x": numbers,
            "xlabel": "components K",
            "ylabel": "criterion (lower is better)",
            "minima": True,
            "lines": [{"name": name, "values": curve} for name, curve in curves.items()],
        },
    }
    return Player(scene, draw_components(X, models, curves, len(models) // 2))


def draw_components(X: Array, models: Sequence[GaussianMixture], curves: Curves, K: int) -> Drawing:
    """Draw the mixture of K components on the left and the criteria on the right.

    The ellipses are at two standard deviations of each component.

    Parameters
    ----------
    X, models, curves : as in `components_player`
    K : number of components of the model to draw
    """
    _check_curves(models, curves)
    model = models[K - 1]
    figure, (left, right) = two_panels()
    plot_responsibilities(X, model.predict_proba(X), ax=left)
    plot_ellipses(model.means_, model.covariances_, model.covariance_type, n_std=2, ax=left)
    fix_limits(X, left)
    _plot_criteria(curves, K, right)
    caption = _caption(curves, K)
    return Drawing(figure, caption, f"Points under {K} ellipses, beside curves over K.")


def _plot_criteria(curves: Curves, K: int, ax: Axes) -> None:
    """One line per criterion with a hollow marker at its minimum, and a dotted line at K.

    The lines have no colours: those belong to the components.
    """
    styles = zip(cycle(("-", "--", ":", "-.")), cycle(MARKERS))
    for (name, curve), (dashes, sign) in zip(curves.items(), styles):
        Ks, best = np.arange(1, len(curve) + 1), int(np.argmin(curve))
        ax.plot(Ks, curve, dashes, color=INK, linewidth=1.5, label=name)
        ax.plot(best + 1, curve[best], sign, color=INK, markersize=8, markerfacecolor="white")
    ax.axvline(K, color=INK, linestyle=":", linewidth=1)
    ax.legend(fontsize="small", loc="upper center")
    label_axes(ax, "components K", "criterion (lower is better)")


def _caption(curves: Curves, K: int) -> str:
    values = ", ".join(f"{name} {number(curve[K - 1], '.0f')}" for name, curve in curves.items())
    lowest = ", ".join(f"{name} at {np.argmin(curve) + 1}" for name, curve in curves.items())
    return f"K = {K}: {values}. Lowest: {lowest}."


def _check_curves(models: Sequence[GaussianMixture], curves: Curves) -> None:
    """Raise TypeError or ValueError unless every curve has one number per model."""
    if not isinstance(models, Sequence) or not models or not isinstance(curves, Mapping):
        raise TypeError(
            f"models must be a non-empty list of fitted mixtures, and curves a dict; got {type(models).__name__} and"
            f" {type(curves).__name__}. Make the list first: [GaussianMixture(K).fit(X) for K in range(1, 21)]."
        )
    wrong = {name: len(curve) for name, curve in curves.items() if len(curve) != len(models)}
    if wrong:
        raise ValueError(
            f"curves must hold one number for each of the {len(models)} models; got {wrong}. Compute"
            " every criterion for every model, in the order of the list."
        )
