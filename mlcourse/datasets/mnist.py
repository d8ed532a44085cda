"""MNIST: 70 000 handwritten digits, from this machine or the network, and always verified.

`load_mnist` looks in the folder that the environment variable MLCOURSE_DATA names, then in the cache
(MLCOURSE_CACHE, or the user's own cache folder), then on the mirrors, then at OpenML. With MLCOURSE_MNIST=no it looks
nowhere, so that a class or a test gets the small digits. Wherever a file comes from, its decompressed content must
have the published SHA-256; the compressed files differ from mirror to mirror.

Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", 1998.
"""

import gzip
import hashlib
import math
import os
import struct
import tempfile
import textwrap
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias
from uuid import uuid4

import numpy as np
import pooch
from sklearn.datasets import fetch_openml

from mlcourse.datasets.files import load_digits
from mlcourse.typing import Array, Ints

# Name → SHA-256 of the idx file before compression.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
TRAIN_SIZE = 60_000
TIMEOUT = 15  # seconds of silence before we give up on a mirror
GZIP_MAGIC = b"\x1f\x8b"
IDX_MAGIC = b"\x00\x00\x08"  # type 8: unsigned bytes


Download: TypeAlias = Callable[[list[str]], Iterator[tuple[str, bytes]]]  # names -> (name, content) of each


class Digits(NamedTuple):
    """Pictures of digits, one per row, and the digit that each shows."""

    images: Array
    labels: Ints


class MNISTUnavailable(OSError):
    """MNIST is not on this machine and could not be downloaded; the message says what was tried."""


def load_mnist() -> Digits:
    """Load the 70 000 digits of MNIST, from this machine if it has a copy, otherwise from the network.

    Returns
    -------
    Digits
        `images`, uint8 of shape (70000, 784): 28×28 pixels row by row, grey levels 0 (paper) to 255 (ink);
        `labels`, int64 of shape (70000,). The 60 000 training digits come first, then the 10 000 of the test
        set, each in the published order.

    Raises
    ------
    ValueError
        If a file in MLCOURSE_DATA is incomplete or altered; the message names it.
    MNISTUnavailable
        If there is no local copy and none could be downloaded, or if MLCOURSE_MNIST=no. A failed download leaves
        nothing behind.
    """
    if os.environ.get("MLCOURSE_MNIST", "").lower() == "no":
        raise MNISTUnavailable("MLCOURSE_MNIST=no is set, so MNIST is not loaded. Unset it to load MNIST.")
    contents = _contents_here()
    failures = []
    for source, download in _downloads().items():
        try:
            for name, content in download([name for name in FILES if name not in contents]):
                contents[name] = content
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            failures.append(f"{source}: {error}")
    if len(contents) < len(FILES):
        raise MNISTUnavailable(_what_to_do(failures))
    images = np.concatenate([read_idx(contents[name]) for name in FILES if "images" in name])
    labels = np.concatenate([read_idx(contents[name]) for name in FILES if "labels" in name])
    return Digits(images.reshape(len(images), -1), labels.astype(np.int64))


def load_mnist_or_digits() -> tuple[Digits, str]:
    """Load MNIST, or scikit-learn's small digits if MNIST is not available.

    Returns
    -------
    digits : Digits
        As from `load_mnist`, or 1797 pictures of 8×8 pixels: float64 of shape (1797, 64), grey levels 0 to 16.
    note : str
        A sentence to show to the reader: which digits these are.

    Raises
    ------
    ValueError
        If a file in MLCOURSE_DATA is incomplete or altered: this needs fixing, not a fallback.
    """
    try:
        return load_mnist(), "These are the 70 000 digits of MNIST: 28×28 pixels, grey levels 0 to 255."
    except MNISTUnavailable:
        return Digits(*load_digits()), (
            "MNIST is not available (`load_mnist()` says why), so these are the 1797 small digits that come with"
            " scikit-learn: 8×8 pixels, grey levels 0 to 16."
        )


def read_idx(content: bytes) -> Ints:
    """Read the array in an idx file of unsigned bytes.

    Parameters
    ----------
    content : bytes
        The whole file: two zero bytes, the type (8), the number of axes, the length of each axis as a big-endian
        32-bit number, the data.

    Returns
    -------
    uint8 array, read-only because it shares the memory of `content`

    Raises
    ------
    ValueError
        If the header is not that of an idx file of unsigned bytes, or the data do not have the length it states.
    """
    start = 4 + 4 * content[3] if len(content) > 3 else 4
    if not content.startswith(IDX_MAGIC) or len(content) < start:
        raise ValueError(
            f"content begins with {content[:4]!r}: this is not an idx file of unsigned bytes. Decompress it first if"
            " it is a .gz file; otherwise get a complete copy."
        )
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"content has {len(content) - start} bytes after its header, but should have {math.prod(shape)}"
            f" ({' × '.join(map(str, shape))}). Get a complete copy of the file."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


# ── On this machine ─────────────────────────────────────────────────────────────────────────────────────────


def _contents_here() -> dict[str, bytes]:
    """The decompressed content of every file that MLCOURSE_DATA or the cache holds, by name."""
    found = {name: _from_user_folder(name) or _from_cache(name) for name in FILES}
    return {name: content for name, content in found.items() if content}


def _from_user_folder(name: str) -> bytes | None:
    """A file in MLCOURSE_DATA or its folder mnist. A bad one is an error, because only its owner can replace it."""
    setting = os.environ.get("MLCOURSE_DATA")
    if not setting:
        return None
    folder = Path(setting).expanduser()
    for path in (place / file for place in (folder, folder / "mnist") for file in (f"{name}.gz", name)):
        if path.is_file():
            try:
                return _verified(path.read_bytes(), name, path)
            except ValueError as error:
                raise ValueError(
                    f"{error} Replace it with a complete copy, or unset MLCOURSE_DATA."
                ) from error
    return None


def _from_cache(name: str) -> bytes | None:
    """A file in the cache. A bad one is skipped: the next download replaces it."""
    path = _cache() / f"{name}.gz"
    if path.is_file():
        try:
            return _verified(path.read_bytes(), name, path)
        except ValueError as error:
            warnings.warn(f"{error} It will be downloaded again.", stacklevel=2)
    return None


def _cache() -> Path:
    return Path(os.environ.get("MLCOURSE_CACHE") or pooch.os_cache("mlcourse")).expanduser()


def _verified(data: bytes, name: str, origin: str | Path) -> bytes:
    """The decompressed content of `data`, or a ValueError that says what is wrong with the file from `origin`."""
    try:
        content = gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{origin} is incomplete or damaged ({error}).") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != FILES[name]:
        raise ValueError(
            f"{origin} is not MNIST's {name}: the SHA-256 of its decompressed content is {digest}, but"
            f" should be {FILES[name]}."
        )
    return content


# ── From the network ────────────────────────────────────────────────────────────────────────────────────────


def _downloads() -> dict[str, Download]:
    """The downloads to try, in order; each takes the names still missing and yields (name, content)."""
    return {url: partial(_from_mirror, url) for url in MIRRORS} | {"OpenML": _from_openml}


def _from_mirror(url: str, names: list[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        origin = f"{url}{name}.gz"
        with _kept_if_complete(name) as path:
            pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT, chunk_size=2**16)(origin, path, None)
            content = _verified(path.read_bytes(), name, origin)
        yield name, content


def _from_openml(names: list[str]) -> Iterator[tuple[str, bytes]]:
    """The same four files, rebuilt from OpenML's table, which keeps the digits in the published order."""
    if not names:
        return
    images, labels = _openml_table()
    parts = (images[:TRAIN_SIZE], labels[:TRAIN_SIZE], images[TRAIN_SIZE:], labels[TRAIN_SIZE:])
    contents = {name: _as_idx(part) for name, part in zip(FILES, parts)}
    for name in names:
        content = _verified(contents[name], name, f"OpenML's {name}")
        with _kept_if_complete(name) as path:
            path.write_bytes(gzip.compress(content))
        yield name, content


def _openml_table() -> tuple[Array, Array]:
    """OpenML's images (n, 28, 28) and labels (n,)."""
    try:
        # OpenML's own files are not needed once read, and its retries would warn about what is reported anyway.
        with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels, labels = fetch_openml(
                "mnist_784",
                version=1,
                return_X_y=True,
                as_frame=False,
                parser="liac-arff",  # needs no pandas
                data_home=scratch,
                n_retries=1,
            )
    except Exception as error:  # errors of network, gzip, JSON and ARFF share no narrower class
        raise OSError(f"{type(error).__name__}: {error}") from error
    return pixels.reshape(-1, 28, 28), labels


def _as_idx(array: Array) -> bytes:
    header = IDX_MAGIC + struct.pack(f">B{array.ndim}I", array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


@contextmanager
def _kept_if_complete(name: str) -> Iterator[Path]:
    """Yield a temporary path in the cache; the file written there becomes the cached file unless an error occurs."""
    path = _cache() / f"{name}.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _what_to_do(failures: list[str]) -> str:
    names = ", ".join(f"{name}.gz" for name in FILES)
    tried = textwrap.indent("\n".join(textwrap.shorten(failure, 400) for failure in failures), "  - ")
    return (
        f"MNIST is not available. MLCOURSE_DATA ({os.environ.get('MLCOURSE_DATA') or 'not set'}) and the cache"
        f" ({_cache()}) do not contain all of it, and the downloads failed:\n{tried}\nTo work offline, put"
        f" {names} in a folder and set MLCOURSE_DATA to that folder. If the cache is the problem, set"
        " MLCOURSE_CACHE to a folder that you can write to."
    )
