"""Checks for lesson 02 (the limits of k-means): inertia, a bug in the labels, sampling and errors of a mixture.

Symbols: X (n, d) or x (n,) data; y or labels (n,); pi (K,) weights; mu means; sigma (K,) standard deviations; u (n,)
uniform on [0, 1); Z (n, d) standard normal; k (n,) the component of each point.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax
from scipy.stats import norm

from mlcourse.checks.task import Case, Lesson
from mlcourse.datasets import load_points
from mlcourse.metrics import inertia
from mlcourse.typing import Array

LESSON = Lesson("02_kmeans_limits")


# ── 1  Read a picture ────────────────────────────────────────────────────────────────────────────────

WHOSE_POINT = LESSON.choice(
    "whose_point",
    title="Whose point is it?",
    points=1,
    right="B",
    wrong={
        "A": "the circles are drawn afterwards, around the finished clusters. `predict` knows nothing about them.",
        "C": "k-means has no way to say “none of these”: every place in the plane gets a label.",
        "D": "the number of points in a cluster affects where its centre is, but not how a new point is labelled.",
    },
)


WHOSE_POINT.right_values("b")


# ── 2  The inertia of a labelling ────────────────────────────────────────────────────────────────────

INERTIA_OF_LABELS = LESSON.task(
    "inertia_of_labels",
    title="The inertia of any labelling",
    points=2,
    expected="one number, in squared units of the data",
)


def labelled_points(rng: np.random.Generator, n: int, K: int, d: int) -> tuple[Array, Array]:
    """n points in K groups of unequal size, at least two in each, and the group of each point."""
    others = rng.choice(K, size=n - 2 * K, p=rng.dirichlet(np.full(K, 2.0)))
    labels = rng.permutation(np.r_[np.arange(K), np.arange(K), others])
    return rng.normal(scale=4, size=(K, d))[labels] + rng.normal(size=(n, d)), labels


@INERTIA_OF_LABELS.cases
def inertia_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three groups in the plane", labelled_points(rng, 40, 3, 2))
    yield Case("five groups, d = 4", labelled_points(rng, 60, 5, 4))
    X, labels = labelled_points(rng, 30, 3, 2)
    yield Case("groups mixed together", (X, rng.permutation(labels)))


@INERTIA_OF_LABELS.reference
def inertia_of_labels(X: Array, labels: Array) -> float:
    total = 0.0
    for k in np.unique(labels):
        members = X[labels == k]
        center = members.mean(axis=0)
        total += sum(np.sum((x - center) ** 2) for x in members)
    return total


def squared_to_means(X: Array, labels: Array) -> Array:
    """Squared distances (n, K) of the points to the means of all groups."""
    means = np.array([X[labels == k].mean(axis=0) for k in np.unique(labels)])
    return ((X[:, np.newaxis] - means) ** 2).sum(axis=2)


def distances_to_own_mean(X: Array, labels: Array) -> Array:
    return np.sqrt(squared_to_means(X, labels)[np.arange(len(X)), labels])


@INERTIA_OF_LABELS.mistake(
    "you added up plain distances. What the inertia adds up has the unit of an area.", hint=2
)
def distances_not_squared(X, labels):
    return distances_to_own_mean(X, labels).sum()


@INERTIA_OF_LABELS.mistake(
    "you took a square root at the end, as in the norm of the whole table. The inertia has no root.", hint=2
)
def root_taken(X, labels):
    return np.sqrt(inertia_of_labels(X, labels))


@INERTIA_OF_LABELS.mistake(
    "every point is measured from the mean of all the data, so the labels make no difference.", hint=1
)
def about_the_overall_mean(X, labels):
    return ((X - X.mean(axis=0)) ** 2).sum()


@INERTIA_OF_LABELS.mistake(
    "positive and negative deviations cancel: around a mean they always add up to zero.", hint=2
)
def deviations_that_cancel(X, labels):
    return 0.0


@INERTIA_OF_LABELS.mistake("this is an average per point: you divided by n.", hint=2)
def mean_instead_of_sum(X, labels):
    return (distances_to_own_mean(X, labels) ** 2).mean()


@INERTIA_OF_LABELS.mistake(
    "you divided each group's sum by its size, so a small group counts as much as a large one.", hint=2
)
def every_group_counts_the_same(X: Array, labels: Array) -> float:
    squared = distances_to_own_mean(X, labels) ** 2
    return sum(squared[labels == k].mean() for k in np.unique(labels))


@INERTIA_OF_LABELS.mistake(
    "you took a square root in every group before adding up. The inertia has no root.", hint=2
)
def root_in_every_group(X, labels):
    return sum(np.linalg.norm(X[labels == k] - X[labels == k].mean(axis=0)) for k in np.unique(labels))


@INERTIA_OF_LABELS.mistake("you added up absolute differences. The inertia measures in squares.", hint=2)
def absolute_differences(X: Array, labels: Array) -> float:
    groups = [X[labels == k] for k in np.unique(labels)]
    return sum(np.abs(members - members.mean(axis=0)).sum() for members in groups)


@INERTIA_OF_LABELS.mistake("the last group is missing: `range(m)` stops at m − 1.", hint=1)
def last_group_left_out(X: Array, labels: Array) -> float:
    rest = labels < labels.max()
    return inertia_of_labels(X[rest], labels[rest])


@INERTIA_OF_LABELS.mistake("group 0 is missing: the labels are counted from 0.", hint=1)
def first_group_left_out(X, labels):
    return inertia_of_labels(X[labels > 0], labels[labels > 0])


@INERTIA_OF_LABELS.mistake(
    "this is an average over all entries of the table: you divided by n and by the number of features.",
    hint=2,
)
def mean_over_all_entries(X, labels):
    return inertia_of_labels(X, labels) / X.size


@INERTIA_OF_LABELS.mistake(
    "`np.cov` divides by one less than the size of a group. The inertia does not divide at all, so a variance"
    " has to be multiplied by exactly what it was divided by.",
    hint=2,
)
def variances_with_n_minus_one(X: Array, labels: Array) -> float:
    groups = [X[labels == k] for k in np.unique(labels)]
    return sum(len(members) * members.var(axis=0, ddof=1).sum() for members in groups)


@INERTIA_OF_LABELS.mistake(
    "you added up the variances of the groups, each divided by one less than its size. A variance is an average,"
    " but the inertia is a sum over points.",
    hint=2,
)
def variances_added_up(X: Array, labels: Array) -> float:
    groups = [X[labels == k] for k in np.unique(labels)]
    return sum(members.var(axis=0, ddof=1).sum() for members in groups)


@INERTIA_OF_LABELS.mistake(
    "you added up one variance per group. A variance is an average, but the inertia is a sum over points. And without"
    " an axis, `var` measures all features from a single mean.",
    hint=2,
)
def variances_without_an_axis(X: Array, labels: Array) -> float:
    return sum(X[labels == k].var() for k in np.unique(labels))


@INERTIA_OF_LABELS.mistake(
    "the centre of each group is a single number: you took the mean over the features as well.", hint=1
)
def mean_without_an_axis(X: Array, labels: Array) -> float:
    return sum(((X[labels == k] - X[labels == k].mean()) ** 2).sum() for k in np.unique(labels))


@INERTIA_OF_LABELS.mistake(
    "every point is measured from the means of all groups, but it belongs to only one of them.", hint=1
)
def all_centres(X, labels):
    return squared_to_means(X, labels).sum()


@INERTIA_OF_LABELS.mistake(
    "every point is measured from the nearest mean. For some points, the label names another group.", hint=1
)
def nearest_centre(X, labels):
    return squared_to_means(X, labels).min(axis=1).sum()


@INERTIA_OF_LABELS.right
def inertia_by_a_table_of_means(X, labels):
    centers = np.stack([np.mean(X[labels == k], axis=0) for k in np.unique(labels)])
    gaps = X - centers[labels]
    return np.sum(gaps**2)


@INERTIA_OF_LABELS.right
def inertia_by_groups(X, labels):
    return sum(len(X[labels == k]) * X[labels == k].var(axis=0).sum() for k in np.unique(labels))


@INERTIA_OF_LABELS.right
def inertia_by_pairs(X, labels):
    """Squared distances of all pairs in a group, over twice its size."""
    total = 0
    for k in set(labels.tolist()):
        G = X[labels == k]
        total += ((G[:, None] - G) ** 2).sum() / (2 * len(G))
    return total


@INERTIA_OF_LABELS.right
def inertia_by_the_package(X, labels):
    return inertia(X, [X[labels == k].mean(axis=0) for k in range(labels.max() + 1)], labels)


# ── 3  Find the bug: labels that run together ────────────────────────────────────────────────────────

JOIN_LABELS = LESSON.task(
    "join_labels",
    title="Find the bug: labels that run together",
    points=2,
    expected="array (n1 + n2,) of labels, those of y1 first; no group of y1 shares its label with one of y2",
)


@JOIN_LABELS.canonical
def words_as_numbers(labels: Any) -> Any:
    """Turn labels that are words, such as "a0", into numbers; return anything else unchanged."""
    if isinstance(labels, tuple) and labels and all(isinstance(label, str) for label in labels):
        return np.unique(labels, return_inverse=True)[1]
    return labels


@JOIN_LABELS.cases
def label_pairs(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("labels 0, 1 and labels 0", (np.r_[0, 1, rng.integers(2, size=6)], np.zeros(4, dtype=int)))
    y1 = rng.permutation(np.r_[np.arange(4), rng.integers(4, size=8)])
    yield Case("four groups and three groups", (y1, rng.permutation(np.r_[np.arange(3), 0, 2])))
    gap = rng.permutation(np.repeat([0, 4], 3))
    yield Case("a file that skips some numbers: 0 and 4", (gap, np.r_[np.arange(3), rng.integers(3, size=4)]))
    gap = rng.permutation(np.repeat([0, 37], 4))
    yield Case(
        "two groups numbered 0 and 37", (gap, rng.permutation(np.r_[0, 29, rng.integers(25, 40, size=9)]))
    )
    # whatever constant is added to the second file, up to 1200 or close to a power of ten, collides with a label
    large = np.r_[20 * np.arange(61), 10 ** np.arange(4, 7)]
    yield Case("many groups, and large numbers", (rng.permutation(large), rng.permutation(20)))


@JOIN_LABELS.reference
def join_labels(y1: Array, y2: Array) -> Array:
    joined = list(y1)
    for label in y2:
        joined.append(label + max(y1) + 1)
    return np.array(joined)


def files_apart(joined: Array, y1: Array, y2: Array) -> bool:
    return not np.isin(joined[: len(y1)], joined[len(y1) :]).any()


def groups_kept(joined: Array, y1: Array, y2: Array) -> bool:
    """Whether two points of one file share a label exactly when they did before joining."""
    parts = (np.asarray(joined[: len(y1)]), y1), (np.asarray(joined[len(y1) :]), y2)
    return all(np.array_equal(new[:, None] == new, old[:, None] == old) for new, old in parts)


@JOIN_LABELS.accepts
def any_labels_that_keep_the_laws(*_):
    return True


JOIN_LABELS.law("points of different files never share a label.")(files_apart)


JOIN_LABELS.law(
    "two points of the same file share a label if they are in the same group, and only then; the points of"
    " the first file come first."
)(groups_kept)


@JOIN_LABELS.mistake("the bug is still there.", planted=True)
def the_planted_bug(y1, y2):
    return np.r_[y1, y2]


@JOIN_LABELS.mistake("you moved the labels of both files by the same amount, so they still collide.", hint=2)
def both_moved(y1, y2):
    return np.r_[y1, y2] + y1.max() + 1


@JOIN_LABELS.mistake(
    "you joined the labels first and renumbered them afterwards. By then nothing tells the two files apart.",
    hint=1,
)
def numbered_after_joining(y1, y2):
    return np.unique(np.r_[y1, y2], return_inverse=True)[1]


@JOIN_LABELS.mistake("adding 1 frees one number. The first file may use more than one.", hint=2)
def always_one(y1, y2):
    return np.r_[y1, y2 + 1]


@JOIN_LABELS.mistake("2 was right for the lecture's data. These files may have any number of groups.", hint=2)
def always_two(y1, y2):
    return np.r_[y1, y2 + 2]


@JOIN_LABELS.mistake(
    "100 is enough until a file has a label that large, and one of these files does.", hint=3
)
def always_a_hundred(y1, y2):
    return np.r_[y1, y2 + 100]


@JOIN_LABELS.mistake(
    "a thousand is a guess about files that you have not seen. One of these files has larger labels.", hint=3
)
def always_a_thousand(y1, y2):
    return np.r_[y1, y2 + 1000]


@JOIN_LABELS.mistake(
    "you added the number of points. A file that skips numbers can have larger labels than that.", hint=3
)
def the_number_of_points(y1, y2):
    return np.r_[y1, y2 + len(y1)]


@JOIN_LABELS.mistake(
    "the group with the largest label in the first file and group 0 of the second get the same number.",
    hint=2,
)
def the_largest_label(y1, y2):
    return np.r_[y1, y2 + y1.max()]


@JOIN_LABELS.mistake(
    "you went on from the last label of the first file. The last point need not be in the group with the"
    " largest label.",
    hint=3,
)
def after_the_last_point(y1, y2):
    return np.r_[y1, y2 + y1[-1] + 1]


@JOIN_LABELS.mistake(
    "every point has a label of its own now. Points of the same group should still share theirs.", hint=1
)
def every_point_by_itself(y1, y2):
    return np.arange(len(y1) + len(y2))


@JOIN_LABELS.mistake(
    "the number of groups in `y1` is enough only if no number is skipped, and one of these files skips some.",
    hint=3,
)
def the_number_of_groups(y1, y2):
    return np.r_[y1, y2 + len(np.unique(y1))]


@JOIN_LABELS.mistake("all points of the second file are in one group now. It may have several.", hint=1)
def one_group_for_the_second_file(y1, y2):
    return np.r_[y1, np.full(len(y2), y1.max() + 1)]


@JOIN_LABELS.mistake(
    "the groups are kept apart, but the points are in the wrong order: those of the first file come first.",
    hint=1,
)
def second_file_first(y1, y2):
    return np.r_[y2 + y1.max() + 1, y1]


@JOIN_LABELS.right
def labels_after_the_largest(y1, y2):
    return np.concatenate([y1, y2 + y1.max() + 1])


@JOIN_LABELS.right
def labels_with_letters(y1, y2):
    return np.array([f"a{label}" for label in y1] + [f"b{label}" for label in y2])


@JOIN_LABELS.right
def labels_even_and_odd(y1, y2):
    return np.r_[2 * y1, 2 * y2 + 1]


@JOIN_LABELS.right
def labels_below_zero(y1, y2):
    return [*y1, *(-1 - y2)]


@JOIN_LABELS.right
def labels_from_pairs(y1, y2):
    pairs = [(1, label) for label in y1.tolist()] + [(2, label) for label in y2.tolist()]
    return [sorted(set(pairs)).index(pair) for pair in pairs]


# ── 4  Draw from a mixture ───────────────────────────────────────────────────────────────────────────

MIXTURE_SAMPLE = LESSON.task(
    "mixture_sample",
    title="Tell the story",
    points=3,
    expected="(X of shape (n, d), k of shape (n,)): the points, and the component of each",
    parts=("the points", "the components"),
)


@MIXTURE_SAMPLE.cases
def draws(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, weights, d in (
        ("two components in the plane", 30, [0.2, 0.8], 2),
        ("four components, d = 3", 60, [0.1, 0.35, 0.15, 0.4], 3),
    ):
        K = len(weights)
        parts = rng.uniform(size=n), rng.standard_normal((n, d)), np.array(weights)
        yield Case(description, (*parts, rng.normal(scale=5, size=(K, d)), rng.uniform(0.4, 3, size=K)))


def pick(u: Array, weights: Array) -> Array:
    """The component of each u (n,): the first one whose cumulative weight is greater than u."""
    return np.array([next(k for k, c in enumerate(np.cumsum(weights)) if c > share) for share in u])


@MIXTURE_SAMPLE.reference
def mixture_sample(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    k = pick(u, weights)
    return np.array([means[j] + stds[j] * z for j, z in zip(k, Z)]), k


def _placed(Z: Array, k: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return means[k] + stds[k][:, np.newaxis] * Z, k


@MIXTURE_SAMPLE.law("every component number is one of 0 … K − 1.")
def numbered_from_0(out, u, Z, weights, *_):
    return np.isin(out[1], range(len(weights))).all()


@MIXTURE_SAMPLE.law("the `k` of each point is the component whose stretch its `u` falls on.")
def on_its_stretch(out, u, Z, weights, *_):
    return np.array_equal(out[1], pick(u, weights))


@MIXTURE_SAMPLE.mistake(
    "you compared each `u` with the single weights. The components should divide the line from 0 to 1"
    " between them, each with a stretch of its own.",
    hint=1,
)
def weights_not_added_up(
    u: Array, Z: Array, weights: Array, means: Array, stds: Array
) -> tuple[Array, Array]:
    return _placed(Z, (u[:, np.newaxis] < weights).argmax(axis=1), means, stds)


@MIXTURE_SAMPLE.mistake(
    "you counted the weights that `u` exceeds. A stretch begins where the one before it ends, not at 0.",
    hint=1,
)
def weights_counted_but_not_added_up(
    u: Array, Z: Array, weights: Array, means: Array, stds: Array
) -> tuple[Array, Array]:
    return _placed(Z, (u[:, np.newaxis] >= weights[:-1]).sum(axis=1), means, stds)


@MIXTURE_SAMPLE.mistake(
    "every component number is one too low, and −1 silently means the last component.", hint=1
)
def one_too_low(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, pick(u, weights) - 1, means, stds)


@MIXTURE_SAMPLE.mistake(
    "the points are right. The components in `k` are counted from 1, but the course counts from 0.", hint=1
)
def counted_from_one(*args: Array) -> tuple[Array, Array]:
    X, k = mixture_sample(*args)
    return X, k + 1


@MIXTURE_SAMPLE.mistake(
    "some component has no row in `means`: its number is beyond the last one, or is not an integer.", hint=1
)
def no_such_component(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> Any:
    return _placed(Z, np.full(len(u), len(weights)), means, stds)


@MIXTURE_SAMPLE.mistake(
    "every component comes up equally often: all stretches from 0 to 1 have the same length.", hint=1
)
def equal_weights(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, (u * len(weights)).astype(int), means, stds)


@MIXTURE_SAMPLE.mistake(
    "every point comes from the component with the largest weight. The rare ones should come up too, rarely.",
    hint=1,
)
def always_the_heaviest(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, np.full(len(u), weights.argmax()), means, stds)


@MIXTURE_SAMPLE.mistake("you multiplied by variances; `stds` holds standard deviations.", hint=2)
def standard_deviations_squared(
    u: Array, Z: Array, weights: Array, means: Array, stds: Array
) -> tuple[Array, Array]:
    return _placed(Z, pick(u, weights), means, stds**2)


@MIXTURE_SAMPLE.mistake("you took the square root of `stds`, but they are not variances.", hint=2)
def root_of_the_standard_deviations(
    u: Array, Z: Array, weights: Array, means: Array, stds: Array
) -> tuple[Array, Array]:
    return _placed(Z, pick(u, weights), means, np.sqrt(stds))


@MIXTURE_SAMPLE.mistake(
    "all points lie exactly on the mean of their component: the noise is missing.", hint=2
)
def no_noise(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(0 * Z, pick(u, weights), means, stds)


@MIXTURE_SAMPLE.mistake("all components have spread 1: `stds` makes no difference.", hint=2)
def no_spread(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, pick(u, weights), means, np.ones_like(stds))


@MIXTURE_SAMPLE.mistake(
    "the means were multiplied by the spread as well, so the components are in the wrong places.", hint=2
)
def mean_scaled_too(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    k = pick(u, weights)
    return stds[k][:, np.newaxis] * (means[k] + Z), k


@MIXTURE_SAMPLE.mistake("the two return values are in the wrong order.", hint=3)
def return_values_swapped(*args):
    return mixture_sample(*args)[::-1]


@MIXTURE_SAMPLE.right
def sample_by_search(u, Z, weights, means, stds):
    k = np.searchsorted(np.cumsum(weights), u, side="right")
    return means[k] + stds[k, None] * Z, k


@MIXTURE_SAMPLE.right
def sample_by_counting(u, Z, weights, means, stds):
    k = (u[:, None] >= np.cumsum(weights)[:-1]).sum(axis=1)
    return np.take(means, k, axis=0) + Z * np.take(stds, k).reshape(-1, 1), k


# ── 5  The share of errors that nobody avoids ────────────────────────────────────────────────────────

UNAVOIDABLE_SHARE = LESSON.task(
    "unavoidable_share",
    title="The errors that nobody avoids",
    points=3,
    expected="one number between 0 and 1",
)


@UNAVOIDABLE_SHARE.cases
def line_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K in (
        ("two components on the line", 2),
        ("three components on the line", 3),
        ("four components that overlap", 4),
    ):
        mu = rng.permutation(np.arange(K)) + rng.uniform(-0.4, 0.4, size=K)
        sigma = rng.permutation(np.linspace(0.6, 2.0, K)) * rng.uniform(0.9, 1.1)
        x = rng.choice(mu, size=50) + 1.5 * rng.normal(size=50)
        yield Case(description, (x, rng.dirichlet(np.full(K, 4.0)), mu, sigma))


def joint(x: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    return pi * norm.pdf(x[:, np.newaxis], mu, sigma)


def shares(x: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    """Responsibilities (n, K)."""
    p = joint(x, pi, mu, sigma)
    return p / p.sum(axis=1, keepdims=True)


@UNAVOIDABLE_SHARE.reference
def unavoidable_share(x: Array, pi: Array, mu: Array, sigma: Array) -> float:
    doubt = 0.0
    for point in x:
        p = [w * norm.pdf(point, m, s) for w, m, s in zip(pi, mu, sigma)]
        doubt += 1 - max(p) / sum(p)
    return doubt / len(x)


@UNAVOIDABLE_SHARE.law(
    "the share is between 0 and 1 − 1/K: even a blind guess among K components does no worse."
)
def no_worse_than_a_guess(out, x, pi, *_):
    return 0 <= out <= 1 - 1 / len(pi)


@UNAVOIDABLE_SHARE.mistake(
    "this is how often the best rule is right. The task asks how often it is wrong.", hint=2
)
def share_of_right_answers(*a):
    return shares(*a).max(axis=1).mean()


@UNAVOIDABLE_SHARE.mistake(
    "this is the expected number of errors among these points, not a share of them.", hint=2
)
def number_instead_of_share(*a):
    return (1 - shares(*a).max(axis=1)).sum()


@UNAVOIDABLE_SHARE.mistake("rare and frequent components count the same: the weights are missing.", hint=1)
def weights_left_out(x, pi, mu, sigma):
    return (1 - shares(x, np.ones_like(pi), mu, sigma).max(axis=1)).mean()


@UNAVOIDABLE_SHARE.mistake(
    "the bells are too wide or too narrow: `sigma` holds standard deviations already,"
    " and `norm.pdf` wants those.",
    hint=1,
)
def variance_taken_for_a_standard_deviation(x, pi, mu, sigma):
    return (1 - shares(x, pi, mu, sigma**2).max(axis=1)).mean()


@UNAVOIDABLE_SHARE.mistake(
    "these are joint densities, not probabilities: for one point they do not sum to 1 yet.", hint=1
)
def not_normalised(*a):
    return (1 - joint(*a).max(axis=1)).mean()


@UNAVOIDABLE_SHARE.mistake(
    "each column sums to 1 here. But a probability of 1 is shared by the components of one"
    " point, not by the points.",
    hint=1,
)
def normalised_down_the_columns(*a: Array) -> float:
    p = joint(*a)
    return (1 - (p / p.sum(axis=0)).max(axis=1)).mean()


@UNAVOIDABLE_SHARE.mistake(
    "the probabilities are right. You picked the component by its density alone, without its weight.", hint=2
)
def component_picked_without_the_weights(x: Array, pi: Array, mu: Array, sigma: Array) -> float:
    picked = norm.pdf(x[:, np.newaxis], mu, sigma).argmax(axis=1)
    return (1 - shares(x, pi, mu, sigma)[np.arange(len(x)), picked]).mean()


@UNAVOIDABLE_SHARE.mistake(
    "with three components, the probability of being wrong is more than the probability"
    " of the least probable one.",
    hint=2,
)
def least_probable_component(*a):
    return shares(*a).min(axis=1).mean()


@UNAVOIDABLE_SHARE.mistake(
    "this is how often the second most probable component is the true one. With three components, there is"
    " another way to be wrong.",
    hint=2,
)
def second_most_probable_component(*a):
    return np.sort(shares(*a), axis=1)[:, -2].mean()


@UNAVOIDABLE_SHARE.mistake(
    "all bells have the same height here. A narrow Gaussian is higher than a wide one.", hint=1
)
def height_of_the_bells_left_out(x, pi, mu, sigma):
    return (1 - shares(x, pi * sigma, mu, sigma).max(axis=1)).mean()


@UNAVOIDABLE_SHARE.mistake(
    "you took the root of `sigma`, but it holds standard deviations, and `norm.pdf` wants those.", hint=1
)
def standard_deviation_taken_for_a_variance_on_the_line(x, pi, mu, sigma):
    return (1 - shares(x, pi, mu, np.sqrt(sigma)).max(axis=1)).mean()


@UNAVOIDABLE_SHARE.mistake(
    "you divided one sum over all points by another, so points in dense places count more. Every point has a"
    " probability of its own, and counts once.",
    hint=2,
)
def ratio_of_sums(*a):
    return 1 - joint(*a).max(axis=1).sum() / joint(*a).sum()


@UNAVOIDABLE_SHARE.mistake(
    "this is 1 − 1/K, whatever the data: you averaged over the components as well. You pick one of them.",
    hint=2,
)
def average_over_the_components(x, pi, mu, sigma):
    return 1 - 1 / len(pi)


@UNAVOIDABLE_SHARE.mistake(
    "this is zero, because every row is divided by its own largest entry. Its entries do not sum to 1.",
    hint=1,
)
def divided_by_the_largest(x, pi, mu, sigma):
    return 0.0


@UNAVOIDABLE_SHARE.mistake(
    "this counts the points that are in doubt. A doubtful point is not yet an error: how probable is one?",
    hint=2,
)
def share_of_unsure_points(*a):
    return (shares(*a).max(axis=1) < 0.9).mean()


@UNAVOIDABLE_SHARE.right
def share_by_softmax(x, pi, mu, sigma):
    return 1 - softmax(np.log(pi) + norm.logpdf(x[:, None], mu, sigma), axis=1).max(axis=1).mean()


@UNAVOIDABLE_SHARE.right
def share_by_arrays(x, pi, mu, sigma):
    p = pi / (np.sqrt(2 * np.pi) * sigma) * np.exp(-((x[:, None] - mu) ** 2) / (2 * sigma**2))
    return np.mean((p.sum(axis=1) - p.max(axis=1)) / p.sum(axis=1))


# ── 6  Where two Gaussians are equally probable ──────────────────────────────────────────────────────

EQUAL_POINTS = LESSON.task(
    "equal_points",
    title="Where both are equally probable",
    points=4,
    expected="array (2,): two points on the line",
)


@EQUAL_POINTS.cases
def pair_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, order in (
        ("the tight one first", slice(None)),
        ("the loose one first", slice(None, None, -1)),
    ):
        weight, place = rng.uniform(0.4, 0.7), rng.normal(scale=3)
        pi = np.array([weight, 1 - weight])
        mu = np.array([place, place + rng.choice([-1, 1]) * rng.uniform(3, 5)])
        sigma = np.array([rng.uniform(0.5, 0.9), rng.uniform(1.5, 2.4)])
        yield Case(description, (pi[order], mu[order], sigma[order]))


def crossing(log_ratio: Callable[..., float], power: int = 2, middle: int = -2) -> Callable[..., Array]:
    """Make a solver of (x − μ₀)²/2σ₀² − (x − μ₁)²/2σ₁² = log_ratio(pi, sigma) that returns x (2,), sorted.

    Another `power` of σ, or another factor in the `middle` term, makes a wrong solver.
    """

    def points(pi: Array, mu: Array, sigma: Array) -> Array:
        a = 1 / (2 * sigma**power)
        coefficients = [
            a[0] - a[1],
            middle * (a[0] * mu[0] - a[1] * mu[1]),
            a[0] * mu[0] ** 2 - a[1] * mu[1] ** 2 - log_ratio(pi, sigma),
        ]
        return np.sort(np.roots(coefficients))

    return points


def heights(pi: Array, sigma: Array) -> float:
    """Logarithm of the ratio of the two components' heights on the line."""
    return np.log(pi[0] * sigma[1] / (pi[1] * sigma[0]))


equal_points = crossing(heights)


@EQUAL_POINTS.canonical
def in_order(points: Any) -> Any:
    """Turn two numbers, in any container, into a sorted array; return anything else unchanged."""
    if isinstance(points, tuple) and all(isinstance(point, (int, float)) for point in points):
        points = np.array(points)
    return np.sort(points) if isinstance(points, np.ndarray) and points.ndim == 1 else points


def equally_probable(out: Array, pi: Array, mu: Array, sigma: Array) -> bool:
    return np.allclose(*(pi * norm.pdf(out[:, np.newaxis], mu, sigma)).T, rtol=1e-5, atol=0)  # type: ignore[misc]  # the star brings exactly two arrays


EQUAL_POINTS.reference(equal_points)


@EQUAL_POINTS.law("both points are real numbers: these two Gaussians do cross.")
def real_numbers(out, *_):
    return np.isrealobj(out)


EQUAL_POINTS.law("at both points, weight times density is the same for both components.")(equally_probable)


@EQUAL_POINTS.mistake(
    "these are the points of the lecture's boundary, which is for the plane. What is the factor in front of"
    " the exponential on a line?",
    hint=1,
)
def the_formula_of_the_plane(*args):
    return crossing(lambda pi, s: np.log(pi[0] * s[1] ** 2 / (pi[1] * s[0] ** 2)))(*args)


@EQUAL_POINTS.mistake(
    "the two densities are equal here, but one component is more frequent than the other.",
    hint=1,
    name="weights left out",
)
def weights_left_out_in_equal_points(*args):
    return crossing(lambda pi, s: np.log(s[1] / s[0]))(*args)


@EQUAL_POINTS.mistake(
    "you compared only the exponentials. A narrow Gaussian is also higher than a wide one.", hint=1
)
def height_left_out(*args):
    return crossing(lambda pi, s: np.log(pi[0] / pi[1]))(*args)


@EQUAL_POINTS.mistake("the weights are swapped: each belongs to its own Gaussian.", hint=2)
def weights_the_wrong_way_round(*args):
    return crossing(lambda pi, s: np.log(pi[1] * s[1] / (pi[0] * s[0])))(*args)


@EQUAL_POINTS.mistake(
    "the exponents are in logarithms, but the weights and heights are not. A logarithm applies to a whole side"
    " of the equation.",
    hint=1,
)
def without_logarithm(*args):
    return crossing(lambda pi, s: pi[0] * s[1] / (pi[1] * s[0]))(*args)


@EQUAL_POINTS.mistake(
    "the weights and heights are subtracted from each other without their logarithms.", hint=1
)
def heights_subtracted_without_logarithms(*args):
    return crossing(lambda pi, s: pi[0] / s[0] - pi[1] / s[1])(*args)


@EQUAL_POINTS.mistake(
    "the term without x has the wrong sign: here a larger weight leaves a component less room.", hint=2
)
def heights_on_the_wrong_side(*args):
    return crossing(lambda pi, s: -heights(pi, s))(*args)


@EQUAL_POINTS.mistake(
    "a factor of 2 is missing: the exponent is the squared distance over twice the variance.", hint=2
)
def a_half_lost(*args):
    return crossing(lambda pi, s: np.log(pi[0] * s[1] / (pi[1] * s[0])) / 2)(*args)


@EQUAL_POINTS.mistake(
    "the spreads are squared once too often: `sigma` holds standard deviations.",
    hint=2,
    name="variance taken for a standard deviation",
)
def variance_taken_for_a_standard_deviation_in_equal_points(pi, mu, sigma):
    return equal_points(pi, mu, sigma**2)


@EQUAL_POINTS.mistake(
    "you used `sigma` as if it were a variance, both in the exponent and in the height.", hint=2
)
def standard_deviation_taken_for_a_variance(pi, mu, sigma):
    return equal_points(pi, mu, np.sqrt(sigma))


@EQUAL_POINTS.mistake("the heights are right. In the exponent, `sigma` is not squared.", hint=2)
def sigma_not_squared(*args):
    return crossing(heights, power=1)(*args)


@EQUAL_POINTS.mistake(
    "the middle term of each square is half as large as it should be: multiply (x − μ)² out once more.",
    hint=3,
)
def middle_term_halved(*args):
    return crossing(heights, middle=-1)(*args)


@EQUAL_POINTS.mistake("the heights are the wrong way round: the narrow Gaussian is the higher one.", hint=1)
def heights_upside_down(*args):
    return crossing(lambda pi, s: np.log(pi[0] * s[0] / (pi[1] * s[1])))(*args)


@EQUAL_POINTS.mistake(
    "the equation is right. In the formula for its roots, `/ 2 * a` divides by 2 and then multiplies by a.",
    hint=3,
)
def multiplied_by_a(pi: Array, mu: Array, sigma: Array) -> Array:
    roots = equal_points(pi, mu, sigma)
    a = 1 / (2 * sigma[0] ** 2) - 1 / (2 * sigma[1] ** 2)
    return roots * a**2


@EQUAL_POINTS.mistake("both points are mirrored at 0, as if the means had the opposite sign.", hint=3)
def sign_of_the_middle_term(*args):
    return crossing(heights, middle=2)(*args)


@EQUAL_POINTS.right
def points_from_coefficients(pi, mu, sigma):
    half = 0.5 / sigma**2
    top = np.log(pi / sigma)
    square = half[0] - half[1]
    middle = 2 * (half[1] * mu[1] - half[0] * mu[0])
    rest = half[0] * mu[0] ** 2 - half[1] * mu[1] ** 2 - (top[0] - top[1])
    return np.roots([square, middle, rest])


@EQUAL_POINTS.right
def points_from_doubled_coefficients(pi, mu, sigma):
    narrow = 1 / sigma**2
    ratio = np.log(pi[0] / sigma[0]) - np.log(pi[1] / sigma[1])
    first = narrow[0] - narrow[1]
    second = -2 * narrow[0] * mu[0] + 2 * narrow[1] * mu[1]
    third = narrow[0] * mu[0] ** 2 - narrow[1] * mu[1] ** 2 - 2 * ratio
    return np.roots([first, second, third])


@EQUAL_POINTS.right
def points_by_the_quadratic_formula(pi, mu, sigma):
    (m0, m1), (v0, v1) = mu, sigma**2
    log_ratio = np.log(pi[0] / pi[1]) + np.log(v1 / v0) / 2
    a, b = v1 - v0, -2 * (m0 * v1 - m1 * v0)
    c = m0**2 * v1 - m1**2 * v0 - 2 * v0 * v1 * log_ratio
    root = np.sqrt(b**2 - 4 * a * c)
    return (-b + root) / (2 * a), (-b - root) / (2 * a)


@EQUAL_POINTS.right
def points_by_bisection(pi, mu, sigma):
    def gap(x):
        log_joint = np.log(pi) + norm.logpdf(x, mu, sigma)
        return log_joint[0] - log_joint[1]

    tight = mu[np.argmin(sigma)]
    return np.array(
        [brentq(gap, tight - 100, tight, xtol=1e-13), brentq(gap, tight, tight + 100, xtol=1e-13)]
    )


# ── 7  Fix a file ────────────────────────────────────────────────────────────────────────────────────

FIXED_FILE = LESSON.value(
    "fixed_file",
    title="Fix a file",
    points=1,
    expected="a text that `load_points` can read, with every measured point in it and nothing else",
)


RIVER = """\
# river level in metres, at the upper and at the lower gauge
upper  lower
1.2    2.9
1.4 ;  3.1
1,7    3.3
2.0    n/a
2.4    3.9  rising
2.6    4.4
"""


FIXED = (
    RIVER.replace(" ; ", "").replace("1,7", "1.7").replace("2.0    n/a\n", "").replace("rising", "# rising")
)


def points_of(text: str) -> Any:
    """The points that `load_points` reads in a text, as a sorted list; None if it rejects the text."""
    far_too_long = 100 * len(RIVER)  # reading a longer text would keep a grader busy for seconds
    if not isinstance(text, str) or len(text) > far_too_long:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "points.txt")
        path.write_text(text, encoding="utf-8")
        try:
            return sorted(map(tuple, load_points(path).tolist()))
        except ValueError:
            return None


@FIXED_FILE.canonical
def canonical_points(text: Any) -> Any:
    """The points in a text, one per line and in order, so that spaces and remarks do not matter."""
    points = points_of(text)
    if points is None:
        return text.strip() if isinstance(text, str) else text
    return "\n".join(" ".join(map(repr, point)) for point in points)


MEASURED = points_of(FIXED)


def _with_gap_as(value: str) -> str:
    return RIVER.replace(" ; ", "").replace("1,7", "1.7").replace("n/a", value).replace("rising", "# rising")


def _without(*starts: str) -> str:
    return "".join(line for line in FIXED.splitlines(keepends=True) if not line.startswith(starts))


@FIXED_FILE.reference
def fixed_file():
    return FIXED


@FIXED_FILE.accepts
def any_text_that_keeps_the_laws(text):
    return True


@FIXED_FILE.law(
    "`load_points` can read the text. Run the cell with your answer: it says which line"
    " cannot be read, and why."
)
def readable(text):
    return points_of(text) is not None


@FIXED_FILE.law("every measured point is in the text.")
def complete(text):
    return {*MEASURED} <= {*points_of(text)}


@FIXED_FILE.law("the text contains no invented points.")
def nothing_invented(text):
    return {*points_of(text)} <= {*MEASURED}


@FIXED_FILE.law("each point is in the text only once.")
def nothing_twice(text):
    return len(points_of(text)) == len(MEASURED)


@FIXED_FILE.mistake("the text is unchanged.", planted=True)
def the_text_as_it_was():
    return RIVER


@FIXED_FILE.mistake("there is now a river level of 0 that nobody measured. A gap is not a zero.", hint=2)
def a_zero_for_the_gap():
    return _with_gap_as("0")


@FIXED_FILE.mistake(
    "a plausible number is still one that nobody measured. What can you honestly do with that line?",
    hint=2,
    name="the gap filled with the mean of its neighbours",
)
def the_gap_filled():
    return _with_gap_as("3.6")


@FIXED_FILE.mistake(
    "it loads, but more than half of the measured points are gone. Three of the faulty"
    " lines hold a complete point.",
    hint=1,
)
def every_faulty_line_left_out():
    return _without("1.4", "1.7", "2.4")


@FIXED_FILE.mistake(
    "there is now a river level of 17 metres: the comma in that line meant something.", hint=1
)
def the_decimal_comma_dropped():
    return FIXED.replace("1.7", "17")


@FIXED_FILE.mistake(
    "one measured point is missing: its number is written the way some countries do,"
    " but the line is complete.",
    hint=1,
)
def the_line_with_the_comma_left_out():
    return _without("1.7")


@FIXED_FILE.mistake(
    "one measured point is missing: a stray mark between two numbers takes nothing away from them.", hint=1
)
def the_line_with_the_semicolon_left_out():
    return _without("1.4")


@FIXED_FILE.mistake(
    "one measured point is missing: somebody added a word after it, but both numbers are there.", hint=1
)
def the_line_with_the_remark_left_out():
    return _without("2.4")


@FIXED_FILE.mistake(
    "two measured points are missing, although both of their lines hold two good numbers.", hint=1
)
def two_lines_left_out():
    return _without("1.4", "1.7")


@FIXED_FILE.mistake("the last point is in the text twice, but your friend measured it once.", hint=1)
def a_line_twice():
    return FIXED + "2.6 4.4\n"


@FIXED_FILE.mistake("the columns are swapped: the upper gauge comes first.", hint=1)
def columns_swapped():
    return "\n".join(f"{lower} {upper}" for upper, lower in MEASURED)


FIXED_FILE.right_values(
    "1.2 2.9\n1.4 3.1\n1.7 3.3\n2.4 3.9\n2.6 4.4",
    "1.2,2.9\n1.4,3.1\n1.7,3.3\n\n2.4,3.9\n2.6,4.4\n",
    "2.6 4.4\n1.2 2.9\n1.7 3.30\n1.4 3.1\n2.4 3.9",
)
LESSON.open_question("where_it_fails", title="Your own field (read by a person)", points=3)
