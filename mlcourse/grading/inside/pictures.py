"""Read a PNG that a student's code has made, in a worker that has run none of it."""

import io

import numpy as np
from PIL import Image

from mlcourse.typing import Array

# The parent needs these, and does without IPython.
MAX_FIGURES = 12  # of a notebook
MAX_FIGURE = 300_000  # bytes of one
MAX_FIGURES_SIZE = 2_000_000  # bytes of all
MAX_PIXELS = 20_000_000  # of the image as it is
WIDTH, HEIGHT = 1000, 2000  # at most, of the image as it is shown


def pixels_of(png: bytes) -> Array | None:
    """Return an image on white, at most WIDTH wide and HEIGHT high, or None if it cannot be read.

    Returns
    -------
    array (height, width, 3) of uint8
    """
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                return None
            drawn = image.convert("RGBA")
        paper = Image.new("RGB", drawn.size, "white")
        paper.paste(drawn, mask=drawn.getchannel("A"))
        paper.thumbnail((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
        return np.asarray(paper)
    except Exception:  # whatever an untrusted file makes Pillow raise
        return None
