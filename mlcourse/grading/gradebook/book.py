"""The gradebook: everybody's grades in all lessons, who is missing, late or there twice, and the sums."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import TypeAlias

from mlcourse.course_folder import did_you_mean
from mlcourse.grading.gradebook.class_list import ClassList, Student, clues_of
from mlcourse.grading.gradebook.late import LateRule, end_of_extension
from mlcourse.grading.gradebook.settings import Gradebook, of_lesson
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.records.manifest import Listed
from mlcourse.grading.records.text import printable

UNGRADED = ("unreadable", "missing")
UNKNOWN = ""  # in place of the lesson of a submission that may belong to any
Choices: TypeAlias = Mapping[tuple[str, str], bool]  # names of a submission and a lesson → whether it counts


@dataclass(frozen=True)
class Entry:
    """A submission in the book: its grade, whose it is, and whether it was late."""

    grade: Grade  # without long texts
    listed: Listed
    student: Student
    days_late: int = 0
    due: datetime | None = None
    extension: float = 0  # days
    rule: LateRule = field(default_factory=LateRule)
    others: tuple[str, ...] = ()  # files of the student's other notebooks that may be for the same lesson
    given_way: tuple[str, ...] = ()  # the student's files that could not be read, and that this one replaces
    chosen: str = ""  # which file the instructor has chosen, if there are several; blank until then
    is_finished: bool = True  # False if the run was stopped before it was marked
    dealt_with: bool = False  # whether the instructor needs to do nothing about one that could not be graded
    comment: str = ""  # what a person has written about it, if it could not be graded
    lost: int = 0  # tasks that are missing because a cell failed
    zone: tzinfo | None = None  # in which times are shown; None for this machine's

    @property
    def name(self) -> str:
        return self.listed.name

    @property
    def lesson(self) -> str | None:
        return self.listed.lesson

    @property
    def label(self) -> str:
        return label_of(self.listed, self.student)

    @property
    def is_one_of_several(self) -> bool:
        """Whether the student has handed in other notebooks for the same lesson."""
        return bool(self.others)

    @property
    def is_undecided(self) -> bool:
        """Whether nobody has chosen yet which of several notebooks counts."""
        return bool(self.others) and not self.chosen

    @property
    def is_set_aside(self) -> bool:
        """Whether another notebook has been chosen instead of this one."""
        return bool(self.others) and self.chosen not in ("", self.listed.source)

    @property
    def is_graded(self) -> bool:
        return self.grade.status not in UNGRADED

    @property
    def needs_a_person(self) -> bool:
        """Whether it could not be graded, and nobody has dealt with it."""
        return not self.is_graded and not self.dealt_with and not self.is_set_aside

    @property
    def deduction(self) -> float:
        """The points that lateness costs; 0 while it could not be graded."""
        return (
            self.rule.deduction(self.grade.points, self.grade.out_of, self.days_late) if self.is_graded else 0
        )

    @property
    def points(self) -> float | None:
        """The points after the late rule, or None while the submission could not be graded."""
        return round(self.grade.points - self.deduction, 6) if self.is_graded else None

    @property
    def pending(self) -> int:
        """How many points still have to be given by hand; 0 if it could not be graded or does not count."""
        return 0 if self.is_set_aside else pending_points(self.grade)

    @property
    def counts(self) -> bool:
        """Whether its points count in sums."""
        return self.is_graded and self.is_the_one

    @property
    def is_the_one(self) -> bool:
        """Whether it is the student's notebook for its lesson: the only one, or the one that was chosen."""
        return not self.is_undecided and not self.is_set_aside


def label_of(listed: Listed, student: Student) -> str:
    """Return the student's name, with the number that distinguishes a second notebook."""
    number = listed.student.removeprefix(listed.owner) if listed.student.startswith(listed.owner) else ""
    return student.name + number


@dataclass
class Book:
    """Everybody's grades in all lessons."""

    entries: list[Entry]
    students: list[Student]  # of the class list, and everybody else who handed something in
    listed: frozenset[Student] = frozenset()  # those of the class list; empty if there is none
    gradebook: Gradebook = field(default_factory=Gradebook)
    remarks: list[str] = field(default_factory=list)  # what the instructor has to decide
    titles: Mapping[str, str] = field(default_factory=dict)  # of tasks, by name
    unclear: frozenset[Student] = frozenset()  # in the place of one of the class list, of whom several fit
    extensions: Mapping[Student, Mapping[str, float]] = field(default_factory=dict)  # days by lesson

    def __post_init__(self) -> None:
        self.lessons = sorted({entry.lesson for entry in self.entries if entry.lesson})
        self._cells: dict[tuple[Student, str], list[Entry]] = defaultdict(list)
        for entry in self.entries:
            for lesson in entry.listed.lessons or (UNKNOWN,):
                self._cells[entry.student, lesson].append(entry)

    def cell(self, student: Student, lesson: str) -> list[Entry]:
        """Return what a student has handed in for a lesson."""
        return self._cells.get((student, lesson), [])

    def counting(self, student: Student, lesson: str) -> Entry | None:
        """Return the submission whose points count for a student and a lesson."""
        return next((entry for entry in self.cell(student, lesson) if entry.counts), None)

    def of_lesson(self, lesson: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.lesson == lesson]

    def returned(self, lesson: str | None) -> list[Entry]:
        """Return what goes back with a lesson, unreadable files included; with None, what may be of any lesson."""
        where = (lesson,) if lesson else ()
        return [
            entry
            for entry in self.entries
            if entry.is_finished and (entry.listed.lessons if len(entry.listed.lessons) == 1 else ()) == where
        ]

    def sum(self, student: Student) -> float | None:
        """Return the sum over all lessons; None if nothing counts yet."""
        points = [entry.points for lesson in self.lessons if (entry := self.counting(student, lesson))]
        return round(sum(each for each in points if each is not None), 6) if points else None

    def pending(self, student: Student) -> int:
        """Return how many points of the sum still have to be given by hand."""
        return sum(entry.pending for lesson in self.lessons if (entry := self.counting(student, lesson)))

    def out_of(self, lesson: str) -> int:
        """Return what a lesson is worth."""
        return max((entry.grade.out_of for entry in self.of_lesson(lesson)), default=0)

    def missing(self, lesson: str) -> list[Student]:
        """Return the students who handed in nothing for a lesson."""
        return [student for student in self.students if not self.cell(student, lesson)]

    def late(self, lesson: str) -> list[Entry]:
        return [entry for entry in self.of_lesson(lesson) if entry.days_late]

    def several(self, lesson: str) -> list[tuple[Student, list[Entry]]]:
        """Return the students with several notebooks for a lesson."""
        cells = [(student, self.cell(student, lesson)) for student in self.students]
        return [(student, entries) for student, entries in cells if len(entries) > 1]

    def extended(self, lesson: str) -> list[tuple[Student, datetime]]:
        """Return the students with an extension for a lesson that has a due date, and when it ends."""
        due = self.gradebook.due_date(lesson)
        days = ((student, of_lesson(self.extensions.get(student, {}), lesson)) for student in self.students)
        return [(student, end_of_extension(due, number)) for student, number in days if due and number]

    def unknown_times(self, lesson: str) -> int:
        """Return how many submissions count as in time because nobody knows when they were handed in."""
        if not self.gradebook.due_date(lesson):
            return 0
        return sum(entry.listed.handed_in is None for entry in self.of_lesson(lesson))


# ── Marks and grades ─────────────────────────────────────────────────────────────────────────────────


def is_pending(mark: Mark) -> bool:
    """Whether this mark still has to be given by hand."""
    return mark.status == "by hand" and not mark.entered


def pending_points(grade: Grade) -> int:
    """Return how many points still have to be given by hand; 0 if the submission could not be graded."""
    return 0 if grade.status in UNGRADED else sum(mark.out_of for mark in grade.marks if is_pending(mark))


def tasks_of(grades: Iterable[Grade]) -> dict[str, int]:
    """Return the tasks that appear in any of the grades, in order, and the points each is worth."""
    return {mark.task: mark.out_of for grade in grades for mark in grade.marks}


# ── Whose is it, and is it late? ─────────────────────────────────────────────────────────────────────


def only_choice(counts: Sequence[bool | None]) -> int | None:
    """Return the place of the one that counts; None if there is not exactly one, or one that nobody has seen yet."""
    return counts.index(True) if None not in counts and counts.count(True) == 1 else None


class Bookkeeper:
    """Knows from the list of submissions whose each is and when it was due; grades come later, one by one.

    Parameters
    ----------
    submissions : sequence of Listed
    gradebook : Gradebook
    class_list : ClassList
        Without students, everybody who handed something in is a student.
    titles : mapping of str → str, optional
        The titles of tasks.
    choices : mapping of (str, str) → bool, optional
        Whether a notebook, by the names of the submission and the lesson, counts as one of several. Those that the
        instructor has not seen are left out: they open the question again.

    Attributes
    ----------
    submissions : list of Listed
        Without those that could not be read and give way to a notebook of the same student that could.
    """

    def __init__(
        self,
        submissions: Sequence[Listed],
        gradebook: Gradebook,
        class_list: ClassList,
        titles: Mapping[str, str] | None = None,
        choices: Choices | None = None,
    ):
        self.gradebook, self.class_list, self.titles = gradebook, class_list, titles or {}
        self.choices = choices or {}
        self.remarks: list[str] = []
        self._unclear: set[Student] = set()
        shared = shared_names(submissions)
        self._owners: dict[tuple[str, str], Student] = {}
        for each in submissions:
            if _key(each) not in self._owners:
                self._owners[_key(each)] = self._student(each, shared)
        self.students = list(dict.fromkeys([*class_list.students, *self._owners.values()]))
        self._given_way = self._files_given_way(submissions)
        gone = {each.name for those in self._given_way.values() for each in those}
        self.submissions = [each for each in submissions if each.name not in gone]
        self.several = self._cells_with_several(self.submissions)
        self._others = self._other_files()
        self._chosen = self._chosen_files()
        self._extensions = self._extensions_by_student()

    def student(self, listed: Listed) -> Student:
        """Return whose submission it is."""
        return self._owners[_key(listed)]

    def entry(self, listed: Listed, grade: Grade) -> Entry:
        """Return the book's entry for a submission and its grade."""
        student, due = self.student(listed), self.gradebook.due_date(listed.lesson)
        extension = of_lesson(self._extensions.get(student, {}), listed.lesson) or 0
        late = self.gradebook.late.days_late(listed.handed_in, due, extension)
        others, chosen = self._others.get(listed.name, ()), self._chosen.get(listed.name, "")
        given_way = tuple(each.source for each in self._given_way.get((student, listed.lesson), ()))
        entry = Entry(
            grade, listed, student, late, due, extension, self.gradebook.late, others, given_way, chosen
        )
        return replace(entry, zone=self.gradebook.zone)

    def book(self, entries: Iterable[Entry]) -> Book:
        """Return the book, in which what could not be graded comes first."""
        ordered = sorted(
            entries, key=lambda entry: (entry.is_graded, entry.label.casefold(), entry.listed.source)
        )
        students = sorted(self.students, key=lambda student: student.name.casefold())
        remarks = [*self._undecided_remarks(), *self.remarks]
        listed = frozenset(self.class_list.students)
        unclear = frozenset(self._unclear)
        return Book(
            ordered, students, listed, self.gradebook, remarks, self.titles, unclear, self._extensions
        )

    def _student(self, submission: Listed, shared: set[str]) -> Student:
        """Find the student on the class list; one who is not on it becomes a student too, and is remarked on."""
        found = self.class_list.find(submission.owner, submission.source)
        if len(found) == 1:
            return found[0]
        if self.class_list.students:
            self.remarks.append(remark_on(submission, found))
        if found:
            self._unclear.add(Student(submission.owner))
            return Student(submission.owner)
        clues = clues_of(submission.owner, submission.source)
        if clues.name in ("", clues.word) or clues.name in shared:
            return Student(submission.owner)
        return Student(clues.name, id=clues.word)

    def _files_given_way(
        self, submissions: Iterable[Listed]
    ) -> dict[tuple[Student, str | None], list[Listed]]:
        """Return what could not be read and has been replaced by a notebook for each lesson that it may be of."""
        readable = {(self.student(each), each.lesson) for each in submissions if each.is_readable}
        found: dict[tuple[Student, str | None], list[Listed]] = defaultdict(list)
        for each in submissions:
            cells = [(self.student(each), lesson) for lesson in each.lessons]
            if not each.is_readable and cells and readable.issuperset(cells):
                for cell in cells:
                    found[cell].append(each)
        return found

    def _cells_with_several(self, submissions: Iterable[Listed]) -> dict[tuple[Student, str], list[Listed]]:
        """Return the student's files for a lesson, or for an unknown one, where there are several."""
        cells: dict[tuple[Student, str], list[Listed]] = defaultdict(list)
        for each in submissions:
            for lesson in each.lessons or (UNKNOWN,):
                cells[self._owners[_key(each)], lesson].append(each)
        return {cell: those for cell, those in cells.items() if len(those) > 1}

    def _other_files(self) -> dict[str, tuple[str, ...]]:
        """Return the student's other files for the same lesson, by a submission's name."""
        others: dict[str, dict[str, str]] = defaultdict(dict)  # files by name, each once
        for those in self.several.values():
            for one in those:
                others[one.name] |= {each.name: each.source for each in those if each is not one}
        return {name: tuple(sources.values()) for name, sources in others.items()}

    def _chosen_files(self) -> dict[str, str]:
        """Return the file that was chosen instead of a submission, or this one, by the submission's name."""
        found: dict[str, list[str]] = defaultdict(list)
        lessons: dict[str, int] = {}
        for (_, lesson), those in self.several.items():
            chosen = self.chosen_of(lesson, those)
            for each in those:
                lessons[each.name] = len(each.lessons)
                found[each.name] += [chosen.source] if chosen else []
        # One whose lesson is unknown stays in question until every lesson that it may be of is decided.
        return {name: files[0] for name, files in found.items() if files and len(files) == lessons[name]}

    def chosen_of(self, lesson: str, those: Sequence[Listed]) -> Listed | None:
        """Return the notebook that was chosen among several; None while it is open which one counts."""
        place = only_choice([self.choices.get((each.name, lesson)) for each in those])
        return None if place is None else those[place]

    def _undecided_remarks(self) -> Iterator[str]:
        """Yield a sentence about each student with several notebooks for a lesson, until one of them is chosen."""
        files: dict[Student, dict[str, str]] = defaultdict(dict)
        for (student, lesson), those in self.several.items():
            if not self.chosen_of(lesson, those):
                files[student] |= {each.name: printable(each.source) for each in those}
        for student, sources in sorted(files.items(), key=lambda each: each[0].name.casefold()):
            yield (
                f"{printable(student.name)} handed in {', '.join(sources.values())}: which one counts? The sums and"
                " the tables to upload omit them. Choose one at the desk (`mark`), under “Several notebooks for one"
                " lesson”."
            )

    def _extensions_by_student(self) -> dict[Student, Mapping[str, float]]:
        """Return the extensions, and remark on each that belongs to nobody or to several."""
        everybody = ClassList(self.students)
        names = dict.fromkeys(
            name for each in self.students for name in (each.name, each.email, each.login) if name
        )
        extensions: dict[Student, Mapping[str, float]] = {}
        for word, lessons in self.gradebook.extensions.items():
            found = everybody.find(word)
            if len(found) == 1:
                extensions[found[0]] = {**extensions.get(found[0], {}), **lessons}
            else:
                what = "several students fit." if found else "there is no such student."
                near = "" if found else did_you_mean(word, names)
                remark = f"The extension for {printable(word)} counts for nobody: {what} {printable(near)}"
                self.remarks.append(remark.strip())
        return extensions


def _key(submission: Listed) -> tuple[str, str]:
    """Return what a student is found by: the owner, and the part of the path in which a platform names the owner."""
    return submission.owner, submission.source.partition("/")[0]


def shared_names(submissions: Iterable[Listed]) -> set[str]:
    """Return the names that several students have, as the numbers after them show.

    Moodle's numbers differ between assignments: the same name with different numbers is one student, unless both
    numbers appear in the same lesson.
    """
    owners: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for each in submissions:
        owners[clues_of(each.owner, each.source).name, each.lesson].add(each.owner)
    return {name for (name, _), those in owners.items() if len(those) > 1}


def remark_on(submission: Listed, candidates: Sequence[Student]) -> str:
    """Say why a submission belongs to nobody on the class list."""
    who = printable(submission.owner)
    if not candidates:
        return f"{who} is not on the class list."
    names = (f"{each.name} ({each.id})" if each.id else each.name for each in candidates[:5])
    return (
        f"{who} may be {printable(' or '.join(names), 500)}: write {who} into a column `folder` of the class list,"
        " in the row of the one it is."
    )
