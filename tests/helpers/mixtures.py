"""Random mixtures for tests: parameters in any covariance type, and points drawn from them."""

import numpy as np
import pytest

from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import mixture_from_responsibilities

TYPES = ("full", "tied", "diag", "spherical")
every_type = pytest.mark.parametrize("name", TYPES)
K = 3


def random_points(seed, n=400, d=3, n_groups=3, spread=4.0, dtype=np.float64):
    """Points in correlated groups: (n, d)."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(scale=spread, size=(n_groups, d))
    shapes = rng.normal(size=(n_groups, d, d)) + np.eye(d)
    group = rng.integers(n_groups, size=n)
    noise = np.einsum("ij,ijk->ik", rng.normal(size=(n, d)), shapes[group])
    return (centers[group] + noise).astype(dtype)


def random_covariances(rng, covariance_type, K, d):
    """Well-conditioned covariances in scikit-learn's shape for the type."""
    A = rng.normal(size=(K, d, d))
    full = A @ np.swapaxes(A, 1, 2) + np.eye(d)
    variances = rng.uniform(0.5, 2.0, size=(K, d))
    return {"full": full, "tied": full[0], "diag": variances, "spherical": variances[:, 0]}[covariance_type]


def as_full(covariances, K, d):
    """Covariances of any type as one (d, d) matrix per component."""
    covariances = np.asarray(covariances)
    if covariances.shape == (K, d, d):
        return covariances
    if covariances.shape == (d, d) and d != K:
        return np.repeat(covariances[np.newaxis], K, axis=0)
    if covariances.shape == (K,):
        covariances = np.repeat(covariances[:, np.newaxis], d, axis=1)
    return np.stack([np.diag(row) for row in covariances])


def random_start(X, name, seed=0):
    R = np.random.default_rng(seed).dirichlet(np.ones(K), size=len(X)).astype(X.dtype)
    return mixture_from_responsibilities(X, R, CovarianceType.named(name))


def given(start):
    """A start as the arguments of scikit-learn's estimator and of ours."""
    kernel = start.covariance_type.kernel
    return {
        "weights_init": start.weights,
        "means_init": start.means,
        "precisions_init": kernel.precision(start.precisions_cholesky),
    }


def group_means(X, y):
    return np.array([X[y == k].mean(axis=0) for k in np.unique(y)])
