"""Running cells as Jupyter does."""

import subprocess
import sys

import pytest

from mlcourse.grading.inside.shell import OutputTail

# Cells, and an expression that is true after them.
AS_IN_JUPYTER = {
    "a timed assignment": ("%time x = 1 + 1", "x == 2"),
    "a timed cell": ("%%time\nx = 1\ndef f(): return x", "f() == 1"),
    "a captured cell": ("%%capture shown\nx = 1\nprint('hi')", "x == 1 and shown.stdout == 'hi\\n'"),
    "a measurement": ("r = %timeit -o -n1 -r1 pass", "r.average > 0"),
    "a written file": ("%%writefile own.py\na = 7\n----\nimport own", "own.a == 7"),
    "a script": ("%%writefile own.py\na = 7\n----\n%run own.py", "a == 7"),
    "await": ("import asyncio\nasync def f(): return 3\nx = await asyncio.gather(f())", "x == [3]"),
    "input and output": ("x = 5\nx\n----\ny = Out[1]; z = In[1]", "y == 5 and z == 'x = 5\\nx'"),
    "the last value": ("5\n----\nx = _", "x == 5"),
    "the shell": ("from IPython import get_ipython as g", "g() is get_ipython()"),
    "a display that can be updated": ("h = display(1, display_id=True)\nh.update(2)", "h is not None"),
    "matplotlib": ("%matplotlib inline\n%matplotlib widget\n%pylab inline\nx = 1", "x == 1"),
    "autoreload": ("%load_ext autoreload\n%autoreload 2\nx = 1", "x == 1"),
    "a stored variable": ("x = 1\n%store x\ndel x\n%store -r x", "x == 1"),
    "configuration": ("%config IPCompleter.greedy = True\n%precision 3\nx = 1", "x == 1"),
    "magics in text": ('x = """\n!ls\n%time\nx?\n"""', "x == '\\n!ls\\n%time\\nx?\\n'"),
    "an operator that begins a line": ("x = (7\n%4)", "x == 3"),
    "help": ("?print\nx = 1\nx?", "x == 1"),
    "help as text": ("help(len)\nhelp('in')\nimport numpy as np\nhelp(np.sum)\nx = 1", "x == 1"),
    "an empty help": ("help\ncopyright\ncredits\nlicense\nx = callable(exit) and callable(quit)", "x"),
    "a data class": ("from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int", "P(1).a == 1"),
    "a pickle": ("import pickle\nclass P: pass\nx = pickle.loads(pickle.dumps(P()))", "type(x) is P"),
    "source code": ("def f():\n    return 1\n----\nimport inspect\nx = inspect.getsource(f)", "'return' in x"),
    "a reset": ("x = 1\n%reset -f\n----\ny = 1\ny", "y == 1"),
    "an annotation that is not evaluated": ("from __future__ import annotations\ndef f(x: Y): return 1", "f(1)"),
}  # fmt: skip


@pytest.mark.parametrize("what", AS_IN_JUPYTER)
def test_a_cell_does_what_it_does_in_jupyter(notebook, what):
    cells, expression = AS_IN_JUPYTER[what]
    report = notebook.run(*cells.split("\n----\n"))
    assert (report.error, report.notes) == (None, ())
    assert notebook.value(expression)


def test_no_name_that_python_has_is_missing(notebook):
    notebook.run("import builtins\nx = tuple({*dir(builtins), *globals()})")
    kernel = [sys.executable, "-c", "import builtins; print(*dir(builtins))"]
    names = subprocess.run(kernel, capture_output=True, text=True, check=True).stdout.split()
    assert {"help", "exit"} < set(names)
    assert set(names) <= set(notebook.value("x"))


NO_EFFECT = {
    "a program": ("!ls\nx = 1", "x == 1", "starts a program (`ls`)"),
    "its output": ("x = !ls", "list(x) == []", "starts a program (`ls`)"),
    "an installation on two lines": ("!pip install a \\\n  b\nx = 1", "x == 1", "starts a program (`pip install a"),
    "an installation by magic": ("%pip install a\n%conda install b\nx = 1", "x == 1", "(`pip install a`)"),
    "another language": ("x = 1\n----\n%%bash\nls", "x == 1", "is for another program (`%%bash`)"),
    "a system call": ("import os\nos.system('ls')\nx = 1", "x == 1", "starts a program (`ls`)"),
    "an extension": ("%load_ext nb_black\nx = 1", "x == 1", "loads an extension of IPython (`nb_black`)"),
    "input": ("x = input('name?')", "x == ''", "asks for input"),
    "a password": ("import getpass\nx = getpass.getpass()", "x == ''", "asks for input"),
    "exit": ("exit()\nx = 1\n----\nquit", "x == 1", "calls `exit`"),
}  # fmt: skip


@pytest.mark.parametrize("what", NO_EFFECT)
def test_what_has_no_effect_is_noted_and_the_rest_runs(notebook, what):
    cells, expression, note = NO_EFFECT[what]
    report = notebook.run(*cells.split("\n----\n"))
    assert report.error is None
    assert note in report.notes[0].sentence
    assert notebook.value(expression)


def test_questions_without_end_get_an_end(notebook):
    report = notebook.run(
        "x = None\nwhile x is None:\n    try: x = int(input())\n    except ValueError: pass"
    )
    assert report.error.startswith("EOFError: nobody answers here")


ERRORS = {
    "an unknown magic": ("%unknown x", "UsageError: Line magic function `%unknown` not found."),
    "an unknown cell magic": ("%%unknown\nx = 1", "UsageError: Cell magic `%%unknown` not found."),
    "a syntax error": ("x = ((", "SyntaxError: "),
    "a division": ("1 / 0", "ZeroDivisionError: division by zero"),
    "a division that is timed": ("%time 1 / 0", "ZeroDivisionError: division by zero"),
    "a program that is started": ("import subprocess\nsubprocess.run('ls')", "PermissionError: [Errno 1] no process"),
    "a process": ("import multiprocessing as m\nm.Process().start()", "PermissionError: [Errno 1] no process"),
    "sys.exit": ("import sys\nsys.exit()", "SystemExit."),
}  # fmt: skip


@pytest.mark.parametrize("what", ERRORS)
def test_an_error_ends_its_cell_and_no_other(notebook, what):
    source, error = ERRORS[what]
    assert notebook.run("kept = 1", f"{source}\nlost = 1").error.startswith(error)
    assert notebook.run("y = kept").error is None
    assert notebook.find("lost") == "missing"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def f(x):\n    return 1 / 0", 2),
        ("\n\n  \ndef f(x):\n    return 1 / 0", 5),
        ("%%time\ndef f(x):\n    return 1 / 0", 3),
        ("%%capture\n\nx = 1\ndef f(x):\n    return 1 / 0", 5),
        ("!pip install a \\\n  b\nx = !ls\ndef f(x):\n    return 1 / 0", 5),
        ("import math, torch\ndef f(x):\n    return 1 / 0", 3),
    ],
)
def test_an_error_is_found_in_its_cell_and_line(notebook, source, line):
    notebook.run("before = 1", source)
    assert notebook.call("f", 1)["error"]["place"] == [2, line]


DAMAGE = {
    "no names": "get_ipython().user_ns.clear()",
    "other names": "get_ipython().user_ns = {}",
    "another way to run cells": "get_ipython().run_cell = lambda *a, **k: 1 / 0",
    "a transformer that fails": (
        "def broken(lines): raise ValueError\nget_ipython().input_transformers_post.append(broken)"
        "\nget_ipython().input_transformers_post.clear()"
    ),
    "a hook that fails": "get_ipython().events.register('post_run_cell', lambda result: 1 / 0)",
    "no output": "import sys\nsys.stdout = sys.stderr = None",
    "no main module": "import sys\ndel sys.modules['__main__']",
    "no event loop": "import asyncio\nloop = asyncio.get_running_loop\nawait asyncio.sleep(0)\n",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_later_cells_run_in_a_damaged_shell(notebook, damage):
    notebook.run(DAMAGE[damage], "x = 1", "def f(y): return y + 1")
    assert notebook.value("x") == 1
    assert notebook.call("f", 1)["value"] == 2


def test_names_from_before_other_names_are_found(notebook):
    notebook.run("x = 1", "get_ipython().user_ns = {}", "y = 2")
    assert notebook.value("(x, y)") == (1, 2)


PLOTS = """
import matplotlib.pyplot as plt
def f(x):
    print(input())
    plt.plot([x])
    plt.show()
    plt.figure()
    return x
"""


def test_what_a_called_answer_shows_is_forgotten(notebook):
    notebook.run(PLOTS)
    assert notebook.call("f", 1)["value"] == 1
    assert notebook.run("x = 1") == (None, (), "", ())
    assert len(notebook.run("plt.plot([1])\nplt.show()\nplt.plot([2])").figures) == 2


LINES = """
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from mlcourse.plotting import show
drawn = []
class Line(Line2D):
    def draw(self, renderer):
        drawn.append(self)
        super().draw(renderer)
"""


def test_figures_are_drawn_only_in_the_students_own_cells(notebook):
    notebook.run(LINES)
    figures = "for _ in range(2): plt.figure().subplots().add_line(Line([0, 1], [0, 1]))\n"
    figures += "show(plt.gcf(), 'the second figure', 'a line')"
    assert len(notebook.run(figures, given=True).figures) == 2
    assert notebook.value("len(drawn)") == 0
    assert len(notebook.run(figures).figures) == 2
    assert notebook.value("len(drawn)") > 0


def test_a_cell_can_replace_and_clear_what_it_has_shown(notebook):
    notebook.run(
        "from IPython.display import clear_output, display\nimport matplotlib.pyplot as plt\nplt.ioff()"
    )
    shown = "fig, ax = plt.subplots()\nh = display(fig, display_id='a')\nh.update(fig)\n"
    assert len(notebook.run(shown).figures) == 1
    assert notebook.run(f"{shown}clear_output()").figures == ()


def test_the_check_of_the_course_is_there_and_silent(notebook):
    report = notebook.run(
        "from mlcourse import check\nx = len(check.last_input)\ncheck.e_step(1)\ncheck.progress()"
    )
    assert report == (None, (), "", ())
    assert notebook.value("x") == 0


def test_only_the_end_of_the_output_is_kept():
    tail = OutputTail(10)
    for _ in range(1000):
        print("x" * 100, file=tail)
    print("the end", file=tail)
    assert tail.take() == "x\nthe end\n"[-10:]
    assert tail.take() == ""
