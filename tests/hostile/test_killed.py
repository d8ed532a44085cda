"""kill -9 of the grader while it marks: no finished submission is marked again, and no process stays behind."""

import json
import multiprocessing
import os
import random
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from mlcourse.grading import sandbox
from mlcourse.grading.batch.grade_folder import grade_folder
from mlcourse.grading.batch.submission import Settings
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.report.publish import publish
from mlcourse.grading.sandbox.watchdog import descendants
from tests.helpers.made_up_class import TASKS, assert_earned, students, write_submissions
from tests.helpers.processes import is_running, wait_until

KILLS = int(os.environ.get("MLCOURSE_KILLS", 1))  # CI does more
CLASS = students(3 + KILLS)


def grade(folder: Path, walls: str):
    """Mark the class of a folder in one process, and keep the marks that there are."""
    choose = partial(sandbox.choose, only=walls)
    settings = Settings(out=folder / "out", seed=b"a secret of these tests", resume=True, choose=choose)
    grade_folder(folder / "class", settings, jobs=0, quiet=True)


def start(folder: Path, walls: str):
    """Do so in another process, which forks at once from one that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=grade, args=(folder, walls))
    process.start()
    return process


def marks_in(out: Path) -> dict[tuple[str, str], list]:
    """Every mark on the disk, by the name of its result and by its task."""
    results = {path.stem: json.loads(path.read_text()) for path in (out / "results").glob("*.json")}
    return {(name, mark[0]): mark for name, result in results.items() for mark in result["grade"]["marks"]}


@pytest.mark.slow
def test_a_grader_killed_at_random_moments_loses_no_mark(tmp_path, walls):
    rng, out = random.Random(0), tmp_path / "out"
    write_submissions(tmp_path / "class", CLASS)
    for _ in range(KILLS):
        before, process = marks_in(out), start(tmp_path, walls.name)
        wait_until(lambda: len(marks_in(out)) > len(before))  # noqa: B023
        time.sleep(rng.uniform(0, 0.1))
        below = descendants(process.pid)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert before.items() <= marks_in(out).items()
        wait_until(lambda: not any(map(is_running, below)))  # noqa: B023
    process = start(tmp_path, walls.name)
    process.join()
    assert process.exitcode == 0

    assert_earned(CLASS, publish(out).grades)
    events = [one for one in Journal(out / "journal.jsonl").events() if one["event"] == "mark"]
    given = [(one["source"], one["task"]) for one in events]
    assert len(given) - len(set(given)) <= KILLS * len(TASKS)  # of submissions that were being written down
