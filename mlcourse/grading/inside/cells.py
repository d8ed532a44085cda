"""Run a notebook's cells as Jupyter would, as far as marking requires. Used inside the sandbox."""

import contextlib
import io
import linecache
import re
import sys
import types
from typing import Any, Self

# `%%time` and similar magics run the rest of the cell as Python; `%%bash`, `%%html` and the others do not.
RUNS_PYTHON = ("time", "timeit", "capture", "prun", "python", "python3")
LINE_MAGIC = re.compile(r"^(\s*)[%!?].*$")
ASSIGNED_MAGIC = re.compile(r"^(\s*)([\w, ]+?)\s*=\s*[%!].*$")
QUESTION = re.compile(r"^(\s*)[\w.]+\?{1,2}\s*$")


class FakeIPython:
    """A stub for `get_ipython()`: its attributes are the stub itself, and calling it does nothing."""

    def __getattr__(self, name: str) -> Self:
        if name.startswith("__"):  # `copy` and others look for these, and must not find them
            raise AttributeError(name)
        return self

    def __call__(self, *args: object, **kwargs: object) -> None:
        return


class OutputTail(io.TextIOBase):
    """A file that keeps only the last `length` characters written to it."""

    def __init__(self, length: int):
        self.length, self.text = length, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text = (self.text + str(text)[-self.length :])[-self.length :]
        return len(text)

    def take(self) -> str:
        """Return the text and forget it."""
        text, self.text = self.text, ""
        return text


def notebook_namespace() -> dict[str, Any]:
    """Return the names that a new notebook starts with."""
    module = types.ModuleType("__main__")  # a module, because dataclasses look up their module by name
    sys.modules["__main__"] = module
    ipython = FakeIPython()
    module.__dict__.update(get_ipython=lambda: ipython, display=print, exit=sys.exit, quit=sys.exit)
    return module.__dict__


def run_cell(source: str, number: int, namespace: dict[str, Any]) -> BaseException | None:
    """Run one cell and return the exception that it raised, if any, even SystemExit."""
    name = f"<cell {number}>"
    try:
        code = compile_cell(source, name)
        exec(code, namespace)
    except BaseException as error:
        return error
    finally:
        close_figures()
    return None


def compile_cell(source: str, name: str) -> types.CodeType:
    """Compile a cell; if it is not valid Python, try again without its magics."""
    try:
        code = compile(source, name, "exec")
    except SyntaxError:
        source = without_magics(source)
        code = compile(source, name, "exec")
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return code


def without_magics(source: str) -> str:
    """Replace IPython's own lines with `pass`, so that line numbers stay the same."""
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        return f"\n{without_magics(rest)}" if first[2:].split(" ")[0].strip() in RUNS_PYTHON else ""
    return "\n".join(_inert(line) for line in source.split("\n"))


def _inert(line: str) -> str:
    if LINE_MAGIC.match(line) or QUESTION.match(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    return ASSIGNED_MAGIC.sub(r"\1\2 = None", line)


def close_figures() -> None:
    """Close the figures of a cell, as a notebook does after showing them."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        with contextlib.suppress(Exception):  # nobody misses a figure that cannot be closed
            plt.close("all")


def place_of(error: BaseException) -> tuple[int, int] | None:
    """Return the cell and line in which an exception was raised, the innermost one if there are several."""
    place: tuple[int, int] | None = None
    trace = error.__traceback__
    while trace is not None:
        found = re.fullmatch(r"<cell (\d+)>", trace.tb_frame.f_code.co_filename)
        if found:
            place = int(found[1]), trace.tb_lineno
        trace = trace.tb_next
    return place
