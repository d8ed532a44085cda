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

from collections.abc import Iterator
from typing import Self

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

from mlcourse.gaussians import CovarianceType
from mlcourse.mixture.base import BaseMixture, fingerprint
from mlcourse.mixture.start import Weights, mixture_from_responsibilities, one_hot, weighted
from mlcourse.mixture.steps import (
    Expectation,
    Mixture,
    Statistics,
    accumulate,
    expectation_over,
    weigh,
    weighted_log_density,
)
from mlcourse.typing import Array, Bools, Floats, Ints, RandomState
from mlcourse.validation import FLOATS, check_sample_weight, check_squares

UNKNOWN = -1

# ── The E-step ────────────────────────────────────────────────────────────────────────────────────


def expectation_over_labelled(X: Floats, labels: Ints, sample_weight: Weights = None) -> Expectation:
    """Return the E-step on rows of which some have a known component, as a function of θ, for `em`.

    Without `reg_covar`, the lower bound never falls. The log-likelihood of a labelled row includes that of its label.

    Parameters
    ----------
    X : array of shape (n, d)
    labels : array of int of shape (n,)
        The component of each row, 0 to K − 1; −1 where it is unknown.
    sample_weight : array of shape (n,), default all ones
    """

    def rows(which: Bools) -> tuple[Floats, Weights]:
        return X[which], None if sample_weight is None else sample_weight[which]

    known = labels != UNKNOWN
    (X_labelled, w_labelled), (X_rest, w_rest), labels = rows(known), rows(~known), labels[known]
    expect_rest = expectation_over(X_rest, w_rest) if len(X_rest) else None

    def expect(theta: Mixture) -> Statistics:
        statistics = expectation_of_labelled(X_labelled, labels, theta, w_labelled)
        if expect_rest:
            statistics += expect_rest(theta).about(theta.means)
        return statistics

    return expect


def expectation_of_labelled(X: Floats, labels: Ints, theta: Mixture, w: Weights = None) -> Statistics:
    """Compute the statistics of rows with a known component, about θ's means, and their Σ log p(x, k | θ)."""
    joint = weighted_log_density(X, theta)[np.arange(len(X)), labels]
    R = one_hot(labels, len(theta.means), X.dtype)
    total, n_rows = weigh(joint, R, w)
    return accumulate(X, R, theta.means, theta.covariance_type, total, n_rows)


def start_from_labelled(
    X: Floats, labels: Ints, n_classes: int, type_: CovarianceType, reg_covar: float, w: Weights = None
) -> Mixture:
    """Start EM from the classes' shares and means, and one covariance about these means for all classes.

    That is linear discriminant analysis. A handful of rows per class is too few for a covariance per class: starting
    from such covariances, instead of a shared one, can do more harm than good.
    """
    owned = weighted(one_hot(labels, n_classes, X.dtype), w)
    means = np.array(
        [np.average(X[labels == k], axis=0, weights=owned[labels == k, k]) for k in range(n_classes)]
    )
    shares = owned.sum(axis=0) / owned.sum()
    R = weighted(np.tile(shares, (len(X), 1)), w)  # every row's deviation counts for every class
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


class SemiSupervisedMixture(ClassifierMixin, BaseMixture):
    """One Gaussian per class, fitted by EM to data with labels for only some of the rows.

    With a label for every row this is quadratic ("full") or linear ("tied") discriminant analysis, or Gaussian naive
    Bayes ("diag").

    Parameters
    ----------
    covariance_type, tol, reg_covar, max_iter, warm_start, verbose, verbose_interval, covariance_prior, \
prior_strength
        As in `mlcourse.mixture.GaussianMixture`, with one component per class.
    n_init : int, default=1
        Number of starts; the run with the greatest `lower_bound_` is kept. The first is from the labelled rows
        (`start_from_labelled`), each other one from as many of them per class, drawn with replacement.
    random_state : int, RandomState or None, default=None
        For the further starts, and for `sample`. An int gives the same results in every call.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        Class k is component k.
    weights_ : array of shape (n_classes,)
        Share of each class; they sum to 1.
    means_ : array of shape (n_classes, d)
        Mean of each class.
    covariances_, precisions_, precisions_cholesky_ : array
        In the same shapes as in `GaussianMixture`.
    converged_ : bool
        Whether the best run has converged.
    n_iter_ : int
        Number of iterations of the best run.
    lower_bound_ : float
        Mean log-likelihood per row, including the known labels, at the last E-step; `lower_bounds_` has those of all
        steps.
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {**BaseMixture._parameter_constraints}  # noqa: RUF012  (scikit-learn's protocol)

    def __init__(
        self,
        *,
        covariance_type: str | CovarianceType = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        random_state: RandomState = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        covariance_prior: Array | float | str | None = None,
        prior_strength: float = 0.0,
    ) -> None:
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.covariance_prior = covariance_prior
        self.prior_strength = prior_strength

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Estimate the parameters, starting from the labelled rows alone (`start_from_labelled`).

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : array-like of shape (n,)
            The class of each row: integers, strings, anything that can be sorted. −1 means unknown and is never a
            class; the same goes for None, NaN, pandas' missing values and, among strings, "-1".
        sample_weight : array-like of shape (n,), default all ones

        Raises
        ------
        ValueError
            If no row has a label, if a covariance is not positive definite, if weights are negative, or if
            scikit-learn would reject the data.
        KeyboardInterrupt
            After Ctrl-C during EM. The model has the best parameters found so far, and can be used.
        """
        X = validate_data(self, X, dtype=FLOATS)
        check_squares(X)
        y = _labels_of(y, X)
        w = check_sample_weight(sample_weight, X)
        if w is not None and not w.all():
            X, y, w = X[w > 0], y[w > 0], w[w > 0]
        labelled = np.array([not is_unknown(label) for label in y])
        labels = np.full(len(X), UNKNOWN)
        self.classes_, labels[labelled] = _classes(y[labelled])
        prior = self._prior(X, w)
        rows = fingerprint(X, w) if self.warm_start else None
        self._fit_em(expectation_over_labelled(X, labels, w), self._starts(X, labels, w), prior, rows)
        return self

    def _starts(self, X: Floats, labels: Ints, w: Weights) -> Iterator[Mixture]:
        n_classes, type_ = len(self.classes_), self._type()
        last = self._warm_start(n_classes, X.shape[1])
        if last is not None:
            yield last
            return
        random_state = check_random_state(self.random_state)
        chosen = np.flatnonzero(labels != UNKNOWN)
        for init in range(self.n_init):
            if init:
                of_classes = (np.flatnonzero(labels == k) for k in range(n_classes))
                chosen = np.concatenate([random_state.choice(rows, len(rows)) for rows in of_classes])
            w_chosen = None if w is None else w[chosen]
            yield start_from_labelled(X[chosen], labels[chosen], n_classes, type_, self.reg_covar, w_chosen)

    # ── Using a fitted model ──────────────────────────────────────────────────────────────────────

    def predict_proba(self, X: Array) -> Floats:
        """Compute the probability of every class for every row, in the order of `classes_`: (n, n_classes)."""
        return super().predict_proba(X)

    def predict(self, X: Array) -> Array:
        """Find the most probable class of every row: (n,)."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    def sample(self, n_samples: int = 1) -> tuple[Floats, Array]:
        """Draw new rows and their classes, as `GaussianMixture.sample` does."""
        X, components = super().sample(n_samples)
        return X, self.classes_[components]


# ── Labels ────────────────────────────────────────────────────────────────────────────────────────


def is_unknown(label: object) -> bool:
    """Check whether a label means that the class is unknown."""
    return label is None or is_pandas_na(label) or is_scalar_nan(label) or label in (-1, "-1")


def _labels_of(y: Array, X: Floats) -> Array:
    """The labels as a list-like of Python objects: (n,)."""
    if y is None:
        raise ValueError(
            "SemiSupervisedMixture requires y to be passed, but the target y is None: give the class of each row,"
            " and -1 where it is unknown."
        )
    y = column_or_1d(np.asarray(y, dtype=object), warn=True)
    check_consistent_length(X, y)
    return y


def _classes(y: Array) -> tuple[Array, Ints]:
    """The different labels, sorted, and the index of every label among them. Raises ValueError if there is none."""
    if not len(y):
        raise ValueError(
            "y has no label: every entry is -1, None or missing, which means unknown. Label at least one row of each"
            " class, or fit a GaussianMixture, which needs no labels."
        )
    y = np.array(y.tolist())  # without None or −1, the labels no longer need dtype object
    check_classification_targets(y)
    return np.unique(y, return_inverse=True)
