"""The player without a kernel: in an exported page, and in a notebook that is not trusted."""

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.helpers.lab_page import NOTEBOOK, open_notebook
from tests.helpers.scenes import PLAYERS

PLAYER = "document.querySelector('[data-mlcourse-player]').player"


@pytest.fixture(scope="module")
def with_output():
    """A notebook of one cell, whose stored output is a player."""
    output = nbformat.v4.new_output("execute_result", {"text/html": PLAYERS["em_plane"]()._repr_html_()})
    cell = nbformat.v4.new_code_cell("em_player(X, steps)", execution_count=1, outputs=[output])
    return nbformat.v4.new_notebook(
        cells=[cell],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def test_an_exported_page_plays(open_page, tmp_path, with_output):
    # Leave out the exporter's own links to MathJax and RequireJS on the web.
    exporter = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="", mermaid_js_url="")
    path = tmp_path / "page.html"
    path.write_text(exporter.from_notebook_node(with_output)[0], "utf-8")
    page = open_page()
    page.set_content(path.read_text("utf-8"))
    page.wait_for_function(PLAYER)
    page.get_by_role("button", name="Step").click()
    page.wait_for_function(f"{PLAYER}.frame === 1 && {PLAYER}.t === 1")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{PLAYER}.frame >= 3")


def test_an_untrusted_notebook_shows_the_still_picture(lab_page, lab, with_output):
    page, (_, folder) = lab_page, lab
    nbformat.write(with_output, folder / "notebooks" / "stored.ipynb")
    open_notebook(page, "notebooks/stored.ipynb")
    figure = page.locator(f"{NOTEBOOK} .jp-OutputArea-output figure")
    figure.wait_for(state="visible")
    assert "still picture" in figure.inner_text()
    assert len(figure.locator("img").get_attribute("alt")) > 20
    assert page.evaluate("document.querySelectorAll('canvas.plane').length") == 0
    assert page.evaluate("!document.querySelector('[data-mlcourse-player]')?.player")
