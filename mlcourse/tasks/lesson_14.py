"""Checks for lesson 14, the capstone: functions on random cases, and one choice judged by the learner's own evidence.

Symbols: B refits, M candidate models, n rows; scores are log-densities in nats, the higher the better.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from math import sqrt
from typing import Any

import numpy as np
from scipy.stats import sem
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
    rand_score,
)
from sklearn.metrics.cluster import contingency_matrix
from sklearn.preprocessing import StandardScaler

from mlcourse.anomaly import DensityDetector
from mlcourse.checks.task import Case, Lesson
from mlcourse.metrics import match_labels
from mlcourse.typing import Array

LESSON = Lesson("14_capstone")


# ── 1  Standardise by the training rows ──────────────────────────────────────────────────────────────

STANDARDISE_BY_TRAIN = LESSON.task(
    "standardise_by_train",
    title="One scale for all parts",
    points=2,
    parts=("the training rows", "the other rows"),
    expected="two arrays, of the shapes of `train` and `other`, without NaN",
    families={"features that vary": 1, "features that never vary": 1},
)


@STANDARDISE_BY_TRAIN.cases
def standardise_cases(rng: np.random.Generator) -> Iterator[Case]:
    units = np.array([1.0, 0.1, 1000.0])
    center = np.array([5.0, 0.3, -2000.0])
    train, other = (rng.normal(size=(n, 3)) * units + center for n in (40, 15))
    yield Case("three features in different units", (train, other + units))
    constant = np.full((40, 1), 3.0), rng.normal(4, 2, size=(15, 1))
    yield Case(
        "a feature that never varies in the training rows",
        tuple(map(np.hstack, zip((train, other), constant))),
        "features that never vary",
    )
    few, more = rng.uniform(-5, 5, size=(6, 2)), rng.uniform(-5, 5, size=(30, 2))
    few[:, rng.integers(2)] = -7
    yield Case("few training rows, with a feature that is always −7", (few, more), "features that never vary")


def scaled(rows: Array, center: Array | float, scale: Array | float) -> Array:
    return (rows - center) / np.where(scale == 0, 1, scale)


@STANDARDISE_BY_TRAIN.reference
def standardise_by_train(train: Array, other: Array) -> tuple[Array, Array]:
    center, scale = train.mean(axis=0), train.std(axis=0)
    return scaled(train, center, scale), scaled(other, center, scale)


def _with(center: Callable[..., Array], scale: Callable[..., Array]) -> Callable[..., tuple[Array, ...]]:
    """Make a standardisation that uses `center(train)` and `scale(train)`."""
    return lambda train, other: tuple(scaled(rows, center(train), scale(train)) for rows in (train, other))


def mean(rows: Array) -> Array:
    return rows.mean(axis=0)


def columns_of_train_are_standard(output: tuple[Array, Array], train: Array, other: Array) -> bool:
    first = np.asarray(output[0])
    spread = np.where(train.std(axis=0) == 0, 0, 1)
    return np.allclose(first.mean(axis=0), 0, atol=1e-5) and np.allclose(first.std(axis=0), spread, atol=1e-5)


def constant_columns_are_only_centred(output: tuple[Array, Array], train: Array, other: Array) -> bool:
    constant = train.std(axis=0) == 0
    return np.allclose(output[1][:, constant], other[:, constant] - train[0, constant])


STANDARDISE_BY_TRAIN.law(
    "every column of the training rows has mean 0 and standard deviation 1 afterwards"
    " (or 0 if it never varied)."
)(columns_of_train_are_standard)


STANDARDISE_BY_TRAIN.law(
    "a column that never varied in the training rows is only centred: how much other rows"
    " differ in it does not change."
)(constant_columns_are_only_centred)


@STANDARDISE_BY_TRAIN.mistake(
    "you standardised each part by its own mean and standard deviation. The same row would then get two"
    " different positions, depending on the part it landed in.",
    hint=1,
)
def each_part_by_itself(train: Array, other: Array) -> tuple[Array, ...]:
    return tuple(scaled(rows, rows.mean(axis=0), rows.std(axis=0)) for rows in (train, other))


@STANDARDISE_BY_TRAIN.mistake(
    "you standardised each part by its own mean and standard deviation, so the two parts have different"
    " scales. And a column that never varies is divided by 0.",
    hint=1,
    name="each part by itself, divided by zero",
)
def each_part_by_itself_divided_by_zero(train: Array, other: Array) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        return tuple((rows - rows.mean(axis=0)) / rows.std(axis=0) for rows in (train, other))


@STANDARDISE_BY_TRAIN.mistake(
    "the means are those of the training rows, but you divided the other rows by their"
    " own standard deviations.",
    hint=1,
)
def the_other_rows_by_their_own_standard_deviations(train: Array, other: Array) -> tuple[Array, Array]:
    return scaled(train, mean(train), train.std(axis=0)), scaled(other, mean(train), other.std(axis=0))


@STANDARDISE_BY_TRAIN.mistake(
    "you took the mean and the standard deviation over all rows together, so the other rows influence"
    " how the training rows look.",
    hint=1,
)
def by_all_rows(train: Array, other: Array) -> tuple[Array, ...]:
    rows = np.vstack([train, other])
    return tuple(scaled(part, rows.mean(axis=0), rows.std(axis=0)) for part in (train, other))


@STANDARDISE_BY_TRAIN.mistake(
    "a column that never varies has a standard deviation of 0, and you divided by it.", hint=2
)
def divided_by_zero(train: Array, other: Array) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        return tuple((rows - train.mean(axis=0)) / train.std(axis=0) for rows in (train, other))


@STANDARDISE_BY_TRAIN.mistake(
    "you set a column that never varies in the training rows to 0 everywhere. In the other rows it may"
    " vary, and that is worth knowing.",
    hint=2,
)
def set_to_zero(train: Array, other: Array) -> tuple[Array, ...]:
    constant = train.std(axis=0) == 0
    return tuple(np.where(constant, 0, part) for part in standardise_by_train(train, other))


@STANDARDISE_BY_TRAIN.mistake(
    "the standard deviations are slightly too large: you computed them with n − 1. The course (and"
    " `StandardScaler`) divides by n.",
    hint=2,
    name="divided by n − 1",
)
def divided_by_n_minus_1(train, other):
    return _with(mean, lambda rows: rows.std(axis=0, ddof=1))(train, other)


@STANDARDISE_BY_TRAIN.mistake(
    "you divided the columns by their variances, which are in squared units.", hint=2
)
def divided_by_the_variance(train, other):
    return _with(mean, lambda rows: rows.var(axis=0))(train, other)


@STANDARDISE_BY_TRAIN.mistake(
    "the columns are centred but keep their units: the one with the largest numbers"
    " still decides everything.",
    hint=2,
)
def only_centred(train, other):
    return _with(mean, lambda rows: np.ones(rows.shape[1]))(train, other)


@STANDARDISE_BY_TRAIN.mistake(
    "you scaled the columns by their smallest and largest values. A single outlier then sets the scale.",
    hint=2,
)
def scaled_to_the_range_from_0_to_1(train, other):
    return _with(lambda rows: rows.min(axis=0), lambda rows: np.ptp(rows, axis=0))(train, other)


@STANDARDISE_BY_TRAIN.mistake(
    "you took one mean and one standard deviation over the whole table. Every column has its own unit.",
    hint=2,
)
def one_number_for_all_columns(train, other):
    return tuple(scaled(rows, train.mean(), train.std()) for rows in (train, other))


@STANDARDISE_BY_TRAIN.right
def standardise_by_scikit_learn(train, other):
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(other)


@STANDARDISE_BY_TRAIN.mistake(
    "the deviations are right, but measured from one mean of the whole table. Every column has its own centre.",
    hint=2,
)
def one_mean_for_all_columns(train, other):
    return tuple(scaled(rows, train.mean(), train.std(axis=0)) for rows in (train, other))


@STANDARDISE_BY_TRAIN.mistake(
    "the columns are centred, but divided by one standard deviation of the whole table. Every column has its"
    " own unit.",
    hint=2,
)
def one_standard_deviation_for_all_columns(train, other):
    return tuple(scaled(rows, mean(train), train.std()) for rows in (train, other))


@STANDARDISE_BY_TRAIN.mistake(
    "the training rows are standardised, but the other rows came back as they were.", hint=1
)
def other_rows_unchanged(train, other):
    return standardise_by_train(train, other)[0], other


@STANDARDISE_BY_TRAIN.mistake(
    "you divided first and subtracted the mean afterwards. The mean is in the old unit.", hint=2
)
def divided_before_centring(train, other):
    scale = np.where(train.std(axis=0) == 0, 1, train.std(axis=0))
    return train / scale - mean(train), other / scale - mean(train)


@STANDARDISE_BY_TRAIN.mistake(
    "a small number was added to every standard deviation, so no column has a spread of exactly 1. And where"
    " the deviation is 0, dividing by that number blows up what is left.",
    hint=2,
)
def a_small_number_added(train, other):
    scale = train.std(axis=0) + 1e-8
    return (train - mean(train)) / scale, (other - mean(train)) / scale


@STANDARDISE_BY_TRAIN.right
def standardise_by_loops(train, other):
    parts = np.array(train, dtype=float), np.array(other, dtype=float)
    for j in range(train.shape[1]):
        center = sum(train[:, j]) / len(train)
        scale = sqrt(sum((train[:, j] - center) ** 2) / len(train))
        for part in parts:
            part[:, j] -= center
            if scale > 0:
                part[:, j] /= scale
    return parts


@STANDARDISE_BY_TRAIN.right
def standardise_by_columns(train, other):
    first, second = [], []
    for column, more in zip(train.T, other.T):
        scale = column.std() or 1.0
        first.append((column - column.mean()) / scale)
        second.append((more - column.mean()) / scale)
    return np.transpose(first), np.transpose(second)


# ── 2  Choose by validation scores ───────────────────────────────────────────────────────────────────

CHOOSE_ON_VALIDATION = LESSON.task(
    "choose_on_validation",
    title="Level with the best, and cheaper",
    points=3,
    expected="one whole number: the index of a candidate",
)


def validation_table(
    rng: np.random.Generator, behind: list[float], spread: list[float], n: int, skewed: int | None = None
) -> Array:
    """Scores (M, n) of M candidates that are `behind` paired standard errors behind the best.

    `spread` holds the standard deviations of the differences. The best candidate has `behind` 0. The candidate
    `skewed` is good for most rows and very bad for a few.
    """
    gaps, spreads = np.array(behind)[:, np.newaxis], np.array(spread)[:, np.newaxis]
    difficulty = rng.normal(size=n)  # per row, the same for all candidates
    difficulty *= 3.6 / difficulty.std(ddof=1)  # much more than the differences vary
    noise = rng.normal(size=(len(behind), n))
    if skewed is not None:
        noise[skewed] = 0.05 * noise[skewed] + rng.permutation(np.arange(n) < n // 6)
    noise -= noise.mean(axis=1, keepdims=True)
    noise *= spreads / noise.std(axis=1, ddof=1, keepdims=True)
    return -8 + difficulty - np.where(gaps == 0, 0, gaps * spreads / np.sqrt(n) + noise)  # exact gaps


@CHOOSE_ON_VALIDATION.cases
def choose_cases(rng: np.random.Generator) -> Iterator[Case]:
    s, wide = 0.3, 2.0  # spreads are not all equal, so neither are the standard errors
    # The first two are hopeless, so that an index among the level ones is never right in the table.
    for description, n, behind, spread, skewed in (
        (
            "a cheaper candidate is level with the best",
            60,
            [20, 45, 30, 9.5, 4, 0.5, 0, 0.7, 60],
            [s, s, s, s, s, s, s, 0.9, s],
            None,
        ),
        (
            "nothing cheaper is level with the best",
            60,
            [20, 45, 30, 9.5, 1.6, 0, 2.5, 0.6, 60],
            [s, s, s, s, wide, s, s, s, s],
            None,
        ),
        (
            "only twelve rows, and two candidates about one standard error behind",
            12,
            [20, 45, 30, 9.5, 1.02, 0.98, 0.4, 0, 60],
            [s] * 9,
            None,
        ),
        (
            "a cheap candidate that is good for most rows, and very bad for a few",
            60,
            [20, 45, 30, 6, 2.5, 0.1, 0, 0.7, 60],
            [s, s, s, s, wide, s, s, s, s],
            4,
        ),
    ):
        order = np.append([0, 1], 2 + rng.permutation(len(behind) - 2))
        n_parameters = np.array([52, 63, 3, 7, 12, 18, 25, 33, 42])
        scores = validation_table(rng, behind, spread, n, skewed)
        yield Case(description, (scores[order], n_parameters[order]))


def one_se_rule(
    scores: Array,
    n_parameters: Array,
    *,
    tolerance: Callable[..., float] | None = None,
    middle: Callable[..., Any] = np.mean,
) -> tuple[int, list[int], int]:
    """The best candidate, those level with it, and the rule's choice.

    `tolerance(D, best)` replaces the paired standard error, `middle` the mean difference.
    """
    best = int(np.argmax(scores.mean(axis=1)))
    level = []
    for m in range(len(scores)):
        D = scores[best] - scores[m]
        allowed = tolerance(D, scores[best]) if tolerance else D.std(ddof=1) / np.sqrt(len(D))
        if middle(D) <= allowed:
            level.append(m)
    return best, level, min(level, key=lambda m: n_parameters[m])


@CHOOSE_ON_VALIDATION.reference
def choose_on_validation(scores: Array, n_parameters: Array) -> int:
    return one_se_rule(scores, n_parameters)[2]


@CHOOSE_ON_VALIDATION.law("the answer is the index of a candidate in the table, from 0 to M − 1.")
def the_answer_is_the_index_of_a(m, scores, _):
    return float(m).is_integer() and 0 <= m < len(scores)


@CHOOSE_ON_VALIDATION.mistake(
    "this is the candidate with the highest mean score. Another one is level with it, within the noise"
    " of so few rows, and has fewer parameters.",
    hint=1,
)
def the_highest_mean(scores, n_parameters):
    return int(scores.mean(axis=1).argmax())


@CHOOSE_ON_VALIDATION.mistake(
    "your error bar is that of one candidate's scores. Most of it is the difference between easy and"
    " hard rows, which all candidates share and which cancels when you compare them row by row.",
    hint=2,
)
def not_paired(*a):
    return one_se_rule(*a, tolerance=lambda D, best: best.std(ddof=1) / np.sqrt(len(D)))[2]


@CHOOSE_ON_VALIDATION.mistake(
    "you allowed the mean of many differences to stray as far as a single one: you used a standard"
    " deviation where the standard error of a mean belongs.",
    hint=2,
)
def standard_deviation_instead_of_standard_error(*a):
    return one_se_rule(*a, tolerance=lambda D, best: D.std(ddof=1))[2]


@CHOOSE_ON_VALIDATION.mistake(
    "you still counted a candidate up to two standard errors behind as level. That is a sound rule"
    " too, but not this task's.",
    hint=2,
)
def two_standard_errors(*a):
    return one_se_rule(*a, tolerance=lambda D, best: 2 * D.std(ddof=1) / np.sqrt(len(D)))[2]


@CHOOSE_ON_VALIDATION.mistake(
    "you compared the median difference with the error. A candidate that is very bad for a few rows is bad on"
    " average, and the median does not see it.",
    hint=2,
)
def median_of_the_differences(*a):
    return one_se_rule(*a, middle=np.median)[2]


@CHOOSE_ON_VALIDATION.mistake(
    "your standard error is slightly too small: the task computes the deviation with n − 1, and NumPy's `std`"
    " divides by n unless you say otherwise.",
    hint=None,
    name="deviation with n",
)
def deviation_with_n(*a):
    return one_se_rule(*a, tolerance=lambda D, best: D.std() / np.sqrt(len(D)))[2]


@CHOOSE_ON_VALIDATION.mistake(
    "you used a variance where a standard deviation belongs, so the error is in squared nats.", hint=2
)
def variance_of_the_differences(*a):
    return one_se_rule(*a, tolerance=lambda D, best: D.var(ddof=1) / np.sqrt(len(D)))[2]


@CHOOSE_ON_VALIDATION.mistake(
    "you took the standard deviation and divided it by n. The error of a mean shrinks more slowly.", hint=None
)
def divided_by_n(*a):
    return one_se_rule(*a, tolerance=lambda D, best: D.std(ddof=1) / len(D))[2]


@CHOOSE_ON_VALIDATION.mistake(
    "you left the best candidate itself out of the choice. If nothing cheaper is level with"
    " it, it has to be chosen.",
    hint=2,
)
def the_best_left_out(scores: Array, n_parameters: Array) -> int:
    best, level, _ = one_se_rule(scores, n_parameters)
    return min((m for m in level if m != best), key=lambda m: n_parameters[m])


@CHOOSE_ON_VALIDATION.mistake(
    "this is the right candidate's index in your short list of level candidates, not in the whole table.",
    hint=3,
)
def an_index_among_the_level_ones(scores: Array, n_parameters: Array) -> int:
    _, level, chosen = one_se_rule(scores, n_parameters)
    return level.index(chosen)


@CHOOSE_ON_VALIDATION.mistake("you took the cheapest candidate of all, however far behind it is.", hint=3)
def the_fewest_parameters_of_all(scores, n_parameters):
    return int(np.argmin(n_parameters))


@CHOOSE_ON_VALIDATION.mistake(
    "among the candidates that are level with the best, you took the most expensive one.", hint=3
)
def the_most_parameters_of_those_level(scores: Array, n_parameters: Array) -> int:
    return max(one_se_rule(scores, n_parameters)[1], key=lambda m: n_parameters[m])


@CHOOSE_ON_VALIDATION.mistake(
    "you took the lowest score as the best. These are log-densities of rows that the model has not seen.",
    hint=1,
)
def scores_taken_for_losses(scores, n_parameters):
    return int(scores.mean(axis=1).argmin())


@CHOOSE_ON_VALIDATION.mistake(
    "this is how many parameters the candidate has. What is its index in the table?", hint=3
)
def the_number_of_parameters(scores, n_parameters):
    return n_parameters[choose_on_validation(scores, n_parameters)]


@CHOOSE_ON_VALIDATION.right
def choose_by_arrays(scores, n_parameters):
    D = scores[scores.mean(axis=1).argmax()] - scores
    level = D.mean(axis=1) <= D.std(axis=1, ddof=1) / np.sqrt(D.shape[1])
    return np.where(level, n_parameters, np.inf).argmin()


@CHOOSE_ON_VALIDATION.right
def choose_in_a_loop(scores, n_parameters):
    best, n = np.argmax(np.mean(scores, axis=1)), scores.shape[1]
    chosen = best
    for m in range(len(scores)):
        D = scores[best] - scores[m]
        error = np.sqrt(np.sum((D - np.mean(D)) ** 2) / (n - 1) / n)
        if np.mean(D) <= error and n_parameters[m] < n_parameters[chosen]:
            chosen = m
    return chosen


@CHOOSE_ON_VALIDATION.right
def choose_from_the_cheapest_up(scores, n_parameters):
    differences = max(scores, key=np.mean) - scores
    level = (np.mean(D) <= sem(D) if D.any() else True for D in differences[np.argsort(n_parameters)])
    return int(np.argsort(n_parameters)[list(level).index(True)])


# ── 3  Agreement of refits, with a planted bug ───────────────────────────────────────────────────────

FIX_AGREEMENT = LESSON.task(
    "fix_agreement",
    title="Find the bug",
    points=3,
    expected="one number, 1 when all refits make the same groups",
)


@FIX_AGREEMENT.cases
def agreement_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, B, n, K, flips in (
        ("five refits that nearly agree", 5, 60, 3, 4),
        ("six refits that hardly agree", 6, 50, 4, 30),
    ):
        truth = rng.integers(K, size=n)
        runs = np.array([rng.permutation(K)[truth] for _ in range(B)])
        for b, run in enumerate(runs):
            run[rng.choice(n, size=flips + b, replace=False)] = rng.integers(K, size=flips + b)
        yield Case(description, (runs,))
    truth = rng.integers(3, size=40)
    names = np.array([[2, 5, 9], [9, 2, 7], [4, 4, 11]])  # the third refit found two groups only
    yield Case("three refits, with other numbers for their groups", (names[rng.permutation(3)][:, truth],))


@FIX_AGREEMENT.reference
def pairs_mean(
    runs: Array,
    similarity: Callable[..., Any] = adjusted_rand_score,
    pairs: Callable[..., Any] = lambda B: combinations(range(B), 2),
) -> float:
    return float(np.mean([similarity(runs[a], runs[b]) for a, b in pairs(len(runs))]))


def _matched_share(one: Array, other: Array) -> float:
    return np.mean(match_labels(one, other) == one)


@FIX_AGREEMENT.law("an agreement is at most 1.")
def an_agreement_is_at_most_1(output, _):
    return output <= 1 + 1e-9


@FIX_AGREEMENT.mistake(
    "this is still the function as you found it. It gives a low agreement to two refits"
    " that make the same groups.",
    hint=1,
    planted=True,
)
def the_published_function(runs):
    return pairs_mean(runs, lambda one, other: np.mean(one == other))


@FIX_AGREEMENT.mistake(
    "your mean includes pairs of a refit with itself, which always agree. So it is too high.", hint=3
)
def every_refit_with_itself_too(runs):
    return pairs_mean(runs, pairs=lambda B: ((a, b) for a in range(B) for b in range(B)))


@FIX_AGREEMENT.mistake(
    "you compared every refit with the first one only. The first is no better than the others.", hint=3
)
def only_with_the_first(runs):
    return pairs_mean(runs, pairs=lambda B: ((0, b) for b in range(1, B)))


@FIX_AGREEMENT.mistake("you compared each refit with the next one only. The other pairs are missing.", hint=3)
def only_neighbours(runs):
    return pairs_mean(runs, pairs=lambda B: pairwise(range(B)))


@FIX_AGREEMENT.mistake(
    "this is the Rand index without its adjustment for chance. Labels drawn at random"
    " would get more than 0.5.",
    hint=2,
)
def not_adjusted_for_chance(runs):
    return pairs_mean(runs, rand_score)


@FIX_AGREEMENT.mistake(
    "this is adjusted mutual information: a sound measure, but not the course's, which asks whether"
    " pairs of rows are together.",
    hint=2,
)
def adjusted_mutual_information(runs):
    return pairs_mean(runs, adjusted_mutual_info_score)


@FIX_AGREEMENT.mistake(
    "this is normalised mutual information. It is not corrected for chance, so labels drawn at random get"
    " more than 0.",
    hint=2,
)
def normalised_mutual_information(runs):
    return pairs_mean(runs, normalized_mutual_info_score)


@FIX_AGREEMENT.mistake(
    "you matched the cluster numbers and counted equal labels. Labels drawn at random would get"
    " far more than 0 from that.",
    hint=2,
)
def matched_and_counted(runs):
    return pairs_mean(runs, _matched_share)


@FIX_AGREEMENT.mistake(
    "you gave all refits the numbers of the first one and counted equal labels. Labels drawn at random would"
    " get far more than 0 from that.",
    hint=2,
)
def renumbered_like_the_first(runs):
    aligned = np.array([match_labels(run, runs[0]) for run in runs])
    return pairs_mean(aligned, lambda one, other: np.mean(one == other))


@FIX_AGREEMENT.mistake("this is the median of the agreements. The task asks for their mean.", hint=3)
def the_median_pair(runs):
    pairs = combinations(range(len(runs)), 2)
    return np.median([adjusted_rand_score(runs[a], runs[b]) for a, b in pairs])


@FIX_AGREEMENT.mistake(
    "this is the agreement of the two refits that agree least. The task asks for the mean of all pairs.",
    hint=3,
)
def the_worst_pair(runs):
    return min(adjusted_rand_score(one, other) for one, other in combinations(runs, 2))


@FIX_AGREEMENT.mistake(
    "you added up the agreements of all pairs, but did not divide by the number of pairs.", hint=3
)
def a_sum(runs):
    return pairs_mean(runs) * len(runs) * (len(runs) - 1) / 2


@FIX_AGREEMENT.right
def agreement_by_array(runs):
    B = len(runs)
    table = np.array([[adjusted_rand_score(one, other) for other in runs] for one in runs])
    return (table.sum() - B) / (B * (B - 1))


@FIX_AGREEMENT.right
def agreement_in_two_loops(runs):
    total, count = 0.0, 0
    for a in range(len(runs)):
        for b in range(a + 1, len(runs)):
            total += adjusted_rand_score(runs[a], runs[b])
            count += 1
    return total / count


@FIX_AGREEMENT.right
def agreement_by_hand(runs):
    """The adjusted Rand index from pairs of rows: Hubert & Arabie (1985), equation 5."""

    def pairs(counts):
        return np.sum(counts * (counts - 1)) / 2

    found = []
    for b in range(len(runs)):
        for a in range(b):
            C = contingency_matrix(runs[a], runs[b])
            rows, columns, total = pairs(C.sum(axis=1)), pairs(C.sum(axis=0)), pairs(C.sum())
            chance = rows * columns / total
            found.append((pairs(C) - chance) / ((rows + columns) / 2 - chance))
    return sum(found) / len(found)


# ── 4  A choice that the learner's own evidence supports ─────────────────────────────────────────────

MY_CHOICE = LESSON.value(
    "my_choice",
    title="Your choice",
    points=1,
    expected='a pair such as (1, "full"), for which behind ≤ standard_error',
)


EVIDENCE = ("n_components", "covariance_type", "behind", "standard_error", "top_on_training")


@MY_CHOICE.canonical
def judged(evidence: Any) -> Any:
    """Put the evidence for a choice into a few words; return anything else unchanged."""
    if not isinstance(evidence, dict) or set(evidence) != set(EVIDENCE):
        return evidence
    if np.isnan(evidence["behind"]):
        return "not a candidate"
    if evidence["behind"] <= evidence["standard_error"]:
        return "level with the best"
    return "top on training" if evidence["top_on_training"] else "behind"


def evidence(
    behind: float, standard_error: float = 0.1, top_on_training: bool = False
) -> dict[str, float | str]:
    return dict(zip(EVIDENCE, (2, "full", behind, standard_error, top_on_training)))


@MY_CHOICE.reference
def my_choice():
    return evidence(behind=0.0)


@MY_CHOICE.mistake(
    "this is not one of the candidates in the table. Write the number of components and the type as a"
    ' pair, such as (1, "full").',
    hint=1,
)
def not_in_the_table():
    return evidence(behind=np.nan)


@MY_CHOICE.mistake(
    "this candidate explains the training rows best of all, but unseen rows clearly worse than the"
    " best one does. It has learned rows by heart.",
    hint=1,
)
def chosen_on_the_training_rows():
    return evidence(behind=1.0, top_on_training=True)


@MY_CHOICE.mistake(
    "on the validation rows, this candidate is more than one standard error behind the best. There may"
    " be a reason to take it, but not in this table.",
    hint=2,
)
def clearly_behind():
    return evidence(behind=1.0)


LEVEL = {
    "n_components": 3,
    "covariance_type": "diag",
    "behind": 0.02,
    "standard_error": 0.03,
    "top_on_training": False,
}


MY_CHOICE.right_values(LEVEL)
LESSON.open_question("defend_my_choice", title="Defend it", points=4)


# ── 6  A false-alarm rate, promised and measured ─────────────────────────────────────────────────────

ALARM_REPORT = LESSON.task(
    "alarm_report",
    title="A promise about false alarms",
    points=3,
    parts=("the threshold", "the share", "the standard error"),
    families={"the threshold": 1, "the share": 1, "the standard error": 1},
    expected="(threshold, share, standard_error): three numbers",
)


@ALARM_REPORT.cases
def alarm_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, m, rate in (
        ("a promise of 5 %", 200, 150, 0.05),
        ("a promise of 10 %, and stranger test rows", 120, 80, 0.1),
    ):
        validation, test = -rng.gamma(4, size=n), -rng.gamma(4, size=m) - 5 * rate
        yield Case(description, (validation, test, rate))
    validation, test = np.round(-rng.gamma(4, size=101)), np.round(-rng.gamma(4, size=60)) - 1
    yield Case("whole numbers of nats, so that some rows have the threshold itself", (validation, test, 0.2))


@ALARM_REPORT.reference
def alarm_report(validation_scores: Array, test_scores: Array, rate: float) -> tuple[float, float, float]:
    threshold = np.quantile(validation_scores, rate)
    share = np.mean(test_scores < threshold)
    return threshold, share, np.sqrt(share * (1 - share) / len(test_scores))


def _report(threshold: float, alarms: Array, n: int | None = None) -> tuple[float, np.floating[Any], float]:
    """A report with the given threshold and the share of `alarms`; `n` replaces their number."""
    share = np.mean(alarms)
    return threshold, share, np.sqrt(share * (1 - share) / (n or len(alarms)))


@ALARM_REPORT.law("a share is between 0 and 1.")
def a_share_is_between_0_and_1(output, *_):
    return 0 <= output[1] <= 1


@ALARM_REPORT.mistake(
    "your threshold comes from the test rows themselves. They raise the promised number of alarms by"
    " construction, and you have measured nothing.",
    hint=1,
)
def threshold_from_the_test_rows(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, float, float]:
    return alarm_report(test_scores, test_scores, rate)


@ALARM_REPORT.mistake("the test rows took part in setting the threshold that they are meant to test.", hint=1)
def threshold_from_all_rows(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, float, float]:
    return alarm_report(np.concatenate([validation_scores, test_scores]), test_scores, rate)


@ALARM_REPORT.mistake(
    "you raise alarms where the density is high. An anomaly is a row that the model finds improbable.",
    hint=2,
)
def the_upper_tail(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.quantile(validation_scores, 1 - rate)
    return _report(threshold, test_scores > threshold)


@ALARM_REPORT.mistake(
    "you counted the rows on the other side of the threshold: those that raise no alarm.", hint=2
)
def the_wrong_side(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.quantile(validation_scores, rate)
    return _report(threshold, test_scores > threshold)


@ALARM_REPORT.mistake(
    "you count a row that has exactly the threshold as an alarm. The task says “strictly below”.",
    hint=None,
    name="threshold included",
)
def threshold_included(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.quantile(validation_scores, rate)
    return _report(threshold, test_scores <= threshold)


@ALARM_REPORT.mistake(
    "your third number is too large: under the root, a factor of the formula is missing.", hint=None
)
def without_one_minus_p(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, float, float]:
    threshold, share, _ = alarm_report(validation_scores, test_scores, rate)
    return threshold, share, np.sqrt(share / len(test_scores))


@ALARM_REPORT.mistake("your second number is the share that was promised. What did you measure?", hint=1)
def the_promise_returned(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, float, float]:
    threshold, _, error = alarm_report(validation_scores, test_scores, rate)
    return threshold, rate, error


@ALARM_REPORT.mistake("`rate` is a share, but you passed it to something that counts in per cent.", hint=2)
def a_share_passed_as_a_percentage(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.percentile(validation_scores, rate)
    return _report(threshold, test_scores < threshold)


@ALARM_REPORT.mistake(
    "you counted the alarms among the rows that set the threshold. They keep the promise by construction.",
    hint=1,
)
def measured_on_the_validation_rows(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.quantile(validation_scores, rate)
    return _report(threshold, validation_scores < threshold)


@ALARM_REPORT.mistake(
    "you computed the standard error from the rate that was promised, not from the share that was measured.",
    hint=3,
)
def the_promise_instead_of_the_measurement(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, float, float]:
    threshold, share, _ = alarm_report(validation_scores, test_scores, rate)
    return threshold, share, np.sqrt(rate * (1 - rate) / len(test_scores))


@ALARM_REPORT.mistake(
    "your second number is how many alarms there were. The task asks for a rate, a share of the rows.", hint=2
)
def a_count(validation_scores: Array, test_scores: Array, rate: float) -> tuple[float, float, float]:
    threshold, share, error = alarm_report(validation_scores, test_scores, rate)
    return threshold, share * len(test_scores), error


@ALARM_REPORT.mistake(
    "your third number is too small: the number of test rows belongs under the root, with p (1 − p).",
    hint=None,
)
def rows_outside_the_root(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, float, float]:
    threshold, share, error = alarm_report(validation_scores, test_scores, rate)
    return threshold, share, error / np.sqrt(len(test_scores))


@ALARM_REPORT.mistake(
    "your third number is the spread of a single yes or no. A share of many rows is known"
    " more precisely than that.",
    hint=3,
)
def the_standard_deviation_of_one_row(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.quantile(validation_scores, rate)
    return _report(threshold, test_scores < threshold, n=1)


@ALARM_REPORT.mistake(
    "your third number is the variance of the share, in squared units. A standard error is in the"
    " units of the share itself.",
    hint=3,
)
def a_variance(validation_scores: Array, test_scores: Array, rate: float) -> tuple[float, float, float]:
    threshold, share, error = alarm_report(validation_scores, test_scores, rate)
    return threshold, share, error**2


@ALARM_REPORT.mistake(
    "your standard error uses the number of validation rows. In which rows was the share measured?", hint=3
)
def the_number_of_validation_rows(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.quantile(validation_scores, rate)
    return _report(threshold, test_scores < threshold, n=len(validation_scores))


@ALARM_REPORT.mistake(
    "your third number is slightly too large: you divided by one row fewer than you counted. SciPy's"
    " `sem` does that too, but the task's formula does not.",
    hint=3,
)
def one_row_fewer(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, np.floating[Any], float]:
    threshold = np.quantile(validation_scores, rate)
    return _report(threshold, test_scores < threshold, n=len(test_scores) - 1)


@ALARM_REPORT.mistake("the first two numbers are in the wrong order.", hint=2)
def first_two_swapped(
    validation_scores: Array, test_scores: Array, rate: float
) -> tuple[float, float, float]:
    threshold, share, error = alarm_report(validation_scores, test_scores, rate)
    return share, threshold, error


class _Scores:
    """A density model for which each row is its own log-density."""

    def fit(self, X):
        return self

    def score_samples(self, X):
        return X[:, 0]

    def __sklearn_clone__(self):
        return self


@ALARM_REPORT.right
def alarms_by_the_package(validation_scores, test_scores, rate):
    detector = DensityDetector(_Scores(), contamination=rate).fit(validation_scores[:, np.newaxis])
    alarms = detector.predict(test_scores[:, np.newaxis]) == -1
    return detector.offset_, alarms.mean(), alarms.std() / np.sqrt(len(alarms))


@ALARM_REPORT.right
def alarms_by_percentile(validation_scores, test_scores, rate):
    threshold = np.percentile(validation_scores, 100 * rate)
    m = test_scores.size
    p = np.count_nonzero(test_scores < threshold) / m
    variance = p * (1 - p) / m
    return threshold, p, variance**0.5


@ALARM_REPORT.right
def alarms_by_counting(validation_scores, test_scores, rate):
    ordered = sorted(validation_scores)
    place = rate * (len(ordered) - 1)
    below = int(place)
    threshold = ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])
    share = sum(score < threshold for score in test_scores) / len(test_scores)
    return [threshold, share, sqrt(share * (1 - share) / len(test_scores))]


LESSON.open_question("read_anomalies_and_samples", title="The anomalies and the samples", points=3)
LESSON.open_question("one_page", title="One page", points=5)
