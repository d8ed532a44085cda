"""Interactive figures: sliders over the plots of `mlcourse.plotting`.

Each widget is a drawing function and its controls. The drawing functions (`draw_…`) take a state and return
a `Drawing`; they need no browser, so `show(*draw_…(…))` shows the same figure on a page without a kernel. What
a widget shows is one piece of HTML with the picture, its caption and its alt text, so that a screen reader
learns of every change.
"""

from mlcourse.widgets.choosing import components_explorer, draw_components
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.covariance import covariance_explorer, covariance_from_axes, draw_covariance
from mlcourse.widgets.em import draw_em, em_microscope
from mlcourse.widgets.hardening import draw_hardening, hardening_explorer
from mlcourse.widgets.kmeans import draw_kmeans, kmeans_frames, kmeans_stepper
from mlcourse.widgets.overlap import draw_overlap, overlap_explorer
from mlcourse.widgets.parameters import draw_parameters, parameter_calculator, parameter_counts

__all__ = [
    "Drawing",
    "components_explorer",
    "covariance_explorer",
    "covariance_from_axes",
    "draw_components",
    "draw_covariance",
    "draw_em",
    "draw_hardening",
    "draw_kmeans",
    "draw_overlap",
    "draw_parameters",
    "em_microscope",
    "hardening_explorer",
    "kmeans_frames",
    "kmeans_stepper",
    "overlap_explorer",
    "parameter_calculator",
    "parameter_counts",
]
