"""The `mlcourse` command: lab, test, build, bench, grading. `course.py` sets up .venv and then runs it."""

import argparse
import difflib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from mlcourse import __version__

ROOT = Path(os.path.abspath(__file__)).parents[1]
WELCOME = "notebooks/00_welcome.ipynb"
INTERRUPTED = 130  # the exit code after Ctrl-C
GRADING = {
    "grade": "mark the notebooks of a class",
    "report": "rewrite the tables and pages of a marked class",
    "doctor": "show which sandbox works here, and what it blocks",
    "similarity": "find pairs of similar answers",
}
LAB_CONFIG = {
    "page_config.json": {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    "default_setting_overrides.json": {  # README and glossary open as rendered pages
        "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}}
    },
}


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit code; without a subcommand, `lab`.

    Parameters
    ----------
    arguments : list of str, default=None
        The arguments after `mlcourse`; None means those of the command line.
    """
    words = sys.argv[1:] if arguments is None else arguments
    parser, commands = command_line()
    if words and not words[0].startswith("-") and words[0] not in commands:
        return complain(unknown(words[0], commands), code=2)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        words = ["lab", *words]
    options, extra = parser.parse_known_args(words)
    if not (ROOT / "course.py").is_file():
        return complain(
            f"`mlcourse {options.command}` needs the course folder, but {ROOT} is not one: "
            "download the course, and run `python course.py` in its folder."
        )
    try:
        code: int = options.run(extra)
        return code
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED


def command_line() -> tuple[argparse.ArgumentParser, list[str]]:
    """Return the parser and the names of its commands."""
    parser = argparse.ArgumentParser(
        "mlcourse", description="Open, test, build and time the course; grade a class."
    )
    parser.add_argument("--version", action="version", version=f"mlcourse {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for run, summary, extra in (
        (lab, "open the course in JupyterLab", "are passed to `jupyter lab`, for example --no-browser"),
        (
            bench,
            "compare the speed of the course's models with scikit-learn's",
            "are passed to benchmarks/em.py, for example --quick, --only kmeans or --peers",
        ),
    ):
        command = commands.add_parser(
            run.__name__,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"Extra arguments {extra}.",
        )
        command.set_defaults(run=run)
    parsed_elsewhere: list[tuple[str, Callable[[list[str]], int], str]] = [
        ("test", test, "check everything: style, types, tests, notebooks"),
        ("mutants", mutants, "prove the checks: try every small slip in every solution"),
        ("build", build, "rewrite notebooks/, exercises/ and solutions/ from sources/"),
        *((name, partial(run_grading, name), summary) for name, summary in GRADING.items()),
    ]
    for name, call, summary in parsed_elsewhere:  # these have their own parsers, which handle --help too
        commands.add_parser(name, help=summary, add_help=False).set_defaults(run=call)
    return parser, list(commands.choices)


def unknown(word: str, commands: list[str]) -> str:
    """Explain that there is no such command, and suggest the nearest one or how to open a notebook."""
    if word.endswith(".ipynb"):
        return f"to open a notebook, type `python course.py lab {word}`."
    near = difflib.get_close_matches(word, commands, n=1)
    guess = f" Did you mean `{near[0]}`?" if near else ""
    return f"there is no command {word!r}.{guess} The commands are {', '.join(commands)}."


def lab(extra: list[str]) -> int:
    """Open JupyterLab at the welcome page, with the course's settings and kernels instead of the user's."""
    os.environ.update(private_jupyter())
    write_lab_config(os.environ["JUPYTER_CONFIG_DIR"])

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance([*lab_options(ROOT), f"--LabApp.default_url=/lab/tree/{WELCOME}", *extra])
    return 0


def write_lab_config(config: str) -> None:
    """Write JupyterLab's settings into its configuration folder; keep those that a user has changed."""
    folder = Path(config, "labconfig")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in LAB_CONFIG.items():
        if not (folder / name).exists():
            (folder / name).write_text(json.dumps(content), "utf-8")


def lab_options(folder: Path) -> list[str]:
    """Return options for a JupyterLab that serves a folder, runs as root too, and that Ctrl-C stops at once."""
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # The search for language servers calls npm, which writes to the home folder.
    return [f"--ServerApp.root_dir={folder}", "--LanguageServerManager.autodetect=False", "-y", *as_root]


def test(extra: list[str]) -> int:
    """Run the stages of tools/testing.py, or only pytest if there are arguments for it."""
    return run_tool("testing", extra)


def mutants(extra: list[str]) -> int:
    """Run tools/mutants.py: every small slip in every solution, and what the checks say."""
    return run_tool("mutants", extra)


def run_tool(name: str, extra: list[str]) -> int:
    """Run the main function of one of the development tools, which are next to the package, not in it."""
    if not (ROOT / "tools" / f"{name}.py").is_file():
        return complain(f"tools/ is missing from {ROOT}: get the complete folder of the course.")
    sys.path.insert(0, str(ROOT))
    exit_code: int = import_module(f"tools.{name}").main(extra)
    return exit_code


def build(extra: list[str]) -> int:
    """Write notebooks/, exercises/ and solutions/ from sources/."""
    from mlcourse.builder import build  # needs jupytext, which comes with the dev extra

    return build.main(extra)


def bench(extra: list[str]) -> int:
    """Compare the speed of the course's models with scikit-learn's."""
    if not (ROOT / "benchmarks" / "em.py").is_file():
        return complain(f"benchmarks/em.py is missing from {ROOT}: download the complete course folder.")
    return subprocess.run([sys.executable, "-m", "benchmarks.em", *extra], cwd=ROOT).returncode


def run_grading(command: str, extra: list[str]) -> int:
    """Run one of the commands in GRADING."""
    if sys.platform == "win32":
        return complain("grading requires Linux or macOS; on Windows, use WSL.")
    from mlcourse.grading.commands import run  # imports all checks, which other commands do not need

    return run(command, extra)


def private_jupyter(folder: Path | None = None) -> dict[str, str]:
    """Return the environment variables that keep Jupyter, IPython and Matplotlib inside a folder."""
    folder = folder or ROOT / ".jupyter"
    folder.mkdir(exist_ok=True)  # IPython needs the parent of its folder
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


def complain(sentence: str, code: int = 1) -> int:
    """Print one sentence about what is wrong, and return the exit code."""
    print(f"mlcourse: {sentence}", file=sys.stderr)
    return code
