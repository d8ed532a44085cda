"""From the results on the disk to pages and tables. Nothing is marked here: `mlcourse report` is this alone.

Results are read one at a time, and what is long in them (code, output, open answers) goes to the student's page and
is dropped: a thousand submissions need little memory.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlcourse.checks import CHECKS
from mlcourse.grading import exports
from mlcourse.grading.byhand import hand_rows, read_points, unused, with_points, write_table
from mlcourse.grading.exports import student_path
from mlcourse.grading.outgoing import shown, write_whole
from mlcourse.grading.pages import index_page, student_page
from mlcourse.grading.records import Grade, Submission
from mlcourse.grading.results import Result, lean, load, name_of


@dataclass
class Summary:
    """What a run has come to."""

    grades: list[Grade]
    changes: list[str] = field(default_factory=list)  # who gains or loses against the run before
    remarks: list[str] = field(default_factory=list)  # what else the instructor has to decide, as sentences

    @property
    def unread(self) -> list[Grade]:
        return [grade for grade in self.grades if grade.status in exports.UNREAD]


class NothingToPublish(ValueError):
    """A folder that holds no run; the message says so."""


def entry(submission: Submission) -> dict[str, str]:
    """What a run's manifest says of a submission: enough to miss it when its result is not there."""
    who = {"student": submission.student, "owner": submission.owner or submission.student}
    return {"name": name_of(submission), **who, "source": submission.source}


def write_manifest(out: Path, entries: list[dict[str, str]], changes: list[str]):
    """Say which submissions belong to the last run: results of earlier ones may lie beside theirs."""
    write_whole(out / "run.json", json.dumps({"submissions": entries, "changes": changes}, indent=1) + "\n")


def read_manifest(out: Path) -> dict:
    try:
        manifest = json.loads((out / "run.json").read_text("utf-8"))
        return {"submissions": manifest["submissions"], "changes": manifest["changes"]}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise NothingToPublish(
            f"{out} holds no graded submissions: `python course.py grade SUBMISSIONS -o {out}` first."
        ) from None


def publish(out: Path) -> Summary:
    """Write all pages and tables of a run, remove those of earlier ones, and say what a person has to see.

    Raises
    ------
    NothingToPublish
        When there was no run.
    HandTableError
        When by_hand.csv cannot be read, or holds what is no number of points. It stays as it is then.
    """
    manifest = read_manifest(out)
    entered, used = read_points(out / "by_hand.csv"), set()
    grades, rows, owners = [], {}, {}
    for each, result in _results(out, manifest["submissions"]):
        result.grade = with_points(result.grade, entered, used)
        write_whole(out / student_path(result.grade), student_page(result.grade, result.code))
        rows |= hand_rows(result.grade)
        grades.append(lean(result.grade))
        owners[student_path(result.grade)] = each["owner"]
    grades.sort(
        key=lambda grade: (grade.status not in exports.UNREAD, grade.student.casefold(), grade.source)
    )
    write_table(out / "by_hand.csv", rows, entered)
    twice = several(grades, owners)
    write_exports(out, grades, twice)
    remarks = [*said_of(twice, owners), *unused(entered, used)]
    write_whole(out / "index.html", index_page(grades, manifest["changes"], remarks))
    remove_leftovers(out, grades)
    return Summary(grades, manifest["changes"], remarks)


def _results(out: Path, entries: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], Result]]:
    """Every submission of a run, and its result.

    One that is not marked to the end, because the run was stopped or the grader failed, counts as one that could not
    be read: it is told first, and has no points in any table.
    """
    for each in entries:
        nothing = Result(Grade(each["student"], None, each["source"], "unreadable"), "")
        result = load(out / "results" / f"{each['name']}.json") or nothing
        if not result.finished:
            notes = [*result.grade.notes, "Not marked to the end: `grade` with `--resume` goes on."]
            result.grade = replace(result.grade, status="unreadable", notes=notes)
        yield each, result


# ── Several notebooks of one student ─────────────────────────────────────────────────────────────────


def several(grades: list[Grade], owners: dict[str, str]) -> list[Grade]:
    """The grades of students with more than one notebook of a lesson: which one counts, a person has to say.

    One whose lesson cannot be told may be of any.
    """
    counts = Counter((owners[student_path(grade)], grade.lesson) for grade in grades)
    of_any = Counter(owner for owner, lesson in counts.elements())

    def is_one_of_several(grade: Grade) -> bool:
        owner = owners[student_path(grade)]
        same = of_any[owner] if grade.lesson is None else counts[owner, grade.lesson] + counts[owner, None]
        return same > 1

    return [grade for grade in grades if is_one_of_several(grade)]


def said_of(twice: list[Grade], owners: dict[str, str]) -> list[str]:
    """A sentence for each student with several notebooks."""
    files: dict[str, list[str]] = {}
    for grade in twice:
        files.setdefault(owners[student_path(grade)], []).append(shown(grade.source))
    return [
        f"{shown(owner)} handed in {', '.join(sources)}: which one counts? The tables for Canvas and Moodle leave"
        " them out. Remove the others, and `grade` with `--resume`."
        for owner, sources in files.items()
    ]


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────


def gradescope_path(grade: Grade) -> str:
    return f"gradescope/{Path(student_path(grade)).stem}"


def write_exports(out: Path, grades: list[Grade], twice: list[Grade]):
    """All tables; `twice` are left out of those that are uploaded."""
    left_out = {student_path(grade) for grade in twice}
    write_whole(out / "grades.csv", exports.BYTE_ORDER_MARK + exports.grades_csv(grades))
    write_whole(out / "junit.xml", exports.junit_xml(grades))
    for lesson in sorted({grade.lesson for grade in grades if grade.lesson}):  # an assignment each
        of_lesson = [
            grade for grade in grades if grade.lesson == lesson and student_path(grade) not in left_out
        ]
        write_whole(out / f"canvas_{lesson}.csv", exports.canvas_csv(of_lesson, lesson))
        write_whole(out / f"moodle_{lesson}.csv", exports.moodle_csv(of_lesson))
    for grade in grades:
        write_whole(out / gradescope_path(grade) / "results.json", exports.gradescope_json(grade))


OURS = re.compile(r"[a-z0-9-]+-[0-9a-f]{10}")  # see `slug`


def remove_leftovers(out: Path, grades: list[Grade]):
    """Remove pages and tables of submissions that are not in this run: somebody might hand them out.

    Nothing goes but what a run can have written, and nothing through a link.
    """
    pages = {Path(student_path(grade)).stem for grade in grades}
    lessons = {grade.lesson for grade in grades}
    gone = [out / "students" / f"{name}.html" for name in _names_of_ours(out / "students") - pages]
    gone += [
        out / "gradescope" / name / "results.json" for name in _names_of_ours(out / "gradescope") - pages
    ]
    for lesson in {check.lesson for check in CHECKS.values()} - lessons:
        gone += [out / f"canvas_{lesson}.csv", out / f"moodle_{lesson}.csv"]
    for path in gone:
        if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
            path.unlink()
            if path.name == "results.json" and not list(path.parent.iterdir()):
                path.parent.rmdir()


def _names_of_ours(folder: Path) -> set[str]:
    if folder.is_symlink() or not folder.is_dir():
        return set()
    return {path.stem for path in folder.iterdir() if OURS.fullmatch(path.stem)}
