"""Right answers to the tasks of lesson 01, written differently from the reference."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.metrics import confusion_matrix
from sklearn.metrics import silhouette_samples as sklearn_silhouette_samples

from mlcourse.kmeans import assign, lloyd, squared_distance_to_own
from mlcourse.metrics import inertia, match_labels, silhouette_samples


def read_distances_by_argmin(distances):
    labels = distances.argmin(axis=1)
    return labels, (distances[np.arange(len(distances)), labels] ** 2).sum()


def read_distances_by_sorting(distances):
    return np.argsort(distances, axis=1)[:, 0], np.linalg.norm(np.sort(distances, axis=1)[:, 0]) ** 2


def lloyd_step_by_cdist(X, c):
    D2 = cdist(X, c, "sqeuclidean")
    labels = D2.argmin(axis=1)
    one_hot = np.eye(len(c))[labels]
    n = one_hot.sum(axis=0)[:, np.newaxis]
    return labels, D2.min(axis=1).sum(), np.where(n > 0, one_hot.T @ X / np.maximum(n, 1), c)


def lloyd_step_by_the_package(X, c):
    labels = assign(X, c)
    new = np.array([X[labels == k].mean(axis=0) if k in labels else c[k] for k in range(len(c))])
    return labels, squared_distance_to_own(X, c, labels).sum(), new


def lloyd_step_by_nonempty_clusters(X, c):
    labels = cdist(X, c).argmin(axis=1)
    nonempty, new = np.unique(labels), c.copy()
    new[nonempty] = next(lloyd(X, c[nonempty])).next_centers
    return labels.tolist(), inertia(X, c, labels), new


def greedy_seed_by_cdist(X, chosen, candidates):
    D2 = cdist(X, chosen, "sqeuclidean").min(axis=1)
    left = np.minimum(D2[:, np.newaxis], cdist(X, X[candidates], "sqeuclidean")).sum(axis=0)
    return D2 / D2.sum(), candidates[left.argmin()]


def greedy_seed_by_trying(X, chosen, candidates):
    def cost(centers):
        return ((X - centers[assign(X, centers)]) ** 2).sum()

    best = min(candidates, key=lambda row: cost(np.vstack([chosen, X[row]])))
    D2 = squared_distance_to_own(X, chosen, assign(X, chosen))
    return D2 / cost(chosen), best


def matched_share_by_hungarian(y, labels):
    counts = confusion_matrix(y, labels)
    return counts[linear_sum_assignment(-counts)].sum() / len(y)


def matched_share_by_the_package(y, labels):
    return np.mean(match_labels(y, labels) == y)


def silhouettes_by_scikit_learn(D, labels):
    return sklearn_silhouette_samples(D, labels, metric="precomputed")


def silhouettes_by_the_package(D, labels):
    return silhouette_samples(D, labels, metric="precomputed")


def silhouettes_by_membership(D, labels):
    member = labels[:, np.newaxis] == np.unique(labels)
    n = member.sum(axis=0)
    sums = D @ member
    a = sums[member] / np.maximum(n[labels] - 1, 1)
    b = np.where(member, np.inf, sums / n).min(axis=1)
    return np.where(n[labels] == 1, 0, (b - a) / np.maximum(a, b))


def silhouettes_in_single_precision(D, labels):
    return silhouettes_by_membership(D.astype(np.float32), labels).astype(np.float32)


def repaint_by_cdist(photo, palette):
    h, w, _ = photo.shape
    nearest = cdist(photo.reshape(-1, 3), palette).argmin(axis=1)
    bits = len(bin(len(palette) - 1)) - 2
    return palette[nearest].reshape(photo.shape), 24 * h * w / (bits * h * w + 24 * len(palette))


def repaint_by_the_package(photo, palette):
    labels = assign(photo.reshape(-1, 3), palette)
    before = 8 * photo.size
    after = np.ceil(np.log2(len(palette))) * len(labels) + 8 * palette.size
    return palette[labels.reshape(photo.shape[:2])], before / after


def repaint_in_single_precision(photo, palette):
    painted, times_smaller = repaint_by_cdist(photo, palette)
    return painted.astype(np.float32), np.float32(times_smaller)


VARIANTS = {
    "read_distances": [read_distances_by_argmin, read_distances_by_sorting],
    "lloyd_step": [lloyd_step_by_cdist, lloyd_step_by_the_package, lloyd_step_by_nonempty_clusters],
    "greedy_seed": [greedy_seed_by_cdist, greedy_seed_by_trying],
    "matched_share": [matched_share_by_hungarian, matched_share_by_the_package],
    "silhouettes": [
        silhouettes_by_scikit_learn,
        silhouettes_by_the_package,
        silhouettes_by_membership,
        silhouettes_in_single_precision,
    ],
    "silhouette_diagram": ["b"],
    "iris_k": [(2, 0.68), (3, 0.553), [2, 0.6810461692117464], (np.int64(3), np.float64(0.5528))],
    "repaint": [repaint_by_cdist, repaint_by_the_package, repaint_in_single_precision],
}
