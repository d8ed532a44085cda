"""Text that leaves the grader: names and messages made harmless to look at, files written whole or not at all.

A student chooses their own name, the name of their file, and what their functions say when they fail. All of it
ends up in a terminal, in tables and in pages. Each of those has its own escaping; this module does what is common
to all of them.
"""

import hashlib
import os
import re
import unicodedata
from pathlib import Path

# Two characters without a shape of their own that honest names need: they join and part letters in Persian and Hindi.
JOINERS = "\u200c\u200d"


def shown(text: str, limit: int = 200, lines: bool = False) -> str:
    """`text` as it may be displayed anywhere: what cannot be seen is spelt out, such as \\x1b or \\u202e.

    Escape sequences would move a terminal's cursor, signs that turn the direction of writing make "gpj.exe" of
    "exe.jpg", and half a surrogate pair (from a file name that is not UTF-8) cannot be written to a file at all.

    Parameters
    ----------
    text : str
    limit : int
        Characters kept; what follows is counted, not shown.
    lines : bool
        Whether ends of lines and tabs stay as they are; otherwise they are spelt out as well.
    """
    kept = "".join(_visible(character, lines) for character in text[:limit])
    more = len(text) - limit
    return f"{kept}… ({more} more characters)" if more > 0 else kept


def _visible(character: str, lines: bool) -> str:
    number = ord(character)
    if character in JOINERS or (lines and character in "\n\t"):
        return character
    noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF  # XML has no place for them
    if noncharacter or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character.encode("ascii", "backslashreplace").decode() if number > 127 else f"\\x{number:02x}"
    return character


def number(points: float) -> str:
    """Points as a person writes them: 3, 2.5."""
    return f"{points:.10g}"


def slug(*texts: str) -> str:
    """A file's name for texts that may hold anything: letters that every file system takes, and a digest.

    The digest keeps two students apart whose names become the same letters.
    """
    ascii_letters = unicodedata.normalize("NFKD", texts[0]).encode("ascii", "ignore").decode().lower()
    letters = re.sub("[^a-z0-9]+", "-", ascii_letters[:200]).strip("-")[:40] or "student"
    whole = "\0".join(texts).encode("utf-8", "surrogatepass")
    return f"{letters}-{hashlib.sha256(whole).hexdigest()[:10]}"


def write_whole(path: Path, text: str):
    """Write a file so that a reader, or a run that is killed meanwhile, finds the old one or the new one whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # or a power cut may leave the new name with nothing in it
    os.replace(beside, path)
