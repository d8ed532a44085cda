"""Gaussians as an exponential family: an E-step in two multiplications, for all components together.

Symbols
-------
n, d, K, p   number of rows, features, components, quadratic features
z            (d,)     a row relative to the centre of the data, x − x₀
F            (p, n)   quadratic features of every row: zᵢ zⱼ for i ≤ j (only zᵢ² if covariances are diagonal), z and 1
W            (p, K)   natural parameters
Lambda       precision Λ = Σ⁻¹ = P Pᵀ
m            (K, d)   means relative to the centre, μ − x₀
radius       (d,)     the largest possible |z| of each feature

The logarithm of a weighted Gaussian density is a quadratic function of z:

    log π + log N(x | μ, Σ) = −½ zᵀ Λ z + (Λ m)ᵀ z + (log π + log N(x₀ | μ, Σ))

So it is linear in F, and its coefficients are a column of W: for all rows and components together, it is FᵀW. The
sums that the M-step needs are also sums of F: with responsibilities R, they are F R. Per row, this takes one pass to
make F, instead of several passes for every component.

The price is precision: far from the centre, −½ zᵀ Λ z and what is added to it are large and cancel. Together, the
absolute values of all terms are at most about ‖|P|ᵀ (radius + |m|)‖², so rounding changes log densities by ε times
that, and covariances, relative to themselves, by as much. `natural_form` checks this bound and returns None if it is
more than `PRECISION`: if a component is much narrower than the data, or singular.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlcourse.gaussians import CovarianceType, Dense, log_peak
from mlcourse.typing import Floats, Ints

if TYPE_CHECKING:  # `steps` itself imports this module
    from mlcourse.mixture.steps import Mixture

PRECISION = 1e-11  # in nats; an upper bound that is hardly ever reached
FEATURES = 32  # with more, the matrices of one component are large enough for fast multiplications


class NaturalForm(NamedTuple):
    """A mixture in terms of quadratic features of the rows."""

    W: Floats  # (p, K)
    centre: Floats  # (d,)
    covariance_type: CovarianceType

    def features(self, X: Floats) -> Floats:
        """Compute F, feature by feature: (p, n)."""
        n, d = X.shape
        F = np.empty((len(self.W), n), dtype=self.W.dtype)
        z = F[-1 - d : -1]
        np.subtract(X.T, self.centre[:, np.newaxis], out=z)
        if self.covariance_type.kernel is Dense:
            first = 0
            for i in range(d):
                np.multiply(z[i:], z[i], out=F[first : first + d - i])
                first += d - i
        else:
            np.square(z, out=F[:d])
        F[-1] = 1
        return F

    def weighted_log_density(self, F: Floats) -> Floats:
        """Compute log πₖ + log N(xᵢ | μₖ, Σₖ): (n, K)."""
        return (self.W.T @ F).T

    def moments(self, F: Floats, R: Floats) -> tuple[Floats, Floats, Floats]:
        """Sum rᵢₖ, rᵢₖ zᵢ and rᵢₖ zᵢ zᵢᵀ over i: (K,), (K, d), and the scatter that the covariance type needs."""
        d, part = len(self.centre), self.covariance_type.part
        sums = F @ R
        quadratic, first, N = sums[: -1 - d].T, sums[-1 - d : -1].T, sums[-1]
        if self.covariance_type.kernel is Dense:
            i, j, _ = pairs(d)
            scatter = np.empty((len(N), d, d), dtype=sums.dtype)
            scatter[:, i, j] = scatter[:, j, i] = quadratic
            return N, first, part(scatter)
        return N, first, quadratic


def natural_form(theta: "Mixture", low: Floats, high: Floats) -> NaturalForm | None:
    """Find the natural form of θ for rows between `low` and `high`, each (d,); None if it is not exact or not faster.

    Only for float64: float32 has no digits to spare.
    """
    weights, mu, _, P, type_ = theta
    K, d = mu.shape
    is_dense = type_.kernel is Dense
    if np.result_type(P, low) != np.float64 or (is_dense and d > FEATURES) or not weights.all():
        return None
    centre, radius = 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low
    m = mu - centre
    factors = type_.expand(P, K, d)
    with np.errstate(over="ignore", invalid="ignore"):
        if not largest_term(np.abs(m) + radius, factors) * np.finfo(np.float64).eps < PRECISION:
            return None
    linear: Floats
    quadratic: Floats
    Lambda = type_.kernel.precision(factors)
    if is_dense:
        linear = np.matmul(m[:, np.newaxis], Lambda)[:, 0]
        i, j, times = pairs(d)
        quadratic = Lambda[:, i, j] * times
    else:
        linear, quadratic = m * Lambda, Lambda
    constant = np.log(weights) + log_peak(P, K, d, type_)
    W = np.empty((quadratic.shape[1] + d + 1, K))
    W[: -1 - d] = -0.5 * quadratic.T
    W[-1 - d : -1] = linear.T
    W[-1] = constant - 0.5 * np.einsum("ki,ki->k", linear, m)
    return NaturalForm(W, centre, type_)


def largest_term(z: Floats, P: Floats) -> np.floating[Any]:
    """Compute the maximum of ‖|Pₖ|ᵀ zₖ‖² over k, for z : (K, d)."""
    whitened = z * np.abs(P) if P.ndim == 2 else np.matmul(z[:, np.newaxis], np.abs(P))[:, 0]
    return np.einsum("ki,ki->k", whitened, whitened).max()


@lru_cache
def pairs(d: int) -> tuple[Ints, Ints, Floats]:
    """Return i and j of all pairs i ≤ j, in the order of the features, and how often each pair is in zᵀ Λ z."""
    i, j = np.triu_indices(d)
    return i, j, np.where(i == j, 1.0, 2.0)
