"""gradebook.toml: every setting is read, and every mistake in it is named."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mlcourse.grading.gradebook.example import write_example
from mlcourse.grading.gradebook.late import Cost, LateRule
from mlcourse.grading.gradebook.settings import NAME, Gradebook, GradebookError, read_gradebook

ALL = """
class_list = "class.csv"
platform = "moodle"
[marks]
partial = false
carry_forward = false
[late]
grace_minutes = 15
cost_per_day = "12,5 %"
latest_days = 7
[due]
04_em = 2026-03-01T23:59:00+01:00
05 = 2026-03-08T23:59:00Z
[extensions]
"ada@example.org" = { 04_em = 3 }
1815 = { 05 = 0.5 }
"""


def written(folder: Path, content: str) -> Path:
    path = folder / NAME
    path.write_text(content)
    return path


def test_every_setting_is_read(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("name\nAda\n")
    gradebook = read_gradebook(written(tmp_path, ALL))
    assert gradebook.class_list == tmp_path / "class.csv"
    assert (gradebook.platform, gradebook.partial, gradebook.carry_forward) == ("moodle", False, False)
    assert gradebook.late == LateRule(15, Cost(12.5, percent=True), 7)
    zone = timezone(timedelta(hours=1))
    assert gradebook.due_date("04_em") == datetime(2026, 3, 1, 23, 59, tzinfo=zone)
    assert gradebook.due_date("05_why_em_works") == datetime(2026, 3, 8, 23, 59, tzinfo=UTC)
    assert gradebook.due_date("06_x") is None
    assert gradebook.extensions == {"ada@example.org": {"04_em": 3}, "1815": {"05": 0.5}}


def test_an_empty_file_has_all_defaults(tmp_path: Path) -> None:
    assert read_gradebook(written(tmp_path, "")) == Gradebook()


def test_a_date_is_the_end_of_that_day_and_has_a_zone(tmp_path: Path) -> None:
    due = read_gradebook(written(tmp_path, "[due]\n04 = 2026-03-01\n")).due_date("04")
    assert due
    assert due.tzinfo
    assert f"{due:%d %H:%M}" == "01 23:59"


LESSONS = ("04_em", "05_why_em_works", "14_capstone")


@pytest.mark.parametrize("lesson", ["04_em", "04", "4"])
@pytest.mark.parametrize("table", ["[due]\n{} = 2026-03-01", "[extensions]\nAda = {{ {} = 3 }}"])
def test_a_lesson_has_a_name_and_a_number(tmp_path: Path, table: str, lesson: str) -> None:
    gradebook = read_gradebook(written(tmp_path, table.format(lesson)), LESSONS)
    assert {*gradebook.due, *gradebook.extensions.get("Ada", ())} == {"04_em"}


@pytest.mark.parametrize(
    ("lesson", "advice"),
    [
        ("em", "Did you mean 04_em or 05_why_em_works?"),
        ("4_em", "Did you mean 04_em?"),
        ("lesson04", "Did you mean 04_em?"),
        ("99", "The lessons are 04_em, 05_why_em_works, 14_capstone."),
    ],
)
@pytest.mark.parametrize("table", ["[due]\n{} = 2026-03-01", "[extensions]\nAda = {{ {} = 3 }}"])
def test_an_unknown_lesson_is_refused(tmp_path: Path, table: str, lesson: str, advice: str) -> None:
    with pytest.raises(GradebookError) as caught:
        read_gradebook(written(tmp_path, table.format(lesson)), LESSONS)
    assert f"there is no lesson {lesson!r}" in str(caught.value)
    assert str(caught.value).endswith(advice)


def test_a_lesson_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match=r"`due\.4` names lesson 04_em a second time"):
        read_gradebook(written(tmp_path, "[due]\n04_em = 2026-03-01\n4 = 2026-03-02"), LESSONS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("platfrom = 'moodle'", "no key `platfrom`. Did you mean platform?"),
        ("[late]\ngrace = 1", "no key `late.grace`"),
        ("platform = 'ilias'", "`platform` is 'ilias'; wanted: one of auto, canvas"),
        ("marks = 1", "`marks` is 1; wanted: a table"),
        ("[marks]\npartial = 1", "`marks.partial` is 1; wanted: true or false"),
        ("[late]\ngrace_minutes = -5", "`late.grace_minutes` is -5; wanted: a number of minutes"),
        ("[late]\ngrace_minutes = true", "`late.grace_minutes` is True"),
        ("[late]\ncost_per_day = '10'", "`late.cost_per_day` is '10'; wanted: points such as 2, or a share"),
        ("[late]\ncost_per_day = '200%'", "`late.cost_per_day` is '200%'"),
        ("[late]\ncost_per_day = 'x%'", "`late.cost_per_day` is 'x%'"),
        ("[late]\nlatest_days = nan", "`late.latest_days` is nan"),
        ("[due]\n04_em = 'tomorrow'", "`due.04_em` is 'tomorrow'; wanted: a time such as 2026"),
        ("[due]\n04_em = 12:00:00", "`due.04_em` is '12:00:00'"),
        ("[extensions]\nAda = 3", "`extensions.Ada` is 3; wanted: days by lesson"),
        ("[extensions]\nAda = { 04 = 'x' }", "`extensions.Ada.04` is 'x'; wanted: a number of days"),
        (
            "class_list = 'nowhere.csv'",
            "`class_list` is 'nowhere.csv'; wanted: the name of a file that exists",
        ),
        ("class_list = 3", "`class_list` is 3"),
        ("platform = ", "is not valid TOML: Invalid value (at"),
    ],
)
def test_a_mistake_is_named_with_what_was_wanted(tmp_path: Path, content: str, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(GradebookError) as caught:
        read_gradebook(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(GradebookError, match="cannot be read"):
        read_gradebook(tmp_path / "nowhere.toml")
    (tmp_path / NAME).write_bytes(b"# \xff\xfe")
    with pytest.raises(GradebookError, match="not UTF-8"):
        read_gradebook(tmp_path / NAME)


def test_the_example_has_all_defaults_and_is_never_written_over(tmp_path: Path) -> None:
    written_, kept = write_example(tmp_path)
    assert [path.name for path in written_] == [NAME, "class.csv"]
    assert not kept
    assert read_gradebook(tmp_path / NAME) == Gradebook(class_list=tmp_path / "class.csv")
    (tmp_path / NAME).write_text("mine")
    (tmp_path / "class.csv").unlink()
    again, kept = write_example(tmp_path)
    assert [path.name for path in again] == ["class.csv"]
    assert [path.read_text() for path in kept] == ["mine"]


def test_the_examples_comments_are_settings_too(tmp_path: Path) -> None:
    """With the # removed from its commented settings, the example is still valid."""
    write_example(tmp_path)
    lines = (tmp_path / NAME).read_text().splitlines()
    settings = [line.removeprefix("# ") if " = " in line else line for line in lines]
    gradebook = read_gradebook(written(tmp_path, "\n".join(settings)))
    assert gradebook.late.latest_days == 7
    assert gradebook.due_date("04_em")
    assert gradebook.extensions == {"ada@example.org": {"04_em": 3}}
