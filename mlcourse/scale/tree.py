"""A sum in a fixed tree: block 2j with block 2j + 1, then these sums in the same way, and so on.

Addition of floats depends on the order. With pairs by number, and not by arrival, a sum has the same bits whoever
computes its parts: one process, two workers or a thousand. A part of 2, 4, 8 … blocks is a branch of the tree, so
even how many blocks a worker takes at once makes no difference.
"""

from collections.abc import Iterable
from operator import iadd
from typing import Generic, TypeVar

T = TypeVar("T")


class TreeSum(Generic[T]):
    """The sum of what comes, in order, in a fixed tree. Only one partial sum for each level is kept."""

    def __init__(self) -> None:
        self.levels: list[T | None] = []  # at level l, the sum of 2ˡ values, if a partner is to come

    def add(self, value: T) -> None:
        """Add the next value. It may be changed."""
        for level, waiting in enumerate(self.levels):
            if waiting is None:
                self.levels[level] = value
                return
            value, self.levels[level] = iadd(waiting, value), None
        self.levels.append(value)

    def total(self) -> T:
        """Return the sum: values without a partner are added from the last one on. Raises ValueError without any."""
        total: T | None = None
        for waiting in self.levels:
            if waiting is not None:
                total = waiting if total is None else iadd(waiting, total)
        if total is None:
            raise ValueError("There is nothing to add.")
        return total


def tree_sum(values: Iterable[T]) -> T:
    """Add values in a fixed tree."""
    tree: TreeSum[T] = TreeSum()
    for value in values:
        tree.add(value)
    return tree.total()
