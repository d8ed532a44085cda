#!/usr/bin/env python3
"""The course in one command.

For you:
    python course.py             open the course in JupyterLab (the same as: lab)
    python course.py lab         the same, with options: lab --no-browser, lab exercises/04_em_exercises.ipynb
    python course.py progress    list what you have done, lesson by lesson
    python course.py reset       rewrite one notebook as it was handed out, and keep your version: reset NOTEBOOK

For instructors:
    python course.py grade       mark the notebooks of a class: grade SUBMISSIONS -o OUT
    python course.py mark        mark open answers in the browser, and overrule checks: mark OUT
    python course.py report      rewrite the tables and pages of a marked class: report OUT
    python course.py doctor      show which sandbox works here, and what it blocks
    python course.py similarity  find pairs of similar answers: similarity SUBMISSIONS

For developers:
    python course.py test        check everything (minutes); test --quick: a sample, within a minute
    python course.py mutants     prove the checks: try every small slip in every solution
    python course.py build       rewrite notebooks/, exercises/ and solutions/ from sources/
    python course.py site        build the course as a web site, in site/; with --pdf, as PDF files too
    python course.py bench       compare the speed of the course's models with scikit-learn's

The first call creates .venv next to this file, with the exact packages of pins.txt. It takes about a minute, and
about a gigabyte of disk. Later calls start at once; they rebuild .venv if it is out of date or broken. Nothing
outside this folder is changed except download caches: to remove the course, delete the folder.
On Windows, type `py course.py`. `python course.py COMMAND --help` describes a command.
"""

# An old Python must be able to parse this file, so that it can say what is wrong: no f-strings, no annotations, no
# stars in lists, no `raise ... from`, and ASCII only.
# ruff: noqa: RUF005, UP032, UP036
import sys

if sys.version_info < (3, 11):
    sys.exit(
        "course.py needs Python 3.11 or newer; this is Python {} ({}). Install a newer one from python.org, "
        "or call one that you have by its name: python3.12 course.py".format(
            sys.version.split()[0], sys.executable
        )
    )

import contextlib
import difflib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(os.path.abspath(__file__)).parent
VENV = ROOT / ".venv"
SCRIPTS = Path(sysconfig.get_path("scripts", "venv", {"base": str(VENV)}))
SITE = Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV)}))
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "complete.json"  # written last: without it, .venv counts as unfinished
WORK = ROOT / ".venv.setup"  # outlives .venv: the lock and the log
LOG = WORK / "log.txt"

# Settings that would mislead .venv's Python are dropped. Of pip's and uv's settings, only those that say where
# packages come from are kept: the others could change where they are installed.
MISLEADING = re.compile(r"PYTHON(HOME|PATH|OPTIMIZE|WARNINGS|STARTUP)|__PYVENV_LAUNCHER__|(PIP|UV)_\w+")
SOURCES = re.compile(
    r"(PIP|UV)_(\w*INDEX\w*|FIND_LINKS|CONFIG_FILE|\w*CERTS?|NATIVE_TLS|\w*_HOST|PROXY|KEYRING_PROVIDER"
    r"|\w*TIMEOUT|RETRIES|OFFLINE|\w*CACHE\w*|LINK_MODE)"
)

# Patterns in the output of a failed command, and the explanation for the reader. The first match is used.
CAUSES = {
    r"No space left|\[Errno (28|122)\]|os error (28|122)|WinError 112|quota exceeded|not enough space": (
        "the disk is full. Free about 2 GB on the disk that holds {root}, and in {temporary}."
    ),
    r"No module named '?(venv|ensurepip)\b": (
        "this Python has no venv module. On Debian and Ubuntu, install it with "
        "`sudo apt install python3-venv`; elsewhere, install Python from python.org."
    ),
    r"Permission ?denied|PermissionError|Read-only file system|\[Errno (1|13|30)\]"
    r"|os error (13|30)|WinError 5\b": (
        "{root} cannot be written to. Close JupyterLab if it is open, or copy the course to a folder of your own."
    ),
    r"Retrying \(Retry|Connection ?(Error|refused|reset|broken)|name resolution|dns error|client error"
    r"|error sending request|[Nn]etwork (is|was|connectivity is) (unreachable|disabled)|[Tt]imed out"
    r"|ProxyError|SSLError": (
        "the package index cannot be reached. Check the network (and the proxy, if you use one), and try again."
    ),
    r"No matching distribution found|No solution found": (
        "a package in pins.txt is not available for Python {version} on this machine. Try Python 3.11 to 3.14, "
        "and check that pip or uv is configured to use a package index."
    ),
}


COMMANDS = re.findall(r"^ +python course.py (\w+) ", __doc__, re.MULTILINE)


class SetUpError(Exception):
    """A command of the set-up failed; the message is its output."""


def main(arguments):
    """Set up if necessary, then hand over to the installed `mlcourse` command."""
    first = arguments[0] if arguments else "lab"
    if first == "help" and len(arguments) > 1:
        arguments, first = [arguments[1], "--help"], arguments[1]
    if first in ("-h", "--help", "help"):
        print(__doc__.strip())
        return
    if first == "--version":
        print("mlcourse " + version())
        return
    if not first.startswith("-") and first not in COMMANDS:
        say(unknown(first))
        sys.exit(2)
    try:
        if not is_ready():
            set_up()
    except KeyboardInterrupt:
        say("\nSet-up interrupted; the next call starts over.")
        sys.exit(130)
    except SetUpError as error:
        sys.exit("Set-up failed: {} (Details: {})".format(explain(str(error)), LOG))
    except (OSError, ValueError) as error:
        sys.exit("Set-up failed: " + explain(str(error)))
    hand_over(arguments)


def version():
    """Return the version of the course, which its package states."""
    source = (ROOT / "mlcourse" / "__init__.py").read_text("utf-8")
    return re.search('^__version__ = "(.*)"', source, re.MULTILINE).group(1)


def unknown(word):
    """Explain that there is no such command, and guess what was meant: before the set-up, which takes a minute."""
    if word.endswith(".ipynb"):
        return "course.py: to open a notebook, type `python course.py lab {}`.".format(word)
    near = difflib.get_close_matches(word.lower(), COMMANDS, n=1)
    advice = (
        "Did you mean `python course.py {}`?".format(near[0])
        if near
        else "`python course.py --help` lists them."
    )
    return "course.py: there is no command {!r}. {}".format(word, advice)


def is_ready():
    """Whether .venv is complete: finished, built from the current files and with this Python, and not moved."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
        return (
            stamp["made_from"] == made_from()
            and os.path.samefile(stamp["folder"], VENV)  # a moved or copied .venv points to its old folder
            and all(Path(part).exists() for part in (PYTHON, VENV / "pyvenv.cfg", stamp["base_python"]))
            and set(stamp["contents"]) <= set(os.listdir(SITE))
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def made_from():
    """Hash everything that determines the contents of .venv: this Python, the pins, the project's metadata."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)
    python = [sysconfig.get_python_version(), sysconfig.get_platform()]
    facts = [python, (ROOT / "pins.txt").read_text("utf-8"), project["project"], project["build-system"]]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def set_up():
    """Create .venv from scratch, whatever was there, so that a repair gives the same result as a first set-up."""
    source = made_from()
    WORK.mkdir(exist_ok=True)
    with only_one():
        if is_ready():  # another process did it while this one waited
            return
        start = time.monotonic()
        say("Setting up the course in {}. This is needed once, and takes about a minute.".format(VENV))
        LOG.write_text("")
        uv = shutil.which("uv")
        step("a new environment", [sys.executable, "-m", "venv", "--clear", "--without-pip", VENV])
        if not uv:  # a separate step, because venv would not say why it failed
            step("pip", [PYTHON, "-m", "ensurepip"])
        install = [uv, "pip", "install", "--python", PYTHON] if uv else [PYTHON, "-m", "pip", "install"]
        step("the packages of pins.txt", install + ["--only-binary", ":all:", "-r", ROOT / "pins.txt"])
        step("the course itself", install + ["--no-deps", "--no-build-isolation", "-e", ROOT])
        finish(source)
        say("Set up in {:.0f} seconds.".format(time.monotonic() - start))


def step(name, command):
    """Run one command of the set-up, with its output in the log. Raise SetUpError if it fails."""
    say("  " + name)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        close_fds=False,  # see only_one
        encoding="utf-8",
        errors="replace",
    )
    with contextlib.suppress(OSError), open(LOG, "a", encoding="utf-8") as log:
        log.write("== {}\n{}\n".format(name, done.stdout))
    if done.returncode:
        raise SetUpError(done.stdout)


def finish(source):
    """Finish .venv, then write the stamp atomically."""
    # Before 3.13, Python reads .pth files in the locale's encoding: a relative path is ASCII in any folder.
    for path in SITE.glob("*mlcourse.pth"):
        path.write_text(os.path.relpath(ROOT, SITE) + "\n", "ascii")
    stamp = {
        "made_from": source,
        "folder": str(VENV),
        "base_python": sys.base_prefix,
        "contents": sorted(name for name in os.listdir(SITE) if name != "__pycache__"),
    }
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps(stamp), "utf-8")
    os.replace(draft, STAMP)


@contextlib.contextmanager
def only_one():
    """Allow one set-up at a time in this folder. The operating system releases the lock when its owner ends."""
    with open(WORK / "lock", "a") as file:
        if not try_lock(file):
            say("Another process is setting up the course; waiting for it.")
            while not try_lock(file):
                time.sleep(0.2)
        os.set_inheritable(file.fileno(), True)  # a pip that outlives its killed parent still holds the lock
        yield


def try_lock(file):
    """Lock the file if no other process has; return whether this one may go on."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # some network drives have no locks: an unlocked set-up is better than none
        return True
    return True


def environment():
    """Return the user's environment as if .venv were activated, without settings that mislead Python or pip."""
    env = {
        name: value
        for name, value in os.environ.items()
        if SOURCES.fullmatch(name) or not MISLEADING.fullmatch(name)
    }
    # Set rather than dropped, so that they override pip.conf too.
    env.update(PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PIP_NO_INPUT="1")
    env.update(VIRTUAL_ENV=str(VENV), PATH=os.pathsep.join([str(SCRIPTS), env.get("PATH", os.defpath)]))
    return env


def explain(output):
    """Explain the output of a failed command, or the text of an exception, in a sentence or two."""
    last_line = (output.strip().splitlines() or ["no reason was given."])[-1]
    causes = (advice for pattern, advice in CAUSES.items() if re.search(pattern, output))
    facts = {"root": ROOT, "temporary": tempfile.gettempdir(), "version": sysconfig.get_python_version()}
    return next(causes, "{last_line}").format(last_line=last_line, **facts)


def hand_over(arguments):
    """Replace this process with `mlcourse ARGUMENTS`. With -P, files in the caller's folder cannot hide packages."""
    command = [str(PYTHON), "-P", "-m", "mlcourse"] + arguments
    if os.name == "posix":
        os.execve(command[0], command, environment())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, whose exit code is passed on
    sys.exit(subprocess.call(command, env=environment()))


def say(text):
    """Print a message for the user to stderr, at once."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
