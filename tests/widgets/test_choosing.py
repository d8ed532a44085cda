"""The player of lesson 09: the picture shows the K it names, and the curves are those passed in."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from mlcourse import widgets
from mlcourse.mixture import GaussianMixture

X, _ = make_blobs(120, centers=[(0, 0), (3, 1), (0, 4)], random_state=3)


@pytest.fixture(scope="module")
def models():
    return [GaussianMixture(K, random_state=0).fit(X) for K in range(1, 6)]


@pytest.fixture(scope="module")
def curves(models):
    return {"AIC": [model.aic(X) for model in models], "BIC": [model.bic(X) for model in models]}


@pytest.mark.parametrize("K", [1, 3, 5])
def test_the_picture_is_of_the_mixture_with_k_components(models, curves, K):
    figure, caption, alt = widgets.draw_components(X, models, curves, K)
    left, right = figure.axes
    assert {tuple(ellipse.center) for ellipse in left.patches} == {
        tuple(mean) for mean in models[K - 1].means_
    }
    assert list(right.lines[-1].get_xdata()) == [K, K]
    assert caption.startswith(f"K = {K}: AIC {curves['AIC'][K - 1]:.0f}, BIC {curves['BIC'][K - 1]:.0f}.")
    assert f"under {K} ellipses" in alt


def test_the_curves_are_drawn_as_given_and_marked_at_minima(models, curves):
    figure, caption, _ = widgets.draw_components(X, models, curves, 2)
    lines = figure.axes[1].lines
    for curve, line, mark in zip(curves.values(), lines[0::2], lines[1::2]):
        np.testing.assert_allclose(line.get_ydata(), curve)
        assert mark.get_ydata() == min(curve)
        assert curve[mark.get_xdata()[0] - 1] == min(curve)
    assert caption.endswith(f"BIC at {np.argmin(curves['BIC']) + 1}.")


def test_a_curve_of_another_length_is_refused(models, curves):
    with pytest.raises(ValueError, match=r"each of the 5 models; got \{'AIC': 4\}"):
        widgets.components_player(X, models, {"AIC": curves["AIC"][:4]})


def test_a_generator_of_models_is_refused_with_advice(models, curves):
    with pytest.raises(TypeError, match=r"generator.*range\(1, 21\)"):
        widgets.components_player(X, (model for model in models), curves)
