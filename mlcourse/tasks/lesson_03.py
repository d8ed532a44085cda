"""Checks for lesson 03 (Gaussians): a density, a weighted fit, shapes, distances, log densities, samples, mixtures.

Symbols: x (n,) or X (n, d) data; w (n,) weights of rows; mu (d,) mean; Sigma (d, d) covariance, Sigma = L Lᵀ;
U (d, d) eigenvectors; Z (n, d) standard normals; pi (K,), mu (K, d), sigma (K,) a mixture of round components.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular, sqrtm
from scipy.special import gammainc, logsumexp
from scipy.stats import chi, chi2, multivariate_normal, norm

from mlcourse import gaussians
from mlcourse.checks.task import Case, Lesson
from mlcourse.gaussians import covariance_from_axes as package_covariance_from_axes
from mlcourse.typing import Array

LESSON = Lesson("03_gaussians")


# ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────


def covariance(rng: np.random.Generator, d: int) -> Array:
    A = rng.normal(size=(d, d))
    return A @ A.T + 0.3 * np.eye(d)


# ── 1  A density on the line ─────────────────────────────────────────────────────────────────────────

GAUSSIAN_PDF = LESSON.task(
    "gaussian_pdf",
    title="A density on the line",
    points=2,
    expected="array (n,): one positive number per point",
)


@GAUSSIAN_PDF.cases
def gaussian_pdf_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("a narrow Gaussian", (rng.normal(size=30), rng.normal(), rng.uniform(0.2, 0.5)))
    yield Case("a wide Gaussian", (rng.normal(scale=3, size=30), rng.normal(), rng.uniform(4.0, 9.0)))


def _pdf_with(
    exponent: Callable[..., Any] = lambda z: -0.5 * z**2,
    factor: Callable[..., Any] = lambda var: 1 / np.sqrt(2 * np.pi * var),
) -> Callable[..., Array]:
    """The density with another exponent, or with another factor in front."""
    return lambda x, mu, var: factor(var) * np.exp(exponent((x - mu) / np.sqrt(var)))


@GAUSSIAN_PDF.reference
def gaussian_pdf(x, mu, var):
    return np.array([norm.pdf(one, mu, var**0.5) for one in x])


@GAUSSIAN_PDF.law("a density is never negative.")
def a_density_is_never_negative(out, *_):
    return np.min(out) >= 0


@GAUSSIAN_PDF.mistake(
    "the curve has the wrong width: `var` is a variance, but you use it as a standard deviation.", hint=1
)
def variance_taken_for_a_standard_deviation(x, mu, var):
    return norm.pdf(x, mu, var)


@GAUSSIAN_PDF.mistake(
    "the height is right, but the width is not: the exponent uses `var` as a standard deviation.",
    hint=1,
    name="variance taken for a standard deviation in z only",
)
def variance_taken_for_a_standard_deviation_in_z(x, mu, var):
    return np.exp(-0.5 * ((x - mu) / var) ** 2) / np.sqrt(2 * np.pi * var)


@GAUSSIAN_PDF.mistake(
    "the shape is right, but every curve has height 1 at its mean, so the area is not 1.", hint=2
)
def not_normalised(x, mu, var):
    return _pdf_with(factor=lambda var: 1.0)(x, mu, var)


@GAUSSIAN_PDF.mistake(
    "every curve has the same height, however wide it is. A wide one must be lower to keep its area at 1.",
    hint=2,
)
def width_missing_in_the_factor(x, mu, var):
    return _pdf_with(factor=lambda var: 1 / np.sqrt(2 * np.pi))(x, mu, var)


@GAUSSIAN_PDF.mistake("a root is missing in the factor in front, so the area is not 1.", hint=2)
def root_missing_in_the_factor(x, mu, var):
    return _pdf_with(factor=lambda var: 1 / (2 * np.pi * var))(x, mu, var)


@GAUSSIAN_PDF.mistake(
    "wide curves come out higher than narrow ones. Python reads `a / b * c` as (a / b) · c: are your"
    " parentheses where you want them?",
    hint=2,
)
def multiplied_after_a_division(x, mu, var):
    return _pdf_with(factor=lambda var: 1 / np.sqrt(2 * np.pi) * np.sqrt(var))(x, mu, var)


@GAUSSIAN_PDF.mistake(
    "the width is right, but the height is not: the factor in front uses `var` as a standard deviation.",
    hint=2,
    name="variance taken for a standard deviation in the factor only",
)
def variance_taken_for_a_standard_deviation_in_the_factor(x, mu, var):
    return _pdf_with(factor=lambda var: 1 / (np.sqrt(2 * np.pi) * var))(x, mu, var)


@GAUSSIAN_PDF.mistake(
    "the wider a Gaussian is, the faster your curve falls. Python reads `a / 2 * b` as (a / 2) · b.",
    hint=3,
    name="multiplied by the variance in the exponent",
)
def multiplied_by_the_variance_in_the_exponent(x, mu, var):
    return np.exp(-((x - mu) ** 2) / 2 * var) / np.sqrt(2 * np.pi * var)


@GAUSSIAN_PDF.mistake(
    "your curve always has the same width. Measure the distance from the mean in standard deviations.", hint=1
)
def width_missing_in_the_exponent(x, mu, var):
    return np.exp(-((x - mu) ** 2) / 2) / np.sqrt(2 * np.pi * var)


@GAUSSIAN_PDF.mistake("the curve falls on one side and rises on the other: z is not squared.", hint=3)
def square_missing(x, mu, var):
    return _pdf_with(exponent=lambda z: -0.5 * z)(x, mu, var)


@GAUSSIAN_PDF.mistake(
    "the curve falls on one side and rises on the other: the difference from the mean is not squared.",
    hint=3,
    name="square missing over the variance",
)
def square_missing_over_the_variance(x, mu, var):
    return np.exp(-0.5 * (x - mu) / var) / np.sqrt(2 * np.pi * var)


@GAUSSIAN_PDF.mistake("the peak is at 0, wherever the mean is: `mu` is not used.", hint=3)
def mean_not_used(x, mu, var):
    return norm.pdf(x, 0, np.sqrt(var))


@GAUSSIAN_PDF.mistake("the area is not 1: a number is missing under the root in front.", hint=2)
def two_missing_under_the_root(x, mu, var):
    return _pdf_with(factor=lambda var: 1 / np.sqrt(np.pi * var))(x, mu, var)


@GAUSSIAN_PDF.mistake(
    "the density grows with the distance from the mean: look at the sign in the exponent.", hint=3
)
def minus_missing(x, mu, var):
    return _pdf_with(exponent=lambda z: 0.5 * z**2)(x, mu, var)


@GAUSSIAN_PDF.mistake("the curve falls too fast: a factor is missing in the exponent.", hint=3)
def half_missing(x, mu, var):
    return _pdf_with(exponent=lambda z: -(z**2))(x, mu, var)


@GAUSSIAN_PDF.mistake("this is the logarithm of the density. The task asks for the density itself.", hint=3)
def log_density(x, mu, var):
    return norm.logpdf(x, mu, np.sqrt(var))


@GAUSSIAN_PDF.right
def pdf_by_formula(x, mu, var):
    return np.exp(-((x - mu) ** 2) / (2 * var)) / np.sqrt(2 * np.pi * var)


@GAUSSIAN_PDF.right
def pdf_by_standard_units(x, mu, var):
    std = np.sqrt(var)
    return np.exp(-0.5 * ((x - mu) / std) ** 2) / (std * np.sqrt(2 * np.pi))


@GAUSSIAN_PDF.right
def pdf_with_the_factor_first(x, mu, var):
    factor = 1 / np.sqrt(2 * np.pi * var)
    squared = np.square(x - mu)
    return factor * np.exp(-0.5 * squared / var)


@GAUSSIAN_PDF.right
def pdf_by_logarithm(x, mu, var):
    return [np.exp(-0.5 * (np.log(2 * np.pi * var) + (one - mu) ** 2 / var)) for one in x]


# ── 2  A weighted fit ────────────────────────────────────────────────────────────────────────────────

FIT_GAUSSIAN = LESSON.task(
    "fit_gaussian",
    title="A fit in which points have weights",
    points=3,
    expected="(mu of shape (d,), Sigma of shape (d, d))",
    parts=("the mean", "the covariance"),
    families={"equal weights": 1, "unequal weights": 2},
)


@FIT_GAUSSIAN.cases
def fit_gaussian_cases(rng: np.random.Generator) -> Iterator[Case]:
    whole = rng.permutation([0, 0, 1, 1, 2, 3, 5, 0, 1.0])
    for description, family, w, d in (
        ("every weight is 1", "equal weights", np.ones(30), 2),
        ("unequal weights, three features", "unequal weights", rng.uniform(0, 3, size=40), 3),
        ("whole numbers as weights, some of them 0", "unequal weights", whole, 2),
    ):
        X = rng.normal(size=(len(w), d)) @ rng.normal(size=(d, d)) + rng.normal(scale=3, size=d)
        yield Case(description, (X, w), family)


def weighted_mean(X: Array, w: Array) -> Array:
    return sum(w_i * x for w_i, x in zip(w, X)) / sum(w)


def weighted_scatter(X: Array, w: Array, mu: Array) -> Array:
    return sum(w_i * np.outer(x - mu, x - mu) for w_i, x in zip(w, X))


@FIT_GAUSSIAN.reference
def fit_gaussian(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, w, mu) / sum(w)


@FIT_GAUSSIAN.law("a covariance matrix is symmetric.")
def a_covariance_matrix_is_symmetric(out, *_):
    return np.allclose(out[1], out[1].T)


@FIT_GAUSSIAN.mistake("every row counts the same: the weights are not used.", hint=1)
def weights_ignored(X, w):
    return fit_gaussian(X, np.ones(len(X)))


@FIT_GAUSSIAN.mistake(
    "you divide by the number of rows. A row of weight 2 counts as two: how many rows are there in effect?",
    hint=1,
)
def divided_by_n(X: Array, w: Array) -> tuple[Array, Array]:
    mu = w @ X / len(X)
    return mu, weighted_scatter(X, w, mu) / len(X)


@FIT_GAUSSIAN.mistake(
    "the mean is right. The covariance is divided by the number of rows, but the mean was not.", hint=2
)
def covariance_divided_by_n(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, w, mu) / len(X)


@FIT_GAUSSIAN.mistake(
    "the mean is right. In the covariance every row counts the same: the weights are missing there.", hint=3
)
def weights_in_the_mean_only(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, np.ones(len(X)), mu) / len(X)


@FIT_GAUSSIAN.mistake("the mean is the plain mean of the rows: only the covariance uses the weights.", hint=1)
def weights_in_the_covariance_only(X: Array, w: Array) -> tuple[Array, Array]:
    mu = X.mean(axis=0)
    return mu, weighted_scatter(X, w, mu) / w.sum()


@FIT_GAUSSIAN.mistake(
    "the mean is right. By default, `np.cov` takes something off the number that it divides by.",
    hint=2,
    name="np.cov with its defaults",
)
def np_cov_with_its_defaults(X, w):
    return (weighted_mean(X, w), np.cov(X.T, aweights=w))


@FIT_GAUSSIAN.mistake(
    "the covariance has the −1 in its denominator that makes it unbiased. Maximum"
    " likelihood has another one.",
    hint=2,
)
def divided_by_one_less(X: Array, w: Array) -> tuple[Array, Array]:
    mu, Sigma = fit_gaussian(X, w)
    return mu, Sigma * w.sum() / (w.sum() - 1)


@FIT_GAUSSIAN.mistake(
    "the covariance is too large: you averaged x xᵀ without subtracting the mean first.", hint=2
)
def not_centred(X: Array, w: Array) -> tuple[Array, Array]:
    return weighted_mean(X, w), weighted_scatter(X, w, np.zeros(X.shape[1])) / w.sum()


@FIT_GAUSSIAN.mistake("the covariance has one row per point. It should have one per feature.", hint=3)
def rows_and_columns_exchanged(X: Array, w: Array) -> tuple[Array, Array]:
    D = np.sqrt(w)[:, np.newaxis] * (X - weighted_mean(X, w))
    return weighted_mean(X, w), D @ D.T / w.sum()


@FIT_GAUSSIAN.mistake(
    "the deviations are taken from the plain mean of the rows, not from the mean that you return.", hint=2
)
def about_the_unweighted_mean(X: Array, w: Array) -> tuple[Array, Array]:
    return weighted_mean(X, w), weighted_scatter(X, w, X.mean(axis=0)) / w.sum()


@FIT_GAUSSIAN.mistake(
    "the covariance uses the weights squared. Only one of the two deviations should carry them.", hint=3
)
def weights_enter_twice(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, w**2, mu) / w.sum()


@FIT_GAUSSIAN.mistake(
    "only the variances are there. The entries off the diagonal should say how two features vary together.",
    hint=3,
)
def covariances_lost(X: Array, w: Array) -> tuple[Array, Array]:
    mu, Sigma = fit_gaussian(X, w)
    return mu, np.diag(np.diag(Sigma))


@FIT_GAUSSIAN.right
def fit_by_average(X, w):
    return np.average(X, axis=0, weights=w), np.cov(X, rowvar=False, aweights=w, ddof=0)


@FIT_GAUSSIAN.right
def fit_by_products(X, w):
    mu = w @ X / w.sum()
    D = X - mu
    return mu, (w[:, None] * D).T @ D / w.sum()


@FIT_GAUSSIAN.right
def fit_row_by_row(X, w):
    total = np.sum(w)
    mu = np.zeros(X.shape[1])
    for weight, x in zip(w, X):
        mu += weight * x / total
    Sigma = np.zeros((len(mu), len(mu)))
    for weight, x in zip(w, X):
        Sigma += weight * np.outer(x - mu, x - mu) / total
    return mu, Sigma


@FIT_GAUSSIAN.right
def fit_by_moments(X, w):
    share = w / w.sum()
    mu = np.sum(share[:, np.newaxis] * X, axis=0)
    return mu, np.einsum("i,ij,ik->jk", share, X, X) - np.outer(mu, mu)


# ── 3  Read a picture ────────────────────────────────────────────────────────────────────────────────

WHICH_ELLIPSE = LESSON.choice(
    "which_ellipse",
    title="Which ellipse?",
    points=1,
    right="D",
    wrong={
        "A": (
            "this ellipse leans to the right, as if the two features rose together. Look at the sign"
            " of the covariance again.",
            2,
        ),
        "B": "this ellipse is wider than it is high. The first entry of the diagonal belongs to the horizontal axis.",
        "C": "this ellipse reaches as far as the numbers on the diagonal. Are those numbers lengths?",
    },
)


WHICH_ELLIPSE.right_values("d", "(D)")


# ── 4  A covariance from its axes ────────────────────────────────────────────────────────────────────

COVARIANCE_FROM_AXES = LESSON.task(
    "covariance_from_axes", title="A covariance from its axes", points=2, expected="array (2, 2), symmetric"
)


@COVARIANCE_FROM_AXES.cases
def axes_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("no rotation", (rng.uniform([2, 0.3], [3, 1.5]), 0.0))
    yield Case("rotated to the left", (rng.uniform([2, 0.3], [3, 1.5]), rng.uniform(15, 75)))
    yield Case("rotated to the right", (rng.uniform([2, 0.3], [3, 1.5]), -rng.uniform(15, 75)))


def rotation(radians: float) -> Array:
    return np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])


def _with_the_product(
    product: Callable[..., Array], U: Callable[..., Array] = rotation
) -> Callable[..., Array]:
    """The covariance with another `product` of U and Λ, or with another U."""
    return lambda stds, angle: product(U(np.deg2rad(angle)), np.diag(stds**2))


@COVARIANCE_FROM_AXES.reference
def covariance_from_axes(stds: Array, angle: float) -> Array:
    U = rotation(np.deg2rad(angle))
    return sum(std**2 * np.outer(u, u) for std, u in zip(stds, U.T))


@COVARIANCE_FROM_AXES.law("a covariance matrix is symmetric.")
def a_covariance_matrix_is_symmetric_in_covariance_from_axes(out, *_):
    return np.allclose(out, out.T)


@COVARIANCE_FROM_AXES.law(
    "rotating an ellipse does not change its total variance: the trace is the sum of the two variances."
)
def rotating_an_ellipse_does_not_change_its(out, stds, angle):
    return np.isclose(np.trace(out), np.sum(stds**2))


@COVARIANCE_FROM_AXES.mistake(
    "the ellipse points in the wrong direction: the angle is in degrees, but `np.cos` takes radians.", hint=1
)
def degrees_taken_for_radians(stds, angle):
    return covariance_from_axes(stds, np.rad2deg(angle))


@COVARIANCE_FROM_AXES.mistake(
    "the direction is right, but the size is not: an eigenvalue is a variance.", hint=2
)
def standard_deviations_for_variances(stds, angle):
    return covariance_from_axes(np.sqrt(stds), angle)


@COVARIANCE_FROM_AXES.mistake(
    "the ellipse is rotated by the same angle to the other side: the two directions should be"
    " the columns of your U.",
    hint=3,
)
def rotated_the_wrong_way(stds, angle):
    return covariance_from_axes(stds, -angle)


@COVARIANCE_FROM_AXES.mistake(
    "the result does not depend on the angle. Perhaps you rotate first and stretch afterwards: a circle"
    " looks the same after a rotation.",
    hint=2,
)
def rotation_lost(stds, angle):
    return np.diag(stds**2)


@COVARIANCE_FROM_AXES.mistake(
    "the matrix is not symmetric: U is on only one side of the eigenvalues.", hint=2
)
def multiplied_on_one_side_only(stds, angle):
    return _with_the_product(lambda U, Lambda: U @ Lambda)(stds, angle)


@COVARIANCE_FROM_AXES.mistake(
    "the covariance is always 0: `*` multiplies entry by entry. The matrix product has another operator.",
    hint=2,
)
def multiplied_entry_by_entry(stds, angle):
    return _with_the_product(lambda U, Lambda: U * Lambda * U.T)(stds, angle)


@COVARIANCE_FROM_AXES.mistake(
    "the same U is on both sides. Look at the lecture's formula: what is different on the right?", hint=2
)
def not_transposed(stds, angle):
    return _with_the_product(lambda U, Lambda: U @ Lambda @ U)(stds, angle)


@COVARIANCE_FROM_AXES.mistake(
    "your two directions are not at a right angle: one sign in the second column of U is wrong.", hint=3
)
def second_axis_with_the_wrong_sign(stds, angle):
    return _with_the_product(lambda U, Lambda: U @ Lambda @ U.T, U=lambda a: rotation(a) * [[1, -1], [1, 1]])(
        stds, angle
    )


@COVARIANCE_FROM_AXES.mistake(
    "these are the two half-axes as columns: a square root of Σ, not Σ itself.", hint=2
)
def a_root_returned(stds, angle):
    return _with_the_product(lambda U, Lambda: U @ np.sqrt(Lambda))(stds, angle)


@COVARIANCE_FROM_AXES.mistake(
    "the two widths are swapped: the first one belongs to the direction that `angle` gives.", hint=3
)
def widths_exchanged(stds, angle):
    return covariance_from_axes(stds[::-1], angle)


@COVARIANCE_FROM_AXES.right
def axes_by_eigenvectors(stds, angle):
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    U = np.array([[c, -s], [s, c]])
    return U @ np.diag(stds**2) @ U.T


@COVARIANCE_FROM_AXES.right
def axes_by_the_package(stds, angle):
    return package_covariance_from_axes(*stds, angle)


@COVARIANCE_FROM_AXES.right
def axes_by_entries(stds, angle):
    (v1, v2), t = stds**2, np.radians(angle)
    mean, half = (v1 + v2) / 2, (v1 - v2) / 2
    off = half * np.sin(2 * t)
    return [[mean + half * np.cos(2 * t), off], [off, mean - half * np.cos(2 * t)]]


# ── 5  How much is inside ────────────────────────────────────────────────────────────────────────────

SHARE_INSIDE = LESSON.task(
    "share_inside",
    title="How much is inside?",
    points=2,
    expected="array (m,): one share between 0 and 1 for each r",
)


@SHARE_INSIDE.cases
def share_cases(rng: np.random.Generator) -> Iterator[Case]:
    for d in (1, 2, 10):
        yield Case(f"d = {d}", (np.sort(rng.uniform(0.5, 4, size=6)), d))


@SHARE_INSIDE.reference
def share_inside(r, d):
    return np.array([chi2(d).cdf(one * one) for one in r])


@SHARE_INSIDE.law("a share is between 0 and 1.")
def a_share_is_between_0_and_1(out, *_):
    return 0 <= np.min(out) <= np.max(out) <= 1


@SHARE_INSIDE.mistake(
    "these are the shares in one dimension, whatever d is: 68 % within one sigma, and so on.", hint=1
)
def one_dimension_for_all(r, d):
    return chi2.cdf(r**2, 1)


@SHARE_INSIDE.mistake("χ² is the distribution of the squared distance, but you gave it r.", hint=2)
def not_squared(r, d):
    return chi2.cdf(r, d)


@SHARE_INSIDE.mistake("these are the shares outside, not inside.", hint=2)
def outside(r, d):
    return chi2.sf(r**2, d)


@SHARE_INSIDE.mistake(
    "this is the share inside a box, where each coordinate is within r on its own."
    " An ellipse has no corners.",
    hint=1,
)
def a_box(r, d):
    return (norm.cdf(r) - norm.cdf(-r)) ** d


@SHARE_INSIDE.mistake("this is the share below r in one dimension. It includes all of the left tail.", hint=1)
def one_tail_counted_as_inside(r, d):
    return norm.cdf(r)


@SHARE_INSIDE.mistake("these are percentages. A share is a fraction of 1.", hint=2)
def per_cent(r, d):
    return 100 * chi2.cdf(r**2, d)


@SHARE_INSIDE.mistake(
    "this is the density of χ² at r². A share is an area under it: everything below r².",
    hint=2,
    name="density of chi-squared",
)
def density_of_chi_squared(r, d):
    return chi2.pdf(r**2, d)


@SHARE_INSIDE.mistake(
    "there is one degree of freedom too few. None has been used up, because the mean is known.", hint=2
)
def one_degree_of_freedom_too_few(r, d):
    return chi2.cdf(r**2, d - 1)


@SHARE_INSIDE.right
def share_by_chi_squared(r, d):
    return chi2.cdf(r**2, df=d)


@SHARE_INSIDE.right
def share_by_chi(r, d):
    return [chi.cdf(one, d) for one in r]


@SHARE_INSIDE.right
def share_as_a_tuple(r, d):
    return tuple(chi2.cdf(r**2, df=d).tolist())


@SHARE_INSIDE.right
def share_by_gamma(r, d):
    return gammainc(d / 2, r**2 / 2)


# ── 6  The log density ───────────────────────────────────────────────────────────────────────────────

LOG_DENSITY = LESSON.task(
    "log_density",
    title="The log density",
    points=4,
    expected="array (n,): one finite number per point",
    families={"ordinary points": 2, "far points": 1, "many features": 1},
)


@LOG_DENSITY.cases
def log_density_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("points in the plane", (rng.normal(size=(15, 2)), rng.normal(size=2), covariance(rng, 2)))
    yield Case("five features", (rng.normal(size=(20, 5)), rng.normal(size=5), covariance(rng, 5)))
    far = 200 * rng.normal(size=(5, 3)) + 500
    yield Case("far from the mean", (far, rng.normal(size=3), covariance(rng, 3)), "far points")
    X = 0.01 * rng.normal(size=(6, 200))
    yield Case("two hundred narrow features", (X, np.zeros(200), 1e-4 * (np.eye(200) + 0.1)), "many features")


def _log_density_with(
    squared: Callable[..., Array] = lambda Y: (Y**2).sum(axis=0),
    log_det: Callable[..., Any] = lambda L: np.log(np.diag(L)).sum(),
    half: float = 0.5,
    lower: bool = True,
    d: int | None = None,
) -> Callable[..., Array]:
    """The log density by Cholesky, with one of its parts replaced."""

    def answer(X: Array, mu: Array, Sigma: Array) -> Array:
        L = np.linalg.cholesky(Sigma)
        Y = solve_triangular(L, (X - mu).T, lower=lower)
        return -0.5 * (d or len(mu)) * np.log(2 * np.pi) - half * squared(Y) - log_det(L)

    return answer


@LOG_DENSITY.reference
def right_log_density(X, mu, Sigma):
    return np.array([multivariate_normal(mu, Sigma).logpdf(x) for x in X])


@LOG_DENSITY.mistake("all correlations are lost: the solver read the empty triangle of L.", hint=1)
def wrong_triangle(X, mu, Sigma):
    return _log_density_with(lower=False)(X, mu, Sigma)


@LOG_DENSITY.mistake(
    "points far from the mean are penalised twice as much as they should be: a factor"
    " in front of Δ² is missing.",
    hint=2,
    name="half missing",
)
def half_missing_in_log_density(X, mu, Sigma):
    return _log_density_with(half=1.0)(X, mu, Sigma)


@LOG_DENSITY.mistake(
    "wide Gaussians come out higher than narrow ones: look at the sign of the log |Σ| term.", hint=3
)
def sign_of_the_determinant(X, mu, Sigma):
    return _log_density_with(log_det=lambda L: -np.log(np.diag(L)).sum())(X, mu, Sigma)


@LOG_DENSITY.mistake("log |Σ| enters in full, but only half of it belongs there.", hint=3)
def log_determinant_counted_twice(X, mu, Sigma):
    return _log_density_with(log_det=lambda L: 2 * np.log(np.diag(L)).sum())(X, mu, Sigma)


@LOG_DENSITY.mistake(
    "half of the sum over the diagonal of L is a quarter of log |Σ|: you took the half twice.", hint=3
)
def log_determinant_halved_twice(X, mu, Sigma):
    return _log_density_with(log_det=lambda L: 0.5 * np.log(np.diag(L)).sum())(X, mu, Sigma)


@LOG_DENSITY.mistake("wide and narrow Gaussians get the same height: the log |Σ| term is missing.", hint=3)
def log_determinant_missing(X, mu, Sigma):
    return _log_density_with(log_det=lambda L: 0.0)(X, mu, Sigma)


@LOG_DENSITY.mistake(
    "you took the logarithm of every entry of L, including the zeros in its upper triangle. The"
    " determinant needs only the diagonal.",
    hint=3,
    name="logarithm of all of L",
)
def logarithm_of_all_of_l(X, mu, Sigma):
    return _log_density_with(log_det=lambda L: np.log(L).sum())(X, mu, Sigma)


@LOG_DENSITY.mistake("the distances are measured from the origin: `mu` is not used.", hint=1)
def mean_not_subtracted(X, mu, Sigma):
    return _log_density_with()(X, np.zeros_like(mu), Sigma)


@LOG_DENSITY.mistake("this is the density itself. The task asks for its logarithm.", hint=3)
def a_density(X, mu, Sigma):
    return np.exp(_log_density_with()(X, mu, Sigma))


@LOG_DENSITY.mistake("every dimension contributes a factor of √(2π), but you have only one of them.", hint=3)
def dimension_missing(X, mu, Sigma):
    return _log_density_with(d=1)(X, mu, Sigma)


@LOG_DENSITY.mistake("the term that does not depend on μ and Σ is missing: d log 2π.", hint=3)
def constant_missing(X, mu, Sigma):
    return _log_density_with()(X, mu, Sigma) + 0.5 * len(mu) * np.log(2 * np.pi)


@LOG_DENSITY.mistake(
    "the coordinates of y are added up before they are squared, so they can cancel one another.", hint=2
)
def summed_before_it_is_squared(X, mu, Sigma):
    return _log_density_with(squared=lambda Y: Y.sum(axis=0) ** 2)(X, mu, Sigma)


@LOG_DENSITY.mistake("this uses Δ where Δ² belongs.", hint=2)
def distance_not_squared(X, mu, Sigma):
    return _log_density_with(squared=lambda Y: np.linalg.norm(Y, axis=0))(X, mu, Sigma)


@LOG_DENSITY.mistake(
    "with many narrow features the determinant underflows to 0, and its logarithm is −∞.", hint=3
)
def determinant_outside_log_space(X, mu, Sigma):
    return _log_density_with(log_det=lambda L: 0.5 * np.log(np.linalg.det(Sigma)))(X, mu, Sigma)


@LOG_DENSITY.mistake(
    "far from the mean the density underflows to 0 before you take its logarithm. Stay"
    " in log space all the way.",
    hint=3,
)
def logarithm_of_a_density(X, mu, Sigma):
    return np.log(multivariate_normal(mu, Sigma).pdf(X))


@LOG_DENSITY.mistake(
    "you divided by Σ, not by its Cholesky factor: the sum of squares is Δ² for Σ Σ.",
    hint=1,
    name="covariance solved in place of its root",
)
def covariance_solved_in_place_of_its_root(X, mu, Sigma):
    Y = np.linalg.solve(Sigma, (X - mu).T)
    return -0.5 * (len(mu) * np.log(2 * np.pi) + (Y**2).sum(axis=0) + np.linalg.slogdet(Sigma)[1])


@LOG_DENSITY.mistake(
    "your formula multiplies columns by the inverse of L, but your points are rows: something must be transposed.",
    hint=1,
    name="inverse of L not transposed",
)
def inverse_of_l_not_transposed(X, mu, Sigma):
    Y = (X - mu) @ np.linalg.inv(np.linalg.cholesky(Sigma))
    return -0.5 * (len(mu) * np.log(2 * np.pi) + (Y**2).sum(axis=1) + np.linalg.slogdet(Sigma)[1])


@LOG_DENSITY.mistake(
    "far from the mean every point gets the same value: a tiny number added before the logarithm hides the"
    " underflow, and replaces the answer.",
    hint=3,
    name="logarithm of a density plus a tiny number",
)
def logarithm_of_a_density_plus_a_tiny_number(X, mu, Sigma):
    return np.log(multivariate_normal(mu, Sigma).pdf(X) + 1e-300)


@LOG_DENSITY.mistake("Δ² is subtracted from d log 2π: far from the mean the density must fall.", hint=3)
def sign_of_the_squared_distance(X, mu, Sigma):
    return _log_density_with(half=-0.5)(X, mu, Sigma)


@LOG_DENSITY.right
def log_density_by_whitening(X, mu, Sigma):
    d = X.shape[1]
    root = np.linalg.cholesky(Sigma)
    Y = solve_triangular(root, (X - mu).T, lower=True)
    return -0.5 * (d * np.log(2 * np.pi) + np.sum(Y**2, axis=0) + 2 * np.log(np.diag(root)).sum())


@LOG_DENSITY.right
def log_density_point_by_point(X, mu, Sigma):
    L = np.linalg.cholesky(Sigma)
    height = -0.5 * len(mu) * np.log(2 * np.pi) - np.sum(np.log(L.diagonal()))
    result = []
    for x in X:
        y = np.linalg.solve(L, x - mu)
        result.append(height - 0.5 * y @ y)
    return result


@LOG_DENSITY.right
def log_density_by_axes(X, mu, Sigma):
    variances, U = np.linalg.eigh(Sigma)
    Y = (X - mu) @ U
    return -0.5 * (np.log(2 * np.pi * variances) + Y**2 / variances).sum(axis=1)


@LOG_DENSITY.right
def log_density_by_scipy(X, mu, Sigma):
    return multivariate_normal.logpdf(X, mu, Sigma)


FULL = gaussians.CovarianceType.named("full")


@LOG_DENSITY.right
def log_density_by_the_package(X, mu, Sigma):
    return gaussians.log_density(X, mu[None], FULL.kernel.factor(Sigma[None]), FULL)[:, 0]


@LOG_DENSITY.right
def log_density_by_solving(X, mu, Sigma):
    D = X - mu
    squared = np.sum(D * np.linalg.solve(Sigma, D.T).T, axis=1)
    return -0.5 * (squared + np.linalg.slogdet(2 * np.pi * Sigma)[1])


# ── 7  Find the bug in a sampler ─────────────────────────────────────────────────────────────────────

FIX_SAMPLER = LESSON.task(
    "fix_sampler",
    title="Find the bug",
    points=3,
    expected="array (n, d): mu plus a linear map of each row of Z, with the covariance Sigma",
)


@FIX_SAMPLER.cases
def sampler_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case(
        "fifty points in the plane", (rng.normal(size=(50, 2)), rng.normal(size=2), covariance(rng, 2))
    )
    yield Case("three features", (rng.normal(size=(40, 3)), rng.normal(size=3), covariance(rng, 3)))


def mean_and_map(output: Array, Z: Array) -> tuple[Array, Array]:
    """The a and B for which output is nearest to a + Z B."""
    a, *B = np.linalg.lstsq(np.column_stack([np.ones(len(Z)), Z]), output, rcond=None)[0]
    return a, np.array(B)


def close(one: Array, other: Array) -> bool:
    return np.allclose(one, other, rtol=1e-4, atol=1e-4)  # room for float32, and for rounding


@FIX_SAMPLER.accepts
def is_a_map_of_the_noise(output: Any, Z: Array, mu: Array, Sigma: Array) -> bool:
    """Whether output = a + Z B. B may be any root of Σ, not only Cholesky's; the laws check a and Bᵀ B."""
    a, B = mean_and_map(output, Z)
    return close(a + Z @ B, output)


@FIX_SAMPLER.reference
def fix_sampler(Z, mu, Sigma):
    return np.array([mu + np.linalg.cholesky(Sigma) @ z for z in Z])


@FIX_SAMPLER.law("where the noise is 0, the point is the mean.")
def where_the_noise_is_0_the_point(out, Z, mu, Sigma):
    return close(mean_and_map(out, Z)[0], mu)


@FIX_SAMPLER.law("the covariance of the points is Sigma.")
def the_covariance_of_the_points_is_sigma(out, Z, mu, Sigma):
    return close((B := mean_and_map(out, Z)[1]).T @ B, Sigma)


@FIX_SAMPLER.mistake("the bug is still there.", planted=True)
def the_planted_bug(Z, mu, Sigma):
    return mu + Z @ np.linalg.cholesky(Sigma)


@FIX_SAMPLER.mistake(
    "the noise is multiplied by Σ, where a root of Σ belongs: the covariance becomes Σ Σ.", hint=1
)
def covariance_for_its_root(Z, mu, Sigma):
    return mu + Z @ Sigma


@FIX_SAMPLER.mistake("the shape is right now, but the cloud is at the origin.", hint=3)
def mean_missing(Z, mu, Sigma):
    return Z @ np.linalg.cholesky(Sigma).T


@FIX_SAMPLER.mistake("the shape is right now, but the mean went through L along with the noise.", hint=3)
def mean_mapped_too(Z, mu, Sigma):
    return (Z + mu) @ np.linalg.cholesky(Sigma).T


@FIX_SAMPLER.mistake(
    "each feature has the right spread, but the features are independent: the correlation is gone.", hint=2
)
def correlation_lost(Z, mu, Sigma):
    return mu + Z * np.sqrt(np.diag(Sigma))


@FIX_SAMPLER.mistake(
    "you divided by L: that whitens points which already have the covariance Σ. Noise is white, and needs"
    " the opposite.",
    hint=1,
)
def whitened_once_more(Z, mu, Sigma):
    return mu + np.linalg.solve(np.linalg.cholesky(Sigma), Z.T).T


@FIX_SAMPLER.right
def sampler_by_columns(Z, mu, Sigma):
    points = np.linalg.cholesky(Sigma) @ Z.T
    return points.T + mu


@FIX_SAMPLER.right
def sampler_by_cholesky(Z, mu, Sigma):
    return Z @ np.linalg.cholesky(Sigma).T + mu


@FIX_SAMPLER.right
def sampler_by_eigenvectors(Z, mu, Sigma):
    variances, U = np.linalg.eigh(Sigma)
    return mu + (Z * np.sqrt(variances)) @ U.T


@FIX_SAMPLER.right
def sampler_by_symmetric_root(Z, mu, Sigma):
    return mu + Z @ np.real(sqrtm(Sigma))


@FIX_SAMPLER.right
def sampler_in_float32(Z, mu, Sigma):
    return sampler_by_cholesky(Z.astype(np.float32), mu.astype(np.float32), Sigma.astype(np.float32))


@FIX_SAMPLER.right
def sampler_rounded(Z, mu, Sigma):
    return sampler_by_cholesky(Z, mu, Sigma).round(6)


# ── 8  A mixture of round components ─────────────────────────────────────────────────────────────────

MIXTURE_LOG_DENSITY = LESSON.task(
    "mixture_log_density",
    title="A mixture of round components · stretch",
    points=3,
    expected="array (n,): one finite number per point",
    families={"ordinary points": 2, "far points": 1},
)


@MIXTURE_LOG_DENSITY.cases
def round_mixture_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, d, far in (
        ("three components in the plane", 25, 2, 0),
        ("two components, five features", 20, 5, 0),
        ("points far from every component", 5, 3, 300),
    ):
        K = 2 if d == 5 else 3
        X = rng.normal(scale=2, size=(n, d)) + far
        pi = rng.dirichlet(np.full(K, 3.0))
        theta = pi, rng.normal(scale=2, size=(K, d)), rng.uniform(0.4, 1.8, size=K)
        yield Case(description, (X, *theta), "far points" if far else "ordinary points")


def round_log_joint(X: Array, pi: Array, mu: Array, sigma: Array, d: int | None = None) -> Array:
    """log πₖ + log N(xᵢ | μₖ, σₖ² I) : (n, K)."""
    squared = ((X[:, np.newaxis] - mu) ** 2).sum(axis=2) / sigma**2
    return np.log(pi) - 0.5 * (X.shape[1] * np.log(2 * np.pi) + squared) - (d or X.shape[1]) * np.log(sigma)


@MIXTURE_LOG_DENSITY.reference
def mixture_log_density(X: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    def joint(x: Array, k: int) -> float:
        return np.log(pi[k]) + norm.logpdf(x, mu[k], sigma[k]).sum()

    return np.array([logsumexp([joint(x, k) for k in range(len(pi))]) for x in X])


@MIXTURE_LOG_DENSITY.mistake(
    "far from every component all densities underflow to 0, and log 0 is −∞.", hint=2
)
def outside_log_space(*a):
    return np.log(np.exp(round_log_joint(*a)).sum(axis=1))


@MIXTURE_LOG_DENSITY.mistake(
    "the weights are missing: every component counts in full, and the total area is K.", hint=1
)
def weights_left_out(X, pi, mu, sigma):
    return logsumexp(round_log_joint(X, np.ones_like(pi), mu, sigma), axis=1)


@MIXTURE_LOG_DENSITY.mistake(
    "you added πₖ to a logarithm. A product becomes a sum only if both factors are logarithms.", hint=1
)
def weights_not_in_logarithms(X, pi, mu, sigma):
    return logsumexp(pi + round_log_joint(X, np.ones_like(pi), mu, sigma), axis=1)


@MIXTURE_LOG_DENSITY.mistake(
    "you add up the logarithms of the components, which multiplies their densities. A"
    " mixture adds the densities.",
    hint=2,
)
def logarithms_added_up(*a):
    return round_log_joint(*a).sum(axis=1)


@MIXTURE_LOG_DENSITY.mistake(
    "this is the weighted mean of the log densities. The logarithm of a mean is something"
    " else, and never smaller.",
    hint=2,
)
def weighted_mean_of_logarithms(X, pi, mu, sigma):
    return round_log_joint(X, np.ones_like(pi), mu, sigma) @ pi


@MIXTURE_LOG_DENSITY.mistake(
    "only the largest component counts here. The others are small, but they still add something.", hint=2
)
def largest_component_only(*a):
    return round_log_joint(*a).max(axis=1)


@MIXTURE_LOG_DENSITY.mistake(
    "this is one Gaussian with averaged parameters. A mixture averages densities, and keeps its bumps.",
    hint=2,
    name="one averaged Gaussian",
)
def one_averaged_gaussian(X: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    return round_log_joint(X, np.ones(1), (pi @ mu)[np.newaxis], np.sqrt([pi @ sigma**2]))[:, 0]


@MIXTURE_LOG_DENSITY.mistake(
    "this is the density itself. The task asks for its logarithm.", hint=2, name="a density"
)
def a_density_in_mixture_log_density(*a):
    return np.exp(mixture_log_density(*a))


@MIXTURE_LOG_DENSITY.mistake(
    "the widths are wrong: `sigma` holds standard deviations, but you use them as variances.", hint=3
)
def standard_deviation_taken_for_a_variance(X, pi, mu, sigma):
    return mixture_log_density(X, pi, mu, np.sqrt(sigma))


@MIXTURE_LOG_DENSITY.mistake(
    "every dimension contributes a factor of √(2π), but you have only one of them.",
    hint=3,
    name="dimension missing",
)
def dimension_missing_in_mixture_log_density(
    X: Array, pi: Array, mu: Array, sigma: Array, *, d: int | None = None
) -> Array:
    joint = round_log_joint(X, pi, mu, sigma, d) + 0.5 * (X.shape[1] - 1) * np.log(2 * np.pi)
    return logsumexp(joint, axis=1)


@MIXTURE_LOG_DENSITY.mistake(
    "the factor in front is that of one dimension: it does not depend on the number of features.", hint=3
)
def dimension_missing_twice(*a):
    return dimension_missing_in_mixture_log_density(*a, d=1)


@MIXTURE_LOG_DENSITY.mistake(
    "log σₖ appears only once. How many entries does the diagonal of L have?", hint=3
)
def width_counted_once(*a):
    return logsumexp(round_log_joint(*a, d=1), axis=1)


@MIXTURE_LOG_DENSITY.mistake(
    "the distance is not measured in standard deviations: `sigma` is missing in the exponent.", hint=3
)
def not_whitened(X, pi, mu, sigma):
    flat = round_log_joint(X, pi, mu, np.ones_like(sigma))
    return logsumexp(flat - X.shape[1] * np.log(sigma), axis=1)


@MIXTURE_LOG_DENSITY.mistake(
    "the log |Σ| term is missing: a wide component is as high as a narrow one.", hint=3
)
def height_of_every_component_equal(X, pi, mu, sigma):
    return logsumexp(round_log_joint(X, pi, mu, sigma) + X.shape[1] * np.log(sigma), axis=1)


@MIXTURE_LOG_DENSITY.right
def mixture_by_whitening(X, pi, mu, sigma):
    d = X.shape[1]
    whitened = (X[:, None] - mu) / sigma[:, None]
    log_joint = np.log(pi) - 0.5 * (d * np.log(2 * np.pi) + (whitened**2).sum(axis=2)) - d * np.log(sigma)
    return logsumexp(log_joint, axis=1)


@MIXTURE_LOG_DENSITY.right
def mixture_component_by_component(X, pi, mu, sigma):
    d = mu.shape[1]
    log_joint = np.empty((len(X), len(pi)))
    for k in range(len(pi)):
        squared = np.sum((X - mu[k]) ** 2, axis=1) / sigma[k] ** 2
        log_joint[:, k] = np.log(pi[k]) - 0.5 * (d * np.log(2 * np.pi * sigma[k] ** 2) + squared)
    top = log_joint.max(axis=1)
    return top + np.log(np.exp(log_joint - top[:, None]).sum(axis=1))


@MIXTURE_LOG_DENSITY.right
def mixture_by_features(X, pi, mu, sigma):
    log_densities = [norm.logpdf(X, m, s).sum(axis=1) for m, s in zip(mu, sigma)]
    return logsumexp(np.transpose(log_densities), axis=1, b=pi)


SPHERICAL = gaussians.CovarianceType.named("spherical")


@MIXTURE_LOG_DENSITY.right
def mixture_by_logaddexp(X, pi, mu, sigma):
    log_density = gaussians.log_density(X, mu, 1 / sigma, SPHERICAL)
    return np.logaddexp.reduce(np.log(pi) + log_density, axis=1)
