"""Make the still pictures in docs/: what a check says, generated digits, and the results of lesson 12 on MNIST.

    .venv/bin/python -m tools.pictures              check.png, which needs Chromium on the path, and digits.png
    .venv/bin/python -m tools.pictures --lesson     mnist/: runs lesson 12 at full size, in some minutes

All but the first need MNIST.
"""

import io
import runpy
import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image
from scipy.stats import multivariate_normal

from mlcourse import PCA, GaussianMixture
from mlcourse.checks.card import Card
from mlcourse.checks.examine import examine
from mlcourse.checks.outcome import answer_of
from mlcourse.datasets import load_mnist
from mlcourse.mixture import ppca
from mlcourse.plotting import plot_digits
from mlcourse.tasks.lesson_04 import E_STEP
from mlcourse.typing import Array
from tools.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
N_TRAIN, N_AXES, N_DIRECTIONS, N_COMPONENTS = 20_000, 80, 15, 20
SIDE, N_COLUMNS = 28, 10
ANSWER = """\
def e_step(X, pi, mu, Sigma):
    gaussians = map(multivariate_normal, mu, Sigma)
    densities = [one.pdf(X) for one in gaussians]
    joint = pi * np.transpose(densities)
    p = joint.sum(axis=1)
    return np.log(p), joint / p[:, np.newaxis]"""
PAGE = """\
<body style="background: white; color: #222; font: 15px/1.5 system-ui, sans-serif">
<div style="width: 520px; padding: 16px">
<pre style="margin: 0 0 12px; padding: 10px 12px; background: #f5f5f5; font-size: 13px">{}

check.e_step(e_step)</pre>
{}
</div>
</body>"""


def main() -> None:
    if "--lesson" in sys.argv:
        draw_results(DOCS / "mnist")
    else:
        photograph_check(DOCS / "check.png")
        draw_digits(DOCS / "digits.png")


# ── The message of a check ────────────────────────────────────────────────────────────────────────


def photograph_check(path: Path) -> None:
    """Take a picture of what a check says about an answer that leaves log space."""
    names: dict[str, Any] = {"np": np, "multivariate_normal": multivariate_normal}
    exec(ANSWER, names)
    card = Card(E_STEP, examine(E_STEP, answer_of(names["e_step"])), "2 of 8 done")
    with chromium() as browser:
        page = browser.new_page(device_scale_factor=2, viewport={"width": 700, "height": 500})
        page.set_content(PAGE.format(escape(ANSWER), card._repr_html_()))
        picture = Image.open(io.BytesIO(page.locator("body > div").screenshot())).convert("RGB")
    picture.quantize(64).save(path, optimize=True)


# ── Generated digits ──────────────────────────────────────────────────────────────────────────────


def draw_digits(path: Path) -> None:
    """Draw a grid of generated digits, one row for each class."""
    mnist = load_mnist()
    X, y = mnist.images[:N_TRAIN] / 255, mnist.labels[:N_TRAIN]
    pca = PCA(N_AXES, random_state=0).fit(X)
    rows = [pca.inverse_transform(generated(pca.transform(X[y == digit]))) for digit in range(10)]
    pixels = np.concatenate(rows).clip(0, 1).reshape(10, N_COLUMNS, SIDE, SIDE)
    grid = pixels.transpose(0, 2, 1, 3).reshape(10 * SIDE, N_COLUMNS * SIDE)
    image = Image.fromarray(np.uint8(255 * (1 - grid)))
    image.resize([2 * size for size in image.size], Image.Resampling.LANCZOS).quantize(32).save(
        path, optimize=True
    )


def generated(Z: Array) -> Array:
    """Draw digits of one class, like the rows of Z: (n, d), without the noise across their components' directions."""
    mixture = GaussianMixture(N_COMPONENTS, covariance_type=ppca(N_DIRECTIONS), tol=1e-2, random_state=0).fit(
        Z
    )
    drawn, component = mixture.sample(N_COLUMNS)
    for k in np.unique(component):
        mu, axes = mixture.means_[k], np.linalg.eigh(mixture.covariances_[k])[1][:, -N_DIRECTIONS:]
        rows = component == k
        drawn[rows] = mu + (drawn[rows] - mu) @ axes @ axes.T
    return drawn


# ── Lesson 12 at full size ────────────────────────────────────────────────────────────────────────


def draw_results(folder: Path) -> None:
    """Run the source of lesson 12, and save what its last figures show."""
    lesson = runpy.run_path(str(ROOT / "sources" / "notebooks" / "12_mnist.py"))
    if not lesson["full_size"]:
        sys.exit("MNIST is not available. Set MLCOURSE_DATA to the folder that has its files.")
    folder.mkdir(exist_ok=True)
    gallery, pairs = lesson["gallery"], lesson["pairs"]
    save_rows({name: images[:16] for name, images in gallery.items()}, folder / "generators.png")
    save_rows({"drawn": pairs[:16], "nearest in training": pairs[16:]}, folder / "nearest.png")
    after = {
        "before: ten full Gaussians": "GMM(10, full)",
        "after": "… without its noise",
        "real": "real (validation)",
    }
    save_grids({title: gallery[name][16:32] for title, name in after.items()}, folder / "before_after.png")
    save_verdicts(lesson["draw_verdicts"](), folder / "verdicts.png")


def save_verdicts(figure: Figure, path: Path) -> None:
    """Save a figure of the lesson, on white."""
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110, facecolor="white")
    plt.close(figure)
    Image.open(picture).convert("RGB").quantize(32).save(path, optimize=True)


def save_rows(rows: Mapping[str, Array], path: Path) -> None:
    """Save rows of sixteen digits, each with its name on the left."""
    figure, ax = plt.subplots(figsize=(11, 0.6 * len(rows)), layout="constrained")
    plot_digits(np.concatenate(list(rows.values())), n_cols=16, ax=ax)
    for row, name in enumerate(rows):
        ax.text(-5, (SIDE + 1) * (row + 0.5), name, ha="right", va="center", color="black")
    save_grey(figure, path)


def save_grids(grids: Mapping[str, Array], path: Path) -> None:
    """Save grids of four columns side by side, each with its title."""
    layout = ConstrainedLayoutEngine(wspace=0.08)
    figure, panels = plt.subplots(1, len(grids), figsize=(11, 4), layout=layout)
    for ax, (title, images) in zip(panels, grids.items()):
        plot_digits(images, n_cols=4, ax=ax)
        ax.set_title(title, color="black")
    save_grey(figure, path)


def save_grey(figure: Figure, path: Path) -> None:
    """Save a figure on white paper with sixteen grey levels: small, and readable on a dark page."""
    png = io.BytesIO()
    figure.savefig(png, dpi=110, facecolor="white", bbox_inches="tight")
    Image.open(png).convert("L").quantize(16).save(path, optimize=True)


if __name__ == "__main__":
    main()
