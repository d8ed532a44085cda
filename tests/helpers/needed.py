"""Which cells of a notebook some of its cells need."""

import ast
import dis
from collections.abc import Iterable
from types import CodeType


def needed(cells: list[str], wanted: Iterable[int]) -> list[int]:
    """Return the indices of `wanted` cells and of the cells that they need, in order.

    A cell is needed if it assigns, imports, defines or changes a name that a needed cell below it uses.
    """
    wanted = set(wanted)
    chosen: list[int] = []
    names: set[str] = set()
    for index in reversed(range(len(cells))):
        statements = ast.parse(cells[index]).body
        if index in wanted or any(names & (defined(one) | changed(one)) for one in statements):
            chosen.append(index)
            for statement in reversed(statements):
                names = names - (defined(statement) if isinstance(statement, ALWAYS) else set()) | used(
                    statement
                )
    return chosen[::-1]


# Statements after which earlier values of the names that they define are of no interest.
ALWAYS = (ast.Assign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def used(code: ast.stmt) -> set[str]:
    """Return the names of the notebook that code reads, also within functions."""
    return names_in(code, "LOAD_NAME", "LOAD_GLOBAL")


def defined(code: ast.stmt) -> set[str]:
    """Return the names of the notebook that code gives a value."""
    return names_in(code, "STORE_NAME", "STORE_GLOBAL")


def names_in(code: ast.stmt, *instructions: str) -> set[str]:
    """Return the names in some kinds of instructions of compiled code."""
    parts, names = [compile(ast.Module([code], []), "<cell>", "exec")], set()
    while parts:
        part = parts.pop()
        names |= {one.argval for one in dis.get_instructions(part) if one.opname in instructions}
        parts += [constant for constant in part.co_consts if isinstance(constant, CodeType)]
    return names


def changed(code: ast.stmt) -> set[str]:
    """Return the names whose objects code may change in place: `model.fit(X)` and `labels[0] = 1`."""
    places = [node.func for node in ast.walk(code) if isinstance(node, ast.Call)]
    places += [node for node in ast.walk(code) if isinstance(getattr(node, "ctx", None), ast.Store)]
    return {base(place) for place in places if isinstance(place, ast.Attribute | ast.Subscript)} - MODULES


MODULES = {"np", "plt", "sns"}  # calling a function of a module changes nothing that later cells need


def base(place: ast.expr) -> str:
    """Return the name that attributes and items are taken of; "" without one."""
    while isinstance(place, ast.Attribute | ast.Subscript):
        place = place.value
    return place.id if isinstance(place, ast.Name) else ""
