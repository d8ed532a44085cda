"""The figures that a notebook has shown, as PNG that we have encoded ourselves.

A student's PNG is decoded in a fresh worker, which has run none of the student's code. Only pixels come back.
"""

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from mlcourse.grading.inside.pictures import HEIGHT, WIDTH
from mlcourse.grading.records.grade import Figure, Submission
from mlcourse.grading.sandbox import Session, WorkerEnded
from mlcourse.typing import Array

COLORS = 256
MAX_TOTAL = 2_000_000  # bytes of all PNGs


def handed_out(submission: Submission, exercise: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """Return the numbers of the code cells that are as they were handed out: what they draw is not the student's."""
    given = {"".join(cell["source"]).strip() for cell in exercise if cell["cell_type"] == "code"}
    return frozenset(
        number
        for number, cell in enumerate(submission.cells, 1)
        if cell.kind == "code" and cell.source.strip() in given
    )


def reencode(
    made: list[tuple[int, bytes]], start: Callable[[], Session], seconds: float
) -> tuple[list[Figure], list[str]]:
    """Return figures as they may be shown, and a note for each that could not be read.

    Parameters
    ----------
    made : list of (int, bytes)
        Cells, and PNGs that they have shown.
    start : callable
        Starts a fresh worker.
    seconds : float
        How long one figure may take.
    """
    figures: list[Figure] = []
    notes: list[str] = []
    session: Session | None = None
    for cell, png in made:
        try:
            session = session or start()
            request = {"do": "picture"}
            _, arrays = session.ask(request, [np.frombuffer(png, np.uint8)], seconds)
        except WorkerEnded:
            session, arrays = None, []
        if len(arrays) == 1 and _is_picture(arrays[0]):
            figures.append(Figure(cell, encoded(arrays[0])))
        else:
            notes.append(f"Cell {cell} shows a figure that could not be read.")
    if session:
        session.end()
    return _within_size(figures, notes)


def encoded(pixels: Array) -> str:
    """Return pixels (height, width, 3) as PNG in Base64."""
    file = io.BytesIO()
    Image.fromarray(pixels).quantize(COLORS, Image.Quantize.FASTOCTREE).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def _is_picture(pixels: Array) -> bool:
    if pixels.dtype.str != "|u1" or pixels.ndim != 3:
        return False
    height, width, colors = pixels.shape
    return bool(0 < height <= HEIGHT and 0 < width <= WIDTH and colors == 3)


def _within_size(figures: list[Figure], notes: list[str]) -> tuple[list[Figure], list[str]]:
    """Leave out the figures after the first MAX_TOTAL bytes."""
    kept, size = [], 0
    for figure in figures:
        size += len(figure.png)
        if size <= MAX_TOTAL:
            kept.append(figure)
        else:
            notes.append(f"Cell {figure.cell} shows a figure that is too large to be kept.")
    return kept, notes
