"""Parquet files, by pyarrow: a block is a few row groups, read a batch at a time, and only the chosen columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcourse.scale.formats.recipe import (
    Found,
    Recipe,
    UnreadableRows,
    block_bytes_for,
    check_numeric,
    computing_dtype,
)
from mlcourse.scale.packages import needed
from mlcourse.typing import Array

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BUFFER = 2**20  # bytes that are read of a column at a time: those of a row group may not fit in memory
PARTS = 4  # of a block that are read at a time, since Arrow, the array and the next part need room together


@dataclass(frozen=True)
class RowGroups:
    """Some row groups of a Parquet file, one after the other."""

    path: str
    first: int
    n_rows: int
    groups: tuple[int, ...]
    columns: tuple[str, ...]
    dtype: np.dtype
    batch: int  # the number of rows to read at a time: a single group may be too large for memory

    @property
    def place(self) -> str:
        return self.path

    def arrays(self) -> Iterator[Array]:
        """Read the rows, a batch at a time. An empty entry (null) becomes NaN."""
        with opened(Path(self.path)) as file:
            batches = file.iter_batches(self.batch, row_groups=list(self.groups), columns=list(self.columns))
            try:
                for batch in batches:
                    columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in self.columns]
                    yield np.stack([column.astype(self.dtype, copy=False) for column in columns], axis=1)
            except OSError as error:
                what = " ".join(str(error).split())
                raise UnreadableRows(f"{self.path} cannot be read: {what} Copy or save it again.") from error


def rows_of_parquet(paths: Sequence[Path], columns: Sequence[str] | None, block_bytes: int | None) -> Found:
    """Find the rows of one or more Parquet files: of the given columns, or of all if they are numbers."""
    contents: list[Any] = []
    names: tuple[str, ...] = tuple(columns or ())
    dtype: np.dtype | None = None
    for path in paths:
        with opened(path) as file:
            schema, metadata = file.schema_arrow, file.metadata
        names = names or tuple(schema.names)
        dtypes = [dtype_of(name, schema, path, paths[0]) for name in names]
        # A file must not be computed in float32 because it comes first.
        common = computing_dtype(np.float32 if all(one == np.float32 for one in dtypes) else np.float64)
        if dtype is not None and common != dtype:
            raise UnreadableRows(
                f"{path} holds {common}, but {paths[0]}, the first file, {dtype}. Save them alike."
            )
        dtype = common
        if columns is None and len(schema.names) != len(names):
            extra = [name for name in schema.names if name not in names]
            raise UnreadableRows(
                f"{path} has {len(schema.names)} columns, but {paths[0]}, the first file, has {len(names)}:"
                f" {', '.join(extra)} are new. Choose columns with open_rows(..., columns=[...])."
            )
        contents.append(metadata)
    assert dtype is not None, "there is a file"
    total = sum(metadata.num_rows for metadata in contents) * len(names) * dtype.itemsize
    block_bytes = block_bytes_for(total, block_bytes)
    recipes: list[Recipe] = []
    for path, metadata in zip(paths, contents):
        recipes += recipes_of_parquet(path, metadata, names, dtype, block_bytes)
    source = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files from {paths[0]} on"
    return Found(source, recipes, len(names), dtype, names)


def recipes_of_parquet(
    path: Path, metadata: Any, names: tuple[str, ...], dtype: np.dtype, block_bytes: int
) -> list[Recipe]:
    """Join row groups to blocks of at most about `block_bytes`."""
    recipes: list[Recipe] = []
    groups: list[int] = []
    first = rows = 0
    most = max(1, block_bytes // (dtype.itemsize * len(names)))
    for group in range(metadata.num_row_groups):
        n = metadata.row_group(group).num_rows
        if groups and rows + n > most:
            recipes.append(RowGroups(str(path), first, rows, tuple(groups), names, dtype, -(-most // PARTS)))
            first, rows, groups = first + rows, 0, []
        groups.append(group)
        rows += n
    if rows:
        recipes.append(RowGroups(str(path), first, rows, tuple(groups), names, dtype, -(-most // PARTS)))
    return recipes


def opened(path: Path) -> "pq.ParquetFile":
    """Open a Parquet file. Raises UnreadableRows if it is missing or not whole."""
    pq = needed("pyarrow.parquet", "Parquet files")
    try:
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER)
    except FileNotFoundError as error:
        raise UnreadableRows(f"{path} cannot be opened: there is no such file. Check the path.") from error
    except (OSError, ValueError) as error:  # pyarrow's errors are of these two kinds
        raise UnreadableRows(f"{path} is not a whole Parquet file: {error} Copy or save it again.") from error


def dtype_of(name: str, schema: Any, path: Path, first: Path) -> np.dtype:
    """Return the NumPy dtype of a column. Raises UnreadableRows or TypeError if there is none."""
    if name not in schema.names:
        raise UnreadableRows(
            f"{path} has no column {name!r}; its columns are {', '.join(schema.names)}. The columns were chosen by"
            f" open_rows(..., columns=...), by the model that was fitted, or by {first}, the first file."
        )
    try:
        dtype = np.dtype(schema.field(name).type.to_pandas_dtype())
    except NotImplementedError:
        dtype = np.dtype(object)
    check_numeric(dtype, f"Column {name!r} of {path}", schema.field(name).type)
    return dtype
