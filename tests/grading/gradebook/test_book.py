"""The book: sums, who is missing, late or there twice, and whose each submission is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.gradebook.late import Cost, LateRule
from mlcourse.grading.gradebook.settings import Gradebook
from mlcourse.grading.records.grade import Grade, Mark
from tests.helpers.grades import book_of, good_grade, unreadable

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULE = Gradebook(late=LateRule(cost_per_day=Cost(1)), due={"04_em": DUE})
CLASS = [Student("Ada", "1"), Student("Bob", "2")]


def grade(student: str, lesson: str = "04_em", points: float = 4, source: str = "") -> Grade:
    marks = [Mark("e_step" if lesson == "04_em" else "assign", points, 4, "right")]
    return Grade(student, lesson, source or f"{student}/{lesson}.ipynb", "ok", marks)


def test_sums_are_over_all_lessons_after_the_late_rule() -> None:
    book = book_of(
        grade("1"),
        grade("1", "01_kmeans", 3),
        grade("2", "01_kmeans", 2),
        gradebook=RULE,
        students=CLASS,
        handed_in=DUE.timestamp() + 90_000,
    )
    ada, bob = book.students
    assert (book.sum(ada), book.sum(bob)) == (4 - 2 + 3, 2)
    assert [entry.deduction for entry in book.of_lesson("04_em")] == [2]
    assert [entry.deduction for entry in book.of_lesson("01_kmeans")] == [0, 0]  # it has no due date
    assert book.missing("04_em") == [bob]
    assert [entry.student for entry in book.late("04_em")] == [ada]


def test_points_given_by_hand_are_reduced_once_with_all_others() -> None:
    marked = good_grade()
    marked.marks[1] = Mark("why", 3, 3, "by hand", entered=True)
    (entry,) = book_of(marked, gradebook=RULE, handed_in=DUE.timestamp() + 1).entries
    assert (entry.grade.points, entry.deduction, entry.points) == (7, 1, 6)


def test_an_unknown_time_is_in_time_and_counted() -> None:
    book = book_of(grade("1"), grade("2"), gradebook=RULE)
    assert not book.late("04_em")
    assert book.unknown_times("04_em") == 2
    assert book_of(grade("1")).unknown_times("04_em") == 0


@pytest.mark.parametrize("word", ["1", "Ada"])
def test_an_extension_is_for_one_student(word: str) -> None:
    gradebook = replace(RULE, extensions={word: {"04": 2}})
    book = book_of(
        grade("1"), grade("2"), gradebook=gradebook, students=CLASS, handed_in=DUE.timestamp() + 3600
    )
    assert {entry.student.name: entry.days_late for entry in book.entries} == {"Ada": 0, "Bob": 1}


@pytest.mark.parametrize(
    ("word", "advice"),
    [("Xyz", ""), ("Dana Lev", " Did you mean Dana Levi?"), ("dana@", " Did you mean dana@b.org?")],
)
def test_an_extension_for_nobody_is_remarked_on(word: str, advice: str) -> None:
    gradebook = replace(RULE, extensions={word: {"04": 2}})
    students = [Student("Dana Levi", email="dana@b.org"), Student("Bob")]
    (remark,) = book_of(grade("Bob"), gradebook=gradebook, students=students).remarks
    assert remark == f"The extension for {word} counts for nobody: there is no such student.{advice}"


def test_several_notebooks_count_in_no_sum() -> None:
    first, second = grade("1"), grade("Ada", source="other.ipynb")
    book = book_of(first, second, grade("1", "01_kmeans", 3), students=CLASS)
    ada, bob = book.students
    assert book.sum(ada) == 3
    assert book.sum(bob) is None
    assert [(student, len(entries)) for student, entries in book.several("04_em")] == [(ada, 2)]
    assert "Ada handed in" in book.remarks[0]
    assert {entry.listed.source: entry.others for entry in book.of_lesson("04_em")} == {
        first.source: ("other.ipynb",),
        "other.ipynb": (first.source,),
    }


def test_one_that_cannot_be_read_is_not_missing() -> None:
    book = book_of(unreadable("1"), grade("2"), students=CLASS)
    assert book.missing("04_em") == []
    assert [entry.points for entry in book.entries] == [None, 4]


def test_strangers_are_listed_and_belong_to_nobody() -> None:
    book = book_of(grade("1"), grade("eve"), students=[*CLASS, Student("Eve Adams"), Student("Adams, Eve")])
    assert book.remarks == ["eve is not on the class list."]
    book = book_of(grade("Eve Adams"), students=[Student("Eve Adams", "1"), Student("Adams, Eve", "2")])
    assert book.remarks == [
        "Eve Adams may be Eve Adams (1) or Adams, Eve (2): write Eve Adams into a column `folder` of the"
        " class list, in the row of the one it is."
    ]
    assert len(book.missing("04_em")) == 2
    assert len(book.students) - len(book.unclear) == 2  # nobody is there twice


def test_moodles_numbers_connect_nothing() -> None:
    def from_moodle(name: str, number: int, lesson: str) -> Grade:
        return grade(f"{name}_{number}", lesson, source=f"{name}_{number}_assignsubmission_file/x.ipynb")

    book = book_of(from_moodle("Ada", 1, "04_em"), from_moodle("Ada", 2, "01_kmeans"))
    assert [student.name for student in book.students] == ["Ada"]
    twins = [
        from_moodle("Ada", 1, "04_em"),
        from_moodle("Ada", 2, "04_em"),
        from_moodle("Ada", 3, "01_kmeans"),
    ]
    assert [student.name for student in book_of(*twins).students] == ["Ada_1", "Ada_2", "Ada_3"]
