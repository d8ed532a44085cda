"""Submissions that wait on disk."""

from pathlib import Path

from mlcourse.grading.batch.assess import Waiting
from mlcourse.grading.batch.spool import Spool
from mlcourse.grading.records.grade import Attachment, Mark, Submission


def test_submissions_come_back_lesson_by_lesson(tmp_path: Path) -> None:
    known = {"e_step": Mark("e_step", 4, 4, "right")}
    made = [
        Waiting(
            Submission(f"{n} \udc80", "x", lesson=lesson, files=(Attachment("a.csv", b"1"),)),
            known,
            {"e_step": 2},
        )
        for n, lesson in enumerate(["04_em", "01_kmeans", None, "04_em", "01_kmeans"])
    ]
    with Spool(tmp_path) as spool:
        for one in made:
            spool.add(one)
        assert spool.count == len(made)
        assert spool.lessons == {"", "01_kmeans", "04_em"}
        assert list(spool) == [made[k] for k in (2, 1, 4, 0, 3)]
    assert not list(tmp_path.iterdir())
