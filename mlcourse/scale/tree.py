"""A sum in a fixed tree: block 2j with block 2j + 1, then these sums in the same way, and so on.

Addition of floats depends on the order. With pairs by number, and not by arrival, a sum has the same bits whoever
computes its parts: one process, two workers or a thousand. A part of 2, 4, 8 … blocks is a branch of the tree, so
even how many blocks a worker takes at once makes no difference. A block that has nothing to add, None, keeps its
place.
"""

from collections.abc import Iterable
from operator import iadd
from typing import Generic, TypeVar

T = TypeVar("T")


class TreeSum(Generic[T]):
    """The sum of what comes, in order, in a fixed tree. Only one partial sum for each level is kept."""

    def __init__(self) -> None:
        self.levels: list[list[T | None]] = []  # at level l, the sum of 2ˡ values, if a partner is to come

    def add(self, value: T | None) -> None:
        """Add the next value. It may be changed."""
        for level in self.levels:
            if not level:
                level.append(value)
                return
            value = both(level.pop(), value)
        self.levels.append([value])

    def total(self) -> T | None:
        """Return the sum; values without a partner are added from the last one on. None if there was nothing."""
        total: T | None = None
        for level in self.levels:
            for waiting in level:
                total = both(waiting, total)
        return total


def both(left: T | None, right: T | None) -> T | None:
    """Add the right value to the left one, in place, if there are two."""
    if left is None or right is None:
        return right if left is None else left
    total: T = iadd(left, right)
    return total


def tree_sum(values: Iterable[T | None]) -> T | None:
    """Add values in a fixed tree. They may be changed."""
    tree: TreeSum[T] = TreeSum()
    for value in values:
        tree.add(value)
    return tree.total()
