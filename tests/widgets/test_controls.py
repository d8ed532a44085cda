"""The progress bar."""

import ipywidgets
import pytest

from mlcourse.widgets.controls import progress


def test_the_bar_is_visible_until_the_last_item_is_done():
    bar = ipywidgets.IntProgress(value=3, max=5, layout={"visibility": "hidden"})
    seen = []
    for _ in progress(bar, iter("abcdefgh")):
        seen.append((bar.value, bar.max, bar.layout.visibility))
    assert seen == [(done, 8, "visible") for done in range(8)]
    assert (bar.value, bar.layout.visibility) == (8, "hidden")


def test_the_bar_hides_when_a_fit_fails():
    bar = ipywidgets.IntProgress(layout={"visibility": "hidden"})
    items = progress(bar, range(4))
    next(items)
    assert bar.layout.visibility == "visible"
    with pytest.raises(ZeroDivisionError):
        items.throw(ZeroDivisionError)
    assert bar.layout.visibility == "hidden"
