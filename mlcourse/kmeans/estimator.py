"""`KMeans`: scikit-learn's interface over `mlcourse.kmeans.steps`."""

import warnings
from collections.abc import Callable
from itertools import islice
from numbers import Integral, Real
from typing import NamedTuple, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data

from mlcourse.blocks import one_blas_thread
from mlcourse.kmeans.distances import check_spread, euclidean_distances
from mlcourse.kmeans.nearest import Rows
from mlcourse.kmeans.start import kmeans_plusplus
from mlcourse.kmeans.steps import LloydStep, assign, assignment_over, inertia_of, lloyd
from mlcourse.typing import Array, Floats, Ints, RandomState, Shaped
from mlcourse.validation import FLOATS, check_sample_weight, new_rows


class KMeans(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """k-means clustering, with scikit-learn's interface.

    The two steps are in `mlcourse.kmeans.steps`, and k-means++ is in `mlcourse.kmeans.start`.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters, K.
    init : {"k-means++", "random"}, array of shape (n_clusters, d), or callable, default="k-means++"
        Where the centres start. "k-means++": on rows far from one another. "random": on rows chosen uniformly. A
        callable is called as `init(X, n_clusters, random_state=...)` and returns the centres.
    n_init : int or "auto", default="auto"
        Number of starts; the run with the lowest inertia is kept. "auto" means 1 for k-means++ and for an array,
        otherwise 10.
    max_iter : int, default=300
        Most iterations of one run.
    tol : float, default=1e-4
        A run stops when the squared shift of all centres is at most `tol` times the mean variance of the features.
    verbose : int, default=0
        Above 0, every iteration prints its inertia.
    random_state : int, RandomState or None, default=None
        For the starts. An int gives the same results in every call.
    copy_x : bool, default=True
        Accepted for compatibility with scikit-learn; the data are never modified.
    algorithm : {"lloyd", "elkan"}, default="lloyd"
        Accepted for compatibility with scikit-learn; here both run the same code.

    Attributes
    ----------
    cluster_centers_ : array of shape (n_clusters, d)
        Mean of the rows of each cluster.
    labels_ : array of shape (n,), int32
        Cluster of each row.
    inertia_ : float
        Sum of *squared* distances from the rows to their centres, in squared units of the data.
    n_iter_ : int
        Number of iterations of the best run.
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "init": [StrOptions({"k-means++", "random"}), callable, "array-like"],
        "n_init": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
        "copy_x": ["boolean"],
        "algorithm": [StrOptions({"lloyd", "elkan"})],
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: str | Array | Callable[..., Array] = "k-means++",
        n_init: int | str = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: RandomState = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Array, y: object = None, sample_weight: Array | None = None) -> Self:
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : ignored
        sample_weight : array-like of shape (n,), default all ones

        Raises
        ------
        ValueError
            For NaN, infinity, fewer rows than clusters, values whose squares overflow, weights that are negative or
            all zero, or centres of the wrong shape.
        TypeError
            For sparse data.
        KeyboardInterrupt
            After Ctrl-C, once the attributes are set to the best clustering so far.
        """
        # In one memory order, since the order of summation decides ties of k-means++.
        X = validate_data(self, X, dtype=FLOATS, order="C")
        if len(X) < self.n_clusters:
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}: use fewer clusters, or pass more"
                " rows."
            )
        w = weights_of(X, sample_weight)
        # BLAS's own threads wait for work in a busy loop, and take the cores from the blocks.
        with one_blas_thread():
            self._fit(X, w)
        self._warn_about_lost_clusters()
        return self

    def _fit(self, X: Floats, w: Floats) -> None:
        """Set the attributes to the best of all runs, also if Ctrl-C stops them."""
        random_state = check_random_state(self.random_state)
        rows = Rows.of(X, w)
        check_spread(rows.norms, n_terms=len(X), dtype=X.dtype)
        tol = self.tol * float(np.average(rows.norms, weights=w)) / X.shape[1]  # of the mean variance
        best: Run | None = None
        for _ in range(self._n_starts()):
            run = self._run(rows, self._start(X, w, random_state), w, tol)
            if best is None or (run.inertia < best.inertia and not same_clustering(run.labels, best.labels)):
                best = run
                self.cluster_centers_, self.labels_, self.inertia_, self.n_iter_ = run[:4]
                self._n_features_out = self.n_clusters
            if run.interrupt:
                raise run.interrupt

    def _n_starts(self) -> int:
        if self.algorithm == "elkan" and self.n_clusters == 1:
            warnings.warn(
                "algorithm='elkan' doesn't make sense for a single cluster. Using 'lloyd' instead.",
                RuntimeWarning,
                stacklevel=5,
            )
        given = not (isinstance(self.init, str) or callable(self.init))
        if given and self.n_init not in ("auto", 1):
            warnings.warn(
                "Explicit initial center position passed: performing only one init in KMeans instead of"
                f" n_init={self.n_init}.",
                RuntimeWarning,
                stacklevel=5,
            )
        if given:
            return 1
        if self.n_init == "auto":
            return 1 if isinstance(self.init, str) and self.init == "k-means++" else 10
        return int(self.n_init)

    def _start(self, X: Floats, w: Floats, random_state: np.random.RandomState) -> Floats:
        """The initial centres: (n_clusters, d), in X's dtype."""
        if isinstance(self.init, str) and self.init == "random":
            return X[random_state.choice(len(X), size=self.n_clusters, replace=False, p=w / w.sum())]
        if isinstance(self.init, str):
            return kmeans_plusplus(X, self.n_clusters, sample_weight=w, random_state=random_state)[0]
        if callable(self.init):
            return self._given_centers(self.init(X, self.n_clusters, random_state=random_state), X)
        return self._given_centers(self.init, X)

    def _given_centers(self, given: Array, X: Shaped) -> Floats:
        """Centres that the user gave, or a function of theirs, checked: (n_clusters, d), in X's dtype."""
        centers = check_array(given, dtype=X.dtype, order="C", input_name="init")
        if centers.shape != (self.n_clusters, X.shape[1]):
            raise ValueError(
                f"The initial centers (init) have shape {centers.shape}, but n_clusters={self.n_clusters} and"
                f" {X.shape[1]} features need {(self.n_clusters, X.shape[1])}."
            )
        return centers

    def _run(self, rows: Rows, centers: Floats, w: Floats, tol: float) -> "Run":
        """One complete run of Lloyd's algorithm, or what it has reached when Ctrl-C stops it."""
        X, steps, before, n_iter, interrupt = rows.X, lloyd(assignment_over(rows, w), centers), None, 0, None
        try:
            for n_iter, step in enumerate(islice(steps, self.max_iter), start=1):
                if self.verbose:
                    print(f"Iteration {n_iter}, inertia {inertia_of(X, step.centers, step.labels, w)}.")
                centers = step.next_centers
                settled = (
                    before is not None and np.array_equal(step.labels, before) and not relocated(step, w)
                )
                if settled or ((centers - step.centers) ** 2).sum() <= tol:
                    break
                before = step.labels
            labels = next(steps).labels
        except KeyboardInterrupt as stopped:
            interrupt, labels = stopped, assign(X, centers)
        return Run(centers, labels, inertia_of(X, centers, labels, w), n_iter, interrupt)

    def _warn_about_lost_clusters(self) -> None:
        found = len(np.unique(self.labels_))
        if found < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({found}) found smaller than n_clusters ({self.n_clusters})."
                " Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def fit_predict(self, X: Array, y: object = None, sample_weight: Array | None = None) -> Ints:
        """Fit to the rows of X and return their labels: (n,) int32."""
        return self.fit(X, sample_weight=sample_weight).labels_

    def fit_transform(self, X: Array, y: object = None, sample_weight: Array | None = None) -> Floats:
        """Fit to the rows of X and return their distances to the centres: (n, n_clusters)."""
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def predict(self, X: Array) -> Ints:
        """Find the nearest centre for every row: (n,) int32."""
        return assign(new_rows(self, X), self.cluster_centers_)

    def transform(self, X: Array) -> Floats:
        """Compute the Euclidean distance (not squared) from every row to every centre: (n, n_clusters)."""
        return euclidean_distances(new_rows(self, X), self.cluster_centers_)

    def score(self, X: Array, y: object = None, sample_weight: Array | None = None) -> float:
        """Return minus the inertia of X about the fitted centres: higher is better."""
        X = new_rows(self, X)
        w = weights_of(X, sample_weight)
        centers = self.cluster_centers_
        return -inertia_of(X, centers, assign(X, centers), w)


class Run(NamedTuple):
    """The result of one run of Lloyd's algorithm."""

    centers: Floats
    labels: Ints
    inertia: float
    n_iter: int
    interrupt: KeyboardInterrupt | None


def weights_of(X: Floats, sample_weight: Array | None) -> Floats:
    """Check the weights of the rows, and return them as floats: (n,)."""
    w = check_sample_weight(sample_weight, X)
    return np.ones(len(X), dtype=X.dtype) if w is None else w


def relocated(step: LloydStep, w: Floats) -> bool:
    """Check whether the step moved a centre to a far row, because no row with weight has its label."""
    return bool(np.bincount(step.labels, weights=w, minlength=len(step.centers)).min() == 0)


def same_clustering(a: Ints, b: Ints) -> bool:
    """Check whether two labelings split the rows into the same groups, whatever the labels."""
    pairs = np.unique(np.stack([a, b]), axis=1)
    return len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]
