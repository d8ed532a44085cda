"""What runs inside the sandbox: a launcher that has imported what a lesson needs, and the workers that it forks.

Importing SciPy, scikit-learn and Matplotlib takes seconds; running a student's code takes a fraction of one. So the
launcher of a lesson imports what its exercise imports, once, before it sees any student's code, and forks a worker
for each submission. The worker closes its connection to the launcher, gives up its rights, and only then receives the
student's cells. It runs them and calls what they define. When it has finished or failed, the launcher ends it and
wipes its scratch folder.

This file is run as a script, `python launcher.py SETTING`, where the setting is a file of JSON; see `launch.py`.
Neither launcher nor worker ever holds an expected value, a reference or a seed of the random cases.

Imports of the course are inside functions, because `mlcourse` can only be imported once its folder is on the path.
"""

import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

# ── Before any student's code ────────────────────────────────────────────────────────────────────────


def main(setting: dict[str, Any]) -> None:
    """Import what the lesson needs, then fork a worker for each submission until the parent closes the connection."""
    sys.path += setting["path"]
    from mlcourse.grading.inside.preload import preload

    gc.disable()  # imports leave nothing to collect
    preload(setting)
    start_shell(setting["scratch"])
    gc.freeze()  # objects that exist now stay shared between launcher and workers
    gc.enable()
    control = socket.socket(socket.AF_UNIX)
    control.connect(setting["control"])
    Launcher(control, setting).run()


def start_shell(folder: str) -> None:
    """Start the shell of which every worker gets a copy."""
    from mlcourse.grading.inside.shell import Shell

    Shell.instance(folder)


# ── The launcher ─────────────────────────────────────────────────────────────────────────────────────


class Launcher:
    """Fork workers, one at a time, on commands from the parent.

    Parameters
    ----------
    control : socket
        Receives `{"do": "start"}` with a socket for the worker, and `{"do": "stop"}`. Everything ends when it closes.
    setting : dict
        See `mlcourse.grading.sandbox.launch`.
    """

    def __init__(self, control: socket.socket, setting: dict[str, Any]):
        from mlcourse.grading.inside import landlock
        from mlcourse.grading.inside.scratch import ScratchFolder

        self.control, self.isolated = control, setting["isolated"]
        self.scratch = ScratchFolder(setting["scratch"])
        self.files: int | None = None
        if setting["landlock"]:  # thousands of rules, made once
            files = landlock.Files(setting["readable"], [setting["scratch"]], setting["listable"])
            self.files = landlock.ruleset(files)
        self.worker: int | None = None

    def run(self) -> None:
        from mlcourse.grading.inside.kernel import adopt_orphans

        adopt_orphans()
        self.report(ready=True)
        discard_output()
        try:
            while self.handle_command():
                pass
        finally:
            self.stop()
            self.scratch.remove()

    def handle_command(self) -> bool:
        """Wait for a command and carry it out; return False when the parent has closed the socket."""
        data, sockets, _, _ = socket.recv_fds(self.control, 1 << 16, 1)
        if not data:
            return False
        command = json.loads(data)
        self.stop()
        if command["do"] == "start":
            self.start(command["limits"], *sockets)
        else:
            self.report(stopped=True)
        return True

    def start(self, limits: dict[str, Any], channel: int) -> None:
        from mlcourse.grading.inside import worker

        folder = self.scratch.fresh()
        self.worker = os.fork()
        if self.worker == 0:
            try:
                self.control.close()
                worker.work(socket.socket(fileno=channel), limits, folder, self.isolated, self.files)
            finally:
                os._exit(0)  # a worker never returns to the launcher's code
        os.close(channel)
        self.report(started=True)

    def stop(self) -> None:
        """End the worker and everything it may have started, and wipe its folder."""
        if self.worker is None:
            return
        from mlcourse.grading.inside.kernel import children

        os.kill(self.worker, signal.SIGKILL)
        os.waitpid(self.worker, 0)
        self.worker = None
        while orphans := children(os.getpid()):  # only without a sandbox, which forbids forking
            for orphan in orphans:
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)
        self.scratch.wipe()

    def report(self, **state: bool) -> None:
        self.control.sendall(json.dumps(state).encode() + b"\n")


def discard_output() -> None:
    """Connect the descriptors of stdin, stdout and stderr to /dev/null: compiled code writes to them directly."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.close(null)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
