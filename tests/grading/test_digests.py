"""Digests of checks: they change with what decides a mark, and with nothing else."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mlcourse.checks import CHECKS
from mlcourse.grading.digests import check_digest, has_effect
from mlcourse.grading.extra import add_extra_checks
from tests.helpers.fake_grading import (
    TASKS,
)


def test_every_check_has_a_digest_of_its_own_that_use_does_not_change():
    before = {name: check_digest(check) for name, check in CHECKS.items()}
    assert len(set(before.values())) == len(CHECKS)
    for check in TASKS:
        for case in check.cases(np.random.default_rng(0)):
            check.reference(*case.args)
    assert {name: check_digest(check) for name, check in CHECKS.items()} == before


def test_digests_are_the_same_in_another_process():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mlcourse.grading.digests import *; print([check_digest(c) for c in CHECKS.values()])",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert told.stdout.strip() == str([check_digest(check) for check in CHECKS.values()])


def module_of_checks(tmp_path, name, source):
    """The checks of a module with this source; the module's own name is the same each time."""
    path = tmp_path / name / "mine.py"
    path.parent.mkdir()
    path.write_text(f"from mlcourse.checks import Check, Mistake\nimport numpy as np\n{source}")
    before = dict(CHECKS)
    try:
        return add_extra_checks(path.parent)[0]
    finally:
        CHECKS.clear()
        CHECKS.update(before)


CHECK = """
LIMIT = {limit}
TABLE = np.array([1.0, {entry}])
def deep(x):
    return x * LIMIT + TABLE[0]
def helper(x):{comment}
    return (lambda y: deep(y) {sign} 1)(x)
def neighbour(x):
    return {neighbour}
CHECKS = (Check("t", "04_em", {points}, lambda x: helper(x), mistakes=(Mistake("m", helper, "{message}"),)),)
"""


PLAIN = dict(limit=1, entry=2.0, comment="", sign="+", neighbour=1, points=2, message="no")


@pytest.mark.parametrize(
    "change",
    [{"limit": 2}, {"entry": 3.0}, {"sign": "-"}, {"points": 3}, {"message": "yes"}],
    ids=lambda change: next(iter(change)),
)
def test_a_mended_check_has_another_digest_however_deep_the_change(tmp_path, change):
    before = module_of_checks(tmp_path, "before", CHECK.format(**PLAIN))
    after = module_of_checks(tmp_path, "after", CHECK.format(**PLAIN | change))
    assert check_digest(before) != check_digest(after)


@pytest.mark.parametrize("change", [{"comment": "  # a remark"}, {"neighbour": 2}], ids=str)
def test_comments_and_neighbours_do_not_change_a_digest(tmp_path, change):
    before = module_of_checks(tmp_path, "before", CHECK.format(**PLAIN))
    after = module_of_checks(tmp_path, "after", CHECK.format(**PLAIN | change))
    assert check_digest(before) == check_digest(after)


def test_the_right_letter_of_a_choice_is_part_of_its_digest():
    from mlcourse.checks import choice

    one, other = (choice("c", "04_em", 1, right=right, wrong={"C": "no"}) for right in "AB")
    assert check_digest(one) != check_digest(replace(other, expected=one.expected))


def test_what_only_collects_has_no_effect_on_marks():
    assert has_effect("checks/examine.py")
    assert has_effect("grading/worker.py")
    assert has_effect("mixture/estimator.py")
    assert not has_effect("grading/pages.py")
    assert not has_effect("checks/bank/lesson_04.py")
    assert not has_effect("widgets/em.py")
