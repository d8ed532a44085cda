"""Read untrusted zips, one member at a time and in memory. Nothing is ever extracted to disk."""

import io
import stat
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath

from mlcourse.grading.intake.files import File, Reading, is_submission
from mlcourse.grading.intake.notebooks import MAX_BYTES

MAX_MEMBERS = 20_000
MAX_ZIP = 20_000_000  # bytes, for a student's own zip
MAX_TOTAL = 2_000_000_000  # bytes, unpacked, in one zip


class RefusedArchive(ValueError):
    """A zip that is not opened; the message says why."""


def files_in(source: Path | bytes) -> list[File]:
    """List the files in a zip, sorted by name; each is unpacked only when its `read` is called.

    Reading a link, a file that is too large, or one whose name points outside the zip returns a problem, not bytes.
    Raises RefusedArchive if the zip is broken or a zip bomb.
    """
    # Count the files before `zipfile` creates an object for each.
    if isinstance(source, bytes) and source.count(b"PK\1\2") > MAX_MEMBERS:
        raise RefusedArchive(f"It has more than {MAX_MEMBERS} files.")
    try:
        file = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
        members = file.infolist()
        _refuse_bombs(members)
        visible = sorted((one for one in members if not _hidden(one)), key=lambda member: member.filename)
    except RefusedArchive:
        raise
    except Exception as error:  # untrusted bytes can make `zipfile` raise anything
        raise RefusedArchive(f"It is not a readable zip: {_describe(error)}") from error
    return [File(_parts(one), partial(_read, file, one), is_submission(one.filename)) for one in visible]


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _refuse_bombs(members: list[zipfile.ZipInfo]) -> None:
    """Refuse a zip that unpacks to far more than its own size."""
    if len(members) > MAX_MEMBERS:
        raise RefusedArchive(f"It has {len(members)} files; the limit is {MAX_MEMBERS}.")
    if sum(member.file_size for member in members) > MAX_TOTAL:
        raise RefusedArchive("Its files would take more than 2 GB when unpacked.")
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:  # a well-known zip bomb: many files share the same data
            raise RefusedArchive("The files in it overlap.")
        end = member.header_offset + 30 + member.compress_size


def _hidden(member: zipfile.ZipInfo) -> bool:
    """Whether it is a folder, or a file that a program created for its own use."""
    parts = PurePosixPath(member.filename).parts
    return member.is_dir() or any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename.replace("\\", "/"))


def _parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """Return the parts of a member's path, for display and for finding its owner."""
    return tuple(part for part in _path(member).parts if part not in ("/", "..")) or ("(no name)",)


def _read(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> Reading:
    """Read a member's bytes, or return a problem. Its declared size is not trusted: unpacking stops at the limit."""
    path = _path(member)
    if path.is_absolute() or ".." in path.parts or "".join(path.parts[:1]).endswith(":"):
        return None, f"Its name in the zip, {member.filename!r}, points outside the zip."
    if stat.S_ISLNK(member.external_attr >> 16):
        return None, "It is a link, and links are not followed."
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return (
            None,
            "Its compression method is not supported: use one of the usual ones, “stored” or “deflated”.",
        )
    limit = MAX_ZIP if path.suffix.lower() == ".zip" else MAX_BYTES
    try:
        with file.open(member) as opened:
            data = opened.read(limit + 1)
    except Exception as error:
        return None, f"It cannot be unpacked: {_describe(error)}"
    return (None, f"It is larger than {limit / 1e6:.0f} MB.") if len(data) > limit else (data, None)
