"""Docker or Podman, where there is one: the same namespaces as bubblewrap's, made by a service or by its own program.

Nothing is downloaded. The image is empty, and the folders of the view are mounted into it, read-only, at their own
places; so what runs is this machine's Python. It works where the service runs on this machine and mounts its files,
which the probe finds out.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from types import SimpleNamespace

from mlcourse.grading.sandbox.limits import BASELINE, Limits
from mlcourse.grading.sandbox.view import View, environment

PROGRAMS = ("podman", "docker")
DESK = "/desk"
IMAGE = "mlcourse-empty"
ANSWERING = 60.0  # seconds


def of(program: str) -> SimpleNamespace:
    """The backend of one of PROGRAMS."""
    return SimpleNamespace(
        DESK=DESK,
        missing=lambda: missing(program),
        wrap=lambda command, view, limits, door: wrap(program, command, view, limits, door),
    )


def missing(program: str) -> str | None:
    """Why it cannot even be tried; makes the empty image when it is not there yet."""
    if sys.platform != "linux":
        return "only under Linux, where the container can run this machine's Python"
    if not shutil.which(program):
        return "not installed"
    nothing = io.BytesIO()
    tarfile.open(fileobj=nothing, mode="w").close()
    try:
        done = subprocess.run(
            [program, "import", "-", IMAGE], input=nothing.getvalue(), capture_output=True, timeout=ANSWERING
        )
    except subprocess.TimeoutExpired:
        return "it does not answer"
    told = done.stderr.decode("utf-8", "replace").strip()
    return None if done.returncode == 0 else (told.splitlines() or ["it failed"])[-1][:200]


def wrap(program: str, command: list[str], view: View, limits: Limits, door: str) -> list[str]:
    """The command that runs `command` in a container, with the folder `door` in it."""
    options = [
        "--rm", "--init",  # it vanishes when it ends, and its first process ends those that are left
        "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--workdir", DESK,
        "--pids-limit", str(2 * limits.threads), "--memory", str(limits.memory + BASELINE),
        "--tmpfs", f"{DESK}:rw,size={2 * limits.disk},mode=1777",
    ]  # fmt: skip
    if program == "docker":  # Podman's root is you, without your rights; Docker's would be root
        options += ["--user", f"{os.getuid()}:{os.getgid()}"]
    for path, shown in view.steps():
        if shown:
            options += ["--volume", f"{path}:{path}:ro"]
        elif os.path.isdir(path):
            options += ["--tmpfs", f"{path}:ro,size=4k"]
        else:
            options += ["--volume", f"{os.devnull}:{path}:ro"]
    options += ["--volume", f"{door}:{door}:ro"]
    for name, value in environment(DESK).items():
        options += ["--env", f"{name}={value}"]
    return [program, "run", *options, IMAGE, *command]
