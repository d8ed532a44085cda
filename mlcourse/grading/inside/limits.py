"""How much of the machine one submission may use."""

import sys
from dataclasses import dataclass

if sys.platform != "win32":  # nothing runs on Windows; only `Limits` is needed there
    import resource

# Python, NumPy, SciPy and Matplotlib reserve address space that they hardly touch.
BASELINE = 2_000_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds for one submission: seconds and bytes. A cell or a call that exceeds one loses only its own points."""

    cell: float = 60.0  # seconds for one cell
    call: float = 20.0  # seconds for one call of an answer
    total: float = 300.0  # seconds for the whole submission, including every restart
    memory: int = 2_000_000_000  # bytes in use: above this, the watchdog ends the worker
    disk: int = 200_000_000  # bytes written to the working folder
    files: int = 2000  # files and folders there
    threads: int = 64
    output: int = 20_000  # characters of printed text that are kept


DEFAULT_LIMITS = Limits()


def confine(limits: Limits) -> None:
    """Lower this process's own limits, soft and hard, so that nothing can raise them again."""
    if sys.platform == "linux":  # elsewhere it cannot be set below what the process has already reserved
        # An array of 50 GB then raises MemoryError instead of making the machine swap.
        _lower(resource.RLIMIT_AS, limits.memory + BASELINE)
    for kind, amount in (
        (resource.RLIMIT_FSIZE, limits.disk // 2),  # for a single file; the watchdog adds them up
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),  # a crash leaves no core dump
        (resource.RLIMIT_CPU, int(limits.total) + 60),  # the last resort, if nothing else is left to end it
    ):
        _lower(kind, amount)


def _lower(kind: int, amount: int) -> None:
    _, hard = resource.getrlimit(kind)
    amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
    resource.setrlimit(kind, (amount, amount))
