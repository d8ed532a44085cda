"""Read a notebook without its outputs, piece by piece: figures may take 60 MB around 50 kB of a student's work.

This is not a JSON parser. It copies the text, finds the keys whose values are not read, such as "outputs", and puts
`null` in the place of these values. So it needs no more memory than what it keeps, even for a hostile file.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import IO

MAX_FILE = 100_000_000  # bytes of a notebook with its outputs
MAX_BYTES = 5_000_000  # of a notebook without them
MAX_WITH_PICTURES = 25_000_000  # the same, before pictures inside the text are left out
MAX_CONTAINERS = 300_000  # objects and lists that are kept: each takes 50 times more memory than text
MAX_PARTS = 500_000  # strings, objects and lists that are kept; the course's notebooks have 2500
MAX_SKIPPED = 1_000_000  # the same, in outputs, where each printed line is one: about a second
MAX_WORK = 2_000_000  # for all notebooks of a student: parts, and one more for each hundred bytes

PIECE = 250_000  # bytes
STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)  # up to the closing quote, if it is there
PART = re.compile(
    rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL
)  # a string, where one begins, or a bracket
STEPS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}  # into a bracket, and out of it
# Outputs; pictures in Markdown cells; what interactive widgets showed.
KEYS = {b'"outputs"', b'"attachments"', b'"widgets"'}
UNREAD = re.compile(rb'"\w+"[ \t\r\n]{0,20}:[ \t\r\n]{0,20}(?=[\[{])')
LONGEST_KEY = 64  # bytes that suffice to recognise such a key
PICTURE = re.compile(rb"(data:[\w/+.-]{1,100};base64,)[A-Za-z0-9+/=]{200,}")


class NotReadable(ValueError):
    """Bytes that are not a notebook; the message is a sentence for the instructor."""


class Allowance:
    """How much is still read for one student: twenty notebooks may each be as large as one may be."""

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise NotReadable(
                "It is too large to be read, together with the student's other files: clear the outputs in Jupyter."
            )


def without_outputs(file: IO[bytes], allowance: Allowance | None = None) -> bytes:
    """Return a notebook's JSON, as UTF-8, without outputs and attached pictures. Raises NotReadable.

    Only a notebook that is too large otherwise loses the pictures that are part of its text, as Colab pastes them.
    """
    scanner, allowance = _Scanner(), allowance or Allowance()
    for piece in _in_utf8(_pieces(file)):
        allowance.spend(len(piece) // 100)
        before = scanner.parts + scanner.skipped
        scanner.read(piece)
        allowance.spend(scanner.parts + scanner.skipped - before)
    kept = scanner.finish()
    if len(kept) > MAX_BYTES:
        kept = PICTURE.sub(rb"\1", kept)
    if len(kept) > MAX_BYTES:
        raise NotReadable(f"It is larger than {MAX_BYTES / 1e6:.0f} MB, even without its outputs.")
    return kept


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while piece := file.read(PIECE):
        size += len(piece)
        if size > MAX_FILE:
            raise NotReadable(f"It is larger than {MAX_FILE / 1e6:.0f} MB.")
        yield piece


def _in_utf8(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Recode UTF-16, which some editors on Windows write; leave everything else as it is."""
    decoder: codecs.IncrementalDecoder | None = None
    for number, piece in enumerate(pieces):
        if number == 0 and (encoding := _utf_16(piece[:4])):
            decoder = codecs.getincrementaldecoder(encoding)()
        try:
            yield decoder.decode(piece).encode("utf-8", "replace") if decoder else piece
        except UnicodeDecodeError as error:
            raise NotReadable("It begins as UTF-16, but is not. Save it again from Jupyter.") from error


def _utf_16(start: bytes) -> str | None:
    """Return the kind of UTF-16 in which a notebook with these first bytes is written, if it is."""
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return {b"{\0": "utf-16-le", b"\0{": "utf-16-be"}.get(start[:2])


class _Scanner:
    """Takes the pieces of a file, and keeps all but the values that nobody reads."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.rest = b""  # the end of the last piece, which cannot be understood yet
        self.in_string = False
        self.depth = 0  # of brackets inside a value that is being skipped; 0 outside
        self.parts = self.containers = self.skipped = 0

    def read(self, piece: bytes, last: bool = False) -> None:
        data, place = self.rest + piece, 0
        while place < len(data):
            step = self._string if self.in_string else self._skip if self.depth else self._copy
            end = step(data, place, last)
            if end is None:
                break
            place = end
        self.rest = data[place:]

    def finish(self) -> bytes:
        self.read(b"", last=True)
        self._keep(self.rest)
        return bytes(self.kept)

    def _keep(self, text: bytes) -> None:
        self.kept += text
        if len(self.kept) > MAX_WITH_PICTURES:
            raise NotReadable(f"It is larger than {MAX_BYTES / 1e6:.0f} MB, even without its outputs.")

    def _string(self, data: bytes, place: int, last: bool) -> int | None:
        """Go on to the end of a string. A backslash at the end of a piece waits for what it belongs to."""
        found = STRING.match(data, place)
        end = found.end() if found else place
        closed = data[end : end + 1] == b'"'
        self.in_string = not closed
        end += closed
        if not self.depth:
            self._keep(data[place:end])
        return end if end > place else None

    def _skip(self, data: bytes, place: int, last: bool) -> int:
        """Go on to the end of a value that is not read."""
        for part in PART.finditer(data, place):
            self.skipped += 1
            text = part[0]
            self.depth += STEPS.get(text, 0)
            self.in_string = text == b'"'
            if not self.depth or self.in_string:
                return part.end()
        if self.skipped > MAX_SKIPPED:
            raise NotReadable("Its outputs have too many parts to be read: clear them in Jupyter.")
        return len(data)

    def _copy(self, data: bytes, place: int, last: bool) -> int | None:
        """Copy up to the next value that is not read, and begin to skip it."""
        end = len(data)
        complete = end if last else end - LONGEST_KEY
        for part in PART.finditer(data, place):
            text = part[0]
            if text[:1] == b'"':
                if part.start() > complete:  # the rest of this key may follow
                    end = part.start()
                    break
                if text in KEYS and (key := UNREAD.match(data, part.start())):
                    self._keep(data[place : key.end()] + b"null")
                    self.depth = 1
                    return key.end() + 1
            self.parts += 1
            self.containers += text in b"{["
            if text == b'"':
                self.in_string, end = True, part.end()
                break
        if self.containers > MAX_CONTAINERS or self.parts > MAX_PARTS:
            raise NotReadable("It has more parts than any notebook: it is not one.")
        self._keep(data[place:end])
        return end if end > place else None
