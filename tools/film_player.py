"""Make the README's animation, docs/em.gif: the player, recorded in a real browser.

    .venv/bin/python -m tools.film_player

Needs Chromium on the path. The script sets the player to each frame and moment itself, so the animation does not
depend on how fast this machine draws.
"""

import io
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize

from mlcourse.datasets import elongated_blobs
from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import em, expectation_over, mixture_from_responsibilities
from mlcourse.widgets import em_player
from tools.browser import chromium

FILM = Path(__file__).resolve().parents[1] / "docs" / "em.gif"
SIZE: ViewportSize = {"width": 760, "height": 560}
ROUNDS = [
    0,
    1,
    2,
    4,
    6,
    8,
    10,
    12,
    13,
    14,
    15,
    16,
    18,
    20,
    24,
    30,
    40,
]  # too little happens in the rounds between them
MOMENTS = (1 / 3, 2 / 3, 1)
MS_PER_PICTURE, MS_AT_THE_END = 120, 2500

SHOW = """([a, b, t]) => {
  const { player } = document.querySelector('[data-mlcourse-player]');
  Object.assign(player, { a, b, t });
  player.update();
}"""


def main() -> None:
    X, _ = elongated_blobs()
    guess = np.random.default_rng(4).dirichlet(np.ones(3), size=len(X))
    start = mixture_from_responsibilities(X, guess, CovarianceType.named("full"))
    steps = list(islice(em(expectation_over(X), start), ROUNDS[-1] + 1))
    with chromium() as browser:
        page = browser.new_page(viewport=SIZE)
        page.set_content(f"<body style='margin: 0'>{em_player(X, steps)._repr_html_()}</body>")
        unused = page.locator(".controls, .caption, .reading, .note")
        unused.evaluate_all("(nodes) => nodes.forEach((node) => node.remove())")
        stage = page.locator(".stage")
        pictures = [screenshot(page, stage, moment) for moment in moments()]
    palette = side_by_side(pictures[0], pictures[len(pictures) // 3], pictures[-1]).quantize(96)
    film = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in pictures]
    pauses = [MS_PER_PICTURE] * (len(film) - 1) + [MS_AT_THE_END]
    film[0].save(FILM, save_all=True, append_images=film[1:], duration=pauses, loop=0, optimize=True)
    print(f"{FILM.name}: {len(film)} pictures, {FILM.stat().st_size / 1000:.0f} kB")


def moments() -> list[tuple[int, int, float]]:
    """List what to show as (frame before, frame after, how far between them), for each step of ROUNDS."""
    frames = [frame for i in ROUNDS for frame in (2 * i, 2 * i + 1)]
    return [(0, 0, 1), *((a, b, t) for a, b in pairwise(frames) for t in MOMENTS)]


def side_by_side(*pictures: Image.Image) -> Image.Image:
    """Join pictures into one, so that one palette can be computed for all of them."""
    width, height = pictures[0].size
    strip = Image.new("RGB", (width * len(pictures), height))
    for place, picture in enumerate(pictures):
        strip.paste(picture, (place * width, 0))
    return strip


def screenshot(page: Page, stage: Locator, moment: tuple[int, int, float]) -> Image.Image:
    """Set the player to a moment and return a screenshot."""
    page.evaluate(SHOW, list(moment))
    return Image.open(io.BytesIO(stage.screenshot())).convert("RGB")


if __name__ == "__main__":
    main()
