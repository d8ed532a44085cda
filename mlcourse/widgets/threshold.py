"""Lesson 10: a threshold on the density, as a contour that slides over the points."""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
from sklearn.utils import check_array

from mlcourse.mixture import GaussianMixture, Mixture
from mlcourse.plotting import plot_anomalies, plot_density
from mlcourse.plotting.style import INK, grid_over
from mlcourse.typing import Array, Bools
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import number
from mlcourse.widgets.player import Player, Scene, plane


def threshold_player(X: Array, truth: Bools, model: GaussianMixture, thresholds: Array) -> Player:
    """Slide a threshold over the contours of the density, and see which points fall outside.

    Parameters
    ----------
    X : array of shape (n, 2)
    truth : array of n booleans
        True for anomalies.
    model : a fitted mixture of two features
    thresholds : array of log densities, one per frame
    """
    X, truth = check_array(X, input_name="X"), np.asarray(truth, dtype=bool)
    scores = model.score_samples(X)
    rates = np.array([_rates(scores, truth, t) for t in thresholds])
    scene: Scene = {
        "label": f"A threshold on the density of {len(X)} points, {truth.sum()} of them anomalies",
        "note": "Stars are anomalies, discs are normal. Orange points are outside the thick line: alarms. Hollow"
        " stars are missed. Thin lines: contours of the density. Recall: of the anomalies, how many are found; false"
        " alarms: of the normal points, how many raise an alarm.",
        "sliderName": "threshold",
        "points": X,
        "truth": truth.astype(int),
        "planes": [
            plane(
                [Mixture.of(model)],
                ellipses=[],
                numbers=False,
                levels=thresholds,
                contours=contour_levels(scores),
            )
        ],
        "frames": [(0, 0)] * len(thresholds),
        "captions": [_caption(t, rate) for t, rate in zip(thresholds, rates)],
        "curve": {
            "x": thresholds,
            "xlabel": "threshold on the log density",
            "ylabel": "share of points that raise an alarm",
            "lines": [
                {"name": "anomalies (recall)", "values": rates[:, 0]},
                {"name": "normal (false alarms)", "values": rates[:, 1]},
            ],
        },
    }
    return Player(scene, draw_density_threshold(X, truth, model, thresholds[len(thresholds) // 2]))


def contour_levels(scores: Array) -> Array:
    """Choose log densities for thin contours: 1, 4, 16, … nats below the highest score, down to the lowest."""
    drops = 4.0 ** np.arange(6)
    return scores.max() - drops[drops < np.ptp(scores)]


def draw_density_threshold(X: Array, truth: Bools, model: GaussianMixture, t: float) -> Drawing:
    """Draw the points, with stars for anomalies, the contours of the density, and the one at the threshold `t`."""
    scores = model.score_samples(X)
    figure, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    plot_anomalies(X, truth, ax=ax)
    # The legend is above the axes: stars may be in every corner.
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    plot_density(model, X, ax=ax)
    xs, ys, grid = grid_over(X, n_steps=200)
    height = model.score_samples(grid).reshape(len(ys), len(xs))
    ax.contour(xs, ys, height, levels=[t], colors=INK, linewidths=2.4)
    caption = _caption(t, _rates(scores, truth, t))
    alt = "Points, stars for anomalies, contours of a density, and a thick one at the threshold."
    return Drawing(figure, caption, alt)


def _rates(scores: Array, truth: Bools, t: float) -> tuple[float, float]:
    """The share of the anomalies below t, and the share of the normal points below t."""
    alarm = scores < t
    return alarm[truth].mean(), alarm[~truth].mean()


def _caption(t: float, rates: Iterable[float]) -> str:
    recall, false_alarms = rates
    return f"Threshold {number(t, '.2f')}: recall {recall:.2f}, false alarms {false_alarms:.3f}."
