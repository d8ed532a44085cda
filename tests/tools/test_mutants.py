"""`python course.py mutants`: what it prints about the mutants of a solution."""

import re

import pytest

from tools import mutants

TASK = "log_sum_exp"


def test_an_unknown_task_is_named(capsys):
    assert mutants.main(["e_stop"]) == 1
    assert "there is no task called 'e_stop'" in capsys.readouterr().err


@pytest.mark.slow
def test_every_mutant_of_a_task_is_counted_once(capsys):
    mutants.main(["--show", TASK])
    printed = capsys.readouterr().out
    (count, refused, *diagnosed) = map(int, re.search(rf"^{TASK} +(.*)$", printed, re.MULTILINE)[1].split())
    assert 0 < refused <= count
    assert sum(diagnosed) == refused
    assert len(re.findall(rf"^{TASK}:\d+ right: ", printed, re.MULTILINE)) == count - refused
