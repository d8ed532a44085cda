"""Grades to export and display, some with text that tries to be markup or a formula."""

import csv
import io

from mlcourse.grading.records.grade import Grade, GradeStatus, Mark

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


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))
