"""The playground of the browser tests: how to show it, and what it says about itself."""

import numpy as np

from tests.helpers.live_page import HOST, LivePage
from tests.helpers.scenes import LIVE, SENT

POINTS = SENT[::6]
ORIGINAL = POINTS.tolist()
TRANSPORT = ["First", "Back", "Play", "Step"]
FREE = (2.2, 3.3)  # a place without points
PIXELS = "(canvas) => canvas.toDataURL()"


def show(open_page, still=True, **options):
    """Show the playground with all its controls, without animation if `still`."""
    page = open_page(**options)
    page.emulate_media(reduced_motion="reduce" if still else "no-preference")
    live = LivePage(page, LIVE["playground"]())
    page.locator(".controls summary").click()
    return live


def settled(live):
    """Wait until EM has converged, and show where."""
    live.wait("player.state.converged && !player.playing")
    live.page.evaluate(f"{HOST}.player.holding || {HOST}.player.go({HOST}.player.last)")


def enabled(live):
    """The buttons of the transport that can be pressed."""
    buttons = [live.page.get_by_role("button", name=name, exact=True) for name in TRANSPORT]
    return [name for name, button in zip(TRANSPORT, buttons) if button.is_enabled()]


def means(live):
    return np.array(live.get("means"))
