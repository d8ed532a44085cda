"""Right answers to the tasks of lesson 08, written differently from the reference."""

import numpy as np
from scipy.stats import multivariate_normal, rankdata
from sklearn.metrics import auc, confusion_matrix, roc_curve

from mlcourse import PCA
from mlcourse.gaussians import covariance_type
from mlcourse.mixture import Mixture, e_step

FULL = covariance_type("full")


def threshold_by_percentile(scores, share):
    return np.percentile(scores, 100 * share)


def threshold_by_sorting(scores, share):
    return sorted(scores)[round(share * len(scores))]


def threshold_halfway(scores, share):
    ordered, m = np.sort(scores), round(share * len(scores))
    return (ordered[m - 1] + ordered[m]) / 2


def predict_by_the_package(X, pi, mu, Sigma, t):
    theta = Mixture(pi, mu, Sigma, FULL.kernel.factor(Sigma), FULL)
    return np.where(e_step(X, theta)[0] - t < 0, -1, 1)


def predict_outside_log_space(X, pi, mu, Sigma, t):
    density = sum(p * multivariate_normal(m, S).pdf(X) for p, m, S in zip(pi, mu, Sigma))
    return 1.0 - 2 * (density < np.exp(t))


def predict_as_list(X, pi, mu, Sigma, t):
    return predict_by_the_package(X, pi, mu, Sigma, t).tolist()


def rates_by_confusion(scores, truth, t):
    (hits, missed), (false, quiet) = confusion_matrix(truth, np.where(scores < t, -1, 1), labels=[-1, 1])
    return hits / (hits + false), hits / (hits + missed), false / (false + quiet)


def rates_by_means(scores, truth, t):
    alarm, odd = scores < t, truth == -1
    return [odd[alarm].mean(), alarm[odd].mean(), alarm[~odd].mean()]


def area(scores, truth):
    return auc(*roc_curve(truth, -scores)[:2])


def area_by_ranks(scores, truth):
    """The area under the ROC curve by the Mann–Whitney statistic."""
    n_odd, n_normal = truth.sum(), (~truth).sum()
    return (rankdata(-scores)[truth].sum() - n_odd * (n_odd + 1) / 2) / (n_odd * n_normal)


def evaluation_by_ranks(validation, validation_truth, test, test_truth, share):
    best = np.argmax([area_by_ranks(row, validation_truth) for row in validation])
    t = np.quantile(validation[best, ~validation_truth], share)
    return best, t, np.mean(test[best, test_truth] < t), np.mean(test[best, ~test_truth] < t)


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


def error_by_the_package(X_train, X_new, q):
    pca = PCA(q).fit(X_train)
    return np.sum((X_new - pca.inverse_transform(pca.transform(X_new))) ** 2, axis=1)


def error_by_pythagoras(X_train, X_new, q):
    D = X_new - X_train.mean(axis=0)
    V = np.linalg.eigh(np.cov(X_train.T))[1][:, ::-1][:, :q]
    return np.sum(D**2, axis=1) - np.sum((D @ V) ** 2, axis=1)


def error_across_the_plane(X_train, X_new, q):
    mean = X_train.mean(axis=0)
    V = np.linalg.svd(X_train - mean)[2]
    return np.linalg.norm((X_new - mean) @ V[q:].T, axis=1) ** 2


VARIANTS = {
    "alarm_threshold": [threshold_by_percentile, threshold_by_sorting, threshold_halfway],
    "detector_predict": [predict_by_the_package, predict_outside_log_space, predict_as_list],
    "alarm_rates": [rates_by_confusion, rates_by_means],
    "share_of_real_alarms": [0.138, 0.14],
    "optimistic_histogram": ["b"],
    "fix_evaluation": [evaluation_by_ranks, evaluation_in_a_loop],
    "second_opinion": [error_by_the_package, error_by_pythagoras, error_across_the_plane],
}
