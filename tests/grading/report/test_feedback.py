"""Feedback goes back in folders of which every student has one, and nobody shares it."""

from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.report.feedback import folders_of


def test_students_of_one_name_have_folders_with_their_ids() -> None:
    one, other, third = Student("Ada", "17"), Student("Ada", "18"), Student("Bob", "19")
    assert folders_of([one, other, third]) == {one: "Ada (17)", other: "Ada (18)", third: "Bob"}


def test_no_two_students_share_a_folder() -> None:
    names = ["a/b", "a:b", "A:B", "a_b_2", "a_b", "a_b (1)", "", "no name"]
    students = [Student(name, id) for name in names for id in ("", "1", "2")]
    folders = [folder.casefold() for folder in folders_of(students).values()]
    assert len(set(folders)) == len(students)
