"""Where a cell's code stands in the notebook, so that an error can be quoted with its line.

IPython turns magics into Python before it compiles a cell, and that may move lines. Here every line keeps its number,
and everything that a cell compiles has the cell's name, `<cell 3>`, whose source `linecache` knows.
"""

import linecache
import re
from typing import Any, NamedTuple

from IPython.core.compilerop import CachingCompiler
from IPython.core.inputtransformer2 import TransformerManager


class LineKeeper(TransformerManager):
    """IPython's transformer of magics, which keeps every line where it is."""

    def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
        """Transform one magic. If it had several lines, fill up with blank ones."""
        changed, new = super().do_one_token_transform(lines)
        saved = len(lines) - len(new)
        if saved > 0:
            at = next((at for at, (line, old) in enumerate(zip(new, lines)) if line != old), len(new) - 1)
            new = [*new[: at + 1], *["\n"] * saved, *new[at + 1 :]]
        return changed, new


class CellCompiler(CachingCompiler):
    """IPython's compiler, which names all code after the cell that is running."""

    def __init__(self) -> None:
        super().__init__()
        self.begin(0, "")

    def begin(self, number: int, source: str) -> None:
        """Name everything that is compiled from now on after this cell."""
        self.source, self.name = source, f"<cell {number}>"
        linecache.cache[self.name] = len(source), None, source.splitlines(keepends=True), self.name

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """Return the name of some code of the cell."""
        return self.name

    def __call__(self, source: Any, filename: str, symbol: str, **options: Any) -> Any:
        """Compile; the body of `%%time` has the cell's name too."""
        is_body = filename.startswith("<timed ") and self.source.lstrip().startswith("%%")
        return super().__call__(source, self.name if is_body else filename, symbol, **options)

    def lines_before(self, part: str) -> int:
        """Count the lines of the cell before the code of this part of it, such as the body of `%%time`."""
        return self.source.count("\n", 0, max(0, self.source.find(part.strip())))


class Place(NamedTuple):
    """A line of a cell that was running when an exception was raised."""

    cell: int
    line: int
    function: str  # the function or class at the top level of a cell that the line is in


def places_of(error: BaseException) -> list[Place]:
    """Return the lines of cells that an exception has passed through, the outermost first."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if found := re.fullmatch(r"<cell (\d+)>", code.co_filename):
            places.append(Place(int(found[1]), trace.tb_lineno, code.co_qualname.partition(".")[0]))
        trace = trace.tb_next
    return places
