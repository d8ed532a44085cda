"""Work that does not end, ends everything, or takes everything: it costs itself, and nothing else."""

import pytest

from tests.helpers import honest

# A cell that never ends, beside honest answers: it is left out, and everything that was earned is kept.
ENDLESS = {
    "endless loop": "while True: pass",
    "endless loop in C": "any(iter(int, 1))",
    "endless loop that takes every exception": """
import time
while True:
    try:
        time.sleep(0.1)
    except BaseException:
        pass
""",
    "endless matching of a pattern": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "deaf to signals": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True: pass
""",
    "asleep": "import time\ntime.sleep(10**8)",
    "a lock nobody opens": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "waiting for input": "import select\nselect.select([], [], [])",
}

# A cell that ends the worker, or uses too much of something and is stopped: the same.
FATAL = {
    "os._exit": "import os\nos._exit(0)",
    "kills itself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "abort": "import os\nos.abort()",
    "segmentation fault": "import ctypes\nctypes.string_at(0)",
    "stack overflow": "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    "slow leak": "import numpy as np\nkept = []\nwhile True: kept.append(np.ones(10**6))",
    "a disk full in many files": """
import os
for n in range(10**9):
    with open(f'file-{n % 400}-{n // 400 % 2}', 'ab') as file:
        file.write(b'x' * 10**6)
""",
    "files without end": "for n in range(10**9): open(f'file-{n}', 'w').close()",
    "folders within folders": "import os\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')",
    "files that are removed and stay": """
kept = []
import os
for n in range(200):
    kept.append(open(f'file-{n}', 'wb'))
    os.unlink(f'file-{n}')
    kept[-1].write(b'x' * 10**6)
    kept[-1].flush()
while True: pass
""",
    "files that are open in one thread alone": """
import ctypes, os, threading
def fill():
    ctypes.CDLL(None).syscall(436, 4000, 4000, 2)  # a table of open files of its own
    for n in range(200):
        file = os.open(f"file-{n}", os.O_RDWR | os.O_CREAT)
        os.unlink(f"file-{n}")
        os.write(file, b"x" * 10**6)
    while True: pass
thread = threading.Thread(target=fill)
thread.start()
thread.join()
""",
    "memory of a process without a first thread": """
import ctypes, threading
def fill():
    kept = []
    while True: kept.append(b"x" * 10**7)
threading.Thread(target=fill).start()
ctypes.CDLL(None).syscall(60, 0)
""",
    "threads without end": """
import threading, time
while True: threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
""",
    "the worker's own socket closed": "import os\nos.closerange(3, 256)",
}


@pytest.mark.parametrize("attack", ENDLESS)
def test_a_cell_that_never_ends_costs_only_itself(world, attack):
    grade = world.mark(honest.notebook(before=ENDLESS[attack]), endless=ENDLESS[attack])
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS
    assert grade.status == "partial"
    assert grade.notes[0].startswith("Cell 1 was skipped: it took longer than")


@pytest.mark.parametrize("attack", FATAL)
def test_a_cell_that_ends_the_worker_costs_only_itself(world, attack):
    grade = world.mark(honest.notebook(before=FATAL[attack]))
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS
    assert grade.status == "partial"
    assert grade.notes[0].startswith("Cell 1 was skipped")
    assert "took longer" not in grade.notes[0]


# A cell that wants too much, is refused it with an exception, and may go on.
REFUSED = {
    "a disk full in one file": "with open('big', 'wb') as file:\n    while True: file.write(b'x' * 10**6)",
    "50 GB": "import numpy as np\nnp.ones(50_000_000_000 // 8)",
    "a huge int": "n = 1 << (10**12)",
    "all open files": "kept = [open('x', 'w') for _ in range(10**6)]",
    "sys.exit": "import sys\nsys.exit()",
    "an exception that is none": "raise KeyboardInterrupt",
    "an exception that cannot be told": """
class Bad(Exception):
    def __str__(self): raise SystemExit
raise Bad
""",
    "100 MB of output": "for n in range(1000): print('x' * 100_000)",
    "output below Python": "import os\nfor n in range(1000): os.write(1, b'x' * 100_000)",
    "a fork bomb": "import os\nwhile True: os.fork()",
    "a fork bomb in C": "import ctypes\nlibc = ctypes.CDLL(None)\nfor n in range(1000): assert libc.fork() > 0",
    "clone": "import ctypes\nfor n in range(99): assert ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0) >= 0",
    "an orphan": """
import os
if os.fork() == 0:
    os.setsid()
    os.execvp('sleep', ['sleep', '1000'])
""",
    "a program": "import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "a process of multiprocessing": (
        "import multiprocessing, time\nmultiprocessing.Process(target=time.sleep, args=(99,)).start()"
    ),
    "a folder that nobody may open": "import os\nos.mkdir('closed', 0)\nos.mkdir('a')\nos.mkdir('a/closed', 0)",
    "a NUL byte": "x = 1\x00",
    "not Python": "this is not Python ((((",
    "brackets without end": "(" * 20_000,
    "minus without end": "x = " + "-" * 20_000 + "1",
}  # fmt: skip


@pytest.mark.parametrize("attack", REFUSED)
def test_a_cell_that_wants_too_much_costs_nothing(world, attack):
    grade = world.mark(honest.notebook(before=REFUSED[attack]))
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS
    assert len(grade.output) <= 5000


# An answer that does harm when it is called: it loses its own points.
ANSWERS = {
    "endless": ("while True: pass", "timeout"),
    "endless, and takes every exception": (
        "while True:\n        try:\n            import time; time.sleep(0.1)\n        except BaseException: pass",
        "timeout",
    ),
    "os._exit": ("import os; os._exit(0)", "crashed"),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "leak": ("kept = []\n    while True: kept.append(np.ones(10**7))", "crashed"),
    "50 GB": ("return np.ones(50_000_000_000 // 8)", "wrong"),
    "sys.exit": ("import sys; sys.exit()", "wrong"),
    "recursion": ("return log_sum_exp(A)", "wrong"),
}


@pytest.mark.parametrize("attack", ANSWERS)
def test_an_answer_that_ends_the_worker_loses_its_own_points(world, attack):
    body, status = ANSWERS[attack]
    endless = "log_sum_exp" if status == "timeout" else None
    grade = world.mark(honest.notebook(log_sum_exp=f"def log_sum_exp(A):\n    {body}"), endless)
    assert {mark.task: mark.points for mark in grade.marks} == {**honest.POINTS, "log_sum_exp": 0}
    (found,) = (mark.status for mark in grade.marks if mark.task == "log_sum_exp")
    assert found == status


@pytest.mark.slow
def test_after_many_endless_cells_there_is_time_for_the_answers(world):
    content = honest.notebook()
    content["cells"][1:1] = [honest.code("while True: pass")] * 8
    grade = world.mark(content, endless="while True: pass")
    assert {mark.task: mark.points for mark in grade.marks} == honest.POINTS


def test_answers_that_all_end_the_worker_earn_nothing(world):
    fatal = {task: f"def {task}(*args):\n    import os; os._exit(0)" for task in honest.POINTS}
    grade = world.mark(honest.notebook(**fatal))
    assert grade.points == 0
    assert grade.status == "partial"  # two tasks ask for a value, and are told so
    assert {mark.status for mark in grade.marks} == {"crashed", "wrong"}


def test_a_folder_that_is_hard_to_clear_is_cleared(world):
    """The launcher lives on: the next worker is there at once, and not after another start."""
    traps = """
import os
for name in ("moved-1/x", "work/sub/y", "0/1/2/3"):
    os.makedirs("../" + name, exist_ok=True)
"""
    world.mark(honest.notebook())
    launchers = [launch.launcher for launch in world.walls.launches.values()]
    world.mark(honest.notebook(before=traps))
    assert [launch.launcher for launch in world.walls.launches.values()] == launchers


def test_a_thread_that_ends_the_worker_costs_one_answer(world):
    """A thread that ends the worker while the grader thinks: the worker begins anew, and ends again."""
    attack = """
import os, threading, time
def later():
    time.sleep(0.5)
    os._exit(0)
threading.Thread(target=later, daemon=True).start()
"""
    grade = world.mark(honest.notebook(after=attack))
    assert grade.points <= sum(honest.POINTS.values())
