"""Checkpoints: a fit that was killed goes on, and ends with the same bits; other fits are refused by name."""

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
        (dict(n_components=5), "n_components was 4, but is 5 now"),
        (dict(reg_covar=1e-3), "reg_covar was 1e-06, but is 0.001 now"),
        (dict(means_init=np.eye(4, 3)), "means_init was None, but is array"),
        (dict(covariance_type="tied"), "covariance_type was 'full', but is 'tied' now"),
    ],
)
def test_other_parameters_are_refused_by_name(change, name, folder, tmp_path):
    file = tmp_path / "fit.npz"
    GaussianMixture(**MIXTURE | dict(max_iter=1)).fit(folder, checkpoint=file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match=f"fit.npz' belongs to another fit: its {name}"):
        GaussianMixture(**MIXTURE | change).fit(folder, checkpoint=file)
    assert file.read_bytes() == before


def test_other_data_are_refused(folder, tmp_path):
    file = tmp_path / "fit.npz"
    GaussianMixture(**MIXTURE | dict(max_iter=1)).fit(folder, checkpoint=file)
    first = sorted(folder.iterdir())[0]
    X = np.load(first)
    X[5] += 1e-12
    np.save(first, X)
    with pytest.raises(ValueError, match="its data was 2000 × 3 float64"):
        GaussianMixture(**MIXTURE).fit(folder, checkpoint=file)
    with pytest.raises(ValueError, match="its estimator was GaussianMixture, but is KMeans now"):
        KMeans(4).fit(folder, checkpoint=file)


def test_another_file_is_not_overwritten(folder, tmp_path):
    file = tmp_path / "thesis.npz"
    file.write_text("the only copy")
    with pytest.raises(ValueError, match="is a file, but not a checkpoint"):
        GaussianMixture(2).fit(folder, checkpoint=file)
    assert file.read_text() == "the only copy"
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        GaussianMixture(2).fit(folder, checkpoint=tmp_path / "nowhere" / "fit.npz")
