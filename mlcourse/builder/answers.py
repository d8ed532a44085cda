"""Derive two notebooks from one solution source: the solution, and the exercise without the answers."""

import ast
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from .lessons import BuildError
from .sources import Cell

MARKERS = {"code": "### {}", "markdown": "<!-- {} -->"}
# The markers that may follow each marker. None is the start or the end of a cell.
FOLLOWERS: dict[str | None, tuple[str | None, ...]] = {
    None: ("BEGIN SOLUTION", None),
    "BEGIN SOLUTION": ("STUB", "END SOLUTION"),
    "STUB": ("END SOLUTION",),
    "END SOLUTION": ("BEGIN SOLUTION", None),
}
ANSWER_HERE = "*Your answer here.*"
WRITE_HERE = 'raise NotImplementedError("write your answer here")'


@dataclass
class Block:
    """The lines between BEGIN and END SOLUTION; `stub` is None if the block has no STUB marker."""

    indent: str
    answer: list[str] = field(default_factory=list)
    stub: list[str] | None = None


def solution_cells(cells: list[Cell]) -> list[Cell]:
    """Return the cells of the solution notebook: answers between their markers, and no stubs."""
    return [replace(cell, source=render(cell, marked_answer)) for cell in cells]


def exercise_cells(cells: list[Cell]) -> list[Cell]:
    """Return the cells of the exercise notebook: stubs for answers, and no cells tagged "solution-only".

    Raises
    ------
    BuildError
        If a stub is not valid Python, or if an answer appears anywhere in the exercise.
    """
    kept = [cell for cell in cells if "solution-only" not in cell.tags]
    stubs = [replace(cell, source=render(cell, stub)) for cell in kept]
    for cell in stubs:
        if cell.role == "answer":
            parse(cell, cell.source, "stub")
    for cell in cells:
        check_answer_hidden(cell, stubs)
    return stubs


def render(cell: Cell, rewrite: Callable[[Cell, Block], list[str]]) -> str:
    """Return the source of a cell with each block replaced by the lines of `rewrite(cell, block)`."""
    lines: list[str] = []
    for part in split_blocks(cell):
        lines += rewrite(cell, part) if isinstance(part, Block) else [part]
    return "\n".join(lines)


def marked_answer(cell: Cell, block: Block) -> list[str]:
    """Return a block for the solution notebook. The markers stay, to show which part was the task."""
    begin, end = (
        block.indent + MARKERS[cell.kind].format(word) for word in ("BEGIN SOLUTION", "END SOLUTION")
    )
    return [begin, *block.answer, end]


def stub(cell: Cell, block: Block) -> list[str]:
    """Return a block for the exercise: its own stub if it has one, otherwise the default."""
    if block.stub is None:
        return [block.indent + line for line in default_stub(cell, block)]
    if cell.kind == "markdown":
        return block.stub
    return [uncomment(cell, line, block.indent) for line in block.stub]


def split_blocks(cell: Cell) -> list[str | Block]:
    """Split a cell into plain lines and Blocks, without the markers; raise BuildError if these are out of order."""
    check_markers(cell)
    parts: list[str | Block] = []
    here: list[str | Block] | list[str] = parts  # where the next line goes
    block = Block(indent="")
    for line in cell.source.split("\n"):
        word = marker(cell, line)
        if word == "BEGIN SOLUTION":
            block = Block(indent=line[: len(line) - len(line.lstrip())])
            parts.append(block)
            here = block.answer
        elif word == "STUB":
            here = block.stub = []
        elif word == "END SOLUTION":
            here = parts
        else:
            here.append(line)
    return parts


def check_markers(cell: Cell) -> None:
    """Raise BuildError unless markers come as BEGIN, optional STUB, END, only in cells that a student fills in."""
    words = [word for line in cell.source.split("\n") if (word := marker(cell, line))]
    for last, word in pairwise([None, *words, None]):
        if word not in FOLLOWERS[last]:
            wanted = " or ".join(follower or "the end of the cell" for follower in FOLLOWERS[last])
            found = f"{word or 'the end of the cell'} after {last or 'the start of the cell'}"
            raise BuildError(f"{cell.where}: found {found}; expected {wanted}.")
    if bool(words) != (cell.role in ("answer", "open")):
        raise BuildError(
            f"{cell.where}: role={cell.role!r}; a cell with a solution block needs the role 'answer' or "
            "'open', and a cell with one of these roles needs a block."
        )


def marker(cell: Cell, line: str) -> str | None:
    """Return the words of a marker line, or None for any other line."""
    for word in ("BEGIN SOLUTION", "STUB", "END SOLUTION"):
        if line.strip() == MARKERS[cell.kind].format(word):
            return word
    if re.search(r"\b(BEGIN|END) (SOLUTION|STUB)\b|^\W*STUB\W*$", line):
        raise BuildError(
            f"{cell.where}: {line.strip()!r} is not a valid marker; in a {cell.kind} cell, write "
            f"{MARKERS[cell.kind].format('BEGIN SOLUTION')!r} on its own line (STUB and END SOLUTION likewise)."
        )
    return None


def default_stub(cell: Cell, block: Block) -> list[str]:
    """Return the stub for an answer without one: a text, a `raise` or assignments of `...`."""
    if cell.kind == "markdown":
        return [ANSWER_HERE]
    if block.indent:
        return [WRITE_HERE]
    names = assigned_names(parse(cell, "\n".join(block.answer), "answer").body)
    if not names:
        raise BuildError(
            f"{cell.where}: the block assigns no name, so there is no value to fill in; add a line `### STUB` "
            "and, below it, the stub that the exercise should show."
        )
    # Ellipsis rather than an error, so that the unedited notebook runs to the end and checks report "not attempted".
    return [f"{name} = ..." for name in names]


def assigned_names(statements: list[ast.stmt]) -> list[str]:
    """Return the names that top-level assignments bind, in order and without duplicates."""
    targets = [target for node in statements if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in statements if isinstance(node, ast.AnnAssign)]
    names = [leaf for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)]
    return list(dict.fromkeys(name.id for name in names if isinstance(name.ctx, ast.Store)))


def uncomment(cell: Cell, line: str, indent: str) -> str:
    """Remove "# " from a line of a stub, and keep its indentation."""
    text = line.removeprefix(indent)
    if text.strip() in ("", "#"):
        return ""
    if not text.startswith("# "):
        raise BuildError(
            f"{cell.where}: {line!r} is below STUB; start it with the block's indentation and '# '."
        )
    return indent + text.removeprefix("# ")


def parse(cell: Cell, source: str, what: str) -> ast.Module:
    """Parse `source`; raise BuildError if it is not valid Python."""
    try:
        return ast.parse(textwrap.dedent(source))
    except SyntaxError as error:
        raise BuildError(f"{cell.where}: the {what} is not valid Python: {error}.") from error


def check_answer_hidden(cell: Cell, stubs: list[Cell]) -> None:
    """Raise BuildError if an exercise cell contains the consecutive lines of an answer, at any indentation."""
    for block in split_blocks(cell):
        if not isinstance(block, Block) or not (answer := stripped(block.answer)):
            continue
        for other in stubs:
            lines = stripped(other.source.split("\n"))
            if answer in (lines[i : i + len(answer)] for i in range(len(lines))):
                raise BuildError(
                    f"{cell.where}: its answer ({answer[0]!r} …) is visible in the exercise, in the cell built "
                    f'from {other.where}; change that cell, or give it tags=["solution-only"].'
                )


def stripped(lines: Iterable[str]) -> list[str]:
    """The non-blank lines, stripped."""
    return [line.strip() for line in lines if line.strip()]
