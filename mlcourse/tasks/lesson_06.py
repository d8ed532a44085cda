"""Checks for lesson 06 (when EM fails): aligned runs, spikes, the right restart, shrinkage, where a climb ends.

Symbols: X (n, d) data; R (n, K) responsibilities; T (d, d) the prior's target; m its strength.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from mlcourse.checks.task import Case, Lesson
from mlcourse.datasets import elongated_blobs
from mlcourse.gaussians import full_scatter
from mlcourse.metrics import align_components
from mlcourse.mixture import GaussianMixture
from mlcourse.typing import Array

LESSON = Lesson("06_when_em_fails")


# ── 1  Averages of several fits ──────────────────────────────────────────────────────────────────────

AVERAGE_RUNS = LESSON.task(
    "average_runs",
    title="Average several fits",
    points=3,
    expected="array (K, d): the averaged means, in the order of the first run",
)


# If each mean of the first run took its nearest partner, two of them would take the same one in the second.
CONTESTED = np.array([[[10.0, 0], [1, 0], [0, 0]], [[0.9, 0], [10, 0], [2.1, 0]]])
# The sum of the squared distances is smallest for other pairs than the sum of the distances.
IN_A_ROW = np.array([[[0.0, 0], [1, 0.3], [9, 0]], [[9, 0], [1, 0.3], [2, 0]]])


def turning(rng: np.random.Generator) -> Array:
    """Four runs (4, 3, 2), each turned on by 60°, so that neighbours in the list agree and distant ones do not."""
    angles = rng.uniform(0, 2 * np.pi) + np.deg2rad(60) * np.arange(4)
    there = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    runs = np.stack([there, -there, np.full((4, 2), 5.0)], axis=1)
    return np.array([rng.permutation(run) for run in runs]) + 0.02 * rng.normal(size=runs.shape)


@AVERAGE_RUNS.cases
def average_runs_cases(rng: np.random.Generator) -> Iterator[Case]:
    means = np.array([[4.0, 1], [-5, 2], [1, -4], [0, 6]]) + rng.normal(size=(4, 2))
    orders = np.array([[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 1, 0], [3, 0, 1, 2]])
    yield Case("four runs, each numbered differently", (means[orders] + 0.05 * rng.normal(size=(4, 4, 2)),))
    yield Case("two means close together", (CONTESTED + 0.02 * rng.normal(size=CONTESTED.shape),))
    row = rng.uniform(0.5, 5) * (IN_A_ROW + 0.003 * rng.normal(size=IN_A_ROW.shape))
    yield Case("means in a row", (row,))
    yield Case("four runs that drift away from the first", (turning(rng),))


@AVERAGE_RUNS.reference
def average_runs(runs: Array) -> Array:
    aligned = []
    for run in runs:
        order = linear_sum_assignment(cdist(runs[0], run, "sqeuclidean"))[1]
        aligned.append([run[k] for k in order])
    return np.mean(aligned, axis=0)


def _averaged(order: Callable[..., Array]) -> Callable[..., Array]:
    """The average with each run reordered by `order(first, run)`."""
    return lambda runs: np.mean([run[order(runs[0], run)] for run in runs], axis=0)


def _backwards(first: Array, run: Array) -> Array:
    return np.argsort(linear_sum_assignment(cdist(first, run, "sqeuclidean"))[1])


@AVERAGE_RUNS.mistake(
    "you averaged component 0 of one run with component 0 of the others. The numbering"
    " is arbitrary in each run.",
    hint=1,
)
def not_aligned(runs):
    return runs.mean(axis=0)


@AVERAGE_RUNS.mistake(
    "you sorted every run. That matches these components, but not in the order of the first run, and it"
    " fails where two first features are close.",
    hint=2,
)
def sorted_by_the_first_feature(runs):
    return _averaged(lambda first, run: np.argsort(run[:, 0]))(runs)


@AVERAGE_RUNS.mistake(
    "each mean took the nearest one in the other run. Two of them took the same one,"
    " and another was left over.",
    hint=2,
)
def nearest_partner(runs):
    return _averaged(lambda first, run: cdist(first, run).argmin(axis=1))(runs)


@AVERAGE_RUNS.mistake(
    "the pairs are right, but applied in the wrong direction: the order says where each"
    " partner is, not where it goes.",
    hint=3,
)
def the_order_backwards(runs):
    return _averaged(_backwards)(runs)


@AVERAGE_RUNS.mistake(
    "each mean of a run looked for its nearest one in the first run. That order goes the wrong way, and"
    " two means may pick the same partner.",
    hint=3,
)
def asked_from_the_other_side(runs):
    return _averaged(lambda first, run: cdist(run, first).argmin(axis=1))(runs)


@AVERAGE_RUNS.mistake(
    "each run took its order from the one before it. Small steps add up: ask which run the task compares with.",
    hint=1,
)
def aligned_to_the_run_before(runs: Array) -> Array:
    aligned = [runs[0]]
    for run in runs[1:]:
        _, order = linear_sum_assignment(cdist(aligned[-1], run, "sqeuclidean"))
        aligned.append(run[order])
    return np.mean(aligned, axis=0)


@AVERAGE_RUNS.mistake(
    "the pairs have the smallest sum of plain distances. The task adds up another quantity, and that can"
    " change who is whose partner.",
    hint=3,
)
def pairs_by_plain_distances(runs):
    return _averaged(lambda first, run: linear_sum_assignment(cdist(first, run))[1])(runs)


@AVERAGE_RUNS.mistake("the aligned means are added up but not divided by the number of runs.", hint=1)
def sum_of_the_runs(runs):
    return len(runs) * average_runs(runs)


@AVERAGE_RUNS.mistake(
    "you used the first run only for its order, and averaged the others. It is one of the m fits.", hint=1
)
def the_first_run_left_out(runs: Array) -> Array:
    m = len(runs)
    return (m * average_runs(runs) - runs[0]) / (m - 1)


@AVERAGE_RUNS.mistake("this is the first run alone. The others should count too.", hint=1)
def the_first_run_alone(runs):
    return runs[0]


@AVERAGE_RUNS.right
def average_by_the_package(runs):
    return np.mean([run[align_components(runs[0], run)] for run in runs], axis=0)


@AVERAGE_RUNS.right
def average_step_by_step(runs):
    first = runs[0]
    aligned = np.zeros(runs.shape)
    for j, run in enumerate(runs):
        cost = ((first[:, None] - run) ** 2).sum(axis=2)
        _, columns = linear_sum_assignment(cost)
        aligned[j] = run[columns]
    return aligned.mean(axis=0)


@AVERAGE_RUNS.right
def average_written_out(runs):
    total = np.array(runs[0])
    for run in runs[1:]:
        total += run[align_components(runs[0], run)]
    return total / len(runs)


# ── 2  How narrow a component is ─────────────────────────────────────────────────────────────────────

NARROWEST = LESSON.task(
    "narrowest",
    title="How narrow is it?",
    points=2,
    expected="array (K,): one positive variance per component",
)


def turned(variances: Array, rng: np.random.Generator) -> Array:
    """A covariance (d, d) with these variances along random directions."""
    directions = np.linalg.qr(rng.normal(size=(len(variances), len(variances))))[0]
    return (directions * variances) @ directions.T


@NARROWEST.cases
def narrowest_cases(rng: np.random.Generator) -> Iterator[Case]:
    needle = turned(rng.uniform([4, 0.001], [9, 0.002]), rng)
    ball, egg = rng.uniform(0.4, 0.8) * np.eye(2), np.diag(rng.uniform([1, 3], [2, 5]))
    yield Case("a ball, an egg and a tilted needle", (np.array([ball, egg, needle]),))
    d = int(rng.integers(3, 5))
    yield Case(
        f"four components, d = {d}", (np.array([turned(rng.uniform(0.1, 6, d), rng) for _ in range(4)]),)
    )


@NARROWEST.reference
def narrowest(covariances: Array) -> Array:
    return np.array([min(np.linalg.eigvalsh(covariance)) for covariance in covariances])


@NARROWEST.law("no feature can have a smaller variance than the narrowest direction.")
def not_above_the_diagonal(out, covariances):
    return np.all(out <= np.diagonal(covariances, axis1=1, axis2=2).min(axis=1) + 1e-6)


@NARROWEST.mistake(
    "these are the smallest variances along the axes. A tilted needle is wide along both axes, and still narrow.",
    hint=1,
)
def smallest_on_the_diagonal(covariances):
    return np.diagonal(covariances, axis1=1, axis2=2).min(axis=1)


@NARROWEST.mistake("these are standard deviations. `reg_covar` is compared with variances.", hint=2)
def standard_deviations(covariances):
    return np.sqrt(narrowest(covariances))


@NARROWEST.mistake("these are the variances in the widest direction.", hint=2)
def widest(covariances):
    return np.linalg.eigvalsh(covariances)[:, -1]


@NARROWEST.mistake(
    "a determinant is the product of the variances. A long needle can have the same determinant as a ball.",
    hint=2,
)
def determinants(covariances):
    return np.linalg.det(covariances)


@NARROWEST.mistake("these are averages over all directions, and a spike hides in an average.", hint=2)
def mean_variances(covariances):
    return np.linalg.eigvalsh(covariances).mean(axis=1)


@NARROWEST.mistake(
    "the smallest entry may be a covariance, off the diagonal. That is not a variance.", hint=1
)
def smallest_entry(covariances):
    return covariances.min(axis=(1, 2))


@NARROWEST.mistake("this is one number. Each component needs its own.", hint=None)
def the_narrowest_of_all(covariances):
    return narrowest(covariances).min()


@NARROWEST.right
def narrowest_by_eigvalsh(covariances):
    return np.linalg.eigvalsh(covariances)[:, 0]


@NARROWEST.right
def narrowest_by_singular_values(covariances):
    return np.linalg.svd(covariances, compute_uv=False).min(axis=1)


@NARROWEST.right
def narrowest_by_the_inverse(covariances):
    return [1 / np.linalg.norm(np.linalg.inv(covariance), 2) for covariance in covariances]


# ── 3  Find the bug ──────────────────────────────────────────────────────────────────────────────────

BEST_RUN = LESSON.task(
    "best_run",
    title="Find the bug: the wrong restart",
    points=2,
    expected="a whole number: the index of a run",
)


@BEST_RUN.cases
def best_run_cases(rng: np.random.Generator) -> Iterator[Case]:
    for m, unit in ((12, 1.0), (20, 100.0), (30, 0.01), (25, 1.0)):
        scores = np.sort(rng.uniform(-5, -3, m))[::-1]
        spread = rng.uniform(0.1, 1, m)
        spread[2] = 0.09  # the best without a spike is not the widest
        spread[[0, 1, 4]] = 1e-6, 1e-3, 1e-6  # one of them exactly at the limit
        order = np.r_[4, 5, rng.permutation(np.delete(np.arange(m), [4, 5]))]
        yield Case(f"{m} runs, three with a spike", (scores[order], unit * spread[order], 1e-3 * unit))


@BEST_RUN.reference
def best_run(scores: Array, smallest: Array, limit: float) -> int:
    without_a_spike = [run for run in range(len(scores)) if smallest[run] > limit]
    return max(without_a_spike, key=lambda run: scores[run])


@BEST_RUN.law("the chosen run must not have a spike.")
def no_spike(out, scores, smallest, limit):
    return smallest[int(out)] > limit


@BEST_RUN.mistake("the bug is still there.", planted=True)
def place_among_those_without_a_spike(scores, smallest, limit):
    return np.argmax(scores[smallest > limit])


@BEST_RUN.mistake("this is the run with the highest likelihood of all. It has a spike.", hint=1)
def spikes_allowed(scores, smallest, limit):
    return np.argmax(scores)


@BEST_RUN.mistake(
    "the runs with a spike get a score of 0, and 0 is more than any of the other scores here.",
    hint=2,
)
def masked_by_zero(scores, smallest, limit):
    return np.argmax(scores * (smallest > limit))


@BEST_RUN.mistake(
    "this is the run with the widest components. Among the runs without a spike, the scores decide."
)
def widest_run(scores, smallest, limit):
    return np.argmax(smallest)


@BEST_RUN.mistake("this is the lowest score among the runs without a spike.", hint=2)
def lowest_score(scores, smallest, limit):
    return np.argmin(np.where(smallest > limit, scores, np.inf))


@BEST_RUN.mistake("this is the first run without a spike, whatever its score.", hint=2)
def first_without_a_spike(scores, smallest, limit):
    return np.argmax(smallest > limit)


@BEST_RUN.right
def best_run_by_where(scores, smallest, limit):
    return np.where(smallest > limit, scores, -np.inf).argmax()


@BEST_RUN.right
def best_run_by_indices(scores, smallest, limit):
    runs = np.flatnonzero(smallest > limit)
    return runs[np.argmax(scores[runs])]


@BEST_RUN.right
def best_run_by_max(scores, smallest, limit):
    return max((run for run in range(len(scores)) if smallest[run] > limit), key=lambda run: scores[run])


# ── 4  Read a table ──────────────────────────────────────────────────────────────────────────────────

IMMUNE_FIT = LESSON.choice(
    "immune_fit",
    title="Read a table",
    points=1,
    right="C",
    wrong={
        "A": "its likelihood rises as `reg_covar` shrinks: it has a spike, which a shared covariance cannot have.",
        "B": "its likelihood rises as `reg_covar` shrinks, in every row. Which type cannot do that?",
        "D": (
            "a low likelihood in the first row is no sign of tied. Read the columns downwards.",
            2,
        ),
    },
)


IMMUNE_FIT.right_values("c")


# ── 5  Shrinkage ─────────────────────────────────────────────────────────────────────────────────────

MAP_COVARIANCES = LESSON.task(
    "map_covariances",
    title="Shrink the covariances",
    points=3,
    expected="array (K, d, d): symmetric, positive definite",
)


@MAP_COVARIANCES.cases
def map_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K, d, m in (
        ("three components, m = 4", rng.integers(35, 45), 3, 2, 4.0),
        ("d = 3, m = 0.5", rng.integers(25, 35), 2, 3, 0.5),
    ):
        B = rng.normal(size=(d, d))
        X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(scale=3, size=d)
        yield Case(description, (X, rng.dirichlet(np.full(K, 0.6), n), B @ B.T + np.eye(d), m))
    X = rng.normal(size=(12, 2))
    lone = np.eye(2)[(np.arange(12) == 0).astype(int)]
    yield Case("a component on a single point, m = 1", (X, lone, np.diag([2.0, 0.5]), 1.0))


def scatters(X: Array, R: Array) -> tuple[Array, Array]:
    """S (K, d, d) about the weighted means, and N (K, 1, 1), point by point."""
    S = []
    for r in R.T:
        mean = sum(w * x for w, x in zip(r, X)) / r.sum()
        S.append(sum(w * np.outer(x - mean, x - mean) for w, x in zip(r, X)))
    return np.array(S), R.sum(axis=0)[:, np.newaxis, np.newaxis]


def _shrunk(formula: Callable[..., Array]) -> Callable[..., Array]:
    """Covariances by `formula(S, N, T, m, n, d)`."""

    def covariances(X: Array, R: Array, T: Array, m: float) -> Array:
        S, N = scatters(X, R)
        return formula(S, N, T, m, *X.shape)

    return covariances


map_covariances = _shrunk(lambda S, N, T, m, n, d: (S + m * T) / (N + m))


def _about(center: Callable[..., Any]) -> Callable[..., Array]:
    """Covariances with every component's scatter taken about the same `center(X)`."""

    def covariances(X: Array, R: Array, T: Array, m: float) -> Array:
        D, N = X - center(X), R.sum(axis=0)[:, np.newaxis, np.newaxis]
        return (np.einsum("nk,nd,ne->kde", R, D, D) + m * T) / (N + m)

    return covariances


MAP_COVARIANCES.reference(map_covariances)


@MAP_COVARIANCES.law("a covariance must be symmetric.")
def symmetric(C, *_):
    return np.allclose(C, np.swapaxes(C, 1, 2))


@MAP_COVARIANCES.law("a covariance must be positive definite.")
def positive_definite(C, *_):
    return np.all(np.linalg.eigvalsh(C) > 0)


@MAP_COVARIANCES.mistake(
    "the prior is not used: this is maximum likelihood, and the component on a single point has collapsed.",
    hint=1,
)
def maximum_likelihood(*args):
    return _shrunk(lambda S, N, T, m, n, d: S / N)(*args)


@MAP_COVARIANCES.mistake(
    "the imagined points are in the sum, but not in the number that you divide by: all"
    " variances are too large.",
    hint=1,
)
def divided_by_the_real_points_alone(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + m * T) / N)(*args)


@MAP_COVARIANCES.mistake(
    "you added m T after the division, the way `reg_covar` is added. A component of a thousand"
    " points then feels it as much as one of three.",
    hint=1,
)
def a_ridge(*args):
    return _shrunk(lambda S, N, T, m, n, d: S / N + m * T)(*args)


@MAP_COVARIANCES.mistake("you added T once, as if there were one imagined point. How many are there?", hint=2)
def without_strength(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + T) / (N + m))(*args)


@MAP_COVARIANCES.mistake("this divides by all n points. Component k has only Nₖ of them.", hint=2)
def divided_by_all_points(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + m * T) / (n + m))(*args)


@MAP_COVARIANCES.mistake(
    "the denominator has an extra d + 1. In the lecture's formula, that is already part of m.", hint=2
)
def dimension_counted_in(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S + m * T) / (N + m + d + 1))(*args)


@MAP_COVARIANCES.mistake("the scatter is taken about 0. It should be about the component's own mean.", hint=3)
def not_centred(*args):
    return _about(lambda X: 0.0)(*args)


@MAP_COVARIANCES.mistake(
    "the scatter is taken about the mean of all points, not about the component's own mean.", hint=3
)
def about_the_mean_of_all_points(*args):
    return _about(lambda X: X.mean(axis=0))(*args)


@MAP_COVARIANCES.mistake(
    "you divided the scatter by Nₖ before the imagined points came in. S is a sum: one"
    " division, at the end, is enough.",
    hint=3,
)
def divided_twice(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S / N + m * T) / (N + m))(*args)


@MAP_COVARIANCES.mistake(
    "component and target are blended as if the component had one point and the target m. How many points has"
    " the component?",
    hint=1,
)
def as_if_the_component_had_one_point(*args):
    return _shrunk(lambda S, N, T, m, n, d: (S / N + m * T) / (1 + m))(*args)


@MAP_COVARIANCES.mistake(
    "the target is not in the sum: the covariances are only made smaller. What do the imagined points add to S?",
    hint=1,
)
def target_left_out(*args):
    return _shrunk(lambda S, N, T, m, n, d: S / (N + m))(*args)


@MAP_COVARIANCES.mistake("this is (S + m T) without a division.", hint=2)
def not_divided(*args):
    return _shrunk(lambda S, N, T, m, n, d: S + m * T + 0 * N)(*args)


@MAP_COVARIANCES.mistake(
    "`np.cov` with `aweights` does not divide by Nₖ, unless you ask it to. Look up its argument `ddof`.",
    hint=3,
)
def weights_with_a_correction(X: Array, R: Array, T: Array, m: float) -> Array:
    N = R.sum(axis=0)
    return np.array([(n * np.cov(X.T, aweights=r) + m * T) / (n + m) for r, n in zip(R.T, N)])


@MAP_COVARIANCES.mistake(
    "the scatter is about the unweighted mean of those points for which component k is the likeliest."
    " The M-step's means use the whole of R.",
    hint=3,
)
def about_the_mean_of_the_hard_members(X: Array, R: Array, T: Array, m: float) -> Array:
    hard = np.eye(R.shape[1])[R.argmax(axis=1)]
    means = hard.T @ X / np.maximum(hard.sum(axis=0), 1)[:, np.newaxis]
    N = R.sum(axis=0)[:, np.newaxis, np.newaxis]
    return (full_scatter(X, R, means) + m * T) / (N + m)


@MAP_COVARIANCES.right
def covariances_by_roots(X, R, T, m):
    N = R.sum(axis=0)
    S = full_scatter(X, R, R.T @ X / N[:, None])
    return (S + m * T) / (N + m)[:, None, None]


@MAP_COVARIANCES.right
def covariances_by_einsum(X, R, T, m):
    N = R.sum(axis=0)
    means = R.T @ X / N[:, None]
    D = X[:, None] - means
    S = np.einsum("nk,nkd,nke->kde", R, D, D)
    return (S + m * T) / (N[:, None, None] + m)


@MAP_COVARIANCES.right
def covariances_component_by_component(X, R, T, m):
    shrunk = np.zeros((R.shape[1], *T.shape))
    for k in range(R.shape[1]):
        weights = R[:, k]
        mean = weights @ X / weights.sum()
        centred = X - mean
        scatter = centred.T @ (weights[:, None] * centred)
        shrunk[k] = (scatter + m * T) / (weights.sum() + m)
    return shrunk


@MAP_COVARIANCES.right
def covariances_as_a_blend(X, R, T, m):
    blended = []
    for r in R.T:
        share = m / (r.sum() + m)
        blended.append((1 - share) * np.cov(X.T, aweights=r, ddof=0) + share * T)
    return blended


# ── 6  Where the climb will end ──────────────────────────────────────────────────────────────────────

CLIMB_END = LESSON.task(
    "climb_end",
    title="Where will it end?",
    points=2,
    expected="a number above the last value of the path",
)


@CLIMB_END.cases
def climb_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, rate, m in (("a slow climb", 0.95, 8), ("a faster climb", 0.6, 5)):
        rate = rate - 0.05 * rng.uniform()
        yield Case(description, (rng.uniform(-4, -2) - rng.uniform(0.5, 1) * rate ** np.arange(m),))
    fast, slow = 0.3 ** np.arange(9), rng.uniform(0.85, 0.9) ** np.arange(9)
    yield Case("a climb that is fast at first, then slow", (rng.uniform(-4, -2) - fast - 0.5 * slow,))


@CLIMB_END.reference
def climb_end(path: Array) -> float:
    a, b, c = path[-3:]
    rate = (c - b) / (b - a)
    return c + (c - b) * rate / (1 - rate)


@CLIMB_END.law("increases that shrink but stay positive must end above the last value.")
def above_the_last(out, path):
    return out > path[-1]


@CLIMB_END.mistake("this is the last value. There are increases still to come.", hint=1)
def last_value(path):
    return path[-1]


@CLIMB_END.mistake("this is where the next round ends. More rounds follow.", hint=2)
def one_more_round(path):
    a, b, c = path[-3:]
    return c + (c - b) ** 2 / (b - a)


@CLIMB_END.mistake(
    "your sum begins with an increase that is already in the path. Which is the first one to come?", hint=2
)
def last_step_counted_twice(path):
    a, b, c = path[-3:]
    return c + (c - b) / (1 - (c - b) / (b - a))


@CLIMB_END.mistake("the sign of the sum is wrong: this prediction is below the last value.", hint=2)
def downwards(path):
    return 2 * path[-1] - climb_end(path)


@CLIMB_END.mistake(
    "the rate is upside down: an earlier increase divided by a later one is more than 1.", hint=1
)
def rate_upside_down(path):
    a, b, c = path[-3:]
    rate = (b - a) / (c - b)
    return c + (c - b) * rate / (1 - rate)


@CLIMB_END.mistake("you used the first three values. The rate is constant only near the end.", hint=1)
def from_the_first_three(path):
    return climb_end(path[:3])


@CLIMB_END.right
def climb_end_by_aitken(path):
    a, b, c = path[-3], path[-2], path[-1]
    return a - (b - a) ** 2 / (c - 2 * b + a)


@CLIMB_END.right
def climb_end_step_by_step(path):
    first, second = np.diff(path)[-2:]
    value, step = path[-1], second
    for _ in range(5000):
        step *= second / first
        value += step
    return value


# ── 7  How strong a prior ────────────────────────────────────────────────────────────────────────────

BEST_STRENGTH = LESSON.value(
    "best_strength",
    title="How strong a prior? · stretch",
    points=2,
    expected="one of the four numbers in `strengths`",
)


STRENGTHS = (0.03, 0.3, 3.0, 30.0)


@cache
def _fits() -> Array:
    """Training and validation likelihoods of the task's four fits: (4, 2)."""
    rows = np.random.default_rng(0).permutation(elongated_blobs(random_state=1)[0])
    train, validation = rows[:60], rows[60:200]
    models = [
        GaussianMixture(
            6, covariance_prior="data", prior_strength=m, n_init=5, random_state=0, max_iter=500
        ).fit(train)
        for m in STRENGTHS
    ]
    return np.array([(model.score(train), model.score(validation)) for model in models])


@BEST_STRENGTH.reference
def best_strength():
    return STRENGTHS[_fits()[:, 1].argmax()]


@BEST_STRENGTH.mistake(
    "this one fits the training points best, as the weakest prior always does. Which points should decide?",
    hint=1,
)
def chosen_on_the_training_points():
    return STRENGTHS[_fits()[:, 0].argmax()]


@BEST_STRENGTH.mistake(
    "a prior this strong makes all components alike. They cannot collapse, but they have learned little.",
    hint=2,
)
def the_strongest_prior():
    return STRENGTHS[-1]


@BEST_STRENGTH.mistake(
    "this one is close to the best, but not the best: look again at the four likelihoods on"
    " the points that decide.",
    hint=2,
    name="the runner-up",
)
def the_runner_up():
    return STRENGTHS[_fits()[:, 1].argsort()[-2]]


BEST_STRENGTH.right_values(0.3)
