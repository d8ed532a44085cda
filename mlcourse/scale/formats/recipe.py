"""What every format has in common: recipes for blocks of rows, and the errors that name a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from mlcourse.typing import Array

BLOCK_BYTES = 2**26  # of rows in one block, as numbers that the estimators compute with
SMALL_BLOCK_BYTES = 2**20  # below this, a block is mostly overhead
BLOCKS = 64  # at least, where they do not become too small: so that several workers get an equal share


class UnreadableRows(ValueError):
    """Rows that cannot be read as they were announced: a file is missing, cut off, or not like the others."""


class Recipe(Protocol):
    """How to read one block of rows: small enough to be sent to the machine that needs the rows."""

    @property
    def place(self) -> str:
        """Where the rows are, for messages: the name of a file, for instance."""

    @property
    def first(self) -> int:
        """The number that the block's first row has in that place, from 0."""

    @property
    def n_rows(self) -> int | None:
        """How many rows the block has; None if only reading it can tell."""

    def arrays(self) -> Iterator[Array]:
        """Read the rows, in order, in one or more arrays of shape (m, columns), each small enough for memory."""


class Found(NamedTuple):
    """The blocks of a data set, and what its columns are."""

    source: str  # for messages
    recipes: list[Recipe]
    n_columns: int
    dtype: np.dtype
    names: tuple[str, ...] | None = None
    folder: str | None = None  # in which the files were found


@dataclass(frozen=True)
class Part:
    """Some rows of an array in memory."""

    array: Array
    first: int
    place: str = "the array"

    @property
    def n_rows(self) -> int:
        return len(self.array)

    def arrays(self) -> Iterator[Array]:
        """Yield the rows, in one array."""
        yield self.array


def block_bytes_for(total_bytes: int, block_bytes: int | None) -> int:
    """Choose how large blocks are, if the user did not."""
    if block_bytes is not None:
        return block_bytes
    return min(max(total_bytes // BLOCKS, SMALL_BLOCK_BYTES), BLOCK_BYTES)


def row_edges(n: int, row_bytes: int, block_bytes: int) -> list[tuple[int, int]]:
    """Cut n rows into equal ranges (start, stop) of at most about `block_bytes`."""
    n_blocks = max(1, -(-n * row_bytes // block_bytes))
    edges = [n * block // n_blocks for block in range(n_blocks + 1)]
    return list(pairwise(edges)) if n else []


def computing_dtype(dtype: DTypeLike) -> np.dtype:
    """Return the dtype that rows stored in `dtype` are computed in: float32 stays, all other numbers are float64."""
    return np.dtype(np.float32 if np.dtype(dtype).newbyteorder("=") == np.float32 else np.float64)


def check_numeric(dtype: np.dtype, place: str, kind: object = None) -> None:
    """Raise TypeError if the entries at this place are not real numbers; `kind` is what the format calls them."""
    if dtype.kind not in "fiub":
        raise TypeError(
            f"{place} holds {kind or dtype} entries; rows must be real numbers: floats, integers or booleans. Choose"
            " other columns with open_rows(..., columns=[...]), or store these as floats."
        )


def check_table(shape: tuple[int, ...], place: str) -> None:
    """Raise UnreadableRows if there is not one row of numbers for each observation."""
    if len(shape) != 2:
        raise UnreadableRows(
            f"{place} has shape {shape}, but rows need two dimensions, (n_rows, n_features). With one feature, save"
            " the array after reshape(-1, 1)."
        )
