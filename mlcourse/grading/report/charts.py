"""The geometry of two small charts, which templates/charts.html draws as SVG and also describes in words."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

STATUSES = ("right", "partly right", "wrong", "crashed", "timeout", "not attempted", "missing", "by hand")
SHARE_WIDTH = 240
BAR_WIDTH = 48


class Part(NamedTuple):
    """A part of a bar that is divided into shares."""

    status: str
    number: int
    x: float
    width: float


def shares(counts: Counter[str]) -> list[Part]:
    """Divide a bar into the shares of the statuses."""
    total, left, parts = max(1, sum(counts.values())), 0.0, []
    for status in STATUSES:
        width = SHARE_WIDTH * counts[status] / total
        if width:
            parts.append(Part(status, counts[status], round(left, 2), round(width, 2)))
        left += width
    return parts


class Bin(NamedTuple):
    """A bar of a histogram: how many have at least `start` points, and fewer than the next bar says."""

    start: int
    number: int
    x: float
    height: float  # the highest bar has 100


def histogram(points: Sequence[float], out_of: int, bins: int = 10) -> list[Bin]:
    """Sort points into at most `bins` bars, each covering the same number of whole points."""
    step = max(1, -(-(out_of + 1) // bins))  # rounded up; the last bar includes full marks
    last = out_of // step
    counts = Counter(min(last, int(earned // step)) for earned in points)
    most = max(counts.values(), default=1)
    return [
        Bin(place * step, counts[place], place * BAR_WIDTH, round(100 * counts[place] / most, 2))
        for place in range(last + 1)
    ]
