"""A small stand-in for `marking.grade`: what a task earns is written in the submission. For tests of all around it.

    e_step = 4      the task earns four points
    e_step = 'boo'  it is wrong, and the check says boo

As a program it marks a folder of made-up submissions with it, slowly enough to be killed on the way.
"""

import ast
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from mlcourse.checks import CHECKS
from mlcourse.grading import run
from mlcourse.grading.digests import tools_digest
from mlcourse.grading.records import Cell, Grade, Mark, Submission
from mlcourse.grading.run import grade_folder
from mlcourse.grading.sandbox import NoSandbox
from mlcourse.grading.work import Settings
from tests.helpers import platform  # noqa: F401

LESSON = "04_em"
TASKS = [check for check in CHECKS.values() if check.lesson == LESSON]


def submission(student: str = "ada", answers: dict | None = None, **facts) -> Submission:
    """A submission in which these tasks earn this, by default everything all points."""
    answers = {check.name: check.points for check in TASKS} if answers is None else answers
    cells = tuple(Cell("code", f"{task} = {value!r}", task, "answer") for task, value in answers.items())
    return Submission(
        student, **{"source": f"{student}/{LESSON}.ipynb", "cells": cells, "lesson": LESSON, **facts}
    )


def fake_grade(submission, sandbox, seed, on_mark, done) -> Grade:
    """Give every task what its cell says, one after the other."""
    grade = Grade(submission.student, submission.lesson, submission.source, "ok", isolation="fake")
    if submission.problem:
        grade.status, grade.notes = "unreadable", [submission.problem]
        return grade
    answers = dict(cell.source.split(" = ", 1) for cell in submission.cells if cell.kind == "code")
    for check in (check for check in CHECKS.values() if check.lesson == submission.lesson):
        if check.name not in done:
            note(f"ask {submission.student} {check.name}")
            on_mark(mark(check, answers.get(check.name)))
        grade.marks.append(done.get(check.name) or mark(check, answers.get(check.name)))
    return grade


def mark(check, text: str | None) -> Mark:
    value = None if text is None else ast.literal_eval(text)
    if value is None:
        return Mark(check.name, 0, check.points, "missing")
    if isinstance(value, str):
        return Mark(check.name, 0, check.points, "wrong", f"no.\nLikely mistake: {value}", value)
    return Mark(check.name, min(value, check.points), check.points, "right" if value else "wrong")


def note(line: str):
    """Tell the test what was asked, and by which process."""
    if os.environ.get("FAKE_LOG"):
        with open(os.environ["FAKE_LOG"], "a") as log:
            log.write(f"{os.getpid()} {line}\n")


def slow_grade(submission, sandbox, seed, on_mark, done) -> Grade:
    """The same at the pace of a real check."""

    def after_a_while(mark):
        time.sleep(0.01)
        on_mark(mark)

    return fake_grade(submission, sandbox, seed, after_a_while, done)


def grade_or_die(submission, sandbox, seed, on_mark, done) -> Grade:
    """The same, but one submission ends the process that marks it, as the kernel does when memory runs out."""
    if submission.student == "killer":
        on_mark(mark(TASKS[0], "1"))
        os.kill(os.getpid(), signal.SIGKILL)
    return fake_grade(submission, sandbox, seed, on_mark, done)


def grade_or_raise(submission, sandbox, seed, on_mark, done) -> Grade:
    """The same, but the grader has a fault that one submission brings out."""
    if submission.student == "culprit":
        on_mark(mark(TASKS[0], "1"))
        raise RuntimeError("a fault of the grader")
    return fake_grade(submission, sandbox, seed, on_mark, done)


def no_sandbox(trust=False):
    return SimpleNamespace(name="fake", close=lambda: None)


def refuse_all(trust=False):
    raise NoSandbox("nothing here holds strangers' code.")


def settings(out, grade=fake_grade, **options) -> Settings:
    return Settings(**{"out": Path(out), "seed": b"secret", "grade": grade, "choose": no_sandbox, **options})


def read_fake(path, lesson=None):
    """Submissions from a file of JSON: names and what their tasks earn."""
    for student, answers in json.loads(Path(path).read_text("utf-8")).items():
        yield submission(student, answers)


def mark_class(source: str, out: str, jobs: int):
    run.read_submissions = read_fake
    run.grade_folder(Path(source), settings(out, slow_grade, resume=True), jobs=jobs, quiet=True)


def mark_when_told(source: str, out: str):
    """For every line that comes in: mark in a copy of this process, tell its number, and then how it ended.

    A copy begins at once, where a new Python would first import everything.
    """
    tools_digest()  # once for all, even if somebody edits the package meanwhile
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            mark_class(source, out, jobs=0)
            os._exit(0)
        print(process, flush=True)
        print(os.waitpid(process, 0)[1], flush=True)


def marks_in(out) -> dict:
    return {
        path.name: json.loads(path.read_text())["grade"]["marks"]
        for path in sorted(out.glob("results/*.json"))
    }


def go(folder, jobs=0, **options):
    return grade_folder(folder, settings(folder.parent / "out", **options), jobs, quiet=True)


if __name__ == "__main__":
    how, source, out = sys.argv[1:]
    if how == "in processes":
        mark_class(source, out, jobs=2)
    else:
        mark_when_told(source, out)
