"""The player on a page, without a kernel: stepping, playing, keys, hovering, light and dark."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import e_step
from mlcourse.widgets import em_player, kmeans_frames, kmeans_player
from tests.helpers.player_page import ink, numbers, position, settled, state, texts
from tests.helpers.scenes import PLAYERS, X, em_steps, large, lloyd


def labels_of(step):
    return e_step(X, step.mixture)[1].argmax(axis=1)


def captions(page):
    """The captions of all frames."""
    return page.locator("[data-mlcourse-player]").evaluate(
        """({ player }) => Array.from({ length: player.last + 1 }, (_, frame) => {
          player.go(frame);
          return player.caption.textContent;
        })"""
    )


@pytest.mark.parametrize("name", PLAYERS)
def test_every_scene_steps_and_changes_its_picture(shown, made, screenshot, name):
    page = shown(name)
    page.get_by_label("speed").select_option("4")
    pictures = [ink(page)]
    for frame in (1, 2):
        page.get_by_role("button", name="Step").click()
        settled(page, frame)
        pictures.append(ink(page))
    assert pictures[0] != pictures[1] != pictures[2]
    page.get_by_role("button", name="Back").click()
    settled(page, 1)
    assert ink(page) == pictures[1]
    page.locator("input[type=range]").press("End")
    settled(page, state(page, "last"))
    screenshot(page.locator("section"), f"player_{name}")


@pytest.mark.parametrize("name", PLAYERS)
def test_every_scene_plays_to_its_end_and_stops_there(shown, name):
    page = shown(name)
    page.get_by_label("speed").select_option("4")
    last = state(page, "last")
    state(page, f"go({max(last - 3, 0)})")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("!document.querySelector('[data-mlcourse-player]').player.playing")
    assert state(page, "frame") == last
    assert page.get_by_role("button", name="Play").is_visible()


def test_playing_from_the_end_starts_over_and_can_be_paused(shown):
    page = shown("em_plane")
    page.locator("canvas.plane").press("End")
    settled(page, state(page, "last"))
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('[data-mlcourse-player]').player.frame === 1")
    page.get_by_role("button", name="Pause").click()
    assert not state(page, "playing ?? false")


def test_keys_step_choose_points_and_play(shown):
    page = shown("em_plane")
    plane = page.locator("canvas.plane")
    plane.press("ArrowRight")
    settled(page, 1)
    plane.press("End")
    settled(page, state(page, "last"))
    plane.press("Home")
    settled(page, 0)
    plane.press("Space")
    assert state(page, "playing")
    page.locator("input[type=range]").press("ArrowRight")
    assert not state(page, "playing")


def test_an_arrow_chooses_the_nearest_point_in_its_direction(shown):
    """The first of all is in the middle of the picture."""
    page = shown("em_plane")
    plane = page.locator("canvas.plane")
    plane.press("ArrowUp")
    first = X[state(page, "chosen")]
    assert (np.abs(first - (X.max(axis=0) + X.min(axis=0)) / 2) < np.ptp(X, axis=0) / 4).all()
    for key, direction in [
        ("ArrowDown", (0, -1)),
        ("Shift+ArrowLeft", (-1, 0)),
        ("ArrowUp", (0, 1)),
        ("Shift+ArrowRight", (1, 0)),
    ]:
        before = X[state(page, "chosen")]
        plane.press(key)
        assert (X[state(page, "chosen")] - before) @ direction > 0
    assert state(page, "frame") == 0


def test_the_keyboard_reaches_every_control(shown):
    page = shown("em_plane")
    page.keyboard.press("Tab")
    for role, name in [
        ("application", "The start"),
        ("button", "First"),
        ("button", "Back"),
        ("button", "Play"),
        ("button", "Step"),
        ("slider", "step"),
        ("combobox", "speed"),
    ]:
        assert page.get_by_role(role, name=name).evaluate("(node) => node.matches(':focus')"), name
        page.keyboard.press("Tab")


def test_the_caption_is_right_below_the_picture(shown):
    page = shown("em_plane")
    picture, caption, play = (
        page.locator(what).bounding_box() for what in ("canvas.plane", ".caption", "[aria-label=Play]")
    )
    assert picture["y"] + picture["height"] <= caption["y"] < picture["y"] + picture["height"] + 10
    assert caption["y"] + caption["height"] <= play["y"]
    heights = {page.locator(".caption").bounding_box()["height"]}
    for frame in range(1, 6):
        state(page, f"go({frame})")
        heights.add(page.locator(".caption").bounding_box()["height"])
    assert len(heights) == 1


def test_names_of_controls_are_the_words_on_them(shown):
    page = shown("em_plane")
    for name in ("First", "Back", "Play", "Step"):
        assert name in page.get_by_role("button", name=name, exact=True).inner_text()
    for name in ("step", "speed"):
        assert name in page.locator(".controls").inner_text()
        assert page.get_by_label(name, exact=True).is_visible()


def test_controls_that_do_nothing_are_disabled(shown):
    """And keep the focus, so that the keyboard does not have to find its way back."""
    page = shown("em_plane")
    last = state(page, "last")
    for frame, disabled in [(0, ["First", "Back"]), (1, []), (last, ["Step"])]:
        state(page, f"go({frame})")
        buttons = {name: page.get_by_role("button", name=name) for name in ("First", "Back", "Play", "Step")}
        assert [name for name, button in buttons.items() if button.is_disabled()] == disabled
    step = page.get_by_role("button", name="Step")
    step.press("Enter")
    assert state(page, "frame") == last
    assert step.evaluate("(button) => button.matches(':focus')")
    page.get_by_role("button", name="First").click()
    assert state(page, "frame") == 0


def test_the_player_shows_the_numbers_of_python(shown):
    """Weights, means and captions of the last frame are those of the last step."""
    steps = em_steps(X, 15)
    page = shown(em_player(X, steps))
    page.locator("canvas.plane").press("End")
    theta = steps[-1].mixture
    bars = np.array([numbers(text) for text in page.locator(".number").all_inner_texts()])
    np.testing.assert_allclose(bars[:, 0], theta.weights, atol=0.006)
    np.testing.assert_array_equal(bars[:, 1], np.bincount(labels_of(steps[-1])))
    label = page.locator("canvas.plane").get_attribute("aria-label")
    means = numbers(label[label.index("Means at") : label.index("Left and right")])
    np.testing.assert_allclose(np.reshape(means, (3, 2)), theta.means, atol=0.006)


def test_the_threshold_alarms_where_python_does(shown, made):
    page = shown("threshold")
    plane = made["threshold"].scene
    page.locator("canvas.plane").press("End")
    alarms = state(
        page, "planes[0].colors(14, 14, 1, -2).filter(({rgb}) => rgb.join() === '213,94,0').length"
    )
    recall, false_alarms = (line["values"][-1] for line in plane["curve"]["lines"])
    truth = plane["truth"]
    assert alarms == round(recall * truth.sum() + false_alarms * (1 - truth).sum())


def test_nothing_moves_for_readers_who_prefer_reduced_motion(shown):
    page = shown("em_plane", reduced_motion="reduce")
    page.get_by_role("button", name="Step").click()
    assert state(page, "t") == 1
    page.get_by_role("button", name="Play").click()
    assert state(page, "t") == 1


def test_a_hundred_steps_on_a_thousand_points_are_small(shown):
    player = large()
    assert len(player._repr_html_()) - len(player._png) <= 100_000  # without the still picture
    page = shown(player)
    assert state(page, "last") == 2 * 100 - 1


# ── Captions in numbers ──────────────────────────────────────────────────────────────────────────────


def test_captions_of_em_count_what_numpy_counts(shown):
    steps = em_steps(X, 15)
    start, first, *rest = captions(shown(em_player(X, steps)))
    assert start == "The start: no point has a component yet."
    sizes = np.bincount(labels_of(steps[0]))
    assert f"component\N{NO-BREAK SPACE}{sizes.argmax()} is the likeliest for {sizes.max()}" in first
    assert numbers(first)[-1] == pytest.approx(steps[0].lower_bound, abs=1e-4)
    for (before, now), moves, colours in zip(pairwise(steps), rest[::2], rest[1::2], strict=True):
        check_moves(moves, before.mixture.means, now.mixture.means)
        share = numbers(moves.split(";")[1])
        moved = numbers(moves)[1]
        weights = [step.mixture.weights[int(moved)] for step in (before, now)]
        np.testing.assert_allclose(share, weights if len(share) == 2 else weights[1:], atol=0.006)
        check_changes(colours, labels_of(before), labels_of(now))
        likelihood, gain = numbers(colours)[-2:]
        assert likelihood == pytest.approx(now.lower_bound, abs=1e-4)
        assert gain == pytest.approx(now.lower_bound - before.lower_bound, abs=1e-4)


def test_captions_of_kmeans_count_what_numpy_counts(shown):
    history = lloyd(X, X[:3])
    first, *rest = captions(shown(kmeans_player(X, history)))
    inertias = [half.inertia for half in kmeans_frames(X, history)]
    sizes = np.bincount(history[0][1])
    assert f"centre\N{NO-BREAK SPACE}{sizes.argmax()} gets the largest group, {sizes.max()} points" in first
    assert [numbers(text)[-1] for text in (first, *rest)] == pytest.approx(inertias, rel=1e-4)
    for (before, now), moves, choices in zip(pairwise(history), rest[::2], rest[1::2], strict=True):
        check_moves(moves, before[0], now[0])
        check_changes(choices, before[1], now[1])
    for (before, now), text in zip(pairwise(inertias), rest):
        falls = re.search(r"inertia falls by ([\d.]+)", text)
        assert float(falls[1] if falls else 0) == pytest.approx(before - now, rel=0.06, abs=0.01)


def check_moves(caption, before, after):
    """The caption names the mean that moves furthest, and how far."""
    distances = np.linalg.norm(after - before, axis=1)
    if "no " in caption:
        assert distances.max() < 1e-4
        return
    _, moved, distance = numbers(caption)[:3]
    assert moved == distances.argmax()
    assert distance == pytest.approx(distances.max(), rel=0.06)


def check_changes(caption, before, after):
    """The caption says how many labels change, and in which way most of them do."""
    ways = Counter(zip(before[before != after], after[before != after]))
    if not ways:
        assert "no point changes" in caption
        return
    assert f": {ways.total()} point" in caption
    *_, one, other = numbers(caption[: caption.index(";")])
    assert ways[(one, other)] == max(ways.values())
    if ways.total() > 1 and len(ways) > 1:
        assert f"{max(ways.values())} of them" in caption


def test_several_planes_share_a_caption(shown, made):
    runs = {name: em_steps(X, 10, type_name=name) for name in COVARIANCE_TYPES}
    _, first, moves, *_, last = captions(shown("types"))
    assert numbers(last)[-4:] == pytest.approx([run[-1].lower_bound for run in runs.values()], abs=1e-3)
    assert numbers(first)[-4:] == pytest.approx([run[0].lower_bound for run in runs.values()], abs=1e-3)
    changed = [(labels_of(run[-1]) != labels_of(run[-2])).sum() for run in runs.values()]
    assert numbers(last)[1:5] == changed
    furthest = [
        np.linalg.norm(run[1].mixture.means - run[0].mixture.means, axis=1).max() for run in runs.values()
    ]
    assert numbers(moves)[-4:] == pytest.approx(furthest, rel=0.06)


# ── Scales ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_start_far_below_does_not_flatten_the_likelihood(shown):
    """It is left out of the axis, which says so."""
    steps = em_steps(X, 12)
    far = steps[0]._replace(lower_bound=-50.0)
    page = shown(em_player(X, [far, *steps[1:]]))
    values = [step.lower_bound for step in steps[1:]]
    assert "Begins with E-step 1" in texts(page, "curve")
    for frame in (1, 5):
        state(page, f"go({frame})")
        bottom, top = state(page, "curve.limits.slice(2)")
        assert bottom > -50
        assert top - bottom < 1.5 * (max(values) - min(values))
        assert "↑ mean log-likelihood   starts at −50, off the scale" in texts(page, "curve")
    page = shown(em_player(X, steps[1:]))
    state(page, "go(5)")
    assert not any("start" in text for text in texts(page, "curve"))


@pytest.mark.parametrize("name", ["kmeans", "em_line", "em_plane", "types"])
def test_the_scale_of_the_curve_stays_during_a_recording(shown, name):
    page = shown(name, reduced_motion="reduce")
    scales = set()
    for frame in range(state(page, "last") + 1):
        state(page, f"go({frame})")
        scales.add(tuple(state(page, "curve.limits")))
    assert len(scales) == 1


def test_no_line_leaves_the_frame_of_the_curve(shown):
    """A start above the axis: the line is cut at the frame, below an arrow."""
    steps = em_steps(X, 12)
    page = shown(em_player(X, [steps[0]._replace(lower_bound=50.0), *steps[1:]]), reduced_motion="reduce")
    state(page, "go(5)")
    above, below = page.evaluate(INK_AROUND_THE_TOP)
    assert above == 0
    assert below > 4


# The dark pixels of the curve's canvas in a row just above the axes, and in one just below their upper edge.
INK_AROUND_THE_TOP = """() => {
  const { ctx, box } = document.querySelector('[data-mlcourse-player]').player.curve;
  return [box.top - 3, box.top + 6].map((y) => {
    const { data } = ctx.getImageData(box.left + 2, y, box.width / 2, 1);
    return data.filter((value, i) => i % 4 === 0 && value < 60).length;
  });
}"""


def test_a_click_on_the_curve_goes_to_its_step(shown):
    page = shown("em_plane", reduced_motion="reduce")
    x = state(page, "curve.px(5)")
    page.locator("canvas.curve").click(position={"x": x + 3, "y": 80})
    assert state(page, "frame") == 9  # the E-step of round 5
    assert "E-step 5" in page.locator(".caption").inner_text()


def test_the_cursor_on_the_widths_moves_with_the_slider(shown):
    page = shown("hardening", reduced_motion="reduce")
    places = []
    for key in ("Home", "ArrowRight", "End"):
        page.get_by_role("slider").press(key)
        places.append(page.evaluate(CURSOR))
    assert places == sorted(set(places))


CURSOR = """() => {
  const { curve, frame } = document.querySelector('[data-mlcourse-player]').player;
  return curve.px(curve.x[frame]);
}"""


def test_axes_of_different_units_may_have_different_scales(shown):
    """The points and the first ellipses then fill the picture."""
    wide = X * [10.0, 1.0]
    steps = em_steps(wide, 2)
    page = shown(em_player(wide, steps, equal=False))
    low, high = np.reshape(state(page, "planes[0].limits"), (2, 2)).T
    assert (np.ptp(wide, axis=0) / (high - low)).min() > 0.6
    reach = 2 * np.sqrt(np.diagonal(steps[0].mixture.full().covariances, axis1=1, axis2=2))
    assert (abs(steps[0].mixture.means - (low + high) / 2) + reach <= (high - low) / 2 + 1e-4).all()


def test_a_peak_above_the_axis_is_marked_with_its_height(shown):
    steps = em_steps(X[:, :1], 8)
    theta = steps[0].mixture
    narrow = theta._replace(
        covariances=theta.covariances / 900, precisions_cholesky=30 * theta.precisions_cholesky
    )
    page = shown(em_player(X[:, :1], [steps[0]._replace(mixture=narrow), *steps[1:]]))
    heights = np.exp(e_step(narrow.means, narrow)[0])
    marks = [numbers(text)[0] for text in texts(page, "plane") if text.startswith("peak ")]
    assert marks
    assert all(np.isclose(heights, mark, rtol=0.01).any() for mark in marks)
    page.locator("canvas.plane").press("End")
    settled(page, state(page, "last"))
    assert not any(text.startswith("peak ") for text in texts(page, "plane"))


def test_curves_have_no_colours_of_components(shown):
    """Lines of several curves differ by dashes: a colour means a component, here and in the plane."""
    page = shown("types")
    page.locator("canvas.plane").first.press("End")
    settled(page, state(page, "last"))
    pixels = page.locator("canvas.curve").evaluate(PIXELS)
    assert all(max(rgb) - min(rgb) <= 12 for rgb in pixels)  # greys
    assert len(set(page.locator(".legend path").evaluate_all(DASHES))) == 4


PIXELS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let i = 0; i < data.length; i += 4) found.add(data.slice(i, i + 3).join());
  return [...found].map((rgb) => rgb.split(",").map(Number));
}"""
DASHES = "(paths) => paths.map((path) => path.getAttribute('stroke-dasharray'))"


# ── Pinning ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_click_pins_a_point_until_it_is_released(shown):
    page = shown("em_plane")
    plane, reading = page.locator("canvas.plane"), page.locator(".reading")
    plane.click(position=position(page, 7))
    pinned = int(numbers(reading.inner_text())[0])
    assert "pinned" in reading.inner_text()
    plane.hover(position=position(page, 100))
    page.get_by_role("button", name="Step").click()
    settled(page, 1)
    assert reading.inner_text().startswith(f"point {pinned} at")
    assert "component 2" in reading.inner_text()
    plane.click(position=position(page, pinned))
    page.mouse.move(2, 2)
    assert "click" in reading.inner_text()


def test_a_click_pins_the_point_that_was_read(shown):
    dense = [np.array([[x, 0.0] for x in np.linspace(0, 1, 3000)]), np.array([[0.0, 1.0], [1.0, -1.0]])]
    points = np.vstack(dense)
    page = shown(kmeans_player(points, lloyd(points, points[[0, -1]], n_rounds=1)))
    plane, reading = page.locator("canvas.plane"), page.locator(".reading")
    box = plane.bounding_box()
    for i in (500, 1501, 2502):
        place = position(page, i)
        page.mouse.move(box["x"] + place["x"] + 0.4, box["y"] + place["y"] + 0.4)
        read = reading.inner_text()
        page.mouse.down()
        page.mouse.up()
        assert reading.inner_text() == f"{read} (pinned)"
        page.keyboard.press("Escape")


def test_enter_pins_and_escape_releases(shown):
    page = shown("em_plane")
    plane, reading = page.locator("canvas.plane"), page.locator(".reading")
    plane.press("ArrowDown")
    plane.press("Enter")
    before = ink(page)
    plane.press("ArrowRight")
    settled(page, 1)
    assert reading.inner_text().endswith("(pinned)")
    plane.press("ArrowLeft")
    settled(page, 0)
    assert ink(page) == before  # with its double ring
    plane.press("Escape")
    assert "pinned" not in reading.inner_text()
    assert ink(page) != before
    plane.press("Enter")
    page.get_by_role("button", name="Play", exact=True).press("Escape")  # wherever the focus is
    assert "pinned" not in reading.inner_text()


def test_rounding_is_not_magnified_where_em_has_converged(shown):
    page = shown(em_player(X, em_steps(X, 400)[-4:]))
    last = captions(page)[-1]
    assert last.startswith("E-step 4: nothing changes any more; mean log-likelihood")
    low, high = state(page, "curve.limits.slice(2)")
    assert high - low >= 1e-3


TEXT_HEIGHT = """(node) => {
  const text = document.createRange();
  text.selectNodeContents(node);
  return text.getBoundingClientRect().height;
}"""


def test_a_reading_of_two_lines_moves_no_button(shown):
    page = shown("em_plane")
    page.evaluate("document.body.style.width = '560px'")
    reading = page.locator(".reading")
    heights, places = [], []
    for key in ("Escape", "ArrowRight", "ArrowDown", "Enter"):
        page.locator("canvas.plane").press(key)
        heights.append(reading.evaluate(TEXT_HEIGHT))
        places.append(page.get_by_role("button", name="Play").bounding_box())
    assert max(heights) > 1.5 * min(heights)
    assert places == [places[0]] * len(places)
