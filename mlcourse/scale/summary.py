"""The first pass over the rows: are they all there and finite, how many are there, and where do they lie?"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from mlcourse.blocks import sum_over_blocks
from mlcourse.scale.engine import Engine, Work
from mlcourse.scale.formats import UnreadableRows
from mlcourse.scale.rows import Piece, Rows
from mlcourse.typing import Floats, Ints


@dataclass(frozen=True)
class Summary:
    """What the first pass finds out. Those of parts add up to that of the whole."""

    counts: dict[int, Ints]  # by block: how many rows, and how many with a weight above 0
    digests: list[tuple[bytes, bytes]]  # of the rows and of their weights, in order
    weight: float  # Σ w
    mean: Floats  # (d,) in float64
    squares: float  # Σ w ‖x − mean‖²
    low: Floats  # (d,)
    high: Floats  # (d,)

    def __iadd__(self, other: "Summary") -> "Summary":
        """Add the summary of the rows that follow."""
        counts = self.counts
        for number, n in other.counts.items():
            counts[number] = counts.get(number, 0) + n
        weight, shift = self.weight + other.weight, other.mean - self.mean
        share = other.weight / weight if weight else 0.0
        return Summary(
            counts,
            self.digests + other.digests,
            weight,
            self.mean + share * shift,
            self.squares + other.squares + share * self.weight * float(shift @ shift),
            np.fmin(self.low, other.low),
            np.fmax(self.high, other.high),
        )

    @property
    def n_rows(self) -> int:
        """The number of rows with a weight above 0."""
        return int(sum(n for _, n in self.counts.values()))

    @property
    def fingerprint(self) -> tuple[str, str]:
        """Digits that tell these rows, in this order, from all others; and those of their weights."""
        rows, weights = (blake2b(b"".join(parts), digest_size=8).hexdigest() for parts in zip(*self.digests))
        return rows, weights


def summary_of(names: tuple[str, ...] | None, piece: Piece) -> Summary:
    """Check the rows of a piece, and summarise them, on all cores."""
    if not len(piece.X):
        return summary_of_part(names, piece)
    return sum_over_blocks(
        lambda rows: summary_of_part(names, piece.part(rows)), piece.X, row_width=4 * piece.X.shape[1]
    )


def summary_of_part(names: tuple[str, ...] | None, piece: Piece) -> Summary:
    """Check some rows, and summarise them."""
    check_rows(piece, names)
    digests = [(digest(piece.X), digest(piece.w))]
    X, w = piece.with_weight()[:2]
    counts = {piece.block.number: np.array([len(piece.X), len(X)])}
    if not len(X):
        nothing = np.full(X.shape[1], np.nan, dtype=X.dtype)
        return Summary(counts, digests, 0.0, np.zeros(X.shape[1]), 0.0, nothing, nothing)
    D = np.subtract(X, X[0], dtype=np.float64)
    w = np.ones(len(X)) if w is None else w.astype(np.float64)
    shift = w @ D / w.sum()
    D -= shift
    squares = float(w @ np.einsum("ij,ij->i", D, D))
    low, high = X.min(axis=0), X.max(axis=0)
    return Summary(counts, digests, float(w.sum()), X[0] + shift, squares, low, high)


def digest(array: Floats | None) -> bytes:
    """A few bytes that tell this array from others; None is one of them."""
    return blake2b(b"" if array is None else array.data, digest_size=8).digest()


def summarise(
    rows: Rows, engine: Engine, advance: Callable[[int], object] | None = None
) -> tuple[Rows, Summary]:
    """Read all rows once. Returns the blocks that have rows with weight, now counted, and the summary.

    Raises UnreadableRows for the first entry that is not finite, a negative weight, or a block that cannot be read.
    """
    summary: Summary | None = engine.fold(
        Work("check_rows", summary_of, rows.names, every_row=True), rows, advance
    )
    if summary is None or not rows.n_features or not any(n for n, _ in summary.counts.values()):
        raise UnreadableRows(f"{rows.source} has no rows or no columns: there is nothing to fit.")
    if summary.weight == 0:
        raise ValueError("Sample weights must contain at least one non-zero number, but all are 0.")
    none = np.zeros(2, dtype=int)
    every, with_weight = np.array([summary.counts.get(block.number, none) for block in rows.blocks]).T
    return rows.counted(every).chosen(with_weight > 0), summary


def check_rows(piece: Piece, names: tuple[str, ...] | None) -> None:
    """Raise UnreadableRows that names the first row with an entry that is not finite, or with a negative weight."""
    if not np.isfinite(piece.X.sum(dtype=np.float64)):
        wrong = np.argwhere(~np.isfinite(piece.X))
        if len(wrong):
            row, column = wrong[0]
            what = "NaN" if np.isnan(piece.X[row, column]) else "infinity"
            name = f"column {names[column]!r}" if names else f"column {column}"
            raise UnreadableRows(
                f"{where(piece, row)} has {what} in {name}. Repair the row, or leave it out."
            )
    if piece.w is not None and not (valid := (piece.w >= 0) & np.isfinite(piece.w)).all():
        row = int(np.argmin(valid))
        raise UnreadableRows(
            f"{where(piece, row)} has weight {piece.w[row]}: weights must be finite numbers, 0 or more. A weight of 0"
            " leaves a row out."
        )


def where(piece: Piece, row: int) -> str:
    """Name a row of a piece as its file counts it, from 0."""
    recipe = piece.block.recipe
    return f"{recipe.place}: row {recipe.first + piece.start + row} (from 0)"
