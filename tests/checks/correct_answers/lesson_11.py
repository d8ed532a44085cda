"""Right answers to the tasks of lesson 11, written differently from the reference."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from mlcourse.gaussians import covariance_type
from mlcourse.mixture import Mixture, condition, conditional_mean, e_step

FULL = covariance_type("full")


def as_mixture(pi, mu, Sigma):
    return Mixture(pi, mu, Sigma, FULL.kernel.factor(Sigma), FULL)


def of_features(pi, mu, Sigma, o):
    return as_mixture(pi, mu[:, o], Sigma[:, o[:, None], o])


def condition_by_the_package(mu, Sigma, known, values):
    rest = condition(as_mixture(np.ones(1), mu[None], Sigma[None]), known, values)
    return rest.means[0], rest.covariances[0]


def condition_by_precision(mu, Sigma, known, values):
    u = [j for j in range(len(mu)) if j not in known]
    Lambda = np.linalg.inv(Sigma)
    cov = np.linalg.inv(Lambda[np.ix_(u, u)])
    return mu[u] - cov @ Lambda[np.ix_(u, known)] @ (values - mu[known]), cov


def condition_by_cholesky(mu, Sigma, known, values):
    u = np.delete(np.arange(len(mu)), known)
    factor = cho_factor(Sigma[known][:, known])
    slopes = cho_solve(factor, Sigma[known][:, u])
    return mu[u] + slopes.T @ (values - mu[known]), Sigma[u][:, u] - Sigma[u][:, known] @ slopes


def weights_by_the_package(pi, mu, Sigma, known, values):
    return condition(as_mixture(pi, mu, Sigma), known, values).weights


def weights_by_softmax(pi, mu, Sigma, known, values):
    log_joint = []
    for p, m, S in zip(pi, mu, Sigma):
        D, S = values - m[known], S[np.ix_(known, known)]
        log_joint.append(np.log(p) - 0.5 * (D @ np.linalg.solve(S, D) + np.linalg.slogdet(S)[1]))
    return softmax(log_joint)


def fill_by_the_package(x, pi, mu, Sigma):
    return conditional_mean(as_mixture(pi, mu, Sigma), [x])[0]


def fill_by_conditioning(x, pi, mu, Sigma):
    known = ~np.isnan(x)
    rest = condition(as_mixture(pi, mu, Sigma), np.flatnonzero(known), x[known])
    filled = np.where(known, x, 0)
    filled[~known] = np.average(rest.means, axis=0, weights=rest.weights)
    return filled.tolist()


def density_by_the_package(x, pi, mu, Sigma):
    o = np.flatnonzero(~np.isnan(x))
    return e_step(x[np.newaxis, o], of_features(pi, mu, Sigma, o))[0]


def density_by_scipy(x, pi, mu, Sigma):
    o = ~np.isnan(x)
    log_density = [multivariate_normal.logpdf(x[o], m[o], S[o][:, o]) for m, S in zip(mu, Sigma)]
    return logsumexp(log_density, b=pi)


def merged_by_chan(n_a, mean_a, S_a, n_b, mean_b, S_b):
    n, delta = n_a + n_b, mean_b - mean_a
    return n, mean_a + delta * n_b / n, S_a + S_b + np.outer(delta, delta) * n_a * n_b / n


def merged_about_the_first_mean(n_a, mean_a, S_a, n_b, mean_b, S_b):
    n, delta = n_a + n_b, mean_b - mean_a
    shift = n_b * delta / n
    return n, mean_a + shift, S_a + S_b + n_b * np.outer(delta, delta) - n * np.outer(shift, shift)


def clamped_by_masking(log_joint, y):
    masked = np.where((y >= 0)[:, None] & (np.arange(log_joint.shape[1]) != y[:, None]), -np.inf, log_joint)
    return softmax(masked, axis=1)


def clamped_by_where(log_joint, y):
    R = np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))
    return np.where((y >= 0)[:, None], np.eye(log_joint.shape[1])[y], R)


def update_by_difference(s, batch_sum, n_batch, t, alpha):
    return s + (t + 2) ** -alpha * (batch_sum / n_batch - s)


def update_by_average(s, batch_sum, n_batch, t, alpha):
    eta = 1 / (t + 2) ** alpha
    return np.average([s, batch_sum / n_batch], axis=0, weights=[1 - eta, eta])


VARIANTS = {
    "condition_gaussian": [condition_by_the_package, condition_by_precision, condition_by_cholesky],
    "conditional_weights": [weights_by_the_package, weights_by_softmax],
    "fill_row": [fill_by_the_package, fill_by_conditioning],
    "known_log_density": [density_by_the_package, density_by_scipy],
    "merge_statistics": [merged_by_chan, merged_about_the_first_mean],
    "ppca_count": [5499, 5499.0],
    "clamped_responsibilities": [clamped_by_masking, clamped_by_where],
    "stepwise_update": [update_by_difference, update_by_average],
}
