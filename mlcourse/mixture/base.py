"""`BaseMixture`: what every mixture fitted by EM has in common, whatever its data."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from scipy.special import entr
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from tqdm.auto import tqdm

from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.start import Weights, covariance_of_all
from mlcourse.mixture.steps import Expectation, Mixture, Step, e_step_by_blocks, em, m_step
from mlcourse.typing import Array, Floats, Ints, RandomState, Shaped
from mlcourse.validation import check_n_samples, check_sample_weight, new_rows


@dataclass
class Run:
    """One run of EM, and how far it has come."""

    theta: Mixture  # of the start, and then of the last E-step: no earlier one stays in memory
    lower_bounds: list[float] = field(default_factory=list)
    step: Step | None = None
    converged: bool = False

    @property
    def lower_bound(self) -> float:
        return self.lower_bounds[-1] if self.lower_bounds else -np.inf


@dataclass
class Search:
    """The runs of one fit, from all its starts, and how far they have come."""

    best: Run | None = None  # of the runs that have ended
    run: Run | None = None  # that has not
    number: int = 0  # of its start, from 1

    def better_of_both(self) -> Run | None:
        """Return the run with the greater lower bound; of equal ones, the earlier."""
        runs = [run for run in (self.best, self.run) if run is not None]
        return max(runs, key=lambda run: run.lower_bound, default=None)

    def note(self, run: Run, reg_covar: float, prior: CovariancePrior | None) -> None:
        """Take note of what `run` has reached, before its first round and after each. Here, nobody is interested."""


class RoundBar(tqdm):
    """A progress bar that counts rounds."""

    def next_round(self, reached: str) -> None:
        """Show that a round has ended, and what it has reached."""
        self.set_postfix_str(reached, refresh=False)
        self.update()


def fingerprint(X: Floats, w: Weights) -> tuple[float, ...]:
    """Return a few numbers that tell these rows from others."""
    n = len(X) if w is None else float(w.sum(dtype=np.float64))
    return (n, *X.shape, *X.mean(axis=0).tolist())


class BaseMixture(BaseEstimator):
    """A mixture of Gaussians fitted by EM: the loop over starts and steps, and the use of the result.

    A subclass adds `fit`, which checks its data and calls `_fit_em` with the E-step on them and the starts.
    """

    # Set by subclasses, as scikit-learn's parameters
    covariance_type: str | CovarianceType
    tol: float
    reg_covar: float
    max_iter: int
    n_init: int
    random_state: RandomState
    warm_start: bool
    verbose: int
    verbose_interval: int
    covariance_prior: Array | float | str | None
    prior_strength: float

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "covariance_type": [StrOptions(set(COVARIANCE_TYPES)), CovarianceType],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "covariance_prior": [
            "array-like",
            Interval(Real, 0.0, None, closed="neither"),
            StrOptions({"data"}),
            None,
        ],
        "prior_strength": [Interval(Real, 0.0, None, closed="left")],
    }

    # ── Fitting ───────────────────────────────────────────────────────────────────────────────────

    def _fit_em(
        self,
        expect: Expectation,
        starts: Iterable[Mixture],
        prior: CovariancePrior | None,
        rows: object,
        search: Search | None = None,
    ) -> None:
        """Run EM from every start, and keep the result of the run with the greatest lower bound.

        After Ctrl-C, keep the best result so far, and raise KeyboardInterrupt again. `rows` is the `fingerprint` of
        the data if this fit may continue the last one; on the same rows, it has converged if nothing changes. A
        `search` is how far an earlier call has come; this one goes on from there.
        """
        search = search or Search()
        continues = rows is not None and rows == getattr(self, "_fitted_to", None)
        before = self.lower_bound_ if continues else -np.inf
        try:
            if search.run is not None:  # an earlier call has begun it
                self._follow(search.run, search, expect, prior, before)
            for theta in starts:
                search.number, search.run = search.number + 1, Run(theta)
                self._follow(search.run, search, expect, prior, before)
        except KeyboardInterrupt as interrupt:
            found = search.better_of_both()
            if found is not None and found.lower_bounds:
                self._keep(found, prior, rows)
                interrupt.add_note(
                    "The fit was interrupted. The model has the best parameters found so far and can be used; to"
                    " continue from them, fit again with warm_start=True."
                )
            raise
        assert search.best is not None, "there is always a start"
        self._keep(search.best, prior, rows)
        if not search.best.converged and self.max_iter > 0:
            warnings.warn(
                "Best performing initialization did not converge. Try different init parameters, or increase"
                " max_iter, tol, or check for degenerate data.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _follow(
        self,
        run: Run,
        search: Search,
        expect: Expectation,
        prior: CovariancePrior | None,
        before: float,
    ) -> None:
        """Follow EM from θ of `run` until it converges or reaches `max_iter`."""
        search.note(run, self.reg_covar, prior)
        before = run.lower_bounds[-1] if run.lower_bounds else before
        name, done = f"Start {search.number} of {self.n_init}", len(run.lower_bounds)
        objective = "log-likelihood" if prior is None else "log-posterior"
        rounds = 0 if run.converged else max(self.max_iter - done, 0)
        with self._progress(name, done) as bar:
            for step in islice(em(expect, run.theta, self.reg_covar, prior), rounds):
                change, before = step.lower_bound - before, step.lower_bound
                run.theta, run.step = step.mixture, step
                run.lower_bounds.append(step.lower_bound)
                run.converged = abs(change) < self.tol
                told = f", change {change:.5f}" if np.isfinite(change) else ""  # the first has none before
                bar.next_round(f"{objective} {before:.5f}{told}")
                search.note(run, self.reg_covar, prior)
                if run.converged:
                    bar.set_description(f"{name}, converged")
                    break
        search.best, search.run = search.better_of_both(), None

    def _progress(self, name: str, done: int = 0) -> Any:
        return RoundBar(
            desc=name,
            total=self.max_iter,
            initial=done,
            unit="iteration",
            miniters=self.verbose_interval,
            disable=not self.verbose,
        )

    def _keep(self, run: Run, prior: CovariancePrior | None, rows: object) -> None:
        """Set the attributes of a fitted model."""
        self._fitted_to = rows
        theta = run.theta if run.step is None else m_step(run.step.statistics, self.reg_covar, prior)
        self._keep_mixture(theta)
        self.lower_bound_, self.lower_bounds_ = run.lower_bound, run.lower_bounds
        self.converged_, self.n_iter_ = run.converged, len(run.lower_bounds)

    def _keep_mixture(self, theta: Mixture) -> None:
        self.weights_, self.means_, self.covariances_, self.precisions_cholesky_, self._fitted_type = theta
        self.precisions_ = self._fitted_type.kernel.precision(self.precisions_cholesky_)

    # ── Where a fit begins ────────────────────────────────────────────────────────────────────────

    def _type(self) -> CovarianceType:
        """The constraint on the covariances of this mixture."""
        return CovarianceType.named(self.covariance_type)

    def _prior(self, X: Shaped, w: Weights) -> CovariancePrior | None:
        """The prior from `covariance_prior` and `prior_strength`, checked; None if they mean no prior."""
        if self.covariance_prior is None or self.prior_strength == 0:
            return None
        if isinstance(self.covariance_prior, str):
            return CovariancePrior(self._covariance_of_all(X, w), self.prior_strength)
        shape = self._type().shape_of_one(X.shape[1])
        T = checked_parameter("covariance_prior", self.covariance_prior, shape, X.dtype)
        _check_covariance(T, self._type())
        return CovariancePrior(T, self.prior_strength)

    def _covariance_of_all(self, X: Any, w: Weights) -> Floats:
        return covariance_of_all(X, w, self._type())

    def _warm_start(self, n_components: int, n_features: int) -> Mixture | None:
        """The result of the last fit, if `warm_start` asks to continue from it.

        Raises ValueError if it has other parameters than those asked for now.
        """
        if not (self.warm_start and hasattr(self, "converged_")):
            return None
        theta = self._mixture()
        K, d = theta.means.shape
        for what, last, now in (
            ("n_components", K, n_components),
            ("covariance_type", theta.covariance_type, self._type()),
            ("the number of features", d, n_features),
        ):
            if last != now:
                raise ValueError(
                    f"warm_start=True continues the last fit, but {what} was {last} there and is {now} now. Go back"
                    f" to {last}, or start over with warm_start=False."
                )
        return theta

    # ── Using a fitted mixture ────────────────────────────────────────────────────────────────────

    def _mixture(self) -> Mixture:
        type_ = getattr(self, "_fitted_type", None) or self._type()
        return Mixture(self.weights_, self.means_, self.covariances_, self.precisions_cholesky_, type_)

    def _e_step(self, X: Array) -> Iterable[tuple[Floats, Floats]]:
        """The rows' log-likelihoods (n,) and responsibilities (n, K), block by block."""
        return e_step_by_blocks(new_rows(self, X), self._mixture())

    def score_samples(self, X: Array) -> Floats:
        """Compute the log-likelihood of every row, log p(x): (n,), in nats."""
        return np.concatenate([log_likelihood for log_likelihood, _ in self._e_step(X)])

    def predict_proba(self, X: Array) -> Floats:
        """Compute the responsibility of every component for every row: (n, n_components), rows summing to 1."""
        return np.concatenate([R for _, R in self._e_step(X)])

    def predict(self, X: Array) -> Ints:
        """Find the most probable component of every row: (n,)."""
        return np.concatenate([R.argmax(axis=1) for _, R in self._e_step(X)])

    def sample(self, n_samples: int = 1) -> tuple[Floats, Ints]:
        """Draw new rows from the fitted mixture.

        Parameters
        ----------
        n_samples : int, default=1

        Returns
        -------
        X : array of shape (n_samples, d)
        y : array of shape (n_samples,)
            The component that each row was drawn from; rows are grouped by component.

        Raises
        ------
        ValueError
            If `n_samples` is less than 1.
        TypeError
            If `n_samples` is not an integer.
        """
        check_is_fitted(self)
        n_samples = check_n_samples(n_samples)
        random_state = check_random_state(self.random_state)
        weights, mu, _, P, type_ = self._mixture()
        K, d = mu.shape
        weights = weights.astype(np.float64)
        y = np.repeat(np.arange(K), random_state.multinomial(n_samples, weights / weights.sum()))
        Z = random_state.standard_normal(size=(n_samples, d)).astype(mu.dtype, copy=False)
        factors = type_.expand(P, K, d)
        X = [mu[k] + type_.kernel.colour(Z[y == k], factors[k]) for k in range(K)]
        return np.concatenate(X), y

    # ── Choosing between mixtures ─────────────────────────────────────────────────────────────────

    def _n_parameters(self) -> int:
        """Free parameters: weights (they sum to 1), means, covariances."""
        theta = self._mixture()
        K, d = theta.means.shape
        return (K - 1) + K * d + theta.covariance_type.n_parameters(K, d)

    def aic(self, X: Array, sample_weight: Array | None = None) -> float:
        """Compute Akaike's information criterion on X: lower is better. Akaike (1974).

        With `sample_weight`, a row of weight w counts as w rows.
        """
        return -2 * self._totals(X, sample_weight).log_likelihood + 2 * self._n_parameters()

    def bic(self, X: Array, sample_weight: Array | None = None) -> float:
        """Compute the Bayesian information criterion on X: lower is better. Schwarz (1978).

        Its n is the number of rows of X; with `sample_weight`, the sum of their weights.
        """
        n, score, _ = self._totals(X, sample_weight)
        return float(-2 * score + self._n_parameters() * np.log(n))

    def icl(self, X: Array, sample_weight: Array | None = None) -> float:
        """Compute the integrated completed likelihood on X: the BIC plus twice the entropy of the responsibilities.

        It prefers components that do not overlap: clusters. Its n is that of `bic`. Biernacki, Celeux & Govaert
        (2000), IEEE PAMI 22.
        """
        n, score, entropy = self._totals(X, sample_weight)
        return float(-2 * score + self._n_parameters() * np.log(n) + 2 * entropy)

    def _totals(self, X: Array, sample_weight: Array | None) -> "Totals":
        """The sums over rows that the criteria need."""
        blocks = [
            (log_likelihood, entr(R).sum(axis=1, dtype=np.float64)) for log_likelihood, R in self._e_step(X)
        ]
        return Totals(*weighted_sums(sample_weight, *map(np.concatenate, zip(*blocks))))


class Totals(NamedTuple):
    """Sums over rows, each multiplied by its weight."""

    n_rows: float
    log_likelihood: float
    entropy: float  # of the responsibilities


def weighted_sums(sample_weight: Array | None, *columns: Floats) -> list[float]:
    """Return Σ wᵢ, and then Σ wᵢ vᵢ for each of the columns v : (n,)."""
    values = np.array(columns, dtype=np.float64)
    w = check_sample_weight(sample_weight, values[0])
    if w is None:
        w = np.ones(len(values[0]))
    return [float(w.sum()), *(float(w @ column) for column in values)]


# ── Checks of parameters ──────────────────────────────────────────────────────────────────────────


def checked_parameter(name: str, value: Array | float, shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
    """`value` as an array of `dtype`. Raises ValueError if its shape is not `shape`."""
    array = check_array(
        value,
        dtype=dtype,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,  # a number is an array of shape ()
        copy=True,
        input_name=name,
    )
    if array.shape != shape:
        raise ValueError(f"The parameter '{name}' should have the shape of {shape}, but got {array.shape}.")
    return array


def _check_covariance(T: Floats, type_: CovarianceType) -> None:
    try:
        type_.kernel.factor_of_precision(T)  # the conditions on a covariance are the same
    except np.linalg.LinAlgError:
        raise ValueError(
            "The parameter 'covariance_prior' should be a covariance, symmetric and positive-definite. Leave out"
            f" features that never vary, or use 'data' for the covariance of all rows. Got:\n{T}"
        ) from None
