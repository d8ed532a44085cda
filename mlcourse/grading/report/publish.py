"""Turn the results on disk into pages and tables. Nothing is marked here; `mlcourse report` does only this.

Results are read one at a time, and their long texts (code, output, open answers) are dropped once they are on the
student's page, so a thousand submissions need little memory.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypedDict

from mlcourse.checks.atomic import write_atomically
from mlcourse.grading.records.grade import Grade, Submission
from mlcourse.grading.records.results import Result, lean, load, name_of
from mlcourse.grading.records.text import printable
from mlcourse.grading.report import exports
from mlcourse.grading.report.byhand import (
    Key,
    OtherColumns,
    apply_points,
    open_answer_rows,
    read_points,
    unused,
    write_table,
)
from mlcourse.grading.report.exports import student_path
from mlcourse.grading.report.pages import index_page, student_page


@dataclass
class Summary:
    """The outcome of a run."""

    grades: list[Grade]
    changes: list[str] = field(default_factory=list)  # who gained or lost points since the last run
    remarks: list[str] = field(default_factory=list)  # sentences: what else the instructor has to decide

    @property
    def ungraded(self) -> list[Grade]:
        return [grade for grade in self.grades if grade.status in exports.UNGRADED]


class Manifest(TypedDict):
    """What run.json contains."""

    submissions: list[dict[str, str]]
    changes: list[str]


class NothingToPublish(ValueError):
    """A folder without the results of a run; the message says how to get them."""


def entry(submission: Submission) -> dict[str, str]:
    """Return a submission's entry in the manifest: enough to report it if its result is missing."""
    who = {"student": submission.student, "owner": submission.owner or submission.student}
    return {"name": name_of(submission), **who, "source": submission.source}


def write_manifest(out: Path, entries: list[dict[str, str]], changes: list[str]) -> None:
    """Write down which submissions belong to this run: the folder may also contain results of earlier runs."""
    write_atomically(
        out / "run.json", json.dumps({"submissions": entries, "changes": changes}, indent=1) + "\n"
    )


def read_manifest(out: Path) -> Manifest:
    """Read the manifest of the last run. Raises NothingToPublish."""
    try:
        manifest = json.loads((out / "run.json").read_text("utf-8"))
        return {"submissions": manifest["submissions"], "changes": manifest["changes"]}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise NothingToPublish(
            f"there are no graded submissions in {out}: run `python course.py grade SUBMISSIONS -o {out}` first."
        ) from None


def publish(out: Path) -> Summary:
    """Write all pages and tables of a run, remove those of earlier runs, and return what the instructor has to know.

    Raises
    ------
    NothingToPublish
        If there was no run.
    ByHandTableError
        If by_hand.csv cannot be read or has an invalid number of points. The file is left unchanged.
    """
    manifest = read_manifest(out)
    entered = read_points(out / "by_hand.csv")
    used: set[Key] = set()
    grades: list[Grade] = []
    rows: dict[Key, OtherColumns] = {}
    owners: dict[str, str] = {}
    for each, result in _results(out, manifest["submissions"]):
        result.grade = apply_points(result.grade, entered, used)
        write_atomically(
            out / student_path(result.grade), student_page(result.grade, result.code), durable=False
        )
        rows |= open_answer_rows(result.grade)
        grades.append(lean(result.grade))
        owners[student_path(result.grade)] = each["owner"]
    grades.sort(
        key=lambda grade: (grade.status not in exports.UNGRADED, grade.student.casefold(), grade.source)
    )
    write_table(out / "by_hand.csv", rows, entered)
    duplicates = find_duplicates(grades, owners)
    write_exports(out, grades, duplicates)
    remarks = [*duplicate_remarks(duplicates, owners), *unused(entered, used)]
    write_atomically(out / "index.html", index_page(grades, manifest["changes"], remarks))
    remove_leftovers(out, grades)
    return Summary(grades, manifest["changes"], remarks)


def _results(out: Path, entries: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], Result]]:
    """Yield every submission of a run, with its result.

    One whose marking is incomplete, because the run was stopped or the grader failed, counts as unreadable: it is
    listed first and has no points in any table.
    """
    for each in entries:
        nothing = Result(Grade(each["student"], None, each["source"], "unreadable"), "")
        result = load(out / "results" / f"{each['name']}.json") or nothing
        if not result.finished:
            notes = [*result.grade.notes, "Not completely marked: run `grade` with `--resume` to continue."]
            result.grade = replace(result.grade, status="unreadable", notes=notes)
        yield each, result


# ── Several notebooks of one student ─────────────────────────────────────────────────────────────────


def find_duplicates(grades: list[Grade], owners: dict[str, str]) -> list[Grade]:
    """Find the grades of students with several notebooks for a lesson: the instructor has to decide which one counts.

    A notebook whose lesson is unknown may belong to any.
    """
    counts = Counter((owners[student_path(grade)], grade.lesson) for grade in grades)
    totals = Counter(owner for owner, lesson in counts.elements())

    def is_one_of_several(grade: Grade) -> bool:
        owner = owners[student_path(grade)]
        same = totals[owner] if grade.lesson is None else counts[owner, grade.lesson] + counts[owner, None]
        return same > 1

    return [grade for grade in grades if is_one_of_several(grade)]


def duplicate_remarks(duplicates: list[Grade], owners: dict[str, str]) -> list[str]:
    """Write a sentence about each student with several notebooks."""
    files: dict[str, list[str]] = {}
    for grade in duplicates:
        files.setdefault(owners[student_path(grade)], []).append(printable(grade.source))
    return [
        f"{printable(owner)} handed in {', '.join(sources)}: which one counts? The tables for Canvas and Moodle omit"
        " them. Remove all but one, then run `grade` with `--resume`."
        for owner, sources in files.items()
    ]


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────


def gradescope_path(grade: Grade) -> str:
    return f"gradescope/{Path(student_path(grade)).stem}"


def write_exports(out: Path, grades: list[Grade], duplicates: list[Grade]) -> None:
    """Write all tables. The ones to upload omit the `duplicates`."""
    omitted = {student_path(grade) for grade in duplicates}
    write_atomically(out / "grades.csv", exports.BYTE_ORDER_MARK + exports.grades_csv(grades))
    write_atomically(out / "junit.xml", exports.junit_xml(grades))
    for lesson in sorted({grade.lesson for grade in grades if grade.lesson}):  # one assignment each
        of_lesson = [
            grade for grade in grades if grade.lesson == lesson and student_path(grade) not in omitted
        ]
        write_atomically(out / f"canvas_{lesson}.csv", exports.canvas_csv(of_lesson, lesson))
        write_atomically(out / f"moodle_{lesson}.csv", exports.moodle_csv(of_lesson))
    for grade in grades:
        write_atomically(
            out / gradescope_path(grade) / "results.json", exports.gradescope_json(grade), durable=False
        )


LESSON_NAME = re.compile(r"\d\d_\w+")
OUR_NAMES = re.compile(r"[a-z0-9-]+-[0-9a-f]{10}")  # see `slug`


def remove_leftovers(out: Path, grades: list[Grade]) -> None:
    """Remove pages and tables of submissions that are not in this run: somebody might hand them out.

    Only files that a run could have written are removed, and never through a link.
    """
    pages = {Path(student_path(grade)).stem for grade in grades}
    lessons = {grade.lesson for grade in grades}
    leftovers = [out / "students" / f"{name}.html" for name in _names_of_ours(out / "students") - pages]
    leftovers += [
        out / "gradescope" / name / "results.json" for name in _names_of_ours(out / "gradescope") - pages
    ]
    for table in [*out.glob("canvas_*.csv"), *out.glob("moodle_*.csv")]:
        if table.stem.split("_", 1)[1] not in lessons and LESSON_NAME.fullmatch(table.stem.split("_", 1)[1]):
            leftovers.append(table)
    for path in leftovers:
        if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
            path.unlink()
            if path.name == "results.json" and not list(path.parent.iterdir()):
                path.parent.rmdir()


def _names_of_ours(folder: Path) -> set[str]:
    if folder.is_symlink() or not folder.is_dir():
        return set()
    return {path.stem for path in folder.iterdir() if OUR_NAMES.fullmatch(path.stem)}
