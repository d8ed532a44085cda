"""A classifier built from densities: one mixture per class, and Bayes' rule.

    log p(class c | x) = log p(c) + log p(x | c) − log Σ_c' p(c') p(x | c')

Sources: Bishop (2006), equations 4.62 and 4.63; Hastie & Tibshirani (1996), "Discriminant analysis by Gaussian
mixtures", JRSS B 58.
"""

from copy import copy
from typing import Any, Self

import numpy as np
from scipy.special import log_softmax, logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context, clone
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcourse.mixture import GaussianMixture
from mlcourse.typing import Array, Floats, RandomState
from mlcourse.validation import FLOATS, check_n_samples, check_sample_weight, fit_weighted


class GaussianMixtureClassifier(ClassifierMixin, BaseEstimator):
    """Fits a Gaussian mixture to every class, and predicts the class that most probably generated a row.

    With one component per class this is quadratic discriminant analysis ("full") or Gaussian naive Bayes ("diag").

    Parameters
    ----------
    n_components : int, default=1
        Number of components in each class's mixture.
    covariance_type, reg_covar, n_init
        As in `mlcourse.mixture.GaussianMixture`.
    random_state : int, RandomState or None, default=None
        For the mixtures built from these parameters, and for `sample`. An int gives the same results in every call.
    priors : array of shape (n_classes,), default=None
        Probability of each class before the row is seen, in the order of `classes_`. None means the classes' shares
        of the training rows.
    mixture : estimator with `fit` and `score_samples`, default=None
        Cloned and fitted to each class. It replaces the GaussianMixture that is otherwise built from `n_components`,
        `covariance_type`, `reg_covar` and `n_init`, which are then ignored. For `sample`, it must have a `sample`
        method and a `random_state`.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    mixtures_ : list of n_classes fitted mixtures
    priors_ : array of shape (n_classes,)
    n_features_in_, feature_names_in_ : as in scikit-learn
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        **{
            name: GaussianMixture._parameter_constraints[name]
            for name in ("n_components", "covariance_type", "reg_covar", "n_init", "random_state")
        },
        "priors": ["array-like", None],
        "mixture": [HasMethods(["fit", "score_samples"]), None],
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        reg_covar: float = 1e-6,
        n_init: int = 1,
        random_state: RandomState = None,
        priors: Array | None = None,
        mixture: BaseEstimator | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar
        self.n_init = n_init
        self.random_state = random_state
        self.priors = priors
        self.mixture = mixture

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Fit a mixture to the rows of each class.

        Parameters
        ----------
        X : array-like of shape (n, d)
        y : array-like of shape (n,)
            The class of each row: integers, strings, anything that can be sorted.
        sample_weight : array-like of shape (n,), default all ones
            Passed on to the mixtures; the classes' shares are then shares of the weights.

        Raises
        ------
        ValueError
            If no mixture can be fitted to a class, for example because it has fewer rows than components (the message
            names the class); if `priors` are not probabilities of the classes; if scikit-learn would reject the data.
        """
        X, y = self._rows(X, y)
        check_classification_targets(y)
        w = check_sample_weight(sample_weight, X)
        self.classes_, labels = np.unique(y, return_inverse=True)
        counts = np.bincount(labels, weights=w)
        self.priors_ = counts / counts.sum() if self.priors is None else self._checked_priors()
        self.mixtures_ = [
            self._fit_class(X[labels == k], name, None if w is None else w[labels == k])
            for k, name in enumerate(self.classes_)
        ]
        return self

    def _rows(self, X: Array, y: Array | str = "no_validation", *, reset: bool = True) -> Any:  # X, or (X, y)
        # The mixtures decide whether NaN are allowed: some treat them as missing entries.
        return validate_data(self, X, y, reset=reset, dtype=FLOATS, ensure_all_finite="allow-nan")

    def _checked_priors(self) -> Floats:
        priors = check_array(self.priors, ensure_2d=False, dtype=np.float64, input_name="priors")
        n_classes = len(self.classes_)
        if priors.shape != (n_classes,) or (priors < 0).any() or not np.isclose(priors.sum(), 1):
            raise ValueError(
                f"priors={self.priors} must be {n_classes} probabilities that sum to 1, one for each class in the"
                f" order {self.classes_.tolist()}; use priors=None for the classes' shares of the rows."
            )
        return priors / priors.sum()

    def _fit_class(self, X: Floats, name: object, w: Floats | None) -> BaseEstimator:
        try:
            return fit_weighted(self._new_mixture(), X, w)
        except ValueError as error:
            raise ValueError(
                f"Cannot fit a mixture to the {len(X)} row(s) of class {name}: {str(error).rstrip('.')}. If there are"
                " too few, add rows, use fewer components, or leave the class out."
            ) from error

    def _new_mixture(self) -> BaseEstimator:
        if self.mixture is not None:
            return clone(self.mixture)
        return GaussianMixture(
            self.n_components,
            covariance_type=self.covariance_type,
            reg_covar=self.reg_covar,
            n_init=self.n_init,
            random_state=self.random_state,
        )

    def _log_joint(self, X: Array) -> Floats:
        """log p(c) + log p(x | c) for every row and class: (n, n_classes)."""
        check_is_fitted(self)
        X = self._rows(X, reset=False)
        log_density = np.column_stack([mixture.score_samples(X) for mixture in self.mixtures_])
        with np.errstate(divide="ignore"):  # a class with prior 0 has log prior −∞, and gets no rows
            log_priors = np.log(self.priors_)
        # Where all densities are 0, they cannot tell the classes apart: the lowest number, not −∞, makes them equal.
        return log_density.clip(min=np.finfo(log_density.dtype).min) + log_priors

    def predict_log_proba(self, X: Array) -> Floats:
        """Compute the log of `predict_proba`: (n, n_classes). Exact even where the probabilities underflow."""
        return log_softmax(self._log_joint(X), axis=1)

    def predict_proba(self, X: Array) -> Floats:
        """Compute the probability of every class for every row: (n, n_classes), rows summing to 1."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: Array) -> Array:
        """Find the most probable class of every row: (n,)."""
        best = self._log_joint(X).argmax(axis=1)
        return self.classes_[best]

    def score_samples(self, X: Array) -> Floats:
        """Compute the log density of every row, whatever its class, log Σ_c p(c) p(x | c): (n,), in nats."""
        return logsumexp(self._log_joint(X), axis=1)

    def sample(self, n_samples: int = 1) -> tuple[Floats, Array]:
        """Draw new rows: first the class, from the priors, then a row from its mixture.

        An integer `random_state` gives the same rows in every call: draw all the rows you need at once.

        Parameters
        ----------
        n_samples : int, default=1

        Returns
        -------
        X : array of shape (n_samples, d)
        y : array of shape (n_samples,)
            The class that each row was drawn from; rows are grouped by class.

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
        counts = random_state.multinomial(n_samples, self.priors_)
        # All classes share one stream of random numbers: with equal seeds, similar classes would get similar rows.
        X = [
            copy(mixture).set_params(random_state=random_state).sample(count)[0]
            for mixture, count in zip(self.mixtures_, counts)
            if count > 0
        ]
        return np.concatenate(X), np.repeat(self.classes_, counts)
