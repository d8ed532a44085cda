"""What a cell did that has no effect in a sandbox: the page tells the reader, who might miss it.

A note is a kind and a detail, such as the name of a package. The parent has the sentence for each kind
(`judge/cell_notes.py`).
"""

from typing import TypeAlias

Note: TypeAlias = tuple[str, str]

MAX_NOTES = 20  # of one cell
MAX_DETAIL = 100  # characters

_noted: list[Note] = []


def note(kind: str, detail: str = "") -> None:
    """Note something about the cell that is running, once."""
    one = kind, detail[:MAX_DETAIL]
    if one not in _noted and len(_noted) < MAX_NOTES:
        _noted.append(one)


def take() -> list[Note]:
    """Return the notes and forget them."""
    noted = _noted[:]
    _noted.clear()
    return noted
