"""Checks for lesson 05 (why EM works): the gap, a bound with a bug, slopes, another M-step, hardening.

Symbols: X (n, d) data; A (n, K) log joint densities; Q (n, K) a guess of the responsibilities; R (n, K)
responsibilities; mu (K, d) means; Sigma (K, d, d) covariances.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import entr, logsumexp, rel_entr, softmax, xlogy
from scipy.stats import multivariate_normal

from mlcourse.checks.task import Case, Lesson
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture
from mlcourse.mixture import e_step as package_e_step
from mlcourse.typing import Array

LESSON = Lesson("05_why_em_works")


# ── 1  The gap ───────────────────────────────────────────────────────────────────────────────────────

KL_GAP = LESSON.task(
    "kl_gap",
    title="How large is the gap?",
    points=2,
    expected="array (n,): one finite number per point, none below 0",
    forbids=("scipy.special.rel_entr", "scipy.special.kl_div", "scipy.stats.entropy"),
    families={"guesses between zero and one": 1, "guesses of zeros and ones": 1},
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
    yield Case(
        "a guess of zeros and ones", (hard, rng.dirichlet(np.full(3, 2.0), 7)), "guesses of zeros and ones"
    )


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
def without_entropy(Q, R):
    return -xlogy(Q, R).sum(axis=1)


@KL_GAP.mistake("this adds up the points of each component. Each point has a gap of its own.", hint=2)
def summed_over_points(Q, R):
    return rel_entr(Q, R).sum(axis=0)


@KL_GAP.mistake("this adds up the gaps of all points. Keep one gap per point.", hint=2)
def one_number_for_all(Q, R):
    return rel_entr(Q, R).sum()


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
    title="Find the bug: a bound that never touches",
    points=3,
    carries=False,
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
    "only the first component has a slope; the others were never filled in. Is there a `return` inside the loop?",
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


# ── 4  Another family ────────────────────────────────────────────────────────────────────────────────

EXPONENTIAL_M_STEP = LESSON.task(
    "exponential_m_step",
    title="An M-step of your own",
    points=3,
    expected="(weights of shape (K,), rates of shape (K,)), all positive; the weights sum to 1",
    parts=("the weights", "the rates"),
    families={"the weights": 1, "the rates": 2},
)


@EXPONENTIAL_M_STEP.cases
def exponential_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K in (("two components", 2), ("four components", 4)):
        n = int(rng.integers(25, 40))
        x = rng.exponential(rng.choice([0.3, 5.0], size=n))
        yield Case(f"{description}, {n} waiting times", (x, rng.dirichlet(np.ones(K), n)))
    x = rng.exponential(2.0, size=12)
    yield Case("responsibilities of zeros and ones", (x, np.eye(3)[np.r_[0, 1, 2, rng.integers(3, size=9)]]))


@EXPONENTIAL_M_STEP.reference
def exponential_m_step(x: Array, R: Array) -> tuple[Array, Array]:
    n, K = R.shape
    weights, rates = np.zeros(K), np.zeros(K)
    for k in range(K):
        owned = sum(R[i, k] for i in range(n))
        weights[k] = owned / n
        rates[k] = owned / sum(R[i, k] * x[i] for i in range(n))
    return weights, rates


@EXPONENTIAL_M_STEP.law("the weights must sum to 1.")
def weights_sum_to_one(out, x, R):
    return np.isclose(np.sum(out[0]), 1)


@EXPONENTIAL_M_STEP.law("at the new rates, a small change of a rate must not give a higher bound.")
def no_rate_nearby_is_better(out, x, R):
    def bound(rates: Array) -> float:
        return (R * (np.log(rates) - np.multiply.outer(x, rates))).sum()

    rates = np.asarray(out[1], dtype=float)
    return all(bound(rates) >= bound(rates * factor) - 1e-6 for factor in (0.99, 1.01))


@EXPONENTIAL_M_STEP.mistake(
    "the weights are right. What you call rates are mean waiting times: what does a component with long waiting"
    " times have, a high rate or a low one?",
    hint=2,
)
def means_for_rates(x, R):
    weights, rates = exponential_m_step(x, R)
    return weights, 1 / rates


@EXPONENTIAL_M_STEP.mistake(
    "the rates are right. The weights are sums over the points: they have not been divided yet.", hint=1
)
def counts_for_weights(x, R):
    return R.sum(axis=0), exponential_m_step(x, R)[1]


@EXPONENTIAL_M_STEP.mistake(
    "the rates are divided by the waiting times of all points. Each component should count its own share.",
    hint=3,
)
def waiting_times_of_all(x, R):
    return R.mean(axis=0), R.sum(axis=0) / x.sum()


@EXPONENTIAL_M_STEP.mistake(
    "the weights are right. The rates count all n points in the numerator. How many belong to component k?",
    hint=3,
)
def all_points_counted(x, R):
    return R.mean(axis=0), len(x) / (R.T @ x)


@EXPONENTIAL_M_STEP.mistake(
    "you averaged 1/x. Set the derivative of the bound to zero: there, the sum over the points is not one of 1/x.",
    hint=2,
)
def mean_of_the_inverses(x, R):
    return R.mean(axis=0), (R / x[:, np.newaxis]).sum(axis=0) / R.sum(axis=0)


@EXPONENTIAL_M_STEP.mistake("each point is given entirely to one component. R says how it is shared.", hint=1)
def hard_assignment(x, R):
    return exponential_m_step(x, np.eye(R.shape[1])[R.argmax(axis=1)] + 1e-12)


@EXPONENTIAL_M_STEP.mistake(
    "the rates are right. The weights are all the same: what does R say about them?", hint=1
)
def equal_weights(x, R):
    K = R.shape[1]
    return np.full(K, 1 / K), exponential_m_step(x, R)[1]


@EXPONENTIAL_M_STEP.mistake("both answers are right, but in the wrong order.", hint=None)
def rates_first(x, R):
    return exponential_m_step(x, R)[::-1]


@EXPONENTIAL_M_STEP.right
def exponential_by_matrices(x, R):
    N = R.sum(axis=0)
    return N / N.sum(), N / (x @ R)


@EXPONENTIAL_M_STEP.right
def exponential_by_averages(x, R):
    return R.mean(axis=0), [1 / np.average(x, weights=r) for r in R.T]


@EXPONENTIAL_M_STEP.right
def exponential_component_by_component(x, R):
    weights, rates = [], []
    for r in R.T:
        weights.append(r.sum() / len(x))
        rates.append(r.sum() / np.sum(r * x))
    return np.array(weights), np.array(rates)


# ── 5  Hardening ─────────────────────────────────────────────────────────────────────────────────────

HARDENING_ROUND = LESSON.task(
    "hardening_round",
    title="Harden it",
    points=3,
    expected="(R of shape (n, K), means of shape (K, d)), all finite; each row of R sums to 1",
    parts=("the responsibilities", "the means"),
    families={"wide and narrow components": 2, "very narrow components": 1},
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
    yield Case("very narrow components, σ = 0.001", (X, mu, 1e-3), "very narrow components")


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


@HARDENING_ROUND.mistake(
    "the means are those of hard labels. R is soft: every point counts for every mean, as far as R says.",
    hint=3,
)
def means_of_hard_labels(X: Array, mu: Array, sigma: float) -> tuple[Array, Array]:
    R = hardening_round(X, mu, sigma)[0]
    hard = np.eye(len(mu))[R.argmax(axis=1)] + 1e-12
    return R, round_with(X, hard)[1]


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


# ── 6  Read a picture ────────────────────────────────────────────────────────────────────────────────

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
