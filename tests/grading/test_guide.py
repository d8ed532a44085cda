"""docs/grading.md describes the grader correctly."""

import re
from pathlib import Path
from typing import get_args

from mlcourse.checks import answer_of, examine
from mlcourse.cli import ROOT
from mlcourse.course_folder import Course
from mlcourse.grading import commands
from mlcourse.grading.batch.grade_folder import seed_from
from mlcourse.grading.gradebook.late import Cost, LateRule
from mlcourse.grading.gradebook.settings import read_gradebook
from mlcourse.grading.judge.marking import fault_in
from mlcourse.grading.records.grade import GradeStatus, MarkStatus
from mlcourse.grading.sandbox import Limits
from tests.helpers.fake_grading import go

GUIDE = (ROOT / "docs" / "grading.md").read_text("utf-8")


OTHER_PROGRAMS = ("dask ", "python course.py bench ", ".venv/bin/python -m ")


def test_the_guide_lists_every_option_and_no_other() -> None:
    parsers = (
        commands.grade_parser(),
        commands.mark_parser(),
        commands.report_parser(),
        commands.similarity_parser(),
    )
    options = {name for parser in parsers for action in parser._actions for name in action.option_strings}
    prose = re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL)
    spans = re.findall(r"`[^`]+`|^    .*$", prose, re.MULTILINE)
    code = " ".join(span for span in spans if not span.strip("` ").startswith(OTHER_PROGRAMS))
    listed = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", code))
    assert listed >= options - {"-h", "--help", "--jobs", "--out"}
    assert listed <= options


def test_the_guide_lists_every_file_that_a_run_leaves(folder: Path) -> None:
    go(folder)
    seed_from(folder.parent / "out" / "seed")
    for path in (folder.parent / "out").iterdir():
        assert f"`{path.name}" in GUIDE, path.name


def test_the_guide_lists_every_status() -> None:
    statuses = {*get_args(MarkStatus), *get_args(GradeStatus)}
    section = GUIDE.split("## Statuses")[1].split("\n## ")[0]
    assert not [status for status in statuses if status not in section]


def test_the_guide_states_the_correct_limits() -> None:
    limits = Limits()
    section = " ".join(GUIDE.split("## What the sandbox withstands, and what it does not")[1].split())
    assert limits.memory == 2e9
    assert "two gigabytes of memory" in section
    assert f"{limits.disk / 1e6:.0f} MB of disk" in section
    assert f"{limits.cell:.0f} seconds for a cell, {limits.call:.0f} for one call of an answer" in section
    assert f"{limits.total:.0f} for the whole notebook" in section


def test_the_guides_example_of_an_extra_check_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "mine.py").write_text(example)
    task = Course(extra=tmp_path).catalogue.tasks["scatter"]
    assert (task.lesson, task.points) == ("04_em", 2)
    assert fault_in(task, b"seed") is None
    (mistake,) = task.mistakes
    verdict = examine(task, answer_of(mistake.answer))
    assert (verdict.status, verdict.mistake) == ("wrong", mistake)
    assert mistake.name == "not centred"
    assert "Hint" not in verdict.message


def test_the_guides_example_of_settings_works(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "class.csv").touch()
    (tmp_path / "gradebook.toml").write_text(example)
    gradebook = read_gradebook(tmp_path / "gradebook.toml", list(Course().catalogue.lessons))
    assert gradebook.late == LateRule(15, Cost(10, percent=True), 7)
    assert gradebook.due.keys() == {"04_em"}


def test_the_guides_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        file, _, anchor = target.partition("#")
        if file.startswith("https:"):
            continue
        if file.endswith(".png"):
            assert (ROOT / "docs" / file).is_file(), target
            continue
        text = (ROOT / "docs" / file).read_text("utf-8") if file else GUIDE
        anchors = {re.sub(r"[^\w -]", "", line).strip().replace(" ", "-").lower() for line in headings(text)}
        assert not anchor or anchor in anchors, target


def headings(text: str) -> list[str]:
    return [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]
