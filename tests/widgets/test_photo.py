"""The explorer of a photograph in K colours."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy.spatial.distance import cdist

from mlcourse import widgets
from mlcourse.widgets.photo import LONGEST_SIDE
from tests.helpers.slider_data import PHOTO, parts


@pytest.mark.parametrize("K", [2, 5, 16])
def test_every_pixel_has_its_nearest_colour_and_the_bar_shares(K):
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
    assert f"A pixel is {error:.3f} away from its colour" in caption
    assert f"{K} colours, {(K - 1).bit_length()} bit" in caption


def test_the_palette_is_a_fixed_point_of_k_means():
    palette = widgets.photo_palette(PHOTO, 4)  # so small that all pixels are used
    pixels = PHOTO.reshape(-1, 3)
    labels = cdist(pixels, palette).argmin(axis=1)
    np.testing.assert_allclose(palette, [pixels[labels == k].mean(axis=0) for k in range(4)], atol=0.02)


def test_a_palette_is_fitted_only_once(monkeypatch):
    fitted = []
    fit = widgets.photo.photo_palette
    monkeypatch.setattr(widgets.photo, "photo_palette", lambda photo, K: fitted.append(K) or fit(photo, K))
    (slider,), _ = parts(widgets.photo_explorer(PHOTO))
    for K in (3, 9, 3, 6, 9):
        slider.value = K
    assert fitted == [6, 3, 9]


@pytest.mark.parametrize("shape", [(20, 2 * LONGEST_SIDE + 1, 3), (LONGEST_SIDE, 9, 3)])
def test_a_large_photo_is_thinned_equally_in_both_directions(monkeypatch, shape):
    drawn = []
    draw = widgets.photo.draw_photo
    monkeypatch.setattr(widgets.photo, "draw_photo", lambda *given: drawn.append(given[0]) or draw(*given))
    photo = np.random.default_rng(0).random(shape)
    widgets.photo_explorer(photo)
    step = 3 if shape[1] > LONGEST_SIDE else 1
    np.testing.assert_array_equal(drawn[0], photo[::step, ::step])
    assert max(drawn[0].shape) <= LONGEST_SIDE


def test_a_tall_photo_does_not_fill_the_page():
    tall = np.random.default_rng(0).random((200, 10, 3))
    assert max(widgets.draw_photo(tall, tall[0, :4]).figure.get_size_inches()) <= 7


@pytest.mark.parametrize("photo", [PHOTO[..., 0], 255 * PHOTO, (255 * PHOTO).astype(np.uint8)])
def test_an_array_that_is_no_photo_is_refused_with_advice(photo):
    with pytest.raises(ValueError, match="Use load_photo"):
        widgets.photo_explorer(photo)
