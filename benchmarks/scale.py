"""Measure fits to rows beyond memory: rows per second, memory, growth, and the same work by Spark and dask-ml.

    python course.py bench --scale              about half an hour on two quiet cores, and 4 GB of disk
    python course.py bench --scale --quick      a hundredth of the rows: two minutes
    python course.py bench --scale --only spark only the rows whose name contains this

Every fit runs in a process of its own, which `MEASURES` name. All start from the same parameters, where such can be
given: Spark's mixture takes none. "Memory" is the peak of the process minus what it had after its imports. The rows
are drawn once into a folder that `MLCOURSE_SCRATCH` names, by default the system's temporary one.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers

D, K = 8, 8
CHUNK = 10**6  # rows that are drawn at a time
PACKAGES = {"Spark": "pyspark", "dask-ml": "dask-ml"}
NEEDED = [*peers.NEEDED, "dask[distributed]", "pyarrow", "zarr", "pandas"]


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────


def means() -> np.ndarray:
    """The means of the groups that rows are drawn from: they overlap, so that EM does not end early."""
    return np.random.default_rng(0).normal(0, 1.5, (K, D)).astype(np.float32)


def drawn(n: int, first: int) -> np.ndarray:
    """Draw n rows; `first` tells these from others."""
    rng = np.random.default_rng([1, first])
    return means()[rng.integers(K, size=n)] + rng.standard_normal((n, D), dtype=np.float32)


def scratch() -> Path:
    """The folder for rows."""
    folder = Path(os.environ.get("MLCOURSE_SCRATCH", tempfile.gettempdir())) / "mlcourse_bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def file_of(n: int) -> Path:
    """A `.npy` file of n rows, float32; drawn if it is not there."""
    path = scratch() / f"{n}.npy"
    if not path.is_file():
        beside = path.with_suffix(".part")
        table = np.lib.format.open_memmap(beside, "w+", np.float32, (n, D))
        for first in range(0, n, CHUNK):
            table[first : first + CHUNK] = drawn(min(CHUNK, n - first), first)
        del table
        beside.rename(path)
    return path


# ── Fits, each in a process of its own ────────────────────────────────────────────────────────────


def mixture(rounds: int) -> dict[str, Any]:
    """Options for a mixture that starts from the true means."""
    start = dict(
        weights_init=np.full(K, 1 / K), means_init=means(), precisions_init=np.array([np.eye(D)] * K)
    )
    return dict(n_components=K, max_iter=rounds, tol=0, **start)


def memory(what: str) -> float:
    """The memory of this process in MB: "VmRSS" now, "VmHWM" the largest since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what)) / 1024


def forget_peak() -> float:
    """Measure the largest memory from now on. Returns what is in use now, in MB."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def timed(fit: Callable[[], Any]) -> dict[str, float]:
    """Time a fit, and measure by how much the memory of this process grows."""
    before, start = forget_peak(), time.perf_counter()
    model = fit()
    return dict(
        seconds=time.perf_counter() - start,
        memory=memory("VmHWM") - before,
        score=float(getattr(model, "lower_bound_", np.nan)),
    )


def in_memory(n: int, rounds: int) -> dict[str, float]:
    from mlcourse import GaussianMixture

    X = np.load(file_of(n))
    return timed(lambda: GaussianMixture(**mixture(rounds)).fit(X))


def on_disk(n: int, rounds: int, n_blocks: int = 0) -> dict[str, float]:
    from mlcourse.scale import GaussianMixture, open_rows

    rows = open_rows(file_of(n), **({"block_bytes": -(-n // n_blocks) * D * 4} if n_blocks else {}))
    return timed(lambda: GaussianMixture(**mixture(rounds)).fit(rows)) | dict(blocks=len(rows.blocks))


def on_dask(n: int, rounds: int, n_workers: int) -> dict[str, float]:
    from mlcourse.scale import GaussianMixture

    with dask_client(n_workers) as client:
        before = client.run(forget_peak)
        found = timed(lambda: GaussianMixture(**mixture(rounds)).fit(file_of(n)))
        after = client.run(memory, "VmHWM")
        return found | dict(worker_memory=max(after[worker] - before[worker] for worker in before))


def kmeans_on_dask(n: int, rounds: int) -> dict[str, float]:
    from mlcourse.scale import KMeans

    with dask_client(2):
        return timed(lambda: KMeans(K, random_state=0, max_iter=rounds, tol=0).fit(file_of(n)))


def pca_on_dask(n: int, rounds: int) -> dict[str, float]:
    from mlcourse.scale import PCA

    with dask_client(2):
        return timed(lambda: PCA(4).fit(file_of(n)))


def dask_client(n_workers: int) -> Any:
    """A client of a local cluster of one-thread workers, once they have loaded this package."""
    from distributed import Client

    client = Client(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0")
    client.run(eval, "__import__('mlcourse.scale')")
    return client


def spark_fit(n: int, make: Callable[[Any, Any], Any]) -> dict[str, float]:
    """Fit a model of Spark's to rows that it has in memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.ml import clustering, feature
    from pyspark.sql import SparkSession

    path = scratch() / f"{n}.parquet"
    names = [f"x{j}" for j in range(D)]
    if not path.is_dir():
        path.mkdir()
        for part, X in enumerate(np.array_split(np.load(file_of(n)), 8)):
            pq.write_table(pa.table(dict(zip(names, X.T.copy()))), path / f"{part}.parquet")
    options = {"spark.driver.memory": "6g", "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]")
    for name, value in options.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    assemble = feature.VectorAssembler(inputCols=names, outputCol="features")
    table = assemble.transform(spark.read.parquet(str(path))).select("features").cache()
    table.count()
    fit = make(clustering, feature)
    start = time.perf_counter()
    model = fit.fit(table)
    seconds = time.perf_counter() - start
    score = (
        model.summary.logLikelihood / n
        if hasattr(getattr(model, "summary", None), "logLikelihood")
        else np.nan
    )
    spark.stop()
    return dict(seconds=seconds, score=score)


def spark_mixture(n: int, rounds: int) -> dict[str, float]:
    return spark_fit(
        n, lambda clustering, _: clustering.GaussianMixture(k=K, maxIter=rounds, tol=0.0, seed=0)
    )


def spark_kmeans(n: int, rounds: int) -> dict[str, float]:
    return spark_fit(n, lambda clustering, _: clustering.KMeans(k=K, maxIter=rounds, tol=0.0, seed=0))


def spark_pca(n: int, rounds: int) -> dict[str, float]:
    return spark_fit(n, lambda _, feature: feature.PCA(k=4, inputCol="features", outputCol="pca"))


def dask_ml_kmeans(n: int, rounds: int) -> dict[str, float]:
    import dask.array
    from dask_ml.cluster import KMeans

    with dask_client(2):
        X = dask.array.from_array(np.load(file_of(n), mmap_mode="r"), chunks=(-(-n // 16), D)).persist()
        return timed(lambda: KMeans(K, random_state=0, max_iter=rounds, tol=0).fit(X))


# ── The table ─────────────────────────────────────────────────────────────────────────────────────


class Run:
    """Runs fits, each at most once, and prints rows of the table."""

    def __init__(self, python: str, scale: int, only: list[str]) -> None:
        self.python, self.scale, self.only = python, scale, only
        self.found: dict[tuple[Any, ...], dict[str, float]] = {}

    def fit(self, measure: str, *arguments: int) -> dict[str, float]:
        """Run one fit in a new process, or return what it gave before. Empty if it cannot run here."""
        case = (measure, *arguments)
        if case not in self.found:
            time.sleep(1)  # threads of the last one come to rest
            command = [self.python, "-m", "benchmarks.scale", measure, *map(str, arguments)]
            done = subprocess.run(command, cwd=peers.ROOT, capture_output=True, text=True)
            lines = done.stdout.splitlines()
            if done.returncode:
                print(f"{measure} cannot run here: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            self.found[case] = json.loads(lines[-1]) if done.returncode == 0 else {}
        return self.found[case]

    def rows(self, n: float) -> int:
        """So many rows, or fewer with --quick."""
        return int(n) // self.scale


def out_of_core(run: Run) -> str:
    """Rows per second and memory of 3 rounds over rows on disk, beside rows in memory."""
    many, fewer = run.rows(1e8), run.rows(1e7)
    disk, memory = run.fit("on_disk", many, 3), run.fit("in_memory", fewer, 3)
    rates = 3 * many / disk["seconds"], 3 * fewer / memory["seconds"]
    return (
        f"{many:.0e} rows on disk: {disk['seconds']:.1f} s, {rates[0] / 1e6:.2f} M rows/s in a round; in memory,"
        f" {fewer:.0e} rows: {rates[1] / 1e6:.2f} M rows/s. {rates[0] / rates[1]:.0%} (target 80 %);"
        f" memory {disk['memory']:.0f} MB (target 500)"
    )


def workers(run: Run) -> str:
    """Two one-thread workers beside one, and beside one process."""
    n = run.rows(1e8)
    one, two, here = run.fit("on_dask", n, 3, 1), run.fit("on_dask", n, 3, 2), run.fit("on_disk", n, 3)
    return (
        f"{n:.0e} rows: one worker {one['seconds']:.1f} s, two {two['seconds']:.1f} s,"
        f" ×{one['seconds'] / two['seconds']:.2f} (target 1.8); in one process {here['seconds']:.1f} s, overhead"
        f" {two['seconds'] / here['seconds'] - 1:.0%} (target 10 %); memory of a worker"
        f" {two['worker_memory']:.0f} MB, of the driver {two['memory']:.0f} MB (target 500)"
    )


def against(run: Run, ours: str, theirs: str, rounds: int, target: float) -> str:
    """Ours on two Dask workers beside theirs."""
    n = run.rows(1e6)
    us, them = run.fit(ours, n, rounds, *([2] if ours == "on_dask" else [])), run.fit(theirs, n, rounds)
    if not them:
        return f"{theirs} is not available here"
    times = f"{us['seconds']:.2f} s; theirs {them['seconds']:.2f} s, ×{them['seconds'] / us['seconds']:.1f}"
    found = f"{n:.0e} rows, {rounds} rounds: {times} (target {target:g})"
    if np.isnan(them["score"]):
        return found
    return f"{found}; log-likelihood per row {us['score']:.4f} and {them['score']:.4f}"


def growth_with_rows(run: Run) -> str:
    """The exponent of time as a function of the number of rows."""
    sizes = [run.rows(n) for n in (1e6, 1e7, 1e8)]
    seconds = [run.fit("on_disk", n, 3)["seconds"] for n in sizes]
    exponent = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
    return f"{', '.join(f'{s:.2f} s' for s in seconds)} for {sizes}: exponent {exponent:.3f} (target 1.00 ± 0.05)"


def cost_of_a_block(run: Run) -> str:
    """What each further block costs, at a fixed number of rows."""
    n, counts = run.rows(1e7), [10, 100, 1000, 10_000]
    fits = [run.fit("on_disk", n, 3, count) for count in counts]
    slope = np.polyfit([fit["blocks"] for fit in fits], [fit["seconds"] for fit in fits], 1)[0] / 4  # passes
    found = ", ".join(f"{fit['blocks']:.0f}: {fit['seconds']:.2f} s" for fit in fits)
    return f"{found} for {n:.0e} rows: {1e3 * slope:.2f} ms for a block in a pass (target 1)"


ROWS: dict[str, Callable[[Run], str]] = {
    "out of core": out_of_core,
    "workers": workers,
    "spark mixture": lambda run: against(run, "on_dask", "spark_mixture", 5, 5),
    "spark k-means": lambda run: against(run, "kmeans_on_dask", "spark_kmeans", 10, 3),
    "spark PCA": lambda run: against(run, "pca_on_dask", "spark_pca", 1, 3),
    "dask-ml k-means": lambda run: against(run, "kmeans_on_dask", "dask_ml_kmeans", 10, 3),
    "growth with rows": growth_with_rows,
    "cost of a block": cost_of_a_block,
}
MEASURES: dict[str, Callable[..., dict[str, float]]] = {
    measure.__name__: measure
    for measure in (
        in_memory,
        on_disk,
        on_dask,
        kmeans_on_dask,
        pca_on_dask,
        spark_mixture,
        spark_kmeans,
        spark_pca,
        dask_ml_kmeans,
    )
}


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python course.py bench --scale", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="a hundredth of the rows: two minutes")
    parser.add_argument("--only", action="append", metavar="NAME", help="rows whose name contains this")
    options = parser.parse_args(words)
    python = peers.environment(peers.ROOT / ".venv.peers.scale", NEEDED, PACKAGES)
    run = Run(str(python), 100 if options.quick else 1, options.only or [""])
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"{os.cpu_count()} cores, load {load:.1f} before the run\n\n| workload | measured |\n| --- | --- |")
    for name, row in ROWS.items():
        if any(word in name for word in run.only):
            print(f"| {name} | {row(run)} |", flush=True)
    return 0


if __name__ == "__main__":
    measure, *arguments = sys.argv[1:]
    print(json.dumps(MEASURES[measure](*map(int, arguments))))
