"""Functions of Python that cannot work in a sandbox: they do nothing where that is harmless, or say what is missing.

They are for honest notebooks, and protect nothing: the kernel refuses what they replace. Those that start processes
or use the network are only wrapped, so the kernel is still asked.
"""

import builtins
import functools
import getpass
import multiprocessing.process
import multiprocessing.synchronize
import os
import site
import socket
import subprocess
from collections.abc import Callable
from typing import Any, TypeAlias

from mlcourse.grading.inside.notes import note

Function: TypeAlias = Callable[..., Any]

MAX_LINES = 100  # of input, before it ends: a cell may ask again and again until it gets a number
NO_PROCESS = "no process can be started here: the notebook runs in a sandbox"
NO_NETWORK = "there is no network here: the notebook runs in a sandbox"

REFUSED: tuple[tuple[Any, str, str], ...] = (
    (subprocess.Popen, "__init__", NO_PROCESS),
    (multiprocessing.process.BaseProcess, "start", NO_PROCESS),
    (multiprocessing.synchronize.SemLock, "__init__", NO_PROCESS),
    (socket, "getaddrinfo", NO_NETWORK),
)


def install(folder: str) -> None:
    """Replace the functions in this process, whose own files are those in `folder`."""
    builtins.input = getpass.getpass = Input().line
    for owner, name, sentence in REFUSED:
        setattr(owner, name, explained(getattr(owner, name), sentence))
    install_site_builtins()
    os.system = noted(os.system)
    os.chmod = without_effect(os.chmod, folder)
    os.utime = without_effect(os.utime, folder)
    os.listxattr = lambda *args, **options: []  # no file here has extended attributes


def install_site_builtins() -> None:
    """Add `help`, `copyright`, `credits` and `license`: the interpreter runs without `site`, which has them.

    `exit` and `quit` are the shell's.
    """
    site.sethelper()
    site.setcopyright()


class Input:
    """A user who always presses Enter, but not for ever."""

    def __init__(self) -> None:
        self.left = MAX_LINES

    def line(self, prompt: object = "", *args: object, **options: object) -> str:
        """Return an empty line. Raises EOFError in the end."""
        note("input")
        print(prompt)
        self.left -= 1
        if self.left < 0:
            raise EOFError("nobody answers here: the notebook runs in a sandbox")
        return ""


def explained(function: Function, sentence: str) -> Function:
    """Return the function with a clear message when the kernel refuses what it does."""

    @functools.wraps(function)
    def attempt(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except OSError as error:
            raise type(error)(error.errno, sentence) from error

    return attempt


def noted(system: Function) -> Function:
    """Return `os.system` with a note when it fails: it raises nothing."""

    @functools.wraps(system)
    def attempt(command: Any) -> Any:
        status = system(command)
        if status:
            note("program", str(command))
        return status

    return attempt


def without_effect(function: Function, folder: str) -> Function:
    """Return a function that changes a file's mode or times, and does nothing to the notebook's own files instead.

    For other files it is as refused as ever.
    """

    @functools.wraps(function)
    def attempt(path: Any, *args: Any, **options: Any) -> None:
        try:
            function(path, *args, **options)
        except PermissionError:
            os.stat(path)  # raises FileNotFoundError if there is none
            if isinstance(path, int) or not is_within(path, folder):
                raise

    return attempt


def is_within(path: Any, folder: str) -> bool:
    """Whether a path is one of the files in a folder."""
    real: str = os.path.realpath(os.fspath(path))
    return real.startswith(f"{os.path.realpath(folder)}{os.sep}")
