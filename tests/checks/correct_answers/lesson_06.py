"""Right answers to the tasks of lesson 06, written differently from the reference."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.mixture import GaussianMixture as Sklearn

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import mixture_from_responsibilities


def four_by_arrays(S, N):
    full = S / N[:, None, None]
    diag = np.diagonal(full, axis1=1, axis2=2)
    return full, np.average(full, axis=0, weights=N), diag, diag.mean(axis=1)


def four_by_the_package(S, N):
    diagonal = np.diagonal(S, axis1=1, axis2=2)
    scatters = {"full": S, "tied": S.sum(axis=0), "diag": diagonal, "spherical": diagonal}
    return [COVARIANCE_TYPES[name].constrain(scatter, N) for name, scatter in scatters.items()]


def four_by_loops(S, N):
    K, d = len(N), S.shape[1]
    full = [S[k] / N[k] for k in range(K)]
    spherical = [np.trace(S[k]) / (d * N[k]) for k in range(K)]
    return full, S.mean(axis=0) / N.mean(), [np.diag(Sigma) for Sigma in full], spherical


def bic_by_cases(log_likelihood, K, d, covariance_type):
    if covariance_type == "full":
        p = K * d * (d + 1) / 2
    elif covariance_type == "tied":
        p = d * (d + 1) / 2
    elif covariance_type == "diag":
        p = K * d
    else:
        p = K
    n = len(log_likelihood)
    return -2 * log_likelihood.mean() * n + (p + K * d + K - 1) * np.log(n)


def bic_by_scikit_learn(log_likelihood, K, d, covariance_type):
    model = Sklearn(K, covariance_type=covariance_type)
    model.means_ = np.zeros((K, d))
    return -2 * log_likelihood.sum() + model._n_parameters() * np.log(log_likelihood.size)


def tied_by_the_package(X, R):
    theta = mixture_from_responsibilities(X, R, COVARIANCE_TYPES["tied"], reg_covar=0)
    return theta.weights, theta.means, theta.covariances


def tied_by_total_minus_between(X, R):
    pi = R.mean(axis=0)
    mu = R.T @ X / R.sum(axis=0)[:, None]
    D, gaps = X - X.mean(axis=0), mu - X.mean(axis=0)
    return pi, mu, D.T @ D / len(X) - (pi[:, None] * gaps).T @ gaps


def tied_by_weighted_cov(X, R):
    N = R.sum(axis=0)
    Sigma = sum(N_k * np.cov(X.T, aweights=r, ddof=0) for N_k, r in zip(N, R.T)) / N.sum()
    return N / N.sum(), (R / N).T @ X, Sigma


def discriminant_by_arrays(pi, mu, Sigma):
    W = np.linalg.solve(Sigma, mu.T).T
    return W, np.log(pi) - 0.5 * np.sum(mu * W, axis=1)


def discriminant_by_cholesky(pi, mu, Sigma):
    W = cho_solve(cho_factor(Sigma), mu.T).T
    return W, np.log(pi) - np.einsum("kd,kd->k", mu, W) / 2


def discriminant_against_the_first(pi, mu, Sigma):
    W, b = discriminant_by_arrays(pi, mu, Sigma)
    return W - W[0], b - b[0]


def carried_by_arrays(mu, Sigma, A, b):
    return mu @ A.T + b, A @ Sigma @ A.T


def carried_by_einsum(mu, Sigma, A, b):
    return np.einsum("ij,kj->ki", A, mu) + b, np.einsum("ia,kab,jb->kij", A, Sigma, A)


VARIANTS = {
    "count_by_hand": [[111, 48, 51, 31], np.array([111.0, 48, 51, 31])],
    "constrain_scatter": [four_by_arrays, four_by_the_package, four_by_loops],
    "bic_from_counts": [bic_by_cases, bic_by_scikit_learn],
    "fix_tied": [tied_by_the_package, tied_by_total_minus_between, tied_by_weighted_cov],
    "linear_discriminant": [
        discriminant_by_arrays,
        discriminant_by_cholesky,
        discriminant_against_the_first,
    ],
    "carry_over": [carried_by_arrays, carried_by_einsum],
    "straight_borders": ["c"],
    "thrifty_type": [" Diag"],
}
