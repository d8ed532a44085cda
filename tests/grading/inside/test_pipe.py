"""Messages between grader and worker: plain values get through, anything else is refused."""

import io
import json
import socket
import struct
import sys
import threading
import zipfile

import numpy as np
import pytest

from mlcourse.grading.inside import pipe

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    with one, other:
        yield one, other


VALUES = [
    None,
    True,
    -3,
    2.5,
    float("inf"),
    1e-320,
    "naïve ✓\n",
    1 + 2j,
    ...,
    (),
    (1, ("a", np.arange(6).reshape(2, 3)), {"key": np.array(2.5), "nichts": None}),
    np.zeros((0, 3)),
    np.array([[True, False]]),
    np.arange(8, dtype=">i4"),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([np.nan, -np.inf]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_plain_value_arrives_unchanged(ends, value):
    arrays = []
    packed = pipe.pack(value, arrays)
    pipe.send(ends[0], {"value": packed}, arrays)
    received, arrays = pipe.receive(ends[1], seconds=5)
    np.testing.assert_equal(pipe.unpack(received["value"], arrays), value)


def test_an_array_cannot_appear_twice():
    arrays = []
    pipe.pack(np.ones(3), arrays)
    with pytest.raises(pipe.Malformed):
        pipe.unpack({"tuple": [{"array": 0}, {"array": 0}]}, arrays)


@pytest.mark.parametrize("count", [1, 20_000])
def test_strings_that_would_pad_to_a_huge_array_are_refused(count):
    packed = pipe.pack(tuple(["a"] * count + ["b" * 20_000]), [])
    if count == 1:
        assert pipe.unpack(packed, []) == ("a", "b" * 20_000)
    else:
        with pytest.raises(pipe.Malformed, match="memory"):
            pipe.unpack(packed, [])


@pytest.mark.parametrize("packed", [{"tuple": [1] * 60_000}, {"tuple": [{"tuple": []}] * 30_000}])
def test_floods_of_small_values_are_refused(packed):
    with pytest.raises(pipe.Malformed, match="values that are in no array"):
        pipe.unpack(packed, [])


@pytest.mark.parametrize("shape", [(0, 8000, 8000), (10**15, 0), (0, 10**7)])
def test_an_empty_array_of_huge_shape_is_refused(shape):
    with pytest.raises(pipe.Malformed, match="shape"):
        pipe.from_npz(pipe.to_npz([np.empty(shape)]))
    np.testing.assert_equal(pipe.from_npz(pipe.to_npz([np.empty((0, 784))])), [np.empty((0, 784))])


def test_nan_arrives_as_nan():
    assert np.isnan(pipe.unpack(pipe.pack(float("nan"), []), []))


@pytest.mark.parametrize("number", [10**30, -(10**400), 2**63])
def test_an_int_too_large_for_numpy_arrives_as_a_float(number):
    arrived = pipe.unpack(pipe.pack(number, []), [])
    assert type(arrived) is float
    assert arrived == (float(number) if abs(number) < 1e300 else -np.inf)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", print])
def test_only_plain_values_are_packed(value):
    with pytest.raises(TypeError):
        pipe.pack(value, [])


@pytest.mark.parametrize(
    "packed",
    [
        [],
        1.5,
        2**63,
        {},
        {"array": 0},
        {"array": -1},
        {"array": "x"},
        {"float": 1},
        {"tuple": 5},
        {"dict": [["a"]]},
        {"code": "print()"},
        {"array": 0, "float": "0x1"},
        {"complex": [{"float": "nan"}, "1"]},
    ],
    ids=repr,
)
def test_json_that_is_not_a_value_is_malformed(packed):
    if packed != {"array": -1}:
        with pytest.raises(pipe.Malformed):
            pipe.unpack(packed, [])
    with pytest.raises(pipe.Malformed):
        pipe.unpack({"tuple": [packed]}, [])


def test_a_message_sent_in_pieces_arrives_whole(ends):
    text = json.dumps({"x": "y" * 5000}).encode()
    message = struct.pack(">II", len(text), 0) + text

    def drip():
        for start in range(0, len(message), 100):
            ends[0].sendall(message[start : start + 100])

    threading.Thread(target=drip).start()
    assert pipe.receive(ends[1], seconds=10) == ({"x": "y" * 5000}, [])


def test_waiting_for_a_message_times_out(ends):
    with pytest.raises(pipe.TimedOut):
        pipe.receive(ends[1], seconds=0.01)
    ends[0].sendall(b"\x00\x00")
    with pytest.raises(pipe.TimedOut):
        pipe.receive(ends[1], seconds=0.01)


def test_a_closed_socket_is_noticed(ends):
    ends[0].close()
    with pytest.raises(pipe.Closed):
        pipe.receive(ends[1], seconds=1)


def npy(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def npz(part: bytes, method=zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("arr_0.npy", part)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"no zip",
        npz(b"no array"),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)}")),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", bytes(16))),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(16))),
        npz(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", bytes(8))),
        npz(npy("{'descr': '<U2', 'fortran_order': False, 'shape': (1,)}", bytes(8))),
        npz(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", bytes(8))),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", bytes(8))),
        npz(npy("exit()", bytes(8))),
        npz(npy("((((", bytes(8))),
        npz(npy("[]", bytes(8))),
        npz(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(16)), zipfile.ZIP_DEFLATED),
    ],
)
def test_arrays_that_numpy_would_not_write_are_malformed(data):
    with pytest.raises(pipe.Malformed):
        pipe.from_npz(data)


def test_arrays_use_numpys_own_format():
    arrays = [np.arange(3), np.eye(2, dtype=np.float32)]
    with np.load(io.BytesIO(pipe.to_npz(arrays)), allow_pickle=False) as loaded:
        np.testing.assert_equal([loaded["arr_0"], loaded["arr_1"]], arrays)
