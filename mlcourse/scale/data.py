"""The rows of one fit, after the first pass over them: checked, counted and summarised."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from sklearn.utils.random import sample_without_replacement

from mlcourse.scale.engine import Engine, Work, engine_for
from mlcourse.scale.rows import Piece, Rows, open_rows
from mlcourse.scale.summary import Summary, summarise
from mlcourse.typing import Floats, Ints
from mlcourse.validation import overflowing_squares

T = TypeVar("T")

SAMPLE_BYTES = 2**25  # of rows that are drawn to find a start; if there are no more, all are taken


@dataclass(frozen=True)
class Data:
    """Rows that have been read once, and who reads them again. Its shape and dtype are those of an array of them."""

    rows: Rows
    summary: Summary
    engine: Engine

    @classmethod
    def opened(cls, X: Any, sample_weight: Any, client: Any) -> Self:
        """Open the rows and read them once. See `open_rows` and `summarise` for errors."""
        engine = engine_for(client)
        rows, summary = summarise(open_rows(X, sample_weight=sample_weight), engine)
        return cls(rows, summary, engine)

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows with a weight above 0, and of features."""
        return self.summary.n_rows, self.rows.n_features

    @property
    def dtype(self) -> np.dtype:
        """The dtype that rows are computed in."""
        return self.rows.dtype

    def fold(
        self,
        name: str,
        function: Callable[[Any, Piece], T],
        shared: object = None,
        every_row: bool = False,
        advance: Callable[[int], object] | None = None,
    ) -> T:
        """Add up function(shared, piece) over all rows, in a fixed tree. See `Work`."""
        total: T = self.engine.fold(Work(name, function, shared, every_row), self.rows, advance)
        return total

    @property
    def fits_a_sample(self) -> bool:
        """Are there so few rows that a sample takes them all?"""
        return self._n_read <= self._sample_size

    def sample(self, random_state: np.random.RandomState) -> tuple[Floats, Floats | None]:
        """Draw up to `SAMPLE_BYTES` of rows without replacement. Returns them in their order, and their weights."""
        numbers = None
        if not self.fits_a_sample:
            drawn = sample_without_replacement(self._n_read, self._sample_size, random_state=random_state)
            numbers = np.sort(drawn)
        return self.fold("draw_rows", picked, numbers, every_row=True).joined()

    @property
    def _n_read(self) -> int:
        return sum(block.n_rows or 0 for block in self.rows.blocks)

    @property
    def _sample_size(self) -> int:
        return max(SAMPLE_BYTES // (self.rows.n_features * self.dtype.itemsize), 1)


@dataclass(frozen=True)
class Picked:
    """Rows that were picked, and their weights, piece by piece."""

    X: list[Floats]
    w: list[Floats | None]

    def __iadd__(self, other: "Picked") -> "Picked":
        return Picked(self.X + other.X, self.w + other.w)

    def joined(self) -> tuple[Floats, Floats | None]:
        """Join all pieces."""
        w = [one for one in self.w if one is not None]
        return np.concatenate(self.X), np.concatenate(w) if w else None


def picked(numbers: Ints | None, piece: Piece) -> Picked:
    """Pick the rows with these numbers (all, if None), which must rise; those without weight are left out."""
    if numbers is not None:
        first = (piece.block.first or 0) + piece.start
        here = numbers[slice(*np.searchsorted(numbers, [first, first + len(piece.X)]))] - first
        piece = piece._replace(X=piece.X[here], w=None if piece.w is None else piece.w[here])
    X, w = piece.with_weight()[:2]
    return Picked([X], [w])


def check_enough(data: Data, name: str, at_least: int) -> None:
    """Raise ValueError if there are fewer rows than groups to find, or if their squares overflow."""
    n, d = data.shape
    if n < max(at_least, 2):
        raise ValueError(
            f"{data.rows.source} has {n} rows with a weight above 0, but {name}={at_least} needs at least"
            f" {max(at_least, 2)}: ask for fewer, or give more rows."
        )
    spread = float(data.summary.high.max()) - float(data.summary.low.min())
    if spread > (np.finfo(data.dtype).max / (n * d)) ** 0.5:
        raise overflowing_squares(data.dtype)
