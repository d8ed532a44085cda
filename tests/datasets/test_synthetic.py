"""Synthetic data sets: shapes, groups, seeds."""

import inspect

import numpy as np
import pytest
import scipy.stats

from mlcourse import datasets
from mlcourse.datasets import synthetic
from tests.helpers.mixtures import group_means

SEEDED = [
    (datasets.five_blobs, (2000, 2), [400] * 5),
    (datasets.four_blobs, (400, 2), [100] * 4),
    (datasets.stretched_blobs, (400, 2), [100] * 4),
    (datasets.elongated_blobs, (1250, 2), [500, 500, 250]),
    (datasets.three_gaussians_1d, (300, 1), [100] * 3),
    (datasets.two_moons, (200, 2), [100, 100]),
]


@pytest.mark.parametrize(("draw", "shape", "counts"), SEEDED)
def test_shape_and_groups(draw, shape, counts):
    X, y = draw()
    assert X.shape == shape
    assert X.dtype == np.float64
    assert X.flags.c_contiguous
    assert np.isfinite(X).all()
    np.testing.assert_array_equal(np.bincount(y), counts)


@pytest.mark.parametrize(("draw", "shape", "counts"), SEEDED)
def test_the_seed_decides_the_points(draw, shape, counts):
    default = inspect.signature(draw).parameters["random_state"].default
    np.testing.assert_array_equal(draw()[0], draw(random_state=default)[0])
    assert not np.array_equal(draw()[0], draw(random_state=default + 1)[0])


@pytest.mark.parametrize(("draw", "shape", "counts"), SEEDED)
def test_a_generator_is_used_and_the_global_state_is_not(draw, shape, counts):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 — the global state must not change
    rng = np.random.RandomState(5)
    first, second = draw(random_state=rng)[0], draw(random_state=rng)[0]
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, draw(random_state=np.random.RandomState(5))[0])
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("draw", [datasets.five_blobs, datasets.four_blobs, datasets.two_moons])
def test_size_can_be_chosen(draw):
    X, y = draw(120)
    assert X.shape == (120, 2)
    assert len(set(np.bincount(y))) == 1


def test_three_gaussians_have_the_stated_means_and_variances():
    draws = [datasets.three_gaussians_1d(random_state=seed) for seed in range(100)]
    X, y = (np.concatenate(parts) for parts in zip(*draws))
    for k, (mean, variance) in enumerate([(-5, 1.2), (5, 1.8), (0, 1.6)]):
        x = X[y == k, 0]
        # Four standard errors, of a mean and of a variance, of 10 000 normal numbers.
        assert abs(x.mean() - mean) < 4 * np.sqrt(variance / len(x))
        assert abs(x.var() - variance) < 4 * variance * np.sqrt(2 / len(x))


def test_two_moons_are_half_circles_at_random_angles():
    X, y = datasets.two_moons(2000, noise=0, random_state=3)
    upper = np.where(y[:, np.newaxis] == 0, X, [1, 0.5] - X)
    np.testing.assert_allclose(np.linalg.norm(upper, axis=1), 1)
    angles = np.arctan2(upper[:, 1], upper[:, 0])
    assert scipy.stats.kstest(angles, "uniform", args=(0, np.pi)).pvalue > 0.01
    gaps = np.diff(np.sort(angles[y == 0]))
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.15)  # as between independent points, not even steps


def test_two_moons_have_the_stated_noise():
    sharp, blurred = (datasets.two_moons(2000, noise=noise, random_state=3)[0] for noise in (0, 0.3))
    np.testing.assert_allclose((blurred - sharp).std(axis=0), 0.3, rtol=0.05)


def test_elongated_groups_keep_their_places_with_any_seed():
    expected = group_means(*datasets.elongated_blobs())
    for seed in range(5):
        np.testing.assert_allclose(
            group_means(*datasets.elongated_blobs(random_state=seed)), expected, atol=0.3
        )


def test_stretch_is_that_of_the_book():
    np.testing.assert_allclose(synthetic.STRETCH, np.random.RandomState(13).randn(2, 2), atol=1e-8)
    X, y = datasets.four_blobs()
    stretched, labels = datasets.stretched_blobs()
    np.testing.assert_array_equal(labels, y)
    np.testing.assert_allclose(stretched, X @ np.random.RandomState(13).randn(2, 2), atol=1e-7)
