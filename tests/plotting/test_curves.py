"""Plots of curves."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from mlcourse import plotting
from tests.helpers.blobs import X, truth


def test_knives_have_the_lengths_and_order_of_the_silhouettes():
    values = silhouette_samples(X, truth)
    ax = plotting.plot_silhouettes(values, truth)
    tops = [-1.0]
    for k, knife in enumerate(ax.collections):
        box = knife.get_datalim(ax.transData)
        assert box.x1 == pytest.approx(values[truth == k].max())
        assert box.x0 == pytest.approx(min(0, values[truth == k].min()))
        assert box.height == (truth == k).sum() - 1
        assert box.y0 > tops[-1]
        tops.append(box.y1)
    assert ax.lines[0].get_xdata()[0] == pytest.approx(values.mean())
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0", "1", "2"]


def test_curve_marks_the_chosen_value():
    ax = plotting.plot_curve([2, 3, 4], [9.0, 4.0, 3.0], "k", "inertia", chosen=3)
    curve, _, ring = ax.lines
    np.testing.assert_array_equal(curve.get_xydata(), [[2, 9], [3, 4], [4, 3]])
    np.testing.assert_array_equal(ring.get_xydata(), [[3, 4]])


def test_lower_bound_counts_rounds_from_one():
    (line,) = plotting.plot_lower_bound([-3.0, -2.0, -1.5]).lines
    np.testing.assert_array_equal(line.get_xydata(), [[1, -3], [2, -2], [3, -1.5]])
