"""Pages for the instructor and for students: nothing a student writes becomes markup."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from mlcourse.grading.records.grade import Grade, GradeStatus, Mark
from mlcourse.grading.records.results import name_of
from mlcourse.grading.records.text import printable
from mlcourse.grading.report.exports import student_path
from mlcourse.grading.report.markup import page
from mlcourse.grading.report.pages import common_mistakes, index_page, student_page
from tests.helpers.fake_grading import (
    submission,
)
from tests.helpers.grades import NASTY, good_grade, nasty_grade, unreadable
from tests.helpers.page import TAGS, Document, words

ATTRIBUTES = words(
    "lang charset http-equiv content name class href scope x y width height viewbox role aria-label"
    " text-anchor colspan"
)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("status", ["partial", "unreadable"])
def test_nothing_a_student_writes_becomes_markup(text: str, status: GradeStatus) -> None:
    grade = nasty_grade(text, status)
    for source in (index_page([grade, good_grade()], [text]), student_page(grade, [(1, text)])):
        source.encode("utf-8")
        document = Document(source)
        assert set(document.tags) <= TAGS
        assert set(document.attributes) <= ATTRIBUTES
        assert document.tags.count("style") == 1
        assert set(document.still_open) <= {"meta"}  # a browser would put everything that follows inside it
        assert printable(text, 100_000, lines=True).replace("\r", "") in document.text
        assert all(re.fullmatch(r"students/[a-z0-9-]+\.html", link) for link in document.links)


def test_the_policy_allows_only_our_own_style() -> None:
    document = Document(page("Title"))
    (policy,) = [
        meta["content"] for meta in document.metas if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(document.style.encode()).digest()).decode()
    rules = [rule.strip().partition(" ") for rule in policy.split(";")]
    assert {name: sources for name, _, sources in rules} == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not re.search(r"url\(|@import|expression", document.style)


def test_the_index_begins_with_what_could_not_be_read() -> None:
    document = Document(index_page([good_grade("zoe"), unreadable("eve")]))
    assert (
        document.text.index("Could not be graded")
        < document.text.index("eve.ipynb")
        < document.text.index("zoe")
    )
    assert "it is not JSON." in document.text


def test_the_index_counts_the_results_of_each_task() -> None:
    grades = [good_grade("a"), good_grade("b"), good_grade("c", 0)]
    document = Document(index_page(grades))
    assert "Median 4 of 7 points; lowest 0, highest 4." in document.text
    assert "2 right, 1 wrong" in index_page(grades)
    assert "3 by hand" in index_page(grades)


def test_mistakes_are_listed_most_common_first() -> None:
    grades = []
    for number, mistake in enumerate(["rare", "common", "common"]):
        marks = [Mark("e_step", 0, 4, "wrong", "no.", mistake, f"you are {mistake}.")]
        grades.append(Grade(f"s{number}", "04_em", "f", "ok", marks))
    planted = Mark("fix_em", 0, 3, "not attempted", "still there", "the planted bug")
    grades[0].marks.append(planted)
    assert common_mistakes(grades) == [
        ("e_step", "common", 2, "you are common."),
        ("e_step", "rare", 1, "you are rare."),
    ]


def test_pages_warn_if_there_was_no_sandbox() -> None:
    unsafe = replace(good_grade(), isolation="not isolated")
    for source in (index_page([good_grade("bob"), unsafe]), student_page(unsafe)):
        assert "Not isolated" in Document(source).text
    assert "Not isolated" not in student_page(good_grade())


def test_results_and_pages_have_the_same_names() -> None:
    one = submission("ada")
    grade = Grade("ada", "04_em", one.source, "ok")
    assert student_path(grade) == f"students/{name_of(one)}.html"
