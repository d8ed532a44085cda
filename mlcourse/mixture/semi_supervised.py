"""EM where the component of some rows is known: a classifier that learns from rows without a label, too.

Symbols as in `mlcourse.mixture.steps`. One component stands for each class. A row with a label belongs to that
component wholly, whatever the densities say; a row without one is shared out by the E-step as ever. The sums that the
M-step needs are those of both kinds of rows, added. What EM climbs is

    Σ over rows of a known class k  log πₖ N(xᵢ | μₖ, Σₖ)   +   Σ over the others  log Σₖ πₖ N(xᵢ | μₖ, Σₖ)

Unlabelled rows help as far as the classes are Gaussian groups. Where they are not, EM finds Gaussian groups all the
same, and the classifier may become worse for it.

Source: Nigam, McCallum, Thrun & Mitchell (2000), "Text classification from labeled and unlabeled documents using EM",
Machine Learning 39, with Gaussians in place of their word counts.
"""

import warnings
from collections.abc import Iterator
from itertools import count, islice
from numbers import Integral, Real

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
from mlcourse.validation import FLOATS, new_rows

UNKNOWN = (-1, "-1", None)  # "-1" is what NumPy makes of −1 among strings


# ── The algorithm ─────────────────────────────────────────────────────────────────────────────────


def em_semi_supervised(X_labelled, labels, X_rest, theta: Mixture, reg_covar: float = 1e-6) -> Iterator[Step]:
    """`em` where the component of some rows is given: without `reg_covar` the lower bound never falls.

    Parameters
    ----------
    X_labelled : array of shape (l, d)
    labels : array of int of shape (l,)
        The component of each of these rows: 0 to K − 1.
    X_rest : array of shape (n − l, d)
        Rows of which the component is not known; there may be none.
    theta : Mixture
        The start.
    reg_covar : float
        See `m_step`.

    Yields
    ------
    Step
        As `em` does; for a labelled row, the log-likelihood is that of its label, too.
    """
    for n_iter in count():
        statistics = expectation_of_labelled(X_labelled, labels, theta)
        if len(X_rest):
            statistics += expectation(X_rest, theta)
        yield Step(n_iter, theta, statistics.log_likelihood / statistics.n_rows, statistics)
        theta = m_step(statistics, reg_covar)


def expectation_of_labelled(X, labels, theta: Mixture) -> Statistics:
    """The sufficient statistics of rows whose component is known, about θ's means, and their Σ log p(x, k | θ)."""
    joint = weighted_log_density(X, theta)[np.arange(len(X)), labels]
    R = one_hot(labels, len(theta.means), X.dtype)
    return accumulate(X, R, theta.means, theta.covariance_type, float(joint.sum(dtype=np.float64)))


def start_from_labelled(X, labels, n_classes: int, type_: CovarianceType, reg_covar: float) -> Mixture:
    """Where EM starts: the classes' shares and means, and the covariance about these for all classes alike.

    That is linear discriminant analysis. A handful of rows a class is too few for a covariance of its own; a start
    with those, in place of a shared one, can be worse than no start at all.
    """
    means = np.array([X[labels == k].mean(axis=0) for k in range(n_classes)])
    shares = one_hot(labels, n_classes, X.dtype).mean(axis=0)
    everybody = np.tile(shares, (len(X), 1))  # every row's deviation counts for every class
    try:
        start = mixture_from_responsibilities(X - means[labels], everybody, type_, reg_covar)
    except ValueError:
        raise ValueError(
            f"The {len(X)} labelled rows are too few, or too alike, for a covariance: the one about the means of the"
            f" {n_classes} classes is not positive definite. Label more rows, or increase reg_covar={reg_covar}."
        ) from None
    return start._replace(means=means)


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


class SemiSupervisedMixture(ClassifierMixin, BaseEstimator):
    """A Gaussian for each class, fitted by EM to rows of which only some have a label.

    With a label for every row this is quadratic ("full") or linear ("tied") discriminant analysis, or Gaussian naive
    Bayes ("diag").

    Parameters
    ----------
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        What the classes share: see `mlcourse.gaussians.COVARIANCE_TYPES`.
    tol : float, default=1e-3
        EM has converged when the mean log-likelihood of a row (in nats) changes by less than this.
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
        In the shapes of `GaussianMixture`.
    converged_ : bool
    n_iter_ : int
    lower_bound_ : float
        Mean log-likelihood of a row, labels included where they are known, at the last E-step; `lower_bounds_` has
        those of all steps.
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        "covariance_type": [StrOptions(set(COVARIANCE_TYPES))],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, *, covariance_type="full", tol=1e-3, reg_covar=1e-6, max_iter=100):
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Estimate the parameters, starting from what the labelled rows say alone (`start_from_labelled`).

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : array-like of shape (n,)
            The class of each row: integers, strings, anything that can be sorted. −1 stands for an unknown one and
            is never a class; so do None and, among strings, "-1".

        Raises
        ------
        ValueError
            When no row has a label, when a covariance is not positive definite, or for data that scikit-learn would
            refuse.
        """
        X, y = validate_data(self, X, y, dtype=FLOATS)
        labelled = np.array([label not in UNKNOWN for label in y.tolist()])
        self.classes_, labels = _classes(y[labelled])
        X_labelled, X_rest = X[labelled], X[~labelled]
        type_ = covariance_type(self.covariance_type)
        start = start_from_labelled(X_labelled, labels, len(self.classes_), type_, self.reg_covar)
        self._climb(em_semi_supervised(X_labelled, labels, X_rest, start, self.reg_covar))
        if not self.converged_:
            warnings.warn(
                f"EM has not converged after max_iter={self.max_iter} iterations: increase max_iter or tol.",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _climb(self, steps):
        """Follow EM until it converges or `max_iter` is reached, and keep what it found."""
        lower_bound, self.lower_bounds_, self.converged_ = -np.inf, [], False
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

    def _mixture(self):
        type_ = covariance_type(self.covariance_type)
        return Mixture(self.weights_, self.means_, self.covariances_, self.precisions_cholesky_, type_)

    def _e_step(self, X):
        """The rows' log-likelihoods (n,) and class probabilities (n, n_classes), block by block."""
        return e_step_by_blocks(new_rows(self, X), self._mixture())

    def predict_proba(self, X):
        """Probability of every class for every row, in the order of `classes_`: (n, n_classes)."""
        return np.concatenate([R for _, R in self._e_step(X)])

    def predict(self, X):
        """The most probable class of every row: (n,)."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    def score_samples(self, X):
        """Log-likelihood of every row whatever its class, log p(x): (n,), in nats."""
        return np.concatenate([log_likelihood for log_likelihood, _ in self._e_step(X)])


def _classes(y):
    """The different labels, sorted, and for every label which of them it is. Raises ValueError when there is none."""
    if not len(y):
        raise ValueError(
            "y has no label: all of it is -1, which stands for an unknown one. Give at least one labelled row for"
            " each class, or fit a GaussianMixture, which needs none."
        )
    y = np.array(y.tolist())  # labels without None or −1 between them need not be objects any more
    check_classification_targets(y)
    return np.unique(y, return_inverse=True)
