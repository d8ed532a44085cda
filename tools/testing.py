"""Run everything that checks the course, in stages.

    python course.py test              every stage
    python course.py test --quick      a result within a minute: the linters, the first case of each test, every
                                       case of what has changed, one lecture, one exercise
    python course.py test --coverage   every test of `mlcourse`, and which of its lines and branches they ran
    python course.py test ARGUMENTS    pytest alone, with these arguments

Each stage prints what it does when it starts; the time that each took is listed at the end.
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
from tools import browser, linters
from tools.jupyterlab import jupyterlab
from tools.warm_kernels import warm_kernels

CORES = min(max(2, os.cpu_count() or 1), 8)
HOSTILE_WORKERS = 2 * CORES  # hostile submissions mostly wait for time limits, which keeps no core busy
SEPARATE = ("tests/browser", "tests/hostile")  # these folders have their own stages
MIN_COVERAGE = 95  # per cent of lines and branches
# pytest runs in its own process group, so Ctrl-C reaches only this process, which passes it on. The user then sees
# one line instead of a page of tracebacks.
WINDOWS = os.name == "nt"
INTERRUPT = signal.CTRL_BREAK_EVENT if WINDOWS else signal.SIGINT
IN_A_GROUP = (
    {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if WINDOWS else {"start_new_session": True}
)


class Stage(NamedTuple):
    """One stage: its name, a short description, and the function that runs it and returns its exit code."""

    name: str
    what: str
    run: Callable[[], int]


def main(arguments: list[str]) -> int:
    """Run the stages that the arguments ask for, or pytest with them, and return the exit code."""
    parser = argparse.ArgumentParser("course.py test", description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="a result within a minute")
    which.add_argument("--coverage", action="store_true", help=f"fail below {MIN_COVERAGE} %%")
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
    """Run all stages in order, even after a failure; print the time of each; return 1 if one failed, else 0."""
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
    """Return every stage. Lectures run once: in JupyterLab if there is a browser, otherwise with nbval."""
    lectures = () if browser.CHROMIUM else ("notebooks",)
    return [
        Stage("linters", linters.SUMMARY, linters.run),
        Stage("unit tests", "the package, the builder, the lesson texts", unit_tests),
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
    """Return a sample of every kind of test, and all tests of what has changed."""
    return [
        Stage("linters", linters.SUMMARY, linters.run),
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
    """Return the stages that run the package's tests, measure their coverage and report it."""
    measured = ("--cov", "--cov-branch", "--cov-report=")
    ignored = [f"--ignore={folder}" for folder in SEPARATE]
    python = [sys.executable, "-m", "coverage"]
    return [
        Stage(
            "unit tests",
            "with coverage",
            lambda: run_pytest("tests", *ignored, *measured, "--dist=loadgroup"),
        ),
        Stage(
            "hostile submissions",
            "with coverage",
            lambda: run_pytest("tests/hostile", *measured, "--cov-append"),
        ),
        Stage(
            "report",
            f"at least {MIN_COVERAGE} % of lines and branches",
            lambda: subprocess.run([*python, "report", f"--fail-under={MIN_COVERAGE}"], cwd=ROOT).returncode,
        ),
    ]


def unit_tests() -> int:
    return run_pytest("tests", *(f"--ignore={folder}" for folder in SEPARATE), "--dist=loadgroup")


def hostile_submissions() -> int:
    return run_pytest("tests/hostile", "--dist=loadgroup", workers=HOSTILE_WORKERS)


def browser_tests() -> int:
    """Run the browser tests; one JupyterLab serves all pytest workers."""
    with ExitStack() as stack:
        variables = {}
        if browser.CHROMIUM:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlcourse-lab-")))
            variables["MLCOURSE_LAB"] = f"{stack.enter_context(jupyterlab(folder))} {folder}"
        return run_pytest("tests/browser", "--dist=loadgroup", **variables)


def run_notebooks(*paths: str, strict: bool) -> int:
    """Run notebooks with nbval: a cell that raises fails, outputs are not compared.

    With `strict`, a task that is not done fails too. Cells must run in order, so pytest-randomly is off, and each
    notebook stays with one worker (loadfile). MNIST would take minutes, so lesson 10 uses the small digits.
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
    """Run pytest in parallel in the course's folder and return its exit code; 5 means that no test was selected."""
    options = ["-n", str(workers), "-p", "no:cacheprovider"]
    if sys.stdout.isatty():
        options.append("--color=yes")
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    with running(command, environment(**variables)) as process:
        return process.wait()


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of every test: Jupyter uses the course's folders, and each process one thread."""
    return {**os.environ, **private_jupyter(), "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", **variables}


@contextmanager
def running(command: list[str], variables: dict[str, str]) -> Iterator[subprocess.Popen]:
    """Run a process and forward its output. On Ctrl-C, ask it to clean up, and drop the rest of its output."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **IN_A_GROUP
    )
    forwarding = threading.Event()
    forwarding.set()
    thread = threading.Thread(target=forward_output, args=(process, forwarding), daemon=True)
    thread.start()
    try:
        yield process
        thread.join()
    except KeyboardInterrupt:
        forwarding.clear()
        process.send_signal(INTERRUPT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def forward_output(process: subprocess.Popen, forwarding: threading.Event) -> None:
    while part := os.read(process.stdout.fileno(), 1 << 16):
        if forwarding.is_set():
            sys.stdout.buffer.write(part)
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
