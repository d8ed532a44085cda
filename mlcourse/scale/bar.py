"""A progress bar that counts rows: how many a second, and how long all rounds would take."""

from typing import Any, Self

from tqdm.auto import tqdm


class RowBar(tqdm):
    """A progress bar over the rows of all rounds."""

    @classmethod
    def over(cls, name: str, n: int | None, rounds: int, done: int = 0, disable: bool = False) -> Self:
        """Make a bar for rounds over n rows, of which some are done."""
        total = None if n is None else n * rounds
        bar = cls(
            desc=name, total=total, initial=(n or 0) * done, unit=" rows", unit_scale=True, disable=disable
        )
        bar.rounds = done
        return bar

    def next_round(self, reached: str) -> None:
        """Show that a round has ended, and what it has reached."""
        self.rounds: Any = self.rounds + 1
        self.set_postfix_str(f"round {self.rounds}, {reached}")
