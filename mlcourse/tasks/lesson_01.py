"""Checks for lesson 01 (k-means): Lloyd's step, seeding, matching, silhouettes, the choice of k, colours.

Symbols: X (n, d) data; c (K, d) centres; labels (n,); distances (n, K) from points to centres; D (n, n) distances
between points; photo (h, w, 3); palette (K, 3).
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from math import ceil, log2
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.metrics import confusion_matrix
from sklearn.metrics import silhouette_samples as sklearn_silhouette_samples

from mlcourse.checks.task import Case, Lesson
from mlcourse.datasets import load_iris
from mlcourse.kmeans import KMeans, assign, assignment_over, lloyd, squared_distance_to_own
from mlcourse.metrics import inertia, match_labels, silhouette_samples, silhouette_score
from mlcourse.typing import Array

LESSON = Lesson("01_kmeans")


# ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────


def scattered(rng: np.random.Generator, n: int = 40, d: int = 2, K: int = 4) -> tuple[Array, Array]:
    """n points in K groups, and K centres near the groups."""
    places = rng.normal(scale=4.0, size=(K, d))
    return places[rng.integers(K, size=n)] + rng.normal(size=(n, d)), places + rng.normal(size=(K, d))


def distances_between(X: Array, c: Array) -> Array:
    return np.linalg.norm(X[:, np.newaxis] - c, axis=2)


def squared_distances(X: Array, c: Array) -> Array:
    return distances_between(X, c) ** 2


# ── 1  Read the table of distances ───────────────────────────────────────────────────────────────────

READ_DISTANCES = LESSON.task(
    "read_distances",
    title="Read the table of distances",
    points=1,
    expected="(labels of shape (n,), inertia: one number)",
    parts=("the labels", "the inertia"),
)


@READ_DISTANCES.cases
def read_distances_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("twelve points, three centres", (distances_between(*scattered(rng, n=12, K=3)),))
    yield Case("as many centres as points", (distances_between(*scattered(rng, n=5, K=5)),))
    n, K = int(rng.integers(2, 5)), int(rng.integers(6, 9))
    yield Case("more centres than points", (distances_between(*scattered(rng, n=n, K=K)),))


@READ_DISTANCES.reference
def read_distances(distances: Array) -> tuple[Array, float]:
    labels = [min(range(len(row)), key=row.__getitem__) for row in distances]
    return np.array(labels), float(sum(min(row) ** 2 for row in distances))


@READ_DISTANCES.mistake(
    "the labels are right. You added up plain distances, and the inertia is not a sum of plain distances.",
    hint=2,
)
def not_squared(t):
    return (t.argmin(axis=1), t.min(axis=1).sum())


@READ_DISTANCES.mistake(
    "you added up the distances and then squared the sum. The square of a sum is not a sum of squares.",
    hint=2,
)
def squared_too_late(t):
    return (t.argmin(axis=1), t.min(axis=1).sum() ** 2)


@READ_DISTANCES.mistake(
    "the inertia adds up the squared distances to all centres. How many of them does"
    " one point contribute to?",
    hint=2,
)
def all_centres(t):
    return (t.argmin(axis=1), (t**2).sum())


@READ_DISTANCES.mistake("the inertia is an average per point: you took a mean at the end.", hint=2)
def mean_instead_of_sum(t):
    return (t.argmin(axis=1), (t.min(axis=1) ** 2).mean())


@READ_DISTANCES.mistake(
    "every point went to its farthest centre. The entries of the table are distances, not scores.", hint=1
)
def farthest_centre(t):
    return (t.argmax(axis=1), (t.max(axis=1) ** 2).sum())


@READ_DISTANCES.mistake(
    "the inertia is right. The clusters are numbered from 1, but the course counts from 0.", hint=1
)
def counted_from_one(t):
    return (t.argmin(axis=1) + 1, (t.min(axis=1) ** 2).sum())


@READ_DISTANCES.mistake(
    "you looked for the nearest point of each centre. The task asks something about each point.", hint=1
)
def down_the_columns(t):
    return (t.argmin(axis=0), (t.min(axis=0) ** 2).sum())


@READ_DISTANCES.mistake("the two values are in the wrong order: the labels come first.", hint=1)
def values_swapped(t):
    return read_distances(t)[::-1]


@READ_DISTANCES.mistake(
    "the inertia is right. Where the labels should be, you return the smallest distances themselves.", hint=1
)
def distance_instead_of_label(t):
    return (t.min(axis=1), (t.min(axis=1) ** 2).sum())


@READ_DISTANCES.right
def read_distances_by_argmin(distances):
    labels = distances.argmin(axis=1)
    return labels, (distances[np.arange(len(distances)), labels] ** 2).sum()


@READ_DISTANCES.right
def read_distances_step_by_step(distances):
    nearest = np.min(distances, axis=1)
    numbers = np.argmin(distances, axis=1)
    total = np.square(nearest).sum()
    return numbers, total


@READ_DISTANCES.right
def read_distances_in_a_loop(distances):
    numbers, total = [], 0.0
    for row in distances:
        numbers.append(np.argmin(row))
        total += np.min(row) ** 2
    return numbers, total


@READ_DISTANCES.right
def read_distances_by_sorting(distances):
    return np.argsort(distances, axis=1)[:, 0], np.linalg.norm(np.sort(distances, axis=1)[:, 0]) ** 2


# ── 2  One step of Lloyd's algorithm ─────────────────────────────────────────────────────────────────

LLOYD_STEP = LESSON.task(
    "lloyd_step",
    title="One step of Lloyd's algorithm",
    points=3,
    expected="(labels of shape (n,), inertia: one number, new centres of shape (K, d) without NaN)",
    parts=("the labels", "the inertia", "the new centres"),
    families={"ordinary clusters": 2, "empty clusters": 1},
)


@LLOYD_STEP.cases
def lloyd_step_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("four clusters in the plane", scattered(rng))
    yield Case("no groups at all", (rng.normal(size=(80, 2)), rng.normal(size=(4, 2))))
    d, K = int(rng.integers(3, 6)), int(rng.integers(3, 6))
    X, c = scattered(rng, n=60, d=d, K=K)
    empty = np.insert(c, rng.integers(1, K), 100.0, axis=0)
    yield Case("a centre so far away that its cluster is empty", (X, empty), "empty clusters")


@LLOYD_STEP.reference
def lloyd_step(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels = np.array([np.argmin([np.sum((x - center) ** 2) for center in c]) for x in X])
    inertia = sum(np.sum((x - c[label]) ** 2) for x, label in zip(X, labels))
    new = c.astype(float)
    for k in range(len(c)):
        if np.any(labels == k):
            new[k] = X[labels == k].mean(axis=0)
    return labels, inertia, new


def _centers_of(X: Array, c: Array, labels: Array) -> Array:
    """The means of the clusters (K, d); a centre without points stays where it is."""
    return np.array([X[labels == k].mean(axis=0) if k in labels else c[k] for k in range(len(c))])


def _with_centers(center: Callable[..., Array], X: Array, c: Array) -> tuple[Array, float, Array]:
    """Right labels and inertia; each new centre is `center(members, old)`, even for an empty cluster."""
    labels, inertia, _ = lloyd_step(X, c)
    new = [center(X[labels == k], c[k]) for k in range(len(c))]
    return labels, inertia, np.array(new)


def _mean_or(replacement: float) -> Callable[..., tuple[Array, float, Array]]:
    def step(X: Array, c: Array) -> tuple[Array, float, Array]:
        return _with_centers(
            lambda own, old: own.mean(axis=0) if len(own) else np.full(len(old), replacement), X, c
        )

    return step


@LLOYD_STEP.mistake(
    "everything is right until a cluster is empty. The mean of no points is NaN, and a"
    " NaN centre never recovers.",
    hint=3,
    name="empty cluster becomes NaN",
)
def empty_cluster_becomes_nan(X, c):
    return _mean_or(np.nan)(X, c)


@LLOYD_STEP.mistake(
    "the centre of an empty cluster jumps to the origin. Nothing in the data puts it there.", hint=3
)
def empty_cluster_sent_to_zero(X, c):
    return _mean_or(0.0)(X, c)


@LLOYD_STEP.mistake(
    "the empty cluster is missing from the new centres, so every centre after it has the wrong number.",
    hint=3,
)
def empty_cluster_left_out(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, inertia, new = lloyd_step(X, c)
    return labels, inertia, new[np.unique(labels)]


@LLOYD_STEP.mistake(
    "the inertia was measured from the new centres, but the labels belong to the old ones.", hint=2
)
def inertia_about_the_new_centres(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, _, new = lloyd_step(X, c)
    return labels, np.sum((X - new[labels]) ** 2), new


@LLOYD_STEP.mistake("the labels and the new centres are right. The inertia adds up plain distances.", hint=2)
def inertia_not_squared(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, _, new = lloyd_step(X, c)
    return labels, distances_between(X, c).min(axis=1).sum(), new


@LLOYD_STEP.mistake(
    "some points chose another centre than they should: absolute differences along the axes were added up,"
    " and that is not the straight-line distance.",
    hint=2,
)
def labels_by_manhattan_distance(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels = cdist(X, c, "cityblock").argmin(axis=1)
    return labels, np.sum((X - c[labels]) ** 2), _centers_of(X, c, labels)


@LLOYD_STEP.mistake(
    "labels and inertia are both made of absolute differences. The inertia is defined with another distance.",
    hint=2,
)
def manhattan_distance_throughout(X: Array, c: Array) -> tuple[Array, float, Array]:
    D = cdist(X, c, "cityblock")
    labels = D.argmin(axis=1)
    return labels, D.min(axis=1).sum(), _centers_of(X, c, labels)


@LLOYD_STEP.mistake(
    "absolute differences were added up and then squared. A squared distance is a sum of squares, not the square"
    " of a sum.",
    hint=2,
)
def manhattan_distances_squared(X: Array, c: Array) -> tuple[Array, float, Array]:
    D = cdist(X, c, "cityblock")
    labels = D.argmin(axis=1)
    return labels, np.sum(D.min(axis=1) ** 2), _centers_of(X, c, labels)


@LLOYD_STEP.mistake(
    "the inertia is divided by the number of points: it is a mean where the lecture has a sum.", hint=2
)
def inertia_as_a_mean(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, inertia, new = lloyd_step(X, c)
    return labels, inertia / len(X), new


@LLOYD_STEP.mistake(
    "the old centres are returned: the third value has to be the centres after they have moved.", hint=3
)
def centres_that_did_not_move(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, inertia, _ = lloyd_step(X, c)
    return labels, inertia, c.copy()


@LLOYD_STEP.mistake(
    "the labels were computed again after the centres had moved. That is already the next step.", hint=1
)
def labels_of_the_next_step(X: Array, c: Array) -> tuple[Array, float, Array]:
    _, inertia, new = lloyd_step(X, c)
    return lloyd_step(X, new)[0], inertia, new


@LLOYD_STEP.mistake(
    "the new centres are medians. They minimise the sum of absolute differences, and the"
    " inertia is a different sum.",
    hint=1,
)
def medians(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: np.median(own, axis=0) if len(own) else old, X, c)


@LLOYD_STEP.mistake("you divided each cluster's sum by the number of all points.", hint=1)
def divided_by_n(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: own.sum(axis=0) / len(X) if len(own) else old, X, c)


@LLOYD_STEP.mistake(
    "you divided each cluster's sum by the number of all points. That hid the empty cluster: its centre"
    " went to the origin without a warning.",
    hint=1,
    name="divided by n, empty clusters too",
)
def divided_by_n_empty_clusters_too(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: own.sum(axis=0) / len(X), X, c)


@LLOYD_STEP.mistake(
    "all coordinates of each new centre are equal: you took the mean over the features as well.", hint=1
)
def mean_without_an_axis(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: np.full(len(old), own.mean()) if len(own) else old, X, c)


@LLOYD_STEP.right
def lloyd_step_by_cdist(X, c):
    D2 = cdist(X, c, "sqeuclidean")
    labels = D2.argmin(axis=1)
    one_hot = np.eye(len(c))[labels]
    n = one_hot.sum(axis=0)[:, np.newaxis]
    return labels, D2.min(axis=1).sum(), np.where(n > 0, one_hot.T @ X / np.maximum(n, 1), c)


@LLOYD_STEP.right
def lloyd_step_by_the_package(X, c):
    labels = assign(X, c)
    return labels, squared_distance_to_own(X, c, labels).sum(), _centers_of(X, c, labels)


@LLOYD_STEP.right
def lloyd_step_by_broadcasting(X, c):
    D2 = ((X[:, None, :] - c[None, :, :]) ** 2).sum(axis=2)
    nearest = np.argmin(D2, axis=1)
    moved = np.array(c)
    for k in range(len(c)):
        members = X[nearest == k]
        if len(members) > 0:
            moved[k] = members.mean(axis=0)
    return nearest, np.min(D2, axis=1).sum(), moved


@LLOYD_STEP.right
def lloyd_step_by_sums_and_counts(X, c):
    nearest = np.linalg.norm(X[:, None] - c, axis=2).argmin(axis=1)
    spread = np.sum((X - c[nearest]) ** 2)
    sums, counts = np.zeros(c.shape), np.zeros(len(c))
    for x, k in zip(X, nearest):
        sums[k] += x
        counts[k] += 1
    moved = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], c)
    return nearest, spread, moved


@LLOYD_STEP.right
def lloyd_step_by_nonempty_clusters(X, c):
    labels = cdist(X, c).argmin(axis=1)
    nonempty, new = np.unique(labels), c.copy()
    new[nonempty] = next(lloyd(assignment_over(X), c[nonempty])).next_centers
    return labels.tolist(), inertia(X, c, labels), new


# ── 3  Seeding ───────────────────────────────────────────────────────────────────────────────────────

GREEDY_SEED = LESSON.task(
    "greedy_seed",
    title="A greedy seed",
    points=3,
    expected="(probabilities of shape (n,), summing to 1; one of the candidate rows)",
    parts=("the probabilities", "the chosen row"),
)


@GREEDY_SEED.cases
def greedy_seed_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, m in (("one centre chosen", 30, 1), ("three centres chosen", 50, 3)):
        X, _ = scattered(rng, n=n)
        rows = rng.permutation(n)
        yield Case(f"{description}, five candidates", (X, X[rows[:m]], rows[m : m + 5]))
    X = rng.normal(size=(30, 2))
    X[3:, 0] += 8.0  # most points 8 away from row 0, and row 1 far from all of them
    X[:2] = [[0.0, 0.0], [-30.0, 0.0]]
    yield Case("an outlier among the candidates", (X, X[:1], np.array([2, 1, 20])))
    X = rng.normal(scale=0.3, size=(24, 2))
    X[0] = 0.0
    X[1:21, 0] += 4.0  # twenty points near row 0, and three far away from it
    X[21:, 0] -= 12.0
    yield Case("many points nearby, a few far away", (X, X[:1], np.array([3, 22, 12])))
    X = rng.normal(scale=0.2, size=(45, 4))
    X[1:4, 2] += 5.0  # three points that row 2 would serve, and forty that are too far away from row 44
    X[4:44] -= 2.5
    X[0], X[44] = 0.0, 1.0
    yield Case("four features", (X, X[:1], rng.permutation([2, 44])))


@GREEDY_SEED.reference
def greedy_seed(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    D2 = np.array([min(np.sum((x - c) ** 2) for c in chosen) for x in X])
    left = [sum(min(D2[i], np.sum((X[i] - X[row]) ** 2)) for i in range(len(X))) for row in candidates]
    return D2 / D2.sum(), int(candidates[np.argmin(left)])


def _chances_from(weights: Callable[..., Array]) -> Callable[..., tuple[Array, int]]:
    """The right candidate, but probabilities proportional to `weights(distances to chosen, X, chosen)`."""

    def seed(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
        w = weights(distances_between(X, chosen), X, chosen)
        return w / w.sum(), greedy_seed(X, chosen, candidates)[1]

    return seed


@GREEDY_SEED.law("the probabilities of all points must sum to 1.")
def the_probabilities_sum_to_one(out, *_):
    return np.isclose(np.sum(out[0]), 1)


@GREEDY_SEED.law("the row that you return must be one of the candidates.")
def the_row_is_a_candidate(out, X, chosen, candidates):
    return np.isin(out[1], candidates)


@GREEDY_SEED.mistake(
    "the probabilities grow with the distance, but far points still get too little: is D itself"
    " the right weight?",
    hint=1,
)
def distances_not_squared(X, chosen, candidates):
    return _chances_from(lambda D, X, chosen: D.min(axis=1))(X, chosen, candidates)


@GREEDY_SEED.mistake("these are still squared distances. Probabilities have to sum to 1.", hint=1)
def not_normalised(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    _, row = greedy_seed(X, chosen, candidates)
    return squared_distances(X, chosen).min(axis=1), row


@GREEDY_SEED.mistake(
    "you added up the squared distances to all chosen centres, so even a point that was already"
    " chosen can be drawn again.",
    hint=1,
)
def all_chosen_centres_added(X, chosen, candidates):
    return _chances_from(lambda D, X, chosen: (D**2).sum(axis=1))(X, chosen, candidates)


@GREEDY_SEED.mistake(
    "you took the distance to the farthest chosen centre. A point next to one centre is well served,"
    " however far away the others are.",
    hint=1,
)
def farthest_chosen_centre(X, chosen, candidates):
    return _chances_from(lambda D, X, chosen: (D**2).max(axis=1))(X, chosen, candidates)


@GREEDY_SEED.mistake("only the last chosen centre counts: the ones before it are ignored.", hint=1)
def last_chosen_centre_only(X, chosen, candidates):
    return _chances_from(lambda D, X, chosen: D[:, -1] ** 2)(X, chosen, candidates)


@GREEDY_SEED.mistake(
    "the probabilities are right. You kept the candidate that is farthest away, which may do"
    " little for the other points.",
    hint=3,
)
def likeliest_candidate(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, _ = greedy_seed(X, chosen, candidates)
    return p, int(candidates[np.argmax(p[candidates])])


@GREEDY_SEED.mistake(
    "the probabilities are right. You judged each candidate as if it were the only centre.", hint=2
)
def candidate_judged_alone(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, _ = greedy_seed(X, chosen, candidates)
    return p, int(candidates[np.argmin(squared_distances(X, X[candidates]).sum(axis=0))])


@GREEDY_SEED.mistake(
    "the probabilities are right. You compared the candidates by sums of plain distances, and the"
    " inertia is a different sum.",
    hint=2,
)
def candidates_judged_by_plain_distances(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, _ = greedy_seed(X, chosen, candidates)
    D = distances_between(X, chosen).min(axis=1, keepdims=True)
    left = np.minimum(D, distances_between(X, X[candidates])).sum(axis=0)
    return p, int(candidates[np.argmin(left)])


@GREEDY_SEED.mistake("both the probabilities and the choice of candidate use plain distances.", hint=1)
def nothing_squared(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    D = distances_between(X, chosen).min(axis=1)
    return D / D.sum(), candidates_judged_by_plain_distances(X, chosen, candidates)[1]


@GREEDY_SEED.mistake(
    "the probabilities are right. The second value is a position in the list of candidates, not a row of X.",
    hint=3,
)
def position_in_the_list(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, row = greedy_seed(X, chosen, candidates)
    return p, int(np.flatnonzero(candidates == row)[0])


@GREEDY_SEED.right
def greedy_seed_by_cdist(X, chosen, candidates):
    D2 = cdist(X, chosen, "sqeuclidean").min(axis=1)
    left = np.minimum(D2[:, np.newaxis], cdist(X, X[candidates], "sqeuclidean")).sum(axis=0)
    return D2 / D2.sum(), candidates[left.argmin()]


@GREEDY_SEED.mistake(
    "the probabilities are right. You kept the candidate that leaves the highest inertia.", hint=3
)
def the_worst_candidate(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, _ = greedy_seed(X, chosen, candidates)
    to_candidates = squared_distances(X, X[candidates])
    left = np.minimum(squared_distances(X, chosen).min(axis=1, keepdims=True), to_candidates).sum(axis=0)
    return p, int(candidates[np.argmax(left)])


@GREEDY_SEED.right
def greedy_seed_by_a_list_of_inertias(X, chosen, candidates):
    nearest = np.min(((X[:, None, :] - chosen[None, :, :]) ** 2).sum(axis=2), axis=1)
    p = nearest / np.sum(nearest)
    inertias = [np.minimum(nearest, np.sum((X - X[j]) ** 2, axis=1)).sum() for j in candidates]
    winner = np.argmin(inertias)
    return p, candidates[winner]


@GREEDY_SEED.right
def greedy_seed_step_by_step(X, chosen, candidates):
    D2 = ((X[:, None] - chosen) ** 2).sum(axis=2).min(axis=1)
    lowest, best = np.inf, None
    for j in candidates:
        shorter = np.minimum(D2, ((X - X[j]) ** 2).sum(axis=1))
        if shorter.sum() < lowest:
            lowest, best = shorter.sum(), j
    return D2 / D2.sum(), best


@GREEDY_SEED.right
def greedy_seed_by_trying(X, chosen, candidates):
    def cost(centers):
        return ((X - centers[assign(X, centers)]) ** 2).sum()

    best = min(candidates, key=lambda row: cost(np.vstack([chosen, X[row]])))
    D2 = squared_distance_to_own(X, chosen, assign(X, chosen))
    return D2 / cost(chosen), best


# ── 4  Match the labels ──────────────────────────────────────────────────────────────────────────────

MATCHED_SHARE = LESSON.task(
    "matched_share",
    title="Match the labels",
    points=3,
    expected="one number, the share of points that agree under the best naming",
)


def labelings(rng: np.random.Generator, counts: Array | list[list[int]]) -> tuple[Array, Array]:
    """Classes and clusters in random order, with roughly this table of counts."""
    counts = np.asarray(counts) + rng.integers(4, size=np.shape(counts))
    K = len(counts)
    y, labels = (np.repeat(part, counts.ravel()) for part in np.divmod(np.arange(K * K), K))
    order = rng.permutation(len(y))
    return y[order], labels[order]


@MATCHED_SHARE.cases
def matched_share_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three classes", labelings(rng, [[2, 40, 5], [4, 9, 50], [30, 20, 10]]))
    yield Case(
        "two classes whose largest cluster is the same",
        labelings(rng, [[60, 50, 2], [40, 10, 3], [5, 4, 40]]),
    )
    yield Case("four classes", labelings(rng, 20 * rng.permutation(np.eye(4, dtype=int)) + 2))


@MATCHED_SHARE.reference
def matched_share(y: Array, labels: Array) -> float:
    classes = np.unique(y)
    best = max(np.sum(np.array(names)[labels] == y) for names in permutations(classes))
    return best / len(y)


def _counts(y: Array, labels: Array) -> Array:
    table = np.zeros((y.max() + 1, labels.max() + 1), dtype=int)
    np.add.at(table, (y, labels), 1)
    return table


@MATCHED_SHARE.law("a share must be between 0 and 1.")
def a_share_is_between_0_and_1(out, *_):
    return 0 <= out <= 1 + 1e-9


@MATCHED_SHARE.mistake("you compared cluster numbers with class numbers, as if they meant the same.", hint=1)
def numbers_compared(y, labels):
    return np.mean(y == labels)


@MATCHED_SHARE.mistake(
    "each cluster got its most frequent class, so two clusters can get the same class. Each"
    " name may be used only once.",
    hint=1,
)
def majority_of_each_cluster(y, labels):
    return _counts(y, labels).max(axis=0).sum() / len(y)


@MATCHED_SHARE.mistake(
    "each class got the cluster that holds most of it, so two classes can get the same cluster.", hint=1
)
def majority_of_each_class(y, labels):
    return _counts(y, labels).max(axis=1).sum() / len(y)


@MATCHED_SHARE.mistake(
    "you matched the largest count first, then the largest of the rest. The first"
    " choice can spoil the others.",
    hint=2,
)
def greedy_matching(y: Array, labels: Array) -> float:
    table, agree = _counts(y, labels), 0
    for _ in range(len(table)):
        row, column = np.unravel_index(table.argmax(), table.shape)
        agree += table[row, column]
        table[row], table[:, column] = -1, -1
    return agree / len(y)


@MATCHED_SHARE.mistake(
    "this is the worst of all matchings: an assignment solver minimises unless you ask it not to.", hint=3
)
def worst_matching(y: Array, labels: Array) -> float:
    return min(np.sum(np.array(names)[labels] == y) for names in permutations(np.unique(y))) / len(y)


@MATCHED_SHARE.mistake("this is how many points agree. The task asks for a share of all points.", hint=3)
def count_instead_of_share(y, labels):
    return matched_share(y, labels) * len(y)


@MATCHED_SHARE.mistake("this is the share in per cent. The task asks for a number between 0 and 1.", hint=3)
def percent(y, labels):
    return 100 * matched_share(y, labels)


@MATCHED_SHARE.mistake(
    "the matching gives the cluster of each class. You read it as the class of each cluster.", hint=3
)
def the_wrong_direction(y: Array, labels: Array) -> float:
    _, clusters = linear_sum_assignment(_counts(y, labels), maximize=True)
    return np.mean(clusters[labels] == y)


@MATCHED_SHARE.right
def matched_share_by_hungarian(y, labels):
    counts = confusion_matrix(y, labels)
    return counts[linear_sum_assignment(-counts)].sum() / len(y)


@MATCHED_SHARE.right
def matched_share_by_counting(y, labels):
    K = y.max() + 1
    table = np.array([[np.sum((y == a) & (labels == b)) for b in range(K)] for a in range(K)])
    rows, columns = linear_sum_assignment(table, maximize=True)
    return table[rows, columns].sum() / table.sum()


@MATCHED_SHARE.right
def matched_share_by_renaming(y, labels):
    counts = confusion_matrix(y, labels)
    classes, clusters = linear_sum_assignment(counts, maximize=True)
    name = dict(zip(clusters, classes))
    return np.mean([name[cluster] == own for own, cluster in zip(y, labels)])


@MATCHED_SHARE.right
def matched_share_by_the_package(y, labels):
    return np.mean(match_labels(y, labels) == y)


# ── 5  Silhouettes from distances ────────────────────────────────────────────────────────────────────

SILHOUETTES = LESSON.task(
    "silhouettes",
    title="Silhouettes from distances",
    points=4,
    expected="array of shape (n,), values from -1 to 1",
    atol=1e-6,
    families={"ordinary clusters": 2, "clusters of one point": 1, "points at the same place": 1},
)


@SILHOUETTES.cases
def silhouettes_cases(rng: np.random.Generator) -> Iterator[Case]:
    n = int(rng.integers(21, 30))
    X, _ = scattered(rng, n=n, K=3)
    yield Case("three clusters", (distances_between(X, X), rng.permutation(np.arange(n) % 3)))
    X, _ = scattered(rng, n=20, K=4)
    alone = rng.integers(4)
    labels = rng.permutation(np.r_[alone, np.repeat(np.delete(np.arange(4), alone), [5, 6, 8])])
    yield Case(
        "four clusters, one of them a single point",
        (distances_between(X, X), labels),
        "clusters of one point",
    )
    X, _ = scattered(rng, n=18, K=3)
    X[3] = X[0]
    labels = np.arange(18) % 3
    description = "two points of a cluster at the same place"
    yield Case(description, (distances_between(X, X), labels), "points at the same place")


@SILHOUETTES.reference
def silhouettes(D: Array, labels: Array) -> Array:
    return _silhouettes_with(D, labels)


def _mean_of_others(distances: Array) -> float:
    return distances.sum() / (len(distances) - 1)


def _silhouettes_with(
    D: Array,
    labels: Array,
    own: Callable[..., Any] = _mean_of_others,
    other: Callable[..., Any] = lambda groups: min(group.mean() for group in groups),  # type: ignore[name-defined]  # mypy misses names in a default
    value: Callable[..., Any] = lambda a, b: (b - a) / max(a, b),
    alone: Callable[..., Any] = lambda groups: 0.0,
) -> Array:
    """Silhouettes, with any of the four steps replaced."""
    s = np.empty(len(D))
    for i, row in enumerate(D):
        groups = [row[labels == k] for k in np.unique(labels) if k != labels[i]]
        mine = row[labels == labels[i]]
        s[i] = value(own(mine), other(groups)) if len(mine) > 1 else alone(groups)
    return s


@SILHOUETTES.law("a silhouette must be between -1 and 1.")
def within_bounds(out, *_):
    return np.all(np.abs(out) <= 1 + 1e-6)


@SILHOUETTES.mistake(
    "every point counts as its own neighbour, at distance 0, so the mean distance a is a little too small.",
    hint=1,
)
def own_neighbour(D, labels):
    return _silhouettes_with(D, labels, own=np.mean)


@SILHOUETTES.mistake(
    "every point counts as its own neighbour, at distance 0. So the mean distance a is too small, and a point alone"
    " in its cluster gets the best possible value.",
    hint=1,
)
def own_neighbour_even_when_alone(D, labels):
    return _silhouettes_with(D, labels, own=np.mean, alone=lambda groups: 1.0)


@SILHOUETTES.mistake(
    "b is the mean distance to the points of all other clusters together. Only one of those clusters counts.",
    hint=2,
)
def all_others_together(D, labels):
    return _silhouettes_with(D, labels, other=lambda groups: np.concatenate(groups).mean())


@SILHOUETTES.mistake(
    "b is the distance to the nearest point of another cluster. A cluster is more than its nearest member.",
    hint=2,
)
def nearest_point(D, labels):
    return _silhouettes_with(D, labels, other=lambda groups: np.concatenate(groups).min())


@SILHOUETTES.mistake(
    "b comes from the farthest cluster. Which other cluster could the point belong to most easily?", hint=2
)
def farthest_cluster(D, labels):
    return _silhouettes_with(D, labels, other=lambda groups: max(group.mean() for group in groups))


@SILHOUETTES.mistake(
    "a and b are swapped: a point deep inside its cluster should get a value near 1, and"
    " here it gets one near -1.",
    hint=3,
)
def sign(D, labels):
    return -silhouettes(D, labels)


@SILHOUETTES.mistake(
    "dividing by b alone is right for points with a < b. For the others the value can fall below -1.", hint=3
)
def divided_by_b(D, labels):
    return _silhouettes_with(D, labels, value=lambda a, b: (b - a) / b)


@SILHOUETTES.mistake("this is the score of the whole clustering. Each point has a value of its own.", hint=3)
def mean_of_all(D, labels):
    return silhouettes(D, labels).mean()


@SILHOUETTES.mistake(
    "everything is right except for a point alone in its cluster: its mean distance"
    " to no other points is 0/0.",
    hint=3,
    name="NaN for a point alone",
)
def nan_for_a_point_alone(D, labels):
    return _silhouettes_with(D, labels, alone=lambda groups: np.nan)


@SILHOUETTES.mistake(
    "you left the zeros out of a. A zero can also be the distance to another point in the same place.", hint=1
)
def zeros_dropped(D, labels):
    return _silhouettes_with(D, labels, own=lambda mine: mine[mine > 0].mean())


@SILHOUETTES.mistake("b is the average over all other clusters, near and far alike.", hint=2)
def mean_of_the_clusters(D, labels):
    return _silhouettes_with(D, labels, other=lambda groups: np.mean([group.mean() for group in groups]))


@SILHOUETTES.mistake(
    "the signs are right, but the values are too close to 0: look at what you divide the difference by.",
    hint=3,
    name="divided by a + b",
)
def divided_by_a_b(D, labels):
    return _silhouettes_with(D, labels, value=lambda a, b: (b - a) / (a + b))


@SILHOUETTES.mistake(
    "you squared the distances. The inertia needs that; a silhouette takes them as they are.",
    hint=1,
    name="squared distances",
)
def squared_distances_in_silhouettes(D, labels):
    return silhouettes(D**2, labels)


@SILHOUETTES.mistake(
    "a point alone in its cluster got the best possible value. Then one cluster per point would"
    " be a perfect clustering.",
    hint=3,
)
def alone_is_perfect(D, labels):
    return _silhouettes_with(D, labels, alone=lambda groups: 1.0)


@SILHOUETTES.right
def silhouettes_by_scikit_learn(D, labels):
    return sklearn_silhouette_samples(D, labels, metric="precomputed")


@SILHOUETTES.right
def silhouettes_by_the_package(D, labels):
    return silhouette_samples(D, labels, metric="precomputed")


@SILHOUETTES.right
def silhouettes_by_membership(D, labels):
    member = labels[:, np.newaxis] == np.unique(labels)
    n = member.sum(axis=0)
    sums = D @ member
    a = sums[member] / np.maximum(n[labels] - 1, 1)
    b = np.where(member, np.inf, sums / n).min(axis=1)
    return np.where(n[labels] == 1, 0, (b - a) / np.maximum(a, b))


@SILHOUETTES.right
def silhouettes_point_by_point(D, labels):
    s = []
    for i in range(len(D)):
        means = {}
        for k in np.unique(labels):
            members = [j for j in range(len(D)) if labels[j] == k and j != i]
            if members:
                means[k] = D[i, members].mean()
        if labels[i] not in means:
            s.append(0.0)
            continue
        a = means.pop(labels[i])
        b = min(means.values())
        s.append((b - a) / max(a, b))
    return s


@SILHOUETTES.right
def silhouettes_by_masks(D, labels):
    K = labels.max() + 1
    s = np.zeros(len(labels))
    for i, row in enumerate(D):
        mine = labels == labels[i]
        n = mine.sum()
        if n > 1:
            a = row[mine].sum() / (n - 1)
            b = np.min([np.mean(row[labels == k]) for k in range(K) if k != labels[i]])
            s[i] = (b - a) / max(a, b)
    return s


@SILHOUETTES.right
def silhouettes_in_single_precision(D, labels):
    return silhouettes_by_membership(D.astype(np.float32), labels).astype(np.float32)


# ── 6  Read a picture ────────────────────────────────────────────────────────────────────────────────

SILHOUETTE_DIAGRAM = LESSON.choice(
    "silhouette_diagram",
    title="Read a silhouette diagram",
    points=1,
    right="B",
    wrong={
        "A": "five groups of equal size would show as five blades of equal thickness. Here one blade is far"
        " thicker than the two thinnest together.",
        "C": "a blade's length says how well its points fit, not where they are. Here two whole blades end before"
        " the line; outliers would be a few points at a blade's tip or below zero.",
        "D": "k-means never does that: once it has converged, every point has the label of its nearest centre. A"
        " silhouette compares distances to members, not to centres.",
    },
)


SILHOUETTE_DIAGRAM.right_values("b")


# ── 7  Choose k ──────────────────────────────────────────────────────────────────────────────────────

IRIS_K = LESSON.value(
    "iris_k",
    title="How many kinds of iris?",
    points=2,
    expected="(k, its silhouette score), the score to two decimals or more",
    parts=("the number of clusters", "the score"),
)


@cache
def _iris_score(k: int) -> float:
    X, _ = load_iris()
    return silhouette_score(X, KMeans(k, n_init=10, random_state=0).fit_predict(X))


@cache
def _iris_inertia(k: int) -> float:
    return KMeans(k, n_init=10, random_state=0).fit(load_iris()[0]).inertia_


@IRIS_K.canonical
def _to_two_decimals(answer: Any) -> Any:
    """Round the score in (k, score), so that 0.681 and 0.68 are the same answer."""
    if isinstance(answer, np.ndarray) and answer.size <= 2:
        answer = tuple(answer.tolist()) if answer.ndim else answer.item()
    if isinstance(answer, tuple) and all(isinstance(part, (int, float)) for part in answer):
        return tuple(round(float(part), 2) for part in answer)
    return answer


@IRIS_K.reference
def iris_k():
    return (2, _iris_score(2))


@IRIS_K.accepts
def accepts_iris_k(answer):
    return any(answer[0] == k and np.isclose(answer[1], _iris_score(k), rtol=0, atol=0.0051) for k in (2, 3))


@IRIS_K.law("the second value is the silhouette score of the clustering into k.")
def the_score_of_this_k(out):
    return out[0] not in range(2, 9) or np.isclose(out[1], _iris_score(int(out[0])), rtol=0, atol=0.0051)


@IRIS_K.mistake(
    "the second number is the inertia of your clustering: a sum of squares, in cm².",
    hint=2,
    name="inertia for k = 2",
)
def inertia_for_k_2():
    return (2, _iris_inertia(2))


@IRIS_K.mistake(
    "the second number is the inertia, which grows with the number of flowers. A silhouette score does not.",
    hint=2,
    name="inertia for k = 3",
)
def inertia_for_k_3():
    return (3, _iris_inertia(3))


@IRIS_K.mistake(
    "that score belongs to the clustering with one more cluster.",
    hint=2,
    name="score of 3 clusters with k = 2",
)
def score_of_3_clusters_with_k_2():
    return (2, _iris_score(3))


@IRIS_K.mistake(
    "that score belongs to the clustering with one fewer cluster.",
    hint=2,
    name="score of 2 clusters with k = 3",
)
def score_of_2_clusters_with_k_3():
    return (3, _iris_score(2))


@IRIS_K.mistake(
    "the score comes first here, and k second. The task asks for k first.", hint=2, name="swapped, k = 2"
)
def swapped_k_2():
    return (_iris_score(2), 2)


@IRIS_K.mistake("k and its score are in the wrong order.", hint=2, name="swapped, k = 3")
def swapped_k_3():
    return (_iris_score(3), 3)


@IRIS_K.mistake(
    "the score is computed correctly, but k = 4 is hard to defend: neither the scores nor botany suggest it.",
    hint=1,
)
def four():
    return (4, _iris_score(4))


@IRIS_K.mistake(
    "the score is computed correctly, but k = 5 is past the elbow. The inertia still falls"
    " there, as it always does.",
    hint=1,
    name="the elbow's tail",
)
def the_elbows_tail():
    return (5, _iris_score(5))


IRIS_K.right_values((2, 0.68), (3, 0.553), [2, 0.6810461692117464], (np.int64(3), np.float64(0.5528)))


# ── 8  Repaint a photograph ──────────────────────────────────────────────────────────────────────────

REPAINT = LESSON.task(
    "repaint",
    title="Repaint a photograph",
    points=3,
    expected="(picture of the photo's shape (h, w, 3), how many times smaller: one number)",
    parts=("the picture", "the ratio"),
    families={"the picture": 2, "the ratio": 1},
    atol=1e-6,
)


@REPAINT.cases
def repaint_cases(rng: np.random.Generator) -> Iterator[Case]:
    for sizes in ([4, 8, 16], [5, 9, 10, 11], [3, 6, 7, 12, 13]):
        h, w, K = rng.integers(6, 10), rng.integers(10, 14), rng.choice(sizes)
        yield Case(f"{K} colours", (rng.uniform(size=(h, w, 3)), rng.uniform(size=(K, 3))))


def bits(K: int) -> int:
    return ceil(log2(K))


def times_smaller(photo: Array, K: int) -> float:
    n_pixels = photo.shape[0] * photo.shape[1]
    return 24 * n_pixels / (bits(K) * n_pixels + 24 * K)


@REPAINT.reference
def repaint(photo: Array, palette: Array) -> tuple[Array, float]:
    new = np.empty_like(photo)
    for row in range(photo.shape[0]):
        for column in range(photo.shape[1]):
            distances = [np.linalg.norm(photo[row, column] - color) for color in palette]
            new[row, column] = palette[np.argmin(distances)]
    return new, times_smaller(photo, len(palette))


def _with_ratio(ratio: Callable[..., Any]) -> Callable[..., tuple[Array, float]]:
    """The right picture with another ratio, `ratio(number of pixels, K)`."""
    return lambda photo, palette: (
        repaint(photo, palette)[0],
        ratio(photo.shape[0] * photo.shape[1], len(palette)),
    )


def _with_picture(picture: Callable[..., Array]) -> Callable[..., tuple[Array, float]]:
    """The right ratio with another picture, `picture(squared distances (h, w, K), palette)`."""

    def repaint_wrongly(photo: Array, palette: Array) -> tuple[Array, float]:
        D2 = np.sum((photo[:, :, np.newaxis] - palette) ** 2, axis=-1)
        return picture(D2, palette), times_smaller(photo, len(palette))

    return repaint_wrongly


@REPAINT.law("every pixel must have a colour of the palette.")
def painted_in_the_palette(out, photo, palette):
    return np.allclose(distances_between(out[0].reshape(-1, 3), palette).min(axis=1), 0, atol=1e-6)


@REPAINT.mistake(
    "the picture holds the numbers of the colours. You still have to look each one up in the palette.", hint=1
)
def numbers_instead_of_colours(photo, palette):
    return _with_picture(lambda D2, palette: D2.argmin(axis=-1))(photo, palette)


@REPAINT.mistake(
    "all pixels are right, but they are one long list: the picture has lost its height and width.", hint=1
)
def a_list_of_pixels(photo, palette):
    return _with_picture(lambda D2, palette: palette[D2.argmin(axis=-1)].reshape(-1, 3))(photo, palette)


@REPAINT.mistake("every pixel got the palette colour that is least like it.", hint=1)
def farthest_colour(photo, palette):
    return _with_picture(lambda D2, palette: palette[D2.argmax(axis=-1)])(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio leaves out the palette, and nobody can show the picture without it.",
    hint=3,
)
def without_palette(photo, palette):
    return _with_ratio(lambda n, K: 24 / bits(K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio uses a fraction of a bit per pixel, but only whole bits can be stored.",
    hint=2,
)
def fractions_of_a_bit(photo, palette):
    return _with_ratio(lambda n, K: 24 * n / (log2(K) * n + 24 * K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. You rounded the bits per pixel down, so some colours have no number.", hint=2
)
def bits_rounded_down(photo, palette):
    return _with_ratio(lambda n, K: 24 * n / (int(log2(K)) * n + 24 * K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. Where K is a power of two, the ratio spends a bit too many on each pixel:"
    " the numbers start at 0.",
    hint=2,
)
def a_bit_too_many_for_powers_of_two(photo, palette):
    return _with_ratio(lambda n, K: 24 * n / ((int(log2(K)) + 1) * n + 24 * K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio spends one bit per colour on each pixel. How many colours can two bits number?",
    hint=2,
)
def one_bit_per_colour(photo, palette):
    return _with_ratio(lambda n, K: 24 * n / (K * n + 24 * K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio counts the bits of the palette only. The pixels need bits as well.",
    hint=3,
)
def palette_alone(photo, palette):
    return _with_ratio(lambda n, K: 24 * n / (24 * K))(photo, palette)


@REPAINT.mistake(
    "each pixel looked for its colour by adding up absolute differences. The nearest colour is the one at the"
    " smallest straight-line distance.",
    hint=1,
)
def nearest_by_manhattan_distance(photo, palette):
    nearest = cdist(photo.reshape(-1, 3), palette, "cityblock").argmin(axis=1)
    return palette[nearest].reshape(photo.shape), times_smaller(photo, len(palette))


@REPAINT.mistake(
    "the picture is right. You rounded the bits per pixel to the nearest integer, but two bits"
    " cannot number five colours.",
    hint=2,
)
def bits_rounded(photo, palette):
    return _with_ratio(lambda n, K: 24 * n / (round(log2(K)) * n + 24 * K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio counts every number in the photograph as a"
    " pixel, but a pixel has three.",
    hint=3,
)
def every_channel_counted_as_a_pixel(photo, palette):
    return _with_ratio(lambda n, K: 72 * n / (bits(K) * 3 * n + 24 * K))(photo, palette)


@REPAINT.mistake("the picture is right. The ratio was cut down to a whole number.", hint=3)
def ratio_cut_off(photo, palette):
    return _with_ratio(lambda n, K: 24 * n // (bits(K) * n + 24 * K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio uses fractions of a bit, and it leaves out the palette.",
    hint=2,
    name="fraction of a bit, without the palette",
)
def fraction_of_a_bit_without_palette(photo, palette):
    return _with_ratio(lambda n, K: 24 / log2(K))(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio compares numbers of colours, but a file is made of bits.", hint=2
)
def counting_colours(photo, palette):
    return _with_ratio(lambda n, K: 2**24 / K)(photo, palette)


@REPAINT.mistake(
    "the picture is right. The ratio is below 1: it says what share is left, not how many"
    " times smaller the picture is.",
    hint=3,
)
def upside_down(photo, palette):
    return _with_ratio(lambda n, K: (bits(K) * n + 24 * K) / (24 * n))(photo, palette)


@REPAINT.right
def repaint_by_cdist(photo, palette):
    h, w, _ = photo.shape
    nearest = cdist(photo.reshape(-1, 3), palette).argmin(axis=1)
    bits = len(bin(len(palette) - 1)) - 2
    return palette[nearest].reshape(photo.shape), 24 * h * w / (bits * h * w + 24 * len(palette))


@REPAINT.right
def repaint_by_the_package(photo, palette):
    labels = assign(photo.reshape(-1, 3), palette)
    before = 8 * photo.size
    after = np.ceil(np.log2(len(palette))) * len(labels) + 8 * palette.size
    return palette[labels.reshape(photo.shape[:2])], before / after


@REPAINT.right
def repaint_step_by_step(photo, palette):
    height, width, _ = photo.shape
    rows = photo.reshape(height * width, 3)
    D2 = ((rows[:, None] - palette) ** 2).sum(axis=2)
    numbers = np.argmin(D2, axis=1)
    picture = palette[numbers].reshape(height, width, 3)
    before = 24 * height * width
    after = height * width * np.ceil(np.log2(len(palette))) + 24 * len(palette)
    ratio = before / after
    return picture, ratio


@REPAINT.right
def repaint_pixel_by_pixel(photo, palette):
    picture = np.zeros(photo.shape)
    for i in range(len(photo)):
        for j in range(len(photo[i])):
            D2 = np.sum((palette - photo[i, j]) ** 2, axis=1)
            picture[i, j] = palette[np.argmin(D2)]
    n, K = picture.size / 3, len(palette)
    bits_per_pixel = np.ceil(np.log2(K))
    return picture, n * 24 / (n * bits_per_pixel + K * 24)


@REPAINT.right
def repaint_without_flattening(photo, palette):
    numbers = np.linalg.norm(photo[:, :, None] - palette, axis=3).argmin(axis=2)
    K, n = len(palette), numbers.size
    bits_each = 1
    while 2**bits_each < K:
        bits_each += 1
    return palette[numbers], 24 * n / (bits_each * n + 24 * K)


@REPAINT.right
def repaint_in_single_precision(photo, palette):
    painted, times_smaller = repaint_by_cdist(photo, palette)
    return painted.astype(np.float32), np.float32(times_smaller)
