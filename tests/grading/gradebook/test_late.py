"""The late rule: when a submission is late, and what that costs."""

from datetime import UTC, datetime

import pytest

from mlcourse.grading.gradebook.late import Cost, LateRule

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("after", "extension", "days"),
    [
        (-1, 0, 0),
        (0, 0, 0),
        (600, 0, 0),  # the grace period
        (601, 0, 1),
        (DAY + 600, 0, 1),
        (DAY + 601, 0, 2),
        (2 * DAY, 2, 0),
        (2 * DAY + 601, 2, 1),
        (12 * HOUR, 0.5, 0),
    ],
)
def test_each_day_that_has_begun_counts(after: float, extension: float, days: int) -> None:
    rule = LateRule(grace_minutes=10)
    assert rule.days_late(DUE.timestamp() + after, DUE, extension) == days


def test_nobody_is_late_without_a_time_or_a_due_date() -> None:
    assert LateRule().days_late(None, DUE) == 0
    assert LateRule().days_late(9e9, None) == 0


@pytest.mark.parametrize(
    ("cost", "points", "days", "deducted"),
    [
        (Cost(2), 10, 0, 0),
        (Cost(2), 10, 3, 6),
        (Cost(2), 3, 3, 3),  # nobody ends below zero
        (Cost(10, percent=True), 5, 1, 2),  # of what the lesson is worth, not of what was earned
        (Cost(3.33, percent=True), 20, 1, 0.66),  # rounded down
        (Cost(0.1), 20, 3, 0.3),
        (Cost(2), 10, 8, 10),  # after the latest day there are no points
        (Cost(), 10, 3, 0),
    ],
)
def test_the_deduction_is_taken_from_the_sum(cost: Cost, points: float, days: int, deducted: float) -> None:
    rule = LateRule(cost_per_day=cost, latest_days=7)
    assert rule.deduction(points, 20, days) == pytest.approx(deducted, abs=1e-12)


def test_later_never_earns_more() -> None:
    rule = LateRule(cost_per_day=Cost(7, percent=True), latest_days=5)
    left = [12 - rule.deduction(12, 20, days) for days in range(9)]
    assert left == sorted(left, reverse=True)
    assert (left[0], left[-1]) == (12, 0)


def test_the_rule_is_stated_in_words() -> None:
    words = " ".join(LateRule(15, Cost(10, percent=True), 7).sentences())
    for part in ("15 minutes", "10% of the lesson's points", "hundredths", "more than 7 days late"):
        assert part in words
    assert "costs 1 point." in " ".join(LateRule(cost_per_day=Cost(1)).sentences())
    assert not list(LateRule().sentences())
