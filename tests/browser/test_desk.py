"""Marking by hand in a browser, by keyboard alone."""

import pytest

from mlcourse.grading.report.byhand import Entry, read_entries, read_rows, write_rows
from tests.helpers.contrast import CONTRASTS
from tests.helpers.desk import desk_of, write_class


@pytest.fixture
def out(tmp_path):
    return write_class(tmp_path / "out", {"ada": "streets", "bob": "<b>songs</b>", "eve": "x" * 3000})


@pytest.fixture
def entrance(out):
    with desk_of(out) as (_, address):
        yield address


@pytest.fixture
def enter(open_page, entrance):
    """Open the desk; the page is left before the server ends, or its last requests would fail."""
    opened = []

    def enter(**options):
        page = open_page(**options)
        opened.append(page)
        page.goto(entrance)
        wait_for(page, "streets")
        return page

    yield enter
    for page in opened:
        page.goto("about:blank")


def entries(out):
    return [row.entry for row in read_rows(out / "by_hand.csv").values()]


@pytest.fixture
def refused(pages):
    """The statuses of the requests that the page has reported as refused; these are no complaints."""
    _, complaints = pages

    def refused():
        statuses = [int(text.split("status of ")[1][:3]) for text in complaints]
        complaints.clear()
        return statuses

    return refused


def wait_for(page, text):
    """Wait until a page with this text is there, with its script."""
    page.get_by_text(text, exact=True).wait_for()
    page.wait_for_load_state()


def saved(page):
    page.get_by_role("status").get_by_text("Saved.").wait_for()


def test_a_class_is_marked_by_keyboard(enter, out):
    page = enter()
    page.keyboard.press("2")
    page.keyboard.press(".")
    saved(page)
    page.keyboard.press("c")
    page.keyboard.type("Why is it n1 here?")
    page.keyboard.press("Control+Enter")
    wait_for(page, "<b>songs</b>")
    assert entries(out) == [Entry("2.5", "Why is it n1 here?"), Entry(), Entry()]
    page.keyboard.press("1")
    page.keyboard.press("n")
    wait_for(page, "x" * 3000)
    page.keyboard.press("p")
    wait_for(page, "2 of 3 marked")
    assert page.get_by_label("Points", exact=False).first.input_value() == "1"
    assert entries(out)[1] == Entry("1")


def test_an_entry_that_is_not_valid_keeps_the_page(enter, out, refused):
    page = enter()
    page.keyboard.press("9")
    page.get_by_role("status").get_by_text("'9' is not a number from 0 to 3").wait_for()
    page.keyboard.press("n")
    assert page.locator("#points").get_attribute("aria-invalid") == "true"
    page.keyboard.press("3")
    saved(page)
    assert entries(out)[0] == Entry("3")
    assert set(refused()) == {422}


def test_both_sides_of_a_conflict_are_shown(enter, out, refused):
    page = enter()
    (key, row), *_ = read_rows(out / "by_hand.csv").items()
    write_rows(out / "by_hand.csv", {key: row._replace(entry=Entry("1", "theirs"))})
    page.keyboard.press("2")
    page.get_by_role("button", name="Use mine").click()
    page.get_by_text("Two people or programs disagree").wait_for(state="detached")
    assert read_entries(out / "by_hand.csv") == {key: Entry("2")}
    assert refused() == [409]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_and_fits(enter, screenshot, scheme):
    page = enter(color_scheme=scheme, bypass_csp=True)  # what measures the page is a script of the test
    page.keyboard.press("n")
    wait_for(page, "<b>songs</b>")
    for width in (400, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        screenshot(page, f"desk-{scheme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("body").evaluate(CONTRASTS)[0][0] >= 4.5
