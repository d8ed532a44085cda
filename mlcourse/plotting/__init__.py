"""Plots of results: each function takes arrays or a fitted model, draws, and returns the Axes.

Nothing here fits a model. `ax=None` opens a new figure; to draw on top of a plot, pass the Axes that it returned to
the next function. Label k has colour k and marker k in every figure of the course.
"""

from mlcourse.plotting.captions import figure_html, show
from mlcourse.plotting.curves import plot_curve, plot_lower_bound, plot_silhouettes
from mlcourse.plotting.density import plot_density, plot_ellipses, plot_mixture_1d
from mlcourse.plotting.images import plot_digits, plot_photo
from mlcourse.plotting.points import (
    plot_anomalies,
    plot_centers,
    plot_decision_regions,
    plot_points,
    plot_responsibilities,
)
from mlcourse.plotting.style import (
    INK,
    MARKERS,
    PALE_INK,
    PALETTE,
    PAPER,
    PRINT,
    color,
    marker,
    use_course_style,
)

__all__ = [
    "INK",
    "MARKERS",
    "PALETTE",
    "PALE_INK",
    "PAPER",
    "PRINT",
    "color",
    "figure_html",
    "marker",
    "plot_anomalies",
    "plot_centers",
    "plot_curve",
    "plot_decision_regions",
    "plot_density",
    "plot_digits",
    "plot_ellipses",
    "plot_lower_bound",
    "plot_mixture_1d",
    "plot_photo",
    "plot_points",
    "plot_responsibilities",
    "plot_silhouettes",
    "show",
    "use_course_style",
]
