"""Plots: what is drawn equals what was given, nothing else is touched, and every reader is told."""

import base64
import html
import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from scipy.stats import multivariate_normal, norm
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import silhouette_samples
from sklearn.mixture import GaussianMixture

from mlcourse import plotting
from mlcourse.plotting import color, marker

matplotlib.use("agg")

X, truth = make_blobs(150, centers=[(0, 0), (4, 1), (0, 5)], random_state=7)
RESP = GaussianMixture(3, means_init=[(0, 0), (4, 1), (0, 5)]).fit(X).predict_proba(X)
TYPES = ["full", "tied", "diag", "spherical"]

# Every plot once, on valid input. Labelled False: those that name no axes.
PLOTS = {
    "points": (lambda ax=None: plotting.plot_points(X, truth, ax=ax), True),
    "plain points": (lambda ax=None: plotting.plot_points(X, ax=ax), True),
    "points on a line": (lambda ax=None: plotting.plot_points(X[:, :1], truth, ax=ax), True),
    "centers": (lambda ax=None: plotting.plot_centers(X[:3], ax=ax), True),
    "regions": (lambda ax=None: plotting.plot_decision_regions(fitted_kmeans(), X, ax=ax), True),
    "responsibilities": (lambda ax=None: plotting.plot_responsibilities(X, RESP, ax=ax), True),
    "anomalies": (lambda ax=None: plotting.plot_anomalies(X, X[:, 0] > 4, ax=ax), True),
    "ellipses": (lambda ax=None: plotting.plot_ellipses(X[:1], [np.eye(2)], ax=ax), True),
    "density": (lambda ax=None: plotting.plot_density(fitted_mixture(), X, ax=ax), True),
    "mixture": (lambda ax=None: plotting.plot_mixture_1d([1.0], [0.0], [1.0], X[:, 0], ax=ax), True),
    "curve": (lambda ax=None: plotting.plot_curve([1, 2, 3], [9, 4, 1], "k", "inertia", 2, ax=ax), True),
    "bound": (lambda ax=None: plotting.plot_lower_bound([-3, -2, -1], ax=ax), True),
    "silhouettes": (
        lambda ax=None: plotting.plot_silhouettes(silhouette_samples(X, truth), truth, ax=ax),
        True,
    ),
    "digits": (lambda ax=None: plotting.plot_digits(np.eye(4)[np.newaxis], ax=ax), False),
    "photo": (lambda ax=None: plotting.plot_photo(np.zeros((3, 4, 3)), ax=ax), False),
}


def fitted_kmeans():
    return KMeans(3, n_init=1, random_state=0).fit(X)


def fitted_mixture():
    return GaussianMixture(3, random_state=0).fit(X)


@pytest.fixture(autouse=True)
def _no_figure_left_over():
    yield
    plt.close("all")


# ── What all plots promise ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PLOTS)
def test_draws_on_the_axes_it_is_given_and_opens_nothing(name):
    plot, _ = PLOTS[name]
    _, ax = plt.subplots()
    open_before = plt.get_fignums()
    assert plot(ax) is ax
    assert plt.get_fignums() == open_before
    assert ax.has_data()


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.filterwarnings("error")
def test_opens_one_figure_when_given_no_axes_and_names_them(name):
    plot, is_labelled = PLOTS[name]
    ax = plot()
    assert isinstance(ax, Axes)
    assert plt.get_fignums() == [ax.figure.number]
    assert bool(ax.get_xlabel() and ax.get_ylabel()) == is_labelled
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", [name for name, (_, is_labelled) in PLOTS.items() if is_labelled])
def test_axis_names_given_earlier_win(name):
    plot, _ = PLOTS[name]
    _, ax = plt.subplots()
    ax.set(xlabel="sepal length (cm)", ylabel="sepal width (cm)")
    plot(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("sepal length (cm)", "sepal width (cm)")


def test_inputs_stay_as_they_were():
    arrays = {"X": X, "truth": truth, "RESP": RESP}
    before = {name: array.copy() for name, array in arrays.items()}
    for plot, _ in PLOTS.values():
        plot()
        plt.close("all")
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.plot_points(np.ones((5, 4))), r"X has 4 feature.*X\[:, \[0, 1\]\].*PCA"),
        (lambda: plotting.plot_points(X, np.full(len(X), -1)), "labels must hold integers from 0 on"),
        (lambda: plotting.plot_points(X, ["iris"] * len(X)), "return_inverse=True"),
        (lambda: plotting.plot_points(X, truth[:-1]), "inconsistent numbers of samples"),
        (lambda: plotting.plot_points(X, sizes=[1, 2, 3]), "broadcast"),
        (lambda: plotting.plot_centers(np.ones((2, 3))), "centers has 3 feature"),
        (lambda: plotting.plot_responsibilities(X, RESP[:-1]), "inconsistent numbers of samples"),
        (lambda: plotting.plot_decision_regions(fitted_kmeans(), X[:, :1]), "X has 1 feature"),
        (lambda: plotting.plot_anomalies(X, np.where(truth, 1, -1)), r"\[-1  1\].*predict\(X\) == -1"),
        (lambda: plotting.plot_anomalies(X, truth[:-1] == 1), "inconsistent numbers of samples"),
        (lambda: plotting.plot_density(fitted_mixture(), X[:, :1]), "X has 1 feature"),
        (lambda: plotting.plot_ellipses(X[:3], np.ones((3, 2))), r"\(3, 2\); 3 'full'.*\(3, 2, 2\)"),
        (lambda: plotting.plot_ellipses(X[:3], np.ones(3), "round"), "covariance_type='round'"),
        (lambda: plotting.plot_ellipses(X[:1], [[[1, 2], [2, 1]]]), "eigenvalue -1.*positive definite"),
        (lambda: plotting.plot_silhouettes([0.5, 0.4], [0.0, 1.0]), "labels must hold integers"),
        (lambda: plotting.plot_curve([1, 2], [1, 2, 3], "k", "inertia"), "inconsistent numbers of samples"),
        (lambda: plotting.plot_curve([1, 2], [1, 2], "k", "inertia", chosen=3), "chosen=3 is not among x"),
        (lambda: plotting.plot_digits(np.ones((2, 10))), "10 pixels.*no square"),
    ],
)
def test_bad_input_is_named_and_no_figure_opened(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert plt.get_fignums() == []


# ── Points ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_label_has_its_own_colour_marker_and_points():
    ax = plotting.plot_points(X, truth)
    for k, scatter in enumerate(ax.collections):
        np.testing.assert_array_equal(scatter.get_offsets(), X[truth == k])
        assert to_rgb(scatter.get_facecolor()[0]) == to_rgb(color(k))
        np.testing.assert_array_equal(scatter.get_paths()[0].vertices, _outline(marker(k)))
        assert scatter.get_label() == f"cluster {k}"


def _outline(shape):
    style = matplotlib.markers.MarkerStyle(shape)
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


def test_centers_are_numbered_where_they_are():
    centers = X[:4]
    ax = plotting.plot_centers(centers)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), centers)
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [
        (str(k), tuple(center)) for k, center in enumerate(centers)
    ]


def test_decision_regions_are_the_tints_of_what_predict_says():
    model = fitted_kmeans()
    ax = plotting.plot_decision_regions(model, X)
    (image,) = ax.images
    left, right, bottom, top = image.get_extent()
    picture = image.get_array()
    columns = ((X[:, 0] - left) / (right - left) * (picture.shape[1] - 1)).round().astype(int)
    rows = ((X[:, 1] - bottom) / (top - bottom) * (picture.shape[0] - 1)).round().astype(int)
    tints = picture[rows, columns]
    labels = model.predict(X)
    expected = np.array([to_rgb(color(k)) for k in range(3)])[labels]
    # A tint is white blended with the colour by one share, so what is taken off white is proportional.
    share = (1 - tints) / (1 - expected + 1e-9)
    interior = np.abs(np.subtract(*np.sort(model.transform(X), axis=1)[:, :2].T)) > 0.5
    np.testing.assert_allclose(share[interior][expected[interior] < 1], 0.28, atol=1e-6)


def test_boundary_of_two_centres_is_their_perpendicular_bisector():
    model = KMeans(2, n_init=1, init=np.array([[-1.0, 0.0], [1.0, 1.0]])).fit([[-1.0, 0.0], [1.0, 1.0]])
    ax = plotting.plot_decision_regions(model, np.array([[-3.0, -3.0], [3.0, 3.0]]))
    a, b = model.cluster_centers_
    line = np.concatenate([path.vertices for lines in ax.collections for path in lines.get_paths()])
    inner = line[np.abs(line).max(axis=1) < 2.5]
    distance = (inner - (a + b) / 2) @ (b - a) / np.linalg.norm(b - a)
    assert len(inner) > 20
    np.testing.assert_allclose(distance, 0, atol=0.03)


def test_one_hot_responsibilities_give_pure_colours_and_a_tie_their_mean():
    resp = np.array([[1, 0], [0, 1], [0.5, 0.5]])
    ax = plotting.plot_responsibilities(X[:3], resp)
    drawn = {
        tuple(place): face[:3]
        for scatter in ax.collections
        for place, face in zip(scatter.get_offsets(), scatter.get_facecolors(), strict=True)
    }
    pure = np.array([to_rgb(color(0)), to_rgb(color(1))])
    expected = [pure[0], pure[1], pure.mean(axis=0)]
    for place, wanted in zip(X[:3], expected, strict=True):
        np.testing.assert_allclose(drawn[tuple(place)], wanted)


def test_sizes_follow_their_points():
    sizes = np.arange(1.0, len(X) + 1)
    for ax in (
        plotting.plot_points(X, truth, sizes=sizes),
        plotting.plot_responsibilities(X, np.eye(3)[truth], sizes=sizes),
    ):
        for k, scatter in enumerate(ax.collections):
            np.testing.assert_array_equal(scatter.get_sizes(), sizes[truth == k])


def test_anomalies_are_stars_and_all_other_points_are_not():
    is_outlier = X[:, 0] > 4
    ax = plotting.plot_anomalies(X, is_outlier)
    normal, stars = ax.collections
    np.testing.assert_array_equal(normal.get_offsets(), X[~is_outlier])
    np.testing.assert_array_equal(stars.get_offsets(), X[is_outlier])
    np.testing.assert_array_equal(stars.get_paths()[0].vertices, _outline("*"))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["normal", "anomaly"]


# ── Gaussians and densities ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("n_std", [(1, 2, 3), 2])
def test_every_ellipse_lies_where_the_mahalanobis_distance_is_n(covariance_type, n_std):
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X @ [[1, 0.4], [0, 2]])
    ax = plotting.plot_ellipses(model.means_, model.covariances_, covariance_type, n_std)
    # scikit-learn's precisions, in whatever shape they come, against the points of the drawn outlines
    precisions = {
        "full": lambda p: p,
        "tied": lambda p: np.stack([p] * 3),
        "diag": lambda p: np.stack([np.diag(row) for row in p]),
        "spherical": lambda p: np.stack([one * np.eye(2) for one in p]),
    }[covariance_type](model.precisions_)
    patches = iter(ax.patches)
    for mean, precision in zip(model.means_, precisions, strict=True):
        for n in np.atleast_1d(n_std):
            away = next(patches).get_verts()
            away = ax.transData.inverted().transform(away) - mean
            distance = np.sqrt(np.einsum("ij,jk,ik->i", away, precision, away))
            np.testing.assert_allclose(distance, n, rtol=1e-2)
    assert next(patches, None) is None


def test_half_lengths_are_roots_of_the_eigenvalues():
    Sigma = np.array([[3.0, 1.2], [1.2, 1.0]])
    ax = plotting.plot_ellipses([[1, 2]], [Sigma], n_std=(1, 2))
    for n, ellipse in zip((1, 2), ax.patches, strict=True):
        half = np.sort([ellipse.width, ellipse.height]) / 2
        np.testing.assert_allclose(half, n * np.sqrt(np.linalg.eigvalsh(Sigma)))
        np.testing.assert_allclose(ellipse.center, (1, 2))


def test_ellipses_fit_in_the_picture_and_circles_look_round():
    ax = plotting.plot_ellipses([[0, 0], [50, 0]], [4.0, 9.0], "spherical")
    assert ax.get_xlim()[0] <= -6
    assert ax.get_xlim()[1] >= 59
    assert ax.get_aspect() == 1


def test_contours_of_one_gaussian_are_its_ellipses():
    model = GaussianMixture(1, random_state=0).fit(X)
    ax = plotting.plot_density(model, X)
    (contours,) = ax.collections
    density = multivariate_normal(model.means_[0], model.covariances_[0])
    peak = density.logpdf(model.means_[0])
    drawn = [(drop, path.vertices) for drop, path in zip(contours.levels, contours.get_paths(), strict=True)]
    assert len(drawn) >= 3
    np.testing.assert_allclose(contours.levels[1:] / contours.levels[:-1], 2)
    for drop, vertices in drawn:
        np.testing.assert_allclose(peak - density.logpdf(vertices), drop, atol=0.02)


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 1), (3,)])
def test_one_dimensional_curves_are_weighted_densities_and_their_sum(shape):
    weights, means, variances = np.array([0.5, 0.3, 0.2]), np.array([-5, 5, 0]), np.array([1.2, 1.8, 1.6])
    ax = plotting.plot_mixture_1d(weights, means[:, np.newaxis], variances.reshape(shape))
    mixture, *components = ax.lines
    x = mixture.get_xdata()
    expected = [w * norm(m, v**0.5).pdf(x) for w, m, v in zip(weights, means, variances, strict=True)]
    for line, curve in zip(components, expected, strict=True):
        np.testing.assert_allclose(line.get_ydata(), curve)
    np.testing.assert_allclose(mixture.get_ydata(), sum(expected))
    assert np.trapezoid(mixture.get_ydata(), x) == pytest.approx(1, abs=1e-3)
    assert len({line.get_linestyle() for line in components}) == 3


def test_a_tied_variance_serves_every_component_and_the_histogram_has_area_one():
    ax = plotting.plot_mixture_1d([0.5, 0.5], [[0], [3]], [[4.0]], X[:, 0])
    assert all(
        line.get_ydata().max() == pytest.approx(0.5 * norm.pdf(0, scale=2), rel=1e-3) for line in ax.lines[1:]
    )
    assert sum(bar.get_width() * bar.get_height() for bar in ax.patches) == pytest.approx(1)


# ── Curves ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_knives_have_the_lengths_and_order_of_the_silhouettes():
    values = silhouette_samples(X, truth)
    ax = plotting.plot_silhouettes(values, truth)
    tops = [-1.0]
    for k, knife in enumerate(ax.collections):
        box = knife.get_datalim(ax.transData)
        assert box.x1 == pytest.approx(values[truth == k].max())
        assert box.x0 == pytest.approx(min(0, values[truth == k].min()))
        assert box.height == (truth == k).sum() - 1
        assert box.y0 > tops[-1]
        tops.append(box.y1)
    assert ax.lines[0].get_xdata()[0] == pytest.approx(values.mean())
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0", "1", "2"]


def test_curve_marks_the_chosen_value():
    ax = plotting.plot_curve([2, 3, 4], [9.0, 4.0, 3.0], "k", "inertia", chosen=3)
    curve, _, ring = ax.lines
    np.testing.assert_array_equal(curve.get_xydata(), [[2, 9], [3, 4], [4, 3]])
    np.testing.assert_array_equal(ring.get_xydata(), [[3, 4]])


def test_lower_bound_counts_iterations_from_one():
    (line,) = plotting.plot_lower_bound([-3.0, -2.0, -1.5]).lines
    np.testing.assert_array_equal(line.get_xydata(), [[1, -3], [2, -2], [3, -1.5]])


# ── Images ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("flatten", [False, True])
def test_digit_grid_holds_every_pixel_once(flatten):
    digits = np.random.default_rng(0).uniform(1, 16, size=(7, 8, 8))
    ax = plotting.plot_digits(digits.reshape(7, 64) if flatten else digits, n_cols=3)
    (image,) = ax.images
    canvas = np.asarray(image.get_array())
    assert canvas.shape == (3 * 9 - 1, 3 * 9 - 1)
    for i, digit in enumerate(digits):
        row, column = divmod(i, 3)
        np.testing.assert_array_equal(canvas[9 * row : 9 * row + 8, 9 * column : 9 * column + 8], digit)
    assert canvas.sum() == pytest.approx(digits.sum())


def test_fewer_digits_than_columns_leave_no_empty_columns():
    (image,) = plotting.plot_digits(np.ones((2, 4, 6)), n_cols=10).images
    assert image.get_array().shape == (4, 2 * 7 - 1)


@pytest.mark.parametrize("photo", [np.full((2, 3, 3), 200, dtype=np.uint8), np.full((2, 3, 3), 0.25)])
def test_photo_is_shown_as_it_is(photo):
    (image,) = plotting.plot_photo(photo).images
    np.testing.assert_array_equal(image.get_array(), photo)


# ── Style, captions, alt text ───────────────────────────────────────────────────────────────────────────────


def test_course_style_sets_the_palette_and_can_be_undone():
    with matplotlib.rc_context():
        plotting.use_course_style()
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
        assert [to_rgb(c) for c in cycle] == [to_rgb(c) for c in plotting.PALETTE]


def test_first_colours_differ_in_lightness_too():
    # relative luminance, WCAG 2.2
    rgb = np.array([to_rgb(c) for c in plotting.PALETTE[:3]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = np.sort(linear @ [0.2126, 0.7152, 0.0722])
    contrast = (luminance[1:] + 0.05) / (luminance[:-1] + 0.05)
    assert contrast.min() > 1.3


TRICKY = 'a < b & "c" — σ'


def test_figure_html_escapes_its_words_and_holds_the_picture():
    ax = plotting.plot_points(X)
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    code = plotting.figure_html(ax, TRICKY, TRICKY + " alt")
    assert f'alt="{html.escape(TRICKY)} alt"' in code
    assert f">{html.escape(TRICKY)}</figcaption>" in code
    assert TRICKY not in code
    png = base64.b64decode(code.split("base64,")[1].split('"')[0])
    assert plt.imread(io.BytesIO(png)).shape[:2] == (round(height), round(width))
    assert plt.get_fignums() == []


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    "pick", [lambda fig: fig, lambda fig: fig.axes[1], lambda fig: fig.subfigs[0].axes[0]]
)
def test_show_displays_html_png_and_text_and_closes_the_figure(shell, pick):
    figure = plt.figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    left.subplots(), right.subplots()
    with capture_output() as captured:
        assert plotting.show(pick(figure), "Figure 1. Two panels.", TRICKY) is None
    (output,) = captured.outputs
    assert set(output.data) == {"text/html", "image/png", "text/plain"}
    assert output.data["text/plain"] == TRICKY
    assert output.data["image/png"] in output.data["text/html"]
    assert output.metadata["image/png"]["alt"] == TRICKY
    assert plt.get_fignums() == []


def test_show_prints_the_caption_outside_ipython(capsys, monkeypatch):
    monkeypatch.setattr("mlcourse.plotting.captions.get_ipython", lambda: None)
    plotting.show(plotting.plot_points(X), "Figure 1. Points.", "Points.")
    assert capsys.readouterr().out == "Figure 1. Points.\n"
    assert plt.get_fignums() == []
