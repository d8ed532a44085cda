"""Mark one submission: let it run in a sandbox, ask its functions, and compare what they say, here in the parent.

The judge is `mlcourse.checks.examine`, the same that speaks to students in their notebooks; only that the answer
it calls is a stand-in which asks a worker. What comes back is numbers and words. What is expected of them stays.
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
from functools import cache
from pathlib import Path

import numpy as np

from mlcourse.checks import CHECKS, Check, Verdict, examine, verdict_on
from mlcourse.checks.compare import NotPlain, difference, plain
from mlcourse.grading.asking import Asker
from mlcourse.grading.notebooks import tidy
from mlcourse.grading.pipe import MAX_ARRAYS, from_npz, pack, to_npz, unpack
from mlcourse.grading.records import Grade, Mark, Submission
from mlcourse.grading.sandbox import Ended, Limits, Sandbox

EXERCISES = Path(__file__).parents[2] / "exercises"
MAX_MESSAGE = 2000  # characters
ORDINARY = Limits()


def grade(
    submission: Submission,
    sandbox: Sandbox,
    seed: bytes,
    on_mark: Callable[[Mark], None] = lambda mark: None,
    done: dict[str, Mark] | None = None,
    limits: Limits = ORDINARY,
) -> Grade:
    """Mark a submission.

    Parameters
    ----------
    submission : Submission
    sandbox : Sandbox
    seed : bytes
        The secret from which every task's random cases come.
    on_mark : callable(Mark)
        Called after every task, so that no mark is lost when the next one takes long.
    done : dict, optional
        Marks that are known already, by task; these are not asked again.
    limits : Limits

    Returns
    -------
    Grade
        The same for the same submission and the same seed.

    Raises
    ------
    OSError
        When the sandbox gives no worker: a fault of this machine, for which no student loses a point.
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
    asker = Asker(submission, sandbox, limits)
    try:
        for check in checks:
            mark = done.get(check.name) or mark_task(check, asker, seed)
            grade.marks.append(mark)
            if check.name not in done:
                on_mark(mark)
    finally:
        asker.close()
    _add_open_questions(grade, submission, on_mark, done)
    grade.notes += [*submission.notes, *asker.notes(), *borrowed(submission)]
    grade.output = asker.output
    grade.status = status_of(grade, asker)
    grade.seconds = time.monotonic() - start
    return grade


# ── One task ─────────────────────────────────────────────────────────────────────────────────────────


def mark_task(check: Check, asker: Asker, seed: bytes) -> Mark:
    """Ask for one answer and judge it. A crash or a timeout costs this task alone."""
    try:
        kind, name = asker.find(check.name)
        if kind == "missing":
            return Mark(check.name, 0, check.points, "missing", readable(asker.why_missing(check.name)))
        verdict = judge(check, kind, name, asker, task_seed(seed, check.name))
    except Ended as end:
        return Mark(check.name, 0, check.points, end.status, readable(f"it {end.why}."))
    points = check.points if verdict.status == "right" else 0
    return Mark(check.name, points, check.points, verdict.status, readable(verdict.message), verdict.mistake)


def task_seed(seed: bytes, task: str) -> int:
    """The seed of one task's cases: nothing about one task follows from another's."""
    return int.from_bytes(hashlib.sha256(seed + b"\0" + task.encode()).digest()[:8], "big")


def judge(check: Check, kind: str, name: str, asker: Asker, seed: int) -> Verdict:
    """What the check says of the answer. Raises Ended."""
    if kind == "none" or (kind == "function") != (check.kind == "function"):
        return wrong_kind(check, kind, name)
    answer = StandIn(check, asker)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            verdict = examine(check, answer, seed)
    except Exception as error:  # a form of output that no check foresaw must not end the grader
        return Verdict("wrong", f"the check cannot judge what it gave ({type(error).__name__}).")
    if verdict.status == "wrong" and answer.line:
        return verdict._replace(message=with_line(verdict.message, answer.line))
    return verdict


def wrong_kind(check: Check, kind: str, name: str) -> Verdict:
    """The notebook's own sentence for a function where a value is wanted, a value for a function, or None."""

    def function(): ...

    function.__name__ = name
    return verdict_on(check, {"none": None, "function": function}.get(kind, 0))


def with_line(message: str, line: str) -> str:
    """The message with the student's line, as the notebook shows it: below the first line, which names the error."""
    first, *rest = message.split("\n")
    return "\n".join([first, line, *rest]) if "it raised" in first else message


def readable(message: str) -> str:
    """A message without what could disturb a terminal or a page, and not endless."""
    return "\n".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", line) for line in message.split("\n"))[:MAX_MESSAGE]


class StandIn:
    """Looks like the student's function to `examine`, and asks the worker.

    Parameters
    ----------
    check : Check
    asker : Asker
    """

    def __init__(self, check: Check, asker: Asker):
        self.check, self.asker = check, asker
        self.line = ""  # where the first failed call failed, in the student's notebook

    def __call__(self, *args):
        """The answer's value, or the exception that the student's function raised. Raises Ended."""
        if self.check.kind == "value":
            reply = self.asker.value(handed_to(self.check))
        else:
            reply = self.asker.call(self.check.name, args)
        if reply.not_plain is not None:
            raise NotPlain(tidy(reply.not_plain))
        if reply.error is not None:
            self.line = self.line or reply.line
            raise exception_called(reply.error)(tidy(reply.text))
        for place in reply.changed:
            spoil(args[place])
        return reply.value


KNOWN_EXCEPTIONS = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
} | {"LinAlgError": np.linalg.LinAlgError}


def exception_called(name: str) -> type[Exception]:
    """An exception of that name; `examine` compares names, and needs no more.

    UnicodeError's children and others that want more arguments than a message, and names that are a student's own,
    are made here.
    """
    kind = KNOWN_EXCEPTIONS.get(name)
    if kind is not None and not issubclass(kind, (UnicodeError, ExceptionGroup)):
        return kind
    return type(tidy(name) or "Exception", (Exception,), {})


def spoil(argument) -> None:
    """Change an argument, so that `examine` sees what the worker has seen: that the call has changed it."""
    if isinstance(argument, np.ndarray) and argument.size:
        argument.flat[0] = not argument.flat[0]
    elif isinstance(argument, dict):
        argument.clear()


# ── Is the judge right itself? ───────────────────────────────────────────────────────────────────────


def fault_in(check: Check, seed: bytes) -> str | None:
    """What is wrong with a check, found by asking its own reference for the cases that students will get."""
    seed = task_seed(seed, check.name)
    try:
        cases = list(check.cases(np.random.default_rng(seed)))
        if not cases or not all(arrives(case.args) for case in cases):
            return "it has no cases" if not cases else "its cases do not arrive in the sandbox as they are"
        verdict = examine(check, check.reference, seed)
    except (
        Exception
    ) as error:  # it is somebody's code, and whatever it raises has to be mended before anything else
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
    return None if verdict.status == "right" else f"it does not accept its own reference: {verdict.message}"


def arrives(args: tuple) -> bool:
    """Whether arguments come out of the pipe as they went in. Raises what `pack` and `unpack` raise."""
    arrays: list = []
    words = pack(args, arrays)
    data = to_npz(arrays)
    back = unpack(words, from_npz(data))
    return len(data) <= MAX_ARRAYS and difference(plain(back), plain(args), 0, 0) is None


# ── The whole ────────────────────────────────────────────────────────────────────────────────────────


@cache
def exercise(lesson: str) -> tuple[dict, ...]:
    """The cells of the course's own exercise; none for a lesson that is somebody else's."""
    path = EXERCISES / f"{lesson}.ipynb"
    return tuple(json.loads(path.read_text("utf-8"))["cells"]) if path.is_file() else ()


def handed_to(check: Check) -> str:
    """What the exercise hands to a check: the answer by its name, or `f(answer)` where a choice needs its grounds."""
    cells = ("".join(cell["source"]).strip() for cell in exercise(check.lesson))
    call = f"check.{check.name}("
    found = next(
        (text for text in cells if text.startswith(call) and text.endswith(")")), f"{call}{check.name})"
    )
    return found[len(call) : -1]


def open_questions(lesson: str) -> dict[str, int]:
    """Task and points of a lesson's open questions, from the course's own exercise."""
    return {
        cell["metadata"]["mlcourse"]["task"]: cell["metadata"]["nbgrader"]["points"]
        for cell in exercise(lesson)
        if cell["metadata"].get("mlcourse", {}).get("role") == "open"
    }


def _add_open_questions(grade: Grade, submission: Submission, on_mark, done) -> None:
    """A row without points for every open question, and the student's text."""
    for task, points in open_questions(submission.lesson).items():
        texts = [cell.source for cell in submission.cells if cell.task == task]
        grade.open_answers[task] = "\n\n".join(texts)
        message = "" if texts else "its cell was not found in this notebook."
        grade.marks.append(done.get(task) or Mark(task, 0, points, "by hand", message))
        if task not in done:
            on_mark(grade.marks[-1])


def status_of(grade: Grade, asker: Asker) -> str:
    """One word for the whole."""
    statuses = {mark.status for mark in grade.marks} - {"by hand"}
    if statuses == {"missing"}:
        return "missing"
    if statuses and statuses <= {"crashed", "timeout", "missing"}:
        return "timeout" if "timeout" in statuses else "crashed"
    return "partial" if statuses & {"crashed", "timeout"} or asker.skipped else "ok"


# Patterns for strangers' text never begin with `\s*` on every line, nor have two of them in a row: a megabyte of
# blank lines would take the square of its length.
IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
IN_PARTS = ("scipy", "sklearn", "mlcourse")  # packages of which it matters what is imported
ROUNDABOUT = re.compile(r"\b(importlib|__import__|sys\.modules)\b")


def imports(source: str) -> set[str]:
    """The packages that a cell imports, Python's own left out; of some, the part that is imported."""
    found = {
        name if name.split(".")[0] in IN_PARTS else name.split(".")[0] for name in IMPORT.findall(source)
    }
    return found - sys.stdlib_module_names


def borrowed(submission: Submission) -> list[str]:
    """A note for every cell that imports a package, or a part of one, which the exercise itself does not.

    Read from the text, so that nothing in the notebook can hide it. What is imported in a roundabout way is not seen,
    but such ways are named.
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
                f"Cell {number} mentions {word}, a way to import things unseen."
                for word in sorted(set(ROUNDABOUT.findall(cell.source)))
            ]
    return notes[:20]
