"""Forbidden names where an answer may get them from: `F["f"] = logsumexp`, `F.append(logsumexp)`, a file that is run.

What a name stands for then, no reader can tell. So this costs nothing; it is noted, and a person looks at it.
"""

import ast
from collections.abc import Iterable, Iterator, Set

from mlcourse.grading.records.grade import Attachment

# Methods and functions that put their arguments into what they are called on.
PUTS = {"add", "append", "extend", "insert", "setattr", "setdefault", "setitem", "__setitem__", "update"}


def mentioned(
    trees: Iterable[ast.Module], files: Iterable[Attachment], names: Set[str], reached: Set[str]
) -> bool:
    """Whether one of these names is put where an answer reaches it, or is in a file that is no module.

    Parameters
    ----------
    trees : iterable of ast.Module
        The cells.
    files : iterable of Attachment
        What was handed in with them.
    names : set of str
        What the task forbids, without packages.
    reached : set of str
        The names that the answer uses, directly or through others, and its own.
    """
    if any(name.encode() in file.data for file in files if not file.name.endswith(".py") for name in names):
        return True
    nodes = [node for tree in trees for node in ast.walk(tree)]
    called = names | {
        alias.asname
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in names and alias.asname
    }
    return any(
        reached & set(_roots(target)) and _mentions(value, called)
        for node in nodes
        for target, value in _bindings(node)
    )


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what a node binds or changes, and what it puts there."""
    match node:
        case ast.Assign():
            yield from ((target, node.value) for target in node.targets)
        case ast.AnnAssign(value=ast.expr() as value):
            yield node.target, value
        case ast.AugAssign() | ast.NamedExpr():
            yield node.target, node.value
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield node.target, node.iter
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in PUTS:
            yield owner, node
            yield from ((argument, node) for argument in node.args[:1])  # `operator.setitem(F, ...)`
        case ast.Call(func=ast.Name(id=function), args=[owner, *_]) if function in PUTS:
            yield owner, node


def _roots(target: ast.expr) -> Iterator[str]:
    """Yield the names that a target is, or belongs to: F of `F["f"]`."""
    waiting: list[ast.expr] = [target]
    while waiting:
        match waiting.pop():
            case ast.Name(name):
                yield name
            case ast.Tuple(parts) | ast.List(parts):
                waiting += parts
            case ast.Attribute(owner) | ast.Subscript(owner) | ast.Starred(owner):
                waiting.append(owner)


def _mentions(value: ast.expr, names: Set[str]) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
        for node in ast.walk(value)
    )
