"""Checks for lesson 04 (EM): responsibilities, log-sum-exp, the two steps, a planted bug, the whole loop.

Symbols: x (n,) or X (n, d) data; pi (K,) weights; mu (K,) or (K, d) means; var (K,) variances; Sigma (K, d, d)
covariances; R (n, K) responsibilities; N (K,) their sums.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal, norm

from mlcourse.checks.task import Case, Law, Lesson
from mlcourse.datasets import elongated_blobs
from mlcourse.gaussians import CovarianceType, log_density
from mlcourse.mixture import GaussianMixture, Mixture, em, expectation_over
from mlcourse.mixture import e_step as package_e_step
from mlcourse.mixture import m_step as package_m_step
from mlcourse.typing import Array

LESSON = Lesson("04_em")


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
    x, pi, mu, var = mixture_1d(rng, n=15, K=2, spread=1.0)
    unit = rng.uniform(0.02, 0.05)  # now variances are much smaller than standard deviations
    yield Case("two components, in a small unit", (unit * x, pi, unit * mu, unit**2 * var))


def rows_sum_to_one(R: Array, *_: Array) -> bool:
    return np.allclose(np.sum(R, axis=1), 1)


ROWS_SUM_TO_ONE = Law("the responsibilities of each point sum to 1 (along axis 1).", rows_sum_to_one)


# ── 1  Responsibilities on the line ──────────────────────────────────────────────────────────────────

RESPONSIBILITIES_1D = LESSON.task(
    "responsibilities_1d",
    title="Who threw this grain?",
    points=2,
    expected="array (n, K): one row per point, one column per component, each row summing to 1",
)


def joint_1d(x: Array, pi: Array | float, mu: Array, var: Array) -> Array:
    return pi * norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))


@RESPONSIBILITIES_1D.reference
def responsibilities_1d(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    R = np.empty((len(x), len(pi)))
    for k in range(len(pi)):
        R[:, k] = pi[k] * norm.pdf(x, mu[k], var[k] ** 0.5)
    return R / R.sum(axis=1, keepdims=True)


RESPONSIBILITIES_1D.cases(cases_1d)
RESPONSIBILITIES_1D.laws.append(ROWS_SUM_TO_ONE)

RESPONSIBILITIES_1D.mistake(
    "the columns sum to 1, not the rows. The question is about each point: which component is it from?",
    hint=2,
    name="normalised over points",
)(lambda *a: joint_1d(*a) / joint_1d(*a).sum(axis=0))

RESPONSIBILITIES_1D.mistake(
    "the whole table sums to 1. Each point has a question of its own, so each row should.",
    hint=2,
    name="normalised over the table",
)(lambda *a: joint_1d(*a) / joint_1d(*a).sum())


@RESPONSIBILITIES_1D.mistake(
    "these are the joint densities πₖ N(xᵢ | μₖ, σₖ²). They still have to be divided by something.", hint=2
)
def not_normalised(x, pi, mu, var):
    return joint_1d(x, pi, mu, var)


@RESPONSIBILITIES_1D.mistake(
    "the densities are too wide or too narrow: `norm.pdf` takes a standard deviation, but"
    " you were given variances.",
    hint=1,
)
def variance_taken_for_a_standard_deviation(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    joint = pi * norm.pdf(x[:, np.newaxis], mu, var)
    return joint / joint.sum(axis=1, keepdims=True)


@RESPONSIBILITIES_1D.mistake(
    "every component counts the same, however rare it is: the weights π are missing.", hint=1
)
def weights_left_out(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    density = norm.pdf(x[:, np.newaxis], mu, np.sqrt(var))
    return density / density.sum(axis=1, keepdims=True)


RESPONSIBILITIES_1D.mistake(
    "each point belongs entirely to its most likely component, as in k-means. EM keeps the uncertainty.",
    hint=2,
    name="hard assignment",
)(lambda x, pi, mu, var: np.eye(len(pi))[joint_1d(x, pi, mu, var).argmax(axis=1)])


@RESPONSIBILITIES_1D.mistake(
    "the densities are too narrow or too wide: the variances were squared on their way to `norm.pdf`."
    " What does it expect?",
    hint=1,
)
def variance_squared(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    joint = pi * norm.pdf(x[:, np.newaxis], mu, var**2)
    return joint / joint.sum(axis=1, keepdims=True)


RESPONSIBILITIES_1D.mistake(
    "the weights π are in the numerator, but not in the sum that you divide by.",
    hint=2,
    name="weights above the fraction only",
)(lambda x, pi, mu, var: joint_1d(x, pi, mu, var) / joint_1d(x, 1, mu, var).sum(axis=1, keepdims=True))

RESPONSIBILITIES_1D.mistake(
    "the weights π are in the sum that you divide by, but not in the numerator.",
    hint=1,
    name="weights below the fraction only",
)(lambda x, pi, mu, var: joint_1d(x, 1, mu, var) / joint_1d(x, pi, mu, var).sum(axis=1, keepdims=True))

RESPONSIBILITIES_1D.mistake(
    "these are logarithms of the responsibilities: none of them is positive, and the rows do not sum to 1.",
    hint=None,
    name="log-responsibilities",
)(lambda *a: np.log(responsibilities_1d(*a)))

RESPONSIBILITIES_1D.mistake(
    "wide and narrow components get the same height: not every factor before the exponential cancels.",
    hint=1,
    name="factor before the exponential left out",
)(lambda x, pi, mu, var: responsibilities_1d(x, pi * np.sqrt(var), mu, var))


@RESPONSIBILITIES_1D.mistake("`norm.pdf` got a mean for a standard deviation, and the reverse.", hint=1)
def mean_and_standard_deviation_exchanged(x: Array, pi: Array, mu: Array, var: Array) -> Array:
    joint = pi * norm.pdf(x[:, np.newaxis], np.sqrt(var), mu)
    return joint / joint.sum(axis=1, keepdims=True)


for decimals in (2, 3, 4, 6):
    RESPONSIBILITIES_1D.mistake(
        f"the responsibilities are right, but rounded to {decimals} decimals. Round for people, not for EM.",
        hint=None,
        name=f"rounded to {decimals} decimals",
    )(lambda *a, decimals=decimals: np.round(responsibilities_1d(*a), decimals))


@RESPONSIBILITIES_1D.right
def responsibilities_by_arrays(x, pi, mu, var):
    joint = pi / np.sqrt(2 * np.pi * var) * np.exp(-((x[:, None] - mu) ** 2) / (2 * var))
    return joint / joint.sum(axis=1, keepdims=True)


@RESPONSIBILITIES_1D.right
def responsibilities_by_softmax(x, pi, mu, var):
    return softmax(np.log(pi) + norm.logpdf(x[:, None], mu, np.sqrt(var)), axis=1)


@RESPONSIBILITIES_1D.right
def responsibilities_by_loops(x, pi, mu, var):
    R = np.empty((len(x), len(pi)))
    for i in range(len(x)):
        for k in range(len(pi)):
            R[i, k] = pi[k] * norm.pdf(x[i], mu[k], var[k] ** 0.5)
        R[i] /= R[i].sum()
    return R


@RESPONSIBILITIES_1D.right
def responsibilities_as_lists(x, pi, mu, var):
    return responsibilities_by_softmax(x, pi, mu, var).tolist()


# ── 2  Log-sum-exp ───────────────────────────────────────────────────────────────────────────────────

LOG_SUM_EXP = LESSON.task(
    "log_sum_exp",
    title="Log-sum-exp",
    points=2,
    expected="array (n,): one finite number per row",
    forbids=("scipy.special.logsumexp",),
    shortcuts=("numpy.logaddexp",),
    atol=1e-6,  # float32 is precise enough, even where the result is near 0,
    families={"ordinary numbers": 1, "extreme numbers": 1},
)


@LOG_SUM_EXP.cases
def log_sum_exp_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("ordinary numbers", (rng.normal(size=(6, 4)),))
    small = np.array([[-1000.0, -1001, -1003], [5, 4, 3]])
    mixed = np.array([[-1000.0, 0, 1000], [1000, 0, -1000], [-500, 0, 500], [-300, -300, 600]])
    for description, A in (
        ("a very small row next to a large one", small + rng.uniform(-0.4, 0.4, size=(2, 3))),
        ("very large numbers", rng.uniform(800, 1000, size=(5, 3))),
        ("very negative numbers", rng.uniform(-1000, -800, size=(5, 3))),
        ("very negative and very large numbers in one row", mixed + rng.uniform(-9, 9, size=(4, 3))),
    ):
        yield Case(description, (A,), "extreme numbers")


def _shifted_by(shift: Callable[..., Array]) -> Callable[..., Array]:
    """Log-sum-exp that subtracts `shift(A)` (n, 1) from the rows instead of their maxima."""
    return lambda A: shift(A)[:, 0] + np.log(np.exp(A - shift(A)).sum(axis=1))


@LOG_SUM_EXP.reference
def log_sum_exp(A):
    return logsumexp(A, axis=1)


@LOG_SUM_EXP.law("the result is at least the row's maximum.")
def the_result_is_at_least_the_rows(out, A):
    return np.all(out >= A.max(axis=1) - 1e-6 * (1 + np.abs(A).max(axis=1)))


LOG_SUM_EXP.mistake(
    "the exponentials go out of range: e⁻¹⁰⁰⁰ underflows to 0, and e¹⁰⁰⁰ overflows to infinity.",
    hint=1,
    name="naive",
)(lambda A: np.log(np.exp(A).sum(axis=1)))


@LOG_SUM_EXP.mistake(
    "something was subtracted inside the exponential and never added back outside the logarithm.", hint=2
)
def maximum_not_added_back(A):
    return np.log(np.exp(A - A.max(axis=1, keepdims=True)).sum(axis=1))


LOG_SUM_EXP.mistake(
    "you subtracted the maximum of the whole table. A row far below it still underflows.",
    hint=2,
    name="one maximum for all rows",
)(lambda A: A.max() + np.log(np.exp(A - A.max()).sum(axis=1)))


for shifted_by, shift, message in (
    (
        "shifted by the row's minimum",
        lambda A: A.min(axis=1, keepdims=True),
        "you subtracted the smallest number of each row. Numbers far above it still overflow.",
    ),
    (
        "shifted by the row's mean",
        lambda A: A.mean(axis=1, keepdims=True),
        "you subtracted the mean of each row. A number far above the mean still overflows.",
    ),
    (
        "shifted by the first column",
        lambda A: A[:, :1],
        "you subtracted the first number of each row. That works only while no other number is far above it.",
    ),
    (
        "largest absolute value",
        lambda A: np.abs(A).max(axis=1, keepdims=True),
        "you subtracted the largest absolute value. In a row of very negative numbers, that makes everything"
        " smaller still.",
    ),
):
    LOG_SUM_EXP.mistake(message, hint=1, name=shifted_by)(_shifted_by(shift))

LOG_SUM_EXP.mistake(
    "you took the maximum down the columns (axis 0) in one place and along the rows in another.",
    hint=2,
    name="maximum of the columns",
)(lambda A: A.max(axis=1) + np.log(np.exp(A - A.max(axis=0)).sum(axis=1)))

LOG_SUM_EXP.mistake(
    "this sums over the points. The sum should run over the components of one point.",
    hint=1,
    name="summed over points",
)(lambda A: logsumexp(A, axis=0))

LOG_SUM_EXP.mistake(
    "you averaged the exponentials. The task asks for the logarithm of their sum.",
    hint=1,
    name="mean of the exponentials",
)(lambda A: logsumexp(A, axis=1) - np.log(A.shape[1]))

LOG_SUM_EXP.mistake(
    "the exponentials of all rows were added up together. Every row has a sum of its own.",
    hint=2,
    name="one sum for all rows",
)(lambda A: A.max(axis=1) + np.log(np.exp(A - A.max(axis=1, keepdims=True)).sum()))

LOG_SUM_EXP.mistake(
    "something was subtracted inside the exponential and subtracted once more outside the logarithm.",
    hint=2,
    name="maximum subtracted twice",
)(lambda A: logsumexp(A, axis=1) - 2 * A.max(axis=1))

LOG_SUM_EXP.mistake(
    "this is the maximum alone: a good approximation when one term dwarfs the rest, but"
    " wrong when two are close.",
    hint=1,
    name="maximum alone",
)(lambda A: A.max(axis=1))

LOG_SUM_EXP.mistake(
    "you clipped the numbers so that no exponential goes out of range. But −1000 is a number like any other, and"
    " has now become another one.",
    hint=1,
    name="clipped to ±700",
)(lambda A: np.log(np.exp(np.clip(A, -700, 700)).sum(axis=1)))

for small in (1e-300, 1e-12, 1e-10):
    LOG_SUM_EXP.mistake(
        f"something like {small:.0e} was added before the logarithm. That hides the underflow and does not avoid"
        " it: the numbers in the row are lost all the same.",
        hint=1,
        name=f"{small:.0e} added",
    )(lambda A, small=small: np.log(np.exp(A).sum(axis=1) + small))


@LOG_SUM_EXP.right
def log_sum_exp_by_row(A):
    return [max(row) + np.log(sum(np.exp(a - max(row)) for a in row)) for row in A]


@LOG_SUM_EXP.right
def log_sum_exp_by_sorting(A):
    peak = np.sort(A, axis=1)[:, -1]
    return np.log(np.exp(A - peak[:, None]).sum(axis=1)) + peak


@LOG_SUM_EXP.right
def log_sum_exp_by_logaddexp(A):
    return np.logaddexp.reduce(A, axis=1)


@LOG_SUM_EXP.right
def log_sum_exp_in_float32(A):
    return log_sum_exp_by_logaddexp(A.astype(np.float32))


# ── 3  The E-step ────────────────────────────────────────────────────────────────────────────────────

E_STEP = LESSON.task(
    "e_step",
    title="The E-step, in any dimension",
    points=4,
    parts=("the log-likelihoods", "the responsibilities"),
    expected="(log_likelihood of shape (n,), R of shape (n, K)), all finite; each row of R sums to 1",
    families={"points in the plane": 2, "points in more dimensions": 1, "far points": 1},
)


@E_STEP.cases
def e_step_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three components in the plane", mixture_nd(rng))
    five = mixture_nd(rng, n=30, K=4, d=5)
    yield Case("four components in five dimensions", five, "points in more dimensions")
    X, pi, mu, Sigma = mixture_nd(rng, n=20)
    yield Case("points a thousand units away", (X + 1000, pi, mu, Sigma), "far points")


def weighted_log_densities(X: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    columns = [np.log(p) + multivariate_normal.logpdf(X, m, S) for p, m, S in zip(pi, mu, Sigma)]
    return np.transpose(columns)


@E_STEP.reference
def e_step(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    log_joint = weighted_log_densities(X, pi, mu, Sigma)
    log_likelihood = logsumexp(log_joint, axis=1)
    return log_likelihood, np.exp(log_joint - log_likelihood[:, np.newaxis])


def from_log_joint(log_joint: Array) -> tuple[Array, Array]:
    log_likelihood = logsumexp(log_joint, axis=1)
    return log_likelihood, np.exp(log_joint - log_likelihood[:, np.newaxis])


def _other_responsibilities(R: Callable[[Array], Array]) -> Callable[..., tuple[Array, Array]]:
    """The E-step with right log-likelihoods, and responsibilities `R(log_joint)`."""
    return lambda *a: (e_step(*a)[0], R(weighted_log_densities(*a)))


@E_STEP.law("the responsibilities of each point sum to 1.")
def the_responsibilities_of_each_point_sum_to(out, *_):
    return rows_sum_to_one(out[1])


@E_STEP.mistake(
    "far from every mean all densities underflow to 0, and 0/0 is not a responsibility. Stay"
    " in log space to the end.",
    hint=2,
)
def densities_outside_log_space(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    joint = np.exp(weighted_log_densities(X, pi, mu, Sigma))
    total = joint.sum(axis=1)
    return np.log(total), joint / total[:, np.newaxis]


@E_STEP.mistake("the weights π are not used: log πₖ is missing.", hint=1, name="weights left out")
def weights_left_out_in_e_step(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    return from_log_joint(weighted_log_densities(X, np.ones_like(pi), mu, Sigma))


E_STEP.mistake(
    "you added πₖ where log πₖ belongs: a product becomes a sum only if both factors are logarithms.",
    hint=1,
    name="weights not in logarithms",
)(lambda X, pi, mu, Sigma: from_log_joint(weighted_log_densities(X, np.exp(pi), mu, Sigma)))

E_STEP.mistake(
    "you multiplied the log-densities by πₖ. A weight multiplies the density, not its logarithm.",
    hint=1,
    name="weights times logarithms",
)(lambda X, pi, mu, Sigma: from_log_joint(pi * (weighted_log_densities(X, pi, mu, Sigma) - np.log(pi))))

E_STEP.mistake(
    "the log-likelihoods are right. The responsibilities sum to 1 over the points (axis 0), not over the"
    " components.",
    hint=3,
    name="normalised over the points",
)(_other_responsibilities(lambda A: softmax(A, axis=0)))

E_STEP.mistake(
    "you added up the log-likelihoods of all points. Here each point keeps its own.",
    hint=2,
    name="one number for all points",
)(lambda *a: (e_step(*a)[0].sum(), e_step(*a)[1]))

E_STEP.mistake(
    "you averaged the log-likelihoods of all points. Task 6 does that; here each point keeps its own.",
    hint=2,
    name="mean of all points",
)(lambda *a: (e_step(*a)[0].mean(), e_step(*a)[1]))


@E_STEP.mistake(
    "the responsibilities are right, and every log-likelihood is off by the same amount. What else than |Σ| is in"
    " front of the exponential in a Gaussian density?",
    hint=1,
    name="2π left out",
)
def two_pi_left_out(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    log_likelihood, R = e_step(X, pi, mu, Sigma)
    return log_likelihood + X.shape[1] / 2 * np.log(2 * np.pi), R


E_STEP.mistake(
    "these are the joint densities πₖ N(xᵢ | μₖ, Σₖ). To become responsibilities, they have to be"
    " divided by something.",
    hint=3,
    name="joint densities not divided",
)(_other_responsibilities(np.exp))

E_STEP.mistake(
    "each log-likelihood is that of the likeliest component alone. All components add to the density.",
    hint=2,
    name="likeliest component alone",
)(lambda *a: (weighted_log_densities(*a).max(axis=1), e_step(*a)[1]))

E_STEP.mistake(
    "these are the logarithms of the responsibilities. One exponential is still missing.",
    hint=3,
    name="log-responsibilities",
)(_other_responsibilities(lambda A: A - logsumexp(A, axis=1, keepdims=True)))

E_STEP.mistake("the two return values are in the wrong order.", hint=3, name="return values swapped")(
    lambda *a: e_step(*a)[::-1]
)

E_STEP.mistake(
    "you added up the logarithms of the components. The likelihood adds up the components themselves, and"
    " then takes one logarithm.",
    hint=2,
    name="sum of logarithms",
)(lambda *a: (weighted_log_densities(*a).sum(axis=1), e_step(*a)[1]))


@E_STEP.mistake(
    "wide and narrow components get the same height: the log |Σ| term is missing or cancels.", hint=1
)
def determinant_left_out(X: Array, pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    half_log_det = 0.5 * np.linalg.slogdet(Sigma)[1]
    return from_log_joint(weighted_log_densities(X, pi, mu, Sigma) + half_log_det)


E_STEP.mistake(
    "the responsibilities are right. Your first result holds densities: far from every mean they are all 0.",
    hint=2,
    name="densities for log-likelihoods",
)(lambda *a: (np.exp(e_step(*a)[0]), e_step(*a)[1]))

E_STEP.mistake(
    "you added densities to log πₖ. Both parts of a sum of logarithms are logarithms.",
    hint=1,
    name="pdf for logpdf",
)(lambda X, pi, mu, Sigma: from_log_joint(np.log(pi) + np.exp(weighted_log_densities(X, pi, mu, Sigma)) / pi))

E_STEP.mistake(
    "your table holds πₖ N(xᵢ | μₖ, Σₖ) itself. A log-sum-exp takes the exponential of what it gets.",
    hint=1,
    name="log-sum-exp of densities",
)(lambda *a: from_log_joint(np.exp(weighted_log_densities(*a))))

E_STEP.mistake(
    "the responsibilities are right. In the log-likelihoods, something was subtracted from each row and never"
    " added back.",
    hint=2,
    name="row maximum not added back",
)(lambda *a: (maximum_not_added_back(weighted_log_densities(*a)), e_step(*a)[1]))

E_STEP.mistake(
    "the log-likelihoods are right. The responsibilities are all 0 or 1, as in k-means; EM keeps the uncertainty.",
    hint=3,
    name="hard assignment",
)(_other_responsibilities(lambda A: np.eye(A.shape[1])[A.argmax(axis=1)]))

E_STEP.mistake(
    "the log-likelihoods are right. For the responsibilities you left log space too early: far from every mean,"
    " 0/0 is what remains.",
    hint=3,
    name="responsibilities outside log space",
)(_other_responsibilities(lambda A: np.exp(A) / np.exp(A).sum(axis=1, keepdims=True)))

E_STEP.mistake(
    "the log-likelihoods are right. For the responsibilities you divided logarithms by a sum of logarithms.",
    hint=3,
    name="logarithms divided",
)(_other_responsibilities(lambda A: A / A.sum(axis=1, keepdims=True)))

E_STEP.mistake(
    "your log-sum-exp adds up the whole table, over the points as well. Each point has a likelihood of its own.",
    hint=2,
    name="log-sum-exp over the table",
)(lambda *a: (logsumexp(weighted_log_densities(*a)), softmax(weighted_log_densities(*a))))

E_STEP.mistake(
    "your log-sum-exp adds up the points (axis 0): it gives one number per component, not per point.",
    hint=2,
    name="log-sum-exp over the points",
)(lambda *a: (logsumexp(weighted_log_densities(*a), axis=0), softmax(weighted_log_densities(*a), axis=0)))

E_STEP.mistake(
    "the log-likelihoods are right. The responsibilities do not use the weights π.",
    hint=1,
    name="weights left out of the responsibilities",
)(lambda *a: (e_step(*a)[0], weights_left_out_in_e_step(*a)[1]))

E_STEP.mistake(
    "the responsibilities are right. The log-likelihoods do not use the weights π.",
    hint=1,
    name="weights left out of the log-likelihoods",
)(lambda *a: (weights_left_out_in_e_step(*a)[0], e_step(*a)[1]))


FULL = CovarianceType.named("full")


def as_mixture(pi, mu, Sigma):
    return Mixture(pi, mu, Sigma, FULL.kernel.factor(Sigma), FULL)


@E_STEP.right
def e_step_by_the_package(X, pi, mu, Sigma):
    return package_e_step(X, as_mixture(pi, mu, Sigma))


@E_STEP.right
def e_step_by_solving(X, pi, mu, Sigma):
    log_joint = np.empty((len(X), len(pi)))
    for k in range(len(pi)):
        D = X - mu[k]
        distance = np.sum(D * np.linalg.solve(Sigma[k], D.T).T, axis=1)
        log_det = np.linalg.slogdet(2 * np.pi * Sigma[k])[1]
        log_joint[:, k] = np.log(pi[k]) - 0.5 * (distance + log_det)
    total = logsumexp(log_joint, axis=1, keepdims=True)
    return total[:, 0], np.exp(log_joint - total)


@E_STEP.right
def e_step_by_cholesky(X, pi, mu, Sigma):
    log_joint = np.log(pi) + log_density(X, mu, FULL.kernel.factor(Sigma), FULL)
    return np.logaddexp.reduce(log_joint, axis=1), softmax(log_joint, axis=1)


# ── 4  The M-step ────────────────────────────────────────────────────────────────────────────────────

M_STEP = LESSON.task(
    "m_step",
    title="The M-step",
    points=4,
    parts=("the weights", "the means", "the covariances"),
    families={"the weights": 1, "the means": 1, "the covariances": 2},
    expected="(weights of shape (K,), means of shape (K, d), covariances of shape (K, d, d))",
)


@M_STEP.cases
def m_step_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, d in (
        ("three components in the plane", 60, 3, 2),
        ("two components, d = 4", 40, 2, 4),
    ):
        X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(scale=3, size=d)
        yield Case(description, (X, rng.dirichlet(np.full(K, 0.7), size=n)))
    X = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3)) * [0.003, 1, 40] + [0.1, -2, 300]
    yield Case("four components, features in different units", (X, rng.dirichlet(np.full(4, 0.7), size=30)))


@M_STEP.reference
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


@M_STEP.law("the weights sum to 1.")
def the_weights_sum_to_1(out, *_):
    return np.isclose(out[0].sum(), 1)


@M_STEP.law("a covariance is symmetric.")
def a_covariance_is_symmetric(out, *_):
    return np.allclose(out[2], np.swapaxes(out[2], 1, 2))


@M_STEP.mistake(
    "the covariances are measured from the mean of all the data. Each component has a centre of its own.",
    hint=2,
)
def about_the_overall_mean(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R, np.repeat([X.mean(axis=0)], len(mu), axis=0), R.sum(axis=0))


@M_STEP.mistake(
    "the covariances are too large by the square of the mean: you averaged x xᵀ without"
    " subtracting the mean first.",
    hint=2,
)
def not_centred(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R, np.zeros_like(mu), R.sum(axis=0))


@M_STEP.mistake(
    "means and covariances are divided by n, as if every component owned"
    " all the points. How many does component k own?",
    hint=1,
)
def divided_by_n(X: Array, R: Array) -> tuple[Array, Array, Array]:
    n = np.full(R.shape[1], len(X))
    mu = R.T @ X / n[:, np.newaxis]
    return R.sum(axis=0) / len(X), mu, covariances_about(X, R, mu, n)


@M_STEP.mistake(
    "the means are too close to 0: they are sums over component k, divided by all n points.", hint=1
)
def means_divided_by_n(X: Array, R: Array) -> tuple[Array, Array, Array]:
    mu, N = R.T @ X / len(X), R.sum(axis=0)
    return N / len(X), mu, covariances_about(X, R, mu, N)


@M_STEP.mistake(
    "the means are right. The covariances are too small: they are divided by all n points.", hint=1
)
def covariances_divided_by_n(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, R, mu, np.full(len(mu), len(X)))


M_STEP.mistake(
    "the means are right. In the covariances every point counts in full for every component.",
    hint=3,
    name="responsibilities missing in the covariances",
)(lambda X, R: (*m_step(X, R)[:2], covariances_about(X, np.ones_like(R), m_step(X, R)[1], R.sum(axis=0))))


@M_STEP.mistake(
    "the variances are too large by 1e-6, as with the `reg_covar` that the lecture's function adds to the"
    " diagonal. The task asks for maximum likelihood alone.",
    hint=None,
    name="a millionth added to the diagonal",
)
def with_reg_covar(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, Sigma = m_step(X, R)
    return pi, mu, Sigma + 1e-6 * np.eye(X.shape[1])


M_STEP.mistake(
    "the covariances are slightly too large: `np.cov` corrects for the bias of a sample, even when it gets"
    " `aweights`. Maximum likelihood does not; look at `ddof`.",
    hint=None,
    name="np.cov with its correction",
)(lambda X, R: (*m_step(X, R)[:2], np.array([np.cov(X.T, aweights=r) for r in R.T])))


@M_STEP.mistake(
    "one covariance for all components: you divided the pooled scatter by n. Each component has its own.",
    hint=1,
)
def covariances_pooled(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, Sigma = m_step(X, R)
    return pi, mu, np.repeat([np.einsum("k,kde->de", pi, Sigma)], len(pi), axis=0)


M_STEP.mistake("the weights are counts: they sum to n, not to 1.", hint=1, name="counts for weights")(
    lambda X, R: (R.sum(axis=0), *m_step(X, R)[1:])
)

M_STEP.mistake(
    "this divides by Nₖ − 1, which makes a sample covariance unbiased. Maximum likelihood is simpler.",
    hint=2,
    name="divided by N - 1",
)(lambda X, R: (*m_step(X, R)[:2], covariances_about(X, R, m_step(X, R)[1], R.sum(axis=0) - 1)))

M_STEP.mistake(
    "each point counts only for its most likely component. It should count for every"
    " component, by its responsibility.",
    hint=1,
    name="hard assignment",
)(lambda X, R: m_step(X, np.eye(R.shape[1])[R.argmax(axis=1)]))

M_STEP.mistake(
    "the covariances use the responsibilities twice. Put r on one of the two factors (x − μ), or √r on both.",
    hint=3,
    name="responsibilities squared",
)(lambda X, R: (*m_step(X, R)[:2], covariances_about(X, R**2, m_step(X, R)[1], R.sum(axis=0))))

M_STEP.mistake(
    "only the variances are there. Off the diagonal, a covariance says how two features vary together.",
    hint=2,
    name="off-diagonal lost",
)(lambda X, R: (*m_step(X, R)[:2], m_step(X, R)[2] * np.eye(X.shape[1])))

M_STEP.mistake(
    "only the means are wrong, and too close to 0: they are sums over component k, divided by all n points.",
    hint=1,
    name="means alone divided by n",
)(lambda X, R: (R.mean(axis=0), R.T @ X / len(X), m_step(X, R)[2]))


@M_STEP.mistake(
    "weights and means are right. Each covariance is a plain average over all points: the responsibilities are not"
    " in it.",
    hint=2,
)
def covariances_of_all_points_alike(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = m_step(X, R)
    return pi, mu, covariances_about(X, np.ones_like(R), mu, np.full(len(mu), len(X)))


for ddof, np_cov in ((1, "np.cov(X.T)"), (0, "np.cov(X.T, ddof=0)")):
    M_STEP.mistake(
        "weights and means are right. But every component has the same covariance, that of all the data:"
        f" `{np_cov}` knows nothing of the responsibilities.",
        hint=2,
        name=f"{np_cov} without weights",
    )(lambda X, R, ddof=ddof: (*m_step(X, R)[:2], np.array([np.cov(X.T, ddof=ddof)] * R.shape[1])))


@M_STEP.mistake(
    "every component has the same mean, that of all the data: the responsibilities are not in it.", hint=1
)
def means_of_all_points_alike(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, _, Sigma = about_the_overall_mean(X, R)
    return pi, np.repeat([X.mean(axis=0)], len(pi), axis=0), Sigma


M_STEP.mistake(
    "all three results are right, but in another order than the task asks for: the weights come last.",
    hint=None,
    name="weights returned last",
)(lambda X, R: (*m_step(X, R)[1:], m_step(X, R)[0]))

M_STEP.mistake(
    "all three results are right, but in another order than the task asks for: the weights come second.",
    hint=None,
    name="weights returned second",
)(lambda X, R: tuple(m_step(X, R)[place] for place in (1, 0, 2)))


@M_STEP.right
def m_step_by_weighted_cov(X, R):
    Sigma = [np.cov(X.T, aweights=r, ddof=0) for r in R.T]
    return R.mean(axis=0), (R / R.sum(axis=0)).T @ X, np.array(Sigma)


@M_STEP.right
def m_step_by_einsum(X, R):
    N = np.einsum("nk->k", R)
    mu = np.einsum("nk,nd->kd", R, X) / N[:, None]
    D = X[:, None, :] - mu
    return N / R.shape[0], mu, np.einsum("nk,nkd,nke->kde", R, D, D) / N[:, None, None]


@M_STEP.right
def m_step_by_loops(X, R):
    (n, d), K = X.shape, R.shape[1]
    pi, mu, Sigma = np.zeros(K), np.zeros((K, d)), np.zeros((K, d, d))
    for k in range(K):
        own = R[:, k].sum()
        pi[k] = own / n
        mu[k] = np.sum(R[:, [k]] * X, axis=0) / own
        centred = X - mu[k]
        Sigma[k] = np.dot(centred.T, R[:, [k]] * centred) / own
    return pi, mu, Sigma


@M_STEP.right
def m_step_by_square_roots(X, R):
    N, Sigma = R.sum(axis=0), []
    mu = R.T @ X / N[:, None]
    for k in range(len(N)):
        A = np.sqrt(R[:, k, None]) * (X - mu[k])
        Sigma.append(A.T @ A / N[k])
    return N / N.sum(), mu, Sigma


# ── 5  Find the bug ──────────────────────────────────────────────────────────────────────────────────

FIX_EM = LESSON.task(
    "fix_em",
    title="Find the bug",
    points=3,
    carries=("responsibilities_1d",),  # its text says so; `m_step` would be the fix
    expected="(weights, means, variances), each of shape (K,)",
    parts=("the weights", "the means", "the variances"),
)


@FIX_EM.reference
def em_iteration_1d(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    R = responsibilities_1d(x, pi, mu, var)
    N = R.sum(axis=0)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    return N / len(x), mu, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


FIX_EM.cases(cases_1d)


@FIX_EM.law("the weights sum to 1.")
def the_weights_sum_to_1_in_fix_em(out, *_):
    return np.isclose(out[0].sum(), 1)


@FIX_EM.mistake("the bug is still there.", planted=True)
def the_planted_bug(
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


FIX_EM.mistake(
    "the weights sum to 1 again, but you only treated the symptom: component 1 is still computed with the"
    " new weight of component 0.",
    hint=2,
    name="weights normalised afterwards",
)(lambda x, pi, mu, var: the_planted_bug(x, pi, mu, var, weights=lambda pi, R: pi / pi.sum()))

FIX_EM.mistake(
    "the rows of R sum to 1 again, but the weights do not. Both are symptoms: within one round, the"
    " components are still computed with different weights.",
    hint=2,
    name="rows normalised afterwards",
)(lambda x, pi, mu, var: the_planted_bug(x, pi, mu, var, row_sums=lambda sums: sums))

FIX_EM.mistake(
    "rows and weights sum to 1 again, but you only treated the symptoms: the numbers that you divide were"
    " computed with weights from two different rounds.",
    hint=2,
    name="rows normalised afterwards, then weights",
)(
    lambda x, pi, mu, var: the_planted_bug(
        x, pi, mu, var, row_sums=lambda sums: sums, weights=lambda pi, R: R.mean(axis=0)
    )
)


@FIX_EM.mistake(
    "the responsibilities are right now. The variances are measured from the old means. That still climbs, but it is"
    " not the M-step, which measures them from the new ones.",
    hint=3,
)
def variances_about_the_old_means(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    R = responsibilities_1d(x, pi, mu, var)
    N = R.sum(axis=0)
    new = (R * x[:, np.newaxis]).sum(axis=0) / N
    return N / len(x), new, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


FIX_EM.mistake(
    "means and variances are right. But the weights that you return are those that came in: nothing has"
    " updated them.",
    hint=3,
    name="old weights returned",
)(lambda x, pi, mu, var: (pi, *em_iteration_1d(x, pi, mu, var)[1:]))

FIX_EM.mistake("the weights are counts: they sum to n, not to 1.", hint=None, name="counts returned")(
    lambda x, *theta: (em_iteration_1d(x, *theta)[0] * len(x), *em_iteration_1d(x, *theta)[1:])
)

FIX_EM.mistake(
    "your third value holds standard deviations. The task asks for variances.",
    hint=None,
    name="standard deviations returned",
)(lambda *a: (*em_iteration_1d(*a)[:2], np.sqrt(em_iteration_1d(*a)[2])))


@FIX_EM.mistake(
    "weights, means and variances are replaced inside the loop, so the E-step for component 1 already uses the"
    " new component 0.",
    hint=2,
)
def everything_updated_in_one_loop(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    pi, mu, var = pi.copy(), mu.copy(), var.copy()
    for k in range(len(pi)):
        r = responsibilities_1d(x, pi, mu, var)[:, k]
        pi[k], mu[k] = r.mean(), r @ x / r.sum()
        var[k] = r @ (x - mu[k]) ** 2 / r.sum()
    return pi, mu, var


@FIX_EM.mistake(
    "you keep the sum of the weights at 1 inside the loop. That treats a symptom: each component is still computed"
    " with other weights than the one before it.",
    hint=2,
)
def weights_normalised_inside_the_loop(
    x: Array, pi: Array, mu: Array, var: Array
) -> tuple[Array, Array, Array]:
    pi, R = pi.copy(), np.empty((len(x), len(pi)))
    for k in range(len(pi)):
        R[:, k] = responsibilities_1d(x, pi, mu, var)[:, k]
        pi[k] = R[:, k].mean()
        pi /= pi.sum()
    N = R.sum(axis=0)
    mu = (R * x[:, np.newaxis]).sum(axis=0) / N
    return pi, mu, (R * (x[:, np.newaxis] - mu) ** 2).sum(axis=0) / N


FIX_EM.mistake(
    "the weights are right. Means and variances come from a second E-step, with the new weights; a round has one.",
    hint=3,
    name="second E-step",
)(
    lambda x, pi, mu, var: (
        em_iteration_1d(x, pi, mu, var)[0],
        *em_iteration_1d(x, em_iteration_1d(x, pi, mu, var)[0], mu, var)[1:],
    )
)

FIX_EM.mistake(
    "this is correct EM, but two rounds of it. The task asks for one.", hint=None, name="two rounds"
)(lambda x, *theta: em_iteration_1d(x, *em_iteration_1d(x, *theta)))


@FIX_EM.mistake(
    "weights and means are right. The variances are divided by Nₖ − 1, which makes a sample variance unbiased."
    " Maximum likelihood does not ask for that.",
    hint=None,
    name="divided by N - 1",
)
def variances_divided_by_n_minus_1(x: Array, pi: Array, mu: Array, var: Array) -> tuple[Array, Array, Array]:
    weights, new, variances = em_iteration_1d(x, pi, mu, var)
    N = weights * len(x)
    return weights, new, variances * N / (N - 1)


FIX_EM.mistake(
    "all three results are right, but in another order than the task asks for.",
    hint=None,
    name="means and variances exchanged",
)(lambda *a: tuple(em_iteration_1d(*a)[place] for place in (0, 2, 1)))


@FIX_EM.right
def iteration_by_arrays(x, pi, mu, var):
    R = responsibilities_by_arrays(x, pi, mu, var)
    mu = np.average(np.repeat(x[:, None], len(pi), axis=1), axis=0, weights=R)
    return R.mean(axis=0), mu, np.average((x[:, None] - mu) ** 2, axis=0, weights=R)


@FIX_EM.right
def iteration_fixed_in_place(x, pi, mu, var):
    R = responsibilities_by_softmax(x, pi, mu, var)
    pi, mu, var = pi.copy(), mu.copy(), var.copy()
    for k in range(len(pi)):
        r = R[:, k]
        pi[k] = r.mean()
        mu[k] = (r @ x) / r.sum()
        var[k] = (r @ (x - mu[k]) ** 2) / r.sum()
    return pi, mu, var


# ── 6  The whole loop ────────────────────────────────────────────────────────────────────────────────

FIT_EM = LESSON.task(
    "fit_em",
    title="The whole loop",
    points=3,
    parts=("the weights", "the means", "the covariances", "the bounds"),
    expected="(weights, means, covariances, bounds); bounds of shape (n_iter,), never decreasing",
)


@FIT_EM.cases
def fit_em_cases(rng: np.random.Generator) -> Iterator[Case]:
    X, pi, mu, Sigma = mixture_nd(rng, n=60)
    yield Case("six rounds in the plane", (X, pi, mu, Sigma, 6))
    yield Case("one round", (X, pi, mu, Sigma, 1))
    X = rng.normal(size=(40, 3))
    mu, Sigma = X.mean(axis=0) + rng.normal(scale=0.001, size=(2, 3)), np.array([np.cov(X.T, ddof=0)] * 2)
    yield Case("four rounds in which the likelihood hardly rises", (X, np.array([0.4, 0.6]), mu, Sigma, 4))
    far = rng.permutation([[-90.0], [90.0]]) + rng.normal(size=(2, 2))
    X = 0.01 * (np.repeat(far, (9, 12), axis=0) + rng.normal(size=(21, 2)))
    start = np.array([0.5, 0.5]), 0.01 * far + 0.01, np.array([2e-4 * np.eye(2)] * 2)
    yield Case("nine rounds, though it settles at once", (X, *start, 9))


@FIT_EM.reference
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
) -> tuple[Array, ...]:
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


@FIT_EM.law("the log-likelihood never falls.")
def the_log_likelihood_never_falls(out, *_):
    return np.all(np.diff(out[3]) > -1e-9)


FIT_EM.mistake(
    "the curve is right up to a factor of n: you add up the log-likelihoods, but the task asks for the mean per"
    " point.",
    hint=2,
    name="total instead of mean",
)(lambda *a: _loop(*a, bound=np.sum))

FIT_EM.mistake(
    "the E-step uses the starting parameters every time, so nothing changes after the first round.",
    hint=1,
    name="E-step always from the start",
)(lambda *a: _loop(*a, bound=np.mean, refresh=False))


@FIT_EM.mistake("the parameters are one M-step behind.", hint=1, name="last M-step missing")
def last_m_step_missing(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int) -> tuple[Array, ...]:
    bounds = fit_em(X, pi, mu, Sigma, n_iter)[3]
    return (*fit_em(X, pi, mu, Sigma, n_iter - 1)[:3], bounds)


@FIT_EM.mistake(
    "the curve is one round ahead: you record the likelihood after each M-step. The task asks for the"
    " one that each E-step finds.",
    hint=1,
    name="likelihood after the M-step",
)
def likelihood_after_the_m_step(
    X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int
) -> tuple[Array, ...]:
    *theta, bounds = fit_em(X, pi, mu, Sigma, n_iter)
    return *theta, np.append(bounds[1:], e_step(X, *theta)[0].mean())


@FIT_EM.mistake(
    "`bounds` has one number too many: there is one E-step per round, and none after the last.", hint=1
)
def one_bound_too_many(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int) -> tuple[Array, ...]:
    *theta, bounds = fit_em(X, pi, mu, Sigma, n_iter)
    return *theta, np.append(bounds, e_step(X, *theta)[0].mean())


@FIT_EM.mistake(
    "your loop stops as soon as the likelihood hardly rises. The task asks for `n_iter` rounds, whatever"
    " happens.",
    hint=1,
)
def stopped_early(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int) -> tuple[Array, ...]:
    bounds = list(fit_em(X, pi, mu, Sigma, n_iter)[3])
    settled = (i for i in range(1, n_iter) if bounds[i] - bounds[i - 1] < 1e-3)
    rounds = next(settled, n_iter - 1) + 1
    return fit_em(X, pi, mu, Sigma, rounds)


@FIT_EM.mistake(
    "`bounds` has the right length, but the parameters are those of an earlier round: the loop stops as soon as"
    " the likelihood hardly rises. It should run `n_iter` rounds.",
    hint=1,
)
def stopped_early_and_padded(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int) -> tuple[Array, ...]:
    *theta, bounds = stopped_early(X, pi, mu, Sigma, n_iter)
    return *theta, np.append(bounds, np.repeat(bounds[-1], n_iter - len(bounds)))


@FIT_EM.mistake(
    "every M-step adds something small to the covariances, like the lecture's `reg_covar`. Use the `m_step`"
    " of task 4.",
    hint=None,
    name="M-step with reg_covar",
)
def m_step_with_reg_covar(X: Array, pi: Array, mu: Array, Sigma: Array, n_iter: int) -> tuple[Array, ...]:
    bounds = []
    for _ in range(n_iter):
        log_likelihood, R = e_step(X, pi, mu, Sigma)
        bounds.append(log_likelihood.mean())
        pi, mu, Sigma = with_reg_covar(X, R)
    return pi, mu, Sigma, np.array(bounds)


for place, what in enumerate(("weights", "means", "covariances")):
    FIT_EM.mistake(
        f"the {what} stay as they were at the start: the M-step's {what} never reach the next round.",
        hint=1,
        name=f"{what} not fed back",
    )(lambda *a, place=place: _keeping(*a, kept=place))

FIT_EM.mistake(
    "the parameters are right; look at what you record. It is the mean of the densities, not of their logarithms.",
    hint=2,
    name="mean of the densities",
)(lambda *a: _loop(*a, bound=lambda log_likelihood: np.exp(log_likelihood).mean()))

FIT_EM.mistake(
    "the parameters are right; look at what you record. The logarithm of a mean is not the mean of the logarithms.",
    hint=2,
    name="logarithm of the mean density",
)(lambda *a: _loop(*a, bound=lambda log_likelihood: np.log(np.exp(log_likelihood).mean())))

FIT_EM.mistake(
    "the parameters are right; look at what you record. It is a loss, for programs that minimise.",
    hint=None,
    name="negative log-likelihood",
)(lambda *a: _loop(*a, bound=lambda log_likelihood: -log_likelihood.mean()))

FIT_EM.mistake(
    "the parameters are right; look at what you record. There is a number for every point, in every round.",
    hint=2,
    name="all log-likelihoods recorded",
)(lambda *a: _loop(*a, bound=np.copy))

FIT_EM.mistake(
    "the parameters are right; look at what you record. Nothing is ever written into the first entry of `bounds`.",
    hint=None,
    name="first bound never filled",
)(lambda *a: (*fit_em(*a)[:3], np.append(0, fit_em(*a)[3][1:])))

FIT_EM.mistake(
    "your loop starts at 1: one round is missing, and nothing ever fills the first entry of `bounds`.",
    hint=None,
    name="loop starts at 1",
)(lambda *a: (*(less := fit_em(a[0], a[1], a[2], a[3], a[4] - 1))[:3], np.append(0, less[3])))

FIT_EM.mistake(
    "your function returns after one round. Is the `return` inside the loop?",
    hint=None,
    name="return inside the loop",
)(lambda X, pi, mu, Sigma, n_iter: fit_em(X, pi, mu, Sigma, 1))

FIT_EM.mistake(
    "the parameters are right; look at what you record. It is the last round alone. Is the `append` in the loop?",
    hint=None,
    name="only the last round recorded",
)(lambda *a: (*fit_em(*a)[:3], fit_em(*a)[3][-1:]))


@FIT_EM.right
def fit_em_by_hand(X, pi, mu, Sigma, n_iter):
    bounds = []
    for _ in range(n_iter):
        log_likelihood, R = e_step_by_solving(X, pi, mu, Sigma)
        bounds.append(np.mean(log_likelihood))
        pi, mu, Sigma = m_step_by_weighted_cov(X, R)
    return pi, mu, Sigma, bounds


@FIT_EM.right
def fit_em_by_the_package(X, pi, mu, Sigma, n_iter):
    steps = em(expectation_over(X), as_mixture(pi, mu, Sigma), reg_covar=0)
    taken = [next(steps) for _ in range(n_iter)]
    theta = package_m_step(taken[-1].statistics, reg_covar=0)
    return theta.weights, theta.means, theta.covariances, [step.lower_bound for step in taken]


# ── 7  Read a picture, 8  What a tolerance does ──────────────────────────────────────────────────────

FALLING_LIKELIHOOD = LESSON.choice(
    "falling_likelihood",
    title="Read a picture",
    points=1,
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
        "E": (
            "yes, there is a bug. But the M-step computes all its parameters from the same responsibilities: nothing"
            " is missing between `pi` and `mu`.",
            2,
        ),
    },
)


FALLING_LIKELIHOOD.right_values("c")


LARGEST_WEIGHT = LESSON.value(
    "largest_weight",
    title="What a tolerance does · stretch",
    points=2,
    expected="one number between 0 and 1, accurate to five decimals",
    rtol=0,
    atol=5e-6,
)


@LARGEST_WEIGHT.canonical
def to_five_decimals(weight: Any) -> Any:
    """Make a number that was copied from a printout the same as the number itself."""
    return round(weight, 5) if isinstance(weight, float) else weight


@cache
def _fitted_weights(**options: Any) -> list[float]:
    """The weights in ascending order."""
    model = GaussianMixture(3, n_init=10, random_state=42, max_iter=1000, **options)
    return sorted(model.fit(elongated_blobs()[0]).weights_.tolist())


@LARGEST_WEIGHT.reference
def largest_weight():
    return _fitted_weights(tol=1e-10)[-1]


@LARGEST_WEIGHT.mistake(
    "this is where the default `tol` stops. Which parameter decides when EM has done enough?", hint=1
)
def the_default_tolerance():
    return _fitted_weights()[-1]


for tol, closer in ((1e-4, "a little closer than the default"), (1e-5, "closer")):
    LARGEST_WEIGHT.mistake(
        f"this is {closer}, but not yet settled to five decimals: the tolerance compares likelihoods, and the"
        " weights settle later.",
        hint=1,
        name="a tolerance in between" if tol == 1e-5 else "a tolerance near the default",
    )(lambda tol=tol: _fitted_weights(tol=tol)[-1])

for place, which in enumerate(("smallest", "second largest")):
    LARGEST_WEIGHT.mistake(
        f"your fit was patient enough, but this is the {which} of its weights. Their order means nothing.",
        hint=2,
        name=f"the {which} weight",
    )(lambda place=place: _fitted_weights(tol=1e-10)[place])
    LARGEST_WEIGHT.mistake(
        f"this is the {which} of three weights, from a fit that stops at the default `tol`.",
        hint=1,
        name=f"the {which} weight with the default tolerance",
    )(lambda place=place: _fitted_weights()[place])


@LARGEST_WEIGHT.mistake("this is right to four decimals. The task asks for five.", hint=None)
def rounded_to_four_decimals():
    return round(largest_weight(), 4)


@LARGEST_WEIGHT.mistake("this is what the other two components weigh together.", hint=2)
def the_other_two_weights():
    return 1 - largest_weight()


LARGEST_WEIGHT.right_values(0.40037)
