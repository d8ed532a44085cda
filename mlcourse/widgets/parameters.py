"""Lesson 07: how many numbers a mixture has to learn, for each covariance type."""

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.plotting import color, marker
from mlcourse.plotting.style import INK
from mlcourse.widgets.controls import Drawing, interactive

SAMPLE_SIZES = (50, 100, 200, 500, 1250, 1797, 5000, 10_000, 50_000)


def parameter_calculator() -> ipywidgets.VBox:
    """Choose K, d and n; see how many numbers each covariance type has to learn."""
    controls = {
        "n_components": ipywidgets.IntSlider(3, min=1, max=200, description="K", continuous_update=False),
        "n_features": ipywidgets.IntSlider(2, min=1, max=300, description="d", continuous_update=False),
        "n_samples": ipywidgets.SelectionSlider(
            options=SAMPLE_SIZES, value=1250, description="n", continuous_update=False
        ),
    }
    return interactive(draw_parameters, controls)


def parameter_counts(n_components: int, n_features: int) -> dict[str, tuple[int, int, int]]:
    """Count the free parameters of weights, means and covariances, for each covariance type.

    The weights sum to 1, so only K − 1 of them are free.
    """
    K, d = n_components, n_features
    return {name: (K - 1, K * d, row.n_parameters(K, d)) for name, row in COVARIANCE_TYPES.items()}


def draw_parameters(n_components: int, n_features: int, n_samples: int) -> Drawing:
    """Draw the number of free parameters of each type, and of numbers in the data, on one scale.

    Parameters
    ----------
    n_components, n_features, n_samples : K, d and n, each at least 1
    """
    counts = parameter_counts(n_components, n_features)
    in_data = n_samples * n_features
    figure, ax = plt.subplots(figsize=(8.4, 3), layout="constrained")
    for k, parts in enumerate(counts.values()):
        total, sum_of_parts = sum(parts), " + ".join(map(spaced, parts))
        ax.plot(total, k, marker=marker(k), color=color(k), markersize=11, zorder=4)
        ax.text(total, k - 0.32, f"{spaced(total)} = {sum_of_parts}", ha="center", va="center")
    heights = np.add.outer(
        range(len(counts)), [-0.12, 0.48, np.nan]
    ).ravel()  # the gaps leave room for the sums
    ax.plot(np.full(len(heights), in_data), heights, ":", color=INK, zorder=1)
    ax.text(in_data, 3.55, "numbers in the data ", ha="right", va="center")
    shown = [in_data, *map(sum, counts.values())]
    ax.set(xscale="log", xlim=(min(shown) / 20, max(shown) * 20), ylim=(3.8, -0.7))
    ax.set(
        yticks=range(len(counts)), yticklabels=counts, xlabel="free parameters: weights + means + covariances"
    )
    totals = ", ".join(f"{name} {spaced(sum(parts))}" for name, parts in counts.items())
    caption = (
        f"K = {spaced(n_components)} components of d = {spaced(n_features)} features have these free parameters:"
        f" {totals}. n = {spaced(n_samples)} points hold {spaced(in_data)} numbers."
    )
    return Drawing(figure, caption, f"One mark for each covariance type on a logarithmic scale. {caption}")


def spaced(number: int) -> str:
    """Return a number with a space between its thousands, as the lessons write it."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
