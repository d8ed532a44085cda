"""Pages: one for the instructor, and one for every student, to keep or to hand out."""

from collections import Counter
from collections.abc import Iterable
from statistics import median

from mlcourse.grading.charts import STATUSES, histogram, share_bar
from mlcourse.grading.exports import NOTHING, UNREAD, earned, points_of, student_path, tasks_of, waiting
from mlcourse.grading.markup import Html, element, page, spoken, table
from mlcourse.grading.outgoing import number
from mlcourse.grading.records import Grade, Mark

SHOWN_MISTAKES = 20
NOT_ISOLATED = "not isolated"


# ── For the instructor ───────────────────────────────────────────────────────────────────────────────


def index_page(grades: list[Grade], changes: Iterable[str] = (), remarks: Iterable[str] = ()) -> Html:
    """What needs a person first, then lesson by lesson how it went: points, tasks, mistakes, everyone."""
    lessons = {grade.lesson: [other for other in grades if other.lesson == grade.lesson] for grade in grades}
    sections = [lesson_section(lesson, lessons[lesson]) for lesson in sorted(lessons, key=str) if lesson]
    parts = (stamp(grades), overview(grades), needs_a_person(grades))
    lists = (listed("For you to decide", remarks), listed("Changed since the last run", changes))
    return page("Grades", *parts, *lists, *sections)


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
            spoken(
                "These have no points, in no table. Look at the file as text, or ask the student for it again; then"
                " `grade` with `--resume` reads it."
            ),
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


def listed(heading: str, lines: Iterable[str]) -> Html | None:
    """A section with a line for each sentence; none when there are none."""
    items = [element("li", spoken(line)) for line in lines]
    return element("section", element("h2", heading), element("ul", *items)) if items else None


def points_section(grades: list[Grade]) -> Html | None:
    points = [of_one for grade in grades if (of_one := points_of(grade)) is not None]
    if not points:
        return None
    out_of = max(grade.out_of for grade in grades)
    lowest, middle, highest = map(number, (min(points), median(points), max(points)))
    told = f"Median {middle} of {out_of} points; lowest {lowest}, highest {highest}."
    most = max(map(waiting, grades))
    open_ = f" Up to {number(most)} of them wait for a person, and count as none so far." if most else ""
    chart = element("div", histogram(points, out_of), class_="scroll")
    return element("section", element("h3", "Points"), element("p", told, open_), chart)


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
        [count, element("code", task), name, spoken(told)]
        for task, name, count, told in mistakes[:SHOWN_MISTAKES]
    ]
    heading = element("h3", "What to teach again: recognised mistakes, the most common first")
    return element("section", heading, table(["Made by", "Task", "Mistake", "What was said"], rows))


def everyone(grades: list[Grade]) -> Html:
    tasks = tasks_of(grades)
    by_hand = ["By hand"] if any(waiting(grade) for grade in grades) else []
    rows = [_student_row(grade, tasks, by_hand) for grade in grades]
    head = ["Student", "Status", "Points", *by_hand, *(element("code", task) for task in tasks)]
    return element("section", element("h3", "Everyone"), table(head, rows, class_="everyone"), class_="wide")


def _student_row(grade: Grade, tasks, by_hand) -> list:
    marks = {mark.task: mark for mark in grade.marks}
    cells = [points_word(marks[task]) if task in marks else "" for task in tasks]
    return [link(grade), grade.status, points_of(grade), *([waiting(grade) or ""] if by_hand else []), *cells]


def points_word(mark: Mark):
    """The points of a task, or why there are none."""
    return mark.points if mark.points or mark.status in ("right", "wrong") else mark.status


def link(grade: Grade) -> Html:
    return element("a", grade.student or "(no name)", href=student_path(grade))


# ── For a student ────────────────────────────────────────────────────────────────────────────────────


def student_page(grade: Grade, code: Iterable[tuple[int, str]] = ()) -> Html:
    """Every mark with its message, the open answers, what was run, and the end of what it printed.

    `code` has the cells that were run, each with its number.
    """
    run = [
        [element("p", f"Cell {number_}", class_="quiet"), element("pre", source)] for number_, source in code
    ]
    return page(
        f"{grade.student} · {grade.lesson or 'lesson unknown'}",
        stamp([grade]),
        standing(grade),
        element("ul", *(element("li", note) for note in grade.notes)) if grade.notes else None,
        marks_table(grade) if grade.marks else None,
        open_section(grade),
        folded("What was run (all cells are counted, text too; pictures are not kept)", run),
        folded("The end of what it printed", [element("pre", grade.output)] if grade.output else []),
    )


def standing(grade: Grade) -> Html:
    of_all, open_ = points_of(grade), waiting(grade)
    told = "No points yet" if of_all is None else f"{number(of_all)} of {grade.out_of - open_} points"
    hand = f"; {number(open_)} more wait for a person" if open_ else ""
    return element(
        "p",
        element("strong", told),
        f"{hand}. File: ",
        element("code", grade.source),
        f". Status: {grade.status}.",
    )


def marks_table(grade: Grade) -> Html:
    """Two rows for each task: the points, and below them what the check says."""
    rows = [
        row
        for mark in grade.marks
        for row in (
            [element("code", mark.task), f"{earned(mark)} / {mark.out_of}", mark.status],
            [message(mark)],
        )
        if row != [None]
    ]
    return element(
        "section",
        element("h2", "Tasks"),
        table(["Task", "Points", "Status"], rows, class_="marks"),
    )


def message(mark: Mark) -> Html | None:
    return element("pre", spoken(mark.message)) if mark.message else None


def open_section(grade: Grade) -> Html | None:
    if not grade.open_answers:
        return None
    answers = [
        [element("h3", element("code", task)), element("pre", text.strip() or NOTHING)]
        for task, text in grade.open_answers.items()
    ]
    return element("section", element("h2", "Open answers"), *answers)


def folded(title: str, parts: list) -> Html | None:
    """What is there for those who unfold it."""
    return element("details", element("summary", title), *parts) if parts else None
