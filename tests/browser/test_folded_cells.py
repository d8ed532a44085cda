"""Folded cells in JupyterLab: their first line is in view, they run, and a click opens them."""

from tests.helpers.lab_page import NOTEBOOK, cell_index, open_notebook, run_cell


def test_a_folded_cell_shows_its_first_line_runs_and_opens(lab_page):
    page = lab_page
    open_notebook(page, "notebooks/00_welcome.ipynb")
    for text in ("import numpy", "mlcourse.KMeans(5"):
        run_cell(page, cell_index(page, text))
    index = cell_index(page, "# Figure 1:")
    cell = page.locator(f"{NOTEBOOK} .jp-Cell").nth(index)
    bar, code = cell.locator(".jp-InputPlaceholder"), cell.locator(".jp-InputArea-editor")
    assert bar.inner_text().strip() == "# Figure 1: the groups that k-means has found"
    assert not code.is_visible()
    narrow = bar.evaluate(
        """(bar) => {
          bar.style.width = "150px";
          const dots = bar.querySelector(".jp-MoreHorizIcon").getBoundingClientRect();
          const text = getComputedStyle(bar.querySelector(".jp-PlaceholderText"));
          const end = bar.getBoundingClientRect().right;
          bar.style.width = "";
          return [dots.width > 20 && dots.right <= end, text.textOverflow];
        }"""
    )
    assert narrow == [True, "ellipsis"]
    assert "<figure" in run_cell(page, index)
    bar.click()
    code.wait_for(state="visible")
    assert "plot_decision_regions" in code.inner_text()
