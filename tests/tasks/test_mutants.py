"""Checks refuse small slips: a share of the mutants, another one every day. `course.py mutants` runs all of them."""

from datetime import date
from itertools import islice

import pytest

from mlcourse.checks.mutation import mutants
from tests.helpers.answers import FUNCTIONS
from tools.mutants import EQUIVALENT, equivalent, examine_mutants, namespace_of, solution, tree_of_solution

TODAY = date.today().toordinal()
SHARE = [name for number, name in enumerate(FUNCTIONS) if number % 8 == TODAY % 8]
STEP = 6  # every sixth mutant


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARE)
def test_no_slip_in_a_solution_passes(name):
    some = list(islice(examine_mutants(name, every=STEP, start=TODAY % STEP), 60))
    assert some
    passed = [f"{one.mutant.before} → {one.mutant.after}" for one in some if one.status == "right"]
    assert passed == []


@pytest.mark.parametrize("path", sorted(EQUIVALENT.glob("*.toml")), ids=lambda path: path.stem)
def test_the_list_of_equivalent_mutants_is_honest(path):
    """Each entry is a mutant that exists, and says why it is right."""
    for name, entries in equivalent(path.stem).items():
        made = {f"{one.before} → {one.after}" for one in mutants(tree_of_solution(FUNCTIONS[name]))}
        for change, why in entries.items():
            assert change in made, f"{name}: {change} is no mutant any more"
            assert why.endswith(".")


def test_solutions_are_found():
    for task in FUNCTIONS.values():
        assert f"def {task.name}(" in solution(task)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", sorted({task.lesson for task in FUNCTIONS.values()}))
def test_solutions_define_every_answer(lesson):
    answers = {task.name for task in FUNCTIONS.values() if task.lesson == lesson}
    assert answers <= namespace_of(lesson).keys()
