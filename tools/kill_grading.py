"""Kill parts of grading runs at random moments, and compare the marks with those of a run that nobody disturbed.

    .venv/bin/python -m tools.kill_grading                            twenty kills of each part: about half an hour
    .venv/bin/python -m tools.kill_grading --kills 3 --only leader    fewer; only one of VICTIMS

A class of made-up submissions is marked with --resume again and again. Each run is disturbed once, by kill -9: of the
leading process, of one that marks, of a worker of a Dask cluster, or of its scheduler. After every kill, the run must
end with the right marks or with a message, and running it again must give the marks that are missing.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mlcourse.cli import ROOT
from mlcourse.grading.inside.kernel import children
from tests.helpers.made_up_class import students, write_submissions

VICTIMS = ("leader", "process", "dask-worker", "dask-scheduler")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
FINISHED = (0, 3)  # exit codes of a run that has marked everybody


def main(words: list[str] | None = None) -> int:
    options = parse(words)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), options.students, random.Random(options.seed))
        for victim in options.only or VICTIMS:
            trial.run(victim, options.kills)
    return 0


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of each part (default 20)")
    parser.add_argument("--students", type=int, default=20, help="how many submissions (default 20)")
    parser.add_argument("--only", action="append", choices=VICTIMS, help="kill only this")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    return parser.parse_args(words)


class Trial:
    """A class, and the marks that every run must give."""

    def __init__(self, folder: Path, n: int, rng: random.Random):
        self.folder, self.rng = folder, rng
        write_submissions(folder / "class", students(n))
        (folder / "seed").write_bytes(b"the same secret in all runs")
        begun = time.monotonic()
        assert self.grade(folder / "undisturbed", "-j", "2").wait() in FINISHED
        self.duration = time.monotonic() - begun
        self.right = marks_in(folder / "undisturbed")
        print(f"{n} submissions, undisturbed: {self.duration:.0f} s", flush=True)

    def grade(self, out: Path, *options: str) -> "subprocess.Popen[bytes]":
        """Start the command."""
        words = [str(self.folder / "class"), "-o", str(out), "--seed-file", str(self.folder / "seed")]
        return start("mlcourse", "grade", *words, "--resume", *options)

    def run(self, victim: str, kills: int) -> None:
        """Kill one kind of victim at random moments, and check the marks after each run."""
        for number in range(kills):
            out = self.folder / f"{victim} {number}"
            if victim.startswith("dask"):
                with cluster() as (address, scheduler, nanny):
                    killed = self.disturb(
                        self.grade(out, "--executor", address),
                        lambda _: [scheduler.pid] if victim == "dask-scheduler" else children(nanny.pid),
                    )
            else:
                find = (lambda leader: [leader]) if victim == "leader" else processes_of
                killed = self.disturb(self.grade(out, "-j", "2"), find)
            kept = self.check(out)
            assert self.grade(out, "-j", "2").wait() in FINISHED
            assert marks_in(out) == self.right, f"other marks after {victim} {number}: look at {out}"
            print(f"{victim} {number + 1}: {killed}; {kept} of {len(self.right)} were kept", flush=True)

    def disturb(self, leader: "subprocess.Popen[bytes]", find: Callable[[int], list[int]]) -> str:
        """Kill a victim after a while, unless the run has ended before, and wait for the end of the run."""
        moment = self.rng.uniform(0, self.duration)
        try:
            leader.wait(moment)
            return "ended before it was disturbed"
        except subprocess.TimeoutExpired:
            pass
        victims = find(leader.pid)
        if victims:
            os.kill(self.rng.choice(victims), signal.SIGKILL)
        code = leader.wait()
        assert code in (*FINISHED, 1, -signal.SIGKILL), f"the run ended with {code}"
        return f"{'killed' if victims else 'nothing to kill'} after {moment:.1f} s, exit code {code}"

    def check(self, out: Path) -> int:
        """Check that everything that counts as finished has its marks; return how many submissions that are."""
        results = {name: marks for name, marks in marks_in(out).items() if marks is not None}
        assert results.items() <= self.right.items()
        return len(results)


def marks_in(out: Path) -> dict[str, Any]:
    """Return the marks of all submissions, by the names of their files; None for one that is not finished."""
    results = {path.name: json.loads(path.read_text()) for path in (out / "results").glob("*.json")}
    return {name: one["grade"]["marks"] if one["finished"] else None for name, one in results.items()}


def processes_of(leader: int) -> list[int]:
    """Return the processes that mark: they are children of the fork server, which is a child of the leader."""
    return [process for child in children(leader) for process in children(child)]


def start(module: str, *words: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", module, *words]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=quiet, stderr=quiet)


@contextmanager
def cluster() -> Iterator[tuple[str, "subprocess.Popen[bytes]", "subprocess.Popen[bytes]"]]:
    """Start a scheduler and two workers; yield the address, the scheduler, and the process that starts workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    host, port = place.split(":")
    scheduler = start(
        "distributed.cli.dask_scheduler", "--host", host, "--port", port, "--no-dashboard", "--no-show"
    )
    workers = start(
        "distributed.cli.dask_worker",
        f"tcp://{place}",
        "--nworkers",
        "2",
        "--nthreads",
        "1",
        "--no-dashboard",
    )
    try:
        wait_for_port(host, int(port))
        yield f"dask://{place}", scheduler, workers
    finally:
        for process in (workers, scheduler):
            stop(process)


def stop(process: "subprocess.Popen[bytes]", patience: float = 10) -> None:
    """End a process and what it has started; workers without a scheduler do not end by themselves."""
    started = children(process.pid)
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        for pid in (*started, process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def wait_for_port(host: str, port: int, patience: float = 60) -> None:
    """Wait until something listens there."""
    deadline = time.monotonic() + patience
    while True:
        try:
            socket.create_connection((host, port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
