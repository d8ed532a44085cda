"""Gaussian densities, and the four covariance types as one table.

Symbols
-------
n, d, K    number of rows, features, components
X          (n, d)      data, one point per row
R          (n, K)      non-negative weights, usually responsibilities
mu         (K, d)      means
c          (K, d)      reference points for the moments
S          scatter     Σᵢ rᵢₖ (xᵢ − cₖ)(xᵢ − cₖ)ᵀ, or the part of it that a covariance type needs
N          (K,)        effective number of points per component, Σᵢ rᵢₖ
Sigma      covariance  Σ = L Lᵀ with L lower triangular
P          precision Cholesky factor, Σ⁻¹ = P Pᵀ with P = L⁻ᵀ upper triangular
T          a covariance to compare Σ with

Everything builds on whitening: y = (x − μ) P has covariance I, so ‖y‖² is the squared Mahalanobis distance and
the sum of the logarithms of P's diagonal is −½ log |Σ|. No inverse or determinant is ever computed, and data are
centred before they are squared: E[x²] − μ² loses every digit once the mean is large compared with the spread.

Two kernels, `Dense` and `Diagonal`, do the arithmetic. Four covariance types say what the components share: each
is a constraint on the same scatter (`COVARIANCE_TYPES`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import lapack, solve_triangular

from mlcourse.typing import Floats, Ints

# ── Two kernels ───────────────────────────────────────────────────────────────────────────────────


class Dense:
    """Arithmetic with whole matrices: covariances and factors are (..., d, d)."""

    @staticmethod
    def factor(Sigma: Floats) -> Floats:
        """Compute P from Σ: Σ = L Lᵀ, P = L⁻ᵀ. Raises LinAlgError if Σ is not positive definite."""
        L = np.linalg.cholesky(Sigma)
        invert_triangle = lapack.strtri if L.dtype == np.float32 else lapack.dtrtri
        P = np.empty_like(L)
        for k in np.ndindex(L.shape[:-2]):
            P[k], _ = invert_triangle(L[k].T)  # LAPACK itself: SciPy's checks take longer than a small matrix
        return P

    @staticmethod
    def factor_of_precision(precision: Floats) -> Floats:
        """Compute the upper triangular P with P Pᵀ = Λ: a Cholesky factor, built from the last row upwards.

        Raises LinAlgError if Λ is not symmetric and positive definite.
        """
        if not np.allclose(precision, np.swapaxes(precision, -1, -2)):
            raise np.linalg.LinAlgError("the matrix is not symmetric")
        flipped = np.linalg.cholesky(precision[..., ::-1, ::-1])
        return np.ascontiguousarray(flipped[..., ::-1, ::-1])

    @staticmethod
    def precision(P: Floats) -> Floats:
        """Compute Λ = Σ⁻¹ = P Pᵀ."""
        return P @ np.swapaxes(P, -1, -2)

    @staticmethod
    def covariance(P: Floats) -> Floats:
        """Compute Σ from P: with W = P⁻¹ (by a triangular solve), Σ = Wᵀ W."""
        Sigma, identity = np.empty_like(P), np.eye(P.shape[-1], dtype=P.dtype)
        for k in np.ndindex(P.shape[:-2]):
            W = Dense.colour(identity, P[k])
            Sigma[k] = W.T @ W
        return Sigma

    @staticmethod
    def log_det(P: Floats) -> Floats:
        """Compute ½ log |Σ⁻¹|, the sum of the logarithms of P's diagonal: (K,)."""
        return np.log(np.diagonal(P, axis1=-2, axis2=-1)).sum(axis=-1)

    @staticmethod
    def trace(P: Floats, T: Floats) -> Floats:
        """Compute tr(Σ⁻¹ T) = tr(Pᵀ T P), the total variance after P whitens points of covariance T: (K,)."""
        return np.einsum("...ij,...ij->...", P, T @ P)

    @staticmethod
    def whiten(D: Floats, P: Floats) -> Floats:
        """Compute y = (x − μ) P for the centred rows D : (n, d)."""
        return D @ P

    @staticmethod
    def colour(Y: Floats, P: Floats) -> Floats:
        """Undo `whiten`: x − μ = y P⁻¹."""
        return solve_triangular(P, Y.T, trans="T").T

    @staticmethod
    def ridge(Sigma: Floats, amount: Floats | np.floating[Any] | float) -> Floats:
        """Compute Σ + amount · I."""
        return Sigma + amount * np.eye(Sigma.shape[-1], dtype=Sigma.dtype)


class Diagonal:
    """Arithmetic with variances alone: covariances and factors are (..., d), or (K,) if features share one."""

    @staticmethod
    def factor(Sigma: Floats) -> Floats:
        """Compute 1/σ from σ². Raises LinAlgError if a variance is not positive."""
        if not np.all(Sigma > 0):
            raise np.linalg.LinAlgError("a variance is not positive")
        return 1 / np.sqrt(Sigma)

    @staticmethod
    def factor_of_precision(precision: Floats) -> Floats:
        """Compute 1/σ from 1/σ². Raises LinAlgError if a precision is not positive."""
        if not np.all(precision > 0):
            raise np.linalg.LinAlgError("a precision is not positive")
        return np.sqrt(precision)

    @staticmethod
    def precision(P: Floats) -> Floats:
        """Compute 1/σ²."""
        return P**2

    @staticmethod
    def covariance(P: Floats) -> Floats:
        """Compute σ²."""
        return 1 / P**2

    @staticmethod
    def log_det(P: Floats) -> Floats:
        """Compute ½ log |Σ⁻¹| = −Σ log σ: (K,)."""
        return np.log(P).sum(axis=-1)

    @staticmethod
    def trace(P: Floats, T: Floats) -> Floats:
        """Compute tr(Σ⁻¹ T) = Σ t / σ², the total variance after P whitens points of variances T: (K,)."""
        return (T * P**2).sum(axis=-1)

    @staticmethod
    def whiten(D: Floats, P: Floats) -> Floats:
        """Compute y = (x − μ) / σ for the centred rows D : (n, d)."""
        return D * P

    @staticmethod
    def colour(Y: Floats, P: Floats) -> Floats:
        """Undo `whiten`: x − μ = y σ."""
        return Y / P

    @staticmethod
    def ridge(Sigma: Floats, amount: Floats | np.floating[Any] | float) -> Floats:
        """Compute σ² + amount."""
        return Sigma + amount


# ── The scatter, or the part of it that a covariance type needs ────────────────────────────────────────


def centred(X: Floats, rows: Ints, c: Floats) -> Floats:
    """Compute xᵢ − c for the given rows, in one copy, and only for the first features if c has no more."""
    D = X[rows, : len(c)].astype(np.result_type(X, c), copy=False)  # a copy already, since `rows` are indices
    D -= c
    return D


def full_scatter(X: Floats, R: Floats, c: Floats) -> Floats:
    """Compute Σᵢ rᵢₖ (xᵢ − cₖ)(xᵢ − cₖ)ᵀ for every k: (K, d, d).

    √r goes into both factors, so that each product is AᵀA: exactly symmetric, and half the work for BLAS. Rows that
    have weight 0 in component k are skipped.
    """
    S = np.empty((len(c), X.shape[1], X.shape[1]), dtype=X.dtype)
    for S_k, r_k, c_k in zip(S, np.sqrt(R.T), c):
        owned = np.flatnonzero(r_k)
        A = X - c_k if len(owned) == len(X) else centred(X, owned, c_k)
        A *= r_k[owned, np.newaxis]
        np.matmul(A.T, A, out=S_k)
    return S


def pooled_scatter(X: Floats, R: Floats, c: Floats) -> Floats:
    """Compute Σₖ Σᵢ rᵢₖ (xᵢ − cₖ)(xᵢ − cₖ)ᵀ: (d, d), in one product instead of K.

    By the law of total variance: with wᵢ = Σₖ rᵢₖ and mᵢ = Σₖ rᵢₖ cₖ / wᵢ, the mean reference point of row i,
    the sum is Σᵢ wᵢ (xᵢ − mᵢ)(xᵢ − mᵢ)ᵀ + Σ_{k<l} Gₖₗ (cₖ − cₗ)(cₖ − cₗ)ᵀ with G = Σᵢ rᵢ rᵢᵀ / wᵢ.
    Only positive terms are added, so nothing cancels.
    """
    w = R.sum(axis=1, keepdims=True)
    share = np.divide(R, w, out=np.zeros_like(R), where=w > 0)
    A = X - share @ c
    A *= np.sqrt(w)
    S, G = A.T @ A, R.T @ share
    for k in range(len(c) - 1):
        gaps = c[k + 1 :] - c[k]
        S += (gaps.T * G[k, k + 1 :]) @ gaps
    return S


def diagonal_scatter(X: Floats, R: Floats, c: Floats) -> Floats:
    """Compute Σᵢ rᵢₖ (xᵢ − cₖ)² for every k, feature by feature: (K, d)."""
    S = np.empty((len(c), X.shape[1]), dtype=X.dtype)
    for S_k, r_k, c_k in zip(S, R.T, c):
        A = X - c_k
        A *= A
        np.matmul(r_k, A, out=S_k)
    return S


def full_product(A: Floats, B: Floats) -> Floats:
    """Compute ½ (Aₖ Bₖᵀ + Bₖ Aₖᵀ) for every k: (K, d, d)."""
    S = A[:, :, np.newaxis] * B[:, np.newaxis]
    S += B[:, :, np.newaxis] * A[:, np.newaxis]
    S /= 2
    return S


def pooled_product(A: Floats, B: Floats) -> Floats:
    """Compute Σₖ ½ (Aₖ Bₖᵀ + Bₖ Aₖᵀ): (d, d)."""
    AB = A.T @ B
    return (AB + AB.T) / 2


def diagonals(S: Floats) -> Floats:
    """Return the diagonal of every matrix S : (K, d, d). Returns (K, d)."""
    return np.diagonal(S, axis1=1, axis2=2).copy()


# ── Squared Mahalanobis distances, (x − μₖ)ᵀ Σₖ⁻¹ (x − μₖ) = ‖(x − μₖ) Pₖ‖²: (n, K) ──────────────────────


def squared_lengths(X: Floats, mu: Floats, P: Floats, whiten: Callable[[Floats, Floats], Floats]) -> Floats:
    """Compute ‖whiten(x − μₖ, Pₖ)‖²; the distances below differ only in how they whiten."""
    distances = np.empty((len(mu), len(X)), dtype=np.result_type(X, mu, P)).T  # written column by column
    for k, P_k in enumerate(P):
        Y = whiten(X - mu[k], P_k)
        np.einsum("ij,ij->i", Y, Y, out=distances[:, k])
    return distances


def full_distances(X: Floats, mu: Floats, P: Floats) -> Floats:
    """Whiten the rows with the factor of each component, P : (K, d, d)."""
    return squared_lengths(X, mu, P, Dense.whiten)


def tied_distances(X: Floats, mu: Floats, P: Floats) -> Floats:
    """Whiten rows and means with the shared factor P : (d, d), then take Euclidean distances."""
    origin = X.mean(axis=0)
    return plain_distances(Dense.whiten(X - origin, P), Dense.whiten(mu - origin, P))


def diagonal_distances(X: Floats, mu: Floats, P: Floats) -> Floats:
    """Divide every feature by its standard deviation in each component: P = 1/σ, (K, d)."""
    return squared_lengths(X, mu, P, Diagonal.whiten)


def spherical_distances(X: Floats, mu: Floats, P: Floats) -> Floats:
    """Divide Euclidean distances by the single variance of each component: P = 1/σ, (K,)."""
    return plain_distances(X, mu) * P**2


def plain_distances(X: Floats, mu: Floats) -> Floats:
    """Compute the squared Euclidean distances ‖x − μₖ‖²: (n, K)."""
    return squared_lengths(X, mu, mu, lambda D, _: D)


# ── The table of covariance types ─────────────────────────────────────────────────────────────────


class CovarianceType(NamedTuple):
    """One covariance type: how its components share the scatter."""

    name: str
    kernel: type[Dense] | type[Diagonal]
    scatter: Callable[[Floats, Floats, Floats], Floats]  # (X, R, c) -> S
    distances: Callable[[Floats, Floats, Floats], Floats]  # (X, mu, P) -> squared Mahalanobis distances
    constrain: Callable[[Floats, Floats], Floats]  # (S, N) -> covariances, in scikit-learn's shape
    unconstrain: Callable[[Floats, Floats, int], Floats]  # (covariances, N, d) -> the S that gives them
    product: Callable[[Floats, Floats], Floats]  # (A, B), both (K, d) -> the S of ½ (Aₖ Bₖᵀ + Bₖ Aₖᵀ)
    part: Callable[[Floats], Floats]  # S of "full" -> S of this type
    expand: Callable[[Floats, int, int], Floats]  # (P, K, d) -> one factor per component, as a view
    shape: Callable[[int, int], tuple[int, ...]]  # (K, d) -> the shape of covariances and of P
    n_parameters: Callable[[int, int], int]  # (K, d) -> free parameters of all the covariances together
    own_factors: bool = False  # does each component have its own (d, d) factor?
    shared: bool = False  # do all components share one covariance?
    # (function, arguments) that make this type, if it is not in the table
    made_by: tuple[Callable[..., Any], tuple[Any, ...]] | None = None

    @classmethod
    def named(cls, name: "str | CovarianceType") -> "CovarianceType":
        """Look up a covariance type by its name; a type itself is returned as it is.

        Raises ValueError for an unknown name.
        """
        if isinstance(name, cls):
            return name
        if name not in COVARIANCE_TYPES:
            raise ValueError(
                f"covariance_type={name!r} is unknown; use one of {', '.join(COVARIANCE_TYPES)}, or"
                " mlcourse.mixture.ppca(q)."
            )
        return COVARIANCE_TYPES[name]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle how this type is made: unpickled, it is the same object, so that its statistics can be added."""
        return self.made_by or (CovarianceType.named, (self.name,))

    def __repr__(self) -> str:
        make, arguments = self.made_by or (CovarianceType.named, (self.name,))
        return f"{make.__qualname__}({', '.join(map(repr, arguments))})"

    def shape_of_one(self, d: int) -> tuple[int, ...]:
        """Return the shape of a single covariance of d features."""
        shape = self.shape(1, d)
        return shape if self.shared else shape[1:]


COVARIANCE_TYPES = {
    row.name: row
    for row in (
        CovarianceType(
            "full",
            kernel=Dense,
            scatter=full_scatter,
            distances=full_distances,
            constrain=lambda S, N: S / N[:, np.newaxis, np.newaxis],
            unconstrain=lambda Sigma, N, d: Sigma * N[:, np.newaxis, np.newaxis],
            product=full_product,
            part=lambda S: S,
            expand=lambda P, K, d: P,
            shape=lambda K, d: (K, d, d),
            n_parameters=lambda K, d: K * d * (d + 1) // 2,
            own_factors=True,
        ),
        CovarianceType(
            "tied",
            kernel=Dense,
            scatter=pooled_scatter,
            distances=tied_distances,
            constrain=lambda S, N: S / N.sum(),
            unconstrain=lambda Sigma, N, d: Sigma * N.sum(),
            product=pooled_product,
            part=lambda S: S.sum(axis=0),
            expand=lambda P, K, d: np.broadcast_to(P, (K, d, d)),
            shape=lambda K, d: (d, d),
            n_parameters=lambda K, d: d * (d + 1) // 2,
            shared=True,
        ),
        CovarianceType(
            "diag",
            kernel=Diagonal,
            scatter=diagonal_scatter,
            distances=diagonal_distances,
            constrain=lambda S, N: S / N[:, np.newaxis],
            unconstrain=lambda Sigma, N, d: Sigma * N[:, np.newaxis],
            product=np.multiply,
            part=diagonals,
            expand=lambda P, K, d: P,
            shape=lambda K, d: (K, d),
            n_parameters=lambda K, d: K * d,
        ),
        CovarianceType(
            "spherical",
            kernel=Diagonal,
            scatter=diagonal_scatter,
            distances=spherical_distances,
            constrain=lambda S, N: S.mean(axis=1) / N,
            unconstrain=lambda Sigma, N, d: np.repeat((Sigma * N)[:, np.newaxis], d, axis=1),
            product=np.multiply,
            part=diagonals,
            expand=lambda P, K, d: np.broadcast_to(P[:, np.newaxis], (K, d)),
            shape=lambda K, d: (K,),
            n_parameters=lambda K, d: K,
        ),
    )
}


# ── Densities ─────────────────────────────────────────────────────────────────────────────────────


def log_density(X: Floats, mu: Floats, P: Floats, type_: CovarianceType) -> Floats:
    """Compute log N(x | μₖ, Σₖ) for every row and component.

    −½ (d log 2π + ‖(x − μₖ) Pₖ‖²) + log |Pₖ|: Bishop, *Pattern Recognition and Machine Learning* (2006),
    equation 2.43, in logarithms.

    Parameters
    ----------
    X : array of shape (n, d)
    mu : array of shape (K, d)
    P : precision Cholesky factors, in the shape of `type_`
    type_ : a row of `COVARIANCE_TYPES`

    Returns
    -------
    array of shape (n, K)
    """
    K, d = mu.shape
    log_density = type_.distances(X, mu, P)
    log_density *= -0.5
    log_density += log_peak(P, K, d, type_).astype(log_density.dtype)
    return log_density


def as_matrices(A: Floats, K: int, d: int, type_: CovarianceType) -> Floats:
    """Expand covariances or factors of any type to one matrix per component: (K, d, d)."""
    A = type_.expand(A, K, d)
    return A if A.ndim == 3 else A[..., np.newaxis] * np.eye(d, dtype=A.dtype)


def log_peak(P: Floats, K: int, d: int, type_: CovarianceType) -> Floats:
    """Compute log N(μₖ | μₖ, Σₖ) = log |Pₖ| − ½ d log 2π, the maximum of the log density: (K,)."""
    return type_.kernel.log_det(type_.expand(P, K, d)) - 0.5 * d * np.log(2 * np.pi)


# ── Two dimensions ────────────────────────────────────────────────────────────────────────────────


def covariance_from_axes(std_1: float, std_2: float, angle: float) -> Floats:
    """Return Σ = U diag(σ₁², σ₂²) Uᵀ, (2, 2), where U rotates the axes by `angle` degrees."""
    scaled = axes_as_columns(std_1, std_2, angle)
    return scaled @ scaled.T


def axes_as_columns(std_1: float, std_2: float, angle: float) -> Floats:
    """Return U diag(σ₁, σ₂): the semi-axes as columns."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[cos, -sin], [sin, cos]]) * [std_1, std_2]
