"""bubblewrap: a process in a world of its own, with a few folders of this one in it, read-only.

Namespaces of the kernel make that world: its own files, processes, users, network (none) and messages. Debian's
package is `bubblewrap`; the one of that name on PyPI is something else. See bwrap(1).
"""

import os
import shutil

from mlcourse.grading.sandbox.limits import Limits
from mlcourse.grading.sandbox.view import DEVICES, View

NAME = "bubblewrap"
DESK = "/desk"  # and not /tmp: laid over it, a new file system would hide an environment that lies below


def missing() -> str | None:
    """Why it cannot even be tried."""
    return (
        None
        if shutil.which("bwrap")
        else "bwrap is not installed (on Debian and Ubuntu: apt install bubblewrap)"
    )


def wrap(command: list[str], view: View, limits: Limits, door: str) -> list[str]:
    """The command that runs `command` in the sandbox, with the folder `door` in it."""
    options = [
        "--unshare-user", "--uid", "65534", "--gid", "65534",  # nobody, whoever starts it; root too
        "--unshare-ipc", "--unshare-net", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
        "--cap-drop", "ALL",
        "--new-session",  # no terminal into which it could type
        "--die-with-parent",
    ]  # fmt: skip
    for path, shown in view.steps():
        if shown:
            options += ["--ro-bind", path, path]
        elif os.path.isdir(path):
            options += ["--tmpfs", path]
        else:
            options += ["--ro-bind", os.devnull, path]
    for path in view.masked:  # last, for the shown files within them need a place to be mounted on
        if os.path.isdir(path):
            options += ["--remount-ro", path]
    options += ["--ro-bind", door, door]
    for device in DEVICES:
        options += ["--dev-bind", device, device]
    # Twice the allowance: the watchdog ends a worker that uses it up, and tells why.
    options += ["--size", str(2 * limits.disk), "--tmpfs", DESK, "--remount-ro", "/", "--chdir", DESK]
    return [shutil.which("bwrap"), *options, "--", *command]
