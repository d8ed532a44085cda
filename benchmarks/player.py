"""Measure the player in a browser: its size, its frame rate, and how far its EM is from the package's.

    .venv/bin/python -m benchmarks.player

Needs Chromium on the path. The rate counts the frames that the player draws in four seconds of playing, or of
dragging in a live scene, in a headless browser without a graphics card.
"""

import json
from itertools import islice
from pathlib import Path

import numpy as np

from mlcourse.mixture import em, expectation_over
from mlcourse.widgets import bound_climber, kmeans_game, playground
from mlcourse.widgets.player import as_json, parameters, script
from tests.helpers.player_page import EM
from tests.helpers.scenes import LINE, PLAYERS, X, em_steps, large
from tools.browser import chromium

ROOT = Path(__file__).resolve().parents[1]

PLAYER = "document.querySelector('[data-mlcourse-player]').player"
COUNT = f"[{PLAYER}.moves ?? {PLAYER}.drawn, performance.now()]"
SECONDS = 4

# Drag the first point, centre or mean in a circle, a little further for every picture of the page.
DRAG = f"""() => {{
  const player = {PLAYER};
  const handle = {{ Playground: {{ point: 0 }}, KMeansGame: 0, BoundClimber: 0 }}[player.constructor.name];
  [player.held, player.moves] = [handle, 0];
  const drag = (now) => {{
    player.move(handle, [1 + Math.cos(now / 300), Math.sin(now / 300)]);
    player.moves += 1;
    requestAnimationFrame(drag);
  }};
  requestAnimationFrame(drag);
}}"""


def frames_per_second(page, player):
    """Measure how many frames per second the player draws while it plays, or while something in it is dragged."""
    page.set_content(player._repr_html_())
    page.wait_for_function(PLAYER)
    page.evaluate(DRAG if "kind" in player.scene else f"{PLAYER}.play()")
    page.wait_for_timeout(500)
    drawn, since = page.evaluate(COUNT)
    page.wait_for_timeout(1000 * SECONDS)
    drawn_now, now = page.evaluate(COUNT)
    return 1000 * (drawn_now - drawn) / (now - since)


def disagreement(page, type_name, n_steps=30):
    """Return the largest difference between EM in the page and in the package, over all steps and parameters."""
    steps = em_steps(X, 1, type_name=type_name)
    here = [parameters(step.mixture) for step in islice(em(expectation_over(X), steps[0].mixture), n_steps)]
    given = json.dumps({"X": X.tolist(), "theta": {name: part.tolist() for name, part in here[0].items()}})
    source = (ROOT / "mlcourse" / "widgets" / "player" / "mixture.js").read_text("utf-8")
    call = f"({EM})(X, theta, '{type_name}', {n_steps}).map((step) => step.theta)"
    there = page.evaluate(f"({{X, theta}}) => {{ {source}\nreturn {call}; }}", json.loads(given))
    return max(
        np.abs(np.array(theirs[name]) - ours[name]).max()
        for ours, theirs in zip(here, there)
        for name in ours
    )


def main():
    busy = np.concatenate([X, X[:120] + 0.3])
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        print(f"{'scene':34} {'page':>9} {'data':>9} {'frames/s':>11}")
        players = {
            "1000 points, 100 steps": large(),
            **{name: make() for name, make in PLAYERS.items()},
            "playground, 300 points": playground(busy, 6),
            "k-means game, 300 points": kmeans_game(busy, 6, busy[:6]),
            "bound": bound_climber(LINE),
        }
        for name, player in players.items():
            sizes = len(player._repr_html_()), len(as_json(player.scene))
            columns = " ".join(f"{size / 1000:6.1f} kB" for size in sizes)
            print(f"{name:34} {columns} {frames_per_second(page, player):11.1f}")
        print(f"the script: {len(script('Player')) / 1000:.1f} kB of each page")
        for type_name in ("full", "tied", "diag", "spherical"):
            gap = disagreement(page, type_name)
            print(f"EM in the page and in the package, {type_name:9}: at most {gap:.1e} apart")


if __name__ == "__main__":
    main()
