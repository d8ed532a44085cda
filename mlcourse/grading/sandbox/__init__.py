"""Where strangers' code runs: the strongest sandbox that works on this machine, found by trying.

    bubblewrap   namespaces, then seccomp and limits
    Landlock     for where namespaces are forbidden: files by Landlock, then seccomp and limits
    Docker, Podman   namespaces again, by a service
    none         refused, unless the instructor trusts the submissions

In this folder: `launch` starts a launcher in the sandbox, `session` talks with a worker, `watchdog` looks on;
`bubblewrap`, `landlock`, `seccomp`, `limits` and `container` are the walls, `view` says what is to be seen inside.
"""

from mlcourse.grading.sandbox.ladder import NoSandbox, Sandbox, choose, report
from mlcourse.grading.sandbox.limits import Limits
from mlcourse.grading.sandbox.session import Ended, Session

__all__ = ["Ended", "Limits", "NoSandbox", "Sandbox", "Session", "choose", "report"]
