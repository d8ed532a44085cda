"""From one solution source: the notebook with the answers, and the exercise without them."""

import ast
import re
import textwrap
from dataclasses import dataclass, field, replace
from itertools import pairwise

from .lessons import BuildError

MARKERS = {"code": "### {}", "markdown": "<!-- {} -->"}
# Which markers may follow one another; None is the start or the end of a cell.
FOLLOWERS = {
    None: ("BEGIN SOLUTION", None),
    "BEGIN SOLUTION": ("STUB", "END SOLUTION"),
    "STUB": ("END SOLUTION",),
    "END SOLUTION": ("BEGIN SOLUTION", None),
}
ANSWER_HERE = "*Your answer here.*"
WRITE_HERE = 'raise NotImplementedError("write your answer here")'


@dataclass
class Block:
    """Lines between BEGIN and END SOLUTION; `stub` is None when the block brings no stub of its own."""

    indent: str
    answer: list[str] = field(default_factory=list)
    stub: list[str] | None = None


def solution_cells(cells):
    """The solution notebook: every cell, with its answers between the markers and without any stub."""
    return [replace(cell, source=render(cell, marked_answer)) for cell in cells]


def exercise_cells(cells):
    """The exercise notebook: stubs for answers; cells tagged "solution-only" are left out.

    Raises
    ------
    BuildError
        When a stub is not valid Python, or when an answer can still be read somewhere in the exercise.
    """
    kept = [cell for cell in cells if "solution-only" not in cell.tags]
    stubs = [replace(cell, source=render(cell, stub)) for cell in kept]
    for cell in stubs:
        if cell.role == "answer":
            parse(cell, cell.source, "stub")
    for cell in cells:
        check_not_told(cell, stubs)
    return stubs


def render(cell, rewrite):
    """The source of a cell, each of its blocks replaced by the lines of `rewrite(cell, block)`."""
    lines = []
    for part in split_blocks(cell):
        lines += rewrite(cell, part) if isinstance(part, Block) else [part]
    return "\n".join(lines)


def marked_answer(cell, block):
    """A block in the solution notebook: the markers stay, to show what was to be written."""
    begin, end = (
        block.indent + MARKERS[cell.kind].format(word) for word in ("BEGIN SOLUTION", "END SOLUTION")
    )
    return [begin, *block.answer, end]


def stub(cell, block):
    """A block in the exercise: its own stub when it brings one, otherwise the usual one."""
    if block.stub is None:
        return [block.indent + line for line in default_stub(cell, block)]
    if cell.kind == "markdown":
        return block.stub
    return [uncomment(cell, line, block.indent) for line in block.stub]


def split_blocks(cell):
    """Cut a cell into plain lines and Blocks, the markers left out; a BuildError when they are out of order."""
    check_markers(cell)
    parts = []
    here = parts  # where the next line goes
    for line in cell.source.split("\n"):
        word = marker(cell, line)
        if word == "BEGIN SOLUTION":
            parts.append(Block(indent=line[: len(line) - len(line.lstrip())]))
            here = parts[-1].answer
        elif word == "STUB":
            here = parts[-1].stub = []
        elif word == "END SOLUTION":
            here = parts
        else:
            here.append(line)
    return parts


def check_markers(cell):
    """BEGIN, perhaps STUB, END: markers stand in this order, in the cells that a student fills and no others."""
    words = [word for line in cell.source.split("\n") if (word := marker(cell, line))]
    for last, word in pairwise([None, *words, None]):
        if word not in FOLLOWERS[last]:
            wanted = " or ".join(follower or "the end of the cell" for follower in FOLLOWERS[last])
            found = f"{word or 'the end of the cell'} after {last or 'the start of the cell'}"
            raise BuildError(f"{cell.where}: {found}; wanted {wanted} there.")
    if bool(words) != (cell.role in ("answer", "open")):
        raise BuildError(
            f"{cell.where}: role={cell.role!r}; a cell with a solution block needs the role answer or open, "
            "and a cell with one of these roles needs a block."
        )


def marker(cell, line):
    """The word of the marker that a line is, None for any other line."""
    for word in ("BEGIN SOLUTION", "STUB", "END SOLUTION"):
        if line.strip() == MARKERS[cell.kind].format(word):
            return word
    if re.search(r"\b(BEGIN|END) (SOLUTION|STUB)\b|^\W*STUB\W*$", line):
        raise BuildError(
            f"{cell.where}: {line.strip()!r} is not a marker; in a {cell.kind} cell write "
            f"{MARKERS[cell.kind].format('BEGIN SOLUTION')!r}, STUB and END SOLUTION likewise, alone on the line."
        )
    return None


def default_stub(cell, block):
    """What replaces an answer that brings no stub: a text to write, an error to raise or values to fill."""
    if cell.kind == "markdown":
        return [ANSWER_HERE]
    if block.indent:
        return [WRITE_HERE]
    names = assigned_names(parse(cell, "\n".join(block.answer), "answer").body)
    if not names:
        raise BuildError(
            f"{cell.where}: the block assigns no name, so there is no value to fill in; write the stub that the "
            "exercise shall show below a line `### STUB`."
        )
    # Ellipsis rather than an error: the untouched notebook runs through, and the check sees "not attempted".
    return [f"{name} = ..." for name in names]


def assigned_names(statements):
    """Names that the assignments among the statements bind, in their order and each once."""
    targets = [target for node in statements if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in statements if isinstance(node, ast.AnnAssign)]
    names = [leaf for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)]
    return list(dict.fromkeys(name.id for name in names if isinstance(name.ctx, ast.Store)))


def uncomment(cell, line, indent):
    """Take "# " off a line of a stub; what is indented further stays so."""
    text = line.removeprefix(indent)
    if text.strip() in ("", "#"):
        return ""
    if not text.startswith("# "):
        raise BuildError(
            f"{cell.where}: {line!r} below STUB; start it with the block's indentation and '# '."
        )
    return indent + text.removeprefix("# ")


def parse(cell, source, what):
    """The syntax tree of `source`; a BuildError when it has none."""
    try:
        return ast.parse(textwrap.dedent(source))
    except SyntaxError as error:
        raise BuildError(f"{cell.where}: the {what} is not valid Python: {error}.") from error


def check_not_told(cell, stubs):
    """No cell of the exercise holds an answer's lines one after the other, however they are indented."""
    for block in split_blocks(cell):
        if not isinstance(block, Block) or not (answer := stripped(block.answer)):
            continue
        for other in stubs:
            lines = stripped(other.source.split("\n"))
            if answer in (lines[i : i + len(answer)] for i in range(len(lines))):
                raise BuildError(
                    f"{cell.where}: its answer ({answer[0]!r} …) can be read in the exercise, in the cell built "
                    f'from {other.where}; change that text, or tag its cell tags=["solution-only"].'
                )


def stripped(lines):
    """The lines that say something, without the space around them."""
    return [line.strip() for line in lines if line.strip()]
