"""The class list: read it from a CSV file, and find the student that a submission belongs to.

A submission says whose it is by the name of its folder or file: a name, a login, an e-mail address, an id, or a name
and a number from a learning platform. A student is found only if exactly one fits; nobody is guessed.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

from mlcourse.grading.gradebook.settings import GradebookError
from mlcourse.grading.intake.platforms import canvas, moodle
from mlcourse.grading.records.sheet import separator_in, text_of
from mlcourse.grading.records.text import name_key, tidy

# What spreadsheets and learning platforms call the columns, after `column_key`.
COLUMNS = {
    "name": ("name", "student", "studentname", "fullname"),
    "first": ("firstname", "givenname", "first", "vorname", "prenom", "nombre"),
    "last": ("lastname", "surname", "familyname", "last", "nachname", "nom", "apellidos"),
    "id": (
        "id",
        "idnumber",
        "studentid",
        "studentnumber",
        "matriculationnumber",
        "matrikelnummer",
        "sisuserid",
    ),
    "email": ("email", "emailaddress", "mail", "emailadresse"),
    "login": ("login", "username", "user", "loginid", "sisloginid", "netid"),
    "group": ("group", "groups", "section", "class", "gruppe", "gruppen"),
    "folder": ("folder", "file", "ordner", "datei"),
}
COMMENT = "#"
NO_STUDENTS = ("pointspossible",)  # the second line of a table from Canvas
MANY_WORDS = 5  # a name of more words is tried in fewer orders
NUMBERED = re.compile(r"(?P<name>.*[^\W\d_].*)_(?P<number>\d+)")  # as platforms write it: "Ada Lovelace_1234"
NO_NAME = ("participant", "teilnehmer")  # Moodle's "Participant_1234", where marking is anonymous


@dataclass(frozen=True)
class Student:
    """A student of the class."""

    name: str
    id: str = ""
    email: str = ""
    login: str = ""
    group: str = ""
    folder: str = ""  # of the submissions, or what their files begin with: it decides whose they are


class Clues(NamedTuple):
    """What the name of a submission says about whose it is."""

    name: str = ""
    word: str = ""  # an id, an e-mail address or a login


class ClassList:
    """The students of a class.

    Parameters
    ----------
    students : iterable of Student
    """

    def __init__(self, students: Iterable[Student]):
        self.students = list(dict.fromkeys(students))
        self._folders = {folder: each for each in self.students for folder in folders_of(each)}
        self._words: dict[str, list[Student]] = {}
        self._names: dict[str, list[Student]] = {}
        for student in self.students:
            for word in words_of(student):
                self._words.setdefault(word, []).append(student)
            for name in spellings(student.name):
                self._names.setdefault(name, []).append(student)

    def find(self, owner: str, source: str = "") -> list[Student]:
        """Return the students that a submission may belong to: one if it is clear whose it is.

        Parameters
        ----------
        owner : str
            The name of the folder or of the file.
        source : str
            The whole path, which shows whether a learning platform has chosen the names.
        """
        for place in (source.partition("/")[0], owner):
            if place and (tied := self._folders.get(name_key(place))):
                return [tied]
        clues = clues_of(owner, source)
        by_word = self._words.get(clues.word.casefold(), []) if clues.word else []
        by_name = self._names.get(letters(clues.name), []) if clues.name else []
        if by_word and by_name:
            both = [student for student in by_word if student in by_name]
            return both or [*by_word, *by_name]
        if by_word and clues.name != clues.word and not any(alike(clues.name, each.name) for each in by_word):
            # A platform's number may be another student's id by chance: the name would have to fit, too.
            return []
        return by_word or by_name or self._with_id_in(clues.name)

    def _with_id_in(self, name: str) -> list[Student]:
        """Return the students whose id is one of the words of a name: somebody has renamed the folder."""
        words = re.split(r"[\s,;()_-]+", name.casefold())
        found = (each for word in words for each in self._words.get(word, []) if each.id.casefold() == word)
        return list(dict.fromkeys(found))


def clues_of(owner: str, source: str) -> Clues:
    """Say what is known about the owner of a submission."""
    if found := moodle(source):  # its numbers are new in every assignment, so they identify nobody
        return Clues(name="" if found["name"].casefold() in NO_NAME else found["name"])
    if found := canvas(source):
        return Clues(found["name"], found["user"])
    if found := NUMBERED.fullmatch(owner):
        return Clues(found["name"], found["number"])
    return Clues(owner, owner)


def words_of(student: Student) -> set[str]:
    """Return what identifies a student in one word: id, e-mail, the part of it before the @, login."""
    words = (student.id, student.email, student.email.partition("@")[0], student.login)
    return {word.casefold() for word in words if word}


def folders_of(student: Student) -> set[str]:
    """Return the folders that are the student's, one for each assignment of a platform that numbers them anew."""
    return {key for folder in re.split("[|;]", student.folder) if (key := name_key(folder))}


def spellings(name: str) -> set[str]:
    """Return the letters of a name in all orders of its words: "adalovelace" and "lovelaceada"."""
    words = [letters(word) for word in re.split(r"[\s,]+", name)]
    words = [word for word in words if word]
    if not words:
        return set()
    if len(words) <= MANY_WORDS:
        return {"".join(order) for order in permutations(words)}
    return {"".join([*words[k:], *words[:k]]) for k in range(len(words))}


def letters(text: str) -> str:
    """Return only the letters and digits of a name, without accents and capitals: equal names become equal."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(each for each in plain if each.isalnum())


def alike(one: str, other: str) -> bool:
    """Whether two names have the same words, in any order."""
    return letters(one) in spellings(other)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────


def read_class_list(path: Path) -> ClassList:
    """Read a CSV file with a line for each student, and the names of the columns above.

    Raises GradebookError, SheetError.
    """
    lines = [line for line in text_of(path).splitlines(keepends=True) if is_data(line)]
    if not lines:
        return ClassList([])
    separator = separator_in(lines[0])
    try:
        head, *rows = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise GradebookError(f"{path} is not a CSV file: {error}.") from None
    columns = columns_in(head)
    if not {"name", "id", "email", "login", "first", "last"} & columns.keys():
        raise GradebookError(
            f"{path}: the first line is {separator.join(head)[:200]!r}; wanted: the names of the columns, among them"
            " one of name, id, e-mail."
        )
    students = [student for row in rows if (student := student_from(row, columns))]
    refuse_shared(path, students)
    return ClassList(students)


def is_data(line: str) -> bool:
    """Whether a line has data: it is not empty, not a comment, and not Excel's `sep=;`."""
    text = line.strip(' \t,;\r\n"')
    return bool(text) and not text.startswith(COMMENT) and not text.lower().startswith("sep=")


def column_key(name: str) -> str:
    """Return the letters of a column's name: "E-Mail address" and "email_address" become equal."""
    return letters(name)


def columns_in(head: Sequence[str]) -> dict[str, int]:
    """Return the position of each column that is known; the first counts if there are several."""
    keys = [column_key(name) for name in head]
    found = {}
    for column, names in COLUMNS.items():
        places = [keys.index(name) for name in names if name in keys]
        if places:
            found[column] = places[0]
    return found


def student_from(row: Sequence[str], columns: dict[str, int]) -> Student | None:
    """Return the student of a line; None if the line says nothing about anybody."""
    cells = {column: tidy(row[place]) for column, place in columns.items() if place < len(row)}
    full = " ".join(filter(None, (cells.get("first", ""), cells.get("last", ""))))
    identity = {column: cells.get(column, "") for column in ("id", "email", "login")}
    name = cells.get("name") or full or next(filter(None, identity.values()), "")
    if not name or letters(name) in NO_STUDENTS:
        return None
    return Student(name, **identity, group=cells.get("group", ""), folder=cells.get("folder", ""))


def refuse_shared(path: Path, students: Iterable[Student]) -> None:
    """Raise GradebookError if two students have the same id, e-mail, login or folder."""
    values: dict[str, Callable[[Student], Iterable[str]]] = {
        "id": lambda student: [student.id.casefold()],
        "email": lambda student: [student.email.casefold()],
        "login": lambda student: [student.login.casefold()],
        "folder": folders_of,
    }
    for column, values_of in values.items():
        owners: dict[str, Student] = {}
        for student, value in (
            (each, value) for each in dict.fromkeys(students) for value in values_of(each)
        ):
            if value and owners.setdefault(value, student) is not student:
                raise GradebookError(
                    f"{path}: {owners[value].name} and {student.name} have the same {column}, {value}; wanted: one"
                    " line for each student."
                )
