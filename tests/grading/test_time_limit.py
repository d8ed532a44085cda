"""A time limit ends what takes too long, in any thread, and leaves everything else alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from mlcourse.grading.time_limit import TimeUp, time_limit


def count_forever() -> None:
    with time_limit(0.01):
        for _ in count():
            try:
                sum(range(100))
            except Exception as error:  # a handler on the way
                raise AssertionError from error


def limits_running() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "time limit"]


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeUp):
        count_forever()


def test_other_threads_have_limits_of_their_own() -> None:
    with time_limit(3600), ThreadPoolExecutor(2) as pool:
        endless = [pool.submit(count_forever) for _ in range(3)]
        assert all(isinstance(one.exception(), TimeUp) for one in endless)


def test_nothing_is_left_of_a_limit_that_was_kept() -> None:
    for _ in range(100):
        with time_limit(3600):
            pass
    for thread in threading.enumerate():
        if thread.name == "time limit":
            thread.join(10)
    assert limits_running() == []


def test_an_error_inside_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), time_limit(3600):
        _ = 1 / 0
