"""A fake `marking.grade`, for testing everything around it: the submission itself says what each task earns.

e_step = 4      the task earns four points
e_step = 'boo'  it is wrong, and the check says boo
"""

import ast
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Never

from mlcourse.checks import Catalogue, Task
from mlcourse.course_folder import Course
from mlcourse.grading.batch import grade_folder as run
from mlcourse.grading.batch.grade_folder import grade_folder
from mlcourse.grading.batch.submission import Settings
from mlcourse.grading.records.grade import Cell, Grade, Mark, Submission
from mlcourse.grading.report.publish import Summary
from mlcourse.grading.sandbox import NoSandbox, Sandbox
from tests.helpers import platform  # noqa: F401
from tests.helpers.courses import CATALOGUE

LESSON = "04_em"
SEED = b"secret"
TASKS = CATALOGUE.of_lesson(LESSON).tasks


def submission(student: str = "ada", answers: dict[str, Any] | None = None, **facts: Any) -> Submission:
    """Make a submission that earns these points; by default, full points for every task."""
    answers = {task.name: task.points for task in TASKS} if answers is None else answers
    cells = tuple(Cell("code", f"{name} = {value!r}", name, "answer") for name, value in answers.items())
    return Submission(
        student, **{"source": f"{student}/{LESSON}.ipynb", "cells": cells, "lesson": LESSON, **facts}
    )


def fake_grade(
    submission: Submission,
    course: Course,
    sandbox: Sandbox,
    seed: bytes,
    on_mark: Callable[[Mark], None],
    done: dict[str, Mark],
    **rules: bool,
) -> Grade:
    """Give each task the points that its cell says, one after another."""
    grade = Grade(submission.student, submission.lesson, submission.source, "ok", isolation="fake")
    if submission.problem:
        grade.status, grade.notes = "unreadable", [submission.problem]
        return grade
    answers = dict(cell.source.split(" = ", 1) for cell in submission.cells if cell.kind == "code")
    for task in course.catalogue.of_lesson(submission.lesson).tasks:
        if task.name not in done:
            log(f"mark {submission.student} {task.name}")
            on_mark(mark(task, answers.get(task.name)))
        grade.marks.append(done.get(task.name) or mark(task, answers.get(task.name)))
    return grade


def mark(task: Task, text: str | None) -> Mark:
    value = None if text is None else ast.literal_eval(text)
    if value is None:
        return Mark(task.name, 0, task.points, "missing")
    if isinstance(value, str):
        return Mark(task.name, 0, task.points, "wrong", f"no.\nLikely mistake: {value}", value, value)
    return Mark(task.name, min(value, task.points), task.points, "right" if value else "wrong")


def log(line: str) -> None:
    """Record for the test what was marked, and by which process."""
    if os.environ.get("FAKE_LOG"):
        with open(os.environ["FAKE_LOG"], "a") as file:
            file.write(f"{os.getpid()} {line}\n")


def slow_grade(
    submission: Submission, *arguments: Any, on_mark: Callable[[Mark], None], **options: Any
) -> Grade:
    """Grade like `fake_grade`, at the pace of a real check."""

    def after_a_while(mark: Mark) -> None:
        time.sleep(0.01)
        on_mark(mark)

    return fake_grade(submission, *arguments, on_mark=after_a_while, **options)


def grade_or(
    trouble: Callable[[], object],
    student: str,
    submission: Submission,
    *arguments: Any,
    on_mark: Callable[[Mark], None],
    **options: Any,
) -> Grade:
    """Grade like `fake_grade`, but one student's submission gets a first mark and then leads to trouble."""
    if submission.student == student:
        on_mark(mark(TASKS[0], "1"))
        trouble()
    return fake_grade(submission, *arguments, on_mark=on_mark, **options)


def die() -> None:
    """Kill this process, as the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> Never:
    raise RuntimeError("a fault of the grader")


def loop() -> Never:
    while True:
        pass


grade_or_die = partial(grade_or, die, "killer")
grade_or_raise = partial(grade_or, fail, "culprit")
grade_or_loop = partial(grade_or, loop, "culprit")


def grade_or_die_once(submission: Submission, *arguments: Any, **options: Any) -> Grade:
    """Grade like `fake_grade`, but the process that first marks one submission is killed."""
    witness = Path(f"{os.environ['FAKE_LOG']}.killed")
    if submission.student == "killer" and not witness.exists():
        witness.touch()
        die()
    return fake_grade(submission, *arguments, **options)


def no_sandbox(trust: bool = False) -> SimpleNamespace:
    return SimpleNamespace(name="fake", close=lambda: None)


def refuse_all(trust: bool = False) -> Never:
    raise NoSandbox("no sandbox works on this machine.")


def settings(out: Path | str, grade: Callable[..., Grade] = fake_grade, **options: Any) -> Settings:
    return Settings(**{"out": Path(out), "seed": SEED, "grade": grade, "choose": no_sandbox, **options})


def read_fake(path: Path, catalogue: Catalogue, *_: object) -> Iterator[Submission]:
    """Read submissions from a JSON file of names and what their tasks earn."""
    for student, answers in json.loads(Path(path).read_text("utf-8")).items():
        yield submission(student, answers)


def mark_class(source: Path, out: Path, jobs: int, log: Path) -> None:
    """Mark a class at the pace of real checks, and keep the marks that there are; for processes to be killed."""
    os.environ["FAKE_LOG"] = str(log)
    run.read_submissions = read_fake
    run.grade_folder(source, settings(out, slow_grade, resume=True), jobs, quiet=True)


def marks_in(out: Path) -> dict[str, list[Any]]:
    return {
        path.name: json.loads(path.read_text())["grade"]["marks"]
        for path in sorted(out.glob("results/*.json"))
    }


def go(folder: Path, jobs: int = 0, **options: Any) -> Summary:
    return grade_folder(folder, settings(folder.parent / "out", **options), jobs, quiet=True)
