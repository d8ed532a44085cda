"""The MNIST loader, tested against our own server that lies, breaks off and dies."""

import gzip
import hashlib
import http.server
import os
import socket
import struct
import threading
import urllib.request
from collections import Counter
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from sklearn.datasets import fetch_openml

from mlcourse.datasets import Digits, MNISTUnavailable, load_digits, load_mnist, load_mnist_or_digits, mnist

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = mnist.FILES
REAL = Path(os.environ.get("MLCOURSE_DATA", "nowhere")).resolve()
needs_real_mnist = pytest.mark.skipif(
    not any((REAL / folder / f"{TEST_LABELS}.gz").is_file() for folder in ("", "mnist")),
    reason="the real MNIST is tested only if MLCOURSE_DATA has it",
)


def no_openml(*args, **kwargs):
    raise URLError("no network in tests")


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty cache, and no access to the network."""
    monkeypatch.delenv("MLCOURSE_DATA", raising=False)
    monkeypatch.delenv("MLCOURSE_MNIST", raising=False)
    monkeypatch.setenv("MLCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.setattr(mnist, "fetch_openml", no_openml)
    return tmp_path / "cache"


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def small(monkeypatch):
    """An MNIST of 12 + 5 digits: the gzipped files by name, and the digits in them."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (17, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 17, dtype=np.uint8)
    parts = [images[:12], labels[:12], images[12:], labels[12:]]
    raw = dict(zip(mnist.FILES, map(idx, parts)))
    monkeypatch.setattr(mnist, "FILES", {name: hashlib.sha256(raw[name]).hexdigest() for name in raw})
    monkeypatch.setattr(mnist, "TRAIN_SIZE", 12)
    files = {name: gzip.compress(content) for name, content in raw.items()}
    return files, Digits(images.reshape(17, 784), labels)


@pytest.fixture
def serve(request):
    """serve(files, cut=()) → (address, Counter of requests); the files in `cut` break off halfway."""

    def start(files, cut=()):
        requests = Counter()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.removeprefix("/mnist/").removesuffix(".gz")
                requests[name] += 1
                if name not in files:
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Length", str(len(files[name])))
                self.end_headers()
                length = len(files[name]) // 2 if name in cut else len(files[name])
                return self.wfile.write(files[name][:length])

            def log_message(self, *args):
                """Keep the test report clean."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        request.addfinalizer(thread.join)
        request.addfinalizer(server.server_close)
        request.addfinalizer(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/mnist/", requests

    return start


def dead_mirror():
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/mnist/"


def write(folder, files, suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(content)


def names_in(folder):
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def assert_same(digits, expected):
    np.testing.assert_array_equal(digits.images, expected.images)
    np.testing.assert_array_equal(digits.labels, expected.labels)


# ── Where it looks ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("folder", ["", "mnist"])
@pytest.mark.parametrize("packed", [True, False])
def test_user_folder(small, monkeypatch, tmp_path, cache, folder, packed):
    files, expected = small
    if packed:
        write(tmp_path / "mine" / folder, files)
    else:
        write(tmp_path / "mine" / folder, {name: gzip.decompress(files[name]) for name in files}, suffix="")
    monkeypatch.setenv("MLCOURSE_DATA", str(tmp_path / "mine"))
    digits = load_mnist()
    assert_same(digits, expected)
    assert (digits.images.dtype, digits.labels.dtype) == (np.uint8, np.int64)
    assert digits.images.flags.writeable
    assert names_in(cache) == set()


def test_mlcourse_mnist_no_looks_nowhere(small, monkeypatch, tmp_path, serve):
    files, _ = small
    write(tmp_path / "mine", files)
    url, requests = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (url,))
    monkeypatch.setenv("MLCOURSE_DATA", str(tmp_path / "mine"))
    monkeypatch.setenv("MLCOURSE_MNIST", "no")
    with pytest.raises(MNISTUnavailable, match="Unset it"):
        load_mnist()
    digits, note = load_mnist_or_digits()
    assert digits.images.shape == (1797, 64)
    assert "MNIST is not available" in note
    assert not requests


@pytest.mark.filterwarnings("error")  # looking at the bad file in the cache would warn
def test_user_folder_comes_before_the_cache(small, monkeypatch, tmp_path, cache):
    files, expected = small
    write(tmp_path / "mine", files)
    write(cache, dict.fromkeys(files, b"never looked at"))
    monkeypatch.setenv("MLCOURSE_DATA", str(tmp_path / "mine"))
    assert_same(load_mnist(), expected)


def test_downloads_once_and_then_works_without_network(small, monkeypatch, serve, cache):
    files, expected = small
    url, requests = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (url,))
    assert_same(load_mnist(), expected)
    assert names_in(cache) == {f"{name}.gz" for name in files}
    monkeypatch.setattr(mnist, "MIRRORS", ())
    assert_same(load_mnist(), expected)
    assert requests == dict.fromkeys(files, 1)


def test_only_what_is_missing_is_downloaded(small, monkeypatch, serve, tmp_path, cache):
    files, expected = small
    url, requests = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (url,))
    monkeypatch.setenv("MLCOURSE_DATA", str(tmp_path / "mine"))
    write(tmp_path / "mine", {TRAIN_IMAGES: files[TRAIN_IMAGES]})
    write(cache, {TEST_LABELS: files[TEST_LABELS]})
    assert_same(load_mnist(), expected)
    assert requests == {TRAIN_LABELS: 1, TEST_IMAGES: 1}


def test_second_mirror_when_the_first_is_dead(small, monkeypatch, serve):
    files, expected = small
    url, _ = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (dead_mirror(), url))
    assert_same(load_mnist(), expected)


def test_second_mirror_supplies_only_what_the_first_could_not(small, monkeypatch, serve):
    files, expected = small
    first, _ = serve({TRAIN_IMAGES: files[TRAIN_IMAGES]})
    second, requests = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (first, second))
    assert_same(load_mnist(), expected)
    assert set(requests) == {TRAIN_LABELS, TEST_IMAGES, TEST_LABELS}


def test_openml_comes_last_and_is_kept_as_idx_files(small, monkeypatch, cache):
    _, expected = small
    monkeypatch.setattr(mnist, "MIRRORS", (dead_mirror(),))
    table = expected.images.astype(float), expected.labels.astype(str).astype(object)
    monkeypatch.setattr(mnist, "fetch_openml", lambda *args, **kwargs: table)
    assert_same(load_mnist(), expected)
    monkeypatch.setattr(mnist, "fetch_openml", no_openml)
    assert_same(load_mnist(), expected)
    assert names_in(cache) == {f"{name}.gz" for name in mnist.FILES}


def test_openml_in_another_order_is_rejected(small, monkeypatch, cache):
    _, expected = small
    table = expected.images[::-1].astype(float), expected.labels[::-1].astype(str)
    monkeypatch.setattr(mnist, "fetch_openml", lambda *args, **kwargs: table)
    with pytest.raises(MNISTUnavailable, match=f"OpenML's {TRAIN_IMAGES}"):
        load_mnist()
    assert names_in(cache) == set()


@pytest.mark.slow
def test_fetch_openml_accepts_our_arguments(monkeypatch):
    """scikit-learn's own function accepts our arguments and fails only at the network, which is closed."""
    monkeypatch.setattr(mnist, "fetch_openml", fetch_openml)
    closed = dead_mirror()
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, closed)
    monkeypatch.setattr(urllib.request, "_opener", None)  # or the proxies would stay for the whole process
    with pytest.raises(OSError, match="URLError"):
        list(mnist._from_openml([TRAIN_IMAGES]))


# ── What it rejects ─────────────────────────────────────────────────────────────────────────────────────────


def cut_short(data):
    return data[: len(data) // 2]


def altered(data):
    content = bytearray(gzip.decompress(data))
    content[-1] ^= 1
    return gzip.compress(bytes(content))


def longer(data):
    return gzip.compress(gzip.decompress(data) + b"\0")


def web_page(data):
    return b"<html>Please log in to this network.</html>"


def empty(data):
    return b""


damages = pytest.mark.parametrize("damage", [cut_short, altered, longer, web_page, empty])


@damages
def test_bad_file_in_user_folder_is_named(small, monkeypatch, tmp_path, damage):
    files, _ = small
    write(tmp_path, files | {TEST_IMAGES: damage(files[TEST_IMAGES])})
    monkeypatch.setenv("MLCOURSE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=f"{TEST_IMAGES}.gz is .* unset MLCOURSE_DATA"):
        load_mnist()
    with pytest.raises(ValueError, match=f"{TEST_IMAGES}.gz"):
        load_mnist_or_digits()


def test_both_digests_are_named(small, monkeypatch, tmp_path):
    files, _ = small
    bad = altered(files[TRAIN_LABELS])
    write(tmp_path, files | {TRAIN_LABELS: bad})
    monkeypatch.setenv("MLCOURSE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=mnist.FILES[TRAIN_LABELS]) as caught:
        load_mnist()
    assert hashlib.sha256(gzip.decompress(bad)).hexdigest() in str(caught.value)


@damages
def test_bad_file_in_cache_is_downloaded_again(small, monkeypatch, serve, cache, damage):
    files, expected = small
    url, requests = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (url,))
    write(cache, files | {TRAIN_LABELS: damage(files[TRAIN_LABELS])})
    with pytest.warns(UserWarning, match=f"{TRAIN_LABELS}.gz is .* downloaded again"):
        assert_same(load_mnist(), expected)
    assert requests == {TRAIN_LABELS: 1}
    assert (cache / f"{TRAIN_LABELS}.gz").read_bytes() == files[TRAIN_LABELS]


@damages
def test_bad_download_is_rejected_and_leaves_nothing_behind(small, monkeypatch, serve, cache, damage):
    files, expected = small
    bad, _ = serve(files | {TEST_IMAGES: damage(files[TEST_IMAGES])})
    monkeypatch.setattr(mnist, "MIRRORS", (bad,))
    with pytest.raises(MNISTUnavailable, match=f"{bad}{TEST_IMAGES}.gz is "):
        load_mnist()
    assert names_in(cache) == {f"{TRAIN_IMAGES}.gz", f"{TRAIN_LABELS}.gz"}
    good, _ = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (bad, good))
    assert_same(load_mnist(), expected)


def test_connection_cut_halfway_leaves_nothing_behind(small, monkeypatch, serve, cache):
    files, expected = small
    broken, requests = serve(files, cut=[TRAIN_IMAGES])
    monkeypatch.setattr(mnist, "MIRRORS", (broken,))
    with pytest.raises(MNISTUnavailable, match=broken):
        load_mnist()
    assert requests == {TRAIN_IMAGES: 1}
    assert names_in(cache) == set()
    whole, _ = serve(files)
    monkeypatch.setattr(mnist, "MIRRORS", (broken, whole))
    assert_same(load_mnist(), expected)


def test_interrupted_download_leaves_nothing_behind(small, monkeypatch, serve, cache):
    url, _ = serve(small[0])
    monkeypatch.setattr(mnist, "MIRRORS", (url,))

    def interrupt(*args):
        assert any(name.endswith(".part") for name in names_in(cache))
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "_verified", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_mnist()
    assert names_in(cache) == set()


def test_a_cache_that_cannot_be_written_is_reported(small, monkeypatch, serve, cache):
    url, _ = serve(small[0])
    monkeypatch.setattr(mnist, "MIRRORS", (url,))
    cache.write_text("a file in place of the folder")
    with pytest.raises(MNISTUnavailable, match="set MLCOURSE_CACHE to a folder that you can write to"):
        load_mnist()


# ── Without any copy ────────────────────────────────────────────────────────────────────────────────────────


def test_unavailable_says_what_was_tried_and_what_to_do(monkeypatch, cache):
    dead = dead_mirror()
    monkeypatch.setattr(mnist, "MIRRORS", (dead,))
    with pytest.raises(MNISTUnavailable) as caught:
        load_mnist()
    for part in (dead, "OpenML", "no network in tests", str(cache), "set MLCOURSE_DATA", *mnist.FILES):
        assert part in str(caught.value)


def test_fallback_to_the_small_digits():
    digits, note = load_mnist_or_digits()
    assert_same(digits, Digits(*load_digits()))
    assert "MNIST is not available" in note
    assert "8×8" in note


def test_no_fallback_when_mnist_is_there(small, cache):
    files, expected = small
    write(cache, files)
    digits, note = load_mnist_or_digits()
    assert_same(digits, expected)
    assert "28×28" in note


# ── idx files ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 5), (0, 4)])
def test_read_idx(shape):
    array = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(mnist.read_idx(idx(array)), array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an idx file"),
        (b"\0\0\x08", "not an idx file"),
        (b"PK\x03\x04 a zip file", "not an idx file"),
        (struct.pack(">HBBI", 0, 0x0D, 1, 1) + bytes(4), "not an idx file"),  # floats
        (idx(np.zeros((2, 3), np.uint8))[:10], "not an idx file"),  # the header itself is cut
        (idx(np.zeros((2, 3), np.uint8))[:-1], r"5 bytes .* should have 6 \(2 × 3\)"),
        (idx(np.zeros((2, 3), np.uint8)) + b"\0", "7 bytes .* should have 6"),
    ],
)
def test_read_idx_rejects_bad_files(content, message):
    with pytest.raises(ValueError, match=message):
        mnist.read_idx(content)


# ── The real thing ──────────────────────────────────────────────────────────────────────────────────────────


@needs_real_mnist
def test_real_mnist_from_the_user_folder(monkeypatch):
    monkeypatch.setenv("MLCOURSE_DATA", str(REAL))
    images, labels = load_mnist()
    assert images.shape == (70_000, 784)
    counts = np.bincount(labels[:50_000])
    np.testing.assert_array_equal(counts, [4932, 5678, 4968, 5101, 4859, 4506, 4951, 5175, 4842, 4988])


@pytest.mark.slow
@needs_real_mnist
def test_real_mnist_over_the_network(monkeypatch, serve, cache):
    folder = next(REAL / sub for sub in ("", "mnist") if (REAL / sub / f"{TEST_LABELS}.gz").is_file())
    files = {name: (folder / f"{name}.gz").read_bytes() for name in mnist.FILES}
    url, _ = serve(files)
    broken, _ = serve(files, cut=[TRAIN_IMAGES])
    monkeypatch.setattr(mnist, "MIRRORS", (broken,))
    with pytest.raises(MNISTUnavailable):
        load_mnist()
    assert names_in(cache) == set()
    monkeypatch.setattr(mnist, "MIRRORS", (broken, url))
    downloaded = load_mnist()
    monkeypatch.setenv("MLCOURSE_DATA", str(REAL))
    assert_same(downloaded, load_mnist())
