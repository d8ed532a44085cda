"""Figures of students: decoded where nothing is lost, encoded by us."""

import base64
import io
import zlib

import numpy as np
import pytest
from PIL import Image

from mlcourse.grading.inside.pictures import HEIGHT, WIDTH, pixels_of
from mlcourse.grading.judge.figures import encoded, handed_out, reencode
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.sandbox import WorkerEnded


def png(width=30, height=20, mode="RGBA", color=(255, 0, 0, 128), **options) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), color).save(file, "PNG", **options)
    return file.getvalue()


def forged_header(width: int, height: int) -> bytes:
    """A PNG that claims to have other dimensions, with the right checksum."""
    data = bytearray(png())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [(30, 20, (20, 30, 3)), (2 * WIDTH, WIDTH, (WIDTH // 2, WIDTH, 3)), (10, 2 * HEIGHT, (HEIGHT, 5, 3))],
)
def test_a_picture_becomes_pixels_on_white(width, height, shape):
    pixels = pixels_of(png(width, height))
    assert pixels.shape == shape
    assert pixels.dtype == np.uint8
    assert pixels[0, 0].tolist() == [255, 127, 127]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        png()[:60],
        forged_header(2**31 - 1, 2**31 - 1),
        forged_header(9000, 9000),
        forged_header(0, 0),
    ],
)
def test_what_is_no_picture_gives_no_pixels(data):
    assert pixels_of(data) is None


def test_other_formats_are_not_read():
    file = io.BytesIO()
    Image.new("RGB", (3, 3)).save(file, "GIF")
    assert pixels_of(file.getvalue()) is None


def test_metadata_of_a_picture_is_not_kept():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "Ada Lovelace")
    assert b"Lovelace" in png(pnginfo=info)
    assert b"Lovelace" not in base64.b64decode(encoded(pixels_of(png(pnginfo=info))))


class FakeWorkers:
    """A sandbox whose workers reply to `picture` with prepared arrays; None ends the worker."""

    def __init__(self, *replies):
        self.replies, self.started = list(replies), 0

    def start(self):
        self.started += 1
        return self

    def ask(self, request, arrays, seconds):
        reply = self.replies.pop(0)
        if reply is None:
            raise WorkerEnded("crashed", "ended")
        return {}, reply

    def end(self):
        return


GOOD = np.full((4, 5, 3), 200, np.uint8)


@pytest.mark.parametrize(
    "reply",
    [
        None,
        [],
        [GOOD, GOOD],
        [GOOD.astype(float)],
        [GOOD[..., :2]],
        [GOOD[:0]],
        [np.zeros((1, WIDTH + 1, 3), np.uint8)],
        [np.zeros((HEIGHT + 1, 1, 3), np.uint8)],
    ],
)
def test_a_bad_reply_costs_one_figure(reply):
    workers = FakeWorkers(reply, [GOOD])
    figures, notes = reencode([(2, b"x"), (5, b"y")], workers.start, 9)
    assert [figure.cell for figure in figures] == [5]
    assert notes == ["Cell 2 shows a figure that could not be read."]
    shown = Image.open(io.BytesIO(base64.b64decode(figures[0].png)))
    assert (shown.format, shown.size) == ("PNG", (5, 4))


def test_cells_that_were_handed_out_are_found() -> None:
    exercise = [
        {"cell_type": kind, "source": [text]} for kind, text in [("code", "draw()\n"), ("markdown", "x")]
    ]
    cells = [Cell("code", "draw() "), Cell("code", "draw(1)"), Cell("markdown", "draw()"), Cell("code", "x")]
    assert handed_out(Submission("ada", "x", tuple(cells)), exercise) == {1}


def test_without_figures_no_worker_is_started():
    workers = FakeWorkers()
    assert reencode([], workers.start, 9) == ([], [])
    assert workers.started == 0


def test_all_figures_together_have_a_limit():
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    figures, notes = reencode([(k, b"x") for k in range(3)], FakeWorkers(*[[noise]] * 3).start, 9)
    assert len(figures) + len(notes) == 3
    assert sum(len(figure.png) for figure in figures) <= 2_000_000
    assert notes
