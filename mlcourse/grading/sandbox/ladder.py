"""Try the sandboxes, strongest first, and take the first that withstands a probe."""

import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

from mlcourse.grading.pipe import unpack
from mlcourse.grading.sandbox import bubblewrap, container, landlock
from mlcourse.grading.sandbox.launch import Launch
from mlcourse.grading.sandbox.limits import Limits
from mlcourse.grading.sandbox.session import Ended, Session

NOT_ISOLATED = "not isolated"


class NoSandbox(Exception):
    """Nothing on this machine can hold strangers' code."""


class Backend:
    """One way to hold a worker.

    Parameters
    ----------
    name : str
    module : has `wrap(command, view, limits, door)`, `DESK` and `missing()`
    isolated, landlock : bool
        Whether workers give up their rights, and whether their files by Landlock.
    """

    def __init__(self, name: str, module: ModuleType | SimpleNamespace, isolated=True, landlock=False):
        self.name, self.module, self.isolated, self.landlock = name, module, isolated, landlock

    def launch(self, limits: Limits) -> Launch:
        return Launch(self.module, self.isolated, self.landlock, limits)


def _no_landlock() -> str | None:
    return None if landlock.version() else "this kernel has no Landlock, or a container forbids it"


def _as_it_is(missing=lambda: None) -> SimpleNamespace:
    """No other program around the launcher."""
    return SimpleNamespace(wrap=lambda command, *_: command, DESK=None, missing=missing)


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend("bubblewrap", bubblewrap),
        Backend("landlock", _as_it_is(_no_landlock), landlock=True),
        *(Backend(name, container.of(name)) for name in container.PROGRAMS),
    )
}
PLAIN = Backend(NOT_ISOLATED, _as_it_is(), isolated=False)


class Sandbox:
    """Workers of one backend. Use it as a context manager, and from one thread: a process of a pool has its own.

    Parameters
    ----------
    backend : Backend
    """

    def __init__(self, backend: Backend):
        self.backend, self._launch = backend, None

    @property
    def name(self) -> str:
        """Such as "bubblewrap"; "not isolated" when there is no sandbox."""
        return self.backend.name

    def start(self, limits: Limits) -> Session:
        """A new worker, with nothing of any earlier one. Raises OSError when none can be had."""
        if self._launch and (self._launch.limits != limits or not self._launch.alive()):
            self.close()
        if self._launch:
            try:
                return self._launch.start()
            except OSError:  # somebody has ended this launcher; another one may do
                self.close()
        try:
            self._launch = self.backend.launch(limits)
            return self._launch.start()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """End everything."""
        if self._launch:
            self._launch.close()
        self._launch = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def choose(trust: bool = False, only: str | None = None) -> Sandbox:
    """The strongest sandbox that works here.

    Parameters
    ----------
    trust : bool
        Whether to run submissions without a sandbox when none works.
    only : str, optional
        The one backend to try.

    Raises
    ------
    NoSandbox
        With a sentence for the instructor.
    """
    if sys.platform == "win32":
        raise NoSandbox("Submissions are run under Linux or macOS: on Windows, use WSL.")
    reasons = []
    for backend in BACKENDS.values():
        if only in (None, backend.name):
            sandbox = Sandbox(backend)
            reason = why_not(sandbox)
            if reason is None:
                return sandbox  # with its launcher running
            sandbox.close()
            reasons.append(f"{backend.name}: {reason}")
    if trust:
        return Sandbox(PLAIN)
    raise NoSandbox(
        f"There is no sandbox here in which strangers' code can run ({'; '.join(reasons)}). Install bubblewrap, or,"
        " if you trust every one of these submissions with all that you may do yourself, add --trust-submissions."
    )


def why_not(sandbox: Sandbox) -> str | None:
    """Why a sandbox cannot be used, found by running a probe in it; None when it can."""
    missing = sandbox.backend.module.missing()
    if missing:
        return missing
    try:
        open_doors = [what for what, shut in probe(sandbox).items() if not shut]
    except (OSError, Ended) as error:
        return str(error)
    return f"it does not withstand: {', '.join(open_doors)}" if open_doors else None


def report() -> list[str]:
    """For `mlcourse doctor`: a line for every sandbox, and what the one that would be used withstands."""
    lines, chosen = [], None
    for backend in BACKENDS.values():
        with Sandbox(backend) as sandbox:
            reason = why_not(sandbox) if sys.platform != "win32" else "not on Windows"
        lines.append(
            f"{'works' if reason is None else 'no':<6}{backend.name}{f': {reason}' if reason else ''}"
        )
        chosen = chosen or (backend if reason is None else None)
    if chosen is None:
        return [*lines, "Submissions can be run with --trust-submissions alone: without isolation."]
    tried = [f"  {what}" for what in PROBES]
    return [*lines, f"Submissions run in {chosen.name}. Tried in it just now, and refused:", *tried]


# ── The probe ────────────────────────────────────────────────────────────────────────────────────────

# What a worker tries; each has to fail with an error. CANARY is a file of the grader's, outside.
PROBES = {
    "reading a file of yours": "open(CANARY).read()",
    "writing beside it": "open(CANARY + '.new', 'w')",
    "removing it": "os.unlink(CANARY)",
    "changing its permissions": "os.chmod(CANARY, 0o777)",
    "reading /etc/passwd": "open('/etc/passwd').read()",
    "reading the checks": "open(mlcourse.__path__[0] + '/checks/examine.py').read()",
    "writing to the course": "open(mlcourse.__path__[0] + '/__init__.py', 'a')",
    "opening a socket": "socket.socket()",
    "starting a process": "os.fork() or os._exit(0)",
    "starting a program": "os.posix_spawn('/usr/bin/true', ['true'], {})",
    "signals to other processes": "os.kill(os.getppid(), 0)",
    "seeing other processes": "open('/proc/1/cmdline').read()",
    "claiming 50 GB of memory": "np.ones(50_000_000_000 // 8)",
}
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
with open("note.txt", "w") as note:  # honest work may write where it stands
    note.write("here")
refused.append(open("note.txt").read() == "here" and np.ones(3).sum() == 3)
"""


def probe(sandbox: Sandbox) -> dict[str, bool]:
    """Whether each of PROBES was refused, and honest work was not. Raises OSError or Ended when it cannot run."""
    limits = Limits()
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
        return {"honest work": False}
    refused = [bool(one) for one in unpack(reply["value"], arrays)]
    return {**dict(zip([*PROBES, "honest work"], refused)), "leaving your files as they were": untouched}
