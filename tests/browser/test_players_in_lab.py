"""Players in JupyterLab: whatever is done to their panel or to the theme, their canvases keep their pictures."""

import nbformat
import pytest

from tests.helpers.lab_page import NOTEBOOK, PANEL, open_notebook, run_all
from tests.helpers.player_page import COLORS, TWO_FRAMES
from tests.helpers.scenes import PLAYERS

SHOWN = ("em_line", "types")
PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}  # else JupyterLab asks
EXECUTE = "async ([command, args]) => { await window.jupyterapp.commands.execute(command, args); }"


@pytest.fixture
def notebook(lab, lab_page):
    """A notebook with two players, open and run."""
    _, folder = lab
    book = nbformat.v4.new_notebook(metadata={"kernelspec": PYTHON})
    for name in SHOWN:
        (folder / f"{name}.html").write_text(PLAYERS[name]()._repr_html_(), "utf-8")
        book.cells.append(
            nbformat.v4.new_code_cell(f"from IPython.display import HTML\nHTML(filename='{name}.html')")
        )
    nbformat.write(book, folder / "players.ipynb")
    open_notebook(lab_page, "players.ipynb")
    run_all(lab_page)
    lab_page.wait_for_function(
        "[...document.querySelectorAll('[data-mlcourse-player]')].filter((host) => host.player).length === 2"
    )
    return lab_page


def execute(page, command, **args):
    page.evaluate(EXECUTE, [command, args])


def pictures(page):
    """For each canvas of the notebook: how many colours it has, and whether it is as wide as its place."""
    page.evaluate(TWO_FRAMES)
    canvases = page.locator(f"{NOTEBOOK} [data-mlcourse-player] canvas").all()
    assert len(canvases) == 7
    fits = "({ width, clientWidth }) => width === Math.round(clientWidth * window.devicePixelRatio)"
    return [(canvas.evaluate(COLORS) > 1, canvas.evaluate(fits)) for canvas in canvases]


def switch_theme(page, name):
    execute(page, "apputils:change-theme", theme=f"JupyterLab {name}")
    page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(name == 'Light').lower()}'")


def test_players_survive_themes_tabs_panels_and_sidebars(notebook, screenshot):
    page = notebook
    fine = [(True, True)] * 7
    assert pictures(page) == fine
    try:
        switch_theme(page, "Dark")
        assert pictures(page) == fine
        screenshot(page, "lab_players_dark")
        assert page.locator(f"{NOTEBOOK} section.player.dark").count() == 2
    finally:
        switch_theme(page, "Light")
    assert pictures(page) == fine
    assert page.locator(f"{NOTEBOOK} section.player.dark").count() == 0
    for _ in range(2):
        execute(page, "application:toggle-left-area")
        assert pictures(page) == fine
    me = page.evaluate(f"{PANEL}.id")
    execute(page, "launcher:create")  # in front of the notebook
    page.wait_for_function(f"(id) => {PANEL}.id !== id", arg=me)
    page.evaluate("(id) => { window.jupyterapp.shell.activateById(id); }", me)
    assert pictures(page) == fine
    page.evaluate(
        """(id) => {
          const { shell } = window.jupyterapp;
          const panel = [...shell.widgets("main")].find((widget) => widget.id === id);
          const launcher = [...shell.widgets("main")].find((widget) => widget !== panel);
          shell.add(panel, "main", { mode: "split-right", ref: launcher.id });
        }""",
        me,
    )
    assert pictures(page) == fine
    screenshot(page, "lab_players_split")
