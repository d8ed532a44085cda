"""The explorer of AIC and BIC."""

import ipywidgets
import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as Oracle

from mlcourse import GaussianMixture, widgets
from mlcourse.widgets.criteria import FIT, MAX_COMPONENTS
from tests.helpers.slider_data import BLOBS, UNSEEN, parts


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_criteria_match_scikit_learn_for_the_same_mixtures(covariance_type):
    curves = widgets.criteria_curves(BLOBS[:100], UNSEEN, covariance_type)
    for K in (1, 3, 7):
        model = GaussianMixture(K, covariance_type=covariance_type, **FIT).fit(BLOBS[:100])
        oracle = Oracle(K, covariance_type=covariance_type)
        oracle.weights_, oracle.means_, oracle.covariances_ = model.weights_, model.means_, model.covariances_
        oracle.precisions_cholesky_ = model.precisions_cholesky_
        expected = oracle.aic(BLOBS[:100]) / 100, oracle.bic(BLOBS[:100]) / 100, -2 * oracle.score(UNSEEN)
        np.testing.assert_allclose([curve[K - 1] for curve in curves.values()], expected)


@pytest.mark.slow
def test_the_minima_are_marked_and_listed_in_the_caption():
    figure, caption, alt = widgets.draw_criteria(BLOBS, UNSEEN, 200, "full")
    (ax,) = figure.axes
    curves = widgets.criteria_curves(BLOBS[:200], UNSEEN, "full")
    for (name, curve), line, ring in zip(curves.items(), ax.lines[0::2], ax.lines[1::2]):
        np.testing.assert_allclose(line.get_ydata(), curve)
        at = int(ring.get_xdata()[0])
        assert ring.get_ydata()[0] == min(curve) == curve[at - 1]
        assert f"{name} at K = {at} ({curves['held out'][at - 1]:.3f})" in caption
    assert caption in alt


def test_bic_finds_three_components_in_three_distant_groups():
    bic = widgets.criteria_curves(BLOBS, UNSEEN)["BIC"]
    assert np.argmin(bic) + 1 == 3


def test_the_caption_warns_of_a_curve_still_falling_and_of_cuts():
    """Fifty points of a curved band: AIC keeps falling, and the held-out curve leaves the plot."""
    rng = np.random.default_rng(0)
    band, unseen = (
        np.column_stack([x, x**2 + 0.01 * rng.standard_normal(len(x))]) for x in rng.uniform(-1, 1, (2, 60))
    )
    figure, caption, _ = widgets.draw_criteria(band, unseen, 50, "full")
    curves = widgets.criteria_curves(band[:50], unseen)
    assert np.argmin(curves["AIC"]) + 1 == MAX_COMPONENTS
    assert "12 is the largest K tried" in caption
    hidden = max(map(max, curves.values())) > figure.axes[0].get_ylim()[1]
    assert hidden == ("a curve leaves the plot" in caption)
    assert hidden


def test_watch_sees_every_fit_and_decides_what_is_fitted():
    seen = []

    def watch(Ks):
        for K in Ks:
            seen.append(K)
            yield K

    watched = widgets.draw_criteria(BLOBS, UNSEEN, 50, "diag", watch=watch)
    assert seen == list(range(1, MAX_COMPONENTS + 1))
    assert watched.caption == widgets.draw_criteria(BLOBS, UNSEEN, 50, "diag").caption


@pytest.mark.parametrize("n", [MAX_COMPONENTS - 1, len(BLOBS) + 1])
def test_too_few_or_too_many_points_are_refused(n):
    with pytest.raises(ValueError, match=rf"n={n} must be from 12.*to 300"):
        widgets.draw_criteria(BLOBS, UNSEEN, n, "full")


@pytest.mark.slow
def test_the_progress_bar_moves_with_every_fit():
    widget = widgets.criteria_explorer(BLOBS, UNSEEN)
    (slider, _), _ = parts(widget)
    (bar,) = (child for child in widget.children if isinstance(child, ipywidgets.IntProgress))
    assert bar.layout.visibility == "hidden"
    seen = []
    bar.observe(lambda change: seen.append((change["new"], bar.layout.visibility)), "value")
    slider.value = 100
    assert [value for value, _ in seen] == [0, *range(1, MAX_COMPONENTS + 1)]
    assert all(visibility == "visible" for value, visibility in seen if value)
    assert bar.layout.visibility == "hidden"
