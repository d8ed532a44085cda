"""Everything that checks the course, in stages.

    python course.py test              every stage
    python course.py test --quick      an answer within a minute: the guards, the first case of each test and every
                                       case of what has changed, one lecture, one exercise
    python course.py test --coverage   every test of `mlcourse`, and which of its lines and branches they ran
    python course.py test ARGUMENTS    pytest alone, with these arguments

Each stage says what it does while it runs; the seconds of all are listed at the end.
"""

import argparse
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from mlcourse.cli import ROOT, complain, private_jupyter
from tools import browser, guards
from tools.jupyterlab import jupyterlab
from tools.warm_kernels import warm_kernels

CORES = min(max(2, os.cpu_count() or 1), 8)
SLEEPERS = 2 * CORES  # hostile submissions wait for limits, which takes time and no core
APART = ("tests/browser", "tests/hostile")  # stages of their own
FLOOR = 95  # per cent of lines and branches
# Ctrl-C reaches us alone, and we pass it on, so that one line says what happened and not a page.
WINDOWS = os.name == "nt"
INTERRUPT = signal.CTRL_BREAK_EVENT if WINDOWS else signal.SIGINT
IN_A_GROUP = (
    {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if WINDOWS else {"start_new_session": True}
)


class Stage(NamedTuple):
    """One stage: its name, what it does, in words, and the call that returns its exit code."""

    name: str
    what: str
    run: Callable[[], int]


def main(arguments: list[str]) -> int:
    """Run the stages that the arguments ask for, or pytest with them, and return the exit code."""
    parser = argparse.ArgumentParser("course.py test", description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="an answer within a minute")
    which.add_argument("--coverage", action="store_true", help=f"fails below {FLOOR} %%")
    options, extra = parser.parse_known_args(arguments)
    missing = [name for name in ("pytest", "xdist", "nbval", "mypy") if not importlib.util.find_spec(name)]
    if missing:
        return complain(
            f"testing needs {', '.join(missing)}: run `python course.py test`, which installs everything."
        )
    if extra:
        return run_pytest(*extra)
    stages = quick_stages() if options.quick else coverage_stages() if options.coverage else all_stages()
    return run_stages(stages)


def run_stages(stages: list[Stage]) -> int:
    """Run one stage after another, also after a failure; print what each took; return 1 if one failed."""
    rows, start = [], time.monotonic()
    for number, stage in enumerate(stages, 1):
        print(f"\n── {number} of {len(stages)} · {stage.name}: {stage.what}", flush=True)
        began = time.monotonic()
        code = stage.run()
        rows.append((stage.name, time.monotonic() - began, "FAILED" if code else "passed"))
    print()
    for name, seconds, outcome in rows:
        print(f"  {name:24} {seconds:5.0f} s  {outcome}")
    failed = [name for name, _, outcome in rows if outcome == "FAILED"]
    outcome = f"FAILED: {', '.join(failed)}" if failed else "everything passed"
    print(f"\nmlcourse test: {outcome}; {time.monotonic() - start:.0f} s", flush=True)
    return int(bool(failed))


# ── The stages ───────────────────────────────────────────────────────────────────────────────────────


def all_stages() -> list[Stage]:
    """Every check. Lectures run once: in JupyterLab where there is a browser for it, else by nbval."""
    lectures = () if browser.CHROMIUM else ("notebooks",)
    return [
        Stage("guards", guards.SUMMARY, guards.run),
        Stage("unit tests", "the package, the builder, the texts", unit_tests),
        Stage("hostile submissions", "in the strongest sandbox that works here", hostile_submissions),
        Stage("browser", "players, and every lecture in JupyterLab", browser_tests),
        Stage(
            "solutions" if browser.CHROMIUM else "lectures and solutions",
            "every cell runs, every task is right",
            lambda: run_notebooks(*lectures, "solutions", strict=True),
        ),
        Stage("exercises", "untouched, every cell runs", lambda: run_notebooks("exercises", strict=False)),
    ]


def quick_stages() -> list[Stage]:
    """A sample of every kind, and all of what has changed."""
    return [
        Stage("guards", guards.SUMMARY, guards.run),
        Stage(
            "tests",
            "the first case of each, every case of what has changed",
            lambda: run_pytest("tests", "--ignore=tests/browser", "--quick", "--dist=loadgroup"),
        ),
        Stage(
            "notebooks",
            "one lecture, one exercise",
            lambda: run_notebooks("notebooks/03_gaussians.ipynb", "exercises/04_em.ipynb", strict=False),
        ),
    ]


def coverage_stages() -> list[Stage]:
    """The tests of the package, measured, and the report."""
    measured = ("--cov", "--cov-branch", "--cov-report=")
    apart = [f"--ignore={folder}" for folder in APART]
    python = [sys.executable, "-m", "coverage"]
    return [
        Stage(
            "unit tests",
            "measured",
            lambda: run_pytest("tests", *apart, *measured, "--dist=loadgroup"),
        ),
        Stage(
            "hostile submissions", "measured", lambda: run_pytest("tests/hostile", *measured, "--cov-append")
        ),
        Stage(
            "report",
            f"at least {FLOOR} % of lines and branches",
            lambda: subprocess.run([*python, "report", f"--fail-under={FLOOR}"], cwd=ROOT).returncode,
        ),
    ]


def unit_tests() -> int:
    return run_pytest("tests", *(f"--ignore={folder}" for folder in APART), "--dist=loadgroup")


def hostile_submissions() -> int:
    return run_pytest("tests/hostile", "--dist=loadgroup", workers=SLEEPERS)


def browser_tests() -> int:
    """One JupyterLab serves all workers."""
    with ExitStack() as stack:
        variables = {}
        if browser.CHROMIUM:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlcourse-lab-")))
            variables["MLCOURSE_LAB"] = f"{stack.enter_context(jupyterlab(folder))} {folder}"
        return run_pytest("tests/browser", "--dist=loadgroup", **variables)


def run_notebooks(*paths: str, strict: bool) -> int:
    """Run notebooks with nbval: a cell that raises fails, outputs are not compared.

    With `strict`, so does a task that is not done. Cells run in order, hence no pytest-randomly, and a notebook stays
    with one worker, hence loadfile. MNIST would take minutes: lesson 10 gets the small digits.
    """
    empty = [path for path in paths if not (ROOT / path).is_file() and not any((ROOT / path).glob("*.ipynb"))]
    if empty:
        return complain(f"no notebooks in {' or '.join(empty)}: run `python course.py build` first.")
    options = ["--nbval-lax", "-p", "no:randomly", "--dist=loadfile"]
    variables = {"MLCOURSE_STRICT": "1" if strict else "", "MLCOURSE_MNIST": "no"}
    with warm_kernels(environment(**variables)) as warm:
        return run_pytest(*options, *paths, **variables, **warm)


# ── pytest ───────────────────────────────────────────────────────────────────────────────────────────


def run_pytest(*arguments: str, workers: int = CORES, **variables: str) -> int:
    """Run pytest in parallel in the course's folder and return its exit code; 5 is "nothing was selected"."""
    options = ["-n", str(workers), "-p", "no:cacheprovider"]
    if sys.stdout.isatty():
        options.append("--color=yes")
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    with running(command, environment(**variables)) as process:
        return process.wait()


def environment(**variables: str) -> dict[str, str]:
    """The variables of every test: Jupyter's folders are the course's, and a process keeps to one thread."""
    return {**os.environ, **private_jupyter(), "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", **variables}


@contextmanager
def running(command: list[str], variables: dict[str, str]) -> Iterator[subprocess.Popen]:
    """A process whose output is passed on. On Ctrl-C it is asked to clear up, and its output is dropped."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **IN_A_GROUP
    )
    listening = threading.Event()
    listening.set()
    thread = threading.Thread(target=pass_on, args=(process, listening), daemon=True)
    thread.start()
    try:
        yield process
        thread.join()
    except KeyboardInterrupt:
        listening.clear()
        process.send_signal(INTERRUPT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def pass_on(process: subprocess.Popen, listening: threading.Event) -> None:
    while part := os.read(process.stdout.fileno(), 1 << 16):
        if listening.is_set():
            sys.stdout.buffer.write(part)
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
