"""What every sandbox has in common: `Backend`, and the two that need no other program around the launcher."""

from typing import Protocol

from mlcourse.grading.inside import landlock
from mlcourse.grading.inside.limits import Limits
from mlcourse.grading.sandbox.view import View


class Backend(Protocol):
    """One way to isolate a launcher and its workers. What a backend does not define is as for none at all."""

    name: str
    isolated: bool = True  # whether workers give up their rights
    landlock: bool = False  # whether Landlock restricts their files
    scratch: str | None = None  # the scratch folder as workers see it, if the sandbox has its own

    def missing(self) -> str | None:
        """Say why this backend cannot even be tried; None if it can."""
        return None

    def wrap(self, command: list[str], view: View, limits: Limits, socket_dir: str) -> list[str]:
        """Return the command that runs `command` in the sandbox, where it can see the folder `socket_dir`."""
        return command


class Landlock(Backend):
    """Landlock protects the files, where namespaces are forbidden."""

    name = "landlock"
    landlock = True

    def missing(self) -> str | None:
        return None if landlock.version() else "this kernel has no Landlock, or a container forbids it"


class Unisolated(Backend):
    """No sandbox: for submissions that the instructor trusts."""

    name = "not isolated"
    isolated = False
