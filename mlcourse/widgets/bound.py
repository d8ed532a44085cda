"""Lesson 05: the log-likelihood of one unknown mean, and the bound that EM climbs."""

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp, softmax, xlogy
from scipy.stats import norm
from sklearn.utils import check_array

from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.player import LiveScene, Player

NOTE = (
    "Solid: the log-likelihood of every μ. Dashed: the bound for the responsibilities of the last E-step. Drag μ, or"
    " click: the bound touches where you are. Each round of EM has two steps, an E-step and an M-step."
)
KEYS = (
    ("Left and right arrows", "move μ"),
    ("E, M", "take a step"),
    ("Space", "play or pause"),
    ("Ctrl + Z", "undo"),
    ("Tab", "leave"),
)


class BoundScene(LiveScene):
    """What the climb starts from. The points are numbers on a line."""

    mu: float
    sigma: float
    limits: tuple[float, float]  # of μ


def bound_climber(
    x: ArrayLike, mu: float = 0.3, sigma: float = 1.0, limits: tuple[float, float] = (-2.6, 2.6)
) -> Player:
    """Show how EM climbs the log-likelihood of one unknown mean by climbing a bound below it.

    Each point comes from N(−μ, σ²) or from N(μ, σ²), with probability ½ each; only μ is unknown. The reader drags μ,
    and takes E-steps and M-steps.

    Parameters
    ----------
    x : array of shape (n,)
    mu : float
        Where the climb starts.
    sigma : float
        Standard deviation of both sides, in units of x. Raises ValueError unless positive.
    limits : (float, float)
        The values of μ that the heights in the picture suit. Raises ValueError unless mu is between them.
    """
    points: Array = check_array(x, ensure_2d=False, input_name="x")
    if points.ndim != 1:
        raise ValueError(
            f"x has shape {points.shape}, but the points are numbers on a line: pass one column, such as x[:, 0]."
        )
    if not sigma > 0:
        raise ValueError(f"sigma={sigma} must be positive: it is the standard deviation of both sides.")
    if not limits[0] <= mu <= limits[1]:
        raise ValueError(f"mu={mu} must be between the limits {limits}: choose another mu, or wider limits.")
    scene: BoundScene = {
        "kind": "BoundClimber",
        "label": "The log-likelihood of one mean, and the bound that EM climbs",
        "note": NOTE,
        "keys": KEYS,
        "hint": "",
        "invite": "Drag μ, or press M",
        "points": points,
        "mu": mu,
        "sigma": sigma,
        "limits": limits,
    }
    return Player(scene, draw_bound(points, mu, sigma, limits))


def bound(x: Array, mu: Array, start: float, sigma: float = 1.0) -> Array:
    """Compute the bound at each `mu` for the responsibilities at `start`, as a mean over the points.

    With `start` equal to a `mu`, the bound is the log-likelihood there.
    """
    Q = softmax(log_joint(x, np.array([start]), sigma), axis=-1)
    return (Q * log_joint(x, mu, sigma) - xlogy(Q, Q)).sum(axis=-1).mean(axis=-1)


def log_joint(x: Array, mu: Array, sigma: float) -> Array:
    """Compute log p(x, side | μ) for each `mu`, point and side: (m, n, 2)."""
    means = np.multiply.outer(mu, [-1, 1])[:, np.newaxis]
    return np.log(0.5) + norm.logpdf(x[:, np.newaxis], means, sigma)


def draw_bound(x: Array, mu: float, sigma: float, limits: tuple[float, float]) -> Drawing:
    """Draw the log-likelihood of every μ in the limits, and the bound that touches it at `mu`."""
    places = np.linspace(*limits, 241)
    hill = logsumexp(log_joint(x, places, sigma), axis=-1).mean(axis=-1)
    height = np.ptp(hill)
    figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
    ax.plot(places, hill, label="log-likelihood")
    ax.plot(places, bound(x, places, mu, sigma), "--", label="bound")
    ax.plot(mu, bound(x, np.array([mu]), mu, sigma), "o")
    ax.set(
        xlabel="μ",
        ylabel="mean log-likelihood",
        ylim=(hill.min() - 0.45 * height, hill.max() + 0.15 * height),
    )
    ax.legend()
    return Drawing(
        figure,
        f"The bound touches the log-likelihood at μ = {mu:g}.",
        f"A curve over μ and a dashed parabola below it, which touches the curve at μ = {mu:g}.",
    )
