"""What a player says about a point: the responsibilities of the package."""

import re

import numpy as np
import pytest

from mlcourse.mixture import e_step
from mlcourse.widgets import em_player
from tests.helpers.player_page import numbers, position, settled, state
from tests.helpers.scenes import X, em_steps


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
    shares = [float(share) for share in re.findall(r"component \d: ([\d.]+)", description)]
    np.testing.assert_allclose(shares, np.sort(R[number])[::-1], atol=6e-4)
    np.testing.assert_allclose(X[number], X[i], atol=0.3)


@pytest.mark.parametrize(("K", "named"), [(3, 3), (4, 2)])
def test_a_reading_names_components_and_sums_up_the_others(shown, K, named):
    steps = em_steps(X, 15, K)
    page = shown(em_player(X, steps))
    for i, row in enumerate(e_step(X, steps[-1].mixture)[1]):
        text = state(page, f"planes[0].describe({i}, {2 * len(steps) - 1})")
        components = [int(k) for k in re.findall(r"component (\d)", text)]
        values = numbers(text)[4 : 4 + 2 * named : 2]
        np.testing.assert_allclose(values, row[components], atol=6e-4)
        np.testing.assert_allclose(values, np.sort(row)[::-1][:named], atol=6e-4)
        assert ("the others" in text) == (named < K)
