"""Mixtures of probabilistic PCA: every component varies along a few directions of its own, and equally in all others.

Symbols
-------
d, q, K    number of features, directions kept, components
S          (K, d, d)   scatter
N          (K,)        effective number of points per component
variances  (K, d)      eigenvalues λ₁ ≤ … ≤ λ_d of S / N; `axes` are the eigenvectors, one per column
noise      (K,)        σ², the variance in all other directions
W          (K, d, q)   the directions kept, of lengths √(λ − σ²)

A component explains its points by q coordinates z and by noise in all d features: x = μ + W z + σ ε, with z and ε
standard normal. So its covariance is W Wᵀ + σ² I, a fifth constraint on the same scatter, between "spherical" (q = 0)
and "full" (q = d − 1). The rest of EM is the same as for any mixture of Gaussians.

Source: Tipping & Bishop (1999), "Mixtures of probabilistic principal component analysers", Neural Computation 11; the
constraint is in Bishop (2006), section 12.2.1.
"""

from functools import cache
from numbers import Integral
from operator import index

import numpy as np
from sklearn.utils._param_validation import Interval

from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType, Dense
from mlcourse.mixture.estimator import GaussianMixture
from mlcourse.typing import Array, Floats, RandomState


@cache  # statistics can be added only if their type is the same object
def ppca(n_directions: int) -> CovarianceType:
    """Make the covariance type W Wᵀ + σ² I with `n_directions` columns in each component's W.

    Parameters
    ----------
    n_directions : int
        From 0 (like "spherical", but stored as matrices) to d; d − 1 and d both mean "full".

    Raises
    ------
    ValueError
        If `n_directions` is negative. If it exceeds the number of features, the type's `constrain` raises it later.
    TypeError
        If `n_directions` is not an integer.
    """
    n_directions = index(n_directions)
    if n_directions < 0:
        raise ValueError(f"n_directions={n_directions} must not be negative: 0 means spherical covariances.")
    return COVARIANCE_TYPES["full"]._replace(
        name="ppca",
        constrain=lambda S, N: directions_and_noise(S, N, n_directions),
        n_parameters=lambda K, d: K * n_spectral_parameters(d, n_directions),
        made_by=(ppca, (n_directions,)),
    )


def directions_and_noise(S: Floats, N: Floats, n_directions: int) -> Floats:
    """Find the covariances W Wᵀ + σ² I of greatest likelihood, given S and N: (K, d, d).

    σ² is the mean of the d − q smallest variances, and W = U (Λ − σ² I)^½ is made of the q largest and their axes
    (Bishop, equations 12.45 and 12.46).
    """
    d = S.shape[-1]
    if n_directions > d:
        raise ValueError(
            f"n_directions={n_directions} must be between 0 and the number of features, n_features={d}: use fewer"
            " directions."
        )
    q = min(n_directions, d - 1)  # the mean of one variance is that variance
    variances, axes = np.linalg.eigh(S / N[:, np.newaxis, np.newaxis])
    noise = variances[:, : d - q].mean(axis=1)[:, np.newaxis, np.newaxis]
    surplus = variances[:, np.newaxis, d - q :] - noise
    W = axes[:, :, d - q :] * np.sqrt(
        surplus.clip(min=0)
    )  # rounding may put equal variances below their mean
    return Dense.ridge(W @ np.swapaxes(W, 1, 2), noise)


def n_spectral_parameters(d: int, n_directions: int) -> int:
    """Count the parameters of one W Wᵀ + σ² I: d q in W, minus q (q − 1) / 2 rotations that keep W Wᵀ, plus σ²."""
    q = min(n_directions, d - 1)
    return d * q - q * (q - 1) // 2 + 1


class PPCAMixture(GaussianMixture):
    """A mixture of probabilistic PCA, fitted by expectation–maximisation: `GaussianMixture` for high dimensions.

    Parameters
    ----------
    n_components : int, default=1
    n_directions : int, default=2
        Number of directions along which each component varies, from 0 to d; all others share one variance.
    tol, reg_covar, max_iter, n_init, init_params, weights_init, means_init, precisions_init, random_state,
    warm_start, verbose, verbose_interval, covariance_prior, prior_strength
        As in `GaussianMixture` with covariance_type="full"; but covariance_prior="data" is constrained as well.

    Attributes
    ----------
    As in `GaussianMixture` with covariance_type="full": `covariances_` is (K, d, d), each W Wᵀ + σ² I.
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        **GaussianMixture._parameter_constraints,
        "n_directions": [Interval(Integral, 0, None, closed="left")],
    }
    del _parameter_constraints["covariance_type"]

    def __init__(
        self,
        n_components: int = 1,
        n_directions: int = 2,
        *,
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Array | None = None,
        means_init: Array | None = None,
        precisions_init: Array | None = None,
        random_state: RandomState = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        covariance_prior: Array | float | str | None = None,
        prior_strength: float = 0.0,
    ) -> None:
        super().__init__(
            n_components,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weights_init=weights_init,
            means_init=means_init,
            precisions_init=precisions_init,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
            covariance_prior=covariance_prior,
            prior_strength=prior_strength,
        )
        self.n_directions = n_directions

    def _type(self) -> CovarianceType:
        return ppca(self.n_directions)
