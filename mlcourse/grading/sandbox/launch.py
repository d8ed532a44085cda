"""The launcher, as seen by the parent: start it in a sandbox, and let it fork workers."""

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
from typing import IO, Any

from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.inside.scratch import ScratchFolder
from mlcourse.grading.sandbox.backend import Backend
from mlcourse.grading.sandbox.needs import Needs
from mlcourse.grading.sandbox.paths import FLAGS, PACKAGE, executable, search_path
from mlcourse.grading.sandbox.session import Session
from mlcourse.grading.sandbox.view import DEVICES, course_view, environment
from mlcourse.grading.sandbox.watchdog import descendants

START_TIMEOUT = 120.0  # seconds: the first import takes long on a slow disk
STOP_TIMEOUT = 20.0


class Launch:
    """A launcher in a sandbox, which runs one worker at a time.

    Parameters
    ----------
    backend : Backend
    limits : Limits
        For every worker.
    needs : Needs
        What the lesson needs: imported by the launcher, and all that there is of some packages.

    Raises
    ------
    OSError
        If it does not start; the message is the last line that it printed.
    """

    def __init__(self, backend: Backend, limits: Limits, needs: Needs):
        self.limits = limits
        self.lock = threading.Lock()  # watchdog and session may both end a worker at the same time
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        scratch = backend.scratch or tempfile.mkdtemp(prefix="mlcourse-scratch-")
        self.folder = None if backend.scratch else scratch
        view = course_view(needs.modules)
        setting: dict[str, Any] = {
            "path": search_path(),
            "imports": needs.imports,
            "hidden": view.hidden,
            "isolated": backend.isolated,
            "landlock": backend.landlock,
            "readable": [*view.readable(), *DEVICES] if backend.landlock else [],
            "listable": view.listable() if backend.landlock else [],
            "scratch": scratch,
        }
        with (
            tempfile.TemporaryDirectory(prefix="mlcourse-socket-") as socket_dir,
            tempfile.TemporaryFile() as printed,
        ):
            control = setting["control"] = f"{socket_dir}/control"
            written = Path(socket_dir, "setting.json")
            written.write_text(json.dumps(setting))  # longer than an argument of a program may be
            python = [executable(), *FLAGS, LAUNCHER, str(written)]
            command = backend.wrap(python, view, limits, socket_dir)
            try:
                self._start(command, environment(scratch), control, printed)
            except OSError as error:
                self.close()
                printed.seek(0)
                output = printed.read()[-2000:].decode("utf-8", "replace").strip()
                raise OSError(output.splitlines()[-1] if output else str(error)) from None
        self.scratch = self.folder or f"/proc/{self.launcher}/root{scratch}"

    def _start(self, command: list[str], variables: dict[str, str], control: str, printed: IO[bytes]) -> None:
        """Start the launcher, and wait for it to connect to a socket file, which works from a container too."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(control)
            listener.listen(1)
            self.process = process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                cwd="/",
                env=variables,
                start_new_session=True,
            )
            self.control = _accept(listener, process)
        self.launcher = peer_pid(self.control)
        _expect(self.control, "ready", START_TIMEOUT)

    def start(self) -> Session:
        """Start a new worker. Raises OSError if the launcher is gone."""
        assert self.control is not None  # __init__ has connected it
        ours, theirs = socket.socketpair()
        with theirs, self.lock:
            command = json.dumps({"do": "start", "limits": asdict(self.limits)}).encode()
            socket.send_fds(self.control, [command], [theirs.fileno()])
            _expect(self.control, "started", START_TIMEOUT)
        return Session(ours, self.launcher, self.scratch, self.limits, self.stop)

    def stop(self) -> None:
        """End the worker and everything it has started, and wipe what it has written."""
        with self.lock:
            if not self.alive():
                return
            assert self.control is not None  # __init__ has connected it
            try:
                self.control.sendall(b'{"do": "stop"}')
                _expect(self.control, "stopped", STOP_TIMEOUT)
            except OSError:  # the launcher does not respond: end it too; the next start creates a new one
                self.close()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def close(self) -> None:
        """End the launcher and all of its descendants, and remove the scratch folder."""
        if self.process:
            self._end_launcher(self.process)
        if self.folder and os.path.isdir(self.folder):
            ScratchFolder(self.folder).remove()

    def _end_launcher(self, process: subprocess.Popen[bytes]) -> None:
        descended = descendants(process.pid)
        if self.control:
            self.control.close()
        try:
            process.wait(STOP_TIMEOUT)  # once its control socket is closed, it cleans up and exits
        except subprocess.TimeoutExpired:
            for pid in descended:
                _kill(pid)
            process.kill()
            process.wait()


LAUNCHER = str(Path(PACKAGE, "grading", "inside", "launcher.py"))


def _accept(listener: socket.socket, process: subprocess.Popen[bytes]) -> socket.socket:
    """Wait for the launcher to connect. Raises OSError if it ends first, or never connects."""
    listener.settimeout(0.1)
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        try:
            control, _ = listener.accept()
            return control
        except TimeoutError:
            if process.poll() is not None:
                break
    raise OSError("the launcher did not start")


def _expect(control: socket.socket, word: str, seconds: float) -> None:
    """Wait for a word from the launcher. Raises OSError if it sends something else, or nothing."""
    control.settimeout(seconds)
    reply = b""
    while not reply.endswith(b"\n"):
        part = control.recv(4096)
        if not part:
            raise OSError("the launcher ended")
        reply += part
    if json.loads(reply) != {word: True}:
        raise OSError(f"the launcher sent {reply!r} instead of {word!r}")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has already ended
        return


def peer_pid(control: socket.socket) -> int:
    """Return the id of the process at the other end, as seen from here; it may have another one in its namespace."""
    if not hasattr(socket, "SO_PEERCRED"):  # macOS, which has no sandbox and no /proc
        return 0
    pid: int
    pid, _, _ = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid
