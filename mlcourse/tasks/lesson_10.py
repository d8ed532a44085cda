"""Checks for lesson 10, anomalies: a threshold, a detector, its rates, an evaluation that cheats, a second opinion.

Symbols: scores (n,) log densities, low for anomalies; t the threshold; share the share of alarms; X (n, d) data;
pi (K,) weights, mu (K, d) means, Sigma (K, d, d) covariances of a mixture; V (q, d) q directions, one per row.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm, rankdata
from sklearn.metrics import (
    auc,
    confusion_matrix,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from mlcourse import PCA
from mlcourse.checks.task import Case, Lesson
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, e_step
from mlcourse.typing import Array

LESSON = Lesson("10_anomaly_detection")


# ── 1  A threshold for a share ───────────────────────────────────────────────────────────────────────

ALARM_THRESHOLD = LESSON.task(
    "alarm_threshold",
    title="Where to draw the line",
    points=1,
    expected="one number with the given share of the scores below it",
)


def skewed_scores(rng: np.random.Generator, n: int) -> Array:
    """Scores with a long left tail, as log densities have."""
    return -2 - rng.exponential(size=n)


@ALARM_THRESHOLD.cases
def threshold_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("50 scores, a tenth of them alarms", (skewed_scores(rng, 50), 0.1))
    yield Case("400 scores, four per cent of them alarms", (skewed_scores(rng, 400), 0.04))
    yield Case("25 scores, a fifth of them alarms", (skewed_scores(rng, 25), 0.2))
    yield Case("40 scores, most of them positive, three in eight alarms", (4 + skewed_scores(rng, 40), 0.375))


@ALARM_THRESHOLD.accepts
def _has_the_share_below(t: Any, scores: Array, share: float) -> np.bool_:
    return np.sum(scores < t) == round(share * len(scores))


@ALARM_THRESHOLD.reference
def alarm_threshold(scores, share):
    return np.quantile(scores, share)


@ALARM_THRESHOLD.mistake(
    "hardly any score is below this number: `np.percentile` counts to 100, and you were given a share.",
    hint=1,
)
def the_share_passed_as_a_percentage(scores, share):
    return np.percentile(scores, share)


@ALARM_THRESHOLD.mistake(
    "nearly every score is below this number. It cuts off the highest scores, those"
    " of the most ordinary rows.",
    hint=1,
)
def the_wrong_end(scores, share):
    return np.quantile(scores, 1 - share)


@ALARM_THRESHOLD.mistake(
    "this is a quantile of densities, but it will be compared with logarithms, and"
    " all of those are below it.",
    hint=2,
)
def a_quantile_of_densities(scores, share):
    return np.quantile(np.exp(scores), share)


@ALARM_THRESHOLD.mistake(
    "you turned the threshold into a density at the end, but it will be compared with logarithms.", hint=2
)
def the_threshold_as_a_density(scores, share):
    return np.exp(np.quantile(scores, share))


@ALARM_THRESHOLD.mistake(
    "this would be right if the scores were Gaussian. They have a long left tail, so count instead.",
    hint=1,
    name="as if the scores were Gaussian",
)
def as_if_the_scores_were_gaussian(scores, share):
    return np.mean(scores) + norm.ppf(share) * np.std(scores)


@ALARM_THRESHOLD.mistake(
    "this number does not depend on the share at all. Two standard deviations are a rule for Gaussians.",
    hint=1,
)
def two_standard_deviations(scores, share):
    return np.mean(scores) - 2 * np.std(scores)


@ALARM_THRESHOLD.mistake(
    "one alarm is missing: this number is the score of a row that should raise an alarm, and"
    " no score is below itself.",
    hint=2,
)
def the_last_alarm_itself(scores, share):
    return np.sort(scores)[round(share * len(scores)) - 1]


@ALARM_THRESHOLD.mistake(
    "one alarm too many: this number is the score of the next row up. The first row in the order has"
    " the index 0.",
    hint=2,
)
def one_alarm_too_many(scores, share):
    return np.sort(scores)[round(share * len(scores)) + 1]


@ALARM_THRESHOLD.mistake("this is the lowest score of all, so no score is below it.", hint=1)
def the_lowest_score(scores, share):
    return np.min(scores)


@ALARM_THRESHOLD.mistake(
    "this is the highest score of all, so every other score is below it, whatever the share.", hint=1
)
def the_highest_score(scores, share):
    return np.max(scores)


@ALARM_THRESHOLD.mistake(
    "this is the given share of the way from the lowest to the highest score. It should"
    " be a share of the rows.",
    hint=1,
)
def a_share_of_the_range(scores, share):
    return np.min(scores) + share * np.ptp(scores)


@ALARM_THRESHOLD.right
def threshold_by_percentile(scores, share):
    return np.percentile(scores, 100 * share)


@ALARM_THRESHOLD.right
def threshold_by_sorting(scores, share):
    return sorted(scores)[round(share * len(scores))]


@ALARM_THRESHOLD.right
def threshold_by_partition(scores, share):
    m = round(share * len(scores))
    return np.partition(scores, m)[m]


@ALARM_THRESHOLD.right
def threshold_halfway(scores, share):
    ordered, m = np.sort(scores), round(share * len(scores))
    return (ordered[m - 1] + ordered[m]) / 2


# ── 2  A detector ────────────────────────────────────────────────────────────────────────────────────

DETECTOR_PREDICT = LESSON.task(
    "detector_predict",
    title="The detector",
    points=3,
    expected="array (n,): −1 for an anomaly, 1 for everything else",
)


def log_joint(X: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    """log πₖ + log N(xᵢ | μₖ, Σₖ): (n, K)."""
    densities = [multivariate_normal(m, S).logpdf(X) for m, S in zip(mu, Sigma)]
    return np.log(pi) + np.transpose(densities)


def score(X: Array, pi: Array, mu: Array, Sigma: Array) -> Array:
    return logsumexp(log_joint(X, pi, mu, Sigma), axis=1)


def mixture(
    rng: np.random.Generator, n: int, K: int = 3, d: int = 2, spread: float = 1.2
) -> tuple[Array, Array, Array, Array]:
    """Points around overlapping components of unequal weight, and those components."""
    mu = rng.normal(scale=spread, size=(K, d))
    X = mu[rng.integers(K, size=n)] + 1.5 * rng.normal(size=(n, d))
    A = rng.normal(size=(K, d, d))
    return X, rng.dirichlet(np.full(K, 1.5)), mu, A @ np.swapaxes(A, 1, 2) + 0.5 * np.eye(d)


@DETECTOR_PREDICT.cases
def detector_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, share, options in (
        ("three overlapping components in the plane", 0.4, {}),
        ("two components in four dimensions", 0.2, {"K": 2, "d": 4}),
    ):
        X, *theta = mixture(rng, 200, **options)
        yield Case(name, (X, *theta, float(np.quantile(score(X, *theta), share))))
    X, *theta = mixture(rng, 20)
    yield Case("with points a thousand units away", (rng.permutation([*X, *(X + 1000)]), *theta, -30.0))


def labels(alarm: Array) -> Array:
    return np.where(alarm, -1, 1)


@DETECTOR_PREDICT.reference
def detector_predict(X: Array, pi: Array, mu: Array, Sigma: Array, t: float) -> Array:
    return np.array([-1 if s < t else 1 for s in score(X, pi, mu, Sigma)])


@DETECTOR_PREDICT.law("every answer is −1 or 1.")
def every_answer_is_minus1_or_1(out, *_):
    return np.isin(out, (-1, 1)).all()


@DETECTOR_PREDICT.mistake(
    "you found the right rows, but you report them as 1 and the others as 0 (or True and False). The"
    " convention uses another pair of numbers.",
    hint=2,
)
def ones_and_zeros(*a):
    return (detector_predict(*a) == -1).astype(int)


@DETECTOR_PREDICT.mistake(
    "every sign is reversed: anomalies are called normal, and normal rows anomalies.", hint=2
)
def signs_reversed(*a):
    return -detector_predict(*a)


@DETECTOR_PREDICT.mistake(
    "rare and common components count the same, as in a plain mean of their densities.", hint=1
)
def equal_weights(X, pi, *a):
    return detector_predict(X, np.full(len(pi), 1 / len(pi)), *a)


@DETECTOR_PREDICT.mistake(
    "you added up the component densities without the weights π, so the sum is too large.", hint=1
)
def weights_left_out(X, pi, mu, Sigma, t):
    return labels(logsumexp(log_joint(X, pi, mu, Sigma) - np.log(pi), axis=1) < t)


@DETECTOR_PREDICT.mistake(
    "you used only the likeliest component. Where two components overlap, both make a point ordinary.", hint=1
)
def only_the_likeliest_component(X, pi, mu, Sigma, t):
    return labels(log_joint(X, pi, mu, Sigma).max(axis=1) < t)


@DETECTOR_PREDICT.mistake(
    "you added the logarithms of the components, which multiplies their densities. A mixture adds densities.",
    hint=1,
)
def a_sum_of_logarithms(X, pi, mu, Sigma, t):
    return labels(log_joint(X, pi, mu, Sigma).sum(axis=1) < t)


@DETECTOR_PREDICT.mistake(
    "you weighted and added the logarithms of the component densities. The formula"
    " weights and adds the densities.",
    hint=1,
)
def a_weighted_sum_of_logarithms(X, pi, mu, Sigma, t):
    return labels((log_joint(X, pi, mu, Sigma) - np.log(pi)) @ pi < t)


@DETECTOR_PREDICT.mistake(
    "you added the weights themselves to log densities. What does multiplying a density by a"
    " weight do to its logarithm?",
    hint=1,
)
def weights_among_the_logarithms(X, pi, mu, Sigma, t):
    return labels(logsumexp(log_joint(X, pi, mu, Sigma) - np.log(pi) + pi, axis=1) < t)


@DETECTOR_PREDICT.mistake(
    "you multiplied the log densities by the weights. The weights multiply the densities: what does that do to the"
    " logarithms?",
    hint=1,
)
def logarithms_times_the_weights(X, pi, mu, Sigma, t):
    return labels(logsumexp((log_joint(X, pi, mu, Sigma) - np.log(pi)) * pi, axis=1) < t)


@DETECTOR_PREDICT.mistake(
    "there is never an alarm: you compare a density, which is positive, with a threshold for its logarithm.",
    hint=2,
)
def a_density_compared_with_a_logarithm(X, pi, mu, Sigma, t):
    return labels(np.exp(score(X, pi, mu, Sigma)) < t)


FULL = CovarianceType.named("full")


@DETECTOR_PREDICT.right
def predict_by_the_package(X, pi, mu, Sigma, t):
    theta = Mixture(pi, mu, Sigma, FULL.kernel.factor(Sigma), FULL)
    return np.where(e_step(X, theta)[0] - t < 0, -1, 1)


@DETECTOR_PREDICT.right
def predict_outside_log_space(X, pi, mu, Sigma, t):
    density = sum(p * multivariate_normal(m, S).pdf(X) for p, m, S in zip(pi, mu, Sigma))
    return 1.0 - 2 * (density < np.exp(t))


@DETECTOR_PREDICT.right
def predict_point_by_point(X, pi, mu, Sigma, t):
    answers = np.ones(len(X), dtype=int)
    for i, x in enumerate(X):
        terms = [np.log(pi[k]) + multivariate_normal.logpdf(x, mu[k], Sigma[k]) for k in range(len(pi))]
        if logsumexp(terms) < t:
            answers[i] = -1
    return answers


@DETECTOR_PREDICT.right
def predict_as_list(X, pi, mu, Sigma, t):
    return predict_by_the_package(X, pi, mu, Sigma, t).tolist()


# ── 3  Rates ─────────────────────────────────────────────────────────────────────────────────────────

ALARM_RATES = LESSON.task(
    "alarm_rates",
    title="Three rates",
    points=2,
    parts=("the precision", "the recall", "the false-alarm rate"),
    expected="(precision, recall, false-alarm rate), three numbers from 0 to 1",
    families={"ordinary scores": 1, "scores at the threshold": 1},
)


@ALARM_RATES.cases
def rates_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n_normal, n_odd in (
        ("200 rows, 20 of them anomalies", 180, 20),
        ("60 rows, half of each", 30, 30),
    ):
        truth = rng.permutation(np.repeat([1, -1], [n_normal, n_odd]))
        scores = rng.normal(size=len(truth)) + truth
        yield Case(name, (scores, truth, float(np.quantile(scores[truth == -1], 0.7))))
    truth = rng.permutation(np.repeat([1, -1], [35, 12]))
    scores = rng.normal(size=len(truth)) + truth
    t = np.sort(scores[truth == -1])[7]
    scores[rng.choice(np.flatnonzero(truth == 1), size=4, replace=False)] = t
    yield Case(
        "five scores that are exactly the threshold", (scores, truth, float(t)), "scores at the threshold"
    )


@ALARM_RATES.reference
def alarm_rates(scores: Array, truth: Array, t: float) -> tuple[float, float, float]:
    hits = sum(s < t and y == -1 for s, y in zip(scores, truth))
    false = sum(s < t and y == 1 for s, y in zip(scores, truth))
    odd = sum(y == -1 for y in truth)
    return hits / (hits + false), hits / odd, false / (len(truth) - odd)


def _with(place: int, value: Callable[..., float]) -> Callable[..., tuple[float, ...]]:
    """Make a function that returns the right rates, with `value(scores, truth, t)` at index `place`."""

    def rates(*args: Any) -> tuple[float, ...]:
        out = list(alarm_rates(*args))
        out[place] = value(*args)
        return tuple(out)

    return rates


def _lecture_order(precision: float, recall: float, false_alarm: float) -> tuple[float, float, float]:
    return recall, false_alarm, precision


@ALARM_RATES.mistake(
    "the first two numbers are swapped. One looks at the alarms, the other at the anomalies.", hint=1
)
def precision_and_recall_swapped(*a):
    return (*alarm_rates(*a)[1::-1], alarm_rates(*a)[2])


@ALARM_RATES.mistake(
    "you count the rows above the threshold as alarms. Those are the most ordinary rows.", hint=2
)
def alarms_above_the_threshold(scores, truth, t):
    return alarm_rates(-scores, truth, -t)


@ALARM_RATES.mistake("you count the normal rows as anomalies. Check which sign means which.", hint=2)
def signs_of_the_truth_swapped(scores, truth, t):
    return alarm_rates(scores, -truth, t)


@ALARM_RATES.mistake(
    "`truth` holds −1 and 1, not True and False, so `&` and `~` do something else to it.",
    hint=2,
    name="signs taken for True and False",
)
def signs_taken_for_true_and_false(scores: Array, truth: Array, t: float) -> tuple[float, float, float]:
    """The lecture's code, which expects True for anomalies."""
    alarm = scores < t
    hits = (alarm & truth).sum()
    return hits / alarm.sum(), hits / truth.sum(), (alarm & ~truth).sum() / (~truth).sum()


@ALARM_RATES.mistake(
    "this gives what the lecture's function gives. There the truth is True or False, and the three"
    " numbers come in another order.",
    hint=2,
    name="as in the lecture",
)
def as_in_the_lecture(scores: Array, truth: Array, t: float) -> tuple[float, float, float]:
    return _lecture_order(*signs_taken_for_true_and_false(scores, truth, t))


@ALARM_RATES.mistake(
    "as booleans, −1 and 1 are both True, because only 0 is False. So no normal row is left.", hint=2
)
def every_sign_true(scores: Array, truth: Array, t: float) -> tuple[float, float, float]:
    """The lecture's code after `astype(bool)`, which turns both −1 and 1 into True."""
    return signs_taken_for_true_and_false(scores, truth.astype(bool), t)


@ALARM_RATES.mistake(
    "all three numbers are right, but they are in the lecture's order. The task asks for another one.",
    hint=1,
    name="the lecture's order",
)
def the_lectures_order(*a):
    return _lecture_order(*alarm_rates(*a))


@ALARM_RATES.mistake(
    "the numbers come in the lecture's order, and both signs count as True: only 0 is False.",
    hint=2,
    name="every sign true, in the lecture's order",
)
def every_sign_true_in_the_lectures_order(scores, truth, t):
    return _lecture_order(*every_sign_true(scores, truth, t))


@ALARM_RATES.mistake(
    "you count a score that is equal to `t` as an alarm. The task says “below”.",
    hint=None,
    name="threshold included",
)
def threshold_included(scores, truth, t):
    return alarm_rates(scores, truth, np.nextafter(t, np.inf))


@ALARM_RATES.mistake(
    "your first two numbers describe the normal rows. For scikit-learn's functions the class of interest"
    " is 1, unless you pass `pos_label`.",
    hint=2,
    name="scikit-learn's default label",
)
def scikit_learns_default_label(scores, truth, t):
    answers = np.where(scores < t, -1, 1)
    return precision_score(truth, answers), recall_score(truth, answers), alarm_rates(scores, truth, t)[2]


@ALARM_RATES.mistake(
    "all three numbers treat the normal rows as the ones to be found. For scikit-learn's functions the class"
    " of interest is 1, unless you say otherwise.",
    hint=2,
    name="scikit-learn's default label for all three",
)
def scikit_learns_default_label_for_all_three(scores, truth, t):
    precision, recall, _ = scikit_learns_default_label(scores, truth, t)
    return precision, recall, 1 - alarm_rates(scores, truth, t)[1]


@ALARM_RATES.mistake(
    "your third number is the recall again. Which rows can raise a false alarm?",
    hint=1,
    name="recall for the false-alarm rate",
)
def recall_for_the_false_alarm_rate(scores, truth, t):
    return _with(2, lambda s, y, t: alarm_rates(s, y, t)[1])(scores, truth, t)


@ALARM_RATES.mistake(
    "your first number is the share of all rows that raise an alarm. Of the alarms, how many are anomalies?",
    hint=1,
)
def share_of_alarms(scores, truth, t):
    return _with(0, lambda s, y, t: np.mean(s < t))(scores, truth, t)


@ALARM_RATES.mistake("these are counts. Each of them has to be divided by something.", hint=1)
def counts_for_rates(scores, truth, t):
    alarm, odd = scores < t, truth == -1
    return (alarm & odd).sum(), (alarm & odd).sum(), (alarm & ~odd).sum()


@ALARM_RATES.mistake(
    "your second number counts the anomalies that raise an alarm. It still has to be divided by something.",
    hint=1,
)
def hits_not_divided(scores, truth, t):
    return _with(1, lambda s, y, t: np.sum((s < t) & (y == -1)))(scores, truth, t)


@ALARM_RATES.mistake(
    "your third number counts the false alarms. It still has to be divided by something.", hint=1
)
def false_alarms_not_divided(scores, truth, t):
    return _with(2, lambda s, y, t: np.sum((s < t) & (y == 1)))(scores, truth, t)


@ALARM_RATES.mistake(
    "your first number is 1, whatever the alarms: you looked for something among rows that all have it.",
    hint=1,
)
def precision_always_1(scores, truth, t):
    return _with(0, lambda *_: 1)(scores, truth, t)


@ALARM_RATES.mistake(
    "your second number is 1, whatever the threshold. Of the anomalies, how many raise an alarm?",
    hint=1,
)
def recall_always_1(scores, truth, t):
    return _with(1, lambda *_: 1)(scores, truth, t)


@ALARM_RATES.mistake(
    "your third number is 0, whatever the alarms: you looked for something among rows of which none has it.",
    hint=1,
    name="false-alarm rate always 0",
)
def false_alarm_rate_always_0(scores, truth, t):
    return _with(2, lambda *_: 0)(scores, truth, t)


@ALARM_RATES.mistake("your third number is the share of normal rows that raise no alarm.", hint=1)
def normal_rows_without_an_alarm(scores, truth, t):
    return _with(2, lambda s, y, t: 1 - alarm_rates(s, y, t)[2])(scores, truth, t)


@ALARM_RATES.mistake(
    "you divided the false alarms by the number of all rows. Which rows can raise a false alarm?", hint=1
)
def false_alarms_among_all_rows(scores, truth, t):
    return _with(2, lambda s, y, t: np.mean((s < t) & (y == 1)))(scores, truth, t)


@ALARM_RATES.mistake(
    "your third number is the share of alarms that are false. The false-alarm rate is a share of other rows.",
    hint=1,
)
def false_alarms_among_the_alarms(scores, truth, t):
    return _with(2, lambda s, y, t: 1 - alarm_rates(s, y, t)[0])(scores, truth, t)


@ALARM_RATES.mistake(
    "you divided the hits by the number of all rows. Recall is about the anomalies only.", hint=1
)
def hits_among_all_rows(scores, truth, t):
    return _with(1, lambda s, y, t: np.mean((s < t) & (y == -1)))(scores, truth, t)


@ALARM_RATES.mistake(
    "your first number is the share of all rows that are classified correctly. Precision"
    " is about the alarms only.",
    hint=1,
)
def accuracy(scores, truth, t):
    return _with(0, lambda s, y, t: np.mean((s < t) == (y == -1)))(scores, truth, t)


@ALARM_RATES.right
def rates_by_confusion(scores, truth, t):
    (hits, missed), (false, quiet) = confusion_matrix(truth, np.where(scores < t, -1, 1), labels=[-1, 1])
    return hits / (hits + false), hits / (hits + missed), false / (false + quiet)


@ALARM_RATES.right
def rates_by_scikit_learn(scores, truth, t):
    answers = np.where(scores < t, -1, 1)
    precision = precision_score(truth, answers, pos_label=-1)
    recall = recall_score(truth, answers, pos_label=-1)
    return precision, recall, 1 - recall_score(truth, answers, pos_label=1)


@ALARM_RATES.right
def rates_by_counts(scores, truth, t):
    hits = np.count_nonzero((scores < t) & (truth == -1))
    false = np.count_nonzero((scores < t) & (truth != -1))
    return hits / (hits + false), hits / (truth == -1).sum(), false / (truth != -1).sum()


@ALARM_RATES.right
def rates_by_means(scores, truth, t):
    alarm, odd = scores < t, truth == -1
    return [odd[alarm].mean(), alarm[odd].mean(), alarm[~odd].mean()]


# ── 4  What an alarm is worth, 5  Read a picture ─────────────────────────────────────────────────────

SHARE_OF_REAL_ALARMS = LESSON.value(
    "share_of_real_alarms",
    title="What is an alarm worth?",
    points=2,
    expected="one number between 0 and 1, correct to two decimals",
    rtol=0,
    atol=2e-3,
)


@SHARE_OF_REAL_ALARMS.reference
def share_of_real_alarms():
    return 0.8 * 0.002 / (0.8 * 0.002 + 0.01 * 0.998)


@SHARE_OF_REAL_ALARMS.law("the answer is a share, a number between 0 and 1. Is yours a percentage?")
def the_answer_is_a_share_a_number(out):
    return 0 <= out <= 1


@SHARE_OF_REAL_ALARMS.mistake(
    "this is the recall: the share of the leaks that raise an alarm. The question asks"
    " for a share of the alarms.",
    hint=1,
)
def the_recall():
    return 0.8


@SHARE_OF_REAL_ALARMS.mistake(
    "this is the share of sound pipes that raise no alarm. The question asks for a share of the alarms.",
    hint=1,
)
def sound_pipes_without_an_alarm():
    return 0.99


@SHARE_OF_REAL_ALARMS.mistake(
    "this would be right if there were as many leaks as sound pipes. The base rate is missing.", hint=2
)
def without_the_base_rate():
    return 0.8 / (0.8 + 0.01)


@SHARE_OF_REAL_ALARMS.mistake(
    "this is the share of all pipes that both leak and raise an alarm. It still has to be divided by something.",
    hint=2,
)
def not_divided():
    return 0.8 * 0.002


@SHARE_OF_REAL_ALARMS.mistake(
    "these are the odds: real alarms per false alarm. A share has all alarms in its denominator.", hint=2
)
def odds():
    return 0.8 * 0.002 / (0.01 * 0.998)


@SHARE_OF_REAL_ALARMS.mistake(
    "these are the odds: real alarms per false alarm. The denominator lacks the real alarms.",
    hint=2,
    name="odds, rounded",
)
def odds_rounded():
    return 0.16


@SHARE_OF_REAL_ALARMS.mistake("this is the share of the alarms that are false.", hint=1)
def the_false_alarms():
    return 1 - 0.8 * 0.002 / (0.8 * 0.002 + 0.01 * 0.998)


@SHARE_OF_REAL_ALARMS.mistake(
    "these are the false alarms among all alarms.", hint=1, name="the false alarms, rounded"
)
def the_false_alarms_rounded():
    return 0.86


@SHARE_OF_REAL_ALARMS.mistake(
    "this is the false-alarm rate: the share of sound pipes that raise an alarm. The question asks"
    " for a share of the alarms.",
    hint=1,
    name="the false-alarm rate",
)
def the_false_alarm_rate():
    return 0.01


SHARE_OF_REAL_ALARMS.right_values(0.138, 0.14)


OPTIMISTIC_HISTOGRAM = LESSON.choice(
    "optimistic_histogram",
    title="Read a picture",
    points=1,
    right="B",
    wrong={
        "A": "both samples were drawn in the same way, from the three groups and nowhere else. So"
        " every alarm here is false.",
        "C": (
            "a lower threshold raises fewer alarms, and breaks its own, smaller promise in the same way."
            " Try it in the cell above.",
            2,
        ),
        "D": (
            "chance would shift the grey histogram sometimes to the left and sometimes to the right. Look at"
            " which rows the fit has seen.",
            2,
        ),
    },
)


OPTIMISTIC_HISTOGRAM.right_values("b")


# ── 6  An evaluation that cheats ─────────────────────────────────────────────────────────────────────

FIX_EVALUATION = LESSON.task(
    "fix_evaluation",
    title="An evaluation that cheats",
    points=3,
    carries=False,
    parts=("the index of the model", "the threshold", "the recall", "the false-alarm rate"),
    expected="(index of the chosen model, threshold, recall, false-alarm rate)",
)


def sample_of_scores(
    rng: np.random.Generator, gaps: Array, n_normal: int, n_odd: int, decimals: int
) -> tuple[Array, Array]:
    """Rounded scores (m, n) of m models for rows with some anomalies, and the truth (n,), True for anomalies."""
    truth = rng.permutation(np.repeat([False, True], [n_normal, n_odd]))
    return np.round(rng.normal(size=(len(gaps), len(truth))) - np.outer(gaps, truth), decimals), truth


def auc_of(scores: Array, truth: Array) -> Array:
    return np.array([roc_auc_score(truth, -row) for row in scores])


def tells_mistakes_apart(
    validation: Array, validation_truth: Array, test: Array, test_truth: Array, rate: float
) -> bool:
    """Whether validation and test prefer different models, clearly, and neither prefers the other's last."""
    areas = auc_of(validation, validation_truth)
    order = np.argsort(areas)
    worst, second, best = order[[0, -2, -1]]
    clearly = areas[second] < areas[best] - 1e-6
    return bool(clearly and auc_of(test, test_truth).argmax() not in (best, worst))


def has_ties(
    validation: Array, validation_truth: Array, test: Array, test_truth: Array, share: float
) -> np.bool_:
    """Whether a normal test row has exactly the score that is the right threshold."""
    best = auc_of(validation, validation_truth).argmax()
    t = np.percentile(validation[best, ~validation_truth], 100 * share)
    return np.any(test[best, ~test_truth] == t)


@FIX_EVALUATION.cases
def evaluation_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, m, share, n_normal, decimals in (
        ("four models", 4, 0.1, 90, 6),  # the threshold is between two scores
        ("three models, scores rounded to one decimal", 3, 0.2, 91, 1),  # it is one of the scores
    ):
        while True:
            gaps = rng.uniform(1.0, 1.4, size=m)
            samples = [sample_of_scores(rng, gaps, *n, decimals) for n in ((n_normal, 20), (110, 25))]
            args = (*samples[0], *samples[1], share)
            if tells_mistakes_apart(*args) and has_ties(*args) == (decimals == 1):
                break
        yield Case(f"{name}; validation and test prefer different ones", args)


def _evaluation(
    choose_on: str = "validation",
    threshold_of: Callable[..., Array] = lambda v, v_truth, s, s_truth: v[~v_truth],
    report_on: str = "test",
    choose: Callable[[Array], Any] = np.argmax,
    per_cent: float = 100,
    is_alarm: Callable[[Array, float], Array] = np.less,
) -> Callable[..., tuple[int, float, float, float]]:
    """Make an evaluation from its decisions. The defaults are the right ones."""

    def evaluate(
        validation: Array, validation_truth: Array, test: Array, test_truth: Array, share: float
    ) -> tuple[int, float, float, float]:
        parts = {"validation": (validation, validation_truth), "test": (test, test_truth)}
        best = int(choose(auc_of(*parts[choose_on])))
        rows = threshold_of(validation[best], validation_truth, test[best], test_truth)
        t = np.percentile(rows, per_cent * share)
        scores, truth = parts[report_on]
        alarm = is_alarm(scores[best], t)
        return best, t, alarm[truth].mean(), alarm[~truth].mean()

    return evaluate


def _normal_test_rows(v: Array, v_truth: Array, s: Array, s_truth: Array) -> Array:
    return s[~s_truth]


FIX_EVALUATION.reference(_evaluation())


@FIX_EVALUATION.mistake("the evaluation still cheats, in two places.", planted=True)
def the_planted_bugs(*args):
    return _evaluation("test", _normal_test_rows)(*args)


@FIX_EVALUATION.mistake(
    "the threshold is honest now. The model is not: you chose it because it does well on the same"
    " rows that you report on.",
    hint=1,
)
def model_chosen_on_the_test_rows(*args):
    return _evaluation("test")(*args)


@FIX_EVALUATION.mistake(
    "the choice of the model is honest now. But the false-alarm rate is still the promised share,"
    " whatever the model. Look at where the threshold comes from.",
    hint=2,
)
def threshold_from_the_test_rows(*args):
    return _evaluation(threshold_of=_normal_test_rows)(*args)


@FIX_EVALUATION.mistake(
    "the threshold comes from the right sample, but from the wrong rows of it. A promise about false"
    " alarms is a promise about normal rows.",
    hint=2,
)
def threshold_with_anomalies_among_the_rows(*args):
    return _evaluation(threshold_of=lambda v, v_truth, s, s_truth: v)(*args)


@FIX_EVALUATION.mistake(
    "the threshold comes from the right sample, but from the anomalies in it. Among which rows does"
    " the promise count alarms?",
    hint=2,
)
def threshold_from_the_anomalies(*args):
    return _evaluation(threshold_of=lambda v, v_truth, s, s_truth: v[v_truth])(*args)


@FIX_EVALUATION.mistake(
    "choice and threshold are honest, but the report is not: it is about the rows that"
    " the model was chosen on.",
    hint=1,
)
def reported_on_validation_rows(*args):
    return _evaluation(report_on="validation")(*args)


@FIX_EVALUATION.mistake("the threshold still uses test rows, now together with validation rows.", hint=2)
def validation_and_test_rows_pooled(*args):
    return _evaluation(threshold_of=lambda v, v_truth, s, s_truth: np.append(v[~v_truth], s[~s_truth]))(*args)


@FIX_EVALUATION.mistake(
    "this is the model with the smallest area. Scores are low for anomalies: mind the sign.", hint=None
)
def the_worst_model_chosen(*args):
    return _evaluation(choose=np.argmin)(*args)


@FIX_EVALUATION.mistake(
    "the threshold is much too low: `np.percentile` counts to 100, and `share` counts to 1.", hint=None
)
def share_passed_as_a_percentage(*args):
    return _evaluation(per_cent=1)(*args)


@FIX_EVALUATION.mistake(
    "the threshold is at the wrong end: alarms are the rows with the lowest scores.", hint=None
)
def threshold_at_the_wrong_end(*args):
    *rest, share = args
    return _evaluation()(*rest, 1 - share)


@FIX_EVALUATION.mistake(
    "you count a score that is equal to the threshold as an alarm. The function that you were given does not.",
    hint=None,
)
def threshold_counted_as_an_alarm(*args):
    return _evaluation(is_alarm=np.less_equal)(*args)


@FIX_EVALUATION.mistake(
    "you count the rows above the threshold. Those are the most ordinary ones.", hint=None
)
def alarms_above_threshold(*args):
    return _evaluation(is_alarm=np.greater)(*args)


def area_by_ranks(scores, truth):
    """The area under the ROC curve by the Mann–Whitney statistic."""
    n_odd, n_normal = truth.sum(), (~truth).sum()
    return (rankdata(-scores)[truth].sum() - n_odd * (n_odd + 1) / 2) / (n_odd * n_normal)


@FIX_EVALUATION.right
def evaluation_by_ranks(validation, validation_truth, test, test_truth, share):
    best = np.argmax([area_by_ranks(row, validation_truth) for row in validation])
    t = np.quantile(validation[best, ~validation_truth], share)
    return best, t, np.mean(test[best, test_truth] < t), np.mean(test[best, ~test_truth] < t)


def area(scores, truth):
    return auc(*roc_curve(truth, -scores)[:2])


@FIX_EVALUATION.right
def evaluation_in_a_loop(validation, validation_truth, test, test_truth, share):
    best, highest = None, -1
    for model, row in enumerate(validation):
        if area(row, validation_truth) > highest:
            best, highest = model, area(row, validation_truth)
    t = np.percentile([s for s, odd in zip(validation[best], validation_truth) if not odd], 100 * share)
    alarm = test[best] < t
    return [
        best,
        t,
        alarm[test_truth].sum() / test_truth.sum(),
        alarm[~test_truth].sum() / (~test_truth).sum(),
    ]


# ── 7  A second opinion ──────────────────────────────────────────────────────────────────────────────

SECOND_OPINION = LESSON.task(
    "second_opinion",
    title="A second opinion · stretch",
    points=3,
    expected="array (m,): one squared distance for each row of X_new",
)


@SECOND_OPINION.cases
def plane_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n, m, d, q in (
        ("a plane in three dimensions", 40, 15, 3, 2),
        ("two directions out of six", 50, 10, 6, 2),
        ("one direction out of four", 20, 7, 4, 1),
    ):
        A, mean = rng.normal(size=(d, d)), 5 + rng.normal(size=d)
        X_train = mean + rng.normal(size=(n, d)) @ A
        X_new = mean + 1 + rng.normal(size=(m, d)) @ A
        yield Case(name, (X_train, X_new, q))


def directions(X: Array, mean: Array) -> Array:
    return np.linalg.svd(X - mean, full_matrices=False)[2]


def squared_distance(X: Array, mean: Array, V: Array) -> Array:
    """Squared distance of each row from the plane through `mean` that the rows of V span."""
    return np.array([np.sum((x - mean - V.T @ (V @ (x - mean))) ** 2) for x in X])


@SECOND_OPINION.reference
def second_opinion(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[:q])


@SECOND_OPINION.law("a squared distance is never negative.")
def a_squared_distance_is_never_negative(out, *_):
    return np.all(out > -1e-9)


@SECOND_OPINION.mistake(
    "you centred the new rows at their own mean. The plane goes through the mean of the training rows.",
    hint=1,
)
def new_rows_centred_at_their_own_mean(X_train: Array, X_new: Array, q: int) -> Array:
    V = directions(X_train, X_train.mean(axis=0))[:q]
    return squared_distance(X_new, X_new.mean(axis=0), V)


@SECOND_OPINION.mistake("you fitted the plane to the rows that it is meant to judge.", hint=1)
def plane_fitted_to_the_new_rows(X_train, X_new, q):
    return second_opinion(X_new, X_new, q)


@SECOND_OPINION.mistake("you never subtracted the mean, so your plane goes through the origin.", hint=1)
def not_centred(X_train: Array, X_new: Array, q: int) -> Array:
    origin = np.zeros(X_train.shape[1])
    return squared_distance(X_new, origin, directions(X_train, origin)[:q])


@SECOND_OPINION.mistake(
    "the distances are measured from the mean, but the directions come from training"
    " rows that were not centred.",
    hint=1,
)
def directions_from_uncentred_rows(X_train: Array, X_new: Array, q: int) -> Array:
    V = np.linalg.svd(X_train, full_matrices=False)[2][:q]
    return squared_distance(X_new, X_train.mean(axis=0), V)


@SECOND_OPINION.mistake(
    "the mean is that of the training rows, but the directions come from the new rows. They must not"
    " influence the plane.",
    hint=1,
)
def directions_from_the_new_rows(X_train: Array, X_new: Array, q: int) -> Array:
    V = directions(X_new, X_new.mean(axis=0))[:q]
    return squared_distance(X_new, X_train.mean(axis=0), V)


@SECOND_OPINION.mistake(
    "the directions are those in which the new rows lie around the training mean. Directions are learned, too.",
    hint=1,
)
def directions_from_new_rows_around_the_training_mean(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_new, mean)[:q])


@SECOND_OPINION.mistake(
    "this is the squared distance from the mean, a point. How much of it is along the plane?", hint=2
)
def distance_from_the_mean(X_train: Array, X_new: Array, q: int) -> Array:
    return np.sum((X_new - X_train.mean(axis=0)) ** 2, axis=1)


@SECOND_OPINION.mistake(
    "you kept all directions. With those, every row can be reconstructed without an error.", hint=2
)
def all_directions_kept(X_train: Array, X_new: Array, q: int) -> Array:
    return second_opinion(X_train, X_new, X_train.shape[1])


@SECOND_OPINION.mistake(
    "you kept one direction too many. Which index does the first row have, and which the last of `q` rows?",
    hint=2,
)
def one_direction_too_many(X_train: Array, X_new: Array, q: int) -> Array:
    return second_opinion(X_train, X_new, q + 1)


@SECOND_OPINION.mistake(
    "you added up the differences as they are, so positive and negative ones cancel.", hint=3
)
def differences_not_squared(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    V = directions(X_train, mean)[:q]
    return np.sum(X_new - mean - (X_new - mean) @ V.T @ V, axis=1)


@SECOND_OPINION.mistake("this is one number for all rows. Each new row has a distance of its own.", hint=3)
def one_number_for_all_rows(X_train: Array, X_new: Array, q: int) -> float:
    return np.sum(second_opinion(X_train, X_new, q))


@SECOND_OPINION.mistake(
    "the directions are right, but your plane goes through the origin: nothing was"
    " subtracted from the new rows.",
    hint=2,
)
def new_rows_not_centred(X_train: Array, X_new: Array, q: int) -> Array:
    V = directions(X_train, X_train.mean(axis=0))[:q]
    return squared_distance(X_new, np.zeros(X_train.shape[1]), V)


@SECOND_OPINION.mistake(
    "you took the directions from the columns of the third factor. The task says where they are.", hint=2
)
def columns_of_the_third_factor(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[:, :q].T)


@SECOND_OPINION.mistake(
    "the reconstruction lacks the mean: you subtracted it on the way in, but did not"
    " add it back on the way out.",
    hint=2,
)
def mean_not_added_back(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    V = directions(X_train, mean)[:q]
    return np.sum((X_new - (X_new - mean) @ V.T @ V) ** 2, axis=1)


@SECOND_OPINION.mistake("you kept the directions in which the rows vary least.", hint=2)
def the_weakest_directions_kept(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[-q:])


@SECOND_OPINION.mistake(
    "this is the squared distance from the mean within the plane. In the right"
    " triangle of Pythagoras, that is the other leg.",
    hint=2,
)
def the_part_inside_the_plane(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return np.sum(((X_new - mean) @ directions(X_train, mean)[:q].T) ** 2, axis=1)


@SECOND_OPINION.mistake("these are distances. The task asks for their squares.", hint=3)
def not_squared(*a):
    return np.sqrt(second_opinion(*a))


@SECOND_OPINION.mistake("you averaged the squares over the features. They should be added up.", hint=3)
def mean_over_the_features(X_train, X_new, q):
    return second_opinion(X_train, X_new, q) / X_new.shape[1]


@SECOND_OPINION.right
def error_by_the_package(X_train, X_new, q):
    pca = PCA(q).fit(X_train)
    return np.sum((X_new - pca.inverse_transform(pca.transform(X_new))) ** 2, axis=1)


@SECOND_OPINION.right
def error_by_pythagoras(X_train, X_new, q):
    D = X_new - X_train.mean(axis=0)
    V = np.linalg.eigh(np.cov(X_train.T))[1][:, ::-1][:, :q]
    return np.sum(D**2, axis=1) - np.sum((D @ V) ** 2, axis=1)


@SECOND_OPINION.right
def error_across_the_plane(X_train, X_new, q):
    mean = X_train.mean(axis=0)
    V = np.linalg.svd(X_train - mean)[2]
    return np.linalg.norm((X_new - mean) @ V[q:].T, axis=1) ** 2


LESSON.open_question("who_decides", title="Who decides? (read by a person)", points=4)
