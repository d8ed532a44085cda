"""EM for data with missing entries.

Symbols as in `mlcourse.mixture.steps` and `mlcourse.mixture.conditional`: o and u are the known and unknown features
of a row, and

M          (K, o, d)   turns x_o − μ_o into E[x | x_o, k] − μ: the identity for the features o, the slopes B for u
C          (K, u, u)   Cov[x_u | x_o, k]

A missing entry is one more unknown for EM, along with the component that a row came from. The M-step stays the same;
the E-step has to find the expected sums over complete rows. Rows with the same known features share that work: their
sums about the means, over these features alone, give the expected sums over all features,

    Σᵢ rᵢₖ E[x − μ | x_o]             =  first_o M
    Σᵢ rᵢₖ E[(x − μ)(x − μ)ᵀ | x_o]   =  Mᵀ scatter_oo M, plus Nₖ C for the features u

Filling in expected values and treating them as data would leave out the term with C, and variances would shrink.

The responsibilities, and the likelihood that EM maximises, are those of the known entries. This is valid as long as
the value of an entry has no influence on whether it is missing ("missing at random").

Sources: Ghahramani & Jordan (1994), "Supervised learning from incomplete data via an EM approach", NIPS 6; Little &
Rubin (2002), *Statistical analysis with missing data*, chapters 8 and 11.
"""

from dataclasses import replace
from functools import reduce
from operator import iadd
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcourse.blas import one_blas_thread
from mlcourse.gaussians import Dense
from mlcourse.mixture.conditional import Split, patterns, split
from mlcourse.mixture.estimator import GaussianMixture
from mlcourse.mixture.start import Weights
from mlcourse.mixture.steps import Expectation, Mixture, Statistics, e_step, expectation
from mlcourse.typing import Array, Bools, Floats
from mlcourse.validation import FLOATS

# ── The E-step ────────────────────────────────────────────────────────────────────────────────────


def expectation_over_incomplete(X: Floats, sample_weight: Weights = None) -> Expectation:
    """Return the E-step on rows with NaN as a function of θ, for `em`.

    Without `reg_covar`, the log-likelihood of the known entries never falls.

    Parameters
    ----------
    X : array of shape (n, d), float32 or float64
        NaN marks a missing entry; a row with nothing but NaN has no effect.
    sample_weight : array of shape (n,), default all ones
    """
    groups = [
        (known, X[np.ix_(rows, known)], None if sample_weight is None else sample_weight[rows])
        for known, rows in patterns(X)
    ]

    def expect(theta: Mixture) -> Statistics:
        full = theta.full(theta.means.dtype)
        found = reduce(iadd, (expectation_of_group(full, *group) for group in groups))
        type_ = theta.covariance_type
        return replace(found, scatter=type_.part(found.scatter), covariance_type=type_)

    return expect


def expectation_of_group(theta: Mixture, known: Bools, x_o: Floats, w: Weights) -> Statistics:
    """Run the E-step on rows that have the same features known, x_o : (n, o): statistics about θ's means.

    `theta` is a "full" mixture, `known` a mask of its features (d,).
    """
    cut = split(theta, known)
    return completed(expectation(x_o, cut.marginal, sample_weight=w), cut, known, theta.means)


def completed(statistics: Statistics, cut: Split, known: Bools, mu: Floats) -> Statistics:
    """Extend statistics of the known features, about their means, to expected statistics of all features."""
    K, d = mu.shape
    o, u = np.flatnonzero(known), np.flatnonzero(~known)
    M = np.zeros((K, len(o), d), dtype=mu.dtype)
    M[:, np.arange(len(o)), o] = 1
    M[:, :, u] = cut.slopes
    with one_blas_thread():
        first = (statistics.first[:, np.newaxis] @ M)[:, 0]
        scatter = np.swapaxes(M, 1, 2) @ statistics.scatter @ M
        C = Dense.covariance(cut.P)
    scatter[:, u[:, np.newaxis], u] += statistics.N[:, np.newaxis, np.newaxis] * C
    return replace(statistics, first=first, scatter=scatter, c=mu)


# ── The estimator ─────────────────────────────────────────────────────────────────────────────────


class IncompleteDataMixture(GaussianMixture):
    """A mixture of Gaussians for rows with missing values (NaN), fitted by EM.

    The equations are in `mlcourse.mixture.missing`.

    Every method accepts NaN and uses only the known entries of a row: `score_samples` is their log density. A row
    with nothing but NaN has log-likelihood 0, and its responsibilities are the weights. To fill in missing entries,
    see `conditional_mean` and `draw_missing`.

    The more entries are missing, the smaller the steps of EM: with half of them missing, a smaller `tol` and more
    iterations pay off. The cost of a step grows with the number of different patterns of NaN.

    Parameters and attributes are those of `mlcourse.mixture.GaussianMixture`, with two differences. The likelihoods
    are those of the known entries. Starts, and covariance_prior="data", are computed from rows whose missing entries
    are replaced by the means of their features.
    """

    def _validated(self, X: Array, **options: Any) -> Floats:
        return validate_data(self, X, dtype=FLOATS, ensure_all_finite="allow-nan", **options)

    def _training_rows(self, X: Array, sample_weight: Array | None) -> tuple[Floats, Weights]:
        X, w = super()._training_rows(X, sample_weight)
        unseen = np.flatnonzero(np.isnan(X).all(axis=0))
        if len(unseen):
            names = getattr(self, "feature_names_in_", np.arange(X.shape[1]))[unseen].tolist()
            raise ValueError(
                f"No row of X has a value for feature {', '.join(map(str, names))}: nothing can be learned about it."
                " Leave the column out, or add rows where it is known."
            )
        return X, w

    def _without_gaps(self, X: Floats, w: Weights) -> Floats:
        """X with every NaN replaced by the mean of its feature."""
        if w is None:
            return np.where(np.isnan(X), np.nanmean(X, axis=0, keepdims=True), X)
        means = np.ma.average(np.ma.masked_invalid(X), axis=0, weights=w)
        return np.where(np.isnan(X), np.asarray(means, dtype=X.dtype), X)

    def _expectation(self, X: Floats, w: Weights) -> Expectation:
        return expectation_over_incomplete(X, w)

    def _e_step(self, X: Array) -> list[tuple[Floats, Floats]]:
        check_is_fitted(self)
        X, theta = self._validated(X, reset=False), self._mixture()
        theta = theta.full(theta.means.dtype)
        dtype = np.result_type(X, theta.means)
        log_likelihood, R = np.empty(len(X), dtype), np.empty((len(X), len(theta.weights)), dtype)
        for known, rows in patterns(X):
            log_likelihood[rows], R[rows] = e_step(X[np.ix_(rows, known)], split(theta, known).marginal)
        return [(log_likelihood, R)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
