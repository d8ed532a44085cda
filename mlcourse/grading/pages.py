"""Pages: one for the instructor, and one for every student, to keep or to hand out."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

from mlcourse.grading.charts import STATUSES, histogram, share_bar
from mlcourse.grading.exports import UNREAD, points_of, tasks_of, waiting
from mlcourse.grading.markup import Html, element, page, table
from mlcourse.grading.outgoing import number, slug
from mlcourse.grading.records import Grade, Mark

SHOWN_MISTAKES = 20
NOT_ISOLATED = "not isolated"


def student_path(grade: Grade) -> str:
    """Where a student's page stands, from the index."""
    return f"students/{slug(grade.student, grade.source)}.html"


# ── For the instructor ───────────────────────────────────────────────────────────────────────────────


def index_page(grades: list[Grade], changes: Iterable[str] = ()) -> Html:
    """What needs a person first, then lesson by lesson how it went: points, tasks, mistakes, everyone."""
    lessons = {grade.lesson: [other for other in grades if other.lesson == grade.lesson] for grade in grades}
    sections = [lesson_section(lesson, lessons[lesson]) for lesson in sorted(lessons, key=str) if lesson]
    parts = (stamp(grades), overview(grades), needs_a_person(grades), changed(list(changes)))
    return page("Grades", *parts, *sections)


def lesson_section(lesson: str, grades: list[Grade]) -> Html:
    parts = (points_section(grades), tasks_section(grades), mistakes_section(grades), everyone(grades))
    return element("section", element("h2", f"Lesson {lesson}"), *parts)


def stamp(grades: list[Grade]) -> Html | None:
    """A warning when code of strangers ran without a sandbox: such marks may be forged."""
    if not any(grade.isolation == NOT_ISOLATED for grade in grades):
        return None
    told = (
        "Not isolated: submissions ran without a sandbox, and could have changed anything, these marks too."
    )
    return element("p", element("strong", told), class_="alarm")


def overview(grades: list[Grade]) -> Html:
    kinds = sorted({grade.isolation for grade in grades if grade.isolation})
    isolated = f"Isolation: {', '.join(kinds)}." if kinds else None
    counts = Counter(grade.status for grade in grades)
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return element("p", f"{len(grades)} submissions: {told}. ", isolated)


def needs_a_person(grades: list[Grade]) -> Html | None:
    """Submissions that could not be read: the first thing that an instructor has to do."""
    unread = [grade for grade in grades if grade.status in UNREAD]
    if not unread:
        return None
    rows = [[link(grade), grade.source, why_not(grade)] for grade in unread]
    return element(
        "section",
        element("h2", "Could not be graded"),
        element(
            "p",
            "These have no points, in no table, until you say so. Open the file, or ask the student for it again.",
        ),
        table(["Student", "File", "Why"], rows),
        class_="alarm",
    )


def why_not(grade: Grade) -> str:
    """Why a submission could not be graded, as a sentence."""
    nothing = (
        "It can be read, and none of the lesson's answers is in it." if grade.status == "missing" else ""
    )
    return " ".join([nothing, *grade.notes]).strip()


def changed(changes: list[str]) -> Html | None:
    if not changes:
        return None
    lines = element("ul", *(element("li", line) for line in changes))
    return element("section", element("h2", "Changed since the last run"), lines)


def points_section(grades: list[Grade]) -> Html | None:
    points = [earned for grade in grades if (earned := points_of(grade)) is not None]
    if not points:
        return None
    out_of = max(grade.out_of for grade in grades)
    lowest, middle, highest = map(number, (min(points), median(points), max(points)))
    told = f"Median {middle} of {out_of} points; lowest {lowest}, highest {highest}."
    return element("section", element("h3", "Points"), element("p", told), histogram(points, out_of))


def tasks_section(grades: list[Grade]) -> Html | None:
    """A row for each task: how many earned what."""
    tasks, counts = tasks_of(grades), task_counts(grades)
    if not tasks:
        return None
    used = [status for status in STATUSES if any(counts[task][status] for task in tasks)]
    rows = [
        [element("code", task), points, share_bar(counts[task]), *(counts[task][status] for status in used)]
        for task, points in tasks.items()
    ]
    head = ["Task", "Points", "Share", *(status.capitalize() for status in used)]
    return element("section", element("h3", "Tasks"), table(head, rows))


def task_counts(grades: list[Grade]) -> dict[str, Counter]:
    """For each task, how many marks have which status."""
    counts: dict[str, Counter] = {}
    for mark in (mark for grade in grades for mark in grade.marks):
        counts.setdefault(mark.task, Counter())[mark.status] += 1
    return counts


def common_mistakes(grades: list[Grade]) -> list[tuple[str, str, int, str]]:
    """The recognised mistakes, the most common first: task, name, how many made it, what they were told."""
    made = [mark for grade in grades for mark in grade.marks if mark.mistake and mark.status == "wrong"]
    messages = {(mark.task, mark.mistake): likely(mark) for mark in made}
    counts = Counter((mark.task, mark.mistake) for mark in made)
    return [(*which, count, messages[which]) for which, count in counts.most_common()]


def likely(mark: Mark) -> str:
    """The line of a message that names the mistake."""
    lines = [
        line.removeprefix("Likely mistake: ")
        for line in mark.message.splitlines()
        if line.startswith("Likely")
    ]
    return lines[0] if lines else ""


def mistakes_section(grades: list[Grade]) -> Html | None:
    mistakes = common_mistakes(grades)
    if not mistakes:
        return None
    rows = [
        [count, element("code", task), name, told] for task, name, count, told in mistakes[:SHOWN_MISTAKES]
    ]
    heading = element("h3", "What to teach again: recognised mistakes, the most common first")
    return element("section", heading, table(["Made by", "Task", "Mistake", "What was said"], rows))


def everyone(grades: list[Grade]) -> Html:
    tasks = tasks_of(grades)
    rows = [_student_row(grade, tasks) for grade in grades]
    head = ["Student", "Status", "Points", "To be given by hand", *(element("code", task) for task in tasks)]
    return element("section", element("h3", "Everyone"), table(head, rows))


def _student_row(grade: Grade, tasks) -> list:
    marks = {mark.task: mark for mark in grade.marks}
    cells = [points_word(marks[task]) if task in marks else "" for task in tasks]
    return [link(grade), grade.status, points_of(grade), waiting(grade) or "", *cells]


def points_word(mark: Mark):
    """The points of a task, or why there are none."""
    return mark.points if mark.points or mark.status in ("right", "wrong") else mark.status


def link(grade: Grade) -> Html:
    return element("a", grade.student or "(no name)", href=student_path(grade))


# ── For a student ────────────────────────────────────────────────────────────────────────────────────


def student_page(grade: Grade, code: Iterable[str] = ()) -> Html:
    """Every mark with its message, the open answers, what was run, and the end of what it printed."""
    return page(
        f"{grade.student} · {grade.lesson or 'lesson unknown'}",
        stamp([grade]),
        standing(grade),
        element("ul", *(element("li", note) for note in grade.notes)) if grade.notes else None,
        marks_table(grade) if grade.marks else None,
        open_section(grade),
        folded("What was run", code),
        folded("The end of what it printed", [grade.output] if grade.output else []),
    )


def standing(grade: Grade) -> Html:
    earned = points_of(grade)
    told = "No points yet" if earned is None else f"{number(earned)} of {grade.out_of} points"
    hand = f"; {waiting(grade)} of them wait for a person" if waiting(grade) else ""
    return element(
        "p",
        element("strong", told),
        f"{hand}. File: ",
        element("code", grade.source),
        f". Status: {grade.status}.",
    )


def marks_table(grade: Grade) -> Html:
    rows = [
        [element("code", mark.task), f"{number(mark.points)} / {mark.out_of}", mark.status, message(mark)]
        for mark in grade.marks
    ]
    return element(
        "section", element("h2", "Tasks"), table(["Task", "Points", "Status", "What the check says"], rows)
    )


def message(mark: Mark) -> Html | None:
    return element("pre", mark.message) if mark.message else None


def open_section(grade: Grade) -> Html | None:
    if not grade.open_answers:
        return None
    answers = [
        [element("h3", element("code", task)), element("pre", text)]
        for task, text in grade.open_answers.items()
    ]
    return element("section", element("h2", "Open answers"), *answers)


def folded(title: str, texts: Iterable[str]) -> Html | None:
    """Texts that are there for those who unfold them."""
    blocks = [element("pre", text) for text in texts]
    return element("details", element("summary", title), *blocks) if blocks else None
