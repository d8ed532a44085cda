"""The verdicts of each notebook, saved beside the notebooks, so that they are still there tomorrow."""

import contextlib
import json
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, get_args

from mlcourse.checks.atomic import write_atomically
from mlcourse.checks.examine import Status

FOLDER = ".progress"


class Entry(NamedTuple):
    """What a check said, and about what."""

    status: Status
    name: str  # of the function or value that was judged
    version: str | None  # of its source, as `Versions.digest` gives it; None if no cell defines it
    checked: float  # when, in seconds since 1970
    notebook: str  # the name of the notebook's file


class Record:
    """The verdicts of all exercises of a course: one file per notebook in .progress/.

    Nothing here raises: a verdict is never lost because it cannot be saved. What went wrong is in `remarks`.

    Parameters
    ----------
    root : Path
        The folder of the course.
    """

    def __init__(self, root: Path):
        self.folder = root / FOLDER
        self.remarks: list[str] = []

    def entries(self) -> dict[str, Entry]:
        """Return the last verdict of every task, by the task's name."""
        found = [one for path in sorted(self.folder.glob("*.json")) for one in self._read(path).items()]
        return dict(sorted(found, key=lambda item: item[1].checked))

    def add(self, task: str, entry: Entry) -> None:
        """Save a verdict."""
        path = self.folder / f"{Path(entry.notebook).stem}.json"
        verdicts = self._read(path) | {task: entry}
        text = json.dumps({name: one._asdict() for name, one in verdicts.items()}, indent=1)
        try:
            write_atomically(path, text + "\n")
        except OSError as error:
            self._remark(
                f"Verdicts cannot be saved in {self.folder}: {error.strerror}. They last as long as this kernel."
            )

    def _read(self, path: Path) -> dict[str, Entry]:
        """Return the verdicts in a file; none if there is no file. A file that is not ours is put aside."""
        try:
            content = json.loads(path.read_text("utf-8"))
            return {str(task): entry(one) for task, one in content.items()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._remark(f"{path} cannot be read: {error.strerror}. Its verdicts are left out.")
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            self._put_aside(path)
        return {}

    def _put_aside(self, path: Path) -> None:
        aside = next(
            name for number in count(1) if not (name := path.with_suffix(f".unreadable-{number}")).exists()
        )
        with contextlib.suppress(OSError):
            path.rename(aside)
        self._remark(
            f"{path} did not contain verdicts, and is now called {aside.name}. Run the checks of its notebook again."
        )

    def _remark(self, sentence: str) -> None:
        if sentence not in self.remarks:
            self.remarks.append(sentence)


def entry(content: Any) -> Entry:
    """Return an entry as it was saved. Raises one of several exceptions if it is anything else."""
    one = Entry(**content)
    texts = (one.status, one.name, one.notebook, one.version or "")
    if one.status not in get_args(Status) or not all(isinstance(text, str) for text in texts):
        raise ValueError("not a verdict")
    return one._replace(checked=float(one.checked), notebook=Path(one.notebook).name)
