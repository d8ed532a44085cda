"""Read tables that people edit in a spreadsheet: any separator, UTF-8 or Excel's own encoding."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path


class SheetError(ValueError):
    """A table that cannot be read; the message says where and why. Such a table is never overwritten."""


def read_sheet(path: Path, columns: Sequence[str], required: Sequence[str]) -> list[dict[str, str]]:
    """Return the cells of each row by the names of their columns; none if there is no such file.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        The first row as it should be, for the message.
    required : sequence of str
        The columns without which the table cannot be read.

    Raises
    ------
    SheetError
    """
    content = _decode(path) if path.exists() else ""
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # which one a spreadsheet writes depends on its locale
    try:
        reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=separator, restval="")
        rows = list(reader)
    except csv.Error:
        rows, reader = [], None
    found = reader.fieldnames if reader else None
    if content.strip() and not {*required} <= set(found or ()):
        raise SheetError(f"{path.name} has lost its header: restore the first row, {', '.join(columns)}.")
    return rows


def _decode(path: Path) -> str:
    """Decode a table; the “CSV” of older versions of Excel is in Windows-1252."""
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError(f"{path.name} is no longer UTF-8: save it as “CSV UTF-8”.")
