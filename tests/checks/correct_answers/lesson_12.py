"""Right answers to the tasks of lesson 12, written differently from the reference."""

from math import sqrt

import numpy as np
from scipy.stats import sem
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix
from sklearn.preprocessing import StandardScaler

from mlcourse.anomaly import DensityDetector


def standardise_by_scikit_learn(train, other):
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(other)


def standardise_by_columns(train, other):
    first, second = [], []
    for column, more in zip(train.T, other.T):
        scale = column.std() or 1.0
        first.append((column - column.mean()) / scale)
        second.append((more - column.mean()) / scale)
    return np.transpose(first), np.transpose(second)


def choose_by_arrays(scores, n_parameters):
    D = scores[scores.mean(axis=1).argmax()] - scores
    level = D.mean(axis=1) <= D.std(axis=1, ddof=1) / np.sqrt(D.shape[1])
    return np.where(level, n_parameters, np.inf).argmin()


def choose_from_the_cheapest_up(scores, n_parameters):
    differences = max(scores, key=np.mean) - scores
    level = (np.mean(D) <= sem(D) if D.any() else True for D in differences[np.argsort(n_parameters)])
    return int(np.argsort(n_parameters)[list(level).index(True)])


def agreement_by_array(runs):
    B = len(runs)
    table = np.array([[adjusted_rand_score(one, other) for other in runs] for one in runs])
    return (table.sum() - B) / (B * (B - 1))


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


class _Scores:
    """A density model for which each row is its own log-density."""

    def fit(self, X):
        return self

    def score_samples(self, X):
        return X[:, 0]

    def __sklearn_clone__(self):
        return self


def alarms_by_the_package(validation_scores, test_scores, rate):
    detector = DensityDetector(_Scores(), contamination=rate).fit(validation_scores[:, np.newaxis])
    alarms = detector.predict(test_scores[:, np.newaxis]) == -1
    return detector.offset_, alarms.mean(), alarms.std() / np.sqrt(len(alarms))


def alarms_by_counting(validation_scores, test_scores, rate):
    ordered = sorted(validation_scores)
    place = rate * (len(ordered) - 1)
    below = int(place)
    threshold = ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])
    share = sum(score < threshold for score in test_scores) / len(test_scores)
    return [threshold, share, sqrt(share * (1 - share) / len(test_scores))]


LEVEL = {
    "n_components": 3,
    "covariance_type": "diag",
    "behind": 0.02,
    "standard_error": 0.03,
    "top_on_training": False,
}

VARIANTS = {
    "standardise_by_train": [standardise_by_scikit_learn, standardise_by_columns],
    "choose_on_validation": [choose_by_arrays, choose_from_the_cheapest_up],
    "fix_agreement": [agreement_by_array, agreement_by_hand],
    "my_choice": [LEVEL],
    "alarm_report": [alarms_by_the_package, alarms_by_counting],
}
