"""Scenes whose frames are made in the page, seen from Python. tests/browser plays them."""

import re

import numpy as np
import pytest
from scipy.special import logsumexp

from mlcourse import widgets
from mlcourse.widgets.bound import bound, log_joint
from mlcourse.widgets.player import KINDS, script
from tests.helpers.scenes import LINE, LIVE, X

pytestmark = pytest.mark.usefixtures("no_figure_left_over")


@pytest.mark.parametrize("kind", KINDS)
def test_every_script_is_small_and_starts_its_class(kind):
    assert len(script(kind)) <= 45_000
    assert re.search(rf"\w\({kind}\);\}}$", script(kind))
    assert re.search(rf"class {kind}\b", script(kind))


def test_a_page_gets_only_the_script_that_it_needs():
    for name, make in LIVE.items():
        kind = make().scene["kind"]
        others = set(KINDS) - {kind}
        page = make()._repr_html_()
        assert set(re.findall(r"class (\w+)", page)) & {kind, *others} == {kind}, name


def test_the_game_refuses_what_it_cannot_show():
    with pytest.raises(ValueError, match=r"n_clusters=0.*from 1 to 180"):
        widgets.kmeans_game(X, 0)
    with pytest.raises(ValueError, match=r"centers has 2 row\(s\), but n_clusters=3"):
        widgets.kmeans_game(X, 3, X[:2])
    with pytest.raises(ValueError, match="3 feature"):
        widgets.kmeans_game(np.zeros((5, 3)), 2)


def test_the_climb_refuses_what_it_cannot_show():
    with pytest.raises(ValueError, match=r"shape \(180, 2\)"):
        widgets.bound_climber(X)
    with pytest.raises(ValueError, match="sigma=0 must be positive"):
        widgets.bound_climber(LINE, sigma=0)
    with pytest.raises(ValueError, match="mu=5 must be between"):
        widgets.bound_climber(LINE, 5)


def test_the_drawn_bound_is_below_the_likelihood_and_touches_it():
    places = np.linspace(-3, 3, 61)
    hill = logsumexp(log_joint(LINE, places, 1.2), axis=-1).mean(axis=-1)
    for i in (0, 25, 40):
        gap = hill - bound(LINE, places, places[i], 1.2)
        assert gap.min() >= -1e-12
        assert gap[i] == pytest.approx(0, abs=1e-12)
