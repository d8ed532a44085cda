"""Predict, then look: on a page, the answer to a prediction waits behind a button.

A notebook asks "Before you run the next cell: …", and shows nothing until the reader runs it. On a page, everything
is there at once. So what answers the question is folded in a `<details>` element, which needs no script: what the
next cells show, and the text after them up to the next heading or the next question. The code stays visible.
"""

import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

QUESTION = re.compile(r"\*\*Before\s+you\s+(?:drag|run\s+the\s+next\s+cells?)\b")
NEXT_PART = re.compile(r"^(?=#{1,6} |---$)", re.MULTILINE)
OPEN = '<details class="prediction"><summary>Show what happens</summary>'
CLOSE = "</details>"


def with_folds(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Fold the answer to every prediction."""
    folded: list[NotebookNode] = []
    waiting = [*cells]
    while waiting:
        cell = waiting.pop(0)
        folded.append(cell)
        if cell.cell_type == "markdown" and QUESTION.search(cell.source):
            answer = [waiting.pop(0) for _ in range(number_of_code_cells(waiting))]
            told, rest = told_by(waiting[0]) if waiting and waiting[0].cell_type == "markdown" else ("", None)
            if rest is not None:
                waiting[0] = rest
            folded += fold(answer, told)
    return [cell for cell in folded if cell.cell_type == "code" or cell.source.strip()]


def number_of_code_cells(cells: list[NotebookNode]) -> int:
    """Return how many code cells come before the next text."""
    return next((place for place, cell in enumerate(cells) if cell.cell_type != "code"), len(cells))


def told_by(cell: NotebookNode) -> tuple[str, NotebookNode]:
    """Split a text into what belongs to the answer before it, and a cell with the rest.

    The rest begins at the next heading or, since a question stands alone, at the paragraph with the next question.
    """
    ends = [found.start() for found in NEXT_PART.finditer(cell.source)]
    if question := QUESTION.search(cell.source):
        ends.append(cell.source.rfind("\n\n", 0, question.start()) + 1)
    end = min(ends, default=len(cell.source))
    return cell.source[:end].strip(), new_markdown_cell(cell.source[end:].strip(), metadata=cell.metadata)


def fold(answer: list[NotebookNode], told: str) -> Iterator[NotebookNode]:
    """Yield the cells of an answer: the first one's code, and in a fold what it shows, the others, and the text."""
    if answer and "hide-input" not in answer[0].metadata.get("tags", []):
        first, *others = answer
        yield new_code_cell(first.source, metadata=first.metadata)
        shown = new_code_cell("", outputs=first.outputs, metadata={"tags": ["remove-input"]})
        answer = [shown, *others] if first.outputs else others
    if answer or told:
        yield new_markdown_cell(OPEN)
        yield from answer
        yield new_markdown_cell(told)
        yield new_markdown_cell(CLOSE)
