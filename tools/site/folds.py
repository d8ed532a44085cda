"""Predict, then look: on a page, the answer to a prediction waits behind a button.

A notebook asks "Before you run the next cell: …", and shows nothing until the reader runs it. On a page, everything
is there at once. So what answers the question is folded in a `<details>` element, which needs no script: what the
next cells show, the text after them, and the figures that this text introduces, up to the next heading, the next
question, or the paragraph that introduces a formula (later text uses formulas) or a player. The code stays visible.

"Before you press Play: …" and "Before you move the slider: …" need what they ask about. So a player, a game or a
slider stays visible, and all else that answers is folded: what its cell prints, and the text after it.
"""

import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

RUN = r"drag|run\s+the\s+next\s+cells?"
PLAY = r"press\s+Play|move|step\s+on"
QUESTION = re.compile(rf"\*\*Before\s+you\s+(?:(?P<play>{PLAY})|{RUN})\b")
INTERACTIVE = re.compile(r"data-mlcourse-player|slider-note")
NEXT_PART = re.compile(r"^(?=#{1,6} |---$)", re.MULTILINE)
FORMULA = re.compile(r"\s*\$\$")
OPEN = (
    '<details class="prediction"><summary><span class="while-folded">Show what happens</span>'
    '<span class="while-open">Hide</span></summary>'
)
CLOSE = "</details>"


def with_folds(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Fold the answer to every prediction."""
    folded: list[NotebookNode] = []
    waiting = [*cells]
    while waiting:
        cell = waiting.pop(0)
        folded.append(cell)
        if cell.cell_type == "markdown" and (question := QUESTION.search(cell.source)):
            answer = take_code(waiting)
            if question["play"] or (answer and shows_interactive(answer[0])):
                folded += [part for cell in answer for part in to_play(cell)]
                answer = [part for cell in answer for part in printed_beside(cell)]
                while introduces_a_picture(waiting):
                    answer += [waiting.pop(0), *take_code(waiting)]
            else:
                code, answer = with_code_outside(answer)
                folded += code
            folded += fold([*answer, *take_explanation(waiting)])
    return [cell for cell in folded if cell.cell_type == "code" or cell.source.strip()]


def take_code(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Remove the code cells before the next text, and return them."""
    end = next((place for place, cell in enumerate(cells) if cell.cell_type != "code"), len(cells))
    taken, cells[:end] = cells[:end], []
    return taken


def take_explanation(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Remove the explanation after an answer, and return it: text, the figure that it introduces, text, and so on."""
    explained: list[NotebookNode] = []
    while cells and cells[0].cell_type == "markdown":
        text, rest = explanation_in(cells[0], cells[1] if len(cells) > 1 else None)
        explained.append(new_markdown_cell(text))
        if rest:
            cells[0] = new_markdown_cell(rest, metadata=cells[0].metadata)
            break
        del cells[0]
        if not cells or not draws_figure(cells[0]):
            break
        explained.append(cells.pop(0))
    return [cell for cell in explained if cell.source]


def draws_figure(cell: NotebookNode) -> bool:
    """Whether a cell is one whose code the lesson hides, and that shows nothing to play with."""
    return is_hidden(cell) and not shows_interactive(cell)


def is_hidden(cell: NotebookNode) -> bool:
    return "hide-input" in cell.metadata.get("tags", [])


def shows_interactive(cell: NotebookNode) -> bool:
    return any(is_interactive(output) for output in cell.get("outputs", []))


def is_interactive(output: NotebookNode) -> bool:
    """Whether a cell has shown a player or a slider."""
    return bool(INTERACTIVE.search("".join(output.get("data", {}).get("text/html", ""))))


def to_play(cell: NotebookNode) -> Iterator[NotebookNode]:
    """Yield the cell of a player or a slider without what it shows besides."""
    if shows_interactive(cell):
        outputs = [output for output in cell.outputs if output.output_type != "stream"]
        yield new_code_cell(cell.source, outputs=outputs, metadata=cell.metadata)


def printed_beside(cell: NotebookNode) -> Iterator[NotebookNode]:
    """Yield what a cell prints beside its player; a cell without one as it is."""
    if not shows_interactive(cell):
        yield cell
    elif printed := [output for output in cell.outputs if output.output_type == "stream"]:
        yield without_code(printed)


def introduces_a_picture(cells: list[NotebookNode]) -> bool:
    """Whether a single paragraph comes next, and after it a cell that shows something: one setting of the slider."""
    if len(cells) < 2 or [cell.cell_type for cell in cells[:2]] != ["markdown", "code"]:
        return False
    return not NEXT_PART.search(cells[0].source) and "\n\n" not in cells[0].source.strip()


def explanation_in(cell: NotebookNode, following: NotebookNode | None) -> tuple[str, str]:
    """Split a text into what belongs to the answer before it, and the rest.

    The rest begins at the next heading, or at the paragraph with the next question, or before the next formula, or
    before what the reader plays with in the cell that follows.
    """
    ends = [found.start() for found in NEXT_PART.finditer(cell.source)]
    if formula := FORMULA.search(cell.source):
        ends.append(cell.source.rfind("\n\n", 0, formula.start()) + 1)
    if question := QUESTION.search(cell.source):
        ends.append(cell.source.rfind("\n\n", 0, question.start()) + 1)
    if following is not None and shows_interactive(following):
        ends.append(cell.source.rfind("\n\n") + 1)
    end = min(ends, default=len(cell.source))
    return cell.source[:end].strip(), cell.source[end:].strip()


def with_code_outside(answer: list[NotebookNode]) -> tuple[list[NotebookNode], list[NotebookNode]]:
    """Split an answer into the first cell's code, unless the lesson hides it, and all that is to be folded."""
    if not answer or is_hidden(answer[0]):
        return [], answer
    first, *others = answer
    code = new_code_cell(first.source, metadata=first.metadata)
    return [code], [without_code(first.outputs), *others] if first.outputs else others


def without_code(outputs: list[NotebookNode]) -> NotebookNode:
    """Return a cell that only shows something. MyST-NB would drop one without source, and what it shows."""
    return new_code_cell("# shown without its code", outputs=outputs, metadata={"tags": ["remove-input"]})


def fold(answer: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells of an answer in a fold."""
    return [new_markdown_cell(OPEN), *answer, new_markdown_cell(CLOSE)] if answer else []
