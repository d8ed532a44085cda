"""Running the cells of a notebook without Jupyter."""

import contextlib
import io
import sys

import pytest

from mlcourse.grading.inside.cells import OutputTail, notebook_namespace, run_cell, without_magics

if sys.platform == "win32":
    pytest.skip("grading requires Linux or macOS", allow_module_level=True)


@pytest.mark.parametrize(
    ("source", "name", "value"),
    [
        ("%matplotlib inline\nx = 1", "x", 1),
        ("!rm -rf /\nx = 1", "x", 1),
        ("if True:\n    !ls\nx = 1", "x", 1),
        ("x = !ls", "x", None),
        ("x = %who_ls", "x", None),
        ("%%time\nx = 1", "x", 1),
        ("%%capture out\nx = 1", "x", 1),
        ("x = 1\nx?", "x", 1),
        ("?print\nx = 1", "x", 1),
        ('x = """\n%not a magic\n"""', "x", "\n%not a magic\n"),
        ("x = (7\n%4)", "x", 3),
        ("x = get_ipython().run_line_magic('who', '')", "x", None),
        ("display(1)\nx = 1", "x", 1),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    a: int\nx = P(1).a", "x", 1),
    ],
)
def test_magics_do_nothing_and_the_rest_runs(monkeypatch, source, name, value):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # restored afterwards
    namespace = notebook_namespace()
    with contextlib.redirect_stdout(io.StringIO()):
        assert run_cell(source, 1, namespace) is None
    assert namespace[name] == value


def test_cells_in_other_languages_do_not_run():
    assert without_magics("%%bash\nrm -rf /") == ""


def test_removing_magics_keeps_line_numbers():
    assert without_magics("%%time\n!ls\nx").split("\n")[2] == "x"


def test_only_the_end_of_the_output_is_kept():
    tail = OutputTail(10)
    for _ in range(1000):
        print("x" * 100, file=tail)
    print("the end", file=tail)
    assert tail.take() == "x\nthe end\n"[-10:]
    assert tail.take() == ""
