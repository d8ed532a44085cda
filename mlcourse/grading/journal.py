"""What happened, in the order in which it happened: one line of JSON for every event of a run.

    {"at": "2026-03-01T10:00:00+00:00", "event": "mark", "student": "ada", "task": "e_step", "points": 4, ...}

The journal only grows. Where a student stands now is in `results/`; how it came to that, over regradings too, is
here. It may be read while a run goes on.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path


class Journal:
    """A file that events are added to, by several processes at once.

    Parameters
    ----------
    path : Path
        Its file, which need not exist.
    """

    def __init__(self, path: Path):
        self.path = Path(path)

    def write(self, event: str, **facts):
        """Add one line, and return when it is on the disk."""
        record = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        # ASCII: a name may hold half a surrogate pair, which UTF-8 does not take. The newline comes first, so that a
        # line that was torn by a kill stands alone and spoils only itself.
        line = b"\n" + json.dumps(record, default=plain_number).encode("ascii")
        # O_APPEND with a single write: lines of processes that write at the same time do not mix.
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, line)
            os.fsync(file)  # so far the kernel has it; only this outlives a power cut
        finally:
            os.close(file)

    def events(self) -> Iterator[dict]:
        """All whole lines, from the first."""
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                event = _whole(line)
                if event:
                    yield event


def _whole(line: bytes) -> dict | None:
    """The event on a line; None for an empty line, and for one that a kill has torn."""
    try:
        return json.loads(line) if line.strip() else None
    except ValueError:
        return None


def plain_number(value):
    """A NumPy number as one that JSON knows."""
    return value.item()
