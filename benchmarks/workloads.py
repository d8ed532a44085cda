"""What the benchmark times: the rows of its table.

Each row is a function of the `Data`. It returns a title and a task for each library that can do it; EM runs from the
same mixture for the same number of iterations, k-means from the same centres or with the same random numbers.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import sklearn.cluster
import sklearn.decomposition
import sklearn.metrics
import sklearn.mixture

import mlcourse
from benchmarks import peers
from benchmarks.timing import Task, multiplication_rate, peak_memory
from mlcourse.datasets import MNISTUnavailable, load_mnist
from mlcourse.gaussians import CovarianceType
from mlcourse.kmeans import kmeans_plusplus
from mlcourse.mixture import Mixture, e_step, mixture_from_responsibilities
from mlcourse.mixture.screening import negligible

OURS, THEIRS = "mlcourse", "scikit-learn"
MIXTURES = {OURS: mlcourse.GaussianMixture, THEIRS: sklearn.mixture.GaussianMixture}
CLUSTERINGS = {OURS: mlcourse.KMeans, THEIRS: sklearn.cluster.KMeans}
COMPRESSIONS = {OURS: mlcourse.PCA, THEIRS: sklearn.decomposition.PCA}


# ── Data ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Data:
    """Data sets of the benchmark, made when they are first needed. With `scale` 10, a tenth of the rows."""

    scale: int = 1

    def rows(self, n: int) -> int:
        return n // self.scale

    @cached_property
    def pixels(self) -> tuple[np.ndarray, str]:
        """Digits as numbers from 0 to 1, (n, 784), and where they come from."""
        n = self.rows(50_000)
        try:
            return load_mnist().images[:n] / 255.0, "MNIST"
        except MNISTUnavailable:
            return stand_in(n, 784), "stand-in"

    @cached_property
    def digits(self) -> tuple[np.ndarray, str]:
        """The digits' principal components, (n, 261) for the whole MNIST, and their name with shape."""
        pixels, source = self.pixels
        X = mlcourse.PCA(0.98).fit_transform(pixels)
        return X, f"{source} {X.shape[0]} × {X.shape[1]}"

    @cached_property
    def digit_labels(self) -> np.ndarray:
        X, _ = self.digits
        return mlcourse.KMeans(10, init=X[:10], n_init=1).fit_predict(X)


def stand_in(n: int, d: int, n_groups: int = 10) -> np.ndarray:
    """Draw random groups shaped like MNIST, (n, d): the standard deviation along axis j is about 2.4 (j + 1)^-0.6."""
    rng = np.random.default_rng(0)
    scale = 2.4 * np.arange(1, d + 1) ** -0.6
    centers = rng.normal(size=(n_groups, d)) * scale
    shapes = rng.uniform(0.2, 0.9, size=(n_groups, d)) * scale
    group = rng.integers(n_groups, size=n)
    return centers[group] + rng.normal(size=(n, d)) * shapes[group]


def overlapping(n: int, d: int, K: int) -> np.ndarray:
    """Draw a cloud of K components that can hardly be told apart: (n, d)."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, d)) + 0.3 * rng.integers(K, size=(n, 1))


def plane(n: int) -> np.ndarray:
    """Draw points spread evenly over a square: (n, 2)."""
    return np.random.default_rng(3).uniform(size=(n, 2))


def random_start(X: np.ndarray, K: int) -> np.ndarray:
    """Draw random responsibilities: (n, K)."""
    return np.random.default_rng(2).dirichlet(np.full(K, 0.5), size=len(X))


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Timed:
    """A row's title and tasks, and what to say about its results: `remarks(results, seconds)`."""

    title: str
    tasks: dict[str, Task]
    remarks: Callable[[dict[str, Any], dict[str, float]], list[str]] = lambda results, seconds: []


@dataclass
class Row:
    name: str  # for --only
    target: float  # the least ratio to scikit-learn, at full size
    make: Callable[[Data], Timed]


def pca(data: Data) -> Timed:
    X, source = data.pixels
    ours = {who: lambda model=model: model(0.98).fit_transform(X) for who, model in COMPRESSIONS.items()}
    return Timed(f"PCA(0.98).fit_transform, {source} {len(X)} × 784", ours | peers.pca(X, 0.98))


def kmeans_rounds(data: Data, K: int = 10, rounds: int = 30) -> Timed:
    X, shape = data.digits
    return Timed(f"KMeans({K}), {shape}, same start, {rounds} rounds", lloyd(X, X[:K], rounds))


def kmeans_many(data: Data, K: int = 1000, rounds: int = 2) -> Timed:
    X = plane(data.rows(50_000))
    return Timed(f"KMeans({K}), {len(X)} × 2, same start, {rounds} rounds", lloyd(X, X[:K], rounds))


def lloyd(X: np.ndarray, centers: np.ndarray, rounds: int) -> dict[str, Task]:
    """Return tasks that run k-means from these centres for so many rounds."""
    options = dict(init=centers, n_init=1, max_iter=rounds, tol=0)
    ours = {who: lambda m=model: m(len(centers), **options).fit(X) for who, model in CLUSTERINGS.items()}
    return ours | peers.kmeans_from(X, centers, rounds)


def kmeans_whole(data: Data) -> Timed:
    X, shape = data.digits
    ours = {who: lambda m=model: m(10, n_init=1, random_state=0).fit(X) for who, model in CLUSTERINGS.items()}
    return Timed(f"KMeans(10), {shape}, k-means++, to convergence", ours | peers.kmeans_whole(X, 10))


def plusplus(data: Data, K: int = 2000) -> Timed:
    X = plane(data.rows(20_000 if data.scale == 1 else 50_000))
    functions = {OURS: kmeans_plusplus, THEIRS: sklearn.cluster.kmeans_plusplus}
    tasks = {who: lambda start=start: start(X, K, random_state=0) for who, start in functions.items()}
    return Timed(f"k-means++, K={K}, {len(X)} × 2", tasks)


def em_digits(data: Data, n_iter: int = 20) -> Timed:
    """EM on the digits; the remarks compare its unavoidable work with what this machine can do."""
    X, shape = data.digits
    tasks = same_start(X, np.eye(10)[data.digit_labels], "full", n_iter)

    def remarks(fitted, seconds):
        rate, needed = multiplication_rate(), n_iter * needed_operations(fitted[OURS], X)
        yield f"this machine multiplies matrices at {rate / 1e9:.0f} GFLOP/s; EM needs {needed / 1e9:.0f} GFLOP"
        for who in MIXTURES:
            share, memory = needed / (rate * seconds[who]), peak_memory(tasks[who], X)
            bound = fitted[who].lower_bound_
            yield f"{who}: {share:.1%} of that rate, {memory:.2f} × data, log-likelihood {bound:.10f}"

    title = f"EM, {shape}, K=10, full, from k-means labels, {n_iter} iterations"
    return Timed(title, tasks, lambda fitted, seconds: list(remarks(fitted, seconds)))


def em_digits_whole(data: Data) -> Timed:
    X, shape = data.digits
    tasks = {who: lambda model=model: model(10, random_state=0).fit(X) for who, model in MIXTURES.items()}

    def remarks(fitted, seconds):
        return [
            f"{who}: {one.n_iter_} iterations, log-likelihood {one.lower_bound_:.10f}"
            for who, one in fitted.items()
        ]

    return Timed(f"EM, {shape}, K=10, whole fit with its k-means start, to convergence", tasks, remarks)


def em_overlapping(data: Data, n: int, d: int, K: int, type_name: str, n_iter: int) -> Timed:
    X = overlapping(data.rows(n), d, K)
    tasks = same_start(X, random_start(X, K), type_name, n_iter) | peers.em(X, K, type_name, n_iter)
    return Timed(f"EM, {len(X)} × {d}, K={K}, {type_name}, overlapping, {n_iter} iterations", tasks)


def em_few(data: Data, n_iter: int = 50) -> Timed:
    X = stand_in(300, 2, n_groups=3)
    tasks = same_start(X, random_start(X, 3), "full", n_iter) | peers.em(X, 3, "full", n_iter)
    return Timed(f"EM, 300 × 2, K=3, full, {n_iter} iterations", tasks)


def em_few_whole(data: Data, n_fits: int = 20) -> Timed:
    X = stand_in(300, 2, n_groups=3)
    tasks = {
        who: lambda model=model: [model(3, random_state=seed).fit(X) for seed in range(n_fits)]
        for who, model in MIXTURES.items()
    }
    return Timed(f"EM, 300 × 2, K=3, full, to convergence, {n_fits} fits", tasks)


def same_start(X: np.ndarray, R: np.ndarray, type_name: str, n_iter: int) -> dict[str, Task]:
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


def needed_operations(model: mlcourse.GaussianMixture, X: np.ndarray) -> int:
    """Count the floating-point operations that one iteration of EM cannot avoid.

    For each row and component whose responsibility is not negligible: d² for the distance, by a triangular factor,
    and d² for the contribution to the covariance, which is symmetric.
    """
    _, R = e_step(X, Mixture.of(model), negligible(len(X), *model.weights_.shape, X.dtype))
    return 2 * X.shape[1] ** 2 * int(np.count_nonzero(R))


def densities(data: Data, method: str) -> Timed:
    X = overlapping(data.rows(1_000_000), 8, 16)
    fitted = {who: fit() for who, fit in same_start(X, random_start(X, 16), "full", 1).items()}
    tasks = {who: lambda model=model: getattr(model, method)(X) for who, model in fitted.items()}
    return Timed(f"{method}, {len(X)} × 8, K=16, full", tasks)


def silhouettes(data: Data) -> Timed:
    X, _ = data.digits
    some = X[: len(X) // 5]
    labels = [mlcourse.KMeans(k, random_state=0).fit_predict(some) for k in (2, 6, 10, 14, 18)]
    tasks = {
        OURS: lambda: mlcourse.silhouette_score(some, labels),
        THEIRS: lambda: [sklearn.metrics.silhouette_score(some, one) for one in labels],
    }
    return Timed(f"silhouettes of five labelings, {len(some)} × {X.shape[1]}", tasks)


def silhouette_many(data: Data) -> Timed:
    n, K = data.rows(6_000), data.rows(1_500)
    X, labels = plane(n), np.arange(n) % K
    functions = {OURS: mlcourse.silhouette_score, THEIRS: sklearn.metrics.silhouette_score}
    return Timed(
        f"silhouette, n={n}, K={K}",
        {who: lambda score=score: score(X, labels) for who, score in functions.items()},
    )


def imports(data: Data) -> Timed:
    """New processes, which also start Python; the remark says how long importing takes by itself."""
    statements = {
        OURS: "from mlcourse import GaussianMixture",
        THEIRS: "from sklearn.mixture import GaussianMixture",
    }
    clock = "from time import perf_counter as now; start = now(); {}; print(now() - start)"

    def import_alone(statement):
        command = [sys.executable, "-c", clock.format(statement)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def remarks(results, seconds):
        alone = sorted(import_alone("import mlcourse") for _ in range(3))[1]
        floor = sorted(import_alone("import numpy, scipy.linalg, sklearn.base") for _ in range(3))[1]
        return [f"import mlcourse: {alone:.2f} s; import numpy, scipy.linalg, sklearn.base: {floor:.2f} s"]

    tasks = {who: partial(import_alone, statement) for who, statement in statements.items()}
    return Timed("import GaussianMixture in a new process", tasks, remarks)


def em_row(name: str, target: float, *shape: Any) -> Row:
    return Row(name, target, lambda data: em_overlapping(data, *shape))


ROWS = [
    Row("pca", 1.1, pca),
    Row("kmeans-rounds", 1, kmeans_rounds),
    Row("kmeans-whole", 1, kmeans_whole),
    Row("kmeans-many", 1.5, kmeans_many),
    Row("kmeans++", 1.5, plusplus),
    Row("em-digits", 12, em_digits),
    Row("em-digits-whole", 10, em_digits_whole),
    Row("silhouettes", 8, silhouettes),
    Row("silhouette-many", 3, silhouette_many),
    em_row("em-overlapping", 4, 200_000, 20, 8, "full", 5),
    em_row("em-diag", 3, 1_000_000, 8, 16, "diag", 3),
    em_row("em-spherical", 3, 1_000_000, 8, 16, "spherical", 3),
    em_row("em-tied", 6, 1_000_000, 8, 16, "tied", 3),
    Row("score_samples", 1.5, partial(densities, method="score_samples")),
    Row("predict_proba", 1.5, partial(densities, method="predict_proba")),
    Row("em-few", 2, em_few),
    Row("em-few-whole", 1, em_few_whole),
    em_row("em-growth-1", 1, 10_000, 8, 4, "full", 5),
    em_row("em-growth-2", 1, 100_000, 8, 4, "full", 5),
    em_row("em-growth-3", 1, 1_000_000, 8, 4, "full", 5),
    Row("import", 0.9, imports),
]
