"""Digests of checks: they change if something that affects marks changes, and only then."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from mlcourse.grading.extra import add_extra_checks

from mlcourse.checks import CHECKS
from mlcourse.grading.digests import affects_marks, check_digest
from tests.helpers.fake_grading import (
    TASKS,
)


def test_digests_are_unique_and_unchanged_by_running_checks():
    before = {name: check_digest(check) for name, check in CHECKS.items()}
    assert len(set(before.values())) == len(CHECKS)
    for check in TASKS:
        for case in check.cases(np.random.default_rng(0)):
            check.reference(*case.args)
    assert {name: check_digest(check) for name, check in CHECKS.items()} == before


def test_digests_are_the_same_in_another_process():
    result = subprocess.run(
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
    assert result.stdout.strip() == str([check_digest(check) for check in CHECKS.values()])


def load_check(tmp_path, name, source):
    """Load the check of a module with this source; the module's own name is always the same."""
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
def test_any_change_to_a_check_changes_its_digest(tmp_path, change):
    before = load_check(tmp_path, "before", CHECK.format(**PLAIN))
    after = load_check(tmp_path, "after", CHECK.format(**PLAIN | change))
    assert check_digest(before) != check_digest(after)


@pytest.mark.parametrize("change", [{"comment": "  # a remark"}, {"neighbour": 2}], ids=str)
def test_comments_and_other_functions_do_not_affect_a_digest(tmp_path, change):
    before = load_check(tmp_path, "before", CHECK.format(**PLAIN))
    after = load_check(tmp_path, "after", CHECK.format(**PLAIN | change))
    assert check_digest(before) == check_digest(after)


def test_the_right_letter_of_a_choice_is_in_its_digest():
    from mlcourse.checks import choice

    one, other = (choice("c", "04_em", 1, right=right, wrong={"C": "no"}) for right in "AB")
    assert check_digest(one) != check_digest(replace(other, expected=one.expected))


def test_reporting_code_does_not_affect_marks():
    assert affects_marks("checks/examine.py")
    assert affects_marks("grading/worker.py")
    assert affects_marks("mixture/estimator.py")
    assert not affects_marks("grading/pages.py")
    assert not affects_marks("checks/bank/lesson_04.py")
    assert not affects_marks("widgets/em.py")
