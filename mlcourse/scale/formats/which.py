"""Which format rows are in."""

import re
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from mlcourse.scale.formats.dask import rows_of_dask
from mlcourse.scale.formats.npy import rows_of_memmap, rows_of_npy
from mlcourse.scale.formats.parquet import rows_of_parquet
from mlcourse.scale.formats.recipe import Found, UnreadableRows
from mlcourse.scale.formats.zarr import rows_of_zarr

SUFFIXES = {".npy": "npy", ".parquet": "parquet", ".pq": "parquet"}
ZARR_FILES = ("zarr.json", ".zarray")


def is_beyond_memory(X: object) -> bool:
    """Tell whether X is rows that this package reads block by block, and not an ordinary array."""
    return is_path(X) or is_paths(X) or isinstance(X, np.memmap) or is_dask(X) or is_zarr(X)


def find_rows(X: Any, columns: Sequence[str] | None, block_bytes: int | None) -> Found:
    """Find the blocks of X. Raises UnreadableRows or TypeError that names the file, if there is one to blame."""
    if is_dask(X):
        return rows_of_dask(X, columns)
    if is_path(X) or is_paths(X):
        paths, format_ = files_of(X)
        folder = (
            str(Path(X).expanduser().absolute()) if is_path(X) and Path(X).expanduser().is_dir() else None
        )
        if format_ == "parquet":
            return rows_of_parquet(paths, columns, block_bytes)._replace(folder=folder)
        refuse_columns(columns, paths[0])
        found = rows_of_zarr(paths[0], block_bytes) if format_ == "zarr" else rows_of_npy(paths, block_bytes)
        return found._replace(folder=folder)
    refuse_columns(columns, type(X).__name__)
    return rows_of_memmap(X, block_bytes) if isinstance(X, np.memmap) else rows_of_zarr(X, block_bytes)


def has_names(X: Any) -> bool:
    """Tell whether the columns of X have names."""
    if is_dask(X):
        return hasattr(X, "columns")
    return (is_path(X) or is_paths(X)) and files_of(X)[1] == "parquet"


def is_path(X: object) -> bool:
    return isinstance(X, str | PathLike)


def is_paths(X: object) -> bool:
    return isinstance(X, list | tuple) and bool(X) and all(map(is_path, X))


def is_dask(X: object) -> bool:
    return hasattr(X, "__dask_graph__")


def is_zarr(X: object) -> bool:
    return type(X).__module__.partition(".")[0] == "zarr"


def files_of(X: Any) -> tuple[list[Path], str]:
    """List the files that X names, in order, and tell their format: "npy", "parquet" or "zarr"."""
    # Workers of a cluster may have other working folders.
    paths = [Path(path).expanduser().absolute() for path in (X if is_paths(X) else [X])]
    for path in paths:
        check_there(path, X)
    if len(paths) == 1 and paths[0].is_dir():
        folder = paths[0]
        if any((folder / name).exists() for name in ZARR_FILES):
            return paths, "zarr"
        paths = sorted(visible_files(folder), key=by_numbers)
        if not paths:
            raise UnreadableRows(
                f"{folder} has no files. It should hold .npy or .parquet files, or a Zarr array."
            )
    formats = {SUFFIXES.get(path.suffix) for path in paths}
    if len(formats) > 1 or None in formats:
        odd = next(path for path in paths if SUFFIXES.get(path.suffix) != SUFFIXES.get(paths[0].suffix, "?"))
        raise UnreadableRows(
            f"{odd} is not among the formats read here, or not of the same format as the others: use .npy files, or"
            " .parquet files, or a folder with a Zarr array. To read some files of a folder, give a list of them."
        )
    return paths, formats.pop() or ""


def check_there(path: Path, X: Any) -> None:
    """Raise UnreadableRows if there is no such file or folder, with what may be meant."""
    if path.exists():
        return
    if "://" in str(X):
        raise UnreadableRows(
            f"{X} is an address, not a file: open it with Dask, such as dask.dataframe.read_parquet(...), and give"
            " that."
        )
    advice = "Check the path."
    if set("*?[") & set(str(path)):
        advice = "Patterns are not expanded: give the folder, or a list such as glob.glob(...)."
    raise UnreadableRows(f"{path} cannot be opened: there is no such file or folder. {advice}")


def visible_files(folder: Path) -> list[Path]:
    """List the files in a folder and its subfolders, without hidden ones and notes such as _SUCCESS."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    ]


def by_numbers(path: Path) -> list[tuple[int, str]]:
    """Sort part-2 before part-10."""
    return [(int(text), "") if text.isdecimal() else (-1, text) for text in re.split(r"(\d+)", str(path))]


def refuse_columns(columns: Sequence[str] | None, place: object) -> None:
    """Raise ValueError if columns are to be chosen where they have no names."""
    if columns is not None:
        raise ValueError(
            f"columns={list(columns)} cannot be chosen from {place}, whose columns have no names: leave columns out,"
            " or store the rows as Parquet."
        )
