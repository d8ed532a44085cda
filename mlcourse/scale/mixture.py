"""`GaussianMixture` for rows that need not fit in memory: the same EM, but the E-step walks over blocks."""

import os
from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np
from scipy.special import entr
from sklearn.base import _fit_context
from sklearn.utils import check_random_state

from mlcourse import mixture
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture.base import Run, Search, Totals
from mlcourse.mixture.prior import CovariancePrior
from mlcourse.mixture.start import Weights
from mlcourse.mixture.steps import Mixture, Round, Statistics, accumulate, e_step_by_blocks, m_step
from mlcourse.scale.bar import RowBar
from mlcourse.scale.checkpoint import Checkpoint, digest, saved_state, state_of
from mlcourse.scale.data import Data, check_enough
from mlcourse.scale.engine import Work
from mlcourse.scale.results import Output, beyond_memory, folded, keep_columns, results, rows_for
from mlcourse.scale.rows import Piece
from mlcourse.scale.summary import check_rows
from mlcourse.typing import Array, Floats


class GaussianMixture(mixture.GaussianMixture):
    """A mixture of Gaussians, fitted by EM to rows that need not fit in memory.

    Parameters and attributes are those of `mlcourse.mixture.GaussianMixture`, and so are the results for an ordinary
    array. Wherever that takes an array, this also takes what `open_rows` takes: files, memory-mapped arrays, Zarr,
    Dask. Blocks of rows are read when they are needed: by this process, or by the workers of a Dask cluster if a
    client is active or given. Either way the results are the same to the last bit.

    Without a start of your own, `init_params` finds one on a sample of the rows.
    """

    # ── Fitting ───────────────────────────────────────────────────────────────────────────────────

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: object = None,
        sample_weight: Any = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        client: Any = None,
    ) -> Self:
        """Estimate the parameters from the rows of X.

        Parameters
        ----------
        X : array-like, or rows beyond memory as in `open_rows`
        y : ignored
        sample_weight : array-like of shape (n,) or name of a column, default all ones
        checkpoint : path, optional
            A file that is written after every round. If it exists, the fit goes on from there, and ends with the
            same parameters, to the last bit, as if it had never been interrupted.
        client : dask.distributed.Client, optional
            The cluster that does the work; by default, that of the active client, if there is one.

        Raises
        ------
        UnreadableRows
            Names the file and row that is missing, cut off or not finite. The model is as it was before.
        ValueError
            As in `mlcourse.GaussianMixture.fit`, and for a checkpoint of another fit.
        RuntimeError
            If a worker of the cluster lacks this package, or has another version.
        KeyboardInterrupt
            After Ctrl-C during EM. The model has the best parameters found so far, and can be used.
        """
        if not beyond_memory(X, checkpoint=checkpoint, client=client):
            return super().fit(X, y, sample_weight)
        data = Data.opened(X, sample_weight, client, bool(self.verbose))
        check_enough(data, "n_components", self.n_components)
        prior, given = self._prior(data, None), self._given_start(data)
        last = self._warm_start(self.n_components, data.shape[1])
        search = SavedSearch(self, data, last, checkpoint)
        starts: Iterable[Mixture] = self._starts_on_a_sample(data, given, prior, search)
        if last is not None:
            starts = [last][search.number :]
        rows = data.summary.fingerprint if self.warm_start else None
        self._walk = Walk(data)
        try:
            self._fit_em(self._walk.expect, starts, prior, rows, search)
        finally:
            del self._walk
        self._averages, self._rows_seen = None, data.summary.weight
        return self

    def _starts_on_a_sample(
        self, data: Data, given: dict[str, Floats], prior: CovariancePrior | None, search: "SavedSearch"
    ) -> Iterator[Mixture]:
        """Yield the starts that are still to come."""
        if search.number == self.n_init:
            return
        random_state = check_random_state(self.random_state)
        X: Any  # where everything is given, only its shape is asked for
        X, w = data.sample(check_random_state(self.random_state)) if len(given) < 4 else (data, None)
        if search.random_state is not None:
            random_state.set_state(search.random_state)
        for _ in range(search.number, self.n_init):
            theta = self._start(X, w, prior, random_state)
            search.random_state = random_state.get_state()
            yield theta

    def _keep(self, run: Run, prior: CovariancePrior | None, rows: object) -> None:
        super()._keep(run, prior, rows)
        if hasattr(self, "_walk"):
            keep_columns(self, self._walk.data.rows)

    def _covariance_of_all(self, X: Any, w: Weights) -> Floats:
        if not isinstance(X, Data):
            return super()._covariance_of_all(X, w)
        type_ = self._type()
        total = X.fold("covariance", scatter_of_piece, (X.summary.mean.astype(X.dtype), type_))
        covariance = type_.constrain(total.scatter, total.N)
        return covariance.reshape(type_.shape_of_one(X.shape[1])).astype(X.dtype)

    def _progress(self, name: str, done: int = 0) -> Any:
        if not hasattr(self, "_walk"):
            return super()._progress(name, done)
        n = self._walk.data.shape[0]
        bar = RowBar.over(name, n, self.max_iter, done, disable=not self.verbose)
        self._walk.advance = bar.update
        return bar

    # ── Using a fitted mixture ────────────────────────────────────────────────────────────────────

    def predict(self, X: Any, *, out: Output = None, client: Any = None) -> Any:
        """Find the most probable component of every row: (n,). See `results` for rows beyond memory."""
        if not beyond_memory(X, out=out, client=client):
            return super().predict(X)
        return results(self, "predict", X, ["label"], out, client)

    def predict_proba(self, X: Any, *, out: Output = None, client: Any = None) -> Any:
        """Compute the responsibilities for every row: (n, K). See `results` for rows beyond memory."""
        if not beyond_memory(X, out=out, client=client):
            return super().predict_proba(X)
        names = [f"component_{k}" for k in range(len(self.weights_))]
        return results(self, "predict_proba", X, names, out, client)

    def score_samples(self, X: Any, *, out: Output = None, client: Any = None) -> Any:
        """Compute the log-likelihood of every row, in nats: (n,). See `results` for rows beyond memory."""
        if not beyond_memory(X, out=out, client=client):
            return super().score_samples(X)
        return results(self, "score_samples", X, ["log_likelihood"], out, client)

    def score(self, X: Any, y: object = None, sample_weight: Any = None) -> float:
        """Return the mean log-likelihood per row, in nats."""
        totals = self._totals(X, sample_weight)
        return totals.log_likelihood / totals.n_rows

    def _totals(self, X: Any, sample_weight: Any) -> Totals:
        if not beyond_memory(X):
            return super()._totals(X, sample_weight)
        rows = rows_for(self, X, sample_weight)
        return Totals(*folded(Work("criteria", totals_of_piece, (self._mixture(), rows.names)), rows))


class Walk:
    """The E-step on all rows, as a function of θ for `em`: one pass over the blocks."""

    def __init__(self, data: Data) -> None:
        self.data, self.rounds, self.advance = data, 0, None

    def expect(self, theta: Mixture) -> Statistics:
        """Run the E-step: expected sufficient statistics under θ."""
        self.rounds += 1
        low, high = self.data.summary.low, self.data.summary.high
        one_round = Round.of(theta, low, high)
        name = f"expectation_{self.rounds}"
        return self.data.fold(name, statistics_of_piece, one_round, advance=self.advance).astype(
            theta.means.dtype
        )


# Sums are in float64: with many blocks, float32 would lose digits.


def statistics_of_piece(one_round: Round, piece: Piece) -> Statistics:
    """Run the E-step on some rows."""
    return one_round.statistics(piece.X, piece.w).astype(np.float64)


def scatter_of_piece(about: tuple[Floats, CovarianceType], piece: Piece) -> Statistics:
    """Compute the statistics of some rows, all in one component, about a point."""
    c, type_ = about
    R = np.ones((len(piece.X), 1), dtype=piece.X.dtype) if piece.w is None else piece.w[:, np.newaxis]
    return accumulate(piece.X, R, c[np.newaxis], type_).astype(np.float64)


def totals_of_piece(shared: tuple[Mixture, tuple[str, ...] | None], piece: Piece) -> Floats:
    """Compute `Totals` of some rows, as an array."""
    theta, names = shared
    check_rows(piece, names)
    total, start = np.zeros(3), 0
    for log_likelihood, R in e_step_by_blocks(piece.X, theta):
        w = np.ones(len(R)) if piece.w is None else piece.w[start : start + len(R)].astype(np.float64)
        total += [w.sum(), w @ log_likelihood, w @ entr(R).sum(axis=1, dtype=np.float64)]
        start += len(R)
    return total


class SavedSearch(Search):
    """A search that may have a checkpoint file: it begins where the file ends, and is written after every round."""

    def __init__(
        self,
        model: GaussianMixture,
        data: Data,
        last: Mixture | None,
        path: str | os.PathLike[str] | None,
    ) -> None:
        super().__init__()
        self.type_, self.random_state = model._type(), None
        start = "a new one" if last is None else f"the last fit, {digest(*last[:4])}"
        self.checkpoint = None if path is None else Checkpoint(path, model, data, model.n_init, start)
        saved = self.checkpoint.load() if self.checkpoint else None
        if saved is not None:
            self.number, self.random_state = int(saved["number"]), state_of(saved)
            self.run = self._run_of(saved, "run")
            self.best = self._run_of(saved, "best") if "best_weights" in saved else None

    def note(self, run: Run, reg_covar: float, prior: CovariancePrior | None) -> None:
        """Save what this run, and the best one before it, have reached."""
        if self.checkpoint is None:
            return
        reached = {
            "number": self.number,
            **saved_state(self.random_state),
            **arrays_of(run, "run", reg_covar, prior),
        }
        if self.best is not None:
            reached |= arrays_of(self.best, "best", reg_covar, prior)
        self.checkpoint.save(reached)

    def _run_of(self, saved: dict[str, Array], which: str) -> Run:
        parts = {name: saved[f"{which}_{name}"] for name in Mixture._fields[:-1]}
        bounds, converged = saved[f"{which}_lower_bounds"].tolist(), bool(saved[f"{which}_converged"])
        return Run(Mixture(**parts, covariance_type=self.type_), bounds, converged=converged)


def arrays_of(run: Run, which: str, reg_covar: float, prior: CovariancePrior | None) -> dict[str, Any]:
    """Return what has to be saved of a run: the parameters that its next round begins with, and how it came there."""
    theta = run.theta if run.step is None else m_step(run.step.statistics, reg_covar, prior)
    parts = dict(zip(Mixture._fields[:-1], theta)) | {
        "lower_bounds": np.array(run.lower_bounds),
        "converged": run.converged,
    }
    return {f"{which}_{name}": part for name, part in parts.items()}
