"""The stages of `course.py test`: what each starts, and what is printed when one fails."""

import os
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from tests.conftest import areas_of
from tools import linters, site, strict_notebooks, testing
from tools.site import build
from tools.site.execute import DoesNotRun


@pytest.fixture
def started(monkeypatch):
    """The arguments and variables of every pytest that would have run; each ends with the next of `codes`, then 0."""
    runs, codes = [], []

    def run_pytest(arguments, variables=None, workers=2):
        runs.append((arguments, variables))
        return codes.pop(0) if codes else 0

    monkeypatch.setattr(testing, "run_pytest", run_pytest)
    monkeypatch.setattr(testing.browser, "CHROMIUM", None)
    monkeypatch.setattr(testing, "warm_kernels", lambda variables: nullcontext({}))
    monkeypatch.setattr(testing.linters, "run", lambda: 0)
    monkeypatch.setattr(build, "run_lessons", dict)
    monkeypatch.setattr(site, "main", lambda arguments: 0)
    return SimpleNamespace(runs=runs, codes=codes)


def folders(arguments):
    return [word for word in arguments if (testing.ROOT / word.partition("/")[0]).is_dir()]


def test_every_folder_is_run_once_without_a_browser(started, capsys):
    assert testing.main([]) == 0
    (tests, _), (browser, _), (notebooks, variables), (pages, _) = started.runs
    assert folders(tests) == ["tests"]
    left_out = {word.removeprefix("--ignore=") for word in tests if word.startswith("--ignore=")}
    assert left_out == {*folders(browser), *folders(pages)}
    assert folders(notebooks) == ["exercises"]
    assert {"--nbval-lax", "no:randomly", "tools.strict_notebooks", "--dist=loadfile"} <= {*notebooks}
    assert variables["MLCOURSE_MNIST"] == "no"
    printed = capsys.readouterr().out
    assert printed.count(" s  passed") == 5
    assert "everything passed" in printed.splitlines()[-1]


def test_a_lecture_that_does_not_run_is_a_failure(started, monkeypatch, capsys):
    def fail():
        raise DoesNotRun("notebooks/04_em.ipynb does not run: 1 / 0")

    monkeypatch.setattr(build, "run_lessons", fail)
    assert testing.main([]) == 1
    assert "04_em.ipynb does not run: 1 / 0" in capsys.readouterr().err


@pytest.mark.parametrize("failing", range(4))
def test_after_a_failure_the_other_stages_still_run(started, capsys, failing):
    started.codes[:] = [5 if number == failing else 0 for number in range(4)]
    assert testing.main([]) == 1
    assert len(started.runs) == 4
    assert capsys.readouterr().out.count("s  FAILED") == 1


def test_quick_runs_a_sample_of_every_kind(started):
    assert testing.main(["--quick"]) == 0
    tests, notebooks = (arguments for arguments, _ in started.runs)
    assert "--quick" in tests
    assert [path.partition("/")[0] for path in folders(notebooks)] == ["notebooks", "exercises"]


def test_other_arguments_go_to_pytest_alone(started):
    words = ["-k", "e_step or m_step", "-x", "tests/mixture"]
    assert testing.main(words) == 0
    assert [arguments for arguments, _ in started.runs] == [words]


@pytest.mark.parametrize(("folder", "strict"), [("solutions", "1"), ("exercises", "")])
def test_only_exercises_may_have_tasks_left(monkeypatch, folder, strict):
    monkeypatch.setenv("MLCOURSE_STRICT", "as it was")
    strict_notebooks.pytest_runtest_setup(SimpleNamespace(path=testing.ROOT / folder / "04_em.ipynb"))
    assert os.environ["MLCOURSE_STRICT"] == strict


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
