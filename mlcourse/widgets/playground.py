"""Lessons 04 and 09: add points, move them, and see EM follow, all in the page."""

from collections.abc import Sequence

import matplotlib.pyplot as plt

from mlcourse.gaussians import CovarianceType
from mlcourse.plotting import plot_points
from mlcourse.plotting.style import on_the_plane
from mlcourse.typing import Array
from mlcourse.widgets.controls import Drawing
from mlcourse.widgets.panels import fix_limits
from mlcourse.widgets.player import SHARES, LiveScene, Player

MOUSE = "Click to add a point, double-click one to remove it. Drag a point or a mean: EM follows while you hold it."
INVITE = "Drag a point or a mean"
LIKELIHOOD = "mean log-likelihood"
# For readers who have not met the terms yet.
WORDS = (
    *((f"π{digit}", str(k)) for k, digit in enumerate("₀₁₂₃₄₅")),
    ("π: weight", "share"),
    ("its weight", "its share"),
    (LIKELIHOOD, "fit"),
    ("E-step", "Points choose, round"),
    ("M-step", "Groups move, round"),
    ("component", "group"),
    ("Means at", "Centres at"),
    ("its mean", "its centre"),
    ("mean of", "centre of"),
    ("a mean", "a centre"),
    ("responsibilities", "shares"),
)
FIT = "Fit: how well the ellipses suit the points; higher is better."
KEYS = (
    ("Up and down arrows, or Shift with left and right", "choose a point"),
    ("0, 1, 2, …", "choose a mean"),
    ("W, A, S, D", "move it"),
    ("Enter", "pin a point"),
    ("Escape", "release it"),
    ("N", "add a point"),
    ("Delete", "remove the chosen one"),
    ("Ctrl + Z", "undo"),
    ("Left and right arrows", "step"),
    ("Space", "play or pause"),
    ("Tab", "leave"),
)


class PlaygroundScene(LiveScene):
    """What the playground starts from."""

    K: int
    type: str  # the covariance type
    regCovar: float
    seed: int
    features: tuple[str, str]
    likelihood: str  # what the mean log-likelihood is called
    weights: str  # as in Scene
    words: Sequence[tuple[str, str]]  # as in Scene


def playground(
    X: Array,
    n_components: int = 3,
    covariance_type: str = "full",
    reg_covar: float = 1e-6,
    seed: int = 0,
    *,
    features: tuple[str, str] = ("feature 1", "feature 2"),
    plain: bool = False,
) -> Player:
    """Show points that the reader can add, move and remove, and EM that follows while they move.

    EM begins at a random start. The means can be dragged, too. Nothing is sent back to Python: EM runs in the page,
    with the same results as `mlcourse.mixture.em`.

    Parameters
    ----------
    X : array of shape (n, 2)
        The initial points.
    n_components : int, 1 to 6
    covariance_type : "full", "tied", "diag" or "spherical"
    reg_covar : float, added to every variance, in squared units of X
    seed : int
        Seed of the first random start.
    features : pair of str
        Names of the axes for these points.
    plain : bool
        Whether to avoid terms that readers of the first lesson have not met yet: see `WORDS`.
    """
    X = on_the_plane(X)
    if n_components not in range(1, 7):
        raise ValueError(
            f"n_components={n_components!r}, but the playground offers 1 to 6: choose one of those."
        )
    CovarianceType.named(covariance_type)  # raises ValueError for an unknown name
    scene: PlaygroundScene = {
        "kind": "Playground",
        "label": "Playground: EM on points that you place",
        "note": plainly(f"{MOUSE} {FIT}") if plain else MOUSE,
        "likelihood": plainly(LIKELIHOOD) if plain else LIKELIHOOD,
        "weights": plainly(SHARES) if plain else SHARES,
        "invite": INVITE,
        "words": WORDS if plain else (),
        "keys": [(key, plainly(does)) for key, does in KEYS] if plain else KEYS,
        "points": X,
        "K": n_components,
        "type": covariance_type,
        "regCovar": reg_covar,
        "seed": seed,
        "features": features,
    }
    return Player(scene, draw_playground(X, features))


def plainly(text: str) -> str:
    """Replace the terms of `WORDS`."""
    for term, word in WORDS:
        text = text.replace(term, word)
    return text


def draw_playground(X: Array, features: tuple[str, str]) -> Drawing:
    """Draw the initial points."""
    figure, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    plot_points(X, ax=ax)
    ax.set(xlabel=features[0], ylabel=features[1])
    fix_limits(X, ax)
    return Drawing(
        figure, "The points of the playground.", f"{len(X)} grey points, before EM has coloured them."
    )
