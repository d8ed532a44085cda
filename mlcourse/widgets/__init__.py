"""Interactive figures: sliders over the plots of `mlcourse.plotting`.

Each widget is a drawing function and its controls. The drawing functions (`draw_…`) take a state and return
a `Drawing`; they need no browser, so `show(*draw_…(…))` shows the same figure on a page without a kernel. What
a widget shows is one piece of HTML with the picture, its caption and its alt text, so that a screen reader
learns of every change.
"""

from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.covariance import covariance_explorer, covariance_from_axes, draw_covariance
from mlcourse.widgets.em import draw_em, em_microscope
from mlcourse.widgets.kmeans import draw_kmeans, kmeans_frames, kmeans_stepper
from mlcourse.widgets.overlap import draw_overlap, overlap_explorer

__all__ = [
    "Drawing",
    "covariance_explorer",
    "covariance_from_axes",
    "draw_covariance",
    "draw_em",
    "draw_kmeans",
    "draw_overlap",
    "em_microscope",
    "kmeans_frames",
    "kmeans_stepper",
    "overlap_explorer",
]
