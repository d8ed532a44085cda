"""Tables of grades for spreadsheets and learning platforms.

    grades.csv                every task of every student, for you
    canvas.csv                upload it to Canvas: Grades → Import
    moodle.csv                upload it to Moodle: the assignment → Upload grading worksheet, or Grades → Import → CSV
    gradescope/…/results.json what Gradescope expects from an autograder, one file per submission
    junit.xml                 for build servers, which show it as a table of tests

One rule applies to all of them: a submission that could not be graded has no points, not zero points. The
instructor has to look at it, and an empty cell leaves the platform's gradebook unchanged.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from xml.etree import ElementTree

from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.grade import Grade, Mark, MarkStatus
from mlcourse.grading.records.text import format_points, printable, slug

# Spreadsheets treat a cell that begins with one of these as a formula, full-width forms included, and some skip
# leading white space.
FORMULA = "=+-@＝＋－＠"
# A spreadsheet may split cells elsewhere: if it is set to another separator, half a name becomes a cell of its own.
BEGINS_A_FORMULA = re.compile(rf"(^|[,;|\t\r\n\"'])(\s*)(?=[{re.escape(FORMULA)}])")

UNGRADED = ("unreadable", "missing")
BYTE_ORDER_MARK = "\ufeff"  # at the start of a file, so that Excel reads it as UTF-8
NO_ANSWER = "(nothing written)"  # in place of an open answer


# ── Comma-separated values ───────────────────────────────────────────────────────────────────────────


def inert(text: str, limit: int = 200) -> str:
    """Make a text safe for spreadsheets: put an apostrophe before anything that could begin a formula."""
    return BEGINS_A_FORMULA.sub(r"\1'\2", printable(text, limit))


Value: TypeAlias = str | float | None  # of a table's cell


def table(rows: Iterable[Sequence[Value]], limit: int = 200) -> str:
    """Format rows as CSV. Text is made inert, cut to `limit` and quoted; numbers stay numbers, None an empty cell."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")  # RFC 4180
    for row in rows:
        writer.writerow([_cell(value, limit) for value in row])
    return file.getvalue()


def _cell(value: Value, limit: int) -> str | float:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return inert(value, limit) if isinstance(value, str) else value


def points_of(grade: Grade) -> float | None:
    """Return the points of a submission, or None while it could not be graded."""
    return None if grade.status in UNGRADED else grade.points


def tasks_of(grades: Iterable[Grade]) -> dict[str, int]:
    """Return the tasks that appear in any of the grades, in order, and the points each is worth."""
    return {mark.task: mark.out_of for grade in grades for mark in grade.marks}


def pending_points(grade: Grade) -> int:
    """Return how many points still have to be given by hand; 0 if the submission could not be graded."""
    return 0 if grade.status in UNGRADED else sum(mark.out_of for mark in grade.marks if is_pending(mark))


def student_path(grade: Grade) -> str:
    """Return the path of a student's page, relative to the index."""
    return f"students/{slug(grade.student, grade.source)}.html"


def is_pending(mark: Mark) -> bool:
    """Whether this mark still has to be given by hand."""
    return mark.status == "by hand" and not mark.entered


def grades_csv(grades: list[Grade]) -> str:
    """Write one row per submission, two columns per task: points and status."""
    tasks = tasks_of(grades)
    head = ["student", "lesson", "file", "page", "status", "points", "out of", "to mark by hand"]
    rows: list[list[Value]] = [[*head, *(word for task in tasks for word in (task, f"{task}: status"))]]
    for grade in grades:
        marks = {mark.task: mark for mark in grade.marks}
        cells = [cell for task in tasks for cell in _task_cells(grade, marks.get(task))]
        total = [points_of(grade), grade.out_of if grade.marks else None, pending_points(grade)]
        rows.append(
            [grade.student, grade.lesson, grade.source, student_path(grade), grade.status, *total, *cells]
        )
    return table(rows)


def _task_cells(grade: Grade, mark: Mark | None) -> tuple[float | None, MarkStatus | None]:
    if mark is None:
        return None, None
    return (None if is_pending(mark) or grade.status in UNGRADED else mark.points), mark.status


def canvas_csv(grades: list[Grade], assignment: str) -> str:
    """Write a table for Canvas, which finds students by the number in the downloaded file's name or by login."""
    out_of = max((grade.out_of for grade in grades), default=0)
    rows: list[list[Value]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment],
        ["    Points Possible", None, None, None, None, out_of],
    ]
    for grade in grades:
        known = canvas(grade.source)
        identity: list[Value] = [int(known["user"]), None, None] if known else [None, None, grade.student]
        rows.append([grade.student, *identity, None, points_of(grade)])
    return table(rows)


def moodle_csv(grades: list[Grade]) -> str:
    """Write a table for Moodle, which finds students by the number in the folder's name or by a column you choose."""
    # Moodle refuses a worksheet without the date column. An empty date means that we know of no earlier grade.
    head = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"]
    rows: list[list[Value]] = [[*head]]
    for grade in grades:
        known = moodle(grade.source)
        identifier, name = (f"Participant {known['user']}", known["name"]) if known else (grade.student,) * 2
        rows.append([identifier, name, points_of(grade), grade.out_of or None, None, summary(grade)])
    return table(rows, limit=2000)


def summary(grade: Grade) -> str:
    """Return one line with the points of each task. It contains no text from the student."""
    if not grade.marks:
        return f"not graded: {grade.status}"
    return "; ".join(f"{mark.task}: {earned(mark)} of {mark.out_of}, {mark.status}" for mark in grade.marks)


def earned(mark: Mark) -> str:
    """Return the points of a mark as text; a dash while they still have to be given by hand."""
    return "–" if is_pending(mark) else format_points(mark.points)


# ── Gradescope ───────────────────────────────────────────────────────────────────────────────────────


def gradescope_json(grade: Grade) -> str:
    """Write Gradescope's results.json: all texts in it are plain text, and the cells' output is hidden."""
    results = {
        "score": points_of(grade) or 0,
        "execution_time": round(grade.seconds),
        "output": printable(" ".join([f"{grade.status}.", *grade.notes]), 2000, lines=True),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_gradescope_test(mark) for mark in grade.marks],
    }
    return json.dumps(results, indent=1) + "\n"


def _gradescope_test(mark: Mark) -> dict[str, str | float]:
    test: dict[str, str | float] = {"name": mark.task, "score": mark.points, "max_score": mark.out_of}
    test["visibility"] = "visible"
    test["output"] = printable(f"{mark.status}\n{mark.message}".strip(), 5000, lines=True)
    if mark.status != "by hand":
        test["status"] = "passed" if mark.status == "right" else "failed"
    return test


# ── JUnit ────────────────────────────────────────────────────────────────────────────────────────────

JUNIT_TAGS = {  # status → JUnit's child element; a right answer has none
    "wrong": "failure",
    "crashed": "error",
    "timeout": "error",
    "not attempted": "skipped",
    "missing": "skipped",
    "by hand": "skipped",
}


def junit_xml(grades: list[Grade]) -> str:
    """Write JUnit XML: one suite per submission, one case per task."""
    # One suite at a time: a whole class as a tree would need more memory than everything else in a run.
    return "\n".join(['<testsuites name="mlcourse">', *map(_suite_xml, grades), "</testsuites>\n"])


def _suite_xml(grade: Grade) -> str:
    suite = _suite(grade)
    ElementTree.indent(suite, level=1)
    return f"  {ElementTree.tostring(suite, encoding='unicode')}"


def _suite(grade: Grade) -> ElementTree.Element:
    cases = [
        (mark.task, JUNIT_TAGS.get(mark.status), f"{mark.status}\n{mark.message}") for mark in grade.marks
    ]
    if grade.status in UNGRADED:
        cases = [("reading", "error", " ".join([grade.status, *grade.notes]))]
    outcomes = [outcome for _, outcome, _ in cases]
    suite = ElementTree.Element(
        "testsuite",
        name=printable(grade.student),
        tests=str(len(cases)),
        failures=str(outcomes.count("failure")),
        errors=str(outcomes.count("error")),
        skipped=str(outcomes.count("skipped")),
        time=f"{grade.seconds:.3f}",
    )
    for case in cases:
        _add_case(suite, grade, *case)
    return suite


def _add_case(suite: ElementTree.Element, grade: Grade, name: str, outcome: str | None, text: str) -> None:
    attributes = {"classname": printable(f"{grade.lesson}.{grade.student}"), "name": printable(name)}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    if outcome:
        headline, _, details = printable(text, 5000, lines=True).partition("\n")
        ElementTree.SubElement(case, outcome, message=headline).text = details
