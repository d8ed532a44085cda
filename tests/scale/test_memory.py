"""A worker keeps the memory that it frees within a task, and gives it back afterwards."""

import json
import subprocess
import sys

import pytest

from mlcourse.cli import ROOT
from mlcourse.scale import memory

SCRIPT = """
import json, threading
import numpy as np
from mlcourse.scale.memory import memory_kept

def used():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))

def work():
    with memory_kept():
        arrays = [np.ones(2**18) for _ in range(50)]  # 2 MB each
        del arrays
        return used()

before, kept = used(), work()
for _ in range(4):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
print(json.dumps([before, kept, used()]))
"""

pytestmark = pytest.mark.skipif(memory._glibc() is None, reason="the C library is not glibc")


def memory_of(environment):
    """MB in use before a task, at its end and after five of them."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_memory_is_kept_in_a_task_and_then_given_back(monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, "65536")
    before, kept, after = memory_of(None)
    assert kept > before + 50
    assert after < before + 30
