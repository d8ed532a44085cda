"""Checks for lesson 06 (covariance types): four constraints on one scatter, their costs and their invariances.

Symbols: X (n, d) data; R (n, K) responsibilities; pi (K,) weights; mu (K, d) means; S (K, d, d) scatters about the
means; N (K,) effective numbers of points; Sigma (K, d, d) covariances, or (d, d) when they are tied; A (d, d), b (d,)
of the map x ↦ A x + b.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice
from mlcourse.datasets import load_digits
from mlcourse.mixture import GaussianMixture
from mlcourse.pca import PCA
from mlcourse.typing import Array

LESSON = "06_covariance_types"
TYPES = ("full", "tied", "diag", "spherical")


# ── 1  Count by hand ─────────────────────────────────────────────────────────────────────────────────

# Each is (weights, means, covariances) for K = 4 components of d = 6 features.
PARTS = {"full": (3, 24, 84), "tied": (3, 24, 21), "diag": (3, 24, 24), "spherical": (3, 24, 4)}


def counted(**changes: int) -> tuple[int, ...]:
    """The four totals, with the covariances of some types counted differently."""
    return tuple(PARTS[name][0] + PARTS[name][1] + changes.get(name, PARTS[name][2]) for name in TYPES)


def counted_without(part: int) -> tuple[int, ...]:
    return tuple(sum(PARTS[name]) - PARTS[name][part] for name in TYPES)


COUNT_BY_HAND = Check(
    name="count_by_hand",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=counted,
    expected="four whole numbers in brackets: (full, tied, diag, spherical)",
    mistakes=(
        Mistake(
            "every weight counted",
            tuple(total + 1 for total in counted()),
            "all four are one too high. Could you choose the last weight freely, once you know the others?",
            hint=1,
        ),
        Mistake(
            "every entry of a matrix counted",
            counted(full=4 * 36, tied=36),
            "full and tied count every entry of a 6 × 6 matrix. It is symmetric, so many entries are not free.",
            hint=2,
        ),
        Mistake(
            "the diagonal forgotten",
            counted(full=4 * 15, tied=15),
            "full and tied count the pairs of different features, but not the variances.",
            hint=2,
        ),
        Mistake(
            "tied counted for every component",
            counted(tied=84),
            "tied has as many as full here. How many times is its matrix stored?",
            hint=2,
        ),
        Mistake(
            "one radius for all",
            counted(spherical=1),
            "spherical has one variance for all components here. Each component may have a size of its own.",
            hint=2,
        ),
        Mistake(
            "one diagonal for all",
            counted(diag=6),
            "diag shares its variances here. Sharing is what tied does; in diag each component has its own.",
            hint=2,
        ),
        Mistake(
            "means left out",
            counted_without(1),
            "the means are missing: they are parameters too.",
            hint=1,
        ),
        Mistake(
            "weights left out",
            counted_without(0),
            "the weights are missing: they are parameters too.",
            hint=1,
        ),
        Mistake(
            "covariances alone",
            tuple(PARTS[name][2] for name in TYPES),
            "these are the covariances alone. A mixture has two more kinds of parameters.",
            hint=1,
        ),
    ),
)


# ── 2  Four answers from one scatter ─────────────────────────────────────────────────────────────────


def scatter_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K, d in (("three components, d = 4", 3, 4), ("two components in the plane", 2, 2)):
        A = rng.normal(size=(K, d, d + 2))
        N = rng.uniform(5, 60, size=K)
        yield Case(description, (A @ np.swapaxes(A, 1, 2) * N[:, np.newaxis, np.newaxis], N))


def four_from_scatter(S: Array, N: Array) -> tuple[Array, Array, Array, Array]:
    K, d = S.shape[:2]
    full = np.array([S[k] / N[k] for k in range(K)])
    tied = sum(S[k] for k in range(K)) / sum(N)
    diag = np.array([[full[k, j, j] for j in range(d)] for k in range(K)])
    return full, tied, diag, diag.mean(axis=1)


def _with(
    tied: Callable[..., Array] | None = None,
    diag: Callable[..., Array] | None = None,
    spherical: Callable[..., Array] | None = None,
) -> Callable[..., tuple[Array, ...]]:
    """The right four, with some replaced by a function of the right full covariances, S and N."""

    def answer(S: Array, N: Array) -> tuple[Array, ...]:
        full, *right = four_from_scatter(S, N)
        others = [old if new is None else new(full, S, N) for old, new in zip(right, (tied, diag, spherical))]
        return full, *others

    return answer


def _never_divided(S: Array, N: Array) -> tuple[Array, Array, Array, Array]:
    diagonals = np.diagonal(S, axis1=1, axis2=2)
    return S, S.sum(axis=0), diagonals, diagonals.mean(axis=1)


def _divided_by_all(S: Array, N: Array) -> tuple[Array, Array, Array, Array]:
    return four_from_scatter(S, np.full(len(N), N.sum() / len(N)))


# The total variance over all features and points, from the covariances of each type.
TOTAL_VARIANCE: dict[str, Callable[..., Any]] = {
    "full": lambda Sigma, N, d: N @ np.trace(Sigma, axis1=1, axis2=2),
    "tied": lambda Sigma, N, d: N.sum() * np.trace(Sigma),
    "diag": lambda variances, N, d: N @ variances.sum(axis=1),
    "spherical": lambda variances, N, d: N @ variances * d,
}


def keeps_total_variance(name: str) -> Law:
    """A law for one type, so that the message says which of the four breaks it."""

    def holds(out: tuple[Array, Array, Array, Array], S: Array, N: Array) -> np.bool_:
        total = TOTAL_VARIANCE[name](out[TYPES.index(name)], N, S.shape[1])
        return np.isclose(total, np.trace(S, axis1=1, axis2=2).sum())

    return Law(f"the total variance of {name}, over all points, is the sum of the traces of S.", holds)


CONSTRAIN_SCATTER = Check(
    name="constrain_scatter",
    lesson=LESSON,
    points=4,
    reference=four_from_scatter,
    cases=scatter_cases,
    laws=tuple(keeps_total_variance(name) for name in TYPES),
    expected="(full, tied, diag, spherical) of shapes (K, d, d), (d, d), (K, d), (K,)",
    mistakes=(
        Mistake(
            "tied as the mean of the covariances",
            _with(tied=lambda full, S, N: full.mean(axis=0)),
            "tied is the plain average of the components' covariances: a component of five points counts"
            " as much as one of sixty.",
            hint=2,
        ),
        Mistake(
            "tied never divided",
            _with(tied=lambda full, S, N: S.sum(axis=0)),
            "the sum for tied grows with the number of points: it still has to be divided by something.",
            hint=2,
        ),
        Mistake(
            "tied divided by the components too",
            _with(tied=lambda full, S, N: S.mean(axis=0) / N.sum()),
            "tied is too small by a factor of K: you divided by the points and by the components.",
            hint=2,
        ),
        Mistake(
            "standard deviations for variances",
            _with(
                diag=lambda full, S, N: np.sqrt(np.diagonal(full, axis1=1, axis2=2)),
                spherical=lambda full, S, N: np.sqrt(np.diagonal(full, axis1=1, axis2=2).mean(axis=1)),
            ),
            "diag and spherical are standard deviations here. A covariance holds variances.",
            hint=1,
        ),
        Mistake(
            "diag as matrices",
            _with(diag=lambda full, S, N: full * np.eye(S.shape[1])),
            "diag is right, but stored with all its zeros. A type stores only its free numbers.",
            hint=1,
        ),
        Mistake(
            "spherical as the whole trace",
            _with(spherical=lambda full, S, N: np.trace(full, axis1=1, axis2=2)),
            "spherical is the sum of all variances. That is the variance of one feature only when d is 1.",
            hint=3,
        ),
        Mistake(
            "spherical of equal volume",
            _with(spherical=lambda full, S, N: np.exp(np.linalg.slogdet(full)[1] / S.shape[1])),
            "spherical is the ball with the same volume as full. It is a natural guess, but not where"
            " the likelihood is highest.",
            hint=3,
        ),
        Mistake(
            "the largest variance for spherical",
            _with(spherical=lambda full, S, N: np.diagonal(full, axis1=1, axis2=2).max(axis=1)),
            "spherical uses the variance of the widest feature. The likelihood prefers a compromise.",
            hint=3,
        ),
        Mistake(
            "mean of every entry for spherical",
            _with(spherical=lambda full, S, N: full.mean(axis=(1, 2))),
            "spherical is the mean of every entry of the matrix. Those off the diagonal are not variances.",
            hint=3,
        ),
        Mistake(
            "never divided",
            _never_divided,
            "these are scatters, which are sums over points. A covariance is what one point contributes on average.",
            hint=1,
        ),
        Mistake(
            "all components divided by the same number",
            _divided_by_all,
            "every component is divided by the same number of points. Each component owns a different number.",
            hint=1,
        ),
    ),
)


# ── 3  BIC ───────────────────────────────────────────────────────────────────────────────────────────


def bic_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, K, d in (("full", 3, 2), ("tied", 4, 5), ("diag", 2, 7), ("spherical", 6, 3)):
        n = int(rng.integers(30, 90))
        yield Case(f"{name}, K = {K}, d = {d}", (rng.normal(-4.0, 1.5, size=n), K, d, name))


def covariance_numbers(K: int, d: int, name: str) -> int:
    one_matrix = sum(1 for row in range(d) for column in range(row + 1))
    return {"full": K * one_matrix, "tied": one_matrix, "diag": K * d, "spherical": K}[name]


def bic(
    log_likelihood: Array,
    K: int,
    d: int,
    name: str,
    *,
    fit: float = -2,
    price: Callable[..., Any] = np.log,
    weights: int = -1,
    mean_numbers: int = 1,
    matrices: Callable[..., int] | None = None,
) -> float:
    """BIC, with a parameter for each of the usual mistakes."""
    covariances = covariance_numbers(K, d, name) if matrices is None else matrices(K, d, name)
    p = K + weights + mean_numbers * K * d + covariances
    return fit * np.sum(log_likelihood) + p * price(len(log_likelihood))


def _bic_with(**changes: Any) -> Callable[..., float]:
    return lambda *args: bic(*args, **changes)


BIC_FROM_COUNTS = Check(
    name="bic_from_counts",
    lesson=LESSON,
    points=3,
    reference=lambda *args: bic(*args),
    cases=bic_cases,
    expected="one number; lower is better",
    mistakes=(
        Mistake(
            "AIC",
            _bic_with(price=lambda n: 2),
            "every parameter costs 2 here, however many points there are. That is AIC, BIC's cousin.",
            hint=1,
        ),
        Mistake(
            "mean instead of total",
            lambda log_likelihood, *rest: bic(log_likelihood, *rest, fit=-2 / len(log_likelihood)),
            "the fit is a mean over the points, but the penalty is for all of them. The two"
            " are on different scales.",
            hint=1,
        ),
        Mistake(
            "sign of the fit",
            _bic_with(fit=2),
            "a better fit makes this number larger. Lower should be better.",
            hint=1,
        ),
        Mistake(
            "factor two missing",
            _bic_with(fit=-1),
            "the log-likelihood enters only once here. Compare with the formula.",
            hint=1,
        ),
        Mistake(
            "upside down",
            lambda *args: -bic(*args),
            "all the terms are there, with the opposite sign. Some books maximise BIC; here lower is better.",
            hint=1,
        ),
        Mistake(
            "every weight counted",
            _bic_with(weights=0),
            "there is one parameter too many: the weights sum to 1.",
            hint=2,
        ),
        Mistake(
            "means left out", _bic_with(mean_numbers=0), "the means are not counted as parameters.", hint=2
        ),
        Mistake(
            "weights left out",
            lambda log_likelihood, K, *rest: bic(log_likelihood, K, *rest, weights=-K),
            "the weights are not counted as parameters.",
            hint=2,
        ),
        Mistake(
            "covariances alone",
            lambda log_likelihood, K, *rest: bic(log_likelihood, K, *rest, weights=-K, mean_numbers=0),
            "only the covariances are counted. A mixture has two more kinds of parameters.",
            hint=2,
        ),
        Mistake(
            "the numbers in the data counted",
            lambda log_likelihood, K, d, name: bic(log_likelihood, K, d, name, price=lambda n: np.log(n * d)),
            "the penalty uses the logarithm of how many numbers the data hold. A point counts once,"
            " however many features it has.",
            hint=1,
        ),
        Mistake(
            "every entry of a matrix counted",
            _bic_with(
                matrices=lambda K, d, name: (
                    {"full": K, "tied": 1}[name] * d * d
                    if name in ("full", "tied")
                    else covariance_numbers(K, d, name)
                )
            ),
            "full and tied count every entry of a matrix, but the matrix is symmetric.",
            hint=2,
        ),
        Mistake(
            "tied counted for every component",
            _bic_with(
                matrices=lambda K, d, name: covariance_numbers(K, d, "full" if name == "tied" else name)
            ),
            "tied costs as much as full here. How many matrices does it learn?",
            hint=2,
        ),
        Mistake(
            "the same count for all types",
            _bic_with(matrices=lambda K, d, name: covariance_numbers(K, d, "full")),
            "all types cost as much as full. The name of the type has to make a difference.",
            hint=2,
        ),
        Mistake(
            "logarithm to base ten",
            _bic_with(price=np.log10),
            "the penalty uses the logarithm to base ten, but the formula has the natural one.",
            hint=1,
        ),
    ),
)


# ── 4  Find the bug ──────────────────────────────────────────────────────────────────────────────────


def tied_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, d in (
        ("three components in the plane", 70, 3, 2),
        ("two components of unequal size, d = 3", 50, 2, 3),
    ):
        R = rng.dirichlet(np.arange(1.0, K + 1), size=n)
        X = R @ rng.normal(scale=6, size=(K, d)) + rng.normal(size=(n, d))
        yield Case(description, (X, R))


def tied_m_step(
    X: Array, R: Array, combine: Callable[..., Any] = lambda S, N: S.sum(axis=0) / N.sum(), power: int = 1
) -> tuple[Array, Array, Array]:
    """Weights, means, and what `combine` makes of the scatters about the means."""
    N = R.sum(axis=0)
    mu = np.array([R[:, k] @ X / N[k] for k in range(R.shape[1])])
    S = [sum(r**power * np.outer(x - mu[k], x - mu[k]) for r, x in zip(R[:, k], X)) for k in range(len(mu))]
    return N / len(X), mu, combine(np.array(S), N)


def _about_the_overall_mean(X: Array, R: Array) -> tuple[Array, Array, Array]:
    D = X - X.mean(axis=0)
    return *tied_m_step(X, R)[:2], D.T @ D / len(X)


def _about_the_mean_of_means(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = tied_m_step(X, R)
    D = X - mu.mean(axis=0)
    return pi, mu, D.T @ D / len(X)


def _hard_labels(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = tied_m_step(X, R)
    D = X - mu[R.argmax(axis=1)]
    return pi, mu, D.T @ D / len(X)


def _about_the_expected_mean(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = tied_m_step(X, R)
    D = X - R @ mu
    return pi, mu, D.T @ D / len(X)


FIX_TIED = Check(
    name="fix_tied",
    lesson=LESSON,
    points=3,
    reference=lambda X, R: tied_m_step(X, R),
    cases=tied_cases,
    laws=(Law("the weights sum to 1.", lambda out, *_: np.isclose(np.sum(out[0]), 1)),),
    expected="(weights, means, covariance) of shapes (K,), (K, d), (d, d)",
    mistakes=(
        Mistake("the planted bug", _about_the_overall_mean, "the bug is still there.", planted=True),
        Mistake(
            "about the mean of the means",
            _about_the_mean_of_means,
            "you use another centre now, but still a single one for all points. The gaps between the groups are"
            " still in the covariance.",
            hint=2,
        ),
        Mistake(
            "about the expected mean",
            _about_the_expected_mean,
            "each point is compared with a blend of the means, `R @ mu`. A point that is undecided between two"
            " means then seems to be close to one.",
            hint=3,
        ),
        Mistake(
            "about the likeliest mean",
            _hard_labels,
            "each point is compared only with its most likely mean. Compare it with all of them,"
            " each by its responsibility.",
            hint=3,
        ),
        Mistake(
            "average of the covariances",
            lambda X, R: tied_m_step(X, R, lambda S, N: (S / N[:, np.newaxis, np.newaxis]).mean(axis=0)),
            "the centres are right now. The components' covariances are averaged as if each owned"
            " the same number of points.",
            hint=3,
        ),
        Mistake(
            "sum of the covariances",
            lambda X, R: tied_m_step(X, R, lambda S, N: (S / N[:, np.newaxis, np.newaxis]).sum(axis=0)),
            "the centres are right now. The components' covariances are added up, so the result grows with K.",
            hint=3,
        ),
        Mistake(
            "one covariance per component",
            lambda X, R: tied_m_step(X, R, lambda S, N: S / N[:, np.newaxis, np.newaxis]),
            "each component has its own covariance again. That is full.",
            hint=1,
        ),
        Mistake(
            "responsibilities squared",
            lambda X, R: tied_m_step(X, R, power=2),
            "the responsibilities enter twice. Only one factor of the product should carry them.",
            hint=3,
        ),
        Mistake(
            "responsibilities missing",
            lambda X, R: tied_m_step(X, R, power=0),
            "every point counts in full for every component in the covariance: its responsibilities are missing.",
            hint=3,
        ),
        Mistake(
            "divided by the components alone",
            lambda X, R: tied_m_step(X, R, lambda S, N: S.mean(axis=0)),
            "the centres are right now. You averaged the scatters over the components, but a"
            " scatter is a sum over points.",
            hint=3,
        ),
        Mistake(
            "n − K",
            lambda X, R: tied_m_step(X, R, lambda S, N: S.sum(axis=0) / (N.sum() - len(N))),
            "the centres are right now. Dividing by n − K is the unbiased convention, but the task"
            " asks for maximum likelihood.",
            hint=3,
        ),
        Mistake(
            "divided by components too",
            lambda X, R: tied_m_step(X, R, lambda S, N: S.mean(axis=0) / N.sum()),
            "the centres are right now, but the covariance is too small by a factor of K.",
            hint=3,
        ),
    ),
)


# ── 5  The linear discriminant ───────────────────────────────────────────────────────────────────────


def discriminant_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K, d in (("three components in the plane", 3, 2), ("four components, d = 5", 4, 5)):
        A = rng.normal(size=(d, d))
        pi, mu = rng.dirichlet(np.full(K, 3.0)), rng.normal(scale=2, size=(K, d))
        yield Case(description, (pi, mu, A @ A.T + 0.3 * np.eye(d)))


def linear_discriminant(
    pi: Array,
    mu: Array,
    Sigma: Array,
    log_weights: Callable[..., Any] = np.log,
    half: float = -0.5,
    solve: Callable[..., Any] = np.linalg.solve,
) -> tuple[Array, Array]:
    W = np.array([solve(Sigma, m) for m in mu])
    b = np.array([log_weights(p) + half * m @ w for p, m, w in zip(pi, mu, W)])
    return W, b


def _discriminant_with(**changes: Any) -> Callable[..., tuple[Array, Array]]:
    return lambda *args: linear_discriminant(*args, **changes)


def _slope_doubled(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma)
    return 2 * W, b


def _slope_halved(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma)
    return W / 2, b


def _plain_length(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, _ = linear_discriminant(pi, mu, Sigma)
    return W, np.log(pi) - 0.5 * (mu**2).sum(axis=1)


def _slopes_in_columns(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma)
    return W.T, b


def without_what_all_share(output: Any) -> Any:
    """Remove what all rows of W, or of b, share: scores compare components, so it has no effect."""
    if isinstance(output, tuple) and all(np.ndim(part) > 0 for part in output):
        return tuple(
            part - np.mean(part, axis=0) if isinstance(part, np.ndarray) else part for part in output
        )
    return output


LINEAR_DISCRIMINANT = Check(
    name="linear_discriminant",
    lesson=LESSON,
    points=3,
    reference=lambda *args: linear_discriminant(*args),
    cases=discriminant_cases,
    canonical=without_what_all_share,
    expected="(W, b) of shapes (K, d) and (K,)",
    mistakes=(
        Mistake(
            "weights left out",
            _discriminant_with(log_weights=lambda p: 0.0),
            "all components count as equally common: the weights π are missing from b.",
            hint=3,
        ),
        Mistake(
            "weights not in logarithms",
            _discriminant_with(log_weights=lambda p: p),
            "you added π where log π belongs.",
            hint=3,
        ),
        Mistake(
            "the half forgotten",
            _discriminant_with(half=-1.0),
            "the slopes are right. In b, the term with μ is twice as large as it should be.",
            hint=2,
        ),
        Mistake(
            "the sign of the constant",
            _discriminant_with(half=0.5),
            "the slopes are right. In b, the term with μ has the wrong sign: a component with its mean far from"
            " the origin gets a bonus.",
            hint=2,
        ),
        Mistake(
            "nothing but the weight in b",
            _discriminant_with(half=0.0),
            "the slopes are right. In b, the part of the square that holds only μ is missing.",
            hint=2,
        ),
        Mistake(
            "covariance in place of its inverse",
            _discriminant_with(solve=lambda Sigma, m: Sigma @ m),
            "this multiplies by Σ. The density divides by it: wide directions count less.",
            hint=2,
        ),
        Mistake(
            "variances alone",
            _discriminant_with(solve=lambda Sigma, m: m / np.diagonal(Sigma)),
            "each feature is divided by its own variance. That is diag; tied uses the covariances as well.",
            hint=2,
        ),
        Mistake(
            "no covariance at all",
            _discriminant_with(solve=lambda Sigma, m: m),
            "Σ is not used: the score compares plain distances to the means.",
            hint=2,
        ),
        Mistake(
            "slope doubled",
            _slope_doubled,
            "b is right, but the slopes are twice as steep as they should be: the square has a half in front.",
            hint=2,
        ),
        Mistake(
            "slope halved",
            _slope_halved,
            "b is right, but the slopes are half as steep as they should be: the mixed term"
            " of a square appears twice.",
            hint=2,
        ),
        Mistake(
            "plain length in the constant",
            _plain_length,
            "the slopes are right. In b, the length of μ is measured without Σ.",
            hint=2,
        ),
        Mistake(
            "slopes in columns",
            _slopes_in_columns,
            "W is transposed: it should have one row per component.",
            hint=1,
        ),
    ),
)


# ── 6  Another set of axes ───────────────────────────────────────────────────────────────────────────


def map_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K, d in (("two components in the plane", 2, 2), ("three components, d = 3", 3, 3)):
        B = rng.normal(size=(K, d, d))
        Sigma = B @ np.swapaxes(B, 1, 2) + 0.3 * np.eye(d)
        args = rng.normal(scale=3, size=(K, d)), Sigma, rng.normal(size=(d, d)), rng.normal(scale=2, size=d)
        yield Case(description, args)


def carry_over(mu: Array, Sigma: Array, A: Array, b: Array) -> tuple[Array, Array]:
    return np.array([A @ m + b for m in mu]), np.array([A @ S @ A.T for S in Sigma])


CARRY_OVER = Check(
    name="carry_over",
    lesson=LESSON,
    points=2,
    reference=carry_over,
    cases=map_cases,
    laws=(
        Law(
            "covariances are symmetric.",
            lambda out, *_: np.allclose(out[1], np.swapaxes(out[1], -1, -2)),
        ),
    ),
    expected="(means, covariances) of shapes (K, d) and (K, d, d)",
    mistakes=(
        Mistake(
            "the map on one side only",
            lambda mu, Sigma, A, b: (carry_over(mu, Sigma, A, b)[0], A @ Sigma),
            "a covariance is made of squares, but the map enters only once.",
            hint=2,
        ),
        Mistake(
            "the transpose on the wrong side",
            lambda mu, Sigma, A, b: (carry_over(mu, Sigma, A, b)[0], A.T @ Sigma @ A),
            "the means are right. In the covariances, the transpose is on the wrong side.",
            hint=2,
        ),
        Mistake(
            "means by the transposed map",
            lambda mu, Sigma, A, b: (mu @ A + b, carry_over(mu, Sigma, A, b)[1]),
            "the covariances are right. The means went through the transposed map: they are stored as rows.",
            hint=1,
        ),
        Mistake(
            "everything by the transposed map",
            lambda mu, Sigma, A, b: carry_over(mu, Sigma, A.T, b),
            "means and covariances both went through the transposed map: the points are stored as rows.",
            hint=1,
        ),
        Mistake(
            "the map applied to the table of means",
            lambda mu, Sigma, A, b: (A @ mu + b, carry_over(mu, Sigma, A, b)[1]),
            "the covariances are right. `A @ mu` blends the means of different components: each mean is a row.",
            hint=1,
        ),
        Mistake(
            "the inverse for the transpose",
            lambda mu, Sigma, A, b: (carry_over(mu, Sigma, A, b)[0], A @ Sigma @ np.linalg.inv(A)),
            "the means are right. In the covariances, you apply the map on one side and undo it on the other. A"
            " covariance is made of squares, so the map enters twice.",
            hint=2,
        ),
        Mistake(
            "shift left out",
            lambda mu, Sigma, A, b: carry_over(mu, Sigma, A, 0 * b),
            "the means have not been shifted.",
            hint=1,
        ),
        Mistake(
            "covariances shifted too",
            lambda mu, Sigma, A, b: (carry_over(mu, Sigma, A, b)[0], A @ Sigma @ A.T + np.outer(b, b)),
            "the shift is in the covariances too. Does a cloud get wider when you move it?",
            hint=2,
        ),
        Mistake(
            "shifted before the map",
            lambda mu, Sigma, A, b: carry_over(mu + b, Sigma, A, 0 * b),
            "you shifted the means first and mapped them afterwards. The task has the other order.",
            hint=1,
        ),
        Mistake(
            "covariances left alone",
            lambda mu, Sigma, A, b: (carry_over(mu, Sigma, A, b)[0], Sigma),
            "the means have moved, but the clouds still have their old shapes.",
            hint=2,
        ),
        Mistake(
            "entry by entry",
            lambda mu, Sigma, A, b: (carry_over(mu, Sigma, A, b)[0], A**2 * Sigma),
            "you multiplied entry by entry. That is right only for a few special maps; use matrix products.",
            hint=2,
        ),
    ),
)


# ── 7  Read a picture, 8  Sixty digits ───────────────────────────────────────────────────────────────

STRAIGHT_BORDERS = choice(
    "straight_borders",
    LESSON,
    1,
    right="C",
    wrong={
        "A": "follow the borders in this panel: they bend. Components of equal shape could not do that.",
        "B": "this panel follows the groups best, but that is a different question. Look at its"
        " borders, not at its fit.",
        "D": "arcs come from components of different size. What is left of the arcs when all sizes are equal?",
    },
)


@cache
def sixty_digits() -> tuple[Array, Array]:
    """The rows of the exercise: 60 to fit and 500 to validate; the features come from the last 737."""
    X = load_digits()[0]
    X = X[np.random.default_rng(0).permutation(len(X))]
    Z = PCA(15).fit(X[1060:]).transform(X[:560])
    return Z[:60], Z[60:]


@cache
def best_on_held_out_rows() -> str:
    train, validation = sixty_digits()
    models = [GaussianMixture(3, covariance_type=name, n_init=5, random_state=0).fit(train) for name in TYPES]
    return TYPES[int(np.argmax([model.score(validation) for model in models]))]


def _lower(name: Any) -> Any:
    return name.strip().lower() if isinstance(name, str) else name


THRIFTY_TYPE = Check(
    name="thrifty_type",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=best_on_held_out_rows,
    canonical=_lower,
    expected="the name of a covariance type, in quotes",
    mistakes=(
        Mistake(
            "full",
            "full",
            "full looks best on the sixty rows that it was fitted to. Which rows should decide?",
            hint=1,
        ),
        Mistake(
            "tied",
            "tied",
            "tied has only one matrix, but that one holds 120 numbers. Print the four scores on `validation`.",
            hint=2,
        ),
        Mistake(
            "spherical",
            "spherical",
            "spherical has the fewest parameters, but the cheapest type is not always the best. Print the"
            " four scores on `validation`.",
            hint=2,
        ),
    ),
)


CHECKS = (
    COUNT_BY_HAND,
    CONSTRAIN_SCATTER,
    BIC_FROM_COUNTS,
    FIX_TIED,
    LINEAR_DISCRIMINANT,
    CARRY_OVER,
    STRAIGHT_BORDERS,
    THRIFTY_TYPE,
)
