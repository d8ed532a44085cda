"""A whole folder, from hostile files to tables and pages: everybody has a row, and nothing of theirs comes alive."""

import csv
import fcntl
import html
import html.parser
import json
import os
import subprocess
import sys
import time

import pytest

from mlcourse.grading import sandbox
from mlcourse.grading.batch.grade_folder import grade_folder
from mlcourse.grading.batch.submission import Settings
from mlcourse.grading.report import markup
from mlcourse.grading.report.publish import publish
from tests.helpers import honest
from tests.helpers.processes import is_running, wait_until
from tests.hostile.test_formats import put

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
GOOD = honest.as_bytes(honest.notebook())
STUDENTS = {
    "ada": GOOD,
    "=cmd()|' C'!A1": GOOD,
    "\"quoted\", 'twice'": GOOD,
    f"{SCRIPT.split('/')[0]}": GOOD,
    "Ада 🙂": b"",
    "eve": honest.as_bytes(
        honest.notebook(
            before=f"print({SCRIPT!r})",
            log_sum_exp=f"def log_sum_exp(A):\n    raise ValueError({SCRIPT!r})  # {SCRIPT}",
            falling_likelihood=f"falling_likelihood = {SCRIPT!r}",
        )
    ),
    "mallory": honest.as_bytes(honest.notebook(before="import os\nos._exit(0)")),
}


class Found(html.parser.HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def mark_everybody(folder):
    for student, data in STUDENTS.items():
        put(folder / "submitted" / student / "04_em.ipynb", data)
    grade_folder(folder / "submitted", Settings(out=folder / "out", seed=b"x" * 32), jobs=0, quiet=True)


@pytest.fixture(scope="session")
def batch(tmp_path_factory):
    """The folder of a marked class, and what came out; marked once for all workers."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "batch"
    folder.mkdir(exist_ok=True)
    with (folder.parent / "batch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "out" / "index.html").exists():
            try:
                mark_everybody(folder)
            except sandbox.NoSandbox as error:
                pytest.skip(str(error))
        summary = publish(folder / "out")
    return folder / "out", summary


def test_everybody_has_the_marks_they_earned(batch):
    _, summary = batch
    points = {grade.student: grade.points for grade in summary.grades}
    full = sum(honest.POINTS.values())
    lost = honest.POINTS["log_sum_exp"] + honest.POINTS["falling_likelihood"]
    assert points == {**dict.fromkeys(STUDENTS, full), "Ада 🙂": 0, "eve": full - lost}
    assert [grade.student for grade in summary.ungraded] == ["Ада 🙂"]


def test_no_page_holds_anything_that_runs_but_our_script(batch):
    out, _ = batch
    pages = list(out.rglob("*.html"))
    assert len(pages) == len(STUDENTS) + 1
    for path in pages:
        text = path.read_text("utf-8")
        page = Found(text)
        assert not {"img", "iframe", "object", "embed", "form", "base"} & set(page.tags)
        assert page.tags.count("script") == text.count(markup.SCRIPT) == (path.name == "index.html")
        assert not [name for name in page.attributes if name.startswith("on")]
        assert "default-src 'none'" in html.unescape(text)


def test_no_cell_of_a_table_is_a_formula(batch):
    out, _ = batch
    tables = list(out.rglob("*.csv"))
    assert tables
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for cell in (cell for row in csv.reader(file) for cell in row):
                assert not cell.startswith(("=", "@", "+", "\t", "\r"))


def test_no_file_lands_anywhere_else(batch):
    out, _ = batch
    assert {path.name for path in out.parent.iterdir()} == {"out", "submitted"}
    assert {path.name for path in (out.parent / "submitted").iterdir()} == set(STUDENTS)


@pytest.mark.slow
def test_nothing_is_left_of_a_grader_that_was_killed(tmp_path, walls):
    """kill -9 in the middle of an endless cell: the launcher hears that nobody is there any more, and ends."""
    program = """
import sys
from mlcourse.grading.judge import marking
from mlcourse.grading import sandbox
from mlcourse.grading.records.grade import Cell, Submission
with sandbox.choose(only=sys.argv[1]) as chosen:
    session = chosen.start(sandbox.Limits())
    (launch,) = chosen.launches.values()
    print(launch.launcher, launch.folder or "", flush=True)
    session.ask({"do": "cell", "cell": 0, "source": "while True: pass"}, seconds=1000)
"""
    grader = subprocess.Popen([sys.executable, "-c", program, walls.name], stdout=subprocess.PIPE, text=True)
    launcher, _, folder = grader.stdout.readline().rstrip("\n").partition(" ")
    time.sleep(0.5)
    grader.kill()
    grader.wait()
    wait_until(lambda: not is_running(int(launcher)) and not (folder and os.path.exists(folder)))


def test_results_are_json_without_surprises(batch):
    out, _ = batch
    for path in (out / "results").glob("*.json"):
        json.loads(path.read_text("utf-8"), parse_constant=lambda name: pytest.fail(name))
