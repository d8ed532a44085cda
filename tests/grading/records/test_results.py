"""Journal and results: marks survive a kill, and are reused while they are valid."""

import pytest

from mlcourse.grading.batch.digests import task_digests
from mlcourse.grading.records.journal import Journal
from mlcourse.grading.records.results import Result, load, save, submission_digest
from tests.helpers.courses import OUR_COURSE
from tests.helpers.fake_grading import submission
from tests.helpers.grades import NASTY, nasty_grade


def test_a_truncated_journal_line_damages_no_other(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    for text in NASTY:
        journal.write("mark", student=text)
    content = journal.path.read_bytes()
    journal.path.write_bytes(content[:-9])
    journal.write("mark", student="after")
    assert [event["student"] for event in journal.events()] == [*NASTY[:-1], "after"]


@pytest.mark.parametrize("text", NASTY)
def test_a_result_loads_as_it_was_saved(tmp_path, text):
    before = Result(nasty_grade(text), "digest", {"e_step": "1"}, True, [text], {"e_step": 2.5})
    save(tmp_path / "x.json", before)
    assert load(tmp_path / "x.json") == before
    assert load(tmp_path / "y.json") is None


def test_marks_stay_valid_until_a_dependency_changes():
    first, checks = submission(), task_digests(OUR_COURSE, "04_em")
    kept = Result(
        nasty_grade("ada"), submission_digest(first, "seed"), {"e_step": checks["e_step"], "m_step": "old"}
    )
    assert kept.valid_marks(submission_digest(first, "seed"), checks).keys() == {"e_step"}
    assert not kept.valid_marks(submission_digest(first, "other seed"), checks)
    assert not kept.valid_marks(submission_digest(submission(answers={}), "seed"), checks)
