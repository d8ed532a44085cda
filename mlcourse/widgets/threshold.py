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
    counts = np.array([_alarms(scores, truth, t) for t in thresholds])
    totals = np.array([truth.sum(), (~truth).sum()])
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
        "captions": [_caption(t, alarms, totals) for t, alarms in zip(thresholds, counts)],
        "curve": {
            "x": thresholds,
            "xlabel": "threshold on the log density",
            "ylabel": "share of points that raise an alarm",
            "lines": [
                {"name": "anomalies (recall)", "values": counts[:, 0] / totals[0]},
                {"name": "normal (false alarms)", "values": counts[:, 1] / totals[1]},
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
    caption = _caption(t, _alarms(scores, truth, t), (truth.sum(), (~truth).sum()))
    alt = "Points, stars for anomalies, contours of a density, and a thick one at the threshold."
    return Drawing(figure, caption, alt)


def _alarms(scores: Array, truth: Bools, t: float) -> tuple[int, int]:
    """Count the anomalies below t, and the normal points below t."""
    alarm = scores < t
    return alarm[truth].sum(), alarm[~truth].sum()


def _caption(t: float, alarms: Iterable[int], totals: Iterable[int]) -> str:
    (found, false), (anomalies, normal) = alarms, totals
    return (
        f"Threshold {number(t, '.2f')}: finds {found} of {anomalies} anomalies; {false} false alarms among {normal}"
        " normal points."
    )
