"""The playground of the first lesson, whose readers have not met the terms yet."""

import re

import pytest

from mlcourse.widgets import playground
from tests.helpers.live_page import LivePage
from tests.helpers.playground_page import POINTS


@pytest.mark.parametrize("doing", ["load", "play"])
def test_a_plain_playground_avoids_terms(open_page, doing):
    live = LivePage(open_page(reduced_motion="reduce"), playground(POINTS, plain=True))
    if doing == "play":
        live.press("ArrowRight", "1", "w", "Home", "ArrowDown")
    said = live.page.locator("section").inner_text() + live.plane.get_attribute("aria-label")
    assert "k-means" in said
    assert re.findall(r"(?i)component|E-step|M-step|π|(?<!k-)\bmeans?\b|likelihood", said) == []
