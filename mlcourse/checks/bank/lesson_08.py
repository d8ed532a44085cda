"""Checks for lesson 08, anomalies: a threshold, a detector, its rates, an evaluation that cheats, a second opinion.

Symbols: scores (n,) log densities, low for anomalies; t the threshold; share the share of alarms; X (n, d) data;
pi (K,) weights, mu (K, d) means, Sigma (K, d, d) covariances of a mixture; V (q, d) q directions, one per row.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from sklearn.metrics import roc_auc_score

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice
from mlcourse.typing import Array

LESSON = "08_anomaly_detection"


# ── 1  A threshold for a share ───────────────────────────────────────────────────────────────────────


def skewed_scores(rng: np.random.Generator, n: int) -> Array:
    """Scores with a long left tail, as log densities have."""
    return -2 - rng.exponential(size=n)


def threshold_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("50 scores, a tenth of them alarms", (skewed_scores(rng, 50), 0.1))
    yield Case("400 scores, four per cent of them alarms", (skewed_scores(rng, 400), 0.04))
    yield Case("25 scores, a fifth of them alarms", (skewed_scores(rng, 25), 0.2))


def _has_the_share_below(t: Any, scores: Array, share: float) -> np.bool_:
    return np.sum(scores < t) == round(share * len(scores))


ALARM_THRESHOLD = Check(
    name="alarm_threshold",
    lesson=LESSON,
    points=1,
    reference=lambda scores, share: np.quantile(scores, share),
    cases=threshold_cases,
    accepts=_has_the_share_below,
    expected="one number with the given share of the scores below it",
    mistakes=(
        Mistake(
            "the share passed as a percentage",
            lambda scores, share: np.percentile(scores, share),
            "hardly any score is below this number: `np.percentile` counts to 100, and you were given a share.",
        ),
        Mistake(
            "the wrong end",
            lambda scores, share: np.quantile(scores, 1 - share),
            "nearly every score is below this number. It cuts off the highest scores, those"
            " of the most ordinary rows.",
        ),
        Mistake(
            "a quantile of densities",
            lambda scores, share: np.quantile(np.exp(scores), share),
            "this is a quantile of densities, but it will be compared with logarithms, and"
            " all of those are below it.",
            hint=2,
        ),
        Mistake(
            "the threshold as a density",
            lambda scores, share: np.exp(np.quantile(scores, share)),
            "you turned the threshold into a density at the end, but it will be compared with logarithms.",
            hint=2,
        ),
        Mistake(
            "as if the scores were Gaussian",
            lambda scores, share: np.mean(scores) + norm.ppf(share) * np.std(scores),
            "this would be right if the scores were Gaussian. They have a long left tail, so count instead.",
        ),
        Mistake(
            "two standard deviations",
            lambda scores, share: np.mean(scores) - 2 * np.std(scores),
            "this number does not depend on the share at all. Two standard deviations are a rule for Gaussians.",
        ),
        Mistake(
            "the last alarm itself",
            lambda scores, share: np.sort(scores)[round(share * len(scores)) - 1],
            "one alarm is missing: this number is the score of a row that should raise an alarm, and"
            " no score is below itself.",
            hint=2,
        ),
        Mistake(
            "a share of the range",
            lambda scores, share: np.min(scores) + share * np.ptp(scores),
            "this is the given share of the way from the lowest to the highest score. It should"
            " be a share of the *rows*.",
        ),
    ),
)


# ── 2  A detector ────────────────────────────────────────────────────────────────────────────────────


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


def detector_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, share, options in (
        ("three overlapping components in the plane", 0.4, {}),
        ("two components in four dimensions", 0.2, {"K": 2, "d": 4}),
    ):
        X, *theta = mixture(rng, 200, **options)
        yield Case(name, (X, *theta, float(np.quantile(score(X, *theta), share))))
    X, *theta = mixture(rng, 20)
    yield Case("with points a thousand units away", (np.vstack([X, X + 1000]), *theta, -30.0))


def labels(alarm: Array) -> Array:
    return np.where(alarm, -1, 1)


def detector_predict(X: Array, pi: Array, mu: Array, Sigma: Array, t: float) -> Array:
    return np.array([-1 if s < t else 1 for s in score(X, pi, mu, Sigma)])


DETECTOR_PREDICT = Check(
    name="detector_predict",
    lesson=LESSON,
    points=3,
    reference=detector_predict,
    cases=detector_cases,
    laws=(Law("every answer is −1 or 1.", lambda out, *_: np.isin(out, (-1, 1)).all()),),
    expected="array (n,): −1 for an anomaly, 1 for everything else",
    mistakes=(
        Mistake(
            "ones and zeros",
            lambda *a: (detector_predict(*a) == -1).astype(int),
            "you found the right rows, but you report them as 1 and the others as 0 (or True and False). The"
            " convention uses another pair of numbers.",
            hint=2,
        ),
        Mistake(
            "signs reversed",
            lambda *a: -detector_predict(*a),
            "every sign is reversed: anomalies are called normal, and normal rows anomalies.",
            hint=2,
        ),
        Mistake(
            "equal weights",
            lambda X, pi, *a: detector_predict(X, np.full(len(pi), 1 / len(pi)), *a),
            "rare and common components count the same, as in a plain mean of their densities.",
        ),
        Mistake(
            "weights left out",
            lambda X, pi, mu, Sigma, t: labels(
                logsumexp(log_joint(X, pi, mu, Sigma) - np.log(pi), axis=1) < t
            ),
            "you added up the component densities without the weights π, so the sum is too large.",
        ),
        Mistake(
            "only the likeliest component",
            lambda X, pi, mu, Sigma, t: labels(log_joint(X, pi, mu, Sigma).max(axis=1) < t),
            "you used only the likeliest component. Where two components overlap, both make a point ordinary.",
        ),
        Mistake(
            "a sum of logarithms",
            lambda X, pi, mu, Sigma, t: labels(log_joint(X, pi, mu, Sigma).sum(axis=1) < t),
            "you added the logarithms of the components, which multiplies their densities. A mixture adds densities.",
        ),
        Mistake(
            "a weighted sum of logarithms",
            lambda X, pi, mu, Sigma, t: labels((log_joint(X, pi, mu, Sigma) - np.log(pi)) @ pi < t),
            "you weighted and added the *logarithms* of the component densities. The formula"
            " weights and adds the densities.",
        ),
        Mistake(
            "weights among the logarithms",
            lambda X, pi, mu, Sigma, t: labels(
                logsumexp(log_joint(X, pi, mu, Sigma) - np.log(pi) + pi, axis=1) < t
            ),
            "you added the weights themselves to log densities. What does multiplying a density by a"
            " weight do to its logarithm?",
        ),
        Mistake(
            "a density compared with a logarithm",
            lambda X, pi, mu, Sigma, t: labels(np.exp(score(X, pi, mu, Sigma)) < t),
            "there is never an alarm: you compare a density, which is positive, with a threshold for its logarithm.",
            hint=2,
        ),
    ),
)


# ── 3  Rates ─────────────────────────────────────────────────────────────────────────────────────────


def rates_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n_normal, n_odd in (
        ("200 rows, 20 of them anomalies", 180, 20),
        ("60 rows, half of each", 30, 30),
    ):
        truth = rng.permutation(np.repeat([1, -1], [n_normal, n_odd]))
        scores = rng.normal(size=len(truth)) + truth
        yield Case(name, (scores, truth, float(np.quantile(scores[truth == -1], 0.7))))


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


def _signs_as_truth_values(scores: Array, truth: Array, t: float) -> tuple[float, float, float]:
    """The lecture's code, which expects True for anomalies."""
    alarm = scores < t
    hits = (alarm & truth).sum()
    return hits / alarm.sum(), hits / truth.sum(), (alarm & ~truth).sum() / (~truth).sum()


def _lecture_order(precision: float, recall: float, false_alarm: float) -> tuple[float, float, float]:
    return recall, false_alarm, precision


def _lecture_unchanged(scores: Array, truth: Array, t: float) -> tuple[float, float, float]:
    return _lecture_order(*_signs_as_truth_values(scores, truth, t))


def _every_sign_true(scores: Array, truth: Array, t: float) -> tuple[float, float, float]:
    """The lecture's code after `astype(bool)`, which turns both −1 and 1 into True."""
    return _signs_as_truth_values(scores, truth.astype(bool), t)


ALARM_RATES = Check(
    name="alarm_rates",
    lesson=LESSON,
    points=2,
    reference=alarm_rates,
    cases=rates_cases,
    expected="(precision, recall, false-alarm rate), three numbers from 0 to 1",
    mistakes=(
        Mistake(
            "precision and recall swapped",
            lambda *a: (*alarm_rates(*a)[1::-1], alarm_rates(*a)[2]),
            "the first two numbers are swapped. One looks at the alarms, the other at the anomalies.",
        ),
        Mistake(
            "alarms above the threshold",
            lambda scores, truth, t: alarm_rates(-scores, truth, -t),
            "you count the rows *above* the threshold as alarms. Those are the most ordinary rows.",
            hint=2,
        ),
        Mistake(
            "signs of the truth swapped",
            lambda scores, truth, t: alarm_rates(scores, -truth, t),
            "you count the normal rows as anomalies. Check which sign means which.",
            hint=2,
        ),
        Mistake(
            "signs taken for True and False",
            _signs_as_truth_values,
            "`truth` holds −1 and 1, not True and False, so `&` and `~` do something else to it.",
            hint=2,
        ),
        Mistake(
            "the lecture's function unchanged",
            _lecture_unchanged,
            "this is the lecture's function. There the truth is True or False, and the three"
            " numbers come in another order.",
            hint=2,
        ),
        Mistake(
            "every sign true",
            _every_sign_true,
            "as booleans, −1 and 1 are both True, because only 0 is False. So no normal row is left.",
            hint=2,
        ),
        Mistake(
            "the lecture's order",
            lambda *a: _lecture_order(*alarm_rates(*a)),
            "all three numbers are right, but they are in the lecture's order. The task asks for another one.",
        ),
        Mistake(
            "normal rows without an alarm",
            _with(2, lambda s, y, t: 1 - alarm_rates(s, y, t)[2]),
            "your third number is the share of normal rows that raise *no* alarm.",
        ),
        Mistake(
            "false alarms among all rows",
            _with(2, lambda s, y, t: np.mean((s < t) & (y == 1))),
            "you divided the false alarms by the number of all rows. Which rows can raise a false alarm?",
        ),
        Mistake(
            "false alarms among the alarms",
            _with(2, lambda s, y, t: 1 - alarm_rates(s, y, t)[0]),
            "your third number is the share of *alarms* that are false. The false-alarm rate"
            " is a share of other rows.",
        ),
        Mistake(
            "hits among all rows",
            _with(1, lambda s, y, t: np.mean((s < t) & (y == -1))),
            "you divided the hits by the number of all rows. Recall is about the anomalies only.",
        ),
        Mistake(
            "accuracy",
            _with(0, lambda s, y, t: np.mean((s < t) == (y == -1))),
            "your first number is the share of all rows that are classified correctly. Precision"
            " is about the alarms only.",
        ),
    ),
)


# ── 4  What an alarm is worth, 5  Read a picture ─────────────────────────────────────────────────────

SHARE_OF_REAL_ALARMS = Check(
    name="share_of_real_alarms",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=lambda: 0.8 * 0.002 / (0.8 * 0.002 + 0.01 * 0.998),
    rtol=0,
    atol=2e-3,
    laws=(
        Law(
            "the answer is a share, a number between 0 and 1. Is yours a percentage?",
            lambda out: 0 <= out <= 1,
        ),
    ),
    expected="one number between 0 and 1, correct to two decimals",
    mistakes=(
        Mistake(
            "the recall",
            0.8,
            "this is the recall: the share of the leaks that raise an alarm. The question asks"
            " for a share of the alarms.",
        ),
        Mistake(
            "sound pipes without an alarm",
            0.99,
            "this is the share of sound pipes that raise no alarm. The question asks for a share of the alarms.",
        ),
        Mistake(
            "without the base rate",
            lambda: 0.8 / (0.8 + 0.01),
            "this would be right if there were as many leaks as sound pipes. The base rate is missing.",
            hint=2,
        ),
        Mistake(
            "not divided",
            0.8 * 0.002,
            "this is the share of all pipes that leak *and* raise an alarm. It still has to be divided by something.",
            hint=2,
        ),
        Mistake(
            "odds",
            lambda: 0.8 * 0.002 / (0.01 * 0.998),
            "these are the odds: real alarms per false alarm. A share has all alarms in its denominator.",
            hint=2,
        ),
        Mistake(
            "the false alarms",
            lambda: 1 - 0.8 * 0.002 / (0.8 * 0.002 + 0.01 * 0.998),
            "this is the share of the alarms that are *false*.",
        ),
        Mistake(
            "the false alarms, rounded",
            0.86,
            "these are the false alarms among all alarms.",
        ),
        Mistake(
            "the false-alarm rate",
            0.01,
            "this is the false-alarm rate: the share of sound pipes that raise an alarm. The question asks"
            " for a share of the alarms.",
        ),
    ),
)

OPTIMISTIC_HISTOGRAM = choice(
    "optimistic_histogram",
    LESSON,
    1,
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


# ── 6  An evaluation that cheats ─────────────────────────────────────────────────────────────────────


def sample_of_scores(rng: np.random.Generator, gaps: Array, n_normal: int, n_odd: int) -> tuple[Array, Array]:
    """Scores (m, n) of m models for rows with some anomalies, and the truth (n,), True for anomalies."""
    truth = rng.permutation(np.repeat([False, True], [n_normal, n_odd]))
    return rng.normal(size=(len(gaps), len(truth))) - np.outer(gaps, truth), truth


def auc_of(scores: Array, truth: Array) -> Array:
    return np.array([roc_auc_score(truth, -row) for row in scores])


def evaluation_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, m in (("four models", 4), ("two models", 2)):
        while True:  # until validation and test prefer different models
            gaps = rng.uniform(1.0, 1.4, size=m)
            validation, test = (sample_of_scores(rng, gaps, *counts) for counts in ((90, 20), (110, 25)))
            if auc_of(*validation).argmax() != auc_of(*test).argmax():
                break
        yield Case(f"{name}; validation and test prefer different ones", (*validation, *test, 0.1))


def _evaluation(
    choose_on: str = "validation",
    threshold_of: Callable[..., Array] = lambda v, v_truth, s, s_truth: v[~v_truth],
    report_on: str = "test",
) -> Callable[..., tuple[int, float, float, float]]:
    """Make an evaluation from its three decisions. The defaults are the honest ones."""

    def evaluate(
        validation: Array, validation_truth: Array, test: Array, test_truth: Array, share: float
    ) -> tuple[int, float, float, float]:
        parts = {"validation": (validation, validation_truth), "test": (test, test_truth)}
        best = int(auc_of(*parts[choose_on]).argmax())
        rows = threshold_of(validation[best], validation_truth, test[best], test_truth)
        t = np.percentile(rows, 100 * share)
        scores, truth = parts[report_on]
        alarm = scores[best] < t
        return best, t, alarm[truth].mean(), alarm[~truth].mean()

    return evaluate


def _normal_test_rows(v: Array, v_truth: Array, s: Array, s_truth: Array) -> Array:
    return s[~s_truth]


FIX_EVALUATION = Check(
    name="fix_evaluation",
    lesson=LESSON,
    points=3,
    reference=_evaluation(),
    cases=evaluation_cases,
    expected="(index of the chosen model, threshold, recall, false-alarm rate)",
    mistakes=(
        Mistake(
            "the planted bugs",
            _evaluation("test", _normal_test_rows),
            "the evaluation still cheats, in two places.",
            planted=True,
        ),
        Mistake(
            "model chosen on the test rows",
            _evaluation("test"),
            "the threshold is honest now. The model is not: you chose it because it does well on the same"
            " rows that you report on.",
            hint=1,
        ),
        Mistake(
            "threshold from the test rows",
            _evaluation(threshold_of=_normal_test_rows),
            "the choice of the model is honest now. But the false-alarm rate is still the promised share,"
            " whatever the model. Look at where the threshold comes from.",
            hint=2,
        ),
        Mistake(
            "threshold with anomalies among the rows",
            _evaluation(threshold_of=lambda v, v_truth, s, s_truth: v),
            "the threshold comes from the right sample, but from the wrong rows of it. A promise about false"
            " alarms is a promise about normal rows.",
            hint=2,
        ),
        Mistake(
            "threshold from the anomalies",
            _evaluation(threshold_of=lambda v, v_truth, s, s_truth: v[v_truth]),
            "the threshold comes from the right sample, but from the anomalies in it. Among which rows does"
            " the promise count alarms?",
            hint=2,
        ),
        Mistake(
            "reported on validation rows",
            _evaluation(report_on="validation"),
            "choice and threshold are honest, but the report is not: it is about the rows that"
            " the model was chosen on.",
            hint=1,
        ),
        Mistake(
            "validation and test rows pooled",
            _evaluation(threshold_of=lambda v, v_truth, s, s_truth: np.append(v[~v_truth], s[~s_truth])),
            "the threshold still uses test rows, now together with validation rows.",
            hint=2,
        ),
    ),
)


# ── 7  A second opinion ──────────────────────────────────────────────────────────────────────────────


def plane_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n, m, d, q in (
        ("a plane in three dimensions", 40, 15, 3, 2),
        ("two directions out of six", 50, 10, 6, 2),
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


def second_opinion(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[:q])


def _centred_at_new_rows(X_train: Array, X_new: Array, q: int) -> Array:
    V = directions(X_train, X_train.mean(axis=0))[:q]
    return squared_distance(X_new, X_new.mean(axis=0), V)


def _not_centred(X_train: Array, X_new: Array, q: int) -> Array:
    origin = np.zeros(X_train.shape[1])
    return squared_distance(X_new, origin, directions(X_train, origin)[:q])


def _directions_not_centred(X_train: Array, X_new: Array, q: int) -> Array:
    V = np.linalg.svd(X_train, full_matrices=False)[2][:q]
    return squared_distance(X_new, X_train.mean(axis=0), V)


def _new_rows_not_centred(X_train: Array, X_new: Array, q: int) -> Array:
    V = directions(X_train, X_train.mean(axis=0))[:q]
    return squared_distance(X_new, np.zeros(X_train.shape[1]), V)


def _columns(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[:, :q].T)


def _mean_not_added_back(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    V = directions(X_train, mean)[:q]
    return np.sum((X_new - (X_new - mean) @ V.T @ V) ** 2, axis=1)


def _last_directions(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[-q:])


def _inside(X_train: Array, X_new: Array, q: int) -> Array:
    mean = X_train.mean(axis=0)
    return np.sum(((X_new - mean) @ directions(X_train, mean)[:q].T) ** 2, axis=1)


SECOND_OPINION = Check(
    name="second_opinion",
    lesson=LESSON,
    points=3,
    reference=second_opinion,
    cases=plane_cases,
    laws=(Law("a squared distance is never negative.", lambda out, *_: np.all(out > -1e-9)),),
    expected="array (m,): one squared distance for each row of X_new",
    mistakes=(
        Mistake(
            "new rows centred at their own mean",
            _centred_at_new_rows,
            "you centred the new rows at *their own* mean. The plane goes through the mean of the training rows.",
        ),
        Mistake(
            "plane fitted to the new rows",
            lambda X_train, X_new, q: second_opinion(X_new, X_new, q),
            "you fitted the plane to the rows that it is meant to judge.",
        ),
        Mistake(
            "not centred",
            _not_centred,
            "you never subtracted the mean, so your plane goes through the origin.",
        ),
        Mistake(
            "directions from uncentred rows",
            _directions_not_centred,
            "the distances are measured from the mean, but the directions come from training"
            " rows that were not centred.",
        ),
        Mistake(
            "new rows not centred",
            _new_rows_not_centred,
            "the directions are right, but your plane goes through the origin: nothing was"
            " subtracted from the new rows.",
            hint=2,
        ),
        Mistake(
            "columns of the third factor",
            _columns,
            "you took the directions from the columns of the third factor. The task says where they are.",
            hint=2,
        ),
        Mistake(
            "mean not added back",
            _mean_not_added_back,
            "the reconstruction lacks the mean: you subtracted it on the way in, but did not"
            " add it back on the way out.",
            hint=2,
        ),
        Mistake(
            "the weakest directions kept",
            _last_directions,
            "you kept the directions in which the rows vary *least*.",
            hint=2,
        ),
        Mistake(
            "the part inside the plane",
            _inside,
            "this is the squared distance from the mean *within* the plane. In Pythagoras'"
            " triangle that is the other leg.",
            hint=2,
        ),
        Mistake(
            "not squared",
            lambda *a: np.sqrt(second_opinion(*a)),
            "these are distances. The task asks for their squares.",
            hint=3,
        ),
        Mistake(
            "mean over the features",
            lambda X_train, X_new, q: second_opinion(X_train, X_new, q) / X_new.shape[1],
            "you averaged the squares over the features. They should be added up.",
            hint=3,
        ),
    ),
)


CHECKS = (
    ALARM_THRESHOLD,
    DETECTOR_PREDICT,
    ALARM_RATES,
    SHARE_OF_REAL_ALARMS,
    OPTIMISTIC_HISTOGRAM,
    FIX_EVALUATION,
    SECOND_OPINION,
)
