"""Forbidden names that an answer may get at in ways that no reader follows: `F["f"] = logsumexp`, `run(logsumexp)`.

Whoever compares their own answer with a forbidden function imports it and calls it. Any other mention may hand it on,
so it is noted, and a person looks at it. It costs nothing.
"""

import ast
from collections.abc import Iterable, Iterator, Set

from mlcourse.grading.records.grade import Attachment


def mentioned(trees: Iterable[ast.Module], files: Iterable[Attachment], names: Set[str]) -> bool:
    """Whether one of these names is mentioned other than to import or call it, or is in a file that is no module.

    Parameters
    ----------
    trees : iterable of ast.Module
        The cells.
    files : iterable of Attachment
        What was handed in with them.
    names : set of str
        What the task forbids, without packages.
    """
    if any(name.encode() in file.data for file in files if not file.name.endswith(".py") for name in names):
        return True
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {name for node in nodes for name in _imported(node, names)}
    harmless = {id(part) for node in nodes for part in _harmless(node)}
    return any(_mentions(node, names, imported) for node in nodes if id(node) not in harmless)


def _imported(node: ast.AST, names: Set[str]) -> Iterator[str]:
    """Yield what the forbidden names are called that a node imports."""
    match node:
        case ast.ImportFrom(names=aliases):
            for alias in aliases:
                if alias.name in names:
                    yield alias.asname or alias.name
                if alias.name == "*":
                    yield from names


def _harmless(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that may mention anything: a function that is called, and text for people."""
    match node:
        case ast.Call(ast.Name("print"), texts):
            yield from texts
            yield node.func
        case ast.Call(function):
            yield function
        case ast.Expr(ast.Constant() as text) | ast.Assert(msg=ast.Constant() as text):
            yield text
        case ast.JoinedStr(parts):
            yield from parts


def _mentions(node: ast.AST, names: Set[str], imported: Set[str]) -> bool:
    match node:
        case ast.Name(name, ast.Load()):
            return name in imported
        case ast.Attribute(attr=name):
            return name in names
        case ast.Constant(str(text)):
            return any(name in text for name in names)
        case ast.Constant(bytes(data)):
            return any(name.encode() in data for name in names)
        case ast.Global(bound) | ast.MatchClass(kwd_attrs=bound):
            return not imported.isdisjoint(bound) or not names.isdisjoint(bound)
    return False
