"""The commands of `python course.py`, which sets up .venv and then calls `main`."""

import argparse
import difflib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from mlcourse import __version__
from mlcourse.checks.atomic import write_atomically
from mlcourse.checks.folders import FOLDERS, lesson_of
from mlcourse.course_folder import NoSuchNotebook, did_you_mean, notebook_named

ROOT = Path(os.path.abspath(__file__)).parents[1]
WELCOME = "notebooks/00_welcome.ipynb"
PROGRAM = "python course.py"
INTERRUPTED = 130  # the exit code after Ctrl-C
LAB_CONFIG = {
    "page_config.json": {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    "default_setting_overrides.json": {
        # README and glossary open as rendered pages; the file browser follows the open notebook; code is
        # wrapped in a narrow window, where it would be cut.
        "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
        "@jupyterlab/filebrowser-extension:browser": {"navigateToCurrentDirectory": True},
        "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineWrap": True}},
    },
}
STYLE_SHEET = """\
/* In a narrow window, break printed text between words, and let a wide formula scroll. JupyterLab adds its own rules
   later: these must be more specific. */
body .jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }
.jp-RenderedHTMLCommon mjx-container[display="true"] { overflow: auto hidden; }
/* The line of a folded cell ends at the edge of the column. */
body .jp-Placeholder-content { min-width: 0; }
body .jp-PlaceholderText { text-overflow: ellipsis; }
body .jp-Placeholder-content .jp-MoreHorizIcon { flex: none; }
/* Figures have grey text, for light and dark pages: a little lighter on a dark one, it has a contrast above 4.5. */
body[data-jp-theme-light="false"] .jp-OutputArea-output figure img { filter: brightness(1.1); }
"""
# JupyterLab writes what a kernel says about its language into each notebook that it opens. If that has Python's
# version in it, every notebook counts as changed as soon as it is open.
KERNEL_CONFIG = """\
from ipykernel.ipkernel import IPythonKernel

IPythonKernel.language_info.pop("version", None)
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit code; without a subcommand, `lab`.

    Parameters
    ----------
    arguments : list of str, default=None
        The arguments after `python course.py`; None means those of the command line.
    """
    words = sys.argv[1:] if arguments is None else arguments
    words = [*words[1:2], "--help"] if words[:1] == ["help"] else words
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        return complain(unknown(words[0]), code=2)
    parser = command_line()
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        words = ["lab", *words]
    options, extra = parser.parse_known_args(words)
    if not (ROOT / "course.py").is_file():
        return complain(
            f"`{options.command}` needs the course folder, but {ROOT} is not one: "
            f"download the course, and run `{PROGRAM}` in its folder."
        )
    try:
        code: int = options.run(extra)
        return code
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED


def command_line() -> argparse.ArgumentParser:
    """Return the parser. Each command parses the words after its name itself."""
    parser = argparse.ArgumentParser(
        PROGRAM,
        usage=f"{PROGRAM} [COMMAND] [OPTIONS]",
        description="Without a command, the course opens in JupyterLab.\n\n" + listed(GROUPS),
        epilog=f"`{PROGRAM} COMMAND --help` describes a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mlcourse {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, help=argparse.SUPPRESS)
    for name, (call, _) in COMMANDS.items():
        commands.add_parser(name, add_help=False).set_defaults(run=call)
    return parser


def listed(groups: Mapping[str, Mapping[str, "Command"]]) -> str:
    """Return a list of commands, group by group."""
    lines = []
    for reader, commands in groups.items():
        lines += [f"{reader}:", *(f"  {name:<12} {summary}" for name, (_, summary) in commands.items()), ""]
    return "\n".join(lines)


def unknown(word: str) -> str:
    """Explain that there is no such command, and suggest the nearest one or how to open a notebook."""
    if word.endswith(".ipynb"):
        return f"to open a notebook, type `python course.py lab {word}`."
    near = difflib.get_close_matches(word.lower(), COMMANDS, n=1)
    advice = f"Did you mean `{PROGRAM} {near[0]}`?" if near else f"`{PROGRAM} --help` lists them."
    return f"there is no command {word!r}. {advice}"


# Options that are given without their command.
OPTIONS = {
    "--version": "--version",
    "--help": "--help",
    "--list": "reset --list",
    "--restore": "reset NOTEBOOK --restore",
}


def lab(words: list[str]) -> int:
    """Open JupyterLab with the course's settings and kernels instead of the user's."""
    options, others = lab_parser().parse_known_args(words)
    try:
        page = page_named(options.notebook) if options.notebook else WELCOME
    except NoSuchNotebook as error:
        return complain(str(error), code=2)
    os.environ.update(private_jupyter())
    write_lab_config(os.environ)

    from jupyter_server.serverapp import ServerApp
    from jupyterlab.labapp import LabApp

    if strange := unknown_option(others, [*LabApp.flags, *LabApp.aliases]):
        near = difflib.get_close_matches(strange, OPTIONS, n=1)
        advice = (
            f"Did you mean `{PROGRAM} {OPTIONS[near[0]]}`?" if near else f"`{PROGRAM} lab --help` lists them."
        )
        return complain(f"there is no option {strange}. {advice}", code=2)
    # Stop at once, as under JupyterHub: the usual handler goes through a thread, and now and then hangs.
    ServerApp._handle_sigint = ServerApp._signal_stop  # type: ignore[method-assign]
    # The server shows the address at any level.
    ours = [*lab_options(ROOT), "--ServerApp.log_level=ERROR", f"--LabApp.default_url=/lab/tree/{page}"]
    chosen = ["--no-browser"] if options.no_browser else []
    chosen += [f"--port={options.port}"] if options.port else []
    LabApp.launch_instance([*ours, *chosen, *others])
    print("The course has stopped. Saved answers are kept.", file=sys.stderr)
    return 0


def lab_parser() -> argparse.ArgumentParser:
    """Return the parser of `lab`, with the options that people need."""
    parser = argparse.ArgumentParser(
        f"{PROGRAM} lab",
        description="Open the course in JupyterLab. Ctrl-C in the terminal stops it.",
        epilog="Other options go to JupyterLab. Write them as --NAME=VALUE, for example --ServerApp.ip=0.0.0.0.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "notebook", nargs="?", help=f"open this, such as exercises/04_em_exercises.ipynb (default: {WELCOME})"
    )
    add("--no-browser", action="store_true", help="print the address, and open no browser")
    add(
        "--port",
        type=port,
        metavar="NUMBER",
        help="the port of the address (default: 8888, or the next that is free)",
    )
    return parser


def unknown_option(words: Sequence[str], known: Collection[str]) -> str | None:
    """Return the first word that is an option, but neither a known one nor a setting such as --ServerApp.ip=::1."""
    options = {word: word.lstrip("-").partition("=")[0] for word in words if word.startswith("-")}
    return next((word for word, name in options.items() if "." not in name and name not in known), None)


def port(word: str) -> int:
    """Return the number of a port. Raises ArgumentTypeError."""
    if word.isdecimal() and 0 < int(word) < 2**16:
        return int(word)
    raise argparse.ArgumentTypeError(
        f"{word!r} is not a port; choose a number from 1 to 65535, such as 8889."
    )


def page_named(word: str) -> str:
    """Return a notebook or another file of the course, by path or name, relative to its folder."""
    for path in (Path.cwd() / word, ROOT / word):
        if path.is_file() and path.resolve().is_relative_to(ROOT.resolve()):
            return path.resolve().relative_to(ROOT.resolve()).as_posix()
    notebooks = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
    otherwise = f"{word!r} is not a notebook of this course"
    return notebook_named(word, notebooks, ROOT, otherwise).relative_to(ROOT).as_posix()


def progress(words: list[str]) -> int:
    """Print what is done, lesson by lesson."""
    parser = argparse.ArgumentParser(f"{PROGRAM} progress", description="List what you have done.")
    parser.add_argument("lesson", nargs="?", help="list the tasks of this lesson too, such as 04 or 04_em")
    wanted = parser.parse_args(words).lesson
    from mlcourse.checks.progress import Book, Progress
    from mlcourse.tasks import CATALOGUE  # takes a second

    lesson = CATALOGUE.lesson_called(lesson_of(Path(wanted))) if wanted else None
    if wanted and not lesson:
        first, *_, last = CATALOGUE.lessons
        guess = did_you_mean(wanted, CATALOGUE.lessons) or f"The lessons are {first} to {last}."
        return complain(f"there is no lesson {wanted!r} with exercises. {guess}", code=2)
    print(Progress(Book(CATALOGUE, root=ROOT).view(), lesson))
    return 0


def write_lab_config(environment: Mapping[str, str]) -> None:
    """Write settings of JupyterLab and of its kernels into their folders; keep those that a user has changed.

    Each file's digest is noted. A file that still has it is our own, and gets what is new in this version.
    """
    jupyter, ipython = Path(environment["JUPYTER_CONFIG_DIR"]), Path(environment["IPYTHONDIR"])
    files = {jupyter / "labconfig" / name: json.dumps(content) for name, content in LAB_CONFIG.items()}
    files[jupyter / "custom" / "custom.css"] = STYLE_SHEET
    files[ipython / "profile_default" / "ipython_kernel_config.py"] = KERNEL_CONFIG
    notes = jupyter / "written_by_mlcourse.json"
    ours = json.loads(notes.read_text("utf-8")) if notes.is_file() else {}
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or ours.get(path.name) == sha256(path.read_bytes()).hexdigest():
            path.write_text(content, "utf-8")
            ours[path.name] = sha256(path.read_bytes()).hexdigest()
    write_atomically(notes, json.dumps(ours))


def lab_options(folder: Path) -> list[str]:
    """Return options for a JupyterLab that serves a folder, runs as root too, and that Ctrl-C stops at once."""
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # The search for language servers calls npm, which writes to the home folder.
    options = ["--LanguageServerManager.autodetect=False", "--LabApp.custom_css=True", "-y"]
    return [f"--ServerApp.root_dir={folder}", *options, *as_root]


def test(extra: list[str]) -> int:
    """Run the stages of tools/testing.py, or only pytest if there are arguments for it."""
    return run_tool("testing", extra)


def mutants(extra: list[str]) -> int:
    """Run tools/mutants.py: every small slip in every solution, and what the checks say."""
    return run_tool("mutants", extra)


def run_tool(name: str, extra: list[str]) -> int:
    """Run the main function of one of the development tools, which are next to the package, not in it."""
    if not (ROOT / "tools").is_dir():
        return complain(f"tools/ is missing from {ROOT}: get the complete folder of the course.")
    sys.path.insert(0, str(ROOT))
    exit_code: int = import_module(f"tools.{name}").main(extra)
    return exit_code


def site(extra: list[str]) -> int:
    """Build the course as a web site, in site/."""
    return run_tool("site", extra)


def build(extra: list[str]) -> int:
    """Write notebooks/, exercises/ and solutions/ from sources/."""
    from mlcourse.builder import build  # needs jupytext, which comes with the dev extra

    return build.main(extra)


def reset(extra: list[str]) -> int:
    """Rewrite one notebook as it was handed out, or put the user's version back."""
    from mlcourse.builder import reset  # needs jupytext too

    return reset.main(extra)


def bench(extra: list[str]) -> int:
    """Compare the speed of the course's models with scikit-learn's."""
    if not (ROOT / "benchmarks" / "em.py").is_file():
        return complain(f"benchmarks/em.py is missing from {ROOT}: download the complete course folder.")
    return subprocess.run([sys.executable, "-m", "benchmarks.em", *extra], cwd=ROOT).returncode


def run_grading(command: str, extra: list[str]) -> int:
    """Run one of the commands of mlcourse.grading."""
    if sys.platform == "win32":
        return complain("grading requires Linux or macOS; on Windows, use WSL.")
    from mlcourse.grading.batch import without_pandas  # noqa: F401  (first)
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
    print(f"{PROGRAM}: {sentence}", file=sys.stderr)
    return code


Command: TypeAlias = tuple[Callable[[list[str]], int], str]
GROUPS: dict[str, dict[str, Command]] = {  # the help of course.py, which runs before the set-up, repeats this
    "For you": {
        "lab": (lab, "open the course in JupyterLab"),
        "progress": (progress, "list what you have done, lesson by lesson"),
        "reset": (reset, "rewrite one notebook as it was handed out, and keep your version"),
    },
    "For instructors": {
        "grade": (partial(run_grading, "grade"), "mark the notebooks of a class"),
        "mark": (partial(run_grading, "mark"), "mark open answers in the browser, and overrule checks"),
        "report": (partial(run_grading, "report"), "rewrite the tables and pages of a marked class"),
        "doctor": (partial(run_grading, "doctor"), "show which sandbox works here, and what it blocks"),
        "similarity": (partial(run_grading, "similarity"), "find pairs of similar answers"),
    },
    "For developers": {
        "test": (test, "check everything: style, types, tests, notebooks"),
        "mutants": (mutants, "prove the checks: try every small slip in every solution"),
        "build": (build, "rewrite notebooks/, exercises/ and solutions/ from sources/"),
        "site": (site, "build the course as a web site, in site/"),
        "bench": (bench, "compare the speed of the course's models with scikit-learn's"),
    },
}
COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}
