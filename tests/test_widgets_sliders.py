"""The sliders of lessons 01, 05, 07 and 09: what they compute, draw and do, without a browser."""

import re

import ipywidgets
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA as OraclePCA
from sklearn.mixture import GaussianMixture as Oracle

from mlcourse import PCA, GaussianMixture, widgets
from mlcourse.plotting import figure_html
from mlcourse.widgets.controls import progress
from mlcourse.widgets.criteria import FIT, MOST_COMPONENTS
from mlcourse.widgets.digits import reconstruct, usual_log_density
from mlcourse.widgets.floor import FLOORS
from mlcourse.widgets.photo import LONGEST_SIDE

matplotlib.use("agg")

DIGITS = load_digits().data[:300]
WHITE, PLAIN = PCA(20, whiten=True).fit(DIGITS), PCA(20).fit(DIGITS)
MODEL = GaussianMixture(4, random_state=0).fit(WHITE.transform(DIGITS))

GRAINS = np.append(np.random.default_rng(0).standard_normal(40), 7.0)[:, np.newaxis]
FRESH = np.random.default_rng(1).standard_normal((200, 1))
FITS = widgets.floor_fits(GRAINS)

PHOTO = np.random.default_rng(2).random((30, 40, 3)) ** 2
BLOBS, _ = make_blobs(300, centers=[(0, 0), (6, 1), (0, 5)], random_state=3)
UNSEEN, _ = make_blobs(150, centers=[(0, 0), (6, 1), (0, 5)], random_state=4)


@pytest.fixture(autouse=True)
def _no_figure_left_over():
    yield
    plt.close("all")


# ── What all of them promise ────────────────────────────────────────────────────────────────────────────────

EXPLORERS = {
    "reconstruction": lambda: widgets.reconstruction_explorer(DIGITS, PLAIN),
    "morphing": lambda: widgets.morphing_explorer(MODEL, WHITE),
    "floor": lambda: widgets.floor_explorer(GRAINS, FRESH),
    "photo": lambda: widgets.photo_explorer(PHOTO),
    "criteria": lambda: widgets.criteria_explorer(BLOBS, UNSEEN),
}


def parts(widget):
    """Controls and picture of an explorer."""
    return widget.children[0].children, widget.children[-1]


def moved(control):
    """Another value that the control can have."""
    if isinstance(control, ipywidgets.IntSlider | ipywidgets.FloatSlider):
        return control.max if control.value != control.max else control.min
    values = [option[1] if isinstance(option, tuple) else option for option in control.options]
    return next(value for value in reversed(values) if value != control.value)


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_control_redraws_picture_and_alt_text_and_leaves_no_figure(name):
    controls, picture = parts(EXPLORERS[name]())
    for control in controls:
        assert not getattr(control, "continuous_update", False)
        before = picture.value
        control.value = moved(control)
        for attribute in ("src", "alt"):
            then, now = (re.search(f'{attribute}="([^"]+)"', text)[1] for text in (before, picture.value))
            assert then != now, f"{control.description} changed no {attribute}"
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_slider_comes_first_for_the_keyboard(name):
    first, *_ = parts(EXPLORERS[name]())[0]
    assert isinstance(first, ipywidgets.IntSlider | ipywidgets.FloatSlider | ipywidgets.SelectionSlider)


@pytest.mark.parametrize("name", EXPLORERS)
def test_the_same_place_is_the_same_picture_and_another_widget_stays_where_it_is(name):
    (controls, picture), (_, other) = (parts(EXPLORERS[name]()) for _ in range(2))
    start = picture.value
    assert other.value == start
    for control in controls:
        place, control.value = control.value, moved(control)
        assert other.value == start
        control.value = place
    assert picture.value == start


# ── Reconstruction ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("pca", [WHITE, PLAIN], ids=["whitened", "plain"])
@pytest.mark.parametrize("q", [1, 7, 20])
def test_the_first_q_components_rebuild_what_a_pca_of_q_components_does(pca, q):
    oracle = OraclePCA(q, svd_solver="full").fit(DIGITS)
    expected = oracle.inverse_transform(oracle.transform(DIGITS))
    np.testing.assert_allclose(reconstruct(DIGITS, pca, q), expected, atol=1e-8)


def test_one_component_more_never_harms_any_digit():
    errors = [np.sum((reconstruct(DIGITS, PLAIN, q) - DIGITS) ** 2, axis=1) for q in range(1, 21)]
    assert np.all(np.diff(errors, axis=0) <= 1e-9)


def test_the_reconstruction_is_shown_beside_the_digit_with_the_signed_difference_on_one_scale():
    figure, caption, alt = widgets.draw_reconstruction(DIGITS, PLAIN, row=9, q=5)
    digit, rebuilt, difference = (ax.images[0] for ax in figure.axes[:3])
    expected = reconstruct(DIGITS[[9]], PLAIN, 5).reshape(8, 8)
    np.testing.assert_allclose(digit.get_array(), DIGITS[9].reshape(8, 8))
    np.testing.assert_allclose(rebuilt.get_array(), expected)
    np.testing.assert_allclose(difference.get_array(), expected - DIGITS[9].reshape(8, 8))
    assert digit.get_clim() == rebuilt.get_clim() == (0, 16)
    assert difference.get_clim() == (-16, 16)
    error = np.sqrt(np.mean((expected.ravel() - DIGITS[9]) ** 2))
    share = OraclePCA(5).fit(DIGITS).explained_variance_ratio_.sum()
    assert f"Error of this digit: {error:.2f}" in caption
    assert f"The 5 components hold {share:.1%}" in caption
    assert caption in alt


@pytest.mark.parametrize("q", [0, 21])
def test_components_that_the_pca_has_not_kept_are_refused(q):
    with pytest.raises(ValueError, match=rf"q={q}.*kept 20"):
        widgets.draw_reconstruction(DIGITS, PLAIN, 0, q)


# ── From one component to another ───────────────────────────────────────────────────────────────────────────


def oracle_log_density(Z):
    """By SciPy, component by component."""
    joint = [
        np.log(weight) + multivariate_normal(mean, covariance).logpdf(Z)
        for weight, mean, covariance in zip(MODEL.weights_, MODEL.means_, MODEL.covariances_)
    ]
    return logsumexp(joint, axis=0)


@pytest.mark.parametrize("t", [0, 0.3, 1])
def test_the_way_leads_straight_from_mean_to_mean(t):
    figure, caption, _ = widgets.draw_morph(MODEL, WHITE, 1, 3, t)
    now, strip, height = figure.axes
    ends, here = MODEL.means_[[1, 3]], (1 - t) * MODEL.means_[1] + t * MODEL.means_[3]
    np.testing.assert_allclose(
        now.images[0].get_array().ravel(), WHITE.inverse_transform(here[np.newaxis])[0].clip(0), atol=1e-9
    )
    canvas = strip.images[0].get_array()
    for mean, shown in zip(WHITE.inverse_transform(ends).clip(0), (canvas[:, :8], canvas[:, -8:])):
        np.testing.assert_allclose(shown.ravel(), mean, atol=1e-9)
    curve = height.lines[0].get_ydata()
    np.testing.assert_allclose(curve[[0, -1]], oracle_log_density(ends))
    first, last = oracle_log_density(ends)
    assert f"Log density: {oracle_log_density(here):.1f} nats here, {first:.1f} at the" in caption
    assert f"{last:.1f} at the second" in caption
    assert f"falls to {curve.min():.1f}" in caption


def test_the_frame_stands_on_the_digit_of_this_t():
    for station in range(11):
        figure = widgets.draw_morph(MODEL, WHITE, 0, 2, station / 10).figure
        (frame,) = figure.axes[1].patches
        left, right = frame.get_x(), frame.get_x() + frame.get_width()
        assert left < 9 * station + 3.5 < right
        assert right - left == 9
        plt.close(figure)


def test_t_and_the_strip_above_it_are_in_line():
    figure = widgets.draw_morph(MODEL, WHITE, 0, 2, 0.4).figure
    figure.draw_without_rendering()
    _, strip, height = figure.axes
    middles = strip.transData.transform([(9 * s + 3.5, 4) for s in range(11)])[:, 0]
    ticks = height.transData.transform([(s / 10, 0) for s in range(11)])[:, 0]
    np.testing.assert_allclose(middles, ticks, atol=2)


def test_the_way_back_is_the_way():
    there, back = (widgets.draw_morph(MODEL, WHITE, i, j, t) for i, j, t in ((0, 2, 0.25), (2, 0, 0.75)))
    np.testing.assert_allclose(
        there.figure.axes[2].lines[0].get_ydata(), back.figure.axes[2].lines[0].get_ydata()[::-1]
    )


def test_half_of_the_draws_lie_above_the_line_whatever_the_random_state_and_the_model_is_left_alone():
    other = GaussianMixture(4, random_state=0).fit(WHITE.transform(DIGITS)).set_params(random_state=None)
    level = usual_log_density(MODEL)
    assert usual_log_density(other) == level
    assert other.random_state is None
    drawn = np.random.default_rng(5).choice(4, size=4000, p=MODEL.weights_)
    Z = np.concatenate(
        [
            np.random.default_rng(k).multivariate_normal(
                MODEL.means_[k], MODEL.covariances_[k], size=np.sum(drawn == k)
            )
            for k in range(4)
        ]
    )
    assert np.mean(oracle_log_density(Z) > level) == pytest.approx(0.5, abs=0.05)


def test_a_mixture_of_another_space_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"20 features and pca 5 components.*pca\.transform"):
        widgets.morphing_explorer(MODEL, PCA(5).fit(DIGITS))


# ── reg_covar ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_fits_are_scikit_learns_and_no_variance_is_below_the_floor():
    for floor, fit in zip(FLOORS, FITS):
        oracle = Oracle(2, reg_covar=floor, random_state=0).fit(GRAINS)
        assert fit.score(FRESH) == pytest.approx(oracle.score(FRESH), rel=1e-4)
        assert fit.covariances_.min() >= floor


@pytest.mark.parametrize("now", [0, 6, 18])
def test_the_density_drawn_has_its_spike_and_area_one(now):
    figure, caption, _ = widgets.draw_floor(GRAINS, FRESH, FITS, now)
    left, _ = figure.axes
    grid, density = left.lines[0].get_data()
    model = FITS[now]
    parts = model.weights_ * norm.pdf(
        grid[:, np.newaxis], model.means_[:, 0], np.sqrt(model.covariances_[:, 0, 0])
    )
    np.testing.assert_allclose(density, parts.sum(axis=1), atol=1e-12)
    # The frame ends two standard deviations of the data beyond them; at the widest it cuts off a little.
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=0.02)
    assert f"variance of {model.covariances_.min():.3g}" in caption
    peak = float(re.search(r"peak is ([\d.e+-]+)\.", caption)[1])
    assert peak == pytest.approx(density.max(), rel=0.01)


@pytest.mark.parametrize("now", [0, 6, 18])
def test_the_curves_are_the_scores_of_all_fits_with_a_ring_on_this_one(now):
    figure, caption, alt = widgets.draw_floor(GRAINS, FRESH, FITS, now)
    fitted, ring, fresh, other_ring, line = figure.axes[1].lines
    for curve, mark, data in ((fitted, ring, GRAINS), (fresh, other_ring, FRESH)):
        np.testing.assert_allclose(curve.get_xdata(), FLOORS)
        np.testing.assert_allclose(curve.get_ydata(), [fit.score(data) for fit in FITS])
        assert mark.get_xdata() == FLOORS[now]
        assert mark.get_ydata() == curve.get_ydata()[now]
        assert f"{curve.get_ydata()[now]:.3f}" in caption
    assert set(line.get_xdata()) == {FLOORS[now]}
    assert caption in alt


def test_the_frame_stays_still_while_the_spike_grows():
    frames = set()
    for now in (0, 9, 18):
        left, right = widgets.draw_floor(GRAINS, FRESH, FITS, now).figure.axes
        assert max(left.lines[0].get_ydata()) < left.get_ylim()[1]
        frames.add((left.get_xlim(), left.get_ylim(), right.get_xlim(), right.get_ylim()))
    assert len(frames) == 1


def test_points_of_the_plane_are_refused():
    with pytest.raises(ValueError, match="fresh has 2 features"):
        widgets.draw_floor(GRAINS, BLOBS, FITS, 0)


# ── A photograph in K colours ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("K", [2, 5, 16])
def test_every_pixel_has_its_nearest_colour_and_the_bar_their_shares(K):
    palette = widgets.photo_palette(PHOTO, K)
    figure, caption, alt = widgets.draw_photo(PHOTO, palette)
    top, bottom = figure.axes
    pixels = PHOTO.reshape(-1, 3)
    distances = cdist(pixels, palette)
    np.testing.assert_allclose(
        top.images[0].get_array(), palette[distances.argmin(axis=1)].reshape(PHOTO.shape)
    )
    shares = np.bincount(distances.argmin(axis=1), minlength=K) / len(pixels)
    widths = [bar.get_width() for bar in bottom.patches]
    np.testing.assert_allclose(widths, np.sort(shares)[::-1])
    assert sum(widths) == pytest.approx(1)
    painted = [to_hex(bar.get_facecolor()) for bar in bottom.patches]
    assert painted == [to_hex(palette[k]) for k in np.argsort(-shares)]
    assert all(paint in alt for paint in painted)
    error = np.sqrt(np.mean(distances.min(axis=1) ** 2))
    assert f"A pixel lies {error:.3f} from its colour" in caption
    assert f"{K} colours, {(K - 1).bit_length()} bit" in caption


def test_the_palette_is_where_k_means_comes_to_rest():
    palette = widgets.photo_palette(PHOTO, 4)  # so small a photo is seen whole
    pixels = PHOTO.reshape(-1, 3)
    labels = cdist(pixels, palette).argmin(axis=1)
    np.testing.assert_allclose(palette, [pixels[labels == k].mean(axis=0) for k in range(4)], atol=0.02)


def test_a_palette_is_fitted_once_and_then_kept(monkeypatch):
    fitted = []
    fit = widgets.photo.photo_palette
    monkeypatch.setattr(widgets.photo, "photo_palette", lambda photo, K: fitted.append(K) or fit(photo, K))
    (slider,), _ = parts(widgets.photo_explorer(PHOTO))
    for K in (3, 9, 3, 6, 9):
        slider.value = K
    assert fitted == [6, 3, 9]


@pytest.mark.parametrize("shape", [(20, 2 * LONGEST_SIDE + 1, 3), (LONGEST_SIDE, 9, 3)])
def test_a_large_photo_is_thinned_alike_in_both_directions(monkeypatch, shape):
    drawn = []
    draw = widgets.photo.draw_photo
    monkeypatch.setattr(widgets.photo, "draw_photo", lambda *given: drawn.append(given[0]) or draw(*given))
    photo = np.random.default_rng(0).random(shape)
    widgets.photo_explorer(photo)
    step = 3 if shape[1] > LONGEST_SIDE else 1
    np.testing.assert_array_equal(drawn[0], photo[::step, ::step])
    assert max(drawn[0].shape) <= LONGEST_SIDE


def test_a_tall_photo_makes_no_endless_page():
    tall = np.random.default_rng(0).random((200, 10, 3))
    assert max(widgets.draw_photo(tall, tall[0, :4]).figure.get_size_inches()) <= 7


@pytest.mark.parametrize("photo", [PHOTO[..., 0], 255 * PHOTO, (255 * PHOTO).astype(np.uint8)])
def test_what_is_no_photo_from_zero_to_one_is_refused_with_the_remedy(photo):
    with pytest.raises(ValueError, match="load_photo gives it so"):
        widgets.photo_explorer(photo)


# ── Criteria ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_criteria_a_point_are_scikit_learns_for_the_same_mixtures(covariance_type):
    curves = widgets.criteria_curves(BLOBS[:100], UNSEEN, covariance_type)
    for K in (1, 3, 7):
        model = GaussianMixture(K, covariance_type=covariance_type, **FIT).fit(BLOBS[:100])
        oracle = Oracle(K, covariance_type=covariance_type)
        oracle.weights_, oracle.means_, oracle.covariances_ = model.weights_, model.means_, model.covariances_
        oracle.precisions_cholesky_ = model.precisions_cholesky_
        expected = oracle.aic(BLOBS[:100]) / 100, oracle.bic(BLOBS[:100]) / 100, -2 * oracle.score(UNSEEN)
        np.testing.assert_allclose([curve[K - 1] for curve in curves.values()], expected)


def test_the_curves_have_their_minima_marked_and_told():
    figure, caption, alt = widgets.draw_criteria(BLOBS, UNSEEN, 200, "full")
    (ax,) = figure.axes
    curves = widgets.criteria_curves(BLOBS[:200], UNSEEN, "full")
    for (name, curve), line, ring in zip(curves.items(), ax.lines[0::2], ax.lines[1::2]):
        np.testing.assert_allclose(line.get_ydata(), curve)
        at = int(ring.get_xdata()[0])
        assert ring.get_ydata()[0] == min(curve) == curve[at - 1]
        assert f"{name} at K = {at} ({curves['held out'][at - 1]:.3f})" in caption
    assert caption in alt


def test_three_far_groups_are_three_components_to_bic():
    bic = widgets.criteria_curves(BLOBS, UNSEEN)["BIC"]
    assert np.argmin(bic) + 1 == 3


def test_a_minimum_at_the_end_of_the_range_is_called_none_and_what_is_cut_off_is_told():
    """Fifty points of a curved band: AIC falls on and on, and the held-out rows leave the picture."""
    rng = np.random.default_rng(0)
    band, unseen = (
        np.column_stack([x, x**2 + 0.01 * rng.standard_normal(len(x))]) for x in rng.uniform(-1, 1, (2, 60))
    )
    figure, caption, _ = widgets.draw_criteria(band, unseen, 50, "full")
    curves = widgets.criteria_curves(band[:50], unseen)
    assert np.argmin(curves["AIC"]) + 1 == MOST_COMPONENTS
    assert "12 is the most that was tried" in caption
    hidden = max(map(max, curves.values())) > figure.axes[0].get_ylim()[1]
    assert hidden == ("a curve is not seen" in caption)
    assert hidden


def test_the_watcher_sees_every_fit_and_decides_what_is_fitted():
    seen = []

    def watch(Ks):
        for K in Ks:
            seen.append(K)
            yield K

    watched = widgets.draw_criteria(BLOBS, UNSEEN, 50, "diag", watch=watch)
    assert seen == list(range(1, MOST_COMPONENTS + 1))
    assert watched.caption == widgets.draw_criteria(BLOBS, UNSEEN, 50, "diag").caption


@pytest.mark.parametrize("n", [MOST_COMPONENTS - 1, len(BLOBS) + 1])
def test_too_few_points_or_more_than_there_are_are_refused(n):
    with pytest.raises(ValueError, match=f"n={n}: choose from 12.*to 300"):
        widgets.draw_criteria(BLOBS, UNSEEN, n, "full")


# ── The bar ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_bar_is_seen_while_there_is_something_to_wait_for():
    bar = ipywidgets.IntProgress(value=3, max=5, layout={"visibility": "hidden"})
    seen = []
    for _ in progress(bar, iter("abcdefgh")):
        seen.append((bar.value, bar.max, bar.layout.visibility))
    assert seen == [(done, 8, "visible") for done in range(8)]
    assert (bar.value, bar.layout.visibility) == (8, "hidden")


def test_the_bar_goes_away_when_a_fit_fails():
    bar = ipywidgets.IntProgress(layout={"visibility": "hidden"})
    items = progress(bar, range(4))
    next(items)
    assert bar.layout.visibility == "visible"
    with pytest.raises(ZeroDivisionError):
        items.throw(ZeroDivisionError)
    assert bar.layout.visibility == "hidden"


def test_the_explorer_of_criteria_moves_its_bar_with_every_fit():
    widget = widgets.criteria_explorer(BLOBS, UNSEEN)
    (slider, _), _ = parts(widget)
    (bar,) = (child for child in widget.children if isinstance(child, ipywidgets.IntProgress))
    assert bar.layout.visibility == "hidden"
    told = []
    bar.observe(lambda change: told.append((change["new"], bar.layout.visibility)), "value")
    slider.value = 100
    assert [value for value, _ in told] == [0, *range(1, MOST_COMPONENTS + 1)]
    assert all(seen == "visible" for value, seen in told if value)
    assert bar.layout.visibility == "hidden"


def test_a_drawing_of_every_slider_is_what_the_page_without_a_kernel_shows():
    stills = [
        widgets.draw_reconstruction(DIGITS, PLAIN, 0, 5),
        widgets.draw_morph(MODEL, WHITE, 0, 1, 0.5),
        widgets.draw_floor(GRAINS, FRESH, FITS, 3),
        widgets.draw_photo(PHOTO, widgets.photo_palette(PHOTO, 4)),
        widgets.draw_criteria(BLOBS, UNSEEN, 50, "full"),
    ]
    for still in stills:
        page = figure_html(*still)
        assert still.caption.split(".")[0] in page
    assert plt.get_fignums() == []
