"""Files with odd names, in odd archives or of other kinds: they are read if possible, and named otherwise."""

import gzip
import io
import os
import tarfile
import time
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcourse.grading.intake import archives
from mlcourse.grading.intake.read import read_submissions
from mlcourse.grading.records.grade import Submission
from tests.helpers.courses import CATALOGUE
from tests.helpers.made_up_class import as_file, with_answers

NOTEBOOK = as_file(with_answers({}))
THEN = 1_700_000_000.0  # seconds since 1970: an even number, because zips have no odd ones


def read(folder: Path, files: dict[str, bytes]) -> list[Submission]:
    for place, data in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return list(read_submissions(folder, CATALOGUE))


def problems(folder: Path, files: dict[str, bytes]) -> dict[str, str | None]:
    return {one.student: one.problem for one in read(folder, files)}


def zipped(files: dict[str, bytes], when: float = THEN) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, data in files.items():
            archive.writestr(zipfile.ZipInfo(place, time.localtime(when)[:6]), data)
    return made.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for place, data in files.items():
            archive.addfile(tar_member(place, size=len(data)), io.BytesIO(data))
    return made.getvalue()


def tar_member(name: str, **properties: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    for key, value in {"mtime": int(THEN), **properties}.items():
        setattr(member, key, value)
    return member


@pytest.mark.parametrize(
    "name",
    [
        "04_em.ipynb.txt",
        "04_em.ipynb.json",
        "04_em.IPYNB",
        "04_em (1).ipynb",
        "04_em.ipynb (1)",
        "04_em-Copy1.ipynb",
        "04_em.ipynb.ipynb",
        "04_em.json",
        "04_em.txt",
        "04_em",
        "Kopie von 04_em.ipynb",
    ],
)
def test_a_notebook_may_have_an_odd_name(tmp_path: Path, name: str) -> None:
    ben = {"ben/04_em.ipynb": NOTEBOOK}
    assert problems(tmp_path / "a", {f"ada/{name}": NOTEBOOK, **ben}) == {"ada": None, "ben": None}
    assert problems(tmp_path / "b", {f"ada_1_2_{name}": NOTEBOOK, **ben}) == {"ada_1": None, "ben": None}
    own = zipped({f"work/{name}": NOTEBOOK})
    assert problems(tmp_path / "c", {"ada.ZIP": own, **ben}) == {"ada": None, "ben": None}


def test_files_of_other_names_stay_data_beside_a_notebook(tmp_path: Path) -> None:
    files = {"04_em.ipynb": NOTEBOOK, "data.json": b'{"outputs": [1]}', "old.txt": NOTEBOOK, "own.py": b"x"}
    (ada,) = read(tmp_path, {f"ada/{name}": data for name, data in files.items()})
    assert dict(ada.files) == {name: data for name, data in files.items() if name != "04_em.ipynb"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("04_em.py", "a script"),
        ("04_em.html", "a web page"),
        ("04_em.PDF", "a PDF"),
        ("04_em.docx", "a Word document"),
        ("04_em.rar", "an archive of a kind"),
        ("04_em.7z", "an archive of a kind"),
        ("04_em.tar.xz", "an archive of a kind"),
    ],
)
@pytest.mark.parametrize("place", ["ada/{}", "ada_1_2_{}", "{}"])
def test_what_is_no_notebook_is_named(tmp_path: Path, name: str, kind: str, place: str) -> None:
    found = problems(tmp_path, {place.format(name): b"x", "ben.ipynb": NOTEBOOK})
    assert found.pop("ben") is None
    (problem,) = found.values()
    assert problem is not None
    assert problem.startswith(f"There is no notebook here: {name} is {kind}")
    assert problem.endswith("Hand in the file that ends in .ipynb.")


@pytest.mark.parametrize(
    ("names", "there"),
    [
        (["a.txt"], "here: there is only a.txt. Hand in the file that ends in .ipynb."),
        (["a.txt", "b.csv", "c", "d", "e"], "here: there is only a.txt, b.csv, c and 2 more. Hand in the"),
        ([], "here, and no other file."),
    ],
)
def test_files_of_no_known_kind_are_named_too(tmp_path: Path, names: list[str], there: str) -> None:
    (tmp_path / "ada").mkdir()
    (problem,) = problems(tmp_path, {f"ada/{name}": b"x" for name in names}).values()
    assert problem is not None
    assert problem.startswith(f"There is no notebook {there}")


def test_files_for_the_whole_class_are_nobodys(tmp_path: Path) -> None:
    files = {"task.pdf": b"x", "solution.py": b"x", "data.json": b"{}", "ada/04_em.ipynb": NOTEBOOK}
    assert problems(tmp_path / "folders", files) == {"ada": None}
    flat = {"README.md": b"x", "README.txt": b"x", "data.json": b"{}", "ada.ipynb": NOTEBOOK}
    assert problems(tmp_path / "flat", flat) == {"ada": None}


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"\n<!DOCTYPE html>", "a web page"),
        (zipped({"a": b"b"}), "a zip"),
        (gzip.compress(b"x", mtime=0), "gzip"),
    ],
)
def test_a_notebook_that_is_something_else_is_named(tmp_path: Path, data: bytes, word: str) -> None:
    problem = problems(tmp_path, {"ada/04_em.ipynb": data})["ada"]
    assert problem is not None
    assert word in problem


# ── Archives ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["ada.tar", "ada.tar.gz", "ada.tgz", "ada/work.TAR.GZ"])
def test_a_tar_is_opened(tmp_path: Path, name: str) -> None:
    files = {"work/04_em.ipynb": NOTEBOOK, "work/points.csv": b"1", "work/._04_em.ipynb": b"x"}
    (ada,) = read(tmp_path, {name: tarred(files, "w" if name.endswith(".tar") else "w:gz")})
    assert (ada.student, ada.problem, dict(ada.files)) == ("ada", None, {"points.csv": b"1"})


@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz"])
def test_an_archive_of_the_class_may_contain_archives(tmp_path: Path, suffix: str) -> None:
    pack: Callable[..., bytes] = {"zip": zipped, "tar": lambda files: tarred(files, "w")}.get(suffix, tarred)
    files = {
        "all/ada/folder/04_em.ipynb": NOTEBOOK,
        "all/ben/work.zip": zipped({"deep/er/04_em.ipynb": NOTEBOOK}),
        "all/eve/work.tgz": tarred({"deep/er/04_em.ipynb": NOTEBOOK}),
        "all/joe/report.pdf": b"x",
    }
    path = tmp_path / f"all.{suffix}"
    path.write_bytes(pack(files))
    found = {one.student: one.problem is None for one in read_submissions(path, CATALOGUE)}
    assert found == {"ada": True, "ben": True, "eve": True, "joe": False}


def test_one_notebook_may_be_compressed(tmp_path: Path) -> None:
    whole = gzip.compress(NOTEBOOK)
    found = problems(tmp_path, {"ada.ipynb.gz": whole, "ben.ipynb.gz": whole[:-20], "eve.ipynb.gz": b"x"})
    assert found["ada"] is None
    assert {problem.split(":")[0] for problem in found.values() if problem} == {"It cannot be unpacked"}


def test_paths_and_names_of_other_systems(tmp_path: Path) -> None:
    """Windows' separators, and names in UTF-8 that macOS does not mark as such."""
    windows = zipped({"work/04_em.ipynb": NOTEBOOK, "work/data/a.csv": b"1"}).replace(b"work/", b"work\\")
    (ada,) = read(tmp_path / "a", {"ada.zip": windows})
    assert (ada.problem, dict(ada.files)) == (None, {"data/a.csv": b"1"})
    marked = zipped({"Zoë/04_em.ipynb": NOTEBOOK})
    # The flag is at the 6th byte of the file's own header, and at the 8th of the one in the directory at the end.
    directory = marked.index(b"PK\1\2")
    unmarked = b"".join([marked[:6], b"\0\0", marked[8 : directory + 8], b"\0\0", marked[directory + 10 :]])
    (tmp_path / "all.zip").write_bytes(unmarked)
    assert [one.student for one in read_submissions(tmp_path / "all.zip", CATALOGUE)] == ["Zoë"]


@pytest.mark.parametrize(
    "member",
    [
        tar_member("x.ipynb", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        tar_member("x.ipynb", type=tarfile.LNKTYPE, linkname="../ben/04_em.ipynb"),
        tar_member("x.ipynb", type=tarfile.CHRTYPE),
        tar_member("x.ipynb", type=tarfile.FIFOTYPE),
        tar_member("/etc/x.ipynb"),
        tar_member("../../x.ipynb"),
        tar_member("x.ipynb", size=10**12),
        tar_member("x.ipynb", type=tarfile.GNUTYPE_SPARSE, size=10**6),
    ],
)
def test_a_tar_reaches_nothing_outside(tmp_path: Path, member: tarfile.TarInfo) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(member)
    before = sorted(tmp_path.rglob("*"))
    problem = problems(tmp_path / "in", {"eve.tar": made.getvalue()})["eve"]
    assert problem is not None
    assert problem.endswith(".")
    assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "in", tmp_path / "in" / "eve.tar"]


def test_a_tar_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_TAR", 10_000_000)
    found = problems(
        tmp_path,
        {
            "ada.tgz": tarred({"a.ipynb": NOTEBOOK, "b.csv": bytes(30_000_000)}),
            "ben.tgz": tarred({"a.ipynb": NOTEBOOK})[:-100],
            "eve.tgz": gzip.compress(b"\0" * 1024),
            "joe.tgz": b"\x1f\x8bnothing",
            "kim.tar": long_header(),
            "lee.tar": tar_with_header(b"1" * 100_000),
            "max.tar": sparse(100_000),
            "ned.tar": tar_with_header(path_record("a/" * 1000 + "1.ipynb")),
            "pat.zip": zipped({"a/" * 1000 + "1.ipynb": NOTEBOOK}),
        },
    )
    assert found["ada"] == "Its files would take more than 10 MB when unpacked."
    assert {found[name] for name in ("kim", "lee", "max")} == {"One of its headers is far too long."}
    assert {found[name] for name in ("ned", "pat")} == {"One of the names in it is far too long."}
    assert all(found.values())


def long_header() -> bytes:
    """A tar whose first header says that a name of 9 MB follows."""
    member = tar_member("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=9_000_000)
    return member.tobuf(tarfile.GNU_FORMAT) + bytes(9_000_448)


def tar_with_header(records: bytes, data: bytes = b"") -> bytes:
    """A tar whose only member has these records in a header of their own."""
    header = tar_member("././@PaxHeader", type=tarfile.XHDTYPE, size=len(records))
    member = tar_member("x.ipynb", size=len(data))
    padding = bytes(-len(records) % 512)
    return header.tobuf() + records + padding + member.tobuf() + data + bytes(-len(data) % 512 + 1024)


def path_record(path: str) -> bytes:
    return (
        f"{len(path) + 10} path={path}\n".encode()
    )  # 10: four digits, a space, `path=`, and the end of the line


def sparse(pieces: int) -> bytes:
    """A tar whose member says that it has many pieces with gaps between them."""
    lines = {"GNU.sparse.major=1": 22, "GNU.sparse.minor=0": 22, "GNU.sparse.realsize=10": 26}
    records = "".join(f"{length} {line}\n" for line, length in lines.items()).encode()
    return tar_with_header(records, f"{pieces}\n".encode() + b"0\n" * 2 * pieces)


def test_a_tar_with_many_slow_headers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_SECONDS", 0.0)
    found = problems(tmp_path, {"ada.tar": tarred({"a.ipynb": NOTEBOOK})})
    assert found["ada"] == "Its headers could not be read within 0 s."


# ── Names and times ──────────────────────────────────────────────────────────────────────────────────


def test_spellings_of_one_name_are_one_student(tmp_path: Path) -> None:
    names = ["Zoë Ångström", unicodedata.normalize("NFD", "Zoë Ångström"), "ZOË  Ångström", "zoë ångström"]
    files = {f"{name}/04_em.ipynb": NOTEBOOK for name in names}
    found = read(tmp_path, {**files, "Zoe Angstrom/04_em.ipynb": NOTEBOOK})
    others = {one.student for one in found} - {"Zoe Angstrom"}
    (first,) = {one.owner for one in found if one.owner}
    assert first in names
    assert others == {first, *(f"{first} ({number})" for number in (2, 3, 4))}


def test_a_spelling_without_a_notebook_is_no_other_student(tmp_path: Path) -> None:
    files = {"Zoë_1_assignsubmission_file/04_em.ipynb": NOTEBOOK}
    files[unicodedata.normalize("NFD", "zoë_1_assignsubmission_file/own.csv")] = b"1"
    assert [one.problem for one in read(tmp_path, files)] == [None]


def test_the_time_of_a_submission_is_that_of_its_file(tmp_path: Path) -> None:
    own = zipped({"04_em.ipynb": NOTEBOOK}, when=THEN - 5000)
    read(tmp_path / "in", {"ada/04_em.ipynb": NOTEBOOK, "ben.zip": own, "eve/report.pdf": b"x"})
    for place in ("ada/04_em.ipynb", "ben.zip", "eve/report.pdf"):
        os.utime(tmp_path / "in" / place, (THEN, THEN))
    found = {one.student: one.handed_in for one in read_submissions(tmp_path / "in", CATALOGUE)}
    assert found == {"ada": THEN, "ben": THEN, "eve": THEN}


STAMPS = {
    "2026-03-01 10:00:00.000000 UTC\n": 1772359200.0,
    "2026-03-01 10:00:00.5 Europe/Berlin": 1772355600.5,
    "2026-03-01 10:00:00": 1772359200.0,
    "2026-03-01 10:00:00+01:00": 1772355600.0,
    "1970-01-01 00:00:00 UTC": 0.0,
    "9999-12-31 23:59:59 UTC": None,
    "0001-01-01 00:00:00 Europe/Berlin": None,
    "2026-03-01 10:00:00 /etc/passwd": None,
    "2026-03-01 10:00:00 Middle Earth": None,
    "2026-03-01 25:00:00 UTC": None,
    "yesterday": None,
    "": None,
    "\x00\udcff": None,
}


@pytest.mark.parametrize("text", [None, *STAMPS])
@pytest.mark.parametrize("packed", [False, True])
def test_nbgraders_own_time_counts_in_its_tree(tmp_path: Path, text: str | None, packed: bool) -> None:
    files = {"submitted/ada/em/04_em.ipynb": NOTEBOOK, "submitted/ben/em/04_em.ipynb": NOTEBOOK}
    files["submitted/ben/em/work/timestamp.txt"] = b"2026-03-01 10:00:00 UTC"  # the student's own
    if text is not None:
        files["submitted/ada/em/timestamp.txt"] = text.encode("utf-8", "surrogateescape")
    if packed:
        (tmp_path / "all.zip").write_bytes(zipped(files))
        found = list(read_submissions(tmp_path / "all.zip", CATALOGUE))
    else:
        found = read(tmp_path / "in", files)
    when = STAMPS.get(text or "")
    assert [(one.student, one.handed_in) for one in found] == [("ada", when), ("ben", None)]
    assert [any("Nobody knows" in note for note in one.notes) for one in found] == [when is None, True]


def test_a_students_own_timestamp_counts_nowhere_else(tmp_path: Path) -> None:
    for top in ("ada", "Ada_1_assignsubmission_file"):
        stamp = {f"{top}/em/timestamp.txt": b"2026-03-01 10:00:00 UTC"}
        read(tmp_path / top, {f"{top}/em/04_em.ipynb": NOTEBOOK, **stamp})
        os.utime(tmp_path / top / top / "em" / "04_em.ipynb", (THEN, THEN))
        assert [one.handed_in for one in read_submissions(tmp_path / top, CATALOGUE)] == [THEN]


@pytest.mark.parametrize("when", [3e11, 2.0**60, -1, float("nan"), float("inf")])
def test_an_impossible_time_is_unknown_and_noted(tmp_path: Path, when: float) -> None:
    with tarfile.open(tmp_path / "all.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for place, data in {"ada/04_em.ipynb": NOTEBOOK, "eve/report.pdf": b"x"}.items():
            archive.addfile(
                tar_member(place, size=len(data), mtime=0, pax_headers={"mtime": str(when)}), io.BytesIO(data)
            )
    found = list(read_submissions(tmp_path / "all.tar", CATALOGUE))
    assert [(one.student, one.handed_in) for one in found] == [("ada", None), ("eve", None)]
    assert all("Nobody knows when it was handed in" in one.notes[0] for one in found)


def test_the_first_second_of_1970_is_a_time_in_a_folder(tmp_path: Path) -> None:
    read(tmp_path / "in", {"ada/04_em.ipynb": NOTEBOOK})
    os.utime(tmp_path / "in" / "ada" / "04_em.ipynb", (0, 0))
    (found,) = read_submissions(tmp_path / "in", CATALOGUE)
    assert found.handed_in == 0


@pytest.mark.parametrize(
    ("when", "expected"), [(THEN, THEN), (time.mktime((1980, 1, 1, 0, 0, 0, 0, 1, -1)), None)]
)
def test_the_time_of_a_submission_in_an_archive(tmp_path: Path, when: float, expected: float | None) -> None:
    own = zipped({"04_em.ipynb": NOTEBOOK}, when=THEN - 5000)
    data = zipped({"ada/04_em.ipynb": NOTEBOOK, "ben/work.zip": own}, when=when)
    (tmp_path / "all.zip").write_bytes(data)
    found = list(read_submissions(tmp_path / "all.zip", CATALOGUE))
    assert [one.handed_in for one in found] == [expected, expected]
