"""Draw the picture that other sites show beside a link to this one: the title above a lesson's cover."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

WIDTH, HEIGHT = 1200, 630  # what the networks ask for
DPI = 100


def draw_preview(cover: Path, out: Path) -> None:
    """Draw it and write a PNG file."""
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
    figure.text(0.05, 0.86, "Gaussian mixtures", size=50, weight="bold", color="#222", va="center")
    figure.text(0.05, 0.73, "from k-means to EM, written from scratch", size=27, color="#222", va="center")
    picture = Image.open(cover).convert("RGBA")
    axes = figure.add_axes((0.02, 0.12, 0.96, 0.96 * WIDTH / HEIGHT * picture.height / picture.width))
    axes.imshow(picture, aspect="auto", interpolation="antialiased")
    axes.axis("off")
    figure.text(
        0.05, 0.06, "A course in notebooks: predict, run, explain", size=20, color="#005a8d", va="center"
    )
    FigureCanvasAgg(figure).print_png(out)
