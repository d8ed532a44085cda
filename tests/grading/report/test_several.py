"""What the index asks about: which of several notebooks counts, and failed cells that cost tasks."""

from dataclasses import replace
from pathlib import Path

import pytest

from mlcourse.grading.records.grade import Mark
from mlcourse.grading.records.manifest import Manifest, listed, write_manifest
from mlcourse.grading.records.results import Result, name_of, save
from mlcourse.grading.records.sheet import SheetError
from mlcourse.grading.report.publish import Summary, publish
from mlcourse.grading.report.several import NAME, read_several
from tests.helpers.fake_grading import submission
from tests.helpers.grades import good_grade, rows_of

FILES = ["ada/a.ipynb", "ada/b.ipynb", "ada/c.ipynb"]


def publish_these(out: Path, *sources: str) -> Summary:
    submissions = [submission("ada", source=source) for source in sources]
    for points, each in enumerate(submissions, 1):
        grade = replace(good_grade(points=float(points)), source=each.source)
        save(out / "results" / f"{name_of(each)}.json", Result(grade, "", finished=True))
    write_manifest(out, Manifest([listed(each) for each in submissions]))
    return publish(out)


def fill_in(out: Path, file: str, word: str = "yes") -> None:
    path = out / NAME
    lines = path.read_text("utf-8-sig").splitlines()
    path.write_text(
        "\n".join(f"{line[: line.rindex(',')]},{word}" if file in line else line for line in lines)
    )


def sums(summary: Summary) -> list[float | None]:
    return [summary.book.sum(student) for student in summary.book.students]


def test_the_chosen_notebook_counts_and_the_other_does_not(tmp_path: Path) -> None:
    asked = publish_these(tmp_path, *FILES[:2])
    assert sums(asked) == [None]
    assert len(asked.remarks) == 1
    fill_in(tmp_path, FILES[1])
    decided = publish(tmp_path)
    assert sums(decided) == [2]
    assert decided.remarks == []
    rows = rows_of((tmp_path / "grades.csv").read_text("utf-8-sig"))
    assert [row["04_em: status"] for row in rows] == ["marked, does not count", "marked, counts"]
    pages = {path.read_text("utf-8") for path in (tmp_path / "students").iterdir()}
    assert sum("This file does not count" in page for page in pages) == 1
    assert sum("This file counts" in page for page in pages) == 1


def test_a_third_notebook_opens_the_question_again(tmp_path: Path) -> None:
    publish_these(tmp_path, *FILES[:2])
    fill_in(tmp_path, FILES[0])
    assert sums(publish(tmp_path)) == [1]
    assert sums(publish_these(tmp_path, *FILES)) == [None]
    assert [row.counts for row in read_several(tmp_path / NAME).values()] == ["before", "", ""]
    assert sums(publish(tmp_path)) == [None]  # still


def test_a_failed_cell_that_costs_tasks_is_flagged(tmp_path: Path) -> None:
    one = submission("ada", source=FILES[0])
    marks = [Mark(task, 0, 4, "missing") for task in ("e_step", "m_step", "fit_em")]
    code = [(3, "def e_step(X):\n    pass\nm_step = None")]
    grade = replace(good_grade(), source=one.source, marks=marks)
    save(tmp_path / "results" / f"{name_of(one)}.json", Result(grade, "", finished=True, code=code))
    write_manifest(tmp_path, Manifest([listed(one)]))
    (entry,) = publish(tmp_path).book.entries
    assert entry.lost == 2
    assert "a cell failed and cost 2 tasks" in (tmp_path / "index.html").read_text("utf-8")


def test_other_words_are_refused(tmp_path: Path) -> None:
    publish_these(tmp_path, *FILES[:2])
    fill_in(tmp_path, FILES[0], "perhaps")
    with pytest.raises(SheetError, match="perhaps"):
        publish(tmp_path)
