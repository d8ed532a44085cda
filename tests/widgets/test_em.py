"""The pictures of EM."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture as Oracle

from mlcourse import widgets
from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import em, expectation_over
from mlcourse.plotting import plot_responsibilities
from tests.helpers.widget_data import WORST_START, X, em_steps


@pytest.fixture(scope="module")
def steps():
    return em_steps()


def test_e_frames_colour_the_points_and_m_frames_move_the_means(steps):
    for frame in range(1, 2 * len(steps)):
        figure, caption, _ = widgets.draw_em(X, steps, frame)
        left, right = figure.axes
        e_done = (frame + 1) // 2
        assert caption.startswith(f"{'E' if frame % 2 else 'M'}-step {e_done}.")
        means = steps[frame // 2].mixture.means
        assert [text.get_position() for text in left.texts] == [tuple(mean) for mean in means]
        np.testing.assert_allclose(right.lines[0].get_ydata(), [step.lower_bound for step in steps[:e_done]])
        wanted = plot_responsibilities(X, oracle_responsibilities(steps[e_done - 1].mixture))
        np.testing.assert_allclose(face_colors(left, len(wanted.collections)), face_colors(wanted), atol=1e-6)
        plt.close("all")


def oracle_responsibilities(theta):
    """Responsibilities from the densities of SciPy."""
    joint = np.column_stack(
        [
            weight * multivariate_normal(mean, cov).pdf(X)
            for weight, mean, cov in zip(theta.weights, theta.means, theta.covariances)
        ]
    )
    return joint / joint.sum(axis=1, keepdims=True)


def face_colors(ax, n_artists=None):
    return np.vstack([scatter.get_facecolors() for scatter in ax.collections[:n_artists]])


def test_the_start_shows_plain_points_and_no_likelihood(steps):
    figure, _, _ = widgets.draw_em(X, steps, 0)
    left, right = figure.axes
    assert len(np.unique(left.collections[0].get_facecolors(), axis=0)) == 1
    assert len(right.lines[0].get_ydata()) == 0


def test_the_axes_stay_fixed_while_em_moves(steps):
    frames = [widgets.draw_em(X, steps, frame).figure.axes for frame in (0, 3, 2 * len(steps) - 1)]
    assert (
        len(
            {(left.get_xlim(), left.get_ylim(), right.get_xlim(), right.get_ylim()) for left, right in frames}
        )
        == 1
    )


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_the_picture_is_right_for_every_covariance_type(covariance_type):
    steps = em_steps(covariance_type, n_steps=3)
    figure, _, _ = widgets.draw_em(X, steps, 4)
    oracle = Oracle(3, covariance_type=covariance_type, max_iter=2, tol=0, means_init=WORST_START)
    oracle.weights_init, oracle.precisions_init = np.full(3, 1 / 3), steps[0].mixture.covariances
    with pytest.warns(UserWarning, match="did not converge"):
        oracle.fit(X)
    drawn = [ellipse.center for ellipse in figure.axes[0].patches[::2]]
    np.testing.assert_allclose(drawn, oracle.means_, rtol=1e-6)


def test_the_endless_generator_em_is_refused_with_advice():
    endless = em(expectation_over(X), em_steps()[0].mixture)
    with pytest.raises(TypeError, match=r"generator.*islice"):
        widgets.em_player(X, endless)
