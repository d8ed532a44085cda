"""The IPython shell that runs a notebook's cells, as Jupyter's kernel would.

It has no terminal, no profile, no history on disk and no colours, and there are no programs that it could start. What
a cell prints and shows is kept by `OutputTail` and `display.Figures`; what it raises is returned.
"""

import ast
import builtins
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from IPython.core.autocall import ZMQExitAutocall
from IPython.core.extensions import ExtensionManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.external.pickleshare import PickleShareDB
from IPython.utils.text import LSString, SList
from traitlets import Type, default
from traitlets.config import Config

from mlcourse.grading.inside import absent
from mlcourse.grading.inside.display import PNG, FigureFormatter, Figures, Publisher, ValueHook
from mlcourse.grading.inside.lines import CellCompiler, LineKeeper, places_of
from mlcourse.grading.inside.notes import note

INSTALLERS = ("pip", "conda", "mamba", "micromamba", "uv")
END = sys.maxsize  # below the last line of a cell
NO_PROGRAM = "There are no programs here: the notebook runs in a sandbox."


class OutputTail(io.TextIOBase):
    """A file that keeps only the last `length` characters written to it."""

    encoding = "utf-8"

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


class Extensions(ExtensionManager):
    """Loads extensions of IPython; one that is not installed costs only what it would have added."""

    def load_extension(self, module_str: str) -> str | None:
        """Load an extension by the name of its module."""
        try:
            loaded: str | None = super().load_extension(module_str)
        except ModuleNotFoundError:
            note("extension", module_str)
            return None
        return loaded


class Shell(InteractiveShell):
    """The shell of one notebook; there is one in each process.

    Parameters
    ----------
    folder : str
        An existing folder. IPython needs one, and writes nothing to it.
    """

    compiler_class = Type(CellCompiler)
    display_pub_class = Type(Publisher)
    displayhook_class = Type(ValueHook)
    display_formatter: Any  # these two are always there
    history_manager: Any

    def __init__(self, folder: str, **options: Any):
        self.figures = Figures()
        self.shown: BaseException | None = None  # what IPython would have printed the traceback of
        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        super().__init__(ipython_dir=folder, config=config, colors="nocolor", **options)
        self.input_transformer_manager = LineKeeper()
        setattr(builtins, absent.HELPER, absent)
        self.guard = absent.GuardedLines()
        self.ast_transformers.append(self.guard)
        self.builtin_trap.__enter__()  # functions of a cell can use `get_ipython` and `display` later, too
        self.enable_matplotlib()
        self.run_line_magic("load_ext", "storemagic")

    def run(self, number: int, source: str) -> BaseException | None:
        """Run a cell and return the exception that it raised, if any, even SystemExit."""
        self.compile.begin(number, source)
        self.shown = None
        self.guard.imports.clear()
        error = self._run(source)
        if error is not None:
            with suppress(BaseException):  # a module of the student's may raise anything
                self._import_below(error)
        return error

    def _run(self, source: str) -> BaseException | None:
        try:
            # Not what a cell may have put in its place.
            result = super().run_cell(source, store_history=True)
            return result.error_before_exec or result.error_in_exec or self.shown
        except BaseException as error:  # also what IPython does not catch, after a cell has damaged it
            return error

    def _import_below(self, error: BaseException) -> None:
        """Run the import statements of a cell below the line that has failed: other cells need them."""
        line = next((place.line for place in places_of(error)), END)
        below = [one for one in self.guard.imports if one.lineno > line]
        for statement in below:
            with suppress(Exception):  # only what uses it fails
                exec(compile(ast.Module([statement], []), self.compile.name, "exec"), self.user_ns)
        if below:
            note("imports below")

    def take_place(self, folder: str) -> None:
        """Let cells find their own files and modules in a folder, as in Jupyter."""
        sys.path.insert(0, "")
        self.history_manager.dir_hist[:] = [Path(folder)]

    # ── what IPython does in a sandbox ──

    def init_profile_dir(self, profile_dir: object) -> None:
        """Have no profile."""

    @property  # type: ignore[misc]  # nobody sets it
    def db(self) -> PickleShareDB:
        """Where `%store` keeps variables: in the notebook's own folder."""
        return PickleShareDB(str(Path(".ipython", "db").absolute()))

    def init_extension_manager(self) -> None:
        """Load no extension that is not there."""
        self.extension_manager = Extensions(shell=self, parent=self)
        self.configurables.append(self.extension_manager)

    def init_display_formatter(self) -> None:
        """Compute only what is kept: text, and figures as PNG."""
        super().init_display_formatter()
        self.display_formatter.formatters[PNG] = FigureFormatter(parent=self.display_formatter)
        self.display_formatter.active_types = ["text/plain", PNG]

    def init_magics(self) -> None:
        """Import all magics now, and replace those that start programs."""
        super().init_magics()
        self.magics_manager.load_all_lazy_magics()
        register = self.magics_manager.register_function
        for name in INSTALLERS:
            register(lambda line, name=name: self.system(f"{name} {line}"), "line", name)
        for name in self.magics_manager.registry["ScriptMagics"].magics["cell"]:
            register(lambda line, cell, name=name: no_script(name), "cell", name)

    def transform_cell(self, raw_cell: str) -> str:
        """Turn magics into Python, with every line where it is in the cell."""
        code: str = super().transform_cell(raw_cell)
        before: int = self.compile.lines_before(raw_cell)
        return "\n" * before + code

    @contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """Keep no copy of what a cell prints."""
        yield

    def showtraceback(self, exc_tuple: Any = None, *args: object, **options: object) -> None:
        """Remember an exception: the parent is told, and the page quotes the line."""
        _, self.shown, _ = self._get_exc_info(exc_tuple)  # which `%tb` and `%debug` need, too

    def _format_exception_for_storage(self, *args: object, **options: object) -> dict[str, Any]:
        """Keep no text of an exception either: it takes a tenth of a second to write."""
        return {}

    def showsyntaxerror(self, *args: object, **options: object) -> None:
        """Remember a syntax error."""
        self.showtraceback()

    @default("exiter")
    def _exiter_default(self) -> ZMQExitAutocall:
        return ZMQExitAutocall(self)

    def ask_exit(self) -> None:
        """Go on after `exit` and `quit`, which Jupyter does to the end of the cell."""
        note("exit")

    def enable_gui(self, gui: object = None) -> None:
        """Have no windows."""

    def enable_matplotlib(self, gui: object = None) -> tuple[Any, Any]:
        """Show figures below their cell, whatever `%matplotlib` asks for."""
        found: tuple[Any, Any] = super().enable_matplotlib("inline")
        return found

    # ── programs ──

    def system(self, cmd: str) -> None:
        """Say that there is no program to start: `!ls`."""
        note("program", cmd)
        print(NO_PROGRAM)
        self.user_ns["_exit_code"] = 127  # as a shell says that a program is not found

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList | LSString:
        """Return nothing, as from a program without output: `files = !ls`."""
        note("program", cmd)
        return SList() if split else LSString("")


def no_script(name: str) -> None:
    """Say that a cell in another language does not run: `%%bash`."""
    note("script", name)
    print(NO_PROGRAM, file=sys.stderr)
