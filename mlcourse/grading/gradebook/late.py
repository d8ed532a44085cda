"""How late a submission is, and what that costs.

The deadline is the due date, plus the student's extension, plus the grace period. Each day that has begun after it
costs the same. The deduction is taken once from the sum of a lesson, points given by hand included.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from mlcourse.grading.records.text import format_points

DAY = timedelta(days=1).total_seconds()


class Cost(NamedTuple):
    """What a day costs: points, or a share of all points of the lesson."""

    amount: float = 0  # points, or percent
    percent: bool = False

    def of(self, out_of: float) -> float:
        return out_of * self.amount / 100 if self.percent else self.amount

    def __str__(self) -> str:
        if self.percent:
            return f"{format_points(self.amount)}% of the lesson's points"
        return f"{format_points(self.amount)} {'point' if self.amount == 1 else 'points'}"


NOTHING = Cost()


@dataclass(frozen=True)
class LateRule:
    """The rule for late work. By default, lateness is shown and costs nothing."""

    grace_minutes: float = 0
    cost_per_day: Cost = NOTHING
    latest_days: float | None = None  # after that many days there are no points; None: there is no such day

    def days_late(self, handed_in: float | None, due: datetime | None, extension: float = 0) -> int:
        """Return how many days late a submission is, each begun day counted; 0 if it is in time or nobody knows.

        Parameters
        ----------
        handed_in : float, optional
            Seconds since 1970.
        due : datetime, optional
        extension : float
            Days.
        """
        if handed_in is None or due is None:
            return 0
        late = handed_in - due.timestamp() - extension * DAY - self.grace_minutes * 60
        return max(0, math.ceil(late / DAY))

    def deduction(self, points: float, out_of: float, days: int) -> float:
        """Return the points that are deducted from the sum of a lesson, rounded down to hundredths."""
        if not days:
            return 0
        if self.latest_days is not None and days > self.latest_days:
            return points
        cost = math.floor(days * self.cost_per_day.of(out_of) * 100 + 1e-6) / 100
        return min(cost, points)

    def sentences(self) -> Iterator[str]:
        """State the rule in words, for students and instructors alike."""
        if self.grace_minutes:
            yield f"Work counts as in time until {format_points(self.grace_minutes)} minutes after the due date."
        if self.cost_per_day.amount:
            yield (
                f"Each day that has begun after that costs {self.cost_per_day}. The deduction is taken once from the"
                " sum, points given by hand included, rounded down to hundredths of a point."
            )
        if self.latest_days is not None:
            yield f"Work that is more than {days(self.latest_days)} late gets no points."


def end_of_extension(due: datetime, extension: float) -> datetime:
    """Return when an extension of so many days ends; at the latest, with the calendar."""
    try:
        return due + timedelta(days=extension)
    except OverflowError:
        return datetime.max.replace(tzinfo=due.tzinfo)


def days(number: float) -> str:
    """Return "1 day", "2 days"."""
    return f"{format_points(number)} {'day' if number == 1 else 'days'}"
