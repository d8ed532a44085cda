"""Compare the course's models with scikit-learn's: time, memory and likelihood, in the same run.

    python course.py bench             the whole table: about half an hour on two cores
    python course.py bench --quick     the same with a tenth of the rows: about a minute

Each line alternates between the two, so that a machine that slows down slows both. It prints medians, their ratio
(scikit-learn / mlcourse), and the target ratio at full size. EM runs from the same start for the same number of
iterations. Memory is the data plus the peak of what NumPy allocates during a fit, as a multiple of the data. If MNIST
is not available (see `mlcourse.datasets.load_mnist`), random data replace it: Gaussian groups of the same shape,
whose variances fall off along the axes as those of MNIST's principal components do. `README.md` in this folder has
the table as last measured, and explains it.
"""

import argparse
import tracemalloc
import warnings
from statistics import median
from time import perf_counter

import numpy as np
import sklearn
import sklearn.cluster
import sklearn.decomposition
import sklearn.metrics
import sklearn.mixture
from threadpoolctl import threadpool_info

import mlcourse
from mlcourse.datasets import MNISTUnavailable, load_mnist
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, e_step, mixture_from_responsibilities
from mlcourse.mixture.screening import negligible

OURS, THEIRS = "mlcourse", "scikit-learn"
MIXTURES = {OURS: mlcourse.GaussianMixture, THEIRS: sklearn.mixture.GaussianMixture}
CLUSTERINGS = {OURS: mlcourse.KMeans, THEIRS: sklearn.cluster.KMeans}
COMPRESSIONS = {OURS: mlcourse.PCA, THEIRS: sklearn.decomposition.PCA}


# ── Data ─────────────────────────────────────────────────────────────────────────────────────────────


def pixels(n):
    """Return the first n digits as numbers from 0 to 1: (n, 784). Raise MNISTUnavailable if there is no MNIST."""
    return load_mnist().images[:n] / 255.0


def stand_in(n, d, n_groups=10):
    """Draw random groups shaped like MNIST, (n, d): the standard deviation along axis j is about 2.4 (j + 1)^-0.6."""
    rng = np.random.default_rng(0)
    scale = 2.4 * np.arange(1, d + 1) ** -0.6
    centers = rng.normal(size=(n_groups, d)) * scale
    shapes = rng.uniform(0.2, 0.9, size=(n_groups, d)) * scale
    group = rng.integers(n_groups, size=n)
    return centers[group] + rng.normal(size=(n, d)) * shapes[group]


def overlapping(n, d, K):
    """Draw a cloud of K components that can hardly be told apart: (n, d)."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, d)) + 0.3 * rng.integers(K, size=(n, 1))


# ── Timing ───────────────────────────────────────────────────────────────────────────────────────────


def compare(name, target, tasks, repeat):
    """Time the two tasks alternately, print a line, and return the last result and the median seconds of each."""
    seconds, results = {who: [] for who in tasks}, {}
    for _ in range(repeat):
        for who, task in tasks.items():
            start = perf_counter()
            results[who] = task()
            seconds[who].append(perf_counter() - start)
    medians = {who: median(times) for who, times in seconds.items()}
    ratio = medians[THEIRS] / medians[OURS]
    print(f"{name:58} {medians[OURS]:8.3f} s {medians[THEIRS]:8.3f} s {ratio:8.2f} {target:8.1f}", flush=True)
    return results, medians


def same_start(X, R, type_name, n_iter):
    """Return one fit for each library: n_iter iterations of EM from the mixture given by responsibilities R."""
    start = mixture_from_responsibilities(X, R, CovarianceType.named(type_name))
    options = dict(
        covariance_type=type_name,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.covariance_type.kernel.precision(start.precisions_cholesky),
        max_iter=n_iter,
        tol=0,
    )
    K = R.shape[1]
    return {who: lambda model=model: model(K, **options).fit(X) for who, model in MIXTURES.items()}


def random_start(X, K):
    """Draw random responsibilities: (n, K)."""
    return np.random.default_rng(2).dirichlet(np.full(K, 0.5), size=len(X))


def multiplication_rate(size=2000):
    """Measure this machine's floating-point operations per second when it multiplies large matrices."""
    A, B = np.random.default_rng(0).normal(size=(2, size, size))
    product, seconds = A @ B, []
    for _ in range(5):
        start = perf_counter()
        np.matmul(A, B, out=product)
        seconds.append(perf_counter() - start)
    return 2 * size**3 / median(seconds)


def needed_operations(model, X):
    """Count the floating-point operations that one iteration of EM cannot avoid.

    For each row and component whose responsibility is not negligible: d² for the distance, by a triangular factor,
    and d² for the contribution to the covariance, which is symmetric.
    """
    _, R = e_step(X, Mixture.of(model), negligible(len(X), *model.weights_.shape, X.dtype))
    return 2 * X.shape[1] ** 2 * np.count_nonzero(R)


def memory(fit, X):
    """Measure the peak memory of a fit, data included, as a multiple of the data."""
    tracemalloc.start()
    fit()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return 1 + peak / X.nbytes


# ── The table ────────────────────────────────────────────────────────────────────────────────────────


def digits_table(n, repeat):
    """Run all comparisons on the digits."""
    try:
        raw, source = pixels(n), "MNIST"
    except MNISTUnavailable:
        raw, source = stand_in(n, 784), "stand-in"
    compressed, _ = compare(
        f"PCA(0.98), {source} {n} x 784",
        1,
        {who: lambda model=model: model(0.98).fit(raw) for who, model in COMPRESSIONS.items()},
        repeat,
    )
    X = compressed[OURS].transform(raw)
    shape = f"{source} {X.shape[0]} x {X.shape[1]}"
    clusterings, _ = compare(
        f"KMeans(10), {shape}, one start",
        1,
        {
            who: lambda model=model: model(10, init=X[:10], n_init=1).fit(X)
            for who, model in CLUSTERINGS.items()
        },
        repeat,
    )
    em_table(X, clusterings[OURS].labels_, shape, repeat)
    some = X[: n // 5]
    labels = [mlcourse.KMeans(k, random_state=0).fit_predict(some) for k in (2, 6, 10, 14, 18)]
    compare(
        f"silhouettes of five labelings, {len(some)} x {X.shape[1]}",
        6,
        {
            OURS: lambda: mlcourse.silhouette_score(some, labels),
            THEIRS: lambda: [sklearn.metrics.silhouette_score(some, one) for one in labels],
        },
        repeat,
    )


def em_table(X, labels, shape, repeat):
    """Compare EM on the digits: the iterations alone, and the whole fit as users call it."""
    n_iter = 20
    iterations = same_start(X, np.eye(10)[labels], "full", n_iter)
    fitted, seconds = compare(f"EM, {shape}, K=10, from k-means labels, {n_iter} it.", 5, iterations, repeat)
    rate = multiplication_rate()
    needed = n_iter * needed_operations(fitted[OURS], X)
    print(
        f"    this machine multiplies matrices at {rate / 1e9:.0f} GFLOP/s; EM needs {needed / 1e9:.0f} GFLOP"
    )
    for who, model in fitted.items():
        share, peak = needed / (rate * seconds[who]), memory(iterations[who], X)
        print(
            f"    {who:13} {share:6.1%} of that rate, {peak:.2f} x data, log-likelihood {model.lower_bound_:.10f}"
        )
    whole = {who: lambda model=model: model(10, random_state=0).fit(X) for who, model in MIXTURES.items()}
    fitted, _ = compare(f"EM, {shape}, K=10, whole fit, to convergence", 4, whole, repeat)
    for who, model in fitted.items():
        print(f"    {who:13} {model.n_iter_} iterations, log-likelihood {model.lower_bound_:.10f}")


def synthetic_table(scale, repeat):
    """Compare EM where nothing can be left out, on many rows and on few."""
    n = 200_000 // scale
    X = overlapping(n, 20, 8)
    compare(
        f"EM, {n} x 20, K=8, full, overlapping, 5 it.",
        1.5,
        same_start(X, random_start(X, 8), "full", 5),
        repeat,
    )
    n = 1_000_000 // scale
    X = overlapping(n, 8, 16)
    R = random_start(X, 16)
    for name in ("diag", "spherical", "tied"):
        compare(f"EM, {n} x 8, K=16, {name}, 3 it.", 1.5, same_start(X, R, name, 3), repeat)
    fitted = {who: fit() for who, fit in same_start(X, R, "full", 1).items()}
    for method in ("score_samples", "predict_proba"):
        tasks = {who: lambda model=model: getattr(model, method)(X) for who, model in fitted.items()}  # noqa: B023
        compare(f"{method}, {n} x 8, K=16, full", 1.5, tasks, repeat)
    few = stand_in(300, 2, n_groups=3)
    tasks = {
        who: lambda model=model: [model(3, random_state=seed).fit(few) for seed in range(20)]
        for who, model in MIXTURES.items()
    }
    compare("EM, 300 x 2, K=3, full, to convergence, 20 fits", 1, tasks, max(repeat, 3))


def growth_table(scale, repeat):
    """Measure how the time of the same five iterations grows with the number of rows."""
    rows = [size // scale for size in (10_000, 100_000, 1_000_000)]
    seconds = {OURS: [], THEIRS: []}
    for n in rows:
        X = overlapping(n, 8, 4)
        tasks = same_start(X, random_start(X, 4), "full", 5)
        _, medians = compare(f"EM, {n} x 8, K=4, full, 5 it.", 1, tasks, repeat)
        for who, times in seconds.items():
            times.append(medians[who])
    for who, times in seconds.items():
        print(f"    {who:13} time grows like n^{np.polyfit(np.log(rows), np.log(times), 1)[0]:.2f}")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="bench", description="Compare the course's models with scikit-learn's."
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows: about a minute")
    parser.add_argument("--repeat", type=int, default=3, help="how often to time each model (default 3)")
    options = parser.parse_args(arguments)
    scale = 10 if options.quick else 1
    threads = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    print(f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, threads {threads}")
    print(f"{'':58} {OURS:>10} {THEIRS:>12} {'ratio':>6} {'target':>8}")
    digits_table(50_000 // scale, options.repeat)
    synthetic_table(scale, options.repeat)
    growth_table(scale, options.repeat)
    return 0


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        raise SystemExit(main())
