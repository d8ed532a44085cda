"""The arguments of a call, in memory that the parent shares with the worker.

The parent writes the arrays into a file without a name, and sends its descriptor. The worker's arrays are views of
that memory, so after the call the parent itself sees whether one has changed; it need not believe the worker.
"""

import mmap
import os
from typing import Any

import numpy as np

from mlcourse.typing import Array

ALIGNMENT = 64  # bytes: a multiple of every entry's size


def layout(arrays: list[Array]) -> tuple[list[dict[str, Any]], int]:
    """Return the place of each array in the shared memory, and the size of all of them."""
    places, end = [], 0
    for array in arrays:
        places.append({"dtype": array.dtype.str, "shape": array.shape, "offset": end})
        end += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    return places, max(end, 1)  # nothing cannot be mapped


def attach(descriptor: int, places: list[dict[str, Any]], size: int) -> list[Array]:
    """Return the arrays in the shared memory as views, which can be written to; closes the descriptor."""
    try:
        memory = mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)
    return [np.ndarray(place["shape"], place["dtype"], memory, place["offset"]) for place in places]
