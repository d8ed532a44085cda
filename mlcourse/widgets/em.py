"""Lessons 04 and 05: EM, one half step at a time, along a line or in the plane."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.utils import check_array

from mlcourse.mixture import Mixture, Step, e_step
from mlcourse.plotting import (
    plot_centers,
    plot_ellipses,
    plot_mixture_1d,
    plot_points,
    plot_responsibilities,
)
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import (
    fix_limits,
    number,
    plot_history,
    plot_trails,
    points_as_text,
    two_panels,
)
from mlcourse.widgets.player import SHARES, Frame, Player, Scene, half_steps, plane

BARS = 28  # of the histogram along a line
MANY = 6  # components, beyond which one ellipse each is enough: the points must be seen

EM_NOTE = (
    "Each round has two steps. E: every point mixes the colours of the components, by its responsibilities."
    " M: every component moves to its points, each weighted by its responsibility."
)


def em_player(X: Array, steps: Sequence[Step], *, features: Sequence[str] = (), equal: bool = True) -> Player:
    """Step through EM by half steps: E colours the points, M moves the components, the likelihood rises.

    Parameters
    ----------
    X : array of shape (n, 2), or (n, 1) for points along a line
    steps : list of steps of `mlcourse.mixture.em`, the start first
        Such as `list(itertools.islice(em(expectation_over(X), start), 20))`.
    features : sequence of str, default=()
        Names of the axes, one per column of X.
    equal : bool, default=True
        Whether both axes of a plane have the same scale. Features in different units need not.
    """
    if not isinstance(steps, Sequence) or not steps:
        raise TypeError(
            f"steps must be a non-empty list of steps, the start first; got {type(steps).__name__}. `em` itself never"
            " ends: take as many steps as you want to see, for example"
            " list(itertools.islice(em(expectation_over(X), start), 20))."
        )
    X = check_array(X, input_name="X")
    if len(features) not in (0, X.shape[1]):
        raise ValueError(
            f"features={features!r} has {len(features)} name(s), but X has {X.shape[1]} column(s): pass one name per"
            " column, or leave features out."
        )
    frames = half_steps(len(steps))
    n_components = len(steps[0].mixture.weights)
    options = (
        {"trails": True, "equal": equal, "ellipses": [1, 2] if n_components <= MANY else [2]}
        if X.shape[1] == 2
        else line_options(X, [step.mixture for step in steps])
    )
    scene: Scene = {
        "label": f"EM on {len(X)} points, {len(steps) - 1} rounds, one step at a time",
        "note": EM_NOTE,
        "points": X,
        "planes": [plane([step.mixture for step in steps], **(options | axis_names(features)))],
        "frames": frames,
        "narrator": "em",
        "curve": likelihood_curve({"": steps}, frames),
        "weights": SHARES,
    }
    return Player(scene, draw_em(X, steps, 2 * len(steps) - 1, features))


def axis_names(features: Sequence[str]) -> dict[str, str]:
    """Return the names of the axes as keywords."""
    return dict(zip(("xlabel", "ylabel"), features))


def em_caption(steps: Sequence[Step], frame: int) -> str:
    """Name half step `frame` and, after an E-step, give the likelihood. A player says more: see narrate.js."""
    if frame == 0:
        return "The start: no point has a component yet."
    step = (frame + 1) // 2
    if frame % 2 == 0:
        return f"M-step {step}."
    return f"E-step {step}. Mean log-likelihood {number(steps[step - 1].lower_bound, '.4f')}."


def likelihood_curve(runs: Mapping[str, Sequence[Step]], frames: list[Frame]) -> dict[str, Any]:
    """Describe the mean log-likelihood over the E-steps, one line per run (name → steps)."""
    lines = [
        {"name": name, "values": [None if e < 0 else steps[e].lower_bound for _, e in frames]}
        for name, steps in runs.items()
    ]
    return {
        "x": [e + 1 for _, e in frames],
        "xlabel": "round of EM",
        "leastHeight": 1e-3,
        "ylabel": "mean log-likelihood",
        "waiting": "Begins with E-step 1",
        "grow": True,
        "lines": lines,
    }


def line_options(X: Array, mixtures: list[Mixture]) -> dict[str, Any]:
    """Choose axes and histogram for points along a line.

    The last mixture sets the scale, and so does the first, unless it is three times as high as the histogram. What is
    higher, such as a spike, is cut off.
    """
    heights, edges = np.histogram(X, bins=BARS, density=True)
    x = np.linspace(X.min(), X.max(), 200)[:, np.newaxis]
    first, last = (np.exp(e_step(x, mixture)[0]).max() for mixture in (mixtures[0], mixtures[-1]))
    bars = heights.max()
    return {
        "xlabel": "x",
        "ylabel": "density",
        "numbers": False,
        "top": 1.15 * max(bars, first if first < 3 * bars else 0, min(last, 2 * bars)),
        "histogram": np.column_stack([edges[:-1], edges[1:], heights]),
    }


def draw_em(X: Array, steps: Sequence[Step], frame: int, features: Sequence[str] = ()) -> Drawing:
    """Draw half step `frame` of EM. Frame 0 is the start; then E and M alternate.

    Left: the points, coloured by the responsibilities of the last E-step, with ellipses of 1 and 2 standard
    deviations; points along a line have the components' curves instead. Right: the likelihood so far.
    """
    X = check_array(X, input_name="X")
    shown, coloured = frame // 2, (frame - 1) // 2
    theta = steps[shown].mixture
    R = None if frame == 0 else e_step(X, steps[coloured].mixture)[1]
    figure, (left, right) = two_panels()
    left.set(**axis_names(features))
    if X.shape[1] == 1:
        _draw_line(X, theta, R, left)
    else:
        _plot_colored(X, R, left)
        plot_ellipses(theta.means, theta.covariances, theta.covariance_type.name, n_std=(1, 2), ax=left)
        plot_trails(np.array([step.mixture.means for step in steps[: shown + 1]]), left)
        plot_centers(theta.means, ax=left)
        fix_limits(X, left)
    plot_history([step.lower_bound for step in steps], coloured, "round of EM", "mean log-likelihood", right)
    caption = em_caption(steps, frame)
    weights = ", ".join(f"{weight:.2f}" for weight in theta.weights)
    alt = f"Points and components. Means at {points_as_text(theta.means)}; weights {weights}."
    return Drawing(figure, caption, alt)


def _draw_line(X: Array, theta: Mixture, R: Array | None, ax: Axes) -> None:
    """Draw curves over the histogram, and the points in a strip below, jittered to keep them apart."""
    top = line_options(X, [theta])["top"]
    strip = -top * (0.04 + 0.1 * np.modf(0.618034 * np.arange(len(X)))[0])
    plot_mixture_1d(theta.weights, theta.means, theta.covariances, X=X, ax=ax)
    _plot_colored(np.column_stack([X, strip]), R, ax)
    legend = ax.get_legend()
    assert legend is not None  # plot_mixture_1d has just made it
    legend.remove()
    low, high = X.min(), X.max()
    ax.set(xlim=(low - 0.12 * (high - low), high + 0.12 * (high - low)), ylim=(-0.16 * top, top))


def _plot_colored(X: Array, R: Array | None, ax: Axes) -> None:
    """Colour the points by their responsibilities; grey before the first E-step."""
    if R is None:
        plot_points(X, ax=ax)
    else:
        plot_responsibilities(X, R, ax=ax)
