"""What the text of a notebook says about its answers: where they are checked, where defined, and what they call.

Nothing runs here. What is read decides where an answer is asked, and with which right answers in place of the
student's own: never whether it is right. So text that cannot be read costs nobody points.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from mlcourse.checks.cell_code import MAX_CHARACTERS, parse_cell
from mlcourse.grading.records.grade import Submission

# Patterns for untrusted text never start a line with `\s*`, nor have two of them in a row: on a megabyte of blank
# lines they would take quadratic time.
CHECK = re.compile(r"\bcheck\.([^\W\d]\w{0,99})\(")
DEFINITION = re.compile(r"^[ \t]*(?:def|class)[ \t]+(\w{1,99})|^(\w{1,99})[ \t]*=(?!=)", re.MULTILINE)

Parse = Callable[[str], ast.Module | None]
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class CellText:
    """What a cell checks, and the names that it defines, each with the names that its definitions use.

    All targets of `a = b = … = value` share one set: a hostile cell may have thousands of them.
    """

    checks: set[str] = field(default_factory=set)
    uses: dict[str, list[set[str]] | None] = field(default_factory=dict)  # None: they cannot be read


class Reading:
    """The code cells of a submission as text, by their number in the notebook.

    Parameters
    ----------
    submission : Submission
    parse : callable
        `parse_cell`, or the same with a memory.
    """

    def __init__(self, submission: Submission, parse: Parse = parse_cell):
        self.cells = {
            number: read(cell.source, parse)
            for number, cell in enumerate(submission.cells, 1)
            if cell.kind == "code"
        }
        self.defining: dict[
            str, list[int]
        ] = {}  # name → cells, since a hostile notebook may define very many
        for number, cell in self.cells.items():
            for name in cell.uses:
                self.defining.setdefault(name, []).append(number)

    def checks(self, task: str) -> list[int]:
        """Return the cells that call the check of a task."""
        return [number for number, cell in self.cells.items() if task in cell.checks]

    def definitions(self, name: str) -> list[int]:
        """Return the cells that define a name."""
        return self.defining.get(name, [])

    def needs(self, name: str) -> set[str] | None:
        """Return all names that a definition uses, directly or through others; None if that cannot be read."""
        if not self.definitions(name):
            return None
        found: set[str] = set()
        waiting = [name]
        followed: set[int] = set()
        while waiting:
            one = waiting.pop()
            for number in self.definitions(one):
                definitions = self.cells[number].uses[one]
                if definitions is None:
                    return None
                for uses in definitions:
                    if id(uses) not in followed:
                        followed.add(id(uses))
                        waiting += uses - found
                        found |= uses
        return found

    def defined_again(self, names: set[str], after: int) -> tuple[int, str] | None:
        """Return the first cell after another one that defines one of these names, and the name; None without any."""
        later = (
            (number, name)
            for number, cell in self.cells.items()
            if number > after
            for name in cell.uses
            if name in names
        )
        return next(later, None)


def read(source: str, parse: Parse) -> CellText:
    """Read one cell. If it is not Python, patterns find at least its checks and definitions."""
    tree = parse(source)
    if tree is None:
        text = source[:MAX_CHARACTERS]
        names = {one or other for one, other in DEFINITION.findall(text)}
        return CellText(set(CHECK.findall(text)), dict.fromkeys(names))
    definitions: dict[str, list[set[str]]] = defaultdict(list)
    for name, uses in definitions_in(tree):
        definitions[name].append(uses)
    checks = {task for node in ast.walk(tree) if (task := checked_by(node))}
    return CellText(checks, {**definitions})


def checked_by(node: ast.AST) -> str | None:
    """Return the name of the task whose check is called here; None if none is."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    owner = node.func.value
    return node.func.attr if isinstance(owner, ast.Name) and owner.id == "check" else None


def definitions_in(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Yield the global names that statements define, except by imports, and the names that each definition uses."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, SCOPES):
            yield node.name, free_names(node)
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            uses = free_names(node.value) if node.value else set()
            yield from ((name, uses) for name in chain.from_iterable(map(stored, targets)))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            uses = free_names(node.iter)
            yield from ((name, uses) for name in stored(node.target))
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.Lambda)]


def stored(node: ast.AST) -> set[str]:
    """Return the names that are assigned to in a tree."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def free_names(node: ast.AST) -> set[str]:
    """Return the names that a function, a class or a value reads and does not set itself."""
    inside = list(ast.walk(node))
    loaded = {one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    parameters = {one.arg for one in inside if isinstance(one, ast.arg)}
    helpers = {one.name for one in inside if isinstance(one, SCOPES) and one is not node}
    return loaded - stored(node) - parameters - helpers
