"""A grading run: resume, regrade, several processes, faults."""

import json
import os
import re
import stat
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from mlcourse.checks import Case, Mistake, Task
from mlcourse.grading.batch import grade_folder as run
from mlcourse.grading.batch.grade_folder import CannotGrade, full_name, grade_folder, lock_folder, seed_from
from mlcourse.grading.judge.marking import fault_in
from mlcourse.grading.records import manifest
from mlcourse.grading.records.grade import Grade, Mark
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.records.manifest import NothingToPublish
from mlcourse.grading.records.results import load, save
from mlcourse.grading.report.paths import student_path
from mlcourse.grading.report.publish import publish
from tests.helpers.courses import CATALOGUE, OUR_COURSE, course_with
from tests.helpers.fake_grading import (
    TASKS,
    go,
    grade_or_die,
    grade_or_loop,
    grade_or_raise,
    marks_in,
    read_fake,
    settings,
    submission,
)
from tests.helpers.grades import rows_of
from tests.helpers.page import Document


def marked(folder) -> list[str]:
    """Return what was marked since the last call, as "student task"."""
    log = folder.with_name("marked.txt")
    lines = [line.split(" mark ")[1] for line in log.read_text().splitlines()] if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def test_a_run_writes_marks_tables_and_pages(folder):
    summary = go(folder)
    out = folder.parent / "out"
    assert [grade.points for grade in summary.grades] == [4] * 5
    assert not summary.ungraded
    rows = rows_of((out / "grades.csv").read_text("utf-8-sig"))
    assert [row["student"] for row in rows] == list("abcde")
    document = Document((out / "index.html").read_text("utf-8"))
    links = {link for link in document.links if not link.startswith("#")}
    assert links == {student_path(entry.name) for entry in summary.book.entries}
    assert all((out / link).is_file() for link in links)
    with zipfile.ZipFile(out / "feedback.zip") as feedback:
        assert sorted(feedback.namelist()) == [f"{name}/feedback_04_em.html" for name in "abcde"]
    marks = [event for event in Journal(out / "journal.jsonl").events() if event["event"] == "mark"]
    assert len(marks) == 5 * len(TASKS)


@pytest.mark.slow
def test_several_processes_give_the_same_marks_as_one(folder):
    go(folder)
    alone = marks_in(folder.parent / "out")
    grade_folder(folder, settings(folder.parent / "two"), 2, quiet=True)
    assert marks_in(folder.parent / "two") == alone
    assert len(alone) == 5


def test_resume_marks_nothing_twice(folder):
    go(folder)
    assert len(marked(folder)) == 5 * len(TASKS)
    assert not go(folder, resume=True).changes
    assert not marked(folder)


def test_without_resume_everything_is_marked_again(folder):
    go(folder)
    marked(folder)
    go(folder)
    assert len(marked(folder)) == 5 * len(TASKS)


def test_resume_marks_what_was_handed_in_again(folder):
    go(folder)
    marked(folder)
    handed_in = json.loads(folder.read_text()) | {"b": {"e_step": 4, "m_step": 4}}
    folder.write_text(json.dumps(handed_in))
    summary = go(folder, resume=True)
    assert {line.split()[0] for line in marked(folder)} == {"b"}
    assert summary.changes == [f"b gains 4: {CATALOGUE.title('m_step')}: 0 → 4"]


def test_another_seed_marks_everything_again(folder):
    go(folder)
    marked(folder)
    go(folder, resume=True, seed=b"another")
    assert len(marked(folder)) == 5 * len(TASKS)


def test_regrading_marks_only_what_changed_and_reports_it(folder):
    folder.write_text(json.dumps({"a": {"e_step": 4}, "b": {"e_step": 1}, "c": {"log_sum_exp": 2}}))
    go(folder)
    marked(folder)
    changed = replace(CATALOGUE.tasks["e_step"], points=3, families={}, expected="something else")
    summary = go(folder, resume=True, course=course_with(changed))
    assert sorted(marked(folder)) == ["a e_step", "b e_step", "c e_step"]
    assert summary.changes == [f"a loses 1: {CATALOGUE.title('e_step')}: 4 → 3"]
    index = Document((folder.parent / "out" / "index.html").read_text("utf-8")).text
    assert "Changed since the last run" in index
    assert "a loses 1" in index


def test_an_interrupted_regrading_still_reports_changes(folder, monkeypatch):
    folder.write_text(json.dumps({"culprit": {"e_step": 1, "responsibilities_1d": 1}}))
    go(folder)
    folder.write_text(json.dumps({"culprit": {"e_step": 3, "responsibilities_1d": 1}}))
    assert go(folder, resume=True, grade=grade_or_raise).ungraded
    assert go(folder, resume=True).changes == [f"culprit gains 2: {CATALOGUE.title('e_step')}: 1 → 3"]


@pytest.mark.parametrize(
    ("grade", "note"),
    [(grade_or_raise, "a fault of the grader"), (grade_or_loop, "The grader did not finish within")],
)
def test_a_fault_of_the_grader_costs_nothing_and_is_retried(folder, monkeypatch, grade, note):
    monkeypatch.setattr("mlcourse.grading.batch.assess.TOO_LONG", 1)
    folder.write_text(json.dumps({"a": {"e_step": 4}, "culprit": {"e_step": 4}, "z": {"e_step": 4}}))
    first = go(folder, grade=grade)
    assert [grade.student for grade in first.grades] == ["culprit", "a", "z"]  # no points, and listed first
    assert first.book.entries[0].points is None
    assert note in first.grades[0].notes[0]
    marked(folder)
    second = go(folder, resume=True)
    assert [grade.points for grade in second.grades] == [4, 5, 4]  # the mark from before the fault stays
    assert {line.split()[0] for line in marked(folder)} == {"culprit"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_submission_that_kills_its_process_is_identified(folder):
    folder.write_text(json.dumps({name: {"e_step": 4} for name in ("a", "b", "killer", "x", "y", "z")}))
    summary = go(folder, jobs=2, grade=grade_or_die)
    assert {grade.student: grade.status for grade in summary.grades} == {
        **dict.fromkeys("abxyz", "ok"),
        "killer": "unreadable",
    }
    assert [grade.points for grade in summary.grades if grade.student != "killer"] == [4] * 5


def test_unreadable_submissions_come_first_and_stop_nobody(folder, monkeypatch):
    bad = submission("zed", cells=(), lesson=None, problem="it is no JSON.")
    monkeypatch.setattr(run, "read_submissions", lambda *args: iter([*read_fake(*args), bad]))
    summary = go(folder)
    assert [grade.student for grade in summary.grades] == ["zed", *"abcde"]
    assert [grade.student for grade in summary.ungraded] == ["zed"]


def test_unfinished_submissions_come_first_without_points(folder):
    go(folder)
    out = folder.parent / "out"
    missing, unfinished, *_ = sorted(out.glob("results/*.json"))
    missing.unlink()
    result = load(unfinished)
    result.finished = False
    save(unfinished, result)
    summary = publish(out)
    assert [grade.student for grade in summary.grades] == list("abcde")
    assert [entry.points for entry in summary.book.entries] == [None, None, 4, 4, 4]
    assert all("Not completely marked" in grade.notes[0] for grade in summary.ungraded)
    rows = rows_of((out / "grades.csv").read_text("utf-8-sig"))
    assert [row["04_em"] for row in rows] == ["", "", "4", "4", "4"]


def test_a_damaged_result_is_marked_again(folder):
    go(folder)
    marked(folder)
    next((folder.parent / "out").glob("results/a-*.json")).write_text("{")
    assert [grade.points for grade in go(folder, resume=True).grades] == [4] * 5
    assert {line.split()[0] for line in marked(folder)} == {"a"}


def test_the_result_of_another_submission_is_not_used(folder):
    summary = go(folder)
    marked(folder)
    first, second = (
        (folder.parent / "out" / "results" / f"{entry.name}.json") for entry in summary.book.entries[:2]
    )
    second.write_bytes(first.read_bytes())
    assert [grade.student for grade in publish(folder.parent / "out").ungraded] == ["b"]
    assert not go(folder, resume=True).ungraded
    assert {line.split()[0] for line in marked(folder)} == {"b"}


def test_two_submissions_with_one_name_stop_the_run(folder, monkeypatch):
    monkeypatch.setattr(manifest, "name_of", lambda submission: "ada-1")
    with pytest.raises(CannotGrade, match=r"a/04_em.ipynb and b/04_em.ipynb would share one result, ada-1"):
        go(folder)
    assert not marked(folder)


def test_names_of_older_versions_are_replaced_by_the_same_file(folder):
    names = {entry.name for entry in go(folder).book.entries}
    out = folder.parent / "out"
    for path in [out / "run.json", *out.glob("results/*"), *out.glob("students/*")]:
        path.write_text(re.sub("(-[0-9a-f]{10})[0-9a-f]{22}", r"\1", path.read_text()))
        path.rename(path.with_name(re.sub("(-[0-9a-f]{10})[0-9a-f]{22}", r"\1", path.name)))
    assert not publish(out).ungraded
    record = json.loads((out / "run.json").read_text())
    record["submissions"] = [{**each, "folder": "another"} for each in record["submissions"]]
    (out / "run.json").write_text(json.dumps(record))
    summary = go(folder, resume=True)
    assert [grade.points for grade in summary.grades] == [4] * 5
    assert {entry.name for entry in summary.book.entries} == names
    assert {path.stem for path in out.glob("students/*")} == names


def test_results_of_earlier_submissions_are_not_published(folder):
    go(folder, platform="gradescope")
    out = folder.parent / "out"
    assert len(list(out.glob("gradescope/*"))) == 5
    (out / "canvas_01_kmeans.csv").write_text("from another class")
    folder.write_text(json.dumps({"a": {}}))
    (entry,) = go(folder, platform="gradescope").book.entries
    assert entry.student.name == "a"
    assert [path.relative_to(out).as_posix() for path in out.glob("students/*")] == [student_path(entry.name)]
    assert [path.name for path in out.glob("gradescope/*")] == [entry.name]
    assert not list(out.glob("*_*_*.csv"))
    go(folder)
    assert not list(out.glob("gradescope/*"))


def test_publish_removes_only_files_that_a_run_writes(folder, tmp_path):
    go(folder)
    out, web = folder.parent / "out", tmp_path / "web"
    mine = [
        out / "canvas_roster.csv",
        out / "students" / "notes.html",
        out / "students" / "folder.html" / "x",
        out / "gradescope" / "setup.sh",
        out / "gradescope" / "mine-0123456789" / "results.txt",
        web / "site-0123456789.html",
    ]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    (out / "canvas_01_kmeans.csv").symlink_to(web / "site-0123456789.html")
    publish(out)
    assert all(path.exists() for path in mine)
    (out / "students").rename(tmp_path / "pages")
    (out / "students").symlink_to(web)
    publish(out)
    assert all(path.exists() for path in mine if out / "students" not in path.parents)


@pytest.mark.parametrize("content", ["", "{}", "null", "[]", '{"submissions": 1}'])
def test_a_damaged_manifest_cannot_be_published(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(NothingToPublish):
        publish(tmp_path)


def test_a_person_must_choose_between_several_notebooks(folder, monkeypatch):
    made = [
        submission("ada"),
        submission("ada (2)", source="ada/again.ipynb", owner="ada"),
        submission("ada (3)", source="ada/kmeans.ipynb", lesson="01_kmeans", owner="ada"),
        submission("ben"),
        submission("ben (2)", source="ben/x.ipynb", cells=(), lesson=None, problem="no JSON.", owner="ben"),
        submission("eve"),
    ]
    monkeypatch.setattr(run, "read_submissions", lambda *args: iter(made))
    summary = go(folder, platform="canvas")
    remarks = {remark.split(" handed in ")[0]: remark for remark in summary.remarks}
    assert remarks.keys() == {"ada", "ben"}
    assert "ada/04_em.ipynb, ada/again.ipynb: which one counts?" in remarks["ada"]
    out = folder.parent / "out"
    names = [row["SIS Login ID"] for row in rows_of((out / "canvas_04_em.csv").read_text())]
    assert names == ["", "eve"]
    rows = rows_of((out / "grades.csv").read_text("utf-8-sig"))
    assert [row["student"] for row in rows] == ["ada", "ada", "ben", "ben", "eve"]
    assert [row["01_kmeans"] != "" for row in rows] == [True, False, False, False, False]
    assert rows[0]["04_em: status"] == "marked, one of several"
    assert rows[0]["points"] == rows[0]["01_kmeans"]
    assert remarks["ada"].replace("`", "") in Document((out / "index.html").read_text("utf-8")).text


def undefined(*inputs):
    return nothing_of_this_name  # noqa: F821


@pytest.mark.parametrize("reference", [undefined, lambda *inputs: None])
def test_a_faulty_check_stops_the_run(folder, reference):
    with pytest.raises(CannotGrade, match=TASKS[0].name):
        go(folder, course=course_with(replace(TASKS[0], answer=reference)))
    assert not marked(folder)


def cases_of(*args):
    return lambda rng: [Case("everything", args)]


@pytest.mark.parametrize(
    ("cases", "fault"),
    [
        (lambda rng: [], "no cases"),
        (cases_of([1.0, 2.0]), "list is not plain"),
        (cases_of({1: 2.0}), "keys that are not strings"),
        (cases_of(np.array(["a", "b"])), "could not convert"),
        (cases_of(np.zeros(3_000_000)), "do not arrive unchanged"),
        (cases_of(np.zeros(3)), None),
    ],
)
def test_a_check_that_cannot_be_used_is_found(cases, fault):
    task = Task("my_own", "04_em", 2, answer=lambda *args: 1.0, draw_cases=cases)
    found = fault_in(task, b"seed")
    assert found is None if fault is None else fault in found


@pytest.mark.parametrize("out", [".", "in", "in/out"])
def test_results_are_not_written_among_submissions(tmp_path, out):
    (tmp_path / "in").mkdir()
    submissions = tmp_path if out == "." else tmp_path / "in"
    with pytest.raises(CannotGrade, match="among the submissions"):
        run.check_paths(submissions, tmp_path / out)


def test_another_lessons_notebook_has_blanks_in_the_tables(folder):
    def grade(submission, course, sandbox, seed, on_mark, done, **rules):
        marks = [Mark("e_step", 0, 4, "missing"), Mark("why", 0, 3, "by hand")]
        return Grade(submission.student, "04_em", submission.source, "missing", marks, {"why": ""})

    go(folder, grade=grade)
    row, *_ = rows_of((folder.parent / "out" / "grades.csv").read_text("utf-8-sig"))
    assert (row["points"], row["04_em"], row["e_step"], row["e_step: status"]) == ("", "", "", "missing")
    by_hand = rows_of((folder.parent / "out" / "by_hand.csv").read_text("utf-8-sig"))
    assert {row["task"] for row in by_hand} == {"whole notebook"}  # and no row for the open question


def test_a_folder_without_notebooks_is_refused(folder):
    folder.write_text("{}")
    with pytest.raises(CannotGrade, match="no notebooks were found"):
        go(folder)


@pytest.mark.skipif(run.fcntl is None, reason="needs fcntl")
def test_two_runs_cannot_write_to_one_folder(folder):
    with lock_folder(folder.parent / "out"), pytest.raises(CannotGrade, match="another run"):
        go(folder)
    go(folder)


def test_the_seed_is_secret_and_does_not_change(tmp_path):
    seed = seed_from(tmp_path / "seed")
    assert len(seed) == 32
    assert seed_from(tmp_path / "seed") == seed != seed_from(tmp_path / "other")
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "seed").stat().st_mode) == 0o600
    (tmp_path / "empty").touch()
    with pytest.raises(CannotGrade, match="is empty"):
        seed_from(tmp_path / "empty")


def test_lessons_are_found_by_number_and_name():
    assert {full_name(name, OUR_COURSE) for name in ("4", "04", "04_em")} == {"04_em"}
    assert full_name(None, OUR_COURSE) is None
    with pytest.raises(CannotGrade, match="there is no lesson"):
        full_name("99", OUR_COURSE)


def test_the_fake_grader_marks_real_tasks():
    """The fake grader marks the tasks of a real lesson."""
    assert all(isinstance(task, Task) for task in TASKS)
    assert all(isinstance(mistake, Mistake) for task in TASKS for mistake in task.mistakes)
