"""Errors carried forward: an answer that calls a wrong earlier answer is asked again with a right one in its place.

A right `fit_em` would lose its points because the student's own `e_step` is wrong. So, after all tasks have been
judged as they are, it is asked once more in a new worker, where a call of `e_step` is a question to the grader (see
`lending`). Only answers to *earlier* tasks of the lesson are lent, so nobody gets an answer by asking for itself in a
circle. The worker is thrown away afterwards: nothing that a student's code has learned from a right answer can reach
another question.
"""

from collections.abc import Iterable

from mlcourse.checks import Task
from mlcourse.checks.lending import in_words
from mlcourse.grading.judge.lending import Lender
from mlcourse.grading.judge.notebook_runner import NotebookRunner
from mlcourse.grading.judge.places import Ask, marks_along
from mlcourse.grading.judge.reading import Reading
from mlcourse.grading.records.grade import Mark
from mlcourse.grading.sandbox import WorkerEnded


def carried_forward(
    task: Task,
    earlier: Iterable[Task],
    marks: dict[str, Mark],
    runner: NotebookRunner,
    reading: Reading,
    ask: Ask,
) -> Mark:
    """Return the mark of an answer, with all points if only the answers that it calls are wrong.

    If it is wrong with right ones in their place as well, the message says what is still wrong.

    Parameters
    ----------
    task : Task
    earlier : iterable of Task
        The tasks before it in its lesson.
    marks : dict of str → Mark
        The marks of all of these tasks.
    runner, reading, ask
        As in `places.marks_along`.
    """
    mark = marks[task.name]
    lent = to_lend(task, earlier, marks, reading)
    if mark.status == "right" or not lent:
        return mark
    with Lender(lent) as lender:
        again = runner.with_lent(lender)
        try:
            (found,) = marks_along([task], again, reading, with_value_computed_again(ask, reading))
        finally:
            again.close()
    return joined(mark, found, f"With {in_words(lent)}, it is")


def joined(mark: Mark, again: Mark, condition: str) -> Mark:
    """Return the mark of an answer with what the second judging adds.

    Parameters
    ----------
    mark, again : Mark
        Of the first and the second judging.
    condition : str
        The start of a sentence about the second one: "With a right `e_step`, it is".
    """
    notes = tuple(dict.fromkeys([*mark.notes, *again.notes]))
    if again.status == "right":
        return again._replace(notes=(*notes, f"{condition} right."))
    if again.status == "not attempted":  # its own stub is reached only now
        return again._replace(notes=notes)
    if again.status == "missing":
        return mark
    still = f"{condition} still not right: {again.message}"
    if again.points > mark.points:
        return again._replace(message=still, notes=notes)
    message = f"{mark.message}\n{still}"
    if again.message.startswith(mark.message):  # the same, perhaps with a likely mistake
        message = f"{again.message}\n{condition} still not right, for the same reason."
    return (again if again.mistake else mark)._replace(
        message=message, points=mark.points, families=mark.families, status=mark.status, notes=mark.notes
    )


def to_lend(task: Task, earlier: Iterable[Task], marks: dict[str, Mark], reading: Reading) -> list[Task]:
    """Return the earlier tasks that this task's answer calls, or may call, and that are not simply right."""
    defined = marks[task.name].status != "missing" or (
        task.kind == "value" and reading.definitions(task.name)
    )
    if not defined:
        return []
    needed = reading.needs(task.name)
    return [
        one
        for one in earlier
        if one.kind == "function"
        and task.carries_from(one.name)
        and (marks[one.name].status != "right" or marks[one.name].notes)
        and (needed is None or one.name in needed)
    ]


def with_value_computed_again(ask: Ask, reading: Reading) -> Ask:
    """Return how to ask for an answer where others are lent: the cell of a value runs once more before it."""

    def ask_again(task: Task, runner: NotebookRunner) -> Mark:
        if task.kind == "value":
            cells = [cell for cell in reading.definitions(task.name) if cell <= runner.place]
            try:
                for cell in cells[-1:]:
                    runner.run_again(cell)
            except WorkerEnded as end:
                return Mark(task.name, 0, task.points, end.status)
        return ask(task, runner)

    return ask_again
