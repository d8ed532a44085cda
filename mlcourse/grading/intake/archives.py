"""Read untrusted archives, one member at a time and in memory. No member is ever extracted to a folder.

An archive is a zip, a tar, or a tar that is compressed with gzip. The last is unpacked, up to a limit, into a file
without a name, because reading it out of order would unpack it again for each member.
"""

import gzip
import io
import stat
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from mlcourse.grading.intake.files import File, Reading, read_stream, time_of
from mlcourse.grading.intake.kinds import is_submission
from mlcourse.grading.intake.outputs import Allowance

MAX_MEMBERS = 20_000
MAX_TOTAL = 2_000_000_000  # bytes, unpacked, in one archive
MAX_TAR = 200_000_000  # bytes, unpacked, of a student's own tar
MAX_NAME = 1000  # characters of a member's path
PIECE = 1_000_000  # bytes that are unpacked at once
MAX_HEADER = 16_000  # bytes of a member's headers in a tar, which says itself how long they are
MAX_SECONDS = 10.0  # for all headers of a tar: `tarfile` takes quadratic time for some of them
UNKNOWN_YEAR = 1980  # what a zip says that does not know


class RefusedArchive(ValueError):
    """An archive that is not opened; the message says why."""


class Member(NamedTuple):
    """A file in an archive."""

    name: str  # as the archive spells it
    open: Callable[[], IO[bytes]]
    problem: str | None  # why it is not opened
    written: float | None  # seconds since 1970


def files_in(source: Path | bytes) -> list[File]:
    """List the files in an archive, sorted by name; each is unpacked only when its `read` is called.

    Reading a link, a file that is too large, or one whose name points outside the archive returns a problem, not
    bytes. Raises RefusedArchive if the archive is broken or a bomb.
    """
    list_members = _members_of_zip if _is_zip(source) else _members_of_tar
    try:
        members = list_members(source)
    except RefusedArchive:
        raise
    except Exception as error:  # untrusted bytes can make these libraries raise anything
        kind = "zip" if list_members is _members_of_zip else "tar"
        raise RefusedArchive(f"It is not a readable {kind}: {_describe(error)}") from error
    if any(len(one.name) > MAX_NAME for one in members):
        raise RefusedArchive("One of the names in it is far too long.")
    visible = sorted((one for one in members if not _hidden(one.name)), key=lambda member: member.name)
    return [
        File(_parts(one.name), partial(_read, one), is_submission(one.name), time_of(one.written))
        for one in visible
    ]


def _is_zip(source: Path | bytes) -> bool:
    """Whether an archive is to be read as a zip: by its name or, if it is in memory, by its first bytes."""
    if isinstance(source, Path):
        return source.suffix.lower() == ".zip"
    return not source.startswith(b"\x1f\x8b") and source[257:262] != b"ustar"


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200].rstrip(".") + "."


def _read(member: Member, as_notebook: bool = False, allowance: Allowance | None = None) -> Reading:
    """Read a member's bytes, or return a problem. Its declared size is not trusted: unpacking stops at the limit."""
    path = _path(member.name)
    if path.is_absolute() or ".." in path.parts or "".join(path.parts[:1]).endswith(":"):
        return None, f"Its name in the archive, {member.name!r}, points outside the archive."
    if member.problem:
        return None, member.problem
    try:
        with member.open() as opened:
            return read_stream(opened, path.name, as_notebook, allowance)
    except Exception as error:
        return None, f"It cannot be unpacked: {_describe(error)}"


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────


def _hidden(name: str) -> bool:
    """Whether a program created the file for its own use."""
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in _path(name).parts)


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _parts(name: str) -> tuple[str, ...]:
    """Return the parts of a member's path, for display and for finding its owner."""
    return tuple(part for part in _path(name).parts if part not in ("/", "..")) or ("(no name)",)


# ── Zips ─────────────────────────────────────────────────────────────────────────────────────────────


def _members_of_zip(source: Path | bytes) -> list[Member]:
    # Count the files before `zipfile` creates an object for each.
    if isinstance(source, bytes) and source.count(b"PK\1\2") > MAX_MEMBERS:
        raise RefusedArchive(f"It has more than {MAX_MEMBERS} files.")
    file = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    members = file.infolist()
    _refuse_bombs(members)
    return [
        Member(_name_in_zip(one), partial(file.open, one), _problem_in_zip(one), _written(one))
        for one in members
        if not one.filename.endswith(("/", "\\"))
    ]


def _refuse_bombs(members: list[zipfile.ZipInfo]) -> None:
    """Refuse a zip that unpacks to far more than its own size."""
    _refuse_many(len(members), (member.file_size for member in members))
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:  # a well-known zip bomb: many files share the same data
            raise RefusedArchive("The files in it overlap.")
        end = member.header_offset + 30 + member.compress_size


def _refuse_many(count: int, sizes: Iterable[int]) -> None:
    if count > MAX_MEMBERS:
        raise RefusedArchive(f"It has {count} files; the limit is {MAX_MEMBERS}.")
    if sum(sizes) > MAX_TOTAL:
        raise RefusedArchive("Its files would take more than 2 GB when unpacked.")


def _name_in_zip(member: zipfile.ZipInfo) -> str:
    """Return a member's name. macOS writes names as UTF-8 without saying so, and they are decoded wrongly."""
    says_utf8 = member.flag_bits & 0x800
    with suppress(UnicodeError):
        return member.filename if says_utf8 else member.filename.encode("cp437").decode("utf-8")
    return member.filename


def _problem_in_zip(member: zipfile.ZipInfo) -> str | None:
    if stat.S_ISLNK(member.external_attr >> 16):
        return "It is a link, and links are not followed."
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "Its compression method is not supported: use one of the usual ones, “stored” or “deflated”."
    return None


def _written(member: zipfile.ZipInfo) -> float | None:
    """Return when a member was written. A zip has local time, and dates from 1980 on."""
    if member.date_time[0] <= UNKNOWN_YEAR:
        return None
    try:
        return time.mktime((*member.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None


# ── Tars ─────────────────────────────────────────────────────────────────────────────────────────────


class _Headers:
    """A tar of which only headers are read: not much between two members, and not for long."""

    def __init__(self, file: IO[bytes]):
        self.file, self.tell = file, file.tell
        self.left, self.deadline = MAX_HEADER, time.monotonic() + MAX_SECONDS

    def seek(self, place: int) -> int:
        self.left = MAX_HEADER
        return self.file.seek(place)

    def read(self, size: int = -1) -> bytes:
        self.left -= size
        if size < 0 or self.left < 0:
            raise RefusedArchive("One of its headers is far too long.")
        if time.monotonic() > self.deadline:
            raise RefusedArchive(f"Its headers could not be read within {MAX_SECONDS:.0f} s.")
        return self.file.read(size)


def _members_of_tar(source: Path | bytes) -> list[Member]:
    file: IO[bytes] = source.open("rb") if isinstance(source, Path) else io.BytesIO(source)
    if file.read(2) == b"\x1f\x8b":
        file = _unpacked(file, MAX_TOTAL if isinstance(source, Path) else MAX_TAR)
    file.seek(0)
    archive = tarfile.TarFile(fileobj=_Headers(file))  # type: ignore[arg-type]
    found: list[tarfile.TarInfo] = []
    for member in archive:
        found.append(member)
        _refuse_many(len(found), ())
    _refuse_many(len(found), (member.size for member in found))
    archive.fileobj = file
    return [
        Member(one.name, partial(_open_in_tar, archive, one), _problem_in_tar(one), float(one.mtime) or None)
        for one in found
        if not one.isdir()
    ]


def _unpacked(file: IO[bytes], limit: int) -> IO[bytes]:
    """Return what gzip has compressed, in a file without a name."""
    file.seek(0)
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115  # its members are read later
    with gzip.GzipFile(fileobj=file) as stream:
        while piece := stream.read(PIECE):
            unpacked.write(piece)
            if unpacked.tell() > limit:
                raise RefusedArchive(f"Its files would take more than {limit / 1e6:.0f} MB when unpacked.")
    return unpacked


def _problem_in_tar(member: tarfile.TarInfo) -> str | None:
    if member.issym() or member.islnk():
        return "It is a link, and links are not followed."
    return None if member.isreg() else "It is not a regular file."


def _open_in_tar(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = archive.extractfile(member)
    if opened is None:
        raise RefusedArchive("It is not a regular file.")
    return opened
