"""Mark one submission, on this machine or another: data in, data out, and nothing is written.

`assess` gets all it needs as arguments. What takes long to set up, a sandbox, is kept for the next submission.
"""

import multiprocessing.util
import pickle
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from mlcourse.blas import one_blas_thread
from mlcourse.course_folder import Course
from mlcourse.grading.batch.digests import digest_of, task_digests, tools_digest
from mlcourse.grading.inside.limits import DEFAULT_LIMITS
from mlcourse.grading.judge import marking
from mlcourse.grading.records.grade import Grade, Mark, Submission
from mlcourse.grading.records.results import Result, new_result, submission_digest
from mlcourse.grading.sandbox import NoSandbox, Sandbox, WorkerEnded, choose
from mlcourse.grading.time_limit import TimeUp, time_limit

# Seconds. Whatever runs in the sandbox has had its time by then: it is the judging that takes too long.
TOO_LONG = DEFAULT_LIMITS.total + 120


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the marks of a run depend on, apart from the submissions: all that another process needs to know."""

    seed: bytes  # the secret that random cases are drawn from
    trust: bool = False  # whether submissions may run without a sandbox
    partial: bool = True  # whether answers that are right for some families of cases get the points for these
    carry_forward: bool = True  # whether a wrong answer costs nothing in the answers that call it
    course: Course = field(default_factory=Course)
    grade: Callable[..., Grade] = marking.grade  # tests replace it with a stub
    choose: Callable[..., Sandbox] = choose

    @property
    def circumstances(self) -> str:
        """A digest of everything that affects all marks alike."""
        return digest_of(f"{self.seed.hex()} {self.trust} {self.rules} {tools_digest()}")

    @property
    def rules(self) -> dict[str, bool]:
        """The settings of `marking.grade`."""
        return {"partial": self.partial, "carry_forward": self.carry_forward}


def assess(terms: Terms, submission: Submission, known: dict[str, Mark]) -> Result:
    """Mark all tasks of a submission that are not in `known`. Raises NoSandbox."""
    sandbox = own_sandbox(terms)
    checks = task_digests(terms.course, submission.lesson)
    result = new_result(submission, submission_digest(submission, terms.circumstances), known, checks)

    def on_mark(mark: Mark) -> None:
        result.add(mark, checks.get(mark.task, ""))

    try:
        with one_blas_thread(), time_limit(TOO_LONG):  # the processes already use all cores
            result.grade = terms.grade(
                submission, terms.course, sandbox, terms.seed, on_mark=on_mark, done=known, **terms.rules
            )
        result.finished = True
    except (Exception, WorkerEnded) as error:
        # The grader is at fault, not the student: no points are lost, and everybody else is graded.
        result.grade = failed(result.grade, f"The grader failed: {type(error).__name__}: {error}")
    except TimeUp:
        close_own_sandbox()  # which may have been in the middle of anything
        result.grade = failed(result.grade, f"The grader did not finish within {TOO_LONG:.0f} s.")
    result.checks = {mark.task: checks.get(mark.task, "") for mark in result.grade.marks}
    return result


class Waiting(NamedTuple):
    """A submission with tasks to be marked."""

    submission: Submission
    known: dict[str, Mark]  # marks that are still valid
    before: dict[str, float] | None  # points per task in the last finished result, if there is one


# The worker of a cluster may have several threads. Python 3.11's `ast.parse` is not safe in more than one of them.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Assessment:
    """`assess` with the terms of a run, as a function of what waits: this is what is sent to other processes."""

    terms: Terms

    def __call__(self, waiting: Waiting) -> Result:
        with _one_at_a_time:
            return assess(self.terms, waiting.submission, waiting.known)

    def prepare(self) -> None:
        """Set up a sandbox, so that it is ready for the first submission. If none works, `assess` will say so."""
        with suppress(NoSandbox):
            own_sandbox(self.terms)

    def finish(self) -> None:
        """Close the sandboxes of this process."""
        close_sandboxes(self.terms)

    def __reduce__(self) -> tuple[Callable[[bytes], "Assessment"], tuple[bytes]]:
        return _unpickled, (pickle.dumps(self.terms),)


@lru_cache(maxsize=4)
def _unpickled(terms: bytes) -> Assessment:
    """Return the same object each time: its course has read its tasks, and its sandbox is running."""
    return Assessment(pickle.loads(terms))


def failed(grade: Grade, note: str) -> Grade:
    """Return the grade of a submission that the grader could not finish; it keeps the marks so far."""
    return replace(grade, status="crashed", notes=[*grade.notes, note])


# ── Sandboxes ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class _Held:
    """A sandbox, and the terms that it was chosen by."""

    terms: Terms
    sandbox: Sandbox


class _Thread(threading.local):
    """A sandbox is used by one thread only; the workers of a cluster may have several."""

    held: _Held | None = None


_thread = _Thread()
_open: set[_Held] = set()  # by all threads


def own_sandbox(terms: Terms) -> Sandbox:
    """Return this thread's sandbox for these terms, which is chosen when it is first needed. Raises NoSandbox."""
    held = _thread.held
    if held and held in _open and held.terms is terms:
        return held.sandbox
    close_own_sandbox()
    held = _thread.held = _Held(terms, terms.choose(trust=terms.trust))
    _open.add(held)
    return held.sandbox


def close_own_sandbox() -> None:
    """Close this thread's sandbox, if it has one; the next submission gets another one."""
    if _thread.held:
        _close(_thread.held)


def close_sandboxes(terms: Terms | None = None) -> None:
    """Close the sandboxes of all threads, or only those for these terms."""
    for held in list(_open):
        if terms in (None, held.terms):
            _close(held)


def _close(held: _Held) -> None:
    if held in _open:
        _open.discard(held)
        held.sandbox.close()


# At the end of a process of the pool. `atexit` would not work, because these processes skip it.
multiprocessing.util.Finalize(None, close_sandboxes, exitpriority=10)
