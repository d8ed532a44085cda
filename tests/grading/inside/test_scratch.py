"""The worker's scratch folder."""

import os
import sys

import pytest

from mlcourse.grading.inside.scratch import ScratchFolder, usage

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


@pytest.mark.slow
def test_a_scratch_folder_can_always_be_emptied(tmp_path):
    scratch = ScratchFolder(str(tmp_path))
    folder = scratch.fresh()
    os.mkdir(f"{folder}/closed", 0)
    os.symlink("/etc", f"{folder}/link")
    here = os.open(folder, os.O_RDONLY)
    deep = here
    for _ in range(3000):  # deeper than the longest path
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY, dir_fd=deep)
        if deep != here:
            os.close(deep)
        deep = inner
    os.close(deep)
    os.close(here)
    assert usage(folder, 10_000)[1] > 10_000
    scratch.wipe()
    assert os.listdir(tmp_path) == []
    assert os.path.isdir("/etc")


def test_usage_counts_bytes_and_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(100_000))
    size, files = usage(str(tmp_path), 100)
    assert size >= 100_000
    assert files == 2
