"""EM beside scikit-learn's: time, memory, likelihood, from the same start, in the same run.

    python course.py bench             MNIST, 50 000 x 261, K = 10, full: some minutes
    python course.py bench --quick     a smaller problem of the same kind: seconds

Times alternate between the two, so that a machine that slows down slows both; medians are printed, and the ratio
scikit-learn / mlcourse. Memory is what NumPy allocates during a fit at its peak, plus the data, as a multiple of the
data. Where MNIST is not at hand (see `mlcourse.datasets.load_mnist`), random data stand in: Gaussian groups of the
same shape, whose variances fall off along the axes as MNIST's principal components do.
"""

import argparse
import tracemalloc
import warnings
from statistics import median
from time import perf_counter

import numpy as np
import sklearn
import sklearn.mixture
from threadpoolctl import threadpool_info

import mlcourse
from mlcourse.datasets import MNISTUnavailable, load_mnist

MODELS = {"mlcourse": mlcourse.GaussianMixture, "scikit-learn": sklearn.mixture.GaussianMixture}


def mnist_axes(n, d):
    """The first n digits on their first d principal axes: (n, d)."""
    X = load_mnist().images[:n] / 255.0
    return mlcourse.PCA(d).fit_transform(X)


def stand_in(n, d, n_groups=10):
    """Random groups of MNIST's shape: axis j has a standard deviation that falls off like 2.4 (j + 1)^-0.6."""
    rng = np.random.default_rng(0)
    scale = 2.4 * np.arange(1, d + 1) ** -0.6
    centers = rng.normal(size=(n_groups, d)) * scale
    shapes = rng.uniform(0.2, 0.9, size=(n_groups, d)) * scale
    group = rng.integers(n_groups, size=n)
    return centers[group] + rng.normal(size=(n, d)) * shapes[group]


def fit(model, X, n_iter):
    """Fit for exactly n_iter iterations from a k-means start of the model's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        return model(10, max_iter=n_iter, tol=0, random_state=0).fit(X)


def timed(model, X, n_iter):
    start = perf_counter()
    fitted = fit(model, X, n_iter)
    return perf_counter() - start, fitted.lower_bound_


def memory(model, X):
    """Peak of a fit of two iterations, as a multiple of the data (the data included)."""
    tracemalloc.start()
    fit(model, X, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return 1 + peak / X.nbytes


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="bench", description="Time EM beside scikit-learn's.")
    parser.add_argument("--quick", action="store_true", help="a smaller problem: seconds instead of minutes")
    parser.add_argument("--repeat", type=int, default=3, help="fits of each, alternating (default 3)")
    options = parser.parse_args(arguments)
    n, d, n_iter = (5_000, 60, 10) if options.quick else (50_000, 261, 20)
    try:
        X, source = mnist_axes(n, d), "MNIST"
    except MNISTUnavailable:
        X, source = stand_in(n, d), "a random stand-in for MNIST"
    threads = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    print(f"{source}, {n} x {d}, K = 10, full, {n_iter} iterations with their k-means start")
    print(f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, threads {threads}")

    runs = {name: [] for name in MODELS}
    for _ in range(options.repeat):
        for name, model in MODELS.items():
            runs[name].append(timed(model, X, n_iter))
    print(f"{'':14}{'time':>10}{'memory':>14}{'mean log-likelihood':>24}")
    for name, model in MODELS.items():
        seconds, bound = median(run[0] for run in runs[name]), runs[name][0][1]
        print(f"{name:14}{seconds:8.2f} s{memory(model, X):9.2f} x data{bound:24.10f}")
    ours, theirs = (median(run[0] for run in runs[name]) for name in MODELS)
    print(f"ratio scikit-learn / mlcourse: {theirs / ours:.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
