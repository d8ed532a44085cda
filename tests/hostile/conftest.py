"""The sandboxes to try, and a world around them whose every change is seen."""

import os
import stat
import time

import pytest

from mlcourse.grading import sandbox
from mlcourse.grading.intake.read import Found, read_one
from mlcourse.grading.judge import marking, notebook_runner
from mlcourse.grading.sandbox.session import START_TIMEOUT, Session, WorkerEnded
from mlcourse.grading.sandbox.watchdog import descendants
from tests.helpers import honest
from tests.helpers.courses import CATALOGUE, OUR_COURSE
from tests.helpers.honest import LIMITS, QUICK_COURSE, SEED


def submitted(student: str, content: dict | bytes):
    data = content if isinstance(content, bytes) else honest.as_bytes(content)
    return read_one(Found((student, "04_em.ipynb"), data), CATALOGUE)


BEN = submitted("ben", honest.short_notebook())  # the honest neighbour of every hostile notebook

A_MOMENT = 0.3  # seconds
# The strongest that works here; or those that MLCOURSE_SANDBOXES names, such as "bubblewrap landlock" in CI.
STRONGEST = "the strongest"
TRIED = os.environ.get("MLCOURSE_SANDBOXES", "").split() or [STRONGEST]


@pytest.fixture(scope="session", params=TRIED)
def walls(request):
    """One sandbox after the other; those that are named have to work here."""
    try:
        chosen = sandbox.choose(only=None if request.param == STRONGEST else request.param, limits=LIMITS)
    except sandbox.NoSandbox as error:
        (pytest.skip if request.param == STRONGEST else pytest.fail)(str(error))
    with chosen:
        yield chosen
        # After all that was tried, an honest notebook still gets all of its points, for all cases.
        last = marking.grade(submitted("zoe", honest.notebook()), OUR_COURSE, chosen, SEED, limits=LIMITS)
        assert {mark.task: mark.points for mark in last.marks} == honest.POINTS


class World:
    """What a submission must not change, what it would like to read, and a clock.

    Parameters
    ----------
    folder : Path
    walls : Sandbox
    clock : Clock
    """

    def __init__(self, folder, walls, clock):
        self.folder, self.walls, self.clock = folder, walls, clock
        self.files = {
            "other": folder / "submitted" / "ben" / "04_em.ipynb",
            "seed": folder / "out" / "seed",
            "grades": folder / "out" / "grades.csv",
            "canary": folder / "home" / "diary.txt",
            "solutions": OUR_COURSE.notebook("solutions", "04_em"),
            "checks": OUR_COURSE.root / "mlcourse" / "checks" / "task.py",
            "tasks": OUR_COURSE.root / "mlcourse" / "tasks" / "lesson_04.py",
        }
        for path in self.files.values():
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("nobody's business")

    def snapshot(self) -> dict:
        """Everything about every file of this world, but for when it was last read."""
        ours = [self.files[name] for name in ("solutions", "checks", "tasks")]
        paths = [*sorted(self.folder.rglob("*")), *ours, self.folder]
        seen = {}
        for path in paths:
            found = os.lstat(path)
            content = path.read_bytes() if stat.S_ISREG(found.st_mode) else None
            seen[path] = found.st_mode, found.st_uid, found.st_mtime_ns, found.st_nlink, content
        return seen

    def mark(self, content: dict | bytes, endless: str | None = None):
        """Grade a hostile notebook and then an honest one; assert all that holds of any hostile notebook at all.

        `endless` is the source of the cell, or the name of the answer, that never ends by itself.
        """
        self.clock.endless = endless
        submission = submitted("eve", content)
        before, reported = self.snapshot(), []
        grade = marking.grade(
            submission, QUICK_COURSE, self.walls, SEED, on_mark=reported.append, limits=LIMITS
        )
        assert self.processes() == [], "a process is left"
        assert self.snapshot() == before, "something outside has changed"
        assert sorted(reported) == sorted(grade.marks)
        neighbour = marking.grade(BEN, QUICK_COURSE, self.walls, SEED, limits=LIMITS)
        assert honest.earned(neighbour) == honest.FEW
        assert neighbour.status == "ok"
        assert neighbour.notes == []
        assert neighbour.output == ""
        return grade

    def processes(self) -> list[int]:
        """What runs below the launchers: nothing, between two submissions."""
        alive = [launch for launch in self.walls.launches.values() if launch.alive()]
        return [process for launch in alive for process in descendants(launch.launcher)]


class Clock:
    """Gives what never ends a moment, as if its whole limit had passed, and leaves everything else all its time.

    So no test waits long, and none depends on how fast this machine is.
    """

    def __init__(self):
        self.endless, self.ahead, self.ask = None, 0.0, Session.ask

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def asking(self):
        """A method for Session in place of `ask`."""

        def ask(session, request, arrays=(), seconds=START_TIMEOUT, answer=None, file=None):
            if self.endless is None or self.endless not in (request.get("source"), request.get("name")):
                return self.ask(session, request, arrays, seconds, answer, file)
            try:
                return self.ask(session, request, arrays, A_MOMENT, answer, file)
            except WorkerEnded as end:
                if end.status == "timeout":
                    self.ahead += seconds - A_MOMENT
                raise

        return ask


@pytest.fixture
def world(tmp_path, walls, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(Session, "ask", clock.asking())
    monkeypatch.setattr(notebook_runner, "time", clock)
    monkeypatch.setenv("MLCOURSE_SECRET_TOKEN", "nobody's business")
    return World(tmp_path, walls, clock)
