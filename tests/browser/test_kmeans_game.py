"""The k-means game on a page: centres are placed and dragged, and numbers are those of `mlcourse.KMeans`."""

import numpy as np
import pytest

from mlcourse import KMeans
from mlcourse.kmeans import assign
from mlcourse.metrics import inertia
from mlcourse.widgets import kmeans_game
from tests.helpers.live_page import LivePage
from tests.helpers.player_page import texts
from tests.helpers.scenes import LIVE, SENT

POINTS = SENT[::3]
PLACES = [(0.0, 1.0), (3.0, 2.0), (2.0, 4.0)]


@pytest.fixture
def shown(open_page):
    def show(player=None, **options):
        return LivePage(open_page(**options), player or LIVE["kmeans_game"]())

    return show


@pytest.fixture
def placed(shown):
    """The game with all its centres placed."""
    live = shown()
    for place in PLACES:
        live.tap(place)
    return live


def caption(live):
    return live.page.locator(".caption").first.inner_text()


def score(live):
    return live.page.locator(".score").inner_text()


def centers(live):
    return np.array(live.get("means"))


def inertia_at(places):
    return inertia(POINTS, places, assign(POINTS, places))


def test_taps_place_centres_and_give_the_inertia_of_the_package(placed, screenshot):
    screenshot(placed.page, "game_placed")
    np.testing.assert_allclose(centers(placed), PLACES, atol=0.05)
    assert placed.get("scene.curve.lines[0].values.at(-1)") == pytest.approx(
        inertia_at(centers(placed)), rel=1e-9
    )
    assert f"Inertia {inertia_at(centers(placed)):.2f}" in caption(placed)
    placed.tap((3.5, 4.5))
    assert len(centers(placed)) == 3
    assert caption(placed) == "All 3 are placed: move one."


def test_an_arrow_takes_no_centre_away_while_one_is_missing(shown):
    live = shown()
    for key in ("n", "n", "ArrowLeft"):
        live.press(key)
    assert len(centers(live)) == 2
    assert caption(live).startswith("W, A, S, D move a centre")
    live.press("n", "ArrowLeft")  # nor afterwards: that is for Undo
    assert len(centers(live)) == 3
    live.click("Undo")
    assert len(centers(live)) == 2


def test_a_press_places_a_centre_that_the_drag_carries(shown):
    live = shown()
    live.drag(PLACES[0], PLACES[1])
    np.testing.assert_allclose(centers(live), PLACES[1:2], atol=0.05)
    live.click("Undo")
    assert len(centers(live)) == 0
    assert caption(live) == "Undone: centre 0 added."


def test_a_centre_at_the_edge_is_a_whole_sign(shown):
    live = shown()
    _, right, bottom, _ = live.get("plane.limits")
    live.tap((right, bottom))
    ((u, v),), box = centers(live), live.get("plane.box")
    x, y = live.get(f"plane.px({u})"), live.get(f"plane.py({v})")
    assert x <= box["left"] + box["width"] - 10
    assert y <= box["top"] + box["height"] - 10


def test_the_picture_names_centres_once_there_are_some(shown):
    live = shown()
    assert " at " not in live.plane.get_attribute("aria-label")
    live.tap(PLACES[0])
    assert "Centres at (" in live.plane.get_attribute("aria-label")


def test_the_caption_counts_the_centres_that_are_missing(shown):
    live = shown()
    assert "Place 3 centres" in caption(live)
    live.tap(PLACES[0])
    live.tap(PLACES[1])
    inertia = inertia_at(centers(live))
    assert caption(live) == f"Place 1 more centre. Inertia so far: {inertia:.2f}."
    assert "none yet" in score(live)


def test_controls_appear_when_they_do_something(shown):
    live = shown()

    def named():
        return [button.inner_text() for button in live.page.get_by_role("button").all()]

    assert named() == []
    live.tap(PLACES[0])
    assert named() == ["Undo", "Start over"]
    live.tap(PLACES[1])
    live.tap(PLACES[2])
    assert {"▶ Run k-means", "Show the twenty runs"} < set(named())


def test_the_picture_invites_until_something_has_happened(shown):
    live = shown()
    assert "Click to place 3 centres" in texts(live.page, "plane")
    live.tap(PLACES[0])
    assert "Click to place 3 centres" not in texts(live.page, "plane")


def test_a_drag_changes_lines_cells_and_inertia(placed, screenshot):
    before = placed.ink(), placed.get("last")
    placed.take(centers(placed)[1])
    placed.carry((4, 1))
    assert placed.ink() != before[0]
    assert f"Inertia {inertia_at(centers(placed)):.2f}" in caption(placed)
    screenshot(placed.page, "game_drag")
    placed.page.mouse.up()
    assert placed.get("last") == before[1] + 1  # the whole drag is one move
    placed.click("Undo")
    np.testing.assert_allclose(centers(placed), PLACES, atol=0.05)


def test_lloyd_from_here_ends_where_the_packages_does(placed, screenshot):
    start = centers(placed)
    placed.click("Run k-means")
    placed.wait("player.frame === player.last && !player.playing")
    oracle = KMeans(3, init=start, n_init=1, tol=0).fit(POINTS)
    np.testing.assert_allclose(centers(placed), oracle.cluster_centers_, rtol=1e-9)
    values = [value for value in placed.get("scene.curve.lines[0].values") if value is not None]
    assert values[-1] == pytest.approx(oracle.inertia_, rel=1e-9)
    assert np.diff(values).max() <= 1e-9
    assert "converged" in caption(placed)
    assert f"{oracle.inertia_:.2f} with k-means from there." in score(placed)
    screenshot(placed.page, "game_lloyd")


def test_space_runs_lloyd_from_the_placed_centres(placed):
    assert placed.get("scene.curve.x") == [0] * len(PLACES)
    assert placed.get("curve.limits[0]") > -1
    placed.press(" ")
    placed.wait("player.frame === player.last && !player.playing")
    assert "converged" in caption(placed)
    assert placed.get("scene.curve.x.at(-1)") > 0


def test_step_first_and_play_are_about_the_last_run(placed):
    """Not about the placing before it."""
    placed.page.emulate_media(reduced_motion="reduce")
    step = placed.page.get_by_role("button", name="Step", exact=True)
    assert step.is_enabled()
    start = centers(placed)
    step.click()
    assert caption(placed).startswith("Every centre moves")
    assert np.abs(centers(placed) - start).max() > 0.01
    placed.press("End")
    assert not step.is_enabled()
    placed.click("First")
    np.testing.assert_array_equal(centers(placed), start)
    assert not placed.page.get_by_role("button", name="First", exact=True).is_enabled()
    placed.get(
        "speed.append(new Option('stopped', 0, true, true))"
    )  # what plays is looked at before it moves
    placed.press("End", " ")
    np.testing.assert_array_equal(centers(placed), start)
    assert placed.get("playing")
    placed.get("speed.lastChild.remove()")
    placed.drag(start[0], (1.0, 3.0))
    placed.click("Run k-means")
    placed.wait("player.b > player.origin + 1")
    placed.press("Home")
    assert centers(placed)[0] == pytest.approx((1.0, 3.0), abs=0.05)
    np.testing.assert_array_equal(centers(placed)[1:], start[1:])


def test_centres_beside_the_points_stay_in_a_narrow_picture(shown):
    live = shown()
    left, right, bottom, top = live.get("planes[0].limits")
    corner = (right - 0.02 * (right - left), top - 0.02 * (top - bottom))
    live.tap(corner)
    np.testing.assert_allclose(live.get("planes[0].limits"), (left, right, bottom, top))
    live.page.evaluate("document.body.style.width = '330px'")
    live.wait("player.canvases[0].width < 400")
    left, right, bottom, top = live.get("planes[0].limits")
    ((x, y),) = centers(live)
    assert left <= x <= right
    assert bottom <= y <= top


def test_a_button_reveals_twenty_starts_of_kmeans_plusplus(placed, screenshot):
    assert "of the twenty" not in score(placed)
    assert "✕ and dashes: best of the twenty" not in texts(placed.page, "plane")
    placed.page.mouse.move(0, 0)
    before = placed.ink()
    placed.click("Show the twenty runs")
    best = KMeans(3, n_init=30, tol=0, random_state=0).fit(POINTS).inertia_
    assert f"best {best:.2f}" in score(placed)
    assert placed.get("rivals[0].inertia") == pytest.approx(best, rel=1e-9)
    assert len(placed.get("rivals")) == 20
    for rival in placed.get("rivals"):
        assert rival["inertia"] == pytest.approx(inertia_at(np.array(rival["centers"])), rel=1e-9)
    assert placed.ink() != before
    assert "✕ and dashes: best of the twenty" in texts(placed.page, "plane")
    screenshot(placed.page, "game_revealed")
    placed.click("Hide the twenty runs")
    assert placed.ink() == before


def test_the_score_counts_whom_the_reader_beats(placed):
    placed.click("Show the twenty runs")
    runs = np.array([run["inertia"] for run in placed.get("rivals")])
    by_hand = inertia_at(centers(placed))
    beaten = (runs > by_hand * (1 + 1e-6)).sum()
    beats = f" You beat {beaten} of them by hand"
    assert f"{beats}." in score(placed)
    placed.click("Run k-means")
    placed.wait("player.frame === player.last && !player.playing")
    further = (runs > inertia_at(centers(placed)) * (1 + 1e-6)).sum()
    assert f"{beats}, {further} with k-means." in score(placed)


def test_ties_with_the_best_of_the_twenty_are_counted(shown):
    live = shown(kmeans_game(SENT[:180:3], 1))  # with one centre, every run ends at the mean
    live.tap(PLACES[0])
    live.click("Show the twenty runs")
    assert "level" not in score(live)
    live.click("Run k-means")
    live.wait("player.frame === player.last && !player.playing")
    assert score(live).endswith(" None beats you; 20 are level.")


def test_starting_over_hides_the_twenty_runs(placed):
    """They would give the answer away."""
    placed.click("Show the twenty runs")
    placed.click("Start over")
    assert "✕ and dashes: best of the twenty" not in texts(placed.page, "plane")
    for place in PLACES:
        placed.tap(place)
    assert placed.page.get_by_role("button", name="Show the twenty runs").is_visible()
    assert "of the twenty" not in score(placed)


def test_centres_without_points_are_named(shown):
    live = shown(kmeans_game(POINTS, 4, [(12.0, 6.0), *PLACES[:2], (8.0, -4.0)]))
    assert set(assign(POINTS, centers(live))) == {1, 2}
    assert caption(live).endswith("No point is nearest to centre 0 or 3.")
    live.drag(centers(live)[0], PLACES[2])
    assert caption(live).endswith("No point is nearest to centre 3.")
    live.drag(centers(live)[3], (0.0, -0.5))
    assert "nearest to centre" not in caption(live)


def test_the_best_inertia_stays_when_a_worse_one_follows(placed):
    best = inertia_at(centers(placed))
    placed.drag(centers(placed)[0], (-1.5, -1.0))
    assert best < inertia_at(centers(placed))
    placed.click("Start over")
    assert len(centers(placed)) == 0
    assert f"Your lowest inertia: {best:.2f} by hand." in score(placed)


def test_places_swept_in_a_drag_do_not_count(shown):
    live = shown(kmeans_game(POINTS, 3, PLACES))
    start = inertia_at(centers(live))
    better = KMeans(3, n_init=1, random_state=0).fit(POINTS).cluster_centers_
    nearest = better[np.linalg.norm(better - PLACES[0], axis=1).argmin()]
    live.take(PLACES[0])
    live.carry(nearest)
    swept = inertia_at(centers(live))
    assert swept < start
    assert f"{start:.2f} by hand." in score(live)
    live.carry((5, 5))
    live.page.mouse.up()
    assert f"{start:.2f} by hand." in score(live)
    live.drag(centers(live)[0], nearest)
    assert f"{inertia_at(centers(live)):.2f} by hand." in score(live)


def test_what_kmeans_reaches_counts_once_it_has_settled(placed):
    hand = inertia_at(centers(placed))
    placed.click("Step")
    assert placed.get("origin") < placed.get("frame") < placed.get("last")
    assert f"{hand:.2f} by hand." in score(placed)
    placed.press("End")
    assert f"{hand:.2f} by hand, {inertia_at(centers(placed)):.2f} with k-means from there." in score(placed)


def test_the_twenty_runs_wait_for_all_centres_of_the_reader(shown):
    live = shown()
    button = live.page.get_by_role("button", name="Show the twenty runs")
    for place in PLACES:
        assert not button.is_visible()
        live.tap(place)
    assert "Twenty runs of k-means:" not in score(live)
    button.press("Enter")
    assert "Twenty runs of k-means:" in score(live)


def test_the_game_works_without_a_mouse(shown):
    live = shown()
    live.press("n", "n", "n")
    assert len(centers(live)) == 3
    assert {tuple(center) for center in centers(live)} <= {tuple(point) for point in POINTS}
    before = centers(live)
    live.press("ArrowDown", "d")  # after the last centre comes the first
    x, y = centers(live)[0]
    assert live.page.locator(".reading").inner_text() == f"centre 0 at ({x:.2f}, {y:.2f})".replace("-", "−")
    moved = centers(live) - before
    assert moved[0][0] > 0
    assert np.abs(moved[1:]).max() == 0
    live.press("Control+z")
    np.testing.assert_array_equal(centers(live), before)


def test_keys_work_wherever_the_mouse_has_clicked(shown):
    """On a word or the curve; a menu needs its letters."""
    live = shown()
    for n, place in enumerate([".caption", ".note", ".curve"], start=1):
        live.page.locator(place).first.click()
        live.page.keyboard.press("Shift+N" if n == 2 else "n")
        assert len(centers(live)) == n
    before = caption(live)
    live.page.locator("select").focus()
    live.page.keyboard.press("n")
    assert caption(live) == before
    live.page.get_by_label("step", exact=True).focus()
    live.page.keyboard.press("d")
    live.page.keyboard.press("Control+z")
    live.page.keyboard.press("Control+z")
    assert len(centers(live)) == 2


def test_given_centres_are_on_the_page_from_the_start(shown):
    live = shown(kmeans_game(POINTS, 3, PLACES))
    np.testing.assert_allclose(centers(live), PLACES)
    live.drag(PLACES[0], (1, 1))
    live.click("Start over")
    np.testing.assert_allclose(centers(live), PLACES)


def test_a_finger_drags_centres(shown):
    live = shown(kmeans_game(POINTS, 3, PLACES), has_touch=True)
    live.page.evaluate("document.body.style.padding = '0 0 3000px'")
    x, y = live.place(PLACES[0])
    live.swipe((x, y), (x, y + 60))
    assert centers(live)[0][1] < PLACES[0][1] - 0.1
    assert live.page.evaluate("scrollY") == 0


def test_a_centre_dragged_outside_stays_whole_and_apart(placed):
    """The numbers of two centres at one place stand beside each other."""
    left, _, _, top = placed.get("planes[0].limits")
    placed.drag(centers(placed)[0], (left - 1, top + 1))
    (x, y), box = placed.get("means[0]"), placed.get("planes[0].box")
    assert placed.get(f"planes[0].px({x})") - box["left"] >= 13
    assert placed.get(f"planes[0].py({y})") - box["top"] >= 13
    one, other = placed.get("planes[0].fanned([[1, 1], [1, 1]])")
    assert np.linalg.norm(np.subtract(placed.place(one), placed.place(other))) > 15
