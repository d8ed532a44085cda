"""Text that leaves the grader: make names and messages safe to display.

Students choose their own name, the name of their file, and the messages of the errors that their functions raise. All
of this ends up in a terminal, in tables and in pages. Each has its own escaping; this module does what they share.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache

# Two invisible characters that real names contain: they join and separate letters in Persian and Hindi.
JOINERS = "\u200c\u200d"
MAX_NAME = 200  # characters
LETTERS = "bcdfghjklmnpqrst"  # no vowels, so no words; and nothing that a spreadsheet mistakes for a number


def tidy(text: str) -> str:
    """Make a name safe to write anywhere: no lone surrogates, no control characters, and a limited length."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", "?", text).strip()[:MAX_NAME]


def name_key(name: str) -> str:
    """Return what two spellings of one name share: they may differ in Unicode's form, in case and in spaces."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())


def printable(text: str, limit: int = 200, lines: bool = False) -> str:
    """Return `text` safe to display anywhere: invisible characters are spelt out, such as \\x1b or \\u202e.

    Escape sequences would move a terminal's cursor, characters that reverse the writing direction turn "exe.jpg" into
    "gpj.exe", and half a surrogate pair (from a file name that is not UTF-8) cannot be written to a file at all.

    Parameters
    ----------
    text : str
    limit : int
        Keep this many characters, and state how many more there were.
    lines : bool
        Whether to keep line breaks and tabs; otherwise they are spelt out too.
    """
    kept, more = text[:limit], len(text) - limit
    # Few texts have invisible characters, and looking at each one takes long.
    if not (kept.replace("\n", "").replace("\t", "") if lines else kept).isprintable():
        kept = "".join(_visible(character, lines) for character in kept)
    return f"{kept}… ({more} more characters)" if more > 0 else kept


@lru_cache(maxsize=4096)
def _visible(character: str, lines: bool) -> str:
    number = ord(character)
    if character in JOINERS or (lines and character in "\n\t"):
        return character
    noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF  # not allowed in XML
    if noncharacter or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character.encode("ascii", "backslashreplace").decode() if number > 127 else f"\\x{number:02x}"
    return character


def format_points(points: float) -> str:
    """Format points as a person would write them: 3, 2.5."""
    return f"{points:.10g}"


def in_letters(text: str) -> str:
    """Return a digest of 128 bits that a spreadsheet leaves as it is: 32 letters."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return "".join(LETTERS[byte % 16] for byte in digest)


def slug(*texts: str) -> str:
    """Make a file name from arbitrary texts: characters that every file system accepts, and a digest.

    The digest distinguishes students whose names reduce to the same letters. It has 128 bits, because students choose
    their names and those of their files: two that share a shorter digest can be found by trying.
    """
    ascii_letters = unicodedata.normalize("NFKD", texts[0]).encode("ascii", "ignore").decode().lower()
    letters = re.sub("[^a-z0-9]+", "-", ascii_letters[:200]).strip("-")[:40] or "student"
    whole = "\0".join(texts).encode("utf-8", "surrogatepass")
    return f"{letters}-{hashlib.sha256(whole).hexdigest()[:32]}"
