"""Landlock: with several rulesets, a process keeps what all of them allow, and none of their descriptors."""

import os
import subprocess
import sys

import pytest

from mlcourse.grading.inside import landlock
from mlcourse.grading.inside.landlock import Files

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
PROGRAM = """
import os, sys
from mlcourse.grading.inside.landlock import Files, confine, ruleset
os.chdir(sys.argv[1])
narrow = ruleset(Files(readable=["known"], writable=["scratch"], listable=["names"]))
confine(narrow, ruleset(Files(readable=["/"], writable=["scratch/own"])))
ATTEMPTS = {
    "reading a known file": lambda: open("known").read(),
    "reading another file": lambda: open("secret").read(),
    "listing names": lambda: os.listdir("names"),
    "reading what has a name": lambda: open("names/secret").read(),
    "writing to its own folder": lambda: open("scratch/own/new", "w"),
    "writing beside its own folder": lambda: open("scratch/new", "w"),
    "writing to a known file": lambda: open("known", "a"),
    "using the ruleset": lambda: os.fstat(narrow),
}
for name, attempt in ATTEMPTS.items():
    try:
        attempt()
        print(name)
    except OSError:
        pass
"""


def test_a_process_keeps_what_all_rulesets_allow(tmp_path):
    for folder in ("names", "scratch/own"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("known", "secret", "names/secret"):
        (tmp_path / file).write_text("x")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["reading a known file", "listing names", "writing to its own folder"]


def test_a_path_that_does_not_exist_is_left_out(tmp_path):
    os.close(landlock.ruleset(Files(readable=[str(tmp_path / "nowhere")], writable=[])))
