"""What every widget shares: a picture that follows its controls, and a slider that plays."""

from collections.abc import Callable
from typing import NamedTuple

import ipywidgets
from matplotlib.figure import Figure

from mlcourse.plotting import figure_html


class Drawing(NamedTuple):
    """What `figure_html` and `show` need: `show(*draw_…(…))` is the printed form of a widget."""

    figure: Figure
    caption: str
    alt: str


def interactive(draw: Callable[..., Drawing], controls: dict, toolbar=()) -> ipywidgets.VBox:
    """Controls above a picture that is drawn anew when a control's value changes."""
    picture = ipywidgets.HTML()

    def redraw(_change=None):
        picture.value = figure_html(*draw(**{name: control.value for name, control in controls.items()}))

    for control in controls.values():
        control.observe(redraw, "value")
    redraw()
    return ipywidgets.VBox([ipywidgets.HBox([*toolbar, *controls.values()]), picture])


def stepper(draw: Callable[[int], Drawing], n_frames: int, names=()) -> ipywidgets.VBox:
    """A slider over frames with a play button, and one button for each kind of half step in `names`."""
    last = n_frames - 1
    slider = ipywidgets.IntSlider(0, min=0, max=last, description="step", continuous_update=False)
    play = ipywidgets.Play(max=last, interval=700, show_repeat=False)
    ipywidgets.jslink((play, "value"), (slider, "value"))
    buttons = [_next_button(name, parity, slider) for parity, name in enumerate(names)]
    return interactive(draw, {"frame": slider}, toolbar=[*buttons, play])


def _next_button(name: str, parity: int, slider: ipywidgets.IntSlider) -> ipywidgets.Button:
    """A button that takes the slider one frame on, awake only when it is its turn: at even or odd frames."""
    button = ipywidgets.Button(description=name, tooltip=f"{name}-step", layout={"width": "3em"})

    def wake(_change=None):
        button.disabled = slider.value % 2 != parity or slider.value == slider.max

    def advance(_button):
        slider.value += 1

    button.on_click(advance)
    slider.observe(wake, "value")
    wake()
    return button
