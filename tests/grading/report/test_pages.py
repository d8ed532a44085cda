"""Pages for the instructor and for students: nothing a student writes becomes markup."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from mlcourse.grading.gradebook.book import Book
from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.records.grade import Family, Figure, Grade, GradeStatus, Mark
from mlcourse.grading.records.text import printable
from mlcourse.grading.report.exports import gradescope_json
from mlcourse.grading.report.markup import TEMPLATES, data_uri, with_code
from mlcourse.grading.report.pages import (
    common_mistakes,
    group_rows,
    index_page,
    lesson_page,
    student_page,
    uses_in,
)
from mlcourse.grading.report.words import help_first
from tests.helpers.grades import NASTY, book_of, entries_of, good_grade, nasty_grade, unreadable
from tests.helpers.page import TAGS, VOID, Document, words

ATTRIBUTES = words(
    "lang charset http-equiv content name class href scope x y width height viewbox role aria-label"
    " text-anchor colspan id data-sortable data-is data-search data-controls data-filter value hidden"
    " type autocomplete placeholder aria-live tabindex src alt"
)


def page_of(grade: Grade, cells: list[tuple[int, str]] | None = None) -> str:
    (entry,) = entries_of(grade)
    return student_page(entry, grade, {}, cells or [])


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("status", ["partial", "unreadable"])
def test_nothing_a_student_writes_becomes_markup(text: str, status: GradeStatus) -> None:
    grade = nasty_grade(text, status)
    grade.marks[0] = grade.marks[0]._replace(families=(Family(text, 1, 2),), notes=(text,), comment=text)
    other = replace(good_grade(), lesson="01_kmeans", source="x")
    sources = [
        index_page(book_of(grade, good_grade()), [text]),
        index_page(book_of(grade, other), [text]),
        lesson_page(book_of(grade, other), "04_em"),
        page_of(grade, [(1, text)]),
    ]
    for source in sources:
        source.encode("utf-8")
        document = Document(source)
        assert set(document.tags) <= TAGS
        assert set(document.attributes) <= ATTRIBUTES
        assert document.tags.count("style") == 1
        assert set(document.still_open) <= VOID  # a browser would put everything that follows inside it
        assert printable(text, 100_000, lines=True).replace("\r", "") in document.text
        ours = r"students/[a-z0-9-]+\.html|#[a-z]+|index\.html|lesson_\w+\.html"
        assert all(re.fullmatch(ours, link) for link in document.links)


def test_a_student_with_several_files_is_told_so() -> None:
    first = good_grade()
    book = book_of(first, replace(first, source="ada/`again`.ipynb"))
    for entry in book.entries:
        (other,) = entry.others
        shown = Document(student_page(entry, entry.grade, {}, [])).text
        assert f"You also handed in {other}. Only one file per lesson counts" in shown
        assert "has chosen, none of them is in the sum of your points." in gradescope_json(entry)
    assert "You also handed in" not in page_of(first)


def test_a_notebook_that_did_not_run_has_no_code_that_was_run() -> None:
    page = Document(page_of(unreadable(), [(1, "x = 1")])).text
    assert "Code that was run" not in page
    assert "The exercise of this lesson" in page


def test_the_likely_mistake_comes_before_the_numbers() -> None:
    message = "3 of 4 entries are off.\nLikely mistake: π is missing.\n→ Hint 1 may help."
    mark = Mark("e_step", 0, 4, "wrong", message, "no weights", "π is missing.")
    assert help_first(mark) == "Likely mistake: π is missing.\n→ Hint 1 may help.\n3 of 4 entries are off."
    assert help_first(mark._replace(advice="")) == message


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("scripted", [True, False])
def test_the_policy_allows_only_our_own_style_and_script(scripted: bool) -> None:
    document = Document(index_page(book_of(good_grade())) if scripted else page_of(good_grade()))
    (policy,) = [
        meta["content"] for meta in document.metas if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = [rule.strip().partition(" ") for rule in policy.split(";")]
    assert {name: sources for name, _, sources in rules} == {
        "default-src": "'none'",
        "style-src": digest(document.style),
        **({"script-src": digest(document.script)} if scripted else {}),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert document.tags.count("script") == scripted
    assert not re.search(r"url\(|@import|expression", document.style)


def test_the_index_begins_with_what_could_not_be_read() -> None:
    document = Document(index_page(book_of(good_grade("zoe"), unreadable("eve"))))
    assert (
        document.text.index("Could not be graded")
        < document.text.index("eve.ipynb")
        < document.text.index("zoe")
    )
    assert "it is not JSON." in document.text


@pytest.mark.parametrize("lessons", [0, 1, 2])
def test_the_index_lists_all_that_it_counts(lessons: int) -> None:
    graded = [good_grade("ada"), replace(good_grade("bob"), lesson="01_kmeans")][:lessons]
    entries = book_of(*graded, unreadable("eve")).entries
    book = Book([replace(each, listed=replace(each.listed, among=())) for each in entries], [])
    text = Document(index_page(book)).text
    assert "1 could not be read" in text
    assert "it is not JSON." in text
    assert ("open answers that are not marked yet" in text) == (lessons > 0)


def test_the_index_counts_the_results_of_each_task() -> None:
    grades = [good_grade("a"), good_grade("b"), good_grade("c", 0)]
    source = index_page(book_of(*grades))
    assert "Median 4 of 7 points; lowest 0, highest 4." in Document(source).text
    assert "2 right, 1 wrong" in source
    assert "3 by hand" in source


def test_mistakes_are_listed_most_common_first() -> None:
    grades = []
    for number, mistake in enumerate(["rare", "common", "common"]):
        marks = [Mark("e_step", 0, 4, "wrong", "no.", mistake, f"you are {mistake}.")]
        grades.append(Grade(f"s{number}", "04_em", "f", "ok", marks))
    planted = Mark("fix_em", 0, 3, "not attempted", "still there", "the planted bug")
    grades[0].marks.append(planted)
    found = common_mistakes(entries_of(*grades))
    assert [(each.task, each.name, each.message) for each in found] == [
        ("e_step", "common", "you are common."),
        ("e_step", "rare", "you are rare."),
    ]
    assert [[link.label for link in each.entries] for each in found] == [["s1", "s2"], ["s0"]]


def test_uses_are_listed_with_counts_and_names() -> None:
    def grade(student: str, lesson: str, *sentences: str) -> Grade:
        mark = Mark("e_step", 4, 4, "right", notes=("Judged at its check.", *sentences), uses=sentences)
        return Grade(student, lesson, "f", "ok", [mark])

    grades = [grade("a", "04_em", "It uses x.", "It uses y."), grade("b", "04_em", "It uses y.")]
    found = uses_in(entries_of(*grades))
    assert [(use.sentence, [link.label for link in use.entries]) for use in found] == [
        ("It uses y.", ["a", "b"]),
        ("It uses x.", ["a"]),
    ]
    index = Document(index_page(book_of(*grades, grade("c", "05", "It uses z."))))
    for words_ in ("What answers use", "It uses y.", "It uses z."):
        assert words_ in index.text
    assert "Judged at its check." not in index.text
    assert "What answers use" not in Document(index_page(book_of(good_grade()))).text


def test_the_index_says_how_many_points_are_pending() -> None:
    grades = [good_grade("ada"), replace(good_grade("ada"), lesson="05", source="x")]
    source = index_page(book_of(*grades))
    assert source.count(">4</a> + 3 pending</td>") == 2
    assert "<td>8 + 6 pending</td>" in source


def test_groups_are_compared_where_there_are_any() -> None:
    earned = [("A", 1.0), ("A", 2.0), ("A", 6.0), ("", 5.0), ("B", None)]
    assert group_rows(["A", "B"], earned) == [
        ("A", 3, 3, 2),
        ("B", 0, None, None),
        ("", 1, 5, 5),
    ]
    assert group_rows([], [("", 5.0)]) == []
    students = [Student("ada", group="Monday"), Student("bob", group="Friday")]
    grades = [good_grade("ada"), good_grade("bob", 2), replace(good_grade("ada"), lesson="05", source="x")]
    for book in (book_of(*grades, students=students), book_of(*grades[:2], students=students)):
        source = index_page(book)
        assert 'href="#groups"' in source
        row = '<th scope="row">Friday</th><td class="number">1</td><td class="number">2</td>'
        assert row in source
    assert 'id="groups"' not in index_page(book_of(*grades))


def test_pages_warn_if_there_was_no_sandbox() -> None:
    unsafe = replace(good_grade(), isolation="not isolated")
    for source in (index_page(book_of(good_grade("bob"), unsafe)), page_of(unsafe)):
        assert "Not isolated" in Document(source).text
    assert "Not isolated" not in page_of(good_grade())


def test_every_attribute_in_a_template_is_quoted() -> None:
    """What a template inserts is escaped for text and for quoted attributes, and nowhere else."""
    for path in TEMPLATES.iterdir():
        markup = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        for tag in re.findall(r"<\w[^<>]*>", markup):
            bare = re.sub(r'"[^"]*"', "", tag)
            assert "{{" not in bare, (path.name, tag)
    assert not re.search(r"\|\s*safe", "".join(path.read_text("utf-8") for path in TEMPLATES.iterdir()))


def test_a_students_page_shows_everything_about_their_work() -> None:
    mark = Mark("e_step", 3, 4, "wrong", "far points are not.", families=(Family("far points", 1, 2),))
    mark = mark._replace(notes=("Judged at its check, cell 12.",), comment="Nearly!")
    figure = Figure(7, "iVBORw0KGgo=")
    grade = replace(good_grade(), marks=[mark], figures=[figure], output="printed")
    source = page_of(grade, [(2, "x = 1")])
    text = Document(source).text
    for words_ in ("3 of 4 points", "partly right", "far points: 1 / 2", "Judged at its check, cell 12."):
        assert words_ in text
    for words_ in ("Nearly!", "because", "x = 1", "printed", "Cell 7"):
        assert words_ in text
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in source


def test_a_page_says_how_many_figures_are_not_the_students() -> None:
    grade = replace(good_grade(), given_figures=3)
    assert "Figures" not in Document(page_of(grade)).text
    text = " ".join(Document(page_of(replace(grade, figures=[Figure(3, "iVBORw0KGgo=")]))).text.split())
    assert "Without the 3 figures of cells that are as they were handed out." in text
    assert "Figures" not in Document(page_of(good_grade())).text


def test_a_figure_that_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="cell 3"):
        data_uri(Figure(3, '"><script>'))


@pytest.mark.parametrize("text", NASTY)
def test_only_backticks_become_markup(text: str) -> None:
    document = Document(with_code(f"use `{text}`"))
    assert set(document.tags) <= {"code"}


def test_no_word_about_a_submission_is_a_verdict() -> None:
    source = index_page(book_of(good_grade("zoe", 0), unreadable("eve")))
    text = Document(source).text
    assert "1 marked" in text
    assert "1 could not be read" in text
    assert not re.search(r">(ok|unreadable|partial)<", source)


def test_tasks_have_the_titles_of_the_notebook() -> None:
    book = replace(book_of(good_grade()), titles={"e_step": "Task 3 · The <E>-step"})
    for source in (index_page(book), student_page(book.entries[0], good_grade(), book.titles)):
        assert "Task 3 · The <E>-step" in Document(source).text
        assert "<code>e_<wbr>step</code>" in source
        assert "<code>why</code>" in source
