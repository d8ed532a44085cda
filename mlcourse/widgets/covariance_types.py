"""Lesson 07: the four covariance types, side by side from one start."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from sklearn.utils import check_array

from mlcourse.mixture import Step, e_step
from mlcourse.plotting import plot_ellipses, plot_responsibilities
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.em import likelihood_curve
from mlcourse.widgets.panels import fix_limits, number
from mlcourse.widgets.player import Player, Scene, half_steps, plane


def types_player(X: Array, runs: Mapping[str, Sequence[Step]]) -> Player:
    """Step through EM for several covariance types, one per panel, all at the same half step.

    Parameters
    ----------
    X : array of shape (n, 2)
    runs : dict of up to four, name → list of steps of `mlcourse.mixture.em`, all of the same length
    """
    X = check_array(X, input_name="X")
    lengths = {name: len(steps) for name, steps in runs.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(
            f"runs must all have the same number of steps; got {lengths}. Take equally long lists, for example"
            " list(itertools.islice(em(expectation_over(X), start), 20))."
        )
    frames = half_steps(min(lengths.values()))
    scene: Scene = {
        "label": f"EM on {len(X)} points with {len(runs)} covariance types from one start, one step at a time",
        "note": "E: the points are recoloured. M: the components move, as far as their type allows. Ellipses: one and"
        " two standard deviations.",
        "points": X,
        "planes": [plane([step.mixture for step in steps], title=name) for name, steps in runs.items()],
        "frames": frames,
        "narrator": "em",
        "curve": likelihood_curve(runs, frames),
    }
    return Player(scene, draw_types(X, runs, 1))  # the start: how it ends is for the reader to predict


def draw_types(X: Array, runs: Mapping[str, Sequence[Step]], frame: int) -> Drawing:
    """Draw half step `frame` (at least 1) of every run, one panel per run."""
    figure, axes = plt.subplots(2, 2, figsize=(9.6, 6.4), sharex=True, sharey=True, layout="constrained")
    for ax, (name, steps) in zip(axes.flat, runs.items()):
        theta = steps[frame // 2].mixture
        plot_responsibilities(X, e_step(X, steps[(frame - 1) // 2].mixture)[1], ax=ax)
        plot_ellipses(theta.means, theta.covariances, theta.covariance_type.name, n_std=(1, 2), ax=ax)
        fix_limits(X, ax)
        ax.set_title(name)
    caption = _caption(runs, frame)
    return Drawing(figure, caption, "One panel for each covariance type, with ellipses over the points.")


def _caption(runs: Mapping[str, Sequence[Step]], frame: int) -> str:
    if frame == 0:
        return "The start, the same for all."
    if frame % 2 == 0:
        return f"M-step {frame // 2}."
    known = ", ".join(
        f"{name} {number(steps[frame // 2].lower_bound, '.3f')}" for name, steps in runs.items()
    )
    return f"E-step {frame // 2 + 1}. Mean log-likelihood: {known}."
