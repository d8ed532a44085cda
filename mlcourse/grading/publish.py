"""From the results on the disk to pages and tables. Nothing is marked here: `mlcourse report` is this alone.

Results are read one at a time, and what is long in them (code, output, open answers) goes to the student's page and
is dropped: a thousand submissions need little memory.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlcourse.grading import exports
from mlcourse.grading.byhand import Key, hand_rows, read_points, with_points, write_table
from mlcourse.grading.outgoing import write_whole
from mlcourse.grading.pages import index_page, student_page, student_path
from mlcourse.grading.records import Grade, Submission
from mlcourse.grading.results import Result, lean, load, name_of


class NothingToPublish(ValueError):
    """A folder that holds no run; the message says so."""


def entry(submission: Submission) -> dict[str, str]:
    """What a run's manifest says of a submission: enough to miss it when its result is not there."""
    return {"name": name_of(submission), "student": submission.student, "source": submission.source}


def write_manifest(out: Path, entries: list[dict[str, str]], changes: list[str]):
    """Say which submissions belong to the last run: results of earlier ones may lie beside theirs."""
    write_whole(out / "run.json", json.dumps({"submissions": entries, "changes": changes}, indent=1) + "\n")


def read_manifest(out: Path) -> dict:
    if not (out / "run.json").exists():
        raise NothingToPublish(
            f"{out} holds no graded submissions: `mlcourse grade SUBMISSIONS -o {out}` first."
        )
    return json.loads((out / "run.json").read_text("utf-8"))


def publish(out: Path) -> list[Grade]:
    """Write all pages and tables of a run, and return the grades, those that could not be read first.

    Raises
    ------
    NothingToPublish
        When there was no run.
    HandTableError
        When by_hand.csv cannot be read; nothing is written then.
    """
    manifest = read_manifest(out)
    entered = read_points(out / "by_hand.csv")
    grades, rows = [], []
    for result in _results(out, manifest["submissions"], entered):
        write_whole(out / student_path(result.grade), student_page(result.grade, result.code))
        rows += hand_rows(result.grade, entered)
        grades.append(lean(result.grade))
    grades.sort(
        key=lambda grade: (grade.status not in exports.UNREAD, grade.student.casefold(), grade.source)
    )
    write_table(out / "by_hand.csv", rows, entered)
    write_exports(out, grades)
    write_whole(out / "index.html", index_page(grades, manifest["changes"]))
    return grades


def _results(out: Path, entries: list[dict[str, str]], entered: dict[Key, str]) -> Iterator[Result]:
    """The result of every submission of a run, with the points that a person has given.

    One that is not marked to the end, because the run was stopped or the grader failed, counts as one that could not
    be read: it is told first, and has no points in any table.
    """
    for each in entries:
        nothing = Result(Grade(each["student"], None, each["source"], "unreadable"), "")
        result = load(out / "results" / f"{each['name']}.json") or nothing
        if not result.finished:
            notes = [*result.grade.notes, "Not marked to the end: the same command with --resume goes on."]
            result.grade = replace(result.grade, status="unreadable", notes=notes)
        result.grade = with_points(result.grade, entered)
        yield result


def write_exports(out: Path, grades: list[Grade]):
    """All tables; those for Canvas and Moodle are one for each lesson, as assignments are."""
    byte_order_mark = "\ufeff"  # it tells Excel that this is UTF-8
    write_whole(out / "grades.csv", byte_order_mark + exports.grades_csv(grades))
    write_whole(out / "junit.xml", exports.junit_xml(grades))
    for lesson in sorted({grade.lesson for grade in grades if grade.lesson}):
        of_lesson = [grade for grade in grades if grade.lesson == lesson]
        write_whole(out / f"canvas_{lesson}.csv", exports.canvas_csv(of_lesson, lesson))
        write_whole(out / f"moodle_{lesson}.csv", exports.moodle_csv(of_lesson))
    for grade in grades:
        folder = student_path(grade).removeprefix("students/").removesuffix(".html")
        write_whole(out / "gradescope" / folder / "results.json", exports.gradescope_json(grade))
