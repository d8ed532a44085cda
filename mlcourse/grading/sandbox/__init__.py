"""Where untrusted code runs: the strongest sandbox that works on this machine, found by trying each of them.

    bubblewrap   namespaces, then seccomp and limits
    Landlock     where namespaces are forbidden: Landlock protects the files, then seccomp and limits
    Docker, Podman   namespaces again, set up by a service
    none         refused, unless the instructor trusts the submissions

In this folder: `backends` chooses the sandbox, `launch` starts a launcher in it, `session` talks to a worker, and
`watchdog` watches what the worker uses. `needs` finds out what a lesson needs, and `view` lists what its sandbox can
read. `backend` says what a sandbox must provide; `bubblewrap` and `container` are such. In `inside/`, `landlock`,
`seccomp` and `limits` isolate it too, and `scratch` manages the only folder that it can write to.
"""

from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.sandbox.backends import NoSandbox, Sandbox, choose, report
from mlcourse.grading.sandbox.needs import Needs, of_exercise
from mlcourse.grading.sandbox.session import Session, WorkerEnded

__all__ = [
    "Limits",
    "Needs",
    "NoSandbox",
    "Sandbox",
    "Session",
    "WorkerEnded",
    "choose",
    "of_exercise",
    "report",
]
