"""Shared by all sliders: a picture that is redrawn when a control changes."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

import ipywidgets
from matplotlib.figure import Figure

from mlcourse.plotting import figure_html

T = TypeVar("T")


class Drawing(NamedTuple):
    """A figure, its caption and its alt text: `show(*draw_…(…))` shows one without a widget."""

    figure: Figure
    caption: str
    alt: str


def interactive(
    draw: Callable[..., Drawing],
    controls: dict[str, ipywidgets.ValueWidget],
    bar: ipywidgets.IntProgress | None = None,
) -> ipywidgets.VBox:
    """Put controls above a picture that is redrawn when the value of a control changes.

    Pass a `bar` when `draw` is slow: it goes between controls and picture. See `progress`.
    """
    picture = ipywidgets.HTML()

    def redraw(_change: object = None) -> None:
        picture.value = figure_html(*draw(**{name: control.value for name, control in controls.items()}))

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    row = ipywidgets.HBox(list(controls.values()))
    return ipywidgets.VBox([row, picture] if bar is None else [row, bar, picture])


def progress(bar: ipywidgets.IntProgress, items: Iterable[T]) -> Iterator[T]:
    """Yield the items, and show in the bar how many of them are done.

    After the last item the bar is hidden, but keeps its space, so that nothing below it jumps.
    """
    items = list(items)
    bar.value, bar.max = 0, len(items)
    bar.layout.visibility = "visible"
    try:
        for item in items:
            yield item
            bar.value += 1
    finally:
        bar.layout.visibility = "hidden"
