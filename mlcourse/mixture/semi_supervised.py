"""EM with a known component for some rows: a classifier that also learns from unlabelled rows.

Symbols as in `mlcourse.mixture.steps`. Each class is one component. A labelled row belongs to its component entirely,
whatever its densities; the E-step divides an unlabelled row among the components as usual. The sums that the M-step
needs are added up over both kinds of rows. EM maximises

    Σ over rows of a known class k  log πₖ N(xᵢ | μₖ, Σₖ)   +   Σ over the others  log Σₖ πₖ N(xᵢ | μₖ, Σₖ)

Unlabelled rows help if the classes are Gaussian groups. If they are not, EM still finds Gaussian groups, and the
classifier may get worse.

Source: Nigam, McCallum, Thrun & Mitchell (2000), "Text classification from labeled and unlabeled documents using EM",
Machine Learning 39, with Gaussians in place of their word counts.
"""

import warnings
from collections.abc import Iterator
from itertools import count, islice
from numbers import Integral, Real
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from mlcourse.gaussians import COVARIANCE_TYPES, CovarianceType, covariance_type
from mlcourse.mixture.start import mixture_from_responsibilities, one_hot
from mlcourse.mixture.steps import (
    Mixture,
    Statistics,
    Step,
    accumulate,
    e_step_by_blocks,
    expectation,
    m_step,
    weighted_log_density,
)
from mlcourse.typing import Array, Floats, Ints
from mlcourse.validation import FLOATS, new_rows

UNKNOWN = (-1, "-1", None)  # NumPy turns −1 among strings into "-1"


# ── The algorithm ─────────────────────────────────────────────────────────────────────────────────


def em_semi_supervised(
    X_labelled: Floats, labels: Ints, X_rest: Floats, theta: Mixture, reg_covar: float = 1e-6
) -> Iterator[Step]:
    """Run `em` with a given component for some rows: without `reg_covar`, the lower bound never falls.

    Parameters
    ----------
    X_labelled : array of shape (l, d)
    labels : array of int of shape (l,)
        The component of each labelled row: 0 to K − 1.
    X_rest : array of shape (n − l, d)
        Rows whose component is unknown; there may be none.
    theta : Mixture
        The start.
    reg_covar : float
        See `m_step`.

    Yields
    ------
    Step
        As `em` does; the log-likelihood of a labelled row includes that of its label.
    """
    for n_iter in count():
        statistics = expectation_of_labelled(X_labelled, labels, theta)
        if len(X_rest):
            statistics += expectation(X_rest, theta)
        yield Step(n_iter, theta, statistics.log_likelihood / statistics.n_rows, statistics)
        theta = m_step(statistics, reg_covar)


def expectation_of_labelled(X: Floats, labels: Ints, theta: Mixture) -> Statistics:
    """Compute the statistics of rows with a known component, about θ's means, and their Σ log p(x, k | θ)."""
    joint = weighted_log_density(X, theta)[np.arange(len(X)), labels]
    R = one_hot(labels, len(theta.means), X.dtype)
    return accumulate(X, R, theta.means, theta.covariance_type, float(joint.sum(dtype=np.float64)))


def start_from_labelled(
    X: Floats, labels: Ints, n_classes: int, type_: CovarianceType, reg_covar: float
) -> Mixture:
    """Start EM from the classes' shares and means, and one covariance about these means for all classes.

    That is linear discriminant analysis. A handful of rows per class is too few for a covariance per class: starting
    from such covariances, instead of a shared one, can do more harm than good.
    """
    means = np.array([X[labels == k].mean(axis=0) for k in range(n_classes)])
    shares = one_hot(labels, n_classes, X.dtype).mean(axis=0)
    R = np.tile(shares, (len(X), 1))  # every row's deviation counts for every class
    try:
        start = mixture_from_responsibilities(X - means[labels], R, type_, reg_covar)
    except ValueError:
        raise ValueError(
            f"The {len(X)} labelled rows are too few, or too similar, to estimate a covariance: about the means of"
            f" the {n_classes} classes, it is not positive definite. Label more rows, or increase"
            f" reg_covar={reg_covar}."
        ) from None
    return start._replace(means=means)


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


class SemiSupervisedMixture(ClassifierMixin, BaseEstimator):
    """One Gaussian per class, fitted by EM to data with labels for only some of the rows.

    With a label for every row this is quadratic ("full") or linear ("tied") discriminant analysis, or Gaussian naive
    Bayes ("diag").

    Parameters
    ----------
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        What the classes share: see `mlcourse.gaussians.COVARIANCE_TYPES`.
    tol : float, default=1e-3
        EM has converged when the mean log-likelihood per row (in nats) changes by less than this.
    reg_covar : float, default=1e-6
        Added to every variance, in squared units of the data.
    max_iter : int, default=100

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        Class k is component k.
    weights_ : array of shape (n_classes,)
    means_ : array of shape (n_classes, d)
    covariances_, precisions_cholesky_ : array
        In the same shapes as in `GaussianMixture`.
    converged_ : bool
    n_iter_ : int
    lower_bound_ : float
        Mean log-likelihood per row, including the known labels, at the last E-step; `lower_bounds_` has those of all
        steps.
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "covariance_type": [StrOptions(set(COVARIANCE_TYPES))],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
    ) -> None:
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Array, y: Array) -> Self:
        """Estimate the parameters, starting from the labelled rows alone (`start_from_labelled`).

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : array-like of shape (n,)
            The class of each row: integers, strings, anything that can be sorted. −1 means unknown and is never a
            class; the same goes for None and, among strings, "-1".

        Raises
        ------
        ValueError
            If no row has a label, if a covariance is not positive definite, or if scikit-learn would reject the data.
        """
        X, y = validate_data(self, X, y, dtype=FLOATS)
        labelled = np.array([label not in UNKNOWN for label in y.tolist()])
        self.classes_, labels = _classes(y[labelled])
        X_labelled, X_rest = X[labelled], X[~labelled]
        type_ = covariance_type(self.covariance_type)
        start = start_from_labelled(X_labelled, labels, len(self.classes_), type_, self.reg_covar)
        self._run(em_semi_supervised(X_labelled, labels, X_rest, start, self.reg_covar))
        if not self.converged_:
            warnings.warn(
                f"EM did not converge within max_iter={self.max_iter} iterations: increase max_iter or tol.",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _run(self, steps: Iterator[Step]) -> None:
        """Run EM until it converges or reaches `max_iter`, and keep the result."""
        lower_bound, self.converged_ = -np.inf, False
        self.lower_bounds_: list[float] = []
        for step in islice(steps, self.max_iter):
            change, lower_bound = step.lower_bound - lower_bound, step.lower_bound
            self.lower_bounds_.append(lower_bound)
            if abs(change) < self.tol:
                self.converged_ = True
                break
        self.n_iter_, self.lower_bound_ = len(self.lower_bounds_), lower_bound
        theta = m_step(step.statistics, self.reg_covar)
        self.weights_, self.means_, self.covariances_, self.precisions_cholesky_, _ = theta

    # ── Using a fitted model ──────────────────────────────────────────────────────────────────────

    def _mixture(self) -> Mixture:
        type_ = covariance_type(self.covariance_type)
        return Mixture(self.weights_, self.means_, self.covariances_, self.precisions_cholesky_, type_)

    def _e_step(self, X: Array) -> Iterator[tuple[Floats, Floats]]:
        """The rows' log-likelihoods (n,) and class probabilities (n, n_classes), block by block."""
        return e_step_by_blocks(new_rows(self, X), self._mixture())

    def predict_proba(self, X: Array) -> Floats:
        """Compute the probability of every class for every row, in the order of `classes_`: (n, n_classes)."""
        return np.concatenate([R for _, R in self._e_step(X)])

    def predict(self, X: Array) -> Array:
        """Find the most probable class of every row: (n,)."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    def score_samples(self, X: Array) -> Floats:
        """Compute the log-likelihood of every row, whatever its class, log p(x): (n,), in nats."""
        return np.concatenate([log_likelihood for log_likelihood, _ in self._e_step(X)])


def _classes(y: Array) -> tuple[Array, Ints]:
    """The different labels, sorted, and the index of every label among them. Raises ValueError if there is none."""
    if not len(y):
        raise ValueError(
            "y has no label: every entry is -1 or None, which means unknown. Label at least one row of each class, or"
            " fit a GaussianMixture, which needs no labels."
        )
    y = np.array(y.tolist())  # without None or −1, the labels no longer need dtype object
    check_classification_targets(y)
    return np.unique(y, return_inverse=True)
