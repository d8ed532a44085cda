"""Rows that need not fit in memory: blocks, each of which knows how its rows are read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress, pairwise
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from mlcourse.scale.formats import Found, Recipe, find_rows
from mlcourse.typing import Bools, Floats


class Piece(NamedTuple):
    """As many rows of a block as are in memory at a time."""

    X: Floats  # (m, d)
    w: Floats | None  # (m,), or None without weights
    start: int  # the number of the first one in its block
    block: "Block"

    def part(self, rows: slice) -> "Piece":
        """Return some of these rows."""
        w = None if self.w is None else self.w[rows]
        return Piece(self.X[rows], w, self.start + rows.start, self.block)

    def generator(self, seed: int) -> np.random.Generator:
        """Make a generator of random numbers for these rows, whoever works on them."""
        return np.random.default_rng([seed, self.block.number, self.start])

    def with_weight(self) -> "Piece":
        """Leave out the rows of weight 0."""
        if self.w is None or self.w.all():
            return self
        return self._replace(X=self.X[self.w > 0], w=self.w[self.w > 0])


@dataclass(frozen=True)
class Block:
    """Some rows, one after the other: what a worker is given."""

    number: int
    recipe: Recipe
    dtype: np.dtype  # that is computed with
    n_rows: int | None  # None until they are counted, where the recipe cannot tell
    first: int | None  # the number of its first row among all rows
    w: Floats | None = None  # the weights of its rows
    weight_last: bool = False  # or else, are they the last column?

    def pieces(self) -> Iterator[Piece]:
        """Read the rows, in order."""
        start = 0
        for array in self.recipe.arrays():
            X, w = np.ascontiguousarray(array, dtype=self.dtype), None
            if self.weight_last:
                X, w = np.ascontiguousarray(X[:, :-1]), X[:, -1].copy()
            elif self.w is not None:
                w = self.w[start : start + len(X)].astype(self.dtype, copy=False)
            yield Piece(X, w, start, self)
            start += len(X)


@dataclass(frozen=True)
class Rows:
    """A data set as a list of blocks, which are read when they are needed.

    Made by `open_rows`. An estimator of `mlcourse.scale` takes it wherever it takes an array.
    """

    source: str
    blocks: tuple[Block, ...]
    n_features: int
    dtype: np.dtype
    names: tuple[str, ...] | None = None
    folder: str | None = None  # in which the files were found

    def __repr__(self) -> str:
        n = "?" if self.n_rows is None else self.n_rows
        return f"<Rows of {self.source}: {n} × {self.n_features} {self.dtype}, {len(self.blocks)} blocks>"

    @property
    def n_rows(self) -> int | None:
        """The number of rows; None if reading them all is the only way to find out."""
        counts = [block.n_rows for block in self.blocks]
        return None if None in counts else sum(n for n in counts if n is not None)

    def counted(self, counts: Iterable[int]) -> "Rows":
        """Return the same rows, with blocks that know how many they have, and where they begin."""
        sizes = list(map(int, counts))
        firsts = accumulate(sizes, initial=0)
        blocks = zip(self.blocks, sizes, firsts)
        return replace(
            self, blocks=tuple(replace(block, n_rows=n, first=first) for block, n, first in blocks)
        )

    def chosen(self, which: Bools) -> "Rows":
        """Return the rows of those blocks for which `which` is true."""
        return replace(self, blocks=tuple(compress(self.blocks, which)))


def open_rows(
    X: Any,
    *,
    columns: Sequence[str] | None = None,
    sample_weight: Any = None,
    block_bytes: int | None = None,
) -> Rows:
    """Open rows that need not fit in memory. Only headers are read.

    Parameters
    ----------
    X : path, list of paths, memory-mapped array, Zarr array, Dask array or dataframe, or `Rows`
        A path is a `.npy` or `.parquet` file, a folder of either, or a Zarr array. The files of a folder are taken in
        the order of their names, where numbers count: part-2 comes before part-10.
    columns : list of str, default all
        The features to read, from Parquet or a dataframe.
    sample_weight : str or array-like of shape (n,), default all ones
        The name of the column that has the weights, or the weights themselves.
    block_bytes : int, default 64 MB, or less if there are few rows
        About how large a block of rows may be in memory. Does not apply to Dask, whose partitions are the blocks.

    Raises
    ------
    UnreadableRows
        If a file is missing, cut off, or differs from the first one in its columns or dtype.
    ValueError, TypeError
        If the rows are not numbers in a table, or the weights do not fit.
    """
    by_name = isinstance(sample_weight, str)
    if isinstance(X, Rows):
        if by_name or columns is not None or block_bytes is not None:
            raise ValueError(
                "These rows are open already: give columns, block_bytes and the name of a column of weights to the"
                " open_rows that opens them."
            )
        return X if sample_weight is None else weighted(X, sample_weight)
    check_columns(columns)
    if block_bytes is not None and (not isinstance(block_bytes, Integral) or block_bytes < 1):
        raise ValueError(f"block_bytes={block_bytes!r} must be a positive whole number, of bytes.")
    if by_name and columns is not None:
        columns = [*(name for name in columns if name != sample_weight), sample_weight]
    found = find_rows(X, columns, block_bytes)
    if by_name:
        if columns is None and found.names:
            columns = [*(name for name in found.names if name != sample_weight), sample_weight]
            found = find_rows(X, columns, block_bytes)
        if not found.names or sample_weight not in found.names:
            raise ValueError(
                f"sample_weight={sample_weight!r} must be the name of a column, but {found.source} has"
                f" {', '.join(found.names) if found.names else 'columns without names'}. Give one of these, or an"
                " array of weights."
            )
    rows = rows_of(found, weight_last=by_name)
    return rows if by_name or sample_weight is None else weighted(rows, sample_weight)


def check_columns(columns: Sequence[str] | None) -> None:
    """Raise ValueError if these are not the names of some columns, each given once."""
    if columns is None:
        return
    if isinstance(columns, str) or not len(columns) or len(set(columns)) < len(columns):
        raise ValueError(f"columns={columns!r} must be a list of names, at least one, and none twice.")


def rows_of(found: Found, weight_last: bool) -> Rows:
    """Number the blocks that were found."""
    blocks = tuple(
        Block(number, recipe, found.dtype, None, None, weight_last=weight_last)
        for number, recipe in enumerate(found.recipes)
    )
    names = found.names[:-1] if weight_last and found.names else found.names
    rows = Rows(found.source, blocks, found.n_columns - weight_last, found.dtype, names, found.folder)
    counts = [recipe.n_rows for recipe in found.recipes]
    return rows if None in counts else rows.counted(n for n in counts if n is not None)


def weighted(rows: Rows, sample_weight: Any) -> Rows:
    """Give the rows their weights, an array. Raises ValueError if they are not one number for each row."""
    w = np.asanyarray(sample_weight)
    if w.dtype.kind not in "fiub":
        raise TypeError(f"sample_weight holds {w.dtype} entries: weights must be real numbers.")
    if any(block.weight_last or block.w is not None for block in rows.blocks):
        raise ValueError(
            f"{rows.source} was opened with weights: leave sample_weight out, or open it without."
        )
    if rows.n_rows is None:
        raise ValueError(
            f"{rows.source} does not tell how many rows its partitions have, so an array of weights cannot be shared"
            " out among them: give the name of a column, sample_weight='...'."
        )
    if w.shape != (rows.n_rows,):
        raise ValueError(
            f"sample_weight has shape {w.shape}, but {rows.source} has {rows.n_rows} rows: give one weight for each."
        )
    edges = pairwise(accumulate((block.n_rows or 0 for block in rows.blocks), initial=0))
    blocks = tuple(replace(block, w=np.asarray(w[a:b])) for block, (a, b) in zip(rows.blocks, edges))
    return replace(rows, blocks=blocks)
