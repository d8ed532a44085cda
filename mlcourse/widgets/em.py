"""Lesson 04: the EM microscope, half a step at a time."""

from collections.abc import Sequence

import ipywidgets
import numpy as np
from sklearn.utils import check_array

from mlcourse.mixture import e_step
from mlcourse.plotting import plot_centers, plot_ellipses, plot_points, plot_responsibilities
from mlcourse.widgets.controls import Drawing, stepper
from mlcourse.widgets.panels import fix_limits, listed, plot_history, plot_trails, two_panels


def em_microscope(X, steps) -> ipywidgets.VBox:
    """Watch EM by half steps: E colours the points, M moves the ellipses, the likelihood climbs.

    Parameters
    ----------
    X : array of shape (n, 2)
    steps : list of steps of `mlcourse.mixture.em`, the start first
        For twenty: `list(itertools.islice(em(X, start), 20))`.
    """
    if not isinstance(steps, Sequence) or not steps:
        raise TypeError(
            f"steps must be a list of steps, at least the start; got {type(steps).__name__}. `em` itself never"
            " ends: take as many as you want to see, list(itertools.islice(em(X, start), 20))."
        )
    return stepper(lambda frame: draw_em(X, steps, frame), 2 * len(steps), names=("E", "M"))


def draw_em(X, steps, frame: int) -> Drawing:
    """Half step `frame` of EM. Frame 0 is the start; then E and M alternate.

    On the left the points, coloured by the responsibilities of the last E-step, with ellipses of 1 and 2
    standard deviations; on the right the likelihood so far.
    """
    X = check_array(X, input_name="X")
    shown, coloured = frame // 2, (frame - 1) // 2
    theta = steps[shown].mixture
    figure, (left, right) = two_panels()
    if frame == 0:
        plot_points(X, ax=left)
    else:
        plot_responsibilities(X, e_step(X, steps[coloured].mixture)[1], ax=left)
    plot_ellipses(theta.means, theta.covariances, theta.covariance_type.name, n_std=(1, 2), ax=left)
    plot_trails(np.array([step.mixture.means for step in steps[: shown + 1]]), left)
    plot_centers(theta.means, ax=left)
    fix_limits(X, left)
    plot_history([step.lower_bound for step in steps], coloured, "E-step", "mean log-likelihood", right)
    caption = _em_caption(steps, frame)
    weights = ", ".join(f"{weight:.2f}" for weight in theta.weights)
    return Drawing(figure, caption, f"{caption} Means at {listed(theta.means)}; weights {weights}.")


def _em_caption(steps, frame: int) -> str:
    if frame == 0:
        return "The start: no point knows its component yet."
    step = (frame + 1) // 2
    if frame % 2:
        said = "every point mixes the colours of the components that may have made it"
        return f"E-step {step}: {said}. Mean log-likelihood {steps[step - 1].lower_bound:.4f}."
    return f"M-step {step}: every component moves to its points, each counted by its share of that colour."
