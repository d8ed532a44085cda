"""The player among everything else on a page: themes, widths, touch, contrast, and pages without scripts."""

import json
import re

import numpy as np
import pytest

from mlcourse.plotting.style import PALETTE
from tests.helpers.player_page import COLORS, HTML, TWO_FRAMES, ink, position, state
from tests.helpers.scenes import LIVE, PLAYERS

# ── Never blank ──────────────────────────────────────────────────────────────────────────────────────


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
    page.locator("body > details").evaluate("(details) => { details.open = true; }")
    assert min(colors(page)) > 1
    page.locator("body > details").evaluate("(details) => { details.open = false; }")
    page.evaluate(TWO_FRAMES)
    page.evaluate("document.body.classList.add('changed')")
    page.locator("body > details").evaluate("(details) => { details.open = true; }")
    assert min(colors(page)) > 1


def test_zoom_makes_the_picture_sharper(open_page, made):
    page = open_page(device_scale_factor=1)  # a page of its own: it keeps the zoom
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
    assert curve["width"] > 200
    assert min(colors(page)) > 1
    screenshot(page.locator("section"), f"player_narrow_{name}")
    page.locator("body > div").evaluate("(column) => { column.style.width = '900px'; }")
    planes, curve = page.locator(".planes").bounding_box(), page.locator("canvas.curve").bounding_box()
    assert curve["x"] >= planes["x"] + planes["width"]


@pytest.mark.parametrize("name", ["em_plane", "types", *LIVE])
def test_on_a_small_screen_picture_and_buttons_fit(open_page, made, screenshot, name):
    """In JupyterLab in a window of 800 × 800, the picture, its words, its curve and its buttons are seen together."""
    page = open_page()
    player = made[name] if name in made else LIVE[name]()
    page.set_content(HTML.format(f"<div style='width: 470px'>{player._repr_html_()}</div>"))
    screenshot(page.locator("section"), f"player_small_{name}")
    controls = ".controls >> nth=1" if name in LIVE else ".controls"
    parts = [".planes", ".caption", "canvas.curve", controls, "p.note"]
    boxes = [page.locator(part).bounding_box() for part in parts]
    bottoms = [box["y"] + box["height"] for box in boxes]
    assert all(bottom <= box["y"] for bottom, box in zip(bottoms, boxes[1:], strict=False))
    assert bottoms[3] - boxes[0]["y"] <= 679


@pytest.mark.parametrize("name", ["em_plane", *LIVE])
def test_a_player_is_less_high_than_a_screen(open_page, made, name):
    page = open_page()
    player = made[name] if name in made else LIVE[name]()
    page.set_content(HTML.format(player._repr_html_()))
    picture, caption, controls = (
        page.locator(what).first.bounding_box() for what in (".planes", ".caption", ".controls")
    )
    assert page.locator("section").bounding_box()["height"] <= 620
    assert picture["y"] + picture["height"] + caption["height"] <= controls["y"]
    assert controls["y"] - (picture["y"] + picture["height"] + caption["height"]) < 20


READINGS = """({ player }) => {
  player.jump(player.last);
  const unread = player.section.offsetHeight;
  const heights = player.scene.points.flatMap((_, i) => player.planes.map((_, p) => {
    [player.pinned, player.chosen, player.chosenIn] = [true, i, p];
    player.read();
    return player.section.offsetHeight;
  }));
  return [...new Set([unread, ...heights])];
}"""


@pytest.mark.parametrize("name", ["em_plane", "types", "playground"])
def test_no_reading_makes_a_player_higher(open_page, made, name):
    page = open_page()
    player = made[name] if name in made else LIVE[name]()
    page.set_content(HTML.format(f"<div>{player._repr_html_()}</div>"))
    for width in (360, 400, 470, 660, 700, 760, 880, 960):
        page.locator("body > div").evaluate("(div, width) => { div.style.width = `${width}px`; }", width)
        assert len(page.locator("[data-mlcourse-player]").evaluate(READINGS)) == 1, width


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
  return {json.dumps(list(range(len(PALETTE))))}.map((k) => player.edge(k));
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


# ── Accessibility ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_axe_finds_nothing_to_complain_about(open_page, made, background):
    """axe-core's rules, on all players at once."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = open_page()
    players = [*made.values(), *(make() for make in LIVE.values())]
    shown = "".join(player._repr_html_() for player in players)
    page.set_content(HTML.format(f"<main><h1>Players</h1>{shown}</main>"))
    page.add_style_tag(content=f":root {{ color-scheme: {background} }}")
    page.add_style_tag(content=f"html, body {{ background: {BACKGROUNDS[background]} }}")
    page.evaluate("document.body.classList.add('changed')")
    page.evaluate(TWO_FRAMES)
    assert page.locator("section.dark").count() == (len(players) if background == "dark" else 0)
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


@pytest.mark.parametrize("name", LIVE)
def test_without_scripts_a_live_scene_is_a_still_picture(open_page, name):
    page = open_page(java_script_enabled=False)
    page.set_content(HTML.format(LIVE[name]()._repr_html_()))
    assert len(page.locator("img").get_attribute("alt")) > 20
    assert "still picture" in page.locator("figcaption").inner_text()
