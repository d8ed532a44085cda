"""Style, captions and alt text."""

import base64
import html
import io
import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from IPython.utils.capture import capture_output
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from matplotlib_inline.backend_inline import _fetch_figure_metadata
from matplotlib_inline.config import InlineBackend

from mlcourse import plotting
from mlcourse.cli import STYLE_SHEET
from mlcourse.plotting import captions
from tests.helpers.blobs import X, fitted_kmeans


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InlineBackend.clear_instance()
    InteractiveShell.clear_instance()


def test_course_style_sets_the_palette_and_can_be_undone():
    with matplotlib.rc_context():
        plotting.use_course_style()
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
        assert [to_rgb(c) for c in cycle] == [to_rgb(c) for c in plotting.PALETTE]


def luminance(color):
    """Relative luminance, WCAG 2.2."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    """Contrast ratio, WCAG 2.2: text of this size wants 4.5, the parts of a graphic want 3."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_first_colours_also_differ_in_lightness():
    first = sorted(plotting.PALETTE[:3], key=luminance)
    assert min(map(contrast, first[1:], first[:-1])) > 1.3


PAGES = ("#FFFFFF", "#111111")  # JupyterLab, light and dark


def words(figure):
    """The texts of a figure that are shown, with those of its axes and legends."""
    figure.canvas.draw()  # writes the numbers beside the axes
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("page", PAGES)
def test_text_is_readable_on_a_light_and_on_a_dark_page(page):
    with matplotlib.rc_context():
        plotting.use_course_style()
        ax = plotting.plot_mixture_1d([0.5, 0.5], [0, 4], [1, 1])
        ax.set_title("A mixture")
        shown = words(ax.figure)
        assert len(shown) > 10
        assert min(contrast(text.get_color(), page) for text in shown) > 4.1
        brightness = float(re.search(r"img { filter: brightness\(([\d.]+)\)", STYLE_SHEET)[1])
        factor = brightness if page == PAGES[1] else 1
        in_jupyterlab = [np.minimum(1, factor * np.array(to_rgb(text.get_color()))) for text in shown]
        assert min(contrast(color, page) for color in in_jupyterlab) > 4.5
    assert contrast(plotting.PRINT, plotting.PAPER) > 7


def picture_of(code):
    return plt.imread(io.BytesIO(base64.b64decode(code)))


def test_a_figure_has_no_background_and_is_sharp():
    with matplotlib.rc_context():
        plotting.use_course_style()
        ax = plotting.plot_decision_regions(fitted_kmeans(), X)
        width, height = ax.figure.get_size_inches() * ax.figure.dpi
        code = plotting.figure_html(ax, "A caption.", "Three tinted regions.")
    picture = picture_of(code.split("base64,")[1].split('"')[0])
    assert picture.shape[:2] == (round(2 * height), round(2 * width))
    assert f"max-width: {round(width)}px" in code
    assert picture[0, 0, 3] == 0  # the margin
    middle = picture[len(picture) // 2, picture.shape[1] // 2]
    assert 0 < middle[3] < 1  # a region


def drawn_and_shown(figure):
    """The pixels (n, 4) of a figure, from 0 to 1, with all their colours and as `figure_html` shows them."""
    whole = io.BytesIO()
    figure.savefig(whole, format="png", dpi=2 * figure.dpi)
    shown = picture_of(
        plotting.figure_html(figure, "A caption.", "An image.").split("base64,")[1].split('"')[0]
    )
    return plt.imread(io.BytesIO(whole.getvalue())).reshape(-1, 4), shown.reshape(-1, 4)


def test_few_colours_are_kept_exactly():
    figure, ax = plt.subplots()
    ax.imshow(np.arange(64).reshape(8, 8), cmap="gray_r")
    ax.set_axis_off()
    drawn, shown = drawn_and_shown(figure)
    np.testing.assert_array_equal(drawn, shown)


def test_many_colours_become_256_and_the_commonest_stay_exact():
    figure, ax = plt.subplots(figsize=(3, 2.4))
    x, y = np.meshgrid(np.linspace(-3, 3, 90), np.linspace(-3, 3, 60))
    ax.imshow(np.exp(-(x**2) - y**2), cmap="PuOr", alpha=np.abs(np.sin(x * y)))
    ax.set_title("a title in grey", color="0.4")
    drawn, shown = drawn_and_shown(figure)
    colors, index, counts = np.unique(drawn, axis=0, return_inverse=True, return_counts=True)
    assert len(colors) > 1000
    assert 150 < len(np.unique(shown, axis=0)) <= 256
    common = np.isin(index.ravel(), np.argsort(counts)[-100:])
    np.testing.assert_array_equal(drawn[common], shown[common])
    opacity, difference = drawn[:, 3:], np.abs(drawn * drawn[:, 3:] - shown * shown[:, 3:])
    assert difference[opacity.ravel() > 0].mean() < 0.02
    assert difference.max() < 0.2


def panels_of(code):
    """(picture, width, least width) of each panel, row by row."""
    pattern = r'base64,([^"]+)"[^>]*flex: ([\d.]+) 1 (\d+)px'
    return [
        [(picture_of(png), float(width), int(least)) for png, width, least in re.findall(pattern, row)]
        for row in code.split("<div ")[1:]
    ]


def test_numbers_of_neighbours_are_eleven_pixels_high_or_more():
    with matplotlib.rc_context():
        plotting.use_course_style()
        _, (ax, _) = plt.subplots(1, 2, figsize=(10, 4))
        (tick, *_), dpi = ax.get_xticklabels(), ax.figure.dpi
        height = tick.get_fontsize() * dpi / 72
        ((left, right),) = panels_of(plotting.figure_html(ax, "A caption.", "Empty axes."))
    for _, width, least in (left, right):
        assert least / width * height >= 10.9
    assert left[1] + right[1] == 10 * dpi


def test_panels_without_numbers_may_be_smaller():
    _, axes = plt.subplots(1, 3)
    for ax in axes:
        ax.set_axis_off()
        ax.imshow(np.eye(3))
    (row,) = panels_of(plotting.figure_html(axes[0], "A caption.", "Three images."))
    assert len(row) == 3
    assert max(least / width for _, width, least in row) < 0.4


def test_panels_are_cut_where_nothing_is_drawn():
    with matplotlib.rc_context():
        plotting.use_course_style()
        figure, axes = plt.subplots(2, 3, figsize=(9, 6), sharex=True, sharey=True)
        for ax in axes.flat:
            ax.tick_params(labelleft=True, labelbottom=True)
        whole = io.BytesIO()
        figure.savefig(whole, format="png", dpi=2 * figure.dpi)
        rows = panels_of(plotting.figure_html(figure, "A caption.", "Empty axes."))
    assert [len(row) for row in rows] == [3, 3]
    joined = np.vstack([np.hstack([panel for panel, *_ in row]) for row in rows])
    np.testing.assert_allclose(joined, plt.imread(io.BytesIO(whole.getvalue())), atol=0.1)


@pytest.mark.parametrize(("n_columns", "numbered"), [(3, True), (5, False)])
def test_panels_that_share_an_axis_have_numbers_of_their_own(n_columns, numbered):
    figure, axes = plt.subplots(2, n_columns, sharex=True, sharey=True)
    axes[0, 1].set(xlabel="x", ylabel="y")
    plotting.figure_html(figure, "A caption.", "Empty axes.")
    assert axes[0, 1].get_xlabel() == axes[0, 1].get_ylabel() == ""
    shown = [axis.get_major_ticks()[0].label1.get_visible() for axis in (axes[0, 1].xaxis, axes[0, 1].yaxis)]
    assert shown == [numbered, numbered]


def test_the_layout_of_equal_axes_is_complete():
    def top_and_bottom(n_drawn):
        figure, axes = plt.subplots(1, 2, figsize=(11, 4.4), sharey=True)
        for ax in axes:
            ax.plot(*np.random.default_rng(0).normal(size=(500, 2)).T * [[2], [1.3]])
            ax.set(aspect="equal", title="A title", xlabel="feature 1")
        for _ in range(n_drawn):
            figure.draw_without_rendering()
        picture = np.asarray(captions.render(figure).picture.convert("RGBA"))
        drawn = np.flatnonzero((picture != picture[0, 0]).any(axis=(1, 2)))
        return drawn[[0, -1]].tolist()

    with matplotlib.rc_context():
        plotting.use_course_style()
        np.testing.assert_allclose(top_and_bottom(0), top_and_bottom(3), atol=1)


def with_colour_bar(figure):
    figure.colorbar(figure.axes[1].imshow(np.eye(3)))


def with_line(figure):
    figure.axes[0].annotate("", (1, 0.5), (0, 0.5), figure.axes[1].transAxes, figure.axes[0].transAxes, {})


def test_blank_space_around_flat_panels_is_cut_off():
    with matplotlib.rc_context():
        plotting.use_course_style()
        figure, axes = plt.subplots(1, 2, figsize=(6, 6))
        for ax in axes:
            ax.set(xlim=(0, 4), ylim=(0, 1), aspect="equal")
        ((left, right),) = panels_of(plotting.figure_html(figure, "A caption.", "Axes."))
    assert len(left[0]) == len(right[0]) < 0.5 * 2 * 6 * 110


def test_a_title_over_two_panels_is_not_cut():
    figure, _ = plt.subplots(1, 2, layout="constrained")
    figure.suptitle("A title over both panels")
    rows = panels_of(plotting.figure_html(figure, "A caption.", "Axes."))
    assert len(rows[0]) == 1


@pytest.mark.parametrize("join", [with_colour_bar, with_line])
def test_panels_that_something_joins_stay_together(join):
    with matplotlib.rc_context():
        plotting.use_course_style()
        figure, _ = plt.subplots(1, 2)
        join(figure)
        assert [len(row) for row in panels_of(plotting.figure_html(figure, "A caption.", "Axes."))] == [1]


def test_a_photograph_keeps_its_colours():
    photo = np.random.default_rng(0).uniform(size=(40, 60, 3))
    _, ax = plt.subplots(figsize=(6, 4), dpi=10, layout=None)
    ax.set_position((0, 0, 1, 1))
    code = plotting.figure_html(plotting.plot_photo(photo, ax=ax), "A photo.", "Pixels of all colours.")
    picture = picture_of(code.split("base64,")[1].split('"')[0])
    np.testing.assert_allclose(picture[..., :3], photo, atol=1 / 255)


def test_a_figure_that_matplotlib_shows_has_no_background_either(shell):
    with matplotlib.rc_context():
        plotting.use_course_style()
        plotting.use_course_style()  # running the cell of imports again changes nothing
        figure = plotting.plot_points(X).figure
        inline = InlineBackend.instance()
        select_figure_formats(shell, inline.figure_formats, **inline.print_figure_kwargs)
        data, metadata = shell.display_formatter.format(figure)
        assert _fetch_figure_metadata(figure) is None  # else JupyterLab paints a white box behind the figure
    picture = picture_of(data["image/png"])
    assert picture[0, 0, 3] == 0
    assert picture.shape[1] == pytest.approx(2 * metadata["image/png"]["width"], abs=1)


TRICKY = 'a < b & "c" — σ'


def test_figure_html_escapes_its_words_and_holds_the_picture():
    ax = plotting.plot_points(X)
    code = plotting.figure_html(ax, f"{TRICKY} `a < b`", TRICKY + " alt")
    assert f'alt="{html.escape(TRICKY)} alt"' in code
    assert f">{html.escape(TRICKY)} <code>a &lt; b</code></figcaption>" in code
    assert TRICKY not in code
    assert picture_of(code.split("base64,")[1].split('"')[0]).size > 0
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "pick", [lambda fig: fig, lambda fig: fig.axes[1], lambda fig: fig.subfigs[0].axes[0]]
)
def test_show_displays_html_png_and_text_and_closes_the_figure(shell, pick):
    figure = plt.figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    left.subplots(), right.subplots()
    with capture_output() as captured:
        assert plotting.show(pick(figure), "Figure 1. Two panels.", TRICKY) is None
    (output,) = captured.outputs
    assert set(output.data) == {"text/html", "image/png", "text/plain"}
    assert output.data["text/plain"] == TRICKY
    whole = picture_of(output.data["image/png"])
    (row,) = panels_of(output.data["text/html"])
    assert len(row) == 2
    np.testing.assert_array_equal(np.hstack([panel for panel, *_ in row]), whole)
    assert output.data["text/html"].count(f'alt="{html.escape(TRICKY)}"') == 1
    assert output.metadata["image/png"]["alt"] == TRICKY
    assert plt.get_fignums() == []


def test_show_prints_the_caption_outside_ipython(capsys, monkeypatch):
    monkeypatch.setattr("mlcourse.plotting.captions.get_ipython", lambda: None)
    plotting.show(plotting.plot_points(X), "Figure 1. Points.", "Points.")
    assert capsys.readouterr().out == "Figure 1. Points.\n"
    assert plt.get_fignums() == []
