"""Mark one submission, from reading its earlier result to saving the new one. Runs in a process of the pool."""

import multiprocessing.util
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from mlcourse.course_folder import Course
from mlcourse.grading.batch.digests import digest_of, task_digests, tools_digest
from mlcourse.grading.judge import marking
from mlcourse.grading.records.grade import Grade, Mark, Submission
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.records.results import Result, lean, load, name_of, new_result, save, submission_digest
from mlcourse.grading.sandbox import NoSandbox, Sandbox, WorkerEnded, choose


@dataclass(frozen=True)
class Settings:
    """The settings of a run, the same for all of its submissions."""

    out: Path
    seed: bytes  # the secret that random cases are drawn from
    resume: bool = False  # whether to keep marks that are still valid
    trust: bool = False  # whether submissions may run without a sandbox
    course: Course = field(default_factory=Course)
    gradebook: Path | None = None  # the file with the instructor's settings, if it is not the one in `out`
    platform: str | None = (
        None  # the learning platform that tables are for, if it is not the one in that file
    )
    grade: Callable[..., Grade] = marking.grade  # tests replace it with a stub
    choose: Callable[..., Sandbox] = choose

    @property
    def circumstances(self) -> str:
        """A digest of everything that affects all marks alike."""
        return digest_of(f"{self.seed.hex()} {self.trust} {tools_digest()}")

    def path(self, submission: Submission) -> Path:
        return self.out / "results" / f"{name_of(submission)}.json"

    @property
    def journal(self) -> Journal:
        return Journal(self.out / "journal.jsonl")


class Outcome(NamedTuple):
    """What the run needs to know about a finished submission; the rest is on disk."""

    name: str
    grade: Grade  # without long texts
    before: dict[str, float] | None  # points per task in the last finished result, if there is one


class _Process:
    """What `prepare` sets up for `assess` in the same process."""

    settings: Settings
    sandbox: Sandbox | None = None
    problem: NoSandbox | None = None  # why there is no sandbox


def prepare(settings: Settings) -> None:
    """Set up this process for `assess`."""
    threadpool_limits(limits=1)  # the processes already use all cores
    _Process.settings, _Process.sandbox, _Process.problem = settings, None, None
    try:
        _Process.sandbox = settings.choose(trust=settings.trust)
        # At the end of this process. `atexit` would not work, because processes of a pool skip it.
        multiprocessing.util.Finalize(None, _Process.sandbox.close, exitpriority=10)
    except NoSandbox as problem:  # raised here, it would break the pool and its message would be lost
        _Process.problem = problem


def assess(submission: Submission) -> Outcome:
    """Mark the tasks of a submission that are not marked yet, saving each step. Raises NoSandbox."""
    if _Process.problem:
        raise _Process.problem
    settings = _Process.settings
    old = load(settings.path(submission))
    digest = submission_digest(submission, settings.circumstances)
    checks = task_digests(settings.course, submission.lesson)
    known = old.valid_marks(digest, checks) if old and settings.resume else {}
    if old and old.finished and known.keys() == checks.keys() and not submission.problem:
        return Outcome(name_of(submission), lean(old.grade), previous_points(old))
    result = new_result(submission, digest, known, checks)
    result.before = previous_points(old)
    return finish(submission, result, known, checks)


def finish(submission: Submission, result: Result, known: dict[str, Mark], checks: dict[str, str]) -> Outcome:
    """Mark the tasks that are not in `known`, and save the result after each."""
    settings, path = _Process.settings, _Process.settings.path(submission)
    names = {"student": submission.student, "source": submission.source}

    def on_mark(mark: Mark) -> None:
        result.add(mark, checks.get(mark.task, ""))
        save(path, result)
        settings.journal.write("mark", **names, **mark._asdict())

    save(path, result)
    try:
        result.grade = settings.grade(
            submission, settings.course, _Process.sandbox, settings.seed, on_mark=on_mark, done=known
        )
        result.finished = True
    except (Exception, WorkerEnded) as error:
        # The grader is at fault, not the student: no points are lost, and everybody else is graded.
        result.grade = failed(result.grade, f"The grader failed: {type(error).__name__}: {error}")
    result.checks = {mark.task: checks.get(mark.task, "") for mark in result.grade.marks}
    save(path, result)
    settings.journal.write("finished", **names, status=result.grade.status, points=result.grade.points)
    return Outcome(name_of(submission), lean(result.grade), result.before)


def lost_outcome(settings: Settings, submission: Submission) -> Outcome:
    """Return the outcome of a submission that killed the process marking it; its marks so far are kept."""
    path = settings.path(submission)
    result = load(path) or new_result(
        submission, submission_digest(submission, settings.circumstances), {}, {}
    )
    note = "The grader's own process was killed while it was marking this submission."
    result.grade, result.finished = failed(result.grade, note), False
    save(path, result)
    return Outcome(name_of(submission), lean(result.grade), result.before)


def failed(grade: Grade, note: str) -> Grade:
    return replace(grade, status="crashed", notes=[*grade.notes, note])


def previous_points(old: Result | None) -> dict[str, float] | None:
    """Return the points of the last finished result; an unfinished one keeps those of the one before it."""
    if old is None:
        return None
    return {mark.task: mark.points for mark in old.grade.marks} if old.finished else old.before
