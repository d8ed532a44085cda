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
and "full" (q = d − 1). The rest of EM is the same as for any mixture of Gaussians:
`GaussianMixture(covariance_type=ppca(q))` fits one.

Source: Tipping & Bishop (1999), "Mixtures of probabilistic principal component analysers", Neural Computation 11; the
constraint is in Bishop (2006), section 12.2.1.
"""

from functools import cache
from numbers import Integral

import numpy as np

from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType, Dense
from mlcourse.typing import Floats


@cache  # statistics can be added only if their type is the same object
def ppca(n_directions: int) -> CovarianceType:
    """Make the covariance type W Wᵀ + σ² I with `n_directions` columns in each component's W.

    `covariances_` are then (K, d, d), as for "full".

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
    if not isinstance(n_directions, Integral):
        raise TypeError(
            f"n_directions={n_directions!r} must be an integer: the number of directions to keep."
        )
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
