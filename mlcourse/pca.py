"""Principal component analysis, by a singular value decomposition or by the covariance's eigenvectors.

Symbols
-------
n, d, q    number of rows, features, components kept
X          (n, d)   data
A          (n, d)   centred data, X − mean
S          (q,)     singular values of A, descending
Vt         (q, d)   right singular vectors of A, one per row: the principal axes

    A = U diag(S) Vt,   covariance AᵀA / (n − 1) = Vtᵀ diag(S² / (n − 1)) Vt

The scatter AᵀA needs a single pass over the data. Each block of rows is centred about its own mean while it is in the
processor's cache; the total is the scatter within the blocks plus the scatter of the block means (the law of total
variance). Only squares are added, so a large offset costs no digits. Features that are constant in a block, such as
the margins of pictures, are left out of its product.

Sources: Pearson (1901); Jolliffe (2002), *Principal Component Analysis*; for the density, Tipping & Bishop (1999),
"Probabilistic principal component analysis", JRSS B 61; for the sums over blocks, Chan, Golub & LeVeque (1983),
"Algorithms for computing the sample variance", The American Statistician 37.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike
from scipy.linalg import svd
from scipy.special import gammaln
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context
from sklearn.utils import assert_all_finite, check_array, check_random_state
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.extmath import randomized_svd, svd_flip
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcourse.blas import one_blas_thread
from mlcourse.blocks import BLOCK_BYTES, map_blocks, rows_of_blocks, sum_over_blocks
from mlcourse.gaussians import Dense
from mlcourse.typing import Array, Floats, Ints, RandomState
from mlcourse.validation import FLOATS, new_rows

# ── Mean and deviations, or mean and scatter ──────────────────────────────────────────────────────


@np.errstate(over="ignore", invalid="ignore")  # the caller checks the sum of squares
def mean_and_deviations(X: Floats) -> tuple[Floats, Floats]:
    """Compute the mean (d,) and A (n, d), which is exactly 0 for constant features."""
    A = X - X[0]
    shift = A.mean(axis=0)
    A -= shift
    return X[0] + shift, A


@dataclass(frozen=True)
class Moments:
    """The mean of some rows and their scatter about it. Those of parts add up to those of the whole."""

    n_rows: int
    origin: Floats  # (d,) a row of the data
    offset: Floats  # (d,) the mean minus the origin
    scatter: Floats  # (d, d)

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # the caller checks the trace
    def of_block(cls, X: Floats, origin: Floats) -> Self:
        """Compute the moments of these rows, from the features that vary."""
        d, varying = X.shape[1], varying_features(X)
        A = X.take(varying, axis=1)
        A -= X[0, varying]
        shift = A.mean(axis=0)
        A -= shift
        offset, scatter = X[0] - origin, np.zeros((d, d), dtype=X.dtype)
        offset[varying] += shift
        scatter[np.ix_(varying, varying)] = A.T @ A
        return cls(len(X), origin, offset, scatter)

    @np.errstate(over="ignore", invalid="ignore")
    def __iadd__(self, other: "Moments") -> "Moments":
        """Add the moments of other rows in place: the scatter of both about the common mean."""
        n = self.n_rows + other.n_rows
        shift = (other.origin - self.origin) + (other.offset - self.offset)
        share = shift.dtype.type(other.n_rows / n)
        scatter = np.add(self.scatter, other.scatter, out=self.scatter)
        scatter += np.outer(shift * (share * self.n_rows), shift)
        return replace(self, n_rows=n, offset=self.offset + share * shift)

    def astype(self, dtype: DTypeLike) -> "Moments":
        """Return the same moments with all arrays in `dtype`."""
        arrays = {name: getattr(self, name).astype(dtype) for name in ("origin", "offset", "scatter")}
        return replace(self, **arrays)

    @property
    def mean(self) -> Floats:
        """The mean of the rows: (d,)."""
        return self.origin + self.offset


def moments_of(X: Floats) -> Moments:
    """Compute the mean and AᵀA in one pass over blocks of rows."""
    d = X.shape[1]
    # Each block also has a (d, d) product, so it needs at least about 2 d rows.
    width = max(min(d, BLOCK_BYTES // (2 * d * X.itemsize)), 1)
    return sum_over_blocks(lambda block: Moments.of_block(X[block], X[0]), X, width)


def varying_features(X: Floats) -> Ints:
    """Return the indices of the features that vary. Pixels in the margin of a picture, for example, may not."""
    still = np.flatnonzero((X[:8] == X[0]).all(axis=0))  # a few rows rule out most features
    varies = np.ones(X.shape[1], dtype=bool)
    varies[still] = (X.take(still, axis=1) != X[0, still]).any(axis=0)
    return np.flatnonzero(varies)


# ── Singular values and axes, four ways ───────────────────────────────────────────────────────────


def _by_svd(A: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """All axes, from the data themselves: the most accurate solver."""
    _, S, Vt = svd(A, full_matrices=False)
    return S, Vt


def _by_eigh(scatter: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """All axes, from the scatter: the fastest solver for many rows and few features.

    Features that never vary are axes of their own, the last ones, with singular value 0.
    """
    varying, still = np.flatnonzero(scatter.diagonal()), np.flatnonzero(scatter.diagonal() == 0)
    with one_blas_thread():  # the last digits of LAPACK's answer depend on the number of threads
        eigenvalues, vectors = np.linalg.eigh(scatter[np.ix_(varying, varying)])
    S, Vt = np.zeros(len(scatter), dtype=scatter.dtype), np.zeros_like(scatter)
    S[: len(varying)] = np.sqrt(eigenvalues[::-1].clip(min=0))
    Vt[: len(varying), varying] = vectors.T[::-1]
    Vt[np.arange(len(varying), len(Vt)), still] = 1
    return S, Vt


def _by_arpack(A: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """The first q axes, by Lanczos iteration."""
    from scipy.sparse.linalg import svds  # slow to import, and rarely used

    start = check_random_state(pca.random_state).uniform(-1, 1, size=min(A.shape)).astype(A.dtype)
    # ARPACK's tolerances are absolute for small values. Dividing by a power of two is exact.
    scale = np.ldexp(A.dtype.type(1), np.frexp(np.abs(A).max())[1] - 1)
    _, S, Vt = svds(A / scale, k=q, tol=pca.tol, v0=start)
    return S[::-1] * scale, Vt[::-1]


def _by_random_projection(A: Floats, q: float, pca: "PCA") -> tuple[Floats, Floats]:
    """The first q axes, by a randomised range finder (Halko, Martinsson & Tropp, 2011)."""
    _, S, Vt = randomized_svd(
        A,
        n_components=q,
        n_oversamples=pca.n_oversamples,
        n_iter=pca.iterated_power,
        power_iteration_normalizer=pca.power_iteration_normalizer,
        random_state=pca.random_state,
    )
    return S, Vt


# The solvers work on A, but for "covariance_eigh", which works on AᵀA.
SOLVERS: dict[str, Callable[[Floats, float, "PCA"], tuple[Floats, Floats]]] = {
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
    n_components : int, float, "mle" or None, default=None
        Number of axes to keep. A share between 0 and 1 keeps the fewest axes that explain more than that share of
        the variance; "mle" keeps the likeliest number (see `likeliest_dimension`); None keeps min(n, d).
    copy : bool, default=True
        Accepted for compatibility with scikit-learn; the data are never modified.
    whiten : bool, default=False
        Scale the transformed features to variance 1.
    svd_solver : {"auto", "full", "covariance_eigh", "arpack", "randomized"}, default="auto"
        How the axes are found. "full": singular value decomposition. "covariance_eigh": eigenvectors of the
        covariance, fast for many rows with few features. "arpack" and "randomized": the first axes only. "auto"
        chooses as scikit-learn does.
    tol : float, default=0.0
        For "arpack": accuracy of the singular values; 0 means that of the machine.
    iterated_power : int or "auto", default="auto"
        For "randomized": number of power iterations. More are more accurate, and slower.
    n_oversamples : int, default=10
        For "randomized": how many more axes than `n_components` are followed.
    power_iteration_normalizer : {"auto", "QR", "LU", "none"}, default="auto"
        For "randomized": what keeps the power iterations stable; see `sklearn.utils.extmath.randomized_svd`.
    random_state : int, RandomState or None, default=None
        For "randomized" and "arpack". An int gives the same results in every call.

    Attributes
    ----------
    components_ : array of shape (q, d)
        Principal axes; the largest entry of each, in absolute value, is positive.
    explained_variance_, explained_variance_ratio_, singular_values_ : arrays of shape (q,)
    mean_ : array of shape (d,)
        Mean of each feature.
    n_components_, n_samples_ : int
    noise_variance_ : float
        Mean variance along the axes that the solver could have kept but did not.
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "n_components": [
            Interval(Integral, 0, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            StrOptions({"mle"}),
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
        n_components: float | str | None = None,
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
            For NaN, infinity, squares that overflow, fewer than two rows, or more components than min(n, d).
        TypeError
            For sparse data.
        """
        self._fit(X)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Array, y: object = None) -> Floats:
        """Return the same as `fit(X).transform(X)`, but validate X only once. See both."""
        return self._coordinates(self._fit(X))

    def _fit(self, X: Array) -> Floats:
        """Set the attributes, and return X as a valid array."""
        X = validate_data(self, X, dtype=FLOATS, ensure_min_samples=2, ensure_all_finite=False)
        solver = self._chosen_solver(*X.shape)
        wanted = self._wanted(solver, *X.shape)
        if solver == "covariance_eigh":
            moments = moments_of(X)
            check_squares(np.trace(moments.scatter), X)
            self._keep_axes(solver, wanted, len(X), moments.mean, moments.scatter)
        else:
            mean, A = mean_and_deviations(X)
            check_squares(np.einsum("ij,ij->i", A, A).sum(), X)
            self._keep_axes(solver, wanted, len(X), mean, A)
        return X

    def _keep_axes(self, solver: str, wanted: Any, n: int, mean: Floats, matrix: Floats) -> None:
        """Set the attributes, from the `matrix` that the solver takes: AᵀA for "covariance_eigh", else A."""
        d = len(mean)
        if matrix.any():
            S, Vt = SOLVERS[solver](matrix, wanted, self)
            _, Vt = svd_flip(None, Vt, u_based_decision=False)
        else:  # constant data: any axes will do
            S, Vt = np.zeros(min(n, d), dtype=matrix.dtype), np.eye(min(n, d), d, dtype=matrix.dtype)
        variance = S**2 / (n - 1)
        total = (
            np.einsum("ij,ij->i", matrix, matrix).sum() / (n - 1) if solver in TRUNCATED else variance.sum()
        )
        ratio = variance / total if total > 0 else np.zeros_like(variance)
        if wanted == "mle":
            q = likeliest_dimension(variance, n)
        else:
            q = wanted if isinstance(wanted, int) else n_to_explain(wanted, ratio[: min(n, d)])
        if solver in TRUNCATED:  # the variance of axes not computed, by subtraction
            noise = left_over(total, variance, min(n, d)) / max(min(n, d) - q, 1)
        else:
            noise = variance[q:].sum() / max(len(variance) - q, 1)

        self.mean_ = mean
        self.components_ = Vt[:q].copy()
        self.explained_variance_ = variance[:q].copy()
        self.explained_variance_ratio_ = ratio[:q].copy()
        self.singular_values_ = S[:q].copy()
        self.noise_variance_: Any = noise if q < min(n, d) else 0.0
        self.n_components_, self.n_samples_ = q, n
        self._n_features_out = q
        self._fit_svd_solver = solver

    def _chosen_solver(self, n: int, d: int) -> str:
        """The solver to use."""
        q: Any = self.n_components
        if self.svd_solver != "auto":
            return self.svd_solver
        if d <= 1000 and n >= 10 * d:
            return "covariance_eigh"
        if max(n, d) > 500 and isinstance(q, Integral) and 1 <= int(q) < 0.8 * min(n, d):
            return "randomized"
        return "full"

    def _wanted(self, solver: str, n: int, d: int) -> Any:
        """How many axes a solver must find: a number, a share of the variance, or "mle"."""
        q: Any = self.n_components
        lowest, highest = (1 if solver in TRUNCATED else 0), min(n, d) - (solver == "arpack")
        if q is None:
            return highest
        if q == "mle" and solver not in TRUNCATED and n < d:
            raise ValueError(
                f"n_components='mle' needs n_samples >= n_features, but X has {n} rows and {d} features."
                " Give a number or a share of the variance instead."
            )
        counted = isinstance(q, Integral)
        if (counted and not lowest <= q <= highest) or (solver in TRUNCATED and not counted):
            raise ValueError(
                f"n_components={q!r} must be an integer between {lowest} and {highest}, given min(n_samples,"
                f" n_features)={min(n, d)} and svd_solver={solver!r}."
            )
        return int(q) if counted else q

    def _smallest_variance(self) -> float:
        """Return the variance below which rounding errors hide an axis; the data have none along such an axis.

        Rounding changes singular values by up to about ε · (longer side of the matrix) · (the largest one). The
        covariance, with shorter sides, holds their squares.
        """
        d = len(self.mean_)
        epsilon = np.finfo(self.components_.dtype).eps
        largest = self.explained_variance_.max(initial=self.noise_variance_)
        if self._fit_svd_solver == "covariance_eigh":
            return largest * (epsilon * d)
        return largest * (epsilon * max(self.n_samples_, d)) ** 2

    def _axes(self, power: int) -> Floats:
        """The axes; when whitening, each times its standard deviation to the given power: (q, d).

        Axes whose standard deviation is no larger than rounding errors become 0.
        """
        if not self.whiten:
            return self.components_
        variance = self.explained_variance_
        scale, known = np.zeros_like(variance), variance > self._smallest_variance()
        scale[known] = np.sqrt(variance[known]) ** power
        return self.components_ * scale[:, np.newaxis]

    def transform(self, X: Array) -> Floats:
        """Compute the coordinates of the rows of X along the axes: (n, q).

        When whitening, each coordinate has variance 1 over the data of `fit`, or is 0 if the data do not vary along
        its axis by more than rounding errors.
        """
        return self._coordinates(new_rows(self, X))

    def _coordinates(self, X: Floats) -> Floats:
        axes, mean = np.ascontiguousarray(self._axes(-1).T), self.mean_
        Y = np.empty((len(X), axes.shape[1]), dtype=np.result_type(X, axes))

        def project(rows: slice) -> None:
            varying = varying_features(X[rows])
            offset = X[rows.start] - mean
            offset[varying] = 0  # what remains is the same for all of these rows
            A = X[rows].take(varying, axis=1).astype(Y.dtype, copy=False)
            A -= mean[varying]
            np.matmul(A, axes[varying], out=Y[rows])
            Y[rows] += offset @ axes

        for _ in map_blocks(project, X, row_width=X.shape[1]):
            pass
        return Y

    def inverse_transform(self, X: Array) -> Floats:
        """Map coordinates (n, q) back to the space of the data (n, d): exact if q = d, else a projection."""
        check_is_fitted(self)
        X = check_array(X, dtype=FLOATS, input_name="X")
        if X.shape[1] != self.n_components_:
            raise ValueError(
                f"X has {X.shape[1]} features, but inverse_transform is expecting {self.n_components_} features as"
                " input: one coordinate per kept axis (n_components_), as transform returns them."
            )
        return X @ self._axes(1) + self.mean_

    def get_covariance(self) -> Floats:
        """Compute the covariance: Vtᵀ diag(variance) Vt along the axes, `noise_variance_` across them: (d, d)."""
        check_is_fitted(self)
        surplus = (self.explained_variance_ - self.noise_variance_).clip(min=0)
        covariance = (self.components_.T * surplus) @ self.components_
        return Dense.ridge(covariance, self.noise_variance_)

    def get_precision(self) -> Floats:
        """Invert `get_covariance` along and across the axes: (d, d). Raises ValueError if it is singular."""
        check_is_fitted(self)
        along, across = self._positive_variances()
        deficit = 1 / across - 1 / along
        return Dense.ridge(-(self.components_.T * deficit) @ self.components_, 1 / across)

    def _positive_variances(self) -> tuple[Floats, float]:
        """The model's variance along each axis (q,), and across all of them. Raises ValueError if any is 0."""
        along = np.maximum(self.explained_variance_, self.noise_variance_)
        # With all d axes nothing is left across them, and any value gives the same density.
        across = self.noise_variance_ if len(along) < len(self.mean_) else along.min()
        if not min(across, along.min(initial=across)) > self._smallest_variance():
            raise ValueError(
                "The covariance of this PCA is singular, so it has no density: the data vary in fewer directions"
                " than they have features. Keep fewer components, so that noise_variance_ is positive."
            )
        return along, across

    def score_samples(self, X: Array) -> Floats:
        """Compute every row's log density under a Gaussian with the model's mean and covariance: (n,), in nats.

        The squared Mahalanobis distance is a sum along and across the axes, so no (d, d) matrix is needed. Raises
        ValueError if the covariance is singular.
        """
        X, Vt = new_rows(self, X), self.components_
        along, across = self._positive_variances()
        q, d = Vt.shape
        log_det = float(np.log(along).sum() + (d - q) * np.log(across))

        @np.errstate(over="ignore")  # a row may be so far away that its density is 0
        def score(rows: slice) -> Floats:
            A = X[rows] - self.mean_
            Y = A @ Vt.T
            A -= Y @ Vt
            distance = (Y**2 / along).sum(axis=1) + (A**2 / across).sum(axis=1)
            return -0.5 * (distance + log_det + d * float(np.log(2 * np.pi)))

        return rows_of_blocks(score, X, row_width=X.shape[1])

    def score(self, X: Array, y: object = None) -> float:
        """Return the mean of `score_samples`."""
        return float(np.mean(self.score_samples(X)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def check_squares(squares: np.floating[Any], X: Floats) -> None:
    """Raise ValueError if the sum of squared deviations is not finite, with the reason."""
    if not np.isfinite(squares):
        with np.errstate(over="ignore", invalid="ignore"):
            assert_all_finite(X, estimator_name="PCA", input_name="X")
        raise ValueError(
            f"X has values up to {np.abs(X).max():.2g} in size, so far apart that their variance overflows {X.dtype}."
            " Divide X by a constant: the axes and the shares of the variance stay the same."
        )


def n_to_explain(share: float, ratio: Floats) -> int:
    """Count the axes that are needed to explain more than `share` of the variance, given the ratio of each.

    If rounding lets even the sum of all ratios not exceed `share`, the axes that reach this sum are enough.
    """
    explained = np.cumsum(ratio)
    most = np.searchsorted(explained, explained[-1])
    return 1 + int(min(np.searchsorted(explained, share, side="right"), most))


def likeliest_dimension(variance: Floats, n: int) -> int:
    """Return the number of axes, from 1 to d − 1, with the largest evidence given the variance along each (d,)."""
    return 1 + int(np.argmax(log_evidence(variance, n))) if len(variance) > 1 and variance[0] > 0 else 1


def log_evidence(variance: Floats, n: int) -> Floats:
    """Approximate the log evidence of the probabilistic PCA model with k axes, for k = 1 … d − 1: (d − 1,).

    With λᵢ the variance along axis i and v the mean of those beyond k, Laplace's method gives, up to a constant,

        log p(X | k) ≈ log p(U) − ½ n (Σᵢ log λᵢ + (d − k) log v) + ½ (m + k) log 2π − ½ log |A| − ½ k log n
        log p(U) = − k log 2 + Σᵢ [log Γ(½ (d − i + 1)) − ½ (d − i + 1) log π],   m = d k − ½ k (k + 1)
        |A| = Πᵢ Πⱼ n (λᵢ − λⱼ) (1 / λ̂ⱼ − 1 / λ̂ᵢ),   λ̂ⱼ = λⱼ for j ≤ k, else v

    over i = 1 … k and j = i + 1 … d. The choice of k does not depend on the scale of the data. Variances and gaps
    below the rounding error of the largest variance count as that error; an axis without variance has evidence −∞.

    Source: Minka (2000), "Automatic choice of dimensionality for PCA", NIPS 13: its Laplace approximation.
    """
    d = len(variance)
    lam = variance.astype(np.float64) / variance[0]
    tiny = float(np.finfo(variance.dtype).eps) * d
    floored = np.maximum(lam, tiny)
    k = np.arange(1, d)
    v = np.maximum(lam[::-1].cumsum()[-2::-1] / (d - k), tiny)
    m = d * k - k * (k + 1) / 2
    sizes = (d - k + 1) / 2
    log_prior = np.cumsum(gammaln(sizes) - sizes * np.log(np.pi) - np.log(2))
    log_likelihood = -n / 2 * (np.log(floored).cumsum()[:-1] + (d - k) * np.log(v))

    later = np.triu(np.ones((d, d), dtype=bool), 1)  # pairs i < j
    gaps = np.where(later, np.log(np.maximum(lam[:, np.newaxis] - lam, tiny)), 0)
    inner = np.where(later, np.log(np.maximum(1 / floored - 1 / floored[:, np.newaxis], tiny)), 0)
    outer = np.log(np.maximum(1 / v[:, np.newaxis] - 1 / floored[:-1], tiny))  # row k, column i
    log_A = gaps.sum(axis=1).cumsum()[:-1] + inner.sum(axis=0).cumsum()[:-1]
    log_A += (d - k) * np.tril(outer).sum(axis=1) + m * np.log(n)

    evidence = log_prior + log_likelihood + (m + k) / 2 * np.log(2 * np.pi) - log_A / 2 - k / 2 * np.log(n)
    return np.where(lam[:-1] > tiny, evidence, -np.inf)


def left_over(total: np.floating[Any], variance: Floats, n_axes: int) -> np.floating[Any]:
    """Subtract the variance along the kept axes from the total; 0 if only rounding errors remain."""
    rest = total - variance.sum()
    return rest if rest > np.finfo(variance.dtype).eps * n_axes * total else total * 0
