"""Each student's marks so far: one JSON file per submission, replaced as a whole when its marking begins and ends.

A run of a thousand submissions may be stopped at any moment, by a power cut or by Ctrl-C. The files then contain
the marks of every finished submission, and `--resume` marks only the others.

A mark is valid only under the circumstances in which it was given. So it is stored with a digest of its check, and
the whole result with a digest of the submission and the secret seed. If one of these has changed, only the
marks that depend on it are computed again.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.records.grade import Figure, Grade, Mark, Submission
from mlcourse.grading.records.journal import plain_number
from mlcourse.grading.records.text import slug

SHOWN_CODE = 200_000  # characters of a student's cells that are kept for their page


class Named(Protocol):
    """A submission, or an entry or a grade about one: what tells it apart from all others."""

    @property
    def student(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def lesson(self) -> str | None: ...


@dataclass
class Result:
    """One submission's marks so far."""

    grade: Grade
    about: str  # digest of the submission and of what affects all its checks
    checks: dict[str, str] = field(default_factory=dict)  # task → digest of the check that gave its mark
    finished: bool = False
    code: list[tuple[int, str]] = field(default_factory=list)  # the code cells, with their numbers
    before: dict[str, float] | None = None  # until this one is finished: the points of the last finished one

    def valid_marks(self, about: str, checks: dict[str, str]) -> dict[str, Mark]:
        """Return the marks that a new run would not change: same submission, same seed, same check."""
        if about != self.about:
            return {}
        return {
            mark.task: mark
            for mark in self.grade.marks
            if mark.task in checks and self.checks.get(mark.task) == checks[mark.task]
        }

    def add(self, mark: Mark, check: str) -> None:
        """Add a mark, and remove an older one of the same task."""
        others = [other for other in self.grade.marks if other.task != mark.task]
        self.grade = replace(self.grade, marks=[*others, mark])
        self.checks[mark.task] = check


def identity(one: Named) -> tuple[str, str, str]:
    """Return what is equal for the same submission in two runs: its student, its path and its lesson."""
    return one.student, one.source, one.lesson or ""


def name_of(submission: Named) -> str:
    """Return the name, without its suffix, of all files about a submission."""
    return slug(*identity(submission))


def submission_digest(submission: Submission, circumstances: str) -> str:
    """Return a digest of a submission and of everything else that affects all of its marks.

    Parameters
    ----------
    submission : Submission
    circumstances : str
        Such as digests of the seed and of the package that answers import.
    """
    # ASCII, whatever the names contain; files are represented by their own digests.
    content = {
        **asdict(submission),
        "handed_in": None,
    }  # no mark depends on it, and copying a file may change it
    text = json.dumps([content, circumstances], sort_keys=True, default=_digest)
    return _digest(text.encode("ascii"))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def new_result(submission: Submission, digest: str, marks: dict[str, Mark], checks: dict[str, str]) -> Result:
    """Start a result with the marks that are still valid."""
    grade = Grade(submission.student, submission.lesson, submission.source, "partial", list(marks.values()))
    kept = {task: checks[task] for task in marks}
    return Result(grade, digest, kept, code=shown_code(submission))


def shown_code(submission: Submission) -> list[tuple[int, str]]:
    """Return the code cells, up to a total length that a page can show."""
    kept, room = [], SHOWN_CODE
    for number, cell in enumerate(submission.cells, 1):
        if cell.kind == "code" and cell.source.strip() and room > 0:
            kept.append((number, cell.source[:room]))
            room -= len(cell.source)
    return kept


def defining_cells(result: Result, task: str) -> list[tuple[int, str]]:
    """Return the cells that define a function or value: number and source."""
    name = re.escape(task)
    defines = re.compile(
        rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{name}\b|^[ \t]*{name}\b[^=\n]{{0,200}}=", re.MULTILINE
    )
    return [(number, source) for number, source in result.code if defines.search(source)]


def tasks_lost_with_cells(result: Result) -> int:
    """Return how many tasks are missing although a cell defines them: that cell, or one before it, has failed."""
    missing = (mark.task for mark in result.grade.marks if mark.status == "missing")
    return sum(bool(defining_cells(result, task)) for task in missing)


def save(path: Path, result: Result, durable: bool = True) -> None:
    """Write a result to its file, replacing the old one; see `write_atomically`."""
    write_atomically(path, json.dumps(asdict(result), indent=1, default=plain_number) + "\n", durable)


def load_result(out: Path, name: str, whose: Named) -> Result | None:
    """Read a submission's result from a folder of results; None if there is none, or it is another submission's."""
    result = load(out / "results" / f"{name}.json")
    return result if result and identity(result.grade) == identity(whose) else None


def load(path: Path) -> Result | None:
    """Read a result from its file; return None if there is none, or it is damaged."""
    try:
        record = json.loads(path.read_text("ascii"))
        grade = record.pop("grade")
        marks = [Mark.from_json(mark) for mark in grade.pop("marks")]
        figures = [Figure(*figure) for figure in grade.pop("figures")]
        return Result(Grade(**grade, marks=marks, figures=figures), **record)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def lean(grade: Grade) -> Grade:
    """Return a grade without the long texts that only the student's own page shows."""
    return replace(grade, output="", open_answers={}, figures=[])
