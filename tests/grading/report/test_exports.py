"""Tables for learning platforms: valid for each platform, and no cell is a formula."""

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.report import exports
from tests.helpers.grades import NASTY, book_of, entries_of, good_grade, nasty_grade, rows_of, unreadable

FORMULA = tuple("=+-@＝＋－＠\t\r")


def cells_of(text: str, separator: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]


def make_table(kind: str, *grades: Grade) -> str:
    if kind == "grades":
        return exports.grades_csv(book_of(*grades))
    entries = entries_of(*grades)
    return exports.canvas_csv(entries, "04_em") if kind == "canvas" else exports.moodle_csv(entries)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("kind", ["grades", "canvas", "moodle"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_begins_a_formula_with_any_separator(text: str, kind: str, separator: str) -> None:
    for cell in cells_of(make_table(kind, nasty_grade(text), good_grade()), separator):
        assert not cell.lstrip(" \u00a0").startswith(FORMULA)


def test_grades_contain_points_and_status_of_every_task() -> None:
    rows = rows_of(exports.grades_csv(book_of(good_grade("ada"), good_grade("bob", 2.5), unreadable())))
    assert [row["points"] for row in rows] == ["4", "2.5", ""]
    assert [row["e_step"] for row in rows] == ["4", "2.5", ""]
    assert [row["e_step: status"] for row in rows] == ["right", "right", ""]
    assert [row["why"] for row in rows] == ["", "", ""]
    assert [row["to mark by hand"] for row in rows] == ["3", "3", "0"]
    assert [row["04_em: status"] for row in rows] == ["marked", "marked", "could not be read"]


def test_grades_have_a_row_for_everybody_with_all_lessons() -> None:
    other = Grade("ada", "01_kmeans", "ada/01.ipynb", "ok", [Mark("assign", 2, 3, "right")])
    class_list = [Student("Ada", "1815", "ada@x.org", group="A"), Student("Bob", "7"), Student("Cy")]
    book = book_of(good_grade("ada"), other, good_grade("7"), students=class_list)
    rows = {row["student"]: row for row in rows_of(exports.grades_csv(book))}
    assert list(rows) == ["Ada", "Bob", "Cy"]
    assert [rows["Ada"][name] for name in ("id", "e-mail", "group")] == ["1815", "ada@x.org", "A"]
    assert [rows["Ada"][name] for name in ("01_kmeans", "04_em", "points", "out of")] == ["2", "4", "6", "10"]
    assert [rows["Bob"][name] for name in ("01_kmeans", "04_em", "points")] == ["", "4", "4"]
    assert [rows["Cy"][name] for name in ("points", "04_em", "04_em: status")] == ["", "", ""]


def test_unreadable_submissions_have_an_empty_cell_not_zero() -> None:
    entries = entries_of(unreadable(), replace(unreadable("may"), status="missing"))
    assert [row["04_em"] for row in rows_of(exports.canvas_csv(entries, "04_em"))[1:]] == ["", ""]
    assert [row["Grade"] for row in rows_of(exports.moodle_csv(entries))] == ["", ""]


@pytest.mark.parametrize(
    "source", ["lovelaceada_LATE_123_4567_04_em-1.ipynb", "lovelaceada_123_4567_work.zip/04_em.ipynb"]
)
def test_canvas_finds_students_by_number_or_login(source: str) -> None:
    downloaded = replace(good_grade(), source=source)
    points, known, named = rows_of(make_table("canvas", downloaded, good_grade("bob")))
    assert points["Student"].strip() == "Points Possible"
    assert points["04_em"] == "7"
    assert (known["ID"], known["SIS Login ID"], known["04_em"]) == ("123", "", "4")
    assert (named["ID"], named["SIS Login ID"]) == ("", "bob")


@pytest.mark.parametrize("rest", ["/04_em.ipynb", "_/04_em.ipynb", "_04_em.ipynb", "/work.zip/04_em.ipynb"])
def test_moodle_finds_students_by_number_or_name(rest: str) -> None:
    downloaded = replace(good_grade(), source=f"Ada Lovelace_123_assignsubmission_file{rest}")
    known, named = rows_of(make_table("moodle", downloaded, good_grade("bob")))
    assert (known["Identifier"], known["Full name"]) == ("Participant 123", "Ada Lovelace")
    assert (known["Grade"], known["Maximum Grade"]) == ("4", "7")
    assert named["Identifier"] == "bob"
    assert known["Last modified (grade)"] == ""


@pytest.mark.parametrize("text", NASTY)
def test_gradescope_gets_plain_text_and_a_correct_sum(text: str) -> None:
    results = json.loads(exports.gradescope_json(*entries_of(nasty_grade(text))))
    assert results["score"] == sum(test["score"] for test in results["tests"]) == 4
    assert {results[name] for name in results if name.endswith("_format")} == {"text"}
    assert [test.get("status") for test in results["tests"]] == ["passed", "failed", None]
    assert results["stdout_visibility"] == "hidden"


@pytest.mark.parametrize("text", NASTY)
def test_junit_is_valid_xml_with_correct_counts(text: str) -> None:
    root = ElementTree.fromstring(exports.junit_xml(entries_of(nasty_grade(text), unreadable(text))))
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == len(suite.findall(f"testcase/{tag}"))
    assert [len(case) for case in root[0]] == [0, 1, 1]
    assert root[1].find("testcase/error") is not None
