"""Checks for lesson 08, density estimation: held-out scores, units, joining, Bayes' rule, an honest report.

Symbols: X (n, d) data; K components; R (n, K) responsibilities; fold (n,) the fold of each point.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np
import sklearn.mixture
from scipy.special import entr, logsumexp, softmax, xlogy
from scipy.stats import multivariate_normal
from sklearn.model_selection import KFold, PredefinedSplit

from mlcourse.checks.task import Case, Lesson
from mlcourse.classifier import GaussianMixtureClassifier
from mlcourse.datasets import two_moons
from mlcourse.mixture import GaussianMixture
from mlcourse.typing import Array

LESSON = Lesson("08_density_estimation")


# ── 1  Held-out scores ───────────────────────────────────────────────────────────────────────────────

HELD_OUT_SCORES = LESSON.task(
    "held_out_scores",
    title="Points that the fit has not seen",
    points=3,
    expected="array (n,): the held-out log-likelihood of each point, in the order of X",
)


@HELD_OUT_SCORES.cases
def held_out_cases(rng: np.random.Generator) -> Iterator[Case]:
    groups = rng.normal(size=(45, 2)) + 4 * rng.normal(size=(3, 2))[rng.integers(3, size=45)]
    unequal = np.repeat(np.sort(rng.choice(np.arange(2, 10), 3, replace=False)), [10, 15, 20])
    yield Case("four folds in the plane", (groups, rng.permutation(np.arange(45) % 4), 2))
    yield Case("unequal folds with gaps between their numbers", (groups, rng.permutation(unequal), 3))
    # No groups at all: a fit with another seed ends elsewhere.
    yield Case("no groups, five components", (rng.uniform(size=(50, 2)), rng.permutation(50) % 2, 5))


def fitted(X: Array, K: int) -> GaussianMixture:
    return GaussianMixture(K, random_state=0).fit(X)


@HELD_OUT_SCORES.reference
def held_out_scores(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for f in np.unique(fold):
        out = fold == f
        scores[out] = fitted(X[~out], K).score_samples(X[out])
    return scores


@HELD_OUT_SCORES.mistake(
    "every point was scored by a model that had been fitted to it. These are training scores.", hint=1
)
def fitted_on_everything(X: Array, fold: Array, K: int) -> Array:
    return fitted(X, K).score_samples(X)


@HELD_OUT_SCORES.mistake(
    "your fits start from another seed, `random_state=42`. The task names the seed, so that results can be compared.",
    hint=None,
)
def another_random_state(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for f in np.unique(fold):
        model = GaussianMixture(K, random_state=42).fit(X[fold != f])
        scores[fold == f] = model.score_samples(X[fold == f])
    return scores


@HELD_OUT_SCORES.mistake(
    "you drew folds of your own, with `KFold` as in the lecture. Here the folds are given: what is `fold` for?",
    hint=1,
)
def folds_drawn_instead_of_the_given_ones(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for rest, out in KFold(5, shuffle=True, random_state=0).split(X):
        scores[out] = fitted(X[rest], K).score_samples(X[out])
    return scores


@HELD_OUT_SCORES.mistake(
    "you left out one point at a time. The other points of its fold should not be in the fit either.", hint=1
)
def one_point_left_out_at_a_time(X: Array, fold: Array, K: int) -> Array:
    rows = np.arange(len(X))
    return np.concatenate([fitted(X[rows != i], K).score_samples(X[[i]]) for i in rows])


@HELD_OUT_SCORES.mistake("each model was fitted to the same fold that it then scored.", hint=1)
def fitted_on_the_fold(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for f in np.unique(fold):
        scores[fold == f] = fitted(X[fold == f], K).score_samples(X[fold == f])
    return scores


@HELD_OUT_SCORES.mistake(
    "each model is fitted to the rest and then scores the rest, which are the points it was fitted to.",
    hint=1,
)
def the_points_of_the_fit_are_scored(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for f in np.unique(fold):
        rest = fold != f
        scores[rest] = fitted(X[rest], K).score_samples(X[rest])
    return scores


@HELD_OUT_SCORES.mistake(
    "the scores are in the order of the folds, so they no longer match the rows of X.", hint=2
)
def in_the_order_of_the_folds(X: Array, fold: Array, K: int) -> Array:
    scores = held_out_scores(X, fold, K)
    return np.concatenate([scores[fold == f] for f in np.unique(fold)])


@HELD_OUT_SCORES.mistake(
    "every point got the mean score of its fold. Each point needs a score of its own.", hint=2
)
def the_mean_of_the_fold_for_every_point(X: Array, fold: Array, K: int) -> Array:
    scores = held_out_scores(X, fold, K)
    return np.array([scores[fold == f].mean() for f in fold])


@HELD_OUT_SCORES.mistake("you returned one number per fold. The task asks for one score per point.", hint=2)
def one_number_per_fold(X: Array, fold: Array, K: int) -> Array:
    scores = held_out_scores(X, fold, K)
    return np.array([scores[fold == f].mean() for f in np.unique(fold)])


@HELD_OUT_SCORES.mistake(
    "you give numbers to some folds only. Does `range` include its end? And do folds have to be counted from 0?",
    hint=2,
    name="the last fold left out",
)
def the_last_fold_left_out(X: Array, fold: Array, K: int) -> Array:
    scores = np.zeros(len(X))
    for f in range(fold.max()):
        out = fold == f
        scores[out] = fitted(X[~out], K).score_samples(X[out])
    return scores


@HELD_OUT_SCORES.right
def held_out_by_index(X, fold, K):
    scores = np.full(len(X), np.nan)
    for f in set(fold.tolist()):
        held_out, rest = np.where(fold == f)[0], np.where(fold != f)[0]
        model = GaussianMixture(K, random_state=0).fit(X[rest])
        scores[held_out] = model.score_samples(X[held_out])
    return scores


@HELD_OUT_SCORES.right
def held_out_with_scikit_learn(X, fold, K):
    scores = np.zeros(len(X))
    for rest, out in PredefinedSplit(fold).split():
        model = sklearn.mixture.GaussianMixture(K, random_state=0).fit(X[rest])
        scores[out] = model.score_samples(X[out])
    return scores


@HELD_OUT_SCORES.right
def held_out_point_by_point(X, fold, K):
    models = {f: GaussianMixture(K, random_state=0).fit(X[fold != f]) for f in set(fold.tolist())}
    return [float(models[f].score_samples(x[np.newaxis])[0]) for x, f in zip(X, fold.tolist())]


# ── 2  An honest report ──────────────────────────────────────────────────────────────────────────────

FIX_REPORT = LESSON.task(
    "fix_report",
    title="A report that is too good",
    points=2,
    carries=False,
    expected="(K, mean log-likelihood to report)",
    parts=("the number of components", "the mean log-likelihood"),
)


RANGE = range(1, 6)


@FIX_REPORT.cases
def report_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("forty points to fit, thirty to choose with", three_sets(rng, test_decides=False))
    yield Case("overlapping groups", three_sets(rng, test_decides=True))
    yield Case("many groups", many_groups(rng))


def three_sets(rng: np.random.Generator, test_decides: bool) -> tuple[Array, ...]:
    """Training, validation and test points, each of which would choose another K.

    Validation and test points together choose as the test points do, or not; BIC chooses otherwise than both, and so
    do models that are also fitted to the validation points.
    """
    while True:
        centers = 2.5 * rng.normal(size=(3, 2))
        X, *others = (centers[rng.integers(3, size=n)] + rng.normal(size=(n, 2)) for n in (40, *[30] * 24))
        models = [fitted(X, K) for K in RANGE]
        by_fit = np.argmax([model.score(X) for model in models])
        by_bic = np.argmin([model.bic(X) for model in models])
        scores = [np.array([model.score(Z) for model in models]) for Z in others]
        for val, test in permutations(range(len(others)), 2):
            by_val, by_test = scores[val].argmax(), scores[test].argmax()
            together = (scores[val] + scores[test]).argmax()
            distinct = len({by_fit, by_val, by_test}) == 3 and by_bic not in (by_val, by_test)
            if not distinct or together != (by_test if test_decides else by_val):
                continue
            by_refit = _best(np.concatenate([X, others[val]]), others[val]).n_components - 1
            if by_refit not in (by_val, by_test):
                return X, others[val], others[test]


def many_groups(rng: np.random.Generator) -> tuple[Array, ...]:
    """Training, validation and test points for which five components are better than fewer, and six better still."""
    while True:
        centers = 6 * rng.normal(size=(7, 2))
        X, *others = (centers[rng.integers(7, size=n)] + rng.normal(size=(n, 2)) for n in (60, *[30] * 6))
        models = [fitted(X, K) for K in range(1, 7)]
        for validation, test in pairwise(others):
            *fewer, five, six = (model.score(validation) for model in models)
            if max(fewer) < five < six:
                return X, validation, test


def _best(X_train: Array, Z: Array) -> GaussianMixture:
    """Of the models fitted to the training points, the one with the highest likelihood on Z."""
    return max((fitted(X_train, K) for K in RANGE), key=lambda model: model.score(Z))


@FIX_REPORT.reference
def fix_report(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_val)
    return best.n_components, best.score(X_test)


@FIX_REPORT.mistake(
    "this is still your fellow student's report. Which points does it use to choose K?", planted=True
)
def chosen_on_the_test_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_test)
    return best.n_components, best.score(X_test)


@FIX_REPORT.mistake(
    "the choice is right. But you report the score that chose K, luck included.",
    hint=2,
    name="the winner's own score",
)
def the_winners_own_score(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_val)
    return best.n_components, best.score(X_val)


@FIX_REPORT.mistake(
    "you chose K on the points that the models were fitted to. Those nearly always favour more components.",
    hint=1,
)
def chosen_on_the_training_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_train)
    return best.n_components, best.score(X_test)


@FIX_REPORT.mistake(
    "you also fitted the models to the points that choose between them, so these are training points now.",
    hint=1,
)
def fitted_to_the_validation_points_too(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(np.concatenate([X_train, X_val]), X_val)
    return best.n_components, best.score(X_test)


@FIX_REPORT.mistake(
    "the choice is right. But then you fitted the winner again, to more points. That can be worth"
    " doing, but here the fit uses the training points only.",
    hint=2,
)
def refitted_with_the_validation_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    K = _best(X_train, X_val).n_components
    return K, fitted(np.concatenate([X_train, X_val]), K).score(X_test)


@FIX_REPORT.mistake(
    "the choice of K is right. But you report the score of another model, the best one on the test points.",
    hint=2,
)
def best_of_each(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    return _best(X_train, X_val).n_components, _best(X_train, X_test).score(X_test)


@FIX_REPORT.mistake(
    "you chose K on validation and test points together. The test points took part in the choice, so their score"
    " is no longer a fair estimate.",
    hint=2,
)
def chosen_on_validation_and_test_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, np.concatenate([X_val, X_test]))
    return best.n_components, best.score(X_test)


@FIX_REPORT.mistake(
    "the choice is right. But half of the points that you report on took part in it.",
    hint=2,
    name="reported on validation and test points",
)
def reported_on_validation_and_test_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_val)
    return best.n_components, best.score(np.concatenate([X_val, X_test]))


@FIX_REPORT.mistake(
    "the score is right. But the number of components is off by one: positions in a list are counted from 0.",
    hint=2,
)
def position_instead_of_number(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_val)
    return best.n_components - 1, best.score(X_test)


@FIX_REPORT.mistake(
    "you chose by BIC on the training points. That is a fair rule, but then what are the validation points for?",
    hint=1,
)
def chosen_by_bic(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = min((fitted(X_train, K) for K in RANGE), key=lambda model: model.bic(X_train))
    return best.n_components, best.score(X_test)


@FIX_REPORT.mistake(
    "the test points choose K here, and you report the score on the validation points. Use each set for what its"
    " name says.",
    hint=2,
)
def validation_and_test_points_swapped(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_test)
    return best.n_components, best.score(X_val)


@FIX_REPORT.mistake(
    "the training points choose K here, and you report their score. They favour more components, and"
    " their score is too good for the winner.",
    hint=1,
)
def only_the_training_points_used(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_train)
    return best.n_components, best.score(X_train)


@FIX_REPORT.mistake(
    "you chose the model with the lowest score. A log-likelihood is not an error: which direction is better?",
    hint=None,
)
def the_lowest_score_wins(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    worst = min((fitted(X_train, K) for K in RANGE), key=lambda model: model.score(X_val))
    return worst.n_components, worst.score(X_test)


@FIX_REPORT.mistake(
    "did you return the model itself, or a method without calling it? The report consists of two numbers.",
    hint=None,
)
def model_instead_of_a_number(X_train: Array, X_val: Array, X_test: Array) -> tuple[Any, float]:
    best = _best(X_train, X_val)
    return best, best.score(X_test)


@FIX_REPORT.mistake("the choice is right. But you report a sum over the test points, not their mean.", hint=2)
def sum_instead_of_mean(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_val)
    return best.n_components, best.score_samples(X_test).sum()


@FIX_REPORT.right
def report_by_a_loop(X_train, X_val, X_test):
    best, highest = None, -np.inf
    for K in range(1, 6):
        model = GaussianMixture(K, random_state=0).fit(X_train)
        if model.score(X_val) > highest:
            best, highest = model, model.score(X_val)
    return best.n_components, best.score(X_test)


@FIX_REPORT.right
def report_by_arrays(X_train, X_val, X_test):
    models = [GaussianMixture(K, random_state=0).fit(X_train) for K in range(1, 6)]
    best = int(np.argmax([model.score(X_val) for model in models]))
    return best + 1, models[best].score(X_test)


@FIX_REPORT.right
def report_by_scikit_learn(X_train, X_val, X_test):
    scores = {}
    for K in range(1, 6):
        model = sklearn.mixture.GaussianMixture(K, random_state=0).fit(X_train)
        scores[K] = model.score_samples(X_val).sum(), model.score_samples(X_test).mean()
    K = max(scores, key=lambda K: scores[K][0])
    return K, scores[K][1]


# ── 3  Another unit ──────────────────────────────────────────────────────────────────────────────────

IN_ANOTHER_UNIT = LESSON.task(
    "in_another_unit",
    title="The same density in another unit",
    points=3,
    expected="array (n,), all finite: the log density of each row of Z, per unit of Z",
    families={"ordinary rows": 2, "far rows": 1},
)


@IN_ANOTHER_UNIT.cases
def unit_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("two columns, both in another unit", _mixture_and_rows(rng, 2, 3, np.array([100.0, 1000.0])))
    yield Case(
        "three columns, one of them unchanged", _mixture_and_rows(rng, 3, 2, np.array([1.0, 2.54, 0.1]))
    )
    far = _mixture_and_rows(rng, 2, 2, np.array([0.01, 10.0]))
    yield Case("rows far from every component", (300 * far[0], *far[1:]), "far rows")


def _mixture_and_rows(rng: np.random.Generator, d: int, K: int, factor: Array) -> tuple[Array, ...]:
    """Rows in the new unit, the parameters of a mixture in the old one, and the factor between them."""
    A = rng.normal(size=(K, d, d))
    covariances = A @ A.transpose(0, 2, 1) + 0.5 * np.eye(d)
    means = 3 * rng.normal(size=(K, d))
    rows = (means[rng.integers(K, size=12)] + rng.normal(size=(12, d))) * factor
    return rows, factor, rng.dirichlet(np.full(K, 2.0)), means, covariances


def _log_density(Z: Array, weights: Array, means: Array, covariances: Array) -> Array:
    terms = [
        np.log(w) + multivariate_normal.logpdf(Z, m, S)
        for w, m, S in zip(weights, means, covariances, strict=True)
    ]
    return logsumexp(terms, axis=0)


@IN_ANOTHER_UNIT.reference
def in_another_unit(Z: Array, factor: Array, weights: Array, means: Array, covariances: Array) -> Array:
    return _log_density(Z / factor, weights, means, covariances) - np.sum(np.log(factor))


@IN_ANOTHER_UNIT.law("a new unit shifts the log density of every row by the same amount.")
def a_new_unit_shifts_all_log_densities_equally(out, Z, factor, weights, means, covariances):
    shift = np.asarray(out) - _log_density(Z / factor, weights, means, covariances)
    return np.ptp(shift) < 1e-6 * (1 + np.abs(out).max())


@IN_ANOTHER_UNIT.mistake(
    "this is the density per old unit. Per centimetre, a density is a hundred times smaller than per metre.",
    hint=2,
)
def density_per_old_unit(Z, factor, weights, means, covariances):
    return _log_density(Z / factor, weights, means, covariances)


@IN_ANOTHER_UNIT.mistake(
    "you compared rows in one unit with means in another. First bring them to the same unit.", hint=1
)
def rows_not_converted(Z, factor, weights, means, covariances):
    return _log_density(Z, weights, means, covariances)


@IN_ANOTHER_UNIT.mistake(
    "you compared rows in one unit with means in another. The correction for the density is there.",
    hint=1,
    name="rows not converted but the density corrected",
)
def rows_not_converted_but_density_corrected(Z, factor, weights, means, covariances):
    return _log_density(Z, weights, means, covariances) - np.log(factor).sum()


@IN_ANOTHER_UNIT.mistake(
    "the correction has the wrong sign. If the new unit is smaller, is there more or less probability in one of"
    " them?",
    hint=2,
)
def sign_of_the_correction(Z, factor, weights, means, covariances):
    return _log_density(Z / factor, weights, means, covariances) + np.log(factor).sum()


@IN_ANOTHER_UNIT.mistake("you converted the rows in the wrong direction.", hint=1)
def rows_converted_in_the_wrong_direction(Z, factor, weights, means, covariances):
    return _log_density(Z * factor, weights, means, covariances) - np.log(factor).sum()


@IN_ANOTHER_UNIT.mistake(
    "you averaged the logarithms of the factors. Each side of a box changes by its own factor.", hint=2
)
def mean_of_the_logarithms(Z, factor, weights, means, covariances):
    return _log_density(Z / factor, weights, means, covariances) - np.log(factor).mean()


@IN_ANOTHER_UNIT.mistake(
    "you divided the log density by the factors. In log space, dividing a density is a subtraction.", hint=2
)
def log_density_divided(Z, factor, weights, means, covariances):
    return _log_density(Z / factor, weights, means, covariances) / np.prod(factor)


@IN_ANOTHER_UNIT.mistake(
    "you subtracted the product of the factors. In log space, subtract the logarithm of that product.",
    hint=2,
)
def no_logarithm_of_the_factors(Z, factor, weights, means, covariances):
    return _log_density(Z / factor, weights, means, covariances) - np.prod(factor)


@IN_ANOTHER_UNIT.mistake(
    "far from every component, the densities underflow to 0, and log 0 is −∞. Stay in log space.", hint=1
)
def outside_log_space(Z, factor, weights, means, covariances):
    densities = [
        w * multivariate_normal.pdf(Z / factor, m, S)
        for w, m, S in zip(weights, means, covariances, strict=True)
    ]
    with np.errstate(divide="ignore"):
        return np.log(np.sum(densities, axis=0)) - np.log(factor).sum()


@IN_ANOTHER_UNIT.mistake(
    "you converted the means, and multiplied the covariances by the factors once. What is the unit of a variance?",
    hint=1,
)
def covariances_scaled_once(Z, factor, weights, means, covariances):
    root = np.sqrt(factor)
    return _log_density(Z, weights, means * factor, covariances * root[:, np.newaxis] * root)


@IN_ANOTHER_UNIT.mistake("every component counts the same. Where are the weights?", hint=1)
def weights_left_out(Z, factor, weights, means, covariances):
    equal = np.full(len(weights), 1 / len(weights))
    return in_another_unit(Z, factor, equal, means, covariances)


@IN_ANOTHER_UNIT.mistake(
    "this is one number, the mean over the rows. The task asks for one per row.", hint=None
)
def mean_over_the_rows(Z, factor, weights, means, covariances):
    return np.mean(in_another_unit(Z, factor, weights, means, covariances))


@IN_ANOTHER_UNIT.right
def by_carrying_the_mixture_over(Z, factor, weights, means, covariances):
    return _log_density(Z, weights, means * factor, covariances * factor[:, np.newaxis] * factor)


@IN_ANOTHER_UNIT.right
def row_by_row(Z, factor, weights, means, covariances):
    result = []
    for z in Z:
        terms = [
            multivariate_normal(m, S).logpdf(z / factor) + np.log(w)
            for w, m, S in zip(weights, means, covariances, strict=True)
        ]
        result.append(np.logaddexp.reduce(terms) - np.log(np.prod(factor)))
    return np.array(result)


# ── 4  Which two belong together ─────────────────────────────────────────────────────────────────────

CLOSEST_PAIR = LESSON.task(
    "closest_pair",
    title="Which two belong together?",
    points=3,
    expected="(i, j): the indices of two components, counted from 0",
)


@CLOSEST_PAIR.cases
def pair_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("six components", (distinguishing_responsibilities(rng, 6),))
    yield Case("five components", (distinguishing_responsibilities(rng, 5),))
    for K in (7, 8, 9):
        yield Case(f"{K} components", (rng.dirichlet(rng.uniform(0.1, 2.0, size=K), size=20),))
    yield Case(
        "four components, one of them common",
        (rng.dirichlet(rng.permutation([0.2, 0.3, 0.5, 0.9]), size=40),),
    )
    yield Case("six components, some responsibilities exactly 0", (responsibilities_with_zeros(rng, 6),))


def distinguishing_responsibilities(rng: np.random.Generator, K: int) -> Array:
    """Responsibilities for which the right rule and four wrong ones pick five different pairs."""
    rules = (_entropy_fall, _least_fall, _overlap, _smallest, _entropy_before)
    while True:
        R = rng.dirichlet(rng.uniform(0.1, 2.0, size=K), size=30)
        if _pair_by(_overlap)(R) == _pair_by(_entropy_fall)(R):  # in most tables, and quicker to see
            continue
        if len({_pair_by(rule)(R) for rule in rules}) == len(rules):
            return R


def responsibilities_with_zeros(rng: np.random.Generator, K: int) -> Array:
    """Responsibilities with zeros in every column, for which two wrong rules give other pairs."""
    while True:
        R = rng.dirichlet(rng.uniform(0.3, 2.0, size=K), size=30)
        zeros = np.arange(30)[:, np.newaxis] % K == rng.permutation(K)
        R = np.where(zeros, 0, R)
        R /= R.sum(axis=1, keepdims=True)
        wrong_rules_differ = _pair_by(_entropy_of_the_means)(R) != _pair_by(_entropy_before)(R)
        if wrong_rules_differ and _pair_by(_entropy_fall)(R) not in ((0, 1), (K - 2, K - 1)):
            return R


def entropy(R: Array) -> float:
    return -xlogy(R, R).sum()


def _entropy_fall(R: Array, i: int, j: int) -> float:
    return entropy(R[:, [i, j]]) - entropy(R[:, i] + R[:, j])  # the other columns stay as they are


def _least_fall(R: Array, i: int, j: int) -> float:
    return -_entropy_fall(R, i, j)


def _overlap(R: Array, i: int, j: int) -> float:
    return R[:, i] @ R[:, j]  # type: ignore[return-value]  # a number: the product of two vectors


def _smallest(R: Array, i: int, j: int) -> float:
    return -(R[:, i] + R[:, j]).sum()


def _entropy_before(R: Array, i: int, j: int) -> float:
    return entropy(R[:, i]) + entropy(R[:, j])


def _entropy_of_the_sum(R: Array, i: int, j: int) -> float:
    return -entropy(R[:, i] + R[:, j])


def _entropy_of_the_joined_column(R: Array, i: int, j: int) -> float:
    return entropy(R[:, i] + R[:, j])


def _entropy_of_the_means(R: Array, i: int, j: int) -> float:
    return _entropy_fall(R.mean(axis=0, keepdims=True), i, j)


def _raw_entropy_fall(R: Array, i: int, j: int) -> float:
    columns = R[:, [i, j]]
    joined = columns.sum(axis=1)
    return (joined * np.log(joined)).sum() - (columns * np.log(columns)).sum()


def _pair_by(rule: Callable[..., float]) -> Callable[..., tuple[int, int]]:
    """Make a function that returns the pair (i, j) with the greatest `rule(R, i, j)`."""

    def answer(R: Array) -> tuple[int, int]:
        pairs = [(i, j) for i in range(R.shape[1]) for j in range(i + 1, R.shape[1])]
        return max(pairs, key=lambda pair: rule(R, *pair))

    return answer


@CLOSEST_PAIR.canonical
def _in_order(pair: Any) -> Any:
    """Sort the two indices in ascending order; return anything that is not a pair of numbers unchanged."""
    try:
        indices = np.asarray(pair, dtype=float).ravel()
    except (TypeError, ValueError):
        return pair
    return np.sort(indices) if indices.size == 2 else pair


@CLOSEST_PAIR.law("i and j are two different components.")
def i_and_j_differ(pair, R):
    i, j = pair
    return i != j


CLOSEST_PAIR.reference(_pair_by(_entropy_fall))


@CLOSEST_PAIR.mistake(
    "log 0 is −∞, and 0 · (−∞) is NaN. A responsibility of 0 adds nothing to the entropy.", hint=None
)
def zero_times_log_zero(R):
    return _pair_by(_raw_entropy_fall)(R)


@CLOSEST_PAIR.mistake(
    "0 · log 0 is NaN, and no comparison with NaN is true, so your search never finds a pair. A responsibility"
    " of 0 adds nothing to the entropy.",
    hint=None,
    name="no pair found because zero times log zero is NaN",
)
def no_pair_found(R: Array) -> tuple[int, int] | None:
    pair = _pair_by(_entropy_fall)(R)
    return None if np.isnan(_raw_entropy_fall(R, *pair)) else pair


@CLOSEST_PAIR.mistake(
    "this is the table after the joining, which the lecture's `join_once` gives. The task asks which two"
    " components were joined.",
    hint=None,
)
def joined_table(R: Array) -> Array:
    pair = list(_pair_by(_entropy_fall)(R))
    return np.column_stack([np.delete(R, pair, axis=1), R[:, pair].sum(axis=1)])


@CLOSEST_PAIR.mistake(
    "this is by how much the entropy falls. The task asks which two components make it fall.", hint=None
)
def fall_instead_of_pair(R: Array) -> float:
    return _entropy_fall(R, *_pair_by(_entropy_fall)(R))


@CLOSEST_PAIR.mistake(
    "this is the entropy that is left after the joining. The task asks which two components were joined.",
    hint=None,
)
def remaining_entropy_instead_of_pair(R: Array) -> float:
    return entropy(R) - _entropy_fall(R, *_pair_by(_entropy_fall)(R))


@CLOSEST_PAIR.mistake(
    "this is a position in the flattened table: `argmax` of a matrix counts its entries row by row. To which row"
    " and column does it belong?",
    hint=None,
)
def position_in_the_flattened_table(R: Array) -> int:
    i, j = _pair_by(_entropy_fall)(R)
    return i * R.shape[1] + j


@CLOSEST_PAIR.mistake("this is a position in your list of pairs. Which pair is at that position?", hint=None)
def position_in_the_list_of_pairs(R: Array) -> int:
    pairs = list(combinations(range(R.shape[1]), 2))
    return pairs.index(_pair_by(_entropy_fall)(R))


@CLOSEST_PAIR.mistake(
    "your search also joins each component with itself. That doubles its responsibilities, which is no union.",
    hint=1,
)
def component_joined_with_itself(R: Array) -> tuple[int, int]:
    pairs = [(i, j) for i in range(R.shape[1]) for j in range(R.shape[1])]
    return max(pairs, key=lambda pair: _entropy_fall(R, *pair))


@CLOSEST_PAIR.mistake(
    "you took the entropy of the columns' means. The task's entropy is a sum over all points: average after"
    " the logarithm, not before.",
    hint=1,
)
def entropy_of_the_column_means(*args):
    return _pair_by(_entropy_of_the_means)(*args)


@CLOSEST_PAIR.mistake(
    "these two have the most entropy in their joined column. Joining should lower the entropy.", hint=2
)
def most_entropy_in_the_joined_column(*args):
    return _pair_by(_entropy_of_the_joined_column)(*args)


@CLOSEST_PAIR.mistake("joining these two lowers the entropy least. Check what you maximise.", hint=2)
def the_smallest_fall(*args):
    return _pair_by(_least_fall)(*args)


@CLOSEST_PAIR.mistake("you compared products of responsibilities. They measure overlap, not entropy.", hint=1)
def greatest_overlap(*args):
    return _pair_by(_overlap)(*args)


@CLOSEST_PAIR.mistake("these are the two rarest components. Two rare components can be far apart.", hint=1)
def the_two_rarest(*args):
    return _pair_by(_smallest)(*args)


@CLOSEST_PAIR.mistake(
    "these are the two columns with the most entropy. Once joined, they may keep most of it.", hint=2
)
def entropy_before_joining(*args):
    return _pair_by(_entropy_before)(*args)


@CLOSEST_PAIR.mistake(
    "you compared only the entropy of the joined column. How much was there before the two were joined?",
    hint=2,
)
def entropy_of_the_sum(*args):
    return _pair_by(_entropy_of_the_sum)(*args)


@CLOSEST_PAIR.mistake(
    "the pair is right, but you count the components from 1. Their indices start at 0.", hint=None
)
def counted_from_one(R):
    i, j = _pair_by(_entropy_fall)(R)
    return i + 1, j + 1


@CLOSEST_PAIR.right
def pair_by_two_loops(R):
    best, lowest = (0, 1), np.inf
    for i in range(R.shape[1]):
        for j in range(i + 1, R.shape[1]):
            change = entr(R[:, i] + R[:, j]).sum() - entr(R[:, i]).sum() - entr(R[:, j]).sum()
            if change < lowest:
                best, lowest = (i, j), change
    return best


@CLOSEST_PAIR.right
def pair_by_greatest_fall(R):
    pair, largest = None, -np.inf
    for j in range(R.shape[1]):
        for i in range(j):
            fall = np.sum(entr(R[:, i]) + entr(R[:, j]) - entr(R[:, i] + R[:, j]))
            if fall > largest:
                pair, largest = (i, j), fall
    return pair


@CLOSEST_PAIR.right
def pair_by_remaining_entropy(R):
    def remaining(pair):
        rest = np.delete(R, pair, axis=1)
        return entr(rest).sum() + entr(R[:, list(pair)].sum(axis=1)).sum()

    return min(combinations(range(R.shape[1]), 2), key=remaining)


@CLOSEST_PAIR.right
def pair_by_table(R):
    joined = R[:, :, np.newaxis] + R[:, np.newaxis]
    fall = (entr(R)[:, :, np.newaxis] + entr(R)[:, np.newaxis] - entr(joined)).sum(axis=0)
    np.fill_diagonal(fall, -np.inf)
    return np.unravel_index(fall.argmax(), fall.shape)


# ── 5  Bayes' rule ───────────────────────────────────────────────────────────────────────────────────

CLASS_PROBABILITIES = LESSON.task(
    "class_probabilities",
    title="From densities to classes",
    points=3,
    expected="array (n, C), all finite; each row sums to 1",
    families={"ordinary points": 2, "far points": 1},
)


@CLASS_PROBABILITIES.cases
def class_cases(rng: np.random.Generator) -> Iterator[Case]:
    counts = np.array([90, 9, 1])
    yield Case("three classes, one of them rare", (rng.normal(-3, 2, size=(20, 3)), counts))
    far = rng.normal(-2000, 3, size=(10, 3))
    yield Case("points far from every class", (far, counts[::-1].copy()), "far points")
    mixed = rng.normal(rng.permutation([-3, -3, -1500, -3000])[:, np.newaxis], 2, size=(4, 4))
    description = "some points near, some far, as many as classes"
    yield Case(description, (mixed, rng.integers(5, 100, size=4)), "far points")


@CLASS_PROBABILITIES.reference
def class_probabilities(log_density: Array, counts: Array) -> Array:
    A = log_density + np.log(counts / np.sum(counts))
    return np.exp(A - logsumexp(A, axis=1, keepdims=True))


@CLASS_PROBABILITIES.law("each point's class probabilities sum to 1.")
def each_points_class_probabilities_sum_to_1(P, *_):
    return np.allclose(P.sum(axis=1), 1)


@CLASS_PROBABILITIES.mistake(
    "every class counts the same, however rare it is. What does the training set tell you about that?", hint=1
)
def classes_equally_probable(log_density, counts):
    return class_probabilities(log_density, np.ones(len(counts)))


@CLASS_PROBABILITIES.mistake(
    "you added the class shares themselves to log densities. In log space, a product becomes a"
    " sum of two logarithms.",
    hint=2,
)
def no_logarithm_of_the_shares(log_density, counts):
    return class_probabilities(log_density, np.exp(counts / counts.sum()))


@CLASS_PROBABILITIES.mistake(
    "far from every class, all densities underflow to 0, and 0/0 is not a probability. Lesson 04"
    " showed a way around this.",
    hint=2,
)
def densities_outside_log_space(log_density: Array, counts: Array) -> Array:
    joint = np.exp(log_density) * counts / counts.sum()
    return joint / joint.sum(axis=1, keepdims=True)


@CLASS_PROBABILITIES.mistake("these are the logarithms of the probabilities. One step is left.", hint=2)
def logarithms_of_the_probabilities(log_density: Array, counts: Array) -> Array:
    A = log_density + np.log(counts)
    return A - logsumexp(A, axis=1, keepdims=True)


@CLASS_PROBABILITIES.mistake(
    "the columns sum to 1, not the rows. For each point, the question is which class it comes from.", hint=2
)
def normalised_over_the_points(log_density: Array, counts: Array) -> Array:
    A = log_density + np.log(counts)
    return np.exp(A - logsumexp(A, axis=0))


@CLASS_PROBABILITIES.mistake(
    "each point went entirely to its most probable class. Keep the uncertainty: the"
    " task asks for probabilities.",
    hint=2,
)
def hard_decision(log_density, counts):
    return np.eye(len(counts))[class_probabilities(log_density, counts).argmax(axis=1)]


@CLASS_PROBABILITIES.mistake(
    "you normalised first and multiplied by the class shares afterwards. After that, the rows no longer sum to 1.",
    hint=1,
)
def shares_after_normalising(log_density: Array, counts: Array) -> Array:
    return softmax(log_density, axis=1) * counts / counts.sum()


@CLASS_PROBABILITIES.mistake(
    "these are joint densities p(c) p(x | c), the numerator of Bayes' rule. What is the denominator?", hint=2
)
def not_divided_by_the_sum(log_density: Array, counts: Array) -> Array:
    return np.exp(log_density + np.log(counts / counts.sum()))


@CLASS_PROBABILITIES.mistake(
    "you multiplied log densities by the class shares. A factor of a density is a term in log space.",
    hint=2,
)
def log_densities_times_shares(log_density: Array, counts: Array) -> Array:
    return softmax(log_density * counts / counts.sum(), axis=1)


@CLASS_PROBABILITIES.mistake("you multiplied by the class shares twice.", hint=1)
def shares_counted_twice(log_density, counts):
    return class_probabilities(log_density, (counts / counts.sum()) ** 2)


@CLASS_PROBABILITIES.mistake(
    "rare classes come out more probable than common ones: you divided by the class shares.", hint=1
)
def divided_by_the_shares(log_density, counts):
    return class_probabilities(log_density, 1 / counts)


@CLASS_PROBABILITIES.mistake(
    "you subtracted one maximum for the whole table. Rows far below it still underflow: each point needs its own.",
    hint=2,
)
def one_maximum_for_all_points(log_density: Array, counts: Array) -> Array:
    joint = np.exp(log_density - log_density.max()) * counts
    return joint / joint.sum(axis=1, keepdims=True)


@CLASS_PROBABILITIES.mistake(
    "each row should sum to 1. You subtracted the largest term, which is not yet their sum.", hint=2
)
def divided_by_the_largest(log_density: Array, counts: Array) -> Array:
    A = log_density + np.log(counts)
    return np.exp(A - A.max(axis=1, keepdims=True))


@CLASS_PROBABILITIES.right
def classes_by_logsumexp(log_density, counts):
    log_joint = log_density + np.log(counts / counts.sum())
    total = logsumexp(log_joint, axis=1, keepdims=True)
    return np.exp(log_joint - total)


@CLASS_PROBABILITIES.right
def classes_point_by_point(log_density, counts):
    prior = counts / counts.sum()
    result = []
    for row in log_density:
        joint = prior * np.exp(row - row.max())
        result.append(joint / joint.sum())
    return result


@CLASS_PROBABILITIES.right
def classes_by_softmax(log_density, counts):
    return softmax(log_density + np.log(counts), axis=1)


@CLASS_PROBABILITIES.right
def classes_by_peak(log_density, counts):
    joint = np.exp(log_density - log_density.max(axis=1, keepdims=True)) * counts
    return joint / joint.sum(axis=1, keepdims=True)


# ── 6  A number to report ────────────────────────────────────────────────────────────────────────────

REPORTED_ACCURACY = LESSON.value(
    "reported_accuracy",
    title="The number to report · stretch",
    points=2,
    expected="one number between 0 and 1, correct to three decimals",
    rtol=0,
    atol=0.0011,
)


@cache
def _classifiers() -> tuple[list[tuple[Array, Array]], list[GaussianMixtureClassifier]]:
    """The last task's three data sets and ten classifiers."""
    sets = [two_moons(n, noise=0.3, random_state=seed) for n, seed in ((80, 138), (80, 139), (1000, 140))]
    return sets, [GaussianMixtureClassifier(K, random_state=0).fit(*sets[0]) for K in range(1, 11)]


def _accuracy(chosen_on: int, reported_on: int) -> float:
    """Accuracy on one set of the classifier that is best on another (0 training, 1 validation, 2 test)."""
    sets, classifiers = _classifiers()
    return max(classifiers, key=lambda model: model.score(*sets[chosen_on])).score(*sets[reported_on])


@REPORTED_ACCURACY.reference
def reported_accuracy():
    return _accuracy(1, 2)


@REPORTED_ACCURACY.mistake(
    "this is the accuracy that chose K. The best of ten is often the luckiest of ten.",
    hint=2,
    name="the winner's validation accuracy",
)
def the_winners_validation_accuracy():
    return _accuracy(1, 1)


@REPORTED_ACCURACY.mistake(
    "this is the highest test accuracy of the ten classifiers. Which set chose that classifier? If it was the"
    " validation set, your K is off by one: positions in a list are counted from 0, components from 1.",
    hint=1,
)
def the_best_accuracy_on_the_test_set():
    return _accuracy(2, 2)


@REPORTED_ACCURACY.mistake(
    "you chose this K on the points that the classifiers were fitted to, and those favour a large K.", hint=1
)
def chosen_on_the_training_set():
    return _accuracy(0, 2)


@REPORTED_ACCURACY.mistake(
    "you fitted the winner again, with the validation points included. That can be worth doing, but"
    " here the classifier is fitted to `train` only.",
    hint=1,
)
def fitted_again_with_the_validation_set() -> float:
    """Test accuracy of the validation set's choice, fitted to the training and the validation points."""
    sets, classifiers = _classifiers()
    K = 1 + int(np.argmax([model.score(*sets[1]) for model in classifiers]))
    both = [np.concatenate(parts) for parts in zip(*sets[:2], strict=True)]
    return GaussianMixtureClassifier(K, random_state=0).fit(*both).score(*sets[2])


@REPORTED_ACCURACY.mistake(
    "this is the accuracy on the points that the classifier was fitted to. You also chose it on them.", hint=2
)
def the_training_accuracy():
    return _accuracy(0, 0)


@REPORTED_ACCURACY.mistake(
    "the choice is right. But this is the accuracy on the points that the classifier was fitted to.", hint=2
)
def the_winners_training_accuracy():
    return _accuracy(1, 0)


@REPORTED_ACCURACY.mistake(
    "the test points choose the classifier here, and you report the accuracy on the validation points. Which set"
    " may decide about K?",
    hint=1,
)
def validation_and_test_set_swapped():
    return _accuracy(2, 1)


@REPORTED_ACCURACY.mistake(
    "this is the test accuracy of the classifier after the chosen one in the list: K is off by one. Positions in"
    " a list are counted from 0, components from 1.",
    hint=None,
)
def number_of_components_taken_for_the_position() -> float:
    sets, classifiers = _classifiers()
    chosen = int(np.argmax([model.score(*sets[1]) for model in classifiers]))
    return classifiers[chosen + 1].score(*sets[2])


@REPORTED_ACCURACY.mistake(
    "this has two decimals. With so few, different classifiers look alike: give three.", hint=None
)
def two_decimals():
    return round(reported_accuracy(), 2)


@REPORTED_ACCURACY.mistake("this is a percentage. The task asks for a number between 0 and 1.", hint=None)
def percentage():
    return 100 * reported_accuracy()


REPORTED_ACCURACY.right_values(0.867)
