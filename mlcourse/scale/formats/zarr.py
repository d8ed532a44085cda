"""Zarr arrays: blocks are whole rows of chunks, so that no chunk is read twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcourse.scale.formats.recipe import (
    Found,
    Recipe,
    UnreadableRows,
    block_bytes_for,
    check_numeric,
    check_table,
    computing_dtype,
)
from mlcourse.scale.packages import needed
from mlcourse.typing import Array


@dataclass(frozen=True)
class RowsOfZarr:
    """Some rows of a Zarr array."""

    array: Any
    first: int
    n_rows: int

    @property
    def place(self) -> str:
        return str(self.array.store_path)

    def arrays(self) -> Iterator[Array]:
        """Read the rows, in one array."""
        try:
            yield self.array[self.first : self.first + self.n_rows]
        except (OSError, ValueError, RuntimeError) as error:
            raise UnreadableRows(
                f"{self.place} cannot be read from row {self.first} on: {error}. Copy or save it again."
            ) from error


def rows_of_zarr(array: Any, block_bytes: int | None) -> Found:
    """Find the rows of a Zarr array, or of the one in a folder."""
    if isinstance(array, Path):
        zarr = needed("zarr", "Zarr arrays")
        try:
            array = zarr.open_array(str(array), mode="r")
        except (OSError, ValueError) as error:
            raise UnreadableRows(
                f"{array} cannot be opened as a Zarr array: {error}. Check the path."
            ) from error
    place = str(array.store_path)
    check_table(array.shape, place)
    check_numeric(array.dtype, place)
    n, d = array.shape
    dtype = computing_dtype(array.dtype)
    chunk = (getattr(array, "shards", None) or array.chunks)[0]
    block_bytes = block_bytes_for(n * d * dtype.itemsize, block_bytes)
    rows = chunk * max(1, block_bytes // (chunk * d * dtype.itemsize))
    recipes: list[Recipe] = [RowsOfZarr(array, start, min(rows, n - start)) for start in range(0, n, rows)]
    return Found(place, recipes, d, dtype)
