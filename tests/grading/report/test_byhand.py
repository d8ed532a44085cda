"""Points given by hand: they count, and they are never lost."""

import csv
import io
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlcourse.grading.batch import grade_folder as run
from mlcourse.grading.gradebook.book import pending_points
from mlcourse.grading.records.grade import Family, Grade, Mark, Submission
from mlcourse.grading.records.manifest import NothingToPublish
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report import byhand
from mlcourse.grading.report.byhand import Entry, Key, apply_entries
from mlcourse.grading.report.exports import file_cell, inert
from mlcourse.grading.report.publish import Summary, publish
from tests.helpers.fake_grading import (
    go,
    submission,
)
from tests.helpers.grades import NASTY, good_grade, rows_of


def grade_well(submission: Submission, *rest: object, **options: object) -> Grade:
    """Give every submission the marks of `good_grade`."""
    return replace(good_grade(submission.student), source=submission.source)


@pytest.fixture
def with_open_question(folder: Path) -> Path:
    """A class of two with an open question; returns its folder of results."""
    folder.write_text(json.dumps({"a": {}, "=b": {}}))
    go(folder, grade=grade_well)
    return folder.parent / "out"


def enter(out: Path, points: dict[str, str], separator: str = ",") -> None:
    """Fill in the table as a spreadsheet would."""
    rows = rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
    for row in rows:
        row["points"] = points.get(row["student"].lstrip("'"), row["points"])
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    (out / "by_hand.csv").write_text(text.getvalue(), "utf-8-sig")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_points_entered_by_hand_count_and_are_kept(with_open_question: Path, separator: str) -> None:
    out = with_open_question
    enter(out, {"a": "2,5", "=b": "0"}, separator)
    for _ in range(2):
        grades = {grade.student: grade for grade in publish(out).grades}
        assert grades["a"].points == 6.5
        assert pending_points(grades["a"]) == pending_points(grades["=b"]) == 0
        rows = {
            row["student"].lstrip("'"): row["points"]
            for row in rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
        }
        assert rows == {"a": "2,5", "=b": "0"}
    assert "6.5" in (out / "grades.csv").read_text("utf-8-sig")


def test_a_table_in_windows_1252_is_read(with_open_question: Path) -> None:
    table = with_open_question / "by_hand.csv"
    rows = table.read_text("utf-8-sig").replace("because", "weil es schön ist")
    table.write_text(rows.replace('"","', '"3","', 1), "cp1252")
    assert sorted(grade.points for grade in publish(with_open_question).grades) == [4, 7]


def add_row(out: Path, **cells: str) -> None:
    rows = rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), restval="")
    writer.writeheader()
    writer.writerows([*rows, cells])
    (out / "by_hand.csv").write_text(text.getvalue(), "utf-8")


def test_a_person_overrules_a_check(with_open_question: Path) -> None:
    add_row(with_open_question, student="a", file="a/04_em.ipynb", task="e_step", points="1.5")
    for _ in range(2):
        grades = {grade.student: grade for grade in publish(with_open_question).grades}
        assert (grades["a"].points, grades["=b"].points) == (1.5, 4)
        (mark, *_) = grades["a"].marks
        assert mark.status == "by hand"
        assert mark.message.startswith("marked by hand; the check said right")
        rows = rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
        assert [(row["task"], row["points"]) for row in rows] == [("why", ""), ("why", ""), ("e_step", "1.5")]


@pytest.mark.parametrize(
    ("words", "points"), [(("2", ""), 6), (("", "2"), 6), (("2", "2"), 6), (("2", "1"), None)]
)
def test_duplicate_rows_must_agree(
    with_open_question: Path, words: tuple[str, ...], points: float | None
) -> None:
    enter(with_open_question, {"a": words[0]})
    (row,) = (
        one
        for one in rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
        if one["student"] == "a"
    )
    add_row(with_open_question, **{**row, "points": words[1]})
    if points is None:
        with pytest.raises(SheetError, match="has both 2 and 1 for a, why"):
            publish(with_open_question)
    else:
        assert {grade.student: grade.points for grade in publish(with_open_question).grades}["a"] == points


def test_points_can_be_entered_when_all_answers_are_missing(folder: Path) -> None:
    def find_nothing(submission: Submission, *rest: object, **options: object) -> Grade:
        marks = [Mark("e_step", 0, 4, "missing"), Mark("why", 0, 3, "by hand")]
        return Grade(submission.student, "04_em", submission.source, "missing", marks, {"why": "because"})

    folder.write_text(json.dumps({"a": {}}))
    go(folder, grade=find_nothing)
    out = folder.parent / "out"
    enter(out, {"a": "2"})
    (entry,) = publish(out).book.entries
    assert (entry.grade.status, entry.points) == ("ok", 2)
    assert '"a",,' not in (out / "grades.csv").read_text("utf-8-sig")


def test_points_of_a_second_notebook_stay_with_its_file(
    with_open_question: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_with(*made: Submission) -> Summary:
        monkeypatch.setattr(run, "read_submissions", lambda *args: iter(made))
        summary: Summary = go(with_open_question.parent / "class.json", grade=grade_well)
        return summary

    run_with(submission("ada"), submission("ada (2)", source="ada/2.ipynb", owner="ada"))
    enter(with_open_question, {"ada": "1"})
    rows = (with_open_question / "by_hand.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 3
    second = run_with(submission("ada", source="ada/2.ipynb"))
    assert [pending_points(grade) for grade in second.grades] == [0]


def test_points_for_an_older_answer_are_kept_but_do_not_count(with_open_question: Path, folder: Path) -> None:
    enter(with_open_question, {"a": "3"})

    def grade(submission: Submission, *rest: object, **options: object) -> Grade:
        changed = replace(good_grade(submission.student), open_answers={"why": "I have changed my mind"})
        return replace(changed, source=submission.source)

    summary = go(folder, grade=grade)
    assert [pending_points(grade) for grade in summary.grades] == [3, 3]
    assert summary.remarks == [
        "by_hand.csv has points that do not count, because the answer has changed or because no student, file or task"
        " matches the row (a, why: 3)."
    ]
    rows = rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
    assert [row["points"] for row in rows] == ["", "", "3"]


@pytest.mark.parametrize("text", NASTY)
def test_entries_for_any_name_are_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "by_hand.csv"
    entered = {byhand.table_key(text, text, "why"): Entry("2", byhand.tidy_comment(text))}
    for _ in range(3):
        byhand.write_rows(path, {key: byhand.Row(3, entry, text) for key, entry in entered.items()})
        once, entered = entered, byhand.read_entries(path)
        assert list(entered.values()) == list(once.values())
    assert entered == once


ALIKE = [
    *[
        "ada",
        "'ada",
        "''ada",
        "' ada",
        "' 'ada",
        "ada'",
        "ada''",
        "ada\u200b",
        "ada\\u200b",
        "=ada",
        "'=ada",
        "' =ada",
    ],
    *["ada (2)", "ada (2) (3)", "' (2)", "a,=1", "a,'=1", "a,''=1", f"ada [{byhand.version_of('ada')}]"],
]


@pytest.mark.parametrize(
    "change", [str, lambda cell: cell.removeprefix("'"), lambda cell: f" {cell} ", inert]
)
def test_similar_names_have_rows_of_their_own(tmp_path: Path, change: Callable[[str], str]) -> None:
    made = [good_grade(name) for name in [*ALIKE, *(file_cell(name) for name in ALIKE)]]
    keys = {
        byhand.mark_key(grade, grade.marks[0]) for grade in {grade.source: grade for grade in made}.values()
    }
    assert len(keys) == len({grade.source for grade in made})
    path = tmp_path / "by_hand.csv"
    byhand.write_rows(path, {key: byhand.Row(4, Entry("2")) for key in keys})
    rows = [
        {name: change(cell) for name, cell in row.items()} for row in rows_of(path.read_text("utf-8-sig"))
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), "utf-8")
    assert byhand.read_entries(path).keys() == keys


def test_a_table_without_comments_is_read(tmp_path: Path) -> None:
    path = tmp_path / "by_hand.csv"
    path.write_text("student,file,task,version,out of,points,answer\nada,a.ipynb,why,bcd,3,2,because\n")
    assert byhand.read_entries(path) == {byhand.Key("ada", "a.ipynb", "why", "bcd"): Entry("2")}


def test_a_comment_counts_without_points(with_open_question: Path) -> None:
    out = with_open_question
    enter(out, {"a": "2"})
    add_row(out, student="a", file="a/04_em.ipynb", task="e_step", comment="Nice & short.")
    add_row(out, student="=b", file="=b/04_em.ipynb", task="e_step", comment="See me ⏎ = soon")
    for _ in range(2):
        grades = {grade.student: grade for grade in publish(out).grades}
        assert [mark.comment for mark in grades["a"].marks] == ["Nice & short.", ""]
        assert (grades["a"].points, grades["a"].marks[0].status) == (6, "right")
        assert grades["=b"].marks[0].comment == "See me\n= soon"
    pages = [path.read_text() for path in (out / "students").iterdir()]
    assert any("Nice &amp; short." in page for page in pages)
    rows = rows_of((out / "grades.csv").read_text("utf-8-sig"))
    assert rows[1]["04_em: comments"] == "e_step: Nice & short."


def test_a_comment_that_is_too_long_is_named(with_open_question: Path) -> None:
    add_row(with_open_question, student="a", file="a/04_em.ipynb", task="e_step", comment="x" * 5001)
    with pytest.raises(SheetError, match="the comment for a, e_step has 5001 characters"):
        publish(with_open_question)


@pytest.mark.parametrize("word", ["four", "-1", "3.5", "nan", "inf"])
def test_invalid_points_are_refused_and_kept(with_open_question: Path, word: str) -> None:
    enter(with_open_question, {"a": word})
    before = (with_open_question / "by_hand.csv").read_bytes()
    with pytest.raises(SheetError, match="is not a number from 0 to 3"):
        publish(with_open_question)
    assert (with_open_question / "by_hand.csv").read_bytes() == before


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "student\n\xe9".encode("latin-1"), b"", b"a,b\n1,2\n"])
def test_a_damaged_table_is_not_overwritten(with_open_question: Path, content: bytes) -> None:
    path = with_open_question / "by_hand.csv"
    path.write_bytes(content)
    if content:
        with pytest.raises(SheetError):
            publish(with_open_question)
        assert path.read_bytes() == content


def with_old_versions(out: Path, **cells: str) -> None:
    """Shorten the versions, as older tables have them, and replace other cells."""
    rows = rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows({**row, "version": row["version"][:6], **cells} for row in rows)
    (out / "by_hand.csv").write_text(text.getvalue(), "utf-8")


@pytest.mark.parametrize("cells", [{}, {"answer": ""}, {"answer": "be… (5 more characters)"}])
def test_an_old_version_holds_for_the_same_text(with_open_question: Path, cells: dict[str, str]) -> None:
    out = with_open_question
    enter(out, {"a": "2"})
    with_old_versions(out, **cells)
    for _ in range(2):
        summary = publish(out)
        assert sorted(pending_points(grade) for grade in summary.grades) == [0, 3]
        assert not summary.remarks
        rows = rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
        assert [(len(row["version"]), row["points"]) for row in rows] == [(32, "2"), (32, "")]


def test_another_text_with_the_same_old_version_is_another(tmp_path: Path) -> None:
    texts, seen = (f"text {number}" for number in itertools.count()), dict[str, str]()
    while (old := byhand.version_of(text := next(texts))[:6]) not in seen:
        seen[old] = text
    path, key = tmp_path / "by_hand.csv", byhand.Key("ada", "a.ipynb", "why", old)
    byhand.write_rows(path, {key: byhand.Row(3, Entry("3"), seen[old])})
    good, junk = (key._replace(version=byhand.version_of(one)) for one in (seen[old], text))
    entered = byhand.read_entries(path)
    assert entered == {good: Entry("3")}
    assert byhand.effective_key(junk, entered) == junk != good


def test_points_of_a_student_who_left_are_kept(with_open_question: Path, folder: Path) -> None:
    enter(with_open_question, {"a": "1"})
    folder.write_text(json.dumps({"z": {}}))
    go(folder)
    assert "a" in [
        row["student"] for row in rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
    ]


def test_publishing_before_the_first_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NothingToPublish, match="SUBMISSIONS"):
        publish(tmp_path)


def test_one_row_marks_everybody_with_the_same_mistake() -> None:
    wrong = Mark("m_step", 0, 4, "wrong", "No.", "no weights", "π is missing.")
    wrong = wrong._replace(families=(Family("ordinary", 0, 4),))
    grades = [replace(good_grade(name), marks=[wrong]) for name in ("ada", "bob")]
    entered = {
        Key("*", "no weights", "m_step"): Entry("2", "Half of it."),
        Key("bob", grades[1].source, "m_step"): Entry("3"),
    }
    used: set[Key] = set()
    assert [apply_entries(each, entered, used).points for each in grades] == [2, 3]
    assert used == set(entered)
    other = replace(grades[0], marks=[wrong._replace(mistake="another")])
    assert apply_entries(other, entered, used).points == 0
    kinds = [apply_entries(each, entered, used).marks[0].families for each in (*grades, other)]
    assert kinds == [(), (), wrong.families]  # those of the check say nothing about points given by hand
