"""Checks of lesson 08, anomalies: a threshold, a detector, its rates, an evaluation that cheats, a second opinion.

Symbols: scores (n,) log densities, low for anomalies; t the threshold; share the share of alarms; X (n, d) data;
pi (K,) weights, mu (K, d) means, Sigma (K, d, d) covariances of a mixture; V (q, d) q directions, one a row.
"""

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from sklearn.metrics import roc_auc_score

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice

LESSON = "08_anomaly_detection"


# ── 1  A threshold for a share ───────────────────────────────────────────────────────────────────────


def skewed_scores(rng, n):
    """Scores with a long tail to the left, as log densities have it."""
    return -2 - rng.exponential(size=n)


def threshold_cases(rng):
    yield Case("50 scores, a tenth of them alarms", (skewed_scores(rng, 50), 0.1))
    yield Case("400 scores, four per cent of them alarms", (skewed_scores(rng, 400), 0.04))
    yield Case("25 scores, a fifth of them alarms", (skewed_scores(rng, 25), 0.2))


def _rings_for_the_share(t, scores, share):
    return np.sum(scores < t) == round(share * len(scores))


ALARM_THRESHOLD = Check(
    name="alarm_threshold",
    lesson=LESSON,
    points=1,
    reference=lambda scores, share: np.quantile(scores, share),
    cases=threshold_cases,
    accepts=_rings_for_the_share,
    expected="one number: the given share of the scores lies below it",
    mistakes=(
        Mistake(
            "a share taken for a percentage",
            lambda scores, share: np.percentile(scores, share),
            "hardly anything lies below this number: `np.percentile` counts to 100, and you were given a share.",
        ),
        Mistake(
            "the wrong end",
            lambda scores, share: np.quantile(scores, 1 - share),
            "nearly everything lies below this number: it cuts off the highest scores, the most ordinary rows.",
        ),
        Mistake(
            "densities",
            lambda scores, share: np.quantile(np.exp(scores), share),
            "this is a density, and it is to be compared with logarithms: all of them lie below it.",
            hint=2,
        ),
        Mistake(
            "the threshold as a density",
            lambda scores, share: np.exp(np.quantile(scores, share)),
            "the threshold was turned into a density at the end, and it is to be compared with logarithms.",
            hint=2,
        ),
        Mistake(
            "as if the scores were Gaussian",
            lambda scores, share: np.mean(scores) + norm.ppf(share) * np.std(scores),
            "this would be right if the scores were Gaussian. They have a long tail to the left; count instead.",
        ),
        Mistake(
            "two standard deviations",
            lambda scores, share: np.mean(scores) - 2 * np.std(scores),
            "this number does not depend on the share at all: two standard deviations are a rule for Gaussians.",
        ),
        Mistake(
            "the last alarm itself",
            lambda scores, share: np.sort(scores)[round(share * len(scores)) - 1],
            "one alarm is missing: the number is the score of a row that should ring, and no score lies"
            " below itself.",
            hint=2,
        ),
        Mistake(
            "a share of the range",
            lambda scores, share: np.min(scores) + share * np.ptp(scores),
            "this is a share of the way from the lowest score to the highest. The share is one of the *rows*.",
        ),
    ),
)


# ── 2  A detector ────────────────────────────────────────────────────────────────────────────────────


def log_joint(X, pi, mu, Sigma):
    """log πₖ + log N(xᵢ | μₖ, Σₖ): (n, K)."""
    densities = [multivariate_normal(m, S).logpdf(X) for m, S in zip(mu, Sigma)]
    return np.log(pi) + np.transpose(densities)


def score(X, pi, mu, Sigma):
    return logsumexp(log_joint(X, pi, mu, Sigma), axis=1)


def mixture(rng, n, K=3, d=2, spread=1.2):
    """Points from around overlapping components of unequal weight, and the components."""
    mu = rng.normal(scale=spread, size=(K, d))
    X = mu[rng.integers(K, size=n)] + 1.5 * rng.normal(size=(n, d))
    A = rng.normal(size=(K, d, d))
    return X, rng.dirichlet(np.full(K, 1.5)), mu, A @ np.swapaxes(A, 1, 2) + 0.5 * np.eye(d)


def detector_cases(rng):
    for name, share, options in (
        ("three overlapping components in the plane", 0.4, {}),
        ("two components in four dimensions", 0.2, {"K": 2, "d": 4}),
    ):
        X, *theta = mixture(rng, 200, **options)
        yield Case(name, (X, *theta, float(np.quantile(score(X, *theta), share))))
    X, *theta = mixture(rng, 20)
    yield Case("with points a thousand units away", (np.vstack([X, X + 1000]), *theta, -30.0))


def labels(alarm):
    return np.where(alarm, -1, 1)


def detector_predict(X, pi, mu, Sigma, t):
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
            "ones and noughts",
            lambda *a: (detector_predict(*a) == -1).astype(int),
            "you have found the right rows, and reported them as 1 and the others as 0 (or True and False). The"
            " convention has another pair of numbers.",
            hint=2,
        ),
        Mistake(
            "signs the wrong way round",
            lambda *a: -detector_predict(*a),
            "every answer has the wrong sign: the anomalies are called normal, and the normal rows anomalies.",
            hint=2,
        ),
        Mistake(
            "equal weights",
            lambda X, pi, *a: detector_predict(X, np.full(len(pi), 1 / len(pi)), *a),
            "rare and common components count the same here, as in a plain mean of their densities.",
        ),
        Mistake(
            "weights left out",
            lambda X, pi, mu, Sigma, t: labels(
                logsumexp(log_joint(X, pi, mu, Sigma) - np.log(pi), axis=1) < t
            ),
            "the densities of the components are added up as they are: the weights π do not appear, and the"
            " sum is too large.",
        ),
        Mistake(
            "the likeliest component alone",
            lambda X, pi, mu, Sigma, t: labels(log_joint(X, pi, mu, Sigma).max(axis=1) < t),
            "only the likeliest component is heard. Where two overlap, both make a point ordinary.",
        ),
        Mistake(
            "a sum of logarithms",
            lambda X, pi, mu, Sigma, t: labels(log_joint(X, pi, mu, Sigma).sum(axis=1) < t),
            "the logarithms of the components are added, which multiplies their densities. A mixture adds"
            " densities.",
        ),
        Mistake(
            "a weighted sum of logarithms",
            lambda X, pi, mu, Sigma, t: labels((log_joint(X, pi, mu, Sigma) - np.log(pi)) @ pi < t),
            "the *logarithms* of the components were weighted and added. The formula weights and adds the"
            " densities.",
        ),
        Mistake(
            "weights among the logarithms",
            lambda X, pi, mu, Sigma, t: labels(
                logsumexp(log_joint(X, pi, mu, Sigma) - np.log(pi) + pi, axis=1) < t
            ),
            "the weights were added to log densities as they are. What does multiplying a density by a weight do"
            " to its logarithm?",
        ),
        Mistake(
            "a density against a logarithm",
            lambda X, pi, mu, Sigma, t: labels(np.exp(score(X, pi, mu, Sigma)) < t),
            "nothing ever rings: a density, which is positive, is compared with a threshold for its logarithm.",
            hint=2,
        ),
    ),
)


# ── 3  Rates ─────────────────────────────────────────────────────────────────────────────────────────


def rates_cases(rng):
    for name, n_normal, n_odd in (
        ("200 rows, 20 of them anomalies", 180, 20),
        ("60 rows, half of each", 30, 30),
    ):
        truth = rng.permutation(np.repeat([1, -1], [n_normal, n_odd]))
        scores = rng.normal(size=len(truth)) + truth
        yield Case(name, (scores, truth, float(np.quantile(scores[truth == -1], 0.7))))


def alarm_rates(scores, truth, t):
    hits = sum(s < t and y == -1 for s, y in zip(scores, truth))
    false = sum(s < t and y == 1 for s, y in zip(scores, truth))
    odd = sum(y == -1 for y in truth)
    return hits / (hits + false), hits / odd, false / (len(truth) - odd)


def _with(place, value):
    """The right rates, with another one in one place: `value(scores, truth, t)`."""

    def rates(*args):
        out = list(alarm_rates(*args))
        out[place] = value(*args)
        return tuple(out)

    return rates


def _signs_as_truth_values(scores, truth, t):
    """The lecture's lines, which expect True for anomalies."""
    alarm = scores < t
    hits = (alarm & truth).sum()
    return hits / alarm.sum(), hits / truth.sum(), (alarm & ~truth).sum() / (~truth).sum()


def _lecture_order(precision, recall, false_alarm):
    return recall, false_alarm, precision


def _lecture_as_it_stands(scores, truth, t):
    return _lecture_order(*_signs_as_truth_values(scores, truth, t))


def _every_sign_true(scores, truth, t):
    """The lecture's lines, with the truth made boolean first: −1 and 1 both become True."""
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
            "precision and recall exchanged",
            lambda *a: (*alarm_rates(*a)[1::-1], alarm_rates(*a)[2]),
            "the first two are exchanged. One looks at the alarms, the other at the anomalies.",
        ),
        Mistake(
            "alarms above the threshold",
            lambda scores, truth, t: alarm_rates(-scores, truth, -t),
            "the rows *above* the threshold ring here: the most ordinary ones.",
            hint=2,
        ),
        Mistake(
            "the signs of the truth exchanged",
            lambda scores, truth, t: alarm_rates(scores, -truth, t),
            "the ordinary rows are counted as anomalies: look at which sign stands for which.",
            hint=2,
        ),
        Mistake(
            "signs taken for True and False",
            _signs_as_truth_values,
            "the truth holds −1 and 1 here, not True and False: `&` and `~` make something else of these.",
            hint=2,
        ),
        Mistake(
            "the lecture's function as it stands",
            _lecture_as_it_stands,
            "these are the lecture's lines. There the truth was True or False, and the three numbers came in"
            " another order.",
            hint=2,
        ),
        Mistake(
            "every sign true",
            _every_sign_true,
            "as a truth value every number except 0 is True, −1 and 1 alike: no normal row is left.",
            hint=2,
        ),
        Mistake(
            "the lecture's order",
            lambda *a: _lecture_order(*alarm_rates(*a)),
            "all three are right, in the order of the lecture. The statement asks for another one.",
        ),
        Mistake(
            "normal rows that stay silent",
            _with(2, lambda s, y, t: 1 - alarm_rates(s, y, t)[2]),
            "your third number is the share of normal rows that stay *silent*.",
        ),
        Mistake(
            "false alarms among all rows",
            _with(2, lambda s, y, t: np.mean((s < t) & (y == 1))),
            "the false alarms are divided by the number of all rows. Which rows could have rung falsely?",
        ),
        Mistake(
            "false alarms among the alarms",
            _with(2, lambda s, y, t: 1 - alarm_rates(s, y, t)[0]),
            "your third number is the share of *alarms* that are false. The false-alarm rate is a share of"
            " other rows.",
        ),
        Mistake(
            "hits among all rows",
            _with(1, lambda s, y, t: np.mean((s < t) & (y == -1))),
            "the hits are divided by the number of all rows. Recall asks about the anomalies alone.",
        ),
        Mistake(
            "accuracy",
            _with(0, lambda s, y, t: np.mean((s < t) == (y == -1))),
            "your first number is the share of rows judged rightly, alarms or not. Precision asks about the"
            " alarms alone.",
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
    laws=(Law("it is a share, a number between 0 and 1. Is yours in per cent?", lambda out: 0 <= out <= 1),),
    expected="one number between 0 and 1, right to two decimals",
    mistakes=(
        Mistake(
            "the recall",
            0.8,
            "that is the recall: of the leaks, how many ring. The question is about the alarms.",
        ),
        Mistake(
            "rows that stay silent",
            0.99,
            "that is the share of sound pipes that stay silent. The question is about the alarms.",
        ),
        Mistake(
            "without the base rate",
            lambda: 0.8 / (0.8 + 0.01),
            "this would be right if there were as many leaks as sound pipes: the base rate is missing.",
            hint=2,
        ),
        Mistake(
            "not divided",
            0.8 * 0.002,
            "that is the share of all pipes that leak *and* ring. It still has to be divided by something.",
            hint=2,
        ),
        Mistake(
            "odds",
            lambda: 0.8 * 0.002 / (0.01 * 0.998),
            "those are real alarms for each false one, the odds. A share has all alarms below the line.",
            hint=2,
        ),
        Mistake(
            "the false ones",
            lambda: 1 - 0.8 * 0.002 / (0.8 * 0.002 + 0.01 * 0.998),
            "that is the share of alarms that are false.",
        ),
        Mistake(
            "the false ones, rounded",
            0.86,
            "those are the false ones among the alarms.",
        ),
        Mistake(
            "the false-alarm rate",
            0.01,
            "that is the false-alarm rate: of the sound pipes, how many ring. The question is about the alarms.",
        ),
    ),
)

OPTIMISTIC_HISTOGRAM = choice(
    "optimistic_histogram",
    LESSON,
    1,
    right="B",
    wrong={
        "A": "both samples were drawn in the same way, from the three groups and from nowhere else. What"
        " rings here is false.",
        "C": (
            "a lower threshold rings less, and breaks its own, smaller promise in the same way: try it in"
            " the cell above.",
            2,
        ),
        "D": (
            "chance would shift the grey heap now to the left and now to the right. Look at which rows the"
            " fit has seen.",
            2,
        ),
    },
)


# ── 6  An evaluation that cheats ─────────────────────────────────────────────────────────────────────


def sample_of_scores(rng, gaps, n_normal, n_odd):
    """Scores (m, n) of m models for rows of which some are anomalies, and the truth (n,), True for these."""
    truth = rng.permutation(np.repeat([False, True], [n_normal, n_odd]))
    return rng.normal(size=(len(gaps), len(truth))) - np.outer(gaps, truth), truth


def auc_of(scores, truth):
    return np.array([roc_auc_score(truth, -row) for row in scores])


def evaluation_cases(rng):
    for name, m in (("four models", 4), ("two models", 2)):
        while True:  # until validation and test prefer different models
            gaps = rng.uniform(1.0, 1.4, size=m)
            validation, test = (sample_of_scores(rng, gaps, *counts) for counts in ((90, 20), (110, 25)))
            if auc_of(*validation).argmax() != auc_of(*test).argmax():
                break
        yield Case(f"{name}, of which validation and test prefer different ones", (*validation, *test, 0.1))


def _evaluation(
    choose_on="validation", threshold_of=lambda v, v_truth, s, s_truth: v[~v_truth], report_on="test"
):
    """An evaluation with its three decisions in the open. The defaults are the honest ones."""

    def evaluate(validation, validation_truth, test, test_truth, share):
        parts = {"validation": (validation, validation_truth), "test": (test, test_truth)}
        best = int(auc_of(*parts[choose_on]).argmax())
        rows = threshold_of(validation[best], validation_truth, test[best], test_truth)
        t = np.percentile(rows, 100 * share)
        scores, truth = parts[report_on]
        alarm = scores[best] < t
        return best, t, alarm[truth].mean(), alarm[~truth].mean()

    return evaluate


def _normal_test_rows(v, v_truth, s, s_truth):
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
            "model chosen on the test",
            _evaluation("test"),
            "the threshold is honest now. The model is not: it was picked because it does well on the very"
            " rows it is reported on.",
            hint=1,
        ),
        Mistake(
            "threshold from the test",
            _evaluation(threshold_of=_normal_test_rows),
            "the model is chosen honestly now. The false-alarm rate is still what you asked for, whatever"
            " the model: look at where the threshold comes from.",
            hint=2,
        ),
        Mistake(
            "threshold with anomalies among the rows",
            _evaluation(threshold_of=lambda v, v_truth, s, s_truth: v),
            "the threshold comes from the right part, and from the wrong rows of it: a promise about false"
            " alarms is a promise about normal rows.",
            hint=2,
        ),
        Mistake(
            "threshold from the anomalies",
            _evaluation(threshold_of=lambda v, v_truth, s, s_truth: v[v_truth]),
            "the threshold comes from the right part, and from the anomalies in it. Whose alarms does the promise"
            " count?",
            hint=2,
        ),
        Mistake(
            "reported on validation rows",
            _evaluation(report_on="validation"),
            "choice and threshold are honest, and the report is not: it is about the rows that were chosen by.",
            hint=1,
        ),
        Mistake(
            "all rows thrown together",
            _evaluation(threshold_of=lambda v, v_truth, s, s_truth: np.append(v[~v_truth], s[~s_truth])),
            "test rows take part in the threshold: fewer of them than before, and still some.",
            hint=2,
        ),
    ),
)


# ── 7  A second opinion ──────────────────────────────────────────────────────────────────────────────


def plane_cases(rng):
    for name, n, m, d, q in (
        ("the plane in three dimensions", 40, 15, 3, 2),
        ("two directions of six", 50, 10, 6, 2),
    ):
        A, mean = rng.normal(size=(d, d)), 5 + rng.normal(size=d)
        X_train = mean + rng.normal(size=(n, d)) @ A
        X_new = mean + 1 + rng.normal(size=(m, d)) @ A
        yield Case(name, (X_train, X_new, q))


def directions(X, mean):
    return np.linalg.svd(X - mean, full_matrices=False)[2]


def squared_distance(X, mean, V):
    """Squared distance of each row from the plane through `mean` along the rows of V, row by row."""
    return np.array([np.sum((x - mean - V.T @ (V @ (x - mean))) ** 2) for x in X])


def second_opinion(X_train, X_new, q):
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[:q])


def _centred_at_new_rows(X_train, X_new, q):
    V = directions(X_train, X_train.mean(axis=0))[:q]
    return squared_distance(X_new, X_new.mean(axis=0), V)


def _not_centred(X_train, X_new, q):
    origin = np.zeros(X_train.shape[1])
    return squared_distance(X_new, origin, directions(X_train, origin)[:q])


def _directions_not_centred(X_train, X_new, q):
    V = np.linalg.svd(X_train, full_matrices=False)[2][:q]
    return squared_distance(X_new, X_train.mean(axis=0), V)


def _new_rows_not_centred(X_train, X_new, q):
    V = directions(X_train, X_train.mean(axis=0))[:q]
    return squared_distance(X_new, np.zeros(X_train.shape[1]), V)


def _columns(X_train, X_new, q):
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[:, :q].T)


def _mean_not_put_back(X_train, X_new, q):
    mean = X_train.mean(axis=0)
    V = directions(X_train, mean)[:q]
    return np.sum((X_new - (X_new - mean) @ V.T @ V) ** 2, axis=1)


def _last_directions(X_train, X_new, q):
    mean = X_train.mean(axis=0)
    return squared_distance(X_new, mean, directions(X_train, mean)[-q:])


def _inside(X_train, X_new, q):
    mean = X_train.mean(axis=0)
    return np.sum(((X_new - mean) @ directions(X_train, mean)[:q].T) ** 2, axis=1)


SECOND_OPINION = Check(
    name="second_opinion",
    lesson=LESSON,
    points=3,
    reference=second_opinion,
    cases=plane_cases,
    laws=(Law("no squared distance is negative.", lambda out, *_: np.all(out > -1e-9)),),
    expected="array (m,): one squared distance for each row of X_new",
    mistakes=(
        Mistake(
            "new rows centred at their own mean",
            _centred_at_new_rows,
            "the new rows are measured from *their* mean. The plane goes through the mean of the training rows.",
        ),
        Mistake(
            "plane learned from the new rows",
            lambda X_train, X_new, q: second_opinion(X_new, X_new, q),
            "the plane was laid through the rows that it is meant to judge: they help to draw their own line.",
        ),
        Mistake(
            "not centred",
            _not_centred,
            "the plane goes through the origin here: the mean was never subtracted.",
        ),
        Mistake(
            "directions of uncentred rows",
            _directions_not_centred,
            "the distances are measured from the mean, and the directions come from training rows that were not"
            " centred.",
        ),
        Mistake(
            "new rows not centred",
            _new_rows_not_centred,
            "the directions are right, and the plane goes through the origin: nothing was taken off the new rows.",
            hint=2,
        ),
        Mistake(
            "columns of the third factor",
            _columns,
            "the directions were taken from the columns of the third factor. The statement says where they stand.",
            hint=2,
        ),
        Mistake(
            "mean not put back",
            _mean_not_put_back,
            "the reconstruction lacks the mean: it was taken off on the way in, and not put back on the way out.",
            hint=2,
        ),
        Mistake(
            "the weakest directions kept",
            _last_directions,
            "the kept directions are those in which the rows vary *least*.",
            hint=2,
        ),
        Mistake(
            "the part inside the plane",
            _inside,
            "this is the squared distance from the mean *inside* the plane, which is the other side of Pythagoras.",
            hint=2,
        ),
        Mistake(
            "not squared",
            lambda *a: np.sqrt(second_opinion(*a)),
            "these are distances. The statement asks for their squares.",
            hint=3,
        ),
        Mistake(
            "mean over the features",
            lambda X_train, X_new, q: second_opinion(X_train, X_new, q) / X_new.shape[1],
            "the squares are averaged over the features, where they should be added up.",
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
