"""The distribution of some features of a row given the others, p(x_u | x_o), under a Gaussian mixture.

Symbols
-------
n, d, K    number of rows, features, components
o, u       the known (observed) and the unknown features of a row, and how many there are
mu, Sigma  (K, d), (K, d, d)   means and covariances
P          (K, d, d)   precision Cholesky factors with o before u: upper triangular, Σ⁻¹ = P Pᵀ
B          (K, o, u)   slopes of the regression of u on o, Σ_oo⁻¹ Σ_ou
R          (n, K)      responsibilities, given the known features alone

The conditional of a mixture is a mixture. Its weights are the responsibilities under p(x_o); its means and
covariances are those of one Gaussian regression per component:

    μ_u + Σ_uo Σ_oo⁻¹ (x_o − μ_o),    Σ_uu − Σ_uo Σ_oo⁻¹ Σ_ou

Source: Bishop (2006), equations 2.81, 2.82; for mixtures Ghahramani & Jordan (1994), "Supervised learning from
incomplete data via an EM approach", NIPS 6.

One triangular factor contains all of this. Whitening x turns p(x) into a standard normal, and since P is triangular,
with blocks P_oo, P_ou, P_uu and no P_uo, the known features can be whitened without the others:

    (y_o, y_u) = (x_o − μ_o, x_u − μ_u) P  =  ((x_o − μ_o) P_oo,  (x_o − μ_o) P_ou + (x_u − μ_u) P_uu)

So P_oo belongs to p(x_o), P_uu to p(x_u | x_o), and x_u = μ_u + (y_u − (x_o − μ_o) P_ou) P_uu⁻¹ is the conditional
mean if y_u = 0, and a draw if y_u is standard normal. Hence B = −P_ou P_uu⁻¹, by a triangular solve.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import validate_data

from mlcourse.blas import one_blas_thread
from mlcourse.gaussians import COVARIANCE_TYPES, Dense
from mlcourse.mixture.steps import Mixture, e_step
from mlcourse.typing import Array, Bools, Floats, Ints, RandomState
from mlcourse.validation import FLOATS

FULL = COVARIANCE_TYPES["full"]


# ── For users ─────────────────────────────────────────────────────────────────────────────────────


def condition(model: Mixture | BaseEstimator, known: Sequence[int], values: Sequence[float]) -> Mixture:
    """Compute the mixture of the remaining features, given the values of some: p(x_u | x_o).

    Parameters
    ----------
    model : Mixture, or a fitted mixture of any covariance type
    known : sequence of int
        The indices of the known features.
    values : array-like of shape (len(known),)
        Their values, in the order of `known`.

    Returns
    -------
    Mixture
        Over the features that are not in `known`, in their order; "full" covariances in float64.

    Raises
    ------
    ValueError
        If `known` contains a feature twice, one that does not exist, or all of them; if `values` does not hold one
        finite number for each.
    """
    theta = Mixture.of(model).full()
    x = _row_of(known, values, theta.means.shape[1])
    given = ~np.isnan(x)
    cut, x_o = split(theta, given), x[np.newaxis, given]
    _, R = e_step(x_o, cut.marginal)
    means = np.concatenate([conditional_means(x_o, cut, k) for k in range(R.shape[1])])
    return Mixture(R[0], means, Dense.covariance(cut.P), cut.P, FULL)


def conditional_mean(model: Mixture | BaseEstimator, X: Array) -> Floats:
    """Replace every NaN in X by its expectation, given the known entries of its row: E[x_u | x_o].

    Parameters
    ----------
    model : Mixture, or a fitted mixture of any covariance type
    X : array-like of shape (n, d)
        NaN marks an unknown entry. A row with nothing but NaN becomes the mean of the mixture.

    Returns
    -------
    array of shape (n, d)
        X without NaN, in the same dtype. Rows with the same pattern of NaN share most of the work.
    """

    def expected(x_o: Floats, cut: "Split") -> Floats:
        _, R = e_step(x_o, cut.marginal)
        parts = (R[:, [k]] * conditional_means(x_o, cut, k) for k in range(R.shape[1]))
        return sum(parts, start=np.zeros((len(x_o), cut.means.shape[1])))

    return _filled(model, X, expected)


def draw_missing(model: Mixture | BaseEstimator, X: Array, random_state: RandomState = None) -> Floats:
    """Replace every NaN in X by a draw from p(x_u | x_o), with the unknown entries of a row drawn jointly.

    Parameters
    ----------
    model, X : as in `conditional_mean`
        A row with nothing but NaN becomes a sample from the mixture.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    array of shape (n, d), in the dtype of X
    """
    rng = check_random_state(random_state)

    def drawn(x_o: Floats, cut: "Split") -> Floats:
        _, R = e_step(x_o, cut.marginal)
        shares = R.cumsum(axis=1)
        component = (rng.uniform(size=(len(R), 1)) >= shares[:, :-1]).sum(axis=1)
        Y = rng.standard_normal(size=(len(R), cut.means.shape[1]))
        for k in np.unique(component):
            mine = component == k
            Y[mine] = conditional_means(x_o[mine], cut, k) + Dense.colour(Y[mine], cut.P[k])
        return Y

    return _filled(model, X, drawn)


# ── One pattern of known features ─────────────────────────────────────────────────────────────────


class Split(NamedTuple):
    """A mixture in two parts: p(x_o), and for every component the regression of x_u on x_o."""

    marginal: Mixture  # of the features o, "full"
    means: Floats  # (K, u)  μ_u
    slopes: Floats  # (K, o, u)  B
    P: Floats  # (K, u, u)  precision Cholesky factors of p(x_u | x_o, k)


def split(theta: Mixture, known: Bools) -> Split:
    """Split a "full" mixture by the mask `known`: (d,), of bool.

    Raises ValueError if a covariance is not positive definite in this order of features.
    """
    weights, mu, Sigma, _, _ = theta
    o, u, n_known = np.flatnonzero(known), np.flatnonzero(~known), np.count_nonzero(known)
    order = np.concatenate([o, u])
    with one_blas_thread():
        P = _factor(Sigma[:, order[:, np.newaxis], order])
        P_oo, P_ou, P_uu = P[:, :n_known, :n_known], P[:, :n_known, n_known:], P[:, n_known:, n_known:]
        B = np.array([-Dense.colour(P_ou_k, P_uu_k) for P_ou_k, P_uu_k in zip(P_ou, P_uu)])
    marginal = Mixture(weights, mu[:, o], Sigma[:, o[:, np.newaxis], o], P_oo, FULL)
    return Split(marginal, mu[:, u], B, P_uu)


def conditional_means(x_o: Floats, cut: Split, k: int) -> Floats:
    """Compute E[x_u | x_o, k] = μ_u + (x_o − μ_o) B for every row of x_o : (n, o). Returns (n, u)."""
    return cut.means[k] + (x_o - cut.marginal.means[k]) @ cut.slopes[k]


def patterns(X: Floats) -> Iterator[tuple[Bools, Ints]]:
    """Yield (known, rows) for every pattern of NaN in X: a mask of features (d,), and the rows that have it."""
    known = ~np.isnan(X)
    bits = np.packbits(known, axis=1)
    keys = bits.view(np.dtype((np.void, bits.shape[1]))).ravel()  # one sortable value per row
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    by_pattern = np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])
    yield from zip(known[first], by_pattern)


# ── Checks ────────────────────────────────────────────────────────────────────────────────────────


def _factor(Sigma: Floats) -> Floats:
    try:
        return Dense.factor(Sigma)
    except np.linalg.LinAlgError:
        raise ValueError(
            "A covariance of the mixture is numerically singular: fit the mixture with a larger reg_covar, or leave"
            " out features that are determined by others."
        ) from None


def _filled(model: Mixture | BaseEstimator, X: Array, fill: Callable[[Floats, Split], Floats]) -> Floats:
    """A copy of X with fill(x_o, cut) in place of the NaN of each pattern."""
    theta = Mixture.of(model).full()
    X = _rows_with_gaps(model, X, theta.means.shape[1])
    for known, rows in patterns(X):
        if not known.all():
            x_o = X[np.ix_(rows, known)].astype(np.float64, copy=False)
            X[np.ix_(rows, ~known)] = fill(x_o, split(theta, known))
    return X


def _rows_with_gaps(model: Mixture | BaseEstimator, X: Array, d: int) -> Floats:
    """A copy of X as floats, with the model's width and feature names; NaN are allowed."""
    options: dict[str, Any] = dict(dtype=FLOATS, ensure_all_finite="allow-nan", copy=True)
    if not isinstance(model, Mixture):
        return validate_data(model, X, reset=False, **options)
    X = check_array(X, **options)
    if X.shape[1] != d:
        raise ValueError(f"X has {X.shape[1]} features, but the mixture has {d}: use NaN for unknown ones.")
    return X


def _row_of(known: Sequence[int], values: Sequence[float], d: int) -> Floats:
    """One row (d,) with the values at the features `known`, and NaN for the others."""
    known, values = np.atleast_1d(known).tolist(), np.atleast_1d(values).tolist()
    if len(set(known)) < len(known) or not set(known) <= set(range(d)):
        raise ValueError(f"known={known} must be distinct feature indices from 0 to {d - 1}.")
    if len(known) == d:
        raise ValueError(
            f"known contains all {d} features, so nothing is left to predict: leave out at least one."
        )
    if len(values) != len(known) or not np.isfinite(values).all():
        raise ValueError(
            f"values={values} must be finite numbers, one for each of the {len(known)} features in known={known};"
            " leave unknown features out of both."
        )
    x = np.full(d, np.nan)
    x[np.array(known, dtype=int)] = values
    return x
