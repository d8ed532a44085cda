"""The worker's scratch folder."""

import os
import sys

import pytest

from mlcourse.grading.sandbox.desk import Desk, used

if sys.platform == "win32":
    pytest.skip("submissions are run under Linux or macOS", allow_module_level=True)


def test_a_desk_is_emptied_whatever_was_done_to_it(tmp_path):
    desk = Desk(str(tmp_path))
    folder = desk.fresh()
    os.mkdir(f"{folder}/closed", 0)
    os.symlink("/etc", f"{folder}/link")
    here = os.open(folder, os.O_RDONLY)
    deep = here
    for _ in range(3000):  # deeper than a path may be long
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY, dir_fd=deep)
        if deep != here:
            os.close(deep)
        deep = inner
    os.close(deep)
    os.close(here)
    assert used(folder, 10_000)[1] > 10_000
    desk.wipe()
    assert os.listdir(tmp_path) == []
    assert os.path.isdir("/etc")


def test_what_a_desk_holds_is_counted(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(100_000))
    size, files = used(str(tmp_path), 100)
    assert size >= 100_000
    assert files == 2
