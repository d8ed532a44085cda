"""What becomes of marks: kept through a kill, given anew when a check changes, shown without ever being run."""

import ast
import base64
import builtins
import csv
import hashlib
import inspect
import io
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import correct_answers_04
import numpy as np
import pytest
from grading_cases import as_file, assert_earned, students, with_answers, write_submissions
from grading_fakes import (
    TASKS,
    fake_grade,
    grade_or_die,
    grade_or_raise,
    no_sandbox,
    read_fake,
    refuse_all,
    settings,
    submission,
)

from mlcourse import cli
from mlcourse.checks import CHECKS, Case, Check, Mistake, examine
from mlcourse.grading import byhand, commands, exports, run
from mlcourse.grading.byhand import HandTableError
from mlcourse.grading.digests import check_digest, has_effect, task_digests
from mlcourse.grading.extra import ExtraCheckError, add_extra_checks
from mlcourse.grading.journal import Journal
from mlcourse.grading.marking import fault_in
from mlcourse.grading.markup import page
from mlcourse.grading.outgoing import shown, slug, write_whole
from mlcourse.grading.pages import common_mistakes, index_page, student_page, student_path
from mlcourse.grading.publish import NothingToPublish, publish
from mlcourse.grading.records import Cell, Grade, GradeStatus, Mark, MarkStatus, Submission
from mlcourse.grading.results import Result, about, load, name_of, save
from mlcourse.grading.run import CannotGrade, full_name, grade_folder, only_run_in, seed_from
from mlcourse.grading.sandbox import Limits, NoSandbox, choose
from mlcourse.grading.similarity import shapes, similar
from mlcourse.grading.work import Settings

HERE = Path(__file__).parent
NASTY = [
    "=cmd()|' /C calc'!A1",
    "+1+1",
    "-2",
    "@SUM(A1)",
    " \t=1",
    "＝1+1",
    "a,=1",
    'a";=1;"',
    "a|-1",
    "a\n=1\r\n+1",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "' style='color:red",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "]]>",
    "\x1b[31mred\x07",
    "\u202egpj.exe",
    "nul\0byte",
    "half \udcff pair",
    "\uffff\ufdd0",
    "line\u2028separator",
    "Ада 🙂 مريم",
    "",
    "x" * 3000,
]
FORMULA = tuple("=+-@＝＋－＠\t\r")


def nasty_grade(text: str, status: str = "partial") -> Grade:
    """A grade with this text wherever a student may put one."""
    marks = [
        Mark("e_step", 4, 4, "right", text),
        Mark("m_step", 0, 4, "wrong", f"{text}\nLikely mistake: {text}", text),
        Mark("why", 0, 3, "by hand", ""),
    ]
    open_answers = {"why": text}
    return Grade(text, "04_em", f"{text}/04_em.ipynb", status, marks, open_answers, [text], text, "fake", 1.5)


def good_grade(student="ada", points=4.0) -> Grade:
    marks = [Mark("e_step", points, 4, "right" if points else "wrong"), Mark("why", 0, 3, "by hand")]
    return Grade(student, "04_em", f"{student}/04_em.ipynb", "ok", marks, {"why": "because"})


def unreadable(student="eve") -> Grade:
    return Grade(student, None, f"{student}.ipynb", "unreadable", notes=["it is no JSON."])


# ── Text that leaves ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", NASTY)
def test_shown_text_can_be_written_anywhere_and_hides_nothing(text):
    told = shown(text)
    told.encode("utf-8")
    assert ElementTree.fromstring(f"<a>{escape(told)}</a>").text in (told, None)
    assert told.isprintable() or not text.isprintable()
    assert not any(ord(character) < 32 or character in "\u202e\u2028\x7f" for character in told)
    assert len(told) <= 200 * 10 + 30


def test_a_name_as_a_file_is_plain_and_is_that_names_alone():
    names = [slug(text, "04_em.ipynb") for text in NASTY]
    assert len(set(names)) == len(NASTY)
    assert all(re.fullmatch(r"[a-z0-9-]{1,60}", name) for name in names)
    assert slug("ada", "a") != slug("ada", "b")
    assert slug("Ада", "x") != slug("Ава", "x")


def test_a_file_is_replaced_whole(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file.txt"
    write_whole(path, "old")
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("power cut")))
    with pytest.raises(OSError, match="power cut"):
        write_whole(path, "new")
    assert path.read_text() == "old"


# ── Journal and results ──────────────────────────────────────────────────────────────────────────────


def test_a_torn_line_of_the_journal_spoils_only_itself(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    for text in NASTY:
        journal.write("mark", student=text)
    content = journal.path.read_bytes()
    journal.path.write_bytes(content[:-9])
    journal.write("mark", student="after")
    assert [event["student"] for event in journal.events()] == [*NASTY[:-1], "after"]


@pytest.mark.parametrize("text", NASTY)
def test_a_result_comes_back_as_it_was(tmp_path, text):
    before = Result(nasty_grade(text), "digest", {"e_step": "1"}, True, [text], {"e_step": 2.5})
    save(tmp_path / "x.json", before)
    assert load(tmp_path / "x.json") == before
    assert load(tmp_path / "y.json") is None


def test_marks_are_kept_while_what_they_depend_on_stays():
    first, checks = submission(), task_digests("04_em")
    kept = Result(nasty_grade("ada"), about(first, "seed"), {"e_step": checks["e_step"], "m_step": "old"})
    assert kept.valid_marks(about(first, "seed"), checks).keys() == {"e_step"}
    assert not kept.valid_marks(about(first, "other seed"), checks)
    assert not kept.valid_marks(about(submission(answers={}), "seed"), checks)


# ── Digests of checks ────────────────────────────────────────────────────────────────────────────────


def test_every_check_has_a_digest_of_its_own_that_use_does_not_change():
    before = {name: check_digest(check) for name, check in CHECKS.items()}
    assert len(set(before.values())) == len(CHECKS)
    for check in TASKS:
        for case in check.cases(np.random.default_rng(0)):
            check.reference(*case.args)
    assert {name: check_digest(check) for name, check in CHECKS.items()} == before


def test_digests_are_the_same_in_another_process():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mlcourse.grading.digests import *; print([check_digest(c) for c in CHECKS.values()])",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert told.stdout.strip() == str([check_digest(check) for check in CHECKS.values()])


def module_of_checks(tmp_path, name, source):
    """The checks of a module with this source; the module's own name is the same each time."""
    path = tmp_path / name / "mine.py"
    path.parent.mkdir()
    path.write_text(f"from mlcourse.checks import Check, Mistake\nimport numpy as np\n{source}")
    before = dict(CHECKS)
    try:
        return add_extra_checks(path.parent)[0]
    finally:
        CHECKS.clear()
        CHECKS.update(before)


CHECK = """
LIMIT = {limit}
TABLE = np.array([1.0, {entry}])
def deep(x):
    return x * LIMIT + TABLE[0]
def helper(x):{comment}
    return (lambda y: deep(y) {sign} 1)(x)
def neighbour(x):
    return {neighbour}
CHECKS = (Check("t", "04_em", {points}, lambda x: helper(x), mistakes=(Mistake("m", helper, "{message}"),)),)
"""
PLAIN = dict(limit=1, entry=2.0, comment="", sign="+", neighbour=1, points=2, message="no")


@pytest.mark.parametrize(
    "change",
    [{"limit": 2}, {"entry": 3.0}, {"sign": "-"}, {"points": 3}, {"message": "yes"}],
    ids=lambda change: next(iter(change)),
)
def test_a_mended_check_has_another_digest_however_deep_the_change(tmp_path, change):
    before = module_of_checks(tmp_path, "before", CHECK.format(**PLAIN))
    after = module_of_checks(tmp_path, "after", CHECK.format(**PLAIN | change))
    assert check_digest(before) != check_digest(after)


@pytest.mark.parametrize("change", [{"comment": "  # a remark"}, {"neighbour": 2}], ids=str)
def test_comments_and_neighbours_do_not_change_a_digest(tmp_path, change):
    before = module_of_checks(tmp_path, "before", CHECK.format(**PLAIN))
    after = module_of_checks(tmp_path, "after", CHECK.format(**PLAIN | change))
    assert check_digest(before) == check_digest(after)


def test_the_right_letter_of_a_choice_is_part_of_its_digest():
    from mlcourse.checks import choice

    one, other = (choice("c", "04_em", 1, right=right, wrong={"C": "no"}) for right in "AB")
    assert check_digest(one) != check_digest(replace(other, expected=one.expected))


def test_what_only_collects_has_no_effect_on_marks():
    assert has_effect("checks/examine.py")
    assert has_effect("grading/worker.py")
    assert has_effect("mixture/estimator.py")
    assert not has_effect("grading/pages.py")
    assert not has_effect("checks/bank/lesson_04.py")
    assert not has_effect("widgets/em.py")


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────


def cells_of(text: str, separator: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]


TABLES = {
    "grades": exports.grades_csv,
    "canvas": lambda grades: exports.canvas_csv(grades, "04_em"),
    "moodle": exports.moodle_csv,
}


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_begins_a_formula_however_the_table_is_cut(text, make, separator):
    for cell in cells_of(make([nasty_grade(text), good_grade()]), separator):
        assert not cell.lstrip(" \u00a0").startswith(FORMULA)


def rows_of(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_grades_hold_points_and_status_of_every_task():
    rows = rows_of(exports.grades_csv([good_grade("ada"), good_grade("bob", 2.5), unreadable()]))
    assert [row["points"] for row in rows] == ["4", "2.5", ""]
    assert [row["e_step"] for row in rows] == ["4", "2.5", ""]
    assert [row["e_step: status"] for row in rows] == ["right", "right", ""]
    assert [row["why"] for row in rows] == ["", "", ""]
    assert [row["waiting for a person"] for row in rows] == ["3", "3", "0"]
    assert rows[2]["status"] == "unreadable"


def test_what_could_not_be_read_is_an_empty_cell_and_never_a_zero():
    grades = [unreadable(), replace(unreadable("may"), status="missing")]
    assert [row["04_em"] for row in rows_of(exports.canvas_csv(grades, "04_em"))[1:]] == ["", ""]
    assert [row["Grade"] for row in rows_of(exports.moodle_csv(grades))] == ["", ""]


@pytest.mark.parametrize(
    "source", ["lovelaceada_LATE_123_4567_04_em-1.ipynb", "lovelaceada_123_4567_work.zip/04_em.ipynb"]
)
def test_canvas_finds_students_by_number_or_login(source):
    downloaded = replace(good_grade(), source=source)
    points, known, named = rows_of(exports.canvas_csv([downloaded, good_grade("bob")], "04_em"))
    assert points["Student"].strip() == "Points Possible"
    assert points["04_em"] == "7"
    assert (known["ID"], known["SIS Login ID"], known["04_em"]) == ("123", "", "4")
    assert (named["ID"], named["SIS Login ID"]) == ("", "bob")


@pytest.mark.parametrize("rest", ["/04_em.ipynb", "_/04_em.ipynb", "_04_em.ipynb", "/work.zip/04_em.ipynb"])
def test_moodle_finds_students_by_number_or_name(rest):
    downloaded = replace(good_grade(), source=f"Ada Lovelace_123_assignsubmission_file{rest}")
    known, named = rows_of(exports.moodle_csv([downloaded, good_grade("bob")]))
    assert (known["Identifier"], known["Full name"]) == ("Participant 123", "Ada Lovelace")
    assert (known["Grade"], known["Maximum Grade"]) == ("4", "7")
    assert named["Identifier"] == "bob"
    assert known["Last modified (grade)"] == ""


@pytest.mark.parametrize("text", NASTY)
def test_gradescope_gets_plain_text_and_the_sum_of_its_tests(text):
    results = json.loads(exports.gradescope_json(nasty_grade(text)))
    assert results["score"] == sum(test["score"] for test in results["tests"]) == 4
    assert {results[name] for name in results if name.endswith("_format")} == {"text"}
    assert [test.get("status") for test in results["tests"]] == ["passed", "failed", None]
    assert results["stdout_visibility"] == "hidden"


@pytest.mark.parametrize("text", NASTY)
def test_junit_is_xml_that_counts_what_it_holds(text):
    root = ElementTree.fromstring(exports.junit_xml([nasty_grade(text), unreadable(text)]))
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute)) == len(suite.findall(f"testcase/{tag}"))
    assert [len(case) for case in root[0]] == [0, 1, 1]
    assert root[1].find("testcase/error") is not None


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────


def words(text: str) -> set[str]:
    return set(text.split())


TAGS = words(
    "html head meta title style body main section h1 h2 h3 p ul li div table thead tbody tr th"
    " td a code pre strong details summary svg g rect text"
)
ATTRIBUTES = words(
    "lang charset http-equiv content name class href scope x y width height viewbox role aria-label"
    " text-anchor colspan"
)


class Document(HTMLParser):
    """Tags, attributes and text of a page, as a browser would find them."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes, self.links, self.metas, self.text, self.style, self._open = (
            [],
            [],
            [],
            [],
            "",
            "",
            [],
        )
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes += [name for name, _ in attributes]
        self.links += [value for name, value in attributes if name == "href"]
        self.metas += [dict(attributes)] if tag == "meta" else []

    def handle_endtag(self, tag):
        assert tag in self._open
        while self._open[-1] == "meta":
            self._open.pop()
        assert self._open.pop() == tag

    @property
    def still_open(self):
        return self._open

    def handle_data(self, data):
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.text += data


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("status", ["partial", "unreadable"])
def test_nothing_that_a_student_writes_becomes_markup(text, status):
    grade = nasty_grade(text, status)
    for source in (index_page([grade, good_grade()], [text]), student_page(grade, [(1, text)])):
        source.encode("utf-8")
        document = Document(source)
        assert set(document.tags) <= TAGS
        assert set(document.attributes) <= ATTRIBUTES
        assert document.tags.count("style") == 1
        assert set(document.still_open) <= {"meta"}  # a browser would put all that follows inside it
        assert shown(text, 100_000, lines=True).replace("\r", "") in document.text
        assert all(re.fullmatch(r"students/[a-z0-9-]+\.html", link) for link in document.links)


def test_the_policy_allows_our_own_style_and_nothing_else():
    document = Document(page("Title"))
    (policy,) = [
        meta["content"] for meta in document.metas if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(document.style.encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not re.search(r"url\(|@import|expression", document.style)


def test_the_index_tells_first_what_could_not_be_read():
    document = Document(index_page([good_grade("zoe"), unreadable("eve")]))
    assert (
        document.text.index("Could not be graded")
        < document.text.index("eve.ipynb")
        < document.text.index("zoe")
    )
    assert "it is no JSON." in document.text


def test_the_index_counts_how_each_task_went():
    grades = [good_grade("a"), good_grade("b"), good_grade("c", 0)]
    document = Document(index_page(grades))
    assert "Median 4 of 7 points; lowest 0, highest 4." in document.text
    assert "2 right, 1 wrong" in index_page(grades)
    assert "3 by hand" in index_page(grades)


def test_mistakes_are_told_the_most_common_first():
    grades = []
    for number, mistake in enumerate(["rare", "common", "common"]):
        marks = [Mark("e_step", 0, 4, "wrong", f"no.\nLikely mistake: you are {mistake}.\n→ Hint 1", mistake)]
        grades.append(Grade(f"s{number}", "04_em", "f", "ok", marks))
    planted = Mark("mend_em", 0, 3, "not attempted", "still there", "the planted bug")
    grades[0].marks.append(planted)
    assert common_mistakes(grades) == [
        ("e_step", "common", 2, "you are common."),
        ("e_step", "rare", 1, "you are rare."),
    ]


def test_a_page_says_when_there_was_no_sandbox():
    free = replace(good_grade(), isolation="not isolated")
    for source in (index_page([good_grade("bob"), free]), student_page(free)):
        assert "Not isolated" in Document(source).text
    assert "Not isolated" not in student_page(good_grade())


# ── Runs ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A class of five, read by the stand-in."""
    monkeypatch.setattr(run, "read_submissions", read_fake)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "asked.txt"))
    path = tmp_path / "class.json"
    path.write_text(json.dumps({name: {"e_step": 4, "m_step": "boo"} for name in "abcde"}))
    return path


def asked(folder) -> list[str]:
    """What was asked since the last call, as "student task"."""
    log = folder.with_name("asked.txt")
    lines = [line.split(" ask ")[1] for line in log.read_text().splitlines()] if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def marks_in(out) -> dict:
    return {
        path.name: json.loads(path.read_text())["grade"]["marks"]
        for path in sorted(out.glob("results/*.json"))
    }


def go(folder, jobs=0, **options):
    return grade_folder(folder, settings(folder.parent / "out", **options), jobs, quiet=True)


def test_a_run_leaves_marks_tables_and_pages(folder):
    summary = go(folder)
    out = folder.parent / "out"
    assert [grade.points for grade in summary.grades] == [4] * 5
    assert not summary.unread
    rows = rows_of((out / "grades.csv").read_text("utf-8-sig"))
    assert [row["student"] for row in rows] == list("abcde")
    document = Document((out / "index.html").read_text("utf-8"))
    assert sorted(document.links) == sorted(student_path(grade) for grade in summary.grades)
    assert all((out / link).is_file() for link in document.links)
    assert len(list(out.glob("gradescope/*/results.json"))) == 5
    assert (out / "canvas_04_em.csv").is_file()
    assert (out / "moodle_04_em.csv").is_file()
    ElementTree.parse(out / "junit.xml")
    told = [event for event in Journal(out / "journal.jsonl").events() if event["event"] == "mark"]
    assert len(told) == 5 * len(TASKS)


def test_processes_give_what_one_gives(folder):
    go(folder)
    alone = marks_in(folder.parent / "out")
    grade_folder(folder, settings(folder.parent / "two"), 2, quiet=True)
    assert marks_in(folder.parent / "two") == alone
    assert len(alone) == 5


def test_resume_asks_nothing_twice(folder):
    go(folder)
    assert len(asked(folder)) == 5 * len(TASKS)
    assert not go(folder, resume=True).changes
    assert not asked(folder)


def test_without_resume_everything_is_asked_anew(folder):
    go(folder)
    asked(folder)
    go(folder)
    assert len(asked(folder)) == 5 * len(TASKS)


def test_resume_asks_what_was_handed_in_again(folder):
    go(folder)
    asked(folder)
    handed_in = json.loads(folder.read_text()) | {"b": {"e_step": 4, "m_step": 4}}
    folder.write_text(json.dumps(handed_in))
    summary = go(folder, resume=True)
    assert {line.split()[0] for line in asked(folder)} == {"b"}
    assert summary.changes == ["b gains 4: m_step 0 → 4"]


def test_another_seed_gives_all_marks_anew(folder):
    go(folder)
    asked(folder)
    go(folder, resume=True, seed=b"another")
    assert len(asked(folder)) == 5 * len(TASKS)


def test_regrading_touches_what_changed_and_tells_who_gains_and_loses(folder, monkeypatch):
    folder.write_text(json.dumps({"a": {"e_step": 4}, "b": {"e_step": 1}, "c": {"log_sum_exp": 2}}))
    go(folder)
    asked(folder)
    monkeypatch.setitem(CHECKS, "e_step", replace(CHECKS["e_step"], points=3, expected="something else"))
    summary = go(folder, resume=True)
    assert sorted(asked(folder)) == ["a e_step", "b e_step", "c e_step"]
    assert summary.changes == ["a loses 1: e_step 4 → 3"]
    index = Document((folder.parent / "out" / "index.html").read_text("utf-8")).text
    assert "Changed since the last run" in index
    assert "a loses 1" in index


def test_a_regrading_that_was_interrupted_still_tells_who_gains(folder, monkeypatch):
    folder.write_text(json.dumps({"culprit": {"e_step": 1, "responsibilities_1d": 1}}))
    go(folder)
    folder.write_text(json.dumps({"culprit": {"e_step": 3, "responsibilities_1d": 1}}))
    assert go(folder, resume=True, grade=grade_or_raise).unread
    assert go(folder, resume=True).changes == ["culprit gains 2: e_step 1 → 3"]


def test_a_fault_of_the_grader_costs_nobody_else_and_is_tried_again(folder):
    folder.write_text(json.dumps({"a": {"e_step": 4}, "culprit": {"e_step": 4}, "z": {"e_step": 4}}))
    first = go(folder, grade=grade_or_raise)
    assert [grade.student for grade in first.grades] == ["culprit", "a", "z"]  # no points, and told first
    assert exports.points_of(first.grades[0]) is None
    assert "a fault of the grader" in first.grades[0].notes[0]
    asked(folder)
    second = go(folder, resume=True)
    assert [grade.points for grade in second.grades] == [4, 5, 4]  # the mark from before the fault stays
    assert {line.split()[0] for line in asked(folder)} == {"culprit"}


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_submission_that_ends_its_process_is_known_by_name(folder):
    folder.write_text(json.dumps({name: {"e_step": 4} for name in ("a", "b", "killer", "x", "y", "z")}))
    summary = go(folder, jobs=2, grade=grade_or_die)
    assert {grade.student: grade.status for grade in summary.grades} == {
        **dict.fromkeys("abxyz", "ok"),
        "killer": "unreadable",
    }
    assert [grade.points for grade in summary.grades if grade.student != "killer"] == [4] * 5


def test_unreadable_submissions_come_first_and_stop_nobody(folder, monkeypatch):
    bad = submission("zed", cells=(), lesson=None, problem="it is no JSON.")
    monkeypatch.setattr(run, "read_submissions", lambda path, lesson=None: iter([*read_fake(path), bad]))
    summary = go(folder)
    assert [grade.student for grade in summary.grades] == ["zed", *"abcde"]
    assert [grade.student for grade in summary.unread] == ["zed"]


def test_who_is_not_marked_yet_is_told_first_and_has_no_points(folder):
    go(folder)
    out = folder.parent / "out"
    missing, begun, *_ = sorted(out.glob("results/*.json"))
    missing.unlink()
    result = load(begun)
    result.finished = False
    save(begun, result)
    grades = publish(out).grades
    assert [grade.student for grade in grades] == list("abcde")
    assert [exports.points_of(grade) for grade in grades] == [None, None, 4, 4, 4]
    assert all("Not marked to the end" in grade.notes[0] for grade in grades[:2])
    assert [row["04_em"] for row in rows_of((out / "canvas_04_em.csv").read_text())[1:]] == [
        "",
        "4",
        "4",
        "4",
    ]


def test_a_spoilt_result_is_made_anew(folder):
    go(folder)
    asked(folder)
    next((folder.parent / "out").glob("results/a-*.json")).write_text("{")
    assert [grade.points for grade in go(folder, resume=True).grades] == [4] * 5
    assert {line.split()[0] for line in asked(folder)} == {"a"}


def test_results_of_earlier_submissions_are_not_published(folder):
    go(folder)
    out = folder.parent / "out"
    (out / "canvas_01_kmeans.csv").write_text("from another class")
    folder.write_text(json.dumps({"a": {}}))
    (grade,) = go(folder).grades
    assert grade.student == "a"
    assert [path.relative_to(out).as_posix() for path in out.glob("students/*")] == [student_path(grade)]
    assert len(list(out.glob("gradescope/*"))) == 1
    assert sorted(path.name for path in out.glob("*_*_*.csv")) == ["canvas_04_em.csv", "moodle_04_em.csv"]


def test_only_what_a_run_can_have_written_is_removed(folder, tmp_path):
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
def test_a_folder_with_a_spoilt_list_of_submissions_holds_no_run(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(NothingToPublish):
        publish(tmp_path)


def test_which_of_several_notebooks_counts_is_for_a_person_to_say(folder, monkeypatch):
    made = [
        submission("ada"),
        submission("ada (2)", source="ada/again.ipynb", owner="ada"),
        submission("ada (3)", source="ada/kmeans.ipynb", lesson="01_kmeans", owner="ada"),
        submission("ben"),
        submission("ben (2)", source="ben/x.ipynb", cells=(), lesson=None, problem="no JSON.", owner="ben"),
        submission("eve"),
    ]
    monkeypatch.setattr(run, "read_submissions", lambda path, lesson=None: iter(made))
    summary = go(folder)
    told = {remark.split(" handed in ")[0]: remark for remark in summary.remarks}
    assert told.keys() == {"ada", "ben"}
    assert "ada/04_em.ipynb, ada/again.ipynb: which one counts?" in told["ada"]
    out = folder.parent / "out"
    names = [row["SIS Login ID"] for row in rows_of((out / "canvas_04_em.csv").read_text())]
    assert names == ["", "eve"]
    assert len(rows_of((out / "grades.csv").read_text("utf-8-sig"))) == len(made)
    assert told["ada"].replace("`", "") in Document((out / "index.html").read_text("utf-8")).text


def undefined(*inputs):
    return nothing_of_this_name  # noqa: F821


@pytest.mark.parametrize("reference", [undefined, lambda *inputs: None])
def test_nobody_is_marked_by_a_check_that_is_wrong(folder, monkeypatch, reference):
    monkeypatch.setitem(CHECKS, TASKS[0].name, replace(TASKS[0], reference=reference))
    with pytest.raises(CannotGrade, match=TASKS[0].name):
        go(folder)
    assert not asked(folder)


def cases_of(*args):
    return lambda rng: [Case("all of it", args)]


@pytest.mark.parametrize(
    ("cases", "fault"),
    [
        (lambda rng: [], "no cases"),
        (cases_of([1.0, 2.0]), "list is not plain"),
        (cases_of({1: 2.0}), "keys that are not text"),
        (cases_of(np.array(["a", "b"])), "could not convert"),
        (cases_of(np.zeros(3_000_000)), "do not arrive"),
        (cases_of(np.zeros(3)), None),
    ],
)
def test_a_check_that_cannot_be_asked_is_found(cases, fault):
    told = fault_in(Check("my_own", "04_em", 2, lambda *args: 1.0, cases=cases), b"seed")
    assert told is None if fault is None else fault in told


@pytest.mark.parametrize("out", [".", "in", "in/out"])
def test_results_do_not_lie_among_submissions(tmp_path, out):
    (tmp_path / "in").mkdir()
    submissions = tmp_path if out == "." else tmp_path / "in"
    with pytest.raises(CannotGrade, match="among the submissions"):
        run.check_places(submissions, tmp_path / out)


def test_a_notebook_of_another_lesson_has_blanks_and_no_row_by_hand(folder):
    def grade(submission, sandbox, seed, on_mark, done):
        marks = [Mark("e_step", 0, 4, "missing"), Mark("why", 0, 3, "by hand")]
        return Grade(submission.student, "04_em", submission.source, "missing", marks, {"why": ""})

    go(folder, grade=grade)
    row, *_ = rows_of((folder.parent / "out" / "grades.csv").read_text("utf-8-sig"))
    assert (row["points"], row["e_step"], row["e_step: status"]) == ("", "", "missing")
    assert not (folder.parent / "out" / "by_hand.csv").exists()


def test_a_folder_without_notebooks_is_refused(folder):
    folder.write_text("{}")
    with pytest.raises(CannotGrade, match="no notebooks were found"):
        go(folder)


@pytest.mark.skipif(run.fcntl is None, reason="no locks of this kind")
def test_two_runs_do_not_write_into_one_folder(folder):
    with only_run_in(folder.parent / "out"), pytest.raises(CannotGrade, match="another run"):
        go(folder)
    go(folder)


def test_the_seed_is_secret_and_stays(tmp_path):
    seed = seed_from(tmp_path / "seed")
    assert len(seed) == 32
    assert seed_from(tmp_path / "seed") == seed != seed_from(tmp_path / "other")
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "seed").stat().st_mode) == 0o600
    (tmp_path / "empty").touch()
    with pytest.raises(CannotGrade, match="is empty"):
        seed_from(tmp_path / "empty")


def test_lessons_are_known_by_number_and_name():
    assert full_name("4") == full_name("04") == full_name("04_em") == "04_em"
    assert full_name(None) is None
    with pytest.raises(CannotGrade, match="there is no lesson"):
        full_name("99")


# ── Checks of one's own ──────────────────────────────────────────────────────────────────────────────

EXTRA = "from mlcourse.checks import Check\nCHECKS = (Check('{name}', '4', 2, lambda: 1.0),)"


@pytest.mark.parametrize("jobs", [0, 1])
def test_checks_of_ones_own_are_asked_too(folder, monkeypatch, jobs):
    monkeypatch.setattr("mlcourse.checks.bank.CHECKS", CHECKS)
    extra = folder.parent / "extra"
    extra.mkdir()
    (extra / "mine.py").write_text(EXTRA.format(name="my_own"))
    folder.write_text(json.dumps({"a": {"my_own": 2}}))
    try:
        (grade,) = go(folder, jobs=jobs, extra_checks=extra).grades
    finally:
        CHECKS.pop("my_own", None)
    assert {mark.task: mark.points for mark in grade.marks}["my_own"] == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (EXTRA.format(name="e_step"), "already"),
        (EXTRA.format(name="my_own").replace("'4'", "'99'"), "belongs to '99'; choose one of 01_kmeans"),
        (EXTRA.format(name="a b"), "called like a function"),
        (EXTRA.format(name="my_own").replace("2,", "'2',"), "number above 0"),
        (EXTRA.format(name="my_own").replace("1.0", "1.0, mistakes=1"), "needs tuples"),
        (EXTRA.format(name="my_own").replace("1.0", "1.0, mistakes=('a', 2, 'b')"), "no `Mistake`"),
        (EXTRA.format(name="defend_my_choice").replace("'4'", "'12'"), "open question"),
        (EXTRA.format(name="my_own").replace("'4'", "None"), "belongs to None"),
        ("raise SystemExit(2)", "mine.py, line 1: SystemExit"),
        ("CHECKS = ()", "holds no .py file"),
        ("CHECKS = (1,)", "must hold"),
        ("CHECKS = 1", "must hold"),
        ("x = 1\ny = x.nothing", "mine.py, line 2: AttributeError"),
        ("x = 1\ny = (", "mine.py, line 2: SyntaxError"),
    ],
)
def test_checks_that_cannot_be_used_are_refused(tmp_path, source, message):
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(ExtraCheckError, match=message):
        add_extra_checks(tmp_path)


# ── Marks by hand ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def with_open_question(folder, monkeypatch):
    """A class of two with an open question; returns its folder of results."""

    def grade(submission, sandbox, seed, on_mark, done):
        return replace(good_grade(submission.student), source=submission.source)

    folder.write_text(json.dumps({"a": {}, "=b": {}}))
    go(folder, grade=grade)
    return folder.parent / "out"


def enter(out, points: dict[str, str], separator=","):
    """Fill in the table as a spreadsheet would."""
    rows = rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
    for row in rows:
        row["points"] = points.get(row["student"].lstrip("'"), row["points"])
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    (out / "by_hand.csv").write_text(text.getvalue(), "utf-8-sig")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_points_given_by_hand_count_and_are_kept(with_open_question, separator):
    out = with_open_question
    enter(out, {"a": "2,5", "=b": "0"}, separator)
    for _ in range(2):
        grades = {grade.student: grade for grade in publish(out).grades}
        assert grades["a"].points == 6.5
        assert exports.waiting(grades["a"]) == exports.waiting(grades["=b"]) == 0
        rows = {
            row["student"].lstrip("'"): row["points"]
            for row in rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
        }
        assert rows == {"a": "2,5", "=b": "0"}
    assert "6.5" in (out / "canvas_04_em.csv").read_text()


def test_an_older_spreadsheets_letters_are_read(with_open_question):
    table = with_open_question / "by_hand.csv"
    rows = table.read_text("utf-8-sig").replace("because", "weil es schön ist")
    table.write_text(rows.replace('"","', '"3","', 1), "cp1252")
    assert sorted(grade.points for grade in publish(with_open_question).grades) == [4, 7]


def add_row(out, **cells):
    rows = rows_of((out / "by_hand.csv").read_text("utf-8-sig"))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), restval="")
    writer.writeheader()
    writer.writerows([*rows, cells])
    (out / "by_hand.csv").write_text(text.getvalue(), "utf-8")


def test_a_person_overrules_a_check(with_open_question):
    add_row(with_open_question, student="a", file="a/04_em.ipynb", task="e_step", points="1.5")
    for _ in range(2):
        grades = {grade.student: grade for grade in publish(with_open_question).grades}
        assert (grades["a"].points, grades["=b"].points) == (1.5, 4)
        (mark, *_) = grades["a"].marks
        assert mark.status == "by hand"
        assert mark.message.startswith("marked by a person; the check said right")
        rows = rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
        assert [(row["task"], row["points"]) for row in rows] == [("why", ""), ("why", ""), ("e_step", "1.5")]


@pytest.mark.parametrize(
    ("words", "points"), [(("2", ""), 6), (("", "2"), 6), (("2", "2"), 6), (("2", "1"), None)]
)
def test_a_row_that_stands_twice(with_open_question, words, points):
    enter(with_open_question, {"a": words[0]})
    (row,) = (
        one
        for one in rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
        if one["student"] == "a"
    )
    add_row(with_open_question, **{**row, "points": words[1]})
    if points is None:
        with pytest.raises(HandTableError, match="has both 2 and 1 for a, why"):
            publish(with_open_question)
    else:
        assert {grade.student: grade.points for grade in publish(with_open_question).grades}["a"] == points


def test_a_person_may_give_points_where_no_check_could(folder):
    def grade(submission, sandbox, seed, on_mark, done):
        marks = [Mark("e_step", 0, 4, "missing"), Mark("why", 0, 3, "by hand")]
        return Grade(submission.student, "04_em", submission.source, "missing", marks, {"why": "because"})

    folder.write_text(json.dumps({"a": {}}))
    go(folder, grade=grade)
    out = folder.parent / "out"
    enter(out, {"a": "2"})
    (grade,) = publish(out).grades
    assert (grade.status, exports.points_of(grade)) == ("ok", 2)
    assert '"a",,' not in (out / "canvas_04_em.csv").read_text()


def test_points_of_a_second_notebook_follow_its_file(with_open_question, monkeypatch):
    def run_with(*made):
        monkeypatch.setattr(run, "read_submissions", lambda path, lesson=None: iter(made))
        return go(with_open_question.parent / "class.json", grade=grade)

    def grade(submission, sandbox, seed, on_mark, done):
        return replace(good_grade(submission.student), source=submission.source)

    run_with(submission("ada"), submission("ada (2)", source="ada/2.ipynb", owner="ada"))
    enter(with_open_question, {"ada": "1"})
    rows = (with_open_question / "by_hand.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 3
    second = run_with(submission("ada", source="ada/2.ipynb"))
    assert [exports.waiting(grade) for grade in second.grades] == [0]


def test_points_for_another_text_are_kept_and_not_counted(with_open_question, folder):
    enter(with_open_question, {"a": "3"})

    def grade(submission, sandbox, seed, on_mark, done):
        changed = replace(good_grade(submission.student), open_answers={"why": "I have thought again"})
        return replace(changed, source=submission.source)

    summary = go(folder, grade=grade)
    assert [exports.waiting(grade) for grade in summary.grades] == [3, 3]
    assert summary.remarks == [
        "by_hand.csv has points that are not counted, since the answer has changed or nothing here is called so"
        " (a, why: 3)."
    ]
    rows = rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
    assert [row["points"] for row in rows] == ["", "", "3"]


@pytest.mark.parametrize("text", NASTY)
def test_what_was_entered_stays_whoever_it_is_for(tmp_path, text):
    path = tmp_path / "by_hand.csv"
    entered = {byhand.key_of(text, text, "why"): "2"}
    for _ in range(3):
        byhand.write_table(path, {}, entered)
        once, entered = entered, byhand.read_points(path)
    assert list(entered.values()) == ["2"]
    assert entered == once


@pytest.mark.parametrize("word", ["four", "-1", "3.5", "nan", "inf"])
def test_a_word_that_is_no_points_is_refused_and_kept(with_open_question, word):
    enter(with_open_question, {"a": word})
    before = (with_open_question / "by_hand.csv").read_bytes()
    with pytest.raises(HandTableError, match="is not a number from 0 to 3"):
        publish(with_open_question)
    assert (with_open_question / "by_hand.csv").read_bytes() == before


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "student\n\xe9".encode("latin-1"), b"", b"a,b\n1,2\n"])
def test_a_spoilt_table_is_not_overwritten(with_open_question, content):
    path = with_open_question / "by_hand.csv"
    path.write_bytes(content)
    if content:
        with pytest.raises(HandTableError):
            publish(with_open_question)
        assert path.read_bytes() == content


def test_points_of_a_student_who_is_gone_are_kept(with_open_question, folder):
    enter(with_open_question, {"a": "1"})
    folder.write_text(json.dumps({"z": {}}))
    go(folder)
    assert "a" in [
        row["student"] for row in rows_of((with_open_question / "by_hand.csv").read_text("utf-8-sig"))
    ]


def test_there_is_nothing_to_publish_before_a_run(tmp_path):
    with pytest.raises(NothingToPublish, match="SUBMISSIONS"):
        publish(tmp_path)


# ── Killed at any moment ─────────────────────────────────────────────────────────────────────────────


def start(how, folder, out, log):
    """The stand-in as a program that can be killed."""
    environment = {**os.environ, "FAKE_LOG": str(log), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, HERE / "grading_fakes.py", how, folder, out]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([str(word) for word in command], env=environment, cwd=HERE, **pipes)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def wait_until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.002)
    assert true()


def made_up_class(path, n):
    answers = {check.name: check.points for check in TASKS}
    path.write_text(json.dumps({f"s{number:03d}": answers | {"e_step": number % 5} for number in range(n)}))
    return path


def lines_of(log: Path) -> list[str]:
    return [line.split(" ask ")[1] for line in log.read_text().splitlines()]


@pytest.mark.skipif(sys.platform != "linux", reason="forks a process in which libraries are loaded")
def test_killed_at_twenty_moments_a_run_loses_no_mark(tmp_path):
    rng, log = random.Random(6), tmp_path / "asked.txt"
    source, out = made_up_class(tmp_path / "class.json", 60), tmp_path / "out"
    with start("when told", source, out, log) as grader:

        def go_on() -> int:
            print("go", file=grader.stdin, flush=True)
            return int(grader.stdout.readline())

        for _ in range(20):
            before, process = size(log), go_on()
            wait_until(lambda: size(log) > before)  # noqa: B023
            time.sleep(rng.uniform(0, 0.2))
            os.kill(process, signal.SIGKILL)
            assert int(grader.stdout.readline()) == signal.SIGKILL
        go_on()
        assert int(grader.stdout.readline()) == 0

    earned = {check.name: check.points for check in TASKS}
    given = marks_in(out)
    assert len(given) == 60
    for marks in given.values():
        assert {task: points for task, points, *_ in marks} | {"e_step": 4} == earned
    assert (
        sum(points for marks in given.values() for task, points, *_ in marks if task == "e_step") == 12 * 10
    )
    lines = lines_of(log)
    assert len(set(lines)) == 60 * len(TASKS)
    assert len(lines) - len(set(lines)) <= 20  # only the check that was being asked is asked again


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_processes_end_with_the_one_that_started_them(tmp_path):
    log = tmp_path / "asked.txt"
    grader = start("in processes", made_up_class(tmp_path / "class.json", 200), tmp_path / "out", log)
    wait_until(lambda: size(log) > 2000)
    grader.kill()
    grader.communicate()
    workers = {int(line.split()[0]) for line in log.read_text().splitlines()}
    assert len(workers) == 2
    wait_until(lambda: not any(map(alive, workers)), 30)


# ── Answers that look alike ──────────────────────────────────────────────────────────────────────────


def cells_of_notebook(path) -> tuple[Cell, ...]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return tuple(Cell(cell["cell_type"], "".join(cell["source"])) for cell in cells)


HANDED_OUT = cells_of_notebook(HERE.parent / "exercises" / "04_em.ipynb")


def written(name: str, *sources: str) -> Submission:
    """A submission with these cells after those that were handed out."""
    own = tuple(Cell("code", source) for source in sources)
    return Submission(name, f"{name}.ipynb", HANDED_OUT + own, "04_em")


def variant(place: int) -> list[str]:
    """Right answers, each time written in another way."""
    answers = [variants[place % len(variants)] for variants in correct_answers_04.VARIANTS.values()]
    return [inspect.getsource(answer) for answer in answers if callable(answer)]


class Rename(ast.NodeTransformer):
    """What a copier does: other names."""

    def visit_Name(self, node):
        if not hasattr(builtins, node.id):
            node.id = f"my_{node.id}"
        return node

    def visit_arg(self, node):
        node.arg = f"my_{node.arg}"
        return node


def disguised(source: str) -> str:
    """The same program with other names, layout and comments."""
    return "# my own work\n" + ast.unparse(Rename().visit(ast.parse(source))).replace("\n", "  # so\n")


def test_a_disguised_copy_is_found_and_independent_work_is_not():
    original = variant(0)
    copied = [disguised(source) for source in reversed(original)]
    others = [written("bob", *variant(1)), written("eve"), Submission("sol", "s", solution(), "04_em")]
    (pair,) = similar([written("ada", *original), *others, written("mallory", *copied)], HANDED_OUT)
    assert (pair.one, pair.other) == (0, 4)
    assert pair.alike > 0.95
    assert pair.verbatim < 0.3
    mine, theirs = pair.passages[0]
    assert mine in original
    assert theirs in copied
    assert disguised(mine) == theirs


def solution() -> tuple[Cell, ...]:
    return cells_of_notebook(HERE.parent / "solutions" / "04_em.ipynb")


def test_what_was_handed_out_is_nobodys_own():
    assert not similar([written("a"), written("b")], HANDED_OUT)


def test_what_everyone_wrote_says_little():
    everyone = [written(str(number), *variant(0)[:3]) for number in range(12)]
    assert similar(everyone[:2], HANDED_OUT)
    assert not similar(everyone, HANDED_OUT)


def test_the_same_work_throughout_is_found_however_many_handed_it_in():
    everyone = [written(str(number), *variant(0)) for number in range(12)]
    assert len(similar(everyone, HANDED_OUT)) == 12 * 11 / 2


@pytest.mark.parametrize("copies", [1, 12])
def test_copies_of_the_published_solution_are_found_however_many(copies):
    """Those of which parts were cut out, too; and work of one's own is not taken for a copy."""
    part = tuple(cell for cell in solution() if cell.kind == "code")[: len(solution()) // 3]
    copied = [Submission(f"copy {number}", "x", HANDED_OUT + part, "04_em") for number in range(copies)]
    class_ = [written("ada", *variant(0)), written("bob", *variant(1)), *copied]
    published = Submission("published", "s", solution(), "04_em")
    pairs = similar([*class_, published], HANDED_OUT, published=1)
    of_it = {pair.one for pair in pairs if pair.other == len(class_)}
    assert of_it == {*range(2, len(class_))}


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "1 + " * 4000 + "1",
        "x = [" * 30 + "]" * 30,
        "".join("  " * depth + "if x:\n" for depth in range(90)),
        "not python at all :",
        "nul\0byte",
        "half = '\udcff'",
        "%matplotlib inline\n!rm -rf /\nx = 1",
        "x" * 200_000,
        "",
    ],
    ids=range(11),
)
def test_any_text_may_be_compared(source):
    assert isinstance(shapes(source), frozenset)
    similar([written("a", source), written("b", source)], HANDED_OUT)


def test_comparing_runs_nothing(tmp_path):
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n" * 10
    similar([written("a", trap), written("b", trap)], HANDED_OUT)
    assert not list(tmp_path.iterdir())


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def command(folder, monkeypatch):
    """`mlcourse WORDS` with the stand-in; returns the exit code."""
    fakes = {"grade": fake_grade, "choose": no_sandbox}
    monkeypatch.setattr(commands, "Settings", lambda **options: Settings(**options, **fakes))
    return lambda *words: cli.main([str(word) for word in words])


def test_grade_says_where_to_look(command, folder, capsys):
    out = folder.parent / "out"
    assert command("grade", folder, "-o", out, "-j", "0") == 0
    assert f"5 of 5 graded: {out / 'index.html'}" in capsys.readouterr().out
    assert (out / "seed").stat().st_size == 32
    folder.write_text(folder.read_text().replace("boo", "BOO").replace('"e_step": 4', '"e_step": 3', 1))
    assert command("grade", folder, "-o", out, "-j", "0", "--resume") == 0
    assert "a loses 1: e_step 4 → 3" in capsys.readouterr().out
    assert command("report", out) == 0
    assert "5 of 5 graded" in capsys.readouterr().out


def test_the_exit_code_tells_that_some_could_not_be_read(command, folder, monkeypatch, capsys):
    bad = submission("\x1b[31mzed", cells=(), lesson=None, problem="it is no JSON.")
    monkeypatch.setattr(run, "read_submissions", lambda path, lesson=None: iter([*read_fake(path), bad]))
    assert command("grade", folder, "-o", folder.parent / "out", "-j", "0") == 3
    first = capsys.readouterr().out.splitlines()[0]
    assert first == r"could not be graded: \x1b[31mzed (\x1b[31mzed/04_em.ipynb): it is no JSON."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["grade", "nowhere", "-o", "OUT"], "nowhere does not exist"),
        (["grade", "HERE", "-o", "OUT", "--lesson", "99"], "there is no lesson '99'"),
        (["grade", "HERE", "-o", "OUT", "--extra-checks", "OUT"], "--extra-checks"),
        (["report", "OUT"], "holds no graded submissions"),
        (["similarity", "nowhere"], "nowhere does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(command, folder, tmp_path, capsys, words, message):
    places = {"HERE": folder, "OUT": tmp_path / "out"}
    assert command(*(places.get(word, word) for word in words)) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"mlcourse {words[0]}: ")
    assert message in told


def test_no_sandbox_is_a_sentence_too(folder, monkeypatch, capsys):
    monkeypatch.setattr(
        commands, "Settings", lambda **options: Settings(**options, grade=fake_grade, choose=refuse_all)
    )
    for jobs in ("0", "1"):
        assert cli.main(["grade", str(folder), "-o", str(folder.parent / "out"), "-j", jobs]) == 1
        assert "grade: nothing here holds strangers' code" in capsys.readouterr().err


def test_similarity_writes_a_page(tmp_path, capsys):
    answers = {f"task {number}": source for number, source in enumerate(variant(0))}
    for name in ("<b>ada", "mallory"):
        notebook = with_answers({})
        for source in answers.values():
            text = source if name == "<b>ada" else disguised(source)
            notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": text, "outputs": []})
        path = tmp_path / "class" / name / "04_em.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(as_file(notebook))
    page = tmp_path / "alike.html"
    assert cli.main(["similarity", str(tmp_path / "class"), "-o", str(page)]) == 0
    assert "100%  <b>ada  ~  mallory  (04_em)" in capsys.readouterr().out
    document = Document(page.read_text("utf-8"))
    assert "<b>ada and mallory" in document.text
    assert set(document.tags) <= TAGS


# ── Everything together, in a real sandbox ───────────────────────────────────────────────────────────


def test_a_made_up_class_earns_what_it_must(tmp_path, capsys):
    try:
        choose().close()
    except NoSandbox as reason:
        pytest.skip(str(reason))
    made = students(10, seed=0)
    assert {one.kind for one in made} == {"right", "partly right", "wrong", "broken"}
    write_submissions(tmp_path / "class", made)
    words = ["grade", tmp_path / "class", "-o", tmp_path / "out", "-j", "2"]
    code = cli.main([str(word) for word in words])
    assert code == (3 if any(one.points is None for one in made) else 0)
    assert_earned(made, publish(tmp_path / "out").grades)
    before = marks_in(tmp_path / "out")
    assert cli.main([*(str(word) for word in words), "--resume"]) == code
    assert marks_in(tmp_path / "out") == before


# ── The guide ────────────────────────────────────────────────────────────────────────────────────────

GUIDE = (HERE.parent / "docs" / "grading.md").read_text("utf-8")


def test_the_guide_tells_every_option_and_no_other():
    parsers = (commands.grade_parser(), commands.similarity_parser())
    there = {name for parser in parsers for action in parser._actions for name in action.option_strings}
    prose = re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL)
    commands_ = " ".join(re.findall(r"`[^`]+`|^    .*$", prose, re.MULTILINE))
    told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", commands_))
    assert told >= there - {"-h", "--help", "--jobs", "--out"}
    assert told <= there


def test_the_guide_tells_every_file_that_a_run_leaves(folder):
    go(folder)
    seed_from(folder.parent / "out" / "seed")
    for path in (folder.parent / "out").iterdir():
        assert f"`{path.name}" in GUIDE, path.name


def test_the_guide_tells_every_status():
    statuses = {*get_args(MarkStatus), *get_args(GradeStatus)}
    section = GUIDE.split("## Statuses")[1].split("\n## ")[0]
    assert not [status for status in statuses if status not in section]


def test_the_guide_tells_the_limits_as_they_are():
    limits = Limits()
    section = " ".join(GUIDE.split("## What the sandbox withstands, and what it does not")[1].split())
    assert limits.memory == 2e9
    assert "two gigabytes of memory" in section
    assert f"{limits.disk / 1e6:.0f} MB of disk" in section
    assert f"{limits.cell:.0f} seconds for a cell, {limits.call:.0f} for one call of an answer" in section
    assert f"{limits.total:.0f} for the whole notebook" in section


def test_the_guides_check_of_ones_own_works(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "mine.py").write_text(example)
    try:
        (check,) = add_extra_checks(tmp_path)
    finally:
        CHECKS.pop("scatter", None)
    assert check.lesson == "04_em"
    assert fault_in(check, b"seed") is None
    verdict = examine(check, check.mistakes[0].answer)
    assert verdict.mistake == "not centred"
    assert "Hint" not in verdict.message


def test_the_guides_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        file, _, anchor = target.partition("#")
        if file.startswith("https:"):
            continue
        text = (HERE.parent / "docs" / file).read_text("utf-8") if file else GUIDE
        anchors = {re.sub(r"[^\w -]", "", line).strip().replace(" ", "-").lower() for line in headings(text)}
        assert not anchor or anchor in anchors, target


def headings(text: str) -> list[str]:
    return [line.lstrip("# ") for line in text.splitlines() if line.startswith("#")]


# ── nbgrader ─────────────────────────────────────────────────────────────────────────────────────────


def nbgrader(folder: Path, *words: str) -> str:
    """What one of nbgrader's commands says."""
    pytest.importorskip("nbgrader")
    # It starts programs of its environment by name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_exercise_is_a_valid_assignment_of_nbgrader(tmp_path):
    source = tmp_path / "source" / "em" / "04_em.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes((HERE.parent / "solutions" / "04_em.ipynb").read_bytes())
    nbgrader(tmp_path, "generate_assignment", "em", "--create", "--force")
    cells = json.loads((tmp_path / "release" / "em" / "04_em.ipynb").read_text("utf-8"))["cells"]
    graded = {cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if cell["metadata"].get("nbgrader")}
    assert {f"check_{check.name}" for check in TASKS} <= graded
    assert "BEGIN SOLUTION" not in json.dumps(cells)


def test_a_solution_is_valid_for_nbgrader(tmp_path):
    assert "Success" in nbgrader(tmp_path, "validate", str(HERE.parent / "solutions" / "04_em.ipynb"))


def test_a_check_is_what_the_fakes_say():
    """The stand-in marks the tasks of the real lesson."""
    assert all(isinstance(check, Check) for check in TASKS)
    assert all(isinstance(mistake, Mistake) for check in TASKS for mistake in check.mistakes)


def test_names_of_results_are_those_of_pages():
    one = submission("ada")
    grade = Grade("ada", "04_em", one.source, "ok")
    assert student_path(grade) == f"students/{name_of(one)}.html"
