"""The `mlcourse` command: what each subcommand starts, and what it answers when it cannot."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mlcourse import cli


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
    """Commands that would have been run, as (words, environment); each ends with the next of `codes`, then 0."""
    runs, codes = [], []

    def run(command, env=None, **options):
        runs.append(([str(word) for word in command], env))
        return SimpleNamespace(returncode=codes.pop(0) if codes else 0)

    monkeypatch.setattr(cli.subprocess, "run", run)
    return SimpleNamespace(runs=runs, codes=codes)


# -- test ----


def test_test_runs_pytest_then_every_notebook(course, started, capsys):
    assert cli.main(["test"]) == 0
    (tests, _), (real, _), (lectures, strict), (exercises, lenient) = started.runs
    assert "--nbval-lax" not in tests + real
    assert {word.removeprefix("--ignore=") for word in tests if word.startswith("--ignore=")} == set(
        real[-2:]
    )
    for words in (lectures, exercises):
        assert "--nbval-lax" in words
        assert "no:randomly" in words
        assert words[words.index("--dist") + 1] == "loadfile"
    for environment in (strict, lenient):
        assert environment["MLCOURSE_MNIST"] == "no"
        assert environment["OMP_NUM_THREADS"] == "1"
    assert lectures[-2:] == ["notebooks", "solutions"]
    assert strict["MLCOURSE_STRICT"] == "1"
    assert exercises[-1] == "exercises"
    assert not lenient["MLCOURSE_STRICT"]
    summary = capsys.readouterr().out.strip().splitlines()[-1]
    assert (
        "tests passed, browser and sandbox passed, lectures and solutions passed, exercises passed" in summary
    )


@pytest.mark.parametrize("codes", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 5]])
def test_test_fails_when_any_part_fails_and_still_runs_the_rest(course, started, capsys, codes):
    started.codes.extend(codes)
    assert cli.main(["test"]) == 1
    assert len(started.runs) == 4
    assert capsys.readouterr().out.count("FAILED") == 1


@pytest.mark.parametrize("folder", ["notebooks", "exercises", "solutions"])
def test_no_notebooks_is_a_failure_that_says_what_to_do(course, started, capsys, folder):
    (course / folder / "00_welcome.ipynb").unlink()
    assert cli.main(["test"]) == 1
    assert f"no notebooks in {folder}: run `python course.py build` first" in capsys.readouterr().err


def test_more_arguments_go_to_pytest_alone(course, started):
    assert cli.main(["test", "-k", "e_step or m_step", "-x", "tests/test_mixture.py"]) == 0
    ((words, _),) = started.runs
    assert words[-4:] == ["-k", "e_step or m_step", "-x", "tests/test_mixture.py"]


def test_missing_test_tools_are_named(course, started, capsys, monkeypatch):
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None if name == "nbval" else object())
    assert cli.main(["test"]) == 1
    assert "testing needs nbval" in capsys.readouterr().err
    assert not started.runs


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
    assert lab("lab", "--no-browser", "--port=9", "notebooks/04_em.ipynb")[-3:] == [
        "--no-browser",
        "--port=9",
        "notebooks/04_em.ipynb",
    ]


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_only_root_needs_leave_to_be_root(lab, monkeypatch, user, allowed):
    monkeypatch.setattr(cli.os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab()) is allowed


def test_lab_keeps_to_the_courses_folder_and_keeps_the_readers_choice(lab, course):
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


# -- build, bench, and the rest ----


@pytest.mark.parametrize(("command", "script"), [("bench", "benchmarks/em.py")])
def test_scripts_are_run_with_their_arguments_and_exit_code(course, started, command, script):
    (course / script).parent.mkdir()
    (course / script).touch()
    started.codes.append(3)
    assert cli.main([command, "--fast"]) == 3
    ((words, _),) = started.runs
    assert words == [sys.executable, str(course / script), "--fast"]


@pytest.mark.parametrize("command", ["lab", "test", "build", "bench"])
def test_outside_the_courses_folder(tmp_path, started, monkeypatch, capsys, command):
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    assert cli.main([command]) == 1
    assert "works on the course's own folder" in capsys.readouterr().err
    assert not started.runs


def test_interrupting_is_not_an_error_with_a_traceback(course, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.subprocess, "run", interrupt)
    assert cli.main(["test"]) == 130


def test_unknown_command_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["tset"])
    assert stop.value.code == 2
    assert "'test'" in capsys.readouterr().err


def test_the_module_is_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "mlcourse", "test", "--help"], capture_output=True, text=True, check=True
    )
    assert "pytest" in result.stdout
