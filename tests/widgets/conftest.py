"""What the tests of players check besides: that no figure is left open."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture
def no_figure_left_over():
    yield
    left = plt.get_fignums()
    plt.close("all")
    assert left == []
