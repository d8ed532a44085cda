"""Zips from strangers: their members are read one by one, in memory. Nothing is ever extracted to the disk."""

import io
import stat
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath

from mlcourse.grading.files import File, Reading, is_submission
from mlcourse.grading.notebooks import MAX_BYTES

MAX_MEMBERS = 20_000
MAX_ZIP = 20_000_000  # bytes of one that a student handed in
MAX_TOTAL = 2_000_000_000  # bytes, unpacked, of all that is read


class RefusedArchive(ValueError):
    """A zip that is not opened at all; the message says why."""


def files_in(source: Path | bytes) -> list[File]:
    """The files in a zip, in the order of their names; none is unpacked before its `read` is called.

    One that is a link, too large, or named so that it would land elsewhere, has a problem in place of bytes.
    Raises RefusedArchive for a zip that is broken or a bomb.
    """
    if isinstance(source, bytes) and source.count(b"PK\1\2") > MAX_MEMBERS:  # before each becomes an object
        raise RefusedArchive(f"It holds more than {MAX_MEMBERS} files.")
    try:
        file = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
        members = file.infolist()
        _refuse_bombs(members)
        seen = sorted((one for one in members if not _hidden(one)), key=lambda member: member.filename)
    except RefusedArchive:
        raise
    except Exception as error:  # whatever else bytes from a stranger make of `zipfile`
        raise RefusedArchive(f"It is not a zip that can be read: {_told(error)}") from error
    return [File(_parts(one), partial(_read, file, one), is_submission(one.filename)) for one in seen]


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _refuse_bombs(members: list[zipfile.ZipInfo]) -> None:
    """Refuse a zip that unpacks to far more than it is."""
    if len(members) > MAX_MEMBERS:
        raise RefusedArchive(f"It holds {len(members)} files; more than {MAX_MEMBERS} are not opened.")
    if sum(member.file_size for member in members) > MAX_TOTAL:
        raise RefusedArchive("Unpacked, it would be larger than 2 GB.")
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:  # one piece of data as many files: a well-known bomb
            raise RefusedArchive("Files in it overlap.")
        end = member.header_offset + 30 + member.compress_size


def _hidden(member: zipfile.ZipInfo) -> bool:
    """Whether it is a folder, or something that a program has put there for itself."""
    parts = PurePosixPath(member.filename).parts
    return member.is_dir() or any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename.replace("\\", "/"))


def _parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """Where a member lies, for display and for its owner's name."""
    return tuple(part for part in _path(member).parts if part not in ("/", "..")) or ("(no name)",)


def _read(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> Reading:
    """One member's bytes, or a problem. Its declared size is not believed: no more than the limit is unpacked."""
    path = _path(member)
    if path.is_absolute() or ".." in path.parts or "".join(path.parts[:1]).endswith(":"):
        return None, f"Its name in the zip, {member.filename!r}, points outside of it."
    if stat.S_ISLNK(member.external_attr >> 16):
        return None, "It is a link, and links are not followed."
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return None, "It is packed in a way that is not unpacked here: only “stored” and “deflated” are."
    limit = MAX_ZIP if path.suffix.lower() == ".zip" else MAX_BYTES
    try:
        with file.open(member) as opened:
            data = opened.read(limit + 1)
    except Exception as error:
        return None, f"It cannot be unpacked: {_told(error)}"
    return (None, f"It has more than {limit / 1e6:.0f} MB.") if len(data) > limit else (data, None)
