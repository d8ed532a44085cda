"""A marked class with open answers, and a desk in front of it."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from mlcourse.grading.desk.server import served
from mlcourse.grading.desk.view import Desk
from mlcourse.grading.records.grade import Cell, Grade, Mark, Submission
from mlcourse.grading.records.results import Result, name_of, save
from mlcourse.grading.report.byhand import Key, Row, open_answer_rows, update_table
from mlcourse.grading.report.publish import entry, write_manifest
from tests.helpers.courses import OUR_COURSE

LESSON = "02_kmeans_limits"
QUESTION = "where_it_fails"  # the open question of that lesson, for three points
CHECKED = OUR_COURSE.catalogue.of_lesson(LESSON).tasks[0]


def write_class(
    out: Path, answers: Mapping[str, str], groups: Iterable[str] = ("A", "B"), message: str = "No."
) -> Path:
    """Write what `grade` would leave of a class in which everybody has written this answer and failed one check."""
    groups, entries, rows = list(groups), [], dict[Key, Row]()
    for number, (student, answer) in enumerate(answers.items()):
        source = f"{student}/{LESSON}.ipynb"
        submission = Submission(student, source, (Cell("code", f"{CHECKED.name} = 1"),), LESSON)
        marks = [
            Mark(CHECKED.name, 0, CHECKED.points, "wrong", message),
            Mark(QUESTION, 0, 3, "by hand"),
        ]
        grade = Grade(student, LESSON, source, "ok", marks, {QUESTION: answer})
        result = Result(grade, "", finished=True, code=[(3, f"{CHECKED.name} = 1"), (5, "print()")])
        save(out / "results" / f"{name_of(submission)}.json", result)
        entries.append({**entry(submission), "group": groups[number % len(groups)]})
        rows |= open_answer_rows(grade)
    write_manifest(out, entries, [])
    update_table(out / "by_hand.csv", rows)
    return out


@contextmanager
def desk_of(out: Path) -> Iterator[tuple[Desk, str]]:
    """Serve a desk from a thread of its own; yields it and the address to open."""
    desk, addresses, ended = Desk(out, OUR_COURSE), Queue[str](), threading.Event()

    async def serve() -> None:
        async with served(desk) as address:
            addresses.put(address)
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield desk, addresses.get(timeout=30)
    finally:
        ended.set()
        thread.join(timeout=30)
