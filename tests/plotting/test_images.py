"""Digits and photographs."""

import numpy as np
import pytest

from mlcourse import plotting


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


@pytest.mark.parametrize("n_digits", [1, 30])
def test_digits_have_a_margin_of_paper(n_digits):
    """On a dark page its edge would cut them."""
    ax = plotting.plot_digits(np.ones((n_digits, 8, 8)))
    (image,), (paper,) = ax.images, ax.patches
    left, right, bottom, top = image.get_extent()
    assert paper.get_facecolor() == (1, 1, 1, 1)
    assert paper.get_x() < left < right < paper.get_x() + paper.get_width()
    assert paper.get_y() < top < bottom < paper.get_y() + paper.get_height()


def test_fewer_digits_than_columns_leave_no_empty_columns():
    (image,) = plotting.plot_digits(np.ones((2, 4, 6)), n_cols=10).images
    assert image.get_array().shape == (4, 2 * 7 - 1)


@pytest.mark.parametrize("photo", [np.full((2, 3, 3), 200, dtype=np.uint8), np.full((2, 3, 3), 0.25)])
def test_a_photo_is_shown_unchanged(photo):
    (image,) = plotting.plot_photo(photo).images
    np.testing.assert_array_equal(image.get_array(), photo)
