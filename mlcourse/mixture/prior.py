"""A prior on the covariances: with it, EM maximises the posterior instead of the likelihood.

Symbols
-------
d, K       number of features, components
S, N       scatter about the means, and effective number of points, as in `mlcourse.mixture.steps`
T, m       the covariance that the prior favours, and the number of rows that it counts as
P          precision Cholesky factors
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mlcourse.gaussians import CovarianceType
from mlcourse.typing import Floats

if TYPE_CHECKING:  # `steps` itself imports this module
    from mlcourse.mixture.steps import Mixture


class CovariancePrior(NamedTuple):
    """A prior on every covariance, worth m rows of covariance T.

    It is the inverse-Wishart density of Σ with Ψ = m T and ν + d + 1 = m, that is, |Σ|^(−m/2) exp(−½ m tr(Σ⁻¹ T)) up
    to a constant, and has its maximum at T. Source: Fraley & Raftery (2007), "Bayesian regularization for normal
    mixture estimation and model-based clustering", Journal of Classification 24.
    """

    covariance: Floats  # T, in the shape of one component: `CovarianceType.shape_of_one`
    strength: float  # m, not negative


def with_prior(
    S: Floats, N: Floats, prior: CovariancePrior | None, type_: CovarianceType
) -> tuple[Floats, Floats]:
    """Return S + m T and N + m, for Σₖ = (Sₖ + m T) / (Nₖ + m); with a shared covariance, all components share m."""
    if prior is None:
        return S, N
    T, m = np.asarray(prior.covariance, dtype=S.dtype), float(prior.strength)
    if T.shape != (shape := type_.shape_of_one(S.shape[-1])):
        raise ValueError(
            f"The covariance of the prior has shape {T.shape}, but should have {shape}, the shape of one component"
            f" when the covariance type is {type_.name!r}."
        )
    return S + m * T, N + (m / len(N) if type_.shared else m)


def log_prior(theta: "Mixture", prior: CovariancePrior | None) -> float:
    """Sum −½ m (log |Σ| + tr(Σ⁻¹ T)) over the covariances Σ of θ, counting a shared one once; 0 without a prior."""
    if prior is None:
        return 0.0
    type_, (K, d) = theta.covariance_type, theta.means.shape
    P = type_.expand(theta.precisions_cholesky, 1 if type_.shared else K, d).astype(np.float64, copy=False)
    log_densities = type_.kernel.log_det(P) - 0.5 * type_.kernel.trace(P, prior.covariance)
    return float(prior.strength * log_densities.sum())
