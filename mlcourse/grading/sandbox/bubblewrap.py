"""bubblewrap: run a process in its own namespaces, with a few folders of this machine mounted read-only.

The kernel's namespaces give it its own files, processes, users, network (none) and messages. The Debian package is
called `bubblewrap`; the PyPI package of that name is something else. See bwrap(1).
"""

import os
import shutil

from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.sandbox.backend import Backend
from mlcourse.grading.sandbox.view import DEVICES, View

SCRATCH = (
    "/mlcourse-scratch"  # not /tmp: a file system mounted there would hide an environment installed below it
)


class Bubblewrap(Backend):
    """The program `bwrap`."""

    name = "bubblewrap"
    scratch = SCRATCH

    def missing(self) -> str | None:
        return (
            None
            if shutil.which("bwrap")
            else "bwrap is not installed (on Debian and Ubuntu: apt install bubblewrap)"
        )

    def wrap(self, command: list[str], view: View, limits: Limits, socket_dir: str) -> list[str]:
        options = [
            "--unshare-user", "--uid", "65534", "--gid", "65534",  # the user nobody, even if root starts it
            "--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
            "--cap-drop", "ALL",
            "--new-session",  # no terminal that it could type into
            "--die-with-parent",
        ]  # fmt: skip
        for path, shown in view.steps():
            if shown:
                options += ["--ro-bind", path, path]
            elif os.path.isdir(path):
                options += ["--tmpfs", path]
            else:
                options += ["--ro-bind", os.devnull, path]
        for path in view.masked:  # last, because visible files inside these folders need a mount point first
            if os.path.isdir(path):
                options += ["--remount-ro", path]
        options += ["--ro-bind", socket_dir, socket_dir]
        for device in DEVICES:
            options += ["--dev-bind", device, device]
        # Twice the limit, so that the watchdog acts first: it ends a worker that exceeds the limit, and reports why.
        options += [
            "--size",
            str(2 * limits.disk),
            "--tmpfs",
            SCRATCH,
            "--remount-ro",
            "/",
            "--chdir",
            SCRATCH,
        ]
        return [shutil.which("bwrap") or "bwrap", *options, "--", *command]
