"""From the text of a cell to Python: as IPython would, without running anything, whatever the text is."""

import ast

import pytest

from mlcourse.checks.cell_code import MAX_CHARACTERS, TooDeep, parse_cell, python_source

ANSWER = "def f(x):\n    return x + 1"


def statements(cell: str) -> list[str]:
    tree = parse_cell(cell)
    assert tree is not None
    return [ast.unparse(statement) for statement in tree.body]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n\n",
        "%matplotlib inline\n",
        "_ = !ls\n",
        "!pip install \\\n  numpy\n",
        "files = !ls\n%load_ext autoreload\n",
        "help?\n?print\nnp.sum??\n",
        "if False:\n    %time )(\n",
        "!echo \"it's\n",
        "%unknown 'half\n",
        "_ = " + " + ".join("1" * 400) + "\n",
    ],
)
def test_the_rest_of_a_cell_can_be_read(before: str) -> None:
    assert statements(before + ANSWER)[-1] == ANSWER


@pytest.mark.parametrize(
    "magic",
    ["%%time", "%%timeit -n 1", "%%capture out", "%%capture\n%%time", "%%prun\n!ls", "%%writefile own.py"],
)
def test_the_code_in_a_magic_takes_its_place(magic: str) -> None:
    assert statements(f"{magic}\n{ANSWER}")[-1] == ANSWER


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%time x = f(1)", "x = f(1)"),
        ("%timeit -o -n 10 -r3 f(1)", "f(1)"),
        ("r = %timeit -o f(1)", "r = f(1)"),
        ("    x = 1\n", "x = 1"),
        (">>> x = 1", "x = 1"),
        ("if x:\n    %time y = 'it'", "if x:\n    y = 'it'"),
        ("y = (a\n% b)", "y = a % b"),
        ("t = '''\n%ls\n!ls\nx?'''", "t = '\\n%ls\\n!ls\\nx?'"),
        ("await f()", "await f()"),
    ],
)
def test_what_ipython_would_run(cell: str, expected: str) -> None:
    assert statements(cell) == [expected]


@pytest.mark.parametrize("cell", ["%%bash\nrm -rf /", "%%html\n<b>", "%%writefile a.txt\nx = 1", "!ls"])
def test_what_is_not_python_stays_a_text_in_a_call(cell: str) -> None:
    (only,) = statements(cell)
    assert only.startswith("get_ipython().")


@pytest.mark.parametrize(
    "cell",
    [
        "(" * 10_000,
        "x = " + "-" * 50_000 + "1",
        "x = " + "1 + " * 4000 + "1",
        "".join("  " * depth + "if x:\n" for depth in range(90)),
        "not python at all :",
        "nul\0byte",
        "half = '\udcff'",
        "x" * (MAX_CHARACTERS + 1),
        '"\\' * 40_000,
        "get_ipython().run_line_magic('time', 5)\n?",
        "get_ipython().run_line_magic('time', " + "-" * 50_000 + "1)\n?",
        "a" * 40_000 + " b?",
        "!ls\n" * 5000,
        "%%time\n" * 10_000,
        "%time " * 10_000,
        "%time -a" + "1" * 50_000,
    ],
    ids=range(16),
)
def test_hostile_text_is_refused_or_read(cell: str) -> None:
    source = python_source(cell)
    assert source is None or ast.parse(source)


ZEROS = " + ".join("0" * 400)


def test_only_what_is_too_deep_is_left_out() -> None:
    tree = parse_cell(f"def f(x):\n    start = s.g(1) + {ZEROS}\n    return h(x)")
    (cut,) = [node for node in ast.walk(tree) if isinstance(node, TooDeep)]
    assert {ast.unparse(name) for name in cut.elts} == {"s.g", "s"}
    assert "h" in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_a_deep_statement_is_replaced() -> None:
    chain = "if x:\n    y = 1\n" + "elif x:\n    f(x)\n" * 300
    names = {node.id for node in ast.walk(parse_cell(chain)) if isinstance(node, ast.Name)}
    assert {"x", "f"} <= names


@pytest.mark.parametrize("cell", [f"x = {ZEROS}", "x" + ".a" * 900, "x = " + "-" * 900 + "1"])
def test_no_tree_is_deeper_than_a_recursive_reader_can_go(cell: str) -> None:
    ast.fix_missing_locations(parse_cell(cell))
    level, levels = [parse_cell(cell)], 0
    while level:
        level, levels = [child for node in level for child in ast.iter_child_nodes(node)], levels + 1
    assert levels < 230
