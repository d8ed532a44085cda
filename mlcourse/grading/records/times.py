"""Times of submissions, in seconds since 1970."""

LATEST = 253_402_128_000  # the year 9999 ends two days later; no later date can be shown in every time zone


def is_possible(seconds: float) -> bool:
    """Whether somebody may have handed in something then; file systems and archives can say anything, even NaN."""
    return 0 <= seconds < LATEST
