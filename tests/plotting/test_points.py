"""Plots of points and centres."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.markers import MarkerStyle
from sklearn.cluster import KMeans

from mlcourse import plotting
from mlcourse.plotting import color, marker
from mlcourse.plotting.style import PALE_INK
from tests.helpers.blobs import X, fitted_kmeans, truth


def test_each_label_has_its_own_colour_marker_and_points():
    ax = plotting.plot_points(X, truth)
    for k, scatter in enumerate(ax.collections):
        np.testing.assert_array_equal(scatter.get_offsets(), X[truth == k])
        assert to_rgb(scatter.get_facecolor()[0]) == to_rgb(color(k))
        np.testing.assert_array_equal(scatter.get_paths()[0].vertices, _outline(marker(k)))
        assert scatter.get_label() == f"cluster {k}"


def _outline(shape):
    style = MarkerStyle(shape)
    return style.get_path().transformed(style.get_transform()).vertices


def test_a_label_keeps_its_colour_when_another_is_absent():
    without_first = truth > 0
    ax = plotting.plot_points(X[without_first], truth[without_first])
    assert [to_rgb(scatter.get_facecolor()[0]) for scatter in ax.collections] == [
        to_rgb(color(1)),
        to_rgb(color(2)),
    ]


def test_pairs_of_colour_and_marker_do_not_repeat_soon():
    assert len({(color(k), marker(k)) for k in range(56)}) == 56


def test_centres_are_marked_with_their_numbers():
    centers = X[:4]
    ax = plotting.plot_centers(centers)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), centers)
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [
        (str(k), tuple(center)) for k, center in enumerate(centers)
    ]


def test_decision_regions_are_tinted_by_predict():
    model = fitted_kmeans()
    ax = plotting.plot_decision_regions(model, X)
    (image,) = ax.images
    left, right, bottom, top = image.get_extent()
    picture = image.get_array()
    columns = ((X[:, 0] - left) / (right - left) * (picture.shape[1] - 1)).round().astype(int)
    rows = ((X[:, 1] - bottom) / (top - bottom) * (picture.shape[0] - 1)).round().astype(int)
    tints = picture[rows, columns]
    labels = model.predict(X)
    expected = np.array([to_rgba(color(k), alpha=0.28) for k in range(3)])[labels]
    interior = np.abs(np.subtract(*np.sort(model.transform(X), axis=1)[:, :2].T)) > 0.5
    np.testing.assert_allclose(tints[interior], expected[interior])


@pytest.mark.parametrize("height", [1.0, 0.02])  # the second line is nearly vertical
def test_boundary_of_two_centres_is_their_perpendicular_bisector(height):
    centers = np.array([[-1.0, 0.0], [1.0, height]])
    model = KMeans(2, n_init=1, init=centers).fit(centers)
    ax = plotting.plot_decision_regions(model, np.array([[-3.0, -3.0], [3.0, 3.0]]))
    a, b = model.cluster_centers_
    line = np.concatenate([path.vertices for lines in ax.collections for path in lines.get_paths()])
    inner = line[np.abs(line).max(axis=1) < 2.5]
    distance = (inner - (a + b) / 2) @ (b - a) / np.linalg.norm(b - a)
    assert len(inner) > 20
    np.testing.assert_allclose(distance, 0, atol=0.003)


def test_one_hot_points_have_pure_colours_and_a_tie_is_grey():
    resp = np.array([[1, 0, 0], [0, 1, 0], [1 / 3, 1 / 3, 1 / 3]])
    ax = plotting.plot_responsibilities(X[:3], resp)
    drawn = {
        tuple(place): face[:3]
        for scatter in ax.collections
        for place, face in zip(scatter.get_offsets(), scatter.get_facecolors(), strict=True)
    }
    expected = [to_rgb(color(0)), to_rgb(color(1)), to_rgb(PALE_INK)]
    for place, wanted in zip(X[:3], expected, strict=True):
        np.testing.assert_allclose(drawn[tuple(place)], wanted)


def test_a_slight_lead_keeps_a_hint_of_its_colour():
    resp = np.array([[0.4, 0.3, 0.3], [0.3, 0.4, 0.3]])
    ax = plotting.plot_responsibilities(X[:2], resp)
    one, other = (np.array(scatter.get_facecolors()[0, :3]) for scatter in ax.collections)
    assert one @ [1, 0, -1] < -0.1  # bluish
    assert other @ [1, 0, -1] > 0.1  # orange


def test_sizes_stay_with_their_points():
    sizes = np.arange(1.0, len(X) + 1)
    for ax in (
        plotting.plot_points(X, truth, sizes=sizes),
        plotting.plot_responsibilities(X, np.eye(3)[truth], sizes=sizes),
    ):
        for k, scatter in enumerate(ax.collections):
            np.testing.assert_array_equal(scatter.get_sizes(), sizes[truth == k])


def test_only_anomalies_are_stars():
    is_outlier = X[:, 0] > 4
    ax = plotting.plot_anomalies(X, is_outlier)
    normal, stars = ax.collections
    np.testing.assert_array_equal(normal.get_offsets(), X[~is_outlier])
    np.testing.assert_array_equal(stars.get_offsets(), X[is_outlier])
    np.testing.assert_array_equal(stars.get_paths()[0].vertices, _outline("*"))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["normal", "anomaly"]
