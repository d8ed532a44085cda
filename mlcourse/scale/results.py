"""Results for every row: as a Dask array, or written block by block while they are computed."""

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import check_is_fitted

from mlcourse.scale.engine import Work, engine_for, fold_branch, key
from mlcourse.scale.formats import UnreadableRows, has_names, is_beyond_memory
from mlcourse.scale.packages import needed
from mlcourse.scale.rows import Block, Piece, Rows, open_rows
from mlcourse.scale.summary import check_rows
from mlcourse.typing import Array

Output: TypeAlias = str | os.PathLike[str] | None


def beyond_memory(X: object, **options: object) -> bool:
    """Tell whether X is read block by block. Raises ValueError if it is not, but an option asks for it."""
    if isinstance(X, Rows) or is_beyond_memory(X):
        return True
    asked = [name for name, value in options.items() if value is not None]
    if asked:
        raise ValueError(
            f"{asked[0]}={options[asked[0]]!r} is for rows that are read block by block, but X is"
            f" {type(X).__name__}, which is in memory: leave {asked[0]} out, or give files or a Dask collection."
        )
    return False


# ── The columns of a model ────────────────────────────────────────────────────────────────────────


def keep_columns(model: BaseEstimator, rows: Rows) -> None:
    """Remember the columns that a model is fitted to, as scikit-learn does."""
    model.n_features_in_ = rows.n_features
    if rows.names is not None:
        model.feature_names_in_ = np.array(rows.names, dtype=object)
    elif hasattr(model, "feature_names_in_"):
        del model.feature_names_in_


def rows_for(model: BaseEstimator, X: Any, sample_weight: Any = None) -> Rows:
    """Open rows with the columns that a model was fitted to. Raises UnreadableRows if they are not there."""
    check_is_fitted(model)
    names = getattr(model, "feature_names_in_", None)
    columns = list(names) if names is not None and not isinstance(X, Rows) and has_names(X) else None
    rows = open_rows(X, columns=columns, sample_weight=sample_weight)
    if names is not None and rows.names is not None and rows.names != tuple(names):
        raise UnreadableRows(
            f"{rows.source} was opened with the columns {', '.join(rows.names)}, but this model was fitted to"
            f" {', '.join(names)}: open it with columns={list(names)}."
        )
    if rows.n_features != model.n_features_in_:
        raise UnreadableRows(
            f"{rows.source} has {rows.n_features} columns, but {type(model).__name__} is expecting"
            f" {model.n_features_in_} features as input."
        )
    return rows


def folded(work: Work, rows: Rows) -> Any:
    """Add up the work of all blocks. Raises UnreadableRows if there are no rows with a weight above 0."""
    total = engine_for().fold(work, rows)
    if total is None:
        raise UnreadableRows(f"{rows.source} has no rows with a weight above 0.")
    return total


# ── One result for each row ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Rowwise:
    """A method that makes one result of each row."""

    model: BaseEstimator
    method: str
    names: tuple[str, ...] | None  # of the features

    def __call__(self, X: Array) -> Array:
        """Compute the results for rows in memory."""
        result: Array = getattr(self.model, self.method)(X)
        return result

    def of_piece(self, piece: Piece) -> Array:
        """Check some rows, and compute their results."""
        check_rows(piece, self.names)
        return self(piece.X) if len(piece.X) else self.example(piece.X)[:0]

    def example(self, X: Array) -> Array:
        """Compute the result for one row such as those of X, whatever it holds."""
        return self(np.zeros((1, X.shape[1]), X.dtype))


def results(model: BaseEstimator, method: str, X: Any, names: Sequence[str], out: Output, client: Any) -> Any:
    """Compute a result for each of the rows X, which need not fit in memory.

    Parameters
    ----------
    model, method
        A fitted estimator, and the name of its method.
    X : rows beyond memory, as in `open_rows`
    names : list of str
        The columns of the results, for Parquet.
    out : path, optional
        Where to write: `name.npy` is one file; `name.parquet` is a folder with a file for each block. An older one of
        this name is replaced when all is written.
    client : dask.distributed.Client, optional

    Returns
    -------
    dask.array.Array
        Computed when it is used, block by block; or, with `out`, its path, once all is written.
    """
    rows = rows_for(model, X)
    if hasattr(model, "set_output") and _get_output_config("transform", model)["dense"] != "default":
        raise ValueError(
            "Results for rows beyond memory are Dask arrays or files, not dataframes: call"
            " set_output(transform='default') first."
        )
    plain = copy(model)
    vars(plain).pop("feature_names_in_", None)  # blocks are arrays, without names
    rowwise = Rowwise(plain, method, rows.names)
    if out is None:
        return lazily(rowwise, rows)
    return written(rowwise, rows, list(names), Path(out), client)


def lazily(rowwise: Rowwise, rows: Rows) -> Any:
    """Return a Dask array of the results."""
    try:
        array, dask = needed("dask.array", "Dask arrays"), needed("dask", "Dask arrays")
    except ImportError as error:
        error.add_note("Or let the results be written: give a file, out='name.npy'.")
        raise
    example = rowwise.example(np.empty((0, rows.n_features), rows.dtype))
    if not rows.blocks:
        return array.from_array(example[:0])
    work = dask.delayed(Work(rowwise.method, as_list, rowwise, every_row=True), traverse=False)
    parts = [
        array.from_delayed(
            dask.delayed(result_of_block, pure=False)(work, block, dask_key_name=key(rowwise.method)),
            shape=(np.nan if block.n_rows is None else block.n_rows, *example.shape[1:]),
            dtype=example.dtype,
        )
        for block in rows.blocks
    ]
    return array.concatenate(parts)


def as_list(rowwise: Rowwise, piece: Piece) -> list[Array]:
    """Compute the results for some rows, in a list that those of others can be added to."""
    return [rowwise.of_piece(piece)]


def result_of_block(work: Work, block: Block) -> Array:
    """Compute the results for the rows of one block."""
    return np.concatenate(fold_branch(work, [block]))


# ── Written block by block ────────────────────────────────────────────────────────────────────────


def written(rowwise: Rowwise, rows: Rows, names: list[str], out: Path, client: Any) -> Path:
    """Write the results beside `out`, and move them there when all are written."""
    writers: dict[str, type[Writer]] = {".npy": NpyFile, ".parquet": ParquetFolder}
    if out.suffix not in writers:
        raise ValueError(f"out={str(out)!r} must end with .npy (one file) or .parquet (a folder of files).")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"out={str(out)!r}: there is no folder {out.parent}. Create it first.")
    check_free(out, rows)
    engine = engine_for(client)
    if rows.n_rows is None:
        counts = engine.fold(Work("count_rows", count_of_piece, every_row=True), rows) or Counter()
        rows = rows.counted(counts[block.number] for block in rows.blocks)
    beside = out.resolve().with_name(f"{out.name}.{os.getpid()}.part")
    try:
        example = rowwise.example(np.empty((0, rows.n_features), rows.dtype))
        writer = writers[out.suffix].begin(beside, rows.n_rows or 0, example, names)
        engine.fold(Work(rowwise.method, write_piece, (rowwise, writer), every_row=True), rows)
        remove(out.resolve())
        beside.rename(out.resolve())
    finally:
        remove(beside)
    return out


def check_free(out: Path, rows: Rows) -> None:
    """Raise ValueError if results at `out` would replace or mix with rows that are read, or something else."""
    target = out.resolve()
    sources = {Path(block.recipe.place).resolve() for block in rows.blocks}
    folder = rows.folder and Path(rows.folder).resolve()
    if any(target == source or target in source.parents for source in sources) or folder in target.parents:
        raise ValueError(f"out={str(out)!r} is where the rows themselves are: give another place.")
    if target.is_dir() and not (out.suffix == ".parquet" and all(map(is_result, target.iterdir()))):
        raise ValueError(
            f"out={str(out)!r} is a folder that holds other things than results: delete it, or give another place."
        )


def is_result(path: Path) -> bool:
    """Tell whether a file was written by `ParquetFolder`."""
    return path.name.startswith(ParquetFolder.PREFIX) and path.suffix == ".parquet"


def count_of_piece(_: None, piece: Piece) -> Counter[int]:
    """Count some rows, under the number of their block."""
    return Counter({piece.block.number: len(piece.X)})


def write_piece(shared: tuple[Rowwise, "Writer"], piece: Piece) -> int:
    """Compute and write the results for some rows. Returns how many."""
    rowwise, writer = shared
    if len(piece.X):
        writer.write(rowwise.of_piece(piece), (piece.block.first or 0) + piece.start)
    return len(piece.X)


def remove(path: Path) -> None:
    """Remove a file or a folder of results, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Writer(Protocol):
    """Writes results, in any order, from any process."""

    @classmethod
    def begin(cls, path: Path, n_rows: int, example: Array, names: list[str]) -> Self:
        """Prepare for the results of `n_rows` rows, each like those of the row in `example`."""

    def write(self, results: Array, first: int) -> None:
        """Write some results, of which the first one belongs to row `first`."""


@dataclass(frozen=True)
class NpyFile:
    """One `.npy` file, with room for all results from the beginning."""

    path: str
    offset: int
    row_bytes: int

    @classmethod
    def begin(cls, path: Path, n_rows: int, example: Array, names: list[str]) -> Self:
        """Write the header, and make room."""
        shape = (n_rows, *example.shape[1:])
        table = np.lib.format.open_memmap(path, "w+", example.dtype, shape)
        return cls(str(path), table.offset, example[0].nbytes)

    def write(self, results: Array, first: int) -> None:
        """Write results to their place in the file."""
        with open(self.path, "r+b") as file:
            file.seek(self.offset + first * self.row_bytes)
            file.write(np.ascontiguousarray(results).data)


@dataclass(frozen=True)
class ParquetFolder:
    """A folder with a Parquet file for each block, named by the number of its first row."""

    PREFIX: ClassVar[str] = "rows-"
    path: str
    names: list[str]
    digits: int

    @classmethod
    def begin(cls, path: Path, n_rows: int, example: Array, names: list[str]) -> Self:
        """Make the folder."""
        needed("pyarrow", "Parquet files")
        path.mkdir()
        return cls(str(path), names, len(str(n_rows)))

    def write(self, results: Array, first: int) -> None:
        """Write results to a file of their own."""
        pyarrow, parquet = needed("pyarrow", "Parquet files"), needed("pyarrow.parquet", "Parquet files")
        columns = results.reshape(len(results), -1).T
        table = pyarrow.table(
            {name: np.ascontiguousarray(column) for name, column in zip(self.names, columns)}
        )
        parquet.write_table(table, Path(self.path, f"{self.PREFIX}{first:0{self.digits}}.parquet"))
