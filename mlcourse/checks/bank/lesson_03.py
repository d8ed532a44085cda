"""Checks for lesson 03 (Gaussians): a density, a weighted fit, shapes, distances, log densities, samples, mixtures.

Symbols: x (n,) or X (n, d) data; w (n,) weights of rows; mu (d,) mean; Sigma (d, d) covariance, Sigma = L Lᵀ;
U (d, d) eigenvectors; Z (n, d) standard normals; pi (K,), mu (K, d), sigma (K,) a mixture of round components.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp
from scipy.stats import chi2, multivariate_normal, norm

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice
from mlcourse.typing import Array

LESSON = "03_gaussians"


# ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────


def covariance(rng: np.random.Generator, d: int) -> Array:
    A = rng.normal(size=(d, d))
    return A @ A.T + 0.3 * np.eye(d)


# ── 1  A density on the line ─────────────────────────────────────────────────────────────────────────


def gaussian_pdf_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("a narrow Gaussian", (rng.normal(size=30), rng.normal(), rng.uniform(0.2, 0.5)))
    yield Case("a wide Gaussian", (rng.normal(scale=3, size=30), rng.normal(), rng.uniform(4.0, 9.0)))


def _pdf_with(
    exponent: Callable[..., Any] = lambda z: -0.5 * z**2,
    factor: Callable[..., Any] = lambda var: 1 / np.sqrt(2 * np.pi * var),
) -> Callable[..., Array]:
    """The density with another exponent, or with another factor in front."""
    return lambda x, mu, var: factor(var) * np.exp(exponent((x - mu) / np.sqrt(var)))


GAUSSIAN_PDF = Check(
    name="gaussian_pdf",
    lesson=LESSON,
    points=2,
    reference=lambda x, mu, var: np.array([norm.pdf(one, mu, var**0.5) for one in x]),
    cases=gaussian_pdf_cases,
    laws=(Law("a density is never negative.", lambda out, *_: np.min(out) >= 0),),
    expected="array (n,): one positive number per point",
    mistakes=(
        Mistake(
            "variance taken for a standard deviation",
            lambda x, mu, var: norm.pdf(x, mu, var),
            "the curve has the wrong width: `var` is a variance, but you use it as a standard deviation.",
            hint=1,
        ),
        Mistake(
            "variance taken for a standard deviation in z only",
            lambda x, mu, var: np.exp(-0.5 * ((x - mu) / var) ** 2) / np.sqrt(2 * np.pi * var),
            "the height is right, but the width is not: the exponent uses `var` as a standard deviation.",
            hint=1,
        ),
        Mistake(
            "not normalised",
            _pdf_with(factor=lambda var: 1.0),
            "the shape is right, but every curve has height 1 at its mean, so the area is not 1.",
            hint=2,
        ),
        Mistake(
            "width missing in the factor",
            _pdf_with(factor=lambda var: 1 / np.sqrt(2 * np.pi)),
            "every curve has the same height, however wide it is. A wide one must be lower to keep its area at 1.",
            hint=2,
        ),
        Mistake(
            "root missing in the factor",
            _pdf_with(factor=lambda var: 1 / (2 * np.pi * var)),
            "a root is missing in the factor in front, so the area is not 1.",
            hint=2,
        ),
        Mistake(
            "multiplied after a division",
            _pdf_with(factor=lambda var: 1 / np.sqrt(2 * np.pi) * np.sqrt(var)),
            "wide curves come out higher than narrow ones. Python reads `a / b * c` as (a / b) · c: are your"
            " parentheses where you want them?",
            hint=2,
        ),
        Mistake(
            "square missing",
            _pdf_with(exponent=lambda z: -0.5 * z),
            "the curve falls on one side and rises on the other: z is not squared.",
            hint=3,
        ),
        Mistake(
            "minus missing",
            _pdf_with(exponent=lambda z: 0.5 * z**2),
            "the density grows with the distance from the mean: look at the sign in the exponent.",
            hint=3,
        ),
        Mistake(
            "half missing",
            _pdf_with(exponent=lambda z: -(z**2)),
            "the curve falls too fast: a factor is missing in the exponent.",
            hint=3,
        ),
        Mistake(
            "log density",
            lambda x, mu, var: norm.logpdf(x, mu, np.sqrt(var)),
            "this is the logarithm of the density. The task asks for the density itself.",
            hint=3,
        ),
    ),
)


# ── 2  A weighted fit ────────────────────────────────────────────────────────────────────────────────


def fit_gaussian_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, d in (("every weight is 1", 30, 2), ("unequal weights, three features", 40, 3)):
        X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(scale=3, size=d)
        yield Case(description, (X, np.ones(n) if d == 2 else rng.uniform(0, 3, size=n)))


def weighted_mean(X: Array, w: Array) -> Array:
    return sum(w_i * x for w_i, x in zip(w, X)) / sum(w)


def weighted_scatter(X: Array, w: Array, mu: Array) -> Array:
    return sum(w_i * np.outer(x - mu, x - mu) for w_i, x in zip(w, X))


def fit_gaussian(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, w, mu) / sum(w)


def _divided_by_n(X: Array, w: Array) -> tuple[Array, Array]:
    mu = w @ X / len(X)
    return mu, weighted_scatter(X, w, mu) / len(X)


def _covariance_divided_by_n(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, w, mu) / len(X)


def _sample_covariance(X: Array, w: Array) -> tuple[Array, Array]:
    mu, Sigma = fit_gaussian(X, w)
    return mu, Sigma * w.sum() / (w.sum() - 1)


def _weights_in_the_mean_only(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, np.ones(len(X)), mu) / len(X)


def _weights_in_the_covariance_only(X: Array, w: Array) -> tuple[Array, Array]:
    mu = X.mean(axis=0)
    return mu, weighted_scatter(X, w, mu) / w.sum()


def _not_centred(X: Array, w: Array) -> tuple[Array, Array]:
    return weighted_mean(X, w), weighted_scatter(X, w, np.zeros(X.shape[1])) / w.sum()


def _rows_for_columns(X: Array, w: Array) -> tuple[Array, Array]:
    D = np.sqrt(w)[:, np.newaxis] * (X - weighted_mean(X, w))
    return weighted_mean(X, w), D @ D.T / w.sum()


def _about_the_plain_mean(X: Array, w: Array) -> tuple[Array, Array]:
    return weighted_mean(X, w), weighted_scatter(X, w, X.mean(axis=0)) / w.sum()


def _weights_twice(X: Array, w: Array) -> tuple[Array, Array]:
    mu = weighted_mean(X, w)
    return mu, weighted_scatter(X, w**2, mu) / w.sum()


def _variances_only(X: Array, w: Array) -> tuple[Array, Array]:
    mu, Sigma = fit_gaussian(X, w)
    return mu, np.diag(np.diag(Sigma))


FIT_GAUSSIAN = Check(
    name="fit_gaussian",
    lesson=LESSON,
    points=3,
    reference=fit_gaussian,
    cases=fit_gaussian_cases,
    laws=(Law("a covariance matrix is symmetric.", lambda out, *_: np.allclose(out[1], out[1].T)),),
    expected="(mu of shape (d,), Sigma of shape (d, d))",
    mistakes=(
        Mistake(
            "weights ignored",
            lambda X, w: fit_gaussian(X, np.ones(len(X))),
            "every row counts the same: the weights are not used.",
            hint=1,
        ),
        Mistake(
            "divided by n",
            _divided_by_n,
            "you divide by the number of rows. A row of weight 2 counts as two: how many rows are there in effect?",
            hint=1,
        ),
        Mistake(
            "covariance divided by n",
            _covariance_divided_by_n,
            "the mean is right. The covariance is divided by the number of rows, but the mean was not.",
            hint=2,
        ),
        Mistake(
            "weights in the mean only",
            _weights_in_the_mean_only,
            "the mean is right. In the covariance every row counts the same: the weights are missing there.",
            hint=3,
        ),
        Mistake(
            "weights in the covariance only",
            _weights_in_the_covariance_only,
            "the mean is the plain mean of the rows: only the covariance uses the weights.",
            hint=1,
        ),
        Mistake(
            "np.cov with its defaults",
            lambda X, w: (weighted_mean(X, w), np.cov(X.T, aweights=w)),
            "the mean is right. By default, `np.cov` takes something off the number that it divides by.",
            hint=2,
        ),
        Mistake(
            "divided by one less",
            _sample_covariance,
            "the covariance has the −1 in its denominator that makes it unbiased. Maximum"
            " likelihood has another one.",
            hint=2,
        ),
        Mistake(
            "not centred",
            _not_centred,
            "the covariance is too large: you averaged x xᵀ without subtracting the mean first.",
            hint=2,
        ),
        Mistake(
            "rows and columns exchanged",
            _rows_for_columns,
            "the covariance has one row per *point*. It should have one per *feature*.",
            hint=3,
        ),
        Mistake(
            "about the unweighted mean",
            _about_the_plain_mean,
            "the deviations are taken from the plain mean of the rows, not from the mean that you return.",
            hint=2,
        ),
        Mistake(
            "weights enter twice",
            _weights_twice,
            "the covariance uses the weights squared. Only one of the two deviations should carry them.",
            hint=3,
        ),
        Mistake(
            "covariances lost",
            _variances_only,
            "only the variances are there. The entries off the diagonal should say how two features vary together.",
            hint=3,
        ),
    ),
)


# ── 3  Read a picture ────────────────────────────────────────────────────────────────────────────────

WHICH_ELLIPSE = choice(
    "which_ellipse",
    LESSON,
    1,
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


# ── 4  A covariance from its axes ────────────────────────────────────────────────────────────────────


def axes_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("no rotation", (np.array([2.0, 0.5]), 0.0))
    yield Case("rotated to the left", (rng.uniform([2, 0.3], [3, 1.5]), rng.uniform(15, 75)))
    yield Case("rotated to the right", (rng.uniform([2, 0.3], [3, 1.5]), -rng.uniform(15, 75)))


def rotation(radians: float) -> Array:
    return np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])


def _with_the_product(
    product: Callable[..., Array], U: Callable[..., Array] = rotation
) -> Callable[..., Array]:
    """The covariance with another `product` of U and Λ, or with another U."""
    return lambda stds, angle: product(U(np.deg2rad(angle)), np.diag(stds**2))


def covariance_from_axes(stds: Array, angle: float) -> Array:
    U = rotation(np.deg2rad(angle))
    return sum(std**2 * np.outer(u, u) for std, u in zip(stds, U.T))


COVARIANCE_FROM_AXES = Check(
    name="covariance_from_axes",
    lesson=LESSON,
    points=2,
    reference=covariance_from_axes,
    cases=axes_cases,
    laws=(
        Law("a covariance matrix is symmetric.", lambda out, *_: np.allclose(out, out.T)),
        Law(
            "rotating an ellipse does not change its total variance: the trace is the sum of the two variances.",
            lambda out, stds, angle: np.isclose(np.trace(out), np.sum(stds**2)),
        ),
    ),
    expected="array (2, 2), symmetric",
    mistakes=(
        Mistake(
            "degrees taken for radians",
            lambda stds, angle: covariance_from_axes(stds, np.rad2deg(angle)),
            "the ellipse points in the wrong direction: the angle is in degrees, but `np.cos` takes radians.",
            hint=1,
        ),
        Mistake(
            "standard deviations for variances",
            lambda stds, angle: covariance_from_axes(np.sqrt(stds), angle),
            "the direction is right, but the size is not: an eigenvalue is a variance.",
            hint=2,
        ),
        Mistake(
            "rotated the wrong way",
            lambda stds, angle: covariance_from_axes(stds, -angle),
            "the ellipse is rotated by the same angle to the other side: the two directions should be"
            " the *columns* of your U.",
            hint=3,
        ),
        Mistake(
            "rotation lost",
            lambda stds, angle: np.diag(stds**2),
            "the result does not depend on the angle. Perhaps you rotate first and stretch afterwards: a circle"
            " looks the same after a rotation.",
            hint=2,
        ),
        Mistake(
            "multiplied on one side only",
            _with_the_product(lambda U, Lambda: U @ Lambda),
            "the matrix is not symmetric: U is on only one side of the eigenvalues.",
            hint=2,
        ),
        Mistake(
            "multiplied entry by entry",
            _with_the_product(lambda U, Lambda: U * Lambda * U.T),
            "the covariance is always 0: `*` multiplies entry by entry. The matrix product has another operator.",
            hint=2,
        ),
        Mistake(
            "not transposed",
            _with_the_product(lambda U, Lambda: U @ Lambda @ U),
            "the same U is on both sides. Look at the lecture's formula: what is different on the right?",
            hint=2,
        ),
        Mistake(
            "second axis with the wrong sign",
            _with_the_product(
                lambda U, Lambda: U @ Lambda @ U.T, U=lambda a: rotation(a) * [[1, -1], [1, 1]]
            ),
            "your two directions are not at a right angle: one sign in the second column of U is wrong.",
            hint=3,
        ),
        Mistake(
            "a root returned",
            _with_the_product(lambda U, Lambda: U @ np.sqrt(Lambda)),
            "these are the two half-axes as columns: a square root of Σ, not Σ itself.",
            hint=2,
        ),
        Mistake(
            "widths exchanged",
            lambda stds, angle: covariance_from_axes(stds[::-1], angle),
            "the two widths are swapped: the first one belongs to the direction that `angle` gives.",
            hint=3,
        ),
    ),
)


# ── 5  How much is inside ────────────────────────────────────────────────────────────────────────────


def share_cases(rng: np.random.Generator) -> Iterator[Case]:
    for d in (1, 2, 10):
        yield Case(f"d = {d}", (np.sort(rng.uniform(0.5, 4, size=6)), d))


SHARE_INSIDE = Check(
    name="share_inside",
    lesson=LESSON,
    points=2,
    reference=lambda r, d: np.array([chi2(d).cdf(one * one) for one in r]),
    cases=share_cases,
    laws=(Law("a share is between 0 and 1.", lambda out, *_: 0 <= np.min(out) <= np.max(out) <= 1),),
    expected="array (m,): one share between 0 and 1 for each r",
    mistakes=(
        Mistake(
            "one dimension for all",
            lambda r, d: chi2.cdf(r**2, 1),
            "these are the shares in one dimension, whatever d is: 68 % within one sigma, and so on.",
            hint=1,
        ),
        Mistake(
            "not squared",
            lambda r, d: chi2.cdf(r, d),
            "χ² is the distribution of the *squared* distance, but you gave it r.",
            hint=2,
        ),
        Mistake(
            "outside",
            lambda r, d: chi2.sf(r**2, d),
            "these are the shares outside, not inside.",
            hint=2,
        ),
        Mistake(
            "a box",
            lambda r, d: (norm.cdf(r) - norm.cdf(-r)) ** d,
            "this is the share inside a box, where each coordinate is within r on its own."
            " An ellipse has no corners.",
            hint=1,
        ),
        Mistake(
            "one tail counted as inside",
            lambda r, d: norm.cdf(r),
            "this is the share below r in one dimension. It includes all of the left tail.",
            hint=1,
        ),
        Mistake(
            "per cent",
            lambda r, d: 100 * chi2.cdf(r**2, d),
            "these are percentages. A share is a fraction of 1.",
            hint=2,
        ),
        Mistake(
            "density of chi-squared",
            lambda r, d: chi2.pdf(r**2, d),
            "this is the density of χ² at r². A share is an area under it: everything below r².",
            hint=2,
        ),
        Mistake(
            "one degree of freedom too few",
            lambda r, d: chi2.cdf(r**2, d - 1),
            "there is one degree of freedom too few. None has been used up, because the mean is known.",
            hint=2,
        ),
    ),
)


# ── 6  The log density ───────────────────────────────────────────────────────────────────────────────


def log_density_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("points in the plane", (rng.normal(size=(20, 2)), rng.normal(size=2), covariance(rng, 2)))
    yield Case("five features", (rng.normal(size=(20, 5)), rng.normal(size=5), covariance(rng, 5)))
    far = 200 * rng.normal(size=(5, 3)) + 500
    yield Case("far from the mean", (far, rng.normal(size=3), covariance(rng, 3)))
    X = 0.01 * rng.normal(size=(6, 200))
    yield Case("two hundred narrow features", (X, np.zeros(200), 1e-4 * (np.eye(200) + 0.1)))


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


LOG_DENSITY = Check(
    name="log_density",
    lesson=LESSON,
    points=4,
    reference=lambda X, mu, Sigma: np.array([multivariate_normal(mu, Sigma).logpdf(x) for x in X]),
    cases=log_density_cases,
    expected="array (n,): one finite number per point",
    mistakes=(
        Mistake(
            "wrong triangle",
            _log_density_with(lower=False),
            "all correlations are lost: the solver read the empty triangle of L.",
            hint=1,
        ),
        Mistake(
            "half missing",
            _log_density_with(half=1.0),
            "points far from the mean are penalised twice as much as they should be: a factor"
            " in front of Δ² is missing.",
            hint=2,
        ),
        Mistake(
            "sign of the determinant",
            _log_density_with(log_det=lambda L: -np.log(np.diag(L)).sum()),
            "wide Gaussians come out higher than narrow ones: look at the sign of the log |Σ| term.",
            hint=3,
        ),
        Mistake(
            "log determinant counted twice",
            _log_density_with(log_det=lambda L: 2 * np.log(np.diag(L)).sum()),
            "log |Σ| enters in full, but only half of it belongs there.",
            hint=3,
        ),
        Mistake(
            "log determinant halved twice",
            _log_density_with(log_det=lambda L: 0.5 * np.log(np.diag(L)).sum()),
            "half of the sum over the diagonal of L is a quarter of log |Σ|: you took the half twice.",
            hint=3,
        ),
        Mistake(
            "log determinant missing",
            _log_density_with(log_det=lambda L: 0.0),
            "wide and narrow Gaussians get the same height: the log |Σ| term is missing.",
            hint=3,
        ),
        Mistake(
            "logarithm of all of L",
            _log_density_with(log_det=lambda L: np.log(L).sum()),
            "you took the logarithm of every entry of L, including the zeros in its upper triangle. The"
            " determinant needs only the diagonal.",
            hint=3,
        ),
        Mistake(
            "mean not subtracted",
            lambda X, mu, Sigma: _log_density_with()(X, np.zeros_like(mu), Sigma),
            "the distances are measured from the origin: `mu` is not used.",
            hint=1,
        ),
        Mistake(
            "a density",
            lambda X, mu, Sigma: np.exp(_log_density_with()(X, mu, Sigma)),
            "this is the density itself. The task asks for its logarithm.",
            hint=3,
        ),
        Mistake(
            "dimension missing",
            _log_density_with(d=1),
            "every dimension contributes a factor of √(2π), but you have only one of them.",
            hint=3,
        ),
        Mistake(
            "summed before it is squared",
            _log_density_with(squared=lambda Y: Y.sum(axis=0) ** 2),
            "the coordinates of y are added up before they are squared, so they can cancel one another.",
            hint=2,
        ),
        Mistake(
            "distance not squared",
            _log_density_with(squared=lambda Y: np.linalg.norm(Y, axis=0)),
            "this uses Δ where Δ² belongs.",
            hint=2,
        ),
        Mistake(
            "determinant outside log space",
            lambda X, mu, Sigma: _log_density_with(log_det=lambda L: 0.5 * np.log(np.linalg.det(Sigma)))(
                X, mu, Sigma
            ),
            "with many narrow features the determinant underflows to 0, and its logarithm is −∞.",
            hint=3,
        ),
        Mistake(
            "logarithm of a density",
            lambda X, mu, Sigma: np.log(multivariate_normal(mu, Sigma).pdf(X)),
            "far from the mean the density underflows to 0 before you take its logarithm. Stay"
            " in log space all the way.",
            hint=3,
        ),
    ),
)


# ── 7  Find the bug in a sampler ─────────────────────────────────────────────────────────────────────


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


def is_a_map_of_the_noise(output: Any, Z: Array, mu: Array, Sigma: Array) -> bool:
    """Whether output = a + Z B. B may be any root of Σ, not only Cholesky's; the laws check a and Bᵀ B."""
    a, B = mean_and_map(output, Z)
    return close(a + Z @ B, output)


FIX_SAMPLER = Check(
    name="fix_sampler",
    lesson=LESSON,
    points=3,
    reference=lambda Z, mu, Sigma: np.array([mu + np.linalg.cholesky(Sigma) @ z for z in Z]),
    cases=sampler_cases,
    laws=(
        Law(
            "where the noise is 0, the point is the mean.",
            lambda out, Z, mu, Sigma: close(mean_and_map(out, Z)[0], mu),
        ),
        Law(
            "the covariance of the points is Sigma.",
            lambda out, Z, mu, Sigma: close((B := mean_and_map(out, Z)[1]).T @ B, Sigma),
        ),
    ),
    accepts=is_a_map_of_the_noise,
    expected="array (n, d): mu plus a linear map of each row of Z, with the covariance Sigma",
    mistakes=(
        Mistake(
            "the planted bug",
            lambda Z, mu, Sigma: mu + Z @ np.linalg.cholesky(Sigma),
            "the bug is still there.",
            planted=True,
        ),
        Mistake(
            "covariance for its root",
            lambda Z, mu, Sigma: mu + Z @ Sigma,
            "the noise is multiplied by Σ, where a root of Σ belongs: the covariance becomes Σ Σ.",
            hint=1,
        ),
        Mistake(
            "mean missing",
            lambda Z, mu, Sigma: Z @ np.linalg.cholesky(Sigma).T,
            "the shape is right now, but the cloud is at the origin.",
            hint=3,
        ),
        Mistake(
            "mean mapped too",
            lambda Z, mu, Sigma: (Z + mu) @ np.linalg.cholesky(Sigma).T,
            "the shape is right now, but the mean went through L along with the noise.",
            hint=3,
        ),
        Mistake(
            "correlation lost",
            lambda Z, mu, Sigma: mu + Z * np.sqrt(np.diag(Sigma)),
            "each feature has the right spread, but the features are independent: the correlation is gone.",
            hint=2,
        ),
    ),
)


# ── 8  A mixture of round components ─────────────────────────────────────────────────────────────────


def round_mixture_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, d, far in (
        ("three components in the plane", 25, 2, 0),
        ("two components, five features", 20, 5, 0),
        ("points far from every component", 5, 3, 300),
    ):
        K = 2 if d == 5 else 3
        X = rng.normal(scale=2, size=(n, d)) + far
        pi = rng.dirichlet(np.full(K, 3.0))
        yield Case(description, (X, pi, rng.normal(scale=2, size=(K, d)), rng.uniform(0.4, 1.8, size=K)))


def round_log_joint(X: Array, pi: Array, mu: Array, sigma: Array, d: int | None = None) -> Array:
    """log πₖ + log N(xᵢ | μₖ, σₖ² I) : (n, K)."""
    squared = ((X[:, np.newaxis] - mu) ** 2).sum(axis=2) / sigma**2
    return np.log(pi) - 0.5 * (X.shape[1] * np.log(2 * np.pi) + squared) - (d or X.shape[1]) * np.log(sigma)


def _dimension_missing(X: Array, pi: Array, mu: Array, sigma: Array, *, d: int | None = None) -> Array:
    joint = round_log_joint(X, pi, mu, sigma, d) + 0.5 * (X.shape[1] - 1) * np.log(2 * np.pi)
    return logsumexp(joint, axis=1)


def mixture_log_density(X: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    def joint(x: Array, k: int) -> float:
        return np.log(pi[k]) + norm.logpdf(x, mu[k], sigma[k]).sum()

    return np.array([logsumexp([joint(x, k) for k in range(len(pi))]) for x in X])


def _one_averaged_gaussian(X: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    return round_log_joint(X, np.ones(1), (pi @ mu)[np.newaxis], np.sqrt([pi @ sigma**2]))[:, 0]


MIXTURE_LOG_DENSITY = Check(
    name="mixture_log_density",
    lesson=LESSON,
    points=3,
    reference=mixture_log_density,
    cases=round_mixture_cases,
    expected="array (n,): one finite number per point",
    mistakes=(
        Mistake(
            "outside log space",
            lambda *a: np.log(np.exp(round_log_joint(*a)).sum(axis=1)),
            "far from every component all densities underflow to 0, and log 0 is −∞.",
            hint=2,
        ),
        Mistake(
            "weights left out",
            lambda X, pi, mu, sigma: logsumexp(round_log_joint(X, np.ones_like(pi), mu, sigma), axis=1),
            "the weights are missing: every component counts in full, and the total area is K.",
            hint=1,
        ),
        Mistake(
            "weights not in logarithms",
            lambda X, pi, mu, sigma: logsumexp(pi + round_log_joint(X, np.ones_like(pi), mu, sigma), axis=1),
            "you added πₖ to a logarithm. A product becomes a sum only if *both* factors are logarithms.",
            hint=1,
        ),
        Mistake(
            "logarithms added up",
            lambda *a: round_log_joint(*a).sum(axis=1),
            "you add up the logarithms of the components, which multiplies their densities. A"
            " mixture adds the densities.",
            hint=2,
        ),
        Mistake(
            "weighted mean of logarithms",
            lambda X, pi, mu, sigma: round_log_joint(X, np.ones_like(pi), mu, sigma) @ pi,
            "this is the weighted mean of the log densities. The logarithm of a mean is something"
            " else, and never smaller.",
            hint=2,
        ),
        Mistake(
            "largest component only",
            lambda *a: round_log_joint(*a).max(axis=1),
            "only the largest component counts here. The others are small, but they still add something.",
            hint=2,
        ),
        Mistake(
            "one averaged Gaussian",
            _one_averaged_gaussian,
            "this is one Gaussian with averaged parameters. A mixture averages *densities*, and keeps its bumps.",
            hint=2,
        ),
        Mistake(
            "a density",
            lambda *a: np.exp(mixture_log_density(*a)),
            "this is the density itself. The task asks for its logarithm.",
            hint=2,
        ),
        Mistake(
            "standard deviation taken for a variance",
            lambda X, pi, mu, sigma: mixture_log_density(X, pi, mu, np.sqrt(sigma)),
            "the widths are wrong: `sigma` holds standard deviations, but you use them as variances.",
            hint=3,
        ),
        Mistake(
            "dimension missing",
            _dimension_missing,
            "every dimension contributes a factor of √(2π), but you have only one of them.",
            hint=3,
        ),
        Mistake(
            "dimension missing twice",
            lambda *a: _dimension_missing(*a, d=1),
            "the factor in front is that of one dimension: it does not depend on the number of features.",
            hint=3,
        ),
        Mistake(
            "width counted once",
            lambda *a: logsumexp(round_log_joint(*a, d=1), axis=1),  # type: ignore[misc]  # the star brings the others
            "log σₖ appears only once. How many entries does the diagonal of L have?",
            hint=3,
        ),
    ),
)


CHECKS = (
    GAUSSIAN_PDF,
    FIT_GAUSSIAN,
    WHICH_ELLIPSE,
    COVARIANCE_FROM_AXES,
    SHARE_INSIDE,
    LOG_DENSITY,
    FIX_SAMPLER,
    MIXTURE_LOG_DENSITY,
)
