"""Show a figure with its caption and, for readers who cannot see it, a description."""

import base64
import html
import io
import math
import re
from collections.abc import Iterable
from itertools import chain, pairwise, repeat
from typing import NamedTuple, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

Rows: TypeAlias = list[list[Image.Image]]

SHARPNESS = 2  # pixels of the picture per pixel of its width on the page: screens of high density show both
N_COLORS = 256
# The least part of its full width that a panel has beside others: the numbers on its axes are then 11 pixels high.
# In a narrower column the panels stand below one another, but not in JupyterLab in a window of 1280 pixels, where
# the column has 828. Panels without axes, such as digits, may be smaller. A panel alone always fits the column.
LEGIBLE, COLUMN = 0.655, 820
WITHOUT_AXES = 0.3
MOST_NUMBERED = 4  # panels in a row
CODE = re.compile(r"`([^`]+)`")
# The most blank space above and below a row of panels, in pixels of the page.
MARGIN = 20

FIGURE = """\
<figure style="margin: 0.5em 0; max-width: {width}px">
{rows}
<figcaption style="font-size: 0.9em; line-height: 1.4; padding: 0.3em 0">{caption}</figcaption>
</figure>"""
ROW = '<div style="display: flex; flex-wrap: wrap; align-items: flex-start">{panels}</div>'
PANEL = (
    '<img src="data:image/png;base64,{png}" alt="{alt}" '
    'style="flex: {width} 1 {least}px; min-width: 0; max-width: {width}px">'
)


class Rendered(NamedTuple):
    """The picture of a figure."""

    picture: Image.Image
    rows: Rows  # the same in panels, row by row
    width: int  # on the page
    legible: float  # the least part of its width that a panel has beside others


def show(figure: Figure | Axes, caption: str, alt: str) -> None:
    """Show a figure with its caption and alt text, and close it: the last line of a figure cell.

    In a notebook the output is an HTML figure with the picture inside, a plain PNG, and `alt` as text. Outside
    IPython nothing can be shown, so the caption is printed.

    Parameters
    ----------
    figure : the Figure, or any of its Axes
    caption : what to look at, for every reader; `words` in backquotes are shown as code
    alt : what the figure shows, for readers who cannot see it
    """
    rendered = render(figure)
    if get_ipython() is None:
        print(caption)
        return
    page = _figure_html(rendered, caption, alt)
    bundle = {"text/html": page, "image/png": _base64(rendered.picture), "text/plain": alt}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt, "width": rendered.width}})


def figure_html(figure: Figure | Axes, caption: str, alt: str) -> str:
    """Return the figure as HTML that holds its picture, caption and alt text. Closes the figure.

    Panels are pictures of their own, so that they wrap in a narrow column. `alt` belongs to the first of them.
    """
    return _figure_html(render(figure), caption, alt)


def _figure_html(rendered: Rendered, caption: str, alt: str) -> str:
    picture, rows, width, legible = rendered
    scale = width / picture.width
    alts = chain([html.escape(alt)], repeat(""))
    shown = [
        ROW.format(
            panels="".join(
                PANEL.format(
                    png=_base64(panel),
                    alt=next(alts),
                    width=f"{scale * panel.width:g}",
                    least=f"{legible * scale * panel.width:.0f}",
                )
                for panel in row
            )
        )
        for row in rows
    ]
    words = CODE.sub(r"<code>\1</code>", html.escape(caption))
    return FIGURE.format(width=width, rows="\n".join(shown), caption=words)


def render(figure: Figure | Axes) -> Rendered:
    """Return the picture of a figure, whole and in panels. Closes the figure."""
    figure = figure.figure.canvas.figure  # from an Axes, even of a subfigure, up to the whole figure
    width = round(figure.get_figwidth() * figure.dpi)
    has_photo = any(_is_photo(image) for image in figure.findobj(AxesImage))
    _label_shared_axes(figure)
    picture = _drawn(figure, 1 if has_photo else SHARPNESS)
    if not has_photo:  # a photo has few pixels itself, but keeps all its colours
        picture = _with_few_colors(picture)
    rows = _panels(picture, figure)
    plt.close(figure)
    has_numbers = any(ax.axison for ax in figure.axes)
    return Rendered(picture, rows, width, min(LEGIBLE, COLUMN / width) if has_numbers else WITHOUT_AXES)


def blank(figure: Figure | Axes) -> Rendered:
    """Return a picture of one pixel, where nobody looks at the figure. Closes the figure."""
    plt.close(figure.figure.canvas.figure)
    picture = Image.new("RGBA", (1, 1))
    return Rendered(picture, [[picture]], 1, 1)


def _is_photo(image: AxesImage) -> bool:
    """Whether an image has colours of its own: red, green and blue, and no opacity."""
    return np.asarray(image.get_array()).shape[2:] == (3,)


def _drawn(figure: Figure, sharpness: int) -> Image.Image:
    """The figure as `savefig` draws it; but that draws it twice, and settles the layout each time."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(sharpness * figure.dpi)
    if plt.rcParams["savefig.facecolor"] != "auto":
        figure.set_facecolor(plt.rcParams["savefig.facecolor"])
    if (layout := figure.get_layout_engine()) is not None:
        for _ in range(2):  # titles of axes with equal scales are in place only after the first
            layout.execute(figure)
        figure.set_layout_engine("none")
    canvas.draw()
    return Image.fromarray(np.array(canvas.buffer_rgba()))


def _with_few_colors(picture: Image.Image) -> Image.Image:
    """The RGBA picture with its own colours, or, if there are more than 256, with the nearest of 256.

    It has a third of the bytes then. Half of the 256 are the commonest. An octree chooses the other half: it would
    use few of 256, and tint the greys.
    """
    pixels = np.ascontiguousarray(picture).view(np.uint32)[..., 0]
    drawn = pixels != pixels[0, 0]  # the background is most of a picture, and is not sorted
    packed, index, counts = np.unique(pixels[drawn], return_inverse=True, return_counts=True)
    packed, index = np.append(packed, pixels[0, 0]), np.append(index, len(packed))
    counts = np.append(counts, pixels.size - len(index) + 1)
    palette = colors = packed.view(np.uint8).reshape(-1, 4)
    if len(colors) > N_COLORS:
        common, rare = np.split(colors[np.argsort(-counts, kind="stable")], [N_COLORS // 2])
        octree = Image.fromarray(rare[np.newaxis]).quantize(N_COLORS // 2, Image.Quantize.FASTOCTREE)
        palette = np.concatenate([common, np.unique(np.asarray(octree.convert("RGBA"))[0], axis=0)])
        index = KDTree(_seen(palette)).query(_seen(colors))[1][index]
    numbers = np.full(pixels.shape, index[-1], dtype=np.uint8)
    numbers[drawn] = index[:-1]
    few = Image.fromarray(numbers)
    few.putpalette(palette.tobytes(), "RGBA")
    return few


def _seen(colors: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Colours (n, 4) with red, green and blue times the opacity, so that those that look alike are near."""
    return np.column_stack([colors[:, :3] * (colors[:, 3:] / 255), colors[:, 3]])


def _base64(picture: Image.Image) -> str:
    png = io.BytesIO()
    picture.save(png, "PNG")
    return base64.b64encode(png.getvalue()).decode("ascii")


def _panels(picture: Image.Image, figure: Figure) -> Rows:
    """The picture cut into rows, and these into panels, where nothing is drawn between the axes.

    A figure with a colour bar, which belongs to other axes, stays whole.
    """
    if len(figure.axes) < 2 or any(ax.get_label() == "<colorbar>" for ax in figure.axes):
        return [[picture]]
    scale = picture.width / figure.bbox.width
    drawn = [*figure.axes, *figure.legends, *figure.texts]
    boxes = [np.multiply(box.extents, scale) for one in drawn if (box := one.get_tightbbox()) is not None]
    pixels = np.asarray(picture)  # numbers of colours; of a photo, red, green, blue and opacity
    blank = pixels == pixels[0, 0] if pixels.ndim == 2 else (pixels == pixels[0, 0]).all(axis=2)
    height = picture.height
    rows = []
    for top, bottom in pairwise(
        _cuts([(height - y1, height - y0) for _, y0, _, y1 in boxes], blank.all(axis=1))
    ):
        spans = [(x0, x1) for x0, y0, x1, y1 in boxes if top <= height - (y0 + y1) / 2 < bottom]
        columns = _cuts(spans, blank[top:bottom].all(axis=0))
        drawn_rows = top + np.flatnonzero(~blank[top:bottom].all(axis=1))
        if len(drawn_rows):  # axes of equal scales leave blank space above and below
            margin = round(MARGIN * scale)
            top, bottom = max(top, drawn_rows[0] - margin), min(bottom, drawn_rows[-1] + margin)
        rows.append([picture.crop((left, top, right, bottom)) for left, right in pairwise(columns)])
    return rows if any(len(row) > 1 for row in rows) else [[picture]]


def _cuts(spans: Iterable[tuple[float, float]], blank: NDArray[np.bool_]) -> list[int]:
    """Both ends of a picture and, between spans that do not overlap, the middle, if the picture is blank there."""
    cuts, end = [0], math.inf
    for low, high in sorted(spans):
        if low > end and blank[middle := round((low + end) / 2)]:
            cuts.append(middle)
        end = high if end == math.inf else max(end, high)
    return [*cuts, len(blank)]


def _label_shared_axes(figure: Figure) -> None:
    """Where panels share an axis, keep its label at the edge of the figure, but its numbers on every panel.

    In a narrow column a panel stands by itself. Only many small panels in a row leave the numbers out.
    """
    for ax in figure.axes:
        place = ax.get_subplotspec()
        if place is None:
            continue
        numbered = place.get_gridspec().ncols <= MOST_NUMBERED
        if len(ax.get_shared_x_axes().get_siblings(ax)) > 1 and not place.is_last_row():
            ax.set_xlabel("")
            ax.tick_params(labelbottom=numbered)
        if len(ax.get_shared_y_axes().get_siblings(ax)) > 1 and not place.is_first_col():
            ax.set_ylabel("")
            ax.tick_params(labelleft=numbered)
