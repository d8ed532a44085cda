"""Row blocks: how every model here walks through its data.

A sum over rows is a sum over blocks of rows. Going block by block keeps the temporary arrays in the processor's
cache and the memory of a fit independent of the number of rows; and whatever can be added over blocks can later
be added over files or machines.
"""

from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 2**22


def row_blocks(X: np.ndarray, row_width: int) -> Iterator[slice]:
    """Yield slices that cut the rows of `X` into blocks of about `BLOCK_BYTES` of temporaries.

    Parameters
    ----------
    X : array of shape (n, ...)
        The rows to walk through.
    row_width : int
        How many numbers of X's dtype the work needs per row.
    """
    size = max(1, BLOCK_BYTES // (row_width * X.itemsize))
    for start in range(0, len(X), size):
        yield slice(start, start + size)
