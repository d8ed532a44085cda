"""How much of the machine one submission may have."""

import sys
from dataclasses import dataclass

if sys.platform != "win32":  # where nothing is run, and `Limits` alone is needed
    import resource

# Python, NumPy, SciPy and Matplotlib claim address space that they hardly touch.
BASELINE = 2_000_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds for one submission: seconds and bytes. A cell or a call that exceeds one costs itself alone."""

    cell: float = 60.0  # seconds for one cell
    call: float = 20.0  # seconds for one call of an answer
    total: float = 300.0  # seconds for the whole submission, with every restart
    memory: int = 2_000_000_000  # bytes in use: the watchdog ends the worker beyond it
    disk: int = 200_000_000  # bytes written to the work folder
    files: int = 2000  # files and folders there
    threads: int = 64
    output: int = 20_000  # characters of printed text that are kept


def confine(limits: Limits) -> None:
    """Lower this process's own limits, for ever: soft and hard, so that nothing raises them again."""
    if sys.platform == "linux":  # elsewhere it cannot be lowered below what a process has claimed already
        # 50 GB give a MemoryError instead of a machine that swaps.
        _lower(resource.RLIMIT_AS, limits.memory + BASELINE)
    for kind, amount in (
        (resource.RLIMIT_FSIZE, limits.disk // 2),  # of any one file; the watchdog adds them up
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),  # a crash leaves no image of its memory behind
        (resource.RLIMIT_CPU, int(limits.total) + 60),  # the last line, should nobody be left to end it
    ):
        _lower(kind, amount)


def _lower(kind: int, amount: int) -> None:
    _, hard = resource.getrlimit(kind)
    amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
    resource.setrlimit(kind, (amount, amount))
