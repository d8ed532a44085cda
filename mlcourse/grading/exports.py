"""Tables of grades for spreadsheets and learning platforms.

    grades.csv                every task of every student, for you
    canvas.csv                upload it to Canvas: Grades → Import
    moodle.csv                upload it to Moodle: the assignment → Upload grading worksheet, or Grades → Import → CSV
    gradescope/…/results.json what Gradescope wants of an autograder, one for each submission
    junit.xml                 what build servers show as a table of tests

One rule holds for all of them: what could not be read has no points, not zero points. A person has to look at it,
and an empty cell leaves the platform's gradebook as it is.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from mlcourse.grading.outgoing import number, shown, slug
from mlcourse.grading.platforms import canvas, moodle
from mlcourse.grading.records import Grade, Mark

# A spreadsheet takes a cell that begins with one of these for a formula, also in their full-width forms, and some
# skip white space before it.
FORMULA = "=+-@＝＋－＠"
# A table is not always cut where we cut it: with another separator set, half a name becomes a cell of its own.
BEGINS_A_FORMULA = re.compile(rf"(^|[,;|\t\r\n\"'])(\s*)(?=[{re.escape(FORMULA)}])")

UNREAD = ("unreadable", "missing")
BYTE_ORDER_MARK = "\ufeff"  # at the beginning of a file, it tells Excel that this is UTF-8
NOTHING = "(nothing written)"  # in the place of an open answer
GIVEN = "marked by a person"  # how the message of a mark begins once a person has given its points


# ── Comma-separated values ───────────────────────────────────────────────────────────────────────────


def inert(text: str, limit: int = 200) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what could begin one."""
    return BEGINS_A_FORMULA.sub(r"\1'\2", shown(text, limit))


def table(rows: Iterable[Sequence], limit: int = 200) -> str:
    """Rows as CSV. Text is made inert, cut to `limit` and quoted; numbers stay numbers; None is an empty cell."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")  # RFC 4180
    for row in rows:
        writer.writerow([_cell(value, limit) for value in row])
    return file.getvalue()


def _cell(value, limit: int):
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return inert(value, limit) if isinstance(value, str) else value


def points_of(grade: Grade) -> float | None:
    """The points of a submission; None when nobody can say yet."""
    return None if grade.status in UNREAD else grade.points


def tasks_of(grades: Iterable[Grade]) -> dict[str, int]:
    """The tasks that appear in any of the grades, in their order, and the points each is worth."""
    return {mark.task: mark.out_of for grade in grades for mark in grade.marks}


def waiting(grade: Grade) -> int:
    """Points that a person has still to give; none while it is not known whether this counts at all."""
    return 0 if grade.status in UNREAD else sum(mark.out_of for mark in grade.marks if waits(mark))


def student_path(grade: Grade) -> str:
    """Where a student's page stands, from the index."""
    return f"students/{slug(grade.student, grade.source)}.html"


def waits(mark: Mark) -> bool:
    """Whether a person has still to give this mark."""
    return mark.status == "by hand" and not mark.message.startswith(GIVEN)


def grades_csv(grades: list[Grade]) -> str:
    """One row for each submission, two columns for each task: points and status."""
    tasks = tasks_of(grades)
    head = ["student", "lesson", "file", "page", "status", "points", "out of", "waiting for a person"]
    rows = [[*head, *(word for task in tasks for word in (task, f"{task}: status"))]]
    for grade in grades:
        marks = {mark.task: mark for mark in grade.marks}
        cells = [cell for task in tasks for cell in _task_cells(grade, marks.get(task))]
        of_all = [points_of(grade), grade.out_of if grade.marks else None, waiting(grade)]
        rows.append(
            [grade.student, grade.lesson, grade.source, student_path(grade), grade.status, *of_all, *cells]
        )
    return table(rows)


def _task_cells(grade: Grade, mark: Mark | None):
    if mark is None:
        return None, None
    return (None if waits(mark) or grade.status in UNREAD else mark.points), mark.status


def canvas_csv(grades: list[Grade], assignment: str) -> str:
    """Canvas finds students by the number in the name of the downloaded file, or else by their login."""
    out_of = max((grade.out_of for grade in grades), default=0)
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment],
        ["    Points Possible", None, None, None, None, out_of],
    ]
    for grade in grades:
        known = canvas(grade.source)
        identity = [int(known["user"]), None, None] if known else [None, None, grade.student]
        rows.append([grade.student, *identity, None, points_of(grade)])
    return table(rows)


def moodle_csv(grades: list[Grade]) -> str:
    """Moodle finds students by the number in the name of the downloaded folder, or by a column that you choose."""
    # Moodle refuses a worksheet without the column of dates. An empty date says that we know of no earlier grade.
    head = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments"]
    rows = [head]
    for grade in grades:
        known = moodle(grade.source)
        identifier, name = (f"Participant {known['user']}", known["name"]) if known else (grade.student,) * 2
        rows.append([identifier, name, points_of(grade), grade.out_of or None, None, summary(grade)])
    return table(rows, limit=2000)


def summary(grade: Grade) -> str:
    """What each task earned, in one line made of our own words."""
    if not grade.marks:
        return f"not graded: {grade.status}"
    return "; ".join(f"{mark.task}: {earned(mark)} of {mark.out_of}, {mark.status}" for mark in grade.marks)


def earned(mark: Mark) -> str:
    """The points of a mark in words; a dash while a person has still to give them."""
    return "–" if waits(mark) else number(mark.points)


# ── Gradescope ───────────────────────────────────────────────────────────────────────────────────────


def gradescope_json(grade: Grade) -> str:
    """Gradescope's results.json: every text in it is plain text, and nothing that the cells printed is shown."""
    results = {
        "score": points_of(grade) or 0,
        "execution_time": round(grade.seconds),
        "output": shown(" ".join([f"{grade.status}.", *grade.notes]), 2000, lines=True),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_gradescope_test(mark) for mark in grade.marks],
    }
    return json.dumps(results, indent=1) + "\n"


def _gradescope_test(mark: Mark) -> dict:
    test = {"name": mark.task, "score": mark.points, "max_score": mark.out_of, "visibility": "visible"}
    test["output"] = shown(f"{mark.status}\n{mark.message}".strip(), 5000, lines=True)
    if mark.status != "by hand":
        test["status"] = "passed" if mark.status == "right" else "failed"
    return test


# ── JUnit ────────────────────────────────────────────────────────────────────────────────────────────

OUTCOME = {  # a status as JUnit's child element; a right answer has none
    "wrong": "failure",
    "crashed": "error",
    "timeout": "error",
    "not attempted": "skipped",
    "missing": "skipped",
    "by hand": "skipped",
}


def junit_xml(grades: list[Grade]) -> str:
    """A suite for each submission, a case for each task."""
    root = ElementTree.Element("testsuites", name="mlcourse")
    for grade in grades:
        root.append(_suite(grade))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(grade: Grade) -> ElementTree.Element:
    cases = [(mark.task, OUTCOME.get(mark.status), f"{mark.status}\n{mark.message}") for mark in grade.marks]
    if grade.status in UNREAD:
        cases = [("reading", "error", " ".join([grade.status, *grade.notes]))]
    outcomes = [outcome for _, outcome, _ in cases]
    suite = ElementTree.Element(
        "testsuite",
        name=shown(grade.student),
        tests=str(len(cases)),
        failures=str(outcomes.count("failure")),
        errors=str(outcomes.count("error")),
        skipped=str(outcomes.count("skipped")),
        time=f"{grade.seconds:.3f}",
    )
    for case in cases:
        _case(suite, grade, *case)
    return suite


def _case(suite, grade: Grade, name: str, outcome: str | None, text: str):
    of = {"classname": shown(f"{grade.lesson}.{grade.student}"), "name": shown(name)}
    case = ElementTree.SubElement(suite, "testcase", of)
    if outcome:
        headline, _, details = shown(text, 5000, lines=True).partition("\n")
        ElementTree.SubElement(case, outcome, message=headline).text = details
