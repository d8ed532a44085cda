"""The class list: read whatever a spreadsheet saves, and find each submission's student without guessing."""

from pathlib import Path

import pytest

from mlcourse.grading.gradebook.class_list import ClassList, Student, read_class_list
from mlcourse.grading.gradebook.settings import GradebookError

ADA = Student("Lovelace, Ada", "1815", "ada@example.org", "", "A")
ZOE = Student("Zoë van der Müller", "77", "z.mueller@example.org", "", "B")
TEXT = """\
Group,E-Mail Address,Full name,Grade so far,ID number
A,ada@example.org,"Lovelace, Ada",5,1815
B,z.mueller@example.org,Zoë van der Müller,4,77
"""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_is_read_as_spreadsheets_save_it(tmp_path: Path, separator: str, encoding: str, end: str) -> None:
    text = TEXT.replace(", Ada", "; Ada").replace(",", separator).replace("; Ada", ", Ada")
    path = tmp_path / "class.csv"
    path.write_bytes(
        (f"sep={separator}\n# a comment\n{text}\n{separator * 4}\n").replace("\n", end).encode(encoding)
    )
    assert read_class_list(path).students == [ADA, ZOE]


def test_columns_of_canvas_and_of_first_and_last_names_are_known(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Homework\n    Points Possible,,,,,10\nAda,5,u5,al,S1,\n"
    )
    assert read_class_list(path).students == [Student("Ada", "5", "", "al", "S1")]
    path.write_text("First name,Last name,Username\nAda,Lovelace,al\n,,bob\n")
    assert [student.name for student in read_class_list(path).students] == ["Ada Lovelace", "bob"]


def test_only_comments_are_an_empty_list(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text("# name,id\n\n# Ada,1\n")
    assert read_class_list(path).students == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Ada Lovelace,1815\n", "wanted: the names of the columns"),
        ("name,id\nAda,1\nBob,1\n", "Ada and Bob have the same id, 1"),
        ("name,email\nAda,a@x.org\nBob,A@x.org\n", "have the same email"),
        ('name\n"Ada\n', "is not a CSV file"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "class.csv"
    path.write_text(content)
    with pytest.raises(GradebookError, match=message):
        read_class_list(path)


CLASS = ClassList([ADA, ZOE, Student("Bob Byron", "1234", "bob@example.org")])


@pytest.mark.parametrize(
    ("owner", "source", "student"),
    [
        ("ada", "ada/04.ipynb", ADA),  # the login in front of the @
        ("ADA@example.org", "ADA@example.org/04.ipynb", ADA),
        ("1815", "1815/04.ipynb", ADA),
        ("Ada Lovelace", "Ada Lovelace/04.ipynb", ADA),
        ("lovelaceada_9", "lovelaceada_9_55_04.ipynb", ADA),  # Canvas
        ("lovelaceada_1815", "lovelaceada_LATE_1815_55_04.ipynb", ADA),
        ("Ada Lovelace_9", "Ada Lovelace_9_assignsubmission_file/04.ipynb", ADA),  # Moodle
        ("Ada Lovelace_9", "Ada Lovelace_9.ipynb", ADA),
        ("1815 Ada", "1815 Ada/04.ipynb", ADA),  # renamed by hand
        ("1815_9", "1815_9_assignsubmission_file/04.ipynb", ADA),
        ("Mu\u0308ller Zoe\u0308 van der", "x", ZOE),  # another Unicode form, another order
        ("muller_van_der_zoe", "x", ZOE),
        # Moodle's numbers identify nobody: this is not Bob's.
        ("Ada Lovelace_1234", "Ada Lovelace_1234_assignsubmission_file/04.ipynb", ADA),
    ],
)
def test_a_student_is_found_by_anything_that_identifies_one(
    owner: str, source: str, student: Student
) -> None:
    assert CLASS.find(owner, source) == [student]


@pytest.mark.parametrize(
    ("owner", "source"),
    [
        ("eve", "eve/04.ipynb"),
        ("eve_1234", "eve_1234_55_04.ipynb"),  # the number fits Bob, the name does not
        ("Participant_1815", "Participant_1815_assignsubmission_file/04.ipynb"),
        ("Ada", "Ada_1_assignsubmission_file/04.ipynb"),
        ("", "x"),
    ],
)
def test_nobody_is_guessed(owner: str, source: str) -> None:
    assert CLASS.find(owner, source) == []


def test_contradicting_clues_and_shared_names_fit_several() -> None:
    found = CLASS.find("lovelaceada_1234", "lovelaceada_1234_55_04.ipynb")
    assert {student.name for student in found} == {ADA.name, "Bob Byron"}
    twins = ClassList([Student("Jane Smith", "1"), Student("Smith, Jane", "2")])
    assert len(twins.find("Jane Smith")) == 2
    assert twins.find("2") == [twins.students[1]]
    assert twins.find("smithjane_2", "smithjane_2_7_04.ipynb") == [twins.students[1]]


def test_a_files_name_gives_no_second_identity() -> None:
    class_list = ClassList([Student("Adam Eve", id="77"), Student("Ben", id="89")])
    for file in ("04_em.ipynb", "assignsubmission_file_04_em.ipynb", "ben_89_90_x.ipynb"):
        assert [each.id for each in class_list.find("eveadam_77", f"eveadam_77_88_{file}")] == ["77"]
    moodle = "Adam Eve_5_assignsubmission_file_ben_89_90_x.ipynb"
    assert [each.id for each in class_list.find("Adam Eve_5", moodle)] == ["77"]


def test_a_folder_on_the_list_decides_between_twins() -> None:
    one, other = Student("Jane Smith", "1", folder="Jane Smith_7 | Jane Smith_9"), Student("Jane Smith", "2")
    twins = ClassList([one, other])
    for number in (7, 9):
        owner = f"Jane Smith_{number}"
        assert twins.find(owner, f"{owner}_assignsubmission_file/04.ipynb") == [one]
    assert len(twins.find("Jane Smith_8", "Jane Smith_8_assignsubmission_file/04.ipynb")) == 2


def test_a_name_of_many_words_costs_no_time() -> None:
    name = " ".join(f"w{k}" for k in range(60))
    assert ClassList([Student(name)]).find(name)
