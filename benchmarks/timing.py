"""Time tasks side by side: medians, in alternating groups.

Strictly alternating calls would also measure the other side's threads, which go on spinning for a while after a call.
So each library gets a group of calls, after a pause and one call that is not counted, and then it is the next one's
turn; all of this several times, so that a machine that slows down slows them all.
"""

import tracemalloc
from collections.abc import Callable
from statistics import median
from time import perf_counter, sleep
from typing import Any

import numpy as np

PAUSE = 0.5  # seconds before each group
CALLS = 3  # in a group, not counting the first
LONG = 2.0  # a task of so many seconds is called once in a group, and that call counts: warming up is a small part

Task = Callable[[], Any]


def measure(tasks: dict[str, Task], rounds: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the median seconds and the last result of each task."""
    seconds: dict[str, list[float]] = {who: [] for who in tasks}
    results = {}
    for _ in range(rounds):
        for who, task in tasks.items():
            sleep(PAUSE)
            first, results[who] = timed(task)
            again = [timed(task)[0] for _ in range(CALLS)] if first < LONG else [first]
            seconds[who] += again
    return {who: median(times) for who, times in seconds.items()}, results


def timed(task: Task) -> tuple[float, Any]:
    start = perf_counter()
    result = task()
    return perf_counter() - start, result


def multiplication_rate(size: int = 2000) -> float:
    """Measure this machine's floating-point operations per second when it multiplies large matrices."""
    A, B = np.random.default_rng(0).normal(size=(2, size, size))
    product = A @ B
    return 2 * size**3 / median(timed(lambda: np.matmul(A, B, out=product))[0] for _ in range(5))


def peak_memory(task: Task, X: np.ndarray) -> float:
    """Measure the peak memory of what NumPy allocates in a task, data included, as a multiple of the data."""
    tracemalloc.start()
    task()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return 1 + peak / X.nbytes
