"""Right answers to the tasks of lesson 09, written differently from the reference."""

import numpy as np
import sklearn.decomposition

import mlcourse
from mlcourse.evaluation import memorised_share, nearest_rows


def pca_by_svd_of_the_data(X, q):
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    return mean, -Vt[:q], s[:q] ** 2 / (len(X) - 1)


def pca_by_the_package(X, q):
    pca = mlcourse.PCA(q).fit(X)
    return pca.mean_, pca.components_, pca.explained_variance_


def pca_by_scikit_learn(X, q):
    pca = sklearn.decomposition.PCA(q).fit(X)
    return pca.mean_, pca.components_, pca.explained_variance_


def axes_by_searching(variances, share):
    return np.searchsorted(np.cumsum(variances / variances.sum()), share) + 1


def axes_by_counting(variances, share):
    return np.sum(np.cumsum(variances) < share * variances.sum()) + 1


def axes_as_a_float(variances, share):
    return float(axes_by_counting(variances, share))


def whitening_by_arrays(X, mean, axes, variances):
    scale = np.sqrt(variances)
    Z = (X - mean) @ axes.T / scale
    return Z, (Z * scale) @ axes + mean


def whitening_by_scaled_axes(X, mean, axes, variances):
    Z = (X - mean) @ (axes / np.sqrt(variances)[:, None]).T
    return Z, mean + Z @ (axes * np.sqrt(variances)[:, None])


def units_by_the_determinant(log_density, variances):
    return log_density - np.linalg.slogdet(np.diag(np.sqrt(variances)))[1]


def units_by_a_sum(log_density, variances):
    return log_density - 0.5 * np.sum(np.log(variances))


def units_as_a_list(log_density, variances):
    return [value - np.log(np.sqrt(variances)).sum() for value in log_density]


def share_by_the_package(generated, train, held_out, quantile):
    return memorised_share(generated, train, held_out, quantile)


def share_by_arrays(generated, train, held_out, quantile):
    def nearest(X):
        return np.sqrt(((X[:, None] - train) ** 2).sum(axis=2)).min(axis=1)

    return np.mean(nearest(generated) <= np.quantile(nearest(held_out), quantile))


def share_by_nearest_rows(generated, train, held_out, quantile):
    threshold = np.quantile(nearest_rows(held_out, train)[0], quantile)
    return np.count_nonzero(nearest_rows(generated, train)[0] <= threshold) / len(generated)


VARIANTS = {
    "pca_by_svd": [pca_by_svd_of_the_data, pca_by_the_package, pca_by_scikit_learn],
    "axes_to_keep": [axes_by_searching, axes_by_counting, axes_as_a_float],
    "fix_whitening": [whitening_by_arrays, whitening_by_scaled_axes],
    "most_components": [81.0],
    "in_plain_units": [units_by_the_determinant, units_by_a_sum, units_as_a_list],
    "strength_for_digits": [10.0],
    "grey_digits": ["b"],
    "copied_share": [share_by_the_package, share_by_arrays, share_by_nearest_rows],
}
