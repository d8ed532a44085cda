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

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice
from mlcourse.datasets import load_iris
from mlcourse.kmeans import KMeans
from mlcourse.metrics import silhouette_score
from mlcourse.typing import Array

LESSON = "01_kmeans"


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


def read_distances_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("twelve points, three centres", (distances_between(*scattered(rng, n=12, K=3)),))
    yield Case("as many centres as points", (distances_between(*scattered(rng, n=5, K=5)),))


def read_distances(distances: Array) -> tuple[Array, float]:
    labels = [min(range(len(row)), key=row.__getitem__) for row in distances]
    return np.array(labels), float(sum(min(row) ** 2 for row in distances))


READ_DISTANCES = Check(
    name="read_distances",
    lesson=LESSON,
    points=1,
    reference=read_distances,
    cases=read_distances_cases,
    expected="(labels of shape (n,), inertia: one number)",
    mistakes=(
        Mistake(
            "not squared",
            lambda t: (t.argmin(axis=1), t.min(axis=1).sum()),
            "the labels are right. You added up plain distances, and the inertia is not a sum of plain distances.",
            hint=2,
        ),
        Mistake(
            "squared too late",
            lambda t: (t.argmin(axis=1), t.min(axis=1).sum() ** 2),
            "you added up the distances and then squared the sum. The square of a sum is not a sum of squares.",
            hint=2,
        ),
        Mistake(
            "all centres",
            lambda t: (t.argmin(axis=1), (t**2).sum()),
            "the inertia adds up the squared distances to all centres. How many of them does"
            " one point contribute to?",
            hint=2,
        ),
        Mistake(
            "mean instead of sum",
            lambda t: (t.argmin(axis=1), (t.min(axis=1) ** 2).mean()),
            "the inertia is an average per point: you took a mean at the end.",
            hint=2,
        ),
        Mistake(
            "farthest centre",
            lambda t: (t.argmax(axis=1), (t.max(axis=1) ** 2).sum()),
            "every point went to its farthest centre. The entries of the table are distances, not scores.",
            hint=1,
        ),
        Mistake(
            "counted from one",
            lambda t: (t.argmin(axis=1) + 1, (t.min(axis=1) ** 2).sum()),
            "the inertia is right. The clusters are numbered from 1, but the course counts from 0.",
            hint=1,
        ),
        Mistake(
            "down the columns",
            lambda t: (t.argmin(axis=0), (t.min(axis=0) ** 2).sum()),
            "you looked for the nearest point of each centre. The task asks something about each point.",
            hint=1,
        ),
        Mistake(
            "values swapped",
            lambda t: read_distances(t)[::-1],
            "the two values are in the wrong order: the labels come first.",
            hint=1,
        ),
        Mistake(
            "distance instead of label",
            lambda t: (t.min(axis=1), (t.min(axis=1) ** 2).sum()),
            "the inertia is right. Where the labels should be, you return the smallest distances themselves.",
            hint=1,
        ),
    ),
)


# ── 2  One step of Lloyd's algorithm ─────────────────────────────────────────────────────────────────


def lloyd_step_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("four clusters in the plane", scattered(rng))
    yield Case("no groups at all", (rng.normal(size=(80, 2)), rng.normal(size=(4, 2))))
    X, c = scattered(rng, n=60, d=3, K=3)
    yield Case("a centre so far away that its cluster is empty", (X, np.insert(c, 1, 100.0, axis=0)))


def lloyd_step(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels = np.array([np.argmin([np.sum((x - center) ** 2) for center in c]) for x in X])
    inertia = sum(np.sum((x - c[label]) ** 2) for x, label in zip(X, labels))
    new = c.astype(float)
    for k in range(len(c)):
        if np.any(labels == k):
            new[k] = X[labels == k].mean(axis=0)
    return labels, inertia, new


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


def _empty_lost(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, inertia, new = lloyd_step(X, c)
    return labels, inertia, new[np.unique(labels)]


def _inertia_after(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, _, new = lloyd_step(X, c)
    return labels, np.sum((X - new[labels]) ** 2), new


def _inertia_unsquared(X: Array, c: Array) -> tuple[Array, float, Array]:
    labels, _, new = lloyd_step(X, c)
    return labels, distances_between(X, c).min(axis=1).sum(), new


def _labels_after(X: Array, c: Array) -> tuple[Array, float, Array]:
    _, inertia, new = lloyd_step(X, c)
    return lloyd_step(X, new)[0], inertia, new


def _medians(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: np.median(own, axis=0) if len(own) else old, X, c)


def _divided_by_n(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: own.sum(axis=0) / len(X) if len(own) else old, X, c)


def _all_divided_by_n(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: own.sum(axis=0) / len(X), X, c)


def _mean_of_everything(X: Array, c: Array) -> tuple[Array, float, Array]:
    return _with_centers(lambda own, old: np.full(len(old), own.mean()) if len(own) else old, X, c)


LLOYD_STEP = Check(
    name="lloyd_step",
    lesson=LESSON,
    points=3,
    reference=lloyd_step,
    cases=lloyd_step_cases,
    expected="(labels of shape (n,), inertia: one number, new centres of shape (K, d) without NaN)",
    mistakes=(
        Mistake(
            "empty cluster becomes NaN",
            _mean_or(np.nan),
            "everything is right until a cluster is empty. The mean of no points is NaN, and a"
            " NaN centre never recovers.",
            hint=3,
        ),
        Mistake(
            "empty cluster sent to zero",
            _mean_or(0.0),
            "the centre of an empty cluster jumps to the origin. Nothing in the data puts it there.",
            hint=3,
        ),
        Mistake(
            "empty cluster left out",
            _empty_lost,
            "the empty cluster is missing from the new centres, so every centre after it has the wrong number.",
            hint=3,
        ),
        Mistake(
            "inertia about the new centres",
            _inertia_after,
            "the inertia was measured from the new centres, but the labels belong to the old ones.",
            hint=2,
        ),
        Mistake(
            "inertia not squared",
            _inertia_unsquared,
            "the labels and the new centres are right. The inertia adds up plain distances.",
            hint=2,
        ),
        Mistake(
            "labels of the next step",
            _labels_after,
            "the labels were computed again after the centres had moved. That is already the next step.",
            hint=1,
        ),
        Mistake(
            "medians",
            _medians,
            "the new centres are medians. They minimise the sum of absolute differences, and the"
            " inertia is a different sum.",
            hint=1,
        ),
        Mistake(
            "divided by n",
            _divided_by_n,
            "you divided each cluster's sum by the number of all points.",
            hint=1,
        ),
        Mistake(
            "divided by n, empty clusters too",
            _all_divided_by_n,
            "you divided each cluster's sum by the number of all points. That hid the empty cluster: its centre"
            " went to the origin without a warning.",
            hint=1,
        ),
        Mistake(
            "mean without an axis",
            _mean_of_everything,
            "all coordinates of each new centre are equal: you took the mean over the features as well.",
            hint=1,
        ),
    ),
)


# ── 3  Seeding ───────────────────────────────────────────────────────────────────────────────────────


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


def _not_normalised(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    _, row = greedy_seed(X, chosen, candidates)
    return squared_distances(X, chosen).min(axis=1), row


def _likeliest_candidate(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, _ = greedy_seed(X, chosen, candidates)
    return p, int(candidates[np.argmax(p[candidates])])


def _ignores_chosen(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, _ = greedy_seed(X, chosen, candidates)
    return p, int(candidates[np.argmin(squared_distances(X, X[candidates]).sum(axis=0))])


def _best_unsquared(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, _ = greedy_seed(X, chosen, candidates)
    D = distances_between(X, chosen).min(axis=1, keepdims=True)
    left = np.minimum(D, distances_between(X, X[candidates])).sum(axis=0)
    return p, int(candidates[np.argmin(left)])


def _nothing_squared(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    D = distances_between(X, chosen).min(axis=1)
    return D / D.sum(), _best_unsquared(X, chosen, candidates)[1]


def _position_in_the_list(X: Array, chosen: Array, candidates: Array) -> tuple[Array, int]:
    p, row = greedy_seed(X, chosen, candidates)
    return p, int(np.flatnonzero(candidates == row)[0])


GREEDY_SEED = Check(
    name="greedy_seed",
    lesson=LESSON,
    points=3,
    reference=greedy_seed,
    cases=greedy_seed_cases,
    laws=(
        Law("the probabilities of all points sum to 1.", lambda out, *_: np.isclose(np.sum(out[0]), 1)),
        Law(
            "the row that you return is one of the candidates.",
            lambda out, X, chosen, candidates: np.isin(out[1], candidates),
        ),
    ),
    expected="(probabilities of shape (n,), summing to 1; one of the candidate rows)",
    mistakes=(
        Mistake(
            "distances not squared",
            _chances_from(lambda D, X, chosen: D.min(axis=1)),
            "the probabilities grow with the distance, but far points still get too little: is D itself"
            " the right weight?",
            hint=1,
        ),
        Mistake(
            "not normalised",
            _not_normalised,
            "these are still squared distances. Probabilities have to sum to 1.",
            hint=1,
        ),
        Mistake(
            "all chosen centres added",
            _chances_from(lambda D, X, chosen: (D**2).sum(axis=1)),
            "you added up the squared distances to all chosen centres, so even a point that was already"
            " chosen can be drawn again.",
            hint=1,
        ),
        Mistake(
            "farthest chosen centre",
            _chances_from(lambda D, X, chosen: (D**2).max(axis=1)),
            "you took the distance to the farthest chosen centre. A point next to one centre is well served,"
            " however far away the others are.",
            hint=1,
        ),
        Mistake(
            "last chosen centre only",
            _chances_from(lambda D, X, chosen: D[:, -1] ** 2),
            "only the last chosen centre counts: the ones before it are ignored.",
            hint=1,
        ),
        Mistake(
            "likeliest candidate",
            _likeliest_candidate,
            "the probabilities are right. You kept the candidate that is farthest away, which may do"
            " little for the other points.",
            hint=3,
        ),
        Mistake(
            "candidate judged alone",
            _ignores_chosen,
            "the probabilities are right. You judged each candidate as if it were the only centre.",
            hint=2,
        ),
        Mistake(
            "candidates judged by plain distances",
            _best_unsquared,
            "the probabilities are right. You compared the candidates by sums of plain distances, and the"
            " inertia is a different sum.",
            hint=2,
        ),
        Mistake(
            "nothing squared",
            _nothing_squared,
            "both the probabilities and the choice of candidate use plain distances.",
            hint=1,
        ),
        Mistake(
            "position in the list",
            _position_in_the_list,
            "the probabilities are right. The second value is a position in the list of candidates, not a row of X.",
            hint=3,
        ),
    ),
)


# ── 4  Match the labels ──────────────────────────────────────────────────────────────────────────────


def labelings(rng: np.random.Generator, counts: Array | list[list[int]]) -> tuple[Array, Array]:
    """Classes and clusters in random order, with roughly this table of counts."""
    counts = np.asarray(counts) + rng.integers(4, size=np.shape(counts))
    K = len(counts)
    y, labels = (np.repeat(part, counts.ravel()) for part in np.divmod(np.arange(K * K), K))
    order = rng.permutation(len(y))
    return y[order], labels[order]


def matched_share_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three classes", labelings(rng, [[2, 40, 5], [4, 9, 50], [30, 20, 10]]))
    yield Case(
        "two classes whose largest cluster is the same",
        labelings(rng, [[60, 50, 2], [40, 10, 3], [5, 4, 40]]),
    )
    yield Case("four classes", labelings(rng, 20 * rng.permutation(np.eye(4, dtype=int)) + 2))


def matched_share(y: Array, labels: Array) -> float:
    classes = np.unique(y)
    best = max(np.sum(np.array(names)[labels] == y) for names in permutations(classes))
    return best / len(y)


def _counts(y: Array, labels: Array) -> Array:
    table = np.zeros((y.max() + 1, labels.max() + 1), dtype=int)
    np.add.at(table, (y, labels), 1)
    return table


def _greedy_matching(y: Array, labels: Array) -> float:
    table, agree = _counts(y, labels), 0
    for _ in range(len(table)):
        row, column = np.unravel_index(table.argmax(), table.shape)
        agree += table[row, column]
        table[row], table[:, column] = -1, -1
    return agree / len(y)


def _wrong_direction(y: Array, labels: Array) -> float:
    _, clusters = linear_sum_assignment(_counts(y, labels), maximize=True)
    return np.mean(clusters[labels] == y)


def _worst_matching(y: Array, labels: Array) -> float:
    return min(np.sum(np.array(names)[labels] == y) for names in permutations(np.unique(y))) / len(y)


MATCHED_SHARE = Check(
    name="matched_share",
    lesson=LESSON,
    points=3,
    reference=matched_share,
    cases=matched_share_cases,
    laws=(Law("a share is between 0 and 1.", lambda out, *_: 0 <= out <= 1 + 1e-9),),
    expected="one number, the share of points that agree under the best naming",
    mistakes=(
        Mistake(
            "numbers compared",
            lambda y, labels: np.mean(y == labels),
            "you compared cluster numbers with class numbers, as if they meant the same.",
            hint=1,
        ),
        Mistake(
            "majority of each cluster",
            lambda y, labels: _counts(y, labels).max(axis=0).sum() / len(y),
            "each cluster got its most frequent class, so two clusters can get the same class. Each"
            " name may be used only once.",
            hint=1,
        ),
        Mistake(
            "majority of each class",
            lambda y, labels: _counts(y, labels).max(axis=1).sum() / len(y),
            "each class got the cluster that holds most of it, so two classes can get the same cluster.",
            hint=1,
        ),
        Mistake(
            "greedy matching",
            _greedy_matching,
            "you matched the largest count first, then the largest of the rest. The first"
            " choice can spoil the others.",
            hint=2,
        ),
        Mistake(
            "worst matching",
            _worst_matching,
            "this is the *worst* of all matchings: an assignment solver minimises unless you ask it not to.",
            hint=3,
        ),
        Mistake(
            "count instead of share",
            lambda y, labels: matched_share(y, labels) * len(y),
            "this is how many points agree. The task asks for a share of all points.",
            hint=3,
        ),
        Mistake(
            "percent",
            lambda y, labels: 100 * matched_share(y, labels),
            "this is the share in per cent. The task asks for a number between 0 and 1.",
            hint=3,
        ),
        Mistake(
            "the wrong direction",
            _wrong_direction,
            "the matching gives the cluster of each class. You read it as the class of each cluster.",
            hint=3,
        ),
    ),
)


# ── 5  Silhouettes from distances ────────────────────────────────────────────────────────────────────


def silhouettes_cases(rng: np.random.Generator) -> Iterator[Case]:
    X, _ = scattered(rng, n=24, K=3)
    yield Case("three clusters", (distances_between(X, X), rng.permutation(np.arange(24) % 3)))
    X, _ = scattered(rng, n=20, K=4)
    labels = np.r_[np.arange(19) % 3, 3]
    yield Case("four clusters, one of them a single point", (distances_between(X, X), labels))
    X, _ = scattered(rng, n=18, K=3)
    X[3] = X[0]
    yield Case("two points of a cluster at the same place", (distances_between(X, X), np.arange(18) % 3))


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


SILHOUETTES = Check(
    name="silhouettes",
    lesson=LESSON,
    points=4,
    reference=silhouettes,
    cases=silhouettes_cases,
    laws=(Law("a silhouette is between -1 and 1.", lambda out, *_: np.all(np.abs(out) <= 1 + 1e-6)),),
    expected="array of shape (n,), values from -1 to 1",
    atol=1e-6,
    mistakes=(
        Mistake(
            "own neighbour",
            lambda D, labels: _silhouettes_with(D, labels, own=np.mean),
            "every point counts as its own neighbour, at distance 0, so the mean distance a is a little too small.",
            hint=1,
        ),
        Mistake(
            "all others together",
            lambda D, labels: _silhouettes_with(
                D, labels, other=lambda groups: np.concatenate(groups).mean()
            ),
            "b is the mean distance to the points of all other clusters together. Only one"
            " of those clusters counts.",
            hint=2,
        ),
        Mistake(
            "nearest point",
            lambda D, labels: _silhouettes_with(D, labels, other=lambda groups: np.concatenate(groups).min()),
            "b is the distance to the nearest point of another cluster. A cluster is more than its nearest member.",
            hint=2,
        ),
        Mistake(
            "farthest cluster",
            lambda D, labels: _silhouettes_with(
                D, labels, other=lambda groups: max(group.mean() for group in groups)
            ),
            "b comes from the farthest cluster. Which other cluster could the point belong to most easily?",
            hint=2,
        ),
        Mistake(
            "sign",
            lambda D, labels: -silhouettes(D, labels),
            "a and b are swapped: a point deep inside its cluster should get a value near 1, and"
            " here it gets one near -1.",
            hint=3,
        ),
        Mistake(
            "divided by b",
            lambda D, labels: _silhouettes_with(D, labels, value=lambda a, b: (b - a) / b),
            "dividing by b alone is right for points with a < b. For the others the value can fall below -1.",
            hint=3,
        ),
        Mistake(
            "mean of all",
            lambda D, labels: silhouettes(D, labels).mean(),
            "this is the score of the whole clustering. Each point has a value of its own.",
            hint=3,
        ),
        Mistake(
            "NaN for a point alone",
            lambda D, labels: _silhouettes_with(D, labels, alone=lambda groups: np.nan),
            "everything is right except for a point alone in its cluster: its mean distance"
            " to no other points is 0/0.",
            hint=3,
        ),
        Mistake(
            "zeros dropped",
            lambda D, labels: _silhouettes_with(D, labels, own=lambda mine: mine[mine > 0].mean()),
            "you left the zeros out of a. A zero can also be the distance to another point in the same place.",
            hint=1,
        ),
        Mistake(
            "mean of the clusters",
            lambda D, labels: _silhouettes_with(
                D, labels, other=lambda groups: np.mean([group.mean() for group in groups])
            ),
            "b is the average over all other clusters, near and far alike.",
            hint=2,
        ),
        Mistake(
            "divided by a + b",
            lambda D, labels: _silhouettes_with(D, labels, value=lambda a, b: (b - a) / (a + b)),
            "the signs are right, but the values are too close to 0: look at what you divide the difference by.",
            hint=3,
        ),
        Mistake(
            "squared distances",
            lambda D, labels: silhouettes(D**2, labels),
            "you squared the distances. The inertia needs that; a silhouette takes them as they are.",
            hint=1,
        ),
        Mistake(
            "alone is perfect",
            lambda D, labels: _silhouettes_with(D, labels, alone=lambda groups: 1.0),
            "a point alone in its cluster got the best possible value. Then one cluster per point would"
            " be a perfect clustering.",
            hint=3,
        ),
    ),
)


# ── 6  Read a picture ────────────────────────────────────────────────────────────────────────────────

SILHOUETTE_DIAGRAM = choice(
    "silhouette_diagram",
    LESSON,
    1,
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


# ── 7  Choose k ──────────────────────────────────────────────────────────────────────────────────────


@cache
def _iris_score(k: int) -> float:
    X, _ = load_iris()
    return silhouette_score(X, KMeans(k, n_init=10, random_state=0).fit_predict(X))


@cache
def _iris_inertia(k: int) -> float:
    return KMeans(k, n_init=10, random_state=0).fit(load_iris()[0]).inertia_


def _to_two_decimals(answer: Any) -> Any:
    """Round the score in (k, score), so that 0.681 and 0.68 are the same answer."""
    if isinstance(answer, np.ndarray) and answer.size <= 2:
        answer = tuple(answer.tolist()) if answer.ndim else answer.item()
    if isinstance(answer, tuple) and all(isinstance(part, (int, float)) for part in answer):
        return tuple(round(float(part), 2) for part in answer)
    return answer


IRIS_K = Check(
    name="iris_k",
    lesson=LESSON,
    points=2,
    kind="value",
    reference=lambda: (2, _iris_score(2)),
    accepts=lambda answer: any(
        answer[0] == k and np.isclose(answer[1], _iris_score(k), rtol=0, atol=0.0051) for k in (2, 3)
    ),
    canonical=_to_two_decimals,
    expected="(k, its silhouette score), the score to two decimals or more",
    mistakes=(
        Mistake(
            "inertia for k = 2",
            lambda: (2, _iris_inertia(2)),
            "the second number is the inertia of your clustering: a sum of squares, in cm².",
            hint=2,
        ),
        Mistake(
            "inertia for k = 3",
            lambda: (3, _iris_inertia(3)),
            "the second number is the inertia, which grows with the number of flowers. A silhouette score does not.",
            hint=2,
        ),
        Mistake(
            "score of 3 clusters with k = 2",
            lambda: (2, _iris_score(3)),
            "that score belongs to the clustering with one more cluster.",
            hint=2,
        ),
        Mistake(
            "score of 2 clusters with k = 3",
            lambda: (3, _iris_score(2)),
            "that score belongs to the clustering with one fewer cluster.",
            hint=2,
        ),
        Mistake(
            "swapped, k = 2",
            lambda: (_iris_score(2), 2),
            "the score comes first here, and k second. The task asks for k first.",
            hint=2,
        ),
        Mistake(
            "swapped, k = 3",
            lambda: (_iris_score(3), 3),
            "k and its score are in the wrong order.",
            hint=2,
        ),
        Mistake(
            "four",
            lambda: (4, _iris_score(4)),
            "the score is computed correctly, but k = 4 is hard to defend: neither the"
            " scores nor botany suggest it.",
            hint=1,
        ),
        Mistake(
            "the elbow's tail",
            lambda: (5, _iris_score(5)),
            "the score is computed correctly, but k = 5 is past the elbow. The inertia still falls"
            " there, as it always does.",
            hint=1,
        ),
    ),
)


# ── 8  Repaint a photograph ──────────────────────────────────────────────────────────────────────────


def repaint_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, h, w, K in (
        ("eight colours", 7, 9, 8),
        ("five colours", 6, 11, 5),
        ("six colours", 10, 8, 6),
    ):
        yield Case(description, (rng.uniform(size=(h, w, 3)), rng.uniform(size=(K, 3))))


def bits(K: int) -> int:
    return ceil(log2(K))


def times_smaller(photo: Array, K: int) -> float:
    n_pixels = photo.shape[0] * photo.shape[1]
    return 24 * n_pixels / (bits(K) * n_pixels + 24 * K)


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


REPAINT = Check(
    name="repaint",
    lesson=LESSON,
    points=3,
    reference=repaint,
    cases=repaint_cases,
    laws=(
        Law(
            "every pixel has a colour of the palette.",
            lambda out, photo, palette: np.allclose(
                distances_between(out[0].reshape(-1, 3), palette).min(axis=1), 0, atol=1e-6
            ),
        ),
    ),
    expected="(picture of the photo's shape (h, w, 3), how many times smaller: one number)",
    atol=1e-6,
    mistakes=(
        Mistake(
            "numbers instead of colours",
            _with_picture(lambda D2, palette: D2.argmin(axis=-1)),
            "the picture holds the numbers of the colours. You still have to look each one up in the palette.",
            hint=1,
        ),
        Mistake(
            "a list of pixels",
            _with_picture(lambda D2, palette: palette[D2.argmin(axis=-1)].reshape(-1, 3)),
            "all pixels are right, but they are one long list: the picture has lost its height and width.",
            hint=1,
        ),
        Mistake(
            "farthest colour",
            _with_picture(lambda D2, palette: palette[D2.argmax(axis=-1)]),
            "every pixel got the palette colour that is least like it.",
            hint=1,
        ),
        Mistake(
            "palette forgotten",
            _with_ratio(lambda n, K: 24 / bits(K)),
            "the picture is right. The ratio leaves out the palette, and nobody can show the picture without it.",
            hint=3,
        ),
        Mistake(
            "fractions of a bit",
            _with_ratio(lambda n, K: 24 * n / (log2(K) * n + 24 * K)),
            "the picture is right. The ratio uses a fraction of a bit per pixel, but only whole bits can be stored.",
            hint=2,
        ),
        Mistake(
            "bits rounded down",
            _with_ratio(lambda n, K: 24 * n / (int(log2(K)) * n + 24 * K)),
            "the picture is right. You rounded the bits per pixel down, so some colours have no number.",
            hint=2,
        ),
        Mistake(
            "bits rounded",
            _with_ratio(lambda n, K: 24 * n / (round(log2(K)) * n + 24 * K)),
            "the picture is right. You rounded the bits per pixel to the nearest integer, but two bits"
            " cannot number five colours.",
            hint=2,
        ),
        Mistake(
            "every channel counted as a pixel",
            _with_ratio(lambda n, K: 72 * n / (bits(K) * 3 * n + 24 * K)),
            "the picture is right. The ratio counts every number in the photograph as a"
            " pixel, but a pixel has three.",
            hint=3,
        ),
        Mistake(
            "ratio cut off",
            _with_ratio(lambda n, K: 24 * n // (bits(K) * n + 24 * K)),
            "the picture is right. The ratio was cut down to a whole number.",
            hint=3,
        ),
        Mistake(
            "fraction of a bit, palette forgotten",
            _with_ratio(lambda n, K: 24 / log2(K)),
            "the picture is right. The ratio uses fractions of a bit, and it leaves out the palette.",
            hint=2,
        ),
        Mistake(
            "counting colours",
            _with_ratio(lambda n, K: 2**24 / K),
            "the picture is right. The ratio compares numbers of colours, but a file is made of bits.",
            hint=2,
        ),
        Mistake(
            "upside down",
            _with_ratio(lambda n, K: (bits(K) * n + 24 * K) / (24 * n)),
            "the picture is right. The ratio is below 1: it says what share is left, not how many"
            " times smaller the picture is.",
            hint=3,
        ),
    ),
)


CHECKS = (
    READ_DISTANCES,
    LLOYD_STEP,
    GREEDY_SEED,
    MATCHED_SHARE,
    SILHOUETTES,
    SILHOUETTE_DIAGRAM,
    IRIS_K,
    REPAINT,
)
