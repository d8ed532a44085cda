"""A run that is killed at any moment loses no mark."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlcourse.cli import ROOT
from tests.helpers.fake_grading import (
    TASKS,
    marks_in,
)
from tests.helpers.processes import is_running, wait_until


def start(how, folder, out, log):
    """Start the fake grader as a program that can be killed."""
    environment = {**os.environ, "FAKE_LOG": str(log), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.helpers.fake_grading", how, folder, out]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([str(word) for word in command], env=environment, cwd=ROOT, **pipes)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def made_up_class(path, n):
    answers = {task.name: task.points for task in TASKS}
    path.write_text(json.dumps({f"s{number:03d}": answers | {"e_step": number % 5} for number in range(n)}))
    return path


def lines_of(log: Path) -> list[str]:
    return [line.split(" mark ")[1] for line in log.read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="forks a process in which libraries are loaded")
def test_a_run_killed_twenty_times_loses_no_mark(tmp_path):
    rng, log = random.Random(6), tmp_path / "marked.txt"
    source, out = made_up_class(tmp_path / "class.json", 40), tmp_path / "out"
    with start("on request", source, out, log) as grader:

        def resume() -> int:
            print("resume", file=grader.stdin, flush=True)
            return int(grader.stdout.readline())

        for _ in range(20):
            before, process = size(log), resume()
            wait_until(lambda: size(log) > before)  # noqa: B023
            time.sleep(rng.uniform(0, 0.2))
            os.kill(process, signal.SIGKILL)
            assert int(grader.stdout.readline()) == signal.SIGKILL
        resume()
        assert int(grader.stdout.readline()) == 0

    earned = {task.name: task.points for task in TASKS}
    given = marks_in(out)
    assert len(given) == 40
    for marks in given.values():
        assert {task: points for task, points, *_ in marks} | {"e_step": 4} == earned
    assert sum(points for marks in given.values() for task, points, *_ in marks if task == "e_step") == 8 * 10
    lines = lines_of(log)
    assert len(set(lines)) == 40 * len(TASKS)
    assert len(lines) - len(set(lines)) <= 20  # only the check that was running is run again


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_worker_processes_end_with_their_parent(tmp_path):
    log = tmp_path / "marked.txt"
    grader = start("in processes", made_up_class(tmp_path / "class.json", 200), tmp_path / "out", log)
    wait_until(lambda: size(log) > 2000)
    grader.kill()
    grader.communicate()
    workers = {int(line.split()[0]) for line in log.read_text().splitlines()}
    assert len(workers) == 2
    wait_until(lambda: not any(map(is_running, workers)))
