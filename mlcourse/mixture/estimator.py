"""`GaussianMixture`: scikit-learn's interface over `mlcourse.mixture.steps`."""

import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from numbers import Integral, Real
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike
from scipy.special import entr
from sklearn.base import BaseEstimator, DensityMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data
from tqdm.auto import tqdm

from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType, covariance_type
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.start import INIT_PARAMS, covariance_of_all, mixture_from_responsibilities
from mlcourse.mixture.steps import Mixture, Step, e_step_by_blocks, em, m_step
from mlcourse.typing import Array, Floats, Ints, RandomState
from mlcourse.validation import FLOATS, new_rows


class GaussianMixture(DensityMixin, BaseEstimator):
    """A mixture of Gaussians, fitted by expectation–maximisation.

    Parameters
    ----------
    n_components : int, default=1
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        What the components share: see `mlcourse.gaussians.COVARIANCE_TYPES`.
    tol : float, default=1e-3
        A run has converged when the mean log-likelihood per row (in nats) changes by less than this.
    reg_covar : float, default=1e-6
        Added to every variance, in squared units of the data.
    max_iter : int, default=100
    n_init : int, default=1
        Number of starts; the run with the greatest `lower_bound_` is kept.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}, default="kmeans"
    weights_init : array of shape (n_components,), default=None
    means_init : array of shape (n_components, d), default=None
    precisions_init : array in the shape of `covariances_`, default=None
        Inverse covariances to start from.
    random_state : int, RandomState or None, default=None
    warm_start : bool, default=False
        Continue from the parameters of the last fit instead of starting over.
    verbose : int, default=0
        Above 0, a progress bar for every start shows the log-likelihood, its last change, and the time left if all
        `max_iter` iterations are needed.
    verbose_interval : int, default=10
        Iterations between two updates of the bar.
    covariance_prior : None, "data" or array of one component's shape, default=None
        A covariance T towards which that of every component is pulled: (S + m T) / (N + m) for a component with N
        points and scatter S. "data" means the covariance of all rows, constrained like those of the components; an
        array is (d, d) for "full" and "tied", (d,) for "diag", and a number for "spherical".
    prior_strength : float, default=0.0
        m, the number of points that the prior counts as; 0 means no prior. See `mlcourse.mixture.CovariancePrior`.

    Attributes
    ----------
    weights_ : array of shape (n_components,)
    means_ : array of shape (n_components, d)
    covariances_, precisions_, precisions_cholesky_ : array
        (K, d, d) for "full", (d, d) for "tied", (K, d) for "diag", (K,) for "spherical".
    converged_ : bool
    n_iter_ : int
    lower_bound_ : float
        Mean log-likelihood per row at the last E-step of the best run; `lower_bounds_` has those of all its steps.
        With a prior, both include the logarithm of its density (up to a constant), divided by n.
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions(set(COVARIANCE_TYPES))],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions(set(INIT_PARAMS))],
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
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

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Array | None = None,
        means_init: Array | None = None,
        precisions_init: Array | None = None,
        random_state: RandomState = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        covariance_prior: Array | float | str | None = None,
        prior_strength: float = 0.0,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.covariance_prior = covariance_prior
        self.prior_strength = prior_strength

    # ── Fitting ───────────────────────────────────────────────────────────────────────────────────

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Array, y: object = None) -> Self:
        """Estimate the parameters from the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : ignored

        Raises
        ------
        ValueError
            For NaN, infinity, fewer than two rows or fewer rows than components, an invalid start, a prior's
            covariance of the wrong shape, or a covariance that is not positive definite.
        TypeError
            For sparse data.

        Notes
        -----
        Ctrl-C during EM ends the fit with a warning and leaves a usable model.
        """
        X = self._training_rows(X)
        if len(X) < self.n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, n_samples ="
                f" {len(X)}: use fewer components, or pass more rows."
            )
        runs = self._runs(X)
        best = run = next(runs)
        for run in runs:
            if run.lower_bound > best.lower_bound:
                best = run
        if run.interrupted:
            warnings.warn(
                "The fit was interrupted. The model has the best parameters found so far and can be used; to continue"
                " from them, fit again with warm_start=True.",
                ConvergenceWarning,
                stacklevel=3,
            )
        elif not best.converged and self.max_iter > 0:
            warnings.warn(
                "Best performing initialization did not converge. Try different init parameters, or increase"
                " max_iter, tol, or check for degenerate data.",
                ConvergenceWarning,
                stacklevel=3,
            )
        self._keep(best)
        return self

    def fit_predict(self, X: Array, y: object = None) -> Ints:
        """Fit to the rows of X and return their most probable components: (n,)."""
        return self.fit(X).predict(X)

    def _training_rows(self, X: Array) -> Floats:
        """X as a checked array of floats."""
        return validate_data(self, X, dtype=FLOATS, ensure_min_samples=2)

    def _em(self, X: Floats, theta: Mixture, prior: CovariancePrior | None) -> Iterator[Step]:
        """The steps of EM from θ."""
        return em(X, theta, self.reg_covar, prior)

    def _runs(self, X: Floats) -> Iterator["Run"]:
        """Yield the finished runs of EM, one by one."""
        given, prior = self._given_start(X), self._prior(X)
        if self.warm_start and hasattr(self, "converged_"):
            yield self._run(X, self._mixture(), prior, self.lower_bound_, "Warm start")
            return
        random_state = check_random_state(self.random_state)
        for init in range(self.n_init):
            name = f"Start {init + 1} of {self.n_init}"
            run = self._run(X, self._start(X, given, prior, random_state), prior, -np.inf, name)
            yield run
            if run.interrupted:
                return

    def _run(
        self, X: Floats, theta: Mixture, prior: CovariancePrior | None, lower_bound: float, name: str
    ) -> "Run":
        """EM from θ until it converges, reaches `max_iter`, or is interrupted by Ctrl-C."""
        lower_bounds: list[float] = []
        converged = interrupted = False
        objective = "log-likelihood" if prior is None else "log-posterior"
        try:
            with self._progress(name) as bar:
                for step in islice(self._em(X, theta, prior), self.max_iter):
                    theta = step.mixture  # so that no earlier one is kept in memory
                    change, lower_bound = step.lower_bound - lower_bound, step.lower_bound
                    lower_bounds.append(lower_bound)
                    bar.set_postfix_str(f"{objective} {lower_bound:.5f}, change {change:.5f}", refresh=False)
                    bar.update()
                    if abs(change) < self.tol:
                        converged = True
                        bar.set_description(f"{name}, converged")
                        break
        except KeyboardInterrupt:
            interrupted = True
        if lower_bounds:
            theta = m_step(step.statistics, self.reg_covar, prior)
        return Run(theta, lower_bound, lower_bounds, converged, interrupted)

    def _progress(self, name: str) -> tqdm:
        return tqdm(
            desc=name,
            total=self.max_iter,
            unit="iteration",
            miniters=self.verbose_interval,
            disable=not self.verbose,
        )

    def _type(self) -> CovarianceType:
        """The constraint on the covariances of this mixture."""
        return covariance_type(self.covariance_type)

    def _prior(self, X: Floats) -> CovariancePrior | None:
        """The prior from `covariance_prior` and `prior_strength`, checked; None if they mean no prior."""
        if self.covariance_prior is None or self.prior_strength == 0:
            return None
        if isinstance(self.covariance_prior, str):
            return CovariancePrior(covariance_of_all(X, self._type()), self.prior_strength)
        shape = self._type().shape_of_one(X.shape[1])
        T = _checked("covariance_prior", self.covariance_prior, shape, X.dtype)
        _check_covariance(T, self._type())
        return CovariancePrior(T, self.prior_strength)

    def _start(
        self,
        X: Floats,
        given: dict[str, Floats],
        prior: CovariancePrior | None,
        random_state: np.random.RandomState,
    ) -> Mixture:
        """The mixture that one run starts from: what the user gave, and `init_params` for the rest."""
        if len(given) == 4:  # nothing is left for `init_params`
            return Mixture(**given, covariance_type=self._type())
        R = INIT_PARAMS[self.init_params](X, self.n_components, random_state)
        found = mixture_from_responsibilities(X, R, self._type(), self.reg_covar, prior)
        return Mixture(**(found._asdict() | given))

    def _given_start(self, X: Floats) -> dict[str, Floats]:
        """The parts of a `Mixture` that `weights_init`, `means_init` and `precisions_init` give, checked."""
        type_, K, d = self._type(), self.n_components, X.shape[1]
        given = {}
        if self.weights_init is not None:
            given["weights"] = _checked("weights_init", self.weights_init, (K,), X.dtype)
            _check_weights(given["weights"])
        if self.precisions_init is not None:
            precisions = _checked("precisions_init", self.precisions_init, type_.shape(K, d), X.dtype)
            P = _factor_of_precision(precisions, type_)
            given |= {"covariances": type_.kernel.covariance(P), "precisions_cholesky": P}
        if self.means_init is not None:
            given["means"] = _checked("means_init", self.means_init, (K, d), X.dtype)
        return given

    def _keep(self, run: "Run") -> None:
        self.weights_, self.means_, self.covariances_, self.precisions_cholesky_, type_ = run.mixture
        self.precisions_ = type_.kernel.precision(self.precisions_cholesky_)
        self.lower_bound_, self.lower_bounds_ = run.lower_bound, run.lower_bounds
        self.converged_, self.n_iter_ = run.converged, len(run.lower_bounds)

    # ── Using a fitted mixture ────────────────────────────────────────────────────────────────────

    def _mixture(self) -> Mixture:
        return Mixture(self.weights_, self.means_, self.covariances_, self.precisions_cholesky_, self._type())

    def _e_step(self, X: Array) -> Iterable[tuple[Floats, Floats]]:
        """The rows' log-likelihoods (n,) and responsibilities (n, K), block by block."""
        return e_step_by_blocks(new_rows(self, X), self._mixture())

    def score_samples(self, X: Array) -> Floats:
        """Compute the log-likelihood of every row, log p(x): (n,), in nats."""
        return np.concatenate([log_likelihood for log_likelihood, _ in self._e_step(X)])

    def score(self, X: Array, y: object = None) -> float:
        """Return the mean log-likelihood per row, in nats."""
        return float(np.mean(self.score_samples(X), dtype=np.float64))

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
        """
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(
                f"Invalid value for 'n_samples': {n_samples}. The sampling requires at least one sample."
            )
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
        K, d = self.means_.shape
        return (K - 1) + K * d + self._type().n_parameters(K, d)

    def aic(self, X: Array) -> float:
        """Compute Akaike's information criterion on X: lower is better. Akaike (1974)."""
        return -2 * self.score_samples(X).sum(dtype=np.float64) + 2 * self._n_parameters()

    def bic(self, X: Array) -> float:
        """Compute the Bayesian information criterion on X: lower is better. Schwarz (1978)."""
        scores = self.score_samples(X)
        return -2 * scores.sum(dtype=np.float64) + self._n_parameters() * np.log(len(scores))

    def icl(self, X: Array) -> float:
        """Compute the integrated completed likelihood on X: the BIC plus twice the entropy of the responsibilities.

        It prefers components that do not overlap: clusters. Biernacki, Celeux & Govaert (2000), IEEE PAMI 22.
        """
        n = score = entropy = 0
        for log_likelihood, R in self._e_step(X):
            n, score = n + len(R), score + log_likelihood.sum(dtype=np.float64)
            entropy += entr(R).sum(dtype=np.float64)
        return -2 * score + self._n_parameters() * np.log(n) + 2 * entropy


class Run(NamedTuple):
    """The result of one run of EM."""

    mixture: Mixture
    lower_bound: float
    lower_bounds: list[float]
    converged: bool
    interrupted: bool


# ── Checks of a given start or prior ──────────────────────────────────────────────────────────────


def _checked(name: str, value: Array | float, shape: tuple[int, ...], dtype: DTypeLike) -> Floats:
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


def _check_weights(weights: Floats) -> None:
    if np.any(weights < 0) or np.any(weights > 1):
        raise ValueError(
            "The parameter 'weights_init' should be in the range [0, 1], but got max value"
            f" {weights.max():.5f}, min value {weights.min():.5f}."
        )
    if abs(weights.sum() - 1) > (1e-6 if weights.dtype == np.float32 else 1e-8):
        raise ValueError(
            "The parameter 'weights_init' should be normalized, but got sum(weights_init) ="
            f" {weights.sum():.5f}. Divide it by its sum."
        )


def _factor_of_precision(precisions: Floats, type_: CovarianceType) -> Floats:
    """P with P Pᵀ = precisions. Raises ValueError unless they are symmetric and positive definite."""
    try:
        return type_.kernel.factor_of_precision(precisions)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"'{type_.name} precision' should be symmetric, positive-definite: check precisions_init (inverse"
            " covariances, not covariances)."
        ) from None


def _check_covariance(T: Floats, type_: CovarianceType) -> None:
    try:
        type_.kernel.factor_of_precision(T)  # the conditions on a covariance are the same
    except np.linalg.LinAlgError:
        raise ValueError(
            "The parameter 'covariance_prior' should be a covariance, symmetric and positive-definite. Leave out"
            f" features that never vary, or use 'data' for the covariance of all rows. Got:\n{T}"
        ) from None
