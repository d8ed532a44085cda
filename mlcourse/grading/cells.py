"""Run a notebook's cells as Jupyter would, as far as marking needs it. For inside the sandbox."""

import contextlib
import io
import linecache
import re
import sys
import types

# `%%time` and its like run the cell beneath them; `%%bash`, `%%html` and the others hold another language.
RUNS_PYTHON = ("time", "timeit", "capture", "prun", "python", "python3")
LINE_MAGIC = re.compile(r"^(\s*)[%!?].*$")
ASSIGNED_MAGIC = re.compile(r"^(\s*)([\w, ]+?)\s*=\s*[%!].*$")
QUESTION = re.compile(r"^(\s*)[\w.]+\?{1,2}\s*$")


class Anything:
    """Takes every call and gives back itself: `check` and `get_ipython()` where nothing is to be checked or shown."""

    def __getattr__(self, name):
        if name.startswith("__"):  # copying and its like ask for these, and must hear that there are none
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        return None


class Tail(io.TextIOBase):
    """A file that keeps the end of what is written to it, and no more."""

    def __init__(self, length: int):
        self.length, self.text = length, ""

    def writable(self):
        return True

    def write(self, text):
        self.text = (self.text + str(text)[-self.length :])[-self.length :]
        return len(text)

    def take(self) -> str:
        """What is there; it is gone afterwards."""
        text, self.text = self.text, ""
        return text


def notebook_namespace() -> dict:
    """The names that a fresh notebook has."""
    module = types.ModuleType("__main__")  # a module, because dataclasses look up their module by name
    sys.modules["__main__"] = module
    ipython = Anything()
    module.__dict__.update(get_ipython=lambda: ipython, display=print, exit=sys.exit, quit=sys.exit)
    return module.__dict__


def run_cell(source: str, number: int, namespace: dict) -> BaseException | None:
    """Run one cell. What it raises is given back, even an order to exit."""
    name = f"<cell {number}>"
    try:
        code = compile_cell(source, name)
        exec(code, namespace)
    except BaseException as error:
        return error
    finally:
        close_figures()
    return None


def compile_cell(source: str, name: str):
    """A cell as code; one that is not Python as it stands is tried again without its magics."""
    try:
        code = compile(source, name, "exec")
    except SyntaxError:
        source = without_magics(source)
        code = compile(source, name, "exec")
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return code


def without_magics(source: str) -> str:
    """The cell with IPython's own lines made inert: each stays a line, so that line numbers stay right."""
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        return f"\n{without_magics(rest)}" if first[2:].split(" ")[0].strip() in RUNS_PYTHON else ""
    return "\n".join(_inert(line) for line in source.split("\n"))


def _inert(line: str) -> str:
    if LINE_MAGIC.match(line) or QUESTION.match(line):
        return re.match(r"\s*", line)[0] + "pass"
    return ASSIGNED_MAGIC.sub(r"\1\2 = None", line)


def close_figures() -> None:
    """Close what a cell has drawn, as a notebook does when it has shown it."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        with contextlib.suppress(Exception):  # a drawing that cannot be closed is nobody's loss here
            plt.close("all")


def place_of(error: BaseException) -> tuple[int, int] | None:
    """The cell and the line in it from which an exception came, the innermost of them."""
    place, trace = None, error.__traceback__
    while trace is not None:
        found = re.fullmatch(r"<cell (\d+)>", trace.tb_frame.f_code.co_filename)
        if found:
            place = int(found[1]), trace.tb_lineno
        trace = trace.tb_next
    return place
