"""A progress bar that counts rows: how many a second, and how long all rounds would take."""

from typing import Any, Self

from tqdm.auto import tqdm

from mlcourse.scale.data import Data


class RowBar(tqdm):
    """A progress bar over the rows of all rounds."""

    @classmethod
    def over(cls, name: str, data: Data, max_iter: int, done: int = 0, disable: bool = False) -> Self:
        """Make a bar for `max_iter` rounds, of which some are done."""
        n = data.shape[0]
        bar = cls(
            desc=name, total=n * max_iter, initial=n * done, unit=" rows", unit_scale=True, disable=disable
        )
        bar.rounds = done
        return bar

    def next_round(self, reached: str) -> None:
        """Show that a round has ended, and what it has reached."""
        self.rounds: Any = self.rounds + 1
        self.set_postfix_str(f"round {self.rounds}, {reached}")
