"""What the playground shows and says while a point or a mean is held, and after it is let go."""

import re
from functools import partial

import numpy as np
import pytest

from tests.helpers.live_page import HOST
from tests.helpers.player_page import numbers, texts
from tests.helpers.playground_page import FREE, ORIGINAL, POINTS, enabled, means, settled, show

# The heights of the values that the curve joins by a line.
JOINED = f"""() => {{
  const {{ player }} = {HOST};
  let joined = [];
  player.curve.path = (points) => {{
    if (points[0]?.[0] < points.at(-1)?.[0]) joined = points;
  }};
  player.draw();
  delete player.curve.path;
  return joined.map(([, height]) => height);
}}"""


@pytest.fixture
def shown(open_page):
    return partial(show, open_page)


def test_a_held_mean_stays_while_the_others_move(shown, screenshot):
    live = shown(still=False)
    before = means(live)
    live.take(before[0])
    live.carry(FREE)
    settled(live)
    held = means(live)
    screenshot(live.page, "playground_mean")
    np.testing.assert_allclose(held[0], FREE, atol=0.05)
    assert np.abs(held[1:] - before[1:]).max() > 0.01
    live.page.mouse.up()
    np.testing.assert_allclose(means(live)[0], FREE, atol=0.05)
    released = live.get("state.told.at")
    assert live.get(f"state.steps[{released}].theta.weights[0]") > 0.2  # it has not become empty meanwhile
    settled(live)
    assert np.abs(means(live)[0] - FREE).max() > 0.05


def test_the_caption_says_what_em_does_while_something_is_held(shown):
    live = shown(still=False)
    caption = live.page.locator(".caption")
    live.take(POINTS[3])
    live.carry(FREE)
    assert caption.inner_text().startswith("You hold point 3, and EM follows. Round ")
    settled(live)
    assert caption.inner_text().startswith("You hold point 3, and EM has caught up. Round ")
    live.page.mouse.up()


def test_a_held_mean_and_not_em_is_why_the_likelihood_falls(shown):
    live = shown()
    for key, end, falls in [("End", (9, -3), True), ("Home", POINTS[3], False)]:
        live.press(key)
        before = live.get(f"state.steps[{live.get('indices[0]')}].lowerBound")
        live.take(means(live)[0])
        live.carry(end)
        live.wait("player.state.steps.length > 3")
        held = live.page.locator(".caption").inner_text()
        live.page.mouse.up()
        told = live.page.locator(".caption").inner_text()
        after = live.get(f"state.steps[{live.get('state.told.at')}].lowerBound")
        assert (after < before) == falls
        for text in (held, told):
            assert ("Your hold, not EM, lowers the mean log-likelihood from" in text) == falls
            assert ("The mean log-likelihood rises from" in text) == (not falls)
        assert numbers(told)[1:3] == pytest.approx([before, after], abs=6e-5)
        live.click("Undo")


def test_only_what_em_adds_is_told_of_other_points(shown):
    """The likelihoods of different points are not compared: no line joins them."""
    live = shown()
    live.press("End")
    point = under_no_mean(live)
    live.take(POINTS[point])
    live.carry((9, -3))
    live.wait("player.state.steps.length > 3")
    assert live.page.evaluate(JOINED) == []
    live.page.mouse.up()
    text = live.page.locator(".caption").inner_text()
    assert text.startswith(
        f"You moved point {point}: other points, so the curve starts again. Since then, EM has "
    )
    assert not re.search("rises|falls", text)
    added = live.get(f"state.steps[{live.get('state.told.at')}].gained")
    assert numbers(text)[1] == pytest.approx(added, abs=6e-5)
    assert added > 0


def test_a_held_component_is_marked_and_keeps_its_weight(shown, screenshot):
    live = shown(still=False)
    live.press("End")
    weight, color = live.get("state.steps.at(-1).theta.weights[1]"), bar_color(live, 1)
    live.take(means(live)[1])
    live.carry(FREE)
    text = live.page.locator(".caption").inner_text()
    assert text.startswith("You hold component 1 with its weight and shape; the others ")
    assert re.search("(lowers the|The) mean log-likelihood ", text)
    settled(live)
    assert live.get("state.steps.at(-1).theta.weights[1]") == pytest.approx(weight)
    numbers_beside = live.page.locator(".number").all_inner_texts()
    assert ["held" in number for number in numbers_beside] == [False, True, False]
    assert bar_color(live, 1) != color
    screenshot(live.page, "playground_component_held")
    live.page.mouse.up()
    assert "held" not in "".join(live.page.locator(".number").all_inner_texts())
    assert bar_color(live, 1) == color


def under_no_mean(live):
    """The index of the point that is farthest from all means."""
    return np.linalg.norm(POINTS[:, np.newaxis] - means(live), axis=2).min(axis=1).argmax()


def bar_color(live, k):
    return live.page.locator(".bar").nth(k).evaluate("(bar) => bar.style.background")


def test_the_rounds_of_a_drag_stay_and_its_end_is_marked(shown):
    """They can be stepped through; where they have converged, there is nothing to play."""
    live = shown(still=False)
    live.press("End")
    point = under_no_mean(live)
    live.take(POINTS[point])
    live.carry(FREE)
    settled(live)
    steps = live.get("state.steps.length")
    assert steps > 2
    live.page.mouse.up()
    assert live.get("state.steps.length") >= steps
    assert live.get("frame") == 2 * (steps - 1)
    assert "your change" not in texts(live.page, "curve")  # the cursor is there
    live.press("Home")
    assert "your change" in texts(live.page, "curve")
    assert live.get("scene.curve.mark") == live.get(f"state.steps[{steps - 1}].round")
    live.press("End")
    assert enabled(live) == ["First", "Back"]
    live.press(" ")
    assert not live.get("playing")
    live.page.evaluate(f"{HOST}.player.go({2 * (steps - 1)})")
    text = live.page.locator(".caption").inner_text()
    assert text.startswith(f"You moved point {point}: ")
    live.click("First")
    assert live.get("means") == live.get("state.steps[0].theta.means")
    live.click("Undo")
    assert live.get("state.points") == ORIGINAL


def test_a_mean_that_is_let_go_can_be_played_on(shown):
    live = shown()
    live.press("End")
    live.drag(means(live)[0], FREE)
    frame = live.get("frame")
    assert live.page.locator(".caption").inner_text().endswith("Press Play: EM follows.")
    assert {"Play", "Step"} <= set(enabled(live))
    live.click("Step")
    assert live.get("frame") == frame + 1
    live.press("End")
    heights = live.page.evaluate(JOINED)
    assert len(heights) > live.get("last") - frame
    assert np.diff(heights).min() >= -1e-12
