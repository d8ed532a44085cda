"""The launcher, as the parent sees it: start it in a sandbox, and let it fork workers."""

import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path

from mlcourse.grading.sandbox.desk import Desk
from mlcourse.grading.sandbox.limits import Limits
from mlcourse.grading.sandbox.session import Session
from mlcourse.grading.sandbox.view import (
    DEVICES,
    HIDDEN,
    PACKAGE,
    course_view,
    environment,
    executable,
    search_path,
)
from mlcourse.grading.sandbox.watchdog import descendants

STARTING = 120.0  # seconds: on a slow disk, imports take long the first time
STOPPING = 20.0
FLAGS = ("-s", "-P", "-S", "-B")  # no user's packages, no script's folder, no .pth files, nothing written


class Launch:
    """A launcher in a sandbox, and its one worker at a time.

    Parameters
    ----------
    backend : module or object
        Has `wrap(command, view, limits, door)`, and `DESK`, the folder to write to when that is the sandbox's own.
    isolated, landlock : bool
        Whether workers give up their rights, and whether their files, too, by Landlock.
    limits : Limits
        Of all workers.

    Raises
    ------
    OSError
        When it does not start; the message ends with what it printed.
    """

    def __init__(self, backend, isolated: bool, landlock: bool, limits: Limits):
        self.limits = limits
        self.lock = threading.Lock()  # the watchdog may end a worker while its session does
        self.process = self.control = None
        self.folder = None if backend.DESK else tempfile.mkdtemp(prefix="mlcourse-desk-")
        work, view = backend.DESK or self.folder, course_view()
        setting = {
            "path": search_path(),
            "checks": str(PACKAGE / "checks"),
            "hidden": list(HIDDEN),
            "isolated": isolated,
            "landlock": landlock,
            "readable": [*view.readable(), *DEVICES] if landlock else [],
            "work": work,
        }
        with (
            tempfile.TemporaryDirectory(prefix="mlcourse-door-") as door,
            tempfile.TemporaryFile() as printed,
        ):
            setting["control"] = f"{door}/control"
            command = backend.wrap([executable(), *FLAGS, WORKER, json.dumps(setting)], view, limits, door)
            try:
                self._start(command, environment(work), setting["control"], printed)
            except OSError as error:
                self.close()
                printed.seek(0)
                told = printed.read()[-2000:].decode("utf-8", "replace").strip()
                raise OSError(told.splitlines()[-1] if told else str(error)) from None
        self.desk = self.folder or f"/proc/{self.launcher}/root{work}"

    def _start(self, command: list[str], variables: dict, control: str, printed) -> None:
        """Start the launcher, and let it in: it comes by a socket in a folder, a way that containers have, too."""
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(control)
            listening.listen(1)
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                cwd="/",
                env=variables,
                start_new_session=True,
            )
            self.control = self._let_in(listening)
        self.launcher = peer(self.control)
        self._expect("ready", STARTING)

    def _let_in(self, listening) -> socket.socket:
        """The launcher's end of the control socket. Raises OSError when it ends before it comes, or never comes."""
        listening.settimeout(0.1)
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline:
            try:
                return listening.accept()[0]
            except TimeoutError:
                if self.process.poll() is not None:
                    break
        raise OSError("the launcher did not start")

    def start(self) -> Session:
        """A new worker. Raises OSError when the launcher is gone."""
        ours, theirs = socket.socketpair()
        with theirs, self.lock:
            order = json.dumps({"do": "start", "limits": asdict(self.limits)}).encode()
            socket.send_fds(self.control, [order], [theirs.fileno()])
            self._expect("started", STARTING)
        return Session(ours, self.launcher, self.desk, self.limits, self.stop)

    def stop(self) -> None:
        """End the worker, and whatever it has started; wipe what it has written."""
        with self.lock:
            if self.process.poll() is not None:
                return
            try:
                self.control.sendall(b'{"do": "stop"}')
                self._expect("stopped", STOPPING)
            except OSError:  # the launcher does not answer: end it too, and the next start begins anew
                self.close()

    def alive(self) -> bool:
        return self.process.poll() is None

    def _expect(self, word: str, seconds: float) -> None:
        """Wait for the launcher's answer. Raises OSError."""
        self.control.settimeout(seconds)
        answer = b""
        while not answer.endswith(b"\n"):
            part = self.control.recv(4096)
            if not part:
                raise OSError("the launcher ended")
            answer += part
        if json.loads(answer) != {word: True}:
            raise OSError(f"the launcher said {answer!r} instead of {word}")

    def close(self) -> None:
        """End the launcher and everything below it, and remove the folder."""
        if self.process:
            self._end_process()
        if self.folder and os.path.isdir(self.folder):
            Desk(self.folder).remove()

    def _end_process(self) -> None:
        below = descendants(self.process.pid)
        if self.control:
            self.control.close()
        try:
            self.process.wait(STOPPING)  # at the end of its control socket it clears up and ends
        except subprocess.TimeoutExpired:
            for pid in below:
                _kill(pid)
            self.process.kill()
            self.process.wait()


WORKER = str(Path(PACKAGE, "grading", "worker.py"))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it was faster
        return


def peer(control: socket.socket) -> int:
    """The process at the other end, by the number that it has here, whatever it is called in its own world."""
    if not hasattr(socket, "SO_PEERCRED"):  # macOS, where there is no sandbox, and no /proc to look into
        return 0
    pid, _, _ = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid
