"""The worker's scratch folder."""

import os
import sys

import pytest

from mlcourse.grading.inside import kernel, scratch
from mlcourse.grading.inside.scratch import ScratchFolder, usage

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


@pytest.mark.slow
def test_a_scratch_folder_can_always_be_emptied(tmp_path):
    emptied = ScratchFolder(str(tmp_path))
    folder = emptied.fresh()
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
    emptied.wipe()
    assert os.listdir(tmp_path) == []
    assert os.path.isdir("/etc")


def test_usage_counts_bytes_and_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(bytes(100_000))
    size, files = usage(str(tmp_path), 100)
    assert size >= 100_000
    assert files == 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere such a folder counts as too much")
@pytest.mark.parametrize("mode", [0, 0o300])
def test_usage_counts_what_is_in_a_locked_folder(tmp_path, mode):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(bytes(100_000))
    for folder in (tmp_path / "a" / "b", tmp_path / "a"):
        folder.chmod(mode)
    child = os.fork()
    if child == 0:  # without root's right to list every folder
        kernel.drop_capabilities()
        size, files = usage(str(tmp_path), 100)
        os._exit(int(size >= 100_000 and files == 3))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


@pytest.mark.parametrize(("times", "counted"), [(3, 2), (10**6, 101)])
def test_usage_tries_again_when_a_folder_disappears(tmp_path, monkeypatch, times, counted):
    (tmp_path / "a" / "b").mkdir(parents=True)
    left, list_entries = times, scratch._entries

    def disappearing(folder):
        nonlocal left
        left -= folder.endswith("b")
        if left > 0 and folder.endswith("b"):
            raise FileNotFoundError(folder)
        return list_entries(folder)

    monkeypatch.setattr(scratch, "_entries", disappearing)
    assert usage(str(tmp_path), 100)[1] == counted
