"""Gaussians and mixtures: ellipses, contours of the density, curves in one dimension."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke
from matplotlib.pyplot import get_cmap
from numpy.typing import ArrayLike
from scipy.stats import norm
from sklearn.utils import check_array

from mlcourse.plotting.style import (
    INK,
    PALE_INK,
    axes_or_new,
    blend,
    color,
    grid_over,
    label_axes,
    on_the_plane,
)
from mlcourse.typing import Array

if TYPE_CHECKING:
    from mlcourse.gaussians import CovarianceType

LINE_STYLES = ("--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))

# A pale edge along both sides of a line keeps it visible among points of the same colour, and on a dark page.
CASING = withStroke(linewidth=3.2, foreground=(1, 1, 1, 0.45))

# Contours are 0.5, 1, 2, 4, … nats below the peak of the log density. For one Gaussian, 0.5 is the ellipse of
# one standard deviation and 2 that of two.
DROPS = 0.5 * 2.0 ** np.arange(10)

# The shapes of scikit-learn's covariances in the plane. Those of `mlcourse.gaussians` are the same, but its densities
# are what lesson 03 asks for: drawing ellipses must not bring them into its sandbox.
SHAPES: dict[str, Callable[[int], tuple[int, ...]]] = {
    "full": lambda K: (K, 2, 2),
    "tied": lambda K: (2, 2),
    "diag": lambda K: (K, 2),
    "spherical": lambda K: (K,),
}

# Viridis without its ends, which would vanish on a dark page and on a white one.
DEPTHS = ListedColormap(get_cmap("viridis")(np.linspace(0.2, 0.8, 256)))


class DensityModel(Protocol):
    """A fitted model that has a log density."""

    def score_samples(self, X: Array, /) -> Array:
        """Return the log density of each row."""
        ...


def plot_ellipses(
    means: ArrayLike,
    covariances: ArrayLike,
    covariance_type: "str | CovarianceType" = "full",
    n_std: ArrayLike = (1, 2, 3),
    ax: Axes | None = None,
) -> Axes:
    """Draw each Gaussian as ellipses: axes along the eigenvectors, half-lengths `n_std` times √eigenvalue.

    Parameters
    ----------
    means : array of shape (K, 2)
    covariances : array in scikit-learn's shape for `covariance_type`
        (K, 2, 2) for "full", (2, 2) for "tied", (K, 2) for "diag", (K,) for "spherical".
    n_std : numbers of standard deviations, one ellipse each, or a single one
        The ellipses of 1, 2, 3 contain 39 %, 86 %, 99 % of a Gaussian (χ² with two degrees of freedom).
    """
    means = on_the_plane(means, "means")
    spectra = zip(*_spectra(_matrices(covariances, len(means), covariance_type)))
    ax = axes_or_new(ax)
    for k, (mean, (variances, directions)) in enumerate(zip(means, spectra)):
        angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
        for n in np.atleast_1d(n_std):
            minor, major = 2 * n * np.sqrt(variances)
            ax.add_patch(Ellipse(mean, major, minor, angle=angle, **_ellipse_style(k)))
    ax.autoscale_view()
    ax.set_aspect("equal")  # otherwise circles and right angles would look distorted
    label_axes(ax)
    return ax


def plot_density(model: DensityModel, X: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw contours of the log density, each twice as far below the peak as the one inside it.

    Parameters
    ----------
    model : a fitted model of two features with `score_samples`
    X : array of shape (n, 2)
        The points that the picture must cover.
    """
    X = on_the_plane(X)
    xs, ys, grid = grid_over(X, n_steps=200)
    log_density = model.score_samples(grid).reshape(len(ys), len(xs))
    ax = axes_or_new(ax)
    # The colour scale is logarithmic, and the drop of the peak itself is 0.
    drop = np.clip(log_density.max() - log_density, DROPS[0] / 2, 2 * DROPS[-1])
    levels = DROPS[drop.max() > DROPS]
    contours = ax.contour(xs, ys, drop, levels=levels, cmap=DEPTHS, norm=LogNorm(), linewidths=1.4)
    contours.set_path_effects([CASING])
    label_axes(ax)
    return ax


def plot_mixture_1d(
    weights: ArrayLike,
    means: ArrayLike,
    covariances: ArrayLike,
    X: ArrayLike | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the components of a one-dimensional mixture, each times its weight, and their sum.

    Parameters
    ----------
    weights : array of shape (K,)
    means : array of K numbers
    covariances : array of K variances, or one shared variance, in any of scikit-learn's shapes
    X : array of n numbers, or None
        The data, for a histogram behind the curves. `plot_points(X, ax=ax)` adds the points themselves.
    """
    weights, means, variances = np.ravel(weights), np.ravel(means), np.ravel(covariances)
    ax = axes_or_new(ax)
    std = np.sqrt(np.broadcast_to(variances, means.shape))
    x = np.linspace((means - 4 * std).min(), (means + 4 * std).max(), 500)
    curves = weights * norm.pdf(x[:, np.newaxis], means, std)
    if X is not None:
        style: dict[str, Any] = {"color": PALE_INK, "alpha": 0.3, "rwidth": 0.94}
        ax.hist(np.ravel(X), bins="auto", density=True, label="data", **style)
    ax.plot(x, curves.sum(axis=1), color=INK, linewidth=3, label="mixture")
    for k, curve in enumerate(curves.T):
        line = LINE_STYLES[k % len(LINE_STYLES)]
        ax.plot(x, curve, color=color(k), linestyle=line, linewidth=2, label=f"component {k}")
    ax.use_sticky_edges = False  # leaves a margin below 0, so that points on the axis are not cut off
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    label_axes(ax, "x", "density")
    return ax


def _ellipse_style(k: int) -> dict[str, Any]:
    """A line a little darker than the points of its component."""
    return {"edgecolor": blend(color(k), "black", 0.2), "fill": False, "lw": 1.6, "path_effects": [CASING]}


def _matrices(covariances: ArrayLike, K: int, covariance_type: "str | CovarianceType") -> Array:
    """Expand covariances of any type to (2, 2) matrices, one per component. Raises ValueError for a wrong shape."""
    given: Array = check_array(covariances, ensure_2d=False, allow_nd=True, input_name="covariances")
    shape = _shape(covariance_type, K)
    if given.shape != shape:
        raise ValueError(
            f"covariances has shape {given.shape}, but {K} {covariance_type!r} covariances in the plane"
            f" have shape {shape}. Pass the model's `covariance_type` along with its `covariances_`."
        )
    if not isinstance(covariance_type, str):
        given = covariance_type.expand(given, K, 2)
    elif covariance_type == "tied":
        given = np.broadcast_to(given, (K, 2, 2))
    return given if given.ndim == 3 else given.reshape(K, -1, 1) * np.eye(2)


def _shape(covariance_type: "str | CovarianceType", K: int) -> tuple[int, ...]:
    """Return the shape of K covariances in the plane. Raises ValueError for an unknown name."""
    if not isinstance(covariance_type, str):
        return covariance_type.shape(K, 2)
    if covariance_type not in SHAPES:
        raise ValueError(f"covariance_type={covariance_type!r} is unknown; use one of {', '.join(SHAPES)}.")
    return SHAPES[covariance_type](K)


def _spectra(matrices: Array) -> tuple[Array, Array]:
    """Eigenvalues (K, 2), ascending, and eigenvectors (K, 2, 2). Raises ValueError unless all are positive."""
    variances, directions = np.linalg.eigh(matrices)
    if not np.all(variances > 0):
        raise ValueError(
            f"covariances have the eigenvalue {variances.min():g}, but must be positive definite."
            " Add a small number to every variance, as `reg_covar` does."
        )
    return variances, directions
