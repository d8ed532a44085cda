"""Mark one submission: run it in a sandbox, call its functions there, and judge the results here in the parent.

The judge is `mlcourse.checks.examine`, the same as in students' notebooks, except that the answer it calls is a
stand-in that asks a worker. Only plain values come back, and the expected results never leave the parent.
"""

import builtins
import hashlib
import json
import re
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mlcourse.checks import CHECKS, Check, Verdict, examine, verdict_on
from mlcourse.checks.compare import NotPlain, difference, plain
from mlcourse.grading.notebook_runner import NotebookRunner
from mlcourse.grading.notebooks import tidy
from mlcourse.grading.pipe import MAX_ARRAYS, from_npz, pack, to_npz, unpack
from mlcourse.grading.records import Grade, GradeStatus, Mark, Submission
from mlcourse.grading.sandbox import Limits, Sandbox, WorkerEnded
from mlcourse.grading.sandbox.limits import DEFAULT_LIMITS
from mlcourse.typing import Array

EXERCISES = Path(__file__).parents[2] / "exercises"
MAX_MESSAGE = 2000  # characters


def grade(
    submission: Submission,
    sandbox: Sandbox,
    seed: bytes,
    on_mark: Callable[[Mark], None] = lambda mark: None,
    done: dict[str, Mark] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Grade:
    """Mark a submission.

    Parameters
    ----------
    submission : Submission
    sandbox : Sandbox
    seed : bytes
        The secret that every task's random cases are drawn from.
    on_mark : callable(Mark)
        Called after every task, so that no mark is lost if the run stops during the next one.
    done : dict, optional
        Marks that are already known, by task; these tasks are not run again.
    limits : Limits

    Returns
    -------
    Grade
        Always the same for the same submission and seed.

    Raises
    ------
    OSError
        If the sandbox cannot start a worker. That is this machine's fault, so no student loses points.
    """
    start = time.monotonic()
    grade = Grade(
        submission.student, submission.lesson, submission.source, "unreadable", isolation=sandbox.name
    )
    if submission.problem:
        grade.notes.append(submission.problem)
        return grade
    done = done or {}
    checks = [check for check in CHECKS.values() if check.lesson == submission.lesson]
    runner = NotebookRunner(submission, sandbox, limits)
    try:
        for check in checks:
            mark = done.get(check.name) or mark_task(check, runner, seed)
            grade.marks.append(mark)
            if check.name not in done:
                on_mark(mark)
    finally:
        runner.close()
    _add_open_questions(grade, submission, on_mark, done)
    grade.notes += [*submission.notes, *runner.notes(), *import_notes(submission)]
    grade.output = runner.output
    grade.status = status_of(grade, runner)
    grade.seconds = time.monotonic() - start
    return grade


# ── One task ─────────────────────────────────────────────────────────────────────────────────────────


def mark_task(check: Check, runner: NotebookRunner, seed: bytes) -> Mark:
    """Get one answer and judge it. A crash or a timeout costs only this task."""
    try:
        kind, name = runner.find(check.name)
        if kind == "missing":
            return Mark(check.name, 0, check.points, "missing", printable(runner.why_missing(check.name)))
        verdict = judge(check, kind, name, runner, task_seed(seed, check.name))
    except WorkerEnded as end:
        return Mark(check.name, 0, check.points, end.status, printable(f"it {end.why}."))
    points = check.points if verdict.status == "right" else 0
    return Mark(check.name, points, check.points, verdict.status, printable(verdict.message), verdict.mistake)


def task_seed(seed: bytes, task: str) -> int:
    """Derive the seed of one task's cases; the cases of one task reveal nothing about another's."""
    return int.from_bytes(hashlib.sha256(seed + b"\0" + task.encode()).digest()[:8], "big")


def judge(check: Check, kind: str, name: str, runner: NotebookRunner, seed: int) -> Verdict:
    """Return the check's verdict on the answer. Raises WorkerEnded."""
    if kind == "none" or (kind == "function") != (check.kind == "function"):
        return wrong_kind(check, kind, name)
    answer = RemoteAnswer(check, runner)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            verdict = examine(check, answer, seed)
    except Exception as error:  # an output that no check anticipated must not crash the grader
        return Verdict("wrong", f"the check cannot handle this result ({type(error).__name__}).")
    if verdict.status == "wrong" and answer.line:
        return verdict._replace(message=with_line(verdict.message, answer.line))
    return verdict


def wrong_kind(check: Check, kind: str, name: str) -> Verdict:
    """Return the notebook's own verdict on None, on a function instead of a value, or the reverse."""

    def function() -> None: ...

    function.__name__ = name
    return verdict_on(check, {"none": None, "function": function}.get(kind, 0))


def with_line(message: str, line: str) -> str:
    """Add the student's line where the notebook shows it: below the first line, which names the error."""
    first, *rest = message.split("\n")
    return "\n".join([first, line, *rest]) if "it raised" in first else message


def printable(message: str) -> str:
    """Replace control characters, which could disturb a terminal or a page, and cut off very long messages."""
    return "\n".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", line) for line in message.split("\n"))[:MAX_MESSAGE]


class RemoteAnswer:
    """Stand in for the student's function in `examine`, and call the real one in the worker.

    Parameters
    ----------
    check : Check
    runner : NotebookRunner
    """

    def __init__(self, check: Check, runner: NotebookRunner):
        self.check, self.runner = check, runner
        self.line = ""  # the student's line that raised the first error

    def __call__(self, *args: object) -> object:
        """Return the answer's value, or raise what the student's function raised. Raises WorkerEnded."""
        if self.check.kind == "value":
            reply = self.runner.value(checked_expression(self.check))
        else:
            reply = self.runner.call(self.check.name, args)
        if reply.not_plain is not None:
            raise NotPlain(tidy(reply.not_plain))
        if reply.error is not None:
            self.line = self.line or reply.line
            raise exception_type(reply.error)(tidy(reply.text))
        for position in reply.changed:
            alter(args[position])
        return reply.value


KNOWN_EXCEPTIONS = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
} | {"LinAlgError": np.linalg.LinAlgError}


def exception_type(name: str) -> type[Exception]:
    """Return an exception type of that name; `examine` compares only names.

    Types that need more arguments than a message, such as subclasses of UnicodeError, and types that the student
    has defined, are replaced by new ones of the same name.
    """
    kind = KNOWN_EXCEPTIONS.get(name)
    if kind is not None and not issubclass(kind, (UnicodeError, ExceptionGroup)):
        return kind
    return type(tidy(name) or "Exception", (Exception,), {})


def alter(argument: object) -> None:
    """Change an argument, so that `examine` sees what the worker has reported: the call changed it."""
    if isinstance(argument, np.ndarray) and argument.size:
        argument.flat[0] = not argument.flat[0]
    elif isinstance(argument, dict):
        argument.clear()


# ── Is the check itself correct? ─────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=512)
def fault_in(check: Check, seed: bytes) -> str | None:
    """Say what is wrong with a check, by trying its own reference on the cases that students will get."""
    case_seed = task_seed(seed, check.name)
    try:
        cases = list(check.cases(np.random.default_rng(case_seed)))
        if not cases:
            return "it has no cases"
        if not all(survives_pipe(case.args) for case in cases):
            return "its cases do not arrive unchanged in the sandbox"
        verdict = examine(check, check.reference, case_seed)
    except Exception as error:  # a check may be the instructor's own code, and raise anything
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
    return None if verdict.status == "right" else f"it does not accept its own reference: {verdict.message}"


def survives_pipe(args: tuple[object, ...]) -> bool:
    """Whether arguments come out of the pipe as they went in. Raises what `pack` and `unpack` raise."""
    arrays: list[Array] = []
    packed = pack(args, arrays)
    data = to_npz(arrays)
    back = unpack(packed, from_npz(data))
    return len(data) <= MAX_ARRAYS and difference(plain(back), plain(args), 0, 0) is None


# ── The whole submission ─────────────────────────────────────────────────────────────────────────────


@cache
def exercise(lesson: str | None) -> tuple[dict[str, Any], ...]:
    """Return the cells of the course's own exercise; none for a lesson that is not part of the course."""
    path = EXERCISES / f"{lesson}.ipynb"
    return tuple(json.loads(path.read_text("utf-8"))["cells"]) if path.is_file() else ()


def checked_expression(check: Check) -> str:
    """Return what the exercise passes to a check: the answer's name, or a call that adds evidence to it."""
    cells = ("".join(cell["source"]).strip() for cell in exercise(check.lesson))
    call = f"check.{check.name}("
    found = next(
        (text for text in cells if text.startswith(call) and text.endswith(")")), f"{call}{check.name})"
    )
    return found[len(call) : -1]


def open_questions(lesson: str | None) -> dict[str, int]:
    """Return the points of a lesson's open questions, by task, from the course's own exercise."""
    return {
        cell["metadata"]["mlcourse"]["task"]: cell["metadata"]["nbgrader"]["points"]
        for cell in exercise(lesson)
        if cell["metadata"].get("mlcourse", {}).get("role") == "open"
    }


def _add_open_questions(
    grade: Grade, submission: Submission, on_mark: Callable[[Mark], None], done: dict[str, Mark]
) -> None:
    """Add a mark without points for every open question, and the student's text."""
    for task, points in open_questions(submission.lesson).items():
        texts = [cell.source for cell in submission.cells if cell.task == task]
        grade.open_answers[task] = "\n\n".join(texts)
        message = "" if texts else "its cell was not found in this notebook."
        grade.marks.append(done.get(task) or Mark(task, 0, points, "by hand", message))
        if task not in done:
            on_mark(grade.marks[-1])


def status_of(grade: Grade, runner: NotebookRunner) -> GradeStatus:
    """Sum up the whole submission in one word."""
    statuses = {mark.status for mark in grade.marks} - {"by hand"}
    if statuses == {"missing"}:
        return "missing"
    if statuses and statuses <= {"crashed", "timeout", "missing"}:
        return "timeout" if "timeout" in statuses else "crashed"
    return "partial" if statuses & {"crashed", "timeout"} or runner.skipped else "ok"


# Patterns for untrusted text never start a line with `\s*`, nor have two of them in a row: on a megabyte of blank
# lines they would take quadratic time.
IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
LISTED_IN_FULL = ("scipy", "sklearn", "mlcourse")  # packages where it matters which part is imported
INDIRECT_IMPORT = re.compile(r"\b(importlib|__import__|sys\.modules)\b")


def imports(source: str) -> set[str]:
    """Return the packages that a cell imports, without the standard library; for some, which part of them."""
    found = {
        name if name.split(".")[0] in LISTED_IN_FULL else name.split(".")[0]
        for name in IMPORT.findall(source)
    }
    return found - sys.stdlib_module_names


def import_notes(submission: Submission) -> list[str]:
    """Note every cell that imports a package, or a part of one, that the exercise itself does not import.

    This reads the text of the cells, so that running code cannot hide an import. Indirect imports are not resolved,
    but cells that could make them are reported.
    """
    own = set().union(*(imports("".join(cell["source"])) for cell in exercise(submission.lesson)))
    notes = []
    for number, cell in enumerate(submission.cells, 1):
        if cell.kind == "code":
            notes += [
                f"Cell {number} imports {name[:60]}, which the exercise does not."
                for name in sorted(imports(cell.source) - own)
            ]
            notes += [
                f"Cell {number} mentions {word}, which can hide an import."
                for word in sorted(set(INDIRECT_IMPORT.findall(cell.source)))
            ]
    return notes[:20]
