"""Dask arrays and dataframes: a block is a partition, computed where it is needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlcourse.scale.formats.recipe import Found, Recipe, check_numeric, check_table, computing_dtype
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
    first: int = 0

    @property
    def place(self) -> str:
        return f"partition {self.number} of the Dask collection"

    def arrays(self) -> Iterator[Array]:
        """Compute the rows, if Dask has not done so, in one array."""
        rows = self.value.compute(scheduler="sync") if hasattr(self.value, "dask") else self.value
        yield np.asarray(rows if self.columns is None else rows[list(self.columns)])


def rows_of_dask(X: Any, columns: Sequence[str] | None) -> Found:
    """Find the rows of a Dask array or dataframe. Its partitions are the blocks."""
    return rows_of_dataframe(X, columns) if hasattr(X, "columns") else rows_of_array(X)


def rows_of_array(X: Any) -> Found:
    place = "the Dask array"
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
    X = X[list(names)]
    for name, dtype in X.dtypes.items():
        numpy_dtype = getattr(dtype, "numpy_dtype", dtype)
        check_numeric(
            np.dtype(numpy_dtype) if isinstance(numpy_dtype, np.dtype) else np.dtype(object),
            f"Column {name!r}",
        )
    dtype = computing_dtype(np.result_type(*X.dtypes.unique()))
    recipes: list[Recipe] = [Partition(part, i, None, names) for i, part in enumerate(X.to_delayed())]
    return Found("the Dask dataframe", recipes, len(names), dtype, names)
