"""Lesson 07: how many components? The fit and the criteria, side by side."""

from collections.abc import Mapping, Sequence

import ipywidgets
import numpy as np
from matplotlib.axes import Axes

from mlcourse.plotting import color, marker, plot_ellipses, plot_responsibilities
from mlcourse.plotting.style import INK, label_axes
from mlcourse.widgets.controls import Drawing, interactive
from mlcourse.widgets.panels import fix_limits, two_panels


def components_explorer(X, models, curves) -> ipywidgets.VBox:
    """Slide through mixtures of more and more components, and watch the fit beside what the criteria say of it.

    Parameters
    ----------
    X : array of shape (n, 2)
    models : list of fitted mixtures with 1, 2, 3, … components
    curves : dict of criteria, the lower the better: name → one number a model
    """
    _check_curves(models, curves)
    slider = ipywidgets.IntSlider(1, min=1, max=len(models), description="K", continuous_update=False)
    return interactive(lambda K: draw_components(X, models, curves, K), {"K": slider})


def draw_components(X, models, curves, K: int) -> Drawing:
    """On the left the mixture of K components, on the right the criteria.

    The ellipses hold two standard deviations of each component.

    Parameters
    ----------
    X, models, curves : as in `components_explorer`
    K : which of the models
    """
    _check_curves(models, curves)
    model = models[K - 1]
    figure, (left, right) = two_panels()
    plot_responsibilities(X, model.predict_proba(X), ax=left)
    plot_ellipses(model.means_, model.covariances_, model.covariance_type, n_std=2, ax=left)
    fix_limits(X, left)
    _plot_criteria(curves, K, right)
    values = ", ".join(f"{name} {curve[K - 1]:.0f}" for name, curve in curves.items())
    lowest = ", ".join(f"{name} at {np.argmin(curve) + 1}" for name, curve in curves.items())
    caption = f"K = {K}: {values}. Lowest: {lowest}."
    return Drawing(figure, caption, f"Points under {K} ellipses, beside curves over K. {caption}")


def _plot_criteria(curves, K: int, ax: Axes) -> None:
    """One line a criterion; a filled marker at its minimum, and a dotted line at K."""
    for place, (name, curve) in enumerate(curves.items()):
        number, best = np.arange(1, len(curve) + 1), np.argmin(curve)
        ax.plot(number, curve, color=color(place), linewidth=1.5, label=name)
        ax.plot(best + 1, curve[best], marker(place), color=color(place), markersize=8)
    ax.axvline(K, color=INK, linestyle=":", linewidth=1)
    ax.legend(fontsize="small", loc="upper center")
    label_axes(ax, "components K", "criterion (lower is better)")


def _check_curves(models, curves) -> None:
    """Raise TypeError or ValueError when there is not one number a model in every curve."""
    if not isinstance(models, Sequence) or not models or not isinstance(curves, Mapping):
        raise TypeError(
            f"models must be a list of fitted mixtures and curves a dict; got {type(models).__name__} and"
            f" {type(curves).__name__}. Fit [GaussianMixture(K).fit(X) for K in range(1, 21)] first."
        )
    wrong = {name: len(curve) for name, curve in curves.items() if len(curve) != len(models)}
    if wrong:
        raise ValueError(
            f"curves must hold one number for each of the {len(models)} models; got {wrong} numbers. Compute"
            " every criterion for every model, in the order of the list."
        )
