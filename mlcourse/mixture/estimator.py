"""`GaussianMixture`: scikit-learn's interface over `mlcourse.mixture.steps`."""

from collections.abc import Iterator
from itertools import pairwise
from numbers import Integral, Real
from typing import Self

import numpy as np
from sklearn.base import DensityMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data

from mlcourse.gaussians import CovarianceType
from mlcourse.mixture.base import BaseMixture, checked_parameter, fingerprint
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.start import INIT_PARAMS, Weights, mixture_from_responsibilities
from mlcourse.mixture.steps import Expectation, Mixture, Statistics, expectation_over, m_step
from mlcourse.typing import Array, Floats, Ints, RandomState, Shaped
from mlcourse.validation import FLOATS, check_sample_weight, check_squares

PIECE = 50  # rows: smaller steps of `partial_fit` are too noisy, larger ones too few


class GaussianMixture(DensityMixin, BaseMixture):
    """A mixture of Gaussians, fitted by expectation–maximisation.

    The equations are in `mlcourse.mixture.steps`, one function each. For rows with missing values (NaN), take
    `IncompleteDataMixture`.

    Parameters
    ----------
    n_components : int, default=1
        Number of Gaussians, K.
    covariance_type : {"full", "tied", "diag", "spherical"} or CovarianceType, default="full"
        What the components share: see `mlcourse.gaussians.COVARIANCE_TYPES`. `mlcourse.mixture.ppca(q)` lets each
        component vary along q directions of its own, and equally in all others.
    tol : float, default=1e-3
        A run has converged when the mean log-likelihood per row (in nats) changes by less than this.
    reg_covar : float, default=1e-6
        Added to every variance, in squared units of the data.
    max_iter : int, default=100
        Most iterations of one run; a run that has not converged by then gives a `ConvergenceWarning`.
    n_init : int, default=1
        Number of starts; the run with the greatest `lower_bound_` is kept.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}, default="kmeans"
        How a start is found. "kmeans": one run of k-means, each of its clusters a component. "k-means++": each
        component starts on one row, chosen by k-means++. "random_from_data": on one row, chosen uniformly.
        "random": every row gets random responsibilities.
    weights_init : array of shape (n_components,), default=None
        Weights to start from, instead of those that `init_params` finds.
    means_init : array of shape (n_components, d), default=None
        Means to start from, in the same way.
    precisions_init : array in the shape of `covariances_`, default=None
        Inverse covariances to start from, in the same way.
    random_state : int, RandomState or None, default=None
        For the starts, and for `sample`. An int gives the same results in every call.
    warm_start : bool, default=False
        Continue from the parameters of the last fit instead of starting over. On the same rows, the first iteration
        is compared with the last one of that fit, and may already be the end; on others, it is compared with none.
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
    step_exponent : float in (0.5, 1], default=0.6
        α, for `partial_fit` only: the averages move by a share of (t + 2)^−α at step t. A large α averages over more
        of the past; a small one forgets it faster.

    Attributes
    ----------
    weights_ : array of shape (n_components,)
        Share of each component; they sum to 1.
    means_ : array of shape (n_components, d)
        Mean of each component.
    covariances_, precisions_, precisions_cholesky_ : array
        (K, d, d) for "full" and `ppca(q)`, (d, d) for "tied", (K, d) for "diag", (K,) for "spherical".
    converged_ : bool
        Whether the best run has converged.
    n_iter_ : int
        Number of iterations of the best run.
    lower_bound_ : float
        Mean log-likelihood per row at the last E-step of the best run; `lower_bounds_` has those of all its steps.
        With a prior, both include the logarithm of its density (up to a constant), divided by n.
    n_features_in_, feature_names_in_ : as in scikit-learn

    Examples
    --------
    >>> mixture = GaussianMixture(n_components=3, random_state=0).fit(X)
    >>> components = mixture.predict(X)
    >>> new_rows, their_components = mixture.sample(100)
    """

    _averages: Statistics | None  # per row, over the batches of `partial_fit` so far
    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        **BaseMixture._parameter_constraints,
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "init_params": [StrOptions(set(INIT_PARAMS))],
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
        "step_exponent": [Interval(Real, 0.5, 1.0, closed="right")],
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str | CovarianceType = "full",
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
        step_exponent: float = 0.6,
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
        self.step_exponent = step_exponent

    # ── Fitting ───────────────────────────────────────────────────────────────────────────────────

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Array, y: object = None, sample_weight: Array | None = None) -> Self:
        """Estimate the parameters from the rows of X.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : ignored
        sample_weight : array-like of shape (n,), default all ones
            A row of weight 2 counts as two rows, one of weight 0 as none.

        Raises
        ------
        ValueError
            For NaN, except in `IncompleteDataMixture`; for infinity, fewer than two rows or fewer rows than
            components, an invalid start, a prior's covariance of the wrong shape, a covariance that is not positive
            definite, or negative weights; with `warm_start`, if the last fit had other features, components or
            covariances.
        TypeError
            For sparse data.
        KeyboardInterrupt
            After Ctrl-C during EM. The model has the best parameters found so far, and can be used.
        """
        X, w = self._training_rows(X, sample_weight)
        filled = self._without_gaps(X, w)
        prior = self._prior(filled, w)
        rows = fingerprint(filled, w) if self.warm_start else None
        self._fit_em(self._expectation(X, w), self._starts(filled, w, prior), prior, rows)
        self._averages, self._rows_seen = None, float(len(X) if w is None else w.sum())
        return self

    def fit_predict(self, X: Array, y: object = None, sample_weight: Array | None = None) -> Ints:
        """Fit to the rows of X and return their most probable components: (n,)."""
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def score(self, X: Array, y: object = None, sample_weight: Array | None = None) -> float:
        """Return the mean log-likelihood per row, in nats."""
        scores = self.score_samples(X).astype(np.float64)
        return float(np.average(scores, weights=check_sample_weight(sample_weight, scores)))

    def _training_rows(self, X: Array, sample_weight: Array | None) -> tuple[Floats, Weights]:
        """X as a checked array of floats, and the weights of its rows; without those of weight 0."""
        X, w = self._weighted_rows(self._validated(X, ensure_min_samples=2), sample_weight)
        if len(X) < self.n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, n_samples ="
                f" {len(X)}: use fewer components, or pass more rows{'' if w is None else ' with a weight above 0'}."
            )
        return X, w

    def _weighted_rows(self, X: Floats, sample_weight: Array | None) -> tuple[Floats, Weights]:
        """The rows with a weight above 0, and their weights; None if all count the same."""
        check_squares(X)
        w = check_sample_weight(sample_weight, X)
        return (X, w) if w is None or w.all() else (X[w > 0], w[w > 0])

    def _validated(self, X: Array, **options: object) -> Floats:
        return validate_data(self, X, dtype=FLOATS, **options)

    def _without_gaps(self, X: Floats, w: Weights) -> Floats:
        """Rows without NaN, from which EM can start."""
        return X

    def _expectation(self, X: Floats, w: Weights) -> Expectation:
        """The E-step on the rows of X."""
        return expectation_over(X, w)

    def _starts(self, X: Floats, w: Weights, prior: CovariancePrior | None) -> Iterator[Mixture]:
        """Yield the mixtures from which EM starts: what the user gave, and `init_params` for the rest."""
        self._given_start(X)  # is checked also where it is not used
        self._given_start(X)  # is checked also where it is not used
        last = self._warm_start(self.n_components, X.shape[1])
        if last is not None:
            yield last
            return
        random_state = check_random_state(self.random_state)
        for _ in range(self.n_init):
            yield self._start(X, w, prior, random_state)

    def _start(
        self, X: Floats, w: Weights, prior: CovariancePrior | None, random_state: np.random.RandomState
    ) -> Mixture:
        """One mixture from which EM starts."""
        type_, given = self._type(), self._given_start(X)
        if len(given) == 4:  # nothing is left for `init_params`
            return Mixture(**given, covariance_type=type_)
        R = INIT_PARAMS[self.init_params](X, w, self.n_components, random_state)
        found = mixture_from_responsibilities(X, R, type_, self.reg_covar, prior)
        return Mixture(**(found._asdict() | given))

    def _given_start(self, X: Shaped) -> dict[str, Floats]:
        """The parts of a `Mixture` that `weights_init`, `means_init` and `precisions_init` give, checked."""
        type_, K, d = self._type(), self.n_components, X.shape[1]
        given = {}
        if self.weights_init is not None:
            given["weights"] = checked_parameter("weights_init", self.weights_init, (K,), X.dtype)
            _check_weights(given["weights"])
        if self.precisions_init is not None:
            precisions = checked_parameter(
                "precisions_init", self.precisions_init, type_.shape(K, d), X.dtype
            )
            P = _factor_of_precision(precisions, type_)
            given |= {"covariances": type_.kernel.covariance(P), "precisions_cholesky": P}
        if self.means_init is not None:
            given["means"] = checked_parameter("means_init", self.means_init, (K, d), X.dtype)
        return given

    # ── Fitting to a stream ───────────────────────────────────────────────────────────────────────

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Array, y: object = None, sample_weight: Array | None = None) -> Self:
        """Update the parameters with one more batch of rows, by stepwise EM.

        The averages per row that the M-step needs move towards those of the new rows, s ← (1 − η) s + η ŝ; then comes
        an M-step. A batch is read in pieces of some fifty rows, and η = (t + 2)^−α after t pieces of this size.
        Neither time nor memory grows with the number of batches.

        The first batch also gives the start, so it should have rows from every component; a few dozen per component
        are better than a few. After `fit`, the rows of the fit count as rows read. One reading is enough where `fit`
        needs few rounds; where components overlap and it needs hundreds, read the rows again.

        Afterwards `lower_bound_` is such a moving average of the log-likelihood per row, each piece judged before it
        was learned from, and `n_iter_` counts the pieces.

        Parameters
        ----------
        X : array-like of shape (n, d)
            The rows should come in random order: EM follows what it has read last.
        y : ignored
        sample_weight : array-like of shape (n,), default all ones

        Raises
        ------
        ValueError
            As in `fit`; only the first batch needs as many rows as there are components.

        Source: Cappé & Moulines (2009), "On-line expectation–maximization algorithm for latent data models", JRSS B
        71; the step sizes are those of Liang & Klein (2009), "Online EM for unsupervised models", NAACL.
        """
        if not hasattr(self, "weights_"):
            X, w = self._training_rows(X, sample_weight)
            filled = self._without_gaps(X, w)
            prior = self._prior(filled, w)
            theta = next(self._starts(filled, w, prior))
            self._averages, self._rows_seen, self.n_iter_ = None, 0.0, 0
            self._move_towards(self._expectation(X, w)(theta), theta, prior, eta=1.0)
            return self
        X, w = self._weighted_rows(self._validated(X, reset=False), sample_weight)
        prior = self._prior(self._without_gaps(X, w), w)
        for rows in pieces(len(X), max(PIECE, X.shape[1])):
            theta = self._mixture()
            batch = self._expectation(X[rows], None if w is None else w[rows])(theta)
            eta = (self._rows_seen / batch.n_rows + 2) ** -self.step_exponent
            self._move_towards(batch, theta, prior, eta)
        return self

    def _move_towards(
        self, batch: Statistics, theta: Mixture, prior: CovariancePrior | None, eta: float
    ) -> None:
        """Move the averages by a share η towards those of a batch, found with θ, and make an M-step."""
        of_batch = batch.about(theta.means) * (eta / batch.n_rows)
        self._averages = self._averages_about(theta) * (1 - eta) + of_batch
        self._rows_seen += batch.n_rows
        self._keep_mixture(m_step(self._averages * self._rows_seen, self.reg_covar, prior))
        self.lower_bound_, self.converged_ = self._averages.log_likelihood, False
        self.n_iter_ += 1

    def _averages_about(self, theta: Mixture) -> Statistics:
        """The averages per row over the batches so far; after `fit`, those that it would have left."""
        if self._averages is None:
            return Statistics.implied_by(theta, getattr(self, "lower_bound_", 0.0))
        return self._averages.about(theta.means)


def pieces(n: int, size: int) -> list[slice]:
    """Cut n rows into equal slices of about `size` rows, none smaller unless there is only one."""
    edges = np.linspace(0, n, max(1, n // size) + 1).astype(int)
    return [slice(start, stop) for start, stop in pairwise(edges)]


# ── Checks of a given start ───────────────────────────────────────────────────────────────────────


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
