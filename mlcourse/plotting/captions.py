"""Show a figure with its caption and, for readers who cannot see it, a description."""

import base64
import html
import io

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

SHARPNESS = (
    2  # pixels of the picture per pixel of its width on the page: screens of high density show them all
)
N_COLORS = 256
# The least part of its full width that a picture may have: the numbers on its axes are then 11 pixels high. In a
# narrower column it scrolls sideways, but not in JupyterLab in a window of 1280 pixels, where the column has 828.
LEGIBLE, COLUMN = 0.655, 820

FIGURE = """\
<figure style="margin: 0.5em 0; max-width: {width}px; overflow-x: auto">
<img src="data:image/png;base64,{png}" alt="{alt}" style="width: 100%; min-width: {least}px">
<figcaption style="font-size: 0.9em; line-height: 1.4; padding: 0.3em 0">{caption}</figcaption>
</figure>"""


def show(figure: Figure | Axes, caption: str, alt: str) -> None:
    """Show a figure with its caption and alt text, and close it: the last line of a figure cell.

    In a notebook the output is an HTML figure with the picture inside, a plain PNG, and `alt` as text. Outside
    IPython nothing can be shown, so the caption is printed.

    Parameters
    ----------
    figure : the Figure, or any of its Axes
    caption : what to look at, for every reader
    alt : what the figure shows, for readers who cannot see it
    """
    png, width = _render(figure)
    if get_ipython() is None:
        print(caption)
        return
    bundle = {"text/html": _figure_html(png, width, caption, alt), "image/png": png, "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt, "width": width}})


def figure_html(figure: Figure | Axes, caption: str, alt: str) -> str:
    """Return the figure as HTML that holds its picture, caption and alt text. Closes the figure."""
    return _figure_html(*_render(figure), caption, alt)


def _figure_html(png: str, width: int, caption: str, alt: str) -> str:
    texts = {"caption": html.escape(caption), "alt": html.escape(alt)}
    return FIGURE.format(png=png, width=width, least=min(round(LEGIBLE * width), COLUMN), **texts)


def _render(figure: Figure | Axes) -> tuple[str, int]:
    """The picture as base64 PNG, and the width at which it is shown. Closes the figure."""
    figure = figure.figure.canvas.figure  # from an Axes, even of a subfigure, up to the whole figure
    _label_outer_axes(figure)
    png = _photo_png(figure) if _has_photo(figure) else _plot_png(figure)
    plt.close(figure)
    return base64.b64encode(png).decode("ascii"), round(figure.get_figwidth() * figure.dpi)


def _has_photo(figure: Figure) -> bool:
    """Whether an image of the figure has colours of its own: red, green and blue, and no opacity."""
    return any(np.asarray(image.get_array()).shape[2:] == (3,) for image in figure.findobj(AxesImage))


def _photo_png(figure: Figure) -> bytes:
    """The figure as PNG, with all colours, and no more pixels than it is shown with: the photo has few itself."""
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _plot_png(figure: Figure) -> bytes:
    """The figure as a sharp PNG of 256 colours and opacities, a quarter of the size of one with all."""
    drawn, png = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=SHARPNESS * figure.dpi, pil_kwargs={"compress_level": 1})
    Image.open(drawn).quantize(N_COLORS, Image.Quantize.FASTOCTREE).save(png, "PNG")
    return png.getvalue()


def _label_outer_axes(figure: Figure) -> None:
    """Where panels share an axis, keep its label only on the panels that show its numbers."""
    for ax in figure.axes:
        place = ax.get_subplotspec()
        if place is None:
            continue
        if len(ax.get_shared_x_axes().get_siblings(ax)) > 1 and not place.is_last_row():
            ax.set_xlabel("")
        if len(ax.get_shared_y_axes().get_siblings(ax)) > 1 and not place.is_first_col():
            ax.set_ylabel("")
