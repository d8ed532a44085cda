"""`.npy` files and memory-mapped arrays: numbers in a row in a file, which any part can be read from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlcourse.scale.formats.recipe import (
    Found,
    Part,
    Recipe,
    UnreadableRows,
    block_bytes_for,
    check_numeric,
    check_table,
    computing_dtype,
    row_edges,
)
from mlcourse.typing import Array


@dataclass(frozen=True)
class RowsOfFile:
    """Some rows of a table of numbers that begins at `offset` bytes of a file.

    They are read, not mapped: the pages of a mapped file would count as memory of this process.
    """

    path: str
    first: int
    n_rows: int
    offset: int
    dtype: np.dtype
    shape: tuple[int, ...]
    fortran_order: bool = False

    @property
    def place(self) -> str:
        return self.path

    def arrays(self) -> Iterator[Array]:
        """Read the rows, in one array."""
        n, d = self.shape
        try:
            if self.fortran_order:  # a column after the other
                table = np.memmap(self.path, self.dtype, "r", self.offset, self.shape, order="F")
                rows = np.ascontiguousarray(table[self.first : self.first + self.n_rows])
            else:
                start = self.offset + self.first * d * self.dtype.itemsize
                rows = np.fromfile(self.path, self.dtype, self.n_rows * d, offset=start)
        except (OSError, ValueError) as error:
            raise UnreadableRows(f"{self.path} cannot be read any more: {error}.") from error
        if rows.size < self.n_rows * d:
            raise UnreadableRows(
                f"{self.path} ends in row {self.first + rows.size // d}, but had {n} rows when it was opened: it has"
                " changed since. Fit again when nobody writes to it."
            )
        yield rows.reshape(self.n_rows, d)


class Header:
    """What the first bytes of a `.npy` file say about the rest."""

    def __init__(self, path: Path) -> None:
        place = str(path)
        try:
            with path.open("rb") as file:
                version = np.lib.format.read_magic(file)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }
                self.shape, self.fortran_order, self.dtype = read[version](file)
                self.offset = file.tell()
        except OSError as error:
            raise UnreadableRows(f"{place} cannot be opened: {error.strerror}. Check the path.") from error
        except (ValueError, KeyError) as error:
            raise UnreadableRows(
                f"{place} is not a whole .npy file: {error}. Save it again with np.save."
            ) from error
        check_table(self.shape, place)
        check_numeric(self.dtype, place)
        needed, size = self.offset + int(np.prod(self.shape)) * self.dtype.itemsize, path.stat().st_size
        if size < needed:
            n, d = self.shape
            there = (size - self.offset) // (d * self.dtype.itemsize)
            raise UnreadableRows(
                f"{place} is cut off: it should have {n} rows, {needed} bytes, but has {size} bytes and ends in row"
                f" {there}. Copy or save it again."
            )


def rows_of_npy(paths: Sequence[Path], block_bytes: int | None) -> Found:
    """Find the rows of one or more `.npy` files, one file after the other."""
    headers = [Header(path) for path in paths]
    first = headers[0]
    dtype = computing_dtype(first.dtype)
    total = sum(int(np.prod(header.shape)) * dtype.itemsize for header in headers)
    block_bytes = block_bytes_for(total, block_bytes)
    recipes: list[Recipe] = []
    for path, header in zip(paths, headers):
        if header.shape[1] != first.shape[1]:
            raise UnreadableRows(
                f"{path} has {header.shape[1]} columns, but {paths[0]}, the first file, has {first.shape[1]}."
            )
        if header.dtype != first.dtype:
            raise UnreadableRows(
                f"{path} holds {header.dtype}, but {paths[0]}, the first file, {first.dtype}. Save them alike."
            )
        recipes += recipes_of_file(
            str(path), header.offset, header.dtype, header.shape, block_bytes, header.fortran_order
        )
    source = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files from {paths[0]} on"
    return Found(source, recipes, first.shape[1], dtype)


def recipes_of_file(
    path: str,
    offset: int,
    dtype: np.dtype,
    shape: tuple[int, ...],
    block_bytes: int,
    fortran_order: bool = False,
) -> list[Recipe]:
    """Cut a table in a file into blocks."""
    n, d = shape
    edges = row_edges(n, d * computing_dtype(dtype).itemsize, block_bytes)
    return [
        RowsOfFile(path, start, stop - start, offset, dtype, shape, fortran_order) for start, stop in edges
    ]


def rows_of_memmap(X: np.memmap, block_bytes: int | None) -> Found:
    """Find the rows of a memory-mapped array: in its file, if they lie there one after the other, unchanged."""
    place = f"{X.filename}, mapped" if X.filename else "the mapped array"
    check_table(X.shape, place)
    check_numeric(X.dtype, place)
    root = X
    while isinstance(root.base, np.memmap):
        root = root.base
    n, d = X.shape
    block_bytes = block_bytes_for(X.size * computing_dtype(X.dtype).itemsize, block_bytes)
    if X.filename and X.mode != "c" and X.flags.c_contiguous and X.dtype.itemsize == root.dtype.itemsize:
        start = X.__array_interface__["data"][0] - root.__array_interface__["data"][0]
        recipes = recipes_of_file(str(X.filename), root.offset + start, X.dtype, (n, d), block_bytes)
    else:
        edges = row_edges(n, d * computing_dtype(X.dtype).itemsize, block_bytes)
        recipes = [Part(X[start:stop], start, place) for start, stop in edges]
    return Found(place, recipes, d, computing_dtype(X.dtype))
