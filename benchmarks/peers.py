"""Libraries that one might use instead: an environment that has them, and their calls for the benchmark's tasks.

`python course.py bench --peers` creates `.venv.peers` in the course's folder, with the versions of `pins.txt` for
what they share with the course, and runs the table in it. A peer that cannot be installed is named and left out.

Every function here returns a task for each peer that can do it. A peer that has no such thing is not in the dict.
faiss computes in float32, the others in float64. mlpack's EM starts from a model, as ours does.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.timing import Task

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv.peers"
NEEDED = [
    "numpy",
    "scipy",
    "scikit-learn",
    "threadpoolctl",
    "tqdm",
    "pooch",
    "pillow",
]  # by mlcourse's models
PACKAGES = {"Intel": "scikit-learn-intelex", "faiss": "faiss-cpu", "mlpack": "mlpack"}
MODULES = {"Intel": "sklearnex", "faiss": "faiss", "mlpack": "mlpack", "SciPy": "scipy"}


# ── The environment ──────────────────────────────────────────────────────────────────────────────────


def environment(
    folder: Path = FOLDER, needed: Sequence[str] = NEEDED, packages: Mapping[str, str] = PACKAGES
) -> Path:
    """Return the Python of an environment with the peers; create it if it is missing or out of date."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "complete"  # written last: without it, the environment counts as unfinished
    pins = ROOT / "pins.txt"
    facts = f"{sys.version}{folder}{packages}{needed}{pins.read_text('utf-8')}"
    source = hashlib.sha256(facts.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == source:
        return python
    print(f"Creating {folder} with {', '.join(packages.values())}: this takes a minute.", file=sys.stderr)
    uv = shutil.which("uv")
    pip = ["--without-pip"] if uv else []
    subprocess.run([sys.executable, "-m", "venv", "--clear", *pip, folder], check=True)
    install = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    options = ["--quiet", "-c", pins]
    subprocess.run([*install, *options, "--only-binary", ":all:", *needed], check=True)
    for package in packages.values():  # one by one: one that cannot be had does not spoil the others
        if subprocess.run([*install, *options, package]).returncode:
            print(f"{package} cannot be installed here, and is left out.", file=sys.stderr)
    stamp.write_text(source)
    return python


def available() -> dict[str, str]:
    """Return the versions of the peers that are installed here, by name."""
    return {who: version(PACKAGES.get(who, who)) for who, module in MODULES.items() if find_spec(module)}


# ── Their calls ──────────────────────────────────────────────────────────────────────────────────────


def kmeans_from(X: np.ndarray, centers: np.ndarray, rounds: int) -> dict[str, Task]:
    """k-means from the same centres, for so many rounds."""
    K, d = centers.shape
    single, single_centers = X.astype(np.float32), centers.astype(np.float32)

    def intel():
        from sklearnex.cluster import KMeans

        return KMeans(K, init=centers, n_init=1, max_iter=rounds, tol=0).fit(X)

    def faiss():
        import faiss

        # By default faiss learns from a sample of 256 rows per cluster.
        clustering = faiss.Kmeans(
            d, K, niter=rounds, min_points_per_centroid=1, max_points_per_centroid=len(X)
        )
        return clustering.train(single, init_centroids=single_centers)

    def mlpack():
        import mlpack

        return mlpack.kmeans(K, X, initial_centroids=centers, max_iterations=rounds, labels_only=True)

    def scipy():
        from scipy.cluster.vq import kmeans2

        return kmeans2(X, centers, iter=rounds, minit="matrix")

    return {"Intel": intel, "faiss": faiss, "mlpack": mlpack, "SciPy": scipy}


def kmeans_whole(X: np.ndarray, K: int) -> dict[str, Task]:
    """k-means++ and then k-means to convergence, one start."""

    def intel():
        from sklearnex.cluster import KMeans

        return KMeans(K, n_init=1, random_state=0).fit(X)

    return {"Intel": intel}


def pca(X: np.ndarray, share: float) -> dict[str, Task]:
    """The coordinates along as many axes as keep this share of the variance."""

    def intel():
        from sklearnex.decomposition import PCA

        return PCA(share).fit_transform(X)

    def mlpack():
        import mlpack

        return mlpack.pca(X, var_to_retain=share)["output"]

    return {"Intel": intel, "mlpack": mlpack}


def em(X: np.ndarray, K: int, type_name: str, n_iter: int) -> dict[str, Task]:
    """EM for so many iterations: mlpack's, from a model of its own. It knows two types of covariance."""
    if type_name not in ("full", "diag"):
        return {}
    starts = []

    def mlpack():
        import mlpack

        options = dict(diagonal_covariance=type_name == "diag", trials=1, tolerance=0.0, seed=1)
        if not starts:  # in the call that is not counted
            start = mlpack.gmm_train(K, X, max_iterations=1, kmeans_max_iterations=1, **options)
            starts.append(start["output_model"])
        start = deepcopy(starts[0])  # which mlpack trains in place
        return mlpack.gmm_train(K, X, input_model=start, max_iterations=n_iter, **options)

    return {"mlpack": mlpack}
