"""Time the grading of a class, and measure the memory of the process that leads it.

    python course.py bench --grading                       200 submissions: about three minutes on two cores
    python course.py bench --grading --students 20         fewer
    python course.py bench --grading --nbgrader PYTHON     and nbgrader, on twenty of them

The class comes from `tests/helpers/made_up_class.py`: submissions of lesson 04 that are right, partly right, wrong in
known ways, and (a tenth of them) broken. Its marks are then given to ten times as many submissions, without running
them: the leading process does not know the difference. With `--nbgrader`, the Python of an environment that has
nbgrader and the course, `nbgrader autograde` marks twenty of them as well. Only the time is compared, not the marks.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from mlcourse.grading.batch import without_pandas  # noqa: F401  (first, as the command does)
from tests.helpers.made_up_class import Student, students, write_submissions

ROOT = Path(__file__).resolve().parents[1]

COMMAND = [sys.executable, "-m", "mlcourse", "grade"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
LARGER = 10  # how many times more submissions get recorded marks


class Run(NamedTuple):
    """A finished run: how long it took, and how large its leading process was at most."""

    seconds: float
    megabytes: float


def main(words: list[str] | None = None) -> int:
    options = parse(words)
    if options.recorded:
        lead(*options.recorded)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), students(options.students))
    if options.nbgrader:
        compare_nbgrader(options.nbgrader)
    return 0


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python course.py bench --grading", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--students", type=int, default=200, help="how many submissions (default 200)")
    parser.add_argument("--nbgrader", metavar="PYTHON", help="of an environment with nbgrader and the course")
    parser.add_argument("--recorded", nargs=3, type=Path, help=argparse.SUPPRESS)  # see `lead`
    return parser.parse_args(words)


# ── The class, by mlcourse ───────────────────────────────────────────────────────────────────────────


def measure(folder: Path, made: list[Student]) -> None:
    """Mark a class in several ways, and print a table."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(one.kind for one in made).most_common())
    print(f"{len(made)} submissions of lesson 04: {kinds}\n")
    few, many, more = folder / "few", folder / "many", folder / "more"
    write_submissions(few, made[: len(made) // 10])
    write_submissions(many, made)
    write_submissions(more, [replace(one, name=f"{one.name} {k}") for one in made for k in range(LARGER)])

    starts = [grade(few, folder / f"start{jobs}", "-j", str(jobs)) for jobs in (1, 2)]
    one, two = whole = [grade(many, folder / f"out{jobs}", "-j", str(jobs)) for jobs in (1, 2)]
    again = grade(many, folder / "out2", "-j", "2", "--resume")
    recorded = [str(path) for path in (more, folder / "more out", folder / "out2")]
    large = run([sys.executable, "-m", "benchmarks.grading", "--recorded", *recorded])

    rest = len(made) - len(made) // 10
    each, shared = ((run.seconds - start.seconds) / rest for run, start in zip(whole, starts))
    row("", "measured", "to reach")
    row("one process", f"{one.seconds:.1f} s")
    row("    each submission, without start-up", f"{each:.2f} s", "at most 0.6 s")
    row("two processes", f"{two.seconds:.1f} s")
    row("    each submission, without start-up", f"{shared:.2f} s")
    row("    faster than one, without start-up", f"{each / shared:.2f} ×", "at least 1.8 ×")
    row("    faster than one, with it", f"{one.seconds / two.seconds:.2f} ×")
    row("--resume, with nothing left to mark", f"{again.seconds:.1f} s", "at most 5 s")
    for n, found in ((len(made) // 10, starts[0]), (len(made), two), (LARGER * len(made), large)):
        row(f"leading process, {n} submissions", f"{found.megabytes:.0f} MB", "at most 200 MB")


def row(what: str, measured: str, target: str = "") -> None:
    print(f"{what:42} {measured:>10}   {target}".rstrip(), flush=True)


def grade(submissions: Path, out: Path, *options: str) -> Run:
    """Mark a folder with the command."""
    return run([*COMMAND, str(submissions), "-o", str(out), *options])


def run(command: list[str]) -> Run:
    """Run a command that marks a folder."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=ENVIRONMENT, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    peak = [0.0]
    watch = threading.Thread(target=follow, args=(process, peak))
    watch.start()
    _, messages = process.communicate()
    watch.join()
    if process.returncode not in (0, 3):
        raise SystemExit(messages.decode())
    return Run(time.perf_counter() - start, peak[0])


def follow(process: subprocess.Popen, peak: list[float]) -> None:
    """Record the largest resident memory of a process while it runs, where there is a /proc."""
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        sizes = [int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")]
        peak[0] = max([peak[0], *sizes])
        time.sleep(0.05)


# ── Recorded marks for a larger class ────────────────────────────────────────────────────────────────


def lead(submissions: Path, out: Path, record: Path) -> None:
    """Lead a run in which every submission gets the marks of one in an earlier run, at no time."""
    from mlcourse.grading.batch.grade_folder import grade_folder
    from mlcourse.grading.batch.submission import Settings

    os.environ["RECORD"] = str(record)  # for the processes
    out.mkdir()
    settings = Settings(out=out, seed=b"none", grade=recorded_grade, choose=no_sandbox)
    grade_folder(submissions, settings, jobs=2, quiet=True)


def recorded_grade(submission: Any, *_: object, **options: object) -> Any:
    """Return the grade of a submission in an earlier run, under this student's name."""
    from mlcourse.grading.records.results import load

    paths = sorted(Path(os.environ["RECORD"], "results").glob("*.json"))
    result = load(paths[sum(map(ord, submission.student)) % len(paths)])
    assert result is not None
    return replace(result.grade, student=submission.student, source=submission.source)


def no_sandbox(trust: bool = False) -> Any:
    """Return what takes the place of a sandbox where nothing runs."""
    return tempfile.TemporaryFile()


# ── nbgrader ─────────────────────────────────────────────────────────────────────────────────────────


def compare_nbgrader(python: str, n: int = 20) -> None:
    """Mark the same submissions with nbgrader and with mlcourse, in one process each."""
    made = [one for one in students(200) if one.points is not None][:n]
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder, "course")
        source = course / "source" / "em" / "04_em.ipynb"
        source.parent.mkdir(parents=True)
        source.write_bytes((ROOT / "solutions" / "04_em_solutions.ipynb").read_bytes())
        nbgrader(python, course, "generate_assignment", "em", "--create", "--force")
        for number, one in enumerate(made):
            path = course / "submitted" / f"student{number}" / "em" / "04_em.ipynb"
            path.parent.mkdir(parents=True)
            path.write_bytes(one.content)
        start = time.perf_counter()
        nbgrader(python, course, "autograde", "em", "--create", "--force")
        theirs = time.perf_counter() - start
        finished = len(list(course.glob("autograded/*/em/04_em.ipynb")))
        write_submissions(Path(folder, "class"), made)
        ours = grade(Path(folder, "class"), Path(folder, "out"), "-j", "1").seconds
    times = f"nbgrader {theirs:.1f} s, mlcourse {ours:.1f} s, ratio {theirs / ours:.1f}"
    print(f"{n} submissions, with start-up ({finished} finished by nbgrader): {times}")


def nbgrader(python: str, course: Path, *words: str) -> None:
    """Run one of nbgrader's commands; if a submission makes it fail, say so and go on."""
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])  # nbgrader starts programs by name
    environment = {**ENVIRONMENT, "PATH": path}
    command = [python, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(
            f"nbgrader {words[0]} exited with code {done.returncode}: {done.stderr.strip().splitlines()[-1]}"
        )


if __name__ == "__main__":
    sys.exit(main())
