"""Lesson 05: components that share one width σ, and k-means as the limit of EM when σ goes to 0."""

import numpy as np
from sklearn.utils import check_array

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.kmeans import assign
from mlcourse.mixture import Mixture, e_step
from mlcourse.plotting import plot_centers, plot_responsibilities
from mlcourse.plotting.style import PALE_INK
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import fix_limits, points_as_text, two_panels
from mlcourse.widgets.player import Player, Scene, plane


def hardening_player(X: Array, centers: Array, n_widths: int = 31) -> Player:
    """Narrow the components of a mixture, all at once, until EM does what k-means does.

    Parameters
    ----------
    X : array of shape (n, 2)
    centers : array of shape (K, 2), the centres of a converged k-means
    n_widths : number of values of σ, from wide (all means coincide) to narrow
    """
    X, centers = check_array(X, input_name="X"), check_array(centers, input_name="centers")
    widest = np.sqrt(np.linalg.eigvalsh(np.cov(X.T))[-1])
    sigmas = np.geomspace(1.5 * widest, widest / 100, n_widths)
    settled = [settle(X, centers, sigma) for sigma in sigmas]
    scene: Scene = {
        "label": f"EM with one width for {len(centers)} components on {len(X)} points, as the width goes to 0",
        "note": "For every σ, EM starts at the centres of k-means and runs until it has converged. Colours are"
        " mixed by responsibility, and grey where it is shared equally. Circles: one standard deviation. Dashed: the"
        " borders of k-means.",
        "sliderName": "width σ",
        "points": X,
        "planes": [
            plane(
                [spherical_mixture(means, sigma) for (means, _), sigma in zip(settled, sigmas)],
                ellipses=[1],
                borders=centers,
            )
        ],
        "frames": [(i, i) for i in range(n_widths)],
        "captions": [_caption(X, centers, sigma, *result) for sigma, result in zip(sigmas, settled)],
        "curve": {
            "x": sigmas,
            "xlabel": "σ, narrower to the right (logarithmic)",
            "ylabel": "largest responsibility (mean)",
            "log": True,
            "lines": [{"name": "", "values": [R.max(axis=1).mean() for _, R in settled]}],
        },
    }
    return Player(scene, draw_hardening(X, centers, sigmas[n_widths // 2]))


def draw_hardening(X: Array, centers: Array, sigma: float) -> Drawing:
    """Draw where EM settles for one σ, started at the centres of k-means, and how certain the labels are.

    Parameters
    ----------
    X : array of shape (n, 2)
    centers : array of shape (K, 2)
    sigma : the standard deviation of every component, in units of X. Raises ValueError unless positive.
    """
    X, centers = check_array(X, input_name="X"), check_array(centers, input_name="centers")
    if not sigma > 0:
        raise ValueError(
            f"sigma={sigma} must be positive: it is a standard deviation. K-means is the limit as sigma goes to 0."
        )
    means, R = settle(X, centers, sigma)
    R = R.round(4)  # rounding errors must not separate components that coincide
    figure, (left, right) = two_panels()
    plot_responsibilities(X, R, ax=left)
    plot_centers(means, ax=left)
    fix_limits(X, left)
    right.hist(R.max(axis=1), bins=np.linspace(0, 1, 26), color=PALE_INK, rwidth=0.94)
    right.set(xlim=(0, 1.02), ylim=(0, len(X)), xlabel="largest responsibility of a point", ylabel="points")
    caption = _caption(X, centers, sigma, means, R)
    alt = f"Points in mixed colours, beside a histogram. Means at {points_as_text(means)}."
    return Drawing(figure, caption, alt)


def settle(X: Array, means: Array, sigma: float, max_iter: int = 500) -> tuple[Array, Array]:
    """Run EM for the means alone: equal weights, every covariance σ² I.

    Returns the means (K, d) and the responsibilities (n, K).

    With 1/σ² as an inverse temperature this is Rose's deterministic annealing (1998, Proc. IEEE 86) at one
    temperature.
    """
    tol = 1e-6 * X.std()
    for _ in range(max_iter):
        theta = spherical_mixture(means, sigma)
        R = e_step(X, theta)[1]
        N = R.sum(axis=0)[:, np.newaxis]
        means = np.divide(R.T @ X, N, out=means.copy(), where=N > 0)  # a mean without points does not move
        if np.abs(means - theta.means).max() < tol:
            break
    return means, R


def spherical_mixture(means: Array, sigma: float) -> Mixture:
    """Return components of equal weight, all with covariance σ² I."""
    K = len(means)
    variances, precisions = np.full(K, sigma**2), np.full(K, 1 / sigma)
    return Mixture(np.full(K, 1 / K), means, variances, precisions, COVARIANCE_TYPES["spherical"])


def _caption(X: Array, centers: Array, sigma: float, means: Array, R: Array) -> str:
    largest = R.max(axis=1).mean()
    certainty = f"σ\u00a0=\u00a0{sigma:.2g}: largest responsibility {largest:.3f} on average;"
    together = _coinciding(means, 1e-2 * X.std())
    if together == list(range(len(means))):  # then no label means anything
        return f"{certainty} all means coincide, so every point is shared equally."
    moved = int((R.argmax(axis=1) != assign(X, centers)).sum())
    distance = np.linalg.norm(means - centers, axis=1).max()
    if together:
        apart = f"means {' and '.join(map(str, together))} coincide"
    elif distance < 5e-3 * X.std():  # no picture shows it
        apart = "the means are at the k-means centres"
    else:
        apart = f"the means are at most {distance:.2g} from their k-means centres"
    return f"{certainty} {moved} of {len(X)} labels differ from k-means; {apart}."


def _coinciding(means: Array, tol: float) -> list[int]:
    """The means that are less than `tol` from another one, if any are."""
    distances = np.linalg.norm(means[:, np.newaxis] - means, axis=2)
    np.fill_diagonal(distances, np.inf)
    return [int(k) for k in np.flatnonzero(distances.min(axis=1) < tol)]
