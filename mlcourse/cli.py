"""The `mlcourse` command: lab, test, build, bench, grading. `course.py` makes an environment and hands over to it."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

ROOT = Path(os.path.abspath(__file__)).parents[1]
WELCOME = "notebooks/00_welcome.ipynb"
REAL = ("tests/browser", "tests/hostile")  # browsers and attacks run apart: they take all that there is
GRADING = {
    "grade": "mark the notebooks of a class",
    "report": "write the tables and pages of a marked class anew",
    "doctor": "say which sandbox works here, and what it withstands",
    "similarity": "find pairs of alike answers",
}
LAB_CONFIG = {
    "page_config.json": {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    "default_setting_overrides.json": {  # README and glossary open as pages, not as text
        "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}}
    },
}


def main(arguments=None):
    """Run one subcommand and return its exit code; without a subcommand, `lab`.

    Parameters
    ----------
    arguments : list of str, default=None
        The words after `mlcourse`; None means those of the command line.
    """
    words = sys.argv[1:] if arguments is None else arguments
    options, extra = command_line().parse_known_args(words or ["lab"])
    if not (ROOT / "course.py").is_file():
        return complain(
            f"`mlcourse {options.command}` works on the course's own folder, and {ROOT} is not that: "
            "get the course's folder, and run `python course.py` in it."
        )
    try:
        return options.run(extra)
    except KeyboardInterrupt:
        return 130


def command_line():
    parser = argparse.ArgumentParser(
        "mlcourse", description="Open, test, build, time the course; grade a class."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for run, summary, extra in (
        (lab, "open the course in JupyterLab", "go to `jupyter lab`, for example --no-browser"),
        (test, "run the tests, then every notebook", "go to pytest, and then only pytest runs"),
        (build, "write the notebooks anew from sources/", "go to the builder: --check"),
        (bench, "time the models beside scikit-learn's", "go to benchmarks/em.py"),
    ):
        command = commands.add_parser(
            run.__name__,
            help=summary,
            description=f"{summary.capitalize()}.",
            epilog=f"More arguments {extra}.",
        )
        command.set_defaults(run=run)
    for name, summary in GRADING.items():  # these have parsers of their own, which answer --help too
        command = commands.add_parser(name, help=summary, add_help=False)
        command.set_defaults(run=partial(run_grading, name))
    return parser


def lab(extra):
    """Open JupyterLab at the welcome page; its settings and kernels are the course's, not the user's."""
    os.environ.update(private_jupyter())
    write_lab_config(os.environ["JUPYTER_CONFIG_DIR"])

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance([*lab_options(ROOT), f"--LabApp.default_url=/lab/tree/{WELCOME}", *extra])
    return 0


def write_lab_config(config):
    """Put JupyterLab's settings into its folder of configuration; those that a user has changed stay."""
    folder = Path(config, "labconfig")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in LAB_CONFIG.items():
        if not (folder / name).exists():
            (folder / name).write_text(json.dumps(content), "utf-8")


def lab_options(folder):
    """Command-line options of a JupyterLab that serves a folder, also to root."""
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # The language servers' search asks npm, which writes to the home folder.
    return [f"--ServerApp.root_dir={folder}", "--LanguageServerManager.autodetect=False", *as_root]


def test(extra):
    """Run pytest on tests/ and, unless `extra` asks for something particular, every notebook."""
    missing = [name for name in ("pytest", "xdist", "nbval") if not importlib.util.find_spec(name)]
    if missing:
        return complain(
            f"testing needs {', '.join(missing)}: run `python course.py test`, which brings them."
        )
    start = time.monotonic()
    if extra:
        outcome = {"tests": run_pytest(*extra)}
    else:
        outcome = {"tests": run_pytest("tests", *(f"--ignore={folder}" for folder in REAL))}
        outcome["browser and sandbox"] = run_pytest(*REAL)
        outcome["lectures and solutions"] = run_notebooks("notebooks", "solutions", strict=True)
        outcome["exercises"] = run_notebooks("exercises", strict=False)
    told = ", ".join(f"{part} {'FAILED' if code else 'passed'}" for part, code in outcome.items())
    print(f"\nmlcourse test: {told}; {time.monotonic() - start:.0f} s")
    return int(any(outcome.values()))


def run_notebooks(*folders, strict):
    """Run the folders' notebooks with nbval: a cell that raises fails, outputs are not compared.

    With `strict`, so does a task left undone. The cells run in order, hence no pytest-randomly, and a notebook stays
    with one worker, hence loadfile. MNIST would take minutes: lesson 10 gets the small digits.
    """
    empty = [folder for folder in folders if not any((ROOT / folder).glob("*.ipynb"))]
    if empty:
        return complain(f"no notebooks in {' or '.join(empty)}: run `python course.py build` first.")
    options = ["--nbval-lax", "-p", "no:randomly", "--dist", "loadfile"]
    return run_pytest(*options, *folders, MLCOURSE_STRICT="1" if strict else "", MLCOURSE_MNIST="no")


def run_pytest(*arguments, **variables):
    """Run pytest in parallel in the course's folder and return its exit code; 5 is "nothing was selected"."""
    workers = min(max(2, os.cpu_count() or 1), 8)
    one_thread_each = {"OMP_NUM_THREADS": "1"}  # the workers fill the cores
    environment = {**os.environ, **private_jupyter(), **one_thread_each, "MPLBACKEND": "agg", **variables}
    command = [sys.executable, "-m", "pytest", "-n", str(workers), "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode


def build(extra):
    """Write notebooks/, exercises/ and solutions/ from sources/."""
    from mlcourse.builder import build  # needs jupytext, which comes with the dev extra

    return build.main(extra)


def bench(extra):
    """Time the course's mixtures beside scikit-learn's."""
    return run_script("benchmarks/em.py", extra)


def run_grading(command, extra):
    """Run one of the commands in GRADING."""
    if sys.platform == "win32":
        return complain("grading holds strangers' code by means of Linux or macOS: on Windows, use WSL.")
    from mlcourse.grading.commands import run  # brings all checks, which other commands need not wait for

    return run(command, extra)


def run_script(path, extra):
    if not (ROOT / path).is_file():
        return complain(f"{path} is missing from {ROOT}: get the whole of the course's folder.")
    return subprocess.run([sys.executable, ROOT / path, *extra], cwd=ROOT).returncode


def private_jupyter(folder=None):
    """Return the variables that keep Jupyter, IPython and matplotlib inside a folder, by default our .jupyter."""
    folder = folder or ROOT / ".jupyter"
    folder.mkdir(exist_ok=True)  # IPython asks for the parent of its folder
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "lab/settings",
        "JUPYTERLAB_WORKSPACES_DIR": "lab/workspaces",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "matplotlib",
    }
    return {"JUPYTER_PATH": "", "JUPYTER_CONFIG_PATH": ""} | {
        name: str(folder / place) for name, place in places.items()
    }


def complain(sentence):
    print(f"mlcourse: {sentence}", file=sys.stderr)
    return 1
