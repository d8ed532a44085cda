"""`PCA` for rows that need not fit in memory: one pass for mean and scatter, from which the axes follow."""

from typing import Any, Self

import numpy as np
from sklearn.base import _fit_context

from mlcourse import pca
from mlcourse.pca import Moments, moments_of
from mlcourse.scale.engine import Work, engine_for
from mlcourse.scale.formats import UnreadableRows
from mlcourse.scale.results import Output, beyond_memory, keep_columns, results
from mlcourse.scale.rows import Piece, open_rows
from mlcourse.scale.summary import check_rows
from mlcourse.validation import overflowing_squares

SOLVER = "covariance_eigh"


class PCA(pca.PCA):
    """Principal component analysis of rows that need not fit in memory.

    Parameters and attributes are those of `mlcourse.pca.PCA`, and so are the results for an ordinary array. Wherever
    that takes an array, this also takes what `open_rows` takes: files, memory-mapped arrays, Zarr, Dask. The rows are
    read once: by this process, or by the workers of a Dask cluster if a client is active or given. Either way the
    results are the same to the last bit.

    Of the solvers, rows beyond memory have "covariance_eigh", which "auto" means for them. It needs a matrix of d × d
    numbers on every worker.
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: object = None, *, client: Any = None) -> Self:
        """Find the principal axes of the rows of X.

        Parameters
        ----------
        X : array-like, or rows beyond memory as in `open_rows`
        y : ignored
        client : dask.distributed.Client, optional
            The cluster that does the work; by default, that of the active client, if there is one.

        Raises
        ------
        UnreadableRows
            Names the file and row that is missing, cut off or not finite. The model is as it was before.
        ValueError
            As in `mlcourse.PCA.fit`, and for another solver.
        RuntimeError
            If a worker of the cluster lacks this package, or has another version.
        """
        if not beyond_memory(X, client=client):
            return super().fit(X)
        if self.svd_solver not in ("auto", SOLVER):
            raise ValueError(
                f"svd_solver={self.svd_solver!r} needs all rows in memory: use {SOLVER!r} or 'auto' for rows that are"
                " read block by block."
            )
        rows = open_rows(X)
        if any(block.weight_last or block.w is not None for block in rows.blocks):
            raise ValueError(
                f"{rows.source} was opened with weights, which PCA does not take: open it without."
            )
        total = engine_for(client).fold(Work("scatter", moments_of_piece, rows.names), rows)
        if total is None or not rows.n_features:
            raise UnreadableRows(f"{rows.source} has no rows or no columns: there is nothing to fit.")
        n, moments = total.n_rows, total.astype(rows.dtype)
        if n < 2:
            raise UnreadableRows(f"{rows.source} has {n} row, but a variance needs at least 2.")
        if not np.isfinite(np.trace(moments.scatter)):
            raise overflowing_squares(rows.dtype)
        wanted = self._wanted(SOLVER, n, rows.n_features)
        keep_columns(self, rows)
        self._keep_axes(SOLVER, wanted, n, moments.mean, moments.scatter)
        return self

    def fit_transform(self, X: Any, y: object = None) -> Any:
        """Return the same as `fit(X).transform(X)`."""
        return self.fit(X).transform(X) if beyond_memory(X) else super().fit_transform(X)

    def transform(self, X: Any, *, out: Output = None, client: Any = None) -> Any:
        """Compute the coordinates along the axes of every row: (n, q). See `results` for rows beyond memory."""
        if not beyond_memory(X, out=out, client=client):
            return super().transform(X)
        return results(self, "transform", X, list(self.get_feature_names_out()), out, client)

    def score_samples(self, X: Any, *, out: Output = None, client: Any = None) -> Any:
        """Compute the log density of every row, in nats: (n,). See `results` for rows beyond memory."""
        if not beyond_memory(X, out=out, client=client):
            return super().score_samples(X)
        return results(self, "score_samples", X, ["log_likelihood"], out, client)


def moments_of_piece(names: tuple[str, ...] | None, piece: Piece) -> Moments:
    """Check some rows, and compute their mean and scatter. Sums of many blocks need float64."""
    check_rows(piece, names)
    return moments_of(piece.X).astype(np.float64)
