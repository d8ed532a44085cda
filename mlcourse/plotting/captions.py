"""Show a figure with its caption and, for readers who cannot see it, its description."""

import base64
import html
import io

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FIGURE = """\
<figure style="margin: 0.5em 0; max-width: {width}px">
<img src="data:image/png;base64,{png}" alt="{alt}" style="width: 100%">
<figcaption style="font-size: 0.9em; line-height: 1.4; padding: 0.3em 0">{caption}</figcaption>
</figure>"""


def show(figure: Figure | Axes, caption: str, alt: str) -> None:
    """End a lesson's cell with this: show the figure, its caption and its alt text, and close it.

    In a notebook the output is an HTML figure with the picture inside, beside a plain PNG and, as text,
    `alt`. Outside IPython there is nothing to show it on, so the caption is printed.

    Parameters
    ----------
    figure : the Figure, or any Axes in it
    caption : what to look at, for every reader
    alt : what there is to see, for readers who cannot see it
    """
    png, width = _render(figure)
    if get_ipython() is None:
        print(caption)
        return
    bundle = {"text/html": _figure_html(png, width, caption, alt), "image/png": png, "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt, "width": width}})


def figure_html(figure: Figure | Axes, caption: str, alt: str) -> str:
    """The figure as a piece of HTML that carries its picture, caption and alt text. Closes the figure."""
    return _figure_html(*_render(figure), caption, alt)


def _figure_html(png: str, width: int, caption: str, alt: str) -> str:
    return FIGURE.format(png=png, width=width, caption=html.escape(caption), alt=html.escape(alt))


def _render(figure: Figure | Axes) -> tuple[str, int]:
    """The picture as base64 PNG, its width in pixels, and the figure closed."""
    figure = figure.figure.canvas.figure  # from an Axes, even of a subfigure, up to the whole figure
    _label_outer_axes(figure)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    plt.close(figure)
    return base64.b64encode(png.getvalue()).decode("ascii"), round(figure.get_figwidth() * figure.dpi)


def _label_outer_axes(figure: Figure) -> None:
    """Where panels share an axis, its name stands once, beside the numbers."""
    for ax in figure.axes:
        place = ax.get_subplotspec()
        if place is None:
            continue
        if len(ax.get_shared_x_axes().get_siblings(ax)) > 1 and not place.is_last_row():
            ax.set_xlabel("")
        if len(ax.get_shared_y_axes().get_siblings(ax)) > 1 and not place.is_first_col():
            ax.set_ylabel("")
