"""Docker or Podman, where installed: the same namespaces as bubblewrap's, set up by a service or by Podman itself.

Nothing is downloaded. The image is empty, and the folders of the view are mounted into it, read-only, at their
usual paths, so the Python that runs is this machine's. This works if the service runs on this machine and can mount
its files; the probe finds that out.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile

from mlcourse.grading.inside.limits import BASELINE, Limits
from mlcourse.grading.sandbox.backend import Backend
from mlcourse.grading.sandbox.view import View, environment

PROGRAMS = ("podman", "docker")
SCRATCH = "/mlcourse-scratch"
IMAGE = "mlcourse-empty"
IMPORT_TIMEOUT = 60.0  # seconds


class Container(Backend):
    """One of PROGRAMS."""

    scratch = SCRATCH

    def __init__(self, program: str):
        self.name = program

    def missing(self) -> str | None:
        return missing(self.name)

    def wrap(self, command: list[str], view: View, limits: Limits, socket_dir: str) -> list[str]:
        return wrap(self.name, command, view, limits, socket_dir)


def missing(program: str) -> str | None:
    """Say why the program cannot even be tried; None if it can. Creates the empty image if there is none yet."""
    if sys.platform != "linux":
        return "only on Linux, where the container can run this machine's Python"
    if not shutil.which(program):
        return "not installed"
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    try:
        done = subprocess.run(
            [program, "import", "-", IMAGE],
            input=empty.getvalue(),
            capture_output=True,
            timeout=IMPORT_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return f"it did not respond within {IMPORT_TIMEOUT:.0f} s"
    errors = done.stderr.decode("utf-8", "replace").strip()
    return (
        None if done.returncode == 0 else (errors.splitlines() or ["it failed without a message"])[-1][:200]
    )


def wrap(program: str, command: list[str], view: View, limits: Limits, socket_dir: str) -> list[str]:
    """Return the command that runs `command` in a container, where it can see the folder `socket_dir`."""
    options = [
        "--rm", "--init",  # removed when it ends; its init process ends any processes that are left
        "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--workdir", SCRATCH,
        "--pids-limit", str(2 * limits.threads), "--memory", str(limits.memory + BASELINE),
        "--tmpfs", f"{SCRATCH}:rw,size={2 * limits.disk},mode=1777",
    ]  # fmt: skip
    if program == "docker":  # Podman's root is you, without your privileges; Docker's would be the real root
        options += ["--user", f"{os.getuid()}:{os.getgid()}"]
    for path, shown in view.steps():
        if shown:
            options += ["--volume", f"{path}:{path}:ro"]
        elif os.path.isdir(path):
            options += ["--tmpfs", f"{path}:ro,size=4k"]
        else:
            options += ["--volume", f"{os.devnull}:{path}:ro"]
    options += ["--volume", f"{socket_dir}:{socket_dir}:ro"]
    for name, value in environment(SCRATCH).items():
        options += ["--env", f"{name}={value}"]
    return [program, "run", *options, IMAGE, *command]
