"""What a cell shows, as a page can load it: pictures and scripts in files, and of a slider its first view."""

import base64
import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_output
from PIL import Image, ImageChops, ImageStat

from mlcourse.checks.atomic import write_atomically

PICTURE = re.compile(r'<img src="data:image/png;base64,(?P<data>[A-Za-z0-9+/=\s]+)"')
SCRIPT = re.compile(r"<script>(?P<text>.*?)</script>", re.DOTALL)
LINK = re.compile(r"""(?P<start><a [^>]*href=["'])(?P<page>[\w./-]+)\.ipynb(?=[#"'])""")
SUMMARY = re.compile(r"<summary>.*?</summary>", re.DOTALL)  # a button: a link inside it could not be reached
# The button of a check's card looks for a hint in the notebook.
BUTTON = re.compile(r"<button\b[^>]*\bonclick=[^>]*>(?P<words>.*?)</button>", re.DOTALL)
LINK_TAG = re.compile(r"</?a\b[^>]*>")
WIDGET = "application/vnd.jupyter.widget-view+json"
# What a player says below its still picture, where scripts do not run: in a notebook, and on a page.
IN_NOTEBOOK = re.compile(
    r"This is a still picture: to get the interactive one, trust this notebook, so\s+that\s+it\s+may run scripts\."
)
ON_PAGE = "This is a still picture; the interactive one needs scripts."
FIGURE = re.compile(r"<figure\b.*?</figure>", re.DOTALL)
CAPTION = re.compile(r"<figcaption.*?</figcaption>", re.DOTALL)
SIDE = re.compile(  # not "at the lower left": that is a place within a panel
    r"(?<![\w,;] )\b(?:Left|Middle|Right)(?=[,:])|(?<=; )(?:left|middle|right)(?=[,:])"
    r"|(?<=\()(?:left|middle|right)(?=\))|\b[Oo]n the (?:left|right)(?=[,:])|\bfrom left to right\b"
)
STACKED = {
    "Left": "Top",
    "Middle": "Middle",
    "Right": "Bottom",
    "left": "top",
    "middle": "middle",
    "right": "bottom",
    "On the left": "At the top",
    "On the right": "At the bottom",
    "on the left": "at the top",
    "on the right": "at the bottom",
    "from left to right": "from top to bottom",
}
MAX_DIFFERENCE = 3
PLOT = "What the code above draws"  # of a figure that says nothing about itself
SLIDER_ALONE = (
    '<p class="slider-note">In Jupyter, this cell shows sliders, and a picture that follows them.</p>'
)
SLIDER_NOTE = '<p class="slider-note">In Jupyter, sliders change this picture.</p>'


class Files:
    """A folder of files named after what they are made from, and the address of each from the pages of one folder.

    Parameters
    ----------
    folder : Path
        Where the files go.
    address : str
        The address of that folder as pages write it, such as "../_static/lessons".
    """

    def __init__(self, folder: Path, address: str):
        self.folder, self.address = folder, address
        self.names = set[str]()
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, original: bytes, suffix: str, made: Callable[[bytes], bytes] = bytes) -> str:
        """Write what is made from some bytes, unless it is there, and return its address."""
        name = hashlib.sha256(original).hexdigest()[:20] + suffix
        self.names.add(name)
        path = self.folder / name
        if not path.exists():
            write_atomically(path, made(original), durable=False)
        return f"{self.address}/{name}"

    def remove_others(self) -> None:
        """Remove files of earlier builds."""
        for path in self.folder.iterdir():
            if path.name not in self.names:
                path.unlink()


def for_page(cell: NotebookNode, widgets: dict[str, Any], files: Files) -> list[NotebookNode]:
    """Return a cell's outputs for a page."""
    return [shown for output in cell.outputs for shown in converted(output, widgets, files)]


def converted(output: NotebookNode, widgets: dict[str, Any], files: Files) -> list[NotebookNode]:
    """Return what a page shows instead of one output: streams and plain text as they are, the rest as HTML."""
    data = output.get("data", {})
    if WIDGET in data:
        return first_view(data[WIDGET]["model_id"], widgets, files)
    if "text/html" in data:
        return [new_output("display_data", {"text/html": in_files("".join(data["text/html"]), files)})]
    if "image/png" in data:
        tag = picture(base64.b64decode(data["image/png"]), files)
        return [new_output("display_data", {"text/html": f'<figure>{tag} alt="{PLOT}"></figure>'})]
    return [output]


def first_view(model: str, widgets: dict[str, Any], files: Files) -> list[NotebookNode]:
    """Return what a slider shows before anybody moves it, if it is kept, and a note that it moves in Jupyter."""
    inner = [shown for output in outputs_below(model, widgets) for shown in converted(output, widgets, files)]
    note = SLIDER_NOTE if inner else SLIDER_ALONE
    return [*inner, new_output("display_data", {"text/html": note})]


def outputs_below(model: str, widgets: dict[str, Any]) -> list[NotebookNode]:
    """Return what a widget, or one inside it, has captured or shows as HTML."""
    widget = widgets.get(model, {})
    state = widget.get("state", {})
    children = [child.removeprefix("IPY_MODEL_") for child in state.get("children", [])]
    own = [NotebookNode(output) for output in state.get("outputs", [])]
    if widget.get("model_name") == "HTMLModel":
        own.append(new_output("display_data", {"text/html": state.get("value", "")}))
    return own + [output for child in children for output in outputs_below(child, widgets)]


def in_files(html: str, files: Files) -> str:
    """Move the pictures and scripts in HTML to files."""
    html = PICTURE.sub(lambda found: picture(base64.b64decode(found["data"]), files), html)
    html = SCRIPT.sub(lambda found: script(found["text"], files), html)
    html = BUTTON.sub(r"\g<words>", html)
    html = SUMMARY.sub(lambda found: LINK_TAG.sub("", found[0]), html)
    html = FIGURE.sub(with_sides, html)
    return IN_NOTEBOOK.sub(ON_PAGE, LINK.sub(r"\g<start>\g<page>.html", html))


def with_sides(figure: re.Match[str]) -> str:
    """Let the caption of a row of panels also say where each is in a narrow column, below one another.

    The style sheet of the site shows one word of the two.
    """
    if figure[0].count("<img") < 2 or figure[0].count("<div") != 1:
        return figure[0]
    pair = '<span class="beside">{}</span><span class="stacked">{}</span>'
    return CAPTION.sub(
        lambda words: SIDE.sub(lambda side: pair.format(side[0], STACKED[side[0]]), words[0]), figure[0]
    )


def picture(png: bytes, files: Files) -> str:
    """Write a picture as lossless WebP; return the start of its tag, with its size so that nothing moves later."""
    width, height = Image.open(io.BytesIO(png)).size
    address = files.add(png, ".webp", as_webp)
    return f'<img src="{address}" width="{width}" height="{height}" loading="lazy" decoding="async"'


def as_webp(png: bytes) -> bytes:
    """Return a picture in a third of the bytes: in 256 colours, unless that can be seen, as it can in photographs."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    fewer = picture.quantize(256, Image.Quantize.FASTOCTREE).convert("RGBA")
    webp = io.BytesIO()
    best = fewer if rms_difference(picture, fewer) < MAX_DIFFERENCE else picture
    best.save(webp, "WEBP", lossless=True, quality=60, method=4)
    return webp.getvalue()


def rms_difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much two pictures of the same size differ on a black page, in steps of 255."""
    page = Image.new("RGBA", one.size, "black")
    difference = ImageChops.difference(*(Image.alpha_composite(page, each) for each in (one, other)))
    return float(np.mean(np.square(ImageStat.Stat(difference).rms[:3])) ** 0.5)


def script(text: str, files: Files) -> str:
    """Write a script, and return its tag."""
    return f'<script src="{files.add(text.encode(), ".js")}"></script>'
