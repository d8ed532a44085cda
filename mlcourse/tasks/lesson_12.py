"""Checks for lesson 12, the whole pipeline: a stratified part, a leak, an honest choice, draws, legibility, bytes.

Symbols: X (n, d) rows; y or labels (n,) classes; E (n, d) standard normal numbers; c (n,) the class each row is
drawn for; mean (d,), covariance (d, d), or means (C, d), covariances (C, d, d) of C classes; q directions kept.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.stats import mode
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import StandardScaler

from mlcourse.checks.task import Case, Lesson
from mlcourse.datasets import load_digits
from mlcourse.mixture import GaussianMixture
from mlcourse.pca import PCA
from mlcourse.typing import Array

LESSON = Lesson("12_mnist")


def rounded(value: Any, decimals: int) -> Any:
    """Round numbers, also inside tuples, to recognise a mistake however many decimals were given."""
    if isinstance(value, tuple):
        return tuple(rounded(part, decimals) for part in value)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.ndarray)):
        return value
    return value if np.asarray(value).dtype.kind == "b" else np.round(value, decimals)


# ── 1  A stratified part ─────────────────────────────────────────────────────────────────────────────

STRATIFIED_PART = LESSON.task(
    "stratified_part",
    title="A part with the same shares",
    points=2,
    expected="a mask of shape (n,): True for the rows in the part",
)


def shuffled_classes(rng: np.random.Generator, sizes: tuple[int, ...], names: tuple[int, ...]) -> Array:
    """The classes of rows in random order; which class has which size is random, too."""
    return rng.permutation(np.repeat(names, rng.permutation(sizes)))


@STRATIFIED_PART.cases
def stratified_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three classes of unequal size", (shuffled_classes(rng, (11, 25, 14), (0, 1, 2)), 0.3))
    yield Case("classes called 3, 8, 12 and 40", (shuffled_classes(rng, (9, 21, 6, 17), (3, 8, 12, 40)), 0.7))
    yield Case("a class with a single row", (shuffled_classes(rng, (13, 1, 19), (1, 4, 20)), 0.5))
    yield Case("a whole number of rows of each class", (shuffled_classes(rng, (8, 20, 12), (0, 1, 2)), 0.25))


def _by_class(
    y: Array, n_of_class: Callable[..., Any], pick: Callable[..., Any] = lambda rows, n: rows[:n]
) -> Array:
    """A mask with n_of_class(size) rows of each class, chosen by `pick`."""
    part = np.zeros(len(y), dtype=bool)
    for c in np.unique(y):
        rows = np.flatnonzero(y == c)
        part[pick(rows, n_of_class(len(rows)))] = True
    return part


@STRATIFIED_PART.reference
def stratified_part(y: Array, share: float) -> Array:
    return _by_class(y, lambda n_c: int(np.floor(share * n_c)))


@STRATIFIED_PART.mistake(
    "these are the first rows of the whole table, whatever their class. A rare class"
    " may be left out altogether.",
    hint=1,
)
def the_first_rows_of_all(y, share):
    return np.arange(len(y)) < int(share * len(y))


@STRATIFIED_PART.mistake(
    "every class has the same number of rows in your part. A common class should be common there, too.",
    hint=2,
)
def the_same_number_from_each_class(y, share):
    return _by_class(y, lambda n_c: int(share * len(y) / len(np.unique(y))))


@STRATIFIED_PART.mistake(
    "where the share is not a whole number of rows, a class gets one row too many: you rounded up.", hint=None
)
def rounded_up(y, share):
    return _by_class(y, lambda n_c: int(np.ceil(share * n_c)))


@STRATIFIED_PART.mistake(
    "you rounded to the nearest whole number. In some classes the task rounds the other way.", hint=None
)
def rounded_to_the_nearest(y, share):
    return _by_class(y, lambda n_c: round(share * n_c))


@STRATIFIED_PART.mistake("the numbers are right, but these are the last rows of each class.", hint=None)
def the_last_rows(y, share):
    return _by_class(y, lambda n_c: int(share * n_c), lambda rows, n: rows[len(rows) - n :])


@STRATIFIED_PART.mistake(
    "True and False are swapped: this is what remains after the part has been cut off.", hint=2
)
def the_other_part(y, share):
    return ~stratified_part(y, share)


@STRATIFIED_PART.mistake(
    "no row is selected. If two pairs of brackets follow the mask, as in `part[y == c][:n] = True`, the first"
    " makes a copy, and the mask itself does not change.",
    hint=None,
)
def nothing_selected(y, share):
    return np.zeros(len(y), dtype=bool)


@STRATIFIED_PART.mistake("you computed how many rows a class gets from the size of the whole table.", hint=2)
def counted_from_the_whole_table(y, share):
    return _by_class(y, lambda n_c: int(share * len(y)))


@STRATIFIED_PART.mistake(
    "only one class has rows in your part, the last. Does the mask start from nothing with every class?",
    hint=2,
)
def the_last_class_alone(y: Array, share: float) -> Array:
    return stratified_part(y, share) & (y == y.max())


@STRATIFIED_PART.mistake(
    "the class with the largest number has no row in your part. Does your loop reach it?", hint=2
)
def the_last_class_left_out(y: Array, share: float) -> Array:
    return stratified_part(y, share) & (y != y.max())


@STRATIFIED_PART.mistake(
    "each class gives what `share` should leave: you computed its rows from `1 - share`.", hint=None
)
def one_minus_share(y, share):
    return stratified_part(y, 1 - share)


@STRATIFIED_PART.mistake(
    "these are the numbers of the rows, in rising order. A mask has as many entries as `y`.", hint=2
)
def row_numbers_in_order(y, share):
    return np.flatnonzero(stratified_part(y, share))


@STRATIFIED_PART.mistake(
    "these are row numbers, one array per class. The task asks for one mask for all classes.", hint=2
)
def row_numbers_of_each_class(y, share):
    part = stratified_part(y, share)
    return tuple(np.flatnonzero(part & (y == c)) for c in np.unique(y))


@STRATIFIED_PART.mistake("these are row numbers. A mask has True or False for every row.", hint=2)
def row_numbers(y: Array, share: float) -> Array:
    part = stratified_part(y, share)
    return np.concatenate([np.flatnonzero(part & (y == c)) for c in np.unique(y)])


@STRATIFIED_PART.mistake(
    "you assume that the classes are called 0, 1, 2, …, but in some of the cases they are not.", hint=2
)
def classes_counted_from_zero(y: Array, share: float) -> Array:
    part = np.zeros(len(y), dtype=bool)
    for c in range(len(np.unique(y))):
        rows = np.flatnonzero(y == c)
        part[rows[: int(share * len(rows))]] = True
    return part


@STRATIFIED_PART.mistake(
    "you assume that the classes are the digits 0 … 9, but in some of the cases a class has a larger number.",
    hint=2,
)
def ten_digits_assumed(y: Array, share: float) -> Array:
    return stratified_part(y, share) & (y < 10)


@STRATIFIED_PART.mistake(
    "every class has at least one row in your part. The task rounds down, even to nothing.", hint=None
)
def at_least_one_row_of_each_class(y, share):
    return _by_class(y, lambda n_c: max(1, int(share * n_c)))


@STRATIFIED_PART.mistake(
    "all rows are in the part. How many rows of a class to take depends on `share`.", hint=2
)
def all_rows(y, share):
    return np.ones(len(y), dtype=bool)


@STRATIFIED_PART.right
def part_by_counting(y, share):
    seen, part = {}, []
    for c in y.tolist():
        seen[c] = seen.get(c, 0) + 1
        part.append(seen[c] <= int(share * np.sum(y == c)))
    return part


@STRATIFIED_PART.right
def part_by_cumulative_counts(y, share):
    same = y[:, None] == y
    place = np.sum(np.tril(same), axis=1)
    return place <= np.floor(share * same.sum(axis=1))


# ── 2  The leak ──────────────────────────────────────────────────────────────────────────────────────

FIX_LEAK = LESSON.task(
    "fix_leak",
    title="Find the leak",
    points=2,
    expected="two arrays, (n, d) and (m, d); the first has mean 0 in every pixel",
    parts=("the training rows", "the new rows"),
    rtol=1e-4,
    atol=1e-4,
)


@FIX_LEAK.cases
def leak_cases(rng: np.random.Generator) -> Iterator[Case]:
    center, spread = np.array([2, 0.5, 0.3, -1]), np.array([3, 0.3, 0.006, 1.5])
    X_train = center + spread * rng.normal(size=(30, 4))
    X_new = center + spread * rng.normal(0.5, 0.7, size=(12, 4))
    yield Case("two parts, four pixels", (X_train, X_new))
    X_train, X_new = X_train.copy(), X_new.copy()
    X_train[:, 1] = 0.25
    yield Case("a pixel that varies only in the new part", (X_train, X_new))


def _standardised(
    X_train: Array, X_new: Array, scale: Array | None = None, *, mean: Array | None = None, ddof: int = 0
) -> tuple[Array, Array]:
    """Both parts with the mean and scale of the training part, or with others."""
    mean = X_train.mean(axis=0) if mean is None else mean
    scale = X_train.std(axis=0, ddof=ddof) if scale is None else scale
    scale = np.where(scale == 0, 1, scale)
    return (X_train - mean) / scale, (X_new - mean) / scale


@FIX_LEAK.reference
def fix_leak(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_new)


@FIX_LEAK.law("every pixel of the training part has mean 0 afterwards.")
def centred(out, *_):
    return np.allclose(out[0].mean(axis=0), 0, atol=1e-3)


@FIX_LEAK.law("a pixel that never varies in the training part is only centred, in the new part too.")
def constant_pixels_only_centred(out, X_train, X_new):
    constant = np.ptp(X_train, axis=0) == 0
    return np.allclose(out[1][:, constant], (X_new - X_train[0])[:, constant], atol=1e-3)


@FIX_LEAK.mistake("still the same numbers as before, so the leak is still there.", planted=True)
def statistics_of_all_rows(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    everything = np.concatenate([X_train, X_new])
    mean, scale = everything.mean(axis=0), everything.std(axis=0)
    scale = np.where(scale == 0, 1, scale)
    return (X_train - mean) / scale, (X_new - mean) / scale


@FIX_LEAK.mistake(
    "you standardised each part by itself. Nothing leaks, but the same picture has different"
    " coordinates in the two parts.",
    hint=2,
)
def each_part_by_itself(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_train)[0], _standardised(X_new, X_new)[0]


@FIX_LEAK.mistake("your mean and scale come from the new part. The leak has changed sides.", hint=1)
def statistics_of_the_new_part(A, B):
    return _standardised(A, B, B.std(axis=0), mean=B.mean(axis=0))


@FIX_LEAK.mistake("the training part is standardised, but the new part still has its original units.", hint=2)
def the_new_part_as_it_came(A, B):
    return (_standardised(A, B)[0], B)


@FIX_LEAK.mistake("the scale is fixed, but the mean still comes from both parts together.", hint=1)
def the_mean_still_leaks(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_new, mean=np.concatenate([X_train, X_new]).mean(axis=0))


@FIX_LEAK.mistake("the mean is fixed, but the scale still comes from both parts together.", hint=1)
def the_scale_still_leaks(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_new, np.concatenate([X_train, X_new]).std(axis=0))


@FIX_LEAK.mistake(
    "both parts are centred at the same mean, but each is divided by its own scale. They have different units"
    " now.",
    hint=2,
)
def each_part_by_its_own_scale(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return _standardised(X_train, X_train)[0], _standardised(X_train, X_new, X_new.std(axis=0))[1]


@FIX_LEAK.mistake(
    "both parts have the same scale, but each is centred at its own mean. What makes the parts different is gone.",
    hint=2,
)
def each_part_about_its_own_mean(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    new = _standardised(X_train, X_new, mean=X_new.mean(axis=0))[1]
    return _standardised(X_train, X_train)[0], new


@FIX_LEAK.mistake("you divided by the variance, so the units do not cancel.", hint=None)
def variance_instead_of_the_standard_deviation(A, B):
    return _standardised(A, B, A.var(axis=0))


@FIX_LEAK.mistake("where a pixel never varies in the training part, you divided by zero.", hint=None)
def constant_pixel(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    mean, scale = X_train.mean(axis=0), X_train.std(axis=0)
    return (X_train - mean) / scale, (X_new - mean) / scale


@FIX_LEAK.mistake(
    "you used one mean and one scale for all pixels together. Every pixel should have its own.", hint=None
)
def one_mean_and_scale_for_all_pixels(X_train: Array, X_new: Array) -> tuple[Array, Array]:
    return (X_train - X_train.mean()) / X_train.std(), (X_new - X_train.mean()) / X_train.std()


@FIX_LEAK.mistake("the parts are centred, but not divided by a scale.", hint=None)
def only_centred(A, B):
    return _standardised(A, B, np.ones(A.shape[1]))


@FIX_LEAK.mistake(
    "your scale divides by n − 1. The one that you were given divides by n, and that was not the leak.",
    hint=None,
)
def n_minus_one(A, B):
    return _standardised(A, B, ddof=1)


@FIX_LEAK.mistake("the parts are divided by their scale, but not centred.", hint=None)
def only_divided(A, B):
    return _standardised(A, B, mean=np.zeros(A.shape[1]))


@FIX_LEAK.mistake("only the mean is divided by the scale: a quotient comes before a difference.", hint=None)
def brackets_missing(A, B):
    shift = A.mean(axis=0) / np.where(A.std(axis=0) == 0, 1, A.std(axis=0))
    return A - shift, B - shift


@FIX_LEAK.mistake(
    "you never divide by less than 1. A pixel that varies a little keeps its small spread that way, but only"
    " one that never varies should.",
    hint=None,
)
def no_scale_below_one(A, B):
    return _standardised(A, B, np.maximum(A.std(axis=0), 1))


@FIX_LEAK.mistake(
    "a pixel that varies only a little was treated like one that never varies: your threshold is too high.",
    hint=None,
)
def small_scales_taken_for_zero(A, B):
    scale = A.std(axis=0)
    return _standardised(A, B, np.where(scale < 0.1, 1, scale))


@FIX_LEAK.mistake(
    "you added a tiny number to every scale. Where a pixel never varies in the training part, you divide by that"
    " number alone, and the new part becomes huge.",
    hint=None,
)
def a_tiny_number_added(A, B):
    return _standardised(A, B, A.std(axis=0) + 1e-8)


@FIX_LEAK.right
def standardised_by_scikit_learn(X_train, X_new):
    scaler = StandardScaler().fit(X_train)
    return scaler.transform(X_train), scaler.transform(X_new)


@FIX_LEAK.right
def standardised_pixel_by_pixel(X_train, X_new):
    train, new = X_train.copy(), X_new.copy()
    for j in range(X_train.shape[1]):
        mean, scale = X_train[:, j].mean(), X_train[:, j].std() or 1.0
        train[:, j], new[:, j] = (X_train[:, j] - mean) / scale, (X_new[:, j] - mean) / scale
    return [train, new]


@FIX_LEAK.right
def standardised_in_float32(X_train, X_new):
    return standardised_pixel_by_pixel(X_train.astype(np.float32), X_new.astype(np.float32))


# ── 3  An honest choice ──────────────────────────────────────────────────────────────────────────────

HONEST_CHOICE = LESSON.value(
    "honest_choice",
    title="An honest choice",
    points=3,
    expected="a pair (K, log-likelihood): one of the six values of K, and a number of nats",
    parts=("the chosen K", "the log-likelihood"),
    rtol=0,
    atol=0.025,
)


KS = (5, 10, 20, 40, 80, 160)
TRAINING, VALIDATION, TEST, BIC = 1, 2, 3, 4


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
    fits = [_fit(K, parts[0]) for K in KS]
    return [(fit.n_components, *map(fit.score, parts), fit.bic(parts[0])) for fit in fits]


def _choice(by: int, report: int, lowest: bool = False) -> tuple[int, float]:
    """(K, score): the candidate with the highest (or lowest) entry `by`, and its entry `report`."""
    best = (min if lowest else max)(_fits(), key=lambda fit: fit[by])
    return best[0], best[report]


@HONEST_CHOICE.reference
def honest_choice():
    return _choice(VALIDATION, TEST)


@HONEST_CHOICE.law("the first value is one of the six values of K.")
def one_of_the_six(out):
    return out[0] in KS


@HONEST_CHOICE.law(
    "the second value is a score of the fit with this K: fitted to `Z_train` alone, with `random_state=0`."
)
def a_score_of_this_fit(out):
    scores = next(fit[TRAINING : TEST + 1] for fit in _fits() if fit[0] == out[0])
    return np.isclose(scores, out[1], rtol=0, atol=0.1).any()


@HONEST_CHOICE.canonical
def canonical_honest_choice(value):
    return rounded(value, 2)


@HONEST_CHOICE.mistake(
    "the choice is right. But the number is the one that made you choose this K, the highest of six. On"
    " new digits, expect less.",
    hint=2,
)
def the_validation_score_reported():
    return _choice(VALIDATION, VALIDATION)


@HONEST_CHOICE.mistake(
    "the choice is right. But the number was measured on the digits that the model was fitted to.", hint=1
)
def the_training_score_reported():
    return _choice(VALIDATION, TRAINING)


@HONEST_CHOICE.mistake(
    "of the six fits, this one has the highest score on the training part and the lowest on the validation part."
    " Which of the two parts should choose, and is a high score good or bad?",
    hint=1,
)
def chosen_on_the_training_part():
    return _choice(TRAINING, TEST)


@HONEST_CHOICE.mistake(
    "this is the lowest of the six scores on the validation part. Is a high score good or bad?", hint=None
)
def the_lowest_validation_score():
    return _choice(VALIDATION, VALIDATION, lowest=True)


@HONEST_CHOICE.mistake(
    "K and its score both come from the training part. The model has seen these digits, and more"
    " components always look better there.",
    hint=1,
)
def chosen_and_reported_on_the_training_part():
    return _choice(TRAINING, TRAINING)


@HONEST_CHOICE.mistake(
    "this K is the best on the test digits. Now they have been used for the choice, and no"
    " digits are left to report on.",
    hint=1,
)
def chosen_on_the_test_part():
    return _choice(TEST, TEST)


@HONEST_CHOICE.mistake(
    "the choice is right. But the number comes from another fit, to training and validation digits together.",
    hint=1,
)
@cache
def fitted_again_to_more_digits() -> tuple[int, float]:
    """The chosen K, and the test log-likelihood of K components fitted to training and validation digits."""
    Z_train, Z_val, Z_test = _parts()
    K, _ = _choice(VALIDATION, TEST)
    return K, _fit(K, np.concatenate([Z_train, Z_val])).score(Z_test)


@HONEST_CHOICE.mistake(
    "this K has the lowest BIC on the training part. BIC only estimates what the validation part measures.",
    hint=1,
    name="chosen by BIC",
)
def chosen_by_bic():
    return _choice(BIC, TEST, lowest=True)


@HONEST_CHOICE.mistake("the two values are in the wrong order.", hint=None)
def swapped():
    K, score = honest_choice()
    return score, K


@HONEST_CHOICE.mistake(
    "the first value is the place of the chosen K in the list of candidates. The task asks for K itself.",
    hint=None,
)
def the_place_of_K():
    K, score = honest_choice()
    return KS.index(K), score


@HONEST_CHOICE.mistake(
    "the second value is a sum over all test digits. The task asks for the mean.", hint=None
)
def the_sum():
    K, score = honest_choice()
    return K, score * len(_parts()[2])


HONEST_CHOICE.right_values([80, 4.18], (80.0, 4.2))


# ── 4  Draws, class by class ─────────────────────────────────────────────────────────────────────────

DRAW_BY_CLASS = LESSON.task(
    "draw_by_class",
    title="Draw, class by class",
    points=3,
    expected="array (n, d): row i is drawn for class c[i]",
    rtol=1e-4,
    atol=1e-4,
)


def covariances_for(rng: np.random.Generator, C: int, d: int) -> Array:
    A = rng.normal(size=(C, d, d))
    return A @ np.swapaxes(A, 1, 2) + 0.5 * np.eye(d)


def for_classes(rng: np.random.Generator, classes: Array, C: int, d: int) -> tuple[Array, ...]:
    """The arguments of the task: noise, classes, means and covariances."""
    return (
        rng.normal(size=(len(classes), d)),
        classes,
        3 * rng.normal(size=(C, d)),
        covariances_for(rng, C, d),
    )


def _drawn(E: Array, c: Array, means: Array, covariances: Array, colour: Callable[..., Array]) -> Array:
    """Row i as means[cᵢ] + colour(covariances[cᵢ], εᵢ)."""
    return np.array([means[k] + colour(covariances[k], e) for e, k in zip(E, c)])


@DRAW_BY_CLASS.cases
def draw_cases(rng: np.random.Generator) -> Iterator[Case]:
    for C, n, d in ((3, 70, 2), (4, 36, 5)):
        classes = rng.permutation(np.concatenate([np.arange(C), rng.integers(C, size=n - C)]))
        # The last class comes first, because the beginning of reused memory never holds an earlier result: an
        # answer that leaves rows of `np.empty` unset is not right by accident.
        classes[0] = C - 1
        yield Case(f"{C} classes in {d} dimensions, in random order", for_classes(rng, classes, C, d))
    classes = rng.choice([0, 1, 3], size=33)
    yield Case("four classes in 4 dimensions, of which one does not occur", for_classes(rng, classes, 4, 4))


@DRAW_BY_CLASS.reference
def draw_by_class(E: Array, c: Array, means: Array, covariances: Array) -> Array:
    return _drawn(E, c, means, covariances, lambda S, e: np.linalg.cholesky(S) @ e)


def _symmetric_root(S: Array, e: Array) -> Array:
    variances, axes = np.linalg.eigh(S)
    return axes @ (np.sqrt(variances) * (axes.T @ e))


def _along_the_axes(S: Array, e: Array) -> Array:
    variances, axes = np.linalg.eigh(S)
    return axes @ (np.sqrt(variances) * e)


@DRAW_BY_CLASS.mistake("the factor is transposed, so the draws have the wrong covariance.", hint=2)
def factor_transposed(E, c, m, S):
    return _drawn(E, c, m, S, lambda S, e: np.linalg.cholesky(S).T @ e)


@DRAW_BY_CLASS.mistake(
    "you multiplied the noise by the covariance itself, so the variances come out squared. You"
    " need a square root of it.",
    hint=None,
)
def covariance_instead_of_its_factor(E, c, m, S):
    return _drawn(E, c, m, S, lambda S, e: S @ e)


@DRAW_BY_CLASS.mistake(
    "every feature has the right spread, but the features no longer vary together.", hint=None
)
def standard_deviations_only(E, c, m, S):
    return _drawn(E, c, m, S, lambda S, e: np.sqrt(np.diag(S)) * e)


@DRAW_BY_CLASS.mistake(
    "these draws have the right covariance, but from a symmetric square root. The task"
    " asks for the triangular one.",
    hint=None,
)
def the_symmetric_root(E, c, m, S):
    return _drawn(E, c, m, S, _symmetric_root)


@DRAW_BY_CLASS.mistake(
    "these draws have the right covariance, but the factor comes from eigenvectors. The task asks for the"
    " triangular one.",
    hint=None,
)
def axes_times_standard_deviations(E, c, m, S):
    return _drawn(E, c, m, S, _along_the_axes)


@DRAW_BY_CLASS.mistake(
    "you took the root of every entry, and some entries are negative. A square root of a matrix is a factor of"
    " a matrix product.",
    hint=None,
)
def root_of_every_entry(E, c, m, S):
    with np.errstate(invalid="ignore"):
        return _drawn(E, c, m, S, lambda S, e: np.sqrt(S) @ e)


@DRAW_BY_CLASS.mistake(
    "every feature is multiplied by its variance, and the covariances are not used.", hint=None
)
def variances_only(E, c, m, S):
    return _drawn(E, c, m, S, lambda S, e: np.diag(S) * e)


@DRAW_BY_CLASS.mistake(
    "the classes were sorted, but the noise was not: row i is no longer drawn for class `c[i]`.", hint=1
)
def classes_sorted(E, c, m, S):
    return draw_by_class(E, np.sort(c), m, S)


@DRAW_BY_CLASS.mistake(
    "you counted the classes that occur. If one is missing, those after it get the wrong mean and covariance.",
    hint=None,
)
def numbered_by_occurrence(E, c, m, S):
    return draw_by_class(E, np.unique(c, return_inverse=True)[1], m, S)


@DRAW_BY_CLASS.mistake("all draws are centred at zero: the means are missing.", hint=None)
def mean_left_out(E, c, m, S):
    return draw_by_class(E, c, np.zeros_like(m), S)


@DRAW_BY_CLASS.mistake(
    "every class has its own mean, but all classes have the covariance of the first.", hint=1
)
def one_covariance_for_all(E, c, m, S):
    return draw_by_class(E, c, m, np.repeat(S[:1], len(S), axis=0))


@DRAW_BY_CLASS.mistake("every class has its own mean, but all classes share one average covariance.", hint=1)
def the_average_covariance(E, c, m, S):
    return draw_by_class(E, c, m, np.repeat(S.mean(axis=0)[np.newaxis], len(S), axis=0))


@DRAW_BY_CLASS.mistake("every row is drawn for class 0: `c` makes no difference.", hint=1)
def one_class_for_all(E, c, m, S):
    return draw_by_class(E, 0 * c, m, S)


@DRAW_BY_CLASS.mistake("all rows lie exactly on the mean of their class: the noise is missing.", hint=None)
def no_noise(E, c, m, S):
    return draw_by_class(0 * E, c, m, S)


@DRAW_BY_CLASS.mistake(
    "you divided by the factor instead of multiplying by it. That turns draws back into noise.", hint=None
)
def whitened_instead_of_coloured(E, c, m, S):
    return _drawn(E, c, m, S, lambda S, e: np.linalg.solve(np.linalg.cholesky(S), e))


@DRAW_BY_CLASS.mistake(
    "the rows are right, but in another order: they were sorted by class on the way.", hint=1
)
def grouped_by_class(E: Array, c: Array, means: Array, covariances: Array) -> Array:
    order = np.argsort(c, kind="stable")
    return draw_by_class(E, c, means, covariances)[order]


@DRAW_BY_CLASS.mistake(
    "every row is the mean of its class plus the noise as it came: the covariances are not used.", hint=None
)
def noise_as_it_came(E, c, m, S):
    return m[c] + E


@DRAW_BY_CLASS.mistake(
    "every class takes its noise from the beginning of `E`. Row i should be made from row i of `E`.", hint=1
)
def the_first_rows_of_the_noise(E, c, m, S):
    place = np.sum(np.tril(c[:, np.newaxis] == c, -1), axis=1)
    return draw_by_class(E[place], c, m, S)


@DRAW_BY_CLASS.mistake(
    "every row is drawn for the class before its own: the classes are numbered from 0, not from 1.", hint=None
)
def classes_counted_from_one(E, c, m, S):
    return draw_by_class(E, c - 1, m, S)


@DRAW_BY_CLASS.mistake(
    "the rows of class 0 were never drawn: they are still zero. With which class does your loop begin?",
    hint=None,
)
def class_0_left_out(E, c, m, S):
    return draw_by_class(E, c, m, S) * (c > 0)[:, np.newaxis]


@DRAW_BY_CLASS.right
def draws_by_einsum(E, c, means, covariances):
    factors = np.linalg.cholesky(covariances)
    return means[c] + np.einsum("nij,nj->ni", factors[c], E)


@DRAW_BY_CLASS.right
def draws_class_by_class(E, c, means, covariances):
    X = np.zeros_like(E)
    for k in np.unique(c):
        rows = np.flatnonzero(c == k)
        X[rows] = E[rows] @ np.linalg.cholesky(covariances[k]).T + means[k]
    return X


@DRAW_BY_CLASS.right
def draws_row_by_row(E, c, means, covariances):
    return [means[k] + np.linalg.cholesky(covariances[k]) @ e for e, k in zip(E, c)]


@DRAW_BY_CLASS.right
def draws_in_float32(E, c, means, covariances):
    noise, *model = (array.astype(np.float32) for array in (E, means, covariances))
    return draws_by_einsum(noise, c, *model)


# ── 5  The shape without its noise ───────────────────────────────────────────────────────────────────

SHAPE_ONLY = LESSON.task(
    "shape_only",
    title="The shape without its noise",
    points=3,
    expected="array (n, d): the mean plus the part along q directions",
    rtol=1e-4,
    atol=1e-4,
)


def covariance_with_clear_directions(rng: np.random.Generator, d: int) -> Array:
    """A covariance whose variances are at least 0.5 apart, so that float32 is enough to find its directions."""
    axes, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return axes * np.cumsum(rng.uniform(0.5, 1.5, size=d)) @ axes.T


@SHAPE_ONLY.cases
def shape_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n, d, q in ((9, 5, 2), (7, 6, 1), (11, 7, 5)):
        X = rng.normal(2, 2, size=(n, d))
        yield Case(
            f"{d} dimensions, {q} direction(s) kept",
            (X, rng.normal(3, 1, size=d), covariance_with_clear_directions(rng, d), q),
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


@SHAPE_ONLY.reference
def shape_only(X: Array, mean: Array, covariance: Array, q: int) -> Array:
    _, axes = np.linalg.eigh(covariance)
    shape = np.tile(mean, (len(X), 1)).astype(float)
    for axis in axes.T[::-1][:q]:
        for i in range(len(X)):
            shape[i] += ((X[i] - mean) @ axis) * axis
    return shape


@SHAPE_ONLY.mistake(
    "you kept the first q directions. In rising order these are the narrowest: the noise has"
    " stayed, and the shape is gone.",
    hint=2,
)
def the_narrowest_directions(*a):
    return _projected(*a, columns=lambda V, q: V[:, :q])


@SHAPE_ONLY.mistake("you used rows of the matrix as directions. The directions are in its columns.", hint=2)
def rows_instead_of_columns(*a):
    return _projected(*a, columns=lambda V, q: V[len(V) - q :].T)


@SHAPE_ONLY.mistake(
    "these are the amounts along the directions, q per row. That is only half of the way.", hint=3
)
def the_amounts(X, mean, S, q):
    return (X - mean) @ np.linalg.eigh(S)[1][:, len(mean) - q :]


@SHAPE_ONLY.mistake(
    "you multiplied the directions by their standard deviations. A direction has length 1.", hint=None
)
def directions_stretched(X: Array, mean: Array, covariance: Array, q: int) -> Array:
    variances, axes = np.linalg.eigh(covariance)
    widest = (axes * np.sqrt(variances))[:, len(mean) - q :]
    return mean + (X - mean) @ widest @ widest.T


@SHAPE_ONLY.mistake(
    "you used the mean of these few rows. The component has its own.", hint=1, name="the rows' own mean"
)
def the_rows_own_mean(X, mean, S, q):
    return shape_only(X, X.mean(axis=0), S, q)


@SHAPE_ONLY.mistake(
    "you computed the directions from the rows themselves. The component has its own.",
    hint=1,
    name="the rows' own directions",
)
def the_rows_own_directions(X, mean, S, q):
    return shape_only(X, mean, np.cov(X.T), q)


@SHAPE_ONLY.mistake(
    "mean and directions come from the rows themselves: this is a PCA of the rows. The component has its own.",
    hint=1,
    name="a PCA of the rows",
)
def a_pca_of_the_rows(X, mean, S, q):
    return shape_only(X, X.mean(axis=0), np.cov(X.T), q)


@SHAPE_ONLY.mistake("you kept one direction only, whatever q says.", hint=2)
def the_widest_direction_alone(X, mean, S, q):
    return shape_only(X, mean, S, 1)


@SHAPE_ONLY.mistake("you kept one direction more than q: count once more what the slice selects.", hint=2)
def one_direction_too_many(X, mean, S, q):
    return shape_only(X, mean, S, q + 1)


@SHAPE_ONLY.mistake("you subtracted the mean before the projection, but did not add it back.", hint=1)
def mean_not_added_back(*a):
    return _projected(*a, back=False)


@SHAPE_ONLY.mistake(
    "you projected the rows uncentred and then added the mean. The directions go through the mean.", hint=1
)
def not_centred(*a):
    return _projected(*a, center=False)


@SHAPE_ONLY.mistake(
    "these are projections onto directions through the origin. The component has its centre elsewhere.",
    hint=1,
)
def no_mean_at_all(*a):
    return _projected(*a, center=False, back=False)


@SHAPE_ONLY.mistake(
    "the rows have not changed: projected onto all directions, they keep their noise. Only q directions count.",
    hint=2,
)
def all_directions_kept(X, mean, S, q):
    return X


@SHAPE_ONLY.mistake("you kept q − 1 directions: count once more what the slice selects.", hint=2)
def one_direction_too_few(*a):
    return _projected(*a, columns=lambda V, q: V[:, len(V) - q + 1 :])


@SHAPE_ONLY.mistake(
    "you left out the widest direction. Where does a slice end that should reach the last column?", hint=2
)
def the_widest_left_out(*a):
    return _projected(*a, columns=lambda V, q: V[:, len(V) - q - 1 : -1])


@SHAPE_ONLY.mistake("every row has become the mean: nothing is left of what makes it different.", hint=1)
def nothing_but_the_mean(X, mean, S, q):
    return np.tile(mean, (len(X), 1))


@SHAPE_ONLY.mistake("this is the part that should have been removed, added to the mean.", hint=2)
def the_noise_itself(X, mean, S, q):
    return mean + X - shape_only(X, mean, S, q)


@SHAPE_ONLY.mistake(
    "the slice begins in the right place, but leaves out the last column, where the widest direction is.",
    hint=2,
)
def the_last_column_left_out(*a):
    return _projected(*a, columns=lambda V, q: V[:, len(V) - q : -1])


@SHAPE_ONLY.mistake(
    "`[::-1]` alone turns the order of the rows around. It is the columns that are in rising order.", hint=2
)
def rows_turned_around(*a):
    return _projected(*a, columns=lambda V, q: V[::-1][:, :q])


@SHAPE_ONLY.mistake(
    "you took the first q rows of the matrix. Are the directions in its rows, and are the widest the first?",
    hint=2,
)
def the_first_rows_of_the_matrix(*a):
    return _projected(*a, columns=lambda V, q: V[:q].T)


@SHAPE_ONLY.mistake(
    "you divided the amounts by their standard deviations. That is whitening, and a shape keeps its size.",
    hint=None,
)
def whitened(X: Array, mean: Array, covariance: Array, q: int) -> Array:
    variances, axes = (part[..., len(mean) - q :] for part in np.linalg.eigh(covariance))
    return mean + (X - mean) @ axes / np.sqrt(variances) @ axes.T


@SHAPE_ONLY.right
def shape_by_singular_values(X, mean, covariance, q):
    U, _, _ = np.linalg.svd(covariance)
    return mean + (X - mean) @ U[:, :q] @ U[:, :q].T


@SHAPE_ONLY.right
def shape_by_sorting(X, mean, covariance, q):
    values, axes = np.linalg.eigh(covariance)
    order = np.argsort(values)[::-1]
    kept = axes[:, order[:q]]
    amounts = (X - mean) @ kept
    return amounts @ kept.T + mean


@SHAPE_ONLY.right
def shape_by_subtraction(X, mean, covariance, q):
    narrow = np.linalg.eigh(covariance)[1][:, : len(mean) - q]
    return X - (X - mean) @ narrow @ narrow.T


@SHAPE_ONLY.right
def shape_in_float32(X, mean, covariance, q):
    return shape_by_sorting(*(array.astype(np.float32) for array in (X, mean, covariance)), q)


# ── 6  Can it be read? ───────────────────────────────────────────────────────────────────────────────

LEGIBLE_SHARE = LESSON.task(
    "legible_share", title="Can it be read?", points=3, expected="one number between 0 and 1", rtol=1e-5
)


@LEGIBLE_SHARE.cases
def legible_cases(rng: np.random.Generator) -> Iterator[Case]:
    for n_classes, d, k in ((3, 2, 4), (4, 3, 5), (2, 2, 7)):
        centers = 1.3 * rng.normal(size=(n_classes, d))
        component = rng.permutation(np.arange(120) % n_classes)
        # The first k labels agree in the first case alone, so an answer that always takes them is 1, 0, 0.
        component[:k] = 0 if k == 4 else np.arange(k) % n_classes
        train = centers[component] + rng.normal(size=(120, d))
        drawn = centers[rng.integers(n_classes, size=211)] + rng.normal(size=(211, d))
        names = rng.choice(np.arange(1, 10), size=n_classes, replace=False)
        yield Case(f"{n_classes} overlapping classes, k = {k}", (drawn, train, names[component], k))


def _neighbours(drawn: Array, train: Array, labels: Array, k: int, nearest: slice = slice(None)) -> Array:
    """Labels (m, k) of each drawn row's nearest training rows."""
    distances = np.array([np.sqrt(np.sum((train - row) ** 2, axis=1)) for row in drawn])
    return labels[np.argsort(distances, axis=1)[:, nearest][:, :k]]


def _unanimous(found: Array) -> Array:
    return np.all(found == found[:, :1], axis=1)


@LEGIBLE_SHARE.reference
def legible_share(drawn: Array, train: Array, labels: Array, k: int) -> float:
    return float(np.mean(_unanimous(_neighbours(drawn, train, labels, k))))


def _greatest_share(found: Array) -> Array:
    """The share of the most common label among each row's neighbours: (m,)."""
    return np.array([np.bincount(row).max() / len(row) for row in found])


@LEGIBLE_SHARE.law("a share is between 0 and 1.")
def between_0_and_1(out, *_):
    return 0 <= out <= 1


@LEGIBLE_SHARE.mistake(
    "you count a row as legible as soon as most of its neighbours agree. All of them have to.", hint=2
)
def a_majority_is_enough(*a):
    return np.mean(_greatest_share(_neighbours(*a)) > 0.5)


@LEGIBLE_SHARE.mistake(
    "this is the average size of the majority. For each row, the answer should be a yes or a no.", hint=2
)
def mean_agreement(*a):
    return np.mean(_greatest_share(_neighbours(*a)))


@LEGIBLE_SHARE.mistake("you used the training rows that are farthest away.", hint=1)
def the_farthest_rows(drawn, train, labels, k):
    return np.mean(_unanimous(_neighbours(drawn, train, labels, k, slice(None, None, -1))))


@LEGIBLE_SHARE.mistake(
    "you skipped the nearest training row. That is right when a row is among its own"
    " neighbours, but a drawn row is not.",
    hint=1,
)
def the_nearest_one_left_out(drawn, train, labels, k):
    return np.mean(_unanimous(_neighbours(drawn, train, labels, k, slice(1, None))))


@LEGIBLE_SHARE.mistake("this is the number of legible rows. The task asks for their share.", hint=None)
def how_many(drawn, *a):
    return len(drawn) * legible_share(drawn, *a)


@LEGIBLE_SHARE.mistake(
    "you returned a yes or a no for every row. The task asks for one number for all of them.", hint=None
)
def an_answer_for_every_row(*a):
    return _unanimous(_neighbours(*a))


@LEGIBLE_SHARE.mistake("this is the share of the rows that are not legible.", hint=None)
def the_illegible_share(*a):
    return 1 - legible_share(*a)


@LEGIBLE_SHARE.mistake(
    "the neighbours are the nearest by another distance: you added up absolute differences.", hint=None
)
def distances_along_the_axes(drawn: Array, train: Array, labels: Array, k: int) -> float:
    distances = np.abs(drawn[:, np.newaxis] - train).sum(axis=2)
    return float(np.mean(_unanimous(labels[np.argsort(distances, axis=1)[:, :k]])))


@LEGIBLE_SHARE.mistake(
    "the neighbours are the first k rows of the training part: their distances play no role.", hint=1
)
def the_first_rows(drawn, train, labels, k):
    return float(len(set(labels[:k].tolist())) == 1)


@LEGIBLE_SHARE.mistake("you counted the rows whose neighbours have exactly two classes.", hint=2)
def exactly_two_classes(*a):
    return np.mean([len(set(row)) == 2 for row in _neighbours(*a).tolist()])


@LEGIBLE_SHARE.mistake("you let one neighbour be of another class. All of them have to agree.", hint=2)
def one_exception_allowed(drawn, train, labels, k):
    return np.mean(_greatest_share(_neighbours(drawn, train, labels, k)) * k > k - 1.5)


@LEGIBLE_SHARE.mistake(
    "you compared only the first label with the last. Those between them have to agree, too.", hint=2
)
def first_and_last_compared(*a):
    found = _neighbours(*a)
    return np.mean(found[:, 0] == found[:, -1])


@LEGIBLE_SHARE.mistake("you looked at one neighbour too many.", hint=None)
def one_neighbour_too_many(drawn, train, labels, k):
    return legible_share(drawn, train, labels, k + 1)


@LEGIBLE_SHARE.mistake("you looked at one neighbour too few.", hint=None)
def one_neighbour_too_few(drawn, train, labels, k):
    return legible_share(drawn, train, labels, k - 1)


@LEGIBLE_SHARE.mistake("no row counts as legible. Are you comparing labels, or row numbers?", hint=2)
def no_row_is_legible(drawn, train, labels, k):
    return 0.0


@LEGIBLE_SHARE.mistake(
    "every row counts as legible. Is a single label that agrees enough? The first always agrees with itself.",
    hint=2,
)
def every_row_is_legible(drawn, train, labels, k):
    return 1.0


@LEGIBLE_SHARE.mistake(
    "this is the share of neighbours with the label of the nearest one. The task asks for a share of rows.",
    hint=2,
)
def share_of_neighbours_like_the_nearest(*a):
    found = _neighbours(*a)
    return np.mean(found == found[:, :1])


@LEGIBLE_SHARE.mistake("this is the share in per cent. A share is a number between 0 and 1.", hint=None)
def in_per_cent(*a):
    return 100 * legible_share(*a)


@LEGIBLE_SHARE.right
def legible_by_classifier(drawn, train, labels, k):
    classifier = KNeighborsClassifier(k).fit(train, labels)
    return np.mean(classifier.predict_proba(drawn).max(axis=1) == 1)


@LEGIBLE_SHARE.right
def legible_by_tables(drawn, train, labels, k):
    distances = ((drawn[:, None] - train) ** 2).sum(axis=2)
    nearest = np.argsort(distances, axis=1)[:, :k]
    found = labels[nearest]
    return (found.min(axis=1) == found.max(axis=1)).mean()


@LEGIBLE_SHARE.right
def legible_by_counting(drawn, train, labels, k):
    count = 0
    for row in drawn:
        distances = np.linalg.norm(row - train, axis=1)
        near = labels[np.argsort(distances)[:k]]
        count += len(np.unique(near)) == 1
    return count / len(drawn)


@LEGIBLE_SHARE.right
def legible_by_neighbours(drawn, train, labels, k):
    _, rows = NearestNeighbors(n_neighbors=k).fit(train).kneighbors(drawn)
    return np.mean(mode(labels[rows], axis=1).count == k)


# ── 7  What does it save? ────────────────────────────────────────────────────────────────────────────

COMPRESSION = LESSON.value(
    "compression",
    title="What does it save?",
    points=2,
    expected="one number: bytes before divided by bytes after",
    rtol=0,
    atol=0.0011,
)


BEFORE, AMOUNTS, BACK = 50_000 * 784, 50_000 * 261, 261 * 784 + 784


@COMPRESSION.reference
def compression():
    return BEFORE / (4 * (AMOUNTS + BACK))


@COMPRESSION.canonical
def canonical_compression(value):
    return rounded(value, 3)


@COMPRESSION.mistake(
    "you gave a pixel as much space as an amount. And is there nothing else to store?", hint=1
)
def numbers_instead_of_bytes():
    return 784 / 261


@COMPRESSION.mistake(
    "you counted numbers, and rounded. How many bytes are a pixel and an amount, and is there nothing else to store?",
    hint=1,
    name="numbers, rounded",
)
def numbers_rounded():
    return 3.0


@COMPRESSION.mistake(
    "you included the axes, but a pixel takes as much space as an amount in your count.",
    hint=1,
    name="numbers, with the axes",
)
def numbers_with_the_axes():
    return BEFORE / (AMOUNTS + BACK)


@COMPRESSION.mistake(
    "the amounts alone do not make pictures. What you need to get pictures back takes"
    " space too, also as floats.",
    hint=None,
)
def without_the_axes():
    return BEFORE / (4 * AMOUNTS)


@COMPRESSION.mistake(
    "the amounts are right, but the axes and the mean were counted with one byte per number.", hint=None
)
def axes_of_one_byte():
    return BEFORE / (4 * AMOUNTS + BACK)


@COMPRESSION.mistake(
    "you counted 784 axes. How many are needed to get back from the amounts that are stored?", hint=None
)
def all_axes_counted():
    return BEFORE / (4 * (AMOUNTS + 784 * 784 + 784))


@COMPRESSION.mistake("this is the size after divided by the size before.", hint=2)
def after_divided_by_before():
    return 4 * (AMOUNTS + BACK) / BEFORE


@COMPRESSION.mistake(
    "you counted eight bytes per amount. The task stores smaller floats.", hint=None, name="64-bit floats"
)
def n_64_bit_floats():
    return BEFORE / (8 * (AMOUNTS + BACK))


COMPRESSION.right_values(0.739, 0.74)
LESSON.open_question("referee", title="Referee a report", points=5)
