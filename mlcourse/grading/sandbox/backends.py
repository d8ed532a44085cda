"""Try the sandboxes, strongest first, and choose the first one that passes a probe."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, Self

from mlcourse.grading.inside.limits import DEFAULT_LIMITS, Limits
from mlcourse.grading.inside.pipe import unpack
from mlcourse.grading.sandbox.backend import Backend, Landlock, Unisolated
from mlcourse.grading.sandbox.bubblewrap import Bubblewrap
from mlcourse.grading.sandbox.container import PROGRAMS, Container
from mlcourse.grading.sandbox.launch import Launch
from mlcourse.grading.sandbox.needs import Needs, of_the_probe
from mlcourse.grading.sandbox.session import Session, WorkerEnded

MAX_LAUNCHERS = 2  # alive at the same time, in each process: each takes up to 200 MB


class NoSandbox(Exception):
    """No sandbox works on this machine."""


BACKENDS: dict[str, Backend] = {
    backend.name: backend
    for backend in (Bubblewrap(), Landlock(), *(Container(program) for program in PROGRAMS))
}


class Sandbox:
    """Start workers with one backend. Use as a context manager, and from one thread; each process needs its own.

    Each lesson has its own launcher, in a sandbox that holds only what the lesson needs. Those of the lessons that
    were graded last stay alive.

    Parameters
    ----------
    backend : Backend
    """

    def __init__(self, backend: Backend):
        self.backend = backend
        self.launches: dict[tuple[Limits, Needs], Launch] = {}  # the one used last comes last

    @property
    def name(self) -> str:
        """The backend's name, such as "bubblewrap"; "not isolated" if there is no sandbox."""
        return self.backend.name

    def start(self, limits: Limits, needs: Needs | None = None) -> Session:
        """Start a new worker, with no traces of an earlier one. Raises OSError if none can be started.

        Without `needs`, the worker has NumPy, and what it consists of itself.
        """
        key = limits, needs or of_the_probe()
        launch = self.launches.pop(key, None)
        if launch:
            with contextlib.suppress(OSError):  # something has ended this launcher; try again with a new one
                return self._start_with(key, launch)
        while len(self.launches) >= MAX_LAUNCHERS:
            self.launches.pop(next(iter(self.launches))).close()
        return self._start_with(key, Launch(self.backend, *key))

    def _start_with(self, key: tuple[Limits, Needs], launch: Launch) -> Session:
        try:
            session = launch.start()
        except OSError:
            launch.close()
            raise
        self.launches[key] = launch
        return session

    def close(self) -> None:
        """End all launchers and their workers."""
        while self.launches:
            self.launches.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def choose(trust: bool = False, only: str | None = None, limits: Limits = DEFAULT_LIMITS) -> Sandbox:
    """Return the strongest sandbox that works on this machine.

    Parameters
    ----------
    trust : bool
        Whether to run submissions without a sandbox if none works.
    only : str, optional
        The only backend to try.
    limits : Limits
        Limits of the probe.

    Raises
    ------
    NoSandbox
        If none works; the message tells the instructor why and what to do.
    """
    if sys.platform == "win32":
        raise NoSandbox("Grading requires Linux or macOS. On Windows, run it in WSL.")
    reasons = []
    for backend in BACKENDS.values():
        if only in (None, backend.name):
            sandbox = Sandbox(backend)
            reason = why_unusable(sandbox, limits)
            sandbox.close()  # the launcher of the probe; each lesson has its own
            if reason is None:
                return sandbox
            reasons.append(f"{backend.name}: {reason}")
    if trust:
        return Sandbox(Unisolated())
    raise NoSandbox(
        f"No sandbox works on this machine ({'; '.join(reasons)}). Install bubblewrap, or, if you trust"
        " these submissions to run with your permissions, add --trust-submissions."
    )


def why_unusable(sandbox: Sandbox, limits: Limits = DEFAULT_LIMITS) -> str | None:
    """Run a probe in a sandbox, and say why it cannot be used; None if it can."""
    missing = sandbox.backend.missing()
    if missing:
        return missing
    try:
        failed = [action for action, passed in probe(sandbox, limits).items() if not passed]
    except (OSError, WorkerEnded) as error:
        return str(error)
    return f"it failed these tests: {', '.join(failed)}" if failed else None


class Report(NamedTuple):
    """What `mlcourse doctor` says: whether a sandbox works, and the lines about each."""

    works: bool
    lines: list[str]


def report() -> Report:
    """Try every sandbox, and report which of them work and what the chosen one blocks."""
    lines: list[str] = []
    chosen: Backend | None = None
    for backend in BACKENDS.values():
        with Sandbox(backend) as sandbox:
            reason = why_unusable(sandbox) if sys.platform != "win32" else "not on Windows"
        lines.append(
            f"{'works' if reason is None else 'no':<6}{backend.name}{f': {reason}' if reason else ''}"
        )
        chosen = chosen or (backend if reason is None else None)
    if chosen is None:
        alone = "Submissions can only be run without isolation, with --trust-submissions."
        return Report(False, [*lines, alone])
    tried = [f"  {action}" for action in PROBES]
    blocked = f"Submissions run in {chosen.name}. It was tested just now, and blocked:"
    return Report(True, [*lines, blocked, *tried])


# ── The probe ────────────────────────────────────────────────────────────────────────────────────────

# What a worker tries; each attempt must fail with an error. CANARY is a file outside the sandbox.
PROBES = {
    "reading one of your files": "open(CANARY).read()",
    "writing next to it": "open(CANARY + '.new', 'w')",
    "removing it": "os.unlink(CANARY)",
    "changing its permissions": "os.chmod(CANARY, 0o777)",
    "reading /etc/passwd": "open('/etc/passwd').read()",
    "reading the checks": "open(mlcourse.__path__[0] + '/checks/examine.py').read()",
    "writing to the course": "open(mlcourse.__path__[0] + '/__init__.py', 'a')",
    "opening a socket": "socket.socket()",
    "starting a process": "os.fork() or os._exit(0)",
    "starting a program": "os.posix_spawn('/usr/bin/true', ['true'], {})",
    "signalling other processes": "os.kill(os.getppid(), 0)",
    "seeing other processes": "open('/proc/1/cmdline').read()",
    "claiming 50 GB of memory": "np.ones(50_000_000_000 // 8)",
}
ORDINARY = "running ordinary code"
PROBE = """
import os, socket
import numpy as np
import mlcourse
refused = []
for attempt in ATTEMPTS:
    try:
        eval(attempt)
        refused.append(False)
    except (OSError, MemoryError):
        refused.append(True)
    except SystemExit:
        pass
with open("note.txt", "w") as note:  # ordinary code may write to the current folder
    note.write("here")
refused.append(open("note.txt").read() == "here" and np.ones(3).sum() == 3)
"""


def probe(sandbox: Sandbox, limits: Limits) -> dict[str, bool]:
    """Try each of PROBES, and some ordinary code, in a sandbox.

    Returns
    -------
    dict of str → bool
        Whether the sandbox passed each test: refused the attempt, or ran the ordinary code.

    Raises
    ------
    OSError, WorkerEnded
        If the probe could not run.
    """
    with tempfile.TemporaryDirectory(prefix="mlcourse-probe-") as folder:
        canary = Path(folder, "canary")
        canary.write_text("secret")
        before = os.stat(canary)
        session = sandbox.start(limits)
        source = f"CANARY = {str(canary)!r}\nATTEMPTS = {list(PROBES.values())!r}\n{PROBE}"
        session.ask({"do": "cell", "cell": 0, "source": source}, seconds=limits.cell)
        reply, arrays = session.ask({"do": "value", "expression": "refused"}, seconds=limits.call)
        session.end()
        untouched = os.listdir(folder) == ["canary"] and os.stat(canary).st_mode == before.st_mode
    if "value" not in reply:
        return {ORDINARY: False}
    answers: Any = unpack(reply["value"], arrays)  # the probe's list of booleans, as an array
    refused = [bool(one) for one in answers]
    return {**dict(zip([*PROBES, ORDINARY], refused)), "leaving your files as they were": untouched}
