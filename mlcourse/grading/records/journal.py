"""A log of everything that happened in a run: one line of JSON per event.

    {"at": "2026-03-01T10:00:00+00:00", "event": "mark", "student": "ada", "task": "e_step", "points": 4, ...}

The journal only grows. A student's current marks are in `results/`; their history, over all regradings, is here. It
can be read during a run.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np


class Journal:
    """A file that several processes can append events to at once.

    Parameters
    ----------
    path : Path
        The file, which need not exist yet.
    """

    def __init__(self, path: Path):
        self.path = Path(path)

    def write(self, event: str, **facts: object) -> None:
        """Append one line, and return once it is on disk."""
        self.write_all([(event, facts)])

    def write_all(self, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Append a line for each event, and return once they are on disk."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        records = ({"at": at, "event": event, **facts} for event, facts in events)
        # ASCII, because a name may contain half a surrogate pair, which UTF-8 cannot encode. The newline comes first,
        # so that a line cut short when a process is killed does not damage the next one.
        lines = "".join(f"\n{json.dumps(record, default=plain_number)}" for record in records).encode("ascii")
        # O_APPEND with a single write: lines written by several processes at the same time do not mix.
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, lines)
            os.fsync(file)  # or a power cut could lose what the kernel has not written yet
        finally:
            os.close(file)

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield the events of all complete lines, oldest first."""
        if not self.path.exists():
            return
        with self.path.open("rb") as lines:
            for line in lines:
                event = _parse(line)
                if event:
                    yield event


def _parse(line: bytes) -> dict[str, Any] | None:
    """Return the event on a line; None if the line is empty or was cut short."""
    try:
        return json.loads(line) if line.strip() else None
    except ValueError:
        return None


def plain_number(value: np.generic) -> Any:
    """Convert a NumPy number to one that JSON can hold."""
    return value.item()
