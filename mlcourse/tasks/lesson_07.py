"""Checks for lesson 07 (covariance types): four constraints on one scatter, their costs and their invariances.

Symbols: X (n, d) data; R (n, K) responsibilities; pi (K,) weights; mu (K, d) means; S (K, d, d) scatters about the
means; N (K,) effective numbers of points; Sigma (K, d, d) covariances, or (d, d) when they are tied; A (d, d), b (d,)
of the map x ↦ A x + b.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.mixture import GaussianMixture as Sklearn

from mlcourse.checks.task import Case, Law, Lesson
from mlcourse.datasets import load_digits
from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import GaussianMixture, mixture_from_responsibilities
from mlcourse.pca import PCA
from mlcourse.typing import Array

LESSON = Lesson("07_covariance_types")


TYPES = ("full", "tied", "diag", "spherical")


# ── 1  Count by hand ─────────────────────────────────────────────────────────────────────────────────

COUNT_BY_HAND = LESSON.value(
    "count_by_hand",
    title="Count by hand",
    points=2,
    expected="four whole numbers in brackets: (full, tied, diag, spherical)",
    parts=("the total for full", "the total for tied", "the total for diag", "the total for spherical"),
)

# Each is (weights, means, covariances) for K = 4 components of d = 6 features.
PARTS = {"full": (3, 24, 84), "tied": (3, 24, 21), "diag": (3, 24, 24), "spherical": (3, 24, 4)}


@COUNT_BY_HAND.reference
def counted(**changes: int) -> tuple[int, ...]:
    """The four totals, with the covariances of some types counted differently."""
    return tuple(PARTS[name][0] + PARTS[name][1] + changes.get(name, PARTS[name][2]) for name in TYPES)


def counted_without(part: int) -> tuple[int, ...]:
    return tuple(sum(PARTS[name]) - PARTS[name][part] for name in TYPES)


@COUNT_BY_HAND.mistake(
    "all four are one too high. Could you choose the last weight freely, once you know the others?", hint=1
)
def every_weight_counted():
    return tuple(total + 1 for total in counted())


@COUNT_BY_HAND.mistake(
    "full and tied count every entry of a 6 × 6 matrix. It is symmetric, so many entries are not free.",
    hint=2,
)
def every_entry_of_a_matrix_counted():
    return counted(full=4 * 36, tied=36)


@COUNT_BY_HAND.mistake("full and tied count the pairs of different features, but not the variances.", hint=2)
def without_the_diagonal():
    return counted(full=4 * 15, tied=15)


@COUNT_BY_HAND.mistake("tied has as many as full here. How many times is its matrix stored?", hint=2)
def tied_counted_for_every_component():
    return counted(tied=84)


@COUNT_BY_HAND.mistake(
    "spherical has one variance for all components here. Each component may have a size of its own.", hint=2
)
def one_radius_for_all():
    return counted(spherical=1)


@COUNT_BY_HAND.mistake(
    "diag shares its variances here. Sharing is what tied does; in diag each component has its own.", hint=2
)
def one_diagonal_for_all():
    return counted(diag=6)


@COUNT_BY_HAND.mistake("the means are missing: they are parameters too.", hint=1)
def means_left_out():
    return counted_without(1)


@COUNT_BY_HAND.mistake("the weights are missing: they are parameters too.", hint=1)
def weights_left_out():
    return counted_without(0)


@COUNT_BY_HAND.mistake("these are the covariances alone. A mixture has two more kinds of parameters.", hint=1)
def covariances_alone():
    return tuple(PARTS[name][2] for name in TYPES)


COUNT_BY_HAND.right_values([111, 48, 51, 31], np.array([111.0, 48, 51, 31]))


# ── 2  Four answers from one scatter ─────────────────────────────────────────────────────────────────

CONSTRAIN_SCATTER = LESSON.task(
    "constrain_scatter",
    title="Four answers from one scatter",
    points=4,
    expected="(full, tied, diag, spherical) of shapes (K, d, d), (d, d), (K, d), (K,)",
    parts=("the full covariances", "the tied covariance", "the diag variances", "the spherical variances"),
    families={
        "the full covariances": 1,
        "the tied covariance": 1,
        "the diag variances": 1,
        "the spherical variances": 1,
    },
)


@CONSTRAIN_SCATTER.cases
def scatter_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K, d in (("three components, d = 4", 3, 4), ("two components in the plane", 2, 2)):
        A = rng.normal(size=(K, d, d + 2))
        N = rng.uniform(5, 60, size=K)
        yield Case(description, (A @ np.swapaxes(A, 1, 2) * N[:, np.newaxis, np.newaxis], N))


@CONSTRAIN_SCATTER.reference
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


CONSTRAIN_SCATTER.laws += tuple(keeps_total_variance(name) for name in TYPES)


@CONSTRAIN_SCATTER.mistake(
    "tied is the plain average of the components' covariances: a component of five points counts"
    " as much as one of sixty.",
    hint=2,
)
def tied_as_the_mean_of_the_covariances(S, N):
    return _with(tied=lambda full, S, N: full.mean(axis=0))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "the sum for tied grows with the number of points: it still has to be divided by something.", hint=2
)
def tied_never_divided(S, N):
    return _with(tied=lambda full, S, N: S.sum(axis=0))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "tied is too small by a factor of K: you divided by the points and by the components.", hint=2
)
def tied_divided_by_the_components_too(S, N):
    return _with(tied=lambda full, S, N: S.mean(axis=0) / N.sum())(S, N)


@CONSTRAIN_SCATTER.mistake(
    "diag and spherical are standard deviations here. A covariance holds variances.", hint=1
)
def standard_deviations_for_variances(S, N):
    return _with(
        diag=lambda full, S, N: np.sqrt(np.diagonal(full, axis1=1, axis2=2)),
        spherical=lambda full, S, N: np.sqrt(np.diagonal(full, axis1=1, axis2=2).mean(axis=1)),
    )(S, N)


@CONSTRAIN_SCATTER.mistake("diag holds standard deviations here, not variances.", hint=1)
def standard_deviations_in_diag(S, N):
    return _with(diag=lambda full, S, N: np.sqrt(np.diagonal(full, axis1=1, axis2=2)))(S, N)


@CONSTRAIN_SCATTER.mistake("spherical is a standard deviation here, not a variance.", hint=1)
def standard_deviation_in_spherical(S, N):
    return _with(spherical=lambda full, S, N: np.sqrt(np.diagonal(full, axis1=1, axis2=2).mean(axis=1)))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "tied is the sum of the components' covariances, so it grows with their number.", hint=2
)
def tied_as_the_sum_of_the_covariances(S, N):
    return _with(tied=lambda full, S, N: full.sum(axis=0))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "tied is divided by n − K. That is the unbiased convention, not maximum likelihood.", hint=2
)
def tied_divided_by_n_minus_k(S, N):
    return _with(tied=lambda full, S, N: S.sum(axis=0) / (N.sum() - len(N)))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "every scatter is divided by one less than its number of points. That is not maximum likelihood.", hint=1
)
def divided_by_n_minus_one(S, N):
    return four_from_scatter(S, N - 1)


@CONSTRAIN_SCATTER.mistake(
    "all components share one diagonal. Sharing is what tied does; in diag each component has its own.",
    hint=1,
)
def one_diagonal_shared(S, N):
    return _with(diag=lambda full, S, N: np.tile(np.diag(S.sum(axis=0) / N.sum()), (len(N), 1)))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "all components share one variance in spherical. Each has a size of its own.", hint=3
)
def one_radius_shared(S, N):
    def pooled(full, S, N):
        return np.full(len(N), np.trace(S.sum(axis=0)) / N.sum() / S.shape[1])

    return _with(spherical=pooled)(S, N)


@CONSTRAIN_SCATTER.mistake(
    "diag is right, but stored with all its zeros. A type stores only its free numbers.", hint=1
)
def diag_as_matrices(S, N):
    return _with(diag=lambda full, S, N: full * np.eye(S.shape[1]))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "spherical is the sum of all variances. That is the variance of one feature only when d is 1.", hint=3
)
def spherical_as_the_whole_trace(S, N):
    return _with(spherical=lambda full, S, N: np.trace(full, axis1=1, axis2=2))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "spherical is the ball with the same volume as full. It is a natural guess, but not where"
    " the likelihood is highest.",
    hint=3,
)
def spherical_of_equal_volume(S, N):
    return _with(spherical=lambda full, S, N: np.exp(np.linalg.slogdet(full)[1] / S.shape[1]))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "spherical uses the variance of the widest feature. The likelihood prefers a compromise.", hint=3
)
def the_largest_variance_for_spherical(S, N):
    return _with(spherical=lambda full, S, N: np.diagonal(full, axis1=1, axis2=2).max(axis=1))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "spherical is the mean of every entry of the matrix. Those off the diagonal are not variances.", hint=3
)
def mean_of_every_entry_for_spherical(S, N):
    return _with(spherical=lambda full, S, N: full.mean(axis=(1, 2)))(S, N)


@CONSTRAIN_SCATTER.mistake(
    "these are scatters, which are sums over points. A covariance is what one point contributes on average.",
    hint=1,
)
def never_divided(S: Array, N: Array) -> tuple[Array, Array, Array, Array]:
    diagonals = np.diagonal(S, axis1=1, axis2=2)
    return S, S.sum(axis=0), diagonals, diagonals.mean(axis=1)


@CONSTRAIN_SCATTER.mistake(
    "every component is divided by the same number of points. Each component owns a different number.", hint=1
)
def all_components_divided_by_the_same_number(S: Array, N: Array) -> tuple[Array, Array, Array, Array]:
    return four_from_scatter(S, np.full(len(N), N.sum() / len(N)))


@CONSTRAIN_SCATTER.right
def four_by_arrays(S, N):
    full = S / N[:, None, None]
    diag = np.diagonal(full, axis1=1, axis2=2)
    return full, np.average(full, axis=0, weights=N), diag, diag.mean(axis=1)


@CONSTRAIN_SCATTER.right
def four_by_the_package(S, N):
    diagonal = np.diagonal(S, axis1=1, axis2=2)
    scatters = {"full": S, "tied": S.sum(axis=0), "diag": diagonal, "spherical": diagonal}
    return [COVARIANCE_TYPES[name].constrain(scatter, N) for name, scatter in scatters.items()]


@CONSTRAIN_SCATTER.right
def four_by_loops(S, N):
    K, d = len(N), S.shape[1]
    full = [S[k] / N[k] for k in range(K)]
    spherical = [np.trace(S[k]) / (d * N[k]) for k in range(K)]
    return full, S.mean(axis=0) / N.mean(), [np.diag(Sigma) for Sigma in full], spherical


# ── 3  BIC ───────────────────────────────────────────────────────────────────────────────────────────

BIC_FROM_COUNTS = LESSON.task(
    "bic_from_counts",
    title="BIC by hand",
    points=3,
    expected="one number; lower is better",
    families={"diagonal and spherical covariances": 1, "full covariances": 1, "tied covariances": 1},
)


@BIC_FROM_COUNTS.cases
def bic_cases(rng: np.random.Generator) -> Iterator[Case]:
    families = {"full": "full covariances", "tied": "tied covariances"}
    for name in (*TYPES, *TYPES):
        family = families.get(name, "diagonal and spherical covariances")
        d = int(rng.integers(2, 8))
        K = int(rng.choice([K for K in range(2, 9) if K not in (d, d * (d + 1) // 2)]))
        n = int(rng.integers(30, 90))
        yield Case(f"{name}, K = {K}, d = {d}", (rng.normal(-4.0, 1.5, size=n), K, d, name), family)


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


@BIC_FROM_COUNTS.reference
def bic_from_counts(*args):
    return bic(*args)


@BIC_FROM_COUNTS.mistake(
    "every parameter costs 2 here, however many points there are. That is AIC, BIC's cousin.",
    hint=1,
    name="AIC",
)
def aic(*args):
    return _bic_with(price=lambda n: 2)(*args)


@BIC_FROM_COUNTS.mistake(
    "the fit is a mean over the points, but the penalty is for all of them. The two are on different scales.",
    hint=1,
)
def mean_instead_of_total(log_likelihood, *rest):
    return bic(log_likelihood, *rest, fit=-2 / len(log_likelihood))


@BIC_FROM_COUNTS.mistake("a better fit makes this number larger. Lower should be better.", hint=1)
def sign_of_the_fit(*args):
    return _bic_with(fit=2)(*args)


@BIC_FROM_COUNTS.mistake("the log-likelihood enters only once here. Compare with the formula.", hint=1)
def factor_two_missing(*args):
    return _bic_with(fit=-1)(*args)


@BIC_FROM_COUNTS.mistake(
    "this is half of BIC. It chooses the same model, but the formula of this course has a 2.", hint=1
)
def half_of_it(*args):
    return bic(*args) / 2


@BIC_FROM_COUNTS.mistake(
    "you took the logarithm of a sum of densities. Independent points multiply their densities, so their"
    " logarithms add up.",
    hint=1,
)
def logarithm_of_the_sum(log_likelihood, *rest):
    total, n = np.log(np.exp(log_likelihood).sum()), len(log_likelihood)
    return bic(np.full(n, total / n), *rest)


@BIC_FROM_COUNTS.mistake(
    "all the terms are there, with the opposite sign. Some books maximise BIC; here lower is better.", hint=1
)
def upside_down(*args):
    return -bic(*args)


@BIC_FROM_COUNTS.mistake(
    "there is one parameter too many: the weights sum to 1.", hint=2, name="every weight counted"
)
def every_weight_counted_in_bic_from_counts(*args):
    return _bic_with(weights=0)(*args)


@BIC_FROM_COUNTS.mistake("the means are not counted as parameters.", hint=2, name="means left out")
def means_left_out_in_bic_from_counts(*args):
    return _bic_with(mean_numbers=0)(*args)


@BIC_FROM_COUNTS.mistake("the weights are not counted as parameters.", hint=2, name="weights left out")
def weights_left_out_in_bic_from_counts(log_likelihood, K, *rest):
    return bic(log_likelihood, K, *rest, weights=-K)


@BIC_FROM_COUNTS.mistake(
    "only the covariances are counted. A mixture has two more kinds of parameters.",
    hint=2,
    name="covariances alone",
)
def covariances_alone_in_bic_from_counts(log_likelihood, K, *rest):
    return bic(log_likelihood, K, *rest, weights=-K, mean_numbers=0)


@BIC_FROM_COUNTS.mistake(
    "the penalty uses the logarithm of the number of values in the data. Each point counts once,"
    " whatever its number of features.",
    hint=1,
)
def the_numbers_in_the_data_counted(log_likelihood, K, d, name):
    return bic(log_likelihood, K, d, name, price=lambda n: np.log(n * d))


@BIC_FROM_COUNTS.mistake(
    "full and tied count every entry of a matrix, but the matrix is symmetric.",
    hint=2,
    name="every entry of a matrix counted",
)
def every_entry_of_a_matrix_counted_in_bic_from_counts(*args):
    return _bic_with(
        matrices=lambda K, d, name: (
            {"full": K, "tied": 1}[name] * d * d
            if name in ("full", "tied")
            else covariance_numbers(K, d, name)
        )
    )(*args)


@BIC_FROM_COUNTS.mistake(
    "full and tied count twice what they should: a triangle has half as many entries as the rectangle of d"
    " by d + 1.",
    hint=2,
)
def triangle_not_halved(*args):
    def twice(K, d, name):
        return covariance_numbers(K, d, name) * (2 if name in ("full", "tied") else 1)

    return _bic_with(matrices=twice)(*args)


@BIC_FROM_COUNTS.mistake(
    "full and tied count the pairs of different features, but not the variances.",
    hint=2,
    name="without the diagonal",
)
def without_the_diagonal_in_bic_from_counts(*args):
    def pairs(K, d, name):
        return covariance_numbers(K, d - 1 if name in ("full", "tied") else d, name)

    return _bic_with(matrices=pairs)(*args)


@BIC_FROM_COUNTS.mistake(
    "diag shares its variances here. Sharing is what tied does; in diag each component has its own.",
    hint=2,
    name="one diagonal for all",
)
def one_diagonal_for_all_in_bic_from_counts(*args):
    return _bic_with(matrices=lambda K, d, name: d if name == "diag" else covariance_numbers(K, d, name))(
        *args
    )


@BIC_FROM_COUNTS.mistake(
    "spherical has one variance for all components here. Each component may have a size of its own.",
    hint=2,
    name="one radius for all",
)
def one_radius_for_all_in_bic_from_counts(*args):
    return _bic_with(
        matrices=lambda K, d, name: 1 if name == "spherical" else covariance_numbers(K, d, name)
    )(*args)


@BIC_FROM_COUNTS.mistake(
    "tied costs as much as full here. How many matrices does it learn?",
    hint=2,
    name="tied counted for every component",
)
def tied_counted_for_every_component_in_bic_from_counts(*args):
    return _bic_with(
        matrices=lambda K, d, name: covariance_numbers(K, d, "full" if name == "tied" else name)
    )(*args)


@BIC_FROM_COUNTS.mistake(
    "all types cost as much as full. The name of the type has to make a difference.", hint=2
)
def the_same_count_for_all_types(*args):
    return _bic_with(matrices=lambda K, d, name: covariance_numbers(K, d, "full"))(*args)


@BIC_FROM_COUNTS.mistake(
    "the penalty uses the logarithm to base ten, but the formula has the natural one.", hint=1
)
def logarithm_to_base_ten(*args):
    return _bic_with(price=np.log10)(*args)


@BIC_FROM_COUNTS.right
def bic_by_cases(log_likelihood, K, d, covariance_type):
    if covariance_type == "full":
        p = K * d * (d + 1) / 2
    elif covariance_type == "tied":
        p = d * (d + 1) / 2
    elif covariance_type == "diag":
        p = K * d
    else:
        p = K
    n = len(log_likelihood)
    return -2 * log_likelihood.mean() * n + (p + K * d + K - 1) * np.log(n)


@BIC_FROM_COUNTS.right
def bic_by_triangle(log_likelihood, K, d, covariance_type):
    triangle = d * (d + 1) / 2
    if covariance_type in ("full", "tied"):
        covariances = triangle if covariance_type == "tied" else K * triangle
    else:
        covariances = K if covariance_type == "spherical" else K * d
    parameters = (K - 1) + d * K + covariances
    return parameters * np.log(len(log_likelihood)) - 2 * np.sum(log_likelihood)


@BIC_FROM_COUNTS.right
def bic_by_scikit_learn(log_likelihood, K, d, covariance_type):
    model = Sklearn(K, covariance_type=covariance_type)
    model.means_ = np.zeros((K, d))
    return -2 * log_likelihood.sum() + model._n_parameters() * np.log(log_likelihood.size)


# ── 4  Find the bug ──────────────────────────────────────────────────────────────────────────────────

FIX_TIED = LESSON.task(
    "fix_tied",
    title="Find the bug",
    points=3,
    carries=False,
    expected="(weights, means, covariance) of shapes (K,), (K, d), (d, d)",
    parts=("the weights", "the means", "the covariance"),
)


@FIX_TIED.cases
def tied_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, d, unit in (
        ("three components in the plane", 70, 3, 2, 1.0),
        ("two components of unequal size, d = 3", 50, 2, 3, 1.0),
        ("numbers below one", 40, 2, 2, 0.01),
    ):
        R = rng.dirichlet(np.arange(1.0, K + 1), size=n)
        X = unit * (R @ rng.normal(scale=6, size=(K, d)) + rng.normal(size=(n, d)))
        yield Case(description, (X, R))


def tied_m_step(
    X: Array, R: Array, combine: Callable[..., Any] = lambda S, N: S.sum(axis=0) / N.sum(), power: int = 1
) -> tuple[Array, Array, Array]:
    """Weights, means, and what `combine` makes of the scatters about the means."""
    N = R.sum(axis=0)
    mu = np.array([R[:, k] @ X / N[k] for k in range(R.shape[1])])
    S = [sum(r**power * np.outer(x - mu[k], x - mu[k]) for r, x in zip(R[:, k], X)) for k in range(len(mu))]
    return N / len(X), mu, combine(np.array(S), N)


@FIX_TIED.reference
def fix_tied(X, R):
    return tied_m_step(X, R)


@FIX_TIED.law("the weights sum to 1.")
def the_weights_sum_to_1(out, *_):
    return np.isclose(np.sum(out[0]), 1)


@FIX_TIED.mistake("the bug is still there.", planted=True)
def the_planted_bug(X: Array, R: Array) -> tuple[Array, Array, Array]:
    D = X - X.mean(axis=0)
    return *tied_m_step(X, R)[:2], D.T @ D / len(X)


@FIX_TIED.mistake(
    "you use another centre now, but still a single one for all points. The gaps between the groups are"
    " still in the covariance.",
    hint=2,
)
def about_the_mean_of_the_means(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = tied_m_step(X, R)
    D = X - mu.mean(axis=0)
    return pi, mu, D.T @ D / len(X)


@FIX_TIED.mistake(
    "each point is compared with a blend of the means, `R @ mu`. A point that is undecided between two"
    " means then seems to be close to one.",
    hint=3,
)
def about_the_expected_mean(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = tied_m_step(X, R)
    D = X - R @ mu
    return pi, mu, D.T @ D / len(X)


@FIX_TIED.mistake(
    "each point is compared only with its most likely mean. Compare it with all of them,"
    " each by its responsibility.",
    hint=3,
)
def about_the_likeliest_mean(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, _ = tied_m_step(X, R)
    D = X - mu[R.argmax(axis=1)]
    return pi, mu, D.T @ D / len(X)


@FIX_TIED.mistake(
    "the centres are right now. The components' covariances are averaged as if each owned"
    " the same number of points.",
    hint=3,
)
def average_of_the_covariances(X, R):
    return tied_m_step(X, R, lambda S, N: (S / N[:, np.newaxis, np.newaxis]).mean(axis=0))


@FIX_TIED.mistake(
    "the centres are right now. The components' covariances are added up, so the result grows with K.", hint=3
)
def sum_of_the_covariances(X, R):
    return tied_m_step(X, R, lambda S, N: (S / N[:, np.newaxis, np.newaxis]).sum(axis=0))


@FIX_TIED.mistake("each component has its own covariance again. That is full.", hint=1)
def one_covariance_per_component(X, R):
    return tied_m_step(X, R, lambda S, N: S / N[:, np.newaxis, np.newaxis])


@FIX_TIED.mistake(
    "the responsibilities enter twice. Only one factor of the product should carry them.", hint=3
)
def responsibilities_squared(X, R):
    return tied_m_step(X, R, power=2)


@FIX_TIED.mistake(
    "every point counts in full for every component in the covariance: its responsibilities are missing.",
    hint=3,
)
def responsibilities_missing(X, R):
    return tied_m_step(X, R, power=0)


@FIX_TIED.mistake(
    "only the scatter of the last component is left: each round of the loop replaces what the one before it"
    " found.",
    hint=3,
)
def the_last_scatter_alone(X, R):
    return tied_m_step(X, R, lambda S, N: S[-1] / N.sum())


@FIX_TIED.mistake(
    "the weights are not divided by the number of points, so they do not sum to 1. They were right before.",
    hint=None,
)
def numbers_for_weights(X: Array, R: Array) -> tuple[Array, Array, Array]:
    _, mu, Sigma = tied_m_step(X, R)
    return R.sum(axis=0), mu, Sigma


@FIX_TIED.mistake(
    "this is a scatter, a sum over all points. A covariance is what one point contributes on average.", hint=3
)
def scatter_never_divided(X, R):
    return tied_m_step(X, R, lambda S, N: S.sum(axis=0))


@FIX_TIED.mistake(
    "the centres are right now. You averaged the scatters over the components, but a"
    " scatter is a sum over points.",
    hint=3,
)
def divided_by_the_components_alone(X, R):
    return tied_m_step(X, R, lambda S, N: S.mean(axis=0))


@FIX_TIED.mistake(
    "the centres are right now. Dividing by n − K is the unbiased convention, but the task"
    " asks for maximum likelihood.",
    hint=3,
    name="n − K",
)
def n_minus_k(X, R):
    return tied_m_step(X, R, lambda S, N: S.sum(axis=0) / (N.sum() - len(N)))


@FIX_TIED.mistake(
    "the centres are right now. You added a small number to the diagonal, as `reg_covar` does, but the task asks"
    " for maximum likelihood.",
    hint=None,
)
def regularised(X: Array, R: Array) -> tuple[Array, Array, Array]:
    pi, mu, Sigma = tied_m_step(X, R)
    return pi, mu, Sigma + 1e-6 * np.eye(X.shape[1])


@FIX_TIED.mistake(
    "the centres are right now. Dividing by n − 1 is for a mean that you subtract once; the task asks for"
    " maximum likelihood.",
    hint=3,
    name="n − 1",
)
def n_minus_one(X, R):
    return tied_m_step(X, R, lambda S, N: S.sum(axis=0) / (N.sum() - 1))


@FIX_TIED.mistake("only the variances are left. Tied keeps the covariances between features, too.", hint=1)
def diagonal_alone(X, R):
    return tied_m_step(X, R, lambda S, N: np.diag(np.diag(S.sum(axis=0) / N.sum())))


@FIX_TIED.mistake("the centres are right now, but the covariance is too small by a factor of K.", hint=3)
def divided_by_components_too(X, R):
    return tied_m_step(X, R, lambda S, N: S.mean(axis=0) / N.sum())


@FIX_TIED.right
def tied_by_the_package(X, R):
    theta = mixture_from_responsibilities(X, R, COVARIANCE_TYPES["tied"], reg_covar=0)
    return theta.weights, theta.means, theta.covariances


@FIX_TIED.right
def tied_by_a_loop(X, R):
    d, owned = X.shape[1], R.sum(axis=0)
    means = R.T @ X / owned[:, None]
    total = np.zeros((d, d))
    for k in range(len(owned)):
        gaps = X - means[k]
        total += (R[:, k, None] * gaps).T @ gaps
    return owned / owned.sum(), means, total / owned.sum()


@FIX_TIED.right
def tied_by_total_minus_between(X, R):
    pi = R.mean(axis=0)
    mu = R.T @ X / R.sum(axis=0)[:, None]
    D, gaps = X - X.mean(axis=0), mu - X.mean(axis=0)
    return pi, mu, D.T @ D / len(X) - (pi[:, None] * gaps).T @ gaps


@FIX_TIED.right
def tied_by_weighted_cov(X, R):
    N = R.sum(axis=0)
    Sigma = sum(N_k * np.cov(X.T, aweights=r, ddof=0) for N_k, r in zip(N, R.T)) / N.sum()
    return N / N.sum(), (R / N).T @ X, Sigma


# ── 5  Read a picture ────────────────────────────────────────────────────────────────────────────────

STRAIGHT_BORDERS = LESSON.choice(
    "straight_borders",
    title="Read a picture",
    points=1,
    right="C",
    wrong={
        "A": "follow the borders in this panel: they bend. Components of equal shape could not do that.",
        "B": "this panel follows the groups best, but that is a different question. Look at its"
        " borders, not at its fit.",
        "D": "arcs come from components of different size. What is left of the arcs when all sizes are equal?",
    },
)


STRAIGHT_BORDERS.right_values("c")


# ── 6  The linear discriminant ───────────────────────────────────────────────────────────────────────

LINEAR_DISCRIMINANT = LESSON.task(
    "linear_discriminant",
    title="A straight border, written down",
    points=3,
    expected="(W, b) of shapes (K, d) and (K,)",
    parts=("the slopes", "the constants"),
    rtol=1e-5,  # float32 has seven digits, and a difference loses some of them
)


@LINEAR_DISCRIMINANT.cases
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


@LINEAR_DISCRIMINANT.canonical
def without_what_all_share(output: Any) -> Any:
    """Remove what all rows of W, or of b, share: scores compare components, so it has no effect."""
    if isinstance(output, tuple) and all(isinstance(part, np.ndarray) and part.ndim for part in output):
        return tuple(part - np.mean(part, axis=0) for part in output)
    return output


@LINEAR_DISCRIMINANT.reference
def right_linear_discriminant(*args):
    return linear_discriminant(*args)


@LINEAR_DISCRIMINANT.mistake(
    "all components count as equally common: the weights π are missing from b.",
    hint=3,
    name="weights left out",
)
def weights_left_out_in_linear_discriminant(*args):
    return _discriminant_with(log_weights=lambda p: 0.0)(*args)


@LINEAR_DISCRIMINANT.mistake("you added π where log π belongs.", hint=3)
def weights_not_in_logarithms(*args):
    return _discriminant_with(log_weights=lambda p: p)(*args)


@LINEAR_DISCRIMINANT.mistake(
    "the slopes are right. In b, the term with μ is twice as large as it should be.", hint=2
)
def without_the_half(*args):
    return _discriminant_with(half=-1.0)(*args)


@LINEAR_DISCRIMINANT.mistake(
    "the slopes are right. In b, the term with μ has the wrong sign: a component with its mean far from"
    " the origin gets a bonus.",
    hint=2,
)
def the_sign_of_the_constant(*args):
    return _discriminant_with(half=0.5)(*args)


@LINEAR_DISCRIMINANT.mistake(
    "the slopes are right. In b, the part of the square that has only μ in it is missing.", hint=2
)
def nothing_but_the_weight_in_b(*args):
    return _discriminant_with(half=0.0)(*args)


@LINEAR_DISCRIMINANT.mistake(
    "this multiplies by Σ. The density divides by it: wide directions count less.", hint=2
)
def covariance_in_place_of_its_inverse(*args):
    return _discriminant_with(solve=lambda Sigma, m: Sigma @ m)(*args)


@LINEAR_DISCRIMINANT.mistake(
    "each feature is divided by its own variance. That is diag; tied uses the covariances as well.", hint=2
)
def variances_alone(*args):
    return _discriminant_with(solve=lambda Sigma, m: m / np.diagonal(Sigma))(*args)


@LINEAR_DISCRIMINANT.mistake(
    "you took the reciprocal of every entry of Σ. That is the inverse of a matrix only if the matrix is one"
    " number.",
    hint=2,
)
def reciprocals_for_the_inverse(*args):
    return _discriminant_with(solve=lambda Sigma, m: (1 / Sigma) @ m)(*args)


@LINEAR_DISCRIMINANT.mistake(
    "you solved with the Cholesky factor once. That is half of the way to Σ⁻¹.", hint=2
)
def half_of_the_inverse(*args):
    return _discriminant_with(solve=lambda Sigma, m: np.linalg.solve(np.linalg.cholesky(Sigma), m))(*args)


@LINEAR_DISCRIMINANT.mistake(
    "slopes and constants leave out the half in front of the square, so the weights count too little.", hint=2
)
def no_half_anywhere(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma, half=-1.0)
    return 2 * W, b


@LINEAR_DISCRIMINANT.mistake(
    "b is right, but the slopes have the wrong sign: the mixed term of the square has a minus sign, and there is"
    " another minus sign in front.",
    hint=2,
)
def sign_of_the_slopes(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma)
    return -W, b


@LINEAR_DISCRIMINANT.mistake(
    "a frequent component gets a lower score: the logarithm of π has the wrong sign.", hint=3
)
def sign_of_the_weights(*args):
    return _discriminant_with(log_weights=lambda p: -np.log(p))(*args)


@LINEAR_DISCRIMINANT.mistake("Σ is not used: the score compares plain distances to the means.", hint=2)
def no_covariance_at_all(*args):
    return _discriminant_with(solve=lambda Sigma, m: m)(*args)


@LINEAR_DISCRIMINANT.mistake(
    "b is right, but the slopes are twice as steep as they should be: the square has a half in front.", hint=2
)
def slope_doubled(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma)
    return 2 * W, b


@LINEAR_DISCRIMINANT.mistake(
    "b is right, but the slopes are half as steep as they should be: the mixed term"
    " of a square appears twice.",
    hint=2,
)
def slope_halved(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma)
    return W / 2, b


@LINEAR_DISCRIMINANT.mistake("the slopes are right. In b, the length of μ is measured without Σ.", hint=2)
def plain_length_in_the_constant(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, _ = linear_discriminant(pi, mu, Sigma)
    return W, np.log(pi) - 0.5 * (mu**2).sum(axis=1)


@LINEAR_DISCRIMINANT.mistake(
    "the slopes are right. In b, you squared them: then Σ⁻¹ enters twice, but the formula has it once.",
    hint=2,
)
def squared_slopes_in_the_constant(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, _ = linear_discriminant(pi, mu, Sigma)
    return W, np.log(pi) - 0.5 * (W**2).sum(axis=1)


@LINEAR_DISCRIMINANT.mistake("W is transposed: it should have one row per component.", hint=1)
def slopes_in_columns(pi: Array, mu: Array, Sigma: Array) -> tuple[Array, Array]:
    W, b = linear_discriminant(pi, mu, Sigma)
    return W.T, b


@LINEAR_DISCRIMINANT.right
def discriminant_by_arrays(pi, mu, Sigma):
    W = np.linalg.solve(Sigma, mu.T).T
    return W, np.log(pi) - 0.5 * np.sum(mu * W, axis=1)


@LINEAR_DISCRIMINANT.right
def discriminant_by_cholesky(pi, mu, Sigma):
    W = cho_solve(cho_factor(Sigma), mu.T).T
    return W, np.log(pi) - np.einsum("kd,kd->k", mu, W) / 2


@LINEAR_DISCRIMINANT.right
def discriminant_against_the_first(pi, mu, Sigma):
    W, b = discriminant_by_arrays(pi, mu, Sigma)
    return W - W[0], b - b[0]


# ── 7  Another set of axes ───────────────────────────────────────────────────────────────────────────

CARRY_OVER = LESSON.task(
    "carry_over",
    title="Another set of axes",
    points=2,
    expected="(means, covariances) of shapes (K, d) and (K, d, d)",
    parts=("the means", "the covariances"),
    families={"the means": 1, "the covariances": 1},
)


@CARRY_OVER.cases
def map_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K, d in (("two components in the plane", 2, 2), ("three components, d = 3", 3, 3)):
        B = rng.normal(size=(K, d, d))
        Sigma = B @ np.swapaxes(B, 1, 2) + 0.3 * np.eye(d)
        args = rng.normal(scale=3, size=(K, d)), Sigma, rng.normal(size=(d, d)), rng.normal(scale=2, size=d)
        yield Case(description, args)


@CARRY_OVER.reference
def carry_over(mu: Array, Sigma: Array, A: Array, b: Array) -> tuple[Array, Array]:
    return np.array([A @ m + b for m in mu]), np.array([A @ S @ A.T for S in Sigma])


@CARRY_OVER.law("covariances are symmetric.")
def covariances_are_symmetric(out, *_):
    return np.allclose(out[1], np.swapaxes(out[1], -1, -2))


@CARRY_OVER.mistake("a covariance is made of squares, but the map enters only once.", hint=2)
def the_map_on_one_side_only(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A @ Sigma)


@CARRY_OVER.mistake("the means are right. In the covariances, the transpose is on the wrong side.", hint=2)
def the_transpose_on_the_wrong_side(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A.T @ Sigma @ A)


@CARRY_OVER.mistake(
    "the covariances are right. The means went through the transposed map: they are stored as rows.", hint=1
)
def means_by_the_transposed_map(mu, Sigma, A, b):
    return (mu @ A + b, carry_over(mu, Sigma, A, b)[1])


@CARRY_OVER.mistake(
    "means and covariances both went through the transposed map: the points are stored as rows.", hint=1
)
def everything_by_the_transposed_map(mu, Sigma, A, b):
    return carry_over(mu, Sigma, A.T, b)


@CARRY_OVER.mistake(
    "the covariances are right. `A @ mu` blends the means of different components: each mean is a row.",
    hint=1,
)
def the_map_applied_to_the_table_of_means(mu, Sigma, A, b):
    return (A @ mu + b, carry_over(mu, Sigma, A, b)[1])


@CARRY_OVER.mistake(
    "the covariances are right. `A @ mu.T` has one mean per column: transpose it back before you add b.",
    hint=1,
)
def means_left_in_columns(mu, Sigma, A, b):
    return (A @ mu.T + b, carry_over(mu, Sigma, A, b)[1])


@CARRY_OVER.mistake(
    "the means are right. In the covariances, you apply the map on one side and undo it on the other. A"
    " covariance is made of squares, so the map enters twice.",
    hint=2,
)
def the_inverse_for_the_transpose(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A @ Sigma @ np.linalg.inv(A))


@CARRY_OVER.mistake("the means have not been shifted.", hint=1)
def shift_left_out(mu, Sigma, A, b):
    return carry_over(mu, Sigma, A, 0 * b)


@CARRY_OVER.mistake("the shift is in the covariances too. Does a cloud get wider when you move it?", hint=2)
def covariances_shifted_too(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A @ Sigma @ A.T + np.outer(b, b))


@CARRY_OVER.mistake(
    "you shifted the means first and mapped them afterwards. The task has the other order.", hint=1
)
def shifted_before_the_map(mu, Sigma, A, b):
    return carry_over(mu + b, Sigma, A, 0 * b)


@CARRY_OVER.mistake(
    "the vector b was added to the covariances. A covariance is made of deviations from the mean: does a shift"
    " change those?",
    hint=2,
)
def vector_added_to_the_covariances(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A @ Sigma @ A.T + b)


@CARRY_OVER.mistake(
    "the map enters on the right side of the covariances only. A covariance is made of squares.", hint=2
)
def the_map_on_the_right_side_only(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], Sigma @ A.T)


@CARRY_OVER.mistake("you went the other way, from the new points back to the old ones.", hint=1)
def the_map_undone(mu, Sigma, A, b):
    back = np.linalg.inv(A)
    return carry_over(mu - b, Sigma, back, 0 * b)


@CARRY_OVER.mistake(
    "the transpose is missing: A is on both sides of the covariances in the same form.", hint=2
)
def the_transpose_missing(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A @ Sigma @ A)


@CARRY_OVER.mistake("the means have moved, but the clouds still have their old shapes.", hint=2)
def covariances_left_alone(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], Sigma)


@CARRY_OVER.mistake(
    "`*` multiplies entry by entry, so the rows of A never meet the columns of the covariances. Use `@`.",
    hint=2,
)
def stars_for_matrix_products(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A * Sigma * A.T)


@CARRY_OVER.mistake(
    "you multiplied entry by entry. That is right only for a few special maps; use matrix products.", hint=2
)
def entry_by_entry(mu, Sigma, A, b):
    return (carry_over(mu, Sigma, A, b)[0], A**2 * Sigma)


@CARRY_OVER.right
def carried_by_arrays(mu, Sigma, A, b):
    return mu @ A.T + b, A @ Sigma @ A.T


@CARRY_OVER.right
def carried_by_einsum(mu, Sigma, A, b):
    return np.einsum("ij,kj->ki", A, mu) + b, np.einsum("ia,kab,jb->kij", A, Sigma, A)


# ── 8  Sixty digits ──────────────────────────────────────────────────────────────────────────────────

THRIFTY_TYPE = LESSON.value(
    "thrifty_type",
    title="Sixty digits · stretch",
    points=2,
    expected="the name of a covariance type, in quotes",
)


@cache
def sixty_digits() -> tuple[Array, Array]:
    """The rows of the exercise: 60 to fit and 500 to validate; the features come from the last 737."""
    X = load_digits()[0]
    X = X[np.random.default_rng(0).permutation(len(X))]
    Z = PCA(15).fit(X[1060:]).transform(X[:560])
    return Z[:60], Z[60:]


@THRIFTY_TYPE.reference
@cache
def best_on_held_out_rows() -> str:
    train, validation = sixty_digits()
    models = [GaussianMixture(3, covariance_type=name, n_init=5, random_state=0).fit(train) for name in TYPES]
    return TYPES[int(np.argmax([model.score(validation) for model in models]))]


@THRIFTY_TYPE.canonical
def _lower(name: Any) -> Any:
    return name.strip().lower() if isinstance(name, str) else name


@THRIFTY_TYPE.mistake(
    "full looks best on the sixty rows that it was fitted to. Which rows should decide?", hint=1
)
def full():
    return "full"


@THRIFTY_TYPE.mistake(
    "tied has only one matrix, but that one holds 120 numbers. Print the four scores on `validation`.", hint=2
)
def tied():
    return "tied"


@THRIFTY_TYPE.mistake(
    "spherical has the fewest parameters, but the cheapest type is not always the best. Print the"
    " four scores on `validation`.",
    hint=2,
)
def spherical():
    return "spherical"


THRIFTY_TYPE.right_values(" Diag")
