"""Right answers to the tasks of lesson 04, written differently from the reference."""

import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import norm

from mlcourse.gaussians import covariance_type, log_density
from mlcourse.mixture import Mixture, em, m_step
from mlcourse.mixture import e_step as package_e_step

FULL = covariance_type("full")


def responsibilities_by_arrays(x, pi, mu, var):
    joint = pi / np.sqrt(2 * np.pi * var) * np.exp(-((x[:, None] - mu) ** 2) / (2 * var))
    return joint / joint.sum(axis=1, keepdims=True)


def responsibilities_by_softmax(x, pi, mu, var):
    return softmax(np.log(pi) + norm.logpdf(x[:, None], mu, np.sqrt(var)), axis=1)


def responsibilities_as_lists(x, pi, mu, var):
    return responsibilities_by_softmax(x, pi, mu, var).tolist()


def log_sum_exp_by_row(A):
    return [max(row) + np.log(sum(np.exp(a - max(row)) for a in row)) for row in A]


def log_sum_exp_by_logaddexp(A):
    return np.logaddexp.reduce(A, axis=1)


def log_sum_exp_in_float32(A):
    return log_sum_exp_by_logaddexp(A.astype(np.float32))


def as_mixture(pi, mu, Sigma):
    return Mixture(pi, mu, Sigma, FULL.kernel.factor(Sigma), FULL)


def e_step_by_the_package(X, pi, mu, Sigma):
    return package_e_step(X, as_mixture(pi, mu, Sigma))


def e_step_by_solving(X, pi, mu, Sigma):
    log_joint = np.empty((len(X), len(pi)))
    for k in range(len(pi)):
        D = X - mu[k]
        distance = np.sum(D * np.linalg.solve(Sigma[k], D.T).T, axis=1)
        log_det = np.linalg.slogdet(2 * np.pi * Sigma[k])[1]
        log_joint[:, k] = np.log(pi[k]) - 0.5 * (distance + log_det)
    total = logsumexp(log_joint, axis=1, keepdims=True)
    return total[:, 0], np.exp(log_joint - total)


def e_step_by_cholesky(X, pi, mu, Sigma):
    log_joint = np.log(pi) + log_density(X, mu, FULL.kernel.factor(Sigma), FULL)
    return np.logaddexp.reduce(log_joint, axis=1), softmax(log_joint, axis=1)


def m_step_by_weighted_cov(X, R):
    Sigma = [np.cov(X.T, aweights=r, ddof=0) for r in R.T]
    return R.mean(axis=0), (R / R.sum(axis=0)).T @ X, np.array(Sigma)


def m_step_by_square_roots(X, R):
    N, Sigma = R.sum(axis=0), []
    mu = R.T @ X / N[:, None]
    for k in range(len(N)):
        A = np.sqrt(R[:, k, None]) * (X - mu[k])
        Sigma.append(A.T @ A / N[k])
    return N / N.sum(), mu, Sigma


def iteration_by_arrays(x, pi, mu, var):
    R = responsibilities_by_arrays(x, pi, mu, var)
    mu = np.average(np.repeat(x[:, None], len(pi), axis=1), axis=0, weights=R)
    return R.mean(axis=0), mu, np.average((x[:, None] - mu) ** 2, axis=0, weights=R)


def iteration_fixed_in_place(x, pi, mu, var):
    R = responsibilities_by_softmax(x, pi, mu, var)
    pi, mu, var = pi.copy(), mu.copy(), var.copy()
    for k in range(len(pi)):
        r = R[:, k]
        pi[k] = r.mean()
        mu[k] = (r @ x) / r.sum()
        var[k] = (r @ (x - mu[k]) ** 2) / r.sum()
    return pi, mu, var


def fit_em_by_hand(X, pi, mu, Sigma, n_iter):
    bounds = []
    for _ in range(n_iter):
        log_likelihood, R = e_step_by_solving(X, pi, mu, Sigma)
        bounds.append(np.mean(log_likelihood))
        pi, mu, Sigma = m_step_by_weighted_cov(X, R)
    return pi, mu, Sigma, bounds


def fit_em_by_the_package(X, pi, mu, Sigma, n_iter):
    steps = em(X, as_mixture(pi, mu, Sigma), reg_covar=0)
    taken = [next(steps) for _ in range(n_iter)]
    theta = m_step(taken[-1].statistics, reg_covar=0)
    return theta.weights, theta.means, theta.covariances, [step.lower_bound for step in taken]


VARIANTS = {
    "responsibilities_1d": [
        responsibilities_by_arrays,
        responsibilities_by_softmax,
        responsibilities_as_lists,
    ],
    "log_sum_exp": [log_sum_exp_by_row, log_sum_exp_by_logaddexp, log_sum_exp_in_float32],
    "e_step": [e_step_by_the_package, e_step_by_solving, e_step_by_cholesky],
    "m_step": [m_step_by_weighted_cov, m_step_by_square_roots],
    "fix_em": [iteration_by_arrays, iteration_fixed_in_place],
    "fit_em": [fit_em_by_hand, fit_em_by_the_package],
    "falling_likelihood": ["c"],
    "largest_weight": [0.40037],
}
