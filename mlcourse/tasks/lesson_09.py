"""Checks for lesson 09, choosing K: prices, criteria, a table of BICs, a bootstrap test.

Symbols: X (n, d) data; K components; p free parameters; log_likelihood (n,) per point; R (n, K)
responsibilities.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sklearn.mixture
from scipy.special import entr, xlogy

from mlcourse.checks.task import Case, Lesson
from mlcourse.typing import Array

LESSON = Lesson("09_choosing_k")


# ── 1  The price of a component ──────────────────────────────────────────────────────────────────────

RISE_NEEDED = LESSON.task(
    "rise_needed",
    title="Is one more component worth it?",
    points=2,
    expected="(rise for AIC, rise for BIC): two positive numbers",
    parts=("the rise for AIC", "the rise for BIC"),
    families={"the rise for AIC": 1, "the rise for BIC": 1},
)


@RISE_NEEDED.cases
def rise_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, d in (
        ("a few dozen points in two or three dimensions", rng.integers(30, 90), rng.integers(2, 4)),
        ("hundreds of points in more dimensions", rng.integers(200, 400), rng.integers(4, 8)),
    ):
        yield Case(description, (rng.normal(size=(n, d)),))


@RISE_NEEDED.reference
def rise_needed(X: Array) -> tuple[int, float]:
    n, d = X.shape
    price = full_parameters(2, d) - full_parameters(1, d)
    return price, price * np.log(n) / 2


def full_parameters(K: int, d: int) -> int:
    """Free parameters of K components with full covariances in d dimensions, listed one by one."""
    upper_triangle = sum(1 for row in range(d) for column in range(d) if column >= row)
    return (K - 1) + K * d + K * upper_triangle


def _rise_at(price_of_component: Callable[..., int]) -> Callable[..., tuple[int, float]]:
    """Make a `rise_needed` that counts `price_of_component(d)` parameters per component."""

    def answer(X: Array) -> tuple[int, float]:
        n, d = X.shape
        return price_of_component(d), price_of_component(d) * np.log(n) / 2

    return answer


@RISE_NEEDED.law("with eight points or more, BIC asks for a larger rise than AIC.")
def with_eight_points_or_more_bic_asks(out, X):
    return out[1] > out[0]


@RISE_NEEDED.mistake(
    "this is how much the penalty rises. What is the log-likelihood multiplied by"
    " before the two are compared?",
    hint=2,
)
def rise_of_the_price_instead_of_the_likelihood(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return 2 * of_aic, 2 * of_bic


@RISE_NEEDED.mistake(
    "the rise for AIC is right. For BIC this is the penalty itself, not the rise in"
    " log-likelihood that pays for it.",
    hint=2,
)
def price_of_bic_instead_of_rise_of_the_likelihood(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return of_aic, 2 * of_bic


@RISE_NEEDED.mistake(
    "the rise for BIC is right. For AIC this is the penalty itself, not the rise in"
    " log-likelihood that pays for it.",
    hint=2,
)
def price_of_aic_instead_of_rise_of_the_likelihood(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return 2 * of_aic, of_bic


@RISE_NEEDED.mistake(
    "this is the rise of the mean log-likelihood per point. The task asks about the sum over all points.",
    hint=2,
)
def rise_of_the_mean(X: Array) -> tuple[float, ...]:
    return tuple(rise / len(X) for rise in rise_needed(X))


@RISE_NEEDED.mistake(
    "you counted a mean and a covariance. The new component also brings a number that says how common it is.",
    hint=1,
)
def weight_left_out(X):
    return _rise_at(lambda d: d + d * (d + 1) // 2)(X)


@RISE_NEEDED.mistake("you counted every entry of the covariance. Can you choose all of them freely?", hint=1)
def every_entry_of_the_covariance_counted(X):
    return _rise_at(lambda d: 1 + d + d * d)(X)


@RISE_NEEDED.mistake(
    "you counted only the diagonal of the covariance. A full covariance can also be tilted.", hint=1
)
def variances_only(X):
    return _rise_at(lambda d: 1 + 2 * d)(X)


@RISE_NEEDED.mistake(
    "you counted the position and the weight of the new component. It also has a shape.", hint=1
)
def covariance_left_out(X):
    return _rise_at(lambda d: 1 + d)(X)


@RISE_NEEDED.mistake(
    "your count per component is d numbers too small. Is the mean counted, and the diagonal of the covariance?",
    hint=1,
    name="mean or diagonal of the covariance left out",
)
def mean_or_diagonal_left_out(X):
    return _rise_at(lambda d: 1 + d + d * (d - 1) // 2)(X)


@RISE_NEEDED.mistake("this pays for both components of a mixture of two. How many of them are new?", hint=1)
def both_components_paid_for(X):
    return _rise_at(lambda d: full_parameters(2, d))(X)


@RISE_NEEDED.mistake("you took the logarithm of the number of entries in X. BIC counts points.", hint=2)
def entries_instead_of_points(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return of_aic, of_bic / np.log(len(X)) * np.log(X.size)


@RISE_NEEDED.mistake(
    "your logarithm in BIC is to base ten. Likelihoods here use the natural logarithm.", hint=2
)
def logarithm_to_base_ten(X: Array) -> tuple[int, float]:
    of_aic, of_bic = rise_needed(X)
    return of_aic, of_bic / np.log(10)


@RISE_NEEDED.mistake("the two numbers are in the wrong order.", hint=2)
def order_swapped(X):
    return rise_needed(X)[::-1]


@RISE_NEEDED.right
def rise_by_formula(X):
    n, d = X.shape
    p = 1 + d + d * (d + 1) / 2
    return p, 0.5 * p * np.log(n)


@RISE_NEEDED.right
def rise_by_counting(X):
    n, d = len(X), X.shape[1]
    of_covariance = d * (d + 1) // 2
    price = 1 + d + of_covariance
    return price, np.log(n) * price / 2


@RISE_NEEDED.right
def rise_by_difference(X):
    n, d = X.shape
    before = d + d * (d + 1) // 2
    after = 1 + 2 * d + d * (d + 1)
    return [(2 * after - 2 * before) / 2, (np.log(n) * after - np.log(n) * before) / 2]


@RISE_NEEDED.right
def rise_by_fitted_models(X):
    """The penalties of both criteria, from two fits with scikit-learn."""
    penalties = []
    for K in (1, 2):
        model = sklearn.mixture.GaussianMixture(K, random_state=0).fit(X)
        fit = -2 * model.score_samples(X).sum()
        penalties.append(np.array([model.aic(X) - fit, model.bic(X) - fit]))
    return (penalties[1] - penalties[0]) / 2


# ── 2  Three criteria ────────────────────────────────────────────────────────────────────────────────

CRITERIA = LESSON.task(
    "criteria",
    title="Three criteria",
    points=3,
    expected="(AIC, BIC, ICL): three finite numbers",
    parts=("the AIC", "the BIC", "the ICL"),
    families={"the AIC": 1, "the BIC": 1, "the ICL": 1},
)


@CRITERIA.cases
def criteria_cases(rng: np.random.Generator) -> Iterator[Case]:
    for description, n, K in (("two hundred points", 200, 4), ("thirty points", 30, 3)):
        R = rng.dirichlet(np.full(K, 0.3), size=n)
        R[: n // 4] = np.eye(K)[rng.integers(K, size=n // 4)]  # includes zeros: log 0 is −∞
        yield Case(
            f"{description}, some of them assigned with certainty",
            (rng.normal(-2, 1, size=n), R, int(rng.integers(5, 40))),
        )


@CRITERIA.reference
def criteria(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    return _criteria(log_likelihood, R, p)


def _criteria(
    log_likelihood: Array,
    R: Array,
    p: int,
    *,
    total: Callable[..., Any] = np.sum,
    factor: int = -2,
    n_counted: Callable[..., Any] = len,
    entropy_factor: int = 2,
    rows: Callable[..., Any] = np.sum,
) -> tuple[float, float, float]:
    """The three criteria, with a parameter for every mistake."""
    fit = factor * total(log_likelihood)
    bic = fit + p * np.log(n_counted(R))
    return fit + 2 * p, bic, bic + entropy_factor * rows(-xlogy(R, R).sum(axis=1))


@CRITERIA.law("ICL is never below BIC: the entropy can only add to it.")
def icl_is_never_below_bic_the_entropy(out, *_):
    return out[2] >= out[1] - 1e-9


@CRITERIA.mistake(
    "you used the mean log-likelihood per point instead of the sum over all points. Against a mean, the penalty for"
    " the parameters is far too large.",
    hint=1,
)
def mean_instead_of_sum(*args):
    return _criteria(*args, total=np.mean)


@CRITERIA.mistake("a better fit makes these criteria worse. Check the sign of the log-likelihood.", hint=1)
def sign_of_the_likelihood(*args):
    return _criteria(*args, factor=2)


@CRITERIA.mistake(
    "all three numbers have the opposite sign. Some books maximise these criteria. Here lower is better.",
    hint=1,
)
def all_signs_reversed(log_likelihood: Array, R: Array, p: int) -> tuple[float, ...]:
    return tuple(-criterion for criterion in _criteria(log_likelihood, R, p))


@CRITERIA.mistake("a parameter costs too little in your AIC. Compare its formula with that of BIC.", hint=1)
def price_of_aic_halved(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, icl = _criteria(log_likelihood, R, p)
    return aic - p, bic, icl


@CRITERIA.mistake(
    "a parameter costs too little in your BIC. Its penalty fits a log-likelihood that is not doubled, but yours is.",
    hint=1,
)
def price_of_bic_halved(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, icl = _criteria(log_likelihood, R, p)
    half = p * np.log(len(R)) / 2
    return aic, bic - half, icl - half


@CRITERIA.mistake(
    "you took the entropy of the columns' means, which says how unequal the components are in size. The entropy"
    " in ICL asks, point by point, how uncertain its assignment is.",
    hint=2,
)
def entropy_of_the_means(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, _ = _criteria(log_likelihood, R, p)
    return aic, bic, bic + 2 * entr(R.mean(axis=0)).sum()


@CRITERIA.mistake("your BIC counts each parameter twice: log n is already the whole penalty.", hint=1)
def price_of_bic_doubled(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, icl = _criteria(log_likelihood, R, p)
    price = p * np.log(len(R))
    return aic, bic + price, icl + price


@CRITERIA.mistake(
    "your ICL equals the BIC. What does ICL add for points whose component is uncertain?", hint=2
)
def entropy_left_out(*args):
    return _criteria(*args, entropy_factor=0)


@CRITERIA.mistake(
    "all three numbers are half of what the lecture's formulas give. The minimum is in the same place,"
    " but your numbers cannot be compared with anybody else's.",
    hint=1,
)
def half_the_scale(log_likelihood: Array, R: Array, p: int) -> tuple[float, ...]:
    return tuple(criterion / 2 for criterion in _criteria(log_likelihood, R, p))


@CRITERIA.mistake("AIC and BIC have swapped their penalties per parameter.", hint=1)
def prices_swapped(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, icl = _criteria(log_likelihood, R, p)
    return bic, aic, icl - bic + aic


@CRITERIA.mistake(
    "AIC and BIC are right. For ICL you added the entropy to the wrong one of the two.",
    hint=2,
    name="entropy added to AIC",
)
def entropy_added_to_aic(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, icl = _criteria(log_likelihood, R, p)
    return aic, bic, aic + icl - bic


@CRITERIA.mistake(
    "you computed the penalty in BIC from the number of components. What does its n count?", hint=1
)
def components_counted_as_points(*args):
    return _criteria(*args, n_counted=lambda R: R.shape[1])


@CRITERIA.mistake(
    "log 0 is −∞, and 0 · (−∞) is NaN. A responsibility of 0 adds nothing to the entropy.", hint=2
)
def zero_times_the_logarithm_of_zero(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, _ = _criteria(log_likelihood, R, p)
    return aic, bic, bic - 2 * (R * np.log(R)).sum()


@CRITERIA.mistake("the entropy lowers your ICL. Check its sign.", hint=2)
def entropy_subtracted(*args):
    return _criteria(*args, entropy_factor=-2)


@CRITERIA.mistake("you added the entropy once. The log-likelihood next to it is doubled.", hint=2)
def entropy_counted_once(*args):
    return _criteria(*args, entropy_factor=1)


@CRITERIA.mistake("you used the mean entropy per point. The other terms are sums over all points.", hint=2)
def mean_entropy(*args):
    return _criteria(*args, rows=np.mean)


@CRITERIA.mistake(
    "you used only each point's largest responsibility. The entropy is a sum over all components.", hint=2
)
def only_the_most_probable_component(log_likelihood: Array, R: Array, p: int) -> tuple[float, float, float]:
    aic, bic, _ = _criteria(log_likelihood, R, p)
    return aic, bic, bic - 2 * np.log(R.max(axis=1)).sum()


@CRITERIA.right
def criteria_with_entr(log_likelihood, R, p):
    fit = -2 * np.sum(log_likelihood)
    bic = fit + p * np.log(len(log_likelihood))
    return fit + 2 * p, bic, bic + 2 * entr(R).sum()


@CRITERIA.right
def criteria_one_by_one(log_likelihood, R, p):
    n, loss = len(R), -2 * np.sum(log_likelihood)
    entropy = -np.sum(xlogy(R, R))
    return loss + 2 * p, loss + np.log(n) * p, loss + np.log(n) * p + 2 * entropy


@CRITERIA.right
def criteria_with_a_mask(log_likelihood, R, p):
    n, shared = len(log_likelihood), R[R > 0]
    bic = n * (-2 * np.mean(log_likelihood)) + p * np.log(n)
    return np.array([bic - p * np.log(n) + 2 * p, bic, bic - 2 * shared @ np.log(shared)])


# ── 3  K and the covariance type ─────────────────────────────────────────────────────────────────────

CHOOSE_FROM_TABLE = LESSON.task(
    "choose_from_table",
    title="K and the covariance type from one table",
    points=2,
    expected="(covariance type, K): a name from `types` and a number from `Ks`",
    parts=("the covariance type", "the number of components"),
    families={"tables without failed fits": 1, "failed and collapsed fits": 1},
)


@CHOOSE_FROM_TABLE.cases
def table_cases(rng: np.random.Generator) -> Iterator[Case]:
    types = ("spherical", "diag", "tied", "full")
    yield Case("every fit succeeded", (_table(rng, 4, 6), types, np.arange(1, 7)))
    holes = _table(rng, 4, 5)
    holes[rng.integers(3), rng.integers(5)] = np.nan
    holes[3, 3:] = np.inf
    family = "failed and collapsed fits"
    yield Case("some fits failed: nan, or +inf", (_safe(holes, rng), types, np.arange(2, 7)), family)
    collapsed = _table(rng, 3, 5)
    collapsed[2, rng.integers(2, 5)] = -np.inf
    args = _safe(collapsed, rng), types[:3], np.array([1, 2, 4, 8, 16])
    yield Case("one fit collapsed: −inf", args, family)


def _table(rng: np.random.Generator, n_types: int, n_ks: int) -> Array:
    """BICs whose lowest value is in a row that is poor otherwise, and not in the first row or column."""
    table = rng.uniform(2000, 3000, size=(n_types, n_ks))
    row = rng.integers(1, n_types)
    table[row] += 900
    table[row, rng.integers(1, n_ks)] = 1900 - rng.uniform(0, 50)
    return table


def _safe(table: Array, rng: np.random.Generator) -> Array:
    """Make sure that a usable fit has the lowest value, whatever was overwritten."""
    rows, columns = np.nonzero(np.isfinite(table[1:, 1:]))
    at = rng.integers(len(rows))
    table[1 + rows[at], 1 + columns[at]] = 1800 - rng.uniform(0, 50)
    return table


def _pair_at(table: Array, types: Any, Ks: Array) -> tuple[str, int]:
    row, column = np.unravel_index(np.argmin(table), table.shape)
    return str(types[row]), int(Ks[column])


@CHOOSE_FROM_TABLE.reference
def choose_from_table(table: Array, types: Any, Ks: Array) -> tuple[str, int]:
    return _pair_at(np.where(np.isfinite(table), table, np.inf), types, Ks)


@CHOOSE_FROM_TABLE.mistake(
    "you chose a fit with a BIC of −∞. Its likelihood is infinite: a component has collapsed onto a point.",
    hint=1,
)
def collapsed_fit_chosen(table, types, Ks):
    return _pair_at(np.where(np.isnan(table), np.inf, table), types, Ks)


@CHOOSE_FROM_TABLE.mistake(
    "`argmin` treats nan as the minimum. A fit that failed cannot be the choice.", hint=1
)
def nan_taken_for_the_minimum(table, types, Ks):
    return _pair_at(table, types, Ks)


@CHOOSE_FROM_TABLE.mistake(
    "you took the largest BIC. On the scale of the lecture, lower is better.", hint=None
)
def largest_bic(table, types, Ks):
    return _pair_at(-np.where(np.isfinite(table), table, -np.inf), types, Ks)


@CHOOSE_FROM_TABLE.mistake(
    "this is the position of the column, not the number of components. `Ks` need not begin at 0 or 1.", hint=2
)
def position_of_the_column(table, types, Ks):
    kind, K = choose_from_table(table, types, Ks)
    return kind, int(np.flatnonzero(Ks == K)[0])


@CHOOSE_FROM_TABLE.mistake(
    "you took the position of the column plus one. Is `Ks` always 1, 2, 3 and so on?", hint=2
)
def position_of_the_column_plus_one(table, types, Ks):
    kind, column = position_of_the_column(table, types, Ks)
    return kind, column + 1


@CHOOSE_FROM_TABLE.mistake(
    "the number is right. For the type you gave the position of its row, not its name.", hint=2
)
def position_of_the_row(table, types, Ks):
    kind, K = choose_from_table(table, types, Ks)
    return types.index(kind), K


@CHOOSE_FROM_TABLE.mistake("the pair is right, but the type comes first.", hint=None)
def order_of_the_pair(table, types, Ks):
    return choose_from_table(table, types, Ks)[::-1]


@CHOOSE_FROM_TABLE.mistake(
    "you chose the type by its mean over all K, and then K for that type. One good fit is what counts, and the two"
    " depend on each other.",
    hint=2,
)
def type_by_its_mean(table, types, Ks):
    usable = np.where(np.isfinite(table), table, np.nan)
    row = int(np.nanargmin(np.nanmean(usable, axis=1)))
    return types[row], int(Ks[np.nanargmin(usable[row])])


@CHOOSE_FROM_TABLE.right
def by_nanargmin(table, types, Ks):
    usable = np.where(np.isfinite(table), table, np.nan)
    row, column = np.unravel_index(np.nanargmin(usable), usable.shape)
    return types[row], Ks[column]


@CHOOSE_FROM_TABLE.right
def by_two_loops(table, types, Ks):
    best = (np.inf, None, None)
    for kind, row in zip(types, table, strict=True):
        for K, value in zip(Ks, row, strict=True):
            if np.isfinite(value) and value < best[0]:
                best = (value, kind, K)
    return best[1:]


# ── 4  A bootstrap likelihood-ratio test ─────────────────────────────────────────────────────────────

BOOTSTRAP_P_VALUE = LESSON.task(
    "bootstrap_p_value",
    title="The p-value of a bootstrap test",
    points=2,
    expected="one number above 0, at most 1",
)


@BOOTSTRAP_P_VALUE.cases
def p_value_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("99 simulated data sets", (*_likelihoods(rng, 99), 60.0))
    B = int(rng.integers(29, 50))
    yield Case(f"{B} simulated data sets, none as extreme", (*_likelihoods(rng, B), 900.0))
    small, large = _likelihoods(rng, 59)
    yield Case("a simulated gain equals the observed one", (small, large, float(large[7] - small[7]) * 2))


def _likelihoods(rng: np.random.Generator, B: int) -> tuple[Array, Array]:
    """Total log-likelihoods of the smaller and the larger mixture, in eighths, for B simulated data sets."""
    small = -np.round(rng.uniform(900, 1100, size=B))
    gains = rng.integers(1, 700, size=B) / 8
    return small, small + gains


@BOOTSTRAP_P_VALUE.reference
def bootstrap_p_value(smaller: Array, larger: Array, observed: float) -> float:
    at_least = sum(2 * (b - a) >= observed for a, b in zip(smaller, larger, strict=True))
    return (1 + at_least) / (1 + len(smaller))


def _p(smaller: Array, larger: Array, observed: float, factor: float = 2) -> float:
    return (1 + np.sum(factor * (larger - smaller) >= observed)) / (1 + len(smaller))


@BOOTSTRAP_P_VALUE.law("a p-value of a simulation is never 0, since the observed ratio is one of the draws.")
def never_zero(p, *_):
    return 0 < p <= 1


@BOOTSTRAP_P_VALUE.mistake(
    "this is b / B, which can be 0. The observed ratio is one more draw: where is it counted?", hint=2
)
def observed_not_counted(smaller, larger, observed):
    return np.mean(2 * (larger - smaller) >= observed)


@BOOTSTRAP_P_VALUE.mistake(
    "you count the observed ratio among the extreme draws, but not among all draws.", hint=2
)
def observed_counted_above_only(smaller, larger, observed):
    return (1 + np.sum(2 * (larger - smaller) >= observed)) / len(smaller)


@BOOTSTRAP_P_VALUE.mistake(
    "you count the observed ratio among all draws, but not among the extreme ones.", hint=2
)
def observed_counted_below_only(smaller, larger, observed):
    return np.sum(2 * (larger - smaller) >= observed) / (1 + len(smaller))


@BOOTSTRAP_P_VALUE.mistake(
    "`observed` is twice the gain in log-likelihood. Your simulated gains are not doubled.", hint=1
)
def gains_not_doubled(smaller, larger, observed):
    return _p(smaller, larger, observed, factor=1)


@BOOTSTRAP_P_VALUE.mistake(
    "this is how many of the draws are as extreme. A p-value is their share of all draws.", hint=2
)
def count_instead_of_share(smaller, larger, observed):
    return 1 + np.sum(2 * (larger - smaller) >= observed)


@BOOTSTRAP_P_VALUE.mistake("your ratios have the wrong sign: the larger mixture fits better.", hint=1)
def sign_of_the_ratio(smaller, larger, observed):
    return _p(larger, smaller, observed)


@BOOTSTRAP_P_VALUE.mistake(
    "you counted the other tail. Which simulated ratios are at least as large as the observed one?",
    hint=1,
)
def the_other_tail(smaller, larger, observed):
    return (1 + np.sum(2 * (larger - smaller) <= observed)) / (1 + len(smaller))


@BOOTSTRAP_P_VALUE.mistake("this is one minus the p-value.", hint=1)
def one_minus_the_p_value(smaller, larger, observed):
    return 1 - _p(smaller, larger, observed)


@BOOTSTRAP_P_VALUE.mistake(
    "a simulated ratio that equals the observed one is as extreme. You left it out: compare `>` with `>=`.",
    hint=1,
)
def ties_left_out(smaller, larger, observed):
    return (1 + np.sum(2 * (larger - smaller) > observed)) / (1 + len(smaller))


@BOOTSTRAP_P_VALUE.right
def p_value_by_arrays(smaller, larger, observed):
    ratios = 2 * (larger - smaller)
    return ((ratios >= observed).sum() + 1) / (ratios.size + 1)


@BOOTSTRAP_P_VALUE.right
def p_value_by_rank(smaller, larger, observed):
    draws = np.append(2 * larger - 2 * smaller, observed)
    return np.mean(draws >= observed)


# ── 5  Read a picture ────────────────────────────────────────────────────────────────────────────────

WHAT_BIC_COUNTS = LESSON.choice(
    "what_bic_counts",
    title="Read a picture",
    points=1,
    right="B",
    wrong={
        "A": "BIC compares densities and nothing else. It has no notion of a group.",
        "C": "by BIC, one Gaussian describes this histogram far worse than three do. A Gaussian is symmetric.",
        "D": (
            "more starts may shift the minimum by one or so. The question remains: what does that number count?",
            2,
        ),
    },
)


WHAT_BIC_COUNTS.right_values("b ")
