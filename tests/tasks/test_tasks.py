"""The course's tasks: references are right, mistakes are recognised, and other right answers pass."""

import re
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
def test_messages_have_no_markdown_but_backticks(task):
    """They are shown as text, in terminals and tables too."""
    cases = task.draw_cases(np.random.default_rng(0))
    texts = [task.expected, *task.parts, *task.families, *(case.description for case in cases)]
    texts += [one.message for one in (*task.mistakes, *task.laws)]
    for text in texts:
        assert not re.search(r"(?<!\w)([*_]{1,2})\w[^*_\n]*\1(?!\w)|\]\(|^#", re.sub("`[^`]+`", "", text)), (
            text
        )


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
def test_no_case_has_the_same_output_for_every_seed(task):
    """Or a table of results would pass. A value has no inputs, so it is the same for every seed."""
    outputs = []
    for seed in (*SEEDS, *range(1, 6)):  # a share of a few rows is now and then the same by chance
        cases = task.draw_cases(np.random.default_rng(seed))
        outputs.append([repr(call(task.answer, case).output) for case in cases])
    assert all(len(set(of_one_case)) > 1 for of_one_case in zip(*outputs, strict=True))


WITH_FAMILIES = {name: task for name, task in FUNCTIONS.items() if task.families}
TRIVIAL = {
    "zeros": lambda right, args: replaced(right, np.zeros_like),
    "ones": lambda right, args: replaced(right, np.ones_like),
    "an equal share for everybody": lambda right, args: replaced(right, equal_shares),
    "a constant": lambda right, args: replaced(right, lambda array: np.full_like(array, 0.3)),
    "NaN": lambda right, args: replaced(right, lambda array: np.full(array.shape, np.nan)),
    "the mean of the right answer": lambda right, args: replaced(
        right,
        lambda array: np.full(array.shape, array.mean()) + (array.ndim == 0),  # of a number, another one
    ),
    **{f"argument {place}": lambda right, args, place=place: args[place % len(args)] for place in range(5)},
    "the first arguments": lambda right, args: args[: len(right)] if isinstance(right, tuple) else args[:1],
    "the last arguments": lambda right, args: args[-len(right) :] if isinstance(right, tuple) else args[-1:],
}


def replaced(value, change):
    """Return a plain value with other numbers in it."""
    return dressed(value, lambda part: change(np.asarray(part)))


def equal_shares(array):
    return np.full(array.shape, 1 / array.shape[-1] if array.ndim else 1.0)


@pytest.mark.parametrize("task", WITH_FAMILIES.values(), ids=WITH_FAMILIES)
def test_a_trivial_answer_is_right_for_no_family(task):
    for name, answer in TRIVIAL.items():
        verdict = examine(
            task, given(task, lambda *args, answer=answer: answer(plain(task.answer(*args)), args)), 1
        )
        assert not any(is_right for _, is_right in verdict.families), name


@pytest.mark.parametrize("task", WITH_FAMILIES.values(), ids=WITH_FAMILIES)
def test_cases_are_of_the_families_that_have_points(task):
    for seed in SEEDS:
        cases = task.draw_cases(np.random.default_rng(seed))
        assert task.values_earn or {task.family(case) for case in cases} == set(task.families)
    assert sum(task.families.values()) == task.points


@pytest.mark.parametrize("task", WITH_FAMILIES.values(), ids=WITH_FAMILIES)
def test_a_known_mistake_earns_a_part_of_the_points(task):
    """And it is the same part for every seed: marks do not depend on chance."""
    kinds = [
        [examine(task, given(task, mistake.answer), seed).kinds for mistake in task.mistakes]
        for seed in (*SEEDS, 1)
    ]
    assert any(kinds[0])
    assert kinds[0] == kinds[1] == kinds[2]


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
