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
from typing import Any, NamedTuple

from mlcourse.cli import ROOT, complain, private_jupyter
from tools import browser, linters
from tools.jupyterlab import jupyterlab
from tools.warm_kernels import warm_kernels

CORES = min(max(2, os.cpu_count() or 1), 8)
NO_NOTEBOOKS = ("-p", "no:nbval")  # a second of imports in every process
MIN_COVERAGE = 95  # per cent of lines and branches


class Stage(NamedTuple):
    """One stage: its name, a short description, and the function that runs it and returns its exit code."""

    name: str
    what: str
    run: Callable[[], int]


def main(arguments: list[str]) -> int:
    """Run the stages that the arguments ask for, or pytest with them, and return the exit code."""
    parser = argparse.ArgumentParser("python course.py test", description=__doc__, allow_abbrev=False)
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
        return run_pytest(extra)
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
    print(f"\npython course.py test: {outcome}; {time.monotonic() - start:.0f} s", flush=True)
    return int(bool(failed))


# ── The stages ───────────────────────────────────────────────────────────────────────────────────────


def all_stages() -> list[Stage]:
    """Return every stage. Lectures and solutions run once; what they show is built into the site."""
    return [
        Stage("linters", linters.SUMMARY, linters.run),
        Stage("tests", "the package, the lesson texts, hostile submissions in a sandbox", unit_tests),
        Stage("browser", "players, and every lecture's in JupyterLab", browser_tests),
        Stage("notebooks", "lectures, solutions and untouched exercises", run_every_notebook),
        Stage("site", "the web edition, built from what the notebooks have shown", site_tests),
    ]


def quick_stages() -> list[Stage]:
    """Return a sample of every kind of test, and all tests of what has changed."""
    return [
        Stage("linters", linters.SUMMARY, linters.run),
        Stage(
            "tests", "the first case of each, every case of what has changed", lambda: unit_tests("--quick")
        ),
        Stage(
            "notebooks",
            "one lecture, one exercise",
            lambda: run_notebooks("notebooks/03_gaussians.ipynb", "exercises/04_em_exercises.ipynb"),
        ),
    ]


def coverage_stages() -> list[Stage]:
    """Return the stages that run the package's tests, measure their coverage and report it."""
    report = [sys.executable, "-m", "coverage", "report", f"--fail-under={MIN_COVERAGE}"]
    return [
        Stage("tests", "with coverage", lambda: unit_tests("--cov", "--cov-report=")),
        Stage(
            "report",
            f"at least {MIN_COVERAGE} % of lines and branches",
            lambda: subprocess.run(report, cwd=ROOT).returncode,
        ),
    ]


def unit_tests(*options: str) -> int:
    """Run all tests but the browser's. Hostile submissions often wait, so there are more workers than cores."""
    arguments = [
        "tests",
        "--ignore=tests/browser",
        "--ignore=tests/site",
        *NO_NOTEBOOKS,
        "--dist=worksteal",
        *options,
    ]
    return run_pytest(arguments, workers=CORES + 1)


def browser_tests() -> int:
    """Run the browser tests; one JupyterLab serves all pytest workers.

    Lessons first and one at a time, so that no worker ends alone. Pages often wait, so there are more workers than
    cores.
    """
    with ExitStack() as stack:
        variables = {}
        if browser.CHROMIUM:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlcourse-lab-")))
            variables["MLCOURSE_LAB"] = f"{stack.enter_context(jupyterlab(folder))} {folder}"
        arguments = ["tests/browser", *NO_NOTEBOOKS, "--dist=load", "--maxschedchunk=1"]
        return run_pytest(arguments, variables, workers=CORES + 1)


def run_every_notebook() -> int:
    """Run lectures and solutions and keep what they show for the site; run exercises as they are handed out."""
    from tools.site.build import run_lessons  # these need this module
    from tools.site.execute import DoesNotRun

    if code := missing("notebooks", "solutions"):
        return code
    try:
        run_lessons()
    except DoesNotRun as problem:
        return complain(str(problem))
    return run_notebooks("exercises")


def site_tests() -> int:
    """Build the site and test it; without a browser, its links and pictures only."""
    from tools import site

    if code := site.main([]):
        return code
    if not browser.CHROMIUM:
        print("no Chromium found: only the site's links and pictures are tested")
    arguments = ["tests/site", *NO_NOTEBOOKS, "--dist=worksteal"]
    return run_pytest(arguments, {"MLCOURSE_SITE": str(ROOT / "site")}, workers=CORES + 1)


def missing(*paths: str) -> int:
    """Complain if a path is neither a file nor a folder with notebooks; return the exit code."""
    empty = [path for path in paths if not (ROOT / path).is_file() and not any((ROOT / path).glob("*.ipynb"))]
    if empty:
        return complain(f"no notebooks in {' or '.join(empty)}: run `python course.py build` first.")
    return 0


def run_notebooks(*paths: str) -> int:
    """Run notebooks with nbval: a cell that raises fails, outputs are not compared.

    Except in exercises, a task that is not done fails too (`tools/strict_notebooks.py`). Cells must run in order, so
    pytest-randomly is off, and each notebook stays with one worker (loadfile). MNIST would take minutes, so lesson 12
    uses the small digits.
    """
    if code := missing(*paths):
        return code
    options = ["--nbval-lax", "-p", "no:randomly", "-p", "tools.strict_notebooks", "--dist=loadfile"]
    variables = {"MLCOURSE_MNIST": "no"}
    with warm_kernels(environment(variables)) as warm:
        return run_pytest([*options, *paths], {**variables, **warm})


# ── pytest ───────────────────────────────────────────────────────────────────────────────────────────


def run_pytest(arguments: list[str], variables: dict[str, str] | None = None, workers: int = CORES) -> int:
    """Run pytest in parallel in the course's folder and return its exit code; 5 means that no test was selected."""
    options = ["-n", str(workers), "-p", "no:cacheprovider"]
    if sys.stdout.isatty():
        options.append("--color=yes")
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    with running(command, environment(variables or {})) as process:
        return process.wait()


def environment(variables: dict[str, str]) -> dict[str, str]:
    """Return the environment of every test: Jupyter uses the course's folders, and each process one thread.

    Interpreters start a hundred times, so the course is compiled once, whatever the user's settings.
    """
    ours = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": ""}
    ours["JPY_SESSION_NAME"] = ""  # started from a notebook's cell, tests are not that notebook's progress
    return {**os.environ, **private_jupyter(), **ours, **variables}


@contextmanager
def running(command: list[str], variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process and forward its output. On Ctrl-C, ask it to clean up, and drop the rest of its output."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **own_group()
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
        interrupt(process)
        raise


def own_group() -> dict[str, Any]:
    """Keep Ctrl-C from pytest: it reaches this process alone, which prints one line instead of pytest's page."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Let a process clean up, and kill it if it does not end."""
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()


def forward_output(process: subprocess.Popen[bytes], forwarding: threading.Event) -> None:
    assert process.stdout is not None
    while part := os.read(process.stdout.fileno(), 1 << 16):
        if forwarding.is_set():
            sys.stdout.buffer.write(part)
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
