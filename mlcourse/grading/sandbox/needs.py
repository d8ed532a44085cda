"""What a lesson needs of the packages that could solve its tasks: nothing else of them is in its sandbox.

The import statements of the exercise, as it was handed out, are run in a process of their own; what they have loaded
is what the lesson needs. Nobody has to list the parts of scikit-learn that would solve a task.
"""

import ast
import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pooch

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.sandbox.paths import FLAGS, PACKAGE, executable, search_path

# Packages, or parts of packages, in which answers could be borrowed.
GUARDED = ("mlcourse", "sklearn", "scipy.cluster")
# Seaborn imports it, for a function that this course does not use.
BY_ACCIDENT = "scipy.cluster"
# Imported for every lesson, since many notebooks use them: importing them for each submission would take long.
USUAL = (
    "import scipy.linalg",
    "import scipy.optimize",
    "import scipy.spatial.distance",
    "import scipy.stats",
    "import matplotlib.pyplot",
)
# Without an exercise, nobody knows what is needed: all of the course but its checks.
EVERYTHING = (
    *USUAL,
    "from mlcourse import anomaly, classifier, datasets, evaluation, kmeans, metrics, mixture, pca, plotting",
)
PRELOAD = PACKAGE / "grading" / "inside" / "preload.py"
TIMEOUT = 120.0  # seconds: the first import takes long on a slow disk


class Needs(NamedTuple):
    """What is imported before any student's code, and the modules of GUARDED that are there; None: all of them."""

    imports: tuple[str, ...] = ()
    modules: frozenset[str] | None = frozenset()


@cache
def of_the_probe() -> Needs:
    """Return the least: what a worker consists of, and NumPy."""
    return Needs((), modules_loaded_by(()))


def of_exercise(cells: Iterable[Mapping[str, Any]]) -> Needs:
    """Return what an exercise needs, given the cells that were handed out.

    If there are no cells, it may need everything but the checks. Raises OSError if the imports cannot be tried.
    """
    cells = list(cells)
    if not cells:
        return Needs(EVERYTHING, None)
    imports = (*USUAL, *imports_of(cells))
    return Needs(imports, modules_loaded_by(imports))


def imports_of(cells: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the import statements in the code cells of a notebook of ours."""
    return import_statements("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def import_statements(sources: Iterable[str]) -> tuple[str, ...]:
    """Return every import statement in some cells of ours, once, in order; a cell that is not Python has none."""
    return tuple(dict.fromkeys(statement for source in sources for statement in _imports_of(source)))


@cache
def _imports_of(source: str) -> tuple[str, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell for IPython
        return ()
    return tuple(
        ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
    )


@cache
def modules_loaded_by(imports: tuple[str, ...]) -> frozenset[str]:
    """Return the modules of GUARDED that these statements load, from the user's cache if it is known there.

    Raises OSError if the process that tries them fails.
    """
    path = _cache() / f"{_digest(imports)}.json"
    try:
        return frozenset(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):  # not known yet
        modules = _try(imports)
    with contextlib.suppress(OSError):  # the next process tries again
        write_atomically(path, json.dumps(sorted(modules)))
    return modules


def _try(imports: tuple[str, ...]) -> frozenset[str]:
    """Run the statements in another process. Raises OSError."""
    wanted = any(BY_ACCIDENT in statement for statement in imports)
    setting = {"path": search_path(), "imports": imports, "hidden": [] if wanted else [BY_ACCIDENT]}
    command = [executable(), *FLAGS, str(PRELOAD), json.dumps(setting)]
    variables = {**os.environ, "MPLBACKEND": "agg"}
    try:
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise OSError(f"the imports of the exercise took longer than {TIMEOUT:.0f} s") from None
    if done.returncode:
        raise OSError(f"the imports of the exercise fail: {(done.stderr.splitlines() or [''])[-1][:300]}")
    return frozenset(name for name in json.loads(done.stdout.splitlines()[-1]) if is_guarded(name))


def is_guarded(module: str) -> bool:
    """Whether a module is one of GUARDED, or part of one."""
    return f"{module}.".startswith(tuple(f"{package}." for package in GUARDED))


def _cache() -> Path:
    return Path(os.environ.get("MLCOURSE_CACHE") or pooch.os_cache("mlcourse")).expanduser() / "needs"


def _digest(imports: tuple[str, ...]) -> str:
    """Return a digest of what the answer depends on: Python, the packages that are installed, and the course's."""
    sources = [(str(path), *_state(path)) for path in sorted(PACKAGE.rglob("*.py"))]
    packages = [sorted(os.listdir(place)) for place in search_path()[1:]]  # their names contain the versions
    return hashlib.sha256(repr((sys.version, imports, sources, packages)).encode()).hexdigest()[:32]


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
