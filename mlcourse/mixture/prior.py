"""What may be known of the covariances beforehand: a prior, for EM that climbs the posterior.

Symbols
-------
d, K       number of features, components
S, N       scatter about the means, and effective number of points, as in `mlcourse.mixture.steps`
T, m       the covariance that the prior expects, and how many rows it counts for
P          precision Cholesky factors
"""

from typing import NamedTuple

import numpy as np

from mlcourse.gaussians import CovarianceType


class CovariancePrior(NamedTuple):
    """What is known of every covariance beforehand: as much as m rows of covariance T would tell.

    The inverse-Wishart density of Σ with Ψ = m T and ν + d + 1 = m, which is |Σ|^(−m/2) exp(−½ m tr(Σ⁻¹ T)) but for
    a constant, and greatest at T. Fraley & Raftery (2007), "Bayesian regularization for normal mixture estimation and
    model-based clustering", Journal of Classification 24.
    """

    covariance: np.ndarray  # T, in the shape of one component's: `CovarianceType.shape_of_one`
    strength: float  # m, not negative


def with_prior(S, N, prior: CovariancePrior | None, type_: CovarianceType):
    """S + m T and N + m, for Σₖ = (Sₖ + m T) / (Nₖ + m); components that have one covariance share its m rows."""
    if prior is None:
        return S, N
    T, m = np.asarray(prior.covariance, dtype=S.dtype), float(prior.strength)
    if T.shape != (shape := type_.shape_of_one(S.shape[-1])):
        raise ValueError(
            f"The covariance of a prior has the shape {T.shape}, but here it should have {shape}: that of one"
            f" component's when the covariance type is {type_.name!r}."
        )
    return S + m * T, N + (m / len(N) if type_.shared else m)


def log_prior(theta, prior: CovariancePrior | None) -> float:
    """The sum of −½ m (log |Σ| + tr(Σ⁻¹ T)) over the covariances Σ of the mixture θ, each once; 0 without a prior."""
    if prior is None:
        return 0.0
    type_, (K, d) = theta.covariance_type, theta.means.shape
    P = type_.expand(theta.precisions_cholesky, 1 if type_.shared else K, d).astype(np.float64, copy=False)
    log_densities = type_.kernel.log_det(P) - 0.5 * type_.kernel.trace(P, prior.covariance)
    return float(prior.strength * log_densities.sum())
