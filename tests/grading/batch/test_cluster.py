"""A Dask cluster gives the same marks as this machine, and a worker that could not is refused."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlcourse.course_folder import Course
from mlcourse.grading.batch import cluster
from mlcourse.grading.batch.assess import Assessment
from mlcourse.grading.batch.cluster import Cluster, ClusterError, fingerprint, why_refused
from mlcourse.grading.batch.grade_folder import grade_folder
from mlcourse.grading.sandbox import NoSandbox
from tests.helpers.courses import OUR_COURSE
from tests.helpers.fake_grading import go, grade_or_die_once, marks_in, refuse_all, settings

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of one worker with two threads, in this process."""
    options = {"processes": False, "protocol": "tcp://", "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, **options) as made:
        yield made.scheduler_address.replace("tcp", "dask")


def test_a_cluster_gives_the_same_marks(folder: Path, address: str) -> None:
    go(folder)
    out = folder.parent / "elsewhere"
    summary = grade_folder(folder, settings(out), 0, quiet=True, cluster=address)
    assert len(summary.grades) == 5
    assert marks_in(out) == marks_in(folder.parent / "out")


def test_a_run_on_a_cluster_can_be_resumed_here(folder: Path, address: str) -> None:
    grade_folder(folder, settings(folder.parent / "out"), 0, quiet=True, cluster=address)
    (folder.parent / "marked.txt").unlink()
    go(folder, resume=True)
    assert not (folder.parent / "marked.txt").exists()


def test_a_cluster_without_a_usable_worker_is_an_error(
    folder: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ClusterError, match=r"no worker of dask://.*no sandbox works on this machine"):
        grade_folder(
            folder, settings(folder.parent / "out", choose=refuse_all), 0, quiet=True, cluster=address
        )
    assert "The worker tcp://127.0.0.1" in capsys.readouterr().err


def assessment(**options: Any) -> Assessment:
    return Assessment(settings("unused", **options).terms)


def test_a_worker_that_is_like_this_process_is_accepted() -> None:
    assert why_refused(assessment(), fingerprint(OUR_COURSE)) is None


@pytest.mark.parametrize("what", ["copy of the grader", "copy of the tasks", "version of numpy"])
def test_a_worker_that_might_mark_differently_is_refused(what: str) -> None:
    expected = fingerprint(OUR_COURSE) | {what: "another"}
    reason = why_refused(assessment(), expected)
    assert reason is not None
    assert reason.startswith(f"its {what} differs: ")
    assert reason.endswith(" there, another here")


@pytest.mark.parametrize("place", ["root", "extra"])
def test_a_worker_without_the_folder_of_the_course_is_refused(tmp_path: Path, place: str) -> None:
    course = Course(**{"root": OUR_COURSE.root, place: tmp_path / "elsewhere"})
    assert f"no folder {tmp_path / 'elsewhere'}" in str(why_refused(assessment(course=course), {}))


def test_a_worker_without_a_sandbox_is_refused() -> None:
    with pytest.raises(NoSandbox):
        why_refused(assessment(choose=refuse_all), {})


def test_trust_stays_on_this_machine() -> None:
    with pytest.raises(ClusterError, match="--trust-submissions is for this machine only"):
        Cluster("dask://127.0.0.1:1", assessment(trust=True))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("10.0.0.1:8786", "looks like dask://HOST:8786"),
        ("spark://host", "looks like dask://HOST:8786"),
        ("dask://", "looks like dask://HOST:8786"),
        ("dask://127.0.0.1:9", "no scheduler of Dask answers at dask://127.0.0.1:9"),
    ],
)
def test_an_address_without_a_cluster_is_an_error(
    monkeypatch: pytest.MonkeyPatch, address: str, message: str
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_TIMEOUT", 0.2)
    with pytest.raises(ClusterError, match=message):
        cluster.connect(address)


def test_without_dask_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r'pip install "mlcourse\[scale\]"'):
        cluster.connect("dask://127.0.0.1:8786")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_worker_loses_no_submission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_text(json.dumps({name: {"e_step": 4} for name in ("a", "killer", "x", "y")}))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(n_workers=2, **options) as made:
        address = made.scheduler_address.replace("tcp", "dask")
        terms = settings(folder.parent / "out", grade_or_die_once)
        summary = grade_folder(folder, terms, 0, quiet=True, cluster=address)
    assert {grade.student: grade.points for grade in summary.grades} == dict.fromkeys(
        ["a", "killer", *"xy"], 4
    )
    assert not summary.ungraded
    assert (folder.parent / "marked.txt.killed").exists()
