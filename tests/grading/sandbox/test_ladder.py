"""Choosing a sandbox, and what happens without one."""

import itertools
import os
import sys

import pytest

from mlcourse.grading import marking, pipe, sandbox
from mlcourse.grading.records import Cell, Submission
from mlcourse.grading.sandbox import container, ladder, landlock
from mlcourse.grading.sandbox.view import course_view

if sys.platform == "win32":
    pytest.skip("submissions are run under Linux or macOS", allow_module_level=True)


def test_a_container_that_holds_nothing_back_is_refused(monkeypatch):
    """The probe decides, and not the name of a sandbox."""
    leaky = ladder.Backend("leaky", ladder._as_it_is(), isolated=False)
    monkeypatch.setattr(ladder, "BACKENDS", {"leaky": leaky})
    with pytest.raises(sandbox.NoSandbox, match="does not withstand: reading a file of yours"):
        sandbox.choose()


def test_without_a_sandbox_only_trust_helps(monkeypatch):
    monkeypatch.setattr(ladder, "BACKENDS", {})
    with pytest.raises(sandbox.NoSandbox, match="--trust-submissions"):
        sandbox.choose()
    with sandbox.choose(trust=True) as chosen:
        assert chosen.name == "not isolated"
    assert "without isolation" in sandbox.report()[-1]


def test_the_version_of_landlock_is_a_number():
    assert landlock.version() >= 0


@pytest.mark.parametrize("program", container.PROGRAMS)
def test_a_container_gets_everything_read_only_and_no_network(program):
    command = container.wrap(program, ["python"], course_view(), sandbox.Limits(), "/door")
    options = list(itertools.pairwise(command))
    mounted = [value for option, value in options if option == "--volume"]
    assert "/door:/door:ro" in mounted
    assert all(value.endswith(":ro") for value in mounted)
    written = [value for option, value in options if option == "--tmpfs" and ":ro" not in value]
    assert [value.split(":")[0] for value in written] == [container.DESK]
    assert {("--network", "none"), ("--cap-drop", "ALL")} <= set(options)
    assert command[-2:] == [container.IMAGE, "python"]


class Broken:
    """A backend whose program ends at once."""

    DESK = None

    @staticmethod
    def wrap(command, *_):
        return ["false"]


def test_a_sandbox_that_does_not_start_is_nobodys_zero():
    """The fault is the machine's: it is raised, and no mark is given."""
    submission = Submission("ada", "x", (Cell("code", "falling_likelihood = 'C'"),), "04_em")
    marks = []
    with (
        sandbox.Sandbox(ladder.Backend("broken", Broken)) as broken,
        pytest.raises(OSError, match="did not start"),
    ):
        marking.grade(submission, broken, b"", on_mark=marks.append)
    assert marks == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_without_isolation_too_nothing_is_left():
    """A process that has left its parent, its group and its session is found and ended all the same."""
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
    with sandbox.Sandbox(ladder.PLAIN) as trusting:
        session = trusting.start(sandbox.Limits())
        session.ask({"do": "cell", "cell": 0, "source": source})
        reply, arrays = session.ask({"do": "value", "expression": "orphan"})
        orphan = pipe.unpack(reply["value"], arrays)
        assert os.path.exists(f"/proc/{orphan}")
        session.end()
        assert not os.path.exists(f"/proc/{orphan}")
