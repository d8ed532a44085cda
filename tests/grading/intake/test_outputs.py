"""Outputs are dropped while a notebook is read, and nothing else is, however the file is cut into pieces."""

import io
import json
import tracemalloc
from pathlib import Path
from typing import IO, cast

import numpy as np
import pytest

from mlcourse.grading.intake import outputs
from mlcourse.grading.intake.find import find
from mlcourse.grading.intake.outputs import MAX_BYTES, MAX_FILE, NotReadable, without_outputs

TEXTS = ['"', "\\", "a\nb", '"outputs": [', "}]", "ä🙂", "outputs", "", '\\"', "x" * 50, "\ud83d"]
UNREAD = ("outputs", "attachments", "widgets")


def random_value(rng: np.random.Generator, depth: int = 0) -> object:
    """Any JSON, with texts that a careless reader would take for the end of something."""
    kind = rng.integers(3 if depth > 4 else 5)
    if kind == 0:
        return float(rng.integers(100)) / 4
    if kind == 1:
        return None
    if kind == 2:
        return str(rng.choice(TEXTS))
    if kind == 3:
        return [random_value(rng, depth + 1) for _ in range(rng.integers(4))]
    names = rng.choice([*TEXTS, *UNREAD, "source"], size=rng.integers(4))
    return {str(name): random_value(rng, depth + 1) for name in names}


def dropped(value: object) -> object:
    """The same value without what is not read."""
    if isinstance(value, list):
        return [dropped(one) for one in value]
    if isinstance(value, dict):
        return {
            name: None if name in UNREAD and isinstance(one, (list, dict)) else dropped(one)
            for name, one in value.items()
        }
    return value


class InPieces(io.BytesIO):
    """A file that gives a few bytes at a time."""

    def __init__(self, data: bytes, size: int):
        super().__init__(data)
        self.size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.size)


@pytest.mark.parametrize("size", [1, 2, 7, 100, 10_000])
def test_only_outputs_are_dropped(size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(60):
        value = {"cells": random_value(rng), "x": random_value(rng)}
        data = json.dumps(value, indent=rng.choice([None, 2]), ensure_ascii=bool(rng.integers(2)))
        if "\\ud83d" not in data and "\ud83d" in data:
            continue  # half a character exists in JSON only as an escape
        assert json.loads(without_outputs(InPieces(data.encode(), size))) == dropped(value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_becomes_utf_8(encoding: str) -> None:
    data = json.dumps({"source": "ä🙂"}, ensure_ascii=False)
    assert json.loads(without_outputs(InPieces(data.encode(encoding), 3001))) == {"source": "ä🙂"}


class Endless(io.RawIOBase):
    """A large file that does not exist: a beginning, and then the same bytes again and again."""

    def __init__(self, start: bytes, again: bytes, size: int):
        self.start, self.again, self.left = start, again, size

    def read(self, size: int = -1) -> bytes:
        piece, self.start = self.start or self.again * (size // len(self.again)), b""
        self.left -= len(piece)
        return piece if self.left > 0 else b""


LARGE = {
    "figures": (b'{"cells": [], "outputs": ["', b"A" * 250_000),
    "escapes": (b'{"outputs": ["', b'\\"'),
    "one long text": (b'{"source": "', b"A"),
    "blanks": (b"", b" "),
    "open brackets": (b"", b"["),
    "pairs of brackets": (b"", b"[]"),
    "pairs in outputs": (b'{"outputs": [', b"[],"),
    "texts": (b"[", b'"a",'),
    "keys": (b"", b'{"outputs":[],'),
    "more than 100 MB": (b'{"outputs": ["', b"A" * 250_000),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_large_file_takes_little_memory(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "MAX_SKIPPED", 20_000)  # so that this takes no second
    monkeypatch.setattr(outputs, "MAX_PARTS", 20_000)
    monkeypatch.setattr(outputs, "MAX_CONTAINERS", 10_000)
    start, again = LARGE[kind]
    file = cast(IO[bytes], Endless(start, again, MAX_FILE + 10**7 if "100" in kind else 20_000_000))
    tracemalloc.start()
    kept, problem = kept_or_problem(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept) <= MAX_BYTES
    assert (problem == "") == (kept != b"")
    assert peak < 60_000_000


def kept_or_problem(file: IO[bytes]) -> tuple[bytes, str]:
    try:
        return without_outputs(file), ""
    except NotReadable as error:
        return b"", str(error)


def test_a_notebook_of_60_mb_is_read() -> None:
    start = b'{"cells": [{"source": "x = 1", "outputs": [{"data": "'
    kept = without_outputs(io.BytesIO(start + b"A" * 60_000_000 + b'"}]}]}'))
    assert json.loads(kept) == {"cells": [{"source": "x = 1", "outputs": None}]}


def test_the_files_of_a_student_share_an_allowance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "MAX_WORK", 10_000)
    many = json.dumps({"cells": [{"outputs": [[]] * 2000}]})
    for student, count in {"ada": 1, "eve": 9}.items():
        (tmp_path / student).mkdir()
        for number in range(count):
            (tmp_path / student / f"{number}.ipynb").write_text(many)
    read = {"/".join(found.parts) for found in find(tmp_path) if not found.problem}
    assert read == {"ada/0.ipynb", "eve/0.ipynb", "eve/1.ipynb"}
