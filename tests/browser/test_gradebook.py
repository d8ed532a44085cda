"""The instructor's pages in a browser: sorted, searched and filtered, by mouse and keyboard, wide and narrow."""

import json

import pytest

from mlcourse.grading.gradebook.class_list import Student
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.report.pages import index_page, student_page
from tests.helpers.contrast import CONTRASTS
from tests.helpers.grades import book_of, entries_of, nasty_grade, unreadable

NAMES = ["Zoë Zimmer", "Ada Lovelace", "Bob Byron", "Émile Artin"]
CLASS = [Student(name, str(k), group="AB"[k % 2]) for k, name in enumerate(NAMES)]


def grade(student, lesson, points):
    marks = [Mark(f"task_{lesson}_{k}", points, 12, "right" if points else "wrong") for k in range(8)]
    return Grade(student, lesson, f"{student}/{lesson}.ipynb", "ok", marks, isolation="fake")


GRADES = [
    *(grade(str(k), "01_kmeans", points) for k, points in enumerate([9, 10, 0, 2])),
    *(grade(str(k), "04_em", points) for k, points in enumerate([3, 1, 12])),
]


@pytest.fixture(scope="module")
def pages_of(tmp_path_factory):
    """The index of a class with two lessons, and of one with a single lesson, as files."""
    folder = tmp_path_factory.mktemp("gradebook")
    students = [*CLASS, Student("x" * 300, "9")]
    made = {
        "book": index_page(book_of(*GRADES, unreadable("9"), students=students), ["Ada gains 2"]),
        "lesson": index_page(book_of(*GRADES[4:], nasty_grade("<b>"), students=students)),
        "student": student_page(
            *entries_of(nasty_grade("<b>" * 200)), nasty_grade("<b>" * 200), {}, [(1, "x")]
        ),
    }
    for name, page in made.items():
        (folder / f"{name}.html").write_text(page, "utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


@pytest.fixture
def open_book(chromium, pages_of):
    """Open one of the pages, from its file."""
    contexts = []

    def open_book(name, width=1280, **options):
        contexts.append(chromium.new_context(viewport={"width": width, "height": 800}, **options))
        page = contexts[-1].new_page()
        page.goto(pages_of[name])
        return page

    yield open_book
    for context in contexts:
        context.close()


def first_cells(page):
    return page.locator("#points tbody tr:visible th").all_inner_texts()


def test_columns_sort_by_mouse_and_keyboard(open_book):
    page = open_book("book")
    head = page.locator("#points thead th").nth(2)
    head.get_by_role("button", name="Sum").click()
    assert head.get_attribute("aria-sort") == "descending"
    sums = page.locator("#points tbody td:nth-child(3)").all_inner_texts()
    numbers = [float(text) for text in sums if text]
    assert numbers == sorted(numbers, reverse=True)
    assert sums[-1] == ""  # nothing to sort comes last, in both directions
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    sums = page.locator("#points tbody td:nth-child(3)").all_inner_texts()
    assert [float(text) for text in sums if text] == sorted(numbers)
    assert sums[-1] == ""
    page.get_by_role("button", name="Student").click()
    assert first_cells(page)[:3] == ["Ada Lovelace", "Bob Byron", "Émile Artin"]
    assert page.locator("[aria-sort]").count() == 1


def test_search_and_filters_hide_rows_and_say_how_many(open_book):
    page = open_book("book")
    output = page.locator("output")
    assert output.inner_text() == "5 of 5"
    page.get_by_label("Search").fill("emile ARTIN")
    assert first_cells(page) == ["Émile Artin"]
    page.get_by_label("Search").fill("zoe")
    assert first_cells(page) == ["Zoë Zimmer"]
    page.get_by_label("Search").fill("")
    page.get_by_label("Group").select_option("B")
    assert first_cells(page) == ["Ada Lovelace", "Émile Artin"]
    assert output.inner_text() == "2 of 5"
    page.get_by_label("Show").select_option("nothing handed in")
    assert first_cells(page) == ["Émile Artin"]


def test_everything_is_there_without_the_script(open_book):
    page = open_book("book", java_script_enabled=False)
    assert len(first_cells(page)) == 5
    assert not page.get_by_label("Search").is_visible()
    assert page.locator("#points button").count() == 0


@pytest.mark.parametrize("name", ["book", "lesson", "student"])
def test_pages_fit_a_narrow_window_and_heads_stay_in_view(open_book, name):
    page = open_book(name, width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    if name == "student":
        return
    page.set_viewport_size({"width": 400, "height": 300})
    page.evaluate("document.querySelector('.tall').scrollTo(200, 100)")
    box = page.locator(".tall").bounding_box()
    head = page.locator("#points thead th").first.bounding_box()
    assert abs(head["x"] - box["x"]) <= 2
    assert abs(head["y"] - box["y"]) <= 2


def test_the_first_column_of_every_wide_table_stays_in_view(open_book):
    page = open_book("lesson", width=400)
    frame = page.locator("#tasks .scroll")
    assert frame.evaluate("each => { each.scrollTo(150, 0); return each.scrollLeft }") == 150
    first = page.locator("#tasks tbody th").first.bounding_box()
    assert abs(first["x"] - frame.bounding_box()["x"]) <= 1
    assert "gradient" in frame.evaluate("each => getComputedStyle(each).backgroundImage")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["book", "lesson", "student"])
def test_pages_are_accessible(open_book, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = open_book(name, color_scheme=scheme, bypass_csp=True)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    contrast, words = page.evaluate(f"({CONTRASTS})(document.querySelector('main'))")[0]
    assert contrast >= 4.5, words
    found = axe.run(page).response["violations"]
    assert [each["id"] for each in found] == [], json.dumps(found, indent=1)[:3000]
