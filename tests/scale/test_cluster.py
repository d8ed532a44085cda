"""A real Dask cluster on this machine: the same bits as in one process, also when workers die."""

import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count

import dask.array
import numpy as np
import pytest
from distributed import Client, LocalCluster
from numpy.testing import assert_array_equal
from sklearn.base import clone

from mlcourse.scale import PCA, GaussianMixture, KMeans, UnreadableRows, data, engine, open_rows
from tests.helpers.mixtures import random_points
from tests.helpers.processes import is_running
from tests.helpers.stored import as_npy

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]

SMALL = 2**12
X = random_points(1, 3000, 3, n_groups=5)
MODELS = [
    (GaussianMixture(5, random_state=0, max_iter=2, n_init=2), ("means_", "covariances_", "lower_bounds_")),
    (KMeans(20, random_state=0, max_iter=3), ("cluster_centers_", "inertia_", "n_iter_")),
    (PCA(2), ("components_", "mean_", "explained_variance_")),
]


@contextmanager
def cluster_of(n_workers, **options):
    """A client of a new cluster on this machine, active only inside."""
    options = dict(threads_per_worker=1, dashboard_address=":0") | options
    with LocalCluster(n_workers=n_workers, **options) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def shared_client():
    with cluster_of(2) as client:
        yield client


@pytest.fixture
def client(shared_client):
    """The client of a cluster of two workers, both there even if the test before this one killed one."""
    shared_client.wait_for_workers(2, timeout=60)
    return shared_client


@pytest.fixture
def rows(tmp_path):
    return open_rows(as_npy(tmp_path / "rows", X), block_bytes=SMALL)


def fitted_here(model, rows):
    """Fit a copy of the model in this process, whatever client is active."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("data", "pca"):
            patch.setattr(f"mlcourse.scale.{module}.engine_for", lambda client=None: engine.Here())
        return clone(model).fit(rows)


def end_once(function, victim, shared, piece):
    """Do the work of a piece, unless this is the process that is to die: then die in the middle of it."""
    if os.getpid() == victim and piece.block.number > 3:
        os.kill(victim, signal.SIGKILL)
    return function(shared, piece)


def assert_same_bits(rows, expected):
    for (model, names), other in zip(MODELS, expected):
        model.fit(rows)
        for name in names:
            ours, theirs = (np.asarray(getattr(one, name)) for one in (model, other))
            assert ours.tobytes() == theirs.tobytes(), f"{model}: {name}"


def test_a_cluster_finds_the_same_bits(client, rows, monkeypatch):
    monkeypatch.setattr(data, "SAMPLE_BYTES", 2**12)  # so that k-means‖ takes part
    expected = [fitted_here(model, rows) for model, _ in MODELS]
    assert_same_bits(rows, expected)
    with cluster_of(1, processes=False, threads_per_worker=2):  # threads of one process share its BLAS
        assert_same_bits(rows, expected[:1])


def test_a_worker_that_dies_in_a_round_changes_nothing(client, rows, monkeypatch):
    model = GaussianMixture(5, random_state=0, max_iter=4, tol=0)
    expected = fitted_here(model, rows).means_.tobytes()
    victim = next(iter(client.run(os.getpid).values()))
    fold, folds = engine.Cluster.fold, count(1)

    def fold_while_a_worker_dies(self, work, rows, advance=None):
        if next(folds) == 4:  # the check of the rows, the start, and a round come before
            work = replace(work, function=partial(end_once, work.function, victim))
        return fold(self, work, rows, advance)

    monkeypatch.setattr(engine.Cluster, "fold", fold_while_a_worker_dies)
    assert model.fit(rows).means_.tobytes() == expected
    assert not is_running(victim)


def test_results_for_rows_come_from_the_cluster(client, rows, tmp_path):
    model = fitted_here(MODELS[0][0], rows)
    assert_array_equal(model.predict(rows).compute(), model.predict(X))
    model.predict(rows, out=tmp_path / "labels.npy")
    assert_array_equal(np.load(tmp_path / "labels.npy"), model.predict(X))


def test_persisted_dask_arrays_stay_on_the_workers(client):
    there = dask.array.from_array(X, chunks=(400, 3)).persist()
    expected = fitted_here(PCA(2), dask.array.from_array(X, chunks=(400, 3)))
    assert_array_equal(PCA(2).fit(there).components_, expected.components_)


def test_a_bad_row_is_named_across_machines(client, tmp_path):
    spoiled = X.copy()
    spoiled[2500, 2] = np.nan
    rows = open_rows(as_npy(tmp_path / "spoiled", spoiled), block_bytes=SMALL)
    with pytest.raises(UnreadableRows, match=r"part-11.npy: row 500 \(from 0\) has NaN in column 2"):
        GaussianMixture(2).fit(rows)


def test_a_worker_of_another_version_is_named(client, rows, monkeypatch):
    monkeypatch.setattr(engine, "version", lambda: "9.9.9")
    with pytest.raises(
        RuntimeError, match=r"worker tcp.* \(and 1 more\) has version .* has mlcourse 9.9.9: install"
    ):
        PCA(2).fit(rows)


def test_a_worker_without_the_package_is_named(client, rows, monkeypatch):
    monkeypatch.setattr(engine, "PACKAGE", "mlcourse_from_nowhere")
    with pytest.raises(RuntimeError, match="cannot import mlcourse_from_nowhere"):
        PCA(2).fit(rows)


def test_a_fit_inside_a_task_works_alone(client, rows):
    expected = fitted_here(PCA(2), rows).components_
    assert_array_equal(client.submit(lambda: PCA(2).fit(rows).components_).result(), expected)


def test_empty_blocks_are_nothing_on_a_cluster(client, rows):
    w = np.r_[np.zeros(1500), np.ones(1500)]
    model = GaussianMixture(2, random_state=0, max_iter=3).fit(X)
    assert model.score(rows, sample_weight=w) == pytest.approx(model.score(X, sample_weight=w), rel=1e-12)


def test_a_file_without_rows_is_named_on_a_cluster_too(client, tmp_path):
    np.save(tmp_path / "empty.npy", np.empty((0, 3)))
    with pytest.raises(UnreadableRows, match=r"empty\.npy has no rows or no columns"):
        PCA(2).fit(tmp_path / "empty.npy")


def test_a_client_is_asked_for(client, rows):
    with pytest.raises(TypeError, match=r"client='tcp://here' must be a dask.distributed.Client"):
        PCA(2).fit(rows, client="tcp://here")


def test_tasks_have_names_that_say_what_they_do(client, rows):
    GaussianMixture(2, random_state=0, max_iter=1).fit(rows)
    names = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.task_prefixes))
    assert {"check_rows", "add_check_rows", "draw_rows", "expectation_1"} <= set(names)
