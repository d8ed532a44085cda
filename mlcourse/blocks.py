"""Row blocks: how every model here walks through its data.

A sum over rows is a sum over blocks of rows. Going block by block keeps the temporary arrays in the processor's
cache and the memory of a fit independent of the number of rows; it gives every core a block to work on; and whatever
can be added over blocks can later be added over files or machines.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, reduce
from itertools import pairwise
from operator import iadd
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

BLOCK_BYTES = 2**22
SHARES = 4  # blocks come in multiples of this, so that two or four cores have equally much to do


def row_blocks(X: np.ndarray, row_width: int) -> list[slice]:
    """Slices that cut the rows of `X` into equal blocks of at most about `BLOCK_BYTES` of temporaries.

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


def map_blocks(work: Callable[[slice], Any], X: np.ndarray, row_width: int) -> Iterator[Any]:
    """Yield work(rows) for every block of `row_blocks`, in their order, computed on all cores.

    BLAS on its own uses all cores for a multiplication and leaves all but one idle in between, where half of the time
    goes. Here every core has a block of its own and BLAS gets one thread. As many cores are used as BLAS may use, so
    that OMP_NUM_THREADS and threadpoolctl limit this too; what the blocks give does not depend on how many these are.

    Parameters
    ----------
    work : callable
        Called with a slice of rows. NumPy lets other threads run while it computes; `work` must only write to these
        rows of what it shares with other blocks.
    X, row_width : as in `row_blocks`
    """
    blocks = row_blocks(X, row_width)
    if len(blocks) <= 1:  # nothing to share out, and few rows need not wait for threads
        yield from map(work, blocks)
        return
    n_threads = blas_threads()
    with one_blas_thread(), ThreadPoolExecutor(n_threads) as pool:
        pending = deque()
        for rows in blocks:
            pending.append(pool.submit(work, rows))
            if len(pending) > n_threads:  # so that results, which may be large, never pile up
                yield pending.popleft().result()
        yield from (block.result() for block in pending)


def sum_over_blocks(work: Callable[[slice], Any], X: np.ndarray, row_width: int) -> Any:
    """The sum of work(rows) over all blocks, added in place and in their order. See `map_blocks`."""
    return reduce(iadd, map_blocks(work, X, row_width))


def rows_of_blocks(work: Callable[[slice], np.ndarray], X: np.ndarray, row_width: int) -> np.ndarray:
    """The arrays work(rows), one row for each of X's, in one array. See `map_blocks`."""
    whole = None
    for rows, part in zip(row_blocks(X, row_width), map_blocks(work, X, row_width)):
        if whole is None:
            whole = np.empty((len(X), *part.shape[1:]), dtype=part.dtype)
        whole[rows] = part
    return whole


def blas_threads() -> int:
    """How many threads BLAS may use at present."""
    return max((pool["num_threads"] for pool in _blas().info()), default=1)


def one_blas_thread():
    """A context in which BLAS uses one thread: for small matrices, which more threads only slow down."""
    return _blas().limit(limits=1)


@cache
def _blas():
    return ThreadpoolController().select(user_api="blas")
