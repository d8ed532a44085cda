"""Dask arrays and dataframes: a block is a partition, computed where it is needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcourse.scale.formats.recipe import (
    Found,
    Recipe,
    UnreadableRows,
    check_numeric,
    check_table,
    computing_dtype,
)
from mlcourse.typing import Array


@dataclass(frozen=True)
class Partition:
    """One partition of a Dask collection.

    `value` is a recipe of Dask's own, a `Delayed`. On a cluster, Dask has replaced it by the rows themselves when
    the block is read there.
    """

    value: Any
    number: int
    n_rows: int | None
    columns: tuple[str, ...] | None = None
    dtype: np.dtype | None = None
    first: int = 0

    @property
    def place(self) -> str:
        return f"partition {self.number} of the Dask collection"

    def arrays(self) -> Iterator[Array]:
        """Compute the rows, if Dask has not done so, in one array."""
        try:
            rows = self.value.compute(scheduler="sync") if hasattr(self.value, "dask") else self.value
        except Exception as error:
            error.add_note(f"This happened while Dask computed {self.place}.")
            raise
        if self.columns is None:
            yield np.asarray(rows)
        else:
            yield rows[list(self.columns)].to_numpy(dtype=self.dtype, na_value=np.nan)


def rows_of_dask(X: Any, columns: Sequence[str] | None) -> Found:
    """Find the rows of a Dask array or dataframe. Its partitions are the blocks."""
    return rows_of_dataframe(X, columns) if hasattr(X, "columns") else rows_of_array(X)


def rows_of_array(X: Any) -> Found:
    place = "the Dask array"
    if X.ndim == 1:
        check_table((-1,), "the Dask series or array")
    check_table(X.shape, place)
    check_numeric(X.dtype, place)
    if X.numblocks[1] > 1:  # a block must have whole rows
        X = X.rechunk({1: -1})
    sizes = [None if np.isnan(size) else int(size) for size in X.chunks[0]]
    parts = X.to_delayed().ravel()
    recipes: list[Recipe] = [Partition(part, i, size) for i, (part, size) in enumerate(zip(parts, sizes))]
    return Found(place, recipes, X.shape[1], computing_dtype(X.dtype))


def rows_of_dataframe(X: Any, columns: Sequence[str] | None) -> Found:
    names = tuple(columns or X.columns)
    for name in names:
        if name not in X.columns:
            raise UnreadableRows(
                f"The Dask dataframe has no column {name!r}; its columns are {', '.join(X.columns)}."
            )
    dtypes = [numpy_dtype(X.dtypes[name]) for name in names]
    for name, dtype in zip(names, dtypes):
        check_numeric(dtype, f"Column {name!r} of the Dask dataframe", X.dtypes[name])
    common = computing_dtype(np.float32 if all(dtype == np.float32 for dtype in dtypes) else np.float64)
    parts = X[list(names)].to_delayed()
    recipes: list[Recipe] = [Partition(part, i, None, names, common) for i, part in enumerate(parts)]
    return Found("the Dask dataframe", recipes, len(names), common, names)


def numpy_dtype(dtype: Any) -> np.dtype:
    """Return NumPy's dtype for a column, also if pandas keeps it as a nullable or an Arrow type."""
    found = getattr(dtype, "numpy_dtype", dtype)
    return found if isinstance(found, np.dtype) else np.dtype(object)
