"""Requests to look at a mark again: they are found, marked again, and answered."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report import regrade
from mlcourse.grading.report.byhand import Entry, Row, table_key, write_rows
from mlcourse.grading.report.publish import publish
from mlcourse.grading.report.regrade import Notebook
from tests.helpers.courses import CATALOGUE
from tests.helpers.fake_grading import go

E_STEP, M_STEP = (CATALOGUE.title(name) for name in ("e_step", "m_step"))
HEADER = "student,lesson or file,task,reason\n"
NOTEBOOKS = [
    Notebook("ada-1", "ada", "ada", "ada/04.ipynb", "04_em", ("e_step", "m_step")),
    Notebook("ada-2", "ada (2)", "ada", "ada/new.ipynb", "04_em", ("e_step", "m_step")),
    Notebook("zoé", "Zoé", "Zoé", "zoé/02.ipynb", "02_limits", ("where_it_fails",)),
]


def ask(out: Path, *rows: str) -> None:
    out.mkdir(exist_ok=True)
    (out / regrade.REQUESTS).write_text(HEADER + "\n".join(rows) + "\n")


def marked(folder: Path) -> list[str]:
    """What was marked since the last call, without the number of the process."""
    log = folder.parent / "marked.txt"
    lines = [line.split(" ", 1)[1] for line in log.read_text().splitlines()] if log.exists() else []
    log.write_text("")
    return lines


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("ada,ada/new.ipynb,e_step,x", "ada-2"),
        ("ADA,04.ipynb,e_step,x", "ada-1"),
        ("ada (2),,m_step,x", "ada-2"),
        ("Zoe\u0301,2,where_it_fails,x", "zoé"),
        ("'zoé,02_limits,where_it_fails,x", "zoé"),
    ],
)
def test_a_request_finds_its_mark(tmp_path: Path, row: str, name: str) -> None:
    ask(tmp_path, row, ",,,")
    (request,), problems = regrade.find_requested(
        regrade.read_requests(tmp_path / regrade.REQUESTS), NOTEBOOKS
    )
    assert (request.name, request.reason, problems) == (name, "x", [])


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("adda,04,e_step,x", "row 3: there is no student 'adda'. Did you mean ada?"),
        ("zoé,04,e_step,x", "row 3: zoé has handed in nothing for '04'; write zoé/02.ipynb."),
        ("ada,04.ipynb,estep,x", "row 3: there is no task 'estep' in ada/04.ipynb. Did you mean e_step?"),
        ("ada,04,e_step,x", "row 3: ada has several notebooks with e_step: name the file, ada/04.ipynb or"),
    ],
)
def test_a_request_about_nothing_names_its_row(tmp_path: Path, row: str, problem: str) -> None:
    ask(tmp_path, ",,,", row)
    _, (sentence,) = regrade.find_requested(regrade.read_requests(tmp_path / regrade.REQUESTS), NOTEBOOKS)
    assert problem in sentence


def test_requested_tasks_are_marked_again(folder: Path) -> None:
    go(folder)
    marked(folder)
    ask(folder.parent / "out", "b,04,e_step,really?", "b,04,m_step,sure?", "c,,e_step,hm")
    go(folder, resume=True)
    assert sorted(marked(folder)) == ["mark b e_step", "mark b m_step", "mark c e_step"]


def test_a_wrong_request_stops_a_run_before_marking(folder: Path) -> None:
    ask(folder.parent / "out", "nobody,04,e_step,x", "a,04,nothing,x")
    with pytest.raises(
        SheetError, match=r"row 2: there is no student 'nobody'(.|\n)*row 3: there is no task"
    ):
        go(folder)
    assert marked(folder) == []


def test_a_request_of_a_student_who_left_is_listed(folder: Path) -> None:
    go(folder)
    ask(folder.parent / "out", "nobody,04,e_step,x")
    assert "row 2: there is no student 'nobody'" in publish(folder.parent / "out").remarks[0]


def test_the_index_says_what_came_of_a_request(folder: Path) -> None:
    out = folder.parent / "out"
    go(folder)
    ask(out, "a,04,e_step,<b>why</b>", "b,04,e_step,I & mine", "c,04,m_step,please")
    publish(out)
    key = table_key("a", "a/04_em.ipynb", "e_step")
    other = table_key("b", "b/04_em.ipynb", "e_step")
    write_rows(out / "by_hand.csv", {key: Row(4, Entry("3")), other: Row(4, Entry("", "It is right."))})
    publish(out)
    index = (out / "index.html").read_text()
    assert f"a on {E_STEP}: “&lt;b&gt;why&lt;/b&gt;” – 4 points → 3 points." in index
    assert f"b on {E_STEP}: “I &amp; mine” – still 4 points. “It is right.”" in index
    assert f"c on {M_STEP}: “please” – not answered yet." in index


def test_a_request_names_student_and_task_as_people_do(folder: Path) -> None:
    out = folder.parent / "out"
    go(folder)
    (out / "class.csv").write_text("name,login\nAda Lovelace,a\n")
    (out / "gradebook.toml").write_text('class_list = "class.csv"\n')
    ask(out, "a,04,e_step,please")
    publish(out)
    assert f"Ada Lovelace on {E_STEP}: “please”" in (out / "index.html").read_text()


def test_an_earlier_comment_is_no_answer_to_a_request(folder: Path) -> None:
    out = folder.parent / "out"
    go(folder)
    write_rows(out / "by_hand.csv", {table_key("a", "a/04_em.ipynb", "e_step"): Row(4, Entry("3", "Hm."))})
    ask(out, "a,04,e_step,why?")
    go(folder, resume=True)
    assert f"a on {E_STEP}: “why?” – not answered yet." in (out / "index.html").read_text()


def test_regrade_adds_to_earlier_requests(command: Callable[..., int], folder: Path) -> None:
    out, mine = folder.parent / "out", folder.parent / "mine.csv"
    assert command("grade", folder, "-o", out, "-j", "0", "--regrade", mine) == 1
    assert mine.read_text("utf-8-sig").strip() == '"student","lesson or file","task","reason"'
    assert not (out / "run.json").exists()
    ask(out, "a,04,e_step,one")
    mine.write_text(HEADER.replace(",", ";") + "a;04;e_step;one\nb;04;e_step;=two\n")
    assert command("grade", folder, "-o", out, "-j", "0", "--regrade", mine) == 0
    rows = regrade.read_requests(out / regrade.REQUESTS)
    assert [(row.student, row.reason) for row in rows] == [("a", "one"), ("b", "=two")]


def test_a_wrong_row_is_not_kept_and_can_be_corrected(command: Callable[..., int], folder: Path) -> None:
    out, mine = folder.parent / "out", folder.parent / "mine.csv"
    mine.write_text(f"{HEADER}nobody,04,e_step,x\n")
    assert command("grade", folder, "-o", out, "-j", "0", "--regrade", mine) == 1
    mine.write_text(f"{HEADER}a,04,e_step,x\n")
    assert command("grade", folder, "-o", out, "-j", "0", "--regrade", mine) == 0
    assert [row.student for row in regrade.read_requests(out / regrade.REQUESTS)] == ["a"]


def test_a_request_may_name_a_student_as_the_class_list_does(folder: Path) -> None:
    out = folder.parent / "out"
    out.mkdir(exist_ok=True)
    (out / "class.csv").write_text("name,id,login\nAda Lovelace,1815,a\nBob,7,b\n")
    (out / "gradebook.toml").write_text('class_list = "class.csv"\n')
    go(folder)
    ask(out, "Ada Lovelace,04,e_step,x", "7,04,m_step,y")
    marked(folder)
    go(folder, resume=True)
    assert sorted(marked(folder)) == ["mark a e_step", "mark b m_step"]
