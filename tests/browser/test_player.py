"""The player on a page, without a kernel: stepping, playing, keys, hovering, light and dark."""

import json
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from mlcourse.gaussians import COVARIANCE_TYPES
from mlcourse.mixture import e_step
from mlcourse.plotting.style import PALETTE
from mlcourse.widgets import em_player, kmeans_frames, kmeans_player
from tests.helpers.scenes import CENTERS, PLAYERS, X, em_steps, large, lloyd

HTML = "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>A page</title></head><body>{}</body></html>"


@pytest.fixture(scope="module")
def made():
    """Every player, made once."""
    return {name: make() for name, make in PLAYERS.items()}


@pytest.fixture
def shown(open_page, made):
    """Put a player on a page of its own and return the page."""

    def show(player, **options):
        page = open_page(**options)
        page.set_content(HTML.format((made[player] if isinstance(player, str) else player)._repr_html_()))
        page.wait_for_function("document.querySelector('[data-mlcourse-player]').player")
        return page

    return show


def state(page, expression):
    """A property of the player on the page, such as `frame`."""
    return page.evaluate(f"document.querySelector('[data-mlcourse-player]').player.{expression}")


def settled(page, frame):
    page.wait_for_function(
        f"(({{frame, t}}) => frame === {frame} && t === 1)(document.querySelector('[data-mlcourse-player]').player)"
    )


def position(page, i):
    """Where point i is on the canvas."""
    return page.locator("[data-mlcourse-player]").evaluate(
        """({ player: { planes: [plane] } }, i) => {
          const [x, y] = plane.place(i);
          return { x: plane.px(x), y: plane.py(y) };
        }""",
        i,
    )


def numbers(text):
    """The numbers in a text, whose minus signs are true ones."""
    return [float(number.replace("−", "-")) for number in re.findall(r"−?[\d.]*\d", text)]


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


def ink(page):
    """The pixels of the first plane, as a data URL."""
    return page.locator("canvas.plane").first.evaluate("(canvas) => canvas.toDataURL()")


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
    plane.press("ArrowDown")
    assert page.locator(".reading").inner_text().startswith("point 0 at")
    plane.press("ArrowUp")
    assert page.locator(".reading").inner_text().startswith(f"point {len(X) - 1} at")
    plane.press("End")
    settled(page, state(page, "last"))
    plane.press("Home")
    settled(page, 0)
    plane.press("Space")
    assert state(page, "playing")
    page.locator("input[type=range]").press("ArrowRight")
    assert not state(page, "playing")


def test_the_keyboard_reaches_every_control(shown):
    page = shown("em_plane")
    page.keyboard.press("Tab")
    for role, name in [
        ("application", "The start"),
        ("button", "First"),
        ("button", "Back"),
        ("button", "Play"),
        ("button", "Step"),
        ("slider", "frame"),
        ("combobox", "speed"),
    ]:
        assert page.get_by_role(role, name=name).evaluate("(node) => node.matches(':focus')"), name
        page.keyboard.press("Tab")


def test_names_of_controls_are_the_words_on_them(shown):
    page = shown("em_plane")
    for name in ("First", "Back", "Play", "Step"):
        assert name in page.get_by_role("button", name=name, exact=True).inner_text()
    for name in ("frame", "speed"):
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


def test_hovering_shows_the_responsibilities_of_the_package(shown):
    steps = em_steps(X, 15)
    page = shown(em_player(X, steps))
    page.locator("canvas.plane").press("End")
    settled(page, state(page, "last"))
    R = e_step(X, steps[-1].mixture)[1]
    i = int(np.abs(R.max(axis=1) - 0.8).argmin())  # a point that components share
    page.locator("canvas.plane").hover(position=position(page, i))
    description = page.locator(".reading").inner_text()
    number = int(re.match(r"point (\d+)", description)[1])
    shares = [float(share) for share in re.findall(r"component \d ([\d.]+)", description)]
    np.testing.assert_allclose(shares, R[number], atol=6e-4)
    np.testing.assert_allclose(X[number], X[i], atol=0.3)


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
    assert f"component {sizes.argmax()} is the likeliest for the largest group, {sizes.max()} points" in first
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
    assert f"centre {sizes.argmax()} gets the largest group, {sizes.max()} points" in first
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

TEXTS = """({ player }, panel) => {
  const { ctx } = player[panel] ?? player.planes[0];
  const texts = [];
  const write = ctx.fillText;
  ctx.fillText = (text, ...rest) => {
    texts.push(text);
    write.call(ctx, text, ...rest);
  };
  player.draw();
  ctx.fillText = write;
  return texts;
}"""


def texts(page, panel):
    """What the player writes on a panel."""
    return page.locator("[data-mlcourse-player]").evaluate(TEXTS, panel)


def test_a_start_far_below_does_not_flatten_the_likelihood(shown):
    """It is left out of the axis, which says so."""
    steps = em_steps(X, 12)
    far = steps[0]._replace(lower_bound=-50.0)
    page = shown(em_player(X, [far, *steps[1:]]))
    bottom, top = state(page, "curve.limits.slice(2)")
    values = [step.lower_bound for step in steps[1:]]
    assert bottom > -50
    assert top - bottom < 1.5 * (max(values) - min(values))
    assert "↓ below this axis: the start, at −50" in texts(page, "curve")
    assert not any("this axis" in text for text in texts(shown(em_player(X, steps[1:])), "curve"))


def test_a_peak_above_the_axis_is_marked_with_its_height(shown):
    steps = em_steps(X[:, :1], 8)
    theta = steps[0].mixture
    narrow = theta._replace(
        covariances=theta.covariances / 900, precisions_cholesky=30 * theta.precisions_cholesky
    )
    page = shown(em_player(X[:, :1], [steps[0]._replace(mixture=narrow), *steps[1:]]))
    heights = np.exp(e_step(narrow.means, narrow)[0])
    marks = [
        numbers(text)[0] for text in texts(page, "plane") if text.startswith("↑ ") and "density" not in text
    ]
    assert marks
    assert all(np.isclose(heights, mark, rtol=0.01).any() for mark in marks)
    page.locator("canvas.plane").press("End")
    settled(page, state(page, "last"))
    assert not any(re.match(r"↑ \d", text) for text in texts(page, "plane"))


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


# ── Never blank ──────────────────────────────────────────────────────────────────────────────────────

COLORS = """(canvas) => {
  const { width, height } = canvas;
  if (!width || !height) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def colors(page):
    """The number of colours on each canvas, after the browser has drawn what it had to draw."""
    page.evaluate(TWO_FRAMES)
    return [canvas.evaluate(COLORS) for canvas in page.locator("canvas").all()]


@pytest.mark.parametrize("name", ["types", "em_line"])
def test_a_theme_that_hides_the_page_for_a_frame_blanks_nothing(shown, name):
    """As JupyterLab does when it changes the theme."""
    page = shown(name)
    page.evaluate(
        """() => {
          document.documentElement.style.background = "#111";
          document.body.style.display = "none";
          document.body.dataset.jpThemeLight = "false";
          requestAnimationFrame(() => { document.body.style.display = ""; });
        }"""
    )
    assert min(colors(page)) > 1
    assert page.locator("section").evaluate("(section) => section.classList.contains('dark')")
    corner = page.locator("canvas.plane").first.evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(1, 1, 1, 1).data]"
    )
    assert corner[:3] == state(page, "look.paper")


def test_a_player_in_closed_details_is_there_when_they_open(open_page, made):
    page = open_page()
    page.set_content(HTML.format(f"<details>{made['em_plane']._repr_html_()}</details>"))
    page.locator("details").evaluate("(details) => { details.open = true; }")
    assert min(colors(page)) > 1
    page.locator("details").evaluate("(details) => { details.open = false; }")
    page.evaluate(TWO_FRAMES)
    page.evaluate("document.body.classList.add('changed')")
    page.locator("details").evaluate("(details) => { details.open = true; }")
    assert min(colors(page)) > 1


def test_zoom_makes_the_picture_sharper(open_page, made):
    page = open_page()
    page.set_content(HTML.format(f"<div style='width: 400px'>{made['em_plane']._repr_html_()}</div>"))
    sharpness = "({ width, clientWidth }) => width / clientWidth"
    before = page.locator("canvas.plane").evaluate(sharpness)
    page.context.new_cdp_session(page).send(
        "Emulation.setDeviceMetricsOverride",
        {"width": 550, "height": 450, "deviceScaleFactor": 2, "mobile": False},
    )
    assert min(colors(page)) > 1
    assert page.locator("canvas.plane").evaluate(sharpness) == pytest.approx(2 * before, rel=0.01)


def test_a_dark_page_is_printed_in_light_colours(shown):
    page = shown("em_plane")
    page.add_style_tag(content="html, body { background: #111111 }")
    page.evaluate("document.body.classList.add('changed')")
    page.evaluate(TWO_FRAMES)
    dark = ink(page)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert state(page, "look.paper") == [255, 255, 255]
    printed = ink(page)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert ink(page) == dark != printed


@pytest.mark.parametrize("name", ["em_plane", "types", "threshold"])
def test_in_a_narrow_column_the_pictures_are_stacked(open_page, made, screenshot, name):
    """The width of the player decides, not that of the window."""
    page = open_page()
    page.set_content(HTML.format(f"<div style='width: 480px'>{made[name]._repr_html_()}</div>"))
    planes, curve = page.locator(".planes").bounding_box(), page.locator("canvas.curve").bounding_box()
    assert curve["y"] >= planes["y"] + planes["height"]
    assert curve["width"] > 440
    assert min(colors(page)) > 1
    screenshot(page.locator("section"), f"player_narrow_{name}")
    page.locator("body > div").evaluate("(column) => { column.style.width = '900px'; }")
    planes, curve = page.locator(".planes").bounding_box(), page.locator("canvas.curve").bounding_box()
    assert curve["x"] >= planes["x"] + planes["width"]


# ── Touch ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finger_on_the_picture_scrolls_the_page(shown):
    page = shown("em_plane", has_touch=True)
    page.add_style_tag(content="body { height: 4000px }")
    box = page.locator("canvas.plane").bounding_box()
    finger = page.context.new_cdp_session(page)
    x, y = box["x"] + 200, box["y"] + 250
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for up in range(20, 201, 20):
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - up}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("scrollY > 100")


def test_a_tap_shows_the_numbers_of_a_point(shown):
    page = shown("em_plane", has_touch=True)
    box, place = page.locator("canvas.plane").bounding_box(), position(page, 7)
    page.touchscreen.tap(box["x"] + place["x"], box["y"] + place["y"])
    page.wait_for_function(
        "document.querySelector('[data-mlcourse-player]').player.reading.textContent.startsWith('point')"
    )


# ── Light, dark, and contrast ────────────────────────────────────────────────────────────────────────

BACKGROUNDS = {"light": "white", "dark": "#111111"}


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_words_and_marks_have_enough_contrast(shown, screenshot, background):
    """WCAG 2.1 AA: 4.5 for text, 3 for controls and for the outlines of all marks (1.4.3, 1.4.11)."""
    page = shown("em_plane")
    page.add_style_tag(content=f"html, body {{ background: {BACKGROUNDS[background]} }}")
    page.evaluate("document.body.classList.add('changed')")
    page.wait_for_function(
        "(dark) => document.querySelector('[data-mlcourse-player]').shadowRoot.querySelector('section')"
        ".classList.contains('dark') === dark",
        arg=background == "dark",
    )
    screenshot(page, f"player_{background}")
    paper = page.locator("section").evaluate("(section) => getComputedStyle(section).backgroundColor")
    for selector in (".caption", ".reading", ".note", "button >> nth=0", "select", ".weight >> nth=0"):
        text = page.locator(selector).first.evaluate("(node) => getComputedStyle(node).color")
        assert contrast(text, paper) >= 4.5, selector
    for selector in ("button >> nth=0", "select", ".track >> nth=0"):
        edge = page.locator(selector).first.evaluate("(node) => getComputedStyle(node).borderTopColor")
        assert contrast(edge, paper) >= 3, selector
    look = state(page, "look")
    assert contrast(look["ink"], look["paper"]) >= 4.5
    assert contrast(look["pale"], look["paper"]) >= 4.5
    for outline in page.evaluate(OUTLINES):
        assert contrast(outline, look["paper"]) >= 3


# The colour of each component's outline.
OUTLINES = f"""() => {{
  const player = document.querySelector('[data-mlcourse-player]').player;
  return {json.dumps(list(range(len(PALETTE))))}.map((k) => player.outlineOf(k));
}}"""


def contrast(one, other):
    """WCAG's contrast ratio of two colours, given as CSS or as lists of 0..255."""
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color):
    rgb = [float(v) for v in re.findall(r"[\d.]+", color)[:3]] if isinstance(color, str) else color
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in rgb)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_the_contrast_of_black_on_white_is_21():
    assert contrast("rgb(0, 0, 0)", [255, 255, 255]) == pytest.approx(21)


# ── The playground ───────────────────────────────────────────────────────────────────────────────────


def test_a_click_adds_a_point_and_a_drag_moves_it(shown):
    page = shown("playground")
    before = state(page, "points.length")
    plane = page.locator("canvas.plane")
    plane.click(position={"x": 90, "y": 60})
    assert state(page, "points.length") == before + 1
    box = plane.bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 190, box["y"] + 160, steps=5)
    page.mouse.up()
    assert state(page, "points.length") == before + 1
    moved = state(page, "points.at(-1)")
    np.testing.assert_allclose(moved, state(page, "planes[0].dataAt(190, 160)"), atol=0.05)


def test_the_playground_controls_work(shown):
    page = shown("playground")
    page.get_by_label("components K").select_option("2")
    assert len(state(page, "scene.planes[0].mixtures[0].means")) == 2
    page.get_by_label("covariance type").select_option("spherical")
    (a, b), (c, d) = state(page, "scene.planes[0].mixtures.at(-1).covariances[0]")
    assert a == d
    assert b == c == 0
    start = state(page, "scene.planes[0].mixtures[0].means")
    page.get_by_role("button", name="New start").click()
    assert state(page, "scene.planes[0].mixtures[0].means") != start
    page.get_by_role("button", name="Clear").click()
    assert state(page, "points.length") == 0
    assert "more than 2 points" in page.locator(".caption").inner_text()
    page.get_by_role("button", name="Add a group").click()
    assert state(page, "points.length") == 30
    assert state(page, "last") > 1


def test_the_playground_works_without_a_mouse(shown):
    page = shown("playground")
    before = state(page, "points.length")
    plane = page.locator("canvas.plane")
    plane.press("Enter")
    assert state(page, "points.length") == before + 1
    x, y = state(page, "points.at(-1)")
    plane.press("w")
    plane.press("d")
    moved = state(page, "points.at(-1)")
    assert moved[0] > x
    assert moved[1] > y
    plane.press("Delete")
    assert state(page, "points.length") == before


def test_the_likelihood_in_the_playground_never_falls(shown):
    page = shown("playground")
    values = [value for value in state(page, "scene.curve.lines[0].values") if value is not None]
    assert np.diff(values).min() >= -1e-6
    assert len(CENTERS) == len(state(page, "scene.planes[0].mixtures[0].means"))


# ── Accessibility ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_axe_finds_nothing_to_complain_about(open_page, made, background):
    """axe-core's rules, on all players at once."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = open_page()
    players = "".join(player._repr_html_() for player in made.values())
    page.set_content(HTML.format(f"<main><h1>Players</h1>{players}</main>"))
    page.add_style_tag(content=f":root {{ color-scheme: {background} }}")
    page.add_style_tag(content=f"html, body {{ background: {BACKGROUNDS[background]} }}")
    page.evaluate("document.body.classList.add('changed')")
    page.evaluate(TWO_FRAMES)
    assert page.locator("section.dark").count() == (len(made) if background == "dark" else 0)
    broken = axe.run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in broken] == []


# ── Where scripts do not run ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PLAYERS)
def test_without_scripts_there_is_a_picture_and_a_sentence(open_page, made, name):
    page = open_page(java_script_enabled=False)
    page.set_content(HTML.format(made[name]._repr_html_()))
    picture = page.locator("img")
    assert picture.is_visible()
    assert len(picture.get_attribute("alt")) > 20
    assert "still picture" in page.locator("figcaption").inner_text()


def test_two_players_on_one_page_are_independent(open_page, made):
    page = open_page()
    page.set_content(HTML.format(made["kmeans"]._repr_html_() + made["em_plane"]._repr_html_()))
    page.wait_for_function(
        "[...document.querySelectorAll('[data-mlcourse-player]')].every((host) => host.player)"
    )
    page.get_by_role("button", name="Step").first.click()
    hosts = "[...document.querySelectorAll('[data-mlcourse-player]')]"
    frames = page.evaluate(f"{hosts}.map((host) => host.player.frame)")
    assert frames == [1, 0]
