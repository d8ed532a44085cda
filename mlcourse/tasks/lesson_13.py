"""Checks for lesson 13, beyond: conditioning, rows with holes, merged statistics, clamped labels, step sizes.

Symbols: x (d,) a row, NaN where unknown; pi (K,), mu (K, d), Sigma (K, d, d) a mixture, or mu (d,) and
Sigma (d, d) one Gaussian; o, u the known and unknown features; R (n, K) responsibilities; S (d, d) a scatter about
a mean.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from mlcourse.checks.task import Case, Lesson
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, condition, conditional_mean, e_step, m_step
from mlcourse.mixture.missing import expectation_over_incomplete
from mlcourse.typing import Array

LESSON = Lesson("13_beyond")


# ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────


def covariances(rng: np.random.Generator, K: int, d: int) -> Array:
    A = rng.normal(size=(K, d, d))
    return A @ np.swapaxes(A, 1, 2) + 0.3 * np.eye(d)


def mixture(rng: np.random.Generator, K: int, d: int, spread: float = 1.5) -> tuple[Array, Array, Array]:
    """pi, mu, Sigma of a random mixture whose components overlap."""
    return rng.dirichlet(np.full(K, 3.0)), rng.normal(scale=spread, size=(K, d)), covariances(rng, K, d)


def with_holes(rng: np.random.Generator, d: int, known: list[int], far: bool = False) -> Array:
    """A row (d,) with values for the features `known`, near the means or far from them, and NaN elsewhere."""
    x = np.full(d, np.nan)
    x[known] = rng.normal(size=len(known))
    if far:
        x[known] += 300 * np.sign(x[known])
    return x


def unknown(mu: Array, known: Array) -> Array:
    return np.setdiff1d(np.arange(mu.shape[-1]), known)


# ── 1  One Gaussian ──────────────────────────────────────────────────────────────────────────────────

CONDITION_GAUSSIAN = LESSON.task(
    "condition_gaussian",
    title="What one feature says about another",
    points=3,
    expected="(mean (u,), covariance (u, u)) of the features that are not in `known`, in their order",
    parts=("the mean", "the covariance"),
    families={"the mean": 1, "the covariance": 2},
)


@CONDITION_GAUSSIAN.cases
def condition_gaussian_cases(rng: np.random.Generator) -> Iterator[Case]:
    (Sigma,) = covariances(rng, 1, 3)
    yield Case("one known feature of three", (rng.normal(size=3), Sigma, np.array([1]), rng.normal(size=1)))
    (Sigma,) = covariances(rng, 1, 5)
    known = np.array([3, 0, 4])
    yield Case("three known features of five", (rng.normal(size=5), Sigma, known, rng.normal(size=3)))


@CONDITION_GAUSSIAN.reference
def condition_gaussian(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    u = unknown(mu, known)
    to_known = np.linalg.inv(Sigma[np.ix_(known, known)])
    across = Sigma[np.ix_(u, known)]
    return mu[u] + across @ to_known @ (values - mu[known]), Sigma[
        np.ix_(u, u)
    ] - across @ to_known @ across.T


def _gaussian(
    mu: Array,
    Sigma: Array,
    known: Array,
    values: Array,
    *,
    mean: Callable[..., Array] | None = None,
    cov: Callable[..., Array] | None = None,
) -> tuple[Array, Array]:
    """The right answer with another mean or covariance, given as a function of (u, slopes)."""
    u = unknown(mu, known)
    slopes = np.linalg.solve(Sigma[np.ix_(known, known)], Sigma[np.ix_(known, u)])
    right = condition_gaussian(mu, Sigma, known, values)
    return mean(u, slopes) if mean else right[0], cov(u, slopes) if cov else right[1]


@CONDITION_GAUSSIAN.law("the covariance is symmetric.")
def the_covariance_is_symmetric(out, *_):
    return np.allclose(out[1], np.transpose(out[1]))


@CONDITION_GAUSSIAN.law("knowing more never makes a variance larger.")
def knowing_more_never_makes_a_variance_larger(out, mu, Sigma, known, _):
    return np.all(np.diag(out[1]) <= np.diag(Sigma)[unknown(mu, known)] + 1e-9)


@CONDITION_GAUSSIAN.mistake(
    "the covariance is right. But the mean does not depend on the values at all.", hint=1
)
def mean_not_moved(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: mu[u])


@CONDITION_GAUSSIAN.mistake(
    "the mean moves by the values themselves. What counts is how far they are from what was expected.", hint=1
)
def known_values_not_centred(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: mu[u] + values @ slopes)


@CONDITION_GAUSSIAN.mistake("this is how far the mean moves. Where does it start?", hint=1)
def mean_starts_at_zero(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: (values - mu[known]) @ slopes)


@CONDITION_GAUSSIAN.mistake(
    "you multiplied by the covariance of the known features, where its inverse belongs.", hint=2
)
def multiplied_instead_of_solved(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    u = unknown(mu, known)
    across, of_known = Sigma[np.ix_(u, known)], Sigma[np.ix_(known, known)]
    return mu[u] + across @ of_known @ (values - mu[known]), Sigma[
        np.ix_(u, u)
    ] - across @ of_known @ across.T


@CONDITION_GAUSSIAN.mistake(
    "you treated the known features one at a time, as if they were independent. What two of them say in common"
    " is counted twice.",
    hint=2,
)
def slopes_one_at_a_time(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    u = unknown(mu, known)
    across = Sigma[np.ix_(u, known)]
    slopes = across / np.diag(Sigma)[known]
    return mu[u] + slopes @ (values - mu[known]), Sigma[np.ix_(u, u)] - slopes @ across.T


@CONDITION_GAUSSIAN.mistake(
    "you sorted the known features but not their values, so they no longer match.",
    hint=1,
    name="known features sorted, their values not",
)
def known_features_sorted_their_values_not(
    mu: Array, Sigma: Array, known: Array, values: Array
) -> tuple[Array, Array]:
    return condition_gaussian(mu, Sigma, np.sort(known), values)


@CONDITION_GAUSSIAN.mistake(
    "the mean is right. But the covariance is unchanged: the known features have no effect on it.", hint=3
)
def covariance_not_reduced(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, cov=lambda u, slopes: Sigma[np.ix_(u, u)])


@CONDITION_GAUSSIAN.mistake(
    "the mean is right. But the covariance has grown. How could you know less after learning something?",
    hint=3,
)
def covariance_grows(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(
        mu, Sigma, known, values, cov=lambda u, slopes: Sigma[np.ix_(u, u)] + Sigma[np.ix_(u, known)] @ slopes
    )


@CONDITION_GAUSSIAN.mistake(
    "the mean is right. But in place of the covariance you returned a block of the inverse of Σ. It is"
    " related to the answer, but it is a precision.",
    hint=3,
)
def a_block_of_the_precision(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, cov=lambda u, slopes: np.linalg.inv(Sigma)[np.ix_(u, u)])


FULL = CovarianceType.named("full")


def as_mixture(pi, mu, Sigma):
    return Mixture(pi, mu, Sigma, FULL.kernel.factor(Sigma), FULL)


@CONDITION_GAUSSIAN.right
def condition_by_the_package(mu, Sigma, known, values):
    rest = condition(as_mixture(np.ones(1), mu[None], Sigma[None]), known, values)
    return rest.means[0], rest.covariances[0]


@CONDITION_GAUSSIAN.right
def condition_by_precision(mu, Sigma, known, values):
    u = [j for j in range(len(mu)) if j not in known]
    Lambda = np.linalg.inv(Sigma)
    cov = np.linalg.inv(Lambda[np.ix_(u, u)])
    return mu[u] - cov @ Lambda[np.ix_(u, known)] @ (values - mu[known]), cov


@CONDITION_GAUSSIAN.right
def condition_by_cholesky(mu, Sigma, known, values):
    u = np.delete(np.arange(len(mu)), known)
    factor = cho_factor(Sigma[known][:, known])
    slopes = cho_solve(factor, Sigma[known][:, u])
    return mu[u] + slopes.T @ (values - mu[known]), Sigma[u][:, u] - Sigma[u][:, known] @ slopes


# ── 2  Which component speaks ────────────────────────────────────────────────────────────────────────

CONDITIONAL_WEIGHTS = LESSON.task(
    "conditional_weights",
    title="Which component speaks?",
    points=2,
    expected="array (K,): finite, not negative, with sum 1",
    families={"ordinary values": 1, "far values": 1},
)


@CONDITIONAL_WEIGHTS.cases
def conditional_weights_cases(rng: np.random.Generator) -> Iterator[Case]:
    known = np.array([2, 0])
    yield Case("two known features of four", (*mixture(rng, 3, 4), known, rng.normal(size=2)))
    yield Case("one known feature of two", (*mixture(rng, 4, 2), np.array([1]), rng.normal(size=1)))
    far = np.array([150.0, -200.0])
    yield Case("known values far from every mean", (*mixture(rng, 3, 3), np.array([0, 1]), far), "far values")


def log_joint_of_known(pi: Array, mu: Array, Sigma: Array, known: Array, values: Array) -> Array:
    """log πₖ + log N(x_o | …) for every component: (K,)."""
    log_density = [
        multivariate_normal(m[known], S[np.ix_(known, known)]).logpdf(values) for m, S in zip(mu, Sigma)
    ]
    return np.log(pi) + np.array(log_density)


@CONDITIONAL_WEIGHTS.reference
def conditional_weights(pi: Array, mu: Array, Sigma: Array, known: Array, values: Array) -> Array:
    log_joint = log_joint_of_known(pi, mu, Sigma, known, values)
    return np.exp(log_joint - logsumexp(log_joint))


@CONDITIONAL_WEIGHTS.law("the weights sum to 1.")
def the_weights_sum_to_1(out, *_):
    return np.isclose(np.sum(out), 1)


@CONDITIONAL_WEIGHTS.mistake(
    "these are the weights π, unchanged. A component that hardly explains the known"
    " values should lose weight.",
    hint=1,
)
def weights_unchanged(pi, *_):
    return pi.copy()


@CONDITIONAL_WEIGHTS.mistake("every component counts the same, however rare it is: π is missing.", hint=1)
def weights_left_out(pi: Array, *others: Array) -> Array:
    return softmax(log_joint_of_known(np.ones_like(pi), *others))


@CONDITIONAL_WEIGHTS.mistake(
    "you added π itself to a log density. A product becomes a sum of the logarithms of both factors.",
    hint=3,
)
def no_logarithm_of_the_weights(pi, *others):
    return softmax(log_joint_of_known(np.exp(pi), *others))


@CONDITIONAL_WEIGHTS.mistake(
    "these are the joint densities of component and known values. They do not sum to 1 yet.", hint=1
)
def not_normalised(*args):
    return np.exp(log_joint_of_known(*args))


@CONDITIONAL_WEIGHTS.mistake(
    "far from every mean, each density underflows to 0, and 0/0 is not a weight.", hint=3
)
def densities_outside_log_space(*args: Array) -> Array:
    joint = np.exp(log_joint_of_known(*args))
    return joint / joint.sum()


@CONDITIONAL_WEIGHTS.mistake(
    "you used only the variances of the known features. They may also be correlated.", hint=2
)
def correlation_of_the_known_features_ignored(pi: Array, mu: Array, Sigma: Array, *others: Array) -> Array:
    diagonal = np.array([np.diag(np.diag(S)) for S in Sigma])
    return softmax(log_joint_of_known(pi, mu, diagonal, *others))


@CONDITIONAL_WEIGHTS.mistake(
    "you sorted the known features but not their values, so they no longer match.",
    hint=2,
    name="known features sorted, their values not",
)
def known_features_sorted_their_values_not_in_conditional_weights(
    pi: Array, mu: Array, Sigma: Array, known: Array, values: Array
) -> Array:
    return conditional_weights(pi, mu, Sigma, np.sort(known), values)


@CONDITIONAL_WEIGHTS.mistake(
    "you compared distances only. The height of a Gaussian also depends on how wide it is: log |Σ| is missing.",
    hint=2,
)
def without_log_determinant(pi: Array, mu: Array, Sigma: Array, known: Array, values: Array) -> Array:
    blocks = Sigma[:, known[:, np.newaxis], known]
    heights = 0.5 * np.linalg.slogdet(blocks)[1]
    return softmax(log_joint_of_known(pi, mu, Sigma, known, values) + heights)


@CONDITIONAL_WEIGHTS.mistake("the likeliest component got all the weight. Keep the uncertainty.", hint=1)
def hard_assignment(*args: Array) -> Array:
    weights = conditional_weights(*args)
    return np.eye(len(weights))[weights.argmax()]


@CONDITIONAL_WEIGHTS.right
def weights_by_the_package(pi, mu, Sigma, known, values):
    return condition(as_mixture(pi, mu, Sigma), known, values).weights


@CONDITIONAL_WEIGHTS.right
def weights_by_softmax(pi, mu, Sigma, known, values):
    log_joint = []
    for p, m, S in zip(pi, mu, Sigma):
        D, S = values - m[known], S[np.ix_(known, known)]
        log_joint.append(np.log(p) - 0.5 * (D @ np.linalg.solve(S, D) + np.linalg.slogdet(S)[1]))
    return softmax(log_joint)


# ── 3  Fill a row ────────────────────────────────────────────────────────────────────────────────────

FILL_ROW = LESSON.task("fill_row", title="Fill one row", points=3, expected="array (d,) without NaN")


@FILL_ROW.cases
def fill_row_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("two holes in four features", (with_holes(rng, 4, [0, 3]), *mixture(rng, 3, 4)))
    yield Case("one hole in three features", (with_holes(rng, 3, [0, 2]), *mixture(rng, 4, 3)))
    yield Case(
        "known values far from every mean", (with_holes(rng, 3, [1, 2], far=True), *mixture(rng, 2, 3))
    )


def _filled_with(weights_of: Callable[..., Array], mean_of: Callable[..., Array]) -> Callable[..., Array]:
    """Make a function that fills a row with Σₖ weightₖ meanₖ, for the given weights and means."""

    def fill(x: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
        known, filled = np.flatnonzero(~np.isnan(x)), x.copy()
        weights = weights_of(pi, mu, Sigma, known, x[known])
        means = np.array([mean_of(m, S, known, x[known]) for m, S in zip(mu, Sigma)])
        filled[np.isnan(x)] = weights @ means
        return filled

    return fill


def _regression(m: Array, S: Array, known: Array, values: Array) -> Array:
    return condition_gaussian(m, S, known, values)[0]


def _own_mean(m: Array, S: Array, known: Array, values: Array) -> Array:
    return m[unknown(m, known)]


def _weights_not_updated(pi: Array, *_: Array) -> Array:
    return pi


fill_row = _filled_with(conditional_weights, _regression)


FILL_ROW.reference(fill_row)


@FILL_ROW.law("known entries stay as they are.")
def known_entries_stay_as_they_are(out, x, *_):
    return np.allclose(np.asarray(out)[~np.isnan(x)], x[~np.isnan(x)], rtol=1e-6)


@FILL_ROW.mistake(
    "you filled the holes with 0, which is a value like any other, and nobody has measured it.", hint=1
)
def zeros(x, *_):
    return np.nan_to_num(x)


@FILL_ROW.mistake(
    "you filled the holes with the mean of the whole mixture. Nothing that is known about this row is used.",
    hint=1,
)
def mean_of_the_mixture(*args):
    return _filled_with(_weights_not_updated, _own_mean)(*args)


@FILL_ROW.mistake(
    "each component's regression is right. But you average them as if the known values said"
    " nothing about the component.",
    hint=2,
)
def weights_not_updated(*args):
    return _filled_with(_weights_not_updated, _regression)(*args)


@FILL_ROW.mistake(
    "the weights are right. But within a component, the known values also shift what to expect in the holes.",
    hint=2,
    name="the components' own means",
)
def the_components_own_means(*args):
    return _filled_with(conditional_weights, _own_mean)(*args)


@FILL_ROW.mistake(
    "you used only the likeliest component. That is a fair guess, but it is not the conditional mean.", hint=2
)
def only_the_likeliest_component(*args):
    return _filled_with(hard_assignment, _regression)(*args)


@FILL_ROW.mistake(
    "you filled the holes one after another, and used the first guess like a measured value when you made the"
    " second. Nobody has measured it.",
    hint=3,
)
def hole_by_hole(x: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    filled = x.copy()
    for hole in np.flatnonzero(np.isnan(x)):
        filled[hole] = fill_row(filled, pi, mu, Sigma)[hole]
    return filled


@FILL_ROW.mistake(
    "every component counts the same in your average. Each has its own weight, by what is known (task 2).",
    hint=2,
)
def components_averaged_evenly(x: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    return _filled_with(lambda pi, *_: np.full(len(pi), 1 / len(pi)), _regression)(x, pi, mu, Sigma)


@FILL_ROW.mistake("the numbers are right, but the rest of the row is missing.", hint=3)
def only_the_holes(x: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    return fill_row(x, pi, mu, Sigma)[np.isnan(x)]


@FILL_ROW.right
def fill_by_the_package(x, pi, mu, Sigma):
    return conditional_mean(as_mixture(pi, mu, Sigma), [x])[0]


@FILL_ROW.right
def fill_by_conditioning(x, pi, mu, Sigma):
    known = ~np.isnan(x)
    rest = condition(as_mixture(pi, mu, Sigma), np.flatnonzero(known), x[known])
    filled = np.where(known, x, 0)
    filled[~known] = np.average(rest.means, axis=0, weights=rest.weights)
    return filled.tolist()


# ── 4  The likelihood of a row with holes ────────────────────────────────────────────────────────────

KNOWN_LOG_DENSITY = LESSON.task(
    "known_log_density",
    title="How likely is a row with holes?",
    points=2,
    expected="one finite number, in nats",
)


@KNOWN_LOG_DENSITY.cases
def known_log_density_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("two known features of four", (with_holes(rng, 4, [0, 2]), *mixture(rng, 3, 4)))
    yield Case("a row without holes", (rng.normal(size=3), *mixture(rng, 2, 3)))
    yield Case(
        "known values far from every mean", (with_holes(rng, 3, [0, 1], far=True), *mixture(rng, 3, 3))
    )


@KNOWN_LOG_DENSITY.reference
def known_log_density(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return float(logsumexp(log_joint_of_known(pi, mu, Sigma, known, x[known])))


def _of_filled(fill: Callable[..., Array]) -> Callable[..., float]:
    """Make a function that returns the log density of the whole row after `fill`."""
    return lambda x, *theta: known_log_density(fill(x, *theta), *theta)


@KNOWN_LOG_DENSITY.mistake("you scored the row as if its holes held 0. Nobody has said that they do.", hint=1)
def zeros_for_the_holes(x, pi, mu, Sigma):
    return _of_filled(lambda x, *_: np.nan_to_num(x))(x, pi, mu, Sigma)


@KNOWN_LOG_DENSITY.mistake(
    "you filled the holes first and then scored the whole row. That rewards the row for"
    " entries that nobody has seen.",
    hint=1,
)
def holes_filled_with_what_is_expected(x, pi, mu, Sigma):
    return _of_filled(fill_row)(x, pi, mu, Sigma)


@KNOWN_LOG_DENSITY.mistake("this is the density itself. The task asks for its logarithm.", hint=3)
def density_instead_of_its_logarithm(*args):
    return np.exp(known_log_density(*args))


@KNOWN_LOG_DENSITY.mistake(
    "you added up the components as if each had weight 1: π is missing.", hint=2, name="weights left out"
)
def weights_left_out_in_known_log_density(x, pi, *others):
    return known_log_density(x, np.ones_like(pi), *others)


@KNOWN_LOG_DENSITY.mistake(
    "you added up the logarithms of the components, which multiplies their densities.", hint=3
)
def sum_of_the_logarithms(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return log_joint_of_known(pi, mu, Sigma, known, x[known]).sum()


@KNOWN_LOG_DENSITY.mistake(
    "you averaged the logarithms of the component densities. A mixture averages the densities, and"
    " takes one logarithm of the result.",
    hint=3,
)
def mean_of_the_logarithms(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return pi @ log_joint_of_known(np.ones_like(pi), mu, Sigma, known, x[known])  # type: ignore[return-value]  # a number: the product of two vectors


@KNOWN_LOG_DENSITY.mistake(
    "far from every mean, each density underflows to 0, and its logarithm is −∞.",
    hint=3,
    name="densities outside log space",
)
def densities_outside_log_space_in_known_log_density(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return np.log(np.exp(log_joint_of_known(pi, mu, Sigma, known, x[known])).sum())


def of_features(pi, mu, Sigma, o):
    return as_mixture(pi, mu[:, o], Sigma[:, o[:, None], o])


@KNOWN_LOG_DENSITY.right
def density_by_the_package(x, pi, mu, Sigma):
    o = np.flatnonzero(~np.isnan(x))
    return e_step(x[np.newaxis, o], of_features(pi, mu, Sigma, o))[0]


@KNOWN_LOG_DENSITY.right
def density_by_scipy(x, pi, mu, Sigma):
    o = ~np.isnan(x)
    log_density = [multivariate_normal.logpdf(x[o], m[o], S[o][:, o]) for m, S in zip(mu, Sigma)]
    return logsumexp(log_density, b=pi)


# ── 5  The M-step with holes ─────────────────────────────────────────────────────────────────────────

MISSING_M_STEP = LESSON.task(
    "missing_m_step",
    title="The M-step with holes",
    points=4,
    expected="(pi (K,), mu (K, d), Sigma (K, d, d)) without NaN",
    parts=("the weights", "the means", "the covariances"),
    families={"the weights": 0.5, "the means": 1, "the covariances": 2.5},
)


@MISSING_M_STEP.cases
def missing_m_step_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(description: str, n: int, K: int, d: int, holes: float, shift: float = 0.0) -> Case:
        _, mu, Sigma = mixture(rng, K, d)
        X = rng.normal(scale=2, size=(n, d))
        X[np.arange(d), rng.integers(d, size=d)] = np.nan if holes else 0
        gone = rng.uniform(size=X.shape) < holes
        gone[np.arange(n), rng.integers(d, size=n)] = False  # something is known of every row
        X[gone] = np.nan
        X[np.isnan(X).all(axis=1), 0] = 1.0
        return Case(description, (X + shift, rng.dirichlet(np.ones(K), size=n), mu + shift, Sigma))

    yield case("thirty rows, a third of the entries missing", 30, 2, 3, 0.35)
    yield case("most entries missing", 40, 3, 4, 0.6)
    yield case("rows far from the origin", 20, 2, 2, 0.3, shift=1e6)
    yield case("no entry missing", 15, 2, 3, 0.0)


def completed(x: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    """E[x | x_o] (d,) and Cov[x | x_o] (d, d) under one Gaussian; the covariance is 0 where x is known."""
    known, filled, C = np.flatnonzero(~np.isnan(x)), x.copy(), np.zeros_like(Sigma)
    u = unknown(mu, known)
    filled[u], C[np.ix_(u, u)] = condition_gaussian(mu, Sigma, known, x[known])
    return filled, C


def _m_step_over(
    X: Array, R: Array, mu: Array, Sigma: Array, complete: Callable[..., tuple[Array, Array]] = completed
) -> tuple[Array, Array, Array]:
    """The M-step over rows that `complete(x, mu_k, Sigma_k)` has filled in, with the covariance of what it filled."""
    new_mu, new_Sigma = np.empty_like(mu), np.empty_like(Sigma)
    for k in range(len(mu)):
        pairs = [complete(x, mu[k], Sigma[k]) for x in X]
        filled, C = np.array([f for f, _ in pairs]), np.array([c for _, c in pairs])
        share = R[:, k] / R[:, k].sum()
        new_mu[k] = share @ filled
        D = filled - new_mu[k]
        new_Sigma[k] = (share[:, np.newaxis] * D).T @ D + np.einsum("i,ijl", share, C)
    return R.mean(axis=0), new_mu, new_Sigma


@MISSING_M_STEP.reference
def missing_m_step(X: Array, R: Array, mu: Array, Sigma: Array) -> tuple[Array, Array, Array]:
    return _m_step_over(X, R, mu, Sigma)


@MISSING_M_STEP.law("the covariances are symmetric.")
def the_covariances_are_symmetric(out, *_):
    return np.allclose(out[2], np.swapaxes(out[2], 1, 2))


@MISSING_M_STEP.law("no variance is smaller than that of the filled-in rows.")
def no_variance_is_smaller_than_that_of_the_filled_in_rows(out, *args):
    filled_only = _m_step_over(*args, complete=_without_doubt)[2]
    variances = np.diagonal(np.asarray(out[2]), axis1=1, axis2=2)
    return np.all(variances >= np.diagonal(filled_only, axis1=1, axis2=2) * (1 - 1e-6))


def _without_doubt(x: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    return completed(x, mu, Sigma)[0], np.zeros_like(Sigma)


@MISSING_M_STEP.mistake(
    "weights and means are right. But you treated filled-in values as data: the covariance of what is still"
    " unknown is missing.",
    hint=3,
)
def filled_values_taken_for_data(*args):
    return _m_step_over(*args, complete=_without_doubt)


@MISSING_M_STEP.mistake(
    "for the holes you added the old covariance of the unknown features. The known features have reduced it.",
    hint=3,
)
def old_covariance_for_the_holes(*args):
    def complete(x, mu, Sigma):
        holes = np.isnan(x)
        return completed(x, mu, Sigma)[0], Sigma * np.outer(holes, holes)

    return _m_step_over(*args, complete=complete)


@MISSING_M_STEP.mistake(
    "of the conditional covariances you added only the diagonals. Two holes in a row may be correlated.",
    hint=3,
)
def only_conditional_variances(*args):
    def complete(x, mu, Sigma):
        filled, C = completed(x, mu, Sigma)
        return filled, np.diag(np.diag(C))

    return _m_step_over(*args, complete=complete)


@MISSING_M_STEP.mistake(
    "every row adds its conditional covariance in full, whichever component the row belongs to. It counts by"
    " the responsibility, like everything else.",
    hint=3,
)
def conditional_covariance_not_weighted(X, R, mu, Sigma):
    pi, new_mu, new_Sigma = _m_step_over(X, R, mu, Sigma, complete=_without_doubt)
    for k, N in enumerate(R.sum(axis=0)):
        new_Sigma[k] += sum(completed(x, mu[k], Sigma[k])[1] for x in X) / N
    return pi, new_mu, new_Sigma


@MISSING_M_STEP.mistake(
    "you added the sum of the conditional covariances after the division. It is also divided by Nₖ.", hint=3
)
def conditional_covariance_not_divided(X, R, mu, Sigma):
    pi, new_mu, new_Sigma = _m_step_over(X, R, mu, Sigma, complete=_without_doubt)
    for k, r in enumerate(R.T):
        new_Sigma[k] += sum(weight * completed(x, mu[k], Sigma[k])[1] for weight, x in zip(r, X))
    return pi, new_mu, new_Sigma


@MISSING_M_STEP.mistake(
    "you filled the holes with the old mean of the component. What is known about the row shifts what to expect.",
    hint=2,
)
def holes_filled_with_the_old_mean(*args):
    def complete(x, mu, Sigma):
        return np.where(np.isnan(x), mu, x), completed(x, mu, Sigma)[1]

    return _m_step_over(*args, complete=complete)


@MISSING_M_STEP.mistake(
    "you filled the holes with the means of their columns, the same for every component. Each component has"
    " its own expectation.",
    hint=2,
)
def holes_filled_with_the_column_mean(X, R, mu, Sigma):
    columns = np.nanmean(X, axis=0)

    def complete(x, mu, Sigma):
        return np.where(np.isnan(x), columns, x), completed(x, mu, Sigma)[1]

    return _m_step_over(X, R, mu, Sigma, complete)


@MISSING_M_STEP.mistake("you filled the holes with 0, which is a value like any other.", hint=2)
def holes_filled_with_zero(*args):
    def complete(x, mu, Sigma):
        return np.nan_to_num(x), completed(x, mu, Sigma)[1]

    return _m_step_over(*args, complete=complete)


@MISSING_M_STEP.mistake(
    "you filled each hole once for all components, with the average of their guesses. Each component needs the"
    " row as it would complete it.",
    hint=2,
)
def one_filling_for_all_components(X, R, mu, Sigma):
    def fill(x, r):
        return r @ np.array([completed(x, m, S)[0] for m, S in zip(mu, Sigma)])

    return _plain_m_step(np.array([fill(x, r) for x, r in zip(X, R)]), R)


def _plain_m_step(X: Array, R: Array) -> tuple[Array, Array, Array]:
    mu = np.array([np.average(X, axis=0, weights=r) for r in R.T])
    Sigma = np.array([np.cov(X.T, aweights=r, ddof=0) for r in R.T])
    return R.mean(axis=0), mu, Sigma


@MISSING_M_STEP.mistake(
    "the means use only the known entries of each column. A row with a hole still says something about that"
    " column, through its other entries.",
    hint=2,
)
def means_of_the_known_entries(X, R, mu, Sigma):
    pi, _, new_Sigma = _m_step_over(X, R, mu, Sigma)
    return pi, (R.T @ np.nan_to_num(X)) / (R.T @ ~np.isnan(X)), new_Sigma


@MISSING_M_STEP.mistake("you used only the complete rows. The others also say something.", hint=1)
def rows_with_holes_dropped(X, R, mu, Sigma):
    complete = ~np.isnan(X).any(axis=1)
    if complete.sum() < 2:
        return tuple(np.full_like(part, np.nan) for part in (R[0], mu, Sigma))
    return _plain_m_step(X[complete], R[complete])


@MISSING_M_STEP.mistake(
    "your covariances are measured from the old means. The M-step measures them from the new ones.", hint=3
)
def scatter_about_the_old_means(X, R, mu, Sigma):
    pi, new_mu, new_Sigma = _m_step_over(X, R, mu, Sigma)
    gaps = new_mu - mu
    return pi, new_mu, new_Sigma + gaps[:, :, np.newaxis] * gaps[:, np.newaxis]


@MISSING_M_STEP.mistake("your weights are counts of rows. They do not sum to 1 yet.", hint=1)
def weights_are_counts(X, R, mu, Sigma):
    return R.sum(axis=0), *_m_step_over(X, R, mu, Sigma)[1:]


@MISSING_M_STEP.mistake("the covariances are sums over the rows: they are not divided by Nₖ.", hint=1)
def covariances_not_divided(X, R, mu, Sigma):
    pi, new_mu, new_Sigma = _m_step_over(X, R, mu, Sigma)
    return pi, new_mu, new_Sigma * R.sum(axis=0)[:, np.newaxis, np.newaxis]


@MISSING_M_STEP.right
def m_step_by_the_package(X, R, mu, Sigma):
    log_R = np.log(R)
    pi, out_mu, out_Sigma = R.mean(axis=0), [], []
    for k in range(len(mu)):
        one = as_mixture(np.ones(1), mu[k : k + 1], Sigma[k : k + 1])
        w = np.exp(log_R[:, k])
        theta = m_step(expectation_over_incomplete(X, w)(one))
        out_mu.append(theta.means[0])
        out_Sigma.append(theta.covariances[0])
    return pi, np.array(out_mu), np.array(out_Sigma)


@MISSING_M_STEP.right
def m_step_from_mean_outer_products(X, R, mu, Sigma):
    c, N = np.nanmean(X, axis=0), R.sum(axis=0)
    first, second = np.zeros_like(mu), np.zeros_like(Sigma)
    for i, x in enumerate(X):
        for k in range(len(mu)):
            filled, C = completed(x - c, mu[k] - c, Sigma[k])
            first[k] += R[i, k] * filled
            second[k] += R[i, k] * (np.outer(filled, filled) + C)
    m = first / N[:, None]
    return N / len(X), c + m, second / N[:, None, None] - m[:, :, None] * m[:, None]


# ── 6  Two workers ───────────────────────────────────────────────────────────────────────────────────

MERGE_STATISTICS = LESSON.task(
    "merge_statistics",
    title="Two workers meet",
    points=3,
    expected="(n, mean (d,), scatter (d, d) about that mean) of all rows together",
    parts=("the number of rows", "the mean", "the scatter"),
    families={"the number of rows": 0.5, "the mean": 0.5, "the scatter": 2},
)


@MERGE_STATISTICS.cases
def merge_statistics_cases(rng: np.random.Generator) -> Iterator[Case]:
    def part(n: int, shift: Array | float, d: int = 2) -> tuple[int, Array, Array]:
        X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + shift
        return n, X.mean(axis=0), (X - X.mean(axis=0)).T @ (X - X.mean(axis=0))

    yield Case("thirty rows and ten, three features", (*part(30, 2.0, d=3), *part(10, -1.0, d=3)))
    yield Case("five rows and forty", (*part(5, np.array([3.0, 0.0])), *part(40, np.array([0.0, 1.0]))))
    yield Case("rows far from the origin", (*part(20, 1e7), *part(25, 1e7 + 3)))


@MERGE_STATISTICS.reference
def merge_statistics(
    n_a: int, mean_a: Array, S_a: Array, n_b: int, mean_b: Array, S_b: Array
) -> tuple[int, Array, Array]:
    n = n_a + n_b
    mean = mean_a + (mean_b - mean_a) * n_b / n
    about_new = [S + m * np.outer(c - mean, c - mean) for S, m, c in ((S_a, n_a, mean_a), (S_b, n_b, mean_b))]
    return n, mean, about_new[0] + about_new[1]


def _merged(
    n_a: int,
    mean_a: Array,
    S_a: Array,
    n_b: int,
    mean_b: Array,
    S_b: Array,
    *,
    mean: Array | None = None,
    factor: Callable[..., Any] = lambda a, b: a * b / (a + b),
    D: Callable[..., Any] = np.outer,
) -> tuple[int, Array, Array]:
    """Chan's formula with one part changed."""
    n, right_mean, _ = merge_statistics(n_a, mean_a, S_a, n_b, mean_b, S_b)
    delta = mean_b - mean_a
    return n, right_mean if mean is None else mean, S_a + S_b + factor(n_a, n_b) * D(delta, delta)


@MERGE_STATISTICS.law("the scatter is symmetric.")
def the_scatter_is_symmetric(out, *_):
    return np.allclose(out[2], np.transpose(out[2]))


@MERGE_STATISTICS.mistake(
    "number and mean are right. But you added the scatters as if they were about the same mean.", hint=2
)
def without_gap_between_the_means(*args):
    return _merged(*args, factor=lambda a, b: 0)


@MERGE_STATISTICS.mistake("both means count the same, however many rows each of them summarises.", hint=1)
def plain_average_of_the_means(
    n_a: int, mean_a: Array, S_a: Array, n_b: int, mean_b: Array, S_b: Array
) -> tuple[int, Array, Array]:
    return _merged(n_a, mean_a, S_a, n_b, mean_b, S_b, mean=(mean_a + mean_b) / 2)


@MERGE_STATISTICS.mistake(
    "you averaged the scatters, as one does with covariances. A scatter is a sum.", hint=2
)
def scatters_averaged(
    n_a: int, mean_a: Array, S_a: Array, n_b: int, mean_b: Array, S_b: Array
) -> tuple[int, Array, Array]:
    n, mean, _ = merge_statistics(n_a, mean_a, S_a, n_b, mean_b, S_b)
    return n, mean, (n_a * S_a + n_b * S_b) / n


@MERGE_STATISTICS.mistake("this is the covariance of all rows. A scatter is a sum, not a mean.", hint=2)
def covariance_instead_of_scatter(*args: Any) -> tuple[int, Array, Array]:
    n, mean, S = merge_statistics(*args)
    return n, mean, S / n


@MERGE_STATISTICS.mistake(
    "you added the gap between the means once, however many rows there are. But every"
    " row is off the new mean.",
    hint=3,
)
def gap_counted_once(*args):
    return _merged(*args, factor=lambda a, b: 1)


@MERGE_STATISTICS.mistake(
    "you added the full gap between the two means for every row. Each part is closer to the common mean"
    " than to the other part's mean.",
    hint=3,
)
def gap_counted_for_every_row_in_full(*args):
    return _merged(*args, factor=lambda a, b: a + b)


@MERGE_STATISTICS.mistake(
    "the diagonal is right. But a shift in two features at once also changes the entries off the diagonal.",
    hint=3,
    name="gap without its off-diagonal",
)
def gap_without_its_off_diagonal(*args):
    return _merged(*args, D=lambda a, b: np.diag(a * b))


@MERGE_STATISTICS.mistake(
    "the same number is added to every entry: you multiplied the gap by itself and got a single number. A"
    " scatter needs the products of all pairs of entries.",
    hint=3,
    name="inner product of the gap",
)
def inner_product_of_the_gap(*args):
    return _merged(*args, D=lambda a, b: a @ b)


@MERGE_STATISTICS.mistake(
    "this is right for rows near the origin. Far from it, you subtract two huge"
    " numbers and lose their digits.",
    hint=3,
)
def squares_about_the_origin(
    n_a: int, mean_a: Array, S_a: Array, n_b: int, mean_b: Array, S_b: Array
) -> tuple[int, Array, Array]:
    n = n_a + n_b
    mean = (n_a * mean_a + n_b * mean_b) / n
    raw = S_a + n_a * np.outer(mean_a, mean_a) + S_b + n_b * np.outer(mean_b, mean_b)
    return n, mean, raw - n * np.outer(mean, mean)


@MERGE_STATISTICS.right
def merged_by_chan(n_a, mean_a, S_a, n_b, mean_b, S_b):
    n, delta = n_a + n_b, mean_b - mean_a
    return n, mean_a + delta * n_b / n, S_a + S_b + np.outer(delta, delta) * n_a * n_b / n


@MERGE_STATISTICS.right
def merged_about_the_first_mean(n_a, mean_a, S_a, n_b, mean_b, S_b):
    n, delta = n_a + n_b, mean_b - mean_a
    shift = n_b * delta / n
    return n, mean_a + shift, S_a + S_b + n_b * np.outer(delta, delta) - n * np.outer(shift, shift)


# ── 7  A handful of labels ───────────────────────────────────────────────────────────────────────────

CLAMPED_RESPONSIBILITIES = LESSON.task(
    "clamped_responsibilities",
    title="A handful of labels",
    points=2,
    expected="array (n, K): one row per point, each row summing to 1",
    families={"ordinary log densities": 1, "very low log densities": 1},
)


@CLAMPED_RESPONSIBILITIES.cases
def clamped_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(
        "eight rows, three of them labelled",
        (rng.normal(scale=2, size=(8, 3)), rng.permutation([-1, 0, -1, 2, -1, 1, -1, -1])),
    )
    yield Case(
        "log densities far below zero",
        (-900 + rng.normal(scale=2, size=(5, 4)), rng.permutation([3, -1, 0, -1, -1])),
        "very low log densities",
    )
    levels = rng.permutation([-3, -3, -1000, -2000, -4000])
    yield Case(
        "some rows near, some far from every component",
        (levels[:, np.newaxis] + rng.normal(scale=2, size=(5, 3)), rng.permutation([2, -1, -1, -1, -1])),
        "very low log densities",
    )
    yield Case("no label at all", (rng.normal(size=(4, 2)), np.full(4, -1)))


@CLAMPED_RESPONSIBILITIES.reference
def clamped_responsibilities(log_joint: Array, y: Array) -> Array:
    R = softmax(log_joint, axis=1)
    for i, label in enumerate(y):
        if label >= 0:
            R[i] = np.eye(log_joint.shape[1])[label]
    return R


@CLAMPED_RESPONSIBILITIES.law("each row of responsibilities sums to 1.")
def each_row_of_responsibilities_sums_to_1(R, *_):
    return np.allclose(np.sum(R, axis=1), 1)


@CLAMPED_RESPONSIBILITIES.mistake(
    "rows without a label went entirely to the last component: as an index, −1 means the last one.", hint=2
)
def minus_one_used_as_a_class(log_joint: Array, y: Array) -> Array:
    return np.eye(log_joint.shape[1])[y]


@CLAMPED_RESPONSIBILITIES.mistake(
    "you treated rows of class 0 as if they had no label. Which number means that there is none?", hint=2
)
def class_0_taken_for_unlabelled(log_joint: Array, y: Array) -> Array:
    return clamped_responsibilities(log_joint, np.where(y > 0, y, -1))


@CLAMPED_RESPONSIBILITIES.mistake(
    "a labelled row has its 1, but its other entries still hold what the densities gave them.", hint=2
)
def the_other_entries_kept(log_joint: Array, y: Array) -> Array:
    R = softmax(log_joint, axis=1)
    R[y >= 0, y[y >= 0]] = 1
    return R


@CLAMPED_RESPONSIBILITIES.mistake(
    "rows without a label have a 1 in the last column: as an index, −1 means the last one.", hint=2
)
def a_1_for_every_row(log_joint: Array, y: Array) -> Array:
    R = softmax(log_joint, axis=1)
    R[y >= 0] = 0
    R[np.arange(len(y)), y] = 1
    return R


@CLAMPED_RESPONSIBILITIES.mistake("this is the ordinary E-step: the labels have no effect.", hint=2)
def labels_ignored(log_joint: Array, y: Array) -> Array:
    return softmax(log_joint, axis=1)


@CLAMPED_RESPONSIBILITIES.mistake(
    "labelled rows belong to no component now. They are the most certain of all.", hint=2
)
def labelled_rows_left_out(log_joint: Array, y: Array) -> Array:
    return softmax(log_joint, axis=1) * (y < 0)[:, np.newaxis]


@CLAMPED_RESPONSIBILITIES.mistake("rows without a label belong to no component, so they cannot help.", hint=1)
def unlabelled_rows_left_out(log_joint: Array, y: Array) -> Array:
    return np.eye(log_joint.shape[1])[y] * (y >= 0)[:, np.newaxis]


@CLAMPED_RESPONSIBILITIES.mistake(
    "rows without a label went entirely to their likeliest component. Only a label gives such certainty.",
    hint=1,
)
def unlabelled_rows_decided(log_joint: Array, y: Array) -> Array:
    return np.eye(log_joint.shape[1])[np.where(y >= 0, y, log_joint.argmax(axis=1))]


@CLAMPED_RESPONSIBILITIES.mistake(
    "rows without a label are shared evenly, whatever the densities say.", hint=1
)
def unlabelled_rows_shared_evenly(log_joint: Array, y: Array) -> Array:
    return clamped_responsibilities(np.zeros_like(log_joint), y)


@CLAMPED_RESPONSIBILITIES.mistake(
    "log densities of −900 are common when there are many features, and their exponentials underflow to 0.",
    hint=1,
    name="densities outside log space",
)
def densities_outside_log_space_in_clamped_responsibilities(log_joint: Array, y: Array) -> Array:
    joint = np.exp(log_joint)
    R = joint / joint.sum(axis=1, keepdims=True)
    R[y >= 0] = np.eye(log_joint.shape[1])[y[y >= 0]]
    return R


@CLAMPED_RESPONSIBILITIES.mistake(
    "you subtracted one maximum for the whole table. Rows far below it still underflow: each row needs its own.",
    hint=1,
)
def one_maximum_for_all_rows(log_joint: Array, y: Array) -> Array:
    joint = np.exp(log_joint - log_joint.max())
    R = joint / joint.sum(axis=1, keepdims=True)
    R[y >= 0] = np.eye(log_joint.shape[1])[y[y >= 0]]
    return R


@CLAMPED_RESPONSIBILITIES.right
def clamped_row_by_row(log_joint, y):
    R = np.zeros(log_joint.shape)
    for i, label in enumerate(y):
        if label == -1:
            joint = np.exp(log_joint[i] - log_joint[i].max())
            R[i] = joint / joint.sum()
        else:
            R[i, label] = 1
    return R


@CLAMPED_RESPONSIBILITIES.right
def clamped_by_masking(log_joint, y):
    masked = np.where((y >= 0)[:, None] & (np.arange(log_joint.shape[1]) != y[:, None]), -np.inf, log_joint)
    return softmax(masked, axis=1)


@CLAMPED_RESPONSIBILITIES.right
def clamped_by_where(log_joint, y):
    R = np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))
    return np.where((y >= 0)[:, None], np.eye(log_joint.shape[1])[y], R)


# ── 8  The step size ─────────────────────────────────────────────────────────────────────────────────

STEPWISE_UPDATE = LESSON.task(
    "stepwise_update",
    title="The step size",
    points=2,
    expected="array of the same shape as `s`: the new average per row",
)


@STEPWISE_UPDATE.cases
def stepwise_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(description: str, t: int, alpha: float, n: int) -> Case:
        return Case(description, (rng.normal(size=(2, 3)), n * rng.normal(size=(2, 3)), n, t, alpha))

    yield case("the first batch", 0, 0.6, 50)
    yield case("batch number 20", 20, 0.7, 25)
    yield case("a late batch, small steps", 1000, 1.0, 10)


@STEPWISE_UPDATE.reference
def stepwise_update(s: Array, batch_sum: Array, n_batch: int, t: int, alpha: float) -> Array:
    eta = (t + 2) ** -alpha
    return (1 - eta) * s + eta * batch_sum / n_batch


def _step(
    eta: Callable[..., float] = lambda t, alpha: (t + 2.0) ** -alpha,
    kept: Callable[..., Any] = lambda eta: 1 - eta,
    per_row: bool = True,
) -> Callable[..., Array]:
    """Make an update with one part changed."""

    def update(s: Array, batch_sum: Array, n_batch: int, t: int, alpha: float) -> Array:
        share = eta(t, alpha)
        return kept(share) * s + share * batch_sum / (n_batch if per_row else 1)

    return update


@STEPWISE_UPDATE.mistake("`s` is an average per row, but the batch came in as a sum over its rows.", hint=1)
def sum_of_the_batch_instead_of_its_mean(s, batch_sum, n_batch, t, alpha):
    return _step(per_row=False)(s, batch_sum, n_batch, t, alpha)


@STEPWISE_UPDATE.mistake(
    "old and new have swapped their shares: the later the batch, the more it would overwrite.", hint=2
)
def shares_swapped(s, b, n, t, alpha):
    return stepwise_update(b / n, s * n, n, t, alpha)


@STEPWISE_UPDATE.mistake("your step size grows with t and exceeds 1. Check the sign of the exponent.", hint=2)
def sign_of_the_exponent(s, batch_sum, n_batch, t, alpha):
    return _step(eta=lambda t, alpha: (t + 2.0) ** alpha)(s, batch_sum, n_batch, t, alpha)


@STEPWISE_UPDATE.mistake(
    "you add the new batch but give up nothing of the old average. The result is not an average any more.",
    hint=2,
)
def nothing_forgotten(s, batch_sum, n_batch, t, alpha):
    return _step(kept=lambda eta: 1)(s, batch_sum, n_batch, t, alpha)


@STEPWISE_UPDATE.mistake(
    "your step size does not depend on t, so the noise of the latest batches never averages out.", hint=2
)
def constant_step(s, batch_sum, n_batch, t, alpha):
    return _step(eta=lambda t, alpha: alpha)(s, batch_sum, n_batch, t, alpha)


@STEPWISE_UPDATE.mistake(
    "your steps are one batch off: the very first batch (t = 0) would replace all of `s`.", hint=2
)
def counted_from_one(s, batch_sum, n_batch, t, alpha):
    return _step(eta=lambda t, alpha: (t + 1.0) ** -alpha)(s, batch_sum, n_batch, t, alpha)


@STEPWISE_UPDATE.mistake(
    "the new batch is missing: your average only shrinks. What does the second term of the formula add?",
    hint=1,
)
def batch_left_out(s, batch_sum, n_batch, t, alpha):
    return (1 - (t + 2.0) ** -alpha) * s


@STEPWISE_UPDATE.mistake(
    "nothing of the old average is left. It should lose a share of itself, not all of it.", hint=2
)
def average_so_far_lost(s, batch_sum, n_batch, t, alpha):
    return _step(kept=lambda eta: 0)(s, batch_sum, n_batch, t, alpha)


@STEPWISE_UPDATE.right
def update_by_difference(s, batch_sum, n_batch, t, alpha):
    return s + (t + 2) ** -alpha * (batch_sum / n_batch - s)


@STEPWISE_UPDATE.right
def update_by_average(s, batch_sum, n_batch, t, alpha):
    eta = 1 / (t + 2) ** alpha
    return np.average([s, batch_sum / n_batch], axis=0, weights=[1 - eta, eta])
