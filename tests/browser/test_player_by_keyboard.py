"""Players with the keyboard alone, in a narrow column, and before there is anything to show."""

import nbformat
import pytest

from mlcourse.widgets import kmeans_game
from mlcourse.widgets.player import KEYS
from tests.helpers.lab_page import PANEL, QUIET, open_notebook
from tests.helpers.player_page import HTML, TWO_FRAMES, texts
from tests.helpers.scenes import LIVE, SENT

FOCUSED = """() => {
  let node = document.activeElement;
  while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node.ariaLabel ?? node.textContent;
}"""


def test_tab_leads_through_a_player_in_jupyterlab(lab, lab_page, made):
    """From the cell that Shift + Enter has run, and on to what follows."""
    page, (_, folder) = lab_page, lab
    (folder / "keyboard.html").write_text(made["em_line"]._repr_html_(), "utf-8")
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = "from IPython.display import HTML\nHTML(filename='keyboard.html')"
    cells = [nbformat.v4.new_code_cell(code), nbformat.v4.new_markdown_cell("[The end](keyboard.ipynb)")]
    nbformat.write(
        nbformat.v4.new_notebook(metadata={"kernelspec": python}, cells=cells), folder / "keyboard.ipynb"
    )
    open_notebook(page, "keyboard.ipynb")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:enter-command-mode'); }")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(QUIET)
    page.wait_for_function("document.querySelector('[data-mlcourse-player]')?.player")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(f"{PANEL}.content.activeCellIndex") == 0
    visited = []
    for _ in range(20):
        page.keyboard.press("Tab")
        visited.append(page.evaluate(FOCUSED))
        if visited[-1] == "The end":
            break
    picture, *controls, _ = visited[-9:]  # JupyterLab's buttons of the cell come before
    assert picture.startswith("The start")
    assert controls == ["First", "Back", "Play", "Step", "step", "speed", "Keys"]


def test_the_keys_are_in_a_table_below_the_controls(shown):
    page = shown("em_plane")
    table = page.locator("table")
    assert not table.is_visible()
    page.get_by_text("Keys", exact=True).press("Enter")
    rows = [tuple(row.split("\t")) for row in table.inner_text().splitlines()]
    assert rows == list(KEYS)


@pytest.mark.parametrize("width", [470, 1000])
@pytest.mark.parametrize("name", ["em_plane", *LIVE])
def test_no_key_moves_the_controls(open_page, made, name, width):
    page = open_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(HTML.format((made[name] if name in made else LIVE[name]())._repr_html_()))
    controls, plane = page.locator(".controls").first, page.locator("canvas.plane").first
    before = controls.bounding_box()
    plane.click()
    for key in ("ArrowRight", "ArrowUp", "Tab", "Escape"):
        plane.press(key)
        assert controls.bounding_box() == before


@pytest.mark.parametrize("width", [470, 1000])
def test_the_speed_is_beside_the_slider(shown, width):
    page = shown("em_plane")
    page.set_viewport_size({"width": width, "height": 900})
    slider, speed = (page.get_by_label(name, exact=True).bounding_box() for name in ("step", "speed"))
    assert speed["y"] < slider["y"] + slider["height"] / 2 < speed["y"] + speed["height"]
    assert slider["width"] >= 60


def test_tab_scrolls_the_whole_player_into_view(shown):
    page = shown("em_plane")
    page.set_viewport_size({"width": 1100, "height": 700})
    page.evaluate("document.body.style.padding = '550px 0 2000px'")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED).startswith("The start")
    box = page.locator("section").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 701  # the browser rounds where it scrolls to


def test_a_curve_without_values_says_so_on_bare_axes(shown):
    page = shown(kmeans_game(SENT, 2))
    page.set_viewport_size({"width": 470, "height": 900})
    curve = page.locator("canvas.curve")
    assert texts(page, "curve") == ["step", "↑ inertia", "Begins with the last centre"]  # and no numbers
    room = curve.bounding_box()  # for the curve that is to come: no button moves when it comes
    for _ in range(2):
        page.locator("canvas.plane").press("n")
    assert "↑ inertia" in texts(page, "curve")
    assert curve.bounding_box() == room


@pytest.mark.parametrize("name", ["em_line", "hardening", "types"])
def test_labels_are_legible_in_a_narrow_column(shown, name):
    page = shown(name)
    page.set_viewport_size({"width": 470, "height": 900})
    page.evaluate(TWO_FRAMES)
    assert page.evaluate(SMALL) == []


# What a player writes smaller than 11 pixels, or in narrower letters than the font has.
SMALL = """() => {
  const { player } = document.querySelector("[data-mlcourse-player]");
  const small = [];
  for (const { ctx } of [...player.planes, player.curve].filter(Boolean)) {
    ctx.fillText = (text, x, y, room = Infinity) => {
      if (parseFloat(ctx.font) < 11 || ctx.measureText(text).width > room) small.push(text);
    };
  }
  player.draw();
  return small;
}"""
