"""Arguments in shared memory: they arrive as they were, and the parent sees what becomes of them."""

import mmap
import os
import sys

import numpy as np
import pytest

from mlcourse.grading.inside.arguments import attach
from mlcourse.grading.inside.pipe import unpack
from mlcourse.grading.sandbox.arguments import SharedArguments

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)

X = np.arange(6.0).reshape(2, 3)
ARGUMENTS = (X, 3, "k", (X[0], None, np.array([True])), {"a": np.float32([1, 2]), "b": 2.5}, np.empty((0, 3)))


@pytest.fixture
def shared():
    with SharedArguments(ARGUMENTS) as arguments:
        yield arguments


def received(shared):
    """The arguments as a worker builds them."""
    arrays = attach(os.dup(shared.descriptor), shared.request["places"], shared.request["size"])
    return unpack(shared.request["args"], arrays)


def test_they_arrive_as_they_were(shared):
    args = received(shared)
    np.testing.assert_equal(args, ARGUMENTS)
    assert args[0].dtype == float
    assert args[4]["a"].dtype == np.float32
    assert args[5].shape == (0, 3)
    assert shared.changed() == ()


@pytest.mark.parametrize(
    ("change", "position"),
    [
        (lambda args: np.add(args[0], 1, out=args[0]), 0),
        (lambda args: args[0].sort(axis=0) or args[0].__setitem__((1, 2), 9), 0),
        (lambda args: args[3][0].fill(7), 3),
        (lambda args: args[3][2].__setitem__(0, False), 3),
        (lambda args: args[4]["a"].__imul__(2), 4),
    ],
)
def test_the_parent_sees_which_of_them_is_changed(shared, change, position):
    change(received(shared))
    assert shared.changed() == (position,)


def test_a_change_that_is_taken_back_is_none(shared):
    X = received(shared)[0]
    X += 1
    X -= 1
    assert shared.changed() == ()


def test_equal_values_with_other_bits_are_no_change():
    with SharedArguments((np.array([0.0, np.nan]),)) as shared:
        (x,) = received(shared)
        x[:] = -0.0, -np.nan
        assert shared.changed() == ()


def test_an_argument_can_be_changed_in_a_copy(shared):
    np.sort(received(shared)[0].copy())[:] = 0
    assert shared.changed() == ()


def test_arguments_without_arrays_can_be_sent():
    with SharedArguments((1, "a")) as shared:
        assert received(shared) == (1, "a")
        assert shared.changed() == ()


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="files without a name cannot be sealed here")
@pytest.mark.parametrize("size", [0, 1 << 30])
def test_the_file_keeps_its_size(shared, size):
    with pytest.raises(PermissionError):
        os.ftruncate(shared.descriptor, size)
    mmap.mmap(shared.descriptor, shared.request["size"]).close()
