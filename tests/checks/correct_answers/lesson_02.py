"""Right answers to the tasks of lesson 02, written differently from the reference."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax
from scipy.stats import norm

from mlcourse.metrics import inertia


def inertia_by_groups(X, labels):
    return sum(len(X[labels == k]) * X[labels == k].var(axis=0).sum() for k in np.unique(labels))


def inertia_by_pairs(X, labels):
    """Squared distances of all pairs in a group, over twice its size."""
    total = 0
    for k in set(labels.tolist()):
        G = X[labels == k]
        total += ((G[:, None] - G) ** 2).sum() / (2 * len(G))
    return total


def inertia_by_the_package(X, labels):
    return inertia(X, [X[labels == k].mean(axis=0) for k in range(labels.max() + 1)], labels)


def labels_after_the_largest(y1, y2):
    return np.concatenate([y1, y2 + y1.max() + 1])


def labels_with_letters(y1, y2):
    return np.array([f"a{label}" for label in y1] + [f"b{label}" for label in y2])


def labels_even_and_odd(y1, y2):
    return np.r_[2 * y1, 2 * y2 + 1]


def labels_below_zero(y1, y2):
    return [*y1, *(-1 - y2)]


def labels_from_pairs(y1, y2):
    pairs = [(1, label) for label in y1.tolist()] + [(2, label) for label in y2.tolist()]
    return [sorted(set(pairs)).index(pair) for pair in pairs]


def sample_by_search(u, Z, weights, means, stds):
    k = np.searchsorted(np.cumsum(weights), u, side="right")
    return means[k] + stds[k, None] * Z, k


def sample_by_counting(u, Z, weights, means, stds):
    k = (u[:, None] >= np.cumsum(weights)[:-1]).sum(axis=1)
    return np.take(means, k, axis=0) + Z * np.take(stds, k).reshape(-1, 1), k


def share_by_softmax(x, pi, mu, sigma):
    return 1 - softmax(np.log(pi) + norm.logpdf(x[:, None], mu, sigma), axis=1).max(axis=1).mean()


def share_by_arrays(x, pi, mu, sigma):
    p = pi / (np.sqrt(2 * np.pi) * sigma) * np.exp(-((x[:, None] - mu) ** 2) / (2 * sigma**2))
    return np.mean((p.sum(axis=1) - p.max(axis=1)) / p.sum(axis=1))


def points_by_the_quadratic_formula(pi, mu, sigma):
    (m0, m1), (v0, v1) = mu, sigma**2
    log_ratio = np.log(pi[0] / pi[1]) + np.log(v1 / v0) / 2
    a, b = v1 - v0, -2 * (m0 * v1 - m1 * v0)
    c = m0**2 * v1 - m1**2 * v0 - 2 * v0 * v1 * log_ratio
    root = np.sqrt(b**2 - 4 * a * c)
    return (-b + root) / (2 * a), (-b - root) / (2 * a)


def points_by_bisection(pi, mu, sigma):
    def gap(x):
        log_joint = np.log(pi) + norm.logpdf(x, mu, sigma)
        return log_joint[0] - log_joint[1]

    tight = mu[np.argmin(sigma)]
    return np.array(
        [brentq(gap, tight - 100, tight, xtol=1e-13), brentq(gap, tight, tight + 100, xtol=1e-13)]
    )


VARIANTS = {
    "whose_point": ["b"],
    "inertia_of_labels": [inertia_by_groups, inertia_by_pairs, inertia_by_the_package],
    "join_labels": [
        labels_after_the_largest,
        labels_with_letters,
        labels_even_and_odd,
        labels_below_zero,
        labels_from_pairs,
    ],
    "mixture_sample": [sample_by_search, sample_by_counting],
    "unavoidable_share": [share_by_softmax, share_by_arrays],
    "equal_points": [points_by_the_quadratic_formula, points_by_bisection],
    "fixed_file": [
        "1.2 2.9\n1.4 3.1\n1.7 3.3\n2.4 3.9\n2.6 4.4",
        "1.2,2.9\n1.4,3.1\n1.7,3.3\n\n2.4,3.9\n2.6,4.4\n",
        "2.6 4.4\n1.2 2.9\n1.7 3.30\n1.4 3.1\n2.4 3.9",
    ],
}
