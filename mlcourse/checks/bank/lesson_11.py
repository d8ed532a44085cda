"""Checks for lesson 11, beyond: conditioning, rows with holes, merged statistics, PPCA, clamped labels, step sizes.

Symbols: x (d,) a row, NaN where unknown; pi (K,), mu (K, d), Sigma (K, d, d) a mixture, or mu (d,) and
Sigma (d, d) one Gaussian; o, u the known and unknown features; R (n, K) responsibilities; S (d, d) a scatter about
a mean.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from mlcourse.checks.specification import Case, Check, Law, Mistake
from mlcourse.typing import Array

LESSON = "11_beyond"


# ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────


def covariances(rng: np.random.Generator, K: int, d: int) -> Array:
    A = rng.normal(size=(K, d, d))
    return A @ np.swapaxes(A, 1, 2) + 0.3 * np.eye(d)


def mixture(rng: np.random.Generator, K: int, d: int, spread: float = 1.5) -> tuple[Array, Array, Array]:
    """pi, mu, Sigma of a random mixture whose components overlap."""
    return rng.dirichlet(np.full(K, 3.0)), rng.normal(scale=spread, size=(K, d)), covariances(rng, K, d)


def with_holes(rng: np.random.Generator, d: int, known: list[int], size: float = 1.0) -> Array:
    """A row (d,) with values for the features `known` and NaN elsewhere."""
    x = np.full(d, np.nan)
    x[known] = size * rng.normal(size=len(known))
    return x


def unknown(mu: Array, known: Array) -> Array:
    return np.setdiff1d(np.arange(mu.shape[-1]), known)


# ── 1  One Gaussian ──────────────────────────────────────────────────────────────────────────────────


def condition_gaussian_cases(rng: np.random.Generator) -> Iterator[Case]:
    (Sigma,) = covariances(rng, 1, 3)
    yield Case("one known feature of three", (rng.normal(size=3), Sigma, np.array([1]), rng.normal(size=1)))
    (Sigma,) = covariances(rng, 1, 5)
    known = np.array([3, 0, 4])
    yield Case("three known features of five", (rng.normal(size=5), Sigma, known, rng.normal(size=3)))


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


def _mean_unmoved(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: mu[u])


def _known_not_centred(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: mu[u] + values @ slopes)


def _without_solving(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    u = unknown(mu, known)
    across, of_known = Sigma[np.ix_(u, known)], Sigma[np.ix_(known, known)]
    return mu[u] + across @ of_known @ (values - mu[known]), Sigma[
        np.ix_(u, u)
    ] - across @ of_known @ across.T


def _covariance_unmoved(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, cov=lambda u, slopes: Sigma[np.ix_(u, u)])


def _covariance_grows(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(
        mu, Sigma, known, values, cov=lambda u, slopes: Sigma[np.ix_(u, u)] + Sigma[np.ix_(u, known)] @ slopes
    )


def _precision_of_the_unknown(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, cov=lambda u, slopes: np.linalg.inv(Sigma)[np.ix_(u, u)])


def _known_sorted(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return condition_gaussian(mu, Sigma, np.sort(known), values)


def _mean_from_zero(mu: Array, Sigma: Array, known: Array, values: Array) -> tuple[Array, Array]:
    return _gaussian(mu, Sigma, known, values, mean=lambda u, slopes: (values - mu[known]) @ slopes)


CONDITION_GAUSSIAN = Check(
    name="condition_gaussian",
    lesson=LESSON,
    points=3,
    reference=condition_gaussian,
    cases=condition_gaussian_cases,
    laws=(
        Law("the covariance is symmetric.", lambda out, *_: np.allclose(out[1], np.transpose(out[1]))),
        Law(
            "knowing more never makes a variance larger.",
            lambda out, mu, Sigma, known, _: np.all(
                np.diag(out[1]) <= np.diag(Sigma)[unknown(mu, known)] + 1e-9
            ),
        ),
    ),
    expected="(mean (u,), covariance (u, u)) of the features that are not in `known`, in their order",
    mistakes=(
        Mistake(
            "mean not moved",
            _mean_unmoved,
            "the covariance is right. But the mean does not depend on the values at all.",
            hint=1,
        ),
        Mistake(
            "known values not centred",
            _known_not_centred,
            "the mean moves by the values themselves. What counts is how far they are from what was expected.",
            hint=1,
        ),
        Mistake(
            "mean starts at zero",
            _mean_from_zero,
            "this is how far the mean moves. Where does it start?",
            hint=1,
        ),
        Mistake(
            "multiplied instead of solved",
            _without_solving,
            "you multiplied by the covariance of the known features, where its inverse belongs.",
            hint=2,
        ),
        Mistake(
            "known features sorted, their values not",
            _known_sorted,
            "you sorted the known features but not their values, so they no longer match.",
            hint=1,
        ),
        Mistake(
            "covariance not reduced",
            _covariance_unmoved,
            "the mean is right. But the covariance is unchanged: the known features have no effect on it.",
            hint=3,
        ),
        Mistake(
            "covariance grows",
            _covariance_grows,
            "the mean is right. But the covariance has grown. How could you know less after learning something?",
            hint=3,
        ),
        Mistake(
            "a block of the precision",
            _precision_of_the_unknown,
            "the mean is right. But in place of the covariance you returned a block of the inverse of Σ. It is"
            " related to the answer, but it is a precision.",
            hint=3,
        ),
    ),
)


# ── 2  Which component speaks ────────────────────────────────────────────────────────────────────────


def conditional_weights_cases(rng: np.random.Generator) -> Iterator[Case]:
    known = np.array([2, 0])
    yield Case("two known features of four", (*mixture(rng, 3, 4), known, rng.normal(size=2)))
    yield Case("one known feature of two", (*mixture(rng, 4, 2), np.array([1]), rng.normal(size=1)))
    far = np.array([150.0, -200.0])
    yield Case("known values far from every mean", (*mixture(rng, 3, 3), np.array([0, 1]), far))


def log_joint_of_known(pi: Array, mu: Array, Sigma: Array, known: Array, values: Array) -> Array:
    """log πₖ + log N(x_o | …) for every component: (K,)."""
    log_density = [
        multivariate_normal(m[known], S[np.ix_(known, known)]).logpdf(values) for m, S in zip(mu, Sigma)
    ]
    return np.log(pi) + np.array(log_density)


def conditional_weights(pi: Array, mu: Array, Sigma: Array, known: Array, values: Array) -> Array:
    log_joint = log_joint_of_known(pi, mu, Sigma, known, values)
    return np.exp(log_joint - logsumexp(log_joint))


def _outside_log_space(*args: Array) -> Array:
    joint = np.exp(log_joint_of_known(*args))
    return joint / joint.sum()


def _without_pi(pi: Array, *others: Array) -> Array:
    return softmax(log_joint_of_known(np.ones_like(pi), *others))


def _variances_alone(pi: Array, mu: Array, Sigma: Array, *others: Array) -> Array:
    diagonal = np.array([np.diag(np.diag(S)) for S in Sigma])
    return softmax(log_joint_of_known(pi, mu, diagonal, *others))


def _weights_of_sorted(pi: Array, mu: Array, Sigma: Array, known: Array, values: Array) -> Array:
    return conditional_weights(pi, mu, Sigma, np.sort(known), values)


def _hard_weights(*args: Array) -> Array:
    weights = conditional_weights(*args)
    return np.eye(len(weights))[weights.argmax()]


CONDITIONAL_WEIGHTS = Check(
    name="conditional_weights",
    lesson=LESSON,
    points=2,
    reference=conditional_weights,
    cases=conditional_weights_cases,
    laws=(Law("the weights sum to 1.", lambda out, *_: np.isclose(np.sum(out), 1)),),
    expected="array (K,): finite, not negative, with sum 1",
    mistakes=(
        Mistake(
            "weights unchanged",
            lambda pi, *_: pi.copy(),
            "these are the weights π, unchanged. A component that hardly explains the known"
            " values should lose weight.",
            hint=1,
        ),
        Mistake(
            "weights left out",
            _without_pi,
            "every component counts the same, however rare it is: π is missing.",
            hint=1,
        ),
        Mistake(
            "no logarithm of the weights",
            lambda pi, *others: softmax(log_joint_of_known(np.exp(pi), *others)),
            "you added π itself to a log density. A product becomes a sum of the logarithms of *both* factors.",
            hint=3,
        ),
        Mistake(
            "not normalised",
            lambda *args: np.exp(log_joint_of_known(*args)),
            "these are the joint densities of component and known values. They do not sum to 1 yet.",
            hint=1,
        ),
        Mistake(
            "densities outside log space",
            _outside_log_space,
            "far from every mean, each density underflows to 0, and 0/0 is not a weight.",
            hint=3,
        ),
        Mistake(
            "correlation of the known features ignored",
            _variances_alone,
            "you used only the variances of the known features. They may also be correlated.",
            hint=2,
        ),
        Mistake(
            "known features sorted, their values not",
            _weights_of_sorted,
            "you sorted the known features but not their values, so they no longer match.",
            hint=2,
        ),
        Mistake(
            "hard assignment",
            _hard_weights,
            "the likeliest component got all the weight. Keep the uncertainty.",
            hint=1,
        ),
    ),
)


# ── 3  Fill a row ────────────────────────────────────────────────────────────────────────────────────


def fill_row_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("two holes in four features", (with_holes(rng, 4, [0, 3]), *mixture(rng, 3, 4)))
    yield Case("one hole in three features", (with_holes(rng, 3, [0, 2]), *mixture(rng, 4, 3)))
    yield Case(
        "known values far from every mean", (with_holes(rng, 3, [1, 2], size=300), *mixture(rng, 2, 3))
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


def _only_the_holes(x: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    return fill_row(x, pi, mu, Sigma)[np.isnan(x)]


FILL_ROW = Check(
    name="fill_row",
    lesson=LESSON,
    points=3,
    reference=fill_row,
    cases=fill_row_cases,
    laws=(
        Law(
            "known entries stay as they are.",
            lambda out, x, *_: np.array_equal(np.asarray(out)[~np.isnan(x)], x[~np.isnan(x)]),
        ),
    ),
    expected="array (d,) without NaN",
    mistakes=(
        Mistake(
            "zeros",
            lambda x, *_: np.nan_to_num(x),
            "you filled the holes with 0, which is a value like any other, and nobody has measured it.",
            hint=1,
        ),
        Mistake(
            "mean of the mixture",
            _filled_with(_weights_not_updated, _own_mean),
            "you filled the holes with the mean of the whole mixture. Nothing that is known about this row is used.",
            hint=1,
        ),
        Mistake(
            "weights not updated",
            _filled_with(_weights_not_updated, _regression),
            "each component's regression is right. But you average them as if the known values said"
            " nothing about the component.",
            hint=2,
        ),
        Mistake(
            "the components' own means",
            _filled_with(conditional_weights, _own_mean),
            "the weights are right. But within a component, the known values also shift what to expect in the holes.",
            hint=2,
        ),
        Mistake(
            "only the likeliest component",
            _filled_with(_hard_weights, _regression),
            "you used only the likeliest component. That is a fair guess, but it is not the conditional mean.",
            hint=2,
        ),
        Mistake(
            "only the holes",
            _only_the_holes,
            "the numbers are right, but the rest of the row is missing.",
            hint=3,
        ),
    ),
)


# ── 4  The likelihood of a row with holes ────────────────────────────────────────────────────────────


def known_log_density_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("two known features of four", (with_holes(rng, 4, [0, 2]), *mixture(rng, 3, 4)))
    yield Case("a row without holes", (rng.normal(size=3), *mixture(rng, 2, 3)))
    yield Case(
        "known values far from every mean", (with_holes(rng, 3, [0, 1], size=300), *mixture(rng, 3, 3))
    )


def known_log_density(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return float(logsumexp(log_joint_of_known(pi, mu, Sigma, known, x[known])))


def _of_filled(fill: Callable[..., Array]) -> Callable[..., float]:
    """Make a function that returns the log density of the whole row after `fill`."""
    return lambda x, *theta: known_log_density(fill(x, *theta), *theta)


def _density_outside_log_space(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return np.log(np.exp(log_joint_of_known(pi, mu, Sigma, known, x[known])).sum())


def _mean_of_logs(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return pi @ log_joint_of_known(np.ones_like(pi), mu, Sigma, known, x[known])  # type: ignore[return-value]  # a number: the product of two vectors


def _sum_of_logs(x: Array, pi: Array, mu: Array, Sigma: Array) -> float:
    known = np.flatnonzero(~np.isnan(x))
    return log_joint_of_known(pi, mu, Sigma, known, x[known]).sum()


KNOWN_LOG_DENSITY = Check(
    name="known_log_density",
    lesson=LESSON,
    points=2,
    reference=known_log_density,
    cases=known_log_density_cases,
    expected="one finite number, in nats",
    mistakes=(
        Mistake(
            "zeros for the holes",
            _of_filled(lambda x, *_: np.nan_to_num(x)),
            "you scored the row as if its holes held 0. Nobody has said that they do.",
            hint=1,
        ),
        Mistake(
            "holes filled with what is expected",
            _of_filled(fill_row),
            "you filled the holes first and then scored the whole row. That rewards the row for"
            " entries that nobody has seen.",
            hint=1,
        ),
        Mistake(
            "density instead of its logarithm",
            lambda *args: np.exp(known_log_density(*args)),
            "this is the density itself. The task asks for its logarithm.",
            hint=3,
        ),
        Mistake(
            "weights left out",
            lambda x, pi, *others: known_log_density(x, np.ones_like(pi), *others),
            "you added up the components as if each had weight 1: π is missing.",
            hint=2,
        ),
        Mistake(
            "sum of the logarithms",
            _sum_of_logs,
            "you added up the logarithms of the components, which multiplies their densities.",
            hint=3,
        ),
        Mistake(
            "mean of the logarithms",
            _mean_of_logs,
            "you averaged the logarithms of the component densities. A mixture averages the densities, and"
            " takes one logarithm of the result.",
            hint=3,
        ),
        Mistake(
            "densities outside log space",
            _density_outside_log_space,
            "far from every mean, each density underflows to 0, and its logarithm is −∞.",
            hint=3,
        ),
    ),
)


# ── 5  Two workers ───────────────────────────────────────────────────────────────────────────────────


def merge_statistics_cases(rng: np.random.Generator) -> Iterator[Case]:
    def part(n: int, shift: Array | float) -> tuple[int, Array, Array]:
        X = rng.normal(size=(n, 2)) @ rng.normal(size=(2, 2)) + shift
        return n, X.mean(axis=0), (X - X.mean(axis=0)).T @ (X - X.mean(axis=0))

    yield Case("thirty rows and ten", (*part(30, 2.0), *part(10, -1.0)))
    yield Case("five rows and forty", (*part(5, np.array([3.0, 0.0])), *part(40, np.array([0.0, 1.0]))))
    yield Case("rows far from the origin", (*part(20, 1e7), *part(25, 1e7 + 3)))


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


def _plain_average_of_means(
    n_a: int, mean_a: Array, S_a: Array, n_b: int, mean_b: Array, S_b: Array
) -> tuple[int, Array, Array]:
    return _merged(n_a, mean_a, S_a, n_b, mean_b, S_b, mean=(mean_a + mean_b) / 2)


def _scatters_averaged(
    n_a: int, mean_a: Array, S_a: Array, n_b: int, mean_b: Array, S_b: Array
) -> tuple[int, Array, Array]:
    n, mean, _ = merge_statistics(n_a, mean_a, S_a, n_b, mean_b, S_b)
    return n, mean, (n_a * S_a + n_b * S_b) / n


def _covariance_of_all(*args: Any) -> tuple[int, Array, Array]:
    n, mean, S = merge_statistics(*args)
    return n, mean, S / n


def _about_the_origin(
    n_a: int, mean_a: Array, S_a: Array, n_b: int, mean_b: Array, S_b: Array
) -> tuple[int, Array, Array]:
    n = n_a + n_b
    mean = (n_a * mean_a + n_b * mean_b) / n
    raw = S_a + n_a * np.outer(mean_a, mean_a) + S_b + n_b * np.outer(mean_b, mean_b)
    return n, mean, raw - n * np.outer(mean, mean)


MERGE_STATISTICS = Check(
    name="merge_statistics",
    lesson=LESSON,
    points=3,
    reference=merge_statistics,
    cases=merge_statistics_cases,
    laws=(Law("the scatter is symmetric.", lambda out, *_: np.allclose(out[2], np.transpose(out[2]))),),
    expected="(n, mean (d,), scatter (d, d) about that mean) of all rows together",
    mistakes=(
        Mistake(
            "gap between the means forgotten",
            lambda *args: _merged(*args, factor=lambda a, b: 0),
            "number and mean are right. But you added the scatters as if they were about the same mean.",
            hint=2,
        ),
        Mistake(
            "plain average of the means",
            _plain_average_of_means,
            "both means count the same, however many rows each of them summarises.",
            hint=1,
        ),
        Mistake(
            "scatters averaged",
            _scatters_averaged,
            "you averaged the scatters, as one does with covariances. A scatter is a sum.",
            hint=2,
        ),
        Mistake(
            "covariance instead of scatter",
            _covariance_of_all,
            "this is the covariance of all rows. A scatter is a sum, not a mean.",
            hint=2,
        ),
        Mistake(
            "gap counted once",
            lambda *args: _merged(*args, factor=lambda a, b: 1),
            "you added the gap between the means once, however many rows there are. But every"
            " row is off the new mean.",
            hint=3,
        ),
        Mistake(
            "gap counted for every row in full",
            lambda *args: _merged(*args, factor=lambda a, b: a + b),
            "you added the full gap between the two means for every row. Each part is closer to the common mean"
            " than to the other part's mean.",
            hint=3,
        ),
        Mistake(
            "gap without its off-diagonal",
            lambda *args: _merged(*args, D=lambda a, b: np.diag(a * b)),
            "the diagonal is right. But a shift in two features at once also changes the entries off the diagonal.",
            hint=3,
        ),
        Mistake(
            "squares about the origin",
            _about_the_origin,
            "this is right for rows near the origin. Far from it, you subtract two huge"
            " numbers and lose their digits.",
            hint=3,
        ),
    ),
)


# ── 6  What PPCA costs ───────────────────────────────────────────────────────────────────────────────


def ppca_total(
    K: int = 10,
    d: int = 64,
    q: int = 8,
    *,
    rotations: bool = True,
    noise: int = 1,
    weights: int = 9,
    means: bool = True,
) -> int:
    of_one = d * q - rotations * q * (q - 1) // 2 + noise
    return weights + means * K * d + K * of_one


PPCA_COUNT = Check(
    name="ppca_count",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=ppca_total,
    expected="one whole number",
    rtol=0,
    atol=0.5,
    mistakes=(
        Mistake(
            "rotations not subtracted",
            ppca_total(rotations=False),
            "you counted every entry of W as a free choice. Some choices of W give the same covariance.",
            hint=2,
        ),
        Mistake("noise forgotten", ppca_total(noise=0), "the noise σ² of each component is missing.", hint=1),
        Mistake(
            "noise per pixel",
            ppca_total(noise=64),
            "you counted one noise variance per pixel. That would be factor analysis.",
            hint=1,
        ),
        Mistake(
            "one weight too many",
            ppca_total(weights=10),
            "you counted all ten weights, but nine of them determine the tenth.",
            hint=1,
        ),
        Mistake(
            "rotations subtracted once",
            ppca_total(rotations=False) - 8 * 7 // 2,
            "you subtracted the rotations for one component only. The W of each of the others can be rotated, too.",
            hint=2,
        ),
        Mistake(
            "weights forgotten, or one noise for all",
            ppca_total(weights=0),
            "your count is too small by the number of free weights. Are they missing? Or did you count σ² once,"
            " for all components together?",
            hint=1,
        ),
        Mistake("means forgotten", ppca_total(means=False), "the means are missing.", hint=1),
        Mistake(
            "only covariances",
            ppca_total(weights=0, means=False),
            "these are only the covariances. What else does a mixture have?",
            hint=1,
        ),
        Mistake(
            "one component",
            ppca_total(K=1, weights=0),
            "this is the count for one component. How many are there, and what ties them together?",
            hint=1,
        ),
    ),
)


# ── 7  A handful of labels ───────────────────────────────────────────────────────────────────────────


def clamped_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(
        "eight rows, three of them labelled",
        (rng.normal(scale=2, size=(8, 3)), np.array([-1, 0, -1, 2, -1, 1, -1, -1])),
    )
    yield Case(
        "log densities far below zero",
        (-900 + rng.normal(scale=2, size=(5, 4)), np.array([3, -1, 0, -1, -1])),
    )
    yield Case("no label at all", (rng.normal(size=(4, 2)), np.full(4, -1)))


def clamped_responsibilities(log_joint: Array, y: Array) -> Array:
    R = softmax(log_joint, axis=1)
    for i, label in enumerate(y):
        if label >= 0:
            R[i] = np.eye(log_joint.shape[1])[label]
    return R


def _minus_one_is_a_class(log_joint: Array, y: Array) -> Array:
    return np.eye(log_joint.shape[1])[y]


def _class_zero_forgotten(log_joint: Array, y: Array) -> Array:
    return clamped_responsibilities(log_joint, np.where(y > 0, y, -1))


def _one_set_others_kept(log_joint: Array, y: Array) -> Array:
    R = softmax(log_joint, axis=1)
    R[y >= 0, y[y >= 0]] = 1
    return R


def _labels_ignored(log_joint: Array, y: Array) -> Array:
    return softmax(log_joint, axis=1)


def _labelled_rows_dropped(log_joint: Array, y: Array) -> Array:
    return softmax(log_joint, axis=1) * (y < 0)[:, np.newaxis]


def _unlabelled_ignored(log_joint: Array, y: Array) -> Array:
    return np.eye(log_joint.shape[1])[y] * (y >= 0)[:, np.newaxis]


def _unlabelled_decided(log_joint: Array, y: Array) -> Array:
    return np.eye(log_joint.shape[1])[np.where(y >= 0, y, log_joint.argmax(axis=1))]


def _clamped_outside_log_space(log_joint: Array, y: Array) -> Array:
    joint = np.exp(log_joint)
    R = joint / joint.sum(axis=1, keepdims=True)
    R[y >= 0] = np.eye(log_joint.shape[1])[y[y >= 0]]
    return R


def _shared_evenly(log_joint: Array, y: Array) -> Array:
    return clamped_responsibilities(np.zeros_like(log_joint), y)


CLAMPED_RESPONSIBILITIES = Check(
    name="clamped_responsibilities",
    lesson=LESSON,
    points=2,
    reference=clamped_responsibilities,
    cases=clamped_cases,
    laws=(Law("each row of responsibilities sums to 1.", lambda R, *_: np.allclose(np.sum(R, axis=1), 1)),),
    expected="array (n, K): one row per point, each row summing to 1",
    mistakes=(
        Mistake(
            "minus one used as a class",
            _minus_one_is_a_class,
            "rows without a label went entirely to the last component: as an index, −1 means the last one.",
            hint=2,
        ),
        Mistake(
            "class 0 taken for unlabelled",
            _class_zero_forgotten,
            "you treated rows of class 0 as if they had no label. Which number means that there is none?",
            hint=2,
        ),
        Mistake(
            "the other entries kept",
            _one_set_others_kept,
            "a labelled row has its 1, but its other entries still hold what the densities gave them.",
            hint=2,
        ),
        Mistake(
            "labels ignored",
            _labels_ignored,
            "this is the ordinary E-step: the labels have no effect.",
            hint=2,
        ),
        Mistake(
            "labelled rows left out",
            _labelled_rows_dropped,
            "labelled rows belong to no component now. They are the most certain of all.",
            hint=2,
        ),
        Mistake(
            "unlabelled rows left out",
            _unlabelled_ignored,
            "rows without a label belong to no component, so they cannot help.",
            hint=1,
        ),
        Mistake(
            "unlabelled rows decided",
            _unlabelled_decided,
            "rows without a label went entirely to their likeliest component. Only a label gives such certainty.",
            hint=1,
        ),
        Mistake(
            "unlabelled rows shared evenly",
            _shared_evenly,
            "rows without a label are shared evenly, whatever the densities say.",
            hint=1,
        ),
        Mistake(
            "densities outside log space",
            _clamped_outside_log_space,
            "log densities of −900 are common when there are many features, and their exponentials underflow to 0.",
            hint=1,
        ),
    ),
)


# ── 8  The step size ─────────────────────────────────────────────────────────────────────────────────


def stepwise_cases(rng: np.random.Generator) -> Iterator[Case]:
    def case(description: str, t: int, alpha: float, n: int) -> Case:
        return Case(description, (rng.normal(size=(2, 3)), n * rng.normal(size=(2, 3)), n, t, alpha))

    yield case("the first batch", 0, 0.6, 50)
    yield case("batch number 20", 20, 0.7, 25)
    yield case("a late batch, small steps", 1000, 1.0, 10)


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


STEPWISE_UPDATE = Check(
    name="stepwise_update",
    lesson=LESSON,
    points=2,
    reference=stepwise_update,
    cases=stepwise_cases,
    expected="array of the same shape as `s`: the new average per row",
    mistakes=(
        Mistake(
            "sum of the batch instead of its mean",
            _step(per_row=False),
            "`s` is an average per row, but the batch came in as a sum over its rows.",
            hint=1,
        ),
        Mistake(
            "shares swapped",
            lambda s, b, n, t, alpha: stepwise_update(b / n, s * n, n, t, alpha),
            "old and new have swapped their shares: the later the batch, the more it would overwrite.",
            hint=2,
        ),
        Mistake(
            "sign of the exponent",
            _step(eta=lambda t, alpha: (t + 2.0) ** alpha),
            "your step size grows with t and exceeds 1. Check the sign of the exponent.",
            hint=2,
        ),
        Mistake(
            "nothing forgotten",
            _step(kept=lambda eta: 1),
            "you add the new batch but give up nothing of the old average. The result is not an average any more.",
            hint=2,
        ),
        Mistake(
            "constant step",
            _step(eta=lambda t, alpha: alpha),
            "your step size does not depend on t, so the noise of the latest batches never averages out.",
            hint=2,
        ),
        Mistake(
            "counted from one",
            _step(eta=lambda t, alpha: (t + 1.0) ** -alpha),
            "your steps are one batch off: the very first batch (t = 0) would replace all of `s`.",
            hint=2,
        ),
    ),
)


CHECKS = (
    CONDITION_GAUSSIAN,
    CONDITIONAL_WEIGHTS,
    FILL_ROW,
    KNOWN_LOG_DENSITY,
    MERGE_STATISTICS,
    PPCA_COUNT,
    CLAMPED_RESPONSIBILITIES,
    STEPWISE_UPDATE,
)
