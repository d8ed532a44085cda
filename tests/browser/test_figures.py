"""Figures in columns of several widths: nothing is cut off, and panels stand beside one another if they fit."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from mlcourse import plotting

HTML = "<!doctype html><title>A page</title><body style='margin: 0'><main>{}</main></body>"
BOXES = "(images) => images.map((image) => image.getBoundingClientRect().toJSON())"


def figure_of(n_panels):
    with matplotlib.rc_context():
        plotting.use_course_style()
        figure, _ = plt.subplots(1, n_panels, figsize=(6.4 if n_panels == 1 else 11, 4))
        return plotting.figure_html(figure, "A caption.", "Empty axes.")


@pytest.mark.parametrize(
    ("n_panels", "column", "n_rows"), [(1, 350, 1), (2, 350, 2), (3, 470, 3), (3, 600, 2), (3, 828, 1)]
)
def test_a_figure_fits_its_column(open_page, n_panels, column, n_rows):
    page = open_page()
    page.set_content(HTML.format(figure_of(n_panels)))
    page.evaluate("(width) => { document.querySelector('main').style.width = `${width}px`; }", column)
    boxes = page.locator("img").evaluate_all(BOXES)
    assert len(boxes) == n_panels
    assert max(box["right"] for box in boxes) <= column + 0.1
    rows = {round(box["top"]) for box in boxes}
    assert len(rows) == n_rows
    if n_rows == 1:
        assert sum(box["width"] for box in boxes) > 0.95 * min(column, 704 if n_panels == 1 else column)
        assert max(box["height"] for box in boxes) - min(box["height"] for box in boxes) < 0.5
