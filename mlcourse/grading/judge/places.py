"""Where an answer is judged: where its check stands in the notebook, and at the end. The better of the two counts.

A student sees ✓ where the check stands. A later cell may define the function again, for an experiment, or change a
name that it uses. So an answer that is right at its check is right. Any other is asked again at later checks of the
same task, and at the end of the notebook.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from mlcourse.checks import Task
from mlcourse.grading.judge.notebook_runner import END, NotebookRunner
from mlcourse.grading.judge.reading import Reading
from mlcourse.grading.records.grade import Mark, MarkStatus

MAX_CHECKS = 3  # check cells of one function, the last ones, at which it is judged

Ask = Callable[[Task, NotebookRunner], Mark]

# What an answer was at its check. Of two answers without points, the one further down this list counts.
AT_ITS_CHECK: dict[MarkStatus, str] = {
    "missing": "Missing",
    "crashed": "Stopped",
    "timeout": "Too slow",
    "not attempted": "Not attempted",
    "wrong": "Wrong",
    "right": "Right",
}


class Attempt(NamedTuple):
    """The mark of an answer at one place: after a cell with its check, or at END."""

    place: int
    mark: Mark


def marks_along(tasks: Iterable[Task], runner: NotebookRunner, reading: Reading, ask: Ask) -> Iterator[Mark]:
    """Judge answers from the start of the notebook to its end; yield the mark of each as soon as it is final."""
    open_tasks = {task.name: task for task in tasks}
    stops = {name: places_of(task, reading, runner.lender is not None) for name, task in open_tasks.items()}
    attempts: dict[str, list[Attempt]] = {name: [] for name in open_tasks}
    for place in sorted({place for places in stops.values() for place in places}):
        runner.move_to(place)
        for name, task in list(open_tasks.items()):
            if place in stops[name] and can_differ(task, attempts[name], place, runner, reading):
                attempts[name].append(Attempt(place, ask(task, runner)))
            is_over = place == stops[name][-1]
            if is_over or (attempts[name] and attempts[name][-1].mark.status == "right"):
                yield best(attempts[name], task, reading)
                del open_tasks[name]


def places_of(task: Task, reading: Reading, lent: bool) -> list[int]:
    """Return where an answer is judged: with others lent, a value is asked for only once, or it could be guessed."""
    if task.kind == "value":
        places = [*reading.checks(task.name)[-1:], END]
        return places[:1] if lent else places
    return [*reading.checks(task.name)[-MAX_CHECKS:], END]


def can_differ(
    task: Task, attempts: list[Attempt], place: int, runner: NotebookRunner, reading: Reading
) -> bool:
    """Whether an answer can be better here than at its last check.

    One that ended its worker, or took too long, costs much time: it is asked again only if it has changed.
    """
    if not attempts:
        return True
    last = attempts[-1]
    if last.mark.status in ("crashed", "timeout"):
        return reading.defined_again(names_behind(task, reading), last.place) is not None
    return runner.changes_between(last.place, place)


def names_behind(task: Task, reading: Reading) -> set[str]:
    """Return the names that an answer depends on when it is asked: a value has been computed by then."""
    needed = reading.needs(task.name) if task.kind == "function" else None
    return {task.name, *(needed or ())}


def best(attempts: list[Attempt], task: Task, reading: Reading) -> Mark:
    """Return the best of an answer's marks, the last of equals, with a note on where it was given if that matters."""
    order = list(AT_ITS_CHECK)
    chosen = max(reversed(attempts), key=lambda one: (one.mark.points, order.index(one.mark.status)))
    note = note_on(chosen, attempts, task, reading)
    return chosen.mark._replace(notes=(*chosen.mark.notes, note)) if note else chosen.mark


def note_on(chosen: Attempt, attempts: list[Attempt], task: Task, reading: Reading) -> str:
    """Say where an answer was judged, and why there; empty if there is nothing to say."""
    first, *_, last = attempts[0], attempts[-1]
    if chosen is not last:
        return f"Judged at its check, cell {chosen.place}, where more of it is right than at the end."
    if chosen is not first and chosen.mark.status == "right":
        where = "the end of the notebook" if chosen.place == END else f"a later check (cell {chosen.place})"
        return f"{AT_ITS_CHECK[first.mark.status]} at its check (cell {first.place}), right at {where}."
    known = {
        name
        for name in names_behind(task, reading)
        if any(cell <= chosen.place for cell in reading.definitions(name))
    }
    again = reading.defined_again(known, chosen.place)
    if chosen.mark.status == "right" and again:
        cell, name = again
        return f"Judged at its check, cell {chosen.place}; a later cell ({cell}) defines `{name}` again."
    return ""
