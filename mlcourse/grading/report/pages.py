"""Pages: one for the instructor, and one for each student, to keep or to hand out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from mlcourse.grading.records.grade import Grade, Mark, MarkStatus
from mlcourse.grading.records.text import format_points
from mlcourse.grading.report.charts import STATUSES, histogram, share_bar
from mlcourse.grading.report.exports import (
    NO_ANSWER,
    UNGRADED,
    earned,
    pending_points,
    points_of,
    student_path,
    tasks_of,
)
from mlcourse.grading.report.markup import Html, Part, element, page, table, with_code

SHOWN_MISTAKES = 20
NOT_ISOLATED = "not isolated"


# ── For the instructor ───────────────────────────────────────────────────────────────────────────────


def index_page(
    grades: list[Grade],
    changes: Iterable[str] = (),
    remarks: Iterable[str] = (),
    requests: Iterable[str] = (),
) -> Html:
    """Make the index: first what needs the instructor, then each lesson's points, tasks, mistakes and students."""
    lessons = {grade.lesson: [other for other in grades if other.lesson == grade.lesson] for grade in grades}
    sections = [lesson_section(lesson, lessons[lesson]) for lesson in sorted(lessons, key=str) if lesson]
    parts = (isolation_warning(grades), overview(grades), ungraded_section(grades))
    lists = (
        list_section("For you to decide", remarks),
        list_section("Requests to look at a mark again", requests),
        list_section("Changed since the last run", changes),
    )
    return page("Grades", *parts, *lists, *sections)


def lesson_section(lesson: str, grades: list[Grade]) -> Html:
    parts = (
        points_section(grades),
        tasks_section(grades),
        mistakes_section(grades),
        students_section(grades),
    )
    return element("section", element("h2", f"Lesson {lesson}"), *parts)


def isolation_warning(grades: list[Grade]) -> Html | None:
    """Warn if untrusted code ran without a sandbox: its marks may be forged."""
    if not any(grade.isolation == NOT_ISOLATED for grade in grades):
        return None
    warning = (
        "Not isolated: submissions ran without a sandbox and could have changed anything, even these marks."
    )
    return element("p", element("strong", warning), class_="alarm")


def overview(grades: list[Grade]) -> Html:
    kinds = sorted({grade.isolation for grade in grades if grade.isolation})
    isolation = f"Isolation: {', '.join(kinds)}." if kinds else None
    counts = Counter(grade.status for grade in grades)
    statuses = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return element("p", f"{len(grades)} submissions: {statuses}. ", isolation)


def ungraded_section(grades: list[Grade]) -> Html | None:
    """List the submissions that could not be graded: the instructor has to deal with them first."""
    ungraded = [grade for grade in grades if grade.status in UNGRADED]
    if not ungraded:
        return None
    rows = [[link(grade), grade.source, ungraded_reason(grade)] for grade in ungraded]
    return element(
        "section",
        element("h2", "Could not be graded"),
        element(
            "p",
            with_code(
                "These have no points in any table. Open the file as text, or ask the student to submit it again;"
                " then run `grade` with `--resume`."
            ),
        ),
        table(["Student", "File", "Why"], rows),
        class_="alarm",
    )


def ungraded_reason(grade: Grade) -> str:
    """Say why a submission could not be graded."""
    nothing = (
        "It can be read, but contains none of the lesson's answers." if grade.status == "missing" else ""
    )
    return " ".join([nothing, *grade.notes]).strip()


def list_section(heading: str, lines: Iterable[str]) -> Html | None:
    """Make a section with one line per sentence; None if there are no sentences."""
    items = [element("li", with_code(line)) for line in lines]
    return element("section", element("h2", heading), element("ul", *items)) if items else None


def points_section(grades: list[Grade]) -> Html | None:
    points = [total for grade in grades if (total := points_of(grade)) is not None]
    if not points:
        return None
    out_of = max(grade.out_of for grade in grades)
    lowest, middle, highest = map(format_points, (min(points), median(points), max(points)))
    statistics = f"Median {middle} of {out_of} points; lowest {lowest}, highest {highest}."
    most = max(map(pending_points, grades))
    pending = (
        f" Up to {format_points(most)} of them are still to be given by hand, and count as 0 until then."
        if most
        else ""
    )
    chart = element("div", histogram(points, out_of), class_="scroll")
    return element("section", element("h3", "Points"), element("p", statistics, pending), chart)


def tasks_section(grades: list[Grade]) -> Html | None:
    """Make a table with one row per task: how many marks have each status."""
    tasks, counts = tasks_of(grades), task_counts(grades)
    if not tasks:
        return None
    used = [status for status in STATUSES if any(counts[task][status] for task in tasks)]
    rows: list[list[Part]] = [
        [element("code", task), points, share_bar(counts[task]), *(counts[task][status] for status in used)]
        for task, points in tasks.items()
    ]
    head = ["Task", "Points", "Share", *(status.capitalize() for status in used)]
    return element("section", element("h3", "Tasks"), table(head, rows))


def task_counts(grades: list[Grade]) -> dict[str, Counter[str]]:
    """Count the marks with each status, per task."""
    counts: dict[str, Counter[str]] = {}
    for mark in (mark for grade in grades for mark in grade.marks):
        counts.setdefault(mark.task, Counter())[mark.status] += 1
    return counts


def common_mistakes(grades: list[Grade]) -> list[tuple[str, str, int, str]]:
    """List the recognised mistakes, most common first: task, name, number of students, message shown to them."""
    made = [
        (mark.task, mark.mistake, mark.advice)
        for grade in grades
        for mark in grade.marks
        if mark.mistake and mark.status == "wrong"
    ]
    messages = {(task, mistake): message for task, mistake, message in made}
    counts = Counter((task, mistake) for task, mistake, _ in made)
    return [
        (task, mistake, count, messages[task, mistake]) for (task, mistake), count in counts.most_common()
    ]


def mistakes_section(grades: list[Grade]) -> Html | None:
    mistakes = common_mistakes(grades)
    if not mistakes:
        return None
    rows: list[list[Part]] = [
        [count, element("code", task), name, with_code(text)]
        for task, name, count, text in mistakes[:SHOWN_MISTAKES]
    ]
    heading = element("h3", "What to teach again: recognised mistakes, most common first")
    return element("section", heading, table(["Students", "Task", "Mistake", "Message shown"], rows))


def students_section(grades: list[Grade]) -> Html:
    tasks = tasks_of(grades)
    by_hand = ["By hand"] if any(pending_points(grade) for grade in grades) else []
    rows = [_student_row(grade, tasks, by_hand) for grade in grades]
    head = ["Student", "Status", "Points", *by_hand, *(element("code", task) for task in tasks)]
    return element("section", element("h3", "Everyone"), table(head, rows, class_="everyone"), class_="wide")


def _student_row(grade: Grade, tasks: Iterable[str], by_hand: list[str]) -> list[Part]:
    marks = {mark.task: mark for mark in grade.marks}
    cells = [points_or_status(marks[task]) if task in marks else "" for task in tasks]
    return [
        link(grade),
        grade.status,
        points_of(grade),
        *([pending_points(grade) or ""] if by_hand else []),
        *cells,
    ]


def points_or_status(mark: Mark) -> float | MarkStatus:
    """Return the points of a task, or its status if there are none."""
    return mark.points if mark.points or mark.status in ("right", "wrong") else mark.status


def link(grade: Grade) -> Html:
    return element("a", grade.student or "(no name)", href=student_path(grade))


# ── For a student ────────────────────────────────────────────────────────────────────────────────────


def student_page(grade: Grade, code: Iterable[tuple[int, str]] = ()) -> Html:
    """Make a student's page: every mark with its message, the open answers, the code, and the end of its output.

    `code` contains the cells that were run, as pairs (number, source).
    """
    run = [
        [element("p", f"Cell {number}", class_="quiet"), element("pre", source)] for number, source in code
    ]
    return page(
        f"{grade.student} · {grade.lesson or 'lesson unknown'}",
        isolation_warning([grade]),
        summary_line(grade),
        element("ul", *(element("li", note) for note in grade.notes)) if grade.notes else None,
        marks_table(grade) if grade.marks else None,
        open_section(grade),
        collapsed("Code that was run (cell numbers include text cells; plots are not kept)", run),
        collapsed("Output (the end of it)", [element("pre", grade.output)] if grade.output else []),
    )


def summary_line(grade: Grade) -> Html:
    total, pending = points_of(grade), pending_points(grade)
    points = (
        "No points yet" if total is None else f"{format_points(total)} of {grade.out_of - pending} points"
    )
    waiting = f"; {format_points(pending)} more are still to be given by hand" if pending else ""
    return element(
        "p",
        element("strong", points),
        f"{waiting}. File: ",
        element("code", grade.source),
        f". Status: {grade.status}.",
    )


def marks_table(grade: Grade) -> Html:
    """Make a table with the points of each task, and below them the check's message and a person's comment."""
    rows = [
        row
        for mark in grade.marks
        for row in (
            [element("code", mark.task), f"{earned(mark)} / {mark.out_of}", mark.status],
            [message(mark)],
            [comment(mark)],
        )
        if row != [None]
    ]
    return element(
        "section",
        element("h2", "Tasks"),
        table(["Task", "Points", "Status"], rows, class_="marks"),
    )


def message(mark: Mark) -> Html | None:
    return element("pre", with_code(mark.message)) if mark.message else None


def comment(mark: Mark) -> Html | None:
    """Show what a person has written about the answer."""
    if not mark.comment:
        return None
    return element("p", element("strong", "Comment: "), mark.comment, class_="comment")


def open_section(grade: Grade) -> Html | None:
    if not grade.open_answers:
        return None
    answers = [
        [element("h3", element("code", task)), element("pre", text.strip() or NO_ANSWER)]
        for task, text in grade.open_answers.items()
    ]
    return element("section", element("h2", "Open answers"), *answers)


def collapsed(title: str, parts: Sequence[Part]) -> Html | None:
    """Make a section that is hidden until the reader opens it."""
    return element("details", element("summary", title), *parts) if parts else None
