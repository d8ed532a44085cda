"""nbgrader's tree, `submitted/STUDENT/ASSIGNMENT/…`: when each assignment was handed in.

nbgrader writes the time of its own clock into a file. The times of all other files are those of the students' clocks,
since nbgrader keeps them when it copies, so they say nothing here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from mlcourse.grading.intake.files import File, Time, time_of

FOLDER = "submitted"
TIMESTAMP = "timestamp.txt"  # such as "2026-03-01 10:00:00.000000 UTC", in the folder of an assignment
MAX_LENGTH = 200  # bytes of it
MISSING = Time(None, f"Nobody knows when it was handed in: there is no `{TIMESTAMP}` from nbgrader.")
INVALID = Time(None, f"Nobody knows when it was handed in: nbgrader's `{TIMESTAMP}` cannot be read.")


def with_timestamps(files: Iterable[File]) -> list[File]:
    """Return the files below nbgrader's folder, with the times that nbgrader has written down."""
    files = list(files)
    times = {file.parts[:-1]: read_timestamp(file) for file in files if file.parts[2:] == (TIMESTAMP,)}
    return [
        file if len(file.parts) == 1 else file._replace(written=times.get(file.parts[:2], MISSING))
        for file in files  # nbgrader puts no file outside the students' folders
    ]


def read_timestamp(file: File) -> Time:
    """Return the time in a file, which may have anything in it."""
    data, _ = file.read()
    try:
        date, clock, *zone = (data or b"")[:MAX_LENGTH].decode("ascii").split()
        (name,) = zone or ["UTC"]
        when = datetime.fromisoformat(f"{date} {clock}")
        # Without a zone, a time is in UTC; so it is for nbgrader.
        return time_of((when if when.tzinfo else when.replace(tzinfo=_zone(name))).timestamp())
    except (ValueError, LookupError, OSError, OverflowError):
        return INVALID


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
