"""Interactive figures.

There are two kinds. A player (`…_player`, `playground`, `kmeans_game`, `bound_climber`) runs in the page: it needs no
Python once it is shown, and still works in an exported page. A slider (`…_explorer`, `parameter_calculator`) needs
Python for every picture.

The drawing functions (`draw_…`) take a state and return a `Drawing`, so `show(*draw_…(…))` shows the same figure
without a kernel. A slider shows one piece of HTML with the picture, its caption and its alt text, so that a screen
reader notices every change.
"""

from mlcourse.widgets.bound import bound_climber, draw_bound
from mlcourse.widgets.choosing import components_player, draw_components
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.covariance import covariance_explorer, covariance_from_axes, draw_covariance
from mlcourse.widgets.covariance_types import draw_types, types_player
from mlcourse.widgets.criteria import criteria_curves, criteria_explorer, draw_criteria
from mlcourse.widgets.digits import (
    draw_morph,
    draw_reconstruction,
    morphing_explorer,
    reconstruction_explorer,
)
from mlcourse.widgets.em import draw_em, em_player
from mlcourse.widgets.hardening import draw_hardening, hardening_player
from mlcourse.widgets.kmeans import draw_kmeans, kmeans_frames, kmeans_player
from mlcourse.widgets.kmeans_game import draw_kmeans_game, kmeans_game
from mlcourse.widgets.overlap import draw_overlap, overlap_explorer
from mlcourse.widgets.parameters import draw_parameters, parameter_calculator, parameter_counts
from mlcourse.widgets.photo import draw_photo, photo_explorer, photo_palette
from mlcourse.widgets.player import Player
from mlcourse.widgets.playground import playground
from mlcourse.widgets.reg_covar import draw_reg_covar, reg_covar_explorer, reg_covar_fits
from mlcourse.widgets.threshold import draw_density_threshold, threshold_player

__all__ = [
    "Drawing",
    "Player",
    "bound_climber",
    "components_player",
    "covariance_explorer",
    "covariance_from_axes",
    "criteria_curves",
    "criteria_explorer",
    "draw_bound",
    "draw_components",
    "draw_covariance",
    "draw_criteria",
    "draw_density_threshold",
    "draw_em",
    "draw_hardening",
    "draw_kmeans",
    "draw_kmeans_game",
    "draw_morph",
    "draw_overlap",
    "draw_parameters",
    "draw_photo",
    "draw_reconstruction",
    "draw_reg_covar",
    "draw_types",
    "em_player",
    "hardening_player",
    "kmeans_frames",
    "kmeans_game",
    "kmeans_player",
    "morphing_explorer",
    "overlap_explorer",
    "parameter_calculator",
    "parameter_counts",
    "photo_explorer",
    "photo_palette",
    "playground",
    "reconstruction_explorer",
    "reg_covar_explorer",
    "reg_covar_fits",
    "threshold_player",
    "types_player",
]
