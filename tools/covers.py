"""Draw the covers of the lectures, notebooks/pictures/*.png: what each lesson is about, at one look.

    .venv/bin/python -m tools.covers            all of them
    .venv/bin/python -m tools.covers 04 07      some of them

Most covers are moments of the player that the lecture opens with, side by side: its first cells are run, so a cover
shows the same points and the same mixtures. A cover has no background, and its colours are those of all figures, made
lighter or darker where a light or a dark page would swallow them. What it shows is described in sources/lessons.toml,
for those who do not see it. The cover of lesson 12 needs MNIST.
"""

import ast
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from matplotlib.typing import ColorType
from PIL import Image

from mlcourse import PCA, GaussianMixture, KMeans
from mlcourse.builder.sources import read_cells
from mlcourse.datasets import elongated_blobs, load_digits, load_mnist
from mlcourse.gaussians import CovarianceType
from mlcourse.kmeans import assign
from mlcourse.metrics import match_labels
from mlcourse.mixture import Mixture, e_step, mixture_from_responsibilities
from mlcourse.plotting import (
    INK,
    MARKERS,
    PALE_INK,
    color,
    plot_centers,
    plot_decision_regions,
    plot_ellipses,
    plot_points,
    plot_responsibilities,
    use_course_style,
)
from mlcourse.plotting.density import LINE_STYLES
from mlcourse.typing import Array
from mlcourse.widgets.bound import bound, log_joint
from mlcourse.widgets.player import Player

PAGES = ("#FFFFFF", "#111111")  # JupyterLab, light and dark
SEEN = 3.0  # the least contrast of a line with a page, after WCAG 2.2

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "notebooks" / "pictures"
WIDTH, HEIGHT = 9.0, 2.4  # inches: 100 pixels of a page each, and 200 of the file
DPI = 200
ARROW = 0.3  # inches between two panels
N_COLORS, LARGEST = (64, 48, 32, 24), 40_000  # as many colours as fit into so many bytes
OPAQUE = 230  # of 255: with few colours, an opaque one may come out like this
MOST, SIZE = 500, 9  # points in a panel, and the area of each in points²
ELLIPSE = 1.8  # points: the width of its line
TITLE: dict[str, Any] = {"size": 14, "weight": "bold"}  # large text, for which a contrast of 3 is enough


def main() -> None:
    use_course_style()
    PICTURES.mkdir(exist_ok=True)
    for number in sys.argv[1:] or COVERS:
        save(COVERS[number](), PICTURES / f"{number}.png")


def save(figure: Figure, path: Path) -> None:
    """Save a figure without its background, in colours for both pages, and with few of them."""
    suit_both_pages(figure)
    png = io.BytesIO()
    figure.savefig(png, dpi=DPI, transparent=True)
    plt.close(figure)
    picture = Image.open(png).convert("RGBA")
    for n_colors in N_COLORS:
        with_true_ink(picture.quantize(n_colors, Image.Quantize.FASTOCTREE)).save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            break
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def with_true_ink(picture: Image.Image) -> Image.Image:
    """Give the greys of few colours that of the ink again, and no transparency to what had nearly none.

    Darker words could not be read on a dark page.
    """
    ink = [round(255 * part) for part in TITLE_INK]
    colors = np.array(picture.getpalette("RGBA")).reshape(-1, 4)
    grey = (np.ptp(colors[:, :3], axis=1) < 12) & (abs(colors[:, 0] - ink[0]) < 40)
    colors[grey, :3] = ink
    colors[grey & (colors[:, 3] > OPAQUE), 3] = 255
    picture.putpalette(colors.astype(np.uint8).tobytes(), "RGBA")
    return picture


# ── Colours for a light and a dark page ───────────────────────────────────────────────────────────


SHARES = np.array([0.2126, 0.7152, 0.0722])  # of red, green and blue in luminance


def luminance(color: ColorType) -> float:
    """Return the relative luminance of a colour, after WCAG 2.2."""
    return float(_linear(color) @ SHARES)


def _linear(color: ColorType) -> Array:
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


WHITE, BLACK = (luminance(page) + 0.05 for page in PAGES)
# The luminance with the same contrast on both pages: 4.3, the most that one colour can have on both.
MIDDLE = (WHITE * BLACK) ** 0.5 - 0.05
BRIGHTEST = WHITE / SEEN - 0.05  # that of a line which can still be seen on the light page


def between(color: ColorType, low: float, high: float) -> tuple[float, float, float]:
    """Return a colour of the same hue whose luminance is from `low` to `high`."""
    rgb = _linear(color).clip(1e-9)  # black becomes grey
    light = float(rgb @ SHARES)
    rgb *= min(max(light, low), high) / light
    r, g, b = np.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb.clip(0) ** (1 / 2.4) - 0.055).clip(0, 1)
    return r, g, b


def on_both(color: ColorType) -> tuple[float, float, float]:
    """Return the colour of a line that can be seen on both pages."""
    return between(color, MIDDLE, BRIGHTEST)


TITLE_INK = on_both(INK)


def suit_both_pages(figure: Figure) -> None:
    """Give points and lines colours that can be seen on both pages, and ellipses no pale edge.

    Points may stay as bright as they are, since their outlines are darker. White discs have black numbers.
    """
    for artist in figure.findobj():
        if isinstance(artist, Collection):
            artist.set_edgecolor(_each(artist.get_edgecolor(), BRIGHTEST))
            if faces := _each(artist.get_facecolor(), 1):
                artist.set_facecolor(faces)
        elif isinstance(artist, Ellipse):
            artist.set(
                edgecolor=_each(artist.get_edgecolor(), BRIGHTEST)[0], linewidth=ELLIPSE, path_effects=[]
            )
        elif isinstance(artist, Line2D):
            artist.set_color(on_both(artist.get_color()))


def _each(colors: Any, high: float) -> list[ColorType]:
    """Return colours (n, 4) that are not too dark, nor brighter than `high`; opacities stay."""
    return [(*between(rgba[:3], MIDDLE, high), rgba[3]) for rgba in to_rgba_array(colors)]


# ── What a lecture opens with ─────────────────────────────────────────────────────────────────────


def opening(name: str) -> dict[str, Any]:
    """Run a lecture's cells up to its first player; return the scene of that player."""
    path = ROOT / "sources" / "notebooks" / f"{name}.py"
    names: dict[str, Any] = {}
    for cell in read_cells(path, ROOT):
        if cell.kind != "code":
            continue
        *before, last = ast.parse(cell.source).body
        value = None
        if isinstance(last, ast.Expr):
            exec(compile(ast.Module(before, []), str(path), "exec"), names)
            value = eval(compile(ast.Expression(last.value), str(path), "eval"), names)
        else:
            exec(compile(ast.Module([*before, last], []), str(path), "exec"), names)
        if isinstance(value, Player):
            return value.scene | {"names": names}
    raise ValueError(f"{path.name} has no player; draw its cover from something else.")


# ── Panels ────────────────────────────────────────────────────────────────────────────────────────


def panels(*titles: str, arrows: bool = True, share: bool = True) -> tuple[Figure, list[Axes]]:
    """Make a row of panels without axes, with a title above each, and arrows from one to the next."""
    figure = plt.figure(figsize=(WIDTH, HEIGHT), layout="none")
    gap = ARROW / WIDTH
    width = (1 - (len(titles) - 1) * gap) / len(titles)
    axes: list[Axes] = []
    for i, title in enumerate(titles):
        like = axes[0] if axes and share else None
        ax = figure.add_axes((i * (width + gap), 0.02, width, 0.85), sharex=like, sharey=like)
        ax.set_axis_off()
        words = figure.text(
            i * (width + gap) + width / 2, 0.97, title, ha="center", va="top", color=TITLE_INK, **TITLE
        )
        if words.get_window_extent().width > width * figure.bbox.width:
            raise ValueError(f"The title {title!r} is wider than its panel.")
        if i and arrows:
            figure.text(
                i * (width + gap) - gap / 2, 0.45, "→", ha="center", va="center", color=TITLE_INK, size=19
            )
        axes.append(ax)
    return figure, axes


def few(X: Array, most: int = MOST) -> Array:
    """Return the indices of at most so many of the points."""
    return np.random.default_rng(0).permutation(len(X))[:most]


def frame_all(axes: Sequence[Axes], equal: bool = True) -> None:
    """Show all points and all ellipses of panels that share their axes."""
    frame_around(np.vstack([ax.dataLim.get_points() for ax in axes]), axes[0], equal)


def frame_around(X: Array, ax: Axes, equal: bool = True) -> None:
    """Show the part of the plane that has the points; with `equal`, at the same scale in both directions."""
    low, high = X.min(axis=0), X.max(axis=0)
    room = (0.06 if equal else 0.15) * (high - low)
    (left, bottom), (right, top) = low - room, high + room
    if equal:
        box = ax.get_position(original=True)
        spare = (top - bottom) * (box.width * WIDTH) / (box.height * HEIGHT) - (right - left)
        left, right = left - max(spare, 0) / 2, right + max(spare, 0) / 2
        more = (right - left) * (box.height * HEIGHT) / (box.width * WIDTH) - (top - bottom)
        bottom, top = bottom - max(more, 0) / 2, top + max(more, 0) / 2
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="auto")


def draw_mixture(
    X: Array,
    theta: Mixture | None,
    ax: Axes,
    *,
    colored: Mixture | None = None,
    equal: bool = True,
    n_std: Sequence[float] = (1, 2),
) -> None:
    """Draw points in the colours of a mixture, or grey, below the ellipses of a mixture."""
    rows = few(X)
    if colored is None:
        plot_points(X[rows], sizes=SIZE, ax=ax)
    else:
        plot_responsibilities(X[rows], e_step(X[rows], colored)[1], sizes=SIZE, ax=ax)
    if theta is not None:
        plot_ellipses(theta.means, theta.full().covariances, n_std=n_std, ax=ax)
        if len(theta.means) < 7:
            plot_centers(theta.means, ax=ax)
    frame_around(X, ax, equal)


def draw_line(X: Array, theta: Mixture, ax: Axes, top: float) -> None:
    """Draw points along a line below the densities of a mixture's components and their sum."""
    x = np.sort(np.concatenate([np.linspace(X.min() - 1, X.max() + 1, 1500), *theta.means]))[:, np.newaxis]
    log_p, R = e_step(x, theta)
    p = np.exp(log_p)[:, np.newaxis]
    ax.plot(x, p, color=INK, linewidth=1.2)
    for k, curve in enumerate((R * p).T):
        ax.plot(x, curve, color=color(k), linestyle=LINE_STYLES[k], linewidth=2.2)
    owners = e_step(X, theta)[1]
    heights = -top * (0.05 + 0.13 * ((np.arange(len(X)) * 0.618034) % 1))
    plot_responsibilities(np.column_stack([X[:, 0], heights]), owners, sizes=16, ax=ax)
    ax.set(xlim=(x[0, 0], x[-1, 0]), ylim=(-0.22 * top, top))


def mixture_of(parameters: dict[str, Array]) -> Mixture:
    """Return the mixture that a scene describes."""
    weights, means, covariances = (np.array(parameters[name]) for name in ("weights", "means", "covariances"))
    inverse = np.linalg.inv(np.linalg.cholesky(covariances))
    return Mixture(weights, means, covariances, inverse.transpose(0, 2, 1), CovarianceType.named("full"))


def fitted(X: Array, K: int) -> Mixture:
    """Fit K components to the points."""
    return Mixture.of(GaussianMixture(K, n_init=3, random_state=0).fit(X))


# ── Openings that all lessons with a recorded player share ────────────────────────────────────────


def em_cover(name: str, rounds: Sequence[int], equal: bool = True, most: int = MOST) -> Figure:
    """Draw the EM that a lecture opens with: its start, and mixture and responsibilities after some rounds."""
    scene = opening(name)
    X = scene["points"][few(scene["points"], most)]
    mixtures = [mixture_of(parameters) for parameters in scene["planes"][0]["mixtures"]]
    rounds = [i % len(mixtures) for i in rounds]
    figure, axes = panels("start", *(f"after {i} rounds" for i in rounds))
    n_std = (1, 2) if len(mixtures[0].means) < 7 else (2,)
    draw_mixture(X, mixtures[0], axes[0], equal=equal, n_std=n_std)
    for i, ax in zip(rounds, axes[1:]):
        draw_mixture(X, mixtures[i], ax, colored=mixtures[i], equal=equal, n_std=n_std)
    frame_all(axes, equal)
    return figure


def kmeans_cover(name: str, rounds: Sequence[int]) -> Figure:
    """Draw the centres and cells of the k-means that a lecture opens with."""
    scene = opening(name)
    X, mixtures = scene["points"], scene["planes"][0]["mixtures"]
    rounds = [i % len(mixtures) for i in rounds]
    figure, axes = panels("start", *(f"after {i} moves" for i in rounds[1:]))
    for i, ax in zip(rounds, axes):
        draw_cells(X, mixtures[i]["means"], ax)
    return figure


class Nearest:
    """Predicts the number of the nearest centre."""

    def __init__(self, centers: Array) -> None:
        self.centers = centers

    def predict(self, X: Array) -> Array:
        return assign(X, self.centers)


def draw_cells(X: Array, centers: Array, ax: Axes) -> None:
    """Draw points in the colours of their nearest centres, and the cells of the centres, in the whole panel."""
    frame_around(X, ax)
    corners = np.column_stack([ax.get_xlim(), ax.get_ylim()])
    plot_decision_regions(Nearest(centers), corners, ax=ax)
    rows = few(X)
    plot_points(X[rows], assign(X[rows], centers), sizes=SIZE, ax=ax)
    plot_centers(centers, ax=ax)
    frame_around(X, ax)


# ── One cover per lesson ──────────────────────────────────────────────────────────────────────────


def welcome() -> Figure:
    """Points, the groups of k-means, which cuts them, and a mixture, which follows their shapes."""
    X, _ = elongated_blobs()
    figure, (left, middle, right) = panels("points without labels", "k-means", "a Gaussian mixture")
    draw_mixture(X, None, left)
    centers = KMeans(3, random_state=0).fit(X).cluster_centers_
    draw_cells(X, centers, middle)
    theta = Mixture.of(GaussianMixture(3, means_init=centers).fit(X))  # the same numbers and colours
    draw_mixture(X, theta, right, colored=theta)
    return figure


def limits_of_kmeans() -> Figure:
    """Groups that suit k-means, groups that do not, and what it makes of them."""
    scene = opening("02_kmeans_limits")
    X, y = elongated_blobs()
    figure, (left, middle, right) = panels(
        "made for k-means", "not made for it …", "… so it cuts them", arrows=False, share=False
    )
    draw_cells(scene["points"], scene["planes"][0]["mixtures"][-1]["means"], left)
    rows = few(X)
    plot_points(X[rows], y[rows], sizes=SIZE, ax=middle)
    frame_around(X, middle)
    labels = match_labels(y, KMeans(3, random_state=0).fit(X).labels_)  # so that the colours are the same
    draw_cells(X, np.array([X[labels == k].mean(axis=0) for k in range(3)]), right)
    return figure


def gaussians() -> Figure:
    """The same points, stretched and turned."""
    Z = np.random.default_rng(0).standard_normal((MOST // 2, 2))
    figure, axes = panels("round", "stretched", "turned")
    stretch, angle = np.diag([2.2, 0.8]), np.radians(35)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for A, ax in zip((np.eye(2), stretch, turn @ stretch), axes):
        plot_points(Z @ A.T, np.zeros(len(Z), int), sizes=SIZE, ax=ax)
        plot_ellipses(np.zeros((1, 2)), (A @ A.T)[np.newaxis], n_std=(1, 2), ax=ax)
        frame_around(np.array([[-5.5, -3.4], [5.5, 3.4]]), ax)
    return figure


def climb() -> Figure:
    """The log-likelihood, and bounds that EM climbs."""
    scene = opening("05_why_em_works")
    x = scene["points"].ravel()
    places = np.linspace(-0.6, 2.6, 400)
    hill = np.logaddexp.reduce(log_joint(x, places, 1.0), axis=-1).mean(axis=-1)
    room = hill.max() - hill.min()
    figure, axes = panels("E: the bound touches", "M: go to its maximum", "and again")
    mu = 0.3
    for i, ax in enumerate(axes):
        curve = bound(x, places, mu, 1.0)
        peak = places[curve.argmax()]
        goal = mu if i == 0 else peak
        ax.plot(places, hill, color=INK, linewidth=2.6)
        ax.plot(places, curve, color=color(0), linewidth=1.8, linestyle="--")
        on_bound, on_hill = np.interp(goal, places, curve), np.interp(goal, places, hill)
        ax.plot([goal, goal], [on_bound, on_hill], color=color(5), linewidth=4)
        for height, k in ((on_hill, 0), (on_bound, 1)):
            ax.plot(goal, height, MARKERS[k], color=color(k), markersize=8, markeredgecolor="white")
        ax.set(xlim=places[[0, -1]], ylim=(hill.min() - 0.5 * room, hill.max() + 0.2 * room))
        if i:
            mu = peak
    return figure


def spike() -> Figure:
    """A component that collapses onto one grain."""
    scene = opening("06_when_em_fails")
    X = scene["points"]
    mixtures = [mixture_of(parameters) for parameters in scene["planes"][0]["mixtures"]]
    last = mixtures[-1]
    figure, axes = panels("start", f"after {len(mixtures) - 1} rounds", "in the end: a spike")
    for theta, ax in zip((mixtures[0], last, narrowed(last, X.max(), len(X))), axes):
        draw_line(X, theta, ax, top=0.45)
    return figure


def narrowed(theta: Mixture, place: float, n: int) -> Mixture:
    """Return the mixture with its second component on a single one of n points, and hardly any width."""
    width = 0.015
    return theta._replace(
        weights=np.array([1 - 1 / n, 1 / n]),
        means=np.array([theta.means[0], [place]]),
        covariances=np.array([theta.covariances[0], [[width**2]]]),
        precisions_cholesky=np.array([theta.precisions_cholesky[0], [[1 / width]]]),
    )


def covariance_types() -> Figure:
    """The same groups with the four covariance types."""
    X, y = elongated_blobs()
    names = ("full", "tied", "diag", "spherical")
    figure, axes = panels(*names, arrows=False)
    for name, ax in zip(names, axes):
        known = mixture_from_responsibilities(X, np.eye(3)[y], CovarianceType.named(name))
        rows = few(X, MOST // 2)
        plot_points(X[rows], y[rows], sizes=SIZE, ax=ax)
        plot_ellipses(known.means, known.covariances, name, n_std=(1, 2), ax=ax)
        frame_around(X, ax)
    return figure


def density() -> Figure:
    """Two moons with too few, enough and too many components."""
    X = np.array(opening("08_density_estimation")["points"])
    numbers = (2, 8, 25)
    figure, axes = panels(*(f"{K} components" for K in numbers))
    for K, ax in zip(numbers, axes):
        theta = fitted(X, K)
        draw_mixture(X, theta, ax, colored=theta, n_std=(2,) if K > 6 else (1, 2))
    frame_all(axes)
    return figure


def choosing() -> Figure:
    """Old Faithful with one, two and six components, and the criterion that chooses."""
    X = np.array(opening("09_choosing_k")["points"])
    numbers = (1, 2, 5)
    figure, axes = panels(
        *("1 component", "2 components", "5 components", "lowest BIC wins"), arrows=False, share=False
    )
    for K, ax in zip(numbers, axes):
        theta = fitted(X, K)
        draw_mixture(X, theta, ax, colored=theta)
    Ks = range(1, 9)
    values = np.array([GaussianMixture(K, n_init=3, random_state=0).fit(X).bic(X) for K in Ks])
    ax = axes[-1]
    ax.plot(Ks, values, "o-", color=INK, markersize=5)
    best = int(values.argmin())
    ax.plot(Ks[best], values[best], "o", color=color(5), markersize=14, fillstyle="none", markeredgewidth=2.2)
    for number in Ks:
        ax.text(
            number,
            values.min() - 0.16 * np.ptp(values),
            str(number),
            color=TITLE_INK,
            ha="center",
            va="top",
            size=10,
        )
    ax.set(xlim=(0.2, 8.8), ylim=(values.min() - 0.35 * np.ptp(values), values.max() + 0.15 * np.ptp(values)))
    return figure


def threshold() -> Figure:
    """A threshold that rises through a density, and the points outside it."""
    scene = opening("10_anomaly_detection")
    X, strange = scene["points"], np.array(scene["truth"]) == 1
    model = scene["names"]["density"]
    levels = (-8.0, -3.0, -1.2)
    figure, axes = panels("low threshold", "higher", "too high")
    for level, ax in zip(levels, axes):
        frame_around(X, ax)
        xs, ys = (np.linspace(*limits, 260) for limits in (ax.get_xlim(), ax.get_ylim()))
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        heights = model.score_samples(grid).reshape(len(ys), len(xs))
        ax.contour(xs, ys, heights, levels=[level], colors=INK, linewidths=2, linestyles="solid")
        alarm = model.score_samples(X) < level
        for star, size in ((False, SIZE), (True, 75)):
            for caught in (False, True):
                rows = (strange == star) & (alarm == caught)
                face = color(5) if caught else "none" if star else PALE_INK
                edge = INK if star else "none"
                style: dict[str, Any] = {"marker": "*" if star else "o", "c": face, "edgecolors": edge}
                ax.scatter(X[rows, 0], X[rows, 1], s=size, linewidths=0.9, **style)
    return figure


def digits() -> Figure:
    """Digits, the same in the plane with a mixture, and digits that nobody wrote."""
    X, _ = load_digits()
    scene = opening("11_pca_digits")
    plane = scene["points"]
    theta = mixture_of(scene["planes"][0]["mixtures"][-1])
    figure, (left, middle, right) = panels(
        "written by hand", "two numbers for each", "drawn by a mixture", share=False
    )
    draw_digits(X[:15], left)
    draw_mixture(plane[few(plane, 160)], theta, middle, colored=theta, n_std=(2,))
    frame_all([middle])
    pca = PCA(30, random_state=0).fit(X)
    mixture = GaussianMixture(10, covariance_type="tied", random_state=0).fit(pca.transform(X))
    new = pca.inverse_transform(mixture.sample(15)[0])
    draw_digits(np.random.default_rng(1).permutation(new), right)
    return figure


def draw_digits(rows: Array, ax: Axes, n_columns: int = 5) -> None:
    """Draw square pictures as ink without paper, so that they show on any page."""
    side = int(rows.shape[1] ** 0.5)
    ink = (
        (1.15 * rows / np.quantile(rows, 0.99) - 0.15).clip(0, 1).round(1).reshape(-1, n_columns, side, side)
    )
    ink, side = np.pad(ink, ((0, 0), (0, 0), (1, 1), (1, 1))), side + 2  # so that digits do not touch
    alpha = ink.transpose(0, 2, 1, 3).reshape(-1, n_columns * side)
    image = np.dstack([np.broadcast_to(TITLE_INK, (*alpha.shape, 3)), alpha])
    ax.imshow(image, interpolation="nearest")


def mnist() -> Figure:
    """Digits that people wrote, and the generated ones of docs/digits.png."""
    side, n_columns, n_rows = 28, 10, 5
    written = load_mnist()
    first = [np.flatnonzero(written.labels == digit)[:n_rows] for digit in range(n_columns)]
    generated = np.asarray(
        Image.open(ROOT / "docs" / "digits.png").convert("L").resize((10 * side, 10 * side))
    )
    tiles = 255 - generated.reshape(10, side, 10, side).transpose(0, 2, 1, 3).reshape(10, 10, side * side)
    figure, (left, right) = panels("written by people", "generated by mixtures", share=False)
    draw_digits(written.images[np.transpose(first).ravel()], left, n_columns)
    draw_digits(tiles[:, :n_rows].transpose(1, 0, 2).reshape(-1, side * side), right, n_columns)
    return figure


def throw() -> Figure:
    """The mixture that learns where a ball is, and when."""
    figure = em_cover("13_beyond", (8, -1), equal=False, most=60)
    ax = figure.axes[0]
    style: dict[str, Any] = {"transform": ax.transAxes, "color": TITLE_INK, "size": 13}
    ax.text(0.5, 0, "time →", ha="center", va="bottom", **style)
    ax.text(0, 0.5, "height →", ha="left", va="center", rotation=90, **style)
    return figure


def capstone() -> Figure:
    """Points of one Gaussian, and the groups that EM finds in them all the same."""
    X = np.array(opening("14_capstone")["points"])
    figure, (left, middle, right) = panels("one Gaussian", "two groups?", "three groups?")
    draw_mixture(X, None, left)
    for K, ax in ((2, middle), (3, right)):
        theta = fitted(X, K)
        draw_mixture(X, theta, ax, colored=theta)
    return figure


COVERS: dict[str, Callable[[], Figure]] = {
    "00": welcome,
    "01": lambda: kmeans_cover("01_kmeans", (0, 2, -1)),
    "02": limits_of_kmeans,
    "03": gaussians,
    "04": lambda: em_cover("04_em", (8, -1)),
    "05": climb,
    "06": spike,
    "07": covariance_types,
    "08": density,
    "09": choosing,
    "10": threshold,
    "11": digits,
    "12": mnist,
    "13": throw,
    "14": capstone,
}


if __name__ == "__main__":
    main()
