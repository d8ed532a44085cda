"""The climb of lesson 05 on a page: the bound touches, is climbed, and its numbers are those of NumPy."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax, xlogy
from scipy.stats import norm

from mlcourse.widgets import bound_climber
from tests.helpers.live_page import LivePage
from tests.helpers.scenes import LINE, LIVE


@pytest.fixture
def shown(open_page):
    def show(player=None, **options):
        return LivePage(open_page(**options), player or LIVE["bound"]())

    return show


def log_joint(mu):
    return np.log(0.5) + norm.logpdf(LINE[:, np.newaxis], [-mu, mu])


def likelihood(mu):
    return logsumexp(log_joint(mu), axis=1).mean()


def bound(mu, start):
    Q = softmax(log_joint(start), axis=1)
    return ((Q * log_joint(mu)).sum(axis=1) - xlogy(Q, Q).sum(axis=1)).mean()


def heights(live):
    """The log-likelihood and the bound at every frame."""
    return [line["values"] for line in live.get("scene.curve.lines")]


def places(live):
    """μ and the place where the bound touches, at every frame."""
    mus = np.array(live.get("scene.planes[0].mixtures.map(({ means }) => means[0][0])"))
    return mus[np.array(live.get("scene.frames"))]


def test_likelihood_and_bound_are_those_of_numpy(shown, screenshot):
    live = shown()
    screenshot(live.page, "bound")
    assert live.get("last") > 6
    for (mu, start), top, bottom in zip(places(live), *heights(live), strict=True):
        assert top == pytest.approx(likelihood(mu), abs=1e-9)
        assert bottom == pytest.approx(bound(mu, start), abs=1e-9)


def test_every_start_is_on_the_scale_of_the_curve(shown):
    live = shown()
    for mu in (-2.4, -0.01, 0.9, 2.4):
        live.tap((mu, live.get("plane.limits[3]") - 0.1))
        assert live.get("mu") == pytest.approx(mu, abs=0.05)
        bottom, top = live.get("curve.limits.slice(2)")
        for values in heights(live):
            assert bottom < values[0] < top
    assert "Means" not in live.plane.get_attribute("aria-label")


def test_e_touches_and_m_goes_to_the_maximum_of_the_bound(shown, screenshot):
    live = shown()
    live.page.get_by_label("speed").select_option("4")
    e = live.page.get_by_role("button", name="E: make the bound touch")
    m = live.page.get_by_role("button", name="M: go to its maximum")
    pictures = [live.ink()]
    for frame, (button, other) in enumerate([(m, e), (e, m), (m, e)], start=1):
        assert button.get_attribute("aria-disabled") == "false"
        assert other.get_attribute("aria-disabled") == "true"
        button.click()
        live.wait(f"player.frame === {frame} && player.t === 1")
        screenshot(live.page, f"bound_{frame}")
        pictures.append(live.ink())
    assert len(set(pictures)) == 4
    for (mu, start), top, bottom in zip(places(live), *heights(live)):
        if mu == start:
            assert bottom == pytest.approx(top, abs=1e-9)
        else:
            best = minimize_scalar(lambda x, start=start: -bound(x, start), bounds=(-1, 3), method="bounded")
            assert mu == pytest.approx(best.x, abs=1e-4)
            assert bottom < top


def test_the_bound_touches_wherever_the_reader_drags(shown):
    live = shown()
    live.take((0.3, -1.9))
    for mu in (0.8, 1.9, 2.2):
        live.carry((mu, -1.9))
        assert live.get("means[0][0]") == pytest.approx(mu, abs=0.02)
        top, bottom = heights(live)
        assert top[0] == pytest.approx(bottom[0], abs=1e-9)
        assert "touches" in live.page.locator(".caption").first.inner_text()
    live.page.mouse.up()
    assert live.get("frame") == 0


def test_a_press_anywhere_takes_the_mean_there(shown):
    live = shown()
    live.take((1.9, -2.2))
    assert live.get("means[0][0]") == pytest.approx(1.9, abs=0.02)
    live.carry((-1, -1.9))
    assert live.get("means[0][0]") == pytest.approx(-1, abs=0.02)
    live.page.mouse.up()
    live.click("Undo")  # the press and the drag are one change
    assert live.get("means[0][0]") == 0.3


@pytest.mark.parametrize("undo", [lambda live: live.press("Control+z"), lambda live: live.click("Undo")])
def test_undo_takes_back_one_action(shown, undo):
    live = shown()
    live.page.emulate_media(reduced_motion="reduce")
    assert live.page.get_by_role("button", name="Undo").get_attribute("aria-disabled") == "true"
    live.tap((1.0, -2))
    clicked = live.get("mu")
    live.press("m", "ArrowRight", "ArrowRight", "m", "e")
    frames = []
    while live.page.get_by_role("button", name="Undo").is_enabled():
        undo(live)
        frames.append((live.get("frame"), live.get("state.mu") == clicked))
    assert frames == [(1, False), (0, False), (1, True), (0, True), (0, False)]
    assert live.get("mu") == 0.3


def test_at_the_end_nothing_changes_any_more(shown):
    live = shown()
    live.press("End")
    assert "nothing changes any more" in live.page.locator(".caption").inner_text()


def test_the_climb_never_falls_and_ends_where_the_slope_is_zero(shown):
    for values in heights(shown()):
        assert np.diff(values).min() >= -1e-12
    mu = places(shown())[-1][0]
    assert likelihood(mu) >= max(likelihood(mu - 0.01), likelihood(mu + 0.01))


def test_at_zero_em_stays(shown):
    live = shown(bound_climber(LINE, 0.0))
    live.press("m")
    live.wait("player.frame === 1 && player.t === 1")
    assert "EM stays" in live.page.locator(".caption").first.inner_text()
    assert live.get("means[0][0]") == 0


def test_the_climb_works_without_a_mouse(shown):
    live = shown()
    live.press("ArrowRight", "ArrowRight", "ArrowLeft")
    assert live.get("means[0][0]") == pytest.approx(0.3 + 5.2 / 64)
    live.press("e")
    assert live.get("frame") == 0
    live.press("m")
    live.wait("player.frame === 1 && player.t === 1")
    live.press("e")
    live.wait("player.frame === 2 && player.t === 1")
    live.press("Control+z", "Control+z", "Control+z")  # an E, an M and the three moves
    assert live.get("means[0][0]") == 0.3
    live.press(" ")
    assert live.get("playing")


def test_playing_climbs_to_the_end(shown):
    live = shown()
    live.page.get_by_label("speed").select_option("4")
    live.click("Play")
    live.wait("player.frame === player.last && !player.playing")
    assert live.get("means[0][0]") == pytest.approx(places(live)[-1][0])


def test_a_finger_drags_the_mean_and_scrolls_beside_it(shown):
    live = shown(has_touch=True)
    live.page.evaluate("document.body.style.padding = '0 0 3000px'")
    x, y = live.place((0.3, -1.9))
    live.swipe((x, y), (x + 80, y - 40))
    assert live.get("means[0][0]") > 0.5
    assert live.page.evaluate("scrollY") == 0
    x, y = live.place((2.2, -1.9))
    live.swipe((x, y), (x, y - 120))
    live.page.wait_for_function("scrollY > 20")


def test_nothing_is_said_to_have_ended_before_the_last_step(shown):
    *before, last = shown().get("scene.captions")
    assert "nothing changes any more" in last
    assert "EM stays at" in before[-1]
    assert not [text for text in before if "nothing changes" in text or "by 0.0000" in text]
