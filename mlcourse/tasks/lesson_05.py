"""Checks for lesson 05 (why EM works): the gap, a bound with a bug, slopes, hardening, aligned runs, shrinkage.

Symbols: X (n, d) data; A (n, K) log joint densities; Q (n, K) a guess of the responsibilities; R (n, K)
responsibilities; mu (K, d) means; Sigma (K, d, d) covariances; T (d, d) the prior's target; m its strength.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import entr, logsumexp, rel_entr, softmax, xlogy
from scipy.stats import multivariate_normal

from mlcourse.checks.task import Case, Lesson
from mlcourse.datasets import elongated_blobs
from mlcourse.gaussians import CovarianceType, full_scatter
from mlcourse.metrics import align_components
from mlcourse.mixture import GaussianMixture, Mixture
from mlcourse.mixture import e_step as package_e_step
from mlcourse.typing import Array

LESSON = Lesson("05_why_em_works")


# ── 1  The gap ───────────────────────────────────────────────────────────────────────────────────────

KL_GAP = LESSON.task(
    "kl_gap",
    title="How large is the gap?",
    points=2,
    expected="array (n,): one finite number per point, none below 0",
)


@KL_GAP.cases
def kl_gap_cases(rng: np.random.Generator) -> Iterator[Case]:
    n, K = rng.integers(6, 10), rng.integers(3, 6)
    yield Case("a guess that is far off", (rng.dirichlet(np.ones(K), n), rng.dirichlet(np.ones(K), n)))
    R = rng.dirichlet(np.full(3, 2.0), 8)
    yield Case(
        "a guess that is nearly right", (softmax(np.log(R) + 0.1 * rng.normal(size=R.shape), axis=1), R)
    )
    hard = np.eye(3)[np.r_[0, 1, 2, rng.integers(3, size=4)]]
    yield Case("a guess of zeros and ones", (hard, rng.dirichlet(np.full(3, 2.0), 7)))


@KL_GAP.reference
def kl_gap(Q: Array, R: Array) -> Array:
    gap = np.zeros(len(Q))
    for i in range(len(Q)):
        for k in range(Q.shape[1]):
            if Q[i, k] > 0:
                gap[i] += Q[i, k] * (np.log(Q[i, k]) - np.log(R[i, k]))
    return gap


@KL_GAP.law("a gap must not be negative.")
def not_negative(gap, Q, R):
    return np.all(gap >= -1e-9)


@KL_GAP.mistake(
    "this is right where every entry of Q is positive. Where an entry is 0, 0 · log 0 comes out as NaN.",
    hint=2,
    name="0 log 0",
)
def n_0_log_0(Q, R):
    return (Q * np.log(Q / R)).sum(axis=1)


@KL_GAP.mistake(
    "you added something small inside the logarithm. That avoids NaN, but it shifts every other number.",
    hint=2,
)
def small_number_added_in_the_logarithm(Q, R):
    return (Q * np.log(Q / R + 1e-3)).sum(axis=1)


@KL_GAP.mistake(
    "this is the divergence of R from Q, and the two directions differ. Whose entries belong"
    " in front of the logarithm?",
    hint=1,
)
def arguments_swapped(Q, R):
    return rel_entr(R, Q).sum(axis=1)


@KL_GAP.mistake("the sizes are right, but the sign is wrong.", hint=1)
def sign(Q, R):
    return -rel_entr(Q, R).sum(axis=1)


@KL_GAP.mistake(
    "every component counts the same here. A mean under the guess weights each component by the guess.",
    hint=1,
)
def not_weighted(Q, R):
    return (np.log(Q) - np.log(R)).sum(axis=1)


@KL_GAP.mistake(
    "this is −Σ q log r. The part that depends only on q is missing, so the result is not 0 where q = r.",
    hint=1,
)
def entropy_forgotten(Q, R):
    return -xlogy(Q, R).sum(axis=1)


@KL_GAP.mistake("this adds up the points of each component. Each point has a gap of its own.", hint=2)
def summed_over_points(Q, R):
    return rel_entr(Q, R).sum(axis=0)


@KL_GAP.mistake("this adds up the gaps of all points. Keep one gap per point.", hint=2)
def one_number_for_all(Q, R):
    return rel_entr(Q, R).sum()


@KL_GAP.right
def kl_gap_by_scipy(Q, R):
    return rel_entr(Q, R).sum(axis=1)


@KL_GAP.mistake("the logarithm is that of another base. All likelihoods of the course are in nats.", hint=1)
def bits_instead_of_nats(Q, R):
    return rel_entr(Q, R).sum(axis=1) / np.log(2)


@KL_GAP.mistake(
    "this is divided by the number of components. With the weights in Q, the sum is a mean already.", hint=2
)
def mean_over_components(Q, R):
    return rel_entr(Q, R).mean(axis=1)


@KL_GAP.right
def kl_gap_as_a_difference_of_entropies(Q, R):
    entropy = -xlogy(Q, Q).sum(axis=1)
    cross = (Q * np.log(R)).sum(axis=1)
    return -entropy - cross


@KL_GAP.right
def kl_gap_by_where(Q, R):
    safe = np.where(Q > 0, Q, 1.0)
    return np.sum(Q * (np.log(safe) - np.log(R)), axis=1)


@KL_GAP.right
def kl_gap_with_a_mask(Q, R):
    terms = np.zeros(Q.shape)
    inside = Q > 0
    terms[inside] = Q[inside] * np.log(Q[inside] / R[inside])
    return terms.sum(axis=1).tolist()


# ── 2  Find the bug ──────────────────────────────────────────────────────────────────────────────────

FIX_ELBO = LESSON.task(
    "fix_elbo",
    title="Find the bug: a floor that never touches",
    points=3,
    expected="array (n,): at most log p(x), and equal to it where Q equals the responsibilities",
)


@FIX_ELBO.cases
def elbo_cases(rng: np.random.Generator) -> Iterator[Case]:
    n, K = int(rng.integers(7, 12)), int(rng.integers(3, 6))
    A = rng.normal(-3, 1.5, size=(n, K))
    yield Case("the guess is the responsibilities", (A, softmax(A, axis=1)))
    yield Case("a random guess", (A, rng.dirichlet(np.ones(K), n)))
    yield Case("a guess of zeros and ones", (A, np.eye(K)[rng.integers(K, size=n)]))
    yield Case("points far away from all components", (A - 1000, rng.dirichlet(np.ones(K), n)))


@FIX_ELBO.reference
def elbo(A: Array, Q: Array) -> Array:
    bound = np.zeros(len(A))
    for i in range(len(A)):
        for k in range(A.shape[1]):
            if Q[i, k] > 0:
                bound[i] += Q[i, k] * (A[i, k] - np.log(Q[i, k]))
    return bound


def touches(bound: Array, A: Array, Q: Array) -> bool:
    R = softmax(A, axis=1)
    return not np.allclose(Q, R) or np.allclose(bound, logsumexp(A, axis=1))


@FIX_ELBO.law("the bound must not be above the log-likelihood.")
def below_the_likelihood(bound, A, Q):
    return np.all(bound <= logsumexp(A, axis=1) + 1e-4)


FIX_ELBO.law("where the guess equals the responsibilities, the bound must touch the log-likelihood.")(touches)


@FIX_ELBO.mistake("the bug is still there.", planted=True)
def the_planted_bug(A, Q):
    return (Q * A).sum(axis=1) + xlogy(Q, Q).sum(axis=1)


@FIX_ELBO.mistake(
    "without the second part the gap is smaller, but it still does not close: an undecided guess is"
    " penalised for its doubt.",
    hint=2,
)
def entropy_left_out(A, Q):
    return (Q * A).sum(axis=1)


@FIX_ELBO.mistake(
    "this always touches, because it is the log-likelihood, whatever the guess. A bound must depend on Q.",
    hint=1,
)
def the_likelihood_itself(A, Q):
    return logsumexp(A, axis=1)


@FIX_ELBO.mistake("now the first part has the wrong sign.", hint=2)
def sign_of_the_first_part(A, Q):
    return -(Q * A).sum(axis=1) - xlogy(Q, Q).sum(axis=1)


@FIX_ELBO.mistake(
    "the bug is fixed, but there is a new one: a guess of 0 gives 0 · log 0, which is NaN.",
    hint=3,
    name="0 log 0",
)
def n_0_log_0_in_fix_elbo(A, Q):
    return (Q * (A - np.log(Q))).sum(axis=1)


@FIX_ELBO.mistake("the entropy is that of the responsibilities. The guess may be a different one.", hint=2)
def entropy_of_the_responsibilities(A, Q):
    return (Q * A).sum(axis=1) + entropy(softmax(A, axis=1))


@FIX_ELBO.mistake("the entropy enters twice, so the bound is too high.", hint=2)
def entropy_twice(A, Q):
    return (Q * A).sum(axis=1) + 2 * entropy(Q)


@FIX_ELBO.mistake(
    "everything is right until a density underflows: far from all components exp(A) is 0. Stay in logarithms.",
    hint=None,
    name="outside log space",
)
def outside_log_space_in_fix_elbo(A, Q):
    density = np.exp(A)
    return (xlogy(Q, density) - xlogy(Q, Q)).sum(axis=1)


@FIX_ELBO.mistake("this adds up the bounds of all points. Keep one bound per point.", hint=None)
def one_bound_for_all(A, Q):
    return elbo(A, Q).sum()


@FIX_ELBO.right
def elbo_by_entr(A, Q):
    return (Q * A + entr(Q)).sum(axis=1)


@FIX_ELBO.right
def elbo_in_two_parts(A, Q):
    expected = np.sum(Q * A, axis=1)
    doubt = np.sum(entr(Q), axis=1)
    return expected + doubt


@FIX_ELBO.right
def elbo_as_likelihood_less_gap(A, Q):
    return logsumexp(A, axis=1) - rel_entr(Q, softmax(A, axis=1)).sum(axis=1)


@FIX_ELBO.right
def elbo_fixed(A, Q):
    return np.einsum("nk,nk->n", Q, A) - xlogy(Q, Q).sum(axis=1)


def entropy(Q: Array) -> Array:
    return -xlogy(Q, Q).sum(axis=1)


# ── 3  The slope in the means ────────────────────────────────────────────────────────────────────────

MEAN_GRADIENT = LESSON.task(
    "mean_gradient",
    title="The slope in the means",
    points=3,
    expected="array (K, d): one slope per coordinate of each mean",
)


@MEAN_GRADIENT.cases
def mean_gradient_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, d in (
        ("three components in the plane", rng.integers(20, 28), 3, 2),
        ("two components, d = 3", rng.integers(15, 22), 2, 3),
    ):
        B = rng.normal(size=(K, d, d))
        Sigma = B @ np.swapaxes(B, 1, 2) + 0.5 * np.eye(d)
        X, mu = 2 * rng.normal(size=(n, d)), rng.normal(size=(K, d))
        yield Case(description, (X, rng.dirichlet(np.ones(K), n), mu, Sigma))


def weighted_log_density(X: Array, R: Array, mu: Array, Sigma: Array) -> float:
    """The part of n · ELBO that depends on the means."""
    return sum((r * multivariate_normal(m, S).logpdf(X)).sum() for r, m, S in zip(R.T, mu, Sigma))


@MEAN_GRADIENT.reference
def mean_gradient(X: Array, R: Array, mu: Array, Sigma: Array) -> Array:
    return np.array([np.linalg.solve(Sigma[k], pull(X, R, mu)[k]) for k in range(len(mu))])


def pull(X: Array, R: Array, mu: Array) -> Array:
    """Σᵢ rᵢₖ (xᵢ − μₖ): (K, d)."""
    return np.array([sum(r * (x - m) for r, x in zip(R[:, k], X)) for k, m in enumerate(mu)])


def agrees_with_finite_differences(
    gradient: Array, X: Array, R: Array, mu: Array, Sigma: Array, h: float = 1e-4
) -> bool:
    nudges = h * np.eye(mu.size).reshape(-1, *mu.shape)
    rise = [
        weighted_log_density(X, R, mu + nudge, Sigma) - weighted_log_density(X, R, mu - nudge, Sigma)
        for nudge in nudges
    ]
    return np.allclose(np.ravel(gradient), np.divide(rise, 2 * h), rtol=1e-4, atol=1e-4)


MEAN_GRADIENT.law("the slope must agree with finite differences of the bound.")(
    agrees_with_finite_differences
)


@MEAN_GRADIENT.mistake(
    "every sign is reversed: climbing this slope takes a mean away from its points.", hint=1
)
def wrong_direction(X, R, mu, Sigma):
    return -mean_gradient(X, R, mu, Sigma)


@MEAN_GRADIENT.mistake(
    "the pull of the points is there, but the covariance is not: a wide component feels each point less.",
    hint=2,
)
def covariance_left_out(X, R, mu, Sigma):
    return pull(X, R, mu)


@MEAN_GRADIENT.mistake(
    "this multiplies by Σ. In the density, what multiplies (x − μ) is the inverse of Σ.", hint=2
)
def times_the_covariance(X, R, mu, Sigma):
    return np.einsum("kde,ke->kd", Sigma, pull(X, R, mu))


@MEAN_GRADIENT.mistake("1 / Σ divides entry by entry. That is not the inverse of a matrix.", hint=2)
def elementwise_division(X, R, mu, Sigma):
    return (1 / Sigma @ pull(X, R, mu)[..., np.newaxis])[..., 0]


@MEAN_GRADIENT.mistake(
    "you used only the variances. The entries off the diagonal also turn the slope.", hint=2
)
def variances_alone(X, R, mu, Sigma):
    return pull(X, R, mu) / np.diagonal(Sigma, axis1=1, axis2=2)


@MEAN_GRADIENT.mistake(
    "this is divided by Nₖ. That division belongs to the M-step's mean, once the slope has been set to zero.",
    hint=3,
)
def divided_by_the_counts(X, R, mu, Sigma):
    return mean_gradient(X, R, mu, Sigma) / R.sum(axis=0)[:, np.newaxis]


@MEAN_GRADIENT.mistake(
    "this is the slope of the average over the points. The task asks for the slope of the sum.", hint=3
)
def divided_by_n(X, R, mu, Sigma):
    return mean_gradient(X, R, mu, Sigma) / len(X)


@MEAN_GRADIENT.mistake(
    "every point pulls with its full weight. How much of it belongs to component k?", hint=1
)
def responsibilities_left_out(X, R, mu, Sigma):
    return mean_gradient(X, np.ones_like(R), mu, Sigma)


@MEAN_GRADIENT.right
def gradient_by_inverse(X, R, mu, Sigma):
    return np.array([np.linalg.inv(S) @ (r @ (X - m)) for r, m, S in zip(R.T, mu, Sigma)])


@MEAN_GRADIENT.mistake(
    "each point is measured from 0. A point pulls by the vector that leads from the mean to the point.",
    hint=1,
)
def means_not_subtracted(X, R, mu, Sigma):
    return mean_gradient(X, R, np.zeros_like(mu), Sigma)


@MEAN_GRADIENT.mistake(
    "only the first component has a slope; the others were never filled in. Does a `return` stand in the loop?",
    hint=None,
)
def first_component_only(X, R, mu, Sigma):
    slope = mean_gradient(X, R, mu, Sigma)
    slope[1:] = 0
    return slope


@MEAN_GRADIENT.right
def gradient_point_by_point(X, R, mu, Sigma):
    slope = np.zeros(mu.shape)
    for k, mean in enumerate(mu):
        for i, x in enumerate(X):
            slope[k] += R[i, k] * np.linalg.solve(Sigma[k], x - mean)
    return slope


@MEAN_GRADIENT.right
def gradient_at_once(X, R, mu, Sigma):
    pull = R.T @ X - R.sum(axis=0)[:, None] * mu
    return np.linalg.solve(Sigma, pull[..., None])[..., 0]


# ── 4  Hardening ─────────────────────────────────────────────────────────────────────────────────────

HARDENING_ROUND = LESSON.task(
    "hardening_round",
    title="Harden it",
    points=3,
    expected="(R of shape (n, K), means of shape (K, d)), all finite; each row of R sums to 1",
    parts=("the responsibilities", "the means"),
)


@HARDENING_ROUND.cases
def hardening_cases(rng: np.random.Generator) -> Iterator[Case]:
    n, K, d = rng.integers(25, 35), rng.integers(3, 5), rng.integers(2, 4)
    X = 2 * rng.normal(size=(n, d))
    mu = X[rng.choice(n, size=K, replace=False)]
    for description, sigma in (
        ("wide components", rng.uniform(1.3, 1.8)),
        ("narrow components", rng.uniform(0.35, 0.5)),
    ):
        yield Case(f"{description}, σ = {sigma:.2f}", (X, mu, sigma))
    yield Case("very narrow components, σ = 0.001", (X, mu, 1e-3))


def round_with(X: Array, R: Array) -> tuple[Array, Array]:
    """These responsibilities, and the means that follow from them."""
    return R, R.T @ X / R.sum(axis=0)[:, np.newaxis]


@HARDENING_ROUND.reference
def hardening_round(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    R = np.empty((len(X), len(mu)))
    for i, x in enumerate(X):
        log_density = np.array([-((x - m) @ (x - m)) / (2 * sigma**2) for m in mu])
        R[i] = np.exp(log_density - logsumexp(log_density))
    return R, np.array([sum(r * x for r, x in zip(R[:, k], X)) / R[:, k].sum() for k in range(len(mu))])


def _exponent(distance: Callable[..., Array]) -> Callable[..., tuple[Array, Array]]:
    """The round with −`distance(X, mu, sigma)` (n, K) as the exponent."""
    return lambda X, mu, sigma: round_with(X, softmax(-distance(X, mu, sigma), axis=1))


@HARDENING_ROUND.law("the responsibilities of each point must sum to 1.")
def rows_sum_to_one(out, *_):
    return np.allclose(np.sum(out[0], axis=1), 1)


@HARDENING_ROUND.mistake(
    "this is right while σ is large. For a small σ, all densities of a point underflow to 0, and 0/0"
    " is not a responsibility.",
    hint=2,
)
def outside_log_space(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    density = np.exp(-cdist(X, mu, "sqeuclidean") / (2 * sigma**2))
    return round_with(X, density / density.sum(axis=1, keepdims=True))


@HARDENING_ROUND.mistake(
    "every point belongs entirely to its nearest mean. That is the limit, and σ is not there yet.", hint=1
)
def always_hard(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    return round_with(X, np.eye(len(mu))[cdist(X, mu).argmin(axis=1)])


@HARDENING_ROUND.mistake(
    "squared distances are divided by σ, which is a length. The units do not match.",
    hint=1,
    name="σ not squared",
)
def not_squared(X, mu, sigma):
    return _exponent(lambda X, mu, sigma: cdist(X, mu, "sqeuclidean") / (2 * sigma))(X, mu, sigma)


@HARDENING_ROUND.mistake(
    "the responsibilities harden too early: a factor is missing in the exponent.", hint=1
)
def factor_2_lost(X, mu, sigma):
    return _exponent(lambda X, mu, sigma: cdist(X, mu, "sqeuclidean") / sigma**2)(X, mu, sigma)


@HARDENING_ROUND.mistake(
    "the exponent has the wrong sign: a point belongs most to the mean that is farthest away.", hint=1
)
def sign_of_the_exponent(X, mu, sigma):
    return _exponent(lambda X, mu, sigma: -cdist(X, mu, "sqeuclidean") / (2 * sigma**2))(X, mu, sigma)


@HARDENING_ROUND.mistake(
    "σ is not used: these are the responsibilities of components whose width is 1.", hint=1, name="σ ignored"
)
def sigma_ignored(X, mu, sigma):
    return _exponent(lambda X, mu, sigma: cdist(X, mu, "sqeuclidean") / 2)(X, mu, sigma)


@HARDENING_ROUND.mistake(
    "R is right. You returned the means that came in; the round ends with new ones.", hint=3
)
def the_old_means(X, mu, sigma):
    return hardening_round(X, mu, sigma)[0], mu.copy()


@HARDENING_ROUND.mistake("R is in logarithms: its rows do not sum to 1.", hint=2)
def logarithms_returned(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    A = -cdist(X, mu, "sqeuclidean") / (2 * sigma**2)
    return A - logsumexp(A, axis=1, keepdims=True), hardening_round(X, mu, sigma)[1]


@HARDENING_ROUND.mistake(
    "the exponent holds distances. A Gaussian falls with the square of the distance.", hint=1
)
def distance_not_squared(X, mu, sigma):
    return _exponent(lambda X, mu, sigma: cdist(X, mu) / (2 * sigma**2))(X, mu, sigma)


@HARDENING_ROUND.mistake(
    "the columns of R sum to 1, not the rows. Each point is divided among the components.", hint=2
)
def normalised_over_points(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    return round_with(X, softmax(-cdist(X, mu, "sqeuclidean") / (2 * sigma**2), axis=0))


@HARDENING_ROUND.mistake(
    "R is right. The means are too close to 0: each is divided by all n points, not by"
    " those that component k owns.",
    hint=3,
)
def means_divided_by_n(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    R = hardening_round(X, mu, sigma)[0]
    return R, R.T @ X / len(X)


@HARDENING_ROUND.mistake(
    "R is right. The means are still sums: they have not been divided by how many points component k owns.",
    hint=3,
)
def means_not_divided(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    R = hardening_round(X, mu, sigma)[0]
    return R, R.T @ X


@HARDENING_ROUND.right
def round_by_softmax(X, mu, sigma):
    R = softmax(-((X[:, None] - mu) ** 2).sum(axis=2) / (2 * sigma**2), axis=1)
    return R, (R / R.sum(axis=0)).T @ X


@HARDENING_ROUND.right
def round_by_subtracting_the_largest(X, mu, sigma):
    exponent = -np.sum((X[:, None] - mu) ** 2, axis=2) / (2 * sigma**2)
    weight = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    R = weight / weight.sum(axis=1, keepdims=True)
    N = R.sum(axis=0)
    means = (R.T @ X) / N[:, None]
    return R, means


@HARDENING_ROUND.right
def round_component_by_component(X, mu, sigma):
    A = np.stack([-0.5 * np.sum(((X - m) / sigma) ** 2, axis=1) for m in mu], axis=1)
    R = np.exp(A - logsumexp(A, axis=1)[:, None])
    return R, np.array([np.average(X, axis=0, weights=r) for r in R.T])


@HARDENING_ROUND.right
def round_by_the_package(X, mu, sigma):
    K = len(mu)
    theta = Mixture(
        np.full(K, 1 / K), mu, np.full(K, sigma**2), np.full(K, 1 / sigma), CovarianceType.named("spherical")
    )
    R = package_e_step(X, theta)[1]
    return R, R.T @ X / R.sum(axis=0)[:, None]


# ── 5  Read a picture ────────────────────────────────────────────────────────────────────────────────

STUCK_START = LESSON.choice(
    "stuck_start",
    title="Read a picture",
    points=1,
    right="C",
    wrong={
        "A": "only a comparison with other fits can show how many components the data need. This run has never had"
        " more than one: all three are identical.",
        "B": "the theorem says that the likelihood does not fall. A flat line satisfies it.",
        "D": ("the increases are not small: they are exactly 0. No tolerance can change that.", 2),
    },
)


STUCK_START.right_values("c")


# ── 6  Averages of several fits ──────────────────────────────────────────────────────────────────────

AVERAGE_RUNS = LESSON.task(
    "average_runs",
    title="Average several fits",
    points=3,
    expected="array (K, d): the averaged means, in the order of the first run",
)


# If each mean of the first run took its nearest partner, two of them would take the same one in the second.
CONTESTED = np.array([[[10.0, 0], [1, 0], [0, 0]], [[0.9, 0], [10, 0], [2.1, 0]]])
# The sum of the squared distances is smallest for other pairs than the sum of the distances.
IN_A_ROW = np.array([[[0.0, 0], [1, 0.3], [9, 0]], [[9, 0], [1, 0.3], [2, 0]]])


def turning(rng: np.random.Generator) -> Array:
    """Four runs (4, 3, 2), each turned on by 60°, so that neighbours in the list agree and distant ones do not."""
    angles = rng.uniform(0, 2 * np.pi) + np.deg2rad(60) * np.arange(4)
    there = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    runs = np.stack([there, -there, np.full((4, 2), 5.0)], axis=1)
    return np.array([rng.permutation(run) for run in runs]) + 0.02 * rng.normal(size=runs.shape)


@AVERAGE_RUNS.cases
def average_runs_cases(rng: np.random.Generator) -> Iterator[Case]:
    means = np.array([[4.0, 1], [-5, 2], [1, -4], [0, 6]]) + rng.normal(size=(4, 2))
    orders = np.array([[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 1, 0], [3, 0, 1, 2]])
    yield Case("four runs, each numbered differently", (means[orders] + 0.05 * rng.normal(size=(4, 4, 2)),))
    yield Case("two means close together", (CONTESTED + 0.02 * rng.normal(size=CONTESTED.shape),))
    row = rng.uniform(0.5, 5) * (IN_A_ROW + 0.003 * rng.normal(size=IN_A_ROW.shape))
    yield Case("means in a row", (row,))
    yield Case("four runs that drift away from the first", (turning(rng),))


@AVERAGE_RUNS.reference
def average_runs(runs: Array) -> Array:
    aligned = []
    for run in runs:
        order = linear_sum_assignment(cdist(runs[0], run, "sqeuclidean"))[1]
        aligned.append([run[k] for k in order])
    return np.mean(aligned, axis=0)


def _averaged(order: Callable[..., Array]) -> Callable[..., Array]:
    """The average with each run reordered by `order(first, run)`."""
    return lambda runs: np.mean([run[order(runs[0], run)] for run in runs], axis=0)


def _backwards(first: Array, run: Array) -> Array:
    return np.argsort(linear_sum_assignment(cdist(first, run, "sqeuclidean"))[1])


@AVERAGE_RUNS.mistake(
    "you averaged component 0 of one run with component 0 of the others. The numbering"
    " is arbitrary in each run.",
    hint=1,
)
def not_aligned(runs):
    return runs.mean(axis=0)


@AVERAGE_RUNS.mistake(
    "you sorted every run. That matches these components, but not in the order of the first run, and it"
    " fails where two first features are close.",
    hint=2,
)
def sorted_by_the_first_feature(runs):
    return _averaged(lambda first, run: np.argsort(run[:, 0]))(runs)


@AVERAGE_RUNS.mistake(
    "each mean took the nearest one in the other run. Two of them took the same one,"
    " and another was left over.",
    hint=2,
)
def nearest_partner(runs):
    return _averaged(lambda first, run: cdist(first, run).argmin(axis=1))(runs)


@AVERAGE_RUNS.mistake(
    "the pairs are right, but applied in the wrong direction: the order says where each"
    " partner is, not where it goes.",
    hint=3,
)
def the_order_backwards(runs):
    return _averaged(_backwards)(runs)


@AVERAGE_RUNS.mistake(
    "each mean of a run looked for its nearest one in the first run. That order goes the wrong way, and"
    " two means may pick the same partner.",
    hint=3,
)
def asked_from_the_other_side(runs):
    return _averaged(lambda first, run: cdist(run, first).argmin(axis=1))(runs)


@AVERAGE_RUNS.mistake(
    "each run took its order from the one before it. Small steps add up: ask which run the task compares with.",
    hint=1,
)
def aligned_to_the_run_before(runs: Array) -> Array:
    aligned = [runs[0]]
    for run in runs[1:]:
        _, order = linear_sum_assignment(cdist(aligned[-1], run, "sqeuclidean"))
        aligned.append(run[order])
    return np.mean(aligned, axis=0)


@AVERAGE_RUNS.mistake(
    "the pairs have the smallest sum of plain distances. The task adds up another quantity, and that can"
    " change who is whose partner.",
    hint=3,
)
def pairs_by_plain_distances(runs):
    return _averaged(lambda first, run: linear_sum_assignment(cdist(first, run))[1])(runs)


@AVERAGE_RUNS.mistake("the aligned means are added up but not divided by the number of runs.", hint=1)
def sum_of_the_runs(runs):
    return len(runs) * average_runs(runs)


@AVERAGE_RUNS.mistake(
    "you used the first run only for its order, and averaged the others. It is one of the m fits.", hint=1
)
def the_first_run_left_out(runs: Array) -> Array:
    m = len(runs)
    return (m * average_runs(runs) - runs[0]) / (m - 1)


@AVERAGE_RUNS.mistake("this is the first run alone. The others should count too.", hint=1)
def the_first_run_alone(runs):
    return runs[0]


@AVERAGE_RUNS.right
def average_by_the_package(runs):
    return np.mean([run[align_components(runs[0], run)] for run in runs], axis=0)


@AVERAGE_RUNS.right
def average_step_by_step(runs):
    first = runs[0]
    aligned = np.zeros(runs.shape)
    for j, run in enumerate(runs):
        cost = ((first[:, None] - run) ** 2).sum(axis=2)
        _, columns = linear_sum_assignment(cost)
        aligned[j] = run[columns]
    return aligned.mean(axis=0)


@AVERAGE_RUNS.right
def average_written_out(runs):
    total = np.array(runs[0])
    for run in runs[1:]:
        total += run[align_components(runs[0], run)]
    return total / len(runs)


# ── 7  Shrinkage ─────────────────────────────────────────────────────────────────────────────────────

MAP_COVARIANCES = LESSON.task(
    "map_covariances",
    title="Shrink the covariances",
    points=3,
    expected="array (K, d, d): symmetric, positive definite",
)


@MAP_COVARIANCES.cases
def map_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, d, m in (
        ("three components, m = 4", rng.integers(35, 45), 3, 2, 4.0),
        ("d = 3, m = 0.5", rng.integers(25, 35), 2, 3, 0.5),
    ):
        B = rng.normal(size=(d, d))
        X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(scale=3, size=d)
        yield Case(description, (X, rng.dirichlet(np.full(K, 0.6), n), B @ B.T + np.eye(d), m))
    X = rng.normal(size=(12, 2))
    lone = np.eye(2)[(np.arange(12) == 0).astype(int)]
    yield Case("a component on a single point, m = 1", (X, lone, np.diag([2.0, 0.5]), 1.0))


def scatters(X: Array, R: Array) -> tuple[Array, Array]:
    """S (K, d, d) about the weighted means, and N (K, 1, 1), point by point."""
    S = []
    for r in R.T:
        mean = sum(w * x for w, x in zip(r, X)) / r.sum()
        S.append(sum(w * np.outer(x - mean, x - mean) for w, x in zip(r, X)))
    return np.array(S), R.sum(axis=0)[:, np.newaxis, np.newaxis]


def _shrunk(formula: Callable[..., Array]) -> Callable[..., Array]:
    """Covariances by `formula(S, N, T, m, n, d)`."""

    def covariances(X: Array, R: Array, T: Array, m: float) -> Array:
        S, N = scatters(X, R)
        return formula(S, N, T, m, *X.shape)

    return covariances


map_covariances = _shrunk(lambda S, N, T, m, n, d: (S + m * T) / (N + m))


def _about(center: Callable[..., Any]) -> Callable[..., Array]:
    """Covariances with every component's scatter taken about the same `center(X)`."""

    def covariances(X: Array, R: Array, T: Array, m: float) -> Array:
        D, N = X - center(X), R.sum(axis=0)[:, np.newaxis, np.newaxis]
        return (np.einsum("nk,nd,ne->kde", R, D, D) + m * T) / (N + m)

    return covariances


MAP_COVARIANCES.reference(map_covariances)


@MAP_COVARIANCES.law("a covariance must be symmetric.")
def symmetric(C, *_):
    return np.allclose(C, np.swapaxes(C, 1, 2))


@MAP_COVARIANCES.law("a covariance must be positive definite.")
def positive_definite(C, *_):
    return np.all(np.linalg.eigvalsh(C) > 0)


@MAP_COVARIANCES.mistake(
    "the prior is not used: this is maximum likelihood, and the component on a single point has collapsed.",
    hint=1,
)
def maximum_likelihood(*args):
    return _shrunk(lambda S, N, T, m, n, d: S / N)(*args)


@MAP_COVARIANCES.mistake(
    "the imagined points are in the sum, but not in the number that you divide by: all"
    " variances are too large.",
    hint=1,
)
def divided_by_the_real_points_alone(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + m * T) / N)(*args)


@MAP_COVARIANCES.mistake(
    "you added m T after the division, the way `reg_covar` is added. A component of a thousand"
    " points then feels it as much as one of three.",
    hint=1,
)
def a_ridge(*args):
    return _shrunk(lambda S, N, T, m, n, d: S / N + m * T)(*args)


@MAP_COVARIANCES.mistake("you added T once, as if there were one imagined point. How many are there?", hint=2)
def strength_forgotten(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + T) / (N + m))(*args)


@MAP_COVARIANCES.mistake("this divides by all n points. Component k has only Nₖ of them.", hint=2)
def divided_by_all_points(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + m * T) / (n + m))(*args)


@MAP_COVARIANCES.mistake(
    "the denominator has an extra d + 1. In the lecture's formula, that is already part of m.", hint=2
)
def dimension_counted_in(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + m * T) / (N + m + d + 1))(*args)


@MAP_COVARIANCES.mistake("the scatter is taken about 0. It should be about the component's own mean.", hint=3)
def not_centred(*args):
    return _about(lambda X: 0.0)(*args)


@MAP_COVARIANCES.mistake(
    "the scatter is taken about the mean of all points, not about the component's own mean.", hint=3
)
def about_the_mean_of_all_points(*args):
    return _about(lambda X: X.mean(axis=0))(*args)


@MAP_COVARIANCES.mistake(
    "you divided the scatter by Nₖ before the imagined points came in. S is a sum: one"
    " division, at the end, is enough.",
    hint=3,
)
def divided_twice(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S / N + m * T) / (N + m))(*args)


@MAP_COVARIANCES.mistake(
    "component and target are blended as if the component had one point and the target m. How many points has"
    " the component?",
    hint=1,
)
def as_if_the_component_had_one_point(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S / N + m * T) / (1 + m))(*args)


@MAP_COVARIANCES.mistake(
    "the target is not in the sum: the covariances are only made smaller. What do the imagined points add to S?",
    hint=1,
)
def target_left_out(*args):
    return _shrunk(lambda S, N, T, m, n, d: S / (N + m))(*args)


@MAP_COVARIANCES.mistake("this is (S + m T) without a division.", hint=2)
def not_divided(*args):
    return _shrunk(lambda S, N, T, m, n, d: S + m * T + 0 * N)(*args)


@MAP_COVARIANCES.mistake(
    "`np.cov` with `aweights` does not divide by Nₖ, unless you ask it to. Look up its argument `ddof`.",
    hint=3,
)
def weights_with_a_correction(X: Array, R: Array, T: Array, m: float) -> Array:
    N = R.sum(axis=0)
    return np.array([(n * np.cov(X.T, aweights=r) + m * T) / (n + m) for r, n in zip(R.T, N)])


@MAP_COVARIANCES.mistake(
    "the scatter is about the unweighted mean of those points for which component k is the likeliest."
    " The M-step's means use the whole of R.",
    hint=3,
)
def about_the_mean_of_the_hard_members(X: Array, R: Array, T: Array, m: float) -> Array:
    hard = np.eye(R.shape[1])[R.argmax(axis=1)]
    means = hard.T @ X / np.maximum(hard.sum(axis=0), 1)[:, np.newaxis]
    N = R.sum(axis=0)[:, np.newaxis, np.newaxis]
    return (full_scatter(X, R, means) + m * T) / (N + m)


@MAP_COVARIANCES.right
def covariances_by_roots(X, R, T, m):
    N = R.sum(axis=0)
    S = full_scatter(X, R, R.T @ X / N[:, None])
    return (S + m * T) / (N + m)[:, None, None]


@MAP_COVARIANCES.right
def covariances_by_einsum(X, R, T, m):
    N = R.sum(axis=0)
    means = R.T @ X / N[:, None]
    D = X[:, None] - means
    S = np.einsum("nk,nkd,nke->kde", R, D, D)
    return (S + m * T) / (N[:, None, None] + m)


@MAP_COVARIANCES.right
def covariances_component_by_component(X, R, T, m):
    shrunk = np.zeros((R.shape[1], *T.shape))
    for k in range(R.shape[1]):
        weights = R[:, k]
        mean = weights @ X / weights.sum()
        centred = X - mean
        scatter = centred.T @ (weights[:, None] * centred)
        shrunk[k] = (scatter + m * T) / (weights.sum() + m)
    return shrunk


@MAP_COVARIANCES.right
def covariances_as_a_blend(X, R, T, m):
    blended = []
    for r in R.T:
        share = m / (r.sum() + m)
        blended.append((1 - share) * np.cov(X.T, aweights=r, ddof=0) + share * T)
    return blended


# ── 8  How strong a prior ────────────────────────────────────────────────────────────────────────────

BEST_STRENGTH = LESSON.value(
    "best_strength",
    title="How strong a prior? · stretch",
    points=2,
    expected="one of the four numbers in `strengths`",
)


STRENGTHS = (0.03, 0.3, 3.0, 30.0)


@cache
def _fits() -> Array:
    """Training and validation likelihoods of the task's four fits: (4, 2)."""
    rows = np.random.default_rng(0).permutation(elongated_blobs(random_state=1)[0])
    train, validation = rows[:60], rows[60:200]
    models = [
        GaussianMixture(
            6, covariance_prior="data", prior_strength=m, n_init=5, random_state=0, max_iter=500
        ).fit(train)
        for m in STRENGTHS
    ]
    return np.array([(model.score(train), model.score(validation)) for model in models])


@BEST_STRENGTH.reference
def best_strength():
    return STRENGTHS[_fits()[:, 1].argmax()]


@BEST_STRENGTH.mistake(
    "this one fits the training points best, as the weakest prior always does. Which points should decide?",
    hint=1,
)
def chosen_on_the_training_points():
    return STRENGTHS[_fits()[:, 0].argmax()]


@BEST_STRENGTH.mistake(
    "a prior this strong makes all components alike. They cannot collapse, but they have learned little.",
    hint=2,
)
def the_strongest_prior():
    return STRENGTHS[-1]


@BEST_STRENGTH.mistake(
    "this one is close to the best, but not the best: look again at the four likelihoods on"
    " the points that decide.",
    hint=2,
    name="the runner-up",
)
def the_runner_up():
    return STRENGTHS[_fits()[:, 1].argsort()[-2]]


BEST_STRENGTH.right_values(0.3)
