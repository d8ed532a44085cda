"""The course's tasks: references are right, mistakes are recognised, and other right answers pass."""

from itertools import product

import numpy as np
import pytest

from mlcourse.checks import examine, right_answer
from mlcourse.checks.outcome import call, given
from mlcourse.plain import plain
from tests.helpers.answers import FUNCTIONS, TASKS

SEEDS = (0, 12345)  # `course.py mutants --seeds 50` tries fifty
VARIANTS = [
    pytest.param(task, variant, id=f"{task.name}-{variant.__name__}")
    for task in TASKS.values()
    for variant in task.variants
]


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_reference_is_right(task):
    for seed in SEEDS:
        assert examine(task, right_answer(task), seed).status == "right"


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_every_mistake_gets_its_own_message(task):
    """All mistakes of a task in one test: what they give is computed once per seed, and compared with each."""
    for seed, mistake in product(SEEDS, task.mistakes):
        verdict = examine(task, given(task, mistake.answer), seed)
        assert verdict.mistake == mistake, f"{mistake.name}, seed {seed}"
        assert mistake.message in verdict.message
        assert verdict.status == ("not attempted" if mistake.planted else "wrong")


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_other_right_answers_pass(task, variant):
    for seed in SEEDS:
        verdict = examine(task, given(task, variant), seed)
        assert verdict.status == "right", verdict.message


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_has_two_other_right_answers(task):
    assert len(task.variants) >= 2


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_messages_are_sentences_and_differ(task):
    messages = [mistake.message for mistake in task.mistakes]
    assert len(set(messages)) == len(messages)
    assert len({mistake.name for mistake in task.mistakes}) == len(messages)
    assert all(message.rstrip().endswith((".", "?")) for message in messages)
    assert task.points >= 1
    assert task.title
    assert task.expected


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_no_two_seeds_have_the_same_outputs(task):
    """Or a table of results would pass."""
    outputs = set()
    for seed in SEEDS:
        cases = task.draw_cases(np.random.default_rng(seed))
        outputs.add(repr([call(task.answer, case).output for case in cases]))
    assert len(outputs) == len(SEEDS)


def dressed(value, dress):
    """A plain output with its arrays and numbers in another form."""
    if isinstance(value, tuple):
        return tuple(dressed(part, dress) for part in value)
    if isinstance(value, dict):
        return {key: dressed(part, dress) for key, part in value.items()}
    return value if isinstance(value, (str, bool)) or value is None else dress(value)


def in_single_precision(value):
    value = np.asarray(value)
    return value.astype(np.float32) if value.dtype.kind == "f" else value


DRESSES = {
    "lists": lambda value: np.asarray(value).tolist(),
    "Fortran order": lambda value: np.asfortranarray(value) if np.ndim(value) else value,
    "arrays without dimensions": np.asarray,
    "float32": in_single_precision,
}


@pytest.mark.parametrize("task", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_right_answer_passes_in_every_dress(task):
    for dress in DRESSES:
        right = given(task, lambda *args, dress=dress: dressed(plain(task.answer(*args)), DRESSES[dress]))
        verdict = examine(task, right, seed=1)
        assert verdict.status == "right", f"{dress}: {verdict.message}"
