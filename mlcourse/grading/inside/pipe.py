"""The only way in and out of the sandbox: messages of JSON and arrays over a socket.

A message is eight bytes of lengths, then a JSON object, then arrays as `npz`. Both sides use this module, but the
parent trusts nothing that it receives. It caps every length before it allocates, checks every array's header against
the bytes that came with it, and builds only strings, numbers, tuples, dicts and arrays of numbers: never an object,
never a pickle.
"""

import ast
import io
import json
import math
import select
import socket
import struct
import time
import zipfile
from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np

from mlcourse.typing import Array

LENGTHS = struct.Struct(">II")  # of the JSON, of the arrays
FILE = b"\0"  # comes with an open file, which cannot be sent without any bytes
MAX_JSON = 1_000_000  # bytes of JSON in a reply; Python needs up to thirty times as much to hold it
MAX_ARRAYS = 16_000_000  # bytes; the largest real answer is a few thousand rows
MAX_EMPTY = 1_000_000  # product of the nonzero dimensions of an array that has no entries
MAX_PADDED = 10_000_000  # characters of all strings in a value, if each were as long as the longest
MAX_VALUES = 50_000  # numbers, strings and tuples in one value, without its arrays
MAX_PARTS = 1000  # arrays in one message
MAX_DEPTH = 20  # levels of nested tuples
LARGEST_INT = 2**63 - 1  # NumPy turns larger ones into objects
DTYPES = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"}


Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Value: TypeAlias = (
    "str | bool | int | float | complex | EllipsisType | Array | tuple[Value, ...] | dict[str, Value] | None"
)
TAKEN: Array = np.empty(0)  # replaces an array that has been unpacked


class Malformed(Exception):
    """A message that an unmodified worker never sends."""


class Closed(Exception):
    """The other side has closed the connection."""


class TimedOut(Exception):
    """A message did not arrive, or not completely, in time."""


# ── Values as JSON and arrays ────────────────────────────────────────────────────────────────────────


def pack(value: object, arrays: list[Array]) -> Json:
    """Return a plain value as JSON; its arrays are appended to `arrays`, and the JSON refers to them by number.

    Raises TypeError for a value that is not plain.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) and abs(value) <= LARGEST_INT else _pack_float(value)
    if isinstance(value, complex):
        return {"complex": [_pack_float(value.real), _pack_float(value.imag)]}
    if isinstance(value, np.ndarray):
        arrays.append(_ordinary(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, tuple):
        return {"tuple": [pack(part, arrays) for part in value]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a dict with keys that are not strings is not plain")
        return {"dict": [[key, pack(part, arrays)] for key, part in value.items()]}
    raise TypeError(f"{type(value).__name__} is not plain")


def _pack_float(number: float) -> Json:
    """Write a float as text, exactly, including NaN and infinity; an int too large for a float becomes infinity."""
    try:
        return {"float": float(number).hex()}
    except OverflowError:
        return {"float": "inf" if number > 0 else "-inf"}


def _ordinary(array: Array) -> Array:
    """Convert an array to one of DTYPES, in this machine's byte order and without a subclass."""
    array = np.asarray(array)
    if array.dtype.str[1:] in DTYPES:
        return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(array.shape)
    return array.astype(complex if array.dtype.kind == "c" else float)


def unpack(packed: object, arrays: list[Array], depth: int = 0) -> Value:
    """Return the value that `pack` was given. Raises Malformed for anything that `pack` does not make.

    Takes every array out of the list, so that none can appear in two places.
    """
    if not depth:
        _refuse_floods(packed)
    if depth > MAX_DEPTH:
        raise Malformed("values nested too deeply")
    if packed is None or isinstance(packed, (bool, str)):
        return packed
    if isinstance(packed, int) and abs(packed) <= LARGEST_INT:
        return packed
    if not isinstance(packed, dict) or len(packed) != 1:
        raise Malformed("not a value")
    ((kind, content),) = packed.items()
    try:
        return _UNPACK[kind](content, arrays, depth + 1)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise Malformed(f"not a value: {type(error).__name__}") from error


def _refuse_floods(packed: object) -> None:
    """Raise Malformed for what would take long to compare, or fill the memory.

    Of many short strings and a long one, an array would pad all to the longest.
    """
    waiting, parts, longest = [packed], 0, 0
    while waiting:
        part = waiting.pop()
        parts += 1
        if isinstance(part, (list, dict)):
            waiting += part.values() if isinstance(part, dict) else part
        elif isinstance(part, str):
            longest = max(longest, len(part))
    if parts > MAX_VALUES:
        raise Malformed(f"more than {MAX_VALUES} values that are in no array")
    if parts * longest > MAX_PADDED:
        raise Malformed("a value that would fill the memory")


def _take(number: object, arrays: list[Array]) -> Array:
    if type(number) is not int or number < 0 or arrays[number] is TAKEN:
        raise Malformed("not the number of an array")
    array, arrays[number] = arrays[number], TAKEN
    return array


def _complex(parts: list[Any]) -> complex:
    """Return real and imaginary part as one number. Raises TypeError if they are not numbers."""
    return complex(*parts)


_UNPACK: dict[str, Callable[[Any, list[Array], int], Value]] = {
    "ellipsis": lambda content, arrays, depth: Ellipsis,
    "float": lambda content, arrays, depth: float.fromhex(content),
    "complex": lambda content, arrays, depth: _complex([unpack(part, arrays, depth) for part in content]),
    "array": lambda content, arrays, depth: _take(content, arrays),
    "tuple": lambda content, arrays, depth: tuple(unpack(part, arrays, depth) for part in content),
    "dict": lambda content, arrays, depth: {str(k): unpack(part, arrays, depth) for k, part in content},
}


# ── Arrays as bytes ──────────────────────────────────────────────────────────────────────────────────


def to_npz(arrays: Sequence[Array]) -> bytes:
    """Return the arrays as an uncompressed `npz` file."""
    if not arrays:
        return b""
    file = io.BytesIO()
    np.savez(file, *arrays)
    return file.getvalue()


def from_npz(data: bytes) -> list[Array]:
    """Read the arrays of an untrusted `npz` file. Raises Malformed.

    `np.load` alone would trust the sizes in the file: one kilobyte can claim to be a terabyte, by compression or in
    a header. So every part must be stored uncompressed, and its header must match the bytes that are there.
    """
    if not data:
        return []
    if data.count(b"PK\1\2") > MAX_PARTS:  # counted before `zipfile` creates an object for each
        raise Malformed("too many arrays")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            parts = {part.filename: part for part in file.infolist()}
            if sum(part.file_size for part in parts.values()) > len(data):
                raise Malformed("more arrays than bytes")
            if not all(_is_stored(part) for part in parts.values()):
                raise Malformed("compressed arrays")
            return [_from_npy(file.read(parts[f"arr_{number}.npy"])) for number in range(len(parts))]
    except Malformed:
        raise
    except Exception as error:  # whatever else untrusted bytes make `zipfile` and NumPy raise
        raise Malformed(f"not an npz file: {type(error).__name__}") from error


def _is_stored(part: zipfile.ZipInfo) -> bool:
    return part.compress_type == zipfile.ZIP_STORED and part.compress_size == part.file_size


def _from_npy(data: bytes) -> Array:
    """Read one array of an `npz` file, checking its header before NumPy sees it. May raise any exception."""
    if data[:8] != b"\x93NUMPY\x01\x00":
        raise Malformed("not an npy file of version 1")
    start = 10 + int.from_bytes(data[8:10], "little")
    if start > 1000:
        raise Malformed("a header that is too long")
    try:
        header = ast.literal_eval(data[10:start].decode("ascii"))  # literals only, at most a thousand bytes
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise Malformed("a header that cannot be read") from error
    descr, shape, fortran = header["descr"], header["shape"], header["fortran_order"]
    if not isinstance(descr, str) or descr[:1] not in "<|" or descr[1:] not in DTYPES:
        raise Malformed("an array of something other than numbers")
    if not isinstance(shape, tuple) or len(shape) > 10 or not all(type(n) is int and n >= 0 for n in shape):
        raise Malformed("not a shape")
    if math.prod(side for side in shape if side) > max(MAX_EMPTY, len(data)):
        raise Malformed("a shape with more entries than there are numbers")
    array = np.frombuffer(data, dtype=descr, offset=start)  # ValueError if part of a number is left over
    return array.reshape(shape, order="F" if fortran is True else "C").copy()


# ── Messages over a socket ───────────────────────────────────────────────────────────────────────────


def send(
    channel: socket.socket,
    fields: dict[str, Any],
    arrays: Sequence[Array] = (),
    seconds: float | None = None,
) -> None:
    """Send one message. Raises Closed if the other side is gone, TimedOut if it does not read in time."""
    text, npz = json.dumps(fields, ensure_ascii=False).encode(), to_npz(arrays)
    rest, deadline = memoryview(LENGTHS.pack(len(text), len(npz)) + text + npz), _deadline(seconds)
    while rest:
        _wait(channel, select.POLLOUT, deadline)
        try:
            rest = rest[channel.send(rest) :]
        except BlockingIOError:  # another thread's poll was faster; wait again
            continue
        except OSError as error:
            raise Closed from error


def send_file(channel: socket.socket, descriptor: int, seconds: float | None = None) -> None:
    """Send an open file after a message. Raises Closed or TimedOut."""
    deadline = _deadline(seconds)
    while True:
        _wait(channel, select.POLLOUT, deadline)
        try:
            socket.send_fds(channel, [FILE], [descriptor])
            return
        except BlockingIOError:
            continue
        except OSError as error:
            raise Closed from error


def receive_file(channel: socket.socket) -> int:
    """Receive an open file; return its descriptor. Raises Closed."""
    data, descriptors, _, _ = socket.recv_fds(channel, len(FILE), 1)
    if data != FILE or len(descriptors) != 1:
        raise Closed
    return descriptors[0]


def receive(
    channel: socket.socket,
    seconds: float | None = None,
    max_json: int = MAX_JSON,
    max_arrays: int = MAX_ARRAYS,
) -> tuple[dict[str, Any], list[Array]]:
    """Receive one message: its JSON object and its arrays. Raises Closed, TimedOut or Malformed.

    `seconds` covers the whole message, so one that trickles in byte by byte cannot take forever.
    """
    deadline = _deadline(seconds)
    n_text, n_npz = LENGTHS.unpack(_exactly(channel, LENGTHS.size, deadline))
    if n_text > max_json or n_npz > max_arrays:
        raise Malformed("a message that is too large")
    text = _exactly(channel, n_text, deadline)
    arrays = from_npz(_exactly(channel, n_npz, deadline))
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(fields, dict):
        raise Malformed("not a message")
    return fields, arrays


def _exactly(channel: socket.socket, count: int, deadline: float | None) -> bytes:
    """Receive exactly `count` bytes."""
    parts = bytearray()
    while len(parts) < count:
        _wait(channel, select.POLLIN, deadline)
        try:
            part = channel.recv(min(count - len(parts), 1 << 20))
        except BlockingIOError:
            continue
        except OSError as error:
            raise Closed from error
        if not part:
            raise Closed
        parts += part
    return bytes(parts)


def _deadline(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


def _wait(channel: socket.socket, event: int, deadline: float | None) -> None:
    """Sleep until the socket is ready for reading or writing. Raises TimedOut."""
    poll = select.poll()
    poll.register(channel, event)
    left = None if deadline is None else 1000 * (deadline - time.monotonic())
    if (left is not None and left <= 0) or not poll.poll(left):
        raise TimedOut
