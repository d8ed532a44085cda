"""Style, captions and alt text."""

import base64
import html
import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.colors import to_rgb

from mlcourse import plotting
from tests.helpers.blobs import X


def test_course_style_sets_the_palette_and_can_be_undone():
    with matplotlib.rc_context():
        plotting.use_course_style()
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
        assert [to_rgb(c) for c in cycle] == [to_rgb(c) for c in plotting.PALETTE]


def test_the_first_colours_also_differ_in_lightness():
    # relative luminance, WCAG 2.2
    rgb = np.array([to_rgb(c) for c in plotting.PALETTE[:3]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = np.sort(linear @ [0.2126, 0.7152, 0.0722])
    contrast = (luminance[1:] + 0.05) / (luminance[:-1] + 0.05)
    assert contrast.min() > 1.3


TRICKY = 'a < b & "c" — σ'


def test_figure_html_escapes_its_words_and_holds_the_picture():
    ax = plotting.plot_points(X)
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    code = plotting.figure_html(ax, TRICKY, TRICKY + " alt")
    assert f'alt="{html.escape(TRICKY)} alt"' in code
    assert f">{html.escape(TRICKY)}</figcaption>" in code
    assert TRICKY not in code
    png = base64.b64decode(code.split("base64,")[1].split('"')[0])
    assert plt.imread(io.BytesIO(png)).shape[:2] == (round(height), round(width))
    assert plt.get_fignums() == []


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


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
    assert output.data["image/png"] in output.data["text/html"]
    assert output.metadata["image/png"]["alt"] == TRICKY
    assert plt.get_fignums() == []


def test_show_prints_the_caption_outside_ipython(capsys, monkeypatch):
    monkeypatch.setattr("mlcourse.plotting.captions.get_ipython", lambda: None)
    plotting.show(plotting.plot_points(X), "Figure 1. Points.", "Points.")
    assert capsys.readouterr().out == "Figure 1. Points.\n"
    assert plt.get_fignums() == []
