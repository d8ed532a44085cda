"""What cells show: figures are kept as PNG, everything else is printed as text."""

import binascii
import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import PNGFormatter

from mlcourse.grading.inside.notes import note
from mlcourse.grading.inside.pictures import MAX_FIGURE, MAX_FIGURES, MAX_FIGURES_SIZE

PNG = "image/png"
NOT_DRAWN = b"-"  # in the place of a PNG


class Figures:
    """The figures that a notebook has shown, until there are too many of them."""

    def __init__(self) -> None:
        self.of_cell: dict[object, bytes] = {}  # by the id of the display, which a cell can update
        self.number = self.size = 0  # of those of earlier cells
        self.closed = False  # while an answer is called
        self.drawn = True  # but not while a cell runs that is as it was handed out

    @property
    def full(self) -> bool:
        """Whether no more figures are kept, and so none need to be drawn."""
        return self.closed or self.number + len(self.of_cell) >= MAX_FIGURES

    def add(self, png: object, display_id: object = None) -> None:
        """Keep a figure, as bytes or as text in Base64; one with the same id is replaced."""
        data = _as_bytes(png)
        size = self.size + sum(map(len, self.of_cell.values())) + len(data)
        if not 0 < len(data) <= MAX_FIGURE or size > MAX_FIGURES_SIZE:
            note("large figure")
        elif self.full and display_id not in self.of_cell:
            note("many figures")
        else:
            self.of_cell[display_id or object()] = data

    def take(self, counted: bool = True) -> list[bytes]:
        """Return the figures of a cell and forget them. Those that are not counted take no room from later ones."""
        taken = list(self.of_cell.values())
        if counted:
            self.number, self.size = self.number + len(taken), self.size + sum(map(len, taken))
        self.of_cell.clear()
        return taken


def _as_bytes(png: object) -> bytes:
    """Return the bytes of a PNG that a display has sent; none if it is something else, or far too large."""
    if isinstance(png, bytes):
        return png
    if isinstance(png, str) and len(png) <= 2 * MAX_FIGURE:
        try:
            return binascii.a2b_base64(png)
        except ValueError:  # `binascii.Error`, and characters that are not ASCII
            return b""
    return b""


class Publisher(DisplayPublisher):
    """What `display` calls."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: object = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **options: object,
    ) -> None:
        """Keep a figure, or print the text of anything else."""
        if PNG in data:
            self.shell.figures.add(data[PNG], (transient or {}).get("display_id"))
        elif "text/plain" in data and not update:
            print(data["text/plain"])

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has shown so far."""
        self.shell.figures.of_cell.clear()


class ValueHook(DisplayHook):
    """What shows the value of a cell's last line."""

    shell: Any  # a Shell

    def write_output_prompt(self) -> None:
        """Write no `Out[1]:` before a value."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Show a value as `display` does."""
        self.shell.display_pub.publish(format_dict, md_dict)

    def log_output(self, format_dict: dict[str, Any]) -> None:
        """Keep no copy of the text; `Out` has the values."""


def close_figures() -> None:
    """Close the figures that are open, so that no later cell shows them."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        with contextlib.suppress(Exception):  # nobody misses a figure that cannot be closed
            plt.close("all")


class FigureFormatter(PNGFormatter):
    """Draws figures, as long as they are kept and shown."""

    parent: Any  # the display formatter of a Shell

    def __call__(self, obj: object) -> Any:
        """Return the PNG of an object, if it has one."""
        figures = self.parent.parent.figures
        if type(obj) in self:
            if figures.full:
                note("many figures")
                return None
            if not figures.drawn:
                return NOT_DRAWN
        return super().__call__(obj)


@contextlib.contextmanager
def undrawn(figures: Figures) -> Iterator[None]:
    """Let figures inside the block be counted, not drawn: nobody looks at those of the exercise."""
    captions = sys.modules.get("mlcourse.plotting.captions")
    names = vars(captions) if captions else {"render": None, "blank": None}
    render = names["render"]
    figures.drawn, names["render"] = False, names["blank"]
    try:
        yield
    finally:
        figures.drawn, names["render"] = True, render
