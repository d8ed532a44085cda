"""Imports of modules, and changes to folders, that are not here: they cost only the lines that need them.

An import statement of a cell that fails leaves a stand-in. Using a stand-in raises ModuleNotFoundError with a plain
message, so the cell's other imports, and all answers that do without the module, are as they would be. A package that
only a platform such as Colab has is replaced by one whose calls do nothing.

An import inside a `try` statement fails as always, because the notebook deals with that itself. So does one inside a
function, which is a use.

A line that goes to a folder or makes one, such as `os.chdir("/content/drive/MyDrive")`, has no effect where that is
impossible, as `%cd` has none. When any other line fails, the imports below it in its cell run all the same.
"""

import ast
import importlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, Self

from mlcourse.grading.inside.notes import note

PLATFORMS = (
    "google.colab",
    "js",
    "kaggle_datasets",
    "kaggle_secrets",
    "micropip",
    "piplite",
    "pyodide",
    "pyodide_js",
    "pyodide_kernel",
)
HELPER = "__stand_in__"  # the built-in name by which a cell calls functions of this module
FOLDER_CALLS = ("chdir", "makedirs", "mkdir")

BLOCKS = (ast.If, ast.With, ast.For, ast.While)
USES = (
    "call iter next getitem setitem len contains enter await mro_entries instancecheck float int index "
    "neg add radd sub rsub mul rmul matmul rmatmul truediv rtruediv pow rpow lt le gt ge"
)


class StandIn:
    """A stand-in for something that could not be imported."""

    def __init__(self, name: str, problem: str):
        self._name, self._problem = name, problem

    def __getattr__(self, name: str) -> "StandIn | str":
        if name == "__version__":  # many notebooks print the versions of all that they import
            return "not available"
        if name.startswith("_"):  # `copy`, `pickle` and IPython look for these, and must not find them
            raise AttributeError(name)
        return StandIn(f"{self._name}.{name}", self._problem)

    def __repr__(self) -> str:
        return f"<{self._name}: not available>"

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise ModuleNotFoundError(self._problem, name=self._name)


for use in USES.split():
    setattr(StandIn, f"__{use}__", StandIn._refuse)


class Inert:
    """A stand-in for a platform's package: whatever is called in it does nothing, and returns nothing."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> Self:
        if name.startswith("_"):
            raise AttributeError(name)
        return type(self)(f"{self._name}.{name}")

    def __call__(self, *args: object, **kwargs: object) -> Self:
        return type(self)(f"{self._name}()")

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    __await__ = __iter__  # an `await` of it ends at once

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: object) -> NoReturn:
        raise KeyError(key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return

    def __repr__(self) -> str:
        return f"<{self._name}: does nothing here>"


# ── Called by a cell, after an import has failed ─────────────────────────────────────────────────────


def stand_in(name: str) -> StandIn | Inert:
    """Return a stand-in for `name`, whose import has just raised ImportError, and note that."""
    for platform in PLATFORMS:
        if _within(name, platform):
            note("platform", platform)
            return Inert(name)
    problem = _problem(name)
    return StandIn(name, problem)


def stand_in_for_package(name: str) -> object:
    """Return what `import a.b.c` binds to `a`: the package as far as it exists, with a stand-in for the rest."""
    found = stand_in(name)
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            package = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        inner = ".".join(parts[: length + 1])
        setattr(package, parts[length], _like(found, inner))
        return sys.modules[parts[0]]
    return _like(found, parts[0])


def _like(found: StandIn | Inert, name: str) -> StandIn | Inert:
    return Inert(name) if isinstance(found, Inert) else StandIn(name, found._problem)


def _problem(name: str) -> str:
    """Say why an import has failed, and note it."""
    error = sys.exc_info()[1]
    package = name.partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and error.name == package:
        note("not installed", package)
        return f"{package} is not installed here, where the notebook is graded."
    missing = getattr(error, "name", None) or name
    if missing.partition(".")[0] == package:  # a part of a package that is installed
        note("hidden", name)
        return f"{name} is not available to answers in this lesson."
    note("failed import", name)
    return f"{name} could not be imported: {error}"


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def let_go(line: str) -> None:
    """Note that a line which was to change a folder could not do so."""
    note("folder", line)


# ── Before a cell runs ───────────────────────────────────────────────────────────────────────────────


class GuardedLines(ast.NodeTransformer):
    """Replace each import statement of a cell by one that leaves a stand-in when it fails.

    `import numpy, torch` becomes

        try:
            import numpy
        except ImportError:
            numpy = __stand_in__.stand_in_for_package("numpy")
        try:
            import torch
        …

    In the same way, `os.chdir(folder)` may fail.

    Attributes
    ----------
    imports : list of ast.stmt
        The guarded import statements that are on no condition.
    """

    def __init__(self) -> None:
        self.imports: list[ast.stmt] = []

    def visit_Module(self, tree: ast.Module) -> ast.Module:
        """Change a cell."""
        imports = [one for one in tree.body if isinstance(one, (ast.Import, ast.ImportFrom))]
        self.imports += _guarded(imports)
        tree.body = [*_guarded(tree.body)]
        return tree


def _guarded(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        if isinstance(statement, (ast.Import, ast.ImportFrom)) and not _is_special(statement):
            yield from (_guarded_import(statement, alias) for alias in statement.names)
            continue
        if _changes_folder(statement):
            yield _guarded_by(statement, "OSError", f"{HELPER}.let_go({ast.unparse(statement)!r})")
            continue
        if isinstance(statement, BLOCKS):
            statement.body = [*_guarded(statement.body)]
        if isinstance(statement, (ast.If, ast.For, ast.While)):
            statement.orelse = [*_guarded(statement.orelse)]
        yield statement


def _is_special(statement: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(statement, ast.ImportFrom) and (statement.level > 0 or statement.module == "__future__")


def _changes_folder(statement: ast.stmt) -> bool:
    """Whether a statement is a call such as `os.chdir(folder)`, whose result is not used."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    called = statement.value.func
    name = getattr(called, "attr", None) or getattr(called, "id", None)
    return name in FOLDER_CALLS


def _guarded_import(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.Try:
    """Return the import of one name, and what replaces it if it fails."""
    single: ast.Import | ast.ImportFrom
    if isinstance(statement, ast.Import):
        single = ast.Import([alias])
        helper, name = (stand_in if alias.asname else stand_in_for_package), alias.name
        replacement = f"{alias.asname or name.partition('.')[0]} = {HELPER}.{helper.__name__}({name!r})"
    else:
        single = ast.ImportFrom(statement.module, [alias], 0)
        name = f"{statement.module}.{alias.name}".removesuffix(".*")
        target = f"{alias.asname or alias.name} = " if alias.name != "*" else ""
        replacement = f"{target}{HELPER}.{stand_in.__name__}({name!r})"
    return _guarded_by(single, "ImportError", replacement, statement)


def _guarded_by(
    attempted: ast.stmt, error: str, replacement: str, original: ast.stmt | None = None
) -> ast.Try:
    """Return a statement with what is done instead if it raises an error."""
    handler = ast.ExceptHandler(ast.Name(error, ast.Load()), None, ast.parse(replacement).body)
    attempt = ast.Try([attempted], [handler], [], [])
    for node in ast.walk(attempt):
        ast.copy_location(node, original or attempted)
    return attempt
