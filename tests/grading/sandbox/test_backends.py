"""Choosing a sandbox, and what happens without one."""

import itertools
import os
import sys

import pytest

from mlcourse.grading import sandbox
from mlcourse.grading.inside import landlock, pipe
from mlcourse.grading.judge import marking
from mlcourse.grading.records.grade import Cell, Submission
from mlcourse.grading.sandbox import backends, container
from mlcourse.grading.sandbox.backend import Backend, Unisolated
from mlcourse.grading.sandbox.view import course_view
from tests.helpers.courses import OUR_COURSE

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


@pytest.mark.slow
def test_a_sandbox_that_blocks_nothing_is_refused(monkeypatch):
    """The probe decides, not the name of the sandbox."""
    monkeypatch.setattr(backends, "BACKENDS", {"leaky": Unisolated()})
    with pytest.raises(sandbox.NoSandbox, match="failed these tests: reading one of your files"):
        sandbox.choose()


def test_without_a_sandbox_submissions_must_be_trusted(monkeypatch):
    monkeypatch.setattr(backends, "BACKENDS", {})
    with pytest.raises(sandbox.NoSandbox, match="--trust-submissions"):
        sandbox.choose()
    with sandbox.choose(trust=True) as chosen:
        assert chosen.name == "not isolated"
    assert "without isolation" in sandbox.report().lines[-1]


def test_the_version_of_landlock_is_a_number():
    assert landlock.version() >= 0


@pytest.mark.parametrize("program", container.PROGRAMS)
def test_a_container_has_no_network_and_read_only_mounts(program):
    command = container.wrap(program, ["python"], course_view(), sandbox.Limits(), "/sockets")
    options = list(itertools.pairwise(command))
    mounted = [value for option, value in options if option == "--volume"]
    assert "/sockets:/sockets:ro" in mounted
    assert all(value.endswith(":ro") for value in mounted)
    written = [value for option, value in options if option == "--tmpfs" and ":ro" not in value]
    assert [value.split(":")[0] for value in written] == [container.SCRATCH]
    assert {("--network", "none"), ("--cap-drop", "ALL")} <= set(options)
    assert command[-2:] == [container.IMAGE, "python"]


class Broken(Backend):
    """A backend whose program ends at once."""

    name = "broken"

    def wrap(self, command, *_):
        return ["false"]


def test_a_sandbox_that_does_not_start_costs_no_points():
    """The machine is at fault: an error is raised, and no mark is given."""
    submission = Submission("ada", "x", (Cell("code", "falling_likelihood = 'C'"),), "04_em")
    marks = []
    with (
        sandbox.Sandbox(Broken()) as broken,
        pytest.raises(OSError, match="did not start"),
    ):
        marking.grade(submission, OUR_COURSE, broken, b"", on_mark=marks.append)
    assert marks == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_process_is_left_behind_without_isolation():
    """A process that has left its parent, group and session is still found and ended."""
    source = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open("pid", "w") as file: file.write(str(os.getpid()))
        time.sleep(1000)
    os._exit(0)
while not os.path.exists("pid") or not open("pid").read(): time.sleep(0.01)
orphan = int(open("pid").read())
"""
    with sandbox.Sandbox(Unisolated()) as trusting:
        session = trusting.start(sandbox.Limits())
        session.ask({"do": "cell", "cell": 0, "source": source})
        reply, arrays = session.ask({"do": "value", "expression": "orphan"})
        orphan = pipe.unpack(reply["value"], arrays)
        assert os.path.exists(f"/proc/{orphan}")
        session.end()
        assert not os.path.exists(f"/proc/{orphan}")
