"""Whatever crosses the pipe gets a mark and a message: odd results raise nothing in the grader, and earn nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mlcourse.checks import Answer
from mlcourse.checks.examine import NOTEBOOK_SEED, answer_key
from mlcourse.checks.outcome import Outcome
from mlcourse.grading.judge.marking import judge
from tests.helpers.courses import CATALOGUE

SEED = NOTEBOOK_SEED  # on whose cases slips are looked for too: all is computed once
HUGE = 1.7e308
NUMBERS = (0, -1, 2**63 - 1, True, 0.5, math.nan, math.inf, HUGE, 5e-324, 1j, complex(math.nan, math.inf))
SHAPES = ((0,), (3,), (0, 0), (3, 0), (1, 1), (4, 4), (2, 3, 2), (1,) * 10)
ODD = [
    *(None, ..., "", "A", "\0" * 1000, (), {}, {"a": 1}, ((),), (((1,), 2), "x", None), ("a",) * 1000),
    *NUMBERS,
    *((number,) * 3 for number in NUMBERS),
    *(np.ones(3, dtype) for dtype in ("b1", "i1", "u8", "f2", "f4", "c16")),
    *(np.full(shape, number) for shape in SHAPES for number in (1, math.nan)),
    np.zeros((100, 100)),
]


def bent(output):
    """Yield results that resemble a right one."""
    if isinstance(output, tuple):
        yield from (output[::-1], output[:-1], (*output, None), tuple(None for _ in output), (output,))
        for place, part in enumerate(output):
            yield from ((*output[:place], other, *output[place + 1 :]) for other in bent(part))
    elif isinstance(output, np.ndarray):
        yield from (output[None], output.ravel()[:-1], output.astype(complex) * 1j, output.astype(bool))
        yield from (np.full(output.shape, number) for number in (math.nan, -math.inf, HUGE, 1j))
        yield tuple(output.tolist()) if output.ndim else output[None]
    elif isinstance(output, (int, float)):
        yield from (complex(output, 1), np.array([output, output]), str(output), (output, None))


@pytest.mark.parametrize("name", CATALOGUE.tasks)
def test_an_odd_result_gets_a_message_and_no_points(name):
    task = CATALOGUE.tasks[name]
    for result in [*ODD, *bent(answer_key(task, SEED).expected[0])]:
        answer = Answer(task.kind, task.name, lambda case, result=result: Outcome(result))
        verdict = judge(task, answer, SEED)
        assert verdict.status in ("wrong", "not attempted"), result
        assert verdict.message
        assert "cannot handle" not in verdict.message, result


@pytest.mark.parametrize("field", ["is_right", "normalise"])
@pytest.mark.parametrize("error", [ValueError, MemoryError, RecursionError, AssertionError])
def test_a_law_that_raises_is_a_message_and_no_points(field, error):
    """A task computes with the results, in its comparison say; what it does not refuse it has not accepted."""

    def law(*_):
        raise error

    task = replace(CATALOGUE.tasks["iris_k"], **{field: law})
    verdict = judge(task, Answer(task.kind, task.name, lambda case: Outcome(3)), SEED)
    assert (verdict.status, bool(verdict.message)) == ("wrong", True)
