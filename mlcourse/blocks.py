"""Row blocks: how every model here walks through its data.

A sum over rows is a sum over blocks of rows. Working block by block keeps the temporary arrays in the processor's
cache, makes the memory of a fit independent of the number of rows, and gives every core something to do. And whatever
adds up over blocks also adds up over files or machines.
"""

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import pairwise
from operator import iadd
from typing import TypeVar

import numpy as np

from mlcourse.blas import one_blas_thread
from mlcourse.threads import Walk, inside_a_block
from mlcourse.typing import Array

T = TypeVar("T")

BLOCK_BYTES = 2**22
SHARES = 4  # the number of blocks is a multiple of this, so that two or four cores share the work equally


def row_blocks(X: Array, row_width: int) -> list[slice]:
    """Cut the rows of `X` into equal slices, each with at most about `BLOCK_BYTES` of temporaries.

    Parameters
    ----------
    X : array of shape (n, ...)
        The rows to walk through.
    row_width : int
        How many numbers of X's dtype the work needs per row.
    """
    n = len(X)
    n_blocks = -(-n * row_width * X.itemsize // BLOCK_BYTES)
    if n_blocks > 1:
        n_blocks = min(n, -(-n_blocks // SHARES) * SHARES)
    edges = [n * block // max(n_blocks, 1) for block in range(n_blocks + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def map_blocks(work: Callable[[slice], T], X: Array, row_width: int) -> Iterator[T]:
    """Yield work(rows) for every block of `row_blocks`, in order, computed on all cores.

    By default, BLAS uses all cores for a multiplication and leaves all but one idle between multiplications, where
    half of the time is spent. Here every core works on its own block, and BLAS gets one thread. The number of cores
    used is the number that BLAS may use, so OMP_NUM_THREADS and threadpoolctl limit it too. If several threads of
    the process walk over blocks at the same time, they share the cores. The results do not depend on any of this.

    Parameters
    ----------
    work : callable
        Called with a slice of rows. NumPy lets other threads run while it computes, so `work` may write only to
        these rows of any array that it shares with other blocks.
    X, row_width : as in `row_blocks`
    """
    blocks = row_blocks(X, row_width)
    if len(blocks) <= 1 or inside_a_block():  # nothing to share, or this thread is inside a block already
        yield from map(work, blocks)
        return
    with one_blas_thread():
        yield from Walk(work, blocks).results()


def sum_over_blocks(work: Callable[[slice], T], X: Array, row_width: int) -> T:
    """Sum work(rows) over all blocks, in place and in order. See `map_blocks`."""
    return reduce(iadd, map_blocks(work, X, row_width))


def rows_of_blocks(work: Callable[[slice], Array], X: Array, row_width: int) -> Array:
    """Join the arrays work(rows), which have one row for each row of X. See `map_blocks`."""
    whole: Array | None = None
    for rows, part in zip(row_blocks(X, row_width), map_blocks(work, X, row_width)):
        if whole is None:
            whole = np.empty((len(X), *part.shape[1:]), dtype=part.dtype)
        whole[rows] = part
    assert whole is not None, "X has no rows"
    return whole
