"""Principal component analysis, by a singular value decomposition or by the covariance's eigenvectors.

Symbols
-------
n, d, q    number of rows, features, components kept
X          (n, d)   data
A          (n, d)   centred data, X − mean
S          (q,)     singular values of A, descending
Vt         (q, d)   right singular vectors of A, one per row: the principal axes

    A = U diag(S) Vt,   covariance AᵀA / (n − 1) = Vtᵀ diag(S² / (n − 1)) Vt

Sources: Pearson (1901); Jolliffe (2002), *Principal Component Analysis*; for the density, Tipping & Bishop (1999),
"Probabilistic principal component analysis", JRSS B 61.
"""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from scipy.linalg import svd
from scipy.sparse.linalg import svds
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context
from sklearn.utils import assert_all_finite, check_array, check_random_state
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.extmath import randomized_svd, svd_flip
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcourse.blocks import rows_of_blocks, sum_over_blocks
from mlcourse.gaussians import CovarianceType, Dense, log_density
from mlcourse.typing import Array, Floats, Ints, RandomState
from mlcourse.validation import FLOATS, new_rows

# ── Singular values and axes, four ways ───────────────────────────────────────────────────────────


def _by_svd(X: Floats, mean: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """All axes, from the data themselves: the most accurate solver."""
    _, S, Vt = svd(X - mean, full_matrices=False)
    return S, Vt


def _by_eigh(X: Floats, mean: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """All axes, from the covariance: the fastest solver for many rows and few features."""
    varying = varying_features(X, mean)

    def scatter_of_block(rows: slice) -> Floats:
        A = X[rows].take(varying, axis=1)
        A -= mean[varying]
        return A.T @ A

    width = 1 + X.shape[1] // 8  # not 1, because each block also computes a (d, d) product
    scatter = np.zeros((X.shape[1], X.shape[1]), dtype=X.dtype)
    scatter[np.ix_(varying, varying)] = sum_over_blocks(scatter_of_block, X, row_width=width)
    eigenvalues, vectors = np.linalg.eigh(scatter)
    return np.sqrt(eigenvalues[::-1].clip(min=0)), vectors.T[::-1]


def varying_features(X: Floats, mean: Floats) -> Ints:
    """Return the indices of the features that vary. Pixels in the margin of a picture, for example, may not."""
    still = np.flatnonzero(mean == X[0])
    varies = np.ones(X.shape[1], dtype=bool)
    varies[still] = (X.take(still, axis=1) != X[0, still]).any(axis=0)
    return np.flatnonzero(varies)


def _by_arpack(X: Floats, mean: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """The first q axes, by Lanczos iteration."""
    start = check_random_state(pca.random_state).uniform(-1, 1, size=min(X.shape)).astype(X.dtype)
    _, S, Vt = svds(X - mean, k=q, tol=pca.tol, v0=start)
    return S[::-1], Vt[::-1]


def _by_random_projection(X: Floats, mean: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """The first q axes, by a randomised range finder (Halko, Martinsson & Tropp, 2011)."""
    _, S, Vt = randomized_svd(
        X - mean,
        n_components=q,
        n_oversamples=pca.n_oversamples,
        n_iter=pca.iterated_power,
        power_iteration_normalizer=pca.power_iteration_normalizer,
        random_state=pca.random_state,
    )
    return S, Vt


SOLVERS: dict[str, Callable[[Floats, Floats, float, "PCA"], tuple[Floats, Floats]]] = {
    "full": _by_svd,
    "covariance_eigh": _by_eigh,
    "arpack": _by_arpack,
    "randomized": _by_random_projection,
}
TRUNCATED = {"arpack", "randomized"}


class PCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Principal component analysis, with scikit-learn's interface.

    Parameters
    ----------
    n_components : int, float or None, default=None
        Number of axes to keep. A share between 0 and 1 keeps the fewest axes that explain more than that share of
        the variance; None keeps min(n, d).
    copy : bool, default=True
        Accepted for compatibility with scikit-learn; the data are never modified.
    whiten : bool, default=False
        Scale the transformed features to variance 1.
    svd_solver : {"auto", "full", "covariance_eigh", "arpack", "randomized"}, default="auto"
        "auto" chooses as scikit-learn does.
    tol : float, default=0.0
        For "arpack".
    iterated_power, n_oversamples, power_iteration_normalizer, random_state
        For "randomized" (and `random_state` for "arpack"): see `sklearn.utils.extmath.randomized_svd`.

    Attributes
    ----------
    components_ : array of shape (q, d)
        Principal axes; the largest entry of each, in absolute value, is positive.
    explained_variance_, explained_variance_ratio_, singular_values_ : arrays of shape (q,)
    mean_ : array of shape (d,)
    n_components_, n_samples_ : int
    noise_variance_ : float
        Mean variance along the axes that the solver could have kept but did not.
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "n_components": [
            Interval(Integral, 0, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "copy": ["boolean"],
        "whiten": ["boolean"],
        "svd_solver": [StrOptions({"auto", *SOLVERS})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "iterated_power": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
        "n_oversamples": [Interval(Integral, 1, None, closed="left")],
        "power_iteration_normalizer": [StrOptions({"auto", "QR", "LU", "none"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_components: float | None = None,
        *,
        copy: bool = True,
        whiten: bool = False,
        svd_solver: str = "auto",
        tol: float = 0.0,
        iterated_power: int | str = "auto",
        n_oversamples: int = 10,
        power_iteration_normalizer: str = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.n_components = n_components
        self.copy = copy
        self.whiten = whiten
        self.svd_solver = svd_solver
        self.tol = tol
        self.iterated_power = iterated_power
        self.n_oversamples = n_oversamples
        self.power_iteration_normalizer = power_iteration_normalizer
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Array, y: object = None) -> Self:
        """Find the principal axes of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : ignored

        Raises
        ------
        ValueError
            For NaN, infinity, fewer than two rows, or more components than min(n, d).
        TypeError
            For sparse data.
        """
        X = validate_data(self, X, dtype=FLOATS, ensure_min_samples=2, ensure_all_finite=False)
        n, d = X.shape
        solver, wanted = self._check_solver(n, d)
        with np.errstate(over="ignore", invalid="ignore"):
            self.mean_ = X.mean(axis=0)
        if not np.isfinite(self.mean_).all():  # NaN and infinity show up in the mean: no separate pass needed
            assert_all_finite(X, estimator_name="PCA", input_name="X")
        S, Vt = SOLVERS[solver](X, self.mean_, wanted, self)
        _, Vt = svd_flip(None, Vt, u_based_decision=False)
        variance = S**2 / (n - 1)
        total = X.var(axis=0, ddof=1).sum() if solver in TRUNCATED else variance.sum()
        q = wanted if isinstance(wanted, int) else n_to_explain(wanted, variance / total)
        if solver in TRUNCATED:  # the variance of axes not computed, by subtraction
            noise = (total - variance.sum()) / max(min(n, d) - q, 1)
        else:
            noise = variance[q:].sum() / max(len(variance) - q, 1)

        self.components_ = Vt[:q].copy()
        self.explained_variance_ = variance[:q].copy()
        self.explained_variance_ratio_ = variance[:q] / total
        self.singular_values_ = S[:q].copy()
        self.noise_variance_ = noise if q < min(n, d) else 0.0
        self.n_components_, self.n_samples_ = q, n
        self._n_features_out = q
        return self

    def _check_solver(self, n: int, d: int) -> tuple[str, float]:
        """The solver to use, and how many axes it must find: a number, or a share of the variance."""
        q, solver = self.n_components, self.svd_solver
        if solver == "auto":
            if d <= 1000 and n >= 10 * d:
                solver = "covariance_eigh"
            elif max(n, d) > 500 and isinstance(q, Integral) and 1 <= q < 0.8 * min(n, d):
                solver = "randomized"
            else:
                solver = "full"
        lowest, highest = (1 if solver in TRUNCATED else 0), min(n, d) - (solver == "arpack")
        if q is None:
            return solver, highest
        counted = isinstance(q, Integral)
        if (counted and not lowest <= q <= highest) or (solver in TRUNCATED and not counted):
            raise ValueError(
                f"n_components={q!r} must be an integer between {lowest} and {highest}, given min(n_samples,"
                f" n_features)={min(n, d)} and svd_solver={solver!r}."
            )
        return solver, (int(q) if counted else q)

    def _axes(self, power: int) -> Floats:
        """The axes; when whitening, each times its standard deviation to the given power: (q, d)."""
        if not self.whiten:
            return self.components_
        scale = np.sqrt(self.explained_variance_).clip(min=np.finfo(self.components_.dtype).eps)
        return self.components_ * scale[:, np.newaxis] ** power

    def transform(self, X: Array) -> Floats:
        """Compute the coordinates of the rows of X along the axes: (n, q), with variance 1 when whitening."""
        X = new_rows(self, X)
        axes = self._axes(-1).T
        return rows_of_blocks(lambda rows: (X[rows] - self.mean_) @ axes, X, row_width=X.shape[1])

    def inverse_transform(self, X: Array) -> Floats:
        """Map coordinates (n, q) back to the space of the data (n, d): exact if q = d, else a projection."""
        check_is_fitted(self)
        return check_array(X, dtype=FLOATS, input_name="X") @ self._axes(1) + self.mean_

    def get_covariance(self) -> Floats:
        """Compute the covariance: Vtᵀ diag(variance) Vt along the axes, `noise_variance_` across them: (d, d)."""
        check_is_fitted(self)
        surplus = (self.explained_variance_ - self.noise_variance_).clip(min=0)
        covariance = (self.components_.T * surplus) @ self.components_
        return Dense.ridge(covariance, self.noise_variance_)

    def get_precision(self) -> Floats:
        """Invert `get_covariance` by its Cholesky factor: (d, d). Raises ValueError if it is singular."""
        return Dense.precision(self._factor())

    def _factor(self) -> Floats:
        try:
            return Dense.factor(self.get_covariance())
        except np.linalg.LinAlgError:
            raise ValueError(
                "The covariance of this PCA is singular, so it has no density: the data vary in fewer directions"
                " than they have features. Keep fewer components, so that noise_variance_ is positive."
            ) from None

    def score_samples(self, X: Array) -> Floats:
        """Compute every row's log density under a Gaussian with the model's mean and covariance: (n,), in nats."""
        X, P, mean = new_rows(self, X), self._factor(), self.mean_[np.newaxis]

        def score(rows: slice) -> Floats:
            return log_density(X[rows], mean, P, CovarianceType.named("tied"))[:, 0]

        return rows_of_blocks(score, X, row_width=X.shape[1])

    def score(self, X: Array, y: object = None) -> float:
        """Return the mean of `score_samples`."""
        return float(np.mean(self.score_samples(X)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def n_to_explain(share: float, ratio: Floats) -> int:
    """Count the axes that are needed to explain more than `share` of the variance, given the ratio of each."""
    return int(np.searchsorted(np.cumsum(ratio), share, side="right")) + 1
