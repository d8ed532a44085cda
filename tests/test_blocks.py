"""Rows in blocks: all of them, in order, and the same whatever the number of cores."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_limits

from mlcourse import PCA, GaussianMixture, KMeans, blocks, silhouette_samples
from mlcourse.blocks import blas_threads, map_blocks, row_blocks, rows_of_blocks, sum_over_blocks
from tests.helpers.mixtures import random_points


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that a few rows make many of them."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2**9)


@pytest.mark.parametrize("n", [0, 1, 7, 64, 1000])
@pytest.mark.parametrize("row_width", [1, 3, 10**9])
def test_blocks_cover_all_rows_in_order(n, row_width, small_blocks):
    rows = np.arange(n)
    assert all(block.stop > block.start for block in row_blocks(rows, row_width))
    assert_array_equal(
        np.concatenate([rows[:0], *(rows[block] for block in row_blocks(rows, row_width))]), rows
    )


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_results_come_in_order_and_add_up(n_threads, small_blocks):
    X = random_points(0, 500, 3)
    with threadpool_limits(n_threads):
        assert_array_equal(rows_of_blocks(lambda rows: 2 * X[rows], X, 3), 2 * X)
        assert sum_over_blocks(lambda rows: len(X[rows]), X, 3) == len(X)


@pytest.mark.parametrize("n_threads", [2, 5])
def test_blocks_run_in_parallel_with_one_blas_thread_each(n_threads, small_blocks):
    X = np.zeros((20 * 21, 3))  # twenty blocks
    assert len(row_blocks(X, 3)) == 20
    together = threading.Barrier(n_threads)  # nobody passes until all have arrived

    def work(rows):
        together.wait(timeout=30)
        return blas_threads()

    with threadpool_limits(n_threads):
        assert set(map_blocks(work, X, 3)) == {1}
        assert blas_threads() == n_threads


def test_results_do_not_pile_up(small_blocks):
    """A slow consumer holds the workers back."""
    X, begun = np.zeros((500, 3)), []
    with threadpool_limits(2):
        for taken, _ in enumerate(map_blocks(begun.append, X, 3)):
            assert len(begun) <= taken + 1 + 2


def test_an_error_in_a_block_propagates_and_restores_threads(small_blocks):
    X = np.zeros((500, 3))
    with threadpool_limits(2):
        with pytest.raises(ZeroDivisionError):
            rows_of_blocks(lambda rows: 1 / 0, X, 3)
        assert blas_threads() == 2


def fits(X):
    """What the models learn from X."""
    mixture = GaussianMixture(3, random_state=0).fit(X)
    clusters = KMeans(3, random_state=0).fit(X)
    yield from (mixture.means_, mixture.covariances_, mixture.predict_proba(X))
    yield from (clusters.cluster_centers_, clusters.labels_, clusters.transform(X))
    yield from (PCA(2).fit_transform(X), silhouette_samples(X, clusters.labels_))


def test_models_do_not_depend_on_the_number_of_cores(small_blocks):
    X = random_points(3, 300, 5)
    with threadpool_limits(1):
        alone = list(fits(X))
    with threadpool_limits(3):
        for one, three in zip(alone, fits(X), strict=True):
            assert_array_equal(one, three)
