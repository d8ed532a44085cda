"""Which cells of an exercise do the same whatever its answers are: a page may show their figures."""

import ast
from collections.abc import Iterable, Iterator
from dis import get_instructions
from types import CodeType


def independent_of_answers(cells: Iterable[str], solved: Iterable[str]) -> set[str]:
    """Return the cells of an exercise that are in its solution too and use no name that an answer has defined.

    Parameters
    ----------
    cells, solved : the sources of the code cells of an exercise, in their order, and of its solution
    """
    given, same = set(solved), set[str]()
    of_answers = set[str]()  # names whose values depend on an answer
    for cell in cells:
        used, defined = names(cell)
        if cell in given and not used & of_answers:
            same.add(cell)
        else:
            of_answers |= defined
    return same


def names(cell: str) -> tuple[set[str], set[str]]:
    """Return the global names that a cell uses, and those that it defines or changes."""
    instructions = [one for code in codes(compile(cell, "a cell", "exec")) for one in get_instructions(code)]
    used = {one.argval for one in instructions if one.opname in {"LOAD_NAME", "LOAD_GLOBAL"}}
    defined = {one.argval for one in instructions if one.opname in {"STORE_NAME", "STORE_GLOBAL"}}
    for node in outside_functions(ast.parse(cell)):
        match node:
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()):
                defined.add(name)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                defined.add(name)
    return used, defined


def outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a program that run at once."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            yield node
            yield from outside_functions(node)


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a compiled cell, and the functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)
