"""course.py, tried on a copy of itself with a stand-in for uv: a set-up needs no network and half a second."""

import ast
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mlcourse
from mlcourse.cli import COMMANDS, ROOT

PATIENCE = 300  # seconds: no test is about how fast this machine is
SOURCE = (ROOT / "course.py").read_text("utf-8")

# Installs a package `mlcourse` that tells how it was called; fails in the words of TROUBLE, after SLOW seconds.
STAND_IN = """
import os, pathlib, sys, time
folder = pathlib.Path(__file__).parent
with open(folder / "calls.txt", "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
time.sleep(float(os.environ.get("SLOW", 0)))
if "TROUBLE" in os.environ:
    sys.exit(os.environ["TROUBLE"])
venv = pathlib.Path(sys.argv[sys.argv.index("--python") + 1]).parents[1]
site = next(venv.rglob("site-packages"))
(site / "mlcourse").mkdir(exist_ok=True)
(site / "other.py").touch()
(site / "mlcourse" / "__main__.py").write_text('''
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "prefix": sys.prefix, "path": sys.path, "environ": dict(os.environ)}))
sys.exit(int(sys.argv[2]) if sys.argv[1:2] == ["bench"] else 0)
''')
"""


class Course:
    """A copy of the course's set-up in a folder with a space and a letter beyond ASCII."""

    def __init__(self, tmp_path):
        self.root = tmp_path / "the coürse"
        self.root.mkdir()
        for name in ("course.py", "pins.txt", "pyproject.toml"):
            shutil.copy(ROOT / name, self.root)
        self.bin = tmp_path / "bin"
        self.bin.mkdir()
        script = self.bin / "stand_in.py"
        script.write_text(STAND_IN, "utf-8")
        if os.name == "nt":
            (self.bin / "uv.bat").write_text(f'@"{sys.executable}" "{script}" %*\n')
        else:
            (self.bin / "uv").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
            (self.bin / "uv").chmod(0o755)

    def start(self, *arguments, cwd=None, **variables):
        path = os.pathsep.join([str(self.bin), os.environ["PATH"]])
        return subprocess.Popen(
            [sys.executable, self.root / "course.py", *arguments],
            cwd=cwd,
            env=os.environ | {"PATH": path, "PYTHONIOENCODING": "utf-8"} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,  # so that Ctrl-C can be sent to it and its children alone
        )

    def run(self, *arguments, **options):
        with self.start(*arguments, **options) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def installs(self):
        """How often the pins were installed."""
        calls = self.bin / "calls.txt"
        return calls.read_text("utf-8").count("pins.txt") if calls.exists() else 0

    def site(self):
        return next((self.root / ".venv").rglob("site-packages"))


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


def one_sentence(result):
    """The last line said; no traceback before it."""
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


# -- old Pythons ----


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13)])
def test_old_python_is_told_so(version):
    text = ".".join(map(str, version))
    code = f"import sys, runpy; sys.version_info = {version}; sys.version = '{text} (old)'; "
    code += "runpy.run_path(sys.argv[1], run_name='__main__')"
    result = subprocess.run(
        [sys.executable, "-c", code, ROOT / "course.py"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert f"needs Python 3.11 or newer; this is Python {text}" in one_sentence(result)
    assert not result.stdout


def test_old_python_can_parse_it():
    assert SOURCE.isascii()
    too_new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.AsyncFunctionDef, ast.Nonlocal)
    for node in ast.walk(ast.parse(SOURCE)):
        assert not isinstance(node, too_new), f"line {node.lineno}"
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            assert not any(isinstance(item, ast.Starred) for item in node.elts), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            assert not arguments.kwonlyargs, f"line {node.lineno}"
            assert node.returns is None, f"line {node.lineno}"
            assert not any(argument.annotation for argument in arguments.args), f"line {node.lineno}"
        if isinstance(node, ast.Raise):
            assert node.cause is None, f"line {node.lineno}"


# -- a good set-up ---------------------------------------------------------------------------------------------------


def test_help_comes_before_any_set_up_and_names_every_command(course):
    result = course.run("--help")
    assert result.returncode == 0
    assert not (course.root / ".venv").exists()
    for command in COMMANDS:
        assert f"python course.py {command} " in result.stdout


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("tset", "Did you mean `python course.py test`?"),
        ("buid", "Did you mean `python course.py build`?"),
        ("frobnicate", "`python course.py --help` lists them"),
        ("notebooks/04_em.ipynb", "`python course.py lab notebooks/04_em.ipynb`"),
    ],
)
def test_an_unknown_word_is_refused_before_any_set_up(course, word, advice):
    result = course.run(word)
    assert result.returncode == 2
    assert advice in one_sentence(result)
    assert not (course.root / ".venv").exists()


def test_help_with_an_unknown_word_needs_no_set_up_either(course):
    result = course.run("help", "progres")
    assert result.returncode == 2
    assert "Did you mean `python course.py progress`?" in one_sentence(result)
    assert not (course.root / ".venv").exists()


def test_the_version_needs_no_set_up(course):
    (course.root / "mlcourse").mkdir()
    shutil.copy(ROOT / "mlcourse" / "__init__.py", course.root / "mlcourse")
    result = course.run("--version")
    assert (result.returncode, result.stdout) == (0, f"mlcourse {mlcourse.__version__}\n")
    assert not (course.root / ".venv").exists()


def test_sets_up_once_and_hands_over(course, tmp_path):
    (tmp_path / "mlcourse.py").write_text("raise SystemExit('the wrong mlcourse')")
    first = course.run("bench", "7", "--port=9", "ä b", cwd=tmp_path)
    assert first.returncode == 7
    told = json.loads(first.stdout)
    assert told["arguments"] == ["bench", "7", "--port=9", "ä b"]
    assert Path(told["prefix"]).samefile(course.root / ".venv")
    second = course.run(cwd=tmp_path)
    assert second.returncode == 0
    assert not second.stderr
    assert json.loads(second.stdout)["arguments"] == []
    assert course.installs() == 1


def test_leaves_nothing_but_venv_and_its_log(course):
    before = set(course.root.iterdir())
    course.run()
    assert {path.name for path in set(course.root.iterdir()) - before} == {".venv", ".venv.setup"}


def test_the_users_environment_does_not_lead_astray(course, tmp_path):
    odd = {
        "PIP_USER": "1",
        "PIP_TARGET": str(tmp_path),
        "UV_SYSTEM_PYTHON": "1",
        "VIRTUAL_ENV": str(tmp_path),
    }
    told = json.loads(course.run(**odd, PIP_INDEX_URL="here", UV_INDEX_URL="there").stdout)
    environ = told["environ"]
    assert not {"PIP_TARGET", "UV_SYSTEM_PYTHON"} & set(environ)
    assert (environ["PIP_USER"], environ["PIP_INDEX_URL"], environ["UV_INDEX_URL"]) == ("0", "here", "there")
    assert Path(environ["VIRTUAL_ENV"]).samefile(course.root / ".venv")
    assert Path(environ["PATH"].split(os.pathsep)[0]).parent.samefile(course.root / ".venv")


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONWARNINGS"])
def test_python_settings_are_dropped(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert name not in load(ROOT / "course.py").environment()


# -- healing ----


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def move(course):
    course.root = course.root.rename(course.root.with_name("moved"))


harms = {
    "no stamp": lambda course: (course.root / ".venv/complete.json").unlink(),
    "half a stamp": lambda course: (course.root / ".venv/complete.json").write_text('{"made_from'),
    "no pyvenv.cfg": lambda course: (course.root / ".venv/pyvenv.cfg").unlink(),
    "no scripts": lambda course: shutil.rmtree(
        course.root / (".venv/Scripts" if os.name == "nt" else ".venv/bin")
    ),
    "a package gone": lambda course: shutil.rmtree(course.site() / "mlcourse"),
    "other pins": lambda course: edit(course.root / "pins.txt", "numpy==2", "numpy==3"),
    "another need": lambda course: edit(course.root / "pyproject.toml", "numpy>=2", "numpy>=3"),
    "base Python gone": lambda course: edit(
        course.root / ".venv/complete.json", '"base_python": "', '"base_python": "-'
    ),
    "moved": move,
}


@pytest.mark.parametrize("harm", harms.values(), ids=harms)
def test_harmed_or_stale_venv_is_made_anew(course, harm):
    course.run()
    harm(course)
    assert course.run().returncode == 0
    assert course.installs() == 2
    assert course.run().returncode == 0
    assert course.installs() == 2


harmless = {
    "a package more": lambda course: (course.site() / "more.py").touch(),
    "a tool's setting": lambda course: edit(
        course.root / "pyproject.toml", "line-length = 110", "line-length = 100"
    ),
}


@pytest.mark.parametrize("change", harmless.values(), ids=harmless)
def test_harmless_change_needs_no_set_up(course, change):
    course.run()
    change(course)
    assert course.run().returncode == 0
    assert course.installs() == 1


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes are POSIX's")
@pytest.mark.parametrize("sent", ["SIGINT", "SIGKILL"])
def test_interrupted_set_up_heals(course, sent):
    process = course.start(SLOW="30")
    while not course.installs():
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, getattr(signal, sent))
    out, err = process.communicate(timeout=PATIENCE)
    result = subprocess.CompletedProcess([], process.returncode, out, err)
    if sent == "SIGINT":
        assert result.returncode == 130
        assert "interrupted" in one_sentence(result)
    assert course.run().returncode == 0
    assert course.installs() == 2


def test_two_calls_at_once_set_up_once(course):
    with course.start(SLOW="0.5") as one, course.start(SLOW="0.5") as two:
        ends = [process.communicate(timeout=PATIENCE) for process in (one, two)]
    assert [one.returncode, two.returncode] == [0, 0], ends
    assert course.installs() == 1
    assert sum("waiting for it" in err for _, err in ends) <= 1


# -- failing ----

troubles = {
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device": "disk is full",
    "error: Failed to write to the distribution cache: No space left on device (os error 28)": "disk is full",
    "PermissionError: [WinError 5] Access is denied: 'C:\\course\\.venv\\Scripts\\python.exe'": "cannot be written",
    "OSError: [Errno 30] Read-only file system: '/course/.venv'": "cannot be written",
    "/course/.venv/bin/python: No module named ensurepip": "python3-venv",
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(': Failed to establish a new "
    "connection: [Errno -3] Temporary failure in name resolution')'\nERROR: No matching distribution found for "
    "anyio==4": "cannot be reached",
    "error: Failed to fetch: `x`\n  Caused by: error sending request\n  Caused by: dns error": "cannot be reached",
    "ERROR: No matching distribution found for anyio==4.16.0": "is not available for Python 3",
    "first line\nsomething never seen before": "Set-up failed: something never seen before",
}


@pytest.mark.parametrize("trouble", troubles)
def test_trouble_is_told_in_a_sentence_and_the_next_call_heals(course, trouble):
    result = course.run(TROUBLE=trouble)
    assert result.returncode == 1
    assert troubles[trouble] in one_sentence(result)
    log = Path(one_sentence(result).partition("(Details: ")[2].rstrip(")"))
    assert trouble in log.read_text("utf-8")
    assert course.run().returncode == 0


def test_a_course_without_its_pins_is_not_begun(course):
    (course.root / "pins.txt").unlink()
    result = course.run()
    assert result.returncode == 1
    assert "pins.txt" in one_sentence(result)
    assert not (course.root / ".venv").exists()


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="no folder is closed to root; Windows has no modes"
)
def test_a_folder_closed_to_writing(course):
    course.root.chmod(0o555)
    result = course.run()
    course.root.chmod(0o755)
    assert result.returncode == 1
    assert "cannot be written" in one_sentence(result)


def load(path):
    spec = importlib.util.spec_from_file_location("course_under_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
