"""Hand out work to processes or machines that may be killed at any moment, and lose none of it.

A `Place` is one process, or one worker of a cluster; a `Crew` is all of them. Only a few items are at each place, so
that a thousand of them are never in memory at once.

If a place breaks, nobody knows which of its items is to blame: when memory runs out, the kernel kills the largest
process. So each of them is a suspect, and is handed out again with no other beside it. An item that was at MOST_KILLS
places when they broke is given up.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_KILLS = 3
LOOK_AGAIN = 1.0  # seconds: how often to ask which places there are


class Place(Protocol):
    """Where work is done; like `concurrent.futures.Executor`."""

    room: int  # how many items may be here: those being worked on, and one that waits

    def submit(self, function: Callable[[Item], Result], item: Item, /) -> Future[Result]:
        """Call a function there. This, or the future, raises BrokenExecutor if the place has ended."""


class Crew(Protocol):
    """The places of a run. Use as a context manager; if that ends with an error, work in progress is abandoned."""

    def start(self) -> None:
        """Begin to set up the places, and return at once."""

    def places(self) -> Sequence[Place]:
        """Return the places that can be given work now, at least one. Raises an error if there will be none."""

    def drop(self, place: Place) -> None:
        """Give up a place that is broken."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...


def hand_out(
    crew: Crew, function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[tuple[Item, Result | None]]:
    """Yield each item with `function(item)` as they are finished; with None if it ends whatever works on it.

    Parameters
    ----------
    crew : Crew
    function : callable(item)
        Can be pickled, like the items and what it returns. What it raises is raised here.
    items : iterable
        Taken a few at a time.
    """
    work = _Work(function, iter(items))
    while not work.done:
        for place in crew.places():
            work.fill(crew, place)
        finished, _ = wait(work.pending, LOOK_AGAIN, FIRST_COMPLETED)
        for future in finished:
            yield from work.collect(crew, future)


class _Task(NamedTuple, Generic[Item]):
    place: Place
    number: int
    item: Item


class _Work(Generic[Item, Result]):
    """What is left to do, and what is being done."""

    def __init__(self, function: Callable[[Item], Result], items: Iterator[Item]):
        self.function, self.items = function, enumerate(items)
        self.exhausted = False  # whether all items have been taken
        self.pending: dict[Future[Result], _Task[Item]] = {}
        self.again: deque[tuple[int, Item]] = deque()  # items to be handed out again
        self.kills: Counter[int] = Counter()  # by number of the item

    @property
    def done(self) -> bool:
        return self.exhausted and not self.again and not self.pending

    def fill(self, crew: Crew, place: Place) -> None:
        """Give a place as much as it has room for."""
        while taken := self._take(place):
            number, item = taken
            try:
                self.pending[place.submit(self.function, item)] = _Task(place, number, item)
            except BrokenExecutor:  # before it had the item
                self.again.append(taken)
                crew.drop(place)
                return

    def _take(self, place: Place) -> tuple[int, Item] | None:
        """Take the next item for a place, if it has room. A suspect goes where there is nothing else."""
        here = [task.number for task in self.pending.values() if task.place is place]
        if any(self.kills[number] for number in here) or len(here) >= place.room:
            return None
        if self.again and not here:
            return self.again.popleft()
        taken = next(self.items, None)
        self.exhausted = taken is None
        return taken

    def collect(self, crew: Crew, future: Future[Result]) -> Iterator[tuple[Item, Result | None]]:
        """Yield an item with its result, unless it is to be handed out again."""
        place, number, item = self.pending.pop(future)
        if not isinstance(future.exception(), BrokenExecutor):
            yield item, future.result()
            return
        crew.drop(place)
        self.kills[number] += 1
        if self.kills[number] < MOST_KILLS:
            self.again.append((number, item))
        else:
            yield item, None
