"""What every slider shares: a picture that follows its controls."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import ipywidgets
from matplotlib.figure import Figure

from mlcourse.plotting import figure_html


class Drawing(NamedTuple):
    """What `figure_html` and `show` need: `show(*draw_…(…))` is the printed form of a widget."""

    figure: Figure
    caption: str
    alt: str


def interactive(
    draw: Callable[..., Drawing], controls: dict, bar: ipywidgets.IntProgress | None = None
) -> ipywidgets.VBox:
    """Controls above a picture that is drawn anew when a control's value changes.

    A `bar` stands between them, for a `draw` that takes its time: see `progress`.
    """
    picture = ipywidgets.HTML()

    def redraw(_change=None):
        picture.value = figure_html(*draw(**{name: control.value for name, control in controls.items()}))

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    row = ipywidgets.HBox(list(controls.values()))
    return ipywidgets.VBox([row, picture] if bar is None else [row, bar, picture])


def progress(bar: ipywidgets.IntProgress, items: Iterable) -> Iterator:
    """The items, one after the other; until the last is done the bar is seen, and grows with each.

    Hidden it keeps its place, so that nothing below it jumps.
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
