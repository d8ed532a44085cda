"""Checks for lesson 11, PCA and digits: the SVD, how many axes, whitening, counting, units, choosing, copies.

Symbols: X (n, d) data; mean (d,); axes (q, d) principal axes, one per row; variances (q,) along them; Z (n, q)
whitened amounts, and `back` (n, d) the rows rebuilt from them; m the strength of a covariance prior.
"""

from collections.abc import Callable, Iterator
from functools import cache
from math import dist
from typing import Any

import numpy as np
import sklearn.decomposition
from scipy.spatial.distance import cdist
from sklearn.model_selection import train_test_split

import mlcourse
from mlcourse.checks.task import Case, Lesson
from mlcourse.datasets import load_digits
from mlcourse.evaluation import memorised_share, nearest_rows
from mlcourse.mixture import GaussianMixture
from mlcourse.pca import PCA
from mlcourse.typing import Array

LESSON = Lesson("11_pca_digits")


def correlated(rng: np.random.Generator, n: int, d: int) -> Array:
    """Rows (n, d) with a different spread in each direction and a mean that is not zero."""
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    spread = 2.0 * 0.7 ** np.arange(d)
    return rng.normal(size=(n, d)) * spread @ rotation + rng.uniform(1, 3, size=d)


# ── 1  PCA by singular values ────────────────────────────────────────────────────────────────────────

PCA_BY_SVD = LESSON.task(
    "pca_by_svd",
    title="PCA in a few lines",
    points=3,
    expected="(mean of shape (d,), axes of shape (q, d), one per row, variances of shape (q,), largest first)",
    parts=("the mean", "the axes", "the variances"),
)


@PCA_BY_SVD.cases
def pca_cases(rng: np.random.Generator) -> Iterator[Case]:
    n, d = int(rng.integers(30, 45)), int(rng.integers(5, 8))
    yield Case(f"{n} rows, {d} features, two axes", (correlated(rng, n, d), 2))
    yield Case(f"{n} rows, {d} features, all axes but one", (correlated(rng, n, d), d - 1))


@PCA_BY_SVD.reference
def pca_by_svd(X: Array, q: int) -> tuple[Array, Array, Array]:
    variances, vectors = np.linalg.eigh(np.cov(X.T))
    return X.mean(axis=0), vectors.T[::-1][:q], variances[::-1][:q]


@PCA_BY_SVD.canonical
def with_fixed_signs(output: Any) -> Any:
    """Flip axes so that their largest entry is positive: the sign of an axis is arbitrary."""
    if not (
        isinstance(output, tuple) and len(output) == 3 and np.ndim(output[1]) == 2 and np.size(output[1])
    ):
        return output
    axes = np.asarray(output[1])
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return output[0], axes * np.where(largest < 0, -1, 1)[:, np.newaxis], output[2]


def _svd(
    X: Array,
    q: int,
    *,
    center: bool = True,
    axes: Callable[..., Any] = lambda Vt, q: Vt[:q],
    variances: Callable[..., Any] = lambda s, n: s**2 / (n - 1),
) -> tuple[Array, Array, Array]:
    """PCA with one step done differently."""
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean if center else X, full_matrices=False)
    return mean, axes(Vt, q), variances(s, len(X))[:q]


@PCA_BY_SVD.law("the axes must have length 1 and be at right angles, so that axes @ axes.T is the identity.")
def orthonormal(out, X, q):
    return np.allclose(out[1] @ out[1].T, np.eye(q), atol=1e-5)


@PCA_BY_SVD.law("the variance along an axis must be the variance of the centred data projected onto it.")
def variance_along_each_axis(out, X, q):
    return np.allclose(((X - X.mean(axis=0)) @ out[1].T).var(axis=0, ddof=1), out[2])


@PCA_BY_SVD.mistake(
    "you decomposed X as it came. Its first axis points from zero to the mean, not to where the rows differ.",
    hint=1,
)
def not_centred(X, q):
    return _svd(X, q, center=False)


@PCA_BY_SVD.mistake(
    "you subtracted one number from all features. The mean of the rows has one entry per feature.", hint=1
)
def one_mean_for_all_features(X: Array, q: int) -> tuple[float, Array, Array]:
    _, axes, variances = _svd(X - X.mean(), q, center=False)
    return X.mean(), axes, variances


@PCA_BY_SVD.mistake(
    "the axes are right. The variances are slightly too small: you divided by the number of rows, but"
    " the lecture's formula divides by another number.",
    hint=2,
)
def divided_by_n(X, q):
    return _svd(X, q, variances=lambda s, n: s**2 / n)


@PCA_BY_SVD.mistake(
    "the axes are right. The squared singular values are sums over the rows, but a variance is a mean.",
    hint=2,
)
def not_divided_at_all(X, q):
    return _svd(X, q, variances=lambda s, n: s**2)


@PCA_BY_SVD.mistake(
    "the axes are right, but in place of the variances you returned the singular values.", hint=2
)
def singular_values_unchanged(X, q):
    return _svd(X, q, variances=lambda s, n: s)


@PCA_BY_SVD.mistake(
    "the axes are right. You divided the singular values but did not square them. A"
    " variance has squared units.",
    hint=2,
)
def singular_values_not_squared(X, q):
    return _svd(X, q, variances=lambda s, n: s / (n - 1))


@PCA_BY_SVD.mistake(
    "the axes are right, but in place of the variances you returned their square roots.", hint=2
)
def standard_deviations(X, q):
    return _svd(X, q, variances=lambda s, n: s / np.sqrt(n - 1))


@PCA_BY_SVD.mistake(
    "the axes are right, but in place of the variances you returned shares of the total, which have no unit.",
    hint=2,
)
def shares_of_the_variance(X, q):
    return _svd(X, q, variances=lambda s, n: s**2 / np.sum(s**2))


@PCA_BY_SVD.mistake(
    "you took the axes from the columns of the third factor. NumPy returns this factor already transposed.",
    hint=3,
)
def columns_of_the_third_factor(X, q):
    return _svd(X, q, axes=lambda Vt, q: Vt[:, :q].T)


@PCA_BY_SVD.mistake(
    "the axes are right, but they are in the columns. The task asks for one axis per row.", hint=3
)
def axes_as_columns(X, q):
    return _svd(X, q, axes=lambda Vt, q: Vt[:q].T)


@PCA_BY_SVD.mistake(
    "these are the axes along which the data vary least. NumPy sorts singular values in descending order.",
    hint=3,
)
def the_last_axes(X: Array, q: int) -> tuple[Array, Array, Array]:
    mean, axes, variances = _svd(X, X.shape[1])
    return mean, axes[-q:], variances[-q:]


@PCA_BY_SVD.right
def pca_by_svd_of_the_data(X, q):
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    return mean, -Vt[:q], s[:q] ** 2 / (len(X) - 1)


@PCA_BY_SVD.right
def pca_step_by_step(X, q):
    center = np.mean(X, axis=0)
    centred = X - center
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    variances = singular**2 / (len(X) - 1)
    return center, directions[:q, :], variances[:q]


@PCA_BY_SVD.right
def pca_by_the_package(X, q):
    pca = mlcourse.PCA(q).fit(X)
    return pca.mean_, pca.components_, pca.explained_variance_


@PCA_BY_SVD.right
def pca_by_scikit_learn(X, q):
    pca = sklearn.decomposition.PCA(q).fit(X)
    return pca.mean_, pca.components_, pca.explained_variance_


# ── 2  How many axes? ────────────────────────────────────────────────────────────────────────────────

AXES_TO_KEEP = LESSON.task(
    "axes_to_keep", title="How many axes?", points=2, expected="one whole number, from 1 to d"
)


@AXES_TO_KEEP.cases
def axes_cases(rng: np.random.Generator) -> Iterator[Case]:
    for share in (0.5, 0.8, 0.9, 0.95, 0.99):
        d = int(rng.integers(30, 60))
        variances = np.sort(rng.exponential(50 * 0.9 ** np.arange(d)))[::-1]
        yield Case(f"{d} variances, share {share}", (variances, share))
    # Multiples of a power of two: running sums and shares are exact, however they are computed.
    d = int(rng.integers(6, 10))
    parts = np.sort(1.0 + rng.multinomial(64 - d, np.full(d, 1 / d)))[::-1]
    share = parts[: rng.integers(2, d - 2)].sum() / 64
    yield Case("a share that is reached exactly", (parts * 2.0 ** rng.integers(-6, 6), float(share)))


@AXES_TO_KEEP.reference
def axes_to_keep(variances: Array, share: float) -> int:
    kept = 0.0
    for q, variance in enumerate(variances, start=1):
        kept += variance / np.sum(variances)
        if kept >= share:
            return q
    return len(variances)


@AXES_TO_KEEP.mistake(
    "one axis too few every time: the index of the axis that reaches the share, counted from 0, is not"
    " the number of axes up to it.",
    hint=2,
)
def counted_from_zero(variances, share):
    return axes_to_keep(variances, share) - 1


@AXES_TO_KEEP.mistake("one axis too many every time: the share was reached one axis earlier.", hint=2)
def one_too_many(variances, share):
    return axes_to_keep(variances, share) + 1


@AXES_TO_KEEP.mistake(
    "where the first axes hold exactly that share, you take another one. Read once more what the task says"
    " about the share.",
    hint=None,
)
def exactly_the_share_is_not_enough(variances, share):
    return int(np.argmax(np.cumsum(variances) > share * np.sum(variances))) + 1


@AXES_TO_KEEP.mistake("you compared variances with a share. What part of the total is each of them?", hint=1)
def not_divided_by_the_total(variances, share):
    return int(np.argmax(np.cumsum(variances) >= share)) + 1


@AXES_TO_KEEP.mistake(
    "these are shares of the sum of the standard deviations. Along orthogonal axes it is"
    " the variances that add up.",
    hint=1,
)
def shares_of_standard_deviations(variances, share):
    return axes_to_keep(np.sqrt(variances), share)


@AXES_TO_KEEP.mistake(
    "you squared the variances before you added them up. Only singular values have to be squared.", hint=1
)
def shares_of_squared_variances(variances, share):
    return axes_to_keep(np.square(variances), share)


@AXES_TO_KEEP.mistake("this counts all axes at which the share has been reached, up to the last one.", hint=2)
def the_axes_from_that_one_on(variances, share):
    return int(np.sum(np.cumsum(variances) / np.sum(variances) >= share))


@AXES_TO_KEEP.mistake(
    "you judged each axis on its own. The question is how much the first q axes hold together.", hint=1
)
def each_axis_on_its_own(variances, share):
    return int(np.sum(variances / variances.sum() >= 1 - share))


@AXES_TO_KEEP.mistake("you added up the variances starting from the smallest.", hint=2)
def smallest_first(variances, share):
    return axes_to_keep(variances[::-1], share)


@AXES_TO_KEEP.mistake("this is a share of the number of axes, whatever their variances.", hint=1)
def share_of_the_number_of_axes(variances, share):
    return int(np.ceil(share * len(variances)))


@AXES_TO_KEEP.right
def axes_by_searching(variances, share):
    return np.searchsorted(np.cumsum(variances / variances.sum()), share) + 1


@AXES_TO_KEEP.right
def axes_by_counting(variances, share):
    return np.sum(np.cumsum(variances) < share * variances.sum()) + 1


@AXES_TO_KEEP.right
def axes_as_a_float(variances, share):
    return float(axes_by_counting(variances, share))


# ── 3  Find the bug: a round trip that looks perfect ─────────────────────────────────────────────────

FIX_WHITENING = LESSON.task(
    "fix_whitening",
    title="Find the bug",
    points=3,
    expected="(Z of shape (n, q), back of shape (n, d)); if the PCA was fitted to X, each column of Z has variance 1",
    parts=("the whitened amounts", "the rebuilt rows"),
)


@FIX_WHITENING.cases
def whitening_cases(rng: np.random.Generator) -> Iterator[Case]:
    d = int(rng.integers(5, 8))
    X = correlated(rng, 60, d)
    yield Case("the rows that the PCA was fitted to, two axes kept", (X, *pca_by_svd(X, 2)))
    yield Case("the same rows, all axes kept", (X, *pca_by_svd(X, d)))
    new = correlated(rng, 8, d)
    yield Case("eight new rows, three axes kept", (new, *pca_by_svd(X, 3)))


@FIX_WHITENING.reference
def whiten_and_back(X: Array, mean: Array, axes: Array, variances: Array) -> tuple[Array, Array]:
    Z = np.array([[(x - mean) @ v / s2**0.5 for v, s2 in zip(axes, variances)] for x in X])
    back = [mean + sum(z_j * s2**0.5 * v for z_j, v, s2 in zip(z, axes, variances)) for z in Z]
    return Z, np.array(back)


def _round_trip(
    there: float = 0.5, back: float = 0.5, center: bool = True
) -> Callable[..., tuple[Array, Array]]:
    """Make a round trip with other powers of the variances there and back, or without the mean."""

    def round_trip(X: Array, mean: Array, axes: Array, variances: Array) -> tuple[Array, Array]:
        origin = mean if center else 0
        Z = (X - origin) @ axes.T / variances**there
        return Z, (Z * variances**back) @ axes + origin

    return round_trip


@FIX_WHITENING.mistake("the bug is still there.", planted=True)
def the_planted_bug(X, mean, axes, variances):
    return _round_trip(1, 1)(X, mean, axes, variances)


@FIX_WHITENING.mistake(
    "the way there is right now. But the way back still undoes the old version of it.", hint=2
)
def only_the_way_there_fixed(X, mean, axes, variances):
    return _round_trip(0.5, 1)(X, mean, axes, variances)


@FIX_WHITENING.mistake(
    "the way back is right. But on the way there the amounts still come out with the wrong spread.", hint=1
)
def only_the_way_back_fixed(X, mean, axes, variances):
    return _round_trip(1, 0.5)(X, mean, axes, variances)


@FIX_WHITENING.mistake(
    "the wide axes became even wider. What turns a large spread into a spread of 1?", hint=1
)
def multiplied_instead_of_divided(X, mean, axes, variances):
    return _round_trip(-0.5, -0.5)(X, mean, axes, variances)


@FIX_WHITENING.mistake(
    "these are the plain amounts along the axes. After whitening, all axes have the same variance.", hint=1
)
def not_whitened_at_all(X, mean, axes, variances):
    return _round_trip(0, 0)(X, mean, axes, variances)


@FIX_WHITENING.mistake(
    "you neither subtract the mean nor add it back. When only a few axes are kept, part of it is lost.",
    hint=3,
)
def the_mean_left_out_both_ways(X, mean, axes, variances):
    return _round_trip(center=False)(X, mean, axes, variances)


@FIX_WHITENING.mistake("the way there is right. But on the way back you do not add the mean again.", hint=3)
def the_mean_lost_on_the_way_back(
    X: Array, mean: Array, axes: Array, variances: Array
) -> tuple[Array, Array]:
    Z, back = whiten_and_back(X, mean, axes, variances)
    return Z, back - mean


@FIX_WHITENING.mistake(
    "you measured the spread again on the rows that came in. New rows have to be measured on the"
    " same scale as the old ones.",
    hint=3,
)
def spread_measured_again(X: Array, mean: Array, axes: Array, variances: Array) -> tuple[Array, Array]:
    amounts = (X - mean) @ axes.T
    spread = amounts.std(axis=0, ddof=1)
    return amounts / spread, (amounts / spread * np.sqrt(variances)) @ axes + mean


@FIX_WHITENING.mistake(
    "you divide by the spread of the rows that came in, and do not use `variances` at all.", hint=3
)
def spread_measured_again_both_ways(
    X: Array, mean: Array, axes: Array, variances: Array
) -> tuple[Array, Array]:
    amounts = (X - mean) @ axes.T
    spread = amounts.std(axis=0)
    return amounts / spread, (amounts / spread * spread) @ axes + mean


@FIX_WHITENING.mistake(
    "you centred the rows at their own mean. New rows have to be measured from the"
    " same point as the old ones.",
    hint=3,
)
def mean_measured_again(X: Array, mean: Array, axes: Array, variances: Array) -> tuple[Array, Array]:
    own = X.mean(axis=0)
    Z = (X - own) @ axes.T / np.sqrt(variances)
    return Z, (Z * np.sqrt(variances)) @ axes + own


@FIX_WHITENING.mistake(
    "you computed both mean and spread from `X`. They belong to the PCA, which may have been fitted to other rows.",
    hint=3,
)
def mean_and_spread_measured_again(
    X: Array, mean: Array, axes: Array, variances: Array
) -> tuple[Array, Array]:
    own = X.mean(axis=0)
    amounts = (X - own) @ axes.T
    spread = amounts.std(axis=0)
    return amounts / spread, amounts @ axes + own


@FIX_WHITENING.mistake(
    "the amounts are right. They were converted back as if they had never been whitened.", hint=2
)
def turned_back_without_the_spread(X, mean, axes, variances):
    return _round_trip(0.5, 0)(X, mean, axes, variances)


@FIX_WHITENING.mistake(
    "the amounts are right. On the way back they are divided by the spread once more.", hint=2
)
def divided_both_ways(X, mean, axes, variances):
    return _round_trip(0.5, -0.5)(X, mean, axes, variances)


@FIX_WHITENING.right
def whitening_step_by_step(X, mean, axes, variances):
    centred = X - mean
    amounts = np.dot(centred, axes.T)
    Z = amounts / np.sqrt(variances)
    stretched = Z * np.sqrt(variances)
    back = mean + np.dot(stretched, axes)
    return Z, back


@FIX_WHITENING.right
def whitening_axis_by_axis(X, mean, axes, variances):
    Z = np.zeros((len(X), len(axes)))
    back = np.tile(mean, (len(X), 1))
    for j in range(len(axes)):
        amounts = (X - mean) @ axes[j]
        Z[:, j] = amounts / variances[j] ** 0.5
        back += np.outer(amounts, axes[j])
    return Z, back


@FIX_WHITENING.right
def whitening_by_arrays(X, mean, axes, variances):
    scale = np.sqrt(variances)
    Z = (X - mean) @ axes.T / scale
    return Z, (Z * scale) @ axes + mean


@FIX_WHITENING.right
def whitening_by_scaled_axes(X, mean, axes, variances):
    Z = (X - mean) @ (axes / np.sqrt(variances)[:, None]).T
    return Z, mean + Z @ (axes * np.sqrt(variances)[:, None])


# ── 4  Counting before believing ─────────────────────────────────────────────────────────────────────

MOST_COMPONENTS = LESSON.value(
    "most_components", title="Count before you believe", points=2, expected="one whole number", rtol=0, atol=0
)


N_DIGITS, N_AXES, N_PIXELS = 1797, 41, 64


def most_components(numbers: int, own: int, shared: int = -1) -> int:
    """The largest K for which K · own + shared parameters are at most `numbers`."""
    return (numbers - shared) // own


@MOST_COMPONENTS.canonical
def fractions_alike(K: Any) -> Any:
    """Round a fraction of a component to one decimal: 81.6 and 81.59 are the same mistake."""
    if isinstance(K, float) and np.isfinite(K) and not round(K, 1).is_integer():
        return round(K, 1)
    return K


def full_parameters(d: int) -> int:
    return 1 + d + d * (d + 1) // 2


@MOST_COMPONENTS.reference
def right_most_components():
    return most_components(N_DIGITS * N_AXES, full_parameters(N_AXES))


@MOST_COMPONENTS.mistake(
    "one component too many: with these there are already more parameters than numbers.", hint=2
)
def one_more():
    return most_components(N_DIGITS * N_AXES, full_parameters(N_AXES)) + 1


@MOST_COMPONENTS.mistake("the count is right so far, but there are no fractions of a component.", hint=2)
def a_fraction_of_a_component():
    return (N_DIGITS * N_AXES + 1) / full_parameters(N_AXES)


@MOST_COMPONENTS.mistake(
    "you compared the parameters with the number of digits. Each digit brings several numbers.", hint=2
)
def rows_instead_of_numbers():
    return most_components(N_DIGITS, full_parameters(N_AXES))


@MOST_COMPONENTS.mistake(
    "this is the count for the 64 pixels. The mixture is fitted to what PCA has kept.", hint=2
)
def pixels_instead_of_axes():
    return most_components(N_DIGITS * N_PIXELS, full_parameters(N_PIXELS))


@MOST_COMPONENTS.mistake(
    "you counted every entry of each covariance. It is symmetric, so half of the entries off the"
    " diagonal follow from the other half.",
    hint=1,
)
def every_entry_of_the_covariance_counted():
    return most_components(N_DIGITS * N_AXES, 1 + N_AXES + N_AXES**2)


@MOST_COMPONENTS.mistake(
    "each component has more parameters than you counted. Did you include its mean, with one number per"
    " axis, and the diagonal of its covariance?",
    hint=1,
)
def means_left_out():
    return most_components(N_DIGITS * N_AXES, full_parameters(N_AXES) - N_AXES)


@MOST_COMPONENTS.mistake(
    "you counted every entry of the covariance, though it is symmetric. And a component"
    " has more than a covariance.",
    hint=1,
)
def every_entry_of_the_covariance_and_nothing_else():
    return most_components(N_DIGITS * N_AXES, N_AXES**2, 0)


@MOST_COMPONENTS.mistake(
    "this is the count for diagonal covariances. Full ones have more free entries.", hint=1
)
def variances_only():
    return most_components(N_DIGITS * N_AXES, 1 + 2 * N_AXES)


@MOST_COMPONENTS.mistake(
    "this is the count for a tied covariance, shared by all components. With full covariances,"
    " each component has its own.",
    hint=1,
)
def one_covariance_for_all():
    return most_components(N_DIGITS * N_AXES, 1 + N_AXES, N_AXES * (N_AXES + 1) // 2 - 1)


MOST_COMPONENTS.right_values(81.0)


# ── 5  The same units ────────────────────────────────────────────────────────────────────────────────

IN_PLAIN_UNITS = LESSON.task(
    "in_plain_units",
    title="The same units",
    points=3,
    expected="array (n,): the log densities, all changed by the same constant",
)


@IN_PLAIN_UNITS.cases
def units_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, q in (("seven rows on three axes", 7, 3), ("twenty rows on nine axes", 20, 9)):
        yield Case(
            description, (rng.normal(-1.5 * q, 2, size=n), np.sort(rng.uniform(0.2, 60, size=q))[::-1])
        )
    log_density, variances = rng.normal(-1500, 20, size=9), np.sort(10 ** rng.uniform(-4, 0, size=784))[::-1]
    yield Case("784 axes, most of them with a small variance", (log_density, variances))


@IN_PLAIN_UNITS.reference
def in_plain_units(log_density: Array, variances: Array) -> Array:
    """Go axis by axis: where an axis is stretched by √λ, the density is divided by √λ."""
    plain = np.array(log_density, dtype=float)
    for variance in variances:
        plain = plain - np.log(variance**0.5)
    return plain


def _off_by(constant: Callable[..., float]) -> Callable[..., Array]:
    """Make a function that subtracts `constant(variances)` from every log density."""
    return lambda log_density, variances: log_density - constant(variances)


@IN_PLAIN_UNITS.law("all rows must change by the same constant.")
def same_constant_for_all_rows(out, log_density, variances):
    return np.ptp(out - log_density) < 1e-3


@IN_PLAIN_UNITS.mistake(
    "this goes the wrong way. Undoing the whitening stretches every axis. The same probability in more"
    " space: is the density higher or lower then?",
    hint=1,
)
def the_wrong_way(log_density, variances):
    return _off_by(lambda variances: -0.5 * np.log(variances).sum())(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "these are the log densities as they came in. Other units change the height of a density.", hint=1
)
def nothing_changed(log_density, variances):
    return _off_by(lambda variances: 0.0)(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "the change goes the wrong way and is twice too large. What was each axis divided by?",
    hint=1,
    name="twice too far, the wrong way",
)
def twice_too_far_the_wrong_way(log_density, variances):
    return _off_by(lambda variances: -np.log(variances).sum())(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "the 2π belongs to the formula of a Gaussian and is already in the densities. Here"
    " only the volume changes.",
    hint=2,
    name="a Gaussian's constant",
)
def a_gaussians_constant(log_density, variances):
    return _off_by(lambda variances: 0.5 * np.log(2 * np.pi * variances).sum())(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "the change is twice too large. By how much is a length along an axis stretched?", hint=2
)
def variances_instead_of_standard_deviations(log_density, variances):
    return _off_by(lambda variances: np.log(variances).sum())(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "this is the change for an average axis. A volume is stretched along all of them.", hint=2
)
def mean_instead_of_the_sum(log_density, variances):
    return _off_by(lambda variances: 0.5 * np.log(variances).mean())(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "you added lengths before you took the logarithm. The stretch factors of several axes multiply.", hint=2
)
def logarithm_of_the_sum(log_density, variances):
    return _off_by(lambda variances: np.log(np.sqrt(variances).sum()))(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "you subtracted the factor itself by which the density changes. The densities are logarithms.", hint=3
)
def without_logarithm(log_density, variances):
    return _off_by(lambda variances: np.sqrt(np.prod(variances)))(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "you divided the logarithms. What does dividing a density do to its logarithm?", hint=3
)
def logarithms_divided(log_density, variances):
    return log_density / np.sqrt(np.prod(variances))


@IN_PLAIN_UNITS.mistake("your logarithm has another base than the log densities, which are in nats.", hint=3)
def wrong_base(log_density, variances):
    return _off_by(lambda variances: 0.5 * np.log10(variances).sum())(log_density, variances)


@IN_PLAIN_UNITS.mistake(
    "this is right for a few axes. The product of many small numbers underflows to 0: when should the logarithm"
    " be taken?",
    hint=3,
)
def product_that_underflows(log_density, variances):
    return log_density - np.log(np.sqrt(np.prod(variances)))


@IN_PLAIN_UNITS.mistake(
    "this is right for a few axes. With many, the density itself underflows to 0, so stay with its logarithm.",
    hint=3,
)
def density_that_underflows(log_density, variances):
    return np.log(np.exp(log_density)) - 0.5 * np.log(variances).sum()


@IN_PLAIN_UNITS.mistake(
    "this is right for a few axes. With many, density and product both underflow to 0: neither needs to be computed.",
    hint=3,
)
def density_and_product_that_underflow(log_density, variances):
    return np.log(np.exp(log_density) / np.sqrt(np.prod(variances)))


@IN_PLAIN_UNITS.mistake("only the widest axis was changed back. The other axes were divided, too.", hint=2)
def first_axis_only(log_density, variances):
    return _off_by(lambda variances: 0.5 * np.log(variances[0]))(log_density, variances)


@IN_PLAIN_UNITS.right
def units_by_the_determinant(log_density, variances):
    return log_density - np.linalg.slogdet(np.diag(np.sqrt(variances)))[1]


@IN_PLAIN_UNITS.right
def units_by_a_sum(log_density, variances):
    return log_density - 0.5 * np.sum(np.log(variances))


@IN_PLAIN_UNITS.right
def units_as_a_list(log_density, variances):
    return [value - np.log(np.sqrt(variances)).sum() for value in log_density]


# ── 6  Choose on validation data ─────────────────────────────────────────────────────────────────────

STRENGTHS = (4, 8, 11, 20, 50, 200)  # on this split, test and validation digits choose different ones


STRENGTH_FOR_DIGITS = LESSON.value(
    "strength_for_digits",
    title="Choose on validation data",
    points=3,
    expected=f"one of {', '.join(map(str, STRENGTHS))}",
)


@cache
def _strength_scores() -> dict[int, list[float]]:
    """Mean log-likelihoods of the training, validation and test digits, in a dict by strength."""
    X, y = load_digits()
    X_rest, X_test, y_rest, _ = train_test_split(X, y, test_size=0.2, stratify=y, random_state=9)
    X_train, X_val = train_test_split(X_rest, test_size=0.25, stratify=y_rest, random_state=9)
    pca = PCA(0.99).fit(X_train)
    parts = [pca.transform(part) for part in (X_train, X_val, X_test)]
    fits = {
        m: GaussianMixture(20, covariance_prior="data", prior_strength=m, random_state=0).fit(parts[0])
        for m in STRENGTHS
    }
    return {m: [model.score(part) for part in parts] for m, model in fits.items()}


def _best_strength(part: int) -> int:
    scores = _strength_scores()
    return max(scores, key=lambda m: scores[m][part])


@STRENGTH_FOR_DIGITS.reference
def strength_for_digits():
    return _best_strength(1)


@STRENGTH_FOR_DIGITS.mistake(
    "this strength explains the training digits best. On those the weakest prior always wins, because"
    " every constraint costs likelihood there.",
    hint=1,
)
def chosen_on_the_training_digits():
    return _best_strength(0)


@STRENGTH_FOR_DIGITS.mistake(
    "this strength is best for the test digits. Once they have chosen, nobody is left to report on the choice.",
    hint=1,
)
def chosen_on_the_test_digits():
    return _best_strength(2)


@STRENGTH_FOR_DIGITS.mistake(
    "so strong a prior makes all components alike, and scores worst on the validation digits. Did you"
    " take the largest score, or the smallest?",
    hint=2,
)
def the_strongest():
    return max(STRENGTHS)


@STRENGTH_FOR_DIGITS.mistake(
    "20 is the best strength in the lecture, for another target and another split. Here it has to come from"
    " the validation digits of this exercise.",
    hint=1,
    name="the lecture's strength",
)
def the_lectures_strength():
    return 20


STRENGTH_FOR_DIGITS.right_values(8.0)


# ── 7  Read a picture ────────────────────────────────────────────────────────────────────────────────

GREY_DIGITS = LESSON.choice(
    "grey_digits",
    title="Read a picture",
    points=1,
    right="B",
    wrong={
        "A": "then every picture would be exactly the same. Look again: they differ slightly.",
        "C": (
            "without the mean there would be no grey blob: the amounts alone go to both sides of zero,"
            " and average to blank paper.",
            2,
        ),
        "D": (
            "a mixture with too few components draws smudges that differ a lot from one another."
            " These are nearly the same.",
            1,
        ),
    },
)


GREY_DIGITS.right_values("b")


# ── 8  Catch the copier ──────────────────────────────────────────────────────────────────────────────

COPIED_SHARE = LESSON.task(
    "copied_share", title="Catch the copier · stretch", points=4, expected="one number between 0 and 1"
)


def whole_numbers(rng: np.random.Generator) -> tuple[Array, Array, Array, float]:
    """Rows with exact copies, and with distances that equal the threshold exactly.

    Training rows are far apart, so that the length of a step away from one is the distance to the nearest.
    """
    train = 100.0 * rng.permutation(np.stack(np.divmod(np.arange(24), 5), axis=1))

    def steps_away(*steps: tuple[int, int]) -> Array:
        return rng.permutation(train[rng.integers(len(train), size=len(steps))] + steps)

    held_out = steps_away(
        *((0, length) for length in range(10, 31))
    )  # the quantiles 0, 0.05, 0.1 … are exact
    threshold = int(rng.integers(15, 20))
    near = [(int(length), 0) for length in rng.integers(2, 9, size=6)]
    far = [(0, int(length)) for length in rng.integers(22, 40, size=rng.integers(8, 15))]
    slanted = [(9, 12), (12, 9)]  # of length 15
    generated = steps_away(*[(0, 0)] * 5, *[(threshold, 0)] * 4, *near, *far, *slanted)
    return generated, train, held_out, (threshold - 10) / 20


@COPIED_SHARE.cases
def copies_cases(rng: np.random.Generator) -> Iterator[Case]:
    train, held_out = (rng.normal(size=(n, 3)) for n in (60, 50))
    for description, n_copies, noise, quantile in (
        ("a generator that copies a third of the time", 20, 0.02, 0.05),
        ("a generator that copies with some noise", 30, 0.12, 0.1),
        ("an honest generator", 0, 1.0, 0.2),
    ):
        copied = train[rng.integers(len(train), size=n_copies)] + noise * rng.normal(size=(n_copies, 3))
        yield Case(
            description, (np.concatenate([copied, rng.normal(size=(40, 3))]), train, held_out, quantile)
        )
    yield Case("rows of whole numbers, some copied exactly", whole_numbers(rng))


def distances_to(X: Array, reference: Array) -> Array:
    """Distances (n, m) of all rows of X from all rows of `reference`."""
    return np.linalg.norm(X[:, np.newaxis] - reference, axis=2)


@COPIED_SHARE.reference
def copied_share(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    honest = [min(dist(row, other) for other in train) for row in held_out]
    threshold = np.quantile(honest, quantile)
    nearest = [min(dist(row, other) for other in train) for row in generated]
    return sum(distance <= threshold for distance in nearest) / len(nearest)


def _copied(
    generated: Array,
    train: Array,
    held_out: Array,
    quantile: float,
    *,
    nearest: Callable[..., Any] = np.min,
    cut: Callable[..., Any] = np.quantile,
    count: Callable[..., Any] = np.mean,
) -> float:
    """The share with another definition of nearness, threshold or count."""
    threshold = cut(nearest(distances_to(held_out, train), axis=1), quantile)
    return float(count(nearest(distances_to(generated, train), axis=1) <= threshold))


@COPIED_SHARE.law("a share must be between 0 and 1.")
def within_bounds(out, *_):
    return 0 <= out <= 1


@COPIED_SHARE.mistake(
    "this is the number of suspicious rows. What part of the generated rows are they?", hint=2
)
def count_instead_of_a_share(*args):
    return _copied(*args, count=np.sum)


@COPIED_SHARE.mistake(
    "a row whose distance equals the threshold exactly is not counted. Read once more when a row is suspicious.",
    hint=None,
)
def the_threshold_itself_left_out(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    threshold = np.quantile(distances_to(held_out, train).min(axis=1), quantile)
    return float(np.mean(distances_to(generated, train).min(axis=1) < threshold))


@COPIED_SHARE.mistake(
    "your distances are sums of absolute differences. The task asks for Euclidean ones.", hint=3
)
def manhattan_distances(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    def nearest(X: Array) -> Array:
        return np.abs(X[:, np.newaxis] - train).sum(axis=2).min(axis=1)

    return float(np.mean(nearest(generated) <= np.quantile(nearest(held_out), quantile)))


@COPIED_SHARE.mistake(
    "the mean distance to all training rows tells how far out a row is. A copy is close to one row.", hint=1
)
def mean_distance(*args):
    return _copied(*args, nearest=np.mean)


@COPIED_SHARE.mistake(
    "you took the length of the whole table of differences, one number for all training rows together. Each row"
    " of the table has a length of its own.",
    hint=3,
)
def length_of_the_whole_table(*args):
    return _copied(*args, nearest=np.linalg.norm)


@COPIED_SHARE.mistake(
    "your threshold is at the wrong end: nearly every honest row would be called a copy.", hint=2
)
def the_other_end_of_the_quantile(*args):
    return _copied(*args, cut=lambda honest, q: np.quantile(honest, 1 - q))


@COPIED_SHARE.mistake(
    "your threshold is the smallest held-out distance, or close to it, so a single odd row decides"
    " everything. Did you pass a share to `np.percentile`, which counts to 100?",
    hint=2,
)
def the_smallest_distance_as_the_threshold(*args):
    return _copied(*args, cut=lambda honest, q: np.min(honest))


@COPIED_SHARE.mistake("this is the share of rows that are not suspicious.", hint=2)
def the_other_rows(*args):
    return 1 - _copied(*args)


@COPIED_SHARE.mistake(
    "you compared the generated rows with the held-out ones. The generator has never seen those, so it"
    " cannot have copied them.",
    hint=1,
    name="copies of held-out rows",
)
def copies_of_held_out_rows(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    threshold = np.quantile(distances_to(held_out, train).min(axis=1), quantile)
    return float(np.mean(distances_to(generated, held_out).min(axis=1) <= threshold))


@COPIED_SHARE.mistake(
    "your threshold is a quantile of all distances between held-out and training rows, and most of"
    " those are long. You need one distance per held-out row.",
    hint=1,
)
def a_quantile_of_all_distances(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    threshold = np.quantile(distances_to(held_out, train), quantile)
    return float(np.mean(distances_to(generated, train).min(axis=1) <= threshold))


@COPIED_SHARE.mistake(
    "your threshold measures how far held-out rows are from the generated rows. Both sets have to be"
    " compared with the same rows.",
    hint=1,
    name="held-out rows against generated ones",
)
def held_out_rows_against_generated_ones(
    generated: Array, train: Array, held_out: Array, quantile: float
) -> float:
    threshold = np.quantile(distances_to(held_out, generated).min(axis=1), quantile)
    return float(np.mean(distances_to(generated, train).min(axis=1) <= threshold))


@COPIED_SHARE.mistake(
    "you compared the distances with `quantile` itself. It is a share of the held-out rows, and still"
    " has to be turned into a distance.",
    hint=2,
)
def the_quantile_as_a_distance(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    return float(np.mean(distances_to(generated, train).min(axis=1) <= quantile))


@COPIED_SHARE.mistake(
    "your threshold comes from the generated rows themselves. Then the share is always"
    " `quantile`, whoever generated them.",
    hint=2,
)
def threshold_from_the_generated_rows(
    generated: Array, train: Array, held_out: Array, quantile: float
) -> float:
    distances = distances_to(generated, train).min(axis=1)
    return float(np.mean(distances <= np.quantile(distances, quantile)))


@COPIED_SHARE.mistake(
    "only exact copies are counted, as with a threshold of 0. A copier who adds a little noise would get away with"
    " it. If you took the threshold from the training rows: each of them is nearest to itself.",
    hint=2,
)
def exact_copies_only(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    return float(np.mean(distances_to(generated, train).min(axis=1) <= 0))


@COPIED_SHARE.mistake(
    "this is the share of training rows with a generated row close to them. The task asks"
    " about each generated row.",
    hint=3,
)
def share_of_training_rows(generated: Array, train: Array, held_out: Array, quantile: float) -> float:
    threshold = np.quantile(distances_to(held_out, train).min(axis=1), quantile)
    return float(np.mean(distances_to(generated, train).min(axis=0) <= threshold))


@COPIED_SHARE.right
def share_by_the_package(generated, train, held_out, quantile):
    return memorised_share(generated, train, held_out, quantile)


@COPIED_SHARE.right
def share_row_by_row(generated, train, held_out, quantile):
    honest = [np.sqrt(((train - row) ** 2).sum(axis=1)).min() for row in held_out]
    threshold = np.quantile(honest, quantile)
    suspicious = 0
    for row in generated:
        nearest = np.sqrt(((train - row) ** 2).sum(axis=1)).min()
        if nearest <= threshold:
            suspicious += 1
    return suspicious / len(generated)


@COPIED_SHARE.right
def share_by_tables(generated, train, held_out, quantile):
    honest = cdist(held_out, train).min(axis=1)
    nearest = cdist(generated, train).min(axis=1)
    threshold = np.quantile(honest, quantile)
    return (nearest <= threshold).mean()


@COPIED_SHARE.right
def share_by_arrays(generated, train, held_out, quantile):
    def nearest(X):
        return np.sqrt(((X[:, None] - train) ** 2).sum(axis=2)).min(axis=1)

    return np.mean(nearest(generated) <= np.quantile(nearest(held_out), quantile))


@COPIED_SHARE.right
def share_by_nearest_rows(generated, train, held_out, quantile):
    threshold = np.quantile(nearest_rows(held_out, train)[0], quantile)
    return np.count_nonzero(nearest_rows(generated, train)[0] <= threshold) / len(generated)
