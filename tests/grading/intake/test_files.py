"""Files submitted with a notebook go to that notebook only, and those left out are reported."""

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mlcourse.grading.intake.files import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS
from mlcourse.grading.intake.read import read_submissions
from mlcourse.grading.records.grade import Attachment, Submission
from mlcourse.grading.records.results import submission_digest
from tests.helpers.courses import CATALOGUE
from tests.helpers.made_up_class import as_file, with_answers

NOTEBOOK = as_file(with_answers({}))
PLACES = {
    "a folder for each student": {
        "ada/04_em.ipynb": NOTEBOOK,
        "ada/points.csv": b"ada's",
        "ada/data/more.txt": b"more",
        "ben/04_em.ipynb": NOTEBOOK,
        "ben/points.csv": b"ben's",
        "points.csv": b"nobody's",
    },
    "nbgrader's tree": {
        "submitted/ada/em/04_em.ipynb": NOTEBOOK,
        "submitted/ada/em/points.csv": b"ada's",
        "submitted/ada/em/data/more.txt": b"more",
        "submitted/ada/other/points.csv": b"of another lesson",
        "submitted/ben/em/04_em.ipynb": NOTEBOOK,
        "submitted/ben/em/points.csv": b"ben's",
    },
    "Canvas": {
        "ada_11_22_04_em.ipynb": NOTEBOOK,
        "ada_11_23_points.csv": b"ada's",
        "ben_LATE_12_25_04_em.ipynb": NOTEBOOK,
        "ben_LATE_12_26_points.csv": b"ben's",
    },
    "Moodle": {
        "Ada_11_assignsubmission_file/04_em.ipynb": NOTEBOOK,
        "Ada_11_assignsubmission_file/points.csv": b"ada's",
        "Ada_11_assignsubmission_file/data/more.txt": b"more",
        "Ben_12_assignsubmission_file/04_em.ipynb": NOTEBOOK,
        "Ben_12_assignsubmission_file/points.csv": b"ben's",
    },
    "Moodle without folders": {
        "Ada_11_assignsubmission_file_04_em.ipynb": NOTEBOOK,
        "Ada_11_assignsubmission_file_points.csv": b"ada's",
        "Ben_12_assignsubmission_file_04_em.ipynb": NOTEBOOK,
        "Ben_12_assignsubmission_file_points.csv": b"ben's",
    },
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for place, data in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for place, data in files.items():
            archive.writestr(place, data)
    return made.getvalue()


def files_of(path: Path) -> list[dict[str, bytes]]:
    found = list(read_submissions(path, CATALOGUE))
    assert [one.problem for one in found] == [None] * len(found)
    return [dict(one.files) for one in found]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("packed", [False, True])
def test_files_accompany_the_notebook_in_their_folder(tmp_path: Path, place: str, packed: bool) -> None:
    (tmp_path / "all.zip").write_bytes(zipped(PLACES[place]))
    ada, ben = files_of(tmp_path / "all.zip" if packed else write(tmp_path / "all", PLACES[place]))
    more = {} if place in ("Canvas", "Moodle without folders") else {"data/more.txt": b"more"}
    assert ada == {"points.csv": b"ada's", **more}
    assert ben == {"points.csv": b"ben's"}


@pytest.mark.parametrize("name", ["ada.zip", "ada/work.zip", "ada_11_22_work.zip"])
def test_files_in_a_students_own_zip(tmp_path: Path, name: str) -> None:
    own = zipped({"work/04_em.ipynb": NOTEBOOK, "work/points.csv": b"ada's", "notes.txt": b"elsewhere"})
    assert files_of(write(tmp_path, {name: own})) == [{"points.csv": b"ada's"}]


def test_a_wrapper_folder_is_removed_despite_other_files(tmp_path: Path) -> None:
    inner = {f"all/{place}": data for place, data in PLACES["a folder for each student"].items()}
    (tmp_path / "all.zip").write_bytes(zipped({**inner, "README.txt": b"read me"}))
    assert [one.student for one in read_submissions(tmp_path / "all.zip", CATALOGUE)] == ["ada", "ben"]


def one_with(folder: Path, files: dict[str, bytes], students: int = 1) -> Submission:
    found = list(read_submissions(write(folder, {"ada/04_em.ipynb": NOTEBOOK, **files}), CATALOGUE))
    assert len(found) == students
    return found[0]


def test_too_many_files_are_reported(tmp_path: Path) -> None:
    ada = one_with(tmp_path, {f"ada/{n:02d}.txt": b"x" for n in range(MAX_ATTACHMENTS + 1)})
    assert [file.name for file in ada.files] == [f"{n:02d}.txt" for n in range(MAX_ATTACHMENTS)]
    assert [note.split(";")[0] for note in ada.notes] == [
        f"{MAX_ATTACHMENTS + 1} files were submitted with the notebook"
    ]


def test_files_that_are_too_large_are_reported_and_left_out(tmp_path: Path) -> None:
    half = bytes(MAX_ATTACHMENT_BYTES // 2 - 10)
    large = {"ada/a.txt": half, "ada/b.txt": half, "ada/c.txt": bytes(100), "ada/d.txt": b"fits"}
    ada = one_with(tmp_path, {**large, "ada/e.txt": bytes(MAX_ATTACHMENT_BYTES)})
    assert [file.name for file in ada.files] == ["a.txt", "b.txt", "d.txt"]
    assert [note.split()[0] for note in ada.notes] == ["c.txt", "e.txt"]


def test_invalid_file_names_are_reported(tmp_path: Path) -> None:
    odd = os.fsdecode(b"latin-\xe9.txt")
    ada = one_with(tmp_path, {f"ada/{odd}": b"x", "ada/a\nb.txt": b"x", "ada/ä 🙂.txt": b"fits"})
    assert ada.files == (Attachment("ä 🙂.txt", b"fits"),)
    assert len(ada.notes) == 2
    assert "".join(ada.notes).isprintable()


def test_links_are_listed_but_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "all" / "ada").mkdir(parents=True)
    (tmp_path / "all" / "ada" / "z.txt").symlink_to(tmp_path / "secret.txt")
    ada = one_with(tmp_path / "all", {}, students=2)
    assert ada.files == ()
    problem = list(read_submissions(tmp_path / "all", CATALOGUE))[1].problem
    assert problem is not None
    assert "links" in problem


def test_folders_without_a_notebook_are_listed(tmp_path: Path) -> None:
    (tmp_path / "noone").mkdir()
    (tmp_path / "noone J. Smith").mkdir()
    found = list(
        read_submissions(
            write(tmp_path, {"ada/04_em.ipynb": NOTEBOOK, "eve/04_em.py": b"x", ".git/x": b"x"}), CATALOGUE
        )
    )
    assert [(one.student, one.problem is None) for one in found] == [
        ("ada", True),
        ("eve", False),
        ("noone", False),
        ("noone J. Smith", False),
    ]


def test_moodles_online_text_is_not_another_student(tmp_path: Path) -> None:
    text = {"Ada_11_assignsubmission_onlinetext/onlinetext.html": b"Dear teacher"}
    found = list(
        read_submissions(
            write(tmp_path, {"Ada_11_assignsubmission_file/04_em.ipynb": NOTEBOOK, **text}), CATALOGUE
        )
    )
    assert [one.problem for one in found] == [None]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "place", ["bob/report.pdf", "bob_3_4_report.pdf", "bob_3_assignsubmission_file_report.pdf"]
)
def test_students_without_a_notebook_are_listed(tmp_path: Path, packed: bool, place: str) -> None:
    files = {"ada/04_em.ipynb": NOTEBOOK, place: b"x", "README.txt": b"of the platform"}
    (tmp_path / "all.zip").write_bytes(zipped(files))
    path = tmp_path / "all.zip" if packed else write(tmp_path / "all", files)
    found = list(read_submissions(path, CATALOGUE))
    assert [(one.student[:3], one.problem) for one in found] == [
        ("ada", None),
        ("bob", "There is no notebook here: report.pdf is a PDF. Hand in the file that ends in .ipynb."),
    ]


@pytest.mark.parametrize("inner", ["submitted/Bob_99_assignsubmission_file", "Bob_99_assignsubmission_file"])
def test_the_only_student_with_notebooks_is_not_a_wrapper(tmp_path: Path, inner: str) -> None:
    own = "Ada_12_assignsubmission_file"
    files = {
        f"{own}/{inner}/04.ipynb": NOTEBOOK,
        f"{own}/zed/04.ipynb": NOTEBOOK,
        "Bob_99_assignsubmission_file/x.pdf": b"x",
    }
    for left_out in ("", "Bob_99_assignsubmission_file/x.pdf"):
        (tmp_path / "all.zip").write_bytes(
            zipped({name: data for name, data in files.items() if name != left_out})
        )
        graded = [one.student for one in read_submissions(tmp_path / "all.zip", CATALOGUE) if not one.problem]
        assert graded == ["Ada_12", "Ada_12 (2)"]


def test_late_and_unexpected_notebooks_are_noted(tmp_path: Path) -> None:
    write(tmp_path, {"ada_LATE_1_2_04_em.ipynb": NOTEBOOK, "ben_1_2_LATE_04_em.ipynb": NOTEBOOK})
    assert [one.notes for one in read_submissions(tmp_path, CATALOGUE)] == [("Canvas marks it as late.",), ()]
    (one, _) = read_submissions(tmp_path, CATALOGUE, "01_kmeans")
    assert one.notes == ("Canvas marks it as late.", "Its tasks belong to lesson 04_em.")


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    hidden = {
        "ada/.DS_Store": b"x",
        "ada/.ipynb_checkpoints/04_em-checkpoint.ipynb": NOTEBOOK,
        "ada/._x.csv": b"x",
    }
    assert one_with(tmp_path, hidden).files == ()


def test_another_file_changes_the_digest_of_a_submission(tmp_path: Path) -> None:
    one = one_with(tmp_path, {"ada/points.csv": b"1"})
    assert submission_digest(one, "") == submission_digest(one_with(tmp_path, {}), "")
    assert submission_digest(one, "") != submission_digest(
        replace(one, files=(Attachment("points.csv", b"2"),)), ""
    )
