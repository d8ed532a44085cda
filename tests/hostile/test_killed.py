"""kill -9 of the grader while it marks: no mark is lost, none is given twice, and no process stays behind."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from mlcourse.checks import answer_of, examine
from mlcourse.cli import ROOT
from mlcourse.grading import sandbox
from mlcourse.grading.batch.grade_folder import grade_folder
from mlcourse.grading.batch.submission import Settings
from mlcourse.grading.judge.marking import task_seed
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.report.publish import publish
from mlcourse.grading.sandbox.watchdog import descendants
from tests.helpers.made_up_class import TASKS, assert_earned, students, write_submissions
from tests.helpers.processes import is_running, wait_until

KILLS = int(os.environ.get("MLCOURSE_KILLS", 4))  # CI does more
CLASS = students(8 + KILLS)
SEED = b"a secret of these tests"


def grade_when_told(folder: str, walls: str):
    """For every line that comes in: grade in a copy of this process; tell its number, and then how it ended.

    A copy has everything imported, where a new Python would need seconds for that.
    """
    for task in TASKS.values():  # what they expect, and what mistakes give, is computed once for all copies
        examine(task, answer_of(lambda *args: "no answer"), task_seed(SEED, task.name))
    out, choose = Path(folder, "out"), partial(sandbox.choose, only=walls)
    settings = Settings(out=out, seed=SEED, resume=True, choose=choose)
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            grade_folder(Path(folder, "class"), settings, jobs=0, quiet=True)
            os._exit(0)
        print(process, flush=True)
        print(os.waitpid(process, 0)[1], flush=True)


def marks_in(out: Path) -> dict[tuple[str, str], list]:
    """Every mark on the disk, by the name of its result and by its task."""
    results = {path.stem: json.loads(path.read_text()) for path in (out / "results").glob("*.json")}
    return {(name, mark[0]): mark for name, result in results.items() for mark in result["grade"]["marks"]}


@pytest.mark.slow
def test_a_grader_killed_at_random_moments_loses_no_mark(tmp_path, walls):
    rng, out = random.Random(0), tmp_path / "out"
    write_submissions(tmp_path / "class", CLASS)
    command = [sys.executable, "-m", "tests.hostile.test_killed", str(tmp_path), walls.name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    grader = subprocess.Popen(command, cwd=ROOT, **pipes)

    def go_on() -> int:
        print("go", file=grader.stdin, flush=True)
        return int(grader.stdout.readline())

    for _ in range(KILLS):
        before, process = marks_in(out), go_on()
        wait_until(lambda: len(marks_in(out)) > len(before))  # noqa: B023
        time.sleep(rng.uniform(0, 0.1))
        below = descendants(process)
        os.kill(process, signal.SIGKILL)
        assert int(grader.stdout.readline()) == signal.SIGKILL
        assert before.items() <= marks_in(out).items()
        wait_until(lambda: not any(map(is_running, below)))  # noqa: B023
    go_on()
    assert int(grader.stdout.readline()) == 0
    grader.stdin.close()
    assert grader.wait() == 0

    assert_earned(CLASS, publish(out).grades)
    given = [
        (one["source"], one["task"])
        for one in Journal(out / "journal.jsonl").events()
        if one["event"] == "mark"
    ]
    assert len(given) - len(set(given)) <= KILLS * len(TASKS)  # only one submission is asked again


if __name__ == "__main__":
    grade_when_told(*sys.argv[1:])
