"""What is read from the text of a notebook: checks, definitions, and what a definition needs."""

import pytest

from mlcourse.checks.cell_code import parse_cell
from mlcourse.grading.judge.reading import Reading, read
from mlcourse.grading.records.grade import Cell, Submission


def reading_of(*sources: str) -> Reading:
    return Reading(Submission("ada", "x", tuple(Cell("code", source) for source in sources)))


@pytest.mark.parametrize(
    "source",
    [
        "check.e_step(e_step)",
        "e_step = 1; check.e_step(e_step)",
        "if True:\n    check.e_step(lambda *a: 1)",
        "%time check.e_step(e_step)",
        "def f(:\ncheck.e_step(e_step)",
    ],
)
def test_checks_are_found(source):
    assert read(source, parse_cell).checks == {"e_step"}


@pytest.mark.parametrize(
    "source", ["# check.e_step(e_step)", "'check.e_step(e_step)'", "check.e_step", "mycheck.e_step(e_step)"]
)
def test_what_is_no_call_of_a_check_is_none(source):
    assert read(source, parse_cell).checks == set()


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("def f(x):\n    return g(x) + tau", {"g", "tau"}),
        ("f = lambda x: g(x)", {"g"}),
        ("async def f(x):\n    def h(z):\n        return g(z)\n    y = h(x)\n    return y", {"g"}),
        ("class f:\n    def __call__(self, x):\n        return g(x)", {"g"}),
        ("if True:\n    f = g", {"g"}),
        ("f, other = g(1)", {"g"}),
        ("f = f + g", {"f", "g"}),
        ("f: int = g", {"g"}),
        ("for f in g:\n    pass", {"g"}),
        ("%time f = g(1)", {"g"}),
        ("def f(:\n    return g", None),
    ],
)
def test_a_definition_uses_names_from_outside(source, uses):
    definitions = read(source, parse_cell).uses["f"]
    assert definitions == (None if uses is None else [uses])


def test_an_import_defines_nothing_of_ones_own():
    assert read("import numpy as np\nfrom scipy.special import logsumexp", parse_cell).uses == {}


def test_needs_go_through_helpers_and_circles():
    reading = reading_of(
        "def f(x): return g(x)", "def g(x): return h(x) + f(x)", "def h(x): return np.sum(x)"
    )
    assert reading.needs("f") == {"f", "g", "h", "np"}
    assert reading.needs("h") == {"np"}


def test_all_definitions_of_a_name_count():
    assert reading_of("def f(): return g()", "def f(): return h()").needs("f") == {"g", "h"}


@pytest.mark.parametrize("source", ["", "def f(:\n    return g", "exec('def f(): pass')", "f = " + "(" * 100])
def test_what_cannot_be_read_may_need_anything(source):
    assert reading_of(source).needs("f") is None


def test_a_later_definition_is_found():
    reading = reading_of("tau = 1", "def f(): return tau", "x = 2", "tau = 3")
    assert reading.defined_again({"f", "tau"}, after=2) == (4, "tau")
    assert reading.defined_again({"f", "tau"}, after=4) is None
    assert reading.definitions("tau") == [1, 4]


@pytest.mark.parametrize("source", ["check.x(" * 20_000, "\n" * 500_000, "a=" * 50_000, "def " * 20_000])
def test_hostile_text_is_read_quickly(source):
    """These took minutes, or the whole stack, if the reader were naive: the time limit of the suite would tell."""
    assert isinstance(read(source, parse_cell).checks, set)


def test_a_wide_assignment_is_kept_once():
    names = [f"a{number}" for number in range(1000)]
    source = f"{' = '.join(names)} = [{', '.join(names)}]"
    reading = reading_of(*(f"{source}\n{source}\na{number} = b{number}" for number in range(3)))
    sets = {id(one) for cell in reading.cells.values() for kept in cell.uses.values() for one in kept or ()}
    assert len(sets) == 9
    assert reading.needs("a999") == {*names, "b0", "b1", "b2"}
