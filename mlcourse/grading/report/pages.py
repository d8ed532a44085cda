"""The pages: one for the instructor with all lessons, one for each lesson, and one for each submission.

Here the numbers and names are put together; the templates in templates/ say how they look.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import mean, median
from typing import NamedTuple

from mlcourse.grading.gradebook.book import Book, Entry, tasks_of
from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.gradebook.late import days, end_of_extension
from mlcourse.grading.records.grade import Grade
from mlcourse.grading.records.text import format_points, printable
from mlcourse.grading.report.charts import STATUSES, Bin, Part, histogram, shares
from mlcourse.grading.report.markup import render
from mlcourse.grading.report.paths import lesson_path, student_path
from mlcourse.grading.report.words import (
    SUBMISSION_WORDS,
    among_several,
    earned,
    help_first,
    mark_words,
    points_or_words,
    status_words,
    ungraded_reason,
    which_counts,
)

SHOWN_MISTAKES = 20
SHOWN_SLOW, SLOW = 5, 5.0  # notebooks, seconds
NOT_ISOLATED = "not isolated"
USES = "What answers use"
NOTHING = "–"  # in the place of points where nothing was handed in


class Link(NamedTuple):
    """A name that leads to a submission's page."""

    label: str
    path: str


class Points(NamedTuple):
    """A cell of the table with all lessons."""

    text: float | str | None
    path: str = ""
    note: str = ""


class Row(NamedTuple):
    """A student in the table with all lessons."""

    name: str
    search: str  # further words by which the row is found
    group: str
    sum: Points
    cells: list[Points]
    is_: str  # what the filter looks for: "late", "missing" …


class SubmissionRow(NamedTuple):
    """A submission in the table of its lesson."""

    label: str
    path: str
    search: str
    group: str
    points: float | None
    status: str
    pending: int
    cells: list[float | str]
    is_: str


class Mistake(NamedTuple):
    """A recognised mistake, and who made it."""

    task: str
    name: str
    message: str
    entries: list[Link]


class Use(NamedTuple):
    """What answers to a task use, and whose answers."""

    lesson: str
    task: str
    sentence: str
    entries: list[Link]


@dataclass
class TaskView:
    """How a task went."""

    name: str
    out_of: int
    counts: Counter[str]

    @property
    def shares(self) -> list[Part]:
        return shares(self.counts)


def link(entry: Entry) -> Link:
    return Link(entry.label or "(no name)", student_path(entry.name))


def is_isolated(grades: Iterable[Grade]) -> bool:
    """Whether no untrusted code ran without a sandbox; otherwise these marks may be forged."""
    return all(grade.isolation != NOT_ISOLATED for grade in grades)


# ── All lessons ──────────────────────────────────────────────────────────────────────────────────────


# Lists of sentences on the index, in their order: id and heading.
NOTICES = {
    "remarks": "For you to decide",
    "requests": "Requests to look at a mark again",
    "changes": "Changed since the last run",
}


def index_page(book: Book, changes: Iterable[str] = (), requests: Iterable[str] = ()) -> str:
    """Make the index: what needs the instructor, and everybody's points; of a single lesson, everything else too."""
    several = len(book.lessons) > 1
    parts: dict[str, object] = {
        "title": "Gradebook" if several else "Grades",
        "isolated": is_isolated(entry.grade for entry in book.entries),
        "overview": overview(book),
        "ungraded": ungraded_rows(book.entries),
        "remarks": [*pending_remarks(book.entries), *book.remarks, *lost_remarks(book.entries)],
        "requests": list(requests),
        "changes": list(changes),
        "headings": NOTICES,
        "titles": book.titles,
        "uses": uses_in(book.entries) if several else [],
        "book": book_view(book) if several else None,
        "lesson": LessonView(book, book.lessons[0]) if len(book.lessons) == 1 else None,
    }
    return render("index.html", scripted=True, contents=contents_of(parts), **parts)


def contents_of(parts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the sections of an index with several lessons: id and heading."""
    book = parts["book"]
    sections: list[tuple[object, str, str]] = [
        (parts["ungraded"], "ungraded", "Could not be graded"),
        *((parts[id_], id_, heading) for id_, heading in NOTICES.items()),
        (True, "everyone", "Everyone"),
        (isinstance(book, BookView) and book.by_group, "groups", "Groups"),
        (True, "lessons", "Lessons"),
        (parts["uses"], "uses", USES),
    ]
    return [(id_, heading) for there, id_, heading in sections if there]


def overview(book: Book) -> str:
    """Say in a sentence how many submissions there are, and what has become of them."""
    counts = Counter(entry.grade.status for entry in book.entries)
    statuses = ", ".join(f"{count} {SUBMISSION_WORDS[status]}" for status, count in counts.most_common())
    kinds = sorted({entry.grade.isolation for entry in book.entries if entry.grade.isolation})
    isolation = f" Isolation: {', '.join(kinds)}." if kinds else ""
    what = [
        f"{len(book.students) - len(book.unclear)} students",
        f"{len(book.entries)} submissions: {statuses}",
    ]
    return ", ".join(what[book.listed == frozenset() and len(book.lessons) < 2 :]) + "." + isolation


class Ungraded(NamedTuple):
    """A submission that could not be graded."""

    link: Link
    source: str
    why: str
    dealt_with: bool


def ungraded_rows(entries: Iterable[Entry]) -> list[Ungraded]:
    """List what could not be graded: the instructor has to deal with it first."""
    return [
        Ungraded(link(entry), entry.listed.source, ungraded_reason(entry.grade), not entry.needs_a_person)
        for entry in entries
        if not entry.is_graded
    ]


class LessonRow(NamedTuple):
    """A lesson in the list of lessons."""

    name: str
    path: str
    out_of: int
    median: float | None
    due: str
    handed_in: int
    missing: int
    late: int
    several: int
    pending: int


class GroupRow(NamedTuple):
    """The points of a group of the class list."""

    group: str
    number: int  # how many have points
    mean: float | None
    median: float | None


class BookView(NamedTuple):
    """The tables with all lessons."""

    lessons: list[LessonRow]
    rows: list[Row]
    groups: list[str]
    by_group: list[GroupRow]
    choices: list[tuple[str, str]]
    out_of: int


def book_view(book: Book) -> BookView:
    rows = [student_row(book, student) for student in book.students]
    lessons = [lesson_row(book, lesson) for lesson in book.lessons]
    groups, out_of = groups_of(book), sum(row.out_of for row in lessons)
    by_group = group_rows(groups, ((student.group, book.sum(student)) for student in book.students))
    return BookView(lessons, rows, groups, by_group, choices_in(rows), out_of)


def lesson_row(book: Book, lesson: str) -> LessonRow:
    entries = book.of_lesson(lesson)
    points = [entry.points for entry in entries if entry.points is not None and not entry.is_set_aside]
    return LessonRow(
        lesson,
        lesson_path(lesson),
        book.out_of(lesson),
        median(points) if points else None,
        moment(book.gradebook.due_date(lesson)),
        len(entries),
        len(book.missing(lesson)),
        len(book.late(lesson)),
        len(book.several(lesson)),
        sum(entry.pending > 0 for entry in entries),
    )


def student_row(book: Book, student: Student) -> Row:
    cells = [points_cell(book.cell(student, lesson)) for lesson in book.lessons]
    entries = [entry for lesson in book.lessons for entry in book.cell(student, lesson)]
    about = [word for entry in entries for word in words_about(entry)]
    if any(cell.text == NOTHING for cell in cells):
        about.append("nothing")
    if book.listed and student not in book.listed:
        about.append("unlisted")
    return Row(
        student.name,
        search_words(student),
        student.group,
        Points(book.sum(student), note=pending_words(book.pending(student))),
        cells,
        " ".join(dict.fromkeys(about)),
    )


def points_cell(entries: Sequence[Entry]) -> Points:
    """Return what stands in the table for a student and a lesson."""
    if not entries:
        return Points(NOTHING)
    chosen = [entry for entry in entries if entry.is_the_one]
    if len(chosen) != 1:
        return Points(f"{len(entries)} notebooks", student_path(entries[0].name))
    (entry,) = chosen
    text = status_words(entry.grade) if entry.points is None else entry.points
    notes = [pending_words(entry.pending), "late" if entry.days_late else ""]
    return Points(text, student_path(entry.name), ", ".join(filter(None, notes)))


def pending_words(pending: int) -> str:
    """Say how many points still have to be given by hand; blank if there are none."""
    return f"+ {pending} pending" if pending else ""


def search_words(student: Student) -> str:
    return " ".join(filter(None, (student.id, student.email, student.login)))


# What the filters of a table look for, in the order of its menu.
CHOICES = {
    "ungraded": "could not be graded",
    "pending": "still to mark by hand",
    "nothing": "nothing handed in",
    "late": "late",
    "several": "several notebooks, none chosen",
    "lost": "a cell failed and cost tasks",
    "unlisted": "not on the class list",
}


def words_about(entry: Entry) -> Iterator[str]:
    """Yield the filters that a submission fits."""
    if entry.needs_a_person:
        yield "ungraded"
    if entry.pending:
        yield "pending"
    if entry.days_late:
        yield "late"
    if entry.is_undecided:
        yield "several"
    if entry.lost:
        yield "lost"


def choices_in(rows: Iterable[Row | SubmissionRow]) -> list[tuple[str, str]]:
    """Return the filters that at least one row fits."""
    found = {word for row in rows for word in row.is_.split()}
    return [(word, words) for word, words in CHOICES.items() if word in found]


def groups_of(book: Book) -> list[str]:
    return sorted({student.group for student in book.students if student.group})


def group_rows(groups: Sequence[str], earned: Iterable[tuple[str, float | None]]) -> list[GroupRow]:
    """Compare the groups, given the group and the points of everybody; nothing if nobody has a group."""
    points: dict[str, list[float]] = {group: [] for group in groups}
    for group, each in earned:
        if each is not None:
            points.setdefault(group, []).append(each)
    rows = [
        GroupRow(group, len(own), round(mean(own), 2) if own else None, median(own) if own else None)
        for group, own in points.items()
    ]
    return rows if groups else []


# ── One lesson ───────────────────────────────────────────────────────────────────────────────────────


def lesson_page(book: Book, lesson: str) -> str:
    """Make the page of a lesson."""
    return render(
        "lesson_page.html", scripted=True, title=f"Lesson {lesson}", lesson=LessonView(book, lesson)
    )


class LessonView:
    """What the page of a lesson shows.

    Parameters
    ----------
    book : Book
    lesson : str
    """

    def __init__(self, book: Book, lesson: str):
        self.name, self.titles = lesson, book.titles
        # One whose lesson is unknown may belong to this one, and does if there is no other.
        only = book.lessons == [lesson]
        self.entries = [entry for entry in book.entries if only or lesson in entry.listed.lessons]
        of_lesson = book.of_lesson(lesson)
        counts = task_counts(of_lesson)
        self.tasks = {
            task: TaskView(task, out_of, counts[task])
            for task, out_of in tasks_of(entry.grade for entry in of_lesson).items()
        }
        self.statuses = [
            status for status in STATUSES if any(task.counts[status] for task in self.tasks.values())
        ]
        self.rule = rule_in_words(book, lesson)
        self.groups = groups_of(book)
        earned = ((entry.student.group, entry.points) for entry in of_lesson)
        self.by_group = group_rows(self.groups, earned)
        self.any_pending = any(entry.pending for entry in self.entries)
        self.rows = [self._row(entry) for entry in self.entries]
        self.choices = choices_in(self.rows)
        self.ungraded = ungraded_rows(self.entries)
        self.statistics, self.bins = statistics(of_lesson, book.out_of(lesson))
        self.mistakes = common_mistakes(of_lesson)[:SHOWN_MISTAKES]
        self.missing = [student.name for student in book.missing(lesson)]
        self.late = [
            Link(f"{each.label} ({days(each.days_late)})", link(each).path) for each in book.late(lesson)
        ]
        self.several = [
            *(several_words(student, entries) for student, entries in book.several(lesson)),
            *(f"{each.label} (another file could not be read)" for each in of_lesson if each.given_way),
        ]
        self.lost = [
            Link(f"{each.label} ({tasks_in_words(each.lost)})", link(each).path)
            for each in of_lesson
            if each.lost
        ]
        self.extended = [f"{student.name} until {moment(end)}" for student, end in book.extended(lesson)]
        self.unknown_times = book.unknown_times(lesson)
        self.uses = uses_in(of_lesson)
        slow = sorted(of_lesson, key=lambda entry: -entry.grade.seconds)[:SHOWN_SLOW]
        self.slowest = [
            (link(each), round(each.grade.seconds)) for each in slow if each.grade.seconds >= SLOW
        ]

    def _row(self, entry: Entry) -> SubmissionRow:
        marks = {mark.task: mark for mark in entry.grade.marks}
        return SubmissionRow(
            *link(entry),
            search_words(entry.student),
            entry.student.group,
            entry.points,
            status_and_time(entry),
            entry.pending,
            [points_or_words(marks[task]) if task in marks else "" for task in self.tasks],
            " ".join(words_about(entry)),
        )

    @property
    def contents(self) -> list[tuple[str, str]]:
        """The sections that there are: id and heading."""
        lists = (self.missing, self.late, self.extended, self.several, self.lost, self.unknown_times)
        sections: list[tuple[object, str, str]] = [
            (self.ungraded, "ungraded", "Could not be graded"),
            (True, "everyone", "Everyone"),
            (any(lists), "attention", "Missing, late, several or failed"),
            (self.bins, "distribution", "Points"),
            (self.by_group, "groups", "Groups"),
            (self.tasks, "tasks", "Tasks"),
            (self.mistakes, "mistakes", "What to teach again"),
            (self.uses, "uses", USES),
            (self.slowest, "slowest", "Slowest notebooks"),
        ]
        return [(id_, heading) for there, id_, heading in sections if there]


def status_and_time(entry: Entry) -> str:
    late = f", {days(entry.days_late)} late" if entry.days_late else ""
    return ", ".join(filter(None, [status_words(entry.grade) + late, among_several(entry)]))


def tasks_in_words(number: int) -> str:
    return f"{number} task{'' if number == 1 else 's'}"


def pending_remarks(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a sentence about the open answers that are not marked yet, if there are any."""
    if number := sum(entry.pending > 0 for entry in entries):
        what = "1 notebook has" if number == 1 else f"{number} notebooks have"
        yield f"{what} open answers that are not marked yet. Mark them at the desk (`mark`)."


def lost_remarks(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a sentence about each notebook in which failed cells cost several tasks: a fix may be due."""
    for entry in entries:
        if entry.lost > 1:
            who = f"{printable(entry.label)} ({printable(entry.listed.source)})"
            yield f"{who}: a cell failed and cost {tasks_in_words(entry.lost)}. The student's page names it."


def several_words(student: Student, entries: Sequence[Entry]) -> str:
    """Say how many notebooks a student has for a lesson, and whether one was chosen."""
    decided = not any(entry.is_undecided for entry in entries)
    return f"{student.name} ({len(entries)}, {'one chosen' if decided else 'none chosen yet'})"


def rule_in_words(book: Book, lesson: str) -> list[str]:
    """State when a lesson is due and what lateness costs; nothing if it has no due date."""
    due = book.gradebook.due_date(lesson)
    return [f"Due {moment(due)}.", *book.gradebook.late.sentences()] if due else []


def moment(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M (UTC%z)}" if time else ""


def moment_of(seconds: float, zone: tzinfo | None) -> str:
    """Return a time, in seconds since 1970, in a zone; without one, in this machine's."""
    return moment(datetime.fromtimestamp(seconds, UTC).astimezone(zone))


def statistics(entries: Iterable[Entry], out_of: int) -> tuple[str, list[Bin]]:
    """Describe the points of a lesson in words and as a histogram; both are empty if nobody has points."""
    entries = [entry for entry in entries if not entry.is_set_aside]
    points = [entry.points for entry in entries if entry.points is not None]
    if not points:
        return "", []
    lowest, middle, highest = map(format_points, (min(points), median(points), max(points)))
    most = max(entry.pending for entry in entries)
    pending = (
        f" Up to {format_points(most)} of them are still to be given by hand, and count as 0 until then."
        if most
        else ""
    )
    words = f"Median {middle} of {out_of} points; lowest {lowest}, highest {highest}.{pending}"
    return words, histogram(points, out_of)


def task_counts(entries: Iterable[Entry]) -> dict[str, Counter[str]]:
    """Count how each task went."""
    counts: dict[str, Counter[str]] = {}
    for mark in (mark for entry in entries for mark in entry.grade.marks):
        counts.setdefault(mark.task, Counter())[mark_words(mark)] += 1
    return counts


def common_mistakes(entries: Iterable[Entry]) -> list[Mistake]:
    """List the recognised mistakes, most common first."""
    made: dict[tuple[str, str], list[Link]] = defaultdict(list)
    messages: dict[tuple[str, str], str] = {}
    for entry in entries:
        for mark in entry.grade.marks:
            if mark.mistake and mark.status == "wrong":
                made[mark.task, mark.mistake].append(link(entry))
                messages[mark.task, mark.mistake] = mark.advice
    ranked = sorted(made.items(), key=lambda item: -len(item[1]))
    return [Mistake(*key, messages[key], links) for key, links in ranked]


def uses_in(entries: Iterable[Entry]) -> list[Use]:
    """List what answers use, in the order of lessons and tasks, and what most of them use first."""
    found: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
    places: dict[tuple[str, str], int] = {}
    for entry in entries:
        for place, mark in enumerate(entry.grade.marks):
            places.setdefault((entry.lesson or "", mark.task), place)
            for sentence in mark.uses:
                found[entry.lesson or "", mark.task, sentence].append(link(entry))
    uses = [Use(*key, links) for key, links in found.items()]
    return sorted(uses, key=lambda use: (use.lesson, places[use.lesson, use.task], -len(use.entries)))


# ── One submission ───────────────────────────────────────────────────────────────────────────────────


def student_page(
    entry: Entry, grade: Grade, titles: Mapping[str, str], cells: Iterable[tuple[int, str]] = ()
) -> str:
    """Make a student's page: every mark with its message, the open answers, figures, the code, and its output.

    Parameters
    ----------
    entry : Entry
        Its place in the book.
    grade : Grade
        With its long texts, which the book does without.
    titles : mapping of str → str
        The titles of tasks.
    cells : iterable of (int, str)
        The cells that were run: number and source.
    """
    cells = list(cells)
    ran = entry.is_graded or bool(grade.marks)  # not if there was something wrong with the notebook
    return render(
        "student.html",
        title=f"{entry.label or '(no name)'} · {' or '.join(entry.listed.lessons) or 'lesson unknown'}",
        isolated=is_isolated([grade]),
        entry=entry,
        grade=grade,
        titles=titles,
        why="" if entry.is_graded else ungraded_reason(grade),
        status=status_words(grade),
        facts=[*facts_about_others(entry), *facts_about_time(entry)],
        cells=cells if ran else [],
        is_notebook=bool(cells),
        has_all=entry.points == grade.out_of > 0 and not entry.is_set_aside,
        earned=earned,
        words=mark_words,
        help_first=help_first,
    )


def facts_about_others(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield what a student with several notebooks for the same lesson has to know."""
    if words := which_counts(entry):
        yield "Several files", words


def facts_about_time(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield when it was due and handed in, how late that is, and what it costs.

    Without a due date, times matter only if it could not be graded: the student has to know which file this is.
    """
    handed_in = entry.listed.handed_in
    if not entry.due:
        if handed_in is not None and not entry.is_graded:
            yield "Handed in", moment_of(handed_in, entry.zone)
        return
    yield "Due", moment(entry.due)
    if entry.extension:
        yield "Extension", f"until {moment(end_of_extension(entry.due, entry.extension))}"
    if handed_in is None:
        yield "Handed in", "The time is unknown, so it counts as in time."
        return
    yield "Handed in", moment(datetime.fromtimestamp(handed_in, entry.due.tzinfo or UTC))
    if entry.days_late:
        cost = f"; {format_points(entry.deduction)} points are deducted" if entry.deduction else ""
        yield "Late", f"{days(entry.days_late)}{cost}"
        if rule := " ".join(entry.rule.sentences()):
            yield "Rule", rule
