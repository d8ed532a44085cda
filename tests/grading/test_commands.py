"""The grading commands, and a made-up class graded in a real sandbox."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from mlcourse import cli
from mlcourse.grading import commands
from mlcourse.grading.batch import grade_folder as run
from mlcourse.grading.batch.submission import Settings
from mlcourse.grading.report.publish import publish
from mlcourse.grading.sandbox import NoSandbox, choose
from tests.helpers.fake_grading import (
    fake_grade,
    marks_in,
    read_fake,
    refuse_all,
    submission,
)
from tests.helpers.made_up_class import assert_earned, students, write_submissions

Command: TypeAlias = Callable[..., int]
Capture: TypeAlias = pytest.CaptureFixture[str]


def test_grade_prints_where_the_results_are(command: Command, folder: Path, capsys: Capture) -> None:
    out = folder.parent / "out"
    assert command("grade", folder, "-o", out, "-j", "0") == 0
    assert f"5 of 5 graded: {out / 'index.html'}" in capsys.readouterr().out
    assert (out / "seed").stat().st_size == 32
    folder.write_text(folder.read_text().replace("boo", "BOO").replace('"e_step": 4', '"e_step": 3', 1))
    assert command("grade", folder, "-o", out, "-j", "0", "--resume") == 0
    assert "a loses 1: Task 3 · The E-step, in any dimension: 4 → 3" in capsys.readouterr().out
    assert command("report", out) == 0
    assert "5 of 5 graded" in capsys.readouterr().out


def test_the_exit_code_is_3_if_a_file_cannot_be_read(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    bad = submission("\x1b[31mzed", cells=(), lesson=None, problem="it is not JSON.")
    monkeypatch.setattr(run, "read_submissions", lambda *args: iter([*read_fake(*args), bad]))
    assert command("grade", folder, "-o", folder.parent / "out", "-j", "0") == 3
    first = capsys.readouterr().out.splitlines()[0]
    assert first == r"could not be graded: \x1b[31mzed (\x1b[31mzed/04_em.ipynb): it is not JSON."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["grade", "nowhere", "-o", "OUT"], "nowhere does not exist"),
        (["grade", "HERE", "-o", "OUT", "--lesson", "99"], "there is no lesson '99'"),
        (["grade", "HERE", "-o", "OUT", "--extra-checks", "OUT"], "--extra-checks"),
        (["grade", "HERE", "-o", "OUT", "--course", "nowhere"], "tasks is not a folder"),
        (["grade", "HERE", "-o", "OUT", "--gradebook", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["report", "OUT"], "there are no graded submissions in"),
        (["similarity", "HERE"], "class.json is neither a notebook nor an archive. Wanted: a folder"),
        (["similarity", "nowhere"], "nowhere does not exist"),
        (["similarity", "HERE", "--course", "nowhere"], "tasks is not a folder"),
    ],
)
def test_user_errors_are_printed_as_one_sentence(
    command: Command, folder: Path, tmp_path: Path, capsys: Capture, words: list[str], message: str
) -> None:
    places = {"HERE": folder, "OUT": tmp_path / "out"}
    assert command(*(places.get(word, word) for word in words)) == 1
    printed = capsys.readouterr().err
    assert printed.startswith(f"python course.py {words[0]}: ")
    assert message in printed


def test_init_writes_an_example_that_grade_accepts(command: Command, folder: Path, capsys: Capture) -> None:
    out = folder.parent / "out"
    assert command("grade", "--init", out) == 0
    assert capsys.readouterr().out.count("Wrote ") == 2
    assert command("grade", "--init", out) == 0
    assert capsys.readouterr().out.count("exists already") == 2
    assert command("grade", folder, "-o", out, "-j", "0") == 0


def test_an_unknown_lesson_in_the_settings_is_refused(
    command: Command, folder: Path, capsys: Capture
) -> None:
    out = folder.parent / "out"
    again = ("grade", folder, "-o", out, "-j", "0")
    command(*again)
    (out / "gradebook.toml").write_text("[due]\n99 = 2026-03-01\n")
    assert command(*again) == command("report", out) == 1
    assert capsys.readouterr().err.count("there is no lesson '99' for `due.99`. The lessons are 01_") == 2


def test_a_wrong_run_is_taken_out_again(command: Command, folder: Path, capsys: Capture) -> None:
    out, other = folder.parent / "out", folder.with_name("wrong.json")
    other.write_text('{"zed": {}}')
    for each in (folder, other):
        command("grade", each, "-o", out, "-j", "0")
    assert len(list((out / "students").iterdir())) == 6
    other.unlink()
    assert command("report", out, "--forget", "nowhere.zip") == 1
    assert f"no run graded nowhere.zip. Name one of these: {folder}" in capsys.readouterr().err
    assert command("report", out, "--forget", other.name) == 0
    assert sorted(path.name[0] for path in (out / "students").iterdir()) == list("abcde")
    assert command("report", out, "--forget", folder) == 0
    assert not list((out / "students").iterdir())


def test_report_remembers_the_platform_and_the_settings(command: Command, folder: Path) -> None:
    out, settings = folder.parent / "out", folder.parent / "my.toml"
    settings.write_text('platform = "junit"\n')
    assert command("grade", folder, "-o", out, "-j", "0", "--gradebook", settings) == 0
    assert (out / "junit.xml").exists()
    assert command("report", out) == 0
    assert (out / "junit.xml").exists()
    for options in (["--platform", "canvas"], []):
        assert command("report", out, *options) == 0
        assert (out / "canvas_04_em.csv").exists()
        assert not (out / "junit.xml").exists()


def test_grade_asks_for_what_it_needs(command: Command, capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        command("grade")
    assert "SUBMISSIONS and -o OUT are required" in capsys.readouterr().err


@pytest.mark.slow
def test_a_missing_sandbox_is_reported_as_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(
        commands, "Settings", lambda **options: Settings(**options, grade=fake_grade, choose=refuse_all)
    )
    for jobs in ("0", "1"):
        assert cli.main(["grade", str(folder), "-o", str(folder.parent / "out"), "-j", jobs]) == 1
        assert "grade: no sandbox works on this machine" in capsys.readouterr().err


@pytest.mark.slow
def test_a_made_up_class_earns_the_expected_points(tmp_path: Path, capsys: Capture) -> None:
    try:
        choose().close()
    except NoSandbox as reason:
        pytest.skip(str(reason))
    made = students(6, seed=4)
    assert {one.kind for one in made} == {"right", "partly right", "wrong", "broken"}
    write_submissions(tmp_path / "class", made)
    words = ["grade", tmp_path / "class", "-o", tmp_path / "out", "-j", "2"]
    code = cli.main([str(word) for word in words])
    assert code == (3 if any(one.points is None for one in made) else 0)
    assert_earned(made, publish(tmp_path / "out").grades)
    before = marks_in(tmp_path / "out")
    assert cli.main([*(str(word) for word in words), "--resume"]) == code
    assert marks_in(tmp_path / "out") == before
