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
    content = text_of(path) if path.exists() else ""
    separator = separator_in(content.partition("\n")[0])
    try:
        reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=separator, restval="")
        rows = list(reader)
    except csv.Error:
        rows, reader = [], None
    found = reader.fieldnames if reader else None
    if content.strip() and not {*required} <= set(found or ()):
        raise SheetError(f"{path.name} has lost its header: restore the first row, {', '.join(columns)}.")
    return rows


def text_of(path: Path) -> str:
    """Return the text of a table as Excel may have saved it: in UTF-8, in UTF-16 ("Unicode text") or in Windows-1252.

    Raises SheetError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SheetError(f"{path} cannot be read: {error.strerror}.") from None
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError(f"{path.name} is no longer UTF-8: save it as “CSV UTF-8”.")


def separator_in(head: str) -> str:
    """Return what separates the columns of a table, given its first line: it depends on a spreadsheet's locale."""
    return max(",;\t", key=head.count)
