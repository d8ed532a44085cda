"""An exercise in JupyterLab: a verdict leads to its hint, and a notebook that was reset does not lose work."""

import os
import re
import shutil

import pytest

from tests.helpers.lab_page import NOTEBOOK, PANEL, cell_index, open_notebook, run_cell

EXERCISE = "exercises/01_kmeans_exercises.ipynb"
WRONG = "check.read_distances(lambda D: (D.argmin(axis=1), D.min(axis=1).sum()))"
SET_SOURCE = f"([index, text]) => {{ {PANEL}.content.widgets[index].model.sharedModel.setSource(text); }}"


def test_a_verdict_unfolds_the_hint_that_it_names(lab_page, screenshot):
    page = lab_page
    open_notebook(page, EXERCISE)
    check = cell_index(page, "check.read_distances(")
    page.evaluate(SET_SOURCE, [check, WRONG])
    for index in (cell_index(page, "from mlcourse import"), check):
        run_cell(page, index)
    button = page.get_by_role("button", name=re.compile("^Hint"))
    button.wait_for()
    hint = page.locator(f"{NOTEBOOK} details[data-jupyter-id='{button.get_attribute('value')}']")
    summary = hint.locator("summary")
    assert summary.inner_text() == button.inner_text()
    assert not hint.evaluate(OPEN)
    button.press("Enter")
    assert hint.evaluate(OPEN)
    assert summary.evaluate("(summary) => summary === document.activeElement")
    box, window = hint.bounding_box(), page.locator(NOTEBOOK).bounding_box()
    assert window["y"] < box["y"] < window["y"] + window["height"] / 2
    screenshot(page, "hint_unfolded")
    for key in ("Enter", "Space"):  # JupyterLab leaves both to the hint
        page.keyboard.press(key)
        assert hint.evaluate(OPEN) == (key == "Space")


OPEN = "(details) => details.open"


@pytest.mark.parametrize("answer", ["Overwrite", "Revert"])
def test_a_reset_notebook_in_an_open_tab_asks_first(lab, lab_page, answer):
    """Overwrite keeps what is in the tab, Revert shows the notebook as it was handed out."""
    page, (_, folder) = lab_page, lab
    path = folder / "exercises" / f"reset_{answer}.ipynb"
    shutil.copy(folder / EXERCISE, path)
    open_notebook(page, f"exercises/{path.name}")
    page.evaluate(SET_SOURCE, [1, "# unsaved work"])
    path.write_bytes(path.read_bytes() + b"\n")  # another file, as after a reset
    later = path.stat().st_mtime + 5
    os.utime(path, (later, later))
    page.evaluate("() => { window.jupyterapp.commands.execute('docmanager:save'); }")
    page.locator(".jp-Dialog button", has_text=answer).click()
    page.wait_for_function(f"!document.querySelector('.jp-Dialog') && !{PANEL}.context.model.dirty")
    assert ("# unsaved work" in path.read_text("utf-8")) == (answer == "Overwrite")
    shown = page.evaluate(f"{PANEL}.content.widgets[1].model.sharedModel.getSource()")
    assert ("# unsaved work" in shown) == (answer == "Overwrite")
