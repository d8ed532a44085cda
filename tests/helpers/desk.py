"""A marked class with open answers, and a desk in front of it."""

import asyncio
import csv
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from queue import Queue

from mlcourse.grading.desk.server import served
from mlcourse.grading.desk.view import Desk
from mlcourse.grading.records.grade import Cell, Grade, Mark, Submission
from mlcourse.grading.records.manifest import Manifest, listed, write_manifest
from mlcourse.grading.records.results import Result, name_of, save
from mlcourse.grading.report.byhand import Key, Row, open_answer_rows, update_table
from tests.helpers.courses import OUR_COURSE

LESSON = "02_kmeans_limits"
QUESTION = "where_it_fails"  # the open question of that lesson, for three points
CHECKED = OUR_COURSE.catalogue.of_lesson(LESSON).tasks[0]


def write_class(
    out: Path, answers: Mapping[str, str], groups: Iterable[str] = ("A", "B"), message: str = "No."
) -> Path:
    """Write what `grade` would leave of a class in which everybody has written this answer and failed one check."""
    submissions, rows = [], dict[Key, Row]()
    write_class_list(out, zip(answers, cycle(groups)))
    for student, answer in answers.items():
        source = f"{student}/{LESSON}.ipynb"
        submission = Submission(student, source, (Cell("code", f"{CHECKED.name} = 1"),), LESSON)
        marks = [
            Mark(CHECKED.name, 0, CHECKED.points, "wrong", message),
            Mark(QUESTION, 0, 3, "by hand"),
        ]
        grade = Grade(student, LESSON, source, "ok", marks, {QUESTION: answer})
        result = Result(grade, "", finished=True, code=[(3, f"{CHECKED.name} = 1"), (5, "print()")])
        save(out / "results" / f"{name_of(submission)}.json", result)
        submissions.append(listed(submission))
        rows |= open_answer_rows(grade)
    write_manifest(out, Manifest(submissions))
    update_table(out / "by_hand.csv", rows)
    return out


def write_class_list(out: Path, students: Iterable[tuple[str, str]]) -> None:
    """Write a class list, of logins and groups, and the settings that name it."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "gradebook.toml").write_text('class_list = "class.csv"\n')
    with (out / "class.csv").open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([("login", "group"), *students])


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
