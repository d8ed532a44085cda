"""Handing out work to places that break: nothing is lost, and nobody innocent is given up."""

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future
from itertools import count, islice
from typing import Any, Self

import pytest

from mlcourse.grading.batch.dispatch import MOST_KILLS, Place, hand_out


class Fake:
    """A place that works on its items one by one when it is asked to, and breaks at those called "killer"."""

    def __init__(self, room: int):
        self.room, self.broken = room, False
        self.items: list[tuple[Future[Any], Any, Any]] = []

    def submit(self, function: Any, item: Any, /) -> Future[Any]:
        if self.broken:
            raise BrokenExecutor
        future: Future[Any] = Future()
        self.items.append((future, function, item))
        return future

    def work(self) -> None:
        for future, function, item in self.items:
            self.broken = self.broken or item == "killer"
            if self.broken:
                future.set_exception(BrokenExecutor())
            else:
                try:
                    future.set_result(function(item))
                except ValueError as error:
                    future.set_exception(error)
        self.items = []


class FakeCrew:
    """Fake places; all work is done when new work is asked for."""

    def __init__(self, number: int, room: int = 2):
        self.number, self.room = number, room
        self.all: list[Fake] = []
        self.together: list[list[Any]] = []  # the items that were at a place at the same time

    def start(self) -> None: ...

    def places(self) -> Sequence[Place]:
        for place in self.all:
            self.together.append([item for _, _, item in place.items])
            place.work()
        while len(self.all) < self.number:
            self.all.append(Fake(self.room))
        return list(self.all)

    def drop(self, place: Place) -> None:
        self.all = [one for one in self.all if one is not place]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcourse.grading.batch.dispatch.LOOK_AGAIN", 0)


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("room", [1, 2, 4])
def test_everything_is_done_once(number: int, room: int) -> None:
    results = list(hand_out(FakeCrew(number, room), str.upper, "abcdefg"))
    assert sorted(results) == [(letter, letter.upper()) for letter in "abcdefg"]


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("room", [1, 2, 4])
def test_only_the_culprit_is_given_up(number: int, room: int) -> None:
    items = ["a", "b", "killer", "d", "killer", "f", "g", "h"]
    results = list(hand_out(FakeCrew(number, room), str.upper, items))
    assert sorted(results, key=str) == sorted(
        ((item, None if item == "killer" else item.upper()) for item in items), key=str
    )


def test_a_suspect_is_alone_when_it_is_tried_again() -> None:
    crew = FakeCrew(2)
    list(hand_out(crew, str.upper, ["killer", *"bcdefg"]))
    beside = [items for items in crew.together if "killer" in items]
    assert beside == [["killer", "b"], *[["killer"]] * (MOST_KILLS - 1)]


def test_items_are_taken_a_few_at_a_time() -> None:
    numbers = count()
    for finished, _ in enumerate(hand_out(FakeCrew(2), str, islice(numbers, 100)), 1):
        taken = int(repr(numbers)[len("count(") : -1])
        assert taken <= finished + 2 * 2


def test_an_error_is_raised_here() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(hand_out(FakeCrew(2), int, ["1", "one"]))


def test_nothing_is_lost_at_a_place_that_broke_unnoticed() -> None:
    crew = FakeCrew(1)
    results = hand_out(crew, str.upper, "abc")
    first = next(results)
    crew.all[0].broken = True
    assert sorted([first, *results]) == [("a", "A"), ("b", "B"), ("c", "C")]
