"""Mark one submission: run it in a sandbox, call its functions there, and judge the results here in the parent.

Each answer is judged at its check and at the end of the notebook (`places`), and those that call a wrong answer once
more with a right one in its place (`carrying`).

The judge is `mlcourse.checks.examine`, the same as in students' notebooks: there, asking an answer about a case means
a call; here, a request to a worker. Only plain values come back, and the expected results never leave the parent.
"""

import hashlib
import re
import time
import traceback
from collections.abc import Callable, Collection
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from mlcourse.checks import Answer, OpenQuestion, Task, Verdict, examine, right_answer, with_slip
from mlcourse.checks.cell_code import parse_cell
from mlcourse.checks.compare import difference
from mlcourse.checks.examine import verdict_on_means
from mlcourse.checks.outcome import Kind
from mlcourse.checks.uses import forbidden_use
from mlcourse.course_folder import Course
from mlcourse.grading.inside.limits import DEFAULT_LIMITS
from mlcourse.grading.inside.pipe import MAX_ARRAYS, from_npz, pack, to_npz, unpack
from mlcourse.grading.judge.borrowing import Borrowing
from mlcourse.grading.judge.carrying import carried_forward
from mlcourse.grading.judge.figures import handed_out, reencode
from mlcourse.grading.judge.notebook_runner import NotebookRunner
from mlcourse.grading.judge.places import Ask, marks_along
from mlcourse.grading.judge.reading import Reading
from mlcourse.grading.records.grade import Family, Grade, GradeStatus, Mark, Submission
from mlcourse.grading.records.text import format_points
from mlcourse.grading.sandbox import Limits, Sandbox, WorkerEnded, of_exercise
from mlcourse.plain import plain
from mlcourse.typing import Array

MAX_MESSAGE = 2000  # characters


def grade(
    submission: Submission,
    course: Course,
    sandbox: Sandbox,
    seed: bytes,
    on_mark: Callable[[Mark], None] = lambda mark: None,
    done: dict[str, Mark] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    *,
    partial: bool = True,
    carry_forward: bool = True,
) -> Grade:
    """Mark a submission.

    Parameters
    ----------
    submission : Submission
    course : Course
    sandbox : Sandbox
    seed : bytes
        The secret that every task's random cases are drawn from, together with what was handed in.
    on_mark : callable(Mark)
        Called with every mark as soon as it is final, so that none is lost if the run stops during the next one.
    done : dict, optional
        Marks that are already known, by task; these tasks are not run again.
    limits : Limits
    partial : bool
        Whether an answer that is right for some families of cases gets the points for these.
    carry_forward : bool
        Whether an answer is asked again with right answers in the place of wrong ones that it calls.

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
        grade.notes += [submission.problem, *submission.notes]
        if submission.cells and submission.lesson:
            grade.status = "missing"  # it is a notebook, but another one
        return grade
    lesson = course.catalogue.of_lesson(submission.lesson)
    done = still_valid(done or {}, lesson.tasks)
    needs = of_exercise(course.exercise(submission.lesson))
    given = handed_out(submission, course.exercise(submission.lesson))
    runner = NotebookRunner(submission, sandbox, limits, needs, given)
    parse = cache(parse_cell)  # every cell is read several times, up to different places
    reading = Reading(submission, parse)
    borrowing = Borrowing(submission, course, runner.seen, parse, runner.unwatched)

    seed = seed_for(submission, seed)

    def ask(task: Task, runner: NotebookRunner) -> Mark:
        uses = borrowing.certain_uses(task, runner.place)
        borrowing.places[task.name] = runner.place
        return mark_task(task, course.checked_expression(task), runner, seed, partial, uses)

    def tell(mark: Mark) -> None:
        on_mark(borrowing.noted(mark))

    try:
        rules = carry_forward, borrowing.may_miss_a_package()
        marks = mark_tasks(lesson.tasks, runner, reading, ask, tell, done, *rules)
        grade.marks = [mark if mark.task in done else borrowing.noted(mark) for mark in marks]
    finally:
        runner.close()
    _add_open_questions(grade, submission, lesson.open_questions, on_mark, done)
    grade.figures, broken = reencode(runner.figures, lambda: sandbox.start(limits, needs), limits.call)
    grade.given_figures = runner.given_figures
    grade.notes += [*submission.notes, *runner.notes(), *broken, *borrowing.notes(runner.noted_imports())]
    grade.output = runner.output
    grade.status = status_of(grade, runner)
    grade.seconds = time.monotonic() - start
    return grade


def mark_tasks(
    tasks: list[Task],
    runner: NotebookRunner,
    reading: Reading,
    ask: Ask,
    on_mark: Callable[[Mark], None],
    done: dict[str, Mark],
    carry_forward: bool,
    misses_package: bool = False,
) -> list[Mark]:
    """Judge the answers along the notebook; those that are not right yet may be right with others' errors removed.

    `misses_package` says whether the notebook may import a part of a package that is hidden from this lesson.
    """
    marks = dict(done)
    open_tasks = [task for task in tasks if task.name not in done]
    for mark in marks_along(open_tasks, runner, reading, ask):
        marks[mark.task] = mark
        if mark.status == "right":
            on_mark(mark)
    if open_tasks:
        runner.run_rest()
    if misses_package:
        for mark in values_with_all_packages(open_tasks, marks, runner, reading, ask):
            marks[mark.task] = mark
            on_mark(mark)
    as_they_are = dict(marks)
    for number, task in enumerate(tasks):
        if task in open_tasks and marks[task.name].status != "right":
            if carry_forward:
                marks[task.name] = carried_forward(task, tasks[:number], as_they_are, runner, reading, ask)
            on_mark(marks[task.name])
    return [marks[task.name] for task in tasks]


def values_with_all_packages(
    tasks: list[Task], marks: dict[str, Mark], runner: NotebookRunner, reading: Reading, ask: Ask
) -> list[Mark]:
    """Return the marks of values that are right where the notebook has all that students have.

    What could do a function's work is hidden, but a value may be computed in any way. One that there is already is
    not asked for again: it could be guessed.
    """
    values = [task for task in tasks if task.kind == "value" and marks[task.name].status == "missing"]
    if not values:
        return []
    again = runner.with_all_packages()
    try:
        found = list(marks_along(values, again, reading, ask))
    finally:
        again.close()
    note = "Judged with all packages, as in the student's own notebook: a value may be computed in any way."
    return [mark._replace(notes=(*mark.notes, note)) for mark in found if mark.status == "right"]


def still_valid(done: dict[str, Mark], tasks: list[Task]) -> dict[str, Mark]:
    """Return the known marks that cannot change with the mark of a task that is judged now.

    An answer that is not right, or is right with a note, may depend on an earlier answer.
    """
    after_an_open_one = {
        task.name
        for place, task in enumerate(tasks)
        if any(other.name not in done for other in tasks[:place])
    }
    return {
        name: mark
        for name, mark in done.items()
        if name not in after_an_open_one or (mark.status == "right" and not mark.notes)
    }


# ── One task ─────────────────────────────────────────────────────────────────────────────────────────


def mark_task(
    task: Task,
    expression: str,
    runner: NotebookRunner,
    seed: bytes,
    partial: bool = True,
    uses: frozenset[str] = frozenset(),
) -> Mark:
    """Get one answer, at the runner's place, and judge it. A crash or a timeout costs only this task.

    `expression` is what the exercise passes to the check of a value; `uses` are full names of what the answer uses.
    """
    try:
        found = runner.find(task.name)
        if found is None:
            return Mark(task.name, 0, task.points, "missing", printable(runner.why_missing(task.name)))
        answer = remote_answer(task, expression, runner, *found)._replace(uses=uses)
        verdict = judge(task, answer, task_seed(seed, task.name))
        verdict = without_forbidden(verdict, task, runner.seen_here(task.name))
    except WorkerEnded as end:
        return Mark(task.name, 0, task.points, end.status, printable(f"it {end.why}."))
    points: float = task.points if verdict.status == "right" else 0
    families, message = families_of(task, verdict), verdict.message
    if partial and verdict.kinds:
        points = sum(family.points for family in families)
        message = f"{verdict._replace(families=()).message}\n{points_in_words(points, task, verdict)}"
    mark = Mark(task.name, points, task.points, verdict.status, printable(message))
    if verdict.mistake:
        mark = mark._replace(mistake=verdict.mistake.name, advice=verdict.mistake.message)
    return mark._replace(families=families) if partial else mark


def without_forbidden(verdict: Verdict, task: Task, seen: Collection[str]) -> Verdict:
    """Return the verdict on an answer that was seen to call functions: a forbidden one counts as in its text."""
    use = forbidden_use(task.forbids, seen)
    if not use:
        return verdict
    named = next(one for one in task.forbids if forbidden_use([one], [use]))
    return verdict_on_means(named) if verdict.status == "right" else verdict._replace(families=())


def families_of(task: Task, verdict: Verdict) -> tuple[Family, ...]:
    """Return the points of an answer by families of cases; none if the task has no families."""
    earned = dict(verdict.families)
    return tuple(
        Family(name, points if verdict.status == "right" or earned.get(name) else 0, points)
        for name, points in task.families.items()
    )


def points_in_words(points: float, task: Task, verdict: Verdict) -> str:
    """Say what a part of the points is for: "3 of 4 points: right for ordinary points, not for far points."."""
    right, wrong = (
        " and ".join(name for name, is_right in verdict.families if is_right == which)
        for which in (True, False)
    )
    return f"{format_points(points)} of {task.points} points: right for {right}, not for {wrong}."


def remote_answer(task: Task, expression: str, runner: NotebookRunner, kind: Kind, name: str) -> Answer:
    """Return the student's answer: it is asked about a case in the sandbox. Asking raises WorkerEnded."""
    if task.kind == "value":
        return Answer(kind, name, lambda case: runner.value(expression))
    return Answer(kind, name, lambda case: runner.call(task.name, case.args, task.forbids))


def seed_for(submission: Submission, seed: bytes) -> bytes:
    """Derive the seed of a submission's cases: a changed notebook never meets those that messages tell about."""
    digest = hashlib.sha256(len(seed).to_bytes(8, "big") + seed)
    contents = [
        cell.source.encode("utf-8", "surrogatepass") for cell in submission.cells if cell.kind == "code"
    ]
    for name, data in submission.files:
        contents += [name.encode("utf-8", "surrogatepass"), data]
    for content in contents:
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()


def task_seed(seed: bytes, task: str) -> int:
    """Derive the seed of one task's cases; the cases of one task reveal nothing about another's."""
    return int.from_bytes(hashlib.sha256(seed + b"\0" + task.encode()).digest()[:8], "big")


def judge(task: Task, answer: Answer, seed: int) -> Verdict:
    """Return the verdict on an answer. Raises WorkerEnded."""
    try:
        return explained(examine(task, answer, seed), task, answer)
    except Exception as error:  # an output that no check anticipated must not crash the grader
        return Verdict("wrong", f"the check cannot handle this result ({type(error).__name__}).")


def explained(verdict: Verdict, task: Task, answer: Answer) -> Verdict:
    """Add the kind of slip, if it is recognised at once. An answer that ends its worker only now stays wrong."""
    try:
        return with_slip(verdict, task, answer, patience=0)
    except WorkerEnded:
        return verdict


def printable(message: str) -> str:
    """Replace control characters, which could disturb a terminal or a page, and cut off very long messages."""
    return "\n".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", line) for line in message.split("\n"))[:MAX_MESSAGE]


# ── Is the check itself correct? ─────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=512)
def fault_in(task: Task, seed: bytes) -> str | None:
    """Say what is wrong with a task, by trying its own reference on the cases that students will get."""
    case_seed = task_seed(seed, task.name)
    try:
        cases = list(task.draw_cases(np.random.default_rng(case_seed)))
        if not cases:
            return "it has no cases"
        if (
            task.families
            and not task.values_earn
            and {task.family(case) for case in cases} != set(task.families)
        ):
            return "its cases are not of the families that have points"
        if not all(survives_pipe(case.args) for case in cases):
            return "its cases do not arrive unchanged in the sandbox"
        verdict = examine(task, right_answer(task), case_seed)
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


def _add_open_questions(
    grade: Grade,
    submission: Submission,
    questions: list[OpenQuestion],
    on_mark: Callable[[Mark], None],
    done: dict[str, Mark],
) -> None:
    """Add a mark without points for every open question, and the student's text."""
    for question in questions:
        name = question.name
        texts = [cell.source for cell in submission.cells if cell.task == name]
        grade.open_answers[name] = "\n\n".join(text for text in texts if text.strip())
        nothing = "nothing was written." if texts else "its cell was not found in this notebook."
        message = "" if grade.open_answers[name] else nothing
        grade.marks.append(done.get(name) or Mark(name, 0, question.points, "by hand", message))
        if name not in done:
            on_mark(grade.marks[-1])


def status_of(grade: Grade, runner: NotebookRunner) -> GradeStatus:
    """Sum up the whole submission in one word."""
    statuses = {mark.status for mark in grade.marks} - {"by hand"}
    if statuses == {"missing"}:
        return "missing"
    if statuses and statuses <= {"crashed", "timeout", "missing"}:
        return "timeout" if "timeout" in statuses else "crashed"
    return "partial" if statuses & {"crashed", "timeout"} or runner.skipped else "ok"
