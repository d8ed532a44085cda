"""Checks for lesson 02 (the limits of k-means): inertia, a bug in the labels, sampling and errors of a mixture.

Symbols: X (n, d) or x (n,) data; y or labels (n,); pi (K,) weights; mu means; sigma (K,) standard deviations; u (n,)
uniform on [0, 1); Z (n, d) standard normal; k (n,) the component of each point.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from mlcourse.checks.specification import Case, Check, Law, Mistake, choice
from mlcourse.datasets import load_points
from mlcourse.typing import Array

LESSON = "02_kmeans_limits"


# ── 1  Read a picture ────────────────────────────────────────────────────────────────────────────────

WHOSE_POINT = choice(
    "whose_point",
    LESSON,
    1,
    right="B",
    wrong={
        "A": "the circles are drawn afterwards, around the finished clusters. `predict` knows nothing about them.",
        "C": "k-means has no way to say “none of these”: every place in the plane gets a label.",
        "D": "the number of points in a cluster affects where its centre is, but not how a new point is labelled.",
    },
)


# ── 2  The inertia of a labelling ────────────────────────────────────────────────────────────────────


def labelled_points(rng: np.random.Generator, n: int, K: int, d: int) -> tuple[Array, Array]:
    """n points in K groups of unequal size, and the group of each point; no group is empty."""
    labels = rng.permutation(np.r_[np.arange(K), rng.choice(K, size=n - K, p=rng.dirichlet(np.full(K, 2.0)))])
    return rng.normal(scale=4, size=(K, d))[labels] + rng.normal(size=(n, d)), labels


def inertia_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("three groups in the plane", labelled_points(rng, 40, 3, 2))
    yield Case("five groups, d = 4", labelled_points(rng, 60, 5, 4))
    X, labels = labelled_points(rng, 30, 3, 2)
    yield Case("groups mixed together", (X, rng.permutation(labels)))


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


def _mean_without_an_axis(X: Array, labels: Array) -> float:
    return sum(((X[labels == k] - X[labels == k].mean()) ** 2).sum() for k in np.unique(labels))


def _mean_of_each_group(X: Array, labels: Array) -> float:
    squared = distances_to_own_mean(X, labels) ** 2
    return sum(squared[labels == k].mean() for k in np.unique(labels))


INERTIA_OF_LABELS = Check(
    name="inertia_of_labels",
    lesson=LESSON,
    points=2,
    reference=inertia_of_labels,
    cases=inertia_cases,
    expected="one number, in squared units of the data",
    mistakes=(
        Mistake(
            "distances not squared",
            lambda X, labels: distances_to_own_mean(X, labels).sum(),
            "you added up plain distances. What the inertia adds up has the unit of an area.",
            hint=2,
        ),
        Mistake(
            "root taken",
            lambda X, labels: np.sqrt(inertia_of_labels(X, labels)),
            "you took a square root at the end, as in the norm of the whole table. The inertia has no root.",
            hint=2,
        ),
        Mistake(
            "about the overall mean",
            lambda X, labels: ((X - X.mean(axis=0)) ** 2).sum(),
            "every point is measured from the mean of all the data, so the labels make no difference.",
            hint=1,
        ),
        Mistake(
            "mean instead of sum",
            lambda X, labels: (distances_to_own_mean(X, labels) ** 2).mean(),
            "this is an average per point: you divided by n.",
            hint=2,
        ),
        Mistake(
            "every group counts the same",
            _mean_of_each_group,
            "you divided each group's sum by its size, so a small group counts as much as a large one.",
            hint=2,
        ),
        Mistake(
            "mean without an axis",
            _mean_without_an_axis,
            "the centre of each group is a single number: you took the mean over the features as well.",
            hint=1,
        ),
        Mistake(
            "all centres",
            lambda X, labels: squared_to_means(X, labels).sum(),
            "every point is measured from the means of all groups, but it belongs to only one of them.",
            hint=1,
        ),
        Mistake(
            "nearest centre",
            lambda X, labels: squared_to_means(X, labels).min(axis=1).sum(),
            "every point is measured from the nearest mean. For some points, the label names another group.",
            hint=1,
        ),
    ),
)


# ── 3  Find the bug: labels that run together ────────────────────────────────────────────────────────


def words_as_numbers(labels: Any) -> Any:
    """Turn labels that are words, such as "a0", into numbers; return anything else unchanged."""
    if isinstance(labels, tuple) and labels and all(isinstance(label, str) for label in labels):
        return np.unique(labels, return_inverse=True)[1]
    return labels


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


JOIN_LABELS = Check(
    name="join_labels",
    lesson=LESSON,
    points=2,
    reference=join_labels,
    cases=label_pairs,
    canonical=words_as_numbers,
    laws=(
        Law("points of different files never share a label.", files_apart),
        Law(
            "two points of the same file share a label if they are in the same group, and only then; the points of"
            " the first file come first.",
            groups_kept,
        ),
    ),
    accepts=lambda *_: True,  # the laws are the whole specification
    expected="array (n1 + n2,) of labels, those of y1 first; no group of y1 shares its label with one of y2",
    mistakes=(
        Mistake("the planted bug", lambda y1, y2: np.r_[y1, y2], "the bug is still there.", planted=True),
        Mistake(
            "both moved",
            lambda y1, y2: np.r_[y1, y2] + y1.max() + 1,
            "you moved the labels of both files by the same amount, so they still collide.",
            hint=2,
        ),
        Mistake(
            "numbered after joining",
            lambda y1, y2: np.unique(np.r_[y1, y2], return_inverse=True)[1],
            "you joined the labels first and renumbered them afterwards. By then nothing tells the two files apart.",
            hint=1,
        ),
        Mistake(
            "always one",
            lambda y1, y2: np.r_[y1, y2 + 1],
            "adding 1 frees one number. The first file may use more than one.",
            hint=2,
        ),
        Mistake(
            "always two",
            lambda y1, y2: np.r_[y1, y2 + 2],
            "2 was right for the lecture's data. These files may have any number of groups.",
            hint=2,
        ),
        Mistake(
            "always a hundred",
            lambda y1, y2: np.r_[y1, y2 + 100],
            "100 is enough until a file has a label that large, and one of these files does.",
            hint=3,
        ),
        Mistake(
            "always a thousand",
            lambda y1, y2: np.r_[y1, y2 + 1000],
            "a thousand is a guess about files that you have not seen. One of these files has larger labels.",
            hint=3,
        ),
        Mistake(
            "the number of points",
            lambda y1, y2: np.r_[y1, y2 + len(y1)],
            "you added the number of points. A file that skips numbers can have larger labels than that.",
            hint=3,
        ),
        Mistake(
            "the largest label",
            lambda y1, y2: np.r_[y1, y2 + y1.max()],
            "the group with the largest label in the first file and group 0 of the second get the same number.",
            hint=2,
        ),
        Mistake(
            "the number of groups",
            lambda y1, y2: np.r_[y1, y2 + len(np.unique(y1))],
            "the number of groups in `y1` is enough only if no number is skipped, and one"
            " of these files skips some.",
            hint=3,
        ),
        Mistake(
            "one group for the second file",
            lambda y1, y2: np.r_[y1, np.full(len(y2), y1.max() + 1)],
            "all points of the second file are in one group now. It may have several.",
            hint=1,
        ),
        Mistake(
            "second file first",
            lambda y1, y2: np.r_[y2 + y1.max() + 1, y1],
            "the groups are kept apart, but the points are in the wrong order: those of the first file come first.",
            hint=1,
        ),
    ),
)


# ── 4  Draw from a mixture ───────────────────────────────────────────────────────────────────────────


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


def mixture_sample(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    k = pick(u, weights)
    return np.array([means[j] + stds[j] * z for j, z in zip(k, Z)]), k


def _placed(Z: Array, k: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return means[k] + stds[k][:, np.newaxis] * Z, k


def _not_cumulative(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, (u[:, np.newaxis] < weights).argmax(axis=1), means, stds)


def _not_cumulative_counted(
    u: Array, Z: Array, weights: Array, means: Array, stds: Array
) -> tuple[Array, Array]:
    return _placed(Z, (u[:, np.newaxis] >= weights[:-1]).sum(axis=1), means, stds)


def _one_too_low(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, pick(u, weights) - 1, means, stds)


def _counted_from_one(*args: Array) -> tuple[Array, Array]:
    X, k = mixture_sample(*args)
    return X, k + 1


def _beyond_the_last(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> Any:
    return _placed(Z, np.full(len(u), len(weights)), means, stds)


def _equal_weights(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, (u * len(weights)).astype(int), means, stds)


def _heaviest(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, np.full(len(u), weights.argmax()), means, stds)


def _variances(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, pick(u, weights), means, stds**2)


def _no_spread(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    return _placed(Z, pick(u, weights), means, np.ones_like(stds))


def _mean_scaled_too(u: Array, Z: Array, weights: Array, means: Array, stds: Array) -> tuple[Array, Array]:
    k = pick(u, weights)
    return stds[k][:, np.newaxis] * (means[k] + Z), k


MIXTURE_SAMPLE = Check(
    name="mixture_sample",
    lesson=LESSON,
    points=3,
    reference=mixture_sample,
    cases=draws,
    laws=(
        Law(
            "every component number is one of 0 … K − 1.",
            lambda out, u, Z, weights, *_: np.isin(out[1], range(len(weights))).all(),
        ),
        Law(
            "the `k` of each point is the component whose stretch its `u` falls on.",
            lambda out, u, Z, weights, *_: np.array_equal(out[1], pick(u, weights)),
        ),
    ),
    expected="(X of shape (n, d), k of shape (n,)): the points, and the component of each",
    mistakes=(
        Mistake(
            "weights not added up",
            _not_cumulative,
            "you compared each `u` with the single weights. The components should divide the line from 0 to 1"
            " between them, each with a stretch of its own.",
            hint=1,
        ),
        Mistake(
            "weights counted but not added up",
            _not_cumulative_counted,
            "you counted the weights that `u` exceeds. A stretch begins where the one before it ends, not at 0.",
            hint=1,
        ),
        Mistake(
            "one too low",
            _one_too_low,
            "every component number is one too low, and −1 silently means the last component.",
            hint=1,
        ),
        Mistake(
            "counted from one",
            _counted_from_one,
            "the points are right. The components in `k` are counted from 1, but the course counts from 0.",
            hint=1,
        ),
        Mistake(
            "no such component",
            _beyond_the_last,
            "some component has no row in `means`: its number is beyond the last one, or is not an integer.",
            hint=1,
        ),
        Mistake(
            "equal weights",
            _equal_weights,
            "every component comes up equally often: all stretches from 0 to 1 have the same length.",
            hint=1,
        ),
        Mistake(
            "always the heaviest",
            _heaviest,
            "every point comes from the component with the largest weight. The rare ones"
            " should come up too, rarely.",
            hint=1,
        ),
        Mistake(
            "standard deviations squared",
            _variances,
            "you multiplied by variances; `stds` holds standard deviations.",
            hint=2,
        ),
        Mistake("no spread", _no_spread, "all components have spread 1: `stds` makes no difference.", hint=2),
        Mistake(
            "mean scaled too",
            _mean_scaled_too,
            "the means were multiplied by the spread as well, so the components are in the wrong places.",
            hint=2,
        ),
        Mistake(
            "return values swapped",
            lambda *args: mixture_sample(*args)[::-1],
            "the two return values are in the wrong order.",
            hint=3,
        ),
    ),
)


# ── 5  The share of errors that nobody avoids ────────────────────────────────────────────────────────


def line_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, K in (("two components on the line", 2), ("three components on the line", 3)):
        mu = np.sort(rng.normal(scale=2, size=K))
        sigma = rng.uniform(0.6, 2.0, size=K)
        x = rng.choice(mu, size=50) + 1.5 * rng.normal(size=50)
        yield Case(description, (x, rng.dirichlet(np.full(K, 4.0)), mu, sigma))


def joint(x: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    return pi * norm.pdf(x[:, np.newaxis], mu, sigma)


def shares(x: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    """Responsibilities (n, K)."""
    p = joint(x, pi, mu, sigma)
    return p / p.sum(axis=1, keepdims=True)


def unavoidable_share(x: Array, pi: Array, mu: Array, sigma: Array) -> float:
    doubt = 0.0
    for point in x:
        p = [w * norm.pdf(point, m, s) for w, m, s in zip(pi, mu, sigma)]
        doubt += 1 - max(p) / sum(p)
    return doubt / len(x)


def _normalised_down_the_columns(*a: Array) -> float:
    p = joint(*a)
    return (1 - (p / p.sum(axis=0)).max(axis=1)).mean()


def _picked_without_weights(x: Array, pi: Array, mu: Array, sigma: Array) -> float:
    picked = norm.pdf(x[:, np.newaxis], mu, sigma).argmax(axis=1)
    return (1 - shares(x, pi, mu, sigma)[np.arange(len(x)), picked]).mean()


UNAVOIDABLE_SHARE = Check(
    name="unavoidable_share",
    lesson=LESSON,
    points=3,
    reference=unavoidable_share,
    cases=line_cases,
    laws=(
        Law(
            "the share is between 0 and 1 − 1/K: even a blind guess among K components does no worse.",
            lambda out, x, pi, *_: 0 <= out <= 1 - 1 / len(pi),
        ),
    ),
    expected="one number between 0 and 1",
    mistakes=(
        Mistake(
            "share of right answers",
            lambda *a: shares(*a).max(axis=1).mean(),
            "this is how often the best rule is right. The task asks how often it is wrong.",
            hint=2,
        ),
        Mistake(
            "number instead of share",
            lambda *a: (1 - shares(*a).max(axis=1)).sum(),
            "this is the expected number of errors among these points, not a share of them.",
            hint=2,
        ),
        Mistake(
            "weights left out",
            lambda x, pi, mu, sigma: (1 - shares(x, np.ones_like(pi), mu, sigma).max(axis=1)).mean(),
            "rare and frequent components count the same: the weights are missing.",
            hint=1,
        ),
        Mistake(
            "variance taken for a standard deviation",
            lambda x, pi, mu, sigma: (1 - shares(x, pi, mu, sigma**2).max(axis=1)).mean(),
            "the bells are too wide or too narrow: `sigma` holds standard deviations already,"
            " and `norm.pdf` wants those.",
            hint=1,
        ),
        Mistake(
            "not normalised",
            lambda *a: (1 - joint(*a).max(axis=1)).mean(),
            "these are joint densities, not probabilities: for one point they do not sum to 1 yet.",
            hint=1,
        ),
        Mistake(
            "normalised down the columns",
            _normalised_down_the_columns,
            "each column sums to 1 here. But a probability of 1 is shared by the components of one"
            " point, not by the points.",
            hint=1,
        ),
        Mistake(
            "component picked without the weights",
            _picked_without_weights,
            "the probabilities are right. You picked the component by its density alone, without its weight.",
            hint=2,
        ),
        Mistake(
            "least probable component",
            lambda *a: shares(*a).min(axis=1).mean(),
            "with three components, the probability of being wrong is more than the probability"
            " of the least probable one.",
            hint=2,
        ),
        Mistake(
            "share of unsure points",
            lambda *a: (shares(*a).max(axis=1) < 0.9).mean(),
            "this counts the points that are in doubt. A doubtful point is not yet an error: how probable is one?",
            hint=2,
        ),
    ),
)


# ── 6  Where two Gaussians are equally probable ──────────────────────────────────────────────────────


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


def in_order(points: Any) -> Any:
    """Turn two numbers, in any container, into a sorted array; return anything else unchanged."""
    if isinstance(points, tuple) and all(isinstance(point, (int, float)) for point in points):
        points = np.array(points)
    return np.sort(points) if isinstance(points, np.ndarray) and points.ndim == 1 else points


def equally_probable(out: Array, pi: Array, mu: Array, sigma: Array) -> bool:
    return np.allclose(*(pi * norm.pdf(out[:, np.newaxis], mu, sigma)).T, rtol=1e-5, atol=0)  # type: ignore[misc]  # the star brings exactly two arrays


EQUAL_POINTS = Check(
    name="equal_points",
    lesson=LESSON,
    points=4,
    reference=equal_points,
    cases=pair_cases,
    canonical=in_order,
    laws=(
        Law("both points are real numbers: these two Gaussians do cross.", lambda out, *_: np.isrealobj(out)),
        Law("at both points, weight times density is the same for both components.", equally_probable),
    ),
    expected="array (2,): two points on the line",
    mistakes=(
        Mistake(
            "the formula of the plane",
            crossing(lambda pi, s: np.log(pi[0] * s[1] ** 2 / (pi[1] * s[0] ** 2))),
            "this is the lecture's boundary, which is for the plane. What is the factor in front of"
            " the exponential on a line?",
            hint=1,
        ),
        Mistake(
            "weights left out",
            crossing(lambda pi, s: np.log(s[1] / s[0])),
            "the two densities are equal here, but one component is more frequent than the other.",
            hint=1,
        ),
        Mistake(
            "height left out",
            crossing(lambda pi, s: np.log(pi[0] / pi[1])),
            "you compared only the exponentials. A narrow Gaussian is also higher than a wide one.",
            hint=1,
        ),
        Mistake(
            "weights the wrong way round",
            crossing(lambda pi, s: np.log(pi[1] * s[1] / (pi[0] * s[0]))),
            "the weights are swapped: each belongs to its own Gaussian.",
            hint=2,
        ),
        Mistake(
            "a half lost",
            crossing(lambda pi, s: np.log(pi[0] * s[1] / (pi[1] * s[0])) / 2),
            "a factor of 2 is missing: the exponent is the squared distance over *twice* the variance.",
            hint=2,
        ),
        Mistake(
            "variance taken for a standard deviation",
            lambda pi, mu, sigma: equal_points(pi, mu, sigma**2),
            "the spreads are squared once too often: `sigma` holds standard deviations.",
            hint=2,
        ),
        Mistake(
            "standard deviation taken for a variance",
            lambda pi, mu, sigma: equal_points(pi, mu, np.sqrt(sigma)),
            "you used `sigma` as if it were a variance, both in the exponent and in the height.",
            hint=2,
        ),
        Mistake(
            "sigma not squared",
            crossing(heights, power=1),
            "the heights are right. In the exponent, `sigma` is not squared.",
            hint=2,
        ),
        Mistake(
            "sign of the middle term",
            crossing(heights, middle=2),
            "both points are mirrored at 0, as if the means had the opposite sign.",
            hint=3,
        ),
    ),
)


# ── 7  Fix a file ────────────────────────────────────────────────────────────────────────────────────

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


FIXED_FILE = Check(
    name="fixed_file",
    lesson=LESSON,
    points=1,
    kind="value",
    reference=lambda: FIXED,
    canonical=canonical_points,
    laws=(
        Law(
            "`load_points` can read the text. Run the cell with your answer: it says which line"
            " cannot be read, and why.",
            lambda text: points_of(text) is not None,
        ),
        Law("every measured point is in the text.", lambda text: {*MEASURED} <= {*points_of(text)}),
        Law("the text contains no invented points.", lambda text: {*points_of(text)} <= {*MEASURED}),
        Law("each point is in the text only once.", lambda text: len(points_of(text)) == len(MEASURED)),
    ),
    accepts=lambda text: True,  # the laws are the whole specification
    expected="a text that `load_points` can read, with every measured point in it and nothing else",
    mistakes=(
        Mistake("the text as it was", RIVER, "the text is unchanged.", planted=True),
        Mistake(
            "a zero for the gap",
            _with_gap_as("0"),
            "there is now a river level of 0 that nobody measured. A gap is not a zero.",
            hint=2,
        ),
        Mistake(
            "the gap filled with the mean of its neighbours",
            _with_gap_as("3.6"),
            "a plausible number is still one that nobody measured. What can you honestly do with that line?",
            hint=2,
        ),
        Mistake(
            "every faulty line left out",
            _without("1.4", "1.7", "2.4"),
            "it loads, but more than half of the measured points are gone. Three of the faulty"
            " lines hold a complete point.",
            hint=1,
        ),
        Mistake(
            "the decimal comma dropped",
            FIXED.replace("1.7", "17"),
            "there is now a river level of 17 metres: the comma in that line meant something.",
            hint=1,
        ),
        Mistake(
            "the line with the comma left out",
            _without("1.7"),
            "one measured point is missing: its number is written the way some countries do,"
            " but the line is complete.",
            hint=1,
        ),
        Mistake(
            "the line with the semicolon left out",
            _without("1.4"),
            "one measured point is missing: a stray mark between two numbers takes nothing away from them.",
            hint=1,
        ),
        Mistake(
            "the line with the remark left out",
            _without("2.4"),
            "one measured point is missing: somebody added a word after it, but both numbers are there.",
            hint=1,
        ),
        Mistake(
            "two lines left out",
            _without("1.4", "1.7"),
            "two measured points are missing, although both of their lines hold two good numbers.",
            hint=1,
        ),
        Mistake(
            "a line twice",
            FIXED + "2.6 4.4\n",
            "the last point is in the text twice, but your friend measured it once.",
            hint=1,
        ),
        Mistake(
            "columns swapped",
            "\n".join(f"{lower} {upper}" for upper, lower in MEASURED),
            "the columns are swapped: the upper gauge comes first.",
            hint=1,
        ),
    ),
)


CHECKS = (
    WHOSE_POINT,
    INERTIA_OF_LABELS,
    JOIN_LABELS,
    MIXTURE_SAMPLE,
    UNAVOIDABLE_SHARE,
    EQUAL_POINTS,
    FIXED_FILE,
)
