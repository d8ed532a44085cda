"""The arguments of a call, as the parent shares them with a worker and looks at them again afterwards."""

import fcntl
import os
import tempfile
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from mlcourse.checks.compare import difference
from mlcourse.grading.inside.arguments import layout
from mlcourse.grading.inside.pipe import pack
from mlcourse.typing import Array

NAME = "mlcourse-arguments"


class SharedArguments:
    """Arguments whose arrays are in a file without a name. Use as a context manager, which closes it.

    Parameters
    ----------
    args : sequence of plain values

    Attributes
    ----------
    request : dict
        What the worker needs to build the arguments from the file.
    descriptor : int
        Of the file.
    """

    def __init__(self, args: Sequence[object]):
        arrays = self.arrays = list[Array]()
        self.ends: list[int] = []  # for each argument, how many arrays there are up to its last
        parts = []
        for arg in args:
            parts.append(pack(arg, arrays))
            self.ends.append(len(arrays))
        self.places, size = layout(arrays)
        self.request: dict[str, Any] = {"args": {"tuple": parts}, "places": self.places, "size": size}
        self.descriptor = _new_file(size)
        for place, array in zip(self.places, arrays):
            _write(self.descriptor, array.tobytes(), place["offset"])
        _seal(self.descriptor)

    def changed(self) -> tuple[int, ...]:
        """Return the positions of the arguments whose arrays are not what they were."""
        same = [self._is_same(place, array) for place, array in zip(self.places, self.arrays)]
        starts = [0, *self.ends]
        return tuple(i for i, (a, b) in enumerate(zip(starts, self.ends)) if not all(same[a:b]))

    def _is_same(self, place: dict[str, Any], array: Array) -> bool:
        """Whether the file holds an array as it was. It is read, not mapped: it may have become shorter."""
        found, content = os.pread(self.descriptor, array.nbytes, place["offset"]), array.tobytes()
        if found == content or len(found) != len(content):
            return found == content
        # As in a notebook: 0 and -0 are the same, and so are any two NaN.
        return difference(np.frombuffer(found, array.dtype).reshape(array.shape), array, 0, 0) is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def _new_file(size: int) -> int:
    """Return the descriptor of a new file without a name: in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create(NAME, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    else:
        with tempfile.TemporaryFile(prefix=NAME) as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


def _write(descriptor: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content, offset = content[written:], offset + written


def _seal(descriptor: int) -> None:
    """Fix the size of the file for good, where the system can: a worker could otherwise fill the memory with it."""
    if hasattr(fcntl, "F_ADD_SEALS"):
        fcntl.fcntl(
            descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        )
