"""Right answers to the tasks of lesson 03, written differently from the reference."""

import numpy as np
from scipy.linalg import sqrtm
from scipy.special import gammainc, logsumexp
from scipy.stats import chi, chi2, multivariate_normal, norm

from mlcourse import gaussians
from mlcourse.widgets import covariance_from_axes

FULL = gaussians.covariance_type("full")
SPHERICAL = gaussians.covariance_type("spherical")


def pdf_by_formula(x, mu, var):
    return np.exp(-((x - mu) ** 2) / (2 * var)) / np.sqrt(2 * np.pi * var)


def pdf_by_logarithm(x, mu, var):
    return [np.exp(-0.5 * (np.log(2 * np.pi * var) + (one - mu) ** 2 / var)) for one in x]


def fit_by_average(X, w):
    return np.average(X, axis=0, weights=w), np.cov(X, rowvar=False, aweights=w, ddof=0)


def fit_by_products(X, w):
    mu = w @ X / w.sum()
    D = X - mu
    return mu, (w[:, None] * D).T @ D / w.sum()


def axes_by_eigenvectors(stds, angle):
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    U = np.array([[c, -s], [s, c]])
    return U @ np.diag(stds**2) @ U.T


def axes_by_the_package(stds, angle):
    return covariance_from_axes(*stds, angle)


def axes_by_entries(stds, angle):
    (v1, v2), t = stds**2, np.radians(angle)
    mean, half = (v1 + v2) / 2, (v1 - v2) / 2
    off = half * np.sin(2 * t)
    return [[mean + half * np.cos(2 * t), off], [off, mean - half * np.cos(2 * t)]]


def share_by_chi_squared(r, d):
    return chi2.cdf(r**2, df=d)


def share_by_chi(r, d):
    return [chi.cdf(one, d) for one in r]


def share_as_a_tuple(r, d):
    return tuple(chi2.cdf(r**2, df=d).tolist())


def share_by_gamma(r, d):
    return gammainc(d / 2, r**2 / 2)


def log_density_by_scipy(X, mu, Sigma):
    return multivariate_normal.logpdf(X, mu, Sigma)


def log_density_by_the_package(X, mu, Sigma):
    return gaussians.log_density(X, mu[None], FULL.kernel.factor(Sigma[None]), FULL)[:, 0]


def log_density_by_solving(X, mu, Sigma):
    D = X - mu
    squared = np.sum(D * np.linalg.solve(Sigma, D.T).T, axis=1)
    return -0.5 * (squared + np.linalg.slogdet(2 * np.pi * Sigma)[1])


def sampler_by_cholesky(Z, mu, Sigma):
    return Z @ np.linalg.cholesky(Sigma).T + mu


def sampler_by_eigenvectors(Z, mu, Sigma):
    variances, U = np.linalg.eigh(Sigma)
    return mu + (Z * np.sqrt(variances)) @ U.T


def sampler_by_symmetric_root(Z, mu, Sigma):
    return mu + Z @ np.real(sqrtm(Sigma))


def sampler_in_float32(Z, mu, Sigma):
    return sampler_by_cholesky(Z.astype(np.float32), mu.astype(np.float32), Sigma.astype(np.float32))


def sampler_rounded(Z, mu, Sigma):
    return sampler_by_cholesky(Z, mu, Sigma).round(6)


def mixture_by_features(X, pi, mu, sigma):
    log_densities = [norm.logpdf(X, m, s).sum(axis=1) for m, s in zip(mu, sigma)]
    return logsumexp(np.transpose(log_densities), axis=1, b=pi)


def mixture_by_logaddexp(X, pi, mu, sigma):
    log_density = gaussians.log_density(X, mu, 1 / sigma, SPHERICAL)
    return np.logaddexp.reduce(np.log(pi) + log_density, axis=1)


VARIANTS = {
    "gaussian_pdf": [pdf_by_formula, pdf_by_logarithm],
    "fit_gaussian": [fit_by_average, fit_by_products],
    "which_ellipse": ["d"],
    "covariance_from_axes": [axes_by_eigenvectors, axes_by_the_package, axes_by_entries],
    "share_inside": [share_by_chi_squared, share_by_chi, share_as_a_tuple, share_by_gamma],
    "log_density": [log_density_by_scipy, log_density_by_the_package, log_density_by_solving],
    "fix_sampler": [
        sampler_by_cholesky,
        sampler_by_eigenvectors,
        sampler_by_symmetric_root,
        sampler_in_float32,
        sampler_rounded,
    ],
    "mixture_log_density": [mixture_by_features, mixture_by_logaddexp],
}
