"""Rows in blocks: all of them, in order, and the same whatever the number of cores, threads and processes."""

import _thread
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.model_selection import cross_val_score
from threadpoolctl import threadpool_limits

from mlcourse import PCA, GaussianMixture, KMeans, blas, blocks, silhouette_samples, threads
from mlcourse.blas import blas_threads, one_blas_thread
from mlcourse.blocks import map_blocks, row_blocks, rows_of_blocks, sum_over_blocks
from mlcourse.cli import ROOT
from tests.helpers.mixtures import random_points

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


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
        if rows.start < n_threads * 21:
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


def test_helpers_have_the_callers_error_state(small_blocks):
    X = np.zeros((500, 3))
    with threadpool_limits(2), np.errstate(divide="raise"):
        together = threading.Barrier(2)

        def work(rows):
            if rows.start < 2 * 21:
                together.wait(timeout=30)
            with suppress(FloatingPointError):
                np.float64(1) / np.float64(0)
                return False
            return True

        assert all(map_blocks(work, X[: 20 * 21], 3))


def test_a_block_may_walk_over_blocks(small_blocks):
    X = random_points(0, 500, 3)
    with threadpool_limits(2):
        inner = rows_of_blocks(lambda _: rows_of_blocks(lambda rows: X[rows], X, 3)[:1], X, 3)
    assert_array_equal(np.unique(inner, axis=0), X[:1])


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


# ── BLAS's limit is the whole process's ───────────────────────────────────────────────────────────


@contextmanager
def two_threads():
    """Two functions that call a function each in a thread of its own, and wait for it."""
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        yield [lambda task, *args, pool=pool: pool.submit(task, *args).result() for pool in (one, other)]


@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("error", [None, ValueError])
def test_the_last_context_to_end_restores_the_limit(last, error):
    with threadpool_limits(3), two_threads() as threads:
        contexts = [one_blas_thread(), one_blas_thread()]
        for call, context in zip(threads, contexts):
            call(context.__enter__)
            assert blas_threads() == 1
        for index, left in ((1 - last, 1), (last, 3)):
            with suppress(ValueError):
                threads[index](contexts[index].__exit__, error, error and error(), None)
            assert blas_threads() == left


def test_a_limit_set_in_the_meantime_stays():
    with threadpool_limits(3):
        with one_blas_thread():
            threadpool_limits(2)
            with one_blas_thread():
                assert blas_threads() == 1
        assert blas_threads() == 2
        inner = one_blas_thread()
        with threadpool_limits(5):
            inner.__enter__()
        assert blas_threads() == 2  # what the user restored
        inner.__exit__(None, None, None)
        assert blas_threads() == 2


def test_an_abandoned_context_restores_the_limit():
    """As when Ctrl-C comes between the start of a context and its block."""
    with threadpool_limits(3):
        context = one_blas_thread()
        context.__enter__()
        del context
        assert blas_threads() == 3


def test_limits_of_single_threads_are_restored_in_each():
    """OpenMP has a limit for each thread."""

    class Library(threading.local):
        threads = 4

        def get_num_threads(self):
            return self.threads

        def set_num_threads(self, threads):
            self.threads = threads

    library = Library()
    limit = blas._LimitPerThread(library)
    with two_threads() as threads:
        for call in threads:
            call(limit.hold, call)
            assert call(library.get_num_threads) == 1
        for call in threads:
            call(limit.release, call)
            assert call(library.get_num_threads) == 4


@pytest.mark.parametrize("n_jobs", [2, 4])
def test_parallel_fits_in_threads_restore_the_limit(n_jobs, small_blocks):
    X = random_points(3, 200, 4)
    with threadpool_limits(2), parallel_config("threading", n_jobs=n_jobs):
        cross_val_score(GaussianMixture(2, tol=1e-2), X, cv=4)
        assert blas_threads() == 2


def test_nested_parallelism_runs_no_more_blocks_than_cores(small_blocks, monkeypatch):
    monkeypatch.setattr(threads, "_n_cores", lambda: 2)
    X, running, most = np.zeros((20 * 21, 3)), set(), []
    before = threading.active_count()

    def work(rows):
        running.add(threading.get_ident())
        most.append((len(running), threading.active_count() - before))
        time.sleep(1e-4)
        running.discard(threading.get_ident())
        return 1

    with threadpool_limits(2), ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: sum_over_blocks(work, X, 3), range(8))) == {20}
    at_work, alive = np.max(most, axis=0)
    assert at_work == 2
    assert alive <= 4 + 1  # those of the pool and one helper, not one for each


# ── Where no thread can be started, in forks, and after Ctrl-C ────────────────────────────────────


def test_without_more_threads_the_caller_works_alone(small_blocks, monkeypatch):
    def no_more_threads(self):
        raise RuntimeError("can't start new thread")

    X = random_points(0, 500, 3)
    with threadpool_limits(2):
        monkeypatch.setattr(threading.Thread, "start", no_more_threads)
        assert_array_equal(rows_of_blocks(lambda rows: 2 * X[rows], X, 3), 2 * X)


def test_blocks_run_at_exit():
    """And a walk that nobody ends does not keep Python from exiting."""
    script = """
import atexit, threading
import numpy as np
from mlcourse import blocks

blocks.BLOCK_BYTES = 2**9
X = np.ones((500, 3))
walk = blocks.map_blocks(lambda rows: X[rows].sum(), X, 3)
next(walk)

@atexit.register
def at_exit():
    print(blocks.sum_over_blocks(lambda rows: X[rows].sum(), X, 3))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("1500.0\n", "")


def in_a_fork(task):
    """Whether task() is true in a child of this process."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os._exit(0 if task() else 1)
        os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@needs_fork
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_blocks_run_in_a_fork_whatever_other_threads_do(small_blocks):
    X = np.ones((500, 3))
    inside, finish = threading.Event(), threading.Event()

    def walk():
        return sum_over_blocks(lambda rows: X[rows].sum(), X, 3)

    def linger(rows):
        inside.set()
        finish.wait(30)
        return 0

    def hold_the_lock():
        with blas._lock, threads._lock:
            inside.set()
            time.sleep(0.01)

    with threadpool_limits(2):
        assert walk() == 1500
        for task in (lambda: sum_over_blocks(linger, X, 3), hold_the_lock):
            inside.clear()
            other = threading.Thread(target=task)
            other.start()
            inside.wait(30)
            assert in_a_fork(lambda: walk() == 1500 and blas_threads() == 2)
            finish.set()
            other.join()
        assert blas_threads() == 2
        with one_blas_thread():
            assert in_a_fork(lambda: walk() == 1500 and blas_threads() == 1)


@needs_fork
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_a_pool_of_forks_fits_after_a_fit(small_blocks):
    X = random_points(3, 200, 4)
    model = GaussianMixture(2, random_state=0)
    with threadpool_limits(2):
        here = model.fit(X).lower_bound_
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply(model.fit, (X,)).lower_bound_ == here


@pytest.mark.parametrize("who", ["caller", "helper"])
def test_ctrl_c_ends_blocks_at_once_and_leaves_nothing(who, small_blocks):
    main, before, begun = threading.current_thread(), threading.active_count(), []

    def work(rows):
        begun.append(rows)
        time.sleep(0.001)
        if (threading.current_thread() is main) == (who == "caller") and len(begun) > 5:
            _thread.interrupt_main()

    X = np.zeros((21 * 400, 3))
    with threadpool_limits(2):
        with pytest.raises(KeyboardInterrupt):
            list(map_blocks(work, X, 3))
        assert len(begun) < 50
        assert threading.active_count() == before
        assert blas_threads() == 2
    assert not threads._busy
