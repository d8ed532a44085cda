"""Checks for lesson 07, choosing K: prices, criteria, held-out scores, an honest report, joining, Bayes' rule.

Symbols: X (n, d) data; K components; p free parameters; log_likelihood (n,) per point; R (n, K)
responsibilities; fold (n,) the fold of each point.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.special import logsumexp, xlogy
from sklearn.datasets import make_moons

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice
from mlcourse.classifier import GaussianMixtureClassifier
from mlcourse.mixture import GaussianMixture
from mlcourse.typing import Array

LESSON = "07_choosing_k"


# ── 1  The price of a component ──────────────────────────────────────────────────────────────────────


def rise_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("fifty points in the plane", (rng.normal(size=(50, 2)),))
    yield Case("three hundred points in five dimensions", (rng.normal(size=(300, 5)),))


def rise_needed(X: Array) -> tuple[int, float]:
    n, d = X.shape
    price = full_parameters(2, d) - full_parameters(1, d)
    return price, price * np.log(n) / 2


def full_parameters(K: int, d: int) -> int:
    """Free parameters of K components with full covariances in d dimensions, listed one by one."""
    upper_triangle = sum(1 for row in range(d) for column in range(d) if column >= row)
    return (K - 1) + K * d + K * upper_triangle


def _rise_at(price_of_component: Callable[..., int]) -> Callable[..., tuple[int, float]]:
    """Make a `rise_needed` that counts `price_of_component(d)` parameters per component."""

    def answer(X: Array) -> tuple[int, float]:
        n, d = X.shape
        return price_of_component(d), price_of_component(d) * np.log(n) / 2

    return answer


def _doubled(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return 2 * of_aic, 2 * of_bic


def _bic_doubled(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return of_aic, 2 * of_bic


def _per_point(X: Array) -> tuple[float, ...]:
    return tuple(rise / len(X) for rise in rise_needed(X))


def _with_entries_counted(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return of_aic, of_bic / np.log(len(X)) * np.log(X.size)


def _with_log10(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return of_aic, of_bic / np.log(10)


RISE_NEEDED = Check(
    name="rise_needed",
    lesson=LESSON,
    points=2,
    reference=rise_needed,
    cases=rise_cases,
    laws=(
        Law(
            "with eight points or more, BIC asks for a larger rise than AIC.", lambda out, X: out[1] > out[0]
        ),
    ),
    expected="(rise for AIC, rise for BIC): two positive numbers",
    mistakes=(
        Mistake(
            "rise of the price instead of rise of the likelihood",
            _doubled,
            "this is how much the *price* rises. What is the log-likelihood multiplied by"
            " before the two are compared?",
            hint=2,
        ),
        Mistake(
            "price of BIC instead of rise of the likelihood",
            _bic_doubled,
            "the rise for AIC is right. For BIC this is the price itself, not the rise in"
            " log-likelihood that pays for it.",
            hint=2,
        ),
        Mistake(
            "rise of the mean",
            _per_point,
            "this is the rise of the mean log-likelihood per point. The task asks about the sum over all points.",
            hint=2,
        ),
        Mistake(
            "weight left out",
            _rise_at(lambda d: d + d * (d + 1) // 2),
            "you counted a mean and a covariance. The new component also brings a number that says how common it is.",
            hint=1,
        ),
        Mistake(
            "every entry of the covariance counted",
            _rise_at(lambda d: 1 + d + d * d),
            "you counted every entry of the covariance. Can you choose all of them freely?",
            hint=1,
        ),
        Mistake(
            "variances only",
            _rise_at(lambda d: 1 + 2 * d),
            "you counted only the diagonal of the covariance. A full covariance can also be tilted.",
            hint=1,
        ),
        Mistake(
            "entries instead of points",
            _with_entries_counted,
            "you took the logarithm of the number of entries in X. BIC counts points.",
            hint=2,
        ),
        Mistake(
            "logarithm to base ten",
            _with_log10,
            "your logarithm in BIC is to base ten. Likelihoods here use the natural logarithm.",
            hint=2,
        ),
        Mistake(
            "order swapped",
            lambda X: rise_needed(X)[::-1],
            "the two numbers are in the wrong order.",
            hint=2,
        ),
    ),
)


# ── 2  Three criteria ────────────────────────────────────────────────────────────────────────────────


def criteria_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K in (("two hundred points", 200, 4), ("thirty points", 30, 3)):
        R = rng.dirichlet(np.full(K, 0.3), size=n)
        R[: n // 4] = np.eye(K)[rng.integers(K, size=n // 4)]  # includes zeros: log 0 is −∞
        yield Case(
            f"{description}, some of them assigned with certainty",
            (rng.normal(-2, 1, size=n), R, int(rng.integers(5, 40))),
        )


def criteria(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    return _criteria(log_likelihood, R, p)


def _criteria(
    log_likelihood: Array,
    R: Array,
    p: int,
    *,
    total: Callable[..., Any] = np.sum,
    factor: int = -2,
    n_counted: Callable[..., Any] = len,
    entropy_factor: int = 2,
    rows: Callable[..., Any] = np.sum,
) -> tuple[float, float, float]:
    """The three criteria, with a parameter for every mistake."""
    fit = factor * total(log_likelihood)
    bic = fit + p * np.log(n_counted(R))
    return fit + 2 * p, bic, bic + entropy_factor * rows(-xlogy(R, R).sum(axis=1))


def _zero_times_log_zero(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, _ = _criteria(log_likelihood, R, p)
    return aic, bic, bic - 2 * (R * np.log(R)).sum()


def _halved(log_likelihood: Array, R: Array, p: int) -> tuple[float, ...]:
    return tuple(criterion / 2 for criterion in _criteria(log_likelihood, R, p))


def _most_probable_only(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, _ = _criteria(log_likelihood, R, p)
    return aic, bic, bic - 2 * np.log(R.max(axis=1)).sum()


def _entropy_added_to_aic(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, icl = _criteria(log_likelihood, R, p)
    return aic, bic, aic + icl - bic


def _prices_swapped(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, icl = _criteria(log_likelihood, R, p)
    return bic, aic, icl - bic + aic


CRITERIA = Check(
    name="criteria",
    lesson=LESSON,
    points=3,
    reference=criteria,
    cases=criteria_cases,
    laws=(
        Law(
            "ICL is never below BIC: the entropy can only add to it.", lambda out, *_: out[2] >= out[1] - 1e-9
        ),
    ),
    expected="(AIC, BIC, ICL): three finite numbers",
    mistakes=(
        Mistake(
            "mean instead of sum",
            lambda *args: _criteria(*args, total=np.mean),
            "you used the mean log-likelihood per point where the sum over all points belongs. Against a mean,"
            " the price of the parameters weighs far too much.",
            hint=1,
        ),
        Mistake(
            "sign of the likelihood",
            lambda *args: _criteria(*args, factor=2),
            "a better fit makes these criteria worse. Check the sign of the log-likelihood.",
            hint=1,
        ),
        Mistake(
            "half the scale",
            _halved,
            "all three numbers are half of what the lecture's formulas give. The minimum is in the same place,"
            " but your numbers cannot be compared with anybody else's.",
            hint=1,
        ),
        Mistake(
            "prices swapped",
            _prices_swapped,
            "AIC and BIC have swapped their price per parameter.",
            hint=1,
        ),
        Mistake(
            "entropy added to AIC",
            _entropy_added_to_aic,
            "AIC and BIC are right. For ICL you added the entropy to the wrong one of the two.",
            hint=2,
        ),
        Mistake(
            "components counted as points",
            lambda *args: _criteria(*args, n_counted=lambda R: R.shape[1]),
            "you computed the price in BIC from the number of components. What does its n count?",
            hint=1,
        ),
        Mistake(
            "zero times the logarithm of zero",
            _zero_times_log_zero,
            "log 0 is −∞, and 0 · (−∞) is NaN. A responsibility of 0 adds nothing to the entropy.",
            hint=2,
        ),
        Mistake(
            "entropy subtracted",
            lambda *args: _criteria(*args, entropy_factor=-2),
            "the entropy lowers your ICL. Check its sign.",
            hint=2,
        ),
        Mistake(
            "entropy counted once",
            lambda *args: _criteria(*args, entropy_factor=1),
            "you added the entropy once. The log-likelihood next to it is doubled.",
            hint=2,
        ),
        Mistake(
            "mean entropy",
            lambda *args: _criteria(*args, rows=np.mean),
            "you used the mean entropy per point. The other terms are sums over all points.",
            hint=2,
        ),
        Mistake(
            "only the most probable component",
            _most_probable_only,
            "you used only each point's largest responsibility. The entropy is a sum over all components.",
            hint=2,
        ),
    ),
)


# ── 3  Held-out scores ───────────────────────────────────────────────────────────────────────────────


def held_out_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, n_folds in (("five folds in the plane", 60, 2, 5), ("unequal folds", 45, 3, 3)):
        X = rng.normal(size=(n, 2)) + 4 * rng.normal(size=(3, 2))[rng.integers(3, size=n)]
        fold = rng.permutation(np.arange(n) % n_folds if n % 2 == 0 else np.repeat([0, 1, 2], [10, 15, 20]))
        yield Case(description, (X, fold, K))


def fitted(X: Array, K: int) -> GaussianMixture:
    return GaussianMixture(K, random_state=0).fit(X)


def held_out_scores(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for f in np.unique(fold):
        out = fold == f
        scores[out] = fitted(X[~out], K).score_samples(X[out])
    return scores


def _fitted_on_everything(X: Array, fold: Array, K: int) -> Array:
    return fitted(X, K).score_samples(X)


def _fitted_on_the_fold(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for f in np.unique(fold):
        scores[fold == f] = fitted(X[fold == f], K).score_samples(X[fold == f])
    return scores


def _in_the_order_of_the_folds(X: Array, fold: Array, K: int) -> Array:
    scores = held_out_scores(X, fold, K)
    return np.concatenate([scores[fold == f] for f in np.unique(fold)])


def _mean_of_the_fold(X: Array, fold: Array, K: int) -> Array:
    scores = held_out_scores(X, fold, K)
    return np.array([scores[fold == f].mean() for f in fold])


def _one_number_per_fold(X: Array, fold: Array, K: int) -> Array:
    scores = held_out_scores(X, fold, K)
    return np.array([scores[fold == f].mean() for f in np.unique(fold)])


def _overwritten_by_training_scores(X: Array, fold: Array, K: int) -> Array:
    scores = np.empty(len(X))
    for f in np.unique(fold):
        rest = fold != f
        scores[rest] = fitted(X[rest], K).score_samples(X[rest])
    return scores


HELD_OUT_SCORES = Check(
    name="held_out_scores",
    lesson=LESSON,
    points=3,
    reference=held_out_scores,
    cases=held_out_cases,
    expected="array (n,): the held-out log-likelihood of each point, in the order of X",
    mistakes=(
        Mistake(
            "fitted on everything",
            _fitted_on_everything,
            "every point was scored by a model that had been fitted to it. These are training scores.",
            hint=1,
        ),
        Mistake(
            "fitted on the fold",
            _fitted_on_the_fold,
            "each model was fitted to the same fold that it then scored.",
            hint=1,
        ),
        Mistake(
            "the points of the fit are scored",
            _overwritten_by_training_scores,
            "each model is fitted to the rest and then scores the rest, which are the points it was fitted to.",
            hint=1,
        ),
        Mistake(
            "in the order of the folds",
            _in_the_order_of_the_folds,
            "the scores are in the order of the folds, so they no longer match the rows of X.",
            hint=2,
        ),
        Mistake(
            "the mean of the fold for every point",
            _mean_of_the_fold,
            "every point got the mean score of its fold. Each point needs a score of its own.",
            hint=2,
        ),
        Mistake(
            "one number per fold",
            _one_number_per_fold,
            "you returned one number per fold. The task asks for one score per *point*.",
            hint=2,
        ),
    ),
)


# ── 4  An honest report ──────────────────────────────────────────────────────────────────────────────

RANGE = range(1, 6)


def report_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("forty points to fit, thirty to choose with", three_sets(rng, spread=3.0))
    yield Case("overlapping groups", three_sets(rng, spread=2.0))


def three_sets(rng: np.random.Generator, spread: float) -> tuple[Array, ...]:
    """Training, validation and test points, each of which would choose a different K."""
    while True:
        centers = spread * rng.normal(size=(3, 2))
        sets = [centers[rng.integers(3, size=n)] + rng.normal(size=(n, 2)) for n in (40, 30, 30)]
        models = [fitted(sets[0], K) for K in RANGE]
        if len({max(models, key=lambda model: model.score(Z)) for Z in sets}) == 3:
            return tuple(sets)


def _best(X_train: Array, Z: Array) -> GaussianMixture:
    """Of the models fitted to the training points, the one with the highest likelihood on Z."""
    return max((fitted(X_train, K) for K in RANGE), key=lambda model: model.score(Z))


def fix_report(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_val)
    return best.n_components, best.score(X_test)


def _chosen_on_the_test_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_test)
    return best.n_components, best.score(X_test)


def _validation_score_reported(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_val)
    return best.n_components, best.score(X_val)


def _chosen_on_the_training_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(X_train, X_train)
    return best.n_components, best.score(X_test)


def _fitted_to_the_validation_points_too(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    best = _best(np.concatenate([X_train, X_val]), X_val)
    return best.n_components, best.score(X_test)


def _refitted_with_the_validation_points(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    K = _best(X_train, X_val).n_components
    return K, fitted(np.concatenate([X_train, X_val]), K).score(X_test)


def _best_of_each(X_train: Array, X_val: Array, X_test: Array) -> tuple[int, float]:
    return _best(X_train, X_val).n_components, _best(X_train, X_test).score(X_test)


FIX_REPORT = Check(
    name="fix_report",
    lesson=LESSON,
    points=2,
    reference=fix_report,
    cases=report_cases,
    expected="(K, mean log-likelihood to report)",
    mistakes=(
        Mistake(
            "chosen on the test points",
            _chosen_on_the_test_points,
            "this is still your fellow student's report. Which points does it use to choose K?",
            planted=True,
        ),
        Mistake(
            "the winner's own score",
            _validation_score_reported,
            "the choice is right. But you report the score that K was chosen by, luck included.",
            hint=2,
        ),
        Mistake(
            "chosen on the training points",
            _chosen_on_the_training_points,
            "you chose K on the points that the models were fitted to. Those nearly always favour more components.",
            hint=1,
        ),
        Mistake(
            "fitted to the validation points too",
            _fitted_to_the_validation_points_too,
            "you also fitted the models to the points that choose between them, so these are training points now.",
            hint=1,
        ),
        Mistake(
            "refitted with the validation points",
            _refitted_with_the_validation_points,
            "the choice is right. But then you fitted the winner again, to more points. That can be worth"
            " doing, but here the fit uses the training points only.",
            hint=2,
        ),
        Mistake(
            "best of each",
            _best_of_each,
            "the choice of K is right. But you report the score of another model, the best one on the test points.",
            hint=2,
        ),
    ),
)


# ── 5  Which two belong together ─────────────────────────────────────────────────────────────────────


def pair_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("six components", (distinguishing_responsibilities(rng, 6),))
    yield Case("five components", (distinguishing_responsibilities(rng, 5),))
    yield Case("four components, one of them common", (rng.dirichlet([0.2, 0.3, 0.5, 0.9], size=40),))


def distinguishing_responsibilities(rng: np.random.Generator, K: int) -> Array:
    """Responsibilities for which the right rule and four wrong ones pick five different pairs."""
    rules = (_entropy_fall, _least_fall, _overlap, _smallest, _entropy_before)
    while True:
        R = rng.dirichlet(rng.uniform(0.1, 2.0, size=K), size=30)
        if len({_pair_by(rule)(R) for rule in rules}) == len(rules):
            return R


def entropy(R: Array) -> float:
    return -xlogy(R, R).sum()


def _entropy_fall(R: Array, i: int, j: int) -> float:
    joined = R.copy()
    joined[:, i] += joined[:, j]
    joined[:, j] = 0
    return entropy(R) - entropy(joined)


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


def _pair_by(rule: Callable[..., float]) -> Callable[..., tuple[int, int]]:
    """Make a function that returns the pair (i, j) with the greatest `rule(R, i, j)`."""

    def answer(R: Array) -> tuple[int, int]:
        pairs = [(i, j) for i in range(R.shape[1]) for j in range(i + 1, R.shape[1])]
        return max(pairs, key=lambda pair: rule(R, *pair))

    return answer


def _in_order(pair: Any) -> Any:
    """Sort the two indices in ascending order; return anything that is not numeric unchanged."""
    try:
        return np.sort(np.asarray(pair, dtype=float).ravel())
    except (TypeError, ValueError):
        return pair


CLOSEST_PAIR = Check(
    name="closest_pair",
    lesson=LESSON,
    points=3,
    reference=_pair_by(_entropy_fall),
    cases=pair_cases,
    canonical=_in_order,
    expected="(i, j): the indices of two components, counted from 0",
    mistakes=(
        Mistake(
            "the smallest fall",
            _pair_by(_least_fall),
            "joining these two lowers the entropy *least*. Check what you maximise.",
            hint=2,
        ),
        Mistake(
            "greatest overlap",
            _pair_by(_overlap),
            "you compared products of responsibilities. They measure overlap, not entropy.",
            hint=1,
        ),
        Mistake(
            "the two rarest",
            _pair_by(_smallest),
            "these are the two rarest components. Two rare components can be far apart.",
            hint=1,
        ),
        Mistake(
            "entropy before joining",
            _pair_by(_entropy_before),
            "these are the two columns with the most entropy. Once joined, they may keep most of it.",
            hint=2,
        ),
        Mistake(
            "entropy of the sum",
            _pair_by(_entropy_of_the_sum),
            "you compared only the entropy of the joined column. How much was there *before* the two were joined?",
            hint=2,
        ),
    ),
)


# ── 6  Bayes' rule ───────────────────────────────────────────────────────────────────────────────────


def class_cases(rng: np.random.Generator) -> Iterator[Case]:
    counts = np.array([90, 9, 1])
    yield Case("three classes, one of them rare", (rng.normal(-3, 2, size=(20, 3)), counts))
    yield Case("points far from every class", (rng.normal(-2000, 3, size=(10, 3)), counts[::-1].copy()))


def class_probabilities(log_density: Array, counts: Array) -> Array:
    A = log_density + np.log(counts / np.sum(counts))
    return np.exp(A - logsumexp(A, axis=1, keepdims=True))


def _outside_log_space(log_density: Array, counts: Array) -> Array:
    joint = np.exp(log_density) * counts / counts.sum()
    return joint / joint.sum(axis=1, keepdims=True)


def _log_probabilities(log_density: Array, counts: Array) -> Array:
    A = log_density + np.log(counts)
    return A - logsumexp(A, axis=1, keepdims=True)


def _by_column(log_density: Array, counts: Array) -> Array:
    A = log_density + np.log(counts)
    return np.exp(A - logsumexp(A, axis=0))


CLASS_PROBABILITIES = Check(
    name="class_probabilities",
    lesson=LESSON,
    points=3,
    reference=class_probabilities,
    cases=class_cases,
    laws=(Law("each point's class probabilities sum to 1.", lambda P, *_: np.allclose(P.sum(axis=1), 1)),),
    expected="array (n, C), all finite; each row sums to 1",
    mistakes=(
        Mistake(
            "classes equally probable",
            lambda log_density, counts: class_probabilities(log_density, np.ones(len(counts))),
            "every class counts the same, however rare it is. What does the training set tell you about that?",
            hint=1,
        ),
        Mistake(
            "no logarithm of the shares",
            lambda log_density, counts: class_probabilities(log_density, np.exp(counts / counts.sum())),
            "you added the class shares themselves to log densities. In log space, a product becomes a"
            " sum of *two* logarithms.",
            hint=2,
        ),
        Mistake(
            "densities outside log space",
            _outside_log_space,
            "far from every class, all densities underflow to 0, and 0/0 is not a probability. Lesson 04"
            " showed a way around this.",
            hint=2,
        ),
        Mistake(
            "logarithms of the probabilities",
            _log_probabilities,
            "these are the logarithms of the probabilities. One step is left.",
            hint=2,
        ),
        Mistake(
            "normalised over the points",
            _by_column,
            "the columns sum to 1, not the rows. For each point, the question is which class it comes from.",
            hint=2,
        ),
        Mistake(
            "hard decision",
            lambda log_density, counts: np.eye(len(counts))[
                class_probabilities(log_density, counts).argmax(axis=1)
            ],
            "each point went entirely to its most probable class. Keep the uncertainty: the"
            " task asks for probabilities.",
            hint=2,
        ),
        Mistake(
            "shares counted twice",
            lambda log_density, counts: class_probabilities(log_density, (counts / counts.sum()) ** 2),
            "you multiplied by the class shares twice.",
            hint=1,
        ),
    ),
)


# ── 7  Read a picture, 8  A number to report ─────────────────────────────────────────────────────────

WHAT_BIC_COUNTS = choice(
    "what_bic_counts",
    LESSON,
    1,
    right="B",
    wrong={
        "A": "BIC compares densities and nothing else. It has no notion of a group.",
        "C": "by BIC, one Gaussian describes this histogram far worse than three do. What does a component describe?",
        "D": (
            "more starts may shift the minimum by one or so. The question remains: what does that number count?",
            2,
        ),
    },
)


@cache
def _classifiers() -> tuple[list[tuple[Array, Array]], list[GaussianMixtureClassifier]]:
    """The last task's three data sets and ten classifiers."""
    sets = [make_moons(n, noise=0.3, random_state=seed) for n, seed in ((80, 18), (80, 19), (1000, 20))]
    return sets, [GaussianMixtureClassifier(K, random_state=0).fit(*sets[0]) for K in range(1, 11)]


def _accuracy(chosen_on: int, reported_on: int) -> float:
    """Accuracy on one set of the classifier that is best on another (0 training, 1 validation, 2 test)."""
    sets, classifiers = _classifiers()
    return max(classifiers, key=lambda model: model.score(*sets[chosen_on])).score(*sets[reported_on])


def _accuracy_of_refit() -> float:
    """Test accuracy of the validation set's choice, fitted to the training and the validation points."""
    sets, classifiers = _classifiers()
    K = 1 + int(np.argmax([model.score(*sets[1]) for model in classifiers]))
    both = [np.concatenate(parts) for parts in zip(*sets[:2], strict=True)]
    return GaussianMixtureClassifier(K, random_state=0).fit(*both).score(*sets[2])


REPORTED_ACCURACY = Check(
    name="reported_accuracy",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=lambda: _accuracy(1, 2),
    rtol=0,
    atol=0.0011,
    expected="one number between 0 and 1, correct to three decimals",
    mistakes=(
        Mistake(
            "the winner's validation accuracy",
            lambda: _accuracy(1, 1),
            "this is the accuracy that K was chosen by. The best of ten is also the luckiest of ten.",
            hint=2,
        ),
        Mistake(
            "the best accuracy on the test set",
            lambda: _accuracy(2, 2),
            "this is the highest test accuracy of the ten classifiers. Which set chose that classifier?",
            hint=1,
        ),
        Mistake(
            "chosen on the training set",
            lambda: _accuracy(0, 2),
            "you chose this K on the points that the classifiers were fitted to, and those favour a large K.",
            hint=1,
        ),
        Mistake(
            "fitted again with the validation set",
            _accuracy_of_refit,
            "you fitted the winner again, with the validation points included. That can be worth doing, but"
            " here the classifier is fitted to `train` only.",
            hint=1,
        ),
        Mistake(
            "the training accuracy",
            lambda: _accuracy(0, 0),
            "this is the accuracy on the points that the classifier was fitted to.",
            hint=2,
        ),
    ),
)


CHECKS = (
    RISE_NEEDED,
    CRITERIA,
    HELD_OUT_SCORES,
    FIX_REPORT,
    CLOSEST_PAIR,
    CLASS_PROBABILITIES,
    WHAT_BIC_COUNTS,
    REPORTED_ACCURACY,
)
