"""Checkpoints: a fit that was killed goes on, and ends with the same bits; other fits are refused by name."""

import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mlcourse.cli import ROOT
from mlcourse.scale import GaussianMixture, KMeans, open_rows
from tests.helpers.mixtures import random_points
from tests.helpers.stored import as_npy

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

MIXTURE = dict(n_components=4, random_state=0, n_init=2, tol=0, max_iter=30)
BRIEF = MIXTURE | dict(max_iter=1)
CLUSTERS = dict(n_clusters=30, random_state=0, n_init=2, tol=0)
FIT = {
    "GaussianMixture": (GaussianMixture, MIXTURE, ("weights_", "means_", "covariances_", "lower_bounds_")),
    "KMeans": (KMeans, CLUSTERS, ("cluster_centers_", "inertia_", "n_iter_")),
}
# Ends itself in the middle of a round, as `kill -9` would.
KILLED = """
import os, signal, sys
from itertools import count
from mlcourse.scale import GaussianMixture, KMeans, checkpoint, engine, open_rows
folder, file, name, options, rounds = sys.argv[1:]
save, saved = checkpoint.Checkpoint.save, count(1)
def save_then_count(*arguments):
    save(*arguments)
    if next(saved) == int(rounds):
        engine.TreeSum.add = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
checkpoint.Checkpoint.save = save_then_count
globals()[name](**eval(options)).fit(open_rows(folder, block_bytes=2**11), checkpoint=file)
"""


@pytest.fixture
def folder(tmp_path):
    return as_npy(tmp_path / "rows", random_points(1, 2000, 3, n_groups=6))


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [3, 33])  # in the first run, and in the second
@pytest.mark.parametrize("name", FIT)
def test_a_killed_fit_goes_on_and_ends_with_the_same_bits(name, rounds, folder, tmp_path):
    make, options, attributes = FIT[name]
    file = tmp_path / "fit.npz"
    rows = open_rows(folder, block_bytes=2**11)
    whole = make(**options).fit(rows)
    if name == "KMeans":
        rounds = {3: 3, 33: 20}[rounds]
    script = [sys.executable, "-c", KILLED, str(folder), str(file), name, repr(options), str(rounds)]
    died = subprocess.run(script, cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ""] == ["fit.npz"]
    resumed = make(**options).fit(rows, checkpoint=file)
    for attribute in attributes:
        assert_array_equal(getattr(resumed, attribute), getattr(whole, attribute))
    again = make(**options).fit(rows, checkpoint=file)  # there is nothing left to do
    for attribute in attributes:
        assert_array_equal(getattr(again, attribute), getattr(whole, attribute))


@pytest.mark.parametrize("name", FIT)
def test_more_rounds_than_before_go_on_from_the_last(name, folder, tmp_path):
    make, options, attributes = FIT[name]
    options = options | dict(n_init=1)
    make(**options | dict(max_iter=3)).fit(folder, checkpoint=tmp_path / "fit.npz")
    resumed = make(**options | dict(max_iter=9)).fit(folder, checkpoint=tmp_path / "fit.npz")
    whole = make(**options | dict(max_iter=9)).fit(folder)
    for attribute in attributes:
        assert_array_equal(getattr(resumed, attribute), getattr(whole, attribute))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (dict(n_components=5), "n_components: 4 there, 5 here"),
        (dict(reg_covar=1e-3), "reg_covar: 1e-06 there, 0.001 here"),
        (dict(means_init=np.eye(4, 3)), "means_init: None there, array"),
        (dict(covariance_type="tied"), "covariance_type: 'full' there, 'tied' here"),
    ],
)
def test_other_parameters_are_refused_by_name(change, name, folder, tmp_path):
    file = tmp_path / "fit.npz"
    GaussianMixture(**BRIEF).fit(folder, checkpoint=file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match=f"fit.npz' belongs to another fit; {name}"):
        GaussianMixture(**BRIEF | change).fit(folder, checkpoint=file)
    assert file.read_bytes() == before


def test_other_data_are_refused(folder, tmp_path):
    file = tmp_path / "fit.npz"
    GaussianMixture(**BRIEF).fit(folder, checkpoint=file)
    original, folder = folder, folder.with_name("changed")
    shutil.copytree(original, folder)
    first = min(folder.iterdir())
    X = np.load(first)
    X[5] += 1e-12
    np.save(first, X)
    with pytest.raises(ValueError, match="belongs to another fit; rows: "):
        GaussianMixture(**BRIEF).fit(folder, checkpoint=file)
    with pytest.raises(ValueError, match="belongs to another fit; weights: "):
        GaussianMixture(**BRIEF).fit(original, sample_weight=np.ones(2000), checkpoint=file)
    with pytest.raises(ValueError, match="belongs to another fit; blocks: "):
        GaussianMixture(**BRIEF).fit(open_rows(original, block_bytes=2**12), checkpoint=file)
    with pytest.raises(ValueError, match="estimator: GaussianMixture there, KMeans here"):
        KMeans(4).fit(original, checkpoint=file)


def test_equal_parameters_are_accepted_however_they_are_written(folder, tmp_path):
    file = tmp_path / "fit.npz"
    options = dict(random_state=np.random.RandomState(3), tol=0, reg_covar=1e-6, max_iter=2)
    first = GaussianMixture(np.int64(3), **options).fit(folder, checkpoint=file)
    options |= dict(random_state=np.random.RandomState(3), tol=0.0, reg_covar=np.float64(1e-6))
    assert_array_equal(GaussianMixture(3, **options).fit(folder, checkpoint=file).means_, first.means_)
    with pytest.raises(ValueError, match=r"random_state: generator .* there, generator"):
        GaussianMixture(3, **options | dict(random_state=np.random.RandomState(4))).fit(
            folder, checkpoint=file
        )
    with pytest.raises(ValueError, match="start: a new one there, the last fit"):
        first.set_params(warm_start=True, random_state=np.random.RandomState(3)).fit(folder, checkpoint=file)


def test_fewer_rounds_than_are_done_change_nothing(folder, tmp_path):
    for make, options, attributes in FIT.values():
        file = tmp_path / f"{make.__name__}.npz"
        options = options | dict(n_init=1)
        done = make(**options | dict(max_iter=5)).fit(folder, checkpoint=file)
        again = make(**options | dict(max_iter=3)).fit(folder, checkpoint=file)
        for attribute in attributes:
            assert_array_equal(getattr(again, attribute), getattr(done, attribute))


def test_other_numbers_of_rounds_are_refused_for_several_starts(folder, tmp_path):
    file = tmp_path / "fit.npz"
    GaussianMixture(**BRIEF).fit(folder, checkpoint=file)
    with pytest.raises(ValueError, match="max_iter: 1 there, 2 here"):
        GaussianMixture(**BRIEF | dict(max_iter=2)).fit(folder, checkpoint=file)


@pytest.mark.parametrize("n_bytes", [0, 1000])
def test_a_damaged_checkpoint_is_named_and_kept(n_bytes, folder, tmp_path):
    file = tmp_path / "fit.npz"
    GaussianMixture(2, max_iter=1).fit(folder, checkpoint=file)
    os.truncate(file, n_bytes)
    with pytest.raises(ValueError, match="is a file, but not a checkpoint, or not a whole one"):
        GaussianMixture(2, max_iter=1).fit(folder, checkpoint=file)
    assert file.stat().st_size == n_bytes


def test_another_file_is_not_overwritten(folder, tmp_path):
    file = tmp_path / "thesis.npz"
    file.write_text("the only copy")
    with pytest.raises(ValueError, match="is a file, but not a checkpoint"):
        GaussianMixture(2).fit(folder, checkpoint=file)
    assert file.read_text() == "the only copy"
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        GaussianMixture(2).fit(folder, checkpoint=tmp_path / "nowhere" / "fit.npz")
