"""Tables of grades for spreadsheets and learning platforms.

    grades.csv                every task of every student in all lessons, for you
    canvas_LESSON.csv         upload it to Canvas: Grades → Import
    moodle_LESSON.csv         upload it to Moodle: the assignment → Upload grading worksheet, or Grades → Import → CSV
    gradescope/…/results.json what Gradescope expects from an autograder, one file per submission
    junit.xml                 for build servers, which show it as a table of tests

Two rules apply to all of them. Points are those after the late rule. And a submission that could not be graded has no
points, not zero: the instructor has to look at it, and an empty cell leaves the platform's gradebook unchanged.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias
from xml.etree import ElementTree

from mlcourse.grading.gradebook.book import UNKNOWN, Book, Entry, is_pending, tasks_of
from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.gradebook.late import days
from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.records.text import LETTERS, format_points, in_letters, printable
from mlcourse.grading.report.paths import student_path
from mlcourse.grading.report.words import among_several, earned, mark_words, status_words, which_counts

# Spreadsheets treat a cell that begins with one of these as a formula, full-width forms included, and some skip
# leading white space.
FORMULA = "=+-@＝＋－＠"
# A spreadsheet may split cells elsewhere: if it is set to another separator, half a name becomes a cell of its own.
BEGINS_A_FORMULA = re.compile(rf"(^|[,;|\t\r\n\"'])(\s*)(?=[{re.escape(FORMULA)}])")
INERT_FORMULA = re.compile(rf"(^|[,;|\t\r\n\"'])'(\s*)(?=[{re.escape(FORMULA)}])")

MARKED = re.compile(rf" \[[{LETTERS}]{{32}}\]$")  # the end of a file's name in a table, if it needs one

BYTE_ORDER_MARK = "\ufeff"  # at the start of a file, so that Excel reads it as UTF-8
MAX_COMMENTS = 20_000  # characters
NO_ANSWER = "(nothing written)"  # in place of an open answer


# ── Comma-separated values ───────────────────────────────────────────────────────────────────────────


def inert(text: str, limit: int = 200) -> str:
    """Make a text safe for spreadsheets: put an apostrophe before anything that could begin a formula."""
    return BEGINS_A_FORMULA.sub(r"\1'\2", printable(text, limit))


def ordinary(text: str) -> str:
    """Return the text that `inert` has made safe."""
    return INERT_FORMULA.sub(r"\1\2", text)


def as_kept(cell: str) -> str:
    """Return what is left of a cell in any spreadsheet.

    It may treat the apostrophe that makes a cell inert as its own syntax and drop it, and writing the cell again adds
    another. So leading and doubled apostrophes are left out, and white space around the text.
    """
    return re.sub(r"^[\s']+|\s+$", "", re.sub("'+", "'", cell))


def file_cell(source: str) -> str:
    """Return a file's name for a table, such that two different ones still differ after a spreadsheet has saved it.

    A name that may not be kept as it is, such as `' ada.ipynb`, gets letters that are derived from it.
    """
    kept = as_kept(inert(source))
    return source if kept == source and not MARKED.search(source) else f"{kept} [{in_letters(source)}]"


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


# ── All lessons ──────────────────────────────────────────────────────────────────────────────────────


def grades_csv(book: Book) -> str:
    """Write one row per student: the sum, and for each lesson its points and those of its tasks.

    A student's second notebook for a lesson has a row of its own. Neither counts in the sum until one is chosen.
    """
    lessons = [*book.lessons, *([UNKNOWN] if any(not entry.listed.lessons for entry in book.entries) else [])]
    tasks = {lesson: list(tasks_of(entry.grade for entry in book.of_lesson(lesson))) for lesson in lessons}
    total = sum(map(book.out_of, book.lessons))
    head = ["student", "id", "e-mail", "group", "points", "out of", "to mark by hand"]
    rows: list[list[Value]] = [
        [*head, *(name for lesson in lessons for name in _names(lesson, tasks[lesson]))]
    ]
    for student in book.students:
        cells = [book.cell(student, lesson) for lesson in lessons]
        for number in range(max(1, *map(len, cells)) if cells else 1):
            entries = [cell[number] if number < len(cell) else None for cell in cells]
            pending = sum(entry.pending for entry in entries if entry)
            points = book.sum(student) if number == 0 else None
            lines = [_lesson_cells(entry, tasks[lesson]) for entry, lesson in zip(entries, lessons)]
            rows.append(
                [*_identity(student), points, total, pending, *(cell for line in lines for cell in line)]
            )
    return table(rows, limit=MAX_COMMENTS)


def _identity(student: Student) -> list[Value]:
    return [student.name, student.id or None, student.email or None, student.group or None]


def _names(lesson: str, tasks: Iterable[str]) -> list[str]:
    """Name the columns of a lesson."""
    name = lesson or "lesson unknown"
    about = ("late deduction", "status", "file", "page", "comments")
    return [
        name,
        *(f"{name}: {what}" for what in about),
        *(word for task in tasks for word in (task, f"{task}: status")),
    ]


def _lesson_cells(entry: Entry | None, tasks: Sequence[str]) -> list[Value]:
    if entry is None:
        return [None] * len(_names("", tasks))
    status = ", ".join(filter(None, [status_words(entry.grade), among_several(entry)]))
    about: list[Value] = [entry.points, entry.deduction or None, status]
    marks = {mark.task: mark for mark in entry.grade.marks}
    cells = [cell for task in tasks for cell in _task_cells(entry, marks.get(task))]
    return [*about, file_cell(entry.listed.source), student_path(entry.name), comments(entry.grade), *cells]


def comments(grade: Grade) -> str | None:
    """Return what a person has written about the answers, on one line; None if nothing was written."""
    written = [f"{mark.task}: {' '.join(mark.comment.split())}" for mark in grade.marks if mark.comment]
    return " ".join(written) or None


def _task_cells(entry: Entry, mark: Mark | None) -> tuple[float | None, str | None]:
    if mark is None:
        return None, None
    return (mark.points if entry.is_graded and not is_pending(mark) else None), mark_words(mark)


# ── Canvas and Moodle ────────────────────────────────────────────────────────────────────────────────


def canvas_csv(entries: Sequence[Entry], assignment: str) -> str:
    """Write a table for Canvas, which finds students by its own number, by id or by login."""
    out_of = max((entry.grade.out_of for entry in entries), default=0)
    rows: list[list[Value]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment],
        ["    Points Possible", None, None, None, None, out_of],
    ]
    for entry in entries:
        known, student = canvas(entry.listed.source), entry.student
        login = student.login or student.email or entry.listed.owner
        identity: list[Value] = (
            [int(known["user"]), None, None] if known else [None, student.id or None, login]
        )
        rows.append([student.name, *identity, student.group or None, entry.points])
    return table(rows)


def moodle_csv(entries: Sequence[Entry]) -> str:
    """Write a table for Moodle, which finds students by the number in the folder's name or by a column you choose."""
    # Moodle refuses a worksheet without the date column. An empty date means that we know of no earlier grade.
    head = ["Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade"]
    rows: list[list[Value]] = [[*head, "Last modified (grade)", "Feedback comments"]]
    for entry in entries:
        known, student = moodle(entry.listed.source), entry.student
        identifier = f"Participant {known['user']}" if known else entry.listed.owner
        name = known["name"] if known else student.name
        points: list[Value] = [entry.points, entry.grade.out_of or None, None, summary(entry)]
        rows.append([identifier, name, student.id or None, student.email or None, *points])
    return table(rows, limit=MAX_COMMENTS)


def summary(entry: Entry) -> str:
    """Return one line: the points of each task, what lateness costs, and comments. No text in it is the student's."""
    if not entry.grade.marks:
        return f"not graded: {status_words(entry.grade)}"
    marks = entry.grade.marks
    parts = [f"{mark.task}: {earned(mark)} of {mark.out_of}, {mark_words(mark)}" for mark in marks]
    if entry.deduction:
        parts.append(f"{days(entry.days_late)} late: {format_points(-entry.deduction)}")
    return ". ".join(filter(None, ["; ".join(parts), comments(entry.grade)]))


# ── Gradescope ───────────────────────────────────────────────────────────────────────────────────────


def gradescope_json(entry: Entry) -> str:
    """Write Gradescope's results.json: all texts in it are plain text, and the cells' output is hidden."""
    grade = entry.grade
    status = status_words(grade).capitalize()
    results = {
        "score": entry.points or 0,
        "execution_time": round(grade.seconds),
        "output": printable(
            " ".join(filter(None, [f"{status}.", which_counts(entry), *grade.notes])), 2000, lines=True
        ),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_gradescope_test(mark) for mark in grade.marks],
    }
    if (
        entry.deduction
    ):  # Gradescope shows the score beside the points of the tests, which do not add up to it now
        results["output"] = (
            f"{days(entry.days_late)} late: {format_points(-entry.deduction)} points. {results['output']}"
        )
    return json.dumps(results, indent=1) + "\n"


def _gradescope_test(mark: Mark) -> dict[str, str | float]:
    test: dict[str, str | float] = {"name": mark.task, "score": mark.points, "max_score": mark.out_of}
    test["visibility"] = "visible"
    texts = filter(None, [mark_words(mark), mark.message, mark.comment])
    test["output"] = printable("\n".join(texts).strip(), 10_000, lines=True)
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


def junit_xml(entries: Iterable[Entry]) -> str:
    """Write JUnit XML: one suite per submission, one case per task."""
    # One suite at a time: a whole class as a tree would need more memory than everything else in a run.
    return "\n".join(['<testsuites name="mlcourse">', *map(_suite_xml, entries), "</testsuites>\n"])


def _suite_xml(entry: Entry) -> str:
    suite = _suite(entry)
    ElementTree.indent(suite, level=1)
    return f"  {ElementTree.tostring(suite, encoding='unicode')}"


def _suite(entry: Entry) -> ElementTree.Element:
    grade = entry.grade
    cases = [
        (mark.task, JUNIT_TAGS.get(mark.status), f"{mark.status}\n{mark.message}") for mark in grade.marks
    ]
    if not entry.is_graded:
        cases = [("reading", "error", " ".join([status_words(grade), *grade.notes]))]
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
        _add_case(suite, f"{grade.lesson}.{grade.student}", *case)
    return suite


def _add_case(suite: ElementTree.Element, owner: str, name: str, outcome: str | None, text: str) -> None:
    attributes = {"classname": printable(owner), "name": printable(name)}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    if outcome:
        headline, _, details = printable(text, 5000, lines=True).partition("\n")
        ElementTree.SubElement(case, outcome, message=headline).text = details
