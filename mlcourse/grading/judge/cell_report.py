"""What a worker reports about a cell, read as untrusted data, and the sentences for it."""

from typing import Any, NamedTuple

from mlcourse.grading.inside.notes import MAX_DETAIL, MAX_NOTES
from mlcourse.grading.inside.pictures import MAX_FIGURE
from mlcourse.grading.records.text import printable, tidy
from mlcourse.typing import Array

MAX_ERROR = 300  # characters

# What a cell did that has no effect in a sandbox, by the kind that `inside/notes.py` is given; {} is the detail.
SENTENCES = {
    "program": "starts a program (`{}`); there is none here, and the cell's other lines ran.",
    "script": "is for another program (`%%{}`); there is none here, and the cell did nothing.",
    "input": "asks for input; it got an empty line.",
    "folder": "goes to a folder, or makes one, that cannot be here (`{}`); the cell's other lines ran.",
    "imports below": "failed above some of its imports; these were made all the same.",
    "exit": "calls `exit`; the cell and all others ran all the same.",
    "extension": "loads an extension of IPython (`{}`) that is not installed here.",
    "not installed": "imports `{}`, which is not installed here; only what uses it fails.",
    "hidden": "imports `{}`, which is not available to answers in this lesson; only what uses it fails.",
    "failed import": "imports `{}`, which failed; only what uses it fails.",
    "platform": "imports `{}`, which does nothing here.",
    "large figure": "shows a figure that is too large to be kept.",
    "many figures": "shows more figures than are kept.",
}


IMPORTS = (
    "not installed",
    "hidden",
    "failed import",
    "platform",
)  # kinds whose detail is what the cell imports


class Aside(NamedTuple):
    """Something that a cell did, and that has no effect in a sandbox."""

    sentence: str  # the end of one that begins with "Cell 3"
    imports: str = ""  # the module that it is about


class CellReport(NamedTuple):
    """What happened when a cell ran."""

    error: str | None = None  # what it raised
    notes: tuple[Aside, ...] = ()
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
    if not isinstance(name, str) or not isinstance(text, str):
        return None
    return f"{name}: {text}"[:MAX_ERROR] if text.strip() else f"{name[:MAX_ERROR]}."


def _notes(notes: object) -> tuple[Aside, ...]:
    if not isinstance(notes, list):
        return ()
    return tuple(aside for one in notes[:MAX_NOTES] if (aside := _aside(one)))


def _aside(note: object) -> Aside | None:
    match note:
        case [str(kind), str(detail)] if kind in SENTENCES:
            shown = printable(tidy(detail), MAX_DETAIL)
            return Aside(SENTENCES[kind].format(shown), shown if kind in IMPORTS else "")
    return None
