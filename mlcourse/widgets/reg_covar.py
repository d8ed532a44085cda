"""Lesson 06: what `reg_covar` does to a spike, and to the likelihood."""

from collections.abc import Iterable, Sequence

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy.stats import norm
from sklearn.utils import check_array

from mlcourse.mixture import GaussianMixture
from mlcourse.plotting import color, marker
from mlcourse.plotting.style import INK, label_axes
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing, interactive

REG_COVARS = np.logspace(-9, 0, 19)


def reg_covar_explorer(x: Array, fresh: Array) -> ipywidgets.VBox:
    """Choose `reg_covar`, and compare the likelihood of the fitted points with that of fresh ones.

    All mixtures are fitted up front, so that moving the slider only draws.

    Parameters
    ----------
    x : array of shape (n, 1), the points to fit
    fresh : array of shape (m, 1), points that no fit has seen
    """
    fits = reg_covar_fits(x)
    middle = len(fits) // 3
    slider = ipywidgets.SelectionSlider(
        options=[(f"{fit.reg_covar:.1g}", place) for place, fit in enumerate(fits)],
        value=middle,
        description="reg_covar",
        continuous_update=False,
    )
    return interactive(lambda now: draw_reg_covar(x, fresh, fits, now), {"now": slider})


def reg_covar_fits(x: Array, reg_covars: Iterable[float] = REG_COVARS) -> list[GaussianMixture]:
    """Fit mixtures of two components to x (n, 1), one for each value of `reg_covar`."""
    x = _one_feature(x, "x")
    return [GaussianMixture(2, reg_covar=reg_covar, random_state=0).fit(x) for reg_covar in reg_covars]


def draw_reg_covar(x: Array, fresh: Array, fits: Sequence[GaussianMixture], now: int) -> Drawing:
    """Draw the density of fit `now` over the points on the left, and the likelihoods of all fits on the right.

    Parameters
    ----------
    x : array of shape (n, 1), the fitted points
    fresh : array of shape (m, 1)
    fits : list of fitted mixtures in the order of `reg_covar`, such as `reg_covar_fits(x)`
    now : index of the fit
    """
    x, fresh = _one_feature(x, "x"), _one_feature(fresh, "fresh")
    model = fits[now]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4), width_ratios=(5, 4), layout="constrained")
    _plot_density(x, model, left)
    # The same limits for all fits, so that only the spike moves.
    highest = max(_peak(fit) for fit in fits)
    left.set(yscale="log", ylim=(1e-5 / x.std(), 5 * highest))
    scores = {
        f"{len(x)} fitted points": [fit.score(x) for fit in fits],
        f"{len(fresh)} fresh points": [fit.score(fresh) for fit in fits],
    }
    _plot_scores([fit.reg_covar for fit in fits], scores, now, right)
    narrow = model.covariances_.argmin()
    likelihoods = "; ".join(f"{name} {values[now]:.3f}" for name, values in scores.items())
    caption = (
        f"reg_covar = {model.reg_covar:.1g}. The narrower component has a weight of {model.weights_[narrow]:.1%} and"
        f" a variance of {model.covariances_.min():.3g}; the density's peak is {_peak(model):.3g}. Mean"
        f" log-likelihood: {likelihoods}."
    )
    alt = (
        "Left: a density on a logarithmic scale, a low hill over most of the points and a peak beside it. Right:"
        f" two curves over reg_covar. {caption}"
    )
    return Drawing(figure, caption, alt)


def _plot_density(x: Array, model: GaussianMixture, ax: Axes) -> None:
    """Draw the density, its two components each times its weight, and the points along the bottom."""
    means, std = model.means_.ravel(), np.sqrt(model.covariances_.ravel())
    reach = np.linspace(x.min() - 2 * x.std(), x.max() + 2 * x.std(), 600)
    # A spike of width 1e-5 would fall between the points of any even grid.
    around = means[:, np.newaxis] + std[:, np.newaxis] * np.linspace(-6, 6, 241)
    grid = np.unique(np.concatenate([reach, around.ravel()]))
    grid = grid[(grid >= reach[0]) & (grid <= reach[-1])]
    ax.plot(grid, np.exp(model.score_samples(grid[:, np.newaxis])), color=INK, linewidth=1, label="mixture")
    for k, place in enumerate(np.argsort(means)):
        part = model.weights_[place] * norm.pdf(grid, means[place], std[place])
        ax.plot(grid, part, ("--", "-.")[k], color=color(k), linewidth=2, label=f"component {place}")
    ax.plot(x[:, 0], np.full(len(x), 0.04), "|", color=INK, markersize=9, transform=ax.get_xaxis_transform())
    ax.set_xlim(reach[0], reach[-1])
    ax.legend(loc="upper left", fontsize="small")
    label_axes(ax, "x", "density (logarithmic axis)")


def _plot_scores(reg_covars: list[float], scores: dict[str, list[float]], now: int, ax: Axes) -> None:
    """Draw one curve per set of points, with a ring and a dotted line at the current value."""
    for place, (name, values) in enumerate(scores.items()):
        ax.plot(
            reg_covars,
            values,
            ("--", "-")[place],
            marker=marker(place),
            color=color(place),
            markersize=4,
            label=name,
        )
        ax.plot(reg_covars[now], values[now], "o", markersize=12, fillstyle="none", color=INK)
    ax.axvline(reg_covars[now], color=INK, linestyle=":", linewidth=1)
    ax.set_xscale("log")
    ax.legend(loc="lower left", fontsize="small", frameon=True, framealpha=1, edgecolor="none")
    label_axes(ax, "reg_covar (logarithmic axis)", "mean log-likelihood")


def _peak(model: GaussianMixture) -> float:
    """The largest of the densities at the means, which is close to the peak."""
    return float(np.exp(model.score_samples(model.means_).max()))


def _one_feature(x: Array, name: str) -> Array:
    """Check that x is (n, 1). Raises ValueError otherwise."""
    x = check_array(x, input_name=name)
    if x.shape[1] != 1:
        raise ValueError(
            f"{name} has {x.shape[1]} features, but this picture shows one: choose a column, such as {name}[:, [0]]."
        )
    return x
