"""Time the grading of a class: made-up submissions of lesson 04, in one process and in two.

    .venv/bin/python -m benchmarks.grading [--students 200] [--nbgrader PYTHON]

The class comes from `tests/helpers/made_up_class.py`: submissions that are right, partly right, wrong in known
ways, and (a tenth of them) broken. With `--nbgrader`, the Python of an environment that has nbgrader and the course,
`nbgrader autograde` marks twenty of them as well. Only the time is compared, not the marks.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.helpers.made_up_class import students, write_submissions

ROOT = Path(__file__).resolve().parents[1]

COMMAND = [sys.executable, "-m", "mlcourse", "grade"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def time_marking(folder: Path, out: Path, jobs: int) -> tuple[float, float]:
    """Mark a folder; return the seconds it took and the peak memory of the main process in MB."""
    start = time.perf_counter()
    words = [*COMMAND, str(folder), "-o", str(out), "-j", str(jobs)]
    process = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    peak = [0.0]
    watch = threading.Thread(target=follow, args=(process, peak))
    watch.start()
    _, messages = process.communicate()
    watch.join()
    if process.returncode not in (0, 3):
        raise SystemExit(messages.decode())
    return time.perf_counter() - start, peak[0]


def follow(process, peak: list[float]):
    """Record the largest resident memory of a process while it runs, where there is a /proc."""
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        sizes = [int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")]
        peak[0] = max([peak[0], *sizes])
        time.sleep(0.1)


def compare_processes(n: int):
    """Mark the class with one process and with two."""
    made = students(n)
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(one.kind for one in made).most_common())
    print(f"{n} submissions: {kinds}")
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder, "few"), Path(folder, "many")
        write_submissions(few, made[: n // 10])
        write_submissions(many, made)
        start, small = time_marking(few, Path(folder, "out few"), 1)
        print(
            f"{'the first ' + str(n // 10) + ', one process':34} {start:7.1f} s  main process {small:4.0f} MB"
        )
        for jobs in (1, 2):
            seconds, large = time_marking(many, Path(folder, f"out {jobs}"), jobs)
            each = (seconds - start) / (n - n // 10) if jobs == 1 else seconds / n
            per = "each, without start-up" if jobs == 1 else "each, with start-up"
            print(
                f"{'all, ' + ('one process' if jobs == 1 else 'two processes'):34} {seconds:7.1f} s"
                f"  main process {large:4.0f} MB  {each:.2f} s {per}"
            )


def compare_nbgrader(python: str, n: int = 20):
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
        ours, _ = time_marking(Path(folder, "class"), Path(folder, "out"), 1)
    times = f"nbgrader {theirs:.1f} s, mlcourse {ours:.1f} s, ratio {theirs / ours:.1f}"
    print(f"{n} submissions, with start-up ({finished} finished by nbgrader): {times}")


def nbgrader(python: str, course: Path, *words: str):
    """Run one of nbgrader's commands; if a submission makes it fail, say so and go on."""
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])  # nbgrader starts programs by name
    environment = {**ENVIRONMENT, "PATH": path}
    command = [python, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(
            f"nbgrader {words[0]} exited with code {done.returncode}: {done.stderr.strip().splitlines()[-1]}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=200, help="how many submissions (default 200)")
    parser.add_argument("--nbgrader", metavar="PYTHON", help="of an environment with nbgrader and the course")
    options = parser.parse_args()
    compare_processes(options.students)
    if options.nbgrader:
        compare_nbgrader(options.nbgrader)


if __name__ == "__main__":
    main()
