"""Where each student stands: one file of JSON, replaced whole after every check.

A run of a thousand submissions may be killed at any moment, by a power cut or an impatient hand. What is here then is
the marks of every check that had been judged, and `--resume` asks only the others.

A mark is worth something only under the circumstances in which it was given. So beside it stands a digest of its
check, and beside the whole a digest of what was handed in and of the secret seed. When one of them has changed, the
marks that hang on it are given anew, and no others.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from mlcourse.grading.journal import plain_number
from mlcourse.grading.outgoing import slug, write_atomically
from mlcourse.grading.records import Grade, Mark, Submission

SHOWN_CODE = 200_000  # characters of a student's cells that are kept for their page


@dataclass
class Result:
    """One submission's marks so far."""

    grade: Grade
    about: str  # digest of the submission and of what holds for all its checks
    checks: dict[str, str] = field(default_factory=dict)  # task → digest of the check that gave its mark
    finished: bool = False
    code: list[tuple[int, str]] = field(default_factory=list)  # the cells that were run, with their numbers
    before: dict[str, float] | None = None  # while this one is not finished: the points of the last that was

    def valid_marks(self, about: str, checks: dict[str, str]) -> dict[str, Mark]:
        """The marks that would be given again: same submission, same seed, same check."""
        if about != self.about:
            return {}
        return {
            mark.task: mark
            for mark in self.grade.marks
            if mark.task in checks and self.checks.get(mark.task) == checks[mark.task]
        }

    def take(self, mark: Mark, check: str):
        """Put a mark in the place of an older one, or at the end."""
        others = [other for other in self.grade.marks if other.task != mark.task]
        self.grade = replace(self.grade, marks=[*others, mark])
        self.checks[mark.task] = check


def name_of(submission: Submission) -> str:
    """The name, without its ending, of all files about a submission."""
    return slug(submission.student, submission.source)


def about(submission: Submission, circumstances: str) -> str:
    """A digest of a submission and of what else decides all of its marks.

    Parameters
    ----------
    submission : Submission
    circumstances : str
        Such as digests of the seed and of the package that answers use.
    """
    # ASCII, whatever the names hold; files by digests of their own.
    told = json.dumps([asdict(submission), circumstances], sort_keys=True, default=_digest)
    return _digest(told.encode("ascii"))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def begun(submission: Submission, digest: str, marks: dict[str, Mark], checks: dict[str, str]) -> Result:
    """A result that has only the marks that are taken over."""
    grade = Grade(submission.student, submission.lesson, submission.source, "partial", list(marks.values()))
    kept = {task: checks[task] for task in marks}
    return Result(grade, digest, kept, code=shown_code(submission))


def shown_code(submission: Submission) -> list[tuple[int, str]]:
    """The code cells, up to a size that a page can show."""
    kept, room = [], SHOWN_CODE
    for number, cell in enumerate(submission.cells, 1):
        if cell.kind == "code" and cell.source.strip() and room > 0:
            kept.append((number, cell.source[:room]))
            room -= len(cell.source)
    return kept


def save(path: Path, result: Result):
    """Replace the file of a result."""
    write_atomically(path, json.dumps(asdict(result), indent=1, default=plain_number) + "\n")


def load(path: Path) -> Result | None:
    """Read the file of a result; None when there is none, or somebody has spoilt it."""
    try:
        record = json.loads(path.read_text("ascii"))
        grade = record.pop("grade")
        marks = [Mark(*mark) for mark in grade.pop("marks")]
        return Result(Grade(**grade, marks=marks), **record)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def lean(grade: Grade) -> Grade:
    """A grade without the texts that only the student's own page shows."""
    return replace(grade, output="", open_answers={})
