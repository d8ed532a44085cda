"""The playground on a page: EM follows while points and means are moved, everything can be undone."""

import re
from functools import partial
from itertools import islice

import numpy as np
import pytest

from mlcourse import KMeans
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, em, expectation_over
from mlcourse.widgets import playground
from mlcourse.widgets.player import parameters
from tests.helpers.live_page import HOST, LivePage
from tests.helpers.player_page import TWO_FRAMES, numbers, texts
from tests.helpers.playground_page import FREE, ORIGINAL, POINTS, enabled, means, settled, show
from tests.helpers.scenes import LIVE


@pytest.fixture
def shown(open_page):
    return partial(show, open_page)


def mixture(theta):
    """A mixture of the page as one of the package."""
    covariances = np.array(theta["covariances"])
    precisions = np.linalg.inv(np.linalg.cholesky(covariances)).swapaxes(1, 2)
    return Mixture(
        np.array(theta["weights"]),
        np.array(theta["means"]),
        covariances,
        precisions,
        CovarianceType.named("full"),
    )


def test_a_tap_adds_a_point_and_a_drag_moves_it(shown):
    live = shown()
    live.tap(FREE)
    assert len(live.get("state.points")) == len(POINTS) + 1
    live.drag(FREE, (3, 4))
    assert len(live.get("state.points")) == len(POINTS) + 1
    np.testing.assert_allclose(live.get("state.points.at(-1)"), (3, 4), atol=0.05)


def test_em_follows_while_a_point_is_held(shown, screenshot):
    """Before the point is let go, EM has converged on the points as they are."""
    live = shown(still=False)
    settled(live)
    live.tap(FREE)
    settled(live)
    before = means(live)
    live.take(FREE)
    live.carry((4, 5))
    settled(live)
    screenshot(live.page, "playground_held")
    assert np.abs(means(live) - before).max() > 0.01
    at = mixture(live.get("state.steps.at(-1).theta"))
    first, second = islice(em(expectation_over(np.array(live.get("state.points"))), at), 2)
    assert first.lower_bound == pytest.approx(live.get("state.steps.at(-1).lowerBound"), abs=1e-9)
    assert 0 <= second.lower_bound - first.lower_bound < 1e-6
    live.page.mouse.up()


def test_after_letting_go_every_round_is_one_of_the_package(shown):
    live = shown()
    live.drag(means(live)[0], FREE)
    steps = live.get("state.steps")[live.get("state.told.at") :]
    assert len(steps) > 2
    points = np.array(live.get("state.points"))
    ours = islice(em(expectation_over(points), mixture(steps[0]["theta"]), reg_covar=1e-6), len(steps))
    for here, there in zip(ours, steps, strict=True):
        assert there["lowerBound"] == pytest.approx(here.lower_bound, abs=1e-9)
        for name, value in parameters(here.mixture).items():
            np.testing.assert_allclose(there["theta"][name], value, atol=1e-9, rtol=1e-9)
    assert np.diff([step["lowerBound"] for step in steps]).min() >= -1e-12


def test_em_starts_anew_when_a_group_is_added(shown):
    """Else, components that have collapsed on a few points would stay there."""
    live = shown()
    live.click("Clear")
    for x in (1.0, 1.5, 2.0, 2.5):
        live.tap((x, 2.0))
    live.click("Add a group")
    assert len(live.get("state.points")) == 34
    variances = [np.linalg.eigvalsh(S)[0] for S in live.get("state.steps[0].theta.covariances")]
    assert min(variances) > 1e-3


def test_undo_stops_em_until_the_reader_goes_on(shown):
    live = shown(still=False)
    before = means(live)
    live.tap(FREE)
    live.click("Play")
    live.wait("player.frame > 1")
    live.click("Undo")
    live.page.evaluate(TWO_FRAMES)
    np.testing.assert_array_equal(means(live), before)
    assert not live.get("playing")


def test_nothing_plays_where_there_is_nothing_to_play(shown):
    live = shown()
    live.click("Clear")
    live.press(" ", "Control+z", "Control+z", "Control+z")
    assert enabled(live) == ["Play", "Step"]
    live.click("Clear")
    live.press(" ")
    assert enabled(live) == []
    assert live.page.get_by_role("button", name="Play").inner_text() == "▶ Play"


def test_a_change_waits_for_play_and_a_run_goes_on_after_it(shown):
    live = shown(still=False)
    for change in (
        lambda: live.tap(FREE),
        lambda: live.press("1", "d"),
        lambda: live.page.get_by_role("combobox", name="points").select_option("two moons"),
        lambda: live.click("New start"),
    ):
        live.click("Step")
        change()
        assert (live.get("frame"), live.get("playing")) == (0, False)
        assert enabled(live) == ["Play", "Step"]
    live.click("Play")
    live.tap(np.array(live.get("scene.planes[0].limits"))[[0, 3]])
    assert live.get("playing")
    live.wait("player.frame > 1")


def test_a_mean_moved_by_a_key_stays_and_says_what_is_to_come(shown):
    live = shown()
    live.press("End", "0")
    (x, y), *_ = means(live)
    live.press("d", "d")
    (u, v), *_ = means(live)
    assert u > x
    assert v == y
    reading = live.page.locator(".reading").inner_text()
    assert numbers(reading)[:3] == pytest.approx([0, u, v], abs=0.006)
    assert numbers(reading)[3] == live.get("state.steps.length") - 1 > 0


def test_a_mean_under_the_pointer_is_named(shown):
    live = shown()
    live.page.mouse.move(*live.place(means(live)[2]))
    assert live.page.locator(".reading").inner_text().startswith("mean of component 2 at")
    assert live.plane.evaluate("(canvas) => canvas.style.cursor") == "grab"
    live.page.mouse.move(0, 0)
    assert not live.page.locator(".reading").inner_text().startswith("mean")


def test_rounds_on_the_curve_are_whole_numbers(shown):
    live = shown()
    live.press("n")
    for _ in range(2):
        marks = [text for text in texts(live.page, "curve") if text.isdecimal()]
        assert len(marks) >= 2
        assert not any(re.fullmatch(r"[1-9]\d*\.\d+", text) for text in texts(live.page, "curve"))
        live.page.get_by_role("combobox", name="components").select_option("1")


def test_the_keyboard_undoes_from_anywhere_in_the_player(shown):
    live = shown()
    live.press("n", "n", "Control+z")
    assert len(live.get("state.points")) == len(POINTS) + 1
    live.page.get_by_role("button", name="Clear").press("Enter")
    assert live.get("state.points") == []
    live.page.get_by_role("button", name="Clear").press("Meta+z")
    assert len(live.get("state.points")) == len(POINTS) + 1


def test_the_playground_works_without_a_mouse(shown):
    live = shown()
    live.press("n")
    x, y = live.get("state.points.at(-1)")
    live.press("w", "d")
    moved = live.get("state.points.at(-1)")
    assert moved[0] > x
    assert moved[1] > y
    live.press("Delete")
    assert live.get("state.points") == ORIGINAL
    settled(live)
    k, before = 1, means(live)
    live.press(str(k))
    assert live.page.locator(".reading").inner_text().startswith(f"mean of component {k} at")
    live.press("Delete")
    assert live.page.locator(".caption").inner_text() == "Only points can be removed."
    live.press("s")
    assert live.get("state.points") == ORIGINAL
    assert live.get(f"state.steps[0].theta.means[{k}][1]") < before[k][1]


def test_data_sets_are_the_same_at_every_visit(shown, screenshot):
    visits = []
    for _ in range(2):
        live = shown()
        sets = live.page.get_by_role("combobox", name="points")
        names = [name for name in sets.locator("option").all_inner_texts() if name != "your points"]
        visit = {}
        for name in names[1:]:
            sets.select_option(name)
            settled(live)
            visit[name] = live.get("state.points")
            screenshot(live.page.locator("section"), f"playground_{name.replace(' ', '_')}")
        visits.append(visit)
        sets.select_option("original points")
        assert live.get("state.points") == ORIGINAL
    assert visits[0] == visits[1]
    assert len(visits[0]) == 5
    left, right, bottom, top = live.get("scene.planes[0].limits")
    for points in visits[0].values():
        x, y = np.transpose(points)
        assert left < x.min() < x.max() < right
        assert bottom < y.min() < y.max() < top


def test_the_points_fill_their_picture(shown):
    live = shown()
    left, right, bottom, top = live.get("scene.planes[0].limits")
    spread = np.ptp(POINTS, axis=0) / (right - left, top - bottom)
    assert 0.6 < spread.min() <= spread.max() < 0.82  # ellipses of the start need room, too


def test_axes_have_names_for_the_original_points_alone(open_page):
    live = LivePage(open_page(), playground(POINTS, features=("duration", "wait")))
    live.page.locator(".controls summary").click()
    sets = live.page.get_by_role("combobox", name="points")
    for name, wanted in [
        ("two moons", {"feature 1", "↑ feature 2"}),
        ("original points", {"duration", "↑ wait"}),
    ]:
        sets.select_option(name)
        assert wanted <= set(texts(live.page, "plane"))


def test_a_preset_fills_the_view_and_brings_its_components(shown):
    live = shown()
    live.press("ArrowDown", "Enter")
    assert live.get("pinned")
    live.page.get_by_role("combobox", name="points").select_option("two moons")
    assert (live.get("pinned"), live.get("chosen")) == (False, -1)  # another point has its number now
    assert live.page.get_by_role("combobox", name="components").input_value() == "2"
    assert len(means(live)) == 2
    left, right, bottom, top = live.get("scene.planes[0].limits")
    shares = np.ptp(live.get("state.points"), axis=0) / [right - left, top - bottom]
    assert (shares > 0.6).all()
    live.page.get_by_role("combobox", name="points").select_option("original points")
    assert (live.get("state.points"), live.get("state.K")) == (ORIGINAL, 3)


def test_edited_points_are_called_your_points(shown):
    live = shown()
    sets = live.page.get_by_role("combobox", name="points")
    assert sets.input_value() == "original points"
    live.tap(FREE)
    assert sets.evaluate("(select) => select.selectedOptions[0].textContent") == "your points"


def test_number_and_type_of_components_can_be_chosen(shown):
    live = shown()
    live.page.get_by_role("combobox", name="components").select_option("2")
    settled(live)
    assert len(means(live)) == 2
    live.page.get_by_label("covariance type").select_option("spherical")
    settled(live)
    (a, b), (c, d) = live.get("state.steps.at(-1).theta.covariances[0]")
    assert a == d
    assert b == c == 0
    start = live.get("state.steps[0].theta.means")
    live.click("New start")
    assert live.get("state.steps[0].theta.means") != start


def test_too_few_points_say_how_many_are_missing(shown):
    live = shown()
    live.click("Clear")
    assert "place 4 more" in live.page.locator(".caption").first.inner_text()
    live.tap(FREE)
    live.drag(FREE, (3, 4))
    assert "place 3 more" in live.page.locator(".caption").first.inner_text()
    live.click("Clear")
    live.click("Add a group")
    settled(live)
    assert len(live.get("state.points")) == 30
    assert live.get("last") > 1


def test_the_ghost_is_where_k_means_would_end(shown, screenshot):
    live = shown()
    settled(live)
    before = live.ink()
    assert "✕ and dashes: k-means" not in texts(live.page, "plane")
    start = np.array(live.get("state.steps[0].theta.means"))
    box = live.page.get_by_label("what k-means would do")
    box.check()
    assert live.ink() != before
    assert "✕ and dashes: k-means" in texts(live.page, "plane")
    screenshot(live.page, "playground_ghost")
    oracle = KMeans(3, init=start, n_init=1, tol=0).fit(POINTS)
    ghost = np.array(live.get("rival"))
    assert KMeans(3, init=ghost, n_init=1, max_iter=1).fit(POINTS).inertia_ == pytest.approx(
        oracle.inertia_, rel=1e-9
    )
    theirs = live.page.locator(".caption").inner_text()
    assert "k-means would group" in theirs
    assert f"of {len(POINTS)} points differently" in theirs
    box.uncheck()
    assert live.ink() == before


AROUND = """(canvas, [x, y]) => {
  const { data } = canvas.getContext("2d").getImageData(Math.round(x) - 20, Math.round(y) - 20, 40, 40);
  return [...data].filter((_, i) => i % 4 === 0);
}"""


def test_a_cross_can_be_seen_beside_a_number(shown):
    """Where k-means and EM agree, the cross stands beside the number, and hides nothing of it."""
    live = shown()
    x, y = live.get("means[0]")
    at = live.get(f"planes[0].px({x})"), live.get(f"planes[0].py({y})")
    before = live.plane.evaluate(AROUND, at)
    live.page.evaluate(f"Object.defineProperty({HOST}.player, 'rival', {{ value: {HOST}.player.means }})")
    live.page.evaluate(f"{HOST}.player.draw()")
    changed = (np.array(before) != live.plane.evaluate(AROUND, at)).reshape(40, 40)
    away = np.hypot(*np.mgrid[-20:20, -20:20])
    assert changed[(away > 10) & (away < 17)].sum() > 20
    assert not changed[away < 5].any()


def test_rounds_since_the_last_change_can_be_stepped_through(shown):
    live = shown()
    live.click("New start")
    settled(live)
    last = live.get("last")
    live.click("Back")
    assert live.get("frame") == last - 1
    live.click("First")
    assert live.get("means") == live.get("state.steps[0].theta.means")
    live.tap(FREE)  # EM goes on from the mixture on the page
    assert live.get("means") == live.get("state.before.steps[0].theta.means")


def test_convergence_is_reported_where_it_is_shown(shown):
    live = shown()
    caption = live.page.locator(".caption")
    assert "converged" not in caption.inner_text()
    live.press("End")
    rounds = live.get("state.steps.length")
    assert caption.inner_text().startswith(f"E-step {rounds}:")
    assert caption.inner_text().endswith("EM has converged.")


def test_rarer_controls_are_folded_at_first(open_page, screenshot):
    live = LivePage(open_page(), LIVE["playground"]())
    clear = live.page.get_by_role("button", name="Clear")
    assert not clear.is_visible()
    assert live.page.get_by_role("button", name="Undo").is_visible()
    screenshot(live.page.locator("section"), "playground_folded")
    live.page.locator(".controls summary").click()
    clear.click()
    assert live.get("state.points") == []


def test_a_finger_drags_points_and_scrolls_beside_them(shown):
    live = shown(has_touch=True)
    live.page.evaluate("document.body.style.padding = '0 0 3000px'")
    x, y = live.place(POINTS[-1])
    live.swipe((x, y), (x, y - 60))
    assert live.page.evaluate("scrollY") == 0
    assert live.get("state.points.at(-1)") != ORIGINAL[-1]
    live.click("Undo")
    x, y = live.place((9, -3))  # farther from every point than a finger reaches
    live.swipe((x, y), (x, y - 120))
    live.page.wait_for_function("scrollY > 20")
    assert live.get("state.points") == ORIGINAL


def test_a_tap_on_a_point_keeps_its_numbers_in_view(shown):
    live = shown(has_touch=True)
    live.page.touchscreen.tap(*live.place(POINTS[-1]))
    live.wait("player.pinned")
    assert live.get("chosen") == len(POINTS) - 1
    assert live.get("state.points") == ORIGINAL
