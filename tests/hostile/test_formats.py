"""Files in every odd form: honest ones get full marks, unreadable ones are named, and nobody else notices."""

import io
import json
import os
import stat
import zipfile
from collections import Counter

import pytest

from mlcourse.grading.intake.read import read_submissions
from mlcourse.grading.judge import marking
from tests.helpers import honest
from tests.helpers.courses import CATALOGUE
from tests.helpers.honest import LIMITS, QUICK_COURSE, SEED


def version_3(content: dict) -> dict:
    """The notebook in the format of 2013: worksheets, `input` in place of `source`."""
    cells = [
        {
            ("input" if key == "source" and cell["cell_type"] == "code" else key): part
            for key, part in cell.items()
        }
        for cell in content["cells"]
    ]
    return {"worksheets": [{"cells": cells}], "metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}


def with_cells(change) -> bytes:
    content = honest.short_notebook()
    content["cells"] = change(content["cells"])
    return honest.as_bytes(content)


def lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


PLAIN = honest.short_notebook()
PICTURE = {"image/png": "A" * 6_000_000}
FIGURE = [{"output_type": "display_data", "data": {"image/png": "A" * 1_000_000}}]
HONEST = {
    "as it is": honest.as_bytes(PLAIN),
    "version 3": honest.as_bytes(version_3(PLAIN)),
    "a byte order mark": b"\xef\xbb\xbf" + honest.as_bytes(PLAIN),
    "UTF-16": json.dumps(PLAIN).encode("utf-16"),
    "UTF-16 without a mark": json.dumps(PLAIN).encode("utf-16-be"),
    "6 MB of figures": with_cells(lambda cells: [{**cell, "outputs": FIGURE} for cell in cells]),
    "6 MB of attachments": with_cells(
        lambda cells: [{**honest.text("![](attachment:x.png)"), "attachments": PICTURE}, *cells]
    ),
    "6 MB of pictures in a text": with_cells(
        lambda cells: [honest.text(f"![x](data:image/png;base64,{'A' * 6_000_000})"), *cells]
    ),
    "indented": json.dumps(PLAIN, indent=4).encode(),
    "not ASCII": json.dumps(PLAIN, ensure_ascii=False).encode(),
    "lists of lines": with_cells(lambda cells: [{**cell, "source": lines(cell["source"])} for cell in cells]),
    "Windows lines": with_cells(
        lambda cells: [{**cell, "source": cell["source"].replace("\n", "\r\n")} for cell in cells]
    ),
    "another kernel": honest.as_bytes({**PLAIN, "metadata": {"kernelspec": {"name": "julia-1.9"}}}),
    "no kernel": honest.as_bytes({**PLAIN, "metadata": {}}),
    "no format": honest.as_bytes({"cells": PLAIN["cells"]}),
    "format 4.0": honest.as_bytes({**PLAIN, "nbformat_minor": 0}),
    "no metadata": with_cells(lambda cells: [{**cell, "metadata": {}} for cell in cells]),
    "no metadata at all": with_cells(
        lambda cells: [{"cell_type": cell["cell_type"], "source": cell["source"]} for cell in cells]
    ),
    "magics": with_cells(
        lambda cells: [
            honest.code(
                "%matplotlib inline\n%load_ext autoreload\n!pip install numpy\nfiles = !ls\n?print\nnp?"
            ),
            honest.code("%%bash\nrm -rf ~"),
            honest.code("%%html\n<script>alert(1)</script>"),
            *(
                {**cell, "source": f"%%time\n{cell['source']}"} if "def " in cell["source"] else cell
                for cell in cells
            ),
        ]
    ),
    "raw cells and unknown ones": with_cells(
        lambda cells: [
            {"cell_type": "raw", "source": "raw", "metadata": {}},
            {"cell_type": "unknown", "source": "x"},
            *cells,
        ]
    ),
    "a cell that fails between the others": with_cells(
        lambda cells: [*cells[:4], honest.code("1 / 0"), *cells[4:]]
    ),
    "attachments and outputs": with_cells(
        lambda cells: [
            {
                **cell,
                "outputs": [{"output_type": "display_data", "data": {"text/html": "<script>x</script>"}}],
            }
            for cell in cells
        ]
    ),
    "halves of characters": with_cells(lambda cells: [honest.code("x = '\ud800'"), *cells]),
    "everything in one cell": with_cells(
        lambda cells: [
            honest.code("\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code"))
        ]
    ),
    "1000 cells": with_cells(lambda cells: [honest.code(f"x{n} = {n}") for n in range(1000)] + cells),
    "20 000 empty cells": with_cells(
        lambda cells: [{"cell_type": "code", "source": ""} for _ in range(20_000)] + cells
    ),
    "a sea of blank lines": with_cells(lambda cells: [honest.code("\n" * 2_000_000 + "x = 1"), *cells]),
    "a check with a long tail": with_cells(
        lambda cells: [*cells, honest.code(f"check.e_step(e_step){' ' * 3_000_000}#")]
    ),
    "a long line": with_cells(lambda cells: [honest.code("x = '" + "x" * 3_000_000 + "'"), *cells]),
}


@pytest.mark.parametrize("form", HONEST)
def test_honest_work_in_an_odd_form_gets_full_marks(world, form):
    grade = world.mark(HONEST[form])
    assert honest.earned(grade) == honest.FEW
    assert grade.status == "ok"


UNREADABLE = {
    "nothing": b"",
    "white space": b" \n ",
    "not JSON": b"hello",
    "half of it": honest.as_bytes(PLAIN)[:1000],
    "Latin-1": json.dumps({**PLAIN, "x": "@"}).replace("@", "é").encode("latin-1"),
    "half of UTF-16": json.dumps(PLAIN).encode("utf-16")[:-31],
    "NUL bytes": b"\x00" * 1000,
    "NUL bytes within": honest.as_bytes(PLAIN).replace(b"import", b"imp\x00rt"),
    "deep nesting": b'{"cells": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "deep objects": b'{"cells": ' * 100_000 + b"1" + b"}" * 100_000,
    "a list": b"[]",
    "a number of a million digits": b"9" * 1_000_000,
    "NaN": b"NaN",
    "no cells": b'{"nbformat": 4}',
    "cells that are none": b'{"nbformat": 4, "cells": [1, 2]}',
    "cells in an object": b'{"nbformat": 4, "cells": {"0": {}}}',
    "text that is none": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": {"x": 1}}]}',
    "version 2": b'{"nbformat": 2, "worksheets": []}',
    "version 5": honest.as_bytes({**PLAIN, "nbformat": 5}),
    "a version that is none": honest.as_bytes({**PLAIN, "nbformat": {"x": [4]}}),
    "version 3 without worksheets": b'{"nbformat": 3, "cells": []}',
    "no task of the course": b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}]}',
    "more than 5 MB": b" " * 5_000_001 + honest.as_bytes(PLAIN),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "a zip": b"PK\x03\x04" + bytes(1000),
    "a pickle": b"\x80\x04cposix\nsystem\n(X\x04\x00\x00\x00truetR.",
    "a web page": b"<html><script>alert(1)</script></html>",
}


@pytest.mark.parametrize("form", UNREADABLE)
def test_what_cannot_be_read_is_named(world, form):
    grade = world.mark(UNREADABLE[form])
    assert grade.status == "unreadable"
    assert grade.marks == []
    assert grade.notes[0].endswith(".")
    assert grade.notes[0].isprintable()


# ── Files and folders ────────────────────────────────────────────────────────────────────────────────


def grades(path, walls) -> dict[str, tuple[str, float]]:
    """Status and points of everybody in a folder or a zip."""
    found = {}
    for submission in read_submissions(path, CATALOGUE):
        assert submission.student not in found
        grade = marking.grade(submission, QUICK_COURSE, walls, SEED, limits=LIMITS)
        found[submission.student] = grade.status, grade.points
    return found


FULL = "ok", sum(honest.FEW.values())
UNREAD = "unreadable", 0


def put(path, data: bytes):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_files_that_are_none_are_not_followed(tmp_path, walls):
    put(tmp_path / "secret.ipynb", HONEST["as it is"])
    top = tmp_path / "submitted"
    put(top / "ada" / "04_em.ipynb", HONEST["as it is"])
    for student in ("link", "pipe", "folder"):
        (top / student).mkdir()
    (top / "link" / "04_em.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (top / "link of a folder").symlink_to(top / "ada")
    (top / "link to nowhere").symlink_to("/nowhere")
    os.mkfifo(top / "pipe" / "04_em.ipynb")
    (top / "folder" / "04_em.ipynb").mkdir()
    assert grades(top, walls) == {
        "ada": FULL,
        "folder": UNREAD,
        "link": UNREAD,
        "link of a folder": UNREAD,
        "link to nowhere": UNREAD,
        "pipe": UNREAD,
    }


NAMES = (
    "=cmd()",
    "@SUM(1)",
    "-1+1",
    'O\'Brien "Bobby"',
    "<script>alert(1)<",
    "Ада Лавлейс 🙂",
    "a\nb",
    "a\tb\rc",
    "..evil",
    "%2e%2e",
    "\u202egnp.exe",
    "x" * 200,
)


def test_names_are_text(tmp_path, walls):
    for name in NAMES:
        put(tmp_path / "all" / name / "04_em.ipynb", HONEST["as it is"])
    put(tmp_path / "all" / os.fsdecode(b"latin-\xe9") / "04_em.ipynb", HONEST["as it is"])
    found = grades(tmp_path / "all", walls)
    assert list(found.values()) == [FULL] * (len(NAMES) + 1)
    assert all(name.isprintable() for name in found)
    assert {"=cmd()", 'O\'Brien "Bobby"', "Ада Лавлейс 🙂"} <= set(found)


def test_one_student_twice_is_two_submissions(tmp_path, walls):
    put(tmp_path / "ada" / "04_em.ipynb", HONEST["as it is"])
    put(tmp_path / "ada" / "04_em-Copy1.ipynb", b"")
    put(tmp_path / "ada" / ".ipynb_checkpoints" / "04_em-checkpoint.ipynb", HONEST["as it is"])
    assert sorted(grades(tmp_path, walls).items()) == [("ada", UNREAD), ("ada (2)", FULL)]


# ── What lies beside a notebook ──────────────────────────────────────────────────────────────────────

READ_FROM_A_FILE = """import os
assert not os.path.exists("left.txt")
largest_weight = float(open("data/weight.txt").read())
open("data/weight.txt", "a").write("9")
open("left.txt", "x")
"""


def test_data_that_a_student_brought_are_there(tmp_path, walls):
    """As they were handed in, also when all cells run a second time; somebody else's are not there."""
    data = honest.as_bytes(honest.notebook(largest_weight=READ_FROM_A_FILE, after="import os\nos._exit(0)"))
    for student in ("ada", "ben", "eve"):
        put(tmp_path / student / "04_em.ipynb", data)
    for student in ("ada", "ben"):
        put(tmp_path / student / "data" / "weight.txt", b"0.40037")
    full = sum(honest.POINTS.values())
    assert grades(tmp_path, walls) == {
        "ada": ("partial", full),
        "ben": ("partial", full),
        "eve": ("partial", full - honest.POINTS["largest_weight"]),
    }
    assert (tmp_path / "ada" / "data" / "weight.txt").read_bytes() == b"0.40037"


def test_a_student_hands_in_twenty_notebooks_at_most(tmp_path):
    put(tmp_path / "ada" / "04_em.ipynb", HONEST["as it is"])
    put(tmp_path / "eve.zip", zipped({f"{number:05d}.ipynb": b"{}" for number in range(5000)}))
    for number in range(30):
        put(tmp_path / "mallory" / f"{number}.ipynb", b"{}")
    found = Counter(submission.student.split(" ")[0] for submission in read_submissions(tmp_path, CATALOGUE))
    assert found == {"ada": 1, "eve": 21, "mallory": 21}  # the last one says that there are more


# ── Zips ─────────────────────────────────────────────────────────────────────────────────────────────


def zipped(entries: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def link_in_zip(name: str, target: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ada/04_em.ipynb", HONEST["as it is"])
        info = zipfile.ZipInfo(name)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return file.getvalue()


def overlapping(name: str, data: bytes, times: int) -> bytes:
    """One piece of data that the directory at the end lists many times."""
    whole = zipped({name: data})
    end = whole.rindex(b"PK\x05\x06")
    start = int.from_bytes(whole[end + 16 : end + 20], "little")
    entry = whole[start:end]
    count = times.to_bytes(2, "little")
    size = (len(entry) * times).to_bytes(4, "little")
    return whole[:start] + entry * times + whole[end : end + 8] + count * 2 + size + whole[end + 16 :]


GOOD = HONEST["as it is"]
ZIPS = {
    "of folders": lambda: (
        zipped({"ada/04_em.ipynb": GOOD, "ben/04_em.ipynb": GOOD}),
        {"ada": FULL, "ben": FULL},
    ),
    "with a wrapper": lambda: (
        zipped(
            {"all/ada/04_em.ipynb": GOOD, "all/ben/04_em.ipynb": GOOD, "__MACOSX/all/ada/._04_em.ipynb": b"x"}
        ),
        {"ada": FULL, "ben": FULL},
    ),
    "nbgrader's": lambda: (
        zipped({"submitted/ada/04_em/04_em.ipynb": GOOD, "submitted/ben/04_em/04_em.ipynb": b""}),
        {"ada": FULL, "ben": UNREAD},
    ),
    "Canvas'": lambda: (
        zipped({"lovelaceada_11_22_04_em.ipynb": GOOD, "ben_LATE_12_23_04_em-1.ipynb": GOOD}),
        {"lovelaceada_11": FULL, "ben_12": FULL},
    ),
    "Moodle's": lambda: (
        zipped({"Ada Lovelace_77_assignsubmission_file_/04_em.ipynb": GOOD}),
        {"Ada Lovelace_77": FULL},
    ),
    "zips in a zip": lambda: (
        zipped({"ada_11_22_work.zip": zipped({"work/04_em.ipynb": GOOD, "work/notes.txt": b"x"})}),
        {"ada_11": FULL},
    ),
    "absolute": lambda: (
        zipped({"/etc/cron.d/04_em.ipynb": GOOD, "ada/04_em.ipynb": GOOD}),
        {"etc": UNREAD, "ada": FULL},
    ),
    "upwards": lambda: (
        zipped({"../../home/04_em.ipynb": GOOD, "ada/../../x.ipynb": GOOD, "ada/04_em.ipynb": GOOD}),
        {"ada": FULL, "ada (2)": UNREAD, "home": UNREAD},
    ),
    "a drive": lambda: (
        zipped({"C:\\x\\04_em.ipynb": GOOD, "ada/04_em.ipynb": GOOD}),
        {"C:": UNREAD, "ada": FULL},
    ),
    "a link": lambda: (link_in_zip("eve/04_em.ipynb", "/etc/passwd"), {"ada": FULL, "eve": UNREAD}),
    "a bomb": lambda: (
        zipped({"eve/04_em.ipynb": b" " * 500_000_000, "ada/04_em.ipynb": GOOD}),
        {"eve": UNREAD, "ada": FULL},
    ),
    "a bomb in a zip in a zip": lambda: (
        zipped({"eve_11_22_x.zip": zipped({"x.ipynb": b" " * 100_000_000}), "ada/04_em.ipynb": GOOD}),
        {"eve_11": UNREAD, "ada": FULL},
    ),
    "an overlapping bomb": lambda: (overlapping("eve/04_em.ipynb", GOOD, 500), {"all": UNREAD}),
    "a zip within itself, as it were": lambda: (
        zipped({"ada_1_2_a.zip": zipped({"b.zip": zipped({"04_em.ipynb": GOOD})})}),
        {"ada_1": UNREAD},
    ),
    "half of one": lambda: (zipped({"ada/04_em.ipynb": GOOD})[:500], {"all": UNREAD}),
    "broken data": lambda: (
        zipped({"ada/04_em.ipynb": GOOD}).replace(b"\x00", b"\x01", 0)[:60] + bytes(900),
        {"all": UNREAD},
    ),
    "names that are none": lambda: (
        zipped({"ada/04_em.ipynb": GOOD, "eve/x.zip": zipped({"04_em.ipynb": GOOD, ".": b"x"})}),
        {"ada": FULL, "eve": FULL},
    ),
    "an empty name": lambda: (
        zipped(
            {
                "ada/04_em.ipynb": GOOD,
                "eve/x.zip": zipped({"04_em.ipynb": GOOD, "QQQQ": b"x"}).replace(b"QQQQ", b"\0QQQ"),
            }
        ),
        {"ada": FULL, "eve": FULL},
    ),
    "a bomb of another method": lambda: (
        zipped(
            {
                "ada/04_em.ipynb": GOOD,
                "eve/x.zip": zipped({"04_em.ipynb": b" " * 100_000_000}, zipfile.ZIP_BZIP2),
                "mallory/x.zip": zipped({"04_em.ipynb": b" " * 100_000_000}, zipfile.ZIP_LZMA),
            }
        ),
        {"ada": FULL, "eve": UNREAD, "mallory": UNREAD},
    ),
    "another student's place": lambda: (
        zipped(
            {
                "Ada_77_assignsubmission_file/04_em.ipynb": GOOD,
                "Eve_78_assignsubmission_file/04_em.ipynb": GOOD,
                "Eve_78_assignsubmission_file/submitted/Ada_77_assignsubmission_file/00.ipynb": b"",
            }
        ),
        {"Ada_77": FULL, "Eve_78": FULL, "Eve_78 (2)": UNREAD},
    ),
    "a wrapper's place": lambda: (
        zipped(
            {
                "all/ada/04_em.ipynb": GOOD,
                "all/eve/04_em.ipynb": GOOD,
                "all/eve/submitted/x/04_em.ipynb": GOOD,
            }
        ),
        {"ada": FULL, "eve": FULL, "eve (2)": FULL},
    ),
    "an unknown method": lambda: (
        zipped({"ada/04_em.ipynb": GOOD}, zipfile.ZIP_STORED)
        .replace(b"PK\x03\x04\x14\x00\x00\x00\x00\x00", b"PK\x03\x04\x14\x00\x00\x00\x63\x00")
        .replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x63\x00"
        ),
        {"ada": UNREAD},
    ),
    "nothing in it": lambda: (zipped({}), {}),
}


@pytest.mark.parametrize("kind", ZIPS)
def test_a_zip_is_read_as_data(tmp_path, walls, kind):
    data, expected = ZIPS[kind]()
    put(tmp_path / "in" / "all.zip", data)
    before = sorted(tmp_path.rglob("*"))
    assert grades(tmp_path / "in" / "all.zip", walls) == expected
    assert sorted(tmp_path.rglob("*")) == before
