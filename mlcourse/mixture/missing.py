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

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import count
from operator import iadd
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcourse.blocks import one_blas_thread
from mlcourse.gaussians import Dense
from mlcourse.mixture.conditional import Split, patterns, split
from mlcourse.mixture.estimator import GaussianMixture
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.steps import Mixture, Statistics, Step, e_step, expectation, m_step
from mlcourse.typing import Array, Bools, Floats, RandomState
from mlcourse.validation import FLOATS

# ── The algorithm ─────────────────────────────────────────────────────────────────────────────────


def em_incomplete(X: Floats, theta: Mixture, reg_covar: float = 1e-6) -> Iterator[Step]:
    """Run `em` on rows with NaN: without `reg_covar`, the log-likelihood of the known entries never falls.

    Parameters
    ----------
    X : array of shape (n, d), float32 or float64
        NaN marks a missing entry; a row with nothing but NaN has no effect.
    theta : Mixture
        The start, with "full" covariances.
    reg_covar : float
        See `m_step`.

    Yields
    ------
    Step
        As `em` does.
    """
    groups = [(known, X[np.ix_(rows, known)]) for known, rows in patterns(X)]
    for n_iter in count():
        statistics = expectation_of_incomplete(groups, theta)
        yield Step(n_iter, theta, statistics.log_likelihood / statistics.n_rows, statistics)
        theta = m_step(statistics, reg_covar)


def expectation_of_incomplete(groups: Iterable[tuple[Bools, Floats]], theta: Mixture) -> Statistics:
    """Run the E-step: expected sufficient statistics under θ, about its means.

    `groups` has the rows grouped by their known features, as pairs of a mask of features (d,) and x_o : (n, o).
    """

    def of_group(known: Bools, x_o: Floats) -> Statistics:
        cut = split(theta, known)
        return completed(expectation(x_o, cut.marginal), cut, known, theta.means)

    return reduce(iadd, (of_group(*group) for group in groups))


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
    """A mixture of Gaussians with full covariances, for rows with missing entries (NaN), fitted by EM.

    Every method accepts NaN and uses only the known entries of a row: `score_samples` is their log density. A row
    with nothing but NaN has log-likelihood 0, and its responsibilities are the weights. To fill in missing entries,
    see `conditional_mean` and `draw_missing`.

    The more entries are missing, the smaller the steps of EM: with half of them missing, a smaller `tol` and more
    iterations pay off. The cost of a step grows with the number of different patterns of NaN.

    Parameters
    ----------
    n_components, tol, reg_covar, max_iter, n_init, weights_init, means_init, precisions_init, random_state, \
warm_start, verbose, verbose_interval
        As in `GaussianMixture`.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}, default="kmeans"
        As in `GaussianMixture`, on rows whose missing entries are replaced by the means of their features.

    Attributes
    ----------
    As in `GaussianMixture` with covariance_type="full". The likelihoods are those of the known entries.
    """

    _parameter_constraints: dict = {  # noqa: RUF012  (scikit-learn's protocol)
        name: allowed
        for name, allowed in GaussianMixture._parameter_constraints.items()
        if name not in ("covariance_type", "covariance_prior", "prior_strength")
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
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
    ) -> None:
        super().__init__(
            n_components,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weights_init=weights_init,
            means_init=means_init,
            precisions_init=precisions_init,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
        )

    def _rows(self, X: Array, **options: Any) -> Floats:
        """X as an array of floats; NaN are allowed."""
        return validate_data(self, X, dtype=FLOATS, ensure_all_finite="allow-nan", **options)

    def _training_rows(self, X: Array) -> Floats:
        X = self._rows(X, ensure_min_samples=2)
        unseen = np.flatnonzero(np.isnan(X).all(axis=0))
        if len(unseen):
            names = getattr(self, "feature_names_in_", np.arange(X.shape[1]))[unseen].tolist()
            raise ValueError(
                f"No row of X has a value for feature {', '.join(map(str, names))}: nothing can be learned about it."
                " Leave the column out, or add rows where it is known."
            )
        return X

    def _start(self, X: Floats, *others: Any) -> Mixture:
        return super()._start(np.where(np.isnan(X), np.nanmean(X, axis=0, keepdims=True), X), *others)

    def _em(self, X: Floats, theta: Mixture, prior: CovariancePrior | None) -> Iterator[Step]:
        return em_incomplete(X, theta, self.reg_covar)

    def _e_step(self, X: Array) -> Iterable[tuple[Floats, Floats]]:
        check_is_fitted(self)
        X, theta = self._rows(X, reset=False), self._mixture()
        dtype = np.result_type(X, theta.means)
        log_likelihood, R = np.empty(len(X), dtype), np.empty((len(X), len(theta.weights)), dtype)
        for known, rows in patterns(X):
            log_likelihood[rows], R[rows] = e_step(X[np.ix_(rows, known)], split(theta, known).marginal)
        return [(log_likelihood, R)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
