"""The `mlcourse` command: what each subcommand starts, and its answer when it cannot."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from http.client import HTTPException
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pytest

import mlcourse
from mlcourse import cli
from mlcourse.tasks import CATALOGUE
from tests.helpers.processes import PATIENCE, is_running, wait_until
from tools import mutants, testing
from tools.jupyterlab import free_port


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A bare course folder with one notebook in each of its three folders."""
    for folder in ("notebooks", "exercises", "solutions"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00_welcome.ipynb").touch()
    (tmp_path / "course.py").touch()
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def started(monkeypatch):
    """Commands that would have been run, as words; each ends with the next of `codes`, then 0."""
    runs, codes = [], []

    def run(command, **options):
        runs.append([str(word) for word in command])
        return SimpleNamespace(returncode=codes.pop(0) if codes else 0)

    monkeypatch.setattr(cli.subprocess, "run", run)
    return SimpleNamespace(runs=runs, codes=codes)


# -- lab ----


@pytest.fixture
def lab(course, monkeypatch):
    """Start the lab with these words; returns what JupyterLab was given."""
    from jupyterlab.labapp import LabApp

    monkeypatch.setattr(cli.os, "environ", dict(cli.os.environ))
    given = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda words: given.extend(words))

    def start(*words):
        assert cli.main(list(words)) == 0
        return given

    return start


def test_lab_opens_the_welcome_page_of_this_course(lab, course):
    given = lab()
    assert f"--ServerApp.root_dir={course}" in given
    assert "--LabApp.default_url=/lab/tree/notebooks/00_welcome.ipynb" in given


def test_lab_passes_arguments_on(lab):
    assert lab("--ServerApp.ip=::1", "--port", "9", "--no-browser")[-3:] == [
        "--no-browser",
        "--port=9",
        "--ServerApp.ip=::1",
    ]


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("notebooks/00_welcome.ipynb", "notebooks/00_welcome.ipynb"),
        ("04_em_exercises", "exercises/04_em_exercises.ipynb"),
        ("exercises/04_em.ipynb", "exercises/04_em_exercises.ipynb"),
        ("course.py", "course.py"),
    ],
)
def test_lab_opens_what_is_named(lab, course, word, page):
    (course / "exercises" / "04_em_exercises.ipynb").touch()
    assert f"--LabApp.default_url=/lab/tree/{page}" in lab("lab", word)


def test_settings_of_an_older_version_are_renewed(tmp_path, monkeypatch):
    """Unless the user has changed them."""
    places = cli.private_jupyter(tmp_path / ".jupyter")
    cli.write_lab_config(places)
    style = Path(places["JUPYTER_CONFIG_DIR"]) / "custom" / "custom.css"
    for change, kept in [("", False), ("pre { color: red }\n", True)]:
        before = style.read_text("utf-8") + change
        style.write_text(before, "utf-8")
        newer = cli.STYLE_SHEET + f"/* {kept} */\n"
        monkeypatch.setattr(cli, "STYLE_SHEET", newer)
        cli.write_lab_config(places)
        assert style.read_text("utf-8") == (before if kept else newer)


def test_a_style_sheet_of_the_users_own_stays(tmp_path):
    places = cli.private_jupyter(tmp_path / ".jupyter")
    style = Path(places["JUPYTER_CONFIG_DIR"]) / "custom" / "custom.css"
    style.parent.mkdir(parents=True)
    style.write_text("mine", "utf-8")
    cli.write_lab_config(places)
    cli.write_lab_config(places)
    assert style.read_text("utf-8") == "mine"


def test_lab_suggests_the_nearest_notebook(course, capsys):
    assert cli.main(["lab", "notebooks/00_welcom.ipynb"]) == 2
    assert "Did you mean notebooks/00_welcome.ipynb?" in capsys.readouterr().err
    assert not (course / ".jupyter").exists()


def test_the_help_of_lab_is_short(course, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["lab", "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: python course.py lab")
    assert all(word in told for word in ("--no-browser", "--port", "exercises/04_em_exercises.ipynb"))
    assert len(told.splitlines()) < 25


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["--versio"], "there is no option --versio. Did you mean `python course.py --version`?"),
        (["--list"], "there is no option --list. Did you mean `python course.py reset --list`?"),
        (["lab", "--prot=8889"], "there is no option --prot=8889."),
        (["lab", "nosuch"], "'nosuch' is not a notebook of this course. Look in notebooks,"),
    ],
)
def test_lab_names_what_it_does_not_know(course, monkeypatch, capsys, words, advice):
    monkeypatch.setattr(cli.os, "environ", dict(cli.os.environ))
    assert cli.main(words) == 2
    assert advice in capsys.readouterr().err


@pytest.mark.parametrize("word", ["abc", "0", "65536", "-1"])
def test_a_port_is_a_number_that_a_port_can_have(course, capsys, word):
    with pytest.raises(SystemExit) as stop:
        cli.main(["lab", f"--port={word}"])
    assert stop.value.code == 2
    assert "choose a number from 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_only_root_needs_leave_to_be_root(lab, monkeypatch, user, allowed):
    monkeypatch.setattr(cli.os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab()) is allowed


def test_lab_stays_in_the_courses_folder_and_keeps_settings(lab, course):
    lab()
    assert all(
        cli.os.environ[name].startswith(str(course / ".jupyter"))
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "IPYTHONDIR",
            "MPLCONFIGDIR",
        )
    )
    (page_config,) = (course / ".jupyter").rglob("page_config.json")
    assert json.loads(page_config.read_text("utf-8"))["disabledExtensions"]
    overrides = json.loads(page_config.with_name("default_setting_overrides.json").read_text("utf-8"))
    assert "Markdown Preview" in str(overrides)
    page_config.write_text("{}")
    lab()
    assert page_config.read_text() == "{}"


# -- the other commands ----


def test_bench_passes_arguments_and_the_exit_code_on(course, started):
    script = course / "benchmarks" / "em.py"
    script.parent.mkdir()
    script.touch()
    started.codes.append(3)
    assert cli.main(["bench", "--fast"]) == 3
    assert started.runs == [[sys.executable, "-m", "benchmarks.em", "--fast"]]


@pytest.mark.parametrize(("command", "tool"), [("test", testing), ("mutants", mutants)])
def test_tools_get_the_arguments_and_give_the_exit_code(monkeypatch, command, tool):
    given = []
    monkeypatch.setattr(tool, "main", lambda words: given.extend(words) or 3)
    assert cli.main([command, "--show", "e_step"]) == 3
    assert given == ["--show", "e_step"]


@pytest.mark.parametrize("command", ["test", "mutants", "bench"])
def test_a_missing_part_of_the_course_is_named(course, started, capsys, command):
    assert cli.main([command]) == 1
    assert "is missing from" in capsys.readouterr().err
    assert not started.runs


@pytest.mark.parametrize("command", ["lab", "progress", "reset", "test", "mutants", "build", "bench"])
def test_outside_the_courses_folder(tmp_path, started, monkeypatch, capsys, command):
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    assert cli.main([command]) == 1
    assert "needs the course folder" in capsys.readouterr().err
    assert not started.runs


def test_progress_lists_all_lessons(course, capsys):
    assert cli.main(["progress"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == len(CATALOGUE.lessons)
    assert told[0].startswith("→ 01_kmeans")
    assert cli.main(["progress", "4"]) == 0
    assert "· e_step " in capsys.readouterr().out
    assert cli.main(["progress", "exercises/04_em_exercises.ipynb"]) == 0
    assert "· e_step " in capsys.readouterr().out
    assert cli.main(["progress", "99"]) == 2
    assert (
        "no lesson '99' with exercises. The lessons are 01_kmeans to 14_capstone." in capsys.readouterr().err
    )
    assert cli.main(["progress", "EM"]) == 2
    assert (
        "no lesson 'EM' with exercises. Did you mean 04_em, 05_why_em_works or 06_when_em_fails?"
        in capsys.readouterr().err
    )


def test_reset_gets_its_arguments(course, capsys):
    assert cli.main(["reset", "--list", "--course", str(course)]) == 0
    assert "Nothing has been kept" in capsys.readouterr().out


def test_ctrl_c_ends_in_one_line(course, monkeypatch, capsys):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    (course / "benchmarks").mkdir()
    (course / "benchmarks" / "em.py").touch()
    monkeypatch.setattr(cli.subprocess, "run", interrupt)
    assert cli.main(["bench"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "\nStopped.\n"


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("tset", "Did you mean `python course.py test`?"),
        ("simular", "Did you mean `python course.py similarity`?"),
        ("buid", "there is no command 'buid'. Did you mean `python course.py build`?\n"),
        ("frobnicate", "`python course.py --help` lists them."),
        ("notebooks/04_em.ipynb", "`python course.py lab notebooks/04_em.ipynb`"),
    ],
)
def test_an_unknown_word_gets_the_nearest_command(capsys, word, advice):
    assert cli.main([word]) == 2
    assert advice in capsys.readouterr().err


def test_the_version_is_in_one_place(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"mlcourse {mlcourse.__version__}\n"
    for document in ("README.md", "CITATION.cff", "CHANGELOG.md"):
        assert mlcourse.__version__ in (cli.ROOT / document).read_text("utf-8"), document


def test_help_lists_the_commands_by_reader(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said, before_the_set_up = capsys.readouterr().out, (cli.ROOT / "course.py").read_text("utf-8")
    for text, line in ((said, r"^  (\w+)  "), (before_the_set_up, r"^    python course.py (\w+) ")):
        groups = re.split(r"^(For \w+):$", text, flags=re.MULTILINE)[1:]
        found = {name: re.findall(line, body, re.MULTILINE) for name, body in zip(groups[::2], groups[1::2])}
        assert found == {name: list(commands) for name, commands in cli.GROUPS.items()}


def test_help_with_a_command_describes_it(course, capsys):
    with pytest.raises(SystemExit):
        cli.main(["help", "progress"])
    assert capsys.readouterr().out.startswith("usage: python course.py progress")
    assert cli.main(["help", "progres"]) == 2
    assert "Did you mean `python course.py progress`?" in capsys.readouterr().err


@pytest.mark.slow
def test_the_module_is_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "mlcourse", "lab", "--help"], capture_output=True, text=True, check=True
    )
    assert "JupyterLab" in result.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_one_ctrl_c_stops_the_course_and_its_kernels():
    """In a terminal, because only there JupyterLab would ask whether to stop."""
    import fcntl
    import pty
    import termios

    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mlcourse", "lab", "--no-browser", f"--port={free_port()}"],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(inside)
    lines = open(terminal, "rb", buffering=0)  # noqa: SIM115  closed by its with below
    with contextlib.ExitStack() as stack:
        stack.enter_context(lines)
        stack.enter_context(process)
        stack.callback(process.kill)  # or a failure would wait for ever
        said = b""
        while not (address := re.search(rb"(http://127\.0\.0\.1:\d+)/lab\S*\?token=(\w+)\s", said)):
            said += lines.read(1000)
        base, token = (part.decode() for part in address.groups())
        printed = bytearray(said)
        # A full terminal would stop the server.
        forward = threading.Thread(target=drain, args=(lines, printed), daemon=True)
        forward.start()
        request = Request(f"{base}/api/kernels", b"{}", {"Authorization": f"token {token}"})
        wait_until(lambda: responds(base) or process.poll() is not None)
        assert process.poll() is None, printed.decode(errors="replace")
        with urlopen(request) as reply:
            assert reply.status == 201
        (kernel,) = children(process.pid)
        os.write(terminal, b"\x03")
        assert process.wait(PATIENCE) == 0
        wait_until(lambda: not is_running(kernel))


def responds(address):
    with contextlib.suppress(OSError, HTTPException), urlopen(f"{address}/api") as reply:
        return reply.status == 200
    return False


def drain(lines, printed):
    with contextlib.suppress(OSError, ValueError):  # closed at either end
        while part := lines.read(1000):
            printed += part


def children(process):
    """The processes that a process has started and that are still running."""
    lines = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=True).stdout
    return [int(line) for line in lines.split()]
