"""Grades to export and display, some with text that tries to be markup or a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from mlcourse.grading.gradebook.book import Book, Bookkeeper, Entry
from mlcourse.grading.gradebook.class_list import ClassList, Student
from mlcourse.grading.gradebook.settings import Gradebook
from mlcourse.grading.records.grade import Grade, GradeStatus, Mark
from mlcourse.grading.records.manifest import Listed
from mlcourse.grading.records.text import slug

NASTY = [
    "=cmd()|' /C calc'!A1",
    "+1+1",
    "-2",
    "@SUM(A1)",
    " \t=1",
    "＝1+1",
    "a,=1",
    'a";=1;"',
    "a|-1",
    "a\n=1\r\n+1",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "' style='color:red",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "]]>",
    "\x1b[31mred\x07",
    "\u202egpj.exe",
    "nul\0byte",
    "half \udcff pair",
    "\uffff\ufdd0",
    "line\u2028separator",
    "Ада 🙂 مريم",
    "",
    "x" * 3000,
]


def nasty_grade(text: str, status: GradeStatus = "partial") -> Grade:
    """A grade with this text everywhere a student could put one."""
    marks = [
        Mark("e_step", 4, 4, "right", text),
        Mark("m_step", 0, 4, "wrong", f"{text}\nLikely mistake: {text}", text, text),
        Mark("why", 0, 3, "by hand", ""),
    ]
    open_answers = {"why": text}
    return Grade(text, "04_em", f"{text}/04_em.ipynb", status, marks, open_answers, [text], text, "fake", 1.5)


def good_grade(student: str = "ada", points: float = 4.0) -> Grade:
    marks = [Mark("e_step", points, 4, "right" if points else "wrong"), Mark("why", 0, 3, "by hand")]
    return Grade(student, "04_em", f"{student}/04_em.ipynb", "ok", marks, {"why": "because"})


def unreadable(student: str = "eve") -> Grade:
    return Grade(student, None, f"{student}.ipynb", "unreadable", notes=["it is not JSON."])


def book_of(
    *grades: Grade, gradebook: Gradebook | None = None, students: Iterable[Student] = (), **facts: Any
) -> Book:
    """Put grades into a book. `facts` are those of `Listed`, the same for all."""
    listed = [
        Listed(
            slug(grade.student, grade.source, grade.lesson or ""),
            grade.student,
            facts.get("owner", grade.student),
            grade.source,
            grade.lesson,
            tuple(sorted({each.lesson for each in grades if each.lesson})),
            facts.get("handed_in"),
        )
        for grade in grades
    ]
    keeper = Bookkeeper(listed, gradebook or Gradebook(), ClassList(students))
    return keeper.book(keeper.entry(each, grade) for each, grade in zip(listed, grades))


def entries_of(*grades: Grade) -> list[Entry]:
    """Return the entries of grades in a book, in the order of the grades."""
    entries = {id(entry.grade): entry for entry in book_of(*grades).entries}
    return [entries[id(grade)] for grade in grades]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))
