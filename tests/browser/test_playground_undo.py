"""Undo in the playground takes back one change, whole."""

import re
from functools import partial

import numpy as np
import pytest

from tests.helpers.live_page import HOST
from tests.helpers.playground_page import FREE, ORIGINAL, PIXELS, POINTS, enabled, means, show


@pytest.fixture
def shown(open_page):
    return partial(show, open_page)


def choose(live, menu, value):
    live.page.get_by_role("combobox", name=menu).select_option(value)


def test_undo_says_what_it_took_back(shown):
    live = shown()
    n = len(POINTS)
    for change, text in [
        (lambda: live.tap(FREE), f"point {n} added"),
        (lambda: live.drag(POINTS[3], FREE), "point 3 moved"),
        (lambda: live.drag(means(live)[1], FREE), "the mean of component 1 moved"),
        (lambda: live.press("ArrowDown", "Delete"), r"point \d+ removed"),
        (lambda: live.click("Add a group"), "group added"),
        (lambda: live.click("New start"), "new start"),
        (lambda: choose(live, "points", "two moons"), "two moons"),
        (lambda: choose(live, "components", "1"), "1 component"),
        (lambda: choose(live, "components", "4"), "4 components"),
        (lambda: choose(live, "covariance type", "diag"), "type diag"),
    ]:
        change()
        live.click("Undo")
        assert re.fullmatch(f"Undone: {text}.", live.page.locator(".caption").inner_text())
    live.click("Clear")
    live.click("Undo")
    assert live.page.locator(".caption").inner_text() == "Undone: points cleared."


@pytest.mark.parametrize(
    "change",
    [
        lambda live: live.tap(FREE),
        lambda live: live.drag(POINTS[3], FREE),
        lambda live: live.click("Clear"),
        lambda live: live.click("Add a group"),
        lambda live: choose(live, "points", "two moons"),
        lambda live: choose(live, "components", "5"),
        lambda live: live.press("ArrowDown", "Delete"),
    ],
    ids=["tap", "drag", "clear", "group", "moons", "components", "delete"],
)
def test_undo_takes_back_one_change(shown, change):
    live = shown()
    change(live)
    assert (live.get("state.points"), live.get("state.K")) != (ORIGINAL, 3)
    live.click("Undo")
    assert (live.get("state.points"), live.get("state.K")) == (ORIGINAL, 3)
    assert live.page.get_by_role("combobox", name="components").input_value() == "3"
    assert live.page.get_by_role("button", name="Undo").get_attribute("aria-disabled") == "true"


@pytest.mark.parametrize("frame", [4, -1])
def test_undo_brings_back_the_steps_and_where_they_were(shown, frame):
    """In the middle of a run, and where it has converged: transport, slider, curve and picture."""
    live = shown()
    last = live.get("last")
    live.page.evaluate(f"{HOST}.player.go({frame % (last + 1)})")
    live.page.mouse.move(0, 0)
    curve, slider = live.page.locator("canvas.curve"), live.page.get_by_label("step", exact=True)

    def seen():
        return live.ink(), curve.evaluate(PIXELS), slider.input_value(), enabled(live), live.get("last")

    before = seen()
    live.press("n")
    assert live.page.get_by_role("button", name="Undo").is_enabled()
    live.click("Undo")
    live.page.mouse.move(0, 0)
    live.press("Escape")
    assert seen() == before


def test_quick_moves_of_one_thing_are_one_change(shown):
    live = shown()
    before = means(live)
    live.press("1", "d", "d", "w", "2", "s")
    live.click("Undo")
    assert means(live)[1][0] > before[1][0]
    live.click("Undo")
    np.testing.assert_array_equal(means(live), before)
    assert live.page.get_by_role("button", name="Undo").is_disabled()


def test_a_move_after_a_while_is_a_change_of_its_own(shown):
    live = shown()
    before = means(live)
    live.press("1", "d")
    once = means(live)
    live.page.evaluate(f"{HOST}.player.nudged.at -= 2000")
    live.press("d")
    live.click("Undo")
    np.testing.assert_array_equal(means(live), once)
    live.click("Undo")
    np.testing.assert_array_equal(means(live), before)


def test_escape_releases_a_mean_at_once(shown):
    live = shown()
    live.page.mouse.move(0, 0)
    before = live.ink()
    live.press("1")
    assert live.ink() != before
    live.press("Escape")
    assert live.ink() == before
    assert not live.page.locator(".reading").inner_text().startswith("mean")


def test_a_change_by_key_or_click_says_what_it_did(shown):
    live = shown()
    n = len(POINTS)
    for change, text in [
        (lambda: live.press("n"), f"Point {n} added"),
        (lambda: live.press("d"), f"Point {n} moved"),
        (lambda: live.press("1", "w"), "The mean of component 1 moved"),
        (lambda: live.tap(FREE), f"Point {n + 1} added"),
        (lambda: live.press("Delete"), f"Point {n + 1} removed"),
    ]:
        change()
        assert live.page.locator(".caption").inner_text() == f"{text}. Press Play: EM follows."
    live.click("Step")
    assert "M-step" in live.page.locator(".caption").inner_text()


def test_a_double_click_removes_a_point(shown):
    live = shown()
    i = int(np.argmax(POINTS[:, 1]))
    live.page.mouse.dblclick(*live.place(ORIGINAL[i]))
    assert live.get("state.points") == ORIGINAL[:i] + ORIGINAL[i + 1 :]
    assert live.page.locator(".caption").inner_text().startswith(f"Point {i} removed")
    live.click("Undo")
    assert live.get("state.points") == ORIGINAL
