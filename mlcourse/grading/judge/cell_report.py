"""What a worker reports about a cell, read as untrusted data, and the sentences for it."""

from typing import Any, NamedTuple

from mlcourse.grading.inside.display import MAX_FIGURE
from mlcourse.grading.inside.notes import MAX_DETAIL, MAX_NOTES
from mlcourse.grading.records.text import printable, tidy
from mlcourse.typing import Array

MAX_ERROR = 300  # characters

# What a cell did that has no effect in a sandbox, by the kind that `inside/notes.py` is given; {} is the detail.
SENTENCES = {
    "program": "starts a program (`{}`); there is none here, and the cell's other lines ran.",
    "script": "is for another program (`%%{}`); there is none here, and the cell did nothing.",
    "input": "asks for input; it got an empty line.",
    "exit": "calls `exit`; the cell and all others ran all the same.",
    "extension": "loads an extension of IPython (`{}`) that is not installed here.",
    "not installed": "imports `{}`, which is not installed here; only what uses it fails.",
    "hidden": "imports `{}`, which is not available to answers in this lesson; only what uses it fails.",
    "failed import": "imports `{}`, which failed; only what uses it fails.",
    "platform": "imports `{}`, which does nothing here.",
    "large figure": "shows a figure that is too large to be kept.",
    "many figures": "shows more figures than are kept.",
}


class CellReport(NamedTuple):
    """What happened when a cell ran."""

    error: str | None = None  # what it raised
    notes: tuple[str, ...] = ()  # the ends of sentences that begin with "Cell 3"
    output: str = ""  # the end of what it printed
    figures: tuple[bytes, ...] = ()  # PNG, as the student's code made them


def read_report(reply: dict[str, Any], arrays: list[Array]) -> CellReport:
    """Read a worker's reply about a cell; what an unmodified worker never sends is left out."""
    output = reply.get("output")
    figures = tuple(one.tobytes() for one in arrays if one.dtype.str == "|u1" and one.size <= MAX_FIGURE)
    return CellReport(
        error=_error(reply.get("error")),
        notes=_notes(reply.get("notes")),
        output=output if isinstance(output, str) else "",
        figures=figures,
    )


def _error(error: object) -> str | None:
    if not isinstance(error, dict):
        return None
    name, text = error.get("name"), error.get("text")
    return f"{name}: {text}"[:MAX_ERROR] if isinstance(name, str) and isinstance(text, str) else None


def _notes(notes: object) -> tuple[str, ...]:
    if not isinstance(notes, list):
        return ()
    return tuple(sentence for one in notes[:MAX_NOTES] if (sentence := _sentence(one)))


def _sentence(note: object) -> str | None:
    match note:
        case [str(kind), str(detail)] if kind in SENTENCES:
            return SENTENCES[kind].format(printable(tidy(detail), MAX_DETAIL))
    return None
