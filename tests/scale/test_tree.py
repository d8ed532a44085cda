"""Sums in a fixed tree: the same bits, however the work is shared out."""

import numpy as np
import pytest

from mlcourse.scale.tree import tree_sum


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64, 100])
@pytest.mark.parametrize("size", [1, 2, 4, 16])
def test_branches_of_any_size_give_the_same_bits(n, size):
    values = np.random.default_rng(n).lognormal(sigma=20, size=(n, 3))
    whole = tree_sum(row.copy() for row in values)
    branches = [tree_sum(row.copy() for row in values[i : i + size]) for i in range(0, n, size)]
    assert tree_sum(branches).tobytes() == whole.tobytes()
    np.testing.assert_allclose(whole, values.sum(axis=0), rtol=1e-12)


def test_parts_stay_in_order():
    assert tree_sum([i] for i in range(11)) == list(range(11))


def test_nothing_has_no_sum():
    with pytest.raises(ValueError, match="nothing to add"):
        tree_sum([])
