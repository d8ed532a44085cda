"""The player on a page, without a kernel: stepping, playing, keys, hovering, light and dark."""

import json
import re

import numpy as np
import pytest

from mlcourse.mixture import e_step
from mlcourse.plotting.style import PALETTE
from mlcourse.widgets import em_player
from tests.helpers.scenes import CENTERS, PLAYERS, X, em_steps, large

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


def ink(page):
    """The pixels of the first plane, as a data URL."""
    return page.locator("canvas.plane").first.evaluate("(canvas) => canvas.toDataURL()")


@pytest.mark.parametrize("name", PLAYERS)
def test_every_scene_steps_and_changes_its_picture(shown, made, screenshot, name):
    page = shown(name)
    page.get_by_label("speed").select_option("4")
    pictures = [ink(page)]
    for frame in (1, 2):
        page.get_by_role("button", name="Step forward").click()
        settled(page, frame)
        pictures.append(ink(page))
    assert pictures[0] != pictures[1] != pictures[2]
    page.get_by_role("button", name="Step back").click()
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
    names = []
    for _ in range(6):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "document.querySelector('[data-mlcourse-player]').shadowRoot.activeElement.getAttribute('aria-label')"
            )
        )
    assert [name.split(" ")[0] for name in names] == ["The", "Step", "Play", "Step", "frame", "speed"]


def test_hovering_shows_the_responsibilities_of_the_package(shown):
    steps = em_steps(X, 15)
    page = shown(em_player(X, steps))
    page.locator("canvas.plane").press("End")
    settled(page, state(page, "last"))
    R = e_step(X, steps[-1].mixture)[1]
    i = int(np.abs(R.max(axis=1) - 0.8).argmin())  # a point that components share
    place = state(page, f"planes[0].place({i})")
    at = state(page, "planes[0]") and [
        state(page, f"planes[0].px({place[0]})"),
        state(page, f"planes[0].py({place[1]})"),
    ]
    page.locator("canvas.plane").hover(position={"x": at[0], "y": at[1]})
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
    assert (
        page.locator(".caption").inner_text()
        == f"E-step 15. Mean log-likelihood {steps[-1].lower_bound:.4f}."
    )
    bars = [float(text) for text in page.locator(".number").all_inner_texts()]
    np.testing.assert_allclose(bars, theta.weights, atol=0.006)
    label = page.locator("canvas.plane").get_attribute("aria-label")
    means = np.array(re.findall(r"\((-?[\d.]+), (-?[\d.]+)\)", label), dtype=float)
    np.testing.assert_allclose(means, theta.means, atol=0.006)


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
    page.get_by_role("button", name="Step forward").click()
    assert state(page, "t") == 1
    page.get_by_role("button", name="Play").click()
    assert state(page, "t") == 1


def test_a_hundred_steps_on_a_thousand_points_are_small(shown):
    player = large()
    assert len(player._repr_html_()) - len(player._png) <= 100_000  # without the still picture
    page = shown(player)
    assert state(page, "last") == 2 * 100 - 1


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
    page.get_by_role("button", name="Step forward").first.click()
    hosts = "[...document.querySelectorAll('[data-mlcourse-player]')]"
    frames = page.evaluate(f"{hosts}.map((host) => host.player.frame)")
    assert frames == [1, 0]
