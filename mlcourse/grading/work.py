"""One submission, from what is known of it to its result on the disk. Runs in a process of the pool."""

import multiprocessing
import multiprocessing.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from mlcourse.grading import marking
from mlcourse.grading.digests import digest_of, task_digests, tools_digest
from mlcourse.grading.extra import add_extra_checks
from mlcourse.grading.journal import Journal
from mlcourse.grading.records import Grade, Mark, Submission
from mlcourse.grading.results import Result, about, begun, lean, load, name_of, save
from mlcourse.grading.sandbox import Ended, NoSandbox, Sandbox, choose


@dataclass(frozen=True)
class Settings:
    """What holds for all submissions of a run."""

    out: Path
    seed: bytes  # the secret of the random cases
    resume: bool = False  # whether marks that are still valid are kept
    trust: bool = False  # whether code may run without a sandbox
    extra_checks: Path | None = None
    grade: Callable = marking.grade  # tests put a small one here
    choose: Callable = choose

    @property
    def circumstances(self) -> str:
        """What decides all marks alike, as one digest."""
        return digest_of(f"{self.seed.hex()} {self.trust} {tools_digest()}")

    def path(self, submission: Submission) -> Path:
        return self.out / "results" / f"{name_of(submission)}.json"

    @property
    def journal(self) -> Journal:
        return Journal(self.out / "journal.jsonl")


class Outcome(NamedTuple):
    """What the run needs to know of a submission that is done; the rest is on the disk."""

    name: str
    grade: Grade  # without long texts
    before: dict[str, float] | None  # points of each task in the last finished result, when there was one


class _Here:
    """What `prepare` leaves to `assess` in the same process."""

    settings: Settings
    sandbox: Sandbox | None = None
    problem: NoSandbox | None = None  # why there is none


def prepare(settings: Settings):
    """Make this process ready to assess."""
    if settings.extra_checks and multiprocessing.parent_process():  # the first process has added them already
        add_extra_checks(settings.extra_checks)
    threadpool_limits(limits=1)  # the processes fill the cores
    _Here.settings, _Here.sandbox, _Here.problem = settings, None, None
    try:
        _Here.sandbox = settings.choose(trust=settings.trust)
        # Before the process ends; `atexit` would not do, for processes of a pool pass it by.
        multiprocessing.util.Finalize(None, _Here.sandbox.close, exitpriority=10)
    except NoSandbox as problem:  # an exception here would break the pool, and its sentence be lost
        _Here.problem = problem


def assess(submission: Submission) -> Outcome:
    """Mark a submission as far as it is not marked yet, and leave every step on the disk. Raises NoSandbox."""
    if _Here.problem:
        raise _Here.problem
    settings = _Here.settings
    old = load(settings.path(submission))
    digest, checks = about(submission, settings.circumstances), task_digests(submission.lesson)
    known = old.valid_marks(digest, checks) if old and settings.resume else {}
    if old and old.finished and known.keys() == checks.keys() and not submission.problem:
        return Outcome(name_of(submission), lean(old.grade), points_before(old))
    result = begun(submission, digest, known, checks)
    result.before = points_before(old)
    return finish(submission, result, known, checks)


def finish(submission: Submission, result: Result, known: dict[str, Mark], checks: dict[str, str]) -> Outcome:
    """Ask what is not known, save after every answer."""
    settings, path = _Here.settings, _Here.settings.path(submission)
    who = {"student": submission.student, "source": submission.source}

    def on_mark(mark: Mark):
        result.take(mark, checks.get(mark.task, ""))
        save(path, result)
        settings.journal.write("mark", **who, **mark._asdict())

    save(path, result)
    try:
        result.grade = settings.grade(submission, _Here.sandbox, settings.seed, on_mark=on_mark, done=known)
        result.finished = True
    except (Exception, Ended) as error:
        # A fault of the grader, and not of the student: nothing is marked down, and everybody else is graded.
        result.grade = failed(result.grade, f"The grader failed: {type(error).__name__}: {error}")
    result.checks = {mark.task: checks.get(mark.task, "") for mark in result.grade.marks}
    save(path, result)
    settings.journal.write("finished", **who, status=result.grade.status, points=result.grade.points)
    return Outcome(name_of(submission), lean(result.grade), result.before)


def lost(settings: Settings, submission: Submission) -> Outcome:
    """What to say of a submission that ended the process which assessed it; its marks so far stay."""
    path = settings.path(submission)
    result = load(path) or begun(submission, about(submission, settings.circumstances), {}, {})
    note = "The grader's own process was ended from outside while it marked this."
    result.grade, result.finished = failed(result.grade, note), False
    save(path, result)
    return Outcome(name_of(submission), lean(result.grade), result.before)


def failed(grade: Grade, note: str) -> Grade:
    return replace(grade, status="crashed", notes=[*grade.notes, note])


def points_before(old: Result | None) -> dict[str, float] | None:
    """Points of the last finished result; an interrupted one has kept those from before it."""
    if old is None:
        return None
    return {mark.task: mark.points for mark in old.grade.marks} if old.finished else old.before
