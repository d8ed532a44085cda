"""One submission as the leading process sees it: what is known from an earlier run, and what is written down."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.batch.assess import Terms, Waiting, failed
from mlcourse.grading.batch.digests import task_digests
from mlcourse.grading.records.grade import Grade, Submission
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.records.results import (
    Result,
    lean,
    load_result,
    name_of,
    new_result,
    save,
    submission_digest,
)


@dataclass(frozen=True, kw_only=True)
class Settings(Terms):
    """The settings of a run: its terms, and what only the leading process needs."""

    out: Path
    resume: bool = False  # whether to keep marks that are still valid
    gradebook: Path | None = None  # the file with the instructor's settings, if it is not the one in `out`
    platform: str | None = None  # the learning platform that tables are for, if that file does not say

    @property
    def terms(self) -> Terms:
        return Terms(**{one.name: getattr(self, one.name) for one in fields(Terms)})

    def path(self, submission: Submission) -> Path:
        return self.out / "results" / f"{name_of(submission)}.json"

    @property
    def journal(self) -> Journal:
        return Journal(self.out / "journal.jsonl")


class Outcome(NamedTuple):
    """What the run needs to know about a marked submission; the rest is on disk."""

    name: str
    grade: Grade  # without long texts
    before: dict[str, float] | None


def look_up(submission: Submission, settings: Settings, again: Collection[str] = ()) -> Waiting | None:
    """Return what is left to do for a submission; None if an earlier run has finished it.

    The tasks in `again` are to be marked again in any case.
    """
    old = load_result(settings.out, name_of(submission), submission)
    known = {}
    if old and settings.resume:
        about = submission_digest(submission, settings.circumstances)
        checks = task_digests(settings.course, submission.lesson)
        known = old.valid_marks(about, checks)
        known = {task: mark for task, mark in known.items() if task not in again}
        complete = known.keys() == checks.keys() or submission.problem
        if old.finished and old.about == about and complete:
            return None
    return Waiting(submission, known, previous_points(old))


def begin(waiting: Waiting, settings: Settings) -> None:
    """Write down that a submission is being marked: from here on, an earlier result no longer counts."""
    save(settings.path(waiting.submission), unfinished(waiting, settings), durable=False)


def finish(waiting: Waiting, result: Result, settings: Settings) -> Outcome:
    """Write a result and its history to the disk. Raises OSError."""
    result.before = waiting.before
    submission, grade = waiting.submission, result.grade
    names = {"student": submission.student, "source": submission.source}
    new = [mark for mark in grade.marks if mark.task not in waiting.known]
    # The journal first: if the run is killed in between, marks are listed twice there, but none is missing.
    settings.journal.write_all(
        [
            *(("mark", names | mark._asdict()) for mark in new),
            ("finished", names | {"status": grade.status, "points": grade.points}),
        ]
    )
    save(settings.path(submission), result)
    return Outcome(name_of(submission), lean(grade), waiting.before)


def lost(waiting: Waiting, settings: Settings) -> Result:
    """Return the result of a submission that ends every process that marks it."""
    result = unfinished(waiting, settings)
    note = "The grader's own process was killed each time that it marked this submission."
    result.grade = failed(result.grade, note)
    return result


def unfinished(waiting: Waiting, settings: Settings) -> Result:
    """Return a result that has only the marks that are already known."""
    submission = waiting.submission
    digest = submission_digest(submission, settings.circumstances)
    result = new_result(submission, digest, waiting.known, task_digests(settings.course, submission.lesson))
    result.before = waiting.before
    return result


def previous_points(old: Result | None) -> dict[str, float] | None:
    """Return the points of the last finished result; an unfinished one keeps those of the one before it."""
    if old is None:
        return None
    return {mark.task: mark.points for mark in old.grade.marks} if old.finished else old.before
