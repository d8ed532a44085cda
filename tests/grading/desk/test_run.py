"""`mlcourse mark`: from the command to the rewritten pages."""

import os
import re
import signal
import stat
import urllib.request
import webbrowser
from pathlib import Path

import pytest

from mlcourse import cli
from mlcourse.grading import commands
from mlcourse.grading.batch.grade_folder import lock_folder
from mlcourse.grading.desk.run import run_desk
from mlcourse.grading.desk.view import Choice, Desk
from mlcourse.grading.report.byhand import Entry
from mlcourse.grading.report.publish import publish
from tests.helpers.courses import OUR_COURSE

Capture = pytest.CaptureFixture[str]


def test_ctrl_c_ends_the_desk(out: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    opened = []

    def open_browser(address: str) -> None:
        path = Path(urllib.request.url2pathname(address.removeprefix("file://")))
        opened.append((path, path.read_text(), stat.S_IMODE(path.stat().st_mode)))
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(webbrowser, "open", open_browser)
    run_desk(Desk(out, OUR_COURSE))
    ((path, content, mode),) = opened
    (address,) = re.findall(
        r"^Open (http://127\.0\.0\.1:\d+/enter\?key=\S{43})$", capsys.readouterr().out, re.M
    )
    assert f"url={address}" in content
    assert mode == 0o600
    assert not path.exists()


def test_pages_are_rewritten_when_the_desk_ends(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    publish(out)

    def mark_one(desk: Desk, browser: bool) -> None:
        assert not browser
        item = desk.select(Choice()).item
        assert item is not None
        desk.save(item, Entry(), Entry("2", "Well seen."))

    monkeypatch.setattr(commands, "run_desk", mark_one)
    assert cli.main(["mark", str(out), "--no-browser"]) == 0
    assert "Notebooks with open answers: 3." in capsys.readouterr().out
    assert sum("Well seen." in page.read_text() for page in (out / "students").iterdir()) == 1
    monkeypatch.setattr(commands, "run_desk", lambda desk, browser: None)
    assert cli.main(["mark", str(out)]) == 0
    assert capsys.readouterr().out == "Nothing was entered.\n"


def test_a_folder_without_a_run_is_named(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["mark", str(tmp_path / "nothing")]) == 1
    assert "there are no graded submissions in" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


def test_no_run_and_desk_at_the_same_time(out: Path, capsys: Capture) -> None:
    with lock_folder(out):
        assert cli.main(["mark", str(out)]) == 1
    assert "another run or `mark` is using" in capsys.readouterr().err
