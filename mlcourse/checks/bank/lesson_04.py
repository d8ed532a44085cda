"""Checks for lesson 04 (EM): responsibilities, log-sum-exp, the two steps, a planted bug, the whole loop.

Symbols: x (n,) or X (n, d) data; pi (K,) weights; mu (K,) or (K, d) means; var (K,) variances; Sigma (K, d, d)
covariances; R (n, K) responsibilities; N (K,) their sums.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice
from mlcourse.datasets import elongated_blobs
from mlcourse.mixture import GaussianMixture
from mlcourse.typing import Array

LESSON = "04_em"


# ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────


def mixture_1d(
    rng: np.random.Generator, n: int = 40, K: int = 3, spread: float = 3.0
) -> tuple[Array, Array, Array, Array]:
    """x, pi, mu, var: a random mixture on the line, and points near its components."""
    mu = rng.normal(scale=spread, size=K)
    x = rng.choice(mu, size=n) + rng.normal(size=n)
    return x, rng.dirichlet(np.full(K, 3.0)), mu, rng.uniform(0.3, 2.0, size=K)


def mixture_nd(
    rng: np.random.Generator, n: int = 50, K: int = 3, d: int = 2
) -> tuple[Array, Array, Array, Array]:
    """X, pi, mu, Sigma: a random mixture in d dimensions, and points near its components."""
    mu = rng.normal(scale=3.0, size=(K, d))
    X = mu[rng.integers(K, size=n)] + rng.normal(size=(n, d))
    A = rng.normal(size=(K, d, d))
    return X, rng.dirichlet(np.full(K, 3.0)), mu, A @ np.swapaxes(A, 1, 2) + 0.3 * np.eye(d)


def cases_1d(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three overlapping components on the line", mixture_1d(rng, spread=1.0))
    yield Case("four components well apart", mixture_1d(rng, K=4, spread=8.0))


def rows_sum_to_one(R: Array, *_: Array) -> bool:
    return np.allclose(np.sum(R, axis=1), 1)


ROWS_SUM_TO_ONE = Law("the responsibilities of each point sum to 1 (along axis 1).", rows_sum_to_one)


# ── 1  Responsibilities on the line ──────────────────────────────────────────────────────────────────


def joint_1d(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    return pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))


def responsibilities_1d(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    R = np.empty((len(x), len(pi)))
    for i in range(len(x)):
        for k in range(len(pi)):
            R[i, k] = pi[k] * norm.pdf(x[i], mu[k], var[k] ** 0.5)
        R[i] /= R[i].sum()
    return R


def _by_column(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    joint = joint_1d(x, pi, mu, var)
    return joint / joint.sum(axis=0)


def _variance_as_deviation(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    joint = pi * norm.pdf(x[:, np.newaxis], mu, var)
    return joint / joint.sum(axis=1, keepdims=True)


def _no_weights_1d(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    density = norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))
    return density / density.sum(axis=1, keepdims=True)


def _hard(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    joint = joint_1d(x, pi, mu, var)
    return np.eye(len(pi))[joint.argmax(axis=1)]


RESPONSIBILITIES_1D = Check(
    name="responsibilities_1d",
    lesson=LESSON,
    points=2,
    reference=responsibilities_1d,
    cases=cases_1d,
    laws=(ROWS_SUM_TO_ONE,),
    expected="array (n, K): one row per point, one column per component, each row summing to 1",
    mistakes=(
        Mistake(
            "normalised over points",
            _by_column,
            "the columns sum to 1, not the rows. The question is about each point: which component is it from?",
            hint=2,
        ),
        Mistake(
            "not normalised",
            joint_1d,
            "these are the joint densities πₖ N(xᵢ | μₖ, σₖ²). They still have to be divided by something.",
            hint=2,
        ),
        Mistake(
            "variance taken for a standard deviation",
            _variance_as_deviation,
            "the densities are too wide or too narrow: `norm.pdf` takes a standard deviation, but"
            " you were given variances.",
            hint=1,
        ),
        Mistake(
            "weights left out",
            _no_weights_1d,
            "every component counts the same, however rare it is: the weights π are missing.",
            hint=1,
        ),
        Mistake(
            "hard assignment",
            _hard,
            "each point belongs entirely to its most likely component, as in k-means. EM keeps the uncertainty.",
            hint=2,
        ),
    ),
)


# ── 2  Log-sum-exp ───────────────────────────────────────────────────────────────────────────────────


def log_sum_exp_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("ordinary numbers", (rng.normal(size=(6, 4)),))
    yield Case("a very small row next to a large one", (np.array([[-1000.0, -1001, -1003], [5, 4, 3]]),))
    yield Case("very large numbers", (rng.uniform(800, 1000, size=(5, 3)),))
    yield Case("very negative numbers", (rng.uniform(-1000, -800, size=(5, 3)),))
    extremes = np.array([[-1000.0, 0, 1000], [1000, 0, -1000], [-500, 0, 500], [-300, -300, 600]])
    yield Case("very negative and very large numbers in one row", (extremes,))


def _shifted_by(shift: Callable[..., Array]) -> Callable[..., Array]:
    """Log-sum-exp that subtracts `shift(A)` (n, 1) from the rows instead of their maxima."""
    return lambda A: shift(A)[:, 0] + np.log(np.exp(A - shift(A)).sum(axis=1))


LOG_SUM_EXP = Check(
    name="log_sum_exp",
    lesson=LESSON,
    points=2,
    reference=lambda A: logsumexp(A, axis=1),
    cases=log_sum_exp_cases,
    laws=(
        Law(
            "the result is at least the row's maximum.",
            lambda out, A: np.all(out >= A.max(axis=1) - 1e-6 * (1 + np.abs(A).max(axis=1))),
        ),
    ),
    expected="array (n,): one finite number per row",
    mistakes=(
        Mistake(
            "naive",
            lambda A: np.log(np.exp(A).sum(axis=1)),
            "the exponentials go out of range: e⁻¹⁰⁰⁰ underflows to 0, and e¹⁰⁰⁰ overflows to infinity.",
            hint=1,
        ),
        Mistake(
            "maximum not added back",
            lambda A: np.log(np.exp(A - A.max(axis=1, keepdims=True)).sum(axis=1)),
            "something was subtracted inside the exponential and never added back outside the logarithm.",
            hint=2,
        ),
        Mistake(
            "one maximum for all rows",
            lambda A: A.max() + np.log(np.exp(A - A.max()).sum(axis=1)),
            "you subtracted the maximum of the whole table. A row far below it still underflows.",
            hint=2,
        ),
        Mistake(
            "shifted by the row's minimum",
            _shifted_by(lambda A: A.min(axis=1, keepdims=True)),
            "you subtracted the smallest number of each row. Numbers far above it still overflow.",
            hint=1,
        ),
        Mistake(
            "shifted by the row's mean",
            _shifted_by(lambda A: A.mean(axis=1, keepdims=True)),
            "you subtracted the mean of each row. A number far above the mean still overflows.",
            hint=1,
        ),
        Mistake(
            "shifted by the first column",
            _shifted_by(lambda A: A[:, :1]),
            "you subtracted the first number of each row. That works only while no other number is far above it.",
            hint=1,
        ),
        Mistake(
            "largest absolute value",
            _shifted_by(lambda A: np.abs(A).max(axis=1, keepdims=True)),
            "you subtracted the largest absolute value. In a row of very negative numbers, that makes"
            " everything smaller still.",
            hint=1,
        ),
        Mistake(
            "maximum of the columns",
            lambda A: A.max(axis=1) + np.log(np.exp(A - A.max(axis=0)).sum(axis=1)),
            "you took the maximum down the columns (axis 0) in one place and along the rows in another.",
            hint=2,
        ),
        Mistake(
            "summed over points",
            lambda A: logsumexp(A, axis=0),
            "this sums over the points. The sum should run over the components of one point.",
            hint=1,
        ),
        Mistake(
            "maximum alone",
            lambda A: A.max(axis=1),
            "this is the maximum alone: a good approximation when one term dwarfs the rest, but"
            " wrong when two are close.",
            hint=2,
        ),
    ),
)


# ── 3  The E-step ────────────────────────────────────────────────────────────────────────────────────


def e_step_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three components in the plane", mixture_nd(rng))
    yield Case("four components in five dimensions", mixture_nd(rng, n=30, K=4, d=5))
    X, pi, mu, Sigma = mixture_nd(rng, n=20)
    yield Case("points a thousand units away", (X + 1000, pi, mu, Sigma))


def weighted_log_densities(X: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    columns = [np.log(p) + multivariate_normal(m, S).logpdf(X) for p, m, S in zip(pi, mu, Sigma)]
    return np.transpose(columns)


def e_step(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    log_joint = weighted_log_densities(X, pi, mu, Sigma)
    log_likelihood = logsumexp(log_joint, axis=1)
    return log_likelihood, np.exp(log_joint - log_likelihood[:, np.newaxis])


def _from_log_joint(log_joint: Array) -> tuple[Array, Array]:
    log_likelihood = logsumexp(log_joint, axis=1)
    return log_likelihood, np.exp(log_joint - log_likelihood[:, np.newaxis])


def _outside_log_space(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    joint = np.exp(weighted_log_densities(X, pi, mu, Sigma))
    total = joint.sum(axis=1)
    return np.log(total), joint / total[:, np.newaxis]


def _e_step_no_weights(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    return _from_log_joint(weighted_log_densities(X, np.ones_like(pi), mu, Sigma))


def _weights_not_logged(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    return _from_log_joint(weighted_log_densities(X, np.exp(pi), mu, Sigma))


def _log_responsibilities(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    log_joint = weighted_log_densities(X, pi, mu, Sigma)
    log_likelihood = logsumexp(log_joint, axis=1)
    return log_likelihood, log_joint - log_likelihood[:, np.newaxis]


def _swapped(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    return e_step(X, pi, mu, Sigma)[::-1]


def _sum_of_logs(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    _, R = e_step(X, pi, mu, Sigma)
    return weighted_log_densities(X, pi, mu, Sigma).sum(axis=1), R


def _determinant_dropped(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    half_log_det = 0.5 * np.linalg.slogdet(Sigma)[1]
    return _from_log_joint(weighted_log_densities(X, pi, mu, Sigma) + half_log_det)


E_STEP = Check(
    name="e_step",
    lesson=LESSON,
    points=4,
    reference=e_step,
    cases=e_step_cases,
    laws=(Law("the responsibilities of each point sum to 1.", lambda out, *_: rows_sum_to_one(out[1])),),
    expected="(log_likelihood of shape (n,), R of shape (n, K)), all finite; each row of R sums to 1",
    mistakes=(
        Mistake(
            "densities outside log space",
            _outside_log_space,
            "far from every mean all densities underflow to 0, and 0/0 is not a responsibility. Stay"
            " in log space to the end.",
            hint=2,
        ),
        Mistake(
            "weights left out",
            _e_step_no_weights,
            "the weights π are not used: log πₖ is missing.",
            hint=1,
        ),
        Mistake(
            "weights not in logarithms",
            _weights_not_logged,
            "you added πₖ where log πₖ belongs: a product becomes a sum only if both factors are logarithms.",
            hint=1,
        ),
        Mistake(
            "log-responsibilities",
            _log_responsibilities,
            "these are the logarithms of the responsibilities. One exponential is still missing.",
            hint=3,
        ),
        Mistake("return values swapped", _swapped, "the two return values are in the wrong order.", hint=3),
        Mistake(
            "sum of logarithms",
            _sum_of_logs,
            "you added up the logarithms of the components. The likelihood adds up the components themselves, and"
            " then takes one logarithm.",
            hint=2,
        ),
        Mistake(
            "determinant left out",
            _determinant_dropped,
            "wide and narrow components get the same height: the log |Σ| term is missing or cancels.",
            hint=1,
        ),
    ),
)


# ── 4  The M-step ────────────────────────────────────────────────────────────────────────────────────


def m_step_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, d in (
        ("three components in the plane", 60, 3, 2),
        ("two components, d = 4", 40, 2, 4),
    ):
        X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(scale=3, size=d)
        yield Case(description, (X, rng.dirichlet(np.full(K, 0.7), size=n)))


def m_step(X: Array, R: Array) -> tuple[Array, Array, Array]:
    N = R.sum(axis=0)
    mu = np.array([sum(r * x for r, x in zip(R[:, k], X)) / N[k] for k in range(R.shape[1])])
    Sigma = [
        sum(r * np.outer(x - mu[k], x - mu[k]) for r, x in zip(R[:, k], X)) / N[k] for k in range(R.shape[1])
    ]
    return N / len(X), mu, np.array(Sigma)


def covariances_about(X: Array, R: Array, mu: Array, N: Array) -> Array:
    D = X[np.newaxis] - mu[:, np.newaxis]
    return np.einsum("nk,knd,kne->kde", R, D, D) / N[:, np.newaxis, np.newaxis]


def _about_the_overall_mean(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R, np.repeat([X.mean(axis=0)], len(mu), axis=0), R.sum(axis=0))


def _not_centred(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R, np.zeros_like(mu), R.sum(axis=0))


def _divided_by_n(X: Array, R: Array) -> tuple[Array, Array, Array]:
    n = np.full(R.shape[1], len(X))
    mu = R.T @ X / n[:, np.newaxis]
    return R.sum(axis=0) / len(X), mu, covariances_about(X, R, mu, n)


def _means_divided_by_n(X: Array, R: Array) -> tuple[Array, Array, Array]:
    mu, N = R.T @ X / len(X), R.sum(axis=0)
    return N / len(X), mu, covariances_about(X, R, mu, N)


def _covariances_divided_by_n(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R, mu, np.full(len(mu), len(X)))


def _responsibilities_missing(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, np.ones_like(R), mu, R.sum(axis=0))


def _counts_for_weights(X: Array, R: Array) -> tuple[Array, Array, Array]:
    _, mu, Sigma = m_step(X, R)
    return R.sum(axis=0), mu, Sigma


def _sample_covariance(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R, mu, R.sum(axis=0) - 1)


def _hard_m_step(X: Array, R: Array) -> tuple[Array, Array, Array]:
    return m_step(X, np.eye(R.shape[1])[R.argmax(axis=1)])


def _squared_responsibilities(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R**2, mu, R.sum(axis=0))


def _variances_only(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, Sigma = m_step(X, R)
    return pi, mu, Sigma * np.eye(X.shape[1])


M_STEP = Check(
    name="m_step",
    lesson=LESSON,
    points=4,
    reference=m_step,
    cases=m_step_cases,
    laws=(
        Law("the weights sum to 1.", lambda out, *_: np.isclose(out[0].sum(), 1)),
        Law("a covariance is symmetric.", lambda out, *_: np.allclose(out[2], np.swapaxes(out[2], 1, 2))),
    ),
    expected="(weights of shape (K,), means of shape (K, d), covariances of shape (K, d, d))",
    mistakes=(
        Mistake(
            "about the overall mean",
            _about_the_overall_mean,
            "the covariances are measured from the mean of all the data. Each component has a centre of its own.",
            hint=2,
        ),
        Mistake(
            "not centred",
            _not_centred,
            "the covariances are too large by the square of the mean: you averaged x xᵀ without"
            " subtracting the mean first.",
            hint=2,
        ),
        Mistake(
            "divided by n",
            _divided_by_n,
            "means and covariances are divided by n, as if every component owned"
            " all the points. How many does component k own?",
            hint=1,
        ),
        Mistake(
            "means divided by n",
            _means_divided_by_n,
            "the means are too close to 0: they are sums over component k, divided by all n points.",
            hint=1,
        ),
        Mistake(
            "covariances divided by n",
            _covariances_divided_by_n,
            "the means are right. The covariances are too small: they are divided by all n points.",
            hint=1,
        ),
        Mistake(
            "responsibilities missing in the covariances",
            _responsibilities_missing,
            "the means are right. In the covariances every point counts in full for every component.",
            hint=3,
        ),
        Mistake(
            "counts for weights",
            _counts_for_weights,
            "the weights are counts: they sum to n, not to 1.",
            hint=1,
        ),
        Mistake(
            "divided by N - 1",
            _sample_covariance,
            "this divides by Nₖ − 1, which makes a sample covariance unbiased. Maximum likelihood is simpler.",
            hint=2,
        ),
        Mistake(
            "hard assignment",
            _hard_m_step,
            "each point counts only for its most likely component. It should count for every"
            " component, by its responsibility.",
            hint=1,
        ),
        Mistake(
            "responsibilities squared",
            _squared_responsibilities,
            "the covariances use the responsibilities twice. Put r on one of the two"
            " factors (x − μ), or √r on both.",
            hint=3,
        ),
        Mistake(
            "off-diagonal lost",
            _variances_only,
            "only the variances are there. Off the diagonal, a covariance says how two features vary together.",
            hint=2,
        ),
    ),
)


# ── 5  Find the bug ──────────────────────────────────────────────────────────────────────────────────


def em_iteration_1d(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    R = responsibilities_1d(x, pi, mu, var)
    N = R.sum(axis=0)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    return N / len(x), mu, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


def _weights_change_in_the_loop(
    x: Array,
    pi: Array,
    mu: Array,
    var: Array,
    row_sums: Callable[..., Any] = np.ones_like,
    weights: Callable[..., Array] = lambda pi, R: pi,
) -> tuple[Array, Array, Array]:
    """The planted bug. Other `row_sums` or `weights` treat its symptoms without removing it."""
    pi, R = pi.copy(), np.empty((len(x), len(pi)))
    for k in range(len(pi)):
        R[:, k] = responsibilities_1d(x, pi, mu, var)[:, k]
        pi[k] = R[:, k].mean()
    R = R / row_sums(R.sum(axis=1, keepdims=True))
    N = R.sum(axis=0)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    return weights(pi, R), mu, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


def _weights_renormalised_after(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    return _weights_change_in_the_loop(x, pi, mu, var, weights=lambda pi, R: pi / pi.sum())


def _rows_renormalised_after(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    return _weights_change_in_the_loop(x, pi, mu, var, row_sums=lambda sums: sums)


def _rows_renormalised_then_weights(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    treated: dict[str, Any] = {"row_sums": lambda sums: sums, "weights": lambda pi, R: R.mean(axis=0)}
    return _weights_change_in_the_loop(x, pi, mu, var, **treated)


def _variance_about_old_mean(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    R = responsibilities_1d(x, pi, mu, var)
    N = R.sum(axis=0)
    new = (R * x[:, np.newaxis]).sum(axis=0) / N
    return N / len(x), new, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


FIX_EM = Check(
    name="fix_em",
    lesson=LESSON,
    points=3,
    reference=em_iteration_1d,
    cases=cases_1d,
    laws=(Law("the weights sum to 1.", lambda out, *_: np.isclose(out[0].sum(), 1)),),
    expected="(weights, means, variances), each of shape (K,)",
    mistakes=(
        Mistake("the planted bug", _weights_change_in_the_loop, "the bug is still there.", planted=True),
        Mistake(
            "weights normalised afterwards",
            _weights_renormalised_after,
            "the weights sum to 1 again, but you only treated the symptom: component 1 is still computed with the"
            " new weight of component 0.",
            hint=2,
        ),
        Mistake(
            "rows normalised afterwards",
            _rows_renormalised_after,
            "the rows of R sum to 1 again, but the weights do not. Both are symptoms: within one round, the"
            " components are still computed with different weights.",
            hint=2,
        ),
        Mistake(
            "rows normalised afterwards, then weights",
            _rows_renormalised_then_weights,
            "rows and weights sum to 1 again, but you only treated the symptoms: the numbers that you divide were"
            " computed with weights from two different rounds.",
            hint=2,
        ),
        Mistake(
            "variances about the old means",
            _variance_about_old_mean,
            "the responsibilities are right now. The variances are measured from the old means.",
            hint=3,
        ),
    ),
)


# ── 6  The whole loop ────────────────────────────────────────────────────────────────────────────────


def fit_em_cases(rng: np.random.Generator) -> Iterator[Case]:
    X, pi, mu, Sigma = mixture_nd(rng, n=80)
    yield Case("eight iterations in the plane", (X, pi, mu, Sigma, 8))
    yield Case("one iteration", (X, pi, mu, Sigma, 1))


def fit_em(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int) -> tuple[Array, Array, Array, Array]:
    bounds = []
    for _ in range(n_iter):
        log_likelihood, R = e_step(X, pi, mu, Sigma)
        bounds.append(log_likelihood.mean())
        pi, mu, Sigma = m_step(X, R)
    return pi, mu, Sigma, np.array(bounds)


def _loop(
    X: Array,
    pi: Array,
    mu: Array,
    Sigma: Array,
    n_iter: int,
    *,
    bound: Callable[..., Any],
    refresh: bool = True,
) -> tuple[Array, Array, Array, Array]:
    """The loop with another `bound(log_likelihood)`, or with an E-step that always uses the start."""
    bounds, start = [], (pi, mu, Sigma)
    for _ in range(n_iter):
        log_likelihood, R = e_step(X, *((pi, mu, Sigma) if refresh else start))
        bounds.append(bound(log_likelihood))
        pi, mu, Sigma = m_step(X, R)
    return pi, mu, Sigma, np.array(bounds)


def _keeping(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int, *, kept: int) -> tuple[Array, ...]:
    """The loop in which parameter number `kept` stays as it was at the start."""
    start, bounds = (pi, mu, Sigma), []
    theta: tuple[Array, ...] = start
    for _ in range(n_iter):
        log_likelihood, R = e_step(X, *theta)
        bounds.append(log_likelihood.mean())
        theta = tuple(
            old if place == kept else new for place, (old, new) in enumerate(zip(start, m_step(X, R)))
        )
    return *theta, np.array(bounds)


def _likelihood_after_the_m_step(
    X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int
) -> tuple[Array, ...]:
    *theta, bounds = fit_em(X, pi, mu, Sigma, n_iter)
    return *theta, np.append(bounds[1:], e_step(X, *theta)[0].mean())


def _one_bound_too_many(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int) -> tuple[Array, ...]:
    *theta, bounds = fit_em(X, pi, mu, Sigma, n_iter)
    return *theta, np.append(bounds, e_step(X, *theta)[0].mean())


def _one_too_few(
    X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int
) -> tuple[Array, Array, Array, Array]:
    bounds = fit_em(X, pi, mu, Sigma, n_iter)[3]
    return (*fit_em(X, pi, mu, Sigma, n_iter - 1)[:3], bounds)


FIT_EM = Check(
    name="fit_em",
    lesson=LESSON,
    points=3,
    reference=fit_em,
    cases=fit_em_cases,
    laws=(Law("the log-likelihood never falls.", lambda out, *_: np.all(np.diff(out[3]) > -1e-9)),),
    expected="(weights, means, covariances, bounds); bounds of shape (n_iter,), never decreasing",
    mistakes=(
        Mistake(
            "total instead of mean",
            lambda *a: _loop(*a, bound=np.sum),
            "the curve is right up to a factor of n: you add up the log-likelihoods, but the task"
            " asks for the mean per point.",
            hint=2,
        ),
        Mistake(
            "E-step always from the start",
            lambda *a: _loop(*a, bound=np.mean, refresh=False),
            "the E-step uses the starting parameters every time, so nothing changes after the first round.",
            hint=1,
        ),
        Mistake("last M-step missing", _one_too_few, "the parameters are one M-step behind.", hint=1),
        Mistake(
            "likelihood after the M-step",
            _likelihood_after_the_m_step,
            "the curve is one round ahead: you record the likelihood *after* each M-step. The task asks for the"
            " one that each E-step finds.",
            hint=1,
        ),
        Mistake(
            "one bound too many",
            _one_bound_too_many,
            "`bounds` has one number too many: there is one E-step per round, and none after the last.",
            hint=1,
        ),
        Mistake(
            "weights not fed back",
            lambda *a: _keeping(*a, kept=0),
            "the weights stay as they were at the start: the M-step's weights never reach the next round.",
            hint=1,
        ),
        Mistake(
            "covariances not fed back",
            lambda *a: _keeping(*a, kept=2),
            "the covariances stay as they were at the start: the M-step's covariances never reach the next round.",
            hint=1,
        ),
    ),
)


# ── 7  Read a picture, 8  What a tolerance does ──────────────────────────────────────────────────────

FALLING_LIKELIHOOD = choice(
    "falling_likelihood",
    LESSON,
    1,
    right="C",
    wrong={
        "A": "each start climbs its own hill, but it always climbs: a bad start gives a low"
        " curve, not a falling one.",
        "B": (
            "near the top the steps get small, but they still go up. EM has no step size, so it cannot overshoot.",
            2,
        ),
        "D": "the M-step maximises exactly what the E-step gives it. Too many components make it overfit,"
        " which raises the likelihood.",
    },
)


@cache
def _largest_weight(**options: Any) -> float:
    model = GaussianMixture(3, n_init=10, random_state=42, max_iter=1000, **options)
    return float(model.fit(elongated_blobs()[0]).weights_.max())


LARGEST_WEIGHT = Check(
    name="largest_weight",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=lambda: _largest_weight(tol=1e-10),
    atol=5e-6,
    rtol=0,
    expected="one number between 0 and 1, accurate to five decimals",
    mistakes=(
        Mistake(
            "the default tolerance",
            lambda: _largest_weight(),
            "this is where the default `tol` stops. Which parameter decides when EM has done enough?",
            hint=1,
        ),
        Mistake(
            "a tolerance in between",
            lambda: _largest_weight(tol=1e-5),
            "this is closer, but not yet settled to five decimals: the tolerance compares likelihoods, and"
            " the weights settle later.",
            hint=1,
        ),
        Mistake(
            "the other two weights",
            lambda: 1 - _largest_weight(tol=1e-10),
            "this is what the other two components weigh together.",
            hint=2,
        ),
    ),
)


CHECKS = (
    RESPONSIBILITIES_1D,
    LOG_SUM_EXP,
    E_STEP,
    M_STEP,
    FIX_EM,
    FIT_EM,
    FALLING_LIKELIHOOD,
    LARGEST_WEIGHT,
)
