"""A run that is killed at any moment loses at most the submission that it was marking."""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.fake_grading import TASKS, mark_class, marks_in
from tests.helpers.processes import is_running, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs fork servers and /proc"),
]
CLASS = 15
KILLS = 5


def start(tmp_path: Path, jobs: int):
    """Mark a made-up class in another process, which forks at once from one that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.helpers.fake_grading"])
    source = tmp_path / "class.json"
    answers = {task.name: task.points for task in TASKS}
    source.write_text(json.dumps({f"s{n:03d}": answers | {"e_step": n % 5} for n in range(CLASS)}))
    process = context.Process(target=mark_class, args=(source, tmp_path / "out", jobs, tmp_path / "log"))
    process.start()
    return process


def logged(tmp_path: Path) -> list[tuple[int, str]]:
    """Return what was marked so far, and by which process."""
    log = tmp_path / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(int(process), what) for process, _, what in (line.partition(" mark ") for line in lines)]


def test_a_run_killed_again_and_again_loses_no_mark(tmp_path):
    rng = random.Random(6)
    for _ in range(KILLS):
        before, process = len(logged(tmp_path)), start(tmp_path, jobs=0)
        wait_until(lambda: len(logged(tmp_path)) > before)  # noqa: B023
        time.sleep(rng.uniform(0, 0.2))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    process = start(tmp_path, jobs=0)
    process.join()
    assert process.exitcode == 0

    given = marks_in(tmp_path / "out")
    assert len(given) == CLASS
    earned = {task.name: task.points for task in TASKS}
    for marks in given.values():
        assert {task: points for task, points, *_ in marks} | {"e_step": 4} == earned
    assert sum(points for marks in given.values() for task, points, *_ in marks if task == "e_step") == 30
    lines = [what for _, what in logged(tmp_path)]
    assert len(set(lines)) == CLASS * len(TASKS)
    assert len(lines) - len(set(lines)) <= KILLS * len(TASKS)  # the submission that was being marked


def test_processes_end_with_their_parent(tmp_path):
    leader = start(tmp_path, jobs=2)
    wait_until(lambda: len({process for process, _ in logged(tmp_path)}) == 2)
    leader.kill()
    leader.join()
    assert leader.exitcode == -signal.SIGKILL
    wait_until(lambda: not any(is_running(process) for process, _ in logged(tmp_path)))


def test_a_killed_process_loses_no_submission(tmp_path):
    leader = start(tmp_path, jobs=2)
    wait_until(lambda: logged(tmp_path) != [])
    os.kill(logged(tmp_path)[0][0], signal.SIGKILL)
    leader.join()
    assert leader.exitcode == 0
    assert {len(marks) for marks in marks_in(tmp_path / "out").values()} == {len(TASKS)}
    assert len({process for process, _ in logged(tmp_path)}) == 3
