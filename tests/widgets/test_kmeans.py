"""The pictures of k-means."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.cluster import KMeans

from mlcourse import widgets
from tests.helpers.widget_data import WORST_START, X, offsets


@pytest.fixture(scope="module")
def history():
    """Lloyd's iterations from a bad start, written out."""
    centers, items = WORST_START, []
    for _ in range(6):
        labels = np.linalg.norm(X[:, np.newaxis] - centers, axis=2).argmin(axis=1)
        items.append((centers, labels))
        centers = np.array([X[labels == k].mean(axis=0) for k in range(3)])
    return items


def test_half_steps_never_raise_the_inertia_and_end_like_kmeans(history):
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


@pytest.mark.parametrize(("frame", "start"), [(0, "Choose 1"), (1, "Move 1"), (2, "Choose 2")])
def test_the_picture_shows_points_centres_and_inertia_so_far(history, frame, start):
    frames = widgets.kmeans_frames(X, history)
    figure, caption, _ = widgets.draw_kmeans(X, frames, frame)
    left, right = figure.axes
    assert caption.startswith(start)
    assert {tuple(point) for point in X} == {tuple(point) for point in offsets(left)}
    assert [text.get_position() for text in left.texts] == [tuple(c) for c in frames[frame].centers]
    np.testing.assert_allclose(right.lines[0].get_ydata(), [past.inertia for past in frames[: frame + 1]])


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="history is empty"):
        widgets.kmeans_player(X, [])


def test_the_axes_have_the_names_of_the_features(history):
    names = "wait (min)", "duration (min)"
    (panel,) = widgets.kmeans_player(X, history, features=names).scene["planes"]
    left = widgets.draw_kmeans(X, widgets.kmeans_frames(X, history), 0, names).figure.axes[0]
    assert (panel["xlabel"], panel["ylabel"]) == (left.get_xlabel(), left.get_ylabel()) == names
