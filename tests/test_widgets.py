"""Widgets: what each state draws, and what the controls do, without a browser."""

import re
from itertools import islice, pairwise

import ipywidgets
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.mixture import GaussianMixture as Oracle

from mlcourse import widgets
from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import Mixture, em
from mlcourse.plotting import plot_responsibilities, show

matplotlib.use("agg")

X, _ = make_blobs(120, centers=[(0, 0), (3, 1), (0, 4)], random_state=3)
noise = np.random.default_rng(0).standard_normal((900, 2))
WORST_START = X[np.argsort(X[:, 0])[:3]]


@pytest.fixture(autouse=True)
def _no_figure_left_over():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def history():
    """Lloyd's iterations from a poor start, written out."""
    centers, items = WORST_START, []
    for _ in range(6):
        labels = np.linalg.norm(X[:, np.newaxis] - centers, axis=2).argmin(axis=1)
        items.append((centers, labels))
        centers = np.array([X[labels == k].mean(axis=0) for k in range(3)])
    return items


def em_steps(covariance_type="full", n_steps=5):
    row = COVARIANCE_TYPES[covariance_type]
    covariances = np.ones(row.shape(3, 2))
    if row.name in ("full", "tied"):
        covariances = covariances * np.eye(2)
    start = Mixture(np.full(3, 1 / 3), WORST_START, covariances, row.kernel.factor(covariances), row)
    return list(islice(em(X, start), n_steps))


@pytest.fixture(scope="module")
def steps():
    return em_steps()


def find(widget, kind):
    """Every widget of a kind in a tree of boxes."""
    inside = [found for child in getattr(widget, "children", ()) for found in find(child, kind)]
    return [widget, *inside] if isinstance(widget, kind) else inside


def offsets(ax):
    """All the points that plot functions scattered, without the discs of the centres."""
    return np.vstack([scatter.get_offsets() for scatter in ax.collections if len(scatter.get_offsets()) > 3])


# ── What all widgets promise ────────────────────────────────────────────────────────────────────────────────

WIDGETS = {"overlap": widgets.overlap_explorer, "covariance": widgets.covariance_explorer}


@pytest.mark.parametrize("name", WIDGETS)
def test_every_slider_redraws_picture_and_alt_text_and_leaves_no_figure(name):
    widget = WIDGETS[name]()
    (picture,) = find(widget, ipywidgets.HTML)
    for slider in find(widget, (ipywidgets.IntSlider, ipywidgets.FloatSlider)):
        assert not slider.continuous_update
        before = picture.value
        slider.value = slider.max if slider.value != slider.max else slider.min
        picture_of, alt_of = (re.compile(f'{name}="([^"]+)"') for name in ("src", "alt"))
        for part in (picture_of, alt_of):
            assert part.search(picture.value)[1] != part.search(before)[1]
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", WIDGETS)
def test_same_random_state_same_widget(name):
    first, second = (find(WIDGETS[name](), ipywidgets.HTML)[0].value for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", WIDGETS)
def test_two_widgets_do_not_share_state(name):
    first, second = WIDGETS[name](), WIDGETS[name]()
    untouched = find(second, ipywidgets.HTML)[0].value
    find(first, ipywidgets.FloatSlider)[0].value = 3
    assert find(second, ipywidgets.HTML)[0].value == untouched


def test_a_drawing_is_what_show_takes(capsys, monkeypatch):
    monkeypatch.setattr("mlcourse.plotting.captions.get_ipython", lambda: None)
    drawing = widgets.draw_covariance(noise, 2, 1, 30)
    show(*drawing)
    assert capsys.readouterr().out.strip() == drawing.caption


# ── K-means ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_half_steps_never_raise_the_inertia_and_end_where_kmeans_ends(history):
    frames = widgets.kmeans_frames(X, history)
    assert len(frames) == 2 * len(history) - 1
    assert all(later.inertia <= earlier.inertia + 1e-9 for earlier, later in pairwise(frames))
    oracle = KMeans(3, init=WORST_START, n_init=1, max_iter=len(history) - 1, tol=0).fit(X)
    np.testing.assert_allclose(frames[-1].centers, oracle.cluster_centers_)
    assert frames[-1].inertia == pytest.approx(oracle.inertia_)


def test_each_half_step_changes_only_its_half(history):
    frames = widgets.kmeans_frames(X, history)
    for choose, move in zip(frames[::2], frames[1::2]):
        np.testing.assert_array_equal(choose.labels, move.labels)
    for move, choose in zip(frames[1::2], frames[2::2]):
        np.testing.assert_array_equal(move.centers, choose.centers)


@pytest.mark.parametrize(("frame", "said"), [(0, "Choose 1"), (1, "Move 1"), (2, "Choose 2")])
def test_kmeans_picture_shows_points_centres_and_the_inertia_so_far(history, frame, said):
    frames = widgets.kmeans_frames(X, history)
    figure, caption, _ = widgets.draw_kmeans(X, frames, frame)
    left, right = figure.axes
    assert caption.startswith(said)
    assert {tuple(point) for point in X} == {tuple(point) for point in offsets(left)}
    assert [text.get_position() for text in left.texts] == [tuple(c) for c in frames[frame].centers]
    np.testing.assert_allclose(right.lines[0].get_ydata(), [past.inertia for past in frames[: frame + 1]])


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="history is empty"):
        widgets.kmeans_player(X, [])


# ── Overlap ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", [10, 3, 0])
def test_overlap_counts_the_points_that_bayes_rule_gets_wrong(place):
    figure, caption, _ = widgets.draw_overlap(noise, place)
    drawn = offsets(figure.axes[0])
    np.testing.assert_allclose(drawn[:300], 1.2 * noise[:300])
    np.testing.assert_allclose(drawn[300:], place + 1.8 * noise[300:])
    first = multivariate_normal([0, 0], 1.2**2).pdf(drawn) / 3
    second = multivariate_normal([place, place], 1.8**2).pdf(drawn) * 2 / 3
    wrong = ((second > first) != (np.arange(900) >= 300)).sum()
    assert f" {wrong} of 900 points" in caption


# ── Covariance ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("angle", [-90, -35, 0, 30, 90])
def test_covariance_has_the_chosen_axes(angle):
    Sigma = widgets.covariance_from_axes(2, 0.5, angle)
    axis = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    np.testing.assert_allclose(Sigma @ axis, 4 * axis, atol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(Sigma), [0.25, 4])


def test_covariance_picture_has_the_ellipses_arrows_and_sample_of_the_matrix():
    figure, caption, _ = widgets.draw_covariance(noise, 2, 1, 30)
    (ax,) = figure.axes
    Sigma = widgets.covariance_from_axes(2, 1, 30)
    assert sorted(ellipse.width / 2 for ellipse in ax.patches) == pytest.approx([2, 4, 6])
    assert sorted(ellipse.height / 2 for ellipse in ax.patches) == pytest.approx([1, 2, 3])
    np.testing.assert_allclose(np.cov(offsets(ax).T), Sigma, atol=0.3)
    arrows = np.column_stack([ax.collections[-1].U, ax.collections[-1].V])
    np.testing.assert_allclose(arrows.T @ arrows, Sigma)
    assert f"[[{Sigma[0, 0]:.2f}, {Sigma[0, 1]:.2f}]" in caption


# ── EM ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_e_frames_colour_by_the_mixture_and_m_frames_move_it(steps):
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
    """Responsibilities by SciPy's densities."""
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


def test_the_frame_stays_still_while_em_moves(steps):
    frames = [widgets.draw_em(X, steps, frame).figure.axes for frame in (0, 3, 2 * len(steps) - 1)]
    assert (
        len(
            {(left.get_xlim(), left.get_ylim(), right.get_xlim(), right.get_ylim()) for left, right in frames}
        )
        == 1
    )


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_em_picture_for_every_covariance_type(covariance_type):
    steps = em_steps(covariance_type, n_steps=3)
    figure, _, _ = widgets.draw_em(X, steps, 4)
    oracle = Oracle(3, covariance_type=covariance_type, max_iter=2, tol=0, means_init=WORST_START)
    oracle.weights_init, oracle.precisions_init = np.full(3, 1 / 3), steps[0].mixture.covariances
    with pytest.warns(UserWarning, match="did not converge"):
        oracle.fit(X)
    drawn = [ellipse.center for ellipse in figure.axes[0].patches[::2]]
    np.testing.assert_allclose(drawn, oracle.means_, rtol=1e-6)


def test_em_itself_never_ends_and_is_refused_with_the_remedy():
    endless = em(X, em_steps()[0].mixture)
    with pytest.raises(TypeError, match=r"generator.*islice"):
        widgets.em_player(X, endless)
