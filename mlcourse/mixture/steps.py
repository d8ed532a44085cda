"""Expectation–maximisation for a mixture of Gaussians.

Symbols
-------
n, d, K    number of rows, features, components
X          (n, d)   data
theta      the parameters θ = (π, μ, Σ), a `Mixture`
R          (n, K)   responsibilities, rᵢₖ = p(component k | xᵢ, θ)
w          (n,)     sample weights: a row of weight 2 counts as two rows
N          (K,)     effective number of points per component, Σᵢ rᵢₖ
c          (K, d)   reference points for the sums
delta      (K, d)   offset of the new means from c
S          scatter about the new means, or the part of it that the covariance type needs

The algorithm in three lines:

    E    rᵢₖ = πₖ N(xᵢ | μₖ, Σₖ) / Σₗ πₗ N(xᵢ | μₗ, Σₗ)           `e_step`
         and the sums over i that the next line needs              `expectation`
    M    πₖ = Nₖ / n,  μₖ = Σᵢ rᵢₖ xᵢ / Nₖ,  Σₖ = Σᵢ rᵢₖ (xᵢ − μₖ)(xᵢ − μₖ)ᵀ / Nₖ    `m_step`

Source: Dempster, Laird & Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm",
JRSS B 39; in this notation Bishop (2006), section 9.2.2, equations 9.23–9.27.

The M-step needs only sums over the rows, the sufficient statistics. They are taken about the current means and added
up block by block: memory stays constant, and data far from zero lose no precision. The same code can fit data spread
over files or machines, since the `Statistics` of parts add up to the `Statistics` of the whole.

`em` itself sees no data. It is given the E-step as a function from parameters to statistics, so the same loop serves
complete rows (`expectation_over`), rows with missing entries, rows of which some have a label, and rows in files or
on many machines (`mlcourse.scale`).

The functions below go through the components one by one. Two modules make rounds faster where they can, with the same
results: `mlcourse.mixture.natural` with few features, `mlcourse.mixture.screening` with many.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike
from sklearn.utils.validation import check_is_fitted

from mlcourse.blas import one_blas_thread
from mlcourse.blocks import map_blocks, sum_over_blocks
from mlcourse.gaussians import CovarianceType, as_matrices, log_density, log_peak
from mlcourse.mixture.natural import NaturalForm, natural_form
from mlcourse.mixture.prior import CovariancePrior, log_prior, with_prior
from mlcourse.mixture.screening import Bounds, Screen, negligible, row_width, screened, worth_screening
from mlcourse.typing import Floats

ILL_DEFINED = (
    "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance"
    " caused by singleton or collapsed samples). Try to decrease the number of components, increase `reg_covar`,"
    " or scale the input data."
)
SMALL = 2**15  # for fewer multiplications, BLAS takes one thread anyway
PRECISION_TIP = " The data are float32: try float64."


class Mixture(NamedTuple):
    """The parameters θ of a Gaussian mixture, in scikit-learn's shapes."""

    weights: Floats  # (K,)
    means: Floats  # (K, d)
    covariances: Floats  # the shape of the type
    precisions_cholesky: Floats  # the shape of the type
    covariance_type: CovarianceType

    @classmethod
    def of(cls, model: object) -> "Mixture":
        """Return the parameters of a fitted mixture, or the `Mixture` itself. Raises TypeError for anything else."""
        if isinstance(model, cls):
            return model
        if not hasattr(model, "_mixture"):
            raise TypeError(
                "model must be a Mixture or a fitted mixture of this package, such as GaussianMixture, not"
                f" {type(model).__name__}."
            )
        check_is_fitted(model)
        return model._mixture()

    def full(self, dtype: DTypeLike = np.float64) -> "Mixture":
        """Return the same mixture with one (d, d) covariance and factor per component, in `dtype`."""
        weights, mu, Sigma, P = (array.astype(dtype, copy=False) for array in self[:4])
        K, d = mu.shape
        Sigma, P = (as_matrices(A, K, d, self.covariance_type) for A in (Sigma, P))
        return Mixture(weights, mu, Sigma, P, CovarianceType.named("full"))


@dataclass(frozen=True)
class Statistics:
    """Everything that an M-step needs from the data: sums over rows, relative to reference points.

    With the same reference points, statistics can be added: `a + b` are those of both sets of rows together, and
    `a * 2` are those of the rows taken twice. With sample weights, every term of the sums is multiplied by wᵢ.
    """

    n_rows: float  # Σᵢ wᵢ, where wᵢ = 1 without sample weights
    log_likelihood: float  # Σᵢ log p(xᵢ)
    N: Floats  # (K,)    Σᵢ rᵢₖ
    first: Floats  # (K, d)  Σᵢ rᵢₖ (xᵢ − cₖ)
    scatter: Floats  # Σᵢ rᵢₖ (xᵢ − cₖ)(xᵢ − cₖ)ᵀ, or what the covariance type needs of it
    c: Floats  # (K, d)
    covariance_type: CovarianceType

    @classmethod
    def implied_by(cls, theta: Mixture, log_likelihood: float) -> "Statistics":
        """Return the statistics per row, about θ's means, from which an M-step finds θ again."""
        weights, mu, Sigma, _, type_ = theta
        scatter = type_.unconstrain(Sigma, weights, mu.shape[1])
        return cls(1, log_likelihood, weights.copy(), np.zeros_like(mu), scatter, mu, type_)

    def about(self, c: Floats) -> "Statistics":
        """Return the same statistics about other reference points: x − c = (x − c₀) + δ with δ = c₀ − c."""
        delta, product = self.c - c, self.covariance_type.product
        moved = self.N[:, np.newaxis] * delta
        scatter = self.scatter + product(2 * self.first + moved, delta)
        return replace(self, first=self.first + moved, scatter=scatter, c=c)

    def astype(self, dtype: DTypeLike) -> "Statistics":
        """Return the same statistics with all arrays in `dtype`."""
        arrays = {
            name: getattr(self, name).astype(dtype, copy=False) for name in ("N", "first", "scatter", "c")
        }
        return replace(self, **arrays)

    def __mul__(self, factor: float) -> "Statistics":
        return replace(
            self,
            n_rows=self.n_rows * factor,
            log_likelihood=self.log_likelihood * factor,
            N=self.N * factor,
            first=self.first * factor,
            scatter=self.scatter * factor,
        )

    def __iadd__(self, other: "Statistics") -> "Statistics":
        """Add in place, so that only one set of the large arrays is ever needed."""
        if self.covariance_type is not other.covariance_type or not np.array_equal(self.c, other.c):
            raise ValueError(
                "Statistics can be added only if they have the same covariance type and the same reference points:"
                " compute both about the means of one mixture."
            )
        for total, part in ((self.N, other.N), (self.first, other.first), (self.scatter, other.scatter)):
            np.add(total, part, out=total)
        n_rows, log_likelihood = self.n_rows + other.n_rows, self.log_likelihood + other.log_likelihood
        return replace(self, n_rows=n_rows, log_likelihood=log_likelihood)

    def __add__(self, other: "Statistics") -> "Statistics":
        total = replace(self, N=self.N.copy(), first=self.first.copy(), scatter=self.scatter.copy())
        total += other
        return total


Expectation = Callable[[Mixture], Statistics]


class Step(NamedTuple):
    """One step of EM: parameters, and the result of the E-step with them."""

    n_iter: int  # M-steps done so far
    mixture: Mixture
    lower_bound: float  # mean log-likelihood per row under `mixture`, plus any log prior / n
    statistics: Statistics  # the expected sufficient statistics under `mixture`


# ── E ─────────────────────────────────────────────────────────────────────────────────────────────


def weighted_log_density(
    X: Floats, theta: Mixture, t: float = np.inf, bounds: Bounds | None = None
) -> Floats:
    """Compute log πₖ + log N(xᵢ | μₖ, Σₖ): (n, K).

    Entries more than `t` nats below their row maximum may be −∞. `bounds` is what is known about these rows.
    """
    weights, mu, _, P, type_ = theta
    K, d = mu.shape
    with np.errstate(divide="ignore"):  # a component of weight 0 has log weight −∞, and gets no points
        log_weights = np.log(weights)
    if t < np.inf and worth_screening(theta):
        return screened(X, mu, P, log_weights + log_peak(P, K, d, type_), t, bounds)
    A = log_density(X, mu, P, type_)
    A += log_weights.astype(A.dtype)
    if t < np.inf and type_.own_factors:
        floor = A.max(axis=1, keepdims=True) - t
        A[floor > A] = -np.inf  # the M-step skips these
    return A


def e_step(
    X: Floats, theta: Mixture, t: float = np.inf, bounds: Bounds | None = None
) -> tuple[Floats, Floats]:
    """Compute the log-likelihood of every row, and every component's responsibility for it.

    Parameters
    ----------
    X : array of shape (n, d), float32 or float64
    theta : Mixture
    t : float
        In nats. A responsibility below e⁻ᵗ may be set to 0; by default, every one is computed.
    bounds : Bounds, optional
        What earlier rounds of EM have found out about these rows.

    Returns
    -------
    log_likelihood : array of shape (n,)
        log p(xᵢ | θ) = log Σₖ πₖ N(xᵢ | μₖ, Σₖ), by log-sum-exp: finite if the squared distances are.
    R : array of shape (n, K)
        The responsibilities (Bishop, equation 9.23). Each row sums to 1.
    """
    return normalised(weighted_log_density(X, theta, t, bounds))


def normalised(R: Floats) -> tuple[Floats, Floats]:
    """Compute log-likelihoods and responsibilities from weighted log densities, which are overwritten."""
    peak = np.maximum(R.max(axis=1, keepdims=True), np.finfo(R.dtype).min)  # −∞ − (−∞) would be NaN
    R -= peak
    np.exp(R, out=R)
    total = R.sum(axis=1, keepdims=True)
    # A point too far away for floats gets log-likelihood −∞, and NaN in R.
    with np.errstate(divide="ignore", invalid="ignore"):
        R /= total
        return (peak + np.log(total))[:, 0], R


def e_step_by_blocks(X: Floats, theta: Mixture) -> Iterator[tuple[Floats, Floats]]:
    """Yield the results of `e_step` block by block, computed on all cores."""
    return map_blocks(lambda rows: e_step(X[rows], theta), X, row_width=sum(theta.means.shape))


def accumulate(
    X: Floats,
    R: Floats,
    c: Floats,
    covariance_type: CovarianceType,
    log_likelihood: float = 0.0,
    n_rows: float | None = None,
) -> Statistics:
    """Compute the `Statistics` of the rows X weighted by R, about the reference points c."""
    N = R.sum(axis=0)
    return Statistics(
        n_rows=len(X) if n_rows is None else n_rows,
        log_likelihood=log_likelihood,
        N=N,
        first=R.T @ X - N[:, np.newaxis] * c,
        scatter=covariance_type.scatter(X, R, c),
        c=c,
        covariance_type=covariance_type,
    )


def expectation(
    X: Floats,
    theta: Mixture,
    c: Floats | None = None,
    sample_weight: Floats | None = None,
    screen: Screen | None = None,
) -> Statistics:
    """Run the E-step on all rows: expected sufficient statistics under θ, about the points c (default: θ's means).

    Memory does not grow with the number of rows. Only a `screen` does, by which this round learns from the last.
    """
    c = theta.means if c is None else c
    t = negligible(len(X), len(c), X.dtype)

    def expectation_of_block(rows: slice) -> Statistics:
        log_likelihood, R = e_step(X[rows], theta, t, bounds and bounds[rows])
        total, n_rows = weigh(log_likelihood, R, sample_weight, rows)
        return accumulate(X[rows], R, c, theta.covariance_type, total, n_rows)

    with screen.round(theta) if screen else nullcontext() as bounds:
        return sum_over_blocks(expectation_of_block, X, row_width(theta, X.dtype))


def natural_expectation(X: Floats, natural: NaturalForm, sample_weight: Floats | None = None) -> Statistics:
    """Run the E-step on all rows in the natural form: expected sufficient statistics about the centre."""
    c = natural.centre[np.newaxis].repeat(natural.W.shape[1], axis=0)

    def expectation_of_block(rows: slice) -> Statistics:
        F = natural.features(X[rows])
        log_likelihood, R = normalised(natural.weighted_log_density(F))
        total, n_rows = weigh(log_likelihood, R, sample_weight, rows)
        return Statistics(n_rows, total, *natural.moments(F, R), c, natural.covariance_type)

    return sum_over_blocks(expectation_of_block, X, row_width=sum(natural.W.shape))


def weigh(
    log_likelihood: Floats, R: Floats, sample_weight: Floats | None, rows: slice = slice(None)
) -> tuple[float, float]:
    """Multiply R by the weights of these rows, in place. Return Σᵢ wᵢ log p(xᵢ) and Σᵢ wᵢ."""
    if sample_weight is None:
        return float(log_likelihood.sum(dtype=np.float64)), float(len(R))
    w = sample_weight[rows]
    R *= w[:, np.newaxis]
    w = w.astype(np.float64)
    return float(np.dot(w, log_likelihood)), float(w.sum())


class Round(NamedTuple):
    """One E-step with θ, ready for any rows: what all blocks of the data have in common."""

    theta: Mixture
    c: Floats  # (K, d)
    natural: NaturalForm | None

    @classmethod
    def of(cls, theta: Mixture, low: Floats, high: Floats) -> Self:
        """Prepare an E-step with θ on rows between `low` and `high`, each (d,)."""
        # A start may be far from the data, but the reference points must not be.
        return cls(theta, theta.means.clip(low, high), natural_form(theta, low, high))

    def statistics(
        self, X: Floats, sample_weight: Floats | None = None, screen: Screen | None = None
    ) -> Statistics:
        """Run the E-step on these rows: expected sufficient statistics under θ, about the points c."""
        if self.natural is not None:
            return natural_expectation(X, self.natural, sample_weight).about(self.c)
        return expectation(X, self.theta, self.c, sample_weight, screen)


def expectation_over(X: Floats, sample_weight: Floats | None = None) -> Expectation:
    """Return the E-step on these rows as a function of θ, for `em`.

    Parameters
    ----------
    X : array of shape (n, d), float32 or float64
    sample_weight : array of shape (n,), default all ones
    """
    low, high = X.min(axis=0), X.max(axis=0)
    screen = Screen(len(X))
    return lambda theta: Round.of(theta, low, high).statistics(X, sample_weight, screen)


# ── M ─────────────────────────────────────────────────────────────────────────────────────────────


def m_step(statistics: Statistics, reg_covar: float = 1e-6, prior: CovariancePrior | None = None) -> Mixture:
    """Find the parameters that maximise the expected log-likelihood (Bishop, 9.24–9.27), plus any log prior.

    With δ = mean of x − c, the means are c + δ, and the scatter about them is the scatter about c minus N δ δᵀ, where
    N δ is the first moment about c.

    Parameters
    ----------
    statistics : Statistics
    reg_covar : float
        Added to every variance, in squared units of the data, to keep covariances positive definite.
    prior : CovariancePrior, optional
        Pulls every covariance towards that of the prior, more strongly in components with fewer points.

    Raises
    ------
    ValueError
        If a covariance is still not positive definite, or that of the prior has the wrong shape.
    """
    type_, c = statistics.covariance_type, statistics.c
    nothing = 10 * np.finfo(c.dtype).eps * min(1, statistics.n_rows)
    N = statistics.N + nothing  # an empty component divides by this, not by zero
    delta = statistics.first / N[:, np.newaxis]
    with one_blas_thread() if c.size * c.shape[1] > SMALL else nullcontext():
        try:  # in one expression, since at this point the large arrays need the most memory
            covariances = type_.kernel.ridge(
                type_.constrain(
                    *with_prior(statistics.scatter - type_.product(statistics.first, delta), N, prior, type_)
                ),
                c.dtype.type(reg_covar),
            )
            P = type_.kernel.factor(covariances)
        except np.linalg.LinAlgError:
            raise ValueError(ILL_DEFINED + PRECISION_TIP * (c.dtype == np.float32)) from None
    return Mixture(N / N.sum(), c + delta, covariances, P, type_)


# ── EM ────────────────────────────────────────────────────────────────────────────────────────────


def em(
    expect: Expectation, theta: Mixture, reg_covar: float = 1e-6, prior: CovariancePrior | None = None
) -> Iterator[Step]:
    """Run EM from θ for as long as the caller asks for steps.

    The first step yielded is the start itself; each later one comes after one more M-step and E-step. Without
    `reg_covar`, the lower bounds never fall.

    Parameters
    ----------
    expect : callable
        The E-step on the data, θ -> `Statistics`: `expectation_over(X)` for complete rows.
    theta : Mixture
        The start.
    reg_covar, prior
        See `m_step`.

    Yields
    ------
    Step
        So `itertools.islice(em(expect, start), 20)` makes twenty E-steps and nineteen M-steps; the next parameters
        would be `m_step(step.statistics, reg_covar, prior)`.
    """
    for n_iter in count():
        statistics = expect(theta)
        objective = statistics.log_likelihood + log_prior(theta, prior)
        yield Step(n_iter, theta, objective / statistics.n_rows, statistics)
        theta = m_step(statistics, reg_covar, prior)
