"""The only way in and out of the sandbox: messages of words and numbers over a socket.

A message is eight bytes of lengths, then words as JSON, then arrays as `npz`. Both sides use this module; the
parent's side believes nothing. It caps every length before it allocates, checks every array's header against the
bytes that came with it, and makes only strings, numbers, tuples, dicts and arrays of numbers: never an object, never
a pickle.
"""

import ast
import io
import json
import math
import select
import struct
import time
import zipfile

import numpy as np

LENGTHS = struct.Struct(">II")  # of the words, of the arrays
MAX_WORDS = 1_000_000  # bytes of an answer's words; Python needs thirty times as much to hold the worst JSON
MAX_ARRAYS = 16_000_000  # bytes; the largest honest answer is a few thousand rows
MAX_EMPTY = 1_000_000  # numbers that the other sides of an array with nothing in it may claim
MAX_PADDED = 10_000_000  # characters of all texts in a value, were they all as long as the longest
MAX_PARTS = 1000  # arrays in one message
MAX_DEPTH = 20  # tuples within tuples
LARGEST_INT = 2**63 - 1  # beyond it NumPy makes objects
DTYPES = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"}


class Forged(Exception):
    """A message that no honest worker sends."""


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """Nothing, or not all of it, came in time."""


# ── Values as words and arrays ───────────────────────────────────────────────────────────────────────


def pack(value, arrays: list):
    """A plain value as JSON; its arrays go to the end of `arrays`, in whose place stands their number.

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
            raise TypeError("a dict with keys that are not text is not plain")
        return {"dict": [[key, pack(part, arrays)] for key, part in value.items()]}
    raise TypeError(f"{type(value).__name__} is not plain")


def _pack_float(number):
    """A float as text, exactly, with NaN and infinity; an int that is too large for one becomes infinity."""
    try:
        return {"float": float(number).hex()}
    except OverflowError:
        return {"float": "inf" if number > 0 else "-inf"}


def _ordinary(array):
    """The array as one of DTYPES, in this machine's byte order and nobody's subclass."""
    array = np.asarray(array)
    if array.dtype.str[1:] in DTYPES:
        return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(array.shape)
    return array.astype(complex if array.dtype.kind == "c" else float)


def unpack(words, arrays: list, depth: int = 0):
    """The value that `pack` took apart. Raises Forged for anything that `pack` does not make.

    Takes every array out of the list, so that none can be in two places.
    """
    if not depth:
        _refuse_padding(words)
    if depth > MAX_DEPTH:
        raise Forged("values within values, too deep")
    if words is None or isinstance(words, (bool, str)):
        return words
    if isinstance(words, int) and abs(words) <= LARGEST_INT:
        return words
    if not isinstance(words, dict) or len(words) != 1:
        raise Forged("not a value")
    ((kind, content),) = words.items()
    try:
        return _UNPACK[kind](content, arrays, depth + 1)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise Forged(f"not a value: {type(error).__name__}") from error


def _refuse_padding(words) -> None:
    """Raise Forged for many short texts and a long one: an array of them has room for the longest everywhere."""
    waiting, parts, longest = [words], 0, 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, (list, dict)):
            waiting += part.values() if isinstance(part, dict) else part
        else:
            parts += 1
            longest = max(longest, len(part)) if isinstance(part, str) else longest
    if parts * longest > MAX_PADDED:
        raise Forged("a value that would fill the memory")


def _take(number, arrays: list) -> np.ndarray:
    if type(number) is not int or number < 0 or arrays[number] is None:
        raise Forged("not the number of an array")
    array, arrays[number] = arrays[number], None
    return array


_UNPACK = {
    "ellipsis": lambda content, arrays, depth: Ellipsis,
    "float": lambda content, arrays, depth: float.fromhex(content),
    "complex": lambda content, arrays, depth: complex(*(unpack(part, arrays, depth) for part in content)),
    "array": lambda content, arrays, depth: _take(content, arrays),
    "tuple": lambda content, arrays, depth: tuple(unpack(part, arrays, depth) for part in content),
    "dict": lambda content, arrays, depth: {str(k): unpack(part, arrays, depth) for k, part in content},
}


# ── Arrays as bytes ──────────────────────────────────────────────────────────────────────────────────


def to_npz(arrays: list) -> bytes:
    """The arrays as an uncompressed `npz` file."""
    if not arrays:
        return b""
    file = io.BytesIO()
    np.savez(file, *arrays)
    return file.getvalue()


def from_npz(data: bytes) -> list:
    """The arrays of an `npz` file that a stranger may have made. Raises Forged.

    `np.load` alone would believe the sizes that the file claims: one kilobyte can claim a terabyte, compressed or as
    a header. So every part must be stored as it is, and its header must fit the bytes that are there.
    """
    if not data:
        return []
    if data.count(b"PK\1\2") > MAX_PARTS:  # counted before `zipfile` makes an object of each
        raise Forged("too many arrays")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            parts = {part.filename: part for part in file.infolist()}
            if sum(part.file_size for part in parts.values()) > len(data):
                raise Forged("more arrays than bytes")
            if not all(_is_stored(part) for part in parts.values()):
                raise Forged("compressed arrays")
            return [_from_npy(file.read(parts[f"arr_{number}.npy"])) for number in range(len(parts))]
    except Forged:
        raise
    except Exception as error:  # whatever else bytes from a stranger make of `zipfile` and NumPy
        raise Forged(f"not an npz file: {type(error).__name__}") from error


def _is_stored(part: zipfile.ZipInfo) -> bool:
    return part.compress_type == zipfile.ZIP_STORED and part.compress_size == part.file_size


def _from_npy(data: bytes) -> np.ndarray:
    """One array of an `npz` file; the header is checked before NumPy may believe it. Raises whatever it likes."""
    if data[:8] != b"\x93NUMPY\x01\x00":
        raise Forged("not an npy file of version 1")
    start = 10 + int.from_bytes(data[8:10], "little")
    if start > 1000:
        raise Forged("a header that is too long")
    try:
        header = ast.literal_eval(data[10:start].decode("ascii"))  # literals, in a thousand bytes
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise Forged("a header that cannot be read") from error
    descr, shape, fortran = header["descr"], header["shape"], header["fortran_order"]
    if not isinstance(descr, str) or descr[:1] not in "<|" or descr[1:] not in DTYPES:
        raise Forged("an array of something else than numbers")
    if not isinstance(shape, tuple) or len(shape) > 10 or not all(type(n) is int and n >= 0 for n in shape):
        raise Forged("not a shape")
    if math.prod(side for side in shape if side) > max(MAX_EMPTY, len(data)):
        raise Forged("a shape that is larger than its numbers")
    array = np.frombuffer(data, dtype=descr, offset=start)  # ValueError when part of a number is left over
    return array.reshape(shape, order="F" if fortran is True else "C").copy()


# ── Messages over a socket ───────────────────────────────────────────────────────────────────────────


def send(socket, words: dict, arrays: list = (), seconds: float | None = None) -> None:
    """Send one message. Raises Closed when nobody is there, Late when it is not taken in time."""
    words, arrays = json.dumps(words, ensure_ascii=False).encode(), to_npz(arrays)
    rest, deadline = memoryview(LENGTHS.pack(len(words), len(arrays)) + words + arrays), _deadline(seconds)
    while rest:
        _wait(socket, select.POLLOUT, deadline)
        try:
            rest = rest[socket.send(rest) :]
        except BlockingIOError:  # another thread's poll was faster; wait again
            continue
        except OSError as error:
            raise Closed from error


def receive(
    socket, seconds: float | None = None, max_words: int = MAX_WORDS, max_arrays: int = MAX_ARRAYS
) -> tuple[dict, list]:
    """Take one message: its words, and its arrays. Raises Closed, Late or Forged.

    `seconds` is for the whole message, so that one that drips byte by byte does not last for ever.
    """
    deadline = _deadline(seconds)
    n_words, n_arrays = LENGTHS.unpack(_exactly(socket, LENGTHS.size, deadline))
    if n_words > max_words or n_arrays > max_arrays:
        raise Forged("a message that is too large")
    words = _exactly(socket, n_words, deadline)
    arrays = from_npz(_exactly(socket, n_arrays, deadline))
    try:
        words = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise Forged("not JSON") from error
    if not isinstance(words, dict):
        raise Forged("not a message")
    return words, arrays


def _exactly(socket, count: int, deadline) -> bytes:
    """So many bytes and no more."""
    parts = bytearray()
    while len(parts) < count:
        _wait(socket, select.POLLIN, deadline)
        try:
            part = socket.recv(min(count - len(parts), 1 << 20))
        except BlockingIOError:
            continue
        except OSError as error:
            raise Closed from error
        if not part:
            raise Closed
        parts += part
    return bytes(parts)


def _deadline(seconds):
    return None if seconds is None else time.monotonic() + seconds


def _wait(socket, event, deadline):
    """Sleep until the socket can be read or written. Raises Late."""
    poll = select.poll()
    poll.register(socket, event)
    left = None if deadline is None else 1000 * (deadline - time.monotonic())
    if (left is not None and left <= 0) or not poll.poll(left):
        raise Late
