"""The stages of `course.py test`: what each starts, and what is printed when one fails."""

from contextlib import nullcontext

import pytest

from tests.conftest import areas_of
from tools import linters, testing


@pytest.fixture
def started(monkeypatch):
    """The arguments of every pytest that would have run, and its variables; each ends with the next of `codes`."""
    runs = []

    def run_pytest(*arguments, workers=2, **variables):
        runs.append((arguments, variables))
        return run_pytest.codes.pop(0) if run_pytest.codes else 0

    run_pytest.codes, run_pytest.runs = [], runs
    monkeypatch.setattr(testing, "run_pytest", run_pytest)
    monkeypatch.setattr(testing.browser, "CHROMIUM", None)
    monkeypatch.setattr(testing, "warm_kernels", lambda variables: nullcontext({}))
    monkeypatch.setattr(testing.linters, "run", lambda: 0)
    return run_pytest


def folders(arguments):
    return [word for word in arguments if not word.startswith("-") and word != "no:randomly"]


def test_every_folder_is_run_once_without_a_browser(started, capsys):
    assert testing.main([]) == 0
    unit, hostile, browser, solutions, exercises = started.runs
    assert folders(unit[0]) == ["tests"]
    left_to_others = {word.removeprefix("--ignore=") for word in unit[0] if word.startswith("--ignore=")}
    assert left_to_others == {*folders(hostile[0]), *folders(browser[0])}
    assert folders(solutions[0]) == ["notebooks", "solutions"]
    assert folders(exercises[0]) == ["exercises"]
    for arguments, variables in (solutions, exercises):
        assert "--nbval-lax" in arguments
        assert "--dist=loadfile" in arguments
        assert variables["MLCOURSE_MNIST"] == "no"
    assert solutions[1]["MLCOURSE_STRICT"] == "1"
    assert not exercises[1]["MLCOURSE_STRICT"]
    printed = capsys.readouterr().out
    assert printed.count(" s  passed") == 6
    assert "everything passed" in printed.splitlines()[-1]


def test_with_a_browser_lectures_run_in_jupyterlab_only(monkeypatch):
    monkeypatch.setattr(testing.browser, "CHROMIUM", "/usr/bin/chromium")
    named = {stage.name: stage.what for stage in testing.all_stages()}
    assert "every lecture" in named["browser"]
    assert "solutions" in named
    assert "lectures and solutions" not in named


@pytest.mark.parametrize("failing", range(5))
def test_after_a_failure_the_other_stages_still_run(started, capsys, failing):
    started.codes[:] = [5 if number == failing else 0 for number in range(5)]
    assert testing.main([]) == 1
    assert len(started.runs) == 5
    assert capsys.readouterr().out.count("s  FAILED") == 1


def test_quick_runs_a_sample_of_every_kind(started):
    assert testing.main(["--quick"]) == 0
    tests, notebooks = (arguments for arguments, _ in started.runs)
    assert "--quick" in tests
    assert [path.partition("/")[0] for path in folders(notebooks)] == ["notebooks", "exercises"]


def test_other_arguments_go_to_pytest_alone(started):
    assert testing.main(["-k", "e_step or m_step", "-x", "tests/mixture"]) == 0
    ((arguments, _),) = started.runs
    assert arguments == ("-k", "e_step or m_step", "-x", "tests/mixture")


@pytest.mark.parametrize("folder", ["notebooks", "exercises", "solutions"])
def test_missing_notebooks_are_a_failure_with_advice(monkeypatch, tmp_path, started, capsys, folder):
    for other in {"notebooks", "exercises", "solutions"} - {folder}:
        (tmp_path / other).mkdir()
        (tmp_path / other / "00_welcome.ipynb").touch()
    monkeypatch.setattr(testing, "ROOT", tmp_path)
    assert testing.main([]) == 1
    assert f"no notebooks in {folder}: run `python course.py build` first" in capsys.readouterr().err


def test_missing_test_tools_are_named(monkeypatch, started, capsys):
    monkeypatch.setattr(
        testing.importlib.util, "find_spec", lambda name: None if name == "nbval" else object()
    )
    assert testing.main([]) == 1
    assert "testing needs nbval" in capsys.readouterr().err
    assert not started.runs


def test_only_failing_linters_print_their_output(monkeypatch, capsys):
    python = linters.PYTHON
    commands = {
        "passing": [python, "-c", "print('all is well')"],
        "failing": [python, "-c", "import sys; print('line 7 is wrong'); sys.exit(1)"],
    }
    monkeypatch.setattr(linters, "COMMANDS", commands)
    monkeypatch.setattr(linters, "scripts", list)
    assert linters.run() == 1
    printed = capsys.readouterr().out
    assert "failing failed:\nline 7 is wrong" in printed
    assert "all is well" not in printed


def test_scripts_are_skipped_with_a_message_without_npm(monkeypatch, capsys):
    monkeypatch.setattr(linters.shutil, "which", lambda name: None)
    assert list(linters.scripts()) == []
    assert "skipped" in capsys.readouterr().out


def test_the_area_of_a_changed_file_is_its_tests():
    files = ["mlcourse/mixture/steps.py", "mlcourse/pca.py", "tests/kmeans/test_steps.py", "tools/testing.py"]
    assert areas_of(files) == {
        "tests/mixture/",
        "tests/test_pca",
        "tests/kmeans/test_steps.py",
        "tests/tools/",
    }
