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


def test_a_block_without_rows_keeps_its_place():
    values = np.random.default_rng(0).lognormal(sigma=20, size=(8, 3))
    with_gaps = [None if i in (1, 4, 5) else row.copy() for i, row in enumerate(values)]
    branches = [
        tree_sum(with_gaps[:4]),
        tree_sum(row if row is None else row.copy() for row in with_gaps[4:]),
    ]
    expected = ((values[0]) + (values[2] + values[3])) + (values[6] + values[7])
    assert tree_sum(branches).tobytes() == expected.tobytes()
    assert tree_sum([]) is tree_sum([None, None]) is None
