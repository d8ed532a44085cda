"""One book of all lessons: what runs leave, whom they replace, and what goes back to students."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Never, TypeAlias

import pytest

from mlcourse.grading.batch import grade_folder as run
from mlcourse.grading.batch.grade_folder import grade_folder
from mlcourse.grading.gradebook import class_list
from mlcourse.grading.gradebook.settings import GradebookError
from mlcourse.grading.records.grade import Submission
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report import publish as published
from mlcourse.grading.report.byhand import Entry, Row, read_rows, write_rows
from mlcourse.grading.report.publish import Summary, publish
from tests.helpers.fake_grading import settings, submission
from tests.helpers.grades import rows_of
from tests.helpers.page import Document

GradeThese: TypeAlias = Callable[..., Summary]
OTHER = "01_kmeans"


@pytest.fixture
def grade_these(folder: Path, monkeypatch: pytest.MonkeyPatch) -> GradeThese:
    """Grade these submissions, as if they were in the folder `place`, into the same folder `out` every time."""

    def grade_these(*made: Submission, place: str = "", **options: Any) -> Summary:
        monkeypatch.setattr(run, "read_submissions", lambda *args: iter(made))
        return grade_folder(folder / place, settings(folder.parent / "out", **options), 0, quiet=True)

    return grade_these


@pytest.fixture
def out(folder: Path) -> Path:
    return folder.parent / "out"


def moodle(name: str, number: int, lesson: str = "04_em", file: str = "") -> Submission:
    source = f"{name}_{number}_assignsubmission_file/{file or lesson}.ipynb"
    return submission(f"{name}_{number}", source=source, lesson=lesson)


def pages(zipped: Path) -> dict[str, str]:
    with zipfile.ZipFile(zipped) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_other_folders_stay_and_the_same_folder_is_replaced(grade_these: GradeThese) -> None:
    grade_these(submission("ada"), submission("bob"))
    both = grade_these(submission("ada", source="ada/01.ipynb", lesson=OTHER), place="other")
    assert both.book.lessons == [OTHER, "04_em"]
    assert sorted(entry.label for entry in both.book.entries) == ["ada", "ada", "bob"]
    third = grade_these(submission("cy"))
    assert sorted((entry.label, entry.lesson) for entry in third.book.entries) == [
        ("ada", OTHER),
        ("cy", "04_em"),
    ]


def test_late_comers_are_added_and_the_same_file_replaced(grade_these: GradeThese) -> None:
    grade_these(submission("ada", {"e_step": 1}), submission("bob"))
    added = grade_these(submission("ada", {"e_step": 4}), submission("cy"), place="late")
    assert {entry.label: entry.points for entry in added.book.entries if entry.label == "ada"} == {"ada": 4}
    assert sorted(entry.label for entry in added.book.entries) == ["ada", "bob", "cy"]


def test_the_same_path_in_two_lessons_is_two_submissions(grade_these: GradeThese) -> None:
    grade_these(submission("ada", source="ada/notebook.ipynb"))
    both = grade_these(submission("ada", source="ada/notebook.ipynb", lesson=OTHER), place="other")
    assert len({entry.name for entry in both.book.entries}) == 2
    assert all(entry.is_graded for entry in both.book.entries)


def test_one_of_an_unknown_lesson_goes_with_its_run(grade_these: GradeThese) -> None:
    broken = submission("eve", cells=(), lesson=None, problem="it is not JSON.")
    first = grade_these(submission("ada"), broken)
    assert first.book.missing("04_em") == []
    publish_again(grade_these)
    assert len(publish_again(grade_these).ungraded) == 1
    assert not grade_these(submission("ada")).ungraded


def publish_again(grade_these: GradeThese) -> Summary:
    return grade_these(submission("ada", source="x", lesson=OTHER), place="other")


def test_a_notebook_in_the_wrong_folder_replaces_nobody_else(grade_these: GradeThese) -> None:
    grade_these(submission("ada"), submission("bob"), submission("eve", cells=(), problem="it is empty."))
    misplaced = submission("henri", source="henri/04.ipynb")
    both = grade_these(submission("ada", source="ada/01.ipynb", lesson=OTHER), misplaced, place="other")
    assert sorted(entry.label for entry in both.book.entries) == ["ada", "ada", "bob", "eve", "henri"]
    assert len(both.ungraded) == 1


def test_several_lessons_have_a_page_each_and_an_index(grade_these: GradeThese, out: Path) -> None:
    grade_these(submission("ada"), submission("bob"))
    assert not list(out.glob("lesson_*.html"))
    grade_these(submission("ada", source="ada/01.ipynb", lesson=OTHER), place="other")
    assert sorted(path.name for path in out.glob("lesson_*.html")) == [
        f"lesson_{OTHER}.html",
        "lesson_04_em.html",
    ]
    for path in (out / "index.html", *out.glob("lesson_*.html")):
        document = Document(path.read_text("utf-8"))
        assert all((out / link).is_file() for link in document.links if not link.startswith("#"))
    index = Document((out / "index.html").read_text("utf-8"))
    assert {"lesson_01_kmeans.html", "lesson_04_em.html"} <= set(index.links)
    (bob,) = [row for row in rows_of((out / "grades.csv").read_text("utf-8-sig")) if row["student"] == "bob"]
    assert bob[OTHER] == ""
    assert bob["points"] == bob["04_em"] != ""


# ── Class list and late rule ──


def test_a_class_list_needs_no_settings(grade_these: GradeThese, out: Path) -> None:
    out.mkdir()
    (out / "class.csv").write_text("name,login\nAda Lovelace,ada\nBob,bob\n")
    book = grade_these(submission("ada")).book
    assert [student.name for student in book.students] == ["Ada Lovelace", "Bob"]


def write_settings(out: Path, toml: str, class_list: str = "name,id,group\nAda,1,A\nBob,2,B\n") -> None:
    out.mkdir(exist_ok=True)
    (out / "class.csv").write_text(class_list)
    (out / "gradebook.toml").write_text('class_list = "class.csv"\n' + toml)


def test_the_class_list_says_who_is_missing(grade_these: GradeThese, out: Path) -> None:
    write_settings(out, "")
    summary = grade_these(submission("1"), submission("eve"))
    assert [student.name for student in summary.book.missing("04_em")] == ["Bob"]
    assert summary.remarks == ["eve is not on the class list."]
    page = Document((out / "index.html").read_text("utf-8")).text
    assert "Nothing handed in" in page
    rows = rows_of((out / "grades.csv").read_text("utf-8-sig"))
    assert [(row["student"], row["id"], row["group"]) for row in rows] == [
        ("Ada", "1", "A"),
        ("Bob", "2", "B"),
        ("eve", "", ""),
    ]


def test_a_run_reads_the_class_list_once(
    grade_these: GradeThese, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(out, "")
    read: list[Path] = []
    monkeypatch.setattr(
        published, "read_class_list", lambda path: read.append(path) or class_list.read_class_list(path)
    )
    assert [student.name for student in grade_these(submission("1")).book.missing("04_em")] == ["Bob"]
    assert read == [out / "class.csv"]


def broken(name: str, number: int) -> Submission:
    source = f"{name}_{number}_assignsubmission_file/"
    return submission(
        f"{name}_{number}", source=source, cells=(), lesson=None, problem="There is only a PDF."
    )


def test_what_could_not_be_read_goes_back_with_its_lesson(grade_these: GradeThese, out: Path) -> None:
    grade_these(moodle("Ada", 1), broken("Eve", 2))
    pages_of = pages(out / "feedback_moodle_04_em.zip")
    page = Document(pages_of["Eve_2_assignsubmission_file/feedback_04_em.html"]).text
    for words in ("There is only a PDF.", "What to hand in", "Eve_2_assignsubmission_file/"):
        assert words in page
    assert len(pages_of) == 2


def test_one_that_may_be_of_two_lessons_goes_back_apart(grade_these: GradeThese, out: Path) -> None:
    grade_these(moodle("Ada", 1), moodle("Bob", 3, lesson=OTHER), broken("Eve", 2))
    assert list(pages(out / "feedback.zip")) == ["Eve/feedback_unknown.html"]


def test_an_unreadable_one_can_be_dealt_with(grade_these: GradeThese, out: Path) -> None:
    grade_these(submission("ada"), broken("Eve", 2))
    (row,) = rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
    assert (row["task"], row["answer"]) == ("whole notebook", "There is only a PDF.")
    assert len(publish(out).ungraded) == 1
    (key,) = read_rows(out / "by_hand.csv")
    write_rows(out / "by_hand.csv", {key: Row(0, Entry("0", "I have written to you."))})
    summary = publish(out)
    assert (summary.ungraded, summary.remarks) == ([], [])
    (eve,) = [entry for entry in summary.book.entries if not entry.is_graded]
    assert "I have written to you." in (out / "students" / f"{eve.name}.html").read_text("utf-8")
    assert "1 dealt with" in (out / "index.html").read_text("utf-8")
    write_rows(out / "by_hand.csv", {key: Row(0, Entry("2"))})
    with pytest.raises(SheetError, match="'2' is not 0"):
        publish(out)


@pytest.mark.parametrize("file", ["", "homework.ipynb"])
def test_a_readable_one_replaces_one_that_was_not(grade_these: GradeThese, out: Path, file: str) -> None:
    """Whether the new file has the same name or another one, and whichever was graded last."""
    good, bad = moodle("Eve", 2), broken("Eve", 2)
    bad = replace(bad, source=f"{bad.source}{file}")
    good = replace(good, source=bad.source) if file else good
    grade_these(moodle("Ada", 1), bad)
    later = grade_these(good, place="again")
    assert [(entry.label, entry.is_graded) for entry in later.book.entries] == [("Ada", True), ("Eve", True)]
    assert (later.remarks, later.ungraded) == ([], [])
    assert len(pages(out / "feedback_moodle_04_em.zip")) == 2
    names = {f"students/{entry.name}.html" for entry in later.book.entries}
    assert names == {f"students/{path.name}" for path in (out / "students").iterdir()}
    page = (out / "students" / f"{later.book.entries[1].name}.html").read_text("utf-8")
    assert ("could not be read. This file counts." in page) == (not file)
    if not file:
        assert len(grade_these(moodle("Ada", 1), bad).book.entries) == 2


def test_one_of_another_lesson_replaces_no_unreadable_one(grade_these: GradeThese) -> None:
    grade_these(moodle("Ada", 1), broken("Eve", 2))
    assert len(grade_these(moodle("Eve", 3, lesson=OTHER), place="other").ungraded) == 1


def test_a_row_about_an_unreadable_one_is_not_missed_later(grade_these: GradeThese, out: Path) -> None:
    grade_these(broken("Eve", 2))
    (key,) = read_rows(out / "by_hand.csv")
    write_rows(out / "by_hand.csv", {key: Row(0, Entry("0"))})
    assert grade_these(moodle("Eve", 2)).remarks == []


def test_a_late_page_shows_points_before_and_after_and_the_rule(grade_these: GradeThese, out: Path) -> None:
    write_settings(out, "[late]\ncost_per_day = 1.5\n[due]\n04_em = 2026-03-01T00:00:00Z\n")
    settings_ = (out / "gradebook.toml").read_text()
    late = submission("1", {"e_step": 4}, handed_in=1772323200 + 90_000.0)
    summary = grade_these(late, submission("2"))
    (ada,) = summary.book.late("04_em")
    assert (ada.grade.points, ada.points) == (4, 1)
    text = " ".join(Document((out / "students" / f"{ada.name}.html").read_text("utf-8")).text.split())
    for words in ("1 of", "Without the deduction for lateness: 4.", "2 days; 3 points", "costs 1.5 points"):
        assert words in text
    (bob,) = [entry for entry in summary.book.entries if entry.student.name == "Bob"]
    assert "The time is unknown, so it counts as in time." in (
        out / "students" / f"{bob.name}.html"
    ).read_text("utf-8")
    row = rows_of((out / "grades.csv").read_text("utf-8-sig"))[0]
    assert (row["04_em"], row["04_em: late deduction"]) == ("1", "3")
    (out / "gradebook.toml").write_text(f"{settings_}[extensions]\nAda = {{ 4 = 2.5 }}\n")
    assert not publish(out).book.late("04_em")
    for path in (out / "students" / f"{ada.name}.html", out / "index.html"):
        text = Document(path.read_text("utf-8")).text
        assert "until 2026-03-03 12:00 (UTC+0000)" in text
        assert "Extension" in text


def test_settings_that_cannot_be_used_stop_the_report(grade_these: GradeThese, out: Path) -> None:
    grade_these(submission("ada"))
    before = (out / "index.html").read_text()
    write_settings(out, "colour = 1")
    with pytest.raises(GradebookError, match="no key `colour`"):
        publish(out)
    assert (out / "index.html").read_text() == before


def test_a_row_by_hand_may_have_the_name_on_the_class_list(grade_these: GradeThese, out: Path) -> None:
    write_settings(out, "")
    made = submission("1", {"e_step": 0})
    grade_these(made)
    (out / "by_hand.csv").write_text(f"student,file,task,version,points\nAda,{made.source},e_step,,3\n")
    (entry,) = publish(out).book.entries
    assert (entry.points, entry.student.name) == (3, "Ada")
    assert not publish(out).remarks


def test_the_time_of_a_file_changes_no_mark(grade_these: GradeThese) -> None:
    grade_these(submission("ada", handed_in=1.0))
    assert not grade_these(submission("ada", handed_in=2.0), resume=True, grade=refuse).ungraded


@pytest.mark.parametrize("when", [3e11, -1.0])
def test_an_impossible_time_of_an_older_run_stops_no_report(
    grade_these: GradeThese, out: Path, when: float
) -> None:
    grade_these(submission("ada", handed_in=12345.0))
    write_settings(out, "[due]\n04_em = 2026-03-01T00:00:00Z\n")
    (out / "run.json").write_text((out / "run.json").read_text().replace("12345.0", str(when)))
    (entry,) = publish(out).book.entries
    assert (entry.listed.handed_in, entry.days_late) == (None, 0)


def refuse(*args: object, **options: object) -> Never:
    raise AssertionError("it was marked again")


# ── Platforms and feedback ──


def uploads(out: Path) -> Iterator[str]:
    yield from (path.name for path in sorted(out.iterdir()) if path.suffix in (".csv", ".zip", ".xml"))


@pytest.mark.parametrize(
    ("made", "platform", "files"),
    [
        (moodle("Ada", 1), None, ["feedback_moodle_04_em.zip", "grades.csv", "moodle_04_em.csv"]),
        (
            submission("a_1", source="a_1_2_04_em.ipynb"),
            None,
            ["canvas_04_em.csv", "feedback_canvas_04_em.zip", "grades.csv"],
        ),
        (submission("ada"), None, ["feedback.zip", "grades.csv"]),
        (submission("ada"), "moodle", ["feedback.zip", "grades.csv", "moodle_04_em.csv"]),
        (submission("ada"), "junit", ["feedback.zip", "grades.csv", "junit.xml"]),
        (moodle("Ada", 1), "none", ["feedback.zip", "grades.csv"]),
    ],
)
def test_only_files_for_the_platform_are_written(
    grade_these: GradeThese, out: Path, made: Submission, platform: str | None, files: list[str]
) -> None:
    grade_these(submission("x", source="x_7_8_04_em.ipynb"), moodle("X", 9), platform="junit")
    grade_these(made, platform=platform)
    assert list(uploads(out)) == files


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Ada L_1_assignsubmission_file/x.ipynb", "Ada L_1_assignsubmission_file/feedback_04_em.html"),
        ("Ada L_1_assignsubmission_file_/x.ipynb", "Ada L_1_assignsubmission_file_/feedback_04_em.html"),
        ("Ada L_1_assignsubmission_file_x.ipynb", "Ada L_1_assignsubmission_file_feedback_04_em.html"),
        ("lada_LATE_1_22_x_3.ipynb", "lada_LATE_1_22_feedback_04_em.html"),
        ("lada_1_22_work.zip/a/x.ipynb", "lada_1_22_feedback_04_em.html"),
        ("ada/x.ipynb", "ada l/feedback_04_em.html"),
    ],
)
def test_feedback_has_the_platforms_names(grade_these: GradeThese, out: Path, source: str, name: str) -> None:
    grade_these(submission("ada l", source=source))
    (zipped,) = out.glob("feedback*.zip")
    assert list(pages(zipped)) == [name]


def test_one_student_does_not_decide_the_platform(grade_these: GradeThese, out: Path) -> None:
    honest = [
        submission(f"{name}_{k}", source=f"{name}_{k}_{k}_x.ipynb")
        for k, name in enumerate(["ada", "bob"], 10)
    ]
    many = [f"eve_7_assignsubmission_file_{k}.ipynb" for k in range(5)]
    eve = [submission(f"eve_7 ({k})", source=source, owner="eve_7") for k, source in enumerate(many)]
    grade_these(*honest, *eve)
    assert (out / "canvas_04_em.csv").exists()
    assert not (out / "moodle_04_em.csv").exists()


def test_feedback_is_about_nobody_else_and_always_the_same_bytes(grade_these: GradeThese, out: Path) -> None:
    made = [moodle("Ada", 1), moodle("Ada", 1, file="again"), moodle("Bob", 2), moodle("../../Eve", 3)]
    grade_these(*made)
    zipped = out / "feedback_moodle_04_em.zip"
    first = zipped.read_bytes()
    for name, page in pages(zipped).items():
        owner = name.partition("_")[0].rpartition("/")[2]
        assert owner in page
        assert not [other for other in {"Ada", "Bob", "Eve"} - {owner} if other in page]
    grade_these(*made)
    assert zipped.read_bytes() == first


@pytest.mark.parametrize("name", ["..", "a/../..", "C:\\x", "=cmd", "", "con?", "x" * 500, "\u202egpj"])
def test_folders_in_feedback_are_safe_whatever_the_name(
    grade_these: GradeThese, out: Path, name: str
) -> None:
    grade_these(submission(name, source="s/x.ipynb"))
    (inside,) = pages(out / "feedback.zip")
    folder, file = inside.split("/")
    assert file == "feedback_04_em.html"
    assert folder not in ("", ".", "..")
    assert not set(folder) & set('\\:*?"<>|\u202e')
