"""The rows of one fit, after the first pass over them: checked, counted and summarised."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np

from mlcourse.scale.bar import RowBar
from mlcourse.scale.engine import Engine, Work, engine_for
from mlcourse.scale.rows import Piece, Rows, open_rows
from mlcourse.scale.summary import Summary, summarise
from mlcourse.typing import Floats
from mlcourse.validation import overflowing_squares

T = TypeVar("T")

SAMPLE_BYTES = 2**25  # of rows that are drawn to find a start; if there are no more, all are taken


@dataclass(frozen=True)
class Data:
    """Rows that have been read once, and who reads them again. Its shape and dtype are those of an array of them."""

    rows: Rows
    summary: Summary
    engine: Engine
    verbose: bool = False

    @classmethod
    def opened(cls, X: Any, sample_weight: Any, client: Any, verbose: bool = False) -> Self:
        """Open the rows and read them once. See `open_rows` and `summarise` for errors."""
        engine, rows = engine_for(client), open_rows(X, sample_weight=sample_weight)
        with RowBar.over("Check", rows.n_rows, 1, disable=not verbose) as bar:
            rows, summary = summarise(rows, engine, bar.update)
        return cls(rows, summary, engine, verbose)

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
        advance: Callable[[int], object] | None = None,
    ) -> T:
        """Add up function(shared, piece) over all rows, in a fixed tree. See `Work`."""
        with RowBar.over(name, self.shape[0], 1, disable=advance is not None or not self.verbose) as bar:
            total: T = self.engine.fold(Work(name, function, shared), self.rows, advance or bar.update)
        return total

    @property
    def fits_a_sample(self) -> bool:
        """Are there so few rows that a sample takes them all?"""
        return self._share_of_a_sample >= 1

    def sample(self, random_state: np.random.RandomState) -> tuple[Floats, Floats | None]:
        """Draw about `SAMPLE_BYTES` of rows, or all of them. Returns them in their order, and their weights."""
        seed = None if self.fits_a_sample else seed_from(random_state)
        return self.fold("draw_rows", drawn_by_chance, (self._share_of_a_sample, seed)).joined()

    @property
    def _share_of_a_sample(self) -> float:
        n, d = self.shape
        return SAMPLE_BYTES / (n * d * self.dtype.itemsize)


@dataclass(frozen=True)
class Drawn:
    """Rows that were drawn, and their weights, piece by piece."""

    X: list[Floats]
    w: list[Floats | None]

    def __iadd__(self, other: "Drawn") -> "Drawn":
        return Drawn(self.X + other.X, self.w + other.w)

    def joined(self) -> tuple[Floats, Floats | None]:
        """Join all pieces."""
        w = [one for one in self.w if one is not None]
        return np.concatenate(self.X), np.concatenate(w) if w else None


def drawn_by_chance(shared: tuple[float, int | None], piece: Piece) -> Drawn:
    """Draw each row with this probability; without a seed, take all."""
    share, seed = shared
    X, w = piece[:2]
    if seed is not None:
        chosen = piece.generator(seed).uniform(size=len(X)) < share
        X, w = X[chosen], None if w is None else w[chosen]
    return Drawn([X], [w])


def seed_from(random_state: np.random.RandomState) -> int:
    """Draw a seed, from which every piece of the rows makes random numbers of its own."""
    return int(random_state.randint(np.iinfo(np.int32).max))


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
