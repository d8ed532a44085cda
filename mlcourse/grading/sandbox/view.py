"""What a worker can see: Python, its packages and what its lesson needs; no tasks, no solutions, no home folder."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.sandbox.needs import GUARDED
from mlcourse.grading.sandbox.paths import PACKAGE, executable, search_path

SHARED_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/urandom")  # no /dev/zero: mapped, it is memory that no count of pages sees
NEVER_SHOWN = ("checks", "tasks", "grading", "builder", "cli", "course_folder")  # parts of mlcourse
INSIDE = "mlcourse.grading.inside"
PACKAGE_FOLDERS = ("site-packages", "dist-packages")
ARCHIVES = (".egg", ".zip", ".whl")  # Python can import from them
CODE = (*all_suffixes(), ".pyx")
DEPTH = 8  # of folders below a shared library's, where another Python may have its packages


class View(NamedTuple):
    """Readable files and folders. If a path of one list is inside a path of the other, the longer one decides."""

    shown: tuple[str, ...]
    masked: tuple[str, ...]
    hidden: tuple[str, ...] = ()  # the modules that are not there, although a student may import them

    def steps(self) -> list[tuple[str, bool]]:
        """Return every path and whether it is shown, outer folders before inner ones."""
        steps = dict.fromkeys(self.shown, True) | dict.fromkeys(self.masked, False)
        return sorted(steps.items(), key=lambda step: (step[0].count("/"), step[0]))

    def readable(self) -> list[str]:
        """Return the shown paths; a folder that holds something masked is replaced by the rest of its contents."""
        return [path for top in self.shown for path in self._without_masked(top)]

    def listable(self) -> list[str]:
        """Return the folders that are shown in part, except the course's: Python lists them to find a module."""
        steps = [path for path, _ in self.steps()]
        folders = [path for path in steps if os.path.isdir(path) and not f"{PACKAGE}/".startswith(f"{path}/")]
        return [path for path in folders if any(inner.startswith(f"{path}/") for inner in steps)]

    def _without_masked(self, path: str) -> Iterator[str]:
        if path in self.masked:
            return
        if not any(masked.startswith(f"{path}/") for masked in self.masked):
            yield path
            return
        for name in sorted(os.listdir(path)):
            inner = f"{path}/{name}"
            if inner not in self.shown:  # those are handled separately
                yield from self._without_masked(inner)


def course_view(modules: frozenset[str] | None = None) -> View:
    """Return what workers may read.

    Parameters
    ----------
    modules : set of str, optional
        The modules of the guarded packages that a lesson needs. By default all of them, but for the checks.
    """
    paths = sysconfig.get_paths()
    python = [paths["stdlib"], paths["platstdlib"], f"{sys.base_prefix}/lib", executable()]
    roots = [path for path in (*SHARED_LIBRARIES, *python, *search_path()[1:]) if os.path.exists(path)]
    homes = {name: home for name in GUARDED if (home := _home(name))}
    parts = [part for name, home in homes.items() for part in _parts(home, name, modules)]
    masked = [*map(str, homes.values()), *copies(roots, set(map(str, homes.values())))]
    shown = [*roots, *(str(part.path) for part in parts if part.shown)]
    hidden = [part.module for part in parts if not part.shown and not _is_never_shown(part.module)]
    existing = (path for path in dict.fromkeys(masked) if os.path.exists(path))
    return View(tuple(dict.fromkeys(shown)), tuple(existing), tuple(dict.fromkeys(hidden)))


def _home(package: str) -> Path | None:
    """Return the folder that a guarded package is imported from; None if it is not installed."""
    folders = (Path(place, *package.split(".")) for place in search_path())
    return next((folder for folder in folders if folder.is_dir()), None)


# ── The parts of a guarded package ───────────────────────────────────────────────────────────────────


class Part(NamedTuple):
    """A file or folder of a package, the module that it belongs to, and whether it is shown."""

    path: Path
    module: str
    shown: bool


def _parts(folder: Path, package: str, modules: frozenset[str] | None) -> Iterator[Part]:
    """Yield the parts of a package: files of a module that is needed are shown, and so are folders without code."""
    if not _is_needed(package, modules):
        yield Part(folder, package, False)
        return
    for path in sorted(folder.iterdir()):
        module = f"{package}.{path.name.split('.')[0]}"
        if path.name == "__pycache__":
            yield from (part for part in _parts(path, package, modules) if part.shown)
        elif path.name.startswith("__init__."):
            yield Part(path, package, True)
        elif not path.is_dir() or _is_whole(module):
            yield Part(path, module, _is_needed(module, modules))
        elif not _holds_code(path):
            yield Part(path, module, True)
        else:
            yield from _parts(path, module, modules)


def _is_needed(module: str, modules: frozenset[str] | None) -> bool:
    if f"{INSIDE}.".startswith(f"{module}.") or module.startswith(INSIDE):
        return True
    return not _is_never_shown(module) and (modules is None or module in modules)


def _is_never_shown(module: str) -> bool:
    package, *parts = module.split(".")
    return package == "mlcourse" and parts[:1] != [] and parts[0] in NEVER_SHOWN


def _is_whole(module: str) -> bool:
    """Whether a package is shown with all of its parts: those of scikit-learn import each other when called."""
    return module == INSIDE or module.startswith(("sklearn.", "scipy.cluster."))


def _holds_code(folder: Path) -> bool:
    return any(path.name.endswith(CODE) for path in folder.rglob("*"))


# ── Other copies of a guarded package ────────────────────────────────────────────────────────────────


def copies(roots: list[str], homes: set[str]) -> Iterator[str]:
    """Yield what could hold another copy of a guarded package, below the paths that are shown.

    That is a second copy in this environment, packages in archives, what pip leaves behind (`~klearn`), and the
    packages of other Pythons.
    """
    for place in search_path():
        yield from (copy for name in GUARDED if (copy := str(Path(place, *name.split(".")))) not in homes)
        names = os.listdir(place) if place in roots else []
        yield from (f"{place}/{name}" for name in names if name.startswith("~") or name.endswith(ARCHIVES))
    for root in set(roots) - set(search_path()):
        yield from (found for found in package_folders(root) if found not in search_path())


@cache  # half a second for all roots, and a process starts several sandboxes
def package_folders(root: str) -> tuple[str, ...]:
    """Return the folders for packages of a Python below a folder."""
    return tuple(_package_folders(root, DEPTH))


def _package_folders(folder: str, depth: int) -> Iterator[str]:
    try:
        inner = [entry.path for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except OSError:  # a file, or not ours to read
        return
    for path in inner:
        if os.path.basename(path) in PACKAGE_FOLDERS:
            yield path
        elif depth > 1:
            yield from _package_folders(path, depth - 1)


def environment(scratch: str) -> dict[str, str]:
    """Return all environment variables of launcher and workers; the grader's own are not passed on."""
    work = f"{scratch}/work"
    return {
        "HOME": work,
        "USER": "student",
        "PATH": "/usr/bin:/bin",
        "TMPDIR": work,
        "MPLCONFIGDIR": scratch,
        "MPLBACKEND": "agg",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # the same order of sets in every run
        "OMP_NUM_THREADS": "1",  # the grader runs one worker per core instead
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        "MALLOC_ARENA_MAX": "2",  # or each thread may claim 64 MB of the address space, and leave none for answers
        "MLCOURSE_MNIST": "no",
        "MLCOURSE_CACHE": work,
    }
