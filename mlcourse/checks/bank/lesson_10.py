"""Checks for lesson 10, the whole pipeline: a stratified part, a leak, an honest choice, draws, legibility, bytes.

Symbols: X (n, d) rows; y or labels (n,) classes; E (n, d) standard normal numbers; c (n,) the class each row is
drawn for; mean (d,), covariance (d, d), or means (C, d), covariances (C, d, d) of C classes; q directions kept.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from mlcourse.checks.specification import Case, Check, Law, Mistake
from mlcourse.datasets import load_digits
from mlcourse.mixture import GaussianMixture
from mlcourse.pca import PCA
from mlcourse.typing import Array

LESSON = "10_mnist"


def rounded(value: Any, decimals: int) -> Any:
    """Round numbers, also inside tuples, to recognise a mistake however many decimals were given."""
    if isinstance(value, tuple):
        return tuple(rounded(part, decimals) for part in value)
    return np.round(value, decimals) if isinstance(value, (int, float, np.ndarray)) else value


# ── 1  A stratified part ─────────────────────────────────────────────────────────────────────────────


def shuffled_classes(rng: np.random.Generator, sizes: tuple[int, ...], names: tuple[int, ...]) -> Array:
    return rng.permutation(np.repeat(names, sizes))


def stratified_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three classes of unequal size", (shuffled_classes(rng, (11, 25, 14), (0, 1, 2)), 0.3))
    yield Case("classes called 3, 5, 8 and 9", (shuffled_classes(rng, (9, 21, 6, 17), (3, 5, 8, 9)), 0.7))
    yield Case("a class with a single row", (shuffled_classes(rng, (13, 1, 19), (1, 2, 4)), 0.5))


def _by_class(
    y: Array, n_of_class: Callable[..., Any], pick: Callable[..., Any] = lambda rows, n: rows[:n]
) -> Array:
    """A mask with n_of_class(size) rows of each class, chosen by `pick`."""
    part = np.zeros(len(y), dtype=bool)
    for c in np.unique(y):
        rows = np.flatnonzero(y == c)
        part[pick(rows, n_of_class(len(rows)))] = True
    return part


def stratified_part(y: Array, share: float) -> Array:
    return _by_class(y, lambda n_c: int(np.floor(share * n_c)))


def _classes_counted_from_zero(y: Array, share: float) -> Array:
    part = np.zeros(len(y), dtype=bool)
    for c in range(len(np.unique(y))):
        rows = np.flatnonzero(y == c)
        part[rows[: int(share * len(rows))]] = True
    return part


def _row_numbers(y: Array, share: float) -> Array:
    part = stratified_part(y, share)
    return np.concatenate([np.flatnonzero(part & (y == c)) for c in np.unique(y)])


STRATIFIED_PART = Check(
    name="stratified_part",
    lesson=LESSON,
    points=2,
    reference=stratified_part,
    cases=stratified_cases,
    expected="a mask of shape (n,): True for the rows in the part",
    mistakes=(
        Mistake(
            "the first rows of all",
            lambda y, share: np.arange(len(y)) < int(share * len(y)),
            "these are the first rows of the whole table, whatever their class. A rare class"
            " may be left out altogether.",
            hint=1,
        ),
        Mistake(
            "the same number from each class",
            lambda y, share: _by_class(y, lambda n_c: int(share * len(y) / len(np.unique(y)))),
            "every class has the same number of rows in your part. A common class should be common there, too.",
            hint=2,
        ),
        Mistake(
            "rounded up",
            lambda y, share: _by_class(y, lambda n_c: int(np.ceil(share * n_c))),
            "where the share is not a whole number of rows, a class gets one row too many: you rounded up.",
            hint=2,
        ),
        Mistake(
            "rounded to the nearest",
            lambda y, share: _by_class(y, lambda n_c: round(share * n_c)),
            "you rounded to the nearest whole number. In some classes the task rounds the other way.",
            hint=2,
        ),
        Mistake(
            "the last rows",
            lambda y, share: _by_class(
                y, lambda n_c: int(share * n_c), lambda rows, n: rows[len(rows) - n :]
            ),
            "the numbers are right, but these are the last rows of each class.",
            hint=1,
        ),
        Mistake(
            "the other part",
            lambda y, share: ~stratified_part(y, share),
            "True and False are swapped: this is what remains after the part has been cut off.",
            hint=2,
        ),
        Mistake(
            "nothing selected",
            lambda y, share: np.zeros(len(y), dtype=bool),
            "no row is selected. In `part[y == c][:n] = True` the first pair of brackets makes a copy, so the"
            " mask itself does not change.",
            hint=2,
        ),
        Mistake(
            "counted from the whole table",
            lambda y, share: _by_class(y, lambda n_c: int(share * len(y))),
            "you computed how many rows a class gets from the size of the whole table.",
            hint=2,
        ),
        Mistake(
            "row numbers",
            _row_numbers,
            "these are row numbers. A mask has True or False for every row.",
            hint=2,
        ),
        Mistake(
            "classes counted from zero",
            _classes_counted_from_zero,
            "you assume that the classes are called 0, 1, 2, …, but in some of the cases they are not.",
            hint=2,
        ),
    ),
)


# ── 2  The leak ──────────────────────────────────────────────────────────────────────────────────────


def leak_cases(rng: np.random.Generator) -> Iterator[Case]:
    X_train, X_new = rng.normal(2, 3, size=(30, 4)), rng.normal(3, 2, size=(12, 4))
    yield Case("two parts, four pixels", (X_train, X_new))
    X_train, X_new = X_train.copy(), X_new.copy()
    X_train[:, 1] = 0.25
    yield Case("a pixel that varies only in the new part", (X_train, X_new))


def _standardised(
    X_train: Array, X_new: Array, scale: Array | None = None, *, mean: Array | None = None, ddof: int = 0
) -> tuple[Array, Array]:
    mean = X_train.mean(axis=0) if mean is None else mean
    scale = X_train.std(axis=0, ddof=ddof) if scale is None else scale
    scale = np.where(scale == 0, 1, scale)
    return (X_train - mean) / scale, (X_new - mean) / scale


def _with_everything(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    everything = np.concatenate([X_train, X_new])
    mean, scale = everything.mean(axis=0), everything.std(axis=0)
    scale = np.where(scale == 0, 1, scale)
    return (X_train - mean) / scale, (X_new - mean) / scale


def _each_by_itself(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_train)[0], _standardised(X_new, X_new)[0]


def _only_mean_fixed(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_new, np.concatenate([X_train, X_new]).std(axis=0))


def _only_scale_fixed(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_new, mean=np.concatenate([X_train, X_new]).mean(axis=0))


def _constant_pixel_forgotten(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    mean, scale = X_train.mean(axis=0), X_train.std(axis=0)
    return (X_train - mean) / scale, (X_new - mean) / scale


def _one_scale_for_all(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return (X_train - X_train.mean()) / X_train.std(), (X_new - X_train.mean()) / X_train.std()


FIX_LEAK = Check(
    name="fix_leak",
    lesson=LESSON,
    points=2,
    reference=_standardised,
    cases=leak_cases,
    laws=(
        Law(
            "every pixel of the training part has mean 0 afterwards.",
            lambda out, *_: np.allclose(out[0].mean(axis=0), 0),
        ),
    ),
    expected="two arrays, (n, d) and (m, d); the first has mean 0 in every pixel",
    mistakes=(
        Mistake(
            "statistics of all rows",
            _with_everything,
            "the leak is still there.",
            planted=True,
        ),
        Mistake(
            "each part by itself",
            _each_by_itself,
            "you standardised each part by itself. Nothing leaks, but the same picture has different"
            " coordinates in the two parts.",
            hint=2,
        ),
        Mistake(
            "statistics of the new part",
            lambda A, B: _standardised(A, B, B.std(axis=0), mean=B.mean(axis=0)),
            "your mean and scale come from the new part. The leak has changed sides.",
            hint=1,
        ),
        Mistake(
            "the new part as it came",
            lambda A, B: (_standardised(A, B)[0], B),
            "the training part is standardised, but the new part still has its original units.",
            hint=2,
        ),
        Mistake(
            "the mean still leaks",
            _only_scale_fixed,
            "the scale is fixed, but the mean still comes from both parts together.",
            hint=1,
        ),
        Mistake(
            "the scale still leaks",
            _only_mean_fixed,
            "the mean is fixed, but the scale still comes from both parts together.",
            hint=1,
        ),
        Mistake(
            "variance instead of the standard deviation",
            lambda A, B: _standardised(A, B, A.var(axis=0)),
            "you divided by the variance, so the units do not cancel.",
            hint=2,
        ),
        Mistake(
            "constant pixel",
            _constant_pixel_forgotten,
            "where a pixel never varies in the training part, you divided by zero.",
            hint=2,
        ),
        Mistake(
            "one mean and scale for all pixels",
            _one_scale_for_all,
            "you used one mean and one scale for all pixels together. Every pixel should have its own.",
            hint=2,
        ),
        Mistake(
            "only centred",
            lambda A, B: _standardised(A, B, np.ones(A.shape[1])),
            "the parts are centred, but not divided by a scale.",
            hint=2,
        ),
        Mistake(
            "n minus one",
            lambda A, B: _standardised(A, B, ddof=1),
            "your scale divides by n − 1. The one that you were given divides by n, and that was not the leak.",
            hint=2,
        ),
    ),
)


# ── 3  An honest choice ──────────────────────────────────────────────────────────────────────────────


@cache
def _parts() -> tuple[Array, Array, Array]:
    """The exercise's digits on the axes of its training part: training, validation, test."""
    X, y = load_digits()
    X_rest, X_test, y_rest, _ = train_test_split(X / 16, y, test_size=0.2, stratify=y, random_state=20)
    X_train, X_val, _, _ = train_test_split(X_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=20)
    pca = PCA(0.98).fit(X_train)
    return tuple(pca.transform(part) for part in (X_train, X_val, X_test))


def _fit(K: int, Z: Array) -> GaussianMixture:
    return GaussianMixture(K, covariance_type="diag", random_state=0).fit(Z)


@cache
def _fits() -> list[tuple[Any, ...]]:
    """(K, training, validation, test log-likelihood, BIC) of every candidate."""
    parts = _parts()
    fits = [_fit(K, parts[0]) for K in (5, 10, 20, 40, 80, 160)]
    return [(fit.n_components, *map(fit.score, parts), fit.bic(parts[0])) for fit in fits]


@cache
def _fitted_again() -> tuple[int, float]:
    """The chosen K, and the test log-likelihood of K components fitted to training and validation digits."""
    Z_train, Z_val, Z_test = _parts()
    K, _ = _choice(VALIDATION, TEST)
    return K, _fit(K, np.concatenate([Z_train, Z_val])).score(Z_test)


def _choice(by: int, report: int, lowest: bool = False) -> tuple[int, float]:
    """(K, score): the candidate with the highest (or lowest) entry `by`, and its entry `report`."""
    best = (min if lowest else max)(_fits(), key=lambda fit: fit[by])
    return best[0], best[report]


TRAINING, VALIDATION, TEST, BIC = 1, 2, 3, 4

HONEST_CHOICE = Check(
    name="honest_choice",
    lesson=LESSON,
    points=3,
    kind="value",
    reference=lambda: _choice(VALIDATION, TEST),
    canonical=lambda value: rounded(value, 1),
    rtol=0,
    atol=0.05,
    expected="a pair (K, log-likelihood): one of the six values of K, and a number of nats",
    mistakes=(
        Mistake(
            "the validation score reported",
            lambda: _choice(VALIDATION, VALIDATION),
            "the choice is right. But the number is the one that made you choose this K, the highest of six. On"
            " new digits, expect less.",
            hint=2,
        ),
        Mistake(
            "the training score reported",
            lambda: _choice(VALIDATION, TRAINING),
            "the choice is right. But the number was measured on the digits that the model was fitted to.",
            hint=1,
        ),
        Mistake(
            "chosen on the training part",
            lambda: _choice(TRAINING, TEST),
            "on the training part, more components always look better. Which part was not used in the fit?",
            hint=1,
        ),
        Mistake(
            "chosen and reported on the training part",
            lambda: _choice(TRAINING, TRAINING),
            "K and its score both come from the training part. The model has seen these digits, and more"
            " components always look better there.",
            hint=1,
        ),
        Mistake(
            "chosen on the test part",
            lambda: _choice(TEST, TEST),
            "this K is the best on the test digits. Now they have been used for the choice, and no"
            " digits are left to report on.",
            hint=1,
        ),
        Mistake(
            "fitted again to more digits",
            _fitted_again,
            "the choice is right. But the number comes from another fit, to training and validation digits together.",
            hint=1,
        ),
        Mistake(
            "chosen by BIC",
            lambda: _choice(BIC, TEST, lowest=True),
            "this K has the lowest BIC on the training part. BIC only estimates what the validation part measures.",
            hint=1,
        ),
    ),
)


# ── 4  Draws, class by class ─────────────────────────────────────────────────────────────────────────


def covariances_for(rng: np.random.Generator, C: int, d: int) -> Array:
    A = rng.normal(size=(C, d, d))
    return A @ np.swapaxes(A, 1, 2) + 0.5 * np.eye(d)


def draw_cases(rng: np.random.Generator) -> Iterator[Case]:
    for C, n, d in ((3, 12, 2), (4, 15, 5)):
        classes = rng.permutation(np.concatenate([np.arange(C), rng.integers(C, size=n - C)]))
        yield Case(
            f"{C} classes in {d} dimensions, in random order",
            (rng.normal(size=(n, d)), classes, 3 * rng.normal(size=(C, d)), covariances_for(rng, C, d)),
        )


def _drawn(E: Array, c: Array, means: Array, covariances: Array, colour: Callable[..., Array]) -> Array:
    """Row i as means[cᵢ] + colour(covariances[cᵢ], εᵢ)."""
    return np.array([means[k] + colour(covariances[k], e) for e, k in zip(E, c)])


def draw_by_class(E: Array, c: Array, means: Array, covariances: Array) -> Array:
    return _drawn(E, c, means, covariances, lambda S, e: np.linalg.cholesky(S) @ e)


def _symmetric_root(S: Array, e: Array) -> Array:
    variances, axes = np.linalg.eigh(S)
    return axes @ (np.sqrt(variances) * (axes.T @ e))


def _grouped_by_class(E: Array, c: Array, means: Array, covariances: Array) -> Array:
    order = np.argsort(c, kind="stable")
    return draw_by_class(E, c, means, covariances)[order]


DRAW_BY_CLASS = Check(
    name="draw_by_class",
    lesson=LESSON,
    points=3,
    reference=draw_by_class,
    cases=draw_cases,
    expected="array (n, d): row i is drawn for class c[i]",
    mistakes=(
        Mistake(
            "factor transposed",
            lambda E, c, m, S: _drawn(E, c, m, S, lambda S, e: np.linalg.cholesky(S).T @ e),
            "the factor is transposed, so the draws have the wrong covariance.",
            hint=2,
        ),
        Mistake(
            "covariance instead of its factor",
            lambda E, c, m, S: _drawn(E, c, m, S, lambda S, e: S @ e),
            "you multiplied the noise by the covariance itself, so the variances come out squared. You"
            " need a square root of it.",
            hint=2,
        ),
        Mistake(
            "standard deviations only",
            lambda E, c, m, S: _drawn(E, c, m, S, lambda S, e: np.sqrt(np.diag(S)) * e),
            "every feature has the right spread, but the features no longer vary together.",
            hint=2,
        ),
        Mistake(
            "the symmetric root",
            lambda E, c, m, S: _drawn(E, c, m, S, _symmetric_root),
            "these draws have the right covariance, but from a symmetric square root. The task"
            " asks for the triangular one.",
            hint=2,
        ),
        Mistake(
            "mean left out",
            lambda E, c, m, S: draw_by_class(E, c, np.zeros_like(m), S),
            "all draws are centred at zero: the means are missing.",
            hint=1,
        ),
        Mistake(
            "one covariance for all",
            lambda E, c, m, S: draw_by_class(E, c, m, np.repeat(S[:1], len(S), axis=0)),
            "every class has its own mean, but all classes have the covariance of the first.",
            hint=1,
        ),
        Mistake(
            "the average covariance",
            lambda E, c, m, S: draw_by_class(E, c, m, np.repeat(S.mean(axis=0)[np.newaxis], len(S), axis=0)),
            "every class has its own mean, but all classes share one average covariance.",
            hint=1,
        ),
        Mistake(
            "grouped by class",
            _grouped_by_class,
            "the rows are right, but in another order: they were sorted by class on the way.",
            hint=1,
        ),
    ),
)


# ── 5  The shape without its noise ───────────────────────────────────────────────────────────────────


def shape_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n, d, q in ((9, 4, 2), (7, 6, 1)):
        X = rng.normal(2, 2, size=(n, d))
        yield Case(
            f"{d} dimensions, {q} direction(s) kept",
            (X, rng.normal(3, 1, size=d), covariances_for(rng, 1, d)[0], q),
        )


def _projected(
    X: Array,
    mean: Array,
    covariance: Array,
    q: int,
    *,
    center: bool = True,
    back: bool = True,
    columns: Callable[..., Array] = lambda V, q: V[:, len(V) - q :],
) -> Array:
    """Project and rebuild, with one step done differently."""
    widest = columns(np.linalg.eigh(covariance)[1], q)
    amounts = (X - mean if center else X) @ widest
    return amounts @ widest.T + (mean if back else 0)


def shape_only(X: Array, mean: Array, covariance: Array, q: int) -> Array:
    _, axes = np.linalg.eigh(covariance)
    shape = np.tile(mean, (len(X), 1)).astype(float)
    for axis in axes.T[::-1][:q]:
        for i in range(len(X)):
            shape[i] += ((X[i] - mean) @ axis) * axis
    return shape


def _stretched(X: Array, mean: Array, covariance: Array, q: int) -> Array:
    variances, axes = np.linalg.eigh(covariance)
    widest = (axes * np.sqrt(variances))[:, len(mean) - q :]
    return mean + (X - mean) @ widest @ widest.T


SHAPE_ONLY = Check(
    name="shape_only",
    lesson=LESSON,
    points=3,
    reference=shape_only,
    cases=shape_cases,
    expected="array (n, d): the mean plus the part along q directions",
    mistakes=(
        Mistake(
            "the narrowest directions",
            lambda *a: _projected(*a, columns=lambda V, q: V[:, :q]),
            "you kept the first q directions. In rising order these are the narrowest: the noise has"
            " stayed, and the shape is gone.",
            hint=2,
        ),
        Mistake(
            "rows instead of columns",
            lambda *a: _projected(*a, columns=lambda V, q: V[len(V) - q :].T),
            "you used rows of the matrix as directions. The directions are in its columns.",
            hint=2,
        ),
        Mistake(
            "the amounts",
            lambda X, mean, S, q: (X - mean) @ np.linalg.eigh(S)[1][:, len(mean) - q :],
            "these are the amounts along the directions, q per row. That is only half of the way.",
            hint=3,
        ),
        Mistake(
            "directions stretched",
            _stretched,
            "you multiplied the directions by their standard deviations. A direction has length 1.",
            hint=1,
        ),
        Mistake(
            "the rows' own mean",
            lambda X, mean, S, q: shape_only(X, X.mean(axis=0), S, q),
            "you used the mean of these few rows. The component has its own.",
            hint=1,
        ),
        Mistake(
            "the rows' own directions",
            lambda X, mean, S, q: shape_only(X, mean, np.cov(X.T), q),
            "you computed the directions from the rows themselves. The component has its own.",
            hint=1,
        ),
        Mistake(
            "mean not added back",
            lambda *a: _projected(*a, back=False),
            "you subtracted the mean before the projection, but did not add it back.",
            hint=1,
        ),
        Mistake(
            "not centred",
            lambda *a: _projected(*a, center=False),
            "you projected the rows uncentred and then added the mean. The directions go through the mean.",
            hint=1,
        ),
        Mistake(
            "no mean at all",
            lambda *a: _projected(*a, center=False, back=False),
            "these are projections onto directions through the origin. The component has its centre elsewhere.",
            hint=1,
        ),
        Mistake(
            "the noise itself",
            lambda X, mean, S, q: mean + X - shape_only(X, mean, S, q),
            "this is the part that should have been removed, added to the mean.",
            hint=1,
        ),
    ),
)


# ── 6  Can it be read? ───────────────────────────────────────────────────────────────────────────────


def legible_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n_classes, d, k in ((3, 2, 4), (4, 3, 5)):
        centers = 1.6 * rng.normal(size=(n_classes, d))
        labels = np.arange(60) % n_classes
        train = centers[labels] + rng.normal(size=(60, d))
        drawn = centers[rng.integers(n_classes, size=47)] + rng.normal(size=(47, d))
        yield Case(f"{n_classes} overlapping classes, k = {k}", (drawn, train, labels, k))


def _neighbours(drawn: Array, train: Array, labels: Array, k: int, nearest: slice = slice(None)) -> Array:
    """Labels (m, k) of each drawn row's nearest training rows."""
    distances = np.array([[np.sqrt(np.sum((row - other) ** 2)) for other in train] for row in drawn])
    return labels[np.argsort(distances, axis=1)[:, nearest][:, :k]]


def _unanimous(found: Array) -> Array:
    return np.all(found == found[:, :1], axis=1)


def legible_share(drawn: Array, train: Array, labels: Array, k: int) -> float:
    return float(np.mean(_unanimous(_neighbours(drawn, train, labels, k))))


def _greatest_share(found: Array) -> Array:
    """The share of the most common label among each row's neighbours: (m,)."""
    return np.array([np.bincount(row).max() / len(row) for row in found])


LEGIBLE_SHARE = Check(
    name="legible_share",
    lesson=LESSON,
    points=3,
    reference=legible_share,
    cases=legible_cases,
    laws=(Law("a share is between 0 and 1.", lambda out, *_: 0 <= out <= 1),),
    expected="one number between 0 and 1",
    mistakes=(
        Mistake(
            "a majority is enough",
            lambda *a: np.mean(_greatest_share(_neighbours(*a)) > 0.5),
            "you count a row as legible as soon as most of its neighbours agree. All of them have to.",
            hint=2,
        ),
        Mistake(
            "mean agreement",
            lambda *a: np.mean(_greatest_share(_neighbours(*a))),
            "this is the average size of the majority. For each row, the answer should be a yes or a no.",
            hint=2,
        ),
        Mistake(
            "the farthest rows",
            lambda drawn, train, labels, k: np.mean(
                _unanimous(_neighbours(drawn, train, labels, k, slice(None, None, -1)))
            ),
            "you used the training rows that are farthest away.",
            hint=1,
        ),
        Mistake(
            "the nearest one left out",
            lambda drawn, train, labels, k: np.mean(
                _unanimous(_neighbours(drawn, train, labels, k, slice(1, None)))
            ),
            "you skipped the nearest training row. That is right when a row is among its own"
            " neighbours, but a drawn row is not.",
            hint=1,
        ),
        Mistake(
            "how many",
            lambda drawn, *a: len(drawn) * legible_share(drawn, *a),
            "this is the number of legible rows. The task asks for their share.",
            hint=1,
        ),
        Mistake(
            "an answer for every row",
            lambda *a: _unanimous(_neighbours(*a)),
            "you returned a yes or a no for every row. The task asks for one number for all of them.",
            hint=1,
        ),
        Mistake(
            "the illegible share",
            lambda *a: 1 - legible_share(*a),
            "this is the share of the rows that are *not* legible.",
            hint=2,
        ),
        Mistake(
            "one neighbour too many",
            lambda drawn, train, labels, k: legible_share(drawn, train, labels, k + 1),
            "you looked at one neighbour too many.",
            hint=1,
        ),
        Mistake(
            "one neighbour too few",
            lambda drawn, train, labels, k: legible_share(drawn, train, labels, k - 1),
            "you looked at one neighbour too few.",
            hint=1,
        ),
    ),
)


# ── 7  What does it save? ────────────────────────────────────────────────────────────────────────────

BEFORE, AMOUNTS, BACK = 50_000 * 784, 50_000 * 261, 261 * 784 + 784

COMPRESSION = Check(
    name="compression",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=lambda: BEFORE / (4 * (AMOUNTS + BACK)),
    canonical=lambda value: rounded(value, 2),
    rtol=0,
    atol=0.002,
    expected="one number: bytes before divided by bytes after",
    mistakes=(
        Mistake(
            "numbers instead of bytes",
            lambda: 784 / 261,
            "you counted numbers, not bytes. A pixel and an amount do not take the same space.",
            hint=1,
        ),
        Mistake(
            "numbers, with the axes",
            lambda: BEFORE / (AMOUNTS + BACK),
            "you included the axes, but still counted numbers rather than bytes.",
            hint=1,
        ),
        Mistake(
            "the axes forgotten",
            lambda: BEFORE / (4 * AMOUNTS),
            "the amounts alone do not make pictures. What you need to get pictures back takes"
            " space too, also as floats.",
            hint=1,
        ),
        Mistake(
            "after divided by before",
            lambda: 4 * (AMOUNTS + BACK) / BEFORE,
            "this is the size after divided by the size before.",
            hint=2,
        ),
        Mistake(
            "64-bit floats",
            lambda: BEFORE / (8 * (AMOUNTS + BACK)),
            "you counted eight bytes per amount. The task stores smaller floats.",
            hint=1,
        ),
    ),
)


CHECKS = (
    STRATIFIED_PART,
    FIX_LEAK,
    HONEST_CHOICE,
    DRAW_BY_CLASS,
    SHAPE_ONLY,
    LEGIBLE_SHARE,
    COMPRESSION,
)
